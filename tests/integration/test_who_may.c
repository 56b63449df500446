/* test_who_may.c: every method of every contract, by the catalogue: who may call it, whose data it touches, and that a
 * write has one effect. Real processes of all five services. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/text.h>
#include <hearth/v1/common.pb-c.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "catalogue.h"
#include "fields.h"
#include "tables.h"
#include "world.h"

#define ROLES_MOST 8
#define ROLES_ALL UINT32_C(0x1fe)
#define COMMISSIONERS (UINT32_C(1) << 2)
#define PROVIDERS (UINT32_C(1) << 4)

static struct suite *suite;

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- the catalogue itself ---- */

START_TEST(the_catalogue_holds_every_method_of_every_contract)
{
	size_t rows = 0, methods = 0;
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		rows++;
	for (const char *const *service = catalogue_services; *service != NULL; service++)
		for (const ProtobufCServiceDescriptor *const *contract = catalogue_contracts(*service); *contract; contract++)
			for (unsigned i = 0; i < (*contract)->n_methods; i++, methods++)
				ck_assert_msg(catalogue_find(*service, (*contract)->methods[i].name) != NULL, "%s: %s is missing",
				              *service, (*contract)->methods[i].name);
	ck_assert_uint_eq(rows, methods);
}
END_TEST

static uint32_t roles_of(const json_t *told)
{
	uint32_t roles = json_is_true(json_object_get(told, "anyone")) ? ROLES_ALL : 0;
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(told, "roles"), i, name)
		for (unsigned k = 0; k < hearth__v1__role__descriptor.n_values; k++)
			if (strcmp(hearth__v1__role__descriptor.values[k].name, json_string_value(name)) == 0)
				roles |= UINT32_C(1) << hearth__v1__role__descriptor.values[k].value;
	return roles;
}

/* Its row, by the name on the wire. */
static const struct catalogue_row *row_told(const char *service, const char *name)
{
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		if (strcmp(row->service, service) == 0 && strcmp(catalogue_wire_name(row), name) == 0)
			return row;
	return NULL;
}

/* Of contracts too that this test does not know of. */
START_TEST(the_catalogue_holds_what_each_process_tells_of_itself)
{
	static const struct { const char *name; char kind; } kinds[] = {
		{ "READ", 'R' }, { "SLOW", 'S' }, { "WRITE", 'W' }, { "COMPUTE", 'C' } };
	for (const char *const *service = catalogue_services; *service != NULL; service++) {
		struct world_answer answer = world_ask(suite, "901", catalogue_find(*service, "GetDescriptors"), "{}", NULL);
		json_t *methods = json_object_get(answer.reply, "methods"), *told;
		size_t i, rows = 0;
		for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
			rows += strcmp(row->service, *service) == 0;
		ck_assert_uint_eq(json_array_size(methods), rows);
		json_array_foreach(methods, i, told) {
			const char *name = json_string_value(json_object_get(told, "name"));
			const char *kind = json_string_value(json_object_get(told, "kind"));
			const struct catalogue_row *row = row_told(*service, name);
			ck_assert_msg(row != NULL, "%s is not in the catalogue", name);
			ck_assert_msg(roles_of(told) == row->roles, "%s: roles %x, in the catalogue %x", name, roles_of(told), row->roles);
			for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
				ck_assert_msg((strcmp(kinds[k].name, kind) == 0) == (kinds[k].kind == row->kind), "%s is %s", name, kind);
		}
		json_decref(answer.reply);
	}
}
END_TEST

/* ---- roles ---- */

/* An empty request, by one role (or none) alone. A write carries no request id: with the right role it is refused for
 * that, with a wrong one for the role; so that nothing is ever written. */
static struct hearth_status knock(const struct catalogue_row *row, const char *authority, uint32_t roles)
{
	static const struct hearth_uuid none;
	const ProtobufCMethodDescriptor *method = catalogue_method(row);
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	const struct hearth_actor actor = { "somebody", authority, roles };
	const struct hearth_call_options options = { .request_id = row->kind == 'W' ? &none : NULL, .actor = &actor,
		                                         .once = true };
	ProtobufCMessage *request = hearth_arena_alloc(arena, method->input->sizeof_message), *reply;
	protobuf_c_message_init(method->input, request);
	hearth_client_call(world_client(suite, ""), catalogue_call_name(row), request, method->output,
	                   &options, hearth_arena_allocator(arena), &reply, NULL, &status);
	hearth_arena_free(&arena);
	return status;
}

