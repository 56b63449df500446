/* test_matching_queue.c: all referrals against all places: what trying every way finds, and never two who do not fit. */
/* links: services/providers/matching.c services/providers/matching_check.c services/providers/matching_score.c */
/* links: services/providers/matching_day.c services/providers/matching_codes.c services/providers/places_levels.c */
/* links: services/providers/matching_index.c services/providers/matching_run.c services/providers/matching_queue.c */
/* links: services/providers/matching_assign.c services/providers/matching_together.c */
/* links: services/providers/matching_candidates.c */
#include "../support/check_main.h"

#include "../../services/providers/matching_queue.h"
#include "matching_oracle.h"

#define BYTES_MOST (64u << 20)
#define MOST 60

static const struct match_adjoining adjoining = { .known = true, .bits = { [NEXT_DOOR / 64] = UINT64_C(1) << NEXT_DOOR % 64 } };
static struct match_law law;
static struct match_weights weights;
static struct match_need needs[MOST];
static struct match_queued queued[MOST];
static struct match_queue queue;
static void *memory;

static void begin(struct match_index *index, size_t count)
{
	law = law_of_today();
	weights = some_weights();
	for (size_t i = 0; i < count; i++)
		queued[i].question = (struct match_question){ &needs[i], &law, &weights, &adjoining };
	memory = malloc(match_queue_bytes(index, count));
	match_queue_begin(&queue, index, queued, count, memory);
}

static void run(struct match_index *index, size_t count, size_t at_once)
{
	begin(index, count);
	for (size_t steps = 0; match_queue_step(&queue, at_once) != MATCH_DONE; steps++)
		ck_assert_uint_lt(steps, 10000000);
}

static void end(struct match_index **index)
{
	free(memory);
	match_index_free(index);
}

static struct match_need a_need_of(unsigned number, int age)
{
	struct match_need need = a_need();
	need.referral = id_of(900000 + number);
	need.child = id_of(800000 + number);
	need.age = (int16_t)age;
	return need;
}

static struct match_index *index_of(const struct match_home *homes, size_t count)
{
	struct match_index *index = match_index_new(1000, BYTES_MOST);
	for (size_t i = 0; i < count; i++) {
		struct match_home home = homes[i];
		home.id = id_of((unsigned)i + 1);
		match_index_put(index, &home);
	}
	return index;
}

/* ---- rows and columns ---- */

START_TEST(rows_are_assigned_as_trying_every_way_does)
{
	uint64_t seed = 3;
	for (int n = 0; n < 2000; n++) {
		enum { ROWS = 5, COLUMNS = 4 };
		size_t rows = 1 + (size_t)random_to(&seed, ROWS - 1), first[ROWS + 1], count = 0;
		struct match_edge edges[ROWS * COLUMNS];
		uint32_t capacity[COLUMNS];
		int64_t gain[ROWS][COLUMNS], best = -1;
		struct match_assign assign;
		for (int c = 0; c < COLUMNS; c++)
			capacity[c] = (uint32_t)random_to(&seed, 2);
		for (size_t r = 0; r < rows; r++) {
			first[r] = count;
			for (uint32_t c = 0; c < COLUMNS; c++) {
				gain[r][c] = random_one_in(&seed, 3) ? -1 : random_to(&seed, n % 2 ? 5 : 100000);
				if (gain[r][c] >= 0)
					edges[count++] = (struct match_edge){ c, false, gain[r][c] };
			}
		}
		first[rows] = count;
		for (unsigned way = 0; way < 3125; way++) {
			uint32_t load[COLUMNS] = { 0 };
			int64_t sum = 0;
			unsigned rest = way;
			for (size_t r = 0; r < ROWS && sum >= 0; r++, rest /= 5) {
				if (rest % 5 == 4)
					continue;
				if (r >= rows || gain[r][rest % 5] < 0 || ++load[rest % 5] > capacity[rest % 5])
					sum = -1;
				else
					sum += gain[r][rest % 5] + 1000000000;
			}
			best = sum > best ? sum : best;
		}
		void *room = malloc(match_assign_bytes(rows, COLUMNS, count));
		match_assign_begin(&assign, room, rows, COLUMNS, first, edges, capacity);
		while (match_assign_step(&assign))
			;
		uint32_t load[COLUMNS] = { 0 };
		int64_t sum = 0;
		for (size_t r = 0; r < rows; r++) {
			uint32_t c = assign.column_of[r];
			if (c == MATCH_NO_COLUMN)
				continue;
			ck_assert_int_ge(gain[r][c], 0);
			ck_assert_uint_le(++load[c], capacity[c]);
			sum += gain[r][c] + 1000000000;
		}
		ck_assert_int_eq(sum, best);
		ck_assert_mem_eq(load, assign.load, sizeof load);
		free(room);
	}
}
END_TEST

