/* fostering_clocks.c: dates of fostering. See fostering_clocks.h. */
#include "fostering_clocks.h"

#include <hearth/clock.h>

/* ---- working days ---- */

/* 1 January 1970 was a Thursday. */
static bool is_weekend(int32_t day)
{
	int weekday = (int)(((day % 7) + 7 + 3) % 7);      /* 0: Monday */
	return weekday >= 5;
}

static int year_of(int32_t day)
{
	int year, month, date;
	hearth_date_split(day, &year, &month, &date);
	return year;
}

/* The year's holidays are known when one of them is. */
static bool knows_year(int year, const int32_t *holidays, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (year_of(holidays[i]) == year)
			return true;
	return false;
}

static bool stands_in(int32_t day, const int32_t *holidays, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (holidays[i] == day)
			return true;
	return false;
}

int32_t fostering_working_days_after(int32_t from, int count, const int32_t *holidays, size_t holiday_count)
{
	int32_t day = from;
	while (count > 0) {
		day++;
		if (!knows_year(year_of(day), holidays, holiday_count))
			return FOSTERING_NO_DAY;
		if (!is_weekend(day) && !stands_in(day, holidays, holiday_count))
			count--;
	}
	return day;
}

/* ---- temporary approvals ---- */

int32_t fostering_last_day(const struct fostering_temporary *temporary)
{
	if (temporary->awaits_outcome)
		return FOSTERING_NO_DAY;
	if (temporary->weeks > 0)
		return temporary->from + 7 * (temporary->weeks + (temporary->extended ? temporary->extension_weeks : 0)) - 1;
	if (temporary->working_days > 0)
		return fostering_working_days_after(temporary->from, temporary->working_days, temporary->holidays,
		                                    temporary->holiday_count);
	return FOSTERING_NO_DAY;
}

enum fostering_state fostering_state_on(const struct fostering_temporary *temporary, int32_t day)
{
	int32_t last = fostering_last_day(temporary);
	if (last != FOSTERING_NO_DAY && day > last)
		return FOSTERING_EXPIRED;
	if (temporary->awaits_outcome)
		return FOSTERING_AWAITS;
	return temporary->extended ? FOSTERING_EXTENDED : FOSTERING_RUNNING;
}

/* ---- reviews ---- */

int32_t fostering_months_after(int32_t day, int months)
{
	int year, month, date;
	hearth_date_split(day, &year, &month, &date);
	int at = year * 12 + month - 1 + months;
	int32_t first = hearth_date_join(at / 12, at % 12 + 1, 1);
	int32_t next = hearth_date_join((at + 1) / 12, (at + 1) % 12 + 1, 1);
	return first + date - 1 < next ? first + date - 1 : next - 1;
}

int32_t fostering_review_due(const struct fostering_review *review)
{
	if (review->approved == FOSTERING_NO_DAY || review->months < 1)
		return FOSTERING_NO_DAY;
	return fostering_months_after(review->reviewed != FOSTERING_NO_DAY ? review->reviewed : review->approved, review->months);
}

void fostering_review_on(const struct fostering_review *review, int32_t day, struct fostering_review_step *ret_step)
{
	*ret_step = (struct fostering_review_step){ fostering_review_due(review), -1, FOSTERING_NO_DAY, { false } };
	if (ret_step->due == FOSTERING_NO_DAY)
		return;
	for (size_t i = 0; i < FOSTERING_NOTICES; i++) {
		int before = review->notices[i];
		if (before < 0)
			continue;
		if (day < ret_step->due - before) {
			ret_step->next = ret_step->due - before;
			return;
		}
		ret_step->passed[i] = true;
		ret_step->tell = review->told[i] ? -1 : before;        /* the nearest speaks for those before it */
	}
}
