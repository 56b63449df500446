-- An operator's order to load a source's present state: the process that applies the source follows it.
-- scope: internal
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), verdict AS (
	SELECT coalesce((SELECT s.outcome FROM seen s), 'OK') AS outcome
), effect AS (
	INSERT INTO bootstrap AS b (source, state, who, asked)
	SELECT :source::text, 'WANTED', :actor::text, :now::timestamptz FROM verdict v WHERE v.outcome = 'OK'
	ON CONFLICT (source) DO UPDATE SET state = 'WANTED', who = excluded.who, asked = excluded.asked
	RETURNING b.source
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.source,
		:now::timestamptz FROM effect e
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), e.source) AS result_key, e.source
FROM verdict v LEFT JOIN effect e ON true
