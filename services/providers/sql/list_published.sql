-- Which vintages of which published table were loaded.
-- scope: supply
SELECT concat(l.name, ' ', l.vintage) AS page_key, l.name AS "table", l.vintage, l.rows_new AS "change.rows_new",
	l.rows_changed AS "change.rows_changed", 0::bigint AS "change.rows_unchanged", l.rows_removed AS "change.rows_removed",
	0::bigint AS "change.rows_kept", l.first_loaded, l.last_loaded, l.actor
FROM published_load l
WHERE (l.name, l.vintage) > (split_part(coalesce(:page_after::text, ''), ' ', 1),
	split_part(coalesce(:page_after::text, ''), ' ', 2))
ORDER BY l.name, l.vintage
LIMIT :page_limit::bigint