START_TEST(each_method_is_open_to_its_roles_and_to_no_other)
{
	char *before = tables_print(suite, NULL);
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		for (int role = 1; role <= ROLES_MOST; role++) {
			struct hearth_status status = knock(row, "901", UINT32_C(1) << role);
			bool may = (row->roles >> role & 1) != 0;
			bool refused = status.code == HEARTH_PERMISSION_DENIED && strcmp(status.reason, "ROLE") == 0;
			ck_assert_msg(refused != may, "%s by role %d: %s %s", catalogue_call_name(row), role, status.reason,
			              status.message);
			if (refused)
				ck_assert_msg(strstr(status.message, row->method) != NULL, "%s", status.message);
		}
	char *after = tables_print(suite, NULL);
	tables_assert_same(before, after, "roles");
	free(before);
	free(after);
}
END_TEST

/* ---- prices ---- */

struct prices {
	const char *method;
	size_t found;
};

static void find_price(void *context, const struct field_path *path)
{
	struct prices *prices = context;
	const ProtobufCFieldDescriptor *leaf = field_leaf(path);
	if (leaf->type != PROTOBUF_C_TYPE_MESSAGE ||
	    strcmp(((const ProtobufCMessageDescriptor *)leaf->descriptor)->name, "hearth.v1.Money") != 0)
		return;
	/* A home's own fee may stand in these answers; the next test says that it does not. */
	ck_assert_msg(path->depth == 2 && strcmp(((const ProtobufCMessageDescriptor *)path->fields[0]->descriptor)->name,
	                                         "hearth.providers.v1.Home") == 0,
	              "%s, which a provider may call, answers with %s", prices->method, field_name(path, false));
	prices->found++;
}

START_TEST(no_price_of_a_contract_is_in_what_a_provider_may_ask_for)
{
	struct prices prices = { 0 };
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		if (strcmp(row->service, "providers") != 0 || (row->roles & PROVIDERS) == 0 || strcmp(row->method, "Watch") == 0)
			continue;
		prices.method = row->method;
		fields_walk(catalogue_method(row)->output, find_price, &prices);
	}
	ck_assert_uint_gt(prices.found, 2);
}
END_TEST

static json_t *asked_by(uint32_t roles, const char *method, const char *request)
{
	const struct catalogue_row *row = catalogue_find("providers", method);
	const ProtobufCMethodDescriptor *contract = catalogue_method(row);
	struct hearth_arena *arena = hearth_arena_new();
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid id;
	const struct hearth_actor actor = { "somebody", "901", roles };
	const struct hearth_call_options options = { .actor = &actor, .request_id = row->kind == 'W' ? &id : NULL };
	ProtobufCMessage *message, *reply;
	hearth_uuid_new(&id);
	ck_assert_int_eq(hearth_json_parse(arena, contract->input, request, strlen(request), 0, &message, &status), 0);
	int outcome = hearth_client_call(world_client(suite, ""), catalogue_call_name(row), message, contract->output, &options,
	                                 hearth_arena_allocator(arena), &reply, NULL, &status);
	ck_assert_msg(outcome == 0, "%s: %s", method, status.message);
	json_t *answer = hearth_json_encode(reply, HEARTH_JSON_DEFAULTS);
	hearth_arena_free(&arena);
	return answer;
}

