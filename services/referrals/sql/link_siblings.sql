-- Links referrals of brothers and sisters, both ways, at most 20 of one referral. All of them must be the authority's own.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT r.id, r.state, r.version, r.needed_by FROM referral r
	WHERE r.authority = :authority::text AND r.id = :referral_id::uuid
), others AS (
	SELECT r.id FROM unnest(:sibling_referral_ids::uuid[]) AS g (id) CROSS JOIN LATERAL (SELECT k.id FROM referral k
		WHERE k.authority = :authority::text AND k.id = g.id LIMIT 1) r
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN (SELECT count(*) FROM others) <> cardinality(:sibling_referral_ids::uuid[])
			THEN 'NOT_FOUND'
		WHEN (SELECT count(*) FROM (
			SELECT g.id FROM unnest(:sibling_referral_ids::uuid[]) AS g (id)
			UNION
			SELECT s.sibling_id FROM sibling s WHERE s.authority = :authority::text AND s.referral_id = :referral_id::uuid
			) k) > 20 THEN 'TOO_MANY_SIBLINGS'
		WHEN EXISTS (SELECT 1 FROM unnest(:sibling_referral_ids::uuid[]) AS g (id)
			WHERE (SELECT count(*) FROM sibling s WHERE s.authority = :authority::text AND s.referral_id = g.id
				AND s.sibling_id <> :referral_id::uuid) >= 20) THEN 'TOO_MANY_SIBLINGS'
		ELSE 'OK' END AS outcome
), pair AS (
	SELECT t.id AS referral_id, o.id AS sibling_id FROM verdict v, target t, others o WHERE v.outcome = 'OK'
	UNION ALL
	SELECT o.id, t.id FROM verdict v, target t, others o WHERE v.outcome = 'OK'
), linked AS (
	INSERT INTO sibling (authority, referral_id, sibling_id)
	SELECT :authority::text, p.referral_id, p.sibling_id FROM pair p
	ON CONFLICT (authority, referral_id, sibling_id) DO NOTHING
), touched AS (
	UPDATE referral r SET version = r.version + 1, updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND r.ctid = ANY (ARRAY(SELECT k.ctid
		FROM unnest(:sibling_referral_ids::uuid[] || :referral_id::uuid) AS g (id) CROSS JOIN LATERAL (
			SELECT o.ctid FROM referral o WHERE o.authority = :authority::text AND o.id = g.id LIMIT 1) k))
	RETURNING r.authority, r.id, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
		r.date_of_birth, r.age, r.sex, r.unaccompanied, r.home_kinds, r.easting, r.northing,
		r.most_miles, r.most_weekly_fee_pence, r.children, r.needs_more, r.external_ids, r.follows_placement_id,
		r.accepted_offer_id, r.held_until, r.placement_id, r.reason, r.version, r.created, r.updated
), effect AS (
	SELECT u.authority, u.id, u.reference, u.child_id, u.state, u.urgency, u.needed_by, u.worker,
		u.date_of_birth, u.age, u.sex, u.unaccompanied, u.home_kinds, u.easting, u.northing,
		u.most_miles, u.most_weekly_fee_pence, u.children, u.needs_more, u.external_ids, u.follows_placement_id,
		u.accepted_offer_id, u.held_until, u.placement_id, u.reason, u.version, u.created, u.updated
	FROM touched u WHERE u.id = :referral_id::uuid
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id AS "referral.id", e.version::text AS "referral.etag", e.reference AS "referral.reference",
	e.child_id AS "referral.child_id", e.state AS "referral.state", e.urgency AS "referral.urgency",
	e.needed_by AS "referral.needed_by", e.worker AS "referral.worker", e.needs_more AS "referral.needs",
	e.age::bigint AS "referral.needs.age.value",
	e.sex AS "referral.needs.sex", e.unaccompanied AS "referral.needs.unaccompanied",
	e.home_kinds AS "referral.needs.home_kinds", e.easting AS "referral.needs.home_grid.easting",
	e.northing AS "referral.needs.home_grid.northing", e.most_miles AS "referral.needs.most_miles.miles",
	e.most_weekly_fee_pence AS "referral.needs.most_weekly_fee.pence", e.children AS "referral.needs.children",
	e.date_of_birth AS "referral.date_of_birth.value", e.external_ids AS "referral.external_ids",
	e.follows_placement_id AS "referral.follows_placement_id", e.accepted_offer_id AS "referral.accepted_offer_id",
	e.held_until AS "referral.held_until", e.placement_id AS "referral.placement_id", e.reason AS "referral.reason",
	e.created AS "referral.created", e.updated AS "referral.updated",
	(SELECT jsonb_agg(jsonb_build_object('referral_id', b.id, 'reference', b.reference,
		'child_id', b.child_id, 'state', b.state) ORDER BY b.reference)
		FROM (
			SELECT g.id FROM unnest(:sibling_referral_ids::uuid[]) AS g (id)
			UNION
			SELECT s.sibling_id FROM sibling s WHERE s.authority = :authority::text AND s.referral_id = :referral_id::uuid
		) g CROSS JOIN LATERAL (SELECT o.id, o.reference, o.child_id, o.state FROM referral o
			WHERE o.authority = :authority::text AND o.id = g.id LIMIT 1) b
		WHERE e.id IS NOT NULL) AS siblings
FROM verdict v LEFT JOIN effect e ON true
