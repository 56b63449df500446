/* test_import_ofsted.c: the regulator's published lists through the real programs: spellings and encodings of several years,
 * rows that are not understood, and that nothing is closed that a list does not name.
 *
 * All URNs, owners and councils are made up. */
#include "../support/check_main.h"

#include <ftw.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/suite.h"

static struct suite *suite;
static char folder[] = "/tmp/hearth_ofsted_XXXXXX";

static void start_suite(void)
{
	static const char *const services[] = { "providers", NULL };
	suite = suite_start(&(struct suite_options){ .services = services, .clock = "2025-04-02T09:00:00Z" });
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

static const char *file_of(const char *text)
{
	static char path[400];
	static int number;
	snprintf(path, sizeof path, "%s/%d.csv", folder, number++);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	return path;
}

static json_t *import(int code, const char *path, const char *flag)
{
	char *text = NULL;
	int got = suite_hearth(suite, &text, "--json", "import", "ofsted", path, "--as-of", "2025-03-31", flag, NULL);
	ck_assert_msg(got == code, "%s: exit code %d: %s", path, got, text != NULL ? text : "");
	json_t *totals = json_loads(text != NULL ? text : "", 0, NULL);
	free(text);
	return totals;
}

static json_int_t number(const json_t *totals, const char *name)
{
	const json_t *value = json_object_get(totals, name);
	ck_assert_msg(json_is_integer(value), "no %s in the totals", name);
	return json_integer_value(value);
}

static void totals_are(json_t *totals, const char *expected)
{
	char text[200];
	snprintf(text, sizeof text, "%d new, %d changed, %d unchanged, %d not kept, %d rejected", (int)number(totals, "created"),
	         (int)number(totals, "changed"), (int)number(totals, "unchanged"), (int)number(totals, "notKept"),
	         (int)number(totals, "rejectedRows"));
	ck_assert_str_eq(text, expected);
	json_decref(totals);
}

static char *ask(const char *sql)
{
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(connection, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(connection));
	char *value = strdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(connection);
	return value;
}

static void says(const char *sql, const char *expected)
{
	char *value = ask(sql);
	ck_assert_str_eq(value, expected);
	free(value);
}

#define HOME(columns, urn) "SELECT " columns " FROM providers.home h WHERE h.urn = '" urn "'"

START_TEST(a_list_in_the_words_of_any_year_is_understood)
{
	char *out = NULL;
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "authorities", file_of("code,name\n901,\"Weir, City of\"\n902,Fenshire\n"),
	                              "--vintage", "2024", NULL), 0);
	free(out);
	/* As it is now; empty columns without a name; text of a spreadsheet. */
	totals_are(import(0, file_of("URN,Provision type,Sector,Registration date,Registration status,Date closed,Places,"
	           "Organisation which owns the provider,Local authority,Inspection date,Inspection event type,"
	           "Overall experiences and progress of children and young people,,\n"
	           "9100001,Children's home,Private,01/02/2020,Active,,4,M\xf4r Care \x96 North,Weir,12/03/2024,Full inspection,Good,,\n"
	           "9100002,Children's home,Voluntary,2021-05-01,Active,,,Fen Trust,Fenshire County Council,,,,,\n,,,,,,,,,,,,,\n"), NULL),
	           "2 new, 0 changed, 0 unchanged, 0 not kept, 0 rejected");
	says(HOME("concat_ws(' ', h.kind, h.registration, h.registered_places, h.area_authority, h.registered_from,"
	          " h.latest_outcome, h.latest_inspected)", "9100001"),
	     "CHILDRENS_HOME REGISTERED 4 901 2020-02-01 GOOD 2024-03-12");
	says("SELECT p.name FROM providers.provider p JOIN providers.home h ON h.provider_id = p.id WHERE h.urn = '9100001'",
	     "M\xc3\xb4r Care \xe2\x80\x93 North");
	/* What is not said is not known, and never nought. */
	says(HOME("coalesce(h.registered_places::text, 'unknown') || ' ' || coalesce(h.latest_outcome, 'none')", "9100002"),
	     "unknown none");
	/* As it was: other names of the columns, another order. */
	totals_are(import(0, file_of("Local authority,Max users,Provider type,Unique reference number,Provider status,Owner name,"
	           "Date registered\nFENSHIRE,6,Children's home,9100003,Active,Fen Trust,1 March 2019\n"), NULL),
	           "1 new, 0 changed, 0 unchanged, 0 not kept, 0 rejected");
	says(HOME("concat_ws(' ', h.registered_places, h.area_authority, h.registered_from)", "9100003"), "6 902 2019-03-01");
}
END_TEST

