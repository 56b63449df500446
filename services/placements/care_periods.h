/* care_periods.h: periods of care from episodes: those that touch or overlap are one period. Pure: no I/O, no clock.
 *
 * The rule for one kind of episodes (short breaks are periods of their own) without what was recorded live; the function
 * care_periods of schema/010_period_end_codes.sql is the whole of it, and a test holds the two together.
 */
#ifndef PLACEMENTS_CARE_PERIODS_H
#define PLACEMENTS_CARE_PERIODS_H

#include <stddef.h>
#include <stdint.h>

#define CARE_GOES_ON INT32_MAX

struct care_span {
	int32_t from, to;              /* days; to: the day on which it ended, or CARE_GOES_ON */
	const char *end_code;          /* REC, of a period that of the episode that ended last; borrowed; NULL: not known */
};

/* Spans in the order of `from` become periods, in place; how many there are. */
size_t care_periods_merge(struct care_span *spans, size_t count);

#endif
