/* test_routes.c: contracts, their members and dated fees, what matching is told of them, use of a block, and documents with
 * an expiry, through the real programs, two of each. One suite for all tests; time only goes forward, from test to test. */
#include "homes_and_needs.h"

#include <unistd.h>
#include <libpq-fe.h>

/* One value, asked of the database as its superuser; lives as long as the test. */
__attribute__((format(printf, 1, 2))) static const char *value_of(const char *format, ...)
{
	FORMATTED(text, format);
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(connection, text);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK, "%s",
	              PQerrorMessage(connection));
	const char *value = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
	char *kept = hearth_arena_strdup(arena, value);
	PQclear(result);
	PQfinish(connection);
	return kept;
}

#define COUNT_OF(...) atoi(value_of(__VA_ARGS__))

static const char *a_provider(void)
{
	return text_at(call("providers/UpsertProvider", "{\"name\": \"An agency\", \"code\": \"PR4\"}"), "provider.id");
}

static const char *a_home_of(const char *provider, const char *kind, int places, int64_t spot_pence)
{
	return text_at(call("providers/UpsertHome", "{\"providerId\": \"%s\", \"kind\": \"%s\", \"places\": %d, \"areaAuthority\":"
	                    "\"330\", \"weeklyFee\": {\"pence\": %lld}}", provider, kind, places, (long long)spot_pence), "home.id");
}

/* Contracts of each test have references of their own. */
static const char *a_reference(void)
{
	static int no;
	return hearth_arena_printf(arena, "R-%d-%d", (int)getpid(), ++no);
}

static const char *a_contract(const char *kind, const char *more)
{
	return text_at(call("providers/UpsertContract", "{\"reference\": \"%s\", \"kind\": \"%s\", \"fromDate\": \"2023-04-01\"%s}",
	                    a_reference(), kind, more), "contract.id");
}

#define ONE_LOT ", \"lots\": [{\"code\": \"L1\", \"homeKinds\": [\"FOSTERING\"]}]"

static void admit(const char *contract, const char *provider, const char *more)
{
	call("providers/UpsertContractMember", "{\"contractId\": \"%s\", \"lot\": \"L1\", \"providerId\": \"%s\", \"fromDate\":"
	     "\"2023-04-01\"%s}", contract, provider, more);
}

static void price(const char *contract, const char *from, const char *more)
{
	call("providers/SetFee", "{\"contractId\": \"%s\", \"fromDate\": \"%s\"%s}", contract, from, more);
}

/* What matching is told: "route tier fee from until" of each row that holds on some day, for one council. */
static const char *routes_of(const char *contract, const char *authority)
{
	return value_of("SELECT string_agg(concat_ws(' ', CASE WHEN home_id IS NULL THEN '' ELSE 'home ' END || route, "
	                "coalesce(tier::text, '-'), coalesce(weekly_fee_pence::text, '?'), from_date, "
	                "coalesce(until_date::text, '..')),"
	                " E'\\n' ORDER BY home_id NULLS FIRST, provider_id, home_kind, from_date) FROM providers.home_route "
	                "WHERE contract_id = '%s' AND authority = '%s' AND until_date IS DISTINCT FROM "
	                "from_date", contract, authority);
}

/* ---- contracts ---- */

START_TEST(a_contract_is_replaced_whole_and_the_same_again_changes_nothing)
{
	const char *reference = a_reference();
	static const char body[] = "{\"reference\": \"%s\", \"name\": \"%s\", \"kind\": \"FRAMEWORK\", \"fromDate\": \"2023-04-01\","
		"\"untilDate\": \"2025-04-01\", \"extensions\": [{\"untilDate\": \"2026-04-01\"%s}], \"commissioners\":"
		"[{\"authority\": \"901\"}, {\"authority\": \"902\", \"share\": {\"value\": 3}}], \"lots\": [{\"code\": \"L1\","
		"\"homeKinds\": [\"FOSTERING\"], \"areaAuthorities\": [\"330\"], \"places\": {\"value\": 4}}, {\"code\": \"L2\","
		"\"homeKinds\": [\"CHILDRENS_HOME\", \"SHORT_BREAKS\"]}]}";
	char text[1024];
	snprintf(text, sizeof text, body, reference, "A", "");
	json_t *first = call("providers/UpsertContract", "%s", text), *again = call("providers/UpsertContract", "%s", text);
	ck_assert(json_equal(first, again));
	const char *id = text_at(first, "contract.id");
	ck_assert_str_eq(text_at(first, "contract.runsUntil"), "2025-04-01");
	ck_assert_int_eq(number_at(first, "contract.lots.0.places.value"), 4);
	ck_assert_ptr_null(at(first, "contract.lots.1.places"));
	ck_assert_str_eq(text_at(first, "contract.commissioners.0.part"), "CHILDREN");
	ck_assert_ptr_null(at(first, "contract.commissioners.0.share"));
	ck_assert(json_equal(first, call("providers/GetContract", "{\"contractId\": \"%s\"}", id)));
	snprintf(text, sizeof text, body, reference, "B", ", \"takenOn\": \"2024-12-01\"");
	json_t *other = call("providers/UpsertContract", "%s", text);
	ck_assert_str_eq(text_at(other, "contract.id"), id);
	ck_assert_str_eq(text_at(other, "contract.etag"), "2");
	ck_assert_str_eq(text_at(other, "contract.runsUntil"), "2026-04-01");
	ck_assert_str_eq(value_of("SELECT was ->> 'name' FROM providers.contract_was WHERE contract_id = '%s'", id), "A");
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.contract.recorded.v1' "
	                          "AND aggregateid = '%s'", id), 2);
	refused(HEARTH_ABORTED, "STALE_ETAG", NULL, "providers/EndContract", "{\"contractId\": \"%s\", \"etag\": \"1\", \"date\":"
	        "\"2024-01-01\", \"reason\": \"RELET\"}", id);
}
END_TEST

START_TEST(what_was_said_of_a_lot_or_a_share_before_is_kept)
{
	const char *reference = a_reference(), *id;
	static const char body[] = "{\"reference\": \"%s\", \"kind\": \"BLOCK\", \"fromDate\": \"2023-04-01\", \"commissioners\":"
		"[{\"authority\": \"901\", \"share\": {\"value\": %d}}], \"lots\": [{\"code\": \"L1\", "
		"\"homeKinds\": [\"FOSTERING\"],"
		"\"places\": {\"value\": %d}}]}";
	id = text_at(call("providers/UpsertContract", body, reference, 2, 2), "contract.id");
	call("providers/UpsertContract", body, reference, 3, 3);
	ck_assert_str_eq(value_of("SELECT string_agg(concat_ws(' ', share, since_version, until_version), ', ' ORDER BY since_version)"
	                          " FROM providers.contract_commissioner WHERE contract_id = '%s'", id), "2 1 2, 3 2");
	ck_assert_str_eq(value_of("SELECT string_agg(concat_ws(' ', places, since_version, until_version), ', ' ORDER BY since_version)"
	                          " FROM providers.contract_lot WHERE contract_id = '%s'", id), "2 1 2, 3 2");
	ck_assert_int_eq(number_at(call("providers/GetContract", "{\"contractId\": \"%s\"}", id), "contract.lots.0.places.value"), 3);
}
END_TEST

