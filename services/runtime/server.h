/* server.h: the listening side of calls: a ROUTER per address, frames in, replies out.
 *
 * Knows nothing of methods or databases: every well-formed request is handed to `receive`; malformed ones are
 * answered INVALID_ARGUMENT when a call id can be read, else counted and dropped. One identity may have at most 256
 * calls outstanding (past that RESOURCE_EXHAUSTED at once). EAGAIN and EHOSTUNREACH on replies are counted, never fatal.
 */
#ifndef HEARTH_SERVER_H
#define HEARTH_SERVER_H

#include <protobuf-c/protobuf-c.h>
#include "frame.h"
#include "loop.h"

struct hearth_identity;
struct hearth_server;
struct hearth_trust;

/* One request, owned by the receiver until hearth_server_reply or hearth_server_drop. `header` and `payload` point
 * into it. */
struct hearth_incoming {
	struct hearth_request_header header;
	const struct hearth_identity *who;   /* whose key the connection proved, for the time of `receive`; NULL: one that
	                                      * needs none (ipc, plain tcp) */
	const uint8_t *payload;
	size_t size;
	int64_t arrived_us;               /* monotonic */
};

typedef void hearth_receive_fn(void *context, struct hearth_incoming *incoming);

struct hearth_server_options {
	const char *service;              /* name in the socket's file */
	const struct hearth_uuid *instance;
	const char *listen;               /* "ipc://DIR" (makes DIR/<service>-<uuid>.sock, .lock, .hint) or "tcp://host:port"
	                                   * (port * chosen by the system); several with commas */
	struct hearth_trust *trust;       /* every tcp address speaks CURVE; NULL: tcp is plain, on loopback alone */
	bool allow_plain_tcp;             /* without a trust, on any address */
	const char *ipc_users;            /* who besides our own user and root may connect over ipc: names or numbers with
	                                   * commas, or NULL */
	size_t most_message;              /* bytes of a payload; past it RESOURCE_EXHAUSTED naming the limit */
	hearth_receive_fn *receive;
	void *context;
};

struct hearth_server_counts {
	uint64_t received, malformed, oversized, dropped_replies, throttled;
	uint64_t keys_taken, keys_refused;   /* handshakes of known keys, of unknown ones */
};

struct hearth_server *hearth_server_new(struct hearth_loop *loop, const struct hearth_server_options *options,
                                        struct hearth_status *status);
/* Closes, removes its files; every incoming must have been replied to or dropped before. */
void hearth_server_free(struct hearth_server **server);
/* Nothing more is given to `receive` (new requests are answered UNAVAILABLE, reason DRAINING, so that clients go
 * elsewhere at once) and its files are gone; replies still leave. */
void hearth_server_drain(struct hearth_server *server);
/* Whether a reply or refusal was sent since this was last asked. */
bool hearth_server_replied(struct hearth_server *server);
/* `reply` NULL unless header->code is 0. header->call_id is filled in. Frees `incoming` (sets it NULL). */
void hearth_server_reply(struct hearth_server *server, struct hearth_incoming **incoming,
                         struct hearth_reply_header *header, const ProtobufCMessage *reply);
/* The same with items of the reply that are packed already, in memory of malloc: `bytes` from HEARTH_FRAME_PREFIX +
 * HEARTH_HEADER_MOST (the header goes in front of them) to `end`, then the rest of `reply`. Takes `packed`. */
struct hearth_packed { uint8_t *bytes; size_t end, room; };
void hearth_server_reply_packed(struct hearth_server *server, struct hearth_incoming **incoming,
                                struct hearth_reply_header *header, const ProtobufCMessage *reply,
                                struct hearth_packed *packed);
void hearth_server_drop(struct hearth_server *server, struct hearth_incoming **incoming);
/* Tells every subscriber "there may be new events" (PUB, frames [service]). At most once per loop turn. */
void hearth_server_hint(struct hearth_server *server);
/* Binds every tcp address again, with the trust's present secret: connections are made anew by their callers, what is
 * outstanding on them is asked again. Nothing without a trust. */
void hearth_server_rekey(struct hearth_server *server);
const char *hearth_server_endpoint(const struct hearth_server *server);       /* first bound address */
const char *hearth_server_hint_endpoint(const struct hearth_server *server);
struct hearth_server_counts hearth_server_counts(const struct hearth_server *server);

/* hints.c: listening for the hints of a source's instances. */
struct hearth_hints;
struct hearth_hints *hearth_hints_new(struct hearth_loop *loop, void (*hinted)(void *context), void *context);
/* Connects to an endpoint once; asking again is nothing. `key` proves it: NULL for ipc and plain tcp. */
void hearth_hints_connect(struct hearth_hints *hints, const char *endpoint, const struct hearth_trust *trust,
                          const char *key);
void hearth_hints_free(struct hearth_hints **hints);

#define HEARTH_HANDSHAKE_MS 5000     /* a connection that has not shaken hands by then is closed */

/* One zmq context per process, made on first use (one I/O thread); ended by hearth_zmq_end at exit. */
void *hearth_zmq_context(void);
void hearth_zmq_end(void);
/* A socket's option; a mistake of ours aborts. */
void hearth_zmq_set(void *socket, int option, int value);
/* A socket to bind: 1,000 messages each way, a second's linger, nothing far over the limit even received. */
void *hearth_zmq_listening(int type, size_t most_message);

#endif
