-- What people record of young people, what is due, and when a status has to be looked at again. Demand: keys begin with
-- the authority. Nothing recorded is changed: a correction is another revision, and the newest of an id counts.

-- told_*: the status that was last told (NULL: none yet). check_on: the day on which it may be another one, '-infinity'
-- when dates have changed, NULL when nothing comes of itself. quiet: the next look follows an import and tells nothing.
ALTER TABLE young_person
	ADD COLUMN unaccompanied boolean NOT NULL DEFAULT false,
	ADD COLUMN told_status text,
	ADD COLUMN told_support text,
	ADD COLUMN check_on date DEFAULT '-infinity',
	ADD COLUMN quiet boolean NOT NULL DEFAULT true;
CREATE INDEX young_person_check ON young_person (check_on) WHERE check_on IS NOT NULL;

INSERT INTO timer (kind, subject, due) VALUES ('status_changes', 'all', '2000-01-01T00:00:00Z');

-- What else bears on the status. start NULL: not known; until NULL: goes on.
CREATE TABLE circumstance (
	authority text NOT NULL,
	child_id  uuid NOT NULL,
	id        uuid NOT NULL,
	revision  integer NOT NULL CHECK (revision >= 1),
	kind      text NOT NULL CHECK (kind IN ('DETAINED', 'HOSPITAL', 'RETURNED_HOME', 'SPECIAL_GUARDIANSHIP', 'AGE_DISPUTED',
		'EDUCATION', 'SUPPORT_REQUEST')),
	start     date,
	until     date CHECK (until >= start),
	withdrawn boolean NOT NULL DEFAULT false,
	actor     text NOT NULL,
	recorded  timestamptz NOT NULL,
	PRIMARY KEY (authority, child_id, id, revision),
	FOREIGN KEY (authority, child_id) REFERENCES young_person (authority, child_id)
);

-- Where they live or lived, from a day on. until NULL: until the next begins.
CREATE TABLE accommodation (
	authority          text NOT NULL,
	child_id           uuid NOT NULL,
	id                 uuid NOT NULL,
	revision           integer NOT NULL CHECK (revision >= 1),
	type               text NOT NULL,
	from_date          date NOT NULL,
	until              date CHECK (until >= from_date),
	suitability        text CHECK (suitability IN ('SUITABLE', 'UNSUITABLE')),
	suitability_reason text,
	assessed_on        date,
	assessor           text,
	withdrawn          boolean NOT NULL DEFAULT false,
	actor              text NOT NULL,
	recorded           timestamptz NOT NULL,
	PRIMARY KEY (authority, child_id, id, revision),
	FOREIGN KEY (authority, child_id) REFERENCES young_person (authority, child_id)
);

-- Assessments, plans, reviews, visits, contacts, advisers.
CREATE TABLE pathway_event (
	authority  text NOT NULL,
	child_id   uuid NOT NULL,
	id         uuid NOT NULL,
	revision   integer NOT NULL CHECK (revision >= 1),
	kind       text NOT NULL CHECK (kind IN ('NEEDS_ASSESSMENT', 'PATHWAY_PLAN', 'PATHWAY_REVIEW', 'ADVISER_VISIT', 'CONTACT',
		'ADVISER_NAMED')),
	date       date NOT NULL,
	adviser_id text,
	in_touch   text,
	activity   text,
	withdrawn  boolean NOT NULL DEFAULT false,
	actor      text NOT NULL,
	recorded   timestamptz NOT NULL,
	PRIMARY KEY (authority, child_id, id, revision),
	FOREIGN KEY (authority, child_id) REFERENCES young_person (authority, child_id)
);

REVOKE ALL ON circumstance, accommodation, pathway_event FROM hearth_careleavers;
GRANT SELECT, INSERT ON circumstance, accommodation, pathway_event TO hearth_careleavers;

-- ---- the law's numbers ----

