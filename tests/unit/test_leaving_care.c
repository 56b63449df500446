/* test_leaving_care.c: what else than times in care makes a care leaver (R34, R35), why, and when it next changes. */
/* links: services/careleavers/eligibility.c */
#include "../support/check_main.h"

#include <stdlib.h>

#include <hearth/clock.h>

#include "../../services/careleavers/eligibility.h"

static const struct eligibility_thresholds law = { 91, 14, 16, 18, 21, 25, 6 };

#define NONE ELIGIBILITY_NONE
#define ELIGIBLE ELIGIBILITY_ELIGIBLE
#define RELEVANT ELIGIBILITY_RELEVANT
#define FORMER ELIGIBILITY_FORMER_RELEVANT
#define QUALIFYING ELIGIBILITY_QUALIFYING
#define UNKNOWN ELIGIBILITY_UNKNOWN
#define WHY(name) ELIGIBILITY_WHY_##name

struct span {
	const char *start, *end;     /* end NULL: goes on */
};

struct fact {
	enum eligibility_fact_kind kind;
	const char *start, *end;     /* start "?": not known; NULL ends the list */
};

struct sample {
	const char *what, *born, *on;
	struct span care[3];
	struct fact facts[3];
	enum eligibility_status status;
	const char *began;           /* NULL: no day */
	enum eligibility_code why;   /* one of the reasons */
	enum eligibility_support support;
	const char *next;            /* NULL: never */
	enum eligibility_status next_status;
};

#define OWED ELIGIBILITY_SUPPORT
#define NOTHING ELIGIBILITY_NO_SUPPORT
#define IF_ASKED ELIGIBILITY_IF_ASKED

/* Born 10 June 2006: 14 on 2020-06-10, 16 on 2022-06-10, 18 on 2024-06-10, 21 on 2027-06-10, 25 on 2031-06-10. */
#define BORN "2006-06-10"
#define LONG { "2015-01-01", 0 }
#define LEFT { "2015-01-01", "2022-09-01" }       /* relevant since 2022-09-01 */
#define HOME ELIGIBILITY_HOME
#define DETAINED ELIGIBILITY_DETAINED
#define HOSPITAL ELIGIBILITY_HOSPITAL
#define GUARDIANSHIP ELIGIBILITY_GUARDIANSHIP
#define END_UNKNOWN ELIGIBILITY_END_UNKNOWN
#define DISPUTED ELIGIBILITY_DISPUTED
#define EDUCATION ELIGIBILITY_EDUCATION
#define REQUEST ELIGIBILITY_REQUEST

