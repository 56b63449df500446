/* server.c: the listening side of calls: a ROUTER per address, frames in, replies out.
 *
 * A turn: the descriptor wakes us, up to 512 requests are received and handed over, replies leave as they are made, and
 * ZMQ_EVENTS is read once, at the end of the turn. Promises: a stranger can make this process hold at most 256 requests
 * per identity, 16,384 in all and 256 MB of payloads; anything malformed is answered when a call id can be read, else
 * counted; a peer that is gone or does not read costs a counter, nothing more.
 * Ownership: an incoming owns its identity, its frame and its place in its peer's count; all end
 * in hearth_server_reply or hearth_server_drop. All incomings must have ended before hearth_server_free.
 */
#include "server_parts.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "flat.h"
#include "trust.h"

#define BATCH 512
#define PER_PEER 256
#define OUTSTANDING_MOST 16384
#define HELD_MOST (UINT64_C(256) << 20)
#define FREE_MOST 1024           /* incomings kept for the next requests */
#define FLAT_MOST 1024           /* bytes of a plain reply; a larger one is packed by protobuf-c */
#define DRAIN_RETRY_MS 20

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
		zmq_msg_init(&incoming->identity);
		zmq_msg_init(&incoming->frame);
	}
	incoming->listener = listener;
	incoming->peer = NULL;
	return incoming;
}

static void release_incoming(struct incoming *incoming)
{
	struct hearth_server *server = incoming->listener->server;

	if (incoming->peer) {
		server->outstanding--;
		server->held -= incoming->public.size;
		server_peers_leave(&incoming->listener->peers, incoming->peer);
	}
	zmq_msg_close(&incoming->frame);
	if (server->free_count == FREE_MOST) {
		zmq_msg_close(&incoming->identity);
		free(incoming);
		return;
	}
	/* The identity stays as it is, at most 255 bytes: the next one takes its place. */
	zmq_msg_init(&incoming->frame);
	incoming->next_free = server->free_incomings;
	server->free_incomings = incoming;
	server->free_count++;
}

/* ---- replies ---- */

static int send_message(struct listener *listener, zmq_msg_t *message, int flags)
{
	int result;

	do
		result = zmq_msg_send(message, listener->router, flags | ZMQ_DONTWAIT);
	while (result < 0 && errno == EINTR);
	return result;
}

/* Sends identity and frame; ROUTER takes both or refuses the first. */
static void send_frame(struct incoming *incoming, zmq_msg_t *frame)
{
	struct listener *listener = incoming->listener;

	listener->server->replied = true;
	if (send_message(listener, &incoming->identity, ZMQ_SNDMORE) < 0 || send_message(listener, frame, 0) < 0) {
		listener->server->counts.dropped_replies++;
		zmq_msg_close(frame);
	}
	hearth_loop_defer(listener->server->loop, &listener->pump);
}

/* The frame of a reply, `reply` NULL for none. */
static void pack_frame(const struct hearth_reply_header *header, const ProtobufCMessage *reply, zmq_msg_t *ret_frame)
{
	uint8_t bytes[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST + FLAT_MOST];
	size_t head = hearth_reply_frame_begin(header, bytes);
	size_t size = reply ? hearth_flat_pack(reply, bytes + head, FLAT_MOST) : 0;

	assert(head > 0);
	if (size != HEARTH_FLAT_OTHER) {
		zmq_msg_init_size(ret_frame, head + size);
		memcpy(zmq_msg_data(ret_frame), bytes, head + size);
		return;
	}
	zmq_msg_init_size(ret_frame, head + protobuf_c_message_get_packed_size(reply));
	memcpy(zmq_msg_data(ret_frame), bytes, head);
	protobuf_c_message_pack(reply, (uint8_t *)zmq_msg_data(ret_frame) + head);
}

static void send_reply(struct incoming *incoming, const struct hearth_reply_header *header, const ProtobufCMessage *reply)
{
	zmq_msg_t frame;

	pack_frame(header, reply, &frame);
	send_frame(incoming, &frame);
}