ALTER TABLE threshold DROP CONSTRAINT threshold_name_check;
ALTER TABLE threshold ADD COLUMN verified boolean NOT NULL DEFAULT true;     -- false: the source was not seen
ALTER TABLE threshold ADD CONSTRAINT threshold_name_check CHECK (name IN ('days_in_care', 'counted_from_age',
	'part_at_age', 'adult_age', 'support_age', 'request_age', 'return_home_months', 'assessment_months', 'review_months',
	'first_visit_days', 'visit_months'));
UPDATE threshold SET verified = false WHERE name IN ('support_age', 'request_age');
INSERT INTO threshold (name, value, valid_from, source) VALUES
	('return_home_months', 6, '2001-10-01', 'R34: Care Leavers (England) Regulations 2010 reg 3'),
	('assessment_months', 3, '2001-10-01', 'R36: CPPCR 2010 reg 42'),
	('review_months', 6, '2001-10-01', 'R37: CLR 2010 reg 7'),
	('first_visit_days', 7, '2001-10-01', 'R38: CLR 2010 reg 8'),
	('visit_months', 2, '2001-10-01', 'R38: CLR 2010 reg 8');

CREATE FUNCTION law_on(p_day date) RETURNS TABLE (days_in_care integer, counted_from_age integer, part_at_age integer,
	adult_age integer, support_age integer, request_age integer, return_home_months integer, assessment_months integer,
	review_months integer, first_visit_days integer, visit_months integer) LANGUAGE sql STABLE AS $$
	SELECT threshold_on('days_in_care', p_day), threshold_on('counted_from_age', p_day), threshold_on('part_at_age', p_day),
		threshold_on('adult_age', p_day), threshold_on('support_age', p_day), threshold_on('request_age', p_day),
		threshold_on('return_home_months', p_day), threshold_on('assessment_months', p_day),
		threshold_on('review_months', p_day), threshold_on('first_visit_days', p_day), threshold_on('visit_months', p_day)
$$;

-- Reasons of care's end (SSDA903 REC) that are a circumstance from that day on. The return home of the return is wider
-- than that of the regulation (parents or relatives): a person withdraws what was not one.
CREATE TABLE end_circumstance (
	end_code   text NOT NULL,
	kind       text NOT NULL,
	valid_from date NOT NULL,
	valid_to   date,
	verified   boolean NOT NULL,
	source     text NOT NULL,
	PRIMARY KEY (end_code, valid_from)
);
INSERT INTO end_circumstance (end_code, kind, valid_from, verified, source) VALUES
	('E4A', 'RETURNED_HOME', '2000-01-01', false, 'SSDA903 REC, rule 149; R34: CLR 2010 reg 3'),
	('E4B', 'RETURNED_HOME', '2000-01-01', false, 'SSDA903 REC, rule 149; R34: CLR 2010 reg 3'),
	('E45', 'SPECIAL_GUARDIANSHIP', '2000-01-01', false, 'SSDA903 REC, rule 149; R35: Children Act 1989 s24'),
	('E46', 'SPECIAL_GUARDIANSHIP', '2000-01-01', false, 'SSDA903 REC, rule 149; R35: Children Act 1989 s24'),
	('E47', 'SPECIAL_GUARDIANSHIP', '2000-01-01', false, 'SSDA903 REC, rule 149; R35: Children Act 1989 s24'),
	('E48', 'SPECIAL_GUARDIANSHIP', '2000-01-01', false, 'SSDA903 REC, rule 149; R35: Children Act 1989 s24'),
	('E9', 'DETAINED', '2000-01-01', false, 'SSDA903 REC, rule 149; R34: CLR 2010 reg 3');

