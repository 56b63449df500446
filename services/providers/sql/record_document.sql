-- Records a document of a provider or a home; its timer tells of its expiry. What it renews is not spoken of any more, and
-- what was barred because that had expired is open again. The same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), others AS (
	SELECT d.id, d.type, d.reference, d.issued, d.expires, d.sha256, d.recorded, d.withdrawn_reason FROM document d
	WHERE d.provider_id = :provider_id::uuid
	UNION ALL
	SELECT d.id, d.type, d.reference, d.issued, d.expires, d.sha256, d.recorded, d.withdrawn_reason FROM document d
	WHERE d.home_id = :home_id::uuid
), kept AS (
	SELECT o.id, o.recorded FROM others o
	WHERE o.withdrawn_reason IS NULL AND (o.type, o.reference, o.issued, o.expires, o.sha256) IS NOT DISTINCT FROM
		(:type::text, :reference::text, :issued::date, :expires::date, :sha256::text)
	ORDER BY o.recorded LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM document_type t WHERE t.code = :type::text AND t.from_date <= :today::date
			AND (t.until_date IS NULL OR t.until_date > :today::date)) THEN 'UNKNOWN_DOCUMENT_TYPE'
		WHEN :provider_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM provider p WHERE p.id = :provider_id::uuid)
			THEN 'PROVIDER_UNKNOWN'
		WHEN :home_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM home h WHERE h.id = :home_id::uuid) THEN 'HOME_UNKNOWN'
		WHEN (SELECT count(1) FROM others) >= 500 AND NOT EXISTS (SELECT 1 FROM kept) THEN 'TOO_MANY_DOCUMENTS'
		ELSE 'OK' END AS outcome
), added AS (
	INSERT INTO document (id, provider_id, home_id, type, reference, issued, expires, sha256, actor, recorded, updated)
	SELECT :new_id::uuid, :provider_id::uuid, :home_id::uuid, :type::text, :reference::text, :issued::date, :expires::date,
		:sha256::text, :actor::text, :now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM kept)
	RETURNING id, type, issued, expires, recorded
), due AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'document_expiring', '', a.id::text, document_due(a.expires, NULL, :today::date, :now::timestamptz)
	FROM added a WHERE a.expires IS NOT NULL
), lifted AS (
	UPDATE bar b SET until_date = greatest(b.from_date, :today::date, a.issued), version = b.version + 1,
		updated = :now::timestamptz
	FROM added a
	WHERE (b.provider_id = :provider_id::uuid OR b.home_id = :home_id::uuid) AND b.kind = 'DOCUMENT_EXPIRED'
		AND b.reason = a.type AND (b.until_date IS NULL OR b.until_date > greatest(b.from_date, :today::date, a.issued))
		AND coalesce(a.expires, 'infinity') > greatest(:today::date, a.issued)
), effect AS (
	SELECT a.id, a.recorded FROM added a
	UNION ALL
	SELECT k.id, k.recorded FROM kept k, verdict v WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.document.recorded.v1', 'document', a.id::text, 1,
		coalesce(:home_id::uuid, :provider_id::uuid)::text, '', :now::timestamptz, :traceparent::text,
		jsonb_build_object('documentId', a.id, 'providerId', :provider_id::uuid, 'homeId', :home_id::uuid, 'type', a.type,
			'issued', a.issued, 'expires', a.expires)
	FROM added a
)
SELECT v.outcome, :type::text AS detail, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, :provider_id::uuid AS provider_id, :home_id::uuid AS home_id, :type::text AS type, :reference::text AS reference,
	:issued::date AS issued, :expires::date AS expires, :sha256::text AS sha256, e.recorded
FROM verdict v LEFT JOIN effect e ON true
