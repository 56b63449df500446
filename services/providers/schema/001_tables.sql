-- Providers: supply exists once per suite; a hold and a need carry the placing authority.

CREATE TABLE provider (
	id              uuid PRIMARY KEY,
	name            text NOT NULL,
	code            text CHECK (code IN ('PR0', 'PR1', 'PR2', 'PR3', 'PR4', 'PR5')),
	sector          text CHECK (sector IN ('IN_HOUSE', 'OTHER_PUBLIC', 'INDEPENDENT', 'FAMILY')),
	own_authority   text CHECK (own_authority ~ '^[0-9]{3}$'),
	external_system text,
	external_id     text,
	version         bigint NOT NULL DEFAULT 1,
	created         timestamptz NOT NULL,
	updated         timestamptz NOT NULL,
	CHECK ((external_system IS NULL) = (external_id IS NULL))
);
CREATE UNIQUE INDEX provider_external ON provider (external_system, external_id);

CREATE TABLE home (
	id                uuid PRIMARY KEY,
	provider_id       uuid NOT NULL REFERENCES provider (id),
	name              text,                -- public name or neutral label; no person's
	kind              text NOT NULL CHECK (kind IN ('FOSTERING', 'CHILDRENS_HOME', 'SUPPORTED_ACCOMMODATION')),
	outward           text,
	easting           integer,             -- NULL: not known
	northing          integer,
	area_authority    text CHECK (area_authority ~ '^[0-9]{3}$'),
	weekly_fee_pence  bigint CHECK (weekly_fee_pence >= 0),    -- NULL: not known
	notice_days       integer CHECK (notice_days >= 0),
	open              boolean NOT NULL,
	urn               text,
	registration      text CHECK (registration IN ('REGISTERED', 'APPLIED', 'NOT_REGISTERED', 'SUSPENDED')),
	registered_places integer CHECK (registered_places >= 0),
	purpose           text[] NOT NULL,     -- codes of the statement of purpose
	least_age         integer,             -- terms of approval, statement of purpose; NULL: no limit known
	most_age          integer,
	sex               text CHECK (sex IN ('ANY', 'M', 'F')),
	most_children     integer CHECK (most_children >= 0),
	siblings_only     boolean NOT NULL,
	places            integer NOT NULL CHECK (places >= 0),    -- rows of place that are offered
	external_system   text,
	external_id       text,
	version           bigint NOT NULL DEFAULT 1,
	created           timestamptz NOT NULL,
	updated           timestamptz NOT NULL,
	CHECK ((easting IS NULL) = (northing IS NULL)),
	CHECK ((external_system IS NULL) = (external_id IS NULL))
);
CREATE UNIQUE INDEX home_external ON home (external_system, external_id);
CREATE INDEX home_provider ON home (provider_id);

-- One row per place, so that "one child in a place" is a key and never only a count.
CREATE TABLE place (
	home_id uuid NOT NULL REFERENCES home (id),
	number  integer NOT NULL CHECK (number >= 1),
	offered boolean NOT NULL,              -- false: taken back when the home became smaller
	PRIMARY KEY (home_id, number)
);

-- A place kept for a child, then lived in, then given back. A child beyond the places of its home has no place
-- (excess): free places are offered places less all live holds, those included.
CREATE TABLE hold (
	id               uuid PRIMARY KEY,
	home_id          uuid NOT NULL REFERENCES home (id),
	place            integer,
	authority        text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),
	child_id         uuid NOT NULL,
	referral_id      uuid,
	offer_id         uuid,
	placement_id     uuid,
	state            text NOT NULL CHECK (state IN ('HELD', 'CONFIRMED', 'RELEASED')),
	held_until       timestamptz,          -- NULL: never only held
	excess           boolean NOT NULL DEFAULT false,
	reason           text,
	version          bigint NOT NULL DEFAULT 1,
	created          timestamptz NOT NULL,
	updated          timestamptz NOT NULL,
	CHECK (excess = (place IS NULL)),
	CHECK (state <> 'HELD' OR NOT excess),
	CHECK (state <> 'HELD' OR held_until IS NOT NULL),
	CHECK (state <> 'CONFIRMED' OR placement_id IS NOT NULL),
	FOREIGN KEY (home_id, place) REFERENCES place (home_id, number)
);
-- Never more than there are.
CREATE UNIQUE INDEX hold_place ON hold (home_id, place) WHERE state IN ('HELD', 'CONFIRMED');
-- The telling column first, so that a plan made while the table was empty never takes them for the authority alone.
CREATE UNIQUE INDEX hold_placement ON hold (placement_id, authority) WHERE placement_id IS NOT NULL;
CREATE INDEX hold_home ON hold (home_id) WHERE state IN ('HELD', 'CONFIRMED');
CREATE INDEX hold_offer ON hold (offer_id, authority) WHERE offer_id IS NOT NULL;
CREATE INDEX hold_referral ON hold (referral_id, authority) WHERE referral_id IS NOT NULL;

-- What an open referral needs, as referrals told it last.
CREATE TABLE need (
	authority             text NOT NULL,
	referral_id           uuid NOT NULL,
	child_id              uuid NOT NULL,
	age                   integer,
	sex                   text,
	unaccompanied         boolean NOT NULL,
	home_kinds            text[] NOT NULL,
	easting               integer,
	northing              integer,
	most_miles            double precision,
	most_weekly_fee_pence bigint,
	children              integer NOT NULL,
	version               bigint NOT NULL DEFAULT 1,     -- how often homes were found for it
	updated               timestamptz NOT NULL,
	PRIMARY KEY (authority, referral_id)
);
