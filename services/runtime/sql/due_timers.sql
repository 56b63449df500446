-- Timers that are due, the oldest first.
-- scope: internal
SELECT t.id, t.kind, t.authority, t.subject, t.due, t.data FROM timer t
WHERE t.due <= :now::timestamptz ORDER BY t.due, t.id LIMIT 200
