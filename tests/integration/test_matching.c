/* test_matching.c: matching through the real programs, two of each: what a match sees, and that an answer that was given can
 * be made again.
 *
 * One suite for all tests; time only goes forward, from test to test.
 */
#include "homes_and_needs.h"

#include <libpq-fe.h>

/* As the database's superuser, in the schema of providers; the first value, or "". */
__attribute__((format(printf, 1, 2))) static const char *sql(const char *format, ...)
{
	FORMATTED(text, format);
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PQclear(PQexec(connection, "SET search_path = providers"));
	PGresult *result = PQexec(connection, text);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK, "%s",
	              PQerrorMessage(connection));
	const char *value = hearth_arena_strdup(arena, PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(connection);
	return value;
}

/* The home of an answer; NULL: not among them. */
static json_t *home_in(const json_t *answer, const char *home)
{
	size_t i;
	json_t *item;
	json_array_foreach(at(answer, "homes"), i, item)
		if (strcmp(text_at(item, "homeId"), home) == 0)
			return item;
	return NULL;
}

static bool has_code(const json_t *list, const char *code)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
		if (strcmp(text_at(item, "code"), code) == 0)
			return true;
	return false;
}

/* An open referral that providers knows. */
static const char *a_known_referral(void)
{
	const char *id = an_open_referral(a_child());
	for (int i = 0; i < 500; i++) {
		char text[100];
		snprintf(text, sizeof text, "{\"referralId\": \"%s\", \"pageSize\": 1}", id);
		if (ask("901", "providers/MatchHomes", NULL, text).json != NULL)
			return id;
		rest();
	}
	ck_abort_msg("providers does not hear of referrals");
}

/* ---- what a match sees ---- */

#define AT_ONCE 6

struct explained { json_t *json; };

static void take_explained(void *context, const struct hearth_reply *reply)
{
	struct explained *explained = context;
	ProtobufCMessage *message = protobuf_c_message_unpack(&hearth__providers__v1__explain_home_response__descriptor,
	                                                      hearth_arena_allocator(arena), reply->size, reply->payload);
	ck_assert_msg(reply->status.code == HEARTH_OK && message, "%s %s", reply->status.reason, reply->status.message);
	explained->json = hearth_json_encode(message, HEARTH_JSON_DEFAULTS);
}

/* Of several at once, so that each process is asked. */
static void assert_all_see(const char *home, const char *referral, const char *code, bool out)
{
	struct hearth_client *client = client_of("901");
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct explained explained[AT_ONCE] = { { NULL } };
	Hearth__Providers__V1__ExplainHomeRequest request = HEARTH__PROVIDERS__V1__EXPLAIN_HOME_REQUEST__INIT;
	request.home_id = (char *)(uintptr_t)home;
	request.referral_id = (char *)(uintptr_t)referral;
	for (size_t i = 0; i < AT_ONCE; i++)
		ck_assert_int_eq(hearth_client_send(client, "hearth.providers.v1.Providers/ExplainHome", &request.base, NULL,
		                                    take_explained, &explained[i], &status), 0);
	ck_assert_uint_eq(hearth_client_run(client, 10000), 0);
	for (size_t i = 0; i < AT_ONCE; i++) {
		ck_assert_msg(has_code(at(explained[i].json, "home.reasons"), code) == out, "answer %zu: %s is%s among the reasons", i,
		              code, out ? " not" : "");
		json_decref(explained[i].json);
	}
}

START_TEST(a_match_in_any_process_sees_every_write_acknowledged_before_it)
{
	const char *home = a_home(1), *referral = a_known_referral();
	for (int round = 0; round < 20; round++) {
		assert_all_see(home, referral, "CLOSED", false);
		call("providers/CloseHome", "{\"homeId\": \"%s\"}", home);
		assert_all_see(home, referral, "CLOSED", true);
		call("providers/OpenHome", "{\"homeId\": \"%s\"}", home);
	}
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(a_known_referral(), home));
	occupancy_is(home, 1, 0, 0);
	assert_all_see(home, referral, "NO_FREE_PLACE", true);
}
END_TEST

