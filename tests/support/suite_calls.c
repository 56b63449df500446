/* suite_calls.c: what is asked of a suite's running processes: readiness, clock, clients.
 *
 * ZeroMQ's context does not survive a fork, so readiness is asked in a process of its own: a suite can be started once
 * before Check forks, and every test then makes its clients itself.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hearth/clock.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/v1/common.pb-c.h>

#include "dns_server.h"
#include "suite_inside.h"

#define ENDPOINTS_MOST 32
#define CONNECTED_US INT64_C(20000000)

static const struct hearth_actor operator_actor = { .id = "suite", .authority = "", .roles = SUITE_ALL_ROLES };

static struct hearth_client *new_client(const struct suite *suite, const struct hearth_actor *actor)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_client *client = hearth_client_new(NULL, actor);
	if (suite->dns != NULL && hearth_dns_servers(dns_server_address(suite->dns), &status) != 0)
		abort();
	for (size_t i = 0; i < suite->service_count; i++)
		if (hearth_client_locate(client, suite->services[i], suite->address, &status) != 0) {
			fprintf(stderr, "suite: %s\n", status.message);
			abort();
		}
	return client;
}

/* Clients made before a fork belong to the parent. */
static void own_clients(struct suite *suite)
{
	if (suite->client_owner == getpid())
		return;
	suite->client_owner = getpid();
	suite->control = NULL;
	suite->client_count = 0;
}

struct hearth_client *suite_client(struct suite *suite, const char *authority, uint32_t roles)
{
	own_clients(suite);
	assert(suite->client_count < SUITE_CLIENTS_MOST);
	struct hearth_actor actor = { .id = "suite", .authority = authority, .roles = roles };
	struct hearth_client *client = new_client(suite, &actor);
	suite->clients[suite->client_count++] = client;
	return client;
}

static struct hearth_client *control_client(struct suite *suite)
{
	own_clients(suite);
	if (suite->control == NULL)
		suite->control = new_client(suite, &operator_actor);
	return suite->control;
}

void suite_free_clients(struct suite *suite)
{
	if (suite->client_owner != getpid())
		return;
	for (size_t i = 0; i < suite->client_count; i++)
		hearth_client_free(&suite->clients[i]);
	suite->client_count = 0;
	hearth_client_free(&suite->control);
}

/* ---- readiness ------------------------------------------------------------------------------------------------------- */

/* Endpoints are copied: the client's texts last only until it runs. */
static size_t endpoints_of(struct hearth_client *client, const char *service, char ret_endpoints[ENDPOINTS_MOST][160])
{
	const char *found[ENDPOINTS_MOST];
	size_t count = hearth_client_instances(client, service, found, ENDPOINTS_MOST);
	for (size_t i = 0; i < count; i++)
		snprintf(ret_endpoints[i], sizeof ret_endpoints[i], "%s", found[i]);
	return count;
}

static bool serves(struct hearth_client *client, const char *service, const char *endpoint)
{
	char method[96];
	struct hearth_status status = HEARTH_STATUS_INIT;
	Hearth__Control__V1__CheckRequest request = HEARTH__CONTROL__V1__CHECK_REQUEST__INIT;
	const struct hearth_call_options options = { .timeout_ms = 1000, .instance = endpoint, .once = true };
	ProtobufCMessage *reply = NULL;
	bool replayed = false;
	snprintf(method, sizeof method, "%s:hearth.control.v1.Health/Check", service);
	if (hearth_client_call(client, method, &request.base, &hearth__control__v1__check_response__descriptor, &options, NULL,
	                       &reply, &replayed, &status) != 0)
		return false;
	bool serving = ((Hearth__Control__V1__CheckResponse *)reply)->status == HEARTH__CONTROL__V1__SERVING_STATUS__SERVING;
	protobuf_c_message_free_unpacked(reply, NULL);
	return serving;
}

static int wanted(struct suite *suite, const char *service)
{
	int count = 0;
	for (int j = 0; j < suite->instances; j++)
		count += suite_runs(suite, service, j) ? 1 : 0;
	return count;
}

static bool all_serve(struct suite *suite, struct hearth_client *client, const int *want)
{
	char endpoints[ENDPOINTS_MOST][160];
	for (size_t i = 0; i < suite->service_count; i++) {
		int serving = 0;
		size_t count = endpoints_of(client, suite->services[i], endpoints);
		for (size_t j = 0; j < count; j++)
			serving += serves(client, suite->services[i], endpoints[j]) ? 1 : 0;
		if (serving < want[i])
			return false;
	}
	return true;
}

