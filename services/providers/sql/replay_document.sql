-- What a repeated request answers: the document as it is.
-- scope: supply
SELECT d.id, d.provider_id, d.home_id, d.type, d.reference, d.issued, d.expires, d.sha256, d.withdrawn_reason, d.recorded
FROM document d WHERE d.id = :result_key::uuid
