/* test_fostering.c: fostering households through the real programs: terms of approval, the usual limit, temporary approvals,
 * reviews, the way to an approval, constellations, how places are used.
 *
 * One suite for all tests, so that each has homes and children of its own; time only goes forward, from test to test.
 */
#include "homes_and_needs.h"

#include <libpq-fe.h>

#include <hearth/events/v1/events.pb-c.h>

/* What the first column of one row says, asked of the database as its superuser; "" for none. */
__attribute__((format(printf, 1, 2))) static const char *sql(const char *format, ...)
{
	FORMATTED(text, format);
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PQclear(PQexec(connection, "SET search_path = providers"));
	PGresult *result = PQexec(connection, text);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(connection));
	const char *value = hearth_arena_strdup(arena, PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(connection);
	return value;
}

/* How many events of this type were told of the home. */
static int told(const char *home, const char *type)
{
	return atoi(sql("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.carer.%s.v1' AND payload ->> 'homeId' = '%s'",
	                type, home));
}

/* Waits until that many were; ten seconds. */
static void are_told(const char *home, const char *type, int wanted)
{
	for (int i = 0; i < 500 && told(home, type) != wanted; i++)
		rest();
	ck_assert_msg(told(home, type) == wanted, "%s: %d told, not %d", type, told(home, type), wanted);
}

/* What the last event of this type says of the home. */
static const char *said(const char *home, const char *type, const char *field)
{
	return sql("SELECT payload ->> '%s' FROM providers.outbox WHERE type = 'hearth.carer.%s.v1' AND payload ->> 'homeId' = '%s'"
	           " ORDER BY seq DESC LIMIT 1", field, type, home);
}

static const char *a_provider(void)
{
	return text_at(call("providers/UpsertProvider", "{\"name\": \"A council\", \"code\": \"PR1\"}"), "provider.id");
}

/* A household of the provider, in the area of the tests' council. */
static const char *a_household(const char *provider, int places)
{
	return text_at(call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"FOSTERING\", \"places\": %d,"
	                    "\"areaAuthority\": \"901\", \"grid\": {\"easting\": 430000, \"northing\": 300000}}", provider, places),
	               "home.id");
}

#define TERMS(least, most, children) "\"terms\": {\"leastAge\": {\"value\": " #least "}, \"mostAge\": {\"value\": " #most "}," \
	"\"sex\": \"ANY\", \"mostChildren\": {\"value\": " #children "}, \"kinds\": [\"LONG_TERM\", \"RESPITE\"]}"

static json_t *approve(const char *home, const char *from, const char *terms)
{
	return call("providers/RecordApproval", "{\"homeId\": \"%s\", \"fromDate\": \"%s\", %s, \"decidedBy\":"
	            "\"AGENCY_DECISION_MAKER\", \"source\": \"decision sheet\"}", home, from, terms);
}

static json_t *home_of(const char *home)
{
	return at(call("providers/GetHome", "{\"homeId\": \"%s\"}", home), "home");
}

static json_t *household_of(const char *home)
{
	return at(call("providers/GetFosteringHousehold", "{\"homeId\": \"%s\"}", home), "household");
}

/* ---- terms of approval ---- */

START_TEST(terms_of_approval_are_the_homes_terms_and_keep_their_history)
{
	const char *home = a_household(a_provider(), 2);
	json_t *first = approve(home, "2023-06-01", TERMS(5, 11, 2));
	ck_assert(json_is_true(at(first, "approval.first")));
	ck_assert_str_eq(text_at(first, "approval.state"), "IN_FORCE");
	ck_assert_int_eq(number_at(home_of(home), "terms.mostAge.value"), 11);
	ck_assert_int_eq(told(home, "approved"), 1);
	json_t *varied = approve(home, "2023-12-01", TERMS(0, 17, 3));
	ck_assert(!json_is_true(at(varied, "approval.first")));
	ck_assert_int_eq(number_at(home_of(home), "terms.mostAge.value"), 17);
	ck_assert_int_eq(told(home, "terms_varied"), 1);
	/* the same again changes nothing */
	json_t *again = approve(home, "2023-12-01", TERMS(0, 17, 3));
	ck_assert_str_eq(text_at(again, "approval.id"), text_at(varied, "approval.id"));
	ck_assert_int_eq(told(home, "terms_varied"), 1);
	/* a correction of the same day: what was recorded in error stays and has never held */
	approve(home, "2023-12-01", TERMS(0, 18, 3));
	json_t *list = call("providers/ListApprovals", "{\"homeId\": \"%s\"}", home);
	ck_assert_uint_eq(json_array_size(at(list, "approvals")), 3);
	ck_assert_str_eq(text_at(list, "approvals.0.state"), "IN_FORCE");
	ck_assert_str_eq(text_at(list, "approvals.1.state"), "SUPERSEDED");
	ck_assert_str_eq(text_at(list, "approvals.2.state"), "OVER");
	ck_assert_str_eq(text_at(list, "approvals.2.untilDate"), "2023-12-01");
	ck_assert_int_eq(number_at(home_of(home), "terms.mostAge.value"), 18);
	ck_assert_str_eq(text_at(household_of(home), "approvedSince"), "2023-06-01");
}
END_TEST

START_TEST(a_home_sync_does_not_change_the_terms_of_an_approval)
{
	const char *provider = a_provider(), *home = a_household(provider, 2);
	approve(home, "2023-06-01", TERMS(5, 11, 2));
	for (int i = 0; i < 2; i++)
		call("providers/UpsertHome", "{\"homeId\": \"%s\", \"providerId\": \"%s\", \"kind\": \"FOSTERING\", \"places\": 2,"
		     "\"areaAuthority\": \"901\", \"terms\": {\"mostAge\": {\"value\": 4}}, \"noticeDays\": {\"value\": 9}}", home,
		     provider);
	json_t *is = home_of(home);
	ck_assert_int_eq(number_at(is, "terms.mostAge.value"), 11);
	ck_assert_int_eq(number_at(is, "noticeDays.value"), 9);
	ck_assert_str_eq(sql("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.home.recorded.v1' AND aggregateid = '%s'",
	                     home), "2");
}
END_TEST

