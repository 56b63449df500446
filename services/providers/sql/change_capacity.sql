-- Timer "capacity": a day has come on which a block of a home begins or ends, or the home is planned to open. Days that were
-- missed are told together. The subject is the home; the timer moves on to the next such day, or goes.
-- scope: internal
WITH gate AS (
	SELECT t.id, t.subject::uuid AS home_id, (t.due AT TIME ZONE 'Europe/London')::date AS since
	FROM timer t WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), change AS (
	SELECT b.from_date AS day, 'BLOCK_BEGAN' AS code, b.places, b.id, b.reason FROM place_block b
	WHERE b.home_id = (SELECT g.home_id FROM gate g) AND b.from_date BETWEEN (SELECT g.since FROM gate g) AND :today::date
		AND (b.until_date IS NULL OR b.until_date > b.from_date)
		AND b.from_date > (b.recorded AT TIME ZONE 'Europe/London')::date
	UNION ALL
	SELECT b.until_date, 'BLOCK_ENDED', b.places, b.id, b.reason FROM place_block b
	WHERE b.home_id = (SELECT g.home_id FROM gate g) AND b.until_date BETWEEN (SELECT g.since FROM gate g) AND :today::date
		AND b.until_date > b.from_date AND b.until_date > (b.updated AT TIME ZONE 'Europe/London')::date
	UNION ALL
	SELECT h.planned_open, 'PLANNED_OPENING', h.places, NULL, NULL FROM home h
	WHERE h.id = (SELECT g.home_id FROM gate g) AND h.planned_open BETWEEN (SELECT g.since FROM gate g) AND :today::date
		AND NOT EXISTS (SELECT 1 FROM opening o WHERE o.home_id = (SELECT g.home_id FROM gate g) AND o.opened = h.planned_open)
), next AS (
	SELECT least(
		(SELECT min(b.from_date) FROM place_block b WHERE b.home_id = (SELECT g.home_id FROM gate g) AND b.from_date > :today::date
			AND (b.until_date IS NULL OR b.until_date > b.from_date)),
		(SELECT min(b.until_date) FROM place_block b WHERE b.home_id = (SELECT g.home_id FROM gate g) AND b.until_date > :today::date
			AND b.until_date > b.from_date),
		(SELECT h.planned_open FROM home h WHERE h.id = (SELECT g.home_id FROM gate g) AND h.planned_open > :today::date)) AS day
), counted AS (
	UPDATE capacity c SET version = c.version + 1
	WHERE c.home_id = (SELECT g.home_id FROM gate g) AND EXISTS (SELECT 1 FROM change)
	RETURNING c.home_id, c.version
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.capacity.changed.v1', 'capacity', c.home_id::text, c.version, c.home_id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object('homeId', c.home_id, 'date', :today::date, 'changes',
			(SELECT jsonb_agg(jsonb_build_object('code', x.code, 'places', jsonb_build_object('value', x.places), 'blockId', x.id,
				'reason', CASE x.reason WHEN 'ALLEGATION' THEN 'CARER_UNAVAILABLE' ELSE x.reason END) ORDER BY x.day, x.code, x.id)
			FROM change x))
	FROM counted c
), gone AS (
	DELETE FROM timer t WHERE t.id = (SELECT g.id FROM gate g) AND (SELECT n.day FROM next n) IS NULL
	RETURNING t.id
), moved AS (
	UPDATE timer t SET due = n.day::timestamp AT TIME ZONE 'Europe/London'
	FROM next n WHERE t.id = (SELECT g.id FROM gate g) AND n.day IS NOT NULL
	RETURNING t.id
)
SELECT g.id FROM gone g UNION ALL SELECT m.id FROM moved m
