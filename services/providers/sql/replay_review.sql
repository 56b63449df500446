-- A review that a repeated request recorded.
-- scope: supply
SELECT r.id, r.home_id, r.held_on, r.result, r.to_panel, r.decided_by, r.source
FROM carer_review r WHERE r.id = :result_key::uuid
