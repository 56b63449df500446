-- Councils and their keys, set-based. The same again changes nothing; a key is never taken from another council.
-- scope: supply
-- plan: fresh
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), item AS (
	SELECT r.code, r.name, r.keys FROM jsonb_to_recordset(:rows::jsonb) r (code text, name text, keys jsonb)
), said AS (
	SELECT i.code, k.key FROM item i, jsonb_array_elements_text(i.keys) k (key)
	UNION SELECT i.code, i.code FROM item i
), taken AS (
	SELECT s.key FROM said s JOIN council_key k ON k.key = s.key AND k.code <> s.code
	UNION SELECT s.key FROM said s GROUP BY s.key HAVING count(DISTINCT s.code) > 1
), full_up AS (
	SELECT b.code FROM (
		SELECT s.code, s.key FROM said s
		UNION SELECT k.code, k.key FROM council_key k WHERE k.code IN (SELECT i.code FROM item i)
	) b GROUP BY b.code HAVING count(b.key) > 21
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN EXISTS (SELECT 1 FROM taken) THEN 'COUNCIL_KEY_TAKEN'
		WHEN EXISTS (SELECT 1 FROM full_up) THEN 'TOO_MANY_COUNCIL_KEYS'
		ELSE 'OK' END AS outcome
), written AS (
	INSERT INTO council AS c (code, name, vintage, loaded)
	SELECT i.code, i.name, :vintage::text, :now::timestamptz FROM item i, verdict v WHERE v.outcome = 'OK'
	ON CONFLICT (code) DO UPDATE SET name = excluded.name, vintage = excluded.vintage, loaded = excluded.loaded
		WHERE c.vintage <= excluded.vintage AND (c.name, c.vintage) IS DISTINCT FROM (excluded.name, excluded.vintage)
	RETURNING c.code, c.xmax = 0 AS is_new
), keyed AS (
	INSERT INTO council_key (key, code, vintage, loaded)
	SELECT s.key, s.code, :vintage::text, :now::timestamptz FROM said s, verdict v WHERE v.outcome = 'OK'
	ON CONFLICT (key) DO NOTHING
	RETURNING code
), total AS (
	SELECT n.rows_new, d.different - n.rows_new AS rows_changed, (SELECT count(*) FROM item) - d.different AS rows_unchanged,
		0::bigint AS rows_removed,
		(SELECT count(*) FROM council c WHERE c.code NOT IN (SELECT i.code FROM item i)) AS rows_kept
	FROM verdict v, (SELECT count(*) AS rows_new FROM written w WHERE w.is_new) n,
		(SELECT count(*) AS different FROM (SELECT w.code FROM written w UNION SELECT k.code FROM keyed k) u) d
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
	SELECT 'COUNCILS', :vintage::text, e.rows_new, e.rows_changed, e.rows_removed, :now::timestamptz, :now::timestamptz,
		:actor::text
	FROM effect e WHERE e.rows_new + e.rows_changed + e.rows_removed > 0
	ON CONFLICT (name, vintage) DO UPDATE SET rows_new = l.rows_new + excluded.rows_new,
		rows_changed = l.rows_changed + excluded.rows_changed, rows_removed = l.rows_removed + excluded.rows_removed,
		last_loaded = excluded.last_loaded, actor = excluded.actor
)
SELECT v.outcome, coalesce((SELECT min(t.key) FROM taken t), (SELECT min(f.code) FROM full_up f)) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.result_key) AS result_key,
	e.rows_new, e.rows_changed, e.rows_unchanged, e.rows_removed, e.rows_kept
FROM verdict v LEFT JOIN effect e ON true
