/* test_places.c: how many places a home has on a day and why, and how its places were used over many days. */
/* links: services/providers/places_levels.c services/providers/places_calendar.c */
#include "../support/check_main.h"

#include <stdio.h>
#include <string.h>

#include <hearth/clock.h>

#include "../../services/providers/places_calendar.h"

#define EVER INT32_MIN
#define NO_END PLACES_NO_DAY
#define COUNT(facts) (sizeof(facts) / sizeof(facts)[0])

static int32_t day(const char *text)
{
	int32_t days;
	ck_assert_int_eq(hearth_date_parse(text, &days), 0);
	return days;
}

static struct places_fact fact(enum places_fact_kind kind, const char *code, int32_t places, int32_t from, int32_t until)
{
	return (struct places_fact){ kind, code, places, from, until, false };
}

static struct places_fact stay(const char *from, const char *until, bool own)
{
	return (struct places_fact){ PLACES_LIVED_IN, NULL, 1, day(from), *until ? day(until) : NO_END, own };
}

/* Levels of the facts on a day, as "registered open offerable". */
static const char *levels(const struct places_fact *facts, size_t count, int32_t on)
{
	static char text[64];
	struct places_sum sum;
	struct places_levels levels;
	places_add_up(facts, count, on, &sum);
	places_reckon(&sum, &levels);
	snprintf(text, sizeof text, "%d %d %d", levels.registered, levels.open, levels.offerable);
	return text;
}

/* The reasons of a level, as "CODE places/count until; ". */
static const char *reasons(const struct places_fact *facts, size_t count, int32_t on, int level)
{
	static char text[512];
	struct places_explained explained;
	char until[HEARTH_DATE_SIZE];
	places_explain(facts, count, on, &explained);
	text[0] = '\0';
	for (size_t i = 0; i < explained.reason_count; i++) {
		const struct places_reason *reason = &explained.reasons[i];
		size_t size = strlen(text);
		strcpy(until, "-");
		if (reason->until != NO_END)
			hearth_date_format(reason->until, until);
		if (reason->level == level)
			snprintf(text + size, sizeof text - size, "%s%s %d/%d %s", size ? "; " : "", reason->code, reason->places,
			         reason->count, until);
	}
	return text;
}

START_TEST(a_home_of_which_all_is_known_says_its_three_levels_with_reasons)
{
	const struct places_fact facts[] = {
		fact(PLACES_REGISTERED, NULL, 8, EVER, NO_END),
		fact(PLACES_OFFERED, NULL, 6, EVER, NO_END),
		fact(PLACES_LIVED_IN, NULL, 1, EVER, NO_END), fact(PLACES_LIVED_IN, NULL, 1, EVER, NO_END),
		fact(PLACES_HELD, NULL, 1, EVER, day("2024-03-03")),
		fact(PLACES_OTHERS, NULL, 1, EVER, NO_END),
		fact(PLACES_BLOCKED, "REPAIRS", 1, EVER, day("2024-04-01")),
	};
	ck_assert_str_eq(levels(facts, COUNT(facts), day("2024-03-01")), "8 6 1");
	ck_assert_str_eq(reasons(facts, COUNT(facts), day("2024-03-01"), 1), "");
	ck_assert_str_eq(reasons(facts, COUNT(facts), day("2024-03-01"), 2), "NOT_OFFERED 2/2 -");
	ck_assert_str_eq(reasons(facts, COUNT(facts), day("2024-03-01"), 3),
	                 "LIVED_IN 2/2 -; OTHER_CHILDREN 1/1 -; HELD 1/1 2024-03-03; REPAIRS 1/1 2024-04-01");
	ck_assert_str_eq(levels(facts, COUNT(facts), day("2024-03-03")), "8 6 2");
	ck_assert_str_eq(levels(facts, COUNT(facts), day("2024-04-01")), "8 6 3");
}
END_TEST

