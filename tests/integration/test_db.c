/* test_db.c: the database layer against a real PostgreSQL: groups, their failures, lost connections, locks.
 *
 * Every test has a schema of its own in one database; the fixture's server is shared (or a test's own, where it is
 * killed). Jobs write rows of made-up numbers only.
 */
#include "../support/check_main.h"
#include "../support/private_pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/log.h>

#include "../../services/runtime/db.h"

#define MOST_JOBS 2048
#define DATABASE "hearth_test_db"

static struct support_pg *server;

static const struct hearth_file files[] = {
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

static int answered;

/* ---- a connection of our own, to look and to disturb ---- */

static PGconn *direct(const char *url)
{
	PGconn *pg = PQconnectdb(url);
	ck_assert_msg(PQstatus(pg) == CONNECTION_OK, "%s", PQerrorMessage(pg));
	return pg;
}

static int run(PGconn *pg, const char *format, ...)
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

static PGconn *make_schema(struct support_pg *pg, const char *schema)
{
	PGconn *look = direct(support_pg_url(pg, "hearth", DATABASE));
	run(look, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s;"
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

static void open_side_with(struct side *side, const char *url, const char *schema, const struct hearth_file *table)
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

static void turn_until(struct side *side, bool (*done)(struct side *side), int seconds)
{
	int64_t until = hearth_clock_mono() + seconds * INT64_C(1000000);
	while (!done(side) && hearth_clock_mono() < until)
		hearth_loop_turn(side->loop, 10000);
	ck_assert_msg(done(side), "waited too long: %s", hearth_db_trouble(side->db));
}

static bool is_ready(struct side *side)
{
	return hearth_db_ready(side->db);
}

static bool is_away(struct side *side)
{
	return !hearth_db_ready(side->db);
}

static bool is_idle(struct side *side)
{
	return hearth_db_idle(side->db);
}

static void open_side(struct side *side, struct support_pg *pg, const char *schema)
{
	open_side_with(side, support_pg_url(pg, "hearth", DATABASE), schema, files);
	turn_until(side, is_ready, 10);
	ck_assert_int_eq(side->checked, 1);
}

static void close_side(struct side *side)
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
	answered++;
	if (result && PQntuples(result) && PQnfields(result))
		snprintf(job->got, sizeof job->got, "%s", PQgetvalue(result, 0, 0));
}

static void write_done(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	note(write->context, results ? results[0] : NULL, status);
}

static void read_done(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
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
	job->write.done = write_done;
	job->write.context = job;
}

static struct job *job_new(struct side *side, const char *statement, int first, int second)
{
	struct job *job = calloc(1, sizeof *job);
	fill_values(job, first, second);
	set_write(side, job, statement);
	return job;
}

static struct job *put(struct side *side, int id, int value)
{
	struct job *job = job_new(side, "put_item", id, value);
	hearth_db_write(side->db, &job->write);
	return job;
}

static struct job *write_text(struct side *side, const char *statement, const char *text)
{
	struct job *job = job_new(side, statement, 0, 0);
	snprintf(job->texts[0], sizeof job->texts[0], "%s", text);
	hearth_db_write(side->db, &job->write);
	return job;
}

static struct job *read_one(struct side *side, const char *statement, const char *text)
{
	struct job *job = calloc(1, sizeof *job);
	snprintf(job->texts[0], sizeof job->texts[0], "%s", text);
	job->values[0] = job->texts[0];
	job->read = (struct hearth_read){ .statement = hearth_statements_find(side->statements, statement),
		.values = job->values, .done = read_done, .context = job };
	hearth_db_read(side->db, HEARTH_LANE_READ, &job->read);
	return job;
}

static void expect(struct job *job, enum hearth_code code)
{
	ck_assert_int_eq(job->answered, 1);
	ck_assert_msg(job->status.code == code, "%s instead of %s: %s", hearth_code_name(job->status.code),
	              hearth_code_name(code), job->status.message);
}

static void expect_all(struct job **jobs, int count, enum hearth_code code)
{
	for (int i = 0; i < count; i++)
		expect(jobs[i], code);
}

static void free_jobs(struct job **jobs, int count)
{
	for (int i = 0; i < count; i++)
		free(jobs[i]);
}

/* ---- groups ---- */

START_TEST(what_is_queued_becomes_one_group)
{
	struct side side;
	struct job *jobs[100];
	PGconn *look = make_schema(server, "t_group");
	open_side(&side, server, "t_group");
	for (int i = 0; i < 100; i++)
		jobs[i] = put(&side, i, i);
	ck_assert_int_eq(answered, 0);
	turn_until(&side, is_idle, 5);
	expect_all(jobs, 100, HEARTH_OK);
	ck_assert_str_eq(jobs[42]->got, "42");
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 100);
	ck_assert_int_eq(run(look, "SELECT count(DISTINCT xmin::text) FROM item"), 1);
	ck_assert_uint_eq(hearth_db_counts(side.db).groups, 1);
	ck_assert_uint_eq(hearth_db_counts(side.db).grouped, 100);
	free_jobs(jobs, 100);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_group_is_no_longer_than_its_bound_and_keeps_order)
{
	struct side side;
	struct job *jobs[300];
	PGconn *look = make_schema(server, "t_order");
	open_side(&side, server, "t_order");
	for (int i = 0; i < 300; i++)
		hearth_db_write(side.db, &(jobs[i] = job_new(&side, "add_one", 0, 0))->write);
	turn_until(&side, is_idle, 10);
	expect_all(jobs, 300, HEARTH_OK);
	for (int i = 0; i < 300; i++)
		ck_assert_int_eq(atoi(jobs[i]->got), i + 1);
	ck_assert_uint_ge(hearth_db_counts(side.db).groups, 3);
	free_jobs(jobs, 300);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(an_error_in_the_middle_fails_only_its_own_job)
{
	struct side side;
	struct job *jobs[20];
	PGconn *look = make_schema(server, "t_middle");
	open_side(&side, server, "t_middle");
	for (int i = 0; i < 20; i++)
		jobs[i] = put(&side, i, i == 7 ? -1 : i);
	turn_until(&side, is_idle, 5);
	for (int i = 0; i < 20; i++)
		if (i != 7)
			expect(jobs[i], HEARTH_OK);
	ck_assert_int_eq(jobs[7]->answered, 1);
	ck_assert_int_ne(jobs[7]->status.code, HEARTH_OK);
	ck_assert_str_eq(jobs[7]->write.sqlstate, "23514");
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 19);
	ck_assert_uint_eq(hearth_db_counts(side.db).resubmitted, 19);
	ck_assert_uint_eq(hearth_db_counts(side.db).group_errors, 1);
	free_jobs(jobs, 20);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(many_errors_fail_only_their_own_jobs)
{
	struct side side;
	struct job *jobs[40];
	PGconn *look = make_schema(server, "t_many");
	open_side(&side, server, "t_many");
	for (int i = 0; i < 40; i++)
		jobs[i] = put(&side, i, i % 3 == 0 ? -1 : i);
	turn_until(&side, is_idle, 10);
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(jobs[i]->answered, 1);
		ck_assert_int_eq(jobs[i]->status.code == HEARTH_OK, i % 3 != 0);
	}
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 26);
	free_jobs(jobs, 40);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(an_error_at_commit_is_found_one_by_one)
{
	struct side side;
	struct job *jobs[10];
	PGconn *look = make_schema(server, "t_commit");
	open_side(&side, server, "t_commit");
	for (int i = 0; i < 10; i++)
		hearth_db_write(side.db, &(jobs[i] = job_new(&side, "put_late", i == 9 ? 3 : i, 0))->write);
	turn_until(&side, is_idle, 10);
	expect_all(jobs, 9, HEARTH_OK);
	ck_assert_int_eq(jobs[9]->answered, 1);
	ck_assert_int_ne(jobs[9]->status.code, HEARTH_OK);
	ck_assert_str_eq(jobs[9]->write.sqlstate, "23505");
	ck_assert_int_eq(run(look, "SELECT count(*) FROM late"), 9);
	free_jobs(jobs, 10);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_job_alone_is_its_own_group_and_any_error_answers_it)
{
	struct side side;
	struct job *jobs[3];
	PGconn *look = make_schema(server, "t_alone");
	open_side(&side, server, "t_alone");
	jobs[0] = put(&side, 1, 1);
	jobs[1] = job_new(&side, "put_item", 2, 2);
	snprintf(jobs[1]->texts[2], sizeof jobs[1]->texts[2], "HC001");
	jobs[1]->values[2] = jobs[1]->texts[2];
	jobs[1]->steps[1] = (struct hearth_step){ hearth_statements_find(side.statements, "raise"), &jobs[1]->values[2] };
	jobs[1]->write.step_count = 2;
	jobs[1]->write.alone = true;
	hearth_db_write(side.db, &jobs[1]->write);
	jobs[2] = put(&side, 3, 3);
	turn_until(&side, is_idle, 5);
	expect(jobs[0], HEARTH_OK);
	expect(jobs[2], HEARTH_OK);
	ck_assert_int_ne(jobs[1]->status.code, HEARTH_OK);
	ck_assert_str_eq(jobs[1]->write.sqlstate, "HC001");
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 2);
	ck_assert_int_eq(run(look, "SELECT count(DISTINCT xmin::text) FROM item"), 2);
	ck_assert_uint_eq(hearth_db_counts(side.db).resubmitted, 0);
	free_jobs(jobs, 3);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(what_may_pass_is_retried_and_bounded)
{
	struct side side;
	struct job *jobs[2];
	PGconn *look = make_schema(server, "t_retry");
	open_side(&side, server, "t_retry");
	jobs[0] = put(&side, 1, 1);
	jobs[1] = write_text(&side, "raise", "40001");
	turn_until(&side, is_idle, 10);
	expect(jobs[0], HEARTH_OK);
	ck_assert_int_ne(jobs[1]->status.code, HEARTH_OK);
	ck_assert_str_eq(jobs[1]->write.sqlstate, "40001");
	ck_assert_uint_ge(hearth_db_counts(side.db).resubmitted, 9);
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 1);
	free_jobs(jobs, 2);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_job_past_its_deadline_is_not_started)
{
	struct side side;
	struct job *late;
	PGconn *look = make_schema(server, "t_late");
	open_side(&side, server, "t_late");
	late = job_new(&side, "put_item", 1, 1);
	late->write.deadline_us = hearth_clock_wall() - 1;
	hearth_db_write(side.db, &late->write);
	turn_until(&side, is_idle, 5);
	expect(late, HEARTH_DEADLINE_EXCEEDED);
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 0);
	free(late);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_full_queue_says_so_at_once)
{
	struct side side;
	static struct job *jobs[1200];
	PGconn *look = make_schema(server, "t_full");
	int full = 0;
	open_side(&side, server, "t_full");
	for (int i = 0; i < 1200; i++)
		jobs[i] = put(&side, i, i);
	turn_until(&side, is_idle, 10);
	for (int i = 0; i < 1200; i++) {
		ck_assert_int_eq(jobs[i]->answered, 1);
		full += jobs[i]->status.code == HEARTH_RESOURCE_EXHAUSTED;
	}
	ck_assert_int_eq(full, 200);
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 1000);
	free_jobs(jobs, 1200);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_job_larger_than_the_socket_goes_through)
{
	static const struct hearth_file wide[] = {
		{ "measure", "-- scope: internal\nSELECT length(:data::text) AS size" }, { NULL, NULL } };
	struct side side;
	PGconn *look = make_schema(server, "t_wide");
	size_t size = (size_t)3 << 20;
	char *data = malloc(size + 1);
	open_side_with(&side, support_pg_url(server, "hearth", DATABASE), "t_wide", wide);
	memset(data, 'x', size);
	data[size] = '\0';
	struct hearth_step steps[6];
	const char *values[1] = { data };
	struct job job = { .got = "" };
	for (int i = 0; i < 6; i++)
		steps[i] = (struct hearth_step){ hearth_statements_find(side.statements, "measure"), values };
	job.write = (struct hearth_write){ .step_count = 6, .steps = steps, .alone = true, .done = write_done, .context = &job };
	hearth_db_write(side.db, &job.write);
	turn_until(&side, is_idle, 10);
	expect(&job, HEARTH_OK);
	ck_assert_int_eq(atoi(job.got), 3 << 20);
	free(data);
	close_side(&side);
	PQfinish(look);
}
END_TEST