static void send_status(struct incoming *incoming, uint64_t call_id, const struct hearth_status *status)
{
	struct hearth_reply_header header = {
		.call_id = call_id, .code = (int32_t)status->code, .retry_after_ms = status->retry_after_ms,
		.message = { status->message, strlen(status->message) }, .reason = { status->reason, strlen(status->reason) },
		.field = { status->field, strlen(status->field) },
	};

	send_reply(incoming, &header, NULL);
}

void hearth_server_reply(struct hearth_server *server, struct hearth_incoming **incoming,
                         struct hearth_reply_header *header, const ProtobufCMessage *reply)
{
	struct incoming *request = (struct incoming *)*incoming;

	(void)server;
	*incoming = NULL;
	header->call_id = request->public.header.call_id;
	send_reply(request, header, header->code == HEARTH_OK ? reply : NULL);
	release_incoming(request);
}

static void free_packed(void *bytes, void *hint)
{
	(void)bytes;
	free(hint);
}

void hearth_server_reply_packed(struct hearth_server *server, struct hearth_incoming **incoming,
                                struct hearth_reply_header *header, const ProtobufCMessage *reply,
                                struct hearth_packed *packed)
{
	struct incoming *request = (struct incoming *)*incoming;
	uint8_t head_bytes[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST], *start;
	size_t rest = protobuf_c_message_get_packed_size(reply), head;
	zmq_msg_t frame;