START_TEST(places_that_are_not_registered_are_not_open)
{
	const struct places_fact beyond[] = { fact(PLACES_REGISTERED, NULL, 3, EVER, NO_END),
		fact(PLACES_OFFERED, NULL, 5, EVER, NO_END), fact(PLACES_OTHERS, NULL, 0, EVER, NO_END) };
	ck_assert_str_eq(levels(beyond, 3, 0), "3 3 3");
	ck_assert_str_eq(reasons(beyond, 3, 0, 2), "ABOVE_REGISTRATION 0/2 -");
	const struct places_fact condition[] = { beyond[0], beyond[1], beyond[2], fact(PLACES_LIMIT, "CONDITION", 2, 10, 20) };
	ck_assert_str_eq(levels(condition, 4, 9), "3 3 3");
	ck_assert_str_eq(levels(condition, 4, 10), "2 2 2");
	ck_assert_str_eq(levels(condition, 4, 20), "3 3 3");
	ck_assert_str_eq(reasons(condition, 4, 19, 1), "CONDITION 1/1 1970-01-21");
	const struct places_fact none[] = { beyond[0], beyond[1], fact(PLACES_UNREGISTERED, "NOT_REGISTERED", 0, 5, NO_END) };
	ck_assert_str_eq(levels(none, 3, 4), "3 3 3");
	ck_assert_str_eq(levels(none, 3, 5), "0 0 0");
	ck_assert_str_eq(reasons(none, 3, 5, 1), "NOT_REGISTERED 3/3 -");
}
END_TEST

START_TEST(registered_places_that_are_not_known_are_no_bound_and_said_so)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 4, EVER, NO_END) };
	ck_assert_str_eq(levels(facts, 1, 0), "-1 4 4");
	ck_assert_str_eq(reasons(facts, 1, 0, 2), "REGISTERED_PLACES_UNKNOWN 0/0 -");
}
END_TEST

START_TEST(other_children_that_nobody_has_counted_are_not_none)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 4, EVER, NO_END),
		fact(PLACES_OTHERS, NULL, 0, 10, 20) };
	struct places_sum sum;
	places_add_up(facts, 2, 9, &sum);
	ck_assert_int_eq(sum.others, PLACES_UNKNOWN);
	ck_assert_str_eq(reasons(facts, 2, 9, 3), "OTHER_CHILDREN_UNKNOWN 0/0 -");
	places_add_up(facts, 2, 10, &sum);
	ck_assert_int_eq(sum.others, 0);
	ck_assert_str_eq(reasons(facts, 2, 10, 3), "");
}
END_TEST

START_TEST(a_home_that_takes_no_child_has_no_open_place_and_says_every_cause)
{
	const struct places_fact facts[] = { fact(PLACES_REGISTERED, NULL, 3, EVER, NO_END),
		fact(PLACES_OFFERED, NULL, 3, EVER, NO_END), fact(PLACES_LIVED_IN, NULL, 1, EVER, NO_END),
		fact(PLACES_SHUT, "NOT_OPEN_YET", 0, EVER, day("2024-05-01")), fact(PLACES_SHUT, "EMBARGO", 0, EVER, NO_END) };
	ck_assert_str_eq(levels(facts, 5, day("2024-04-30")), "3 0 0");
	ck_assert_str_eq(reasons(facts, 5, day("2024-04-30"), 2), "NOT_OPEN_YET 3/3 2024-05-01; EMBARGO 0/3 -");
	ck_assert_str_eq(reasons(facts, 5, day("2024-05-01"), 2), "EMBARGO 3/3 -");
	ck_assert_str_eq(levels(facts, 4, day("2024-05-01")), "3 3 2");
}
END_TEST

START_TEST(a_solo_home_offers_one_place_to_nobody_elses_company)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 2, EVER, NO_END), fact(PLACES_OTHERS, NULL, 0, EVER, NO_END),
		fact(PLACES_SOLO, NULL, 0, EVER, NO_END), fact(PLACES_HELD, NULL, 1, 10, 20) };
	ck_assert_str_eq(levels(facts, 4, 9), "-1 2 1");
	ck_assert_str_eq(reasons(facts, 4, 9, 3), "SOLO 1/1 -");
	ck_assert_str_eq(levels(facts, 4, 10), "-1 2 0");
	ck_assert_str_eq(reasons(facts, 4, 10, 3), "HELD 1/1 1970-01-21; SOLO 1/1 -");
}
END_TEST

START_TEST(a_day_of_which_nothing_was_recorded_says_so)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 2, 10, NO_END) };
	struct places_days days = { .online = 0 };
	ck_assert_str_eq(levels(facts, 1, 9), "-1 0 0");
	ck_assert_str_eq(reasons(facts, 1, 9, 2), "NOT_RECORDED 0/0 -");
	places_count_days(facts, 1, 0, 20, &days);
	ck_assert_int_eq(days.not_recorded, 10);
	ck_assert_int_eq(days.online, 20);
}
END_TEST

