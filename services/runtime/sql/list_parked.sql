-- What lies parked, in the order of waiting.
-- scope: internal
SELECT p.place AS id, p.source, p.seq, p.event_id, p.type, p.subject, p.authority,
	CASE WHEN p.failed THEN 'FAILED' ELSE 'BEHIND' END AS state, p.tries, p.code, p.reason, p.sqlstate, p.parked_at, p.ordered,
	p.place::text AS page_key
FROM parked p
WHERE (:source::text IS NULL OR p.source = :source::text)
	AND (:page_after::text IS NULL OR p.place > :page_after::bigint)
ORDER BY p.place LIMIT :page_limit::int
