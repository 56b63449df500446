-- Settings and their regulators: registrations with their history, inspections on the scale of their register, what follows
-- from both on the day, how a home ends.
--
-- A history is lines that are only added; a wrong one is corrected by another. What stands today (columns of home and
-- provider, bars by rule, limits) follows from the lines, whoever writes them and whichever day comes: that is here, in
-- functions, because five statements and the days themselves do it. The clock is `recorded` of the line, or the caller's.

-- ---- registrations ----

CREATE TABLE registration (
	id                uuid PRIMARY KEY,
	home_id           uuid REFERENCES home (id),
	provider_id       uuid REFERENCES provider (id),
	register          text NOT NULL CHECK (register IN ('OFSTED', 'CQC', 'CARE_INSPECTORATE_WALES',
		'CARE_INSPECTORATE_SCOTLAND')),
	urn               text,
	status            text NOT NULL CHECK (status IN ('REGISTERED', 'APPLIED', 'NOT_REGISTERED', 'SUSPENDED')),
	from_date         date NOT NULL,
	until_date        date CHECK (until_date > from_date),          -- the first day on which it no longer holds
	registered_places integer CHECK (registered_places >= 0),      -- NULL: not known
	conditions        jsonb NOT NULL DEFAULT '[]',                 -- [{code, value: {value}, sex}]
	source            text NOT NULL,
	corrected_by      uuid REFERENCES registration (id),
	actor             text NOT NULL,
	told              integer NOT NULL DEFAULT 0,                  -- how often: the version of its events
	recorded          timestamptz NOT NULL,
	CHECK (num_nonnulls(home_id, provider_id) = 1)
);
CREATE INDEX registration_home ON registration (home_id, from_date) WHERE home_id IS NOT NULL;
CREATE INDEX registration_provider ON registration (provider_id, from_date) WHERE provider_id IS NOT NULL;

-- Limits and bars that follow from a line say from which.
ALTER TABLE home_limit ADD COLUMN registration_id uuid REFERENCES registration (id);
CREATE INDEX home_limit_registration ON home_limit (registration_id) WHERE registration_id IS NOT NULL;
ALTER TABLE bar
	ADD COLUMN registration_id uuid REFERENCES registration (id),
	ADD COLUMN told integer NOT NULL DEFAULT 0;                    -- 1: that it bars, 2: that it is lifted
-- Lists of published settings find what they speak of by its URN.
CREATE INDEX home_urn ON home (urn) WHERE urn IS NOT NULL;
CREATE INDEX provider_urn ON provider (urn) WHERE urn IS NOT NULL;

-- The line that stands on a day, and what it comes to: past its end it is NOT_REGISTERED.
CREATE FUNCTION registration_on(p_home uuid, p_provider uuid, p_day date)
RETURNS TABLE (id uuid, status text, began date) LANGUAGE sql STABLE AS $$
	SELECT r.id, CASE WHEN r.until_date <= p_day THEN 'NOT_REGISTERED' ELSE r.status END,
		CASE WHEN r.until_date <= p_day THEN r.until_date ELSE r.from_date END
	FROM registration r
	WHERE (r.home_id = p_home OR r.provider_id = p_provider) AND r.from_date <= p_day AND r.corrected_by IS NULL
	ORDER BY r.from_date DESC, r.recorded DESC, r.id DESC LIMIT 1
$$;

-- The first day after p_day on which a registration that holds on p_day does not hold any more; NULL: none is known. Each
-- line stands until the next one begins.
CREATE FUNCTION registration_ceases(p_home uuid, p_provider uuid, p_day date) RETURNS date LANGUAGE sql STABLE AS $$
	SELECT min(d.day) FROM (
		SELECT CASE WHEN l.status NOT IN ('REGISTERED', 'APPLIED') THEN l.from_date ELSE l.until_date END AS day, l.next
		FROM (
			SELECT r.status, r.from_date, r.until_date,
				lead(r.from_date, 1, 'infinity') OVER (ORDER BY r.from_date, r.recorded, r.id) AS next
			FROM registration r
			WHERE (r.home_id = p_home OR r.provider_id = p_provider) AND r.corrected_by IS NULL) l) d
	WHERE d.day > p_day AND d.day < d.next
