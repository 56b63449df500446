-- A provider offers a home for a referral.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT r.id, r.child_id, r.state FROM referral r
	WHERE r.authority = :authority::text AND r.id = :referral_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN (SELECT t.state FROM target t) <> ALL (:from_states::text[]) THEN 'WRONG_STATE'
		WHEN EXISTS (SELECT 1 FROM offer o WHERE o.authority = :authority::text AND o.id = :id::uuid)
			THEN 'ALREADY_EXISTS'
		WHEN (SELECT count(*) FROM offer o WHERE o.authority = :authority::text AND o.referral_id = :referral_id::uuid)
			>= 200 THEN 'TOO_MANY_OFFERS'
		ELSE 'OK' END AS outcome
), offered AS (
	INSERT INTO offer (authority, id, referral_id, home_id, provider_id, weekly_fee_pence, notice_days, start_date,
		placement_type, state, created, updated)
	SELECT :authority::text, :id::uuid, t.id, :home_id::uuid, :provider_id::uuid, :weekly_fee_pence::bigint,
		:notice_days_value::integer, :start_date::date, :placement_type::text, 'OFFERED', :now::timestamptz,
		:now::timestamptz
	FROM verdict v, target t WHERE v.outcome = 'OK'
	RETURNING authority, id, referral_id, home_id, provider_id, weekly_fee_pence, notice_days, start_date,
		placement_type, state, reason, version, created
), touched AS (
	UPDATE referral r SET version = r.version + 1, updated = :now::timestamptz
	FROM offered o
	WHERE r.authority = o.authority AND r.id = o.referral_id
), effect AS (
	SELECT t.child_id, o.authority, o.id, o.referral_id, o.home_id, o.provider_id, o.weekly_fee_pence,
		o.notice_days, o.start_date, o.placement_type, o.state, o.reason, o.version, o.created FROM offered o, target t
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.offer.recorded.v1', 'offer', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.referral_id, 'offerId', e.id,
			'childId', e.child_id, 'homeId', e.home_id, 'weeklyFee',
			CASE WHEN e.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', e.weekly_fee_pence) END)
	FROM effect e
)
SELECT v.outcome, (SELECT t.state FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.referral_id, e.home_id, e.provider_id,
	e.weekly_fee_pence AS "weekly_fee.pence", e.notice_days::bigint AS "notice_days.value", e.start_date,
	e.placement_type, e.state, e.reason, e.created
FROM verdict v LEFT JOIN effect e ON true
