/* test_turns.c: one process of a service applies a source, the others stand by: who takes over, and how soon, when it is
 * killed, when it hangs, when it comes back and when the database is restarted; each effect is made once. How far behind
 * the service is, is shown by every process, also when nobody applies. careleavers hears placements. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearth/clock.h>

#include "../support/check_main.h"
#include "catalogue.h"
#include "heard.h"
#include "tables.h"
#include "world.h"

#define CHILD "0190b3c2-7d1e-7abc-8def-0000000000"
#define BEHIND "hearth_events_behind_seconds{source=\"placements\"} "

static const char *const services[] = { "placements", "careleavers", "providers", NULL };

/* A suite of the test's own: what it kills is not missed by others. */
static struct suite *begin(void)
{
	struct suite *suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .instances = 2, .services = services });
	ck_assert_ptr_nonnull(suite);
	for (int tries = 0; tries < 250 && heard_active(suite, 2) < 0; tries++)
		usleep(20000);
	ck_assert_int_ge(heard_active(suite, 2), 0);
	return suite;
}

/* Milliseconds until an event told now has had its effect. */
static long effect_after(struct suite *suite, const char *child, int most_ms)
{
	int64_t began = hearth_clock_mono();
	heard_tell(suite, child, "2010-01-01");
	while (heard_effects(suite, child) == 0 && hearth_clock_mono() - began < most_ms * INT64_C(1000))
		usleep(5000);
	ck_assert_msg(heard_effects(suite, child) == 1, "no effect within %d ms", most_ms);
	return (long)((hearth_clock_mono() - began) / 1000);
}

/* 1,000 events on ten children, a tenth of a second's work at least, so that the fault falls into it. */
static void tell_many(struct suite *suite)
{
	heard_sql(suite, "INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, "
	          "payload, personal) SELECT 'hearth.child.recorded.v1', 'child', k.id, n, k.id, '" HEARD_AUTHORITY "', "
	          "'2024-06-03T09:00:00Z', jsonb_build_object('childId', k.id), jsonb_build_object('dateOfBirth', "
	          "jsonb_build_object('value', DATE '2005-01-01' + n)) FROM generate_series(1, 300) n CROSS JOIN "
	          "(SELECT '" CHILD "9' || c AS id FROM generate_series(0, 9) c) k ORDER BY n, k.id");
}

static void check_many(struct suite *suite)
{
	ck_assert(heard_comes(suite, "SELECT (coalesce((SELECT seq FROM careleavers.cursor WHERE source = 'placements'), 0) >= "
	                      "(SELECT max(seq) FROM placements.outbox))::int", 1, 20000));
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.young_person WHERE child_id::text LIKE '" CHILD
	                               "9_' AND version = 300 AND date_of_birth = '2005-10-28'"), 10);
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.outbox WHERE aggregateid LIKE '" CHILD "9_'"), 3000);
}

static int end(struct suite **suite)
{
	return suite_stop(suite);
}

START_TEST(who_is_killed_is_followed_within_two_seconds)
{
	struct suite *suite = begin();
	for (int round = 0; round < 3; round++) {
		char child[64];
		int active = heard_active(suite, 2);
		ck_assert_int_ge(active, 0);
		if (round == 0)
			tell_many(suite);
		ck_assert_int_eq(suite_kill(suite, "careleavers", active), 0);
		snprintf(child, sizeof child, CHILD "1%d", round);
		long took = effect_after(suite, child, 5000);
		printf("killed: the other took over within %ld ms\n", took);
		ck_assert_int_le(took, 2500);
		ck_assert_int_eq(suite_restart_process(suite, "careleavers", active), 0);
		ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
	}
	check_many(suite);
	ck_assert_int_eq(end(&suite), 0);
}
END_TEST