$$;

-- Brings what stands today in line with the histories of homes and agencies, all at once. What differs is told (timer
-- "registration_changed"); when nothing differs nothing is written. Whether anything did.
CREATE FUNCTION registrations_settle(p_homes uuid[], p_providers uuid[], p_now timestamptz, p_actor text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	today date := (p_now AT TIME ZONE 'Europe/London')::date;
BEGIN
	-- the conditions of each line limit the home as long as the line stands
	UPDATE home_limit l SET until_date = s.until_date
	FROM (SELECT r.id, CASE WHEN r.corrected_by IS NOT NULL THEN r.from_date ELSE least(r.until_date,
			lead(r.from_date) OVER (PARTITION BY r.home_id, r.corrected_by IS NULL
				ORDER BY r.from_date, r.recorded, r.id)) END AS until_date
		FROM registration r WHERE r.home_id = ANY (p_homes)) s
	WHERE l.registration_id = s.id AND l.until_date IS DISTINCT FROM s.until_date;

	WITH subject AS (
		SELECT DISTINCT h.id AS home_id, NULL::uuid AS provider_id FROM unnest(p_homes) h (id) WHERE h.id IS NOT NULL
		UNION ALL
		SELECT DISTINCT NULL::uuid, p.id FROM unnest(p_providers) p (id) WHERE p.id IS NOT NULL
	), line AS MATERIALIZED (
		SELECT k.home_id, k.provider_id, r.id, r.register, r.urn, r.registered_places, r.from_date, r.until_date, r.source,
			s.status, s.began, EXISTS (SELECT 1 FROM registration e
				WHERE (e.home_id = k.home_id OR e.provider_id = k.provider_id) AND e.corrected_by IS NULL
					AND e.status <> 'NOT_REGISTERED' AND e.from_date <= today) AS once
		FROM subject k CROSS JOIN LATERAL registration_on(k.home_id, k.provider_id, today) s
		JOIN registration r ON r.id = s.id
	), stands AS MATERIALIZED (
		-- until: the first day on which it does not hold; wanted: the kind of bar that follows today. What never was
		-- registered has not lapsed: whether it may be used at all is for the law to say.
		SELECT l.home_id, l.provider_id, l.id, l.register, l.urn, l.registered_places, l.source, l.status, l.began,
			CASE WHEN l.status <> 'NOT_REGISTERED' OR l.from_date < l.began THEN l.from_date END AS since,
			CASE l.status WHEN 'NOT_REGISTERED' THEN CASE WHEN l.once THEN l.began END WHEN 'SUSPENDED' THEN l.until_date
				ELSE registration_ceases(l.home_id, l.provider_id, today) END AS until,
			CASE WHEN l.status = 'SUSPENDED' THEN 'SUSPENSION'
				WHEN l.status = 'NOT_REGISTERED' AND l.once THEN 'REGISTRATION_LAPSED' END AS wanted
		FROM line l
	), live AS MATERIALIZED (
		-- bars that follow from a registration and are not over
		SELECT s.id AS line_id, b.id, b.kind FROM stands s CROSS JOIN LATERAL (
			SELECT o.id, o.kind, o.registration_id, o.until_date FROM bar o WHERE o.home_id = s.home_id
			UNION ALL
			SELECT o.id, o.kind, o.registration_id, o.until_date FROM bar o WHERE o.provider_id = s.provider_id) b
		WHERE b.registration_id IS NOT NULL AND (b.until_date IS NULL OR b.until_date > today)
	), home_set AS (
		UPDATE home h SET registration_recorded = true, register = s.register, urn = coalesce(s.urn, h.urn),
			registration = s.status, registered_from = s.since, registered_until = s.until,
			registered_places = s.registered_places, version = h.version + 1, updated = p_now
		FROM stands s
		WHERE h.id = s.home_id AND (h.registration_recorded, h.register, h.urn, h.registration, h.registered_from,
			h.registered_until, h.registered_places) IS DISTINCT FROM (true, s.register, coalesce(s.urn, h.urn), s.status,
			s.since, s.until, s.registered_places)
		RETURNING s.id
	), provider_set AS (
		UPDATE provider p SET registration_recorded = true, register = s.register, urn = coalesce(s.urn, p.urn),
			registration = s.status, registered_from = s.since, registered_until = s.until, version = p.version + 1,
			updated = p_now
		FROM stands s
		WHERE p.id = s.provider_id AND (p.registration_recorded, p.register, p.urn, p.registration, p.registered_from,
			p.registered_until) IS DISTINCT FROM (true, s.register, coalesce(s.urn, p.urn), s.status, s.since, s.until)
		RETURNING s.id
	), bar_ended AS (
		UPDATE bar b SET until_date = greatest(b.from_date, s.began), version = b.version + 1, updated = p_now
		FROM live v JOIN stands s ON s.id = v.line_id
		WHERE b.id = v.id AND v.kind IS DISTINCT FROM s.wanted
	), bar_new AS (
		INSERT INTO bar (id, home_id, provider_id, authority, kind, from_date, source, by_rule, registration_id, actor,
			recorded, updated)
		SELECT gen_random_uuid(), s.home_id, s.provider_id, '', s.wanted, s.began, s.source, true, s.id, p_actor, p_now, p_now
		FROM stands s WHERE s.wanted IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM live v WHERE v.line_id = s.id AND v.kind = s.wanted)
	)
	INSERT INTO timer (kind, subject, due)
	SELECT 'registration_changed', d.id::text, p_now
	FROM (SELECT h.id FROM home_set h UNION ALL SELECT p.id FROM provider_set p) d
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due;
	RETURN FOUND;
