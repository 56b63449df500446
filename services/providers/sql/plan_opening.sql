-- Says when a home is planned to open. The same again changes nothing; the day itself is told by timer (keep_capacity).
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT h.id, h.version, h.planned_open, h.opening_recorded FROM home h WHERE h.id = :home_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT count(*) FROM opening o WHERE o.home_id = :home_id::uuid) >= 200 THEN 'TOO_MANY_OPENINGS'
		ELSE 'OK' END AS outcome
), changed AS (
	UPDATE home h SET planned_open = :planned_open::date, opening_recorded = true, version = h.version + 1,
		updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND h.id = :home_id::uuid
		AND NOT (h.opening_recorded AND h.planned_open IS NOT DISTINCT FROM :planned_open::date)
	RETURNING h.id, h.version
), kept AS (
	INSERT INTO opening (home_id, version, planned_open, why, actor, recorded)
	SELECT c.id, c.version, :planned_open::date, :why::text, :actor::text, :now::timestamptz FROM changed c
	RETURNING home_id, version, planned_open, opened, why, recorded
), effect AS (
	SELECT k.home_id, k.version, k.planned_open, k.opened, k.why, k.recorded FROM kept k
	UNION ALL
	(SELECT o.home_id, o.version, o.planned_open, o.opened, o.why, o.recorded FROM opening o, verdict v
	WHERE v.outcome = 'OK' AND o.home_id = :home_id::uuid AND NOT EXISTS (SELECT 1 FROM changed)
	ORDER BY o.version DESC LIMIT 1)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.home_id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.home_id::text) AS result_key,
	e.home_id, e.planned_open, e.opened, e.why, e.recorded, e.version::text AS etag,
	(e.planned_open - coalesce(opening_planned_first(e.home_id, e.version), e.planned_open))::bigint AS "slipped_days.value"
FROM verdict v LEFT JOIN effect e ON true
