-- Who hears this service; one row without a consumer when nobody does.
-- scope: internal
SELECT c.consumer, c.epoch, c.applied, coalesce(c.proven, false) AS proven, (extract(epoch FROM c.seen) * 1000000)::bigint AS seen_us
FROM (VALUES (1)) one(row) LEFT JOIN consumer_seen c ON true
