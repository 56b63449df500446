/* hints.c: listening for the hints of a source's instances.
 *
 * A hint says only "there may be new events"; losing one costs half a second, because the consumer also pulls on a
 * timer. Any number of hints that wait together are one call of `hinted`. Endpoints are bounded; an ipc endpoint whose
 * file has gone is forgotten when the next is connected.
 */
#include "server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <zmq.h>

#include <hearth/arena.h>

#include "instances.h"
#include "trust.h"

#define ENDPOINTS_MOST 256

struct hearth_hints {
	struct hearth_loop *loop;
	void (*hinted)(void *context);
	void *context;
	void *socket;
	struct hearth_watch *watch;
	struct hearth_deferred drain;
	size_t count;
	char endpoints[ENDPOINTS_MOST][HEARTH_ENDPOINT_SIZE];
};

static void drain_hints(void *context)
{
	struct hearth_hints *hints = context;
	bool any = false;
	char bytes[64];

	/* The failing receive reads ZMQ_EVENTS again, which is what the edge-triggered descriptor needs. */
	for (int i = 0; i < 1000 && zmq_recv(hints->socket, bytes, sizeof bytes, ZMQ_DONTWAIT) >= 0; i++)
		any = true;
	if (any) {
		hearth_loop_defer(hints->loop, &hints->drain);
		hints->hinted(hints->context);
	}
}

static void readable(void *context, uint32_t events)
{
	struct hearth_hints *hints = context;

	(void)events;
	hearth_loop_defer(hints->loop, &hints->drain);
}

struct hearth_hints *hearth_hints_new(struct hearth_loop *loop, void (*hinted)(void *context), void *context)
{
	struct hearth_hints *hints = hearth_alloc(sizeof *hints);
	int none = 0, first = 100, most = 2000, fd;
	size_t size = sizeof fd;

	memset(hints, 0, sizeof *hints);
	hints->loop = loop;
	hints->hinted = hinted;
	hints->context = context;
	hints->drain = (struct hearth_deferred){ .callback = drain_hints, .context = hints };
	hints->socket = zmq_socket(hearth_zmq_context(), ZMQ_SUB);
	assert(hints->socket);
	zmq_setsockopt(hints->socket, ZMQ_LINGER, &none, sizeof none);
	zmq_setsockopt(hints->socket, ZMQ_RECONNECT_IVL, &first, sizeof first);
	zmq_setsockopt(hints->socket, ZMQ_RECONNECT_IVL_MAX, &most, sizeof most);
	hearth_zmq_set(hints->socket, ZMQ_HANDSHAKE_IVL, HEARTH_HANDSHAKE_MS);
	zmq_setsockopt(hints->socket, ZMQ_SUBSCRIBE, "", 0);
	hearth_zmq_set(hints->socket, ZMQ_IPV6, 1);
	zmq_getsockopt(hints->socket, ZMQ_FD, &fd, &size);
	hints->watch = hearth_loop_add(loop, fd, EPOLLIN, readable, hints);
	return hints;
}

static void forget_gone(struct hearth_hints *hints)
{
	for (size_t i = hints->count; i > 0; i--) {
		char *endpoint = hints->endpoints[i - 1];

		if (strncmp(endpoint, "ipc://", 6) != 0 || access(endpoint + 6, F_OK) == 0)
			continue;
		zmq_disconnect(hints->socket, endpoint);
		memmove(endpoint, hints->endpoints[--hints->count], HEARTH_ENDPOINT_SIZE);
	}
}

void hearth_hints_connect(struct hearth_hints *hints, const char *endpoint, const struct hearth_trust *trust,
                          const char *key)
{
	for (size_t i = 0; i < hints->count; i++)
		if (strcmp(hints->endpoints[i], endpoint) == 0)
			return;
	forget_gone(hints);
	if (hints->count == ENDPOINTS_MOST || strlen(endpoint) >= HEARTH_ENDPOINT_SIZE)
		return;
	hearth_trust_dial(trust, hints->socket, key);
	if (zmq_connect(hints->socket, endpoint) == 0)
		hearth_text_copy(hints->endpoints[hints->count++], HEARTH_ENDPOINT_SIZE, endpoint);
	hearth_loop_defer(hints->loop, &hints->drain);
}

void hearth_hints_free(struct hearth_hints **hints)
{
	struct hearth_hints *gone = *hints;

	if (!gone)
		return;
	*hints = NULL;
	hearth_loop_undefer(gone->loop, &gone->drain);
	hearth_watch_free(&gone->watch);
	zmq_close(gone->socket);
	free(gone);
}
