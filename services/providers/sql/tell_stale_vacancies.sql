-- Timer "stale_vacancies": homes whose vacancies nobody has confirmed for longer than they are good for, once each, at most
-- 500 a run, those that have waited longest first.
-- scope: internal
-- plan: fresh
WITH gate AS (
	SELECT t.id FROM timer t WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), law AS (
	SELECT r.value, r.source FROM rule r
	WHERE r.code = 'VACANCY_STALE_DAYS' AND r.from_date <= :today::date AND (r.until_date IS NULL OR r.until_date > :today::date)
), due AS (
	SELECT c.home_id FROM gate g CROSS JOIN law l JOIN capacity c ON NOT c.stale
		AND c.confirmed < :now::timestamptz - make_interval(days => l.value)
	ORDER BY c.confirmed, c.home_id LIMIT 500
), marked AS (
	UPDATE capacity c SET stale = true, version = c.version + 1
	FROM due d WHERE c.home_id = d.home_id
	RETURNING c.home_id, c.version
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.capacity.stale.v1', 'capacity', m.home_id::text, m.version, m.home_id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object('homeId', m.home_id,
			'confirmed', to_char(h.vacancy_confirmed AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
			'afterDays', l.value, 'source', l.source)
	FROM marked m JOIN home h ON h.id = m.home_id CROSS JOIN law l
)
UPDATE timer t SET due = CASE WHEN (SELECT count(*) FROM due) = 500 THEN :now::timestamptz
	ELSE coalesce(least((SELECT min(c.confirmed) FROM capacity c WHERE NOT c.stale
			AND c.home_id NOT IN (SELECT d.home_id FROM due d)) + make_interval(days => (SELECT l.value FROM law l), secs => 1),
		:now::timestamptz + interval '1 day'), :now::timestamptz + interval '1 day') END
FROM gate g WHERE t.id = g.id
