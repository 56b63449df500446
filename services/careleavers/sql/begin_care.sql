-- A placement started: a period of care begins, unless one of its kind goes on over that day. A child not heard of yet
-- is kept with an unknown date of birth. A return home that goes on ends on that day.
WITH kind AS (
	SELECT EXISTS (SELECT 1 FROM short_break_status s WHERE s.legal_status = :legal_status::text
		AND s.valid_from <= :start_date::date AND (s.valid_to IS NULL OR s.valid_to >= :start_date::date)) AS short_breaks
), covered AS (
	SELECT c.start FROM care_period c CROSS JOIN kind k
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid AND c.short_breaks = k.short_breaks
		AND c.start <= :start_date::date AND (c.until IS NULL OR c.until > :start_date::date)
), effect AS (
	INSERT INTO young_person AS y (authority, child_id, updated, quiet)
	SELECT :authority::text, :child_id::uuid, :now::timestamptz, :event_historical::boolean WHERE NOT EXISTS (SELECT 1 FROM covered)
	ON CONFLICT (authority, child_id) DO UPDATE SET updated = excluded.updated, version = y.version + 1, check_on = '-infinity',
		quiet = CASE WHEN :event_historical::boolean THEN y.check_on IS NULL OR y.check_on > :today::date OR y.quiet ELSE false END
	RETURNING y.authority, y.child_id, y.version
), reopened AS (
	UPDATE care_period c SET until = NULL, end_code = NULL FROM effect e CROSS JOIN kind k
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid AND c.short_breaks = k.short_breaks
		AND c.until = :start_date::date AND NOT EXISTS (SELECT 1 FROM care_period o
			WHERE o.authority = :authority::text AND o.child_id = c.child_id AND o.short_breaks = c.short_breaks
			AND o.start = :start_date::date)
	RETURNING c.start
), begun AS (
	INSERT INTO care_period AS c (authority, child_id, short_breaks, start)
	SELECT e.authority, e.child_id, k.short_breaks, :start_date::date FROM effect e CROSS JOIN kind k
	WHERE NOT EXISTS (SELECT 1 FROM reopened)
	ON CONFLICT (authority, child_id, short_breaks, start) DO UPDATE SET until = NULL, end_code = NULL
), went_home AS (
	SELECT DISTINCT ON (k.id) k.id, k.revision, k.kind, k.start, k.until, k.withdrawn FROM circumstance k
	WHERE k.authority = :authority::text AND k.child_id = :child_id::uuid ORDER BY k.id, k.revision DESC
), home_ended AS (
	INSERT INTO circumstance (authority, child_id, id, revision, kind, start, until, actor, recorded)
	SELECT e.authority, e.child_id, w.id, w.revision + 1, w.kind, w.start, greatest(:start_date::date, w.start), 'event',
		:now::timestamptz
	FROM effect e JOIN went_home w ON w.kind = 'RETURNED_HOME' AND NOT w.withdrawn AND w.until IS NULL
		AND NOT (SELECT k.short_breaks FROM kind k)
), poked AS (
	UPDATE timer t SET due = :now::timestamptz
	WHERE t.kind = 'status_changes' AND t.authority = '' AND t.subject = 'all' AND t.due > :now::timestamptz
		AND NOT :event_historical::boolean AND EXISTS (SELECT 1 FROM effect)
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		historical, payload)
	SELECT 'hearth.young_person.recorded.v1', 'young_person', e.child_id::text, e.version, e.child_id::text,
		e.authority, :now::timestamptz, :traceparent::text, :event_historical::boolean,
		jsonb_build_object('childId', e.child_id)
	FROM effect e
)
SELECT e.version FROM effect e
