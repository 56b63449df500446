/* test_compute.c: what takes long is done in steps, and nobody waits for it: reckonings without a database (the bench's
 * service), and lists, searches and pulls over 10,000 homes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

#include <hearth/arena.h>
#include <hearth/bench/v1/bench.pb-c.h>
#include <hearth/client.h>
#include <hearth/clock.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/status.h>
#include <hearth/v1/common.pb-c.h>

#include "../support/check_main.h"
#include "../support/metrics_text.h"
#include "../support/suite.h"

#define ROLE(name) (UINT32_C(1) << HEARTH__V1__ROLE__##name)
#define HOMES 10000
#define ROWS_A_CALL 200
#define ECHO "hearth.bench.v1.Bench/Echo"
#define RECKON "hearth.bench.v1.Bench/CountRounds"

static struct suite *suite;

static void start_suite(void)
{
	static const char *const services[] = { "providers", NULL }, *const flags[] = { "--statement-timeout", "5000", NULL };
	suite = suite_start(&(struct suite_options){ .services = services, .flags = flags });
	if (suite == NULL)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- the service without a database ---- */

struct bench {
	char directory[64], address[80];
	pid_t pids[2];
	struct hearth_client *client;
};

static pid_t start_server(const struct bench *bench, const char *serve, const char *most)
{
	const char *bin = getenv("HEARTH_BIN");
	char path[512];
	snprintf(path, sizeof path, "%s/bench_echo_server", bin != NULL ? bin : "build/bin");
	char *argv[] = { path, "--services", (char *)bench->address, "--metrics", "", "--log-level", "error",
		             "--serve", (char *)serve, "--compute-most", (char *)most, NULL };
	pid_t pid = fork();
	if (pid == 0) {
		execv(path, argv);
		_exit(127);
	}
	return pid;
}