static void ask_until_ready(struct suite *suite, const int *want, int64_t until_us)
{
	struct hearth_client *client = new_client(suite, &operator_actor);
	const struct timespec pause = { .tv_nsec = 20000000 };
	while (hearth_clock_mono() < until_us) {
		if (all_serve(suite, client, want))
			_exit(0);
		nanosleep(&pause, NULL);
	}
	_exit(1);
}

int suite_wait_ready(struct suite *suite, int timeout_ms)
{
	int want[SUITE_SERVICES_MOST], state = 0;
	int64_t until_us = hearth_clock_mono() + (int64_t)timeout_ms * 1000;
	for (size_t i = 0; i < suite->service_count; i++)
		want[i] = wanted(suite, suite->services[i]);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		ask_until_ready(suite, want, until_us);
	if (child < 0)
		return -1;
	const struct timespec pause = { .tv_nsec = 10000000 };
	while (waitpid(child, &state, WNOHANG) == 0) {
		if (suite_any_fell(suite)) {
			kill(child, SIGKILL);
			waitpid(child, &state, 0);
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	if (state == 0)
		return 0;
	fprintf(stderr, "suite: not every process serves after %d ms; logs are in %s\n", timeout_ms, suite->directory);
	return -1;
}

/* ---- the clock ------------------------------------------------------------------------------------------------------- */

static int set_clock(struct hearth_client *client, const char *service, const char *endpoint, int64_t now_us)
{
	char method[96];
	struct hearth_status status = HEARTH_STATUS_INIT;
	Google__Protobuf__Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	Hearth__Control__V1__SetClockRequest request = HEARTH__CONTROL__V1__SET_CLOCK_REQUEST__INIT;
	const struct hearth_call_options options = { .instance = endpoint, .once = true };
	ProtobufCMessage *reply = NULL;
	bool replayed = false;
	now.seconds = now_us / 1000000;
	now.nanos = (int32_t)(now_us % 1000000) * 1000;
	request.now = &now;
	snprintf(method, sizeof method, "%s:hearth.control.v1.Control/SetClock", service);
	if (hearth_client_call(client, method, &request.base, &hearth__control__v1__set_clock_response__descriptor, &options,
	                       NULL, &reply, &replayed, &status) != 0) {
		fprintf(stderr, "suite: clock of %s: %s: %s\n", service, hearth_code_name(status.code), status.message);
		return -1;
	}
	protobuf_c_message_free_unpacked(reply, NULL);
	return 0;
}

/* Those of them that are connected, waited for: over a network that was cut it takes a moment. */
static size_t connected_of(struct suite *suite, struct hearth_client *client, const char *service,
                           char ret_endpoints[ENDPOINTS_MOST][160])
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	int64_t until_us = hearth_clock_mono() + CONNECTED_US;
	size_t count = endpoints_of(client, service, ret_endpoints);
	while ((int)count < wanted(suite, service) && hearth_clock_mono() < until_us) {
		hearth_client_run(client, 20);
		nanosleep(&pause, NULL);
		count = endpoints_of(client, service, ret_endpoints);
	}
	return count;
}

int suite_clock(struct suite *suite, const char *time)
{
	char endpoints[ENDPOINTS_MOST][160];
	struct hearth_status status = HEARTH_STATUS_INIT;
	int64_t now_us = 0;
	int outcome = 0;
	if (hearth_time_parse(time, &now_us, &status) != 0) {
		fprintf(stderr, "suite: %s\n", status.message);
		return -1;
	}
	/* A process that is started later starts at this time. */
	snprintf(suite->clock, sizeof suite->clock, "%s", time);
	struct hearth_client *client = control_client(suite);
	for (size_t i = 0; i < suite->service_count; i++) {
		size_t count = connected_of(suite, client, suite->services[i], endpoints);
		if ((int)count < wanted(suite, suite->services[i])) {
			fprintf(stderr, "suite: clock: not every process of %s is connected\n", suite->services[i]);
			outcome = -1;
		}
		for (size_t j = 0; j < count; j++)
			if (set_clock(client, suite->services[i], endpoints[j], now_us) != 0)
				outcome = -1;
	}
	return outcome;
}
