/* places_levels.c: see places_levels.h. Pure: values in, values out. */
#include "places_levels.h"

#include <string.h>

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static bool holds(const struct places_fact *fact, int32_t day)
{
	return fact->from <= day && day < fact->until;
}

static int32_t bounded(int32_t places)
{
	return places < 0 ? 0 : least(places, PLACES_MOST);
}

/* The lesser of two of which the first may be unknown. */
static int32_t lower(int32_t known, int32_t places)
{
	return known == PLACES_UNKNOWN ? places : least(known, places);
}

static void add(struct places_sum *sum, const struct places_fact *fact)
{
	int32_t places = bounded(fact->places);
	switch (fact->kind) {
	case PLACES_REGISTERED:
	case PLACES_LIMIT: sum->registered = lower(sum->registered, places); break;
	case PLACES_UNREGISTERED: sum->registered = 0; break;
	case PLACES_OFFERED: sum->offered = bounded(sum->offered + places); sum->recorded = true; break;
	case PLACES_SHUT: sum->shut = true; break;
	case PLACES_LIVED_IN:
		sum->living = bounded(sum->living + places);
		sum->own_living = bounded(sum->own_living + (fact->own ? places : 0));
		break;
	case PLACES_OTHERS: sum->others = bounded((sum->others == PLACES_UNKNOWN ? 0 : sum->others) + places); break;
	case PLACES_HELD:
		sum->held = bounded(sum->held + places);
		sum->own_held = bounded(sum->own_held + (fact->own ? places : 0));
		break;
	case PLACES_TURNAROUND: sum->turnaround = bounded(sum->turnaround + places); /* fall through */
	case PLACES_BLOCKED: sum->blocked = bounded(sum->blocked + places); break;
	case PLACES_TURNAROUND_PLANNED: sum->turnaround_planned = bounded(sum->turnaround_planned + places); break;
	case PLACES_KEPT_BACK: sum->kept_back = true; break;
	case PLACES_SOLO: sum->solo = true; break;
	}
}

void places_add_up(const struct places_fact *facts, size_t count, int32_t day, struct places_sum *ret_sum)
{
	struct places_sum sum = { .registered = PLACES_UNKNOWN, .others = PLACES_UNKNOWN };
	for (size_t i = 0; i < count; i++)
		if (holds(&facts[i], day))
			add(&sum, &facts[i]);
	*ret_sum = sum;
}

void places_reckon(const struct places_sum *sum, struct places_levels *ret_levels)
{
	int32_t others = sum->others == PLACES_UNKNOWN ? 0 : sum->others;
	int64_t in_use = (int64_t)sum->living + sum->held + others;
	int64_t left = sum->shut ? 0 : lower(sum->registered, sum->offered);
	ret_levels->registered = sum->registered;
	ret_levels->open = (int32_t)left;
	left -= in_use + sum->blocked;
	if (sum->kept_back || left < 0)
		left = 0;
	if (sum->solo)
		left = in_use > 0 ? 0 : left > 1 ? 1 : left;
	ret_levels->offerable = (int32_t)left;
}

/* ---- reasons ---- */

/* The reason of this level, code and end; the reasons beyond the most that fit are one, FURTHER. */
static struct places_reason *reason_of(struct places_explained *to, int level, const char *code, int32_t until)
{
	for (size_t i = 0; i < to->reason_count; i++) {
		struct places_reason *known = &to->reasons[i];
		if (known->level == level && known->until == until && strcmp(known->code, code) == 0)
			return known;
	}
	if (to->reason_count >= PLACES_REASONS_MOST - PLACES_LEVELS && strcmp(code, "FURTHER") != 0)
		return reason_of(to, level, "FURTHER", PLACES_NO_DAY);
	to->reasons[to->reason_count] = (struct places_reason){ .level = level, .code = code, .until = until };
	return &to->reasons[to->reason_count++];
}

/* Takes up to `count` of what is left. */
static void take(struct places_explained *to, int level, const char *code, int32_t count, int32_t until, int32_t *left)
{
	struct places_reason *reason = reason_of(to, level, code, until);
	int32_t taken = least(count, *left);
	reason->places += taken;
	reason->count = bounded(reason->count + count);
	*left -= taken;
}

