-- The history's epoch, its newest event and what has been trimmed of it.
-- scope: internal
SELECT h.epoch, greatest((SELECT max(m.seq) FROM outbox m), t.through) AS "end", t.through AS trimmed
FROM history h CROSS JOIN outbox_trimmed t
