/* test_bad_json.c: what a person may type into `hearth call`: JSON that is none, names and types that the contract does
 * not have, numbers out of range, texts that are no texts. Exit code 1 with a status and the field on standard error,
 * nothing on standard output, nothing written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/check_main.h"
#include "../support/suite.h"
#include "run_hearth.h"
#include "tables.h"

#define AUTHORITY "931"

static struct suite *suite;

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .clock = "2024-06-03T09:00:00Z" });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

static struct outcome call(const char *method, const char *json, const char *input)
{
	const char *const argv[] = { run_hearth_path(), "--services", suite_address(suite), "--authority", AUTHORITY, "call",
		                         method, json, NULL };
	return run_program(argv, input);
}

static const struct {
	const char *method, *json, *field;
} wrong[] = {
	/* types */
	{ "placements/GetChild", "{\"childId\": 17}", "child_id" },
	{ "placements/GetChild", "{\"childId\": [\"a\"]}", "child_id" },
	{ "placements/GetChild", "{\"childId\": {\"value\": \"a\"}}", "child_id" },
	{ "placements/GetChild", "{\"childId\": true}", "child_id" },
	{ "placements/CreateChild", "{\"unaccompanied\": \"yes\"}", "unaccompanied" },
	{ "placements/CreateChild", "{\"unaccompanied\": 1}", "unaccompanied" },
	{ "placements/CreateChild", "{\"dateOfBirth\": \"2010-01-01\"}", "date_of_birth" },
	{ "placements/CreateChild", "{\"dateOfBirth\": [\"2010-01-01\"]}", "date_of_birth" },
	{ "placements/CreateChild", "{\"externalIds\": {\"system\": \"a\", \"id\": \"b\"}}", "external_ids" },
	{ "placements/CreateChild", "{\"externalIds\": [17]}", "external_ids[0]" },
	{ "placements/CreateChild", "{\"externalIds\": [{\"system\": 1, \"id\": \"b\"}]}", "external_ids[0].system" },
	{ "referrals/CreateReferral", "{\"needs\": {\"homeKinds\": \"FOSTERING\"}}", "needs.home_kinds" },
	{ "referrals/CreateReferral", "{\"needs\": {\"homeKinds\": [1]}}", "needs.home_kinds[0]" },
	{ "referrals/CreateReferral", "{\"needs\": {\"mostMiles\": {\"miles\": \"far\"}}}", "needs.most_miles.miles" },
	/* numbers */
	{ "placements/ListChildren", "{\"pageSize\": \"many\"}", "page_size" },
	{ "placements/ListChildren", "{\"pageSize\": 1.5}", "page_size" },
	{ "placements/ListChildren", "{\"pageSize\": 2147483648}", "page_size" },
	{ "placements/ListChildren", "{\"pageSize\": -2147483649}", "page_size" },
	{ "placements/ListChildren", "{\"pageSize\": \"0x10\"}", "page_size" },
	{ "finance/PriceAgreement", "{\"weeklyFee\": {\"pence\": 12.34}}", "weekly_fee.pence" },
	{ "finance/PriceAgreement", "{\"weeklyFee\": {\"pence\": \"9223372036854775808\"}}", "weekly_fee.pence" },
	{ "finance/PriceAgreement", "{\"weeklyFee\": {\"pence\": \"1e3x\"}}", "weekly_fee.pence" },
	{ "finance/PriceAgreement", "{\"weeklyFee\": 700}", "weekly_fee" },
	/* codes */
	{ "referrals/CreateReferral", "{\"urgency\": \"SOON\"}", "urgency" },
	{ "referrals/CreateReferral", "{\"urgency\": \"urgent\"}", "urgency" },
	{ "referrals/CreateReferral", "{\"urgency\": 99}", "urgency" },
	{ "referrals/CreateReferral", "{\"urgency\": -1}", "urgency" },
	{ "providers/UpsertHome", "{\"kind\": \"HOTEL\"}", "kind" },
	{ "careleavers/ListYoungPeople", "{\"status\": \"GROWN_UP\"}", "status" },
	/* names */
	{ "placements/GetChild", "{\"child\": \"a\"}", "child" },
	{ "placements/GetChild", "{\"childID\": \"a\"}", "childID" },
	{ "placements/CreateChild", "{\"dateOfBirth\": {\"day\": \"2010-01-01\"}}", "date_of_birth.day" },
	{ "placements/CreateChild", "{\"sex\": \"M\", \"sex\": \"F\"}", "" },
	{ "placements/GetChild", "{\"childId\": \"a\", \"child_id\": \"b\"}", "child_id" },
	/* texts */
	{ "placements/GetChild", "{\"childId\": \"a\\u0000b\"}", "" },
	{ "placements/GetChild", "{\"childId\": \"\\ud800\"}", "" },
	{ "placements/GetChild", "{\"childId\": \"\377\"}", "" },
	{ "placements/GetChild", "{\"childId\": \"\300\200\"}", "" },
	/* no JSON */
	{ "placements/GetChild", "", "" },
	{ "placements/GetChild", "{", "" },
	{ "placements/GetChild", "[]", "" },
	{ "placements/GetChild", "null", "" },
	{ "placements/GetChild", "17", "" },
	{ "placements/GetChild", "{\"childId\": \"a\"} and more", "" },
	{ "placements/GetChild", "{'childId': 'a'}", "" },
	/* right for the contract, wrong for the service */
	{ "placements/CountLookedAfter", "{\"date\": \"2023-02-30\"}", "date" },
	{ "placements/CreateChild", "{\"dateOfBirth\": {\"value\": \"2023-02-30\"}}", "date_of_birth" },
	{ "placements/GetChild", "{\"childId\": \"a\"}", "child_id" },
	{ "providers/UpsertHome", "{\"kind\": \"FOSTERING\", \"providerId\": \"0190b3c2-7d1e-7abc-8def-0123456789ab\", "
	  "\"weeklyFee\": {\"pence\": -1}}", "weekly_fee.pence" },
	{ "placements/ListChildren", "{\"pageSize\": 10001}", "page_size" },
};

