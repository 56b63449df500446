/* bench_match.c: the matching engine against the same filter, distance, score and order in SQL (match_reference.sql).
 *
 *	bench_match compare RUNS FILE   each run: 24 needs through the engine (every home with all its rules, counts, the first
 *	                                fifty explained) and through the statement of FILE, by turns; the first fifty must be the
 *	                                same, points and all. Then the engine alone for its p99.
 *	bench_match sizes RUNS          2,000, 20,000 and 200,000 homes (the same ones again under other ids): a home's share
 *	bench_match queue RUNS          300 referrals against all homes at once
 *	bench_match rebuild RUNS        the index of the service, from the lines of its table match_home
 *
 * The connection is that of the PG* environment, its search_path the schema of match_homes.sql. Prints lines: figure, ours,
 * reference ("-": none); microseconds, of queue and rebuild milliseconds, of sizes nanoseconds. The queue's are processor time.
 */
/* links: services/providers/matching.c services/providers/matching_check.c services/providers/matching_score.c */
/* links: services/providers/matching_day.c services/providers/matching_codes.c services/providers/places_levels.c */
/* links: services/providers/matching_index.c services/providers/matching_run.c services/providers/matching_queue.c */
/* links: services/providers/matching_assign.c services/providers/matching_together.c */
/* links: services/providers/matching_candidates.c services/providers/matching_group.c services/providers/match_store.c */
/* links: services/providers/match_facts.c */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "../../services/providers/match.h"

#define DAY 20468                        /* 2026-01-15 */
#define NOW ((int64_t)DAY * 86400)
#define NEEDS 24
#define PAGE 50
#define REFERRALS 300
#define LIST_MOST 64
#define MEMORY_MOST ((size_t)4 << 30)

static PGconn *pg;
static struct match_law law;
static struct match_weights weights;
static struct match_adjoining adjoining = { .known = true };

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench_match: %s: %s\n", what, why);
	exit(1);
}

static PGresult *rows_of(const char *statement)
{
	PGresult *result = PQexec(pg, statement);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		die(statement, PQerrorMessage(pg));
	return result;
}

/* ---- rows to homes ---- */

struct rows { PGresult *result; int at; };

