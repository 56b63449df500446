/* test_placements.c: the calls, events and timers of placements, through a real process and a real PostgreSQL. */
/* links: services/placements/placement_state.c */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include <hearth/clock.h>
#include <hearth/placements/v1/placements.pb-c.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "../support/suite.h"
#include "../../services/placements/placement_state.h"

#define CLOCK "2026-05-20T09:00:00Z"

static const char *const services[] = { "placements", NULL };
static struct suite *suite;

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .services = services, .clock = CLOCK });
	if (suite == NULL)
		exit(1);
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		exit(1);
}

/* Every test works in authorities of its own, so that they do not see each other. */
static struct json_calls of_authority(const char *authority)
{
	struct hearth_client *client = suite_client(suite, authority, SUITE_ALL_ROLES);
	ck_assert_ptr_nonnull(client);
	return (struct json_calls){ client, &hearth__placements__v1__placements__descriptor };
}

/* The first value of a query over the schema; static. */
static const char *sql(const char *query)
{
	static char value[4096];
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	PQclear(PQexec(db, "SET search_path = placements"));
	PGresult *result = PQexec(db, query);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK, "%s",
	              PQerrorMessage(db));
	snprintf(value, sizeof value, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(db);
	return value;
}

static void copy(char ret_text[64], const json_t *reply, const char *path)
{
	snprintf(ret_text, 64, "%s", json_at(reply, path));
	ck_assert_str_ne(ret_text, "");
}

static void new_child(const struct json_calls *calls, const char *born, char ret_id[64])
{
	json_t *reply = json_call(calls, "CreateChild", "{'sex': 'F', 'dateOfBirth': {'value': '%s'}}", born);
	copy(ret_id, reply, "child.id");
	json_decref(reply);
}

static void new_placement(const struct json_calls *calls, const char *child, char ret_id[64])
{
	json_t *reply = json_call(calls, "PlanPlacement", "{'childId': '%s', 'homeId': '0190aaaa-0000-7000-8000-000000000001',"
	                          "'plannedStart': '2026-05-01', 'weeklyFee': {'pence': '70000'}, 'noticeDays': {'value': '7'},"
	                          "'placementType': 'U6', 'legalStatus': 'C2'}", child);
	ck_assert_str_eq(json_at(reply, "placement.state"), "PLANNED");
	copy(ret_id, reply, "placement.id");
	json_decref(reply);
}

static void start_placement(const struct json_calls *calls, const char *id, const char *day)
{
	json_t *reply = json_call(calls, "StartPlacement", "{'placementId': '%s', 'startDate': '%s'}", id, day);
	ck_assert_str_eq(json_at(reply, "placement.state"), "STARTED");
	json_decref(reply);
}

START_TEST(a_child_is_created_changed_and_found_by_another_systems_key)
{
	struct json_calls calls = of_authority("901");
	char id[64];
	json_t *made = json_call(&calls, "CreateChild", "{'sex': 'M', 'dateOfBirth': {'value': '2012-02-29'},"
	                         "'externalIds': [{'system': 'mosaic', 'id': 'P-1'}]}");
	copy(id, made, "child.id");
	ck_assert_str_eq(json_at(made, "child.turns16.value"), "2028-02-29");
	ck_assert_str_eq(json_at(made, "child.turns18.value"), "2030-03-01");
	json_decref(made);
	json_t *changed = json_call(&calls, "UpdateChild", "{'childId': '%s', 'etag': '1', 'updateMask': ['unaccompanied'],"
	                            "'unaccompanied': true}", id);
	ck_assert_str_eq(json_at(changed, "child.sex"), "M");
	ck_assert_str_eq(json_at(changed, "child.etag"), "2");
	json_decref(changed);
	json_t *found = json_call(&calls, "LookupChild", "{'externalId': {'system': 'mosaic', 'id': 'P-1'}}");
	ck_assert_str_eq(json_at(found, "child.id"), id);
	json_decref(found);
	json_call_fails(&calls, HEARTH_ABORTED, "STALE_ETAG", "UpdateChild", "{'childId': '%s', 'etag': '1'}", id);
	json_call_fails(&calls, HEARTH_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN", "CreateChild",
	                "{'externalIds': [{'system': 'mosaic', 'id': 'P-1'}]}");
	ck_assert_str_eq(sql("SELECT count(*) FROM child_revision WHERE authority = '901'"), "1");
}
END_TEST

START_TEST(an_upsert_that_changes_nothing_tells_nothing)
{
	struct json_calls calls = of_authority("902");
	const char *same = "{'externalId': {'system': 'mosaic', 'id': 'P-2'}, 'sex': 'F'}";
	json_decref(json_call(&calls, "UpsertChild", "%s", same));
	json_t *again = json_call(&calls, "UpsertChild", "%s", same);
	ck_assert_str_eq(json_at(again, "child.etag"), "1");
	json_decref(again);
	ck_assert_str_eq(sql("SELECT count(*) FROM outbox WHERE authority = '902'"), "1");
	json_t *more = json_call(&calls, "UpsertChild", "{'externalId': {'system': 'mosaic', 'id': 'P-2'}, 'unaccompanied': true}");
	ck_assert_str_eq(json_at(more, "child.etag"), "2");
	ck_assert_str_eq(json_at(more, "child.sex"), "F");
	json_decref(more);
}
END_TEST

START_TEST(a_child_of_another_authority_is_not_found)
{
	struct json_calls ours = of_authority("903"), theirs = of_authority("904");
	char child[64], placement[64];
	new_child(&ours, "2012-05-05", child);
	new_placement(&ours, child, placement);
	json_call_fails(&theirs, HEARTH_NOT_FOUND, "NOT_FOUND", "GetChild", "{'childId': '%s'}", child);
	json_call_fails(&theirs, HEARTH_NOT_FOUND, "CHILD_NOT_FOUND", "PlanPlacement", "{'childId': '%s'}", child);
	json_call_fails(&theirs, HEARTH_NOT_FOUND, "NOT_FOUND", "StartPlacement",
	                "{'placementId': '%s', 'startDate': '2026-05-01'}", placement);
	json_call_fails(&theirs, HEARTH_NOT_FOUND, "NOT_FOUND", "GetChildHistory", "{'childId': '%s'}", child);
}
END_TEST

