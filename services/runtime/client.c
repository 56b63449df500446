/* client.c: the calls of a client: from hearth_client_send to the callback.
 *
 * Promises: an accepted call's callback is called exactly once, at the latest at its deadline (CANCELLED when the client
 * is freed first); every try carries the same request id; a call that may have been carried out is never reported as
 * if it had not (a write that was sent and not answered ends UNKNOWN). Whether a call is a write is told by its method's
 * verb (Get, List, Find, Lookup, Check, Count, Search, Pull, Snapshot read, all others write) or by a request id given.
 * The client owns the calls and keeps ended ones for the next.
 */
#include "client_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "resolver.h"

#define PAYLOAD_MOST ((size_t)64 << 20)
#define TIMEOUT_MS 5000
#define BACKOFF_MS 20
#define BACKOFF_MOST_MS 500
#define LAST_TRY_US 200000       /* with less left a further try could not be answered in time: what is known is told */
#define LOSSES_MOST 8            /* a message that takes down whoever reads it must not visit everybody for ever */
#define KEPT_ROOM 65536          /* payload buffers up to this size are kept for the next call */

/* ---- lists ---- */

void client_list_add(struct call_list *list, struct call *call)
{
	assert(!call->list);
	call->list = list;
	call->next = NULL;
	call->prev = list->last;
	*(list->last ? &list->last->next : &list->first) = call;
	list->last = call;
	list->count++;
}

void client_list_remove(struct call *call)
{
	struct call_list *list = call->list;

	if (!list)
		return;
	*(call->prev ? &call->prev->next : &list->first) = call->next;
	*(call->next ? &call->next->prev : &list->last) = call->prev;
	list->count--;
	call->list = NULL;
	call->instance = NULL;
}

/* ---- the life of a call ---- */

static void ring_call(void *context);

static struct call *take_call(struct hearth_client *client)
{
	struct call *call = client->free_calls;

	if (call) {
		client->free_calls = call->next;
		return call;
	}
	if (client->slot_count == client->slot_room) {
		client->slot_room = client->slot_room ? 2 * client->slot_room : 64;
		client->slots = hearth_realloc(client->slots, client->slot_room * sizeof(struct call *));
	}
	call = hearth_alloc(sizeof *call);
	memset(call, 0, sizeof *call);
	call->client = client;
	call->slot = client->slot_count;
	call->alarm = hearth_alarm_new(client->loop, ring_call, call);
	client->slots[client->slot_count++] = call;
	return call;
}

static void release_call(struct call *call)
{
	client_list_remove(call);
	hearth_alarm_clear(call->alarm);
	call->generation++;
	if (call->room > KEPT_ROOM) {
		free(call->payload);
		call->payload = NULL;
		call->room = 0;
	}
	call->next = call->client->free_calls;
	call->client->free_calls = call;
}

static void finish(struct call *call, const struct hearth_reply *reply)
{
	hearth_reply_callback *callback = call->callback;
	void *context = call->context;
	struct service *service = call->service;

	release_call(call);
	service->outstanding--;
	service->client->outstanding--;
	if (service->waiting.first || service->targeted.first)
		hearth_loop_defer(service->client->loop, &service->flush);
	callback(context, reply);
}

void client_finish_failed(struct call *call, const struct hearth_status *status)
{
	struct hearth_reply reply = { .status = *status };

	if (call->write && (call->uncertain || call->instance))
		hearth_fail(&reply.status, HEARTH_UNKNOWN, "OUTCOME_UNKNOWN",
		            "the call was sent and not answered (%.120s): it may have happened; ask again with the same request id",
		            status->message);
	finish(call, &reply);
}

static int64_t left_us(const struct call *call)
{
	return call->deadline_us - hearth_clock_wall();
}

/* What is known of why there is none, after the address. */
static const char *why_none(const struct service *service)
{
	const char *trouble = client_names_trouble(service);

	for (const struct instance *instance = service->instances; instance && !*trouble; instance = instance->next)
		if (instance->ready && instance->ejected)
			trouble = "those that are connected do not answer";
	return *trouble ? trouble : client_key_trouble(service);
}

void client_no_instance(const struct call *call, struct hearth_status *status)
{
	const char *why = call->target[0] ? "" : why_none(call->service);

	hearth_fail(status, HEARTH_UNAVAILABLE, "NO_INSTANCE", "no instance of %s at %.180s%s%s", call->service->name,
	            call->target[0] ? call->target : call->service->text, *why ? ": " : "", why);
}

static void expire(struct call *call)
{
	struct hearth_status status = HEARTH_STATUS_INIT;

	if (call->last.code != HEARTH_OK)
		status = call->last;
	else if (call->instance)
		hearth_fail(&status, HEARTH_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "%s did not answer before the deadline",
		            call->service->name);
	else
		client_no_instance(call, &status);
	client_finish_failed(call, &status);
}

