-- What a repeated request answers: the row it made.
SELECT f.id, f.contract_id, f.lot, f.provider_id, f.home_id, f.home_kind, f.band, f.weekly_fee_pence AS "weekly_fee.pence",
	f.from_date, f.until_date, f.replaced IS NOT NULL AS replaced, f.recorded
FROM contract_fee f WHERE f.id = :result_key::uuid AND commissions(:authority::text, f.contract_id)