START_TEST(a_placement_starts_moves_and_ends_with_its_episodes)
{
	struct json_calls calls = of_authority("905");
	char child[64], first[64], second[64];
	new_child(&calls, "2012-05-05", child);
	new_placement(&calls, child, first);
	start_placement(&calls, first, "2026-05-01");
	json_t *moved = json_call(&calls, "MovePlacement", "{'placementId': '%s', 'date': '2026-05-10', 'reason': 'CARPL',"
	                          "'placementType': 'K2', 'weeklyFee': {'pence': '400000'}}", first);
	ck_assert_str_eq(json_at(moved, "placement.movedFrom"), first);
	copy(second, moved, "placement.id");
	json_decref(moved);
	json_decref(json_call(&calls, "VaryPlacement", "{'placementId': '%s', 'fromDate': '2026-05-12',"
	                      "'weeklyFee': {'pence': '390000'}}", second));
	json_t *ended = json_call(&calls, "EndPlacement", "{'placementId': '%s', 'endDate': '2026-05-15', 'leftCare': true,"
	                          "'endCode': 'E4A', 'noticeHours': {'value': '48'}}", second);
	ck_assert_str_eq(json_at(ended, "placement.state"), "ENDED");
	ck_assert_uint_eq(json_count_at(ended, "placement.feeChanges"), 1);
	json_decref(ended);
	json_t *history = json_call(&calls, "GetChildHistory", "{'childId': '%s'}", child);
	ck_assert_uint_eq(json_count_at(history, "episodes"), 2);
	ck_assert_str_eq(json_at(history, "episodes.0.rne"), "S");
	ck_assert_str_eq(json_at(history, "episodes.0.rec"), "X1");
	ck_assert_str_eq(json_at(history, "episodes.0.reasonPlaceChange"), "CARPL");
	ck_assert_str_eq(json_at(history, "episodes.1.rne"), "P");
	ck_assert_str_eq(json_at(history, "episodes.1.ls"), "C2");
	ck_assert_str_eq(json_at(history, "episodes.1.rec"), "E4A");
	ck_assert_uint_eq(json_count_at(history, "carePeriods"), 1);
	ck_assert_str_eq(json_at(history, "carePeriods.0.start"), "2026-05-01");
	ck_assert_str_eq(json_at(history, "carePeriods.0.end"), "2026-05-15");
	json_decref(history);
	ck_assert_str_eq(sql("SELECT string_agg(split_part(type, '.', 3), ' ' ORDER BY seq) FROM outbox"
	                     " WHERE authority = '905' AND aggregatetype = 'placement'"),
	                 "planned started ended started varied ended");
}
END_TEST

/* What has really happened is never refused, whoever had cancelled what was planned. */
START_TEST(a_cancelled_placement_starts_after_all_and_can_be_moved_to)
{
	struct json_calls calls = of_authority("924");
	char child[64], one[64], two[64];
	new_child(&calls, "2012-03-04", child);
	new_placement(&calls, child, one);
	new_placement(&calls, child, two);
	json_decref(json_call(&calls, "CancelPlacement", "{'placementId': '%s'}", one));
	json_t *cancelled = json_call(&calls, "CancelPlacement", "{'placementId': '%s'}", two);
	ck_assert_str_eq(json_at(cancelled, "placement.reason"), "PERSON");
	json_decref(cancelled);
	json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "WRONG_STATE", "CancelPlacement", "{'placementId': '%s'}", two);
	start_placement(&calls, one, "2026-05-01");
	json_t *moved = json_call(&calls, "MovePlacement", "{'placementId': '%s', 'date': '2026-05-10', 'reason': 'CARPL',"
	                          "'toPlacementId': '%s'}", one, two);
	ck_assert_str_eq(json_at(moved, "placement.id"), two);
	ck_assert_str_eq(json_at(moved, "placement.state"), "STARTED");
	ck_assert_str_eq(json_at(moved, "placement.reason"), "");
	json_decref(moved);
}
END_TEST

START_TEST(a_placement_has_at_most_five_hundred_changes_of_fee)
{
	struct json_calls calls = of_authority("925");
	char child[64], id[64], query[300];
	new_child(&calls, "2012-03-04", child);
	new_placement(&calls, child, id);
	start_placement(&calls, id, "2026-05-01");
	snprintf(query, sizeof query, "INSERT INTO placement_fee (authority, placement, version, from_date, recorded, recorded_by)"
	         " SELECT '925', '%s', -n, '2026-05-01', '2026-05-01', 'test' FROM generate_series(1, 499) n", id);
	sql(query);
	json_decref(json_call(&calls, "VaryPlacement", "{'placementId': '%s', 'fromDate': '2026-05-02', 'weeklyFee':"
	                      "{'pence': '1'}}", id));
	json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "TOO_MANY_FEES", "VaryPlacement", "{'placementId': '%s', 'fromDate':"
	                "'2026-05-03', 'weeklyFee': {'pence': '2'}}", id);
	ck_assert_str_eq(sql("SELECT count(*) FROM placement_fee WHERE authority = '925'"), "500");
}
END_TEST

