/* test_eligibility.c: who is a care leaver, from dates alone (R33 to R35). */
/* links: services/careleavers/eligibility.c */
#include "../support/check_main.h"

#include <hearth/clock.h>

#include "../../services/careleavers/eligibility.h"

static const struct eligibility_thresholds law = { 91, 14, 16, 18, 21, 25, 6 };

struct span {
	const char *start, *end;     /* end NULL: goes on */
};

struct sample {
	const char *what, *born, *on;
	struct span care[4];         /* start NULL ends */
	enum eligibility_status status;
	const char *began;           /* NULL: no day */
	const char *reached;
	const char *eligible_on;
	int days, days_at_part;
};

#define NONE ELIGIBILITY_NONE
#define ELIGIBLE ELIGIBILITY_ELIGIBLE
#define RELEVANT ELIGIBILITY_RELEVANT
#define FORMER ELIGIBILITY_FORMER_RELEVANT
#define QUALIFYING ELIGIBILITY_QUALIFYING
#define UNKNOWN ELIGIBILITY_UNKNOWN

/* Born 10 June 2006 unless said: 14 on 2020-06-10, 16 on 2022-06-10, 18 on 2024-06-10. */
#define BORN "2006-06-10"

static const struct sample samples[] = {
	{ "the birthday alone makes nobody eligible", BORN, "2022-06-10", { { 0 } }, NONE, 0, 0, 0, 0, 0 },
	{ "care that ended before 14 does not count", BORN, "2022-06-10", { { "2010-01-01", "2020-06-10" } },
	  NONE, 0, 0, 0, 0, 0 },
	{ "the day before 16, long in care: not yet", BORN, "2022-06-09", { { "2015-01-01", 0 } },
	  NONE, 0, "2020-09-08", 0, 730, 0 },
	{ "the 16th birthday, long in care", BORN, "2022-06-10", { { "2015-01-01", 0 } },
	  ELIGIBLE, "2022-06-10", "2020-09-08", "2022-06-10", 731, 1 },
	{ "a day after 16", BORN, "2022-06-11", { { "2015-01-01", 0 } },
	  ELIGIBLE, "2022-06-10", "2020-09-08", "2022-06-10", 732, 2 },
	{ "care ended the day before 16", BORN, "2022-06-10", { { "2015-01-01", "2022-06-09" } },
	  NONE, 0, "2020-09-08", 0, 729, 0 },
	{ "care ended on the 16th birthday: no day at 16", BORN, "2022-06-11", { { "2015-01-01", "2022-06-10" } },
	  NONE, 0, "2020-09-08", 0, 730, 0 },
	{ "care ended the day after 16: one day at 16", BORN, "2022-06-11", { { "2015-01-01", "2022-06-11" } },
	  RELEVANT, "2022-06-11", "2020-09-08", "2022-06-10", 731, 1 },
	{ "90 days at 16, still in care", BORN, "2022-10-08", { { "2022-07-11", 0 } }, NONE, 0, 0, 0, 90, 90 },
	{ "91 days at 16, still in care", BORN, "2022-10-09", { { "2022-07-11", 0 } },
	  ELIGIBLE, "2022-10-09", "2022-10-09", "2022-10-09", 91, 91 },
	{ "90 days at 16, then left", BORN, "2022-12-01", { { "2022-07-11", "2022-10-09" } },
	  QUALIFYING, "2022-10-09", 0, 0, 90, 90 },
	{ "91 days at 16, then left", BORN, "2022-12-01", { { "2022-07-11", "2022-10-10" } },
	  RELEVANT, "2022-10-10", "2022-10-09", "2022-10-09", 91, 91 },
	{ "90 days over the 16th birthday", BORN, "2022-07-09", { { "2022-04-11", 0 } }, NONE, 0, 0, 0, 90, 30 },
	{ "91 days over the 16th birthday", BORN, "2022-07-10", { { "2022-04-11", 0 } },
	  ELIGIBLE, "2022-07-10", "2022-07-10", "2022-07-10", 91, 31 },
	{ "91 days reached on the 16th birthday itself", BORN, "2022-06-10", { { "2022-03-12", 0 } },
	  ELIGIBLE, "2022-06-10", "2022-06-10", "2022-06-10", 91, 1 },
	{ "91 days before 16 in two times, back in care at 16", BORN, "2022-07-01",
	  { { "2020-07-01", "2020-08-30" }, { "2021-01-01", "2021-02-01" }, { "2022-07-01", 0 } },
	  ELIGIBLE, "2022-07-01", "2021-01-31", "2022-07-01", 92, 1 },
	{ "gaps do not count: 60 and 30 days", BORN, "2022-07-30",
	  { { "2020-07-01", "2020-08-30" }, { "2022-07-01", 0 } }, NONE, 0, 0, 0, 90, 30 },
	{ "gaps do not count: 60 and 31 days", BORN, "2022-07-31",
	  { { "2020-07-01", "2020-08-30" }, { "2022-07-01", 0 } },
	  ELIGIBLE, "2022-07-31", "2022-07-31", "2022-07-31", 91, 31 },
	{ "days before the 14th birthday do not count", BORN, "2022-06-30", { { "2020-01-01", "2020-09-07" },
	  { "2022-06-30", 0 } }, NONE, 0, 0, 0, 90, 1 },
	{ "the 14th birthday itself counts", BORN, "2022-06-30", { { "2020-01-01", "2020-09-08" },
	  { "2022-06-30", 0 } }, ELIGIBLE, "2022-06-30", "2022-06-30", "2022-06-30", 91, 1 },
	{ "times that overlap count once", BORN, "2022-09-07",
	  { { "2022-06-10", "2022-08-01" }, { "2022-07-01", 0 } }, NONE, 0, 0, 0, 90, 90 },
	{ "times that overlap count once, a day later", BORN, "2022-09-08",
	  { { "2022-06-10", "2022-08-01" }, { "2022-07-01", 0 } },
	  ELIGIBLE, "2022-09-08", "2022-09-08", "2022-09-08", 91, 91 },
	{ "times that touch are one", BORN, "2022-09-08",
	  { { "2022-06-10", "2022-08-01" }, { "2022-08-01", 0 } },
	  ELIGIBLE, "2022-09-08", "2022-09-08", "2022-09-08", 91, 91 },
	{ "a short time inside a long one changes nothing", BORN, "2022-09-08",
	  { { "2022-06-10", 0 }, { "2022-07-01", "2022-07-03" } },
	  ELIGIBLE, "2022-09-08", "2022-09-08", "2022-09-08", 91, 91 },
	{ "eligible, left, and back in care: eligible since the return", BORN, "2023-03-01",
	  { { "2015-01-01", "2022-09-01" }, { "2023-02-01", 0 } },
	  ELIGIBLE, "2023-02-01", "2020-09-08", "2022-06-10", 842, 112 },
	{ "between two times in care: relevant", BORN, "2022-12-01",
	  { { "2015-01-01", "2022-09-01" }, { "2023-02-01", 0 } },
	  RELEVANT, "2022-09-01", "2020-09-08", "2022-06-10", 813, 83 },
	{ "the day before 18, in care", BORN, "2024-06-09", { { "2015-01-01", 0 } },
	  ELIGIBLE, "2022-06-10", "2020-09-08", "2022-06-10", 1461, 731 },
	{ "the 18th birthday, in care until then", BORN, "2024-06-10", { { "2015-01-01", 0 } },
	  FORMER, "2024-06-10", "2020-09-08", "2022-06-10", 1461, 731 },
	{ "18, was relevant", BORN, "2024-07-01", { { "2015-01-01", "2022-09-01" } },
	  FORMER, "2024-06-10", "2020-09-08", "2022-06-10", 813, 83 },
	{ "18, 91st day would fall on the 18th birthday", BORN, "2024-06-10", { { "2024-03-11", 0 } },
	  FORMER, "2024-06-10", "2024-06-09", "2024-06-09", 91, 91 },
	{ "18, only 90 days before it", BORN, "2024-06-10", { { "2024-03-12", 0 } },
	  QUALIFYING, "2024-06-10", 0, 0, 90, 90 },
	{ "care after 18 makes nobody a care leaver", BORN, "2024-12-01", { { "2024-06-10", 0 } }, NONE, 0, 0, 0, 0, 0 },
	{ "the day before 21", BORN, "2027-06-09", { { "2015-01-01", 0 } },
	  FORMER, "2024-06-10", "2020-09-08", "2022-06-10", 1461, 731 },
	{ "24: still, when asked for", BORN, "2031-06-09", { { "2015-01-01", 0 } },
	  FORMER, "2024-06-10", "2020-09-08", "2022-06-10", 1461, 731 },
	{ "25: no longer", BORN, "2031-06-10", { { "2015-01-01", 0 } }, NONE, 0, "2020-09-08", "2022-06-10", 1461, 731 },
	{ "born on 29 February, 14 and 16 and 18 on 1 March unless a leap year", "2004-02-29", "2020-02-28",
	  { { "2015-01-01", 0 } }, NONE, 0, "2018-05-30", 0, 730, 0 },
	{ "born on 29 February, 16 on 29 February 2020", "2004-02-29", "2020-02-29",
	  { { "2015-01-01", 0 } }, ELIGIBLE, "2020-02-29", "2018-05-30", "2020-02-29", 731, 1 },
	{ "born on 29 February, not 18 on 28 February 2022", "2004-02-29", "2022-02-28",
	  { { "2015-01-01", 0 } }, ELIGIBLE, "2020-02-29", "2018-05-30", "2020-02-29", 1461, 731 },
	{ "born on 29 February, 18 on 1 March 2022", "2004-02-29", "2022-03-01",
	  { { "2015-01-01", 0 } }, FORMER, "2022-03-01", "2018-05-30", "2020-02-29", 1461, 731 },
	{ "a placement that broke down on its first day is no day in care", BORN, "2022-08-01",
	  { { "2022-07-11", "2022-07-11" } }, NONE, 0, 0, 0, 0, 0 },
	{ "care that begins after the day asked about is not known of", BORN, "2022-08-01",
	  { { "2022-08-02", 0 } }, NONE, 0, 0, 0, 0, 0 },
	{ "the first day in care at 17", BORN, "2023-08-01", { { "2023-08-01", 0 } }, NONE, 0, 0, 0, 1, 1 },
	{ "one day in care at 17, then home", BORN, "2023-08-02", { { "2023-08-01", "2023-08-02" } },
	  QUALIFYING, "2023-08-02", 0, 0, 1, 1 },
	{ "under 14, in care", BORN, "2019-01-01", { { "2015-01-01", 0 } }, NONE, 0, 0, 0, 0, 0 },
};

