/* test_settings.c: registrations, inspections, bars and the end of a home through the real programs, two of each: what
 * stands on which day, who is told, and that no further child is placed.
 *
 * One suite for all tests, so that each has homes and children of its own; time only goes forward, from test to test.
 */
#include "homes_and_needs.h"

#include <libpq-fe.h>

/* ---- what the database says ---- */

/* One text, asked of the database as its superuser. */
__attribute__((format(printf, 1, 2))) static const char *asked(const char *format, ...)
{
	FORMATTED(text, format);
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(connection, text);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(connection));
	const char *value = hearth_arena_strdup(arena, PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(connection);
	return value;
}

/* The events of a type about a home (or a provider) as "authority/children/counted ...", once there are `wanted`. */
static const char *told(const char *type, const char *about, int wanted)
{
	const char *said = "";
	for (int i = 0; i < 250; i++) {
		said = asked("SELECT count(1) || ':' || coalesce(string_agg(concat_ws('/', nullif(authority, ''),"
		             "coalesce(jsonb_array_length(nullif(payload -> 'children', 'null')), 0), payload ->> 'childCount'), ' '"
		             "ORDER BY seq), '') FROM providers.outbox WHERE type = 'hearth.%s.v1'"
		             "AND '%s' IN (payload ->> 'homeId', payload ->> 'providerId')", type, about);
		if (atoi(said) >= wanted)
			break;
		rest();
	}
	return said;
}

/* ---- steps ---- */

static const char *a_setting_of(const char *provider, const char *kind, int places)
{
	return text_at(call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"%s\", \"places\": %d,"
	                    "\"grid\": {\"easting\": 430000, \"northing\": 300000}}", provider, kind, places), "home.id");
}

static const char *an_agency(void)
{
	return text_at(call("providers/UpsertProvider", "{\"name\": \"An agency\", \"code\": \"PR4\"}"), "provider.id");
}

static const char *a_setting(const char *kind, int places)
{
	return a_setting_of(an_agency(), kind, places);
}

static json_t *registered(const char *home, const char *state, const char *from, const char *until)
{
	return call("providers/RecordRegistration", "{\"homeId\": \"%s\", \"register\": \"OFSTED\", \"urn\": \"SC100001\","
	            "\"status\": \"%s\", \"fromDate\": \"%s\", \"untilDate\": \"%s\", \"registeredPlaces\": {\"value\": 4},"
	            "\"source\": \"certificate\"}", home, state, from, until);
}

static json_t *home_of(const char *id)
{
	return at(call("providers/GetHome", "{\"homeId\": \"%s\"}", id), "home");
}

/* A call by a council that must succeed. */
__attribute__((format(printf, 3, 4))) static json_t *call_of(const char *authority, const char *method,
                                                             const char *format, ...)
{
	FORMATTED(text, format);
	struct answer answer = ask(authority, method, NULL, text);
	ck_assert_msg(answer.json != NULL, "%s %s: %s (%s)", method, answer.status.reason, answer.status.message,
	              answer.status.field);
	return answer.json;
}

/* A child of a council comes to live there, without any offer; the placement. */
static const char *lives_in(const char *authority, const char *home, const char *day)
{
	const char *child = text_at(call_of(authority, "placements/CreateChild", "{\"sex\": \"F\"}"), "child.id");
	const char *id = text_at(call_of(authority, "placements/PlanPlacement", "{\"childId\": \"%s\", \"homeId\": \"%s\","
	                                 "\"plannedStart\": \"%s\", \"placementType\": \"K2\", \"legalStatus\": \"C2\"}", child, home,
	                                 day), "placement.id");
	call_of(authority, "placements/StartPlacement", "{\"placementId\": \"%s\", \"startDate\": \"%s\", \"legalStatus\": \"C2\","
	        "\"categoryOfNeed\": \"N1\", \"placementType\": \"K2\"}", id, day);
	for (int i = 0; i < 250 && !*asked("SELECT id FROM providers.hold WHERE placement_id = '%s'", id); i++)
		rest();
	return id;
}

/* An offer of the home is accepted; the referral is open again, for this reason. */
static void accepting_fails_for(const char *home, const char *reason)
{
	const char *referral = an_open_referral(a_child());
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(referral, home));
	ck_assert_str_eq(text_at(referral_in(referral, "OPEN"), "reason"), reason);
}

static void accepting_holds_a_place(const char *home)
{
	int64_t held = number_at(call("providers/GetOccupancy", "{\"homeId\": \"%s\"}", home), "held");
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(an_open_referral(a_child()), home));
	for (int i = 0; i < 250; i++, rest())
		if (number_at(call("providers/GetOccupancy", "{\"homeId\": \"%s\"}", home), "held") == held + 1)
			return;
	ck_abort_msg("no place is held");
}

/* ---- registrations ---- */

START_TEST(a_registration_that_lapses_bars_on_the_day_and_lists_the_children_who_live_there)
{
	const char *home = a_setting("CHILDRENS_HOME", 5);
	registered(home, "REGISTERED", "2023-01-01", "2024-01-10");
	json_t *before = home_of(home);
	ck_assert_str_eq(text_at(before, "registration"), "REGISTERED");
	ck_assert_str_eq(text_at(before, "registeredUntil"), "2024-01-10");
	ck_assert_int_eq(number_at(before, "registeredPlaces.value"), 4);
	ck_assert_str_eq(told("registration.changed", home, 1), "1:0/0");
	lives_in("901", home, "2024-01-01");
	lives_in("901", home, "2024-01-01");
	lives_in("902", home, "2024-01-01");
	accepting_holds_a_place(home);
	ck_assert_str_eq(told("home.barred", home, 0), "0:");

	drive("2024-01-10T00:30:00Z");
	ck_assert_str_eq(told("home.barred", home, 3), "3:0/3 901/2/2 902/1/1");
	ck_assert_str_eq(told("registration.changed", home, 4), "4:0/0 0/3 901/2/2 902/1/1");
	ck_assert_str_eq(text_at(home_of(home), "registration"), "NOT_REGISTERED");
	ck_assert_str_eq(asked("SELECT kind || ' ' || from_date FROM providers.bar WHERE home_id = '%s'", home),
	                 "REGISTRATION_LAPSED 2024-01-10");
	accepting_fails_for(home, "HOME_BARRED");

	registered(home, "REGISTERED", "2024-01-10", "");
	ck_assert_str_eq(told("home.bar_lifted", home, 3), "3:0/3 901/2/2 902/1/1");
	ck_assert_str_eq(text_at(home_of(home), "registration"), "REGISTERED");
	ck_assert_str_eq(text_at(home_of(home), "registeredUntil"), "");
	accepting_holds_a_place(home);
}
END_TEST

