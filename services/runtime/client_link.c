/* client_link.c: a client's services and the instances behind them.
 *
 * Each instance is a DEALER of its own and a monitor that tells when its handshake is done and when it is gone. Promises:
 * an instance is used only between these two; answers that arrived before it went are still taken; what it had
 * outstanding then goes elsewhere. With ZMQ_IMMEDIATE nothing is ever queued for a peer that is not connected. A closed
 * instance is freed when no callback of an instance runs.
 */
#include "client_parts.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <zmq.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "server.h"

#define BATCH 512
#define SERVICES_MOST 64
#define CLOGGED_US 5000
#define LOST_EVENTS (ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | \
                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

/* ---- closing ---- */

static void close_instance(struct instance *instance)
{
	struct service *service = instance->service;
	struct hearth_client *client = service->client;
	struct instance **at = &service->instances;

	while (*at != instance)
		at = &(*at)->next;
	*at = instance->next;
	service->instance_count--;
	instance->dead = true;
	instance->ready = false;
	hearth_loop_undefer(client->loop, &instance->dealer_pump);
	hearth_loop_undefer(client->loop, &instance->monitor_pump);
	hearth_watch_free(&instance->dealer_watch);
	hearth_watch_free(&instance->monitor_watch);
	zmq_socket_monitor(instance->dealer, NULL, 0);
	zmq_close(instance->dealer);
	zmq_close(instance->monitor);
	instance->next = client->graveyard;
	client->graveyard = instance;
	hearth_loop_defer(client->loop, &client->bury);
}

void client_bury(void *context)
{
	struct hearth_client *client = context;

	/* A callback that runs a turn of its own: the pump around it asks again when it ends. */
	if (client->depth > 0)
		return;
	while (client->graveyard) {
		struct instance *instance = client->graveyard;

		client->graveyard = instance->next;
		free(instance);
	}
}

void client_enter(struct hearth_client *client)
{
	client->depth++;
}

void client_leave(struct hearth_client *client)
{
	if (--client->depth == 0 && client->graveyard)
		hearth_loop_defer(client->loop, &client->bury);
}

/* ---- answers ---- */

/* False when there is none. What is no frame of a reply is passed over: its call ends at its deadline. */
static bool receive_reply(struct instance *instance)
{
	struct hearth_slice header, payload;
	zmq_msg_t frame, extra;
	bool more, alone;

	zmq_msg_init(&frame);
	if (zmq_msg_recv(&frame, instance->dealer, ZMQ_DONTWAIT) < 0) {
		zmq_msg_close(&frame);
		return false;
	}
	alone = !zmq_msg_more(&frame);
	for (more = !alone; more; ) {
		zmq_msg_init(&extra);
		zmq_msg_recv(&extra, instance->dealer, ZMQ_DONTWAIT);
		more = zmq_msg_more(&extra);
		zmq_msg_close(&extra);
	}
	if (alone && !hearth_frame_split(zmq_msg_data(&frame), zmq_msg_size(&frame), &header, &payload))
		client_take_reply(instance, header, payload);
	zmq_msg_close(&frame);
	return true;
}

/* Up to `most` answers; stops when a callback closed the instance. */
static void drain_replies(struct instance *instance, int most)
{
	struct hearth_client *client = instance->service->client;

	client_enter(client);
	for (int i = 0; i < most && !instance->dead && receive_reply(instance); i++)
		continue;
	if (!instance->dead)
		hearth_loop_defer(client->loop, &instance->dealer_pump);
	client_leave(client);
}

static void dealer_readable(void *context, uint32_t events)
{
	(void)events;
	drain_replies(context, BATCH);
}

/* The end of a turn in which the socket was used: the one look at ZMQ_EVENTS. */
static void pump_dealer(void *context)
{
	struct instance *instance = context;
	int events = 0;
	size_t size = sizeof events;

	if (zmq_getsockopt(instance->dealer, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN))
		drain_replies(instance, BATCH);
}

/* ---- connected, gone ---- */

void client_instance_lost(struct instance *instance)
{
	struct service *service = instance->service;
	struct hearth_client *client = service->client;
	bool was_ready = instance->ready;

	client_enter(client);
	drain_replies(instance, INT32_MAX);
	if (!instance->dead) {
		close_instance(instance);
		if (!was_ready)
			client_try_older_key(instance);
		/* A peer with which no handshake works is tried again by the timer only. */
		client_names_lost(service);
		if (was_ready)
			client_look(service);
		client_calls_lost(instance);
		client_start_looking(client);
	}
	client_leave(client);
}

