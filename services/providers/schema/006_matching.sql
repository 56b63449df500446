-- What matching weighs of each home, as one line by revision, so that each process keeps an index of it in memory, asks
-- for what is newer than it has, and any answer can be made again as it was.
--
-- Every write to supply runs behind the schema's writer lock, so the order of revisions is the order of commits: whoever
-- has seen revision r has seen everything committed before it. Triggers write it, so no statement can forget to.

CREATE SEQUENCE match_revision AS bigint;

-- A home as it was from `revision` on until the one that closed it; NULL: as it is. `facts` is match_facts() below.
CREATE TABLE match_home (
	home_id        uuid NOT NULL,
	revision       bigint NOT NULL,
	until_revision bigint,
	facts          text NOT NULL,
	PRIMARY KEY (home_id, revision)
);
CREATE INDEX match_home_newer ON match_home (revision) WHERE until_revision IS NULL;
CREATE INDEX match_home_closed ON match_home (until_revision) WHERE until_revision IS NOT NULL;

-- Free text without the marks that divide a line of facts.
CREATE FUNCTION match_word(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT translate(p_text, E'|;~\n', '/,- ')
$$;

-- Registered places and the end of the registration, as they hold for this home. An annexe without registered places of
-- its own is registered with the home that it belongs to: its places are out of those, and count once.
CREATE FUNCTION annexe_registered(p_home home) RETURNS TABLE (places integer, until_date date) LANGUAGE sql STABLE AS $$
	SELECT CASE
		WHEN p_home.registered_places IS NOT NULL
			THEN greatest(p_home.registered_places - (SELECT coalesce(sum(a.places), 0)::integer FROM home a
				WHERE a.annexe_of = p_home.id AND a.registered_places IS NULL), 0)
		WHEN m.registered_places IS NOT NULL
			THEN greatest(least(p_home.places, m.registered_places - (SELECT coalesce(sum(a.places), 0)::integer FROM home a
				WHERE a.annexe_of = p_home.annexe_of AND a.registered_places IS NULL AND a.id < p_home.id)), 0) END,
		least(p_home.registered_until, m.registered_until)
	FROM (SELECT 1) one LEFT JOIN home m ON m.id = p_home.annexe_of AND p_home.registered_places IS NULL
$$;

-- One line a home: fields divided by |, rows of a list by ;, their parts by ~, codes of a set by a comma; nothing is not
-- known. services/providers/match_facts.c reads it, field by field in this order. Dated rows are all there, so that a day
-- decides without a write.
CREATE FUNCTION match_facts(p_homes uuid[]) RETURNS TABLE (home_id uuid, facts text) LANGUAGE sql STABLE AS $$
	WITH shared AS MATERIALIZED (
		-- routes that all homes of a provider have alike, once for all of them
		SELECT x.provider_id, x.kind, x.area_authority, string_agg(concat_ws('~', o.authority, o.route,
			coalesce(o.tier::text, ''), coalesce(o.weekly_fee_pence::text, ''), o.from_date,
			coalesce(o.until_date::text, '')), ';' ORDER BY o.from_date, o.id) AS routes
		FROM (SELECT DISTINCT y.provider_id, y.kind, y.area_authority FROM home y WHERE y.id = ANY (p_homes)) x
		JOIN home_route o ON o.provider_id = x.provider_id AND o.until_date IS DISTINCT FROM o.from_date
			AND (o.home_kind IS NULL OR o.home_kind = x.kind)
			AND (o.area_authorities IS NULL OR x.area_authority = ANY (o.area_authorities))
		GROUP BY x.provider_id, x.kind, x.area_authority
	)
	SELECT h.id, array_to_string(ARRAY['1', h.provider_id::text, h.kind, h.supported_category, p.sector, p.own_authority,
		p.registration, h.open::text, match_word(h.name), h.outward, h.easting::text, h.northing::text, h.area_authority,
		h.weekly_fee_pence::text, (h.urn IS NOT NULL)::text, h.registration, h.registered_from::text,
		e.until_date::text, e.places::text, h.latest_outcome, h.latest_inspected::text,
		h.least_age::text, h.most_age::text, h.sex, h.most_children::text, h.siblings_only::text, h.solo::text,
		array_to_string(h.capabilities, ','), array_to_string(h.excluded_risks, ','), h.places::text,
		h.annexe_of::text, h.planned_open::text, h.manager, extract(epoch FROM h.vacancy_confirmed)::bigint::text,
		h.other_children::text, h.other_children_on::text, array_to_string(h.approved_kinds, ','),
		(SELECT string_agg(concat_ws('~', b.authority, b.kind, b.from_date, coalesce(b.until_date::text, ''),
				match_word(b.source)), ';' ORDER BY b.from_date, b.id)
			FROM (SELECT o.id, o.authority, o.kind, o.from_date, o.until_date, o.source FROM bar o
				WHERE o.home_id = ANY (ARRAY[h.id, CASE WHEN h.registered_places IS NULL THEN h.annexe_of END])
				UNION ALL
				SELECT o.id, o.authority, o.kind, o.from_date, o.until_date, o.source FROM bar o
				WHERE o.provider_id = h.provider_id) b),
		(SELECT string_agg(concat_ws('~', l.code, coalesce(l.value::text, ''), coalesce(l.sex, ''), l.from_date,
				coalesce(l.until_date::text, ''), match_word(l.source)), ';' ORDER BY l.from_date, l.id)
			FROM home_limit l WHERE l.home_id = h.id),
		(SELECT string_agg(concat_ws('~', k.places, k.reason, k.from_date, coalesce(k.until_date::text, '')), ';'
				ORDER BY k.from_date, k.id)
			FROM place_block k WHERE k.home_id = h.id),
		(SELECT string_agg(concat_ws('~', r.authority, r.state, r.child_id, r.excess, coalesce(r.child_age::text, ''),
				coalesce(r.child_age_on::text, ''), coalesce(r.child_sex, ''), coalesce(r.child_companions, ''),
				coalesce(array_to_string(r.child_risks, ','), '')), ';' ORDER BY r.created, r.id)
			FROM hold r WHERE r.home_id = h.id AND r.state IN ('HELD', 'CONFIRMED')),
		(SELECT string_agg(concat_ws('~', e.authority, e.basis, e.from_date, coalesce(e.until_date::text, ''),
				array_to_string(e.children, ','), match_word(e.source)), ';' ORDER BY e.from_date, e.id)
			FROM exemption e WHERE e.home_id = h.id),
		CASE WHEN EXISTS (SELECT 1 FROM home_route w WHERE w.home_id = h.id) THEN
			(SELECT string_agg(concat_ws('~', t.authority, t.route, coalesce(t.tier::text, ''),
				coalesce(t.weekly_fee_pence::text, ''), t.from_date, coalesce(t.until_date::text, '')), ';'
				ORDER BY t.from_date, t.id)
			FROM (SELECT o.id, o.authority, o.route, o.tier, o.weekly_fee_pence, o.from_date, o.until_date
				FROM home_route o WHERE o.home_id = h.id AND o.until_date IS DISTINCT FROM o.from_date
				UNION ALL
				SELECT o.id, o.authority, o.route, o.tier, o.weekly_fee_pence, o.from_date, o.until_date
				FROM home_route o
				WHERE o.provider_id = h.provider_id AND o.until_date IS DISTINCT FROM o.from_date
					AND (o.home_kind IS NULL OR o.home_kind = h.kind)
					AND (o.area_authorities IS NULL OR h.area_authority = ANY (o.area_authorities))
					-- its own row is stronger than its provider's of the same contract
					AND NOT EXISTS (SELECT 1 FROM home_route w WHERE w.home_id = h.id AND w.contract_id = o.contract_id
						AND w.authority = o.authority AND w.until_date IS DISTINCT FROM w.from_date)) t)
			ELSE g.routes END
		]::text[], '|', '')
	FROM home h JOIN provider p ON p.id = h.provider_id
	CROSS JOIN LATERAL annexe_registered(h) e
	LEFT JOIN shared g
		ON g.provider_id = h.provider_id AND g.kind = h.kind AND g.area_authority IS NOT DISTINCT FROM h.area_authority
	WHERE h.id = ANY (p_homes)
$$;

-- Writes the line of each of these homes whose facts are no longer those that stand there.
CREATE FUNCTION match_note(p_homes uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	changed uuid[];
	lines text[];
	next bigint;
BEGIN
	IF p_homes IS NULL THEN
		RETURN;
	END IF;
	WITH fresh AS MATERIALIZED (SELECT f.home_id, f.facts FROM match_facts(p_homes) f)
	SELECT array_agg(f.home_id), array_agg(f.facts) INTO changed, lines
	FROM fresh f
	LEFT JOIN LATERAL (SELECT m.facts FROM match_home m WHERE m.home_id = f.home_id
		ORDER BY m.revision DESC LIMIT 1) m ON true
	WHERE m.facts IS DISTINCT FROM f.facts;
	IF changed IS NULL THEN
		RETURN;
	END IF;
	next := nextval('match_revision');
	UPDATE match_home m SET until_revision = next FROM unnest(changed) c (home_id)
	WHERE m.home_id = c.home_id AND m.until_revision IS NULL;
	INSERT INTO match_home (home_id, revision, facts)
	SELECT c.home_id, next, c.facts FROM unnest(changed, lines) c (home_id, facts);
	-- Shortlists are looked at again; any day is past, for a trigger knows no time.
	UPDATE timer t SET due = '2000-01-01', data = '{}'
	WHERE t.kind = 'shortlists' AND t.authority = '' AND t.subject = 'all' AND t.data ? 'idle';
END $$;

-- What a statement touched: `touched` are its new rows, or the old ones when it deleted. Whoever writes, also from psql,
-- finds this schema's functions.
CREATE FUNCTION match_touched_home() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	-- and what shares its registration: its annexes, the home that it belongs to and that one's other annexes
	PERFORM match_note((SELECT array_agg(u.id) FROM (
		SELECT t.id FROM touched t
		UNION SELECT t.annexe_of FROM touched t WHERE t.annexe_of IS NOT NULL
		UNION SELECT a.id FROM touched t JOIN home a ON a.annexe_of = coalesce(t.annexe_of, t.id)) u));
	RETURN NULL;
END $$;

CREATE FUNCTION match_touched_of_home() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	PERFORM match_note((SELECT array_agg(DISTINCT t.home_id) FROM touched t));
	RETURN NULL;
END $$;

CREATE FUNCTION match_touched_of_either() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	PERFORM match_note((SELECT array_agg(u.id) FROM (
		SELECT t.home_id AS id FROM touched t WHERE t.home_id IS NOT NULL
		UNION SELECT a.id FROM touched t JOIN home a ON a.annexe_of = t.home_id
		UNION SELECT h.id FROM touched t JOIN home h ON h.provider_id = t.provider_id) u));
	RETURN NULL;
END $$;

CREATE FUNCTION match_touched_provider() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	-- all homes of an agency, so no more than what their facts say of it
	PERFORM match_note((SELECT array_agg(h.id) FROM touched t JOIN was o ON o.id = t.id JOIN home h ON h.provider_id = t.id
		WHERE (t.sector, t.own_authority, t.registration) IS DISTINCT FROM (o.sector, o.own_authority, o.registration)));
	RETURN NULL;
END $$;

DO $$
DECLARE
	part text[];
	on_table text;
	act text;
BEGIN
	FOREACH part SLICE 1 IN ARRAY ARRAY[['home', 'home'], ['provider', 'provider'], ['hold', 'of_home'],
		['home_limit', 'of_home'], ['place_block', 'of_home'], ['exemption', 'of_home'], ['bar', 'of_either'],
		['home_route', 'of_either']] LOOP
		on_table := part[1];
		FOREACH act IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
			-- a new provider has no homes yet; homes and providers are never deleted
			CONTINUE WHEN (on_table = 'provider' AND act <> 'UPDATE') OR (on_table = 'home' AND act = 'DELETE');
			EXECUTE format('CREATE TRIGGER match_%s AFTER %s ON %I REFERENCING %s TABLE AS touched %s '
				'FOR EACH STATEMENT EXECUTE FUNCTION match_touched_%s()', lower(act), act, on_table,
				CASE act WHEN 'DELETE' THEN 'OLD' ELSE 'NEW' END,
				CASE on_table WHEN 'provider' THEN 'OLD TABLE AS was' ELSE '' END, part[2]);
		END LOOP;
	END LOOP;
END $$;

SELECT match_note((SELECT array_agg(h.id) FROM home h));

-- The last revision of each day on which somebody looked, so that lines which no kept answer needs can go.
CREATE TABLE match_day (
	day      date PRIMARY KEY,
	revision bigint NOT NULL
);

-- Weights of the published score: one set a version, never changed. Authority '' is the suite's own, which a council has
-- until it sets its own.
CREATE TABLE match_weight (
	authority text NOT NULL CHECK (authority ~ '^([0-9]{3})?$'),
	version   bigint NOT NULL CHECK (version >= 1),
	code      text NOT NULL,
	value     integer NOT NULL CHECK (value BETWEEN 0 AND 10000000),
	rationale text NOT NULL,                     -- why, and where that is said
	actor     text NOT NULL,
	recorded  timestamptz NOT NULL,
	PRIMARY KEY (authority, version, code)
);

-- Answers that were given: what they were made from, so that they can be made again.
CREATE TABLE match_run (
	authority         text NOT NULL CHECK (authority ~ '^[0-9]{3}$'),
	id                uuid NOT NULL,
	referral_id       uuid,                      -- NULL: of needs that no referral has
	child_id          uuid,
	needs             jsonb NOT NULL,            -- proto3 JSON of hearth.providers.v1.Needs
	urgency           text,
	revision          bigint NOT NULL,
	weights_authority text NOT NULL,
	weights_version   bigint NOT NULL,
	law_day           date NOT NULL,
	law               jsonb NOT NULL,            -- the rules of that day, as they stood
	adjoining         jsonb NOT NULL,            -- areas, of the authority's area, as it stood
	fitting           integer NOT NULL,
	left_out          integer NOT NULL,
	actor             text NOT NULL,
	created           timestamptz NOT NULL,
	PRIMARY KEY (authority, id)
);
CREATE INDEX match_run_referral ON match_run (referral_id, authority) WHERE referral_id IS NOT NULL;
CREATE INDEX match_run_created ON match_run (created);

-- Risks to others that a need says are present, as matching names them; NULL: nothing is said of risks.
CREATE FUNCTION match_risks(p_needs jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN p_needs -> 'risks' IS NOT NULL THEN array_remove(ARRAY[
		CASE p_needs #>> '{risks,toOthersPhysical}' WHEN 'PRESENT' THEN 'TO_OTHERS_PHYSICAL' END,
		CASE p_needs #>> '{risks,toOthersSexual}' WHEN 'PRESENT' THEN 'TO_OTHERS_SEXUAL' END,
		CASE p_needs #>> '{risks,toOthersFire}' WHEN 'PRESENT' THEN 'TO_OTHERS_FIRE' END,
		CASE p_needs #>> '{risks,toOthersAnimals}' WHEN 'PRESENT' THEN 'TO_OTHERS_ANIMALS' END,
		CASE p_needs #>> '{risks,toOthersCriminal}' WHEN 'PRESENT' THEN 'TO_OTHERS_CRIMINAL' END], NULL) END
$$;

-- Since when a need is open, for those that are taken in turn.
ALTER TABLE need ADD COLUMN opened timestamptz;
UPDATE need SET opened = updated;
ALTER TABLE need ALTER COLUMN opened SET NOT NULL;

-- Which homes were told of last, of which revision and day; found_revision NULL: timer "find_homes" has not looked yet.
ALTER TABLE need ADD COLUMN found jsonb, ADD COLUMN found_revision bigint, ADD COLUMN found_day date;
INSERT INTO timer (kind, subject, due) VALUES ('shortlists', 'all', '2000-01-01'), ('match_keep', 'all', '2000-01-01');
INSERT INTO timer (kind, authority, subject, due)
SELECT 'find_homes', n.authority, n.referral_id::text, '2000-01-01' FROM need n ON CONFLICT DO NOTHING;

-- Lists that a rule has, of legal statuses; and the rules that matching knows beside those of before.
ALTER TABLE rule ADD COLUMN codes text[];
INSERT INTO rule (code, from_date, until_date, value, codes, source) VALUES
	('ADULT_AGE', '2023-10-28', NULL, 18, NULL,
		'Care Planning, Placement and Case Review (England) Regulations 2010, regulation 27C (SI 2023/416)'),
	('CONDITIONS_OF_REGISTRATION', '2002-04-01', NULL, NULL, NULL, 'Care Standards Act 2000, section 13'),
	('RESTRICTION_OF_ACCOMMODATION', '2011-04-01', NULL, NULL, NULL, 'Care Standards Act 2000, section 22B'),
	('SECURE_ORDER', '1991-10-14', NULL, NULL, ARRAY['J1'],
		'Children Act 1989, section 25; for remand the Legal Aid, Sentencing and Punishment of Offenders Act 2012, section 102'),
	('SECURE_LEAST_AGE', '1991-10-14', NULL, 13, NULL,
		'Children (Secure Accommodation) Regulations 1991 (SI 1991/1505), regulation 4'),
	('SHORT_BREAK_STATUS', '2011-04-01', NULL, NULL, ARRAY['V3', 'V4'],
		'Care Planning, Placement and Case Review (England) Regulations 2010, regulation 48'),
	-- Of no law: assumptions of the suite, to be replaced by an authority's own policy.
	('VACANCY_STALE_DAYS', '2002-04-01', NULL, 14, NULL, 'assumption of the suite: a vacancy is confirmed every two weeks');

-- The suite's own weights: thousandths of a point; _TENTHS are of a mile, _PENCE pence. A council sets its own from them.
INSERT INTO match_weight (authority, version, code, value, rationale, actor, recorded)
SELECT '', 1, w.code, w.value, w.rationale, 'suite', '2026-11-22' FROM (VALUES
	('DISTANCE', 25000, 'near the child''s own home: Children Act 1989, section 22C(8)(a)'),
	('DISTANCE_NONE_TENTHS', 400, 'from 40 miles on, straight, distance counts for nothing: assumption of the suite'),
	('EDUCATION', 20000, 'education is not disrupted: Children Act 1989, section 22C(8)(b)'),
	('EDUCATION_FULL_TENTHS', 50, 'up to 5 miles from the school nothing is lost: assumption of the suite'),
	('EDUCATION_NONE_TENTHS', 200, 'from 20 miles on the school cannot be kept: assumption of the suite'),
	('IN_AREA', 10000, 'in the council''s area: Children Act 1989, section 22C(9)'),
	('ADJOINING', 6000, 'in an adjoining area: not at a distance (regulation 11 of the 2010 Regulations)'),
	('AT_DISTANCE', 0, 'at a distance: the director of children''s services has to approve (regulation 11 of the 2010 Regulations)'),
	('PREFERRED', 15000, 'a kind of home that the worker prefers: national Placements Data Standard'),
	('SUITABLE', 5000, 'a kind of home that the worker calls suitable: national Placements Data Standard'),
	('SIBLINGS', 20000, 'brothers and sisters together: Children Act 1989, section 22C(8)(c)'),
	('COMPANIONS', 5000, 'whom the child can live with: national Placements Data Standard'),
	('CAPABILITIES', 15000, 'what the child needs of a home: Children Act 1989, section 22C(8)(d) and the Placements Data Standard'),
	('ROUTE_IN_HOUSE', 3000, 'its cost is there whether it is used or not: assumption of the suite'),
	('ROUTE_BLOCK', 3000, 'its nights are paid whether they are used or not: assumption of the suite'),
	('ROUTE_PREFERRED_PROVIDER', 2000, 'terms are agreed: assumption of the suite'),
	('ROUTE_FRAMEWORK', 2000, 'terms are agreed: assumption of the suite'),
	('ROUTE_DYNAMIC_MARKET', 1000, 'terms are in part agreed: assumption of the suite'),
	('ROUTE_SPOT', 0, 'nothing is agreed: assumption of the suite'),
	('ROUTE_TIER', 500, 'taken off for each tier below the first: assumption of the suite'),
	('FEE', 0, 'children are not matched by price unless a council says so'),
	('FEE_NONE_PENCE', 600000, 'a week; with a weight of FEE, from here on a fee earns nothing: assumption of the suite'),
	('OUTCOME_OUTSTANDING', 5000, 'of four grades: assumption of the suite'),
	('OUTCOME_GOOD', 4000, 'of four grades: assumption of the suite'),
	('OUTCOME_REQUIRES_IMPROVEMENT', 1000, 'of four grades: assumption of the suite'),
	('OUTCOME_INADEQUATE', 0, 'of four grades: assumption of the suite'),
	('OUTCOME_SUPPORTED_STRONG', 5000, 'first of the three outcomes of supported accommodation: assumption of the suite'),
	('OUTCOME_SUPPORTED_INCONSISTENT', 1000, 'second of the three outcomes: assumption of the suite'),
	('OUTCOME_SUPPORTED_WEAK', 0, 'third of the three outcomes: assumption of the suite'),
	('CONFIRMED', 3000, 'its provider confirmed its vacancies lately, so that the place is likely to be there: assumption of the suite')
) w (code, value, rationale);
