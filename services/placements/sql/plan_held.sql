-- A place is held for the child: the placement is planned, once per hold. A child that placements does not know yet
-- is recorded with nothing known.
WITH verdict AS (
	SELECT :authority::text <> '' AND :child_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM placement p
		WHERE p.authority = :authority::text AND p.hold_id = :hold_id::uuid) AS new
), met AS (
	INSERT INTO child AS c (authority, id, recorded_on, recorded, updated, updated_by)
	SELECT :authority::text, :child_id::uuid, :today::date, :now::timestamptz, :now::timestamptz, 'event'
	FROM verdict v WHERE v.new AND NOT EXISTS (SELECT 1 FROM child k WHERE k.authority = :authority::text
		AND k.id = :child_id::uuid)
	RETURNING c.authority, c.id, c.sex, c.unaccompanied, c.version
), effect AS (
	INSERT INTO placement AS p (authority, id, child, referral_id, offer_id, hold_id, home_id, state, planned_start,
		weekly_fee_pence, notice_days, placement_type, created, updated, updated_by)
	SELECT :authority::text, gen_random_uuid(), :child_id::uuid, :referral_id::uuid, :offer_id::uuid, :hold_id::uuid,
		:home_id::uuid, 'PLANNED', :start_date::date, :weekly_fee_pence::bigint, :notice_days_value::integer,
		:placement_type::text, :now::timestamptz, :now::timestamptz, 'event'
	FROM verdict v LEFT JOIN met m ON true WHERE v.new
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.child.recorded.v1', 'child', m.id::text, m.version, m.id::text, m.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object('childId', m.id, 'sex', m.sex, 'unaccompanied', m.unaccompanied)
	FROM met m
	UNION ALL
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
SELECT e.id, e.version FROM effect e
