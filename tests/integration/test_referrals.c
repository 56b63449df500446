/* test_referrals.c: referrals through the real programs, two of each, with providers and placements beside them.
 *
 * One suite for all tests, so that each has children and homes of its own; time only goes forward, from test to test.
 */
#include "homes_and_needs.h"

START_TEST(a_referral_is_written_opened_and_shown_its_first_homes)
{
	const char *home = a_home(1);
	json_t *written = call("referrals/CreateReferral", "{\"childId\": \"%s\", \"urgency\": \"PLANNED\", \"needs\":"
	                       "{\"homeGrid\": {\"easting\": 430000, \"northing\": 310000}}}", new_id());
	const char *id = text_at(written, "referral.id");
	ck_assert_str_eq(text_at(written, "referral.state"), "DRAFT");
	ck_assert_uint_eq(strlen(text_at(written, "referral.reference")), 9);
	ck_assert_ptr_null(at(written, "referral.needs.age"));
	refused(HEARTH_FAILED_PRECONDITION, "NEEDED_BY_MISSING", "needed_by", "referrals/OpenReferral",
	        "{\"referralId\": \"%s\"}", id);
	json_t *changed = call("referrals/UpdateReferral", "{\"referralId\": \"%s\", \"etag\": \"1\", \"neededBy\":"
	                       "\"2024-02-01\", \"dateOfBirth\": {\"value\": \"2010-01-02\"}}", id);
	ck_assert_int_eq(number_at(changed, "referral.needs.age.value"), 13);
	ck_assert_int_eq(number_at(changed, "referral.needs.homeGrid.northing"), 310000);
	json_t *opened = call("referrals/OpenReferral", "{\"referralId\": \"%s\", \"etag\": \"2\"}", id);
	json_t *found = call("referrals/GetReferralDetail", "{\"referralId\": \"%s\", \"waitEtag\": \"%s\", \"waitMs\": 9000}",
	                     id, text_at(opened, "referral.etag"));
	bool listed = false;
	size_t i;
	json_t *item;
	json_array_foreach(at(found, "shortlist.homes"), i, item)
		listed |= strcmp(text_at(item, "homeId"), home) == 0 && json_real_value(at(item, "distance.miles")) > 6.1;
	ck_assert(listed);
	ck_assert_int_ge(number_at(found, "shortlist.suitable"), 1);
}
END_TEST

