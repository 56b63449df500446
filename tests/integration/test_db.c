/* test_db.c: the database layer against a real PostgreSQL: groups, their failures, reads, the check at start.
 *
 * Every test has a schema of its own in one database. Jobs write rows of made-up numbers only.
 */
#include "../support/check_main.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>

#include "db_side.h"

/* ---- groups ---- */

START_TEST(what_is_queued_becomes_one_group)
{
	struct side side;
	struct job *jobs[100];
	PGconn *look = db_make_schema(db_server, "t_group");
	db_open_side(&side, db_server, "t_group");
	for (int i = 0; i < 100; i++)
		jobs[i] = db_put(&side, i, i);
	ck_assert_int_eq(db_answered, 0);
	db_turn_until(&side, db_is_idle, 5);
	db_expect_all(jobs, 100, HEARTH_OK);
	ck_assert_str_eq(jobs[42]->got, "42");
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 100);
	ck_assert_int_eq(db_run(look, "SELECT count(DISTINCT xmin::text) FROM item"), 1);
	ck_assert_uint_eq(hearth_db_counts(side.db).groups, 1);
	ck_assert_uint_eq(hearth_db_counts(side.db).grouped, 100);
	db_free_jobs(jobs, 100);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_group_is_no_longer_than_its_bound_and_keeps_order)
{
	struct side side;
	struct job *jobs[300];
	PGconn *look = db_make_schema(db_server, "t_order");
	db_open_side(&side, db_server, "t_order");
	for (int i = 0; i < 300; i++)
		hearth_db_write(side.db, &(jobs[i] = db_job_new(&side, "add_one", 0, 0))->write);
	db_turn_until(&side, db_is_idle, 10);
	db_expect_all(jobs, 300, HEARTH_OK);
	for (int i = 0; i < 300; i++)
		ck_assert_int_eq(atoi(jobs[i]->got), i + 1);
	ck_assert_uint_ge(hearth_db_counts(side.db).groups, 3);
	db_free_jobs(jobs, 300);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(an_error_in_the_middle_fails_only_its_own_job)
{
	struct side side;
	struct job *jobs[20];
	PGconn *look = db_make_schema(db_server, "t_middle");
	db_open_side(&side, db_server, "t_middle");
	for (int i = 0; i < 20; i++)
		jobs[i] = db_put(&side, i, i == 7 ? -1 : i);
	db_turn_until(&side, db_is_idle, 5);
	for (int i = 0; i < 20; i++)
		if (i != 7)
			db_expect(jobs[i], HEARTH_OK);
	ck_assert_int_eq(jobs[7]->answered, 1);
	ck_assert_int_ne(jobs[7]->status.code, HEARTH_OK);
	ck_assert_str_eq(jobs[7]->write.sqlstate, "23514");
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 19);
	ck_assert_uint_eq(hearth_db_counts(side.db).resubmitted, 19);
	ck_assert_uint_eq(hearth_db_counts(side.db).group_errors, 1);
	db_free_jobs(jobs, 20);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(many_errors_fail_only_their_own_jobs)
{
	struct side side;
	struct job *jobs[40];
	PGconn *look = db_make_schema(db_server, "t_many");
	db_open_side(&side, db_server, "t_many");
	for (int i = 0; i < 40; i++)
		jobs[i] = db_put(&side, i, i % 3 == 0 ? -1 : i);
	db_turn_until(&side, db_is_idle, 10);
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(jobs[i]->answered, 1);
		ck_assert_int_eq(jobs[i]->status.code == HEARTH_OK, i % 3 != 0);
	}
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 26);
	db_free_jobs(jobs, 40);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(an_error_at_commit_is_found_one_by_one)
{
	struct side side;
	struct job *jobs[10];
	PGconn *look = db_make_schema(db_server, "t_commit");
	db_open_side(&side, db_server, "t_commit");
	for (int i = 0; i < 10; i++)
		hearth_db_write(side.db, &(jobs[i] = db_job_new(&side, "put_late", i == 9 ? 3 : i, 0))->write);
	db_turn_until(&side, db_is_idle, 10);
	db_expect_all(jobs, 9, HEARTH_OK);
	ck_assert_int_eq(jobs[9]->answered, 1);
	ck_assert_int_ne(jobs[9]->status.code, HEARTH_OK);
	ck_assert_str_eq(jobs[9]->write.sqlstate, "23505");
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM late"), 9);
	db_free_jobs(jobs, 10);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_job_alone_is_its_own_group_and_any_error_answers_it)
{
	struct side side;
	struct job *jobs[3];
	PGconn *look = db_make_schema(db_server, "t_alone");
	db_open_side(&side, db_server, "t_alone");
	jobs[0] = db_put(&side, 1, 1);
	jobs[1] = db_job_new(&side, "put_item", 2, 2);
	snprintf(jobs[1]->texts[2], sizeof jobs[1]->texts[2], "HC001");
	jobs[1]->values[2] = jobs[1]->texts[2];
	jobs[1]->steps[1] = (struct hearth_step){ hearth_statements_find(side.statements, "raise"), &jobs[1]->values[2] };
	jobs[1]->write.step_count = 2;
	jobs[1]->write.alone = true;
	hearth_db_write(side.db, &jobs[1]->write);
	jobs[2] = db_put(&side, 3, 3);
	db_turn_until(&side, db_is_idle, 5);
	db_expect(jobs[0], HEARTH_OK);
	db_expect(jobs[2], HEARTH_OK);
	ck_assert_int_ne(jobs[1]->status.code, HEARTH_OK);
	ck_assert_str_eq(jobs[1]->write.sqlstate, "HC001");
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 2);
	ck_assert_int_eq(db_run(look, "SELECT count(DISTINCT xmin::text) FROM item"), 2);
	ck_assert_uint_eq(hearth_db_counts(side.db).resubmitted, 0);
	db_free_jobs(jobs, 3);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(what_may_pass_is_retried_and_bounded)
{
	struct side side;
	struct job *jobs[2];
	PGconn *look = db_make_schema(db_server, "t_retry");
	db_open_side(&side, db_server, "t_retry");
	jobs[0] = db_put(&side, 1, 1);
	jobs[1] = db_write_text(&side, "raise", "40001");
	db_turn_until(&side, db_is_idle, 10);
	db_expect(jobs[0], HEARTH_OK);
	ck_assert_int_ne(jobs[1]->status.code, HEARTH_OK);
	ck_assert_str_eq(jobs[1]->write.sqlstate, "40001");
	ck_assert_uint_ge(hearth_db_counts(side.db).resubmitted, 9);
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 1);
	db_free_jobs(jobs, 2);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_job_past_its_deadline_is_not_started)
{
	struct side side;
	struct job *late;
	PGconn *look = db_make_schema(db_server, "t_late");
	db_open_side(&side, db_server, "t_late");
	late = db_job_new(&side, "put_item", 1, 1);
	late->write.deadline_us = hearth_clock_wall() - 1;
	hearth_db_write(side.db, &late->write);
	db_turn_until(&side, db_is_idle, 5);
	db_expect(late, HEARTH_DEADLINE_EXCEEDED);
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 0);
	free(late);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_full_queue_says_so_at_once)
{
	struct side side;
	static struct job *jobs[1200];
	PGconn *look = db_make_schema(db_server, "t_full");
	int full = 0;
	db_open_side(&side, db_server, "t_full");
	for (int i = 0; i < 1200; i++)
		jobs[i] = db_put(&side, i, i);
	db_turn_until(&side, db_is_idle, 10);
	for (int i = 0; i < 1200; i++) {
		ck_assert_int_eq(jobs[i]->answered, 1);
		full += jobs[i]->status.code == HEARTH_RESOURCE_EXHAUSTED;
	}
	ck_assert_int_eq(full, 200);
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 1000);
	db_free_jobs(jobs, 1200);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_job_larger_than_the_socket_goes_through)
{
	static const struct hearth_file wide[] = {
		{ "measure", "-- scope: internal\nSELECT length(:data::text) AS size" }, { NULL, NULL } };
	struct side side;
	PGconn *look = db_make_schema(db_server, "t_wide");
	size_t size = (size_t)3 << 20;
	char *data = malloc(size + 1);
	db_open_side_with(&side, support_pg_url(db_server, "hearth", DATABASE), "t_wide", wide);
	memset(data, 'x', size);
	data[size] = '\0';
	struct hearth_step steps[6];
	const char *values[1] = { data };
	struct job job = { .got = "" };
	for (int i = 0; i < 6; i++)
		steps[i] = (struct hearth_step){ hearth_statements_find(side.statements, "measure"), values };
	job.write = (struct hearth_write){ .step_count = 6, .steps = steps, .alone = true, .done = db_write_done,
		.context = &job };
	hearth_db_write(side.db, &job.write);
	db_turn_until(&side, db_is_idle, 10);
	db_expect(&job, HEARTH_OK);
	ck_assert_int_eq(atoi(job.got), 3 << 20);
	free(data);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

/* ---- reads ---- */

START_TEST(a_failing_read_touches_no_other)
{
	struct side side;
	struct job *jobs[200];
	PGconn *look = db_make_schema(db_server, "t_reads");
	db_run(look, "INSERT INTO item SELECT g, g FROM generate_series(0, 400) g");
	db_open_side(&side, db_server, "t_reads");
	for (int i = 0; i < 200; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i % 10 == 3 ? 0 : i);
		jobs[i] = db_read_one(&side, i % 10 == 3 ? "divide" : "get_item", text);
	}
	db_turn_until(&side, db_is_idle, 5);
	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(jobs[i]->answered, 1);
		ck_assert_int_eq(jobs[i]->status.code == HEARTH_OK, i % 10 != 3);
		if (i % 10 != 3)
			ck_assert_int_eq(atoi(jobs[i]->got), i);
	}
	db_free_jobs(jobs, 200);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

