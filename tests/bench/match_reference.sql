-- What the engine is measured against: the same filter, distance, score and order for one need in SQL, the first fifty homes
-- that fit. It does less than the engine: rules that none of the bench's needs touch (siblings, exemptions, named children,
-- places to avoid, pets, liberty, secure homes) are left out, and it gives no reasons for the homes that do not fit.
-- $1 authority, $2 day, $3 age, $4 sex, $5 easting, $6 northing, $7 most tenths of a mile, $8 most pence, $9 companions,
-- $10 risks, $11 to $13 recommendation (foster, residential, supported), $14 and $15 the school, $16 capabilities, $17 a box
-- round the home that holds all that is near enough (metres), $18 short-break status
WITH there AS (
	SELECT k.home_id, count(*)::integer AS children, min(k.child_age) AS youngest, max(k.child_age) AS oldest,
		bool_or(k.child_companions = 'SOLO') AS solo,
		max(k.child_age) FILTER (WHERE k.child_companions = 'ONLY_OLDER') AS above,
		min(k.child_age) FILTER (WHERE k.child_companions = 'ONLY_YOUNGER') AS below
	FROM hold k WHERE k.state IN ('HELD', 'CONFIRMED') GROUP BY k.home_id
), blocked AS (
	SELECT b.home_id, sum(b.places)::integer AS places FROM place_block b
	WHERE b.from_date <= $2::date AND (b.until_date IS NULL OR b.until_date > $2::date) GROUP BY b.home_id
), conditions AS (
	SELECT l.home_id, max(l.value) FILTER (WHERE l.code = 'LEAST_AGE') AS least_age,
		min(l.value) FILTER (WHERE l.code = 'MOST_AGE') AS most_age,
		min(l.value) FILTER (WHERE l.code = 'MOST_CHILDREN') AS most_children, max(l.sex) AS sex
	FROM home_limit l WHERE l.from_date <= $2::date AND (l.until_date IS NULL OR l.until_date > $2::date) GROUP BY l.home_id
), fitting AS MATERIALIZED (
	SELECT h.id, h.kind, h.area_authority, h.weekly_fee_pence, h.latest_outcome, h.capabilities, h.vacancy_confirmed,
		h.easting, h.northing, coalesce(t.children, 0) + coalesce(h.other_children, 0) AS living, t.oldest,
		floor(sqrt((h.easting - $5::integer)::float8 ^ 2 + (h.northing - $6::integer)::float8 ^ 2) * (10 / 1609.3::float8)
			+ 0.5)::integer AS tenths
	FROM home h LEFT JOIN there t ON t.home_id = h.id LEFT JOIN blocked b ON b.home_id = h.id
		LEFT JOIN conditions c ON c.home_id = h.id
	WHERE h.open AND (h.planned_open IS NULL OR h.planned_open <= $2::date)
		AND (h.registered_from IS NULL OR h.registered_from <= $2::date)
		AND (h.registered_until IS NULL OR h.registered_until > $2::date)
		AND ($17::integer IS NULL OR (h.easting BETWEEN $5::integer - $17::integer AND $5::integer + $17::integer
			AND h.northing BETWEEN $6::integer - $17::integer AND $6::integer + $17::integer))
		AND NOT EXISTS (SELECT 1 FROM bar x WHERE x.home_id = h.id AND x.authority IN ('', $1::text)
			AND x.from_date <= $2::date AND (x.until_date IS NULL OR x.until_date > $2::date))
		AND NOT EXISTS (SELECT 1 FROM bar x WHERE x.provider_id = h.provider_id AND x.authority IN ('', $1::text)
			AND x.from_date <= $2::date AND (x.until_date IS NULL OR x.until_date > $2::date))
		AND h.registration IS DISTINCT FROM 'SUSPENDED'
		AND (h.kind NOT IN ('CHILDRENS_HOME', 'SHORT_BREAKS') OR (h.registration = 'REGISTERED' AND h.urn IS NOT NULL))
		AND (h.kind NOT IN ('SUPPORTED_ACCOMMODATION', 'SUPPORTED_LODGINGS')
			OR ($3::integer >= 16 AND coalesce(h.registration IN ('REGISTERED', 'APPLIED'), false)))
		AND (h.kind <> 'OTHER_ARRANGEMENT' OR $3::integer >= 18)
		AND (h.kind <> 'SHORT_BREAKS' OR $18::boolean)
		AND (h.least_age IS NULL OR h.least_age <= $3::integer) AND (h.most_age IS NULL OR h.most_age >= $3::integer)
		AND (h.sex IS NULL OR h.sex IN ('ANY', $4::text))
		AND (c.least_age IS NULL OR c.least_age <= $3::integer) AND (c.most_age IS NULL OR c.most_age >= $3::integer)
		AND (c.sex IS NULL OR c.sex = $4::text)
		AND least(h.places, h.registered_places, h.most_children, c.most_children)
			- coalesce(t.children, 0) - coalesce(h.other_children, 0) - coalesce(b.places, 0) >= 1
		AND (h.kind <> 'FOSTERING' OR coalesce(t.children, 0) + coalesce(h.other_children, 0) < 3)
		AND NOT h.siblings_only AND (NOT h.solo OR coalesce(t.children, 0) + coalesce(h.other_children, 0) = 0)
		AND ($9::text <> 'SOLO' OR coalesce(t.children, 0) + coalesce(h.other_children, 0) = 0)
		AND ($9::text <> 'ONLY_OLDER' OR t.youngest IS NULL OR t.youngest > $3::integer)
		AND ($9::text <> 'ONLY_YOUNGER' OR t.oldest IS NULL OR t.oldest < $3::integer)
		AND t.solo IS NOT TRUE AND (t.above IS NULL OR t.above < $3::integer) AND (t.below IS NULL OR t.below > $3::integer)
		AND NOT h.excluded_risks && $10::text[]
		AND CASE WHEN h.kind = 'FOSTERING' THEN $11::text
			WHEN h.kind IN ('CHILDRENS_HOME', 'RESIDENTIAL_SPECIAL_SCHOOL') THEN $12::text
			WHEN h.kind IN ('SUPPORTED_ACCOMMODATION', 'SUPPORTED_LODGINGS') THEN $13::text ELSE '' END <> 'UNSUITABLE'
), weighed AS (
	SELECT f.id, f.tenths, CASE WHEN w.route IS NULL OR (w.route = 'SPOT' AND w.weekly_fee_pence IS NULL)
			THEN f.weekly_fee_pence ELSE w.weekly_fee_pence END AS pence,
		w.route, coalesce(w.tier, 0) AS tier, f.living, f.oldest, f.kind, f.area_authority, f.latest_outcome, f.capabilities,
		f.vacancy_confirmed, floor(sqrt((f.easting - $14::integer)::float8 ^ 2 + (f.northing - $15::integer)::float8 ^ 2)
			* (10 / 1609.3::float8) + 0.5)::integer AS school
	FROM fitting f LEFT JOIN LATERAL (
		SELECT r.route, r.tier, r.weekly_fee_pence FROM home_route r
		WHERE r.home_id = f.id AND r.authority IN ('', $1::text) AND r.from_date <= $2::date
			AND (r.until_date IS NULL OR r.until_date > $2::date)
		ORDER BY array_position(ARRAY['IN_HOUSE', 'BLOCK', 'PREFERRED_PROVIDER', 'FRAMEWORK', 'DYNAMIC_MARKET', 'SPOT'], r.route),
			r.tier NULLS LAST, r.weekly_fee_pence NULLS LAST
		LIMIT 1) w ON true
	WHERE $7::integer IS NULL OR f.tenths <= $7::integer
)
SELECT w.id, w.tenths, CASE WHEN w.tenths < 400 THEN 20000 * (400 - w.tenths) / 400 ELSE 0 END
	+ CASE WHEN $14::integer IS NULL THEN 0 WHEN w.school <= 30 THEN 20000 WHEN w.school < 200
		THEN 20000 * (170 - (w.school - 30)) / 170 ELSE 0 END
	+ CASE WHEN w.area_authority = $1::text THEN 10000
		WHEN EXISTS (SELECT 1 FROM adjoining a WHERE a.authority = $1::text AND a.adjoining = w.area_authority) THEN 5000 ELSE 0 END
	+ CASE CASE WHEN w.kind = 'FOSTERING' THEN $11::text
			WHEN w.kind IN ('CHILDRENS_HOME', 'RESIDENTIAL_SPECIAL_SCHOOL') THEN $12::text
			WHEN w.kind IN ('SUPPORTED_ACCOMMODATION', 'SUPPORTED_LODGINGS') THEN $13::text END
		WHEN 'PREFERRED' THEN 15000 WHEN 'SUITABLE' THEN 5000 ELSE 0 END
	+ CASE WHEN ($9::text = 'SOLO' AND w.living = 0) OR ($9::text = 'WITH_OTHERS' AND w.living > 0)
		OR ($9::text IN ('ONLY_OLDER', 'ONLY_YOUNGER') AND w.oldest IS NOT NULL) THEN 5000 ELSE 0 END
	+ CASE WHEN cardinality($16::text[]) > 0 THEN 10000 * (SELECT count(*) FROM unnest($16::text[]) c WHERE c = ANY (w.capabilities))
		/ cardinality($16::text[]) ELSE 0 END
	+ greatest(0, CASE w.route WHEN 'IN_HOUSE' THEN 10000 WHEN 'BLOCK' THEN 9000 WHEN 'PREFERRED_PROVIDER' THEN 7000
		WHEN 'FRAMEWORK' THEN 5000 WHEN 'DYNAMIC_MARKET' THEN 3000 ELSE 0 END - 1000 * greatest(w.tier - 1, 0))
	+ CASE WHEN w.pence < 600000 THEN 10000 * (600000 - w.pence) / 600000 ELSE 0 END
	+ CASE w.latest_outcome WHEN 'OUTSTANDING' THEN 6000 WHEN 'GOOD' THEN 4000 WHEN 'REQUIRES_IMPROVEMENT' THEN 1000
		WHEN 'SUPPORTED_STRONG' THEN 5000 WHEN 'SUPPORTED_INCONSISTENT' THEN 1000 ELSE 0 END
	+ CASE WHEN w.vacancy_confirmed >= $2::date::timestamp AT TIME ZONE 'UTC' - interval '7 days' THEN 2000 ELSE 0 END AS score
FROM weighed w
WHERE $8::bigint IS NULL OR w.pence IS NULL OR w.pence <= $8::bigint
ORDER BY score DESC, w.tenths, w.id
LIMIT 50
