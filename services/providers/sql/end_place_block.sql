-- Ends a block on a day, which is not after the day on which it ends anyway. One that had not begun never begins.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT b.id, b.home_id, b.places, b.reason, b.authority, b.from_date, b.until_date, b.planned_until, b.version,
		greatest(:until_date::date, b.from_date) AS ends
	FROM place_block b WHERE b.id = :block_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT t.ends > t.until_date FROM target t) THEN 'BLOCK_ENDS_EARLIER'
		ELSE 'OK' END AS outcome
), changed AS (
	UPDATE place_block b SET until_date = t.ends, version = b.version + 1, updated = :now::timestamptz
	FROM verdict v, target t
	WHERE v.outcome = 'OK' AND b.id = :block_id::uuid AND b.until_date IS DISTINCT FROM t.ends
	RETURNING b.id, b.home_id, b.places, b.reason, b.authority, b.from_date, b.until_date, b.planned_until, b.version
), effect AS (
	SELECT c.id, c.home_id, c.places, c.reason, c.authority, c.from_date, c.until_date, c.planned_until, c.version
	FROM changed c
	UNION ALL
	SELECT t.id, t.home_id, t.places, t.reason, t.authority, t.from_date, t.until_date, t.planned_until, t.version
	FROM target t, verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), house AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz
	WHERE h.id = (SELECT c.home_id FROM changed c)
), day AS (
	INSERT INTO timer (kind, subject, due)
	SELECT 'capacity', c.home_id::text, c.until_date::timestamp AT TIME ZONE 'Europe/London'
	FROM changed c WHERE c.until_date > :today::date
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.places.blocked.v1', 'place_block', c.id::text, c.version, c.home_id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'blockId', c.id, 'homeId', c.home_id, 'places', c.places,
			'reason', CASE c.reason WHEN 'ALLEGATION' THEN 'CARER_UNAVAILABLE' ELSE c.reason END,
			'fromDate', c.from_date, 'untilDate', c.until_date)
	FROM changed c WHERE c.until_date > :today::date
	UNION ALL
	SELECT 'hearth.places.unblocked.v1', 'place_block', c.id::text, c.version, c.home_id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'blockId', c.id, 'homeId', c.home_id, 'places', c.places,
			'reason', CASE c.reason WHEN 'ALLEGATION' THEN 'CARER_UNAVAILABLE' ELSE c.reason END,
			'fromDate', c.from_date, 'untilDate', c.until_date)
	FROM changed c WHERE c.until_date <= :today::date
)
SELECT v.outcome, (SELECT t.until_date FROM target t)::text AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.home_id, e.places, block_reason(e.reason, e.authority, :authority::text) AS reason, e.from_date, e.until_date,
	e.planned_until, e.version::text AS etag
FROM verdict v LEFT JOIN effect e ON true
