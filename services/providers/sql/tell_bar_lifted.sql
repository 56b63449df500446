-- Timer "bar_ends": a bar holds no longer from this day on: told to those to whom it was told that it holds. The subject
-- is the bar. That it holds is always told first.
-- scope: internal
WITH due AS (
	DELETE FROM timer t WHERE t.id = :timer_id::uuid AND NOT EXISTS (SELECT 1 FROM timer b
		WHERE b.kind = 'bar_begins' AND b.authority = :authority::text AND b.subject = :subject::text
			AND b.due <= :now::timestamptz)
	RETURNING t.subject::uuid AS id
), effect AS (
	UPDATE bar b SET told = 2
	FROM due d WHERE b.id = d.id AND b.told = 1 AND b.until_date <= :today::date
	RETURNING b.id, b.home_id, b.provider_id, b.authority, b.kind, b.from_date, b.until_date
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.home.bar_lifted.v1', 'bar', concat_ws('/', e.id, nullif(c.authority, ''), nullif(c.part, 0)), 2,
		coalesce(e.home_id, e.provider_id)::text, c.authority, :now::timestamptz, :traceparent::text, jsonb_build_object(
			'barId', e.id, 'homeId', e.home_id, 'providerId', e.provider_id, 'kind', e.kind, 'fromDate', e.from_date,
			'untilDate', e.until_date, 'children', c.children, 'childCount', c.child_count)
	FROM effect e CROSS JOIN LATERAL concerned(e.home_id, e.provider_id, e.authority) c
	ORDER BY c.authority, c.part
)
SELECT d.id FROM due d
