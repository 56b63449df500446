/* test_processes.c: what is promised of a service's process and of many of them: one application thread and four
 * connections; a lookup waits neither for a report nor for a commit; a process that hangs is passed over; services do
 * not need each other. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearth/clock.h>
#include <hearth/placements/v1/placements.pb-c.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "catalogue.h"
#include "tables.h"
#include "world.h"

#define AUTHORITY "951"

static struct suite *suite;

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .instances = 2 });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

static json_t *call(const char *service, const char *method, const char *request)
{
	struct world_answer answer = world_ask(suite, AUTHORITY, catalogue_find(service, method), request, NULL);
	ck_assert_msg(answer.reply != NULL, "%s: %s %s", method, answer.status.reason, answer.status.message);
	return answer.reply;
}

static void new_child(char ret_id[64])
{
	json_t *reply = call("placements", "CreateChild", "{\"sex\":\"F\"}");
	snprintf(ret_id, 64, "%s", json_at(reply, "child.id"));
	json_decref(reply);
}

/* ---- threads and connections ---- */

/* Threads of the process that are not libzmq's own (it names them ZMQbg/...). */
static int threads_of(pid_t pid)
{
	char path[64], name[32];
	int count = 0;
	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);
	ck_assert_ptr_nonnull(tasks);
	for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
		char file[400];
		if (task->d_name[0] == '.')
			continue;
		snprintf(file, sizeof file, "%s/%s/comm", path, task->d_name);
		FILE *comm = fopen(file, "r");
		ck_assert_ptr_nonnull(comm);
		name[0] = '\0';
		ck_assert_ptr_nonnull(fgets(name, sizeof name, comm));
		fclose(comm);
		count += strncmp(name, "ZMQbg", 5) != 0;
	}
	closedir(tasks);
	return count;
}

START_TEST(a_process_has_one_thread_and_four_connections)
{
	for (const char *const *service = catalogue_services; *service != NULL; service++) {
		char sql[200];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
		         "AND usename = 'hearth_%s'", *service);
		ck_assert_int_eq(tables_number(suite, sql), 4 * suite_instances(suite));
		for (int i = 0; i < suite_instances(suite); i++)
			ck_assert_int_eq(threads_of(suite_pid(suite, *service, i)), 1);
	}
}
END_TEST

/* ---- lanes ---- */

static void in_database(const char *sql)
{
	PGresult *result = PQexec(tables_db(suite), sql);
	ExecStatusType state = PQresultStatus(result);
	ck_assert_msg(state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK, "%s", PQresultErrorMessage(result));
	PQclear(result);
}

struct waited { bool answered; enum hearth_code code; };

static void note_answer(void *context, const struct hearth_reply *reply)
{
	*(struct waited *)context = (struct waited){ true, reply->status.code };
}

static void send(const char *method, const ProtobufCMessage *request, struct waited *waited)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const struct hearth_call_options options = { .timeout_ms = 10000 };
	*waited = (struct waited){ false, HEARTH_OK };
	ck_assert_int_eq(hearth_client_send(world_client(suite, AUTHORITY), method, request, &options, note_answer, waited,
	                                    &status), 0);
}

/* The slow lane waits for a table that is locked, the write lane for the writer lock; lookups come and go. */
START_TEST(a_lookup_waits_neither_for_a_report_nor_for_a_commit)
{
	Hearth__Placements__V1__ListCodesRequest list = HEARTH__PLACEMENTS__V1__LIST_CODES_REQUEST__INIT;
	Hearth__Placements__V1__CreateChildRequest create = HEARTH__PLACEMENTS__V1__CREATE_CHILD_REQUEST__INIT;
	struct waited reports[8], writes[8];
	char child[64], request[128];
	new_child(child);
	snprintf(request, sizeof request, "{\"childId\":\"%s\"}", child);
	in_database("BEGIN; LOCK TABLE placements.code IN ACCESS EXCLUSIVE MODE; LOCK TABLE placements.request IN EXCLUSIVE MODE");
	for (int i = 0; i < 8; i++) {
		send("hearth.placements.v1.Placements/ListCodes", &list.base, &reports[i]);
		send("hearth.placements.v1.Placements/CreateChild", &create.base, &writes[i]);
	}
	hearth_client_run(world_client(suite, AUTHORITY), 100);
	int64_t from_us = hearth_clock_mono();
	for (int i = 0; i < 5; i++)
		json_decref(call("placements", "GetChild", request));
	int64_t took_us = hearth_clock_mono() - from_us;
	for (int i = 0; i < 8; i++)
		ck_assert_msg(!reports[i].answered && !writes[i].answered, "nothing was waited for: the test proves nothing");
	in_database("ROLLBACK");
	ck_assert_int_lt(took_us, 1000000);
	for (int turns = 0; turns < 100 && hearth_client_run(world_client(suite, AUTHORITY), 100) > 0; turns++)
		continue;
	for (int i = 0; i < 8; i++)
		ck_assert_msg(reports[i].code == HEARTH_OK && writes[i].code == HEARTH_OK, "%d %d", reports[i].code, writes[i].code);
}
END_TEST

