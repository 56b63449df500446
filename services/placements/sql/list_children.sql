-- Children of the authority, by id.
SELECT c.id::text AS page_key,
	c.id, c.etag, c.sex, c."date_of_birth.value", c.unaccompanied, c.external_ids, c."turns_16.value", c."turns_18.value"
FROM child_reading c
WHERE c.authority = :authority::text AND (:page_after::uuid IS NULL OR c.id > :page_after::uuid)
ORDER BY c.id LIMIT :page_limit::integer
