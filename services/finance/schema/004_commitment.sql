-- What a commitment is made of besides fees: agreement lines of other costs, planned ends, birthdays, whose home it is;
-- each with the time it was recorded, so that any past day's answer can be made again.

-- ---- when an agreement was opened and closed ----

ALTER TABLE agreement ADD COLUMN opened timestamptz, ADD COLUMN closed timestamptz;
UPDATE agreement a SET
	opened = (SELECT min(r.recorded) FROM agreement_rate r WHERE r.authority = a.authority AND r.agreement_id = a.id),
	closed = CASE a.state WHEN 'CLOSED' THEN coalesce((SELECT min(l.posted_at) FROM ledger l
		WHERE l.authority = a.authority AND l.agreement_id = a.id AND l.reason = 'ENDED'), a.updated) END;

-- Planned ends as placements told them; the newest revision counts. NULL: not known.
CREATE TABLE agreement_plan (
	authority    text NOT NULL,
	agreement_id uuid NOT NULL,
	revision     integer NOT NULL CHECK (revision >= 1),
	planned_end  date,
	recorded     timestamptz NOT NULL,
	PRIMARY KEY (authority, agreement_id, revision),
	FOREIGN KEY (authority, agreement_id) REFERENCES agreement (authority, id)
);

-- Dates of birth as placements told them; the newest revision counts. NULL: not known.
CREATE TABLE child (
	authority     text NOT NULL,
	child_id      uuid NOT NULL,
	revision      integer NOT NULL CHECK (revision >= 1),
	date_of_birth date,
	recorded      timestamptz NOT NULL,
	PRIMARY KEY (authority, child_id, revision)
);

-- Whose a home is, as providers told it. Supply.
CREATE TABLE home (
	home_id     uuid NOT NULL,
	revision    integer NOT NULL CHECK (revision >= 1),
	provider_id uuid,
	recorded    timestamptz NOT NULL,
	PRIMARY KEY (home_id, revision)
);

-- ---- other costs of an agreement ----

-- is_fee: the weekly fee of the placement itself; it is no line of this table's.
CREATE TABLE cost_type (
	code       text NOT NULL,
	label      text NOT NULL,
	is_fee     boolean NOT NULL DEFAULT false,
	valid_from date NOT NULL,
	valid_to   date CHECK (valid_to >= valid_from),
	verified   boolean NOT NULL,
	source     text NOT NULL,
	PRIMARY KEY (code, valid_from)
);
INSERT INTO cost_type (code, label, is_fee, valid_from, verified, source) VALUES
	('CORE', 'the placement itself', true, '2000-01-01', true, 'placements standard: cost_core'),
	('ADDITIONAL_SUPPORT', 'additional support', false, '2000-01-01', true, 'placements standard: cost_additional_support'),
	('EDUCATION', 'education', false, '2000-01-01', true, 'placements standard: cost_education'),
	('HEALTH', 'health', false, '2000-01-01', false, 'regional census: cost split social care, education, health'),
	('OTHER', 'other', false, '2000-01-01', true, 'placements standard: cost_other');

-- A line of an agreement. posted_to: days before it have been looked at; 'infinity': nothing comes of itself any more.
CREATE TABLE agreement_line (
	authority    text NOT NULL,
	agreement_id uuid NOT NULL,
	id           uuid NOT NULL,
	posted_to    date NOT NULL,
	PRIMARY KEY (authority, agreement_id, id),
	FOREIGN KEY (authority, agreement_id) REFERENCES agreement (authority, id)
);
CREATE INDEX agreement_line_open ON agreement_line (posted_to) WHERE posted_to < 'infinity';

-- What it costs: never changed, the newest revision counts. NULL: unpriced. until NULL: to the agreement's end.
CREATE TABLE agreement_line_revision (
	authority    text NOT NULL,
	agreement_id uuid NOT NULL,
	line_id      uuid NOT NULL,
	revision     integer NOT NULL CHECK (revision >= 1),
	cost_type    text NOT NULL,
	unit         text NOT NULL CHECK (unit IN ('WEEKLY', 'DAILY', 'ONE_OFF')),
	amount_pence bigint CHECK (amount_pence BETWEEN 0 AND CASE unit WHEN 'WEEKLY' THEN 100000000 ELSE 14285714 END),
	from_date    date NOT NULL,
	until        date CHECK (until > from_date),
	withdrawn    boolean NOT NULL DEFAULT false,
	actor        text NOT NULL,
	recorded     timestamptz NOT NULL,
	PRIMARY KEY (authority, agreement_id, line_id, revision),
	FOREIGN KEY (authority, agreement_id, line_id) REFERENCES agreement_line (authority, agreement_id, id)
);