/* The next event of the monitor, 0 when there is none. */
static unsigned next_event(struct instance *instance)
{
	zmq_msg_t frame;
	uint16_t event = 0;
	bool more;

	zmq_msg_init(&frame);
	if (zmq_msg_recv(&frame, instance->monitor, ZMQ_DONTWAIT) >= (int)sizeof event)
		memcpy(&event, zmq_msg_data(&frame), sizeof event);
	more = event != 0 && zmq_msg_more(&frame);
	zmq_msg_close(&frame);
	while (more) {
		zmq_msg_init(&frame);
		zmq_msg_recv(&frame, instance->monitor, ZMQ_DONTWAIT);
		more = zmq_msg_more(&frame);
		zmq_msg_close(&frame);
	}
	return event;
}

static void pump_monitor(void *context)
{
	struct instance *instance = context;
	struct hearth_client *client = instance->service->client;
	unsigned event;

	client_enter(client);
	/* Until a receive fails, which reads ZMQ_EVENTS as the edge-triggered descriptor needs. */
	while (!instance->dead && (event = next_event(instance)) != 0) {
		if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
			instance->ready = true;
			instance->service->refused = false;
			hearth_loop_defer(client->loop, &instance->service->flush);
		} else if (event & LOST_EVENTS) {
			client_instance_lost(instance);
		}
	}
	client_leave(client);
}

static void monitor_readable(void *context, uint32_t events)
{
	(void)events;
	pump_monitor(context);
}

/* ---- opening ---- */

static struct hearth_watch *watch_socket(struct hearth_loop *loop, void *socket, hearth_watch_fn *callback, void *context)
{
	int fd;
	size_t size = sizeof fd;

	zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
	return hearth_loop_add(loop, fd, EPOLLIN, callback, context);
}

static void open_monitor(struct instance *instance)
{
	static unsigned long monitors;      /* unique in the process: clients share the context */
	char endpoint[64];

	snprintf(endpoint, sizeof endpoint, "inproc://hearth-monitor-%lu", ++monitors);
	zmq_socket_monitor(instance->dealer, endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | LOST_EVENTS);
	instance->monitor = zmq_socket(hearth_zmq_context(), ZMQ_PAIR);
	assert(instance->monitor);
	hearth_zmq_set(instance->monitor, ZMQ_LINGER, 0);
	zmq_connect(instance->monitor, endpoint);
}

static void *open_dealer(const struct hearth_trust *trust, const char *key, bool ipc)
{
	void *dealer = zmq_socket(hearth_zmq_context(), ZMQ_DEALER);

	assert(dealer);
	hearth_zmq_set(dealer, ZMQ_LINGER, 0);
	hearth_zmq_set(dealer, ZMQ_IMMEDIATE, 1);
	hearth_zmq_set(dealer, ZMQ_SNDHWM, 1000);
	hearth_zmq_set(dealer, ZMQ_RCVHWM, 1000);
	hearth_zmq_set(dealer, ZMQ_RECONNECT_IVL, 100);
	hearth_zmq_set(dealer, ZMQ_RECONNECT_IVL_MAX, 1000);
	if (!ipc) {
		hearth_zmq_set(dealer, ZMQ_HEARTBEAT_IVL, 1000);
		hearth_zmq_set(dealer, ZMQ_HEARTBEAT_TIMEOUT, 3000);
		hearth_zmq_set(dealer, ZMQ_CONNECT_TIMEOUT, 2000);
		hearth_zmq_set(dealer, ZMQ_HANDSHAKE_IVL, HEARTH_HANDSHAKE_MS);
		hearth_trust_dial(trust, dealer, *key ? key : NULL);
	}
	return dealer;
}

