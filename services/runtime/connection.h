/* connection.h: one nonblocking libpq connection in pipeline mode, which keeps itself up.
 *
 * Connects with PQconnectPoll in the loop, sets its session through the start-up packet, prepares every statement in
 * one pipeline and then is ready; when lost it says so once and comes back with backoff (50 ms to 2 s). It owns the
 * PGconn; its user sends statements and Syncs and takes results one by one. Internal to db.c, group.c and reads.c.
 *
 * libpq would look host names up by itself and block while it does: they are looked up first (db_hosts.h).
 */
#ifndef HEARTH_CONNECTION_H
#define HEARTH_CONNECTION_H

#include <hearth/status.h>
#include "db_hosts.h"
#include "loop.h"
#include "sql.h"

/* What may be queued beyond what the socket took before the sender waits. */
#define HEARTH_UNSENT_MOST ((size_t)1 << 20)

/* What is learnt once for all connections. */
struct hearth_catalogue {
	struct hearth_statements *statements;
	bool described;
	const struct hearth_connection *describing;
	PGresult **descriptions;          /* own the columns' names */
};

struct hearth_connection_calls {
	void (*ready)(void *context);                       /* everything is prepared */
	void (*result)(void *context, PGresult *result);    /* takes the result; PGRES_PIPELINE_SYNC too */
	void (*settled)(void *context);                     /* all that had arrived was handed over */
	void (*lost)(void *context);                        /* what was sent will not be answered */
	/* A statement cannot be prepared, or described within its limits: the process must not go on. */
	void (*failed)(void *context, const struct hearth_status *status);
};

enum hearth_connection_state { HEARTH_AWAY, HEARTH_LOOKING, HEARTH_CONNECTING, HEARTH_PREPARING, HEARTH_READY };

struct hearth_connection_options {
	const char *service, *url, *role, *lane;            /* lane: shown in messages */
	struct hearth_resolver *resolver;
	int statement_timeout_ms;
	bool by_key;                      /* statements find rows by key: plan them once, never by reading whole tables */
	int silence_ms;                   /* an answer later than this means that the server is gone */
	const char *const *own;           /* name, text, name, text, NULL: prepared beside the catalogue's */
	struct hearth_catalogue *catalogue;
	const struct hearth_connection_calls *calls;
	void *context;
};

struct hearth_connection {
	struct hearth_loop *loop;
	struct hearth_connection_options options;
	char **keywords, **values;        /* for PQconnectStartParams */
	struct hearth_db_hosts *hosts;    /* NULL: nothing to look up */
	PGconn *pg;
	struct hearth_watch *watch;
	uint32_t events;
	struct hearth_alarm *alarm;       /* reconnect, give a connect up, or look for silence */
	enum hearth_connection_state state;
	int64_t backoff_us, heard_us;
	size_t syncs;                     /* sent and not answered */
	size_t unsent;                    /* bytes queued since the socket last took all; an estimate */
	bool broken;
	/* preparing */
	bool describes, renews;
	size_t step;
	struct hearth_status error;
	char sqlstate[6];
	char trouble[320], said[320];     /* why it is not there; what the log has of it */
	uint64_t lost_count;
};

/* -1 when the URL is malformed. */
int hearth_connection_init(struct hearth_connection *connection, struct hearth_loop *loop,
                           const struct hearth_connection_options *options, struct hearth_status *status);
void hearth_connection_done(struct hearth_connection *connection);
void hearth_connection_start(struct hearth_connection *connection);
/* Forgets all prepared statements and prepares them again; only when no Sync is outstanding. */
void hearth_connection_renew(struct hearth_connection *connection);

/* Queue a prepared statement, a Sync. Failures show in hearth_connection_settle. */
void hearth_connection_send(struct hearth_connection *connection, const char *name, size_t count,
                            const char *const *values, size_t bytes);
void hearth_connection_sync(struct hearth_connection *connection);
/* After sending: flush, watch for what is needed, and drop a broken connection. */
void hearth_connection_settle(struct hearth_connection *connection);

const char *hearth_result_sqlstate(const PGresult *result);      /* "" when there is none */

#endif
