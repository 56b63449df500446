/* test_checker.c: the checker of tests/fault is itself tested: quiet on a run without faults, and each kind of fault that
 * is planted into that run's tables makes it name the fault.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "../support/check_main.h"
#include "checker.h"
#include "checker_sql.h"
#include "fault.h"
#include "plants.h"

#define JOURNEYS 24
#define AT_ONCE 12
#define SEED 7

static struct fault_run run = { .journeys = JOURNEYS, .at_once = AT_ONCE, .seed = SEED, .limit_s = 120 };

static void start_run(void)
{
	if (fault_run_start(&run) != 0)
		abort();
}

static void end_run(void)
{
	fault_run_end(&run);
}

static PGconn *begin(void)
{
	PGconn *db = PQconnectdb(suite_admin_url(run.suite));
	ck_assert_int_eq(PQstatus(db), CONNECTION_OK);
	PGresult *result = PQexec(db, "BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL client_min_messages = error");
	ck_assert_int_eq(PQresultStatus(result), PGRES_COMMAND_OK);
	PQclear(result);
	return db;
}

/* The answers to spoil: a copy, since a plant may only change what is rolled back. */
static struct fault_shared *copy_answers(void)
{
	struct fault_shared *copy = malloc(run.shared->bytes);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, run.shared, run.shared->bytes);
	return copy;
}

static void make_answers(PGconn *db)
{
	PGresult *result = PQexec(db, "CREATE TEMP TABLE acknowledged_before (id uuid PRIMARY KEY, answer text) ON COMMIT DROP");
	PQclear(result);
	for (size_t i = 0; i < atomic_load(&run.shared->count); i++) {
		const char *const values[] = { run.shared->writes[i].request_id };
		PQclear(PQexecParams(db, "INSERT INTO acknowledged_before VALUES ($1, NULL)", 1, NULL, values, NULL, NULL, 0));
	}
}

static void take_answers(PGconn *db, struct fault_shared *answers)
{
	PGresult *rows = PQexec(db, "SELECT id, answer FROM acknowledged_before WHERE answer IS NOT NULL");
	for (int row = 0; row < PQntuples(rows); row++)
		for (size_t i = 0; i < atomic_load(&answers->count); i++)
			if (strcmp(answers->writes[i].request_id, PQgetvalue(rows, row, 0)) == 0)
				answers->writes[i].answer = PQgetvalue(rows, row, 1)[0] == 'P' ? FAULT_PENDING : FAULT_REFUSED;
	PQclear(rows);
}

/* A line of the report that begins with the check's name and holds the id. */
static bool named(const struct checker_report *report, const char *check, const char *id)
{
	for (const char *line = report->text; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1) {
		const char *found = strstr(line, id);
		if (strncmp(line, check, strlen(check)) == 0 && line[strlen(check)] == ':' && found != NULL &&
		    found < strchr(line, '\n'))
			return true;
	}
	return false;
}

static void plant_and_look(size_t i)
{
	const struct plant *plant = &plants[i];
	struct checker_report report;
	PGconn *db = begin();
	struct fault_shared *answers = copy_answers();
	make_answers(db);
	PGresult *planted = PQexec(db, plant->sql);
	ck_assert_msg(PQresultStatus(planted) == PGRES_TUPLES_OK && PQntuples(planted) >= 1, "plant %zu (%s) found no ground: %s",
	              i, plant->check, PQresultErrorMessage(planted));
	take_answers(db, answers);
	ck_assert_int_eq(checker_look(db, answers, run.last_day, &report), 0);
	bool said = named(&report, plant->check, PQgetvalue(planted, 0, 0));
	if (!said)
		checker_quiet(&report);
	ck_assert_msg(said, "plant %zu: nobody says '%s' of %s", i, plant->check, PQgetvalue(planted, 0, 0));
	checker_report_free(&report);
	PQclear(planted);
	PQfinish(db);
	free(answers);
}

START_TEST(the_checker_is_quiet_on_a_run_without_faults)
{
	struct checker_report report;
	ck_assert_int_eq(checker_run(suite_admin_url(run.suite), run.shared, run.last_day, &report), 0);
	ck_assert(checker_quiet(&report));
}
END_TEST

START_TEST(each_planted_fault_is_named)
{
	for (size_t i = 0; plants[i].check != NULL; i++)
		plant_and_look(i);
}
END_TEST

static bool has_plant(const char *check)
{
	for (const struct plant *plant = plants; plant->check != NULL; plant++)
		if (strcmp(plant->check, check) == 0)
			return true;
	return false;
}

START_TEST(every_check_has_a_plant)
{
	for (const struct checker_query *query = checker_writes; query->name != NULL; query++)
		ck_assert_msg(has_plant(query->name), "%s", query->name);
	for (const struct checker_query *query = checker_events; query->name != NULL; query++)
		ck_assert_msg(has_plant(query->name), "%s", query->name);
}
END_TEST

START_TEST(a_consumer_that_lags_is_waited_for)
{
	char why[256];
	ck_assert(checker_caught_up(suite_admin_url(run.suite), run.last_day, why, sizeof why));
	PGconn *db = PQconnectdb(suite_admin_url(run.suite));
	PQclear(PQexec(db, "UPDATE careleavers.cursor SET seq = seq - 1"));
	ck_assert(!checker_caught_up(suite_admin_url(run.suite), run.last_day, why, sizeof why));
	ck_assert_ptr_nonnull(strstr(why, "careleavers has applied placements"));
	PQclear(PQexec(db, "UPDATE careleavers.cursor SET seq = seq + 1"));
	PQfinish(db);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .setup = start_run, .teardown = end_run, .timeout = 200 };
	return CHECK_MAIN_WITH(&options, "checker", the_checker_is_quiet_on_a_run_without_faults, each_planted_fault_is_named,
	                       every_check_has_a_plant, a_consumer_that_lags_is_waited_for);
}
