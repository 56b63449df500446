/* db_side.c: opening, turning and asking a database layer in tests; see db_side.h. */
#include "db_side.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/log.h>

struct support_pg *db_server;
int db_answered;

const struct hearth_file db_files[] = {
	{ "put_item", "-- scope: internal\nINSERT INTO item (id, value) VALUES (:id::int, :value::int) RETURNING id" },
	{ "put_late", "-- scope: internal\nINSERT INTO late (id) VALUES (:id::int) RETURNING id" },
	{ "put_once", "-- scope: internal\nINSERT INTO item (id, value) SELECT :id::int, :value::int"
	  " WHERE NOT EXISTS (SELECT 1 FROM item i WHERE i.id = :id::int)" },
	{ "end_own", "-- scope: internal\nSELECT pg_terminate_backend(pg_backend_pid())" },
	{ "nap", "-- scope: internal\nSELECT pg_sleep(:seconds::float8)::text AS slept" },
	{ "raise", "-- scope: internal\nSELECT raise(:code::text)" },
	{ "get_item", "-- scope: internal\nSELECT i.id, i.value FROM item i WHERE i.id = :id::int" },
	{ "divide", "-- scope: internal\nSELECT 1 / :by::int AS value" },
	{ "add_one", "-- scope: internal\nUPDATE counter SET value = value + 1 RETURNING value" },
	{ NULL, NULL },
};

/* ---- a connection of our own, to look and to disturb ---- */

PGconn *db_direct(const char *url)
{
	PGconn *pg = PQconnectdb(url);
	ck_assert_msg(PQstatus(pg) == CONNECTION_OK, "%s", PQerrorMessage(pg));
	return pg;
}

int db_run(PGconn *pg, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	PGresult *result = PQexec(pg, text);
	ExecStatusType kind = PQresultStatus(result);
	ck_assert_msg(kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK, "%s: %s", text, PQerrorMessage(pg));
	int value = kind == PGRES_TUPLES_OK && PQntuples(result) ? atoi(PQgetvalue(result, 0, 0)) : 0;
	PQclear(result);
	return value;
}

PGconn *db_make_schema(struct support_pg *pg, const char *schema)
{
	PGconn *look = db_direct(support_pg_url(pg, "hearth", DATABASE));
	db_run(look, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s;"
	    " SET search_path = %s;"
	    "CREATE TABLE item (id int PRIMARY KEY, value int NOT NULL CHECK (value >= 0));"
	    "CREATE TABLE late (id int, CONSTRAINT once UNIQUE (id) DEFERRABLE INITIALLY DEFERRED);"
	    "CREATE TABLE counter (value int NOT NULL); INSERT INTO counter VALUES (0);"
	    "CREATE FUNCTION raise(p_code text) RETURNS text LANGUAGE plpgsql AS $$"
	    " BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = p_code; END $$", schema, schema, schema);
	return look;
}

/* ---- sides ---- */

static int on_checked(void *context, struct hearth_status *status)
{
	(void)status;
	((struct side *)context)->checked++;
	return 0;
}

static void on_failed(void *context, const struct hearth_status *status)
{
	struct side *side = context;
	side->failed++;
	side->failure = *status;
}

void db_open_side_with(struct side *side, const char *url, const char *schema, const struct hearth_file *table)
{
	const struct hearth_file *const tables[] = { table, NULL };
	struct hearth_status status = HEARTH_STATUS_INIT;
	memset(side, 0, sizeof *side);
	side->statements = hearth_statements_new(tables, &status);
	ck_assert_msg(side->statements != NULL, "%s", status.message);
	snprintf(side->schema, sizeof side->schema, "%s", schema);
	side->loop = hearth_loop_new();
	const struct hearth_db_options options = { .service = side->schema, .url = url, .role = "",
		.statements = side->statements, .statement_timeout_ms = 250, .slow_timeout_ms = 5000, .most_queued = 1000,
		.group_most = 128, .checked = on_checked, .failed = on_failed, .context = side };
	side->db = hearth_db_new(side->loop, &options);
}

void db_turn_until(struct side *side, bool (*done)(struct side *side), int seconds)
{
	int64_t until = hearth_clock_mono() + seconds * INT64_C(1000000);
	while (!done(side) && hearth_clock_mono() < until)
		hearth_loop_turn(side->loop, 10000);
	ck_assert_msg(done(side), "waited too long: %s", hearth_db_trouble(side->db));
}

