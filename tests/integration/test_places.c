/* test_places.c: places by the day through the real programs, two of each: levels and who has them, blocks, vacancies that
 * are confirmed or go stale, openings that slip, the calendar and the report.
 *
 * One suite for all tests; time only goes forward, from test to test.
 */
#include "homes_and_needs.h"

#include <libpq-fe.h>

/* One value, asked of the database as its superuser; in the arena. */
__attribute__((format(printf, 1, 2))) static const char *value_of(const char *format, ...)
{
	FORMATTED(text, format);
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(connection, text);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(connection));
	const char *value = hearth_arena_strdup(arena, PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(connection);
	return value;
}

#define TOLD "SELECT count(*) FROM providers.outbox WHERE type = 'hearth.%s.v1' AND payload ->> 'homeId' = '%s'"

/* Waits until so many events of the type were told of the home; ten seconds. */
static void told(const char *type, const char *home, const char *count)
{
	for (int i = 0; i < 500; i++, rest())
		if (strcmp(value_of(TOLD, type, home), count) == 0)
			return;
	ck_abort_msg("%s: told %s times, not %s", type, value_of(TOLD, type, home), count);
}

__attribute__((format(printf, 3, 4))) static json_t *call_of(const char *authority, const char *method, const char *format,
                                                           ...)
{
	FORMATTED(text, format);
	struct answer answer = ask(authority, method, NULL, text);
	ck_assert_msg(answer.json != NULL, "%s: %s", method, answer.status.message);
	return answer.json;
}

/* A child of the council begins to live in the home on the day; the placement. */
static const char *begin_in(const char *authority, const char *home, const char *on)
{
	const char *child = text_at(call_of(authority, "placements/CreateChild", "{\"sex\": \"F\"}"), "child.id");
	const char *id = text_at(call_of(authority, "placements/PlanPlacement", "{\"childId\": \"%s\", \"homeId\": \"%s\","
	                                 "\"plannedStart\": \"%s\", \"placementType\": \"U6\", \"legalStatus\": \"C2\"}", child,
	                                 home, on), "placement.id");
	call_of(authority, "placements/StartPlacement", "{\"placementId\": \"%s\", \"startDate\": \"%s\", \"legalStatus\": \"C2\","
	        "\"categoryOfNeed\": \"N1\", \"placementType\": \"U6\"}", id, on);
	return id;
}

static void end_stay(const char *placement, const char *on)
{
	call("placements/EndPlacement", "{\"placementId\": \"%s\", \"endDate\": \"%s\", \"reason\": \"CARPL\"}", placement, on);
}

static json_t *places_of(const char *home)
{
	return at(call("providers/GetPlaces", "{\"homeId\": \"%s\"}", home), "places");
}

/* "registered open offerable", "-" for what is not known. */
static void levels_are(const char *home, const char *date, const char *levels)
{
	char text[64] = "-";
	json_t *places = at(call("providers/GetPlaces", "{\"homeId\": \"%s\", \"date\": \"%s\"}", home, date), "places");
	if (at(places, "registered"))
		snprintf(text, sizeof text, "%lld", (long long)number_at(places, "registered.value"));
	snprintf(text + strlen(text), sizeof text - strlen(text), " %lld %lld", (long long)number_at(places, "open"),
	         (long long)number_at(places, "offerable"));
	ck_assert_str_eq(text, levels);
}

/* A children's home with so many places, all registered; its id. `more` begins with a comma. */
static const char *a_childrens_home(int places, const char *more)
{
	json_t *provider = call("providers/UpsertProvider", "{\"name\": \"A company\", \"code\": \"PR4\"}");
	json_t *home = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"CHILDRENS_HOME\", \"places\": %d,"
	                    "\"urn\": \"SC000001\", \"registration\": \"REGISTERED\", \"registeredPlaces\": {\"value\": %d}%s}",
	                    text_at(provider, "provider.id"), places, places, more);
	return text_at(home, "home.id");
}

static const char *provider_of(const char *home)
{
	return text_at(call("providers/GetHome", "{\"homeId\": \"%s\"}", home), "home.providerId");
}

/* Facts that other calls record. */
static void is_so(const char *home, const char *facts)
{
	value_of("SET search_path = providers; UPDATE home SET %s WHERE id = '%s' RETURNING 1", facts, home);
}

/* ---- whose ---- */

static void use_is(const char *home, const char *authority, const char *wanted)
{
	char text[100];
	json_t *use = at(call_of(authority, "providers/GetPlaces", "{\"homeId\": \"%s\"}", home), "places.use");
	snprintf(text, sizeof text, "%lld own %lld others", (long long)number_at(use, "own"), (long long)number_at(use, "others"));
	if (at(use, "empty"))
		snprintf(text + strlen(text), sizeof text - strlen(text), " %lld empty", (long long)number_at(use, "empty.value"));
	if (at(use, "notKnown"))
		snprintf(text + strlen(text), sizeof text - strlen(text), " %lld not known", (long long)number_at(use, "notKnown.value"));
	ck_assert_str_eq(text, wanted);
}

