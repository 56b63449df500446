/* test_ejection.c: instances that are there and do not answer, leave, or are silent: which calls go where, and when. */
#include "../support/check_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearth/client.h>
#include <hearth/clock.h>
#include <hearth/v1/common.pb-c.h>

#include "../../services/runtime/server.h"
#include "echo_servers.h"

#define GET "hearth.echo.v1.Echo/GetIt"
#define PUT "hearth.echo.v1.Echo/PutIt"

static const char *const hosts[2] = { "127.0.0.2", "127.0.0.3" };
static char directory[64], address[128];

/* `count` servers and a client that is connected to all. */
static struct hearth_client *open_servers(bool tcp, int count)
{
	struct hearth_client *client;
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *endpoints[4];

	echo_servers_begin();
	if (tcp) {
		int port = echo_servers_at(hosts, count);

		size_t used = 0;

		for (int i = 0; i < count; i++)
			used += (size_t)snprintf(address + used, sizeof address - used, "%stcp://%s:%d", i ? "," : "", hosts[i], port);
	} else {
		const char *run = getenv("HEARTH_TEST_DIR");

		snprintf(directory, sizeof directory, "%s/eject-XXXXXX", run != NULL && strlen(run) < 40 ? run : P_tmpdir);
		ck_assert_ptr_nonnull(mkdtemp(directory));
		snprintf(address, sizeof address, "ipc://%s", directory);
		for (int i = 0; i < count; i++)
			ck_assert(echo_server_start(i, address));
	}
	client = hearth_client_new(NULL, NULL);
	ck_assert_msg(hearth_client_locate(client, "echo", address, &status) == 0, "%s", status.message);
	for (int i = 0; i < 20 && hearth_client_instances(client, "echo", endpoints, 4) < (size_t)count; i++)
		usleep(50000);
	ck_assert_uint_eq(hearth_client_instances(client, "echo", endpoints, 4), (size_t)count);
	return client;
}

static void close_servers(struct hearth_client **client)
{
	struct hearth_client *last = hearth_client_new(NULL, NULL);
	struct hearth_status status = HEARTH_STATUS_INIT;

	hearth_client_free(client);
	echo_servers_end();
	if (*directory)
		hearth_client_locate(last, "echo", address, &status);       /* removes the files of the dead */
	hearth_client_free(&last);
	hearth_zmq_end();
	if (*directory)
		rmdir(directory);
}

/* ---- calls ---- */

struct call {
	bool answered;
	enum hearth_code code;
	int64_t sent_us, took_us;
	char message[200];
};

static void answered(void *context, const struct hearth_reply *reply)
{
	struct call *call = context;

	call->answered = true;
	call->code = reply->status.code;
	call->took_us = hearth_clock_mono() - call->sent_us;
	hearth_text_copy(call->message, sizeof call->message, reply->status.message);
}

static void begin_call(struct hearth_client *client, struct call *call, const char *method, int timeout_ms)
{
	Hearth__V1__ExternalId request = HEARTH__V1__EXTERNAL_ID__INIT;
	struct hearth_call_options options = { .timeout_ms = timeout_ms };
	struct hearth_status status = HEARTH_STATUS_INIT;

	*call = (struct call){ .sent_us = hearth_clock_mono() };
	ck_assert_msg(hearth_client_send(client, method, &request.base, &options, answered, call, &status) == 0, "%s", status.message);
}

static void finish_calls(struct hearth_client *client, int ms)
{
	ck_assert_uint_eq(hearth_client_run(client, ms), 0);
}

static void one_call(struct hearth_client *client, struct call *call, const char *method, int timeout_ms)
{
	begin_call(client, call, method, timeout_ms);
	finish_calls(client, timeout_ms + 1000);
}

static void no_call_fails(const struct call *calls, int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_msg(calls[i].answered && calls[i].code == HEARTH_OK, "call %d: code %d %s", i, calls[i].code, calls[i].message);
}

static int seen(int number)
{
	return atomic_load(&echo_servers[number].seen);
}

/* Until the server is called again. */
static bool is_used_again(struct hearth_client *client, int number, int ms)
{
	int before = seen(number);
	struct call call;

	for (int64_t until = hearth_clock_mono() + (int64_t)ms * 1000; seen(number) == before && hearth_clock_mono() < until;) {
		one_call(client, &call, GET, 2000);
		no_call_fails(&call, 1);
		usleep(5000);
	}
	return seen(number) > before;
}

static void hang_and_come_back(bool tcp)
{
	struct hearth_client *client = open_servers(tcp, 2);
	struct call calls[40];
	int64_t longest = 0;
	struct hearth_uuid id;

	atomic_store(&echo_servers[0].hang_ms, 3500);
	for (int i = 0; i < 40; i++)
		begin_call(client, &calls[i], i % 2 ? GET : PUT, 3000);      /* its loop stands longer than they may take */
	int64_t from = hearth_clock_mono();
	finish_calls(client, 4000);
	no_call_fails(calls, 40);
	for (int i = 0; i < 40; i++)
		longest = calls[i].took_us > longest ? calls[i].took_us : longest;
	ck_assert_int_gt(longest, 950000);      /* some were there: else nothing was shown */
	/* While it hangs calls go to the other, at once; a write that was moved kept its request id. */
	id = echo_servers[1].last_id;
	ck_assert(!hearth_uuid_is_nil(&id));
	while (hearth_clock_mono() - from < 2500000) {
		one_call(client, &calls[0], GET, 2000);
		no_call_fails(calls, 1);
		ck_assert_int_lt(calls[0].took_us, 900000);
		usleep(20000);
	}
	ck_assert_msg(is_used_again(client, 0, 6000), "it answers again and is not called");
	ck_assert_int_gt(atomic_load(&echo_servers[0].checks), 0);
	ck_assert_uint_ge(hearth_client_ejections(client), 1);
	close_servers(&client);
}