-- Why a status is what it is: the words for a person, and the law.
CREATE TABLE explanation (
	code     text PRIMARY KEY,
	rule     text NOT NULL,
	verified boolean NOT NULL,
	text     text NOT NULL,
	source   text NOT NULL
);
INSERT INTO explanation (code, rule, verified, text, source) VALUES
	('BORN_UNKNOWN', 'R33', true, 'unknown because the date of birth is not known', 'Children Act 1989 Sch 2 para 19B'),
	('AGE_DISPUTED', 'R33', true, 'unknown because the age is disputed', 'Children Act 1989 Sch 2 para 19B'),
	('TOO_YOUNG', 'R33', true, 'not yet 16', 'Children Act 1989 Sch 2 para 19B'),
	('TOO_OLD', 'R35', false, 'support as a care leaver ends at this age', 'Children Act 1989 s23C, s23CZB, s24B'),
	('NO_CARE', 'R33', true, 'was in care on no day at 16 or 17', 'Children Act 1989 Sch 2 para 19B, s24'),
	('LOOKED_AFTER', 'R33', true, 'is looked after, since this day', 'Children Act 1989 Sch 2 para 19B'),
	('LEFT_CARE', 'R34', true, 'is looked after no longer, since this day', 'Children Act 1989 s23A'),
	('WEEKS_REACHED', 'R33', true, 'the days in care since 14 reached 13 weeks on this day; short breaks do not count',
		'Children Act 1989 Sch 2 para 19B; CPPCR 2010 reg 40, reg 48'),
	('WEEKS_MISSING', 'R33', true, 'the days in care since 14 are fewer than 13 weeks; short breaks do not count',
		'Children Act 1989 Sch 2 para 19B; CPPCR 2010 reg 40, reg 48'),
	('DETAINED', 'R34', true, 'was detained at 16, and looked after for 13 weeks until this day', 'CLR 2010 reg 3'),
	('HOSPITAL', 'R34', true, 'was in hospital at 16, and looked after for 13 weeks until this day', 'CLR 2010 reg 3'),
	('CONFINED_UNKNOWN', 'R34', true, 'unknown because it is not known since when they were detained or in hospital',
		'CLR 2010 reg 3'),
	('HOME_HELD', 'R34', true, 'has lived at home for six months: relevant no longer, since this day', 'CLR 2010 reg 3'),
	('HOME_ENDED', 'R34', true, 'the return home ended on this day: relevant again', 'CLR 2010 reg 3'),
	('HOME_UNKNOWN', 'R34', true, 'unknown because it is not known since when they live at home', 'CLR 2010 reg 3'),
	('GUARDIANSHIP', 'R35', false, 'a special guardianship order is in force, straight from care', 'Children Act 1989 s24'),
	('GUARDIANSHIP_UNKNOWN', 'R35', false, 'unknown because the day of the special guardianship order is not known',
		'Children Act 1989 s24'),
	('ADULT', 'R35', false, 'is 18 or over: what held on the day before decides', 'Children Act 1989 s23C, s24'),
	('IF_ASKED', 'R35', false, 'is 21 or over: support goes on when they ask, or with education or training',
		'Children Act 1989 s23C(7), s23CZB, s24B'),
	('ASKED', 'R44', true, 'is 21 or over and has asked for support', 'Children Act 1989 s23CZB'),
	('EDUCATION', 'R35', false, 'is 21 or over and in education or training', 'Children Act 1989 s23C(7), s24B'),
	('NEEDS_ASSESSMENT', 'R36', true, 'within three months of turning 16 or of becoming eligible or relevant',
		'CPPCR 2010 reg 42'),
	('PATHWAY_PLAN', 'R36', true, 'as soon as the needs are assessed; no number of days is said', 'CPPCR 2010 reg 42, 43'),
	('PATHWAY_REVIEW', 'R37', true, 'within six months of the plan or its last review', 'CLR 2010 reg 7'),
	('ADVISER_VISIT', 'R38', true, 'within seven days of moving in, then every two months', 'CLR 2010 reg 8');

-- As one text for the reply: fields end with 0x1f, rows with 0x1e.
CREATE FUNCTION explanations() RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(concat_ws(chr(31), e.code, e.rule, e.text, e.source,
		CASE WHEN e.verified THEN '' ELSE 'unverified' END) || chr(30), '' ORDER BY e.code), '') FROM explanation e
