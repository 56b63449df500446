-- The facts of all homes that are asked for, those of a line (of an area, a kind or both) together, then those of a home.
-- scope: supply
-- plan: fresh
WITH wanted AS MATERIALIZED (
	SELECT h.id, CASE WHEN :line_by::text <> 'KIND' THEN h.area_authority END AS line_area,
		CASE WHEN :line_by::text <> 'AREA' THEN h.kind END AS line_kind, h.solo, h.siblings_only, h.planned_open, h.places,
		coalesce(h.vacancy_confirmed, h.created) < :now::timestamptz - make_interval(days => r.value) AS stale
	FROM home h
	LEFT JOIN rule r ON r.code = 'VACANCY_STALE_DAYS' AND r.from_date <= :today::date
		AND (r.until_date IS NULL OR r.until_date > :today::date)
	WHERE (:area_authority::text IS NULL OR h.area_authority = :area_authority::text)
		AND (:kind::text IS NULL OR h.kind = :kind::text)
		AND (:provider_id::uuid IS NULL OR h.provider_id = :provider_id::uuid)
)
SELECT w.id::text AS home_id, w.line_area, w.line_kind, w.solo, w.siblings_only, coalesce(w.stale, false) AS stale,
	w.planned_open - DATE '1970-01-01' AS planned_day, w.places AS home_places,
	f.fact, f.code, f.places, f.from_date - DATE '1970-01-01' AS from_day, f.until_date - DATE '1970-01-01' AS until_day, f.own
FROM wanted w
LEFT JOIN place_facts(ARRAY(SELECT i.id FROM wanted i), :authority::text, :today::date, :on_date::date) f ON f.home_id = w.id
ORDER BY w.line_area NULLS FIRST, w.line_kind, w.id
