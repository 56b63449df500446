-- A child who lives in no placement stopped being looked after: went home after a breakdown or a planned end, or left
-- care that only an imported episode shows. An episode that goes on ends on the day. After an end without a next home
-- (REC X1) the child stayed looked after: on the day of that end its REC says now why care ended; later, the days since
-- are an episode of their own, whose home is not known.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT c.id, c.version FROM child c WHERE c.authority = :authority::text AND c.id = :child_id::uuid
), tail AS (
	SELECT x.authority, x.child, x.decom, x.rne, x.ls, x.cin, x.place, x.place_provider, x.dec, x.rec,
		x.reason_place_change, x.home_outward, x.place_outward, x.urn, x.return_year, x.source, x.placement,
		x.recorded, x.recorded_by, x.dec IS NULL AS goes_on, x.source = 'LIVE' AND x.rec = 'X1' AS in_care
	FROM target t JOIN episode x ON x.authority = :authority::text AND x.child = :child_id::uuid
	ORDER BY x.decom DESC LIMIT 1
), lived AS (
	SELECT p.id, p.end_date, p.left_care, p.legal_status
	FROM target t JOIN placement p ON p.authority = :authority::text AND p.child = :child_id::uuid
	WHERE p.end_date IS NOT NULL
	ORDER BY p.end_date DESC, p.start_date DESC, p.updated DESC LIMIT 1
), care AS (
	SELECT coalesce(l.goes_on, false) AS goes_on, CASE WHEN l.goes_on THEN l.decom + 1
		ELSE greatest(CASE WHEN l.in_care THEN l.dec END,
			CASE WHEN NOT p.left_care AND p.end_date > coalesce(l.dec, '-infinity') THEN p.end_date END) END AS since
	FROM target t LEFT JOIN tail l ON true LEFT JOIN lived p ON true
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN EXISTS (SELECT 1 FROM placement p WHERE p.authority = :authority::text AND p.child = :child_id::uuid
			AND p.state = 'STARTED') THEN 'LIVES_IN_PLACEMENT'
		WHEN (SELECT c.since FROM care c) IS NULL THEN 'NOT_IN_CARE'
		WHEN :end_date::date < (SELECT c.since FROM care c) THEN 'CARE_WENT_ON'
		WHEN NOT code_holds('REC', :end_code::text, return_year(:end_date::date)) THEN 'UNKNOWN_END_CODE'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE child c SET version = c.version + 1, updated = :now::timestamptz, updated_by = :actor::text
	FROM verdict v
	WHERE v.outcome = 'OK' AND c.authority = :authority::text AND c.id = :child_id::uuid
	RETURNING c.authority, c.id, c.version
), closing AS (
	SELECT l.authority, l.child, l.decom, l.rne, l.ls, l.cin, l.place, l.place_provider, l.dec, l.rec,
		l.reason_place_change, l.home_outward, l.place_outward, l.urn, l.return_year, l.source, l.placement,
		l.recorded, l.recorded_by
	FROM effect e CROSS JOIN tail l WHERE l.goes_on OR (l.in_care AND l.dec = :end_date::date)
), closed AS (
	UPDATE episode x SET dec = :end_date::date, rec = :end_code::text, source = 'LIVE', recorded = :now::timestamptz,
		recorded_by = :actor::text
	FROM closing h
	WHERE x.authority = :authority::text AND x.child = :child_id::uuid AND x.decom = (SELECT g.decom FROM closing g)
), revised AS (
	INSERT INTO episode_revision (authority, child, decom, rne, ls, cin, place, place_provider, dec, rec,
		reason_place_change, home_outward, place_outward, urn, return_year, source, placement,
		recorded, recorded_by,
		revised, revised_by, why)
	SELECT h.authority, h.child, h.decom, h.rne, h.ls, h.cin, h.place, h.place_provider, h.dec, h.rec,
		h.reason_place_change, h.home_outward, h.place_outward, h.urn, h.return_year, h.source, h.placement,
		h.recorded, h.recorded_by,
		:now::timestamptz, :actor::text, 'LEFT_CARE'
	FROM closing h
), between_homes AS (
	INSERT INTO episode (authority, child, decom, rne, ls, cin, dec, rec, home_outward, source, recorded, recorded_by)
	SELECT e.authority, e.id, c.since, CASE WHEN l.in_care THEN 'P' ELSE 'S' END,
		CASE WHEN l.in_care THEN l.ls ELSE p.legal_status END, CASE WHEN l.in_care THEN l.cin END, :end_date::date,
		:end_code::text, CASE WHEN l.in_care THEN l.home_outward END, 'LIVE', :now::timestamptz, :actor::text
	FROM effect e CROSS JOIN care c LEFT JOIN tail l ON true LEFT JOIN lived p ON true
	WHERE NOT c.goes_on AND c.since < :end_date::date
), left_from AS (
	UPDATE placement p SET left_care = true, end_code = :end_code::text, updated = :now::timestamptz,
		updated_by = :actor::text, version = p.version + 1
	FROM effect e CROSS JOIN lived l
	WHERE p.authority = :authority::text AND p.id = (SELECT o.id FROM lived o) AND NOT l.left_care AND l.end_date = :end_date::date
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.care.ended.v1', 'child', e.id::text, e.version, e.id::text, e.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object('childId', e.id, 'endDate', :end_date::date, 'endCode', :end_code::text)
	FROM effect e
)
SELECT v.outcome, (SELECT c.since FROM care c)::text AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, c.sex, c."date_of_birth.value", c.unaccompanied, c.external_ids, c."turns_16.value",
	c."turns_18.value"
FROM verdict v LEFT JOIN effect e ON true
LEFT JOIN child_reading c ON c.authority = :authority::text AND c.id = :child_id::uuid AND e.id IS NOT NULL
