-- Places by the day: since when how many are offered, who lived in or held one from when to when, which are kept back, when
-- a home is planned to open and did, and when its provider last said which places are free.

-- From the day on which the child came to the day on which it left: the first day counts, the last does not. NULL: not
-- heard; then the days stand for it on which Hearth heard of it.
ALTER TABLE hold
	ADD COLUMN lived_from date,
	ADD COLUMN lived_until date;
-- The live ones have an index of their own; a report needs those who have left too.
CREATE INDEX hold_of_home ON hold (home_id);

CREATE INDEX home_annexe_of ON home (annexe_of) WHERE annexe_of IS NOT NULL;

-- Why places are kept back, as the council that asks may know it: an allegation is known to the one that recorded it alone.
CREATE FUNCTION block_reason(p_reason text, p_recorded_by text, p_asks text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN p_reason = 'ALLEGATION' AND p_recorded_by <> p_asks THEN 'CARER_UNAVAILABLE' ELSE p_reason END
$$;

-- planned_until: until_date as it was first said; until_date is what came of it.
ALTER TABLE place_block ADD COLUMN planned_until date;
UPDATE place_block SET planned_until = until_date;

-- UpsertHome leaves planned_open alone from then on: PlanOpening and RecordOpening say it, with their history.
ALTER TABLE home ADD COLUMN opening_recorded boolean NOT NULL DEFAULT false;

-- What a home offered from which day: of a day what was said last. Days before the first row are not known.
CREATE TABLE home_capacity (
	home_id           uuid NOT NULL REFERENCES home (id),
	from_date         date NOT NULL,
	places            integer NOT NULL,
	registered_places integer,                   -- NULL: not known
	most_children     integer,                   -- by approval or statement of purpose; NULL: no limit known
	open              boolean NOT NULL,
	planned_open      date,                      -- takes no child before
	solo              boolean NOT NULL,
	PRIMARY KEY (home_id, from_date)
);

-- When a home was planned to open, as it was said over time, and when it did.
CREATE TABLE opening (
	home_id      uuid NOT NULL REFERENCES home (id),
	version      bigint NOT NULL,                -- the home's
	planned_open date,                           -- NULL: no day is known any more
	opened       date,                           -- NULL: not yet, or not said
	why          text,                           -- code; NULL: not said
	actor        text NOT NULL,                  -- empty: it came with the home's record
	recorded     timestamptz NOT NULL,
	PRIMARY KEY (home_id, version)
);

-- What a provider said of its vacancies when that was something else than before: of a day what was said last.
CREATE TABLE vacancy_confirmation (
	home_id        uuid NOT NULL REFERENCES home (id),
	on_date        date NOT NULL,
	free           integer NOT NULL CHECK (free >= 0),
	other_children integer CHECK (other_children >= 0),    -- NULL: not known
	derived        boolean NOT NULL,             -- other_children is what is left of the places, and nobody said it
	actor          text NOT NULL,
	recorded       timestamptz NOT NULL,
	PRIMARY KEY (home_id, on_date)
);

-- How often a home's capacity was told of, and whether it has been told that nobody confirms its vacancies.
CREATE TABLE capacity (
	home_id   uuid PRIMARY KEY REFERENCES home (id),
	version   bigint NOT NULL DEFAULT 0,
	confirmed timestamptz NOT NULL,              -- vacancies were confirmed; or the home was first recorded
	stale     boolean NOT NULL DEFAULT false
);
CREATE INDEX capacity_confirmed ON capacity (confirmed) WHERE NOT stale;

INSERT INTO home_capacity (home_id, from_date, places, registered_places, most_children, open, planned_open, solo)
SELECT h.id, (h.created AT TIME ZONE 'Europe/London')::date, h.places, h.registered_places, h.most_children, h.open,
	h.planned_open, h.solo
FROM home h;
INSERT INTO opening (home_id, version, planned_open, actor, recorded)
SELECT h.id, h.version, h.planned_open, '', h.updated FROM home h WHERE h.planned_open IS NOT NULL;
INSERT INTO capacity (home_id, confirmed) SELECT h.id, coalesce(h.vacancy_confirmed, h.created) FROM home h;

-- Whoever writes a home, its history is kept. A statement that says why a plan changed has its own row of opening already.
CREATE FUNCTION keep_capacity() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	IF NOT EXISTS (SELECT 1 FROM changed) THEN
		RETURN NULL;                         -- a statement that touched no home
	END IF;
	IF TG_OP = 'INSERT' THEN
		INSERT INTO home_capacity (home_id, from_date, places, registered_places, most_children, open, planned_open, solo)
		SELECT n.id, (n.updated AT TIME ZONE 'Europe/London')::date, n.places, n.registered_places, n.most_children,
			n.open, n.planned_open, n.solo
		FROM changed n;
		INSERT INTO capacity (home_id, confirmed) SELECT n.id, n.created FROM changed n;
		INSERT INTO opening (home_id, version, planned_open, actor, recorded)
		SELECT n.id, n.version, n.planned_open, '', n.updated FROM changed n WHERE n.planned_open IS NOT NULL;
		INSERT INTO timer (kind, subject, due)
		SELECT 'capacity', n.id::text, n.planned_open::timestamp AT TIME ZONE 'Europe/London'
		FROM changed n WHERE n.planned_open > (n.updated AT TIME ZONE 'Europe/London')::date
		ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due);
		RETURN NULL;
	END IF;
	INSERT INTO home_capacity (home_id, from_date, places, registered_places, most_children, open, planned_open, solo)
	SELECT n.id, (n.updated AT TIME ZONE 'Europe/London')::date, n.places, n.registered_places, n.most_children,
		n.open, n.planned_open, n.solo
	FROM changed n JOIN was o ON o.id = n.id
	WHERE (n.places, n.registered_places, n.most_children, n.open, n.planned_open, n.solo)
		IS DISTINCT FROM (o.places, o.registered_places, o.most_children, o.open, o.planned_open, o.solo)
	ON CONFLICT (home_id, from_date) DO UPDATE SET places = excluded.places, registered_places = excluded.registered_places,
		most_children = excluded.most_children, open = excluded.open, planned_open = excluded.planned_open, solo = excluded.solo;
	INSERT INTO opening (home_id, version, planned_open, actor, recorded)
	SELECT n.id, n.version, n.planned_open, '', n.updated
	FROM changed n JOIN was o ON o.id = n.id WHERE n.planned_open IS DISTINCT FROM o.planned_open
	ON CONFLICT (home_id, version) DO NOTHING;
	INSERT INTO timer (kind, subject, due)
	SELECT 'capacity', n.id::text, n.planned_open::timestamp AT TIME ZONE 'Europe/London'
	FROM changed n JOIN was o ON o.id = n.id
	WHERE n.planned_open IS DISTINCT FROM o.planned_open AND n.planned_open > (n.updated AT TIME ZONE 'Europe/London')::date
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due);
	RETURN NULL;
