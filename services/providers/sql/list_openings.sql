-- What was said of openings, by home and in the order in which it was said.
-- scope: supply
SELECT o.home_id::text || ' ' || o.version::text AS page_key,
	o.home_id, o.planned_open, o.opened, o.why, o.recorded, o.version::text AS etag,
	(coalesce(o.opened, o.planned_open) - opening_planned_first(o.home_id, o.version))::bigint AS "slipped_days.value"
FROM opening o
WHERE (:home_id::uuid IS NULL OR o.home_id = :home_id::uuid)
	AND (:page_after::text IS NULL
		OR (o.home_id, o.version) > (left(:page_after::text, 36)::uuid, substr(:page_after::text, 38)::bigint))
ORDER BY o.home_id, o.version
LIMIT :page_limit::bigint
