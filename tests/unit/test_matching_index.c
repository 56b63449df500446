/* test_matching_index.c: a nation's homes at random against needs at random: no rule is outranked, the levels of places
 * stand in order, runs in steps and pages of any size say the same, and what changes meanwhile is seen. */
/* links: services/providers/matching.c services/providers/matching_check.c services/providers/matching_score.c */
/* links: services/providers/matching_day.c services/providers/matching_codes.c services/providers/places_levels.c */
/* links: services/providers/matching_index.c services/providers/matching_run.c */
#include "../support/check_main.h"

#include "../../services/providers/matching_index.h"
#include "matching_oracle.h"

#define HOMES 10000
#define NEEDS 30
#define BYTES_MOST (256u << 20)

static const struct match_adjoining adjoining = { .known = true, .bits = { [NEXT_DOOR / 64] = UINT64_C(1) << NEXT_DOOR % 64 } };

/* An index of homes at random; the homes are those that the seed gives. */
static struct match_index *an_index(unsigned homes)
{
	struct match_index *index = match_index_new(2 * HOMES, BYTES_MOST);
	uint64_t seed = 7;
	for (unsigned i = 0; i < homes; i++) {
		struct random_home home;
		random_home(&seed, i + 1, &home);
		ck_assert_int_eq(match_index_put(index, &home.home), MATCH_PUT_NEW);
	}
	return index;
}

struct asked {
	struct match_need need;
	struct match_law law;
	struct match_weights weights;
	struct match_question question;
	struct match_run run;
	struct match_answer *answers;
	uint32_t *order;
};

static void begin(struct asked *asked, struct match_index *index)
{
	size_t room = match_run_room(index);
	asked->question = (struct match_question){ &asked->need, &asked->law, &asked->weights, &adjoining };
	asked->answers = malloc(room * sizeof *asked->answers);
	asked->order = malloc(room * sizeof *asked->order);
	match_run_begin(&asked->run, index, &asked->question, asked->answers, asked->order, room);
}

static void end(struct asked *asked)
{
	free(asked->answers);
	free(asked->order);
}

static void ask(struct asked *asked, struct match_index *index, size_t at_once)
{
	begin(asked, index);
	enum match_step step;
	while ((step = match_run_step(&asked->run, at_once)) == MATCH_MORE)
		;
	ck_assert_int_eq(step, MATCH_DONE);
}

static void random_question(uint64_t *seed, unsigned number, struct asked *to)
{
	random_need(seed, number, &to->need);
	to->law = law_of_today();
	to->weights = some_weights();
	if (random_one_in(seed, 4))
		to->law.rules[MATCH_LAW_MANAGER_VACANCY].source = "policy";
	if (random_one_in(seed, 4))
		to->law.rules[MATCH_LAW_SUPPORTED_REGISTRATION].source = NULL;
}

/* Weights at their most, at nothing, and at random. */
static void random_weights(uint64_t *seed, struct match_weights *to)
{
	int32_t *weights[] = { &to->distance, &to->education, &to->in_area, &to->adjoining, &to->at_distance, &to->preferred,
		&to->suitable, &to->siblings, &to->companions, &to->capabilities, &to->fee, &to->confirmed, &to->tier };
	*to = some_weights();
	for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++)
		*weights[i] = random_one_in(seed, 3) ? MATCH_WEIGHT_MOST : random_one_in(seed, 2) ? 0 : random_to(seed, MATCH_WEIGHT_MOST);
	for (int i = 0; i < MATCH_ROUTES; i++)
		to->route[i] = random_to(seed, MATCH_WEIGHT_MOST);
	for (int i = 0; i < MATCH_OUTCOMES; i++)
		to->outcome[i] = random_to(seed, MATCH_WEIGHT_MOST);
}

