-- Enquiries about fostering, by id.
-- scope: supply
SELECT f.id::text AS page_key, f.id, f.version::text AS etag, f.provider_id, f.external_system AS "external_id.system",
	f.external_id AS "external_id.id", f.enquiry_source, f.enquired_on, f.stage, f.stage_from, f.result,
	f.result_on, f.home_id
FROM fostering_enquiry f
WHERE f.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:provider_id::uuid IS NULL OR f.provider_id = :provider_id::uuid)
	AND (:stage::text IS NULL OR f.stage = :stage::text) AND (NOT :open_only::boolean OR f.result IS NULL)
ORDER BY f.id
LIMIT :page_limit::bigint
