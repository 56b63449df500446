-- A referral with its offers, siblings and the homes found.
SELECT r.version::text AS etag,
	r.id AS "referral.id", r.version::text AS "referral.etag", r.reference AS "referral.reference",
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
	(SELECT jsonb_agg(jsonb_build_object('id', o.id, 'etag', o.version::text, 'referral_id', o.referral_id,
		'home_id', o.home_id, 'provider_id', o.provider_id, 'weekly_fee',
		CASE WHEN o.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', o.weekly_fee_pence) END,
		'notice_days', CASE WHEN o.notice_days IS NOT NULL THEN jsonb_build_object('value', o.notice_days) END,
		'start_date', o.start_date, 'placement_type', o.placement_type, 'state', o.state, 'reason', o.reason,
		'created', to_char(o.created AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) ORDER BY o.created, o.id)
		FROM offer o WHERE o.authority = r.authority AND o.referral_id = r.id) AS offers,
	(SELECT jsonb_agg(jsonb_build_object('referral_id', b.id, 'reference', b.reference,
		'child_id', b.child_id, 'state', b.state) ORDER BY b.reference)
		FROM sibling s CROSS JOIN LATERAL (SELECT o.id, o.reference, o.child_id, o.state FROM referral o
			WHERE o.authority = :authority::text AND o.id = s.sibling_id LIMIT 1) b
		WHERE s.authority = :authority::text AND s.referral_id = :referral_id::uuid) AS siblings,
	l.homes AS "shortlist.homes", l.suitable AS "shortlist.suitable", l.left_out AS "shortlist.left_out",
	l.found AS "shortlist.found"
FROM referral r LEFT JOIN shortlist l ON l.authority = r.authority AND l.referral_id = r.id
WHERE r.authority = :authority::text AND r.id = :referral_id::uuid
