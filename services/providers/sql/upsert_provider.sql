-- Creates or changes a provider. The same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), keyed AS (
	SELECT p.id FROM provider p
	WHERE p.external_system = :external_id_system::text AND p.external_id = :external_id_id::text
), target AS (
	SELECT p.id, p.name, p.code, p.sector, p.own_authority, p.external_system, p.external_id, p.version
	FROM provider p WHERE p.id = coalesce(:provider_id::uuid, (SELECT k.id FROM keyed k))
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN EXISTS (SELECT 1 FROM keyed k WHERE k.id <> :provider_id::uuid) THEN 'EXTERNAL_ID_TAKEN'
		WHEN :etag::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO provider (id, name, code, sector, own_authority, external_system, external_id, created, updated)
	SELECT coalesce(:provider_id::uuid, :new_id::uuid), :name::text, :code::text, :sector::text, :own_authority::text,
		:external_id_system::text, :external_id_id::text, :now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM target)
	RETURNING id, name, code, sector, own_authority, external_system, external_id, version
), changed AS (
	UPDATE provider p SET name = :name::text, code = :code::text, sector = :sector::text,
		own_authority = :own_authority::text,
		external_system = coalesce(:external_id_system::text, p.external_system),
		external_id = coalesce(:external_id_id::text, p.external_id),
		version = p.version + 1, updated = :now::timestamptz
	FROM verdict v, target t
	WHERE v.outcome = 'OK' AND p.id = t.id
		AND (p.name, p.code, p.sector, p.own_authority, p.external_system, p.external_id) IS DISTINCT FROM
		(:name::text, :code::text, :sector::text, :own_authority::text,
			coalesce(:external_id_system::text, p.external_system), coalesce(:external_id_id::text, p.external_id))
	RETURNING p.id, p.name, p.code, p.sector, p.own_authority, p.external_system, p.external_id, p.version
), effect AS (
	SELECT i.id, i.name, i.code, i.sector, i.own_authority, i.external_system, i.external_id, i.version FROM inserted i
	UNION ALL
	SELECT c.id, c.name, c.code, c.sector, c.own_authority, c.external_system, c.external_id, c.version FROM changed c
	UNION ALL
	SELECT t.id, t.name, t.code, t.sector, t.own_authority, t.external_system, t.external_id, t.version FROM target t, verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.name, e.code, e.sector, e.own_authority,
	e.external_system AS "external_id.system", e.external_id AS "external_id.id"
FROM verdict v LEFT JOIN effect e ON true