START_TEST(rows_that_are_not_understood_are_said_and_change_nothing)
{
	json_t *totals = import(3, file_of("URN,Provision type,Organisation name,Registration date,Registration status,Places,"
	                        "Local authority\n"
	                        "9100010,Children's home,Fen Trust,31/02/2020,Active,4,Weir\n"
	                        "9100011,Children's home,Fen Trust,,Active,four,Weir\n"
	                        "9100012,Space station,Fen Trust,,Active,4,Weir\n,Children's home,Fen Trust,,Active,4,Weir\n"
	                        "9100014,Children's home,Fen Trust,,Active\n"
	                        "9100015,Children's home,Fen Trust,01/01/2020,Active,3,Weir\n"), NULL);
	static const struct { int line; const char *column; } expected[] = { { 2, "registration_date" }, { 3, "places" },
		{ 5, "urn" }, { 6, "the row" }, { 4, "provision_type" } };
	const json_t *findings = json_object_get(totals, "findings");
	ck_assert_uint_eq(json_array_size(findings), 5);
	for (size_t i = 0; i < 5; i++) {
		const json_t *finding = json_array_get(findings, i);
		ck_assert_int_eq(number(finding, "line"), expected[i].line);
		ck_assert_str_eq(json_string_value(json_object_get(finding, "column")), expected[i].column);
		ck_assert_str_ne(json_string_value(json_object_get(finding, "right")), "");
	}
	totals_are(totals, "1 new, 0 changed, 0 unchanged, 0 not kept, 5 rejected");
	says("SELECT count(*) FROM providers.home WHERE urn BETWEEN '9100010' AND '9100014'", "0");
}
END_TEST

START_TEST(a_setting_that_is_missing_from_the_list_is_said_and_not_closed)
{
	json_t *totals = import(0, file_of("URN,Provision type,Registration status\n9100001,Children's home,Active\n"), NULL);
	ck_assert_int_eq(number(totals, "notInFiles"), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(totals, "known")), 3);
	json_decref(totals);
	says("SELECT count(*) FROM providers.home WHERE open AND registration = 'REGISTERED' AND urn LIKE '91000%'", "4");
}
END_TEST

START_TEST(a_dry_run_says_what_would_be_done_and_does_nothing)
{
	json_t *totals = import(0, file_of("URN,Provision type,Registration status,Organisation name\n"
	                      "9100020,Children's home,Active,Fen Trust\n"), "--dry-run");
	ck_assert_int_eq(number(totals, "created"), 1);
	json_decref(totals);
	says("SELECT count(*) FROM providers.home WHERE urn = '9100020'", "0");
}
END_TEST

START_TEST(the_synthetic_list_fits_the_synthetic_region_and_twice_changes_nothing)
{
	char *out = NULL;
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "authorities", "services/providers/sample/councils.csv", "--vintage",
	                              "2024", NULL), 0);
	free(out);
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "homes", "services/providers/sample/region.csv", NULL), 0);
	free(out);
	char *homes = ask("SELECT count(*) FROM providers.home");
	json_t *totals = import(0, "services/providers/sample/ofsted.csv", NULL);
	ck_assert_int_eq(number(totals, "created") + number(totals, "notKept"), 0);
	json_int_t rows = number(totals, "rows");
	json_decref(totals);
	says("SELECT count(*) FROM providers.home", homes);
	totals = import(0, "services/providers/sample/ofsted.csv", NULL);
	ck_assert_int_eq(number(totals, "unchanged"), rows);
	json_decref(totals);
	free(homes);
}
END_TEST

START_TEST(a_file_that_is_no_list_is_refused_whole)
{
	ck_assert_ptr_null(import(1, file_of("Name,Places\nA home,4\n"), NULL));
	ck_assert_ptr_null(import(1, file_of("URN;Places\n9100001;4\n"), NULL));
	ck_assert_ptr_null(import(1, file_of("URN,Places\n\"9100001,4\n"), NULL));
	char *out = NULL;
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "ofsted", file_of("URN\n"), "--as-of", "2024-08", NULL), 2);
	free(out);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .setup = start_suite, .teardown = stop_suite, .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "import_ofsted", a_list_in_the_words_of_any_year_is_understood,
	                       rows_that_are_not_understood_are_said_and_change_nothing,
	                       a_setting_that_is_missing_from_the_list_is_said_and_not_closed,
	                       a_dry_run_says_what_would_be_done_and_does_nothing, a_file_that_is_no_list_is_refused_whole,
	                       the_synthetic_list_fits_the_synthetic_region_and_twice_changes_nothing);
}
