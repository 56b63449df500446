/* test_matching_group.c: brothers and sisters: together where they can be, else the split that trying all of them finds. */
/* links: services/providers/matching.c services/providers/matching_check.c services/providers/matching_score.c */
/* links: services/providers/matching_day.c services/providers/matching_codes.c services/providers/places_levels.c */
/* links: services/providers/matching_index.c services/providers/matching_run.c services/providers/matching_group.c */
#include "../support/check_main.h"

#include "../../services/providers/matching_group.h"
#include "matching_oracle.h"

#define BYTES_MOST (64u << 20)

static const struct match_adjoining adjoining = { .known = true, .bits = { [NEXT_DOOR / 64] = UINT64_C(1) << NEXT_DOOR % 64 } };
static struct match_group group;

struct siblings {
	unsigned count;
	struct match_need needs[MATCH_CHILDREN_MOST];
	struct match_law law;
	struct match_weights weights;
	struct match_question questions[MATCH_CHILDREN_MOST];
};

static void three_siblings(struct siblings *to)
{
	static const int16_t ages[] = { 4, 7, 11 };
	*to = (struct siblings){ .count = 3, .law = law_of_today(), .weights = some_weights() };
	for (unsigned i = 0; i < 3; i++) {
		to->needs[i] = a_need();
		to->needs[i].child = id_of(800010 + i);
		to->needs[i].age = ages[i];
	}
}

static void match(struct siblings *siblings, struct match_index *index, size_t at_once)
{
	for (unsigned i = 0; i < siblings->count; i++)
		siblings->questions[i] = (struct match_question){ &siblings->needs[i], &siblings->law, &siblings->weights, &adjoining };
	match_group_begin(&group, index, siblings->questions, siblings->count);
	for (size_t steps = 0; match_group_step(&group, at_once) != MATCH_DONE; steps++)
		ck_assert_uint_lt(steps, 10000000);
}

static struct match_index *index_of(const struct match_home *homes, size_t count)
{
	struct match_index *index = match_index_new(100, BYTES_MOST);
	for (size_t i = 0; i < count; i++) {
		struct match_home home = homes[i];
		home.id = id_of((unsigned)i + 1);
		match_index_put(index, &home);
	}
	return index;
}

START_TEST(three_siblings_come_to_one_household)
{
	struct match_home homes[3] = { a_household(), a_household(), a_household() };
	struct siblings siblings;
	three_siblings(&siblings);
	homes[0].places = 2;
	homes[1].places = 3;
	homes[2].places = 3;
	homes[2].grid.northing = 305000;
	struct match_index *index = index_of(homes, 3);
	match(&siblings, index, 100);
	ck_assert_uint_eq(group.together_count, 2);
	ck_assert_uint_eq(group.together[0].slot, 2);        /* nearer */
	ck_assert_uint_eq(group.together[1].slot, 1);
	ck_assert_uint_eq(group.excluded[MATCH_NOT_ENOUGH_PLACES], 1);
	ck_assert_uint_eq(group.near_count, 1);
	ck_assert_uint_eq(group.near[0].out, MATCH_BIT(MATCH_NOT_ENOUGH_PLACES));
	ck_assert_uint_eq(group.near[0].fit, 7);
	match_index_free(&index);
}
END_TEST

START_TEST(when_together_is_impossible_the_rule_and_the_resident_are_named)
{
	struct match_home homes[3] = { a_household(), a_household(), a_household() };
	struct match_resident there = a_resident(1, 9);
	struct siblings siblings;
	three_siblings(&siblings);
	there.companions = MATCH_ONLY_YOUNGER;       /* so not with the eleven-year-old */
	homes[0].places = 5;
	homes[0].residents = &there;
	homes[0].resident_count = 1;
	homes[1].most_age = 8;
	homes[1].places = 3;
	homes[2].places = 1;
	struct match_index *index = index_of(homes, 3);
	match(&siblings, index, 1);
	ck_assert_uint_eq(group.together_count, 0);
	ck_assert_uint_eq(group.excluded[MATCH_RESIDENT_COMPANIONS], 1);
	ck_assert_uint_eq(group.excluded[MATCH_FOSTERING_LIMIT], 1);
	ck_assert_uint_eq(group.excluded[MATCH_OUTSIDE_AGE_TERMS], 1);
	ck_assert_uint_eq(group.near_count, 3);
	bool named = false;
	for (size_t i = 0; i < 3; i++)
		if (group.near[i].slot == 0) {
			ck_assert_int_eq(group.near[i].resident, 0);
			ck_assert_uint_eq(group.near[i].fit, 3);
			named = true;
		}
	ck_assert(named);
	ck_assert(group.finished);
	ck_assert_uint_eq(group.split.share_count, 2);
	ck_assert_uint_eq(group.split.unplaced, 0);
	ck_assert_uint_eq(group.split.shares[0].children, 3);        /* the two younger ones */
	ck_assert_uint_eq(group.split.shares[1].children, 4);
	ck_assert_uint_eq(group.split.shares[1].slot, 2);
	match_index_free(&index);
}
END_TEST

