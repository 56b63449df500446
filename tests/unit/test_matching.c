/* test_matching.c: every rule of matching by itself, with the days on which it holds, and the parts of the score. */
/* links: services/providers/matching.c services/providers/matching_check.c services/providers/matching_score.c */
/* links: services/providers/matching_day.c services/providers/matching_codes.c services/providers/places_levels.c */
#include "../support/check_main.h"

#include "matching_setup.h"

static const struct match_law no_law;

static void under(const struct match_need *need, const struct match_home *home, const struct match_law *law,
                  struct match_explained *ret)
{
	memset(ret, 0x5a, sizeof *ret);
	explain_under(need, home, law, ret);
	for (size_t i = 0; i < ret->reason_count; i++) {
		ck_assert_msg(ret->reasons[i].source && *ret->reasons[i].source, "%s has no source", ret->reasons[i].code);
		ck_assert(strlen(ret->reasons[i].text) > 5);
	}
	ck_assert_int_eq(ret->out == 0, ret->reason_count == 0);
	ck_assert_int_eq(ret->out == 0, ret->levels.for_child >= need->children);
}

static struct match_explained fits(const struct match_need *need, const struct match_home *home)
{
	struct match_law law = law_of_today();
	static struct match_explained ret;
	under(need, home, &law, &ret);
	ck_assert_msg(ret.out == 0, "out by %s", ret.reason_count ? ret.reasons[0].code : "?");
	return ret;
}

/* By this rule and no other. */
static struct match_explained out_by(const struct match_need *need, const struct match_home *home, const char *code)
{
	struct match_law law = law_of_today();
	static struct match_explained ret;
	under(need, home, &law, &ret);
	ck_assert_msg(ret.reason_count == 1 && strcmp(ret.reasons[0].code, code) == 0, "%zu reasons, the first %s, not %s",
	              ret.reason_count, ret.reason_count ? ret.reasons[0].code : "none", code);
	return ret;
}

static void is_noted(const struct match_need *need, const struct match_home *home, const char *code)
{
	struct match_explained ret = fits(need, home);
	for (size_t i = 0; i < ret.note_count; i++)
		if (strcmp(ret.note_texts[i].code, code) == 0)
			return;
	ck_abort_msg("%s is not noted", code);
}

/* ---- open, registered, barred ---- */

START_TEST(a_home_with_all_in_order_fits)
{
	struct match_need need = a_need();
	struct match_home household = a_household(), childrens = a_childrens_home();
	fits(&need, &household);
	fits(&need, &childrens);
}
END_TEST

START_TEST(a_closed_home_takes_no_child)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.open = false;
	struct match_explained ret = out_by(&need, &home, "CLOSED");
	ck_assert_int_eq(ret.levels.open, 0);
}
END_TEST

START_TEST(a_home_that_is_planned_takes_children_from_its_day)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.planned_open = TODAY + 1;
	out_by(&need, &home, "NOT_YET_OPEN");
	need.day = TODAY + 1;
	fits(&need, &home);
}
END_TEST

START_TEST(a_registration_holds_until_the_day_it_lapses)
{
	struct match_need need = a_need();
	struct match_home home = a_childrens_home();
	home.registered_from = TODAY;
	home.registered_until = TODAY + 1;
	fits(&need, &home);
	need.day = TODAY + 1;
	struct match_explained ret = out_by(&need, &home, "REGISTRATION_LAPSED");
	ck_assert_int_eq(ret.levels.registered, 0);
	need.day = TODAY - 1;
	out_by(&need, &home, "NOT_REGISTERED");
}
END_TEST

START_TEST(each_bar_excludes_between_its_days)
{
	static const char *const codes[MATCH_BARS] = { "REGISTRATION_LAPSED", "SUSPENDED", "RESTRICTED", "EMBARGOED",
		"DOCUMENT_EXPIRED", "NAMED_CHILDREN_ONLY" };
	for (uint8_t kind = 0; kind < MATCH_BARS; kind++) {
		struct match_need need = a_need();
		struct match_home home = a_household();
		struct match_bar bar = { .kind = kind, .from = TODAY, .until = TODAY + 7 };
		home.bars = &bar;
		home.bar_count = 1;
		out_by(&need, &home, codes[kind]);
		need.day = TODAY + 6;
		out_by(&need, &home, codes[kind]);
		need.day = TODAY + 7;
		fits(&need, &home);
		need.day = TODAY - 1;
		fits(&need, &home);
	}
}
END_TEST

