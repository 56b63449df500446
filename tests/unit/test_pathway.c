/* test_pathway.c: what is due for a care leaver, and until when (R36 to R38). */
/* links: services/careleavers/pathway.c services/careleavers/eligibility.c */
#include "../support/check_main.h"

#include <string.h>

#include <hearth/clock.h>

#include "../../services/careleavers/pathway.h"

static const struct pathway_law law = { 3, 6, 7, 2 };

#define NO ELIGIBILITY_NO_DAY

static int32_t day(const char *text)
{
	int32_t days;
	if (text == NULL)
		return NO;
	ck_assert_int_eq(hearth_date_parse(text, &days), 0);
	return days;
}

struct sample {
	const char *what;
	enum eligibility_status status;
	enum eligibility_support support;
	const char *eligible_on, *began, *on;
	const char *assessed, *planned, *reviewed, *visited, *moved_in;
	enum pathway_kind kind;
	enum pathway_state state;
	const char *due, *counted_from;
};

#define ELIGIBLE ELIGIBILITY_ELIGIBLE, ELIGIBILITY_SUPPORT
#define RELEVANT ELIGIBILITY_RELEVANT, ELIGIBILITY_SUPPORT
#define FORMER ELIGIBILITY_FORMER_RELEVANT, ELIGIBILITY_SUPPORT
#define DUE PATHWAY_DUE
#define OVERDUE PATHWAY_OVERDUE

static const struct sample samples[] = {
	{ "an assessment is due three months after becoming eligible", ELIGIBLE, "2022-06-10", "2022-06-10", "2022-06-10",
	  0, 0, 0, 0, 0, PATHWAY_ASSESSMENT, DUE, "2022-09-10", "BECAME_ELIGIBLE" },
	{ "on its last day it is due, not overdue", ELIGIBLE, "2022-06-10", "2022-06-10", "2022-09-10", 0, 0, 0, 0, 0,
	  PATHWAY_ASSESSMENT, DUE, "2022-09-10", "BECAME_ELIGIBLE" },
	{ "a day later it is overdue", ELIGIBLE, "2022-06-10", "2022-06-10", "2022-09-11", 0, 0, 0, 0, 0,
	  PATHWAY_ASSESSMENT, OVERDUE, "2022-09-10", "BECAME_ELIGIBLE" },
	{ "three months from 30 November end in February", ELIGIBLE, "2022-11-30", "2022-11-30", "2022-12-01", 0, 0, 0, 0, 0,
	  PATHWAY_ASSESSMENT, DUE, "2023-02-28", "BECAME_ELIGIBLE" },
	{ "relevant without having been eligible: from then", RELEVANT, NULL, "2022-06-10", "2022-07-01", 0, 0, 0, 0, 0,
	  PATHWAY_ASSESSMENT, DUE, "2022-09-10", "BECAME_RELEVANT" },
	{ "relevant, since when is not known: unknown", RELEVANT, NULL, NULL, "2022-07-01", 0, 0, 0, 0, 0,
	  PATHWAY_ASSESSMENT, PATHWAY_UNKNOWN, NULL, "BECAME_RELEVANT" },
	{ "done once is done", ELIGIBLE, "2022-06-10", "2022-06-10", "2023-01-01", "2022-08-01", 0, 0, 0, 0,
	  PATHWAY_ASSESSMENT, PATHWAY_DONE, NULL, "BECAME_ELIGIBLE" },
	{ "a plan waits for the assessment", ELIGIBLE, "2022-06-10", "2022-06-10", "2022-07-01", 0, 0, 0, 0, 0,
	  PATHWAY_PLAN, PATHWAY_WAITS, NULL, "NEEDS_ASSESSMENT" },
	{ "a plan follows the assessment at once", ELIGIBLE, "2022-06-10", "2022-06-10", "2022-08-02", "2022-08-01", 0, 0, 0, 0,
	  PATHWAY_PLAN, OVERDUE, "2022-08-01", "NEEDS_ASSESSMENT" },
	{ "a review waits for the plan", ELIGIBLE, "2022-06-10", "2022-06-10", "2022-08-02", "2022-08-01", 0, 0, 0, 0,
	  PATHWAY_REVIEW, PATHWAY_WAITS, NULL, "PATHWAY_PLAN" },
	{ "a review six months after the plan", ELIGIBLE, "2022-06-10", "2022-06-10", "2023-02-28", "2022-08-01", "2022-08-31",
	  0, 0, 0, PATHWAY_REVIEW, DUE, "2023-02-28", "PATHWAY_PLAN" },
	{ "and six months after the last one", RELEVANT, "2022-06-10", "2023-01-01", "2023-08-16", "2022-08-01", "2022-08-31",
	  "2023-02-15", 0, 0, PATHWAY_REVIEW, OVERDUE, "2023-08-15", "PATHWAY_REVIEW" },
	{ "a new plan counts anew", FORMER, "2022-06-10", "2024-06-10", "2024-07-01", "2022-08-01", "2024-06-20", "2024-02-15",
	  0, 0, PATHWAY_REVIEW, DUE, "2024-12-20", "PATHWAY_PLAN" },
	{ "a visit within seven days of moving in", RELEVANT, "2022-06-10", "2022-09-01", "2022-09-08", 0, 0, 0, 0,
	  "2022-09-01", PATHWAY_VISIT, DUE, "2022-09-08", "MOVED_IN" },
	{ "on the ninth day it is overdue", RELEVANT, "2022-06-10", "2022-09-01", "2022-09-09", 0, 0, 0, 0,
	  "2022-09-01", PATHWAY_VISIT, OVERDUE, "2022-09-08", "MOVED_IN" },
	{ "a visit before the move is none after it", RELEVANT, "2022-06-10", "2022-09-01", "2022-09-05", 0, 0, 0,
	  "2022-08-31", "2022-09-01", PATHWAY_VISIT, DUE, "2022-09-08", "MOVED_IN" },
	{ "then every two months", FORMER, "2022-06-10", "2024-06-10", "2024-08-31", 0, 0, 0, "2024-06-30", "2024-06-10",
	  PATHWAY_VISIT, OVERDUE, "2024-08-30", "ADVISER_VISIT" },
	{ "where they live is not recorded: unknown", FORMER, "2022-06-10", "2024-06-10", "2024-08-31", 0, 0, 0, "2024-06-30",
	  NULL, PATHWAY_VISIT, PATHWAY_UNKNOWN, NULL, "MOVED_IN" },
};

