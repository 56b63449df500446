/* test_verify.c: a ledger that holds what its facts say has no difference; every fault planted is found, by kind and day. */
/* links: services/finance/verify.c services/finance/accrual.c */
#include "../support/check_main.h"

#include <stdlib.h>
#include <string.h>

#include "../../services/finance/accrual.h"
#include "../../services/finance/verify.h"

#define LINE "0190b3c2-7d1e-7abc-8def-0123456789ab"
#define START 20000

/* Fee 70001 for 30 days, then 50000; a daily line of 4500 over days 10 to 40; ends after 60 days with 7 of notice. */
static const struct verify_fee fees[] = { { START, 1, 69999 }, { START, 2, 70001 }, { START + 30, 1, 50000 } };
static const struct verify_line lines[] = {
	{ LINE, 1, 'D', 4000, START + 10, START + 40, VERIFY_NO_DAY, 0 },
	{ LINE, 2, 'D', 4500, START + 10, START + 40, VERIFY_NO_DAY, 0 },
};

static struct verify_posting postings[16];
static size_t posting_count;

static struct verify_posting *post(char kind, const char *line, int32_t rate_from, int64_t weekly, int32_t from, int32_t to,
                                   int64_t reverses)
{
	struct verify_posting *posting = &postings[posting_count];
	*posting = (struct verify_posting){ (int64_t)++posting_count * 3, kind, line, rate_from, from, to, weekly, 0, reverses };
	posting->pence = finance_accrued(weekly, from - rate_from, to - rate_from) * (kind == 'R' ? -1 : 1);
	return posting;
}

/* A mistake, put right; then what should stand. */
static void post_all(void)
{
	posting_count = 0;
	post('A', "-", START, 69999, START, START + 5, 0);
	post('R', "-", START, 69999, START, START + 5, 3);
	post('A', "-", START, 70001, START, START + 17, 0);
	post('A', "-", START, 70001, START + 17, START + 30, 0);
	post('A', "-", START + 30, 50000, START + 30, START + 70, 0);
	post('R', "-", START + 30, 50000, START + 60, START + 70, 15);
	post('A', LINE, START + 10, 31500, START + 10, START + 40, 0);
	post('N', "-", START + 30, 50000, START + 60, START + 67, 0);
}

static struct verify_difference differences[32];
static struct verify_result result;

static void verify(void)
{
	const struct verify_agreement agreement = { START, START + 60, 7, START + 60, fees, 3, lines, 2, postings, posting_count };
	static struct verify_day days[VERIFY_DAYS_MOST];
	int32_t first, span = finance_verify_span(&agreement, &first);
	result = (struct verify_result){ .differences = differences, .most = 32 };
	ck_assert_int_ge(span, 67);
	finance_verify(&agreement, days, first, span, &result);
}

static const struct verify_difference *found(enum verify_kind kind)
{
	for (size_t i = 0; i < result.count; i++)
		if (differences[i].kind == kind)
			return &differences[i];
	ck_abort_msg("no difference of kind %d among %zu", kind, result.count);
	return NULL;
}

START_TEST(a_ledger_that_is_right_has_no_difference)
{
	post_all();
	verify();
	ck_assert_uint_eq(result.count, 0);
	ck_assert_int_eq(result.days, 67 + 30);
	ck_assert_int_eq(result.pence, finance_accrued(70001, 0, 30) + finance_accrued(50000, 0, 37) + 30 * 4500);
}
END_TEST

START_TEST(a_posting_that_is_gone_is_missing_on_its_days)
{
	post_all();
	memmove(&postings[3], &postings[4], 4 * sizeof postings[0]);
	posting_count--;
	verify();
	ck_assert_uint_eq(result.count, 1);
	ck_assert_int_eq(found(VERIFY_MISSING)->from, START + 17);
	ck_assert_int_eq(found(VERIFY_MISSING)->to, START + 30);
	ck_assert_int_eq(found(VERIFY_MISSING)->expected, finance_accrued(70001, 17, 30));
	ck_assert_int_eq(found(VERIFY_MISSING)->posted, 0);
}
END_TEST

