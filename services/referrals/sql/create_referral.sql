-- A new referral in DRAFT. Of the references offered the first that is free is taken. The answer is what was given: a
-- row that passes from one part of a statement to the next costs as much as writing it.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), effect AS (
	INSERT INTO referral (authority, id, reference, child_id, state, urgency, needed_by, worker, date_of_birth,
		age, sex, unaccompanied, home_kinds, easting, northing, most_miles, most_weekly_fee_pence, children,
		needs_more, created, updated)
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
		:now::timestamptz, :now::timestamptz
	WHERE NOT EXISTS (SELECT 1 FROM seen)
	ON CONFLICT (authority, id) DO NOTHING
	RETURNING reference
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, :id::uuid::text,
		:now::timestamptz
	FROM effect
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.referral.created.v1', 'referral', :id::uuid::text, 1, :child_id::uuid::text, :authority::text,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', :id::uuid, 'childId', :child_id::uuid,
			'urgency', :urgency::text, 'neededBy', :needed_by::date)
	FROM effect
)
SELECT CASE WHEN EXISTS (SELECT 1 FROM effect) THEN 'OK'
		ELSE coalesce((SELECT s.outcome FROM seen s), 'ALREADY_EXISTS') END AS outcome,
	coalesce((SELECT s.result_key FROM seen s), :id::uuid::text) AS result_key,
	:id::uuid AS id, '1' AS etag, (SELECT e.reference FROM effect e) AS reference, :child_id::uuid AS child_id,
	'DRAFT' AS state, :urgency::text AS urgency, :needed_by::date AS needed_by, :worker::text AS worker,
	:needs_more::jsonb AS "needs",
	coalesce(age_on(:date_of_birth_value::date, :today::date), :needs_age_value::integer)::bigint AS "needs.age.value",
	:needs_sex::text AS "needs.sex", coalesce(:needs_unaccompanied::boolean, false) AS "needs.unaccompanied",
	coalesce(:needs_home_kinds::text[], '{}') AS "needs.home_kinds",
	:needs_home_grid_easting::integer AS "needs.home_grid.easting",
	:needs_home_grid_northing::integer AS "needs.home_grid.northing",
	:needs_most_miles_miles::float8 AS "needs.most_miles.miles",
	:needs_most_weekly_fee_pence::bigint AS "needs.most_weekly_fee.pence",
	greatest(coalesce(:needs_children::integer, 1), 1) AS "needs.children",
	:date_of_birth_value::date AS "date_of_birth.value", :now::timestamptz AS created, :now::timestamptz AS updated
