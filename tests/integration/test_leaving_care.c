/* test_leaving_care.c: what people record of a young person, what is due, and who is told when a status changes; through
 * the real programs. Time only goes forward, so each test has a year of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hearth/careleavers/v1/careleavers.pb-c.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "../support/suite.h"
#include "tables.h"

static const char *const services[] = { "placements", "careleavers", NULL };
static struct suite *suite;

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .services = services, .instances = 2, .clock = "2026-01-05T09:00:00Z" });
	if (suite == NULL)
		exit(1);
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		exit(1);
}

struct pair {
	struct json_calls placements, leavers;
};

static struct pair of_authority(const char *authority)
{
	struct hearth_client *client = suite_client(suite, authority, SUITE_ALL_ROLES);
	ck_assert_ptr_nonnull(client);
	return (struct pair){ { client, &hearth__placements__v1__placements__descriptor },
		                  { client, &hearth__careleavers__v1__care_leavers__descriptor } };
}

static void drive(const char *date)
{
	char at[32];
	snprintf(at, sizeof at, "%sT09:00:00Z", date);
	ck_assert_int_eq(suite_clock(suite, at), 0);
}

/* A child in care since `start`. */
static void in_care(const struct pair *pair, const char *born, const char *start, char ret_child[64], char ret_placement[64])
{
	json_t *child = json_call(&pair->placements, "CreateChild", "{'dateOfBirth': {'value': '%s'}, 'unaccompanied': true}",
	                          born);
	snprintf(ret_child, 64, "%s", json_at(child, "child.id"));
	json_decref(child);
	json_t *planned = json_call(&pair->placements, "PlanPlacement", "{'childId': '%s', 'plannedStart': '%s',"
	                            "'placementType': 'U6', 'legalStatus': 'V2'}", ret_child, start);
	snprintf(ret_placement, 64, "%s", json_at(planned, "placement.id"));
	json_decref(planned);
	json_decref(json_call(&pair->placements, "StartPlacement", "{'placementId': '%s', 'startDate': '%s'}", ret_placement,
	                      start));
}

/* Until the young person is in this state; ten seconds. */
static json_t *wait_for(const struct pair *pair, const char *child, const char *path, const char *value)
{
	for (int i = 0; i < 200; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
		if (tables_number(suite, "SELECT count(*) FROM careleavers.young_person") == 0)
			continue;
		json_t *list = json_call(&pair->leavers, "ListYoungPeople", "{'status': 'NONE', 'pageSize': 500}");
		json_decref(list);
		char sql[200];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM careleavers.care_period WHERE child_id = '%s'", child);
		if (tables_number(suite, sql) == 0)
			continue;
		json_t *reply = json_call(&pair->leavers, "GetYoungPerson", "{'childId': '%s'}", child);
		if (strcmp(json_at(reply, path), value) == 0)
			return reply;
		json_decref(reply);
	}
	ck_abort_msg("%s did not become %s", path, value);
	return NULL;
}

/* How often this change of status was told. */
static long told(const char *child, const char *was, const char *status)
{
	char sql[400];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM careleavers.outbox WHERE type = 'hearth.young_person.status_changed.v1'"
	         " AND aggregateid = '%s' AND coalesce(payload->>'was', '') = '%s' AND coalesce(payload->>'status', '') = '%s'",
	         child, was, status);
	return tables_number(suite, sql);
}

