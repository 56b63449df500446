-- Fees of a contract, by lot, provider, home, kind, band and day. Until when a row holds: its own end, or the next row's
-- first day.
SELECT x.page_key, x.id, x.contract_id, x.lot, x.provider_id, x.home_id, x.home_kind, x.band, x."weekly_fee.pence",
	x.from_date, nullif(x.until_date, 'infinity') AS until_date, x.replaced, x.recorded
FROM (
	SELECT concat_ws(' ', coalesce(f.lot, '-'), coalesce(f.provider_id::text, '-'), coalesce(f.home_id::text, '-'),
			coalesce(f.home_kind, '-'), coalesce(f.band, '-'), f.from_date,
			to_char(f.recorded AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), f.id) AS page_key,
		f.id, f.contract_id, f.lot, f.provider_id, f.home_id, f.home_kind, f.band,
		f.weekly_fee_pence AS "weekly_fee.pence", f.from_date, least(coalesce(f.until_date, 'infinity'),
			CASE WHEN f.replaced IS NULL AND f.until_date IS DISTINCT FROM f.from_date THEN lead(f.from_date) OVER w END,
			'infinity') AS until_date,
		f.replaced IS NOT NULL AS replaced, f.recorded
	FROM contract_fee f
	WHERE f.contract_id = :contract_id::uuid AND commissions(:authority::text, :contract_id::uuid)
	WINDOW w AS (PARTITION BY f.replaced IS NULL AND f.until_date IS DISTINCT FROM f.from_date, f.lot, f.provider_id,
		f.home_id, f.home_kind, f.band ORDER BY f.from_date)
) x
WHERE (:page_after::text IS NULL OR x.page_key > :page_after::text)
	AND (:provider_id::uuid IS NULL OR x.provider_id = :provider_id::uuid OR x.provider_id IS NULL AND (x.home_id IS NULL
		OR EXISTS (SELECT 1 FROM home h WHERE h.id = x.home_id AND h.provider_id = :provider_id::uuid)))
	AND (NOT x.replaced OR :with_replaced::boolean)
	AND (:date::date IS NULL OR NOT x.replaced AND x.from_date <= :date::date AND x.until_date > :date::date)
ORDER BY x.page_key
LIMIT :page_limit::bigint
