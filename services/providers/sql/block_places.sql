-- Keeps places of a home back. The same again changes nothing; the day on which it begins or ends is told by timer.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT h.id, h.places FROM home h WHERE h.id = :home_id::uuid
), same AS (
	SELECT b.id, b.home_id, b.places, b.reason, b.authority, b.from_date, b.until_date, b.planned_until, b.version
	FROM place_block b
	WHERE b.home_id = :home_id::uuid AND b.places = :places::integer AND b.reason = :reason::text
		AND b.from_date = :from_date::date AND b.until_date IS NOT DISTINCT FROM :until_date::date
	ORDER BY b.id LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN EXISTS (SELECT 1 FROM same) THEN 'OK'
		WHEN :places::integer > (SELECT t.places FROM target t) THEN 'MORE_THAN_PLACES'
		WHEN (SELECT count(*) FROM place_block b WHERE b.home_id = :home_id::uuid
			AND (b.until_date IS NULL OR b.until_date > :today::date)) >= 100
			OR (SELECT count(*) FROM place_block b WHERE b.home_id = :home_id::uuid) >= 2000 THEN 'TOO_MANY_BLOCKS'
		ELSE 'OK' END AS outcome
), added AS (
	INSERT INTO place_block (id, home_id, places, reason, from_date, until_date, planned_until, authority, actor, recorded,
		updated)
	SELECT :new_id::uuid, :home_id::uuid, :places::integer, :reason::text, :from_date::date, :until_date::date,
		:until_date::date, :authority::text, :actor::text, :now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same)
	RETURNING id, home_id, places, reason, authority, from_date, until_date, planned_until, version
), effect AS (
	SELECT a.id, a.home_id, a.places, a.reason, a.authority, a.from_date, a.until_date, a.planned_until, a.version
	FROM added a
	UNION ALL
	SELECT s.id, s.home_id, s.places, s.reason, s.authority, s.from_date, s.until_date, s.planned_until, s.version
	FROM same s, verdict v WHERE v.outcome = 'OK'
), house AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz
	WHERE h.id = :home_id::uuid AND EXISTS (SELECT 1 FROM added)
), day AS (
	INSERT INTO timer (kind, subject, due)
	SELECT 'capacity', a.home_id::text,
		(CASE WHEN a.from_date > :today::date THEN a.from_date ELSE a.until_date END)::timestamp AT TIME ZONE 'Europe/London'
	FROM added a WHERE a.from_date > :today::date OR a.until_date > :today::date
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.places.blocked.v1', 'place_block', a.id::text, a.version, a.home_id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'blockId', a.id, 'homeId', a.home_id, 'places', a.places,
			'reason', CASE a.reason WHEN 'ALLEGATION' THEN 'CARER_UNAVAILABLE' ELSE a.reason END,
			'fromDate', a.from_date, 'untilDate', a.until_date)
	FROM added a
)
SELECT v.outcome, (SELECT t.places FROM target t)::text || ' offered, ' || :places::integer::text || ' to be kept back' AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.home_id, e.places, block_reason(e.reason, e.authority, :authority::text) AS reason, e.from_date, e.until_date,
	e.planned_until, e.version::text AS etag
FROM verdict v LEFT JOIN effect e ON true
