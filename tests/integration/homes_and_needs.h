/* homes_and_needs.h: what the tests of referrals and providers share: a suite of the two and placements (and of those that
 * a test names in FURTHER_SERVICES), calls in JSON, and the few steps of a journey. Each test is a process of its own;
 * what it asks lives until it ends.
 */
#ifndef TESTS_INTEGRATION_HOMES_AND_NEEDS_H
#define TESTS_INTEGRATION_HOMES_AND_NEEDS_H

#include "../support/check_main.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/text.h>
#include <hearth/finance/v1/finance.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

#include "../support/suite.h"

#ifndef FURTHER_SERVICES
#define FURTHER_SERVICES
#endif
#ifndef SUITE_CLOCK
#define SUITE_CLOCK "2024-01-01T09:00:00Z"
#endif
#ifndef AT_HOME
#define AT_HOME "901"
#endif

static struct suite *suite;
static struct hearth_arena *arena;

static void start_suite(void)
{
	static const char *const services[] = { "referrals", "providers", "placements", FURTHER_SERVICES NULL };
	suite = suite_start(&(struct suite_options){ .services = services, .instances = 2, .clock = SUITE_CLOCK });
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

__attribute__((unused)) static void drive(const char *time)
{
	ck_assert_int_eq(suite_clock(suite, time), 0);
}

/* ---- calls ---------------------------------------------------------------------------------------------------------- */

static const ProtobufCServiceDescriptor *service_of(const char *method)
{
	if (strncmp(method, "referrals/", 10) == 0)
		return &hearth__referrals__v1__referrals__descriptor;
	if (strncmp(method, "providers/", 10) == 0)
		return &hearth__providers__v1__providers__descriptor;
	if (strncmp(method, "finance/", 8) == 0)
		return &hearth__finance__v1__finance__descriptor;
	return &hearth__placements__v1__placements__descriptor;
}

/* One client for each authority: AT_HOME is at home, everybody else a stranger. */
static struct hearth_client *client_of(const char *authority)
{
	static struct hearth_client *at_home, *stranger;
	struct hearth_client **client = strcmp(authority, AT_HOME) == 0 ? &at_home : &stranger;
	if (*client == NULL)
		*client = suite_client(suite, authority, SUITE_ALL_ROLES);
	return *client;
}

struct answer {
	struct hearth_status status;
	bool replayed;
	json_t *json;                  /* NULL unless OK; not to be given back */
};

static struct answer ask(const char *authority, const char *method, const struct hearth_uuid *request_id, const char *text)
{
	const ProtobufCServiceDescriptor *service = service_of(method);
	const ProtobufCMethodDescriptor *contract =
		protobuf_c_service_descriptor_get_method_by_name(service, strchr(method, '/') + 1);
	struct answer answer = { .status = HEARTH_STATUS_INIT };
	const struct hearth_call_options options = { .timeout_ms = 20000, .request_id = request_id };
	ProtobufCMessage *request, *reply;
	char name[160];
	ck_assert_msg(contract != NULL, "%s is no method", method);
	snprintf(name, sizeof name, "%s/%s", service->name, contract->name);
	if (hearth_json_parse(arena, contract->input, text, strlen(text), 0, &request, &answer.status) != 0)
		return answer;
	if (hearth_client_call(client_of(authority), name, request, contract->output, &options, hearth_arena_allocator(arena),
	                       &reply, &answer.replayed, &answer.status) == 0)
		answer.json = hearth_json_encode(reply, HEARTH_JSON_DEFAULTS);
	static json_t *kept;           /* replies live as long as the test's process */
	if (kept == NULL)
		kept = json_array();
	if (answer.json != NULL)
		json_array_append_new(kept, answer.json);
	return answer;
}

#define FORMATTED(text, format) \
	char text[2048]; \
	va_list arguments; \
	va_start(arguments, format); \
	vsnprintf(text, sizeof text, format, arguments); \
	va_end(arguments)

/* A call that must succeed. */
__attribute__((format(printf, 2, 3))) static json_t *call(const char *method, const char *format, ...)
{
	FORMATTED(text, format);
	struct answer answer = ask(AT_HOME, method, NULL, text);
	ck_assert_msg(answer.json != NULL, "%s %s: %s (%s)", method, answer.status.reason, answer.status.message,
	              answer.status.field);
	return answer.json;
}

/* A call that must be refused so. */
__attribute__((unused, format(printf, 5, 6))) static void refused(enum hearth_code code, const char *reason, const char *field,
                                                          const char *method, const char *format, ...)
{
	FORMATTED(text, format);
	struct answer answer = ask(AT_HOME, method, NULL, text);
	ck_assert_msg(answer.json == NULL, "%s is not refused", method);
	ck_assert_msg(answer.status.code == code && strcmp(answer.status.reason, reason) == 0
	              && (field == NULL || strcmp(answer.status.field, field) == 0), "%s: %s %s: %s (%s)", method,
	              hearth_code_name(answer.status.code), answer.status.reason, answer.status.message, answer.status.field);
}

/* The value at a path such as "referral.state"; NULL when it is unset. */
static json_t *at(const json_t *json, const char *path)
{
	char part[64];
	const json_t *value = json;
	while (value != NULL && *path) {
		size_t size = strcspn(path, ".");
		snprintf(part, sizeof part, "%.*s", (int)size, path);
		value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part)) : json_object_get(value, part);
		path += size + (path[size] == '.');
	}
	return value != NULL && !json_is_null(value) ? (json_t *)(uintptr_t)value : NULL;
}

