/* places_calendar.h: the places of a home over a range of days, and how they were used.
 *
 * Pure, over the facts of places_levels.h. A day counts whole: the day on which a child came is a day of its stay, the day
 * on which it left is not, so a child who leaves and one who comes on the same day are never there together. Between two
 * days on which a fact begins or ends nothing changes, so that a year costs as much as what happened in it.
 */
#ifndef PROVIDERS_PLACES_CALENDAR_H
#define PROVIDERS_PLACES_CALENDAR_H

#include "places_levels.h"

/* Days from `from` to before `until` on which all is the same. online = booked + others + held + turnaround + blocked +
 * unused, exactly. */
struct places_span {
	int32_t from, until;
	struct places_sum sum;
	struct places_levels levels;
	int32_t online;              /* open places; in a home that takes no child, those that are in use all the same */
	int32_t booked;              /* of those: lived in by children known here */
	int32_t others;              /* by children who are not known here, as far as their number is known */
	int32_t held;                /* kept for a child who is to come */
	int32_t turnaround;          /* being made ready */
	int32_t blocked;             /* kept back otherwise, or left over where a policy keeps all back */
	int32_t unused;              /* void: could have been used and was not; at most, where others are not known */
	int32_t over;                /* children and holds beyond the places that are offered: overlaps */
};

/* The span that begins on `day`, at most up to `until`; its end. */
int32_t places_span_on(const struct places_fact *facts, size_t count, int32_t day, int32_t until,
                       struct places_span *ret_span);

/* Place-days. */
struct places_days {
	int64_t online, booked, others, held, turnaround, blocked, unused, over;
	int64_t turnaround_planned;  /* as first meant, whatever came of it */
	int64_t not_recorded;        /* days of homes on which nothing was known of them */
	int64_t others_unknown;      /* online, on days of which nobody said how many other children lived there */
};

/* Adds those of one home to the totals. */
void places_count_days(const struct places_fact *facts, size_t count, int32_t from, int32_t until,
                       struct places_days *totals);

/* Ten-thousandths of `days` that are lived in, halves up; PLACES_UNKNOWN where there is nothing to divide by. */
int64_t places_rate(int64_t lived_in, int64_t days);

#endif
