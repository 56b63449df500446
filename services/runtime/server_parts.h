/* server_parts.h: what the files of the server share; nobody else includes it.
 *
 * server.c takes requests in and sends replies out; server_open.c makes, rekeys and ends the sockets.
 */
#ifndef HEARTH_SERVER_PARTS_H
#define HEARTH_SERVER_PARTS_H

#include <zmq.h>

#include "instances.h"
#include "server.h"
#include "server_peers.h"
#include "trust.h"

struct listener {
	struct hearth_server *server;
	void *router;
	struct hearth_watch *watch;
	struct hearth_deferred pump;
	struct hearth_instance_files files;
	struct server_peers peers;
	bool tcp, unbound, hints_unbound;  /* un-: to be bound again */
	char endpoint[HEARTH_ENDPOINT_SIZE], hints[HEARTH_ENDPOINT_SIZE];
};

struct incoming {
	struct hearth_incoming public;   /* first: the two are cast into each other */
	struct listener *listener;
	struct server_peer *peer;
	struct incoming *next_free;
	zmq_msg_t identity, frame;
	struct hearth_slice header;      /* in the frame */
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
	struct hearth_trust *trust;
	struct hearth_zap *zap;
	struct hearth_alarm *rebind;
	int rebinds;
	bool allow_plain_tcp;
	const char *ipc_users;             /* while it is made */
	void *hints[2];                    /* ipc, tcp: what once speaks CURVE does so everywhere */
	struct hearth_deferred hint;
	char hint_endpoint[HEARTH_ENDPOINT_SIZE];
	size_t listeners;
	struct listener listener[HEARTH_ADDRESSES_MOST];
};

/* server.c: what the loop calls; the context is a listener, a listener, a server. */
void server_readable(void *context, uint32_t events);
void server_pump(void *context);
void server_send_hint(void *context);

#endif