/* ---- reads ---- */

START_TEST(a_failing_read_touches_no_other)
{
	struct side side;
	struct job *jobs[200];
	PGconn *look = make_schema(server, "t_reads");
	run(look, "INSERT INTO item SELECT g, g FROM generate_series(0, 400) g");
	open_side(&side, server, "t_reads");
	for (int i = 0; i < 200; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i % 10 == 3 ? 0 : i);
		jobs[i] = read_one(&side, i % 10 == 3 ? "divide" : "get_item", text);
	}
	turn_until(&side, is_idle, 5);
	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(jobs[i]->answered, 1);
		ck_assert_int_eq(jobs[i]->status.code == HEARTH_OK, i % 10 != 3);
		if (i % 10 != 3)
			ck_assert_int_eq(atoi(jobs[i]->got), i);
	}
	free_jobs(jobs, 200);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(reads_are_repeated_when_their_connection_dies)
{
	struct side side;
	struct job *jobs[50];
	PGconn *look = make_schema(server, "t_readloss");
	run(look, "INSERT INTO item SELECT g, g FROM generate_series(0, 400) g");
	open_side(&side, server, "t_readloss");
	struct job *nap = read_one(&side, "nap", "0.2");
	for (int i = 0; i < 50; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		jobs[i] = read_one(&side, "get_item", text);
	}
	hearth_loop_turn(side.loop, 1000);
	ck_assert_int_ge(run(look, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
	                     " WHERE application_name = 'hearth-t_readloss'"), 3);
	turn_until(&side, is_idle, 5);
	expect(nap, HEARTH_OK);
	expect_all(jobs, 50, HEARTH_OK);
	ck_assert_uint_ge(hearth_db_counts(side.db).reconnects, 1);
	free_jobs(jobs, 50);
	free(nap);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_changed_result_type_is_prepared_again)
{
	struct side side;
	PGconn *look = make_schema(server, "t_type");
	run(look, "INSERT INTO item VALUES (1, 1)");
	open_side(&side, server, "t_type");
	struct job *before = read_one(&side, "get_item", "1");
	struct job *first = put(&side, 2, 2);
	turn_until(&side, is_idle, 5);
	run(look, "ALTER TABLE item ADD COLUMN more text; ALTER TABLE item ALTER COLUMN id TYPE bigint;"
	    " ALTER TABLE item ALTER COLUMN value TYPE bigint");
	struct job *after = read_one(&side, "get_item", "1");
	struct job *second = put(&side, 3, 3);
	turn_until(&side, is_idle, 5);
	expect(before, HEARTH_OK);
	expect(first, HEARTH_OK);
	expect(after, HEARTH_OK);
	expect(second, HEARTH_OK);
	ck_assert_str_eq(after->got, "1");
	ck_assert_str_eq(second->got, "3");
	ck_assert_uint_eq(hearth_db_counts(side.db).reconnects, 0);
	free_jobs((struct job *[]){ before, first, after, second }, 4);
	close_side(&side);
	PQfinish(look);
}
END_TEST