START_TEST(who_is_told_of_children_is_told_of_their_own_alone)
{
	const char *home = a_setting("CHILDRENS_HOME", 5);
	const char *mine = lives_in("901", home, "2024-01-01"), *theirs = lives_in("902", home, "2024-01-01");
	call("providers/SetBar", "{\"homeId\": \"%s\", \"kind\": \"RESTRICTION_OF_ACCOMMODATION\", \"source\": \"notice\"}", home);
	ck_assert_str_eq(told("home.barred", home, 3), "3:0/2 901/1/1 902/1/1");
	static const char text[] = "SELECT string_agg(concat_ws('/', nullif(authority, ''), c ->> 'placementId'), ' ' ORDER BY authority)"
		" FROM providers.outbox o CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(payload -> 'children')"
		" = 'array' THEN payload -> 'children' END) c WHERE type = 'hearth.home.barred.v1' AND payload ->> 'homeId' = '%s'";
	char wanted[128];
	snprintf(wanted, sizeof wanted, "901/%s 902/%s", mine, theirs);
	ck_assert_str_eq(asked(text, home), wanted);
}
END_TEST

START_TEST(the_same_registration_again_changes_nothing_and_tells_nothing)
{
	const char *home = a_setting("CHILDRENS_HOME", 2);
	json_t *first = registered(home, "REGISTERED", "2023-01-01", "");
	told("registration.changed", home, 1);
	const char *etag = text_at(home_of(home), "etag");
	json_t *again = registered(home, "REGISTERED", "2023-01-01", "");
	ck_assert_str_eq(text_at(again, "registration.id"), text_at(first, "registration.id"));
	ck_assert_str_eq(text_at(home_of(home), "etag"), etag);
	ck_assert_str_eq(told("registration.changed", home, 1), "1:0/0");
	ck_assert_str_eq(asked("SELECT count(1) FROM providers.registration WHERE home_id = '%s'", home), "1");
}
END_TEST

START_TEST(a_wrong_line_is_corrected_by_another_and_stays_readable)
{
	const char *home = a_setting("CHILDRENS_HOME", 2);
	const char *wrong = text_at(registered(home, "REGISTERED", "2023-02-01", "2023-03-01"), "registration.id");
	ck_assert_str_eq(text_at(home_of(home), "registration"), "NOT_REGISTERED");
	json_t *right = call("providers/RecordRegistration", "{\"homeId\": \"%s\", \"register\": \"OFSTED\","
	                     "\"status\": \"REGISTERED\", \"fromDate\": \"2023-02-01\", \"untilDate\": \"2033-03-01\","
	                     "\"source\": \"certificate\", \"correctsId\": \"%s\"}", home, wrong);
	ck_assert_str_eq(text_at(home_of(home), "registration"), "REGISTERED");
	json_t *list = call("providers/ListRegistrations", "{\"homeId\": \"%s\", \"pageSize\": 1}", home);
	ck_assert_uint_eq(json_array_size(at(list, "registrations")), 1);
	json_t *rest_of = call("providers/ListRegistrations", "{\"homeId\": \"%s\", \"pageToken\": \"%s\"}", home,
	                       text_at(list, "nextPageToken"));
	ck_assert_uint_eq(json_array_size(at(rest_of, "registrations")), 1);
	ck_assert_str_eq(asked("SELECT corrected_by FROM providers.registration WHERE id = '%s'", wrong),
	                 text_at(right, "registration.id"));
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "providers/RecordRegistration", "{\"homeId\": \"%s\","
	        "\"register\": \"OFSTED\", \"status\": \"APPLIED\", \"fromDate\": \"2023-02-02\", \"source\": \"letter\","
	        "\"correctsId\": \"%s\"}", home, wrong);
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "providers/RecordRegistration", "{\"homeId\": \"%s\","
	        "\"register\": \"OFSTED\", \"status\": \"APPLIED\", \"fromDate\": \"2023-02-02\", \"source\": \"letter\","
	        "\"correctsId\": \"%s\"}", a_setting("CHILDRENS_HOME", 1), wrong);
}
END_TEST

START_TEST(a_suspended_agency_bars_all_its_homes_until_it_is_registered_again)
{
	const char *agency = an_agency(), *home = a_setting_of(agency, "FOSTERING", 2), *other = a_setting_of(agency, "FOSTERING", 2);
	static const char line[] = "{\"providerId\": \"%s\", \"register\": \"OFSTED\", \"status\": \"%s\", \"fromDate\": \"%s\","
		"\"source\": \"register\"}";
	lives_in("901", home, "2024-01-01");
	lives_in("902", other, "2024-01-01");
	call("providers/RecordRegistration", line, agency, "REGISTERED", "2020-01-01");
	call("providers/RecordRegistration", line, agency, "SUSPENDED", "2024-01-09");
	ck_assert_str_eq(told("home.barred", agency, 3), "3:0/2 901/1/1 902/1/1");
	accepting_fails_for(other, "HOME_BARRED");
	json_t *bars = call("providers/ListBars", "{\"homeId\": \"%s\", \"inForce\": true}", home);
	ck_assert_uint_eq(json_array_size(at(bars, "bars")), 1);
	ck_assert_str_eq(text_at(bars, "bars.0.kind"), "SUSPENSION");
	refused(HEARTH_FAILED_PRECONDITION, "NOT_BY_HAND", "bar_id", "providers/LiftBar", "{\"barId\": \"%s\"}",
	        text_at(bars, "bars.0.id"));
	call("providers/RecordRegistration", line, agency, "REGISTERED", "2024-01-10");
	accepting_holds_a_place(other);
	ck_assert_str_eq(text_at(call("providers/GetProvider", "{\"providerId\": \"%s\"}", agency), "provider.registration"),
	                 "REGISTERED");
}
END_TEST

