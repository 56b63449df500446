-- Creates or changes the child that another system calls by this key; nothing new changes nothing and tells nothing.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), old AS (
	SELECT c.authority, c.id, c.sex, c.date_of_birth, c.unaccompanied, c.version
	FROM child c WHERE c.authority = :authority::text AND c.id = (SELECT x.resource FROM external_id x
		WHERE x.authority = :authority::text AND x.kind = 'child' AND x.system = :external_id_system::text
			AND x.id = :external_id_id::text)
), verdict AS (
	SELECT coalesce((SELECT s.outcome FROM seen s), 'OK') AS outcome
), fresh AS (
	INSERT INTO child (authority, id, sex, date_of_birth, unaccompanied, recorded_on, recorded, updated, updated_by)
	SELECT :authority::text, :new_id::uuid, coalesce(:sex::text, 'U'), :date_of_birth_value::date,
		:unaccompanied::boolean, :today::date, :now::timestamptz, :now::timestamptz, :actor::text
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM old)
	RETURNING authority, id, sex, date_of_birth, unaccompanied, version
), named AS (
	INSERT INTO external_id (authority, kind, system, id, resource)
	SELECT f.authority, 'child', :external_id_system::text, :external_id_id::text, f.id FROM fresh f
), changed AS (
	UPDATE child c SET sex = coalesce(:sex::text, c.sex), date_of_birth = coalesce(:date_of_birth_value::date,
		c.date_of_birth), unaccompanied = c.unaccompanied OR :unaccompanied::boolean, updated = :now::timestamptz,
		updated_by = :actor::text, version = c.version + 1
	FROM old o CROSS JOIN verdict v
	WHERE v.outcome = 'OK' AND c.authority = :authority::text AND c.id = (SELECT k.id FROM old k)
		AND (coalesce(:sex::text, o.sex) <> o.sex OR (:unaccompanied::boolean AND NOT o.unaccompanied)
			OR coalesce(:date_of_birth_value::date, o.date_of_birth) IS DISTINCT FROM o.date_of_birth)
	RETURNING c.authority, c.id, c.sex, c.date_of_birth, c.unaccompanied, c.version
), effect AS (
	SELECT f.authority, f.id, f.sex, f.date_of_birth, f.unaccompanied, f.version FROM fresh f
	UNION ALL
	SELECT c.authority, c.id, c.sex, c.date_of_birth, c.unaccompanied, c.version FROM changed c
), present AS (
	SELECT e.authority, e.id, e.sex, e.date_of_birth, e.unaccompanied, e.version FROM effect e
	UNION ALL
	SELECT o.authority, o.id, o.sex, o.date_of_birth, o.unaccompanied, o.version
	FROM old o CROSS JOIN verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), revised AS (
	INSERT INTO child_revision (authority, child, version, sex, date_of_birth, unaccompanied, revised, revised_by, why)
	SELECT o.authority, o.id, o.version, o.sex, o.date_of_birth, o.unaccompanied, :now::timestamptz, :actor::text, 'UPSERT'
	FROM old o JOIN changed c ON c.id = o.id
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, p.id::text,
		:now::timestamptz FROM present p
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload,
		personal)
	SELECT 'hearth.child.recorded.v1', 'child', e.id::text, e.version, e.id::text, e.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object('childId', e.id, 'sex', e.sex, 'unaccompanied', e.unaccompanied),
		CASE WHEN e.date_of_birth IS NOT NULL
			THEN jsonb_build_object('dateOfBirth', jsonb_build_object('value', e.date_of_birth)) END
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), p.id::text) AS result_key,
	p.id, p.version::text AS etag, p.sex, p.date_of_birth AS "date_of_birth.value", p.unaccompanied,
	CASE WHEN EXISTS (SELECT 1 FROM fresh)
		THEN jsonb_build_array(jsonb_build_object('system', :external_id_system::text, 'id', :external_id_id::text))
		ELSE external_ids(:authority::text, 'child', p.id) END AS external_ids,
	attains(p.date_of_birth, 16) AS "turns_16.value", attains(p.date_of_birth, 18) AS "turns_18.value"
FROM verdict v LEFT JOIN present p ON true
