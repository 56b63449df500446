-- Makes partitions ahead, closes those that are done with, folds stray events in.
-- scope: internal
SELECT k.made, k.folded, k.closed FROM outbox_keep(:size::bigint, :ahead::int, :close_before::timestamptz, :now::timestamptz) k
