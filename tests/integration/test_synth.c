/* test_synth.c: `hearth synth`: the same bytes from the same seed, lives that keep the rules of the return, proportions
 * near those of the file, and returns and homes that import whole and count what the files count. */
/* links: services/cli/import_csv.c services/cli/synth_data.c */
#include "../support/check_main.h"

#include <ftw.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "../../services/cli/import_csv.h"
#include "../../services/cli/synth_data.h"
#include "../support/suite.h"

#define LAST 2026
#define OPEN INT32_MAX

static struct suite *suite;
static char folder[] = "/tmp/hearth_synth_XXXXXX";

static void start_suite(void)
{
	static const char *const services[] = { "placements", "providers", NULL };
	suite = suite_start(&(struct suite_options){ .services = services, .clock = "2026-06-01T09:00:00Z" });
	if (suite == NULL || mkdtemp(folder) == NULL)
		abort();
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
	(void)about, (void)kind, (void)walk;
	return remove(path);
}

static void stop_suite(void)
{
	nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- making and reading ----------------------------------------------------------------------------------------------- */

static const char *path_of(const char *format, ...)
{
	static char paths[4][300];
	static int next;
	char *path = paths[next++ % 4], rest[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(rest, sizeof rest, format, arguments);
	va_end(arguments);
	snprintf(path, sizeof paths[0], "%s/%s", folder, rest);
	return path;
}

static void synth(const char *name, const char *children, const char *years, const char *seed)
{
	char *text = NULL;
	int code = suite_hearth(suite, &text, "synth", "--children", children, "--years", years, "--seed", seed, path_of("%s", name),
	                        NULL);
	ck_assert_int_eq(code, 0);
	free(text);
}

/* FNV-1a of all files of a folder, in a fixed order. */
static uint64_t bytes_of(const char *name, int years)
{
	static const char *const tables[] = { "header", "episodes", "uasc", "reviews", "missing", "oc2", "oc3",
		"previous_permanence" }, *const around[] = { "region", "councils", "adjoining", "postcodes" };
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	for (int file = 0; file < years * 8 + 4; file++) {
		const char *path = file >= years * 8 ? path_of("%s/%s.csv", name, around[file - years * 8])
			: path_of("%s/return-%d/%s.csv", name, LAST - file / 8, tables[file % 8]);
		FILE *from = fopen(path, "rb");
		ck_assert_msg(from != NULL, "%s", path);
		for (int byte; (byte = getc(from)) != EOF;)
			sum = (sum ^ (uint64_t)byte) * UINT64_C(0x100000001b3);
		fclose(from);
	}
	return sum;
}

enum { CHILD, DECOM, RNE, LS, CIN, PLACE, PROVIDER, DEC, REC, REASON, HOME_POST, PL_POST, URN, COLUMNS };

struct row { char text[COLUMNS][12]; int32_t decom, dec, born; int year; bool male, unaccompanied; };
struct rows { size_t count, room; struct row *items; };
struct reading { struct rows *rows; int year; size_t line; };

static int32_t day_of(const char *text)
{
	char iso[HEARTH_DATE_SIZE];
	int32_t day;
	snprintf(iso, sizeof iso, "%.4s-%.2s-%.2s", text + 6, text + 3, text);
	ck_assert_msg(strlen(text) == 10 && hearth_date_parse(iso, &day) == 0, "%zu characters are no day", strlen(text));
	return day;
}

static struct row *row_new(struct rows *rows)
{
	if (rows->count == rows->room)
		rows->items = hearth_realloc(rows->items, (rows->room = rows->room == 0 ? 1024 : 2 * rows->room) * sizeof(*rows->items));
	return memset(&rows->items[rows->count++], 0, sizeof(struct row));
}

static int take_episode(void *context, const struct csv_row *from)
{
	struct reading *reading = context;
	if (reading->line++ == 0)
		return 0;
	ck_assert_uint_eq(from->count, COLUMNS);
	struct row *row = row_new(reading->rows);
	for (int i = 0; i < COLUMNS; i++)
		snprintf(row->text[i], sizeof row->text[i], "%s", from->fields[i]);
	row->decom = day_of(row->text[DECOM]);
	row->dec = row->text[DEC][0] != '\0' ? day_of(row->text[DEC]) : OPEN;
	row->year = reading->year;
	return 0;
}

static int take_header(void *context, const struct csv_row *from)
{
	struct reading *reading = context;
	if (reading->line++ == 0)
		return 0;
	struct row *row = row_new(reading->rows);
	snprintf(row->text[CHILD], sizeof row->text[CHILD], "%s", from->fields[0]);
	row->male = strcmp(from->fields[1], "M") == 0 || strcmp(from->fields[1], "1") == 0;
	row->born = day_of(from->fields[2]);
	row->unaccompanied = strcmp(from->fields[4], "UN3") == 0;
	return 0;
}

static void read_table(struct rows *rows, const char *name, int year, const char *table, csv_row_fn *take)
{
	struct reading reading = { .rows = rows, .year = year };
	struct hearth_status status = HEARTH_STATUS_INIT;
	int result = import_csv_read(path_of("%s/return-%d/%s.csv", name, year, table), take, &reading, &status);
	ck_assert_msg(result == 0, "%s", status.message);
}

static int by_child_and_day(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = strcmp(x->text[CHILD], y->text[CHILD]);
	if (order == 0)
		order = (x->decom > y->decom) - (x->decom < y->decom);
	return order != 0 ? order : x->year - y->year;
}

/* Every child's episodes of all years as the last return has them, with what the headers say; sorted. */
static struct rows read_lives(const char *name, int years)
{
	struct rows rows = { 0 }, headers = { 0 };
	for (int year = LAST - years + 1; year <= LAST; year++) {
		read_table(&rows, name, year, "episodes", take_episode);
		read_table(&headers, name, year, "header", take_header);
	}
	qsort(rows.items, rows.count, sizeof *rows.items, by_child_and_day);
	qsort(headers.items, headers.count, sizeof *headers.items, by_child_and_day);
	size_t kept = 0, at = 0;
	for (size_t i = 0; i < rows.count; i++) {
		struct row row = rows.items[i];
		while (at < headers.count && strcmp(headers.items[at].text[CHILD], row.text[CHILD]) < 0)
			at++;
		ck_assert_msg(at < headers.count && strcmp(headers.items[at].text[CHILD], row.text[CHILD]) == 0, "no header row");
		row.born = headers.items[at].born;
		row.male = headers.items[at].male;
		row.unaccompanied = headers.items[at].unaccompanied;
		bool same = kept > 0 && rows.items[kept - 1].decom == row.decom
		            && strcmp(rows.items[kept - 1].text[CHILD], row.text[CHILD]) == 0;
		rows.items[same ? kept - 1 : kept++] = row;
	}
	rows.count = kept;
	free(headers.items);
	return rows;
}

static bool holds_on(const struct row *row, int32_t day)
{
	return row->decom <= day && row->dec > day;
}

static int age_on(const struct row *row, int32_t day)
{
	int age = 0;
	while (hearth_date_birthday(row->born, age + 1) <= day)
		age++;
	return age;
}

static json_t *reply_of(char *text)
{
	json_t *reply = json_loads(text != NULL ? text : "", 0, NULL);
	ck_assert_ptr_nonnull(reply);
	free(text);
	return reply;
}

static json_int_t number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	ck_assert_msg(value != NULL, "no %s", name);
	return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
}

/* ---- tests ------------------------------------------------------------------------------------------------------------ */

START_TEST(the_same_seed_gives_the_same_bytes_on_any_machine)
{
	synth("first", "300", "3", "7");
	synth("again", "300", "3", "7");
	synth("other", "300", "3", "8");
	uint64_t first = bytes_of("first", 3);
	ck_assert_uint_eq(bytes_of("again", 3), first);
	ck_assert_uint_ne(bytes_of("other", 3), first);
	/* Written down here: it changes when proportions or lives change, and by nothing else. */
	ck_assert_msg(first == UINT64_C(0x8df94aad8c267a70), "the bytes are now %llx", (unsigned long long)first);
}
END_TEST

/* One episode after another of the same child: the rules of the return that join two rows. */
static void check_pair(const struct row *before, const struct row *row)
{
	bool on = before->dec == row->decom, same_legal = strcmp(before->text[LS], row->text[LS]) == 0;
	bool same_place = strcmp(before->text[PL_POST], row->text[PL_POST]) == 0 && strcmp(before->text[PLACE], row->text[PLACE]) == 0
	                  && strcmp(before->text[PROVIDER], row->text[PROVIDER]) == 0;
	char rne = row->text[RNE][0];
	ck_assert_msg(before->dec <= row->decom, "overlap: %s after %s", row->text[DECOM], before->text[DECOM]);
	ck_assert_msg(on == (strcmp(before->text[REC], "X1") == 0), "X1 without a next episode, or one without it");
	ck_assert_msg(on == (rne != 'S'), "RNE %c %s", rne, on ? "goes on" : "begins");
	ck_assert_msg(strcmp(before->text[CIN], row->text[CIN]) == 0, "the category of need changed");
	if (!on)
		return;
	ck_assert_msg(strchr("LBU", rne) == NULL || !same_legal, "RNE %c and the legal status is the same", rne);
	ck_assert_msg(strchr("PT", rne) == NULL || same_legal, "RNE %c and another legal status", rne);
	ck_assert_msg(strchr("PTBU", rne) == NULL || !same_place, "RNE %c and the placement is the same", rne);
	ck_assert_msg((before->text[REASON][0] != '\0') == (strchr("PTBU", rne) != NULL), "reason for placement change");
}

static bool is_one_of(const char *code, const char *codes)
{
	const char *at = strstr(codes, code);
	return code[0] != '\0' && at != NULL && (at[strlen(code)] == ' ' || at[strlen(code)] == '\0');
}

static void check_alone(const struct row *row)
{
	int age = age_on(row, row->decom);
	const char *place = row->text[PLACE], *ls = row->text[LS], *rec = row->text[REC];
	bool fostered = place[0] == 'U';
	ck_assert_msg(row->dec > row->decom && row->decom >= row->born, "an episode of no day, or before birth");
	ck_assert_msg((row->dec == OPEN) == (rec[0] == '\0'), "DEC without REC, or REC without DEC");
	ck_assert_msg(age < 18 && (row->dec == OPEN || row->dec <= hearth_date_birthday(row->born, 18)), "past the 18th birthday");
	ck_assert_msg(!is_one_of(place, "K3 H5") || age >= 16, "supported accommodation at %d", age);
	ck_assert_msg(ls[0] != 'J' || age >= 10, "youth justice at %d", age);
	ck_assert_msg(strcmp(ls, "L1") != 0 || row->dec - row->decom <= 3, "police protection past three days");
	ck_assert_msg(strcmp(ls, "L2") != 0 || row->dec - row->decom <= 21, "emergency protection past 21 days");
	ck_assert_msg(strcmp(place, "P1") != 0 || ls[0] == 'C', "with parents under %s", ls);
	ck_assert_msg(strcmp(place, "P1") != 0 || strcmp(row->text[PROVIDER], "PR0") == 0, "P1 of %s", row->text[PROVIDER]);
	ck_assert_msg(!is_one_of(place, "A5 A6") || strcmp(ls, "E1") == 0, "placed for adoption under %s", ls);
	ck_assert_msg(!is_one_of(rec, "E11 E12") || is_one_of(place, "A5 A6"), "adopted from %s", place);
	ck_assert_msg(!is_one_of(rec, "E45 E46") || fostered, "special guardianship of a carer from %s", place);
	ck_assert_msg(strcmp(rec, "E17") != 0 || (fostered && age_on(row, row->dec) == 18), "staying put from %s", place);
	ck_assert_msg(!is_one_of(place, "P1 R1 R2 R5 H5") || row->text[URN][0] == '\0', "a URN of %s", place);
	ck_assert_msg(is_one_of(place, "P1 R1 R2 R5 H5") || row->text[URN][0] != '\0', "no URN of %s", place);
}

START_TEST(every_life_keeps_the_rules_of_the_return)
{
	synth("lives", "3000", "4", "2");
	struct rows rows = read_lives("lives", 4);
	ck_assert_uint_gt(rows.count, 15000);
	for (size_t i = 0; i < rows.count; i++) {
		const struct row *row = &rows.items[i];
		bool goes_on = i > 0 && strcmp(row[-1].text[CHILD], row->text[CHILD]) == 0;
		check_alone(row);
		if (goes_on)
			check_pair(row - 1, row);
		else
			ck_assert_msg(row->text[RNE][0] == 'S' || row->decom < hearth_date_join(LAST - 4, 4, 1),
			              "a first episode that does not begin care");
	}
	free(rows.items);
}
END_TEST

/* What each return said of an open episode, the next says again. */
START_TEST(an_episode_open_at_the_end_of_a_year_is_in_the_next_return)
{
	synth("open", "500", "2", "3");
	struct rows rows = { 0 };
	read_table(&rows, "open", LAST - 1, "episodes", take_episode);
	read_table(&rows, "open", LAST, "episodes", take_episode);
	qsort(rows.items, rows.count, sizeof *rows.items, by_child_and_day);
	int open = 0;
	for (size_t i = 0; i < rows.count; i++) {
		const struct row *row = &rows.items[i];
		ck_assert_msg(row->dec == OPEN || row->dec <= hearth_date_join(row->year, 3, 31), "an end after the year");
		if (row->year == LAST || row->dec != OPEN)
			continue;
		ck_assert(i + 1 < rows.count && strcmp(row[1].text[CHILD], row->text[CHILD]) == 0 && row[1].decom == row->decom);
		static const int fixed[] = { RNE, LS, CIN, PLACE, PROVIDER, HOME_POST, PL_POST, URN };
		for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
			ck_assert_str_eq(row[1].text[fixed[k]], row->text[fixed[k]]);
		open++;
	}
	ck_assert_int_eq(open, 500);
	free(rows.items);
}
END_TEST

/* ---- proportions ------------------------------------------------------------------------------------------------------- */

static struct synth_data shipped_data(void)
{
	static char text[1 << 16];
	struct synth_data data;
	struct hearth_status status = HEARTH_STATUS_INIT;
	FILE *file = fopen("services/cli/synth/proportions.csv", "rb");
	ck_assert_ptr_nonnull(file);
	size_t size = fread(text, 1, sizeof text, file);
	fclose(file);
	ck_assert_msg(synth_data_read(&data, text, size, &status) == 0, "%s", status.message);
	return data;
}

static void near(const char *what, long part, long whole, long permille, long within)
{
	long shown = whole > 0 ? part * 1000 / whole : -1;
	ck_assert_msg(shown >= permille - within && shown <= permille + within, "%s: %ld of 1000, wanted %ld", what, shown, permille);
}

#define TARGET(name) (long)synth_value(&data, SYNTH_TARGET, name)

struct tally { long all, male, uasc, abuse, teens, foster, relative, homes, parents, adoption, orders, agreed, placing, own; };

static void tally_row(struct tally *tally, const struct row *row, int32_t day)
{
	const char *place = row->text[PLACE], *ls = row->text[LS];
	int age = age_on(row, day);
	tally->all++;
	tally->male += row->male;
	tally->uasc += row->unaccompanied;
	tally->abuse += strcmp(row->text[CIN], "N1") == 0;
	tally->teens += age >= 10 && age < 16;
	tally->foster += place[0] == 'U';
	tally->relative += is_one_of(place, "U1 U2 U3");
	tally->homes += is_one_of(place, "K1 K2 K3");
	tally->parents += strcmp(place, "P1") == 0;
	tally->adoption += place[0] == 'A';
	tally->orders += ls[0] == 'C';
	tally->agreed += strcmp(ls, "V2") == 0;
	tally->placing += strcmp(ls, "E1") == 0;
	tally->own += strncmp(row->text[PL_POST], "ZZ", 2) == 0;
}

static void check_tally(const struct synth_data *given, const struct tally *tally)
{
	struct synth_data data = *given;
	near("male", tally->male, tally->all, TARGET("male"), 40);
	near("unaccompanied", tally->uasc, tally->all, TARGET("uasc"), 25);
	near("N1", tally->abuse, tally->all, TARGET("need_N1"), 25);
	near("10 to 15", tally->teens, tally->all, TARGET("age_10_to_15"), 50);
	near("foster", tally->foster, tally->all, TARGET("foster"), 40);
	near("relatives", tally->relative, tally->all, TARGET("relative_foster"), 25);
	near("homes", tally->homes, tally->all, TARGET("homes_and_supported"), 40);
	near("parents", tally->parents, tally->all, TARGET("parents"), 25);
	near("adoption", tally->adoption, tally->all, TARGET("adoption"), 15);
	near("care orders", tally->orders, tally->all, TARGET("care_order"), 50);
	near("accommodated", tally->agreed, tally->all, TARGET("accommodated"), 50);
	near("placement orders", tally->placing, tally->all, TARGET("placement_order"), 25);
	near("own area", tally->own, tally->all, TARGET("own_area"), 60);
}

/* Ages of those who are not unaccompanied when they begin to be looked after, against the weights. */
static void check_entries(const struct synth_data *data, const struct rows *rows, int32_t from, int32_t to)
{
	static const int until[] = { 1, 5, 10, 16, 18 };
	long entries = 0, drawn = 0, by_age[5] = { 0 };
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->items[i];
		if (row->text[RNE][0] != 'S' || row->decom < from || row->decom > to)
			continue;
		bool returned = i > 0 && strcmp(row[-1].text[CHILD], row->text[CHILD]) == 0;
		entries++;
		if (row->unaccompanied || returned)
			continue;
		size_t band = 0;
		while (age_on(row, row->decom) >= until[band])
			band++;
		drawn++;
		by_age[band]++;
	}
	near("entries", entries, 20000, (long)synth_value(data, SYNTH_TARGET, "entries_per_1000"), 40);
	for (size_t band = 0; band < 5; band++)
		near(synth_key(SYNTH_ENTRY_AGE, band), by_age[band], drawn,
		     (long)(data->values[SYNTH_ENTRY_AGE][band] * 1000 / data->totals[SYNTH_ENTRY_AGE]), 20);
}

