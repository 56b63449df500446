/* test_block_usage.c: nights of a block, paid, used, void and beyond, their cost, and what is not known. */
/* links: services/providers/block_usage.c */
#include "../../services/providers/block_usage.h"

#include "../support/check_main.h"

#include <string.h>

#include <hearth/clock.h>

static int32_t day(const char *text)
{
	int32_t days;
	ck_assert_int_eq(hearth_date_parse(text, &days), 0);
	return days;
}

static const bool known[BLOCK_MOST_BUYERS] = { true, true, true };

/* All days of the terms; the sum of the days must be the whole, and paid - used = void - beyond. */
static struct block_usage reckon(const struct block_terms *terms)
{
	struct block_usage usage;
	struct block_sums days = { 0 };
	memset(&usage, 0, sizeof usage);
	while (terms->from + usage.days < terms->until) {
		struct block_day one;
		block_usage_day(&usage, terms, &one);
		days.paid += one.places;
		days.voids += one.voids;
		days.void_pence += one.void_pence;
	}
	if (usage.all.void_pence != BLOCK_UNKNOWN) {
		ck_assert_int_eq(days.paid, usage.all.paid);
		ck_assert_int_eq(days.voids, usage.all.voids);
		ck_assert_int_eq(days.void_pence, usage.all.void_pence);
	}
	if (usage.all.used != BLOCK_UNKNOWN && usage.all.paid != BLOCK_UNKNOWN)
		ck_assert_int_eq(usage.all.paid - usage.all.used, usage.all.voids - usage.all.beyond);
	return usage;
}

/* One commissioner with `places` at `weekly` from `from` to `until`; `stay_count` stays. */
static struct block_usage one_buyer(const char *from, const char *until, int64_t places, int64_t weekly,
                                    const struct block_stay *stays, size_t stay_count)
{
	struct block_share share = { day(from), day(until), 0, places };
	struct block_fee fee = { day(from), day(until), weekly };
	struct block_terms terms = { .from = day(from), .until = day(until), .buyer_count = 1, .use_known = known,
		                         .share_count = 1, .fee_count = 1, .stay_count = stay_count, .shares = &share, .fees = &fee,
		                         .stays = stays };
	return reckon(&terms);
}

