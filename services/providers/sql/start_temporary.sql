-- A child lives with somebody who is approved for a time. The same again changes nothing. Timer "carer_temporary" reckons
-- its last day. Of a household that is not approved nobody else is offered a place.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), house AS (
	SELECT h.id, h.kind, EXISTS (SELECT 1 FROM approval a WHERE a.home_id = h.id AND a.from_date <= :from_date::date
		AND (a.until_date IS NULL OR a.until_date > :from_date::date)) AS approved
	FROM home h WHERE h.id = :home_id::uuid
), same AS (
	SELECT t.id FROM temporary_approval t
	WHERE t.home_id = :home_id::uuid AND t.authority = :authority::text AND t.child_id = :child_id::uuid
		AND t.kind = :kind::text AND t.from_date = :from_date::date
	ORDER BY t.recorded DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM house) THEN 'NOT_FOUND'
		WHEN (SELECT h.kind FROM house h) <> 'FOSTERING' THEN 'NOT_FOSTERING'
		WHEN EXISTS (SELECT 1 FROM same) THEN 'OK'
		WHEN :kind::text = 'CONNECTED_PERSON' AND (SELECT h.approved FROM house h) THEN 'ALREADY_APPROVED'
		WHEN :kind::text <> 'CONNECTED_PERSON' AND NOT (SELECT h.approved FROM house h) THEN 'NOT_YET_APPROVED'
		WHEN EXISTS (SELECT 1 FROM temporary_approval t WHERE t.home_id = :home_id::uuid AND t.authority = :authority::text
			AND t.child_id = :child_id::uuid AND t.ended_on IS NULL) THEN 'TEMPORARY_RUNS'
		WHEN (SELECT count(*) FROM temporary_approval t WHERE t.home_id = :home_id::uuid) >= 200 THEN 'TOO_MANY_TEMPORARY'
		ELSE 'OK' END AS outcome
), effect AS (
	INSERT INTO temporary_approval (authority, id, home_id, child_id, kind, from_date, decided_by, source, actor, recorded,
		updated)
	SELECT :authority::text, :new_id::uuid, :home_id::uuid, :child_id::uuid, :kind::text, :from_date::date,
		:decided_by::text, :source::text, :actor::text, :now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same)
	RETURNING id, authority, version, home_id, child_id, kind, from_date, extended_on, review_sought_on, last_day,
		ended_on, ended_reason, decided_by, source
), noted AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz FROM effect e WHERE h.id = e.home_id
), barred AS (
	INSERT INTO bar (id, home_id, authority, kind, from_date, source, actor, recorded, updated)
	SELECT gen_random_uuid(), e.home_id, '', 'NAMED_CHILDREN_ONLY', e.from_date,
		'Care Planning, Placement and Case Review (England) Regulations 2010, regulation 24', :actor::text,
		:now::timestamptz, :now::timestamptz
	FROM effect e WHERE e.kind = 'CONNECTED_PERSON' AND NOT EXISTS (SELECT 1 FROM bar b
		WHERE b.home_id = e.home_id AND b.kind = 'NAMED_CHILDREN_ONLY' AND b.until_date IS NULL)
), awaited AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_temporary', e.authority, e.id::text, :now::timestamptz FROM effect e
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text,
		coalesce((SELECT e.id FROM effect e), (SELECT s.id FROM same s))::text, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK'
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), w.id::text) AS result_key,
	w.id, w.version::text AS etag, w.home_id, w.child_id, w.kind, w.from_date, w.extended_on,
	w.review_sought_on, w.ended_on, w.ended_reason, l.weeks::bigint AS "weeks.value",
	l.extension_weeks::bigint AS "extension_weeks.value", l.working_days::bigint AS "working_days.value",
	l.source AS rule_source, l.holidays AS bank_holidays, w.decided_by, w.source
FROM verdict v LEFT JOIN LATERAL (
	SELECT e.id, e.authority, e.version, e.home_id, e.child_id, e.kind, e.from_date, e.extended_on,
		e.review_sought_on, e.last_day, e.ended_on, e.ended_reason, e.decided_by, e.source FROM effect e
	UNION ALL
	SELECT x.id, x.authority, x.version, x.home_id, x.child_id, x.kind, x.from_date, x.extended_on,
		x.review_sought_on, x.last_day, x.ended_on, x.ended_reason, x.decided_by, x.source FROM temporary_approval x
	WHERE v.outcome = 'OK' AND x.authority = :authority::text AND x.id = (SELECT s.id FROM same s)
		AND NOT EXISTS (SELECT 1 FROM effect)
) w ON true LEFT JOIN LATERAL temporary_law(w.kind, w.from_date) l ON true