/* The deadline, or the end of the backing off. */
static void ring_call(void *context)
{
	struct call *call = context;
	int64_t left = left_us(call);

	if (left <= 0) {
		expire(call);
		return;
	}
	hearth_alarm_set(call->alarm, left);
	if (!call->backing_off)
		return;            /* the wall clock was set back while it waited */
	call->backing_off = false;
	client_dispatch(call, NULL);
}

/* Tries again later; or ends the call now when there would be no time left. */
static void try_later(struct call *call, const struct hearth_status *status)
{
	int64_t delay = (int64_t)(status->retry_after_ms > 0 ? status->retry_after_ms : call->backoff_ms) * 1000;

	call->last = *status;
	call->backoff_ms = call->backoff_ms * 2 > BACKOFF_MOST_MS ? BACKOFF_MOST_MS : call->backoff_ms * 2;
	if (delay + LAST_TRY_US >= left_us(call)) {
		client_finish_failed(call, status);
		return;
	}
	client_list_remove(call);
	call->backing_off = true;
	hearth_alarm_set(call->alarm, delay);
}

/* ---- replies ---- */

static void copy_slice(char *ret_text, size_t size, struct hearth_slice slice)
{
	size_t used = slice.size < size - 1 ? slice.size : size - 1;

	while (used > 0 && used < slice.size && ((uint8_t)slice.at[used] & 0xc0) == 0x80)
		used--;
	if (used > 0)
		memcpy(ret_text, slice.at, used);
	ret_text[used] = '\0';
}

static void status_from_header(const struct hearth_reply_header *header, struct hearth_status *status)
{
	status->code = header->code >= 0 && header->code <= HEARTH_UNAUTHENTICATED ? (enum hearth_code)header->code
	                                                                            : HEARTH_UNKNOWN;
	status->retry_after_ms = header->retry_after_ms > 0 ? header->retry_after_ms : 0;
	copy_slice(status->message, sizeof status->message, header->message);
	copy_slice(status->reason, sizeof status->reason, header->reason);
	copy_slice(status->field, sizeof status->field, header->field);
}

static struct call *find_call(const struct instance *instance, uint64_t id)
{
	const struct hearth_client *client = instance->service->client;
	uint32_t slot = (uint32_t)id - 1;
	struct call *call = slot < client->slot_count ? client->slots[slot] : NULL;

	/* Late, doubled, or another's: nobody waits for it here. */
	return call && call->generation == (uint32_t)(id >> 32) && call->instance == instance ? call : NULL;
}

void client_take_reply(struct instance *instance, struct hearth_slice header_bytes, struct hearth_slice payload)
{
	struct hearth_reply reply = { .payload = (const uint8_t *)payload.at, .size = payload.size };
	struct hearth_reply_header header;
	struct call *call;

	if (hearth_reply_header_decode(header_bytes.at, header_bytes.size, &header))
		return;
	instance->heard_us = hearth_clock_mono();
	if (instance->ejected)
		client_heard_again(instance);
	call = find_call(instance, header.call_id);
	if (!call)
		return;
	reply.replayed = header.replayed;
	if (header.code != HEARTH_OK)
		status_from_header(&header, &reply.status);
	if (reply.status.code == HEARTH_UNAVAILABLE && strcmp(reply.status.reason, "DRAINING") == 0)
		instance->draining = true;
	bool learned = reply.status.code == HEARTH_UNAVAILABLE && strcmp(reply.status.reason, "NOT_SERVED_HERE") == 0 &&
	               client_learn_refusal(instance, call);
	/* A try that came too late says less than the one before it. */
	if (reply.status.code == HEARTH_DEADLINE_EXCEEDED && call->last.code != HEARTH_OK) {
		client_list_remove(call);
		client_finish_failed(call, &call->last);
		return;
	}
	if (!hearth_code_retryable(reply.status.code)) {
		finish(call, &reply);
		return;
	}
	call->avoid = instance->serial;
	client_list_remove(call);
	if (reply.status.code == HEARTH_UNKNOWN)
		call->uncertain = true;
	if (call->once)
		client_finish_failed(call, &reply.status);
	else if ((instance->draining || learned) && !call->target[0])
		client_dispatch(call, NULL);       /* refused before it began: elsewhere at once */
	else
		try_later(call, &reply.status);
}

void client_call_lost(struct call *call, const struct hearth_status *status)
{
	call->uncertain = true;
	call->losses++;
	if (call->once || call->target[0] || call->losses >= LOSSES_MOST)
		client_finish_failed(call, status);
	else if (call->losses == 1)
		client_dispatch(call, NULL);
	else
		try_later(call, status);
}

