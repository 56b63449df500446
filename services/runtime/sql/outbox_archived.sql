-- A partition is in the archive.
-- scope: internal
SELECT outbox_archived(:number::bigint, :last_seq::bigint, :events::bigint, :file::text, :hash::text, :now::timestamptz) AS first
