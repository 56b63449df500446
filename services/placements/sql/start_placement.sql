-- The child lives there: the placement starts and opens an episode; an episode that was open ends on that day.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT p.id, p.child, p.state, p.version, p.start_date, p.planned_start, p.placement_type, p.legal_status
	FROM placement p WHERE p.authority = :authority::text AND p.id = :placement_id::uuid
), asked AS (
	SELECT t.id, t.child, coalesce(:start_date::date, t.planned_start) AS day,
		coalesce(:placement_type::text, t.placement_type) AS place, coalesce(:legal_status::text, t.legal_status) AS ls
	FROM target t
), prior AS (
	SELECT e.ls, e.cin, e.home_outward, e.dec IS NULL OR e.dec > a.day OR coalesce(e.rec, '') = 'X1' AS in_care
	FROM asked a JOIN episode e ON e.authority = :authority::text AND e.child = (SELECT t.child FROM target t) AND e.decom < a.day
	ORDER BY e.decom DESC LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN NOT (SELECT may(t.state, 'START') FROM target t) THEN 'WRONG_STATE'
		WHEN (SELECT a.day FROM asked a) IS NULL THEN 'NO_START_DATE'
		WHEN (SELECT a.day FROM asked a) > :today::date THEN 'FUTURE_START'
		WHEN NOT (SELECT a.place IS NULL OR code_holds('PLACE', a.place, return_year(a.day)) FROM asked a)
			THEN 'UNKNOWN_PLACE'
		WHEN NOT (SELECT a.ls IS NULL OR code_holds('LS', a.ls, return_year(a.day)) FROM asked a)
			THEN 'UNKNOWN_LEGAL_STATUS'
		WHEN :category_of_need::text IS NOT NULL AND NOT (SELECT code_holds('CIN', :category_of_need::text,
			return_year(a.day)) FROM asked a) THEN 'UNKNOWN_NEED'
		WHEN :move_reason::text IS NOT NULL AND NOT (SELECT code_holds('REASON_PLACE_CHANGE', :move_reason::text,
			return_year(a.day)) FROM asked a) THEN 'UNKNOWN_MOVE_REASON'
		WHEN EXISTS (SELECT 1 FROM asked a JOIN placement p ON p.authority = :authority::text AND p.child = (SELECT t.child FROM target t)
			AND p.state = 'STARTED') THEN 'ALREADY_PLACED'
		WHEN EXISTS (SELECT 1 FROM asked a JOIN episode e ON e.authority = :authority::text AND e.child = (SELECT t.child FROM target t)
			AND (e.decom > a.day OR (e.decom = a.day AND e.source = 'LIVE'))) THEN 'LATER_EPISODE'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE placement p SET state = 'STARTED', start_date = a.day, placement_type = a.place,
		legal_status = coalesce(a.ls, (SELECT r.ls FROM prior r WHERE r.in_care)), reason = NULL,
		updated = :now::timestamptz, updated_by = :actor::text, version = p.version + 1
	FROM asked a CROSS JOIN verdict v
	WHERE v.outcome = 'OK' AND p.authority = :authority::text AND p.id = :placement_id::uuid
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), held AS (
	SELECT x.authority, x.child, x.decom, x.rne, x.ls, x.cin, x.place, x.place_provider, x.dec, x.rec,
		x.reason_place_change, x.home_outward, x.place_outward, x.urn, x.return_year, x.source, x.placement,
		x.recorded, x.recorded_by
	FROM effect e JOIN episode x ON x.authority = :authority::text AND x.child = (SELECT t.child FROM target t)
	WHERE (x.dec IS NULL AND x.decom < e.start_date) OR x.decom = e.start_date
), revised AS (
	INSERT INTO episode_revision (authority, child, decom, rne, ls, cin, place, place_provider, dec, rec,
		reason_place_change, home_outward, place_outward, urn, return_year, source, placement,
		recorded, recorded_by,
		revised, revised_by, why)
	SELECT h.authority, h.child, h.decom, h.rne, h.ls, h.cin, h.place, h.place_provider, h.dec, h.rec,
		h.reason_place_change, h.home_outward, h.place_outward, h.urn, h.return_year, h.source, h.placement,
		h.recorded, h.recorded_by,
		:now::timestamptz, :actor::text, CASE WHEN h.decom = e.start_date THEN 'TAKEN_OVER' ELSE 'CLOSED' END
	FROM held h CROSS JOIN effect e
), closed AS (
	UPDATE episode x SET dec = e.start_date, rec = 'X1', source = 'LIVE', recorded = :now::timestamptz,
		reason_place_change = coalesce(:move_reason::text, x.reason_place_change), recorded_by = :actor::text
	FROM effect e
	WHERE x.authority = :authority::text AND x.child = (SELECT t.child FROM target t) AND x.dec IS NULL AND x.decom < e.start_date
), opened AS (
	INSERT INTO episode (authority, child, decom, rne, ls, cin, place, home_outward, source, placement, recorded,
		recorded_by)
	SELECT e.authority, e.child, e.start_date, CASE WHEN r.in_care IS NOT TRUE THEN 'S'
		WHEN r.ls <> e.legal_status THEN 'B' ELSE 'P' END, e.legal_status,
		coalesce(:category_of_need::text, CASE WHEN r.in_care THEN r.cin END), e.placement_type,
		CASE WHEN r.in_care THEN r.home_outward END, 'LIVE', e.id, :now::timestamptz, :actor::text
	FROM effect e LEFT JOIN prior r ON true
	ON CONFLICT (authority, child, decom) DO UPDATE SET source = 'LIVE', placement = excluded.placement, dec = NULL,
		rec = NULL, reason_place_change = NULL, ls = coalesce(excluded.ls, episode.ls),
		cin = coalesce(excluded.cin, episode.cin), place = coalesce(excluded.place, episode.place),
		recorded = excluded.recorded, recorded_by = excluded.recorded_by
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.placement.started.v1', 'placement', e.id::text, e.version, e.child::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('placementId', e.id, 'childId', e.child,
		'referralId', e.referral_id, 'offerId', e.offer_id, 'holdId', e.hold_id, 'homeId', e.home_id,
		'startDate', e.start_date, 'plannedEnd', e.planned_end,
		'weeklyFee',
		CASE WHEN e.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', e.weekly_fee_pence) END,
		'noticeDays',
		CASE WHEN e.notice_days IS NOT NULL THEN jsonb_build_object('value', e.notice_days) END,
		'placementType', e.placement_type, 'legalStatus', e.legal_status,
		'movedFrom', e.moved_from)
	FROM effect e
)
SELECT v.outcome, (SELECT t.state FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.child AS child_id, e.state, e.referral_id, e.offer_id, e.hold_id, e.home_id, e.planned_start, e.planned_end,
	e.start_date, e.end_date, e.weekly_fee_pence AS "weekly_fee.pence", e.notice_days AS "notice_days.value",
	e.placement_type, e.legal_status, e.reason, e.notice_hours AS "notice_hours.value", e.end_code,
	e.moved_from, e.moved_to, e.left_care, e.version::text AS etag,
	fee_changes(:authority::text, e.id) AS fee_changes,
	external_ids(:authority::text, 'placement', e.id) AS external_ids
FROM verdict v LEFT JOIN effect e ON true