START_TEST(what_never_was_registered_has_not_lapsed)
{
	const char *home = a_setting("OTHER_ARRANGEMENT", 1);
	registered(home, "NOT_REGISTERED", "2023-01-01", "");
	ck_assert_str_eq(text_at(home_of(home), "registration"), "NOT_REGISTERED");
	ck_assert_str_eq(text_at(home_of(home), "registeredUntil"), "");
	ck_assert_str_eq(asked("SELECT count(1) FROM providers.bar WHERE home_id = '%s'", home), "0");
}
END_TEST

START_TEST(conditions_limit_the_home_as_long_as_their_line_stands)
{
	const char *home = a_setting("CHILDRENS_HOME", 2);
	static const char line[] = "{\"homeId\": \"%s\", \"register\": \"OFSTED\", \"status\": \"REGISTERED\", \"fromDate\": \"%s\","
		"\"untilDate\": \"%s\", \"source\": \"certificate\", \"conditions\": [{\"code\": \"%s\", %s}]}";
	static const char limits[] = "SELECT string_agg(concat_ws(' ', code, value, sex, from_date, until_date), '; ' ORDER BY"
		" from_date, code) FROM providers.home_limit WHERE home_id = '%s'";
	call("providers/RecordRegistration", line, home, "2023-01-01", "", "LEAST_AGE", "\"value\": {\"value\": 10}");
	ck_assert_str_eq(asked(limits, home), "LEAST_AGE 10 2023-01-01");
	call("providers/RecordRegistration", line, home, "2024-06-01", "2030-01-01", "SEX", "\"sex\": \"F\"");
	ck_assert_str_eq(asked(limits, home), "LEAST_AGE 10 2023-01-01 2024-06-01; SEX F 2024-06-01 2030-01-01");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "conditions.sex", "providers/RecordRegistration", line, home,
	        "2024-07-01", "", "MOST_AGE", "\"sex\": \"F\"");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "conditions.value", "providers/RecordRegistration", line, home,
	        "2024-07-01", "", "MOST_AGE", "\"sex\": \"\"");
}
END_TEST

START_TEST(an_upsert_leaves_a_recorded_registration_alone_and_replaces_all_else)
{
	const char *agency = an_agency(), *home = a_setting_of(agency, "CHILDRENS_HOME", 2);
	static const char facts[] = "{\"homeId\": \"%s\", \"providerId\": \"%s\", \"kind\": \"CHILDRENS_HOME\", \"places\": 2,"
		"\"urn\": \"SC999999\", \"registration\": \"NOT_REGISTERED\", \"registeredPlaces\": {\"value\": 9}%s}";
	json_t *is = at(call("providers/UpsertHome", facts, home, agency, ", \"register\": \"CQC\", \"registeredUntil\":"
	                     "\"2031-01-01\", \"capabilities\": [\"THERAPY\", \"BSL\"], \"excludedRisks\": [\"TO_OTHERS_FIRE\"],"
	                     "\"solo\": true, \"plannedOpen\": \"2024-05-01\", \"manager\": \"VACANT\""), "home");
	ck_assert_str_eq(text_at(is, "registration"), "NOT_REGISTERED");
	ck_assert_str_eq(text_at(is, "register"), "CQC");
	ck_assert_str_eq(text_at(is, "registeredUntil"), "2031-01-01");
	ck_assert_str_eq(text_at(is, "capabilities.1"), "BSL");
	ck_assert_str_eq(text_at(is, "excludedRisks.0"), "TO_OTHERS_FIRE");
	ck_assert(json_is_true(at(is, "solo")));
	ck_assert_str_eq(text_at(is, "plannedOpen"), "2024-05-01");
	ck_assert_str_eq(text_at(is, "manager"), "VACANT");
	registered(home, "REGISTERED", "2023-01-01", "");
	is = at(call("providers/UpsertHome", facts, home, agency, ""), "home");
	ck_assert_str_eq(text_at(is, "registration"), "REGISTERED");
	ck_assert_str_eq(text_at(is, "urn"), "SC100001");
	ck_assert_int_eq(number_at(is, "registeredPlaces.value"), 4);
	ck_assert_uint_eq(json_array_size(at(is, "capabilities")), 0);
	ck_assert_str_eq(text_at(is, "plannedOpen"), "");
	ck_assert_str_eq(text_at(call("providers/UpsertHome", facts, home, agency, ""), "home.etag"), text_at(is, "etag"));
}
END_TEST

