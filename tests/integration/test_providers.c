/* test_providers.c: homes, places, holds and finding through the real programs, two of each.
 *
 * One suite for all tests, so that each has homes and children of its own; time only goes forward, from test to test.
 */
#include "homes_and_needs.h"

#include <libpq-fe.h>

/* One number, asked of the database as its superuser. */
__attribute__((format(printf, 1, 2))) static int count_of(const char *format, ...)
{
	FORMATTED(text, format);
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(connection, text);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(connection));
	int count = atoi(PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(connection);
	return count;
}

#define ROW(key, places, more) "{\"providerKey\": \"P1\", \"providerName\": \"An agency\", \"providerCode\": \"PR4\"," \
	"\"homeKey\": \"" key "\", \"kind\": \"FOSTERING\", \"places\": " places more "}"

static void imports(const char *rows, const char *totals)
{
	static const char *const names[] = { "providersCreated", "providersChanged", "providersUnchanged", "homesCreated",
		                                 "homesChanged", "homesUnchanged" };
	char text[64] = "";
	json_t *reply = call("providers/ImportHomes", "{\"system\": \"test\", \"rows\": [%s]}", rows);
	for (size_t i = 0; i < 6; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", i ? " " : "",
		         (long long)number_at(reply, names[i]));
	ck_assert_str_eq(text, totals);
}

START_TEST(a_homes_file_creates_changes_and_then_changes_nothing)
{
	imports(ROW("a", "2", "") "," ROW("b", "1", ""), "1 0 0 2 0 0");
	imports(ROW("a", "2", "") "," ROW("b", "1", ""), "0 0 1 0 0 2");
	imports(ROW("a", "3", ", \"weeklyFee\": {\"pence\": 1}") "," ROW("b", "1", "") "," ROW("c", "0", ""), "0 0 1 1 1 1");
	json_t *home = call("providers/GetHome", "{\"externalId\": {\"system\": \"test\", \"id\": \"a\"}}");
	ck_assert_int_eq(number_at(home, "home.places"), 3);
	ck_assert_int_eq(number_at(home, "home.weeklyFee.pence"), 1);
	ck_assert_int_eq(count_of("SELECT count(*) FROM providers.place WHERE home_id = '%s' AND offered",
	                          text_at(home, "home.id")), 3);
	json_t *unpriced = call("providers/GetHome", "{\"externalId\": {\"system\": \"test\", \"id\": \"b\"}}");
	ck_assert_ptr_null(at(unpriced, "home.weeklyFee"));
}
END_TEST

START_TEST(a_repeated_import_answers_with_the_totals_of_the_first)
{
	static const char rows[] = "{\"system\": \"again\", \"rows\": [" ROW("a", "2", "") "," ROW("b", "1", "") "]}";
	struct hearth_uuid request_id;
	hearth_uuid_new(&request_id);
	struct answer first = ask("901", "providers/ImportHomes", &request_id, rows);
	struct answer again = ask("901", "providers/ImportHomes", &request_id, rows);
	ck_assert(first.json && again.json && !first.replayed && again.replayed);
	ck_assert(json_equal(first.json, again.json));
	ck_assert_int_eq(number_at(again.json, "homesCreated"), 2);
}
END_TEST

START_TEST(a_bad_row_is_named_and_nothing_of_its_file_is_written)
{
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "rows[1].urn", "providers/ImportHomes",
	        "{\"system\": \"bad\", \"rows\": [" ROW("a", "1", "") "," ROW("b", "1", ", \"urn\": \"12\"") "]}");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "rows[1].home_key", "providers/ImportHomes",
	        "{\"system\": \"bad\", \"rows\": [" ROW("a", "1", "") "," ROW("a", "1", "") "]}");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "rows[0].outward", "providers/ImportHomes",
	        "{\"system\": \"bad\", \"rows\": [" ROW("a", "1", ", \"outward\": \"ZZ1 1ZZ\"") "]}");
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "providers/GetHome", "{\"externalId\": {\"system\": \"bad\","
	        "\"id\": \"a\"}}");
}
END_TEST

/* Accepts a new referral's offer of the home; the referral. */
static const char *accept_place(const char *home)
{
	const char *id = an_open_referral(a_child());
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(id, home));
	return id;
}

static void resize(const char *home, int places, const char *reason)
{
	json_t *is = call("providers/GetHome", "{\"homeId\": \"%s\"}", home);
	char text[300];
	snprintf(text, sizeof text, "{\"homeId\": \"%s\", \"providerId\": \"%s\", \"kind\": \"FOSTERING\", \"places\": %d}", home,
	         text_at(is, "home.providerId"), places);
	struct answer answer = ask("901", "providers/UpsertHome", NULL, text);
	ck_assert_str_eq(answer.status.reason, reason);
}

