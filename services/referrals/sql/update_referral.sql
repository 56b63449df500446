-- Changes what is written in a referral; tells it once the referral is open.
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
		WHEN (SELECT t.state FROM target t) = 'OPEN' AND :set_needed_by::boolean AND :needed_by::date IS NULL
			THEN 'NEEDED_BY_MISSING'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE referral r SET urgency = CASE WHEN :set_urgency::boolean THEN :urgency::text ELSE r.urgency END,
		needed_by = CASE WHEN :set_needed_by::boolean THEN :needed_by::date ELSE r.needed_by END,
		worker = CASE WHEN :set_worker::boolean THEN :worker::text ELSE r.worker END,
		date_of_birth = CASE WHEN :set_date_of_birth::boolean THEN :date_of_birth_value::date ELSE r.date_of_birth END,
		age = coalesce(
			age_on(CASE WHEN :set_date_of_birth::boolean THEN :date_of_birth_value::date ELSE r.date_of_birth END,
				:today::date),
			CASE WHEN :set_needs::boolean THEN :needs_age_value::integer ELSE r.age END),
		sex = CASE WHEN :set_needs::boolean THEN :needs_sex::text ELSE r.sex END,
		unaccompanied = CASE WHEN :set_needs::boolean THEN coalesce(:needs_unaccompanied::boolean, false)
			ELSE r.unaccompanied END,
		home_kinds = CASE WHEN :set_needs::boolean THEN coalesce(:needs_home_kinds::text[], '{}') ELSE r.home_kinds END,
		easting = CASE WHEN :set_needs::boolean THEN :needs_home_grid_easting::integer ELSE r.easting END,
		northing = CASE WHEN :set_needs::boolean THEN :needs_home_grid_northing::integer ELSE r.northing END,
		most_miles = CASE WHEN :set_needs::boolean THEN :needs_most_miles_miles::float8 ELSE r.most_miles END,
		most_weekly_fee_pence = CASE WHEN :set_needs::boolean THEN :needs_most_weekly_fee_pence::bigint
			ELSE r.most_weekly_fee_pence END,
		children = CASE WHEN :set_needs::boolean THEN greatest(coalesce(:needs_children::integer, 1), 1)
			ELSE r.children END,
		needs_more = CASE WHEN :set_needs::boolean THEN :needs_more::jsonb ELSE r.needs_more END,
		version = r.version + 1,
		updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND r.authority = :authority::text AND r.id = :referral_id::uuid
	RETURNING r.authority, r.id, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
		r.date_of_birth, r.age, r.sex, r.unaccompanied, r.home_kinds, r.easting, r.northing,
		r.most_miles, r.most_weekly_fee_pence, r.children, r.needs_more, r.external_ids, r.follows_placement_id,
		r.accepted_offer_id, r.held_until, r.placement_id, r.reason, r.version, r.created, r.updated
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.referral.updated.v1', 'referral', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.id, 'reference', e.reference, 'childId', e.child_id,
			'urgency', e.urgency, 'neededBy', e.needed_by, 'needs', needs_json(e.age, e.sex, e.unaccompanied,
				e.home_kinds, e.easting, e.northing, e.most_miles, e.most_weekly_fee_pence, e.children,
				e.needs_more),
			'followsPlacementId', e.follows_placement_id)
	FROM effect e WHERE e.state = 'OPEN'
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
