-- Young people who may have a status on the day: of an age for it, with care that counts; the rule decides. Or those
-- whose status may not be known.
WITH day AS MATERIALIZED (
	SELECT coalesce(:date::date, :today::date) AS day
), law AS MATERIALIZED (
	SELECT l.days_in_care, l.counted_from_age, l.part_at_age, l.adult_age, l.support_age,
		l.request_age, l.return_home_months, l.assessment_months, l.review_months, l.first_visit_days, l.visit_months FROM day d CROSS JOIN law_on(d.day) l
)
SELECT y.child_id::text AS page_key, y.child_id::text AS child_id, y.version::text AS etag, y.date_of_birth::text AS date_of_birth,
	y.unaccompanied, d.day::text AS day, l.days_in_care, l.counted_from_age, l.part_at_age, l.adult_age, l.support_age,
	l.request_age, l.return_home_months, l.assessment_months, l.review_months, l.first_visit_days, l.visit_months,
	p.counted, p.shown, p.facts, p.assessed::text AS assessed,
	p.planned::text AS planned, p.reviewed::text AS reviewed, p.visited::text AS visited, p.adviser,
	p.accommodation_id::text AS accommodation_id, p.type, p.moved_in::text AS moved_in, p.until::text AS until,
	p.suitability, p.suitability_reason, p.assessed_on::text AS assessed_on, p.assessor, p.return_code, p.recorded_by,
	p.recorded_at, p.revision, NULL::text AS circumstances, NULL::text AS explanations
FROM young_person y CROSS JOIN day d CROSS JOIN law l CROSS JOIN LATERAL person_on(y.authority, y.child_id, d.day) p
WHERE y.authority = :authority::text AND (:page_after::uuid IS NULL OR y.child_id > :page_after::uuid)
	AND (y.date_of_birth IS NULL AND :unknown::boolean OR y.date_of_birth <= d.day - make_interval(years => l.part_at_age)
		AND y.date_of_birth > d.day - make_interval(years => l.request_age, days => 1))
	AND EXISTS (SELECT 1 FROM care_period c WHERE c.authority = y.authority AND c.child_id = y.child_id
		AND NOT c.short_breaks AND c.start <= d.day)
ORDER BY y.child_id LIMIT :page_limit::integer
