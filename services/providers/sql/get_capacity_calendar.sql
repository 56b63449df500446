-- The facts of a home that say how many places it had, has and will have.
-- scope: supply
SELECT h.id, f.fact, f.code, f.places, f.from_date - DATE '1970-01-01' AS from_day,
	f.until_date - DATE '1970-01-01' AS until_day, f.own
FROM home h LEFT JOIN place_facts(ARRAY[:home_id::uuid], :authority::text, :today::date, :from_date::date) f ON true
WHERE h.id = :home_id::uuid
