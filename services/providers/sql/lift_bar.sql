-- Ends a bar that was set by hand, on a day. One that had not begun by then never does.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT b.id, b.home_id, b.provider_id, b.authority, b.kind, b.from_date, b.until_date, b.reason, b.source, b.version,
		b.by_rule, greatest(b.from_date, coalesce(:on_date::date, :today::date)) AS ends
	FROM bar b WHERE b.id = :bar_id::uuid AND b.authority IN ('', :authority::text)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT t.by_rule OR t.kind NOT IN ('SUSPENSION', 'RESTRICTION_OF_ACCOMMODATION', 'EMBARGO') FROM target t)
			THEN 'NOT_BY_HAND'
		WHEN (SELECT t.until_date <= :today::date AND t.until_date <> t.ends FROM target t) THEN 'WRONG_STATE'
		ELSE 'OK' END AS outcome
), changed AS (
	UPDATE bar b SET until_date = t.ends, version = b.version + 1, updated = :now::timestamptz
	FROM verdict v, target t
	WHERE v.outcome = 'OK' AND b.id = t.id AND b.until_date IS DISTINCT FROM t.ends
	RETURNING b.id, b.home_id, b.provider_id, b.authority, b.kind, b.from_date, b.until_date, b.reason, b.source, b.version
), effect AS (
	SELECT c.id, c.home_id, c.provider_id, c.authority, c.kind, c.from_date, c.until_date, c.reason, c.source, c.version
	FROM changed c
	UNION ALL
	SELECT t.id, t.home_id, t.provider_id, t.authority, t.kind, t.from_date, t.until_date, t.reason, t.source, t.version
	FROM target t, verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, 'ended on ' || (SELECT t.until_date FROM target t)::text AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.home_id, e.provider_id, e.authority, e.kind, e.from_date, e.until_date, e.reason,
	e.source, e.from_date <= :today::date AND (e.until_date IS NULL OR e.until_date > :today::date) AS in_force
FROM verdict v LEFT JOIN effect e ON true
