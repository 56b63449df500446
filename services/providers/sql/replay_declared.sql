-- What a provider declared last.
-- scope: supply
SELECT k.provider_id, k.from_date, k.source FROM approvals_kept k WHERE k.provider_id = :result_key::uuid
ORDER BY k.number DESC LIMIT 1
