/* test_clock.c: the door to time, dates, and the day in England. */
#include <hearth/clock.h>
#include <hearth/status.h>

#include <string.h>
#include <time.h>

#include "../support/check_main.h"

static int32_t day(const char *text)
{
	int32_t days = 0;
	ck_assert_msg(hearth_date_parse(text, &days) == 0, "%s is a date", text);
	return days;
}

static int64_t instant(const char *text)
{
	int64_t us = 0;
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert_msg(hearth_time_parse(text, &us, &status) == 0, "%s is a time", text);
	return us;
}

START_TEST(dates_that_do_not_exist_are_refused)
{
	static const char *const bad[] = {
		"2023-02-30", "2023-02-29", "1900-02-29", "2100-02-29", "2023-04-31", "2023-13-01", "2023-00-10", "2023-01-00",
		"2023-01-32", "1899-12-31", "2200-01-01", "", "2023", "2023-1-1", "2023-01-1", "2023-01-011", " 2023-01-01",
		"2023-01-01 ", "2023/01/01", "01-01-2023", "2023-01-01T00:00:00Z", "-023-01-01", "+023-01-01", "20a3-01-01",
		"2023-01-\xc2\xb9"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int32_t days = 12345;
		ck_assert_msg(hearth_date_parse(bad[i], &days) == -1, "\"%s\" was read", bad[i]);
		ck_assert_int_eq(days, 12345);
	}
}
END_TEST

START_TEST(leap_days_exist_in_leap_years)
{
	ck_assert_int_eq(day("2024-02-29") + 1, day("2024-03-01"));
	ck_assert_int_eq(day("2000-02-29") + 1, day("2000-03-01"));
	ck_assert_int_eq(day("2023-02-28") + 1, day("2023-03-01"));
	ck_assert_int_eq(day("1970-01-01"), 0);
	ck_assert_int_eq(day("2022-03-31"), 19082);
}
END_TEST

START_TEST(every_day_of_three_centuries_survives_both_ways)
{
	struct tm civil = { .tm_year = 0, .tm_mday = 1 };
	int32_t first = (int32_t)(timegm(&civil) / 86400);
	ck_assert_int_eq(first, day("1900-01-01"));
	for (int32_t days = first; days <= day("2199-12-31"); days++) {
		char text[HEARTH_DATE_SIZE], expected[HEARTH_DATE_SIZE];
		int32_t back = 0;
		time_t seconds = (time_t)days * 86400;
		strftime(expected, sizeof(expected), "%Y-%m-%d", gmtime_r(&seconds, &civil));
		hearth_date_format(days, text);
		ck_assert_str_eq(text, expected);
		ck_assert_int_eq(hearth_date_parse(text, &back), 0);
		ck_assert_int_eq(back, days);
	}
}
END_TEST

START_TEST(days_far_away_are_written_in_four_digit_years)
{
	char text[HEARTH_DATE_SIZE];
	hearth_date_format(INT32_MAX, text);
	ck_assert_str_eq(text, "9999-12-31");
	hearth_date_format(INT32_MIN, text);
	ck_assert_str_eq(text, "0001-01-01");
}
END_TEST

START_TEST(a_birthday_is_the_same_day_of_a_later_year)
{
	ck_assert_int_eq(hearth_date_birthday(day("2006-07-14"), 18), day("2024-07-14"));
	ck_assert_int_eq(hearth_date_birthday(day("2006-12-31"), 16), day("2022-12-31"));
	ck_assert_int_eq(hearth_date_birthday(day("2006-02-28"), 18), day("2024-02-28"));
}
END_TEST

START_TEST(born_on_29_february_the_birthday_is_1_march_where_there_is_none)
{
	ck_assert_int_eq(hearth_date_birthday(day("2008-02-29"), 16), day("2024-02-29"));
	ck_assert_int_eq(hearth_date_birthday(day("2008-02-29"), 17), day("2025-03-01"));
	ck_assert_int_eq(hearth_date_birthday(day("2008-02-29"), 18), day("2026-03-01"));
	ck_assert_int_eq(hearth_date_birthday(day("2084-02-29"), 16), day("2100-03-01"));
}
END_TEST

START_TEST(times_are_read_strictly)
{
	static const char *const bad[] = {
		"", "now", "2023-02-30T00:00:00Z", "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z",
		"2023-01-01T00:00:00", "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00.1234567890Z", "2023-01-01T00:00:00+00:00",
		"2023-01-01 00:00:00Z", "2023-01-01T00:00:00Zx", "2023-01-01T0:00:00Z", "2023-01-01T", "1899-12-31T23:59:59Z"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t us = 99;
		struct hearth_status status = HEARTH_STATUS_INIT;
		ck_assert_msg(hearth_time_parse(bad[i], &us, &status) == -1, "\"%s\" was read", bad[i]);
		ck_assert_int_eq(us, 99);
		ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	}
}
END_TEST

