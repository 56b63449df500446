-- Young people, their times in care, and the dated thresholds of the law. Demand: keys begin with the authority.

CREATE TABLE young_person (
	authority     authority_code NOT NULL,
	child_id      uuid NOT NULL,
	date_of_birth date,                          -- NULL: not known
	updated       timestamptz NOT NULL,
	version       bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (authority, child_id)
);
CREATE INDEX young_person_born ON young_person (authority, date_of_birth);

-- Half open; until NULL: goes on. Where the dates come from: an import replaces them all, live events add and close.
CREATE TABLE care_period (
	authority    text NOT NULL,
	child_id     uuid NOT NULL,
	short_breaks boolean NOT NULL,
	start        date NOT NULL,
	until        date CHECK (until >= start),
	PRIMARY KEY (authority, child_id, short_breaks, start),
	FOREIGN KEY (authority, child_id) REFERENCES young_person (authority, child_id)
);

-- Legal statuses of short breaks (SSDA903), by the day the placement starts.
CREATE TABLE short_break_status (
	legal_status text NOT NULL,
	valid_from   date NOT NULL,
	valid_to     date,
	source       text NOT NULL,
	PRIMARY KEY (legal_status, valid_from)
);
INSERT INTO short_break_status (legal_status, valid_from, source) VALUES
	('V3', '2000-01-01', 'R25, R33: CPPCR 2010 reg 48 series are left out; SSDA903 LS, rule 144'),
	('V4', '2000-01-01', 'R25, R33: CPPCR 2010 reg 48 series are left out; SSDA903 LS, rule 144');

-- Ages in years, days in days; valid_to is the last day, NULL: in force. 2001-10-01: commencement of the Children
-- (Leaving Care) Act 2000.
CREATE TABLE threshold (
	name       text NOT NULL CHECK (name IN ('days_in_care', 'counted_from_age', 'part_at_age', 'adult_age',
		'support_age', 'request_age')),
	value      integer NOT NULL CHECK (value > 0),
	valid_from date NOT NULL,
	valid_to   date CHECK (valid_to >= valid_from),
	source     text NOT NULL,
	PRIMARY KEY (name, valid_from)
);
INSERT INTO threshold (name, value, valid_from, source) VALUES
	('days_in_care', 91, '2001-10-01', 'R33: 13 weeks; Children Act 1989 Sch 2 para 19B; CPPCR 2010 reg 40'),
	('counted_from_age', 14, '2001-10-01', 'R33: Children Act 1989 Sch 2 para 19B; CPPCR 2010 reg 40'),
	('part_at_age', 16, '2001-10-01', 'R33: Children Act 1989 Sch 2 para 19B'),
	('adult_age', 18, '2001-10-01', 'R34: Children Act 1989 s23A'),
	('support_age', 21, '2001-10-01', 'R35: Children Act 1989 s23C(6), s24'),
	('request_age', 25, '2001-10-01', 'R35, R44: Children Act 1989 s23C(7), s23CZB; s24B');

-- The value in force on a day; before the first row the first row's (past statuses are asked for too).
CREATE FUNCTION threshold_on(p_name text, p_day date) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT t.value FROM threshold t WHERE t.name = p_name
	ORDER BY (t.valid_from <= p_day AND (t.valid_to IS NULL OR t.valid_to >= p_day)) DESC, t.valid_from LIMIT 1
$$;

-- A young person's periods as the rule reads them, "2020-01-01/2020-03-01,2021-05-02/", short breaks left out; and as
-- they are shown, with those of short breaks marked by a tilde in front.
CREATE FUNCTION counted_periods(p_authority text, p_child uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(concat(c.start, '/', c.until), ',' ORDER BY c.start), '')
	FROM care_period c WHERE c.authority = p_authority AND c.child_id = p_child AND NOT c.short_breaks
$$;
CREATE FUNCTION shown_periods(p_authority text, p_child uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(concat(CASE WHEN c.short_breaks THEN '~' END, c.start, '/', c.until), ','
		ORDER BY c.start, c.short_breaks), '')
	FROM care_period c WHERE c.authority = p_authority AND c.child_id = p_child
$$;