START_TEST(a_request_that_is_wrong_is_refused_with_its_field_and_writes_nothing)
{
	char *before = tables_print(suite, NULL);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct outcome outcome = call(wrong[i].method, wrong[i].json, NULL);
		ck_assert_msg(outcome.code == 1, "%s %s: exit code %d %s", wrong[i].method, wrong[i].json, outcome.code, outcome.err);
		ck_assert_msg(strstr(outcome.err, "INVALID_ARGUMENT") != NULL, "%s: %s", wrong[i].json, outcome.err);
		ck_assert_msg(strstr(outcome.err, wrong[i].field) != NULL, "%s: %s does not name %s", wrong[i].json, outcome.err,
		              wrong[i].field);
		ck_assert_str_eq(outcome.out, "");
		outcome_done(&outcome);
	}
	char *after = tables_print(suite, NULL);
	tables_assert_same(before, after, "hearth call");
	free(before);
	free(after);
}
END_TEST

START_TEST(a_birth_date_that_is_wrong_is_not_repeated)
{
	static const char *const dates[] = { "1911-02-30", "19110203", "3rd of February 1911" };
	for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
		char json[128];
		snprintf(json, sizeof json, "{\"dateOfBirth\": {\"value\": \"%s\"}}", dates[i]);
		struct outcome outcome = call("placements/CreateChild", json, NULL);
		ck_assert_int_eq(outcome.code, 1);
		ck_assert_msg(strstr(outcome.err, "1911") == NULL, "%s", outcome.err);
		outcome_done(&outcome);
	}
}
END_TEST

START_TEST(nesting_without_end_is_refused)
{
	char *json = malloc(200001);
	memset(json, '[', 200000);
	json[200000] = '\0';
	struct outcome outcome = call("placements/GetChild", "-", json);
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "INVALID_ARGUMENT"));
	outcome_done(&outcome);
	free(json);
}
END_TEST

/* Larger than a process takes: it says so, and how much it would take. */
START_TEST(a_request_that_is_too_large_is_refused_by_the_limit)
{
	size_t count = 400, text = 4000, used = 0;
	char *json = malloc(count * (text + 64) + 64);
	used += (size_t)sprintf(json, "{\"externalIds\": [");
	for (size_t i = 0; i < count; i++) {
		used += (size_t)sprintf(json + used, "%s{\"id\": \"", i > 0 ? "," : "");
		memset(json + used, 'x', text);
		used += text;
		used += (size_t)sprintf(json + used, "\"}");
	}
	sprintf(json + used, "]}");
	struct outcome outcome = call("placements/CreateChild", "-", json);
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_msg(strstr(outcome.err, "1048576") != NULL, "%s", outcome.err);
	outcome_done(&outcome);
	free(json);
}
END_TEST

START_TEST(a_method_that_is_not_there_is_a_usage_error)
{
	static const char *const methods[] = { "placements/GetEverything", "PARKING/GetChild", "placements", "/", "placements/",
		                                   "hearth.placements.v9.Placements/GetChild" };
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		struct outcome outcome = call(methods[i], "{}", NULL);
		ck_assert_msg(outcome.code == 2, "%s: exit code %d", methods[i], outcome.code);
		ck_assert_str_ne(outcome.err, "");
		outcome_done(&outcome);
	}
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "bad json", a_request_that_is_wrong_is_refused_with_its_field_and_writes_nothing,
	                       a_birth_date_that_is_wrong_is_not_repeated, nesting_without_end_is_refused,
	                       a_request_that_is_too_large_is_refused_by_the_limit,
	                       a_method_that_is_not_there_is_a_usage_error);
}
