-- A home ends for good, on a day: no further child comes from now on. Children who live there have a plan to move out by
-- then; whose children they are does not matter here. On the day the timer "home_ends" looks again.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), day AS (
	SELECT coalesce(:on_date::date, :today::date) AS on_date
), target AS (
	SELECT h.id, h.provider_id, h.name, h.kind, h.outward, h.easting, h.northing, h.area_authority,
		h.weekly_fee_pence, h.notice_days, h.open, h.urn, h.registration, h.registered_places,
		h.purpose, h.least_age, h.most_age, h.sex, h.most_children, h.siblings_only, h.places,
		h.supported_category, h.register, h.registered_from, h.registered_until, h.capabilities,
		h.excluded_risks, h.solo, h.annexe_of, h.planned_open, h.manager, h.latest_outcome,
		h.latest_inspected, h.ends_on,
		h.external_system, h.external_id, h.version
	FROM home h WHERE h.id = :home_id::uuid
), planned AS (
	SELECT n.id, n.reason FROM home_end n, target t
	WHERE n.home_id = :home_id::uuid AND n.on_date = t.ends_on AND n.state IN ('PLANNED', 'ENDED')
	ORDER BY n.recorded DESC LIMIT 1
), lacking AS (
	SELECT without_move_plan(:home_id::uuid, d.on_date) AS children FROM day d
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN EXISTS (SELECT 1 FROM target t JOIN day d ON d.on_date = t.ends_on JOIN planned p
			ON p.reason IS NOT DISTINCT FROM :reason::text WHERE NOT t.open) THEN 'SAME'
		WHEN (SELECT l.children FROM lacking l) > 0 THEN 'CHILDREN_LIVE_HERE'
		WHEN EXISTS (SELECT 1 FROM hold k WHERE k.home_id = :home_id::uuid AND k.state = 'HELD') THEN 'PLACES_HELD'
		ELSE 'OK' END AS outcome
), changed AS (
	UPDATE home h SET open = false, ends_on = d.on_date, version = h.version + 1, updated = :now::timestamptz
	FROM verdict v, day d
	WHERE v.outcome = 'OK' AND h.id = :home_id::uuid
	RETURNING h.id, h.provider_id, h.name, h.kind, h.outward, h.easting, h.northing, h.area_authority,
		h.weekly_fee_pence, h.notice_days, h.open, h.urn, h.registration, h.registered_places,
		h.purpose, h.least_age, h.most_age, h.sex, h.most_children, h.siblings_only, h.places,
		h.supported_category, h.register, h.registered_from, h.registered_until, h.capabilities,
		h.excluded_risks, h.solo, h.annexe_of, h.planned_open, h.manager, h.latest_outcome,
		h.latest_inspected, h.ends_on,
		h.external_system, h.external_id, h.version
), effect AS (
	SELECT c.id, c.provider_id, c.name, c.kind, c.outward, c.easting, c.northing, c.area_authority,
		c.weekly_fee_pence, c.notice_days, c.open, c.urn, c.registration, c.registered_places,
		c.purpose, c.least_age, c.most_age, c.sex, c.most_children, c.siblings_only, c.places,
		c.supported_category, c.register, c.registered_from, c.registered_until, c.capabilities,
		c.excluded_risks, c.solo, c.annexe_of, c.planned_open, c.manager, c.latest_outcome,
		c.latest_inspected, c.ends_on,
		c.external_system, c.external_id, c.version FROM changed c
	UNION ALL
	SELECT t.id, t.provider_id, t.name, t.kind, t.outward, t.easting, t.northing, t.area_authority,
		t.weekly_fee_pence, t.notice_days, t.open, t.urn, t.registration, t.registered_places,
		t.purpose, t.least_age, t.most_age, t.sex, t.most_children, t.siblings_only, t.places,
		t.supported_category, t.register, t.registered_from, t.registered_until, t.capabilities,
		t.excluded_risks, t.solo, t.annexe_of, t.planned_open, t.manager, t.latest_outcome,
		t.latest_inspected, t.ends_on,
		t.external_system, t.external_id, t.version FROM target t, verdict v
	WHERE v.outcome = 'SAME'
), taken_back AS (
	UPDATE home_end n SET state = 'TAKEN_BACK', updated = :now::timestamptz
	FROM changed c WHERE n.home_id = c.id AND n.state = 'PLANNED'
	RETURNING n.id
), ending AS (
	-- after those taken back: one end of a home is planned at a time
	INSERT INTO home_end (id, home_id, on_date, reason, state, actor, recorded, updated)
	SELECT :new_id::uuid, c.id, c.ends_on, :reason::text, 'PLANNED', :actor::text, :now::timestamptz, :now::timestamptz
	FROM changed c WHERE (SELECT count(*) FROM taken_back) >= 0
	RETURNING id, on_date
), expiry AS (
	INSERT INTO timer (kind, subject, due)
	SELECT 'home_ends', n.id::text, n.on_date::timestamp AT TIME ZONE 'Europe/London' FROM ending n
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
	FROM changed e WHERE (SELECT t.open FROM target t)
)
SELECT CASE v.outcome WHEN 'SAME' THEN 'OK' ELSE v.outcome END AS outcome,
	(SELECT l.children FROM lacking l)::text AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.provider_id, e.name, e.kind, e.outward, e.easting AS "grid.easting",
	e.northing AS "grid.northing", e.area_authority,
	CASE WHEN :sees_fees::boolean THEN e.weekly_fee_pence END AS "weekly_fee.pence",
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
