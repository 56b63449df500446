/* test_care_periods.c: which episodes make one period of care. */
/* links: services/placements/care_periods.c */
#include "../support/check_main.h"

#include "../../services/placements/care_periods.h"

START_TEST(episodes_that_touch_are_one_period)
{
	struct care_span spans[] = { { 10, 20, NULL }, { 20, 30, NULL }, { 30, CARE_GOES_ON, NULL } };
	ck_assert_uint_eq(care_periods_merge(spans, 3), 1);
	ck_assert_int_eq(spans[0].from, 10);
	ck_assert_int_eq(spans[0].to, CARE_GOES_ON);
}
END_TEST

START_TEST(a_day_between_makes_two)
{
	struct care_span spans[] = { { 10, 20, NULL }, { 21, 30, NULL } };
	ck_assert_uint_eq(care_periods_merge(spans, 2), 2);
	ck_assert_int_eq(spans[0].to, 20);
	ck_assert_int_eq(spans[1].from, 21);
}
END_TEST

START_TEST(an_episode_inside_another_ends_nothing)
{
	struct care_span spans[] = { { 10, 50, NULL }, { 15, 20, NULL }, { 45, 60, NULL }, { 61, 62, NULL } };
	ck_assert_uint_eq(care_periods_merge(spans, 4), 2);
	ck_assert_int_eq(spans[0].to, 60);
	ck_assert_int_eq(spans[1].from, 61);
}
END_TEST

START_TEST(what_goes_on_takes_in_all_that_follows)
{
	struct care_span spans[] = { { 10, CARE_GOES_ON, NULL }, { 90, 95, NULL }, { 200, 300, NULL } };
	ck_assert_uint_eq(care_periods_merge(spans, 3), 1);
	ck_assert_int_eq(spans[0].to, CARE_GOES_ON);
}
END_TEST

START_TEST(why_a_period_ended_says_the_episode_that_ended_last)
{
	struct care_span spans[] = { { 10, 50, "E4A" }, { 15, 20, "E9" }, { 45, 50, "E45" }, { 60, 70, "E5" }, { 70, 80, NULL } };
	ck_assert_uint_eq(care_periods_merge(spans, 5), 2);
	ck_assert_str_eq(spans[0].end_code, "E45");
	ck_assert_ptr_null(spans[1].end_code);
}
END_TEST

START_TEST(no_episode_is_no_period)
{
	ck_assert_uint_eq(care_periods_merge(NULL, 0), 0);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("care_periods", episodes_that_touch_are_one_period, a_day_between_makes_two,
	                  an_episode_inside_another_ends_nothing, what_goes_on_takes_in_all_that_follows,
	                  why_a_period_ended_says_the_episode_that_ended_last, no_episode_is_no_period);
}
