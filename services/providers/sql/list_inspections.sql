-- Inspections of a home or an agency, latest first.
-- scope: supply
SELECT i.inspected::text || '/' || i.id::text AS page_key,
	i.id, i.home_id, i.provider_id, i.register, i.framework, i.inspection_type, i.inspected, i.published,
	i.outcome AS overall_outcome, i.next_by, i.source, i.corrected_by, i.recorded
FROM inspection i
WHERE (i.home_id = :home_id::uuid OR i.provider_id = :provider_id::uuid)
	AND (:page_after::text IS NULL OR (i.inspected, i.id) <
		(split_part(:page_after::text, '/', 1)::date, split_part(:page_after::text, '/', 2)::uuid))
ORDER BY i.inspected DESC, i.id DESC
LIMIT :page_limit::bigint