START_TEST(a_home_never_gets_smaller_than_what_is_held)
{
	const char *home = a_home(3);
	accept_place(home);
	accept_place(home);
	occupancy_is(home, 2, 0, 0);
	resize(home, 1, "PLACES_IN_USE");
	resize(home, 2, "");
	ck_assert_int_eq(number_at(occupancy_is(home, 2, 0, 0), "free"), 0);
	resize(home, 5, "");
	ck_assert_int_eq(number_at(occupancy_is(home, 2, 0, 0), "free"), 3);
}
END_TEST

START_TEST(a_closed_home_holds_no_place_and_an_open_one_does)
{
	const char *home = a_home(1);
	call("providers/CloseHome", "{\"homeId\": \"%s\", \"etag\": \"1\"}", home);
	refused(HEARTH_ABORTED, "STALE_ETAG", "etag", "providers/CloseHome", "{\"homeId\": \"%s\", \"etag\": \"1\"}", home);
	const char *id = an_open_referral(a_child());
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(id, home));
	ck_assert_str_eq(text_at(referral_in(id, "OPEN"), "reason"), "HOME_CLOSED");
	call("providers/OpenHome", "{\"homeId\": \"%s\"}", home);
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(id, home));
	occupancy_is(home, 1, 0, 0);
}
END_TEST

#define ACCEPTANCES 64

static void take_status(void *context, const struct hearth_reply *reply)
{
	*(enum hearth_code *)context = reply->status.code;
}

START_TEST(of_many_acceptances_at_once_for_the_last_place_one_holds_it)
{
	const char *home = a_home(1), *referrals[ACCEPTANCES], *offers[ACCEPTANCES];
	enum hearth_code codes[ACCEPTANCES];
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_client *client = client_of("901");
	for (size_t i = 0; i < ACCEPTANCES; i++) {
		referrals[i] = an_open_referral(new_id());
		offers[i] = an_offer(referrals[i], home);
	}
	for (size_t i = 0; i < ACCEPTANCES; i++) {
		Hearth__Referrals__V1__AcceptOfferRequest request = HEARTH__REFERRALS__V1__ACCEPT_OFFER_REQUEST__INIT;
		request.offer_id = (char *)(uintptr_t)offers[i];
		codes[i] = HEARTH_UNKNOWN;
		ck_assert_int_eq(hearth_client_send(client, "hearth.referrals.v1.Referrals/AcceptOffer", &request.base, NULL,
		                                    take_status, &codes[i], &status), 0);
	}
	ck_assert_uint_eq(hearth_client_run(client, 10000), 0);
	for (size_t i = 0; i < ACCEPTANCES; i++)
		ck_assert_int_eq(codes[i], HEARTH_OK);
	int open = 0;
	for (int wait = 0; wait < 500 && open < ACCEPTANCES - 1; wait++, rest())
		open = count_of("SELECT count(*) FROM referrals.offer o JOIN referrals.referral r ON r.id = o.referral_id "
		                "WHERE o.home_id = '%s' AND r.state = 'OPEN' AND r.reason = 'NO_PLACE'", home);
	ck_assert_int_eq(open, ACCEPTANCES - 1);
	occupancy_is(home, 1, 0, 0);
	ck_assert_int_eq(count_of("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.place.held.v1' "
	                          "AND payload ->> 'homeId' = '%s'", home), 1);
	ck_assert_int_eq(count_of("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.place.refused.v1' "
	                          "AND payload ->> 'homeId' = '%s'", home), ACCEPTANCES - 1);
}
END_TEST

