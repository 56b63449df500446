-- Creates or replaces a contract with its commissioners and lots. What was recorded before is kept, under the versions in
-- which it stood; the same again changes nothing.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), keyed AS (
	SELECT c.id FROM contract c WHERE c.reference = :reference::text AND c.authority = :authority::text
), target AS (
	SELECT c.id, c.authority, c.reference, c.name, c.kind, c.basis, c.open_to_entrants, c.from_date, c.until_date,
		c.extensions, c.ended_on, c.ended_reason, c.runs_until, c.version, c.actor, c.updated
	FROM contract c WHERE c.id = coalesce(:contract_id::uuid, (SELECT k.id FROM keyed k))
		AND commissions(:authority::text, c.id)
), extension AS (
	SELECT e.until_date, e.taken_on FROM jsonb_to_recordset(coalesce(:extensions::jsonb, '[]'))
		AS e (until_date date, taken_on date)
), given AS (
	SELECT coalesce((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('until_date', e.until_date, 'taken_on', e.taken_on))
			ORDER BY e.until_date, e.taken_on) FROM extension e), '[]') AS extensions,
		coalesce((SELECT t.ended_on FROM target t), greatest(:until_date::date,
			(SELECT max(e.until_date) FROM extension e WHERE e.taken_on IS NOT NULL))) AS runs_until
), buyer AS (
	SELECT e.authority, coalesce(e.part, 'CHILDREN') AS part, (e.share ->> 'value')::integer AS share,
		coalesce(e.from_date, :from_date::date) AS from_date, coalesce(e.until_date, 'infinity') AS until_date
	FROM jsonb_to_recordset(coalesce(:commissioners::jsonb, '[]'))
		AS e (authority text, part text, share jsonb, from_date date, until_date date)
	UNION ALL
	SELECT :authority::text, 'CHILDREN', NULL, :from_date::date, 'infinity'
	WHERE jsonb_array_length(coalesce(:commissioners::jsonb, '[]')) = 0
), lot AS (
	SELECT e.code, e.name, e.home_kinds, coalesce(e.area_authorities, '{}') AS area_authorities,
		coalesce(e.categories, '{}') AS categories, (e.places ->> 'value')::integer AS places,
		(e.places_inside ->> 'value')::integer AS places_inside, coalesce(e.estimated, false) AS estimated
	FROM jsonb_to_recordset(coalesce(:lots::jsonb, '[]')) AS e (code text, name text, home_kinds text[],
		area_authorities text[], categories text[], places jsonb, places_inside jsonb, estimated boolean)
), live_buyer AS (
	SELECT m.authority, m.part, m.share, m.from_date, m.until_date FROM contract_commissioner m
	WHERE m.contract_id = (SELECT t.id FROM target t) AND m.until_version IS NULL
), live_lot AS (
	SELECT l.code, l.name, l.home_kinds, l.area_authorities, l.categories, l.places, l.places_inside, l.estimated
	FROM contract_lot l WHERE l.contract_id = (SELECT t.id FROM target t) AND l.until_version IS NULL
), new_buyer AS (
	SELECT b.authority, b.part, b.share, b.from_date, b.until_date FROM buyer b
	EXCEPT SELECT m.authority, m.part, m.share, m.from_date, m.until_date FROM live_buyer m
), old_buyer AS (
	SELECT m.authority, m.part, m.share, m.from_date, m.until_date FROM live_buyer m
	EXCEPT SELECT b.authority, b.part, b.share, b.from_date, b.until_date FROM buyer b
), new_lot AS (
	SELECT a.code, a.name, a.home_kinds, a.area_authorities, a.categories, a.places, a.places_inside, a.estimated FROM lot a
	EXCEPT SELECT l.code, l.name, l.home_kinds, l.area_authorities, l.categories, l.places, l.places_inside, l.estimated
	FROM live_lot l
), old_lot AS (
	SELECT l.code, l.name, l.home_kinds, l.area_authorities, l.categories, l.places, l.places_inside, l.estimated
	FROM live_lot l
	EXCEPT SELECT a.code, a.name, a.home_kinds, a.area_authorities, a.categories, a.places, a.places_inside, a.estimated
	FROM lot a
), used_lot AS (
	SELECT m.lot FROM contract_member m WHERE m.contract_id = (SELECT t.id FROM target t) AND m.replaced IS NULL
		AND (m.until_date IS NULL OR m.until_date > :today::date) AND m.lot NOT IN (SELECT a.code FROM lot a)
	LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN :contract_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN (SELECT t.authority FROM target t) <> :authority::text THEN 'NOT_LEADING'
		WHEN EXISTS (SELECT 1 FROM keyed k WHERE k.id <> :contract_id::uuid) THEN 'REFERENCE_TAKEN'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN :kind::text = 'DYNAMIC_MARKET' AND :basis::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rule r
			WHERE r.code = CASE :basis::text WHEN 'PROCUREMENT_ACT_2023' THEN 'DYNAMIC_MARKET'
					ELSE 'DYNAMIC_PURCHASING_SYSTEM' END
				AND r.from_date <= :from_date::date AND (r.until_date IS NULL OR r.until_date > :from_date::date))
			THEN 'LAW_OF_CONTRACT'
		WHEN EXISTS (SELECT 1 FROM used_lot) THEN 'LOT_IN_USE'
		WHEN (SELECT t.ended_on FROM target t) < :from_date::date THEN 'BEFORE_CONTRACT'
		WHEN NOT EXISTS (SELECT 1 FROM target) AND contracts_of(:authority::text) >= 2000 THEN 'TOO_MANY_CONTRACTS'
		ELSE 'OK' END AS outcome
), inserted AS (
	INSERT INTO contract (id, authority, reference, name, kind, basis, open_to_entrants, from_date, until_date, extensions,
		runs_until, actor, created, updated)
	SELECT :new_id::uuid, :authority::text, :reference::text, :name::text, :kind::text, :basis::text,
		:open_to_entrants::boolean, :from_date::date, :until_date::date, g.extensions, g.runs_until, :actor::text,
		:now::timestamptz, :now::timestamptz
	FROM verdict v, given g WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM target)
	RETURNING id, authority, reference, name, kind, basis, open_to_entrants, from_date, until_date, extensions, ended_on,
		ended_reason, runs_until, version
), changed AS (
	UPDATE contract c SET reference = :reference::text, name = :name::text, kind = :kind::text, basis = :basis::text,
		open_to_entrants = :open_to_entrants::boolean, from_date = :from_date::date, until_date = :until_date::date,
		extensions = g.extensions, runs_until = g.runs_until, version = c.version + 1, actor = :actor::text,
		updated = :now::timestamptz
	FROM verdict v, given g, target t
	WHERE v.outcome = 'OK' AND c.id = t.id AND (
		(c.reference, c.name, c.kind, c.basis, c.open_to_entrants, c.from_date, c.until_date, c.extensions) IS DISTINCT FROM
		(:reference::text, :name::text, :kind::text, :basis::text, :open_to_entrants::boolean, :from_date::date,
			:until_date::date, g.extensions)
		OR EXISTS (SELECT 1 FROM new_buyer) OR EXISTS (SELECT 1 FROM old_buyer)
		OR EXISTS (SELECT 1 FROM new_lot) OR EXISTS (SELECT 1 FROM old_lot))
	RETURNING c.id, c.authority, c.reference, c.name, c.kind, c.basis, c.open_to_entrants, c.from_date, c.until_date,
		c.extensions, c.ended_on, c.ended_reason, c.runs_until, c.version
), was AS (
	INSERT INTO contract_was (contract_id, version, was, actor, recorded)
	SELECT t.id, t.version, jsonb_build_object('reference', t.reference, 'name', t.name, 'kind', t.kind, 'basis', t.basis,
		'open_to_entrants', t.open_to_entrants, 'from_date', t.from_date, 'until_date', t.until_date, 'extensions',
		t.extensions, 'ended_on', t.ended_on, 'ended_reason', t.ended_reason, 'runs_until', t.runs_until), t.actor, t.updated
	FROM target t WHERE EXISTS (SELECT 1 FROM changed)
), told_of AS (
	SELECT i.id, i.authority, i.reference, i.name, i.kind, i.basis, i.open_to_entrants, i.from_date, i.until_date,
		i.extensions, i.ended_on, i.ended_reason, i.runs_until, i.version FROM inserted i
	UNION ALL
	SELECT c.id, c.authority, c.reference, c.name, c.kind, c.basis, c.open_to_entrants, c.from_date, c.until_date,
		c.extensions, c.ended_on, c.ended_reason, c.runs_until, c.version FROM changed c
), effect AS (
	SELECT u.id, u.authority, u.reference, u.name, u.kind, u.basis, u.open_to_entrants, u.from_date, u.until_date,
		u.extensions, u.ended_on, u.ended_reason, u.runs_until, u.version FROM told_of u
	UNION ALL
	SELECT t.id, t.authority, t.reference, t.name, t.kind, t.basis, t.open_to_entrants, t.from_date, t.until_date,
		t.extensions, t.ended_on, t.ended_reason, t.runs_until, t.version FROM target t, verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM changed)
), buyers_over AS (
	UPDATE contract_commissioner m SET until_version = c.version
	FROM changed c, old_buyer o
	WHERE m.contract_id = (SELECT t.id FROM target t) AND c.id = m.contract_id AND m.until_version IS NULL
		AND m.authority = o.authority AND m.part = o.part AND m.from_date = o.from_date
), buyers_new AS (
	INSERT INTO contract_commissioner (contract_id, authority, part, share, from_date, until_date, since_version)
	SELECT u.id, b.authority, b.part, b.share, b.from_date, b.until_date, u.version FROM told_of u, new_buyer b
), lots_over AS (
	UPDATE contract_lot l SET until_version = c.version
	FROM changed c, old_lot o
	WHERE l.contract_id = (SELECT t.id FROM target t) AND c.id = l.contract_id AND l.until_version IS NULL AND l.code = o.code
), lots_new AS (
	INSERT INTO contract_lot (contract_id, code, name, home_kinds, area_authorities, categories, places, places_inside,
		estimated, since_version)
	SELECT u.id, a.code, a.name, a.home_kinds, a.area_authorities, a.categories, a.places, a.places_inside, a.estimated,
		u.version FROM told_of u, new_lot a
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.contract.recorded.v1', 'contract', u.id::text, u.version, u.id::text, u.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object('contractId', u.id, 'reference', u.reference, 'kind', u.kind,
			'fromDate', u.from_date, 'runsUntil', u.runs_until, 'commissioners',
			(SELECT jsonb_agg(DISTINCT b.authority) FROM buyer b))
	FROM told_of u
)
SELECT v.outcome, (SELECT o.lot FROM used_lot o) AS detail, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, e.version::text AS etag, e.authority, e.reference, e.name, e.kind, e.basis, e.open_to_entrants, e.from_date,
	e.until_date, e.runs_until, e.ended_on, e.ended_reason, e.extensions,
	(SELECT jsonb_agg(commissioner_json(b.authority, b.part, b.share, b.from_date, b.until_date,
		b.authority = e.authority OR takes_part(b.authority, e.id)) ORDER BY b.authority, b.part, b.from_date) FROM buyer b) AS commissioners,
	(SELECT coalesce(jsonb_agg(lot_json(a.code, a.name, a.home_kinds, a.area_authorities, a.categories, a.places,
		a.places_inside, a.estimated) ORDER BY a.code), '[]') FROM lot a) AS lots
FROM verdict v LEFT JOIN effect e ON true