START_TEST(every_home_is_in_the_answer_once_in_or_out_with_its_reasons)
{
	const char *fits = a_home(1), *full = a_home(0), *referral = a_known_referral();
	json_t *answer = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 500}", referral), *home;
	size_t i;
	int64_t in = 0, rank = 0, score = INT64_MAX;
	json_array_foreach(at(answer, "homes"), i, home) {
		bool fit = json_is_true(at(home, "fits"));
		ck_assert_int_eq(fit, json_array_size(at(home, "reasons")) == 0);
		ck_assert_int_eq(number_at(home, "rank"), fit ? ++rank : 0);
		ck_assert_msg(!fit || number_at(home, "score") <= score, "rank %lld has the better score", (long long)rank);
		score = fit ? number_at(home, "score") : score;
		ck_assert_int_le(number_at(home, "placesForChild"), number_at(home, "placesOfferable"));
		ck_assert_int_le(number_at(home, "placesOfferable"), number_at(home, "placesOpen"));
		in += fit;
	}
	ck_assert_int_eq(in, number_at(answer, "fitting"));
	ck_assert_int_eq((int64_t)i, number_at(answer, "fitting") + number_at(answer, "leftOut"));
	ck_assert_int_eq((int64_t)i, atoi(sql("SELECT count(*) FROM home")));
	ck_assert(json_is_true(at(home_in(answer, fits), "fits")));
	ck_assert(has_code(at(home_in(answer, full), "reasons"), "NO_FREE_PLACE"));
	ck_assert(has_code(at(answer, "ruleCounts"), "NO_FREE_PLACE"));
	ck_assert_str_eq(text_at(answer, "weightsVersion"), "default/1");
	json_t *alone = call("providers/ExplainHome", "{\"homeId\": \"%s\", \"matchId\": \"%s\"}", fits, text_at(answer, "matchId"));
	ck_assert_int_eq(number_at(alone, "home.score"), number_at(home_in(answer, fits), "score"));
	ck_assert(json_equal(at(alone, "home.parts"), at(home_in(answer, fits), "parts")));
}
END_TEST

START_TEST(what_ends_on_a_day_stops_matching_on_that_day_without_a_write)
{
	const char *home = a_home(1), *referral = a_known_referral();
	sql("INSERT INTO bar (id, home_id, authority, kind, from_date, source, actor, recorded, updated) VALUES "
	    "(gen_random_uuid(), '%s', '', 'RESTRICTION_OF_ACCOMMODATION', '2024-01-02', 'a notice of the tests', 't', "
	    "'2024-01-01', '2024-01-01')", home);
	assert_all_see(home, referral, "RESTRICTED", false);
	drive("2024-01-02T09:00:00Z");
	assert_all_see(home, referral, "RESTRICTED", true);
	json_t *said = call("providers/ExplainHome", "{\"homeId\": \"%s\", \"referralId\": \"%s\"}", home, referral);
	ck_assert_str_eq(text_at(said, "home.reasons.0.source"), "a notice of the tests");
}
END_TEST

/* ---- answers that were given ---- */

/* Everything that an answer weighs becomes something else. */
static void change_everything(const char *home, const char *other)
{
	json_t *is = call("providers/GetHome", "{\"homeId\": \"%s\"}", home);
	call("providers/UpsertHome", "{\"homeId\": \"%s\", \"providerId\": \"%s\", \"kind\": \"FOSTERING\", \"places\": 3, \"name\":"
	     "\"Another name\", \"grid\": {\"easting\": 440000, \"northing\": 310000}, \"registration\": \"REGISTERED\"}", home,
	     text_at(is, "home.providerId"));
	call("providers/CloseHome", "{\"homeId\": \"%s\"}", other);
	call("providers/OpenHome", "{\"homeId\": \"%s\"}", other);
	call("providers/CloseHome", "{\"homeId\": \"%s\"}", other);
	a_home(2);
}

static void assert_same_answer(const json_t *first, const json_t *again)
{
	char *one = json_dumps(at(first, "homes"), JSON_SORT_KEYS), *two = json_dumps(at(again, "homes"), JSON_SORT_KEYS);
	ck_assert_msg(strcmp(one, two) == 0, "the answer is another:\n%.2000s\n%.2000s", one, two);
	ck_assert(json_equal(at(first, "ruleCounts"), at(again, "ruleCounts")));
	free(one);
	free(two);
}

static json_t *made_again(const json_t *answer)
{
	return call("providers/GetMatch", "{\"matchId\": \"%s\", \"pageSize\": 500}", text_at(answer, "matchId"));
}

