-- The present state of what a repeated LinkSiblings linked.
SELECT r.id AS "referral.id", r.version::text AS "referral.etag", r.reference AS "referral.reference",
	r.child_id AS "referral.child_id", r.state AS "referral.state", r.urgency AS "referral.urgency",
	r.needed_by AS "referral.needed_by", r.worker AS "referral.worker", r.needs_more AS "referral.needs",
	r.age::bigint AS "referral.needs.age.value",
	r.sex AS "referral.needs.sex", r.unaccompanied AS "referral.needs.unaccompanied",
	r.home_kinds AS "referral.needs.home_kinds", r.easting AS "referral.needs.home_grid.easting",
	r.northing AS "referral.needs.home_grid.northing", r.most_miles AS "referral.needs.most_miles.miles",
	r.most_weekly_fee_pence AS "referral.needs.most_weekly_fee.pence", r.children AS "referral.needs.children",
	r.date_of_birth AS "referral.date_of_birth.value", r.external_ids AS "referral.external_ids",
	r.follows_placement_id AS "referral.follows_placement_id", r.accepted_offer_id AS "referral.accepted_offer_id",
	r.held_until AS "referral.held_until", r.placement_id AS "referral.placement_id", r.reason AS "referral.reason",
	r.created AS "referral.created", r.updated AS "referral.updated",
	(SELECT jsonb_agg(jsonb_build_object('referral_id', b.id, 'reference', b.reference,
		'child_id', b.child_id, 'state', b.state) ORDER BY b.reference)
		FROM sibling s CROSS JOIN LATERAL (SELECT o.id, o.reference, o.child_id, o.state FROM referral o
			WHERE o.authority = :authority::text AND o.id = s.sibling_id LIMIT 1) b
		WHERE s.authority = :authority::text AND s.referral_id = :result_key::uuid) AS siblings
FROM referral r
WHERE r.authority = :authority::text AND r.id = :result_key::uuid
