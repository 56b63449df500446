-- Keeps what the rule found of those looked at, tells whose status is another one, and says when to look again. Who has
-- changed since they were read is looked at anew.
-- scope: internal
-- plan: fresh
WITH due AS (
	SELECT t.id FROM timer t WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), given AS (
	SELECT g.authority, g.child_id, g.version, g.status, g.support, g.began, g.next_look, g.tell
	FROM unnest(:authorities::text[], :children::uuid[], :versions::bigint[], :statuses::text[], :supports::text[],
		:begans::date[], :looks::date[], :tells::boolean[])
		AS g (authority, child_id, version, status, support, began, next_look, tell)
	WHERE EXISTS (SELECT 1 FROM due)
), was AS (
	SELECT y.authority, y.child_id, y.told_status, y.version
	FROM given g JOIN young_person y ON y.authority = g.authority AND y.child_id = g.child_id AND y.version = g.version
), moved AS (
	UPDATE young_person y SET told_status = g.status, told_support = g.support, check_on = g.next_look, quiet = false,
		version = y.version + CASE WHEN g.tell THEN 1 ELSE 0 END
	FROM given g WHERE y.authority = g.authority AND y.child_id = g.child_id AND y.version = g.version
	RETURNING y.authority, y.child_id, y.version, g.status, g.support, g.began, g.tell
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload,
		personal)
	SELECT 'hearth.young_person.status_changed.v1', 'young_person', m.child_id::text, m.version, m.child_id::text,
		m.authority, :now::timestamptz, '', jsonb_build_object('childId', m.child_id, 'was', nullif(coalesce(w.told_status, 'NONE'), 'UNKNOWN'),
		'status', nullif(m.status, 'UNKNOWN'), 'support', m.support),
		CASE WHEN m.began IS NOT NULL THEN jsonb_build_object('began', jsonb_build_object('value', m.began)) END
	FROM moved m JOIN was w ON w.authority = m.authority AND w.child_id = m.child_id WHERE m.tell
)
UPDATE timer t SET due = CASE WHEN EXISTS (SELECT 1 FROM young_person y WHERE y.check_on <= :today::date
		AND NOT EXISTS (SELECT 1 FROM was w WHERE w.authority = y.authority AND w.child_id = y.child_id))
	THEN :now::timestamptz ELSE (:today::date + 1)::timestamp AT TIME ZONE 'Europe/London' END
FROM due d WHERE t.id = d.id
