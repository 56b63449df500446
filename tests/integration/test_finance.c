/* test_finance.c: agreements and the ledger through the real programs: placements tells, finance posts.
 *
 * One suite of placements and finance for all tests, two processes each. Time only goes forward, so each test has a
 * year of its own; children and homes are made up.
 */
/* links: services/finance/accrual.c */
#include "../support/check_main.h"

#include <jansson.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <hearth/arena.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/finance/v1/events.pb-c.h>
#include <hearth/finance/v1/finance.pb-c.h>
#include <hearth/json.h>
#include <hearth/placements/v1/placements.pb-c.h>

#include "../../services/finance/accrual.h"
#include "../support/suite.h"

#define AUTHORITY "901"
#define FINANCE_OFFICER HEARTH_ROLE_BIT(3)
#define HEARTH_ROLE_BIT(role) (UINT32_C(1) << (role))

static struct suite *suite;
static struct hearth_arena *arena;

static void start_suite(void)
{
	static const char *const services[] = { "placements", "finance", NULL };
	suite = suite_start(&(struct suite_options){ .services = services, .instances = 2, .clock = "2024-01-01T09:00:00Z" });
	if (suite == NULL)
		abort();
	arena = hearth_arena_new();
}

static void stop_suite(void)
{
	hearth_arena_free(&arena);
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- calls ---------------------------------------------------------------------------------------------------------- */

static const ProtobufCMethodDescriptor *method_of(const char *method)
{
	const ProtobufCServiceDescriptor *service = strstr(method, ".finance.") != NULL
		? &hearth__finance__v1__finance__descriptor : &hearth__placements__v1__placements__descriptor;
	const ProtobufCMethodDescriptor *found =
		protobuf_c_service_descriptor_get_method_by_name(service, strchr(method, '/') + 1);
	ck_assert_msg(found != NULL, "%s is no method", method);
	return found;
}

struct answer {
	struct hearth_status status;
	json_t *json;                  /* NULL unless OK; lives as long as the test's process */
};

static json_t *kept[4096];
static size_t kept_count;

static struct answer ask(const char *authority, uint32_t roles, const char *method, const char *text)
{
	const ProtobufCMethodDescriptor *contract = method_of(method);
	struct answer answer = { .status = HEARTH_STATUS_INIT };
	ProtobufCMessage *request, *reply;
	if (hearth_json_parse(arena, contract->input, text, strlen(text), 0, &request, &answer.status) != 0)
		return answer;
	struct hearth_client *client = suite_client(suite, authority, roles);
	const struct hearth_call_options options = { .timeout_ms = 20000 };
	if (hearth_client_call(client, method, request, contract->output, &options, hearth_arena_allocator(arena), &reply, NULL,
	                       &answer.status) == 0)
		answer.json = hearth_json_encode(reply, HEARTH_JSON_DEFAULTS);
	ck_assert_uint_lt(kept_count, sizeof(kept) / sizeof(kept[0]));
	kept[kept_count++] = answer.json;
	return answer;
}

/* A call that must succeed; printf-like request. */
static json_t *call(const char *method, const char *format, ...) __attribute__((format(printf, 2, 3)));
static json_t *call(const char *method, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	struct answer answer = ask(AUTHORITY, SUITE_ALL_ROLES, method, text);
	ck_assert_msg(answer.json != NULL, "%s %s: %s (%s)", method, answer.status.reason, answer.status.message,
	              answer.status.field);
	return answer.json;
}

#define FINANCE(method) "hearth.finance.v1.Finance/" method
#define PLACEMENTS(method) "hearth.placements.v1.Placements/" method

static const char *text_at(const json_t *json, const char *path_a, const char *path_b)
{
	const json_t *value = json_object_get(json, path_a);
	if (path_b != NULL)
		value = json_object_get(value, path_b);
	const char *text = json_string_value(value);
	return text != NULL ? text : "";
}

/* int64 comes as text, int32 as a number. */
static int64_t number_at(const json_t *json, const char *path_a, const char *path_b)
{
	const json_t *value = json_object_get(json, path_a);
	if (path_b != NULL)
		value = json_object_get(value, path_b);
	ck_assert_msg(value != NULL && !json_is_null(value), "%s is unset", path_b != NULL ? path_b : path_a);
	return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
}

static bool is_set(const json_t *json, const char *field)
{
	const json_t *value = json_object_get(json, field);
	return value != NULL && !json_is_null(value);
}

static void drive(const char *date)
{
	char time[32];
	snprintf(time, sizeof(time), "%sT09:00:00Z", date);
	ck_assert_int_eq(suite_clock(suite, time), 0);
}

#define UNKNOWN_NOTICE (-1)

/* A placement that started, with "null" or {"pence": n} as fee. */
static const char *start_placement(const char *start, const char *fee, int notice_days)
{
	json_t *child = call(PLACEMENTS("CreateChild"), "{\"sex\": \"U\"}");
	char notice[32] = "null";
	if (notice_days != UNKNOWN_NOTICE)
		snprintf(notice, sizeof(notice), "{\"value\": %d}", notice_days);
	json_t *planned = call(PLACEMENTS("PlanPlacement"), "{\"childId\": \"%s\", \"plannedStart\": \"%s\", \"weeklyFee\": %s,"
	                       "\"noticeDays\": %s, \"placementType\": \"U6\", \"legalStatus\": \"C2\"}",
	                       text_at(json_object_get(child, "child"), "id", NULL), start, fee, notice);
	const char *id = text_at(planned, "placement", "id");
	call(PLACEMENTS("StartPlacement"), "{\"placementId\": \"%s\", \"startDate\": \"%s\", \"categoryOfNeed\": \"N1\"}", id,
	     start);
	return id;
}

/* The agreement of a placement once it is in `state` and posted to `date` (NULL: whatever); waits ten seconds. */
static json_t *agreement_of(const char *placement, const char *state, const char *posted_to)
{
	char text[128];
	snprintf(text, sizeof(text), "{\"placementId\": \"%s\"}", placement);
	for (int i = 0; i < 200; i++) {
		struct answer answer = ask(AUTHORITY, SUITE_ALL_ROLES, FINANCE("LookupAgreement"), text);
		const json_t *agreement = json_object_get(answer.json, "agreement");
		if (agreement != NULL && strcmp(text_at(agreement, "state", NULL), state) == 0
		    && (posted_to == NULL || strcmp(text_at(agreement, "postedTo", NULL), posted_to) == 0))
			return json_object_get(answer.json, "agreement");
		ck_assert_msg(answer.json != NULL || answer.status.code == HEARTH_NOT_FOUND, "%s", answer.status.message);
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
	ck_abort_msg("the agreement did not become %s, posted to %s", state, posted_to != NULL ? posted_to : "any day");
}

/* "KIND from to pence;" of every line. */
static const char *ledger_text(const char *agreement)
{
	json_t *ledger = call(FINANCE("GetLedger"), "{\"agreementId\": \"%s\", \"pageSize\": 500}", agreement);
	char *text = hearth_arena_strdup(arena, "");
	size_t i;
	const json_t *line;
	json_array_foreach(json_object_get(ledger, "lines"), i, line)
		text = hearth_arena_printf(arena, "%s%s %s %s %lld;", text, text_at(line, "kind", NULL),
		                           text_at(line, "fromDate", NULL), text_at(line, "toDate", NULL),
		                           (long long)number_at(line, "pence", NULL));
	return text;
}

static int64_t ledger_total(const char *agreement)
{
	json_t *ledger = call(FINANCE("GetLedger"), "{\"agreementId\": \"%s\"}", agreement);
	return number_at(ledger, "totals", "totalPence");
}

/* ---- tests ---------------------------------------------------------------------------------------------------------- */

START_TEST(a_started_placement_is_paid_for_each_day_that_is_over)
{
	drive("2024-01-10");
	const char *placement = start_placement("2024-01-10", "{\"pence\": 70001}", 28);
	json_t *agreement = agreement_of(placement, "OPEN", "2024-01-10");
	const char *id = text_at(agreement, "id", NULL);
	ck_assert(!is_set(agreement, "posted"));
	ck_assert_int_eq(number_at(agreement, "weeklyFee", "pence"), 70001);
	drive("2024-01-11");
	agreement_of(placement, "OPEN", "2024-01-11");
	ck_assert_str_eq(ledger_text(id), "ACCRUAL 2024-01-10 2024-01-11 10000;");
	drive("2024-01-17");
	agreement_of(placement, "OPEN", "2024-01-17");
	ck_assert_int_eq(ledger_total(id), 70001);
	/* A leap into the next quarter, over a leap day: 91 days in all. */
	drive("2024-04-10");
	agreement_of(placement, "OPEN", "2024-04-10");
	ck_assert_int_eq(ledger_total(id), 13 * INT64_C(70001));
}
END_TEST

START_TEST(a_late_end_takes_back_days_and_pays_notice_of_its_own)
{
	drive("2025-01-01");
	const char *placement = start_placement("2025-01-01", "{\"pence\": 70001}", 28);
	drive("2025-02-05");
	const char *id = text_at(agreement_of(placement, "OPEN", "2025-02-05"), "id", NULL);
	ck_assert_int_eq(ledger_total(id), 5 * INT64_C(70001));
	call(PLACEMENTS("BreakDown"), "{\"placementId\": \"%s\", \"endDate\": \"2025-01-29\", \"reason\": \"CREQB\","
	     "\"noticeHours\": {\"value\": 49}}", placement);
	json_t *agreement = agreement_of(placement, "CLOSED", NULL);
	ck_assert_str_eq(text_at(agreement, "endDate", NULL), "2025-01-29");
	ck_assert_int_eq(number_at(agreement, "noticePaidDays", NULL), 26);
	char expected[300];
	snprintf(expected, sizeof(expected), "ACCRUAL 2025-01-01 2025-02-05 %d;REVERSAL 2025-01-29 2025-02-05 %d;"
	         "NOTICE 2025-01-29 2025-02-24 %lld;", 5 * 70001, -70001, (long long)finance_accrued(70001, 28, 28 + 26));
	ck_assert_str_eq(ledger_text(id), expected);
	/* Nothing is posted afterwards. */
	drive("2025-03-10");
	nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	ck_assert_str_eq(ledger_text(id), expected);
}
END_TEST

START_TEST(a_placement_without_a_fee_is_counted_and_never_nought)
{
	drive("2026-01-01");
	const char *placement = start_placement("2026-01-01", "null", 0);
	drive("2026-01-15");
	json_t *agreement = agreement_of(placement, "OPEN", "2026-01-15");
	const char *id = text_at(agreement, "id", NULL);
	ck_assert(!is_set(agreement, "weeklyFee"));
	ck_assert(!is_set(agreement, "posted"));
	ck_assert_int_eq(number_at(agreement, "unpricedDays", NULL), 14);
	json_t *spend = call(FINANCE("GetSpend"), "{\"fromDate\": \"2026-01-01\", \"toDate\": \"2026-02-01\"}");
	ck_assert_int_eq(number_at(spend, "unpriced", NULL), 1);
	ck_assert_int_eq(number_at(spend, "unpricedDays", NULL), 14);
	json_t *list = call(FINANCE("ListAgreements"), "{\"unpricedOnly\": true}");
	ck_assert_uint_eq(json_array_size(json_object_get(list, "agreements")), 1);
	ck_assert_str_eq(text_at(json_array_get(json_object_get(list, "agreements"), 0), "id", NULL), id);

	json_t *priced = call(FINANCE("PriceAgreement"), "{\"agreementId\": \"%s\", \"fromDate\": \"2026-01-01\","
	                      "\"weeklyFee\": {\"pence\": 12345}}", id);
	ck_assert_int_eq(number_at(json_object_get(priced, "agreement"), "posted", "pence"), 2 * 12345);
	ck_assert_int_eq(ledger_total(id), 2 * 12345);
	spend = call(FINANCE("GetSpend"), "{\"fromDate\": \"2026-01-01\", \"toDate\": \"2026-02-01\"}");
	ck_assert_int_eq(number_at(spend, "unpriced", NULL), 0);
	struct answer again = ask(AUTHORITY, SUITE_ALL_ROLES, FINANCE("PriceAgreement"), hearth_arena_printf(arena,
		"{\"agreementId\": \"%s\", \"fromDate\": \"2026-01-01\", \"weeklyFee\": {\"pence\": 1}}", id));
	ck_assert_int_eq(again.status.code, HEARTH_FAILED_PRECONDITION);
	ck_assert_str_eq(again.status.reason, "ALREADY_PRICED");
	call(PLACEMENTS("EndPlacement"), "{\"placementId\": \"%s\", \"endDate\": \"2026-01-15\", \"reason\": \"CARPL\"}", placement);
	agreement_of(placement, "CLOSED", NULL);
}
END_TEST

START_TEST(a_late_change_of_fee_posts_again_from_its_day)
{
	drive("2027-01-01");
	const char *placement = start_placement("2027-01-01", "{\"pence\": 7000}", 0);
	drive("2027-02-01");
	const char *id = text_at(agreement_of(placement, "OPEN", "2027-02-01"), "id", NULL);
	call(PLACEMENTS("VaryPlacement"), "{\"placementId\": \"%s\", \"fromDate\": \"2027-01-22\","
	     "\"weeklyFee\": {\"pence\": 10001}}", placement);
	int64_t expected = finance_accrued(7000, 0, 21) + finance_accrued(10001, 0, 10);
	for (int i = 0; i < 200 && ledger_total(id) != expected; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	ck_assert_int_eq(ledger_total(id), expected);
	/* By hand: each day of the rule is what the ledger holds for it. */
	json_t *days = call(FINANCE("GetLedgerDays"), "{\"agreementId\": \"%s\", \"toDate\": \"2027-02-01\"}", id);
	ck_assert_uint_eq(json_array_size(json_object_get(days, "days")), 31);
	ck_assert_int_eq(number_at(days, "total", "pence"), expected);
	size_t i;
	const json_t *day;
	json_array_foreach(json_object_get(days, "days"), i, day)
		ck_assert_int_eq(number_at(day, "amount", "pence"), number_at(day, "posted", "pence"));
}
END_TEST

START_TEST(a_placement_reported_late_is_posted_at_once_and_pages_fit_together)
{
	drive("2028-03-01");
	const char *placement = start_placement("2028-02-01", "{\"pence\": 700}", 0);
	json_t *agreement = agreement_of(placement, "OPEN", "2028-03-01");
	const char *id = text_at(agreement, "id", NULL);
	ck_assert_int_eq(ledger_total(id), 2900);
	for (int day = 2; day <= 6; day++) {
		char date[16];
		snprintf(date, sizeof(date), "2028-03-%02d", day);
		drive(date);
		agreement_of(placement, "OPEN", date);
	}
	size_t lines = 0;
	const char *token = "";
	do {
		json_t *page = call(FINANCE("GetLedger"), "{\"agreementId\": \"%s\", \"pageSize\": 4, \"pageToken\": \"%s\"}", id, token);
		ck_assert_int_eq(number_at(page, "totals", "totalPence"), 3400);
		lines += json_array_size(json_object_get(page, "lines"));
		token = text_at(page, "nextPageToken", NULL);
	} while (token[0] != '\0' && lines < 100);
	ck_assert_uint_eq(lines, 6);
}
END_TEST

START_TEST(external_ids_find_an_agreement_and_belong_to_one)
{
	drive("2029-01-01");
	const char *one = text_at(agreement_of(start_placement("2029-01-01", "{\"pence\": 1}", 0), "OPEN", NULL), "id", NULL);
	const char *two = text_at(agreement_of(start_placement("2029-01-01", "{\"pence\": 1}", 0), "OPEN", NULL), "id", NULL);
	json_t *set = NULL;
	for (int time = 0; time < 2; time++)
		set = call(FINANCE("UpsertAgreementExternalId"),
		           "{\"agreementId\": \"%s\", \"externalId\": {\"system\": \"ledger\", \"id\": \"A-1\"}}", one);
	ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(set, "agreement"), "externalIds")), 1);
	struct answer taken = ask(AUTHORITY, SUITE_ALL_ROLES, FINANCE("UpsertAgreementExternalId"),
	                          hearth_arena_printf(arena, "{\"agreementId\": \"%s\", \"externalId\": {\"system\":"
	                          "\"ledger\", \"id\": \"A-1\"}}", two));
	ck_assert_str_eq(taken.status.reason, "EXTERNAL_ID_TAKEN");
	json_t *found = call(FINANCE("LookupAgreement"), "{\"externalId\": {\"system\": \"ledger\", \"id\": \"A-1\"}}");
	ck_assert_str_eq(text_at(found, "agreement", "id"), one);
	struct answer other = ask("902", SUITE_ALL_ROLES, FINANCE("GetAgreement"),
	                          hearth_arena_printf(arena, "{\"agreementId\": \"%s\"}", one));
	ck_assert_int_eq(other.status.code, HEARTH_NOT_FOUND);
}
END_TEST