START_TEST(no_hard_rule_is_outranked_by_any_weights)
{
	struct match_index *index = an_index(HOMES);
	uint64_t seed = 11;
	size_t fits = 0, met = 0;
	uint64_t seen = 0;
	static uint32_t slots[HOMES];
	for (unsigned n = 0; n < NEEDS; n++) {
		struct asked asked;
		random_question(&seed, n, &asked);
		random_weights(&seed, &asked.weights);
		ask(&asked, index, 1000);
		ck_assert_uint_eq(match_page(&asked.run, 0, HOMES, slots), HOMES);
		for (size_t rank = 0; rank < HOMES; rank++) {
			const struct match_home *home = match_index_home(index, slots[rank]);
			struct match_explained explained;
			/* the fee is the route's, which has tests of its own */
			if (asked.need.most_pence != MATCH_UNKNOWN)
				match_explain(&asked.question, home, &explained);
			uint64_t out = oracle_out(&asked.need, home, &asked.law,
			                          asked.need.most_pence != MATCH_UNKNOWN ? explained.pence : MATCH_UNKNOWN);
			ck_assert_msg(out == asked.answers[slots[rank]].out, "need %u, home %u: rules %llx, and %llx by the engine", n,
			              slots[rank], (unsigned long long)out, (unsigned long long)asked.answers[slots[rank]].out);
			ck_assert_msg((rank < asked.run.fits) == (out == 0), "need %u: rank %zu of %zu that fit", n, rank, asked.run.fits);
			seen |= out;
			met++;
		}
		fits += asked.run.fits;
		end(&asked);
	}
	ck_assert_uint_eq(met, (size_t)HOMES * NEEDS);
	ck_assert_uint_gt(fits, 1000);
	ck_assert_msg(seen == MATCH_BIT(MATCH_RULES) - 1, "rules that no home broke: %llx",
	              (unsigned long long)(~seen & (MATCH_BIT(MATCH_RULES) - 1)));
	match_index_free(&index);
}
END_TEST

START_TEST(each_level_of_places_is_at_most_the_one_before)
{
	struct match_index *index = an_index(HOMES);
	uint64_t seed = 13;
	size_t offered = 0;
	for (unsigned n = 0; n < 5; n++) {
		struct asked asked;
		random_question(&seed, n, &asked);
		asked.question = (struct match_question){ &asked.need, &asked.law, &asked.weights, &adjoining };
		for (size_t slot = 0; slot < HOMES; slot++) {
			struct match_explained explained;
			match_explain(&asked.question, match_index_home(index, slot), &explained);
			const struct match_levels *levels = &explained.levels;
			ck_assert_int_ge(levels->for_child, 0);
			ck_assert_int_le(levels->for_child, levels->offerable);
			ck_assert_int_le(levels->offerable, levels->open);
			if (levels->registered != MATCH_UNKNOWN)
				ck_assert_int_le(levels->open, levels->registered);
			ck_assert_int_eq(explained.out == 0, levels->for_child >= asked.need.children &&
			                 !(explained.out & MATCH_BIT(MATCH_SIBLINGS_ONLY)));
			offered += levels->for_child > 0;
		}
	}
	ck_assert_uint_gt(offered, 100);
	match_index_free(&index);
}
END_TEST

START_TEST(the_explanation_is_the_answer)
{
	struct match_index *index = an_index(2000);
	uint64_t seed = 17;
	for (unsigned n = 0; n < 20; n++) {
		struct asked asked;
		size_t excluded[MATCH_RULES] = { 0 };
		random_question(&seed, n, &asked);
		ask(&asked, index, 77);
		for (size_t slot = 0; slot < 2000; slot++) {
			struct match_explained explained;
			match_explain(&asked.question, match_index_home(index, slot), &explained);
			ck_assert_uint_eq(explained.out, asked.answers[slot].out);
			ck_assert_int_eq(explained.score, asked.answers[slot].score);
			ck_assert_int_eq(explained.tenths == MATCH_UNKNOWN ? INT32_MAX : explained.tenths, asked.answers[slot].tenths);
			for (int rule = 0; rule < MATCH_RULES; rule++)
				excluded[rule] += explained.out >> rule & 1;
		}
		for (int rule = 0; rule < MATCH_RULES; rule++)
			ck_assert_uint_eq(excluded[rule], asked.run.excluded[rule]);
		end(&asked);
	}
	match_index_free(&index);
}
END_TEST

