-- An enquiry goes on to a further stage, or ends: approved, withdrawn or refused. The same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT f.id, f.stage, f.stage_from, f.result, f.result_on, f.home_id, f.version, g.place
	FROM fostering_enquiry f JOIN fostering_stage g ON g.code = f.stage WHERE f.id = :enquiry_id::uuid
), same AS (
	SELECT t.id FROM target t WHERE (:stage::text IS NOT NULL AND (t.stage, t.stage_from) = (:stage::text, :date::date))
		OR (:result::text IS NOT NULL AND (t.result, t.result_on) = (:result::text, :date::date)
			AND t.home_id IS NOT DISTINCT FROM :home_id::uuid)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN EXISTS (SELECT 1 FROM same) THEN 'OK'
		WHEN (SELECT t.result FROM target t) IS NOT NULL THEN 'WRONG_STATE'
		WHEN :stage::text IS NOT NULL AND (SELECT g.place FROM fostering_stage g WHERE g.code = :stage::text)
			<= (SELECT t.place FROM target t) THEN 'STAGE_BACKWARDS'
		WHEN :date::date < (SELECT t.stage_from FROM target t) THEN 'BEFORE_STAGE'
		WHEN :home_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM home h WHERE h.id = :home_id::uuid) THEN 'HOME_UNKNOWN'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE fostering_enquiry f SET stage = coalesce(:stage::text, f.stage),
		stage_from = CASE WHEN :stage::text IS NOT NULL THEN :date::date ELSE f.stage_from END, result = :result::text,
		result_on = CASE WHEN :result::text IS NOT NULL THEN :date::date END, home_id = :home_id::uuid,
		version = f.version + 1, updated = :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND f.id = :enquiry_id::uuid AND NOT EXISTS (SELECT 1 FROM same)
	RETURNING f.id, f.version, f.provider_id, f.external_system, f.external_id, f.enquiry_source, f.enquired_on,
		f.stage, f.stage_from, f.result, f.result_on, f.home_id
), stepped AS (
	INSERT INTO fostering_step (enquiry_id, stage, from_date, actor, recorded)
	SELECT e.id, e.stage, e.stage_from, :actor::text, :now::timestamptz FROM effect e WHERE :stage::text IS NOT NULL
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, :enquiry_id::uuid::text,
		:now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK'
)
SELECT v.outcome, (SELECT coalesce(t.result, t.stage || ' since ' || t.stage_from) FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), w.id::text) AS result_key,
	w.id, w.version::text AS etag, w.provider_id, w.external_system AS "external_id.system",
	w.external_id AS "external_id.id", w.enquiry_source, w.enquired_on, w.stage, w.stage_from, w.result,
	w.result_on, w.home_id
FROM verdict v LEFT JOIN LATERAL (
	SELECT e.id, e.version, e.provider_id, e.external_system, e.external_id, e.enquiry_source, e.enquired_on,
		e.stage, e.stage_from, e.result, e.result_on, e.home_id FROM effect e
	UNION ALL
	SELECT f.id, f.version, f.provider_id, f.external_system, f.external_id, f.enquiry_source, f.enquired_on,
		f.stage, f.stage_from, f.result, f.result_on, f.home_id FROM fostering_enquiry f
	WHERE v.outcome = 'OK' AND f.id = (SELECT s.id FROM same s)
) w ON true
