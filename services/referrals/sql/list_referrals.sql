-- An authority's referrals by the day they are needed, unknown days last.
SELECT coalesce(r.needed_by, DATE '9999-12-31')::text || r.id::text AS page_key,
	r.id, r.version::text AS etag, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
	r.needs_more AS "needs",
	r.age::bigint AS "needs.age.value", r.sex AS "needs.sex", r.unaccompanied AS "needs.unaccompanied",
	r.home_kinds AS "needs.home_kinds", r.easting AS "needs.home_grid.easting",
	r.northing AS "needs.home_grid.northing", r.most_miles AS "needs.most_miles.miles",
	r.most_weekly_fee_pence AS "needs.most_weekly_fee.pence", r.children AS "needs.children",
	r.date_of_birth AS "date_of_birth.value", r.external_ids, r.follows_placement_id, r.accepted_offer_id,
	r.held_until, r.placement_id, r.reason, r.created, r.updated
FROM referral r
WHERE r.authority = :authority::text
	AND (coalesce(r.needed_by, DATE '9999-12-31'), r.id) > (
		coalesce(left(:page_after::text, 10)::date, DATE '0001-01-01'),
		coalesce(substr(:page_after::text, 11)::uuid, '00000000-0000-0000-0000-000000000000'::uuid))
	AND coalesce(r.needed_by, DATE '9999-12-31') <= coalesce(:needed_by::date, DATE '9999-12-31')
	AND (:urgency::text IS NULL OR r.urgency = :urgency::text)
	AND (:state::text IS NULL OR r.state = :state::text)
	AND (:worker::text IS NULL OR r.worker = :worker::text)
	AND (:child_id::uuid IS NULL OR r.child_id = :child_id::uuid)
ORDER BY coalesce(r.needed_by, DATE '9999-12-31'), r.id
LIMIT :page_limit::bigint