/* ---- referrals and homes ---- */

START_TEST(a_home_goes_to_who_has_no_other)
{
	struct match_home homes[2] = { a_household(), a_household() };
	homes[0].places = homes[1].places = 1;
	homes[1].most_age = 10;
	homes[0].grid.northing = 301000;     /* the better for both */
	struct match_index *index = index_of(homes, 2);
	needs[0] = a_need_of(1, 8);
	needs[1] = a_need_of(2, 14);
	queued[0].opened = 1;
	queued[1].opened = 2;
	run(index, 2, 100);
	ck_assert_uint_eq(queue.suggestions[0].slot, 1);
	ck_assert_uint_eq(queue.suggestions[1].slot, 0);
	ck_assert_uint_eq(queue.suggestions[0].slot_in_turn, 0);
	ck_assert_uint_eq(queue.suggestions[1].slot_in_turn, MATCH_NO_SLOT);
	ck_assert_uint_eq(queue.suggested.placed, 2);
	ck_assert_uint_eq(queue.in_turn.placed, 1);
	ck_assert(queue.best);
	ck_assert_uint_eq(queue.suggestions[0].option_count, 2);     /* two options where there are two */
	ck_assert_uint_eq(queue.suggestions[0].options[1].slot, 0);
	ck_assert(!queue.suggestions[0].options[1].free);
	ck_assert_uint_eq(queue.suggestions[1].option_count, 1);
	ck_assert_int_eq(queue.suggested.score, queue.suggestions[0].options[0].score + queue.suggestions[1].options[0].score);
	ck_assert_uint_eq(queue.suggested.tenths_known, 2);
	end(&index);
}
END_TEST

START_TEST(two_who_may_not_live_together_are_not_suggested_one_home)
{
	struct match_home homes[2] = { a_household(), a_household() };
	homes[0].places = 2;
	homes[1].places = 1;
	homes[1].grid.northing = 380000;
	struct match_index *index = index_of(homes, 2);
	needs[0] = a_need_of(1, 8);
	needs[1] = a_need_of(2, 14);
	run(index, 2, 100);
	ck_assert_uint_eq(queue.suggestions[0].slot, 0);
	ck_assert_uint_eq(queue.suggestions[1].slot, 0);
	ck_assert(queue.best);
	free(memory);
	needs[1].companions = MATCH_ONLY_OLDER;
	run(index, 2, 100);
	ck_assert_uint_eq(queue.suggested.placed, 2);
	ck_assert_uint_ne(queue.suggestions[0].slot, queue.suggestions[1].slot);
	ck_assert(!queue.best);
	end(&index);
}
END_TEST

START_TEST(siblings_together_take_as_many_places_as_they_are)
{
	struct match_home homes[1] = { a_household() };
	homes[0].places = 3;
	struct match_index *index = index_of(homes, 1);
	needs[0] = a_need_of(1, 8);
	needs[1] = a_need_of(2, 14);
	needs[0].children = 3;
	run(index, 2, 100);
	ck_assert_uint_eq(queue.suggested.placed, 1);
	free(memory);
	needs[0].children = 2;
	run(index, 2, 100);
	ck_assert_uint_eq(queue.suggested.placed, 2);
	ck_assert_uint_eq(queue.suggested.children, 3);
	end(&index);
}
END_TEST

