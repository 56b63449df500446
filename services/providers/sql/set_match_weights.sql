-- Makes the next version of a council's weights of those that it has read. What is left out is as the suite's own set has
-- it; earlier versions stay as they are, for the answers that were made with them.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), given AS (
	SELECT g.code, g.value, g.rationale FROM jsonb_to_recordset(coalesce(:weights::jsonb, '[]')) g (code text, value integer, rationale text)
), suite AS (
	SELECT w.code, w.value, w.rationale, rank() OVER (ORDER BY w.version DESC) AS nth
	FROM match_weight w WHERE w.authority = '' AND w.version >= 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM match_weight w
			WHERE w.authority = :base_authority::text AND w.version = :base_version::bigint) THEN 'NOT_FOUND'
		WHEN EXISTS (SELECT 1 FROM match_weight w
			WHERE w.authority = :authority::text AND w.version = :next_version::bigint) THEN 'STALE_ETAG'
		ELSE 'OK' END AS outcome
), effect AS (
	INSERT INTO match_weight (authority, version, code, value, rationale, actor, recorded)
	SELECT :authority::text, :next_version::bigint, s.code, coalesce(g.value, s.value), coalesce(g.rationale, s.rationale),
		:actor::text, :now::timestamptz
	FROM verdict v JOIN suite s ON v.outcome = 'OK' AND s.nth = 1 LEFT JOIN given g ON g.code = s.code
	RETURNING code, value, rationale, recorded
), whole AS (
	SELECT concat(:authority::text, '/', :next_version::bigint) AS version, max(e.recorded) AS recorded,
		jsonb_agg(jsonb_build_object('code', e.code, 'value', e.value, 'rationale', e.rationale) ORDER BY e.code) AS weights
	FROM effect e HAVING count(1) > 0
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, w.version,
		:now::timestamptz
	FROM whole w
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), w.version) AS result_key, w.version, w.version AS etag, w.weights, w.recorded
FROM verdict v LEFT JOIN whole w ON true
