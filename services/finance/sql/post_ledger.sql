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
), looked_at AS (
	UPDATE agreement a SET posted_to = :today::date FROM chunk c
	WHERE a.authority = c.authority AND a.id = c.id
)
UPDATE timer t SET due = CASE WHEN (SELECT count(1) FROM chunk) = 200 THEN :now::timestamptz
	ELSE (:today::date + 1)::timestamp AT TIME ZONE 'Europe/London' END
FROM due d WHERE t.id = d.id