START_TEST(the_same_request_again_is_one_effect)
{
	struct hearth_uuid request_id;
	char text[200];
	hearth_uuid_new(&request_id);
	snprintf(text, sizeof text, "{\"childId\": \"%s\", \"urgency\": \"URGENT\"}", new_id());
	struct answer first = ask("901", "referrals/CreateReferral", &request_id, text);
	struct answer again = ask("901", "referrals/CreateReferral", &request_id, text);
	ck_assert(first.json && again.json && !first.replayed && again.replayed);
	ck_assert_str_eq(text_at(first.json, "referral.id"), text_at(again.json, "referral.id"));
	struct answer other = ask("901", "referrals/CreateReferral", &request_id, "{\"childId\":"
	                          "\"0190b3c2-7d1e-7abc-8def-0123456789ab\", \"urgency\": \"PLANNED\"}");
	ck_assert_int_eq(other.status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_str_eq(other.status.reason, "REQUEST_ID_REUSED");
}
END_TEST

START_TEST(a_taken_id_and_a_stale_etag_are_refused)
{
	const char *id = new_id(), *child = new_id();
	call("referrals/CreateReferral", "{\"referralId\": \"%s\", \"childId\": \"%s\", \"urgency\": \"URGENT\"}", id, child);
	refused(HEARTH_ALREADY_EXISTS, "ALREADY_EXISTS", NULL, "referrals/CreateReferral", "{\"referralId\": \"%s\","
	        "\"childId\": \"%s\", \"urgency\": \"URGENT\"}", id, child);
	call("referrals/UpdateReferral", "{\"referralId\": \"%s\", \"etag\": \"1\", \"worker\": \"w-2\"}", id);
	refused(HEARTH_ABORTED, "STALE_ETAG", "etag", "referrals/UpdateReferral", "{\"referralId\": \"%s\", \"etag\": \"1\","
	        "\"worker\": \"w-3\"}", id);
	json_t *cleared = call("referrals/UpdateReferral", "{\"referralId\": \"%s\", \"etag\": \"2\", \"updateMask\":"
	                       "[\"worker\"]}", id);
	ck_assert_str_eq(text_at(cleared, "referral.worker"), "");
}
END_TEST

START_TEST(what_another_authority_holds_is_not_there)
{
	static const char *const methods[] = { "GetReferral", "GetReferralDetail", "OpenReferral", "UpdateReferral", NULL };
	const char *id = an_open_referral(new_id()), *offer = an_offer(id, a_home(1));
	char text[200];
	snprintf(text, sizeof text, "{\"referralId\": \"%s\"}", id);
	for (size_t i = 0; methods[i]; i++) {
		char method[64];
		snprintf(method, sizeof method, "referrals/%s", methods[i]);
		ck_assert_int_eq(ask("902", method, NULL, text).status.code, HEARTH_NOT_FOUND);
	}
	snprintf(text, sizeof text, "{\"offerId\": \"%s\"}", offer);
	ck_assert_int_eq(ask("902", "referrals/AcceptOffer", NULL, text).status.code, HEARTH_NOT_FOUND);
	struct answer list = ask("902", "referrals/ListReferrals", NULL, "{}");
	ck_assert_uint_eq(json_array_size(at(list.json, "referrals")), 0);
	ck_assert_str_eq(text_at(referral_in(id, "OPEN"), "state"), "OPEN");
}
END_TEST

START_TEST(bad_input_is_refused_by_the_name_of_its_field)
{
	const char *child = new_id();
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "child_id", "referrals/CreateReferral", "{\"childId\": \"me\"}");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "urgency", "referrals/CreateReferral", "{\"childId\": \"%s\"}", child);
#define BAD(field, json) refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", field, "referrals/CreateReferral", \
	"{\"childId\": \"%s\", \"urgency\": \"URGENT\", " json "}", child)
	BAD("needed_by", "\"neededBy\": \"2023-02-30\"");
	BAD("needs.age.value", "\"needs\": {\"age\": {\"value\": 99}}");
	BAD("needs.sex", "\"needs\": {\"sex\": \"X\"}");
	BAD("needs.home_kinds", "\"needs\": {\"homeKinds\": [\"HOTEL\"]}");
	BAD("needs.home_grid.easting", "\"needs\": {\"homeGrid\": {\"easting\": -1}}");
	BAD("needs.most_miles", "\"needs\": {\"mostMiles\": {\"miles\": -0.5}}");
	BAD("needs.most_weekly_fee.pence", "\"needs\": {\"mostWeeklyFee\": {\"pence\": -1}}");
	BAD("needs.avoid[0]", "\"needs\": {\"avoid\": [{\"miles\": {\"miles\": 2}}]}");
	BAD("needs.requirements.support", "\"needs\": {\"requirements\": {\"support\": [\"TAXIS_TO_SCHOOL\","
	    "\"TAXIS_TO_SCHOOL\"]}}");
	BAD("needs.requirements.pets", "\"needs\": {\"requirements\": {\"pets\": \"A_CAT\"}}");
	BAD("date_of_birth.value", "\"dateOfBirth\": {\"value\": \"2023-02-29\"}");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "reason", "referrals/WithdrawReferral", "{\"referralId\": \"%s\","
	        "\"reason\": \"her name is\"}", child);
	json_t *list = call("referrals/ListReferrals", "{\"childId\": \"%s\"}", child);
	ck_assert_uint_eq(json_array_size(at(list, "referrals")), 0);
}
END_TEST

/* What lists and lookups do not read; "siblings": {} says none, which is not the same as not said. */
#define MORE "\"siblings\": {}, \"schoolGrid\": {\"easting\": 431000, \"northing\": 300500}, \"prefersLocal\": \"NO\"," \
	"\"outOfAreaReason\": \"COURT_ORDER\", \"requirements\": {\"communication\": [\"BSL\"], \"pets\": \"PETS_NO\"}," \
	"\"recommendation\": {\"fostering\": \"PREFERRED\"}, \"risks\": {\"missing\": \"PRESENT\", \"selfHarm\": \"NO_KNOWN_RISK\"}," \
	"\"avoid\": [{\"areaAuthority\": \"999\", \"reason\": \"SAFETY\"}], \"legalStatus\": \"C2\", \"wishes\": \"WISHES_RECORDED\""

static void says_more(const json_t *referral)
{
	ck_assert_int_eq(number_at(referral, "needs.siblings.value"), 0);
	ck_assert_int_eq(number_at(referral, "needs.schoolGrid.northing"), 300500);
	ck_assert_str_eq(text_at(referral, "needs.prefersLocal"), "NO");
	ck_assert_str_eq(text_at(referral, "needs.outOfAreaReason"), "COURT_ORDER");
	ck_assert_str_eq(text_at(referral, "needs.requirements.communication.0"), "BSL");
	ck_assert_str_eq(text_at(referral, "needs.requirements.pets"), "PETS_NO");
	ck_assert_str_eq(text_at(referral, "needs.recommendation.fostering"), "PREFERRED");
	ck_assert_str_eq(text_at(referral, "needs.risks.missing"), "PRESENT");
	ck_assert_str_eq(text_at(referral, "needs.risks.selfHarm"), "NO_KNOWN_RISK");
	ck_assert_str_eq(text_at(referral, "needs.risks.toOthersFire"), "LEVEL_UNSPECIFIED");
	ck_assert_str_eq(text_at(referral, "needs.avoid.0.areaAuthority"), "999");
	ck_assert_str_eq(text_at(referral, "needs.legalStatus"), "C2");
	ck_assert_str_eq(text_at(referral, "needs.sex"), "F");
}