START_TEST(a_councils_own_embargo_is_its_own)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_bar bar = { .authority = NEXT_DOOR, .kind = MATCH_BAR_EMBARGO, .from = TODAY, .until = MATCH_OPEN_END };
	home.bars = &bar;
	home.bar_count = 1;
	fits(&need, &home);
	bar.authority = OWN;
	out_by(&need, &home, "EMBARGOED");
}
END_TEST

START_TEST(a_temporary_approval_is_for_the_child_it_names)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_bar bar = { .kind = MATCH_BAR_NAMED_CHILDREN_ONLY, .from = TODAY - 1, .until = TODAY + 112 };
	struct match_named named = { .child = need.child, .from = TODAY - 1, .until = TODAY + 112 };
	home.bars = &bar;
	home.bar_count = 1;
	out_by(&need, &home, "NAMED_CHILDREN_ONLY");
	home.named = &named;
	home.named_count = 1;
	fits(&need, &home);
	need.child = id_of(800002);
	out_by(&need, &home, "NAMED_CHILDREN_ONLY");
}
END_TEST

START_TEST(a_childrens_home_must_be_registered_and_known_by_its_urn)
{
	struct match_need need = a_need();
	struct match_home home = a_childrens_home();
	home.registration = MATCH_REGISTRATION_UNKNOWN;
	ck_assert_str_eq(out_by(&need, &home, "NOT_REGISTERED").reasons[0].source, "section 11");
	home.registration = MATCH_REGISTERED;
	home.has_urn = false;
	out_by(&need, &home, "NOT_REGISTERED");
	home.kind = MATCH_FOSTERING;
	fits(&need, &home);
	home.registration = MATCH_SUSPENDED;
	out_by(&need, &home, "NOT_REGISTERED");
}
END_TEST

/* ---- other arrangements ---- */

static void on_day_of(const char *rule, int32_t since, struct match_law *law)
{
	if (TODAY < since)
		law->rules[match_code(MATCH_LIST_LAW, rule)].source = NULL;
}

START_TEST(under_16_no_other_arrangement_since_regulation_27a)
{
	struct match_need need = a_need();
	struct match_home flat = an_unregulated_flat();
	struct match_law law = law_of_today();
	struct match_explained ret;
	need.age = 15;
	under(&need, &flat, &law, &ret);
	/* alone: 27C is about those of 16 and 17 */
	ck_assert_uint_eq(ret.out, MATCH_BIT(MATCH_UNDER_16_OTHER_ARRANGEMENT));
	ck_assert_str_eq(ret.reasons[0].source, "regulation 27A");
	/* before 28 October 2023 only that rule stood against it, and before 9 September 2021 none */
	on_day_of("SUPPORTED_REGISTRATION", TODAY + 1, &law);
	under(&need, &flat, &law, &ret);
	ck_assert_uint_eq(ret.out, MATCH_BIT(MATCH_UNDER_16_OTHER_ARRANGEMENT));
	need.age = 16;
	under(&need, &flat, &law, &ret);
	ck_assert_uint_eq(ret.out, 0);
	need.age = 15;
	on_day_of("OTHER_ARRANGEMENT_LEAST_AGE", TODAY + 1, &law);
	under(&need, &flat, &law, &ret);
	ck_assert_uint_eq(ret.out, 0);
}
END_TEST

START_TEST(supported_settings_are_not_for_a_child_under_16)
{
	struct match_need need = a_need();
	struct match_home home = supported_accommodation();
	need.age = 15;
	out_by(&need, &home, "UNDER_16_OTHER_ARRANGEMENT");
	home.kind = MATCH_SUPPORTED_LODGINGS;
	out_by(&need, &home, "UNDER_16_OTHER_ARRANGEMENT");
	need.age = 16;
	fits(&need, &home);
	need.age = MATCH_UNKNOWN;
	is_noted(&need, &home, "AGE_UNKNOWN");
}
END_TEST

START_TEST(sixteen_and_17_live_only_in_registered_supported_accommodation_since_27c)
{
	struct match_need need = a_need();
	struct match_home home = supported_accommodation(), flat = an_unregulated_flat();
	struct match_law law = law_of_today();
	struct match_explained ret;
	need.age = 16;
	ck_assert_str_eq(out_by(&need, &flat, "NOT_SUPPORTED_ACCOMMODATION").reasons[0].source, "regulation 27C");
	need.age = 17;
	out_by(&need, &flat, "NOT_SUPPORTED_ACCOMMODATION");
	need.age = MATCH_UNKNOWN;
	out_by(&need, &flat, "NOT_SUPPORTED_ACCOMMODATION");
	need.age = 18;
	fits(&need, &flat);
	need.age = 17;
	fits(&need, &home);
	home.registration = MATCH_APPLIED;
	fits(&need, &home);
	home.registration = MATCH_REGISTRATION_UNKNOWN;
	ck_assert_str_eq(out_by(&need, &home, "NOT_REGISTERED").reasons[0].source, "regulation 27C");
	on_day_of("SUPPORTED_REGISTRATION", TODAY + 1, &law);
	under(&need, &home, &law, &ret);
	ck_assert_uint_eq(ret.out, 0);
	under(&need, &flat, &law, &ret);
	ck_assert_uint_eq(ret.out, 0);
}
END_TEST

