/* test_careleavers.c: what placements tells becomes a status of a young person, on any day. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hearth/careleavers/v1/careleavers.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "../support/suite.h"

static const char *const services[] = { "placements", "careleavers", NULL };
static struct suite *suite;

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .services = services, .clock = "2026-05-20T09:00:00Z" });
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

/* How many young people have a status on the day. */
static size_t people_on(const struct pair *pair, const char *date)
{
	json_t *reply = json_call(&pair->leavers, "ListYoungPeople", "{'date': '%s'}", date);
	size_t count = json_count_at(reply, "youngPeople");
	json_decref(reply);
	return count;
}

/* The event travels: waits until a person has the status on the day, at most ten seconds. */
static json_t *wait_for(const struct pair *pair, const char *child, const char *date, const char *status)
{
	json_t *list = NULL, *reply = NULL;
	for (int i = 0; i < 200; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
		list = json_call(&pair->leavers, "ListYoungPeople", "{'date': '%s', 'status': '%s'}", date, status);
		bool there = json_count_at(list, "youngPeople") > 0;
		json_decref(list);
		if (!there)
			continue;
		reply = json_call(&pair->leavers, "GetYoungPerson", "{'childId': '%s', 'date': '%s'}", child, date);
		if (strcmp(json_at(reply, "youngPerson.status"), status) == 0)
			return reply;
		json_decref(reply);
	}
	ck_abort_msg("no %s on %s", status, date);
}

static void imported_child(const struct pair *pair, const char *key, char ret_id[64])
{
	json_t *reply = json_call(&pair->placements, "LookupChild", "{'externalId': {'system': 'ssda903', 'id': '%s'}}", key);
	snprintf(ret_id, 64, "%s", json_at(reply, "child.id"));
	json_decref(reply);
}

START_TEST(an_imported_history_makes_a_young_person_with_the_dates_that_made_it_so)
{
	struct pair pair = of_authority("921");
	char child[64];
	json_decref(json_call(&pair.placements, "ImportEpisodes", "{'children': ["
	                      "{'child': '1', 'dateOfBirth': {'value': '2004-06-10'}, 'returnYear': 2022},"
	                      "{'child': '2', 'dateOfBirth': {'value': '2004-06-10'}, 'returnYear': 2022}], 'episodes': ["
	                      "{'child': '1', 'decom': '2015-01-01', 'ls': 'C2', 'dec': '2021-01-01', 'rec': 'E4A',"
	                      "'returnYear': 2022},"
	                      "{'child': '2', 'decom': '2015-01-01', 'ls': 'V4', 'dec': '2021-01-01', 'rec': 'E4A',"
	                      "'returnYear': 2022}]}"));
	imported_child(&pair, "1", child);
	json_t *eligible = wait_for(&pair, child, "2020-06-10", "ELIGIBLE");
	ck_assert_str_eq(json_at(eligible, "youngPerson.began"), "2020-06-10");
	ck_assert_str_eq(json_at(eligible, "youngPerson.thirteenWeeksOn"), "2018-09-08");
	ck_assert_str_eq(json_at(eligible, "youngPerson.turned16.value"), "2020-06-10");
	json_decref(eligible);
	json_t *relevant = wait_for(&pair, child, "2021-01-01", "RELEVANT");
	ck_assert_str_eq(json_at(relevant, "youngPerson.eligibleOn"), "2020-06-10");
	json_decref(relevant);
	json_decref(wait_for(&pair, child, "2022-06-10", "QUALIFYING"));
	ck_assert_uint_eq(people_on(&pair, "2020-06-09"), 0);
	ck_assert_uint_eq(people_on(&pair, "2020-06-10"), 1);
}
END_TEST

static bool has_reason(const json_t *reply, const char *code)
{
	for (size_t i = 0; i < json_count_at(reply, "youngPerson.reasons"); i++) {
		char path[48];
		snprintf(path, sizeof path, "youngPerson.reasons.%zu.code", i);
		if (strcmp(json_at(reply, path), code) == 0)
			return true;
	}
	return false;
}

static void import_left(const struct pair *pair, const char *key, const char *dec, const char *rec, int return_year)
{
	json_decref(json_call(&pair->placements, "ImportEpisodes", "{'children': [{'child': '%s', 'dateOfBirth': {'value':"
	                      "'2004-06-10'}, 'returnYear': %d}], 'episodes': [{'child': '%s', 'decom': '2015-01-01', 'ls': 'C2',"
	                      "'dec': '%s', 'rec': '%s', 'returnYear': %d}]}", key, return_year, key, dec, rec, return_year));
}

