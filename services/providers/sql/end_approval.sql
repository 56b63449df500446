-- A household's approval ends on a day: the terms that hold before it end, later ones never begin. The same again changes
-- nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), house AS (
	SELECT h.id, h.version FROM home h WHERE h.id = :home_id::uuid
), target AS (
	SELECT a.id, a.until_date, a.ended_reason FROM approval a
	WHERE a.home_id = :home_id::uuid AND a.from_date < :date::date AND (a.until_date IS NULL OR a.until_date >= :date::date)
	ORDER BY a.from_date DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM house) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT h.version FROM house h)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_APPROVED'
		ELSE 'OK' END AS outcome
), new AS (
	SELECT t.id FROM verdict v, target t WHERE v.outcome = 'OK'
		AND (t.until_date, t.ended_reason) IS DISTINCT FROM (:date::date, :reason::text)
), effect AS (
	UPDATE approval a SET until_date = :date::date, ended_reason = :reason::text, version = a.version + 1,
		end_told = :date::date <= :today::date, begin_told = a.begin_told OR :date::date <= :today::date,
		updated = :now::timestamptz
	FROM new n WHERE a.id = n.id
	RETURNING a.id, a.home_id, a.least_age, a.most_age, a.sex, a.most_children, a.siblings_only, a.kinds, a.from_date,
		a.until_date, a.first, a.ended_reason, a.decided_on, a.decided_by, a.source, a.end_told, a.version, a.recorded
), never AS (
	UPDATE approval a SET until_date = a.from_date, ended_reason = NULL, version = a.version + 1, updated = :now::timestamptz
	FROM effect e WHERE a.home_id = e.home_id AND a.from_date >= :date::date AND a.id <> e.id
		AND (a.until_date IS NULL OR a.until_date > a.from_date)
), closed AS (
	UPDATE home h SET registered_until = :date::date, version = h.version + 1, updated = :now::timestamptz
	FROM effect e WHERE h.id = e.home_id
), awaited AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_terms', '', e.home_id::text, e.until_date::timestamp AT TIME ZONE 'Europe/London'
	FROM effect e WHERE NOT e.end_told
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), poked AS (
	UPDATE timer t SET due = :now::timestamptz
	WHERE t.kind = 'carer_review' AND t.authority = '' AND t.subject = (SELECT e.home_id::text FROM effect e)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, t.id::text,
		:now::timestamptz
	FROM verdict v, target t WHERE v.outcome = 'OK'
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.carer.approval_ended.v1', 'approval', e.id::text, e.version, e.home_id::text, '', :now::timestamptz,
		:traceparent::text, jsonb_build_object('homeId', e.home_id, 'approvalId', e.id, 'date', e.until_date,
			'reason', e.ended_reason, 'children', (SELECT count(DISTINCT k.child_id) FROM hold k
				WHERE k.home_id = e.home_id AND k.state = 'CONFIRMED'))
	FROM effect e WHERE e.end_told
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), w.id::text) AS result_key,
	w.id, w.home_id, w.least_age::bigint AS "terms.least_age.value", w.most_age::bigint AS "terms.most_age.value",
	w.sex AS "terms.sex", w.most_children::bigint AS "terms.most_children.value", w.siblings_only AS "terms.siblings_only",
	w.kinds AS "terms.kinds", w.from_date, w.until_date, w.first, w.ended_reason, w.decided_on, w.decided_by, w.source,
	CASE WHEN w.until_date = w.from_date THEN 'SUPERSEDED' WHEN w.from_date > :today::date THEN 'FUTURE'
		WHEN w.until_date <= :today::date THEN 'OVER' ELSE 'IN_FORCE' END AS state, w.recorded AS recorded_at
FROM verdict v LEFT JOIN LATERAL (
	SELECT e.id, e.home_id, e.least_age, e.most_age, e.sex, e.most_children, e.siblings_only, e.kinds, e.from_date,
		e.until_date, e.first, e.ended_reason, e.decided_on, e.decided_by, e.source, e.recorded FROM effect e
	UNION ALL
	SELECT a.id, a.home_id, a.least_age, a.most_age, a.sex, a.most_children, a.siblings_only, a.kinds, a.from_date,
		a.until_date, a.first, a.ended_reason, a.decided_on, a.decided_by, a.source, a.recorded FROM approval a
	WHERE v.outcome = 'OK' AND a.id = (SELECT t.id FROM target t) AND NOT EXISTS (SELECT 1 FROM new)
) w ON true
