/* fostering_clocks.h: until when a temporary approval holds, and when an approval is to be reviewed. Pure.
 *
 * A connected person's approval holds for 16 weeks from its first day, that day included; once 8 weeks more, or until the
 * outcome of an independent review (CPPCR 2010 regulations 24 and 25, R16). An emergency outside a foster parent's terms: 6
 * working days, counted from the day after it began (regulation 23, R15). A review: within a year of the approval, then of
 * the one before (FSR 2011 regulation 28, R30). The numbers are effective-dated data of the caller. Days since 1970.
 */
#ifndef PROVIDERS_FOSTERING_CLOCKS_H
#define PROVIDERS_FOSTERING_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOSTERING_NO_DAY INT32_MIN
#define FOSTERING_NOTICES 3

/* ---- temporary approvals ---- */

struct fostering_temporary {
	int32_t from;
	bool extended;               /* by the law's weeks */
	bool awaits_outcome;         /* of an independent review: open until then */
	int weeks, extension_weeks;  /* of the law on `from`; below 1: not by weeks */
	int working_days;            /* below 1: not by working days */
	const int32_t *holidays;     /* bank holidays, ascending; a year without any is a year of which they are not known */
	size_t holiday_count;
};

enum fostering_state { FOSTERING_RUNNING, FOSTERING_EXTENDED, FOSTERING_AWAITS, FOSTERING_EXPIRED };

/* The last day on which it holds; FOSTERING_NO_DAY: open, or not known. */
int32_t fostering_last_day(const struct fostering_temporary *temporary);
enum fostering_state fostering_state_on(const struct fostering_temporary *temporary, int32_t day);

/* The day `count` working days after `from`, which itself does not count; FOSTERING_NO_DAY where a year's bank holidays are
 * not known. */
int32_t fostering_working_days_after(int32_t from, int count, const int32_t *holidays, size_t holiday_count);

/* ---- reviews ---- */

/* `months` after a day; the month's last day where it has none of that number: never later than the law's period. */
int32_t fostering_months_after(int32_t day, int months);

struct fostering_review {
	int32_t approved;            /* since; FOSTERING_NO_DAY: not approved */
	int32_t reviewed;            /* the last since then; or FOSTERING_NO_DAY */
	int months;
	int notices[FOSTERING_NOTICES];      /* days before, descending; below 0: none */
	bool told[FOSTERING_NOTICES];        /* of the review that is due now */
};

/* What is to be told on the day. */
struct fostering_review_step {
	int32_t due;                 /* FOSTERING_NO_DAY: nothing is */
	int tell;                    /* days before, of the notice that has come; below 0: none */
	int32_t next;                /* when to look again; FOSTERING_NO_DAY: not before something is recorded */
	bool passed[FOSTERING_NOTICES];      /* notices whose day has come: told now, before, or never */
};
int32_t fostering_review_due(const struct fostering_review *review);
void fostering_review_on(const struct fostering_review *review, int32_t day, struct fostering_review_step *ret_step);

#endif