START_TEST(only_a_fostering_household_is_approved)
{
	json_t *home = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"CHILDRENS_HOME\", \"places\": 2}",
	                    a_provider());
	refused(HEARTH_FAILED_PRECONDITION, "NOT_FOSTERING", "home_id", "providers/RecordApproval", "{\"homeId\": \"%s\","
	        "\"fromDate\": \"2023-01-01\", \"source\": \"x\", " TERMS(0, 17, 2) "}", text_at(home, "home.id"));
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "providers/GetFosteringHousehold", "{\"homeId\": \"%s\"}",
	        text_at(home, "home.id"));
}
END_TEST

/* Events of the home in the state that providers tells a service that cannot have the past. */
static json_t *state_of(const char *home)
{
	struct hearth_client *client = suite_client(suite, "", SUITE_ALL_ROLES);
	json_t *found = json_array();
	const char *after = "";
	do {
		Hearth__Events__V1__SnapshotRequest request = HEARTH__EVENTS__V1__SNAPSHOT_REQUEST__INIT;
		struct hearth_status status = HEARTH_STATUS_INIT;
		ProtobufCMessage *reply;
		request.after = (char *)(uintptr_t)after;
		request.page_size = 500;
		ck_assert_msg(hearth_client_call(client, "providers:hearth.events.v1.Events/Snapshot", &request.base,
		                                 &hearth__events__v1__snapshot_response__descriptor, NULL,
		                                 hearth_arena_allocator(arena), &reply, NULL, &status) == 0, "%s", status.message);
		json_t *page = hearth_json_encode(reply, HEARTH_JSON_DEFAULTS), *event;
		size_t i;
		json_array_foreach(at(page, "events"), i, event)
			if (strcmp(text_at(event, "partitionKey"), home) == 0)
				json_array_append(found, event);
		after = text_at(page, "next");
	} while (*after);
	return found;
}

START_TEST(the_state_holds_the_terms_of_today_alone)
{
	const char *home = a_household(a_provider(), 2);
	approve(home, "2023-06-01", TERMS(5, 11, 2));
	approve(home, "2023-07-01", TERMS(5, 12, 2));
	approve(home, "2025-01-01", TERMS(5, 13, 2));
	json_t *state = state_of(home);
	ck_assert_uint_eq(json_array_size(state), 2);
	ck_assert_str_eq(text_at(state, "0.type"), "hearth.home.recorded.v1");
	ck_assert_str_eq(text_at(state, "1.type"), "hearth.carer.terms_varied.v1");
	call("providers/EndApproval", "{\"homeId\": \"%s\", \"date\": \"2024-01-01\", \"reason\": \"RESIGNED\","
	     "\"source\": \"letter\"}", home);
	ck_assert_uint_eq(json_array_size(state_of(home)), 1);
}
END_TEST

/* ---- what matching sees of it ---- */

/* Whether a match made now for a child of this age leaves the home out by the rule. */
static bool leaves_out(const char *home, int age, const char *code)
{
	json_t *answer = call("providers/ExplainHome", "{\"homeId\": \"%s\", \"needs\": {\"age\": {\"value\": %d}, \"sex\": \"F\"}}",
	                      home, age), *reason;
	size_t i;
	json_array_foreach(at(answer, "home.reasons"), i, reason)
		if (strcmp(text_at(reason, "code"), code) == 0)
			return true;
	return false;
}

START_TEST(a_match_sees_terms_their_end_and_a_temporary_approval_at_once)
{
	const char *home = a_household(a_provider(), 2), *related = a_household(a_provider(), 1);
	approve(home, "2023-06-01", TERMS(5, 11, 2));
	ck_assert(!leaves_out(home, 9, "OUTSIDE_AGE_TERMS") && leaves_out(home, 12, "OUTSIDE_AGE_TERMS"));
	approve(home, "2024-01-01", TERMS(12, 17, 2));
	ck_assert(leaves_out(home, 9, "OUTSIDE_AGE_TERMS") && !leaves_out(home, 12, "OUTSIDE_AGE_TERMS"));
	ck_assert(!leaves_out(home, 12, "REGISTRATION_LAPSED"));
	call("providers/EndApproval", "{\"homeId\": \"%s\", \"date\": \"2024-01-01\", \"reason\": \"TERMINATED\","
	     "\"source\": \"decision sheet\"}", home);
	ck_assert(leaves_out(home, 12, "REGISTRATION_LAPSED"));
	ck_assert(!leaves_out(related, 9, "NAMED_CHILDREN_ONLY"));
	call("providers/StartTemporaryApproval", "{\"homeId\": \"%s\", \"childId\": \"%s\", \"kind\": \"CONNECTED_PERSON\","
	     "\"fromDate\": \"2024-01-01\", \"source\": \"assessment\"}", related, new_id());
	ck_assert(leaves_out(related, 9, "NAMED_CHILDREN_ONLY"));
}
END_TEST

/* ---- the usual limit ---- */

/* So many children live in the home; their ids in `children`. */
static void live_there(const char *home, size_t count, const char **children)
{
	for (size_t i = 0; i < count; i++) {
		children[i] = a_child();
		json_t *plan = call("placements/PlanPlacement", "{\"childId\": \"%s\", \"homeId\": \"%s\", \"plannedStart\":"
		                    "\"2024-01-01\", \"placementType\": \"U6\", \"legalStatus\": \"C2\"}", children[i], home);
		start_placement(text_at(plan, "placement.id"), "2024-01-01");
	}
}

