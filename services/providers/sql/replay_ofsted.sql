-- What came of rows of a published list that were imported by a repeated request.
-- scope: supply
SELECT o.created, o.changed, o.unchanged, o.not_understood, o.not_kept, o.outcomes AS rows
FROM ofsted_import o WHERE o.id = :result_key::uuid