/* One process, or two with `other`. */
static void start_bench(struct bench *bench, const char *serve, const char *other, const char *most)
{
	static const struct hearth_actor actor = { "officer", "", ROLE(PLACEMENT_OFFICER) };
	struct hearth_status status = HEARTH_STATUS_INIT;
	*bench = (struct bench){ .directory = P_tmpdir "/hearth-compute-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(bench->directory));
	snprintf(bench->address, sizeof bench->address, "ipc://%s", bench->directory);
	bench->pids[0] = start_server(bench, serve, most);
	bench->pids[1] = other != NULL ? start_server(bench, other, most) : -1;
	bench->client = hearth_client_new(NULL, &actor);
	ck_assert_int_eq(hearth_client_locate(bench->client, "bench", bench->address, &status), 0);
	const char *found[4];
	for (int i = 0; i < 100 && hearth_client_instances(bench->client, "bench", found, 4) < (other != NULL ? 2 : 1); i++)
		usleep(50000);
}

static void stop_bench(struct bench *bench)
{
	hearth_client_free(&bench->client);
	for (int i = 0; i < 2; i++) {
		int how = 0;
		if (bench->pids[i] <= 0)
			continue;
		kill(bench->pids[i], SIGTERM);
		waitpid(bench->pids[i], &how, 0);
		ck_assert_int_eq(how, 0);
	}
	ck_assert_int_eq(rmdir(bench->directory), 0);      /* they left nothing behind */
}

struct answer { bool came; struct hearth_status status; int64_t at_us, value, steps; };

static void answered(void *context, const struct hearth_reply *reply)
{
	struct answer *answer = context;
	answer->came = true;
	answer->at_us = hearth_clock_mono();
	answer->status = reply->status;
	if (reply->status.code != HEARTH_OK)
		return;
	Hearth__Bench__V1__CountRoundsResponse *message =
		hearth__bench__v1__count_rounds_response__unpack(NULL, reply->size, reply->payload);
	ck_assert_ptr_nonnull(message);
	answer->value = message->value;
	answer->steps = message->steps;
	hearth__bench__v1__count_rounds_response__free_unpacked(message, NULL);
}

static void reckon(struct bench *bench, int64_t rounds, int timeout_ms, bool once, struct answer *ret_answer)
{
	Hearth__Bench__V1__CountRoundsRequest request = HEARTH__BENCH__V1__COUNT_ROUNDS_REQUEST__INIT;
	const struct hearth_call_options options = { .timeout_ms = timeout_ms, .once = once };
	struct hearth_status status = HEARTH_STATUS_INIT;
	request.rounds = rounds;
	*ret_answer = (struct answer){ .came = false };
	ck_assert_int_eq(hearth_client_send(bench->client, RECKON, &request.base, &options, answered, ret_answer, &status), 0);
}

/* Microseconds that one echo took; aborts the test when it failed. */
static int64_t echo(struct bench *bench)
{
	Hearth__Bench__V1__EchoRequest request = HEARTH__BENCH__V1__ECHO_REQUEST__INIT;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *reply;
	int64_t began_us = hearth_clock_mono();
	int outcome = hearth_client_call(bench->client, ECHO, &request.base, &hearth__bench__v1__echo_response__descriptor, NULL,
	                                 hearth_arena_allocator(arena), &reply, NULL, &status);
	ck_assert_msg(outcome == 0, "%s: %s", status.reason, status.message);
	hearth_arena_free(&arena);
	return hearth_clock_mono() - began_us;
}

/* How many rounds take about `ms` on this machine, now. */
static int64_t rounds_of(struct bench *bench, int ms)
{
	struct answer answer;
	int64_t began_us = hearth_clock_mono();
	reckon(bench, 20000000, 30000, false, &answer);
	while (!answer.came)
		hearth_client_run(bench->client, 1000);
	ck_assert_int_eq(answer.status.code, HEARTH_OK);
	return INT64_C(20000000) * ms * 1000 / (answer.at_us - began_us + 1);
}

static int by_size(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return (a > b) - (a < b);
}

/* Processor time that a process has used: unlike the clock it knows nothing of what else the machine does. */
static int64_t cpu_us_of(pid_t pid)
{
	clockid_t clock;
	struct timespec cpu;
	ck_assert_int_eq(clock_getcpuclockid(pid, &clock), 0);
	ck_assert_int_eq(clock_gettime(clock, &cpu), 0);
	return (int64_t)cpu.tv_sec * 1000000 + cpu.tv_nsec / 1000;
}

START_TEST(a_reckoning_of_a_second_holds_no_call_up)
{
	static int64_t took[20000];
	struct bench bench;
	struct answer answer;
	size_t count = 0;
	start_bench(&bench, "all", NULL, "8");
	int64_t rounds = rounds_of(&bench, 1000), cpu_us = cpu_us_of(bench.pids[0]);
	reckon(&bench, rounds, 60000, false, &answer);
	while (!answer.came && count < 20000)
		took[count++] = echo(&bench);
	cpu_us = cpu_us_of(bench.pids[0]) - cpu_us;
	ck_assert_int_eq(answer.status.code, HEARTH_OK);
	qsort(took, count, sizeof took[0], by_size);
	/* Held for the second it would have been one call; a slice is a millisecond. Wide bounds: other tests run too. */
	ck_assert_msg(count >= 50, "%zu calls were answered beside it", count);
	ck_assert_msg(took[count / 2] < 20000, "the median call took %lld us", (long long)took[count / 2]);
	ck_assert_msg(cpu_us < 2500 * answer.steps, "%lld us of processor time in %lld steps", (long long)cpu_us,
	              (long long)answer.steps);
	stop_bench(&bench);
}
END_TEST

START_TEST(reckonings_take_turns_and_each_is_right)
{
	struct bench bench;
	struct answer alone, answers[4];
	start_bench(&bench, "all", NULL, "8");
	int64_t rounds = rounds_of(&bench, 60);
	reckon(&bench, rounds, 60000, false, &alone);
	while (!alone.came)
		hearth_client_run(bench.client, 100);
	for (int i = 0; i < 4; i++)
		reckon(&bench, rounds, 60000, false, &answers[i]);
	while (!answers[0].came || !answers[1].came || !answers[2].came || !answers[3].came)
		hearth_client_run(bench.client, 100);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(answers[i].status.code, HEARTH_OK);
		ck_assert_int_eq(answers[i].value, alone.value);
		ck_assert_int_gt(answers[i].steps, 1);
	}
	stop_bench(&bench);
}
END_TEST

