-- Creates or changes the referral of another system's key. Nothing new given: nothing is changed or told, in any state.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT r.authority, r.id, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
		r.date_of_birth, r.age, r.sex, r.unaccompanied, r.home_kinds, r.easting, r.northing,
		r.most_miles, r.most_weekly_fee_pence, r.children, r.needs_more, r.external_ids, r.follows_placement_id,
		r.accepted_offer_id, r.held_until, r.placement_id, r.reason, r.version, r.created, r.updated
	FROM referral r
	WHERE r.authority = :authority::text AND r.id = (SELECT x.referral_id FROM external_id x
		WHERE x.authority = :authority::text AND x.system = :external_id_system::text AND x.id = :external_id_id::text)
), news AS (
	SELECT :set_urgency::boolean AND t.urgency IS DISTINCT FROM :urgency::text
		OR :set_needed_by::boolean AND t.needed_by IS DISTINCT FROM :needed_by::date
		OR :set_worker::boolean AND t.worker IS DISTINCT FROM :worker::text
		OR :set_date_of_birth::boolean AND t.date_of_birth IS DISTINCT FROM :date_of_birth_value::date
		OR :set_needs::boolean AND (
			t.date_of_birth IS NULL AND t.age IS DISTINCT FROM :needs_age_value::integer
			OR t.sex IS DISTINCT FROM :needs_sex::text
			OR t.unaccompanied <> coalesce(:needs_unaccompanied::boolean, false)
			OR t.home_kinds <> coalesce(:needs_home_kinds::text[], '{}')
			OR t.easting IS DISTINCT FROM :needs_home_grid_easting::integer
			OR t.northing IS DISTINCT FROM :needs_home_grid_northing::integer
			OR t.most_miles IS DISTINCT FROM :needs_most_miles_miles::float8
			OR t.most_weekly_fee_pence IS DISTINCT FROM :needs_most_weekly_fee_pence::bigint
			OR t.children <> greatest(coalesce(:needs_children::integer, 1), 1)
			OR t.needs_more IS DISTINCT FROM :needs_more::jsonb) AS given
	FROM target t
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) AND :child_id::uuid IS NULL THEN 'CHILD_ID_MISSING'
		WHEN NOT EXISTS (SELECT 1 FROM target) AND :urgency::text IS NULL THEN 'URGENCY_MISSING'
		WHEN (SELECT t.child_id FROM target t) <> :child_id::uuid THEN 'CHILD_DIFFERS'
		WHEN (SELECT n.given FROM news n) AND (SELECT t.state FROM target t) <> ALL (:from_states::text[])
			THEN 'WRONG_STATE'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO referral (authority, id, reference, child_id, state, urgency, needed_by, worker, date_of_birth,
		age, sex, unaccompanied, home_kinds, easting, northing, most_miles, most_weekly_fee_pence, children,
		needs_more, external_ids, created, updated)
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
		:needs_most_weekly_fee_pence::bigint, greatest(coalesce(:needs_children::integer, 1), 1), :needs_more::jsonb,
		jsonb_build_array(jsonb_build_object('system', :external_id_system::text, 'id', :external_id_id::text)),
		:now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM target)
	RETURNING authority, id, reference, child_id, state, urgency, needed_by, worker, date_of_birth, age, sex,
		unaccompanied, home_kinds, easting, northing, most_miles, most_weekly_fee_pence, children,
		needs_more, external_ids, follows_placement_id, accepted_offer_id, held_until, placement_id, reason, version,
		created, updated
), keyed AS (
	INSERT INTO external_id (authority, system, id, referral_id)
	SELECT i.authority, :external_id_system::text, :external_id_id::text, i.id FROM inserted i
), updated AS (
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
	FROM verdict v, target t
	WHERE v.outcome = 'OK' AND r.authority = :authority::text AND r.id = (SELECT o.id FROM target o)
		AND (SELECT n.given FROM news n)
	RETURNING r.authority, r.id, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
		r.date_of_birth, r.age, r.sex, r.unaccompanied, r.home_kinds, r.easting, r.northing,
		r.most_miles, r.most_weekly_fee_pence, r.children, r.needs_more, r.external_ids, r.follows_placement_id,
		r.accepted_offer_id, r.held_until, r.placement_id, r.reason, r.version, r.created, r.updated
), effect AS (
	SELECT 'NEW' AS how, i.authority, i.id, i.reference, i.child_id, i.state, i.urgency, i.needed_by, i.worker,
		i.date_of_birth, i.age, i.sex, i.unaccompanied, i.home_kinds, i.easting, i.northing,
		i.most_miles, i.most_weekly_fee_pence, i.children, i.needs_more, i.external_ids, i.follows_placement_id,
		i.accepted_offer_id, i.held_until, i.placement_id, i.reason, i.version, i.created, i.updated FROM inserted i
	UNION ALL
	SELECT 'CHANGED', u.authority, u.id, u.reference, u.child_id, u.state, u.urgency, u.needed_by, u.worker,
		u.date_of_birth, u.age, u.sex, u.unaccompanied, u.home_kinds, u.easting, u.northing,
		u.most_miles, u.most_weekly_fee_pence, u.children, u.needs_more, u.external_ids, u.follows_placement_id,
		u.accepted_offer_id, u.held_until, u.placement_id, u.reason, u.version, u.created, u.updated FROM updated u
	UNION ALL
	SELECT 'SAME', t.authority, t.id, t.reference, t.child_id, t.state, t.urgency, t.needed_by, t.worker,
		t.date_of_birth, t.age, t.sex, t.unaccompanied, t.home_kinds, t.easting, t.northing,
		t.most_miles, t.most_weekly_fee_pence, t.children, t.needs_more, t.external_ids, t.follows_placement_id,
		t.accepted_offer_id, t.held_until, t.placement_id, t.reason, t.version, t.created, t.updated FROM target t, verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM updated)
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
	FROM effect e WHERE e.how = 'NEW'
	UNION ALL
	SELECT 'hearth.referral.updated.v1', 'referral', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.id, 'reference', e.reference, 'childId', e.child_id,
			'urgency', e.urgency, 'neededBy', e.needed_by, 'needs', needs_json(e.age, e.sex, e.unaccompanied,
				e.home_kinds, e.easting, e.northing, e.most_miles, e.most_weekly_fee_pence, e.children,
				e.needs_more),
			'followsPlacementId', e.follows_placement_id)
	FROM effect e WHERE e.how = 'CHANGED' AND e.state = 'OPEN'
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
