/* test_status.c: errors, and what SQLSTATEs mean to a caller. */
#include <hearth/status.h>
#include <hearth/text.h>

#include <string.h>

#include "../support/check_main.h"

START_TEST(a_failure_sets_everything_and_returns_minus_one)
{
	struct hearth_status status = { .retry_after_ms = 7, .field = "old" };
	ck_assert_int_eq(hearth_fail(&status, HEARTH_NOT_FOUND, "NO_HOME", "home %d is not known", 3), -1);
	ck_assert_int_eq(status.code, HEARTH_NOT_FOUND);
	ck_assert_str_eq(status.reason, "NO_HOME");
	ck_assert_str_eq(status.message, "home 3 is not known");
	ck_assert_str_eq(status.field, "");
	ck_assert_int_eq(status.retry_after_ms, 0);
}
END_TEST

START_TEST(a_field_failure_is_an_invalid_argument_that_names_it)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert_int_eq(hearth_fail_field(&status, "needs.children", "expected 1 to 10"), -1);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_str_eq(status.reason, "INVALID_FIELD");
	ck_assert_str_eq(status.field, "needs.children");
}
END_TEST

START_TEST(context_stands_in_front_and_keeps_code_and_reason)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	hearth_fail(&status, HEARTH_UNAVAILABLE, "DATABASE_AWAY", "no answer");
	ck_assert_int_eq(hearth_fail_context(&status, "opening %s", "referrals"), -1);
	ck_assert_str_eq(status.message, "opening referrals: no answer");
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_str_eq(status.reason, "DATABASE_AWAY");
}
END_TEST

START_TEST(texts_are_cut_to_fit_and_never_through_a_character)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	char text[1000] = "";
	for (int i = 0; i < 450; i++)
		strcat(text, "\xc3\xa9");
	hearth_fail(&status, HEARTH_INTERNAL, text, "x%s", text);
	ck_assert_uint_lt(strlen(status.message), sizeof(status.message));
	ck_assert_uint_gt(strlen(status.message), sizeof(status.message) - 4);
	ck_assert(hearth_utf8_valid(status.message, strlen(status.message)));
	ck_assert(hearth_utf8_valid(status.reason, strlen(status.reason)));
	for (int i = 0; i < 20; i++)
		hearth_fail_context(&status, "%s", text);
	ck_assert(hearth_utf8_valid(status.message, strlen(status.message)));
}
END_TEST

START_TEST(a_status_may_be_told_again_from_its_own_text)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	hearth_fail(&status, HEARTH_INTERNAL, "ONE", "first");
	hearth_fail(&status, HEARTH_UNKNOWN, "TWO", "then %s (%s)", status.message, status.reason);
	ck_assert_str_eq(status.message, "then first (ONE)");
}
END_TEST

START_TEST(nobody_asking_is_no_error)
{
	ck_assert_int_eq(hearth_fail(NULL, HEARTH_INTERNAL, "X", "x"), -1);
	ck_assert_int_eq(hearth_fail_field(NULL, "f", "x"), -1);
	ck_assert_int_eq(hearth_fail_context(NULL, "x"), -1);
}
END_TEST

START_TEST(codes_have_the_names_of_google_rpc)
{
	ck_assert_str_eq(hearth_code_name(HEARTH_OK), "OK");
	ck_assert_str_eq(hearth_code_name(HEARTH_FAILED_PRECONDITION), "FAILED_PRECONDITION");
	ck_assert_str_eq(hearth_code_name(HEARTH_UNAUTHENTICATED), "UNAUTHENTICATED");
	ck_assert_str_eq(hearth_code_name((enum hearth_code)17), "UNKNOWN_CODE");
	ck_assert_str_eq(hearth_code_name((enum hearth_code)-1), "UNKNOWN_CODE");
}
END_TEST

START_TEST(only_unavailable_and_unknown_are_tried_again)
{
	for (int code = 0; code <= 16; code++)
		ck_assert_int_eq(hearth_code_retryable((enum hearth_code)code),
		                 code == HEARTH_UNAVAILABLE || code == HEARTH_UNKNOWN);
}
END_TEST

