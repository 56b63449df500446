-- Of timer "carer_temporary": what the last day is reckoned from. The subject is the temporary approval.
-- scope: internal
SELECT t.id, t.version::text AS etag, t.home_id, t.child_id, t.kind, t.from_date, t.extended_on,
	t.review_sought_on, t.ended_on, t.ended_reason, l.weeks::bigint AS "weeks.value",
	l.extension_weeks::bigint AS "extension_weeks.value", l.working_days::bigint AS "working_days.value",
	l.source AS rule_source, l.holidays AS bank_holidays, t.decided_by, t.source
FROM temporary_approval t CROSS JOIN LATERAL temporary_law(t.kind, t.from_date) l
WHERE t.authority = :authority::text AND t.id = :subject::uuid AND t.ended_on IS NULL
