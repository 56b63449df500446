-- A child is known, or what is known has changed: keeps the date of birth.
WITH effect AS (
	INSERT INTO young_person AS y (authority, child_id, date_of_birth, unaccompanied, updated, quiet)
	SELECT :authority::text, :child_id::uuid, :date_of_birth_value::date, :unaccompanied::boolean, :now::timestamptz,
		:event_historical::boolean
	ON CONFLICT (authority, child_id) DO UPDATE SET date_of_birth = excluded.date_of_birth,
		unaccompanied = excluded.unaccompanied, updated = excluded.updated,
		version = y.version + 1, check_on = '-infinity',
		quiet = CASE WHEN :event_historical::boolean THEN y.check_on IS NULL OR y.check_on > :today::date OR y.quiet ELSE false END
	WHERE (y.date_of_birth, y.unaccompanied) IS DISTINCT FROM (excluded.date_of_birth, excluded.unaccompanied)
	RETURNING y.authority, y.child_id, y.version
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
