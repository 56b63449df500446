-- Creates or replaces a constellation: satellites that are new join it today, those left out leave it today. The same again
-- changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), keyed AS (
	SELECT c.id FROM constellation c
	WHERE c.external_system = :external_id_system::text AND c.external_id = :external_id_id::text
), target AS (
	SELECT c.id, c.provider_id, c.label, c.hub_home_id, c.respite_places, c.from_date, c.until_date, c.external_system,
		c.external_id, c.version
	FROM constellation c WHERE c.id = coalesce(:constellation_id::uuid, (SELECT k.id FROM keyed k))
), wanted AS (
	SELECT DISTINCT s.id AS home_id FROM unnest(:satellite_home_ids::uuid[]) s (id)
), involved AS (
	SELECT h.id, h.kind FROM home h WHERE h.id = ANY (:satellite_home_ids::uuid[] || :hub_home_id::uuid)
), taken AS (
	SELECT s.home_id FROM constellation_satellite s
	WHERE s.home_id = ANY (:satellite_home_ids::uuid[] || :hub_home_id::uuid) AND s.until_date IS NULL
		AND s.constellation_id IS DISTINCT FROM (SELECT t.id FROM target t)
	UNION ALL
	SELECT c.hub_home_id FROM constellation c
	WHERE c.hub_home_id = ANY (:satellite_home_ids::uuid[] || :hub_home_id::uuid) AND (c.until_date IS NULL
		OR c.until_date > :today::date) AND c.id IS DISTINCT FROM (SELECT t.id FROM target t)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN EXISTS (SELECT 1 FROM keyed k WHERE k.id <> :constellation_id::uuid) THEN 'EXTERNAL_ID_TAKEN'
		WHEN :etag::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN NOT EXISTS (SELECT 1 FROM provider p WHERE p.id = :provider_id::uuid) THEN 'PROVIDER_UNKNOWN'
		WHEN (SELECT count(*) FROM involved) < (SELECT count(*) FROM wanted) + 1 THEN 'HOME_UNKNOWN'
		WHEN EXISTS (SELECT 1 FROM involved i WHERE i.kind <> 'FOSTERING') THEN 'NOT_FOSTERING'
		WHEN (SELECT count(*) FROM wanted) > rule_value('MOCKINGBIRD_MOST_SATELLITES', :today::date) THEN 'TOO_MANY_SATELLITES'
		WHEN :until_date::date IS NULL AND EXISTS (SELECT 1 FROM taken) THEN 'IN_ANOTHER_CONSTELLATION'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO constellation (id, provider_id, label, hub_home_id, respite_places, from_date, until_date, external_system,
		external_id, actor, recorded, updated)
	SELECT coalesce(:constellation_id::uuid, :new_id::uuid), :provider_id::uuid, :label::text, :hub_home_id::uuid,
		:respite_places_value::integer, :from_date::date, :until_date::date, :external_id_system::text, :external_id_id::text,
		:actor::text, :now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM target)
	RETURNING id, provider_id, label, hub_home_id, respite_places, from_date, until_date, external_system, external_id,
		version
), left_out AS (
	UPDATE constellation_satellite s SET until_date = greatest(s.from_date, least(:today::date, :until_date::date))
	FROM verdict v, target t
	WHERE v.outcome = 'OK' AND s.constellation_id = t.id AND s.until_date IS NULL
		AND (:until_date::date <= :today::date OR s.home_id NOT IN (SELECT w.home_id FROM wanted w))
	RETURNING s.home_id
), coming AS (
	SELECT w.home_id FROM wanted w, verdict v
	WHERE v.outcome = 'OK' AND (:until_date::date IS NULL OR :until_date::date > :today::date)
		AND NOT EXISTS (SELECT 1 FROM constellation_satellite s WHERE s.constellation_id = (SELECT t.id FROM target t)
			AND s.home_id = w.home_id AND s.until_date IS NULL)
), changed AS (
	UPDATE constellation c SET provider_id = :provider_id::uuid, label = :label::text, hub_home_id = :hub_home_id::uuid,
		respite_places = :respite_places_value::integer, from_date = :from_date::date, until_date = :until_date::date,
		external_system = coalesce(:external_id_system::text, c.external_system),
		external_id = coalesce(:external_id_id::text, c.external_id), version = c.version + 1, updated = :now::timestamptz
	FROM verdict v, target t
	WHERE v.outcome = 'OK' AND c.id = t.id AND ((c.provider_id, c.label, c.hub_home_id, c.respite_places, c.from_date,
		c.until_date, c.external_system, c.external_id) IS DISTINCT FROM (:provider_id::uuid, :label::text, :hub_home_id::uuid,
		:respite_places_value::integer, :from_date::date, :until_date::date,
		coalesce(:external_id_system::text, c.external_system), coalesce(:external_id_id::text, c.external_id))
		OR EXISTS (SELECT 1 FROM left_out) OR EXISTS (SELECT 1 FROM coming))
	RETURNING c.id, c.provider_id, c.label, c.hub_home_id, c.respite_places, c.from_date, c.until_date, c.external_system,
		c.external_id, c.version
), effect AS (
	SELECT i.id, i.provider_id, i.label, i.hub_home_id, i.respite_places, i.from_date, i.until_date, i.external_system,
		i.external_id, i.version FROM inserted i
	UNION ALL
	SELECT c.id, c.provider_id, c.label, c.hub_home_id, c.respite_places, c.from_date, c.until_date, c.external_system,
		c.external_id, c.version FROM changed c
	UNION ALL
	SELECT t.id, t.provider_id, t.label, t.hub_home_id, t.respite_places, t.from_date, t.until_date, t.external_system,
		t.external_id, t.version FROM target t, verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), joined AS (
	INSERT INTO constellation_satellite (constellation_id, home_id, from_date, actor, recorded)
	SELECT e.id, c.home_id, greatest(:today::date, e.from_date), :actor::text, :now::timestamptz FROM effect e, coming c
	ON CONFLICT (constellation_id, home_id, from_date) DO UPDATE SET until_date = NULL
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz FROM effect e
)
SELECT v.outcome, CASE v.outcome WHEN 'TOO_MANY_SATELLITES' THEN (SELECT count(*) FROM wanted)::text || ' given, at most '
		|| rule_value('MOCKINGBIRD_MOST_SATELLITES', :today::date)
		WHEN 'IN_ANOTHER_CONSTELLATION' THEN (SELECT string_agg(k.home_id::text, ', ') FROM (SELECT x.home_id FROM taken x LIMIT 3) k)
		END AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.provider_id, e.label, e.hub_home_id,
	m.ids AS satellite_home_ids, e.respite_places::bigint AS "respite_places.value", e.from_date, e.until_date,
	CASE WHEN e.until_date <= :today::date THEN 'CLOSED' WHEN e.from_date > :today::date THEN 'PLANNED'
		WHEN cardinality(m.ids) < m.least THEN 'FORMING' ELSE 'LIVE' END AS state,
	cardinality(m.ids) AS satellites, m.least AS least_satellites, m.most AS most_satellites,
	e.external_system AS "external_id.system", e.external_id AS "external_id.id"
FROM verdict v LEFT JOIN effect e ON true CROSS JOIN LATERAL (
	-- as they are from now on
	SELECT ARRAY(SELECT w.home_id::text FROM wanted w WHERE :until_date::date IS NULL OR :until_date::date > :today::date
		ORDER BY w.home_id) AS ids,
		rule_value('MOCKINGBIRD_LEAST_SATELLITES', :today::date) AS least, rule_value('MOCKINGBIRD_MOST_SATELLITES', :today::date)
		AS most
) m
