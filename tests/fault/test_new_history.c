/* test_new_history.c: while journeys run and programs are killed, the schema of placements is dumped and restored into a
 * new cluster, by the steps of `hearth help migrate`. Its consumers stop and say so; after --new-history there and
 * --follow-history here they go on. Days later it is moved back; at the end the tables tell one true story.
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

#define JOURNEYS 60
#define AT_ONCE 30
#define DAY_THERE 2
#define DAY_BACK 6
#define WAIT_US INT64_C(30000000)
#define MOVED "placements"

static int on_the_day(struct fault_run *at);
static struct fault_run run = { .journeys = JOURNEYS, .at_once = AT_ONCE, .seed = 11, .limit_s = 200, .kill = true,
	                            .morning = on_the_day };
static struct support_pg *other;
static const char *new_admin;

/* Those that run: some may have been drained or killed just before. */
static void end_placements(void)
{
	for (int i = 0; i < suite_instances(run.suite); i++)
		if (suite_runs(run.suite, MOVED, i))
			ck_assert_int_eq(suite_end_process(run.suite, MOVED, i), 0);
}

/* As its operator would, by the service's own URL. */
static void start_placements(const char *url)
{
	suite_set_database(run.suite, MOVED, url);
	for (int i = 0; i < suite_instances(run.suite); i++)
		ck_assert_int_eq(suite_restart_process(run.suite, MOVED, i), 0);
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

/* ---- what there is, before and after ---- */

/* How many rows each table of the schema has. To be freed. */
static char *rows_of(const char *url)
{
	PGconn *db = PQconnectdb(url);
	PGresult *result = PQexec(db,
		"SELECT string_agg(c.relname || ' ' || (xpath('/row/n/text()', query_to_xml("
		"  format('SELECT count(1) AS n FROM placements.%I', c.relname), false, true, '')))[1]::text, E'\n' ORDER BY c.relname)"
		" FROM pg_class c WHERE c.relnamespace = 'placements'::regnamespace AND c.relkind IN ('r', 'p')"
		"  AND c.relname <> 'consumer_turn'");
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1, "%s", PQresultErrorMessage(result));
	char *rows = strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(db);
	return rows;
}

/* Nobody writes: what was restored is what was dumped, partitions, audit, seals, cursors and decisions too. */
static void dump_restore_compare(const char *from, const char *to)
{
	static const char *const wanted[] = { "\noutbox_2 ", "\ncursor 1\n", "\nparked_decision 1\n" };
	dump_and_restore(from, to);
	char *before = rows_of(from), *after = rows_of(to);
	ck_assert_str_eq(before, after);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		ck_assert_msg(strstr(after, wanted[i]) != NULL, "there is no '%s'", wanted[i] + 1);
	ck_assert_ptr_null(strstr(after, "\naudit_seal 0\n"));
	free(before);
	free(after);
}

/* There is one within a second or so of the first audited write, so that there is one to move. */
static void wait_for_a_seal(void)
{
	int64_t until_us = hearth_clock_mono() + WAIT_US;
	PGconn *db = PQconnectdb(suite_admin_url(run.suite));
	bool sealed = false;
	while (!sealed && hearth_clock_mono() < until_us) {
		PGresult *result = PQexec(db, "SELECT 1 FROM placements.audit_seal LIMIT 1");
		sealed = PQntuples(result) == 1;
		PQclear(result);
		usleep(100000);
	}
	PQfinish(db);
	ck_assert_msg(sealed, "nothing was sealed in %d s", (int)(WAIT_US / 1000000));
}

/* A decision about a parked event, so that there is one to move. */
static void decide(void)
{
	query(suite_admin_url(run.suite),
	      "INSERT INTO placements.parked_decision (place, source, seq, event_id, type, subject, authority, parked_at, tries, what,"
	      " code, reason, sqlstate, who, why, at) VALUES (1, 'providers', 1, gen_random_uuid(), 'hearth.place.held.v1', 'x', '999',"
	      " '2025-05-01', 3, 'SKIPPED', 'INTERNAL', 'A_REASON', '22012', 'olga', 'was recorded by hand', '2025-05-01')");
}

