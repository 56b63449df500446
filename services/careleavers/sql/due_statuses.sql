-- Young people whose status may be another one by today, some hundred at a time, with the law of today.
-- scope: internal
WITH day AS MATERIALIZED (
	SELECT :today::date AS day
), law AS MATERIALIZED (
	SELECT l.days_in_care, l.counted_from_age, l.part_at_age, l.adult_age, l.support_age,
		l.request_age, l.return_home_months, l.assessment_months, l.review_months, l.first_visit_days, l.visit_months FROM day d CROSS JOIN law_on(d.day) l
)
SELECT y.authority, y.child_id::text AS child_id, y.version::text AS etag, y.date_of_birth::text AS date_of_birth,
	y.unaccompanied, d.day::text AS day, l.days_in_care, l.counted_from_age, l.part_at_age, l.adult_age, l.support_age,
	l.request_age, l.return_home_months, l.assessment_months, l.review_months, l.first_visit_days, l.visit_months,
	counted_periods(y.authority, y.child_id) AS counted, circumstances_of(y.authority, y.child_id) AS facts,
	y.version, y.told_status, y.told_support, y.quiet
FROM young_person y CROSS JOIN day d CROSS JOIN law l
WHERE y.check_on <= d.day
ORDER BY y.check_on LIMIT 500
