-- Young people who may have a status on the day: of an age for it, with care that counts; the rule decides.
SELECT y.child_id::text AS page_key, y.child_id, y.version::text AS etag, y.date_of_birth::text AS date_of_birth,
	counted_periods(y.authority, y.child_id) AS counted, shown_periods(y.authority, y.child_id) AS shown,
	d.day::text AS day, threshold_on('days_in_care', d.day) AS days_in_care,
	threshold_on('counted_from_age', d.day) AS counted_from_age, threshold_on('part_at_age', d.day) AS part_at_age,
	threshold_on('adult_age', d.day) AS adult_age, threshold_on('support_age', d.day) AS support_age,
	threshold_on('request_age', d.day) AS request_age
FROM young_person y CROSS JOIN (SELECT coalesce(:date::date, :today::date) AS day) d
WHERE y.authority = :authority::text AND (:page_after::uuid IS NULL OR y.child_id > :page_after::uuid)
	AND y.date_of_birth <= d.day - make_interval(years => threshold_on('part_at_age', d.day))
	AND y.date_of_birth > d.day - make_interval(years => threshold_on('request_age', d.day), days => 1)
	AND EXISTS (SELECT 1 FROM care_period c WHERE c.authority = y.authority AND c.child_id = y.child_id
		AND NOT c.short_breaks AND c.start <= d.day)
ORDER BY y.child_id LIMIT :page_limit::integer
