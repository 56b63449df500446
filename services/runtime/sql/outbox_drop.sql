-- Trims a partition if it still may be.
-- scope: internal
SELECT d.through, d.events FROM outbox_drop(:number::bigint, :before::timestamptz, :archived::boolean, :now::timestamptz) d
