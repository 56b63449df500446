-- A page of an agreement's ledger in the order of posting, and the totals of all of it.
SELECT a.id::text AS agreement_id, p.lines, t.totals, p.next_page_token
FROM agreement a
CROSS JOIN LATERAL (
	SELECT coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'kind', l.kind, 'fromDate', l.from_date, 'toDate', l.to_date,
			'days', l.days, 'rateFrom', l.rate_from, 'weeklyFee', jsonb_build_object('pence', l.weekly_fee_pence),
			'pence', l.pence, 'lineId', l.line_id, 'costType', l.cost_type, 'reverses', coalesce(l.reverses, 0), 'reason', l.reason,
			'postedAt', to_char(l.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) ORDER BY l.id)
			FILTER (WHERE l.place < :line_limit::integer), '[]') AS lines,
		CASE WHEN max(l.place) >= :line_limit::integer
			THEN (max(l.id) FILTER (WHERE l.place < :line_limit::integer))::text END AS next_page_token
	FROM (
		SELECT g.id, g.kind, g.from_date, g.to_date, g.days, g.rate_from, g.weekly_fee_pence, g.pence, g.reverses,
			g.reason, g.posted_at, g.line_id, coalesce(t.cost_type, (SELECT c.code FROM cost_type c WHERE c.is_fee
			ORDER BY c.valid_from DESC LIMIT 1)) AS cost_type, row_number() OVER (ORDER BY g.id) AS place
		FROM ledger g
		LEFT JOIN LATERAL (SELECT v.cost_type FROM agreement_line_revision v WHERE v.authority = g.authority
			AND v.agreement_id = g.agreement_id AND v.line_id = g.line_id ORDER BY v.revision DESC LIMIT 1) t ON true
		WHERE g.authority = a.authority AND g.agreement_id = a.id AND g.id > coalesce(:line_after::bigint, 0)
		ORDER BY g.id
		LIMIT :line_limit::integer
	) l
) p
CROSS JOIN LATERAL (
	SELECT jsonb_build_object(
		'accrualPence', coalesce(sum(l.pence) FILTER (WHERE l.kind = 'ACCRUAL'), 0),
		'noticePence', coalesce(sum(l.pence) FILTER (WHERE l.kind = 'NOTICE'), 0),
		'reversalPence', coalesce(sum(l.pence) FILTER (WHERE l.kind = 'REVERSAL'), 0),
		'totalPence', coalesce(sum(l.pence), 0)) AS totals
	FROM ledger l WHERE l.authority = a.authority AND l.agreement_id = a.id
) t
WHERE a.authority = :authority::text AND a.id = :agreement_id::uuid
