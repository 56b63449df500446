-- The child stopped being looked after: every period that goes on over that day ends on it. A placement that ends while
-- the child stays in care, or breaks down, ends no period.
WITH ending AS (
	SELECT c.short_breaks, c.start FROM care_period c
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid AND c.until IS NULL
		AND c.start <= :end_date::date
), effect AS (
	UPDATE young_person y SET updated = :now::timestamptz, version = y.version + 1
	WHERE y.authority = :authority::text AND y.child_id = :child_id::uuid AND EXISTS (SELECT 1 FROM ending)
	RETURNING y.authority, y.child_id, y.version
), ended AS (
	UPDATE care_period c SET until = :end_date::date FROM ending g
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid AND c.short_breaks = g.short_breaks
		AND c.start = g.start
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		historical, payload)
	SELECT 'hearth.young_person.recorded.v1', 'young_person', e.child_id::text, e.version, e.child_id::text,
		e.authority, :now::timestamptz, :traceparent::text, :event_historical::boolean,
		jsonb_build_object('childId', e.child_id)
	FROM effect e
)
SELECT e.version FROM effect e
