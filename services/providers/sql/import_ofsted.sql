-- Rows of a published list of settings, set-based, by URN: what the plan understood of them (item_*), and its report on
-- all of them, which is completed here. What a row says of a registration is a line of its history where it differs from
-- what stands on the day of the list; an inspection is added when it is not known. `check` writes nothing.
-- scope: supply
-- plan: fresh
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), verdict AS (
	SELECT coalesce((SELECT s.outcome FROM seen s), 'OK') AS outcome,
		NOT EXISTS (SELECT 1 FROM seen) AND NOT coalesce(:check::boolean, false) AS writes
), item AS MATERIALIZED (
	SELECT i.line, i.urn, i.kind, i.code, i.sector, i.status, i.registered, i.closed, i.places, i.owner, i.area, i.inspected,
		i.type, i.outcome, :vintage::date AS vintage,
		'Ofsted list of ' || :vintage::date AS source
	FROM unnest(:item_line::integer[], :item_urn::text[], :item_kind::text[], :item_code::text[], :item_sector::text[],
		:item_status::text[], :item_registered::date[], :item_closed::date[], :item_places::integer[], :item_owner::text[],
		:item_area::text[], :item_inspected::date[], :item_type::text[], :item_outcome::text[])
		AS i (line, urn, kind, code, sector, status, registered, closed, places, owner, area, inspected, type, outcome)
), found AS MATERIALIZED (
	-- households carry the URN of their agency and are not meant
	SELECT i.urn, k.home_id, k.provider_id, k.number, k.kind, k.area_authority
	FROM item i CROSS JOIN LATERAL (
		SELECT (array_agg(h.id))[1] AS home_id, NULL::uuid AS provider_id, count(1) AS number, min(h.kind) AS kind,
			min(h.area_authority) AS area_authority
		FROM home h WHERE h.urn = i.urn AND h.kind <> 'FOSTERING' AND i.kind IS NOT NULL HAVING count(1) > 0
		UNION ALL
		SELECT NULL, (array_agg(p.id))[1], count(1), NULL, NULL
		FROM provider p WHERE p.urn = i.urn AND i.kind IS NULL HAVING count(1) > 0) k
), owner AS MATERIALIZED (
	-- of what is not known yet; a name that several have is nobody's
	SELECT o.name, o.id, o.urn, o.number, o.number = 0 AS new, gen_random_uuid() AS new_id
	FROM (SELECT DISTINCT lower(i.owner) AS name FROM item i
		WHERE i.owner IS NOT NULL AND i.urn NOT IN (SELECT f.urn FROM found f)) n
	CROSS JOIN LATERAL (SELECT n.name, CASE WHEN count(1) = 1 THEN (array_agg(p.id))[1] END AS id,
			min(p.urn) AS urn, count(1) AS number
		FROM provider p WHERE lower(p.name) = n.name) o
), whose AS MATERIALIZED (
	-- an agency is a provider itself: the one that has no URN yet, the first of a new name, or one more of that name
	SELECT i.urn, o.id, o.new, o.number, coalesce(o.id, o.new_id) AS owner_id, CASE WHEN i.kind IS NOT NULL THEN NULL
			WHEN o.id IS NOT NULL AND o.urn IS NULL AND i.nth = 1 THEN o.id WHEN o.new AND i.nth = 1 THEN o.new_id
			ELSE gen_random_uuid() END AS agency_id,
		CASE WHEN o.new AND i.nth = 1 THEN i.owner ELSE i.owner || ' (' || i.urn || ')' END AS agency_name,
		i.kind IS NULL AND o.id IS NOT NULL AND o.urn IS NULL AND i.nth = 1 AS takes_urn
	FROM (SELECT t.urn, t.kind, t.owner, row_number() OVER (PARTITION BY lower(t.owner), t.kind IS NULL ORDER BY t.urn) AS nth
		FROM item t WHERE t.urn NOT IN (SELECT f.urn FROM found f)) i
	JOIN owner o ON o.name = lower(i.owner)
), target AS MATERIALIZED (
	SELECT i.line, i.urn, i.kind, i.code, i.sector, i.status, i.registered, i.closed, i.places, i.owner, i.area, i.inspected,
		i.type, i.outcome, i.vintage, i.source, f.number AS known, f.kind AS known_kind,
		coalesce(f.home_id, CASE WHEN i.kind IS NOT NULL THEN gen_random_uuid() END) AS home_id,
		coalesce(f.provider_id, w.agency_id) AS provider_id, w.agency_name, w.owner_id, w.new AS owner_new,
		i.area IS NOT NULL AND f.home_id IS NOT NULL AND f.area_authority IS NULL AS takes_area,
		CASE WHEN f.number > 1 THEN 'URN_TWICE' WHEN f.number = 1 OR w.takes_urn THEN 'KNOWN'
			WHEN i.closed <= i.vintage OR i.status = 'NOT_REGISTERED' THEN 'CLOSED' WHEN i.owner IS NULL THEN 'NO_OWNER'
			WHEN w.number > 1 AND i.kind IS NOT NULL THEN 'OWNER_TWICE' ELSE 'NEW' END AS verdict
	FROM item i LEFT JOIN found f ON f.urn = i.urn LEFT JOIN whose w ON w.urn = i.urn
), stands AS MATERIALIZED (
	SELECT t.urn, r.id, s.status, r.register, r.from_date, r.until_date, r.registered_places, r.conditions,
		(SELECT count(1) FROM registration n WHERE n.home_id = t.home_id OR n.provider_id = t.provider_id) AS lines
	FROM target t
	CROSS JOIN LATERAL registration_on(CASE WHEN t.kind IS NOT NULL THEN t.home_id END,
		CASE WHEN t.kind IS NULL THEN t.provider_id END, t.vintage) s
	JOIN registration r ON r.id = s.id
	WHERE t.verdict = 'KNOWN'
), line AS MATERIALIZED (
	-- the registration that the row tells of, where it is another one than stands. A closing ends the line that stands;
	-- otherwise it is known from the day of the list on, and the first line from the day that the list says.
	SELECT t.urn, t.home_id, t.provider_id, t.kind, t.source, coalesce(s.conditions, '[]') AS conditions, s.id AS before,
		CASE WHEN t.closed > coalesce(s.from_date, t.registered) THEN 'REGISTERED' WHEN t.closed IS NOT NULL
			THEN 'NOT_REGISTERED' ELSE t.status END AS status,
		CASE WHEN s.id IS NULL THEN coalesce(CASE WHEN t.status <> 'SUSPENDED' THEN t.registered END, t.closed, t.vintage)
			WHEN t.closed IS NOT NULL THEN s.from_date ELSE t.vintage END AS from_date,
		CASE WHEN t.closed > coalesce(s.from_date, t.registered) THEN t.closed END AS until_date,
		coalesce(t.places, s.registered_places) AS places
	FROM target t LEFT JOIN stands s ON s.urn = t.urn
	WHERE t.verdict IN ('KNOWN', 'NEW') AND t.status IS NOT NULL AND coalesce(s.lines, 0) < 200
		AND NOT (s.id IS NOT NULL AND CASE WHEN t.closed <= t.vintage THEN 'NOT_REGISTERED' ELSE t.status END = s.status
			AND (t.closed IS NULL OR s.until_date = t.closed OR s.status = 'NOT_REGISTERED')
			AND (t.places IS NULL OR t.places IS NOT DISTINCT FROM s.registered_places))
), visit AS MATERIALIZED (
	SELECT t.urn, t.home_id, t.provider_id, t.kind, t.source, t.inspected, t.type, t.outcome, c.framework, c.next_months,
		c.outcome IS NULL AS strange
	FROM target t LEFT JOIN LATERAL (
		SELECT s.framework, s.next_months, s.outcome FROM inspection_scale s
		WHERE s.register = 'OFSTED' AND s.framework = framework_of(t.kind) AND s.outcome = t.outcome
			AND s.from_date <= t.inspected AND (s.until_date IS NULL OR s.until_date > t.inspected) LIMIT 1) c ON true
	WHERE t.verdict IN ('KNOWN', 'NEW') AND t.outcome IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inspection n
		WHERE (n.home_id = t.home_id OR n.provider_id = t.provider_id) AND n.corrected_by IS NULL
			AND n.inspected = t.inspected AND n.outcome = t.outcome)
), provider_new AS (
	INSERT INTO provider (id, name, code, sector, urn, external_system, external_id, created, updated)
	SELECT DISTINCT ON (n.id) n.id, n.name, n.code, n.sector, n.urn, 'ofsted', coalesce(n.urn, md5(lower(n.name))),
		:now::timestamptz, :now::timestamptz
	FROM verdict v CROSS JOIN (
		SELECT t.provider_id AS id, t.agency_name AS name, t.code, t.sector, t.urn, 1 AS rank FROM target t
		WHERE t.verdict = 'NEW' AND t.kind IS NULL
		UNION ALL
		SELECT t.owner_id, t.owner, t.code, t.sector, NULL, 2 FROM target t
		WHERE t.verdict = 'NEW' AND t.kind IS NOT NULL AND t.owner_new) n
	WHERE v.writes ORDER BY n.id, n.rank, n.name
), home_new AS (
	-- with what its first line and inspection come to, so that nothing is left to settle home by home
	INSERT INTO home (id, provider_id, name, kind, area_authority, open, urn, purpose, siblings_only, places,
		registration_recorded, register, registration, registered_from, registered_until, registered_places, latest_outcome,
		latest_inspected, external_system, external_id, created, updated)
	SELECT t.home_id, t.owner_id, 'Setting ' || t.urn, t.kind, t.area, true, t.urn, '{}', false, 0, l.urn IS NOT NULL,
		CASE WHEN l.urn IS NOT NULL THEN 'OFSTED' END, l.status, l.from_date, l.until_date, l.places, w.outcome, w.inspected,
		'ofsted', t.urn, :now::timestamptz, :now::timestamptz
	FROM target t CROSS JOIN verdict v
	LEFT JOIN line l ON l.urn = t.urn AND l.status IN ('REGISTERED', 'APPLIED') AND l.from_date <= :today::date
		AND (l.until_date IS NULL OR l.until_date > :today::date)
	LEFT JOIN visit w ON w.urn = t.urn AND NOT w.strange
	WHERE v.writes AND t.verdict = 'NEW' AND t.kind IS NOT NULL
	RETURNING id, provider_id, kind, places, open, version
), area_taken AS (
	UPDATE home h SET area_authority = t.area, version = h.version + 1, updated = :now::timestamptz
	FROM target t, verdict v WHERE v.writes AND t.takes_area AND t.verdict = 'KNOWN' AND h.id = t.home_id
), line_new AS (
	INSERT INTO registration (id, home_id, provider_id, register, urn, status, from_date, until_date, registered_places,
		conditions, source, actor, recorded)
	SELECT gen_random_uuid(), CASE WHEN l.kind IS NOT NULL THEN l.home_id END,
		CASE WHEN l.kind IS NULL THEN l.provider_id END, 'OFSTED', l.urn, l.status, l.from_date, l.until_date, l.places,
		l.conditions, l.source, :actor::text, :now::timestamptz
	FROM line l, verdict v WHERE v.writes
	RETURNING id, home_id, provider_id, from_date
), line_corrected AS (
	UPDATE registration r SET corrected_by = n.id
	FROM line_new n
	WHERE (r.home_id = n.home_id OR r.provider_id = n.provider_id) AND r.from_date = n.from_date AND r.corrected_by IS NULL
), visit_new AS (
	INSERT INTO inspection (id, home_id, provider_id, register, framework, inspection_type, inspected, outcome, next_by, source,
		actor, recorded)
	SELECT gen_random_uuid(), CASE WHEN w.kind IS NOT NULL THEN w.home_id END,
		CASE WHEN w.kind IS NULL THEN w.provider_id END, 'OFSTED', w.framework, w.type, w.inspected, w.outcome,
		(w.inspected + make_interval(months => w.next_months))::date, w.source, :actor::text, :now::timestamptz
	FROM visit w, verdict v WHERE v.writes AND NOT w.strange
	RETURNING id, home_id, provider_id, inspection_type, inspected
), visit_corrected AS (
	UPDATE inspection i SET corrected_by = n.id
	FROM visit_new n
	WHERE (i.home_id = n.home_id OR i.provider_id = n.provider_id) AND i.inspected = n.inspected
		AND i.inspection_type = n.inspection_type AND i.register = 'OFSTED' AND i.corrected_by IS NULL
), issue AS (
	SELECT x.urn, jsonb_agg(jsonb_build_object('column', x.col, 'value', x.value, 'text', x.text)) AS issues FROM (
		SELECT t.urn, 'urn' AS col, t.urn AS value, t.known || ' homes or providers have this URN' AS text
		FROM target t WHERE t.verdict = 'URN_TWICE'
		UNION ALL SELECT t.urn, 'organisation', '', 'needed for what is not known yet' FROM target t WHERE t.verdict = 'NO_OWNER'
		UNION ALL SELECT t.urn, 'organisation', t.owner, 'several providers have this name: record the URN with the right one'
		FROM target t WHERE t.verdict = 'OWNER_TWICE'
		UNION ALL SELECT t.urn, 'registration_status', coalesce(t.status, ''), 'was closed before it was known here'
		FROM target t WHERE t.verdict = 'CLOSED'
		UNION ALL SELECT t.urn, 'provision_type', t.kind, 'is recorded as ' || t.known_kind || ': left as it is'
		FROM target t WHERE t.verdict = 'KNOWN' AND t.kind <> t.known_kind
		UNION ALL SELECT w.urn, 'overall_outcome', w.outcome, 'no outcome of the scale of that day: the inspection is not used'
		FROM visit w WHERE w.strange) x
	GROUP BY x.urn
), report AS (
	SELECT r.number, r.report ->> 'urn' AS urn, coalesce((r.report ->> 'line')::integer, 0) AS line,
		r.report -> 'issues' AS issues, t.verdict,
		CASE WHEN r.report ->> 'outcome' <> '' THEN r.report ->> 'outcome'
			WHEN t.verdict = 'NEW' THEN 'CREATED' WHEN t.verdict = 'CLOSED' THEN 'NOT_KEPT'
			WHEN t.verdict <> 'KNOWN' THEN 'NOT_UNDERSTOOD'
			WHEN t.takes_area OR EXISTS (SELECT 1 FROM line l WHERE l.urn = t.urn)
				OR EXISTS (SELECT 1 FROM visit w WHERE w.urn = t.urn AND NOT w.strange) THEN 'CHANGED'
			ELSE 'UNCHANGED' END AS outcome,
		CASE WHEN t.verdict = 'KNOWN' OR t.verdict = 'NEW' AND v.writes THEN t.home_id END AS home_id,
		CASE WHEN t.verdict = 'KNOWN' THEN t.provider_id WHEN t.verdict = 'NEW' AND v.writes
			THEN coalesce(t.provider_id, t.owner_id) END AS provider_id
	FROM verdict v
	CROSS JOIN jsonb_array_elements(:reports::jsonb -> 'rows') WITH ORDINALITY AS r (report, number)
	LEFT JOIN target t ON t.urn = r.report ->> 'urn'
), effect AS (
	SELECT count(1) FILTER (WHERE r.outcome = 'CREATED')::integer AS created,
		count(1) FILTER (WHERE r.outcome = 'CHANGED')::integer AS changed,
		count(1) FILTER (WHERE r.outcome = 'UNCHANGED')::integer AS unchanged,
		count(1) FILTER (WHERE r.outcome = 'NOT_UNDERSTOOD')::integer AS not_understood,
		count(1) FILTER (WHERE r.outcome = 'NOT_KEPT')::integer AS not_kept,
		jsonb_agg(jsonb_build_object('line', r.line, 'urn', coalesce(r.urn, ''), 'outcome', r.outcome, 'home_id',
			coalesce(r.home_id::text, ''), 'provider_id', coalesce(r.provider_id::text, ''), 'issues',
			coalesce(r.issues, '[]') || coalesce(i.issues, '[]')) ORDER BY r.number) AS rows
	FROM report r LEFT JOIN issue i ON i.urn = r.urn
), kept AS (
	INSERT INTO ofsted_import (id, vintage, created, changed, unchanged, not_understood, not_kept, outcomes, actor, recorded)
	SELECT :new_id::uuid, :vintage::date, e.created, e.changed, e.unchanged, e.not_understood, e.not_kept, e.rows, :actor::text,
		:now::timestamptz
	FROM effect e, verdict v WHERE v.writes
	RETURNING id
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, k.id::text,
		:now::timestamptz
	FROM kept k
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.home.recorded.v1', 'home', n.id::text, n.version, n.id::text, '', :now::timestamptz, :traceparent::text,
		jsonb_build_object('homeId', n.id, 'providerId', n.provider_id, 'kind', n.kind, 'places', n.places, 'weeklyFee', NULL,
			'open', n.open)
	FROM home_new n
)
SELECT v.outcome, coalesce((SELECT s.result_key FROM seen s), (SELECT k.id::text FROM kept k), 'check') AS result_key,
	e.created, e.changed, e.unchanged, e.not_understood, e.not_kept, e.rows
FROM verdict v LEFT JOIN effect e ON v.outcome = 'OK'
