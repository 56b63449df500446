/* test_tables.c: published tables through the real programs: councils, adjoining areas, postcodes: every spelling that the
 * docs name, files that are broken as real ones are, and that nothing is understood that was not.
 *
 * All councils, codes and postcodes are made up. */
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
static char folder[] = "/tmp/hearth_tables_XXXXXX";

static void start_suite(void)
{
	static const char *const services[] = { "providers", NULL };
	suite = suite_start(&(struct suite_options){ .services = services, .clock = "2024-04-01T09:00:00Z" });
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

static const char *file_of_size(const char *text, size_t size)
{
	static char path[400];
	static int number;
	snprintf(path, sizeof path, "%s/%d.csv", folder, number++);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, size, file), size);
	fclose(file);
	return path;
}

static const char *file_of(const char *text)
{
	return file_of_size(text, strlen(text));
}

/* Totals of an import that ends with this exit code; NULL when it prints none. */
static json_t *import(int code, const char *kind, const char *path, const char *vintage, const char *flag)
{
	char *text = NULL;
	int got = suite_hearth(suite, &text, "--json", "import", kind, path, "--vintage", vintage, flag, NULL);
	ck_assert_msg(got == code, "%s %s: exit code %d: %s", kind, path, got, text != NULL ? text : "");
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
	ck_assert_ptr_nonnull(totals);
	snprintf(text, sizeof text, "%d rejected, %d new, %d changed, %d unchanged, %d removed, %d kept",
	         (int)number(totals, "rejectedRows"), (int)number(totals, "rowsNew"), (int)number(totals, "rowsChanged"),
	         (int)number(totals, "rowsUnchanged"), (int)number(totals, "rowsRemoved"), (int)number(totals, "rowsKept"));
	ck_assert_str_eq(text, expected);
	json_decref(totals);
}

