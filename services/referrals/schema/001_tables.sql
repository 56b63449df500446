-- Referrals: needs, offers, siblings, homes found. Demand: every key begins with the authority. No names, no addresses,
-- no free text.

-- Whole years of age on a day: born on 29 February, one year older on 1 March of a common year. Of timestamps, so that
-- it is truly immutable and inlined: a function that is not is parsed again at each execution.
CREATE FUNCTION age_on(born date, day date) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
	SELECT extract(year FROM age(day::timestamp, born::timestamp))::integer
$$;

-- Needs as the events hold them (proto3 JSON names).
CREATE FUNCTION needs_json(age integer, sex text, unaccompanied boolean, home_kinds text[], easting integer,
	northing integer, most_miles double precision, most_weekly_fee_pence bigint, children integer)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'age', CASE WHEN age IS NOT NULL THEN jsonb_build_object('value', age) END,
		'sex', sex,
		'unaccompanied', unaccompanied,
		'homeKinds', to_jsonb(home_kinds),
		'homeGrid', CASE WHEN easting IS NOT NULL THEN jsonb_build_object('easting', easting, 'northing', northing) END,
		'mostMiles', CASE WHEN most_miles IS NOT NULL THEN jsonb_build_object('miles', most_miles) END,
		'mostWeeklyFee', CASE WHEN most_weekly_fee_pence IS NOT NULL
			THEN jsonb_build_object('pence', most_weekly_fee_pence) END,
		'children', children)
$$;

-- Domains, not CHECK constraints of the table: PostgreSQL keeps what a domain says, but reads a table's constraints from
-- their text again at each execution of a statement, which costs as much as the row itself.
CREATE DOMAIN referral_state AS text
	CHECK (VALUE IN ('DRAFT', 'OPEN', 'ACCEPTING', 'PLANNED', 'PLACED', 'WITHDRAWN', 'CLOSED'));
CREATE DOMAIN referral_urgency AS text CHECK (VALUE IN ('PLANNED', 'URGENT', 'EMERGENCY'));

CREATE TABLE referral (
	authority             authority_code NOT NULL,
	id                    uuid NOT NULL,
	reference             text NOT NULL,
	child_id              uuid NOT NULL,
	state                 referral_state NOT NULL,
	urgency               referral_urgency NOT NULL,
	needed_by             date,                -- NULL: not known
	worker                text,
	date_of_birth         date,                -- NULL: not known; only to reckon the age
	age                   integer,             -- NULL: not known
	sex                   text,                -- M, F, U; NULL: not known
	unaccompanied         boolean NOT NULL,
	home_kinds            text[] NOT NULL,     -- empty: any
	easting               integer,
	northing              integer,
	most_miles            double precision,    -- NULL: no limit
	most_weekly_fee_pence bigint,
	children              integer NOT NULL,
	external_ids          jsonb,               -- as table external_id has them, for lean reads; NULL: none
	follows_placement_id  uuid,                -- opened by the breakdown of this placement
	accepted_offer_id     uuid,
	held_until            timestamptz,         -- of the accepted offer
	placement_id          uuid,
	reason                text,                -- why withdrawn or reopened
	version               bigint NOT NULL DEFAULT 1,
	created               timestamptz NOT NULL,
	updated               timestamptz NOT NULL
) WITH (fillfactor = 85);
-- Made first: of indexes that look alike while the table is empty the planner takes the one made last.
CREATE INDEX referral_list ON referral (authority, (coalesce(needed_by, DATE '9999-12-31')), id);
ALTER TABLE referral ADD PRIMARY KEY (authority, id);
-- In these the telling column stands first, so that a plan never takes them for the authority alone.
CREATE UNIQUE INDEX referral_reference ON referral (reference, authority);
CREATE INDEX referral_child ON referral (child_id, authority);
-- One emergency referral per placement that broke down.
CREATE UNIQUE INDEX referral_follows ON referral (follows_placement_id, authority) WHERE follows_placement_id IS NOT NULL;

-- Keys of other systems.
CREATE TABLE external_id (
	authority   text NOT NULL,
	system      text NOT NULL,
	id          text NOT NULL,
	referral_id uuid NOT NULL,
	PRIMARY KEY (authority, system, id)
);

CREATE TABLE offer (
	authority         text NOT NULL,
	id                uuid NOT NULL,
	referral_id       uuid NOT NULL,
	home_id           uuid NOT NULL,
	provider_id       uuid,
	weekly_fee_pence  bigint CHECK (weekly_fee_pence >= 0),    -- NULL: not known
	notice_days       integer CHECK (notice_days >= 0),
	start_date        date,
	placement_type    text,
	state             text NOT NULL CHECK (state IN ('OFFERED', 'ACCEPTED', 'DECLINED', 'FELL_THROUGH')),
	reason            text,
	placement_id      uuid,                -- planned or begun from this offer
	version           bigint NOT NULL DEFAULT 1,
	created           timestamptz NOT NULL,
	updated           timestamptz NOT NULL,
	PRIMARY KEY (authority, id),
	FOREIGN KEY (authority, referral_id) REFERENCES referral (authority, id)
);
CREATE INDEX offer_referral ON offer (referral_id, authority);
CREATE INDEX offer_placement ON offer (placement_id, authority) WHERE placement_id IS NOT NULL;

-- Brothers and sisters: each link stands in both directions.
CREATE TABLE sibling (
	authority   text NOT NULL,
	referral_id uuid NOT NULL,
	sibling_id  uuid NOT NULL CHECK (sibling_id <> referral_id),
	PRIMARY KEY (authority, referral_id, sibling_id),
	FOREIGN KEY (authority, referral_id) REFERENCES referral (authority, id),
	FOREIGN KEY (authority, sibling_id) REFERENCES referral (authority, id)
);

-- The first homes found, as providers told them last.
CREATE TABLE shortlist (
	authority   text NOT NULL,
	referral_id uuid NOT NULL,
	homes       jsonb NOT NULL,
	suitable    integer NOT NULL,
	left_out    integer NOT NULL,
	found       timestamptz NOT NULL,
	PRIMARY KEY (authority, referral_id),
	FOREIGN KEY (authority, referral_id) REFERENCES referral (authority, id)
);

-- What placements tells of a child: a referral that a breakdown opens takes from here what no earlier referral says.
CREATE TABLE child (
	authority     text NOT NULL,
	child_id      uuid NOT NULL,
	sex           text,                    -- M, F; NULL: not known
	date_of_birth date,                    -- NULL: not known; only to reckon the age
	unaccompanied boolean NOT NULL,
	PRIMARY KEY (authority, child_id)
);
