-- A home's provider says which places are free. What is left of the places is lived in by other children; where the sum is
-- another one, somebody has to be wrong, and nothing is written.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT h.id, h.version, h.places, h.other_children FROM home h WHERE h.id = :home_id::uuid
), used AS (
	SELECT t.places, (SELECT count(*) FROM hold k WHERE k.home_id = :home_id::uuid AND k.state IN ('HELD', 'CONFIRMED'))::integer AS live,
		(SELECT coalesce(sum(b.places), 0) FROM place_block b WHERE b.home_id = :home_id::uuid AND b.from_date <= :today::date
			AND (b.until_date IS NULL OR b.until_date > :today::date))::integer AS blocked
	FROM target t
), remaining AS (
	SELECT u.places, u.live, u.blocked, u.places - u.live - u.blocked - :free::integer AS others FROM used u
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT CASE WHEN :free::integer = 0 THEN :other_children_value::integer < m.others
			ELSE m.others < 0 OR :other_children_value::integer <> m.others END FROM remaining m) THEN 'VACANCIES_DO_NOT_ADD_UP'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE home h SET vacancy_confirmed = :now::timestamptz, other_children_on = :today::date,
		other_children = coalesce(:other_children_value::integer, CASE WHEN m.others >= 0 THEN m.others END),
		version = h.version + 1, updated = :now::timestamptz
	FROM verdict v, remaining m
	WHERE v.outcome = 'OK' AND h.id = :home_id::uuid
	RETURNING h.id, h.version, h.other_children, h.vacancy_confirmed
), before AS (
	SELECT c.free, c.other_children FROM vacancy_confirmation c
	WHERE c.home_id = :home_id::uuid ORDER BY c.on_date DESC LIMIT 1
), kept AS (
	INSERT INTO vacancy_confirmation (home_id, on_date, free, other_children, derived, actor, recorded)
	SELECT e.id, :today::date, :free::integer, e.other_children, :other_children_value::integer IS NULL, :actor::text,
		:now::timestamptz
	FROM effect e
	WHERE NOT EXISTS (SELECT 1 FROM before b
		WHERE b.free = :free::integer AND b.other_children IS NOT DISTINCT FROM e.other_children)
	ON CONFLICT (home_id, on_date) DO UPDATE SET free = excluded.free, other_children = excluded.other_children,
		derived = excluded.derived, actor = excluded.actor, recorded = excluded.recorded
), news AS (
	SELECT e.id FROM effect e, target t, capacity c
	WHERE c.home_id = :home_id::uuid AND (c.stale OR e.other_children IS DISTINCT FROM t.other_children)
), counted AS (
	UPDATE capacity c SET confirmed = :now::timestamptz, stale = false,
		version = c.version + (SELECT count(*) FROM news)
	WHERE c.home_id = (SELECT e.id FROM effect e)
	RETURNING c.home_id, c.version
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.capacity.changed.v1', 'capacity', c.home_id::text, c.version, c.home_id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object('homeId', c.home_id, 'date', :today::date,
			'changes', jsonb_build_array(jsonb_build_object('code', 'VACANCIES_CONFIRMED',
				'places', jsonb_build_object('value', :free::integer))))
	FROM counted c WHERE EXISTS (SELECT 1 FROM news)
)
SELECT v.outcome, (SELECT concat(m.places, ' offered; ', m.live, ' held or lived in, ', m.blocked, ' kept back, ', :free::integer,
		' free', ', ' || :other_children_value::integer || ' other children') FROM remaining m) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id AS home_id, e.version::text AS etag, CASE WHEN e.id IS NOT NULL THEN :today::date END AS on_date,
	CASE WHEN e.id IS NOT NULL THEN :free::integer END AS free, e.other_children::bigint AS "other_children.value",
	CASE WHEN e.id IS NOT NULL THEN :other_children_value::integer IS NULL END AS derived, e.vacancy_confirmed AS confirmed
FROM verdict v LEFT JOIN effect e ON true
