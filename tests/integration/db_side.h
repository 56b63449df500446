/* db_side.h: one process's database layer as the tests see it: its loop, its jobs, and a second look at the tables.
 */
#ifndef TESTS_INTEGRATION_DB_SIDE_H
#define TESTS_INTEGRATION_DB_SIDE_H

#include <hearth/status.h>

#include "../../services/runtime/db.h"
#include "../support/private_pg.h"

#define DATABASE "hearth_test_db"

extern struct support_pg *db_server;      /* of db_set_up */
extern const struct hearth_file db_files[];
extern int db_answered;                   /* jobs, in this process */

/* One process's database layer, and what its jobs said. */
struct side {
	struct hearth_loop *loop;
	struct hearth_statements *statements;
	struct hearth_db *db;
	char schema[32];
	int checked, failed, held, lost;
	struct hearth_status failure;
};

struct job {
	struct hearth_write write;
	struct hearth_read read;
	struct hearth_step steps[2];
	const char *values[4];
	char texts[4][24];
	int answered;
	struct hearth_status status;
	char got[32];
};

/* Fixtures: a server with an empty DATABASE. */
void db_set_up(void);
void db_tear_down(void);

/* A connection of our own, to look and to disturb; `run` gives the first value as a number. */
PGconn *db_direct(const char *url);
int db_run(PGconn *pg, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The schema anew, with its tables; a connection that looks at it. */
PGconn *db_make_schema(struct support_pg *pg, const char *schema);
/* Opens without waiting; `table` of statements. */
void db_open_side_with(struct side *side, const char *url, const char *schema, const struct hearth_file *table);
void db_turn_until(struct side *side, bool (*done)(struct side *side), int seconds);
bool db_is_ready(struct side *side);
bool db_is_away(struct side *side);
bool db_is_idle(struct side *side);
void db_open_side(struct side *side, struct support_pg *pg, const char *schema);
void db_close_side(struct side *side);
/* Jobs are calloced; what they are told is noted in them. */
struct job *db_job_new(struct side *side, const char *statement, int first, int second);
struct job *db_put(struct side *side, int id, int value);
struct job *db_write_text(struct side *side, const char *statement, const char *text);
struct job *db_read_one(struct side *side, const char *statement, const char *text);
void db_expect(struct job *job, enum hearth_code code);
void db_expect_all(struct job **jobs, int count, enum hearth_code code);
void db_free_jobs(struct job **jobs, int count);
void db_write_done(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status);
void db_read_done(struct hearth_read *read, const PGresult *result, const struct hearth_status *status);

#endif