START_TEST(a_provider_sees_no_fee_of_a_home_and_a_council_does)
{
	static const struct { const char *method, *fee; } calls[] = { { "GetHome", "home.weeklyFee.pence" },
		{ "ListHomes", "homes.0.weeklyFee.pence" }, { "CloseHome", "home.weeklyFee.pence" },
		{ "OpenHome", "home.weeklyFee.pence" } };
	char *request, text[200];
	struct world world;
	world_build(&world, suite, "907", NULL, false);
	snprintf(text, sizeof text, "{'homeId':'$home2'}");
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		bool list = strcmp(calls[i].method, "ListHomes") == 0;
		request = world_fill(&world, list ? "{'providerId':'$provider'}" : text);
		json_t *theirs = asked_by(PROVIDERS, calls[i].method, request), *ours = asked_by(COMMISSIONERS, calls[i].method, request);
		json_t *both = asked_by(PROVIDERS | COMMISSIONERS, calls[i].method, request);
		ck_assert_str_ne(json_at(theirs, list ? "homes.0.id" : "home.id"), "");
		ck_assert_msg(strcmp(json_at(theirs, calls[i].fee), "") == 0, "%s shows a provider %s", calls[i].method,
		              json_at(theirs, calls[i].fee));
		ck_assert_str_ne(json_at(ours, calls[i].fee), "");
		ck_assert_str_ne(json_at(both, calls[i].fee), "");
		json_decref(theirs);
		json_decref(ours);
		json_decref(both);
		free(request);
	}
}
END_TEST

START_TEST(an_actor_without_a_role_may_call_what_anyone_may)
{
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		struct hearth_status status = knock(row, "901", 0);
		bool anyone = strcmp(row->method, "Check") == 0 || strcmp(row->method, "GetDescriptors") == 0;
		ck_assert_msg((status.code == HEARTH_PERMISSION_DENIED) != anyone, "%s: %s %s", catalogue_call_name(row),
		              status.reason, status.message);
	}
}
END_TEST

START_TEST(what_belongs_to_an_authority_is_closed_to_an_actor_without_one)
{
	struct world world;
	world_build(&world, suite, "900", NULL, false);
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		bool open = strcmp(row->method, "Watch") == 0 || strcmp(row->method, "GetOccupancy") == 0 ||
		            strcmp(row->method, "FindHomes") == 0 ||      /* of supply: they show nobody's child */
		            strcmp(row->method, "ListBars") == 0 || strcmp(row->method, "LiftBar") == 0 ||   /* nor an embargo */
		            strcmp(row->method, "ListEntries") == 0;      /* operators see every authority's */
		if (row->foreign == FOREIGN_SHARED || open)
			continue;
		char *request = world_fill(&world, row->request);
		struct world_answer answer = world_ask(suite, "", row, request, NULL);
		ck_assert_msg(answer.reply == NULL, "%s answered an actor without authority", catalogue_call_name(row));
		ck_assert_msg(strcmp(answer.status.reason, "NO_AUTHORITY") == 0, "%s: %s %s", catalogue_call_name(row),
		              answer.status.reason, answer.status.message);
		free(request);
	}
}
END_TEST

/* ---- request ids ---- */

START_TEST(a_write_without_a_request_id_is_refused)
{
	char *before = tables_print(suite, NULL);
	size_t writes = 0;
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		if (row->kind != 'W')
			continue;
		struct hearth_status status = knock(row, "901", SUITE_ALL_ROLES);
		ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
		ck_assert_str_eq(status.field, "request_id");
		writes++;
	}
	ck_assert_uint_ge(writes, 29);
	char *after = tables_print(suite, NULL);
	tables_assert_same(before, after, "without request id");
	free(before);
	free(after);
}
END_TEST

/* Orders about parked events: test_parking has them twice. */
static bool is_runtimes(const struct catalogue_row *row)
{
	return strcmp(row->contract->name, "hearth.events.v1.Events") == 0;
}

START_TEST(every_write_sent_twice_has_one_effect)
{
	struct world world;
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		ck_assert_msg(row->kind != 'W' || is_runtimes(row) || world_calls(row->service, row->method), "%s is never called",
		              catalogue_call_name(row));
	world_build(&world, suite, "902", NULL, true);
}
END_TEST

/* ---- another authority's ---- */

static bool holds_any(const char *text, const char *lines, const char *except, char ret_found[64])
{
	for (const char *at = lines; *at != '\0'; at += strcspn(at, "\n") + 1) {
		snprintf(ret_found, 64, "%.*s", (int)strcspn(at, "\n"), at);
		if (strstr(text, ret_found) != NULL && strstr(except, ret_found) == NULL)
			return true;
	}
	return false;
}