START_TEST(all_that_is_said_of_needs_is_kept_shown_and_told)
{
	json_t *made = call("referrals/CreateReferral", "{\"childId\": \"%s\", \"urgency\": \"EMERGENCY\", \"neededBy\":"
	                    "\"2024-02-01\", \"needs\": {\"sex\": \"F\", \"age\": {\"value\": 9}, " MORE "}}", new_id());
	const char *id = text_at(made, "referral.id");
	says_more(at(made, "referral"));
	says_more(at(call("referrals/GetReferral", "{\"referralId\": \"%s\"}", id), "referral"));
	says_more(at(call("referrals/GetReferralDetail", "{\"referralId\": \"%s\"}", id), "referral"));
	json_t *listed = call("referrals/ListReferrals", "{\"childId\": \"%s\"}", text_at(made, "referral.childId"));
	says_more(at(listed, "referrals.0"));
	says_more(at(call("referrals/OpenReferral", "{\"referralId\": \"%s\"}", id), "referral"));
	/* A word about something else leaves them; needs that are given replace all of them. */
	says_more(at(call("referrals/UpdateReferral", "{\"referralId\": \"%s\", \"worker\": \"w-9\"}", id), "referral"));
	json_t *replaced = call("referrals/UpdateReferral", "{\"referralId\": \"%s\", \"needs\": {\"sex\": \"F\","
	                        "\"requirements\": {}, \"risks\": {\"missing\": \"NO_KNOWN_RISK\"}}}", id);
	ck_assert_str_eq(text_at(replaced, "referral.needs.risks.missing"), "NO_KNOWN_RISK");
	ck_assert_ptr_null(at(replaced, "referral.needs.requirements"));
	ck_assert_ptr_null(at(replaced, "referral.needs.siblings"));
	ck_assert_ptr_null(at(replaced, "referral.needs.age"));
}
END_TEST

START_TEST(another_systems_needs_change_once_and_what_is_half_said_changes_nothing)
{
	const char *child = new_id();
#define SYNC "{\"externalId\": {\"system\": \"sync\", \"id\": \"%s\"}, \"childId\": \"%s\", \"urgency\": \"URGENT\"," \
	"\"needs\": {\"sex\": \"F\", "
	says_more(at(call("referrals/UpsertReferral", SYNC MORE "}}", child, child), "referral"));
	json_t *same = call("referrals/UpsertReferral", SYNC MORE "}}", child, child);
	ck_assert_str_eq(text_at(same, "referral.etag"), "1");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "needs.avoid[1]", "referrals/UpsertReferral",
	        SYNC "\"avoid\": [{\"areaAuthority\": \"999\"}, {\"grid\": {\"easting\": 1, \"northing\": 1}}]}}", child, child);
	says_more(at(call("referrals/LookupReferral", "{\"externalId\": {\"system\": \"sync\", \"id\": \"%s\"}}", child),
	             "referral"));
	json_t *changed = call("referrals/UpsertReferral", SYNC "\"risks\": {\"missing\": \"PRESENT\"}}}", child, child);
	ck_assert_str_eq(text_at(changed, "referral.etag"), "2");
	ck_assert_ptr_null(at(changed, "referral.needs.avoid.0"));
}
END_TEST

START_TEST(another_systems_key_creates_changes_and_finds)
{
	const char *child = new_id();
	json_t *made = call("referrals/UpsertReferral", "{\"externalId\": {\"system\": \"mosaic\", \"id\": \"%s\"},"
	                    "\"childId\": \"%s\", \"urgency\": \"URGENT\"}", child, child);
	json_t *same = call("referrals/UpsertReferral", "{\"externalId\": {\"system\": \"mosaic\", \"id\": \"%s\"},"
	                    "\"urgency\": \"URGENT\"}", child);
	json_t *changed = call("referrals/UpsertReferral", "{\"externalId\": {\"system\": \"mosaic\", \"id\": \"%s\"},"
	                       "\"urgency\": \"EMERGENCY\"}", child);
	json_t *found = call("referrals/LookupReferral", "{\"externalId\": {\"system\": \"mosaic\", \"id\": \"%s\"}}", child);
	ck_assert_str_eq(text_at(made, "referral.etag"), "1");
	ck_assert_str_eq(text_at(same, "referral.etag"), "1");
	ck_assert_str_eq(text_at(changed, "referral.etag"), "2");
	ck_assert_str_eq(text_at(found, "referral.id"), text_at(made, "referral.id"));
	ck_assert_str_eq(text_at(found, "referral.externalIds.0.id"), child);
	refused(HEARTH_FAILED_PRECONDITION, "CHILD_DIFFERS", "child_id", "referrals/UpsertReferral",
	        "{\"externalId\": {\"system\": \"mosaic\", \"id\": \"%s\"}, \"childId\": \"%s\"}", child, new_id());
	refused(HEARTH_INVALID_ARGUMENT, "CHILD_ID_MISSING", "child_id", "referrals/UpsertReferral",
	        "{\"externalId\": {\"system\": \"mosaic\", \"id\": \"new-%s\"}, \"urgency\": \"URGENT\"}", child);
}
END_TEST