/* One finding: "line column". */
static void finding_is(const json_t *totals, size_t index, int line, const char *column)
{
	const json_t *finding = json_array_get(json_object_get(totals, "findings"), index);
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(number(finding, "line"), line);
	ck_assert_str_eq(json_string_value(json_object_get(finding, "column")), column);
	ck_assert_str_ne(json_string_value(json_object_get(finding, "right")), "");
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

/* ---- councils ---- */

#define COUNCILS "901,Z06000901,Northmoor\n902,Z06000902,\"Weir, City of\"\n903,Z10000903,Fenshire\n"

START_TEST(councils_are_loaded_once_and_keep_what_they_are_called)
{
	const char *path = file_of("old_la_code,new_la_code,la_name\n" COUNCILS);
	totals_are(import(0, "authorities", path, "2023", NULL), "0 rejected, 3 new, 0 changed, 0 unchanged, 0 removed, 0 kept");
	totals_are(import(0, "authorities", path, "2023", NULL), "0 rejected, 0 new, 0 changed, 3 unchanged, 0 removed, 0 kept");
	/* An older table adds a code of before, and takes no name back. */
	path = file_of("LAD21CD,LAD21NM,Local authority code\nZ06000801,Northmoor and Vale,901\n");
	totals_are(import(0, "authorities", path, "2021", NULL), "0 rejected, 0 new, 1 changed, 0 unchanged, 0 removed, 2 kept");
	says("SELECT name || ' ' || vintage FROM providers.council WHERE code = '901'", "Northmoor 2023");
	says("SELECT string_agg(key, ' ' ORDER BY key) FROM providers.council_key WHERE code = '901'", "901 Z06000801 Z06000901");
	says("SELECT string_agg(name || ' ' || vintage, ', ' ORDER BY vintage) FROM providers.published_load WHERE name = 'COUNCILS'",
	     "COUNCILS 2021, COUNCILS 2023");
}
END_TEST

START_TEST(rows_that_are_no_councils_are_passed_over_and_wrong_ones_said)
{
	json_t *totals = import(3, "authorities", file_of("time_period,geographic_level,old_la_code,new_la_code,la_name\n"
	                        "2023,National,,,\n2023,Regional,,Z12000001,\n2023,Local authority,904,Z06000904,Eastby\n"
	                        "2023,Local authority,90,Z06000905,Ninety\n2023,Local authority,905,Z06000904,Taken\n"
	                        "2023,Local authority,906,E6,Short\n2023,Local authority,907,,\n2023,Local\n,,,,\n"), "2023", NULL);
	ck_assert_int_eq(number(totals, "passedOverRows"), 3);
	finding_is(totals, 0, 5, "code");
	finding_is(totals, 1, 6, "ons_code");
	finding_is(totals, 2, 7, "ons_code");
	finding_is(totals, 3, 8, "name");
	finding_is(totals, 4, 9, "the row");
	totals_are(totals, "5 rejected, 1 new, 0 changed, 0 unchanged, 0 removed, 3 kept");
}
END_TEST

/* ---- areas that touch ---- */

START_TEST(pairs_are_known_by_code_ons_code_or_name_in_either_direction)
{
	static const char *const files[] = {
		"authority,adjoining\n901,902\n903,902\n",
		"LA code,Adjoining LA code\n902,901\n902,903\n901,902\n903,902\n",
		"LAD23CD,LAD23CD_neighbour,length\nZ06000901,Z06000902,12.5\nZ10000903,Z06000902,3\n",
		"Authority,Neighbouring authority\nNorthmoor Council,City of Weir\nFenshire County Council,WEIR\n",
		"\xef\xbb\xbf" "Local authority,Adjoining authorities\r\n\"Weir, City of\",Northmoor; Fenshire\r\n",
		"code,borders\n902,901|903\n",
		"focal,neighbor\nZ06000801,902\n902,903\n",
	};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		totals_are(import(0, "adjoining", file_of(files[i]), "2023", NULL), i == 0
		           ? "0 rejected, 2 new, 0 changed, 0 unchanged, 0 removed, 0 kept"
		           : "0 rejected, 0 new, 0 changed, 2 unchanged, 0 removed, 0 kept");
	says("SELECT string_agg(authority || adjoining, ' ' ORDER BY authority, adjoining) FROM providers.adjoining",
	     "901902 902901 902903 903902");
	totals_are(import(0, "adjoining", file_of(files[0]), "2024", NULL),
	           "0 rejected, 0 new, 2 changed, 0 unchanged, 0 removed, 0 kept");
	totals_are(import(0, "adjoining", file_of(files[0]), "2023", NULL),
	           "0 rejected, 0 new, 0 changed, 2 unchanged, 0 removed, 0 kept");
	says("SELECT min(vintage) FROM providers.adjoining", "2024");
}
END_TEST

START_TEST(a_half_list_takes_nothing_away_and_what_was_not_understood_is_said)
{
	json_t *totals = import(3, "adjoining", file_of("authority,adjoining\n901,904\nNowhere,902\n902,902\n903,\n904\n"
	                        "902,Nowhere;904\n"), "2024", NULL);
	finding_is(totals, 0, 3, "authority");
	finding_is(totals, 1, 4, "adjoining");
	finding_is(totals, 2, 5, "adjoining");
	finding_is(totals, 3, 6, "the row");
	finding_is(totals, 4, 7, "adjoining");
	totals_are(totals, "5 rejected, 1 new, 0 changed, 0 unchanged, 0 removed, 2 kept");
	says("SELECT count(*) FROM providers.adjoining WHERE authority = '902' AND adjoining = '904'", "0");
}
END_TEST

START_TEST(a_table_is_replaced_by_a_whole_one_alone_and_what_goes_is_kept_aside)
{
	/* A row that is not understood, a list that breaks off, an older table: nothing is replaced. */
	ck_assert_ptr_nonnull(import(1, "adjoining", file_of("authority,adjoining\n901,902\n901,Nowhere\n"), "2024", "--replace"));
	json_t *totals = import(1, "adjoining", file_of("authority,adjoining\n901,902\n902,901\n902,903\n903,902\n901,903\n"), "2024",
	                        "--replace");
	ck_assert_int_eq(number(totals, "oneWay"), 1);
	json_decref(totals);
	json_decref(import(1, "adjoining", file_of("authority,adjoining\n901,903\n"), "2022", "--replace"));
	says("SELECT count(*) FROM providers.adjoining", "6");
	totals_are(import(0, "adjoining", file_of("authority,adjoining\n901,902\n901,903\n"), "2024-05", "--replace"),
	           "0 rejected, 1 new, 1 changed, 0 unchanged, 2 removed, 0 kept");
	says("SELECT string_agg(authority || adjoining, ' ' ORDER BY authority, adjoining) FROM providers.adjoining",
	     "901902 901903 902901 903901");
	says("SELECT string_agg(authority || adjoining || ' ' || vintage || ' ' || replaced_by, ', ' ORDER BY authority, adjoining)"
	     " FROM providers.adjoining_past WHERE authority < adjoining", "901904 2024 2024-05, 902903 2024 2024-05");
}
END_TEST

/* ---- postcodes ---- */

/* Grid, council and end of a postcode, as LookupPostcode gives them. */
static void lies(const char *postcode, const char *expected)
{
	char request[80], text[120] = "", *out = NULL;
	snprintf(request, sizeof request, "{\"postcode\": \"%s\"}", postcode);
	int code = suite_hearth(suite, &out, "--json", "call", "providers/LookupPostcode", request, NULL);
	ck_assert_int_eq(code, expected != NULL ? 0 : 1);
	if (expected == NULL)
		return;
	json_t *reply = json_loads(out, 0, NULL);
	const char *outward, *area = "-", *council = "-", *end = "-", *vintage;
	int easting = -1, northing = -1;
	ck_assert_int_eq(json_unpack(reply, "{s:{s:s, s?{s:i, s:i}, s?s, s?s, s?s, s:s}}", "place", "outward", &outward, "grid",
	                             "easting", &easting, "northing", &northing, "areaAuthority", &area, "council", &council,
	                             "terminated", &end, "vintage", &vintage), 0);
	snprintf(text, sizeof text, "%s %d %d %s %s %s %s", outward, easting, northing, area, council, end, vintage);
	ck_assert_str_eq(text, expected);
	json_decref(reply);
	free(out);
}

START_TEST(postcodes_of_every_publisher_are_found_by_their_columns)
{
	/* Code-Point Open, as it comes: no header. Its quality 90 is no position; the county is the council where there is one. */
	json_t *totals = import(0, "postcodes", file_of(
		"\"ZZ11AA\",10,400001,300001,\"E92000001\",\"E19000001\",\"E18000001\",\"\",\"Z06000901\",\"E05000001\"\n"
		"\"ZZ1 1AB\",10,400002,300002,\"E92000001\",\"\",\"\",\"E10000903\",\"E07000001\",\"\"\n"
		"\"ZZ1 1AD\",90,0,0,\"E92000001\",\"\",\"\",\"\",\"\",\"\"\n"), "2023-11", NULL);
	ck_assert_int_eq(number(totals, "withoutGrid"), 1);
	ck_assert_int_eq(number(totals, "withoutCouncil"), 1);
	totals_are(totals, "0 rejected, 3 new, 0 changed, 0 unchanged, 0 removed, 0 kept");
	lies("zz1 1aa", "ZZ1 400001 300001 901 Z06000901 - 2023-11");
	lies("ZZ1 1AB", "ZZ1 400002 300002 - E10000903 - 2023-11");
	lies("ZZ1 1AD", "ZZ1 -1 -1 - - - 2023-11");
	/* The ONS Postcode Directory of before. */
	totals_are(import(0, "postcodes", file_of(
		"pcd,pcd2,pcds,dointr,doterm,oscty,oslaua,osward,oseast1m,osnrth1m,osgrdind,ctry\n"
		"\"ZZ2 1AA\",\"ZZ2  1AA\",\"ZZ2 1AA\",\"198001\",\"201906\",\"E99999999\",\"Z06000902\",\"\",\"0400003\",\"0300003\","
		"\"1\",\"E92000001\"\n\"BT9 9ZZ\",\"BT9  9ZZ\",\"BT9 9ZZ\",\"198001\",\"\",\"N99999999\",\"N09000003\",\"\",\"0333000\","
		"\"0373000\",\"1\",\"N92000002\"\n\"ZZ2 1AB\",\"ZZ2  1AB\",\"ZZ2 1AB\",\"198001\",\"\",\"E99999999\",\"Z06000902\","
		"\"\",\"\",\"\",\"9\",\"\"\n"), "2023-11", NULL), "0 rejected, 3 new, 0 changed, 0 unchanged, 0 removed, 0 kept");
	lies("ZZ21AA", "ZZ2 400003 300003 902 Z06000902 2019-06 2023-11");
	lies("BT9 9ZZ", "BT9 -1 -1 - N09000003 - 2023-11");
	lies("ZZ2 1AB", "ZZ2 -1 -1 902 Z06000902 - 2023-11");
	/* As it is now, and as the lookup is. */
	totals_are(import(0, "postcodes", file_of("pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,oa21cd,cty25cd,"
	           "ced25cd,lad25cd,wd25cd,ctry25cd\n"
	           "ZZ3 1AA,ZZ3  1AA,ZZ3 1AA,198001,,0,400004,300004,1,,E99999999,,Z06000801,,E92000001\n"),
	           "2025-08", NULL), "0 rejected, 1 new, 0 changed, 0 unchanged, 0 removed, 0 kept");
	lies("ZZ3 1AA", "ZZ3 400004 300004 901 Z06000801 - 2025-08");
	/* Anybody's. */
	totals_are(import(0, "postcodes", file_of("source,Postcode,Easting,Northing,Area authority\n"
	           "SYNTHETIC,ZZ4 1AA,400005,300005,903\n"), "2023-11", NULL),
	           "0 rejected, 1 new, 0 changed, 0 unchanged, 0 removed, 0 kept");
	lies("ZZ4 1AA", "ZZ4 400005 300005 903 903 - 2023-11");
	lies("ZZ9 9ZZ", NULL);
}
END_TEST

START_TEST(a_postcode_keeps_what_a_later_vintage_said_and_twice_changes_nothing)
{
	static const char header[] = "pcds,oseast1m,osnrth1m,oslaua,doterm\n";
	char text[200];
	snprintf(text, sizeof text, "%sZZ5 1AA,400001,300001,Z06000901,\nZZ5 1AB,400002,300002,Z06000901,\n", header);
	const char *path = strdup(file_of(text));
	totals_are(import(0, "postcodes", path, "2024-02", NULL), "0 rejected, 2 new, 0 changed, 0 unchanged, 0 removed, 0 kept");
	totals_are(import(0, "postcodes", path, "2024-02", NULL), "0 rejected, 0 new, 0 changed, 2 unchanged, 0 removed, 0 kept");
	snprintf(text, sizeof text, "%sZZ5 1AA,499999,399999,Z06000901,\n", header);
	totals_are(import(0, "postcodes", file_of(text), "2023-11", NULL),
	           "0 rejected, 0 new, 0 changed, 1 unchanged, 0 removed, 0 kept");
	lies("ZZ5 1AA", "ZZ5 400001 300001 901 Z06000901 - 2024-02");
	/* A later one changes it; what it no longer has stays, and says of when it is. */
	snprintf(text, sizeof text, "%sZZ5 1AA,400009,300009,Z06000902,202405\n", header);
	totals_are(import(0, "postcodes", file_of(text), "2024-05", NULL),
	           "0 rejected, 0 new, 1 changed, 0 unchanged, 0 removed, 0 kept");
	lies("ZZ5 1AA", "ZZ5 400009 300009 902 Z06000902 2024-05 2024-05");
	lies("ZZ5 1AB", "ZZ5 400002 300002 901 Z06000901 - 2024-02");
	free((char *)path);
}
END_TEST

START_TEST(rows_that_are_no_postcodes_are_said_without_showing_one)
{
	char *out = NULL;
	const char *path = file_of("pcds,oseast1m,osnrth1m,oslaua,doterm\nZZ6 1AA,400001,300001,Z06000901,\nSECRET1,400001,300001,,\n"
	                           "ZZ6 1AB,4000x1,300001,,\nZZ6 1AD,400001,,,\nZZ6 1AE,800001,300001,,\nZZ6 1AF,400001,300001,Weir,\n"
	                           "ZZ6 1AG,400001,300001,,201913\nZZ6 1AA,1,1,,\nZZ6 1AH,400001,300001\n");
	ck_assert_int_eq(suite_hearth(suite, &out, "--json", "import", "postcodes", path, "--vintage", "2024", NULL), 3);
	ck_assert_ptr_null(strstr(out, "SECRET"));
	ck_assert_ptr_null(strstr(out, "1AB"));
	json_t *totals = json_loads(out, 0, NULL);
	static const char *const columns[] = { "postcode", "easting", "northing", "easting", "district", "terminated", "postcode",
		"the row" };
	for (size_t i = 0; i < 8; i++)
		finding_is(totals, i, (int)i + 3, columns[i]);
	totals_are(totals, "8 rejected, 1 new, 0 changed, 0 unchanged, 0 removed, 0 kept");
	free(out);
}
END_TEST

/* ---- the region that ships ---- */

/* Every row of what ships says that it is made up. */
static int is_synthetic(const char *path)
{
	char line[1000];
	int rows = 0;
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
	for (; fgets(line, sizeof line, file) != NULL; rows++)
		ck_assert_msg(strncmp(line, "SYNTHETIC,", 10) == 0, "%s: %.40s", path, line);
	fclose(file);
	return rows;
}

START_TEST(the_synthetic_region_is_marked_and_taken_whole_and_twice_changes_nothing)
{
	static const char *const kinds[] = { "authorities", "adjoining", "postcodes" };
	static const char *const files[] = { "services/providers/sample/councils.csv", "services/providers/sample/adjoining.csv",
		"services/providers/sample/postcodes.csv" };
	is_synthetic("services/providers/sample/region.csv");
	is_synthetic("services/providers/sample/ofsted.csv");
	for (size_t i = 0; i < 3; i++) {
		char *path = strdup(files[i]);
		int rows = is_synthetic(path);
		json_t *totals = import(0, kinds[i], path, "2024", NULL);
		ck_assert_int_eq(number(totals, "rowsNew") + number(totals, "rowsChanged") + number(totals, "rowsUnchanged"), rows);
		json_decref(totals);
		totals = import(0, kinds[i], path, "2024", NULL);
		ck_assert_int_eq(number(totals, "rowsUnchanged"), rows);
		json_decref(totals);
		free(path);
	}
	lies("ZZ9 9ZZ", "ZZ9 430000 300000 999 Z06000999 2019-06 2024");
}
END_TEST

/* ---- homes by their postcode ---- */

#define HOMES                                                                                                               \
	"provider_key,provider_name,provider_code,own_authority,home_key,name,kind,outward,easting,northing,area_authority," \
	"weekly_fee,notice_days,urn,registration,registered_places,purpose,least_age,most_age,sex,most_children," \
	"siblings_only,places,closed,"
#define HOME(key, outward, grid, area) \
	"Q1,A provider,PR4,," key ",A home,CHILDRENS_HOME," outward "," grid "," area ",,,,,,,,,,,no,1,no,"

START_TEST(a_homes_postcode_gives_its_place_and_is_not_kept)
{
	char *out = NULL;
	const char *path = file_of(HOMES "postcode,solo,manager\n" HOME("T-1", "", ",", "") "zz4 1aa,yes,VACANT\n"
	                           HOME("T-2", "ZZ4", "410000,310000", "902") "ZZ4 1AA,,\n" HOME("T-3", "ZZ5", ",", "") "ZZ4 1AA,no,\n"
	                           HOME("T-4", "", ",", "") "ZZ9 9ZX,no,\n" HOME("T-5", "", ",", "") "SECRET,no,\n"
	                           HOME("T-6", "", ",", "") "ZZ4 1AA,perhaps,AWAY\n");
	ck_assert_int_eq(suite_hearth(suite, &out, "--json", "import", "homes", path, NULL), 3);
	ck_assert_ptr_null(strstr(out, "SECRET"));
	ck_assert_ptr_null(strstr(out, "9ZX"));
	json_t *totals = json_loads(out, 0, NULL);
	static const struct { int line; const char *column; } findings[] = { { 4, "outward" }, { 5, "postcode" }, { 6, "postcode" },
		{ 7, "solo" }, { 7, "manager" } };
	for (size_t i = 0; i < 5; i++)
		finding_is(totals, i, findings[i].line, findings[i].column);
	ck_assert_int_eq(number(totals, "homesCreated"), 2);
	json_decref(totals);
	free(out);
	says("SELECT concat_ws(' ', outward, easting, northing, area_authority) FROM providers.home WHERE external_id = 'T-1'",
	     "ZZ4 400005 300005 903");
	says("SELECT concat_ws(' ', outward, easting, northing, area_authority) FROM providers.home WHERE external_id = 'T-2'",
	     "ZZ4 410000 310000 902");
	says("SELECT count(*) FROM providers.home h WHERE h::text ILIKE '%1aa%'", "0");
	out = NULL;
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "homes", file_of(HOMES "postcode,colour\n"), NULL), 1);
	free(out);
}
END_TEST