START_TEST(a_split_takes_the_homes_that_are_nearest_to_one_another)
{
	static const int32_t easts[] = { 420000, 440000, 421000, 443000 };
	struct match_home homes[4];
	struct siblings siblings;
	three_siblings(&siblings);
	for (int i = 0; i < 4; i++) {
		homes[i] = a_household();
		homes[i].places = i < 2 ? 2 : 1;
		homes[i].grid = (struct match_grid){ true, easts[i], 300000 };
	}
	struct match_index *index = index_of(homes, 4);
	match(&siblings, index, 100);
	ck_assert_uint_eq(group.split.share_count, 2);
	ck_assert_uint_eq(group.split.shares[0].slot, 0);
	ck_assert_uint_eq(group.split.shares[1].slot, 2);
	match_index_free(&index);
}
END_TEST

START_TEST(children_who_are_to_live_alone_are_not_put_together)
{
	struct match_home homes[3] = { a_household(), a_household(), a_household() };
	struct siblings siblings;
	three_siblings(&siblings);
	siblings.needs[1].companions = MATCH_SOLO;
	homes[0].places = 3;
	struct match_index *index = index_of(homes, 3);
	match(&siblings, index, 100);
	ck_assert_uint_eq(group.together_count, 0);
	ck_assert(group.near[0].out & MATCH_BIT(MATCH_SOLO_CHILD));
	ck_assert_uint_eq(group.split.share_count, 2);
	ck_assert_uint_eq(group.split.shares[0].children | group.split.shares[1].children, 7);
	ck_assert(group.split.shares[0].children == 2 || group.split.shares[1].children == 2);
	match_index_free(&index);
}
END_TEST

START_TEST(a_child_for_whom_no_home_is_left_is_said)
{
	struct match_home homes[2] = { a_household(), a_household() };
	struct siblings siblings;
	three_siblings(&siblings);
	homes[0].places = homes[1].places = 1;
	struct match_index *index = index_of(homes, 2);
	match(&siblings, index, 100);
	ck_assert_uint_eq(group.split.share_count, 2);
	ck_assert_int_eq(__builtin_popcount(group.split.unplaced), 1);
	match_index_free(&index);
	index = index_of(homes, 0);
	match(&siblings, index, 100);
	ck_assert_uint_eq(group.split.unplaced, 7);
	ck_assert_uint_eq(group.split.share_count, 0);
	ck_assert(group.finished);
	match_index_free(&index);
}
END_TEST

START_TEST(an_exemption_that_names_each_of_them_lets_them_join)
{
	struct match_home home = a_household();
	struct match_resident there[] = { a_resident(1, 12), a_resident(2, 12) };
	struct match_named named[5];
	struct siblings siblings;
	three_siblings(&siblings);
	for (unsigned i = 0; i < 5; i++)
		named[i] = (struct match_named){ i < 2 ? there[i].child : siblings.needs[i - 2].child, false, MATCH_EVER,
			                             MATCH_OPEN_END };
	home.places = 6;
	home.residents = there;
	home.resident_count = 2;
	home.named = named;
	home.named_count = 5;
	struct match_index *index = index_of(&home, 1);
	match(&siblings, index, 100);
	ck_assert_uint_eq(group.together_count, 1);
	match_index_free(&index);
	home.named_count = 4;
	index = index_of(&home, 1);
	match(&siblings, index, 100);
	ck_assert_uint_eq(group.together_count, 0);
	ck_assert_uint_eq(group.split.shares[0].children, 3);
	match_index_free(&index);
}
END_TEST

/* ---- against trying everything ---- */