START_TEST(over_the_usual_limit_is_reported_unless_all_are_named_or_siblings)
{
	const char *children[4], *home = a_household(a_provider(), 4);
	approve(home, "2023-06-01", TERMS(0, 17, 4));
	live_there(home, 3, children);
	occupancy_is(home, 0, 3, 0);
	ck_assert_str_eq(text_at(household_of(home), "limitState"), "WITHIN");
	live_there(home, 1, children + 3);
	are_told(home, "over_limit", 1);
	ck_assert_str_eq(said(home, "over_limit", "children"), "4");
	ck_assert_str_eq(text_at(household_of(home), "limitState"), "OVER");
	json_t *over = call("providers/ListFosteringHouseholds", "{\"overLimitOnly\": true, \"areaAuthority\": \"901\"}");
	ck_assert_uint_eq(json_array_size(at(over, "households")), 1);
	/* three named of four are not enough (paragraph 5) */
	json_t *three = call("providers/GrantExemption", "{\"homeId\": \"%s\", \"childIds\": [\"%s\", \"%s\", \"%s\"],"
	                     "\"fromDate\": \"2024-01-01\", \"source\": \"notice\"}", home, children[0], children[1], children[2]);
	ck_assert_str_eq(text_at(household_of(home), "limitState"), "OVER");
	ck_assert_int_eq(number_at(household_of(home), "exemptChildren"), 3);
	call("providers/GrantExemption", "{\"homeId\": \"%s\", \"childIds\": [\"%s\"], \"fromDate\": \"2024-01-01\","
	     "\"source\": \"notice\"}", home, children[3]);
	ck_assert_str_eq(text_at(household_of(home), "limitState"), "EXEMPT");
	ck_assert_int_eq(told(home, "exemption_granted"), 2);
	call("providers/EndExemption", "{\"exemptionId\": \"%s\", \"date\": \"2024-01-01\"}", text_at(three, "exemption.id"));
	ck_assert_str_eq(text_at(household_of(home), "limitState"), "OVER");
	/* siblings, all four */
	call("providers/GrantExemption", "{\"homeId\": \"%s\", \"basis\": \"SIBLINGS\", \"childIds\": [\"%s\", \"%s\", \"%s\","
	     "\"%s\"], \"fromDate\": \"2024-01-01\", \"source\": \"family\"}", home, children[0], children[1], children[2], children[3]);
	ck_assert_str_eq(text_at(household_of(home), "limitState"), "SIBLINGS");
}
END_TEST

START_TEST(only_the_council_of_the_area_exempts_and_sees_what_it_granted)
{
	const char *home = a_household(a_provider(), 4), *child = new_id();
	char text[300];
	snprintf(text, sizeof text, "{\"homeId\": \"%s\", \"childIds\": [\"%s\"], \"fromDate\": \"2024-01-01\", \"source\": \"x\"}",
	         home, child);
	struct answer stranger = ask("902", "providers/GrantExemption", NULL, text);
	ck_assert_str_eq(stranger.status.reason, "NOT_AREA_AUTHORITY");
	json_t *granted = call("providers/GrantExemption", "%s", text), *again = call("providers/GrantExemption", "%s", text);
	ck_assert_str_eq(text_at(granted, "exemption.id"), text_at(again, "exemption.id"));
	ck_assert_int_eq(told(home, "exemption_granted"), 1);
	snprintf(text, sizeof text, "{\"homeId\": \"%s\"}", home);
	ck_assert_uint_eq(json_array_size(at(ask("902", "providers/ListExemptions", NULL, text).json, "exemptions")), 0);
	ck_assert_uint_eq(json_array_size(at(ask("901", "providers/ListExemptions", NULL, text).json, "exemptions")), 1);
	const char *nowhere = text_at(call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"FOSTERING\","
	                                   "\"places\": 1}", a_provider()), "home.id");
	refused(HEARTH_FAILED_PRECONDITION, "AREA_UNKNOWN", "home_id", "providers/GrantExemption", "{\"homeId\": \"%s\","
	        "\"childIds\": [\"%s\"], \"fromDate\": \"2024-01-01\", \"source\": \"x\"}", nowhere, child);
}
END_TEST

/* ---- from an enquiry to an approval ---- */

static const char *an_enquiry(const char *provider, const char *key, const char *source, const char *on)
{
	return text_at(call("providers/RecordFosteringEnquiry", "{\"externalId\": {\"system\": \"recruit\", \"id\": \"%s\"},"
	                    "\"providerId\": \"%s\", \"enquirySource\": \"%s\", \"enquiredOn\": \"%s\"}", key, provider, source, on),
	               "enquiry.id");
}

static void moves(const char *enquiry, const char *what, const char *on)
{
	call("providers/MoveFosteringStage", "{\"enquiryId\": \"%s\", %s, \"date\": \"%s\"}", enquiry, what, on);
}

