-- One child by another system's key.
SELECT c.id, c.etag, c.sex, c."date_of_birth.value", c.unaccompanied, c.external_ids, c."turns_16.value", c."turns_18.value"
FROM child_reading c
WHERE c.authority = :authority::text AND c.id = (SELECT x.resource FROM external_id x
	WHERE x.authority = :authority::text AND x.kind = 'child' AND x.system = :external_id_system::text
		AND x.id = :external_id_id::text)
