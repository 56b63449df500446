/* test_db_lost.c: the database layer when backends die, the server stops, and processes share a schema.
 */
#include "../support/check_main.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>

#include "db_side.h"

/* ---- losing the connection ---- */

static void end_backends(PGconn *look, const char *schema)
{
	db_run(look, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hearth-%s'", schema);
}

START_TEST(a_group_whose_backend_dies_before_commit_runs_again)
{
	struct side side;
	struct job *jobs[10];
	PGconn *look = db_make_schema(db_server, "t_before");
	db_open_side(&side, db_server, "t_before");
	/* The lock keeps the group from its commit while its backend is ended. */
	db_run(look, "BEGIN; LOCK TABLE item IN EXCLUSIVE MODE");
	for (int i = 0; i < 10; i++)
		jobs[i] = db_put(&side, i, i);
	for (int i = 0; i < 5; i++)
		hearth_loop_turn(side.loop, 5000);
	end_backends(look, "t_before");
	for (int i = 0; i < 5; i++)
		hearth_loop_turn(side.loop, 10000);
	ck_assert_int_eq(db_answered, 0);
	db_run(look, "COMMIT");
	db_turn_until(&side, db_is_idle, 10);
	db_expect_all(jobs, 10, HEARTH_OK);
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 10);
	db_free_jobs(jobs, 10);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_job_that_always_ends_its_backend_is_given_up_at_its_deadline)
{
	struct side side;
	PGconn *look = db_make_schema(db_server, "t_killer");
	db_open_side(&side, db_server, "t_killer");
	struct job *other = db_put(&side, 1, 1);
	struct job *killer = db_job_new(&side, "end_own", 0, 0);
	killer->write.deadline_us = hearth_clock_wall() + 1500000;
	hearth_db_write(side.db, &killer->write);
	db_turn_until(&side, db_is_idle, 10);
	db_expect(other, HEARTH_OK);
	ck_assert_int_eq(killer->answered, 1);
	ck_assert_int_ne(killer->status.code, HEARTH_OK);
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 1);
	db_free_jobs((struct job *[]){ other, killer }, 2);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_commit_that_is_never_answered_is_run_again_or_unknown)
{
	struct side side;
	PGconn *look = db_make_schema(db_server, "t_after");
	db_open_side(&side, db_server, "t_after");
	struct job *safe = db_job_new(&side, "put_once", 1, 1);
	hearth_db_write(side.db, &safe->write);
	/* The group leaves at the end of the turn; the database is then cut before its answer is read. */
	hearth_loop_turn(side.loop, 0);
	int64_t until = hearth_clock_mono() + 5000000;
	while (db_run(look, "SELECT count(*) FROM item") == 0 && hearth_clock_mono() < until)
		;
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 1);
	end_backends(look, "t_after");
	db_turn_until(&side, db_is_idle, 10);
	db_expect(safe, HEARTH_OK);
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 1);
	free(safe);
	db_close_side(&side);
	PQfinish(look);
}
END_TEST

START_TEST(a_stopped_database_is_unavailable_within_the_deadline_and_resumes)
{
	struct side side;
	struct support_pg *own = support_pg_start_own(NULL);
	ck_assert_ptr_nonnull(own);
	ck_assert_int_eq(support_pg_create_database(own, DATABASE), 0);
	PQfinish(db_make_schema(own, "t_away"));
	db_open_side(&side, own, "t_away");
	ck_assert_int_eq(support_pg_kill(own), 0);
	db_turn_until(&side, db_is_away, 5);
	int64_t before = hearth_clock_wall();
	struct job *soon = db_job_new(&side, "put_item", 1, 1), *patient = db_job_new(&side, "put_item", 2, 2);
	soon->write.deadline_us = before + 1000000;
	hearth_db_write(side.db, &soon->write);
	struct job *read = db_read_one(&side, "get_item", "1");
	read->read.deadline_us = before + 1000000;
	while (!soon->answered && hearth_clock_wall() < before + 3000000)
		hearth_loop_turn(side.loop, 10000);
	ck_assert_int_le(hearth_clock_wall(), before + 1000000);
	hearth_db_write(side.db, &patient->write);
	db_expect(soon, HEARTH_UNAVAILABLE);
	db_expect(read, HEARTH_UNAVAILABLE);
	ck_assert(!hearth_db_ready(side.db));
	ck_assert_int_eq(support_pg_restart(own), 0);
	db_turn_until(&side, db_is_ready, 20);
	db_turn_until(&side, db_is_idle, 5);
	db_expect(patient, HEARTH_OK);
	db_free_jobs((struct job *[]){ soon, patient, read }, 3);
	db_close_side(&side);
	support_pg_stop(&own);
}
END_TEST

/* ---- locks between processes ---- */

START_TEST(two_processes_never_write_at_once)
{
	struct side sides[2];
	static struct job *jobs[400];
	PGconn *look = db_make_schema(db_server, "t_two");
	db_open_side(&sides[0], db_server, "t_two");
	db_open_side(&sides[1], db_server, "t_two");
	for (int i = 0; i < 400; i++)
		hearth_db_write(sides[i % 2].db, &(jobs[i] = db_job_new(&sides[i % 2], "add_one", 0, 0))->write);
	while (db_answered < 400) {
		hearth_loop_turn(sides[0].loop, 1000);
		hearth_loop_turn(sides[1].loop, 1000);
	}
	db_expect_all(jobs, 400, HEARTH_OK);
	ck_assert_int_eq(db_run(look, "SELECT value FROM counter"), 400);
	ck_assert_uint_eq(hearth_db_counts(sides[0].db).resubmitted + hearth_db_counts(sides[1].db).resubmitted, 0);
	db_free_jobs(jobs, 400);
	db_close_side(&sides[0]);
	db_close_side(&sides[1]);
	PQfinish(look);
}
END_TEST