START_TEST(past_a_bounded_number_at_once_a_reckoning_is_refused)
{
	struct bench bench;
	struct answer answers[3];
	start_bench(&bench, "all", NULL, "2");
	int64_t rounds = rounds_of(&bench, 400);
	for (int i = 0; i < 3; i++)
		reckon(&bench, rounds, 60000, true, &answers[i]);
	while (!answers[0].came || !answers[1].came || !answers[2].came)
		hearth_client_run(bench.client, 100);
	ck_assert_int_eq(answers[0].status.code, HEARTH_OK);
	ck_assert_int_eq(answers[1].status.code, HEARTH_OK);
	ck_assert_int_eq(answers[2].status.code, HEARTH_RESOURCE_EXHAUSTED);
	ck_assert_str_eq(answers[2].status.reason, "TOO_MANY_COMPUTE");
	ck_assert_int_gt(answers[2].status.retry_after_ms, 0);
	reckon(&bench, 1000, 5000, true, &answers[2]);      /* those that ended make room */
	while (!answers[2].came)
		hearth_client_run(bench.client, 100);
	ck_assert_int_eq(answers[2].status.code, HEARTH_OK);
	stop_bench(&bench);
}
END_TEST

START_TEST(a_reckoning_ends_at_its_deadline_and_makes_room)
{
	struct bench bench;
	struct answer answer;
	start_bench(&bench, "all", NULL, "1");
	int64_t rounds = rounds_of(&bench, 20000), began_us = hearth_clock_mono();
	reckon(&bench, rounds, 300, true, &answer);
	while (!answer.came)
		hearth_client_run(bench.client, 100);
	ck_assert_int_eq(answer.status.code, HEARTH_DEADLINE_EXCEEDED);
	ck_assert_int_lt(answer.at_us - began_us, 5000000);
	usleep(50000);
	reckon(&bench, 1000, 5000, true, &answer);          /* the server has ended it too: one at once is all it may do */
	while (!answer.came)
		hearth_client_run(bench.client, 100);
	ck_assert_msg(answer.status.code == HEARTH_OK, "%s", answer.status.message);
	stop_bench(&bench);
}
END_TEST

START_TEST(a_process_that_leaves_finishes_what_it_reckons)
{
	struct bench bench;
	struct answer answer;
	start_bench(&bench, "all", NULL, "8");
	int64_t rounds = rounds_of(&bench, 500);
	reckon(&bench, rounds, 60000, true, &answer);
	hearth_client_run(bench.client, 100);
	ck_assert(!answer.came);
	kill(bench.pids[0], SIGTERM);
	while (!answer.came)
		hearth_client_run(bench.client, 100);
	ck_assert_msg(answer.status.code == HEARTH_OK, "%s", answer.status.message);
	stop_bench(&bench);
}
END_TEST

START_TEST(processes_may_share_out_what_reckons_and_what_does_not)
{
	struct bench bench;
	struct answer answer;
	start_bench(&bench, "compute", "calls", "8");
	for (int i = 0; i < 50; i++)
		echo(&bench);
	for (int i = 0; i < 20; i++) {
		reckon(&bench, 1000, 5000, false, &answer);
		while (!answer.came)
			hearth_client_run(bench.client, 100);
		ck_assert_msg(answer.status.code == HEARTH_OK, "%s", answer.status.message);
	}
	/* The one that reckons is not in the way of the other: a long reckoning leaves its calls as they were. */
	reckon(&bench, rounds_of(&bench, 300), 60000, false, &answer);
	size_t count = 0;
	for (; !answer.came && count < 100000; count++)
		echo(&bench);
	ck_assert_uint_ge(count, 50);
	stop_bench(&bench);
}
END_TEST

