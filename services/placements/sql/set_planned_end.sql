-- When a placement is meant to end, or that nobody knows; at most 500 times.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT p.id, p.child, p.state, p.version, p.start_date
	FROM placement p WHERE p.authority = :authority::text AND p.id = :placement_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT t.state FROM target t) NOT IN ('PLANNED', 'STARTED') THEN 'WRONG_STATE'
		WHEN :planned_end::date < (SELECT t.start_date FROM target t) THEN 'PLANNED_BEFORE_START'
		WHEN (SELECT count(*) FROM placement_planned_end f WHERE f.authority = :authority::text
			AND f.placement = :placement_id::uuid) >= 500 THEN 'TOO_MANY_PLANS'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE placement p SET planned_end = :planned_end::date, updated = :now::timestamptz, updated_by = :actor::text, version = p.version + 1
	FROM verdict v
	WHERE v.outcome = 'OK' AND p.authority = :authority::text AND p.id = :placement_id::uuid
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), plan AS (
	INSERT INTO placement_planned_end (authority, placement, version, planned_end, recorded, recorded_by)
	SELECT e.authority, e.id, e.version, e.planned_end, :now::timestamptz, :actor::text FROM effect e
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.placement.planned_end_set.v1', 'placement', e.id::text, e.version, e.child::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('placementId', e.id,
		'childId', e.child, 'plannedEnd', e.planned_end)
	FROM effect e
)
SELECT v.outcome, CASE WHEN v.outcome = 'WRONG_STATE' THEN (SELECT t.state FROM target t)
		ELSE (SELECT t.start_date FROM target t)::text END AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.child AS child_id, e.state, e.referral_id, e.offer_id, e.hold_id, e.home_id, e.planned_start, e.planned_end,
	e.start_date, e.end_date, e.weekly_fee_pence AS "weekly_fee.pence", e.notice_days AS "notice_days.value",
	e.placement_type, e.legal_status, e.reason, e.notice_hours AS "notice_hours.value", e.end_code,
	e.moved_from, e.moved_to, e.left_care, e.version::text AS etag,
	fee_changes(:authority::text, e.id) AS fee_changes,
	external_ids(:authority::text, 'placement', e.id) AS external_ids
FROM verdict v LEFT JOIN effect e ON true
