-- Timer "bar_begins": a bar keeps further children out from this day on: told to supply and to each council whose children
-- live there, an embargo to its own council. The subject is the bar; one that ended before it began is not told.
-- scope: internal
WITH due AS (
	DELETE FROM timer t WHERE t.id = :timer_id::uuid RETURNING t.subject::uuid AS id
), effect AS (
	UPDATE bar b SET told = 1
	FROM due d
	WHERE b.id = d.id AND b.told = 0 AND (b.until_date IS NULL OR b.until_date > b.from_date)
	RETURNING b.id, b.home_id, b.provider_id, b.authority, b.kind, b.from_date, b.until_date, b.reason
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.home.barred.v1', 'bar', concat_ws('/', e.id, nullif(c.authority, ''), nullif(c.part, 0)), 1,
		coalesce(e.home_id, e.provider_id)::text, c.authority, :now::timestamptz, :traceparent::text, jsonb_build_object(
			'barId', e.id, 'homeId', e.home_id, 'providerId', e.provider_id, 'kind', e.kind, 'fromDate', e.from_date,
			'untilDate', e.until_date, 'reason', e.reason, 'children', c.children, 'childCount', c.child_count)
	FROM effect e CROSS JOIN LATERAL concerned(e.home_id, e.provider_id, e.authority) c
	ORDER BY c.authority, c.part
)
SELECT d.id FROM due d
