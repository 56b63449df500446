/* matching_group.c: see matching_group.h. Pure: values in, values out.
 *
 * Each home is checked for each child, as one of all; what does not depend on how many they are tells who could live there,
 * and numbers tell how many at once. For each set of children the nearest homes that could take just these are kept: more
 * homes than there are children, so that the fewest homes are found for certain. Then splits are tried, depth first.
 */
#include "matching_group.h"

#include <string.h>

#include "matching_inside.h"

#define COUNTING (MATCH_NUMBER_RULES | MATCH_BIT(MATCH_SIBLINGS_ONLY) | MATCH_BIT(MATCH_SOLO_HOME))

static unsigned bits(unsigned set)
{
	return (unsigned)__builtin_popcount(set);
}

static void begin_anew(struct match_group *group)
{
	group->next = group->together_count = group->near_count = group->tries = 0;
	group->seen_changes = group->index->changes;
	group->largest = group->depth = 0;
	group->finished = false;
	group->split = (struct match_split){ .unplaced = UINT16_MAX };
	memset(group->excluded, 0, sizeof group->excluded);
	memset(group->kept, 0, sizeof group->kept);
}

void match_group_begin(struct match_group *group, struct match_index *index, const struct match_question *questions,
                       unsigned count)
{
	group->index = index;
	group->count = count < MATCH_CHILDREN_MOST ? count : MATCH_CHILDREN_MOST;
	group->solo = 0;
	group->restarts = 0;
	for (unsigned i = 0; i < group->count; i++) {
		struct match_question question = questions[i];
		group->needs[i] = *question.need;
		group->needs[i].children = 1;        /* each is asked for by name */
		question.need = &group->needs[i];
		match_prepare(&question, &group->alone[i]);
		group->together_as[i] = group->alone[i];
		group->together_as[i].children = (int16_t)group->count;
		group->solo |= (uint16_t)((group->needs[i].companions == MATCH_SOLO) << i);
	}
	begin_anew(group);
}

/* ---- one home ---- */

struct looked {
	size_t slot;
	const struct match_home *home;
	const struct match_day *day;
	uint64_t out;                    /* against all together */
	unsigned fit, pass;              /* bits: could live there; may pass the fostering limit */
	int32_t tenths[MATCH_CHILDREN_MOST], score_alone[MATCH_CHILDREN_MOST], score_together[MATCH_CHILDREN_MOST];
};

static void look(struct match_group *group, size_t slot, struct looked *ret)
{
	*ret = (struct looked){ .slot = slot, .home = &group->index->homes[slot] };
	for (unsigned i = 0; i < group->count; i++) {
		const struct match_prepared *as = &group->together_as[i];
		const struct match_need *need = as->question.need;
		const struct match_offer *offer = match_index_offer(group->index, slot, need->authority, need->day);
		ret->day = match_index_day(group->index, slot, need->day);
		uint64_t out = match_check(as, ret->home, ret->day, offer, &ret->tenths[i]);
		if (out & ~COUNTING) {
			ret->out |= out;
			continue;
		}
		ret->fit |= 1U << i;
		ret->pass |= (unsigned)match_limit_may_be_passed(need, ret->home) << i;
		ret->out |= out;
		ret->score_alone[i] = match_score(&group->alone[i], ret->home, ret->day, offer, ret->tenths[i], NULL);
		ret->score_together[i] = match_score(as, ret->home, ret->day, offer, ret->tenths[i], NULL);
	}
	if (group->count > 1 && group->solo)
		ret->out |= MATCH_BIT(MATCH_SOLO_CHILD);
}

/* Numbers, for a set of children each of whom could live there. */
static bool takes(const struct match_group *group, const struct looked *looked, unsigned set)
{
	const struct match_day *day = looked->day;
	int children = (int)bits(set), together = day->living + children;
	if (children > day->offerable || (children > 1 && set & group->solo))
		return false;
	if (day->flags & MATCH_DAY_FOSTERING && day->living > 0 && together > group->alone[0].fostering_limit &&
	    (set & looked->pass) != set)
		return false;
	return !(day->flags & MATCH_DAY_SIBLINGS_ONLY && children < 2) && !(day->flags & MATCH_DAY_SOLO && together > 1);
}

