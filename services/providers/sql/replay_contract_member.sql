-- What a repeated request answers: the row it made.
SELECT m.id, m.contract_id, m.lot, m.provider_id, m.home_id, m.tier::bigint AS "tier.value",
	m.rank::bigint AS "rank.value", m.from_date, m.until_date, m.replaced IS NOT NULL AS replaced, m.recorded
FROM contract_member m WHERE m.id = :result_key::uuid AND commissions(:authority::text, m.contract_id)
