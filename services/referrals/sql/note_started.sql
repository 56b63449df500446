-- The child lives in a home found by this referral: what has happened wins, also over an expiry or a withdrawal.
WITH effect AS (
	UPDATE referral r SET state = :to_state::text, placement_id = :placement_id::uuid, held_until = NULL, reason = NULL,
		accepted_offer_id = coalesce((SELECT o.id FROM offer o WHERE o.authority = :authority::text
			AND o.id = :offer_id::uuid AND o.referral_id = r.id), r.accepted_offer_id),
		version = r.version + 1, updated = :now::timestamptz
	WHERE r.authority = :authority::text AND r.id = :referral_id::uuid AND r.state = ANY (:from_states::text[])
		AND NOT :event_historical::boolean
	RETURNING r.authority, r.id, r.child_id, r.version
), taken AS (
	UPDATE offer o SET state = 'ACCEPTED', reason = NULL, placement_id = :placement_id::uuid, version = o.version + 1,
		updated = :now::timestamptz
	FROM effect e
	WHERE o.authority = e.authority AND o.id = :offer_id::uuid AND o.referral_id = e.id
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.referral.placed.v1', 'referral', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.id, 'childId', e.child_id,
			'placementId', :placement_id::uuid)
	FROM effect e
)
SELECT e.id FROM effect e