START_TEST(proportions_of_twenty_thousand_are_near_those_of_the_file)
{
	struct synth_data data = shipped_data();
	struct tally tally = { 0 };
	synth("many", "20000", "2", "1");
	struct rows rows = read_lives("many", 2);
	int32_t day = hearth_date_join(LAST, 3, 31);
	for (size_t i = 0; i < rows.count; i++)
		if (holds_on(&rows.items[i], day))
			tally_row(&tally, &rows.items[i], day);
	ck_assert_int_eq(tally.all, 20000);
	check_tally(&data, &tally);
	check_entries(&data, &rows, hearth_date_join(LAST - 1, 4, 1), day);
	free(rows.items);
}
END_TEST

START_TEST(every_proportion_names_its_source_or_is_marked_an_assumption)
{
	char *text = NULL;
	ck_assert_int_eq(suite_hearth(suite, &text, "synth", "--assumptions", NULL), 0);
	ck_assert_int_eq(strncmp(text, "name,value,source,vintage\n", 26), 0);
	int sourced = 0, assumed = 0;
	for (char *line = strchr(text, '\n'); line != NULL && line[1] != '\0'; line = strchr(line + 1, '\n')) {
		const char *source = strchr(strchr(line + 1, ',') + 1, ',') + 1;
		bool assumption = strncmp(source, "assumption,", 11) == 0;
		const char *end = strchr(source, '\n');
		ck_assert_msg(assumption || (end - source > 30 && end[-3] == '-'), "a source has its name and date: %.60s", line + 1);
		sourced += !assumption;
		assumed += assumption;
	}
	ck_assert_int_ge(sourced, 20);
	ck_assert_int_ge(assumed, 100);
	free(text);
}
END_TEST