static struct match_share share_of(const struct match_group *group, const struct looked *looked, unsigned set)
{
	struct match_share share = { .children = (uint16_t)set, .slot = (uint32_t)looked->slot };
	for (unsigned i = 0; i < group->count; i++) {
		if (!(set >> i & 1))
			continue;
		share.tenths += looked->tenths[i] < MATCH_GROUP_FAR ? looked->tenths[i] : MATCH_GROUP_FAR;
		share.score += bits(set) > 1 ? looked->score_together[i] : looked->score_alone[i];
	}
	return share;
}

/* ---- what is kept ---- */

static int by_id(const struct match_group *group, uint32_t a, uint32_t b)
{
	return memcmp(&group->index->homes[a].id, &group->index->homes[b].id, sizeof group->index->homes[a].id);
}

static bool nearer(const struct match_group *group, const struct match_share *a, const struct match_share *b)
{
	if (a->tenths != b->tenths)
		return a->tenths < b->tenths;
	return a->score != b->score ? a->score > b->score : by_id(group, a->slot, b->slot) < 0;
}

static bool better(const struct match_group *group, const struct match_share *a, const struct match_share *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	return a->tenths != b->tenths ? a->tenths < b->tenths : by_id(group, a->slot, b->slot) < 0;
}

typedef bool first_fn(const struct match_group *group, const struct match_share *a, const struct match_share *b);

/* Into a list in order, of at most `most`; how many it holds then. */
static size_t keep(const struct match_group *group, struct match_share *list, size_t count, size_t most,
                   const struct match_share *share, first_fn *first)
{
	size_t at = count;
	if (count == most && !first(group, share, &list[most - 1]))
		return count;
	if (count == most)
		at--;
	else
		count++;
	for (; at && first(group, share, &list[at - 1]); at--)
		list[at] = list[at - 1];
	list[at] = *share;
	return count;
}

static bool nearer_to_all(const struct match_group *group, const struct match_near *a, const struct match_near *b)
{
	int left = __builtin_popcountll(a->out), right = __builtin_popcountll(b->out);
	if (left != right)
		return left < right;
	return a->tenths != b->tenths ? a->tenths < b->tenths : by_id(group, a->slot, b->slot) < 0;
}

static int blocking(const struct match_group *group, const struct match_home *home)
{
	for (unsigned i = 0; i < group->count; i++) {
		int resident = match_blocking_resident(&group->needs[i], home);
		if (resident != MATCH_UNKNOWN)
			return resident;
	}
	return MATCH_UNKNOWN;
}

/* Not for all: by which rules. A home where none of them could live says nothing of their being together. */
static void keep_near(struct match_group *group, const struct looked *looked)
{
	struct match_near near = { .slot = (uint32_t)looked->slot, .out = looked->out, .tenths = looked->tenths[0] };
	for (unsigned i = 0; i < group->count; i++)
		near.fit |= (uint16_t)((looked->fit >> i & 1 && takes(group, looked, 1U << i)) << i);
	if (!near.fit)
		return;
	size_t count = group->near_count, at;
	if (count == MATCH_NEAR_KEPT && !nearer_to_all(group, &near, &group->near[count - 1]))
		return;
	near.resident = blocking(group, looked->home);
	at = count < MATCH_NEAR_KEPT ? group->near_count++ : count - 1;
	for (; at && nearer_to_all(group, &near, &group->near[at - 1]); at--)
		group->near[at] = group->near[at - 1];
	group->near[at] = near;
}

/* How much was looked at. */
static size_t look_at(struct match_group *group, size_t slot)
{
	unsigned all = (1U << group->count) - 1;
	struct looked looked;
	look(group, slot, &looked);
	for (unsigned set = looked.fit; set; set = (set - 1) & looked.fit) {
		if (!takes(group, &looked, set))
			continue;
		struct match_share share = share_of(group, &looked, set);
		group->kept[set] = (uint16_t)keep(group, group->homes[set], group->kept[set], MATCH_SUBSET_HOMES, &share, nearer);
		if (bits(set) > group->largest)
			group->largest = bits(set);
		if (set != all)
			continue;
		size_t kept = group->together_count < MATCH_TOGETHER_KEPT ? group->together_count : MATCH_TOGETHER_KEPT;
		keep(group, group->together, kept, MATCH_TOGETHER_KEPT, &share, better);
		group->together_count++;
	}
	if (looked.fit != all || !takes(group, &looked, all)) {
		for (uint64_t left = looked.out; left; left &= left - 1)
			group->excluded[__builtin_ctzll(left)]++;
		keep_near(group, &looked);
	}
	return group->count + (1U << bits(looked.fit)) / 4;
}

