-- A policy that a repeated request set.
SELECT p.code, p.value, p.from_date, p.source, true AS own,
	(SELECT min(n.from_date) FROM place_policy n WHERE n.authority = :authority::text AND n.code = p.code AND n.version > p.version) AS until_date
FROM place_policy p
WHERE p.authority = :authority::text AND p.code = split_part(:result_key::text, ' ', 1)
	AND p.version = split_part(:result_key::text, ' ', 2)::integer
