/* eligibility.h: what a young person is entitled to as a care leaver, from dates alone. Pure.
 *
 * Children Act 1989 Schedule 2 paragraph 19B with CPPCR 2010 regulation 40 (eligible, R33), section 23A with CLR 2010
 * regulation 3 (relevant, R34), sections 23C and 24 (former relevant, qualifying, R35).
 * Dates are days since 1970 (hearth_date_parse). A day in care counts whole; a period is half open, so that the day it
 * ends is not in it. The day on which the 91st day falls is the day on which 13 weeks are reached.
 *
 * What is not known is never guessed: a date that is missing and would decide makes the status UNKNOWN, with the reason.
 * Who was relevant on the day before 18 is former relevant from 18 on, who had lost it by a return home is qualifying;
 * what happens at home after 18 changes neither.
 */
#ifndef CARELEAVERS_ELIGIBILITY_H
#define CARELEAVERS_ELIGIBILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELIGIBILITY_NO_DAY INT32_MIN
#define ELIGIBILITY_REASONS 6

enum eligibility_status {
	ELIGIBILITY_NONE,
	ELIGIBILITY_ELIGIBLE,        /* 16 or 17, looked after, 13 weeks since 14 with a part at 16 or over */
	ELIGIBILITY_RELEVANT,        /* 16 or 17, looked after no longer: was eligible, or detained or in hospital at 16 */
	ELIGIBILITY_FORMER_RELEVANT, /* 18 or over, was eligible or relevant on the day before */
	ELIGIBILITY_QUALIFYING,      /* looked after at 16 or 17 and neither of these; special guardianship after care */
	ELIGIBILITY_UNKNOWN          /* a date that decides is not known */
};

/* What the status is worth on the day. */
enum eligibility_support {
	ELIGIBILITY_NO_SUPPORT,
	ELIGIBILITY_SUPPORT,         /* owed */
	ELIGIBILITY_IF_ASKED,        /* 21 or over, nobody has asked */
	ELIGIBILITY_ASKED,           /* 21 or over, asked for */
	ELIGIBILITY_IN_EDUCATION     /* 21 or over, in education or training */
};

/* A time in care that counts (short breaks are not given to the rule). */
struct eligibility_period {
	int32_t start;
	int32_t end;                 /* ELIGIBILITY_NO_DAY: goes on */
};

/* What else has a bearing. */
enum eligibility_fact_kind {
	ELIGIBILITY_DETAINED,
	ELIGIBILITY_HOSPITAL,
	ELIGIBILITY_HOME,            /* lives with a parent, somebody with parental responsibility, or under a former order */
	ELIGIBILITY_GUARDIANSHIP,    /* a special guardianship order is in force */
	ELIGIBILITY_DISPUTED,        /* the age is disputed */
	ELIGIBILITY_EDUCATION,
	ELIGIBILITY_REQUEST,         /* support was asked for */
	ELIGIBILITY_END_UNKNOWN      /* care ended, not known why: detention, a home, guardianship, maybe; until the next time */
};

struct eligibility_fact {
	enum eligibility_fact_kind kind;
	int32_t start;               /* ELIGIBILITY_NO_DAY: not known */
	int32_t end;                 /* ELIGIBILITY_NO_DAY: goes on */
};

struct eligibility_history {
	int32_t born;                /* ELIGIBILITY_NO_DAY: not known */
	const struct eligibility_period *periods;   /* sorted by start; may overlap */
	size_t period_count;
	const struct eligibility_fact *facts;       /* in any order */
	size_t fact_count;
};

/* The law's numbers on the day: effective-dated data of the caller. */
struct eligibility_thresholds {
	int days_in_care;            /* 91 */
	int counted_from_age;        /* 14 */
	int part_at_age;             /* 16 */
	int adult_age;               /* 18 */
	int support_age;             /* 21: from then on only when asked for */
	int request_age;             /* 25: not at all any more */
	int return_home_months;      /* 6 */
};

/* Why the status is what it is; the texts and sources are the caller's data, by code. */
enum eligibility_code {
	ELIGIBILITY_WHY_NOTHING,
	ELIGIBILITY_WHY_BORN_UNKNOWN,
	ELIGIBILITY_WHY_AGE_DISPUTED,
	ELIGIBILITY_WHY_TOO_YOUNG,
	ELIGIBILITY_WHY_TOO_OLD,
	ELIGIBILITY_WHY_NO_CARE,
	ELIGIBILITY_WHY_LOOKED_AFTER,
	ELIGIBILITY_WHY_LEFT_CARE,
	ELIGIBILITY_WHY_WEEKS_REACHED,
	ELIGIBILITY_WHY_WEEKS_MISSING,
	ELIGIBILITY_WHY_DETAINED,
	ELIGIBILITY_WHY_HOSPITAL,
	ELIGIBILITY_WHY_CONFINED_UNKNOWN,
	ELIGIBILITY_WHY_END_UNKNOWN,
	ELIGIBILITY_WHY_HOME_HELD,
	ELIGIBILITY_WHY_HOME_ENDED,
	ELIGIBILITY_WHY_HOME_UNKNOWN,
	ELIGIBILITY_WHY_GUARDIANSHIP,
	ELIGIBILITY_WHY_GUARDIANSHIP_UNKNOWN,
	ELIGIBILITY_WHY_ADULT,
	ELIGIBILITY_WHY_IF_ASKED,
	ELIGIBILITY_WHY_ASKED,
	ELIGIBILITY_WHY_EDUCATION
};

struct eligibility_reason {
	enum eligibility_code code;
	int32_t on;                  /* the day it turns on; NO_DAY: none */
	int32_t days;                /* days counted; -1: none */
	bool birthday;               /* `on` is a birthday: personal */
};

struct eligibility {
	enum eligibility_status status;
	enum eligibility_support support;
	int32_t began;               /* since when the status has held; NO_DAY with NONE, or when it is not known */
	int32_t turns_counted;       /* the 14th birthday; these three NO_DAY when the birth is not known */
	int32_t turns_part;          /* the 16th */
	int32_t turns_adult;         /* the 18th */
	int32_t reached;             /* day on which the days since 14 reached the threshold; or NO_DAY */
	int32_t eligible_on;         /* first day on which all held; or NO_DAY */
	int32_t days;                /* in care from the 14th birthday to `on` with it, at most to the 18th */
	int32_t days_at_part;        /* those of them at 16 or over */
	bool looked_after;           /* on `on`, under 18 */
	bool on_request;             /* 21 or over with a status */
	struct eligibility_reason reasons[ELIGIBILITY_REASONS];
	size_t reason_count;
};

/* Status on the day `on`. -1 when the periods are not sorted, or when one ends before it starts (nothing is computed). */
int eligibility_on(const struct eligibility_history *history, int32_t on,
                   const struct eligibility_thresholds *thresholds, struct eligibility *ret_eligibility);

/* The first day after `on` on which status or support differ, if nothing happens that the history does not hold; NO_DAY
 * when they stay for ever. `ret_next` is what holds then (may be NULL). -1 as above. */
int eligibility_next(const struct eligibility_history *history, int32_t on,
                     const struct eligibility_thresholds *thresholds, int32_t *ret_day, struct eligibility *ret_next);

/* The same day of the month `months` later; the month's last day where it has no such day. */
int32_t eligibility_add_months(int32_t day, int months);

#endif