START_TEST(a_breakdown_needs_a_reason_of_the_breakdown_set)
{
	struct json_calls calls = of_authority("906");
	char child[64], id[64];
	new_child(&calls, "2012-05-05", child);
	new_placement(&calls, child, id);
	start_placement(&calls, id, "2026-05-01");
	static const char *const others[] = { "CARPL", "CLOSE", "APPRR", "PLACE", "CUSTOD", "OTHER", "NOSUCH" };
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "NOT_A_BREAKDOWN", "BreakDown",
		                                 "{'placementId': '%s', 'endDate': '2026-05-19', 'reason': '%s'}", id, others[i]),
		                 "reason");
	ck_assert_ptr_nonnull(strstr(json_call_message(), "use EndPlacement"));
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "END_BEFORE_START", "BreakDown",
	                                 "{'placementId': '%s', 'endDate': '2026-04-30', 'reason': 'CREQB'}", id), "end_date");
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "BreakDown",
	                                 "{'placementId': '%s', 'endDate': '2026-05-21', 'reason': 'CREQB'}", id), "end_date");
	json_t *broke = json_call(&calls, "BreakDown", "{'placementId': '%s', 'endDate': '2026-05-19', 'reason': 'CREQB',"
	                          "'noticeHours': {'value': '4'}}", id);
	ck_assert_str_eq(json_at(broke, "placement.state"), "BROKE_DOWN");
	json_decref(broke);
	ck_assert_str_eq(sql("SELECT payload->>'reason' FROM outbox WHERE authority = '906'"
	                     " AND type = 'hearth.placement.broke_down.v1'"), "CREQB");
	json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "WRONG_STATE", "EndPlacement",
	                "{'placementId': '%s', 'endDate': '2026-05-19', 'reason': 'CARPL'}", id);
}
END_TEST

/* From 10 May on to 15 May OTHER is a breakdown; what is one is asked of the day of the end, not of today. */
START_TEST(the_breakdown_set_of_the_day_of_the_end_counts)
{
	struct json_calls calls = of_authority("918");
	static const struct { const char *day; bool holds; } rows[] = { { "2026-05-09", false }, { "2026-05-10", true },
		{ "2026-05-15", true }, { "2026-05-16", false } };
	sql("INSERT INTO breakdown_reason (reason, valid_from, valid_to, source) VALUES ('OTHER', '2026-05-10', '2026-05-15',"
	    " 'this test')");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char child[64], id[64];
		new_child(&calls, "2012-05-05", child);
		new_placement(&calls, child, id);
		start_placement(&calls, id, "2026-05-01");
		if (rows[i].holds)
			json_decref(json_call(&calls, "BreakDown", "{'placementId': '%s', 'endDate': '%s', 'reason': 'OTHER'}", id,
			                      rows[i].day));
		else
			json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "NOT_A_BREAKDOWN", "BreakDown",
			                "{'placementId': '%s', 'endDate': '%s', 'reason': 'OTHER'}", id, rows[i].day);
	}
	sql("DELETE FROM breakdown_reason WHERE reason = 'OTHER'");
}
END_TEST

START_TEST(other_systems_keys_find_children_and_placements)
{
	struct json_calls calls = of_authority("919"), theirs = of_authority("920");
	static const struct { const char *upsert, *field, *path, *lookup; } rows[] = {
		{ "UpsertChildExternalId", "childId", "child", "LookupChild" },
		{ "UpsertPlacementExternalId", "placementId", "placement", "LookupPlacement" } };
	char ids[2][2][64], path[64];
	for (int i = 0; i < 2; i++) {
		new_child(&calls, "2012-05-05", ids[0][i]);
		new_placement(&calls, ids[0][i], ids[1][i]);
	}
	for (size_t i = 0; i < 2; i++) {
		const char *one = ids[i][0];
		json_t *set = NULL;
		for (int time = 0; time < 2; time++) {
			json_decref(set);
			set = json_call(&calls, rows[i].upsert, "{'%s': '%s', 'externalId': {'system': 'mosaic', 'id': 'K-1'}}",
			                rows[i].field, one);
			snprintf(path, sizeof path, "%s.etag", rows[i].path);
			ck_assert_str_eq(json_at(set, path), "2");
			snprintf(path, sizeof path, "%s.externalIds", rows[i].path);
			ck_assert_uint_eq(json_count_at(set, path), 1);
		}
		json_decref(set);
		for (int key = 2; key <= 10; key++)
			json_decref(json_call(&calls, rows[i].upsert, "{'%s': '%s', 'externalId': {'system': 'mosaic', 'id': 'K-%d'}}",
			                      rows[i].field, one, key));
		json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "TOO_MANY_EXTERNAL_IDS", rows[i].upsert,
		                "{'%s': '%s', 'externalId': {'system': 'mosaic', 'id': 'K-11'}}", rows[i].field, one);
		ck_assert_str_eq(json_call_fails(&calls, HEARTH_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN", rows[i].upsert,
		                                 "{'%s': '%s', 'externalId': {'system': 'mosaic', 'id': 'K-1'}}", rows[i].field,
		                                 ids[i][1]), "external_id");
		json_call_fails(&calls, HEARTH_ABORTED, "STALE_ETAG", rows[i].upsert, "{'%s': '%s', 'etag': '1',"
		                "'externalId': {'system': 'mosaic', 'id': 'K-1'}}", rows[i].field, one);
		json_call_fails(&theirs, HEARTH_NOT_FOUND, "NOT_FOUND", rows[i].upsert,
		                "{'%s': '%s', 'externalId': {'system': 'mosaic', 'id': 'K-1'}}", rows[i].field, one);
		ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", rows[i].upsert,
		                                 "{'%s': '%s', 'externalId': {'system': 'Mosaic', 'id': '1'}}", rows[i].field, one),
		                 "external_id.system");
		json_t *found = json_call(&calls, rows[i].lookup, "{'externalId': {'system': 'mosaic', 'id': 'K-10'}}");
		snprintf(path, sizeof path, "%s.id", rows[i].path);
		ck_assert_str_eq(json_at(found, path), one);
		snprintf(path, sizeof path, "%s.externalIds", rows[i].path);
		ck_assert_uint_eq(json_count_at(found, path), 10);
		json_decref(found);
		json_call_fails(&theirs, HEARTH_NOT_FOUND, "NOT_FOUND", rows[i].lookup,
		                "{'externalId': {'system': 'mosaic', 'id': 'K-10'}}");
	}
	json_t *started = json_call(&calls, "StartPlacement", "{'placementId': '%s', 'startDate': '2026-05-01'}", ids[1][0]);
	ck_assert_uint_eq(json_count_at(started, "placement.externalIds"), 10);
	json_decref(started);
}
END_TEST

