-- What else bears on the status: a new row, or another revision of one; the status is looked at again.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT y.version FROM young_person y WHERE y.authority = :authority::text AND y.child_id = :child_id::uuid
), held AS (
	SELECT k.revision FROM circumstance k WHERE k.authority = :authority::text AND k.child_id = :child_id::uuid
		AND k.id = :circumstance_id::uuid ORDER BY k.revision DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN :circumstance_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM held) THEN 'RECORD_NOT_FOUND'
		WHEN (SELECT count(*) FROM circumstance k WHERE k.authority = :authority::text
			AND k.child_id = :child_id::uuid) >= 500 THEN 'TOO_MANY_RECORDS'
		ELSE 'OK' END AS outcome
), person AS (
	UPDATE young_person y SET updated = :now::timestamptz, version = y.version + 1,
		check_on = '-infinity', quiet = false
	FROM verdict v WHERE v.outcome = 'OK' AND y.authority = :authority::text AND y.child_id = :child_id::uuid
	RETURNING y.authority, y.child_id, y.version
), effect AS (
	INSERT INTO circumstance AS k (authority, child_id, id, revision, kind, start, until, withdrawn, actor, recorded)
	SELECT p.authority, p.child_id, coalesce(:circumstance_id::uuid, :new_id::uuid),
		coalesce((SELECT h.revision FROM held h), 0) + 1, :kind::text, :start_date::date, :end_date::date,
		:withdrawn::boolean AND :circumstance_id::uuid IS NOT NULL, :actor::text, :now::timestamptz
	FROM person p
	RETURNING k.child_id, k.id, k.revision, k.kind, k.start, k.until, k.withdrawn, k.actor, k.recorded
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text,
		e.child_id::text || ' ' || e.id::text, :now::timestamptz FROM effect e
), poked AS (
	UPDATE timer t SET due = :now::timestamptz
	WHERE t.kind = 'status_changes' AND t.authority = '' AND t.subject = 'all' AND t.due > :now::timestamptz
		AND EXISTS (SELECT 1 FROM person)
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.young_person.recorded.v1', 'young_person', p.child_id::text, p.version, p.child_id::text, p.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('childId', p.child_id)
	FROM person p
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), e.child_id::text || ' ' || e.id::text) AS result_key,
	e.id, e.kind, e.start, e.until AS "end", e.withdrawn, e.actor AS recorded_by,
	e.recorded AS recorded_at, e.revision
FROM verdict v LEFT JOIN effect e ON true