START_TEST(commissioners_see_a_contract_and_its_leader_alone_changes_it)
{
	const char *id = a_contract("FRAMEWORK", ONE_LOT ", \"commissioners\": [{\"authority\": \"901\"}, {\"authority\": \"902\"}]");
	char text[300];
	snprintf(text, sizeof text, "{\"contractId\": \"%s\"}", id);
	ck_assert_str_eq(text_at(ask("902", "providers/GetContract", NULL, text).json, "contract.authority"), "901");
	snprintf(text, sizeof text, "{\"contractId\": \"%s\", \"date\": \"2024-01-01\", \"reason\": \"RELET\"}", id);
	ck_assert_str_eq(ask("902", "providers/EndContract", NULL, text).status.reason, "NOT_LEADING");
	snprintf(text, sizeof text, "{\"contractId\": \"%s\", \"reference\": \"X\", \"kind\": \"SPOT\", \"fromDate\": \"2024-01-01\"}",
	         id);
	ck_assert_str_eq(ask("902", "providers/UpsertContract", NULL, text).status.reason, "NOT_LEADING");
	snprintf(text, sizeof text, "{\"contractId\": \"%s\", \"lot\": \"L1\", \"providerId\": \"%s\", \"fromDate\": \"2024-01-01\"}",
	         id, a_provider());
	ck_assert_str_eq(ask("902", "providers/UpsertContractMember", NULL, text).status.reason, "NOT_LEADING");
	snprintf(text, sizeof text, "{\"contractId\": \"%s\", \"fromDate\": \"2024-01-01\"}", id);
	ck_assert_str_eq(ask("902", "providers/SetFee", NULL, text).status.reason, "NOT_LEADING");
}
END_TEST

START_TEST(councils_without_a_part_find_no_contract_and_no_price)
{
	const char *id = a_contract("FRAMEWORK", ONE_LOT);
	char text[300];
	price(id, "2023-04-01", ", \"weeklyFee\": {\"pence\": 90000}");
	snprintf(text, sizeof text, "{\"contractId\": \"%s\"}", id);
	ck_assert_int_eq(ask("903", "providers/GetContract", NULL, text).status.code, HEARTH_NOT_FOUND);
	ck_assert_uint_eq(json_array_size(at(ask("903", "providers/ListFees", NULL, text).json, "fees")), 0);
	ck_assert_uint_eq(json_array_size(at(ask("901", "providers/ListFees", NULL, text).json, "fees")), 1);
	/* Its reference is free to them. */
	json_t *mine = call("providers/GetContract", "%s", text);
	snprintf(text, sizeof text, "{\"reference\": \"%s\", \"kind\": \"SPOT\", \"fromDate\": \"2024-01-01\"}",
	         text_at(mine, "contract.reference"));
	ck_assert_str_ne(text_at(ask("903", "providers/UpsertContract", NULL, text).json, "contract.id"), id);
}
END_TEST

START_TEST(what_cannot_be_a_contract_is_refused_and_says_what_is_wrong)
{
	static const struct { const char *more, *field; } wrong[] = {
		{ ", \"untilDate\": \"2023-04-01\"", "until_date" },
		{ ", \"extensions\": [{\"untilDate\": \"2023-04-01\"}]", "extensions[0].until_date" },
		{ ", \"commissioners\": [{\"authority\": \"901\"}, {\"authority\": \"901\", \"part\": \"CHILDREN\"}]",
		  "commissioners[1].authority" },
		{ ", \"lots\": [{\"code\": \"L1\", \"homeKinds\": [\"CASTLE\"]}]", "lots[0].home_kinds" },
		{ ", \"lots\": [{\"code\": \"L1\"}]", "lots[0].home_kinds" },
		{ ", \"lots\": [{\"code\": \"L1\", \"homeKinds\": [\"FOSTERING\"]}, {\"code\": \"L1\", \"homeKinds\": [\"FOSTERING\"]}]",
		  "lots[1].code" },
		{ ", \"lots\": [{\"code\": \"L1\", \"homeKinds\": [\"FOSTERING\"], \"placesInside\": {\"value\": 1}}]",
		  "lots[0].places_inside.value" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", wrong[i].field, "providers/UpsertContract",
		        "{\"reference\": \"W-1\", \"kind\": \"FRAMEWORK\", \"fromDate\": \"2023-04-01\"%s}", wrong[i].more);
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "kind", "providers/UpsertContract",
	        "{\"reference\": \"W-1\", \"fromDate\": \"2023-04-01\"}");
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.contract WHERE reference = 'W-1'"), 0);
}
END_TEST

START_TEST(a_dynamic_market_takes_entrants_and_a_framework_that_is_closed_none)
{
	const char *framework = a_contract("FRAMEWORK", ONE_LOT), *market = a_contract("DYNAMIC_MARKET", ONE_LOT);
	const char *early = a_provider(), *late = a_provider();
	static const char later[] = "{\"contractId\": \"%s\", \"lot\": \"L1\", \"providerId\": \"%s\", \"fromDate\": \"2023-06-01\","
		"\"tier\": {\"value\": 2}}";
	admit(framework, early, "");
	refused(HEARTH_FAILED_PRECONDITION, "CLOSED_TO_ENTRANTS", "provider_id", "providers/UpsertContractMember", later, framework,
	        late);
	call("providers/UpsertContractMember", later, framework, early);
	call("providers/UpsertContractMember", later, market, late);
	refused(HEARTH_FAILED_PRECONDITION, "LOT_UNKNOWN", "lot", "providers/UpsertContractMember", "{\"contractId\": \"%s\","
	        "\"lot\": \"L9\", \"providerId\": \"%s\", \"fromDate\": \"2023-06-01\"}", market, late);
	refused(HEARTH_FAILED_PRECONDITION, "BEFORE_CONTRACT", "from_date", "providers/UpsertContractMember", "{\"contractId\":"
	        "\"%s\", \"lot\": \"L1\", \"providerId\": \"%s\", \"fromDate\": \"2022-06-01\"}", market, late);
	refused(HEARTH_FAILED_PRECONDITION, "HOME_UNKNOWN", "home_id", "providers/UpsertContractMember", "{\"contractId\": \"%s\","
	        "\"lot\": \"L1\", \"providerId\": \"%s\", \"homeId\": \"%s\", \"fromDate\": \"2023-06-01\"}", market, late,
	        a_home_of(early, "FOSTERING", 1, 70000));
}
END_TEST

START_TEST(a_purchasing_system_of_the_older_law_runs_on_and_none_is_let_anew)
{
	static const char body[] = "{\"reference\": \"%s\", \"kind\": \"DYNAMIC_MARKET\", \"basis\": \"%s\", \"fromDate\": \"%s\"}";
	const char *reference = a_reference();
	call("providers/UpsertContract", body, reference, "PUBLIC_CONTRACTS_REGULATIONS_2015", "2024-04-01");
	call("providers/UpsertContract", body, reference, "PUBLIC_CONTRACTS_REGULATIONS_2015", "2025-02-23");
	refused(HEARTH_FAILED_PRECONDITION, "LAW_OF_CONTRACT", "basis", "providers/UpsertContract", body, a_reference(),
	        "PUBLIC_CONTRACTS_REGULATIONS_2015", "2025-02-24");
	refused(HEARTH_FAILED_PRECONDITION, "LAW_OF_CONTRACT", "basis", "providers/UpsertContract", body, a_reference(),
	        "PROCUREMENT_ACT_2023", "2025-02-23");
	call("providers/UpsertContract", body, a_reference(), "PROCUREMENT_ACT_2023", "2025-02-24");
}
END_TEST