/* A placement that began on 1 May and broke down on `day`; the child. */
static void broken_down(const struct json_calls *calls, const char *day, char ret_child[64])
{
	char id[64];
	new_child(calls, "2012-05-05", ret_child);
	new_placement(calls, ret_child, id);
	start_placement(calls, id, "2026-05-01");
	json_decref(json_call(calls, "BreakDown", "{'placementId': '%s', 'endDate': '%s', 'reason': 'CREQB'}", id, day));
}

static void check_history(const struct json_calls *calls, const char *child, size_t episodes, const char *start,
                          const char *end)
{
	json_t *history = json_call(calls, "GetChildHistory", "{'childId': '%s'}", child);
	ck_assert_uint_eq(json_count_at(history, "episodes"), episodes);
	ck_assert_uint_eq(json_count_at(history, "carePeriods"), 1);
	ck_assert_str_eq(json_at(history, "carePeriods.0.start"), start);
	ck_assert_str_eq(json_at(history, "carePeriods.0.end"), end);
	char path[40];
	snprintf(path, sizeof path, "episodes.%zu.rec", episodes - 1);
	ck_assert_str_eq(json_at(history, path), "E4A");
	json_decref(history);
}

static void end_care(const struct json_calls *calls, const char *child, const char *day)
{
	json_t *ended = json_call(calls, "EndCare", "{'childId': '%s', 'endDate': '%s', 'endCode': 'E4A'}", child, day);
	ck_assert_str_eq(json_at(ended, "child.id"), child);
	json_decref(ended);
	json_call_fails(calls, HEARTH_FAILED_PRECONDITION, "NOT_IN_CARE", "EndCare",
	                "{'childId': '%s', 'endDate': '2026-05-20', 'endCode': 'E4A'}", child);
}

START_TEST(care_ends_on_the_day_of_a_breakdown_or_later)
{
	struct json_calls calls = of_authority("921");
	char child[64];
	broken_down(&calls, "2026-05-10", child);
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "CARE_WENT_ON", "EndCare",
	                                 "{'childId': '%s', 'endDate': '2026-05-09', 'endCode': 'E4A'}", child), "end_date");
	ck_assert_ptr_nonnull(strstr(json_call_message(), "2026-05-10"));
	json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "UNKNOWN_END_CODE", "EndCare",
	                "{'childId': '%s', 'endDate': '2026-05-10', 'endCode': 'E99'}", child);
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "EndCare",
	                                 "{'childId': '%s', 'endDate': '2026-05-10', 'endCode': 'X1'}", child), "end_code");
	end_care(&calls, child, "2026-05-10");
	check_history(&calls, child, 1, "2026-05-01", "2026-05-10");
	broken_down(&calls, "2026-05-10", child);
	end_care(&calls, child, "2026-05-14");
	check_history(&calls, child, 2, "2026-05-01", "2026-05-14");
	json_t *count = json_call(&calls, "CountLookedAfter", "{'date': '2026-05-13'}");
	ck_assert_int_eq(json_number_at(count, "children"), 1);
	json_decref(count);
	broken_down(&calls, "2026-05-01", child);
	end_care(&calls, child, "2026-05-03");
	check_history(&calls, child, 1, "2026-05-01", "2026-05-03");
	broken_down(&calls, "2026-05-01", child);
	end_care(&calls, child, "2026-05-01");
	ck_assert_str_eq(sql("SELECT string_agg(payload->>'endDate', ' ' ORDER BY seq) FROM outbox"
	                     " WHERE authority = '921' AND type = 'hearth.care.ended.v1'"),
	                 "2026-05-10 2026-05-14 2026-05-03 2026-05-01");
}
END_TEST

START_TEST(care_that_a_placement_or_nothing_holds_is_not_ended_so)
{
	struct json_calls calls = of_authority("922");
	char child[64], id[64];
	new_child(&calls, "2012-05-05", child);
	json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "NOT_IN_CARE", "EndCare",
	                "{'childId': '%s', 'endDate': '2026-05-20', 'endCode': 'E4A'}", child);
	new_placement(&calls, child, id);
	start_placement(&calls, id, "2026-05-01");
	json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "LIVES_IN_PLACEMENT", "EndCare",
	                "{'childId': '%s', 'endDate': '2026-05-20', 'endCode': 'E4A'}", child);
	json_decref(json_call(&calls, "EndPlacement", "{'placementId': '%s', 'endDate': '2026-05-05', 'leftCare': true,"
	                      "'endCode': 'E4A'}", id));
	json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "NOT_IN_CARE", "EndCare",
	                "{'childId': '%s', 'endDate': '2026-05-20', 'endCode': 'E4A'}", child);
	json_decref(json_call(&calls, "ImportEpisodes", "{'children': [{'child': '1', 'returnYear': 2026}], 'episodes':"
	                      "[{'child': '1', 'decom': '2025-06-01', 'rne': 'S', 'ls': 'C2', 'returnYear': 2026}]}"));
	json_t *found = json_call(&calls, "LookupChild", "{'externalId': {'system': 'ssda903', 'id': '1'}}");
	copy(child, found, "child.id");
	json_decref(found);
	end_care(&calls, child, "2026-05-07");
	check_history(&calls, child, 1, "2025-06-01", "2026-05-07");
	new_placement(&calls, child, id);
	start_placement(&calls, id, "2026-05-10");
	ck_assert_str_eq(sql("SELECT rne FROM episode WHERE authority = '922' ORDER BY decom DESC LIMIT 1"), "S");
}
END_TEST

