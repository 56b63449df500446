-- Temporary approvals of a council, by id.
SELECT t.id::text AS page_key, t.id, t.version::text AS etag, t.home_id, t.child_id, t.kind, t.from_date, t.extended_on,
	t.review_sought_on, t.ended_on, t.ended_reason, l.weeks::bigint AS "weeks.value",
	l.extension_weeks::bigint AS "extension_weeks.value", l.working_days::bigint AS "working_days.value",
	l.source AS rule_source, l.holidays AS bank_holidays, t.decided_by, t.source
FROM temporary_approval t CROSS JOIN LATERAL temporary_law(t.kind, t.from_date) l
WHERE t.authority = :authority::text AND t.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:home_id::uuid IS NULL OR t.home_id = :home_id::uuid) AND (NOT :running_only::boolean OR t.ended_on IS NULL)
ORDER BY t.id
LIMIT :page_limit::bigint