START_TEST(the_order_in_which_they_are_given_does_not_matter)
{
	struct match_home homes[5];
	uint32_t slots[6];
	for (int i = 0; i < 5; i++) {
		homes[i] = a_household();
		homes[i].places = 1;
	}
	struct match_index *index = index_of(homes, 5);
	for (unsigned i = 0; i < 6; i++) {
		needs[i] = a_need_of(i, 10);
		queued[i].opened = 7;
	}
	run(index, 6, 100);
	for (unsigned i = 0; i < 6; i++)
		slots[i] = queue.suggestions[i].slot;
	free(memory);
	for (unsigned i = 0; i < 6; i++)
		needs[i] = a_need_of(5 - i, 10);
	run(index, 6, 100);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(slots[i], queue.suggestions[5 - i].slot);
	end(&index);
}
END_TEST

/* ---- against every way ---- */

/* The rules of one child with the others there already. */
static bool fits_with(const struct match_home *home, size_t who, const size_t *others, size_t count)
{
	struct match_resident residents[64];
	struct match_home then = *home;
	struct match_explained explained;
	size_t there = home->resident_count;
	if (there)
		memcpy(residents, home->residents, there * sizeof *residents);
	for (size_t i = 0; i < count; i++) {
		const struct match_need *other = &needs[others[i]];
		for (unsigned child = 0; child < other->children; child++)
			residents[there++] = (struct match_resident){ .child = child ? id_of(0) : other->child, .age_on = TODAY,
				.age = child ? MATCH_UNKNOWN : other->age, .companions = child ? 0 : other->companions };
	}
	then.residents = residents;
	then.resident_count = (uint16_t)there;
	match_explain(&queued[who].question, &then, &explained);
	return oracle_out(&needs[who], &then, &law, explained.pence) == 0;
}

static bool all_fit(const struct match_home *home, const size_t *who, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t others[MOST], rest = 0;
		for (size_t j = 0; j < count; j++)
			if (j != i)
				others[rest++] = who[j];
		if (!fits_with(home, who[i], others, rest))
			return false;
	}
	return true;
}

static int32_t score_at(const struct match_index *index, size_t who, size_t slot)
{
	struct match_explained explained;
	match_explain(&queued[who].question, match_index_home(index, slot), &explained);
	return explained.score;
}

/* Placed and score of a way; false: two do not fit. */
static bool weigh(const struct match_index *index, const uint32_t *slots, size_t count, size_t *placed, int64_t *score)
{
	*placed = 0;
	*score = 0;
	for (size_t slot = 0; slot < match_index_count(index); slot++) {
		size_t who[MOST], here = 0;
		for (size_t i = 0; i < count; i++)
			if (slots[i] == slot)
				who[here++] = i;
		if (here && !all_fit(match_index_home(index, slot), who, here))
			return false;
		for (size_t i = 0; i < here; i++)
			*score += score_at(index, who[i], slot);
		*placed += here;
	}
	return true;
}

static void random_queue(uint64_t *seed, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		random_need(seed, (unsigned)i, &needs[i]);
		needs[i].child = id_of(650000 + (unsigned)i);
		needs[i].day = TODAY;
		needs[i].children = random_one_in(seed, 5) ? 2 : 1;
		needs[i].kinds = needs[i].foster = needs[i].pets = 0;
		needs[i].deprivation_of_liberty = false;
		needs[i].risks = needs[i].placement_kinds = 0;
		needs[i].avoid_count = 0;
		needs[i].most_tenths = MATCH_UNKNOWN;
		needs[i].most_pence = MATCH_UNKNOWN;
		queued[i].opened = random_to(seed, 1000);
	}
}

static void random_homes(uint64_t *seed, struct match_index *index, unsigned count, int64_t revision)
{
	for (unsigned i = 0; i < count; i++) {
		struct random_home home;
		random_home(seed, i + 1, &home);
		home.home.revision = revision;
		home.home.kind = MATCH_FOSTERING;
		home.home.open = true;
		home.home.registration = MATCH_REGISTERED;
		home.home.planned_open = home.home.registered_from = MATCH_EVER;
		home.home.registered_until = MATCH_OPEN_END;
		home.home.bar_count = home.home.limit_count = home.home.block_count = 0;
		home.home.resident_count = home.home.resident_count > 1 ? 1 : home.home.resident_count;
		home.home.places = (int16_t)(home.home.resident_count + random_to(seed, 2));
		home.home.registered_places = MATCH_UNKNOWN;
		match_index_put(index, &home.home);
	}
}