START_TEST(an_annexe_belongs_to_a_home_that_is_none_itself)
{
	const char *agency = an_agency(), *home = a_setting_of(agency, "CHILDRENS_HOME", 2);
	static const char annexe[] = "{\"providerId\": \"%s\", \"kind\": \"CHILDRENS_HOME\", \"places\": 1, \"annexeOf\": \"%s\"}";
	json_t *is = call("providers/UpsertHome", annexe, agency, home);
	ck_assert_str_eq(text_at(is, "home.annexeOf"), home);
	refused(HEARTH_FAILED_PRECONDITION, "ANNEXE_OF_NONE", "annexe_of", "providers/UpsertHome", annexe, agency,
	        text_at(is, "home.id"));
	refused(HEARTH_FAILED_PRECONDITION, "ANNEXE_OF_NONE", "annexe_of", "providers/UpsertHome", annexe, agency, new_id());
	static const char rows[] = "{\"system\": \"annexes\", \"rows\": [{\"providerKey\": \"A\", \"providerName\": \"An agency\","
		"\"homeKey\": \"pod\", \"kind\": \"CHILDRENS_HOME\", \"places\": 1, \"annexeOf\": \"%s\"}, {\"providerKey\": \"A\","
		"\"providerName\": \"An agency\", \"homeKey\": \"house\", \"kind\": \"CHILDRENS_HOME\", \"places\": 3, \"solo\": true,"
		"\"capabilities\": [\"BSL\"], \"plannedOpen\": \"2025-01-01\"}]}";
	ck_assert_int_eq(number_at(call("providers/ImportHomes", rows, "house"), "homesCreated"), 2);
	ck_assert_int_eq(number_at(call("providers/ImportHomes", rows, "house"), "homesUnchanged"), 2);
	ck_assert_str_eq(asked("SELECT m.external_id || m.solo || array_to_string(m.capabilities, '') || m.planned_open FROM "
	                       "providers.home a JOIN providers.home m ON m.id = a.annexe_of WHERE a.external_id = 'pod'"),
	                 "housetrueBSL2025-01-01");
	refused(HEARTH_FAILED_PRECONDITION, "ANNEXE_OF_NONE", NULL, "providers/ImportHomes", rows, "pod");
	refused(HEARTH_FAILED_PRECONDITION, "ANNEXE_OF_NONE", NULL, "providers/ImportHomes", rows, "nowhere");
}
END_TEST

START_TEST(a_provider_has_a_group_and_a_registration)
{
	json_t *is = at(call("providers/UpsertProvider", "{\"name\": \"An agency\", \"code\": \"PR4\", \"groupName\": \"A group\","
	                     "\"groupHomes\": {\"value\": 12}, \"urn\": \"SC123456\", \"registration\": \"REGISTERED\","
	                     "\"register\": \"OFSTED\", \"registeredFrom\": \"2019-01-01\"}"), "provider");
	ck_assert_str_eq(text_at(is, "groupName"), "A group");
	ck_assert_int_eq(number_at(is, "groupHomes.value"), 12);
	ck_assert_str_eq(text_at(is, "registeredFrom"), "2019-01-01");
	is = at(call("providers/UpsertProvider", "{\"providerId\": \"%s\", \"name\": \"An agency\", \"code\": \"PR4\"}",
	             text_at(is, "id")), "provider");
	ck_assert_ptr_null(at(is, "groupHomes"));
	ck_assert_str_eq(text_at(is, "urn"), "");
}
END_TEST

/* ---- bars ---- */

START_TEST(an_embargo_is_its_own_councils_and_shown_and_told_to_nobody_else)
{
	const char *home = a_setting("FOSTERING", 3);
	lives_in("901", home, "2024-01-01");
	lives_in("902", home, "2024-01-01");
	json_t *bar = at(call_of("902", "providers/SetBar", "{\"homeId\": \"%s\", \"kind\": \"EMBARGO\", \"reason\": \"QUALITY\","
	                         "\"source\": \"decision of the council\"}", home), "bar");
	ck_assert_str_eq(text_at(bar, "authority"), "902");
	ck_assert(json_is_true(at(bar, "inForce")));
	ck_assert_str_eq(told("home.barred", home, 1), "1:902/1/1");
	ck_assert_uint_eq(json_array_size(at(call("providers/ListBars", "{\"homeId\": \"%s\"}", home), "bars")), 0);
	ck_assert_uint_eq(json_array_size(at(call_of("902", "providers/ListBars", "{\"homeId\": \"%s\"}", home), "bars")), 1);
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "providers/LiftBar", "{\"barId\": \"%s\"}", text_at(bar, "id"));
	accepting_holds_a_place(home);
	json_t *lifted = at(call_of("902", "providers/LiftBar", "{\"barId\": \"%s\", \"etag\": \"%s\"}", text_at(bar, "id"),
	                            text_at(bar, "etag")), "bar");
	ck_assert(json_is_false(at(lifted, "inForce")));
	ck_assert_str_eq(told("home.bar_lifted", home, 1), "1:902/1/1");
}
END_TEST

START_TEST(an_embargo_of_ones_own_holds_no_place)
{
	const char *home = a_setting("FOSTERING", 2);
	static const char bar[] = "{\"homeId\": \"%s\", \"kind\": \"EMBARGO\", \"source\": \"decision\"%s}";
	const char *id = text_at(call("providers/SetBar", bar, home, ""), "bar.id");
	accepting_fails_for(home, "HOME_BARRED");
	ck_assert_str_eq(text_at(call("providers/SetBar", bar, home, ""), "bar.id"), id);
	refused(HEARTH_ALREADY_EXISTS, "BARRED", "kind", "providers/SetBar", bar, home, ", \"reason\": \"QUALITY\"");
	call("providers/LiftBar", "{\"barId\": \"%s\"}", id);
	call("providers/LiftBar", "{\"barId\": \"%s\"}", id);
	accepting_holds_a_place(home);
	ck_assert_str_eq(told("home.barred", home, 1), "1:901/0/0");
}
END_TEST

