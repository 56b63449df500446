-- Timer "find_homes": the first homes for a referral are told, if it is still open. A need that changed since the read
-- has moved the timer, which is then left for the next round. The subject is the referral.
-- scope: internal
WITH due AS (
	DELETE FROM timer t WHERE t.id = :timer_id::uuid AND t.due = :due::timestamptz
	RETURNING t.authority, t.subject::uuid AS referral_id
), effect AS (
	UPDATE need n SET version = n.version + 1, found = :homes::jsonb, found_revision = :revision::bigint,
		found_day = :today::date
	FROM due d
	WHERE n.authority = d.authority AND n.referral_id = d.referral_id AND :searched::boolean
	RETURNING n.authority, n.referral_id, n.child_id, n.version
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.homes.found.v1', 'referral', e.referral_id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.referral_id, 'childId', e.child_id, 'homes', :homes::jsonb,
			'suitable', :suitable::integer, 'leftOut', :left_out::integer)
	FROM effect e
)
SELECT d.referral_id FROM due d
