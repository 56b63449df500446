/* test_fostering_clocks.c: until when a temporary approval holds (R15, R16), when an approval is reviewed (R30). */
/* links: services/providers/fostering_clocks.c */
#include "../support/check_main.h"

#include <string.h>

#include <hearth/clock.h>

#include "../../services/providers/fostering_clocks.h"

#define NO FOSTERING_NO_DAY

static int32_t day(const char *text)
{
	int32_t days;
	if (text == NULL)
		return NO;
	ck_assert_int_eq(hearth_date_parse(text, &days), 0);
	return days;
}

static const char *text_of(int32_t days)
{
	static char text[HEARTH_DATE_SIZE];
	if (days == NO)
		return "none";
	hearth_date_format(days, text);
	return text;
}

/* ---- temporary approvals ---- */

static const struct {
	const char *what, *from;
	bool extended, awaits;
	const char *last;
} connected[] = {
	{ "16 weeks, the first day included", "2024-01-01", false, false, "2024-04-21" },
	{ "over the end of a leap February", "2024-02-20", false, false, "2024-06-10" },
	{ "over the end of a common February", "2023-02-20", false, false, "2023-06-11" },
	{ "over a year's end", "2023-12-01", false, false, "2024-03-21" },
	{ "8 weeks more", "2024-01-01", true, false, "2024-06-16" },
	{ "until an outcome there is no last day", "2024-01-01", false, true, NULL },
	{ "nor after the 8 weeks more", "2024-01-01", true, true, NULL },
};

START_TEST(a_connected_persons_approval_ends_on_its_day)
{
	for (size_t i = 0; i < sizeof connected / sizeof connected[0]; i++) {
		const struct fostering_temporary temporary = { .from = day(connected[i].from), .extended = connected[i].extended,
			.awaits_outcome = connected[i].awaits, .weeks = 16, .extension_weeks = 8 };
		ck_assert_msg(fostering_last_day(&temporary) == day(connected[i].last), "%s: %s", connected[i].what,
		              text_of(fostering_last_day(&temporary)));
	}
}
END_TEST

static const char *const holidays[] = { "2024-01-01", "2024-03-29", "2024-04-01", "2024-05-06", "2024-05-27", "2024-08-26",
	                                    "2024-12-25", "2024-12-26", "2025-01-01", "2025-04-18" };
#define HOLIDAYS (sizeof holidays / sizeof holidays[0])

static const struct {
	const char *what, *from, *last;
} emergencies[] = {
	{ "from a Monday the sixth working day is the Tuesday of the week after", "2024-06-03", "2024-06-11" },
	{ "from a Friday it is the Monday of the week after next", "2024-06-07", "2024-06-17" },
	{ "from a Saturday the Monday is the first", "2024-06-08", "2024-06-17" },
	{ "from a Sunday likewise", "2024-06-09", "2024-06-17" },
	{ "Easter is passed over", "2024-03-28", "2024-04-09" },
	{ "a bank holiday Monday is passed over", "2024-05-03", "2024-05-14" },
	{ "Christmas and New Year", "2024-12-24", "2025-01-06" },
	{ "into a year whose bank holidays are not known", "2025-12-29", NULL },
	{ "in a year whose bank holidays are not known", "2022-06-06", NULL },
};

START_TEST(an_emergency_outside_terms_ends_after_six_working_days)
{
	int32_t days[HOLIDAYS];
	for (size_t i = 0; i < HOLIDAYS; i++)
		days[i] = day(holidays[i]);
	for (size_t i = 0; i < sizeof emergencies / sizeof emergencies[0]; i++) {
		const struct fostering_temporary temporary = { .from = day(emergencies[i].from), .working_days = 6,
			.holidays = days, .holiday_count = HOLIDAYS };
		ck_assert_msg(fostering_last_day(&temporary) == day(emergencies[i].last), "%s: %s", emergencies[i].what,
		              text_of(fostering_last_day(&temporary)));
	}
}
END_TEST

START_TEST(without_a_law_there_is_no_last_day)
{
	const struct fostering_temporary temporary = { .from = day("2024-01-01") };
	ck_assert_int_eq(fostering_last_day(&temporary), NO);
	ck_assert_int_eq(fostering_state_on(&temporary, day("2099-01-01")), FOSTERING_RUNNING);
}
END_TEST

