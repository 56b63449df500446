-- Routes to market: contracts with their commissioners, lots, members and dated fees, and what follows from them for
-- matching (home_route); documents with an expiry. Rows are followed by others or marked as replaced, never overwritten.

CREATE TABLE contract (
	id               uuid PRIMARY KEY,
	authority        text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),    -- the council that leads
	reference        text NOT NULL,
	name             text,
	kind             text NOT NULL CHECK (kind IN ('FRAMEWORK', 'DYNAMIC_MARKET', 'BLOCK', 'SPOT', 'PREFERRED_PROVIDER')),
	basis            text CHECK (basis IN ('PROCUREMENT_ACT_2023', 'PUBLIC_CONTRACTS_REGULATIONS_2015')),
	open_to_entrants boolean NOT NULL,
	from_date        date NOT NULL,
	until_date       date CHECK (until_date > from_date),     -- as let; NULL: not known
	extensions       jsonb NOT NULL,                          -- [{until_date, taken_on}]
	ended_on         date CHECK (ended_on >= from_date),
	ended_reason     text,
	runs_until       date,                                    -- with extensions taken, or ended early; NULL: not known
	version          bigint NOT NULL DEFAULT 1,
	actor            text NOT NULL,
	created          timestamptz NOT NULL,
	updated          timestamptz NOT NULL
);
CREATE UNIQUE INDEX contract_reference ON contract (reference, authority);

-- What a contract's head was before it was said otherwise.
CREATE TABLE contract_was (
	contract_id uuid NOT NULL REFERENCES contract (id),
	version     bigint NOT NULL,
	was         jsonb NOT NULL,
	actor       text NOT NULL,                -- who had said so
	recorded    timestamptz NOT NULL,         -- when
	PRIMARY KEY (contract_id, version)
);

-- Rows of the versions [since_version, until_version) of their contract; until_version NULL: as it is now.
CREATE TABLE contract_commissioner (
	contract_id   uuid NOT NULL REFERENCES contract (id),
	authority     text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),
	part          text NOT NULL,
	share         integer CHECK (share >= 0),  -- NULL: not known
	from_date     date NOT NULL,
	until_date    date NOT NULL,               -- 'infinity': the contract's
	since_version bigint NOT NULL,
	until_version bigint,
	PRIMARY KEY (contract_id, authority, part, from_date, since_version)
);
CREATE INDEX contract_commissioner_authority ON contract_commissioner (authority, contract_id) WHERE until_version IS NULL;

-- Councils other than the leading one that have said themselves that they take part. Until then a contract changes nothing
-- for them: nobody else says what their places cost.
CREATE TABLE contract_joined (
	contract_id uuid NOT NULL REFERENCES contract (id),
	authority   text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),
	actor       text NOT NULL,
	joined      timestamptz NOT NULL,
	PRIMARY KEY (contract_id, authority)
);

CREATE TABLE contract_lot (
	contract_id      uuid NOT NULL REFERENCES contract (id),
	code             text NOT NULL,
	name             text,
	home_kinds       text[] NOT NULL,
	area_authorities text[] NOT NULL,          -- empty: anywhere
	categories       text[] NOT NULL,
	places           integer CHECK (places >= 0),                       -- NULL: to be confirmed
	places_inside    integer CHECK (places_inside BETWEEN 0 AND places),    -- NULL: location not known
	estimated        boolean NOT NULL,
	since_version    bigint NOT NULL,
	until_version    bigint,
	PRIMARY KEY (contract_id, code, since_version)
);

-- From from_date to until_date or the next row of the same lot, provider and home. `replaced`: said otherwise later for
-- the same first day. until_date = from_date: it was never so.
CREATE TABLE contract_member (
	id          uuid PRIMARY KEY,
	contract_id uuid NOT NULL REFERENCES contract (id),
	lot         text NOT NULL,
	provider_id uuid NOT NULL REFERENCES provider (id),
	home_id     uuid REFERENCES home (id),     -- NULL: all homes of the lot's kinds and areas
	tier        integer CHECK (tier >= 1),
	rank        integer CHECK (rank >= 1),
	from_date   date NOT NULL,
	until_date  date CHECK (until_date >= from_date),
	actor       text NOT NULL,
	recorded    timestamptz NOT NULL,
	replaced    timestamptz
);
CREATE INDEX contract_member_contract ON contract_member (contract_id, provider_id);