static bool takes(const struct siblings *siblings, const struct match_home *home, unsigned set, int32_t *tenths, int32_t *score)
{
	uint64_t own = MATCH_BIT(MATCH_FOSTERING_LIMIT) | MATCH_BIT(MATCH_NAMED_CHILDREN_ONLY), out = 0;
	for (unsigned i = 0; i < siblings->count; i++) {
		if (!(set >> i & 1))
			continue;
		struct match_need need = siblings->needs[i];
		struct match_explained explained;
		struct match_question question = { &need, &siblings->law, &siblings->weights, &adjoining };
		need.children = 1;
		match_explain(&question, home, &explained);
		out |= oracle_out(&need, home, &siblings->law, explained.pence) & MATCH_BIT(MATCH_NAMED_CHILDREN_ONLY);
		need.children = (uint16_t)__builtin_popcount(set);
		uint64_t rules = oracle_out(&need, home, &siblings->law, explained.pence);
		need.children = 1;
		if (rules & MATCH_BIT(MATCH_FOSTERING_LIMIT) && !oracle_may_pass(&need, home))
			return false;
		out |= rules & ~own;
		if (need.companions == MATCH_SOLO && set & (set - 1))
			return false;
		/* with points for being together when they are more; the score itself has tests of its own */
		struct match_prepared prepared;
		struct match_day day;
		struct match_offer offer;
		match_prepare(&question, &prepared);
		prepared.children = (int16_t)__builtin_popcount(set);
		match_day_reckon(home, need.day, &day);
		match_offer_reckon(home, need.authority, need.day, &offer);
		*tenths += explained.tenths == MATCH_UNKNOWN || explained.tenths > MATCH_GROUP_FAR ? MATCH_GROUP_FAR : explained.tenths;
		int32_t miles = explained.tenths == MATCH_UNKNOWN ? MATCH_FAR : explained.tenths;
		*score += match_score(&prepared, home, &day, &offer, miles, NULL);
	}
	return out == 0;
}

struct cost { int unplaced, homes, tenths, score; };

static bool less(const struct cost *a, const struct cost *b)
{
	if (a->unplaced != b->unplaced)
		return a->unplaced < b->unplaced;
	if (a->homes != b->homes)
		return a->homes < b->homes;
	return a->tenths != b->tenths ? a->tenths < b->tenths : a->score > b->score;
}

/* Every child in every home or in none. */
static struct cost try_all(const struct siblings *siblings, const struct match_index *index, unsigned homes)
{
	struct cost best = { 99, 0, 0, 0 };
	unsigned ways = 1;
	for (unsigned i = 0; i < siblings->count; i++)
		ways *= homes + 1;
	for (unsigned way = 0; way < ways; way++) {
		struct cost cost = { 0, 0, 0, 0 };
		unsigned sets[8] = { 0 }, rest = way;
		for (unsigned i = 0; i < siblings->count; i++, rest /= homes + 1) {
			if (rest % (homes + 1) == homes)
				cost.unplaced++;
			else
				sets[rest % (homes + 1)] |= 1U << i;
		}
		bool all = true;
		for (unsigned h = 0; h < homes && all; h++) {
			if (!sets[h])
				continue;
			all = takes(siblings, match_index_home(index, h), sets[h], &cost.tenths, &cost.score);
			for (unsigned other = 0; other < h; other++) {
				int32_t tenths = match_tenths(match_index_home(index, h)->grid, match_index_home(index, other)->grid);
				if (sets[other])
					cost.tenths += tenths == MATCH_UNKNOWN || tenths > MATCH_GROUP_FAR ? MATCH_GROUP_FAR : tenths;
			}
			cost.homes++;
		}
		if (all && less(&cost, &best))
			best = cost;
	}
	return best;
}

START_TEST(the_split_is_the_best_of_all)
{
	uint64_t seed = 41;
	unsigned together = 0, split = 0, unplaced = 0;
	for (unsigned n = 0; n < 400; n++) {
		struct siblings siblings = { .count = 2 + (unsigned)random_to(&seed, 2), .law = law_of_today(), .weights = some_weights() };
		unsigned homes = 2 + (unsigned)random_to(&seed, 3);
		struct match_index *index = match_index_new(10, BYTES_MOST);
		for (unsigned i = 0; i < siblings.count; i++) {
			random_need(&seed, i, &siblings.needs[i]);
			siblings.needs[i].day = TODAY;
			siblings.needs[i].child = id_of(600000 + (unsigned)random_to(&seed, 8));
			siblings.needs[i].most_tenths = MATCH_UNKNOWN;
			siblings.needs[i].kinds = 0;
			siblings.needs[i].avoid_count = siblings.needs[i].deprivation_of_liberty = 0;
			siblings.needs[i].foster = siblings.needs[i].pets = 0;
			siblings.needs[i].placement_kinds = siblings.needs[i].risks = 0;
			siblings.needs[i].most_pence = MATCH_UNKNOWN;
			siblings.needs[i].home = siblings.needs[0].home;
			siblings.needs[i].authority = siblings.needs[0].authority;
			if (siblings.needs[i].companions == MATCH_SOLO && !random_one_in(&seed, 4))
				siblings.needs[i].companions = 0;
		}
		for (unsigned i = 0; i < homes; i++) {
			struct random_home home;
			random_home(&seed, i + 1, &home);
			home.home.kind = MATCH_FOSTERING;
			home.home.open = true;
			home.home.registration = MATCH_REGISTERED;
			home.home.planned_open = home.home.registered_from = MATCH_EVER;
			home.home.registered_until = MATCH_OPEN_END;
			home.home.manager_vacant = false;
			home.home.places = (int16_t)(home.home.resident_count + random_to(&seed, 4));
			home.home.registered_places = MATCH_UNKNOWN;
			home.home.bar_count = home.home.block_count = 0;
			match_index_put(index, &home.home);
		}
		struct cost best = try_all(&siblings, index, homes);
		match(&siblings, index, 1 + (size_t)random_to(&seed, 50));
		if (group.together_count) {
			ck_assert_int_eq(best.unplaced, 0);
			ck_assert_int_eq(best.homes, 1);
			for (size_t i = 0; i < group.together_count; i++) {
				int32_t tenths = 0, score = 0;
				const struct match_share *share = &group.together[i];
				ck_assert(takes(&siblings, match_index_home(index, share->slot), share->children, &tenths, &score));
				ck_assert_int_eq(share->score, score);
				ck_assert(i == 0 || group.together[i - 1].score >= score);
			}
			together++;
		} else {
			ck_assert(group.finished);
			ck_assert_int_eq(__builtin_popcount(group.split.unplaced), best.unplaced);
			ck_assert_uint_eq(group.split.share_count, (unsigned)best.homes);
			ck_assert_int_eq(group.split.tenths, best.tenths);
			ck_assert_int_eq(group.split.score, best.score);
			split += group.split.share_count > 1;
			unplaced += best.unplaced > 0;
		}
		match_index_free(&index);
	}
	ck_assert_msg(together > 30 && split > 30 && unplaced > 30, "%u together, %u split, %u not all placed", together, split, unplaced);
}
END_TEST

