/* test_ranking.c: a ranking that is made in steps is the one that is made at once, however small the steps. */
/* links: services/providers/ranking.c */
#include <stdint.h>
#include <stdlib.h>

#include "../../services/providers/ranking.h"
#include "../support/check_main.h"

#define MOST 300

static size_t compared;

static int by_value(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	compared++;
	return (a > b) - (a < b);
}

/* The number of steps that it took. */
static size_t rank(size_t count, size_t most)
{
	static uint32_t values[MOST];
	const void *items[MOST + 1], *spare[MOST + 1];
	struct ranking ranking;
	uint32_t seed = (uint32_t)(count * 31 + most);
	size_t steps = 1;
	for (size_t i = 0; i < count; i++) {
		seed = seed * 1664525U + 1013904223U;
		values[i] = seed >> 8;
		items[i] = &values[i];
	}
	ranking_begin(&ranking, items, spare, count, by_value);
	while (!ranking_step(&ranking, most))
		ck_assert_uint_lt(++steps, 100000);
	for (size_t i = 1; i < count; i++)
		ck_assert_uint_le(*(const uint32_t *)ranking.items[i - 1], *(const uint32_t *)ranking.items[i]);
	for (size_t i = 0; i < count; i++) {       /* each of them once */
		size_t found = 0;
		for (size_t j = 0; j < count; j++)
			found += ranking.items[j] == &values[i];
		ck_assert_uint_eq(found, 1);
	}
	return steps;
}

START_TEST(any_number_is_ranked_in_steps_of_any_size)
{
	static const size_t mosts[] = { 1, 2, 7, 64, 100000 };
	for (size_t count = 0; count < 70; count++)
		for (size_t i = 0; i < sizeof mosts / sizeof mosts[0]; i++)
			rank(count, mosts[i]);
	for (size_t i = 0; i < sizeof mosts / sizeof mosts[0]; i++)
		rank(MOST, mosts[i]);
}
END_TEST

START_TEST(a_step_compares_no_more_often_than_it_may)
{
	static const uint32_t values[] = { 5, 3, 9, 1, 7, 2, 8, 6 };
	const void *items[8], *spare[8];
	struct ranking ranking;
	for (size_t i = 0; i < 8; i++)
		items[i] = &values[i];
	ranking_begin(&ranking, items, spare, 8, by_value);
	for (;;) {
		compared = 0;
		bool done = ranking_step(&ranking, 3);
		ck_assert_uint_le(compared, 3);
		if (done)
			break;
	}
	ck_assert_uint_eq(*(const uint32_t *)ranking.items[0], 1);
	ck_assert_uint_eq(*(const uint32_t *)ranking.items[7], 9);
}
END_TEST

START_TEST(a_ranking_in_small_steps_takes_many)
{
	ck_assert_uint_eq(rank(MOST, 100000), 1);
	ck_assert_uint_gt(rank(MOST, 10), 100);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("ranking", any_number_is_ranked_in_steps_of_any_size, a_step_compares_no_more_often_than_it_may,
	                  a_ranking_in_small_steps_takes_many);
}
