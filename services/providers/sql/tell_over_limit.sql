-- Timer "carer_limit": tells a household that has more children than it may, once until there are more still, and looks
-- again each day while it has, and when an exemption ends. The subject is the home.
-- scope: internal
WITH due AS (
	SELECT t.id, t.subject::uuid AS home_id FROM timer t WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), stands AS (
	SELECT d.home_id, l.children + coalesce(l.other_children, 0) AS children, l.usual, l.state
	FROM due d CROSS JOIN LATERAL fostering_limit(d.home_id, :today::date) l
), open AS (
	SELECT o.home_id, o.from_date, o.children FROM over_limit o
	WHERE o.home_id = (SELECT d.home_id FROM due d) AND o.until_date IS NULL
), began AS (
	INSERT INTO over_limit (home_id, from_date, children)
	SELECT s.home_id, :today::date, s.children FROM stands s WHERE s.state = 'OVER' AND NOT EXISTS (SELECT 1 FROM open)
	ON CONFLICT (home_id, from_date) DO UPDATE SET until_date = NULL, children = excluded.children,
		version = over_limit.version + 1
	RETURNING home_id, from_date, children, version
), grew AS (
	UPDATE over_limit o SET children = s.children, version = o.version + 1 FROM stands s, open p
	WHERE o.home_id = p.home_id AND o.from_date = p.from_date AND s.state = 'OVER' AND s.children > p.children
	RETURNING o.home_id, o.from_date, o.children, o.version
), ended AS (
	UPDATE over_limit o SET until_date = :today::date FROM stands s, open p
	WHERE o.home_id = p.home_id AND o.from_date = p.from_date AND s.state <> 'OVER'
), coming AS (
	SELECT CASE WHEN (SELECT s.state FROM stands s) = 'OVER' THEN :today::date + 1
		ELSE (SELECT min(e.until_date) FROM exemption e WHERE e.home_id = (SELECT d.home_id FROM due d)
			AND e.until_date > :today::date) END AS day
), moved AS (
	UPDATE timer t SET due = c.day::timestamp AT TIME ZONE 'Europe/London' FROM due d, coming c
	WHERE t.id = d.id AND c.day IS NOT NULL
), dropped AS (
	DELETE FROM timer t USING due d, coming c WHERE t.id = d.id AND c.day IS NULL
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.carer.over_limit.v1', 'over_limit', concat(n.home_id, ' ', n.from_date), n.version, n.home_id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object('homeId', n.home_id, 'since', n.from_date,
			'children', n.children, 'usualLimit', s.usual)
	FROM (SELECT b.home_id, b.from_date, b.children, b.version FROM began b
		UNION ALL SELECT g.home_id, g.from_date, g.children, g.version FROM grew g) n,
		stands s
)
SELECT d.home_id FROM due d
