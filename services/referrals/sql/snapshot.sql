-- The present state as events, some children a page: each referral of theirs with its offers. What is over is historical.
-- scope: internal
WITH page AS (
	SELECT DISTINCT r.child_id, r.authority FROM referral r
	WHERE (r.child_id, r.authority) > (coalesce(substr(:after_key::text, 5)::uuid, '00000000-0000-0000-0000-000000000000'),
		coalesce(left(:after_key::text, 3), ''))
	ORDER BY r.child_id, r.authority LIMIT :most::int
), held AS (
	SELECT r.authority, r.id, r.reference, r.child_id, r.state, r.urgency, r.needed_by, r.age, r.sex, r.unaccompanied,
		r.home_kinds, r.easting, r.northing, r.most_miles, r.most_weekly_fee_pence, r.children, r.needs_more,
		r.follows_placement_id, r.accepted_offer_id, r.placement_id, r.reason, r.version, r.created, r.updated,
		r.state IN ('PLACED', 'CLOSED', 'WITHDRAWN') AS over
	FROM page g JOIN referral r ON r.child_id = g.child_id AND r.authority = g.authority
), told AS (
	SELECT d.authority, d.child_id, d.created, d.id AS referral, 1 AS rank, 'hearth.referral.created.v1' AS type,
		'referral' AS aggregatetype, d.id AS aggregate, d.version, d.updated, false AS historical,
		jsonb_build_object('referralId', d.id, 'childId', d.child_id, 'urgency', d.urgency, 'neededBy', d.needed_by) AS payload
	FROM held d WHERE d.state = 'DRAFT'
	UNION ALL
	SELECT d.authority, d.child_id, d.created, d.id, 1, 'hearth.referral.opened.v1', 'referral', d.id, d.version, d.updated,
		d.over, jsonb_build_object('referralId', d.id, 'reference', d.reference, 'childId', d.child_id, 'urgency', d.urgency,
			'neededBy', d.needed_by, 'needs', needs_json(d.age, d.sex, d.unaccompanied, d.home_kinds, d.easting, d.northing,
			d.most_miles, d.most_weekly_fee_pence, d.children, d.needs_more), 'followsPlacementId', d.follows_placement_id)
	FROM held d WHERE d.state <> 'DRAFT'
	UNION ALL
	SELECT d.authority, d.child_id, d.created, d.id, 2, 'hearth.offer.recorded.v1', 'offer', o.id, o.version, o.updated,
		d.over OR o.state <> 'OFFERED', jsonb_build_object('referralId', d.id, 'offerId', o.id, 'childId', d.child_id,
			'homeId', o.home_id, 'weeklyFee',
			CASE WHEN o.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', o.weekly_fee_pence) END)
	FROM held d JOIN offer o ON o.referral_id = d.id AND o.authority = d.authority
	UNION ALL
	SELECT d.authority, d.child_id, d.created, d.id, 3, 'hearth.offer.declined.v1', 'offer', o.id, o.version, o.updated, true,
		jsonb_build_object('referralId', d.id, 'offerId', o.id, 'childId', d.child_id, 'homeId', o.home_id,
			'reason', o.reason)
	FROM held d JOIN offer o ON o.referral_id = d.id AND o.authority = d.authority AND o.state = 'DECLINED'
	UNION ALL
	SELECT d.authority, d.child_id, d.created, d.id, 3, 'hearth.offer.accepted.v1', 'offer', o.id, o.version, o.updated,
		d.state <> 'ACCEPTING', jsonb_build_object('referralId', d.id, 'offerId', o.id, 'childId', d.child_id,
			'homeId', o.home_id, 'weeklyFee',
			CASE WHEN o.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', o.weekly_fee_pence) END,
			'startDate', o.start_date, 'noticeDays',
			CASE WHEN o.notice_days IS NOT NULL THEN jsonb_build_object('value', o.notice_days) END,
			'placementType', o.placement_type)
	FROM held d JOIN offer o ON o.authority = d.authority AND o.id = d.accepted_offer_id
	UNION ALL
	SELECT d.authority, d.child_id, d.created, d.id, 4, 'hearth.referral.placed.v1', 'referral', d.id, d.version, d.updated,
		true, jsonb_build_object('referralId', d.id, 'childId', d.child_id, 'placementId', d.placement_id)
	FROM held d WHERE d.state IN ('PLACED', 'CLOSED') AND d.placement_id IS NOT NULL
	UNION ALL
	SELECT d.authority, d.child_id, d.created, d.id, 4, 'hearth.referral.withdrawn.v1', 'referral', d.id, d.version, d.updated,
		true, jsonb_build_object('referralId', d.id, 'childId', d.child_id, 'reason', d.reason)
	FROM held d WHERE d.state = 'WITHDRAWN'
)
SELECT h.epoch, greatest((SELECT max(m.seq) FROM outbox m), t.through) AS as_of,
	concat(s.authority, ' ', s.child_id) AS page_key, CASE WHEN s.child_id IS NOT NULL THEN 0 END AS seq,
	md5(concat_ws('|', s.type, s.aggregate, s.version))::uuid AS id, s.type, s.aggregatetype,
	s.aggregate::text AS aggregateid, s.version, s.child_id::text AS partition_key, s.authority,
	(extract(epoch FROM s.updated) * 1000000)::bigint AS time_us, '' AS traceparent, s.historical, s.payload
FROM history h CROSS JOIN outbox_trimmed t LEFT JOIN told s ON true
ORDER BY s.child_id, s.authority, s.created, s.referral, s.rank, s.aggregate