static void same_answers(const struct asked *a, const struct asked *b, size_t count)
{
	ck_assert_uint_eq(a->run.fits, b->run.fits);
	ck_assert_mem_eq(a->run.excluded, b->run.excluded, sizeof a->run.excluded);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(a->answers[i].out, b->answers[i].out);
		ck_assert_int_eq(a->answers[i].score, b->answers[i].score);
		ck_assert_int_eq(a->answers[i].tenths, b->answers[i].tenths);
	}
}

/* Homes with a later revision, some of them new. */
static void change(struct match_index *index, uint64_t *seed, unsigned homes, unsigned of, int64_t revision)
{
	for (unsigned i = 0; i < homes; i++) {
		struct random_home home;
		random_home(seed, 1 + (unsigned)random_to(seed, (int)of), &home);
		home.home.revision = revision;
		match_index_put(index, &home.home);
	}
}

START_TEST(what_changes_while_a_run_is_under_way_is_in_its_answer)
{
	struct match_index *index = an_index(3000);
	uint64_t seed = 19;
	for (unsigned n = 0; n < 30; n++) {
		struct asked slow, fresh;
		size_t changes = n % 3 == 2 ? 5000 : 40;     /* more than are remembered, too */
		random_question(&seed, n, &slow);
		fresh = slow;
		begin(&slow, index);
		for (int step = 0; match_run_step(&slow.run, 500) == MATCH_MORE; step++)
			if (step == 2)
				change(index, &seed, (unsigned)changes, 3005, 2 + n);
		change(index, &seed, 3, 3005, 100 + n);      /* and after it was done, before it is shown */
		ck_assert_int_eq(match_run_step(&slow.run, 100000), MATCH_DONE);
		ask(&fresh, index, 100000);
		same_answers(&slow, &fresh, match_index_count(index));
		end(&slow);
		end(&fresh);
	}
	match_index_free(&index);
}
END_TEST

START_TEST(a_run_that_has_no_room_for_new_homes_says_so)
{
	struct match_index *index = an_index(10);
	struct asked asked;
	uint64_t seed = 23;
	random_question(&seed, 1, &asked);
	ask(&asked, index, 100);
	for (unsigned i = 0; i < 200; i++) {
		struct random_home home;
		random_home(&seed, 5000 + i, &home);
		match_index_put(index, &home.home);
	}
	ck_assert_int_eq(match_run_step(&asked.run, 100), MATCH_GROWN);
	end(&asked);
	match_index_free(&index);
}
END_TEST

/* ---- pages ---- */

static const struct asked *comparing;

static int by_rank(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const struct match_answer *x = &comparing->answers[a], *y = &comparing->answers[b];
	if (!x->out != !y->out)
		return x->out ? 1 : -1;
	if (!x->out && x->score != y->score)
		return x->score > y->score ? -1 : 1;
	int rules = __builtin_popcountll(x->out), others = __builtin_popcountll(y->out);
	if (rules != others)
		return rules < others ? -1 : 1;
	if (x->tenths != y->tenths)
		return x->tenths < y->tenths ? -1 : 1;
	return memcmp(&match_index_home(comparing->run.index, a)->id, &match_index_home(comparing->run.index, b)->id, 16);
}

