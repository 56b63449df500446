-- Councils whose areas touch, set-based, both directions. What is not said stays, unless the whole table is replaced.
-- scope: supply
-- plan: fresh
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), pair AS (
	SELECT r.one, r.other FROM unnest(:pairs_authority::text[], :pairs_adjoining::text[]) r (one, other)
), item AS (
	SELECT p.one AS authority, p.other AS adjoining FROM pair p
	UNION SELECT p.other, p.one FROM pair p
), later AS (
	SELECT max(a.vintage) AS vintage FROM adjoining a WHERE a.vintage > :vintage::text
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN :replace::boolean AND (SELECT l.vintage FROM later l) IS NOT NULL THEN 'LATER_VINTAGE'
		WHEN NOT :replace::boolean AND (SELECT count(*) FROM (SELECT a.authority, a.adjoining FROM adjoining a
			UNION SELECT i.authority, i.adjoining FROM item i) b) > 20000 THEN 'TOO_MANY_PAIRS'
		ELSE 'OK' END AS outcome
), written AS (
	INSERT INTO adjoining AS a (authority, adjoining, vintage, loaded)
	SELECT i.authority, i.adjoining, :vintage::text, :now::timestamptz FROM item i, verdict v WHERE v.outcome = 'OK'
	ON CONFLICT (authority, adjoining) DO UPDATE SET vintage = excluded.vintage, loaded = excluded.loaded
		WHERE a.vintage < excluded.vintage
	RETURNING a.authority, a.adjoining, a.xmax = 0 AS is_new
), removed AS (
	DELETE FROM adjoining a USING verdict v
	WHERE v.outcome = 'OK' AND :replace::boolean AND (a.authority, a.adjoining) NOT IN (SELECT i.authority, i.adjoining FROM item i)
	RETURNING a.authority, a.adjoining, a.vintage, a.loaded
), past AS (
	INSERT INTO adjoining_past (authority, adjoining, vintage, loaded, replaced_by, replaced, actor)
	SELECT r.authority, r.adjoining, r.vintage, r.loaded, :vintage::text, :now::timestamptz, :actor::text FROM removed r
), total AS (
	SELECT n.rows_new, d.different - n.rows_new AS rows_changed,
		(SELECT count(*) FROM item i WHERE i.authority < i.adjoining) - d.different AS rows_unchanged,
		(SELECT count(*) FROM removed r WHERE r.authority < r.adjoining) AS rows_removed,
		CASE WHEN :replace::boolean THEN 0 ELSE (SELECT count(*) FROM adjoining a WHERE a.authority < a.adjoining
			AND (a.authority, a.adjoining) NOT IN (SELECT i.authority, i.adjoining FROM item i)) END AS rows_kept
	FROM verdict v, (SELECT count(*) AS rows_new FROM written w WHERE w.is_new AND w.authority < w.adjoining) n,
		(SELECT count(*) AS different FROM written w WHERE w.authority < w.adjoining) d
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
	SELECT 'ADJOINING', :vintage::text, e.rows_new, e.rows_changed, e.rows_removed, :now::timestamptz, :now::timestamptz,
		:actor::text
	FROM effect e WHERE e.rows_new + e.rows_changed + e.rows_removed > 0
	ON CONFLICT (name, vintage) DO UPDATE SET rows_new = l.rows_new + excluded.rows_new,
		rows_changed = l.rows_changed + excluded.rows_changed, rows_removed = l.rows_removed + excluded.rows_removed,
		last_loaded = excluded.last_loaded, actor = excluded.actor
)
SELECT v.outcome, (SELECT l.vintage FROM later l) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.result_key) AS result_key,
	e.rows_new, e.rows_changed, e.rows_unchanged, e.rows_removed, e.rows_kept
FROM verdict v LEFT JOIN effect e ON true
