/* places_calendar.c: see places_calendar.h. Pure: values in, values out. */
#include "places_calendar.h"

static int32_t take(int32_t wanted, int32_t *left)
{
	int32_t taken = wanted < *left ? wanted : *left;
	*left -= taken;
	return taken;
}

static int32_t next_change(const struct places_fact *facts, size_t count, int32_t day, int32_t until)
{
	int32_t next = until;
	for (size_t i = 0; i < count; i++) {
		if (facts[i].from > day && facts[i].from < next)
			next = facts[i].from;
		if (facts[i].until > day && facts[i].until < next)
			next = facts[i].until;
	}
	return next;
}

/* What can be lived in that day. A home for one child alone has one place, unless more live there all the same. */
static int32_t online(const struct places_sum *sum, int32_t open, int32_t in_use)
{
	int32_t used = in_use < sum->offered ? in_use : sum->offered;
	if (sum->shut)
		return used;
	if (sum->solo && open > 1)
		return used > 1 ? used : 1;
	return open;
}

int32_t places_span_on(const struct places_fact *facts, size_t count, int32_t day, int32_t until,
                       struct places_span *ret_span)
{
	struct places_span span = { .from = day, .until = next_change(facts, count, day, until) };
	struct places_sum *sum = &span.sum;
	places_add_up(facts, count, day, sum);
	places_reckon(sum, &span.levels);
	int32_t others = sum->others == PLACES_UNKNOWN ? 0 : sum->others, in_use = sum->living + sum->held + others;
	span.online = online(sum, span.levels.open, in_use);
	span.over = in_use > sum->offered ? in_use - sum->offered : 0;
	int32_t left = span.online;
	span.booked = take(sum->living, &left);
	span.others = take(others, &left);
	span.held = take(sum->held, &left);
	span.turnaround = take(sum->turnaround, &left);
	span.blocked = take(sum->kept_back ? left : sum->blocked - sum->turnaround, &left);
	span.unused = left;
	*ret_span = span;
	return span.until;
}

void places_count_days(const struct places_fact *facts, size_t count, int32_t from, int32_t until,
                       struct places_days *totals)
{
	struct places_span span;
	for (int32_t day = from; day < until; day = span.until) {
		places_span_on(facts, count, day, until, &span);
		int64_t days = span.until - span.from;
		totals->online += days * span.online;
		totals->booked += days * span.booked;
		totals->others += days * span.others;
		totals->held += days * span.held;
		totals->turnaround += days * span.turnaround;
		totals->blocked += days * span.blocked;
		totals->unused += days * span.unused;
		totals->over += days * span.over;
		totals->turnaround_planned += days * span.sum.turnaround_planned;
		totals->not_recorded += span.sum.recorded ? 0 : days;
		totals->others_unknown += span.sum.others == PLACES_UNKNOWN ? days * span.online : 0;
	}
}

int64_t places_rate(int64_t lived_in, int64_t days)
{
	return days > 0 ? (lived_in * 10000 + days / 2) / days : PLACES_UNKNOWN;
}
