/* test_referral_states.c: the state table of a referral, and its short references. */
/* links: services/referrals/states.c services/referrals/reference.c */
#include "../support/check_main.h"

#include <stdio.h>
#include <string.h>

#include "../../services/referrals/reference.h"
#include "../../services/referrals/states.h"

static const char *const states[] = { "DRAFT", "OPEN", "ACCEPTING", "PLANNED", "PLACED", "WITHDRAWN", "CLOSED", NULL };

static bool is_state(const char *name)
{
	for (size_t i = 0; states[i]; i++)
		if (strcmp(states[i], name) == 0)
			return true;
	return false;
}

START_TEST(every_row_names_states_that_there_are_and_says_why)
{
	for (const struct referrals_transition *row = referrals_transitions; row->from; row++) {
		ck_assert_msg(is_state(row->from) && is_state(row->to), "%s to %s", row->from, row->to);
		ck_assert(row->why && *row->why);
		for (const struct referrals_transition *other = row + 1; other->from; other++)
			ck_assert_msg(other->event != row->event || strcmp(other->from, row->from) != 0, "%s twice", row->from);
	}
}
END_TEST

START_TEST(an_event_leads_to_one_state_or_changes_none)
{
	for (const struct referrals_transition *row = referrals_transitions; row->from; row++) {
		const char *to = referrals_state_to(row->event);
		ck_assert_str_eq(row->to, to ? to : row->from);
	}
}
END_TEST

START_TEST(only_an_open_referral_accepts_and_a_second_accept_is_refused)
{
	for (size_t i = 0; states[i]; i++)
		ck_assert_int_eq(referrals_state_allows(states[i], REFERRALS_ACCEPT), strcmp(states[i], "OPEN") == 0);
	ck_assert_str_eq(referrals_state_to(REFERRALS_ACCEPT), "ACCEPTING");
}
END_TEST

START_TEST(a_start_is_refused_only_where_a_child_was_placed_already)
{
	for (size_t i = 0; states[i]; i++) {
		bool placed = strcmp(states[i], "PLACED") == 0 || strcmp(states[i], "CLOSED") == 0;
		ck_assert_int_eq(referrals_state_allows(states[i], REFERRALS_START), !placed);
	}
}
END_TEST

START_TEST(what_is_withdrawn_or_closed_is_not_changed_by_a_person)
{
	static const enum referrals_event by_person[] = { REFERRALS_CHANGE, REFERRALS_OPEN, REFERRALS_WITHDRAW,
		                                              REFERRALS_OFFER, REFERRALS_ACCEPT };
	for (size_t i = 0; i < sizeof by_person / sizeof by_person[0]; i++) {
		ck_assert(!referrals_state_allows("WITHDRAWN", by_person[i]));
		ck_assert(!referrals_state_allows("CLOSED", by_person[i]));
		ck_assert(!referrals_state_allows("PLACED", by_person[i]));
	}
}
END_TEST

START_TEST(nobody_gives_up_a_place_that_is_held)
{
	for (size_t i = 0; states[i]; i++)
		ck_assert_int_eq(referrals_state_allows(states[i], REFERRALS_GIVE_UP), strcmp(states[i], "ACCEPTING") == 0);
}
END_TEST

START_TEST(states_from_lists_what_allows_says)
{
	for (int event = REFERRALS_CHANGE; event <= REFERRALS_FIND; event++) {
		const char *from[REFERRALS_STATES_MOST];
		size_t count = referrals_states_from((enum referrals_event)event, from), allowed = 0;
		for (size_t i = 0; states[i]; i++)
			allowed += referrals_state_allows(states[i], (enum referrals_event)event);
		ck_assert_uint_eq(count, allowed);
		ck_assert_uint_gt(count, 0);
	}
}
END_TEST

START_TEST(a_reference_is_short_and_without_letters_that_mislead)
{
	for (unsigned i = 0; i < 5000; i++) {
		uint8_t random[7];
		char text[REFERRALS_REFERENCE_SIZE];
		for (size_t j = 0; j < 7; j++)
			random[j] = (uint8_t)((i + 1) * 2654435761u >> (j * 4));
		referrals_reference_short(random, text);
		ck_assert_uint_eq(strlen(text), 9);
		ck_assert(text[0] == 'R' && text[1] == '-' && text[6] == '-');
		ck_assert_ptr_null(strpbrk(text + 2, "01OILSUAE"));
		referrals_reference_long(random, text);
		ck_assert_uint_eq(strlen(text), 14);
	}
}
END_TEST

START_TEST(references_of_different_randomness_differ)
{
	uint8_t one[7] = { 1, 2, 3, 4, 5, 6, 7 }, other[7] = { 1, 2, 3, 4, 5, 6, 8 };
	char first[REFERRALS_REFERENCE_SIZE], second[REFERRALS_REFERENCE_SIZE];
	referrals_reference_short(one, first);
	referrals_reference_short(other, second);
	ck_assert_str_ne(first, second);
	referrals_reference_short(one, second);
	ck_assert_str_eq(first, second);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("referral states", every_row_names_states_that_there_are_and_says_why,
	                  an_event_leads_to_one_state_or_changes_none,
	                  only_an_open_referral_accepts_and_a_second_accept_is_refused,
	                  a_start_is_refused_only_where_a_child_was_placed_already,
	                  what_is_withdrawn_or_closed_is_not_changed_by_a_person, nobody_gives_up_a_place_that_is_held,
	                  states_from_lists_what_allows_says,
	                  a_reference_is_short_and_without_letters_that_mislead,
	                  references_of_different_randomness_differ);
}
