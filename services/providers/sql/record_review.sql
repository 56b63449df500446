-- A review of an approval that was held. The same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), house AS (
	SELECT h.id, h.kind FROM home h WHERE h.id = :home_id::uuid
), same AS (
	SELECT r.id FROM carer_review r WHERE r.home_id = :home_id::uuid AND r.held_on = :held_on::date
		AND (r.result, r.to_panel, r.decided_by) IS NOT DISTINCT FROM (:result::text, :to_panel::boolean, :decided_by::text)
	LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM house) THEN 'NOT_FOUND'
		WHEN (SELECT h.kind FROM house h) <> 'FOSTERING' THEN 'NOT_FOSTERING'
		WHEN NOT EXISTS (SELECT 1 FROM same) AND (SELECT count(*) FROM carer_review r WHERE r.home_id = :home_id::uuid) >= 200
			THEN 'TOO_MANY_REVIEWS'
		ELSE 'OK' END AS outcome
), effect AS (
	INSERT INTO carer_review (id, home_id, held_on, result, to_panel, decided_by, source, actor, recorded)
	SELECT :new_id::uuid, :home_id::uuid, :held_on::date, :result::text, :to_panel::boolean, :decided_by::text, :source::text,
		:actor::text, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same)
	RETURNING id, home_id, held_on, result, to_panel, decided_by, source
), awaited AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_review', '', e.home_id::text, :now::timestamptz FROM effect e
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text,
		coalesce((SELECT e.id FROM effect e), (SELECT s.id FROM same s))::text, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK'
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), w.id::text) AS result_key,
	w.id, w.home_id, w.held_on, w.result, w.to_panel, w.decided_by, w.source
FROM verdict v LEFT JOIN LATERAL (
	SELECT e.id, e.home_id, e.held_on, e.result, e.to_panel, e.decided_by, e.source FROM effect e
	UNION ALL
	SELECT r.id, r.home_id, r.held_on, r.result, r.to_panel, r.decided_by, r.source FROM carer_review r
	WHERE v.outcome = 'OK' AND r.id = (SELECT s.id FROM same s)
) w ON true
