-- Remembers how far consumers have applied this service's events.
-- scope: internal
SELECT s.consumer
FROM consumers_see(:consumers::text[], :epochs::text[], :applied::bigint[], :seen::timestamptz[], :proven::boolean[]) AS s(consumer)
