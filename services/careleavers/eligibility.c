/* eligibility.c: one walk over the periods, oldest first, counting each day in care once. */
#include "eligibility.h"

#include <hearth/clock.h>

#define FOR_EVER INT32_MAX

struct walk {
	struct eligibility *is;
	int32_t on;
	int32_t counted_to;          /* days before it have been counted */
	int32_t block_start;         /* of the unbroken time in care that the walk is in */
	int32_t block_end;
	bool began;
	const struct eligibility_thresholds *thresholds;
};

static int32_t later(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int32_t sooner(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

/* Days of a period that count: since 14, not counted yet, up to the day asked about, before 18. */
static void count_days(struct walk *walk, int32_t start, int32_t end)
{
	struct eligibility *is = walk->is;
	int32_t from = later(start, walk->counted_to);
	int32_t to = sooner(sooner(end, is->turns_adult), walk->on + 1);
	if (from >= to)
		return;
	int32_t wanted = walk->thresholds->days_in_care;
	if (is->days < wanted && is->days + (to - from) >= wanted)
		is->reached = from + (wanted - is->days) - 1;
	is->days += to - from;
	is->days_at_part += later(0, to - later(from, is->turns_part));
	walk->counted_to = to;
}

/* The first day on which all of it holds lies inside a period: looked after, 16, and 13 weeks reached. */
static void find_eligible(struct walk *walk, int32_t start, int32_t end)
{
	struct eligibility *is = walk->is;
	if (is->eligible_on != ELIGIBILITY_NO_DAY || is->reached == ELIGIBILITY_NO_DAY)
		return;
	int32_t day = later(later(start, is->turns_part), is->reached);
	if (day < sooner(sooner(end, is->turns_adult), walk->on + 1))
		is->eligible_on = day;
}

static void take_period(struct walk *walk, int32_t start, int32_t end)
{
	if (start > walk->on || start == end)
		return;
	if (!walk->began || start > walk->block_end) {
		walk->block_start = start;
		walk->block_end = end;
		walk->began = true;
	}
	walk->block_end = later(walk->block_end, end);
	count_days(walk, start, end);
	find_eligible(walk, start, end);
}

static void set_status(struct eligibility *is, enum eligibility_status status, int32_t began)
{
	is->status = status;
	is->began = began;
}

static void judge_under_18(const struct walk *walk, struct eligibility *is)
{
	if (is->eligible_on != ELIGIBILITY_NO_DAY && is->looked_after)
		set_status(is, ELIGIBILITY_ELIGIBLE, later(is->eligible_on, walk->block_start));
	else if (is->eligible_on != ELIGIBILITY_NO_DAY)
		set_status(is, ELIGIBILITY_RELEVANT, walk->block_end);
	else if (is->days_at_part > 0 && !is->looked_after)
		set_status(is, ELIGIBILITY_QUALIFYING, walk->block_end);
}

static void judge(const struct walk *walk, int32_t born)
{
	struct eligibility *is = walk->is;
	is->looked_after = walk->began && walk->block_end > walk->on && walk->on < is->turns_adult;
	if (walk->on < is->turns_part || walk->on >= hearth_date_birthday(born, walk->thresholds->request_age))
		return;
	if (walk->on < is->turns_adult)
		judge_under_18(walk, is);
	else if (is->eligible_on != ELIGIBILITY_NO_DAY)
		set_status(is, ELIGIBILITY_FORMER_RELEVANT, is->turns_adult);
	else if (is->days_at_part > 0)
		set_status(is, ELIGIBILITY_QUALIFYING, sooner(walk->block_end, is->turns_adult));
	is->on_request = is->status != ELIGIBILITY_NONE
	                 && walk->on >= hearth_date_birthday(born, walk->thresholds->support_age);
}

int eligibility_on(int32_t born, const struct eligibility_period *periods, size_t count, int32_t on,
                   const struct eligibility_thresholds *thresholds, struct eligibility *ret_eligibility)
{
	struct eligibility is = {
		.status = ELIGIBILITY_NONE,
		.began = ELIGIBILITY_NO_DAY,
		.turns_counted = hearth_date_birthday(born, thresholds->counted_from_age),
		.turns_part = hearth_date_birthday(born, thresholds->part_at_age),
		.turns_adult = hearth_date_birthday(born, thresholds->adult_age),
		.reached = ELIGIBILITY_NO_DAY,
		.eligible_on = ELIGIBILITY_NO_DAY,
	};
	struct walk walk = { .is = &is, .on = on, .counted_to = is.turns_counted, .thresholds = thresholds };
	for (size_t i = 0; i < count; i++) {
		int32_t end = periods[i].end == ELIGIBILITY_NO_DAY ? FOR_EVER : periods[i].end;
		if (end < periods[i].start || (i > 0 && periods[i].start < periods[i - 1].start))
			return -1;
		take_period(&walk, periods[i].start, end);
	}
	judge(&walk, born);
	*ret_eligibility = is;
	return 0;
}