START_TEST(a_reversal_that_is_gone_leaves_days_that_stand_twice_or_should_not)
{
	post_all();
	memmove(&postings[1], &postings[2], 6 * sizeof postings[0]);
	posting_count--;
	verify();
	ck_assert_int_eq(found(VERIFY_TWICE)->from, START);
	ck_assert_int_eq(found(VERIFY_TWICE)->to, START + 5);
	post_all();
	memmove(&postings[5], &postings[6], 2 * sizeof postings[0]);
	posting_count--;
	verify();
	ck_assert_int_eq(found(VERIFY_TWICE)->from, START + 60);
	ck_assert_int_eq(found(VERIFY_EXTRA)->from, START + 67);
	ck_assert_int_eq(found(VERIFY_EXTRA)->to, START + 70);
}
END_TEST

START_TEST(pence_that_are_not_days_times_fee_are_a_bad_line_and_a_bad_total)
{
	post_all();
	postings[2].pence += 1;
	verify();
	ck_assert_uint_eq(result.count, 2);
	ck_assert_int_eq(found(VERIFY_BAD_LINE)->posting, 9);
	ck_assert_int_eq(found(VERIFY_BAD_TOTAL)->posted - found(VERIFY_BAD_TOTAL)->expected, 1);
}
END_TEST

START_TEST(another_fee_is_a_wrong_amount)
{
	post_all();
	postings[4].weekly = postings[5].weekly = 50007;
	postings[4].pence = finance_accrued(50007, 0, 40);
	postings[5].pence = -finance_accrued(50007, 30, 40);
	verify();
	ck_assert_uint_eq(result.count, 1);
	ck_assert_int_eq(found(VERIFY_WRONG_AMOUNT)->from, START + 30);
	ck_assert_int_eq(found(VERIFY_WRONG_AMOUNT)->to, START + 60);
}
END_TEST

START_TEST(a_reversal_of_nothing_of_another_line_or_twice_is_bad)
{
	post_all();
	postings[1].reverses = 4;
	verify();
	found(VERIFY_BAD_REVERSAL);
	post_all();
	postings[1].reverses = 21;
	verify();
	found(VERIFY_BAD_REVERSAL);
	post_all();
	post('R', "-", START, 69999, START, START + 5, 3);
	post('R', "-", START, 70001, START, START + 5, 9);
	verify();
	ck_assert_int_eq(found(VERIFY_BAD_REVERSAL)->from, START);
}
END_TEST

START_TEST(a_line_that_is_no_fact_is_extra)
{
	post_all();
	post('A', "0190b3c2-7d1e-7abc-8def-0123456789ac", START + 10, 700, START + 10, START + 12, 0);
	verify();
	ck_assert_uint_eq(result.count, 1);
	ck_assert_int_eq(found(VERIFY_EXTRA)->posted, 200);
}
END_TEST

/* Any one posting taken out, moved by a day or of another amount: something is found. */
START_TEST(whatever_is_done_to_one_posting_is_found)
{
	srandom(7);
	for (int i = 0; i < 2000; i++) {
		post_all();
		struct verify_posting *posting = &postings[(size_t)random() % posting_count];
		switch (random() % 4) {
		case 0: posting->pence += 1 + random() % 1000; break;
		case 1: posting->from -= 1; posting->rate_from -= 1; break;
		case 2: posting->to += 1; break;
		default: posting->weekly += 7; break;
		}
		verify();
		if (result.count == 0)
			ck_abort_msg("try %d was not found", i);
	}
}
END_TEST

START_TEST(more_differences_than_there_is_room_for_are_counted)
{
	const struct verify_agreement agreement = { START, VERIFY_NO_DAY, 0, START + 20, fees, 3, NULL, 0, postings, 0 };
	static struct verify_day days[32];
	int32_t first, span = finance_verify_span(&agreement, &first);
	result = (struct verify_result){ .differences = differences, .most = 0 };
	finance_verify(&agreement, days, first, span, &result);
	ck_assert_uint_eq(result.count, 0);
	ck_assert_uint_eq(result.more, 1);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("verify", a_ledger_that_is_right_has_no_difference, a_posting_that_is_gone_is_missing_on_its_days,
	                  a_reversal_that_is_gone_leaves_days_that_stand_twice_or_should_not,
	                  pence_that_are_not_days_times_fee_are_a_bad_line_and_a_bad_total, another_fee_is_a_wrong_amount,
	                  a_reversal_of_nothing_of_another_line_or_twice_is_bad, a_line_that_is_no_fact_is_extra,
	                  whatever_is_done_to_one_posting_is_found, more_differences_than_there_is_room_for_are_counted);
}