/* ---- contracts ---- */

static json_t *import_contracts(int code, const char *path)
{
	char *text = NULL;
	int got = suite_hearth(suite, &text, "--json", "--authority", "999", "import", "contracts", path, NULL);
	ck_assert_msg(got == code, "exit code %d: %s", got, text != NULL ? text : "");
	json_t *totals = json_loads(text, 0, NULL);
	free(text);
	return totals;
}

static void contracts_are(json_t *totals, int contracts, int members, int fees)
{
	ck_assert_int_eq(number(totals, "contracts"), contracts);
	ck_assert_int_eq(number(totals, "members"), members);
	ck_assert_int_eq(number(totals, "fees"), fees);
	json_decref(totals);
}

START_TEST(contracts_of_the_region_are_loaded_and_twice_changes_nothing)
{
	static const char what[] = "SELECT concat_ws(' ', (SELECT sum(version) FROM providers.contract),"
		" (SELECT count(*) FROM providers.contract_member), (SELECT count(*) FROM providers.contract_fee),"
		" (SELECT count(*) FROM providers.outbox))";
	char *out = NULL;
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "homes", "services/providers/sample/region.csv", NULL), 0);
	free(out);
	is_synthetic("services/providers/sample/contracts.csv");
	contracts_are(import_contracts(0, "services/providers/sample/contracts.csv"), 4, 6, 4);
	char *before = ask(what);
	contracts_are(import_contracts(0, "services/providers/sample/contracts.csv"), 4, 6, 4);
	says(what, before);
	free(before);
	/* What is to be confirmed is not known, and never nought. */
	says("SELECT count(*) FROM providers.contract_fee WHERE weekly_fee_pence IS NULL OR weekly_fee_pence = 0", "0");
	says("SELECT string_agg(DISTINCT r.route || coalesce(' ' || r.weekly_fee_pence, ''), ', ' ORDER BY r.route ||"
	     " coalesce(' ' || r.weekly_fee_pence, '')) FROM providers.home_route r WHERE r.contract_id IS NOT NULL AND r.authority = '999'"
	     " AND (r.until_date IS NULL OR r.until_date > r.from_date)",
	     "BLOCK 462000, DYNAMIC_MARKET, DYNAMIC_MARKET 98500, FRAMEWORK 90500, FRAMEWORK 93000, PREFERRED_PROVIDER");
}
END_TEST

