-- Changes what is known of a child; what was held before stays as a revision.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT c.id, c.sex, c.date_of_birth, c.unaccompanied, c.version
	FROM child c WHERE c.authority = :authority::text AND c.id = :child_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE child c SET
		sex = CASE WHEN :set_sex::boolean THEN coalesce(:sex::text, 'U') ELSE c.sex END,
		date_of_birth = CASE WHEN :set_date_of_birth::boolean THEN :date_of_birth_value::date ELSE c.date_of_birth END,
		unaccompanied = CASE WHEN :set_unaccompanied::boolean THEN :unaccompanied::boolean ELSE c.unaccompanied END,
		updated = :now::timestamptz, updated_by = :actor::text, version = c.version + 1
	FROM verdict v
	WHERE v.outcome = 'OK' AND c.authority = :authority::text AND c.id = :child_id::uuid
	RETURNING c.authority, c.id, c.sex, c.date_of_birth, c.unaccompanied, c.version
), revised AS (
	INSERT INTO child_revision (authority, child, version, sex, date_of_birth, unaccompanied, revised, revised_by, why)
	SELECT e.authority, t.id, t.version, t.sex, t.date_of_birth, t.unaccompanied, :now::timestamptz, :actor::text,
		coalesce(:why::text, 'UPDATED')
	FROM effect e JOIN target t ON t.id = e.id
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
	external_ids(:authority::text, 'child', e.id) AS external_ids,
	attains(e.date_of_birth, 16) AS "turns_16.value", attains(e.date_of_birth, 18) AS "turns_18.value"
FROM verdict v LEFT JOIN effect e ON true
