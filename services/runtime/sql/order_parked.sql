-- An operator's order about a parked event: the process that applies the source follows it.
-- scope: internal
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), asked AS (
	SELECT p.source, p.key FROM parked p WHERE p.place = :id::bigint
), target AS (
	SELECT CASE WHEN :order::text = 'SKIP' THEN :id::bigint ELSE (SELECT min(p.place) FROM parked p
		WHERE p.source = (SELECT a.source FROM asked a) AND p.key = (SELECT a.key FROM asked a)) END AS place
	FROM asked
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE parked p SET ordered = :order::text, ordered_by = :actor::text, ordered_why = :why::text,
		ordered_at = :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND p.place = (SELECT t.place FROM target t)
	RETURNING p.place, p.source, p.seq, p.event_id, p.type, p.subject, p.authority, p.failed, p.tries, p.code, p.reason,
		p.sqlstate, p.parked_at, p.ordered
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.place::text,
		:now::timestamptz FROM effect e
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), e.place::text) AS result_key,
	e.place AS id, e.source, e.seq, e.event_id, e.type, e.subject, e.authority,
	CASE WHEN e.failed THEN 'FAILED' ELSE 'BEHIND' END AS state, e.tries, e.code, e.reason, e.sqlstate, e.parked_at, e.ordered
FROM verdict v LEFT JOIN effect e ON true
