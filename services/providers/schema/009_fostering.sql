-- Fostering households: terms of approval with their history, reviews, temporary approvals, who is on the way to being
-- approved, Mockingbird constellations. What matching weighs of it is written to home, bar and exemption (005).

-- Terms of an approval between two days. A row is never changed but for its end: a later row or the end of the approval
-- ends it; one that was recorded in error ends on its own first day and has never held.
CREATE TABLE approval (
	id            uuid PRIMARY KEY,
	home_id       uuid NOT NULL REFERENCES home (id),
	least_age     integer,                       -- NULL: no limit known
	most_age      integer,
	sex           text CHECK (sex IN ('ANY', 'M', 'F')),
	most_children integer CHECK (most_children >= 0),
	siblings_only boolean NOT NULL,
	kinds         text[] NOT NULL,               -- of placement; empty: not said
	from_date     date NOT NULL,
	until_date    date CHECK (until_date >= from_date),
	first         boolean NOT NULL,              -- the household was approved with it; false: its terms were varied
	ended_reason  text,                          -- the approval ends with it; NULL: other terms follow, or it is open
	decided_on    date,
	decided_by    text,                          -- a code: AGENCY_DECISION_MAKER, PANEL, ...; no name
	source        text NOT NULL,
	begin_told    boolean NOT NULL DEFAULT false,
	end_told      boolean NOT NULL DEFAULT false,
	version       bigint NOT NULL DEFAULT 1,
	actor         text NOT NULL,
	recorded      timestamptz NOT NULL,
	updated       timestamptz NOT NULL,
	CHECK (ended_reason IS NULL OR until_date IS NOT NULL)
);
-- Terms of one day stand once.
CREATE UNIQUE INDEX approval_home ON approval (home_id, from_date) WHERE until_date IS NULL OR until_date > from_date;
CREATE INDEX approval_all ON approval (home_id);

-- Reviews of an approval as they were held.
CREATE TABLE carer_review (
	id         uuid PRIMARY KEY,
	home_id    uuid NOT NULL REFERENCES home (id),
	held_on    date NOT NULL,
	result     text NOT NULL CHECK (result IN ('CONTINUED', 'VARIED', 'ENDED')),
	to_panel   boolean NOT NULL,
	decided_by text,
	source     text NOT NULL,
	actor      text NOT NULL,
	recorded   timestamptz NOT NULL
);
CREATE INDEX carer_review_home ON carer_review (home_id, held_on);
-- Which notices of a review that falls due were told.
CREATE TABLE carer_review_told (
	home_id     uuid NOT NULL REFERENCES home (id),
	due_date    date NOT NULL,
	days_before integer NOT NULL,
	told        timestamptz NOT NULL,
	PRIMARY KEY (home_id, due_date, days_before)
);

-- When the next review of a household is due, as it was reckoned last; no row: no approval is in force.
CREATE TABLE carer_review_due (
	home_id  uuid PRIMARY KEY REFERENCES home (id),
	due_date date NOT NULL
);

