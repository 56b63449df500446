-- The present state of a provider that a repeated request made or changed.
-- scope: supply
SELECT p.id, p.version::text AS etag, p.name, p.code, p.sector, p.own_authority,
	p.external_system AS "external_id.system", p.external_id AS "external_id.id", p.group_name,
	p.group_homes::bigint AS "group_homes.value", p.urn, p.registration, p.register, p.registered_from,
	p.registered_until, p.latest_outcome, p.latest_inspected
FROM provider p WHERE p.id = :result_key::uuid
