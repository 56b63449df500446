-- Blocks of a home, by the day on which they begin.
-- scope: supply
SELECT b.from_date::text || ' ' || b.id::text AS page_key,
	b.id, b.home_id, b.places, block_reason(b.reason, b.authority, :authority::text) AS reason, b.from_date, b.until_date,
	b.planned_until, b.version::text AS etag
FROM place_block b
WHERE b.home_id = :home_id::uuid
	AND (:ended_too::boolean OR b.until_date IS NULL OR b.until_date > :today::date)
	AND (:page_after::text IS NULL
		OR (b.from_date, b.id) > (left(:page_after::text, 10)::date, substr(:page_after::text, 12)::uuid))
ORDER BY b.from_date, b.id
LIMIT :page_limit::bigint
