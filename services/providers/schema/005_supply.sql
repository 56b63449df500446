-- Supply as councils know it: every kind of setting, what bars new children from it, which places are kept back and why,
-- how it can be had and at which fee. Dated facts hold from from_date to the day before until_date (NULL: open end) and are
-- ended or followed by another row, never overwritten. What matching weighs stands here; each part's own history follows.

ALTER TABLE provider
	ADD COLUMN group_name text,                  -- ownership group; NULL: none, or not known
	ADD COLUMN group_homes integer CHECK (group_homes >= 1),
	ADD COLUMN urn text,                         -- of an agency that is registered itself
	ADD COLUMN registration text CHECK (registration IN ('REGISTERED', 'APPLIED', 'NOT_REGISTERED', 'SUSPENDED')),
	ADD COLUMN register text CHECK (register IN ('OFSTED', 'CQC', 'CARE_INSPECTORATE_WALES', 'CARE_INSPECTORATE_SCOTLAND')),
	ADD COLUMN registered_from date,
	ADD COLUMN registered_until date,
	ADD COLUMN latest_outcome text,              -- of an agency's last inspection, on the scale of its register
	ADD COLUMN latest_inspected date,
	ADD COLUMN registration_recorded boolean NOT NULL DEFAULT false;   -- its registration is that of a history (settings)

ALTER TABLE home DROP CONSTRAINT home_kind_check;
ALTER TABLE home ADD CONSTRAINT home_kind_check CHECK (kind IN ('FOSTERING', 'CHILDRENS_HOME', 'SUPPORTED_ACCOMMODATION',
	'SECURE_CHILDRENS_HOME', 'RESIDENTIAL_SPECIAL_SCHOOL', 'SHORT_BREAKS', 'SUPPORTED_LODGINGS', 'OTHER_ARRANGEMENT'));
ALTER TABLE home
	ADD COLUMN supported_category text CHECK (supported_category IN ('SELF_CONTAINED', 'SHARED_RING_FENCED', 'SHARED',
		'PRIVATE_RESIDENCE')),                   -- SI 2023/416, regulation 2
	ADD COLUMN register text CHECK (register IN ('OFSTED', 'CQC', 'CARE_INSPECTORATE_WALES', 'CARE_INSPECTORATE_SCOTLAND')),
	ADD COLUMN registered_from date,
	ADD COLUMN registered_until date,            -- the first day on which the registration or approval no longer holds
	ADD COLUMN registration_recorded boolean NOT NULL DEFAULT false,   -- its registration is that of a history (settings)
	ADD COLUMN ends_on date,                     -- the first day on which it is no home any more; not open since that was said
	ADD COLUMN latest_outcome text,              -- of the last inspection, on the scale of its register
	ADD COLUMN latest_inspected date,
	ADD COLUMN capabilities text[] NOT NULL DEFAULT '{}',      -- codes of what the home can do
	ADD COLUMN excluded_risks text[] NOT NULL DEFAULT '{}',    -- codes of risks that the home does not take
	ADD COLUMN solo boolean NOT NULL DEFAULT false,            -- takes one child alone
	ADD COLUMN annexe_of uuid REFERENCES home (id),
	ADD COLUMN planned_open date,                -- takes no child before this day; NULL: is there
	ADD COLUMN manager text CHECK (manager IN ('IN_POST', 'VACANT')),
	ADD COLUMN vacancy_confirmed timestamptz,    -- when its provider last said which places are free
	ADD COLUMN other_children integer CHECK (other_children >= 0),  -- who live there and are no child of Hearth; NULL: not known
	ADD COLUMN other_children_on date,
	ADD COLUMN approved boolean NOT NULL DEFAULT false,        -- its terms are those of an approval that is recorded
	ADD COLUMN approved_kinds text[] NOT NULL DEFAULT '{}';    -- kinds of placement that the terms of the day allow