$$;

-- ---- codes of the return, by return year (2026: April 2025 to March 2026) ----

-- suitability of a type: ASSESS; BY_REASON, suitable only for a reason; NEVER; NONE, the code says nothing of it.
CREATE TABLE code (
	set         text NOT NULL CHECK (set IN ('ACCOM', 'IN_TOUCH', 'ACTIV', 'SUITABILITY_REASON')),
	code        text NOT NULL,
	label       text NOT NULL,
	suitability text CHECK (suitability IN ('ASSESS', 'BY_REASON', 'NEVER', 'NONE')),
	valid_from  smallint NOT NULL,
	valid_to    smallint,
	verified    boolean NOT NULL,
	source      text NOT NULL,
	PRIMARY KEY (set, code, valid_from)
);
INSERT INTO code (set, code, label, suitability, valid_from, verified, source) VALUES
	('ACCOM', 'B', 'with parents or relatives', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'C', 'community home or residential (NHS)', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'D', 'semi-independent, transitional', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'E', 'supported lodgings', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'G', 'abroad', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'H', 'deported', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'K', 'ordinary lodgings', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'R', 'not known', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'S', 'no fixed abode', 'NEVER', 2000, true, 'SSDA903 OC3, rule 133: S1 is no code'),
	('ACCOM', 'T', 'foyer', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'U', 'independent living', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'V', 'emergency', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'W', 'bed and breakfast', 'BY_REASON', 2000, false, 'SSDA903 OC3, rule 133; R39: never normal (guidance not seen)'),
	('ACCOM', 'X', 'custody', 'NEVER', 2000, true, 'SSDA903 OC3, rule 133: X1 is no code'),
	('ACCOM', 'Y', 'other', 'ASSESS', 2000, true, 'SSDA903 OC3, rule 133'),
	('ACCOM', 'Z', 'with former foster carers (staying put)', 'ASSESS', 2000, true, 'SSDA903 OC3, rules 133, 3001'),
	('IN_TOUCH', 'YES', 'in touch', NULL, 2000, true, 'SSDA903 OC3, rule 131'),
	('IN_TOUCH', 'NO', 'not in touch', NULL, 2000, true, 'SSDA903 OC3, rule 131'),
	('IN_TOUCH', 'DIED', 'died', NULL, 2000, true, 'SSDA903 OC3, rule 131'),
	('IN_TOUCH', 'REFU', 'refuses contact', NULL, 2000, true, 'SSDA903 OC3, rule 131'),
	('IN_TOUCH', 'NREQ', 'services no longer required', NULL, 2000, true, 'SSDA903 OC3, rule 131'),
	('IN_TOUCH', 'RHOM', 'returned home for six months or more', NULL, 2000, true, 'SSDA903 OC3, rule 131'),
	('ACTIV', 'F1', 'higher education, full time', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'P1', 'higher education, part time', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'F2', 'other education, full time', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'P2', 'other education, part time', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'F4', 'apprenticeship, full time', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'P4', 'apprenticeship, part time', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'F5', 'training or employment, full time', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'P5', 'training or employment, part time', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'G4', 'none: illness or disability', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'G5', 'none: other circumstances', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', 'G6', 'none: pregnancy or parenting', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('ACTIV', '0', 'not in touch', NULL, 2000, true, 'SSDA903 OC3, rule 132'),
	('SUITABILITY_REASON', 'SAFE', 'safe, secure and affordable', NULL, 2000, true, 'SSD clea_care_leaver_accommodation'),
	('SUITABILITY_REASON', 'RISK', 'exposes to a risk of harm', NULL, 2000, true, 'SSD clea_care_leaver_accommodation'),
	('SUITABILITY_REASON', 'EXCLUSION', 'its place shuts out of society', NULL, 2000, true, 'SSD clea_care_leaver_accommodation'),
	('SUITABILITY_REASON', 'LANDLORD', 'the landlord', NULL, 2000, true, 'R39: CLR 2010 reg 9, Sch 2'),
	('SUITABILITY_REASON', 'NEEDS', 'needs', NULL, 2000, true, 'R39: CLR 2010 reg 9, Sch 2'),
	('SUITABILITY_REASON', 'WISHES', 'wishes and feelings', NULL, 2000, true, 'R39: CLR 2010 reg 9, Sch 2'),
	('SUITABILITY_REASON', 'EDUCATION', 'education, training and work', NULL, 2000, true, 'R39: CLR 2010 reg 9, Sch 2'),
	('SUITABILITY_REASON', 'EMERGENCY', 'an emergency, for some days', NULL, 2000, false, 'R39: guidance not seen'),
	('SUITABILITY_REASON', 'HOMELESS', 'no home', NULL, 2000, true, 'SSDA903 OC3, rule 133'),
	('SUITABILITY_REASON', 'CUSTODY', 'in custody', NULL, 2000, true, 'SSDA903 OC3, rule 133');

CREATE FUNCTION return_year(p_day date) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
	SELECT (extract(year FROM p_day) + CASE WHEN extract(month FROM p_day) >= 4 THEN 1 ELSE 0 END)::smallint
$$;

CREATE FUNCTION code_holds(p_set text, p_code text, p_day date) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT 1 FROM code c WHERE c.set = p_set AND c.code = p_code AND c.valid_from <= return_year(p_day)
		AND (c.valid_to IS NULL OR c.valid_to >= return_year(p_day)))