CREATE TABLE contract_fee (
	id               uuid PRIMARY KEY,
	contract_id      uuid NOT NULL REFERENCES contract (id),
	lot              text,
	provider_id      uuid REFERENCES provider (id),
	home_id          uuid REFERENCES home (id),
	home_kind        text,
	band             text,
	weekly_fee_pence bigint CHECK (weekly_fee_pence >= 0),              -- NULL: not known from that day on
	from_date        date NOT NULL,
	until_date       date CHECK (until_date >= from_date),
	actor            text NOT NULL,
	recorded         timestamptz NOT NULL,
	replaced         timestamptz
);
CREATE INDEX contract_fee_contract ON contract_fee (contract_id);
CREATE INDEX home_route_contract ON home_route (contract_id, provider_id) WHERE contract_id IS NOT NULL;

INSERT INTO rule (code, from_date, until_date, value, source) VALUES
	-- A dynamic purchasing system may be set up under the older law between these days; those that were run on.
	('DYNAMIC_PURCHASING_SYSTEM', '2015-02-26', '2025-02-24', NULL,
		'Public Contracts Regulations 2015, regulation 34; Procurement Act 2023 (in force 24 February 2025; unverified)'),
	('DYNAMIC_MARKET', '2025-02-24', NULL, NULL, 'Procurement Act 2023, sections 34 to 40 (unverified)');

-- ---- what follows for matching

-- Whether a council leads a contract or has joined it.
CREATE FUNCTION takes_part(p_authority text, p_contract uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT 1 FROM contract_joined j WHERE j.contract_id = p_contract AND j.authority = p_authority)
		OR EXISTS (SELECT 1 FROM contract c WHERE c.id = p_contract AND c.authority = p_authority)
$$;

-- How each council can have these providers' homes by a contract, between which days and at which fee. Days on which nothing
-- of it changes are one row.
CREATE FUNCTION contract_routes(p_contract uuid, p_providers uuid[]) RETURNS TABLE (key text, home_id uuid,
	provider_id uuid, home_kind text, area_authorities text[], authority text, route text, tier integer,
	weekly_fee_pence bigint, from_date date, until_date date) LANGUAGE sql STABLE AS $$
