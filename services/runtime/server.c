/* server.c: the listening side of calls: a ROUTER per address, frames in, replies out.
 *
 * A turn: the descriptor wakes us, up to 512 requests are received and handed over, replies leave as they are made, and
 * ZMQ_EVENTS is read once, at the end of the turn. Promises: a stranger can make this process hold at most 256 requests
 * per identity, 16,384 in all and 256 MB of payloads; anything malformed is answered when a call id can be read, else
 * counted; a peer that is gone or does not read costs a counter, nothing more.
 * Ownership: an incoming owns its three frames (identity, header, payload) and its place in its peer's count; both end
 * in hearth_server_reply or hearth_server_drop. All incomings must have ended before hearth_server_free.
 */
#include "server.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <zmq.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "flat.h"
#include "instances.h"

#define BATCH 512
#define PER_PEER 256
#define OUTSTANDING_MOST 16384
#define HELD_MOST (UINT64_C(256) << 20)
#define FREE_MOST 1024           /* incomings kept for the next requests */
#define BUCKETS 1024
#define FLAT_MOST 1024           /* bytes of a plain reply; a larger one is packed by protobuf-c */
#define DRAIN_RETRY_MS 20
#define LAST_REPLIES_US 100000

struct peer {
	struct peer *next;
	unsigned outstanding;
	uint8_t size;
	uint8_t identity[255];
};

struct listener {
	struct hearth_server *server;
	void *router;
	struct hearth_watch *watch;
	struct hearth_deferred pump;
	struct hearth_instance_files files;
	struct peer *buckets[BUCKETS];   /* peers with something outstanding, and the last */
	struct peer *last;               /* of the last request, or NULL: requests come in runs of one peer */
	char endpoint[HEARTH_ENDPOINT_SIZE];
};

struct incoming {
	struct hearth_incoming public;   /* first: the two are cast into each other */
	struct listener *listener;
	struct peer *peer;
	struct incoming *next_free;
	zmq_msg_t identity, header, payload;
	size_t identity_size, header_size;
};

struct hearth_server {
	struct hearth_loop *loop;
	char service[64];
	struct hearth_uuid instance;
	size_t most_message;
	hearth_receive_fn *receive;
	void *context;
	bool draining, replied;
	struct hearth_server_counts counts;
	size_t outstanding;
	uint64_t held;
	struct incoming *free_incomings;
	size_t free_count;
	struct peer *free_peers;
	void *hints;
	struct hearth_deferred hint;
	char hint_endpoint[HEARTH_ENDPOINT_SIZE];
	size_t listeners;
	struct listener listener[HEARTH_ADDRESSES_MOST];
};

/* ---- peers: how much each has outstanding ---- */

static struct peer **find_peer(struct listener *listener, const uint8_t *identity, size_t size)
{
	uint32_t hash = 2166136261u;
	struct peer **at;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ identity[i]) * 16777619u;
	at = &listener->buckets[(hash ^ hash >> 16) % BUCKETS];
	while (*at && ((*at)->size != size || memcmp((*at)->identity, identity, size) != 0))
		at = &(*at)->next;
	return at;
}

static struct peer *take_peer(struct hearth_server *server, struct peer **at, const uint8_t *identity, size_t size)
{
	struct peer *peer = server->free_peers;

	if (*at)
		return *at;
	if (peer)
		server->free_peers = peer->next;
	else
		peer = hearth_alloc(sizeof *peer);
	peer->next = NULL;
	peer->outstanding = 0;
	peer->size = (uint8_t)size;
	memcpy(peer->identity, identity, size);
	*at = peer;
	return peer;
}

static void forget_peer(struct hearth_server *server, struct listener *listener, struct peer *peer)
{
	struct peer **at = find_peer(listener, peer->identity, peer->size);

	assert(*at == peer);
	*at = peer->next;
	peer->next = server->free_peers;
	server->free_peers = peer;
}

static void leave_peer(struct hearth_server *server, struct listener *listener, struct peer *peer)
{
	if (--peer->outstanding == 0 && listener->last != peer)
		forget_peer(server, listener, peer);
}

