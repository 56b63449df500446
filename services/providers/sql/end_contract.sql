-- Ends a contract before its time. The same again changes nothing.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT c.id, c.authority, c.reference, c.name, c.kind, c.basis, c.open_to_entrants, c.from_date, c.until_date,
		c.extensions, c.ended_on, c.ended_reason, c.runs_until, c.version, c.actor, c.updated
	FROM contract c WHERE c.id = :contract_id::uuid AND commissions(:authority::text, c.id)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN (SELECT t.authority FROM target t) <> :authority::text THEN 'NOT_LEADING'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN :date::date < (SELECT t.from_date FROM target t) THEN 'BEFORE_CONTRACT'
		ELSE 'OK' END AS outcome
), changed AS (
	UPDATE contract c SET ended_on = :date::date, ended_reason = :reason::text, runs_until = :date::date,
		version = c.version + 1, actor = :actor::text, updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND c.id = :contract_id::uuid
		AND (c.ended_on, c.ended_reason) IS DISTINCT FROM (:date::date, :reason::text)
	RETURNING c.id, c.version, c.ended_on, c.ended_reason, c.runs_until
), was AS (
	INSERT INTO contract_was (contract_id, version, was, actor, recorded)
	SELECT t.id, t.version, jsonb_build_object('reference', t.reference, 'name', t.name, 'kind', t.kind, 'basis', t.basis,
		'open_to_entrants', t.open_to_entrants, 'from_date', t.from_date, 'until_date', t.until_date, 'extensions',
		t.extensions, 'ended_on', t.ended_on, 'ended_reason', t.ended_reason, 'runs_until', t.runs_until), t.actor, t.updated
	FROM target t WHERE EXISTS (SELECT 1 FROM changed)
), effect AS (
	SELECT t.id, t.authority, t.reference, t.name, t.kind, t.basis, t.open_to_entrants, t.from_date, t.until_date,
		t.extensions, coalesce(c.ended_on, t.ended_on) AS ended_on, coalesce(c.ended_reason, t.ended_reason) AS ended_reason,
		coalesce(c.runs_until, t.runs_until) AS runs_until, coalesce(c.version, t.version) AS version
	FROM verdict v CROSS JOIN target t LEFT JOIN changed c ON true WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.contract.ended.v1', 'contract', e.id::text, e.version, e.id::text, e.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object('contractId', e.id, 'endedOn', e.ended_on, 'reason', e.ended_reason)
	FROM effect e WHERE EXISTS (SELECT 1 FROM changed)
)
SELECT v.outcome, (SELECT t.from_date::text FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.authority, e.reference, e.name, e.kind, e.basis, e.open_to_entrants, e.from_date,
	e.until_date, e.runs_until, e.ended_on, e.ended_reason, e.extensions, contract_commissioners(e.id) AS commissioners,
	contract_lots(e.id) AS lots
FROM verdict v LEFT JOIN effect e ON true
