-- How far this service has applied a source, the keys of which events lie parked, and how it is with loading the
-- source's state. One row.
-- scope: internal
SELECT c.epoch, c.seq,
	(SELECT string_agg(k.key, E'\n') FROM (SELECT DISTINCT p.key FROM parked p WHERE p.source = :source::text) k) AS keys,
	b.state, b.epoch AS boot_epoch, b.seq AS boot_seq, b.after, b.until
FROM (SELECT 1) one LEFT JOIN cursor c ON c.source = :source::text LEFT JOIN bootstrap b ON b.source = :source::text
