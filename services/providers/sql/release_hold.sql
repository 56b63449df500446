-- Gives a held place back by hand.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT k.id, k.state, k.version FROM hold k WHERE k.authority = :authority::text AND k.id = :hold_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT t.state FROM target t) <> 'HELD' THEN 'WRONG_STATE'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE hold k SET state = 'RELEASED', reason = 'CANCELLED', version = k.version + 1, updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND k.authority = :authority::text AND k.id = :hold_id::uuid
	RETURNING k.id, k.home_id, k.authority, k.child_id, k.referral_id, k.offer_id, k.placement_id, k.state,
		k.held_until, k.excess, k.reason, k.version
), expiry AS (
	DELETE FROM timer t
	WHERE t.kind = 'hold_expiry' AND t.authority = :authority::text AND t.subject = (SELECT e.id::text FROM effect e)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.place.released.v1', 'hold', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'holdId', e.id, 'placementId', e.placement_id, 'referralId', e.referral_id,
			'offerId', e.offer_id, 'childId', e.child_id, 'homeId', e.home_id, 'reason', e.reason)
	FROM effect e
)
SELECT v.outcome, (SELECT t.state FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.home_id, e.child_id, e.referral_id, e.offer_id, e.placement_id, e.state, e.held_until, e.excess,
	e.reason, e.version::text AS etag
FROM verdict v LEFT JOIN effect e ON true
