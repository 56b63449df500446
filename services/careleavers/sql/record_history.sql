-- An import tells the whole present history of a child: date of birth and care periods are replaced by it.
WITH given AS (
	SELECT DISTINCT ON (p.short_breaks, p.start) p.start, p.until, p.short_breaks
	FROM unnest(:care_periods_start::date[], :care_periods_end::date[], :care_periods_short_breaks::boolean[])
		AS p (start, until, short_breaks)
	ORDER BY p.short_breaks, p.start, p.until DESC NULLS FIRST
), held AS (
	SELECT c.start, c.until, c.short_breaks FROM care_period c
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid
), differs AS (
	SELECT EXISTS (SELECT g.start, g.until, g.short_breaks FROM given g EXCEPT
		SELECT h.start, h.until, h.short_breaks FROM held h)
		OR EXISTS (SELECT h.start, h.until, h.short_breaks FROM held h EXCEPT
		SELECT g.start, g.until, g.short_breaks FROM given g) AS yes
), effect AS (
	INSERT INTO young_person AS y (authority, child_id, date_of_birth, unaccompanied, updated, quiet)
	SELECT :authority::text, :child_id::uuid, :date_of_birth_value::date, :unaccompanied::boolean, :now::timestamptz,
		:event_historical::boolean
	ON CONFLICT (authority, child_id) DO UPDATE SET date_of_birth = excluded.date_of_birth,
		unaccompanied = excluded.unaccompanied, updated = excluded.updated,
		version = y.version + 1, check_on = '-infinity',
		quiet = CASE WHEN :event_historical::boolean THEN y.check_on IS NULL OR y.check_on > :today::date OR y.quiet ELSE false END
	WHERE (y.date_of_birth, y.unaccompanied) IS DISTINCT FROM (excluded.date_of_birth, excluded.unaccompanied) OR (SELECT d.yes FROM differs d)
	RETURNING y.authority, y.child_id, y.version
), gone AS (
	DELETE FROM care_period c WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid
		AND NOT EXISTS (SELECT 1 FROM given g WHERE g.short_breaks = c.short_breaks AND g.start = c.start)
), kept AS (
	INSERT INTO care_period AS c (authority, child_id, short_breaks, start, until)
	SELECT :authority::text, :child_id::uuid, g.short_breaks, g.start, g.until FROM given g
	ON CONFLICT (authority, child_id, short_breaks, start) DO UPDATE SET until = excluded.until
	WHERE c.until IS DISTINCT FROM excluded.until
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
