-- The facts of a home that say how many places it has on a day, one a row, beside what is said of the home as a whole.
-- scope: supply
SELECT h.id, h.version::text AS etag, h.solo, h.siblings_only, h.annexe_of::text AS annexe_of,
	array_to_string(ARRAY(SELECT a.id::text FROM home a WHERE a.annexe_of = :home_id::uuid ORDER BY a.id LIMIT 50), ' ') AS annexes,
	h.planned_open::text AS planned_open, h.opening_recorded,
	EXISTS (SELECT 1 FROM opening o WHERE o.home_id = h.id AND o.opened IS NOT NULL) AS opened,
	h.other_children, h.other_children_on::text AS other_children_on,
	(extract(epoch FROM h.vacancy_confirmed) * 1000000)::bigint AS confirmed_us,
	(extract(epoch FROM h.created) * 1000000)::bigint AS created_us,
	r.value AS stale_days, r.source AS stale_source,
	f.fact, f.code, f.places, f.from_date - DATE '1970-01-01' AS from_day, f.until_date - DATE '1970-01-01' AS until_day, f.own
FROM home h
LEFT JOIN rule r ON r.code = 'VACANCY_STALE_DAYS' AND r.from_date <= :today::date
	AND (r.until_date IS NULL OR r.until_date > :today::date)
LEFT JOIN place_facts(ARRAY[:home_id::uuid], :authority::text, :today::date, :on_date::date) f ON true
WHERE h.id = :home_id::uuid