START_TEST(of_forty_places_thirty_are_ours_and_the_ten_others_have_three_states)
{
	const char *home = a_childrens_home(40, "");
	for (int i = 0; i < 30; i++)
		begin_in("901", home, "2024-01-01");
	occupancy_is(home, 0, 30, 0);
	use_is(home, "901", "30 own 0 others 10 not known");
	ck_assert_int_eq(number_at(places_of(home), "use.ownShare.value"), 7500);
	levels_are(home, "", "40 40 10");
	ck_assert(json_is_true(at(places_of(home), "offerableAtMost")));
	for (int i = 0; i < 4; i++)
		begin_in("902", home, "2024-01-01");
	occupancy_is(home, 0, 34, 0);
	use_is(home, "901", "30 own 4 others 6 not known");
	use_is(home, "902", "4 own 30 others 6 not known");
	refused(HEARTH_FAILED_PRECONDITION, "VACANCIES_DO_NOT_ADD_UP", "free", "providers/ConfirmVacancies",
	        "{\"homeId\": \"%s\", \"free\": 4, \"otherChildren\": {\"value\": 1}}", home);
	json_t *said = call("providers/ConfirmVacancies", "{\"homeId\": \"%s\", \"free\": 4}", home);
	ck_assert_int_eq(number_at(said, "vacancies.otherChildren.value"), 2);
	ck_assert(json_is_true(at(said, "vacancies.derived")));
	use_is(home, "901", "30 own 6 others 4 empty");
	levels_are(home, "", "40 40 4");
	ck_assert(!json_is_true(at(places_of(home), "offerableAtMost")));
	ck_assert_int_eq(number_at(places_of(home), "use.ownShare.value"), 7500);
}
END_TEST

START_TEST(another_councils_children_are_a_number_and_never_who)
{
	const char *home = a_childrens_home(2, "");
	begin_in("902", home, "2024-01-01");
	occupancy_is(home, 0, 1, 0);
	json_t *places = places_of(home);
	char *text = json_dumps(places, 0);
	ck_assert_int_eq(number_at(places, "use.others"), 1);
	ck_assert_ptr_null(strstr(text, value_of("SELECT child_id FROM providers.hold WHERE home_id = '%s'", home)));
	free(text);
	ck_assert_uint_eq(json_array_size(at(call("providers/GetOccupancy", "{\"homeId\": \"%s\"}", home), "holds")), 0);
}
END_TEST

/* ---- blocks ---- */

START_TEST(places_that_are_kept_back_are_not_offered_until_the_block_ends)
{
	const char *home = a_childrens_home(3, "");
	call("providers/ConfirmVacancies", "{\"homeId\": \"%s\", \"free\": 3}", home);
	json_t *block = call("providers/BlockPlaces", "{\"homeId\": \"%s\", \"places\": 2, \"reason\": \"REPAIRS\","
	                     "\"untilDate\": \"2024-01-05\"}", home);
	const char *id = text_at(block, "block.id");
	ck_assert_str_eq(text_at(block, "block.fromDate"), "2024-01-01");
	levels_are(home, "", "3 3 1");
	levels_are(home, "2024-01-04", "3 3 1");
	levels_are(home, "2024-01-05", "3 3 3");
	json_t *places = places_of(home);
	ck_assert_str_eq(text_at(places, "offerableReasons.0.code"), "REPAIRS");
	ck_assert_str_eq(text_at(places, "offerableReasons.0.until"), "2024-01-05");
	json_t *again = call("providers/BlockPlaces", "{\"homeId\": \"%s\", \"places\": 2, \"reason\": \"REPAIRS\","
	                     "\"untilDate\": \"2024-01-05\"}", home);
	ck_assert_str_eq(text_at(again, "block.id"), id);
	told("places.blocked", home, "1");
	refused(HEARTH_FAILED_PRECONDITION, "MORE_THAN_PLACES", "places", "providers/BlockPlaces",
	        "{\"homeId\": \"%s\", \"places\": 4, \"reason\": \"STAFFING\"}", home);
	refused(HEARTH_FAILED_PRECONDITION, "BLOCK_ENDS_EARLIER", "until_date", "providers/EndPlaceBlock",
	        "{\"blockId\": \"%s\", \"untilDate\": \"2024-01-06\"}", id);
	refused(HEARTH_ABORTED, "STALE_ETAG", "etag", "providers/EndPlaceBlock", "{\"blockId\": \"%s\", \"etag\": \"7\"}", id);
	json_t *ended = call("providers/EndPlaceBlock", "{\"blockId\": \"%s\", \"etag\": \"1\"}", id);
	ck_assert_str_eq(text_at(ended, "block.untilDate"), "2024-01-01");
	ck_assert_str_eq(text_at(ended, "block.plannedUntil"), "2024-01-05");
	levels_are(home, "", "3 3 3");
	told("places.unblocked", home, "1");
	ck_assert_uint_eq(json_array_size(at(call("providers/ListPlaceBlocks", "{\"homeId\": \"%s\"}", home), "blocks")), 0);
	json_t *all = call("providers/ListPlaceBlocks", "{\"homeId\": \"%s\", \"endedToo\": true}", home);
	ck_assert_str_eq(text_at(all, "blocks.0.id"), id);
}
END_TEST

