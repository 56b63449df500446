-- A young person's rows, the latest first: as they stand, or with what stood before.
SELECT k.id, k.type, k.from_date, k.until AS to_date, k.suitability, k.suitability_reason, k.assessed_on, k.assessor,
	return_code(k.type, k.suitability) AS return_code, k.withdrawn, k.actor AS recorded_by,
	k.recorded AS recorded_at, k.revision,
	k.from_date::text || ' ' || k.id::text || ' ' || k.revision::text AS page_key
FROM accommodation k
WHERE k.authority = :authority::text AND k.child_id = :child_id::uuid
	AND (:with_corrections::boolean OR (NOT k.withdrawn AND NOT EXISTS (SELECT 1 FROM accommodation n
		WHERE n.authority = k.authority AND n.child_id = k.child_id AND n.id = k.id AND n.revision > k.revision)))
	AND (:page_after::text IS NULL OR (k.from_date, k.id, k.revision) < (split_part(:page_after::text, ' ', 1)::date,
		split_part(:page_after::text, ' ', 2)::uuid, split_part(:page_after::text, ' ', 3)::integer))
ORDER BY k.from_date DESC, k.id DESC, k.revision DESC
LIMIT :page_limit::integer