START_TEST(times_survive_both_ways)
{
	char text[HEARTH_TIME_SIZE];
	ck_assert_int_eq(instant("1970-01-01"), 0);
	ck_assert_int_eq(instant("1970-01-01T00:00:01.5Z"), 1500000);
	ck_assert_int_eq(instant("1969-12-31T23:59:59.999999Z"), -1);
	hearth_time_format(-1, text);
	ck_assert_str_eq(text, "1969-12-31T23:59:59.999999Z");
	hearth_time_format(instant("2022-04-01T09:30:15.000007Z"), text);
	ck_assert_str_eq(text, "2022-04-01T09:30:15.000007Z");
	hearth_time_format(INT64_MAX, text);
	ck_assert_str_eq(text, "9999-12-31T23:59:59.999999Z");
	hearth_time_format(INT64_MIN, text);
	ck_assert_str_eq(text, "0001-01-01T00:00:00.000000Z");
}
END_TEST

START_TEST(the_clock_cannot_be_driven_unless_it_is_a_test_clock)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert(!hearth_clock_is_test());
	ck_assert_int_eq(hearth_clock_set(INT64_C(4000000000000000), &status), -1);
	ck_assert_int_eq(status.code, HEARTH_FAILED_PRECONDITION);
	int64_t difference = hearth_clock_now() - hearth_clock_wall();
	ck_assert(difference > -1000000 && difference < 1000000);
}
END_TEST

START_TEST(a_test_clock_starts_where_told_and_ticks_on)
{
	int64_t start = instant("2022-04-01T08:00:00Z");
	hearth_clock_enable_test(start);
	ck_assert(hearth_clock_is_test());
	int64_t first = hearth_clock_now();
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	int64_t second = hearth_clock_now();
	ck_assert(first >= start && first < start + 5000000);
	ck_assert_int_ge(second - first, 2000);
	ck_assert_int_gt(hearth_clock_wall(), instant("2023-01-01"));
}
END_TEST

START_TEST(a_clock_set_backwards_is_refused_and_stays)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	hearth_clock_enable_test(instant("2022-04-01T08:00:00Z"));
	ck_assert_int_eq(hearth_clock_set(instant("2022-05-01T08:00:00Z"), &status), 0);
	ck_assert_int_eq(hearth_clock_set(instant("2022-05-01T07:59:59Z"), &status), -1);
	ck_assert_int_eq(status.code, HEARTH_FAILED_PRECONDITION);
	ck_assert_str_eq(status.reason, "CLOCK_BACKWARDS");
	ck_assert_int_ge(hearth_clock_now(), instant("2022-05-01T08:00:00Z"));
}
END_TEST

START_TEST(the_day_in_england_follows_summer_time)
{
	static const struct { const char *utc, *today; } rows[] = {
		{ "2022-01-15T23:59:59Z", "2022-01-15" }, { "2022-03-26T23:59:59Z", "2022-03-26" },
		{ "2022-03-27T00:30:00Z", "2022-03-27" }, { "2022-03-27T22:59:58Z", "2022-03-27" },
		{ "2022-03-27T23:00:00Z", "2022-03-28" }, { "2022-06-30T22:59:58Z", "2022-06-30" },
		{ "2022-06-30T23:00:00Z", "2022-07-01" }, { "2022-10-29T23:00:00Z", "2022-10-30" },
		{ "2022-10-30T23:00:00Z", "2022-10-30" }, { "2022-10-30T23:59:58Z", "2022-10-30" },
		{ "2022-10-31T00:00:00Z", "2022-10-31" }, { "2024-03-31T23:30:00Z", "2024-04-01" },
		{ "2024-03-30T23:30:00Z", "2024-03-30" }, { "2024-10-26T23:30:00Z", "2024-10-27" },
		{ "2024-10-27T23:30:00Z", "2024-10-27" }, { "2021-03-28T23:00:00Z", "2021-03-29" },
		{ "2021-12-31T23:59:58Z", "2021-12-31" }, { "2021-10-31T23:30:00Z", "2021-10-31" }
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char today[HEARTH_DATE_SIZE];
		hearth_clock_enable_test(instant(rows[i].utc));
		hearth_clock_today(today);
		ck_assert_msg(strcmp(today, rows[i].today) == 0, "%s is %s in England, not %s", rows[i].utc, rows[i].today, today);
	}
}
END_TEST

START_TEST(the_monotonic_clock_never_goes_back)
{
	int64_t last = hearth_clock_mono();
	for (int i = 0; i < 10000; i++) {
		int64_t now = hearth_clock_mono();
		ck_assert_int_ge(now, last);
		last = now;
	}
}
END_TEST

int main(void)
{
	return CHECK_MAIN("clock", dates_that_do_not_exist_are_refused, leap_days_exist_in_leap_years,
	                  every_day_of_three_centuries_survives_both_ways, days_far_away_are_written_in_four_digit_years,
	                  a_birthday_is_the_same_day_of_a_later_year,
	                  born_on_29_february_the_birthday_is_1_march_where_there_is_none, times_are_read_strictly,
	                  times_survive_both_ways, the_clock_cannot_be_driven_unless_it_is_a_test_clock,
	                  a_test_clock_starts_where_told_and_ticks_on, a_clock_set_backwards_is_refused_and_stays,
	                  the_day_in_england_follows_summer_time, the_monotonic_clock_never_goes_back);
}
