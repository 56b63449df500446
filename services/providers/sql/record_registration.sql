-- Adds a line to the registration history of a home or an agency. It corrects the line that it names and one of the same
-- first day. What stands from then on follows from the lines (registration_added); the same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT h.id FROM home h WHERE h.id = :home_id::uuid
	UNION ALL SELECT p.id FROM provider p WHERE p.id = :provider_id::uuid
), line AS (
	SELECT r.id, r.home_id, r.provider_id, r.register, r.urn, r.status, r.from_date, r.until_date, r.registered_places,
		r.conditions, r.source, r.corrected_by, r.recorded
	FROM registration r WHERE r.home_id = :home_id::uuid OR r.provider_id = :provider_id::uuid
), wrong AS (
	SELECT l.id, l.corrected_by FROM line l WHERE l.id = :corrects_id::uuid
), same AS (
	SELECT l.id, l.home_id, l.provider_id, l.register, l.urn, l.status, l.from_date, l.until_date, l.registered_places,
		l.conditions, l.source, l.corrected_by, l.recorded
	FROM line l
	WHERE l.corrected_by IS NULL AND l.id IS DISTINCT FROM :corrects_id::uuid
		AND (l.register, l.urn, l.status, l.from_date, l.until_date, l.registered_places, l.conditions)
		IS NOT DISTINCT FROM (:register::text, :urn::text, :status::text, :from_date::date, :until_date::date,
			:registered_places_value::integer, coalesce(:conditions::jsonb, '[]'))
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :corrects_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM wrong) THEN 'NOT_FOUND'
		WHEN EXISTS (SELECT 1 FROM wrong w WHERE w.corrected_by IS NOT NULL
			AND w.corrected_by NOT IN (SELECT s.id FROM same s)) THEN 'WRONG_STATE'
		WHEN NOT EXISTS (SELECT 1 FROM same) AND (SELECT count(*) FROM line) >= 200 THEN 'TOO_MANY'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO registration (id, home_id, provider_id, register, urn, status, from_date, until_date, registered_places,
		conditions, source, actor, recorded)
	SELECT :new_id::uuid, :home_id::uuid, :provider_id::uuid, :register::text, :urn::text, :status::text, :from_date::date,
		:until_date::date, :registered_places_value::integer, coalesce(:conditions::jsonb, '[]'), :source::text,
		:actor::text, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same)
	RETURNING id, home_id, provider_id, register, urn, status, from_date, until_date, registered_places, conditions,
		source, corrected_by, recorded
), corrected AS (
	UPDATE registration r SET corrected_by = coalesce(i.id, s.id)
	FROM verdict v LEFT JOIN inserted i ON true LEFT JOIN same s ON true
	WHERE v.outcome = 'OK' AND r.corrected_by IS NULL AND r.id = ANY (ARRAY(SELECT l.id FROM line l
		WHERE l.id = :corrects_id::uuid OR l.from_date = :from_date::date AND l.id NOT IN (SELECT e.id FROM same e)))
	RETURNING r.id
), effect AS (
	SELECT i.id, i.home_id, i.provider_id, i.register, i.urn, i.status, i.from_date, i.until_date, i.registered_places,
		i.conditions, i.source, i.corrected_by, i.recorded FROM inserted i
	UNION ALL
	SELECT s.id, s.home_id, s.provider_id, s.register, s.urn, s.status, s.from_date, s.until_date, s.registered_places,
		s.conditions, s.source, s.corrected_by, s.recorded FROM same s, verdict v WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, CASE WHEN v.outcome = 'WRONG_STATE' THEN 'corrected already' ELSE '200 lines' END AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.home_id, e.provider_id, e.register, e.urn, e.status, e.from_date, e.until_date,
	e.registered_places::bigint AS "registered_places.value", e.conditions, e.source, e.corrected_by, e.recorded
FROM verdict v LEFT JOIN effect e ON true
