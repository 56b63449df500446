/* test_needs.c: what may be said of a child's needs, field by field; and that the two contracts that hold needs, referrals'
 * and providers', have one shape.
 */
/* links: services/providers/matching_codes.c */
#include "../support/check_main.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/events.pb-c.h>
#include <hearth/service.h>
#include <hearth/v1/needs.pb-c.h>

#include "../../services/providers/matching_codes.h"

static int check(const char *json, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *message;
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	ck_assert_msg(hearth_json_parse(arena, &hearth__referrals__v1__needs__descriptor, json, strlen(json), 0, &message, status) == 0,
	              "%s: %s", json, status->message);
	const Hearth__Referrals__V1__Needs *needs = (const Hearth__Referrals__V1__Needs *)message;
	int failed = hearth_check_needs(&HEARTH_NEEDS(needs), status);
	hearth_arena_free(&arena);
	return failed;
}

static void is_taken(const char *json)
{
	struct hearth_status status;
	ck_assert_msg(check(json, &status) == 0, "%s: %s", json, status.message);
}

/* By the name of the field, in a sentence that says `because`. */
static void is_refused(const char *json, const char *field, const char *because)
{
	struct hearth_status status;
	ck_assert_msg(check(json, &status) != 0, "%s is taken", json);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_msg(strcmp(status.field, field) == 0 && strstr(status.message, because) != NULL, "%s: (%s) %s", json,
	              status.field, status.message);
}

START_TEST(needs_that_say_much_and_needs_that_say_nothing_are_taken)
{
	is_taken("{}");
	is_taken("{\"age\":{\"value\":9},\"sex\":\"F\",\"unaccompanied\":true,\"homeKinds\":[\"FOSTERING\",\"SUPPORTED_LODGINGS\","
	         "\"SHORT_BREAKS\"],\"homeGrid\":{\"easting\":430000,\"northing\":300000},\"mostMiles\":{\"miles\":20.5},"
	         "\"mostWeeklyFee\":{\"pence\":\"90000\"},\"children\":3,\"siblings\":{\"value\":2},"
	         "\"schoolGrid\":{\"easting\":431000,\"northing\":300500},\"prefersLocal\":\"NO\","
	         "\"outOfAreaReason\":\"SAFEGUARDING_CONCERNS\",\"requirements\":{\"communicationNeeds\":\"YES\","
	         "\"communication\":[\"BSL\",\"ESOL\"],\"homeAdaptation\":\"YES\",\"culturalNeeds\":\"CULTURAL_NEEDS_REQUIRED\","
	         "\"companions\":\"ONLY_OLDER\",\"pets\":\"PETS_NO\",\"support\":[\"THERAPEUTIC_SUPPORT\",\"TAXIS_TO_SCHOOL\"],"
	         "\"deprivationOfLiberty\":\"NO\"},\"recommendation\":{\"fostering\":\"PREFERRED\",\"residential\":\"SUITABLE\","
	         "\"supportedAccommodation\":\"UNSUITABLE\"},\"risks\":{\"missing\":\"PRESENT\",\"toOthersFire\":\"NO_KNOWN_RISK\"},"
	         "\"avoid\":[{\"grid\":{\"easting\":440000,\"northing\":300000},\"miles\":{\"miles\":3.5},\"reason\":\"EXPLOITATION\"},"
	         "{\"areaAuthority\":\"999\"}],\"legalStatus\":\"C2\",\"wishes\":\"WISHES_RECORDED\",\"placementKinds\":[\"LONG_TERM\"]}");
}
END_TEST

START_TEST(none_is_known_and_unknown_is_not_none)
{
	is_taken("{\"siblings\":{}}");
	is_taken("{\"siblings\":{},\"children\":1}");
	is_taken("{\"children\":3}");
	is_refused("{\"siblings\":{},\"children\":2}", "needs.children", "needs.siblings are 1");
	is_refused("{\"siblings\":{\"value\":1},\"children\":3}", "needs.children", "at most as many places");
	is_refused("{\"siblings\":{\"value\":20}}", "needs.siblings.value", "0 to 19");
	is_refused("{\"siblings\":{\"value\":-1}}", "needs.siblings.value", "0 to 19");
	is_refused("{\"children\":21}", "needs.children", "0 to 20");
}
END_TEST

