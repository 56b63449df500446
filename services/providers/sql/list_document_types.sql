-- Types of document as they are on a day, by code.
-- scope: supply
SELECT t.code AS page_key, t.code, t.name, t.required, t.source
FROM document_type t
WHERE (:page_after::text IS NULL OR t.code > :page_after::text)
	AND t.from_date <= coalesce(:date::date, :today::date)
	AND (t.until_date IS NULL OR t.until_date > coalesce(:date::date, :today::date))
ORDER BY t.code
LIMIT :page_limit::bigint