START_TEST(an_allegation_is_shown_to_nobody_but_the_council_that_recorded_it)
{
	const char *home = a_childrens_home(2, "");
	call("providers/BlockPlaces", "{\"homeId\": \"%s\", \"places\": 1, \"reason\": \"ALLEGATION\"}", home);
	ck_assert_str_eq(text_at(places_of(home), "offerableReasons.1.code"), "CARER_UNAVAILABLE");
	told("places.blocked", home, "1");
	ck_assert_str_eq(value_of("SELECT payload ->> 'reason' FROM providers.outbox WHERE type = 'hearth.places.blocked.v1' "
	                          "AND payload ->> 'homeId' = '%s'", home), "CARER_UNAVAILABLE");
	json_t *kept = call("providers/ListPlaceBlocks", "{\"homeId\": \"%s\"}", home);
	ck_assert_str_eq(text_at(kept, "blocks.0.reason"), "ALLEGATION");
	char request[100];
	snprintf(request, sizeof request, "{\"homeId\": \"%s\"}", home);
	const json_t *others = ask("902", "providers/ListPlaceBlocks", NULL, request).json;
	ck_assert_str_eq(text_at(others, "blocks.0.reason"), "CARER_UNAVAILABLE");
}
END_TEST

START_TEST(a_home_has_at_most_a_hundred_blocks_that_have_not_ended)
{
	const char *home = a_childrens_home(2, "");
	for (int i = 0; i < 100; i++)
		call("providers/BlockPlaces", "{\"homeId\": \"%s\", \"places\": 1, \"reason\": \"OTHER\","
		     "\"fromDate\": \"2024-%02d-%02d\"}", home, 6 + i / 28, 1 + i % 28);
	refused(HEARTH_FAILED_PRECONDITION, "TOO_MANY_BLOCKS", "home_id", "providers/BlockPlaces",
	        "{\"homeId\": \"%s\", \"places\": 1, \"reason\": \"OTHER\"}", home);
}
END_TEST

START_TEST(the_day_on_which_a_block_begins_or_ends_is_told)
{
	const char *home = a_childrens_home(3, "");
	call("providers/BlockPlaces", "{\"homeId\": \"%s\", \"places\": 1, \"reason\": \"RESPITE\", \"fromDate\": \"2024-01-02\","
	     "\"untilDate\": \"2024-01-03\"}", home);
	levels_are(home, "", "3 3 3");
	told("capacity.changed", home, "0");
	drive("2024-01-02T00:00:01Z");
	told("capacity.changed", home, "1");
	levels_are(home, "", "3 3 2");
	drive("2024-01-03T09:00:00Z");
	told("capacity.changed", home, "2");
	levels_are(home, "", "3 3 3");
	ck_assert_str_eq(value_of("SELECT string_agg(payload #>> '{changes,0,code}', ' ' ORDER BY seq) FROM providers.outbox "
	                          "WHERE type = 'hearth.capacity.changed.v1' AND payload ->> 'homeId' = '%s'", home),
	                 "BLOCK_BEGAN BLOCK_ENDED");
	ck_assert_str_eq(value_of("SELECT count(*) FROM providers.timer WHERE kind = 'capacity' AND subject = '%s'", home), "0");
}
END_TEST

/* ---- openings ---- */

/* The same home in a file, which knows of no opening. */
static void imports_home_again(const char *home)
{
	json_t *imported = call("providers/ImportHomes", "{\"system\": \"nightly\", \"rows\": [{\"providerKey\": \"P\","
	                        "\"providerName\": \"A company\", \"homeKey\": \"N1\", \"kind\": \"CHILDRENS_HOME\", \"places\": 3}]}");
	ck_assert_int_eq(number_at(imported, "homesChanged"), 1);
	ck_assert_str_eq(text_at(places_of(home), "homeId"), home);
}

