-- A child is known, or what is known has changed: keeps the date of birth.
WITH effect AS (
	INSERT INTO young_person AS y (authority, child_id, date_of_birth, updated)
	SELECT :authority::text, :child_id::uuid, :date_of_birth_value::date, :now::timestamptz
	ON CONFLICT (authority, child_id) DO UPDATE SET date_of_birth = excluded.date_of_birth, updated = excluded.updated,
		version = y.version + 1
	WHERE y.date_of_birth IS DISTINCT FROM excluded.date_of_birth
	RETURNING y.authority, y.child_id, y.version
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		historical, payload)
	SELECT 'hearth.young_person.recorded.v1', 'young_person', e.child_id::text, e.version, e.child_id::text,
		e.authority, :now::timestamptz, :traceparent::text, :event_historical::boolean,
		jsonb_build_object('childId', e.child_id)
	FROM effect e
)
SELECT e.version FROM effect e
