-- One more key of another system for a referral.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT r.id, r.state, r.version, r.external_ids FROM referral r
	WHERE r.authority = :authority::text AND r.id = :referral_id::uuid
), taken AS (
	SELECT x.referral_id FROM external_id x
	WHERE x.authority = :authority::text AND x.system = :external_id_system::text AND x.id = :external_id_id::text
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN EXISTS (SELECT 1 FROM taken k WHERE k.referral_id <> :referral_id::uuid) THEN 'EXTERNAL_ID_TAKEN'
		WHEN NOT EXISTS (SELECT 1 FROM taken) AND (SELECT jsonb_array_length(t.external_ids) FROM target t) >= 10
			THEN 'TOO_MANY_EXTERNAL_IDS'
		ELSE 'OK' END AS outcome
), keyed AS (
	INSERT INTO external_id (authority, system, id, referral_id)
	SELECT :authority::text, :external_id_system::text, :external_id_id::text, t.id FROM verdict v, target t
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM taken)
), effect AS (
	UPDATE referral r SET version = r.version + 1, updated = :now::timestamptz,
		external_ids = CASE WHEN EXISTS (SELECT 1 FROM taken) THEN r.external_ids ELSE coalesce(r.external_ids, '[]')
			|| jsonb_build_object('system', :external_id_system::text, 'id', :external_id_id::text) END
	FROM verdict v
	WHERE v.outcome = 'OK' AND r.authority = :authority::text AND r.id = :referral_id::uuid
	RETURNING r.authority, r.id, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
		r.date_of_birth, r.age, r.sex, r.unaccompanied, r.home_kinds, r.easting, r.northing,
		r.most_miles, r.most_weekly_fee_pence, r.children, r.external_ids, r.follows_placement_id,
		r.accepted_offer_id, r.held_until, r.placement_id, r.reason, r.version, r.created, r.updated
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, (SELECT t.state FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.reference, e.child_id, e.state, e.urgency, e.needed_by, e.worker,
	e.age::bigint AS "needs.age.value", e.sex AS "needs.sex", e.unaccompanied AS "needs.unaccompanied",
	e.home_kinds AS "needs.home_kinds", e.easting AS "needs.home_grid.easting",
	e.northing AS "needs.home_grid.northing", e.most_miles AS "needs.most_miles.miles",
	e.most_weekly_fee_pence AS "needs.most_weekly_fee.pence", e.children AS "needs.children",
	e.date_of_birth AS "date_of_birth.value", e.external_ids, e.follows_placement_id, e.accepted_offer_id,
	e.held_until, e.placement_id, e.reason, e.created, e.updated
FROM verdict v LEFT JOIN effect e ON true
