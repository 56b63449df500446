-- An inspection that a repeated request recorded.
-- scope: supply
SELECT i.id, i.home_id, i.provider_id, i.register, i.framework, i.inspection_type, i.inspected, i.published,
	i.outcome AS overall_outcome, i.next_by, i.source, i.corrected_by, i.recorded
FROM inspection i WHERE i.id = :result_key::uuid
