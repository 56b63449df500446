/* test_import.c: `hearth import ssda903` through the real programs: counts, findings, years, twice the same, and that
 * history starts nothing.
 *
 * The five sample years of others are looked for in HEARTH_SSDA903_SAMPLE, else beside the checkout in
 * ../shared/data/ssda903; without them the tests that need them are skipped with a message.
 */
#include "../support/check_main.h"

#include <ftw.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../support/suite.h"

#define SAMPLE "services/cli/sample"
#define HEADER "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
#define EPISODES "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"

static struct suite *suite;
static char folder[] = "/tmp/hearth_import_XXXXXX";

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .clock = "2024-04-01T09:00:00Z" });
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

/* The sample of others, or NULL when it is not on this machine. */
static const char *sample_of_others(void)
{
	const char *named = getenv("HEARTH_SSDA903_SAMPLE");
	const char *path = named != NULL && named[0] != '\0' ? named : "../shared/data/ssda903";
	if (access(path, R_OK | X_OK) == 0)
		return path;
	fprintf(stderr, "skipped: no SSDA903 sample at %s; HEARTH_SSDA903_SAMPLE names another folder\n", path);
	return NULL;
}

/* Imports; the totals, and the exit code in *ret_code. */
static json_t *import(const char *authority, const char *directory, const char *flag, int *ret_code)
{
	char *text = NULL;
	*ret_code = suite_hearth(suite, &text, "--json", "--authority", authority, "import", "ssda903", directory, flag, NULL);
	json_t *totals = json_loads(text != NULL ? text : "", 0, NULL);
	ck_assert_msg(totals != NULL || *ret_code == 1 || *ret_code == 2, "exit code %d and no totals", *ret_code);
	free(text);
	return totals;
}

static json_int_t number(const json_t *totals, const char *name)
{
	const json_t *value = json_object_get(totals, name);
	ck_assert_msg(json_is_integer(value), "no %s in the totals", name);
	return json_integer_value(value);
}

static json_int_t kind(const json_t *totals, const char *group, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(totals, group), name));
}

static json_int_t looked_after(const char *authority, const char *date, bool short_breaks)
{
	char request[120], *text = NULL;
	snprintf(request, sizeof(request), "{\"date\": \"%s\", \"includeShortBreaks\": %s}", date, short_breaks ? "true" : "false");
	int code = suite_hearth(suite, &text, "--json", "--authority", authority, "call", "placements/CountLookedAfter", request,
	                        NULL);
	ck_assert_int_eq(code, 0);
	json_t *reply = json_loads(text, 0, NULL);
	const json_t *children = json_object_get(reply, "children");
	json_int_t count = json_is_string(children) ? strtoll(json_string_value(children), NULL, 10) : json_integer_value(children);
	json_decref(reply);
	free(text);
	return count;
}

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