REVOKE ALL ON cost_type, agreement_plan, child, home, agreement_line_revision FROM hearth_finance;
GRANT SELECT ON cost_type TO hearth_finance;
GRANT SELECT, INSERT ON agreement_plan, child, home, agreement_line_revision TO hearth_finance;

-- Of a line; NULL: of the fee itself. A day or a single cost is a week of seven of them: one rule of days for all.
ALTER TABLE ledger ADD COLUMN line_id uuid;

CREATE FUNCTION weekly_of(p_unit text, p_amount bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE p_unit WHEN 'WEEKLY' THEN p_amount ELSE p_amount * 7 END
$$;

-- ---- the lines that are missing ----

-- As before, of one line or (NULL) of the fee.
CREATE FUNCTION lines_due_of(p_authority text, p_agreement uuid, p_line uuid, p_start date, p_to date, p_notice integer,
	p_rates rate_step[])
RETURNS TABLE (place integer, kind text, rate_from date, weekly_fee_pence bigint, from_date date, to_date date, pence bigint,
	reverses bigint) LANGUAGE sql STABLE AS $$
	WITH wanted AS (
		SELECT f.kind, f.rate_from, f.weekly_fee_pence, range_agg(f.days) AS days
		FROM fees_of_days(p_start, p_to, p_notice, p_rates) f
		WHERE f.weekly_fee_pence IS NOT NULL AND NOT isempty(f.days)
		GROUP BY f.kind, f.rate_from, f.weekly_fee_pence
	), standing AS (
		SELECT l.id, l.kind, l.rate_from, l.weekly_fee_pence, datemultirange(daterange(l.from_date, l.to_date))
			- coalesce(range_agg(daterange(b.from_date, b.to_date)) FILTER (WHERE b.id IS NOT NULL), '{}') AS days
		FROM ledger l
		LEFT JOIN ledger b ON b.authority = p_authority AND b.agreement_id = p_agreement AND b.reverses = l.id
		WHERE l.authority = p_authority AND l.agreement_id = p_agreement AND l.kind <> 'REVERSAL'
			AND l.line_id IS NOT DISTINCT FROM p_line
		GROUP BY l.id, l.kind, l.rate_from, l.weekly_fee_pence, l.from_date, l.to_date
	), covered AS (
		SELECT s.kind, s.rate_from, s.weekly_fee_pence, range_agg(s.days) AS days FROM standing s
		GROUP BY s.kind, s.rate_from, s.weekly_fee_pence
	), due AS (
		SELECT 1 AS place, 'REVERSAL' AS kind, s.rate_from, s.weekly_fee_pence, s.id AS reverses,
			unnest(s.days - coalesce(w.days, '{}')) AS days
		FROM standing s LEFT JOIN wanted w USING (kind, rate_from, weekly_fee_pence)
		UNION ALL
		SELECT CASE w.kind WHEN 'ACCRUAL' THEN 2 ELSE 3 END, w.kind, w.rate_from, w.weekly_fee_pence, NULL,
			unnest(w.days - coalesce(c.days, '{}'))
		FROM wanted w LEFT JOIN covered c USING (kind, rate_from, weekly_fee_pence)
	)
	SELECT d.place, d.kind, d.rate_from, d.weekly_fee_pence, lower(d.days), upper(d.days),
		CASE d.place WHEN 1 THEN -1 ELSE 1 END
			* accrued(d.weekly_fee_pence, lower(d.days) - d.rate_from, upper(d.days) - d.rate_from),
		d.reverses
	FROM due d
$$;

CREATE OR REPLACE FUNCTION lines_due(p_authority text, p_agreement uuid, p_start date, p_to date, p_notice integer,
	p_rates rate_step[])
RETURNS TABLE (place integer, kind text, rate_from date, weekly_fee_pence bigint, from_date date, to_date date, pence bigint,
	reverses bigint) LANGUAGE sql STABLE AS $$
	SELECT d.place, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence, d.reverses
	FROM lines_due_of(p_authority, p_agreement, NULL, p_start, p_to, p_notice, p_rates) d
$$;

-- The lines of an agreement as they were known at a time, those that were recorded in error left out.
CREATE FUNCTION lines_known(p_authority text, p_agreement uuid, p_known timestamptz)
RETURNS TABLE (line_id uuid, cost_type text, unit text, amount_pence bigint, from_date date, until date, revision integer)
LANGUAGE sql STABLE AS $$
	SELECT r.line_id, r.cost_type, r.unit, r.amount_pence, r.from_date,
		CASE r.unit WHEN 'ONE_OFF' THEN r.from_date + 1 ELSE r.until END, r.revision
	FROM (SELECT DISTINCT ON (v.line_id) v.line_id, v.cost_type, v.unit, v.amount_pence, v.from_date, v.until, v.withdrawn,
			v.revision
		FROM agreement_line_revision v
		WHERE v.authority = p_authority AND v.agreement_id = p_agreement AND v.recorded < p_known
		ORDER BY v.line_id, v.revision DESC) r
	WHERE NOT r.withdrawn
$$;

-- What is missing of all lines of an agreement, up to a day.
CREATE FUNCTION extra_lines_due(p_authority text, p_agreement uuid, p_to date)
RETURNS TABLE (line_id uuid, place integer, kind text, rate_from date, weekly_fee_pence bigint, from_date date, to_date date,
	pence bigint, reverses bigint) LANGUAGE sql STABLE AS $$
	SELECT k.line_id, d.place, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence, d.reverses
	FROM lines_known(p_authority, p_agreement, 'infinity') k
	CROSS JOIN LATERAL lines_due_of(p_authority, p_agreement, k.line_id, k.from_date, least(k.until, p_to), 0,
		ARRAY[ROW(k.from_date, weekly_of(k.unit, k.amount_pence))::rate_step]) d
$$;

-- Days of the lines of an agreement up to a day that have no price.
CREATE FUNCTION line_days_unpriced(p_authority text, p_agreement uuid, p_to date) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT coalesce(sum(greatest(least(k.until, p_to) - k.from_date, 0)), 0)::integer
	FROM lines_known(p_authority, p_agreement, 'infinity') k WHERE k.amount_pence IS NULL
$$;

-- ---- as it was known at a time ----

CREATE FUNCTION attains(born date, years integer) RETURNS date LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN extract(month FROM born) = 2 AND extract(day FROM born) = 29
			AND extract(day FROM (born + make_interval(years => years))) = 28
		THEN (born + make_interval(years => years))::date + 1
		ELSE (born + make_interval(years => years))::date END
$$;

-- Numbers of law and of the house, by day.
CREATE TABLE threshold (
	name       text NOT NULL CHECK (name IN ('commitment_ends_at_age')),
	value      integer NOT NULL,
	valid_from date NOT NULL,
	valid_to   date CHECK (valid_to >= valid_from),
	verified   boolean NOT NULL,
	source     text NOT NULL,
	PRIMARY KEY (name, valid_from)
);
INSERT INTO threshold (name, value, valid_from, verified, source) VALUES
	('commitment_ends_at_age', 18, '2000-01-01', true, 'R34: Children Act 1989 s105(1), a child is under 18');
REVOKE ALL ON threshold FROM hearth_finance;
GRANT SELECT ON threshold TO hearth_finance;

CREATE FUNCTION threshold_on(p_name text, p_day date) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT t.value FROM threshold t WHERE t.name = p_name
	ORDER BY (t.valid_from <= p_day AND (t.valid_to IS NULL OR t.valid_to >= p_day)) DESC, t.valid_from LIMIT 1
$$;

CREATE FUNCTION rates_known(p_authority text, p_agreement uuid, p_known timestamptz) RETURNS rate_step[]
LANGUAGE sql STABLE AS $$
	SELECT coalesce(array_agg(ROW(r.from_date, r.weekly_fee_pence)::rate_step ORDER BY r.from_date), '{}')
	FROM (SELECT DISTINCT ON (s.from_date) s.from_date, s.weekly_fee_pence FROM agreement_rate s
		WHERE s.authority = p_authority AND s.agreement_id = p_agreement AND s.recorded < p_known
		ORDER BY s.from_date, s.revision DESC) r
$$;

-- Agreements with a day in a period, as they were known; lived_to: the end, or up to when an open one is committed:
-- to the earliest of planned end, 18th birthday and the end of the period, at least to p_as_of.
CREATE FUNCTION agreements_known(p_authority text, p_from date, p_to date, p_as_of date, p_known timestamptz)
RETURNS TABLE (id uuid, start_date date, lived_to date, notice integer, is_open boolean, planned_end date, adult_on date,
	birth_known boolean, provider_id uuid) LANGUAGE sql STABLE AS $$
	SELECT a.id, a.start_date, CASE WHEN a.closed < p_known THEN a.end_date
			ELSE greatest(least(p.planned_end, b.adult_on, p_to), p_as_of, a.start_date) END,
		CASE WHEN a.closed < p_known THEN a.notice_paid_days ELSE 0 END, coalesce(a.closed >= p_known, true), p.planned_end,
		b.adult_on, b.adult_on IS NOT NULL, h.provider_id
	FROM agreement a
	LEFT JOIN LATERAL (SELECT l.planned_end FROM agreement_plan l WHERE l.authority = a.authority AND l.agreement_id = a.id
		AND l.recorded < p_known ORDER BY l.revision DESC LIMIT 1) p ON true
	LEFT JOIN LATERAL (SELECT attains(c.date_of_birth, threshold_on('commitment_ends_at_age', p_as_of)) AS adult_on
		FROM child c WHERE c.authority = a.authority AND c.child_id = a.child_id AND c.recorded < p_known
		ORDER BY c.revision DESC LIMIT 1) b ON true
	LEFT JOIN LATERAL (SELECT o.provider_id FROM home o WHERE o.home_id = a.home_id AND o.recorded < p_known
		ORDER BY o.revision DESC LIMIT 1) h ON true
	WHERE a.authority = p_authority AND a.opened < p_known AND a.start_date < p_to
		AND (a.closed IS NULL OR a.closed >= p_known OR a.end_date + a.notice_paid_days >= p_from)
$$;

-- The fees over the days of a period: of the placement and of its lines. NULL: unpriced.
CREATE FUNCTION fees_known(p_authority text, p_from date, p_to date, p_as_of date, p_known timestamptz)
RETURNS TABLE (agreement_id uuid, line_id uuid, cost_type text, provider_id uuid, rate_from date, weekly_fee_pence bigint,
	days daterange) LANGUAGE sql STABLE AS $$
	WITH a AS MATERIALIZED (
		SELECT k.id, k.start_date, k.lived_to, k.notice, k.provider_id
		FROM agreements_known(p_authority, p_from, p_to, p_as_of, p_known) k
	), fee AS (
		SELECT a.id, NULL::uuid AS line_id, (SELECT t.code FROM cost_type t WHERE t.is_fee ORDER BY t.valid_from DESC LIMIT 1)
			AS cost_type, a.provider_id, f.rate_from, f.weekly_fee_pence, f.days
		FROM a CROSS JOIN LATERAL fees_of_days(a.start_date, a.lived_to, a.notice,
			rates_known(p_authority, a.id, p_known)) f
		UNION ALL
		SELECT a.id, k.line_id, k.cost_type, a.provider_id, k.from_date, weekly_of(k.unit, k.amount_pence),
			daterange(k.from_date, greatest(k.from_date, least(k.until, a.lived_to)))
		FROM a CROSS JOIN LATERAL lines_known(p_authority, a.id, p_known) k
	)
	SELECT f.id, f.line_id, f.cost_type, f.provider_id, f.rate_from, f.weekly_fee_pence, f.days * daterange(p_from, p_to)
	FROM fee f WHERE NOT isempty(f.days * daterange(p_from, p_to))
$$;