bool db_is_ready(struct side *side)
{
	return hearth_db_ready(side->db);
}

bool db_is_away(struct side *side)
{
	return !hearth_db_ready(side->db);
}

bool db_is_idle(struct side *side)
{
	return hearth_db_idle(side->db);
}

void db_open_side(struct side *side, struct support_pg *pg, const char *schema)
{
	db_open_side_with(side, support_pg_url(pg, "hearth", DATABASE), schema, db_files);
	db_turn_until(side, db_is_ready, 10);
	ck_assert_int_eq(side->checked, 1);
}

void db_close_side(struct side *side)
{
	hearth_db_free(&side->db);
	hearth_loop_free(&side->loop);
	hearth_statements_free(&side->statements);
}

/* ---- jobs ---- */

static void note(struct job *job, const PGresult *result, const struct hearth_status *status)
{
	job->answered++;
	job->status = *status;
	db_answered++;
	if (result && PQntuples(result) && PQnfields(result))
		snprintf(job->got, sizeof job->got, "%s", PQgetvalue(result, 0, 0));
}

void db_write_done(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	note(write->context, results ? results[0] : NULL, status);
}

void db_read_done(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	note(read->context, result, status);
}

static void fill_values(struct job *job, int first, int second)
{
	snprintf(job->texts[0], sizeof job->texts[0], "%d", first);
	snprintf(job->texts[1], sizeof job->texts[1], "%d", second);
	job->values[0] = job->texts[0];
	job->values[1] = job->texts[1];
}

static void set_write(struct side *side, struct job *job, const char *statement)
{
	job->steps[0] = (struct hearth_step){ hearth_statements_find(side->statements, statement), job->values };
	job->write.steps = job->steps;
	job->write.step_count = 1;
	job->write.done = db_write_done;
	job->write.context = job;
}

struct job *db_job_new(struct side *side, const char *statement, int first, int second)
{
	struct job *job = calloc(1, sizeof *job);
	fill_values(job, first, second);
	set_write(side, job, statement);
	return job;
}

struct job *db_put(struct side *side, int id, int value)
{
	struct job *job = db_job_new(side, "put_item", id, value);
	hearth_db_write(side->db, &job->write);
	return job;
}

struct job *db_write_text(struct side *side, const char *statement, const char *text)
{
	struct job *job = db_job_new(side, statement, 0, 0);
	snprintf(job->texts[0], sizeof job->texts[0], "%s", text);
	hearth_db_write(side->db, &job->write);
	return job;
}

struct job *db_read_one(struct side *side, const char *statement, const char *text)
{
	struct job *job = calloc(1, sizeof *job);
	snprintf(job->texts[0], sizeof job->texts[0], "%s", text);
	job->values[0] = job->texts[0];
	job->read = (struct hearth_read){ .statement = hearth_statements_find(side->statements, statement),
		.values = job->values, .done = db_read_done, .context = job };
	hearth_db_read(side->db, HEARTH_LANE_READ, &job->read);
	return job;
}

void db_expect(struct job *job, enum hearth_code code)
{
	ck_assert_int_eq(job->answered, 1);
	ck_assert_msg(job->status.code == code, "%s instead of %s: %s", hearth_code_name(job->status.code),
	              hearth_code_name(code), job->status.message);
}

void db_expect_all(struct job **jobs, int count, enum hearth_code code)
{
	for (int i = 0; i < count; i++)
		db_expect(jobs[i], code);
}

void db_free_jobs(struct job **jobs, int count)
{
	for (int i = 0; i < count; i++)
		free(jobs[i]);
}

/* ---- the server ---- */

void db_set_up(void)
{
	hearth_log_init("test_db");
	hearth_log_set_level(HEARTH_LOG_ERROR);
	db_server = support_pg_start();
	if (!db_server || support_pg_drop_database(db_server, DATABASE) || support_pg_create_database(db_server, DATABASE))
		exit(EXIT_FAILURE);
}

void db_tear_down(void)
{
	support_pg_drop_database(db_server, DATABASE);
	support_pg_stop(&db_server);
}