START_TEST(what_no_process_serves_is_unavailable_and_says_so)
{
	struct bench bench;
	struct answer answer;
	start_bench(&bench, "calls", NULL, "8");
	echo(&bench);
	reckon(&bench, 1000, 500, true, &answer);
	while (!answer.came)
		hearth_client_run(bench.client, 100);
	ck_assert_int_eq(answer.status.code, HEARTH_UNAVAILABLE);
	ck_assert_str_eq(answer.status.reason, "NOT_SERVED_HERE");
	stop_bench(&bench);
}
END_TEST

/* ---- 10,000 homes ---- */

static void import_rows(struct hearth_client *client, int from)
{
	static Hearth__Providers__V1__HomeRow rows[ROWS_A_CALL], *all[ROWS_A_CALL];
	static char keys[ROWS_A_CALL][16];
	Hearth__Providers__V1__ImportHomesRequest request = HEARTH__PROVIDERS__V1__IMPORT_HOMES_REQUEST__INIT;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *reply;
	for (int i = 0; i < ROWS_A_CALL; i++) {
		hearth__providers__v1__home_row__init(&rows[i]);
		snprintf(keys[i], sizeof keys[i], "H%06d", from + i);
		rows[i].provider_key = "P";
		rows[i].provider_name = "A provider";
		rows[i].home_key = keys[i];
		rows[i].name = "A home";
		rows[i].kind = HEARTH__PROVIDERS__V1__HOME_KIND__FOSTERING;
		rows[i].places = 1 + (from + i) % 3;
		all[i] = &rows[i];
	}
	request.system = "compute";
	request.n_rows = ROWS_A_CALL;
	request.rows = all;
	int outcome = hearth_client_call(client, "hearth.providers.v1.Providers/ImportHomes", &request.base,
	                                 &hearth__providers__v1__import_homes_response__descriptor,
	                                 &(struct hearth_call_options){ .timeout_ms = 20000 }, hearth_arena_allocator(arena), &reply,
	                                 NULL, &status);
	ck_assert_msg(outcome == 0, "%s: %s", status.reason, status.message);
	hearth_arena_free(&arena);
}

static void import_homes(void)
{
	struct hearth_client *client = suite_client(suite, "", SUITE_ALL_ROLES);
	for (int from = 0; from < HOMES; from += ROWS_A_CALL)
		import_rows(client, from);
}

static Hearth__Providers__V1__ListHomesResponse *list(struct hearth_client *client, struct hearth_arena *arena, int size,
                                                      const char *token, struct hearth_status *status)
{
	Hearth__Providers__V1__ListHomesRequest request = HEARTH__PROVIDERS__V1__LIST_HOMES_REQUEST__INIT;
	ProtobufCMessage *reply = NULL;
	request.page_size = size;
	request.page_token = (char *)token;
	if (hearth_client_call(client, "hearth.providers.v1.Providers/ListHomes", &request.base,
	                       &hearth__providers__v1__list_homes_response__descriptor,
	                       &(struct hearth_call_options){ .timeout_ms = 20000 }, hearth_arena_allocator(arena), &reply, NULL,
	                       status) < 0)
		return NULL;
	return (Hearth__Providers__V1__ListHomesResponse *)reply;
}

