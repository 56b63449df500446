/* eligibility.h: what a young person is entitled to as a care leaver, from dates alone. Pure.
 *
 * Children Act 1989 Schedule 2 paragraph 19B with CPPCR 2010 regulation 40 (eligible, R33), section 23A (relevant,
 * R34), sections 23C and 24 (former relevant, qualifying, R35), as far as dates of birth and of care decide it.
 * Dates are days since 1970 (hearth_date_parse). A day in care counts whole; a period is half open, so that the day it
 * ends is not in it. The day on which the 91st day falls is the day on which 13 weeks are reached.
 */
#ifndef CARELEAVERS_ELIGIBILITY_H
#define CARELEAVERS_ELIGIBILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELIGIBILITY_NO_DAY INT32_MIN

enum eligibility_status {
	ELIGIBILITY_NONE,
	ELIGIBILITY_ELIGIBLE,        /* 16 or 17, looked after, 13 weeks since 14 with a part at 16 or over */
	ELIGIBILITY_RELEVANT,        /* 16 or 17, was eligible, looked after no longer */
	ELIGIBILITY_FORMER_RELEVANT, /* 18 or over, was eligible before */
	ELIGIBILITY_QUALIFYING       /* was looked after at 16 or 17, never eligible */
};

/* A time in care that counts (short breaks are not given to the rule). */
struct eligibility_period {
	int32_t start;
	int32_t end;                 /* ELIGIBILITY_NO_DAY: goes on */
};

/* The law's numbers on the day: effective-dated data of the caller. */
struct eligibility_thresholds {
	int days_in_care;            /* 91 */
	int counted_from_age;        /* 14 */
	int part_at_age;             /* 16 */
	int adult_age;               /* 18 */
	int support_age;             /* 21: from then on only when asked for */
	int request_age;             /* 25: not at all any more */
};

struct eligibility {
	enum eligibility_status status;
	int32_t began;               /* since when the status has held; NO_DAY with NONE */
	int32_t turns_counted;       /* the 14th birthday */
	int32_t turns_part;          /* the 16th */
	int32_t turns_adult;         /* the 18th */
	int32_t reached;             /* day on which the days since 14 reached the threshold; or NO_DAY */
	int32_t eligible_on;         /* first day on which all held; or NO_DAY */
	int32_t days;                /* in care from the 14th birthday to `on` with it, at most to the 18th */
	int32_t days_at_part;        /* those of them at 16 or over */
	bool looked_after;           /* on `on`, under 18 */
	bool on_request;             /* 21 or over with a status */
};

/* Status on the day `on`. Periods are sorted by start and may overlap; -1 when they are not sorted, or when one ends
 * before it starts (nothing is computed). */
int eligibility_on(int32_t born, const struct eligibility_period *periods, size_t count, int32_t on,
                   const struct eligibility_thresholds *thresholds, struct eligibility *ret_eligibility);

#endif