/* The figures of a published strategy: what is to be confirmed or of unknown place is in no sum. */
START_TEST(places_that_are_not_known_are_counted_apart_and_never_nought)
{
	static const char block[] = "{\"reference\": \"A17-B\", \"kind\": \"BLOCK\", \"fromDate\": \"2023-04-01\", \"commissioners\":"
		"[{\"authority\": \"904\", \"share\": {\"value\": 100}}, {\"authority\": \"904\", \"part\": \"HOUSING\", \"share\":"
		"{\"value\": 90}}], \"lots\": [{\"code\": \"L1\", \"homeKinds\": [\"SUPPORTED_ACCOMMODATION\"], \"places\":"
		"{\"value\": 190}}]}";
	static const char *const contracts[] = { block,
		"{\"reference\": \"A17-H\", \"kind\": \"PREFERRED_PROVIDER\", \"fromDate\": \"2023-04-01\", "
		"\"lots\": [{\"code\": \"L1\","
		"\"homeKinds\": [\"CHILDRENS_HOME\"], \"places\": {\"value\": 14}}]}",
		"{\"reference\": \"A17-P\", \"kind\": \"FRAMEWORK\", \"fromDate\": \"2023-04-01\", \"lots\": "
		"[{\"code\": \"RESIDENTIAL\","
		"\"homeKinds\": [\"CHILDRENS_HOME\"], \"places\": {\"value\": 157}, \"placesInside\": {\"value\": 75}}]}",
		"{\"reference\": \"A17-F\", \"kind\": \"FRAMEWORK\", \"fromDate\": \"2023-04-01\", \"lots\": "
		"[{\"code\": \"FOSTERING\","
		"\"homeKinds\": [\"FOSTERING\"], \"places\": {\"value\": 2273}, \"estimated\": true}]}",
		"{\"reference\": \"A17-D\", \"kind\": \"DYNAMIC_MARKET\", \"fromDate\": \"2023-04-01\", \"lots\": [{\"code\": \"L1\","
		"\"homeKinds\": [\"SUPPORTED_ACCOMMODATION\"]}]}", };
	static const struct { const char *path; int64_t wanted; } sums[] = { { "places", 361 }, { "usable", 271 }, { "inside", 75 },
		{ "outside", 82 }, { "locationUnknown", 204 }, { "insidePermille.value", 478 }, { "estimated", 2273 },
		{ "estimatedInside", 0 }, { "estimatedLocationUnknown", 2273 }, { "lots", 5 }, { "lotsUnknown", 1 },
		{ "blocksUnknown", 0 } };
	for (size_t i = 0; i < sizeof contracts / sizeof contracts[0]; i++)
		ck_assert_ptr_nonnull(ask("904", "providers/UpsertContract", NULL, contracts[i]).json);
	json_t *all = ask("904", "providers/GetContractedPlaces", NULL, "{\"date\": \"2024-01-01\"}").json;
	for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
		ck_assert_msg(number_at(all, sums[i].path) == sums[i].wanted, "%s: %lld", sums[i].path,
		              (long long)number_at(all, sums[i].path));
	json_t *before = ask("904", "providers/GetContractedPlaces", NULL, "{\"date\": \"2023-03-31\"}").json;
	ck_assert_int_eq(number_at(before, "places") + number_at(before, "lots"), 0);
	ck_assert_ptr_null(at(before, "insidePermille"));
}
END_TEST

/* ---- fees, and what matching is told ---- */

START_TEST(fees_follow_one_another_on_any_day_and_nothing_is_overwritten)
{
	const char *id = a_contract("FRAMEWORK", ONE_LOT), *provider = a_provider();
	admit(id, provider, ", \"tier\": {\"value\": 1}");
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 1 ? 2023-04-01 ..");
	price(id, "2023-04-01", ", \"lot\": \"L1\", \"weeklyFee\": {\"pence\": 70000}");
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 1 70000 2023-04-01 ..");
	price(id, "2023-11-15", ", \"lot\": \"L1\", \"weeklyFee\": {\"pence\": 73500}");         /* a Wednesday */
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 1 70000 2023-04-01 2023-11-15\nFRAMEWORK 1 73500 2023-11-15 ..");
	price(id, "2023-11-15", ", \"lot\": \"L1\", \"weeklyFee\": {\"pence\": 73600}");
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 1 70000 2023-04-01 2023-11-15\nFRAMEWORK 1 73600 2023-11-15 ..");
	price(id, "2024-02-01", ", \"lot\": \"L1\"");                                          /* to be confirmed */
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 1 70000 2023-04-01 2023-11-15\nFRAMEWORK 1 73600 2023-11-15 2024-02-01\n"
	                 "FRAMEWORK 1 ? 2024-02-01 ..");
	price(id, "2024-02-01", ", \"lot\": \"L1\", \"untilDate\": \"2024-02-01\"");           /* it was never so */
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 1 70000 2023-04-01 2023-11-15\nFRAMEWORK 1 73600 2023-11-15 ..");
	json_t *fees = call("providers/ListFees", "{\"contractId\": \"%s\", \"date\": \"2023-12-01\"}", id);
	ck_assert_uint_eq(json_array_size(at(fees, "fees")), 1);
	ck_assert_int_eq(number_at(fees, "fees.0.weeklyFee.pence"), 73600);
	ck_assert_uint_eq(json_array_size(at(call("providers/ListFees", "{\"contractId\": \"%s\", \"withReplaced\": true}", id),
	                                    "fees")), 5);
	/* Each row that ever was is still there, and the one that was wrong holds on no day. */
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.home_route WHERE contract_id = '%s' AND weekly_fee_pence = 73500 "
	                          "AND until_date = from_date", id), 1);
}
END_TEST

START_TEST(the_same_fee_again_changes_nothing_and_tells_nothing)
{
	const char *id = a_contract("FRAMEWORK", ONE_LOT);
	static const char body[] = "{\"contractId\": \"%s\", \"fromDate\": \"2023-04-01\", \"band\": \"ENHANCED\", \"weeklyFee\":"
		"{\"pence\": 120000}}";
	json_t *first = call("providers/SetFee", body, id), *again = call("providers/SetFee", body, id);
	ck_assert(json_equal(first, again));
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.contract.fee_set.v1' "
	                          "AND partition_key = '%s'", id), 1);
	admit(id, a_provider(), "");
	/* A band's fee is not what matching reckons with. */
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK - ? 2023-04-01 ..");
}
END_TEST

