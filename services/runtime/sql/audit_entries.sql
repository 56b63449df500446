-- A page of the audit, oldest first: all of it, or what is about a child or a record.
-- scope: internal
WITH bounds AS MATERIALIZED (
	SELECT greatest(coalesce(:page_after::bigint, 0), coalesce(:after::bigint, 0),
			coalesce((SELECT s.last FROM audit_seal s WHERE s.sealed < :since::timestamptz - interval '1 hour' ORDER BY s.sealed DESC LIMIT 1), 0))
			AS after,
		least(coalesce(nullif(:through::bigint, 0), 9223372036854775807),
			coalesce((SELECT s.last FROM audit_seal s WHERE s.sealed > :until::timestamptz + interval '1 hour' ORDER BY s.sealed LIMIT 1),
				9223372036854775807)) AS through
), names AS MATERIALIZED (
	SELECT ARRAY(SELECT n.id FROM audit_subjects(:only_authority::text, :about::text) AS n(id)) AS ids
), page AS MATERIALIZED (
	(SELECT a.id FROM audit a CROSS JOIN bounds b
	WHERE :about::text IS NULL AND a.id > b.after AND a.id <= b.through
		AND (:only_authority::text IS NULL OR a.authority = :only_authority::text)
		AND (:by_actor::text IS NULL OR a.actor = :by_actor::text)
		AND (:since::timestamptz IS NULL OR a.at >= :since::timestamptz) AND (:until::timestamptz IS NULL OR a.at < :until::timestamptz)
	ORDER BY a.id LIMIT :page_limit::integer)
	UNION ALL
	(SELECT m.id FROM (
		SELECT s.id, s.authority, s.actor, s.at FROM audit s
		WHERE :about::text IS NOT NULL AND s.subject = ANY ((SELECT n.ids FROM names n)::text[])
		UNION
		SELECT i.id, i.authority, i.actor, i.at FROM audit i
		WHERE :about::text IS NOT NULL AND i.ids && (SELECT n.ids FROM names n)::text[]
	) m CROSS JOIN bounds b
	WHERE m.id > b.after AND m.id <= b.through
		AND (:only_authority::text IS NULL OR m.authority = :only_authority::text)
		AND (:by_actor::text IS NULL OR m.actor = :by_actor::text)
		AND (:since::timestamptz IS NULL OR m.at >= :since::timestamptz) AND (:until::timestamptz IS NULL OR m.at < :until::timestamptz)
	ORDER BY m.id LIMIT :page_limit::integer)
)
SELECT a.id, a.at, a.kind, a.authority, a.actor, a.roles, a.method, a.request_id, a.traceparent, a.subject, a.record,
	a.records, a.ids, a.id::text AS page_key
FROM audit a WHERE a.id = ANY (ARRAY(SELECT p.id FROM page p)) ORDER BY a.id
