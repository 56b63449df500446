/* peers.c: see peers.h. Looks ten times a second while the suite is starting, then twice: an instance that has just come
 * is heard no later than the timer would have pulled. */
#include "peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/control/v1/control.pb-c.h>
#include <hearth/text.h>

#include "process.h"
#include "trust.h"

#define LOOK_FIRST_US INT64_C(100000)
#define LOOK_US INT64_C(500000)
#define LOOKS_FIRST 30
#define MOST_INSTANCES 64
#define ENDPOINT_SIZE 160

struct hearth_peers {
	struct hearth_process *process;
	char service[64];
	void (*hinted)(void *context);
	void *context;
	struct hearth_alarm *look;
	struct hearth_hints *hints;
	char endpoints[MOST_INSTANCES][ENDPOINT_SIZE];   /* asked, or being asked */
	char keys[MOST_INSTANCES][HEARTH_CURVE_SIZE];    /* that each proved when it was asked */
	unsigned generation;                             /* of the trust, when the subscriptions were made */
	size_t count;
	int looks;
};

/* "" where none is needed. */
static const char *present_key(const struct hearth_peers *peers, const char *endpoint)
{
	const char *key = hearth_client_instance_key(peers->process->client, peers->service, endpoint);
	return key ? key : "";
}

static unsigned present_generation(const struct hearth_peers *peers)
{
	return peers->process->trust ? hearth_trust_generation(peers->process->trust) : 0;
}

/* The key an instance proved when it was asked, or NULL. */
static const char *key_of(const struct hearth_peers *peers, const char *endpoint)
{
	for (size_t i = 0; i < peers->count; i++)
		if (strcmp(peers->endpoints[i], endpoint) == 0)
			return peers->keys[i][0] ? peers->keys[i] : NULL;
	return NULL;
}

/* Whether an instance has been connected with another key since, or who is known has changed. */
static bool keys_changed(const struct hearth_peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		if (strcmp(peers->keys[i], present_key(peers, peers->endpoints[i])) != 0)
			return true;
	return peers->generation != present_generation(peers);
}

static bool knows(const struct hearth_peers *peers, const char *endpoint)
{
	for (size_t i = 0; i < peers->count; i++)
		if (strcmp(peers->endpoints[i], endpoint) == 0)
			return true;
	return false;
}

/* Whom we asked, so that an instance that did not answer is asked again. */
struct question {
	struct hearth_peers *peers;
	char endpoint[ENDPOINT_SIZE];
};

static void forget(struct hearth_peers *peers, const char *endpoint)
{
	for (size_t i = 0; i < peers->count; i++)
		if (strcmp(peers->endpoints[i], endpoint) == 0) {
			memmove(peers->endpoints[i], peers->endpoints[--peers->count], ENDPOINT_SIZE);
			memmove(peers->keys[i], peers->keys[peers->count], HEARTH_CURVE_SIZE);
		}
}

/* A process that listens on every address does not know by which one it was reached: we do. */
static void connect_hints(struct hearth_peers *peers, const char *reached, const char *told)
{
	bool any = strncmp(told, "tcp://0.0.0.0:", 14) == 0 || strncmp(told, "tcp://[::]:", 11) == 0;
	const char *port = strrchr(reached, ':'), *told_port = strrchr(told, ':');
	char endpoint[2 * ENDPOINT_SIZE];
	if (any && port)
		snprintf(endpoint, sizeof endpoint, "%.*s%s", (int)(port - reached), reached, told_port);
	else
		hearth_text_copy(endpoint, sizeof endpoint, told);
	hearth_hints_connect(peers->hints, endpoint, peers->process->trust, key_of(peers, reached));
}