START_TEST(ten_children_among_many_homes_are_bounded)
{
	struct match_index *index = match_index_new(5000, BYTES_MOST);
	struct siblings siblings = { .count = 10, .law = law_of_today(), .weights = some_weights() };
	uint64_t seed = 43;
	for (unsigned i = 0; i < 3000; i++) {
		struct random_home home;
		random_home(&seed, i + 1, &home);
		match_index_put(index, &home.home);
	}
	for (unsigned i = 0; i < 10; i++) {
		siblings.needs[i] = a_need();
		siblings.needs[i].child = id_of(800100 + i);
		siblings.needs[i].age = (int16_t)(i + 5);
	}
	match(&siblings, index, 1000);
	ck_assert_uint_eq(group.together_count, 0);
	ck_assert_uint_eq(group.split.unplaced, 0);
	ck_assert_uint_le(group.tries, MATCH_GROUP_TRIES);
	ck_assert_uint_gt(group.split.share_count, 1);
	unsigned all = 0;
	for (unsigned i = 0; i < group.split.share_count; i++) {
		int32_t tenths = 0, score = 0;
		const struct match_share *share = &group.split.shares[i];
		ck_assert(takes(&siblings, match_index_home(index, share->slot), share->children, &tenths, &score));
		ck_assert_uint_eq(all & share->children, 0);
		all |= share->children;
	}
	ck_assert_uint_eq(all, 1023);
	match_index_free(&index);
}
END_TEST

START_TEST(a_change_meanwhile_is_in_the_answer)
{
	struct match_home homes[2] = { a_household(), a_household() };
	struct siblings siblings;
	three_siblings(&siblings);
	homes[0].places = homes[1].places = 3;
	struct match_index *index = index_of(homes, 2);
	for (unsigned i = 0; i < siblings.count; i++)
		siblings.questions[i] = (struct match_question){ &siblings.needs[i], &siblings.law, &siblings.weights, &adjoining };
	match_group_begin(&group, index, siblings.questions, 3);
	for (int64_t revision = 2; revision < 30; revision++) {      /* also when it never rests */
		if (match_group_step(&group, 1) == MATCH_DONE)
			break;
		homes[0].id = id_of(1);
		homes[0].open = false;
		homes[0].revision = revision;
		match_index_put(index, &homes[0]);
	}
	ck_assert_int_eq(match_group_step(&group, 1), MATCH_DONE);
	ck_assert_uint_eq(group.together_count, 1);
	ck_assert_uint_eq(group.together[0].slot, 1);
	match_index_free(&index);
}
END_TEST

int main(void)
{
	struct check_options options = { .timeout = 60 };
	return CHECK_MAIN_WITH(&options, "matching_group", three_siblings_come_to_one_household,
	                       when_together_is_impossible_the_rule_and_the_resident_are_named,
	                       a_split_takes_the_homes_that_are_nearest_to_one_another,
	                       children_who_are_to_live_alone_are_not_put_together, a_child_for_whom_no_home_is_left_is_said,
	                       an_exemption_that_names_each_of_them_lets_them_join, the_split_is_the_best_of_all,
	                       ten_children_among_many_homes_are_bounded, a_change_meanwhile_is_in_the_answer);
}
