-- What happened on the pathway: a new row, or another revision of one.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT y.version FROM young_person y WHERE y.authority = :authority::text AND y.child_id = :child_id::uuid
), held AS (
	SELECT k.revision FROM pathway_event k WHERE k.authority = :authority::text AND k.child_id = :child_id::uuid
		AND k.id = :event_id::uuid ORDER BY k.revision DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN :event_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM held) THEN 'RECORD_NOT_FOUND'
		WHEN :in_touch::text IS NOT NULL AND NOT code_holds('IN_TOUCH', :in_touch::text, :date::date) THEN 'UNKNOWN_IN_TOUCH'
		WHEN :activity::text IS NOT NULL AND NOT code_holds('ACTIV', :activity::text, :date::date) THEN 'UNKNOWN_ACTIVITY'
		WHEN (SELECT count(*) FROM pathway_event k WHERE k.authority = :authority::text
			AND k.child_id = :child_id::uuid) >= 500 THEN 'TOO_MANY_RECORDS'
		ELSE 'OK' END AS outcome
), person AS (
	UPDATE young_person y SET updated = :now::timestamptz, version = y.version + 1
	FROM verdict v WHERE v.outcome = 'OK' AND y.authority = :authority::text AND y.child_id = :child_id::uuid
	RETURNING y.authority, y.child_id, y.version
), effect AS (
	INSERT INTO pathway_event AS k (authority, child_id, id, revision, kind, date, adviser_id, in_touch, activity, withdrawn, actor, recorded)
	SELECT p.authority, p.child_id, coalesce(:event_id::uuid, :new_id::uuid),
		coalesce((SELECT h.revision FROM held h), 0) + 1, :kind::text, :date::date, :adviser_id::text, :in_touch::text,
		:activity::text,
		:withdrawn::boolean AND :event_id::uuid IS NOT NULL, :actor::text, :now::timestamptz
	FROM person p
	RETURNING k.child_id, k.id, k.revision, k.kind, k.date, k.adviser_id, k.in_touch, k.activity, k.withdrawn, k.actor, k.recorded
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
	e.id, e.kind, e.date, e.adviser_id, e.in_touch, e.activity, e.withdrawn, e.actor AS recorded_by,
	e.recorded AS recorded_at, e.revision
FROM verdict v LEFT JOIN effect e ON true
