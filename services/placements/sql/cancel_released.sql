-- The place that was held is held no longer: a placement still planned on it is cancelled.
WITH target AS (
	SELECT p.id, p.state FROM placement p
	WHERE p.authority = :authority::text AND p.hold_id = :hold_id::uuid
), effect AS (
	UPDATE placement p SET state = 'CANCELLED', reason = :cancel_reason::text, updated = :now::timestamptz,
		updated_by = 'event', version = p.version + 1
	FROM target t
	WHERE p.authority = :authority::text AND p.id = (SELECT o.id FROM target o) AND may(t.state, 'RELEASE')
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.placement.cancelled.v1', 'placement', e.id::text, e.version, e.child::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('placementId', e.id, 'childId', e.child,
		'referralId', e.referral_id, 'holdId', e.hold_id, 'homeId', e.home_id, 'reason', e.reason)
	FROM effect e
)
SELECT e.id, e.version FROM effect e