START_TEST(pages_of_any_size_in_any_order_are_the_whole_ranking)
{
	static const size_t sizes[] = { 1, 7, 50, 333, 3000 };
	struct match_index *index = an_index(3000);
	static uint32_t all[3000], slots[3000];
	uint64_t seed = 29;
	for (unsigned n = 0; n < 10; n++) {
		struct asked asked;
		random_question(&seed, n, &asked);
		if (n == 0)
			memset(&asked.weights.distance, 0, sizeof asked.weights - offsetof(struct match_weights, distance));
		ask(&asked, index, 3000);
		for (uint32_t i = 0; i < 3000; i++)
			all[i] = i;
		comparing = &asked;
		qsort(all, 3000, sizeof *all, by_rank);
		for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
			for (size_t page = 0; page * sizes[s] < 3000; page++) {
				/* from both ends, by turns */
				size_t pages = (3000 + sizes[s] - 1) / sizes[s];
				size_t from = (page % 2 ? pages - 1 - page / 2 : page / 2) * sizes[s];
				size_t count = match_page(&asked.run, from, from + sizes[s], slots);
				ck_assert_uint_eq(count, from + sizes[s] > 3000 ? 3000 - from : sizes[s]);
				ck_assert_mem_eq(slots, &all[from], count * sizeof *slots);
			}
		ck_assert_uint_eq(match_page(&asked.run, 3000, 3050, slots), 0);
		end(&asked);
	}
	match_index_free(&index);
}
END_TEST

/* ---- the index ---- */

START_TEST(an_older_revision_changes_nothing)
{
	struct match_index *index = match_index_new(10, BYTES_MOST);
	struct match_home home = a_household();
	size_t slot = 99;
	home.revision = 5;
	ck_assert(!match_index_find(index, &home.id, &slot));
	ck_assert_int_eq(match_index_put(index, &home), MATCH_PUT_NEW);
	home.places = 7;
	ck_assert_int_eq(match_index_put(index, &home), MATCH_PUT_NOT_NEWER);
	home.revision = 4;
	ck_assert_int_eq(match_index_put(index, &home), MATCH_PUT_NOT_NEWER);
	ck_assert(match_index_find(index, &home.id, &slot));
	ck_assert_int_eq(match_index_home(index, slot)->places, 2);
	home.revision = 6;
	ck_assert_int_eq(match_index_put(index, &home), MATCH_PUT_REPLACED);
	ck_assert_int_eq(match_index_home(index, slot)->places, 7);
	ck_assert_int_eq(match_index_revision(index), 6);
	match_index_advance(index, 9);
	match_index_advance(index, 8);
	ck_assert_int_eq(match_index_revision(index), 9);
	ck_assert_uint_eq(match_index_count(index), 1);
	match_index_free(&index);
	ck_assert_ptr_null(index);
}
END_TEST

START_TEST(lists_are_the_indexs_own_and_routes_stand_by_council)
{
	struct match_index *index = match_index_new(10, BYTES_MOST);
	struct match_home home = a_household();
	struct match_route routes[] = { { .authority = OWN, .route = MATCH_SPOT, .pence = 1 }, { .authority = 0, .route = MATCH_BLOCK },
		{ .authority = OWN, .route = MATCH_BLOCK, .pence = 2 } };
	struct match_resident there = a_resident(4, 9);
	home.routes = routes;
	home.route_count = 3;
	home.residents = &there;
	home.resident_count = 1;
	match_index_put(index, &home);
	memset(routes, 0, sizeof routes);
	memset(&there, 0, sizeof there);
	const struct match_home *kept = match_index_home(index, 0);
	ck_assert_int_eq(kept->routes[0].authority, 0);
	ck_assert_int_eq(kept->routes[1].pence, 1);
	ck_assert_int_eq(kept->routes[2].pence, 2);
	ck_assert_int_eq(kept->residents[0].age, 9);
	match_index_free(&index);
}
END_TEST