START_TEST(the_most_particular_fee_holds)
{
	const char *id = a_contract("FRAMEWORK", ", \"lots\": [{\"code\": \"L1\", \"homeKinds\": [\"FOSTERING\","
	                            "\"SUPPORTED_LODGINGS\"]}]");
	const char *provider = a_provider(), *home = a_home_of(provider, "FOSTERING", 2, 99900);
	char more[200];
	admit(id, provider, "");
	price(id, "2023-04-01", ", \"weeklyFee\": {\"pence\": 1}");
	price(id, "2023-05-01", ", \"homeKind\": \"SUPPORTED_LODGINGS\", \"weeklyFee\": {\"pence\": 2}");
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK - 1 2023-04-01 ..\nFRAMEWORK - 1 2023-04-01 2023-05-01\n"
	                 "FRAMEWORK - 2 2023-05-01 ..");
	snprintf(more, sizeof more, ", \"providerId\": \"%s\", \"untilDate\": \"2023-07-01\", \"weeklyFee\": {\"pence\": 3}", provider);
	price(id, "2023-06-01", more);
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK - 1 2023-04-01 2023-06-01\nFRAMEWORK - 3 2023-06-01 2023-07-01\n"
	                 "FRAMEWORK - 1 2023-07-01 ..\nFRAMEWORK - 1 2023-04-01 2023-05-01\nFRAMEWORK - 2 2023-05-01 2023-06-01\n"
	                 "FRAMEWORK - 3 2023-06-01 2023-07-01\nFRAMEWORK - 2 2023-07-01 ..");
	snprintf(more, sizeof more, ", \"homeId\": \"%s\", \"weeklyFee\": {\"pence\": 4}", home);
	price(id, "2023-06-15", more);
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.home_route WHERE contract_id = '%s' AND home_id = '%s' AND "
	                          "weekly_fee_pence = 4 AND from_date = '2023-06-15' AND until_date IS NULL", id, home), 1);
	refused(HEARTH_FAILED_PRECONDITION, "PROVIDER_NOT_MEMBER", "provider_id", "providers/SetFee", "{\"contractId\": \"%s\","
	        "\"providerId\": \"%s\", \"fromDate\": \"2023-04-01\"}", id, a_provider());
}
END_TEST

START_TEST(each_commissioner_has_its_routes_for_as_long_as_the_contract_runs)
{
	const char *reference = a_reference(), *provider = a_provider();
	static const char body[] = "{\"reference\": \"%s\", \"kind\": \"FRAMEWORK\", \"fromDate\": \"2023-04-01\", \"untilDate\":"
		"\"2024-04-01\", \"extensions\": [{\"untilDate\": \"2025-04-01\"%s}], \"commissioners\": [{\"authority\": \"901\"},"
		"{\"authority\": \"902\", \"fromDate\": \"2023-10-01\"}], \"lots\": [{\"code\": \"L1\", "
		"\"homeKinds\": [\"FOSTERING\"],"
		"\"areaAuthorities\": [\"330\", \"331\"]}]}";
	const char *id = text_at(call("providers/UpsertContract", body, reference, ""), "contract.id");
	admit(id, provider, ", \"tier\": {\"value\": 2}");
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 2 ? 2023-04-01 2024-04-01");
	/* Nobody but the council itself says that it takes part. */
	ck_assert_str_eq(routes_of(id, "902"), "");
	char text[100];
	snprintf(text, sizeof text, "{\"contractId\": \"%s\"}", id);
	json_t *joined = ask("902", "providers/JoinContract", NULL, text).json;
	ck_assert(json_is_true(at(joined, "contract.commissioners.1.joined")));
	ck_assert(json_equal(joined, ask("902", "providers/JoinContract", NULL, text).json));
	ck_assert(json_equal(at(joined, "contract"), at(call("providers/GetContract", "%s", text), "contract")));
	ck_assert_str_eq(routes_of(id, "902"), "FRAMEWORK 2 ? 2023-10-01 2024-04-01");
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.contract.joined.v1' "
	                          "AND partition_key = '%s' AND authority = '902'", id), 1);
	ck_assert_str_eq(value_of("SELECT area_authorities::text FROM providers.home_route WHERE contract_id = '%s' LIMIT 1", id),
	                 "{330,331}");
	call("providers/UpsertContract", body, reference, ", \"takenOn\": \"2023-12-01\"");
	ck_assert_str_eq(routes_of(id, "902"), "FRAMEWORK 2 ? 2023-10-01 2025-04-01");
	call("providers/UpsertContractMember", "{\"contractId\": \"%s\", \"lot\": \"L1\", \"providerId\": \"%s\", \"fromDate\":"
	     "\"2024-01-10\", \"tier\": {\"value\": 1}}", id, provider);
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 2 ? 2023-04-01 2024-01-10\nFRAMEWORK 1 ? 2024-01-10 2025-04-01");
	call("providers/EndContract", "{\"contractId\": \"%s\", \"date\": \"2024-06-01\", \"reason\": \"RELET\"}", id);
	call("providers/EndContract", "{\"contractId\": \"%s\", \"date\": \"2024-06-01\", \"reason\": \"RELET\"}", id);
	ck_assert_str_eq(routes_of(id, "901"), "FRAMEWORK 2 ? 2023-04-01 2024-01-10\nFRAMEWORK 1 ? 2024-01-10 2024-06-01");
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.contract.ended.v1' "
	                          "AND aggregateid = '%s'", id), 1);
	refused(HEARTH_FAILED_PRECONDITION, "LOT_IN_USE", "lots", "providers/UpsertContract", "{\"reference\": \"%s\", \"kind\":"
	        "\"FRAMEWORK\", \"fromDate\": \"2023-04-01\"}", reference);
}
END_TEST

/* Members, tiers and fees of a contract at random, as their calls record them. */
static void fill_at_random(const char *contract, const char *first, const char *second, const char *home, int seed)
{
	value_of("SET search_path = providers; SELECT setseed(0.%d); INSERT INTO providers.contract_member "
	         "(id, contract_id, lot, provider_id, home_id, tier, "
	         "from_date, until_date, actor, recorded, replaced) SELECT DISTINCT ON (r.lot, r.provider, r.home, r.day) "
	         "gen_random_uuid(), '%s', r.lot, r.provider, r.home, r.tier, r.day, r.day + r.days, "
	         "'test', now(), NULL FROM (SELECT "
	         "'L' || ceil(random() * 2) AS lot, (ARRAY['%s', '%s']::uuid[])[ceil(random() * 2)] AS provider, NULL::uuid AS home, "
	         "NULLIF(floor(random() * 3), 0)::int AS tier, date '2023-04-01' + floor(random() * 60)::int AS day, "
	         "NULLIF(floor(random() * 40) - 5, -5)::int AS days FROM generate_series(1, 12)) r WHERE "
	         "r.days IS NULL OR r.days >= 0",
	         seed, contract, first, second);
	value_of("SET search_path = providers; INSERT INTO providers.contract_fee (id, contract_id, lot, "
	         "provider_id, home_id, home_kind, band, weekly_fee_pence, "
	         "from_date, until_date, actor, recorded) SELECT DISTINCT ON (r.lot, r.provider, r.home, r.kind, r.band, r.day) "
	         "gen_random_uuid(), '%s', r.lot, r.provider, r.home, r.kind, r.band, r.pence, r.day, r.day + r.days, 'test', now() "
	         "FROM (SELECT (ARRAY[NULL, 'L1', 'L2'])[ceil(random() * 3)] AS lot, (ARRAY[NULL, '%s', "
	         "'%s']::uuid[])[ceil(random() * 3)] "
	         "AS provider, (ARRAY[NULL, NULL, NULL, '%s']::uuid[])[ceil(random() * 4)] AS home, (ARRAY[NULL, 'FOSTERING', "
	         "'SHORT_BREAKS'])[ceil(random() * 3)] AS kind, (ARRAY[NULL, NULL, 'B'])[ceil(random() * 3)] AS band, "
	         "NULLIF(floor(random() * 4), 0)::bigint AS pence, date '2023-04-01' + floor(random() * 60)::int AS day, "
	         "NULLIF(floor(random() * 40) - 5, -5)::int AS days FROM generate_series(1, 40)) r "
	         "WHERE (r.days IS NULL OR r.days >= 0) AND (r.home IS NULL OR r.provider IS NULL OR r.provider = '%s')",
	         contract, first, second, home, first);
}