static PGconn *connect_as(const char *user)
{
	PGconn *connection = PQconnectdb(support_pg_url(suite_pg(suite), user, suite_database(suite)));
	ck_assert_msg(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
	PQclear(PQexec(connection, "SET search_path = finance"));
	return connection;
}

/* What finance told when the agreement was closed: "notice days, whether the agreed notice was not known". */
static const char *closing_told(const char *agreement)
{
	PGconn *connection = connect_as("hearth");
	const char *values[] = { agreement };
	PGresult *result = PQexecParams(connection, "SELECT concat_ws(' ', payload ->> 'noticeDays', payload ->> 'noticeUnknown')"
		" FROM outbox WHERE type = 'hearth.agreement.closed.v1' AND aggregateid = $1", 1, NULL, values, NULL, NULL, 0);
	ck_assert_int_eq(PQntuples(result), 1);
	const char *told = hearth_arena_strdup(arena, PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(connection);
	return told;
}

START_TEST(notice_that_nobody_agreed_is_unknown_and_none_is_paid)
{
	drive("2030-01-01");
	const char *unknown = start_placement("2030-01-01", "{\"pence\": 7000}", UNKNOWN_NOTICE);
	const char *none = start_placement("2030-01-01", "{\"pence\": 7000}", 0);
	ck_assert(!is_set(agreement_of(unknown, "OPEN", NULL), "noticeDays"));
	ck_assert_int_eq(number_at(agreement_of(none, "OPEN", NULL), "noticeDays", "value"), 0);
	drive("2030-01-08");
	json_t *lived = call(PLACEMENTS("GetPlacement"), "{\"placementId\": \"%s\"}", unknown);
	ck_assert(!is_set(json_object_get(lived, "placement"), "noticeDays"));
	call(PLACEMENTS("BreakDown"), "{\"placementId\": \"%s\", \"endDate\": \"2030-01-08\", \"reason\": \"CREQB\"}", unknown);
	call(PLACEMENTS("BreakDown"), "{\"placementId\": \"%s\", \"endDate\": \"2030-01-08\", \"reason\": \"CREQB\"}", none);
	json_t *closed = agreement_of(unknown, "CLOSED", NULL);
	ck_assert(!is_set(closed, "noticeDays"));
	ck_assert_int_eq(number_at(closed, "noticePaidDays", NULL), 0);
	ck_assert_int_eq(number_at(closed, "posted", "pence"), 7000);
	ck_assert_str_eq(closing_told(text_at(closed, "id", NULL)), "0 true");
	closed = agreement_of(none, "CLOSED", NULL);
	ck_assert_str_eq(closing_told(text_at(closed, "id", NULL)), "0 false");
}
END_TEST

/* Nobody said how much notice was given: the whole agreed notice is paid, at an end and at a breakdown. */
START_TEST(notice_given_that_is_not_known_counts_as_none)
{
	drive("2031-01-01");
	const char *one = start_placement("2031-01-01", "{\"pence\": 7000}", 28);
	const char *two = start_placement("2031-01-01", "{\"pence\": 7000}", 7);
	agreement_of(one, "OPEN", NULL);
	agreement_of(two, "OPEN", NULL);
	drive("2031-01-08");
	json_t *ended = call(PLACEMENTS("EndPlacement"), "{\"placementId\": \"%s\", \"endDate\": \"2031-01-08\","
	                     "\"reason\": \"CARPL\"}", one);
	ck_assert(!is_set(json_object_get(ended, "placement"), "noticeHours"));
	call(PLACEMENTS("BreakDown"), "{\"placementId\": \"%s\", \"endDate\": \"2031-01-08\", \"reason\": \"CREQB\"}", two);
	ck_assert_int_eq(number_at(agreement_of(one, "CLOSED", NULL), "noticePaidDays", NULL), 28);
	ck_assert_int_eq(number_at(agreement_of(two, "CLOSED", NULL), "noticePaidDays", NULL), 7);
}
END_TEST

/* Of finance's present state, what it says of the closing of an agreement; all of it is one page here. */
static const Hearth__Finance__V1__AgreementClosed *closing_of_state(const char *agreement)
{
	Hearth__Events__V1__SnapshotRequest request = HEARTH__EVENTS__V1__SNAPSHOT_REQUEST__INIT;
	const struct hearth_call_options options = { .timeout_ms = 20000 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	ProtobufCAllocator *allocator = hearth_arena_allocator(arena);
	ProtobufCMessage *reply;
	char subject[64];
	snprintf(subject, sizeof(subject), "agreement/%s", agreement);
	request.page_size = 500;
	ck_assert_int_eq(hearth_client_call(suite_client(suite, "", SUITE_ALL_ROLES), "finance:hearth.events.v1.Events/Snapshot",
	                                    &request.base, &hearth__events__v1__snapshot_response__descriptor, &options, allocator,
	                                    &reply, NULL, &status), 0);
	const Hearth__Events__V1__SnapshotResponse *state = (const Hearth__Events__V1__SnapshotResponse *)reply;
	for (size_t i = 0; i < state->n_events; i++) {
		const Hearth__Events__V1__Event *event = state->events[i];
		if (strcmp(event->type, "hearth.agreement.closed.v1") == 0 && strcmp(event->subject, subject) == 0)
			return hearth__finance__v1__agreement_closed__unpack(allocator, event->data.len, event->data.data);
	}
	ck_abort_msg("the state does not close the agreement");
}

START_TEST(a_total_with_days_of_a_cost_without_a_price_is_told_by_no_event_and_no_state)
{
	drive("2032-01-01");
	const char *priced = start_placement("2032-01-01", "{\"pence\": 7000}", 0);
	const char *unpriced = start_placement("2032-01-01", "{\"pence\": 7000}", 0);
	call(FINANCE("RecordAgreementLine"), "{\"agreementId\": \"%s\", \"costType\": \"HEALTH\", \"unit\": \"WEEKLY\","
	     "\"fromDate\": \"2032-01-02\"}", text_at(agreement_of(unpriced, "OPEN", NULL), "id", NULL));
	drive("2032-01-08");
	call(PLACEMENTS("BreakDown"), "{\"placementId\": \"%s\", \"endDate\": \"2032-01-08\", \"reason\": \"CREQB\"}", priced);
	call(PLACEMENTS("BreakDown"), "{\"placementId\": \"%s\", \"endDate\": \"2032-01-08\", \"reason\": \"CREQB\"}", unpriced);
	const Hearth__Finance__V1__AgreementClosed *closed =
		closing_of_state(text_at(agreement_of(priced, "CLOSED", NULL), "id", NULL));
	ck_assert_ptr_nonnull(closed->total);
	ck_assert_int_eq(closed->total->pence, 7000);
	closed = closing_of_state(text_at(agreement_of(unpriced, "CLOSED", NULL), "id", NULL));
	ck_assert_ptr_null(closed->total);
}
END_TEST

/* Waits until a state that was ordered has been loaded. */
static void load_state(void)
{
	PGconn *connection = connect_as("hearth");
	ck_assert_int_eq(suite_hearth(suite, NULL, "events", "bootstrap", "finance", "placements", NULL), 0);
	for (int i = 0; i < 300; i++) {
		PGresult *result = PQexec(connection, "SELECT FROM bootstrap");
		bool done = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 0;
		PQclear(result);
		if (done) {
			PQfinish(connection);
			return;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
	ck_abort_msg("the state was not loaded");
}

START_TEST(a_state_that_is_loaded_takes_no_price_away_and_posts_nothing_twice)
{
	drive("2033-01-01");
	const char *placement = start_placement("2033-01-01", "{\"pence\": 7000}", 0);
	const char *id = text_at(agreement_of(placement, "OPEN", NULL), "id", NULL);
	drive("2033-02-01");
	agreement_of(placement, "OPEN", "2033-02-01");
	const char *const fees[] = { "{\"pence\": 7700}", "{\"pence\": 8400}" };
	for (size_t i = 0; i < 2; i++)
		call(PLACEMENTS("VaryPlacement"), "{\"placementId\": \"%s\", \"fromDate\": \"2033-01-08\", \"weeklyFee\": %s}",
		     placement, fees[i]);
	call(PLACEMENTS("VaryPlacement"), "{\"placementId\": \"%s\", \"fromDate\": \"2033-01-15\"}", placement);
	for (int i = 0; i < 200 && ledger_total(id) != 7000 + 8400; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	call(FINANCE("PriceAgreement"), "{\"agreementId\": \"%s\", \"fromDate\": \"2033-01-15\","
	     "\"weeklyFee\": {\"pence\": 9100}}", id);
	const char *before = ledger_text(id);
	ck_assert_int_eq(ledger_total(id), 7000 + 8400 + finance_accrued(9100, 0, 17));
	load_state();
	ck_assert_str_eq(ledger_text(id), before);
	json_t *agreement = json_object_get(call(FINANCE("GetAgreement"), "{\"agreementId\": \"%s\"}", id), "agreement");
	ck_assert_int_eq(number_at(agreement, "weeklyFee", "pence"), 9100);
	ck_assert_int_eq(number_at(agreement, "unpricedDays", NULL), 0);
}
END_TEST

START_TEST(bad_requests_are_told_which_field_is_wrong)
{
	static const char id[] = "00000000-0000-4000-8000-000000000000";
	static const struct { const char *method, *request, *field; } rows[] = {
		{ FINANCE("PriceAgreement"), "{\"agreementId\": \"%s\", \"fromDate\": \"2023-02-30\", \"weeklyFee\": {\"pence\": 1}}",
		  "from_date" },
		{ FINANCE("PriceAgreement"), "{\"agreementId\": \"%s\", \"fromDate\": \"2023-02-01\", \"weeklyFee\": {\"pence\": -1}}",
		  "weekly_fee.pence" },
		{ FINANCE("PriceAgreement"), "{\"agreementId\": \"%s\", \"fromDate\": \"2023-02-01\"}", "weekly_fee" },
		{ FINANCE("PriceAgreement"), "{\"agreementId\": \"no id\"}", "agreement_id" },
		{ FINANCE("GetSpend"), "{\"fromDate\": \"2023-02-02\", \"toDate\": \"2023-02-02\"}", "to_date" },
		{ FINANCE("GetLedger"), "{\"agreementId\": \"%s\", \"pageSize\": 501}", "page_size" },
		{ FINANCE("GetLedger"), "{\"agreementId\": \"%s\", \"pageToken\": \"1x\"}", "page_token" },
		{ FINANCE("LookupAgreement"), "{}", "placement_id" },
		{ FINANCE("UpsertAgreementExternalId"), "{\"agreementId\": \"%s\", \"externalId\": {\"system\": \"A B\", \"id\": \"1\"}}",
		  "external_id.system" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strstr(rows[i].request, "%s");
		char text[400];
		snprintf(text, sizeof(text), "%.*s%s%s", at != NULL ? (int)(at - rows[i].request) : (int)strlen(rows[i].request),
		         rows[i].request, at != NULL ? id : "", at != NULL ? at + 2 : "");
		struct answer answer = ask(AUTHORITY, SUITE_ALL_ROLES, rows[i].method, text);
		ck_assert_msg(answer.status.code == HEARTH_INVALID_ARGUMENT, "row %zu: %s", i, answer.status.message);
		ck_assert_str_eq(answer.status.field, rows[i].field);
	}
	struct answer missing = ask(AUTHORITY, SUITE_ALL_ROLES, FINANCE("GetLedger"),
	                            "{\"agreementId\": \"00000000-0000-4000-8000-000000000000\"}");
	ck_assert_int_eq(missing.status.code, HEARTH_NOT_FOUND);
	struct answer forbidden = ask(AUTHORITY, SUITE_ALL_ROLES & ~FINANCE_OFFICER, FINANCE("PriceAgreement"),
	                              "{\"agreementId\": \"00000000-0000-4000-8000-000000000000\", \"fromDate\":"
	                              "\"2023-02-01\", \"weeklyFee\": {\"pence\": 1}}");
	ck_assert_int_eq(forbidden.status.code, HEARTH_PERMISSION_DENIED);
}
END_TEST

/* ---- the schema ------------------------------------------------------------------------------------------------------- */

START_TEST(the_ledger_takes_no_change_and_no_line_that_breaks_the_rule)
{
	static const char *const refused[] = {
		"UPDATE ledger SET pence = 0", "DELETE FROM ledger", "TRUNCATE ledger",
		"INSERT INTO ledger (authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence, reason,"
		" posted_at) SELECT a.authority, a.id, 'ACCRUAL', a.start_date, 700, a.start_date, a.start_date + 1, 99, 'DAY',"
		" '2024-01-01' FROM agreement a LIMIT 1",
	};
	for (int owner = 0; owner < 2; owner++) {
		PGconn *connection = connect_as(owner ? "hearth" : "hearth_finance");
		PGresult *lines = PQexec(connection, "SELECT 1 FROM ledger LIMIT 1");
		ck_assert_int_eq(PQntuples(lines), 1);
		PQclear(lines);
		for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
			PGresult *result = PQexec(connection, refused[i]);
			ck_assert_msg(PQresultStatus(result) == PGRES_FATAL_ERROR, "allowed: %s", refused[i]);
			PQclear(result);
		}
		PQfinish(connection);
	}
}
END_TEST

START_TEST(the_rule_in_sql_is_the_rule_in_c)
{
	PGconn *connection = connect_as("hearth_finance");
	PGresult *result = PQexec(connection, "SELECT f.fee, n.a, n.a + s.days, accrued(f.fee, n.a, n.a + s.days)"
		" FROM unnest(ARRAY[0, 1, 6, 7, 8, 99, 700, 701, 12345, 70001, 345678, 1234567, 100000000]::bigint[]) f (fee),"
		" generate_series(0, 400) n (a), unnest(ARRAY[0, 1, 2, 6, 7, 31, 366]) s (days)");
	ck_assert_int_eq(PQntuples(result), 13 * 401 * 7);
	for (int row = 0; row < PQntuples(result); row++) {
		int64_t value[4];
		for (int i = 0; i < 4; i++)
			value[i] = strtoll(PQgetvalue(result, row, i), NULL, 10);
		ck_assert_int_eq(finance_accrued(value[0], value[1], value[2]), value[3]);
	}
	PQclear(result);
	PQfinish(connection);
}
END_TEST

/* Over everything that the tests before have done. */
START_TEST(no_day_of_an_agreement_stands_twice_or_is_missing)
{
	PGconn *connection = connect_as("hearth");
	PGresult *result = PQexec(connection,
		"WITH day AS (SELECT l.agreement_id, d.day::date AS day, CASE WHEN l.kind = 'REVERSAL' THEN -1 ELSE 1 END AS sign"
		" FROM ledger l CROSS JOIN LATERAL generate_series(l.from_date, l.to_date - 1, interval '1 day') d (day)),"
		" sums AS (SELECT y.agreement_id, y.day, sum(y.sign) AS standing FROM day y GROUP BY y.agreement_id, y.day)"
		" SELECT count(1) FILTER (WHERE s.standing NOT IN (0, 1)), count(1) FILTER (WHERE s.standing = 1),"
		" (SELECT sum(coalesce(a.end_date, a.posted_to) - a.start_date + a.notice_paid_days) FROM agreement a) FROM sums s");
	ck_assert_str_eq(PQgetvalue(result, 0, 0), "0");
	ck_assert_int_gt(strtoll(PQgetvalue(result, 0, 1), NULL, 10), 100);
	ck_assert_str_eq(PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 2));
	PQclear(result);
	PQfinish(connection);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .setup = start_suite, .teardown = stop_suite, .timeout = 60 };
	return CHECK_MAIN_WITH(&options, "finance", a_started_placement_is_paid_for_each_day_that_is_over,
	                       a_late_end_takes_back_days_and_pays_notice_of_its_own,
	                       a_placement_without_a_fee_is_counted_and_never_nought,
	                       a_late_change_of_fee_posts_again_from_its_day,
	                       a_placement_reported_late_is_posted_at_once_and_pages_fit_together,
	                       external_ids_find_an_agreement_and_belong_to_one,
	                       notice_that_nobody_agreed_is_unknown_and_none_is_paid,
	                       notice_given_that_is_not_known_counts_as_none,
	                       a_total_with_days_of_a_cost_without_a_price_is_told_by_no_event_and_no_state,
	                       a_state_that_is_loaded_takes_no_price_away_and_posts_nothing_twice,
	                       bad_requests_are_told_which_field_is_wrong,
	                       the_ledger_takes_no_change_and_no_line_that_breaks_the_rule, the_rule_in_sql_is_the_rule_in_c,
	                       no_day_of_an_agreement_stands_twice_or_is_missing);
}