	(void)server;
	*incoming = NULL;
	header->call_id = request->public.header.call_id;
	head = hearth_reply_frame_begin(header, head_bytes);
	assert(head > 0 && head <= sizeof head_bytes && packed->end >= sizeof head_bytes);
	if (packed->room - packed->end < rest)
		packed->bytes = hearth_realloc(packed->bytes, packed->end + rest);
	protobuf_c_message_pack(reply, packed->bytes + packed->end);
	start = packed->bytes + sizeof head_bytes - head;
	memcpy(start, head_bytes, head);
	/* libzmq frees it when it has left. */
	zmq_msg_init_data(&frame, start, head + packed->end - sizeof head_bytes + rest, free_packed, packed->bytes);
	*packed = (struct hearth_packed){ 0 };
	send_frame(request, &frame);
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

static int receive_message(struct listener *listener, zmq_msg_t *message)
{
	int result;

	do
		result = zmq_msg_recv(message, listener->router, ZMQ_DONTWAIT);
	while (result < 0 && errno == EINTR);
	return result;
}

/* Passes over the rest of a message. */
static void skip_frames(struct listener *listener)
{
	zmq_msg_t extra;

	zmq_msg_init(&extra);
	while (receive_message(listener, &extra) >= 0 && zmq_msg_more(&extra))
		continue;
	zmq_msg_close(&extra);
}

/* Receives the frame after the identity (ROUTER gives none without) and finds its parts; says what is wrong with it. */
static const char *receive_frame(struct incoming *incoming)
{
	struct listener *listener = incoming->listener;
	int size = receive_message(listener, &incoming->frame);
	struct hearth_slice payload;
	const char *wrong = hearth_frame_split(zmq_msg_data(&incoming->frame), size < 0 ? 0 : (size_t)size,
	                                       &incoming->header, &payload);

	incoming->public.payload = (const uint8_t *)payload.at;
	incoming->public.size = payload.size;
	if (!zmq_msg_more(&incoming->frame))
		return wrong;
	skip_frames(listener);
	return "there are more frames than one";
}

static int check_frame(struct incoming *incoming, const char *wrong, struct hearth_status *status)
{
	struct hearth_server *server = incoming->listener->server;
	struct hearth_incoming *public = &incoming->public;

	if (wrong)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "MALFORMED_FRAMES",
		                   "a request is one frame: the header's size in two bytes, header, payload: %s", wrong);
	if (hearth_request_header_decode(incoming->header.at, incoming->header.size, &public->header, status))
		return -1;
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
static int admit(struct incoming *incoming, size_t identity_size, struct hearth_status *status)
{
	struct server_peers *peers = &incoming->listener->peers;
	struct hearth_server *server = incoming->listener->server;
	const uint8_t *identity = zmq_msg_data(&incoming->identity);
	struct server_peer *peer;

	if (server->draining) {
		hearth_fail(status, HEARTH_UNAVAILABLE, "DRAINING", "this process is leaving: call another");
		status->retry_after_ms = DRAIN_RETRY_MS;
		return -1;
	}
	peer = server_peers_find(peers, identity, identity_size);
	if (peer && peer->outstanding >= PER_PEER)
		return throttle(server, status, "a connection", PER_PEER);
	if (server->outstanding >= OUTSTANDING_MOST || server->held + incoming->public.size > HELD_MOST)
		return throttle(server, status, "a process (holding at most 256 MB)", OUTSTANDING_MOST);
	incoming->peer = peer ? peer : server_peers_add(peers, identity, identity_size);
	server_peers_enter(peers, incoming->peer);
	server->outstanding++;
	server->held += incoming->public.size;
	return 0;
}

/* Whose key the connection has proved; nothing where none is needed. */
static int identify(struct incoming *incoming, struct hearth_status *status)
{
	struct listener *listener = incoming->listener;
	const struct hearth_trust *trust = listener->server->trust;
	struct server_peer *peer = incoming->peer;
	const char *key;

	incoming->public.who = NULL;
	if (!trust || !listener->tcp)
		return 0;
	key = zmq_msg_gets(&incoming->frame, "User-Id");
	/* Looked up again for another key too: a peer chooses its ROUTER identity, and may take that of one that has gone. */
	if (key && (peer->who_of != hearth_trust_generation(trust) || strcmp(peer->who->key, key) != 0)) {
		peer->who = hearth_trust_find(trust, key);
		peer->who_of = peer->who ? hearth_trust_generation(trust) : 0;
	}
	if (!key || peer->who_of == 0)
		return hearth_fail(status, HEARTH_UNAUTHENTICATED, "KEY_REMOVED",
		                   "the key of this connection is not known any more: connect with a newer one");
	incoming->public.who = peer->who;
	return 0;
}

/* Answers what cannot be served, when it says which call it is; never keeps it. */
static void refuse(struct incoming *incoming, const struct hearth_status *status)
{
	uint64_t call_id;

	if (status->code == HEARTH_INVALID_ARGUMENT)
		incoming->listener->server->counts.malformed++;
	if (hearth_frame_call_id(incoming->header.at, incoming->header.size, &call_id))
		send_status(incoming, call_id, status);
	release_incoming(incoming);
}

/* False when there is nothing to receive. */
static bool receive_one(struct listener *listener, int64_t now)
{
	struct hearth_status status;      /* written only when something is wrong */
	struct incoming *incoming = take_incoming(listener);
	const char *wrong;

	int size = receive_message(listener, &incoming->identity);
	if (size < 0) {
		release_incoming(incoming);
		return false;
	}
	wrong = receive_frame(incoming);
	listener->server->counts.received++;
	incoming->public.arrived_us = now;
	status.code = HEARTH_OK;
	status.retry_after_ms = 0;
	status.reason[0] = status.field[0] = status.message[0] = '\0';
	if (check_frame(incoming, wrong, &status) || admit(incoming, (size_t)size, &status) || identify(incoming, &status))
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

void server_readable(void *context, uint32_t events)
{
	(void)events;
	drain_requests(context);
}

/* The end of a turn in which the socket was used: the one look at ZMQ_EVENTS. */
void server_pump(void *context)
{
	struct listener *listener = context;
	int events = 0;
	size_t size = sizeof events;

	if (zmq_getsockopt(listener->router, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN))
		drain_requests(listener);
}

/* ---- hints ---- */

void server_send_hint(void *context)
{
	struct hearth_server *server = context;

	/* A PUB never blocks; a subscriber that does not read loses the hint, and pulls on its timer. */
	for (size_t i = 0; i < 2; i++)
		if (server->hints[i])
			(void)zmq_send(server->hints[i], server->service, strlen(server->service), ZMQ_DONTWAIT);
}

void hearth_server_hint(struct hearth_server *server)
{
	hearth_loop_defer(server->loop, &server->hint);
}