START_TEST(an_opening_that_slips_keeps_what_was_planned)
{
	const char *home = a_childrens_home(4, "");
	json_t *planned = call("providers/PlanOpening", "{\"homeId\": \"%s\", \"plannedOpen\": \"2024-01-05\"}", home);
	ck_assert_int_eq(number_at(planned, "opening.slippedDays.value"), 0);
	levels_are(home, "2024-01-04", "4 0 0");
	levels_are(home, "2024-01-05", "4 4 4");
	planned = call("providers/PlanOpening", "{\"homeId\": \"%s\", \"plannedOpen\": \"2024-01-12\", \"why\": \"REGISTRATION\"}", home);
	ck_assert_int_eq(number_at(planned, "opening.slippedDays.value"), 7);
	levels_are(home, "2024-01-11", "4 0 0");
	json_t *places = places_of(home);
	ck_assert_str_eq(text_at(places, "openReasons.0.code"), "NOT_OPEN_YET");
	ck_assert_str_eq(text_at(places, "openReasons.0.until"), "2024-01-12");
	ck_assert_int_eq(number_at(places, "openReasons.0.places"), 4);
	drive("2024-01-06T09:00:00Z");
	told("capacity.changed", home, "0");
	json_t *opened = call("providers/RecordOpening", "{\"homeId\": \"%s\", \"opened\": \"2024-01-06\"}", home);
	ck_assert_int_eq(number_at(opened, "opening.slippedDays.value"), 1);
	levels_are(home, "", "4 4 4");
	told("capacity.changed", home, "1");
	call("providers/RecordOpening", "{\"homeId\": \"%s\", \"opened\": \"2024-01-06\"}", home);
	json_t *all = call("providers/ListOpenings", "{\"homeId\": \"%s\"}", home);
	ck_assert_uint_eq(json_array_size(at(all, "openings")), 3);
	ck_assert_str_eq(text_at(all, "openings.1.plannedOpen"), "2024-01-12");
	ck_assert_str_eq(text_at(all, "openings.1.why"), "REGISTRATION");
	ck_assert_str_eq(text_at(all, "openings.2.opened"), "2024-01-06");
	ck_assert_int_eq(number_at(all, "openings.2.slippedDays.value"), 1);
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "opened", "providers/RecordOpening",
	        "{\"homeId\": \"%s\", \"opened\": \"2024-01-07\"}", home);
}
END_TEST

START_TEST(a_nightly_record_of_the_home_leaves_its_opening_alone)
{
	json_t *provider = call("providers/UpsertProvider", "{\"name\": \"A company\", \"code\": \"PR4\"}");
	char facts[400];
	snprintf(facts, sizeof facts, "{\"externalId\": {\"system\": \"nightly\", \"id\": \"N1\"}, \"providerId\": \"%s\","
	         "\"kind\": \"CHILDRENS_HOME\", \"places\": 3, \"plannedOpen\": \"2024-02-01\"}", text_at(provider, "provider.id"));
	const char *home = text_at(call("providers/UpsertHome", "%s", facts), "home.id");
	ck_assert_str_eq(text_at(call("providers/ListOpenings", "{\"homeId\": \"%s\"}", home), "openings.0.plannedOpen"),
	                 "2024-02-01");
	call("providers/PlanOpening", "{\"homeId\": \"%s\", \"plannedOpen\": \"2024-03-01\"}", home);
	json_t *again = call("providers/UpsertHome", "%s", facts);
	ck_assert_str_eq(text_at(again, "home.plannedOpen"), "2024-03-01");
	ck_assert_str_eq(text_at(again, "home.etag"), "2");
	imports_home_again(home);
	ck_assert_str_eq(text_at(places_of(home), "plannedOpen"), "2024-03-01");
}
END_TEST

START_TEST(a_day_of_opening_that_came_is_told_and_noted_until_somebody_says_it_opened)
{
	const char *home = a_childrens_home(4, "");
	call("providers/PlanOpening", "{\"homeId\": \"%s\", \"plannedOpen\": \"2024-01-07\"}", home);
	ck_assert(!json_is_true(at(places_of(home), "openingNotConfirmed")));
	drive("2024-01-07T09:00:00Z");
	told("capacity.changed", home, "1");
	ck_assert(json_is_true(at(places_of(home), "openingNotConfirmed")));
	call("providers/RecordOpening", "{\"homeId\": \"%s\", \"opened\": \"2024-01-07\"}", home);
	ck_assert(!json_is_true(at(places_of(home), "openingNotConfirmed")));
}
END_TEST

/* ---- vacancies ---- */

START_TEST(vacancies_that_nobody_confirms_go_stale_and_are_told_once)
{
	const char *home = a_childrens_home(2, ""), *never = a_childrens_home(2, "");
	call("providers/ConfirmVacancies", "{\"homeId\": \"%s\", \"free\": 2}", home);
	drive("2024-01-20T09:00:00Z");
	ck_assert(!json_is_true(at(places_of(home), "vacancyStale")));
	drive("2024-01-21T10:00:00Z");
	told("capacity.stale", home, "1");
	told("capacity.stale", never, "1");
	json_t *places = places_of(home);
	ck_assert(json_is_true(at(places, "vacancyStale")));
	ck_assert_int_eq(number_at(places, "staleAfterDays"), 14);
	ck_assert(at(places, "vacancyConfirmed") != NULL);
	ck_assert(json_is_true(at(places_of(never), "vacancyStale")));
	ck_assert_ptr_null(at(places_of(never), "vacancyConfirmed"));
	drive("2024-01-23T10:00:00Z");
	call("providers/ConfirmVacancies", "{\"homeId\": \"%s\", \"free\": 2}", home);
	ck_assert(!json_is_true(at(places_of(home), "vacancyStale")));
	/* Others were not known, then known, then stale and known again. */
	told("capacity.changed", home, "2");
	call("providers/ConfirmVacancies", "{\"homeId\": \"%s\", \"free\": 2}", home);
	told("capacity.changed", home, "2");
	told("capacity.stale", home, "1");
	drive("2024-02-07T09:00:00Z");
	told("capacity.stale", home, "2");
	told("capacity.stale", never, "1");
}
END_TEST

/* ---- policies ---- */