START_TEST(another_file_of_proportions_counts_and_a_bad_one_is_said)
{
	char *text = NULL;
	ck_assert_int_eq(suite_hearth(suite, &text, "synth", "--assumptions", NULL), 0);
	FILE *file = fopen(path_of("own.csv"), "w"), *bad = fopen(path_of("bad.csv"), "w");
	char *at = strstr(text, "uasc.entries,");
	ck_assert_ptr_nonnull(at);
	fprintf(file, "%.*suasc.entries,0%s", (int)(at - text), text, strchr(at + 13, ','));
	fprintf(bad, "%.*s", (int)(at - text), text);
	fclose(file);
	fclose(bad);
	free(text);
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "synth", "--children", "400", "--proportions", path_of("own.csv"),
	                              path_of("own"), NULL), 0);
	json_t *totals = reply_of(text);
	ck_assert_int_eq(number(json_object_get(totals, "rows"), "uasc"), 0);
	json_decref(totals);
	ck_assert_int_eq(suite_hearth(suite, NULL, "synth", "--children", "400", "--proportions", path_of("bad.csv"),
	                              path_of("bad"), NULL), 1);
	/* What is there is never written over. */
	ck_assert_int_eq(suite_hearth(suite, NULL, "synth", "--children", "400", path_of("own"), NULL), 1);
	ck_assert_int_eq(suite_hearth(suite, NULL, "synth", "--children", "9", path_of("few"), NULL), 2);
}
END_TEST

