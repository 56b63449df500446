-- The history's epoch and its newest event.
-- scope: internal
SELECT h.epoch, coalesce((SELECT max(m.seq) FROM outbox m), 0) AS "end" FROM history h