START_TEST(a_bar_ahead_begins_and_ends_on_its_days)
{
	drive("2024-01-12T09:00:00Z");
	const char *home = a_setting("FOSTERING", 3);
	json_t *bar = at(call("providers/SetBar", "{\"homeId\": \"%s\", \"kind\": \"SUSPENSION\", \"fromDate\": \"2024-01-13\","
	                      "\"untilDate\": \"2024-01-15\", \"source\": \"notice\"}", home), "bar");
	ck_assert(json_is_false(at(bar, "inForce")));
	accepting_holds_a_place(home);
	drive("2024-01-13T00:00:01Z");
	ck_assert_str_eq(told("home.barred", home, 1), "1:0/0");
	accepting_fails_for(home, "HOME_BARRED");
	drive("2024-01-15T00:00:01Z");
	ck_assert_str_eq(told("home.bar_lifted", home, 1), "1:0/0");
	accepting_holds_a_place(home);
	drive("2024-01-16T00:00:01Z");
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "providers/LiftBar", "{\"barId\": \"%s\"}", text_at(bar, "id"));
}
END_TEST

START_TEST(a_bar_that_is_lifted_before_it_begins_is_never_told)
{
	const char *home = a_setting("FOSTERING", 1);
	const char *id = text_at(call("providers/SetBar", "{\"homeId\": \"%s\", \"kind\": \"SUSPENSION\", \"fromDate\":"
	                              "\"2024-01-17\", \"source\": \"notice\"}", home), "bar.id");
	call("providers/LiftBar", "{\"barId\": \"%s\"}", id);
	drive("2024-01-17T09:00:00Z");
	accepting_holds_a_place(home);
	for (int i = 0; i < 250 && atoi(asked("SELECT count(1) FROM providers.timer WHERE subject = '%s'", id)) > 0; i++)
		rest();
	ck_assert_str_eq(told("home.barred", home, 0), "0:");
	ck_assert_str_eq(told("home.bar_lifted", home, 0), "0:");
}
END_TEST

/* ---- inspections ---- */

/* What the last inspection of a home that fits a young person of 16 adds to its score, in thousandths of a point. */
static long long inspection_points(const char *home)
{
	size_t i;
	const json_t *part;
	json_t *explained = at(call("providers/ExplainHome", "{\"homeId\": \"%s\", \"needs\": {\"age\": {\"value\": 16}, "
	                            "\"sex\": \"F\"}}", home), "home");
	ck_assert_msg(json_is_true(at(explained, "fits")), "%s", text_at(json_array_get(at(explained, "reasons"), 0), "code"));
	json_array_foreach(at(explained, "parts"), i, part)
		if (strcmp(text_at(part, "code"), "INSPECTION") == 0)
			return json_integer_value(json_object_get(part, "points"));
	ck_abort_msg("no part INSPECTION");
}

START_TEST(each_register_has_its_own_scale)
{
	const char *supported = a_setting("SUPPORTED_ACCOMMODATION", 4), *home = a_setting("CHILDRENS_HOME", 4);
	static const char line[] = "{\"homeId\": \"%s\", \"register\": \"OFSTED\", \"inspectionType\": \"FULL\", \"inspected\": \"%s\","
		"\"published\": \"2024-01-15\", \"overallOutcome\": \"%s\", \"source\": \"report\"}";
	refused(HEARTH_INVALID_ARGUMENT, "NOT_OF_SCALE", "overall_outcome", "providers/RecordInspection", line, supported,
	        "2024-01-02", "GOOD");
	refused(HEARTH_INVALID_ARGUMENT, "NOT_OF_SCALE", "overall_outcome", "providers/RecordInspection", line, home, "2024-01-02",
	        "SUPPORTED_STRONG");
	refused(HEARTH_INVALID_ARGUMENT, "NOT_OF_SCALE", "overall_outcome", "providers/RecordInspection", line, home, "2014-01-02",
	        "REQUIRES_IMPROVEMENT");
	registered(supported, "REGISTERED", "2023-10-28", "");
	static const struct { const char *outcome, *day, *next; } three[] = {
		{ "SUPPORTED_STRONG", "2024-01-02", "2027-01-02" }, { "SUPPORTED_INCONSISTENT", "2024-01-03", "2025-07-03" },
		{ "SUPPORTED_WEAK", "2024-01-04", "2024-07-04" } };
	for (size_t i = 0; i < 3; i++) {
		json_t *is = at(call("providers/RecordInspection", line, supported, three[i].day, three[i].outcome), "inspection");
		ck_assert_str_eq(text_at(is, "nextBy"), three[i].next);
		ck_assert_str_eq(text_at(is, "framework"), "SUPPORTED_ACCOMMODATION");
		ck_assert_int_eq(inspection_points(supported) > 0, i < 2);      /* matching knows the outcome by the same name */
	}
	ck_assert_str_eq(text_at(home_of(supported), "latestOutcome"), "SUPPORTED_WEAK");
	json_t *good = at(call("providers/RecordInspection", line, home, "2024-01-02", "GOOD"), "inspection");
	ck_assert_str_eq(text_at(good, "nextBy"), "");
	ck_assert_str_eq(told("inspection.published", supported, 3), "3:0/0 0/0 0/0");
	ck_assert_uint_eq(json_array_size(at(call("providers/ListInspections", "{\"homeId\": \"%s\"}", supported), "inspections")), 3);
}
END_TEST

START_TEST(the_latest_inspection_counts_and_a_correction_is_a_row_of_its_own)
{
	const char *home = a_setting("CHILDRENS_HOME", 4);
	static const char line[] = "{\"homeId\": \"%s\", \"register\": \"OFSTED\", \"inspectionType\": \"%s\", \"inspected\": \"%s\","
		"\"overallOutcome\": \"%s\", \"source\": \"report\"}";
	call("providers/RecordInspection", line, home, "FULL", "2023-06-01", "OUTSTANDING");
	call("providers/RecordInspection", line, home, "FULL", "2022-06-01", "INADEQUATE");      /* heard of later */
	call("providers/RecordInspection", line, home, "MONITORING", "2023-09-01", "");          /* gives no grade */
	ck_assert_str_eq(text_at(home_of(home), "latestOutcome"), "OUTSTANDING");
	ck_assert_str_eq(told("inspection.published", home, 1), "1:0/0");
	call("providers/RecordInspection", line, home, "FULL", "2023-06-01", "GOOD");
	ck_assert_str_eq(text_at(home_of(home), "latestOutcome"), "GOOD");
	ck_assert_str_eq(told("inspection.published", home, 2), "2:0/0 0/0");
	ck_assert_str_eq(asked("SELECT count(1) || ' ' || count(corrected_by) FROM providers.inspection WHERE home_id = '%s'", home),
	                 "4 1");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "inspected", "providers/RecordInspection", line, home, "FULL",
	        "2039-06-01", "GOOD");
}
END_TEST

