-- Councils whose areas touch, in both directions, by code.
-- scope: supply
SELECT concat(a.authority, a.adjoining) AS page_key, a.authority, a.adjoining, a.vintage
FROM adjoining a
WHERE (a.authority, a.adjoining) > (left(coalesce(:page_after::text, ''), 3), substr(coalesce(:page_after::text, ''), 4))
	AND (:authority_wanted::text IS NULL OR a.authority = :authority_wanted::text)
ORDER BY a.authority, a.adjoining
LIMIT :page_limit::bigint
