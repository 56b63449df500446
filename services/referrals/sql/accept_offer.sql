-- An offer is accepted and a place asked for. Until an answer comes, a timer keeps the referral from waiting for ever.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT o.id, o.referral_id, o.state AS offer_state, r.child_id, r.state, r.version
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
), accepting AS (
	UPDATE referral r SET state = :to_state::text, accepted_offer_id = t.id, reason = NULL,
		held_until = :now::timestamptz + make_interval(hours => :hold_hours::integer),
		version = r.version + 1, updated = :now::timestamptz
	FROM verdict v, target t
	WHERE v.outcome = 'OK' AND r.authority = :authority::text AND r.id = (SELECT o.referral_id FROM target o)
	RETURNING r.authority, r.id, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
		r.date_of_birth, r.age, r.sex, r.unaccompanied, r.home_kinds, r.easting, r.northing,
		r.most_miles, r.most_weekly_fee_pence, r.children, r.needs_more, r.external_ids, r.follows_placement_id,
		r.accepted_offer_id, r.held_until, r.placement_id, r.reason, r.version, r.created, r.updated
), effect AS (
	UPDATE offer o SET state = 'ACCEPTED', version = o.version + 1, updated = :now::timestamptz
	FROM accepting a
	WHERE o.authority = :authority::text AND o.id = :offer_id::uuid
	RETURNING a.child_id, o.authority, o.id, o.referral_id, o.home_id, o.provider_id, o.weekly_fee_pence,
		o.notice_days, o.start_date, o.placement_type, o.state, o.reason, o.version, o.created
), waits AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'accepting', e.authority, e.id::text,
		:now::timestamptz + make_interval(hours => :hold_hours::integer + 1)
	FROM effect e
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.offer.accepted.v1', 'offer', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.referral_id, 'offerId', e.id,
			'childId', e.child_id, 'homeId', e.home_id, 'weeklyFee',
			CASE WHEN e.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', e.weekly_fee_pence) END,
			'startDate', e.start_date, 'noticeDays',
			CASE WHEN e.notice_days IS NOT NULL THEN jsonb_build_object('value', e.notice_days) END,
			'placementType', e.placement_type,
			'holdHours', :hold_hours::integer)
	FROM effect e
)
SELECT v.outcome,
	(SELECT CASE v.outcome WHEN 'OFFER_NOT_OPEN' THEN t.offer_state ELSE t.state END FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	a.id AS "referral.id", a.version::text AS "referral.etag", a.reference AS "referral.reference",
	a.child_id AS "referral.child_id", a.state AS "referral.state", a.urgency AS "referral.urgency",
	a.needed_by AS "referral.needed_by", a.worker AS "referral.worker", a.needs_more AS "referral.needs",
	a.age::bigint AS "referral.needs.age.value",
	a.sex AS "referral.needs.sex", a.unaccompanied AS "referral.needs.unaccompanied",
	a.home_kinds AS "referral.needs.home_kinds", a.easting AS "referral.needs.home_grid.easting",
	a.northing AS "referral.needs.home_grid.northing", a.most_miles AS "referral.needs.most_miles.miles",
	a.most_weekly_fee_pence AS "referral.needs.most_weekly_fee.pence", a.children AS "referral.needs.children",
	a.date_of_birth AS "referral.date_of_birth.value", a.external_ids AS "referral.external_ids",
	a.follows_placement_id AS "referral.follows_placement_id", a.accepted_offer_id AS "referral.accepted_offer_id",
	a.held_until AS "referral.held_until", a.placement_id AS "referral.placement_id", a.reason AS "referral.reason",
	a.created AS "referral.created", a.updated AS "referral.updated",
	e.id AS "offer.id", e.version::text AS "offer.etag", e.referral_id AS "offer.referral_id",
	e.home_id AS "offer.home_id", e.provider_id AS "offer.provider_id",
	e.weekly_fee_pence AS "offer.weekly_fee.pence", e.notice_days::bigint AS "offer.notice_days.value",
	e.start_date AS "offer.start_date", e.placement_type AS "offer.placement_type", e.state AS "offer.state",
	e.reason AS "offer.reason", e.created AS "offer.created",
	:hold_hours::integer AS hold_hours
FROM verdict v LEFT JOIN effect e ON true LEFT JOIN accepting a ON true