/* A nightly sync gives the same again while the referral goes its way. */
START_TEST(an_upsert_with_nothing_new_is_ok_in_every_state)
{
	static const char *const states[] = { "PLANNED", "PLACED", "WITHDRAWN", NULL };
	for (size_t i = 0; states[i] != NULL; i++) {
		const char *child = a_child(), *home = a_home(1);
		char same[600];
		snprintf(same, sizeof same, "{\"externalId\": {\"system\": \"nightly\", \"id\": \"%s\"}, \"childId\": \"%s\","
		         "\"urgency\": \"URGENT\", \"neededBy\": \"2024-02-01\", \"worker\": \"w-1\", \"needs\": {\"age\":"
		         "{\"value\": 9}, \"sex\": \"F\", \"homeKinds\": [\"FOSTERING\"], \"mostMiles\": {\"miles\": 20.5}}}",
		         child, child);
		const char *id = text_at(call("referrals/UpsertReferral", "%s", same), "referral.id");
		call("referrals/OpenReferral", "{\"referralId\": \"%s\"}", id);
		if (strcmp(states[i], "WITHDRAWN") != 0) {
			call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(id, home));
			referral_in(id, "PLANNED");
		} else {
			call("referrals/WithdrawReferral", "{\"referralId\": \"%s\", \"reason\": \"NOT_NEEDED\"}", id);
		}
		if (strcmp(states[i], "PLACED") == 0)
			start_placement(placement_of(child), "2024-01-01");
		json_t *before = referral_in(id, states[i]), *again = call("referrals/UpsertReferral", "%s", same);
		ck_assert_str_eq(text_at(again, "referral.id"), id);
		ck_assert_str_eq(text_at(again, "referral.state"), states[i]);
		/* In PLANNED the news of the hold may come between. */
		if (strcmp(states[i], "PLANNED") != 0)
			ck_assert_str_eq(text_at(again, "referral.etag"), text_at(before, "etag"));
		refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "referrals/UpsertReferral",
		        "{\"externalId\": {\"system\": \"nightly\", \"id\": \"%s\"}, \"urgency\": \"EMERGENCY\"}", child);
	}
}
END_TEST

START_TEST(siblings_are_linked_both_ways)
{
	const char *one = an_open_referral(new_id()), *other = an_open_referral(new_id());
	call("referrals/LinkSiblings", "{\"referralId\": \"%s\", \"siblingReferralIds\": [\"%s\"]}", one, other);
	json_t *detail = call("referrals/GetReferralDetail", "{\"referralId\": \"%s\"}", other);
	ck_assert_uint_eq(json_array_size(at(detail, "siblings")), 1);
	ck_assert_str_eq(text_at(detail, "siblings.0.referralId"), one);
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "referrals/LinkSiblings", "{\"referralId\": \"%s\","
	        "\"siblingReferralIds\": [\"%s\"]}", one, new_id());
}
END_TEST

START_TEST(a_list_is_by_day_and_its_pages_meet)
{
	const char *child = new_id();
	static const char *const days[] = { "\"neededBy\": \"2024-03-02\",", "", "\"neededBy\": \"2024-03-01\"," };
	for (size_t i = 0; i < 3; i++)
		call("referrals/CreateReferral", "{\"childId\": \"%s\", %s \"urgency\": \"PLANNED\"}", child, days[i]);
	json_t *first = call("referrals/ListReferrals", "{\"childId\": \"%s\", \"pageSize\": 2}", child);
	json_t *rest_of = call("referrals/ListReferrals", "{\"childId\": \"%s\", \"pageSize\": 2, \"pageToken\": \"%s\"}", child,
	                       text_at(first, "nextPageToken"));
	ck_assert_str_eq(text_at(first, "referrals.0.neededBy"), "2024-03-01");
	ck_assert_str_eq(text_at(first, "referrals.1.neededBy"), "2024-03-02");
	ck_assert_uint_eq(json_array_size(at(rest_of, "referrals")), 1);
	ck_assert_str_eq(text_at(rest_of, "referrals.0.neededBy"), "");
	ck_assert_str_eq(text_at(rest_of, "nextPageToken"), "");
	json_t *soon = call("referrals/ListReferrals", "{\"childId\": \"%s\", \"neededBy\": \"2024-03-01\"}", child);
	ck_assert_uint_eq(json_array_size(at(soon, "referrals")), 1);
}
END_TEST