#define SAMPLES (sizeof samples / sizeof samples[0])

static int32_t day(const char *text)
{
	int32_t days;
	if (text == NULL)
		return ELIGIBILITY_NO_DAY;
	ck_assert_int_eq(hearth_date_parse(text, &days), 0);
	return days;
}

static size_t periods_of(const struct sample *sample, struct eligibility_period ret_periods[4])
{
	size_t count = 0;
	while (count < 4 && sample->care[count].start != NULL) {
		ret_periods[count].start = day(sample->care[count].start);
		ret_periods[count].end = day(sample->care[count].end);
		count++;
	}
	return count;
}

static void check_sample(const struct sample *sample)
{
	struct eligibility_period periods[4];
	size_t count = periods_of(sample, periods);
	const struct eligibility_history history = { day(sample->born), periods, count, NULL, 0 };
	struct eligibility is;
	ck_assert_int_eq(eligibility_on(&history, day(sample->on), &law, &is), 0);
	ck_assert_msg(is.status == sample->status, "%s: status %d, wanted %d", sample->what, is.status, sample->status);
	ck_assert_msg(is.began == day(sample->began), "%s: began", sample->what);
	ck_assert_msg(is.reached == day(sample->reached), "%s: reached", sample->what);
	ck_assert_msg(is.eligible_on == day(sample->eligible_on), "%s: eligible on", sample->what);
	ck_assert_msg(is.days == sample->days, "%s: %d days, wanted %d", sample->what, is.days, sample->days);
	ck_assert_msg(is.days_at_part == sample->days_at_part, "%s: %d days at 16, wanted %d", sample->what,
	              is.days_at_part, sample->days_at_part);
}

