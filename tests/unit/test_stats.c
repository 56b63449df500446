/* test_stats.c: latency of the last minute or so. */
#include <string.h>

#include "../../services/runtime/stats.h"
#include "../support/check_main.h"

#define SECOND INT64_C(1000000)

static struct hearth_stats stats;
static int64_t last_us;      /* of the newest call */

static void begin(void)
{
	memset(&stats, 0, sizeof stats);
	last_us = 0;
}

static void add(int64_t now_us, int64_t took_us)
{
	last_us = now_us;
	hearth_stats_add(&stats, now_us, took_us);
}

static double at(double quantile)
{
	return hearth_stats_quantile(&stats, last_us, quantile);
}

/* A bucket is a quarter of a power of two wide and answers with its middle. */
static void assert_near(double ms, double wanted_ms)
{
	ck_assert_msg(ms >= wanted_ms * 0.88 && ms <= wanted_ms * 1.14, "%g, wanted about %g", ms, wanted_ms);
}

START_TEST(without_calls_it_is_nothing)
{
	begin();
	ck_assert_double_eq(at(0.5), 0);
	ck_assert_double_eq(at(0.99), 0);
}
END_TEST

START_TEST(one_value_is_told_within_an_eighth_whatever_its_size)
{
	for (int64_t us = 5; us < INT64_C(600000000); us += us / 3 + 1) {
		begin();
		add(SECOND, us);
		assert_near(at(0.5), (double)us / 1000);
		assert_near(at(0.99), (double)us / 1000);
	}
}
END_TEST

START_TEST(quantiles_stand_in_order_and_where_they_should)
{
	begin();
	for (int i = 1; i <= 1000; i++)
		add(SECOND, i * 100);
	assert_near(at(0.5), 50);
	assert_near(at(0.9), 90);
	assert_near(at(0.99), 99);
	double last = 0;
	for (double quantile = 0; quantile <= 1; quantile += 0.05) {
		ck_assert_double_ge(at(quantile), last);
		last = at(quantile);
	}
}
END_TEST

START_TEST(one_slow_call_in_a_hundred_shows_in_the_last_percent_alone)
{
	begin();
	for (int i = 0; i < 980; i++)
		add(SECOND, 1000);
	for (int i = 0; i < 20; i++)
		add(SECOND, 500000);
	assert_near(at(0.5), 1);
	assert_near(at(0.97), 1);
	assert_near(at(0.99), 500);
}
END_TEST

START_TEST(what_is_older_than_a_minute_is_forgotten)
{
	begin();
	add(SECOND, 900000);
	add(40 * SECOND, 1000);
	assert_near(at(0.99), 900);      /* the half before still counts */
	add(80 * SECOND, 1000);
	add(120 * SECOND, 1000);
	assert_near(at(0.99), 1);
}
END_TEST

START_TEST(after_a_silence_nothing_old_counts)
{
	begin();
	add(SECOND, 900000);
	ck_assert_double_gt(hearth_stats_quantile(&stats, 40 * SECOND, 0.5), 0);
	ck_assert_double_eq(hearth_stats_quantile(&stats, 3600 * SECOND, 0.5), 0);
	add(3600 * SECOND, 1000);
	assert_near(at(0.99), 1);
}
END_TEST

/* A busy process: the newest half minute is always there, the oldest call never older than about a minute. */
START_TEST(a_change_shows_within_a_minute_of_traffic)
{
	begin();
	for (int64_t us = SECOND; us < 100 * SECOND; us += SECOND / 10)
		add(us, 200000);
	for (int64_t us = 100 * SECOND; us < 162 * SECOND; us += SECOND / 10)
		add(us, 2000);
	assert_near(at(0.99), 2);
	assert_near(at(0.5), 2);
}
END_TEST

START_TEST(values_out_of_all_bounds_are_counted_at_the_ends)
{
	begin();
	add(SECOND, -5);
	ck_assert_double_eq(at(0.5), 0);
	begin();
	add(SECOND, INT64_MAX);
	ck_assert_double_gt(at(0.5), 1000000);
	begin();
	for (int64_t us = 0; us < 4; us++)
		add(SECOND, us);
	ck_assert_double_le(at(1), 0.003);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("stats", without_calls_it_is_nothing, one_value_is_told_within_an_eighth_whatever_its_size,
	                  quantiles_stand_in_order_and_where_they_should,
	                  one_slow_call_in_a_hundred_shows_in_the_last_percent_alone,
	                  what_is_older_than_a_minute_is_forgotten, after_a_silence_nothing_old_counts,
	                  a_change_shows_within_a_minute_of_traffic,
	                  values_out_of_all_bounds_are_counted_at_the_ends);
}