END $$;

-- New lines: their limits, the days on which they begin and end, and what stands.
CREATE FUNCTION registration_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO home_limit (id, home_id, code, value, sex, from_date, until_date, source, registration_id, actor, recorded)
	SELECT gen_random_uuid(), n.home_id, c.code, (c.value ->> 'value')::integer, nullif(c.sex, ''), n.from_date,
		n.until_date, n.source, n.id, n.actor, n.recorded
	FROM added n CROSS JOIN LATERAL jsonb_to_recordset(n.conditions) c (code text, value jsonb, sex text)
	WHERE n.home_id IS NOT NULL AND n.conditions <> '[]';
	INSERT INTO timer (kind, subject, due)
	SELECT 'registration_day', n.id::text || '/' || d.day::text, d.day::timestamp AT TIME ZONE 'Europe/London'
	FROM added n CROSS JOIN LATERAL (VALUES (n.from_date), (n.until_date)) d (day)
	WHERE d.day > (n.recorded AT TIME ZONE 'Europe/London')::date
	ON CONFLICT (kind, authority, subject) DO NOTHING;
	PERFORM registrations_settle(array_agg(n.home_id), array_agg(n.provider_id), n.recorded, n.actor)
	FROM added n GROUP BY n.recorded, n.actor;
	RETURN NULL;
END $$;
CREATE TRIGGER registration_added AFTER INSERT ON registration REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION registration_added();

-- ---- bars ----

-- Whoever sets or ends a bar, of whichever kind: that it begins and ends is told on the day.
CREATE FUNCTION bar_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		INSERT INTO timer (kind, authority, subject, due)
		VALUES ('bar_begins', NEW.authority, NEW.id::text, NEW.from_date::timestamp AT TIME ZONE 'Europe/London');
	ELSIF NEW.until_date IS NOT DISTINCT FROM OLD.until_date THEN
		RETURN NULL;
	END IF;
	IF NEW.until_date IS NULL THEN
		DELETE FROM timer t WHERE t.kind = 'bar_ends' AND t.authority = NEW.authority AND t.subject = NEW.id::text;
	ELSE
		INSERT INTO timer (kind, authority, subject, due)
		VALUES ('bar_ends', NEW.authority, NEW.id::text, NEW.until_date::timestamp AT TIME ZONE 'Europe/London')
		ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER bar_days AFTER INSERT OR UPDATE ON bar FOR EACH ROW EXECUTE FUNCTION bar_days();