START_TEST(the_way_to_an_approval_is_counted_by_stage_and_source)
{
	const char *provider = a_provider();
	const char *one = an_enquiry(provider, "W-1", "CAMPAIGN", "2023-02-01");
	const char *two = an_enquiry(provider, "W-2", "CAMPAIGN", "2023-02-01");
	an_enquiry(provider, "W-3", "", "2023-03-01");
	moves(one, "\"stage\": \"INITIAL_VISIT\"", "2023-02-11");
	moves(one, "\"stage\": \"PANEL\"", "2023-08-01");
	moves(one, "\"result\": \"APPROVED\"", "2023-09-01");
	moves(two, "\"stage\": \"INITIAL_VISIT\"", "2023-02-21");
	moves(two, "\"result\": \"WITHDRAWN\"", "2023-03-01");
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "providers/MoveFosteringStage",
	        "{\"enquiryId\": \"%s\", \"stage\": \"PANEL\", \"date\": \"2023-04-01\"}", two);
	const char *three = an_enquiry(provider, "W-3", "FRIENDS", "2023-03-01");
	moves(three, "\"stage\": \"STAGE_ONE\"", "2023-04-01");
	refused(HEARTH_FAILED_PRECONDITION, "STAGE_BACKWARDS", "stage", "providers/MoveFosteringStage",
	        "{\"enquiryId\": \"%s\", \"stage\": \"APPLICATION\", \"date\": \"2023-05-01\"}", three);
	refused(HEARTH_FAILED_PRECONDITION, "BEFORE_STAGE", "date", "providers/MoveFosteringStage",
	        "{\"enquiryId\": \"%s\", \"stage\": \"PANEL\", \"date\": \"2023-03-31\"}", three);
	refused(HEARTH_ALREADY_EXISTS, "ENQUIRY_TAKEN", "external_id", "providers/RecordFosteringEnquiry",
	        "{\"externalId\": {\"system\": \"recruit\", \"id\": \"W-3\"}, \"providerId\": \"%s\", \"enquiredOn\": \"2023-03-02\"}",
	        provider);
	json_t *report = call("providers/GetPipelineReport", "{\"providerId\": \"%s\", \"fromDate\": \"2023-01-01\","
	                      "\"untilDate\": \"2024-01-01\"}", provider);
	ck_assert_str_eq(text_at(report, "sources.0.enquirySource"), "CAMPAIGN");
	ck_assert_int_eq(number_at(report, "sources.0.enquiries"), 2);
	ck_assert_str_eq(text_at(report, "sources.0.conversion"), "50.0");
	ck_assert_str_eq(text_at(report, "sources.1.enquirySource"), "FRIENDS");
	ck_assert_int_eq(number_at(report, "sources.1.open"), 1);
	ck_assert_str_eq(text_at(report, "stages.0.stage"), "ENQUIRY");
	ck_assert_int_eq(number_at(report, "stages.0.entered"), 3);
	ck_assert_int_eq(number_at(report, "stages.0.medianDays.value"), 20);
	ck_assert_int_eq(number_at(report, "stages.1.entered"), 2);
	ck_assert_int_eq(number_at(report, "stages.1.medianDays.value"), 8);
	ck_assert_int_eq(number_at(report, "stages.3.standing"), 1);
	ck_assert_int_eq(number_at(report, "stages.3.left"), 0);
	ck_assert_ptr_null(at(report, "stages.3.medianDays"));
	ck_assert_int_eq(number_at(report, "stages.5.medianDays.value"), 31);
	json_t *open = call("providers/ListPipeline", "{\"providerId\": \"%s\", \"openOnly\": true}", provider);
	ck_assert_uint_eq(json_array_size(at(open, "enquiries")), 1);
}
END_TEST

/* A10: 25 new households and nobody says who left. */
START_TEST(twenty_five_new_households_with_leavers_not_known_are_no_net_change_of_twenty_five)
{
	const char *provider = a_provider(), *homes[25];
	for (size_t i = 0; i < 25; i++) {
		homes[i] = a_household(provider, 1);
		approve(homes[i], "2023-05-01", TERMS(0, 17, 1));
	}
	json_t *report = call("providers/GetPipelineReport", "{\"providerId\": \"%s\", \"fromDate\": \"2023-04-01\","
	                      "\"untilDate\": \"2024-04-01\"}", provider);
	ck_assert_int_eq(number_at(report, "approved.value"), 25);
	ck_assert_ptr_null(at(report, "left"));
	ck_assert_ptr_null(at(report, "netChange"));
	ck_assert_str_ne(text_at(report, "unknown"), "");
	/* some leave; it is still not known whether that is all */
	for (size_t i = 0; i < 4; i++)
		call("providers/EndApproval", "{\"homeId\": \"%s\", \"date\": \"2023-11-01\", \"reason\": \"RESIGNED\","
		     "\"source\": \"letter\"}", homes[i]);
	report = call("providers/GetPipelineReport", "{\"providerId\": \"%s\", \"fromDate\": \"2023-04-01\","
	              "\"untilDate\": \"2024-04-01\"}", provider);
	ck_assert_ptr_null(at(report, "netChange"));
	/* declared too late for the period, then for all of it */
	call("providers/DeclareApprovalsKept", "{\"providerId\": \"%s\", \"fromDate\": \"2023-06-01\", \"source\": \"register\"}",
	     provider);
	report = call("providers/GetPipelineReport", "{\"providerId\": \"%s\", \"fromDate\": \"2023-04-01\","
	              "\"untilDate\": \"2024-04-01\"}", provider);
	ck_assert_ptr_null(at(report, "netChange"));
	call("providers/DeclareApprovalsKept", "{\"providerId\": \"%s\", \"fromDate\": \"2023-01-01\", \"source\": \"register\"}",
	     provider);
	report = call("providers/GetPipelineReport", "{\"providerId\": \"%s\", \"fromDate\": \"2023-04-01\","
	              "\"untilDate\": \"2024-04-01\"}", provider);
	ck_assert_int_eq(number_at(report, "left.value"), 4);
	ck_assert_int_eq(number_at(report, "netChange.value"), 21);
	ck_assert_str_eq(text_at(report, "unknown"), "");
}
END_TEST

/* ---- constellations ---- */

static json_t *constellate(const char *provider, const char *key, const char *hub, const char *from, const char **homes, size_t count)
{
	char satellites[1200] = "";
	for (size_t i = 0; i < count; i++)
		snprintf(satellites + strlen(satellites), sizeof satellites - strlen(satellites), "%s\"%s\"", i ? "," : "", homes[i]);
	return call("providers/UpsertConstellation", "{\"externalId\": {\"system\": \"bird\", \"id\": \"%s\"}, \"providerId\": \"%s\","
	            "\"label\": \"Constellation %s\", \"hubHomeId\": \"%s\", \"fromDate\": \"%s\", \"respitePlaces\": {\"value\": 2},"
	            "\"satelliteHomeIds\": [%s]}", key, provider, key, hub, from, satellites);
}