/* The last peer is kept even with nothing outstanding, until another comes. */
static void remember_peer(struct hearth_server *server, struct listener *listener, struct peer *peer)
{
	struct peer *before = listener->last;

	listener->last = peer;
	if (before && before != peer && before->outstanding == 0)
		forget_peer(server, listener, before);
}

/* ---- incomings ---- */

static struct incoming *take_incoming(struct listener *listener)
{
	struct hearth_server *server = listener->server;
	struct incoming *incoming = server->free_incomings;

	if (incoming) {
		server->free_incomings = incoming->next_free;
		server->free_count--;
	} else {
		incoming = hearth_alloc(sizeof *incoming);
	}
	incoming->listener = listener;
	incoming->peer = NULL;
	zmq_msg_init(&incoming->identity);
	zmq_msg_init(&incoming->header);
	zmq_msg_init(&incoming->payload);
	return incoming;
}

static void release_incoming(struct incoming *incoming)
{
	struct hearth_server *server = incoming->listener->server;

	if (incoming->peer) {
		server->outstanding--;
		server->held -= incoming->public.size;
		leave_peer(server, incoming->listener, incoming->peer);
	}
	zmq_msg_close(&incoming->identity);
	zmq_msg_close(&incoming->header);
	zmq_msg_close(&incoming->payload);
	if (server->free_count == FREE_MOST) {
		free(incoming);
		return;
	}
	incoming->next_free = server->free_incomings;
	server->free_incomings = incoming;
	server->free_count++;
}

/* ---- replies ---- */

static int send_frame(struct listener *listener, zmq_msg_t *frame, int flags)
{
	int result;

	do
		result = zmq_msg_send(frame, listener->router, flags | ZMQ_DONTWAIT);
	while (result < 0 && errno == EINTR);
	return result;
}

/* Sends identity, header, payload; ROUTER takes all or refuses the first. */
static void send_reply(struct incoming *incoming, const struct hearth_reply_header *header, zmq_msg_t *payload)
{
	struct listener *listener = incoming->listener;
	uint8_t bytes[HEARTH_HEADER_MOST];
	size_t size = hearth_reply_header_encode(header, bytes);
	zmq_msg_t frame;

	assert(size > 0);
	listener->server->replied = true;
	zmq_msg_init_size(&frame, size);
	memcpy(zmq_msg_data(&frame), bytes, size);
	if (send_frame(listener, &incoming->identity, ZMQ_SNDMORE) < 0 || send_frame(listener, &frame, ZMQ_SNDMORE) < 0 ||
	    send_frame(listener, payload, 0) < 0) {
		listener->server->counts.dropped_replies++;
		zmq_msg_close(&frame);
		zmq_msg_close(payload);
	}
	hearth_loop_defer(listener->server->loop, &listener->pump);
}

static void send_status(struct incoming *incoming, uint64_t call_id, const struct hearth_status *status)
{
	struct hearth_reply_header header = {
		.call_id = call_id, .code = (int32_t)status->code, .retry_after_ms = status->retry_after_ms,
		.message = { status->message, strlen(status->message) }, .reason = { status->reason, strlen(status->reason) },
		.field = { status->field, strlen(status->field) },
	};
	zmq_msg_t payload;

	zmq_msg_init(&payload);
	send_reply(incoming, &header, &payload);
}

static void pack_payload(const ProtobufCMessage *reply, zmq_msg_t *ret_payload)
{
	uint8_t bytes[FLAT_MOST];
	size_t size = reply ? hearth_flat_pack(reply, bytes, sizeof bytes) : 0;

	if (size != HEARTH_FLAT_OTHER) {
		zmq_msg_init_size(ret_payload, size);
		memcpy(zmq_msg_data(ret_payload), bytes, size);
		return;
	}
	size = protobuf_c_message_get_packed_size(reply);
	zmq_msg_init_size(ret_payload, size);
	if (size > 0)
		protobuf_c_message_pack(reply, zmq_msg_data(ret_payload));
}

void hearth_server_reply(struct hearth_server *server, struct hearth_incoming **incoming,
                         struct hearth_reply_header *header, const ProtobufCMessage *reply)
{
	struct incoming *request = (struct incoming *)*incoming;
	zmq_msg_t payload;