START_TEST(a_group_waits_for_the_writer_lock_of_its_schema)
{
	struct side side;
	PGconn *look = db_make_schema(db_server, "t_lock"), *holder;
	db_open_side(&side, db_server, "t_lock");
	/* What a group holds while it runs is the lock that another connection waits for. */
	struct job *nap = db_write_text(&side, "nap", "0.2");
	for (int i = 0; i < 10; i++)
		hearth_loop_turn(side.loop, 5000);
	holder = db_direct(support_pg_url(db_server, "hearth", DATABASE));
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
	                     " WHERE l.locktype = 'advisory' AND a.application_name = 'hearth-t_lock'"), 1);
	db_turn_until(&side, db_is_idle, 5);
	db_expect(nap, HEARTH_OK);
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
	                     " WHERE l.locktype = 'advisory' AND a.application_name = 'hearth-t_lock'"), 0);
	free(nap);
	db_close_side(&side);
	PQfinish(holder);
	PQfinish(look);
}
END_TEST

START_TEST(a_group_that_waits_long_for_the_lock_is_nobodys_failure)
{
	struct side sides[2];
	struct job *naps[6], *jobs[20];
	PGconn *look = db_make_schema(db_server, "t_wait");
	db_open_side(&sides[0], db_server, "t_wait");
	db_open_side(&sides[1], db_server, "t_wait");
	/* One group of six naps holds the lock for longer than a statement may take. */
	for (int i = 0; i < 6; i++)
		naps[i] = db_write_text(&sides[0], "nap", "0.15");
	for (int i = 0; i < 5; i++)
		hearth_loop_turn(sides[0].loop, 5000);
	for (int i = 0; i < 20; i++)
		jobs[i] = db_put(&sides[1], i, i);
	int64_t until = hearth_clock_mono() + 10000000;
	while (db_answered < 26 && hearth_clock_mono() < until) {
		hearth_loop_turn(sides[0].loop, 1000);
		hearth_loop_turn(sides[1].loop, 1000);
	}
	db_expect_all(naps, 6, HEARTH_OK);
	db_expect_all(jobs, 20, HEARTH_OK);
	ck_assert_uint_ge(hearth_db_counts(sides[1].db).resubmitted, 20);
	ck_assert_int_eq(db_run(look, "SELECT count(DISTINCT xmin::text) FROM item"), 1);
	db_free_jobs(naps, 6);
	db_free_jobs(jobs, 20);
	db_close_side(&sides[0]);
	db_close_side(&sides[1]);
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
	PGconn *look = db_make_schema(db_server, "t_hold");
	db_open_side(&sides[0], db_server, "t_hold");
	db_open_side(&sides[1], db_server, "t_hold");
	hearth_db_hold(sides[0].db, "placements", on_held, &sides[0]);
	for (int i = 0; i < 20; i++)
		hearth_loop_turn(sides[0].loop, 5000);
	hearth_db_hold(sides[1].db, "placements", on_held, &sides[1]);
	hearth_db_hold(sides[1].db, "finance", on_held, &sides[1]);
	for (int i = 0; i < 20; i++)
		hearth_loop_turn(sides[1].loop, 5000);
	ck_assert_int_eq(sides[0].held, 1);
	ck_assert_int_eq(sides[1].held, 1);
	db_close_side(&sides[0]);
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
	db_close_side(&sides[1]);
	PQfinish(look);
}
END_TEST

START_TEST(what_is_queued_at_the_end_is_answered)
{
	struct side side;
	PGconn *look = db_make_schema(db_server, "t_end");
	db_open_side(&side, db_server, "t_end");
	struct job *write = db_put(&side, 1, 1), *read = db_read_one(&side, "get_item", "1");
	db_close_side(&side);
	db_expect(write, HEARTH_UNAVAILABLE);
	db_expect(read, HEARTH_UNAVAILABLE);
	ck_assert_int_eq(db_run(look, "SELECT count(*) FROM item"), 0);
	db_free_jobs((struct job *[]){ write, read }, 2);
	PQfinish(look);
}
END_TEST

int main(void)
{
	const struct check_options options = { db_set_up, db_tear_down, 60 };
	return CHECK_MAIN_WITH(&options, "db_lost", a_group_whose_backend_dies_before_commit_runs_again,
	                       a_job_that_always_ends_its_backend_is_given_up_at_its_deadline,
	                       a_commit_that_is_never_answered_is_run_again_or_unknown,
	                       a_stopped_database_is_unavailable_within_the_deadline_and_resumes,
	                       two_processes_never_write_at_once, a_group_waits_for_the_writer_lock_of_its_schema,
	                       a_group_that_waits_long_for_the_lock_is_nobodys_failure,
	                       a_session_lock_moves_to_the_process_that_lives, what_is_queued_at_the_end_is_answered);
}
