-- A placement is over: its place is free.
WITH effect AS (
	UPDATE hold k SET state = 'RELEASED', reason = :released_reason::text, lived_until = :end_date::date, version = k.version + 1, updated = :now::timestamptz
	WHERE k.authority = :authority::text AND k.placement_id = :placement_id::uuid AND k.state = 'CONFIRMED'
	RETURNING k.id, k.home_id, k.authority, k.child_id, k.referral_id, k.offer_id, k.placement_id, k.state,
		k.held_until, k.excess, k.reason, k.version
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.place.released.v1', 'hold', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'holdId', e.id, 'placementId', e.placement_id, 'referralId', e.referral_id,
			'offerId', e.offer_id, 'childId', e.child_id, 'homeId', e.home_id, 'reason', e.reason)
	FROM effect e
)
SELECT e.id FROM effect e