static const char *text(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

static int64_t number(const PGresult *result, int row, int column, int64_t unknown)
{
	const char *value = text(result, row, column);
	return value ? strtoll(value, NULL, 10) : unknown;
}

static uint8_t code(enum match_list list, const char *name)
{
	int found = match_code(list, name);
	return (uint8_t)(found < 0 ? 0 : found);
}

/* "{A,B}" as bits. */
static uint32_t bits(enum match_list list, const char *array)
{
	char name[64];
	uint32_t set = 0;
	for (const char *at = array + 1; *at && *at != '}'; at += *at == ',') {
		size_t size = strcspn(at, ",}");
		snprintf(name, sizeof name, "%.*s", (int)size, at);
		set |= 1U << code(list, name);
		at += size;
	}
	return set;
}

static struct match_id id_of(const char *uuid)
{
	struct match_id id = { { 0 } };
	int digits = 0;
	for (; uuid && *uuid && digits < 32; uuid++) {
		if (*uuid == '-')
			continue;
		int value = *uuid <= '9' ? *uuid - '0' : *uuid - 'a' + 10;
		id.bytes[digits / 2] = (uint8_t)(id.bytes[digits / 2] << 4 | value);
		digits++;
	}
	return id;
}

static const char homes_sql[] = "SELECT id, provider_id, kind, coalesce(registration, ''), coalesce(supported_category, ''), "
	"coalesce(latest_outcome, ''), area_authority, easting, northing, open, urn IS NOT NULL, siblings_only, solo, "
	"manager = 'VACANT', planned_open - date '1970-01-01', registered_from - date '1970-01-01', "
	"registered_until - date '1970-01-01', least_age, most_age, sex, most_children, registered_places, places, other_children, "
	"capabilities, excluded_risks, weekly_fee_pence, extract(epoch FROM vacancy_confirmed)::bigint FROM home ORDER BY id";
static const char lists_sql[][400] = {
	"SELECT home_id, nullif(authority, ''), kind, from_date - date '1970-01-01', until_date - date '1970-01-01' FROM bar "
	"WHERE home_id IS NOT NULL ORDER BY home_id",
	"SELECT home_id, code, value, coalesce(sex, ''), from_date - date '1970-01-01', until_date - date '1970-01-01' "
	"FROM home_limit ORDER BY home_id",
	"SELECT home_id, places, from_date - date '1970-01-01', until_date - date '1970-01-01' FROM place_block ORDER BY home_id",
	"SELECT home_id, child_id, authority, child_age, child_age_on - date '1970-01-01', coalesce(child_companions, ''), "
	"state = 'HELD' FROM hold WHERE state IN ('HELD', 'CONFIRMED') ORDER BY home_id",
	"SELECT home_id, nullif(authority, ''), route, tier, weekly_fee_pence, from_date - date '1970-01-01', "
	"until_date - date '1970-01-01' FROM home_route WHERE home_id IS NOT NULL ORDER BY home_id",
};
enum { BARS, LIMITS, BLOCKS, RESIDENTS, ROUTES, LISTS };

struct lists {
	struct match_bar bars[LIST_MOST];
	struct match_limit limits[LIST_MOST];
	struct match_block blocks[LIST_MOST];
	struct match_resident residents[LIST_MOST];
	struct match_route routes[LIST_MOST];
};

static void read_item(const PGresult *r, int row, int list, struct lists *to, size_t at)
{
	switch (list) {
	case BARS:
		to->bars[at] = (struct match_bar){ (uint16_t)number(r, row, 1, 0), code(MATCH_LIST_BAR, text(r, row, 2)),
			(int32_t)number(r, row, 3, MATCH_EVER), (int32_t)number(r, row, 4, MATCH_OPEN_END) };
		break;
	case LIMITS:
		to->limits[at] = (struct match_limit){ code(MATCH_LIST_LIMIT, text(r, row, 1)), (int16_t)number(r, row, 2, 0),
			text(r, row, 3)[0], (int32_t)number(r, row, 4, MATCH_EVER), (int32_t)number(r, row, 5, MATCH_OPEN_END) };
		break;
	case BLOCKS:
		to->blocks[at] = (struct match_block){ (uint16_t)number(r, row, 1, 0), 0, (int32_t)number(r, row, 2, MATCH_EVER),
			(int32_t)number(r, row, 3, MATCH_OPEN_END) };
		break;
	case RESIDENTS:
		to->residents[at] = (struct match_resident){ .child = id_of(text(r, row, 1)), .authority = (uint16_t)number(r, row, 2, 0),
			.age = (int16_t)number(r, row, 3, MATCH_UNKNOWN), .age_on = (int32_t)number(r, row, 4, DAY), .sex = 'U',
			.companions = code(MATCH_LIST_COMPANIONS, text(r, row, 5)), .held = *text(r, row, 6) == 't' };
		break;
	default:
		to->routes[at] = (struct match_route){ (uint16_t)number(r, row, 1, 0), code(MATCH_LIST_ROUTE, text(r, row, 2)),
			(uint8_t)number(r, row, 3, 0), (int32_t)number(r, row, 5, MATCH_EVER), (int32_t)number(r, row, 6, MATCH_OPEN_END),
			number(r, row, 4, MATCH_UNKNOWN) };
		break;
	}
}

/* The items of this home, which comes no sooner than the last one asked for. */
static uint16_t read_list(struct rows *rows, int list, const char *home_id, struct lists *to)
{
	size_t count = 0;
	for (; rows->at < PQntuples(rows->result) && strcmp(PQgetvalue(rows->result, rows->at, 0), home_id) == 0; rows->at++) {
		if (count == LIST_MOST)
			die("a home with more than is thought of", home_id);
		read_item(rows->result, rows->at, list, to, count++);
	}
	return (uint16_t)count;
}

static bool yes(const PGresult *r, int row, int column)
{
	const char *value = text(r, row, column);
	return value && *value == 't';
}

static struct match_home read_home(const PGresult *r, int row)
{
	const char *sex = text(r, row, 19);
	return (struct match_home){ .id = id_of(text(r, row, 0)), .provider = id_of(text(r, row, 1)), .revision = 1,
		.kind = code(MATCH_LIST_KIND, text(r, row, 2)), .registration = code(MATCH_LIST_REGISTRATION, text(r, row, 3)),
		.supported_category = code(MATCH_LIST_SUPPORTED_CATEGORY, text(r, row, 4)),
		.outcome = code(MATCH_LIST_OUTCOME, text(r, row, 5)), .area = (uint16_t)number(r, row, 6, 0),
		.grid = { text(r, row, 7) != NULL, (int32_t)number(r, row, 7, 0), (int32_t)number(r, row, 8, 0) }, .open = yes(r, row, 9),
		.has_urn = yes(r, row, 10), .siblings_only = yes(r, row, 11), .solo = yes(r, row, 12), .manager_vacant = yes(r, row, 13),
		.planned_open = (int32_t)number(r, row, 14, MATCH_EVER), .registered_from = (int32_t)number(r, row, 15, MATCH_EVER),
		.registered_until = (int32_t)number(r, row, 16, MATCH_OPEN_END), .least_age = (int16_t)number(r, row, 17, MATCH_UNKNOWN),
		.most_age = (int16_t)number(r, row, 18, MATCH_UNKNOWN), .sex = sex ? *sex : 0,
		.most_children = (int16_t)number(r, row, 20, MATCH_UNKNOWN),
		.registered_places = (int16_t)number(r, row, 21, MATCH_UNKNOWN),
		.places = (int16_t)number(r, row, 22, 0), .other_children = (int16_t)number(r, row, 23, MATCH_UNKNOWN),
		.capabilities = bits(MATCH_LIST_CAPABILITY, text(r, row, 24)),
		.excluded_risks = (uint16_t)bits(MATCH_LIST_RISK, text(r, row, 25)),
		.pence = number(r, row, 26, MATCH_UNKNOWN), .vacancy_confirmed = number(r, row, 27, 0) };
}

static struct match_index *read_index(void)
{
	struct match_index *index = match_index_new(1000000, MEMORY_MOST);
	PGresult *homes = rows_of(homes_sql);
	struct rows rows[LISTS];
	static struct lists lists;
	for (int list = 0; list < LISTS; list++)
		rows[list] = (struct rows){ rows_of(lists_sql[list]), 0 };
	for (int row = 0; row < PQntuples(homes); row++) {
		struct match_home home = read_home(homes, row);
		const char *id = PQgetvalue(homes, row, 0);
		home.bar_count = read_list(&rows[BARS], BARS, id, &lists);
		home.limit_count = read_list(&rows[LIMITS], LIMITS, id, &lists);
		home.block_count = read_list(&rows[BLOCKS], BLOCKS, id, &lists);
		home.resident_count = read_list(&rows[RESIDENTS], RESIDENTS, id, &lists);
		home.route_count = read_list(&rows[ROUTES], ROUTES, id, &lists);
		home.bars = lists.bars;
		home.limits = lists.limits;
		home.blocks = lists.blocks;
		home.residents = lists.residents;
		home.routes = lists.routes;
		if (match_index_put(index, &home) != MATCH_PUT_NEW)
			die("a home that could not be put", id);
	}
	for (int list = 0; list < LISTS; list++)
		PQclear(rows[list].result);
	PQclear(homes);
	return index;
}

/* ---- needs ---- */

static uint32_t drawn(uint64_t *seed, uint32_t most)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % (most + 1);
}