START_TEST(an_answer_is_made_again_as_it_was_whatever_has_changed)
{
	const char *home = a_home(2), *other = a_home(1), *referral = a_known_referral();
	json_t *first = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 500}", referral);
	assert_same_answer(first, made_again(first));
	change_everything(home, other);
	json_t *weights = call("providers/GetMatchWeights", "{}");
	json_t *set = call("providers/SetMatchWeights", "{\"etag\": \"%s\", \"weights\": [{\"code\": \"DISTANCE\", \"value\": 1,"
	                   "\"rationale\": \"of the tests\"}]}", text_at(weights, "weights.etag"));
	ck_assert_str_eq(text_at(set, "weights.version"), "901/1");
	drive("2024-03-20T09:00:00Z");
	json_t *again = made_again(first);
	assert_same_answer(first, again);
	ck_assert_str_eq(text_at(again, "match.weightsVersion"), "default/1");
	ck_assert_int_eq(number_at(again, "match.fitting"), number_at(first, "fitting"));
	json_t *now = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 500}", referral);
	ck_assert(!json_equal(at(first, "homes"), at(now, "homes")));
	ck_assert_str_eq(text_at(now, "weightsVersion"), "901/1");
	assert_same_answer(now, made_again(now));
	ck_assert_uint_eq(json_array_size(at(call("providers/ListMatches", "{\"referralId\": \"%s\"}", referral), "matches")), 3);
}
END_TEST

START_TEST(all_pages_of_an_answer_are_of_one_revision)
{
	const char *home = a_home(2), *other = a_home(1), *referral = a_known_referral();
	json_t *whole = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 500}", referral);
	json_t *page = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 2}", referral);
	const char *id = text_at(page, "matchId");
	json_t *all = json_pack("{s:[]}", "homes");
	ck_assert_int_eq(number_at(whole, "revision"), number_at(page, "revision"));
	for (int pages = 0;; pages++) {
		json_array_extend(at(all, "homes"), at(page, "homes"));
		ck_assert_str_eq(text_at(page, "matchId"), id);
		ck_assert_int_eq(number_at(page, "fitting"), number_at(whole, "fitting"));
		if (!*text_at(page, "nextPageToken"))
			break;
		if (pages == 0)
			change_everything(home, other);
		page = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 2, \"pageToken\": \"%s\"}", referral,
		            text_at(page, "nextPageToken"));
	}
	json_object_set(all, "ruleCounts", at(whole, "ruleCounts"));
	assert_same_answer(whole, all);
	json_decref(all);
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "page_token", "providers/MatchHomes",
	        "{\"referralId\": \"%s\", \"pageToken\": \"%s.2\"}", a_known_referral(), id);
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "page_token", "providers/MatchHomes",
	        "{\"referralId\": \"%s\", \"pageToken\": \"x\"}", referral);
}
END_TEST

/* In a suite of its own, whose processes it may kill. */
START_TEST(a_process_that_has_just_started_makes_an_answer_again)
{
	struct suite *others = suite;           /* of all tests here; this one has a suite of its own */
	struct hearth_arena *others_arena = arena;
	start_suite();
	const char *home = a_home(2), *other = a_home(1);
	json_t *first = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 500}", a_known_referral());
	change_everything(home, other);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_end_process(suite, "providers", i), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_restart_process(suite, "providers", i), 0);
	assert_same_answer(first, made_again(first));
	stop_suite();
	suite = others;
	arena = others_arena;
}
END_TEST

START_TEST(an_answer_is_its_councils_alone)
{
	const char *referral = a_known_referral();
	json_t *first = call("providers/MatchHomes", "{\"referralId\": \"%s\"}", referral);
	char text[200];
	snprintf(text, sizeof text, "{\"matchId\": \"%s\"}", text_at(first, "matchId"));
	ck_assert_int_eq(ask("902", "providers/GetMatch", NULL, text).status.code, HEARTH_NOT_FOUND);
	snprintf(text, sizeof text, "{\"referralId\": \"%s\"}", referral);
	ck_assert_int_eq(ask("902", "providers/MatchHomes", NULL, text).status.code, HEARTH_NOT_FOUND);
	ck_assert_uint_eq(json_array_size(at(ask("902", "providers/ListMatches", NULL, text).json, "matches")), 0);
}
END_TEST