/* Its session and its lock live on: only its beat tells. When it goes on it learns that the turn has passed. */
START_TEST(who_hangs_is_followed_within_six_seconds_and_effects_stay_single_when_it_goes_on)
{
	struct suite *suite = begin();
	for (int round = 0; round < 2; round++) {
		char child[64];
		int active = heard_active(suite, 2);
		ck_assert_int_ge(active, 0);
		if (round == 0)
			tell_many(suite);
		ck_assert_int_eq(suite_signal(suite, "careleavers", active, SIGSTOP), 0);
		snprintf(child, sizeof child, CHILD "2%d", round);
		long took = effect_after(suite, child, 12000);
		printf("hung: the other took over within %ld ms\n", took);
		ck_assert_int_le(took, 7000);
		ck_assert_int_eq(suite_signal(suite, "careleavers", active, SIGCONT), 0);
		snprintf(child, sizeof child, CHILD "3%d", round);
		effect_after(suite, child, 3000);
		usleep(1500000);
		ck_assert_int_eq(heard_active(suite, 2), 1 - active);
		ck_assert(heard_metric(suite, "careleavers", active, "hearth_events_active{source=\"placements\"} ") == 0);
	}
	check_many(suite);
	ck_assert_int_eq(end(&suite), 0);
}
END_TEST

START_TEST(when_the_database_is_restarted_somebody_goes_on_and_effects_stay_single)
{
	char directory[256];
	struct support_pg *pg = NULL;
	const char *base = getenv("HEARTH_TEST_DIR");
	snprintf(directory, sizeof directory, "%s/turns-XXXXXX", base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	pg = support_pg_start_own(directory);
	ck_assert_ptr_nonnull(pg);
	struct suite *suite =
		suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .instances = 2, .services = services, .pg = pg });
	ck_assert_ptr_nonnull(suite);
	for (int round = 0; round < 2; round++) {
		char child[64];
		if (round == 0)
			tell_many(suite);
		PQfinish(tables_db(suite));
		tables_forget();
		ck_assert_int_eq(support_pg_kill(pg), 0);
		ck_assert_int_eq(support_pg_restart(pg), 0);
		snprintf(child, sizeof child, CHILD "4%d", round);
		long took = effect_after(suite, child, 15000);
		printf("database restarted: an effect after %ld ms\n", took);
	}
	check_many(suite);
	PQfinish(tables_db(suite));
	tables_forget();
	ck_assert_int_eq(end(&suite), 0);
	support_pg_remove(&pg);
}
END_TEST

static bool all_show(struct suite *suite, double least, double most)
{
	for (int i = 0; i < 2; i++) {
		double behind = heard_metric(suite, "careleavers", i, BEHIND);
		if (!(behind >= least && behind <= most))
			return false;
	}
	return true;
}

static bool all_come_to_show(struct suite *suite, double least, double most)
{
	for (int tries = 0; tries < 300 && !all_show(suite, least, most); tries++)
		usleep(20000);
	return all_show(suite, least, most);
}

/* The clocks of all services are driven an hour on while an event waits: it is an hour old. */
START_TEST(how_far_behind_is_the_age_of_the_oldest_event_not_applied_and_every_process_shows_it)
{
	struct suite *suite = begin();
	effect_after(suite, CHILD "51", 5000);
	ck_assert(all_come_to_show(suite, 0, 0));
	/* Nobody can apply: each effect fails in a way that passes. */
	heard_poison(suite, CHILD "5_", "53100");
	heard_tell(suite, CHILD "52", "2010-01-01");     /* as old as the clock's start */
	usleep(300000);
	heard_tell(suite, CHILD "53", "2010-01-01");
	ck_assert_int_eq(suite_clock(suite, "2024-06-03T10:00:00Z"), 0);
	ck_assert(all_come_to_show(suite, 3600, 3700));
	heard_cure(suite);
	ck_assert(all_come_to_show(suite, 0, 0));
	/* Nobody applies: the holder hangs, and the other is not asked to take over yet. */
	int active = heard_active(suite, 2);
	heard_sql(suite, "UPDATE careleavers.consumer_turn SET beat = beat + interval '20 seconds'");
	ck_assert_int_eq(suite_signal(suite, "careleavers", active, SIGSTOP), 0);
	heard_sql(suite, "UPDATE careleavers.consumer_turn SET beat = beat + interval '20 seconds'");
	heard_tell(suite, CHILD "54", "2010-01-01");
	double behind = -1;
	for (int tries = 0; tries < 250 && behind < 3600; tries++) {
		usleep(20000);
		behind = heard_metric(suite, "careleavers", 1 - active, BEHIND);
	}
	ck_assert_msg(behind >= 3600 && behind < 3800, "%f", behind);
	ck_assert_int_eq(heard_effects(suite, CHILD "54"), 0);
	ck_assert_int_eq(suite_signal(suite, "careleavers", active, SIGCONT), 0);
	ck_assert(all_come_to_show(suite, 0, 0));
	ck_assert_int_eq(heard_effects(suite, CHILD "54"), 1);
	/* The source does not answer: not known, and not 0. */
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_signal(suite, "placements", i, SIGSTOP), 0);
	for (int tries = 0; tries < 800 && heard_metric(suite, "careleavers", 0, BEHIND) == 0; tries++)
		usleep(20000);
	double unknown = heard_metric(suite, "careleavers", 0, BEHIND);
	ck_assert_msg(unknown != unknown, "%f is a number", unknown);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_signal(suite, "placements", i, SIGCONT), 0);
	ck_assert(all_come_to_show(suite, 0, 0));
	ck_assert_int_eq(end(&suite), 0);
}
END_TEST