	(void)server;
	*incoming = NULL;
	header->call_id = request->public.header.call_id;
	pack_payload(header->code == HEARTH_OK ? reply : NULL, &payload);
	send_reply(request, header, &payload);
	release_incoming(request);
}

void hearth_server_drop(struct hearth_server *server, struct hearth_incoming **incoming)
{
	struct incoming *request = (struct incoming *)*incoming;

	(void)server;
	*incoming = NULL;
	release_incoming(request);
}

/* ---- requests ---- */

/* Reads the frames after the identity; says what is wrong with their number. */
static const char *receive_frames(struct incoming *incoming)
{
	void *router = incoming->listener->router;
	zmq_msg_t extra;
	bool any = false;

	if (!zmq_msg_more(&incoming->identity))
		return "the header frame is missing";
	incoming->header_size = (size_t)zmq_msg_recv(&incoming->header, router, ZMQ_DONTWAIT);
	if (!zmq_msg_more(&incoming->header))
		return "the payload frame is missing";
	incoming->public.size = (size_t)zmq_msg_recv(&incoming->payload, router, ZMQ_DONTWAIT);
	for (bool more = zmq_msg_more(&incoming->payload); more; any = true) {
		zmq_msg_init(&extra);
		zmq_msg_recv(&extra, router, ZMQ_DONTWAIT);
		more = zmq_msg_more(&extra);
		zmq_msg_close(&extra);
	}
	return any ? "there are more than two frames" : NULL;
}

static int check_frames(struct incoming *incoming, const char *wrong, struct hearth_status *status)
{
	struct hearth_server *server = incoming->listener->server;
	struct hearth_incoming *public = &incoming->public;

	if (wrong)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "MALFORMED_FRAMES",
		                   "a request is a header and a payload frame: %s", wrong);
	if (hearth_request_header_decode(zmq_msg_data(&incoming->header), incoming->header_size, &public->header, status))
		return -1;
	public->payload = zmq_msg_data(&incoming->payload);
	if (public->size > server->most_message) {
		server->counts.oversized++;
		return hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
		                   "the message has %zu bytes, at most %zu are allowed", public->size, server->most_message);
	}
	return 0;
}

static int throttle(struct hearth_server *server, struct hearth_status *status, const char *who, int most)
{
	server->counts.throttled++;
	hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
	            "%s may have %d calls outstanding: wait for one to end", who, most);
	status->retry_after_ms = DRAIN_RETRY_MS;
	return -1;
}

/* Takes a place for the request, or says why there is none. */
static int admit(struct incoming *incoming, struct hearth_status *status)
{
	struct listener *listener = incoming->listener;
	struct hearth_server *server = listener->server;
	const uint8_t *identity = zmq_msg_data(&incoming->identity);
	size_t size = incoming->identity_size;
	struct peer *last = listener->last;
	struct peer **at = last && last->size == size && memcmp(last->identity, identity, size) == 0
		? &listener->last : find_peer(listener, identity, size);

	if (server->draining) {
		hearth_fail(status, HEARTH_UNAVAILABLE, "DRAINING", "this process is leaving: call another");
		status->retry_after_ms = DRAIN_RETRY_MS;
		return -1;
	}
	if (*at && (*at)->outstanding >= PER_PEER)
		return throttle(server, status, "a connection", PER_PEER);
	if (server->outstanding >= OUTSTANDING_MOST || server->held + incoming->public.size > HELD_MOST)
		return throttle(server, status, "a process (holding at most 256 MB)", OUTSTANDING_MOST);
	incoming->peer = take_peer(server, at, identity, size);
	remember_peer(server, listener, incoming->peer);
	incoming->peer->outstanding++;
	server->outstanding++;
	server->held += incoming->public.size;
	return 0;
}

/* Answers what cannot be served, when it says which call it is; never keeps it. */
static void refuse(struct incoming *incoming, const struct hearth_status *status)
{
	uint64_t call_id;

	if (status->code == HEARTH_INVALID_ARGUMENT)
		incoming->listener->server->counts.malformed++;
	if (hearth_frame_call_id(zmq_msg_data(&incoming->header), zmq_msg_size(&incoming->header), &call_id))
		send_status(incoming, call_id, status);
	release_incoming(incoming);
}