void client_open_instance(struct service *service, const char *endpoint, int key_turn)
{
	struct hearth_client *client = service->client;
	bool ipc = strncmp(endpoint, "ipc://", 6) == 0;
	struct instance *instance;

	if (service->instance_count >= CLIENT_INSTANCES_MOST)
		return;
	instance = hearth_alloc(sizeof *instance);
	memset(instance, 0, sizeof *instance);
	instance->service = service;
	instance->key_turn = key_turn;
	if (!client_choose_key(instance, ipc)) {
		free(instance);
		return;
	}
	instance->serial = ++client->serials;
	instance->seen = true;
	hearth_text_copy(instance->endpoint, sizeof instance->endpoint, endpoint);
	instance->dealer_pump = (struct hearth_deferred){ .callback = pump_dealer, .context = instance };
	instance->monitor_pump = (struct hearth_deferred){ .callback = pump_monitor, .context = instance };
	instance->dealer = open_dealer(client->trust, instance->key, ipc);
	if (strchr(endpoint, '['))
		hearth_zmq_set(instance->dealer, ZMQ_IPV6, 1);
	open_monitor(instance);
	instance->dealer_watch = watch_socket(client->loop, instance->dealer, dealer_readable, instance);
	instance->monitor_watch = watch_socket(client->loop, instance->monitor, monitor_readable, instance);
	zmq_connect(instance->dealer, endpoint);
	hearth_loop_defer(client->loop, &instance->dealer_pump);
	hearth_loop_defer(client->loop, &instance->monitor_pump);
	instance->next = service->instances;
	service->instances = instance;
	service->instance_count++;
}

/* ---- sending ---- */

static void unclog(void *context)
{
	struct service *service = context;

	for (struct instance *instance = service->instances; instance; instance = instance->next)
		instance->clogged = false;
	hearth_loop_defer(service->client->loop, &service->flush);
}

static struct hearth_slice slice_of(const char *text)
{
	return (struct hearth_slice){ text, strlen(text) };
}

static size_t begin_frame(const struct call *call, uint8_t bytes[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST])
{
	struct hearth_request_header header = {
		.call_id = (uint64_t)call->generation << 32 | (call->slot + 1),
		.method = slice_of(call->method), .deadline_us = (uint64_t)call->deadline_us,
		.has_request_id = true, .request_id = call->request_id, .traceparent = slice_of(call->traceparent),
	};

	if (call->has_actor) {
		header.actor_id = slice_of(call->actor_id);
		header.actor_authority = slice_of(call->authority);
		header.roles = call->roles;
	}
	return hearth_request_frame_begin(&header, bytes);
}

static int send_call(struct instance *instance, const struct call *call)
{
	uint8_t bytes[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST];
	size_t head = begin_frame(call, bytes);
	zmq_msg_t frame;

	assert(head > 0);          /* every part was bounded when the call was made */
	zmq_msg_init_size(&frame, head + call->size);
	memcpy(zmq_msg_data(&frame), bytes, head);
	if (call->size > 0)
		memcpy((uint8_t *)zmq_msg_data(&frame) + head, call->payload, call->size);
	if (zmq_msg_send(&frame, instance->dealer, ZMQ_DONTWAIT) >= 0)
		return 0;
	zmq_msg_close(&frame);
	return -1;
}

int client_transmit(struct instance *instance, struct call *call)
{
	struct service *service = instance->service;

	hearth_loop_defer(service->client->loop, &instance->dealer_pump);
	if (send_call(instance, call)) {
		/* Its handshake is told a moment before its pipe is there, its end a moment after. */
		instance->clogged = true;
		hearth_alarm_set(service->again, CLOGGED_US);
		return -1;
	}
	client_list_remove(call);
	if (instance->calls.count == 0)
		instance->heard_us = hearth_clock_mono();
	client_list_add(&instance->calls, call);
	call->instance = instance;
	return 0;
}

/* ---- where services are ---- */

struct service *client_find_service(struct hearth_client *client, const char *name, size_t size)
{
	struct service *service = client->services;

	while (service && !(strlen(service->name) == size && memcmp(service->name, name, size) == 0))
		service = service->next;
	return service;
}

struct instance *client_find_instance(struct service *service, const char *endpoint)
{
	struct instance *instance = service->instances;

	while (instance && strcmp(instance->endpoint, endpoint) != 0)
		instance = instance->next;
	return instance;
}

static void found_instance(void *context, const char *endpoint)
{
	struct service *service = context;
	struct instance *instance = client_find_instance(service, endpoint);

	if (instance)
		instance->seen = true;
	else
		client_open_instance(service, endpoint, 0);
}

