-- How many constellations there are on a day, and how many households they hold by the model.
-- scope: supply
WITH day AS MATERIALIZED (
	SELECT coalesce(:date::date, :today::date) AS day, rule_value('MOCKINGBIRD_LEAST_SATELLITES',
		coalesce(:date::date, :today::date)) AS least, rule_value('MOCKINGBIRD_MOST_SATELLITES',
		coalesce(:date::date, :today::date)) AS most
), mine AS (
	SELECT c.id, c.respite_places, c.from_date > d.day AS planned, (SELECT count(1) FROM constellation_satellite s
		WHERE s.constellation_id = c.id AND s.from_date <= d.day AND (s.until_date IS NULL OR s.until_date > d.day)) AS satellites
	FROM constellation c, day d
	WHERE (c.until_date IS NULL OR c.until_date > d.day) AND (:provider_id::uuid IS NULL OR c.provider_id = :provider_id::uuid)
), total AS (
	SELECT count(1) FILTER (WHERE NOT m.planned) AS constellations, count(1) FILTER (WHERE m.planned) AS planned,
		count(1) FILTER (WHERE NOT m.planned AND m.satellites < d.least) AS forming,
		coalesce(sum(m.satellites) FILTER (WHERE NOT m.planned), 0) AS satellites,
		CASE WHEN bool_and(m.respite_places IS NOT NULL) FILTER (WHERE NOT m.planned) IS NOT FALSE
			THEN coalesce(sum(m.respite_places) FILTER (WHERE NOT m.planned), 0) END AS respite_places
	FROM mine m, day d
)
SELECT t.constellations::integer AS constellations, t.forming::integer AS forming, t.planned::integer AS planned,
	t.satellites::integer AS satellites, (t.constellations * d.least)::integer AS least_capacity,
	(t.constellations * d.most)::integer AS most_capacity,
	((t.constellations + t.planned) * d.least)::integer AS least_capacity_with_planned,
	((t.constellations + t.planned) * d.most)::integer AS most_capacity_with_planned,
	t.respite_places::bigint AS "respite_places.value"
FROM total t, day d
