-- All homes with their free places, the rules of the day and (by :subject, a referral) what is needed: what the finding
-- rule is given. Rules and need stand in the first row. There is always one row.
-- scope: supply
WITH wish AS (
	SELECT jsonb_build_object(
		'age', CASE WHEN n.age IS NOT NULL THEN jsonb_build_object('value', n.age) END,
		'sex', n.sex, 'unaccompanied', n.unaccompanied, 'homeKinds', to_jsonb(n.home_kinds),
		'homeGrid', CASE WHEN n.easting IS NOT NULL
			THEN jsonb_build_object('easting', n.easting, 'northing', n.northing) END,
		'mostMiles', CASE WHEN n.most_miles IS NOT NULL THEN jsonb_build_object('miles', n.most_miles) END,
		'mostWeeklyFee', CASE WHEN n.most_weekly_fee_pence IS NOT NULL
			THEN jsonb_build_object('pence', n.most_weekly_fee_pence) END,
		'children', n.children) AS needs
	FROM need n WHERE n.authority = :authority::text AND n.referral_id = :subject::uuid
), law AS (
	SELECT jsonb_agg(jsonb_build_object('code', r.code, 'value', r.value, 'source', r.source)) AS rules
	FROM rule r WHERE r.from_date <= :today::date AND (r.until_date IS NULL OR r.until_date > :today::date)
), live AS (
	SELECT k.home_id, count(*) AS children FROM hold k WHERE k.state IN ('HELD', 'CONFIRMED') GROUP BY k.home_id
)
SELECT CASE WHEN row_number() OVER (ORDER BY h.id) = 1 THEN (SELECT w.needs FROM wish w) END AS needs,
	CASE WHEN row_number() OVER (ORDER BY h.id) = 1 THEN (SELECT l.rules FROM law l) END AS rules,
	h.id, h.provider_id, h.name, h.kind, h.outward, h.easting, h.northing, h.weekly_fee_pence, h.open, h.urn,
	h.registration, h.least_age, h.most_age, h.sex, h.most_children, h.siblings_only,
	greatest(h.places - coalesce(l.children, 0), 0) AS free, coalesce(l.children, 0) AS living
FROM (SELECT 1) one LEFT JOIN home h ON true LEFT JOIN live l ON l.home_id = h.id
ORDER BY h.id