/* As the reference knows them: one child, and no rule that it leaves out. Of three needs one has a limit of miles, one of
 * the fee. */
static struct match_need need_of(unsigned n)
{
	uint64_t seed = n * 77 + 5;
	for (int i = 0; i < 4; i++)
		drawn(&seed, 1);
	struct match_need need = { .authority = 301, .day = DAY, .now = NOW, .age = (int16_t)(1 + drawn(&seed, 16)),
		.sex = drawn(&seed, 1) ? 'M' : 'F', .children = 1,
		.home = { true, (int32_t)(350000 + drawn(&seed, 250000)), (int32_t)(150000 + drawn(&seed, 350000)) },
		.most_tenths = n % 3 == 1 ? 300 : MATCH_UNKNOWN, .most_pence = n % 3 == 2 ? 400000 : MATCH_UNKNOWN,
		.companions = (uint8_t)(drawn(&seed, 1) ? MATCH_NO_PREFERENCE : drawn(&seed, MATCH_NO_PREFERENCE)),
		.foster = (uint8_t)drawn(&seed, 2), .residential = (uint8_t)drawn(&seed, 3), .supported = (uint8_t)drawn(&seed, 3),
		.legal_status = 1U << match_code(MATCH_LIST_LEGAL_STATUS, "C2"), .risks_known = 0x7FF };
	need.referral.bytes[15] = (uint8_t)n;
	need.referral.bytes[14] = (uint8_t)(n >> 8);
	need.child = need.referral;
	need.child.bytes[0] = 1;
	need.school = (struct match_grid){ drawn(&seed, 1) == 0, need.home.easting + 2000, need.home.northing - 3000 };
	need.capabilities = drawn(&seed, 2) ? 0 : 1U << MATCH_CAN_BSL | 1U << MATCH_CAN_THERAPY;
	need.risks = drawn(&seed, 2) ? 0 : 1U << MATCH_RISK_TO_OTHERS_FIRE;
	return need;
}

