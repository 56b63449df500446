-- The row of a repeated request, as it stands now.
SELECT k.id, k.type, k.from_date, k.until AS to_date, k.suitability, k.suitability_reason, k.assessed_on, k.assessor,
	return_code(k.type, k.suitability) AS return_code, k.withdrawn, k.actor AS recorded_by,
	k.recorded AS recorded_at, k.revision
FROM accommodation k
WHERE k.authority = :authority::text AND k.child_id = split_part(:result_key::text, ' ', 1)::uuid
	AND k.id = split_part(:result_key::text, ' ', 2)::uuid
ORDER BY k.revision DESC LIMIT 1
