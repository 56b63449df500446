/* test_history.c: a service's schema is dumped and restored under running consumers: they stop and say so, and after
 * `hearth migrate --new-history` they go on, nothing lost and nothing twice. */
#include <jansson.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "../support/suite.h"
#include "run_hearth.h"

#define TRIES 150
#define TRY_US 100000

static struct suite *suite;
static PGconn *db;

static void begin(void)
{
	static const char *const services[] = {"placements", "careleavers", NULL};
	suite = suite_start(&(struct suite_options){.services = services, .clock = "2022-04-01T09:00:00Z"});
	ck_assert_ptr_nonnull(suite);
	db = PQconnectdb(suite_admin_url(suite));
	ck_assert_int_eq(PQstatus(db), CONNECTION_OK);
}

static void end(void)
{
	PQfinish(db);
	ck_assert_int_eq(suite_stop(&suite), 0);
}

static long count(const char *sql)
{
	PGresult *result = PQexec(db, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQresultErrorMessage(result));
	long value = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return value;
}

static void wait_for_count(const char *sql, long wanted)
{
	for (int tries = 0; tries < TRIES && count(sql) != wanted; tries++)
		usleep(TRY_US);
	ck_assert_int_eq(count(sql), wanted);
}

static void create_child(void)
{
	ck_assert_int_eq(suite_hearth(suite, NULL, "--authority", "999", "call", "placements/CreateChild",
	                              "{\"dateOfBirth\": {\"value\": \"2005-06-01\"}}", NULL), 0);
}

/* Why careleavers does not apply placements; "" when it does. To be freed. */
static char *why_stopped(void)
{
	char *out = NULL;
	suite_hearth(suite, &out, "status", "careleavers", "--json", NULL);
	json_t *root = json_loads(out != NULL ? out : "", 0, NULL);
	const json_t *instance = json_array_get(
		json_object_get(json_array_get(json_object_get(root, "services"), 0), "instances"), 0);
	const char *why = json_string_value(json_object_get(json_array_get(json_object_get(instance, "consumers"), 0), "stopped"));
	char *copy = strdup(why != NULL ? why : "no answer");
	json_decref(root);
	free(out);
	return copy;
}

static void wait_until_stopped(const char *wanted)
{
	char *why = why_stopped();
	for (int tries = 0; tries < TRIES && (wanted[0] == '\0' ? why[0] != '\0' : strstr(why, wanted) == NULL); tries++) {
		usleep(TRY_US);
		free(why);
		why = why_stopped();
	}
	ck_assert_msg(wanted[0] == '\0' ? why[0] == '\0' : strstr(why, wanted) != NULL, "stopped: \"%s\"", why);
	free(why);
}

/* As an operator does with the service's processes stopped. */
static void dump_and_restore(void)
{
	char dump[] = P_tmpdir "/hearth-dump-XXXXXX";
	int fd = mkstemp(dump);
	ck_assert_int_ge(fd, 0);
	close(fd);
	const char *const argv[] = {"/bin/sh", "-c", "set -e; bin=$(pg_config --bindir); [ -x \"$bin/pg_dump\" ] || bin=/usr/bin; "
	                            "\"$bin/pg_dump\" -n placements -d \"$1\" > \"$2\"; "
	                            "\"$bin/psql\" -q -v ON_ERROR_STOP=1 -d \"$1\" -c 'DROP SCHEMA placements CASCADE' >/dev/null 2>&1; "
	                            "\"$bin/psql\" -q -v ON_ERROR_STOP=1 -d \"$1\" -f \"$2\" >/dev/null; rm \"$2\"",
	                            "restore", suite_admin_url(suite), dump, NULL};
	struct outcome outcome = run_program(argv, NULL);
	ck_assert_msg(outcome.code == 0, "restore: %s", outcome.err);
	outcome_done(&outcome);
}

START_TEST(consumers_of_a_restored_schema_stop_and_go_on_in_the_new_history)
{
	begin();
	create_child();
	wait_for_count("SELECT coalesce(max(seq), 0) FROM careleavers.cursor WHERE source = 'placements'", 1);
	ck_assert_int_ge(suite_end_process(suite, "placements", 0), 0);
	dump_and_restore();
	ck_assert_int_eq(suite_restart_process(suite, "placements", 0), 0);
	ck_assert_int_eq(suite_wait_ready(suite, 30000), 0);
	wait_until_stopped("FOREIGN_EPOCH");
	create_child();
	ck_assert_int_eq(count("SELECT seq FROM careleavers.cursor WHERE source = 'placements'"), 1);
	ck_assert_int_eq(suite_hearth(suite, NULL, "migrate", "--admin-url", suite_admin_url(suite), "--new-history", "placements",
	                              NULL), 0);
	wait_for_count("SELECT seq FROM careleavers.cursor WHERE source = 'placements'", count("SELECT max(seq) FROM "
	               "placements.outbox"));
	wait_until_stopped("");
	ck_assert_int_eq(count("SELECT count(DISTINCT partition_key) FROM careleavers.outbox"), 2);
	ck_assert_int_eq(count("SELECT count(1) FROM careleavers.outbox"), 2);
	end();
}
END_TEST

int main(void)
{
	const struct check_options options = {.timeout = 120};
	return CHECK_MAIN_WITH(&options, "history", consumers_of_a_restored_schema_stop_and_go_on_in_the_new_history);
}
