/* migrate.h: what the parts of `hearth migrate` share: one connection of the administrator, one report. */
#ifndef HEARTH_CLI_MIGRATE_H
#define HEARTH_CLI_MIGRATE_H

#include <libpq-fe.h>
#include "cli.h"

#define MIGRATE_SQL_MOST 4096

extern const struct hearth_file runtime_schema[];    /* embedded by the build */

struct migrate {
	PGconn *db;
	bool accept_loss;
	bool roles_only;
	char sqlstate[6];                /* of the last error; "" none */
	json_t *services;                /* report: one object a service */
	json_t *histories;               /* report: one object a renewed or followed history */
	const char *publication;         /* report: made or brought up to date; NULL: none asked for */
	struct hearth_arena *arena;
};

/* ---- migrate_db.c: the one door to the database ---- */

/* False: a URL or a list of settings that libpq cannot read. A text with neither is the name of a database. */
bool migrate_url_good(const char *url);
int migrate_connect(struct migrate *run, const char *url, struct hearth_status *status);
/* One or more statements, text formatted (service names only; values go through migrate_query). */
int migrate_exec(struct migrate *run, struct hearth_status *status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A script as it is; an error names its line. */
int migrate_script(struct migrate *run, const char *text, struct hearth_status *status);
/* One statement with at most 8 text parameters, ended by NULL; the result is the caller's. */
int migrate_query(struct migrate *run, PGresult **ret_result, struct hearth_status *status, const char *sql, ...)
    __attribute__((sentinel));
/* The single text of a query, in the arena; "" when there is no row or it is NULL. */
int migrate_ask(struct migrate *run, const char **ret_text, struct hearth_status *status, const char *sql, ...)
    __attribute__((sentinel));

typedef int migrate_body(struct migrate *run, void *context, struct hearth_status *status);
/* `body` in a transaction of its own; a lock not got in 2 s, a deadlock or a concurrent change of the catalogue rolls
 * back and tries again, for about a minute. */
int migrate_transaction(struct migrate *run, migrate_body *body, void *context, struct hearth_status *status);
/* Becomes the owner of the service's schema until the transaction ends. */
int migrate_become(struct migrate *run, const char *service, struct hearth_status *status);
/* Waits (a minute at most) until no other migrate runs in this database. */
int migrate_lock(struct migrate *run, struct hearth_status *status);

/* ---- migrate_schema.c: roles, schema, files ---- */

int migrate_service(struct migrate *run, const struct cli_service *service, struct hearth_status *status);

/* ---- migrate_history.c ---- */

int migrate_new_history(struct migrate *run, const struct cli_service *service, struct hearth_status *status);
/* `value` is "SOURCE=NEW,OLD,END" as migrate_new_history reports it. */
int migrate_follow_history(struct migrate *run, const char *value, struct hearth_status *status);

/* ---- migrate_publication.c ---- */

/* Makes the publication or brings it up to date: the outboxes of `services` (none: all) that are in this database. */
int migrate_publication(struct migrate *run, const char *name, const struct cli_texts *services,
                        struct hearth_status *status);

#endif
