-- The rows that an import wrote for authority :from, written again for :to by plain set-based statements: children, keys,
-- episodes and one event per child, in one transaction. Prints rows of episodes | seconds.
BEGIN;
SELECT clock_timestamp() AS began \gset
SELECT pg_advisory_xact_lock(7) \g /dev/null
INSERT INTO placements.child (authority, id, sex, date_of_birth, unaccompanied, return_year, recorded_on, recorded,
	updated, updated_by)
SELECT :'to', c.id, c.sex, c.date_of_birth, c.unaccompanied, c.return_year, c.recorded_on, c.recorded, c.updated,
	c.updated_by
FROM placements.child c WHERE c.authority = :'from';
INSERT INTO placements.external_id (authority, kind, system, id, resource)
SELECT :'to', x.kind, x.system, x.id, x.resource FROM placements.external_id x WHERE x.authority = :'from';
INSERT INTO placements.episode (authority, child, decom, rne, ls, cin, place, place_provider, dec, rec,
	reason_place_change, home_outward, place_outward, urn, return_year, source, recorded, recorded_by)
SELECT :'to', e.child, e.decom, e.rne, e.ls, e.cin, e.place, e.place_provider, e.dec, e.rec, e.reason_place_change,
	e.home_outward, e.place_outward, e.urn, e.return_year, e.source, e.recorded, e.recorded_by
FROM placements.episode e WHERE e.authority = :'from';
INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
	historical, payload)
SELECT o.type, o.aggregatetype, o.aggregateid, o.version, o.partition_key, :'to', o.time, o.traceparent, o.historical,
	o.payload
FROM placements.outbox o WHERE o.authority = :'from' ORDER BY o.seq;
COMMIT;
SELECT count(*), extract(epoch FROM clock_timestamp() - :'began'::timestamptz) FROM placements.episode e
WHERE e.authority = :'to';