static void wait_told(const char *child, const char *was, const char *status)
{
	for (int i = 0; i < 200 && told(child, was, status) == 0; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	ck_assert_msg(told(child, was, status) == 1, "%s to %s was told %ld times", was, status, told(child, was, status));
}

static bool has_reason(const json_t *reply, const char *code)
{
	size_t i;
	const json_t *reason;
	json_array_foreach(json_object_get(json_object_get(reply, "youngPerson"), "reasons"), i, reason)
		if (strcmp(json_string_value(json_object_get(reason, "code")), code) == 0)
			return true;
	return false;
}

START_TEST(a_status_is_explained_says_when_it_changes_and_is_told_on_the_day)
{
	struct pair pair = of_authority("931");
	char child[64], placement[64];
	in_care(&pair, "2009-11-20", "2026-01-01", child, placement);
	json_t *none = wait_for(&pair, child, "youngPerson.status", "NONE");
	ck_assert(has_reason(none, "WEEKS_MISSING"));
	ck_assert_str_eq(json_at(none, "youngPerson.nextChange.on.value"), "2026-04-01");
	ck_assert_str_eq(json_at(none, "youngPerson.nextChange.status"), "ELIGIBLE");
	ck_assert_str_eq(json_at(none, "youngPerson.reasons.0.rule"), "R33");
	ck_assert_str_ne(json_at(none, "youngPerson.reasons.0.source"), "");
	json_decref(none);
	drive("2026-03-31");
	nanosleep(&(struct timespec){ .tv_sec = 2 }, NULL);
	ck_assert_int_eq(told(child, "NONE", "ELIGIBLE"), 0);
	drive("2026-04-01");
	wait_told(child, "NONE", "ELIGIBLE");
	json_t *eligible = json_call(&pair.leavers, "GetYoungPerson", "{'childId': '%s'}", child);
	ck_assert_str_eq(json_at(eligible, "youngPerson.status"), "ELIGIBLE");
	ck_assert_int_eq(json_number_at(eligible, "youngPerson.daysSince14"), 91);
	ck_assert_str_eq(json_at(eligible, "youngPerson.dues.0.due.value"), "2026-07-01");
	json_decref(eligible);
	/* Care ended on that very day, so that the 91st was none in care. */
	json_decref(json_call(&pair.placements, "EndPlacement", "{'placementId': '%s', 'endDate': '2026-04-01',"
	                      "'leftCare': true, 'endCode': 'E4A'}", placement));
	wait_told(child, "ELIGIBLE", "QUALIFYING");
}
END_TEST

START_TEST(a_return_home_is_recorded_by_the_end_of_care_and_costs_the_status_after_six_months)
{
	struct pair pair = of_authority("932");
	char child[64], placement[64];
	drive("2026-10-01");
	in_care(&pair, "2010-02-01", "2026-05-01", child, placement);
	wait_told(child, "NONE", "ELIGIBLE");
	json_decref(json_call(&pair.placements, "EndPlacement", "{'placementId': '%s', 'endDate': '2026-10-01',"
	                      "'leftCare': true, 'endCode': 'E4A'}", placement));
	json_t *relevant = wait_for(&pair, child, "youngPerson.status", "RELEVANT");
	ck_assert_str_eq(json_at(relevant, "youngPerson.circumstances.0.kind"), "RETURNED_HOME");
	ck_assert_str_eq(json_at(relevant, "youngPerson.nextChange.on.value"), "2027-04-01");
	ck_assert_str_eq(json_at(relevant, "youngPerson.nextChange.status"), "QUALIFYING");
	ck_assert_str_eq(json_at(relevant, "youngPerson.nextChange.because"), "HOME_HELD");
	char fact[64];
	snprintf(fact, sizeof fact, "%s", json_at(relevant, "youngPerson.circumstances.0.id"));
	json_decref(relevant);
	wait_told(child, "ELIGIBLE", "RELEVANT");
	drive("2027-04-01");
	wait_told(child, "RELEVANT", "QUALIFYING");
	/* It was no home of the regulation: taken back, with what stood before kept. */
	json_decref(json_call(&pair.leavers, "RecordCircumstance", "{'childId': '%s', 'circumstanceId': '%s', 'kind':"
	                      "'RETURNED_HOME', 'startDate': '2026-10-01', 'withdrawn': true}", child, fact));
	wait_told(child, "QUALIFYING", "RELEVANT");
	char sql[200];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM careleavers.circumstance WHERE id = '%s'", fact);
	ck_assert_int_eq(tables_number(suite, sql), 2);
	/* As of a day before, it was relevant all the time. */
	json_t *then = json_call(&pair.leavers, "GetYoungPerson", "{'childId': '%s', 'date': '2026-12-01'}", child);
	ck_assert_str_eq(json_at(then, "youngPerson.status"), "RELEVANT");
	json_decref(then);
}
END_TEST

START_TEST(history_tells_no_change_of_status_and_the_day_does)
{
	struct pair pair = of_authority("933");
	drive("2027-05-01");
	json_decref(json_call(&pair.placements, "ImportEpisodes", "{'children': [{'child': '1', 'dateOfBirth': {'value':"
	                      "'2009-05-03'}, 'returnYear': 2027}], 'episodes': [{'child': '1', 'decom': '2020-01-01',"
	                      "'returnYear': 2027}]}"));
	json_t *found = json_call(&pair.placements, "LookupChild", "{'externalId': {'system': 'ssda903', 'id': '1'}}");
	char child[64], sql[200];
	snprintf(child, sizeof child, "%s", json_at(found, "child.id"));
	json_decref(found);
	json_decref(wait_for(&pair, child, "youngPerson.status", "ELIGIBLE"));
	drive("2027-05-02");
	snprintf(sql, sizeof sql, "SELECT count(*) FROM careleavers.young_person WHERE child_id = '%s' AND told_status = 'ELIGIBLE'",
	         child);
	for (int i = 0; i < 200 && tables_number(suite, sql) == 0; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	ck_assert_int_eq(tables_number(suite, sql), 1);
	ck_assert_int_eq(told(child, "NONE", "ELIGIBLE"), 0);
	drive("2027-05-03");
	wait_told(child, "ELIGIBLE", "FORMER_RELEVANT");
}
END_TEST

START_TEST(accommodation_has_a_history_a_suitability_and_corrections)
{
	struct pair pair = of_authority("934");
	char child[64], placement[64], first[64];
	drive("2028-01-10");
	in_care(&pair, "2011-06-01", "2027-01-01", child, placement);
	json_decref(wait_for(&pair, child, "youngPerson.status", "ELIGIBLE"));
	json_t *home = json_call(&pair.leavers, "RecordAccommodation", "{'childId': '%s', 'type': 'E', 'fromDate': '2027-06-01'}",
	                         child);
	ck_assert_str_eq(json_at(home, "accommodation.returnCode"), "");
	ck_assert_str_eq(json_at(home, "accommodation.suitability"), "SUITABILITY_UNSPECIFIED");
	snprintf(first, sizeof first, "%s", json_at(home, "accommodation.id"));
	json_decref(home);
	home = json_call(&pair.leavers, "RecordAccommodation", "{'childId': '%s', 'accommodationId': '%s', 'type': 'E',"
	                 "'fromDate': '2027-06-02', 'suitability': 'SUITABLE', 'assessedOn': '2027-06-05', 'assessor': 'worker-7'}",
	                 child, first);
	ck_assert_str_eq(json_at(home, "accommodation.returnCode"), "E1");
	ck_assert_int_eq(json_number_at(home, "accommodation.revision"), 2);
	json_decref(home);
	json_decref(json_call(&pair.leavers, "RecordAccommodation", "{'childId': '%s', 'type': 'W', 'fromDate': '2028-01-01',"
	                      "'suitability': 'UNSUITABLE', 'suitabilityReason': 'RISK', 'assessedOn': '2028-01-02'}", child));
	json_t *list = json_call(&pair.leavers, "ListAccommodation", "{'childId': '%s'}", child);
	ck_assert_uint_eq(json_count_at(list, "accommodation"), 2);
	ck_assert_str_eq(json_at(list, "accommodation.0.returnCode"), "W2");
	json_decref(list);
	list = json_call(&pair.leavers, "ListAccommodation", "{'childId': '%s', 'withCorrections': true, 'pageSize': 2}", child);
	ck_assert_uint_eq(json_count_at(list, "accommodation"), 2);
	json_t *rest = json_call(&pair.leavers, "ListAccommodation", "{'childId': '%s', 'withCorrections': true, 'pageSize': 2,"
	                         "'pageToken': '%s'}", child, json_at(list, "nextPageToken"));
	ck_assert_uint_eq(json_count_at(rest, "accommodation"), 1);
	json_decref(rest);
	json_decref(list);
	/* The day decides which one they live in. */
	const char *const days[][2] = { { "2027-06-01", "" }, { "2027-06-02", "E" }, { "2027-12-31", "E" }, { "2028-01-01", "W" } };
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		json_t *person = json_call(&pair.leavers, "GetYoungPerson", "{'childId': '%s', 'date': '%s'}", child, days[i][0]);
		ck_assert_str_eq(json_at(person, "youngPerson.accommodation.type"), days[i][1]);
		json_decref(person);
	}
	ck_assert_str_eq(json_call_fails(&pair.leavers, HEARTH_ABORTED, "STALE_ETAG", "RecordAccommodation", "{'childId': '%s',"
	                                 "'etag': '1', 'type': 'E', 'fromDate': '2027-06-01'}", child), "etag");
}
END_TEST

START_TEST(lists_say_who_is_due_and_who_turns_18_next)
{
	struct pair pair = of_authority("935");
	char one[64], two[64], placement[64];
	drive("2029-01-10");
	in_care(&pair, "2011-03-01", "2027-01-01", one, placement);
	in_care(&pair, "2011-02-01", "2027-01-01", two, placement);
	json_decref(wait_for(&pair, one, "youngPerson.status", "ELIGIBLE"));
	json_decref(wait_for(&pair, two, "youngPerson.status", "ELIGIBLE"));
	json_t *next = json_call(&pair.leavers, "ListTurning18", "{'pageSize': 1}");
	ck_assert_str_eq(json_at(next, "youngPeople.0.childId"), two);
	json_t *after = json_call(&pair.leavers, "ListTurning18", "{'pageSize': 1, 'pageToken': '%s'}",
	                          json_at(next, "nextPageToken"));
	ck_assert_str_eq(json_at(after, "youngPeople.0.childId"), one);
	json_decref(next);
	json_decref(after);
	json_t *near = json_call(&pair.leavers, "ListTurning18", "{'withinDays': 22}");
	ck_assert_uint_eq(json_count_at(near, "youngPeople"), 1);
	json_decref(near);
	json_t *due = json_call(&pair.leavers, "ListDue", "{}");
	ck_assert_uint_eq(json_count_at(due, "youngPeople"), 2);
	ck_assert_uint_eq(json_count_at(due, "youngPeople.0.dues"), 1);
	ck_assert_str_eq(json_at(due, "youngPeople.0.dues.0.state"), "OVERDUE");
	json_decref(due);
	json_decref(json_call(&pair.leavers, "RecordPathwayEvent", "{'childId': '%s', 'kind': 'NEEDS_ASSESSMENT', 'date':"
	                      "'2028-12-01'}", one));
	json_decref(json_call(&pair.leavers, "RecordPathwayEvent", "{'childId': '%s', 'kind': 'PATHWAY_PLAN', 'date':"
	                      "'2028-12-20'}", one));
	json_t *named = json_call(&pair.leavers, "RecordPathwayEvent", "{'childId': '%s', 'kind': 'ADVISER_NAMED', 'date':"
	                          "'2028-12-20', 'adviserId': 'adviser-3'}", one);
	json_decref(named);
	due = json_call(&pair.leavers, "ListDue", "{}");
	ck_assert_uint_eq(json_count_at(due, "youngPeople"), 1);
	ck_assert_str_eq(json_at(due, "youngPeople.0.childId"), two);
	json_decref(due);
	due = json_call(&pair.leavers, "ListDue", "{'withinDays': 200, 'kind': 'PATHWAY_REVIEW'}");
	ck_assert_uint_eq(json_count_at(due, "youngPeople"), 1);
	ck_assert_str_eq(json_at(due, "youngPeople.0.childId"), one);
	ck_assert_str_eq(json_at(due, "youngPeople.0.dues.0.due.value"), "2029-06-20");
	ck_assert_str_eq(json_at(due, "youngPeople.0.adviserId"), "adviser-3");
	json_decref(due);
	/* Before it was recorded to have happened, it had not. */
	due = json_call(&pair.leavers, "ListDue", "{'date': '2028-11-30'}");
	ck_assert_uint_eq(json_count_at(due, "youngPeople"), 2);
	json_decref(due);
	json_t *events = json_call(&pair.leavers, "ListPathwayEvents", "{'childId': '%s'}", one);
	ck_assert_uint_eq(json_count_at(events, "events"), 3);
	json_decref(events);
}
END_TEST

START_TEST(who_was_born_when_is_not_known_and_that_is_said)
{
	struct pair pair = of_authority("936");
	drive("2030-01-10");
	json_t *child = json_call(&pair.placements, "CreateChild", "{'sex': 'U'}");
	char id[64];
	snprintf(id, sizeof id, "%s", json_at(child, "child.id"));
	json_decref(child);
	json_t *planned = json_call(&pair.placements, "PlanPlacement", "{'childId': '%s', 'plannedStart': '2030-01-01'}", id);
	json_decref(json_call(&pair.placements, "StartPlacement", "{'placementId': '%s', 'startDate': '2030-01-01'}",
	                      json_at(planned, "placement.id")));
	json_decref(planned);
	json_t *person = wait_for(&pair, id, "youngPerson.status", "STATUS_UNSPECIFIED");
	ck_assert_str_eq(json_at(person, "youngPerson.reasons.0.code"), "BORN_UNKNOWN");
	ck_assert_ptr_nonnull(strstr(json_at(person, "youngPerson.reasons.0.text"), "unknown because"));
	json_decref(person);
	json_t *list = json_call(&pair.leavers, "ListYoungPeople", "{'unknown': true}");
	ck_assert_uint_eq(json_count_at(list, "youngPeople"), 1);
	json_decref(list);
	list = json_call(&pair.leavers, "ListYoungPeople", "{}");
	ck_assert_uint_eq(json_count_at(list, "youngPeople"), 0);
	json_decref(list);
}
END_TEST

int main(void)
{
	const struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "leaving care",
	                       a_status_is_explained_says_when_it_changes_and_is_told_on_the_day,
	                       a_return_home_is_recorded_by_the_end_of_care_and_costs_the_status_after_six_months,
	                       history_tells_no_change_of_status_and_the_day_does,
	                       accommodation_has_a_history_a_suitability_and_corrections,
	                       lists_say_who_is_due_and_who_turns_18_next,
	                       who_was_born_when_is_not_known_and_that_is_said);
}
