-- Opens or closes a home for further children. Who lives there stays. Opening takes back the end of a home.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT h.id, h.version FROM home h WHERE h.id = :home_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE home h SET open = :open::boolean, ends_on = CASE WHEN NOT :open::boolean THEN h.ends_on END,
		version = h.version + 1, updated = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND h.id = :home_id::uuid
	RETURNING h.id, h.provider_id, h.name, h.kind, h.outward, h.easting, h.northing, h.area_authority,
		h.weekly_fee_pence, h.notice_days, h.open, h.urn, h.registration, h.registered_places,
		h.purpose, h.least_age, h.most_age, h.sex, h.most_children, h.siblings_only, h.places,
		h.supported_category, h.register, h.registered_from, h.registered_until, h.capabilities,
		h.excluded_risks, h.solo, h.annexe_of, h.planned_open, h.manager, h.latest_outcome,
		h.latest_inspected, h.ends_on,
		h.external_system, h.external_id, h.version
), taken_back AS (
	UPDATE home_end n SET state = 'TAKEN_BACK', updated = :now::timestamptz
	FROM effect e WHERE :open::boolean AND n.home_id = e.id AND n.state = 'PLANNED'
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
	FROM effect e
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
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
