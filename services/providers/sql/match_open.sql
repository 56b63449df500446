-- What several are matched by: in the first row the rules of the day, the council's weights and the areas that adjoin its own;
-- then each need, of the referrals that are named or of all that are open; then each home that has changed since what this
-- process's index has (:known_revision).
-- scope: supply
WITH set_of AS (
	SELECT w.authority, w.version FROM match_weight w
	WHERE w.authority IN (:authority::text, '') ORDER BY w.authority DESC, w.version DESC LIMIT 1
), wanted AS (
	SELECT n.referral_id, n.child_id, n.urgency, n.opened, coalesce(n.needs, jsonb_build_object(
		'age', CASE WHEN n.age IS NOT NULL THEN jsonb_build_object('value', n.age) END,
		'sex', n.sex, 'unaccompanied', n.unaccompanied, 'homeKinds', to_jsonb(n.home_kinds),
		'homeGrid', CASE WHEN n.easting IS NOT NULL
			THEN jsonb_build_object('easting', n.easting, 'northing', n.northing) END,
		'mostMiles', CASE WHEN n.most_miles IS NOT NULL THEN jsonb_build_object('miles', n.most_miles) END,
		'mostWeeklyFee', CASE WHEN n.most_weekly_fee_pence IS NOT NULL
			THEN jsonb_build_object('pence', n.most_weekly_fee_pence) END,
		'children', n.children)) AS needs
	FROM need n
	WHERE n.authority = :authority::text AND (:referral_ids::uuid[] IS NULL OR n.referral_id = ANY (:referral_ids::uuid[]))
	ORDER BY n.opened, n.referral_id LIMIT :most::integer + 1
)
SELECT NULL::uuid AS id, NULL::bigint AS revision, NULL::text AS facts, jsonb_build_object(
	'rules', (SELECT jsonb_agg(jsonb_build_object('code', r.code, 'value', r.value, 'codes', r.codes, 'source', r.source)
			ORDER BY r.code)
		FROM match_rules(:authority::text, :today::date) r),
	'weightsAuthority', (SELECT s.authority FROM set_of s), 'weightsVersion', (SELECT s.version FROM set_of s),
	'weights', (SELECT jsonb_agg(jsonb_build_object('code', w.code, 'value', w.value))
		FROM match_weight w JOIN set_of s ON s.authority = w.authority AND s.version = w.version),
	'adjoining', (SELECT jsonb_agg(a.adjoining ORDER BY a.adjoining) FROM adjoining a WHERE a.authority = :authority::text),
	'revision', coalesce((SELECT max(m.revision) FROM match_home m WHERE m.until_revision IS NULL), 0)) AS head
UNION ALL
SELECT NULL, NULL, NULL, jsonb_build_object('referralId', n.referral_id, 'childId', n.child_id, 'needs', n.needs,
	'urgency', n.urgency, 'openedUs', (extract(epoch FROM n.opened) * 1000000)::bigint)
FROM wanted n
UNION ALL
SELECT m.home_id, m.revision, m.facts, NULL
FROM match_home m WHERE m.until_revision IS NULL AND m.revision > :known_revision::bigint
