-- A parked event with what was decided about it; also one that is parked no longer.
-- scope: internal
WITH waiting AS (
	SELECT p.place AS id, p.source, p.seq, p.event_id, p.type, p.subject, p.authority,
		CASE WHEN p.failed THEN 'FAILED' ELSE 'BEHIND' END AS state, p.tries, p.code, p.reason, p.sqlstate, p.parked_at,
		p.ordered, p.event
	FROM parked p WHERE p.place = :id::bigint
), gone AS (
	SELECT d.place AS id, d.source, d.seq, d.event_id, d.type, d.subject, d.authority, d.what AS state, d.tries, d.code,
		d.reason, d.sqlstate, d.parked_at
	FROM parked_decision d WHERE d.place = :id::bigint AND d.what <> 'FAILED' ORDER BY d.id DESC LIMIT 1
)
SELECT w.id AS "parked.id", w.source AS "parked.source", w.seq AS "parked.seq", w.event_id AS "parked.event_id",
	w.type AS "parked.type", w.subject AS "parked.subject", w.authority AS "parked.authority", w.state AS "parked.state",
	w.tries AS "parked.tries", w.code AS "parked.code", w.reason AS "parked.reason", w.sqlstate AS "parked.sqlstate",
	w.parked_at AS "parked.parked_at", w.ordered AS "parked.ordered", w.event::text AS detail, (
		SELECT coalesce(jsonb_agg(jsonb_build_object('what', d.what, 'who', d.who, 'why', d.why, 'code', d.code, 'reason',
			d.reason, 'at', to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) ORDER BY d.id), '[]')
		FROM (SELECT k.id, k.what, k.who, k.why, k.code, k.reason, k.at FROM parked_decision k
			WHERE k.place = :id::bigint ORDER BY k.id DESC LIMIT 100) d) AS decisions
FROM (SELECT i.id, i.source, i.seq, i.event_id, i.type, i.subject, i.authority, i.state, i.tries, i.code, i.reason,
		i.sqlstate, i.parked_at, i.ordered, i.event FROM waiting i
	UNION ALL
	SELECT g.id, g.source, g.seq, g.event_id, g.type, g.subject, g.authority, g.state, g.tries, g.code, g.reason,
		g.sqlstate, g.parked_at, NULL, NULL FROM gone g WHERE NOT EXISTS (SELECT 1 FROM waiting)) w
