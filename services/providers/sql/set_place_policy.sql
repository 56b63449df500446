-- Says from which day a council wants places to be counted so. What was said before stays.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), last AS (
	SELECT p.version, p.from_date, p.value, p.source FROM place_policy p
	WHERE p.authority = :authority::text AND p.code = :code::text ORDER BY p.version DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN (SELECT l.version FROM last l) >= 500 THEN 'TOO_MANY_POLICIES'
		ELSE 'OK' END AS outcome
), added AS (
	INSERT INTO place_policy (authority, code, version, from_date, value, source, actor, recorded)
	SELECT :authority::text, :code::text, coalesce((SELECT l.version FROM last l), 0) + 1, :from_date::date,
		coalesce(:value::boolean, false), :source::text, :actor::text, :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM last l
		WHERE l.from_date <= :from_date::date AND l.value = coalesce(:value::boolean, false) AND l.source = :source::text)
	RETURNING version, from_date, value, source
), effect AS (
	SELECT a.version, a.from_date, a.value, a.source FROM added a
	UNION ALL
	SELECT l.version, l.from_date, l.value, l.source FROM last l, verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM added)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text,
		:code::text || ' ' || e.version::text, :now::timestamptz
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), :code::text || ' ' || e.version::text) AS result_key,
	CASE WHEN e.version IS NOT NULL THEN :code::text END AS code, e.value, e.from_date, NULL::date AS until_date, e.source,
	e.version IS NOT NULL AS own
FROM verdict v LEFT JOIN effect e ON true
