-- Published tables: councils and what other tables call them, where postcodes lie, which vintages were loaded. A vintage
-- is a year, a month or a day (YYYY, YYYY-MM, YYYY-MM-DD), so that texts sort as times do.

CREATE TABLE council (
	code    text PRIMARY KEY CHECK (code ~ '^[0-9]{3}$'),
	name    text NOT NULL,
	vintage text NOT NULL,
	loaded  timestamptz NOT NULL
);

-- What a table may call a council: its code, an ONS code (also one of before), a name as somebody spells it.
CREATE TABLE council_key (
	key     text PRIMARY KEY,
	code    text NOT NULL REFERENCES council (code),
	vintage text NOT NULL,
	loaded  timestamptz NOT NULL
);
CREATE INDEX council_key_code ON council_key (code);

-- Pairs that a whole table no longer had.
CREATE TABLE adjoining_past (
	authority   text NOT NULL,
	adjoining   text NOT NULL,
	vintage     text NOT NULL,
	loaded      timestamptz NOT NULL,
	replaced_by text NOT NULL,               -- vintage of the table that has it no more
	replaced    timestamptz NOT NULL,
	actor       text NOT NULL
);

CREATE TABLE postcode (
	postcode   text PRIMARY KEY,             -- normalised: "B12 3AB"
	easting    integer,                      -- NULL: not known, or not on the National Grid of Great Britain
	northing   integer,
	council    text,                         -- key of the council of the area, as the table had it; NULL: not known
	terminated text,                         -- YYYY-MM; NULL: in use
	vintage    text NOT NULL,
	CHECK ((easting IS NULL) = (northing IS NULL))
);

-- Loads of one vintage of a table, taken together. An import that changed nothing leaves no trace here.
CREATE TABLE published_load (
	name         text NOT NULL CHECK (name IN ('ADJOINING', 'COUNCILS', 'POSTCODES')),
	vintage      text NOT NULL,
	rows_new     bigint NOT NULL,
	rows_changed bigint NOT NULL,
	rows_removed bigint NOT NULL,
	first_loaded timestamptz NOT NULL,
	last_loaded  timestamptz NOT NULL,
	actor        text NOT NULL,
	PRIMARY KEY (name, vintage)
);
