/* server_open.c: making, rekeying and ending the sockets of a server (server.h).
 *
 * A listener is a ROUTER and an address of the hints. libzmq takes a socket's keys when it binds, and ends a
 * listener's connections with the listener: a new secret means new connections.
 */
#include "server_parts.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <hearth/arena.h>
#include <hearth/log.h>

#include "server_listen.h"

#define LAST_REPLIES_US 100000
#define REBIND_US 2000           /* libzmq's thread closes the old socket in its own time */
#define REBIND_SLOW_US 200000
#define REBINDS_QUICK 500

/* ---- opening ---- */

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

static int open_hints(struct listener *listener, struct hearth_status *status)
{
	struct hearth_server *server = listener->server;
	void **hints = &server->hints[listener->tcp];

	if (*hints)
		return 0;
	*hints = hearth_zmq_listening(ZMQ_PUB, 1024);
	hearth_zmq_set(*hints, ZMQ_LINGER, 0);
	if (!listener->tcp)
		return server_ipc_users(*hints, server->ipc_users, status);
	hearth_trust_listen(server->trust, *hints);
	return 0;
}

static int bind_hints(struct listener *listener, const char *endpoint, struct hearth_status *status)
{
	struct hearth_server *server = listener->server;

	if (bind_socket(server->hints[listener->tcp], endpoint, listener->hints, status))
		return -1;
	if (!server->hint_endpoint[0])
		memcpy(server->hint_endpoint, listener->hints, sizeof listener->hints);
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
	if (server_ipc_users(listener->router, server->ipc_users, status) || open_hints(listener, status) ||
	    bind_hints(listener, endpoint, status))
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
	if (open_hints(listener, status))
		return -1;
	if (strchr(address, '[')) {
		hearth_zmq_set(listener->router, ZMQ_IPV6, 1);
		hearth_zmq_set(listener->server->hints[1], ZMQ_IPV6, 1);
	}
	snprintf(hints, sizeof hints, "%.*s:*", (int)(colon - address), address);
	if (!listener->server->trust && !listener->server->allow_plain_tcp && server_plain_tcp_check(address, status))
		return -1;
	hearth_trust_listen(listener->server->trust, listener->router);
	if (bind_hints(listener, hints, status))
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
	listener->tcp = !address->ipc;
	listener->pump = (struct hearth_deferred){ .callback = server_pump, .context = listener };
	listener->router = hearth_zmq_listening(ZMQ_ROUTER, server->most_message);
	hearth_zmq_set(listener->router, ZMQ_ROUTER_MANDATORY, 1);
	zmq_getsockopt(listener->router, ZMQ_FD, &fd, &size);
	listener->watch = hearth_loop_add(server->loop, fd, EPOLLIN, server_readable, listener);
	hearth_loop_defer(server->loop, &listener->pump);
	return address->ipc ? listen_ipc(listener, address->text, status) : listen_tcp(listener, address->text, status);
}

/* ---- a new secret ---- */

static bool bind_again(void *socket, const char *endpoint, bool *unbound)
{
	if (*unbound && zmq_bind(socket, endpoint) == 0)
		*unbound = false;
	return !*unbound;
}

static void rebind(void *context)
{
	struct hearth_server *server = context;
	bool done = true;

	for (size_t i = 0; i < server->listeners && !server->draining; i++) {
		struct listener *listener = &server->listener[i];

		done &= bind_again(listener->router, listener->endpoint, &listener->unbound);
		done &= bind_again(server->hints[listener->tcp], listener->hints, &listener->hints_unbound);
	}
	if (done)
		return;
	if (++server->rebinds == REBINDS_QUICK)
		hearth_log(HEARTH_LOG_ERROR, "rekey", "detail=\"an address cannot be bound again: %s\"", zmq_strerror(zmq_errno()));
	hearth_alarm_set(server->rebind, server->rebinds < REBINDS_QUICK ? REBIND_US : REBIND_SLOW_US);
}

void hearth_server_rekey(struct hearth_server *server)
{
	if (!server->trust || server->draining)
		return;
	for (size_t i = 0; i < server->listeners; i++) {
		struct listener *listener = &server->listener[i];

		if (!listener->tcp)
			continue;
		/* What was taken and not answered yet is lost with its connection; its caller asks again with the same request id. */
		listener->unbound |= zmq_unbind(listener->router, listener->endpoint) == 0;
		listener->hints_unbound |= zmq_unbind(server->hints[1], listener->hints) == 0;
		hearth_trust_listen(server->trust, listener->router);
	}
	if (server->hints[1])
		hearth_trust_listen(server->trust, server->hints[1]);
	server->rebinds = 0;
	rebind(server);
}

/* ---- making and ending ---- */

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
	server->hint = (struct hearth_deferred){ .callback = server_send_hint, .context = server };
	server->trust = options->trust;
	server->allow_plain_tcp = options->allow_plain_tcp;
	server->ipc_users = options->ipc_users;
	server->rebind = hearth_alarm_new(loop, rebind, server);
	/* Before anything is bound: who cannot be asked about must not come in. */
	if (server->trust && !(server->zap = hearth_zap_new(loop, server->trust, status))) {
		hearth_server_free(&server);
		return NULL;
	}
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
	/* Nothing is unbound: that would end the connections on which the last replies leave. Nobody finds the files any more,
	 * and who comes by tcp all the same is told. */
	for (size_t i = 0; i < server->listeners; i++)
		hearth_instance_release(&server->listener[i].files);
}

bool hearth_server_replied(struct hearth_server *server)
{
	bool replied = server->replied;

	server->replied = false;
	return replied;
}

static void close_listener(struct listener *listener)
{
	hearth_loop_undefer(listener->server->loop, &listener->pump);
	hearth_watch_free(&listener->watch);
	zmq_close(listener->router);
	server_peers_done(&listener->peers);
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
	for (size_t i = 0; i < gone->listeners; i++)
		close_listener(&gone->listener[i]);
	for (size_t i = 0; i < 2; i++)
		if (gone->hints[i])
			zmq_close(gone->hints[i]);
	hearth_zap_free(&gone->zap);
	hearth_alarm_free(&gone->rebind);
	while (gone->free_incomings) {
		struct incoming *incoming = gone->free_incomings;

		gone->free_incomings = incoming->next_free;
		zmq_msg_close(&incoming->identity);
		zmq_msg_close(&incoming->frame);
		free(incoming);
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
	struct hearth_server_counts counts = server->counts;

	if (server->zap) {
		counts.keys_taken = hearth_zap_counts(server->zap).taken;
		counts.keys_refused = hearth_zap_counts(server->zap).refused;
	}
	return counts;
}