WITH deal AS (
	SELECT c.authority, c.kind, c.from_date, coalesce(c.runs_until, 'infinity') AS until_date
	FROM contract c WHERE c.id = p_contract
), lot AS (
	SELECT l.code, l.home_kinds, l.area_authorities FROM contract_lot l
	WHERE l.contract_id = p_contract AND l.until_version IS NULL
), member AS (
	SELECT m.lot, m.provider_id, m.home_id, m.tier, greatest(m.from_date, d.from_date) AS from_date,
		least(coalesce(m.until_date, 'infinity'), d.until_date, coalesce(lead(m.from_date) OVER w, 'infinity')) AS until_date
	FROM contract_member m CROSS JOIN deal d
	WHERE m.contract_id = p_contract AND m.replaced IS NULL AND m.until_date IS DISTINCT FROM m.from_date
		AND m.provider_id = ANY (p_providers)
	WINDOW w AS (PARTITION BY m.lot, m.provider_id, m.home_id ORDER BY m.from_date)
), fee AS (
	SELECT f.lot, f.provider_id, f.home_id, f.home_kind, f.weekly_fee_pence, f.from_date,
		least(coalesce(f.until_date, 'infinity'), coalesce(lead(f.from_date) OVER w, 'infinity')) AS until_date,
		(f.home_id IS NOT NULL)::int * 8 + (f.provider_id IS NOT NULL)::int * 4 + (f.lot IS NOT NULL)::int * 2
			+ (f.home_kind IS NOT NULL)::int AS particular
	FROM contract_fee f
	WHERE f.contract_id = p_contract AND f.replaced IS NULL AND f.band IS NULL AND f.until_date IS DISTINCT FROM f.from_date
		AND (f.provider_id IS NULL OR f.provider_id = ANY (p_providers))
	WINDOW w AS (PARTITION BY f.lot, f.provider_id, f.home_id, f.home_kind ORDER BY f.from_date)
), own_home AS (
	SELECT f.home_id FROM fee f WHERE f.home_id IS NOT NULL UNION SELECT m.home_id FROM member m WHERE m.home_id IS NOT NULL
), scope AS (
	-- a provider's homes of a kind
	SELECT m.lot, m.provider_id, NULL::uuid AS home_id, k.kind, nullif(l.area_authorities, '{}') AS areas, m.tier,
		m.from_date, m.until_date
	FROM member m JOIN lot l ON l.code = m.lot CROSS JOIN LATERAL unnest(l.home_kinds) k (kind)
	WHERE m.home_id IS NULL
	UNION ALL
	-- one home: a member by itself, or with a fee of its own
	SELECT m.lot, m.provider_id, h.id, h.kind, NULL, m.tier, m.from_date, m.until_date
	FROM own_home o JOIN home h ON h.id = o.home_id JOIN member m ON m.provider_id = h.provider_id JOIN lot l ON l.code = m.lot
	WHERE m.home_id = h.id OR m.home_id IS NULL AND h.kind = ANY (l.home_kinds)
		AND (l.area_authorities = '{}' OR h.area_authority = ANY (l.area_authorities))
		AND EXISTS (SELECT 1 FROM fee f WHERE f.home_id = h.id AND (f.lot IS NULL OR f.lot = m.lot))
), numbered AS (
	SELECT row_number() OVER () AS no, s.lot, s.provider_id, s.home_id, s.kind, s.areas, s.tier, s.from_date, s.until_date
	FROM scope s WHERE s.from_date < s.until_date
), offered AS (
	SELECT n.no, f.weekly_fee_pence, f.particular, f.from_date, f.until_date
	FROM numbered n JOIN fee f ON coalesce(f.lot, n.lot) = n.lot AND coalesce(f.provider_id, n.provider_id) = n.provider_id
		AND (f.home_id IS NULL OR f.home_id = n.home_id) AND coalesce(f.home_kind, n.kind) = n.kind
		AND f.from_date < n.until_date AND f.until_date > n.from_date
), cut AS (
	SELECT n.no, n.from_date AS day FROM numbered n
	UNION
	SELECT o.no, d.day FROM offered o CROSS JOIN LATERAL (VALUES (o.from_date), (o.until_date)) d (day)
	JOIN numbered n ON n.no = o.no AND d.day > n.from_date AND d.day < n.until_date
), part AS (
	SELECT c.no, c.day AS from_date, coalesce(lead(c.day) OVER (PARTITION BY c.no ORDER BY c.day), n.until_date) AS until_date
	FROM cut c JOIN numbered n ON n.no = c.no
), priced AS (
	SELECT p.no, p.from_date, p.until_date, (SELECT o.weekly_fee_pence FROM offered o
		WHERE o.no = p.no AND o.from_date <= p.from_date AND o.until_date > p.from_date
		ORDER BY o.particular DESC LIMIT 1) AS pence
	FROM part p
), stepped AS (
	SELECT p.no, p.from_date, p.until_date, p.pence, CASE WHEN row_number() OVER w > 1
		AND p.pence IS NOT DISTINCT FROM lag(p.pence) OVER w THEN 0 ELSE 1 END AS step
	FROM priced p WINDOW w AS (PARTITION BY p.no ORDER BY p.from_date)
), run AS (
	SELECT s.no, s.from_date, s.until_date, s.pence, sum(s.step) OVER (PARTITION BY s.no ORDER BY s.from_date) AS run
	FROM stepped s
), even AS (
	SELECT r.no, min(r.from_date) AS from_date, max(r.until_date) AS until_date, min(r.pence) AS pence
	FROM run r GROUP BY r.no, r.run
), buyer AS (
	SELECT m.authority, min(m.from_date) AS from_date, max(m.until_date) AS until_date FROM contract_commissioner m
	WHERE m.contract_id = p_contract AND m.until_version IS NULL AND takes_part(m.authority, p_contract)
	GROUP BY m.authority
), flat AS (
	SELECT n.home_id, CASE WHEN n.home_id IS NULL THEN n.provider_id END AS provider_id,
		CASE WHEN n.home_id IS NULL THEN n.kind END AS home_kind, n.areas, b.authority, d.kind AS route, n.tier, e.pence,
		greatest(e.from_date, b.from_date) AS from_date, least(e.until_date, b.until_date) AS until_date
	FROM even e JOIN numbered n ON n.no = e.no CROSS JOIN buyer b CROSS JOIN deal d
), keyed AS (
	SELECT concat_ws('|', coalesce(f.home_id, f.provider_id), coalesce(f.home_kind, '-'), coalesce(f.areas::text, '-'),
		f.authority, f.route, coalesce(f.tier::text, '-'), coalesce(f.pence::text, '-'), f.from_date) AS key,
		f.home_id, f.provider_id, f.home_kind, f.areas, f.authority, f.route, f.tier, f.pence, f.from_date, f.until_date
	FROM flat f WHERE f.from_date < f.until_date
)
SELECT DISTINCT ON (k.key) k.key, k.home_id, k.provider_id, k.home_kind, k.areas, k.authority, k.route, k.tier, k.pence,
	k.from_date, nullif(k.until_date, 'infinity')