/* Those that are no longer at the address: they get no new calls, and end when they have none. */
static void close_unseen(struct service *service)
{
	struct instance *next;

	for (struct instance *instance = service->instances; instance; instance = next) {
		next = instance->next;
		if (!instance->seen && (!instance->ready || instance->calls.count == 0))
			close_instance(instance);
	}
}

void client_look(struct service *service)
{
	service->looked_us = hearth_clock_mono();
	for (struct instance *instance = service->instances; instance; instance = instance->next)
		instance->seen = false;
	for (size_t i = 0; i < service->address_count; i++)
		if (service->addresses[i].ipc)
			hearth_instances_scan(service->addresses[i].text, service->name, found_instance, service);
		else if (!service->addresses[i].dns)
			found_instance(service, service->addresses[i].text);
	client_names_look(service, found_instance);
	close_unseen(service);
	if (service->waiting.first || service->targeted.first)
		hearth_loop_defer(service->client->loop, &service->flush);
}

static void look_again(void *context)
{
	struct hearth_client *client = context;

	client->looking = false;
	for (struct service *service = client->services; service; service = service->next)
		if (service->outstanding > 0)
			client_look(service);
	client_start_looking(client);
}

void client_start_looking(struct hearth_client *client)
{
	if (client->looking || client->outstanding == 0)
		return;
	if (!client->look)
		client->look = hearth_alarm_new(client->loop, look_again, client);
	client->looking = true;
	hearth_alarm_set(client->look, CLIENT_LOOK_US);
}

static void flush_service(void *context)
{
	client_flush(context);
}

static struct service *new_service(struct hearth_client *client, const char *name)
{
	struct service *service = hearth_alloc(sizeof *service);

	memset(service, 0, sizeof *service);
	service->client = client;
	hearth_text_copy(service->name, sizeof service->name, name);
	service->flush = (struct hearth_deferred){ .callback = flush_service, .context = service };
	service->again = hearth_alarm_new(client->loop, unclog, service);
	service->next = client->services;
	client->services = service;
	return service;
}

/* Each {service} in an address is the service's name; false when it is too long then. */
static bool fill_in(const char *address, const char *name, char *ret_text, size_t size)
{
	static const char place[] = "{service}";
	size_t used = 0;

	for (const char *at = address; *at; ) {
		bool here = strncmp(at, place, sizeof place - 1) == 0;
		size_t more = here ? strlen(name) : 1;

		if (used + more >= size)
			return false;
		memcpy(ret_text + used, here ? name : at, more);
		used += more;
		at += here ? sizeof place - 1 : 1;
	}
	ret_text[used] = '\0';
	return true;
}

int hearth_client_locate(struct hearth_client *client, const char *name, const char *template,
                         struct hearth_status *status)
{
	struct hearth_address addresses[HEARTH_ADDRESSES_MOST];
	struct service *service = client_find_service(client, name, strlen(name));
	char address[4096];
	size_t count, known = 0;

	if (!fill_in(template, name, address, sizeof address))
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_ADDRESS", "address \"%.100s\" is too long", template);
	if (hearth_addresses_parse(address, false, addresses, &count, status))
		return -1;
	if (!*name || strlen(name) >= sizeof service->name)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_SERVICE", "a service's name has 1 to 63 characters");
	for (const struct service *each = client->services; each; each = each->next)
		known++;
	if (!service && known >= SERVICES_MOST)
		return hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "TOO_MANY_SERVICES", "a client knows at most %d services",
		                   SERVICES_MOST);
	if (!service)
		service = new_service(client, name);
	hearth_text_copy(service->text, sizeof service->text, address);
	memcpy(service->addresses, addresses, count * sizeof addresses[0]);
	service->address_count = count;
	client_names_set(service, addresses, count);
	client_look(service);
	return 0;
}

void client_links_free(struct hearth_client *client)
{
	while (client->services) {
		struct service *service = client->services;

		client->services = service->next;
		client_names_free(service);
		while (service->instances)
			close_instance(service->instances);
		hearth_loop_undefer(client->loop, &service->flush);
		hearth_alarm_free(&service->again);
		free(service);
	}
	hearth_loop_undefer(client->loop, &client->bury);
	client_bury(client);
}