START_TEST(it_holds_on_its_last_day_and_not_on_the_next)
{
	struct fostering_temporary temporary = { .from = day("2024-01-01"), .weeks = 16, .extension_weeks = 8 };
	ck_assert_int_eq(fostering_state_on(&temporary, day("2024-04-21")), FOSTERING_RUNNING);
	ck_assert_int_eq(fostering_state_on(&temporary, day("2024-04-22")), FOSTERING_EXPIRED);
	temporary.extended = true;
	ck_assert_int_eq(fostering_state_on(&temporary, day("2024-06-16")), FOSTERING_EXTENDED);
	ck_assert_int_eq(fostering_state_on(&temporary, day("2024-06-17")), FOSTERING_EXPIRED);
	temporary.awaits_outcome = true;
	ck_assert_int_eq(fostering_state_on(&temporary, day("2024-06-17")), FOSTERING_AWAITS);
}
END_TEST

/* ---- reviews ---- */

static const struct {
	const char *day;
	int months;
	const char *after;
} months[] = {
	{ "2023-06-15", 12, "2024-06-15" }, { "2024-02-29", 12, "2025-02-28" }, { "2023-02-28", 12, "2024-02-28" },
	{ "2023-12-31", 2, "2024-02-29" }, { "2023-01-31", 1, "2023-02-28" }, { "2023-11-30", 1, "2023-12-30" },
	{ "2023-12-15", 1, "2024-01-15" }, { "2023-12-31", 12, "2024-12-31" },
};

START_TEST(a_year_later_is_never_later_than_a_year)
{
	for (size_t i = 0; i < sizeof months / sizeof months[0]; i++)
		ck_assert_msg(fostering_months_after(day(months[i].day), months[i].months) == day(months[i].after), "%s: %s",
		              months[i].day, text_of(fostering_months_after(day(months[i].day), months[i].months)));
}
END_TEST

/* Approved on 10 January 2024: the review is due on 10 January 2025. */
static const struct {
	const char *what, *reviewed, *on;
	bool told[FOSTERING_NOTICES];
	const char *due;
	int tell;
	const char *next;
} reviews[] = {
	{ "nothing long before", NULL, "2024-03-01", { false }, "2025-01-10", -1, "2024-11-11" },
	{ "nothing on the day before the first notice", NULL, "2024-11-10", { false }, "2025-01-10", -1, "2024-11-11" },
	{ "60 days before", NULL, "2024-11-11", { false }, "2025-01-10", 60, "2024-12-11" },
	{ "once", NULL, "2024-11-12", { true }, "2025-01-10", -1, "2024-12-11" },
	{ "30 days before", NULL, "2024-12-11", { true }, "2025-01-10", 30, "2025-01-10" },
	{ "on the day", NULL, "2025-01-10", { true, true }, "2025-01-10", 0, NULL },
	{ "and no more", NULL, "2025-02-01", { true, true, true }, "2025-01-10", -1, NULL },
	{ "what was missed is told by the nearest alone", NULL, "2024-12-20", { false }, "2025-01-10", 30, "2025-01-10" },
	{ "all of it missed", NULL, "2025-03-01", { false }, "2025-01-10", 0, NULL },
	{ "a review that was held moves it on", "2024-12-01", "2024-12-11", { false }, "2025-12-01", -1, "2025-10-02" },
};

START_TEST(a_review_is_told_sixty_and_thirty_days_before_and_on_the_day)
{
	for (size_t i = 0; i < sizeof reviews / sizeof reviews[0]; i++) {
		struct fostering_review review = { .approved = day("2024-01-10"), .reviewed = day(reviews[i].reviewed), .months = 12,
			                               .notices = { 60, 30, 0 } };
		struct fostering_review_step step;
		memcpy(review.told, reviews[i].told, sizeof review.told);
		fostering_review_on(&review, day(reviews[i].on), &step);
		ck_assert_msg(step.due == day(reviews[i].due), "%s: due %s", reviews[i].what, text_of(step.due));
		ck_assert_msg(step.tell == reviews[i].tell, "%s: tells %d", reviews[i].what, step.tell);
		ck_assert_msg(step.next == day(reviews[i].next), "%s: next %s", reviews[i].what, text_of(step.next));
	}
}
END_TEST

START_TEST(who_is_not_approved_is_not_reviewed)
{
	const struct fostering_review review = { .approved = NO, .reviewed = NO, .months = 12, .notices = { 60, 30, 0 } };
	struct fostering_review_step step;
	fostering_review_on(&review, day("2025-01-10"), &step);
	ck_assert_int_eq(step.due, NO);
	ck_assert_int_eq(step.tell, -1);
	ck_assert_int_eq(step.next, NO);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("fostering clocks", a_connected_persons_approval_ends_on_its_day,
	                  an_emergency_outside_terms_ends_after_six_working_days, without_a_law_there_is_no_last_day,
	                  it_holds_on_its_last_day_and_not_on_the_next, a_year_later_is_never_later_than_a_year,
	                  a_review_is_told_sixty_and_thirty_days_before_and_on_the_day, who_is_not_approved_is_not_reviewed);
}
