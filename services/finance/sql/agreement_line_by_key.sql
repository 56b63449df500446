-- A line by the result key of a repeated request, as it stands now.
SELECT v.line_id::text AS "id", v.cost_type, v.unit, v.amount_pence AS "amount.pence", v.from_date, v.until AS to_date,
	v.withdrawn, v.actor AS recorded_by, v.recorded AS recorded_at, v.revision
FROM agreement_line_revision v
WHERE v.authority = :authority::text AND v.agreement_id = split_part(:result_key::text, ' ', 1)::uuid
	AND v.line_id = split_part(:result_key::text, ' ', 2)::uuid
ORDER BY v.revision DESC LIMIT 1
