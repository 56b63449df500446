-- Ends an exemption that this council granted, on a day.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT e.id, e.version, e.from_date, e.until_date FROM exemption e
	WHERE e.id = :exemption_id::uuid AND e.authority = :authority::text
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT t.until_date FROM target t) = greatest((SELECT t.from_date FROM target t), :date::date) THEN 'OK'
		WHEN (SELECT t.until_date FROM target t) <= :today::date THEN 'WRONG_STATE'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE exemption e SET until_date = greatest(e.from_date, :date::date), version = e.version + 1, updated = :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND e.id = :exemption_id::uuid AND e.authority = :authority::text
		AND e.until_date IS DISTINCT FROM greatest(e.from_date, :date::date)
	RETURNING e.id, e.home_id, e.basis, e.children, e.from_date, e.until_date, e.source, e.version
), noted AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz FROM effect e WHERE h.id = e.home_id
), awaited AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_limit', '', e.home_id::text, :now::timestamptz FROM effect e
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, t.id::text,
		:now::timestamptz
	FROM verdict v, target t WHERE v.outcome = 'OK'
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.carer.exemption_ended.v1', 'exemption', e.id::text, e.version, e.home_id::text, :authority::text,
		:now::timestamptz, :traceparent::text, jsonb_build_object('exemptionId', e.id, 'homeId', e.home_id,
			'date', e.until_date)
	FROM effect e
)
SELECT v.outcome, (SELECT 'ended on ' || t.until_date FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), w.id::text) AS result_key,
	w.id, w.home_id, w.version::text AS etag, w.basis, w.children::text[] AS child_ids, w.from_date, w.until_date, w.source
FROM verdict v LEFT JOIN LATERAL (
	SELECT e.id, e.home_id, e.version, e.basis, e.children, e.from_date, e.until_date, e.source FROM effect e
	UNION ALL
	SELECT x.id, x.home_id, x.version, x.basis, x.children, x.from_date, x.until_date, x.source FROM exemption x
	WHERE v.outcome = 'OK' AND x.id = :exemption_id::uuid AND x.authority = :authority::text
		AND NOT EXISTS (SELECT 1 FROM effect)
) w ON true
