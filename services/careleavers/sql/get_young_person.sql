-- One young person's dates with the thresholds of the day; the rule makes the status of them.
SELECT y.child_id, y.version::text AS etag, y.date_of_birth::text AS date_of_birth,
	counted_periods(y.authority, y.child_id) AS counted, shown_periods(y.authority, y.child_id) AS shown,
	d.day::text AS day, threshold_on('days_in_care', d.day) AS days_in_care,
	threshold_on('counted_from_age', d.day) AS counted_from_age, threshold_on('part_at_age', d.day) AS part_at_age,
	threshold_on('adult_age', d.day) AS adult_age, threshold_on('support_age', d.day) AS support_age,
	threshold_on('request_age', d.day) AS request_age
FROM young_person y CROSS JOIN (SELECT coalesce(:date::date, :today::date) AS day) d
WHERE y.authority = :authority::text AND y.child_id = :child_id::uuid