START_TEST(a_council_may_keep_back_places_of_homes_without_a_manager)
{
	const char *home = a_childrens_home(3, ", \"manager\": \"VACANT\"");
	levels_are(home, "", "3 3 3");
	json_t *set = call("providers/SetPlacePolicy", "{\"code\": \"MANAGER_VACANT_KEEPS_BACK\", \"value\": true,"
	                   "\"source\": \"Placement policy 4\"}");
	ck_assert(json_is_true(at(set, "policy.own")));
	levels_are(home, "", "3 3 0");
	ck_assert_str_eq(text_at(places_of(home), "offerableReasons.1.code"), "MANAGER_VACANT");
	json_t *stranger = call_of("902", "providers/GetPlaces", "{\"homeId\": \"%s\"}", home);
	ck_assert_int_eq(number_at(stranger, "places.offerable"), 3);
	call("providers/SetPlacePolicy", "{\"code\": \"MANAGER_VACANT_KEEPS_BACK\", \"value\": true,"
	     "\"source\": \"Placement policy 4\"}");
	ck_assert_uint_eq(json_array_size(at(call("providers/ListPlacePolicies", "{}"), "policies")), 2);
	ck_assert_uint_eq(json_array_size(at(call_of("902", "providers/ListPlacePolicies", "{}"), "policies")), 1);
	call("providers/SetPlacePolicy", "{\"code\": \"MANAGER_VACANT_KEEPS_BACK\", \"value\": false, \"source\": \"Policy 5\"}");
	levels_are(home, "", "3 3 3");
	json_t *all = call("providers/ListPlacePolicies", "{}");
	ck_assert_uint_eq(json_array_size(at(all, "policies")), 3);
	ck_assert_str_eq(text_at(all, "policies.1.untilDate"), text_at(all, "policies.2.fromDate"));
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "from_date", "providers/SetPlacePolicy",
	        "{\"code\": \"MANAGER_VACANT_KEEPS_BACK\", \"fromDate\": \"2024-01-01\", \"source\": \"x\"}");
}
END_TEST

/* ---- annexes, reports ---- */

START_TEST(an_annexe_has_its_places_out_of_its_homes_registration_and_they_count_once)
{
	const char *home = a_childrens_home(6, ", \"areaAuthority\": \"391\"");
	json_t *made = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"CHILDRENS_HOME\", \"places\": 2,"
	                    "\"areaAuthority\": \"391\", \"urn\": \"SC000001\", \"registration\": \"REGISTERED\","
	                    "\"annexeOf\": \"%s\", \"solo\": true}", provider_of(home), home);
	const char *annexe = text_at(made, "home.id");
	levels_are(annexe, "", "2 2 1");
	levels_are(home, "", "4 4 4");
	json_t *places = places_of(home);
	ck_assert_str_eq(text_at(places, "annexes.0"), annexe);
	ck_assert_str_eq(text_at(places, "openReasons.0.code"), "ABOVE_REGISTRATION");
	ck_assert_str_eq(text_at(places_of(annexe), "annexeOf"), home);
	json_t *supply = call("providers/ListPlaces", "{\"areaAuthority\": \"391\"}");
	ck_assert_int_eq(number_at(supply, "total.homes"), 2);
	ck_assert_int_eq(number_at(supply, "total.registered"), 6);
	ck_assert_int_eq(number_at(supply, "total.offerableAtMost"), 5);
	ck_assert_int_eq(number_at(supply, "total.soloOfferable"), 1);
}
END_TEST

START_TEST(the_supply_report_adds_up_what_is_known_and_counts_the_rest_apart)
{
	const char *known = a_childrens_home(4, ", \"areaAuthority\": \"390\"");
	a_childrens_home(3, ", \"areaAuthority\": \"390\"");
	json_t *fostering = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"FOSTERING\", \"places\": 2,"
	                         "\"areaAuthority\": \"390\", \"terms\": {\"siblingsOnly\": true}}", provider_of(known));
	json_t *planned = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"CHILDRENS_HOME\", \"places\": 5,"
	                       "\"areaAuthority\": \"390\", \"registeredPlaces\": {\"value\": 5}}", provider_of(known));
	call("providers/PlanOpening", "{\"homeId\": \"%s\", \"plannedOpen\": \"2024-09-01\"}", text_at(planned, "home.id"));
	begin_in("901", known, "2024-02-01");
	begin_in("902", known, "2024-02-01");
	occupancy_is(known, 0, 2, 0);
	call("providers/ConfirmVacancies", "{\"homeId\": \"%s\", \"free\": 2}", known);
	call("providers/BlockPlaces", "{\"homeId\": \"%s\", \"places\": 1, \"reason\": \"MATCHING\"}", known);
	json_t *supply = call("providers/ListPlaces", "{\"areaAuthority\": \"390\"}");
	ck_assert_uint_eq(json_array_size(at(supply, "lines")), 2);
	json_t *homes = at(supply, "lines.0"), *households = at(supply, "lines.1");
	ck_assert_str_eq(text_at(homes, "kind"), "CHILDRENS_HOME");
	ck_assert_int_eq(number_at(homes, "homes"), 3);
	ck_assert_int_eq(number_at(homes, "registered"), 12);
	ck_assert_int_eq(number_at(homes, "open"), 7);
	ck_assert_int_eq(number_at(homes, "offerable"), 1);
	ck_assert_int_eq(number_at(homes, "offerableAtMost"), 3);
	ck_assert_int_eq(number_at(homes, "othersUnknownHomes"), 2);
	ck_assert_int_eq(number_at(homes, "own"), 1);
	ck_assert_int_eq(number_at(homes, "otherCouncils"), 1);
	ck_assert_int_eq(number_at(homes, "keptBack"), 1);
	ck_assert_int_eq(number_at(homes, "plannedHomes"), 1);
	ck_assert_int_eq(number_at(homes, "plannedPlaces"), 5);
	ck_assert_int_eq(number_at(households, "registeredUnknownHomes"), 1);
	ck_assert_int_eq(number_at(households, "siblingOfferable"), 2);
	ck_assert_int_eq(number_at(supply, "total.homes"), 4);
	json_t *by_area = call("providers/ListPlaces", "{\"areaAuthority\": \"390\", \"by\": \"AREA\"}");
	ck_assert_uint_eq(json_array_size(at(by_area, "lines")), 1);
	ck_assert_int_eq(number_at(by_area, "lines.0.open"), number_at(supply, "total.open"));
	(void)fostering;
}
END_TEST