/* ---- several at once ---- */

static const char *a_referral_of(const char *needs)
{
	json_t *referral = call("referrals/CreateReferral", "{\"childId\": \"%s\", \"urgency\": \"URGENT\", \"neededBy\":"
	                        "\"2024-06-01\", \"worker\": \"w-1\", \"needs\": {%s}}", a_child(), needs);
	const char *id = text_at(referral, "referral.id");
	call("referrals/OpenReferral", "{\"referralId\": \"%s\"}", id);
	for (int i = 0; i < 500; i++) {
		char text[100];
		snprintf(text, sizeof text, "{\"referralId\": \"%s\", \"pageSize\": 1}", id);
		if (ask("901", "providers/MatchHomes", NULL, text).json != NULL)
			return id;
		rest();
	}
	ck_abort_msg("providers does not hear of referrals");
}

/* A children's home far from all others, so that it and its like are the only ones within the miles that are asked for. */
static const char *a_far_home(const char *easting, int places, const char *more)
{
	json_t *provider = call("providers/UpsertProvider", "{\"name\": \"A charity\", \"code\": \"PR5\"}");
	json_t *home = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"CHILDRENS_HOME\", \"places\": %d,"
	                    "\"grid\": {\"easting\": %s, \"northing\": 180000}, \"registration\": \"REGISTERED\", \"urn\":"
	                    "\"SC000009\"%s}", text_at(provider, "provider.id"), places, easting, more);
	return text_at(home, "home.id");
}

#define FAR(easting) "\"homeKinds\": [\"CHILDRENS_HOME\"], \"homeGrid\": {\"easting\": " easting ", \"northing\": 180000}," \
	"\"mostMiles\": {\"miles\": 5}"

START_TEST(siblings_stay_together_where_a_home_has_room_or_are_parted_with_what_stands_against_it)
{
	const char *two = a_far_home("500000", 2, ""), *one = a_far_home("500000", 1, "");
	const char *ids[3];
	for (int i = 0; i < 3; i++)
		ids[i] = a_referral_of("\"sex\": \"F\", \"age\": {\"value\": 9}, " FAR("500000"));
	json_t *group = call("providers/MatchGroup", "{\"referralIds\": [\"%s\", \"%s\", \"%s\"]}", ids[0], ids[1], ids[2]);
	ck_assert_int_eq(number_at(group, "togetherHomes"), 0);
	ck_assert_uint_eq(json_array_size(at(group, "split")), 2);
	ck_assert_uint_eq(json_array_size(at(group, "unplaced")), 0);
	ck_assert(has_code(at(group, "obstacles.0.reasons"), "NOT_ENOUGH_PLACES"));
	ck_assert_str_eq(text_at(group, "obstacles.0.homeId"), two);
	size_t first = json_array_size(at(group, "split.0.referralIds")), second = json_array_size(at(group, "split.1.referralIds"));
	ck_assert_uint_eq(first + second, 3);
	const char *smaller = text_at(group, first < second ? "split.0.homeId" : "split.1.homeId");
	ck_assert_str_eq(smaller, one);
	const char *three = a_far_home("500000", 3, "");
	group = call("providers/MatchGroup", "{\"referralIds\": [\"%s\", \"%s\", \"%s\"]}", ids[0], ids[1], ids[2]);
	ck_assert_int_eq(number_at(group, "togetherHomes"), 1);
	ck_assert_str_eq(text_at(group, "together.0.homeId"), three);
	ck_assert_uint_eq(json_array_size(at(group, "split")), 0);
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "providers/MatchGroup", "{\"referralIds\": [\"%s\", \"%s\"]}", ids[0], new_id());
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "referral_ids[1]", "providers/MatchGroup", "{\"referralIds\": [\"%s\","
	        "\"%s\"]}", ids[0], ids[0]);
}
END_TEST

static json_t *suggestion_of(const json_t *queue, const char *referral)
{
	size_t i;
	json_t *item;
	json_array_foreach(at(queue, "suggestions"), i, item)
		if (strcmp(text_at(item, "referralId"), referral) == 0)
			return item;
	ck_abort_msg("the referral is not in the queue");
}

