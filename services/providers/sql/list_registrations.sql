-- A registration's history, latest first.
-- scope: supply
SELECT r.from_date::text || '/' || r.id::text AS page_key,
	r.id, r.home_id, r.provider_id, r.register, r.urn, r.status, r.from_date, r.until_date,
	r.registered_places::bigint AS "registered_places.value", r.conditions, r.source, r.corrected_by, r.recorded
FROM registration r
WHERE (r.home_id = :home_id::uuid OR r.provider_id = :provider_id::uuid)
	AND (:page_after::text IS NULL OR (r.from_date, r.id) <
		(split_part(:page_after::text, '/', 1)::date, split_part(:page_after::text, '/', 2)::uuid))
ORDER BY r.from_date DESC, r.id DESC
LIMIT :page_limit::bigint
