-- A referral is open again: the place of the offer that fell through is free, if it was still held, and homes are
-- looked for anew.
WITH effect AS (
	UPDATE hold k SET state = 'RELEASED', reason = 'CANCELLED', version = k.version + 1, updated = :now::timestamptz
	WHERE k.authority = :authority::text AND k.offer_id = :offer_id::uuid AND k.state = 'HELD'
	RETURNING k.id, k.home_id, k.authority, k.child_id, k.referral_id, k.offer_id, k.placement_id, k.state,
		k.held_until, k.excess, k.reason, k.version
), expiry AS (
	DELETE FROM timer t
	WHERE t.id = ANY (ARRAY(SELECT w.id FROM effect e CROSS JOIN LATERAL (SELECT k.id FROM timer k
		WHERE k.kind = 'hold_expiry' AND k.authority = :authority::text AND k.subject = e.id::text LIMIT 1) w))
), search AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'find_homes', n.authority, n.referral_id::text, :now::timestamptz FROM need n
	WHERE n.authority = :authority::text AND n.referral_id = :referral_id::uuid
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due
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