START_TEST(the_calendar_shows_stays_by_their_dates_and_places_booked_twice)
{
	drive("2024-03-01T09:00:00Z");
	const char *home = a_childrens_home(1, "");
	drive("2024-03-20T09:00:00Z");
	const char *first = begin_in("901", home, "2024-03-05");
	occupancy_is(home, 0, 1, 0);
	const char *second = begin_in("901", home, "2024-03-08");
	occupancy_is(home, 0, 2, 1);
	end_stay(first, "2024-03-10");
	occupancy_is(home, 0, 1, 1);
	end_stay(second, "2024-03-15");
	occupancy_is(home, 0, 0, 0);
	json_t *calendar = call("providers/GetCapacityCalendar", "{\"homeId\": \"%s\", \"fromDate\": \"2024-03-01\","
	                        "\"untilDate\": \"2024-04-01\"}", home);
	char booked[32] = "", over[32] = "";
	size_t i;
	json_t *item;
	json_array_foreach(at(calendar, "days"), i, item) {
		ck_assert_uint_lt(i, 31);
		booked[i] = (char)('0' + number_at(item, "booked"));
		over[i] = (char)('0' + number_at(item, "over"));
	}
	ck_assert_str_eq(booked, "0000111111111100000000000000000");
	ck_assert_str_eq(over, "0000000110000000000000000000000");
	ck_assert_str_eq(text_at(calendar, "days.4.date"), "2024-03-05");
	ck_assert_int_eq(number_at(calendar, "total.online"), 31);
	ck_assert_int_eq(number_at(calendar, "total.booked"), 10);
	ck_assert_int_eq(number_at(calendar, "total.unused"), 21);
	ck_assert_int_eq(number_at(calendar, "total.rate.value"), 3226);
	ck_assert_str_eq(text_at(calendar, "total.rateOf"), "ONLINE_DAYS");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "until_date", "providers/GetCapacityCalendar",
	        "{\"homeId\": \"%s\", \"fromDate\": \"2024-03-01\", \"untilDate\": \"2025-03-03\"}", home);
}
END_TEST

START_TEST(the_report_of_a_period_names_each_day_of_each_place_once)
{
	drive("2024-04-01T09:00:00Z");
	const char *one = a_childrens_home(2, ", \"areaAuthority\": \"392\""), *provider = provider_of(one);
	json_t *made = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"FOSTERING\", \"places\": 1,"
	                    "\"areaAuthority\": \"392\"}", provider);
	const char *other = text_at(made, "home.id");
	begin_in("901", one, "2024-04-01");
	occupancy_is(one, 0, 1, 0);
	call("providers/BlockPlaces", "{\"homeId\": \"%s\", \"places\": 1, \"reason\": \"TURNAROUND\", \"untilDate\": \"2024-04-08\"}",
	     one);
	call("providers/BlockPlaces", "{\"homeId\": \"%s\", \"places\": 1, \"reason\": \"CARER_UNAVAILABLE\","
	     "\"fromDate\": \"2024-04-11\", \"untilDate\": \"2024-04-21\"}", other);