static void make_law(void)
{
	static const enum match_law_rule rules[] = { MATCH_LAW_OTHER_ARRANGEMENT_LEAST_AGE, MATCH_LAW_SUPPORTED_REGISTRATION,
		MATCH_LAW_ADULT_AGE, MATCH_LAW_CHILDRENS_HOME_REGISTRATION, MATCH_LAW_FOSTERING_USUAL_LIMIT,
		MATCH_LAW_TERMS_OF_APPROVAL, MATCH_LAW_SHORT_BREAK_STATUS, MATCH_LAW_VACANCY_STALE_DAYS };
	static const int32_t values[] = { 16, 0, 18, 0, 3, 0, 0, 7 };
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		law.rules[rules[i]] = (struct match_rule_of_law){ .source = "the bench's law", .value = values[i] };
	law.rules[MATCH_LAW_SHORT_BREAK_STATUS].codes = 1U << match_code(MATCH_LIST_LEGAL_STATUS, "V3");
	weights = (struct match_weights){ .version = 1, .distance = 20000, .distance_none_tenths = 400, .education = 20000,
		.education_full_tenths = 30, .education_none_tenths = 200, .in_area = 10000, .adjoining = 5000, .preferred = 15000,
		.suitable = 5000, .companions = 5000, .capabilities = 10000, .route = { 0, 10000, 9000, 7000, 5000, 3000, 0 },
		.tier = 1000, .fee = 10000, .fee_none_pence = 600000, .outcome = { 0, 6000, 4000, 1000, 0, 5000, 1000, 0 },
		.confirmed = 2000 };
	static const unsigned touching[] = { 300, 302, 303, 304, 305 };
	for (size_t i = 0; i < sizeof touching / sizeof touching[0]; i++)
		adjoining.bits[touching[i] / 64] |= UINT64_C(1) << touching[i] % 64;
}

/* ---- one match, either way ---- */

struct found { char id[40]; int32_t score, tenths; };

struct engine {
	struct match_index *index;
	struct match_answer *answers;
	uint32_t *order;
	size_t room;
};

static struct engine engine_over(struct match_index *index)
{
	size_t room = match_run_room(index);
	return (struct engine){ index, hearth_alloc(room * sizeof(struct match_answer)), hearth_alloc(room * sizeof(uint32_t)), room };
}