-- A child lives with somebody who is approved for that child alone and for a time (regulation 24 of the Care Planning
-- Regulations), or with an approved foster parent outside their terms, in an emergency (regulation 23).
CREATE TABLE temporary_approval (
	authority         authority_code NOT NULL,
	id                uuid NOT NULL,
	home_id           uuid NOT NULL REFERENCES home (id),
	child_id          uuid NOT NULL,
	kind              text NOT NULL CHECK (kind IN ('CONNECTED_PERSON', 'EMERGENCY_OUTSIDE_TERMS')),
	from_date         date NOT NULL,
	extended_on       date,                      -- regulation 25: once, by the law's weeks
	review_sought_on  date,                      -- regulation 25: until the independent review's outcome is known
	last_day          date,                      -- as the law reckons it; NULL: open until that outcome, or not reckoned yet
	ended_on          date,                      -- the first day on which it no longer held
	ended_reason      text,
	decided_by        text,
	source            text NOT NULL,
	version           bigint NOT NULL DEFAULT 1,
	actor             text NOT NULL,
	recorded          timestamptz NOT NULL,
	updated           timestamptz NOT NULL,
	PRIMARY KEY (authority, id),
	CHECK ((ended_on IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX temporary_approval_home ON temporary_approval (home_id, authority);
CREATE INDEX temporary_approval_child ON temporary_approval (child_id, authority);

-- Since when a household has more children than it may, and to when.
CREATE TABLE over_limit (
	home_id    uuid NOT NULL REFERENCES home (id),
	from_date  date NOT NULL,
	until_date date,
	children   integer NOT NULL,
	version    bigint NOT NULL DEFAULT 1,       -- how often it was told
	PRIMARY KEY (home_id, from_date)
);

-- Somebody who may become a foster parent: no names, the key of the system that knows them.
CREATE TABLE fostering_enquiry (
	id              uuid PRIMARY KEY,
	provider_id     uuid NOT NULL REFERENCES provider (id),
	external_system text NOT NULL,
	external_id     text NOT NULL,
	enquiry_source  text,                        -- code: how they heard of it; NULL: not known
	enquired_on     date NOT NULL,
	stage           text NOT NULL,               -- the last one
	stage_from      date NOT NULL,
	result          text CHECK (result IN ('APPROVED', 'WITHDRAWN', 'REFUSED')),      -- NULL: on the way
	result_on       date,
	home_id         uuid REFERENCES home (id),   -- of the household that was approved
	version         bigint NOT NULL DEFAULT 1,
	actor           text NOT NULL,
	recorded        timestamptz NOT NULL,
	updated         timestamptz NOT NULL,
	CHECK ((result IS NULL) = (result_on IS NULL)),
	UNIQUE (external_system, external_id)
);
CREATE INDEX fostering_enquiry_provider ON fostering_enquiry (provider_id);
-- The stages of the way, in their order.
CREATE TABLE fostering_stage (
	code  text PRIMARY KEY,
	place integer NOT NULL UNIQUE,
	source text NOT NULL
);
INSERT INTO fostering_stage (code, place, source) VALUES
	('ENQUIRY', 1, 'customary'),
	('INITIAL_VISIT', 2, 'customary'),
	('APPLICATION', 3, 'Fostering Services (England) Regulations 2011, regulation 26'),
	('STAGE_ONE', 4, 'Fostering Services (England) Regulations 2011, regulation 26(1A)'),
	('STAGE_TWO', 5, 'Fostering Services (England) Regulations 2011, regulation 26(2)'),
	('PANEL', 6, 'Fostering Services (England) Regulations 2011, regulation 25');
CREATE TABLE fostering_step (
	enquiry_id uuid NOT NULL REFERENCES fostering_enquiry (id),
	stage      text NOT NULL REFERENCES fostering_stage (code),
	from_date  date NOT NULL,
	actor      text NOT NULL,
	recorded   timestamptz NOT NULL,
	PRIMARY KEY (enquiry_id, stage)
);
-- From which day on a provider's approvals and their ends are all recorded here; before it, who left is not known. The row
-- that was recorded last holds.
CREATE TABLE approvals_kept (
	provider_id uuid NOT NULL REFERENCES provider (id),
	number      integer NOT NULL,
	from_date   date NOT NULL,
	source      text NOT NULL,
	actor       text NOT NULL,
	recorded    timestamptz NOT NULL,
	PRIMARY KEY (provider_id, number)
);

-- A hub home and the households around it.
CREATE TABLE constellation (
	id              uuid PRIMARY KEY,
	provider_id     uuid NOT NULL REFERENCES provider (id),
	label           text NOT NULL,
	hub_home_id     uuid NOT NULL REFERENCES home (id),
	respite_places  integer CHECK (respite_places >= 0),     -- kept at the hub for nights away; NULL: not known
	from_date       date NOT NULL,
	until_date      date CHECK (until_date >= from_date),
	external_system text,
	external_id     text,
	version         bigint NOT NULL DEFAULT 1,
	actor           text NOT NULL,
	recorded        timestamptz NOT NULL,
	updated         timestamptz NOT NULL,
	CHECK ((external_system IS NULL) = (external_id IS NULL)),
	UNIQUE (external_system, external_id)
);
CREATE INDEX constellation_provider ON constellation (provider_id);
CREATE INDEX constellation_hub ON constellation (hub_home_id);
CREATE TABLE constellation_satellite (
	constellation_id uuid NOT NULL REFERENCES constellation (id),
	home_id          uuid NOT NULL REFERENCES home (id),
	from_date        date NOT NULL,
	until_date       date CHECK (until_date >= from_date),
	actor            text NOT NULL,
	recorded         timestamptz NOT NULL,
	PRIMARY KEY (constellation_id, home_id, from_date)
);
-- A household belongs to one constellation at a time.
CREATE UNIQUE INDEX constellation_satellite_now ON constellation_satellite (constellation_id, home_id)
	WHERE until_date IS NULL;
CREATE UNIQUE INDEX constellation_satellite_home ON constellation_satellite (home_id) WHERE until_date IS NULL;

-- England's bank holidays, which are no working days. A year without rows is not known, and working days in it are not
-- reckoned as if it had none.
CREATE TABLE bank_holiday (
	day    date PRIMARY KEY,
	name   text NOT NULL,
	source text NOT NULL
);
INSERT INTO bank_holiday (day, name, source)
SELECT d.day::date, d.name, 'gov.uk bank holidays, England and Wales' FROM (VALUES
	('2023-01-02', 'New Year''s Day (substitute)'), ('2023-04-07', 'Good Friday'), ('2023-04-10', 'Easter Monday'),
	('2023-05-01', 'Early May'), ('2023-05-08', 'Coronation of King Charles III'), ('2023-05-29', 'Spring'),
	('2023-08-28', 'Summer'), ('2023-12-25', 'Christmas Day'), ('2023-12-26', 'Boxing Day'),
	('2024-01-01', 'New Year''s Day'), ('2024-03-29', 'Good Friday'), ('2024-04-01', 'Easter Monday'),
	('2024-05-06', 'Early May'), ('2024-05-27', 'Spring'), ('2024-08-26', 'Summer'), ('2024-12-25', 'Christmas Day'),
	('2024-12-26', 'Boxing Day'),
	('2025-01-01', 'New Year''s Day'), ('2025-04-18', 'Good Friday'), ('2025-04-21', 'Easter Monday'),
	('2025-05-05', 'Early May'), ('2025-05-26', 'Spring'), ('2025-08-25', 'Summer'), ('2025-12-25', 'Christmas Day'),
	('2025-12-26', 'Boxing Day'),
	('2026-01-01', 'New Year''s Day'), ('2026-04-03', 'Good Friday'), ('2026-04-06', 'Easter Monday'),
	('2026-05-04', 'Early May'), ('2026-05-25', 'Spring'), ('2026-08-31', 'Summer'), ('2026-12-25', 'Christmas Day'),
	('2026-12-28', 'Boxing Day (substitute)'),
	('2027-01-01', 'New Year''s Day'), ('2027-03-26', 'Good Friday'), ('2027-03-29', 'Easter Monday'),
	('2027-05-03', 'Early May'), ('2027-05-31', 'Spring'), ('2027-08-30', 'Summer'),
	('2027-12-27', 'Christmas Day (substitute)'), ('2027-12-28', 'Boxing Day (substitute)')) d (day, name);

INSERT INTO rule (code, from_date, until_date, value, source) VALUES
	('CONNECTED_PERSON_WEEKS', '2011-04-01', NULL, 16,
		'Care Planning, Placement and Case Review (England) Regulations 2010, regulation 24'),
	('CONNECTED_PERSON_EXTENSION_WEEKS', '2011-04-01', NULL, 8,
		'Care Planning, Placement and Case Review (England) Regulations 2010, regulation 25'),
	('EMERGENCY_OUTSIDE_TERMS_WORKING_DAYS', '2011-04-01', NULL, 6,
		'Care Planning, Placement and Case Review (England) Regulations 2010, regulation 23'),
	('CARER_REVIEW_MONTHS', '2011-04-01', NULL, 12,
		'Fostering Services (England) Regulations 2011, regulation 28'),
	-- How many days before a review is due it is told; the last on the day itself.
	('CARER_REVIEW_NOTICE_1', '2011-04-01', NULL, 60, 'practice of services; not statutory'),
	('CARER_REVIEW_NOTICE_2', '2011-04-01', NULL, 30, 'practice of services; not statutory'),
	('CARER_REVIEW_NOTICE_3', '2011-04-01', NULL, 0, 'practice of services; not statutory'),
	('MOCKINGBIRD_LEAST_SATELLITES', '2015-01-01', NULL, 6, 'the Mockingbird model as published: six to ten households'),
	('MOCKINGBIRD_MOST_SATELLITES', '2015-01-01', NULL, 10, 'the Mockingbird model as published: six to ten households');

-- A rule's value on a day; NULL: there was none.
CREATE FUNCTION rule_value(p_code text, p_on date) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT r.value FROM rule r WHERE r.code = p_code AND r.from_date <= p_on AND (r.until_date IS NULL OR r.until_date > p_on)
	ORDER BY r.from_date DESC LIMIT 1
$$;

-- What the last day of a temporary approval is reckoned by: the law on its first day, and the bank holidays of the years that
-- its days may lie in.
CREATE FUNCTION temporary_law(p_kind text, p_from date)
RETURNS TABLE (weeks integer, extension_weeks integer, working_days integer, source text, holidays text[])
LANGUAGE sql STABLE AS $$
	SELECT CASE p_kind WHEN 'CONNECTED_PERSON' THEN rule_value('CONNECTED_PERSON_WEEKS', p_from) END,
		CASE p_kind WHEN 'CONNECTED_PERSON' THEN rule_value('CONNECTED_PERSON_EXTENSION_WEEKS', p_from) END,
		CASE p_kind WHEN 'EMERGENCY_OUTSIDE_TERMS' THEN rule_value('EMERGENCY_OUTSIDE_TERMS_WORKING_DAYS', p_from) END,
		(SELECT r.source FROM rule r WHERE r.code = CASE p_kind WHEN 'CONNECTED_PERSON' THEN 'CONNECTED_PERSON_WEEKS'
			ELSE 'EMERGENCY_OUTSIDE_TERMS_WORKING_DAYS' END AND r.from_date <= p_from
			AND (r.until_date IS NULL OR r.until_date > p_from) ORDER BY r.from_date DESC LIMIT 1),
		CASE p_kind WHEN 'EMERGENCY_OUTSIDE_TERMS' THEN ARRAY(SELECT b.day::text FROM bank_holiday b
			WHERE b.day >= date_trunc('year', p_from) AND b.day < date_trunc('year', p_from + 31) + interval '1 year'
			ORDER BY b.day) END
$$;

-- How a household stands to the usual fostering limit on a day (Children Act 1989, Schedule 7): within it; above it and all
-- who live there are siblings (paragraph 3); above it and each of them is named by the exemptions of the area's council
-- (paragraph 4); or over it, which makes a children's home of it (paragraph 5). Children whom Hearth does not know are
-- nobody's siblings and in no exemption. No row: no fostering household.
CREATE FUNCTION fostering_limit(p_home uuid, p_on date)
RETURNS TABLE (children integer, other_children integer, named integer, usual integer, state text) LANGUAGE sql STABLE AS $$
	SELECT c.children, c.other_children, c.named, c.usual, CASE
		WHEN c.usual IS NULL OR c.children + coalesce(c.other_children, 0) <= c.usual THEN 'WITHIN'
		WHEN coalesce(c.other_children, 0) > 0 THEN 'OVER'
		WHEN EXISTS (SELECT 1 FROM exemption e WHERE e.home_id = p_home AND e.basis = 'SIBLINGS' AND e.from_date <= p_on
			AND (e.until_date IS NULL OR e.until_date > p_on) AND e.children @> c.ids) THEN 'SIBLINGS'
		WHEN c.named = c.children THEN 'EXEMPT'
		ELSE 'OVER' END
	FROM (
		SELECT cardinality(l.ids) AS children, h.other_children, rule_value('FOSTERING_USUAL_LIMIT', p_on) AS usual, l.ids,
			(SELECT count(1)::integer FROM unnest(l.ids) i (id) WHERE EXISTS (SELECT 1 FROM exemption e
				WHERE e.home_id = p_home AND e.basis = 'EXEMPTION' AND e.from_date <= p_on
					AND (e.until_date IS NULL OR e.until_date > p_on) AND i.id = ANY (e.children))) AS named
		FROM home h CROSS JOIN LATERAL (SELECT coalesce(array_agg(DISTINCT k.child_id), '{}') AS ids FROM hold k
			WHERE k.home_id = h.id AND k.state = 'CONFIRMED') l
		WHERE h.id = p_home AND h.kind = 'FOSTERING'
	) c
$$;

-- Places of a household on a day: approved, and of them usable, which leaves out what is kept back and, of a home that takes
-- nobody, what is not lived in. NULL: not known. No row: no fostering household.
CREATE FUNCTION fostering_places(p_home uuid, p_on date) RETURNS TABLE (approved integer, usable integer)
LANGUAGE sql STABLE AS $$
	SELECT h.most_children, CASE WHEN h.open THEN greatest(h.most_children - b.blocked, 0)
		ELSE least(greatest(h.most_children - b.blocked, 0), (SELECT count(DISTINCT k.child_id)::integer FROM hold k
			WHERE k.home_id = h.id AND k.state = 'CONFIRMED')) END
	FROM home h CROSS JOIN LATERAL (SELECT coalesce(sum(x.places), 0)::integer AS blocked FROM place_block x
		WHERE x.home_id = h.id AND x.from_date <= p_on AND (x.until_date IS NULL OR x.until_date > p_on)) b
	WHERE h.id = p_home AND h.kind = 'FOSTERING'
$$;

-- Who has lived in a household on a temporary approval is found by an export of a child.
CREATE OR REPLACE FUNCTION audit_subjects(p_authority text, p_subject text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
	SELECT p_subject
	UNION
	SELECT unnest(ARRAY[h.id::text, h.referral_id::text]) FROM hold h
	WHERE h.child_id = CASE WHEN p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_subject::uuid END
		AND (p_authority IS NULL OR h.authority = p_authority)
	UNION
	SELECT n.referral_id::text FROM need n
	WHERE n.child_id = CASE WHEN p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_subject::uuid END
		AND (p_authority IS NULL OR n.authority = p_authority)
	UNION
	SELECT t.id::text FROM temporary_approval t
	WHERE t.child_id = CASE WHEN p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_subject::uuid END
		AND (p_authority IS NULL OR t.authority = p_authority)
	UNION
	SELECT e.id::text FROM exemption e
	WHERE CASE WHEN p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_subject::uuid END = ANY (e.children)
		AND (p_authority IS NULL OR e.authority = p_authority)
$$;