START_TEST(rows_of_contracts_that_do_not_fit_are_said_and_the_others_loaded)
{
	json_t *totals = import_contracts(3, file_of("contract,kind,from_date,lot,lot_kinds,provider_key,tier,weekly_fee\n"
		"T-1,FRAMEWORK,01/04/2023,A,FOSTERING,P02,1,900\nT-1,FRAMEWORK,2023-05-01,A,FOSTERING,P03,1,900\n"
		"T-1,FRAMEWORK,2023-04-01,A,FOSTERING,P03,21,900\nT-1,FRAMEWORK,2023-04-01,A,FOSTERING,P03,2,9OO\n"
		"T-2,LEASE,2023-04-01,A,FOSTERING,P03,,\nT-3,BLOCK,2023-04-01,A,CASTLE,P03,,\n"
		"T-4,SPOT,2023-04-01,A,FOSTERING,NOBODY,,\n,SPOT,2023-04-01,A,FOSTERING,P03,,\n"));
	static const struct { int line; const char *column; } findings[] = { { 3, "from_date" }, { 4, "tier" }, { 5, "weekly_fee" },
		{ 6, "kind" }, { 9, "contract" } };
	for (size_t i = 0; i < 5; i++)
		finding_is(totals, i, findings[i].line, findings[i].column);
	/* What providers refuses: a kind of home, a provider that nobody knows. */
	ck_assert_int_eq(number(json_array_get(json_object_get(totals, "findings"), 5), "line"), 7);
	ck_assert_int_eq(number(json_array_get(json_object_get(totals, "findings"), 6), "line"), 8);
	ck_assert_int_eq(number(totals, "rejectedRows"), 7);
	contracts_are(totals, 2, 1, 1);
}
END_TEST

