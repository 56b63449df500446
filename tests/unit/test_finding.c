/* test_finding.c: which homes fit a need, and by which rule the others do not. */
/* links: services/providers/finding.c */
#include "../support/check_main.h"

#include <string.h>

#include "../../services/providers/finding.h"

static const struct finding_law law_of_today = {
	.other_arrangement_least_age = { "regulation 27A", 16 },
	.supported_registration = { "regulation 27C", 0 },
	.childrens_home_registration = { "section 11", 0 },
	.fostering_usual_limit = { "Schedule 7", 3 },
	.terms_of_approval = { "regulation 28", 0 },
};
static const struct finding_law no_law;

static struct finding_number number(int64_t value)
{
	return (struct finding_number){ true, value };
}

static struct finding_need a_need(void)
{
	return (struct finding_need){ .age = { true, 12 }, .sex = 'F', .grid = { true, 430000, 300000 }, .children = 1 };
}

static struct finding_home a_household(void)
{
	return (struct finding_home){ .kind = FINDING_FOSTERING, .open = true, .free = 2, .sex = 'A',
		                          .grid = { true, 430000, 310000 }, .pence = { true, 90000 },
		                          .registration = FINDING_REGISTERED };
}

static struct finding_home a_childrens_home(void)
{
	struct finding_home home = a_household();
	home.kind = FINDING_CHILDRENS_HOME;
	home.has_urn = true;
	return home;
}

static struct finding_home supported_accommodation(void)
{
	struct finding_home home = a_household();
	home.kind = FINDING_SUPPORTED_ACCOMMODATION;
	return home;
}

static struct finding_result check_under(const struct finding_need *need, const struct finding_home *home,
                                         const struct finding_law *law)
{
	struct finding_result result;
	memset(&result, 0x5a, sizeof result);
	finding_check(need, home, law, &result);
	for (size_t i = 0; i < result.reason_count; i++) {
		ck_assert_msg(result.reasons[i].source && *result.reasons[i].source, "%s has no source", result.reasons[i].code);
		ck_assert(strlen(result.reasons[i].text) > 5);
	}
	return result;
}

static void fits(const struct finding_need *need, const struct finding_home *home)
{
	struct finding_result result = check_under(need, home, &law_of_today);
	ck_assert_msg(result.reason_count == 0, "left out: %s", result.reason_count ? result.reasons[0].code : "");
}

static struct finding_result left_out(const struct finding_need *need, const struct finding_home *home, const char *code)
{
	struct finding_result result = check_under(need, home, &law_of_today);
	ck_assert_uint_eq(result.reason_count, 1);
	ck_assert_str_eq(result.reasons[0].code, code);
	return result;
}

static void is_noted(const struct finding_need *need, const struct finding_home *home, const char *code)
{
	struct finding_result result = check_under(need, home, &law_of_today);
	ck_assert_uint_eq(result.reason_count, 0);
	ck_assert_uint_eq(result.note_count, 1);
	ck_assert_str_eq(result.notes[0].code, code);
}

START_TEST(a_home_that_breaks_no_rule_fits)
{
	struct finding_need need = a_need();
	struct finding_home household = a_household(), home = a_childrens_home();
	fits(&need, &household);
	fits(&need, &home);
	ck_assert_uint_eq(check_under(&need, &household, &law_of_today).note_count, 0);
}
END_TEST

START_TEST(a_closed_or_full_home_is_left_out)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household();
	home.open = false;
	left_out(&need, &home, "CLOSED");
	home.open = true;
	home.free = 0;
	left_out(&need, &home, "NO_FREE_PLACE");
	need.children = 3;
	home.free = 2;
	left_out(&need, &home, "NOT_ENOUGH_PLACES");
	home.free = 3;
	fits(&need, &home);
}
END_TEST

START_TEST(a_home_left_out_says_every_reason)
{
	struct finding_need need = a_need();
	struct finding_home home = a_childrens_home();
	home.open = false;
	home.free = 0;
	home.has_urn = false;
	home.least_age = number(13);
	struct finding_result result = check_under(&need, &home, &law_of_today);
	ck_assert_uint_eq(result.reason_count, 4);
	ck_assert_str_eq(result.reasons[0].code, "CLOSED");
	ck_assert_str_eq(result.reasons[1].code, "NO_FREE_PLACE");
	ck_assert_str_eq(result.reasons[2].code, "NOT_REGISTERED");
	ck_assert_str_eq(result.reasons[3].code, "OUTSIDE_AGE_TERMS");
}
END_TEST

