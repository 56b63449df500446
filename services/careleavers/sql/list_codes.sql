-- Codes in force in a return year.
-- scope: supply
SELECT c.set, c.code, c.label, c.suitability, c.source, NOT c.verified AS unverified FROM code c
WHERE (:set::text IS NULL OR c.set = :set::text) AND c.valid_from <= :return_year::integer
	AND (c.valid_to IS NULL OR c.valid_to >= :return_year::integer)
ORDER BY c.set, c.code