START_TEST(a_queue_finds_a_home_for_one_whom_first_come_first_served_leaves_out)
{
	/* The first could live in either home and would be given the nearer, the only one that the second fits. */
	const char *boys = a_far_home("533000", 1, ", \"terms\": {\"sex\": \"M\"}"), *any = a_far_home("530000", 1, "");
	const char *first = a_referral_of("\"sex\": \"M\", \"age\": {\"value\": 12}, " FAR("530000"));
	const char *second = a_referral_of("\"sex\": \"F\", \"age\": {\"value\": 12}, " FAR("530000"));
	json_t *queue = call("providers/MatchQueue", "{}");
	json_t *one = suggestion_of(queue, first), *two = suggestion_of(queue, second);
	ck_assert_int_gt(number_at(queue, "suggested.placed"), number_at(queue, "inTurn.placed"));
	ck_assert_str_eq(text_at(one, "homeIdInTurn"), any);
	ck_assert_str_eq(text_at(two, "homeIdInTurn"), "");
	ck_assert_str_eq(text_at(one, "homeId"), boys);
	ck_assert_str_eq(text_at(two, "homeId"), any);
	ck_assert_uint_ge(json_array_size(at(one, "options")), 2);
	ck_assert_int_ge(number_at(one, "fitting"), 2);
	/* It suggests: nothing is held. */
	ck_assert_str_eq(sql("SELECT count(*) FROM hold WHERE referral_id IN ('%s', '%s')", first, second), "0");
}
END_TEST

START_TEST(who_lives_there_counts_as_the_referral_said)
{
	const char *home = a_far_home("560000", 3, "");
	const char *child = a_referral_of("\"sex\": \"M\", \"age\": {\"value\": 12}, \"requirements\": {\"companions\": \"SOLO\"},"
	                                  "\"risks\": {\"toOthersFire\": \"PRESENT\"}, " FAR("560000"));
	const char *next = a_referral_of("\"sex\": \"M\", \"age\": {\"value\": 12}, " FAR("560000"));
	assert_all_see(home, next, "RESIDENT_COMPANIONS", false);
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(child, home));
	occupancy_is(home, 1, 0, 0);
	ck_assert_str_eq(sql("SELECT concat_ws(' ', child_age, child_sex, child_companions, child_risks) FROM hold WHERE "
	                     "referral_id = '%s'", child), "12 M SOLO {TO_OTHERS_FIRE}");
	assert_all_see(home, next, "RESIDENT_COMPANIONS", true);
	json_t *said = call("providers/ExplainHome", "{\"homeId\": \"%s\", \"referralId\": \"%s\"}", home, next);
	ck_assert_int_eq(number_at(said, "home.residents.0.age.value"), 12);
	ck_assert(json_is_true(at(said, "home.residents.0.own")));
}
END_TEST

/* ---- live ---- */

/* Waits until the statement says so; ten seconds. */
__attribute__((format(printf, 2, 3))) static void until(const char *value, const char *format, ...)
{
	FORMATTED(text, format);
	const char *is = "";
	for (int i = 0; i < 500; i++) {
		is = sql("%s", text);
		if (strcmp(is, value) == 0)
			return;
		rest();
	}
	ck_abort_msg("%s is %s, not %s", text, is, value);
}

#define TOLD "SELECT count(*) FROM outbox WHERE type = 'hearth.homes.found.v1' AND aggregateid = '%s'"
#define LAST_HAS "SELECT payload::text LIKE '%%%s%%' FROM outbox WHERE type = 'hearth.homes.found.v1' AND aggregateid = '%s' " \
	"ORDER BY seq DESC LIMIT 1"
#define AT_REST "SELECT count(*) FROM timer WHERE kind = 'shortlists' AND data ? 'idle'"

static size_t options_of(const char *referral)
{
	return json_array_size(at(suggestion_of(call("providers/MatchQueue", "{}"), referral), "options"));
}