START_TEST(age_terms_hold_at_both_ends)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household();
	home.least_age = number(12);
	home.most_age = number(12);
	fits(&need, &home);
	need.age = number(11);
	ck_assert_str_eq(left_out(&need, &home, "OUTSIDE_AGE_TERMS").reasons[0].source, "regulation 28");
	need.age = number(13);
	left_out(&need, &home, "OUTSIDE_AGE_TERMS");
}
END_TEST

START_TEST(an_unknown_age_is_noted_and_leaves_nothing_out)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household(), supported = supported_accommodation();
	need.age.known = false;
	ck_assert_uint_eq(check_under(&need, &home, &law_of_today).note_count, 0);
	home.most_age = number(4);
	is_noted(&need, &home, "AGE_UNKNOWN");
	is_noted(&need, &supported, "AGE_UNKNOWN");
}
END_TEST

START_TEST(sex_terms_are_checked_where_both_are_known)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household();
	home.sex = 'M';
	left_out(&need, &home, "OUTSIDE_SEX_TERMS");
	home.sex = 'F';
	fits(&need, &home);
	home.sex = '\0';
	fits(&need, &home);
	home.sex = 'M';
	need.sex = 'U';
	is_noted(&need, &home, "SEX_UNKNOWN");
}
END_TEST

START_TEST(supported_accommodation_is_not_for_a_child_under_16)
{
	struct finding_need need = a_need();
	struct finding_home home = supported_accommodation();
	need.age = number(15);
	ck_assert_str_eq(left_out(&need, &home, "UNDER_16_OTHER_ARRANGEMENT").reasons[0].source, "regulation 27A");
	need.age = number(16);
	fits(&need, &home);
	need.age = number(15);
	ck_assert_uint_eq(check_under(&need, &home, &no_law).reason_count, 0);
}
END_TEST

START_TEST(supported_accommodation_must_be_registered_or_applied)
{
	struct finding_need need = a_need();
	struct finding_home home = supported_accommodation();
	need.age = number(17);
	home.registration = FINDING_APPLIED;
	fits(&need, &home);
	home.registration = FINDING_NOT_REGISTERED;
	ck_assert_str_eq(left_out(&need, &home, "NOT_REGISTERED").reasons[0].source, "regulation 27C");
	home.registration = FINDING_REGISTRATION_UNKNOWN;
	left_out(&need, &home, "NOT_REGISTERED");
	ck_assert_uint_eq(check_under(&need, &home, &no_law).reason_count, 0);
	home.registration = FINDING_SUSPENDED;
	ck_assert_uint_eq(check_under(&need, &home, &no_law).reason_count, 1);
}
END_TEST

START_TEST(a_childrens_home_needs_its_urn_and_registration)
{
	struct finding_need need = a_need();
	struct finding_home home = a_childrens_home();
	home.has_urn = false;
	ck_assert_str_eq(left_out(&need, &home, "NOT_REGISTERED").reasons[0].source, "section 11");
	home.has_urn = true;
	home.registration = FINDING_APPLIED;
	left_out(&need, &home, "NOT_REGISTERED");
	struct finding_home household = a_household();
	household.registration = FINDING_REGISTRATION_UNKNOWN;
	fits(&need, &household);
}
END_TEST

START_TEST(a_kind_that_is_not_wanted_is_left_out)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household();
	need.kinds = 1U << FINDING_CHILDRENS_HOME;
	left_out(&need, &home, "KIND_NOT_WANTED");
	need.kinds |= 1U << FINDING_FOSTERING;
	fits(&need, &home);
}
END_TEST

START_TEST(distance_is_straight_line_miles_to_one_decimal)
{
	struct finding_grid here = { true, 430000, 300000 };
	ck_assert_double_eq_tol(finding_miles(here, here), 0.0, 1e-9);
	ck_assert_double_eq_tol(finding_miles(here, (struct finding_grid){ true, 430000, 310000 }), 6.2, 1e-9);
	ck_assert_double_eq_tol(finding_miles(here, (struct finding_grid){ true, 433000, 304000 }), 3.1, 1e-9);
	ck_assert_double_eq_tol(finding_miles((struct finding_grid){ true, 0, 0 }, (struct finding_grid){ true, 700000, 1300000 }),
	                        917.5, 0.05);
}
END_TEST

