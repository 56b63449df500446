-- The home is no longer looked for; an accepted offer falls through.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT r.id, r.state, r.version, r.needed_by FROM referral r
	WHERE r.authority = :authority::text AND r.id = :referral_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT t.state FROM target t) <> ALL (:from_states::text[]) THEN 'WRONG_STATE'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE referral r SET state = :to_state::text, reason = :reason::text, held_until = NULL,
		version = r.version + 1, updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND r.authority = :authority::text AND r.id = :referral_id::uuid
	RETURNING r.authority, r.id, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
		r.date_of_birth, r.age, r.sex, r.unaccompanied, r.home_kinds, r.easting, r.northing,
		r.most_miles, r.most_weekly_fee_pence, r.children, r.needs_more, r.external_ids, r.follows_placement_id,
		r.accepted_offer_id, r.held_until, r.placement_id, r.reason, r.version, r.created, r.updated
), fallen AS (
	UPDATE offer o SET state = 'FELL_THROUGH', reason = 'WITHDRAWN', version = o.version + 1,
		updated = :now::timestamptz
	FROM effect e
	WHERE o.authority = e.authority AND o.id = e.accepted_offer_id
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.referral.withdrawn.v1', 'referral', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.id, 'childId', e.child_id, 'reason', e.reason)
	FROM effect e
)
SELECT v.outcome, (SELECT t.state FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.reference, e.child_id, e.state, e.urgency, e.needed_by, e.worker,
	e.needs_more AS "needs",
	e.age::bigint AS "needs.age.value", e.sex AS "needs.sex", e.unaccompanied AS "needs.unaccompanied",
	e.home_kinds AS "needs.home_kinds", e.easting AS "needs.home_grid.easting",
	e.northing AS "needs.home_grid.northing", e.most_miles AS "needs.most_miles.miles",
	e.most_weekly_fee_pence AS "needs.most_weekly_fee.pence", e.children AS "needs.children",
	e.date_of_birth AS "date_of_birth.value", e.external_ids, e.follows_placement_id, e.accepted_offer_id,
	e.held_until, e.placement_id, e.reason, e.created, e.updated
FROM verdict v LEFT JOIN effect e ON true