END $$;
CREATE TRIGGER home_capacity_new AFTER INSERT ON home REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION keep_capacity();
CREATE TRIGGER home_capacity_changed AFTER UPDATE ON home REFERENCING OLD TABLE AS was NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION keep_capacity();

-- How a council wants places to be counted, as it was said over time; '' is for councils that have said nothing. On a day
-- that holds which was said last of what had begun by then.
CREATE TABLE place_policy (
	authority text NOT NULL CHECK (authority ~ '^([0-9]{3})?$'),
	code      text NOT NULL CHECK (code IN ('MANAGER_VACANT_KEEPS_BACK')),
	version   integer NOT NULL,
	from_date date NOT NULL,
	value     boolean NOT NULL,
	source    text NOT NULL,
	actor     text NOT NULL,
	recorded  timestamptz NOT NULL,
	PRIMARY KEY (authority, code, version)
);
INSERT INTO place_policy (authority, code, version, from_date, value, source, actor, recorded) VALUES
	('', 'MANAGER_VACANT_KEEPS_BACK', 1, '2000-01-01', false,
		'Assumption: a home without a manager in post offers its places unless the council says otherwise', '',
		'2000-01-01T00:00:00Z');

INSERT INTO rule (code, from_date, until_date, value, source)
SELECT 'VACANCY_STALE_DAYS', DATE '2000-01-01', NULL, 14,
	'Assumption: two weekly returns that did not come; no published rule is known'
