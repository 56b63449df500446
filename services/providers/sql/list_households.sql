-- Fostering households as they are today, by id.
-- scope: supply
WITH crowded AS MATERIALIZED (
	-- few have more children than the limit; whether something allows it is looked at for those alone
	SELECT c.id FROM home c LEFT JOIN (SELECT k.home_id, count(DISTINCT k.child_id) AS children FROM hold k
		WHERE k.state = 'CONFIRMED' GROUP BY k.home_id) l ON l.home_id = c.id
	WHERE :over_limit_only::boolean AND c.kind = 'FOSTERING' AND coalesce(l.children, 0) + coalesce(c.other_children, 0)
		> (SELECT rule_value('FOSTERING_USUAL_LIMIT', :today::date))
)
SELECT h.id::text AS page_key, h.id AS home_id, h.provider_id, h.area_authority, a.id AS approval_id, a.since AS approved_since,
	h.least_age::bigint AS "terms.least_age.value", h.most_age::bigint AS "terms.most_age.value", h.sex AS "terms.sex",
	h.most_children::bigint AS "terms.most_children.value", h.siblings_only AS "terms.siblings_only",
	h.approved_kinds AS "terms.kinds", r.last_review, CASE WHEN a.id IS NOT NULL THEN r.due END AS review_due,
	CASE WHEN a.id IS NULL THEN NULL WHEN r.due < :today::date THEN 'OVERDUE'
		WHEN r.due <= :today::date + rule_value('CARER_REVIEW_NOTICE_1', :today::date) THEN 'DUE' END AS review_state,
	l.children, l.other_children::bigint AS "other_children.value", l.usual::bigint AS "usual_limit.value",
	l.named AS exempt_children, l.state AS limit_state, u.approved::bigint AS "approved_places.value",
	u.usable::bigint AS "usable_places.value"
FROM home h CROSS JOIN LATERAL fostering_limit(h.id, :today::date) l CROSS JOIN LATERAL fostering_places(h.id, :today::date) u
	CROSS JOIN LATERAL (SELECT (SELECT max(v.held_on) FROM carer_review v WHERE v.home_id = h.id) AS last_review,
		(SELECT d.due_date FROM carer_review_due d WHERE d.home_id = h.id) AS due) r
	LEFT JOIN LATERAL (SELECT x.id, (SELECT max(f.from_date) FROM approval f WHERE f.home_id = h.id AND f.first
			AND f.from_date <= :today::date AND f.from_date IS DISTINCT FROM f.until_date) AS since
		FROM approval x WHERE x.home_id = h.id AND x.from_date <= :today::date
			AND (x.until_date IS NULL OR x.until_date > :today::date) LIMIT 1) a ON true
WHERE h.kind = 'FOSTERING' AND h.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:provider_id::uuid IS NULL OR h.provider_id = :provider_id::uuid)
	AND (:area_authority::text IS NULL OR h.area_authority = :area_authority::text)
	AND (NOT :over_limit_only::boolean OR h.id IN (SELECT c.id FROM crowded c))
	AND (NOT :over_limit_only::boolean OR l.state = 'OVER')
ORDER BY h.id
LIMIT :page_limit::bigint
