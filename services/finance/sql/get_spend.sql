-- What is posted for the days of a period, cut to the day, and the agreements in it that have no fee, or a line
-- without a price.
WITH cut AS (
	SELECT l.agreement_id, l.kind, CASE l.kind WHEN 'REVERSAL' THEN -1 ELSE 1 END * accrued(l.weekly_fee_pence,
		greatest(l.from_date, :from_date::date) - l.rate_from, least(l.to_date, :to_date::date) - l.rate_from) AS pence
	FROM ledger l
	WHERE l.authority = :authority::text AND l.from_date < :to_date::date AND l.to_date > :from_date::date
), bare AS (
	SELECT a.id, greatest(f.from_date, a.start_date, :from_date::date) AS from_date,
		least(coalesce(f.to_date, 'infinity'), coalesce(a.end_date, 'infinity'), :to_date::date) AS to_date
	FROM rate_in_force f JOIN agreement a ON a.authority = f.authority AND a.id = f.agreement_id
	WHERE f.authority = :authority::text AND f.weekly_fee_pence IS NULL
	UNION ALL
	SELECT a.id, greatest(k.from_date, :from_date::date),
		least(coalesce(k.until, 'infinity'), coalesce(a.end_date, 'infinity'), :to_date::date)
	FROM agreement a CROSS JOIN LATERAL lines_known(a.authority, a.id, 'infinity') k
	WHERE a.authority = :authority::text AND k.amount_pence IS NULL
)
SELECT coalesce(sum(c.pence) FILTER (WHERE c.kind = 'ACCRUAL'), 0)::bigint AS "totals.accrual_pence",
	coalesce(sum(c.pence) FILTER (WHERE c.kind = 'NOTICE'), 0)::bigint AS "totals.notice_pence",
	coalesce(sum(c.pence) FILTER (WHERE c.kind = 'REVERSAL'), 0)::bigint AS "totals.reversal_pence",
	coalesce(sum(c.pence), 0)::bigint AS "totals.total_pence",
	count(DISTINCT c.agreement_id)::integer AS agreements,
	(SELECT count(DISTINCT b.id)::integer FROM bare b WHERE b.from_date < b.to_date) AS unpriced,
	(SELECT coalesce(sum(least(b.to_date, :today::date) - b.from_date), 0)::integer FROM bare b
		WHERE b.from_date < least(b.to_date, :today::date)) AS unpriced_days
FROM cut c
