-- A process says that it is there, and learns whether it is the one that applies the source, how far the service is, what
-- lies parked and what operators ordered.
-- scope: internal
SELECT l.mine, l.seq, l.parked, l.ordered, l.wanted
FROM consumer_look(:service::text, :source::text, :holder::uuid, :may::boolean, :stale_ms::integer) l