void client_calls_lost(struct instance *instance)
{
	struct call_list lost = { .first = NULL };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct call *call;

	hearth_fail(&status, HEARTH_UNAVAILABLE, "INSTANCE_LOST", "the instance of %s that had the call went away",
	            instance->service->name);
	while ((call = instance->calls.first)) {
		client_list_remove(call);
		client_list_add(&lost, call);
	}
	while ((call = lost.first)) {
		client_list_remove(call);
		client_call_lost(call, &status);
	}
}

/* ---- sending ---- */

static void random_hex(struct hearth_client *client, size_t bytes, char *ret_text)
{
	if (client->random_left < bytes) {
		ssize_t got = getrandom(client->random, sizeof client->random, 0);

		assert(got == (ssize_t)sizeof client->random);
		client->random_left = sizeof client->random;
	}
	client->random_left -= bytes;
	hearth_hex(client->random + client->random_left, bytes, ret_text);
}

static void mint_traceparent(struct hearth_client *client, char *ret_text)
{
	memcpy(ret_text, "00-", 3);
	random_hex(client, 16, ret_text + 3);
	ret_text[35] = '-';
	random_hex(client, 8, ret_text + 36);
	memcpy(ret_text + 52, "-01", 4);
}

bool hearth_method_is_write(const char *method)
{
	static const char *const verbs[] = { "Get", "List", "Find", "Lookup", "Check", "Count", "Search", "Pull", "Watch", "Snapshot" };
	const char *name = strrchr(method, '/');

	for (size_t i = 0; name && i < sizeof verbs / sizeof verbs[0]; i++)
		if (strncmp(name + 1, verbs[i], strlen(verbs[i])) == 0)
			return false;
	return true;
}

/* "hearth.referrals.v1.Referrals/Get" is of "referrals"; "referrals:..." says it. */
static int split_method(const char *text, struct hearth_slice *ret_service, const char **ret_method,
                        struct hearth_status *status)
{
	const char *colon = strchr(text, ':');
	const char *method = colon ? colon + 1 : text;
	const char *from = colon ? text : strchr(text, '.');
	const char *to = colon;

	if (!colon && from)
		to = strchr(++from, '.');
	if (!from || !to || to == from || !strchr(method, '/') || strlen(method) > 200)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_METHOD",
		                   "\"%.100s\" must be [service:]package.Service/Method, at most 200 characters", text);
	*ret_service = (struct hearth_slice){ from, (size_t)(to - from) };
	*ret_method = method;
	return 0;
}

static int copy_actor(struct call *call, const struct hearth_actor *actor, struct hearth_status *status)
{
	call->has_actor = actor != NULL;
	if (!actor)
		return 0;
	if (!actor->id || !*actor->id || strlen(actor->id) > 64)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_ACTOR", "the actor's id must have 1 to 64 characters");
	if (actor->authority && *actor->authority && strlen(actor->authority) != 3)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_ACTOR", "the actor's authority must be three digits");
	hearth_text_copy(call->actor_id, sizeof call->actor_id, actor->id);
	hearth_text_copy(call->authority, sizeof call->authority, actor->authority ? actor->authority : "");
	call->roles = actor->roles;
	return 0;
}

static void copy_options(struct call *call, const struct hearth_call_options *options)
{
	int timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;

	call->deadline_us = hearth_clock_wall() + (int64_t)(timeout_ms > 0 ? timeout_ms : 1) * 1000;
	call->once = options->once;
	if (options->request_id)
		call->request_id = *options->request_id;
	else
		hearth_uuid_new(&call->request_id);
	if (options->traceparent && *options->traceparent)
		hearth_text_copy(call->traceparent, sizeof call->traceparent, options->traceparent);
	else
		mint_traceparent(call->client, call->traceparent);
	hearth_text_copy(call->target, sizeof call->target, options->instance ? options->instance : "");
	call->backing_off = call->uncertain = false;
	call->losses = 0;
	call->backoff_ms = BACKOFF_MS;
	call->avoid = 0;
	call->last = (struct hearth_status)HEARTH_STATUS_INIT;
}

/* What a call says: a message, or one that is packed already. */
struct content {
	const ProtobufCMessage *message;
	const uint8_t *packed;
	size_t size;
};

static int pack(struct call *call, const struct content *content, struct hearth_status *status)
{
	size_t size = content->message ? protobuf_c_message_get_packed_size(content->message) : content->size;

	if (size > PAYLOAD_MOST)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "MESSAGE_TOO_LARGE",
		                   "the message has %zu bytes, at most %zu are allowed", size, PAYLOAD_MOST);
	if (size > call->room) {
		call->payload = hearth_realloc(call->payload, size);
		call->room = size;
	}
	call->size = size;
	if (size > 0 && content->message)
		protobuf_c_message_pack(content->message, call->payload);
	else if (size > 0)
		memcpy(call->payload, content->packed, size);
	return 0;
}