/* A9: three constellations hold 18 to 30 households, with a fourth 24 to 40. */
START_TEST(three_constellations_hold_eighteen_to_thirty_and_a_fourth_makes_it_twenty_four_to_forty)
{
	const char *provider = a_provider(), *homes[12], *hubs[4];
	static const char *const keys[] = { "A", "B", "C", "D" };
	for (size_t i = 0; i < 12; i++)
		homes[i] = a_household(provider, 1);
	for (size_t i = 0; i < 4; i++)
		hubs[i] = a_household(provider, 2);
	ck_assert_str_eq(text_at(constellate(provider, keys[0], hubs[0], "2023-01-01", homes, 6), "constellation.state"), "LIVE");
	json_t *forming = constellate(provider, keys[1], hubs[1], "2023-01-01", homes + 6, 5);
	ck_assert_str_eq(text_at(forming, "constellation.state"), "FORMING");
	ck_assert_int_eq(number_at(forming, "constellation.satellites"), 5);
	constellate(provider, keys[2], hubs[2], "2023-01-01", NULL, 0);
	constellate(provider, keys[3], hubs[3], "2024-06-01", NULL, 0);
	json_t *totals = call("providers/GetConstellationTotals", "{\"providerId\": \"%s\"}", provider);
	ck_assert_int_eq(number_at(totals, "constellations"), 3);
	ck_assert_int_eq(number_at(totals, "forming"), 2);
	ck_assert_int_eq(number_at(totals, "planned"), 1);
	ck_assert_int_eq(number_at(totals, "satellites"), 11);
	ck_assert_int_eq(number_at(totals, "leastCapacity"), 18);
	ck_assert_int_eq(number_at(totals, "mostCapacity"), 30);
	ck_assert_int_eq(number_at(totals, "leastCapacityWithPlanned"), 24);
	ck_assert_int_eq(number_at(totals, "mostCapacityWithPlanned"), 40);
	ck_assert_int_eq(number_at(totals, "respitePlaces.value"), 6);
	/* the same again is the same; a household belongs to one; one that is left out leaves */
	const char *etag = text_at(forming, "constellation.etag");
	ck_assert_str_eq(text_at(constellate(provider, keys[1], hubs[1], "2023-01-01", homes + 6, 5), "constellation.etag"), etag);
	refused(HEARTH_FAILED_PRECONDITION, "IN_ANOTHER_CONSTELLATION", "satellite_home_ids", "providers/UpsertConstellation",
	        "{\"providerId\": \"%s\", \"label\": \"Another\", \"hubHomeId\": \"%s\", \"fromDate\": \"2023-01-01\","
	        "\"satelliteHomeIds\": [\"%s\"]}", provider, homes[11], homes[0]);
	json_t *smaller = constellate(provider, keys[1], hubs[1], "2023-01-01", homes + 6, 4);
	ck_assert_int_eq(number_at(smaller, "constellation.satellites"), 4);
	ck_assert_str_eq(sql("SELECT until_date FROM providers.constellation_satellite WHERE home_id = '%s'", homes[10]), "2024-01-01");
}
END_TEST

START_TEST(more_than_ten_satellites_are_refused)
{
	char satellites[1200] = "";
	const char *provider = a_provider(), *hub = a_household(provider, 1);
	for (size_t i = 0; i < 11; i++)
		snprintf(satellites + strlen(satellites), sizeof satellites - strlen(satellites), "%s\"%s\"", i ? "," : "",
		         a_household(provider, 1));
	refused(HEARTH_FAILED_PRECONDITION, "TOO_MANY_SATELLITES", "satellite_home_ids", "providers/UpsertConstellation",
	        "{\"providerId\": \"%s\", \"label\": \"Large\", \"hubHomeId\": \"%s\", \"fromDate\": \"2023-01-01\","
	        "\"satelliteHomeIds\": [%s]}", provider, hub, satellites);
}
END_TEST

/* ---- how places are used ---- */

static json_t *use_of(const char *provider)
{
	return call("providers/GetFosteringUtilisation", "{\"providerId\": \"%s\", \"by\": \"AREA\"}", provider);
}

/* A29: as many households, more children; places that cannot be used leave the second denominator and not the first. */
START_TEST(places_are_used_more_without_more_households_and_blocked_ones_leave_one_denominator)
{
	const char *children[4], *provider = a_provider(), *one = a_household(provider, 2), *two = a_household(provider, 3);
	ck_assert_str_eq(text_at(use_of(provider), "total.ofApproved"), "-");
	ck_assert_int_eq(number_at(use_of(provider), "total.householdsUnknown"), 2);
	approve(one, "2023-06-01", TERMS(0, 17, 2));
	approve(two, "2023-06-01", TERMS(0, 17, 3));
	live_there(one, 1, children);
	occupancy_is(one, 0, 1, 0);
	json_t *before = use_of(provider);
	ck_assert_int_eq(number_at(before, "total.households"), 2);
	ck_assert_str_eq(text_at(before, "total.ofApproved"), "20.0");
	ck_assert_str_eq(text_at(before, "total.ofUsable"), "20.0");
	ck_assert_str_eq(text_at(before, "total.childrenPerHousehold"), "0.50");
	live_there(two, 2, children + 1);
	occupancy_is(two, 0, 2, 0);
	json_t *after = use_of(provider);
	ck_assert_int_eq(number_at(after, "total.households"), 2);
	ck_assert_str_eq(text_at(after, "total.ofApproved"), "60.0");
	ck_assert_str_eq(text_at(after, "total.childrenPerHousehold"), "1.50");
	sql("INSERT INTO providers.place_block (id, home_id, places, reason, from_date, actor, recorded, updated) VALUES"
	    "(gen_random_uuid(), '%s', 1, 'STAYING_PUT', '2023-12-01', 'test', '2023-12-01', '2023-12-01') RETURNING id", one);
	json_t *blocked = use_of(provider);
	ck_assert_str_eq(text_at(blocked, "total.ofApproved"), "60.0");
	ck_assert_str_eq(text_at(blocked, "total.ofUsable"), "75.0");
	ck_assert_int_eq(number_at(blocked, "total.usablePlaces"), 4);
	/* a household that takes nobody: its empty place leaves too */
	call("providers/CloseHome", "{\"homeId\": \"%s\"}", two);
	ck_assert_str_eq(text_at(use_of(provider), "total.ofUsable"), "100.0");
	ck_assert_str_eq(text_at(use_of(provider), "parts.0.areaAuthority"), "901");
	ck_assert_int_eq(number_at(use_of(provider), "parts.0.approvedPlaces"), 5);
	ck_assert_str_eq(text_at(use_of(a_provider()), "total.ofUsable"), "-");
	ck_assert_str_eq(text_at(use_of(a_provider()), "total.childrenPerHousehold"), "-");
}
END_TEST

