-- Where a postcode lies, and the council of the area by whatever key the table had.
-- scope: supply
SELECT split_part(p.postcode, ' ', 1) AS outward, p.easting AS "grid.easting", p.northing AS "grid.northing",
	(SELECT k.code FROM council_key k WHERE k.key = p.council) AS area_authority, p.council, p.terminated, p.vintage
FROM postcode p
WHERE p.postcode = :postcode::text
