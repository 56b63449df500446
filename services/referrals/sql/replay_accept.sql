-- The present state of the acceptance that a repeated AcceptOffer made.
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
	o.id AS "offer.id", o.version::text AS "offer.etag", o.referral_id AS "offer.referral_id",
	o.home_id AS "offer.home_id", o.provider_id AS "offer.provider_id",
	o.weekly_fee_pence AS "offer.weekly_fee.pence", o.notice_days::bigint AS "offer.notice_days.value",
	o.start_date AS "offer.start_date", o.placement_type AS "offer.placement_type", o.state AS "offer.state",
	o.reason AS "offer.reason", o.created AS "offer.created",
	:hold_hours::integer AS hold_hours
FROM offer o JOIN referral r ON r.authority = :authority::text
	AND r.id = (SELECT a.referral_id FROM offer a WHERE a.authority = :authority::text AND a.id = :result_key::uuid)
WHERE o.authority = :authority::text AND o.id = :result_key::uuid
