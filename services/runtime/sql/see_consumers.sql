-- Remembers how far consumers have applied this service's events; the latest word counts. At most 64 of them.
-- scope: internal
INSERT INTO consumer_seen AS c (consumer, epoch, applied, seen)
SELECT n.consumer, n.epoch, n.applied, n.seen
FROM unnest(:consumers::text[], :epochs::text[], :applied::bigint[], :seen::timestamptz[]) AS n(consumer, epoch, applied, seen)
WHERE EXISTS (SELECT 1 FROM consumer_seen k WHERE k.consumer = n.consumer) OR (SELECT count(1) FROM consumer_seen) < 64
ORDER BY n.consumer
ON CONFLICT (consumer) DO UPDATE SET epoch = excluded.epoch, applied = excluded.applied, seen = excluded.seen
WHERE c.seen <= excluded.seen
RETURNING c.consumer
