-- How far places of fostering households are used: children of approved and of usable places, in all, and by provider or area.
-- A household whose places are not known is counted and is in no place, child or rate.
-- scope: supply
WITH household AS (
	SELECT CASE :by::text WHEN 'PROVIDER' THEN h.provider_id END AS provider_id,
		CASE :by::text WHEN 'AREA' THEN h.area_authority END AS area, u.approved, u.usable,
		l.children + coalesce(l.other_children, 0) AS children, l.other_children IS NULL AS others_unknown
	FROM home h CROSS JOIN LATERAL fostering_limit(h.id, :today::date) l
		CROSS JOIN LATERAL fostering_places(h.id, :today::date) u
	WHERE h.kind = 'FOSTERING' AND (h.registered_until IS NULL OR h.registered_until > :today::date OR l.children > 0)
		AND (:provider_id::uuid IS NULL OR h.provider_id = :provider_id::uuid)
		AND (:area_authority::text IS NULL OR h.area_authority = :area_authority::text)
), sums AS (
	SELECT grouping(o.provider_id, o.area) = 3 AS all, o.provider_id, o.area, count(1) AS households,
		count(1) FILTER (WHERE o.approved IS NULL) AS unknown, count(1) FILTER (WHERE o.others_unknown) AS others_unknown,
		coalesce(sum(o.children) FILTER (WHERE o.approved IS NOT NULL), 0) AS children,
		coalesce(sum(o.approved), 0) AS approved, coalesce(sum(o.usable), 0) AS usable
	FROM household o GROUP BY GROUPING SETS ((), (o.provider_id, o.area))
), line AS (
	SELECT s.all, s.provider_id, s.area, jsonb_build_object('provider_id', s.provider_id, 'area_authority', s.area,
		'households', s.households, 'households_unknown', s.unknown, 'children', s.children, 'approved_places', s.approved,
		'usable_places', s.usable, 'of_approved', coalesce(round(100.0 * s.children / nullif(s.approved, 0), 1)::text, '-'),
		'of_usable', coalesce(round(100.0 * s.children / nullif(s.usable, 0), 1)::text, '-'), 'children_per_household',
		coalesce(round(1.0 * s.children / nullif(s.households - s.unknown, 0), 2)::text, '-'),
		'other_children_unknown', s.others_unknown) AS message
	FROM sums s
)
SELECT (SELECT l.message FROM line l WHERE l.all) AS total,
	(SELECT jsonb_agg(p.message ORDER BY p.provider_id, p.area NULLS LAST) FROM (SELECT l.message, l.provider_id, l.area FROM line l
		WHERE NOT l.all AND :by::text IS NOT NULL ORDER BY l.provider_id, l.area NULLS LAST LIMIT 500) p) AS parts