START_TEST(settings_that_the_regulations_leave_out_are_not_asked)
{
	static const enum match_capability settings[] = { MATCH_IS_CARE_HOME, MATCH_IS_HOSPITAL,
		MATCH_IS_RESIDENTIAL_FAMILY_CENTRE, MATCH_IS_SCHOOL_OR_COLLEGE, MATCH_IS_HOLIDAY_SCHEME };
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		struct match_need need = a_need();
		struct match_home home = an_unregulated_flat();
		home.capabilities = CODE(settings[i]);
		fits(&need, &home);
		need.age = 16;
		fits(&need, &home);
	}
	struct match_need need = a_need();
	struct match_home school = a_household();
	school.kind = MATCH_RESIDENTIAL_SPECIAL_SCHOOL;
	fits(&need, &school);
}
END_TEST

START_TEST(a_secure_home_needs_an_order_and_for_the_youngest_approval)
{
	struct match_need need = a_need();
	struct match_home home = a_childrens_home();
	home.kind = MATCH_SECURE_CHILDRENS_HOME;
	need.age = 14;
	ck_assert_str_eq(out_by(&need, &home, "SECURE_ORDER_MISSING").reasons[0].source, "section 25");
	need.legal_status = status_bit("C2");
	out_by(&need, &home, "SECURE_ORDER_MISSING");
	need.legal_status = status_bit("J1");
	fits(&need, &home);
	need.legal_status = status_bit("C2");
	need.secure_order = true;
	fits(&need, &home);
	need.age = 12;
	out_by(&need, &home, "SECURE_TOO_YOUNG");
	need.secure_approval = true;
	fits(&need, &home);
}
END_TEST

START_TEST(a_short_break_home_is_for_short_breaks)
{
	struct match_need need = a_need();
	struct match_home home = a_childrens_home();
	home.kind = MATCH_SHORT_BREAKS;
	need.legal_status = status_bit("C2");
	out_by(&need, &home, "SHORT_BREAK_ONLY");
	need.legal_status = status_bit("V3");
	fits(&need, &home);
	need.legal_status = 0;
	is_noted(&need, &home, "LEGAL_STATUS_UNKNOWN");
}
END_TEST

/* ---- terms and conditions ---- */

START_TEST(terms_leave_out_by_age_sex_and_number)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.least_age = 12;
	home.most_age = 12;
	fits(&need, &home);
	need.age = 11;
	ck_assert_str_eq(out_by(&need, &home, "OUTSIDE_AGE_TERMS").reasons[0].source, "regulations 27 and 28");
	need.age = 13;
	out_by(&need, &home, "OUTSIDE_AGE_TERMS");
	need.age = MATCH_UNKNOWN;
	is_noted(&need, &home, "AGE_UNKNOWN");
	home = a_childrens_home();
	home.sex = 'M';
	ck_assert(strcmp(out_by(&need, &home, "OUTSIDE_SEX_TERMS").reasons[0].source, "regulations 27 and 28") != 0);
	need.sex = 'U';
	is_noted(&need, &home, "SEX_UNKNOWN");
	need.sex = 'M';
	fits(&need, &home);
	struct match_resident there = a_resident(1, 10);
	home = a_household();
	home.most_children = 1;
	fits(&need, &home);
	home.residents = &there;
	home.resident_count = 1;
	out_by(&need, &home, "TOO_MANY_CHILDREN");
}
END_TEST

START_TEST(an_age_of_0_is_not_an_unknown_age)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	need.age = 0;
	home.least_age = 0;
	home.most_age = 4;
	fits(&need, &home);
	home.least_age = 1;
	out_by(&need, &home, "OUTSIDE_AGE_TERMS");
	home.most_age = 0;
	home.least_age = MATCH_UNKNOWN;
	fits(&need, &home);
}
END_TEST

