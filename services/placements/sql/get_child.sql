-- One child.
SELECT c.id, c.etag, c.sex, c."date_of_birth.value", c.unaccompanied, c.external_ids, c."turns_16.value", c."turns_18.value"
FROM child_reading c WHERE c.authority = :authority::text AND c.id = :child_id::uuid