/* Of an import: its reason of the end counts as one told at the time; without one, what it would decide is not known. */
START_TEST(why_an_imported_time_in_care_ended_decides_and_is_not_guessed)
{
	struct pair pair = of_authority("927");
	char home[64], alone[64], unknown[64], early[64];
	import_left(&pair, "1", "2021-01-01", "E4A", 2022);
	import_left(&pair, "2", "2021-01-01", "E5", 2022);
	import_left(&pair, "3", "2021-01-01", "", 2022);
	import_left(&pair, "4", "2016-01-01", "E45", 2022);
	imported_child(&pair, "1", home);
	imported_child(&pair, "2", alone);
	imported_child(&pair, "3", unknown);
	imported_child(&pair, "4", early);
	for (int i = 0; i < 200 && people_on(&pair, "2021-06-30") < 4; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	json_t *person = wait_for(&pair, home, "2021-06-30", "RELEVANT");
	ck_assert_uint_eq(json_count_at(person, "youngPerson.circumstances"), 1);
	ck_assert_str_eq(json_at(person, "youngPerson.circumstances.0.kind"), "RETURNED_HOME");
	ck_assert_str_eq(json_at(person, "youngPerson.circumstances.0.start"), "2021-01-01");
	json_decref(person);
	json_decref(wait_for(&pair, home, "2021-07-01", "QUALIFYING"));
	json_decref(wait_for(&pair, alone, "2021-07-01", "RELEVANT"));
	json_decref(wait_for(&pair, early, "2021-07-01", "QUALIFYING"));
	json_decref(wait_for(&pair, unknown, "2021-06-30", "RELEVANT"));
	person = wait_for(&pair, unknown, "2021-07-01", "STATUS_UNSPECIFIED");
	ck_assert(has_reason(person, "END_UNKNOWN"));
	json_decref(person);
	/* A later return says why, and another what it was not. */
	import_left(&pair, "3", "2021-01-01", "E6", 2023);
	import_left(&pair, "1", "2021-01-01", "E8", 2023);
	json_decref(wait_for(&pair, unknown, "2021-07-01", "RELEVANT"));
	person = wait_for(&pair, home, "2021-07-01", "RELEVANT");
	ck_assert_uint_eq(json_count_at(person, "youngPerson.circumstances"), 0);
	json_decref(person);
	import_left(&pair, "1", "2021-01-01", "E4B", 2024);
	json_decref(wait_for(&pair, home, "2021-07-01", "QUALIFYING"));
}
END_TEST

START_TEST(live_placements_make_and_end_care_and_a_breakdown_does_not)
{
	struct pair pair = of_authority("922");
	char child[64], placement[64];
	json_t *made = json_call(&pair.placements, "CreateChild", "{'dateOfBirth': {'value': '2009-06-10'}}");
	snprintf(child, sizeof child, "%s", json_at(made, "child.id"));
	json_decref(made);
	json_t *planned = json_call(&pair.placements, "PlanPlacement", "{'childId': '%s', 'legalStatus': 'C2'}", child);
	snprintf(placement, sizeof placement, "%s", json_at(planned, "placement.id"));
	json_decref(planned);
	json_decref(json_call(&pair.placements, "StartPlacement", "{'placementId': '%s', 'startDate': '2026-01-01'}", placement));
	json_decref(json_call(&pair.placements, "BreakDown", "{'placementId': '%s', 'endDate': '2026-02-01', 'reason': 'CREQB'}",
	                      placement));
	json_t *now = wait_for(&pair, child, "2026-05-20", "ELIGIBLE");
	ck_assert_str_eq(json_at(now, "youngPerson.began"), "2026-04-01");
	json_decref(now);
	planned = json_call(&pair.placements, "PlanPlacement", "{'childId': '%s'}", child);
	snprintf(placement, sizeof placement, "%s", json_at(planned, "placement.id"));
	json_decref(planned);
	json_decref(json_call(&pair.placements, "StartPlacement", "{'placementId': '%s', 'startDate': '2026-02-03'}", placement));
	json_decref(json_call(&pair.placements, "EndPlacement", "{'placementId': '%s', 'endDate': '2026-05-10', 'leftCare': true,"
	                      "'endCode': 'E4A'}", placement));
	json_t *left = wait_for(&pair, child, "2026-05-20", "RELEVANT");
	ck_assert_str_eq(json_at(left, "youngPerson.began"), "2026-05-10");
	ck_assert_uint_eq(json_count_at(left, "youngPerson.carePeriods"), 1);
	json_decref(left);
}
END_TEST

START_TEST(care_that_ends_after_a_breakdown_ends_here_too)
{
	struct pair pair = of_authority("925");
	char child[64], placement[64];
	json_t *made = json_call(&pair.placements, "CreateChild", "{'dateOfBirth': {'value': '2009-06-10'}}");
	snprintf(child, sizeof child, "%s", json_at(made, "child.id"));
	json_decref(made);
	json_t *planned = json_call(&pair.placements, "PlanPlacement", "{'childId': '%s', 'legalStatus': 'C2'}", child);
	snprintf(placement, sizeof placement, "%s", json_at(planned, "placement.id"));
	json_decref(planned);
	json_decref(json_call(&pair.placements, "StartPlacement", "{'placementId': '%s', 'startDate': '2026-01-01'}", placement));
	json_decref(json_call(&pair.placements, "BreakDown", "{'placementId': '%s', 'endDate': '2026-02-01', 'reason': 'CREQB'}",
	                      placement));
	json_decref(wait_for(&pair, child, "2026-05-20", "ELIGIBLE"));
	json_decref(json_call(&pair.placements, "EndCare", "{'childId': '%s', 'endDate': '2026-05-10', 'endCode': 'E4A'}", child));
	json_t *left = wait_for(&pair, child, "2026-05-20", "RELEVANT");
	ck_assert_str_eq(json_at(left, "youngPerson.began"), "2026-05-10");
	ck_assert_str_eq(json_at(left, "youngPerson.thirteenWeeksOn"), "2026-04-01");
	ck_assert_uint_eq(json_count_at(left, "youngPerson.carePeriods"), 1);
	ck_assert_str_eq(json_at(left, "youngPerson.carePeriods.0.end"), "2026-05-10");
	json_decref(left);
}
END_TEST

/* 13 weeks are 91 days: a child who leaves after 90 is qualifying, after 91 relevant. */
START_TEST(one_day_less_than_13_weeks_makes_nobody_eligible)
{
	struct pair pair = of_authority("926");
	static const struct { const char *end, *status; } rows[] = { { "2026-04-01", "QUALIFYING" }, { "2026-04-02", "RELEVANT" } };
	for (size_t i = 0; i < 2; i++) {
		char child[64], placement[64];
		json_t *made = json_call(&pair.placements, "CreateChild", "{'dateOfBirth': {'value': '2009-06-10'}}");
		snprintf(child, sizeof child, "%s", json_at(made, "child.id"));
		json_decref(made);
		json_t *planned = json_call(&pair.placements, "PlanPlacement", "{'childId': '%s', 'legalStatus': 'C2'}", child);
		snprintf(placement, sizeof placement, "%s", json_at(planned, "placement.id"));
		json_decref(planned);
		json_decref(json_call(&pair.placements, "StartPlacement", "{'placementId': '%s', 'startDate': '2026-01-01'}",
		                      placement));
		json_decref(json_call(&pair.placements, "EndPlacement", "{'placementId': '%s', 'endDate': '%s', 'leftCare': true,"
		                      "'endCode': 'E4A'}", placement, rows[i].end));
		json_decref(wait_for(&pair, child, "2026-05-20", rows[i].status));
	}
}
END_TEST

START_TEST(the_birthday_alone_and_another_authority_show_nobody)
{
	struct pair ours = of_authority("923"), theirs = of_authority("924");
	char child[64];
	json_decref(json_call(&ours.placements, "ImportEpisodes", "{'children': ["
	                      "{'child': '1', 'dateOfBirth': {'value': '2004-06-10'}, 'returnYear': 2022},"
	                      "{'child': '2', 'dateOfBirth': {'value': '2004-06-10'}, 'returnYear': 2022}],"
	                      "'episodes': [{'child': '2', 'decom': '2015-01-01', 'returnYear': 2022}]}"));
	imported_child(&ours, "2", child);
	json_decref(wait_for(&ours, child, "2020-06-10", "ELIGIBLE"));
	imported_child(&ours, "1", child);
	json_t *alone = json_call(&ours.leavers, "GetYoungPerson", "{'childId': '%s', 'date': '2020-06-10'}", child);
	ck_assert_str_eq(json_at(alone, "youngPerson.status"), "NONE");
	json_decref(alone);
	json_call_fails(&theirs.leavers, HEARTH_NOT_FOUND, "NOT_FOUND", "GetYoungPerson", "{'childId': '%s'}", child);
	ck_assert_uint_eq(people_on(&theirs, "2020-06-10"), 0);
	ck_assert_str_eq(json_call_fails(&ours.leavers, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "GetYoungPerson",
	                                 "{'childId': '%s', 'date': '2023-02-30'}", child), "date");
}
END_TEST

int main(void)
{
	const struct check_options options = { start_suite, stop_suite, 60 };
	return CHECK_MAIN_WITH(&options, "careleavers",
	                       an_imported_history_makes_a_young_person_with_the_dates_that_made_it_so,
	                       why_an_imported_time_in_care_ended_decides_and_is_not_guessed,
	                       live_placements_make_and_end_care_and_a_breakdown_does_not,
	                       care_that_ends_after_a_breakdown_ends_here_too,
	                       one_day_less_than_13_weeks_makes_nobody_eligible,
	                       the_birthday_alone_and_another_authority_show_nobody);
}
