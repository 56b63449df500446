-- Members of a contract's lots, by lot, provider, home and day.
SELECT x.page_key, x.id, x.contract_id, x.lot, x.provider_id, x.home_id, x."tier.value", x."rank.value", x.from_date,
	x.until_date, x.replaced, x.recorded
FROM (
	SELECT concat_ws(' ', m.lot, m.provider_id, coalesce(m.home_id::text, '-'), m.from_date,
			to_char(m.recorded AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), m.id) AS page_key,
		m.id, m.contract_id, m.lot, m.provider_id, m.home_id, m.tier::bigint AS "tier.value",
		m.rank::bigint AS "rank.value", m.from_date, m.until_date, m.replaced IS NOT NULL AS replaced, m.recorded
	FROM contract_member m
	WHERE m.contract_id = :contract_id::uuid AND commissions(:authority::text, :contract_id::uuid)
		AND (:lot::text IS NULL OR m.lot = :lot::text) AND (m.replaced IS NULL OR :with_replaced::boolean)
) x
WHERE :page_after::text IS NULL OR x.page_key > :page_after::text
ORDER BY x.page_key
LIMIT :page_limit::bigint
