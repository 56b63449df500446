-- The present state as events, some children a page: each child with the whole history of care, then its placements from
-- their start to their end. What is over is historical.
-- scope: internal
WITH page AS (
	SELECT c.authority, c.id, c.sex, c.date_of_birth, c.unaccompanied, c.version, c.updated,
		(SELECT count(1) FROM episode e WHERE e.authority = c.authority AND e.child = c.id) AS episodes
	FROM child c
	WHERE (c.authority, c.id) > (coalesce(left(:after_key::text, 3), ''),
		coalesce(substr(:after_key::text, 5)::uuid, '00000000-0000-0000-0000-000000000000'))
	ORDER BY c.authority, c.id LIMIT :most::int
), lived AS (
	SELECT p.authority, p.id, p.child, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.state, p.planned_start, p.planned_end, p.start_date,
		p.end_date, p.weekly_fee_pence, p.notice_days, p.placement_type, p.legal_status, p.reason, p.notice_hours, p.end_code,
		p.left_care, p.moved_from, p.moved_to, p.updated, p.version, p.state <> 'STARTED' AS over,
		coalesce(p.start_date, p.planned_start, DATE '9999-12-31') AS since
	FROM page g JOIN placement p ON p.authority = g.authority AND p.child = g.id
), told AS (
	SELECT g.authority, g.id AS child, '-infinity'::date AS since, 0::bigint AS rank,
		CASE WHEN g.episodes > 0 THEN 'hearth.child.history_recorded.v1' ELSE 'hearth.child.recorded.v1' END AS type,
		'child' AS aggregatetype, g.id AS aggregate, g.version, g.updated, g.episodes > 0 AS historical,
		jsonb_build_object('childId', g.id, 'sex', g.sex, 'dateOfBirth', personal_date(g.date_of_birth), 'unaccompanied',
			g.unaccompanied) || CASE WHEN g.episodes > 0 THEN jsonb_build_object('carePeriods',
			care_periods(g.authority, g.id), 'episodes', g.episodes) ELSE '{}' END AS payload
	FROM page g
	UNION ALL
	SELECT l.authority, l.child, l.since, 1, 'hearth.placement.planned.v1', 'placement', l.id, l.version, l.updated, false,
		jsonb_build_object('placementId', l.id, 'childId', l.child, 'referralId', l.referral_id, 'offerId', l.offer_id,
			'holdId', l.hold_id, 'homeId', l.home_id, 'plannedStart', l.planned_start, 'plannedEnd', l.planned_end, 'weeklyFee',
			CASE WHEN l.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', l.weekly_fee_pence) END, 'noticeDays',
			CASE WHEN l.notice_days IS NOT NULL THEN jsonb_build_object('value', l.notice_days) END,
			'placementType', l.placement_type)
	FROM lived l WHERE l.state IN ('PLANNED', 'CANCELLED')
	UNION ALL
	SELECT l.authority, l.child, l.since, 2, 'hearth.placement.cancelled.v1', 'placement', l.id, l.version, l.updated, true,
		jsonb_build_object('placementId', l.id, 'childId', l.child, 'referralId', l.referral_id, 'holdId', l.hold_id,
			'homeId', l.home_id, 'reason', l.reason)
	FROM lived l WHERE l.state = 'CANCELLED'
	UNION ALL
	SELECT l.authority, l.child, l.since, 3, 'hearth.placement.started.v1', 'placement', l.id, l.version, l.updated, l.over,
		jsonb_build_object('placementId', l.id, 'childId', l.child, 'referralId', l.referral_id, 'offerId', l.offer_id,
			'holdId', l.hold_id, 'homeId', l.home_id, 'startDate', l.start_date, 'plannedEnd', l.planned_end, 'weeklyFee',
			CASE WHEN l.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', l.weekly_fee_pence) END, 'noticeDays',
			CASE WHEN l.notice_days IS NOT NULL THEN jsonb_build_object('value', l.notice_days) END,
			'placementType', l.placement_type, 'legalStatus', l.legal_status, 'movedFrom', l.moved_from)
	FROM lived l WHERE l.start_date IS NOT NULL
	UNION ALL
	SELECT l.authority, l.child, l.since, 3 + f.version, 'hearth.placement.varied.v1', 'placement', l.id, l.version, l.updated,
		l.over, jsonb_build_object('placementId', l.id, 'childId', l.child, 'fromDate', f.from_date, 'weeklyFee',
			CASE WHEN f.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', f.weekly_fee_pence) END)
	FROM lived l JOIN placement_fee f ON f.authority = l.authority AND f.placement = l.id
	WHERE NOT EXISTS (SELECT 1 FROM placement_fee n WHERE n.authority = l.authority AND n.placement = l.id
		AND n.from_date = f.from_date AND n.version > f.version)
	UNION ALL
	SELECT l.authority, l.child, l.since, 9223372036854775807, 'hearth.placement.ended.v1', 'placement', l.id, l.version,
		l.updated, true, jsonb_build_object('placementId', l.id, 'childId', l.child, 'referralId', l.referral_id,
			'homeId', l.home_id, 'endDate', l.end_date, 'reason', l.reason, 'noticeHours',
			CASE WHEN l.notice_hours IS NOT NULL THEN jsonb_build_object('value', l.notice_hours) END,
			'movedTo', l.moved_to, 'leftCare', l.left_care, 'endCode', l.end_code)
	FROM lived l WHERE l.state = 'ENDED'
	UNION ALL
	SELECT l.authority, l.child, l.since, 9223372036854775807, 'hearth.placement.broke_down.v1', 'placement', l.id, l.version,
		l.updated, true, jsonb_build_object('placementId', l.id, 'childId', l.child, 'referralId', l.referral_id,
			'homeId', l.home_id, 'endDate', l.end_date, 'reason', l.reason, 'noticeHours',
			CASE WHEN l.notice_hours IS NOT NULL THEN jsonb_build_object('value', l.notice_hours) END,
			'placementType', l.placement_type)
	FROM lived l WHERE l.state = 'BROKE_DOWN'
)
SELECT h.epoch, greatest((SELECT max(m.seq) FROM outbox m), t.through) AS as_of,
	concat(s.authority, ' ', s.child) AS page_key, CASE WHEN s.child IS NOT NULL THEN 0 END AS seq,
	md5(concat_ws('|', s.type, s.aggregate, s.version, s.rank))::uuid AS id, s.type, s.aggregatetype,
	s.aggregate::text AS aggregateid, s.version, s.child::text AS partition_key, s.authority,
	(extract(epoch FROM s.updated) * 1000000)::bigint AS time_us, '' AS traceparent, s.historical, s.payload
FROM history h CROSS JOIN outbox_trimmed t LEFT JOIN told s ON true
ORDER BY s.authority, s.child, s.since, s.aggregatetype, s.aggregate, s.rank