static void answered(void *context, const struct hearth_reply *reply)
{
	struct question *question = context;
	struct hearth_peers *peers = question->peers;
	Hearth__Control__V1__GetInstanceResponse *instance =
		reply->status.code == HEARTH_OK && peers->hints
			? hearth__control__v1__get_instance_response__unpack(NULL, reply->size, reply->payload)
			: NULL;
	if (instance && instance->hint_endpoint[0])
		connect_hints(peers, question->endpoint, instance->hint_endpoint);
	else
		forget(peers, question->endpoint);
	if (instance)
		hearth__control__v1__get_instance_response__free_unpacked(instance, NULL);
	free(question);
}

static void ask(struct hearth_peers *peers, const char *endpoint)
{
	Hearth__Control__V1__GetInstanceRequest request = HEARTH__CONTROL__V1__GET_INSTANCE_REQUEST__INIT;
	struct hearth_call_options options = { .timeout_ms = 2000, .instance = endpoint, .once = true };
	struct hearth_status status = HEARTH_STATUS_INIT;
	char method[128];
	snprintf(method, sizeof method, "%s:hearth.control.v1.Control/GetInstance", peers->service);
	if (peers->count == MOST_INSTANCES || strlen(endpoint) >= ENDPOINT_SIZE)
		return;
	struct question *question = hearth_alloc(sizeof *question);
	question->peers = peers;
	hearth_text_copy(question->endpoint, ENDPOINT_SIZE, endpoint);
	if (hearth_client_send(peers->process->client, method, &request.base, &options, answered, question, &status) == 0) {
		hearth_text_copy(peers->keys[peers->count], HEARTH_CURVE_SIZE, present_key(peers, endpoint));
		hearth_text_copy(peers->endpoints[peers->count++], ENDPOINT_SIZE, endpoint);
	} else {
		free(question);
	}
}

/* Asking may change the client's list, so it is copied first. */
static size_t instances(struct hearth_peers *peers, char (*ret_endpoints)[ENDPOINT_SIZE])
{
	const char *endpoints[MOST_INSTANCES];
	size_t count = hearth_client_instances(peers->process->client, peers->service, endpoints, MOST_INSTANCES);
	for (size_t i = 0; i < count; i++)
		hearth_text_copy(ret_endpoints[i], ENDPOINT_SIZE, endpoints[i]);
	return count;
}

static void look(void *context)
{
	struct hearth_peers *peers = context;
	char endpoints[MOST_INSTANCES][ENDPOINT_SIZE];
	size_t present = 0;
	if (peers->process->draining)
		return;
	size_t count = instances(peers, endpoints);
	for (size_t i = 0; i < count; i++)
		present += knows(peers, endpoints[i]);
	if (present < peers->count || !peers->hints || keys_changed(peers)) {
		hearth_hints_free(&peers->hints);
		peers->hints = hearth_hints_new(peers->process->loop, peers->hinted, peers->context);
		peers->count = 0;
		peers->generation = present_generation(peers);
	}
	for (size_t i = 0; i < count; i++)
		if (!knows(peers, endpoints[i]))
			ask(peers, endpoints[i]);
	bool starting = peers->looks++ < LOOKS_FIRST;
	hearth_alarm_set(peers->look, starting ? LOOK_FIRST_US : LOOK_US);
}

struct hearth_peers *hearth_peers_new(struct hearth_process *process, const char *service,
                                      void (*hinted)(void *context), void *context)
{
	struct hearth_peers *peers = hearth_alloc(sizeof *peers);
	memset(peers, 0, sizeof *peers);
	peers->process = process;
	peers->hinted = hinted;
	peers->context = context;
	hearth_text_copy(peers->service, sizeof peers->service, service);
	peers->look = hearth_alarm_new(process->loop, look, peers);
	hearth_alarm_set(peers->look, 1000);
	return peers;
}

void hearth_peers_free(struct hearth_peers **pointer)
{
	struct hearth_peers *peers = *pointer;
	if (!peers)
		return;
	hearth_alarm_free(&peers->look);
	hearth_hints_free(&peers->hints);
	free(peers);
	*pointer = NULL;
}
