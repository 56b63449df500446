-- What a home's provider said last of its vacancies.
-- scope: supply
SELECT c.home_id, c.version::text AS etag, c.on_date, c.free, c.other_children::bigint AS "other_children.value", c.derived,
	c.recorded AS confirmed
FROM vacancy_confirmation c WHERE c.home_id = :result_key::uuid ORDER BY c.version DESC LIMIT 1