-- Whether a bar keeps a child of this council out of a home on a day.
CREATE FUNCTION home_barred(p_home uuid, p_authority text, p_day date) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (
		-- an annexe without registered places of its own is barred with its home
		SELECT 1 FROM bar b WHERE b.home_id = ANY (ARRAY[p_home,
				(SELECT h.annexe_of FROM home h WHERE h.id = p_home AND h.registered_places IS NULL)])
			AND b.authority IN ('', p_authority) AND b.from_date <= p_day
			AND (b.until_date IS NULL OR b.until_date > p_day)
		UNION ALL
		SELECT 1 FROM bar b
		WHERE b.provider_id = (SELECT h.provider_id FROM home h WHERE h.id = p_home) AND b.authority IN ('', p_authority)
			AND b.from_date <= p_day AND (b.until_date IS NULL OR b.until_date > p_day))
$$;

-- Who is told what happens to a home or to all homes of a provider: supply ('' ), and each council whose children live
-- there, with those children and no others, 200 at a time. p_authority: what concerns that council alone.
CREATE FUNCTION concerned(p_home uuid, p_provider uuid, p_authority text)
RETURNS TABLE (authority text, part bigint, children jsonb, child_count bigint) LANGUAGE sql STABLE AS $$
	WITH house AS (
		SELECT p_home AS id WHERE p_home IS NOT NULL
		UNION ALL SELECT h.id FROM home h WHERE h.provider_id = p_provider
	), child AS (
		SELECT k.authority, k.child_id, k.home_id, k.placement_id,
			(row_number() OVER (PARTITION BY k.authority ORDER BY k.home_id, k.child_id, k.id) - 1) / 200 AS part
		FROM hold k WHERE k.home_id = ANY (ARRAY(SELECT o.id FROM house o)) AND k.state = 'CONFIRMED'
			AND (p_authority = '' OR k.authority = p_authority)
	), council AS (
		SELECT c.authority, c.part, jsonb_agg(jsonb_build_object('childId', c.child_id, 'homeId', c.home_id,
			'placementId', c.placement_id) ORDER BY c.home_id, c.child_id) AS children, count(1) AS child_count
		FROM child c GROUP BY c.authority, c.part
	)
	SELECT '', 0::bigint, NULL::jsonb, (SELECT count(1) FROM child) WHERE p_authority = ''
	UNION ALL
	SELECT o.authority, o.part, o.children, o.child_count FROM council o
	UNION ALL
	SELECT p_authority, 0, NULL, 0 WHERE p_authority <> '' AND NOT EXISTS (SELECT 1 FROM council)
$$;

-- ---- inspections ----

