/* client_sync.c: the blocking side of the client: run the loop until something is so.
 *
 * A client with a loop of its own (a program like `hearth`) works entirely inside these calls; with a shared loop a
 * blocking call runs turns of that loop, for tests and tools, never in a service.
 */
#include "client_parts.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#define CONNECTING_US 250000

size_t hearth_client_run(struct hearth_client *client, int timeout_ms)
{
	int64_t until = hearth_clock_mono() + (int64_t)timeout_ms * 1000, left;

	while (client->outstanding > 0 && (left = until - hearth_clock_mono()) > 0)
		hearth_loop_turn(client->loop, left);
	return client->outstanding;
}

struct waiter {
	const ProtobufCMessageDescriptor *descriptor;
	ProtobufCAllocator *allocator;
	ProtobufCMessage *reply;
	struct hearth_status status;
	bool replayed, done;
};

static void take_answer(void *context, const struct hearth_reply *reply)
{
	struct waiter *waiter = context;

	waiter->done = true;
	waiter->status = reply->status;
	waiter->replayed = reply->replayed;
	if (reply->status.code != HEARTH_OK)
		return;
	waiter->reply = protobuf_c_message_unpack(waiter->descriptor, waiter->allocator, reply->size,
	                                          reply->size ? reply->payload : (const uint8_t *)"");
	if (!waiter->reply)
		hearth_fail(&waiter->status, HEARTH_INTERNAL, "MALFORMED_REPLY", "the reply is no %s", waiter->descriptor->name);
}

int hearth_client_call(struct hearth_client *client, const char *method, const ProtobufCMessage *request,
                       const ProtobufCMessageDescriptor *reply_descriptor, const struct hearth_call_options *options,
                       ProtobufCAllocator *allocator, ProtobufCMessage **ret_reply, bool *ret_replayed,
                       struct hearth_status *status)
{
	struct waiter waiter = { .descriptor = reply_descriptor, .allocator = allocator };

	/* Hears first of instances that went while nobody ran the loop. */
	if (client->own_loop)
		hearth_loop_turn(client->loop, 0);
	if (hearth_client_send(client, method, request, options, take_answer, &waiter, status))
		return -1;
	/* The deadline's alarm ends it at the latest. */
	while (!waiter.done)
		hearth_loop_turn(client->loop, -1);
	if (waiter.status.code != HEARTH_OK) {
		*status = waiter.status;
		return -1;
	}
	*ret_reply = waiter.reply;
	if (ret_replayed)
		*ret_replayed = waiter.replayed;
	return 0;
}

static bool all_connected(const struct service *service)
{
	const struct instance *instance = service->instances;

	if (client_names_pending(service))
		return false;
	while (instance && instance->ready)
		instance = instance->next;
	return !instance;
}

size_t hearth_client_instances(struct hearth_client *client, const char *name, const char **ret_endpoints, size_t most)
{
	struct service *service = client_find_service(client, name, strlen(name));
	int64_t until = hearth_clock_mono() + CONNECTING_US, left;
	size_t count = 0;

	if (!service)
		return 0;
	if (client->own_loop)
		hearth_loop_turn(client->loop, 0);
	client_look(service);
	while (client->own_loop && !all_connected(service) && (left = until - hearth_clock_mono()) > 0)
		hearth_loop_turn(client->loop, left);
	for (struct instance *instance = service->instances; instance && count < most; instance = instance->next)
		if (instance->ready)
			ret_endpoints[count++] = instance->endpoint;
	return count;
}
