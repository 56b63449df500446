-- Plans a placement by hand, without a hold.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM child c WHERE c.authority = :authority::text AND c.id = :child_id::uuid)
			THEN 'CHILD_NOT_FOUND'
		WHEN :placement_type::text IS NOT NULL AND NOT code_holds('PLACE', :placement_type::text,
			return_year(coalesce(:planned_start::date, :today::date))) THEN 'UNKNOWN_PLACE'
		WHEN :legal_status::text IS NOT NULL AND NOT code_holds('LS', :legal_status::text,
			return_year(coalesce(:planned_start::date, :today::date))) THEN 'UNKNOWN_LEGAL_STATUS'
		ELSE 'OK' END AS outcome
), effect AS (
	INSERT INTO placement AS p (authority, id, child, home_id, state, planned_start, planned_end, weekly_fee_pence, notice_days,
		placement_type, legal_status, created, updated, updated_by)
	SELECT :authority::text, :new_id::uuid, :child_id::uuid, :home_id::uuid, 'PLANNED', :planned_start::date,
		:planned_end::date, :weekly_fee_pence::bigint, :notice_days_value::integer, :placement_type::text, :legal_status::text,
		:now::timestamptz, :now::timestamptz, :actor::text
	FROM verdict v WHERE v.outcome = 'OK'
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.placement.planned.v1', 'placement', e.id::text, e.version, e.child::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('placementId', e.id, 'childId', e.child,
		'referralId', e.referral_id, 'offerId', e.offer_id, 'holdId', e.hold_id, 'homeId', e.home_id,
		'plannedStart', e.planned_start, 'plannedEnd', e.planned_end,
		'weeklyFee',
		CASE WHEN e.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', e.weekly_fee_pence) END,
		'noticeDays',
		CASE WHEN e.notice_days IS NOT NULL THEN jsonb_build_object('value', e.notice_days) END,
		'placementType', e.placement_type)
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.child AS child_id, e.state, e.referral_id, e.offer_id, e.hold_id, e.home_id, e.planned_start, e.planned_end,
	e.start_date, e.end_date, e.weekly_fee_pence AS "weekly_fee.pence", e.notice_days AS "notice_days.value",
	e.placement_type, e.legal_status, e.reason, e.notice_hours AS "notice_hours.value", e.end_code,
	e.moved_from, e.moved_to, e.left_care, e.version::text AS etag,
	fee_changes(:authority::text, e.id) AS fee_changes,
	external_ids(:authority::text, 'placement', e.id) AS external_ids
FROM verdict v LEFT JOIN effect e ON true