/* ---- the end of a home ---- */

static const char *hold_of(const char *placement)
{
	return asked("SELECT id FROM providers.hold WHERE placement_id = '%s'", placement);
}

START_TEST(a_home_with_children_living_there_does_not_end_without_their_move_plans)
{
	drive("2024-01-20T09:00:00Z");
	const char *home = a_setting("CHILDRENS_HOME", 3);
	const char *mine = hold_of(lives_in("901", home, "2024-01-18")), *theirs = hold_of(lives_in("902", home, "2024-01-18"));
	static const char end[] = "{\"homeId\": \"%s\", \"onDate\": \"2024-02-01\", \"reason\": \"SOLD\"}";
	struct answer no = ask("901", "providers/EndHome", NULL, hearth_arena_printf(arena, end, home));
	ck_assert_str_eq(no.status.reason, "CHILDREN_LIVE_HERE");
	ck_assert_ptr_nonnull(strstr(no.status.message, ": 2"));
	call("providers/RecordMovePlan", "{\"holdId\": \"%s\", \"byDate\": \"2024-01-31\"}", mine);
	no = ask("901", "providers/EndHome", NULL, hearth_arena_printf(arena, end, home));
	ck_assert_ptr_nonnull(strstr(no.status.message, ": 1"));
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "providers/RecordMovePlan", "{\"holdId\": \"%s\", \"byDate\":"
	        "\"2024-01-31\"}", theirs);
	call_of("902", "providers/RecordMovePlan", "{\"holdId\": \"%s\", \"byDate\": \"2024-02-02\"}", theirs);
	refused(HEARTH_FAILED_PRECONDITION, "CHILDREN_LIVE_HERE", "home_id", "providers/EndHome", end, home);   /* a day late */
	call_of("902", "providers/RecordMovePlan", "{\"holdId\": \"%s\", \"byDate\": \"2024-02-01\"}", theirs);
	json_t *plans = call("providers/ListMovePlans", "{\"homeId\": \"%s\"}", home);
	ck_assert_uint_eq(json_array_size(at(plans, "movePlans")), 1);
	json_t *ending = at(call("providers/EndHome", end, home), "home");
	ck_assert_str_eq(text_at(ending, "endsOn"), "2024-02-01");
	ck_assert(json_is_false(at(ending, "open")));
	ck_assert_str_eq(text_at(call("providers/EndHome", end, home), "home.etag"), text_at(ending, "etag"));
	accepting_fails_for(home, "HOME_CLOSED");
	ck_assert_str_eq(told("home.ended", home, 0), "0:");
	drive("2024-02-01T00:00:01Z");
	ck_assert_str_eq(told("home.ended", home, 3), "3:0/2 901/1/1 902/1/1");
}
END_TEST

START_TEST(an_end_is_withheld_when_a_child_has_come_to_live_there_since)
{
	const char *home = a_setting("CHILDRENS_HOME", 3);
	call("providers/EndHome", "{\"homeId\": \"%s\", \"onDate\": \"2024-02-05\"}", home);
	lives_in("902", home, "2024-02-01");
	drive("2024-02-05T00:00:01Z");
	ck_assert_str_eq(told("home.end_withheld", home, 2), "2:0/1 902/1/1");
	ck_assert_str_eq(text_at(home_of(home), "endsOn"), "");
	ck_assert(json_is_false(at(home_of(home), "open")));
	ck_assert_str_eq(told("home.ended", home, 0), "0:");
}
END_TEST

START_TEST(opening_takes_an_end_back)
{
	const char *home = a_setting("CHILDRENS_HOME", 3);
	registered(home, "REGISTERED", "2023-01-01", "");
	call("providers/EndHome", "{\"homeId\": \"%s\", \"onDate\": \"2024-02-08\"}", home);
	call("providers/EndHome", "{\"homeId\": \"%s\", \"onDate\": \"2024-02-07\"}", home);
	ck_assert_str_eq(text_at(call("providers/OpenHome", "{\"homeId\": \"%s\"}", home), "home.endsOn"), "");
	drive("2024-02-08T00:00:01Z");
	accepting_holds_a_place(home);
	for (int i = 0; i < 250 && atoi(asked("SELECT count(1) FROM providers.timer WHERE kind = 'home_ends' AND due <= "
	                                      "'2024-02-08T00:00:01Z'")) > 0; i++)
		rest();
	ck_assert_str_eq(told("home.ended", home, 0), "0:");
	refused(HEARTH_FAILED_PRECONDITION, "PLACES_HELD", "home_id", "providers/EndHome", "{\"homeId\": \"%s\"}", home);
}
END_TEST

/* ---- a published list ---- */

#define OFSTED_ROW(urn, type, more) "{\"line\": 2, \"urn\": \"" urn "\", \"provisionType\": \"" type "\", \"sector\": \"Private\"," \
	"\"registrationDate\": \"2019-05-01\", \"registrationStatus\": \"Active\", \"places\": {\"value\": 4}" more "}"
#define OWNED ", \"organisation\": \"Bright Homes Limited\", \"localAuthority\": \"903\""
#define GOOD ", \"inspectionDate\": \"2023-03-01\", \"eventType\": \"Full inspection\", \"overallOutcome\": \"Good\""