/* ---- splits ---- */

static int32_t between(const struct match_group *group, uint32_t a, uint32_t b)
{
	int32_t tenths = match_tenths(group->index->homes[a].grid, group->index->homes[b].grid);
	return tenths == MATCH_UNKNOWN || tenths > MATCH_GROUP_FAR ? MATCH_GROUP_FAR : tenths;
}

/* Could the split, with `remaining` children still to be placed, become better than the best so far? */
static bool promises(const struct match_group *group, const struct match_split *split, unsigned remaining)
{
	const struct match_split *best = &group->split;
	unsigned left = bits(split->unplaced), kept = bits(best->unplaced);
	unsigned homes = split->share_count + (group->largest ? (bits(remaining) + group->largest - 1) / group->largest : 0);
	if (left != kept)
		return left < kept;
	if (homes != best->share_count)
		return homes < best->share_count;
	if (split->tenths != best->tenths)
		return split->tenths < best->tenths;
	return remaining || split->score > best->score;
}

static void attempt(struct match_group *group, const struct match_split *split, unsigned remaining)
{
	if (!promises(group, split, remaining))
		return;
	if (!remaining) {
		group->split = *split;
		return;
	}
	struct match_attempt *next = &group->attempts[group->depth++];
	unsigned first = remaining & -remaining;
	*next = (struct match_attempt){ .remaining = (uint16_t)remaining, .rest = (uint16_t)(remaining ^ first),
		.set = (uint16_t)remaining, .split = *split };
}

static bool is_used(const struct match_split *split, uint32_t slot)
{
	for (unsigned i = 0; i < split->share_count; i++)
		if (split->shares[i].slot == slot)
			return true;
	return false;
}

/* The next home for the set that is tried. */
static void try_home(struct match_group *group, const struct match_attempt *now, const struct match_share *share)
{
	struct match_split split = now->split;
	if (is_used(&split, share->slot))
		return;
	split.tenths += share->tenths;
	split.score += share->score;
	for (unsigned i = 0; i < split.share_count; i++)
		split.tenths += between(group, split.shares[i].slot, share->slot);
	split.shares[split.share_count++] = *share;
	attempt(group, &split, now->remaining & ~(unsigned)now->set);
}

/* One step of the search: the first child that is left in each set with the others, in each of its homes; or nowhere. */
static void try_next(struct match_group *group)
{
	struct match_attempt *now = &group->attempts[group->depth - 1];
	unsigned first = now->remaining ^ now->rest;
	group->tries++;
	if (now->at < group->kept[now->set]) {
		const struct match_share *share = &group->homes[now->set][now->at++];
		try_home(group, now, share);
	} else if (now->set != first) {
		now->set = (uint16_t)((((unsigned)now->set ^ first) - 1) & now->rest) | (uint16_t)first;
		now->at = 0;
	} else {
		struct match_split split = now->split;
		unsigned rest = now->rest;
		split.unplaced |= (uint16_t)first;
		group->depth--;
		attempt(group, &split, rest);
	}
}

/* All homes, as far as this step may; true when none is left. */
static bool look_at_homes(struct match_group *group, size_t homes)
{
	for (size_t used = 0; group->next < group->index->count; ) {
		if (used >= homes)
			return false;
		used += look_at(group, group->next++);
	}
	return true;
}

enum match_step match_group_step(struct match_group *group, size_t homes)
{
	size_t tries_most = MATCH_GROUP_TRIES;
	if (group->seen_changes != group->index->changes) {
		begin_anew(group);
		group->restarts++;
	}
	if (group->restarts > MATCH_GROUP_RESTARTS) {
		homes = SIZE_MAX;
		tries_most /= 8;
	}
	if (!look_at_homes(group, homes))
		return MATCH_MORE;
	if (group->together_count || group->finished)
		return MATCH_DONE;
	if (!group->tries)
		attempt(group, &(struct match_split){ 0 }, (1U << group->count) - 1);
	for (size_t i = 0; group->depth && i < homes && group->tries < tries_most; i++)
		try_next(group);
	group->finished = group->depth == 0;
	return group->finished || group->tries >= tries_most ? MATCH_DONE : MATCH_MORE;
}