/* ---- start ---- */

START_TEST(a_statement_that_does_not_fit_stops_the_process_and_says_which)
{
	static const struct hearth_file bad[] = { { "get_wrong", "-- scope: internal\nSELECT i.colour FROM item i" },
		{ NULL, NULL } };
	struct side side;
	PGconn *look = make_schema(server, "t_bad");
	open_side_with(&side, support_pg_url(server, "hearth", DATABASE), "t_bad", bad);
	for (int i = 0; i < 200 && !side.failed; i++)
		hearth_loop_turn(side.loop, 10000);
	ck_assert_int_eq(side.failed, 1);
	ck_assert_int_eq(side.checked, 0);
	ck_assert_ptr_nonnull(strstr(side.failure.message, "sql/get_wrong.sql"));
	ck_assert_ptr_nonnull(strstr(side.failure.message, "colour"));
	ck_assert(!hearth_db_ready(side.db));
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_missing_schema_is_waited_for)
{
	struct side side;
	PGconn *look = direct(support_pg_url(server, "hearth", DATABASE));
	run(look, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS t_missing CASCADE");
	open_side_with(&side, support_pg_url(server, "hearth", DATABASE), "t_missing", files);
	for (int i = 0; i < 30; i++)
		hearth_loop_turn(side.loop, 10000);
	ck_assert(!hearth_db_ready(side.db));
	ck_assert_int_eq(side.failed, 0);
	ck_assert_ptr_nonnull(strstr(hearth_db_trouble(side.db), "run hearth migrate"));
	PQfinish(make_schema(server, "t_missing"));
	turn_until(&side, is_ready, 10);
	ck_assert_int_eq(side.checked, 1);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_malformed_url_stops_the_process_without_showing_it)
{
	struct side side;
	open_side_with(&side, "postgresql://user:secret@[", "t_url", files);
	hearth_loop_turn(side.loop, 0);
	ck_assert_int_eq(side.failed, 1);
	ck_assert_ptr_null(strstr(side.failure.message, "secret"));
	close_side(&side);
}
END_TEST

/* ---- losing the connection ---- */

static void end_backends(PGconn *look, const char *schema)
{
	run(look, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hearth-%s'", schema);
}

START_TEST(a_group_whose_backend_dies_before_commit_runs_again)
{
	struct side side;
	struct job *jobs[10];
	PGconn *look = make_schema(server, "t_before");
	open_side(&side, server, "t_before");
	/* The lock keeps the group from its commit while its backend is ended. */
	run(look, "BEGIN; LOCK TABLE item IN EXCLUSIVE MODE");
	for (int i = 0; i < 10; i++)
		jobs[i] = put(&side, i, i);
	for (int i = 0; i < 5; i++)
		hearth_loop_turn(side.loop, 5000);
	end_backends(look, "t_before");
	for (int i = 0; i < 5; i++)
		hearth_loop_turn(side.loop, 10000);
	ck_assert_int_eq(answered, 0);
	run(look, "COMMIT");
	turn_until(&side, is_idle, 10);
	expect_all(jobs, 10, HEARTH_OK);
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 10);
	free_jobs(jobs, 10);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_job_that_always_ends_its_backend_is_given_up_at_its_deadline)
{
	struct side side;
	PGconn *look = make_schema(server, "t_killer");
	open_side(&side, server, "t_killer");
	struct job *other = put(&side, 1, 1);
	struct job *killer = job_new(&side, "end_own", 0, 0);
	killer->write.deadline_us = hearth_clock_wall() + 1500000;
	hearth_db_write(side.db, &killer->write);
	turn_until(&side, is_idle, 10);
	expect(other, HEARTH_OK);
	ck_assert_int_eq(killer->answered, 1);
	ck_assert_int_ne(killer->status.code, HEARTH_OK);
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 1);
	free_jobs((struct job *[]){ other, killer }, 2);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_commit_that_is_never_answered_is_run_again_or_unknown)
{
	struct side side;
	PGconn *look = make_schema(server, "t_after");
	open_side(&side, server, "t_after");
	struct job *safe = job_new(&side, "put_once", 1, 1);
	hearth_db_write(side.db, &safe->write);
	/* The group leaves at the end of the turn; the database is then cut before its answer is read. */
	hearth_loop_turn(side.loop, 0);
	int64_t until = hearth_clock_mono() + 5000000;
	while (run(look, "SELECT count(*) FROM item") == 0 && hearth_clock_mono() < until)
		;
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 1);
	end_backends(look, "t_after");
	turn_until(&side, is_idle, 10);
	expect(safe, HEARTH_OK);
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 1);
	free(safe);
	close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_stopped_database_is_unavailable_within_the_deadline_and_resumes)
{
	struct side side;
	struct support_pg *own = support_pg_start_own(NULL);
	ck_assert_ptr_nonnull(own);
	ck_assert_int_eq(support_pg_create_database(own, DATABASE), 0);
	PQfinish(make_schema(own, "t_away"));
	open_side(&side, own, "t_away");
	ck_assert_int_eq(support_pg_kill(own), 0);
	turn_until(&side, is_away, 5);
	int64_t before = hearth_clock_wall();
	struct job *soon = job_new(&side, "put_item", 1, 1), *patient = job_new(&side, "put_item", 2, 2);
	soon->write.deadline_us = before + 1000000;
	hearth_db_write(side.db, &soon->write);
	struct job *read = read_one(&side, "get_item", "1");
	read->read.deadline_us = before + 1000000;
	while (!soon->answered && hearth_clock_wall() < before + 3000000)
		hearth_loop_turn(side.loop, 10000);
	ck_assert_int_le(hearth_clock_wall(), before + 1000000);
	hearth_db_write(side.db, &patient->write);
	expect(soon, HEARTH_UNAVAILABLE);
	expect(read, HEARTH_UNAVAILABLE);
	ck_assert(!hearth_db_ready(side.db));
	ck_assert_int_eq(support_pg_restart(own), 0);
	turn_until(&side, is_ready, 20);
	turn_until(&side, is_idle, 5);
	expect(patient, HEARTH_OK);
	free_jobs((struct job *[]){ soon, patient, read }, 3);
	close_side(&side);
	support_pg_stop(&own);
}
END_TEST