START_TEST(a_kind_of_home_is_one_that_councils_know)
{
	is_taken("{\"homeKinds\":[\"FOSTERING\",\"CHILDRENS_HOME\",\"SUPPORTED_ACCOMMODATION\",\"SECURE_CHILDRENS_HOME\","
	         "\"RESIDENTIAL_SPECIAL_SCHOOL\",\"SHORT_BREAKS\",\"SUPPORTED_LODGINGS\",\"OTHER_ARRANGEMENT\"]}");
	is_refused("{\"homeKinds\":[\"HOTEL\"]}", "needs.home_kinds", "OTHER_ARRANGEMENT is wanted");
	/* Each that the contract has: a new one is to be taken here too. */
	const ProtobufCEnumDescriptor *kinds = &hearth__providers__v1__home_kind__descriptor;
	for (unsigned i = 0; i < kinds->n_values; i++) {
		char json[120];
		snprintf(json, sizeof json, "{\"homeKinds\":[\"%s\"]}", kinds->values[i].name);
		if (kinds->values[i].value != 0)
			is_taken(json);
	}
}
END_TEST

START_TEST(a_half_place_to_avoid_is_refused)
{
#define GRID "\"grid\":{\"easting\":440000,\"northing\":300000}"
	is_refused("{\"avoid\":[{}]}", "needs.avoid[0]", "it has no grid");
	is_refused("{\"avoid\":[{" GRID "}]}", "needs.avoid[0]", "it has no miles");
	is_refused("{\"avoid\":[{\"areaAuthority\":\"999\"},{\"miles\":{\"miles\":1}}]}", "needs.avoid[1]", "it has no grid");
	is_refused("{\"avoid\":[{\"areaAuthority\":\"999\"," GRID ",\"miles\":{\"miles\":1}}]}", "needs.avoid[0]", "it has both");
	is_refused("{\"avoid\":[{\"areaAuthority\":\"99\"}]}", "needs.avoid[0].area_authority", "three digits");
	is_refused("{\"avoid\":[{" GRID ",\"miles\":{}}]}", "needs.avoid[0].miles", "above 0 and at most 100");
	is_refused("{\"avoid\":[{" GRID ",\"miles\":{\"miles\":100.5}}]}", "needs.avoid[0].miles", "at most 100");
	is_refused("{\"avoid\":[{\"grid\":{\"easting\":-1},\"miles\":{\"miles\":1}}]}", "needs.avoid[0].grid.easting", "0 to 700000");
	is_refused("{\"avoid\":[{\"areaAuthority\":\"999\",\"reason\":\"his brother\"}]}", "needs.avoid[0].reason", "A-Z, 0-9 and _");
}
END_TEST

/* JSON has none, but the wire has. */
START_TEST(miles_that_are_no_number_are_refused)
{
	Hearth__Referrals__V1__Needs needs = HEARTH__REFERRALS__V1__NEEDS__INIT;
	Hearth__V1__GridReference grid = HEARTH__V1__GRID_REFERENCE__INIT;
	Hearth__V1__Distance miles = { .base = PROTOBUF_C_MESSAGE_INIT(&hearth__v1__distance__descriptor), .miles = NAN };
	Hearth__V1__AvoidedPlace place = HEARTH__V1__AVOIDED_PLACE__INIT, *places[] = { &place };
	struct hearth_status status = HEARTH_STATUS_INIT;
	needs.most_miles = &miles;
	ck_assert_int_ne(hearth_check_needs(&HEARTH_NEEDS(&needs), &status), 0);
	ck_assert_str_eq(status.field, "needs.most_miles");
	needs.most_miles = NULL;
	place.grid = &grid;
	place.miles = &miles;
	needs.n_avoid = 1;
	needs.avoid = places;
	ck_assert_int_ne(hearth_check_needs(&HEARTH_NEEDS(&needs), &status), 0);
	ck_assert_str_eq(status.field, "needs.avoid[0].miles");
}
END_TEST

START_TEST(ten_places_to_avoid_are_the_most)
{
	char json[600] = "{\"avoid\":[";
	for (int i = 0; i < 10; i++)
		strncat(json, "{\"areaAuthority\":\"999\"},", sizeof json - strlen(json) - 1);
	size_t size = strlen(json);
	memcpy(json + size - 1, "]}", 3);
	is_taken(json);
	memcpy(json + size, "{\"areaAuthority\":\"999\"}]}", 26);
	json[size - 1] = ',';
	is_refused(json, "needs.avoid", "0 to 10");
}
END_TEST

