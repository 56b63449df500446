-- Bars further children from a home or from all homes of a provider: for everybody, or (an embargo) for the caller's
-- council alone. That it bars is told on its first day (bar_days); the same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT h.id FROM home h WHERE h.id = :home_id::uuid
	UNION ALL SELECT p.id FROM provider p WHERE p.id = :provider_id::uuid
), line AS (
	SELECT b.id, b.home_id, b.provider_id, b.authority, b.kind, b.from_date, b.until_date, b.reason, b.source, b.version
	FROM bar b
	WHERE (b.home_id = :home_id::uuid OR b.provider_id = :provider_id::uuid) AND b.kind = :kind::text AND NOT b.by_rule
		AND b.authority = CASE WHEN :kind::text = 'EMBARGO' THEN :authority::text ELSE '' END
), other AS (
	SELECT l.id, l.home_id, l.provider_id, l.authority, l.kind, l.from_date, l.until_date, l.reason, l.source, l.version,
		coalesce(:from_date::date, l.from_date) = l.from_date
			AND (l.until_date, l.reason, l.source) IS NOT DISTINCT FROM
			(:until_date::date, :reason::text, :source::text) AS same
	FROM line l
	WHERE (l.until_date IS NULL OR l.until_date > coalesce(:from_date::date, :today::date))
		AND (:until_date::date IS NULL OR l.from_date < :until_date::date)
	ORDER BY l.from_date, l.id LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN EXISTS (SELECT 1 FROM other o WHERE NOT o.same) THEN 'BARRED'
		WHEN NOT EXISTS (SELECT 1 FROM other) AND (SELECT count(*) FROM line) >= 200 THEN 'TOO_MANY_LINES'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO bar (id, home_id, provider_id, authority, kind, from_date, until_date, reason, source, actor, recorded,
		updated)
	SELECT :new_id::uuid, :home_id::uuid, :provider_id::uuid,
		CASE WHEN :kind::text = 'EMBARGO' THEN :authority::text ELSE '' END, :kind::text,
		coalesce(:from_date::date, :today::date), :until_date::date, :reason::text, :source::text, :actor::text,
		:now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM other)
	RETURNING id, home_id, provider_id, authority, kind, from_date, until_date, reason, source, version
), effect AS (
	SELECT i.id, i.home_id, i.provider_id, i.authority, i.kind, i.from_date, i.until_date, i.reason, i.source, i.version
	FROM inserted i
	UNION ALL
	SELECT o.id, o.home_id, o.provider_id, o.authority, o.kind, o.from_date, o.until_date, o.reason, o.source, o.version
	FROM other o, verdict v WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
)
SELECT v.outcome, CASE v.outcome WHEN 'BARRED' THEN (SELECT o.id FROM other o)::text ELSE '200 bars' END AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.home_id, e.provider_id, e.authority, e.kind, e.from_date, e.until_date, e.reason,
	e.source, e.from_date <= :today::date AND (e.until_date IS NULL OR e.until_date > :today::date) AS in_force
FROM verdict v LEFT JOIN effect e ON true