WHERE NOT EXISTS (SELECT 1 FROM rule r WHERE r.code = 'VACANCY_STALE_DAYS');

INSERT INTO timer (kind, subject, due) VALUES ('stale_vacancies', 'all', '2000-01-01T00:00:00Z');

-- What an authority's policy says on a day, and where that is decided: its own, else that of everybody.
CREATE FUNCTION place_policy_on(p_authority text, p_code text, p_day date) RETURNS TABLE (value boolean, source text)
LANGUAGE sql STABLE AS $$
	SELECT p.value, p.source FROM place_policy p
	WHERE p.authority IN (p_authority, '') AND p.code = p_code AND p.from_date <= p_day
	ORDER BY p.authority DESC, p.version DESC LIMIT 1
$$;

-- The day first planned of the opening that a row is of; NULL: none was.
CREATE FUNCTION opening_planned_first(p_home uuid, p_version bigint) RETURNS date LANGUAGE sql STABLE AS $$
	SELECT f.planned_open FROM opening f
	WHERE f.home_id = p_home AND f.version <= p_version AND f.planned_open IS NOT NULL AND f.version > coalesce(
		(SELECT max(o.version) FROM opening o WHERE o.home_id = p_home AND o.version < p_version AND o.opened IS NOT NULL), -1)
	ORDER BY f.version LIMIT 1
$$;

-- The days on which a hold kept its place: held until the child came, lived in until it left.
CREATE FUNCTION hold_held_until(h hold, p_today date) RETURNS date LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN h.state = 'HELD' THEN greatest((h.held_until AT TIME ZONE 'Europe/London')::date, p_today) + 1
		WHEN h.placement_id IS NULL THEN (h.updated AT TIME ZONE 'Europe/London')::date
		ELSE coalesce(h.lived_from, (h.created AT TIME ZONE 'Europe/London')::date) END
$$;

