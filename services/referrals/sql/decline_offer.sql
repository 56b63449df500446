-- An offer is not taken up; the others stand.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT o.id, o.referral_id, o.state AS offer_state, r.child_id, r.state, o.version
	FROM offer o JOIN referral r ON r.authority = :authority::text
		AND r.id = (SELECT a.referral_id FROM offer a WHERE a.authority = :authority::text AND a.id = :offer_id::uuid)
	WHERE o.authority = :authority::text AND o.id = :offer_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT t.state FROM target t) <> ALL (:from_states::text[]) THEN 'WRONG_STATE'
		WHEN (SELECT t.offer_state FROM target t) <> 'OFFERED' THEN 'OFFER_NOT_OPEN'
		ELSE 'OK' END AS outcome
), declined AS (
	UPDATE offer o SET state = 'DECLINED', reason = :reason::text, version = o.version + 1,
		updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND o.authority = :authority::text AND o.id = :offer_id::uuid
	RETURNING o.authority, o.id, o.referral_id, o.home_id, o.provider_id, o.weekly_fee_pence,
		o.notice_days, o.start_date, o.placement_type, o.state, o.reason, o.version, o.created
), touched AS (
	UPDATE referral r SET version = r.version + 1, updated = :now::timestamptz
	FROM declined o
	WHERE r.authority = :authority::text AND r.id = (SELECT t.referral_id FROM target t)
), effect AS (
	SELECT t.child_id, o.authority, o.id, o.referral_id, o.home_id, o.provider_id, o.weekly_fee_pence,
		o.notice_days, o.start_date, o.placement_type, o.state, o.reason, o.version, o.created FROM declined o, target t
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.offer.declined.v1', 'offer', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.referral_id, 'offerId', e.id,
			'childId', e.child_id, 'homeId', e.home_id, 'reason', e.reason)
	FROM effect e
)
SELECT v.outcome,
	(SELECT CASE v.outcome WHEN 'OFFER_NOT_OPEN' THEN t.offer_state ELSE t.state END FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.referral_id, e.home_id, e.provider_id,
	e.weekly_fee_pence AS "weekly_fee.pence", e.notice_days::bigint AS "notice_days.value", e.start_date,
	e.placement_type, e.state, e.reason, e.created
FROM verdict v LEFT JOIN effect e ON true
