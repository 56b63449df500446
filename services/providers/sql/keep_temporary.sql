-- Timer "carer_temporary": keeps the last day that was reckoned, tells it when it is new, and ends what is over: the home of
-- a connected person is approved no longer, unless it is by terms of its own. That it is for named children alone stays until
-- such terms are recorded. The subject is the temporary approval.
-- scope: internal
WITH due AS (
	SELECT t.id, t.authority, t.subject::uuid AS temporary_id FROM timer t
	WHERE t.id = :timer_id::uuid AND t.due = :due::timestamptz
), target AS (
	SELECT t.authority, t.id, t.home_id, t.kind, t.from_date, t.last_day, t.version,
		(SELECT max(a.from_date) FROM approval a WHERE t.kind = 'CONNECTED_PERSON' AND a.home_id = t.home_id
			AND a.from_date <= :today::date AND (a.until_date IS NULL OR a.until_date > :today::date)) AS approved_from
	FROM due d JOIN temporary_approval t ON t.authority = d.authority AND t.id = d.temporary_id WHERE t.ended_on IS NULL
		AND :reckoned::boolean
), verdict AS (
	SELECT g.authority, g.id, g.home_id, CASE WHEN g.approved_from IS NOT NULL THEN 'FULLY_APPROVED'
		WHEN :last_day::date < :today::date THEN 'EXPIRED' END AS reason,
		CASE WHEN g.approved_from IS NOT NULL THEN greatest(g.from_date, g.approved_from)
			WHEN :last_day::date < :today::date THEN :last_day::date + 1 END AS ended_on,
		g.last_day IS DISTINCT FROM :last_day::date OR g.version = 1 AS news
	FROM target g
), effect AS (
	UPDATE temporary_approval t SET last_day = :last_day::date, ended_on = v.ended_on, ended_reason = v.reason,
		version = t.version + CASE WHEN v.reason IS NOT NULL AND v.news THEN 2 ELSE 1 END, updated = :now::timestamptz
	FROM verdict v WHERE t.authority = v.authority AND t.id = v.id AND (v.news OR v.reason IS NOT NULL)
	RETURNING t.authority, t.id, t.home_id, t.child_id, t.kind, t.from_date, t.last_day, t.ended_on, t.ended_reason, t.version
), others AS (
	SELECT o.id, o.last_day FROM temporary_approval o WHERE o.home_id = (SELECT g.home_id FROM target g)
		AND o.id <> (SELECT g.id FROM target g) AND o.kind = 'CONNECTED_PERSON' AND o.ended_on IS NULL
), until AS (
	-- the household's: the latest of its temporary approvals, none when one of them is open
	SELECT e.home_id, e.from_date, CASE WHEN e.ended_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM others) THEN e.ended_on
		WHEN EXISTS (SELECT 1 FROM others o WHERE o.last_day IS NULL) OR (e.last_day IS NULL AND e.ended_on IS NULL) THEN NULL
		ELSE greatest(CASE WHEN e.ended_on IS NULL THEN e.last_day + 1 END, (SELECT max(o.last_day) + 1 FROM others o)) END
		AS until_date
	FROM effect e WHERE e.kind = 'CONNECTED_PERSON'
), approved AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz, registered_until = u.until_date,
		registered_from = coalesce(h.registered_from, u.from_date)
	FROM until u WHERE h.id = u.home_id AND NOT h.approved
), moved AS (
	-- without a last day it is looked at each day: the outcome or the year's bank holidays may be known then
	UPDATE timer t SET due = (coalesce(:last_day::date, :today::date) + 1)::timestamp AT TIME ZONE 'Europe/London' FROM due d
	WHERE t.id = d.id AND EXISTS (SELECT 1 FROM verdict v WHERE v.reason IS NULL)
), dropped AS (
	DELETE FROM timer t USING due d WHERE t.id = d.id AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.reason IS NULL)
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.carer.temporary_approval_set.v1', 'temporary_approval', e.id::text,
		e.version - CASE WHEN e.ended_on IS NOT NULL THEN 1 ELSE 0 END, e.child_id::text,
		e.authority, :now::timestamptz, :traceparent::text, jsonb_build_object('temporaryApprovalId', e.id,
			'homeId', e.home_id, 'childId', e.child_id, 'kind', e.kind, 'fromDate', e.from_date, 'lastDay', e.last_day)
	FROM effect e, verdict v WHERE v.news
	UNION ALL
	SELECT 'hearth.carer.temporary_approval_ended.v1', 'temporary_approval', e.id::text, e.version, e.child_id::text,
		e.authority, :now::timestamptz, :traceparent::text, jsonb_build_object('temporaryApprovalId', e.id,
			'homeId', e.home_id, 'childId', e.child_id, 'kind', e.kind, 'date', e.ended_on, 'reason', e.ended_reason)
	FROM effect e WHERE e.ended_on IS NOT NULL
)
SELECT d.id FROM due d