START_TEST(the_suggestion_is_the_best_of_all_ways)
{
	uint64_t seed = 47;
	size_t best_of = 0, as_good = 0, not_all = 0, gained = 0;
	for (unsigned n = 0; n < 400; n++) {
		size_t count = 2 + (size_t)random_to(&seed, 2), homes = 2 + (size_t)random_to(&seed, 1), most = 0, placed;
		int64_t highest = -1, score;
		unsigned ways = 1;
		struct match_index *index = match_index_new(10, BYTES_MOST);
		random_homes(&seed, index, (unsigned)homes, 1);
		random_queue(&seed, count);
		run(index, count, 1 + (size_t)random_to(&seed, 30));
		for (size_t i = 0; i < count; i++)
			ways *= (unsigned)homes + 1;
		for (unsigned way = 0; way < ways; way++) {
			uint32_t slots[MOST];
			unsigned rest = way;
			for (size_t i = 0; i < count; i++, rest /= (unsigned)homes + 1)
				slots[i] = rest % ((unsigned)homes + 1);
			if (!weigh(index, slots, count, &placed, &score) || placed < most || (placed == most && score <= highest))
				continue;
			most = placed;
			highest = score;
		}
		uint32_t suggested[MOST], in_turn[MOST];
		for (size_t i = 0; i < count; i++) {
			suggested[i] = queue.suggestions[i].slot;
			in_turn[i] = queue.suggestions[i].slot_in_turn;
		}
		ck_assert(weigh(index, in_turn, count, &placed, &score));
		ck_assert_uint_eq(placed, queue.in_turn.placed);
		ck_assert_int_eq(score, queue.in_turn.score);
		size_t turn = placed;
		ck_assert(weigh(index, suggested, count, &placed, &score));
		ck_assert_uint_eq(placed, queue.suggested.placed);
		ck_assert_int_eq(score, queue.suggested.score);
		if (queue.best) {
			ck_assert_uint_eq(placed, most);
			ck_assert_int_eq(score, highest);
		}
		best_of += queue.best;
		as_good += placed == most && score == highest;
		not_all += placed < count;
		gained += placed > turn;
		end(&index);
	}
	ck_assert_msg(best_of > 250 && as_good > 370 && not_all > 50 && gained > 5,
	              "of 400: %zu best for certain, %zu as good, %zu not all placed, %zu more than in turn", best_of, as_good, not_all,
	              gained);
}
END_TEST

START_TEST(each_has_two_options_where_there_are_two)
{
	uint64_t seed = 53;
	struct match_index *index = match_index_new(400, BYTES_MOST);
	size_t several = 0;
	random_homes(&seed, index, 300, 1);
	random_queue(&seed, MOST);
	run(index, MOST, 5000);
	for (size_t i = 0; i < MOST; i++) {
		const struct match_suggestion *suggestion = &queue.suggestions[i];
		size_t fits = 0;
		for (size_t slot = 0; slot < 300; slot++) {
			struct match_explained explained;
			match_explain(&queued[i].question, match_index_home(index, slot), &explained);
			fits += explained.out == 0;
		}
		ck_assert_uint_eq(suggestion->fits, fits);
		ck_assert_uint_eq(suggestion->option_count, fits < MATCH_OPTIONS ? fits : MATCH_OPTIONS);
		if (suggestion->slot != MATCH_NO_SLOT)
			ck_assert_uint_eq(suggestion->options[0].slot, suggestion->slot);
		for (unsigned j = 1; j < suggestion->option_count; j++)
			ck_assert_uint_ne(suggestion->options[j].slot, suggestion->options[0].slot);
		several += suggestion->option_count >= 2;
	}
	ck_assert_uint_gt(several, 30);
	ck_assert_uint_ge(queue.suggested.placed, queue.in_turn.placed);
	end(&index);
}
END_TEST

