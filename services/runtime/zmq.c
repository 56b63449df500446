/* zmq.c: the one ZeroMQ context of the process.
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

void hearth_zmq_end(void)
{
	if (shared_context)
		zmq_ctx_term(shared_context);
	shared_context = NULL;
}