START_TEST(a_policy_keeps_back_what_is_left_where_there_is_no_manager)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 4, EVER, NO_END), fact(PLACES_LIVED_IN, NULL, 1, EVER, NO_END),
		fact(PLACES_OTHERS, NULL, 0, EVER, NO_END), fact(PLACES_KEPT_BACK, "MANAGER_VACANT", 0, EVER, NO_END) };
	ck_assert_str_eq(levels(facts, 4, 0), "-1 4 0");
	ck_assert_str_eq(reasons(facts, 4, 0, 3), "LIVED_IN 1/1 -; MANAGER_VACANT 3/3 -");
}
END_TEST

/* Forty places of which the council that asks uses thirty: the other ten are other councils', empty, or not known. */
START_TEST(of_forty_places_and_thirty_used_ten_are_others_or_empty_or_not_known)
{
	struct places_fact facts[45] = { fact(PLACES_OFFERED, NULL, 40, EVER, NO_END) };
	size_t count = 1;
	for (int i = 0; i < 30; i++) {
		facts[count] = fact(PLACES_LIVED_IN, NULL, 1, EVER, NO_END);
		facts[count++].own = true;
	}
	struct places_sum sum;
	struct places_use use;
	places_add_up(facts, count, 0, &sum);
	places_used(&sum, &use);
	ck_assert_int_eq(use.own, 30);
	ck_assert_int_eq(use.others, 0);
	ck_assert_int_eq(use.empty, 0);
	ck_assert_int_eq(use.not_known, 10);
	ck_assert_int_eq(places_rate(use.own, use.places), 7500);
	for (int i = 0; i < 4; i++)
		facts[count++] = fact(PLACES_LIVED_IN, NULL, 1, EVER, NO_END);
	places_add_up(facts, count, 0, &sum);
	places_used(&sum, &use);
	ck_assert_int_eq(use.others, 4);
	ck_assert_int_eq(use.not_known, 6);
	facts[count++] = fact(PLACES_OTHERS, NULL, 1, EVER, NO_END);
	places_add_up(facts, count, 0, &sum);
	places_used(&sum, &use);
	ck_assert_int_eq(use.others, 5);
	ck_assert_int_eq(use.empty, 5);
	ck_assert_int_eq(use.not_known, 0);
	ck_assert_int_eq(use.own + use.others + use.kept_back + use.empty + use.not_known, use.places);
}
END_TEST

/* ---- days ---- */

/* "online booked others held turnaround blocked unused over" of the days from one to before another. */
static const char *days_of(const struct places_fact *facts, size_t count, const char *from, const char *until)
{
	static char text[128];
	struct places_days days = { .online = 0 };
	places_count_days(facts, count, day(from), day(until), &days);
	ck_assert_int_eq(days.online, days.booked + days.others + days.held + days.turnaround + days.blocked + days.unused);
	snprintf(text, sizeof text, "%lld %lld %lld %lld %lld %lld %lld %lld", (long long)days.online, (long long)days.booked,
	         (long long)days.others, (long long)days.held, (long long)days.turnaround, (long long)days.blocked,
	         (long long)days.unused, (long long)days.over);
	return text;
}

START_TEST(the_day_of_coming_counts_and_the_day_of_leaving_does_not)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 1, EVER, NO_END), stay("2024-03-05", "2024-03-09", false) };
	ck_assert_str_eq(days_of(facts, 2, "2024-03-01", "2024-04-01"), "31 4 0 0 0 0 27 0");
	ck_assert_str_eq(days_of(facts, 2, "2024-03-05", "2024-03-06"), "1 1 0 0 0 0 0 0");
	ck_assert_str_eq(days_of(facts, 2, "2024-03-09", "2024-03-10"), "1 0 0 0 0 0 1 0");
}
END_TEST

START_TEST(a_child_who_leaves_and_one_who_comes_on_a_day_are_never_there_together)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 1, EVER, NO_END),
		stay("2024-03-01", "2024-03-11", true), stay("2024-03-11", "", false) };
	ck_assert_str_eq(days_of(facts, 3, "2024-03-01", "2024-04-01"), "31 31 0 0 0 0 0 0");
	const struct places_fact nowhere[] = { facts[0], stay("2024-03-11", "2024-03-11", true) };
	ck_assert_str_eq(days_of(nowhere, 2, "2024-03-01", "2024-04-01"), "31 0 0 0 0 0 31 0");
}
END_TEST