static void write_file(const char *return_folder, const char *name, const char *text)
{
	char path[400];
	snprintf(path, sizeof(path), "%s/%s", folder, return_folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, return_folder, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static const char *folder_of(const char *return_folder)
{
	static char path[400];
	snprintf(path, sizeof(path), "%s/%s", folder, return_folder);
	return path;
}

/* ---- tests ---------------------------------------------------------------------------------------------------------- */

START_TEST(five_years_of_others_come_to_the_known_counts)
{
	const char *sample = sample_of_others();
	if (sample == NULL)
		return;
	int code;
	json_t *totals = import("999", sample, NULL, &code);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(number(totals, "rows"), 3737);
	ck_assert_int_eq(number(totals, "episodes"), 2827);
	ck_assert_int_eq(number(totals, "children"), 820);
	ck_assert_int_eq(number(totals, "rejectedRows"), 0);
	ck_assert_int_eq(number(totals, "newEpisodes"), 2827);
	ck_assert_int_eq(number(totals, "newChildren"), 820);
	ck_assert_int_eq(kind(totals, "warned", "REC_ON_OPEN"), 996);
	ck_assert_int_eq(kind(totals, "warned", "OVERLAP"), 40);
	ck_assert_uint_eq(json_array_size(json_object_get(totals, "findings")), 996 + 40);
	json_t *returns = json_object_get(totals, "returns");
	ck_assert_uint_eq(json_array_size(returns), 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(number(json_array_get(returns, i), "year"), 2018 + (json_int_t)i);
	json_decref(totals);
	ck_assert_int_eq(looked_after("999", "2022-03-31", true), 86);
	ck_assert_int_eq(looked_after("999", "2022-03-31", false), 75);
}
END_TEST

START_TEST(each_child_is_told_once_and_importing_twice_changes_nothing)
{
	int code;
	json_t *first = import("998", SAMPLE, NULL, &code);
	ck_assert_int_eq(code, 0);
	json_int_t children = number(first, "children"), episodes = number(first, "episodes");
	ck_assert_int_gt(children, 40);
	ck_assert_int_eq(number(first, "newChildren"), children);
	ck_assert_int_eq(number(first, "newEpisodes"), episodes);
	ck_assert_uint_eq(json_object_size(json_object_get(first, "warned")), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM placements.outbox o WHERE o.authority = '998' AND o.historical"), children);
	json_t *again = import("998", SAMPLE, NULL, &code);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(number(again, "newChildren") + number(again, "changedChildren"), 0);
	ck_assert_int_eq(number(again, "newEpisodes") + number(again, "changedEpisodes"), 0);
	ck_assert_int_eq(number(again, "unchangedEpisodes"), episodes);
	ck_assert_int_eq(ask("SELECT count(1) FROM placements.outbox o WHERE o.authority = '998' AND o.historical"), children);
	json_decref(first);
	json_decref(again);
}
END_TEST

START_TEST(history_starts_nothing)
{
	ck_assert_int_gt(ask("SELECT count(1) FROM placements.outbox o WHERE o.historical"), 40);
	/* Every service has applied what was told. */
	for (int i = 0; i < 100; i++) {
		if (ask("SELECT count(1) FROM careleavers.cursor c, placements.outbox o WHERE c.source = 'placements'"
		        " AND o.seq > c.seq") == 0 && ask("SELECT count(1) FROM finance.cursor c WHERE c.source = 'placements'") > 0)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	ck_assert_int_eq(ask("SELECT count(1) FROM placements.outbox o WHERE NOT o.historical"
	                     " AND o.type <> 'hearth.child.turned_16.v1' AND o.type <> 'hearth.child.turned_18.v1'"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM referrals.referral"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM providers.hold"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM providers.home"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM finance.agreement"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM finance.ledger"), 0);
	/* Standing timers are of no authority. */
	ck_assert_int_eq(ask("SELECT count(1) FROM placements.timer t WHERE t.authority <> ''"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM referrals.timer t WHERE t.authority <> ''"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM providers.timer t WHERE t.authority <> ''"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM finance.timer t WHERE t.authority <> ''"), 0);
	ck_assert_int_eq(ask("SELECT count(1) FROM finance.timer"), 1);
}
END_TEST

START_TEST(bad_rows_are_said_and_the_good_ones_loaded)
{
	write_file("bad", "one.csv", EPISODES
	           "1,01/05/2022,S,C2,N1,U6,PR1,,,,ZZ1 1AA,ZZ2 2BB,9000001\n"
	           "2,31/06/2022,S,C2,N1,U6,PR1,,,,ZZ1 1AA,ZZ2 2BB,9000001\n"
	           ",01/05/2022,S,C2,N1,U6,PR1,,,,ZZ1 1AA,ZZ2 2BB,9000001\n"
	           "3,01/05/2022,S,C2,N1,U6,PR1,01/05/2022,X1,,ZZ1 1AA,ZZ2 2BB,9000001\n"
	           "4,01/05/2022,S,XX,N1,U6,PR1,,,,ZZ1 1AA,ZZ2 2BB,9000001\n"
	           "5,01/05/2022,S,C2,N1,U6\n"
	           "6,02/05/2022,S,C2,N1,U6,PR1,,E4A,,no postcode,,12\n");
	write_file("bad", "two.csv", HEADER "1,1,01/02/2010,,,,\n6,2,30/02/2011,,,,\n");
	int code;
	json_t *totals = import("997", folder_of("bad"), NULL, &code);
	ck_assert_int_eq(code, 3);
	ck_assert_int_eq(number(totals, "rows"), 7);
	ck_assert_int_eq(number(totals, "rejectedRows"), 6);
	ck_assert_int_eq(number(totals, "newEpisodes"), 2);
	ck_assert_int_eq(kind(totals, "rejected", "UNREADABLE_DATE"), 2);
	ck_assert_int_eq(kind(totals, "rejected", "MISSING_KEY"), 1);
	ck_assert_int_eq(kind(totals, "rejected", "END_NOT_AFTER_START"), 1);
	ck_assert_int_eq(kind(totals, "rejected", "UNKNOWN_CODE"), 1);
	ck_assert_int_eq(kind(totals, "rejected", "WRONG_WIDTH"), 1);
	ck_assert_int_eq(kind(totals, "warned", "REC_ON_OPEN"), 1);
	ck_assert_int_eq(kind(totals, "warned", "NO_HEADER"), 1);
	size_t i;
	const json_t *finding;
	json_array_foreach(json_object_get(totals, "findings"), i, finding) {
		const char *value = json_string_value(json_object_get(finding, "value"));
		ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(finding, "file")), ".csv"));
		ck_assert_int_ge(json_integer_value(json_object_get(finding, "line")), 2);
		ck_assert_ptr_null(strstr(value, "2011"));
		ck_assert_ptr_null(strstr(value, "no postcode"));
		ck_assert_str_ne(json_string_value(json_object_get(finding, "right")), "");
	}
	json_decref(totals);
}
END_TEST

START_TEST(a_later_year_wins_whatever_the_order_of_import)
{
	write_file("later", "episodes.csv", EPISODES "1,01/05/2021,S,C2,N1,U6,PR1,,,,,,\n1,01/02/2023,P,C2,N1,K2,PR4,,,,,,\n");
	write_file("earlier", "episodes.csv", EPISODES "1,01/05/2021,S,C1,N1,U6,PR1,,,,,,\n");
	int code;
	json_decref(import("996", folder_of("later"), NULL, &code));
	ck_assert_int_eq(code, 0);
	json_t *totals = import("996", folder_of("earlier"), NULL, &code);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(number(totals, "unchangedEpisodes"), 1);
	json_decref(totals);
	ck_assert_int_eq(ask("SELECT count(1) FROM placements.episode e WHERE e.authority = '996' AND e.ls = 'C2'"), 2);
	/* And when it comes second, it changes what was there. */
	write_file("newest", "episodes.csv", EPISODES "1,01/05/2021,S,C2,N1,U6,PR1,01/02/2023,X1,CARPL,,,\n");
	totals = import("996", folder_of("newest"), "--year=2024", &code);
	ck_assert_int_eq(number(totals, "changedEpisodes"), 1);
	json_decref(totals);
}
END_TEST

START_TEST(a_dry_run_loads_nothing)
{
	int code;
	json_t *totals = import("995", SAMPLE, "--dry-run", &code);
	ck_assert_int_eq(code, 0);
	ck_assert_int_gt(number(totals, "episodes"), 0);
	ck_assert_int_eq(number(totals, "newEpisodes"), 0);
	json_decref(totals);
	ck_assert_int_eq(ask("SELECT count(1) FROM placements.child c WHERE c.authority = '995'"), 0);
}
END_TEST

START_TEST(a_folder_without_a_return_is_an_error)
{
	mkdir(folder_of("empty"), 0700);
	int code;
	ck_assert_ptr_null(import("995", folder_of("empty"), NULL, &code));
	ck_assert_int_eq(code, 1);
	ck_assert_ptr_null(import("995", folder_of("nowhere"), NULL, &code));
	ck_assert_int_eq(code, 1);
	ck_assert_ptr_null(import("995", SAMPLE, "--year=2024", &code));
	ck_assert_int_eq(code, 2);
}
END_TEST

START_TEST(a_table_with_another_column_is_rejected_and_told)
{
	write_file("wide", "episodes.csv", EPISODES "1,01/05/2022,S,C2,N1,U6,PR1,,,,,,\n");
	write_file("wide", "header.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB,NAME\n1,1,01/02/2010,,,,,\n");
	int code;
	json_t *totals = import("994", folder_of("wide"), NULL, &code);
	ck_assert_int_eq(code, 3);
	ck_assert_int_eq(kind(totals, "rejected", "UNKNOWN_TABLE"), 1);
	ck_assert_int_eq(number(totals, "newEpisodes"), 1);
	json_decref(totals);
}
END_TEST

#define HOMES                                                                                                               \
	"provider_key,provider_name,provider_code,own_authority,home_key,name,kind,outward,easting,northing,area_authority," \
	"weekly_fee,notice_days,urn,registration,registered_places,purpose,least_age,most_age,sex,most_children," \
	"siblings_only,places,closed\n"

static json_t *import_homes(const char *path, int *ret_code)
{
	char *text = NULL;
	*ret_code = suite_hearth(suite, &text, "--json", "import", "homes", path, NULL);
	json_t *totals = json_loads(text != NULL ? text : "", 0, NULL);
	ck_assert_msg(totals != NULL, "exit code %d and no totals", *ret_code);
	free(text);
	return totals;
}

START_TEST(the_region_that_ships_is_loaded_and_twice_changes_nothing)
{
	int code;
	json_t *totals = import_homes("services/providers/sample/region.csv", &code);
	ck_assert_int_eq(code, 0);
	json_int_t rows = number(totals, "rows");
	ck_assert_int_gt(rows, 50);
	ck_assert_int_eq(number(totals, "homesCreated"), rows);
	ck_assert_int_eq(ask("SELECT count(1) FROM providers.home"), rows);
	/* Every kind of setting, and what the further columns say. */
	ck_assert_int_eq(ask("SELECT count(DISTINCT h.kind) FROM providers.home h"), 8);
	ck_assert_int_eq(ask("SELECT count(1) FROM providers.home h JOIN providers.home o ON o.id = h.annexe_of WHERE h.solo"), 1);
	ck_assert_int_eq(ask("SELECT count(1) FROM providers.home h WHERE h.planned_open = '2027-04-05' AND h.manager = 'VACANT'"), 1);
	ck_assert_int_gt(ask("SELECT count(1) FROM providers.home h WHERE h.register = 'OFSTED' AND h.registered_from IS NOT NULL"), 20);
	ck_assert_int_gt(ask("SELECT count(1) FROM providers.home h WHERE 'UNACCOMPANIED' = ANY (h.capabilities)"), 3);
	ck_assert_int_gt(ask("SELECT count(1) FROM providers.home h WHERE 'TO_OTHERS_FIRE' = ANY (h.excluded_risks)"), 3);
	ck_assert_int_gt(ask("SELECT count(1) FROM providers.home h WHERE h.supported_category = 'SELF_CONTAINED'"), 0);
	json_decref(totals);
	totals = import_homes("services/providers/sample/region.csv", &code);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(number(totals, "homesUnchanged"), rows);
	ck_assert_int_eq(number(totals, "homesCreated") + number(totals, "homesChanged"), 0);
	json_decref(totals);
}
END_TEST

START_TEST(bad_homes_are_said_and_the_good_ones_loaded)
{
	write_file("homes", "homes.csv", HOMES
	           "Q1,A provider,PR4,,Q-1,Home 1,CHILDRENS_HOME,ZZ1,400000,300000,999,4200.50,28,,REGISTERED,4,,8,17,ANY,,no,4,no\n"
	           "Q1,A provider,PR4,,Q-2,Home 2,CASTLE,ZZ1,400000,300000,999,4200.50,28,,REGISTERED,4,,8,17,ANY,,no,4,no\n"
	           "Q1,A provider,PR4,,Q-3,Home 3,CHILDRENS_HOME,ZZ1,400000,300000,999,-5,28,,REGISTERED,4,,8,17,ANY,,no,4,no\n"
	           "Q1,A provider,PR4,,Q-4,Home 4,CHILDRENS_HOME,ZZ1,400000,,999,,28,,REGISTERED,4,,8,17,ANY,,no,four,maybe\n"
	           "Q1,A provider,PR4,,Q-1,Home 1,CHILDRENS_HOME,ZZ1,400000,300000,999,1,28,,REGISTERED,4,,8,17,ANY,,no,4,no\n"
	           "Q1,A provider,PR4,,Q-6,Home 6,FOSTERING,,,,,,,,,,,,,,,,2,\n"
	           "Q1,A provider,PR4,,Q-7,Home 7,FOSTERING,,,,,,,,,,,15,5,,,,2,\n");
	char path[400];
	snprintf(path, sizeof(path), "%s/homes/homes.csv", folder);
	int code;
	json_t *totals = import_homes(path, &code);
	ck_assert_int_eq(code, 3);
	ck_assert_int_eq(number(totals, "rows"), 7);
	ck_assert_int_eq(number(totals, "rejectedRows"), 5);
	ck_assert_int_eq(number(totals, "homesCreated"), 2);
	static const struct { json_int_t line; const char *column; } expected[] = {
		{ 3, "kind" }, { 4, "weekly_fee" }, { 5, "northing" }, { 5, "places" }, { 5, "closed" }, { 6, "home_key" },
		{ 8, "terms.most_age.value" },             /* found by providers */
	};
	const json_t *findings = json_object_get(totals, "findings");
	ck_assert_uint_eq(json_array_size(findings), 7);
	for (size_t i = 0; i < 7; i++) {
		const json_t *finding = json_array_get(findings, i);
		ck_assert_int_eq(number(finding, "line"), expected[i].line);
		ck_assert_str_eq(json_string_value(json_object_get(finding, "column")), expected[i].column);
	}
	json_decref(totals);
	/* An unknown fee stays unknown. */
	ck_assert_int_eq(ask("SELECT count(1) FROM providers.home h WHERE h.external_id = 'Q-6' AND h.weekly_fee_pence IS NULL"), 1);
	ck_assert_int_eq(ask("SELECT h.weekly_fee_pence FROM providers.home h WHERE h.external_id = 'Q-1'"), 420050);
}
END_TEST

START_TEST(of_a_homes_file_that_breaks_off_nothing_is_loaded)
{
	write_file("broken", "good.csv", HOMES
	           "R1,A provider,PR4,,R-1,Home 1,CHILDRENS_HOME,ZZ1,400000,300000,999,4200.50,28,,REGISTERED,4,,8,17,ANY,,no,4,no\n");
	write_file("broken", "bad.csv", HOMES
	           "R1,A provider,PR4,,R-2,Home 2,CHILDRENS_HOME,ZZ1,400000,300000,999,4200.50,28,,REGISTERED,4,,8,17,ANY,,no,4,no\n"
	           "\"R1,A provider\n");
	char good[400], bad[400], *text = NULL;
	snprintf(good, sizeof(good), "%s/broken/good.csv", folder);
	snprintf(bad, sizeof(bad), "%s/broken/bad.csv", folder);
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "import", "homes", bad, NULL), 1);
	ck_assert_str_eq(text, "");                /* no totals of nothing */
	free(text);
	ck_assert_int_eq(suite_hearth(suite, &text, "--json", "import", "homes", bad, good, NULL), 3);
	json_t *totals = json_loads(text, 0, NULL);
	free(text);
	ck_assert_int_eq(number(totals, "homesCreated"), 1);
	const json_t *findings = json_object_get(totals, "findings");
	ck_assert_uint_eq(json_array_size(findings), 1);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(findings, 0), "file")), bad);
	json_decref(totals);
	ck_assert_int_eq(ask("SELECT count(1) FROM providers.home h WHERE h.external_id IN ('R-1', 'R-2')"), 1);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .setup = start_suite, .teardown = stop_suite, .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "import", five_years_of_others_come_to_the_known_counts,
	                       each_child_is_told_once_and_importing_twice_changes_nothing, history_starts_nothing,
	                       bad_rows_are_said_and_the_good_ones_loaded, a_later_year_wins_whatever_the_order_of_import,
	                       a_dry_run_loads_nothing, a_folder_without_a_return_is_an_error,
	                       a_table_with_another_column_is_rejected_and_told,
	                       the_region_that_ships_is_loaded_and_twice_changes_nothing,
	                       bad_homes_are_said_and_the_good_ones_loaded,
	                       of_a_homes_file_that_breaks_off_nothing_is_loaded);
}