-- Outcomes that a register gives, and when the next full inspection is due by it. An outcome of one scale is never compared
-- with one of another. Data with its source: what is marked "to be verified" was not read in the register's own text.
CREATE TABLE inspection_scale (
	register    text NOT NULL,
	framework   text NOT NULL CHECK (framework IN ('SOCIAL_CARE', 'SUPPORTED_ACCOMMODATION')),
	outcome     text NOT NULL,
	from_date   date NOT NULL,
	until_date  date,                    -- the first day on which it is not given any more
	place       integer NOT NULL,        -- on its scale, the best first
	next_months integer,                 -- NULL: the scale does not say
	source      text NOT NULL,
	PRIMARY KEY (register, framework, outcome, from_date)
);
INSERT INTO inspection_scale (register, framework, outcome, from_date, until_date, place, next_months, source) VALUES
	('OFSTED', 'SOCIAL_CARE', 'OUTSTANDING', '2004-04-01', NULL, 1, NULL,
		'Social care common inspection framework; start date to be verified'),
	('OFSTED', 'SOCIAL_CARE', 'GOOD', '2004-04-01', NULL, 2, NULL,
		'Social care common inspection framework; start date to be verified'),
	('OFSTED', 'SOCIAL_CARE', 'REQUIRES_IMPROVEMENT', '2015-04-01', NULL, 3, NULL,
		'Social care common inspection framework ("requires improvement to be good"); start date to be verified'),
	('OFSTED', 'SOCIAL_CARE', 'ADEQUATE', '2004-04-01', '2015-04-01', 3, NULL,
		'The grade before "requires improvement"; dates to be verified'),
	('OFSTED', 'SOCIAL_CARE', 'INADEQUATE', '2004-04-01', NULL, 4, NULL,
		'Social care common inspection framework; start date to be verified'),
	('OFSTED', 'SUPPORTED_ACCOMMODATION', 'SUPPORTED_STRONG', '2023-10-28', NULL, 1, 36,
		'Social care common inspection framework, supported accommodation: next inspection within three years'),
	('OFSTED', 'SUPPORTED_ACCOMMODATION', 'SUPPORTED_INCONSISTENT', '2023-10-28', NULL, 2, 18,
		'Social care common inspection framework, supported accommodation: next inspection within 18 months'),
	('OFSTED', 'SUPPORTED_ACCOMMODATION', 'SUPPORTED_WEAK', '2023-10-28', NULL, 3, 6,
		'Social care common inspection framework, supported accommodation: next inspection within six months'),
	('CQC', 'SOCIAL_CARE', 'OUTSTANDING', '2014-10-01', NULL, 1, NULL, 'Care Quality Commission ratings; to be verified'),
	('CQC', 'SOCIAL_CARE', 'GOOD', '2014-10-01', NULL, 2, NULL, 'Care Quality Commission ratings; to be verified'),
	('CQC', 'SOCIAL_CARE', 'REQUIRES_IMPROVEMENT', '2014-10-01', NULL, 3, NULL,
		'Care Quality Commission ratings; to be verified'),
	('CQC', 'SOCIAL_CARE', 'INADEQUATE', '2014-10-01', NULL, 4, NULL, 'Care Quality Commission ratings; to be verified');

CREATE TABLE inspection (
	id           uuid PRIMARY KEY,
	home_id      uuid REFERENCES home (id),
	provider_id  uuid REFERENCES provider (id),
	register     text NOT NULL,
	framework    text NOT NULL,
	inspection_type   text NOT NULL CHECK (inspection_type IN ('FULL', 'INTERIM', 'ASSURANCE', 'MONITORING', 'OTHER')),
	inspected    date NOT NULL,
	published    date,
	outcome      text,                   -- NULL: it gave none
	next_by      date,
	source       text NOT NULL,
	corrected_by uuid REFERENCES inspection (id),
	actor        text NOT NULL,
	recorded     timestamptz NOT NULL,
	CHECK (num_nonnulls(home_id, provider_id) = 1)
);
CREATE INDEX inspection_home ON inspection (home_id, inspected) WHERE home_id IS NOT NULL;
CREATE INDEX inspection_provider ON inspection (provider_id, inspected) WHERE provider_id IS NOT NULL;

