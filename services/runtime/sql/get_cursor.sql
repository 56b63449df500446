-- How far this service has applied a source; no row before the first batch.
-- scope: internal
SELECT c.epoch, c.seq FROM cursor c WHERE c.source = :source::text