/* ---- temporary approvals ---- */

static json_t *temporarily(const char *home, const char *child, const char *kind, const char *from)
{
	return call("providers/StartTemporaryApproval", "{\"homeId\": \"%s\", \"childId\": \"%s\", \"kind\": \"%s\", \"fromDate\":"
	            "\"%s\", \"decidedBy\": \"NOMINATED_OFFICER\", \"source\": \"assessment\"}", home, child, kind, from);
}

START_TEST(a_connected_persons_approval_is_for_a_named_child_and_ends_by_its_clock)
{
	const char *home = a_household(a_provider(), 1), *child = new_id();
	json_t *started = temporarily(home, child, "CONNECTED_PERSON", "2024-01-01");
	const char *id = text_at(started, "temporaryApproval.id");
	ck_assert_str_eq(text_at(started, "temporaryApproval.lastDay"), "2024-04-21");
	ck_assert_str_eq(text_at(started, "temporaryApproval.state"), "RUNNING");
	ck_assert_int_eq(number_at(started, "temporaryApproval.daysLeft.value"), 111);
	ck_assert_str_eq(sql("SELECT count(*) FROM providers.bar WHERE home_id = '%s' AND kind = 'NAMED_CHILDREN_ONLY'"
	                     " AND until_date IS NULL", home), "1");
	ck_assert_str_eq(text_at(temporarily(home, child, "CONNECTED_PERSON", "2024-01-01"), "temporaryApproval.id"), id);
	refused(HEARTH_FAILED_PRECONDITION, "TEMPORARY_RUNS", "child_id", "providers/StartTemporaryApproval", "{\"homeId\": \"%s\","
	        "\"childId\": \"%s\", \"kind\": \"CONNECTED_PERSON\", \"fromDate\": \"2023-12-31\", \"source\": \"x\"}", home, child);
	refused(HEARTH_FAILED_PRECONDITION, "NOT_YET_APPROVED", "kind", "providers/StartTemporaryApproval", "{\"homeId\": \"%s\","
	        "\"childId\": \"%s\", \"kind\": \"EMERGENCY_OUTSIDE_TERMS\", \"fromDate\": \"2024-01-01\", \"source\": \"x\"}", home,
	        new_id());
	are_told(home, "temporary_approval_set", 1);
	ck_assert_str_eq(sql("SELECT registered_until FROM providers.home WHERE id = '%s'", home), "2024-04-22");
	/* 8 weeks more, once */
	json_t *longer = call("providers/ExtendTemporaryApproval", "{\"temporaryApprovalId\": \"%s\", \"extension\": \"WEEKS\","
	                      "\"date\": \"2024-01-01\"}", id);
	ck_assert_str_eq(text_at(longer, "temporaryApproval.lastDay"), "2024-06-16");
	are_told(home, "temporary_approval_set", 2);
	ck_assert_str_eq(said(home, "temporary_approval_set", "lastDay"), "2024-06-16");
	ck_assert_str_eq(sql("SELECT registered_until FROM providers.home WHERE id = '%s'", home), "2024-06-17");
	drive("2024-01-02T09:00:00Z");
	refused(HEARTH_FAILED_PRECONDITION, "ALREADY_EXTENDED", "extension", "providers/ExtendTemporaryApproval",
	        "{\"temporaryApprovalId\": \"%s\", \"extension\": \"WEEKS\", \"date\": \"2024-01-02\"}", id);
	/* another council sees nothing of it */
	char text[200];
	snprintf(text, sizeof text, "{\"homeId\": \"%s\"}", home);
	ck_assert_uint_eq(json_array_size(at(ask("902", "providers/ListTemporaryApprovals", NULL, text).json, "temporaryApprovals")), 0);
	drive("2024-06-16T20:00:00Z");
	json_t *last = call("providers/ListTemporaryApprovals", "{\"homeId\": \"%s\"}", home);
	ck_assert_str_eq(text_at(last, "temporaryApprovals.0.state"), "EXTENDED");
	ck_assert_int_eq(number_at(last, "temporaryApprovals.0.daysLeft.value"), 0);
	ck_assert_int_eq(told(home, "temporary_approval_ended"), 0);
	drive("2024-06-16T23:30:00Z");       /* half past midnight in England */
	are_told(home, "temporary_approval_ended", 1);
	ck_assert_str_eq(said(home, "temporary_approval_ended", "reason"), "EXPIRED");
	ck_assert_str_eq(said(home, "temporary_approval_ended", "date"), "2024-06-17");
	last = call("providers/ListTemporaryApprovals", "{\"homeId\": \"%s\"}", home);
	ck_assert_str_eq(text_at(last, "temporaryApprovals.0.state"), "EXPIRED");
	/* nobody is offered the home after that, whatever a nightly sync says of it, until it is approved */
	ck_assert(leaves_out(home, 9, "REGISTRATION_LAPSED"));
	call("providers/UpsertHome", "{\"homeId\": \"%s\", \"providerId\": \"%s\", \"kind\": \"FOSTERING\", \"places\": 1}", home,
	     text_at(home_of(home), "providerId"));
	ck_assert(leaves_out(home, 9, "NAMED_CHILDREN_ONLY"));
	approve(home, "2024-06-17", TERMS(0, 17, 1));
	ck_assert(!leaves_out(home, 9, "NAMED_CHILDREN_ONLY") && !leaves_out(home, 9, "REGISTRATION_LAPSED"));
}
END_TEST