START_TEST(conditions_of_registration_hold_between_their_days)
{
	struct match_limit limits[] = {
		{ .code = MATCH_LEAST_AGE, .value = 13, .from = TODAY, .until = TODAY + 5 },
		{ .code = MATCH_MOST_AGE, .value = 11, .from = TODAY, .until = TODAY + 5 },
		{ .code = MATCH_SEX, .sex = 'M', .from = TODAY, .until = TODAY + 5 },
		{ .code = MATCH_MOST_CHILDREN, .value = 0, .from = TODAY, .until = TODAY + 5 },
	};
	static const char *const codes[] = { "OUTSIDE_AGE_CONDITION", "OUTSIDE_AGE_CONDITION", "OUTSIDE_SEX_CONDITION",
		"TOO_MANY_FOR_CONDITION" };
	for (size_t i = 0; i < 4; i++) {
		struct match_need need = a_need();
		struct match_home home = a_childrens_home();
		home.limits = &limits[i];
		home.limit_count = 1;
		out_by(&need, &home, codes[i]);
		need.day = TODAY + 5;
		fits(&need, &home);
	}
}
END_TEST

START_TEST(terms_for_other_kinds_of_placement_leave_out)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.approved_kinds = (uint16_t)CODE(match_code(MATCH_LIST_PLACEMENT_KIND, "RESPITE"));
	fits(&need, &home);
	need.placement_kinds = (uint16_t)CODE(match_code(MATCH_LIST_PLACEMENT_KIND, "LONG_TERM"));
	out_by(&need, &home, "OUTSIDE_KIND_TERMS");
	need.placement_kinds |= (uint16_t)CODE(match_code(MATCH_LIST_PLACEMENT_KIND, "RESPITE"));
	fits(&need, &home);
}
END_TEST

START_TEST(three_are_fostered_unless_siblings_or_named)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_resident there[] = { a_resident(1, 8), a_resident(2, 9), a_resident(3, 10) };
	home.places = 5;
	home.residents = there;
	home.resident_count = 2;
	fits(&need, &home);
	home.resident_count = 3;
	ck_assert_str_eq(out_by(&need, &home, "FOSTERING_LIMIT").reasons[0].source, "Schedule 7");
	need.sibling_count = 3;
	for (unsigned i = 0; i < 3; i++)
		need.siblings[i] = there[i].child;
	fits(&need, &home);
	need.sibling_count = 2;      /* one is a stranger */
	out_by(&need, &home, "FOSTERING_LIMIT");
	need.sibling_count = 0;
	struct match_named named[4] = { { .child = need.child, .from = TODAY - 9, .until = TODAY + 1 } };
	for (unsigned i = 0; i < 3; i++)
		named[i + 1] = (struct match_named){ .child = there[i].child, .from = TODAY - 9, .until = TODAY + 9 };
	home.named = named;
	home.named_count = 3;
	out_by(&need, &home, "FOSTERING_LIMIT");      /* one who lives there is not named: paragraph 5 */
	home.named_count = 4;
	fits(&need, &home);
	home.other_children = 1;     /* nor is one who is not known here */
	out_by(&need, &home, "FOSTERING_LIMIT");
	home.other_children = 0;
	need.day = TODAY + 1;        /* the exemption has ended */
	out_by(&need, &home, "FOSTERING_LIMIT");
	home.kind = MATCH_CHILDRENS_HOME;
	home.has_urn = true;
	fits(&need, &home);
}
END_TEST

START_TEST(an_exemption_for_siblings_counts_while_all_who_live_there_are_named)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_resident there[] = { a_resident(1, 8), a_resident(2, 9), a_resident(3, 10) };
	struct match_named named[4];
	for (unsigned i = 0; i < 4; i++)
		named[i] = (struct match_named){ i < 3 ? there[i].child : need.child, true, MATCH_EVER, MATCH_OPEN_END };
	home.places = 5;
	home.residents = there;
	home.resident_count = 3;
	home.named = named;
	home.named_count = 4;
	fits(&need, &home);
	there[1].child = id_of(650000);      /* another has come */
	out_by(&need, &home, "FOSTERING_LIMIT");
}
END_TEST

START_TEST(four_siblings_may_come_to_an_empty_household)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	need.children = 4;
	home.places = 4;
	fits(&need, &home);
	home.other_children = 1;
	home.places = 6;
	out_by(&need, &home, "FOSTERING_LIMIT");
}
END_TEST

/* ---- places ---- */

START_TEST(a_place_must_be_free_for_each)
{
	struct match_need need = a_need();
	struct match_home home = a_childrens_home();
	struct match_resident there[] = { a_resident(1, 12), a_resident(2, 12) };
	struct match_block block = { .places = 1, .reason = MATCH_BLOCK_REPAIRS, .from = TODAY, .until = TODAY + 3 };
	there[1].held = true;
	home.residents = there;
	home.resident_count = 2;
	out_by(&need, &home, "NO_FREE_PLACE");
	home.places = 4;
	need.children = 2;
	fits(&need, &home);
	home.blocks = &block;
	home.block_count = 1;
	struct match_explained ret = out_by(&need, &home, "NOT_ENOUGH_PLACES");
	ck_assert_int_eq(ret.levels.registered, 4);
	ck_assert_int_eq(ret.levels.open, 4);
	ck_assert_int_eq(ret.levels.offerable, 1);
	ck_assert_int_eq(ret.levels.for_child, 1);
	need.day = TODAY + 3;
	fits(&need, &home);
}
END_TEST