/* False when there is nothing to receive. */
static bool receive_one(struct listener *listener, int64_t now)
{
	struct hearth_status status;      /* written only when something is wrong */
	struct incoming *incoming = take_incoming(listener);
	const char *wrong;

	int size = zmq_msg_recv(&incoming->identity, listener->router, ZMQ_DONTWAIT);
	if (size < 0) {
		release_incoming(incoming);
		return false;
	}
	incoming->identity_size = (size_t)size;
	wrong = receive_frames(incoming);
	listener->server->counts.received++;
	incoming->public.arrived_us = now;
	status.code = HEARTH_OK;
	status.retry_after_ms = 0;
	status.reason[0] = status.field[0] = status.message[0] = '\0';
	if (check_frames(incoming, wrong, &status) || admit(incoming, &status))
		refuse(incoming, &status);
	else
		listener->server->receive(listener->server->context, &incoming->public);
	return true;
}

static void drain_requests(struct listener *listener)
{
	int64_t now = hearth_clock_mono();

	for (int i = 0; i < BATCH && receive_one(listener, now); i++)
		continue;
	hearth_loop_defer(listener->server->loop, &listener->pump);
}

static void readable(void *context, uint32_t events)
{
	(void)events;
	drain_requests(context);
}

/* The end of a turn in which the socket was used: the one look at ZMQ_EVENTS. */
static void pump(void *context)
{
	struct listener *listener = context;
	int events = 0;
	size_t size = sizeof events;

	if (zmq_getsockopt(listener->router, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN))
		drain_requests(listener);
}

/* ---- hints ---- */

static void send_hint(void *context)
{
	struct hearth_server *server = context;

	/* A PUB never blocks; a subscriber that does not read loses the hint, and pulls on its timer. */
	(void)zmq_send(server->hints, server->service, strlen(server->service), ZMQ_DONTWAIT);
}

void hearth_server_hint(struct hearth_server *server)
{
	hearth_loop_defer(server->loop, &server->hint);
}

/* ---- opening and closing ---- */

static int bind_socket(void *socket, const char *endpoint, char ret_endpoint[HEARTH_ENDPOINT_SIZE],
                       struct hearth_status *status)
{
	size_t size = HEARTH_ENDPOINT_SIZE;

	if (zmq_bind(socket, endpoint))
		return hearth_fail(status, HEARTH_UNAVAILABLE, "BIND", "cannot listen on %.200s: %s", endpoint,
		                   zmq_strerror(errno));
	zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, ret_endpoint, &size);
	return 0;
}

static int bind_hints(struct hearth_server *server, const char *endpoint, struct hearth_status *status)
{
	char bound[HEARTH_ENDPOINT_SIZE];

	if (bind_socket(server->hints, endpoint, bound, status))
		return -1;
	if (!server->hint_endpoint[0])
		memcpy(server->hint_endpoint, bound, sizeof bound);
	return 0;
}

static int listen_ipc(struct listener *listener, const char *directory, struct hearth_status *status)
{
	struct hearth_server *server = listener->server;
	char endpoint[HEARTH_ENDPOINT_SIZE];

	if (hearth_instance_claim(directory, server->service, &server->instance, &listener->files, status))
		return -1;
	/* The hints first: whoever sees the .sock may ask for the .hint at once. */
	snprintf(endpoint, sizeof endpoint, "ipc://%s.hint", listener->files.path);
	if (bind_hints(server, endpoint, status))
		return -1;
	snprintf(endpoint, sizeof endpoint, "ipc://%s.sock", listener->files.path);
	return bind_socket(listener->router, endpoint, listener->endpoint, status);
}

static int listen_tcp(struct listener *listener, const char *address, struct hearth_status *status)
{
	const char *colon = strrchr(address, ':');
	char hints[HEARTH_ENDPOINT_SIZE];

	/* A host that vanished says nothing; on ipc the kernel does. */
	hearth_zmq_set(listener->router, ZMQ_HEARTBEAT_IVL, 1000);
	hearth_zmq_set(listener->router, ZMQ_HEARTBEAT_TIMEOUT, 3000);
	snprintf(hints, sizeof hints, "%.*s:*", (int)(colon - address), address);
	if (bind_hints(listener->server, hints, status))
		return -1;
	return bind_socket(listener->router, address, listener->endpoint, status);
}