static const char *text_at(const json_t *json, const char *path)
{
	const char *text = json_string_value(at(json, path));
	return text != NULL ? text : "";
}

/* int64 comes as text, int32 as a number. */
static int64_t number_at(const json_t *json, const char *path)
{
	const json_t *value = at(json, path);
	ck_assert_msg(value != NULL, "%s is unset", path);
	return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
}

__attribute__((unused)) static const char *new_id(void)
{
	struct hearth_uuid uuid;
	char *text = hearth_arena_alloc(arena, HEARTH_UUID_SIZE);
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, text);
	return text;
}

/* ---- steps ---------------------------------------------------------------------------------------------------------- */

/* A fostering household with so many places; its id. */
__attribute__((unused)) static const char *a_home(int places)
{
	json_t *provider = call("providers/UpsertProvider", "{\"name\": \"An agency\", \"code\": \"PR4\"}");
	json_t *home = call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"FOSTERING\", \"places\": %d,"
	                    "\"grid\": {\"easting\": 430000, \"northing\": 300000}, \"registration\": \"REGISTERED\","
	                    "\"weeklyFee\": {\"pence\": 70000}}", text_at(provider, "provider.id"), places);
	return text_at(home, "home.id");
}

/* An open referral for a child; its id. */
__attribute__((unused)) static const char *an_open_referral(const char *child)
{
	json_t *referral = call("referrals/CreateReferral", "{\"childId\": \"%s\", \"urgency\": \"URGENT\","
	                        "\"neededBy\": \"2024-02-01\", \"worker\": \"w-1\", \"dateOfBirth\": {\"value\": \"2012-05-01\"},"
	                        "\"needs\": {\"sex\": \"F\", \"homeKinds\": [\"FOSTERING\"], \"homeGrid\": {\"easting\": 430000,"
	                        "\"northing\": 300000}, \"mostMiles\": {\"miles\": 20.5}}}", child);
	const char *id = text_at(referral, "referral.id");
	call("referrals/OpenReferral", "{\"referralId\": \"%s\"}", id);
	return id;
}

__attribute__((unused)) static const char *an_offer(const char *referral, const char *home)
{
	return text_at(call("referrals/RecordOffer", "{\"referralId\": \"%s\", \"homeId\": \"%s\", \"weeklyFee\":"
	                    "{\"pence\": 70000}, \"startDate\": \"2024-01-05\", \"placementType\": \"U6\","
	                    "\"noticeDays\": {\"value\": 28}}", referral, home), "offer.id");
}

static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

/* The referral once it is in `state`; ten seconds. */
__attribute__((unused)) static json_t *referral_in(const char *id, const char *state)
{
	json_t *referral = NULL;
	for (int i = 0; i < 500; i++) {
		referral = at(call("referrals/GetReferral", "{\"referralId\": \"%s\"}", id), "referral");
		if (strcmp(text_at(referral, "state"), state) == 0)
			return referral;
		rest();
	}
	ck_abort_msg("the referral is %s, not %s", text_at(referral, "state"), state);
}

/* Waits until the home has so many places held, lived in and beyond what it has; the occupancy. */
__attribute__((unused)) static json_t *occupancy_is(const char *home, int held, int confirmed, int excess)
{
	json_t *is = NULL;
	for (int i = 0; i < 500; i++) {
		is = call("providers/GetOccupancy", "{\"homeId\": \"%s\"}", home);
		if (number_at(is, "held") == held && number_at(is, "confirmed") == confirmed && number_at(is, "excess") == excess)
			return is;
		rest();
	}
	ck_abort_msg("held %lld, confirmed %lld, excess %lld", (long long)number_at(is, "held"),
	             (long long)number_at(is, "confirmed"), (long long)number_at(is, "excess"));
}

/* The only placement of the child, once placements has heard of it. */
__attribute__((unused)) static const char *placement_of(const char *child)
{
	for (int i = 0; i < 500; i++) {
		json_t *list = call("placements/ListPlacements", "{\"childId\": \"%s\"}", child);
		if (json_array_size(at(list, "placements")) > 0)
			return text_at(list, "placements.0.id");
		rest();
	}
	ck_abort_msg("no placement is planned");
}

__attribute__((unused)) static void start_placement(const char *placement, const char *day)
{
	call("placements/StartPlacement", "{\"placementId\": \"%s\", \"startDate\": \"%s\", \"legalStatus\": \"C2\","
	     "\"categoryOfNeed\": \"N1\", \"placementType\": \"U6\"}", placement, day);
}

__attribute__((unused)) static const char *a_child(void)
{
	return text_at(call("placements/CreateChild", "{\"sex\": \"F\"}"), "child.id");
}

#endif