/* What holds on each of ninety days, looked up day by day without any of the function's means, against the rows. */
static int days_that_differ(const char *contract)
{
	static const char days[] =
		"CREATE TEMP TABLE day AS SELECT date '2023-03-28' + g AS d FROM generate_series(0, 90) g;"
		"CREATE TEMP TABLE m AS SELECT d, x.* FROM day, providers.contract_member x WHERE contract_id = '%s' "
		"AND from_date <= d AND (until_date IS NULL OR until_date > d) AND NOT EXISTS (SELECT FROM "
		"providers.contract_member y "
		"WHERE y.contract_id = x.contract_id AND y.lot = x.lot AND y.provider_id = x.provider_id AND "
		"y.from_date > x.from_date "
		"AND y.from_date <= d AND y.until_date IS DISTINCT FROM y.from_date);"
		"CREATE TEMP TABLE f AS SELECT d, x.* FROM day, providers.contract_fee x WHERE contract_id = '%s' AND band IS NULL "
		"AND from_date <= d AND (until_date IS NULL OR until_date > d) AND NOT EXISTS (SELECT FROM providers.contract_fee y "
		"WHERE y.contract_id = x.contract_id AND y.band IS NULL AND (y.lot, y.provider_id, y.home_id, "
		"y.home_kind) IS NOT DISTINCT "
		"FROM (x.lot, x.provider_id, x.home_id, x.home_kind) AND y.from_date > x.from_date AND y.from_date <= d "
		"AND y.until_date IS DISTINCT FROM y.from_date);";
	static const char compare[] =
		"CREATE TEMP TABLE o AS SELECT m.d, NULL::uuid AS home, m.provider_id, k AS kind, m.tier, (SELECT "
		"f.weekly_fee_pence FROM f "
		"WHERE f.d = m.d AND f.home_id IS NULL AND (f.lot IS NULL OR f.lot = m.lot) AND (f.provider_id IS "
		"NULL OR f.provider_id = "
		"m.provider_id) AND (f.home_kind IS NULL OR f.home_kind = k) ORDER BY f.provider_id NULLS LAST, "
		"f.lot NULLS LAST, f.home_kind "
		"NULLS LAST LIMIT 1) AS pence FROM m, (VALUES ('FOSTERING'), ('SHORT_BREAKS')) v (k);"
		"CREATE TEMP TABLE w AS SELECT day.d, r.home_id, r.provider_id, r.home_kind, r.tier, r.weekly_fee_pence FROM day, "
		"providers.home_route r WHERE r.contract_id = '%s' AND r.home_id IS NULL AND r.from_date <= d "
		"AND (r.until_date IS NULL OR r.until_date > d);";
	PGconn *connection = PQconnectdb(suite_admin_url(suite));
	char text[4096];
	snprintf(text, sizeof text, days, contract, contract);
	PGresult *result = PQexec(connection, text);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(connection));
	PQclear(result);
	snprintf(text, sizeof text, compare, contract);
	PQclear(PQexec(connection, text));
	result = PQexec(connection, "SELECT (SELECT count(*) FROM (SELECT * FROM o EXCEPT SELECT * FROM w) x) + (SELECT count(*) FROM "
	                "(SELECT * FROM w EXCEPT SELECT * FROM o) x), count(*), (SELECT count(DISTINCT pence) FROM o) FROM w");
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(connection));
	int differ = atoi(PQgetvalue(result, 0, 0));
	ck_assert_int_gt(atoi(PQgetvalue(result, 0, 1)), 50);
	ck_assert_int_ge(atoi(PQgetvalue(result, 0, 2)), 2);
	PQclear(result);
	PQfinish(connection);
	return differ;
}

START_TEST(on_each_day_the_routes_are_those_that_a_look_at_each_row_finds)
{
	const char *first = a_provider(), *second = a_provider(), *home = a_home_of(first, "FOSTERING", 2, 99900);
	for (int seed = 1; seed <= 8; seed++) {
		const char *id = a_contract("FRAMEWORK", ", \"openToEntrants\": true, \"lots\": [{\"code\": \"L1\", \"homeKinds\":"
		                            "[\"FOSTERING\", \"SHORT_BREAKS\"]}, {\"code\": \"L2\", \"homeKinds\": [\"FOSTERING\","
		                            "\"SHORT_BREAKS\"]}]");
		fill_at_random(id, first, second, home, seed);
		ck_assert_int_eq(days_that_differ(id), 0);
		/* No row stands there twice. */
		ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.home_route a JOIN providers.home_route b ON a.contract_id = "
		                          "b.contract_id AND a.home_id IS NOT DISTINCT FROM b.home_id AND "
		                          "a.provider_id IS NOT DISTINCT FROM "
		                          "b.provider_id AND a.home_kind IS NOT DISTINCT FROM b.home_kind AND "
		                          "a.tier IS NOT DISTINCT FROM "
		                          "b.tier AND a.weekly_fee_pence IS NOT DISTINCT FROM b.weekly_fee_pence "
		                          "AND a.authority = b.authority "
		                          "AND a.from_date = b.from_date AND a.id <> b.id WHERE a.contract_id = '%s'", id), 0);
	}
}
END_TEST

/* What matching says of a home to a council: "route fee". */
static const char *matched(const char *authority, const char *home)
{
	char text[200];
	snprintf(text, sizeof text, "{\"homeId\": \"%s\", \"needs\": {\"age\": {\"value\": 9}}}", home);
	struct answer answer = ask(authority, "providers/ExplainHome", NULL, text);
	ck_assert_msg(answer.json != NULL, "%s", answer.status.message);
	json_t *fee = at(answer.json, "home.weeklyFee.pence");
	return hearth_arena_printf(arena, "%s %s", text_at(answer.json, "home.route"), fee ? json_string_value(fee) : "?");
}