static struct job *read_in(struct side *side, enum hearth_lane lane, const char *statement, const char *text)
{
	struct job *job = calloc(1, sizeof *job);
	snprintf(job->texts[0], sizeof job->texts[0], "%s", text);
	job->values[0] = job->texts[0];
	job->read = (struct hearth_read){ .statement = hearth_statements_find(side->statements, statement),
		.values = job->values, .done = db_read_done, .context = job };
	hearth_db_read(side->db, lane, &job->read);
	hearth_loop_turn(side->loop, 0);
	return job;
}

/* A Sync that fails after its statement's result, with others on their way behind it: each must get its own. */
START_TEST(an_error_at_the_sync_is_nobody_elses)
{
	static const enum hearth_lane lanes[] = { HEARTH_LANE_READ, HEARTH_LANE_SLOW };
	PGconn *look = db_make_schema(db_server, "t_readsync");
	db_run(look, "INSERT INTO item SELECT g, g FROM generate_series(0, 400) g; INSERT INTO late VALUES (7)");
	for (size_t lane = 0; lane < 2; lane++) {
		struct side side;
		struct job *jobs[8];
		db_open_side(&side, db_server, "t_readsync");
		jobs[0] = read_in(&side, lanes[lane], "nap", "0.1");
		jobs[1] = read_in(&side, lanes[lane], "put_late", "7");
		for (int i = 2; i < 8; i++)
			jobs[i] = read_in(&side, lanes[lane], "get_item", (const char *[]){ "2", "3", "4", "5", "6", "7" }[i - 2]);
		db_turn_until(&side, db_is_idle, 5);
		for (int i = 2; i < 8; i++) {
			db_expect(jobs[i], HEARTH_OK);
			ck_assert_int_eq(atoi(jobs[i]->got), i);
		}
		db_expect(jobs[0], HEARTH_OK);
		ck_assert_int_eq(jobs[1]->answered, 1);
		/* Who has a Sync of his own learns that nothing was written. */
		ck_assert_int_eq(jobs[1]->status.code == HEARTH_OK, lanes[lane] == HEARTH_LANE_READ);
		ck_assert_int_eq(db_run(look, "SELECT count(*) FROM late"), 1);
		ck_assert_uint_eq(hearth_db_counts(side.db).reconnects, 0);
		db_free_jobs(jobs, 8);
		db_close_side(&side);
	}
	PQfinish(look);
}
END_TEST