START_TEST(more_places_than_registered_are_not_offered)
{
	struct match_need need = a_need();
	struct match_home home = a_childrens_home();
	struct match_resident there = a_resident(1, 12);
	home.places = 5;
	home.registered_places = 1;
	home.residents = &there;
	home.resident_count = 1;
	out_by(&need, &home, "NO_FREE_PLACE");
}
END_TEST

START_TEST(other_children_take_places_and_are_noted_when_not_known)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.other_children = 2;
	out_by(&need, &home, "NO_FREE_PLACE");
	home.other_children = MATCH_UNKNOWN;
	is_noted(&need, &home, "RESIDENTS_UNKNOWN");
}
END_TEST

START_TEST(a_home_for_siblings_or_for_one_child_says_so)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.siblings_only = true;
	out_by(&need, &home, "SIBLINGS_ONLY");
	need.children = 2;
	fits(&need, &home);
	home = a_household();
	home.solo = true;
	out_by(&need, &home, "SOLO_HOME");
	need.children = 1;
	ck_assert_int_eq(fits(&need, &home).levels.for_child, 1);
}
END_TEST

/* ---- together with whom ---- */

START_TEST(a_child_who_is_to_live_alone_lives_with_nobody)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_resident there = a_resident(1, 12);
	need.companions = MATCH_SOLO;
	fits(&need, &home);
	home.residents = &there;
	home.resident_count = 1;
	ck_assert_int_eq(out_by(&need, &home, "SOLO_CHILD").blocking_resident, 0);
	need.companions = MATCH_WITH_OTHERS;
	fits(&need, &home);
	there.companions = MATCH_SOLO;
	out_by(&need, &home, "RESIDENT_COMPANIONS");
}
END_TEST

START_TEST(only_older_means_older_on_either_side)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_resident there = a_resident(1, 13);
	home.residents = &there;
	home.resident_count = 1;
	need.companions = MATCH_ONLY_OLDER;
	fits(&need, &home);
	there.age = 12;
	out_by(&need, &home, "CHILD_COMPANIONS");
	need.companions = MATCH_ONLY_YOUNGER;
	out_by(&need, &home, "CHILD_COMPANIONS");
	there.age = 11;
	fits(&need, &home);
	there.companions = MATCH_ONLY_YOUNGER;
	out_by(&need, &home, "RESIDENT_COMPANIONS");
	there.companions = MATCH_ONLY_OLDER;
	fits(&need, &home);
	there.age = MATCH_UNKNOWN;
	is_noted(&need, &home, "RESIDENT_AGE_UNKNOWN");
}
END_TEST

START_TEST(who_lives_there_grows_older)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_resident there = a_resident(1, 11);
	home.residents = &there;
	home.resident_count = 1;
	need.companions = MATCH_ONLY_YOUNGER;
	fits(&need, &home);
	need.day = TODAY + 364;
	fits(&need, &home);
	need.day = TODAY + 366;      /* 12 by then, as far as is known */
	out_by(&need, &home, "CHILD_COMPANIONS");
}
END_TEST

START_TEST(brothers_and_sisters_are_not_asked_who_is_older)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_resident there = a_resident(1, 9);
	home.residents = &there;
	home.resident_count = 1;
	need.companions = MATCH_ONLY_OLDER;
	out_by(&need, &home, "CHILD_COMPANIONS");
	need.sibling_count = 1;
	need.siblings[0] = there.child;
	fits(&need, &home);
	there.companions = MATCH_SOLO;
	out_by(&need, &home, "RESIDENT_COMPANIONS");
}
END_TEST