START_TEST(a_full_approval_ends_a_temporary_one_and_until_an_outcome_there_is_no_last_day)
{
	drive("2024-06-17T12:00:00Z");
	const char *home = a_household(a_provider(), 1), *child = new_id();
	json_t *started = temporarily(home, child, "CONNECTED_PERSON", "2024-06-17");
	json_t *open = call("providers/ExtendTemporaryApproval", "{\"temporaryApprovalId\": \"%s\", \"extension\":"
	                    "\"UNTIL_REVIEW_OUTCOME\", \"date\": \"2024-06-17\"}", text_at(started, "temporaryApproval.id"));
	ck_assert_str_eq(text_at(open, "temporaryApproval.lastDay"), "");
	ck_assert_str_eq(text_at(open, "temporaryApproval.state"), "AWAITING_OUTCOME");
	approve(home, "2024-06-17", TERMS(0, 17, 1));
	are_told(home, "temporary_approval_ended", 1);
	ck_assert_str_eq(said(home, "temporary_approval_ended", "reason"), "FULLY_APPROVED");
	ck_assert_str_eq(sql("SELECT count(*) FROM providers.bar WHERE home_id = '%s' AND until_date IS NULL", home), "0");
	ck_assert_str_eq(sql("SELECT registered_until FROM providers.home WHERE id = '%s'", home), "");
}
END_TEST

START_TEST(an_emergency_outside_terms_ends_after_six_working_days_over_a_bank_holiday)
{
	const char *home = a_household(a_provider(), 1);
	approve(home, "2024-01-01", TERMS(0, 4, 1));
	drive("2024-08-23T09:00:00Z");       /* the Friday before the summer bank holiday */
	json_t *started = temporarily(home, new_id(), "EMERGENCY_OUTSIDE_TERMS", "2024-08-23");
	ck_assert_str_eq(text_at(started, "temporaryApproval.lastDay"), "2024-09-03");
	refused(HEARTH_FAILED_PRECONDITION, "NOT_EXTENDABLE", NULL, "providers/ExtendTemporaryApproval", "{\"temporaryApprovalId\":"
	        "\"%s\", \"extension\": \"WEEKS\", \"date\": \"2024-08-23\"}", text_at(started, "temporaryApproval.id"));
	are_told(home, "temporary_approval_set", 1);
	drive("2024-09-04T09:00:00Z");
	are_told(home, "temporary_approval_ended", 1);
	ck_assert_str_eq(said(home, "temporary_approval_ended", "reason"), "EXPIRED");
	ck_assert_str_eq(sql("SELECT coalesce(registered_until::text, 'open') FROM providers.home WHERE id = '%s'", home), "open");
}
END_TEST

/* ---- on the day ---- */

START_TEST(terms_that_lie_ahead_begin_on_the_day_and_an_approval_for_a_time_ends_by_itself)
{
	const char *home = a_household(a_provider(), 2);
	approve(home, "2024-09-01", TERMS(5, 11, 2));
	json_t *ahead = approve(home, "2024-10-01", TERMS(5, 15, 2) ", \"untilDate\": \"2024-11-01\"");
	ck_assert_str_eq(text_at(ahead, "approval.state"), "FUTURE");
	ck_assert_int_eq(number_at(home_of(home), "terms.mostAge.value"), 11);
	ck_assert_int_eq(told(home, "terms_varied"), 0);
	drive("2024-10-01T09:00:00Z");
	are_told(home, "terms_varied", 1);
	ck_assert_int_eq(number_at(home_of(home), "terms.mostAge.value"), 15);
	ck_assert_str_eq(sql("SELECT registered_until FROM providers.home WHERE id = '%s'", home), "2024-11-01");
	ck_assert_int_eq(told(home, "approval_ended"), 0);
	drive("2024-11-01T09:00:00Z");
	are_told(home, "approval_ended", 1);
	ck_assert_str_eq(said(home, "approval_ended", "reason"), "TERM_OVER");
	refused(HEARTH_FAILED_PRECONDITION, "NOT_APPROVED", "date", "providers/EndApproval", "{\"homeId\": \"%s\","
	        "\"date\": \"2024-12-01\", \"reason\": \"RESIGNED\", \"source\": \"x\"}", home);
}
END_TEST

START_TEST(an_approval_that_ends_is_told_with_who_lives_there_and_later_terms_never_begin)
{
	const char *children[1], *home = a_household(a_provider(), 2);
	approve(home, "2024-09-01", TERMS(0, 17, 2));
	approve(home, "2025-01-01", TERMS(0, 17, 1));
	live_there(home, 1, children);
	occupancy_is(home, 0, 1, 0);
	call("providers/EndApproval", "{\"homeId\": \"%s\", \"date\": \"2024-11-01\", \"reason\": \"RESIGNED\","
	     "\"source\": \"letter\"}", home);
	ck_assert_int_eq(told(home, "approval_ended"), 1);
	ck_assert_str_eq(said(home, "approval_ended", "children"), "1");
	call("providers/EndApproval", "{\"homeId\": \"%s\", \"date\": \"2024-11-01\", \"reason\": \"RESIGNED\","
	     "\"source\": \"letter\"}", home);
	ck_assert_int_eq(told(home, "approval_ended"), 1);
	json_t *list = call("providers/ListApprovals", "{\"homeId\": \"%s\"}", home);
	ck_assert_str_eq(text_at(list, "approvals.0.state"), "SUPERSEDED");
	ck_assert_str_eq(text_at(list, "approvals.1.endedReason"), "RESIGNED");
	ck_assert_str_eq(sql("SELECT registered_until FROM providers.home WHERE id = '%s'", home), "2024-11-01");
}
END_TEST

