-- Says that a home opened: from that day on it takes children. The same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT h.id, h.version, h.planned_open, h.places FROM home h WHERE h.id = :home_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT count(*) FROM opening o WHERE o.home_id = :home_id::uuid) >= 200 THEN 'TOO_MANY_OPENINGS'
		ELSE 'OK' END AS outcome
), last AS (
	SELECT o.home_id, o.version, o.planned_open, o.opened, o.why, o.recorded FROM opening o
	WHERE o.home_id = :home_id::uuid ORDER BY o.version DESC LIMIT 1
), changed AS (
	UPDATE home h SET planned_open = :opened::date, opening_recorded = true, version = h.version + 1,
		updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND h.id = :home_id::uuid
		AND NOT EXISTS (SELECT 1 FROM last l WHERE l.opened = :opened::date AND h.planned_open = l.opened)
	RETURNING h.id, h.version
), kept AS (
	INSERT INTO opening (home_id, version, planned_open, opened, actor, recorded)
	SELECT c.id, c.version, (SELECT l.planned_open FROM last l WHERE l.opened IS NULL), :opened::date, :actor::text,
		:now::timestamptz FROM changed c
	RETURNING home_id, version, planned_open, opened, why, recorded
), effect AS (
	SELECT k.home_id, k.version, k.planned_open, k.opened, k.why, k.recorded FROM kept k
	UNION ALL
	SELECT l.home_id, l.version, l.planned_open, l.opened, l.why, l.recorded
	FROM last l, verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), counted AS (
	UPDATE capacity c SET version = c.version + 1
	FROM target t
	WHERE c.home_id = (SELECT g.id FROM changed g) AND t.planned_open > :today::date
	RETURNING c.home_id, c.version, t.places
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.home_id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.capacity.changed.v1', 'capacity', c.home_id::text, c.version, c.home_id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object('homeId', c.home_id, 'date', :today::date,
			'changes', jsonb_build_array(jsonb_build_object('code', 'OPENED', 'places', jsonb_build_object('value', c.places))))
	FROM counted c
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.home_id::text) AS result_key,
	e.home_id, e.planned_open, e.opened, e.why, e.recorded, e.version::text AS etag,
	(e.opened - opening_planned_first(e.home_id, e.version))::bigint AS "slipped_days.value"
FROM verdict v LEFT JOIN effect e ON true
