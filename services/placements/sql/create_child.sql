-- Creates a child with the keys of other systems.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), given AS (
	SELECT DISTINCT g.system, g.id FROM unnest(:external_ids_system::text[], :external_ids_id::text[]) AS g (system, id)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN EXISTS (SELECT 1 FROM child c WHERE c.authority = :authority::text AND c.id = :child_id::uuid)
			THEN 'ALREADY_EXISTS'
		WHEN EXISTS (SELECT 1 FROM given g CROSS JOIN LATERAL (SELECT x.resource FROM external_id x
			WHERE x.authority = :authority::text AND x.kind = 'child' AND x.system = g.system AND x.id = g.id LIMIT 1) taken)
			THEN 'EXTERNAL_ID_TAKEN'
		ELSE 'OK' END AS outcome
), effect AS (
	INSERT INTO child (authority, id, sex, date_of_birth, unaccompanied, recorded_on, recorded, updated, updated_by)
	SELECT :authority::text, coalesce(:child_id::uuid, :new_id::uuid), coalesce(:sex::text, 'U'),
		:date_of_birth_value::date, :unaccompanied::boolean, :today::date, :now::timestamptz, :now::timestamptz,
		:actor::text
	FROM verdict v WHERE v.outcome = 'OK'
	RETURNING authority, id, sex, date_of_birth, unaccompanied, version
), named AS (
	INSERT INTO external_id (authority, kind, system, id, resource)
	SELECT e.authority, 'child', g.system, g.id, e.id FROM effect e CROSS JOIN given g
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload,
		personal)
	SELECT 'hearth.child.recorded.v1', 'child', e.id::text, e.version, e.id::text, e.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object('childId', e.id, 'sex', e.sex, 'unaccompanied', e.unaccompanied),
		CASE WHEN e.date_of_birth IS NOT NULL
			THEN jsonb_build_object('dateOfBirth', jsonb_build_object('value', e.date_of_birth)) END
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.sex, e.date_of_birth AS "date_of_birth.value", e.unaccompanied,
	(SELECT coalesce(jsonb_agg(jsonb_build_object('system', g.system, 'id', g.id) ORDER BY g.system, g.id), '[]')
		FROM given g) AS external_ids,
	attains(e.date_of_birth, 16) AS "turns_16.value", attains(e.date_of_birth, 18) AS "turns_18.value"
FROM verdict v LEFT JOIN effect e ON true