START_TEST(homes_that_change_meanwhile_are_in_the_answer)
{
	uint64_t seed = 59;
	for (int n = 0; n < 12; n++) {
		struct match_index *index = match_index_new(6000, BYTES_MOST);
		struct match_suggestion suggestions[MOST];
		int64_t revision = 1;
		random_homes(&seed, index, 400, revision);
		random_queue(&seed, MOST);
		begin(index, MOST);
		for (int step = 0; match_queue_step(&queue, 700) != MATCH_DONE; step++)
			if (step % 6 == 3 && step < 60)
				random_homes(&seed, index, n % 4 == 3 ? 400 : 5, ++revision);
		if (!queue.withdrawn && queue.restarts < MATCH_QUEUE_RESTARTS)
			ck_assert_int_eq(queue.revision, match_index_revision(index));
		struct match_plan suggested = queue.suggested, in_turn = queue.in_turn;
		memcpy(suggestions, queue.suggestions, sizeof suggestions);
		bool followed = queue.restarts < MATCH_QUEUE_RESTARTS;
		free(memory);
		run(index, MOST, 100000);
		if (followed) {
			ck_assert_mem_eq(&suggested, &queue.suggested, sizeof suggested);
			ck_assert_mem_eq(&in_turn, &queue.in_turn, sizeof in_turn);
			for (size_t i = 0; i < MOST; i++) {
				ck_assert_uint_eq(suggestions[i].slot, queue.suggestions[i].slot);
				ck_assert_uint_eq(suggestions[i].fits, queue.suggestions[i].fits);
			}
		}
		end(&index);
	}
}
END_TEST

START_TEST(a_line_that_lost_its_best_homes_is_looked_through_again)
{
	enum { HOMES = 200, NEEDS = 5 };
	struct match_index *index = match_index_new(1000, BYTES_MOST);
	struct match_home home = a_household();
	home.places = 1;
	for (unsigned i = 0; i < HOMES; i++) {       /* each a little farther than the one before */
		home.id = id_of(i + 1);
		home.grid.northing = 301000 + (int32_t)i * 500;
		match_index_put(index, &home);
	}
	for (unsigned i = 0; i < NEEDS; i++)
		needs[i] = a_need_of(i, 10);
	begin(index, NEEDS);
	while (queue.line < NEEDS - 1)       /* nearly all lines are full, with more homes than they hold */
		match_queue_step(&queue, 50);
	home.open = false;
	home.revision = 2;
	for (unsigned i = 0; i < 100; i++) {
		home.id = id_of(i + 1);
		match_index_put(index, &home);
	}
	while (match_queue_step(&queue, 50) != MATCH_DONE)
		;
	ck_assert_uint_eq(queue.suggested.placed, NEEDS);
	for (unsigned i = 0; i < NEEDS; i++) {
		ck_assert_uint_eq(queue.suggestions[i].fits, HOMES - 100);
		ck_assert_uint_ge(queue.suggestions[i].slot, 100);
		ck_assert_uint_lt(queue.suggestions[i].slot, 100 + NEEDS);
	}
	end(&index);
}
END_TEST

START_TEST(homes_that_never_rest_do_not_keep_it_from_an_answer)
{
	uint64_t seed = 61;
	struct match_index *index = match_index_new(100, BYTES_MOST);
	int64_t revision = 1;
	random_homes(&seed, index, 60, revision);
	random_queue(&seed, 20);
	begin(index, 20);
	size_t steps = 0;
	for (; match_queue_step(&queue, 50) != MATCH_DONE; steps++) {
		random_homes(&seed, index, 60, ++revision);
		ck_assert_uint_lt(steps, 3000);
	}
	uint32_t slots[MOST];
	size_t placed;
	int64_t score;
	for (size_t i = 0; i < 20; i++)
		slots[i] = queue.suggestions[i].slot;
	ck_assert(weigh(index, slots, 20, &placed, &score));     /* whatever is suggested still fits */
	ck_assert_uint_eq(placed, queue.suggested.placed);
	end(&index);
}
END_TEST

int main(void)
{
	struct check_options options = { .timeout = 60 };
	return CHECK_MAIN_WITH(&options, "matching_queue", rows_are_assigned_as_trying_every_way_does,
	                       a_home_goes_to_who_has_no_other, two_who_may_not_live_together_are_not_suggested_one_home,
	                       siblings_together_take_as_many_places_as_they_are,
	                       the_order_in_which_they_are_given_does_not_matter, the_suggestion_is_the_best_of_all_ways,
	                       each_has_two_options_where_there_are_two, homes_that_change_meanwhile_are_in_the_answer,
	                       a_line_that_lost_its_best_homes_is_looked_through_again,
	                       homes_that_never_rest_do_not_keep_it_from_an_answer);
}
