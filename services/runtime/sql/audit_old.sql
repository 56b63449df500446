-- A row when the oldest seal whose entries are there is older than retention keeps.
-- scope: internal
SELECT o.no FROM (SELECT s.no, s.sealed FROM audit_seal s WHERE s.trimmed IS NULL ORDER BY s.no LIMIT 1) o
WHERE o.sealed < :before::timestamptz
