-- The partition that may be trimmed but for its archive; no row when there is none.
-- scope: internal
SELECT o.number, o.last_seq, o.archived IS NOT NULL AS archived FROM outbox_oldest(:before::timestamptz) o
