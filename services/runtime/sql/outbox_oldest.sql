-- The partition that may be trimmed but for its archive; no row when there is none.
-- scope: internal
SELECT o.number, o.last_seq, o.archived IS NOT NULL AS archived, t.through AS after_seq, h.epoch
FROM outbox_oldest(:before::timestamptz) o CROSS JOIN outbox_trimmed t CROSS JOIN history h
