-- Rows of a homes file, set-based: providers and homes are created or changed by the file's keys.
-- scope: supply
-- plan: fresh
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), item AS (
	SELECT x.provider_key, x.provider_name, x.provider_code, x.provider_sector, x.own_authority, x.home_key, x.name,
		x.kind, x.outward, (x.grid ->> 'easting')::integer AS easting, (x.grid ->> 'northing')::integer AS northing,
		x.area_authority, (x.weekly_fee ->> 'pence')::bigint AS weekly_fee_pence,
		(x.notice_days ->> 'value')::integer AS notice_days, NOT coalesce(x.closed, false) AS open, x.urn,
		x.registration, (x.registered_places ->> 'value')::integer AS registered_places,
		coalesce(ARRAY(SELECT jsonb_array_elements_text(x.purpose)), '{}') AS purpose,
		(x.terms #>> '{least_age,value}')::integer AS least_age, (x.terms #>> '{most_age,value}')::integer AS most_age,
		x.terms ->> 'sex' AS sex, (x.terms #>> '{most_children,value}')::integer AS most_children,
		coalesce((x.terms ->> 'siblings_only')::boolean, false) AS siblings_only, coalesce(x.places, 0) AS places,
		x.supported_category, x.register, x.registered_from, x.registered_until,
		coalesce(ARRAY(SELECT jsonb_array_elements_text(x.capabilities)), '{}') AS capabilities,
		coalesce(ARRAY(SELECT jsonb_array_elements_text(x.excluded_risks)), '{}') AS excluded_risks,
		coalesce(x.solo, false) AS solo, x.annexe_of, x.planned_open, x.manager
	FROM (
		SELECT r.provider_key, r.provider_name, r.provider_code, CASE r.provider_code WHEN 'PR0' THEN 'FAMILY'
				WHEN 'PR1' THEN 'IN_HOUSE' WHEN 'PR2' THEN 'OTHER_PUBLIC' WHEN 'PR3' THEN 'OTHER_PUBLIC'
				WHEN 'PR4' THEN 'INDEPENDENT' WHEN 'PR5' THEN 'INDEPENDENT' END AS provider_sector,
			r.own_authority, r.home_key, r.name, r.kind, r.outward, r.grid, r.area_authority,
			r.weekly_fee, r.notice_days, r.urn, r.registration, r.registered_places, r.purpose,
			r.terms, r.places, r.closed, r.supported_category, r.register, r.registered_from, r.registered_until,
			r.capabilities, r.excluded_risks, r.solo, r.annexe_of, r.planned_open, r.manager
		FROM jsonb_to_recordset(:rows::jsonb) r (provider_key text, provider_name text, provider_code text,
			own_authority text, home_key text, name text, kind text, outward text, grid jsonb, area_authority text,
			weekly_fee jsonb, notice_days jsonb, urn text, registration text, registered_places jsonb, purpose jsonb,
			terms jsonb, places integer, closed boolean, supported_category text, register text, registered_from date,
			registered_until date, capabilities jsonb, excluded_risks jsonb, solo boolean, annexe_of text,
			planned_open date, manager text)
	) x
), known AS (
	SELECT h.id, h.external_id, h.places, count(k.id) AS live
	FROM home h JOIN item i ON h.external_system = :system::text AND h.external_id = i.home_key
	LEFT JOIN hold k ON k.home_id = h.id AND k.state IN ('HELD', 'CONFIRMED')
	GROUP BY h.id, h.external_id, h.places
), too_small AS (
	SELECT i.home_key FROM item i JOIN known h ON h.external_id = i.home_key
	WHERE i.places < h.places AND i.places < h.live
), fresh AS MATERIALIZED (
	SELECT i.home_key, gen_random_uuid() AS id FROM item i WHERE i.home_key NOT IN (SELECT h.external_id FROM known h)
), main_home AS (
	-- the home that a row is an annexe of, from these rows or an earlier file; an annexe has no annexe
	SELECT i.home_key, m.id, m.annexe_of
	FROM item i LEFT JOIN LATERAL (
		SELECT coalesce(f.id, h.id) AS id, o.annexe_of
		FROM item o LEFT JOIN fresh f ON f.home_key = o.home_key
		LEFT JOIN home h ON h.external_system = :system::text AND h.external_id = o.home_key
		WHERE o.home_key = i.annexe_of
		UNION ALL
		SELECT h.id, h.annexe_of::text FROM home h
		WHERE h.external_system = :system::text AND h.external_id = i.annexe_of
			AND NOT EXISTS (SELECT 1 FROM item o WHERE o.home_key = i.annexe_of)) m ON true
	WHERE i.annexe_of IS NOT NULL
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN EXISTS (SELECT 1 FROM main_home m WHERE m.id IS NULL OR m.annexe_of IS NOT NULL) THEN 'ANNEXE_OF_NONE'
		WHEN EXISTS (SELECT 1 FROM too_small) THEN 'PLACES_IN_USE'
		ELSE 'OK' END AS outcome
), organisation AS (
	SELECT DISTINCT ON (i.provider_key) i.provider_key, i.provider_name, i.provider_code, i.provider_sector,
		i.own_authority
	FROM item i, verdict v WHERE v.outcome = 'OK'
	ORDER BY i.provider_key, i.home_key
), provider_known AS (
	SELECT p.id, p.external_id FROM provider p
	JOIN organisation o ON p.external_system = :system::text AND p.external_id = o.provider_key
), provider_new AS (
	INSERT INTO provider (id, name, code, sector, own_authority, external_system, external_id, created, updated)
	SELECT gen_random_uuid(), o.provider_name, o.provider_code, o.provider_sector, o.own_authority, :system::text,
		o.provider_key, :now::timestamptz, :now::timestamptz
	FROM organisation o WHERE o.provider_key NOT IN (SELECT p.external_id FROM provider_known p)
	RETURNING id, external_id
), provider_changed AS (
	UPDATE provider p SET name = o.provider_name, code = o.provider_code, sector = o.provider_sector,
		own_authority = o.own_authority, version = p.version + 1, updated = :now::timestamptz
	FROM organisation o
	WHERE p.external_system = :system::text AND p.external_id = o.provider_key
		AND (p.name, p.code, p.sector, p.own_authority) IS DISTINCT FROM
		(o.provider_name, o.provider_code, o.provider_sector, o.own_authority)
	RETURNING p.id
), whose AS (
	SELECT p.id, p.external_id FROM provider_known p
	UNION ALL SELECT n.id, n.external_id FROM provider_new n
), home_new AS (
	INSERT INTO home (id, provider_id, name, kind, outward, easting, northing, area_authority, weekly_fee_pence,
		notice_days, open, urn, registration, registered_places, purpose, least_age, most_age, sex, most_children,
		siblings_only, places, supported_category, register, registered_from, registered_until, capabilities,
		excluded_risks, solo, annexe_of, planned_open, manager, external_system, external_id, created, updated)
	SELECT f.id, w.id, i.name, i.kind, i.outward, i.easting, i.northing, i.area_authority, i.weekly_fee_pence,
		i.notice_days, i.open, i.urn, i.registration, i.registered_places, i.purpose, i.least_age,
		i.most_age, i.sex, i.most_children, i.siblings_only, i.places, i.supported_category, i.register,
		i.registered_from, i.registered_until, i.capabilities, i.excluded_risks, i.solo,
		(SELECT m.id FROM main_home m WHERE m.home_key = i.home_key), i.planned_open, i.manager,
		:system::text, i.home_key, :now::timestamptz, :now::timestamptz
	FROM item i JOIN whose w ON w.external_id = i.provider_key JOIN fresh f ON f.home_key = i.home_key
	RETURNING id, provider_id, kind, places, weekly_fee_pence, open, version
), given AS (
	-- what the rows make of the homes that are known: a registration that has a history is that of its history, the
	-- terms are those of an approval that is recorded, a home whose end is said stays closed
	SELECT h.id, w.id AS provider_id, i.name, i.kind, i.outward, i.easting, i.northing, i.area_authority,
		i.weekly_fee_pence, i.notice_days, i.open AND h.ends_on IS NULL AS open, i.purpose,
		CASE WHEN h.approved THEN h.least_age ELSE i.least_age END AS least_age,
		CASE WHEN h.approved THEN h.most_age ELSE i.most_age END AS most_age,
		CASE WHEN h.approved THEN h.sex ELSE i.sex END AS sex,
		CASE WHEN h.approved THEN h.most_children ELSE i.most_children END AS most_children,
		CASE WHEN h.approved THEN h.siblings_only ELSE i.siblings_only END AS siblings_only, i.places, i.supported_category, i.capabilities, i.excluded_risks, i.solo,
		CASE WHEN h.opening_recorded THEN h.planned_open ELSE i.planned_open END AS planned_open, i.manager,
		(SELECT m.id FROM main_home m WHERE m.home_key = i.home_key) AS annexe_of,
		CASE WHEN h.registration_recorded THEN h.urn ELSE i.urn END AS urn,
		CASE WHEN h.registration_recorded THEN h.registration ELSE i.registration END AS registration,
		CASE WHEN h.registration_recorded THEN h.registered_places ELSE i.registered_places END AS registered_places,
		CASE WHEN h.registration_recorded THEN h.register ELSE i.register END AS register,
		CASE WHEN h.registration_recorded OR h.approved THEN h.registered_from ELSE i.registered_from END AS registered_from,
		CASE WHEN h.registration_recorded OR h.approved THEN h.registered_until ELSE i.registered_until END AS registered_until
	FROM item i JOIN whose w ON w.external_id = i.provider_key
	JOIN home h ON h.external_system = :system::text AND h.external_id = i.home_key
), home_changed AS (
	UPDATE home h SET provider_id = g.provider_id, name = g.name, kind = g.kind, outward = g.outward, easting = g.easting,
		northing = g.northing, area_authority = g.area_authority, weekly_fee_pence = g.weekly_fee_pence,
		notice_days = g.notice_days, open = g.open, urn = g.urn, registration = g.registration,
		registered_places = g.registered_places, purpose = g.purpose, least_age = g.least_age, most_age = g.most_age,
		sex = g.sex, most_children = g.most_children, siblings_only = g.siblings_only, places = g.places,
		supported_category = g.supported_category, register = g.register, registered_from = g.registered_from,
		registered_until = g.registered_until, capabilities = g.capabilities, excluded_risks = g.excluded_risks,
		solo = g.solo, annexe_of = g.annexe_of, planned_open = g.planned_open, manager = g.manager,
		version = h.version + 1, updated = :now::timestamptz
	FROM given g
	WHERE h.id = g.id AND (
		h.provider_id, h.name, h.kind, h.outward, h.easting, h.northing, h.area_authority, h.weekly_fee_pence,
		h.notice_days, h.open, h.urn, h.registration, h.registered_places, h.purpose, h.least_age,
		h.most_age, h.sex, h.most_children, h.siblings_only, h.places, h.supported_category, h.register,
		h.registered_from, h.registered_until, h.capabilities, h.excluded_risks, h.solo, h.annexe_of, h.planned_open,
		h.manager
	) IS DISTINCT FROM (
		g.provider_id, g.name, g.kind, g.outward, g.easting, g.northing, g.area_authority, g.weekly_fee_pence,
		g.notice_days, g.open, g.urn, g.registration, g.registered_places, g.purpose, g.least_age,
		g.most_age, g.sex, g.most_children, g.siblings_only, g.places, g.supported_category, g.register,
		g.registered_from, g.registered_until, g.capabilities, g.excluded_risks, g.solo, g.annexe_of, g.planned_open,
		g.manager)
	RETURNING h.id, h.provider_id, h.kind, h.places, h.weekly_fee_pence, h.open, h.version
), told_of AS (
	SELECT n.id, n.provider_id, n.kind, n.places, n.weekly_fee_pence, n.open, n.version FROM home_new n
	UNION ALL
	SELECT c.id, c.provider_id, c.kind, c.places, c.weekly_fee_pence, c.open, c.version FROM home_changed c
), standing AS MATERIALIZED (
	SELECT p.home_id, p.number, p.offered FROM told_of u
	CROSS JOIN LATERAL (SELECT o.home_id, o.number, o.offered FROM place o WHERE o.home_id = u.id OFFSET 0) p
), live AS MATERIALIZED (
	SELECT k.home_id, k.place FROM told_of u
	CROSS JOIN LATERAL (SELECT o.home_id, o.place FROM hold o
		WHERE o.home_id = u.id AND o.state IN ('HELD', 'CONFIRMED') OFFSET 0) k
	WHERE k.place IS NOT NULL
), candidate AS (
	SELECT u.id AS home_id, s.number FROM told_of u, generate_series(1, u.places) s (number)
	UNION SELECT p.home_id, p.number FROM standing p
), ranked AS (
	SELECT c.home_id, c.number, p.offered, row_number() OVER (PARTITION BY c.home_id
		ORDER BY k.place IS NOT NULL DESC, c.number) AS nth
	FROM candidate c LEFT JOIN standing p ON p.home_id = c.home_id AND p.number = c.number
	LEFT JOIN live k ON k.home_id = c.home_id AND k.place = c.number
), offered AS (
	-- places that come and places that are taken back; the others stay as they are
	INSERT INTO place (home_id, number, offered)
	SELECT r.home_id, r.number, r.nth <= u.places FROM ranked r JOIN told_of u ON u.id = r.home_id
	WHERE coalesce(r.offered, false) <> (r.nth <= u.places)
	ON CONFLICT (home_id, number) DO UPDATE SET offered = excluded.offered
), total AS (
	SELECT (SELECT count(*) FROM provider_new) AS providers_created,
		(SELECT count(*) FROM provider_changed) AS providers_changed,
		(SELECT count(*) FROM organisation) AS providers,
		(SELECT count(*) FROM home_new) AS homes_created, (SELECT count(*) FROM home_changed) AS homes_changed,
		(SELECT count(*) FROM item) AS homes
	FROM verdict v WHERE v.outcome = 'OK'
), effect AS (
	SELECT t.providers_created, t.providers_changed, t.providers - t.providers_created - t.providers_changed
		AS providers_unchanged, t.homes_created, t.homes_changed, t.homes - t.homes_created - t.homes_changed
		AS homes_unchanged,
		concat_ws('/', t.providers_created, t.providers_changed, t.providers - t.providers_created - t.providers_changed,
			t.homes_created, t.homes_changed, t.homes - t.homes_created - t.homes_changed) AS result_key
	FROM total t
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.result_key,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.home.recorded.v1', 'home', e.id::text, e.version, e.id::text, '',
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'homeId', e.id, 'providerId', e.provider_id, 'kind', e.kind,
			'places', e.places, 'weeklyFee',
			CASE WHEN e.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', e.weekly_fee_pence) END,
			'open', e.open)
	FROM told_of e
)
SELECT v.outcome, CASE v.outcome
		WHEN 'ANNEXE_OF_NONE' THEN (SELECT string_agg(t.home_key, ', ') FROM (SELECT m.home_key FROM main_home m
			WHERE m.id IS NULL OR m.annexe_of IS NOT NULL LIMIT 3) t)
		ELSE (SELECT string_agg(t.home_key, ', ') FROM (SELECT s.home_key FROM too_small s LIMIT 3) t) END AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.result_key) AS result_key,
	e.providers_created, e.providers_changed, e.providers_unchanged, e.homes_created, e.homes_changed,
	e.homes_unchanged
FROM verdict v LEFT JOIN effect e ON true
