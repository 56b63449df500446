-- Notes reads of children's records whose answers wait for this commit.
-- scope: internal
INSERT INTO audit (at, kind, authority, actor, roles, method, request_id, traceparent, subject, record, records, ids)
SELECT w.at, 'READ', w.authority, w.actor, w.roles, w.method, w.request_id, w.traceparent, w.subject, w.record, w.records,
	w.ids::text[]
FROM unnest(:ats::timestamptz[], :authorities::text[], :actors::text[], :roles::integer[], :methods::text[],
	:request_ids::uuid[], :traceparents::text[], :subjects::text[], :records::text[], :counts::integer[], :ids::text[])
	AS w(at, authority, actor, roles, method, request_id, traceparent, subject, record, records, ids)