/* Writes of another service than the moved one that were acknowledged so far. */
static int done_elsewhere(void)
{
	int count = 0;
	for (size_t i = 0; i < atomic_load(&run.shared->count); i++)
		count += run.shared->writes[i].answer == FAULT_DONE && strcmp(run.shared->writes[i].service, MOVED) != 0;
	return count;
}

/* ---- there and back, journeys running ---- */

/* A story of its own, told once: everybody's cursor is where it was, nobody is asked to hear anything twice. */
static void move_there(void)
{
	const char *old_admin = suite_admin_url(run.suite), *new_url = support_pg_url(other, NULL, "moved");
	wait_for_a_seal();
	decide();
	end_placements();
	ck_assert_int_eq(suite_hearth(run.suite, NULL, "migrate", "--admin-url", new_admin, "--service", MOVED, "--roles-only",
	                              NULL), 0);
	dump_restore_compare(old_admin, new_admin);
	query(old_admin, "SET client_min_messages = error; DROP SCHEMA placements CASCADE");
	start_placements(new_url);
	await_consumers("FOREIGN_EPOCH");
	end_placements();
	char *follow = new_history(new_admin);
	ck_assert_int_eq(suite_hearth(run.suite, NULL, "migrate", "--admin-url", old_admin, "--follow-history", follow, NULL), 0);
	free(follow);
	start_placements(new_url);
	await_consumers("");
}

static void move_back(void)
{
	end_placements();
	dump_restore_compare(new_admin, suite_admin_url(run.suite));
	start_placements(NULL);
	await_consumers("FOREIGN_EPOCH");
	free(new_history(suite_admin_url(run.suite)));
	await_consumers("");
}

static int on_the_day(struct fault_run *at)
{
	if (at->days != DAY_THERE && at->days != DAY_BACK)
		return 0;
	int64_t began_us = hearth_clock_mono();
	int before = done_elsewhere(), finished = atomic_load(&at->shared->finished);
	if (at->days == DAY_THERE)
		move_there();
	else
		move_back();
	printf("new history: moved in %.1f s, day %d; %d writes of others were acknowledged meanwhile, %d of %d journeys over\n",
	       (double)(hearth_clock_mono() - began_us) / 1e6, at->days, done_elsewhere() - before, finished, at->begun);
	ck_assert_int_lt(finished, at->begun);
	ck_assert_int_eq(suite_wait_ready(run.suite, 20000), 0);
	ck_assert_int_eq(suite_hearth(run.suite, NULL, "--timeout", "30", "audit", "verify", MOVED, NULL), 0);
	return 0;
}

START_TEST(a_schema_is_moved_to_a_new_cluster_and_back_while_journeys_run_and_services_are_killed)
{
	struct checker_report report;
	run.pg = support_pg_start_own(NULL);
	other = support_pg_start_own(NULL);
	ck_assert(run.pg != NULL && other != NULL);
	ck_assert_int_eq(support_pg_create_database(other, "moved"), 0);
	new_admin = support_pg_url(other, "hearth", "moved");
	ck_assert_int_eq(fault_run_start(&run), 0);
	ck_assert_int_gt(run.days, DAY_BACK);
	ck_assert_int_eq(checker_run(suite_admin_url(run.suite), run.shared, run.last_day, &report), 0);
	ck_assert_int_eq(fault_run_ask(&run, &report), 0);
	fault_run_tell(&run, &report);
	ck_assert(checker_quiet(&report));
	checker_report_free(&report);
	ck_assert_int_eq(fault_run_end(&run), 0);
	support_pg_stop(&other);
	support_pg_stop(&run.pg);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 300 };
	return CHECK_MAIN_WITH(&options, "new history",
	                       a_schema_is_moved_to_a_new_cluster_and_back_while_journeys_run_and_services_are_killed);
}
