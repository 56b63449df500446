-- Tells 16th and 18th birthdays once, on the day; days that were missed are told too, oldest first, at most 500 a run.
-- Birthdays on or before the day the child was recorded are never told.
-- scope: internal
-- plan: fresh
WITH gate AS (
	SELECT t.id FROM timer t WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), mark AS (
	SELECT coalesce(b.through, '-infinity') AS through FROM birthday_told b CROSS JOIN gate g
), coming AS (
	SELECT c.authority, c.id AS child, 16 AS age, attains(c.date_of_birth, 16) AS day, c.recorded_on
	FROM mark m JOIN child c ON c.date_of_birth IS NOT NULL AND attains(c.date_of_birth, 16) > m.through
		AND attains(c.date_of_birth, 16) <= :today::date
	UNION ALL
	SELECT c.authority, c.id, 18, attains(c.date_of_birth, 18), c.recorded_on
	FROM mark m JOIN child c ON c.date_of_birth IS NOT NULL AND attains(c.date_of_birth, 18) > m.through
		AND attains(c.date_of_birth, 18) <= :today::date
), due AS (
	SELECT y.authority, y.child, y.age, y.day FROM coming y
	WHERE y.day > y.recorded_on AND NOT EXISTS (SELECT 1 FROM birthday b
		WHERE b.authority = y.authority AND b.child = y.child AND b.age = y.age)
	ORDER BY y.day, y.authority, y.child, y.age LIMIT 500
), version AS (
	UPDATE child c SET version = c.version + 1
	FROM (SELECT DISTINCT d.authority, d.child FROM due d) d
	WHERE c.authority = d.authority AND c.id = d.child
	RETURNING c.authority, c.id, c.version
), kept AS (
	INSERT INTO birthday (authority, child, age, on_date)
	SELECT d.authority, d.child, d.age, d.day FROM due d
), marked AS (
	UPDATE birthday_told b SET through = :today::date FROM gate g WHERE (SELECT count(*) FROM due) < 500
), moved AS (
	UPDATE timer t SET due = CASE WHEN (SELECT count(*) FROM due) < 500
		THEN (:today::date + 1)::timestamp AT TIME ZONE 'Europe/London' ELSE t.due END
	FROM gate g WHERE t.id = g.id
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.child.turned_16.v1', 'child', d.child::text, v.version, d.child::text, d.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('childId', d.child, 'on', d.day)
	FROM due d JOIN version v ON v.authority = d.authority AND v.id = d.child WHERE d.age = 16
	UNION ALL
	SELECT 'hearth.child.turned_18.v1', 'child', d.child::text, v.version, d.child::text, d.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('childId', d.child, 'on', d.day)
	FROM due d JOIN version v ON v.authority = d.authority AND v.id = d.child WHERE d.age = 18
)
SELECT d.child FROM due d
