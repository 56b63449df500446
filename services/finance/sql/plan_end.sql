-- When a placement is meant to end, as placements tells it: another revision of its agreement's plan. History plans nothing.
WITH target AS (
	SELECT a.id FROM agreement a
	WHERE a.authority = :authority::text AND a.placement_id = :placement_id::uuid AND NOT :event_historical::boolean
)
INSERT INTO agreement_plan (authority, agreement_id, revision, planned_end, recorded)
SELECT :authority::text, t.id, 1 + (SELECT coalesce(max(p.revision), 0) FROM agreement_plan p
		WHERE p.authority = :authority::text AND p.agreement_id = (SELECT o.id FROM target o)),
	:planned_end::date, :now::timestamptz
FROM target t