/* From the most that any registration names down to what conditions leave; what is left is registered. */
static void explain_registered(const struct places_fact *facts, size_t count, int32_t day, struct places_explained *to)
{
	int32_t left = 0;
	for (size_t i = 0; i < count; i++)
		if (holds(&facts[i], day) && (facts[i].kind == PLACES_REGISTERED || facts[i].kind == PLACES_LIMIT) &&
		    bounded(facts[i].places) > left)
			left = bounded(facts[i].places);
	for (size_t i = 0; i < count; i++) {
		const struct places_fact *fact = &facts[i];
		if (!holds(fact, day))
			continue;
		if ((fact->kind == PLACES_LIMIT || fact->kind == PLACES_REGISTERED) && bounded(fact->places) < left)
			take(to, 1, fact->code ? fact->code : "REGISTERED_PLACES", left - bounded(fact->places), fact->until, &left);
		else if (fact->kind == PLACES_UNREGISTERED)
			take(to, 1, fact->code, left, fact->until, &left);
	}
}

static void explain_open(const struct places_fact *facts, size_t count, int32_t day, struct places_explained *to)
{
	int32_t registered = to->sum.registered, offered = to->sum.offered;
	int32_t left = registered == PLACES_UNKNOWN ? offered : registered;
	if (!to->sum.recorded)
		take(to, 2, "NOT_RECORDED", left, PLACES_NO_DAY, &left);
	else if (registered == PLACES_UNKNOWN)
		take(to, 2, "REGISTERED_PLACES_UNKNOWN", 0, PLACES_NO_DAY, &left);
	else if (offered < registered)
		take(to, 2, "NOT_OFFERED", registered - offered, PLACES_NO_DAY, &left);
	else if (offered > registered)      /* what is beyond the registration was never counted */
		reason_of(to, 2, "ABOVE_REGISTRATION", PLACES_NO_DAY)->count = offered - registered;
	int32_t all = left;
	for (size_t i = 0; i < count; i++)
		if (facts[i].kind == PLACES_SHUT && holds(&facts[i], day))
			take(to, 2, facts[i].code, all, facts[i].until, &left);
}

/* In this order: who is there comes before what is kept back. */
static void explain_offerable(const struct places_fact *facts, size_t count, int32_t day, struct places_explained *to)
{
	const struct places_sum *sum = &to->sum;
	int32_t left = to->levels.open;
	int32_t in_use = bounded(sum->living + sum->held + (sum->others == PLACES_UNKNOWN ? 0 : sum->others));
	if (sum->living > 0)
		take(to, 3, "LIVED_IN", sum->living, PLACES_NO_DAY, &left);
	if (sum->others == PLACES_UNKNOWN)
		take(to, 3, "OTHER_CHILDREN_UNKNOWN", 0, PLACES_NO_DAY, &left);
	else if (sum->others > 0)
		take(to, 3, "OTHER_CHILDREN", sum->others, PLACES_NO_DAY, &left);
	for (size_t i = 0; i < count; i++)
		if (facts[i].kind == PLACES_HELD && holds(&facts[i], day))
			take(to, 3, "HELD", bounded(facts[i].places), facts[i].until, &left);
	for (size_t i = 0; i < count; i++)
		if ((facts[i].kind == PLACES_BLOCKED || facts[i].kind == PLACES_TURNAROUND) && holds(&facts[i], day))
			take(to, 3, facts[i].code, bounded(facts[i].places), facts[i].until, &left);
	for (size_t i = 0; i < count; i++)
		if (facts[i].kind == PLACES_KEPT_BACK && holds(&facts[i], day))
			take(to, 3, facts[i].code, left, facts[i].until, &left);
	if (sum->solo && (in_use > 0 || left > 1))
		take(to, 3, "SOLO", in_use > 0 ? left : left - 1, PLACES_NO_DAY, &left);
}

void places_explain(const struct places_fact *facts, size_t count, int32_t day, struct places_explained *ret_explained)
{
	struct places_explained to = { .reason_count = 0 };
	places_add_up(facts, count, day, &to.sum);
	places_reckon(&to.sum, &to.levels);
	explain_registered(facts, count, day, &to);
	explain_open(facts, count, day, &to);
	explain_offerable(facts, count, day, &to);
	*ret_explained = to;
}

/* ---- whose ---- */

void places_used(const struct places_sum *sum, struct places_use *ret_use)
{
	struct places_use use = { .places = sum->offered, .own = sum->own_living };
	use.others = bounded(sum->living - sum->own_living + (sum->others == PLACES_UNKNOWN ? 0 : sum->others));
	int32_t left = sum->offered - use.own - use.others;
	left = left < 0 ? 0 : left;
	use.kept_back = least(sum->blocked, left);
	left -= use.kept_back;
	if (sum->others == PLACES_UNKNOWN)
		use.not_known = left;
	else
		use.empty = left;
	*ret_use = use;
}
