-- Somebody asks about fostering, by the key of the system that knows them. The same again changes nothing; a source that was
-- not known may become known.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT f.id, f.provider_id, f.enquired_on, f.enquiry_source FROM fostering_enquiry f
	WHERE f.external_system = :external_id_system::text AND f.external_id = :external_id_id::text
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM provider p WHERE p.id = :provider_id::uuid) THEN 'PROVIDER_UNKNOWN'
		WHEN EXISTS (SELECT 1 FROM target t WHERE (t.provider_id, t.enquired_on) <> (:provider_id::uuid, :enquired_on::date)
			OR t.enquiry_source <> :enquiry_source::text) THEN 'ENQUIRY_TAKEN'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO fostering_enquiry (id, provider_id, external_system, external_id, enquiry_source, enquired_on, stage,
		stage_from, actor, recorded, updated)
	SELECT :new_id::uuid, :provider_id::uuid, :external_id_system::text, :external_id_id::text, :enquiry_source::text,
		:enquired_on::date, 'ENQUIRY', :enquired_on::date, :actor::text, :now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM target)
	RETURNING id, version, provider_id, external_system, external_id, enquiry_source, enquired_on,
		stage, stage_from, result, result_on, home_id
), changed AS (
	UPDATE fostering_enquiry f SET enquiry_source = :enquiry_source::text, version = f.version + 1, updated = :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND f.id = (SELECT t.id FROM target t) AND f.enquiry_source IS NULL
		AND :enquiry_source::text IS NOT NULL
	RETURNING f.id, f.version, f.provider_id, f.external_system, f.external_id, f.enquiry_source, f.enquired_on,
		f.stage, f.stage_from, f.result, f.result_on, f.home_id
), stepped AS (
	INSERT INTO fostering_step (enquiry_id, stage, from_date, actor, recorded)
	SELECT i.id, i.stage, i.stage_from, :actor::text, :now::timestamptz FROM inserted i
), effect AS (
	SELECT i.id, i.version, i.provider_id, i.external_system, i.external_id, i.enquiry_source, i.enquired_on,
		i.stage, i.stage_from, i.result, i.result_on, i.home_id FROM inserted i
	UNION ALL
	SELECT c.id, c.version, c.provider_id, c.external_system, c.external_id, c.enquiry_source, c.enquired_on,
		c.stage, c.stage_from, c.result, c.result_on, c.home_id FROM changed c
	UNION ALL
	SELECT f.id, f.version, f.provider_id, f.external_system, f.external_id, f.enquiry_source, f.enquired_on,
		f.stage, f.stage_from, f.result, f.result_on, f.home_id FROM fostering_enquiry f
	WHERE f.id = (SELECT t.id FROM target t, verdict v WHERE v.outcome = 'OK') AND NOT EXISTS (SELECT 1 FROM changed)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.provider_id, e.external_system AS "external_id.system",
	e.external_id AS "external_id.id", e.enquiry_source, e.enquired_on, e.stage, e.stage_from, e.result,
	e.result_on, e.home_id
FROM verdict v LEFT JOIN effect e ON true