START_TEST(an_end_on_the_first_day_leaves_no_episode_and_keeps_the_record)
{
	struct json_calls calls = of_authority("907");
	char child[64], id[64], next[64];
	new_child(&calls, "2012-05-05", child);
	new_placement(&calls, child, id);
	start_placement(&calls, id, "2026-05-01");
	json_decref(json_call(&calls, "BreakDown", "{'placementId': '%s', 'endDate': '2026-05-01', 'reason': 'ALLEG'}", id));
	ck_assert_str_eq(sql("SELECT count(*) FROM episode WHERE authority = '907'"), "0");
	ck_assert_str_eq(sql("SELECT why FROM episode_revision WHERE authority = '907'"), "ENDED_ON_FIRST_DAY");
	new_placement(&calls, child, next);
	start_placement(&calls, next, "2026-05-01");
	json_t *count = json_call(&calls, "CountLookedAfter", "{'date': '2026-05-01'}");
	ck_assert_int_eq(json_number_at(count, "children"), 1);
	json_decref(count);
}
END_TEST

START_TEST(a_second_placement_of_a_child_is_refused_unless_it_is_a_move)
{
	struct json_calls calls = of_authority("908");
	char child[64], id[64], other[64];
	new_child(&calls, "2012-05-05", child);
	new_placement(&calls, child, id);
	new_placement(&calls, child, other);
	start_placement(&calls, id, "2026-05-01");
	json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "ALREADY_PLACED", "StartPlacement",
	                "{'placementId': '%s', 'startDate': '2026-05-02'}", other);
	json_t *moved = json_call(&calls, "MovePlacement", "{'placementId': '%s', 'date': '2026-05-02', 'reason': 'CHILD',"
	                          "'toPlacementId': '%s'}", id, other);
	ck_assert_str_eq(json_at(moved, "placement.id"), other);
	ck_assert_str_eq(json_at(moved, "placement.state"), "STARTED");
	json_decref(moved);
}
END_TEST

START_TEST(a_start_in_the_future_and_an_unknown_code_are_refused_by_field)
{
	struct json_calls calls = of_authority("909");
	char child[64], id[64];
	new_child(&calls, "2012-05-05", child);
	new_placement(&calls, child, id);
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "StartPlacement",
	                                 "{'placementId': '%s', 'startDate': '2026-05-21'}", id), "start_date");
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "StartPlacement",
	                                 "{'placementId': '%s', 'startDate': '2023-02-30'}", id), "start_date");
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "UNKNOWN_PLACE", "StartPlacement",
	                                 "{'placementId': '%s', 'startDate': '2026-05-01', 'placementType': 'H5'}", id),
	                 "placement_type");
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "PlanPlacement",
	                                 "{'childId': '%s', 'weeklyFee': {'pence': '-1'}}", child), "weekly_fee.pence");
}
END_TEST

START_TEST(a_repeated_request_has_one_effect)
{
	struct json_calls calls = of_authority("910");
	char child[64], id[64];
	struct hearth_uuid request;
	bool replayed;
	new_child(&calls, "2012-05-05", child);
	new_placement(&calls, child, id);
	hearth_uuid_new(&request);
	for (int i = 0; i < 3; i++) {
		json_t *reply = json_call_as(&calls, &request, &replayed, "StartPlacement",
		                             "{'placementId': '%s', 'startDate': '2026-05-01'}", id);
		ck_assert_int_eq(replayed, i > 0);
		ck_assert_str_eq(json_at(reply, "placement.etag"), "2");
		json_decref(reply);
	}
	ck_assert_str_eq(sql("SELECT count(*) FROM outbox WHERE authority = '910' AND type = 'hearth.placement.started.v1'"), "1");
}
END_TEST

/* Two children: one moves once, one has a gap and a series of short breaks. */
#define IMPORT_2021 "{'children': [" \
	"{'child': '1', 'sex': 'M', 'dateOfBirth': {'value': '2005-06-01'}, 'returnYear': 2021}," \
	"{'child': '2', 'sex': 'F', 'dateOfBirth': {'value': '2010-02-02'}, 'unaccompanied': true, 'returnYear': 2021}]," \
	"'episodes': [" \
	"{'child': '1', 'decom': '2020-05-01', 'rne': 'S', 'ls': 'C2', 'cin': 'N1', 'place': 'U6', 'placeProvider': 'PR1'," \
	" 'dec': '2020-09-01', 'rec': 'X1', 'reasonPlaceChange': 'CARPL', 'returnYear': 2021}," \
	"{'child': '1', 'decom': '2020-09-01', 'rne': 'P', 'ls': 'C2', 'cin': 'N1', 'place': 'H5', 'returnYear': 2021}," \
	"{'child': '2', 'decom': '2019-01-01', 'rne': 'S', 'ls': 'V2', 'dec': '2019-03-01', 'rec': 'E4A', 'returnYear': 2021}," \
	"{'child': '2', 'decom': '2020-05-01', 'rne': 'S', 'ls': 'V4', 'returnYear': 2021}]}"

