-- Gives a placement another system's key; a key that names it already changes nothing.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT r.id, r.version FROM placement r WHERE r.authority = :authority::text AND r.id = :placement_id::uuid
), taken AS (
	SELECT x.resource FROM external_id x
	WHERE x.authority = :authority::text AND x.kind = 'placement' AND x.system = :external_id_system::text
		AND x.id = :external_id_id::text
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN EXISTS (SELECT 1 FROM taken k WHERE k.resource <> :placement_id::uuid) THEN 'EXTERNAL_ID_TAKEN'
		WHEN NOT EXISTS (SELECT 1 FROM taken) AND jsonb_array_length(external_ids(:authority::text, 'placement', :placement_id::uuid)) >= 10
			THEN 'TOO_MANY_EXTERNAL_IDS'
		ELSE 'OK' END AS outcome
), named AS (
	INSERT INTO external_id (authority, kind, system, id, resource)
	SELECT :authority::text, 'placement', :external_id_system::text, :external_id_id::text, t.id
	FROM verdict v, target t WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM taken)
	RETURNING resource
), effect AS (
	UPDATE placement r SET version = r.version + 1, updated = :now::timestamptz, updated_by = :actor::text
	FROM named n WHERE r.authority = :authority::text AND r.id = :placement_id::uuid
	RETURNING r.id, r.version
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, t.id::text,
		:now::timestamptz
	FROM verdict v, target t WHERE v.outcome = 'OK'
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), t.id::text) AS result_key,
	c.id, coalesce(e.version::text, c.etag) AS etag, c.child_id, c.state, c.referral_id, c.offer_id, c.hold_id,
	c.home_id, c.planned_start, c.planned_end, c.start_date, c.end_date, c."weekly_fee.pence", c."notice_days.value",
	c.placement_type, c.legal_status, c.reason, c."notice_hours.value", c.end_code, c.moved_from, c.moved_to,
	c.left_care, c.fee_changes,
	external_ids_with(:authority::text, 'placement', c.id, :external_id_system::text, :external_id_id::text) AS external_ids
FROM verdict v LEFT JOIN target t ON v.outcome = 'OK' LEFT JOIN effect e ON e.id = t.id
LEFT JOIN placement_reading c ON c.authority = :authority::text AND c.id = :placement_id::uuid AND v.outcome = 'OK'
