-- A placement broke down: an emergency referral stands pre-filled from the child's latest one, once per placement; the
-- referral that had found the placement is closed. What no referral says is taken from what placements told of the child;
-- what nobody said stays unknown. What the child wished for is asked anew.
WITH closed AS (
	UPDATE referral r SET state = :to_state::text, version = r.version + 1, updated = :now::timestamptz
	WHERE r.authority = :authority::text AND r.id = :referral_id::uuid AND r.placement_id = :placement_id::uuid
		AND r.state = ANY (:from_states::text[])
), latest AS (
	SELECT r.worker, r.date_of_birth, r.age, r.sex, r.unaccompanied, r.home_kinds, r.easting, r.northing, r.most_miles,
		r.most_weekly_fee_pence, r.children, r.needs_more
	FROM referral r
	WHERE r.authority = :authority::text AND r.child_id = :child_id::uuid
	ORDER BY r.created DESC, r.id DESC
	LIMIT 1
), known AS (
	SELECT c.sex, c.date_of_birth, c.unaccompanied
	FROM child c WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid
), effect AS (
	INSERT INTO referral (authority, id, reference, child_id, state, urgency, needed_by, worker, date_of_birth,
		age, sex, unaccompanied, home_kinds, easting, northing, most_miles, most_weekly_fee_pence, children,
		needs_more, follows_placement_id, created, updated)
	SELECT :authority::text, :id::uuid,
		CASE
			WHEN NOT EXISTS (SELECT 1 FROM referral r
				WHERE r.authority = :authority::text AND r.reference = :reference::text) THEN :reference::text
			WHEN NOT EXISTS (SELECT 1 FROM referral r
				WHERE r.authority = :authority::text AND r.reference = :reference_second::text)
				THEN :reference_second::text
			ELSE :reference_long::text END,
		:child_id::uuid, 'OPEN', 'EMERGENCY', :end_date::date, l.worker, coalesce(l.date_of_birth, k.date_of_birth),
		coalesce(age_on(coalesce(l.date_of_birth, k.date_of_birth), :today::date), l.age),
		coalesce(nullif(l.sex, 'U'), k.sex, l.sex),
		coalesce(l.unaccompanied, false) OR coalesce(k.unaccompanied, false),
		coalesce(l.home_kinds, '{}'), l.easting, l.northing, l.most_miles, l.most_weekly_fee_pence,
		coalesce(l.children, 1), nullif(l.needs_more - 'wishes', '{}'), :placement_id::uuid, :now::timestamptz,
		:now::timestamptz
	FROM (SELECT 1) one LEFT JOIN latest l ON true LEFT JOIN known k ON true
	WHERE NOT :event_historical::boolean
	ON CONFLICT (follows_placement_id, authority) WHERE follows_placement_id IS NOT NULL DO NOTHING
	RETURNING authority, id, reference, child_id, state, urgency, needed_by, worker, date_of_birth, age, sex,
		unaccompanied, home_kinds, easting, northing, most_miles, most_weekly_fee_pence, children,
		needs_more, external_ids, follows_placement_id, accepted_offer_id, held_until, placement_id, reason, version,
		created, updated
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.referral.opened.v1', 'referral', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.id, 'reference', e.reference, 'childId', e.child_id,
			'urgency', e.urgency, 'neededBy', e.needed_by, 'needs', needs_json(e.age, e.sex, e.unaccompanied,
				e.home_kinds, e.easting, e.northing, e.most_miles, e.most_weekly_fee_pence, e.children,
				e.needs_more),
			'followsPlacementId', e.follows_placement_id)
	FROM effect e
)
SELECT e.id FROM effect e
