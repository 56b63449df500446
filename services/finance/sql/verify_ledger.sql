-- The facts of agreements and all that is posted of them, as texts: the reply makes the ledger again from the facts.
-- plan: fresh
SELECT a.id::text AS page_key, a.id::text AS agreement_id, a.start_date::text AS start_date, a.end_date::text AS end_date,
	a.notice_paid_days, a.posted_to::text AS posted_to, f.fees, n.lines, l.ledger
FROM agreement a
CROSS JOIN LATERAL (
	SELECT coalesce(string_agg(concat(r.from_date, ' ', r.revision, ' ', coalesce(r.weekly_fee_pence, -1), ';'), ''
		ORDER BY r.from_date, r.revision), '') AS fees
	FROM agreement_rate r WHERE r.authority = a.authority AND r.agreement_id = a.id
) f
CROSS JOIN LATERAL (
	SELECT coalesce(string_agg(concat(v.line_id, ' ', v.revision, ' ', v.unit, ' ', coalesce(v.amount_pence, -1), ' ', v.from_date,
		' ', coalesce(v.until::text, '-'), ' ', CASE WHEN v.withdrawn THEN 1 ELSE 0 END, ' ', coalesce(h.posted_to::text, '-'),
		';'), '' ORDER BY v.line_id, v.revision), '') AS lines
	FROM agreement_line_revision v LEFT JOIN agreement_line h ON h.authority = v.authority
		AND h.agreement_id = v.agreement_id AND h.id = v.line_id
	WHERE v.authority = a.authority AND v.agreement_id = a.id
) n
CROSS JOIN LATERAL (
	SELECT coalesce(string_agg(concat(p.id, ' ', left(p.kind, 1), ' ', coalesce(p.line_id::text, '-'), ' ', p.rate_from, ' ',
		p.weekly_fee_pence, ' ', p.from_date, ' ', p.to_date, ' ', p.pence, ' ', coalesce(p.reverses, 0), ';'), ''
		ORDER BY p.id), '') AS ledger
	FROM ledger p WHERE p.authority = a.authority AND p.agreement_id = a.id
) l
WHERE a.authority = :authority::text AND (:agreement_id::uuid IS NULL OR a.id = :agreement_id::uuid)
	AND (:page_after::uuid IS NULL OR a.id > :page_after::uuid)
ORDER BY a.id
LIMIT :page_limit::integer