START_TEST(who_takes_over_keeps_what_is_parked_in_order_and_follows_the_orders)
{
	struct suite *suite = begin();
	heard_poison(suite, CHILD "81", "22000");
	heard_tell(suite, CHILD "81", "2010-08-01");
	ck_assert(heard_comes(suite, "SELECT count(*) FROM careleavers.parked", 1, 12000));
	int active = heard_active(suite, 2);
	ck_assert_int_ge(active, 0);
	ck_assert_int_eq(suite_kill(suite, "careleavers", active), 0);
	heard_tell(suite, CHILD "81", "2010-08-02");
	heard_tell(suite, CHILD "82", "2010-08-02");
	ck_assert(heard_comes(suite, "SELECT count(*) FROM careleavers.parked", 2, 12000));
	ck_assert_int_eq(suite_restart_process(suite, "careleavers", active), 0);
	ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
	heard_cure(suite);
	char id[24];
	snprintf(id, sizeof id, "%ld", tables_number(suite, "SELECT min(place) FROM careleavers.parked"));
	ck_assert_int_eq(suite_hearth(suite, NULL, "events", "retry", "careleavers", id, NULL), 0);
	ck_assert(heard_comes(suite, "SELECT count(*) FROM careleavers.parked", 0, 12000));
	ck_assert_int_eq(heard_effects(suite, CHILD "81"), 2);
	ck_assert_str_eq(heard_born(suite, CHILD "81"), "2010-08-02");
	ck_assert_int_eq(heard_effects(suite, CHILD "82"), 1);
	ck_assert_int_eq(end(&suite), 0);
}
END_TEST

/* Nobody is there to take it, so that what the leaving process wrote can be seen. */
START_TEST(who_drains_gives_its_turn_up_after_what_is_in_work)
{
	struct suite *suite = begin();
	int active = heard_active(suite, 2);
	ck_assert_int_ge(active, 0);
	ck_assert_int_eq(suite_kill(suite, "careleavers", 1 - active), 0);
	effect_after(suite, CHILD "60", 5000);
	ck_assert_int_eq(tables_number(suite, "SELECT (beat > '-infinity')::int FROM careleavers.consumer_turn"), 1);
	tell_many(suite);
	usleep(100000);
	ck_assert_int_eq(suite_end_process(suite, "careleavers", active), 0);
	ck_assert_int_eq(tables_number(suite, "SELECT (beat = '-infinity')::int FROM careleavers.consumer_turn"), 1);
	/* Who comes next takes it at once and goes on where it was left. */
	ck_assert_int_eq(suite_restart_process(suite, "careleavers", active), 0);
	check_many(suite);
	ck_assert_int_eq(end(&suite), 0);
}
END_TEST

static const char *serve_flags[] = { "--serve", "compute", NULL };

static void serve(struct suite *suite, const char *what)
{
	serve_flags[1] = what;
	for (size_t i = 0; services[i]; i++)
		ck_assert_int_eq(suite_restart_process(suite, services[i], 0), 0);
	ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
}

#define OLD_REQUESTS "SELECT count(*) FROM careleavers.request WHERE caller = 'someone'"
#define PLAIN "SELECT count(*) FROM providers.timer WHERE kind = 'hold_expiry' AND due < '2024-06-01'"
#define STEPS "SELECT count(*) FROM providers.timer WHERE kind = 'find_homes' AND due < '2024-06-01'"

