-- A council says itself that it takes part in a contract that names it. The same again changes nothing.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT c.id, c.authority, c.version, c.reference, c.name, c.kind, c.basis, c.open_to_entrants, c.from_date, c.until_date,
		c.runs_until, c.ended_on, c.ended_reason, c.extensions
	FROM contract c WHERE c.id = :contract_id::uuid AND commissions(:authority::text, c.id)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		ELSE 'OK' END AS outcome
), joined AS (
	INSERT INTO contract_joined (contract_id, authority, actor, joined)
	SELECT t.id, :authority::text, :actor::text, :now::timestamptz FROM verdict v, target t
	WHERE v.outcome = 'OK' AND NOT takes_part(:authority::text, t.id)
	RETURNING contract_id
), effect AS (
	SELECT t.id, t.authority, t.version, t.reference, t.name, t.kind, t.basis, t.open_to_entrants, t.from_date, t.until_date,
		t.runs_until, t.ended_on, t.ended_reason, t.extensions
	FROM target t, verdict v WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.contract.joined.v1', 'contract_joined', t.id::text || ' ' || :authority::text, 1, t.id::text,
		:authority::text, :now::timestamptz, :traceparent::text, jsonb_build_object('contractId', t.id, 'leader', t.authority,
			'kind', t.kind, 'fromDate', t.from_date, 'runsUntil', t.runs_until)
	FROM target t WHERE EXISTS (SELECT 1 FROM joined)
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.authority, e.reference, e.name, e.kind, e.basis, e.open_to_entrants, e.from_date,
	e.until_date, e.runs_until, e.ended_on, e.ended_reason, e.extensions,
	(SELECT jsonb_agg(CASE WHEN x.item ->> 'authority' = :authority::text THEN x.item || '{"joined": true}' ELSE x.item END
		ORDER BY x.no) FROM jsonb_array_elements(contract_commissioners(e.id)) WITH ORDINALITY x (item, no)) AS commissioners,
	contract_lots(e.id) AS lots
FROM verdict v LEFT JOIN effect e ON true