static int open_listener(struct hearth_server *server, const struct hearth_address *address, struct hearth_status *status)
{
	struct listener *listener = &server->listener[server->listeners++];
	int fd;
	size_t size = sizeof fd;

	listener->server = server;
	listener->files.lock = -1;
	listener->pump = (struct hearth_deferred){ .callback = pump, .context = listener };
	listener->router = hearth_zmq_listening(ZMQ_ROUTER, server->most_message);
	hearth_zmq_set(listener->router, ZMQ_ROUTER_MANDATORY, 1);
	zmq_getsockopt(listener->router, ZMQ_FD, &fd, &size);
	listener->watch = hearth_loop_add(server->loop, fd, EPOLLIN, readable, listener);
	hearth_loop_defer(server->loop, &listener->pump);
	return address->ipc ? listen_ipc(listener, address->text, status) : listen_tcp(listener, address->text, status);
}

struct hearth_server *hearth_server_new(struct hearth_loop *loop, const struct hearth_server_options *options,
                                        struct hearth_status *status)
{
	struct hearth_address addresses[HEARTH_ADDRESSES_MOST];
	struct hearth_server *server;
	size_t count;

	if (hearth_addresses_parse(options->listen, true, addresses, &count, status))
		return NULL;
	server = hearth_alloc(sizeof *server);
	memset(server, 0, sizeof *server);
	server->loop = loop;
	hearth_text_copy(server->service, sizeof server->service, options->service);
	server->instance = *options->instance;
	server->most_message = options->most_message;
	server->receive = options->receive;
	server->context = options->context;
	server->hint = (struct hearth_deferred){ .callback = send_hint, .context = server };
	server->hints = hearth_zmq_listening(ZMQ_PUB, 1024);
	hearth_zmq_set(server->hints, ZMQ_LINGER, 0);
	for (size_t i = 0; i < count; i++)
		if (open_listener(server, &addresses[i], status)) {
			hearth_server_free(&server);
			return NULL;
		}
	return server;
}

void hearth_server_drain(struct hearth_server *server)
{
	server->draining = true;
	for (size_t i = 0; i < server->listeners; i++)
		zmq_unbind(server->listener[i].router, server->listener[i].endpoint);
}

static void close_listener(struct listener *listener)
{
	hearth_loop_undefer(listener->server->loop, &listener->pump);
	hearth_watch_free(&listener->watch);
	zmq_close(listener->router);
	hearth_instance_release(&listener->files);
}

void hearth_server_free(struct hearth_server **server)
{
	struct hearth_server *gone = *server;

	if (!gone)
		return;
	assert(gone->outstanding == 0);
	*server = NULL;
	hearth_loop_undefer(gone->loop, &gone->hint);
	/* libzmq's linger forgets what its encoder already holds for a peer that reads slowly. */
	if (gone->replied)
		usleep(LAST_REPLIES_US);
	for (size_t i = 0; i < gone->listeners; i++) {
		if (gone->listener[i].last)
			forget_peer(gone, &gone->listener[i], gone->listener[i].last);
		close_listener(&gone->listener[i]);
	}
	zmq_close(gone->hints);
	while (gone->free_incomings) {
		struct incoming *incoming = gone->free_incomings;

		gone->free_incomings = incoming->next_free;
		free(incoming);
	}
	while (gone->free_peers) {
		struct peer *peer = gone->free_peers;

		gone->free_peers = peer->next;
		free(peer);
	}
	free(gone);
}

/* ---- what it is ---- */

const char *hearth_server_endpoint(const struct hearth_server *server)
{
	return server->listener[0].endpoint;
}

const char *hearth_server_hint_endpoint(const struct hearth_server *server)
{
	return server->hint_endpoint;
}

struct hearth_server_counts hearth_server_counts(const struct hearth_server *server)
{
	return server->counts;
}
