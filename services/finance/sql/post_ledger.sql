-- Posts the days that are over of open agreements, some hundred at a time; then waits for the next midnight in England.
-- scope: internal
WITH due AS (
	SELECT t.id FROM timer t WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), chunk AS (
	SELECT a.authority, a.id, a.start_date, a.posted_to, rates_of(a.authority, a.id) AS rates
	FROM agreement a WHERE a.state = 'OPEN' AND a.posted_to < :today::date AND EXISTS (SELECT 1 FROM due)
	ORDER BY a.posted_to
	LIMIT 200
), line AS (
	SELECT c.authority, c.id, f.rate_from, f.weekly_fee_pence, greatest(lower(f.days), c.posted_to) AS from_date,
		upper(f.days) AS to_date
	FROM chunk c CROSS JOIN LATERAL fees_of_days(c.start_date, :today::date, 0, c.rates) f
	WHERE f.kind = 'ACCRUAL' AND f.weekly_fee_pence IS NOT NULL AND NOT isempty(f.days) AND upper(f.days) > c.posted_to
), posted AS (
	INSERT INTO ledger (authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence, reason, posted_at)
	SELECT l.authority, l.id, 'ACCRUAL', l.rate_from, l.weekly_fee_pence, l.from_date, l.to_date,
		accrued(l.weekly_fee_pence, l.from_date - l.rate_from, l.to_date - l.rate_from), 'DAY', :now::timestamptz
	FROM line l ORDER BY l.authority, l.id, l.from_date
), extra AS (
	SELECT l.authority, l.agreement_id, l.id, l.posted_to, k.from_date, weekly_of(k.unit, k.amount_pence) AS weekly_fee_pence,
		least(k.until, :today::date) AS to_date, coalesce(k.until <= :today::date, false) AS is_over
	FROM (SELECT o.authority, o.agreement_id, o.id, o.posted_to FROM agreement_line o
		WHERE o.posted_to < :today::date AND o.posted_to < 'infinity' AND EXISTS (SELECT 1 FROM due)
		ORDER BY o.posted_to LIMIT 200) l
	CROSS JOIN LATERAL (SELECT v.unit, v.amount_pence, v.from_date, v.until FROM agreement_line_revision v
		WHERE v.authority = l.authority AND v.agreement_id = l.agreement_id AND v.line_id = l.id
		ORDER BY v.revision DESC LIMIT 1) k
), extra_posted AS (
	INSERT INTO ledger (authority, agreement_id, line_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence, reason, posted_at)
	SELECT x.authority, x.agreement_id, x.id, 'ACCRUAL', x.from_date, x.weekly_fee_pence, greatest(x.posted_to, x.from_date), x.to_date,
		accrued(x.weekly_fee_pence, greatest(x.posted_to, x.from_date) - x.from_date, x.to_date - x.from_date), 'DAY', :now::timestamptz
	FROM extra x WHERE x.weekly_fee_pence IS NOT NULL AND greatest(x.posted_to, x.from_date) < x.to_date
), extra_looked_at AS (
	UPDATE agreement_line l SET posted_to = CASE WHEN x.is_over THEN 'infinity' ELSE :today::date END FROM extra x
	WHERE l.posted_to < :today::date AND l.posted_to < 'infinity' AND l.authority = x.authority
		AND l.agreement_id = x.agreement_id AND l.id = x.id
), looked_at AS (
	UPDATE agreement a SET posted_to = :today::date FROM chunk c
	WHERE a.authority = c.authority AND a.id = c.id
)
UPDATE timer t SET due = CASE WHEN (SELECT count(1) FROM chunk) = 200 OR (SELECT count(1) FROM extra) = 200 THEN :now::timestamptz
	ELSE (:today::date + 1)::timestamp AT TIME ZONE 'Europe/London' END
FROM due d WHERE t.id = d.id
