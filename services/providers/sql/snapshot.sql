-- The present state as events: homes with their blocks and the terms of approval that hold, then some children a page with
-- what is or was held for them. What a hold does not keep (fee, start, notice, type of placement: they are the offer's) is
-- unknown in it.
-- scope: internal
WITH homes AS (
	SELECT h.id, h.provider_id, h.kind, h.places, h.weekly_fee_pence, h.open, h.version, h.updated
	FROM home h
	WHERE (:after_key::text IS NULL OR left(:after_key::text, 1) = 'h')
		AND h.id > coalesce(substr(:after_key::text, 3)::uuid, '00000000-0000-0000-0000-000000000000')
	ORDER BY h.id LIMIT :most::int
), children AS (
	SELECT DISTINCT k.child_id, k.authority FROM hold k
	WHERE (k.child_id, k.authority) > (CASE WHEN left(:after_key::text, 1) = 'k' THEN substr(:after_key::text, 7)::uuid
		ELSE '00000000-0000-0000-0000-000000000000' END,
		CASE WHEN left(:after_key::text, 1) = 'k' THEN substr(:after_key::text, 3, 3) ELSE '' END)
	ORDER BY k.child_id, k.authority LIMIT :most::int - (SELECT count(1) FROM homes)
), told AS (
	SELECT concat('h ', o.id) AS page_key, 1 AS part, o.id AS key, '' AS authority, o.updated AS since, 0 AS rank,
		'hearth.home.recorded.v1' AS type, 'home' AS aggregatetype, o.id AS aggregate, o.version, o.updated, false AS historical,
		jsonb_build_object('homeId', o.id, 'providerId', o.provider_id, 'kind', o.kind, 'places', o.places, 'weeklyFee',
			CASE WHEN o.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', o.weekly_fee_pence) END,
			'open', o.open) AS payload
	FROM homes o
	UNION ALL
	SELECT concat('h ', o.id), 1, o.id, '', o.updated, 1, 'hearth.places.blocked.v1', 'place_block', b.id, b.version, b.updated,
		false, jsonb_build_object('blockId', b.id, 'homeId', b.home_id, 'places', b.places,
			'reason', CASE b.reason WHEN 'ALLEGATION' THEN 'CARER_UNAVAILABLE' ELSE b.reason END,
			'fromDate', b.from_date, 'untilDate', b.until_date)
	FROM homes o JOIN place_block b ON b.home_id = o.id AND (b.until_date IS NULL OR b.until_date > :today::date)
	UNION ALL
	SELECT concat('h ', o.id), 1, o.id, '', o.updated, 1,
		CASE WHEN a.first THEN 'hearth.carer.approved.v1' ELSE 'hearth.carer.terms_varied.v1' END, 'approval', a.id, a.version,
		a.updated, false, jsonb_build_object('homeId', o.id, 'approvalId', a.id, 'fromDate', a.from_date,
			'untilDate', a.until_date,
			'leastAge', CASE WHEN a.least_age IS NOT NULL THEN jsonb_build_object('value', a.least_age) END,
			'mostAge', CASE WHEN a.most_age IS NOT NULL THEN jsonb_build_object('value', a.most_age) END, 'sex', a.sex,
			'mostChildren', CASE WHEN a.most_children IS NOT NULL THEN jsonb_build_object('value', a.most_children) END,
			'siblingsOnly', a.siblings_only, 'kinds', to_jsonb(a.kinds))
	FROM homes o CROSS JOIN LATERAL (SELECT x.id, x.least_age, x.most_age, x.sex, x.most_children, x.siblings_only, x.kinds,
			x.from_date, x.until_date, x.first, x.end_told, x.version, x.updated
		FROM approval x WHERE x.home_id = o.id AND x.begin_told AND (x.until_date IS NULL OR x.until_date > x.from_date)
		ORDER BY x.from_date DESC LIMIT 1) a
	WHERE NOT a.end_told
	UNION ALL
	SELECT concat('k ', k.authority, ' ', k.child_id), 2, k.child_id, k.authority, k.created, 1,
		CASE k.state WHEN 'HELD' THEN 'hearth.place.held.v1' WHEN 'CONFIRMED' THEN 'hearth.place.confirmed.v1'
			ELSE 'hearth.place.released.v1' END, 'hold', k.id, k.version, k.updated, k.state = 'RELEASED',
		CASE k.state WHEN 'HELD' THEN jsonb_build_object('holdId', k.id, 'referralId', k.referral_id, 'offerId', k.offer_id,
				'childId', k.child_id, 'homeId', k.home_id, 'heldUntil',
				to_char(k.held_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
			WHEN 'CONFIRMED' THEN jsonb_build_object('holdId', k.id, 'placementId', k.placement_id, 'childId', k.child_id,
				'homeId', k.home_id)
			ELSE jsonb_build_object('holdId', k.id, 'placementId', k.placement_id, 'referralId', k.referral_id,
				'offerId', k.offer_id, 'childId', k.child_id, 'homeId', k.home_id, 'reason', k.reason) END
	FROM children c JOIN hold k ON k.child_id = c.child_id AND k.authority = c.authority
)
SELECT h.epoch, greatest((SELECT max(m.seq) FROM outbox m), t.through) AS as_of,
	s.page_key, CASE WHEN s.key IS NOT NULL THEN 0 END AS seq,
	md5(concat_ws('|', s.type, s.aggregate, s.version))::uuid AS id, s.type, s.aggregatetype,
	s.aggregate::text AS aggregateid, s.version, s.key::text AS partition_key, s.authority,
	(extract(epoch FROM s.updated) * 1000000)::bigint AS time_us, '' AS traceparent, s.historical, s.payload
FROM history h CROSS JOIN outbox_trimmed t LEFT JOIN told s ON true
ORDER BY s.part, s.key, s.authority, s.since, s.rank, s.aggregate