/* ---- into the services ------------------------------------------------------------------------------------------------- */

static json_int_t looked_after(const char *date)
{
	char request[60], *text = NULL;
	snprintf(request, sizeof request, "{\"date\": \"%s\"}", date);
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "--authority", "999", "call", "placements/CountLookedAfter", request,
	                              NULL), 0);
	json_t *reply = reply_of(text);
	json_int_t children = number(reply, "children");
	json_decref(reply);
	return children;
}

START_TEST(all_rows_import_and_a_recount_of_the_files_is_the_services_count)
{
	static const char *const dates[] = { "2021-04-01", "2022-02-28", "2023-09-30", "2024-03-31", "2025-06-15", "2026-03-31" };
	char *text = NULL;
	synth("whole", "1200", "5", "11");
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "--authority", "999", "import", "ssda903", path_of("whole"), NULL), 0);
	json_t *totals = reply_of(text);
	struct rows rows = read_lives("whole", 5);
	ck_assert_int_eq(number(totals, "rejectedRows"), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(totals, "findings")), 0);
	ck_assert_int_eq(number(totals, "newEpisodes"), (json_int_t)rows.count);
	json_decref(totals);
	for (size_t d = 0; d < sizeof dates / sizeof *dates; d++) {
		int32_t day;
		json_int_t counted = 0;
		ck_assert_int_eq(hearth_date_parse(dates[d], &day), 0);
		for (size_t i = 0; i < rows.count; i++)
			counted += holds_on(&rows.items[i], day);
		ck_assert_int_eq(counted, 1200);
		ck_assert_int_eq(looked_after(dates[d]), counted);
	}
	free(rows.items);
}
END_TEST