/* ---- files that are broken ---- */

/* Rejected as a whole: exit code 1, and words that help. */
static void is_no_table(const char *kind, const char *text, size_t size, const char *vintage)
{
	char *out = NULL;
	int code = suite_hearth(suite, &out, "--json", "import", kind, file_of_size(text, size), "--vintage", vintage, NULL);
	ck_assert_msg(code == 1 && out != NULL && out[0] == '\0', "%s took %.40s: %d", kind, text, code);
	free(out);
}

START_TEST(a_file_that_is_no_table_or_breaks_off_changes_nothing)
{
	static const char *const texts[] = {
		"", "\n\n", "pcds;oseast1m;osnrth1m\nZZ7 1AA;1;1\n", "pcds\toseast1m\tosnrth1m\nZZ7 1AA\t1\t1\n", "a,b,c\n1,2,3\n",
		"<html><body>Not found</body></html>\n", "pcds,oseast1m\nZZ7 1AA,1\n",
		"pcds,oseast1m,osnrth1m\nZZ7 1AA,400001,300001\n\"ZZ7 1AB,400001,300001\n", "PK\x03\x04zip",
	};
	char *before = ask("SELECT count(*) FROM providers.postcode");
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		is_no_table("postcodes", texts[i], strlen(texts[i]), "2024");
	is_no_table("postcodes", "\xff\xfep\0c\0d\0s\0", 10, "2024");
	is_no_table("postcodes", "pcds,oseast1m,osnrth1m\nZZ7\0 1AA,1,1\n", 38, "2024");
	is_no_table("adjoining", "authority\tadjoining\n901\t902\n", 28, "2024");
	is_no_table("authorities", "code;name\n901;Northmoor\n", 24, "2024");
	says("SELECT count(*) FROM providers.postcode", before);
	free(before);
}
END_TEST

