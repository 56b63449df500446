/* echo_servers.h: a few echo servers in processes of their own, and what they are told and did in memory that all share.
 *
 * Started before the test uses ZeroMQ itself, which does not survive a fork; they end with their starter. Any method is
 * answered at once with an empty message, unless the server was told otherwise.
 */
#ifndef TESTS_INTEGRATION_ECHO_SERVERS_H
#define TESTS_INTEGRATION_ECHO_SERVERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <hearth/text.h>

#define ECHO_SERVERS_MOST 4

struct echo_server {
	atomic_int seen;                   /* calls, health checks left out */
	atomic_int checks;                 /* health checks */
	atomic_int hang_ms;                /* at the next call its loop stands still for so long, once */
	atomic_int hold_ms;                /* answers come so late, the loop runs */
	atomic_bool drain;                 /* refuses what is new, goes on running */
	struct hearth_uuid last_id;        /* request id of the last call */
	pid_t pid;
};

extern struct echo_server *echo_servers;

/* Forgets the servers of before. */
void echo_servers_begin(void);
/* Starts server `number` there ("tcp://127.0.0.2:7000", "ipc://DIR"); false when it cannot listen. */
bool echo_server_start(int number, const char *listen);
void echo_server_kill(int number);
void echo_servers_end(void);
/* Whether this machine has ::1. */
bool echo_servers_six(void);
/* Starts `count` servers at these hosts, all with the same port, which is free at each; the port. */
int echo_servers_at(const char *const *hosts, int count);

#endif