/* One number of the suite's database. */
static long long ask(const char *sql)
{
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(connection, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s%s", sql, PQerrorMessage(connection));
	long long value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	PQfinish(connection);
	return value;
}

/* The service works the periods of new children out in C; the schema's function reads what is stored. */
START_TEST(every_period_of_care_that_is_told_is_the_schemas_own)
{
	char *text = NULL;
	synth("periods", "400", "5", "21");
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "--authority", "901", "import", "ssda903", path_of("periods"), NULL), 0);
	json_t *totals = reply_of(text);
	ck_assert_int_eq(ask("SELECT count(1) FROM placements.outbox o WHERE o.authority = '901'"), number(totals, "newChildren"));
	json_decref(totals);
	ck_assert_int_gt(ask("SELECT count(1) FROM placements.outbox o WHERE o.authority = '901'"
	                     " AND jsonb_array_length(o.payload->'carePeriods') > 1"), 5);
	ck_assert_int_eq(ask("SET search_path = placements; SELECT count(1) FROM outbox o WHERE o.authority = '901'"
	                     " AND (o.payload->'carePeriods' <> care_periods('901', o.aggregateid::uuid)"
	                     " OR (o.payload->>'episodes')::bigint <> (SELECT count(1) FROM episode e"
	                     " WHERE e.authority = '901' AND e.child = o.aggregateid::uuid))"), 0);
}
END_TEST

