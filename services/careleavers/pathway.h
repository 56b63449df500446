/* pathway.h: what has to be done for a care leaver, and until when. Pure.
 *
 * Needs assessment within 3 months (CPPCR reg 42, R36), a pathway plan after it, a review within 6 months (CLR reg 7,
 * R37), the personal adviser's visit within 7 days of moving in and then every 2 months (CLR reg 8, R38). Dates as in
 * eligibility.h. What is not recorded is not known to have been done: it stays due.
 */
#ifndef CARELEAVERS_PATHWAY_H
#define CARELEAVERS_PATHWAY_H

#include "eligibility.h"

#define PATHWAY_DUES 4

enum pathway_kind { PATHWAY_ASSESSMENT, PATHWAY_PLAN, PATHWAY_REVIEW, PATHWAY_VISIT };

enum pathway_state {
	PATHWAY_DUE,
	PATHWAY_OVERDUE,
	PATHWAY_WAITS,               /* for the one before it */
	PATHWAY_UNKNOWN,             /* what it counts from is not known */
	PATHWAY_DONE
};

/* The law's numbers: effective-dated data of the caller. */
struct pathway_law {
	int assessment_months, review_months, first_visit_days, visit_months;
};

/* The last of each up to the day; ELIGIBILITY_NO_DAY: none is recorded. */
struct pathway_done {
	int32_t assessed, planned, reviewed, visited;
	int32_t moved_in;            /* to where they live on the day */
};

struct pathway_due {
	enum pathway_kind kind;
	enum pathway_state state;
	int32_t due;                 /* NO_DAY with WAITS, UNKNOWN, DONE */
	int32_t done;                /* the last one; or NO_DAY */
	const char *counted_from;    /* a code: "BECAME_ELIGIBLE" */
};

/* What is asked for somebody of this status on the day: none, 3 or 4 of them. */
size_t pathway_on(const struct eligibility *is, const struct pathway_done *done, int32_t on,
                  const struct pathway_law *law, struct pathway_due ret_dues[PATHWAY_DUES]);

#endif