START_TEST(every_sample_has_its_status_and_the_dates_that_made_it)
{
	for (size_t i = 0; i < SAMPLES; i++)
		check_sample(&samples[i]);
}
END_TEST

/* Counts day by day, which needs no cleverness; the rule must agree on every day of five years. */
static enum eligibility_status counted_by_hand(int32_t born, const struct eligibility_period *periods, size_t count,
                                               int32_t on)
{
	int total = 0, at_part = 0;
	bool in_care = false, was_eligible = false;
	int32_t adult = hearth_date_birthday(born, 18);
	for (int32_t at = hearth_date_birthday(born, 14); at <= on; at++) {
		in_care = false;
		for (size_t i = 0; i < count; i++)
			in_care |= at < adult && periods[i].start <= at
			           && (periods[i].end == ELIGIBILITY_NO_DAY || at < periods[i].end);
		total += in_care;
		at_part += in_care && at >= hearth_date_birthday(born, 16);
		was_eligible |= in_care && total >= 91 && at >= hearth_date_birthday(born, 16);
	}
	if (on < hearth_date_birthday(born, 16) || on >= hearth_date_birthday(born, 25))
		return NONE;
	if (on >= adult)
		return was_eligible ? FORMER : at_part > 0 ? QUALIFYING : NONE;
	if (in_care)
		return was_eligible ? ELIGIBLE : NONE;
	return was_eligible ? RELEVANT : at_part > 0 ? QUALIFYING : NONE;
}

