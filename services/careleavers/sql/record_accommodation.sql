-- Where a young person lives or lived: a new row, or another revision of one.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT y.version FROM young_person y WHERE y.authority = :authority::text AND y.child_id = :child_id::uuid
), held AS (
	SELECT k.revision FROM accommodation k WHERE k.authority = :authority::text AND k.child_id = :child_id::uuid
		AND k.id = :accommodation_id::uuid ORDER BY k.revision DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN :accommodation_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM held) THEN 'RECORD_NOT_FOUND'
		WHEN NOT code_holds('ACCOM', :type::text, :from_date::date) THEN 'UNKNOWN_TYPE'
		WHEN :suitability_reason::text IS NOT NULL
			AND NOT code_holds('SUITABILITY_REASON', :suitability_reason::text, :from_date::date)
			THEN 'UNKNOWN_SUITABILITY_REASON'
		WHEN :suitability::text = 'SUITABLE' AND suitability_of(:type::text, :from_date::date) = 'NEVER' THEN 'NEVER_SUITABLE'
		WHEN :suitability_reason::text IS NULL AND (:suitability::text = 'UNSUITABLE' OR (:suitability::text = 'SUITABLE'
			AND suitability_of(:type::text, :from_date::date) = 'BY_REASON')) THEN 'REASON_MISSING'
		WHEN (SELECT count(*) FROM accommodation k WHERE k.authority = :authority::text
			AND k.child_id = :child_id::uuid) >= 500 THEN 'TOO_MANY_RECORDS'
		ELSE 'OK' END AS outcome
), person AS (
	UPDATE young_person y SET updated = :now::timestamptz, version = y.version + 1
	FROM verdict v WHERE v.outcome = 'OK' AND y.authority = :authority::text AND y.child_id = :child_id::uuid
	RETURNING y.authority, y.child_id, y.version
), effect AS (
	INSERT INTO accommodation AS k (authority, child_id, id, revision, type, from_date, until, suitability, suitability_reason,
		assessed_on, assessor, withdrawn, actor, recorded)
	SELECT p.authority, p.child_id, coalesce(:accommodation_id::uuid, :new_id::uuid),
		coalesce((SELECT h.revision FROM held h), 0) + 1, :type::text, :from_date::date, :to_date::date,
		:suitability::text, :suitability_reason::text, :assessed_on::date, :assessor::text,
		:withdrawn::boolean AND :accommodation_id::uuid IS NOT NULL, :actor::text, :now::timestamptz
	FROM person p
	RETURNING k.child_id, k.id, k.revision, k.type, k.from_date, k.until, k.suitability, k.suitability_reason,
		k.assessed_on, k.assessor, k.withdrawn, k.actor, k.recorded
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text,
		e.child_id::text || ' ' || e.id::text, :now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.young_person.recorded.v1', 'young_person', p.child_id::text, p.version, p.child_id::text, p.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('childId', p.child_id)
	FROM person p
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), e.child_id::text || ' ' || e.id::text) AS result_key,
	e.id, e.type, e.from_date, e.until AS to_date, e.suitability, e.suitability_reason, e.assessed_on, e.assessor,
	return_code(e.type, e.suitability) AS return_code, e.withdrawn, e.actor AS recorded_by,
	e.recorded AS recorded_at, e.revision
FROM verdict v LEFT JOIN effect e ON true
