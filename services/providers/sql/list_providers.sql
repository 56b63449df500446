-- Providers, by id.
-- scope: supply
SELECT p.id::text AS page_key,
	p.id, p.version::text AS etag, p.name, p.code, p.sector, p.own_authority,
	p.external_system AS "external_id.system", p.external_id AS "external_id.id", p.group_name,
	p.group_homes::bigint AS "group_homes.value", p.urn, p.registration, p.register, p.registered_from,
	p.registered_until, p.latest_outcome, p.latest_inspected
FROM provider p
WHERE p.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:sector::text IS NULL OR p.sector = :sector::text)
ORDER BY p.id
LIMIT :page_limit::bigint
