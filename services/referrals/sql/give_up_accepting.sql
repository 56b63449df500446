-- Timer "accepting": nobody answered the wish for a place. The subject is the accepted offer.
WITH due AS (
	DELETE FROM timer t WHERE t.id = :timer_id::uuid RETURNING t.subject::uuid AS offer_id
), lost AS (
	SELECT o.id, o.referral_id FROM offer o WHERE o.authority = :authority::text AND o.id = (SELECT d.offer_id FROM due d)
), reopened AS (
	UPDATE referral r SET state = :to_state::text, accepted_offer_id = NULL, held_until = NULL, placement_id = NULL,
		reason = 'NO_ANSWER', version = r.version + 1, updated = :now::timestamptz
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
