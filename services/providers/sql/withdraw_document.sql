-- A document was recorded in error: it is kept and holds no more. What it had barred is open again; what it had renewed is
-- looked at anew.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT d.id, d.provider_id, d.home_id, d.type, d.reference, d.issued, d.expires, d.sha256, d.withdrawn_reason, d.recorded
	FROM document d WHERE d.id = :document_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		ELSE 'OK' END AS outcome
), changed AS (
	UPDATE document d SET withdrawn_reason = :reason::text, version = d.version + 1, updated = :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND d.id = :document_id::uuid AND d.withdrawn_reason IS NULL
	RETURNING d.id, d.provider_id, d.home_id, d.type, d.version
), silenced AS (
	DELETE FROM timer t
	WHERE t.kind = 'document_expiring' AND t.authority = '' AND t.subject = (SELECT c.id::text FROM changed c)
), earlier AS (
	SELECT d.id FROM document d JOIN changed c ON d.type = c.type AND d.id <> c.id
		AND (d.home_id = c.home_id OR d.provider_id = c.provider_id)
	WHERE d.withdrawn_reason IS NULL AND d.expires IS NOT NULL
), again AS (
	INSERT INTO timer AS t (kind, authority, subject, due)
	SELECT 'document_expiring', '', e.id::text, :now::timestamptz FROM earlier e
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due
), lifted AS (
	UPDATE bar b SET until_date = greatest(b.from_date, :today::date), version = b.version + 1, updated = :now::timestamptz
	FROM changed c
	WHERE (b.home_id = c.home_id OR b.provider_id = c.provider_id) AND b.kind = 'DOCUMENT_EXPIRED'
		AND b.source = 'document ' || c.id::text AND (b.until_date IS NULL OR b.until_date > greatest(b.from_date, :today::date))
), effect AS (
	SELECT t.id FROM target t, verdict v WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.document.withdrawn.v1', 'document', c.id::text, c.version, coalesce(c.home_id, c.provider_id)::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object('documentId', c.id, 'providerId', c.provider_id,
			'homeId', c.home_id, 'type', c.type, 'reason', :reason::text)
	FROM changed c
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key, t.id, t.provider_id, t.home_id,
	t.type, t.reference, t.issued, t.expires, t.sha256, coalesce(t.withdrawn_reason, :reason::text) AS withdrawn_reason,
	t.recorded
FROM verdict v LEFT JOIN effect e ON true LEFT JOIN target t ON v.outcome = 'OK'
