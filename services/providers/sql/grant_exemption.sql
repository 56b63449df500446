-- More children than the usual limit may live with a household: those whom the council of its area names, or siblings.
-- The same again changes nothing.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), house AS (
	SELECT h.id, h.kind, h.area_authority FROM home h WHERE h.id = :home_id::uuid
), named AS (
	SELECT ARRAY(SELECT DISTINCT c.id FROM unnest(:child_ids::uuid[]) c (id) ORDER BY c.id) AS children
), same AS (
	SELECT e.id FROM exemption e, named n
	WHERE e.home_id = :home_id::uuid AND e.authority = :authority::text AND e.basis = :basis::text
		AND e.children = n.children AND e.from_date = :from_date::date
		AND (:until_date::date IS NULL OR e.until_date = :until_date::date)
	ORDER BY e.recorded DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM house) THEN 'NOT_FOUND'
		WHEN (SELECT h.kind FROM house h) <> 'FOSTERING' THEN 'NOT_FOSTERING'
		WHEN :basis::text = 'EXEMPTION' AND (SELECT h.area_authority FROM house h) IS NULL THEN 'AREA_UNKNOWN'
		WHEN :basis::text = 'EXEMPTION' AND (SELECT h.area_authority FROM house h) <> :authority::text
			THEN 'NOT_AREA_AUTHORITY'
		WHEN NOT EXISTS (SELECT 1 FROM same) AND (SELECT count(*) FROM exemption e WHERE e.home_id = :home_id::uuid) >= 200
			THEN 'TOO_MANY_EXEMPTIONS'
		ELSE 'OK' END AS outcome
), effect AS (
	INSERT INTO exemption (id, home_id, authority, basis, children, from_date, until_date, source, actor, recorded, updated)
	SELECT :new_id::uuid, :home_id::uuid, :authority::text, :basis::text, n.children, :from_date::date, :until_date::date,
		:source::text, :actor::text, :now::timestamptz, :now::timestamptz
	FROM verdict v, named n WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same)
	RETURNING id, home_id, basis, children, from_date, until_date, source, version
), noted AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz FROM effect e WHERE h.id = e.home_id
), awaited AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_limit', '', e.home_id::text, :now::timestamptz FROM effect e
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text,
		coalesce((SELECT e.id FROM effect e), (SELECT s.id FROM same s))::text, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK'
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.carer.exemption_granted.v1', 'exemption', e.id::text, e.version, e.home_id::text, :authority::text,
		:now::timestamptz, :traceparent::text, jsonb_build_object('exemptionId', e.id, 'homeId', e.home_id, 'basis', e.basis,
			'children', cardinality(e.children), 'fromDate', e.from_date, 'untilDate', e.until_date)
	FROM effect e
)
SELECT v.outcome, (SELECT h.area_authority FROM house h) AS detail,
	coalesce((SELECT s.result_key FROM seen s), w.id::text) AS result_key,
	w.id, w.home_id, w.version::text AS etag, w.basis, w.children::text[] AS child_ids, w.from_date, w.until_date, w.source
FROM verdict v LEFT JOIN LATERAL (
	SELECT e.id, e.home_id, e.version, e.basis, e.children, e.from_date, e.until_date, e.source FROM effect e
	UNION ALL
	SELECT x.id, x.home_id, x.version, x.basis, x.children, x.from_date, x.until_date, x.source FROM exemption x
	WHERE v.outcome = 'OK' AND x.id = (SELECT s.id FROM same s)
) w ON true