START_TEST(a_list_is_of_those_asked_for)
{
	const char *child = new_id();
	static const struct { const char *facts; bool open; } rows[] = {
		{ "\"urgency\": \"PLANNED\", \"worker\": \"w-1\"", false },
		{ "\"urgency\": \"URGENT\", \"worker\": \"w-2\", \"neededBy\": \"2024-03-01\"", true },
		{ "\"urgency\": \"EMERGENCY\", \"worker\": \"w-2\", \"neededBy\": \"2024-03-02\"", true } };
	static const struct { const char *filter; size_t count; } asked[] = { { "\"urgency\": \"URGENT\"", 1 },
		{ "\"worker\": \"w-2\"", 2 }, { "\"state\": \"DRAFT\"", 1 }, { "\"state\": \"OPEN\"", 2 },
		{ "\"state\": \"OPEN\", \"urgency\": \"EMERGENCY\", \"worker\": \"w-2\"", 1 },
		{ "\"state\": \"OPEN\", \"worker\": \"w-1\"", 0 }, { "\"neededBy\": \"2024-03-01\", \"worker\": \"w-2\"", 1 } };
	for (size_t i = 0; i < 3; i++) {
		json_t *made = call("referrals/CreateReferral", "{\"childId\": \"%s\", %s}", child, rows[i].facts);
		if (rows[i].open)
			call("referrals/OpenReferral", "{\"referralId\": \"%s\"}", text_at(made, "referral.id"));
	}
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		json_t *list = call("referrals/ListReferrals", "{\"childId\": \"%s\", %s}", child, asked[i].filter);
		ck_assert_msg(json_array_size(at(list, "referrals")) == asked[i].count, "%s: %zu", asked[i].filter,
		              json_array_size(at(list, "referrals")));
	}
}
END_TEST

START_TEST(a_referral_has_at_most_twenty_siblings_and_so_has_each_of_them)
{
	const char *one = an_open_referral(new_id()), *last = NULL;
	for (int i = 0; i < 20; i++) {
		last = text_at(call("referrals/CreateReferral", "{\"childId\": \"%s\", \"urgency\": \"URGENT\"}", new_id()),
		               "referral.id");
		call("referrals/LinkSiblings", "{\"referralId\": \"%s\", \"siblingReferralIds\": [\"%s\"]}", one, last);
	}
	/* What is linked already is no more. */
	json_t *same = call("referrals/LinkSiblings", "{\"referralId\": \"%s\", \"siblingReferralIds\": [\"%s\"]}", one, last);
	ck_assert_uint_eq(json_array_size(at(same, "siblings")), 20);
	call("referrals/LinkSiblings", "{\"referralId\": \"%s\", \"siblingReferralIds\": [\"%s\"]}", last, one);
	const char *more = an_open_referral(new_id());
	refused(HEARTH_FAILED_PRECONDITION, "TOO_MANY_SIBLINGS", "sibling_referral_ids", "referrals/LinkSiblings",
	        "{\"referralId\": \"%s\", \"siblingReferralIds\": [\"%s\"]}", one, more);
	refused(HEARTH_FAILED_PRECONDITION, "TOO_MANY_SIBLINGS", "sibling_referral_ids", "referrals/LinkSiblings",
	        "{\"referralId\": \"%s\", \"siblingReferralIds\": [\"%s\"]}", more, one);
	ck_assert_str_eq(text_at(referral_in(more, "OPEN"), "etag"), "2");
}
END_TEST

START_TEST(keys_are_added_once_and_belong_to_one)
{
	const char *child = new_id(), *ids[2];
	for (int i = 0; i < 2; i++)
		ids[i] = text_at(call("referrals/CreateReferral", "{\"childId\": \"%s\", \"urgency\": \"URGENT\"}", child),
		                 "referral.id");
	for (int time = 0; time < 2; time++) {
		json_t *set = call("referrals/UpsertReferralExternalId", "{\"referralId\": \"%s\", \"externalId\":"
		                   "{\"system\": \"case\", \"id\": \"%s\"}}", ids[0], child);
		ck_assert_str_eq(text_at(set, "referral.etag"), "2");
		ck_assert_uint_eq(json_array_size(at(set, "referral.externalIds")), 1);
	}
	refused(HEARTH_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN", "external_id", "referrals/UpsertReferralExternalId",
	        "{\"referralId\": \"%s\", \"externalId\": {\"system\": \"case\", \"id\": \"%s\"}}", ids[1], child);
	for (int key = 2; key <= 10; key++)
		call("referrals/UpsertReferralExternalId", "{\"referralId\": \"%s\", \"externalId\": {\"system\": \"case\","
		     "\"id\": \"%s-%d\"}}", ids[0], child, key);
	refused(HEARTH_FAILED_PRECONDITION, "TOO_MANY_EXTERNAL_IDS", "external_id", "referrals/UpsertReferralExternalId",
	        "{\"referralId\": \"%s\", \"externalId\": {\"system\": \"case\", \"id\": \"%s-11\"}}", ids[0], child);
}
END_TEST

