-- One young person's dates with the law of the day; the rules make status, reasons and dues of them.
WITH day AS MATERIALIZED (
	SELECT coalesce(:date::date, :today::date) AS day
), law AS MATERIALIZED (
	SELECT l.days_in_care, l.counted_from_age, l.part_at_age, l.adult_age, l.support_age,
		l.request_age, l.return_home_months, l.assessment_months, l.review_months, l.first_visit_days, l.visit_months FROM day d CROSS JOIN law_on(d.day) l
)
SELECT y.child_id::text AS child_id, y.version::text AS etag, y.date_of_birth::text AS date_of_birth,
	y.unaccompanied, d.day::text AS day, l.days_in_care, l.counted_from_age, l.part_at_age, l.adult_age, l.support_age,
	l.request_age, l.return_home_months, l.assessment_months, l.review_months, l.first_visit_days, l.visit_months,
	p.counted, p.shown, p.facts, p.assessed::text AS assessed,
	p.planned::text AS planned, p.reviewed::text AS reviewed, p.visited::text AS visited, p.adviser,
	p.accommodation_id::text AS accommodation_id, p.type, p.moved_in::text AS moved_in, p.until::text AS until,
	p.suitability, p.suitability_reason, p.assessed_on::text AS assessed_on, p.assessor, p.return_code, p.recorded_by,
	p.recorded_at, p.revision, circumstances_shown(y.authority, y.child_id) AS circumstances, explanations() AS explanations
FROM young_person y CROSS JOIN day d CROSS JOIN law l CROSS JOIN LATERAL person_on(y.authority, y.child_id, d.day) p
WHERE y.authority = :authority::text AND y.child_id = :child_id::uuid