START_TEST(risks_pets_liberty_and_manager)
{
	struct match_need need = a_need();
	struct match_home home = a_childrens_home();
	home.excluded_risks = (uint16_t)CODE(MATCH_RISK_TO_OTHERS_FIRE);
	is_noted(&need, &home, "RISKS_NOT_SAID");
	need.risks = need.risks_known = (uint16_t)CODE(MATCH_RISK_TO_OTHERS_FIRE);
	out_by(&need, &home, "RISK_EXCLUDED");
	need.risks = 0;
	fits(&need, &home);
	need.deprivation_of_liberty = true;
	out_by(&need, &home, "NO_DEPRIVATION_OF_LIBERTY");
	home.capabilities = CODE(MATCH_CAN_DEPRIVATION_OF_LIBERTY) | CODE(MATCH_CAN_PETS);
	fits(&need, &home);
	need.pets = MATCH_PETS_NO;
	out_by(&need, &home, "PETS_THERE");
	need.pets = MATCH_PETS_CAN;
	home.manager_vacant = true;
	is_noted(&need, &home, "NO_MANAGER");
	struct match_law law = law_of_today();
	struct match_explained ret;
	law.rules[MATCH_LAW_MANAGER_VACANCY].source = "policy";
	under(&need, &home, &law, &ret);
	ck_assert_uint_eq(ret.out, MATCH_BIT(MATCH_MANAGER_VACANT));
	ck_assert_int_eq(ret.levels.offerable, 0);
}
END_TEST

/* ---- what the referral asks ---- */

START_TEST(places_to_avoid_are_circles_or_areas)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	need.avoid_count = 1;
	need.avoid[0] = (struct match_avoid){ .easting = 430000, .northing = 309000, .metres = 1000 };
	out_by(&need, &home, "PLACE_TO_AVOID");
	need.avoid[0].metres = 999;
	fits(&need, &home);
	need.avoid[0] = (struct match_avoid){ .authority = OWN };
	out_by(&need, &home, "PLACE_TO_AVOID");
	need.avoid[0].authority = FAR_AWAY;
	fits(&need, &home);
	home.area = 0;
	is_noted(&need, &home, "PLACE_UNKNOWN");
}
END_TEST

START_TEST(recommendation_and_kind_leave_out)
{
	struct match_need need = a_need();
	struct match_home household = a_household(), childrens = a_childrens_home();
	need.foster = MATCH_UNSUITABLE;
	out_by(&need, &household, "UNSUITABLE_KIND");
	fits(&need, &childrens);
	need.residential = MATCH_UNSUITABLE;
	out_by(&need, &childrens, "UNSUITABLE_KIND");
	need = a_need();
	need.kinds = 1 << MATCH_CHILDRENS_HOME;
	out_by(&need, &household, "KIND_NOT_WANTED");
	fits(&need, &childrens);
}
END_TEST

START_TEST(limits_of_miles_and_fee_leave_out_and_the_unknown_is_noted)
{
	struct match_need need = a_need();
	struct match_home home = a_household();      /* 10 km: 6.2 miles */
	need.most_tenths = 62;
	fits(&need, &home);
	need.most_tenths = 61;
	ck_assert_str_eq(out_by(&need, &home, "TOO_FAR").reasons[0].text, "6.2 miles; at most 6.1 are wanted.");
	home.grid.known = false;
	is_noted(&need, &home, "DISTANCE_UNKNOWN");
	need.most_pence = 90000;
	fits(&need, &home);
	need.most_pence = 89999;
	out_by(&need, &home, "TOO_DEAR");
	home.pence = MATCH_UNKNOWN;
	is_noted(&need, &home, "FEE_UNKNOWN");
}
END_TEST

START_TEST(a_fee_is_that_of_the_councils_own_route_on_the_day)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_route routes[] = {
		{ .authority = 0, .route = MATCH_SPOT, .from = MATCH_EVER, .until = MATCH_OPEN_END, .pence = MATCH_UNKNOWN },
		{ .authority = FAR_AWAY, .route = MATCH_BLOCK, .from = MATCH_EVER, .until = MATCH_OPEN_END, .pence = 100 },
		{ .authority = OWN, .route = MATCH_FRAMEWORK, .tier = 2, .from = MATCH_EVER, .until = TODAY + 5, .pence = 80000 },
		{ .authority = OWN, .route = MATCH_FRAMEWORK, .tier = 1, .from = TODAY + 5, .until = MATCH_OPEN_END, .pence = 85000 },
	};
	home.routes = routes;
	home.route_count = 4;
	struct match_explained ret = fits(&need, &home);
	ck_assert_int_eq(ret.pence, 80000);
	ck_assert_int_eq(ret.route, MATCH_FRAMEWORK);
	ck_assert_int_eq(ret.tier, 2);
	need.day = TODAY + 5;
	ck_assert_int_eq(fits(&need, &home).pence, 85000);
	home.route_count = 2;        /* without a contract: what the home asks */
	ret = fits(&need, &home);
	ck_assert_int_eq(ret.route, MATCH_SPOT);
	ck_assert_int_eq(ret.pence, 90000);
	routes[0].route = MATCH_BLOCK;
	ret = fits(&need, &home);
	ck_assert_int_eq(ret.pence, MATCH_UNKNOWN);
}
END_TEST

/* ---- score ---- */

