-- What an order was about, as it is now.
-- scope: internal
SELECT w.id, w.source, w.seq, w.event_id, w.type, w.subject, w.authority, w.state, w.tries, w.code, w.reason, w.sqlstate,
	w.parked_at, w.ordered
FROM (
	SELECT p.place AS id, p.source, p.seq, p.event_id, p.type, p.subject, p.authority,
		CASE WHEN p.failed THEN 'FAILED' ELSE 'BEHIND' END AS state, p.tries, p.code, p.reason, p.sqlstate, p.parked_at,
		p.ordered
	FROM parked p WHERE p.place = :result_key::bigint
	UNION ALL
	SELECT d.place, d.source, d.seq, d.event_id, d.type, d.subject, d.authority, d.what, d.tries, d.code, d.reason, d.sqlstate,
		d.parked_at, NULL
	FROM parked_decision d WHERE d.place = :result_key::bigint AND d.what <> 'FAILED'
) w
LIMIT 1
