-- No place could be held, or the place was lost: the referral is open again, the other offers stand. An offer that is
-- no longer the accepted one changes nothing.
WITH lost AS (
	SELECT o.id, o.referral_id FROM offer o WHERE o.authority = :authority::text AND o.id = :offer_id::uuid
), reopened AS (
	UPDATE referral r SET state = :to_state::text, accepted_offer_id = NULL, held_until = NULL, placement_id = NULL,
		reason = :lost_reason::text, version = r.version + 1, updated = :now::timestamptz
	FROM lost l
	WHERE r.authority = :authority::text AND r.id = (SELECT o.referral_id FROM lost o) AND r.accepted_offer_id = l.id
		AND r.state = ANY (:from_states::text[])
	RETURNING r.authority, r.id, r.child_id, r.reason, r.version, l.id AS offer_id
), effect AS (
	UPDATE offer o SET state = 'FELL_THROUGH', reason = e.reason, version = o.version + 1,
		updated = :now::timestamptz
	FROM reopened e
	WHERE o.authority = :authority::text AND o.id = (SELECT l.id FROM lost l)
	RETURNING e.authority, e.id, e.child_id, e.reason, e.version, e.offer_id
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.referral.reopened.v1', 'referral', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.id, 'childId', e.child_id, 'offerId', e.offer_id,
			'reason', e.reason)
	FROM effect e
)
SELECT e.id FROM effect e
