-- An enquiry that a repeated request recorded or moved on, as it is.
-- scope: supply
SELECT f.id, f.version::text AS etag, f.provider_id, f.external_system AS "external_id.system",
	f.external_id AS "external_id.id", f.enquiry_source, f.enquired_on, f.stage, f.stage_from, f.result,
	f.result_on, f.home_id
FROM fostering_enquiry f WHERE f.id = :result_key::uuid