START_TEST(sqlstates_have_their_codes)
{
	static const struct { const char *state; enum hearth_code code; } rows[] = {
		{ "08006", HEARTH_UNAVAILABLE }, { "57P01", HEARTH_UNAVAILABLE }, { "57014", HEARTH_DEADLINE_EXCEEDED },
		{ "53300", HEARTH_UNAVAILABLE }, { "40001", HEARTH_ABORTED }, { "40P01", HEARTH_ABORTED },
		{ "40003", HEARTH_UNKNOWN }, { "55P03", HEARTH_UNAVAILABLE }, { "22P02", HEARTH_INVALID_ARGUMENT },
		{ "22008", HEARTH_INVALID_ARGUMENT }, { "22003", HEARTH_INVALID_ARGUMENT },
		{ "23502", HEARTH_INVALID_ARGUMENT }, { "23514", HEARTH_INVALID_ARGUMENT },
		{ "23505", HEARTH_ALREADY_EXISTS }, { "23503", HEARTH_FAILED_PRECONDITION },
		{ "23P01", HEARTH_FAILED_PRECONDITION }, { "42703", HEARTH_INTERNAL }, { "0A000", HEARTH_INTERNAL },
		{ "XX000", HEARTH_INTERNAL }, { "P0001", HEARTH_INTERNAL }, { "25006", HEARTH_UNAVAILABLE }
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		hearth_status_from_sqlstate(&status, rows[i].state, "words");
		ck_assert_msg(status.code == rows[i].code, "%s gives %s", rows[i].state, hearth_code_name(status.code));
		ck_assert_msg(strstr(status.message, rows[i].state) != NULL, "%s", status.message);
		ck_assert_str_ne(status.reason, "");
	}
}
END_TEST

START_TEST(the_servers_words_about_data_never_reach_a_caller)
{
	static const char *const states[] = { "22P02", "22007", "22008", "22001", "23505", "23514", "P0001", "XX000", "99999" };
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		hearth_status_from_sqlstate(&status, states[i], "invalid input syntax for type date: \"Some Secret 1999\"");
		ck_assert_msg(strstr(status.message, "Secret") == NULL, "%s: %s", states[i], status.message);
	}
}
END_TEST

START_TEST(a_broken_constraint_is_named)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	hearth_status_from_sqlstate(&status, "23505", "duplicate key value violates unique constraint \"place_key\"");
	ck_assert_ptr_nonnull(strstr(status.message, "\"place_key\""));
	hearth_status_from_sqlstate(&status, "23505", "\"");
	ck_assert_ptr_null(strchr(status.message, '"'));
}
END_TEST

START_TEST(the_servers_words_about_a_statement_are_kept_in_one_line)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	hearth_status_from_sqlstate(&status, "42703", "column \"x\" does not exist\nLINE 1: ...");
	ck_assert_ptr_nonnull(strstr(status.message, "column \"x\" does not exist"));
	ck_assert_ptr_null(strstr(status.message, "LINE"));
}
END_TEST

START_TEST(a_lost_connection_has_no_sqlstate)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	hearth_status_from_sqlstate(&status, NULL, NULL);
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_int_gt(status.retry_after_ms, 0);
	hearth_status_from_sqlstate(&status, "", "gone");
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert(hearth_sqlstate_passing(""));
	ck_assert(!hearth_sqlstate_retry(""));
}
END_TEST

START_TEST(conflicts_are_run_again_and_passing_trouble_is_no_poison)
{
	ck_assert(hearth_sqlstate_retry("40001") && hearth_sqlstate_retry("40P01") && hearth_sqlstate_retry("55P03"));
	ck_assert(!hearth_sqlstate_retry("40003") && !hearth_sqlstate_retry("23505"));
	ck_assert(hearth_sqlstate_passing("08006") && hearth_sqlstate_passing("40001") && hearth_sqlstate_passing("53100"));
	ck_assert(hearth_sqlstate_passing("55P03") && hearth_sqlstate_passing("57P03"));
	ck_assert(!hearth_sqlstate_passing("23505") && !hearth_sqlstate_passing("22P02") && !hearth_sqlstate_passing("XX000"));
}
END_TEST

int main(void)
{
	return CHECK_MAIN("status", a_failure_sets_everything_and_returns_minus_one,
	                  a_field_failure_is_an_invalid_argument_that_names_it,
	                  context_stands_in_front_and_keeps_code_and_reason,
	                  texts_are_cut_to_fit_and_never_through_a_character, a_status_may_be_told_again_from_its_own_text,
	                  nobody_asking_is_no_error, codes_have_the_names_of_google_rpc,
	                  only_unavailable_and_unknown_are_tried_again, sqlstates_have_their_codes,
	                  the_servers_words_about_data_never_reach_a_caller, a_broken_constraint_is_named,
	                  the_servers_words_about_a_statement_are_kept_in_one_line, a_lost_connection_has_no_sqlstate,
	                  conflicts_are_run_again_and_passing_trouble_is_no_poison);
}