static int32_t points(const struct match_need *need, const struct match_home *home, enum match_part part)
{
	return fits(need, home).parts[part];
}

START_TEST(a_score_is_the_sum_of_its_parts_and_each_part_says_why)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	need.school = home.grid;
	need.foster = MATCH_PREFERRED;
	home.outcome = MATCH_GOOD;
	struct match_explained ret = fits(&need, &home);
	int32_t sum = 0;
	for (int i = 0; i < MATCH_PARTS; i++) {
		sum += ret.parts[i];
		ck_assert_str_eq(ret.part_texts[i].code, match_part_code(i));
		ck_assert(strlen(ret.part_texts[i].text) > 5);
	}
	ck_assert_int_eq(ret.score, sum);
	ck_assert_int_eq(ret.parts[MATCH_PART_DISTANCE], 20000 * (400 - 62) / 400);
	ck_assert_int_eq(ret.parts[MATCH_PART_EDUCATION], 20000);
	ck_assert_int_eq(ret.parts[MATCH_PART_AREA], 10000);
	ck_assert_int_eq(ret.parts[MATCH_PART_RECOMMENDATION], 15000);
	ck_assert_int_eq(ret.parts[MATCH_PART_FEE], 8500);
	ck_assert_int_eq(ret.parts[MATCH_PART_INSPECTION], 4000);
	ck_assert_int_eq(ret.parts[MATCH_PART_CONFIRMED], 2000);
}
END_TEST

START_TEST(adjacency_decides_not_miles)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.area = NEXT_DOOR;
	home.grid.northing = 400000;         /* 62 miles away */
	struct match_explained ret = fits(&need, &home);
	ck_assert_int_eq(ret.area, MATCH_ADJOINING);
	ck_assert_int_eq(ret.parts[MATCH_PART_AREA], 5000);
	home.area = FAR_AWAY;
	home.grid.northing = 300001;
	is_noted(&need, &home, "AT_A_DISTANCE");
	ck_assert_int_eq(fits(&need, &home).area, MATCH_AT_DISTANCE);
	home.area = 0;
	ck_assert_int_eq(fits(&need, &home).area, MATCH_AREA_UNKNOWN);
}
END_TEST

START_TEST(what_is_not_known_brings_no_points_and_takes_none)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.grid.known = false;
	home.pence = MATCH_UNKNOWN;
	home.area = 0;
	home.outcome = MATCH_OUTCOME_UNKNOWN;
	home.vacancy_confirmed = 0;
	struct match_explained ret = fits(&need, &home);
	ck_assert_int_eq(ret.score, 0);
	ck_assert_int_eq(ret.tenths, MATCH_UNKNOWN);
	ck_assert_int_eq(ret.school_tenths, MATCH_UNKNOWN);
	ck_assert_int_eq(ret.pence, MATCH_UNKNOWN);
}
END_TEST

START_TEST(siblings_companions_and_capabilities_count)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	struct match_resident there = a_resident(1, 9);
	ck_assert_int_eq(points(&need, &home, MATCH_PART_SIBLINGS), 0);
	need.children = 2;
	ck_assert_int_eq(points(&need, &home, MATCH_PART_SIBLINGS), 15000);
	ck_assert(fits(&need, &home).siblings_together);
	need.children = 1;
	home.residents = &there;
	home.resident_count = 1;
	need.sibling_count = 3;
	need.siblings[2] = there.child;
	ck_assert_int_eq(points(&need, &home, MATCH_PART_SIBLINGS), 5000);
	need.companions = MATCH_WITH_OTHERS;
	ck_assert_int_eq(points(&need, &home, MATCH_PART_COMPANIONS), 5000);
	need.capabilities = CODE(MATCH_CAN_BSL) | CODE(MATCH_CAN_THERAPY);
	need.unaccompanied = true;
	need.emergency = true;
	home.capabilities = CODE(MATCH_CAN_BSL);
	ck_assert_int_eq(points(&need, &home, MATCH_PART_CAPABILITIES), 2500);
	is_noted(&need, &home, "CAPABILITY_NOT_RECORDED");
}
END_TEST

START_TEST(a_vacancy_goes_stale)
{
	struct match_need need = a_need();
	struct match_home home = a_household();
	home.vacancy_confirmed = NOW - 7 * 86400;
	ck_assert(!fits(&need, &home).vacancy_stale);
	need.now++;
	ck_assert(fits(&need, &home).vacancy_stale);
	is_noted(&need, &home, "VACANCY_STALE");
	ck_assert_int_eq(points(&need, &home, MATCH_PART_CONFIRMED), 0);
}
END_TEST

