-- Documents of providers and homes, by id.
-- scope: supply
SELECT d.id::text AS page_key, d.id, d.provider_id, d.home_id, d.type, d.reference, d.issued, d.expires, d.sha256, d.withdrawn_reason, d.recorded
FROM document d
WHERE d.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:home_id::uuid IS NULL OR d.home_id = :home_id::uuid)
	AND (:provider_id::uuid IS NULL OR d.provider_id = :provider_id::uuid
		OR d.home_id IN (SELECT h.id FROM home h WHERE h.provider_id = :provider_id::uuid))
	AND (:type::text IS NULL OR d.type = :type::text)
	AND (:expires_before::date IS NULL OR d.expires < :expires_before::date)
	AND (d.withdrawn_reason IS NULL OR :with_withdrawn::boolean)
ORDER BY d.id
LIMIT :page_limit::bigint
