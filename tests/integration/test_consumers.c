/* test_consumers.c: how a consumer applies what it hears when nothing is as it should be: no hint comes, somebody else
 * moved the cursor, an event cannot be applied (test_parking.c has more of that). Events are put into the outbox of
 * placements by hand; careleavers hears. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "catalogue.h"
#include "tables.h"
#include "world.h"

#define AUTHORITY "961"
#define FIRST "0190b3c2-7d1e-7abc-8def-000000000001"

static struct suite *suite;

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

static void in_database(const char *sql)
{
	PGresult *result = PQexec(tables_db(suite), sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s",
	              PQresultErrorMessage(result));
	PQclear(result);
}

/* What placements would tell, but nobody hints at it: only a pull of its own accord finds it. */
static void tell_by_hand(const char *child, const char *payload)
{
	char sql[800];
	snprintf(sql, sizeof sql, "INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, "
	         "authority, time, payload) VALUES ('hearth.child.recorded.v1', 'child', '%s', 1, '%s', '" AUTHORITY "', "
	         "'2024-06-03T09:00:00Z', '%s')", child, child, payload);
	in_database(sql);
}

static long known(const char *child)
{
	char sql[160];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM careleavers.young_person WHERE child_id = '%s'", child);
	return tables_number(suite, sql);
}

static bool comes_to_know(const char *child, int ms)
{
	for (int waited = 0; waited < ms && known(child) == 0; waited += 20)
		usleep(20000);
	return known(child) == 1;
}

START_TEST(without_a_hint_an_event_is_pulled_within_a_second_or_so)
{
	tables_settle(suite);
	tell_by_hand(FIRST, "{\"childId\": \"" FIRST "\", \"sex\": \"F\"}");
	ck_assert(comes_to_know(FIRST, 3000));
}
END_TEST

START_TEST(a_cursor_that_somebody_else_moved_is_not_moved_and_says_so)
{
	tables_settle(suite);
	in_database("BEGIN; INSERT INTO careleavers.cursor (source, epoch, seq) VALUES ('elsewhere', "
	            "'0190b3c2-7d1e-7abc-8def-0123456789ab', 7); SAVEPOINT here");
	static const char *const wrong[] = {
		"'0190b3c2-7d1e-7abc-8def-0123456789ab', 6, 9", "'0190b3c2-7d1e-7abc-8def-0123456789ab', 8, 9",
		"'0190b3c2-7d1e-7abc-8def-0123456789ac', 7, 9", "'0190b3c2-7d1e-7abc-8def-0123456789ab', 0, 9",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char sql[160];
		snprintf(sql, sizeof sql, "SELECT careleavers.cursor_move('elsewhere', %s)", wrong[i]);
		in_database("SET LOCAL search_path = careleavers");
		PGresult *result = PQexec(tables_db(suite), sql);
		ck_assert_int_eq(PQresultStatus(result), PGRES_FATAL_ERROR);
		ck_assert_str_eq(PQresultErrorField(result, PG_DIAG_SQLSTATE), "HC001");
		PQclear(result);
		in_database("ROLLBACK TO here");
	}
	in_database("SET LOCAL search_path = careleavers");
	in_database("SELECT careleavers.cursor_move('elsewhere', '0190b3c2-7d1e-7abc-8def-0123456789ab', 7, 9)");
	ck_assert_int_eq(tables_number(suite, "SELECT seq FROM careleavers.cursor WHERE source = 'elsewhere'"), 9);
	in_database("ROLLBACK");
}
END_TEST

#define MANY "0190b3c2-7d1e-7abc-9def-%"

/* 1,100 children, each told twice, 1,100 events apart: five pages, so that pages are pulled ahead. One on the second
 * cannot be applied: it is parked, and so is the child's second. Each other child's second date counts, and each event
 * has had one effect. */
START_TEST(a_backlog_of_several_pages_is_applied_once_and_in_order_around_an_event_that_fails)
{
	tables_settle(suite);
	in_database("INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, "
	            "payload) SELECT 'hearth.child.recorded.v1', 'child', k.id, t.n, k.id, '" AUTHORITY "', "
	            "'2024-06-03T09:00:00Z', jsonb_build_object('childId', k.id, 'dateOfBirth', jsonb_build_object('value', "
	            "CASE WHEN c.n = 700 AND t.n = 1 THEN '2010-02-30' ELSE '2010-03-0' || t.n END)) "
	            "FROM generate_series(1, 2) t(n) CROSS JOIN generate_series(1, 1100) c(n) CROSS JOIN LATERAL "
	            "(SELECT '0190b3c2-7d1e-7abc-9def-' || lpad(c.n::text, 12, '0') AS id) k ORDER BY t.n, c.n");
	ck_assert(comes_to_know("0190b3c2-7d1e-7abc-9def-000000001100", 20000));
	tables_settle(suite);
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked WHERE key LIKE '%0700'"), 2);
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked"), 2);
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.young_person WHERE child_id::text LIKE '" MANY
	                               "' AND version = 2 AND date_of_birth = '2010-03-02'"), 1099);
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.outbox WHERE aggregateid LIKE '" MANY "'"),
	                 2198);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 90 };
	return CHECK_MAIN_WITH(&options, "consumers", without_a_hint_an_event_is_pulled_within_a_second_or_so,
	                       a_cursor_that_somebody_else_moved_is_not_moved_and_says_so,
	                       a_backlog_of_several_pages_is_applied_once_and_in_order_around_an_event_that_fails);
}