START_TEST(those_who_run_the_suite_may_ask_for_pages_of_ten_thousand)
{
	struct hearth_client *operator = suite_client(suite, "", ROLE(OPERATOR));
	struct hearth_client *commissioner = suite_client(suite, "", ROLE(COMMISSIONER));
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	import_homes();
	Hearth__Providers__V1__ListHomesResponse *all = list(operator, arena, HOMES, "", &status), *small, *rest;
	ck_assert_msg(all != NULL, "%s", status.message);
	ck_assert_uint_eq(all->n_homes, HOMES);
	ck_assert_str_eq(all->next_page_token, "");
	for (size_t i = 1; i < all->n_homes; i++)
		ck_assert_str_lt(all->homes[i - 1]->id, all->homes[i]->id);
	ck_assert_ptr_null(list(commissioner, arena, 501, "", &status));
	ck_assert_str_eq(status.field, "page_size");
	ck_assert_ptr_null(list(operator, arena, HOMES + 1, "", &status));
	/* A page that takes steps ends where it should, and the next begins there. */
	small = list(operator, arena, 7000, "", &status);
	ck_assert_uint_eq(small->n_homes, 7000);
	rest = list(commissioner, arena, 500, small->next_page_token, &status);
	ck_assert_uint_eq(rest->n_homes, 500);
	ck_assert_str_eq(rest->homes[0]->id, all->homes[7000]->id);
	ck_assert_str_eq(rest->homes[0]->name, "A home");
	ck_assert_int_eq(rest->homes[0]->places, all->homes[7000]->places);
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(a_pull_of_a_thousand_is_whole_and_in_order)
{
	struct hearth_client *client = suite_client(suite, "", ROLE(SYSTEM));
	Hearth__Events__V1__PullRequest request = HEARTH__EVENTS__V1__PULL_REQUEST__INIT;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *reply;
	request.page_size = 1000;
	int outcome = hearth_client_call(client, "providers:hearth.events.v1.Events/Pull", &request.base,
	                                 &hearth__events__v1__pull_response__descriptor, NULL, hearth_arena_allocator(arena), &reply,
	                                 NULL, &status);
	ck_assert_msg(outcome == 0, "%s", status.message);
	const Hearth__Events__V1__PullResponse *pulled = (Hearth__Events__V1__PullResponse *)reply;
	ck_assert_uint_eq(pulled->n_events, 1000);
	ck_assert_int_eq(pulled->next, pulled->events[999]->seq);
	for (size_t i = 0; i < pulled->n_events; i++) {
		ck_assert(i == 0 || pulled->events[i - 1]->seq < pulled->events[i]->seq);
		ck_assert_uint_gt(pulled->events[i]->data.len, 0);
	}
	hearth_arena_free(&arena);
}
END_TEST

static size_t outstanding;

static void one_back(void *context, const struct hearth_reply *reply)
{
	ck_assert_msg(reply->status.code == HEARTH_OK, "%s: %s", (const char *)context, reply->status.message);
	outstanding--;
}

static void ask_long(struct hearth_client *client, const char *method, const ProtobufCMessage *request)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const struct hearth_call_options options = { .timeout_ms = 60000 };
	outstanding++;
	ck_assert_msg(hearth_client_send(client, method, request, &options, one_back, (void *)method, &status) == 0, "%s", status.message);
}