START_TEST(a_refused_place_reopens_and_keeps_the_other_offers)
{
	const char *id = an_open_referral(new_id()), *home = a_home(1);
	const char *bad = an_offer(id, new_id()), *good = an_offer(id, home);
	json_t *accepted = call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", bad);
	ck_assert_str_eq(text_at(accepted, "referral.state"), "ACCEPTING");
	ck_assert_int_eq(number_at(accepted, "holdHours"), 48);
	json_t *open = referral_in(id, "OPEN");
	ck_assert_str_eq(text_at(open, "reason"), "HOME_UNKNOWN");
	json_t *detail = call("referrals/GetReferralDetail", "{\"referralId\": \"%s\"}", id);
	size_t i;
	json_t *offer;
	json_array_foreach(at(detail, "offers"), i, offer)
		ck_assert_str_eq(text_at(offer, "state"), strcmp(text_at(offer, "id"), bad) == 0 ? "FELL_THROUGH" : "OFFERED");
	ck_assert_uint_eq(i, 2);
	refused(HEARTH_FAILED_PRECONDITION, "OFFER_NOT_OPEN", "offer_id", "referrals/AcceptOffer", "{\"offerId\": \"%s\"}", bad);
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", good);
	occupancy_is(home, 1, 0, 0);
}
END_TEST

START_TEST(an_offer_is_declined_as_it_was_read)
{
	const char *id = an_open_referral(new_id()), *offer = an_offer(id, new_id());
	json_t *seen = call("referrals/GetReferralDetail", "{\"referralId\": \"%s\"}", id);
	ck_assert_str_eq(text_at(seen, "offers.0.etag"), "1");
	refused(HEARTH_ABORTED, "STALE_ETAG", "etag", "referrals/DeclineOffer", "{\"offerId\": \"%s\", \"reason\": \"TOO_FAR\","
	        "\"etag\": \"7\"}", offer);
	json_t *declined = call("referrals/DeclineOffer", "{\"offerId\": \"%s\", \"reason\": \"TOO_FAR\", \"etag\": \"1\"}", offer);
	ck_assert_str_eq(text_at(declined, "offer.state"), "DECLINED");
	refused(HEARTH_FAILED_PRECONDITION, "OFFER_NOT_OPEN", "offer_id", "referrals/DeclineOffer", "{\"offerId\": \"%s\","
	        "\"reason\": \"TOO_FAR\"}", offer);
}
END_TEST

START_TEST(a_second_accept_is_refused)
{
	const char *id = an_open_referral(a_child());
	const char *home = a_home(1), *one = an_offer(id, home), *other = an_offer(id, a_home(1));
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", one);
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "referrals/AcceptOffer", "{\"offerId\": \"%s\"}", other);
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "referrals/AcceptOffer", "{\"offerId\": \"%s\"}", one);
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "referrals/AcceptOffer", "{\"offerId\": \"%s\"}", new_id());
	referral_in(id, "PLANNED");
}
END_TEST

START_TEST(a_withdrawn_referral_gives_its_place_back_and_stays_as_it_is)
{
	const char *id = an_open_referral(a_child()), *home = a_home(1), *offer = an_offer(id, home);
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", offer);
	occupancy_is(home, 1, 0, 0);
	call("referrals/WithdrawReferral", "{\"referralId\": \"%s\", \"reason\": \"RETURNED_HOME\"}", id);
	occupancy_is(home, 0, 0, 0);
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "referrals/OpenReferral", "{\"referralId\": \"%s\"}", id);
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "referrals/UpdateReferral", "{\"referralId\": \"%s\","
	        "\"worker\": \"w\"}", id);
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "referrals/RecordOffer", "{\"referralId\": \"%s\","
	        "\"homeId\": \"%s\"}", id, home);
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "referrals/DeclineOffer", "{\"offerId\": \"%s\","
	        "\"reason\": \"LATE\"}", offer);
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "referrals/WithdrawReferral", "{\"referralId\": \"%s\","
	        "\"reason\": \"AGAIN\"}", id);
	ck_assert_str_eq(text_at(referral_in(id, "WITHDRAWN"), "reason"), "RETURNED_HOME");
}
END_TEST