START_TEST(an_import_twice_changes_nothing_and_a_later_year_wins)
{
	struct json_calls calls = of_authority("911");
	json_t *first = json_call(&calls, "ImportEpisodes", "%s", IMPORT_2021);
	ck_assert_int_eq(json_number_at(first, "newChildren"), 2);
	ck_assert_int_eq(json_number_at(first, "newEpisodes"), 4);
	json_decref(first);
	json_t *again = json_call(&calls, "ImportEpisodes", "%s", IMPORT_2021);
	ck_assert_int_eq(json_number_at(again, "unchangedChildren"), 2);
	ck_assert_int_eq(json_number_at(again, "unchangedEpisodes"), 4);
	json_decref(again);
	ck_assert_str_eq(sql("SELECT count(*) FROM outbox WHERE authority = '911'"), "2");
	json_t *later = json_call(&calls, "ImportEpisodes", "{'children': [{'child': '1', 'returnYear': 2022}], 'episodes': ["
	                          "{'child': '1', 'decom': '2020-09-01', 'rne': 'P', 'ls': 'C2', 'cin': 'N1', 'place': 'H5',"
	                          "'dec': '2021-07-01', 'rec': 'E4A', 'returnYear': 2022}]}");
	ck_assert_int_eq(json_number_at(later, "changedEpisodes"), 1);
	json_decref(later);
	json_t *older = json_call(&calls, "ImportEpisodes", "%s", IMPORT_2021);
	ck_assert_int_eq(json_number_at(older, "unchangedEpisodes"), 4);
	json_decref(older);
	ck_assert_str_eq(sql("SELECT payload->'carePeriods' FROM outbox WHERE authority = '911' ORDER BY seq DESC LIMIT 1"),
	                 "[{\"end\": \"2021-07-01\", \"start\": \"2020-05-01\", \"endCode\": \"E4A\", \"shortBreaks\": false}]");
	ck_assert_str_eq(sql("SELECT count(*) FROM outbox o WHERE o.authority = '911' AND NOT o.historical"), "0");
	ck_assert_str_eq(sql("SELECT count(*) FROM timer WHERE kind <> 'birthdays'"), "0");
	ck_assert_str_eq(sql("SELECT count(*) FROM child c WHERE c.authority = '911' AND care_periods('911', c.id) <>"
	                     " (SELECT o.payload->'carePeriods' FROM outbox o WHERE o.aggregateid = c.id::text"
	                     " ORDER BY seq DESC LIMIT 1)"), "0");
}
END_TEST

START_TEST(the_census_counts_children_once_and_leaves_short_breaks_out)
{
	struct json_calls calls = of_authority("912");
	json_decref(json_call(&calls, "ImportEpisodes", "%s", IMPORT_2021));
	static const struct {
		const char *date;
		int all, without;
	} rows[] = {
		{ "2018-12-31", 0, 0 }, { "2019-01-01", 1, 1 }, { "2019-02-28", 1, 1 }, { "2019-03-01", 0, 0 },
		{ "2020-04-30", 0, 0 }, { "2020-05-01", 2, 1 }, { "2020-09-01", 2, 1 }, { "2021-03-31", 2, 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *all = json_call(&calls, "CountLookedAfter", "{'date': '%s', 'includeShortBreaks': true}", rows[i].date);
		json_t *without = json_call(&calls, "CountLookedAfter", "{'date': '%s'}", rows[i].date);
		ck_assert_int_eq(json_number_at(all, "children"), rows[i].all);
		ck_assert_int_eq(json_number_at(without, "children"), rows[i].without);
		json_decref(all);
		json_decref(without);
	}
	json_t *list = json_call(&calls, "ListLookedAfter", "{'date': '2020-09-01', 'includeShortBreaks': true, 'pageSize': 1}");
	ck_assert_uint_eq(json_count_at(list, "children"), 1);
	ck_assert_str_ne(json_at(list, "nextPageToken"), "");
	json_decref(list);
}
END_TEST

/* The statement goes by an index of months; the dates alone must say the same, on every day and for every end. */
START_TEST(who_is_looked_after_on_a_day_is_what_the_dates_say)
{
	sql("INSERT INTO episode (authority, child, decom, dec, source, recorded, recorded_by) "
	    "SELECT '971', gen_random_uuid(), d.decom, nullif(d.decom + (n * 7919) % 900 + 1, d.decom + 1), 'IMPORT', "
	    "'2024-06-03'::timestamptz, 't' "
	    "FROM generate_series(1, 4000) n, LATERAL (SELECT '1999-06-01'::date + (n * 104729) % 9500 AS decom) d "
	    "WHERE d.decom <> '1999-12-31' "
	    "UNION ALL SELECT '971', gen_random_uuid(), '1999-12-31', d.dec, 'IMPORT', '2024-06-03', 't' "
	    "FROM unnest('{2000-01-01,2000-01-31,2000-02-01,2024-06-03,2024-06-04,2024-07-05,2031-01-01,2199-12-31}'::date[]) d (dec)");
	ck_assert_str_eq(sql("SELECT count(*) FROM generate_series('1999-01-01'::date, '2026-12-31', '17 days') g (day) "
	                     "WHERE (SELECT count(*) FROM episodes_on('971', g.day::date, '2024-06-03')) <> "
	                     "(SELECT count(*) FROM episode e WHERE e.authority = '971' AND e.decom <= g.day "
	                     "AND coalesce(e.dec, 'infinity') > g.day)"), "0");
	ck_assert_str_eq(sql("SELECT count(*) > 7 FROM episodes_on('971', '2024-06-03', '2024-06-03')"), "t");
	ck_assert_str_eq(sql("SELECT string_agg((SELECT count(*)::text FROM episodes_on('971', d.day, '2024-06-03') e "
	                     "WHERE e.decom = '1999-12-31'), ',' ORDER BY d.day) FROM unnest('{1999-12-30,1999-12-31,2000-01-30,"
	                     "2000-01-31,2024-06-03,2190-01-01,2199-12-30,2199-12-31}'::date[]) d (day)"),
	                 "0,8,7,6,4,1,1,0");
	ck_assert_str_eq(sql("SELECT count(*) FROM episodes_on('972', '2024-06-03', '2024-06-03')"), "0");
	sql("DELETE FROM episode WHERE authority = '971'");
}
END_TEST

START_TEST(an_import_with_an_unknown_code_or_child_writes_nothing)
{
	struct json_calls calls = of_authority("913");
	json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "UNKNOWN_CODE", "ImportEpisodes",
	                "{'children': [{'child': '1', 'returnYear': 2021}], 'episodes': [{'child': '1', 'decom': '2020-05-01',"
	                "'place': 'K3', 'returnYear': 2021}]}");
	json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "UNKNOWN_CHILD", "ImportEpisodes",
	                "{'episodes': [{'child': '9', 'decom': '2020-05-01', 'returnYear': 2021}]}");
	ck_assert_str_eq(json_call_fails(&calls, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "ImportEpisodes",
	                                 "{'children': [{'child': '1', 'returnYear': 2021}], 'episodes': [{'child': '1',"
	                                 "'decom': '2020-05-01', 'dec': '2020-05-01', 'returnYear': 2021}]}"),
	                 "episodes[0].dec");
	ck_assert_str_eq(sql("SELECT count(*) FROM child WHERE authority = '913'"), "0");
}
END_TEST

