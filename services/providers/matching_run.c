/* matching_run.c: one need against all homes (matching_index.h). Pure: values in, values out. */
#include "matching_index.h"

#include <string.h>

#include "matching_inside.h"

size_t match_run_room(const struct match_index *index)
{
	return index->count + index->count / 64 + 64;
}

void match_run_begin(struct match_run *run, struct match_index *index, const struct match_question *question,
                     struct match_answer *answers, uint32_t *order, size_t room)
{
	*run = (struct match_run){ .index = index, .answers = answers, .order = order, .room = room,
		.seen_changes = index->changes };
	match_prepare(question, &run->prepared);
}

/* ---- looking at homes ---- */

static void count(struct match_run *run, uint64_t out, int by)
{
	run->fits += out ? 0 : (size_t)by;
	for (uint64_t left = out; left; left &= left - 1)
		run->excluded[__builtin_ctzll(left)] += (uint32_t)by;
}

static uint64_t look_at(struct match_run *run, size_t slot)
{
	const struct match_need *need = run->prepared.question.need;
	const struct match_home *home = &run->index->homes[slot];
	const struct match_day *day = match_index_day(run->index, slot, need->day);
	const struct match_offer *offer = NULL;
	struct match_answer *answer = &run->answers[slot];
	if (need->most_pence != MATCH_UNKNOWN)
		offer = match_index_offer(run->index, slot, need->authority, need->day);
	answer->out = match_check(&run->prepared, home, day, offer, &answer->tenths);
	if (!answer->out && !offer)
		offer = match_index_offer(run->index, slot, need->authority, need->day);
	answer->score = answer->out ? 0 : match_score(&run->prepared, home, day, offer, answer->tenths, NULL);
	return answer->out;
}

/* Counts of up to 255 homes side by side: plane n holds bit n of the count of every rule. */
struct planes { uint64_t of[8]; };

static void add(struct planes *planes, uint64_t out)
{
	for (int n = 0; n < 8; n++) {
		uint64_t carried = planes->of[n] & out;
		planes->of[n] ^= out;
		out = carried;
	}
}

static void look_at_some(struct match_run *run, size_t homes)
{
	struct planes planes = { { 0 } };
	size_t fits = 0;
	for (size_t i = 0; i < homes; i++) {
		uint64_t out = look_at(run, run->next++);
		fits += !out;
		add(&planes, out);
	}
	run->fits += fits;
	for (int rule = 0; rule < MATCH_RULES; rule++)
		for (int n = 0; n < 8; n++)
			run->excluded[rule] += (uint32_t)(planes.of[n] >> rule & 1) << n;
}

/* What was put since is looked at again; with more changes than are remembered, everything. */
static void follow(struct match_run *run)
{
	const struct match_index *index = run->index;
	uint64_t since = index->changes - run->seen_changes;
	if (since == 0)
		return;
	run->parted = false;
	if (since > MATCH_CHANGES_KEPT) {
		run->next = run->fits = 0;
		memset(run->excluded, 0, sizeof run->excluded);
	} else {
		for (uint64_t at = run->seen_changes; at < index->changes; at++) {
			size_t slot = index->changed[at % MATCH_CHANGES_KEPT];
			if (slot >= run->next)
				continue;
			count(run, run->answers[slot].out, -1);
			count(run, look_at(run, slot), 1);
		}
	}
	run->seen_changes = index->changes;
}

enum match_step match_run_step(struct match_run *run, size_t homes)
{
	follow(run);
	if (run->index->count > run->room)
		return MATCH_GROWN;
	size_t until = run->index->count - run->next > homes ? run->next + homes : run->index->count;
	if (run->next < until)
		run->parted = false;
	while (run->next < until)
		look_at_some(run, until - run->next < 255 ? until - run->next : 255);
	return run->next < run->index->count ? MATCH_MORE : MATCH_DONE;
}

/* ---- pages ---- */

/* Less comes first. */
static uint64_t key_of(const struct match_answer *answer)
{
	uint64_t tenths = (uint64_t)(uint32_t)answer->tenths;
	if (answer->out)
		return UINT64_C(1) << 63 | (uint64_t)__builtin_popcountll(answer->out) << 32 | tenths;
	return (uint64_t)((int64_t)INT32_MAX - answer->score) << 31 | tenths;
}

static bool before(const struct match_run *run, uint32_t a, uint32_t b)
{
	uint64_t left = key_of(&run->answers[a]), right = key_of(&run->answers[b]);
	if (left != right)
		return left < right;
	return memcmp(&run->index->homes[a].id, &run->index->homes[b].id, sizeof run->index->homes[a].id) < 0;
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t was = *a;
	*a = *b;
	*b = was;
}

/* Those that fit to the front: most pages are of them alone. */
static void part(struct match_run *run)
{
	size_t fit = 0, out = run->fits;
	for (uint32_t slot = 0; slot < run->next; slot++)
		run->order[run->answers[slot].out ? out++ : fit++] = slot;
	run->parted = true;
}

static void insertion_sort(const struct match_run *run, uint32_t *order, size_t from, size_t until)
{
	for (size_t i = from + 1; i < until; i++)
		for (size_t at = i; at > from && before(run, order[at], order[at - 1]); at--)
			swap(&order[at], &order[at - 1]);
}

/* A pivot that no order of the homes can make a bad one twice: always the same, and of no pattern. */
static size_t pivot_in(size_t from, size_t until)
{
	uint64_t mixed = (from * UINT64_C(0x9E3779B97F4A7C15)) ^ (until * UINT64_C(0xD6E8FEB86659FD93));
	return from + (size_t)((mixed ^ mixed >> 31) % (until - from));
}

/* Items below the pivot, the pivot, items above; where the pivot is. */
static size_t divide(const struct match_run *run, uint32_t *order, size_t from, size_t until)
{
	size_t to = from;
	swap(&order[pivot_in(from, until)], &order[until - 1]);
	for (size_t i = from; i < until - 1; i++)
		if (before(run, order[i], order[until - 1]))
			swap(&order[i], &order[to++]);
	swap(&order[to], &order[until - 1]);
	return to;
}

/* [from, until) of the order becomes right in [want, want_until); the rest only as far as that needs. */
static void put_in_order(const struct match_run *run, uint32_t *order, size_t from, size_t until, size_t want, size_t want_until)
{
	while (from < until && want < until && want_until > from) {
		if (until - from <= 16) {
			insertion_sort(run, order, from, until);
			return;
		}
		size_t middle = divide(run, order, from, until);
		/* The lesser side by a call of its own, so that calls nest no deeper than the logarithm. */
		if (middle - from < until - middle - 1) {
			put_in_order(run, order, from, middle, want, want_until);
			from = middle + 1;
		} else {
			put_in_order(run, order, middle + 1, until, want, want_until);
			until = middle;
		}
	}
}

size_t match_page(struct match_run *run, size_t from, size_t until, uint32_t *ret_slots)
{
	if (until > run->next)
		until = run->next;
	if (from >= until)
		return 0;
	if (!run->parted)
		part(run);
	put_in_order(run, run->order, 0, run->fits, from, until);
	put_in_order(run, run->order, run->fits, run->next, from, until);
	memcpy(ret_slots, &run->order[from], (until - from) * sizeof *ret_slots);
	return until - from;
}
