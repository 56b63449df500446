-- Gives a referral another system's key; a key that names it already changes nothing.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT r.id, r.version, r.external_ids FROM referral r
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
		external_ids = coalesce(r.external_ids, '[]')
			|| jsonb_build_object('system', :external_id_system::text, 'id', :external_id_id::text)
	FROM verdict v
	WHERE v.outcome = 'OK' AND r.authority = :authority::text AND r.id = :referral_id::uuid
		AND NOT EXISTS (SELECT 1 FROM taken)
	RETURNING r.id, r.version, r.updated, r.external_ids
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, t.id::text,
		:now::timestamptz
	FROM verdict v, target t WHERE v.outcome = 'OK'
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), t.id::text) AS result_key,
	r.id, coalesce(e.version, r.version)::text AS etag, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.worker,
	r.needs_more AS "needs",
	r.age::bigint AS "needs.age.value", r.sex AS "needs.sex", r.unaccompanied AS "needs.unaccompanied",
	r.home_kinds AS "needs.home_kinds", r.easting AS "needs.home_grid.easting",
	r.northing AS "needs.home_grid.northing", r.most_miles AS "needs.most_miles.miles",
	r.most_weekly_fee_pence AS "needs.most_weekly_fee.pence", r.children AS "needs.children",
	r.date_of_birth AS "date_of_birth.value", coalesce(e.external_ids, r.external_ids) AS external_ids,
	r.follows_placement_id, r.accepted_offer_id, r.held_until, r.placement_id, r.reason, r.created,
	coalesce(e.updated, r.updated) AS updated
FROM verdict v LEFT JOIN target t ON v.outcome = 'OK' LEFT JOIN effect e ON e.id = t.id
LEFT JOIN referral r ON r.authority = :authority::text AND r.id = :referral_id::uuid AND v.outcome = 'OK'