-- What keeps further children out of a home, or of all homes of a provider: for everybody (authority ''), or for one
-- council that set it itself.
CREATE TABLE bar (
	id          uuid PRIMARY KEY,
	home_id     uuid REFERENCES home (id),
	provider_id uuid REFERENCES provider (id),
	authority   text NOT NULL CHECK (authority ~ '^([0-9]{3})?$'),
	kind        text NOT NULL CHECK (kind IN ('REGISTRATION_LAPSED', 'SUSPENSION', 'RESTRICTION_OF_ACCOMMODATION', 'EMBARGO',
		'DOCUMENT_EXPIRED',
		'NAMED_CHILDREN_ONLY')),                 -- a temporary approval: for the children whom it names and for no other
	from_date   date NOT NULL,
	until_date  date CHECK (until_date >= from_date),
	reason      text,                            -- code
	source      text NOT NULL,                   -- where it is said: notice, register, decision
	by_rule     boolean NOT NULL DEFAULT false,  -- it follows from what else is recorded, and ends with that
	actor       text NOT NULL,
	version     bigint NOT NULL DEFAULT 1,
	recorded    timestamptz NOT NULL,
	updated     timestamptz NOT NULL,
	CHECK (num_nonnulls(home_id, provider_id) = 1)
);
CREATE INDEX bar_home ON bar (home_id) WHERE home_id IS NOT NULL;
CREATE INDEX bar_provider ON bar (provider_id) WHERE provider_id IS NOT NULL;

-- A condition of registration, or a variation of terms, that limits who may live there.
CREATE TABLE home_limit (
	id         uuid PRIMARY KEY,
	home_id    uuid NOT NULL REFERENCES home (id),
	code       text NOT NULL CHECK (code IN ('LEAST_AGE', 'MOST_AGE', 'SEX', 'MOST_CHILDREN')),
	value      integer,                          -- years or children
	sex        text CHECK (sex IN ('M', 'F')),
	from_date  date NOT NULL,
	until_date date CHECK (until_date >= from_date),
	source     text NOT NULL,
	actor      text NOT NULL,
	recorded   timestamptz NOT NULL,
	CHECK ((code = 'SEX') = (sex IS NOT NULL) AND (code <> 'SEX') = (value IS NOT NULL))
);
CREATE INDEX home_limit_home ON home_limit (home_id);

-- Places of a home that are kept back: no child is offered them between these days.
CREATE TABLE place_block (
	id         uuid PRIMARY KEY,
	home_id    uuid NOT NULL REFERENCES home (id),
	places     integer NOT NULL CHECK (places >= 1),
	reason     text NOT NULL CHECK (reason IN ('STAYING_PUT', 'RESPITE', 'REPAIRS', 'MATCHING', 'STAFFING', 'MANAGER_VACANCY',
		'CARER_UNAVAILABLE', 'ALLEGATION', 'TURNAROUND', 'OTHER')),
	from_date  date NOT NULL,
	until_date date CHECK (until_date >= from_date),
	authority  text NOT NULL DEFAULT '',         -- of the council that recorded it; '': of none
	actor      text NOT NULL,
	version    bigint NOT NULL DEFAULT 1,
	recorded   timestamptz NOT NULL,
	updated    timestamptz NOT NULL
);
CREATE INDEX place_block_home ON place_block (home_id);

-- A foster parent may foster more than the usual number: named children, by the council of the area where the foster
-- parent lives (EXEMPTION; Children Act 1989, Schedule 7, paragraph 4), or while all whom they foster are siblings of one
-- another (SIBLINGS; paragraph 3). Either helps only while every child who lives there is named (paragraph 5): one who is not
-- named makes a children's home of the household as soon as there are more than the limit.
CREATE TABLE exemption (
	id         uuid PRIMARY KEY,
	home_id    uuid NOT NULL REFERENCES home (id),
	authority  text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),      -- that granted it
	basis      text NOT NULL DEFAULT 'EXEMPTION' CHECK (basis IN ('EXEMPTION', 'SIBLINGS')),
	children   uuid[] NOT NULL,                  -- named
	from_date  date NOT NULL,
	until_date date CHECK (until_date >= from_date),
	source     text NOT NULL,
	actor      text NOT NULL,
	version    bigint NOT NULL DEFAULT 1,
	recorded   timestamptz NOT NULL,
	updated    timestamptz NOT NULL
);
CREATE INDEX exemption_home ON exemption (home_id);