$$;

CREATE FUNCTION suitability_of(p_type text, p_day date) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT c.suitability FROM code c WHERE c.set = 'ACCOM' AND c.code = p_type AND c.valid_from <= return_year(p_day)
		AND (c.valid_to IS NULL OR c.valid_to >= return_year(p_day)) ORDER BY c.valid_from DESC LIMIT 1
$$;

-- ---- as it stands ----

-- As the rule reads them, "DETAINED:2021-05-01/2022-01-01,RETURNED_HOME:/"; and as they are shown.
CREATE FUNCTION circumstances_of(p_authority text, p_child uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(concat(c.kind, ':', c.start, '/', c.until), ',' ORDER BY c.start, c.id), '')
	FROM (SELECT DISTINCT ON (k.id) k.id, k.kind, k.start, k.until, k.withdrawn FROM circumstance k
		WHERE k.authority = p_authority AND k.child_id = p_child ORDER BY k.id, k.revision DESC) c
	WHERE NOT c.withdrawn
$$;
CREATE FUNCTION circumstances_shown(p_authority text, p_child uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(concat_ws(chr(31), c.id, c.kind, coalesce(c.start::text, ''), coalesce(c.until::text, ''),
		c.actor, extract(epoch FROM c.recorded)::bigint, c.revision) || chr(30), '' ORDER BY c.start, c.id), '')
	FROM (SELECT DISTINCT ON (k.id) k.id, k.kind, k.start, k.until, k.withdrawn, k.actor, k.recorded, k.revision
		FROM circumstance k WHERE k.authority = p_authority AND k.child_id = p_child ORDER BY k.id, k.revision DESC) c
	WHERE NOT c.withdrawn
$$;