-- The scale of an inspection follows from what is inspected.
CREATE FUNCTION framework_of(p_kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN p_kind IN ('SUPPORTED_ACCOMMODATION', 'SUPPORTED_LODGINGS') THEN 'SUPPORTED_ACCOMMODATION'
		ELSE 'SOCIAL_CARE' END
$$;

-- New inspections: which outcome is the latest now; it is told when that is another one.
CREATE FUNCTION inspection_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	WITH latest AS MATERIALIZED (
		SELECT n.id, n.home_id, n.provider_id, n.recorded, i.outcome, i.inspected
		FROM (SELECT DISTINCT ON (a.home_id, a.provider_id) a.id, a.home_id, a.provider_id, a.recorded
			FROM added a ORDER BY a.home_id, a.provider_id, a.inspected DESC, a.id) n
		LEFT JOIN LATERAL (
			SELECT o.outcome, o.inspected FROM (
				SELECT e.outcome, e.inspected, e.recorded, e.id FROM inspection e
				WHERE e.home_id = n.home_id AND e.corrected_by IS NULL AND e.outcome IS NOT NULL
				UNION ALL
				SELECT e.outcome, e.inspected, e.recorded, e.id FROM inspection e
				WHERE e.provider_id = n.provider_id AND e.corrected_by IS NULL AND e.outcome IS NOT NULL) o
			ORDER BY o.inspected DESC, o.recorded DESC, o.id DESC LIMIT 1) i ON true
	), home_set AS (
		UPDATE home h SET latest_outcome = l.outcome, latest_inspected = l.inspected, version = h.version + 1,
			updated = l.recorded
		FROM latest l
		WHERE h.id = l.home_id AND (h.latest_outcome, h.latest_inspected) IS DISTINCT FROM (l.outcome, l.inspected)
		RETURNING l.id, l.recorded
	), provider_set AS (
		UPDATE provider p SET latest_outcome = l.outcome, latest_inspected = l.inspected, version = p.version + 1,
			updated = l.recorded
		FROM latest l
		WHERE p.id = l.provider_id AND (p.latest_outcome, p.latest_inspected) IS DISTINCT FROM (l.outcome, l.inspected)
		RETURNING l.id, l.recorded
	)
	INSERT INTO timer (kind, subject, due)
	SELECT 'inspection_published', d.id::text, d.recorded
	FROM (SELECT h.id, h.recorded FROM home_set h UNION ALL SELECT p.id, p.recorded FROM provider_set p) d;
	RETURN NULL;
END $$;
CREATE TRIGGER inspection_added AFTER INSERT ON inspection REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION inspection_added();

-- ---- the end of a home ----

CREATE TABLE home_end (
	id       uuid PRIMARY KEY,
	home_id  uuid NOT NULL REFERENCES home (id),
	on_date  date NOT NULL,
	reason   text,
	state    text NOT NULL CHECK (state IN ('PLANNED', 'ENDED', 'TAKEN_BACK', 'WITHHELD')),
	actor    text NOT NULL,
	recorded timestamptz NOT NULL,
	updated  timestamptz NOT NULL
);
CREATE INDEX home_end_home ON home_end (home_id);
CREATE UNIQUE INDEX home_end_planned ON home_end (home_id) WHERE state = 'PLANNED';

-- By when a child moves out of the home in which it lives. The latest line of a hold stands.
CREATE TABLE move_plan (
	id          uuid PRIMARY KEY,
	authority   authority_code NOT NULL,
	hold_id     uuid NOT NULL,
	by_date     date NOT NULL,
	referral_id uuid,
	replaced    boolean NOT NULL DEFAULT false,
	actor       text NOT NULL,
	recorded    timestamptz NOT NULL
);
CREATE UNIQUE INDEX move_plan_stands ON move_plan (hold_id, authority) WHERE NOT replaced;
CREATE INDEX move_plan_hold ON move_plan (hold_id, authority);

-- Children who live in a home without a plan to move out by a day.
CREATE FUNCTION without_move_plan(p_home uuid, p_by date) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT count(1) FROM hold k
	WHERE k.home_id = p_home AND k.state = 'CONFIRMED' AND NOT EXISTS (SELECT 1 FROM move_plan m
		WHERE m.hold_id = k.id AND m.authority = k.authority AND NOT m.replaced AND m.by_date <= p_by)
$$;

-- ---- published lists ----

-- Owners are found by their names.
CREATE INDEX provider_name ON provider (lower(name));

-- What came of each request of rows of a list.
CREATE TABLE ofsted_import (
	id         uuid PRIMARY KEY,
	vintage    date NOT NULL,
	created    integer NOT NULL,
	changed    integer NOT NULL,
	unchanged  integer NOT NULL,
	not_understood integer NOT NULL,
	not_kept   integer NOT NULL,
	outcomes   jsonb NOT NULL,
	actor      text NOT NULL,
	recorded   timestamptz NOT NULL
);
