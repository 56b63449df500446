-- Notes a group's writes that had an effect: those whose row in `request` this very transaction made.
-- scope: internal
INSERT INTO audit (at, kind, authority, actor, roles, method, request_id, traceparent, subject, record, records)
SELECT DISTINCT ON (r.ctid) w.at, 'WRITE', w.authority, w.actor, w.roles, w.method, w.request_id, w.traceparent,
	coalesce(w.subject, r.result_key), r.result_key, 1
FROM unnest(:ats::timestamptz[], :authorities::text[], :actors::text[], :roles::integer[], :methods::text[],
	:request_ids::uuid[], :traceparents::text[], :subjects::text[])
	AS w(at, authority, actor, roles, method, request_id, traceparent, subject)
CROSS JOIN LATERAL (
	SELECT q.ctid, q.result_key FROM request q
	WHERE q.authority = w.authority AND q.caller = w.actor AND q.id = w.request_id AND q.method = w.method
		AND q.xmin = pg_current_xact_id()::xid
) r
