-- An import or a state tells the whole present history of a child: date of birth and care periods are replaced by it, and
-- what each ended for is a circumstance from that day on. Why one ended that is held is not forgotten by being told of
-- without it. A circumstance that came of an event and that the history contradicts is withdrawn; a person's never is.
WITH held AS (
	SELECT c.start, c.until, c.short_breaks, c.end_code FROM care_period c
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid
), given AS (
	SELECT DISTINCT ON (p.short_breaks, p.start) p.start, p.until, p.short_breaks, CASE WHEN p.until IS NOT NULL
		THEN coalesce(nullif(nullif(p.end_code, ''), 'X1'), h.end_code) END AS end_code
	FROM unnest(:care_periods_start::date[], :care_periods_end::date[], :care_periods_short_breaks::boolean[],
		:care_periods_end_code::text[]) AS p (start, until, short_breaks, end_code)
	LEFT JOIN held h ON h.short_breaks = p.short_breaks AND h.start = p.start AND h.until = p.until
	ORDER BY p.short_breaks, p.start, p.until DESC NULLS FIRST
), left_care AS (
	SELECT g.until AS start, g.end_code, x.kind, CASE x.kind WHEN 'RETURNED_HOME' THEN g.next END AS until
	FROM (SELECT n.until, n.end_code, lead(n.start) OVER (ORDER BY n.start) AS next FROM given n
		WHERE NOT n.short_breaks AND n.until IS DISTINCT FROM n.start) g
	LEFT JOIN end_circumstance x ON x.end_code = g.end_code AND x.valid_from <= g.until
		AND (x.valid_to IS NULL OR x.valid_to >= g.until)
	WHERE g.until IS NOT NULL
), known AS (
	SELECT DISTINCT ON (k.id) k.id, k.revision, k.kind, k.start, k.until, k.withdrawn,
		bool_and(k.actor = 'event') OVER (PARTITION BY k.id) AS of_events
	FROM circumstance k WHERE k.authority = :authority::text AND k.child_id = :child_id::uuid
	ORDER BY k.id, k.revision DESC
), changed AS (
	SELECT gen_random_uuid() AS id, 1 AS revision, l.kind, l.start, l.until, false AS withdrawn
	FROM left_care l WHERE l.kind IS NOT NULL AND NOT EXISTS (SELECT 1 FROM known k
		WHERE k.kind = l.kind AND k.start = l.start AND NOT (k.withdrawn AND k.of_events))
	UNION ALL
	SELECT k.id, k.revision + 1, k.kind, k.start, l.until, false
	FROM known k JOIN left_care l ON l.kind = k.kind AND l.start = k.start
	WHERE NOT k.withdrawn AND k.until IS NULL AND l.until IS NOT NULL
	UNION ALL
	SELECT k.id, k.revision + 1, k.kind, k.start, k.until, true FROM known k
	WHERE k.of_events AND NOT k.withdrawn AND NOT EXISTS (SELECT 1 FROM left_care l
		WHERE l.start = k.start AND (l.end_code IS NULL OR l.kind = k.kind))
), differs AS (
	SELECT EXISTS (SELECT g.start, g.until, g.short_breaks, g.end_code FROM given g EXCEPT
		SELECT h.start, h.until, h.short_breaks, h.end_code FROM held h)
		OR EXISTS (SELECT h.start, h.until, h.short_breaks, h.end_code FROM held h EXCEPT
		SELECT g.start, g.until, g.short_breaks, g.end_code FROM given g)
		OR EXISTS (SELECT 1 FROM changed) AS yes
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
	INSERT INTO care_period AS c (authority, child_id, short_breaks, start, until, end_code)
	SELECT :authority::text, :child_id::uuid, g.short_breaks, g.start, g.until, g.end_code FROM given g
	ON CONFLICT (authority, child_id, short_breaks, start) DO UPDATE SET until = excluded.until, end_code = excluded.end_code
	WHERE (c.until, c.end_code) IS DISTINCT FROM (excluded.until, excluded.end_code)
), left_for AS (
	INSERT INTO circumstance (authority, child_id, id, revision, kind, start, until, withdrawn, actor, recorded)
	SELECT :authority::text, :child_id::uuid, k.id, k.revision, k.kind, k.start, k.until, k.withdrawn, 'event', :now::timestamptz
	FROM changed k
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
