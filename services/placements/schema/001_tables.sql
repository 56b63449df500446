-- Children, their episodes of care and their placements. Demand: every key begins with the authority; other indexes have
-- the telling column first, so that a plan made while the tables were empty never takes one for the authority alone.

-- The day on which somebody born on `born` reaches `years`: born on 29 February, 1 March in a common year
-- (hearth_date_birthday is the same rule in C; a test compares them).
CREATE FUNCTION attains(born date, years integer) RETURNS date LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN extract(month FROM born) = 2 AND extract(day FROM born) = 29
			AND extract(day FROM (born + make_interval(years => years))) = 28
		THEN (born + make_interval(years => years))::date + 1
		ELSE (born + make_interval(years => years))::date END
$$;

-- The collection year of a day: the year of the 31 March on which it ends.
CREATE FUNCTION return_year(day date) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
	SELECT (extract(year FROM day) + CASE WHEN extract(month FROM day) >= 4 THEN 1 ELSE 0 END)::smallint
$$;

CREATE TABLE child (
	authority     text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),
	id            uuid NOT NULL,
	sex           text NOT NULL DEFAULT 'U' CHECK (sex IN ('M', 'F', 'U')),
	date_of_birth date,
	unaccompanied boolean NOT NULL DEFAULT false,
	return_year   smallint,                    -- latest return that told of the child; NULL: none
	recorded_on   date NOT NULL,               -- birthdays up to this day are never told
	recorded      timestamptz NOT NULL,
	updated       timestamptz NOT NULL,
	updated_by    text NOT NULL,
	version       bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (authority, id)
);
CREATE INDEX child_turns_16 ON child (attains(date_of_birth, 16)) WHERE date_of_birth IS NOT NULL;
CREATE INDEX child_turns_18 ON child (attains(date_of_birth, 18)) WHERE date_of_birth IS NOT NULL;

-- What was held before a correction.
CREATE TABLE child_revision (
	id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	authority     text NOT NULL,
	child         uuid NOT NULL,
	version       bigint NOT NULL,
	sex           text NOT NULL,
	date_of_birth date,
	unaccompanied boolean NOT NULL,
	revised       timestamptz NOT NULL,
	revised_by    text NOT NULL,
	why           text NOT NULL
);
CREATE INDEX child_revision_child ON child_revision (authority, child);

-- Keys of other systems.
CREATE TABLE external_id (
	authority text NOT NULL,
	kind      text NOT NULL CHECK (kind IN ('child', 'placement')),
	system    text NOT NULL,
	id        text NOT NULL,
	resource  uuid NOT NULL,
	PRIMARY KEY (authority, kind, system, id)
);
CREATE INDEX external_id_resource ON external_id (resource, authority);

-- Birthdays that have been told, so that each is told once.
CREATE TABLE birthday (
	authority text NOT NULL,
	child     uuid NOT NULL,
	age       smallint NOT NULL,
	on_date   date NOT NULL,
	PRIMARY KEY (authority, child, age)
);
-- Birthdays up to `through` have all been told.
CREATE TABLE birthday_told (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	through  date
);
INSERT INTO birthday_told (through) VALUES (NULL);
INSERT INTO timer (kind, subject, due) VALUES ('birthdays', 'all', '2000-01-01T00:00:00Z');