START_TEST(nights_and_costs_are_those_of_the_table)
{
	static const struct {
		const char *from, *until, *in, *out;
		int64_t places, weekly, paid, used, voids, beyond, paid_pence, void_pence;
	} rows[] = {
		/* a whole week empty, and full */
		{ "2024-01-01", "2024-01-08", "2024-02-01", "2024-02-02", 1, 70000, 7, 0, 7, 0, 70000, 70000 },
		{ "2024-01-01", "2024-01-08", "2023-12-01", "2024-02-02", 1, 70000, 7, 7, 0, 0, 70000, 0 },
		/* the first day in, the last day out; a day in and out at once is no night */
		{ "2024-01-01", "2024-01-08", "2024-01-03", "2024-01-05", 2, 70000, 14, 2, 12, 0, 140000, 120000 },
		{ "2024-01-01", "2024-01-08", "2024-01-03", "2024-01-03", 2, 70000, 14, 0, 14, 0, 140000, 140000 },
		{ "2024-01-01", "2024-01-08", "2024-01-07", "2024-01-08", 1, 70000, 7, 1, 6, 0, 70000, 60000 },
		{ "2024-01-01", "2024-01-08", "2023-12-01", "2024-01-01", 1, 70000, 7, 0, 7, 0, 70000, 70000 },
		/* 29 February is a night of a leap year and of no other */
		{ "2024-02-28", "2024-03-01", "2024-02-29", "2024-03-01", 1, 70000, 2, 1, 1, 0, 20000, 10000 },
		{ "2023-02-28", "2023-03-01", "2023-02-28", "2023-03-01", 1, 70000, 1, 1, 0, 0, 10000, 0 },
		{ "2024-01-01", "2025-01-01", "2024-01-01", "2025-01-01", 1, 7, 366, 366, 0, 0, 366, 0 },
		/* a fee that seven does not divide: the seventh day has the odd pence, and 3 days of 10 pence cost 4 */
		{ "2024-01-01", "2024-01-08", "2024-01-01", "2024-01-07", 1, 70001, 7, 6, 1, 0, 70001, 10001 },
		{ "2024-01-01", "2024-01-04", "2025-01-01", "2025-01-02", 1, 10, 3, 0, 3, 0, 4, 4 },
		/* no places: beyond, and no cost; a free block */
		{ "2024-01-01", "2024-01-08", "2024-01-01", "2024-01-08", 0, 70000, 0, 7, 0, 7, 0, 0 },
		{ "2024-01-01", "2024-01-08", "2024-01-01", "2024-01-02", 1, 0, 7, 1, 6, 0, 0, 0 },
		/* no days */
		{ "2024-01-01", "2024-01-01", "2024-01-01", "2024-01-02", 1, 70000, 0, 0, 0, 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct block_stay stay = { day(rows[i].in), day(rows[i].out), 0, 1 };
		struct block_usage usage = one_buyer(rows[i].from, rows[i].until, rows[i].places, rows[i].weekly, &stay, 1);
		const struct block_sums *all = &usage.all;
		ck_assert_msg(all->paid == rows[i].paid && all->used == rows[i].used && all->voids == rows[i].voids
		              && all->beyond == rows[i].beyond, "row %zu: %lld %lld %lld %lld", i, (long long)all->paid,
		              (long long)all->used, (long long)all->voids, (long long)all->beyond);
		ck_assert_msg(all->paid_pence == rows[i].paid_pence && all->void_pence == rows[i].void_pence, "row %zu: %lld %lld", i,
		              (long long)all->paid_pence, (long long)all->void_pence);
		ck_assert(memcmp(all, &usage.buyers[0], sizeof *all) == 0);
	}
}
END_TEST

START_TEST(a_fee_that_changes_in_the_middle_of_a_week_counts_its_days_from_its_own_first)
{
	struct block_share share = { day("2024-01-01"), day("2024-01-15"), 0, 1 };
	struct block_fee fees[] = { { day("2023-12-27"), day("2024-01-04"), 70001 }, { day("2024-01-04"), day("2024-02-01"), 80000 } };
	struct block_terms terms = { .from = day("2024-01-01"), .until = day("2024-01-15"), .buyer_count = 1, .use_known = known,
		                         .share_count = 1, .fee_count = 2, .shares = &share, .fees = fees };
	/* 70001 for 8 days begun on 27 December, days 5, 6 and 7 of them: 10000, 10001, 10000; 80000 for days 0 to 10. */
	ck_assert_int_eq(reckon(&terms).all.paid_pence, 30001 + 80000 * 11 / 7);
	/* A later one in the list is stronger; a gap between fees is not known, never free. */
	fees[1].from = day("2024-01-01");
	ck_assert_int_eq(reckon(&terms).all.paid_pence, 160000);
	fees[1].from = day("2024-01-05");
	ck_assert_int_eq(reckon(&terms).all.paid_pence, BLOCK_UNKNOWN);
	ck_assert_int_eq(reckon(&terms).all.paid, 14);
}
END_TEST

START_TEST(commissioners_pay_for_their_own_places_and_their_sums_are_the_whole)
{
	int32_t from = day("2024-01-01"), until = day("2024-01-08");
	struct block_share shares[] = { { from, until, 0, 100 }, { from, until, 1, 90 } };
	struct block_fee fee = { from, until, 14000 };
	struct block_stay stays[] = { { from, until, 0, 98 }, { from, from + 3, 0, 4 }, { from, until, 1, 60 }, { from, until, -1, 5 } };
	struct block_terms terms = { .from = from, .until = until, .buyer_count = 2, .use_known = known, .share_count = 2,
		                         .fee_count = 1, .stay_count = 4, .shares = shares, .fees = &fee, .stays = stays };
	struct block_usage usage = reckon(&terms);
	ck_assert_int_eq(usage.buyers[0].paid, 700);
	ck_assert_int_eq(usage.buyers[0].used, 98 * 7 + 12);
	ck_assert_int_eq(usage.buyers[0].voids, 2 * 4);
	ck_assert_int_eq(usage.buyers[0].beyond, 2 * 3);
	ck_assert_int_eq(usage.buyers[1].voids, 30 * 7);
	ck_assert_int_eq(usage.buyers[1].void_pence, 30 * 14000);
	ck_assert_int_eq(usage.all.void_pence, 30 * 14000 + 2 * 4 * 2000);
	ck_assert_int_eq(usage.other_nights, 35);
	ck_assert_int_eq(block_permille(usage.buyers[0].paid, usage.all.paid), 526);       /* 100 of 190: 52.6 % */
	ck_assert_int_eq(block_permille(usage.buyers[1].paid, usage.all.paid), 474);
}
END_TEST

START_TEST(what_is_not_known_makes_no_sum)
{
	int32_t from = day("2024-01-01"), until = day("2024-01-08");
	struct block_share shares[] = { { from, until, 0, 2 }, { from, until, 1, 3 } };
	struct block_fee fee = { from, until, 70000 };
	static const bool half[] = { true, false };
	struct block_terms terms = { .from = from, .until = until, .buyer_count = 2, .use_known = half, .share_count = 2,
		                         .fee_count = 1, .shares = shares, .fees = &fee };
	struct block_usage usage = reckon(&terms);
	ck_assert_int_eq(usage.buyers[0].voids, 14);
	ck_assert_int_eq(usage.buyers[1].paid, 21);
	ck_assert_int_eq(usage.buyers[1].used, BLOCK_UNKNOWN);
	ck_assert_int_eq(usage.buyers[1].void_pence, BLOCK_UNKNOWN);
	ck_assert_int_eq(usage.all.paid_pence, 350000);
	ck_assert_int_eq(usage.all.used, BLOCK_UNKNOWN);
	terms.use_known = known;
	shares[1].places = BLOCK_UNKNOWN;
	usage = reckon(&terms);
	ck_assert_int_eq(usage.all.paid, BLOCK_UNKNOWN);
	ck_assert_int_eq(usage.all.paid_pence, BLOCK_UNKNOWN);
	ck_assert_int_eq(usage.buyers[0].paid_pence, 140000);
}
END_TEST

START_TEST(break_even_is_the_least_use_at_which_a_block_costs_no_more_than_spot)
{
	static const struct { int64_t paid_pence, nights, spot, wanted; } rows[] = {
		{ 70000, 7, 100000, 700 }, { 70000, 7, 70000, 1000 }, { 70001, 7, 70000, 1001 }, { 69999, 7, 70000, 1000 },
		{ 140000, 7, 70000, 2000 }, { 0, 7, 70000, 0 }, { 1, 7, 70000, 1 },
		{ INT64_C(3135000000000000), INT64_C(219200000), 100000000, 1002 },        /* the most that is let in */
		{ BLOCK_UNKNOWN, 7, 70000, BLOCK_UNKNOWN }, { 70000, 0, 70000, BLOCK_UNKNOWN }, { 70000, 7, 0, BLOCK_UNKNOWN },
		{ 70000, 7, BLOCK_UNKNOWN, BLOCK_UNKNOWN }, { 70000, BLOCK_UNKNOWN, 70000, BLOCK_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t found = block_break_even(rows[i].paid_pence, rows[i].nights, rows[i].spot);
		ck_assert_msg(found == rows[i].wanted, "row %zu: %lld", i, (long long)found);
		if (found <= 0 || i == 7)
			continue;
		/* So much use at spot costs no less, and a thousandth less would. */
		ck_assert(found * rows[i].spot * rows[i].nights >= rows[i].paid_pence * 7000);
		ck_assert((found - 1) * rows[i].spot * rows[i].nights < rows[i].paid_pence * 7000);
	}
	ck_assert_int_eq(block_permille(1, 2000), 1);
	ck_assert_int_eq(block_permille(1, 2001), 0);
	ck_assert_int_eq(block_permille(0, 0), BLOCK_UNKNOWN);
	ck_assert_int_eq(block_permille(BLOCK_UNKNOWN, 5), BLOCK_UNKNOWN);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("block usage", nights_and_costs_are_those_of_the_table,
	                  a_fee_that_changes_in_the_middle_of_a_week_counts_its_days_from_its_own_first,
	                  commissioners_pay_for_their_own_places_and_their_sums_are_the_whole, what_is_not_known_makes_no_sum,
	                  break_even_is_the_least_use_at_which_a_block_costs_no_more_than_spot);
}