/* Every home by every rule, counts, ranking, and the first page in full; how many there are on it. */
static size_t by_engine(struct engine *engine, const struct match_need *need, struct found *ret_found)
{
	static struct match_explained explained;
	struct match_question question = { need, &law, &weights, &adjoining };
	struct match_run run;
	uint32_t slots[PAGE];
	match_run_begin(&run, engine->index, &question, engine->answers, engine->order, engine->room);
	while (match_run_step(&run, 4096) == MATCH_MORE)
		;
	size_t count = match_page(&run, 0, run.fits < PAGE ? run.fits : PAGE, slots);
	for (size_t i = 0; i < count; i++) {
		const struct match_home *home = match_index_home(engine->index, slots[i]);
		match_explain(&question, home, &explained);
		ret_found[i] = (struct found){ .score = explained.score, .tenths = explained.tenths };
		for (int j = 0; j < 16; j++)
			snprintf(ret_found[i].id + 2 * j, 3, "%02x", home->id.bytes[j]);
	}
	return count;
}

static const char *recommendation(uint8_t number)
{
	return match_code_name(MATCH_LIST_RECOMMENDATION, number);
}

struct texts { char of[8][32]; const char *values[18]; };

static const char *as_text(struct texts *texts, int at, int64_t value)
{
	snprintf(texts->of[at], sizeof texts->of[at], "%" PRId64, value);
	return texts->of[at];
}

static void bind(const struct match_need *need, struct texts *to)
{
	const char *companions = match_code_name(MATCH_LIST_COMPANIONS, need->companions);
	to->values[0] = as_text(to, 0, need->authority);
	to->values[1] = "2026-01-15";
	to->values[2] = as_text(to, 1, need->age);
	to->values[3] = need->sex == 'M' ? "M" : "F";
	to->values[4] = as_text(to, 2, need->home.easting);
	to->values[5] = as_text(to, 3, need->home.northing);
	to->values[6] = need->most_tenths == MATCH_UNKNOWN ? NULL : as_text(to, 4, need->most_tenths);
	to->values[7] = need->most_pence == MATCH_UNKNOWN ? NULL : as_text(to, 5, need->most_pence);
	to->values[8] = companions ? companions : "";
	to->values[9] = need->risks ? "{TO_OTHERS_FIRE}" : "{}";
	to->values[10] = recommendation(need->foster);
	to->values[11] = recommendation(need->residential);
	to->values[12] = recommendation(need->supported);
	to->values[13] = need->school.known ? as_text(to, 6, need->school.easting) : NULL;
	to->values[14] = need->school.known ? as_text(to, 7, need->school.northing) : NULL;
	to->values[15] = need->capabilities ? "{BSL,THERAPEUTIC_SUPPORT}" : "{}";
	to->values[16] = need->most_tenths == MATCH_UNKNOWN ? NULL : "48500";        /* metres: 30.1 miles and a little */
	to->values[17] = "f";
}

