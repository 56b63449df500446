-- Where postcodes lie, set-based. What is known the same, or of a later vintage, is left as it is.
-- scope: supply
-- plan: fresh
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), item AS (
	SELECT r.postcode, r.easting, r.northing, r.council, r.terminated
	FROM unnest(:postcodes::text[], :rows_grid_easting::integer[], :rows_grid_northing::integer[],
		:rows_council::text[], :rows_terminated::text[]) r (postcode, easting, northing, council, terminated)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN (SELECT coalesce(sum(l.rows_new), 0) FROM published_load l WHERE l.name = 'POSTCODES')
			+ cardinality(:postcodes::text[]) > 5000000 THEN 'TOO_MANY_POSTCODES'
		ELSE 'OK' END AS outcome
), written AS (
	INSERT INTO postcode AS p (postcode, easting, northing, council, terminated, vintage)
	SELECT i.postcode, i.easting, i.northing, i.council, i.terminated, :vintage::text FROM item i, verdict v
	WHERE v.outcome = 'OK'
	ORDER BY i.postcode
	ON CONFLICT (postcode) DO UPDATE SET easting = excluded.easting, northing = excluded.northing,
		council = excluded.council, terminated = excluded.terminated, vintage = excluded.vintage
		WHERE p.vintage <= excluded.vintage AND (p.easting, p.northing, p.council, p.terminated, p.vintage) IS DISTINCT FROM
			(excluded.easting, excluded.northing, excluded.council, excluded.terminated, excluded.vintage)
	RETURNING p.xmax = 0 AS is_new
), total AS (
	SELECT w.rows_new, w.different - w.rows_new AS rows_changed, cardinality(:postcodes::text[]) - w.different AS rows_unchanged,
		0::bigint AS rows_removed, 0::bigint AS rows_kept
	FROM verdict v, (SELECT count(*) FILTER (WHERE n.is_new) AS rows_new, count(*) AS different FROM written n) w
	WHERE v.outcome = 'OK'
), effect AS (
	SELECT t.rows_new, t.rows_changed, t.rows_unchanged, t.rows_removed, t.rows_kept,
		concat_ws('/', t.rows_new, t.rows_changed, t.rows_unchanged, t.rows_removed, t.rows_kept) AS result_key
	FROM total t
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.result_key,
		:now::timestamptz
	FROM effect e
), load AS (
	INSERT INTO published_load AS l (name, vintage, rows_new, rows_changed, rows_removed, first_loaded, last_loaded, actor)
	SELECT 'POSTCODES', :vintage::text, e.rows_new, e.rows_changed, e.rows_removed, :now::timestamptz, :now::timestamptz,
		:actor::text
	FROM effect e WHERE e.rows_new + e.rows_changed + e.rows_removed > 0
	ON CONFLICT (name, vintage) DO UPDATE SET rows_new = l.rows_new + excluded.rows_new,
		rows_changed = l.rows_changed + excluded.rows_changed, rows_removed = l.rows_removed + excluded.rows_removed,
		last_loaded = excluded.last_loaded, actor = excluded.actor
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), e.result_key) AS result_key,
	e.rows_new, e.rows_changed, e.rows_unchanged, e.rows_removed, e.rows_kept
FROM verdict v LEFT JOIN effect e ON true
