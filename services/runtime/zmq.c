/* zmq.c: the one ZeroMQ context of the process, and its sockets' settings.
 *
 * One I/O thread: two cores are better spent on the loop and on PostgreSQL. Made on first use; hearth_zmq_end waits for
 * the sockets' linger (a second for a server's last replies).
 */
#include "server.h"

#include <assert.h>
#include <zmq.h>

static void *shared_context;

void *hearth_zmq_context(void)
{
	if (!shared_context) {
		shared_context = zmq_ctx_new();
		assert(shared_context);
		zmq_ctx_set(shared_context, ZMQ_IO_THREADS, 1);
		zmq_ctx_set(shared_context, ZMQ_MAX_SOCKETS, 4096);
	}
	return shared_context;
}

void hearth_zmq_set(void *socket, int option, int value)
{
	int result = zmq_setsockopt(socket, option, &value, sizeof value);

	assert(result == 0);
	(void)result;
}

void *hearth_zmq_listening(int type, size_t most_message)
{
	void *socket = zmq_socket(hearth_zmq_context(), type);
	int64_t most = (int64_t)(most_message < 1024 ? 1024 : most_message) * 4;

	assert(socket);
	hearth_zmq_set(socket, ZMQ_SNDHWM, 1000);
	hearth_zmq_set(socket, ZMQ_RCVHWM, 1000);
	hearth_zmq_set(socket, ZMQ_LINGER, 1000);
	hearth_zmq_set(socket, ZMQ_HANDSHAKE_IVL, HEARTH_HANDSHAKE_MS);
	/* After a restart everybody connects at once; whom the backlog turns away waits for seconds. */
	hearth_zmq_set(socket, ZMQ_BACKLOG, 1024);
	zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
	return socket;
}

void hearth_zmq_end(void)
{
	if (shared_context)
		zmq_ctx_term(shared_context);
	shared_context = NULL;
}
