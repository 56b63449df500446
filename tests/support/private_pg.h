/* private_pg.h: a PostgreSQL of our own, for tests, the demo, `make run` and the bench.
 *
 * A server under a directory, reached by its unix socket alone, fsync on, no passwords: whoever owns the directory may
 * be any role (peer with a map). Started as root it runs as user postgres. Its end is sure: the server is told to stop
 * when the process that started it dies. Functions that fail say why on standard error and return NULL or -1.
 * Memory, files and the server belong to `struct support_pg` until support_pg_stop.
 */
#ifndef TESTS_SUPPORT_PRIVATE_PG_H
#define TESTS_SUPPORT_PRIVATE_PG_H

#include <stdbool.h>

struct support_pg;

/* The server that HEARTH_TEST_PG names (a socket directory), else one of our own that is removed at the end. */
struct support_pg *support_pg_start(void);
/* A server of our own with its data kept in `dir` (made when missing); NULL: a fresh one, removed at the end. */
struct support_pg *support_pg_start_own(const char *dir);
/* The same, but it outlives this process: somebody else stops it. */
struct support_pg *support_pg_start_detached(const char *dir);
/* Somebody else's server, by a connection string that may create databases and roles; never started or stopped. */
struct support_pg *support_pg_at(const char *url);
bool support_pg_is_foreign(const struct support_pg *pg);
/* The running server of `dir`, not ours to stop with support_pg_stop; NULL when none runs. */
struct support_pg *support_pg_find(const char *dir);
/* Stops the server that support_pg_find found; then support_pg_stop gives the memory back. */
int support_pg_end(struct support_pg *pg);

/* Stops what was started here, removes what was temporary, sets *pg NULL. */
void support_pg_stop(struct support_pg **pg);
/* The same, and removes the directory and whatever lies elsewhere for it. Only for one of our own. */
void support_pg_remove(struct support_pg **pg);

/* `user` NULL: left to the program (a service's own role), or the one of support_pg_at; "hearth" is the superuser of a
 * private one. Lives with pg. */
const char *support_pg_url(struct support_pg *pg, const char *user, const char *dbname);
/* Directory of the socket. */
const char *support_pg_socket(const struct support_pg *pg);
int support_pg_create_database(struct support_pg *pg, const char *name);
/* Ends its sessions too; a missing one is no error. */
int support_pg_drop_database(struct support_pg *pg, const char *name);
/* kill -9 of the server, as a fault. Only for one of our own. */
int support_pg_kill(struct support_pg *pg);
/* Stops the server as its operator would: SIGINT is a fast shutdown, SIGQUIT an immediate one. Only for one of our own. */
int support_pg_halt(struct support_pg *pg, int signal);
/* Whether the server has ended by itself, or was ended by somebody else, since it was started; its wait status. */
bool support_pg_fell(struct support_pg *pg, int *ret_state);
/* Starts it again after support_pg_kill or a fall; a running one is stopped first. Waits until it answers. */
int support_pg_restart(struct support_pg *pg);

#endif