static int fill_call(struct call *call, const char *method, const struct content *content,
                     const struct hearth_call_options *options, struct hearth_status *status)
{
	const struct hearth_actor *actor = call->client->has_actor ? &call->client->actor : NULL;

	hearth_text_copy(call->method, sizeof call->method, method);
	call->write = options->request_id || hearth_method_is_write(method);
	copy_options(call, options);
	if (copy_actor(call, options->actor ? options->actor : actor, status))
		return -1;
	return pack(call, content, status);
}

static struct service *find_located(struct hearth_client *client, struct hearth_slice name, struct hearth_status *status)
{
	struct service *service = client_find_service(client, name.at, name.size);

	if (!service)
		hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NOT_LOCATED", "it is not known where \"%.*s\" is",
		            name.size > 64 ? 64 : (int)name.size, name.at);
	return service;
}

static int start_call(struct hearth_client *client, const char *method, const struct content *content,
                      const struct hearth_call_options *options, hearth_reply_callback *callback, void *context,
                      struct hearth_status *status)
{
	static const struct hearth_call_options none = { .timeout_ms = 0 };
	struct hearth_slice name = { NULL, 0 };
	struct service *service;
	struct call *call;

	if (client->closing)
		return hearth_fail(status, HEARTH_CANCELLED, "CLIENT_CLOSED", "the client is being closed");
	if (split_method(method, &name, &method, status) || !(service = find_located(client, name, status)))
		return -1;
	if (service->outstanding == 0 && hearth_clock_mono() - service->looked_us > CLIENT_LOOK_US)
		client_look(service);
	call = take_call(client);
	call->service = service;
	call->callback = callback;
	call->context = context;
	if (fill_call(call, method, content, options ? options : &none, status) || client_dispatch(call, status)) {
		release_call(call);
		return -1;
	}
	hearth_alarm_set(call->alarm, left_us(call));
	service->outstanding++;
	client->outstanding++;
	client_start_looking(client);
	client_watch_health(client);
	return 0;
}

int hearth_client_send(struct hearth_client *client, const char *method, const ProtobufCMessage *request,
                       const struct hearth_call_options *options, hearth_reply_callback *callback,
                       void *context, struct hearth_status *status)
{
	const struct content content = { .message = request };

	return start_call(client, method, &content, options, callback, context, status);
}

int hearth_client_send_packed(struct hearth_client *client, const char *method, const void *request, size_t size,
                              const struct hearth_call_options *options, hearth_reply_callback *callback,
                              void *context, struct hearth_status *status)
{
	const struct content content = { .packed = request, .size = size };

	return start_call(client, method, &content, options, callback, context, status);
}

/* ---- the client ---- */

struct hearth_client *hearth_client_new(struct hearth_loop *loop, const struct hearth_actor *actor)
{
	struct hearth_client *client = hearth_alloc(sizeof *client);

	memset(client, 0, sizeof *client);
	client->own_loop = !loop;
	client->loop = loop ? loop : hearth_loop_new();
	client->bury = (struct hearth_deferred){ .callback = client_bury, .context = client };
	if (actor) {
		client->has_actor = true;
		hearth_text_copy(client->actor_id, sizeof client->actor_id, actor->id);
		hearth_text_copy(client->authority, sizeof client->authority, actor->authority ? actor->authority : "");
		client->actor = (struct hearth_actor){ client->actor_id, client->authority, actor->roles };
	}
	return client;
}

static void cancel_calls(struct hearth_client *client)
{
	struct hearth_reply reply = { .payload = NULL };

	hearth_fail(&reply.status, HEARTH_CANCELLED, "CLIENT_CLOSED", "the client was closed before the answer came");
	for (uint32_t i = 0; i < client->slot_count; i++) {
		struct call *call = client->slots[i];

		if (call->list || call->backing_off) {
			call->backing_off = false;
			finish(call, &reply);
		}
	}
}

void hearth_client_free(struct hearth_client **client)
{
	struct hearth_client *gone = *client;

	if (!gone)
		return;
	assert(gone->depth == 0);
	gone->closing = true;
	cancel_calls(gone);
	*client = NULL;
	client_links_free(gone);
	for (uint32_t i = 0; i < gone->slot_count; i++) {
		hearth_alarm_free(&gone->slots[i]->alarm);
		free(gone->slots[i]->payload);
		free(gone->slots[i]);
	}
	free(gone->slots);
	hearth_resolver_free(&gone->resolver);
	hearth_alarm_free(&gone->look);
	hearth_alarm_free(&gone->health);
	if (gone->own_loop)
		hearth_loop_free(&gone->loop);
	free(gone);
}
