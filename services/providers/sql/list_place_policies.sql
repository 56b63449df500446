-- Everybody's policies, then those of the council that asks, in the order in which they were said.
SELECT concat_ws(' ', p.code, CASE p.authority WHEN '' THEN '0' ELSE '1' END, lpad(p.version::text, 6, '0')) AS page_key,
	p.code, p.value, p.from_date, p.source, p.authority <> '' AS own,
	(SELECT min(n.from_date) FROM place_policy n
		WHERE n.authority = p.authority AND n.code = p.code AND n.version > p.version) AS until_date
FROM place_policy p
WHERE p.authority IN ('', :authority::text)
	AND (:page_after::text IS NULL OR concat_ws(' ', p.code, CASE p.authority WHEN '' THEN '0' ELSE '1' END,
		lpad(p.version::text, 6, '0')) COLLATE "C" > :page_after::text COLLATE "C")
ORDER BY concat_ws(' ', p.code, CASE p.authority WHEN '' THEN '0' ELSE '1' END, lpad(p.version::text, 6, '0')) COLLATE "C"
LIMIT :page_limit::bigint