#define PERIOD "\"fromDate\": \"2024-04-01\", \"untilDate\": \"2024-05-01\", \"areaAuthority\": \"392\""
	json_t *whole = call("providers/GetOccupancyReport", "{" PERIOD ", \"by\": \"PROVIDER\"}");
	ck_assert_uint_eq(json_array_size(at(whole, "lines")), 1);
	ck_assert_str_eq(text_at(whole, "lines.0.key"), provider);
	ck_assert_int_eq(number_at(whole, "lines.0.homes"), 2);
	ck_assert_int_eq(number_at(whole, "days"), 30);
	json_t *days = at(whole, "lines.0.days");
	ck_assert_int_eq(number_at(days, "online"), 90);
	ck_assert_int_eq(number_at(days, "booked"), 30);
	ck_assert_int_eq(number_at(days, "turnaround"), 7);
	ck_assert_int_eq(number_at(days, "blocked"), 10);
	ck_assert_int_eq(number_at(days, "unused"), 43);
	ck_assert_int_eq(number_at(days, "rate.value"), 3333);
	json_t *kinds = call("providers/GetOccupancyReport", "{" PERIOD ", \"by\": \"KIND\"}");
	ck_assert_str_eq(text_at(kinds, "lines.0.key"), "CHILDRENS_HOME");
	ck_assert_str_eq(text_at(kinds, "lines.1.key"), "FOSTERING");
	json_t *page = call("providers/GetOccupancyReport", "{" PERIOD ", \"pageSize\": 1}");
	ck_assert_uint_eq(json_array_size(at(page, "lines")), 1);
	const char *seen = text_at(page, "lines.0.key");
	page = call("providers/GetOccupancyReport", "{" PERIOD ", \"pageSize\": 1, \"pageToken\": \"%s\"}",
	            text_at(page, "nextPageToken"));
	ck_assert_uint_eq(json_array_size(at(page, "lines")), 1);
	ck_assert_str_ne(text_at(page, "lines.0.key"), seen);
	ck_assert_str_eq(text_at(page, "nextPageToken"), "");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "page_token", "providers/GetOccupancyReport",
	        "{" PERIOD ", \"pageToken\": \"x\"}");
}
END_TEST

START_TEST(a_hold_that_is_never_confirmed_expires_and_its_days_were_held)
{
	drive("2024-05-01T09:00:00Z");
	const char *home = a_home(1), *referral = an_open_referral(a_child());
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(referral, home));
	occupancy_is(home, 1, 0, 0);
	json_t *places = places_of(home);
	ck_assert_int_eq(number_at(places, "offerable"), 0);
	ck_assert_str_eq(text_at(places, "offerableReasons.1.code"), "HELD");
	ck_assert_str_eq(text_at(places, "offerableReasons.1.until"), "2024-05-04");
	drive("2024-05-03T09:00:05Z");
	occupancy_is(home, 0, 0, 0);
	told("place.released", home, "1");
	levels_are(home, "", "- 1 1");
	json_t *calendar = call("providers/GetCapacityCalendar", "{\"homeId\": \"%s\", \"fromDate\": \"2024-05-01\","
	                        "\"untilDate\": \"2024-05-11\"}", home);
	ck_assert_int_eq(number_at(calendar, "total.held"), 2);
	ck_assert_int_eq(number_at(calendar, "total.unused"), 8);
}
END_TEST

/* An annexe registered with its home, in which `is` is so. */
static void an_annexe_of_a_home(const char *is)
{
	const char *home = a_childrens_home(4, "");
	call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"CHILDRENS_HOME\", \"places\": 2, \"urn\": \"SC000001\","
	     "\"registration\": \"REGISTERED\", \"annexeOf\": \"%s\"}", provider_of(home), home);
	if (*is)
		is_so(home, is);
	else
		call("providers/SetBar", "{\"homeId\": \"%s\", \"kind\": \"RESTRICTION_OF_ACCOMMODATION\", \"fromDate\": \"2024-05-01\","
		     "\"source\": \"notice\"}", home);
}

/* Every home of the tests before, whatever happened to it. */
START_TEST(matching_says_the_same_places_of_every_home_and_never_more_for_a_child)
{
	call("providers/SetPlacePolicy", "{\"code\": \"MANAGER_VACANT_KEEPS_BACK\", \"value\": true, \"source\": \"Policy 6\"}");
	is_so(a_childrens_home(3, ""), "manager = 'VACANT'");
	is_so(a_childrens_home(3, ""), "registration = NULL");
	is_so(a_childrens_home(3, ""), "registration = 'NOT_REGISTERED'");
	is_so(a_childrens_home(3, ""), "registration = 'SUSPENDED'");
	is_so(a_childrens_home(3, ""), "registered_from = '2025-01-01'");
	is_so(a_childrens_home(3, ""), "registered_until = '2024-01-01'");
	is_so(a_childrens_home(3, ""), "kind = 'SUPPORTED_ACCOMMODATION', registration = 'APPLIED', solo = true");
	is_so(a_childrens_home(3, ""), "most_children = 2, places = 5");
	an_annexe_of_a_home("registered_until = '2024-01-01'");
	an_annexe_of_a_home("registered_places = 5");
	an_annexe_of_a_home("");
	const char *at_a_time = value_of("SELECT string_agg(h.id::text, ' ') FROM providers.home h");
	int homes = 0;
	for (; *at_a_time; at_a_time += 36 + (at_a_time[36] == ' '), homes++) {
		const char *home = hearth_arena_printf(arena, "%.36s", at_a_time);
		json_t *places = places_of(home), *match = at(call("providers/ExplainHome", "{\"homeId\": \"%s\", \"needs\": {"
			"\"age\": {\"value\": 12}}}", home), "home");
		ck_assert_msg(number_at(match, "placesOpen") == number_at(places, "open")
		              && number_at(match, "placesOfferable") == number_at(places, "offerable"), "%s: open %lld, offerable %lld; "
		              "matching %lld, %lld", home, (long long)number_at(places, "open"),
		              (long long)number_at(places, "offerable"), (long long)number_at(match, "placesOpen"),
		              (long long)number_at(match, "placesOfferable"));
		ck_assert_int_le(number_at(match, "placesForChild"), number_at(places, "offerable"));
		if (number_at(match, "placesOpen") > 0 && at(places, "registered"))
			ck_assert_int_eq(number_at(match, "placesRegistered"), number_at(places, "registered.value"));
	}
	ck_assert_int_ge(homes, 25);
}
END_TEST