START_TEST(a_leap_year_has_its_day)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 2, EVER, NO_END), stay("2024-02-28", "2024-03-01", true) };
	ck_assert_str_eq(days_of(facts, 2, "2024-01-01", "2025-01-01"), "732 2 0 0 0 0 730 0");
	ck_assert_str_eq(days_of(facts, 2, "2024-02-29", "2024-03-01"), "2 1 0 0 0 0 1 0");
	const struct places_fact common[] = { facts[0], stay("2023-02-28", "2023-03-01", true) };
	ck_assert_str_eq(days_of(common, 2, "2023-01-01", "2024-01-01"), "730 1 0 0 0 0 729 0");
}
END_TEST

START_TEST(places_that_are_booked_twice_are_seen_on_their_days)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 1, EVER, NO_END), stay("2024-03-01", "2024-03-10", true),
		stay("2024-03-08", "2024-03-20", false) };
	ck_assert_str_eq(days_of(facts, 3, "2024-03-01", "2024-04-01"), "31 19 0 0 0 0 12 2");
	struct places_span span;
	ck_assert_int_eq(places_span_on(facts, 3, day("2024-03-08"), day("2024-04-01"), &span), day("2024-03-10"));
	ck_assert_int_eq(span.over, 1);
	ck_assert_int_eq(span.levels.offerable, 0);
	ck_assert_int_eq(span.sum.own_living, 1);
}
END_TEST

START_TEST(turnaround_is_what_came_of_it_beside_what_was_meant)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 1, EVER, NO_END), stay("2024-03-01", "2024-03-10", true),
		fact(PLACES_TURNAROUND, "TURNAROUND", 1, day("2024-03-10"), day("2024-03-14")),
		fact(PLACES_TURNAROUND_PLANNED, NULL, 1, day("2024-03-10"), day("2024-03-17")), stay("2024-03-13", "", false) };
	struct places_days days = { .online = 0 };
	places_count_days(facts, COUNT(facts), day("2024-03-01"), day("2024-04-01"), &days);
	ck_assert_int_eq(days.turnaround, 3);
	ck_assert_int_eq(days.turnaround_planned, 7);
	ck_assert_str_eq(days_of(facts, COUNT(facts), "2024-03-01", "2024-04-01"), "31 28 0 0 3 0 0 0");
}
END_TEST

START_TEST(held_and_blocked_days_are_no_void_days)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 3, EVER, NO_END),
		fact(PLACES_HELD, NULL, 1, day("2024-03-01"), day("2024-03-04")), stay("2024-03-04", "", true),
		fact(PLACES_BLOCKED, "REPAIRS", 1, day("2024-03-11"), day("2024-03-21")),
		fact(PLACES_OTHERS, NULL, 1, day("2024-03-21"), NO_END) };
	ck_assert_str_eq(days_of(facts, COUNT(facts), "2024-03-01", "2024-04-01"), "93 28 11 3 0 10 41 0");
	struct places_days days = { .online = 0 };
	places_count_days(facts, COUNT(facts), day("2024-03-01"), day("2024-04-01"), &days);
	ck_assert_int_eq(days.others_unknown, 60);
	ck_assert_int_eq(places_rate(days.booked + days.others, days.online), 4194);
}
END_TEST

START_TEST(a_home_that_is_closed_is_online_where_children_live_and_nowhere_else)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 4, EVER, NO_END), stay("2024-03-01", "2024-03-11", true),
		fact(PLACES_SHUT, "CLOSED", 0, day("2024-03-06"), NO_END) };
	ck_assert_str_eq(days_of(facts, 3, "2024-03-01", "2024-03-06"), "20 5 0 0 0 0 15 0");
	ck_assert_str_eq(days_of(facts, 3, "2024-03-06", "2024-04-01"), "5 5 0 0 0 0 0 0");
	ck_assert_int_eq(places_rate(0, 0), PLACES_UNKNOWN);
}
END_TEST

START_TEST(a_place_counts_from_the_day_on_which_it_was_offered)
{
	const struct places_fact facts[] = { fact(PLACES_OFFERED, NULL, 2, day("2024-03-11"), day("2024-03-21")),
		fact(PLACES_OFFERED, NULL, 5, day("2024-03-21"), NO_END) };
	ck_assert_str_eq(days_of(facts, 2, "2024-03-01", "2024-04-01"), "75 0 0 0 0 0 75 0");
}
END_TEST

