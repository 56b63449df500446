-- The history's epoch, its newest event, what has been trimmed of it, and when the first event after a cursor happened.
-- scope: internal
SELECT h.epoch, greatest((SELECT max(m.seq) FROM outbox m), t.through) AS "end", t.through AS trimmed,
	(SELECT o.time FROM outbox o WHERE o.seq > :after::bigint ORDER BY o.seq LIMIT 1) AS oldest
FROM history h CROSS JOIN outbox_trimmed t