/* ---- locks between processes ---- */

START_TEST(two_processes_never_write_at_once)
{
	struct side sides[2];
	static struct job *jobs[400];
	PGconn *look = make_schema(server, "t_two");
	open_side(&sides[0], server, "t_two");
	open_side(&sides[1], server, "t_two");
	for (int i = 0; i < 400; i++)
		hearth_db_write(sides[i % 2].db, &(jobs[i] = job_new(&sides[i % 2], "add_one", 0, 0))->write);
	while (answered < 400) {
		hearth_loop_turn(sides[0].loop, 1000);
		hearth_loop_turn(sides[1].loop, 1000);
	}
	expect_all(jobs, 400, HEARTH_OK);
	ck_assert_int_eq(run(look, "SELECT value FROM counter"), 400);
	ck_assert_uint_eq(hearth_db_counts(sides[0].db).resubmitted + hearth_db_counts(sides[1].db).resubmitted, 0);
	free_jobs(jobs, 400);
	close_side(&sides[0]);
	close_side(&sides[1]);
	PQfinish(look);
}
END_TEST

START_TEST(a_group_waits_for_the_writer_lock_of_its_schema)
{
	struct side side;
	PGconn *look = make_schema(server, "t_lock"), *holder;
	open_side(&side, server, "t_lock");
	/* What a group holds while it runs is the lock that another connection waits for. */
	struct job *nap = write_text(&side, "nap", "0.2");
	for (int i = 0; i < 10; i++)
		hearth_loop_turn(side.loop, 5000);
	holder = direct(support_pg_url(server, "hearth", DATABASE));
	ck_assert_int_eq(run(look, "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
	                     " WHERE l.locktype = 'advisory' AND a.application_name = 'hearth-t_lock'"), 1);
	turn_until(&side, is_idle, 5);
	expect(nap, HEARTH_OK);
	ck_assert_int_eq(run(look, "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
	                     " WHERE l.locktype = 'advisory' AND a.application_name = 'hearth-t_lock'"), 0);
	free(nap);
	close_side(&side);
	PQfinish(holder);
	PQfinish(look);
}
END_TEST