static size_t by_sql(const struct match_need *need, struct found *ret_found)
{
	struct texts texts;
	bind(need, &texts);
	PGresult *result = PQexecPrepared(pg, "reference", 18, texts.values, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		die("the reference", PQerrorMessage(pg));
	size_t count = (size_t)PQntuples(result);
	for (int i = 0; i < (int)count; i++) {
		size_t to = 0;
		ret_found[i] = (struct found){ .score = (int32_t)number(result, i, 2, 0), .tenths = (int32_t)number(result, i, 1, 0) };
		for (const char *at = PQgetvalue(result, i, 0); *at; at++)
			if (*at != '-' && to < 32)
				ret_found[i].id[to++] = *at;
	}
	PQclear(result);
	return count;
}

static void must_be_same(unsigned n, const struct found *ours, size_t our_count, const struct found *theirs, size_t count)
{
	char why[200];
	size_t i = 0;
	while (i < our_count && i < count && memcmp(&ours[i], &theirs[i], sizeof ours[i]) == 0)
		i++;
	if (i == our_count && i == count)
		return;
	snprintf(why, sizeof why, "need %u: %zu and %zu homes; rank %zu: %s %d %d, and %s %d %d", n, our_count, count, i,
	         i < our_count ? ours[i].id : "none", i < our_count ? ours[i].score : 0, i < our_count ? ours[i].tenths : 0,
	         i < count ? theirs[i].id : "none", i < count ? theirs[i].score : 0, i < count ? theirs[i].tenths : 0);
	die("the engine and the reference find different homes", why);
}

/* ---- figures ---- */

/* Of this thread: what computing costs, whatever else the machine does. */
static int64_t processor_time(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* Of the backend, on this machine; 0 where that is not told. */
static int64_t backend_time(void)
{
	char path[64];
	int64_t nanoseconds = 0;
	snprintf(path, sizeof path, "/proc/%d/schedstat", PQbackendPID(pg));
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%" SCNd64, &nanoseconds) != 1)
		nanoseconds = 0;
	fclose(file);
	return nanoseconds / 1000;
}

static int by_size(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return (a > b) - (a < b);
}

static int64_t at_share(int64_t *samples, size_t count, double share)
{
	qsort(samples, count, sizeof *samples, by_size);
	size_t at = (size_t)((double)count * share);
	return samples[at < count ? at : count - 1];
}

static char *file_text(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t most = 100000;
	char *bytes = hearth_alloc(most);
	if (!file)
		die(path, "cannot be read");
	size_t size = fread(bytes, 1, most - 1, file);
	bytes[size] = '\0';
	fclose(file);
	return bytes;
}

static void compare(int runs, const char *path)
{
	struct engine engine = engine_over(read_index());
	int64_t ours[NEEDS], theirs[NEEDS], our_time[NEEDS], their_time[NEEDS], alone[NEEDS * 25];
	size_t found = 0;
	PGresult *prepared = PQprepare(pg, "reference", file_text(path), 0, NULL);
	if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
		die(path, PQerrorMessage(pg));
	for (int run = -1; run < runs; run++) {      /* the first is not counted: plans and caches */
		for (unsigned n = 0; n < NEEDS; n++) {
			struct found by_us[PAGE] = { 0 }, by_them[PAGE] = { 0 };
			struct match_need need = need_of(n);
			int64_t began = hearth_clock_mono(), from = processor_time();
			size_t our_count = by_engine(&engine, &need, by_us);
			our_time[n] = processor_time() - from;
			ours[n] = hearth_clock_mono() - began;
			from = backend_time();
			began = hearth_clock_mono();
			size_t count = by_sql(&need, by_them);
			theirs[n] = hearth_clock_mono() - began;
			their_time[n] = backend_time() - from;
			must_be_same(n, by_us, our_count, by_them, count);
			found += count;
		}
		if (run < 0)
			continue;
		for (unsigned i = 0; i < NEEDS * 25; i++) {
			struct found by_us[PAGE];
			struct match_need need = need_of(i % NEEDS);
			int64_t began = hearth_clock_mono();
			by_engine(&engine, &need, by_us);
			alone[i] = hearth_clock_mono() - began;
		}
		printf("match_20k %" PRId64 " %" PRId64 "\n", at_share(ours, NEEDS, 0.5), at_share(theirs, NEEDS, 0.5));
		printf("match_20k_time %" PRId64 " %" PRId64 "\n", at_share(our_time, NEEDS, 0.5), at_share(their_time, NEEDS, 0.5));
		printf("match_p99 %" PRId64 " -\n", at_share(alone, NEEDS * 25, 0.99));
	}
	if (found < NEEDS)
		die("the needs", "too few homes were found for any of this to mean anything");
}

/* The homes of `from` again, as often as it takes. */
static struct match_index *index_of(const struct match_index *from, size_t count)
{
	struct match_index *index = match_index_new(1000000, MEMORY_MOST);
	for (size_t i = 0; i < count; i++) {
		struct match_home home = *match_index_home(from, i % match_index_count(from));
		uint32_t again = (uint32_t)(i / match_index_count(from));
		for (int j = 0; j < 4; j++)
			home.id.bytes[4 + j] ^= (uint8_t)(again >> 8 * j);
		if (match_index_put(index, &home) != MATCH_PUT_NEW)
			die("a home", "that could not be put");
	}
	return index;
}

/* Nanoseconds a home, the best of some: what other work on the machine costs is not of the size. */
static double share_of(const struct match_index *from, size_t count)
{
	struct match_index *index = index_of(from, count);
	struct engine engine = engine_over(index);
	int64_t best = INT64_MAX;
	for (unsigned n = 0; n < 3 * NEEDS; n++) {
		struct found found[PAGE];
		struct match_need need = need_of(n % 2);
		int64_t began = hearth_clock_mono();
		by_engine(&engine, &need, found);
		int64_t took = hearth_clock_mono() - began;
		best = took < best ? took : best;
	}
	free(engine.answers);
	free(engine.order);
	match_index_free(&index);
	return (double)best * 1000 / (double)count;
}

static void sizes(int runs)
{
	struct match_index *from = read_index();
	for (int run = 0; run < runs; run++) {
		double small = share_of(from, 2000), middle = share_of(from, 20000), large = share_of(from, 200000);
		printf("match_linear_20k %.1f %.1f\n", middle, small);
		printf("match_linear_200k %.1f %.1f\n", large, small);
	}
}

static void queue(int runs)
{
	static struct match_need needs[REFERRALS];
	static struct match_queued queued[REFERRALS];
	struct match_index *index = read_index();
	struct match_queue all;
	for (unsigned i = 0; i < REFERRALS; i++) {
		needs[i] = need_of(i);
		queued[i] = (struct match_queued){ { &needs[i], &law, &weights, &adjoining }, (int64_t)(i * 7919 % REFERRALS) };
	}
	for (int run = 0; run < runs; run++) {
		int64_t began = processor_time();
		void *memory = hearth_alloc(match_queue_bytes(index, REFERRALS));
		match_queue_begin(&all, index, queued, REFERRALS, memory);
		int64_t longest = 0, step = processor_time();
		while (match_queue_step(&all, 4096) != MATCH_DONE) {
			int64_t now = processor_time();
			longest = now - step > longest ? now - step : longest;
			step = now;
		}
		printf("match_queue %.1f -\n", (double)(processor_time() - began) / 1000);
		printf("match_queue_step %" PRId64 " -\n", longest);
		fprintf(stderr, "bench_match: queue: %zu of %d placed (score %" PRId64 ", %.1f miles), in turn %zu (score %" PRId64
		        ", %.1f miles), best for certain: %s\n", all.suggested.placed, REFERRALS, all.suggested.score / 1000,
		        (double)all.suggested.tenths / 10 / (double)(all.suggested.tenths_known ? all.suggested.tenths_known : 1),
		        all.in_turn.placed, all.in_turn.score / 1000,
		        (double)all.in_turn.tenths / 10 / (double)(all.in_turn.tenths_known ? all.in_turn.tenths_known : 1),
		        all.best ? "yes" : "no");
		free(memory);
	}
}

/* As a process does that begins: the statement's rows, each line read and put. */
static void rebuild(int runs)
{
	for (int run = 0; run < runs; run++) {
		struct hearth_status status;
		struct match_store store = { .index = match_index_new(1000000, MEMORY_MOST) };
		match_store_now();       /* with the reader of lines */
		int64_t began = hearth_clock_mono();
		PGresult *rows = rows_of("SELECT m.home_id, m.revision, m.facts FROM providers.match_home m "
		                         "WHERE m.until_revision IS NULL");
		for (int row = 0; row < PQntuples(rows); row++)
			if (match_store_put(&store, text(rows, row, 0), number(rows, row, 1, 0), text(rows, row, 2), &status) < 0)
				die("a line", status.message);
		if (match_index_count(store.index) < 2000)
			die("the service's table", "has too few homes");
		printf("match_rebuild %.1f -\n", (double)(hearth_clock_mono() - began) / 1000);
		PQclear(rows);
		match_index_free(&store.index);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3 || (strcmp(argv[1], "compare") == 0 && argc < 4))
		die("usage", "bench_match compare RUNS FILE | sizes RUNS | queue RUNS | rebuild RUNS");
	pg = PQconnectdb("");
	if (PQstatus(pg) != CONNECTION_OK)
		die("cannot connect", PQerrorMessage(pg));
	make_law();
	int runs = (int)strtol(argv[2], NULL, 10);
	if (strcmp(argv[1], "compare") == 0)
		compare(runs, argv[3]);
	else if (strcmp(argv[1], "sizes") == 0)
		sizes(runs);
	else if (strcmp(argv[1], "queue") == 0)
		queue(runs);
	else
		rebuild(runs);
	PQfinish(pg);
	return 0;
}