static void check_foreign(const struct world *world, const struct catalogue_row *row, const char *hidden)
{
	char found[64], *request = world_fill(world, row->request);
	struct world_answer answer = world_ask(suite, "904", row, request, NULL);
	char *text = answer.reply != NULL ? json_dumps(answer.reply, JSON_COMPACT) : strdup("");
	if (row->foreign == FOREIGN_NOT_FOUND)
		ck_assert_msg(answer.reply == NULL && answer.status.code == HEARTH_NOT_FOUND, "%s: %s %s %.400s",
		              catalogue_call_name(row), answer.status.reason, answer.status.message, text);
	else
		ck_assert_msg(answer.reply != NULL, "%s: %s %s", catalogue_call_name(row), answer.status.reason,
		              answer.status.message);
	ck_assert_msg(!holds_any(text, hidden, request, found), "%s gives %s away: %.400s", catalogue_call_name(row), found, text);
	ck_assert_msg(!holds_any(answer.status.message, hidden, "", found), "%s says %s", catalogue_call_name(row), found);
	json_decref(answer.reply);
	free(text);
	free(request);
}

START_TEST(another_authority_neither_sees_nor_changes_anything)
{
	struct world world;
	world_build(&world, suite, "903", NULL, false);
	char *hidden = tables_uuids(suite, "903"), *before = tables_print(suite, "903");
	ck_assert_uint_gt(strlen(hidden), 40 * 37);
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		if (row->foreign != FOREIGN_SHARED)
			check_foreign(&world, row, hidden);
	tables_settle(suite);
	char *after = tables_print(suite, "903");
	tables_assert_same(before, after, "another authority's calls");
	free(hidden);
	free(before);
	free(after);
}
END_TEST

/* Ids that a caller may choose: another authority's are free, or taken without a word of whose they are. */
START_TEST(another_authoritys_id_chosen_on_purpose_changes_nothing_of_theirs)
{
	static const struct { const char *service, *method, *request; } tries[] = {
		{ "placements", "CreateChild", "{'childId':'$child','sex':'U'}" },
		{ "referrals", "CreateReferral", "{'referralId':'$referral','childId':'$child','urgency':'PLANNED'}" },
		{ "referrals", "CreateReferral", "{'referralId':'$open','childId':'$child2','urgency':'PLANNED'}" },
		{ "referrals", "RecordOffer", "{'referralId':'$open','offerId':'$offer3','homeId':'$home'}" },
		{ "referrals", "OpenReferral", "{'referralId':'$referral2'}" },
		{ "referrals", "LinkSiblings", "{'referralId':'$open','siblingReferralIds':['$referral2']}" },
		{ "referrals", "WithdrawReferral", "{'referralId':'$open','reason':'NOT_NEEDED'}" },
		{ "placements", "PlanPlacement", "{'childId':'$child','homeId':'$home','plannedStart':'2024-06-03'}" },
	};
	struct world world;
	world_build(&world, suite, "905", NULL, false);
	char *before = tables_print(suite, "905");
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		char *request = world_fill(&world, tries[i].request);
		struct world_answer answer =
			world_ask(suite, "906", catalogue_find(tries[i].service, tries[i].method), request, NULL);
		ck_assert_msg(answer.reply != NULL || answer.status.code == HEARTH_NOT_FOUND ||
		              answer.status.code == HEARTH_ALREADY_EXISTS || answer.status.code == HEARTH_FAILED_PRECONDITION,
		              "%s: %s %s", tries[i].method, answer.status.reason, answer.status.message);
		json_decref(answer.reply);
		free(request);
	}
	tables_settle(suite);
	char *after = tables_print(suite, "905");
	tables_assert_same(before, after, "ids chosen on purpose");
	free(before);
	free(after);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "who may", the_catalogue_holds_every_method_of_every_contract,
	                       the_catalogue_holds_what_each_process_tells_of_itself,
	                       each_method_is_open_to_its_roles_and_to_no_other,
	                       no_price_of_a_contract_is_in_what_a_provider_may_ask_for,
	                       a_provider_sees_no_fee_of_a_home_and_a_council_does,
	                       an_actor_without_a_role_may_call_what_anyone_may,
	                       what_belongs_to_an_authority_is_closed_to_an_actor_without_one,
	                       a_write_without_a_request_id_is_refused, every_write_sent_twice_has_one_effect,
	                       another_authority_neither_sees_nor_changes_anything,
	                       another_authoritys_id_chosen_on_purpose_changes_nothing_of_theirs);
}