START_TEST(a_live_start_closes_an_imported_episode_and_the_import_keeps_it)
{
	struct json_calls calls = of_authority("914");
	char child[64], id[64];
	json_decref(json_call(&calls, "ImportEpisodes", "%s", IMPORT_2021));
	json_t *found = json_call(&calls, "LookupChild", "{'externalId': {'system': 'ssda903', 'id': '1'}}");
	copy(child, found, "child.id");
	json_decref(found);
	new_placement(&calls, child, id);
	start_placement(&calls, id, "2026-05-01");
	json_t *history = json_call(&calls, "GetChildHistory", "{'childId': '%s'}", child);
	ck_assert_str_eq(json_at(history, "episodes.1.dec"), "2026-05-01");
	ck_assert_str_eq(json_at(history, "episodes.2.rne"), "P");
	ck_assert_str_eq(json_at(history, "episodes.2.cin"), "N1");
	json_decref(history);
	json_t *again = json_call(&calls, "ImportEpisodes", "%s", IMPORT_2021);
	ck_assert_int_eq(json_number_at(again, "keptEpisodes"), 1);
	ck_assert_int_eq(json_number_at(again, "unchangedEpisodes"), 3);
	json_decref(again);
}
END_TEST

START_TEST(a_repeated_import_answers_with_the_totals_of_the_first)
{
	struct json_calls calls = of_authority("915");
	struct hearth_uuid request;
	bool replayed;
	hearth_uuid_new(&request);
	json_decref(json_call_as(&calls, &request, &replayed, "ImportEpisodes", "%s", IMPORT_2021));
	json_t *again = json_call_as(&calls, &request, &replayed, "ImportEpisodes", "%s", IMPORT_2021);
	ck_assert(replayed);
	ck_assert_int_eq(json_number_at(again, "newEpisodes"), 4);
	json_decref(again);
}
END_TEST

START_TEST(codes_hold_in_the_return_years_of_the_collection)
{
	struct json_calls calls = of_authority("916");
	static const struct {
		const char *code;
		int year;
		bool holds;
	} rows[] = {
		{ "H5", 2018, true }, { "H5", 2022, true }, { "H5", 2024, true }, { "H5", 2025, false }, { "P2", 2022, true },
		{ "P2", 2025, false }, { "K3", 2024, false }, { "K3", 2025, true }, { "Z1", 2025, true }, { "Z1", 2026, false },
		{ "Z11", 2025, false }, { "Z14", 2026, true }, { "U6", 2018, true }, { "U6", 2027, true },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *reply = json_call(&calls, "ListCodes", "{'set': 'PLACE', 'returnYear': %d, 'pageSize': 500}", rows[i].year);
		bool holds = false;
		for (size_t at = 0; at < json_count_at(reply, "codes"); at++) {
			char path[32];
			snprintf(path, sizeof path, "codes.%zu.code", at);
			holds |= strcmp(json_at(reply, path), rows[i].code) == 0;
		}
		ck_assert_msg(holds == rows[i].holds, "%s in %d", rows[i].code, rows[i].year);
		json_decref(reply);
	}
}
END_TEST

START_TEST(states_in_c_and_in_sql_agree)
{
	static const char *const states[] = { "PLANNED", "STARTED", "ENDED", "BROKE_DOWN", "CANCELLED" };
	static const char *const actions[] = { "START", "CANCEL", "RELEASE", "VARY", "MOVE", "END", "BREAK_DOWN" };
	char query[256];
	for (size_t s = 0; s < 5; s++)
		for (size_t a = 0; a < 7; a++) {
			const char *to = placement_state_after(states[s], actions[a]);
			snprintf(query, sizeof query, "SELECT to_state FROM transition WHERE from_state = '%s' AND action = '%s'"
			         " AND may('%s', '%s')", states[s], actions[a], states[s], actions[a]);
			ck_assert_str_eq(sql(query), to != NULL ? to : "");
		}
	size_t count = 0;
	while (placement_transitions[count].from != NULL)
		count++;
	ck_assert_int_eq(atoi(sql("SELECT count(*) FROM transition")), (int)count);
}
END_TEST

START_TEST(birthdays_in_sql_are_those_of_the_clock)
{
	char query[256];
	for (int year = 1999; year <= 2012; year++)
		for (int age = 14; age <= 25; age++) {
			snprintf(query, sizeof query, "SELECT string_agg((attains(d::date, %d) - DATE '1970-01-01')::text, ' ' ORDER BY d)"
			         " FROM generate_series('%d-02-20'::timestamp, '%d-03-10', '1 day') d", age, year, year);
			const char *at = sql(query);
			for (int32_t born = hearth_date_join(year, 2, 20); born <= hearth_date_join(year, 3, 10); born++) {
				char *end;
				ck_assert_int_eq(strtol(at, &end, 10), hearth_date_birthday(born, age));
				ck_assert_ptr_ne(at, end);
				at = end;
			}
		}
}
END_TEST

