-- Regulation 25: a connected person's approval holds longer, once by weeks, or until an independent review's outcome.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT t.id, t.kind, t.version, t.from_date, t.extended_on, t.review_sought_on, t.ended_on, t.ended_reason
	FROM temporary_approval t WHERE t.authority = :authority::text AND t.id = :temporary_approval_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT t.kind FROM target t) <> 'CONNECTED_PERSON' THEN 'NOT_EXTENDABLE'
		WHEN (SELECT CASE :extension::text WHEN 'WEEKS' THEN t.extended_on ELSE t.review_sought_on END FROM target t)
			= :date::date THEN 'OK'
		WHEN (SELECT t.ended_on FROM target t) IS NOT NULL THEN 'WRONG_STATE'
		WHEN (SELECT CASE :extension::text WHEN 'WEEKS' THEN t.extended_on ELSE t.review_sought_on END FROM target t)
			IS NOT NULL THEN 'ALREADY_EXTENDED'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE temporary_approval t SET
		extended_on = CASE :extension::text WHEN 'WEEKS' THEN :date::date ELSE t.extended_on END,
		review_sought_on = CASE :extension::text WHEN 'WEEKS' THEN t.review_sought_on ELSE :date::date END,
		version = t.version + 1, updated = :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND t.authority = :authority::text AND t.id = :temporary_approval_id::uuid
		AND (CASE :extension::text WHEN 'WEEKS' THEN t.extended_on ELSE t.review_sought_on END) IS NULL
	RETURNING t.id, t.authority, t.version, t.home_id, t.child_id, t.kind, t.from_date,
		t.extended_on, t.review_sought_on, t.last_day, t.ended_on, t.ended_reason, t.decided_by, t.source
), awaited AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_temporary', e.authority, e.id::text, :now::timestamptz FROM effect e
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, :temporary_approval_id::uuid::text,
		:now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK'
)
SELECT v.outcome, (SELECT coalesce(t.ended_reason, 'since ' || coalesce(t.extended_on, t.review_sought_on)) FROM target t) AS detail, coalesce((SELECT s.result_key FROM seen s), w.id::text) AS result_key,
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
	WHERE v.outcome = 'OK' AND x.authority = :authority::text AND x.id = :temporary_approval_id::uuid AND NOT EXISTS (SELECT 1 FROM effect)
) w ON true LEFT JOIN LATERAL temporary_law(w.kind, w.from_date) l ON true
