-- Timers that are due, the oldest first: of these kinds, or of all others.
-- scope: internal
SELECT t.id, t.kind, t.authority, t.subject, t.due, t.data FROM timer t
WHERE t.due <= :now::timestamptz AND (t.kind = ANY (:kinds::text[])) = :among::boolean ORDER BY t.due, t.id LIMIT 200
