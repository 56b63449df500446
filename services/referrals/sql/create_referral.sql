-- A new referral in DRAFT. Of the references offered the first that is free is taken.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), effect AS (
	INSERT INTO referral (authority, id, reference, child_id, state, urgency, needed_by, worker, date_of_birth,
		age, sex, unaccompanied, home_kinds, easting, northing, most_miles, most_weekly_fee_pence, children,
		created, updated)
	SELECT :authority::text, :id::uuid,
		CASE
			WHEN NOT EXISTS (SELECT 1 FROM referral r
				WHERE r.authority = :authority::text AND r.reference = :reference::text) THEN :reference::text
			WHEN NOT EXISTS (SELECT 1 FROM referral r
				WHERE r.authority = :authority::text AND r.reference = :reference_second::text)
				THEN :reference_second::text
			ELSE :reference_long::text END,
		:child_id::uuid, 'DRAFT', :urgency::text, :needed_by::date, :worker::text, :date_of_birth_value::date,
		coalesce(age_on(:date_of_birth_value::date, :today::date), :needs_age_value::integer), :needs_sex::text,
		coalesce(:needs_unaccompanied::boolean, false), coalesce(:needs_home_kinds::text[], '{}'),
		:needs_home_grid_easting::integer, :needs_home_grid_northing::integer, :needs_most_miles_miles::float8,
		:needs_most_weekly_fee_pence::bigint, greatest(coalesce(:needs_children::integer, 1), 1),
		:now::timestamptz, :now::timestamptz
	WHERE NOT EXISTS (SELECT 1 FROM seen)
	ON CONFLICT (authority, id) DO NOTHING
	RETURNING authority, id, reference, child_id, state, urgency, needed_by, worker, date_of_birth, age, sex,
		unaccompanied, home_kinds, easting, northing, most_miles, most_weekly_fee_pence, children,
		external_ids, follows_placement_id, accepted_offer_id, held_until, placement_id, reason, version,
		created, updated
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.referral.created.v1', 'referral', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.id, 'childId', e.child_id,
			'urgency', e.urgency, 'neededBy', e.needed_by)
	FROM effect e
)
SELECT coalesce((SELECT s.outcome FROM seen s), CASE WHEN e.id IS NULL THEN 'ALREADY_EXISTS' ELSE 'OK' END) AS outcome,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.reference, e.child_id, e.state, e.urgency, e.needed_by, e.worker,
	e.age::bigint AS "needs.age.value", e.sex AS "needs.sex", e.unaccompanied AS "needs.unaccompanied",
	e.home_kinds AS "needs.home_kinds", e.easting AS "needs.home_grid.easting",
	e.northing AS "needs.home_grid.northing", e.most_miles AS "needs.most_miles.miles",
	e.most_weekly_fee_pence AS "needs.most_weekly_fee.pence", e.children AS "needs.children",
	e.date_of_birth AS "date_of_birth.value", e.external_ids, e.follows_placement_id, e.accepted_offer_id,
	e.held_until, e.placement_id, e.reason, e.created, e.updated
FROM (SELECT 1) one LEFT JOIN effect e ON true
