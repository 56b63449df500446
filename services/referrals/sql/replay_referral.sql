-- The present state of what a repeated request made or changed.
SELECT r.id, r.version::text AS etag, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
	r.needs_more AS "needs",
	r.age::bigint AS "needs.age.value", r.sex AS "needs.sex", r.unaccompanied AS "needs.unaccompanied",
	r.home_kinds AS "needs.home_kinds", r.easting AS "needs.home_grid.easting",
	r.northing AS "needs.home_grid.northing", r.most_miles AS "needs.most_miles.miles",
	r.most_weekly_fee_pence AS "needs.most_weekly_fee.pence", r.children AS "needs.children",
	r.date_of_birth AS "date_of_birth.value", r.external_ids, r.follows_placement_id, r.accepted_offer_id,
	r.held_until, r.placement_id, r.reason, r.created, r.updated
FROM referral r
WHERE r.authority = :authority::text AND r.id = :result_key::uuid