static void on_held(void *context, bool held)
{
	struct side *side = context;
	if (held)
		side->held++;
	else
		side->lost++;
}

START_TEST(a_session_lock_moves_to_the_process_that_lives)
{
	struct side sides[2];
	PGconn *look = make_schema(server, "t_hold");
	open_side(&sides[0], server, "t_hold");
	open_side(&sides[1], server, "t_hold");
	hearth_db_hold(sides[0].db, "placements", on_held, &sides[0]);
	for (int i = 0; i < 20; i++)
		hearth_loop_turn(sides[0].loop, 5000);
	hearth_db_hold(sides[1].db, "placements", on_held, &sides[1]);
	hearth_db_hold(sides[1].db, "finance", on_held, &sides[1]);
	for (int i = 0; i < 20; i++)
		hearth_loop_turn(sides[1].loop, 5000);
	ck_assert_int_eq(sides[0].held, 1);
	ck_assert_int_eq(sides[1].held, 1);
	close_side(&sides[0]);
	int64_t until = hearth_clock_mono() + 3000000;
	while (sides[1].held < 2 && hearth_clock_mono() < until)
		hearth_loop_turn(sides[1].loop, 10000);
	ck_assert_int_eq(sides[1].held, 2);
	end_backends(look, "t_hold");
	until = hearth_clock_mono() + 5000000;
	while (sides[1].held < 4 && hearth_clock_mono() < until)
		hearth_loop_turn(sides[1].loop, 10000);
	ck_assert_int_eq(sides[1].lost, 2);
	ck_assert_int_eq(sides[1].held, 4);
	close_side(&sides[1]);
	PQfinish(look);
}
END_TEST