FROM keyed k ORDER BY k.key, k.until_date DESC
$$;

-- Makes home_route say what the contract says: rows that hold longer or shorter get another end, rows that no longer hold
-- hold on no day, new ones are added.
CREATE FUNCTION keep_contract_routes(p_contract uuid, p_providers uuid[], p_recorded timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	WITH wanted AS MATERIALIZED (
		SELECT w.key, w.home_id, w.provider_id, w.home_kind, w.area_authorities, w.authority, w.route, w.tier,
			w.weekly_fee_pence, w.from_date, w.until_date
		FROM contract_routes(p_contract, p_providers) w
	), row AS (
		SELECT r.id FROM home_route r WHERE r.contract_id = p_contract AND r.provider_id = ANY (p_providers)
		UNION ALL
		SELECT r.id FROM home_route r JOIN home h ON h.id = r.home_id
		WHERE r.contract_id = p_contract AND r.provider_id IS NULL AND h.provider_id = ANY (p_providers)
	), held AS MATERIALIZED (
		SELECT r.id, r.from_date, r.until_date, concat_ws('|', coalesce(r.home_id, r.provider_id), coalesce(r.home_kind, '-'),
			coalesce(r.area_authorities::text, '-'), r.authority, r.route, coalesce(r.tier::text, '-'),
			coalesce(r.weekly_fee_pence::text, '-'), r.from_date) AS key
		FROM row o JOIN home_route r ON r.id = o.id
	), ended AS (
		UPDATE home_route r SET until_date = CASE WHEN w.key IS NULL THEN r.from_date ELSE w.until_date END
		FROM held o LEFT JOIN wanted w ON w.key = o.key
		WHERE r.id = o.id AND o.until_date IS DISTINCT FROM CASE WHEN w.key IS NULL THEN o.from_date ELSE w.until_date END
	)
	INSERT INTO home_route (id, home_id, provider_id, home_kind, area_authorities, authority, route, tier, contract_id,
		weekly_fee_pence, from_date, until_date, recorded)
	SELECT gen_random_uuid(), w.home_id, w.provider_id, w.home_kind, w.area_authorities, w.authority, w.route, w.tier,
		p_contract, w.weekly_fee_pence, w.from_date, w.until_date, p_recorded
	FROM wanted w WHERE NOT EXISTS (SELECT 1 FROM held o WHERE o.key = w.key);
END $$;

-- The same for all members of a contract: at once where they and their homes are few, else some at a time by timer
-- "contract_routes", so that a framework with hundreds of providers can be ended in one call.
CREATE FUNCTION keep_routes_of_all(p_contract uuid, p_recorded timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	members uuid[] := ARRAY(SELECT DISTINCT m.provider_id FROM contract_member m WHERE m.contract_id = p_contract);
BEGIN
	IF cardinality(members) <= 10 AND (SELECT count(1) FROM (SELECT 1 FROM home h WHERE h.provider_id = ANY (members)
		LIMIT 1001) x) <= 1000 THEN
		PERFORM keep_contract_routes(p_contract, members, p_recorded);
	ELSE
		INSERT INTO timer (kind, subject, due) VALUES ('contract_routes', p_contract::text, p_recorded)
		ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due, data = '{}';
	END IF;
END $$;

-- A contract's head is written with each change of its commissioners and lots, so these need no trigger of their own.
CREATE FUNCTION contract_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM keep_routes_of_all(n.id, n.updated) FROM new_rows n;
	RETURN NULL;
END $$;
CREATE TRIGGER contract_changed AFTER UPDATE ON contract REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION contract_changed();

CREATE FUNCTION contract_was_joined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM keep_routes_of_all(n.contract_id, n.joined) FROM new_rows n;
	RETURN NULL;
END $$;
CREATE TRIGGER contract_was_joined AFTER INSERT ON contract_joined REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION contract_was_joined();

CREATE FUNCTION contract_member_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM keep_contract_routes(n.contract_id, ARRAY[n.provider_id], n.recorded) FROM new_rows n;
	RETURN NULL;
END $$;
CREATE TRIGGER contract_member_recorded AFTER INSERT ON contract_member REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION contract_member_recorded();

CREATE FUNCTION contract_fee_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM keep_contract_routes(n.contract_id, ARRAY[coalesce(n.provider_id, h.provider_id)], n.recorded)
	FROM new_rows n LEFT JOIN home h ON h.id = n.home_id
	WHERE n.band IS NULL AND coalesce(n.provider_id, h.provider_id) IS NOT NULL;
	PERFORM keep_routes_of_all(n.contract_id, n.recorded) FROM new_rows n
	WHERE n.band IS NULL AND n.provider_id IS NULL AND n.home_id IS NULL;
	RETURN NULL;
END $$;
CREATE TRIGGER contract_fee_set AFTER INSERT ON contract_fee REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION contract_fee_set();

-- ---- documents

CREATE TABLE document_type (
	code       text NOT NULL,
	name       text NOT NULL,
	required   boolean NOT NULL,               -- no further child is placed while one that was recorded has expired
	from_date  date NOT NULL,
	until_date date,
	source     text NOT NULL,
	PRIMARY KEY (code, from_date)
);
INSERT INTO document_type (code, name, required, from_date, source) VALUES
	('EMPLOYERS_LIABILITY_INSURANCE', 'Employers'' liability insurance', true, '2000-01-01',
		'Employers'' Liability (Compulsory Insurance) Act 1969, section 1; that its expiry stops placing: assumption'),
	('PUBLIC_LIABILITY_INSURANCE', 'Public liability insurance', true, '2000-01-01',
		'assumption: a condition of contracts for the care of children; no law names it'),
	('PROFESSIONAL_INDEMNITY_INSURANCE', 'Professional indemnity insurance', false, '2000-01-01', 'assumption'),
	('REGISTRATION_CERTIFICATE', 'Certificate of registration', false, '2000-01-01',
		'Care Standards Act 2000, section 28; whether a registration holds is said by the registration itself'),
	('STATEMENT_OF_PURPOSE', 'Statement of purpose', false, '2000-01-01',
		'Children''s Homes (England) Regulations 2015, regulation 16, and their like for other settings (unverified)'),
	('DBS_POLICY', 'Policy on checks of staff (Disclosure and Barring Service)', false, '2000-01-01', 'assumption'),
	('SAFEGUARDING_POLICY', 'Policy on the protection of children', false, '2000-01-01', 'assumption'),
	('FIRE_RISK_ASSESSMENT', 'Fire risk assessment', false, '2000-01-01',
		'Regulatory Reform (Fire Safety) Order 2005, article 9 (unverified)'),
	('GAS_SAFETY_RECORD', 'Gas safety record', false, '2000-01-01',
		'Gas Safety (Installation and Use) Regulations 1998, regulation 36 (unverified)'),
	('DATA_PROTECTION_REGISTRATION', 'Registration with the Information Commissioner', false, '2000-01-01', 'assumption');

-- How many days before its expiry a document is spoken of.
CREATE TABLE document_notice (
	days   integer PRIMARY KEY CHECK (days >= 0),
	source text NOT NULL
);
INSERT INTO document_notice (days, source) VALUES
	(60, 'product decision'), (30, 'product decision'), (7, 'product decision'), (0, 'the day of expiry');

CREATE TABLE document (
	id               uuid PRIMARY KEY,
	provider_id      uuid REFERENCES provider (id),
	home_id          uuid REFERENCES home (id),
	type             text NOT NULL,
	reference        text,
	issued           date,
	expires          date,                     -- the first day on which it no longer holds; NULL: it does not expire
	sha256           text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	told             integer,                  -- the least number of days before expiry that was told; NULL: none
	withdrawn_reason text,
	version          bigint NOT NULL DEFAULT 1,
	actor            text NOT NULL,
	recorded         timestamptz NOT NULL,
	updated          timestamptz NOT NULL,
	CHECK (num_nonnulls(home_id, provider_id) = 1),
	CHECK (expires > issued)
);
CREATE INDEX document_provider ON document (provider_id, type) WHERE provider_id IS NOT NULL;
CREATE INDEX document_home ON document (home_id, type) WHERE home_id IS NOT NULL;

-- Whether another document of the same kind of the same provider or home holds when this one expires.
CREATE FUNCTION document_renewed(p_document uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT 1 FROM document d JOIN document o ON o.type = d.type AND o.id <> d.id
			AND o.withdrawn_reason IS NULL AND (o.home_id = d.home_id OR o.provider_id = d.provider_id)
			AND coalesce(o.issued, '-infinity') <= d.expires AND coalesce(o.expires, 'infinity') > d.expires
		WHERE d.id = p_document)
$$;

-- The step before its expiry that a document is at; NULL: none has come yet.
CREATE FUNCTION document_step(p_expires date, p_today date) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT min(n.days) FROM document_notice n WHERE p_expires - n.days <= p_today
$$;

-- When a document is next to be spoken of: the start, in England, of the day of the next step that was not told yet; of
-- steps that have passed the last alone counts, and that is at once. NULL: never again.
CREATE FUNCTION document_due(p_expires date, p_told integer, p_today date, p_now timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN s.passed IS NOT NULL AND (p_told IS NULL OR p_told > s.passed) THEN p_now
		ELSE (p_expires - s.next)::timestamp AT TIME ZONE 'Europe/London' END
	FROM (SELECT document_step(p_expires, p_today) AS passed, max(n.days) FILTER (WHERE p_expires - n.days > p_today) AS next
		FROM document_notice n) s
	WHERE p_expires IS NOT NULL
$$;

-- ---- contracts as they are answered

CREATE FUNCTION commissioner_json(p_authority text, p_part text, p_share integer, p_from date, p_until date,
	p_joined boolean) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('authority', p_authority, 'part', p_part, 'share',
		CASE WHEN p_share IS NOT NULL THEN jsonb_build_object('value', p_share) END, 'from_date', p_from,
		'until_date', nullif(p_until, 'infinity'), 'joined', p_joined))
$$;
CREATE FUNCTION lot_json(p_code text, p_name text, p_kinds text[], p_areas text[], p_categories text[], p_places integer,
	p_inside integer, p_estimated boolean) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('code', p_code, 'name', p_name, 'home_kinds', p_kinds, 'area_authorities',
		p_areas, 'categories', p_categories, 'places', CASE WHEN p_places IS NOT NULL
			THEN jsonb_build_object('value', p_places) END, 'places_inside', CASE WHEN p_inside IS NOT NULL
			THEN jsonb_build_object('value', p_inside) END, 'estimated', p_estimated))
$$;
CREATE FUNCTION contract_commissioners(p_contract uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(commissioner_json(m.authority, m.part, m.share, m.from_date, m.until_date,
		takes_part(m.authority, p_contract)) ORDER BY m.authority, m.part, m.from_date), '[]')
	FROM contract_commissioner m WHERE m.contract_id = p_contract AND m.until_version IS NULL
$$;
CREATE FUNCTION contract_lots(p_contract uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(lot_json(l.code, l.name, l.home_kinds, l.area_authorities, l.categories, l.places,
		l.places_inside, l.estimated) ORDER BY l.code), '[]')
	FROM contract_lot l WHERE l.contract_id = p_contract AND l.until_version IS NULL
$$;
-- How many contracts a council leads, as far as 2,000.
CREATE FUNCTION contracts_of(p_authority text) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT count(1) FROM (SELECT 1 FROM contract c WHERE c.authority = p_authority LIMIT 2000) x
$$;
-- Whether a council has a part in a contract: it leads it, for itself or for others, or is a commissioner.
CREATE FUNCTION commissions(p_authority text, p_contract uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT 1 FROM contract_commissioner m
			WHERE m.contract_id = p_contract AND m.authority = p_authority AND m.until_version IS NULL)
		OR EXISTS (SELECT 1 FROM contract c WHERE c.id = p_contract AND c.authority = p_authority)
$$;

-- ---- who lived where

-- Each stay in a home, day by day: the first day in, the last day out ('infinity': lives there). Of stays from before those
-- days were kept: when they were recorded.
CREATE FUNCTION lived_in(p_home uuid) RETURNS TABLE (hold_id uuid, authority text, from_date date, until_date date)
LANGUAGE sql STABLE AS $$
	SELECT k.id, k.authority, coalesce(k.lived_from, (k.created AT TIME ZONE 'Europe/London')::date),
		CASE WHEN k.state = 'RELEASED' THEN coalesce(k.lived_until, (k.updated AT TIME ZONE 'Europe/London')::date)
			ELSE 'infinity' END
	FROM hold k WHERE k.home_id = p_home AND k.placement_id IS NOT NULL AND k.state IN ('CONFIRMED', 'RELEASED')
$$;