START_TEST(a_lookup_waits_for_no_list_search_or_pull)
{
	static int64_t took[20000];
	struct hearth_client *client = suite_client(suite, "", SUITE_ALL_ROLES);
	Hearth__Providers__V1__ListHomesRequest listing = HEARTH__PROVIDERS__V1__LIST_HOMES_REQUEST__INIT;
	Hearth__Providers__V1__FindHomesRequest finding = HEARTH__PROVIDERS__V1__FIND_HOMES_REQUEST__INIT;
	Hearth__Providers__V1__Needs needs = HEARTH__PROVIDERS__V1__NEEDS__INIT;
	Hearth__Providers__V1__GetHomeRequest lookup = HEARTH__PROVIDERS__V1__GET_HOME_REQUEST__INIT;
	Hearth__Events__V1__PullRequest pull = HEARTH__EVENTS__V1__PULL_REQUEST__INIT;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	size_t count = 0;
	listing.page_size = HOMES;
	finding.needs = &needs;
	needs.children = 1;
	pull.page_size = 1000;
	lookup.home_id = list(client, arena, 1, "", &status)->homes[0]->id;
	for (int i = 0; i < 4; i++) {
		ask_long(client, "hearth.providers.v1.Providers/ListHomes", &listing.base);
		ask_long(client, "hearth.providers.v1.Providers/FindHomes", &finding.base);
		ask_long(client, "providers:hearth.events.v1.Events/Pull", &pull.base);
	}
	for (; outstanding > 0 && count < 20000; count++) {
		ProtobufCMessage *reply;
		int64_t began_us = hearth_clock_mono();
		ck_assert_msg(hearth_client_call(client, "hearth.providers.v1.Providers/GetHome", &lookup.base,
		                                 &hearth__providers__v1__get_home_response__descriptor, NULL,
		                                 hearth_arena_allocator(arena), &reply, NULL, &status) == 0, "%s", status.message);
		took[count] = hearth_clock_mono() - began_us;
	}
	qsort(took, count, sizeof took[0], by_size);
	ck_assert_msg(count >= 10, "%zu lookups were answered beside them", count);
	ck_assert_msg(took[count / 2] < 50000, "the median lookup took %lld us", (long long)took[count / 2]);
	hearth_arena_free(&arena);
}
END_TEST