START_TEST(without_law_only_what_is_recorded_excludes)
{
	struct match_need need = a_need();
	struct match_home flat = an_unregulated_flat();
	struct match_explained ret;
	under(&need, &flat, &no_law, &ret);
	ck_assert_uint_eq(ret.out, 0);
}
END_TEST

START_TEST(every_code_is_one_of_a_kind_and_every_name_has_its_number)
{
	for (int i = 0; i < MATCH_RULES; i++) {
		ck_assert_ptr_nonnull(match_rule_code((enum match_rule)i));
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(match_rule_code((enum match_rule)i), match_rule_code((enum match_rule)j));
	}
	for (int list = 0; list < MATCH_LISTS; list++)
		for (int i = 0; i < 32; i++) {
			const char *name = match_code_name((enum match_list)list, i);
			if (name)
				ck_assert_int_eq(match_code((enum match_list)list, name), i);
		}
	ck_assert_int_eq(match_code(MATCH_LIST_KIND, ""), -1);
	ck_assert_int_eq(match_code(MATCH_LIST_KIND, "CASTLE"), -1);
	ck_assert_int_eq(match_code(MATCH_LIST_LAW, "VACANCY_STALE_DAYS"), MATCH_LAW_RULES - 1);
	ck_assert_int_eq(match_code(MATCH_LIST_CAPABILITY, "DISABLED_HOLIDAY_SCHEME"), MATCH_CAPABILITIES - 1);
	ck_assert_int_eq(match_code(MATCH_LIST_RISK, "TO_OTHERS_CRIMINAL"), MATCH_RISKS - 1);
	ck_assert_int_eq(match_code(MATCH_LIST_KIND, "OTHER_ARRANGEMENT"), MATCH_OTHER_ARRANGEMENT);
	ck_assert_int_eq(match_code(MATCH_LIST_BAR, "NAMED_CHILDREN_ONLY"), MATCH_BARS - 1);
	ck_assert_int_eq(match_code(MATCH_LIST_BLOCK, "OTHER"), MATCH_BLOCK_OTHER);
	ck_assert_int_eq(match_code(MATCH_LIST_ROUTE, "SPOT"), MATCH_SPOT);
	ck_assert_int_eq(match_code(MATCH_LIST_OUTCOME, "INADEQUATE"), MATCH_INADEQUATE);
	ck_assert_int_eq(match_code(MATCH_LIST_COMPANIONS, "NO_PREFERENCE"), MATCH_NO_PREFERENCE);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("matching", a_home_with_all_in_order_fits, a_closed_home_takes_no_child,
	                  a_home_that_is_planned_takes_children_from_its_day, a_registration_holds_until_the_day_it_lapses,
	                  each_bar_excludes_between_its_days, a_councils_own_embargo_is_its_own,
	                  a_temporary_approval_is_for_the_child_it_names, a_childrens_home_must_be_registered_and_known_by_its_urn,
	                  under_16_no_other_arrangement_since_regulation_27a, supported_settings_are_not_for_a_child_under_16,
	                  sixteen_and_17_live_only_in_registered_supported_accommodation_since_27c,
	                  settings_that_the_regulations_leave_out_are_not_asked,
	                  a_secure_home_needs_an_order_and_for_the_youngest_approval, a_short_break_home_is_for_short_breaks,
	                  terms_leave_out_by_age_sex_and_number, an_age_of_0_is_not_an_unknown_age,
	                  conditions_of_registration_hold_between_their_days, terms_for_other_kinds_of_placement_leave_out,
	                  three_are_fostered_unless_siblings_or_named,
	                  an_exemption_for_siblings_counts_while_all_who_live_there_are_named,
	                  four_siblings_may_come_to_an_empty_household, a_place_must_be_free_for_each,
	                  more_places_than_registered_are_not_offered, other_children_take_places_and_are_noted_when_not_known,
	                  a_home_for_siblings_or_for_one_child_says_so, a_child_who_is_to_live_alone_lives_with_nobody,
	                  only_older_means_older_on_either_side, who_lives_there_grows_older,
	                  brothers_and_sisters_are_not_asked_who_is_older, risks_pets_liberty_and_manager,
	                  places_to_avoid_are_circles_or_areas, recommendation_and_kind_leave_out,
	                  limits_of_miles_and_fee_leave_out_and_the_unknown_is_noted,
	                  a_fee_is_that_of_the_councils_own_route_on_the_day,
	                  a_score_is_the_sum_of_its_parts_and_each_part_says_why, adjacency_decides_not_miles,
	                  what_is_not_known_brings_no_points_and_takes_none, siblings_companions_and_capabilities_count,
	                  a_vacancy_goes_stale, without_law_only_what_is_recorded_excludes,
	                  every_code_is_one_of_a_kind_and_every_name_has_its_number);
}