static const struct sample samples[] = {
	/* When it next changes, with care alone. */
	{ "15, in care: eligible at 16", BORN, "2022-01-01", { LONG }, { { 0 } },
	  NONE, 0, WHY(TOO_YOUNG), NOTHING, "2022-06-10", ELIGIBLE },
	{ "a child of 8 in care: eligible at 16, long ahead", BORN, "2014-12-31", { LONG }, { { 0 } },
	  NONE, 0, WHY(TOO_YOUNG), NOTHING, "2022-06-10", ELIGIBLE },
	{ "16, in care for 20 days: eligible on the 91st", BORN, "2022-07-30", { { "2022-07-11", 0 } }, { { 0 } },
	  NONE, 0, WHY(WEEKS_MISSING), NOTHING, "2022-10-09", ELIGIBLE },
	{ "16, in care, left after 20 days: qualifying when it ends", BORN, "2022-07-30",
	  { { "2022-07-11", "2022-07-31" } }, { { 0 } }, NONE, 0, WHY(LOOKED_AFTER), NOTHING, "2022-07-31", QUALIFYING },
	{ "17, 80 days short of 18: qualifying at 18", BORN, "2024-04-01", { { "2024-03-30", 0 } }, { { 0 } },
	  NONE, 0, WHY(WEEKS_MISSING), NOTHING, "2024-06-10", QUALIFYING },
	{ "eligible: former relevant at 18", BORN, "2023-01-01", { LONG }, { { 0 } },
	  ELIGIBLE, "2022-06-10", WHY(WEEKS_REACHED), OWED, "2024-06-10", FORMER },
	{ "eligible, the end of care is known: relevant then", BORN, "2022-08-31", { LEFT }, { { 0 } },
	  ELIGIBLE, "2022-06-10", WHY(LOOKED_AFTER), OWED, "2022-09-01", RELEVANT },
	{ "relevant: former relevant at 18", BORN, "2022-09-01", { LEFT }, { { 0 } },
	  RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2024-06-10", FORMER },
	{ "relevant, care begins again: eligible then", BORN, "2022-12-01", { LEFT, { "2023-02-01", 0 } }, { { 0 } },
	  RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2023-02-01", ELIGIBLE },
	{ "former relevant: on request at 21", BORN, "2024-06-10", { LONG }, { { 0 } },
	  FORMER, "2024-06-10", WHY(ADULT), OWED, "2027-06-10", FORMER },
	{ "21: nothing at 25", BORN, "2027-06-10", { LONG }, { { 0 } },
	  FORMER, "2024-06-10", WHY(IF_ASKED), IF_ASKED, "2031-06-10", NONE },
	{ "25: nothing comes any more", BORN, "2031-06-10", { LONG }, { { 0 } },
	  NONE, 0, WHY(TOO_OLD), NOTHING, NULL, NONE },
	{ "never in care: nothing ever", BORN, "2023-01-01", { { 0 } }, { { 0 } },
	  NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },
	{ "care ended at 15 with 13 weeks: nothing ever", BORN, "2022-06-10", { { "2015-01-01", "2022-01-01" } }, { { 0 } },
	  NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },

	/* An unaccompanied child: the same dates decide. */
	{ "unaccompanied, came at 16 and a half: eligible after 13 weeks", BORN, "2022-12-10", { { "2022-12-10", 0 } },
	  { { 0 } }, NONE, 0, WHY(WEEKS_MISSING), NOTHING, "2023-03-10", ELIGIBLE },
	{ "unaccompanied, came 60 days before 18: qualifying", BORN, "2024-06-10", { { "2024-04-11", 0 } }, { { 0 } },
	  QUALIFYING, "2024-06-10", WHY(WEEKS_MISSING), OWED, "2027-06-10", QUALIFYING },
	{ "the age is disputed: unknown", BORN, "2023-01-01", { LONG }, { { DISPUTED, "2022-12-01", 0 } },
	  UNKNOWN, 0, WHY(AGE_DISPUTED), NOTHING, NULL, NONE },
	{ "the age was disputed, settled: eligible", BORN, "2023-01-01", { LONG },
	  { { DISPUTED, "2022-12-01", "2022-12-20" } }, ELIGIBLE, "2022-06-10", WHY(LOOKED_AFTER), OWED, "2024-06-10",
	  FORMER },
	{ "while the age is disputed: unknown until it is settled", BORN, "2022-12-19", { LONG },
	  { { DISPUTED, "?", "2022-12-20" } }, UNKNOWN, 0, WHY(AGE_DISPUTED), NOTHING, "2022-12-20", ELIGIBLE },
	{ "the birth is not known: unknown", NULL, "2023-01-01", { LONG }, { { 0 } },
	  UNKNOWN, 0, WHY(BORN_UNKNOWN), NOTHING, NULL, NONE },

	/* Back home for six months (CLR reg 3). */
	{ "home for a day less than six months: still relevant", BORN, "2023-02-28", { LEFT },
	  { { HOME, "2022-09-01", 0 } }, RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2023-03-01", QUALIFYING },
	{ "home for six months: no longer relevant", BORN, "2023-03-01", { LEFT }, { { HOME, "2022-09-01", 0 } },
	  QUALIFYING, "2023-03-01", WHY(HOME_HELD), OWED, "2027-06-10", QUALIFYING },
	{ "home again some time after leaving: counted from then", BORN, "2023-03-01", { LEFT },
	  { { HOME, "2022-10-15", 0 } }, RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2023-04-15", QUALIFYING },
	{ "home already while in care: counted from the end of care", BORN, "2023-02-28", { LEFT },
	  { { HOME, "2022-03-01", 0 } }, RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2023-03-01", QUALIFYING },
	{ "placed with parents while in care: eligible all the same", BORN, "2022-08-31", { LEFT },
	  { { HOME, "2021-01-01", 0 } }, ELIGIBLE, "2022-06-10", WHY(LOOKED_AFTER), OWED, "2022-09-01", RELEVANT },
	{ "home for five months, then not: relevant", BORN, "2023-03-01", { LEFT },
	  { { HOME, "2022-09-01", "2023-02-01" } }, RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2024-06-10", FORMER },
	{ "twice home for four months: never six in a row", BORN, "2023-06-01", { LEFT },
	  { { HOME, "2022-09-01", "2023-01-01" }, { HOME, "2023-01-15", "2023-05-15" } },
	  RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2024-06-10", FORMER },
	{ "home broke down after seven months: relevant again", BORN, "2023-04-01", { LEFT },
	  { { HOME, "2022-09-01", "2023-04-01" } }, RELEVANT, "2023-04-01", WHY(HOME_ENDED), OWED, "2024-06-10", FORMER },
	{ "the day before it broke down: qualifying", BORN, "2023-03-31", { LEFT },
	  { { HOME, "2022-09-01", "2023-04-01" } }, QUALIFYING, "2023-03-01", WHY(HOME_HELD), OWED, "2023-04-01", RELEVANT },
	{ "broke down, and home again for six months: lost again", BORN, "2023-11-01", { LEFT },
	  { { HOME, "2022-09-01", "2023-04-01" }, { HOME, "2023-05-01", 0 } },
	  QUALIFYING, "2023-11-01", WHY(HOME_HELD), OWED, "2027-06-10", QUALIFYING },
	{ "lost, then in care again: eligible at once", BORN, "2023-05-01", { LEFT, { "2023-05-01", 0 } },
	  { { HOME, "2022-09-01", "2023-05-01" } }, ELIGIBLE, "2023-05-01", WHY(LOOKED_AFTER), OWED, "2024-06-10", FORMER },
	{ "and left again: relevant, six months count anew", BORN, "2023-06-01", { LEFT, { "2023-05-01", "2023-06-01" } },
	  { { HOME, "2022-09-01", "2023-05-01" }, { HOME, "2023-06-01", 0 } },
	  RELEVANT, "2023-06-01", WHY(LEFT_CARE), OWED, "2023-12-01", QUALIFYING },
	{ "18 while home for six months: qualifying, not former relevant", BORN, "2024-06-10", { LEFT },
	  { { HOME, "2022-09-01", 0 } }, QUALIFYING, "2023-03-01", WHY(ADULT), OWED, "2027-06-10", QUALIFYING },
	{ "18 on the day before six months are over: former relevant", BORN, "2024-06-12", { { "2015-01-01", "2023-12-11" } },
	  { { HOME, "2023-12-11", 0 } }, FORMER, "2024-06-10", WHY(ADULT), OWED, "2027-06-10", FORMER },
	{ "six months over on the day before 18: qualifying", BORN, "2024-06-12", { { "2015-01-01", "2023-12-09" } },
	  { { HOME, "2023-12-09", 0 } }, QUALIFYING, "2024-06-09", WHY(HOME_HELD), OWED, "2027-06-10", QUALIFYING },
	{ "home broke down after 18: it stays qualifying", BORN, "2024-09-01", { LEFT },
	  { { HOME, "2022-09-01", "2024-08-01" } }, QUALIFYING, "2023-03-01", WHY(ADULT), OWED, "2027-06-10", QUALIFYING },
	{ "broke down before 18: former relevant", BORN, "2024-09-01", { LEFT }, { { HOME, "2022-09-01", "2024-06-01" } },
	  FORMER, "2024-06-10", WHY(HOME_ENDED), OWED, "2027-06-10", FORMER },
	{ "six months from 31 August end on the last day of February", BORN, "2023-02-28",
	  { { "2015-01-01", "2022-08-31" } }, { { HOME, "2022-08-31", 0 } },
	  QUALIFYING, "2023-02-28", WHY(HOME_HELD), OWED, "2027-06-10", QUALIFYING },
	{ "home since when is not known, six months may be over: unknown", BORN, "2023-03-01", { LEFT },
	  { { HOME, "?", 0 } }, UNKNOWN, 0, WHY(HOME_UNKNOWN), NOTHING, "2031-06-10", NONE },
	{ "home since when is not known, six months cannot be over: relevant", BORN, "2023-02-28", { LEFT },
	  { { HOME, "?", 0 } }, RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2023-03-01", UNKNOWN },
	{ "home since when is not known, but it broke down: relevant", BORN, "2023-04-01", { LEFT },
	  { { HOME, "?", "2023-04-01" } }, RELEVANT, 0, WHY(HOME_ENDED), OWED, "2024-06-10", FORMER },
	{ "one return is known and holds, another is not known: lost", BORN, "2023-04-01", { LEFT },
	  { { HOME, "?", 0 }, { HOME, "2022-09-01", 0 } }, QUALIFYING, "2023-03-01", WHY(HOME_HELD), OWED, "2027-06-10",
	  QUALIFYING },
	{ "never eligible: a return home takes nothing away", BORN, "2023-06-01", { { "2022-07-11", "2022-08-01" } },
	  { { HOME, "2022-08-01", 0 } }, QUALIFYING, "2022-08-01", WHY(WEEKS_MISSING), OWED, "2027-06-10", QUALIFYING },

	/* Nobody knows why care ended. */
	{ "why care ended is not known, six months are not over: relevant", BORN, "2023-02-28", { LEFT },
	  { { END_UNKNOWN, "2022-09-01", 0 } }, RELEVANT, "2022-09-01", WHY(LEFT_CARE), OWED, "2023-03-01", UNKNOWN },
	{ "why care ended is not known, six months are over: unknown", BORN, "2023-03-01", { LEFT },
	  { { END_UNKNOWN, "2022-09-01", 0 } }, UNKNOWN, 0, WHY(END_UNKNOWN), NOTHING, "2031-06-10", NONE },
	{ "why an earlier time ended is not known, in care again: eligible", BORN, "2023-06-01", { LEFT, { "2023-05-01", 0 } },
	  { { END_UNKNOWN, "2022-09-01", "2023-05-01" } }, ELIGIBLE, "2023-05-01", WHY(LOOKED_AFTER), OWED, "2024-06-10", FORMER },
	{ "why care ended at 15 is not known, after 13 weeks: unknown", BORN, "2022-06-10", { { "2021-01-01", "2022-05-01" } },
	  { { END_UNKNOWN, "2022-05-01", 0 } }, UNKNOWN, 0, WHY(END_UNKNOWN), NOTHING, "2031-06-10", NONE },
	{ "why care ended at 5 is not known: it may be guardianship", BORN, "2022-06-10", { { "2010-01-01", "2011-06-01" } },
	  { { END_UNKNOWN, "2011-06-01", 0 } }, UNKNOWN, 0, WHY(END_UNKNOWN), NOTHING, "2031-06-10", NONE },
	{ "why the last time ended is not known, never eligible: qualifying all the same", BORN, "2023-06-01",
	  { { "2022-07-11", "2022-08-01" } }, { { END_UNKNOWN, "2022-08-01", 0 } }, QUALIFYING, "2022-08-01",
	  WHY(WEEKS_MISSING), OWED, "2027-06-10", QUALIFYING },

	/* Detained or in hospital at 16 (CLR reg 3). */
	{ "detained at 16 after 13 weeks in care: relevant", BORN, "2022-06-10", { { "2021-01-01", "2022-05-01" } },
	  { { DETAINED, "2022-05-01", 0 } }, RELEVANT, "2022-06-10", WHY(DETAINED), OWED, "2024-06-10", FORMER },
	{ "in hospital at 16 after 13 weeks in care: relevant", BORN, "2022-12-01", { { "2021-01-01", "2022-05-01" } },
	  { { HOSPITAL, "2022-05-01", "2022-08-01" } }, RELEVANT, "2022-06-10", WHY(HOSPITAL), OWED, "2024-06-10", FORMER },
	{ "detained, 15 yet: relevant at 16", BORN, "2022-05-15", { { "2021-01-01", "2022-05-01" } },
	  { { DETAINED, "2022-05-01", 0 } }, NONE, 0, WHY(TOO_YOUNG), NOTHING, "2022-06-10", RELEVANT },
	{ "detained at 16, then 18: former relevant", BORN, "2024-06-10", { { "2021-01-01", "2022-05-01" } },
	  { { DETAINED, "2022-05-01", 0 } }, FORMER, "2024-06-10", WHY(DETAINED), OWED, "2027-06-10", FORMER },
	{ "detained after 90 days in care: no", BORN, "2022-06-10", { { "2022-01-31", "2022-05-01" } },
	  { { DETAINED, "2022-05-01", 0 } }, NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },
	{ "detained after 91 days in care: relevant", BORN, "2022-06-10", { { "2022-01-30", "2022-05-01" } },
	  { { DETAINED, "2022-05-01", 0 } }, RELEVANT, "2022-06-10", WHY(DETAINED), OWED, "2024-06-10", FORMER },
	{ "detained a day after care ended: not immediately before", BORN, "2022-06-10", { { "2021-01-01", "2022-05-01" } },
	  { { DETAINED, "2022-05-02", 0 } }, NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },
	{ "released the day before 16: no", BORN, "2022-06-10", { { "2021-01-01", "2022-05-01" } },
	  { { DETAINED, "2022-05-01", "2022-06-10" } }, NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },
	{ "detained only after 16: no", BORN, "2022-07-01", { { "2021-01-01", "2022-05-01" } },
	  { { DETAINED, "2022-06-11", 0 } }, NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },
	{ "detained while still looked after: eligible", BORN, "2022-06-10", { LONG }, { { DETAINED, "2022-05-01", 0 } },
	  ELIGIBLE, "2022-06-10", WHY(LOOKED_AFTER), OWED, "2024-06-10", FORMER },
	{ "detained at 16, in care again later: eligible at once", BORN, "2022-09-01",
	  { { "2021-01-01", "2022-05-01" }, { "2022-09-01", 0 } }, { { DETAINED, "2022-05-01", "2022-09-01" } },
	  ELIGIBLE, "2022-09-01", WHY(LOOKED_AFTER), OWED, "2024-06-10", FORMER },
	{ "detained at 16, home for six months after: lost", BORN, "2023-02-01", { { "2021-01-01", "2022-05-01" } },
	  { { DETAINED, "2022-05-01", "2022-08-01" }, { HOME, "2022-08-01", 0 } },
	  QUALIFYING, "2023-02-01", WHY(HOME_HELD), OWED, "2027-06-10", QUALIFYING },
	{ "detained since when is not known, 13 weeks may have been: unknown", BORN, "2022-06-10",
	  { { "2021-01-01", "2022-05-01" } }, { { DETAINED, "?", 0 } }, UNKNOWN, 0, WHY(CONFINED_UNKNOWN), NOTHING,
	  "2031-06-10", NONE },
	{ "detained since when is not known, never 13 weeks: none", BORN, "2022-06-10", { { "2022-03-01", "2022-05-01" } },
	  { { DETAINED, "?", 0 } }, NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },

	/* Special guardianship (s24). */
	{ "guardianship straight from care at 15: qualifying at 16", BORN, "2022-06-10", { { "2015-01-01", "2021-06-01" } },
	  { { GUARDIANSHIP, "2021-06-01", 0 } }, QUALIFYING, "2022-06-10", WHY(GUARDIANSHIP), OWED, "2027-06-10",
	  QUALIFYING },
	{ "guardianship from care at 5: qualifying at 16", BORN, "2022-06-10", { { "2010-01-01", "2011-06-01" } },
	  { { GUARDIANSHIP, "2011-06-01", 0 } }, QUALIFYING, "2022-06-10", WHY(GUARDIANSHIP), OWED, "2027-06-10",
	  QUALIFYING },
	{ "guardianship, not looked after before it: none", BORN, "2022-06-10", { { "2010-01-01", "2011-05-31" } },
	  { { GUARDIANSHIP, "2011-06-01", 0 } }, NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },
	{ "guardianship ended at 17: none", BORN, "2023-06-10", { { "2015-01-01", "2021-06-01" } },
	  { { GUARDIANSHIP, "2021-06-01", "2023-06-10" } }, NONE, 0, WHY(NO_CARE), NOTHING, NULL, NONE },
	{ "guardianship in force at 18: qualifying", BORN, "2025-01-01", { { "2015-01-01", "2021-06-01" } },
	  { { GUARDIANSHIP, "2021-06-01", "2024-06-10" } }, QUALIFYING, "2022-06-10", WHY(GUARDIANSHIP), OWED,
	  "2027-06-10", QUALIFYING },
	{ "guardianship at 17 from care of 13 weeks: relevant", BORN, "2023-01-01", { { "2015-01-01", "2022-12-01" } },
	  { { GUARDIANSHIP, "2022-12-01", 0 } }, RELEVANT, "2022-12-01", WHY(LEFT_CARE), OWED, "2024-06-10", FORMER },
	{ "guardianship since when is not known: unknown", BORN, "2022-06-10", { { "2015-01-01", "2021-06-01" } },
	  { { GUARDIANSHIP, "?", 0 } }, UNKNOWN, 0, WHY(GUARDIANSHIP_UNKNOWN), NOTHING, "2031-06-10", NONE },

	/* From 21 on. */
	{ "22, in education: it goes on", BORN, "2028-06-10", { LONG }, { { EDUCATION, "2027-09-01", "2029-07-01" } },
	  FORMER, "2024-06-10", WHY(EDUCATION), ELIGIBILITY_IN_EDUCATION, "2029-07-01", FORMER },
	{ "22, asked for it", BORN, "2028-06-10", { LONG }, { { REQUEST, "2028-01-01", 0 } },
	  FORMER, "2024-06-10", WHY(ASKED), ELIGIBILITY_ASKED, "2031-06-10", NONE },
	{ "20, in education: owed anyway; at 21 for the education", BORN, "2026-10-01", { LONG },
	  { { EDUCATION, "2026-09-01", 0 } }, FORMER, "2024-06-10", WHY(ADULT), OWED, "2027-06-10", FORMER },
	{ "25, in education: nothing", BORN, "2031-06-10", { LONG }, { { EDUCATION, "2029-09-01", 0 } },
	  NONE, 0, WHY(TOO_OLD), NOTHING, NULL, NONE },
	{ "22, qualifying, in education: help with it", BORN, "2028-06-10", { { "2024-04-11", 0 } },
	  { { EDUCATION, "2027-09-01", 0 } }, QUALIFYING, "2024-06-10", WHY(EDUCATION), ELIGIBILITY_IN_EDUCATION,
	  "2031-06-10", NONE },
	{ "22, qualifying: a request is no right of theirs", BORN, "2028-06-10", { { "2024-04-11", 0 } },
	  { { REQUEST, "2028-01-01", 0 } }, QUALIFYING, "2024-06-10", WHY(IF_ASKED), IF_ASKED, "2031-06-10", NONE },
};

#define SAMPLES (sizeof samples / sizeof samples[0])

static int32_t day(const char *text)
{
	int32_t days;
	if (text == NULL || text[0] == '?')
		return ELIGIBILITY_NO_DAY;
	ck_assert_int_eq(hearth_date_parse(text, &days), 0);
	return days;
}

/* A history with room of its own. */
struct told {
	struct eligibility_period periods[8];
	struct eligibility_fact facts[8];
	struct eligibility_history history;
};

static void tell(const struct sample *sample, struct told *ret_told)
{
	size_t periods = 0, facts = 0;
	while (periods < 3 && sample->care[periods].start != NULL) {
		ret_told->periods[periods].start = day(sample->care[periods].start);
		ret_told->periods[periods].end = day(sample->care[periods].end);
		periods++;
	}
	while (facts < 3 && sample->facts[facts].start != NULL) {
		const struct fact *fact = &sample->facts[facts];
		ret_told->facts[facts++] = (struct eligibility_fact){ fact->kind, day(fact->start), day(fact->end) };
	}
	ret_told->history = (struct eligibility_history){ day(sample->born), ret_told->periods, periods, ret_told->facts, facts };
}

static bool says(const struct eligibility *is, enum eligibility_code code)
{
	for (size_t i = 0; i < is->reason_count; i++)
		if (is->reasons[i].code == code)
			return true;
	return false;
}

static const char *shown(int32_t days)
{
	static char text[HEARTH_DATE_SIZE];
	if (days == ELIGIBILITY_NO_DAY)
		return "no day";
	hearth_date_format(days, text);
	return text;
}

static void check_sample(const struct sample *sample)
{
	struct told told;
	struct eligibility is, next;
	int32_t turn;
	tell(sample, &told);
	ck_assert_int_eq(eligibility_on(&told.history, day(sample->on), &law, &is), 0);
	ck_assert_msg(is.status == sample->status, "%s: status %d, wanted %d", sample->what, is.status, sample->status);
	ck_assert_msg(is.began == day(sample->began), "%s: began %s", sample->what, shown(is.began));
	ck_assert_msg(says(&is, sample->why), "%s: the reason %d is missing", sample->what, sample->why);
	ck_assert_msg(is.support == sample->support, "%s: support %d", sample->what, is.support);
	ck_assert_int_eq(eligibility_next(&told.history, day(sample->on), &law, &turn, &next), 0);
	ck_assert_msg(turn == day(sample->next), "%s: changes on %s", sample->what, shown(turn));
	if (sample->next != NULL)
		ck_assert_msg(next.status == sample->next_status, "%s: changes to %d", sample->what, next.status);
}

START_TEST(every_sample_has_its_status_its_reason_and_its_next_change)
{
	ck_assert_uint_ge(SAMPLES, 60);
	for (size_t i = 0; i < SAMPLES; i++)
		check_sample(&samples[i]);
}
END_TEST

/* ---- random histories ---- */

static int32_t between(int32_t from, int32_t to)
{
	return from + (int32_t)(random() % (to - from + 1));
}

/* Up to three times in care and three facts from 13 to 26; `unknown`: some starts are not known. */
static void invent(struct told *told, bool unknown)
{
	int32_t born = day("2000-01-01") + between(0, 1500), from = hearth_date_birthday(born, 13);
	size_t periods = (size_t)between(0, 3), facts = (size_t)between(0, 3);
	for (size_t i = 0; i < periods; i++) {
		int32_t start = from + between(0, 700), end = start + between(0, 500);
		told->periods[i] = (struct eligibility_period){ start, between(0, 4) == 0 ? ELIGIBILITY_NO_DAY : end };
		from = start + between(0, 400);
	}
	for (size_t i = 0; i < facts; i++) {
		int32_t start = hearth_date_birthday(born, 15) + between(0, between(0, 1) ? 400 : 2500);
		if (periods > 0 && told->periods[0].end != ELIGIBILITY_NO_DAY && between(0, 1) == 0)
			start = told->periods[0].end;
		int32_t end = between(0, 2) == 0 ? ELIGIBILITY_NO_DAY : start + between(1, 700);
		told->facts[i] = (struct eligibility_fact){ (enum eligibility_fact_kind)between(0, ELIGIBILITY_REQUEST),
			unknown && between(0, 3) == 0 ? ELIGIBILITY_NO_DAY : start, end };
	}
	told->history = (struct eligibility_history){ born, told->periods, periods, told->facts, facts };
}

static bool same(const struct eligibility *a, const struct eligibility *b)
{
	return a->status == b->status && a->support == b->support;
}

/* Looks at every day from 15 to 26: the change foretold on any of them is the first day on which it differs. */
static void check_changes(const struct eligibility_history *history)
{
	int32_t first = hearth_date_birthday(history->born, 15), last = hearth_date_birthday(history->born, 26);
	struct eligibility is, was, next;
	int32_t foretold;
	ck_assert_int_eq(eligibility_on(history, first, &law, &was), 0);
	ck_assert_int_eq(eligibility_next(history, first, &law, &foretold, &next), 0);
	for (int32_t on = first + 1; on <= last; on++) {
		/* Asserts cost a write each: only where something is wrong. */
		if (eligibility_on(history, on, &law, &is) != 0)
			ck_abort_msg("a history is out of order");
		if (same(&is, &was) && foretold == on)
			ck_abort_msg("a change was foretold for day %d after birth", on - history->born);
		if (same(&is, &was))
			continue;
		ck_assert_msg(foretold == on, "day %d after birth: a change that was not foretold", on - history->born);
		ck_assert(same(&is, &next));
		was = is;
		ck_assert_int_eq(eligibility_next(history, on, &law, &foretold, &next), 0);
	}
	ck_assert_int_eq(foretold, ELIGIBILITY_NO_DAY);
}

START_TEST(the_next_change_is_the_first_day_that_differs_and_not_before)
{
	srandom(20261122);
	for (int i = 0; i < 600; i++) {
		struct told told;
		invent(&told, true);
		check_changes(&told.history);
	}
}
END_TEST

/* ---- the same law, day by day ---- */

static bool in_care(const struct eligibility_history *history, int32_t on)
{
	for (size_t i = 0; i < history->period_count; i++)
		if (history->periods[i].start <= on
		    && (history->periods[i].end == ELIGIBILITY_NO_DAY || on < history->periods[i].end))
			return true;
	return false;
}

static bool holds(const struct eligibility_fact *fact, int32_t on)
{
	return fact->start <= on && (fact->end == ELIGIBILITY_NO_DAY || on < fact->end);
}

static int counted(const struct eligibility_history *history, int32_t before)
{
	int days = 0;
	for (int32_t on = hearth_date_birthday(history->born, 14); on < before; on++)
		days += in_care(history, on);
	return days;
}

/* Six months in one home, all of them out of care since `since`, reached on or before `on`, and still there. */
static bool at_home(const struct eligibility_history *history, int32_t since, int32_t on)
{
	for (size_t i = 0; i < history->fact_count; i++) {
		const struct eligibility_fact *fact = &history->facts[i];
		if (fact->kind != ELIGIBILITY_HOME || !holds(fact, on))
			continue;
		int32_t from = on;
		while (from > since && holds(fact, from - 1))
			from--;
		if (eligibility_add_months(from, 6) <= on)
			return true;
	}
	return false;
}

static bool was_confined(const struct eligibility_history *history)
{
	int32_t at = hearth_date_birthday(history->born, 16);
	for (size_t i = 0; i < history->fact_count; i++) {
		const struct eligibility_fact *fact = &history->facts[i];
		if ((fact->kind == ELIGIBILITY_DETAINED || fact->kind == ELIGIBILITY_HOSPITAL) && holds(fact, at)
		    && in_care(history, fact->start - 1) && counted(history, fact->start) >= 91)
			return true;
	}
	return false;
}

static bool was_guarded(const struct eligibility_history *history, int32_t on)
{
	for (size_t i = 0; i < history->fact_count; i++)
		if (history->facts[i].kind == ELIGIBILITY_GUARDIANSHIP && holds(&history->facts[i], on)
		    && in_care(history, history->facts[i].start - 1))
			return true;
	return false;
}

/* 16 or 17 on the day. */
static enum eligibility_status minor_by_hand(const struct eligibility_history *history, int32_t on)
{
	int32_t part = hearth_date_birthday(history->born, 16);
	bool was_eligible = false, at_part = false;
	int total = counted(history, part);
	int32_t left = part;
	for (int32_t at = part; at <= on; at++) {
		total += in_care(history, at);
		at_part |= in_care(history, at);
		was_eligible |= in_care(history, at) && total >= 91;
		if (in_care(history, at))
			left = at + 1;
	}
	if (in_care(history, on))
		return was_eligible ? ELIGIBLE : NONE;
	if (was_eligible || was_confined(history))
		return at_home(history, left, on) ? QUALIFYING : RELEVANT;
	return at_part || was_guarded(history, on) ? QUALIFYING : NONE;
}

static enum eligibility_status by_hand(const struct eligibility_history *history, int32_t on)
{
	int32_t part = hearth_date_birthday(history->born, 16), adult = hearth_date_birthday(history->born, 18);
	for (size_t i = 0; i < history->fact_count; i++)
		if (history->facts[i].kind == ELIGIBILITY_DISPUTED && holds(&history->facts[i], on))
			return UNKNOWN;
	if (on < part || on >= hearth_date_birthday(history->born, 25))
		return NONE;
	if (on < adult)
		return minor_by_hand(history, on);
	enum eligibility_status before = minor_by_hand(history, adult - 1);
	if (before == ELIGIBLE || before == RELEVANT)
		return FORMER;
	for (int32_t at = part; before == NONE && at < adult; at++)
		if (in_care(history, at))
			return QUALIFYING;
	return before;
}

START_TEST(random_histories_have_the_status_that_counting_by_hand_gives)
{
	int found[UNKNOWN + 1] = { 0 };
	srandom(1989);
	for (int i = 0; i < 400; i++) {
		struct told told;
		invent(&told, false);
		int32_t first = hearth_date_birthday(told.history.born, 15);
		for (int32_t on = first; on < hearth_date_birthday(told.history.born, 19); on += between(1, 9)) {
			struct eligibility is;
			enum eligibility_status wanted = by_hand(&told.history, on);
			if (eligibility_on(&told.history, on, &law, &is) != 0 || is.status != wanted)
				ck_abort_msg("history %d, day %d after birth: %d, wanted %d", i, on - told.history.born, is.status,
				             wanted);
			found[is.status]++;
		}
	}
	for (int status = NONE; status <= UNKNOWN; status++)
		ck_assert_msg(found[status] > 100, "status %d came up %d times", status, found[status]);
}
END_TEST

START_TEST(months_end_where_the_month_does)
{
	ck_assert_int_eq(eligibility_add_months(day("2023-08-31"), 6), day("2024-02-29"));
	ck_assert_int_eq(eligibility_add_months(day("2022-08-31"), 6), day("2023-02-28"));
	ck_assert_int_eq(eligibility_add_months(day("2022-07-15"), 6), day("2023-01-15"));
	ck_assert_int_eq(eligibility_add_months(day("2022-12-01"), 1), day("2023-01-01"));
}
END_TEST

int main(void)
{
	return CHECK_MAIN("leaving care", every_sample_has_its_status_its_reason_and_its_next_change,
	                  the_next_change_is_the_first_day_that_differs_and_not_before,
	                  random_histories_have_the_status_that_counting_by_hand_gives, months_end_where_the_month_does);
}
