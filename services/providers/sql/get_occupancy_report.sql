-- The facts of the homes of some lines of the report (homes, providers or kinds), by line and home. further: there are lines
-- after these.
-- scope: supply
-- plan: fresh
WITH wanted AS MATERIALIZED (
	SELECT h.id, CASE :line_by::text WHEN 'PROVIDER' THEN h.provider_id::text WHEN 'KIND' THEN h.kind ELSE h.id::text END AS key,
		CASE :line_by::text WHEN 'PROVIDER' THEN p.name WHEN 'HOME' THEN h.name END AS name
	FROM home h JOIN provider p ON p.id = h.provider_id
	WHERE (:area_authority::text IS NULL OR h.area_authority = :area_authority::text)
		AND (:kind::text IS NULL OR h.kind = :kind::text)
		AND (:provider_id::uuid IS NULL OR h.provider_id = :provider_id::uuid)
), line AS MATERIALIZED (
	SELECT DISTINCT w.key COLLATE "C" AS key FROM wanted w
	WHERE w.key COLLATE "C" > coalesce(:after_key::text, '') COLLATE "C" ORDER BY 1 LIMIT :most_lines::bigint + 1
), shown AS MATERIALIZED (
	SELECT w.id, w.key, w.name FROM wanted w
	WHERE w.key IN (SELECT l.key FROM line l ORDER BY l.key LIMIT :most_lines::bigint)
)
SELECT (SELECT count(*) FROM line) > :most_lines::bigint AS further, s.key, s.name, s.id::text AS home_id,
	f.fact, f.code, f.places, f.from_date - DATE '1970-01-01' AS from_day, f.until_date - DATE '1970-01-01' AS until_day, f.own
FROM shown s
LEFT JOIN place_facts(ARRAY(SELECT i.id FROM shown i), :authority::text, :today::date, :from_date::date) f ON f.home_id = s.id
ORDER BY s.key COLLATE "C", s.id