START_TEST(a_hold_released_by_hand_frees_the_place_for_its_authority_alone)
{
	const char *home = a_home(1), *id = accept_place(home);
	const char *hold = text_at(occupancy_is(home, 1, 0, 0), "holds.0.id");
	char text[100];
	snprintf(text, sizeof text, "{\"holdId\": \"%s\"}", hold);
	ck_assert_int_eq(ask("902", "providers/ReleaseHold", NULL, text).status.code, HEARTH_NOT_FOUND);
	snprintf(text, sizeof text, "{\"homeId\": \"%s\"}", home);
	struct answer strange = ask("902", "providers/GetOccupancy", NULL, text);
	ck_assert_int_eq(number_at(strange.json, "held"), 1);
	ck_assert_uint_eq(json_array_size(at(strange.json, "holds")), 0);
	ck_assert_str_eq(text_at(occupancy_is(home, 1, 0, 0), "holds.0.etag"), "1");
	refused(HEARTH_ABORTED, "STALE_ETAG", "etag", "providers/ReleaseHold", "{\"holdId\": \"%s\", \"etag\": \"2\"}", hold);
	json_t *released = call("providers/ReleaseHold", "{\"holdId\": \"%s\", \"etag\": \"1\"}", hold);
	ck_assert_str_eq(text_at(released, "hold.etag"), "2");
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "providers/ReleaseHold", "{\"holdId\": \"%s\"}", hold);
	/* The place's release and the end of what was planned are told by two services: whichever is heard first. */
	const char *reason = text_at(referral_in(id, "OPEN"), "reason");
	ck_assert_msg(strcmp(reason, "CANCELLED") == 0 || strcmp(reason, "PERSON") == 0, "%s", reason);
	occupancy_is(home, 0, 0, 0);
}
END_TEST

/* A placement begun in the home without any offer; its id. */
static const char *begin_in(const char *home)
{
	json_t *planned = call("placements/PlanPlacement", "{\"childId\": \"%s\", \"homeId\": \"%s\", \"plannedStart\":"
	                       "\"2024-01-02\", \"placementType\": \"U6\", \"legalStatus\": \"C2\"}", a_child(), home);
	const char *id = text_at(planned, "placement.id");
	start_placement(id, "2024-01-02");
	return id;
}

START_TEST(a_child_beyond_the_places_is_recorded_and_told)
{
	drive("2024-01-03T09:00:00Z");
	const char *home = a_home(1), *one = begin_in(home);
	occupancy_is(home, 0, 1, 0);
	const char *other = begin_in(home);
	json_t *full = occupancy_is(home, 0, 2, 1);
	ck_assert_int_eq(number_at(full, "free"), 0);
	ck_assert_int_eq(count_of("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.home.over_capacity.v1' "
	                          "AND payload ->> 'placementId' = '%s' AND (payload ->> 'occupied')::int = 2", other), 1);
	call("placements/EndPlacement", "{\"placementId\": \"%s\", \"endDate\": \"2024-01-03\", \"reason\": \"CARPL\"}", one);
	full = occupancy_is(home, 0, 1, 1);
	/* One place, one child in it: it is not free for another. */
	ck_assert_int_eq(number_at(full, "free"), 0);
	const char *id = an_open_referral(a_child());
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(id, home));
	ck_assert_str_eq(text_at(referral_in(id, "OPEN"), "reason"), "NO_PLACE");
	call("placements/BreakDown", "{\"placementId\": \"%s\", \"endDate\": \"2024-01-03\", \"reason\": \"CHILD\"}", other);
	occupancy_is(home, 0, 0, 0);
	ck_assert_int_eq(count_of("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.place.released.v1' "
	                          "AND payload ->> 'homeId' = '%s' AND payload ->> 'reason' IN ('ENDED', 'BROKE_DOWN')", home), 2);
}
END_TEST

START_TEST(finding_shows_every_home_once_with_its_reasons)
{
	const char *fits = a_home(1), *full = a_home(0);
	char token[32] = "";
	int64_t homes = count_of("SELECT count(*) FROM providers.home"), seen = 0, suitable = 0;
	bool saw_fit = false, saw_full = false, ended = false;
	for (int page = 0; page < 100 && !ended; page++) {
		json_t *found = call("providers/FindHomes", "{\"needs\": {\"age\": {\"value\": 12}, \"homeGrid\": {\"easting\": 430000,"
		                     "\"northing\": 300000}}, \"pageSize\": 3, \"pageToken\": \"%s\"}", token);
		size_t i;
		json_t *item;
		json_array_foreach(at(found, "homes"), i, item) {
			seen++;
			suitable += json_is_true(at(item, "suitable"));
			saw_fit |= strcmp(text_at(item, "homeId"), fits) == 0 && json_is_true(at(item, "suitable"));
			if (strcmp(text_at(item, "homeId"), full) == 0)
				saw_full = strcmp(text_at(item, "reasons.0.code"), "NO_FREE_PLACE") == 0;
			ck_assert_int_eq(json_is_true(at(item, "suitable")), json_array_size(at(item, "reasons")) == 0);
		}
		ck_assert_int_eq(number_at(found, "suitable") + number_at(found, "leftOut"), homes);
		snprintf(token, sizeof token, "%s", text_at(found, "nextPageToken"));
		ended = !*token;
	}
	ck_assert(ended && saw_fit && saw_full);
	ck_assert_int_eq(seen, homes);
	ck_assert_int_gt(suitable, 0);
	refused(HEARTH_NOT_FOUND, "NOT_FOUND", NULL, "providers/FindHomes", "{\"referralId\": \"%s\"}", new_id());
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "page_token", "providers/FindHomes", "{\"needs\": {},"
	        "\"pageToken\": \"x\"}");
}
END_TEST

