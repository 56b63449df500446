-- A row when entries of the audit wait to be sealed.
-- scope: internal
SELECT u.id FROM (SELECT a.id FROM audit a ORDER BY a.id DESC LIMIT 1) u
WHERE u.id > coalesce((SELECT s.last FROM audit_seal s ORDER BY s.no DESC LIMIT 1), 0)
