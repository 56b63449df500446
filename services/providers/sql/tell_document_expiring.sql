-- Timer "document_expiring": of the steps before a document's expiry that have come, the last is told, once; on the day of
-- expiry one whose type is required bars further children until it is renewed. Nothing is told of one that is renewed or
-- withdrawn. The subject is the document.
-- scope: internal
WITH due AS (
	SELECT t.id, t.subject::uuid AS document_id FROM timer t WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), paper AS (
	SELECT d.id, d.provider_id, d.home_id, d.type, d.expires, d.told,
		document_step(d.expires, :today::date) AS step,
		coalesce((SELECT y.required FROM document_type y WHERE y.code = d.type AND y.from_date <= :today::date
			AND (y.until_date IS NULL OR y.until_date > :today::date) ORDER BY y.from_date DESC LIMIT 1), false) AS required
	FROM document d
	WHERE d.id = (SELECT u.document_id FROM due u) AND d.withdrawn_reason IS NULL AND NOT document_renewed(d.id)
), spoken AS (
	UPDATE document d SET told = p.step, version = d.version + 1, updated = :now::timestamptz
	FROM paper p WHERE d.id = p.id AND p.step IS NOT NULL AND (p.told IS NULL OR p.told > p.step)
	RETURNING d.id, d.provider_id, d.home_id, d.type, d.expires, d.told, d.version, p.required
), later AS (
	-- one that begins after the day of expiry: until then there is none
	SELECT min(o.issued) AS issued FROM paper p JOIN document o ON o.type = p.type AND o.id <> p.id
		AND (o.home_id = p.home_id OR o.provider_id = p.provider_id)
	WHERE o.withdrawn_reason IS NULL AND o.issued > p.expires AND coalesce(o.expires, 'infinity') > :today::date
), barred AS (
	INSERT INTO bar (id, home_id, provider_id, authority, kind, from_date, until_date, reason, source, by_rule, actor,
		recorded, updated)
	SELECT gen_random_uuid(), p.home_id, p.provider_id, '', 'DOCUMENT_EXPIRED', p.expires, l.issued, p.type,
		'document ' || p.id::text, true, 'timer', :now::timestamptz, :now::timestamptz
	FROM paper p CROSS JOIN later l
	WHERE p.required AND p.step = 0 AND NOT EXISTS (SELECT 1 FROM bar b WHERE (b.home_id = p.home_id
			OR b.provider_id = p.provider_id) AND b.kind = 'DOCUMENT_EXPIRED' AND b.source = 'document ' || p.id::text
		AND (b.until_date IS NULL OR b.until_date > :today::date))
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.document.expiring.v1', 'document', s.id::text, s.version, coalesce(s.home_id, s.provider_id)::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object('documentId', s.id, 'providerId', s.provider_id,
			'homeId', s.home_id, 'type', s.type, 'expires', s.expires, 'daysBefore', s.told,
			'daysLeft', s.expires - :today::date, 'required', s.required)
	FROM spoken s
), next AS (
	SELECT document_due(p.expires, least(p.told, p.step), :today::date, :now::timestamptz) AS due FROM paper p
), moved AS (
	UPDATE timer t SET due = n.due FROM due u, next n WHERE t.id = u.id AND n.due IS NOT NULL
), over AS (
	DELETE FROM timer t USING due u WHERE t.id = u.id AND NOT EXISTS (SELECT 1 FROM next n WHERE n.due IS NOT NULL)
)
SELECT u.document_id FROM due u