/* Emergency referrals of the child, once there is one; the list. */
static json_t *emergencies_of(const char *child)
{
	for (int i = 0; i < 500; i++) {
		json_t *list = call("referrals/ListReferrals", "{\"childId\": \"%s\", \"urgency\": \"EMERGENCY\"}", child);
		if (json_array_size(at(list, "referrals")) > 0)
			return at(list, "referrals");
		rest();
	}
	ck_abort_msg("no emergency referral was opened");
}

START_TEST(a_breakdown_opens_one_emergency_referral_filled_in_from_the_last)
{
	const char *child = a_child(), *id = an_open_referral(child), *home = a_home(1);
	drive("2024-01-05T09:00:00Z");
	call("referrals/UpdateReferral", "{\"referralId\": \"%s\", \"needs\": {\"sex\": \"F\", \"homeKinds\": [\"FOSTERING\"],"
	     MORE "}}", id);
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(id, home));
	const char *placement = placement_of(child);
	referral_in(id, "PLANNED");
	start_placement(placement, "2024-01-05");
	ck_assert_str_eq(text_at(referral_in(id, "PLACED"), "placementId"), placement);
	occupancy_is(home, 0, 1, 0);
	drive("2024-05-02T09:00:00Z");
	call("placements/BreakDown", "{\"placementId\": \"%s\", \"endDate\": \"2024-05-01\", \"reason\": \"CREQB\"}", placement);
	json_t *opened = emergencies_of(child);
	ck_assert_uint_eq(json_array_size(opened), 1);
	ck_assert_str_eq(text_at(opened, "0.state"), "OPEN");
	ck_assert_str_eq(text_at(opened, "0.followsPlacementId"), placement);
	ck_assert_str_eq(text_at(opened, "0.neededBy"), "2024-05-01");
	ck_assert_str_eq(text_at(opened, "0.worker"), "w-1");
	ck_assert_int_eq(number_at(opened, "0.needs.age.value"), 12);
	ck_assert_str_eq(text_at(opened, "0.needs.homeKinds.0"), "FOSTERING");
	says_more(at(opened, "0"));
	/* What the child wished for was about the home that broke down. */
	ck_assert_str_eq(text_at(referral_in(id, "CLOSED"), "needs.wishes"), "WISHES_RECORDED");
	ck_assert_str_eq(text_at(opened, "0.needs.wishes"), "WISHES_UNSPECIFIED");
	occupancy_is(home, 0, 0, 0);
	json_t *found = call("referrals/GetReferralDetail", "{\"referralId\": \"%s\", \"waitEtag\": \"1\", \"waitMs\": 9000}",
	                     text_at(opened, "0.id"));
	ck_assert_int_ge(number_at(found, "shortlist.suitable"), 1);
	ck_assert_uint_eq(json_array_size(emergencies_of(child)), 1);
}
END_TEST

/* A placement planned by hand that breaks down on 10 May 2024; the emergency referrals of the child. */
static json_t *after_a_breakdown(const char *child)
{
	json_t *planned = call("placements/PlanPlacement", "{\"childId\": \"%s\", \"plannedStart\": \"2024-05-09\","
	                       "\"placementType\": \"U6\", \"legalStatus\": \"C2\"}", child);
	start_placement(text_at(planned, "placement.id"), "2024-05-09");
	call("placements/BreakDown", "{\"placementId\": \"%s\", \"endDate\": \"2024-05-10\", \"reason\": \"CHILD\"}",
	     text_at(planned, "placement.id"));
	return emergencies_of(child);
}

/* What placements knows of the child is known here: told when it was recorded, and corrected since. */
START_TEST(a_child_without_a_referral_gets_one_with_what_placements_knows)
{
	drive("2024-05-10T09:00:00Z");
	const char *child = text_at(call("placements/CreateChild", "{\"sex\": \"M\", \"dateOfBirth\": {\"value\":"
	                                 "\"2010-05-11\"}, \"unaccompanied\": true}"), "child.id");
	call("placements/UpdateChild", "{\"childId\": \"%s\", \"updateMask\": [\"sex\"], \"sex\": \"F\"}", child);
	json_t *opened = after_a_breakdown(child);
	ck_assert_int_eq(number_at(opened, "0.needs.age.value"), 13);
	ck_assert_str_eq(text_at(opened, "0.dateOfBirth.value"), "2010-05-11");
	ck_assert_str_eq(text_at(opened, "0.needs.sex"), "F");
	ck_assert(json_is_true(at(opened, "0.needs.unaccompanied")));
}
END_TEST