START_TEST(a_hung_loop_loses_its_calls_to_others_and_is_used_again_over_ipc)
{
	hang_and_come_back(false);
}
END_TEST

START_TEST(a_hung_loop_loses_its_calls_to_others_and_is_used_again_over_tcp)
{
	hang_and_come_back(true);
}
END_TEST

START_TEST(a_slow_call_is_no_hung_loop)
{
	struct hearth_client *client = open_servers(false, 2);
	struct call calls[2];

	for (int i = 0; i < 2; i++)
		atomic_store(&echo_servers[i].hold_ms, 2600);
	for (int i = 0; i < 2; i++)
		begin_call(client, &calls[i], PUT, 5000);
	finish_calls(client, 6000);
	no_call_fails(calls, 2);
	ck_assert_int_gt(calls[0].took_us, 2500000);
	ck_assert_int_eq(seen(0) + seen(1), 2);                          /* nobody was asked twice */
	ck_assert_int_gt(atomic_load(&echo_servers[0].checks), 0);       /* but asked whether it lives */
	ck_assert_uint_eq(hearth_client_ejections(client), 0);
	close_servers(&client);
}
END_TEST

START_TEST(the_only_instance_keeps_its_calls_while_it_hangs)
{
	struct hearth_client *client = open_servers(false, 1);
	struct call first, later;

	atomic_store(&echo_servers[0].hang_ms, 2000);
	begin_call(client, &first, PUT, 5000);
	hearth_client_run(client, 1500);
	begin_call(client, &later, GET, 5000);
	finish_calls(client, 6000);
	no_call_fails(&first, 1);
	no_call_fails(&later, 1);
	ck_assert_int_eq(seen(0), 2);
	/* With nobody left a call that was never sent says so, and one that was is not said to have failed. */
	atomic_store(&echo_servers[0].hang_ms, 4000);
	begin_call(client, &first, PUT, 2000);
	hearth_client_run(client, 1500);
	begin_call(client, &later, PUT, 300);
	finish_calls(client, 6000);
	ck_assert_int_eq(first.code, HEARTH_UNKNOWN);
	ck_assert_int_eq(later.code, HEARTH_UNAVAILABLE);
	ck_assert_msg(strstr(later.message, "do not answer") != NULL, "%s", later.message);
	close_servers(&client);
}
END_TEST

START_TEST(what_a_draining_instance_refuses_is_answered_by_another_at_once)
{
	struct hearth_client *client = open_servers(false, 2);
	struct call calls[20];

	for (int i = 0; i < 20; i++)
		begin_call(client, &calls[i], GET, 2000);
	finish_calls(client, 3000);
	ck_assert_int_gt(seen(0), 0);
	ck_assert_int_gt(seen(1), 0);
	atomic_store(&echo_servers[0].drain, true);
	usleep(100000);
	int before = seen(0);
	/* Too little time for any waiting in between. */
	for (int i = 0; i < 20; i++)
		begin_call(client, &calls[i], i % 2 ? PUT : GET, 180);
	finish_calls(client, 3000);
	no_call_fails(calls, 20);
	ck_assert_int_eq(seen(0), before);
	close_servers(&client);
}
END_TEST

static size_t connected(struct hearth_client *client)
{
	const char *endpoints[4];

	hearth_client_run(client, 50);
	return hearth_client_instances(client, "echo", endpoints, 4);
}

START_TEST(a_host_that_says_nothing_is_disconnected_and_comes_back)
{
	struct hearth_client *client = open_servers(true, 2);
	int64_t from = hearth_clock_mono();

	/* Stopped with ZeroMQ's own thread: nobody answers heartbeats, the connection stands. No call is outstanding. */
	ck_assert_int_eq(kill(echo_servers[0].pid, SIGSTOP), 0);
	while (connected(client) == 2 && hearth_clock_mono() - from < 10000000)
		usleep(50000);
	ck_assert_uint_eq(connected(client), 1);
	ck_assert_int_gt(hearth_clock_mono() - from, 2500000);
	kill(echo_servers[0].pid, SIGCONT);
	for (from = hearth_clock_mono(); connected(client) == 1 && hearth_clock_mono() - from < 10000000;)
		usleep(50000);
	ck_assert_uint_eq(connected(client), 2);
	ck_assert(is_used_again(client, 0, 3000));
	close_servers(&client);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 60 };

	return CHECK_MAIN_WITH(&options, "ejection", a_hung_loop_loses_its_calls_to_others_and_is_used_again_over_ipc,
	                       a_hung_loop_loses_its_calls_to_others_and_is_used_again_over_tcp, a_slow_call_is_no_hung_loop,
	                       the_only_instance_keeps_its_calls_while_it_hangs,
	                       what_a_draining_instance_refuses_is_answered_by_another_at_once,
	                       a_host_that_says_nothing_is_disconnected_and_comes_back);
}