START_TEST(a_line_of_ten_megabytes_is_refused_by_its_number)
{
	enum { SIZE = 10 << 20 };
	char *text = malloc(SIZE);
	ck_assert_ptr_nonnull(text);
	memset(text, '7', SIZE);
	memcpy(text, "pcds,oseast1m,osnrth1m\nZZ8 1AA,", 31);
	is_no_table("postcodes", text, SIZE, "2024");
	free(text);
	says("SELECT count(*) FROM providers.postcode WHERE postcode LIKE 'ZZ8%'", "0");
}
END_TEST

START_TEST(a_dry_run_changes_nothing_and_an_import_without_a_vintage_is_not_begun)
{
	const char *path = strdup(file_of("pcds,oseast1m,osnrth1m\nZZ8 2AA,400001,300001\n"));
	json_t *totals = import(0, "postcodes", path, "2024", "--dry-run");
	ck_assert(json_is_true(json_object_get(totals, "dryRun")));
	json_decref(totals);
	lies("ZZ8 2AA", NULL);
	static const char *const vintages[] = { "24", "2024-13", "2024-02-30", "May 2024", "2024/05" };
	for (size_t i = 0; i < sizeof vintages / sizeof vintages[0]; i++)
		ck_assert_ptr_null(import(2, "postcodes", path, vintages[i], NULL));
	char *out = NULL;
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "postcodes", path, NULL), 2);
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "postcodes", "--vintage", "2024", NULL), 2);
	ck_assert_int_eq(suite_hearth(suite, &out, "import", "postcodes", path, "--vintage", "2024", "--replace", NULL), 2);
	free((char *)path);
}
END_TEST