START_TEST(a_child_known_by_a_return_alone_gets_one_with_what_it_says)
{
	drive("2024-05-10T09:10:00Z");
	call("placements/ImportEpisodes", "{\"children\": [{\"child\": \"E-1\", \"sex\": \"M\", \"dateOfBirth\": {\"value\":"
	     "\"2012-05-10\"}, \"returnYear\": 2023}]}");
	json_t *found = call("placements/LookupChild", "{\"externalId\": {\"system\": \"ssda903\", \"id\": \"E-1\"}}");
	const char *child = text_at(found, "child.id");
	/* The return itself began nothing. */
	json_t *list = call("referrals/ListReferrals", "{\"childId\": \"%s\"}", child);
	ck_assert_uint_eq(json_array_size(at(list, "referrals")), 0);
	json_t *opened = after_a_breakdown(child);
	ck_assert_int_eq(number_at(opened, "0.needs.age.value"), 12);
	ck_assert_str_eq(text_at(opened, "0.needs.sex"), "M");
}
END_TEST

START_TEST(a_child_without_a_referral_gets_one_with_unknown_needs)
{
	drive("2024-05-10T09:20:00Z");
	json_t *opened = after_a_breakdown(text_at(call("placements/CreateChild", "{}"), "child.id"));
	ck_assert_ptr_null(at(opened, "0.needs.age"));
	ck_assert_str_eq(text_at(opened, "0.needs.sex"), "");
	ck_assert_ptr_null(at(opened, "0.needs.homeGrid"));
	ck_assert_int_eq(number_at(opened, "0.needs.children"), 1);
}
END_TEST

START_TEST(a_hold_that_expires_reopens_and_a_later_start_still_wins)
{
	const char *child = a_child(), *id = an_open_referral(child), *home = a_home(1);
	drive("2024-06-01T09:00:00Z");
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\", \"holdHours\": 24}", an_offer(id, home));
	const char *placement = placement_of(child);
	referral_in(id, "PLANNED");
	drive("2024-06-02T09:01:00Z");
	ck_assert_str_eq(text_at(referral_in(id, "OPEN"), "reason"), "HOLD_EXPIRED");
	occupancy_is(home, 0, 0, 0);
	start_placement(placement, "2024-06-02");
	referral_in(id, "PLACED");
	occupancy_is(home, 0, 1, 0);
}
END_TEST

/* In a suite of its own, without providers. */
START_TEST(an_acceptance_that_nobody_answers_is_given_up)
{
	static const char *const services[] = { "referrals", NULL };
	struct suite *shared = suite;
	suite = suite_start(&(struct suite_options){ .services = services, .clock = "2024-07-01T09:00:00Z" });
	ck_assert_ptr_nonnull(suite);
	const char *id = an_open_referral(new_id()), *offer = an_offer(id, new_id());
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\", \"holdHours\": 1}", offer);
	drive("2024-07-01T10:30:00Z");
	referral_in(id, "ACCEPTING");
	drive("2024-07-01T11:00:10Z");
	ck_assert_str_eq(text_at(referral_in(id, "OPEN"), "reason"), "NO_ANSWER");
	json_t *detail = call("referrals/GetReferralDetail", "{\"referralId\": \"%s\"}", id);
	ck_assert_str_eq(text_at(detail, "offers.0.state"), "FELL_THROUGH");
	ck_assert_int_eq(suite_stop(&suite), 0);
	suite = shared;
}
END_TEST

int main(void)
{
	static const struct check_options options = { start_suite, stop_suite, 60 };
	return CHECK_MAIN_WITH(&options, "referrals", a_referral_is_written_opened_and_shown_its_first_homes,
	                       the_same_request_again_is_one_effect, a_taken_id_and_a_stale_etag_are_refused,
	                       what_another_authority_holds_is_not_there, bad_input_is_refused_by_the_name_of_its_field,
	                       all_that_is_said_of_needs_is_kept_shown_and_told,
	                       another_systems_needs_change_once_and_what_is_half_said_changes_nothing,
	                       another_systems_key_creates_changes_and_finds,
	                       an_upsert_with_nothing_new_is_ok_in_every_state, siblings_are_linked_both_ways,
	                       a_referral_has_at_most_twenty_siblings_and_so_has_each_of_them,
	                       keys_are_added_once_and_belong_to_one, a_list_is_of_those_asked_for,
	                       a_list_is_by_day_and_its_pages_meet, a_refused_place_reopens_and_keeps_the_other_offers,
	                       an_offer_is_declined_as_it_was_read, a_second_accept_is_refused,
	                       a_withdrawn_referral_gives_its_place_back_and_stays_as_it_is,
	                       a_breakdown_opens_one_emergency_referral_filled_in_from_the_last,
	                       a_child_without_a_referral_gets_one_with_what_placements_knows,
	                       a_child_known_by_a_return_alone_gets_one_with_what_it_says,
	                       a_child_without_a_referral_gets_one_with_unknown_needs,
	                       a_hold_that_expires_reopens_and_a_later_start_still_wins,
	                       an_acceptance_that_nobody_answers_is_given_up);
}
