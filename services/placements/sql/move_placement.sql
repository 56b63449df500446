-- The child goes from one home to the next on one day: ends the one, starts the other, tells them in that order.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT p.id, p.child, p.state, p.version, p.start_date, p.legal_status
	FROM placement p WHERE p.authority = :authority::text AND p.id = :placement_id::uuid
), other AS (
	SELECT p.id, p.child, p.state, p.placement_type, p.legal_status
	FROM placement p WHERE p.authority = :authority::text AND p.id = :to_placement_id::uuid
), asked AS (
	SELECT t.id, t.child, coalesce(:placement_type::text, (SELECT o.placement_type FROM other o)) AS place,
		coalesce(:legal_status::text, (SELECT o.legal_status FROM other o), t.legal_status) AS ls
	FROM target t
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN NOT (SELECT may(t.state, 'MOVE') FROM target t) THEN 'WRONG_STATE'
		WHEN :date::date < (SELECT t.start_date FROM target t) THEN 'MOVE_BEFORE_START'
		WHEN NOT code_holds('REASON_PLACE_CHANGE', :reason::text, return_year(:date::date)) THEN 'UNKNOWN_REASON'
		WHEN :to_placement_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM other o JOIN target t
			ON t.child = o.child) THEN 'TO_NOT_FOUND'
		WHEN NOT coalesce((SELECT may(o.state, 'START') FROM other o), true) THEN 'TO_WRONG_STATE'
		WHEN NOT (SELECT a.place IS NULL OR code_holds('PLACE', a.place, return_year(:date::date)) FROM asked a)
			THEN 'UNKNOWN_PLACE'
		WHEN NOT (SELECT a.ls IS NULL OR code_holds('LS', a.ls, return_year(:date::date)) FROM asked a)
			THEN 'UNKNOWN_LEGAL_STATUS'
		WHEN EXISTS (SELECT 1 FROM target t JOIN episode e ON e.authority = :authority::text AND e.child = (SELECT o.child FROM target o)
			AND (e.decom > :date::date OR (e.decom = :date::date AND e.placement IS DISTINCT FROM t.id
				AND e.source = 'LIVE'))) THEN 'LATER_EPISODE'
		ELSE 'OK' END AS outcome
), ended AS (
	UPDATE placement p SET state = 'ENDED', end_date = :date::date, reason = :reason::text, end_code = 'X1',
		notice_hours = :notice_hours_value::integer, moved_to = coalesce(:to_placement_id::uuid, :new_id::uuid),
		updated = :now::timestamptz, updated_by = :actor::text, version = p.version + 1
	FROM verdict v
	WHERE v.outcome = 'OK' AND p.authority = :authority::text AND p.id = :placement_id::uuid
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), planned AS (
	UPDATE placement p SET state = 'STARTED', start_date = :date::date, reason = NULL, moved_from = n.id,
		placement_type = a.place, legal_status = a.ls,
		weekly_fee_pence = coalesce(:weekly_fee_pence::bigint, p.weekly_fee_pence),
		notice_days = coalesce(:notice_days_value::integer, p.notice_days), updated = :now::timestamptz,
		updated_by = :actor::text, version = p.version + 1
	FROM ended n CROSS JOIN asked a
	WHERE p.authority = :authority::text AND p.id = :to_placement_id::uuid
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), fresh AS (
	INSERT INTO placement AS p (authority, id, child, home_id, state, planned_start, start_date, weekly_fee_pence,
		notice_days, placement_type, legal_status, moved_from, created, updated, updated_by)
	SELECT n.authority, :new_id::uuid, n.child, :home_id::uuid, 'STARTED', :date::date, :date::date,
		:weekly_fee_pence::bigint, :notice_days_value::integer, a.place, a.ls, n.id, :now::timestamptz,
		:now::timestamptz, :actor::text
	FROM ended n CROSS JOIN asked a WHERE :to_placement_id::uuid IS NULL
	RETURNING p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
), effect AS (
	SELECT p.authority, p.id, p.child, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
		p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason,
		p.notice_hours, p.end_code, p.moved_from, p.moved_to, p.left_care, p.version
	FROM planned p
	UNION ALL
	SELECT f.authority, f.id, f.child, f.state, f.referral_id, f.offer_id, f.hold_id, f.home_id, f.planned_start, f.planned_end,
		f.start_date, f.end_date, f.weekly_fee_pence, f.notice_days, f.placement_type, f.legal_status, f.reason,
		f.notice_hours, f.end_code, f.moved_from, f.moved_to, f.left_care, f.version
	FROM fresh f
), held AS (
	SELECT x.authority, x.child, x.decom, x.rne, x.ls, x.cin, x.place, x.place_provider, x.dec, x.rec,
		x.reason_place_change, x.home_outward, x.place_outward, x.urn, x.return_year, x.source, x.placement,
		x.recorded, x.recorded_by
	FROM ended n JOIN episode x ON x.authority = :authority::text AND x.child = (SELECT t.child FROM target t)
	WHERE (x.placement = n.id AND x.dec IS NULL) OR x.decom = n.end_date
), revised AS (
	INSERT INTO episode_revision (authority, child, decom, rne, ls, cin, place, place_provider, dec, rec,
		reason_place_change, home_outward, place_outward, urn, return_year, source, placement,
		recorded, recorded_by,
		revised, revised_by, why)
	SELECT h.authority, h.child, h.decom, h.rne, h.ls, h.cin, h.place, h.place_provider, h.dec, h.rec,
		h.reason_place_change, h.home_outward, h.place_outward, h.urn, h.return_year, h.source, h.placement,
		h.recorded, h.recorded_by,
		:now::timestamptz, :actor::text, CASE WHEN h.decom < n.end_date THEN 'CLOSED'
		WHEN h.placement = n.id THEN 'ENDED_ON_FIRST_DAY' ELSE 'TAKEN_OVER' END
	FROM held h CROSS JOIN ended n
), closed AS (
	UPDATE episode x SET dec = n.end_date, rec = 'X1', reason_place_change = n.reason, recorded = :now::timestamptz,
		recorded_by = :actor::text
	FROM ended n
	WHERE x.authority = :authority::text AND x.child = (SELECT t.child FROM target t) AND x.placement = n.id AND x.dec IS NULL
		AND x.decom < n.end_date
), opened AS (
	INSERT INTO episode (authority, child, decom, rne, ls, cin, place, home_outward, source, placement, recorded,
		recorded_by)
	SELECT e.authority, e.child, e.start_date, CASE WHEN h.decom = e.start_date THEN h.rne
		WHEN h.ls <> e.legal_status THEN 'B' ELSE 'P' END, e.legal_status, h.cin, e.placement_type, h.home_outward,
		'LIVE', e.id, :now::timestamptz, :actor::text
	FROM effect e LEFT JOIN held h ON h.placement = e.moved_from
	ON CONFLICT (authority, child, decom) DO UPDATE SET source = 'LIVE', placement = excluded.placement, dec = NULL,
		rec = NULL, reason_place_change = NULL, ls = excluded.ls, place = excluded.place,
		recorded = excluded.recorded, recorded_by = excluded.recorded_by
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.placement.ended.v1', 'placement', e.id::text, e.version, e.child::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('placementId', e.id, 'childId', e.child,
		'referralId', e.referral_id, 'homeId', e.home_id, 'endDate', e.end_date, 'reason', e.reason,
		'noticeHours',
		CASE WHEN e.notice_hours IS NOT NULL THEN jsonb_build_object('value', e.notice_hours) END,
		'movedTo', e.moved_to, 'leftCare', e.left_care,
		'endCode', e.end_code)
	FROM ended e
	UNION ALL
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
SELECT v.outcome, CASE v.outcome WHEN 'WRONG_STATE' THEN (SELECT t.state FROM target t)
		WHEN 'TO_WRONG_STATE' THEN (SELECT o.state FROM other o) ELSE (SELECT t.start_date FROM target t)::text END AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.child AS child_id, e.state, e.referral_id, e.offer_id, e.hold_id, e.home_id, e.planned_start, e.planned_end,
	e.start_date, e.end_date, e.weekly_fee_pence AS "weekly_fee.pence", e.notice_days AS "notice_days.value",
	e.placement_type, e.legal_status, e.reason, e.notice_hours AS "notice_hours.value", e.end_code,
	e.moved_from, e.moved_to, e.left_care, e.version::text AS etag,
	fee_changes(:authority::text, e.id) AS fee_changes,
	external_ids(:authority::text, 'placement', e.id) AS external_ids
FROM verdict v LEFT JOIN effect e ON true
