-- The present state as events, some children a page: their agreements, opened, varied and closed. What is over is
-- historical.
-- scope: internal
WITH page AS (
	SELECT DISTINCT a.child_id, a.authority FROM agreement a
	WHERE (a.child_id, a.authority) > (coalesce(substr(:after_key::text, 5)::uuid, '00000000-0000-0000-0000-000000000000'),
		coalesce(left(:after_key::text, 3), ''))
	ORDER BY a.child_id, a.authority LIMIT :most::int
), held AS (
	SELECT a.authority, a.id, a.placement_id, a.child_id, a.home_id, a.state, a.start_date, a.end_date, a.notice_days,
		a.notice_paid_days, a.version, a.updated, rates_of(a.authority, a.id) AS rates
	FROM page g JOIN agreement a ON a.child_id = g.child_id AND a.authority = g.authority
), told AS (
	SELECT d.authority, d.child_id, d.start_date, d.id, DATE '-infinity' AS from_date, 'hearth.agreement.opened.v1' AS type,
		d.version, d.updated, d.state = 'CLOSED' AS historical,
		jsonb_build_object('agreementId', d.id, 'placementId', d.placement_id, 'childId', d.child_id, 'homeId', d.home_id,
			'startDate', d.start_date, 'weeklyFee', (SELECT CASE WHEN r.weekly_fee_pence IS NOT NULL
				THEN jsonb_build_object('pence', r.weekly_fee_pence) END
				FROM unnest(d.rates) r WHERE r.from_date = d.start_date)) AS payload
	FROM held d
	UNION ALL
	SELECT d.authority, d.child_id, d.start_date, d.id, r.from_date, 'hearth.agreement.varied.v1', d.version, d.updated,
		d.state = 'CLOSED', jsonb_build_object('agreementId', d.id, 'placementId', d.placement_id, 'childId', d.child_id,
			'fromDate', r.from_date, 'weeklyFee',
			CASE WHEN r.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', r.weekly_fee_pence) END)
	FROM held d CROSS JOIN unnest(d.rates) r WHERE r.from_date > d.start_date
	UNION ALL
	SELECT d.authority, d.child_id, d.start_date, d.id, DATE 'infinity', 'hearth.agreement.closed.v1', d.version, d.updated,
		true, jsonb_build_object('agreementId', d.id, 'placementId', d.placement_id, 'childId', d.child_id, 'endDate',
			d.end_date, 'noticeDays', d.notice_paid_days, 'noticeUnknown', d.notice_days IS NULL, 'total',
			CASE WHEN days_unpriced(d.start_date, d.end_date, d.rates) = 0
					AND fee_shown(d.start_date, d.end_date, d.end_date, d.rates) IS NOT NULL
					AND line_days_unpriced(d.authority, d.id, d.end_date) = 0
				THEN jsonb_build_object('pence', coalesce(posted_shown(d.authority, d.id), 0)) END)
	FROM held d WHERE d.state = 'CLOSED'
)
SELECT h.epoch, greatest((SELECT max(m.seq) FROM outbox m), t.through) AS as_of,
	concat(s.authority, ' ', s.child_id) AS page_key, CASE WHEN s.child_id IS NOT NULL THEN 0 END AS seq,
	md5(concat_ws('|', s.type, s.id, s.version, s.from_date))::uuid AS id, s.type, 'agreement' AS aggregatetype,
	s.id::text AS aggregateid, s.version, s.child_id::text AS partition_key, s.authority,
	(extract(epoch FROM s.updated) * 1000000)::bigint AS time_us, '' AS traceparent, s.historical, s.payload
FROM history h CROSS JOIN outbox_trimmed t LEFT JOIN told s ON true
ORDER BY s.child_id, s.authority, s.start_date, s.id, s.from_date
