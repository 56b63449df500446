/* test_new_history.c: the schema of placements is dumped and restored into a new cluster, by the steps of
 * `hearth help migrate`. Its consumers stop and say so; after --new-history there and --follow-history here they go on.
 * Journeys run before and after it; at the end the schema is moved back, and the tables tell one true story.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <libpq-fe.h>

#include <hearth/clock.h>

#include "../support/check_main.h"
#include "../support/spawn.h"
#include "../support/suite_inside.h"
#include "checker.h"
#include "fault.h"

#define BEFORE 6
#define AFTER 6
#define WAIT_US INT64_C(30000000)
#define MOVED "placements"

static struct fault_run run = { .journeys = BEFORE, .later = AFTER, .at_once = 6, .seed = 11, .limit_s = 100 };

static void end_placements(void)
{
	for (int i = 0; i < suite_instances(run.suite); i++)
		ck_assert_int_eq(suite_end_process(run.suite, MOVED, i), 0);
}

/* Starts placements with a database of its own: as its operator would, by the service's own URL. */
static void start_placements(const char *url)
{
	char program[512];
	for (int i = 0; i < suite_instances(run.suite); i++) {
		struct suite_process *process = suite_process(run.suite, MOVED, i);
		const char *const argv[] = { program, "--listen", suite_address(run.suite), "--services", suite_address(run.suite),
			                         "--database-url", url, "--test-clock", run.suite->clock, NULL };
		snprintf(program, sizeof program, "%s/hearth-placements", run.suite->bin);
		process->pid = spawn_program(argv, process->log, -1);
		process->told = process->ended = false;
		ck_assert_int_gt(process->pid, 0);
	}
}

static void shell(const char *script, const char *from, const char *to)
{
	int state = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", script, "sh", from, to, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(child, &state, 0), child);
	ck_assert_msg(state == 0, "%s", script);
}

static void dump_and_restore(const char *from, const char *to)
{
	shell("PATH=$PATH:$(pg_config --bindir 2>/dev/null); export PGOPTIONS='-c client_min_messages=error';"
	      " pg_dump -n placements -d \"$1\" | psql -q -o /dev/null -v ON_ERROR_STOP=1 -d \"$2\"", from, to);
}

static void query(const char *url, const char *sql)
{
	PGconn *db = PQconnectdb(url);
	PGresult *result = PQexec(db, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQresultErrorMessage(result));
	PQclear(result);
	PQfinish(db);
}

/* Why `service` does not apply placements: what its active instance says; "" when it goes on. */
static void why_stopped(const char *service, char ret_why[200])
{
	char *out = NULL;
	size_t i, j;
	json_t *instance, *consumer;
	suite_hearth(run.suite, &out, "status", service, "--json", NULL);
	json_t *root = json_loads(out != NULL ? out : "", 0, NULL);
	snprintf(ret_why, 200, "no active instance");
	json_array_foreach(json_object_get(json_array_get(json_object_get(root, "services"), 0), "instances"), i, instance)
		json_array_foreach(json_object_get(instance, "consumers"), j, consumer) {
			const char *source = json_string_value(json_object_get(consumer, "source"));
			const char *stopped = json_string_value(json_object_get(consumer, "stopped"));
			if (source != NULL && strcmp(source, MOVED) == 0 && json_is_true(json_object_get(consumer, "active")))
				snprintf(ret_why, 200, "%s", stopped != NULL ? stopped : "");
		}
	json_decref(root);
	free(out);
}

static void await_consumers(const char *begins)
{
	static const char *const consumers[] = { "referrals", "providers", "finance", "careleavers", NULL };
	int64_t until_us = hearth_clock_mono() + WAIT_US;
	for (const char *const *service = consumers; *service != NULL; service++) {
		char why[200];
		do
			why_stopped(*service, why);
		while ((begins[0] == '\0' ? why[0] != '\0' : strncmp(why, begins, strlen(begins)) != 0) &&
		       hearth_clock_mono() < until_us);
		ck_assert_msg(begins[0] == '\0' ? why[0] == '\0' : strncmp(why, begins, strlen(begins)) == 0, "%s says '%s'",
		              *service, why);
	}
}

/* The value that the other databases follow. To be freed. */
static char *new_history(const char *url)
{
	char *out = NULL;
	ck_assert_int_eq(suite_hearth(run.suite, &out, "migrate", "--admin-url", url, "--service", MOVED, "--new-history", MOVED,
	                              "--json", NULL), 0);
	json_t *root = json_loads(out, 0, NULL);
	const json_t *history = json_array_get(json_object_get(root, "histories"), 0);
	const char *follow = json_string_value(json_object_get(history, "follow"));
	ck_assert_msg(follow != NULL, "%s", out);
	char *copy = strdup(follow);
	json_decref(root);
	free(out);
	return copy;
}

static void look(void)
{
	struct checker_report report;
	ck_assert_int_eq(checker_run(suite_admin_url(run.suite), run.shared, run.last_day, &report), 0);
	ck_assert_msg(report.count == 0, "%s", report.text);
}

/* A story of its own, told once: everybody's cursor is where it was, nobody is asked to hear anything twice. */
static void move_there(const char *new_admin, const char *new_url)
{
	end_placements();
	ck_assert_int_eq(suite_hearth(run.suite, NULL, "migrate", "--admin-url", new_admin, "--service", MOVED, "--roles-only",
	                              NULL), 0);
	dump_and_restore(suite_admin_url(run.suite), new_admin);
	query(suite_admin_url(run.suite), "SET client_min_messages = error; DROP SCHEMA placements CASCADE");
	start_placements(new_url);
	await_consumers("FOREIGN_EPOCH");
	end_placements();
	char *follow = new_history(new_admin);
	ck_assert_int_eq(suite_hearth(run.suite, NULL, "migrate", "--admin-url", suite_admin_url(run.suite), "--follow-history",
	                              follow, NULL), 0);
	free(follow);
	start_placements(new_url);
	await_consumers("");
}

static void move_back(const char *new_admin)
{
	end_placements();
	dump_and_restore(new_admin, suite_admin_url(run.suite));
	for (int i = 0; i < suite_instances(run.suite); i++)
		ck_assert_int_eq(suite_restart_process(run.suite, MOVED, i), 0);
	await_consumers("FOREIGN_EPOCH");
	free(new_history(suite_admin_url(run.suite)));
	await_consumers("");
}

START_TEST(a_schema_in_a_new_cluster_stops_its_consumers_until_its_history_is_renewed)
{
	ck_assert_int_eq(fault_run_start(&run), 0);
	struct support_pg *other = support_pg_start_own(NULL);
	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(support_pg_create_database(other, "moved"), 0);
	const char *new_admin = support_pg_url(other, "hearth", "moved");
	move_there(new_admin, support_pg_url(other, NULL, "moved"));
	ck_assert_int_eq(fault_run_more(&run, AFTER), 0);
	move_back(new_admin);
	ck_assert_int_eq(fault_run_settle(&run), 0);
	look();
	ck_assert_int_eq(fault_run_end(&run), 0);
	support_pg_stop(&other);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 300 };
	return CHECK_MAIN_WITH(&options, "new history", a_schema_in_a_new_cluster_stops_its_consumers_until_its_history_is_renewed);
}