START_TEST(a_home_too_far_or_too_dear_is_left_out)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household();
	need.miles_limited = true;
	need.most_miles = 6.2;
	fits(&need, &home);
	need.most_miles = 6.1;
	left_out(&need, &home, "TOO_FAR");
	need.miles_limited = false;
	need.most_pence = number(90000);
	fits(&need, &home);
	need.most_pence = number(89999);
	left_out(&need, &home, "TOO_DEAR");
}
END_TEST

START_TEST(an_unknown_distance_or_fee_is_noted)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household();
	need.miles_limited = true;
	need.most_miles = 1;
	home.grid.known = false;
	is_noted(&need, &home, "DISTANCE_UNKNOWN");
	ck_assert(!check_under(&need, &home, &law_of_today).miles_known);
	need.miles_limited = false;
	need.most_pence = number(1);
	home.pence.known = false;
	is_noted(&need, &home, "FEE_UNKNOWN");
}
END_TEST

START_TEST(a_household_fosters_no_more_than_the_usual_limit)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household();
	home.living = 2;
	fits(&need, &home);
	home.living = 3;
	ck_assert_str_eq(left_out(&need, &home, "FOSTERING_LIMIT").reasons[0].source, "Schedule 7");
	home.living = 0;
	home.free = 4;
	need.children = 4;
	fits(&need, &home);
}
END_TEST

START_TEST(approval_says_how_many_children_and_whether_siblings)
{
	struct finding_need need = a_need();
	struct finding_home home = a_household();
	home.most_children = number(2);
	home.living = 1;
	fits(&need, &home);
	need.children = 2;
	left_out(&need, &home, "TOO_MANY_CHILDREN");
	home.living = 0;
	home.siblings_only = true;
	fits(&need, &home);
	need.children = 1;
	left_out(&need, &home, "SIBLINGS_ONLY");
}
END_TEST

START_TEST(nearer_then_cheaper_homes_come_first_and_unknown_last)
{
	const struct finding_number cheap = number(100), dear = number(200), none = { false, 0 };
	const struct finding_rank near_cheap = { true, 2, cheap }, near_dear = { true, 2, dear }, near_none = { true, 2, none };
	const struct finding_rank far_cheap = { true, 3, cheap }, far_none = { true, 3, none };
	const struct finding_rank cheap_alone = { false, 0, cheap }, dear_alone = { false, 0, dear }, nothing = { false, 0, none };
	ck_assert_int_lt(finding_compare(&near_dear, &far_cheap), 0);
	ck_assert_int_gt(finding_compare(&far_cheap, &near_dear), 0);
	ck_assert_int_lt(finding_compare(&near_cheap, &near_dear), 0);
	ck_assert_int_lt(finding_compare(&near_dear, &near_none), 0);
	ck_assert_int_lt(finding_compare(&far_none, &cheap_alone), 0);
	ck_assert_int_lt(finding_compare(&cheap_alone, &dear_alone), 0);
	ck_assert_int_eq(finding_compare(&near_cheap, &near_cheap), 0);
	ck_assert_int_eq(finding_compare(&nothing, &nothing), 0);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("finding", a_home_that_breaks_no_rule_fits, a_closed_or_full_home_is_left_out,
	                  a_home_left_out_says_every_reason, age_terms_hold_at_both_ends,
	                  an_unknown_age_is_noted_and_leaves_nothing_out, sex_terms_are_checked_where_both_are_known,
	                  supported_accommodation_is_not_for_a_child_under_16,
	                  supported_accommodation_must_be_registered_or_applied,
	                  a_childrens_home_needs_its_urn_and_registration, a_kind_that_is_not_wanted_is_left_out,
	                  distance_is_straight_line_miles_to_one_decimal, a_home_too_far_or_too_dear_is_left_out,
	                  an_unknown_distance_or_fee_is_noted, a_household_fosters_no_more_than_the_usual_limit,
	                  approval_says_how_many_children_and_whether_siblings,
	                  nearer_then_cheaper_homes_come_first_and_unknown_last);
}