/* Imports; what came of the rows as "CREATED CHANGED ...", and their number. */
static const char *listed(const char *vintage, const char *more, const char *rows)
{
	json_t *reply = call("providers/ImportOfsted", "{\"vintage\": \"%s\", %s\"rows\": [%s]}", vintage, more, rows), *row;
	char said[512] = "";
	size_t i;
	json_array_foreach(at(reply, "rows"), i, row)
		snprintf(said + strlen(said), sizeof said - strlen(said), "%s%s", i ? " " : "", text_at(row, "outcome"));
	return hearth_arena_strdup(arena, said);
}

static json_t *listed_home(const char *urn)
{
	return at(call("providers/GetHome", "{\"externalId\": {\"system\": \"ofsted\", \"id\": \"%s\"}}", urn), "home");
}

START_TEST(a_published_list_makes_settings_agencies_and_owners_once)
{
	static const char rows[] = OFSTED_ROW("SC300001", "Children's Homes", OWNED GOOD) ","
		OFSTED_ROW("SC300002", "Secure children\\u2019s home", OWNED) "," OFSTED_ROW("SC300003", "Independent Fostering Agency",
		", \"organisation\": \"Kind Fostering\"" GOOD) "," OFSTED_ROW("SC300004", "Voluntary adoption agency", OWNED);
	ck_assert_str_eq(listed("2024-01-31", "\"check\": true, ", rows), "CREATED CREATED CREATED NOT_KEPT");
	ck_assert_str_eq(asked("SELECT count(1) FROM providers.home WHERE urn LIKE 'SC3000%%'"), "0");
	ck_assert_str_eq(listed("2024-01-31", "", rows), "CREATED CREATED CREATED NOT_KEPT");
	ck_assert_str_eq(listed("2024-01-31", "", rows), "UNCHANGED UNCHANGED UNCHANGED NOT_KEPT");
	json_t *home = listed_home("SC300001");
	ck_assert_str_eq(text_at(home, "kind"), "CHILDRENS_HOME");
	ck_assert_str_eq(text_at(home, "registration"), "REGISTERED");
	ck_assert_str_eq(text_at(home, "registeredFrom"), "2019-05-01");
	ck_assert_str_eq(text_at(home, "areaAuthority"), "903");
	ck_assert_str_eq(text_at(home, "latestOutcome"), "GOOD");
	ck_assert_int_eq(number_at(home, "registeredPlaces.value"), 4);
	ck_assert_int_eq(number_at(home, "places"), 0);        /* what is registered is not yet offered */
	ck_assert_str_eq(text_at(listed_home("SC300002"), "kind"), "SECURE_CHILDRENS_HOME");
	ck_assert_str_eq(text_at(listed_home("SC300002"), "providerId"), text_at(home, "providerId"));
	ck_assert_str_eq(asked("SELECT name || latest_outcome || registration FROM providers.provider WHERE urn = 'SC300003'"),
	                 "Kind FosteringGOODREGISTERED");
}
END_TEST

/* Within the time that a statement may take; of more rows `hearth import` sends halves. */
#define LISTED 40

START_TEST(rows_of_a_list_are_imported_at_once_and_again)
{
	char *text = hearth_arena_alloc(arena, LISTED * 400 + 100), *end = stpcpy(text, "{\"vintage\": \"2024-01-31\", \"rows\": [");
	for (int i = 0; i < LISTED; i++)
		end += sprintf(end, "%s{\"line\": %d, \"urn\": \"SC33%04d\", \"provisionType\": \"Children's home\","
		               "\"registrationDate\": \"2019-05-01\", \"registrationStatus\": \"Active\", \"places\": {\"value\": 4},"
		               "\"organisation\": \"Owner %d\"" GOOD "}", i ? "," : "", i + 2, i, i % 20);
	strcpy(end, "]}");
	for (int again = 0; again < 2; again++) {
		struct timespec began, ended;
		clock_gettime(CLOCK_MONOTONIC, &began);
		struct answer answer = ask("901", "providers/ImportOfsted", NULL, text);
		clock_gettime(CLOCK_MONOTONIC, &ended);
		ck_assert_msg(answer.json != NULL, "%s %s", answer.status.reason, answer.status.message);
		ck_assert_int_eq(number_at(answer.json, again ? "unchanged" : "created"), LISTED);
		printf("  %d rows of a list, %s: %.0f ms\n", LISTED, again ? "known" : "new", (double)(ended.tv_sec - began.tv_sec) * 1e3
		       + (double)(ended.tv_nsec - began.tv_nsec) / 1e6);
	}
}
END_TEST

