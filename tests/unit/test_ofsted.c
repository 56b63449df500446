/* test_ofsted.c: what the words of a published list of settings mean. */
/* links: services/providers/ofsted.c */
#include "../support/check_main.h"

#include <stddef.h>
#include <string.h>

#include "../../services/providers/ofsted.h"

static const char *same(const char *text)
{
	return text ? text : "(not understood)";
}

START_TEST(a_provision_type_is_known_however_it_is_spelt)
{
	static const struct { const char *text; enum ofsted_what what; const char *kind; } cases[] = {
		{ "Children's home", OFSTED_HOME, "CHILDRENS_HOME" }, { "CHILDRENS HOMES", OFSTED_HOME, "CHILDRENS_HOME" },
		{ "Children\xe2\x80\x99s Home", OFSTED_HOME, "CHILDRENS_HOME" },
		{ "Secure children's home", OFSTED_HOME, "SECURE_CHILDRENS_HOME" },
		{ "Residential special school (registered as a children's home)", OFSTED_HOME, "RESIDENTIAL_SPECIAL_SCHOOL" },
		{ "Children's home - short breaks only", OFSTED_HOME, "SHORT_BREAKS" },
		{ "Supported Accommodation", OFSTED_HOME, "SUPPORTED_ACCOMMODATION" },
		{ "Independent fostering agency", OFSTED_AGENCY, NULL }, { "Local authority fostering service", OFSTED_AGENCY, NULL },
		{ "Voluntary adoption agency", OFSTED_ELSE, NULL }, { "Boarding school", OFSTED_ELSE, NULL },
		{ "Residential family centre", OFSTED_ELSE, NULL }, { "Secure training centre", OFSTED_ELSE, NULL },
		{ "Residential holiday scheme for disabled children", OFSTED_ELSE, NULL },
		{ "House", OFSTED_UNKNOWN, NULL }, { "", OFSTED_UNKNOWN, NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ofsted_provision is = ofsted_provision(cases[i].text);
		ck_assert_msg(is.what == cases[i].what, "%s is %d", cases[i].text, is.what);
		ck_assert_str_eq(same(is.kind), same(cases[i].kind));
	}
}
END_TEST

START_TEST(a_registration_status_is_known_and_what_says_nothing_is_not)
{
	static const char *const cases[][2] = {
		{ "Active", "REGISTERED" }, { "Registered", "REGISTERED" }, { "Open", "REGISTERED" }, { "Suspended", "SUSPENDED" },
		{ "Proposed", "APPLIED" }, { "Closed", "NOT_REGISTERED" }, { "Resigned", "NOT_REGISTERED" },
		{ "Cancelled", "NOT_REGISTERED" }, { "De-registered", "NOT_REGISTERED" }, { "Not registered", "NOT_REGISTERED" },
		{ "Inactive", NULL }, { "Maybe", NULL }, { "", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_str_eq(same(ofsted_status(cases[i][0])), same(cases[i][1]));
}
END_TEST

START_TEST(an_outcome_is_of_the_scale_of_its_kind_and_of_no_other)
{
	static const struct { const char *text, *kind, *code; } cases[] = {
		{ "Outstanding", "CHILDRENS_HOME", "OUTSTANDING" }, { "good", NULL, "GOOD" },
		{ "Requires improvement to be good", "CHILDRENS_HOME", "REQUIRES_IMPROVEMENT" },
		{ "Inadequate", NULL, "INADEQUATE" }, { "Adequate", NULL, "ADEQUATE" }, { "Not judged", NULL, "" }, { "", NULL, "" },
		{ "Good", "SUPPORTED_ACCOMMODATION", NULL }, { "Excellent", "CHILDRENS_HOME", NULL },
		{ "Consistently strong service delivery leads to typically positive experiences and progress for children",
		  "SUPPORTED_ACCOMMODATION", "SUPPORTED_STRONG" },
		{ "Inconsistent quality of service delivery", "SUPPORTED_ACCOMMODATION", "SUPPORTED_INCONSISTENT" },
		{ "Serious or widespread weaknesses", "SUPPORTED_LODGINGS", "SUPPORTED_WEAK" },
		{ "Consistently strong service delivery", "CHILDRENS_HOME", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(strcmp(same(ofsted_outcome(cases[i].text, cases[i].kind)), same(cases[i].code)) == 0, "%s", cases[i].text);
}
END_TEST

START_TEST(a_sector_says_whose_a_setting_is)
{
	static const struct { const char *text, *sector, *code; } cases[] = {
		{ "Private", "INDEPENDENT", "PR4" }, { "Voluntary", "INDEPENDENT", "PR5" }, { "Local Authority", "OTHER_PUBLIC", "PR2" },
		{ "Health Authority", "OTHER_PUBLIC", "PR3" }, { "Independent", "INDEPENDENT", NULL },
	};
	struct ofsted_sector sector;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ck_assert(ofsted_sector(cases[i].text, &sector));
		ck_assert_str_eq(sector.sector, cases[i].sector);
		ck_assert_str_eq(same(sector.code), same(cases[i].code));
	}
	ck_assert(!ofsted_sector("Lunar", &sector));
	ck_assert_str_eq(ofsted_inspection_type("Full inspection"), "FULL");
	ck_assert_str_eq(ofsted_inspection_type("Monitoring visit"), "MONITORING");
	ck_assert_str_eq(ofsted_inspection_type(""), "OTHER");
}
END_TEST

int main(void)
{
	return CHECK_MAIN("ofsted", a_provision_type_is_known_however_it_is_spelt,
	                  a_registration_status_is_known_and_what_says_nothing_is_not,
	                  an_outcome_is_of_the_scale_of_its_kind_and_of_no_other, a_sector_says_whose_a_setting_is);
}