START_TEST(a_review_is_told_before_it_is_due_once_each_and_moves_on_when_it_was_held)
{
	const char *home = a_household(a_provider(), 2);
	approve(home, "2024-11-01", TERMS(0, 17, 2));
	for (int i = 0; i < 500 && strcmp(text_at(household_of(home), "reviewDue"), "2025-11-01") != 0; i++)
		rest();
	ck_assert_str_eq(text_at(household_of(home), "reviewDue"), "2025-11-01");
	ck_assert_int_eq(told(home, "review_due"), 0);
	drive("2025-09-02T09:00:00Z");       /* 60 days before */
	are_told(home, "review_due", 1);
	ck_assert_str_eq(said(home, "review_due", "daysBefore"), "60");
	ck_assert_str_eq(text_at(household_of(home), "reviewState"), "DUE");
	drive("2025-10-02T09:00:00Z");
	are_told(home, "review_due", 2);
	drive("2025-11-02T09:00:00Z");       /* the day itself was slept through */
	are_told(home, "review_due", 3);
	ck_assert_str_eq(said(home, "review_due", "daysBefore"), "0");
	ck_assert_str_eq(text_at(household_of(home), "reviewState"), "OVERDUE");
	drive("2025-11-04T09:00:00Z");
	call("providers/RecordReview", "{\"homeId\": \"%s\", \"heldOn\": \"2025-11-04\", \"result\": \"CONTINUED\", \"toPanel\": true,"
	     "\"source\": \"minutes\"}", home);
	for (int i = 0; i < 500 && strcmp(text_at(household_of(home), "reviewDue"), "2026-11-04") != 0; i++)
		rest();
	json_t *now = household_of(home);
	ck_assert_str_eq(text_at(now, "reviewDue"), "2026-11-04");
	ck_assert_str_eq(text_at(now, "lastReview"), "2025-11-04");
	ck_assert_str_eq(text_at(now, "reviewState"), "");
	ck_assert_int_eq(told(home, "review_due"), 3);
	ck_assert_uint_eq(json_array_size(at(call("providers/ListReviews", "{\"homeId\": \"%s\"}", home), "reviews")), 1);
}
END_TEST

START_TEST(over_the_limit_again_on_one_day_is_told_by_a_version_of_its_own)
{
	const char *children[4], *home = a_household(a_provider(), 4);
	live_there(home, 4, children);
	are_told(home, "over_limit", 1);
	json_t *granted = call("providers/GrantExemption", "{\"homeId\": \"%s\", \"childIds\": [\"%s\", \"%s\", \"%s\", \"%s\"],"
	                       "\"fromDate\": \"2023-11-01\", \"source\": \"notice\"}", home, children[0], children[1], children[2],
	                       children[3]);
	for (int i = 0; i < 500 && !*sql("SELECT until_date FROM over_limit WHERE home_id = '%s'", home); i++)
		rest();
	call("providers/EndExemption", "{\"exemptionId\": \"%s\", \"date\": \"%s\"}", text_at(granted, "exemption.id"),
	     sql("SELECT until_date FROM over_limit WHERE home_id = '%s'", home));
	are_told(home, "over_limit", 2);
	ck_assert_str_eq(sql("SELECT count(DISTINCT (aggregateid, version)) FROM outbox WHERE type = 'hearth.carer.over_limit.v1' "
	                     "AND payload ->> 'homeId' = '%s'", home), "2");
}
END_TEST

START_TEST(an_exemption_that_ends_by_its_date_puts_the_household_over_the_limit_on_that_day)
{
	const char *children[4], *home = a_household(a_provider(), 4);
	drive("2025-11-05T09:00:00Z");
	live_there(home, 4, children);
	are_told(home, "over_limit", 1);
	call("providers/GrantExemption", "{\"homeId\": \"%s\", \"childIds\": [\"%s\", \"%s\", \"%s\", \"%s\"], \"fromDate\":"
	     "\"2025-11-01\", \"untilDate\": \"2025-12-01\", \"source\": \"notice\"}", home, children[0], children[1], children[2],
	     children[3]);
	ck_assert_str_eq(text_at(household_of(home), "limitState"), "EXEMPT");
	for (int i = 0; i < 500 && strcmp(sql("SELECT until_date FROM over_limit WHERE home_id = '%s'", home), "2025-11-05") != 0; i++)
		rest();
	ck_assert_str_eq(sql("SELECT until_date FROM over_limit WHERE home_id = '%s'", home), "2025-11-05");
	drive("2025-12-01T09:00:00Z");
	are_told(home, "over_limit", 2);
	ck_assert_str_eq(said(home, "over_limit", "since"), "2025-12-01");
	/* an export of what was done with a child's records finds the exemption that names it */
	ck_assert_str_eq(sql("SELECT count(*) FROM audit_subjects('901', '%s') s JOIN exemption e ON e.id::text = s", children[0]), "1");
	ck_assert_str_eq(sql("SELECT count(*) FROM audit_subjects('902', '%s') s JOIN exemption e ON e.id::text = s", children[0]), "0");
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 60 };
	return CHECK_MAIN_WITH(&options, "fostering", terms_of_approval_are_the_homes_terms_and_keep_their_history,
	                       a_home_sync_does_not_change_the_terms_of_an_approval, only_a_fostering_household_is_approved,
	                       the_state_holds_the_terms_of_today_alone,
	                       a_match_sees_terms_their_end_and_a_temporary_approval_at_once,
	                       over_the_usual_limit_is_reported_unless_all_are_named_or_siblings,
	                       only_the_council_of_the_area_exempts_and_sees_what_it_granted,
	                       the_way_to_an_approval_is_counted_by_stage_and_source,
	                       twenty_five_new_households_with_leavers_not_known_are_no_net_change_of_twenty_five,
	                       three_constellations_hold_eighteen_to_thirty_and_a_fourth_makes_it_twenty_four_to_forty,
	                       more_than_ten_satellites_are_refused,
	                       places_are_used_more_without_more_households_and_blocked_ones_leave_one_denominator,
	                       a_connected_persons_approval_is_for_a_named_child_and_ends_by_its_clock,
	                       a_full_approval_ends_a_temporary_one_and_until_an_outcome_there_is_no_last_day,
	                       an_emergency_outside_terms_ends_after_six_working_days_over_a_bank_holiday,
	                       terms_that_lie_ahead_begin_on_the_day_and_an_approval_for_a_time_ends_by_itself,
	                       an_approval_that_ends_is_told_with_who_lives_there_and_later_terms_never_begin,
	                       a_review_is_told_before_it_is_due_once_each_and_moves_on_when_it_was_held,
	                       over_the_limit_again_on_one_day_is_told_by_a_version_of_its_own,
	                       an_exemption_that_ends_by_its_date_puts_the_household_over_the_limit_on_that_day);
}