START_TEST(matching_says_the_route_and_the_fee_of_the_day_to_each_council_its_own)
{
	const char *provider = a_provider(), *home = a_home_of(provider, "FOSTERING", 2, 99900);
	const char *other = a_home_of(provider, "FOSTERING", 2, 88800);
	const char *id = a_contract("FRAMEWORK", ONE_LOT);
	char more[200];
	ck_assert_str_eq(matched("901", home), "SPOT 99900");
	admit(id, provider, ", \"tier\": {\"value\": 1}");
	ck_assert_str_eq(matched("901", home), "FRAMEWORK ?");
	price(id, "2023-04-01", ", \"weeklyFee\": {\"pence\": 70000}");
	ck_assert_str_eq(matched("901", home), "FRAMEWORK 70000");
	price(id, "2023-12-27", ", \"weeklyFee\": {\"pence\": 71000}");        /* the clock stands at 1 January 2024 */
	price(id, "2030-01-01", ", \"weeklyFee\": {\"pence\": 99000}");
	ck_assert_str_eq(matched("901", home), "FRAMEWORK 71000");
	ck_assert_str_eq(matched("902", home), "SPOT 99900");
	snprintf(more, sizeof more, ", \"homeId\": \"%s\", \"weeklyFee\": {\"pence\": 73000}", home);
	price(id, "2023-04-01", more);
	ck_assert_str_eq(matched("901", home), "FRAMEWORK 73000");
	ck_assert_str_eq(matched("901", other), "FRAMEWORK 71000");
	call("providers/EndContract", "{\"contractId\": \"%s\", \"date\": \"2023-12-31\", \"reason\": \"RELET\"}", id);
	ck_assert_str_eq(matched("901", home), "SPOT 99900");
}
END_TEST

/* More members than are written at once: some at a time, by a timer, soon. */
START_TEST(a_framework_of_many_providers_is_priced_and_ended_in_one_call)
{
	enum { MEMBERS = 23 };
	const char *id = a_contract("FRAMEWORK", ONE_LOT);
	for (int i = 0; i < MEMBERS; i++)
		admit(id, a_provider(), "");
	price(id, "2023-04-01", ", \"weeklyFee\": {\"pence\": 81000}");
	call("providers/EndContract", "{\"contractId\": \"%s\", \"date\": \"2024-06-01\", \"reason\": \"RELET\"}", id);
	int right = 0;
	for (int wait = 0; wait < 250 && right < MEMBERS; wait++, rest())
		right = COUNT_OF("SELECT count(*) FROM providers.home_route WHERE contract_id = '%s' AND weekly_fee_pence = 81000 "
		                 "AND from_date = '2023-04-01' AND until_date = '2024-06-01'", id);
	ck_assert_int_eq(right, MEMBERS);
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.home_route WHERE contract_id = '%s' "
	                          "AND until_date IS DISTINCT FROM from_date", id), MEMBERS);
	ck_assert_int_eq(COUNT_OF("SELECT count(*) FROM providers.timer WHERE kind = 'contract_routes' AND subject = '%s'", id), 0);
}
END_TEST

/* ---- a block ---- */

static const char *begin_in(const char *home, const char *day)
{
	json_t *planned = call("placements/PlanPlacement", "{\"childId\": \"%s\", \"homeId\": \"%s\", \"plannedStart\":"
	                       "\"%s\", \"placementType\": \"U6\", \"legalStatus\": \"C2\"}", a_child(), home, day);
	const char *id = text_at(planned, "placement.id");
	start_placement(id, day);
	return id;
}

#define BLOCK_OF(shares) ", \"commissioners\": [" shares "], \"lots\": [{\"code\": \"L1\", \"homeKinds\": [\"FOSTERING\"]}]"

START_TEST(a_block_is_reported_by_commissioner_and_a_part_whose_people_are_not_known_stays_unknown)
{
	const char *provider = a_provider(), *home = a_home_of(provider, "FOSTERING", 4, 100000);
	const char *id = a_contract("BLOCK", BLOCK_OF("{\"authority\": \"901\", \"share\": {\"value\": 2}},"
	                            "{\"authority\": \"901\", \"part\": \"HOUSING\", \"share\": {\"value\": 1}},"
	                            "{\"authority\": \"902\", \"share\": {\"value\": 1}}"));
	admit(id, provider, "");
	price(id, "2024-01-01", ", \"weeklyFee\": {\"pence\": 70001}");
	drive("2024-01-02T09:00:00Z");
	const char *placement = begin_in(home, "2024-01-02");
	occupancy_is(home, 0, 1, 0);
	drive("2024-01-12T09:00:00Z");
	call("placements/EndPlacement", "{\"placementId\": \"%s\", \"endDate\": \"2024-01-12\", \"reason\": \"CARPL\"}", placement);
	occupancy_is(home, 0, 0, 0);
	json_t *report = call("providers/GetBlockReport", "{\"contractId\": \"%s\", \"fromDate\": \"2024-01-01\", \"untilDate\":"
	                      "\"2024-01-15\"}", id);
	ck_assert_uint_eq(json_array_size(at(report, "days")), 14);
	ck_assert_int_eq(number_at(report, "commissioners.0.sums.nightsPaid.value"), 28);
	ck_assert_int_eq(number_at(report, "commissioners.0.sums.nightsUsed.value"), 10);
	ck_assert_int_eq(number_at(report, "commissioners.0.sums.nightsVoid.value"), 18);
	ck_assert_int_eq(number_at(report, "commissioners.0.sharePermille.value"), 500);
	ck_assert_int_eq(number_at(report, "commissioners.0.sums.paid.pence"), 280004);
	/* 70001 pence a week: the seventh day of each costs 10001, the others 10000; 18 void nights, one of them a seventh. */
	ck_assert_int_eq(number_at(report, "commissioners.0.sums.voidCost.pence"), 180003);
	ck_assert_str_eq(text_at(report, "commissioners.1.part"), "HOUSING");
	ck_assert_int_eq(number_at(report, "commissioners.1.sums.nightsPaid.value"), 14);
	ck_assert_ptr_null(at(report, "commissioners.1.sums.nightsUsed"));
	ck_assert_ptr_null(at(report, "commissioners.1.sums.voidCost"));
	ck_assert_int_eq(number_at(report, "commissioners.2.sums.nightsVoid.value"), 14);
	ck_assert_ptr_null(at(report, "sums.nightsUsed"));
	ck_assert_int_eq(number_at(report, "sums.nightsPaid.value"), 56);
	ck_assert_str_eq(text_at(report, "spotSource"), "HOMES");
	ck_assert_int_eq(number_at(report, "spotWeeklyFee.pence"), 100000);
	ck_assert_int_eq(number_at(report, "breakEvenPermille.value"), 701);
	ck_assert_int_eq(number_at(report, "otherNights"), 0);
}
END_TEST

