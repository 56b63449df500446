-- The child stopped being looked after: every period that goes on over that day ends on it. A placement that ends while
-- the child stays in care, or breaks down, ends no period.
WITH ending AS (
	SELECT c.short_breaks, c.start FROM care_period c
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid AND c.until IS NULL
		AND c.start <= :end_date::date
), effect AS (
	UPDATE young_person y SET updated = :now::timestamptz, version = y.version + 1, check_on = '-infinity',
		quiet = CASE WHEN :event_historical::boolean THEN y.check_on IS NULL OR y.check_on > :today::date OR y.quiet ELSE false END
	WHERE y.authority = :authority::text AND y.child_id = :child_id::uuid AND EXISTS (SELECT 1 FROM ending)
	RETURNING y.authority, y.child_id, y.version
), ended AS (
	UPDATE care_period c SET until = :end_date::date, end_code = nullif(nullif(:end_code::text, ''), 'X1') FROM ending g
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid AND c.short_breaks = g.short_breaks
		AND c.start = g.start
), left_for AS (
	INSERT INTO circumstance (authority, child_id, id, revision, kind, start, actor, recorded)
	SELECT e.authority, e.child_id, gen_random_uuid(), 1, x.kind, :end_date::date, 'event', :now::timestamptz
	FROM effect e JOIN end_circumstance x ON x.end_code = :end_code::text AND x.valid_from <= :end_date::date
		AND (x.valid_to IS NULL OR x.valid_to >= :end_date::date)
	WHERE EXISTS (SELECT 1 FROM ending g WHERE NOT g.short_breaks)
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