START_TEST(a_full_index_says_so_and_memory_is_counted)
{
	struct match_index *index = match_index_new(3, BYTES_MOST);
	struct match_home home = a_household();
	size_t empty = match_index_bytes(index);
	for (unsigned i = 1; i <= 3; i++) {
		home.id = id_of(i);
		ck_assert_int_eq(match_index_put(index, &home), MATCH_PUT_NEW);
	}
	home.id = id_of(4);
	ck_assert_int_eq(match_index_put(index, &home), MATCH_PUT_FULL);
	home.id = id_of(2);
	home.revision = 2;
	ck_assert_int_eq(match_index_put(index, &home), MATCH_PUT_REPLACED);
	ck_assert_uint_gt(match_index_bytes(index), empty);
	match_index_reset(index);
	ck_assert_uint_eq(match_index_bytes(index), empty);
	ck_assert_uint_eq(match_index_count(index), 0);
	ck_assert_int_eq(match_index_revision(index), 0);
	match_index_free(&index);
	index = match_index_new(100, 10000);
	ck_assert_int_eq(match_index_put(index, &home), MATCH_PUT_FULL);
	match_index_free(&index);
}
END_TEST

START_TEST(a_run_across_a_reset_begins_anew)
{
	struct match_index *index = an_index(100);
	struct asked asked, fresh;
	struct random_home home;
	uint64_t seed = 31;
	random_question(&seed, 1, &asked);
	fresh = asked;
	begin(&asked, index);
	ck_assert_int_eq(match_run_step(&asked.run, 50), MATCH_MORE);
	match_index_reset(index);
	for (unsigned i = 0; i < 20; i++) {
		random_home(&seed, 900 + i, &home);
		match_index_put(index, &home.home);
	}
	ck_assert_int_eq(match_run_step(&asked.run, 50), MATCH_DONE);
	ask(&fresh, index, 50);
	same_answers(&asked, &fresh, 20);
	end(&asked);
	end(&fresh);
	match_index_free(&index);
}
END_TEST

START_TEST(a_day_asked_for_does_not_change_another)
{
	struct match_index *index = an_index(2000);
	uint64_t seed = 37;
	struct asked asked;
	random_question(&seed, 1, &asked);
	for (int i = 0; i < 60; i++) {
		asked.need.day = TODAY + random_to(&seed, 1200) - 400;
		ask(&asked, index, 2000);
		for (size_t slot = 0; slot < 2000; slot++) {
			struct match_explained explained;
			match_explain(&asked.question, match_index_home(index, slot), &explained);
			ck_assert_uint_eq(explained.out, asked.answers[slot].out);
		}
		end(&asked);
	}
	match_index_free(&index);
}
END_TEST

START_TEST(homes_are_found_by_their_ids_among_many)
{
	struct match_index *index = an_index(HOMES);
	for (unsigned i = 0; i < HOMES; i++) {
		struct match_id id = id_of(i + 1);
		size_t slot;
		ck_assert(match_index_find(index, &id, &slot));
		ck_assert_uint_eq(slot, i);
	}
	struct match_id unknown = id_of(HOMES + 1);
	size_t slot;
	ck_assert(!match_index_find(index, &unknown, &slot));
	match_index_free(&index);
}
END_TEST

int main(void)
{
	struct check_options options = { .timeout = 60 };
	return CHECK_MAIN_WITH(&options, "matching_index", no_hard_rule_is_outranked_by_any_weights,
	                       each_level_of_places_is_at_most_the_one_before, the_explanation_is_the_answer,
	                       what_changes_while_a_run_is_under_way_is_in_its_answer,
	                       a_run_that_has_no_room_for_new_homes_says_so,
	                       pages_of_any_size_in_any_order_are_the_whole_ranking, an_older_revision_changes_nothing,
	                       lists_are_the_indexs_own_and_routes_stand_by_council,
	                       a_full_index_says_so_and_memory_is_counted, a_run_across_a_reset_begins_anew,
	                       a_day_asked_for_does_not_change_another, homes_are_found_by_their_ids_among_many);
}
