/* test_accrual.c: the day rule of finance and the days of notice. */
/* links: services/finance/accrual.c */
#include "../support/check_main.h"

#include <hearth/clock.h>

#include "../../services/finance/accrual.h"

static const int64_t fees[] = { 0, 1, 6, 7, 8, 13, 99, 100, 700, 701, 12345, 70000, 70001, 99999, 345678, 1234567, 100000000 };
#define FEES (sizeof(fees) / sizeof(fees[0]))

START_TEST(any_seven_days_come_to_the_weekly_fee)
{
	for (size_t f = 0; f < FEES; f++)
		for (int64_t from = 0; from < 800; from++)
			ck_assert_int_eq(finance_accrued(fees[f], from, from + 7), fees[f]);
	for (int64_t fee = 0; fee < 20000; fee += 37)
		ck_assert_int_eq(finance_accrued(fee, fee % 400, fee % 400 + 7), fee);
}
END_TEST

START_TEST(a_day_costs_a_seventh_rounded_either_way)
{
	for (size_t f = 0; f < FEES; f++)
		for (int64_t n = 0; n < 400; n++) {
			int64_t day = finance_accrued(fees[f], n, n + 1);
			ck_assert_int_ge(day, fees[f] / 7);
			ck_assert_int_le(day, (fees[f] + 6) / 7);
		}
}
END_TEST

START_TEST(spans_that_meet_add_up_wherever_they_are_cut)
{
	for (size_t f = 0; f < FEES; f++)
		for (int64_t a = 0; a < 30; a++)
			for (int64_t b = a; b < 60; b++)
				for (int64_t c = b; c < 90; c += 7)
					ck_assert_int_eq(finance_accrued(fees[f], a, b) + finance_accrued(fees[f], b, c),
					                 finance_accrued(fees[f], a, c));
}
END_TEST

START_TEST(a_span_is_half_open)
{
	ck_assert_int_eq(finance_accrued(70001, 12, 12), 0);
	/* 7001 pence a week: days of 1000 and, on the seventh, 1001. */
	ck_assert_int_eq(finance_accrued(7001, 0, 6), 6000);
	ck_assert_int_eq(finance_accrued(7001, 6, 7), 1001);
	ck_assert_int_eq(finance_accrued(7001, 0, 8), 8001);
}
END_TEST

static int32_t day(const char *text)
{
	int32_t days;
	ck_assert_int_eq(hearth_date_parse(text, &days), 0);
	return days;
}

START_TEST(a_leap_day_is_a_day_like_any_other)
{
	static const struct { const char *start, *from, *to; int64_t weekly, pence; } rows[] = {
		{ "2024-02-26", "2024-02-26", "2024-03-04", 70000, 70000 },
		{ "2024-02-26", "2024-02-29", "2024-03-01", 70000, 10000 },
		{ "2023-02-26", "2023-02-28", "2023-03-01", 70000, 10000 },
		{ "2024-01-01", "2024-01-01", "2025-01-01", 70000, 3660000 },      /* 366 days */
		{ "2023-01-01", "2023-01-01", "2024-01-01", 70000, 3650000 },
		{ "2024-02-28", "2024-02-28", "2024-03-06", 123457, 123457 },
		{ "2096-02-28", "2096-02-29", "2104-02-29", 700, 292100 },         /* 2100 has no leap day: 2921 days */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int32_t start = day(rows[i].start);
		ck_assert_int_eq(finance_accrued(rows[i].weekly, day(rows[i].from) - start, day(rows[i].to) - start),
		                 rows[i].pence);
	}
}
END_TEST

START_TEST(the_largest_fee_over_a_lifetime_does_not_overflow)
{
	ck_assert_int_eq(finance_accrued(FINANCE_MOST_WEEKLY, 0, 7 * 5218), FINANCE_MOST_WEEKLY * 5218);
}
END_TEST

/* A late-reported end: what was posted up to `posted` is taken back from `end` on, exactly. */
START_TEST(what_is_reversed_is_what_was_posted_for_those_days)
{
	static const struct { int64_t weekly, posted, end; } rows[] = {
		{ 70001, 189, 182 }, { 70001, 189, 188 }, { 70001, 189, 0 }, { 345678, 31, 17 }, { 1, 20, 3 }, { 99999, 366, 59 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t posted = finance_accrued(rows[i].weekly, 0, rows[i].posted);
		int64_t back = finance_accrued(rows[i].weekly, rows[i].end, rows[i].posted);
		int64_t by_day = 0;
		for (int64_t n = rows[i].end; n < rows[i].posted; n++)
			by_day += finance_accrued(rows[i].weekly, n, n + 1);
		ck_assert_int_eq(back, by_day);
		ck_assert_int_eq(posted - back, finance_accrued(rows[i].weekly, 0, rows[i].end));
	}
}
END_TEST

START_TEST(notice_is_the_agreed_days_less_the_whole_days_given)
{
	static const struct { int32_t agreed, hours, paid; } rows[] = {
		{ 28, 0, 28 }, { 28, 23, 28 }, { 28, 24, 27 }, { 28, 47, 27 }, { 28, 48, 26 }, { 28, 672, 0 }, { 28, 671, 1 },
		{ 28, 8784, 0 }, { 0, 0, 0 }, { 0, 48, 0 }, { 7, -5, 7 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_int_eq(finance_notice_days(rows[i].agreed, rows[i].hours), rows[i].paid);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("accrual", any_seven_days_come_to_the_weekly_fee, a_day_costs_a_seventh_rounded_either_way,
	                  spans_that_meet_add_up_wherever_they_are_cut, a_span_is_half_open,
	                  a_leap_day_is_a_day_like_any_other, the_largest_fee_over_a_lifetime_does_not_overflow,
	                  what_is_reversed_is_what_was_posted_for_those_days,
	                  notice_is_the_agreed_days_less_the_whole_days_given);
}
