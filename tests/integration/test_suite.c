/* test_suite.c: the harness itself: a suite starts, is killed and started again, is driven in time, and ends. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hearth/control/v1/control.pb-c.h>

#include "../support/check_main.h"
#include "../support/suite.h"

#define CLOCK "2022-04-01T09:00:00Z"

static const char *const services[] = { "placements", "finance", NULL };

static struct suite *start(void)
{
	struct suite *suite = suite_start(&(struct suite_options){ .services = services, .instances = 2, .clock = CLOCK });
	ck_assert_ptr_nonnull(suite);
	return suite;
}

/* The domain time, in seconds, that some instance of the service tells. */
static int64_t seconds_of(struct hearth_client *client, const char *service, const char *instance)
{
	char method[96];
	struct hearth_status status = HEARTH_STATUS_INIT;
	Hearth__Control__V1__GetInstanceRequest request = HEARTH__CONTROL__V1__GET_INSTANCE_REQUEST__INIT;
	const struct hearth_call_options options = { .instance = instance };
	ProtobufCMessage *reply = NULL;
	bool replayed = false;
	snprintf(method, sizeof method, "%s:hearth.control.v1.Control/GetInstance", service);
	int outcome = hearth_client_call(client, method, &request.base, &hearth__control__v1__get_instance_response__descriptor,
	                                 &options, NULL, &reply, &replayed, &status);
	ck_assert_msg(outcome == 0, "%s", status.message);
	int64_t seconds = ((Hearth__Control__V1__GetInstanceResponse *)reply)->now->seconds;
	protobuf_c_message_free_unpacked(reply, NULL);
	return seconds;
}

START_TEST(every_process_serves_and_ends_in_order)
{
	struct suite *suite = start();
	for (size_t i = 0; services[i] != NULL; i++)
		for (int j = 0; j < 2; j++)
			ck_assert(suite_runs(suite, services[i], j));
	pid_t pid = suite_pid(suite, "finance", 1);
	ck_assert_int_eq(suite_end_process(suite, "finance", 1), 0);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(suite_stop(&suite), 0);
	ck_assert_ptr_null(suite);
}
END_TEST

START_TEST(a_killed_process_comes_back)
{
	struct suite *suite = start();
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(suite_kill(suite, "placements", round % 2), 0);
		ck_assert(!suite_runs(suite, "placements", round % 2));
		ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
		ck_assert_int_eq(suite_restart_process(suite, "placements", round % 2), 0);
		ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
	}
	ck_assert_int_eq(suite_stop(&suite), 0);
}
END_TEST

START_TEST(every_clock_is_driven)
{
	struct suite *suite = start();
	const char *endpoints[8];
	ck_assert_int_eq(suite_clock(suite, "2022-06-01T12:00:00Z"), 0);
	struct hearth_client *client = suite_client(suite, "", SUITE_ALL_ROLES);
	for (size_t i = 0; services[i] != NULL; i++) {
		size_t count = hearth_client_instances(client, services[i], endpoints, 8);
		char copies[8][160];
		ck_assert_uint_eq(count, 2);
		for (size_t j = 0; j < count; j++)
			snprintf(copies[j], sizeof copies[j], "%s", endpoints[j]);
		for (size_t j = 0; j < count; j++) {
			int64_t seconds = seconds_of(client, services[i], copies[j]);
			ck_assert_int_ge(seconds, 1654084800);
			ck_assert_int_lt(seconds, 1654084800 + 60);
		}
	}
	/* Forward only. */
	ck_assert_int_eq(suite_clock(suite, "2022-05-01T12:00:00Z"), -1);
	ck_assert_int_eq(suite_stop(&suite), 0);
}
END_TEST

START_TEST(a_process_that_falls_is_noticed)
{
	struct suite *suite = start();
	kill(suite_pid(suite, "finance", 0), SIGABRT);
	while (suite_runs(suite, "finance", 0))
		usleep(10000);
	ck_assert_int_eq(suite_stop(&suite), -1);
}
END_TEST

START_TEST(the_command_line_reaches_it)
{
	char *out = NULL;
	struct suite *suite = start();
	ck_assert_int_eq(suite_hearth(suite, &out, "version", NULL), 0);
	ck_assert_int_eq(strncmp(out, "hearth ", 7), 0);
	free(out);
	ck_assert_int_eq(suite_hearth(suite, &out, "no-such-command", NULL), 2);
	free(out);
	ck_assert_int_eq(suite_stop(&suite), 0);
}
END_TEST

START_TEST(nothing_outlives_the_process_that_started_it)
{
	pid_t pids[4];
	int ready[2];
	ck_assert_int_eq(pipe(ready), 0);
	pid_t starter = fork();
	if (starter == 0) {
		struct suite *suite = suite_start(&(struct suite_options){ .services = services, .instances = 2 });
		if (suite == NULL)
			_exit(1);
		for (size_t i = 0; i < 4; i++)
			pids[i] = suite_pid(suite, services[i / 2], (int)(i % 2));
		if (write(ready[1], pids, sizeof pids) != (ssize_t)sizeof pids)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], pids, sizeof pids), (ssize_t)sizeof pids);
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	kill(starter, SIGKILL);
	waitpid(starter, NULL, 0);
	for (size_t i = 0; i < 4; i++) {
		waitpid(pids[i], NULL, 0);
		ck_assert_int_eq(kill(pids[i], 0), -1);
		ck_assert_int_eq(errno, ESRCH);
	}
	close(ready[0]);
}
END_TEST

int main(void)
{
	const struct check_options options = { .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "suite", every_process_serves_and_ends_in_order, a_killed_process_comes_back,
	                       every_clock_is_driven, a_process_that_falls_is_noticed, the_command_line_reaches_it,
	                       nothing_outlives_the_process_that_started_it);
}
