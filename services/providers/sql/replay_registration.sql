-- A line of a registration's history that a repeated request recorded.
-- scope: supply
SELECT r.id, r.home_id, r.provider_id, r.register, r.urn, r.status, r.from_date, r.until_date,
	r.registered_places::bigint AS "registered_places.value", r.conditions, r.source, r.corrected_by, r.recorded
FROM registration r WHERE r.id = :result_key::uuid