START_TEST(a_councils_policy_on_homes_without_a_manager_holds_in_every_way_of_matching)
{
	const char *home = a_far_home("570000", 2, ", \"manager\": \"VACANT\"");
	const char *needs = "\"sex\": \"F\", \"age\": {\"value\": 12}, " FAR("570000");
	const char *one = a_referral_of(needs), *two = a_referral_of(needs);
	json_t *group = call("providers/MatchGroup", "{\"referralIds\": [\"%s\", \"%s\"]}", one, two);
	ck_assert_int_eq(number_at(group, "togetherHomes"), 1);
	ck_assert_uint_eq(options_of(one), 1);
	call("providers/SetPlacePolicy", "{\"code\": \"MANAGER_VACANT_KEEPS_BACK\", \"value\": true, \"source\": \"Policy 7\"}");
	json_t *alone = call("providers/ExplainHome", "{\"homeId\": \"%s\", \"referralId\": \"%s\"}", home, one);
	ck_assert(has_code(at(alone, "home.reasons"), "MANAGER_VACANT"));
	group = call("providers/MatchGroup", "{\"referralIds\": [\"%s\", \"%s\"]}", one, two);
	ck_assert_int_eq(number_at(group, "togetherHomes"), 0);
	ck_assert(has_code(at(group, "ruleCounts"), "MANAGER_VACANT"));
	ck_assert_uint_eq(options_of(one), 0);
	/* And its shortlist: another home comes, this one is not on it. */
	const char *other = a_far_home("570000", 1, "");
	until("t", LAST_HAS, other, one);
	until("f", LAST_HAS, home, one);
	call("providers/SetPlacePolicy", "{\"code\": \"MANAGER_VACANT_KEEPS_BACK\", \"value\": false, \"source\": \"Policy 8\"}");
	ck_assert_uint_eq(options_of(one), 2);
}
END_TEST

#define SAID_OF "SELECT count(*) FROM outbox WHERE type = 'hearth.place.%s.v1' AND payload ->> 'homeId' = '%s' " \
	"AND coalesce(payload ->> 'reason', '') = '%s'"

static const char *a_supported_house(const char *registration)
{
	json_t *provider = call("providers/UpsertProvider", "{\"name\": \"A charity\", \"code\": \"PR5\"}");
	json_t *home = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"SUPPORTED_ACCOMMODATION\", \"places\": 2%s}",
	                    text_at(provider, "provider.id"), registration);
	return text_at(home, "home.id");
}

START_TEST(no_place_is_held_at_sixteen_in_supported_accommodation_that_is_not_registered)
{
	const char *needs = "\"sex\": \"M\", \"age\": {\"value\": 16}";
	const char *none = a_supported_house(", \"registration\": \"NOT_REGISTERED\""), *unknown = a_supported_house("");
	const char *registered = a_supported_house(", \"registration\": \"REGISTERED\", \"urn\": \"2700001\"");
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(a_referral_of(needs), none));
	until("1", SAID_OF, "refused", none, "NOT_SUPPORTED_ACCOMMODATION");
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(a_referral_of(needs), unknown));
	until("1", SAID_OF, "refused", unknown, "NOT_SUPPORTED_ACCOMMODATION");
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(a_referral_of(needs), registered));
	until("1", SAID_OF, "held", registered, "");
}
END_TEST

START_TEST(a_shortlist_is_told_again_when_a_home_or_the_day_changes_it_and_not_when_nothing_does)
{
	const char *home = a_far_home("600000", 1, "");
	const char *referral = a_referral_of("\"sex\": \"F\", \"age\": {\"value\": 9}, " FAR("600000"));
	until("1", TOLD, referral);
	until("t", LAST_HAS, home, referral);
	const char *second = a_far_home("600000", 1, "");
	until("2", TOLD, referral);
	until("t", LAST_HAS, second, referral);
	/* None of its homes: another kind, far away. */
	call("providers/CloseHome", "{\"homeId\": \"%s\"}", a_home(1));
	until("1", AT_REST);
	ck_assert_str_eq(sql(TOLD, referral), "2");
	call("providers/CloseHome", "{\"homeId\": \"%s\"}", home);
	until("3", TOLD, referral);
	until("f", LAST_HAS, home, referral);
	/* What a place of it is held for: it is no longer free. */
	const char *other = a_referral_of("\"sex\": \"F\", \"age\": {\"value\": 9}, " FAR("600000"));
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(other, second));
	until("4", TOLD, referral);
	until("f", LAST_HAS, second, referral);
	call("providers/OpenHome", "{\"homeId\": \"%s\"}", home);
	until("5", TOLD, referral);
	sql("INSERT INTO bar (id, home_id, authority, kind, from_date, source, actor, recorded, updated) VALUES "
	    "(gen_random_uuid(), '%s', '', 'SUSPENSION', '2024-04-01', 'a notice of the tests', 't', '2024-01-01', '2024-01-01')", home);
	until("1", AT_REST);
	ck_assert_str_eq(sql(TOLD, referral), "5");
	drive("2024-04-01T09:00:00Z");
	until("f", LAST_HAS, home, referral);
}
END_TEST