/* ---- processes ---- */

START_TEST(a_process_that_hangs_is_passed_over_and_used_again_when_it_answers)
{
	char child[64], request[128];
	new_child(child);
	snprintf(request, sizeof request, "{\"childId\":\"%s\"}", child);
	Hearth__Placements__V1__GetChildRequest get = HEARTH__PLACEMENTS__V1__GET_CHILD_REQUEST__INIT;
	get.child_id = child;
	struct waited first[8];
	ck_assert_int_eq(suite_signal(suite, "placements", 1, SIGSTOP), 0);
	for (int i = 0; i < 8; i++)
		send("hearth.placements.v1.Placements/GetChild", &get.base, &first[i]);
	hearth_client_run(world_client(suite, AUTHORITY), 1500);
	int64_t from_us = hearth_clock_mono();
	for (int i = 0; i < 50; i++)
		json_decref(call("placements", "GetChild", request));
	int64_t took_us = hearth_clock_mono() - from_us;
	ck_assert_int_eq(suite_signal(suite, "placements", 1, SIGCONT), 0);
	ck_assert_int_lt(took_us, 2000000);
	for (int turns = 0; turns < 100 && hearth_client_run(world_client(suite, AUTHORITY), 100) > 0; turns++)
		continue;
	for (int i = 0; i < 8; i++)
		ck_assert_msg(first[i].answered && first[i].code == HEARTH_OK, "call %d: code %d", i, first[i].code);
}
END_TEST

/* What a test starts again ends with the test's process: so this one has a suite of its own. */
START_TEST(services_go_on_without_each_other_and_catch_up)
{
	static const char *const away[] = { "finance", "careleavers", "providers", "referrals" };
	char child[64], request[400];
	struct suite *shared = suite;
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK });
	ck_assert_ptr_nonnull(suite);
	for (size_t i = 0; i < sizeof away / sizeof away[0]; i++)
		for (int k = 0; k < suite_instances(suite); k++)
			ck_assert_int_eq(suite_end_process(suite, away[i], k), 0);
	new_child(child);
	snprintf(request, sizeof request, "{\"childId\":\"%s\",\"plannedStart\":\"2024-06-01\",\"placementType\":\"U6\","
	         "\"weeklyFee\":{\"pence\":\"70000\"}}", child);
	json_t *planned = call("placements", "PlanPlacement", request);
	snprintf(request, sizeof request, "{\"placementId\":\"%s\"}", json_at(planned, "placement.id"));
	json_decref(planned);
	json_decref(call("placements", "StartPlacement", request));
	for (size_t i = 0; i < sizeof away / sizeof away[0]; i++)
		for (int k = 0; k < suite_instances(suite); k++)
			ck_assert_int_eq(suite_restart_process(suite, away[i], k), 0);
	tables_settle(suite);
	json_decref(call("finance", "LookupAgreement", request));
	snprintf(request, sizeof request, "{\"childId\":\"%s\"}", child);
	json_decref(call("careleavers", "GetYoungPerson", request));
	ck_assert_int_eq(suite_stop(&suite), 0);
	suite = shared;
}
END_TEST

START_TEST(a_short_statement_timeout_does_not_keep_a_process_from_preparing)
{
	static const char *const services[] = { "placements", NULL }, *const flags[] = { "--statement-timeout", "10", NULL };
	struct suite *other = suite_start(&(struct suite_options){ .services = services, .flags = flags });
	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(suite_stop(&other), 0);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 90 };
	return CHECK_MAIN_WITH(&options, "processes", a_short_statement_timeout_does_not_keep_a_process_from_preparing,
	                       a_process_has_one_thread_and_four_connections,
	                       a_lookup_waits_neither_for_a_report_nor_for_a_commit,
	                       a_process_that_hangs_is_passed_over_and_used_again_when_it_answers,
	                       services_go_on_without_each_other_and_catch_up);
}
