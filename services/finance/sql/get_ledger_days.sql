-- The days of an agreement's own fee with the fee of each and what the ledger holds for it; the reply computes the amounts.
-- One row without a day when no day is in the span.
WITH span AS (
	SELECT a.authority, a.id, a.start_date, coalesce(a.end_date, greatest(:today::date + 1, a.start_date)) AS lived_to,
		a.notice_paid_days, rates_of(a.authority, a.id) AS rates, s.from_date,
		least(coalesce(:to_date::date, 'infinity'), s.from_date + 366) AS to_date
	FROM agreement a CROSS JOIN LATERAL (SELECT greatest(coalesce(:from_date::date, a.start_date), a.start_date)) s (from_date)
	WHERE a.authority = :authority::text AND a.id = :agreement_id::uuid
), day AS (
	SELECT s.authority, s.id, d.day::date AS day, f.kind, d.day::date - f.rate_from AS n, f.weekly_fee_pence
	FROM span s
	CROSS JOIN LATERAL fees_of_days(s.start_date, s.lived_to, s.notice_paid_days, s.rates) f
	CROSS JOIN LATERAL generate_series(greatest(lower(f.days), s.from_date), least(upper(f.days), s.to_date) - 1,
		interval '1 day') d (day)
	WHERE NOT isempty(f.days)
)
SELECT s.id::text AS agreement_id, d.day AS "date", d.kind, d.n, d.weekly_fee_pence, (
		SELECT sum(accrued(l.weekly_fee_pence, d.day - l.rate_from, d.day + 1 - l.rate_from)
			* CASE l.kind WHEN 'REVERSAL' THEN -1 ELSE 1 END)::bigint
		FROM ledger l
		WHERE l.authority = s.authority AND l.agreement_id = s.id AND l.line_id IS NULL AND l.from_date <= d.day AND l.to_date > d.day
	) AS posted_pence
FROM span s LEFT JOIN day d ON true
ORDER BY d.day
