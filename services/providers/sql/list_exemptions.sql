-- Exemptions that this council granted, by id.
SELECT e.id::text AS page_key, e.id, e.home_id, e.version::text AS etag, e.basis, e.children::text[] AS child_ids,
	e.from_date, e.until_date, e.source
FROM exemption e
WHERE e.authority = :authority::text AND e.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:home_id::uuid IS NULL OR e.home_id = :home_id::uuid)
ORDER BY e.id
LIMIT :page_limit::bigint
