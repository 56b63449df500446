-- What was said last of a home's opening.
-- scope: supply
SELECT o.home_id, o.planned_open, o.opened, o.why, o.recorded, o.version::text AS etag,
	(coalesce(o.opened, o.planned_open) - opening_planned_first(o.home_id, o.version))::bigint AS "slipped_days.value"
FROM opening o WHERE o.home_id = :result_key::uuid ORDER BY o.version DESC LIMIT 1
