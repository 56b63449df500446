-- Councils, by code, with what other tables call them.
-- scope: supply
SELECT c.code AS page_key, c.code, c.name, c.vintage,
	ARRAY(SELECT k.key FROM council_key k WHERE k.code = c.code AND k.key <> c.code ORDER BY k.key) AS keys
FROM council c
WHERE c.code > coalesce(:page_after::text, '')
ORDER BY c.code
LIMIT :page_limit::bigint