START_TEST(events_timers_and_chores_are_done_where_they_are_served)
{
	struct suite *suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .services = services,
	                                                           .flags = serve_flags });
	ck_assert_ptr_nonnull(suite);
	heard_tell(suite, CHILD "71", "2010-01-01");
	heard_sql(suite, "INSERT INTO careleavers.request (authority, caller, id, method, payload_hash, result_key, created) "
	          "VALUES ('961', 'someone', gen_random_uuid(), 'M', 'h', 'k', '2023-01-01')");
	heard_sql(suite, "INSERT INTO providers.timer (kind, authority, subject, due) SELECT k, '961', "
	          "gen_random_uuid()::text, '2024-01-01' FROM unnest(ARRAY['hold_expiry', 'find_homes']) k");
	serve(suite, "compute");
	ck_assert(heard_comes(suite, STEPS, 0, 10000));
	usleep(2500000);
	ck_assert_int_eq(heard_effects(suite, CHILD "71"), 0);
	ck_assert_int_eq(tables_number(suite, OLD_REQUESTS), 1);
	ck_assert_int_eq(tables_number(suite, PLAIN), 1);
	ck_assert(heard_metric(suite, "careleavers", 0, "hearth_events_active{source=\"placements\"} ") == 0);
	serve(suite, "calls");
	ck_assert(heard_comes(suite, PLAIN, 0, 10000));
	ck_assert(heard_comes(suite, OLD_REQUESTS, 0, 10000));
	ck_assert(heard_comes(suite, "SELECT count(*) FROM careleavers.young_person WHERE child_id = '" CHILD "71'", 1, 10000));
	heard_sql(suite, "DELETE FROM providers.timer; INSERT INTO providers.timer (kind, authority, subject, due) VALUES "
	          "('find_homes', '961', gen_random_uuid()::text, '2024-01-02')");
	usleep(2500000);
	ck_assert_int_eq(tables_number(suite, STEPS), 1);
	serve(suite, "all");
	ck_assert(heard_comes(suite, STEPS, 0, 10000));
	ck_assert_int_eq(end(&suite), 0);
}
END_TEST

/* What lay parked when it began to hang was applied by another, which is gone before it comes back: by heart it would
 * put the next event behind one that is no longer there, and nobody would ever try it. */
START_TEST(who_comes_back_to_its_turn_does_not_trust_what_it_knew_of_parked_events)
{
	struct suite *suite = begin();
	heard_poison(suite, CHILD "81", "22000");
	heard_tell(suite, CHILD "81", "2010-01-01");
	ck_assert(heard_comes(suite, "SELECT count(*) FROM careleavers.parked", 1, 12000));
	heard_cure(suite);
	int hanging = heard_active(suite, 2), other = 1 - hanging;
	ck_assert_int_ge(hanging, 0);
	ck_assert_int_eq(suite_signal(suite, "careleavers", hanging, SIGSTOP), 0);
	heard_sql(suite, "UPDATE careleavers.parked SET ordered = 'RETRY', ordered_by = 'op-7', ordered_at = now()");
	ck_assert(heard_comes(suite, "SELECT count(*) FROM careleavers.parked", 0, 12000));
	ck_assert_int_eq(suite_kill(suite, "careleavers", other), 0);
	ck_assert_int_eq(suite_signal(suite, "careleavers", hanging, SIGCONT), 0);
	usleep(2500000);
	heard_tell(suite, CHILD "81", "2010-01-02");
	ck_assert_msg(heard_comes(suite, "SELECT version FROM careleavers.young_person WHERE child_id = '" CHILD "81'", 2, 8000),
	              "%ld parked", tables_number(suite, "SELECT count(*) FROM careleavers.parked"));
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked"), 0);
	ck_assert_int_eq(suite_restart_process(suite, "careleavers", other), 0);
	ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
	ck_assert_int_eq(end(&suite), 0);
}
END_TEST

int main(void)
{
	struct check_options options = { NULL, NULL, 120 };
	return CHECK_MAIN_WITH(&options, "turns", who_is_killed_is_followed_within_two_seconds,
	                       who_hangs_is_followed_within_six_seconds_and_effects_stay_single_when_it_goes_on,
	                       when_the_database_is_restarted_somebody_goes_on_and_effects_stay_single,
	                       how_far_behind_is_the_age_of_the_oldest_event_not_applied_and_every_process_shows_it,
	                       who_takes_over_keeps_what_is_parked_in_order_and_follows_the_orders,
	                       who_drains_gives_its_turn_up_after_what_is_in_work,
	                       events_timers_and_chores_are_done_where_they_are_served,
	                       who_comes_back_to_its_turn_does_not_trust_what_it_knew_of_parked_events);
}
