-- What a home's provider said last of its vacancies.
-- scope: supply
SELECT h.id AS home_id, h.version::text AS etag, h.other_children_on AS on_date, c.free,
	c.other_children::bigint AS "other_children.value", c.derived, h.vacancy_confirmed AS confirmed
FROM home h JOIN LATERAL (SELECT v.free, v.other_children, v.derived FROM vacancy_confirmation v
	WHERE v.home_id = h.id ORDER BY v.on_date DESC LIMIT 1) c ON true
WHERE h.id = :result_key::uuid
