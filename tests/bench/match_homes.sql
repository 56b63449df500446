-- A nation's homes, made up: :homes of them in tables like the service's own, with its indexes, one more on where they lie,
-- and statistics. Everything follows from the number of the home, so that two makings are the same.
CREATE SCHEMA bench_match;
SET search_path = bench_match;
CREATE TABLE home (LIKE providers.home INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE hold (LIKE providers.hold INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE bar (LIKE providers.bar INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE home_limit (LIKE providers.home_limit INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE place_block (LIKE providers.place_block INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE home_route (LIKE providers.home_route INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE adjoining (LIKE providers.adjoining INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE INDEX home_grid ON home (easting, northing);

-- A number from 0 to :most, by home and purpose.
CREATE FUNCTION draw(home integer, purpose integer, most integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$ SELECT ((hashint8(home::bigint * 1009 + purpose)::bigint & 2147483647) % (most + 1))::integer $$;
CREATE FUNCTION id_of(sort text, number integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT md5(sort || number)::uuid $$;

INSERT INTO home (id, provider_id, name, kind, easting, northing, area_authority, weekly_fee_pence, open, urn, registration,
	registered_places, purpose, least_age, most_age, sex, most_children, siblings_only, places, created, updated,
	registered_until, latest_outcome, capabilities, excluded_risks, solo, planned_open, manager, vacancy_confirmed,
	other_children)
SELECT id_of('home', n), id_of('provider', n / 20), 'Home ' || n, k.kind, 300000 + draw(n, 2, 350000),
	100000 + draw(n, 3, 450000), (201 + draw(n, 4, 149))::text, CASE WHEN draw(n, 5, 9) > 0 THEN 60000 + draw(n, 6, 600000) END,
	draw(n, 7, 29) > 0, 'SC' || lpad(n::text, 6, '0'),
	CASE WHEN draw(n, 8, 24) > 0 THEN 'REGISTERED' WHEN draw(n, 9, 1) = 0 THEN 'APPLIED' END,
	CASE WHEN k.kind <> 'FOSTERING' THEN 1 + draw(n, 10, 7) END, '{}',
	CASE WHEN draw(n, 11, 1) = 0 THEN draw(n, 12, 12) END, CASE WHEN draw(n, 13, 1) = 0 THEN 8 + draw(n, 14, 10) END,
	(ARRAY['ANY', 'ANY', 'ANY', 'M', 'F'])[1 + draw(n, 15, 4)],
	CASE WHEN k.kind = 'FOSTERING' THEN 1 + draw(n, 16, 3) END, draw(n, 17, 49) = 0, 1 + draw(n, 18, 5), '2026-01-05',
	'2026-01-05', CASE WHEN draw(n, 19, 29) = 0 THEN date '2026-01-05' + draw(n, 20, 60) - 20 END,
	CASE WHEN k.kind = 'SUPPORTED_ACCOMMODATION' THEN (ARRAY['SUPPORTED_STRONG', 'SUPPORTED_INCONSISTENT'])[1 + draw(n, 21, 1)]
		WHEN k.kind <> 'FOSTERING' THEN (ARRAY['OUTSTANDING', 'GOOD', 'GOOD', 'REQUIRES_IMPROVEMENT'])[1 + draw(n, 22, 3)] END,
	CASE WHEN draw(n, 23, 3) = 0 THEN ARRAY['THERAPEUTIC_SUPPORT', 'BSL'] ELSE '{}' END,
	CASE WHEN draw(n, 24, 3) = 0 THEN ARRAY['TO_OTHERS_FIRE', 'TO_OTHERS_SEXUAL'] ELSE '{}' END, draw(n, 25, 24) = 0,
	CASE WHEN draw(n, 26, 39) = 0 THEN date '2026-01-05' + draw(n, 27, 60) - 20 END,
	CASE WHEN draw(n, 28, 29) = 0 THEN 'VACANT' ELSE 'IN_POST' END,
	CASE WHEN draw(n, 29, 5) > 0 THEN timestamptz '2026-01-05 00:00+00' - make_interval(days => draw(n, 30, 20)) END,
	CASE WHEN draw(n, 31, 3) > 0 THEN draw(n, 32, 1) END
FROM generate_series(1, :homes) n CROSS JOIN LATERAL (SELECT CASE
	WHEN draw(n, 1, 99) < 55 THEN 'FOSTERING' WHEN draw(n, 1, 99) < 75 THEN 'CHILDRENS_HOME'
	WHEN draw(n, 1, 99) < 90 THEN 'SUPPORTED_ACCOMMODATION' WHEN draw(n, 1, 99) < 94 THEN 'RESIDENTIAL_SPECIAL_SCHOOL'
	WHEN draw(n, 1, 99) < 97 THEN 'SHORT_BREAKS' WHEN draw(n, 1, 99) < 98 THEN 'SUPPORTED_LODGINGS'
	ELSE 'OTHER_ARRANGEMENT' END AS kind) k;
INSERT INTO hold (id, home_id, place, authority, child_id, placement_id, state, created, updated, child_age, child_age_on,
	child_sex, child_companions)
SELECT id_of('hold' || p, n), id_of('home', n), p, (201 + draw(n, 40 + p, 149))::text, id_of('child' || p, n), id_of('placement' || p, n),
	'CONFIRMED', '2026-01-05', '2026-01-05', CASE WHEN draw(n, 50 + p, 9) > 0 THEN draw(n, 60 + p, 17) END, '2026-01-05', 'U',
	(ARRAY['NO_PREFERENCE', 'NO_PREFERENCE', 'NO_PREFERENCE', 'WITH_OTHERS', 'ONLY_OLDER', 'ONLY_YOUNGER', 'SOLO'])[1 + draw(n, 70 + p, 6)]
FROM generate_series(1, :homes) n, generate_series(1, 4) p WHERE p <= draw(n, 39, 4) - 1;
INSERT INTO bar (id, home_id, authority, kind, from_date, until_date, source, actor, recorded, updated)
SELECT id_of('bar', n), id_of('home', n), CASE WHEN draw(n, 81, 1) = 0 THEN '' ELSE '301' END,
	(ARRAY['EMBARGO', 'RESTRICTION_OF_ACCOMMODATION', 'SUSPENSION'])[1 + draw(n, 82, 2)], date '2026-01-05' + draw(n, 83, 40) - 30,
	CASE WHEN draw(n, 84, 1) = 0 THEN date '2026-01-05' + 11 + draw(n, 85, 40) END, 'made up', 'bench', '2026-01-05', '2026-01-05'
FROM generate_series(1, :homes) n WHERE draw(n, 80, 32) = 0;
INSERT INTO home_limit (id, home_id, code, value, from_date, source, actor, recorded)
SELECT id_of('limit', n), id_of('home', n), (ARRAY['LEAST_AGE', 'MOST_AGE', 'MOST_CHILDREN'])[1 + draw(n, 91, 2)],
	(ARRAY[8, 14, 3])[1 + draw(n, 91, 2)], '2025-01-05', 'made up', 'bench', '2026-01-05'
FROM generate_series(1, :homes) n WHERE draw(n, 90, 19) = 0;
INSERT INTO place_block (id, home_id, places, reason, from_date, until_date, actor, recorded, updated)
SELECT id_of('block', n), id_of('home', n), 1 + draw(n, 101, 1), 'REPAIRS', date '2026-01-05' + draw(n, 102, 30) - 20,
	CASE WHEN draw(n, 103, 1) = 0 THEN date '2026-01-05' + 11 + draw(n, 104, 30) END, 'bench', '2026-01-05', '2026-01-05'
FROM generate_series(1, :homes) n WHERE draw(n, 100, 9) = 0;
INSERT INTO home_route (id, home_id, authority, route, tier, weekly_fee_pence, from_date, until_date, recorded)
SELECT id_of('route' || p, n), id_of('home', n), (ARRAY['', '301', '302', '303'])[p],
	(ARRAY['SPOT', 'FRAMEWORK', 'BLOCK', 'DYNAMIC_MARKET'])[1 + draw(n, 110 + p, 3)], 1 + draw(n, 120 + p, 2),
	CASE WHEN draw(n, 130 + p, 9) > 0 THEN 60000 + draw(n, 140 + p, 600000) END, date '2025-04-01',
	CASE WHEN draw(n, 150 + p, 9) = 0 THEN date '2026-01-01' END, '2026-01-05'
FROM generate_series(1, :homes) n, generate_series(1, 4) p WHERE draw(n, 160 + p, 2) = 0;
INSERT INTO adjoining (authority, adjoining, vintage, loaded)
SELECT '301', (300 + a)::text, 'made up', '2026-01-05' FROM unnest(ARRAY[0, 2, 3, 4, 5]) a;

-- The same in the service's own tables: its triggers write the lines of match_home, which it keeps in memory.
SET search_path = providers;
INSERT INTO provider (id, name, created, updated)
SELECT DISTINCT h.provider_id, 'Provider of the bench', timestamptz '2026-01-05', timestamptz '2026-01-05' FROM bench_match.home h;
INSERT INTO home TABLE bench_match.home;
INSERT INTO place (home_id, number, offered) SELECT k.home_id, k.place, true FROM bench_match.hold k;
INSERT INTO hold TABLE bench_match.hold;
INSERT INTO bar TABLE bench_match.bar;
INSERT INTO home_limit TABLE bench_match.home_limit;
INSERT INTO place_block TABLE bench_match.place_block;
INSERT INTO home_route TABLE bench_match.home_route;
VACUUM ANALYZE bench_match.home, bench_match.hold, bench_match.bar, bench_match.home_limit, bench_match.place_block,
	bench_match.home_route, bench_match.adjoining;