START_TEST(days_before_a_home_was_known_are_counted_apart)
{
	const char *home = a_childrens_home(2, "");
	json_t *before = at(call("providers/GetPlaces", "{\"homeId\": \"%s\", \"date\": \"2024-04-30\"}", home), "places");
	ck_assert_str_eq(text_at(before, "openReasons.0.code"), "NOT_RECORDED");
	json_t *calendar = call("providers/GetCapacityCalendar", "{\"homeId\": \"%s\", \"fromDate\": \"2024-04-24\","
	                        "\"untilDate\": \"2024-05-13\"}", home);
	ck_assert_int_eq(number_at(calendar, "total.notRecorded"), 9);
	ck_assert_int_eq(number_at(calendar, "total.online"), 20);
}
END_TEST

START_TEST(an_opening_is_said_two_hundred_times_at_most)
{
	const char *home = a_childrens_home(2, "");
	is_so(home, "planned_open = '2024-06-01'");
	value_of("INSERT INTO providers.opening (home_id, version, planned_open, actor, recorded) SELECT '%s', 1000 + n, "
	         "'2024-06-01', '', '2024-05-03T09:00:00Z' FROM generate_series(1, 199) n RETURNING 1", home);
	refused(HEARTH_FAILED_PRECONDITION, "TOO_MANY_OPENINGS", "home_id", "providers/PlanOpening",
	        "{\"homeId\": \"%s\", \"plannedOpen\": \"2024-06-02\"}", home);
}
END_TEST

START_TEST(what_a_home_offered_in_the_past_stays_when_it_changes)
{
	drive("2024-06-03T09:00:00Z");
	const char *home = a_childrens_home(2, "");
	drive("2024-06-10T09:00:00Z");
	call("providers/CloseHome", "{\"homeId\": \"%s\"}", home);
	call("providers/OpenHome", "{\"homeId\": \"%s\"}", home);
	call("providers/CloseHome", "{\"homeId\": \"%s\"}", home);
	drive("2024-06-13T09:00:00Z");
	call("providers/OpenHome", "{\"homeId\": \"%s\"}", home);
	json_t *calendar = call("providers/GetCapacityCalendar", "{\"homeId\": \"%s\", \"fromDate\": \"2024-06-03\","
	                        "\"untilDate\": \"2024-06-23\"}", home);
	ck_assert_int_eq(number_at(calendar, "total.online"), 2 * (7 + 10));
	ck_assert_int_eq(number_at(calendar, "days.7.online"), 0);
	ck_assert_int_eq(number_at(calendar, "days.10.online"), 2);
	ck_assert_str_eq(value_of("SELECT count(*) FROM providers.home_capacity WHERE home_id = '%s'", home), "3");
}
END_TEST

int main(void)
{
	static const struct check_options options = { start_suite, stop_suite, 60 };
	return CHECK_MAIN_WITH(&options, "places", of_forty_places_thirty_are_ours_and_the_ten_others_have_three_states,
	                       another_councils_children_are_a_number_and_never_who,
	                       places_that_are_kept_back_are_not_offered_until_the_block_ends,
	                       an_allegation_is_shown_to_nobody_but_the_council_that_recorded_it,
	                       a_home_has_at_most_a_hundred_blocks_that_have_not_ended,
	                       the_day_on_which_a_block_begins_or_ends_is_told, an_opening_that_slips_keeps_what_was_planned,
	                       a_nightly_record_of_the_home_leaves_its_opening_alone,
	                       a_day_of_opening_that_came_is_told_and_noted_until_somebody_says_it_opened,
	                       vacancies_that_nobody_confirms_go_stale_and_are_told_once,
	                       a_council_may_keep_back_places_of_homes_without_a_manager,
	                       an_annexe_has_its_places_out_of_its_homes_registration_and_they_count_once,
	                       the_supply_report_adds_up_what_is_known_and_counts_the_rest_apart,
	                       the_calendar_shows_stays_by_their_dates_and_places_booked_twice,
	                       the_report_of_a_period_names_each_day_of_each_place_once,
	                       a_hold_that_is_never_confirmed_expires_and_its_days_were_held,
	                       matching_says_the_same_places_of_every_home_and_never_more_for_a_child,
	                       days_before_a_home_was_known_are_counted_apart, an_opening_is_said_two_hundred_times_at_most,
	                       what_a_home_offered_in_the_past_stays_when_it_changes);
}