START_TEST(a_blocks_void_nights_have_their_cost_by_day_and_its_break_even)
{
	const char *provider = a_provider(), *home = a_home_of(provider, "FOSTERING", 1, 90000);
	const char *id = a_contract("BLOCK", BLOCK_OF("{\"authority\": \"901\", \"share\": {\"value\": 1}}"));
	char text[300];
	admit(id, provider, "");
	price(id, "2023-04-01", ", \"lot\": \"L1\", \"weeklyFee\": {\"pence\": 70000}");
	drive("2024-01-13T09:00:00Z");
	begin_in(home, "2024-01-11");                                    /* recorded late */
	begin_in(home, "2024-01-13");
	occupancy_is(home, 0, 2, 1);
	json_t *report = call("providers/GetBlockReport", "{\"contractId\": \"%s\", \"fromDate\": \"2024-01-10\", \"untilDate\":"
	                      "\"2024-01-15\", \"spotWeeklyFee\": {\"pence\": 100000}}", id);
	ck_assert_int_eq(number_at(report, "sums.nightsPaid.value"), 5);
	ck_assert_int_eq(number_at(report, "sums.nightsUsed.value"), 6);
	ck_assert_int_eq(number_at(report, "sums.nightsVoid.value"), 1);
	ck_assert_int_eq(number_at(report, "sums.nightsBeyond.value"), 2);
	ck_assert_int_eq(number_at(report, "sums.voidCost.pence"), 10000);
	ck_assert_int_eq(number_at(report, "sums.usedPermille.value"), 1200);
	ck_assert_str_eq(text_at(report, "days.0.date"), "2024-01-10");
	ck_assert_int_eq(number_at(report, "days.0.voidCost.pence"), 10000);
	ck_assert_int_eq(number_at(report, "days.4.voidPlaces.value"), 0);
	ck_assert_str_eq(text_at(report, "spotSource"), "GIVEN");
	ck_assert_int_eq(number_at(report, "breakEvenPermille.value"), 700);
	snprintf(text, sizeof text, "{\"contractId\": \"%s\", \"fromDate\": \"2024-01-10\", \"untilDate\": \"2024-01-15\"}", id);
	ck_assert_int_eq(ask("903", "providers/GetBlockReport", NULL, text).status.code, HEARTH_NOT_FOUND);
	refused(HEARTH_FAILED_PRECONDITION, "NOT_A_BLOCK", NULL, "providers/GetBlockReport", "{\"contractId\": \"%s\", \"fromDate\":"
	        "\"2024-01-10\", \"untilDate\": \"2024-01-15\"}", a_contract("SPOT", ONE_LOT));
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "until_date", "providers/GetBlockReport", "{\"contractId\": \"%s\","
	        "\"fromDate\": \"2024-01-10\", \"untilDate\": \"2027-01-11\"}", id);
}
END_TEST

START_TEST(a_block_without_a_fee_or_a_share_has_no_cost_and_none_is_nought)
{
	const char *id = a_contract("BLOCK", BLOCK_OF("{\"authority\": \"901\"}"));
	json_t *report = call("providers/GetBlockReport", "{\"contractId\": \"%s\", \"fromDate\": \"2023-03-01\", \"untilDate\":"
	                      "\"2023-04-03\"}", id);
	ck_assert_str_eq(text_at(report, "fromDate"), "2023-04-01");
	ck_assert_uint_eq(json_array_size(at(report, "days")), 2);
	ck_assert_ptr_null(at(report, "sums.nightsPaid"));
	ck_assert_ptr_null(at(report, "sums.paid"));
	ck_assert_ptr_null(at(report, "breakEvenPermille"));
	ck_assert_str_eq(text_at(report, "spotSource"), "");
	ck_assert_int_eq(number_at(report, "sums.nightsUsed.value"), 0);
}
END_TEST

/* ---- documents ---- */

static const char *a_document(const char *owner, const char *id, const char *type, const char *issued, const char *expires)
{
	return text_at(call("providers/RecordDocument", "{\"%s\": \"%s\", \"type\": \"%s\", \"issued\": \"%s\", \"expires\": \"%s\"}",
	                    owner, id, type, issued, expires), "document.id");
}

/* Waits until so many steps were told of a document: "step/days left", in order. */
static void told_of(const char *document, const char *steps)
{
	const char *told = "";
	for (int wait = 0; wait < 250; wait++) {
		told = value_of("SELECT coalesce(string_agg(concat_ws('/', payload ->> 'daysBefore', payload ->> 'daysLeft'), ' ' "
		                "ORDER BY seq), '') FROM providers.outbox WHERE aggregateid = '%s' "
		                "AND type = 'hearth.document.expiring.v1'", document);
		if (strcmp(told, steps) == 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 40000000 }, NULL);
	}
	ck_abort_msg("told: %s", told);
}

static const char *bars_of(const char *id)
{
	return value_of("SELECT coalesce(string_agg(concat_ws(' ', kind, from_date, coalesce(until_date::text, '..')), ', ' "
	                "ORDER BY from_date, until_date), '') FROM providers.bar WHERE '%s' IN "
	                "(home_id::text, provider_id::text)", id);
}

static int timers_of(const char *document)
{
	return COUNT_OF("SELECT count(*) FROM providers.timer WHERE kind = 'document_expiring' AND subject = '%s'", document);
}

/* Whether matching leaves a home out because of a document. */
static bool is_barred(const char *home)
{
	json_t *found = call("providers/ExplainHome", "{\"homeId\": \"%s\", \"needs\": {\"age\": {\"value\": 9}}}", home), *reason;
	size_t i;
	json_array_foreach(at(found, "home.reasons"), i, reason)
		if (strcmp(text_at(reason, "code"), "DOCUMENT_EXPIRED") == 0)
			return true;
	return false;
}

static void bars_told(const char *provider, int began, int ended)
{
	int first = 0, second = 0;
	for (int wait = 0; wait < 250 && (first != began || second != ended); wait++, rest()) {
		first = COUNT_OF("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.home.barred.v1' "
		                 "AND payload ->> 'providerId' = '%s' AND payload ->> 'kind' = 'DOCUMENT_EXPIRED'", provider);
		second = COUNT_OF("SELECT count(*) FROM providers.outbox WHERE type = 'hearth.home.bar_lifted.v1' "
		                  "AND payload ->> 'providerId' = '%s'", provider);
	}
	ck_assert_int_eq(first, began);
	ck_assert_int_eq(second, ended);
}

START_TEST(a_document_is_spoken_of_at_each_step_once_and_bars_on_the_day_it_expires)
{
	const char *provider = a_provider(), *home = a_home(1), *theirs = a_home_of(provider, "FOSTERING", 1, 70000);
	drive("2024-02-01T09:00:00Z");
	const char *insurance = a_document("providerId", provider, "PUBLIC_LIABILITY_INSURANCE", "2023-05-01", "2024-05-01");
	const char *policy = a_document("homeId", home, "DBS_POLICY", "2023-05-01", "2024-05-01");
	const char *again = a_document("providerId", provider, "PUBLIC_LIABILITY_INSURANCE", "2023-05-01", "2024-05-01");
	ck_assert_str_eq(again, insurance);
	drive("2024-03-01T23:59:58Z");
	told_of(insurance, "");
	drive("2024-03-02T00:00:01Z");
	told_of(insurance, "60/60");
	drive("2024-04-01T12:00:00Z");
	told_of(insurance, "60/60 30/30");
	drive("2024-04-24T12:00:00Z");
	told_of(insurance, "60/60 30/30 7/7");
	ck_assert_str_eq(bars_of(provider), "");
	drive("2024-04-30T23:00:01Z");                                   /* midnight of 1 May in England */
	told_of(insurance, "60/60 30/30 7/7 0/0");
	told_of(policy, "60/60 30/30 7/7 0/0");
	ck_assert_str_eq(bars_of(provider), "DOCUMENT_EXPIRED 2024-05-01 ..");
	ck_assert_str_eq(bars_of(home), "");
	ck_assert(is_barred(theirs) && !is_barred(home));
	bars_told(provider, 1, 0);
	ck_assert_int_eq(timers_of(insurance) + timers_of(policy), 0);
	drive("2024-05-03T09:00:00Z");
	a_document("providerId", provider, "PUBLIC_LIABILITY_INSURANCE", "2024-05-01", "2025-05-01");
	ck_assert_str_eq(bars_of(provider), "DOCUMENT_EXPIRED 2024-05-01 2024-05-03");
	ck_assert(!is_barred(theirs));
	bars_told(provider, 1, 1);
}
END_TEST

