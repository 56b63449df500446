-- Creates or changes a provider. The same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), keyed AS (
	SELECT p.id FROM provider p
	WHERE p.external_system = :external_id_system::text AND p.external_id = :external_id_id::text
), target AS (
	SELECT p.id, p.name, p.code, p.sector, p.own_authority, p.external_system, p.external_id, p.version,
		p.group_name, p.group_homes, p.urn, p.registration,
		p.register, p.registered_from, p.registered_until, p.latest_outcome, p.latest_inspected, p.registration_recorded
	FROM provider p WHERE p.id = coalesce(:provider_id::uuid, (SELECT k.id FROM keyed k))
), standing AS (
	-- a registration that has a history is that of its history (RecordRegistration)
	SELECT CASE WHEN t.registration_recorded THEN t.urn ELSE :urn::text END AS urn,
		CASE WHEN t.registration_recorded THEN t.registration ELSE :registration::text END AS registration,
		CASE WHEN t.registration_recorded THEN t.register ELSE :register::text END AS register,
		CASE WHEN t.registration_recorded THEN t.registered_from ELSE :registered_from::date END AS registered_from,
		CASE WHEN t.registration_recorded THEN t.registered_until ELSE :registered_until::date END AS registered_until
	FROM target t
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN EXISTS (SELECT 1 FROM keyed k WHERE k.id <> :provider_id::uuid) THEN 'EXTERNAL_ID_TAKEN'
		WHEN :etag::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO provider (id, name, code, sector, own_authority, external_system, external_id, group_name, group_homes,
		urn, registration, register, registered_from, registered_until, created, updated)
	SELECT coalesce(:provider_id::uuid, :new_id::uuid), :name::text, :code::text, :sector::text, :own_authority::text,
		:external_id_system::text, :external_id_id::text, :group_name::text, :group_homes_value::integer, :urn::text,
		:registration::text, :register::text, :registered_from::date, :registered_until::date, :now::timestamptz,
		:now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM target)
	RETURNING id, name, code, sector, own_authority, external_system, external_id, version,
		group_name, group_homes, urn, registration,
		register, registered_from, registered_until, latest_outcome, latest_inspected
), changed AS (
	UPDATE provider p SET name = :name::text, code = :code::text, sector = :sector::text,
		own_authority = :own_authority::text,
		external_system = coalesce(:external_id_system::text, p.external_system),
		external_id = coalesce(:external_id_id::text, p.external_id), group_name = :group_name::text,
		group_homes = :group_homes_value::integer, urn = s.urn, registration = s.registration, register = s.register,
		registered_from = s.registered_from, registered_until = s.registered_until,
		version = p.version + 1, updated = :now::timestamptz
	FROM verdict v, target t, standing s
	WHERE v.outcome = 'OK' AND p.id = t.id
		AND (p.name, p.code, p.sector, p.own_authority, p.external_system, p.external_id, p.group_name, p.group_homes,
			p.urn, p.registration, p.register, p.registered_from, p.registered_until) IS DISTINCT FROM
		(:name::text, :code::text, :sector::text, :own_authority::text,
			coalesce(:external_id_system::text, p.external_system), coalesce(:external_id_id::text, p.external_id),
			:group_name::text, :group_homes_value::integer, s.urn, s.registration, s.register, s.registered_from,
			s.registered_until)
	RETURNING p.id, p.name, p.code, p.sector, p.own_authority, p.external_system, p.external_id, p.version,
		p.group_name, p.group_homes, p.urn, p.registration,
		p.register, p.registered_from, p.registered_until, p.latest_outcome, p.latest_inspected
), effect AS (
	SELECT i.id, i.name, i.code, i.sector, i.own_authority, i.external_system, i.external_id, i.version,
		i.group_name, i.group_homes, i.urn, i.registration,
		i.register, i.registered_from, i.registered_until, i.latest_outcome, i.latest_inspected FROM inserted i
	UNION ALL
	SELECT c.id, c.name, c.code, c.sector, c.own_authority, c.external_system, c.external_id, c.version,
		c.group_name, c.group_homes, c.urn, c.registration,
		c.register, c.registered_from, c.registered_until, c.latest_outcome, c.latest_inspected FROM changed c
	UNION ALL
	SELECT t.id, t.name, t.code, t.sector, t.own_authority, t.external_system, t.external_id, t.version,
		t.group_name, t.group_homes, t.urn, t.registration,
		t.register, t.registered_from, t.registered_until, t.latest_outcome, t.latest_inspected FROM target t, verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.name, e.code, e.sector, e.own_authority,
	e.external_system AS "external_id.system", e.external_id AS "external_id.id", e.group_name,
	e.group_homes::bigint AS "group_homes.value", e.urn, e.registration, e.register, e.registered_from,
	e.registered_until, e.latest_outcome, e.latest_inspected
FROM verdict v LEFT JOIN effect e ON true