/* Past 32 MB of files the children are read in parts; the dry run says whether any row is lost or taken twice. */
START_TEST(returns_too_large_for_one_pass_are_read_whole)
{
	char *text = NULL;
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "synth", "--children", "30000", "--years", "4", path_of("large"),
	                              NULL), 0);
	json_t *made = reply_of(text);
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "--authority", "999", "import", "ssda903", path_of("large"),
	                              "--dry-run", NULL), 0);
	json_t *read = reply_of(text);
	ck_assert_int_eq(number(read, "rows"), number(json_object_get(made, "rows"), "episodes"));
	ck_assert_int_eq(number(read, "children"), number(made, "children"));
	struct rows rows = read_lives("large", 4);
	ck_assert_int_eq(number(read, "episodes"), (json_int_t)rows.count);
	free(rows.items);
	json_decref(made);
	json_decref(read);
}
END_TEST

struct home { char urn[12], kind[24]; int32_t places; };
struct region { size_t line, count; struct home items[4000]; };

static int take_home(void *context, const struct csv_row *row)
{
	struct region *region = context;
	if (region->line++ == 0)
		return 0;
	ck_assert_uint_eq(row->count, 31);
	ck_assert_uint_lt(region->count, 4000);
	struct home *home = &region->items[region->count++];
	snprintf(home->urn, sizeof home->urn, "%s", row->fields[14]);
	snprintf(home->kind, sizeof home->kind, "%s", row->fields[7]);
	home->places = (int32_t)strtol(row->fields[23], NULL, 10);
	return 0;
}

