/* suite.h: a whole Hearth suite for a test, the demo or the bench: a database, migrated, and processes of services.
 *
 *	struct suite *suite = suite_start(&(struct suite_options){ .instances = 2, .clock = "2022-04-01T09:00:00Z" });
 *	struct hearth_client *client = suite_client(suite, "999", SUITE_ALL_ROLES);
 *	...
 *	suite_stop(&suite);
 *
 * Nothing of it outlives the process that started it: services are killed by the kernel when their parent dies. A suite
 * may be started before Check forks (an unchecked fixture) and used inside the tests: the parent never touches ZeroMQ.
 * Functions that fail say why on standard error, with the end of the log concerned, and return NULL or -1.
 * The suite owns what it gives (clients, texts) until suite_stop.
 */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <hearth/client.h>

#include "private_pg.h"

#define SUITE_ALL_ROLES UINT32_C(0x1fe)      /* every hearth.v1.Role */
#define SUITE_INSTANCES_MOST 8

struct suite;
struct dns_server;
struct support_network;
struct tcp_proxy;

struct suite_options {
	const char *const *services;   /* names, ends with NULL; NULL: all that are built */
	int instances;                 /* processes of each service; 0: 1 */
	int fewer;                     /* every other service begins with this many processes less; the rest can be added
	                                * by suite_restart_process */
	const char *clock;             /* the test clock's start, "YYYY-MM-DDTHH:MM:SSZ"; NULL: real time */
	struct support_pg *pg;         /* where; the caller's. NULL: support_pg_start(), the suite's */
	const char *database;          /* a database kept from one suite to the next; NULL: a new one, dropped at the end */
	const char *directory;         /* sockets, logs, metrics: at most 45 characters; NULL: a fresh one, removed at the end */
	const char *const *flags;      /* further flags of every process, ends with NULL */
	/* Processes listen on tcp, each at a loopback address of its own, and are found by names of this server, the
	 * caller's. NULL: ipc. */
	struct dns_server *dns;
	/* With `dns`: processes with an odd index are on the far host; those reach the database through `proxy` alone. */
	struct support_network *network;
	struct tcp_proxy *proxy;
};

struct suite *suite_start(const struct suite_options *options);
/* SIGTERM, after ten seconds SIGKILL; drops and removes what was made for it. -1 when a process had crashed or ended
 * by itself before, or left with another exit code than 0. */
int suite_stop(struct suite **suite);

/* Waits until every process that runs answers SERVING; 0 or -1. */
int suite_wait_ready(struct suite *suite, int timeout_ms);

/* A client of this process for people of `authority` ("" for operators and supply) with `roles` (HEARTH_ROLE bits). */
struct hearth_client *suite_client(struct suite *suite, const char *authority, uint32_t roles);
/* Drives every process's clock; "YYYY-MM-DDTHH:MM:SSZ" or a date. */
int suite_clock(struct suite *suite, const char *time);

/* Faults. An index counts a service's processes from 0. */
int suite_kill(struct suite *suite, const char *service, int index);              /* SIGKILL, and waits for its end */
int suite_signal(struct suite *suite, const char *service, int index, int signal);
/* Starts a process again that was killed (a running one is killed first); does not wait for readiness. */
int suite_restart_process(struct suite *suite, const char *service, int index);
/* From its next start on a service has a database of its own, by this URL (kept, not copied); NULL: the suite's again. */
void suite_set_database(struct suite *suite, const char *service, const char *url);
/* With `dns`: the service's name has the addresses of these processes alone, a bit each. Else nothing. */
void suite_name(struct suite *suite, const char *service, unsigned processes);
bool suite_runs(const struct suite *suite, const char *service, int index);
pid_t suite_pid(const struct suite *suite, const char *service, int index);
/* Ends one process in order (SIGTERM); its exit code, or -1 for a signal or no end in 15 s. */
int suite_end_process(struct suite *suite, const char *service, int index);

/* Runs the command line `hearth` with the suite's address; `ret_out` (may be NULL) gets its standard output, to be
 * freed. Arguments end with NULL. Its exit code, or -1. */
int suite_hearth(struct suite *suite, char **ret_out, const char *argument, ...) __attribute__((sentinel));

const char *suite_address(const struct suite *suite);          /* "ipc://DIR", or "dns://{service}.suite.test:port" */
const char *suite_directory(const struct suite *suite);
const char *suite_admin_url(const struct suite *suite);        /* its database, as superuser */
const char *suite_database(const struct suite *suite);
struct support_pg *suite_pg(const struct suite *suite);
const char *const *suite_services(const struct suite *suite);  /* ends with NULL */
int suite_instances(const struct suite *suite);

#endif
