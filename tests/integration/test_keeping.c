/* test_keeping.c: what a service keeps and what it trims: request ids. Two processes of each service do their chores at
 * the same time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "tables.h"
#include "world.h"

static struct suite *suite;

static void start_suite(void)
{
	static const char *const services[] = { "careleavers", "placements", NULL };
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .services = services, .instances = 2 });
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

/* Waits until the number is the one wanted; the last one seen. */
static long comes_to(const char *sql, long wanted, int ms)
{
	long seen = tables_number(suite, sql);
	for (int waited = 0; waited < ms && seen != wanted; waited += 50) {
		usleep(50000);
		seen = tables_number(suite, sql);
	}
	return seen;
}

/* More than two batches of them, and as many that are a day too young. */
START_TEST(request_ids_older_than_a_week_are_trimmed_and_no_others)
{
	in_database("INSERT INTO placements.request (authority, caller, id, method, payload_hash, result_key, created) "
	            "SELECT '961', 'someone', gen_random_uuid(), 'M', 'h', 'k', a.at FROM generate_series(1, 1200) n, "
	            "(VALUES ('2024-05-27T08:59:59Z'::timestamptz), ('2024-05-27T09:30:00Z')) a(at)");
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.request", 1200, 25000), 1200);
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM placements.request WHERE created < '2024-05-27T09:00:00Z'"), 0);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 90 };
	return CHECK_MAIN_WITH(&options, "keeping", request_ids_older_than_a_week_are_trimmed_and_no_others);
}