/* Open needs as referrals would have told them. */
static void open_needs(const char *authority, int count)
{
	char sql[700];
	snprintf(sql, sizeof sql, "INSERT INTO providers.need (authority, referral_id, child_id, age, sex, unaccompanied, home_kinds, "
	         "easting, northing, children, opened, updated) SELECT '%s', md5('r' || i)::uuid, md5('c' || i)::uuid, 5 + i %% 10, 'F', "
	         "false, '{}', 400000 + i * 20, 300000 + i * 10, 1, '2024-01-01', '2024-01-01' FROM generate_series(1, %d) i "
	         "ON CONFLICT DO NOTHING", authority, count);
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(connection, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

START_TEST(a_lookup_waits_for_no_queue_of_three_hundred)
{
	static int64_t took[20000];
	struct hearth_client *client = suite_client(suite, "901", SUITE_ALL_ROLES);
	Hearth__Providers__V1__MatchQueueRequest queue = HEARTH__PROVIDERS__V1__MATCH_QUEUE_REQUEST__INIT;
	Hearth__Providers__V1__GetHomeRequest lookup = HEARTH__PROVIDERS__V1__GET_HOME_REQUEST__INIT;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	size_t count = 0;
	open_needs("901", 300);
	lookup.home_id = list(client, arena, 1, "", &status)->homes[0]->id;
	ask_long(client, "hearth.providers.v1.Providers/MatchQueue", &queue.base);
	for (; outstanding > 0 && count < 20000; count++) {
		ProtobufCMessage *reply;
		int64_t began_us = hearth_clock_mono();
		ck_assert_msg(hearth_client_call(client, "hearth.providers.v1.Providers/GetHome", &lookup.base,
		                                 &hearth__providers__v1__get_home_response__descriptor, NULL,
		                                 hearth_arena_allocator(arena), &reply, NULL, &status) == 0, "%s", status.message);
		took[count] = hearth_clock_mono() - began_us;
	}
	qsort(took, count, sizeof took[0], by_size);
	ck_assert_msg(count >= 10, "%zu lookups were answered beside it", count);
	ck_assert_msg(took[count / 2] < 50000, "the median lookup took %lld us", (long long)took[count / 2]);
	hearth_arena_free(&arena);
}
END_TEST

/* ---- by the loop's own figures ---- */

struct figures { double slices, turns, short_turns; int64_t cpu_us; };

/* A process's own figures: what else the machine does changes neither its slices nor its processor time. */
static struct figures figures_of(const char *service)
{
	char path[160];
	snprintf(path, sizeof path, "%s/metrics", suite_directory(suite));
	char *text = metrics_text_of(path, service);
	struct figures figures = { metrics_value(text, "hearth_task_turns_total"),
	                           metrics_value(text, "hearth_loop_turn_seconds_count"),
	                           metrics_value(text, "hearth_loop_turn_seconds_bucket{le=\"0.0025\"}"),
	                           cpu_us_of(suite_pid(suite, service, 0)) };
	free(text);
	return figures;
}

static void assert_in_slices(struct hearth_client *client, const char *method, const ProtobufCMessage *request)
{
	struct figures before = figures_of("providers");
	for (int i = 0; i < 4; i++)
		ask_long(client, method, request);
	while (outstanding > 0)
		hearth_client_run(client, 100);
	struct figures after = figures_of("providers");
	double slices = after.slices - before.slices, cpu_us = (double)(after.cpu_us - before.cpu_us);
	/* A slice is a millisecond at most; the rest is what the turns do beside it. */
	ck_assert_msg(cpu_us / slices < 2500, "%s: %.0f us of processor time in %.0f slices", method, cpu_us, slices);
	ck_assert_msg((after.short_turns - before.short_turns) / (after.turns - before.turns) > 0.5,
	              "%s: %.0f of %.0f turns took up to 2.5 ms", method, after.short_turns - before.short_turns,
	              after.turns - before.turns);
}

START_TEST(a_turn_does_a_slice_of_a_list_a_search_or_a_pull)
{
	struct hearth_client *client = suite_client(suite, "", SUITE_ALL_ROLES);
	Hearth__Providers__V1__ListHomesRequest listing = HEARTH__PROVIDERS__V1__LIST_HOMES_REQUEST__INIT;
	Hearth__Providers__V1__FindHomesRequest finding = HEARTH__PROVIDERS__V1__FIND_HOMES_REQUEST__INIT;
	Hearth__Providers__V1__Needs needs = HEARTH__PROVIDERS__V1__NEEDS__INIT;
	Hearth__Events__V1__PullRequest pull = HEARTH__EVENTS__V1__PULL_REQUEST__INIT;
	Hearth__Events__V1__SnapshotRequest snapshot = HEARTH__EVENTS__V1__SNAPSHOT_REQUEST__INIT;
	listing.page_size = HOMES;
	finding.needs = &needs;
	needs.children = 1;
	pull.page_size = 1000;
	snapshot.page_size = 500;
	assert_in_slices(client, "hearth.providers.v1.Providers/ListHomes", &listing.base);
	assert_in_slices(client, "hearth.providers.v1.Providers/FindHomes", &finding.base);
	open_needs("901", 300);
	Hearth__Providers__V1__MatchQueueRequest queue = HEARTH__PROVIDERS__V1__MATCH_QUEUE_REQUEST__INIT;
	assert_in_slices(suite_client(suite, "901", SUITE_ALL_ROLES), "hearth.providers.v1.Providers/MatchQueue", &queue.base);
	assert_in_slices(client, "providers:hearth.events.v1.Events/Pull", &pull.base);
	assert_in_slices(client, "providers:hearth.events.v1.Events/Snapshot", &snapshot.base);
}
END_TEST

int main(void)
{
	const struct check_options options = { .setup = start_suite, .teardown = stop_suite, .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "compute", a_reckoning_of_a_second_holds_no_call_up, reckonings_take_turns_and_each_is_right,
	                       past_a_bounded_number_at_once_a_reckoning_is_refused, a_reckoning_ends_at_its_deadline_and_makes_room,
	                       a_process_that_leaves_finishes_what_it_reckons,
	                       processes_may_share_out_what_reckons_and_what_does_not,
	                       what_no_process_serves_is_unavailable_and_says_so,
	                       those_who_run_the_suite_may_ask_for_pages_of_ten_thousand,
	                       a_pull_of_a_thousand_is_whole_and_in_order, a_lookup_waits_for_no_list_search_or_pull,
	                       a_lookup_waits_for_no_queue_of_three_hundred,
	                       a_turn_does_a_slice_of_a_list_a_search_or_a_pull);
}
