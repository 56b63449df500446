-- Code sets by return year.
-- scope: supply
SELECT concat_ws(' ', c.set, c.code, c.valid_from) AS page_key, c.set, c.code, c.label, c.valid_from::integer AS valid_from,
	coalesce(c.valid_to, 0)::integer AS valid_to, c.source
FROM code c
WHERE (:set::text IS NULL OR c.set = :set::text)
	AND (:return_year::integer = 0 OR (c.valid_from <= :return_year::integer
		AND (c.valid_to IS NULL OR c.valid_to >= :return_year::integer)))
	AND (:page_after::text IS NULL OR concat_ws(' ', c.set, c.code, c.valid_from) > :page_after::text)
ORDER BY concat_ws(' ', c.set, c.code, c.valid_from) LIMIT :page_limit::integer