-- How a council can have a place, and what it costs: one row a home (or all homes of a provider), council (''; any), route
-- and time. Contracts and fee schedules write it. A home's own row is stronger than its provider's of the same contract. A
-- row that was never right has until_date = from_date: it holds on no day.
CREATE TABLE home_route (
	id               uuid PRIMARY KEY,
	home_id          uuid REFERENCES home (id),
	provider_id      uuid REFERENCES provider (id),
	home_kind        text,                       -- with provider_id: of its homes of this kind alone; NULL: all
	area_authorities text[],                     -- with provider_id: of its homes in these areas alone; NULL: all
	authority        text NOT NULL CHECK (authority ~ '^([0-9]{3})?$'),
	route            text NOT NULL CHECK (route IN ('IN_HOUSE', 'BLOCK', 'PREFERRED_PROVIDER', 'FRAMEWORK', 'DYNAMIC_MARKET',
		'SPOT')),
	tier             integer CHECK (tier >= 1),
	contract_id      uuid,
	weekly_fee_pence bigint CHECK (weekly_fee_pence >= 0),          -- NULL: not known
	from_date        date NOT NULL,
	until_date       date CHECK (until_date >= from_date),
	recorded         timestamptz NOT NULL,
	CHECK (num_nonnulls(home_id, provider_id) = 1)
);
CREATE INDEX home_route_home ON home_route (home_id) WHERE home_id IS NOT NULL;
CREATE INDEX home_route_provider ON home_route (provider_id) WHERE provider_id IS NOT NULL;

-- Who lives there, as far as matching may know: as the referral said it on that day. NULL: not known.
ALTER TABLE hold
	ADD COLUMN child_age integer,
	ADD COLUMN child_age_on date,
	ADD COLUMN child_sex text,
	ADD COLUMN child_companions text,            -- whom the child can live with
	ADD COLUMN child_risks text[];               -- risks to others that are present

-- The need whole, as referrals told it (proto3 JSON of hearth.providers.v1.Needs).
ALTER TABLE need
	ADD COLUMN needs jsonb,
	ADD COLUMN urgency text,
	ADD COLUMN needed_by date;
-- What has been heard before was kept in columns alone; it is the whole of what was said then.
UPDATE need n SET needs = jsonb_strip_nulls(jsonb_build_object(
	'age', CASE WHEN n.age IS NOT NULL THEN jsonb_build_object('value', n.age) END,
	'sex', n.sex, 'unaccompanied', n.unaccompanied, 'homeKinds', to_jsonb(n.home_kinds),
	'homeGrid', CASE WHEN n.easting IS NOT NULL THEN jsonb_build_object('easting', n.easting, 'northing', n.northing) END,
	'mostMiles', CASE WHEN n.most_miles IS NOT NULL THEN jsonb_build_object('miles', n.most_miles) END,
	'mostWeeklyFee', CASE WHEN n.most_weekly_fee_pence IS NOT NULL
		THEN jsonb_build_object('pence', n.most_weekly_fee_pence) END,
	'children', n.children));

-- Which councils' areas touch, as published; both directions stand here.
CREATE TABLE adjoining (
	authority text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),
	adjoining text NOT NULL CHECK (adjoining ~ '^[0-9]{3}$'),
	vintage   text NOT NULL,                     -- of the published table
	loaded    timestamptz NOT NULL,
	PRIMARY KEY (authority, adjoining)
);
