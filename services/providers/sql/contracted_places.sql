-- Places of the council's running contracts: known, usable, inside, estimated; what is not known is counted apart.
WITH day AS (
	SELECT coalesce(:date::date, :today::date) AS day
), deal AS (
	SELECT c.id, c.kind FROM contract c CROSS JOIN day d
	WHERE c.id IN (SELECT m.contract_id FROM contract_commissioner m
			WHERE m.authority = :authority::text AND m.until_version IS NULL)
		AND takes_part(:authority::text, c.id)
		AND c.from_date <= d.day AND (c.runs_until IS NULL OR c.runs_until > d.day)
), own AS (
	SELECT e.id, CASE WHEN bool_and(m.share IS NOT NULL) THEN sum(m.share) END AS share
	FROM deal e CROSS JOIN day d JOIN contract_commissioner m ON m.contract_id = e.id AND m.until_version IS NULL
		AND m.authority = :authority::text AND m.part = 'CHILDREN' AND m.from_date <= d.day AND m.until_date > d.day
	WHERE e.kind = 'BLOCK' GROUP BY e.id
), lot AS (
	SELECT e.kind, l.places, l.places_inside, l.estimated
	FROM deal e JOIN contract_lot l ON l.contract_id = e.id AND l.until_version IS NULL
), total AS (
	SELECT coalesce(sum(l.places) FILTER (WHERE NOT l.estimated), 0)::bigint AS places,
		coalesce(sum(l.places) FILTER (WHERE NOT l.estimated AND l.kind <> 'BLOCK'), 0)::bigint AS shared,
		coalesce(sum(l.places_inside) FILTER (WHERE NOT l.estimated), 0)::bigint AS inside,
		coalesce(sum(l.places - l.places_inside) FILTER (WHERE NOT l.estimated), 0)::bigint AS outside,
		coalesce(sum(l.places) FILTER (WHERE NOT l.estimated AND l.places_inside IS NULL), 0)::bigint AS location_unknown,
		coalesce(sum(l.places) FILTER (WHERE l.estimated), 0)::bigint AS estimated,
		coalesce(sum(l.places_inside) FILTER (WHERE l.estimated), 0)::bigint AS estimated_inside,
		coalesce(sum(l.places) FILTER (WHERE l.estimated AND l.places_inside IS NULL), 0)::bigint AS estimated_location_unknown,
		count(1)::integer AS lots, (count(1) FILTER (WHERE l.places IS NULL))::integer AS lots_unknown
	FROM lot l
), block AS (
	SELECT coalesce(sum(o.share), 0)::bigint AS share, (count(1) FILTER (WHERE o.id IS NULL OR o.share IS NULL))::integer AS unknown
	FROM deal e LEFT JOIN own o ON o.id = e.id WHERE e.kind = 'BLOCK'
)
SELECT t.places, t.shared + b.share AS usable, t.inside, t.outside, t.location_unknown,
	CASE WHEN t.inside + t.outside > 0 THEN (t.inside * 2000 + t.inside + t.outside) / (2 * (t.inside + t.outside)) END
		AS "inside_permille.value",
	t.estimated, t.estimated_inside, t.estimated_location_unknown, t.lots, t.lots_unknown, b.unknown AS blocks_unknown, d.day AS date
FROM total t CROSS JOIN block b CROSS JOIN day d