/* ---- any home ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static size_t any_home(uint32_t *seed, struct places_fact *facts, size_t most)
{
	static const char *const codes[] = { "A", "B", "C" };
	size_t count = next_random(seed) % most;
	for (size_t i = 0; i < count; i++) {
		int32_t from = (int32_t)(next_random(seed) % 60) - 10, long_for = (int32_t)(next_random(seed) % 40);
		facts[i] = fact((enum places_fact_kind)(1 + next_random(seed) % PLACES_SOLO), codes[next_random(seed) % 3],
		                (int32_t)(next_random(seed) % 6), next_random(seed) % 4 ? from : EVER,
		                next_random(seed) % 4 ? from + long_for : NO_END);
		facts[i].own = next_random(seed) % 2;
	}
	return count;
}

START_TEST(of_any_home_each_level_is_at_most_the_one_before_and_the_reasons_take_the_difference)
{
	struct places_fact facts[60];
	uint32_t seed = 7;
	for (int round = 0; round < 20000; round++) {
		size_t count = any_home(&seed, facts, COUNT(facts));
		int32_t on = (int32_t)(next_random(&seed) % 70) - 10, taken[PLACES_LEVELS + 1] = { 0 };
		struct places_explained explained;
		places_explain(facts, count, on, &explained);
		const struct places_levels *levels = &explained.levels;
		for (size_t i = 0; i < explained.reason_count; i++)
			taken[explained.reasons[i].level] += explained.reasons[i].places;
		ck_assert_int_le(levels->offerable, levels->open);
		ck_assert_int_ge(levels->offerable, 0);
		if (levels->registered != PLACES_UNKNOWN)
			ck_assert_int_le(levels->open, levels->registered);
		ck_assert_int_eq(levels->open, (levels->registered == PLACES_UNKNOWN ? explained.sum.offered : levels->registered)
		                               - taken[2]);
		ck_assert_int_eq(levels->offerable, levels->open - taken[3]);
		ck_assert_uint_le(explained.reason_count, PLACES_REASONS_MOST);
	}
}
END_TEST

START_TEST(of_any_home_the_days_counted_in_spans_are_those_counted_one_by_one)
{
	struct places_fact facts[40];
	uint32_t seed = 11;
	for (int round = 0; round < 2000; round++) {
		size_t count = any_home(&seed, facts, COUNT(facts));
		struct places_days at_once = { .online = 0 }, one_by_one = { .online = 0 };
		places_count_days(facts, count, -15, 75, &at_once);
		for (int32_t on = -15; on < 75; on++)
			places_count_days(facts, count, on, on + 1, &one_by_one);
		ck_assert_int_eq(memcmp(&at_once, &one_by_one, sizeof at_once), 0);
		ck_assert_int_eq(at_once.online, at_once.booked + at_once.others + at_once.held + at_once.turnaround +
		                 at_once.blocked + at_once.unused);
	}
}
END_TEST

int main(void)
{
	return CHECK_MAIN("places", a_home_of_which_all_is_known_says_its_three_levels_with_reasons,
	                  places_that_are_not_registered_are_not_open,
	                  registered_places_that_are_not_known_are_no_bound_and_said_so,
	                  other_children_that_nobody_has_counted_are_not_none,
	                  a_home_that_takes_no_child_has_no_open_place_and_says_every_cause,
	                  a_solo_home_offers_one_place_to_nobody_elses_company,
	                  a_day_of_which_nothing_was_recorded_says_so,
	                  a_policy_keeps_back_what_is_left_where_there_is_no_manager,
	                  of_forty_places_and_thirty_used_ten_are_others_or_empty_or_not_known,
	                  the_day_of_coming_counts_and_the_day_of_leaving_does_not,
	                  a_child_who_leaves_and_one_who_comes_on_a_day_are_never_there_together, a_leap_year_has_its_day,
	                  places_that_are_booked_twice_are_seen_on_their_days,
	                  turnaround_is_what_came_of_it_beside_what_was_meant, held_and_blocked_days_are_no_void_days,
	                  a_home_that_is_closed_is_online_where_children_live_and_nowhere_else,
	                  a_place_counts_from_the_day_on_which_it_was_offered,
	                  of_any_home_each_level_is_at_most_the_one_before_and_the_reasons_take_the_difference,
	                  of_any_home_the_days_counted_in_spans_are_those_counted_one_by_one);
}