START_TEST(answers_that_gainsay_each_other_are_refused)
{
	is_refused("{\"requirements\":{\"communication\":[\"BSL\",\"BSL\"]}}", "needs.requirements.communication", "BSL twice");
	is_refused("{\"requirements\":{\"communication\":[\"COMMUNICATION_UNSPECIFIED\"]}}", "needs.requirements.communication",
	           "[0] says nothing");
	is_refused("{\"requirements\":{\"communication\":[\"NO_SPECIFIC_COMMUNICATION\",\"ESOL\"]}}",
	           "needs.requirements.communication", "stands alone");
	is_refused("{\"requirements\":{\"communicationNeeds\":\"NO\",\"communication\":[\"ESOL\"]}}",
	           "needs.requirements.communication", "communication_needs is NO");
	is_taken("{\"requirements\":{\"communicationNeeds\":\"NO\",\"communication\":[\"NO_SPECIFIC_COMMUNICATION\"]}}");
	is_refused("{\"requirements\":{\"support\":[\"ADDITIONAL_SUPERVISION\",\"NO_ADDITIONAL_SUPPORT\"]}}",
	           "needs.requirements.support", "stands alone");
	is_refused("{\"prefersLocal\":\"YES\",\"outOfAreaReason\":\"COURT_ORDER\"}", "needs.out_of_area_reason",
	           "prefers_local is YES");
	is_taken("{\"outOfAreaReason\":\"COURT_ORDER\"}");
	is_refused("{\"placementKinds\":[\"long term\"]}", "needs.placement_kinds", "A-Z, 0-9 and _");
	is_refused("{\"legalStatus\":\"care order\"}", "needs.legal_status", "such as C2");
	is_refused("{\"legalStatus\":\"c2\"}", "needs.legal_status", "such as C2");
}
END_TEST

/* What referrals tells is read by providers as its own message: same names, numbers and types. */
START_TEST(both_contracts_of_needs_have_one_shape)
{
	const ProtobufCMessageDescriptor *told = &hearth__referrals__v1__needs__descriptor;
	const ProtobufCMessageDescriptor *kept = &hearth__providers__v1__needs__descriptor;
	ck_assert_uint_eq(told->n_fields, kept->n_fields);
	for (unsigned i = 0; i < told->n_fields; i++) {
		const ProtobufCFieldDescriptor *a = &told->fields[i], *b = &kept->fields[i];
		ck_assert_str_eq(a->name, b->name);
		ck_assert_msg(a->id == b->id && a->type == b->type && a->label == b->label && a->descriptor == b->descriptor,
		              "%s differs", a->name);
	}
}
END_TEST

/* In upper case: the codes of risks that a home does not take are the names of the fields. */
static const char *code_of(const char *name, char ret_code[64])
{
	size_t i = 0;
	for (; name[i] && i < 63; i++)
		ret_code[i] = (char)toupper((unsigned char)name[i]);
	ret_code[i] = '\0';
	return ret_code;
}

/* What homes say they can do or do not take, and what children need, are words of one list. */
START_TEST(needs_and_homes_speak_of_the_same_things)
{
	const ProtobufCMessageDescriptor *risks = &hearth__v1__risks__descriptor;
	const ProtobufCEnumDescriptor *companions = &hearth__v1__requirements__companions__descriptor;
	static const int wanted[] = { HEARTH__V1__REQUIREMENTS__COMMUNICATION__ESOL, HEARTH__V1__REQUIREMENTS__COMMUNICATION__BSL,
		HEARTH__V1__REQUIREMENTS__COMMUNICATION__MAKATON, HEARTH__V1__REQUIREMENTS__COMMUNICATION__OTHER_LANGUAGE };
	static const int supports[] = { HEARTH__V1__REQUIREMENTS__SUPPORT__ADDITIONAL_SUPERVISION,
		HEARTH__V1__REQUIREMENTS__SUPPORT__THERAPEUTIC_SUPPORT, HEARTH__V1__REQUIREMENTS__SUPPORT__RESPITE_WORKER,
		HEARTH__V1__REQUIREMENTS__SUPPORT__TAXIS_TO_SCHOOL };
	char code[64];
	ck_assert_uint_eq(risks->n_fields, MATCH_RISKS);
	for (unsigned i = 0; i < risks->n_fields; i++)
		ck_assert_int_eq(match_code(MATCH_LIST_RISK, code_of(risks->fields[i].name, code)), (int)risks->fields[i].id - 1);
	for (unsigned i = 0; i < companions->n_values; i++)
		if (companions->values[i].value != 0)
			ck_assert_int_eq(match_code(MATCH_LIST_COMPANIONS, companions->values[i].name), companions->values[i].value);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_ge(match_code(MATCH_LIST_CAPABILITY, protobuf_c_enum_descriptor_get_value(
			&hearth__v1__requirements__communication__descriptor, wanted[i])->name), 0);
		ck_assert_int_ge(match_code(MATCH_LIST_CAPABILITY, protobuf_c_enum_descriptor_get_value(
			&hearth__v1__requirements__support__descriptor, supports[i])->name), 0);
	}
}
END_TEST

int main(void)
{
	return CHECK_MAIN("needs", needs_that_say_much_and_needs_that_say_nothing_are_taken,
	                  none_is_known_and_unknown_is_not_none, a_kind_of_home_is_one_that_councils_know,
	                  a_half_place_to_avoid_is_refused, miles_that_are_no_number_are_refused, ten_places_to_avoid_are_the_most,
	                  answers_that_gainsay_each_other_are_refused, both_contracts_of_needs_have_one_shape,
	                  needs_and_homes_speak_of_the_same_things);
}