START_TEST(answers_and_what_they_need_go_after_ninety_days_and_younger_ones_stay_whole)
{
	const char *home = a_home(2), *other = a_home(1), *referral = a_known_referral();
	json_t *old = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 500}", referral);
	change_everything(home, other);
	drive("2024-05-20T09:00:00Z");
	json_t *young = call("providers/MatchHomes", "{\"referralId\": \"%s\", \"pageSize\": 500}", referral);
	change_everything(home, other);
	drive("2024-07-15T09:00:00Z");
	until("0", "SELECT count(*) FROM match_run WHERE law_day < '2024-04-16'");
	until("t", "SELECT due > '2024-07-15T10:00:00Z' FROM timer WHERE kind = 'match_keep'");
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "providers/GetMatch", "{\"matchId\": \"%s\"}", text_at(old, "matchId"));
	ck_assert_str_eq(sql("SELECT count(*) FROM match_home WHERE until_revision <= (SELECT max(revision) FROM match_day "
	                     "WHERE day <= '2024-04-16')"), "0");
	assert_same_answer(young, made_again(young));
}
END_TEST

START_TEST(weights_are_versions_that_do_not_change)
{
	json_t *default_set = call("providers/GetMatchWeights", "{\"version\": \"default/1\"}");
	const char *etag = text_at(call("providers/GetMatchWeights", "{}"), "weights.etag");
	json_t *next = call("providers/SetMatchWeights", "{\"etag\": \"%s\", \"weights\": [{\"code\": \"FEE\", \"value\": 9000,"
	                    "\"rationale\": \"of the tests\"}]}", etag);
	ck_assert_uint_eq(json_array_size(at(next, "weights.weights")), json_array_size(at(default_set, "weights.weights")));
	refused(HEARTH_ABORTED, "STALE_ETAG", "etag", "providers/SetMatchWeights", "{\"etag\": \"%s\", \"weights\": [{\"code\":"
	        "\"FEE\", \"value\": 1, \"rationale\": \"of the tests\"}]}", etag);
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "weights[0].code", "providers/SetMatchWeights", "{\"etag\": \"%s\","
	        "\"weights\": [{\"code\": \"HAIR\", \"value\": 1, \"rationale\": \"x\"}]}", text_at(next, "weights.etag"));
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "weights[0].value", "providers/SetMatchWeights", "{\"etag\": \"%s\","
	        "\"weights\": [{\"code\": \"FEE\", \"value\": 1000001, \"rationale\": \"x\"}]}", text_at(next, "weights.etag"));
	ck_assert(json_equal(default_set, call("providers/GetMatchWeights", "{\"version\": \"default/1\"}")));
}
END_TEST

int main(void)
{
	const struct check_options options = { .setup = start_suite, .teardown = stop_suite, .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "matching", a_match_in_any_process_sees_every_write_acknowledged_before_it,
	                       every_home_is_in_the_answer_once_in_or_out_with_its_reasons,
	                       what_ends_on_a_day_stops_matching_on_that_day_without_a_write, an_answer_is_its_councils_alone,
	                       all_pages_of_an_answer_are_of_one_revision, an_answer_is_made_again_as_it_was_whatever_has_changed,
	                       a_process_that_has_just_started_makes_an_answer_again, weights_are_versions_that_do_not_change,
	                       siblings_stay_together_where_a_home_has_room_or_are_parted_with_what_stands_against_it,
	                       a_queue_finds_a_home_for_one_whom_first_come_first_served_leaves_out,
	                       a_councils_policy_on_homes_without_a_manager_holds_in_every_way_of_matching,
	                       no_place_is_held_at_sixteen_in_supported_accommodation_that_is_not_registered,
	                       who_lives_there_counts_as_the_referral_said,
	                       a_shortlist_is_told_again_when_a_home_or_the_day_changes_it_and_not_when_nothing_does,
	                       answers_and_what_they_need_go_after_ninety_days_and_younger_ones_stay_whole);
}