START_TEST(of_a_document_recorded_late_the_last_step_passed_is_told_and_those_still_ahead)
{
	const char *provider = a_provider();
	drive("2024-05-10T09:00:00Z");
	const char *late = a_document("providerId", provider, "STATEMENT_OF_PURPOSE", "2023-06-01", "2024-05-30");
	const char *over = a_document("providerId", provider, "EMPLOYERS_LIABILITY_INSURANCE", "2023-05-01", "2024-05-08");
	told_of(late, "30/20");
	told_of(over, "0/-2");
	ck_assert_str_eq(bars_of(provider), "DOCUMENT_EXPIRED 2024-05-08 ..");
	drive("2024-05-30T09:00:00Z");                                   /* nobody looked for three weeks */
	told_of(late, "30/20 0/0");
}
END_TEST

START_TEST(a_renewal_ends_what_is_told_of_the_earlier_one_and_withdrawing_it_begins_that_again)
{
	const char *provider = a_provider();
	drive("2024-06-01T09:00:00Z");
	const char *first = a_document("providerId", provider, "PUBLIC_LIABILITY_INSURANCE", "2023-07-01", "2024-07-01");
	told_of(first, "30/30");
	const char *renewal = a_document("providerId", provider, "PUBLIC_LIABILITY_INSURANCE", "2024-07-01", "2025-07-01");
	drive("2024-06-25T09:00:00Z");
	for (int wait = 0; wait < 250 && timers_of(first) > 0; wait++)
		nanosleep(&(struct timespec){ .tv_nsec = 40000000 }, NULL);
	ck_assert_int_eq(timers_of(first), 0);
	told_of(first, "30/30");
	call("providers/WithdrawDocument", "{\"documentId\": \"%s\", \"reason\": \"OTHER_PROVIDER\"}", renewal);
	told_of(first, "30/30 7/6");
	ck_assert_int_eq(timers_of(renewal), 0);
	drive("2024-07-02T09:00:00Z");
	told_of(first, "30/30 7/6 0/-1");
	ck_assert_str_eq(bars_of(provider), "DOCUMENT_EXPIRED 2024-07-01 ..");
	/* It had never been this provider's. */
	call("providers/WithdrawDocument", "{\"documentId\": \"%s\", \"reason\": \"IN_ERROR\"}", first);
	ck_assert_str_eq(bars_of(provider), "DOCUMENT_EXPIRED 2024-07-01 2024-07-02");
}
END_TEST

START_TEST(a_renewal_that_begins_later_leaves_the_days_between_barred)
{
	const char *provider = a_provider();
	drive("2024-07-03T09:00:00Z");
	a_document("providerId", provider, "PUBLIC_LIABILITY_INSURANCE", "2024-07-20", "2025-07-20");
	const char *first = a_document("providerId", provider, "PUBLIC_LIABILITY_INSURANCE", "2023-07-10", "2024-07-10");
	told_of(first, "7/7");
	drive("2024-07-10T09:00:00Z");
	told_of(first, "7/7 0/0");
	ck_assert_str_eq(bars_of(provider), "DOCUMENT_EXPIRED 2024-07-10 2024-07-20");
}
END_TEST

START_TEST(what_cannot_be_a_document_is_refused)
{
	const char *provider = a_provider();
	refused(HEARTH_INVALID_ARGUMENT, "UNKNOWN_DOCUMENT_TYPE", "type", "providers/RecordDocument", "{\"providerId\": \"%s\","
	        "\"type\": \"POEM\"}", provider);
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "provider_id", "providers/RecordDocument", "{\"type\": \"DBS_POLICY\"}");
	refused(HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "expires", "providers/RecordDocument", "{\"providerId\": \"%s\","
	        "\"type\": \"DBS_POLICY\", \"issued\": \"2024-01-01\", \"expires\": \"2024-01-01\"}", provider);
	refused(HEARTH_FAILED_PRECONDITION, "PROVIDER_UNKNOWN", "provider_id", "providers/RecordDocument", "{\"providerId\": \"%s\","
	        "\"type\": \"DBS_POLICY\"}", new_id());
	refused(HEARTH_FAILED_PRECONDITION, "HOME_UNKNOWN", "home_id", "providers/RecordDocument", "{\"homeId\": \"%s\","
	        "\"type\": \"DBS_POLICY\"}", new_id());
	json_t *types = call("providers/ListDocumentTypes", "{}");
	ck_assert_uint_ge(json_array_size(at(types, "types")), 8);
	ck_assert_str_ne(text_at(types, "types.0.source"), "");
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "routes", a_contract_is_replaced_whole_and_the_same_again_changes_nothing,
	                       what_was_said_of_a_lot_or_a_share_before_is_kept,
	                       commissioners_see_a_contract_and_its_leader_alone_changes_it,
	                       councils_without_a_part_find_no_contract_and_no_price,
	                       what_cannot_be_a_contract_is_refused_and_says_what_is_wrong,
	                       a_dynamic_market_takes_entrants_and_a_framework_that_is_closed_none,
	                       a_purchasing_system_of_the_older_law_runs_on_and_none_is_let_anew,
	                       places_that_are_not_known_are_counted_apart_and_never_nought,
	                       fees_follow_one_another_on_any_day_and_nothing_is_overwritten,
	                       the_same_fee_again_changes_nothing_and_tells_nothing, the_most_particular_fee_holds,
	                       each_commissioner_has_its_routes_for_as_long_as_the_contract_runs,
	                       on_each_day_the_routes_are_those_that_a_look_at_each_row_finds,
	                       matching_says_the_route_and_the_fee_of_the_day_to_each_council_its_own,
	                       a_framework_of_many_providers_is_priced_and_ended_in_one_call,
	                       a_block_is_reported_by_commissioner_and_a_part_whose_people_are_not_known_stays_unknown,
	                       a_blocks_void_nights_have_their_cost_by_day_and_its_break_even,
	                       a_block_without_a_fee_or_a_share_has_no_cost_and_none_is_nought,
	                       a_document_is_spoken_of_at_each_step_once_and_bars_on_the_day_it_expires,
	                       of_a_document_recorded_late_the_last_step_passed_is_told_and_those_still_ahead,
	                       a_renewal_ends_what_is_told_of_the_earlier_one_and_withdrawing_it_begins_that_again,
	                       a_renewal_that_begins_later_leaves_the_days_between_barred,
	                       what_cannot_be_a_document_is_refused);
}