/* Last: drives the clock, which never goes back. */
START_TEST(birthdays_are_told_once_on_the_day_and_missed_days_too)
{
	struct json_calls calls = of_authority("917");
	char child[64];
	new_child(&calls, "2010-05-21", child);
	new_child(&calls, "2008-05-22", child);
	new_child(&calls, "2010-05-20", child);
	json_decref(json_call(&calls, "ImportEpisodes", "{'children': [{'child': '1', 'dateOfBirth': {'value': '2010-05-23'},"
	                      "'returnYear': 2021}]}"));
	ck_assert_str_eq(sql("SELECT count(*) FROM birthday"), "0");
	ck_assert_int_eq(suite_clock(suite, "2026-05-20T23:30:00Z"), 0);
	static const char query[] = "SELECT string_agg(concat(split_part(type, '.', 3), ' ', payload->>'on'), ', ' ORDER BY seq)"
	                            " FROM outbox WHERE authority = '917' AND type LIKE '%turned%'";
	for (int i = 0; i < 100 && strcmp(sql(query), "turned_16 2026-05-21") != 0; i++)
		sql("SELECT pg_sleep(0.1)");
	ck_assert_str_eq(sql(query), "turned_16 2026-05-21");
	ck_assert_int_eq(suite_clock(suite, "2026-05-25T09:00:00Z"), 0);
	static const char wanted[] = "turned_16 2026-05-21, turned_16 2026-05-23, turned_18 2026-05-22";
	for (int i = 0; i < 100 && strcmp(sql(query), wanted) != 0; i++)
		sql("SELECT pg_sleep(0.1)");
	ck_assert_str_eq(sql(query), wanted);
	ck_assert_int_eq(suite_clock(suite, "2026-05-27T09:00:00Z"), 0);
	for (int i = 0; i < 100 && strcmp(sql("SELECT due > '2026-05-27T09:00:00Z' FROM timer"), "t") != 0; i++)
		sql("SELECT pg_sleep(0.1)");
	ck_assert_str_eq(sql(query), wanted);
}
END_TEST

/* Born on 29 February: 16 on the leap day, 18 on 1 March of a common year. Told once though nothing ran for years. */
START_TEST(a_birthday_on_a_leap_day_is_told_once)
{
	struct json_calls calls = of_authority("923");
	char child[64];
	ck_assert_int_eq(suite_clock(suite, "2026-06-01T09:00:00Z"), 0);
	new_child(&calls, "2012-02-29", child);
	static const char *const days[] = { "2028-02-28", "2028-02-29", "2028-03-02", "2030-02-28", "2030-03-01", "2030-03-09" };
	static const char *const told[] = { "", "turned_16 2028-02-29", "turned_16 2028-02-29", "turned_16 2028-02-29",
		"turned_16 2028-02-29, turned_18 2030-03-01", "turned_16 2028-02-29, turned_18 2030-03-01" };
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		char time[32], query[120];
		snprintf(time, sizeof time, "%sT09:00:00Z", days[i]);
		ck_assert_int_eq(suite_clock(suite, time), 0);
		snprintf(query, sizeof query, "SELECT (SELECT due FROM timer) > '%s'", time);
		for (int wait = 0; wait < 100 && strcmp(sql(query), "t") != 0; wait++)
			sql("SELECT pg_sleep(0.1)");
		ck_assert_str_eq(sql("SELECT coalesce(string_agg(concat(split_part(type, '.', 3), ' ', payload->>'on'), ', '"
		                     " ORDER BY seq), '') FROM outbox WHERE authority = '923' AND type LIKE '%turned%'"), told[i]);
	}
}
END_TEST

int main(void)
{
	const struct check_options options = { start_suite, stop_suite, 60 };
	return CHECK_MAIN_WITH(&options, "placements", a_child_is_created_changed_and_found_by_another_systems_key,
	                       an_upsert_that_changes_nothing_tells_nothing, a_child_of_another_authority_is_not_found,
	                       a_placement_starts_moves_and_ends_with_its_episodes,
	                       a_cancelled_placement_starts_after_all_and_can_be_moved_to,
	                       a_placement_has_at_most_five_hundred_changes_of_fee,
	                       a_breakdown_needs_a_reason_of_the_breakdown_set,
	                       the_breakdown_set_of_the_day_of_the_end_counts,
	                       other_systems_keys_find_children_and_placements,
	                       care_ends_on_the_day_of_a_breakdown_or_later,
	                       care_that_a_placement_or_nothing_holds_is_not_ended_so,
	                       an_end_on_the_first_day_leaves_no_episode_and_keeps_the_record,
	                       a_second_placement_of_a_child_is_refused_unless_it_is_a_move,
	                       a_start_in_the_future_and_an_unknown_code_are_refused_by_field,
	                       a_repeated_request_has_one_effect, an_import_twice_changes_nothing_and_a_later_year_wins,
	                       the_census_counts_children_once_and_leaves_short_breaks_out,
	                       who_is_looked_after_on_a_day_is_what_the_dates_say,
	                       an_import_with_an_unknown_code_or_child_writes_nothing,
	                       a_live_start_closes_an_imported_episode_and_the_import_keeps_it,
	                       a_repeated_import_answers_with_the_totals_of_the_first,
	                       codes_hold_in_the_return_years_of_the_collection, states_in_c_and_in_sql_agree,
	                       birthdays_in_sql_are_those_of_the_clock,
	                       birthdays_are_told_once_on_the_day_and_missed_days_too, a_birthday_on_a_leap_day_is_told_once);
}
