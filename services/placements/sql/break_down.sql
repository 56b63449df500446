-- An unplanned end for a reason of the breakdown set of its day (R49); the child stays looked after.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT p.id, p.child, p.state, p.version, p.start_date
	FROM placement p WHERE p.authority = :authority::text AND p.id = :placement_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN NOT (SELECT may(t.state, 'BREAK_DOWN') FROM target t) THEN 'WRONG_STATE'
		WHEN :end_date::date < (SELECT t.start_date FROM target t) THEN 'END_BEFORE_START'
		WHEN NOT EXISTS (SELECT 1 FROM breakdown_reason b WHERE b.reason = :reason::text
			AND b.valid_from <= :end_date::date AND (b.valid_to IS NULL OR b.valid_to >= :end_date::date))
			THEN 'NOT_A_BREAKDOWN'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE placement p SET state = 'BROKE_DOWN', end_date = :end_date::date, reason = :reason::text,
		notice_hours = :notice_hours_value::integer, end_code = 'X1',
		updated = :now::timestamptz, updated_by = :actor::text, version = p.version + 1
	FROM verdict v
	WHERE v.outcome = 'OK' AND p.authority = :authority::text AND p.id = :placement_id::uuid
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), held AS (
	SELECT x.authority, x.child, x.decom, x.rne, x.ls, x.cin, x.place, x.place_provider, x.dec, x.rec,
		x.reason_place_change, x.home_outward, x.place_outward, x.urn, x.return_year, x.source, x.placement,
		x.recorded, x.recorded_by
	FROM effect e JOIN episode x ON x.authority = :authority::text AND x.child = (SELECT t.child FROM target t) AND x.placement = e.id
	WHERE x.dec IS NULL
), closed AS (
	UPDATE episode x SET dec = e.end_date, rec = e.end_code, reason_place_change = e.reason,
		recorded = :now::timestamptz, recorded_by = :actor::text
	FROM effect e
	WHERE x.authority = :authority::text AND x.child = (SELECT t.child FROM target t) AND x.placement = e.id AND x.dec IS NULL
		AND x.decom < e.end_date
), dropped AS (
	DELETE FROM episode x USING effect e
	WHERE x.authority = :authority::text AND x.child = (SELECT t.child FROM target t) AND x.placement = e.id AND x.dec IS NULL
		AND x.decom >= e.end_date
), revised AS (
	INSERT INTO episode_revision (authority, child, decom, rne, ls, cin, place, place_provider, dec, rec,
		reason_place_change, home_outward, place_outward, urn, return_year, source, placement,
		recorded, recorded_by,
		revised, revised_by, why)
	SELECT h.authority, h.child, h.decom, h.rne, h.ls, h.cin, h.place, h.place_provider, h.dec, h.rec,
		h.reason_place_change, h.home_outward, h.place_outward, h.urn, h.return_year, h.source, h.placement,
		h.recorded, h.recorded_by,
		:now::timestamptz, :actor::text, CASE WHEN h.decom >= e.end_date THEN 'ENDED_ON_FIRST_DAY' ELSE 'CLOSED' END
	FROM held h CROSS JOIN effect e
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.placement.broke_down.v1', 'placement', e.id::text, e.version, e.child::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('placementId', e.id, 'childId', e.child,
		'referralId', e.referral_id, 'homeId', e.home_id, 'endDate', e.end_date, 'reason', e.reason,
		'noticeHours',
		CASE WHEN e.notice_hours IS NOT NULL THEN jsonb_build_object('value', e.notice_hours) END,
		'placementType', e.placement_type)
	FROM effect e
)
SELECT v.outcome, CASE WHEN v.outcome = 'WRONG_STATE' THEN (SELECT t.state FROM target t)
		ELSE (SELECT t.start_date FROM target t)::text END AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.child AS child_id, e.state, e.referral_id, e.offer_id, e.hold_id, e.home_id, e.planned_start, e.planned_end,
	e.start_date, e.end_date, e.weekly_fee_pence AS "weekly_fee.pence", e.notice_days AS "notice_days.value",
	e.placement_type, e.legal_status, e.reason, e.notice_hours AS "notice_hours.value", e.end_code,
	e.moved_from, e.moved_to, e.left_care, e.version::text AS etag,
	fee_changes(:authority::text, e.id) AS fee_changes,
	external_ids(:authority::text, 'placement', e.id) AS external_ids
FROM verdict v LEFT JOIN effect e ON true
