/* db.h: three nonblocking PostgreSQL connections: grouped writes, reads, slow reads.
 *
 * All three reconnect by themselves (backoff 50 ms to 2 s), set their session (search_path, timeouts, UTC, ISO dates,
 * role), prepare and describe every statement in one pipeline and only then are ready. Statements' types are learnt
 * on the first connection; `checked` is called once then, so that mismatches stop the process; on 0A000 and 26000 a
 * statement is prepared again and retried. Nothing here blocks: connecting is PQconnectPoll in the loop.
 *
 * The write connection runs groups: what is queued when it is idle (at most 128 jobs, 1 MB) is BEGIN, the writer
 * lock as a statement of its own, each job's statement, COMMIT, one Sync. `done` is called after the Sync.
 */
#ifndef HEARTH_DB_H
#define HEARTH_DB_H

#include "loop.h"
#include "sql.h"

struct hearth_db;

/* HEARTH_LANE_AUDIT: notes of reads, on a connection of their own, so that no other read waits for their commits. */
enum hearth_lane { HEARTH_LANE_READ, HEARTH_LANE_SLOW, HEARTH_LANE_AUDIT };
#define HEARTH_LANES 3

/* What the audit holds of a call: texts by column, in the order of the parameters of sql/audit_writes.sql and
 * sql/audit_reads.sql (a write's are the first eight). */
enum hearth_audit_column { HEARTH_AUDIT_AT, HEARTH_AUDIT_AUTHORITY, HEARTH_AUDIT_ACTOR, HEARTH_AUDIT_ROLES,
	HEARTH_AUDIT_METHOD, HEARTH_AUDIT_REQUEST_ID, HEARTH_AUDIT_TRACEPARENT, HEARTH_AUDIT_SUBJECT, HEARTH_AUDIT_RECORD,
	HEARTH_AUDIT_RECORDS, HEARTH_AUDIT_IDS, HEARTH_AUDIT_COLUMNS };
#define HEARTH_AUDIT_WRITE_COLUMNS HEARTH_AUDIT_RECORD
struct hearth_audit { const char *columns[HEARTH_AUDIT_COLUMNS]; };
struct hearth_arena;
/* audit.c: the first `columns` of all notes, one array literal each. */
void hearth_audit_arrays(struct hearth_arena *arena, size_t count, const struct hearth_audit *const *notes, size_t columns,
                         const char **ret_values);

struct hearth_db_options {
	const char *service;              /* schema, advisory lock key, application_name */
	const char *url;                  /* libpq conninfo or URL; user defaults to hearth_<service> */
	const char *role;                 /* SET role at start of session; "" none */
	struct hearth_statements *statements;
	int statement_timeout_ms;         /* write and read: 250 */
	int slow_timeout_ms;              /* slow: 30,000 */
	int most_queued;                  /* jobs and reads waiting; past it RESOURCE_EXHAUSTED: 10,000 */
	int group_most;                   /* 128 */
	/* Runs before each COMMIT over the group's notes; NULL: nothing is audited, and there is no audit lane. */
	const struct hearth_statement *audit_writes;
	/* Once, when all statements are described. -1 stops the process. */
	int (*checked)(void *context, struct hearth_status *status);
	/* A statement does not fit the database, the URL is malformed, or `checked` failed: the process must stop. */
	void (*failed)(void *context, const struct hearth_status *status);
	void (*changed)(void *context);   /* readiness changed, or a write connection came (locks must be taken again) */
	void *context;
};

struct hearth_db *hearth_db_new(struct hearth_loop *loop, const struct hearth_db_options *options);
/* What is queued or running is answered first: UNAVAILABLE, or UNKNOWN for a write whose COMMIT was sent. */
void hearth_db_free(struct hearth_db **db);
bool hearth_db_ready(const struct hearth_db *db);
const char *hearth_db_trouble(const struct hearth_db *db);    /* why not ready, no secrets */
size_t hearth_db_queued_writes(const struct hearth_db *db);
size_t hearth_db_queued_reads(const struct hearth_db *db);
bool hearth_db_idle(const struct hearth_db *db);              /* nothing queued or running: for draining */

/* A read: an error touches nobody else. The caller owns it until `done`; result is valid inside. */
struct hearth_read {
	const struct hearth_statement *statement;
	const char *const *values;        /* parameter_count texts; NULL is SQL NULL; must live until done */
	int64_t deadline_us;              /* wall; 0 none: not sent past it (DEADLINE_EXCEEDED) */
	void (*done)(struct hearth_read *read, const PGresult *result, const struct hearth_status *status); /* result NULL on error */
	void *context;
	struct hearth_read *next;         /* the db's */
	int tries;                        /* the db's */
	bool ends_batch;                  /* the db's: a Sync follows it */
};
/* `done` is called exactly once, never inside hearth_db_read (nor hearth_db_write's inside hearth_db_write). */
void hearth_db_read(struct hearth_db *db, enum hearth_lane lane, struct hearth_read *read);

/* Inside `done`: its result stays until it is given back, and counts as a read that is running: the lane holds so many. */
PGresult *hearth_db_keep(struct hearth_db *db, enum hearth_lane lane);
void hearth_db_give_back(struct hearth_db *db, enum hearth_lane lane, PGresult *result);

/* One job of a group: one or more statements that stand or fall together with the group. */
struct hearth_step {
	const struct hearth_statement *statement;
	const char *const *values;
};
struct hearth_write {
	size_t step_count;
	const struct hearth_step *steps;
	const struct hearth_audit *audit; /* NULL: none; its texts must live until done */
	bool alone;                       /* a batch of events: a group of its own; an SQL error answers it, never splits it */
	int64_t deadline_us;              /* wall; 0 none */
	size_t bytes;                     /* estimate of its parameters, for the 1 MB bound; 0: counted by db */
	/* After COMMIT. results[i] of steps[i] (valid inside). On error results is NULL: the failing statement's status, or
	 * UNAVAILABLE (not committed), or UNKNOWN (connection lost after COMMIT was sent and the deadline passed). */
	void (*done)(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status);
	void *context;
	struct hearth_write *next;        /* the db's */
	const PGresult **results;         /* the db's */
	int tries;                        /* the db's */
	bool uncertain;                   /* the db's: a COMMIT of it was sent and never answered */
	char sqlstate[6];                 /* of the error, for consumers; "" none */
};
void hearth_db_write(struct hearth_db *db, struct hearth_write *write);
/* Session advisory lock on the write connection, of this service and name; called back with held or not;
 * asks again by itself every second until held; lost (held=false) with the connection. */
void hearth_db_hold(struct hearth_db *db, const char *name, void (*held)(void *context, bool held), void *context);
/* Counters for metrics. */
struct hearth_db_counts { uint64_t groups, grouped, group_errors, resubmitted, reads, read_errors, reconnects; };
struct hearth_db_counts hearth_db_counts(const struct hearth_db *db);

#endif