START_TEST(what_was_loaded_is_listed_with_its_vintage)
{
	char *out = NULL;
	ck_assert_int_eq(suite_hearth(suite, &out, "--json", "call", "providers/ListPublished", "{}", NULL), 0);
	json_t *reply = json_loads(out, 0, NULL);
	const json_t *loads = json_object_get(reply, "loads");
	ck_assert_uint_eq(json_array_size(loads), 11);
	const char *table, *vintage;
	ck_assert_int_eq(json_unpack(json_array_get(loads, 0), "{s:s, s:s}", "table", &table, "vintage", &vintage), 0);
	ck_assert_str_eq(table, "ADJOINING");
	ck_assert_str_eq(vintage, "2023");
	json_decref(reply);
	free(out);
}
END_TEST

/* Pairs of made-up codes from the `from`-th on, five hundred, as a request. */
static int call_with_pairs(int from)
{
	static char text[64000];
	size_t used = (size_t)snprintf(text, sizeof text, "{\"vintage\": \"2024\", \"pairs\": [");
	for (int i = from; i < from + 500; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s{\"authority\": \"%03d\", \"adjoining\": \"%03d\"}",
		                         i > from ? "," : "", i % 400, 400 + i / 400);
	snprintf(text + used, sizeof text - used, "]}");
	char *out = NULL, argument[410];
	snprintf(argument, sizeof argument, "@%s", file_of(text));
	int code = suite_hearth(suite, &out, "--json", "call", "providers/ImportAdjoining", argument, NULL);
	free(out);
	return code;
}

START_TEST(pairs_have_a_bound_that_only_a_whole_table_lifts)
{
	for (int i = 0; i < 19; i++)
		ck_assert_int_eq(call_with_pairs(500 * i), 0);
	ck_assert_int_eq(call_with_pairs(9500), 1);
	ck_assert_int_eq(call_with_pairs(9000), 0);
	says("SELECT count(*) FROM providers.adjoining WHERE authority < '400'", "9500");
}
END_TEST

int main(void)
{
	static const struct check_options options = { .setup = start_suite, .teardown = stop_suite, .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "tables", councils_are_loaded_once_and_keep_what_they_are_called,
	                       rows_that_are_no_councils_are_passed_over_and_wrong_ones_said,
	                       pairs_are_known_by_code_ons_code_or_name_in_either_direction,
	                       a_half_list_takes_nothing_away_and_what_was_not_understood_is_said,
	                       a_table_is_replaced_by_a_whole_one_alone_and_what_goes_is_kept_aside,
	                       postcodes_of_every_publisher_are_found_by_their_columns,
	                       a_postcode_keeps_what_a_later_vintage_said_and_twice_changes_nothing,
	                       rows_that_are_no_postcodes_are_said_without_showing_one,
	                       a_homes_postcode_gives_its_place_and_is_not_kept,
	                       the_synthetic_region_is_marked_and_taken_whole_and_twice_changes_nothing,
	                       contracts_of_the_region_are_loaded_and_twice_changes_nothing,
	                       rows_of_contracts_that_do_not_fit_are_said_and_the_others_loaded,
	                       a_file_that_is_no_table_or_breaks_off_changes_nothing,
	                       a_line_of_ten_megabytes_is_refused_by_its_number,
	                       a_dry_run_changes_nothing_and_an_import_without_a_vintage_is_not_begun,
	                       what_was_loaded_is_listed_with_its_vintage,
	                       pairs_have_a_bound_that_only_a_whole_table_lifts);
}
