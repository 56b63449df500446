-- Adds an inspection of a home or an agency. It corrects the one that it names, and one of the same day and kind. Which
-- outcome is the latest follows (inspection_added); the same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT h.id, framework_of(h.kind) AS framework FROM home h WHERE h.id = :home_id::uuid
	UNION ALL SELECT p.id, 'SOCIAL_CARE' FROM provider p WHERE p.id = :provider_id::uuid
), scale AS (
	SELECT s.outcome, s.place, s.next_months FROM target t JOIN inspection_scale s
		ON s.register = :register::text AND s.framework = t.framework
	WHERE s.from_date <= :inspected::date AND (s.until_date IS NULL OR s.until_date > :inspected::date)
), line AS (
	SELECT i.id, i.home_id, i.provider_id, i.register, i.framework, i.inspection_type, i.inspected, i.published, i.outcome,
		i.next_by, i.source, i.corrected_by, i.recorded
	FROM inspection i WHERE i.home_id = :home_id::uuid OR i.provider_id = :provider_id::uuid
), wrong AS (
	SELECT l.id, l.corrected_by FROM line l WHERE l.id = :corrects_id::uuid
), same AS (
	SELECT l.id, l.home_id, l.provider_id, l.register, l.framework, l.inspection_type, l.inspected, l.published, l.outcome,
		l.next_by, l.source, l.corrected_by, l.recorded
	FROM line l
	WHERE l.corrected_by IS NULL AND l.id IS DISTINCT FROM :corrects_id::uuid
		AND (l.register, l.inspection_type, l.inspected, l.published, l.outcome) IS NOT DISTINCT FROM
		(:register::text, :inspection_type::text, :inspected::date, :published::date, :overall_outcome::text)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :corrects_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM wrong) THEN 'NOT_FOUND'
		WHEN EXISTS (SELECT 1 FROM wrong w WHERE w.corrected_by IS NOT NULL
			AND w.corrected_by NOT IN (SELECT s.id FROM same s)) THEN 'WRONG_STATE'
		WHEN :overall_outcome::text NOT IN (SELECT s.outcome FROM scale s) THEN 'NOT_OF_SCALE'
		WHEN NOT EXISTS (SELECT 1 FROM same) AND (SELECT count(*) FROM line) >= 200 THEN 'TOO_MANY'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO inspection (id, home_id, provider_id, register, framework, inspection_type, inspected, published, outcome,
		next_by, source, actor, recorded)
	SELECT :new_id::uuid, :home_id::uuid, :provider_id::uuid, :register::text, t.framework, :inspection_type::text,
		:inspected::date, :published::date, :overall_outcome::text, (SELECT (:inspected::date
			+ make_interval(months => s.next_months))::date FROM scale s WHERE s.outcome = :overall_outcome::text),
		:source::text, :actor::text, :now::timestamptz
	FROM verdict v, target t WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same)
	RETURNING id, home_id, provider_id, register, framework, inspection_type, inspected, published, outcome, next_by, source,
		corrected_by, recorded
), corrected AS (
	UPDATE inspection n SET corrected_by = coalesce(i.id, s.id)
	FROM verdict v LEFT JOIN inserted i ON true LEFT JOIN same s ON true
	WHERE v.outcome = 'OK' AND n.corrected_by IS NULL AND n.id = ANY (ARRAY(SELECT l.id FROM line l
		WHERE l.id = :corrects_id::uuid OR l.inspected = :inspected::date AND l.register = :register::text
			AND l.inspection_type = :inspection_type::text AND l.id NOT IN (SELECT e.id FROM same e)))
	RETURNING n.id
), effect AS (
	SELECT i.id, i.home_id, i.provider_id, i.register, i.framework, i.inspection_type, i.inspected, i.published, i.outcome,
		i.next_by, i.source, i.corrected_by, i.recorded FROM inserted i
	UNION ALL
	SELECT s.id, s.home_id, s.provider_id, s.register, s.framework, s.inspection_type, s.inspected, s.published, s.outcome,
		s.next_by, s.source, s.corrected_by, s.recorded FROM same s, verdict v WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, CASE v.outcome WHEN 'WRONG_STATE' THEN 'corrected already' WHEN 'TOO_MANY' THEN '200 inspections'
	ELSE coalesce((SELECT string_agg(s.outcome, ', ' ORDER BY s.place) FROM scale s), 'none is known of this register') END
	AS detail, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.home_id, e.provider_id, e.register, e.framework, e.inspection_type, e.inspected, e.published,
	e.outcome AS overall_outcome, e.next_by, e.source, e.corrected_by, e.recorded
FROM verdict v LEFT JOIN effect e ON true