CREATE TABLE placement (
	authority        text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),
	id               uuid NOT NULL,
	child            uuid NOT NULL,
	referral_id      uuid,
	offer_id         uuid,
	hold_id          uuid,
	home_id          uuid,
	state            text NOT NULL CHECK (state IN ('PLANNED', 'STARTED', 'ENDED', 'BROKE_DOWN', 'CANCELLED')),
	planned_start    date,
	start_date       date,
	end_date         date,
	weekly_fee_pence bigint CHECK (weekly_fee_pence >= 0),       -- NULL: not known
	notice_days      integer CHECK (notice_days BETWEEN 0 AND 365),
	placement_type   text,
	legal_status     text,
	reason           text,
	notice_hours     integer CHECK (notice_hours >= 0),
	end_code         text,
	left_care        boolean NOT NULL DEFAULT false,
	moved_from       uuid,
	moved_to         uuid,
	created          timestamptz NOT NULL,
	updated          timestamptz NOT NULL,
	updated_by       text NOT NULL,
	version          bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (authority, id),
	FOREIGN KEY (authority, child) REFERENCES child (authority, id),
	CHECK ((state IN ('PLANNED', 'CANCELLED')) = (start_date IS NULL)),
	CHECK ((state IN ('ENDED', 'BROKE_DOWN')) = (end_date IS NOT NULL)),
	CHECK (end_date >= start_date)
);
CREATE UNIQUE INDEX placement_hold ON placement (hold_id, authority) WHERE hold_id IS NOT NULL;
-- A child lives in one place at a time.
CREATE UNIQUE INDEX placement_lives ON placement (child, authority) WHERE state = 'STARTED';
CREATE INDEX placement_child ON placement (child, authority);
CREATE INDEX placement_home ON placement (home_id, authority) WHERE home_id IS NOT NULL;

-- Fees agreed after the start.
CREATE TABLE placement_fee (
	authority        text NOT NULL,
	placement        uuid NOT NULL,
	version          bigint NOT NULL,             -- of the placement, after the change
	from_date        date NOT NULL,
	weekly_fee_pence bigint CHECK (weekly_fee_pence >= 0),
	recorded         timestamptz NOT NULL,
	recorded_by      text NOT NULL,
	PRIMARY KEY (authority, placement, version),
	FOREIGN KEY (authority, placement) REFERENCES placement (authority, id)
);

-- Episodes as they stand; what stood before is in episode_revision.
CREATE TABLE episode (
	authority           text NOT NULL,
	child               uuid NOT NULL,
	decom               date NOT NULL,
	rne                 text,
	ls                  text,
	cin                 text,
	place               text,
	place_provider      text,
	dec                 date,
	rec                 text,
	reason_place_change text,
	home_outward        text,
	place_outward       text,
	urn                 text,
	return_year         smallint,                 -- NULL: not of a return
	source              text NOT NULL CHECK (source IN ('IMPORT', 'LIVE')),
	placement           uuid,
	recorded            timestamptz NOT NULL,
	recorded_by         text NOT NULL,
	PRIMARY KEY (authority, child, decom),
	CHECK (dec > decom)
);

CREATE TABLE episode_revision (
	id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	authority           text NOT NULL,
	child               uuid NOT NULL,
	decom               date NOT NULL,
	rne                 text,
	ls                  text,
	cin                 text,
	place               text,
	place_provider      text,
	dec                 date,
	rec                 text,
	reason_place_change text,
	home_outward        text,
	place_outward       text,
	urn                 text,
	return_year         smallint,
	source              text NOT NULL,
	placement           uuid,
	recorded            timestamptz NOT NULL,
	recorded_by         text NOT NULL,
	revised             timestamptz NOT NULL,
	revised_by          text NOT NULL,
	why                 text NOT NULL             -- LATER_RETURN, CLOSED, ENDED_ON_FIRST_DAY, TAKEN_OVER, LEFT_CARE
);
CREATE INDEX episode_revision_child ON episode_revision (authority, child, decom);

-- What each import request did, so that a repeated request answers the same.
CREATE TABLE import_result (
	authority           text NOT NULL,
	id                  uuid NOT NULL,
	new_children        integer NOT NULL,
	changed_children    integer NOT NULL,
	unchanged_children  integer NOT NULL,
	new_episodes        integer NOT NULL,
	changed_episodes    integer NOT NULL,
	unchanged_episodes  integer NOT NULL,
	kept_episodes       integer NOT NULL,
	imported            timestamptz NOT NULL,
	imported_by         text NOT NULL,
	PRIMARY KEY (authority, id)
);
