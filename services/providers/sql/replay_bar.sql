-- The present state of a bar that a repeated request set or lifted.
-- scope: supply
SELECT b.id, b.version::text AS etag, b.home_id, b.provider_id, b.authority, b.kind, b.from_date, b.until_date, b.reason,
	b.source, b.from_date <= :today::date AND (b.until_date IS NULL OR b.until_date > :today::date) AS in_force
FROM bar b WHERE b.id = :result_key::uuid AND b.authority IN ('', :authority::text)
