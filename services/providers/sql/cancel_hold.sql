-- A planned placement will not start: what was held for it is free.
WITH effect AS (
	UPDATE hold k SET state = 'RELEASED', reason = 'CANCELLED', version = k.version + 1, updated = :now::timestamptz
	WHERE k.authority = :authority::text AND k.id = :hold_id::uuid AND k.state = 'HELD'
	RETURNING k.id, k.home_id, k.authority, k.child_id, k.referral_id, k.offer_id, k.placement_id, k.state,
		k.held_until, k.excess, k.reason, k.version
), expiry AS (
	DELETE FROM timer t
	WHERE t.kind = 'hold_expiry' AND t.authority = :authority::text AND t.subject = (SELECT e.id::text FROM effect e)
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