START_TEST(a_later_list_changes_what_differs_and_a_closing_bars)
{
	static const char row[] = OFSTED_ROW("SC310001", "Children's home", OWNED);
	ck_assert_str_eq(listed("2024-01-31", "", row), "CREATED");
	const char *home = text_at(listed_home("SC310001"), "id");
	call("providers/RecordRegistration", "{\"homeId\": \"%s\", \"register\": \"OFSTED\", \"urn\": \"SC310001\", \"status\":"
	     "\"REGISTERED\", \"fromDate\": \"2024-02-01\", \"registeredPlaces\": {\"value\": 4}, \"source\": \"certificate\","
	     "\"conditions\": [{\"code\": \"LEAST_AGE\", \"value\": {\"value\": 11}}]}", home);
	drive("2024-02-12T09:00:00Z");
	ck_assert_str_eq(listed("2024-02-10", "", OFSTED_ROW("SC310001", "Children's home", OWNED ", \"dateClosed\": \"\"")),
	                 "UNCHANGED");
	ck_assert_str_eq(listed("2024-02-11", "", "{\"line\": 2, \"urn\": \"SC310001\", \"provisionType\": \"Children's home\","
	                        "\"registrationStatus\": \"Active\", \"places\": {\"value\": 6}}"), "CHANGED");
	ck_assert_int_eq(number_at(listed_home("SC310001"), "registeredPlaces.value"), 6);
	ck_assert_str_eq(asked("SELECT string_agg(code || value || coalesce(until_date::text, ''), ' ' ORDER BY from_date) FROM "
	                       "providers.home_limit WHERE home_id = '%s'", home), "LEAST_AGE112024-02-11 LEAST_AGE11");
	ck_assert_str_eq(listed("2024-02-12", "", "{\"line\": 2, \"urn\": \"SC310001\", \"provisionType\": \"Children's home\","
	                        "\"registrationStatus\": \"Suspended\"}"), "CHANGED");
	ck_assert_str_eq(told("home.barred", home, 1), "1:0/0");
	ck_assert_str_eq(listed("2024-02-12", "", "{\"line\": 2, \"urn\": \"SC310001\", \"provisionType\": \"Children's home\","
	                        "\"registrationStatus\": \"Active\"}"), "CHANGED");
	ck_assert_str_eq(told("home.bar_lifted", home, 1), "1:0/0");
	ck_assert_str_eq(listed("2024-02-12", "", "{\"line\": 2, \"urn\": \"SC310001\", \"provisionType\": \"Children's home\","
	                        "\"registrationStatus\": \"Closed\", \"dateClosed\": \"2024-02-12\"}"), "CHANGED");
	ck_assert_str_eq(text_at(listed_home("SC310001"), "registration"), "NOT_REGISTERED");
	ck_assert_str_eq(listed("2024-02-12", "", "{\"line\": 2, \"urn\": \"SC310001\", \"provisionType\": \"Children's home\","
	                        "\"registrationStatus\": \"Closed\", \"dateClosed\": \"2024-02-12\"}"), "UNCHANGED");
}
END_TEST

START_TEST(what_is_not_understood_of_a_list_is_reported_and_changes_nothing)
{
	json_t *reply = call("providers/ImportOfsted", "{\"vintage\": \"2024-01-31\", \"rows\": ["
		OFSTED_ROW("SC32", "Children's home", OWNED) "," OFSTED_ROW("SC320002", "House", OWNED) ","
		"{\"line\": 5, \"urn\": \"SC320003\", \"provisionType\": \"Children's home\", \"registrationStatus\": \"Maybe\"},"
		OFSTED_ROW("SC320004", "Children's home", "") ","
		OFSTED_ROW("SC320005", "Supported accommodation", OWNED GOOD) ","
		"{\"line\": 8, \"urn\": \"SC320006\", \"provisionType\": \"Children's home\", \"registrationStatus\": \"Closed\"},"
		OFSTED_ROW("SC320007", "Children's home", ", \"organisation\": \"Bright Homes Limited\", \"localAuthority\": \"Atlantis\"")
		"]}");
	static const char *const columns[] = { "urn", "provision_type", "registration_status", "organisation", "overall_outcome",
		"registration_status", "local_authority" };
	static const char *const outcomes[] = { "NOT_UNDERSTOOD", "NOT_UNDERSTOOD", "NOT_UNDERSTOOD", "NOT_UNDERSTOOD",
		"NOT_UNDERSTOOD", "NOT_KEPT", "CREATED" };
	ck_assert_int_eq(number_at(reply, "notUnderstood"), 5);
	for (size_t i = 0; i < 7; i++) {
		char path[64];
		snprintf(path, sizeof path, "rows.%zu.outcome", i);
		ck_assert_str_eq(text_at(reply, path), outcomes[i]);
		snprintf(path, sizeof path, "rows.%zu.issues.0.column", i);
		ck_assert_str_eq(text_at(reply, path), columns[i]);
	}
	ck_assert_str_eq(asked("SELECT string_agg(urn, ' ') FROM providers.home WHERE urn LIKE 'SC32%%'"), "SC320007");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "rows[1].urn", "providers/ImportOfsted", "{\"vintage\": \"2024-01-31\","
	        "\"rows\": [" OFSTED_ROW("SC320008", "House", "") "," OFSTED_ROW("SC320008", "House", "") "]}");
}
END_TEST

int main(void)
{
	static const struct check_options options = { start_suite, stop_suite, 60 };
	return CHECK_MAIN_WITH(&options, "settings",
	                       a_registration_that_lapses_bars_on_the_day_and_lists_the_children_who_live_there,
	                       who_is_told_of_children_is_told_of_their_own_alone,
	                       the_same_registration_again_changes_nothing_and_tells_nothing,
	                       a_wrong_line_is_corrected_by_another_and_stays_readable,
	                       a_suspended_agency_bars_all_its_homes_until_it_is_registered_again,
	                       what_never_was_registered_has_not_lapsed, conditions_limit_the_home_as_long_as_their_line_stands,
	                       an_upsert_leaves_a_recorded_registration_alone_and_replaces_all_else,
	                       an_annexe_belongs_to_a_home_that_is_none_itself, a_provider_has_a_group_and_a_registration,
	                       an_embargo_is_its_own_councils_and_shown_and_told_to_nobody_else,
	                       an_embargo_of_ones_own_holds_no_place, a_bar_ahead_begins_and_ends_on_its_days,
	                       a_bar_that_is_lifted_before_it_begins_is_never_told, each_register_has_its_own_scale,
	                       the_latest_inspection_counts_and_a_correction_is_a_row_of_its_own,
	                       a_home_with_children_living_there_does_not_end_without_their_move_plans,
	                       an_end_is_withheld_when_a_child_has_come_to_live_there_since, opening_takes_an_end_back,
	                       a_published_list_makes_settings_agencies_and_owners_once,
	                       rows_of_a_list_are_imported_at_once_and_again,
	                       a_later_list_changes_what_differs_and_a_closing_bars,
	                       what_is_not_understood_of_a_list_is_reported_and_changes_nothing);
}
