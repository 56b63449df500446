-- From which day on a provider's approvals and their ends are all recorded here. The same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), last AS (
	SELECT k.number, k.from_date FROM approvals_kept k WHERE k.provider_id = :provider_id::uuid
	ORDER BY k.number DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM provider p WHERE p.id = :provider_id::uuid) THEN 'PROVIDER_UNKNOWN'
		WHEN (SELECT l.number FROM last l) >= 100 THEN 'TOO_MANY_DECLARED'
		ELSE 'OK' END AS outcome
), effect AS (
	INSERT INTO approvals_kept (provider_id, number, from_date, source, actor, recorded)
	SELECT :provider_id::uuid, coalesce((SELECT l.number FROM last l), 0) + 1, :from_date::date, :source::text, :actor::text,
		:now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND :from_date::date IS DISTINCT FROM (SELECT l.from_date FROM last l)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, :provider_id::uuid::text,
		:now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK'
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), :provider_id::uuid::text) AS result_key,
	:provider_id::uuid AS provider_id, :from_date::date AS from_date, :source::text AS source
FROM verdict v
