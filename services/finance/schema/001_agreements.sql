-- Agreements, their fees over time, and the ledger. Keys begin with the authority; other indexes have the telling column
-- first, so that a plan made while the tables were empty never takes one for the authority alone.

-- One agreement per placement. posted_to: days before it have been posted (or had no fee when they were looked at).
CREATE TABLE agreement (
	authority        text NOT NULL,
	id               uuid NOT NULL DEFAULT gen_random_uuid(),
	placement_id     uuid NOT NULL,
	child_id         uuid NOT NULL,
	home_id          uuid,
	state            text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'CLOSED')),
	start_date       date NOT NULL,
	end_date         date CHECK (end_date >= start_date),
	notice_days      integer CHECK (notice_days BETWEEN 0 AND 3660),       -- agreed; NULL: not known
	notice_paid_days integer NOT NULL DEFAULT 0 CHECK (notice_paid_days BETWEEN 0 AND coalesce(notice_days, 0)),
	posted_to        date NOT NULL,
	version          bigint NOT NULL DEFAULT 1,
	updated          timestamptz NOT NULL,
	PRIMARY KEY (authority, id),
	UNIQUE (authority, placement_id),
	CHECK ((state = 'CLOSED') = (end_date IS NOT NULL))
);
CREATE INDEX agreement_open ON agreement (posted_to) WHERE state = 'OPEN';
CREATE INDEX agreement_child ON agreement (child_id, authority);
CREATE INDEX agreement_home ON agreement (home_id, authority);

-- Fees: never changed, the newest revision of a date counts. NULL: unpriced from that day on.
CREATE TABLE agreement_rate (
	authority        text NOT NULL,
	agreement_id     uuid NOT NULL,
	from_date        date NOT NULL,
	revision         integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
	weekly_fee_pence bigint CHECK (weekly_fee_pence BETWEEN 0 AND 100000000),
	reason           text NOT NULL,
	actor            text NOT NULL DEFAULT '',
	recorded         timestamptz NOT NULL,
	PRIMARY KEY (authority, agreement_id, from_date, revision),
	FOREIGN KEY (authority, agreement_id) REFERENCES agreement (authority, id)
);

-- Keys of other systems.
CREATE TABLE agreement_external_id (
	authority    text NOT NULL,
	system       text NOT NULL,
	id           text NOT NULL,
	agreement_id uuid NOT NULL,
	PRIMARY KEY (authority, system, id),
	FOREIGN KEY (authority, agreement_id) REFERENCES agreement (authority, id)
);

CREATE INDEX agreement_external_id_agreement ON agreement_external_id (agreement_id, authority);

-- The fee in force over [from_date, to_date); to_date NULL: until further notice.
CREATE VIEW rate_in_force AS
	SELECT r.authority, r.agreement_id, r.from_date, r.weekly_fee_pence,
		lead(r.from_date) OVER (PARTITION BY r.authority, r.agreement_id ORDER BY r.from_date) AS to_date
	FROM (
		SELECT DISTINCT ON (s.authority, s.agreement_id, s.from_date)
			s.authority, s.agreement_id, s.from_date, s.weekly_fee_pence
		FROM agreement_rate s
		ORDER BY s.authority, s.agreement_id, s.from_date, s.revision DESC
	) r;

-- Pence of days [from_n, to_n) of a weekly fee: the twin of finance_accrued() in accrual.c.
CREATE FUNCTION accrued(p_weekly bigint, p_from_n bigint, p_to_n bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
	SELECT p_weekly * p_to_n / 7 - p_weekly * p_from_n / 7
$$;

-- What has been posted: append only. A line covers [from_date, to_date) of one fee, and its pence are what the day
-- rule makes of those days, with the other sign for a reversal: the database itself holds ledger = days x rates.
CREATE TABLE ledger (
	authority        text NOT NULL,
	agreement_id     uuid NOT NULL,
	id               bigint GENERATED ALWAYS AS IDENTITY,
	kind             text NOT NULL CHECK (kind IN ('ACCRUAL', 'NOTICE', 'REVERSAL')),
	rate_from        date NOT NULL,
	weekly_fee_pence bigint NOT NULL CHECK (weekly_fee_pence BETWEEN 0 AND 100000000),
	from_date        date NOT NULL CHECK (from_date >= rate_from),
	to_date          date NOT NULL CHECK (to_date > from_date),
	days             integer NOT NULL GENERATED ALWAYS AS (to_date - from_date) STORED,
	pence            bigint NOT NULL,
	reverses         bigint,
	reason           text NOT NULL,
	event_id         uuid,
	posted_at        timestamptz NOT NULL,
	PRIMARY KEY (authority, agreement_id, id),
	FOREIGN KEY (authority, agreement_id) REFERENCES agreement (authority, id),
	FOREIGN KEY (authority, agreement_id, reverses) REFERENCES ledger (authority, agreement_id, id),
	CHECK ((kind = 'REVERSAL') = (reverses IS NOT NULL)),
	CHECK (pence = accrued(weekly_fee_pence, from_date - rate_from, to_date - rate_from)
		* CASE kind WHEN 'REVERSAL' THEN -1 ELSE 1 END)
);
CREATE INDEX ledger_days ON ledger (authority, from_date, to_date);

CREATE FUNCTION ledger_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the ledger is append only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
	FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_kept();

-- Reasons of an end for which no notice is due, by the day of the end. Empty until somebody agrees one.
CREATE TABLE notice_exemption (
	reason    text NOT NULL,
	from_date date NOT NULL,
	to_date   date,
	source    text NOT NULL,
	PRIMARY KEY (reason, from_date),
	CHECK (to_date > from_date)
);

-- The day's posting: due at once, then moved on to each midnight.
INSERT INTO timer (kind, subject, due) VALUES ('post_ledger', 'all', '1970-01-01 00:00:00+00');

-- The login role reads and adds; what is posted or agreed it cannot change.
REVOKE ALL ON ledger, agreement_rate, notice_exemption FROM hearth_finance;
GRANT SELECT, INSERT ON ledger, agreement_rate TO hearth_finance;
GRANT SELECT ON notice_exemption TO hearth_finance;
