-- Timer "home_ends": the day on which a home is to end. It ends when each child who lives there has a move plan; otherwise
-- the end is withheld, and the home stays closed to further children until somebody decides. The subject is the end.
-- scope: internal
WITH due AS (
	DELETE FROM timer t WHERE t.id = :timer_id::uuid RETURNING t.subject::uuid AS id
), target AS (
	SELECT n.id, n.home_id, without_move_plan(n.home_id, n.on_date) AS lacking
	FROM home_end n WHERE n.id = (SELECT d.id FROM due d) AND n.state = 'PLANNED'
), effect AS (
	UPDATE home_end n SET state = CASE WHEN t.lacking = 0 THEN 'ENDED' ELSE 'WITHHELD' END, updated = :now::timestamptz
	FROM target t WHERE n.id = t.id
	RETURNING n.id, n.home_id, n.on_date, n.reason, n.state, t.lacking
), withheld AS (
	UPDATE home h SET ends_on = NULL, version = h.version + 1, updated = :now::timestamptz
	FROM effect e WHERE h.id = e.home_id AND e.state = 'WITHHELD'
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.home.ended.v1', 'home_end', concat_ws('/', e.id, nullif(c.authority, ''), nullif(c.part, 0)), 1,
		e.home_id::text, c.authority, :now::timestamptz, :traceparent::text, jsonb_build_object(
			'homeId', e.home_id, 'onDate', e.on_date, 'reason', e.reason, 'children', c.children,
			'childCount', c.child_count)
	FROM effect e CROSS JOIN LATERAL concerned(e.home_id, NULL, '') c WHERE e.state = 'ENDED'
	UNION ALL
	SELECT 'hearth.home.end_withheld.v1', 'home_end', concat_ws('/', e.id, nullif(c.authority, ''), nullif(c.part, 0)), 1,
		e.home_id::text, c.authority, :now::timestamptz, :traceparent::text, jsonb_build_object(
			'homeId', e.home_id, 'onDate', e.on_date, 'withoutMovePlan', e.lacking, 'children', c.children,
			'childCount', c.child_count)
	FROM effect e CROSS JOIN LATERAL concerned(e.home_id, NULL, '') c WHERE e.state = 'WITHHELD'
)
SELECT d.id FROM due d