-- Everything that says how many places homes have on any day, as places_levels.h has it: what, code, places, and the
-- days from from_date to before until_date (NULL: from ever, no end known). p_authority asks: its own bars, its own holds.
-- An annexe without registered places of its own has its places out of those of the home that it belongs to, so that
-- they count once.
CREATE FUNCTION place_facts(p_homes uuid[], p_authority text, p_today date, p_from date)
RETURNS TABLE (home_id uuid, fact text, code text, places integer, from_date date, until_date date, own boolean)
LANGUAGE sql STABLE AS $$
	WITH house AS MATERIALIZED (
		SELECT h.id, h.provider_id, h.kind, h.urn, h.capabilities, h.registration, h.registered_from, h.registered_until, h.registered_places, h.places, h.manager, h.annexe_of,
			h.ends_on, p.registered_until AS agency_until
		FROM home h JOIN provider p ON p.id = h.provider_id WHERE h.id = ANY (p_homes)
	), step AS MATERIALIZED (
		SELECT c.home_id, c.places, c.registered_places, c.most_children, c.open, c.planned_open, c.solo, c.from_date,
			lead(c.from_date) OVER (PARTITION BY c.home_id ORDER BY c.from_date) AS until_date
		FROM home_capacity c WHERE c.home_id = ANY (p_homes)
	), annexe AS (
		SELECT a.annexe_of AS main_id, a.id, a.places, sum(a.places) OVER (PARTITION BY a.annexe_of ORDER BY a.id) - a.places AS before
		FROM home a
		WHERE a.registered_places IS NULL AND a.annexe_of IN (SELECT coalesce(h.annexe_of, h.id) FROM house h)
	), shared AS (
		SELECT a.id, greatest(least(a.places, m.registered_places - a.before), 0)::integer AS places
		FROM annexe a JOIN home m ON m.id = a.main_id WHERE m.registered_places IS NOT NULL
	), given AS (
		SELECT a.main_id, sum(s.places)::integer AS places FROM annexe a JOIN shared s ON s.id = a.id GROUP BY a.main_id
	), policy AS MATERIALIZED (
		SELECT y.value AS keeps_back FROM place_policy_on(p_authority, 'MANAGER_VACANT_KEEPS_BACK', p_today) y
	), stay AS MATERIALIZED (
		SELECT k.home_id, k.authority = p_authority AS own, (k.created AT TIME ZONE 'Europe/London')::date AS made,
			hold_held_until(k, p_today) AS came,
			CASE WHEN k.placement_id IS NOT NULL THEN coalesce(k.lived_from, (k.created AT TIME ZONE 'Europe/London')::date) END AS lived_from,
			CASE WHEN k.state = 'RELEASED' THEN coalesce(k.lived_until, (k.updated AT TIME ZONE 'Europe/London')::date) END AS lived_until
		FROM hold k WHERE k.home_id = ANY (p_homes)
			AND (k.state <> 'RELEASED' OR coalesce(k.lived_until, (k.updated AT TIME ZONE 'Europe/London')::date) > p_from)
	)
	SELECT s.home_id, 'OFFERED', NULL::text, s.places, s.from_date, s.until_date, false FROM step s
	UNION ALL
	SELECT s.home_id, 'REGISTERED', NULL, greatest(s.registered_places - coalesce(g.places, 0), 0), s.from_date, s.until_date, false
	FROM step s LEFT JOIN given g ON g.main_id = s.home_id WHERE s.registered_places IS NOT NULL
	UNION ALL
	SELECT h.id, 'REGISTERED', 'ANNEXE', s.places, NULL, NULL, false FROM house h JOIN shared s ON s.id = h.id
	UNION ALL
	SELECT s.home_id, 'LIMIT', CASE WHEN h.kind = 'FOSTERING' THEN 'TERMS_OF_APPROVAL' ELSE 'STATEMENT_OF_PURPOSE' END,
		s.most_children, s.from_date, s.until_date, false
	FROM step s JOIN house h ON h.id = s.home_id WHERE s.most_children IS NOT NULL
	UNION ALL
	SELECT l.home_id, 'LIMIT', 'CONDITION', l.value, l.from_date, l.until_date, false
	FROM home_limit l WHERE l.home_id = ANY (p_homes) AND l.code = 'MOST_CHILDREN'
	UNION ALL
	SELECT h.id, 'UNREGISTERED', 'REGISTRATION_ENDED', 0, least(h.registered_until, h.agency_until), NULL, false
	FROM house h WHERE least(h.registered_until, h.agency_until) IS NOT NULL
	UNION ALL
	SELECT h.id, 'UNREGISTERED', 'REGISTRATION_ENDED', 0, m.registered_until, NULL, false
	FROM house h JOIN home m ON m.id = h.annexe_of WHERE h.registered_places IS NULL AND m.registered_until IS NOT NULL
	UNION ALL
	SELECT h.id, 'UNREGISTERED', 'NOT_REGISTERED_YET', 0, NULL, h.registered_from, false
	FROM house h WHERE h.registered_from IS NOT NULL
	UNION ALL
	-- what the law asks to be registered must be known to be; accepted as complete is enough of supported accommodation
	SELECT h.id, CASE WHEN h.registration IN ('NOT_REGISTERED', 'APPLIED') THEN 'UNREGISTERED' ELSE 'SHUT' END,
		CASE WHEN h.registration IN ('NOT_REGISTERED', 'APPLIED') THEN 'NOT_REGISTERED' ELSE 'REGISTRATION_NOT_KNOWN' END,
		0, greatest(r.from_date, p_today), r.until_date, false
	FROM house h JOIN rule r ON r.code = CASE WHEN h.kind IN ('CHILDRENS_HOME', 'SECURE_CHILDRENS_HOME', 'SHORT_BREAKS')
		THEN 'CHILDRENS_HOME_REGISTRATION' WHEN h.kind IN ('SUPPORTED_ACCOMMODATION', 'SUPPORTED_LODGINGS')
		THEN 'SUPPORTED_REGISTRATION' END
	WHERE (h.registration = 'REGISTERED' AND (h.urn IS NOT NULL OR r.code = 'SUPPORTED_REGISTRATION')) IS NOT TRUE
		AND (h.registration = 'APPLIED' AND r.code = 'SUPPORTED_REGISTRATION') IS NOT TRUE
		AND (h.registration = 'SUSPENDED') IS NOT TRUE
		-- settings that regulation 27C leaves out
		AND NOT (r.code = 'SUPPORTED_REGISTRATION' AND h.capabilities && ARRAY['CARE_HOME', 'HOSPITAL',
			'RESIDENTIAL_FAMILY_CENTRE', 'SCHOOL_OR_COLLEGE', 'DISABLED_HOLIDAY_SCHEME'])
	UNION ALL
	SELECT h.id, 'SHUT', 'REGISTRATION_SUSPENDED', 0, p_today, NULL, false FROM house h WHERE h.registration = 'SUSPENDED'
	UNION ALL
	SELECT h.id, 'SHUT', 'ENDS', 0, h.ends_on, NULL, false FROM house h WHERE h.ends_on IS NOT NULL
	UNION ALL
	SELECT s.home_id, 'SHUT', 'CLOSED', 0, s.from_date, s.until_date, false FROM step s WHERE NOT s.open
	UNION ALL
	SELECT s.home_id, 'SHUT', 'NOT_OPEN_YET', 0, s.from_date, least(s.until_date, s.planned_open), false
	FROM step s WHERE s.planned_open > s.from_date
	UNION ALL
	SELECT b.home_id, 'SHUT', b.kind, 0, b.from_date, b.until_date, false
	FROM bar b WHERE b.home_id = ANY (p_homes) AND b.authority IN ('', p_authority)
	UNION ALL
	SELECT h.id, 'SHUT', b.kind, 0, b.from_date, b.until_date, false
	FROM house h JOIN bar b ON b.home_id = h.annexe_of AND b.authority IN ('', p_authority)
	WHERE h.registered_places IS NULL
	UNION ALL
	SELECT h.id, 'SHUT', b.kind, 0, b.from_date, b.until_date, false
	FROM house h JOIN bar b ON b.provider_id = h.provider_id AND b.authority IN ('', p_authority)
	UNION ALL
	SELECT s.home_id, 'SOLO', NULL, 0, s.from_date, s.until_date, false FROM step s WHERE s.solo
	UNION ALL
	SELECT k.home_id, 'HELD', NULL, 1, k.made, k.came, k.own FROM stay k WHERE k.made < k.came
	UNION ALL
	SELECT k.home_id, 'LIVED_IN', NULL, 1, k.lived_from, k.lived_until, k.own
	FROM stay k WHERE k.lived_from IS NOT NULL AND (k.lived_until IS NULL OR k.lived_from < k.lived_until)
	UNION ALL
	SELECT o.home_id, 'OTHERS', NULL, o.other_children, o.on_date, o.until_date, false
	FROM (SELECT c.home_id, c.other_children, c.on_date,
			lead(c.on_date) OVER (PARTITION BY c.home_id ORDER BY c.on_date) AS until_date
		FROM vacancy_confirmation c WHERE c.home_id = ANY (p_homes)) o
	WHERE o.other_children IS NOT NULL
	UNION ALL
	-- an allegation is for those who keep the home's record: to everybody else the carers are unavailable
	SELECT b.home_id, CASE b.reason WHEN 'TURNAROUND' THEN 'TURNAROUND' ELSE 'BLOCKED' END, CASE b.reason WHEN 'ALLEGATION' THEN 'CARER_UNAVAILABLE' ELSE b.reason END, b.places,
		b.from_date, b.until_date, false
	FROM place_block b WHERE b.home_id = ANY (p_homes) AND (b.until_date IS NULL OR b.until_date > p_from)
	UNION ALL
	SELECT b.home_id, 'TURNAROUND_PLANNED', NULL, b.places, b.from_date, b.planned_until, false
	FROM place_block b WHERE b.home_id = ANY (p_homes) AND b.reason = 'TURNAROUND'
		AND (b.planned_until IS NULL OR b.planned_until > p_from)
	UNION ALL
	SELECT h.id, 'KEPT_BACK', 'MANAGER_VACANT', 0, p_today, NULL, false
	FROM house h CROSS JOIN policy y WHERE h.manager = 'VACANT' AND y.keeps_back
$$;
