-- Terms of approval of a fostering household from a day on. Terms that hold on that day end; those of a later day stay, and
-- these hold until then. Once they hold they are the home's terms; before that a timer begins them on the day.
-- scope: supply
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), house AS (
	SELECT h.id, h.kind, h.version FROM home h WHERE h.id = :home_id::uuid
), standing AS (
	SELECT a.id, a.least_age, a.most_age, a.sex, a.most_children, a.siblings_only, a.kinds, a.from_date, a.until_date,
		a.first, a.ended_reason, a.end_told
	FROM approval a WHERE a.home_id = :home_id::uuid AND (a.until_date IS NULL OR a.until_date > a.from_date)
), same AS (
	SELECT s.id FROM standing s
	WHERE s.from_date = :from_date::date AND (:until_date::date IS NULL OR s.until_date = :until_date::date)
		AND (s.least_age, s.most_age, s.sex, s.most_children, s.siblings_only, s.kinds) IS NOT DISTINCT FROM (
			:terms_least_age_value::integer, :terms_most_age_value::integer, :terms_sex::text,
			:terms_most_children_value::integer, coalesce(:terms_siblings_only::boolean, false),
			coalesce(:terms_kinds::text[], '{}'))
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM house) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT h.version FROM house h)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN (SELECT h.kind FROM house h) <> 'FOSTERING' THEN 'NOT_FOSTERING'
		WHEN NOT EXISTS (SELECT 1 FROM same) AND (SELECT count(*) FROM approval a WHERE a.home_id = :home_id::uuid) >= 200
			THEN 'TOO_MANY_TERMS'
		ELSE 'OK' END AS outcome
), new AS (
	SELECT v.outcome FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same)
), later AS (
	SELECT min(s.from_date) AS from_date FROM standing s WHERE s.from_date > :from_date::date
), cut AS (
	-- the terms that hold on the day, and those that end on it only because their time was over
	SELECT s.id, s.from_date, s.until_date, s.ended_reason, s.first FROM standing s
	WHERE s.from_date <= :from_date::date AND (s.until_date IS NULL OR s.until_date > :from_date::date
		OR (s.until_date = :from_date::date AND NOT s.end_told AND coalesce(s.ended_reason, 'TERM_OVER') = 'TERM_OVER'))
), shortened AS (
	UPDATE approval a SET until_date = :from_date::date, ended_reason = NULL, version = a.version + 1,
		updated = :now::timestamptz
	FROM new n, cut c WHERE a.id = c.id
	RETURNING a.id
), ends AS (
	-- until: what was said, the next terms, the end of the approval that was recorded before
	SELECT least(:until_date::date, l.from_date, e.until_date) AS until_date, CASE
		WHEN least(:until_date::date, l.from_date, e.until_date) IS NULL THEN NULL
		WHEN l.from_date = least(:until_date::date, l.from_date, e.until_date) THEN NULL
		WHEN e.until_date = least(:until_date::date, l.from_date, e.until_date) THEN e.ended_reason
		ELSE 'TERM_OVER' END AS reason
	FROM later l LEFT JOIN LATERAL (SELECT c.until_date, c.ended_reason FROM cut c
		WHERE c.ended_reason IS NOT NULL AND c.until_date > :from_date::date LIMIT 1) e ON true
), effect AS (
	INSERT INTO approval (id, home_id, least_age, most_age, sex, most_children, siblings_only, kinds, from_date, until_date,
		first, ended_reason, decided_on, decided_by, source, begin_told, actor, recorded, updated)
	SELECT :new_id::uuid, :home_id::uuid, :terms_least_age_value::integer, :terms_most_age_value::integer, :terms_sex::text,
		:terms_most_children_value::integer, coalesce(:terms_siblings_only::boolean, false),
		coalesce(:terms_kinds::text[], '{}'), :from_date::date, e.until_date,
		NOT EXISTS (SELECT 1 FROM cut c WHERE c.from_date < :from_date::date OR NOT c.first), e.reason,
		:decided_on::date, :decided_by::text, :source::text, :from_date::date <= :today::date, :actor::text,
		:now::timestamptz, :now::timestamptz
	FROM new n, ends e WHERE (SELECT count(*) FROM shortened) >= 0      -- first those end, then these begin
	RETURNING id, home_id, least_age, most_age, sex, most_children, siblings_only, kinds, from_date, until_date, first,
		ended_reason, decided_on, decided_by, source, begin_told, version, recorded
), approved AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz,
		least_age = CASE WHEN p.now THEN p.least_age ELSE h.least_age END,
		most_age = CASE WHEN p.now THEN p.most_age ELSE h.most_age END,
		sex = CASE WHEN p.now THEN p.sex ELSE h.sex END,
		most_children = CASE WHEN p.now THEN p.most_children ELSE h.most_children END,
		siblings_only = CASE WHEN p.now THEN p.siblings_only ELSE h.siblings_only END,
		approved_kinds = CASE WHEN p.now THEN p.kinds ELSE h.approved_kinds END,
		approved = h.approved OR p.now,
		registered_from = CASE WHEN p.now AND p.first THEN p.from_date ELSE h.registered_from END,
		registered_until = CASE
			WHEN p.now THEN CASE WHEN p.ended_reason IS NOT NULL OR p.until_date IS NULL THEN p.until_date
				ELSE (SELECT s.until_date FROM standing s ORDER BY s.from_date DESC LIMIT 1) END
			ELSE h.registered_until END
	FROM (SELECT e.home_id, e.least_age, e.most_age, e.sex, e.most_children, e.siblings_only, e.kinds, e.from_date,
		e.until_date, e.ended_reason, e.first, e.from_date <= :today::date AND (e.until_date IS NULL
			OR e.until_date > :today::date) AS now FROM effect e) p
	WHERE h.id = p.home_id
	RETURNING h.id
), opened AS (
	-- a temporary approval before it was for named children alone
	UPDATE bar b SET until_date = greatest(b.from_date, :from_date::date), version = b.version + 1, updated = :now::timestamptz
	FROM effect e WHERE b.home_id = e.home_id AND b.kind = 'NAMED_CHILDREN_ONLY' AND b.until_date IS NULL
), poked AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_temporary', a.authority, a.id::text, :now::timestamptz FROM temporary_approval a
	WHERE a.home_id = (SELECT e.home_id FROM effect e) AND a.kind = 'CONNECTED_PERSON' AND a.ended_on IS NULL
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due
), awaited AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_terms', '', e.home_id::text,
		CASE WHEN NOT e.begin_told THEN e.from_date ELSE e.until_date END::timestamp AT TIME ZONE 'Europe/London'
	FROM effect e WHERE NOT e.begin_told OR e.until_date IS NOT NULL
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), reviewed AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_review', '', e.home_id::text, greatest(:now::timestamptz, e.from_date::timestamp AT TIME ZONE 'Europe/London')
	FROM effect e
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text,
		coalesce((SELECT e.id FROM effect e), (SELECT s.id FROM same s LIMIT 1))::text, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK'
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.carer.approved.v1', 'approval', e.id::text, e.version, e.home_id::text, '', :now::timestamptz,
		:traceparent::text, jsonb_build_object('homeId', e.home_id, 'approvalId', e.id, 'fromDate', e.from_date,
			'untilDate', e.until_date,
			'leastAge', CASE WHEN e.least_age IS NOT NULL THEN jsonb_build_object('value', e.least_age) END,
			'mostAge', CASE WHEN e.most_age IS NOT NULL THEN jsonb_build_object('value', e.most_age) END, 'sex', e.sex,
			'mostChildren', CASE WHEN e.most_children IS NOT NULL THEN jsonb_build_object('value', e.most_children) END,
			'siblingsOnly', e.siblings_only, 'kinds', to_jsonb(e.kinds))
	FROM effect e WHERE e.begin_told AND e.first
	UNION ALL
	SELECT 'hearth.carer.terms_varied.v1', 'approval', e.id::text, e.version, e.home_id::text, '', :now::timestamptz,
		:traceparent::text, jsonb_build_object('homeId', e.home_id, 'approvalId', e.id, 'fromDate', e.from_date,
			'untilDate', e.until_date,
			'leastAge', CASE WHEN e.least_age IS NOT NULL THEN jsonb_build_object('value', e.least_age) END,
			'mostAge', CASE WHEN e.most_age IS NOT NULL THEN jsonb_build_object('value', e.most_age) END, 'sex', e.sex,
			'mostChildren', CASE WHEN e.most_children IS NOT NULL THEN jsonb_build_object('value', e.most_children) END,
			'siblingsOnly', e.siblings_only, 'kinds', to_jsonb(e.kinds))
	FROM effect e WHERE e.begin_told AND NOT e.first
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), w.id::text) AS result_key,
	w.id, w.home_id, w.least_age::bigint AS "terms.least_age.value", w.most_age::bigint AS "terms.most_age.value",
	w.sex AS "terms.sex", w.most_children::bigint AS "terms.most_children.value", w.siblings_only AS "terms.siblings_only",
	w.kinds AS "terms.kinds", w.from_date, w.until_date, w.first, w.ended_reason, w.decided_on, w.decided_by, w.source,
	CASE WHEN w.until_date = w.from_date THEN 'SUPERSEDED' WHEN w.from_date > :today::date THEN 'FUTURE'
		WHEN w.until_date <= :today::date THEN 'OVER' ELSE 'IN_FORCE' END AS state, w.recorded AS recorded_at
FROM verdict v LEFT JOIN LATERAL (
	SELECT e.id, e.home_id, e.least_age, e.most_age, e.sex, e.most_children, e.siblings_only, e.kinds, e.from_date,
		e.until_date, e.first, e.ended_reason, e.decided_on, e.decided_by, e.source, e.recorded FROM effect e
	UNION ALL
	SELECT a.id, a.home_id, a.least_age, a.most_age, a.sex, a.most_children, a.siblings_only, a.kinds, a.from_date,
		a.until_date, a.first, a.ended_reason, a.decided_on, a.decided_by, a.source, a.recorded FROM approval a
	WHERE v.outcome = 'OK' AND a.id = (SELECT s.id FROM same s LIMIT 1)
) w ON true