static size_t dues_of(const struct sample *sample, struct pathway_due ret_dues[PATHWAY_DUES])
{
	const struct eligibility is = { .status = sample->status, .support = sample->support,
		                            .eligible_on = day(sample->eligible_on), .began = day(sample->began),
		                            .turns_part = NO };
	const struct pathway_done done = { day(sample->assessed), day(sample->planned), day(sample->reviewed),
		                               day(sample->visited), day(sample->moved_in) };
	return pathway_on(&is, &done, day(sample->on), &law, ret_dues);
}

START_TEST(every_sample_is_due_on_its_day_for_its_reason)
{
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		struct pathway_due dues[PATHWAY_DUES];
		size_t count = dues_of(&samples[i], dues), at = 0;
		while (at < count && dues[at].kind != samples[i].kind)
			at++;
		ck_assert_msg(at < count, "%s: nothing of it", samples[i].what);
		ck_assert_msg(dues[at].state == samples[i].state, "%s: state %d", samples[i].what, dues[at].state);
		ck_assert_msg(dues[at].due == day(samples[i].due), "%s: due", samples[i].what);
		ck_assert_msg(strcmp(dues[at].counted_from, samples[i].counted_from) == 0, "%s: from %s", samples[i].what,
		              dues[at].counted_from);
	}
}
END_TEST

START_TEST(who_is_asked_for_what)
{
	struct pathway_due dues[PATHWAY_DUES];
	struct sample sample = { .eligible_on = "2022-06-10", .began = "2022-06-10", .on = "2022-07-01" };
	const struct {
		enum eligibility_status status;
		enum eligibility_support support;
		size_t count;
	} rows[] = {
		{ ELIGIBILITY_NONE, ELIGIBILITY_NO_SUPPORT, 0 },
		{ ELIGIBILITY_UNKNOWN, ELIGIBILITY_NO_SUPPORT, 0 },
		{ ELIGIBILITY_QUALIFYING, ELIGIBILITY_SUPPORT, 0 },
		{ ELIGIBILITY_ELIGIBLE, ELIGIBILITY_SUPPORT, 3 },
		{ ELIGIBILITY_RELEVANT, ELIGIBILITY_SUPPORT, 4 },
		{ ELIGIBILITY_FORMER_RELEVANT, ELIGIBILITY_SUPPORT, 4 },
		{ ELIGIBILITY_FORMER_RELEVANT, ELIGIBILITY_IF_ASKED, 0 },
		{ ELIGIBILITY_FORMER_RELEVANT, ELIGIBILITY_ASKED, 4 },
		{ ELIGIBILITY_FORMER_RELEVANT, ELIGIBILITY_IN_EDUCATION, 4 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sample.status = rows[i].status;
		sample.support = rows[i].support;
		ck_assert_uint_eq(dues_of(&sample, dues), rows[i].count);
	}
}
END_TEST

int main(void)
{
	return CHECK_MAIN("pathway", every_sample_is_due_on_its_day_for_its_reason, who_is_asked_for_what);
}
