-- Constellations, by id.
-- scope: supply
SELECT c.id::text AS page_key, c.id, c.version::text AS etag, c.provider_id, c.label, c.hub_home_id,
	m.ids AS satellite_home_ids, c.respite_places::bigint AS "respite_places.value", c.from_date, c.until_date,
	CASE WHEN c.until_date <= :today::date THEN 'CLOSED' WHEN c.from_date > :today::date THEN 'PLANNED'
		WHEN cardinality(m.ids) < m.least THEN 'FORMING' ELSE 'LIVE' END AS state,
	cardinality(m.ids) AS satellites, m.least AS least_satellites, m.most AS most_satellites,
	c.external_system AS "external_id.system", c.external_id AS "external_id.id"
FROM constellation c CROSS JOIN LATERAL (
	SELECT ARRAY(SELECT s.home_id::text FROM constellation_satellite s WHERE s.constellation_id = c.id AND s.until_date IS NULL
		ORDER BY s.home_id) AS ids,
		rule_value('MOCKINGBIRD_LEAST_SATELLITES', :today::date) AS least, rule_value('MOCKINGBIRD_MOST_SATELLITES', :today::date)
		AS most
) m
WHERE c.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:provider_id::uuid IS NULL OR c.provider_id = :provider_id::uuid)
ORDER BY c.id
LIMIT :page_limit::bigint