/* Places of all homes with a URN; 0: there is none. */
static int32_t places_of(const struct region *region, const char *urn)
{
	int32_t places = 0;
	for (size_t i = 0; i < region->count; i++)
		places += strcmp(region->items[i].urn, urn) == 0 ? region->items[i].places : 0;
	return places;
}

/* Every row is taken. */
static void import_table(const char *kind, const char *path)
{
	char *text = NULL;
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "import", kind, path, "--vintage", "2024", NULL), 0);
	json_t *totals = reply_of(text);
	ck_assert_int_gt(number(totals, "rowsNew"), 0);
	json_decref(totals);
}

/* A home lies where its postcode lies, in the same council's area. */
START_TEST(the_tables_around_the_region_are_taken_whole_and_fit_it)
{
	char *text = NULL;
	synth("tables", "60", "1", "9");
	import_table("authorities", path_of("tables/councils.csv"));
	import_table("adjoining", path_of("tables/adjoining.csv"));
	import_table("postcodes", path_of("tables/postcodes.csv"));
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "call", "providers/ListAdjoining", "{\"authority\": \"999\"}", NULL), 0);
	json_t *reply = reply_of(text);
	ck_assert_uint_eq(json_array_size(json_object_get(reply, "pairs")), 1);
	json_decref(reply);
	char line[100], postcode[10], area[4], request[40];
	int easting, northing;
	FILE *file = fopen(path_of("tables/postcodes.csv"), "r");
	ck_assert(file != NULL && fgets(line, sizeof line, file) != NULL && fgets(line, sizeof line, file) != NULL);
	fclose(file);
	ck_assert_int_eq(sscanf(line, "SYNTHETIC,%9[^,],%d,%d,%3s", postcode, &easting, &northing, area), 4);
	snprintf(request, sizeof request, "{\"postcode\": \"%s\"}", postcode);
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "call", "providers/LookupPostcode", request, NULL), 0);
	reply = reply_of(text);
	const json_t *place = json_object_get(reply, "place"), *grid = json_object_get(place, "grid");
	ck_assert_int_eq(number(grid, "easting"), easting);
	ck_assert_int_eq(number(grid, "northing"), northing);
	ck_assert_str_eq(json_string_value(json_object_get(place, "areaAuthority")), area);
	json_decref(reply);
}
END_TEST

START_TEST(the_region_imports_and_has_a_place_for_everybody)
{
	static struct region region;
	char *text = NULL;
	struct hearth_status status = HEARTH_STATUS_INIT;
	synth("region", "400", "3", "5");
	ck_assert_int_eq(import_csv_read(path_of("region/region.csv"), take_home, &region, &status), 0);
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "import", "homes", path_of("region/region.csv"), NULL), 0);
	json_t *totals = reply_of(text);
	ck_assert_int_eq(number(totals, "homesCreated"), (json_int_t)region.count);
	json_decref(totals);
	struct rows rows = read_lives("region", 3);
	for (size_t i = 0; i < rows.count; i++) {
		const char *urn = rows.items[i].text[URN];
		if (urn[0] == '\0' || strcmp(urn, "XXXXXXX") == 0)
			continue;
		/* Most live with a URN on the day on which an episode of it begins. */
		int32_t living = 0;
		for (size_t k = 0; k < rows.count; k++)
			living += holds_on(&rows.items[k], rows.items[i].decom) && strcmp(rows.items[k].text[URN], urn) == 0;
		ck_assert_msg(living <= places_of(&region, urn), "%d children and %d places", living, places_of(&region, urn));
	}
	free(rows.items);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .setup = start_suite, .teardown = stop_suite, .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "synth", the_same_seed_gives_the_same_bytes_on_any_machine,
	                       every_life_keeps_the_rules_of_the_return,
	                       an_episode_open_at_the_end_of_a_year_is_in_the_next_return,
	                       proportions_of_twenty_thousand_are_near_those_of_the_file,
	                       every_proportion_names_its_source_or_is_marked_an_assumption,
	                       another_file_of_proportions_counts_and_a_bad_one_is_said,
	                       all_rows_import_and_a_recount_of_the_files_is_the_services_count,
	                       every_period_of_care_that_is_told_is_the_schemas_own,
	                       returns_too_large_for_one_pass_are_read_whole,
	                       the_region_imports_and_has_a_place_for_everybody,
	                       the_tables_around_the_region_are_taken_whole_and_fit_it);
}