static void check_every_day(const struct sample *sample)
{
	struct eligibility_period periods[4];
	size_t count = periods_of(sample, periods);
	int32_t born = day(sample->born);
	for (int32_t on = hearth_date_birthday(born, 14) - 3; on < hearth_date_birthday(born, 19); on += 1) {
		const struct eligibility_history history = { born, periods, count, NULL, 0 };
		struct eligibility is;
		ck_assert_int_eq(eligibility_on(&history, on, &law, &is), 0);
		ck_assert_msg(is.status == counted_by_hand(born, periods, count, on), "%s: day %d after birth", sample->what,
		              on - born);
	}
}

START_TEST(the_rule_agrees_with_counting_by_hand_on_every_day)
{
	for (size_t i = 0; i < SAMPLES; i++)
		check_every_day(&samples[i]);
}
END_TEST

START_TEST(from_21_on_support_is_on_request)
{
	struct eligibility_period care = { day("2015-01-01"), ELIGIBILITY_NO_DAY };
	const struct eligibility_history history = { day(BORN), &care, 1, NULL, 0 };
	struct eligibility is;
	ck_assert_int_eq(eligibility_on(&history, day("2027-06-09"), &law, &is), 0);
	ck_assert(!is.on_request);
	ck_assert_int_eq(eligibility_on(&history, day("2027-06-10"), &law, &is), 0);
	ck_assert(is.on_request);
}
END_TEST

START_TEST(the_numbers_of_the_law_are_the_callers)
{
	const struct eligibility_thresholds other = { 10, 13, 15, 17, 20, 22, 6 };
	struct eligibility_period care = { day("2021-06-10"), ELIGIBILITY_NO_DAY };
	const struct eligibility_history history = { day(BORN), &care, 1, NULL, 0 };
	struct eligibility is;
	ck_assert_int_eq(eligibility_on(&history, day("2021-06-18"), &other, &is), 0);
	ck_assert_int_eq(is.status, NONE);
	ck_assert_int_eq(eligibility_on(&history, day("2021-06-19"), &other, &is), 0);
	ck_assert_int_eq(is.status, ELIGIBLE);
	ck_assert_int_eq(eligibility_on(&history, day("2023-06-10"), &other, &is), 0);
	ck_assert_int_eq(is.status, FORMER);
}
END_TEST

START_TEST(periods_out_of_order_are_refused_and_nothing_is_computed)
{
	const struct eligibility_period wrong[] = { { 100, 200 }, { 50, 60 } }, backwards[] = { { 200, 100 } };
	struct eligibility is = { .days = 77 };
	const struct eligibility_history disordered = { 0, wrong, 2, NULL, 0 }, reversed = { 0, backwards, 1, NULL, 0 };
	int32_t next = 77;
	ck_assert_int_eq(eligibility_on(&disordered, 300, &law, &is), -1);
	ck_assert_int_eq(eligibility_on(&reversed, 300, &law, &is), -1);
	ck_assert_int_eq(eligibility_next(&reversed, 300, &law, &next, NULL), -1);
	ck_assert_int_eq(next, 77);
	ck_assert_int_eq(is.days, 77);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("eligibility", every_sample_has_its_status_and_the_dates_that_made_it,
	                  the_rule_agrees_with_counting_by_hand_on_every_day, from_21_on_support_is_on_request,
	                  the_numbers_of_the_law_are_the_callers, periods_out_of_order_are_refused_and_nothing_is_computed);
}