START_TEST(reads_are_repeated_when_their_connection_dies)
{
	struct side side;
	struct job *jobs[50];
	PGconn *look = db_make_schema(db_server, "t_readloss");
	db_run(look, "INSERT INTO item SELECT g, g FROM generate_series(0, 400) g");
	db_open_side(&side, db_server, "t_readloss");
	struct job *nap = db_read_one(&side, "nap", "0.2");
	for (int i = 0; i < 50; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		jobs[i] = db_read_one(&side, "get_item", text);
	}
	hearth_loop_turn(side.loop, 1000);
	ck_assert_int_ge(db_run(look, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
	                     " WHERE application_name = 'hearth-t_readloss'"), 3);
	db_turn_until(&side, db_is_idle, 5);
	db_expect(nap, HEARTH_OK);
	db_expect_all(jobs, 50, HEARTH_OK);
	ck_assert_uint_ge(hearth_db_counts(side.db).reconnects, 1);
	db_free_jobs(jobs, 50);
	free(nap);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_changed_result_type_is_prepared_again)
{
	struct side side;
	PGconn *look = db_make_schema(db_server, "t_type");
	db_run(look, "INSERT INTO item VALUES (1, 1)");
	db_open_side(&side, db_server, "t_type");
	struct job *before = db_read_one(&side, "get_item", "1");
	struct job *first = db_put(&side, 2, 2);
	db_turn_until(&side, db_is_idle, 5);
	db_run(look, "ALTER TABLE item ADD COLUMN more text; ALTER TABLE item ALTER COLUMN id TYPE bigint;"
	    " ALTER TABLE item ALTER COLUMN value TYPE bigint");
	struct job *after = db_read_one(&side, "get_item", "1");
	struct job *second = db_put(&side, 3, 3);
	db_turn_until(&side, db_is_idle, 5);
	db_expect(before, HEARTH_OK);
	db_expect(first, HEARTH_OK);
	db_expect(after, HEARTH_OK);
	db_expect(second, HEARTH_OK);
	ck_assert_str_eq(after->got, "1");
	ck_assert_str_eq(second->got, "3");
	ck_assert_uint_eq(hearth_db_counts(side.db).reconnects, 0);
	db_free_jobs((struct job *[]){ before, first, after, second }, 4);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

/* ---- start ---- */

START_TEST(a_statement_that_does_not_fit_stops_the_process_and_says_which)
{
	static const struct hearth_file bad[] = { { "get_wrong", "-- scope: internal\nSELECT i.colour FROM item i" },
		{ NULL, NULL } };
	struct side side;
	PGconn *look = db_make_schema(db_server, "t_bad");
	db_open_side_with(&side, support_pg_url(db_server, "hearth", DATABASE), "t_bad", bad);
	for (int i = 0; i < 200 && !side.failed; i++)
		hearth_loop_turn(side.loop, 10000);
	ck_assert_int_eq(side.failed, 1);
	ck_assert_int_eq(side.checked, 0);
	ck_assert_ptr_nonnull(strstr(side.failure.message, "sql/get_wrong.sql"));
	ck_assert_ptr_nonnull(strstr(side.failure.message, "colour"));
	ck_assert(!hearth_db_ready(side.db));
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_missing_schema_is_waited_for)
{
	struct side side;
	PGconn *look = db_direct(support_pg_url(db_server, "hearth", DATABASE));
	db_run(look, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS t_missing CASCADE");
	db_open_side_with(&side, support_pg_url(db_server, "hearth", DATABASE), "t_missing", db_files);
	for (int i = 0; i < 30; i++)
		hearth_loop_turn(side.loop, 10000);
	ck_assert(!hearth_db_ready(side.db));
	ck_assert_int_eq(side.failed, 0);
	ck_assert_ptr_nonnull(strstr(hearth_db_trouble(side.db), "run hearth migrate"));
	PQfinish(db_make_schema(db_server, "t_missing"));
	db_turn_until(&side, db_is_ready, 10);
	ck_assert_int_eq(side.checked, 1);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_malformed_url_stops_the_process_without_showing_it)
{
	struct side side;
	db_open_side_with(&side, "postgresql://user:secret@[", "t_url", db_files);
	hearth_loop_turn(side.loop, 0);
	ck_assert_int_eq(side.failed, 1);
	ck_assert_ptr_null(strstr(side.failure.message, "secret"));
	db_close_side(&side);
}
END_TEST

int main(void)
{
	const struct check_options options = { db_set_up, db_tear_down, 60 };
	return CHECK_MAIN_WITH(&options, "db", what_is_queued_becomes_one_group,
	                       a_group_is_no_longer_than_its_bound_and_keeps_order,
	                       an_error_in_the_middle_fails_only_its_own_job, many_errors_fail_only_their_own_jobs,
	                       an_error_at_commit_is_found_one_by_one,
	                       a_job_alone_is_its_own_group_and_any_error_answers_it,
	                       what_may_pass_is_retried_and_bounded, a_job_past_its_deadline_is_not_started,
	                       a_full_queue_says_so_at_once, a_job_larger_than_the_socket_goes_through,
	                       a_failing_read_touches_no_other, an_error_at_the_sync_is_nobody_elses,
	                       reads_are_repeated_when_their_connection_dies,
	                       a_changed_result_type_is_prepared_again,
	                       a_statement_that_does_not_fit_stops_the_process_and_says_which,
	                       a_missing_schema_is_waited_for, a_malformed_url_stops_the_process_without_showing_it);
}
