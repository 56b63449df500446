-- What a block report is reckoned from, each row of one kind: H the block with its days, C commissioners, F fees (the
-- stronger ones later), S the mean spot fee of its homes, L who lived there. Days are counted from 1970.
WITH deal AS (
	SELECT c.id, c.kind, greatest(c.from_date, :from_date::date) AS from_date,
		least(coalesce(c.runs_until, 'infinity'), :until_date::date) AS until_date
	FROM contract c WHERE c.id = :contract_id::uuid AND commissions(:authority::text, c.id)
), lot AS (
	SELECT l.code, l.home_kinds, l.area_authorities FROM deal d JOIN contract_lot l ON l.contract_id = d.id
		AND l.until_version IS NULL
), only_lot AS (
	SELECT min(l.code) AS code FROM lot l HAVING count(1) = 1
), member AS (
	SELECT m.lot, m.provider_id, m.home_id, greatest(m.from_date, d.from_date) AS from_date,
		least(coalesce(m.until_date, 'infinity'), d.until_date, coalesce(lead(m.from_date) OVER w, 'infinity')) AS until_date
	FROM deal d JOIN contract_member m ON m.contract_id = d.id
	WHERE m.replaced IS NULL AND m.until_date IS DISTINCT FROM m.from_date
	WINDOW w AS (PARTITION BY m.lot, m.provider_id, m.home_id ORDER BY m.from_date)
), covered AS (
	SELECT h.id, h.weekly_fee_pence, m.from_date, m.until_date
	FROM member m JOIN lot l ON l.code = m.lot JOIN home h ON h.provider_id = m.provider_id
	WHERE m.from_date < m.until_date AND (h.id = m.home_id OR m.home_id IS NULL AND h.kind = ANY (l.home_kinds)
		AND (l.area_authorities = '{}' OR h.area_authority = ANY (l.area_authorities)))
), stay AS (
	-- a home may be in several lots: a night counts once
	SELECT k.authority, k.hold_id, range_agg(daterange(greatest(k.from_date, c.from_date), least(k.until_date, c.until_date)))
		AS days
	FROM covered c CROSS JOIN LATERAL lived_in(c.id) k
	WHERE k.from_date < c.until_date AND k.until_date > c.from_date AND k.from_date < k.until_date
	GROUP BY k.authority, k.hold_id
), fee AS (
	SELECT f.lot, f.weekly_fee_pence, f.from_date,
		least(coalesce(f.until_date, 'infinity'), coalesce(lead(f.from_date) OVER w, 'infinity')) AS until_date
	FROM deal d JOIN contract_fee f ON f.contract_id = d.id
	WHERE f.replaced IS NULL AND f.until_date IS DISTINCT FROM f.from_date AND f.band IS NULL AND f.provider_id IS NULL
		AND f.home_id IS NULL AND f.home_kind IS NULL
		AND (f.lot IS NULL OR f.lot = (SELECT o.code FROM only_lot o))
	WINDOW w AS (PARTITION BY f.lot ORDER BY f.from_date)
), item AS (
	SELECT 1 AS place, 'H' AS item, d.kind AS authority, NULL AS part, d.from_date, greatest(d.until_date, d.from_date) AS until_date,
		NULL::bigint AS amount
	FROM deal d
	UNION ALL
	SELECT 2, 'C', m.authority, m.part, greatest(m.from_date, d.from_date), least(m.until_date, d.until_date), m.share
	FROM deal d JOIN contract_commissioner m ON m.contract_id = d.id AND m.until_version IS NULL
	WHERE m.from_date < d.until_date AND m.until_date > d.from_date
	UNION ALL
	SELECT CASE WHEN f.lot IS NULL THEN 3 ELSE 4 END, 'F', NULL, NULL, f.from_date, least(f.until_date, d.until_date),
		f.weekly_fee_pence
	FROM deal d CROSS JOIN fee f WHERE f.from_date < d.until_date AND f.until_date > d.from_date
	UNION ALL
	SELECT 5, 'S', NULL, NULL, NULL, NULL, round(avg(x.fee))::bigint
	FROM (SELECT DISTINCT c.id, c.weekly_fee_pence AS fee FROM covered c WHERE c.weekly_fee_pence IS NOT NULL) x
	HAVING count(1) > 0
	UNION ALL
	SELECT 6, 'L', s.authority, NULL, lower(r.days), upper(r.days), count(1)
	FROM stay s CROSS JOIN LATERAL unnest(s.days) r (days)
	GROUP BY s.authority, lower(r.days), upper(r.days)
)
SELECT i.item, i.authority, i.part, (i.from_date - date '1970-01-01')::bigint AS from_day,
	(i.until_date - date '1970-01-01')::bigint AS until_day, i.amount
FROM item i WHERE EXISTS (SELECT 1 FROM deal)
ORDER BY i.place, i.authority, i.part, i.from_date, i.until_date