/* What matching reads: all that was said, under the names of providers' own contract, and what is said anew. */
START_TEST(an_open_need_is_kept_whole)
{
	const char *id = an_open_referral(new_id());
	char text[600];
	snprintf(text, sizeof text, "SELECT count(*) FROM providers.need WHERE referral_id = '%s' AND urgency = 'URGENT' AND "
	         "needed_by = '2024-02-01' AND needs->>'sex' = 'F' AND needs->'homeGrid'->>'easting' = '430000' AND "
	         "NOT needs ? 'risks'", id);
	for (int i = 0; i < 500 && count_of("%s", text) == 0; i++)
		rest();
	ck_assert_int_eq(count_of("%s", text), 1);
	call("referrals/UpdateReferral", "{\"referralId\": \"%s\", \"urgency\": \"EMERGENCY\", \"needs\": {\"sex\": \"F\","
	     "\"siblings\": {\"value\": 2}, \"children\": 3, \"risks\": {\"toOthersFire\": \"PRESENT\"},"
	     "\"avoid\": [{\"grid\": {\"easting\": 440000, \"northing\": 300000}, \"miles\": {\"miles\": 2.5}}]}}", id);
	snprintf(text, sizeof text, "SELECT count(*) FROM providers.need WHERE referral_id = '%s' AND urgency = 'EMERGENCY' AND "
	         "needs->'risks'->>'toOthersFire' = 'PRESENT' AND needs->'siblings'->>'value' = '2' AND children = 3 AND "
	         "needs->'avoid'->0->'miles'->>'miles' = '2.5' AND NOT needs ? 'homeGrid'", id);
	for (int i = 0; i < 500 && count_of("%s", text) == 0; i++)
		rest();
	ck_assert_int_eq(count_of("%s", text), 1);
	/* The state of referrals, which who has lost its past loads, says the same. */
	ck_assert_int_eq(count_of("WITH lost AS (DELETE FROM providers.need WHERE referral_id = '%s' RETURNING 1) "
	                          "SELECT count(*) FROM lost", id), 1);
	ck_assert_int_eq(suite_hearth(suite, NULL, "events", "bootstrap", "providers", "referrals", NULL), 0);
	for (int i = 0; i < 1000 && count_of("%s", text) == 0; i++)
		rest();
	ck_assert_int_eq(count_of("%s", text), 1);
}
END_TEST

START_TEST(finding_by_a_referral_uses_its_needs_and_only_for_its_authority)
{
	a_home(1);
	const char *id = an_open_referral(new_id());
	char text[100];
	call("referrals/GetReferralDetail", "{\"referralId\": \"%s\", \"waitEtag\": \"2\", \"waitMs\": 9000}", id);
	json_t *found = call("providers/FindHomes", "{\"referralId\": \"%s\", \"suitableOnly\": true}", id);
	ck_assert_int_eq(number_at(found, "needs.age.value"), 11);
	ck_assert_int_gt(number_at(found, "suitable"), 0);
	snprintf(text, sizeof text, "{\"referralId\": \"%s\"}", id);
	ck_assert_int_eq(ask("902", "providers/FindHomes", NULL, text).status.code, HEARTH_NOT_FOUND);
}
END_TEST

int main(void)
{
	static const struct check_options options = { start_suite, stop_suite, 60 };
	return CHECK_MAIN_WITH(&options, "providers", a_homes_file_creates_changes_and_then_changes_nothing,
	                       a_repeated_import_answers_with_the_totals_of_the_first,
	                       a_bad_row_is_named_and_nothing_of_its_file_is_written, a_home_never_gets_smaller_than_what_is_held,
	                       a_closed_home_holds_no_place_and_an_open_one_does,
	                       of_many_acceptances_at_once_for_the_last_place_one_holds_it,
	                       a_hold_released_by_hand_frees_the_place_for_its_authority_alone,
	                       a_child_beyond_the_places_is_recorded_and_told, finding_shows_every_home_once_with_its_reasons,
	                       an_open_need_is_kept_whole,
	                       finding_by_a_referral_uses_its_needs_and_only_for_its_authority);
}