-- Where they live on a day: the latest that has begun and has not ended. One row or none.
CREATE FUNCTION lives_in(p_authority text, p_child uuid, p_day date) RETURNS SETOF accommodation
LANGUAGE sql STABLE AS $$
	SELECT a.authority, a.child_id, a.id, a.revision, a.type, a.from_date, a.until, a.suitability, a.suitability_reason,
		a.assessed_on, a.assessor, a.withdrawn, a.actor, a.recorded
	FROM (SELECT DISTINCT ON (k.id) k.authority, k.child_id, k.id, k.revision, k.type, k.from_date, k.until, k.suitability,
			k.suitability_reason, k.assessed_on, k.assessor, k.withdrawn, k.actor, k.recorded
		FROM accommodation k WHERE k.authority = p_authority AND k.child_id = p_child ORDER BY k.id, k.revision DESC) a
	WHERE NOT a.withdrawn AND a.from_date <= p_day
		AND NOT EXISTS (SELECT 1 FROM accommodation l WHERE l.authority = p_authority AND l.child_id = p_child
			AND l.id <> a.id AND l.from_date <= p_day AND (l.from_date, l.id) > (a.from_date, a.id) AND NOT l.withdrawn
			AND NOT EXISTS (SELECT 1 FROM accommodation n WHERE n.authority = p_authority AND n.child_id = p_child
				AND n.id = l.id AND n.revision > l.revision))
		AND (a.until IS NULL OR a.until > p_day)
	ORDER BY a.from_date DESC, a.id DESC LIMIT 1
$$;

-- The code of the return: letter and 1 or 2; NULL: not assessed, or there is no such code.
CREATE FUNCTION return_code(p_type text, p_suitability text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT p_type || CASE p_suitability WHEN 'SUITABLE' THEN '1' WHEN 'UNSUITABLE' THEN '2' END
$$;

-- The last day of each kind up to a day, and the adviser of the day.
CREATE FUNCTION pathway_on(p_authority text, p_child uuid, p_day date) RETURNS TABLE (assessed date, planned date,
	reviewed date, visited date, adviser text) LANGUAGE sql STABLE AS $$
	SELECT max(e.date) FILTER (WHERE e.kind = 'NEEDS_ASSESSMENT'), max(e.date) FILTER (WHERE e.kind = 'PATHWAY_PLAN'),
		max(e.date) FILTER (WHERE e.kind = 'PATHWAY_REVIEW'), max(e.date) FILTER (WHERE e.kind = 'ADVISER_VISIT'),
		(array_agg(e.adviser_id ORDER BY e.date DESC, e.recorded DESC) FILTER (WHERE e.kind = 'ADVISER_NAMED'))[1]
	FROM (SELECT DISTINCT ON (k.id) k.id, k.kind, k.date, k.adviser_id, k.withdrawn, k.recorded FROM pathway_event k
		WHERE k.authority = p_authority AND k.child_id = p_child ORDER BY k.id, k.revision DESC) e
	WHERE NOT e.withdrawn AND e.date <= p_day
$$;

-- All that the rules read of one young person on a day.
CREATE FUNCTION person_on(p_authority text, p_child uuid, p_day date) RETURNS TABLE (counted text, shown text, facts text,
	assessed date, planned date, reviewed date, visited date, adviser text, accommodation_id uuid, type text,
	moved_in date, until date, suitability text, suitability_reason text, assessed_on date, assessor text,
	return_code text, recorded_by text, recorded_at bigint, revision integer) LANGUAGE sql STABLE AS $$
	SELECT counted_periods(p_authority, p_child), shown_periods(p_authority, p_child), circumstances_of(p_authority, p_child),
		w.assessed, w.planned, w.reviewed, w.visited, w.adviser, a.id, a.type, a.from_date, a.until, a.suitability,
		a.suitability_reason, a.assessed_on, a.assessor, return_code(a.type, a.suitability), a.actor,
		extract(epoch FROM a.recorded)::bigint, a.revision
	FROM pathway_on(p_authority, p_child, p_day) w LEFT JOIN lives_in(p_authority, p_child, p_day) a ON true
$$;

-- The day on which somebody attains an age: born on 29 February, 1 March in a common year (hearth_date_birthday in C).
CREATE FUNCTION attains(born date, years integer) RETURNS date LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN extract(month FROM born) = 2 AND extract(day FROM born) = 29
			AND extract(day FROM (born + make_interval(years => years))) = 28
		THEN (born + make_interval(years => years))::date + 1
		ELSE (born + make_interval(years => years))::date END
$$;