START_TEST(what_is_queued_at_the_end_is_answered)
{
	struct side side;
	PGconn *look = make_schema(server, "t_end");
	open_side(&side, server, "t_end");
	struct job *write = put(&side, 1, 1), *read = read_one(&side, "get_item", "1");
	close_side(&side);
	expect(write, HEARTH_UNAVAILABLE);
	expect(read, HEARTH_UNAVAILABLE);
	ck_assert_int_eq(run(look, "SELECT count(*) FROM item"), 0);
	free_jobs((struct job *[]){ write, read }, 2);
	PQfinish(look);
}
END_TEST

/* ---- */

static void set_up(void)
{
	hearth_log_init("test_db");
	hearth_log_set_level(HEARTH_LOG_ERROR);
	server = support_pg_start();
	if (!server || support_pg_drop_database(server, DATABASE) || support_pg_create_database(server, DATABASE))
		exit(EXIT_FAILURE);
}

static void tear_down(void)
{
	support_pg_drop_database(server, DATABASE);
	support_pg_stop(&server);
}

int main(void)
{
	const struct check_options options = { set_up, tear_down, 60 };
	return CHECK_MAIN_WITH(&options, "db", what_is_queued_becomes_one_group,
	                       a_group_is_no_longer_than_its_bound_and_keeps_order,
	                       an_error_in_the_middle_fails_only_its_own_job, many_errors_fail_only_their_own_jobs,
	                       an_error_at_commit_is_found_one_by_one,
	                       a_job_alone_is_its_own_group_and_any_error_answers_it,
	                       what_may_pass_is_retried_and_bounded, a_job_past_its_deadline_is_not_started,
	                       a_full_queue_says_so_at_once, a_job_larger_than_the_socket_goes_through,
	                       a_failing_read_touches_no_other, reads_are_repeated_when_their_connection_dies,
	                       a_changed_result_type_is_prepared_again,
	                       a_statement_that_does_not_fit_stops_the_process_and_says_which,
	                       a_missing_schema_is_waited_for, a_malformed_url_stops_the_process_without_showing_it,
	                       a_group_whose_backend_dies_before_commit_runs_again,
	                       a_job_that_always_ends_its_backend_is_given_up_at_its_deadline,
	                       a_commit_that_is_never_answered_is_run_again_or_unknown,
	                       a_stopped_database_is_unavailable_within_the_deadline_and_resumes,
	                       two_processes_never_write_at_once, a_group_waits_for_the_writer_lock_of_its_schema,
	                       a_session_lock_moves_to_the_process_that_lives, what_is_queued_at_the_end_is_answered);
}
