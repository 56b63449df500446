-- Creates or changes a home and its places. The places that are held or lived in stay; the same again changes nothing.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), keyed AS (
	SELECT h.id FROM home h
	WHERE h.external_system = :external_id_system::text AND h.external_id = :external_id_id::text
), target AS (
	SELECT h.id, h.provider_id, h.name, h.kind, h.outward, h.easting, h.northing, h.area_authority,
		h.weekly_fee_pence, h.notice_days, h.open, h.urn, h.registration, h.registered_places,
		h.purpose, h.least_age, h.most_age, h.sex, h.most_children, h.siblings_only, h.places,
		h.supported_category, h.register, h.registered_from, h.registered_until, h.capabilities,
		h.excluded_risks, h.solo, h.annexe_of, h.planned_open, h.manager, h.latest_outcome,
		h.latest_inspected, h.ends_on,
		h.external_system, h.external_id, h.version, h.registration_recorded,
		h.approved
	FROM home h WHERE h.id = coalesce(:home_id::uuid, (SELECT k.id FROM keyed k))
), standing AS (
	-- a registration that has a history is that of its history (RecordRegistration), terms are those of an approval
	-- that is recorded (RecordApproval)
	SELECT CASE WHEN t.registration_recorded THEN t.urn ELSE :urn::text END AS urn,
		CASE WHEN t.registration_recorded THEN t.registration ELSE :registration::text END AS registration,
		CASE WHEN t.registration_recorded THEN t.registered_places ELSE :registered_places_value::integer END
			AS registered_places,
		CASE WHEN t.registration_recorded THEN t.register ELSE :register::text END AS register,
		CASE WHEN t.registration_recorded OR t.approved THEN t.registered_from ELSE :registered_from::date END AS registered_from,
		CASE WHEN t.registration_recorded OR t.approved THEN t.registered_until ELSE :registered_until::date END AS registered_until,
		CASE WHEN t.approved THEN t.least_age ELSE :terms_least_age_value::integer END AS least_age,
		CASE WHEN t.approved THEN t.most_age ELSE :terms_most_age_value::integer END AS most_age,
		CASE WHEN t.approved THEN t.sex ELSE :terms_sex::text END AS sex,
		CASE WHEN t.approved THEN t.most_children ELSE :terms_most_children_value::integer END AS most_children,
		CASE WHEN t.approved THEN t.siblings_only ELSE coalesce(:terms_siblings_only::boolean, false) END AS siblings_only
	FROM target t
), live AS (
	SELECT k.place FROM hold k JOIN target t ON t.id = k.home_id WHERE k.state IN ('HELD', 'CONFIRMED')
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN EXISTS (SELECT 1 FROM keyed k WHERE k.id <> :home_id::uuid) THEN 'EXTERNAL_ID_TAKEN'
		WHEN :etag::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN NOT EXISTS (SELECT 1 FROM provider p WHERE p.id = :provider_id::uuid) THEN 'PROVIDER_UNKNOWN'
		WHEN :annexe_of::uuid IS NOT NULL AND (:annexe_of::uuid = coalesce(:home_id::uuid, (SELECT t.id FROM target t))
			IS TRUE OR NOT EXISTS (SELECT 1 FROM home a WHERE a.id = :annexe_of::uuid AND a.annexe_of IS NULL))
			THEN 'ANNEXE_OF_NONE'
		WHEN :places::integer < (SELECT t.places FROM target t) AND :places::integer < (SELECT count(*) FROM live)
			THEN 'PLACES_IN_USE'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO home (id, provider_id, name, kind, outward, easting, northing, area_authority, weekly_fee_pence,
		notice_days, open, urn, registration, registered_places, purpose, least_age, most_age, sex, most_children,
		siblings_only, places,
		supported_category, register, registered_from, registered_until, capabilities, excluded_risks, solo,
		annexe_of, planned_open, manager, external_system, external_id, created, updated)
	SELECT coalesce(:home_id::uuid, :new_id::uuid), :provider_id::uuid, :name::text, :kind::text, :outward::text,
		:grid_easting::integer, :grid_northing::integer, :area_authority::text, :weekly_fee_pence::bigint,
		:notice_days_value::integer, true, :urn::text, :registration::text, :registered_places_value::integer,
		coalesce(:purpose::text[], '{}'), :terms_least_age_value::integer, :terms_most_age_value::integer,
		:terms_sex::text, :terms_most_children_value::integer, coalesce(:terms_siblings_only::boolean, false),
		:places::integer, :supported_category::text, :register::text, :registered_from::date,
		:registered_until::date, coalesce(:capabilities::text[], '{}'), coalesce(:excluded_risks::text[], '{}'),
		coalesce(:solo::boolean, false), :annexe_of::uuid, :planned_open::date, :manager::text,
		:external_id_system::text, :external_id_id::text, :now::timestamptz, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM target)
	RETURNING id, provider_id, name, kind, outward, easting, northing, area_authority, weekly_fee_pence,
		notice_days, open, urn, registration, registered_places, purpose, least_age, most_age, sex,
		most_children, siblings_only, places,
		supported_category, register, registered_from, registered_until, capabilities, excluded_risks, solo,
		annexe_of, planned_open, manager, latest_outcome, latest_inspected, ends_on,
		external_system, external_id, version
), changed AS (
	UPDATE home h SET provider_id = :provider_id::uuid, name = :name::text, kind = :kind::text, outward = :outward::text,
		easting = :grid_easting::integer, northing = :grid_northing::integer,
		area_authority = :area_authority::text, weekly_fee_pence = :weekly_fee_pence::bigint,
		notice_days = :notice_days_value::integer, urn = s.urn, registration = s.registration,
		registered_places = s.registered_places, register = s.register, registered_from = s.registered_from,
		registered_until = s.registered_until, purpose = coalesce(:purpose::text[], '{}'),
		least_age = s.least_age, most_age = s.most_age, sex = s.sex, most_children = s.most_children,
		siblings_only = s.siblings_only, places = :places::integer,
		supported_category = :supported_category::text, capabilities = coalesce(:capabilities::text[], '{}'),
		excluded_risks = coalesce(:excluded_risks::text[], '{}'), solo = coalesce(:solo::boolean, false),
		annexe_of = :annexe_of::uuid,
		planned_open = CASE WHEN h.opening_recorded THEN h.planned_open ELSE :planned_open::date END, manager = :manager::text,
		external_system = coalesce(:external_id_system::text, h.external_system),
		external_id = coalesce(:external_id_id::text, h.external_id),
		version = h.version + 1, updated = :now::timestamptz
	FROM verdict v, target t, standing s
	WHERE v.outcome = 'OK' AND h.id = t.id AND (
		h.provider_id, h.name, h.kind, h.outward, h.easting, h.northing, h.area_authority,
		h.weekly_fee_pence, h.notice_days, h.urn, h.registration, h.registered_places, h.purpose,
		h.least_age, h.most_age, h.sex, h.most_children, h.siblings_only, h.places,
		h.supported_category, h.register, h.registered_from, h.registered_until, h.capabilities,
		h.excluded_risks, h.solo, h.annexe_of, h.planned_open, h.manager, h.external_system, h.external_id
	) IS DISTINCT FROM (
		:provider_id::uuid, :name::text, :kind::text, :outward::text, :grid_easting::integer,
		:grid_northing::integer, :area_authority::text, :weekly_fee_pence::bigint,
		:notice_days_value::integer, s.urn, s.registration, s.registered_places,
		coalesce(:purpose::text[], '{}'), s.least_age, s.most_age, s.sex, s.most_children, s.siblings_only,
		:places::integer, :supported_category::text, s.register, s.registered_from, s.registered_until,
		coalesce(:capabilities::text[], '{}'), coalesce(:excluded_risks::text[], '{}'),
		coalesce(:solo::boolean, false), :annexe_of::uuid,
		CASE WHEN h.opening_recorded THEN h.planned_open ELSE :planned_open::date END, :manager::text,
		coalesce(:external_id_system::text, h.external_system),
		coalesce(:external_id_id::text, h.external_id))
	RETURNING h.id, h.provider_id, h.name, h.kind, h.outward, h.easting, h.northing, h.area_authority,
		h.weekly_fee_pence, h.notice_days, h.open, h.urn, h.registration, h.registered_places,
		h.purpose, h.least_age, h.most_age, h.sex, h.most_children, h.siblings_only, h.places,
		h.supported_category, h.register, h.registered_from, h.registered_until, h.capabilities,
		h.excluded_risks, h.solo, h.annexe_of, h.planned_open, h.manager, h.latest_outcome,
		h.latest_inspected, h.ends_on,
		h.external_system, h.external_id, h.version
), told_of AS (
	SELECT i.id, i.provider_id, i.name, i.kind, i.outward, i.easting, i.northing, i.area_authority,
		i.weekly_fee_pence, i.notice_days, i.open, i.urn, i.registration, i.registered_places,
		i.purpose, i.least_age, i.most_age, i.sex, i.most_children, i.siblings_only, i.places,
		i.supported_category, i.register, i.registered_from, i.registered_until, i.capabilities,
		i.excluded_risks, i.solo, i.annexe_of, i.planned_open, i.manager, i.latest_outcome,
		i.latest_inspected, i.ends_on,
		i.external_system, i.external_id, i.version FROM inserted i
	UNION ALL
	SELECT c.id, c.provider_id, c.name, c.kind, c.outward, c.easting, c.northing, c.area_authority,
		c.weekly_fee_pence, c.notice_days, c.open, c.urn, c.registration, c.registered_places,
		c.purpose, c.least_age, c.most_age, c.sex, c.most_children, c.siblings_only, c.places,
		c.supported_category, c.register, c.registered_from, c.registered_until, c.capabilities,
		c.excluded_risks, c.solo, c.annexe_of, c.planned_open, c.manager, c.latest_outcome,
		c.latest_inspected, c.ends_on,
		c.external_system, c.external_id, c.version FROM changed c
), effect AS (
	SELECT u.id, u.provider_id, u.name, u.kind, u.outward, u.easting, u.northing, u.area_authority,
		u.weekly_fee_pence, u.notice_days, u.open, u.urn, u.registration, u.registered_places,
		u.purpose, u.least_age, u.most_age, u.sex, u.most_children, u.siblings_only, u.places,
		u.supported_category, u.register, u.registered_from, u.registered_until, u.capabilities,
		u.excluded_risks, u.solo, u.annexe_of, u.planned_open, u.manager, u.latest_outcome,
		u.latest_inspected, u.ends_on,
		u.external_system, u.external_id, u.version FROM told_of u
	UNION ALL
	SELECT t.id, t.provider_id, t.name, t.kind, t.outward, t.easting, t.northing, t.area_authority,
		t.weekly_fee_pence, t.notice_days, t.open, t.urn, t.registration, t.registered_places,
		t.purpose, t.least_age, t.most_age, t.sex, t.most_children, t.siblings_only, t.places,
		t.supported_category, t.register, t.registered_from, t.registered_until, t.capabilities,
		t.excluded_risks, t.solo, t.annexe_of, t.planned_open, t.manager, t.latest_outcome,
		t.latest_inspected, t.ends_on,
		t.external_system, t.external_id, t.version FROM target t, verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), wanted AS (
	-- as many rows as there are places: those in use first, then the lowest numbers
	SELECT n.number FROM (
		SELECT p.number FROM place p JOIN target t ON t.id = p.home_id
		UNION SELECT s.number FROM generate_series(1, :places::integer) s (number)
	) n
	ORDER BY n.number IN (SELECT l.place FROM live l WHERE l.place IS NOT NULL) DESC, n.number
	LIMIT :places::integer
), offered AS (
	INSERT INTO place (home_id, number, offered)
	SELECT u.id, w.number, true FROM told_of u, wanted w
	ON CONFLICT (home_id, number) DO UPDATE SET offered = true WHERE NOT place.offered
), withdrawn AS (
	UPDATE place p SET offered = false
	FROM changed c
	WHERE p.home_id = c.id AND p.offered AND p.number NOT IN (SELECT w.number FROM wanted w)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
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
SELECT v.outcome, (SELECT count(*) FROM live)::text || ' in use, ' || :places::integer::text || ' wanted' AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.provider_id, e.name, e.kind, e.outward, e.easting AS "grid.easting",
	e.northing AS "grid.northing", e.area_authority, e.weekly_fee_pence AS "weekly_fee.pence",
	e.notice_days::bigint AS "notice_days.value", e.open, e.urn, e.registration,
	e.registered_places::bigint AS "registered_places.value", e.purpose,
	e.least_age::bigint AS "terms.least_age.value", e.most_age::bigint AS "terms.most_age.value",
	e.sex AS "terms.sex", e.most_children::bigint AS "terms.most_children.value",
	e.siblings_only AS "terms.siblings_only", e.places, e.external_system AS "external_id.system",
	e.external_id AS "external_id.id",
	e.supported_category, e.register, e.registered_from, e.registered_until, e.capabilities,
	e.excluded_risks, e.solo, e.annexe_of, e.planned_open, e.manager, e.latest_outcome,
	e.latest_inspected, e.ends_on
FROM verdict v LEFT JOIN effect e ON true
