-- Bars of a home and its provider, or of a provider, latest first. An embargo is shown to its own council alone.
-- scope: supply
SELECT b.from_date::text || '/' || b.id::text AS page_key,
	b.id, b.version::text AS etag, b.home_id, b.provider_id, b.authority, b.kind, b.from_date, b.until_date, b.reason,
	b.source, b.from_date <= :today::date AND (b.until_date IS NULL OR b.until_date > :today::date) AS in_force
FROM bar b
WHERE (b.home_id = :home_id::uuid OR b.provider_id = coalesce(:provider_id::uuid,
		(SELECT h.provider_id FROM home h WHERE h.id = :home_id::uuid)))
	AND b.authority IN ('', :authority::text)
	AND (NOT :in_force::boolean OR b.from_date <= :today::date
		AND (b.until_date IS NULL OR b.until_date > :today::date))
	AND (:page_after::text IS NULL OR (b.from_date, b.id) <
		(split_part(:page_after::text, '/', 1)::date, split_part(:page_after::text, '/', 2)::uuid))
ORDER BY b.from_date DESC, b.id DESC
LIMIT :page_limit::bigint
