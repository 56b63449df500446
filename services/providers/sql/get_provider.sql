-- A provider by its id, or by another system's key.
-- scope: supply
SELECT p.id, p.version::text AS etag, p.name, p.code, p.sector, p.own_authority,
	p.external_system AS "external_id.system", p.external_id AS "external_id.id", p.group_name,
	p.group_homes::bigint AS "group_homes.value", p.urn, p.registration, p.register, p.registered_from,
	p.registered_until, p.latest_outcome, p.latest_inspected
FROM provider p
WHERE p.id = :provider_id::uuid OR :provider_id::uuid IS NULL
	AND p.external_system = :external_id_system::text AND p.external_id = :external_id_id::text
