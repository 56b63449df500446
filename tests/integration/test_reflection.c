/* test_reflection.c: contracts as running services tell them: the same as those compiled in, enough to call any service,
 * also one that the command line was not built with (hearth-bench's echo), and what `hearth` makes of them. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearth/arena.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/descriptors.h>
#include <hearth/json.h>
#include <hearth/status.h>

#include "../support/check_main.h"
#include "../support/suite.h"
#include "catalogue.h"
#include "run_hearth.h"

static struct suite *suite;
static pid_t echo;

static void start_echo(void)
{
	const char *bin = getenv("HEARTH_BIN");
	char path[512], *argv[] = {path, "--services", (char *)suite_address(suite), "--metrics", "", "--log-level", "error", NULL};
	snprintf(path, sizeof path, "%s/bench_echo_server", bin != NULL ? bin : "build/bin");
	echo = fork();
	if (echo == 0) {
		execv(path, argv);
		_exit(127);
	}
}

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){.clock = "2024-06-02T09:00:00Z"});
	if (suite == NULL)
		abort();
	start_echo();
}

static void stop_suite(void)
{
	kill(echo, SIGTERM);
	waitpid(echo, NULL, 0);
	if (suite_stop(&suite) != 0)
		abort();
}

static struct outcome run(const char *const *arguments)
{
	const char *argv[24] = {run_hearth_path(), "--services", suite_address(suite), "--authority", "999"};
	size_t size = 5;
	while (*arguments != NULL && size < 23)
		argv[size++] = *arguments++;
	const struct running running = run_start(argv, NULL);
	return run_wait(&running);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

/* Takes the outcome. */
static void expect(struct outcome outcome, int code, const char *said)
{
	ck_assert_msg(outcome.code == code, "exit code %d, not %d: %s", outcome.code, code, outcome.err);
	ck_assert_msg(strstr(code == 0 ? outcome.out : outcome.err, said) != NULL, "\"%s\" is not in: %s%s", said, outcome.out,
	              outcome.err);
	outcome_done(&outcome);
}

/* ---- what services tell ---- */

static const Hearth__Control__V1__GetDescriptorsResponse *ask(struct hearth_arena *arena, const char *service, char *known)
{
	Hearth__Control__V1__GetDescriptorsRequest request = HEARTH__CONTROL__V1__GET_DESCRIPTORS_REQUEST__INIT;
	struct hearth_status status = HEARTH_STATUS_INIT;
	ProtobufCMessage *reply;
	static struct hearth_client *client;       /* each test is a process of its own */
	char method[128];
	client = client != NULL ? client : suite_client(suite, "", 0);
	request.known_hash = known;
	snprintf(method, sizeof method, "%s:hearth.control.v1.Reflection/GetDescriptors", service);
	int outcome = hearth_client_call(client, method, &request.base,
	                                 &hearth__control__v1__get_descriptors_response__descriptor, NULL,
	                                 hearth_arena_allocator(arena), &reply, NULL, &status);
	ck_assert_msg(outcome == 0, "%s: %s", service, status.message);
	return (Hearth__Control__V1__GetDescriptorsResponse *)reply;
}

static struct hearth_descriptors *made_of(const Hearth__Control__V1__GetDescriptorsResponse *told)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_descriptors *made =
		hearth_descriptors_new(told->file_descriptor_set.data, told->file_descriptor_set.len, &status);
	ck_assert_msg(made != NULL, "%s", status.message);
	return made;
}

static void assert_same_enum(const ProtobufCEnumDescriptor *had, const ProtobufCEnumDescriptor *told)
{
	ck_assert_str_eq(had->name, told->name);
	ck_assert_uint_eq(had->n_values, told->n_values);
	for (unsigned i = 0; i < had->n_values; i++) {
		const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(told, had->values[i].value);
		ck_assert_ptr_nonnull(value);
		ck_assert_str_eq(value->name, had->values[i].name);
		ck_assert_ptr_eq(protobuf_c_enum_descriptor_get_value_by_name(told, value->name), value);
	}
}

static void assert_same_message(const ProtobufCMessageDescriptor *had, const ProtobufCMessageDescriptor *told)
{
	ck_assert_str_eq(had->name, told->name);
	ck_assert_uint_eq(had->n_fields, told->n_fields);
	for (unsigned i = 0; had != told && i < had->n_fields; i++) {
		const ProtobufCFieldDescriptor *one = &had->fields[i];
		const ProtobufCFieldDescriptor *other = protobuf_c_message_descriptor_get_field(told, one->id);
		ck_assert_msg(other != NULL && strcmp(one->name, other->name) == 0, "%s.%s", had->name, one->name);
		ck_assert_ptr_eq(protobuf_c_message_descriptor_get_field_by_name(told, one->name), other);
		ck_assert_msg(one->type == other->type && one->label == other->label && one->flags == other->flags, "%s.%s",
		              had->name, one->name);
		if (one->type == PROTOBUF_C_TYPE_MESSAGE)
			assert_same_message(one->descriptor, other->descriptor);
		if (one->type == PROTOBUF_C_TYPE_ENUM)
			assert_same_enum(one->descriptor, other->descriptor);
	}
}

START_TEST(every_service_tells_the_contracts_that_it_was_built_with)
{
	for (const char *const *service = catalogue_services; *service != NULL; service++) {
		struct hearth_arena *arena = hearth_arena_new();
		struct hearth_descriptors *made = made_of(ask(arena, *service, ""));
		for (const ProtobufCServiceDescriptor *const *had = catalogue_contracts(*service); *had != NULL; had++) {
			const ProtobufCServiceDescriptor *told = hearth_descriptors_service(made, (*had)->name);
			ck_assert_msg(told != NULL, "%s does not tell %s", *service, (*had)->name);
			ck_assert_uint_eq(told->n_methods, (*had)->n_methods);
			for (unsigned i = 0; i < told->n_methods; i++) {
				const ProtobufCMethodDescriptor *method =
					protobuf_c_service_descriptor_get_method_by_name(told, (*had)->methods[i].name);
				ck_assert_ptr_nonnull(method);
				assert_same_message((*had)->methods[i].input, method->input);
				assert_same_message((*had)->methods[i].output, method->output);
			}
		}
		hearth_descriptors_free(&made);
		hearth_arena_free(&arena);
	}
}
END_TEST

START_TEST(kinds_and_roles_are_those_that_are_enforced)
{
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		struct hearth_arena *arena = hearth_arena_new();
		const Hearth__Control__V1__GetDescriptorsResponse *told = ask(arena, row->service, "");
		const char *name = catalogue_wire_name(row);
		size_t found = 0;
		for (size_t i = 0; i < told->n_methods; i++) {
			uint32_t roles = told->methods[i]->anyone ? SUITE_ALL_ROLES : 0;
			if (strcmp(told->methods[i]->name, name) != 0)
				continue;
			for (size_t j = 0; j < told->methods[i]->n_roles; j++)
				roles |= UINT32_C(1) << told->methods[i]->roles[j];
			ck_assert_msg(roles == row->roles, "%s: %#x, not %#x", name, roles, row->roles);
			ck_assert_int_eq(" RSWC"[told->methods[i]->kind], row->kind);
			found++;
		}
		ck_assert_msg(found == 1, "%s is told %zu times", name, found);
		hearth_arena_free(&arena);
	}
}
END_TEST

/* JSON to bytes by told descriptors and by compiled ones; and from bytes to JSON. */
START_TEST(requests_of_every_method_are_the_same_bytes_by_told_and_by_compiled_contracts)
{
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		struct hearth_arena *arena = hearth_arena_new();
		struct hearth_status status = HEARTH_STATUS_INIT;
		struct hearth_descriptors *made = made_of(ask(arena, row->service, ""));
		const ProtobufCMessageDescriptor *had = catalogue_method(row)->input, *told = hearth_descriptors_message(made, had->name);
		ProtobufCMessage *one, *other, *back;
		char *json = hearth_arena_strdup(arena, row->request);
		for (char *at = json; *at != '\0'; at++)
			*at = *at == '\'' ? '"' : *at;
		ck_assert_int_eq(hearth_json_parse(arena, had, json, strlen(json), 0, &one, &status), 0);
		ck_assert_msg(hearth_json_parse(arena, told, json, strlen(json), 0, &other, &status) == 0, "%s", status.message);
		size_t size = protobuf_c_message_get_packed_size(one);
		ck_assert_uint_eq(size, protobuf_c_message_get_packed_size(other));
		uint8_t *packed = hearth_arena_alloc(arena, size + 1), *again = hearth_arena_alloc(arena, size + 1);
		protobuf_c_message_pack(one, packed);
		protobuf_c_message_pack(other, again);
		ck_assert_mem_eq(packed, again, size);
		back = protobuf_c_message_unpack(told, hearth_arena_allocator(arena), size, packed);
		ck_assert_ptr_nonnull(back);
		ck_assert_str_eq(hearth_json_print(arena, one, 0), hearth_json_print(arena, back, 0));
		ck_assert_str_eq(hearth_json_print(arena, one, HEARTH_JSON_DEFAULTS), hearth_json_print(arena, back, HEARTH_JSON_DEFAULTS));
		hearth_descriptors_free(&made);
		hearth_arena_free(&arena);
	}
}
END_TEST

START_TEST(contracts_that_are_known_are_not_sent_again)
{
	struct hearth_arena *arena = hearth_arena_new();
	const Hearth__Control__V1__GetDescriptorsResponse *first = ask(arena, "finance", "");
	const Hearth__Control__V1__GetDescriptorsResponse *again = ask(arena, "finance", first->hash);
	ck_assert_uint_gt(first->file_descriptor_set.len, 1000);
	ck_assert_uint_eq(again->file_descriptor_set.len, 0);
	ck_assert_str_eq(first->hash, again->hash);
	ck_assert_uint_eq(first->n_methods, again->n_methods);
	ck_assert_str_eq(ask(arena, "placements", "")->service, "placements");
	ck_assert_str_ne(ask(arena, "placements", "")->hash, first->hash);
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(comments_of_methods_fields_and_values_are_told)
{
	struct hearth_arena *arena = hearth_arena_new();
	struct hearth_descriptors *made = made_of(ask(arena, "placements", ""));
	ck_assert_ptr_nonnull(strstr(hearth_descriptors_comment(made, "hearth.v1.Money"), "whole pence"));
	ck_assert_ptr_nonnull(strstr(hearth_descriptors_comment(made, "hearth.control.v1.MethodInfo.name"), "GetReferral"));
	ck_assert_ptr_nonnull(strstr(hearth_descriptors_comment(made, "hearth.control.v1.ServingStatus.NOT_SERVING"), "alive"));
	ck_assert_str_ne(hearth_descriptors_comment(made, "hearth.placements.v1.Placements.GetChild"), "");
	ck_assert_str_eq(hearth_descriptors_comment(made, "hearth.nothing"), "");
	hearth_descriptors_free(&made);
	hearth_arena_free(&arena);
}
END_TEST

/* ---- the command line ---- */

START_TEST(a_service_that_the_command_line_does_not_know_is_called_and_described)
{
	struct outcome outcome;
	int tries = 50;
	do {
		outcome = RUN("call", "bench/Echo", "{\"id\":\"7\",\"payload\":\"aGVhcnRo\",\"key\":\"k\"}");
		if (outcome.code != 0)
			usleep(100000);
	} while (outcome.code != 0 && --tries > 0);
	json_t *reply = json_loads(outcome.out, 0, NULL);
	ck_assert_msg(outcome.code == 0, "%s", outcome.err);
	ck_assert_str_eq(json_string_value(json_object_get(reply, "id")), "7");
	ck_assert_str_eq(json_string_value(json_object_get(reply, "payload")), "aGVhcnRo");
	json_decref(reply);
	outcome_done(&outcome);
	expect(RUN("call", "hearth.bench.v1.Bench/Echo", "{\"id\":\"x\"}"), 1, "(id)");
	expect(RUN("call", "bench/Check"), 0, "NOT_SERVING");
	expect(RUN("describe", "bench.Echo"), 0, "PLACEMENT_OFFICER");
	expect(RUN("list", "bench"), 0, "EchoRequest");
	expect(RUN("list"), 0, "bench/Echo");
}
END_TEST

START_TEST(describe_tells_services_methods_messages_enums_and_events)
{
	expect(RUN("describe"), 0, "hearth.finance.v1.Finance");
	expect(RUN("describe", "referrals"), 0, "hearth.referral.opened.v1");
	expect(RUN("describe", "referrals.AcceptOffer"), 0, "Somebody with authority accepts");
	expect(RUN("describe", "referrals/AcceptOffer"), 0, "OFFER_NOT_OPEN");
	expect(RUN("describe", "referrals.GetInstance"), 0, "OPERATOR");
	expect(RUN("describe", "hearth.referrals.v1.Referrals/AcceptOffer"), 0, "1 to 720; 0: the setting hold-hours");
	expect(RUN("describe", "hearth.v1.Money"), 0, "whole pence");
	expect(RUN("describe", "Money"), 0, "pence");
	expect(RUN("describe", "referrals.Referral"), 0, "message hearth.referrals.v1.Referral");
	expect(RUN("describe", "hearth.v1.Role"), 0, "PLACEMENT_OFFICER");
	expect(RUN("describe", "hearth.placement.started.v1"), 0, "event of placements");
	expect(RUN("describe", "hearth.referrals.v1.Referrals", "--json"), 0, "\"roles\"");
	expect(RUN("describe", "hearth.nothing.v1.Nothing"), 2, "there is no \"hearth.nothing.v1.Nothing\"");
	expect(RUN("describe", "nothing.Nothing"), 4, "UNAVAILABLE NO_INSTANCE");
}
END_TEST

START_TEST(list_shows_methods_and_events_with_their_messages)
{
	expect(RUN("list"), 0, "placements/GetChild");
	expect(RUN("list", "referrals"), 0, "AcceptOfferRequest");
	expect(RUN("list", "finance"), 0, "finance/Watch");
	expect(RUN("list", "--events"), 0, "hearth.placement.broke_down.v1");
	struct outcome outcome = RUN("list", "finance");
	ck_assert_ptr_null(strstr(outcome.out, "placements/"));
	outcome_done(&outcome);
}
END_TEST

START_TEST(list_as_json_can_be_read_and_called)
{
	struct outcome outcome = RUN("list", "--json");
	json_t *rows = json_loads(outcome.out, 0, NULL);
	size_t i, found = 0;
	const json_t *row;
	ck_assert(json_is_array(rows));
	json_array_foreach(rows, i, row)
		if (strcmp(json_string_value(json_object_get(row, "method")), "referrals/AcceptOffer") == 0) {
			ck_assert_str_eq(json_string_value(json_object_get(row, "request")), "AcceptOfferRequest");
			ck_assert_str_eq(json_string_value(json_object_get(row, "fullName")), "hearth.referrals.v1.Referrals/AcceptOffer");
			found++;
		}
	ck_assert_uint_eq(found, 1);
	json_decref(rows);
	outcome_done(&outcome);
}
END_TEST

START_TEST(an_unknown_method_is_said_with_where_to_look)
{
	expect(RUN("call", "placements/Nothing"), 2, "hearth list placements");
	expect(RUN("call", "hearth.placements.v1.Placements/Nothing"), 2, "no method \"Nothing\"");
	expect(RUN("call", "placements:hearth.events.v1.Events/GetPosition"), 0, "epoch");
}
END_TEST

START_TEST(a_wrong_json_type_names_the_field)
{
	expect(RUN("call", "placements/GetChild", "{\"childId\": 5}"), 1, "(child_id)");
	expect(RUN("call", "placements/GetChild", "{\"child_id\": [\"x\"]}"), 1, "INVALID_ARGUMENT");
	expect(RUN("call", "placements/GetChild", "{\"nothing\": 1}"), 1, "(nothing)");
	expect(RUN("call", "placements/Watch", "{\"after\": \"soon\"}"), 1, "(after)");
	expect(RUN("call", "placements/Watch", "{\"waitMs\": 3000000000}"), 1, "(wait_ms)");
	expect(RUN("call", "placements/GetChild", "{\"childId\": "), 1, "INVALID_ARGUMENT");
	expect(RUN("call", "placements/GetChild", "[]"), 1, "INVALID_ARGUMENT");
}
END_TEST

START_TEST(a_request_comes_from_standard_input_too)
{
	const char *const argv[] = {run_hearth_path(), "--services", suite_address(suite), "call", "placements/GetChild", "-", NULL};
	expect(run_program(argv, "{\"childId\": 5}"), 1, "(child_id)");
}
END_TEST

int main(void)
{
	const struct check_options options = {.setup = start_suite, .teardown = stop_suite, .timeout = 90};
	return CHECK_MAIN_WITH(&options, "reflection", every_service_tells_the_contracts_that_it_was_built_with,
	                       kinds_and_roles_are_those_that_are_enforced,
	                       requests_of_every_method_are_the_same_bytes_by_told_and_by_compiled_contracts,
	                       contracts_that_are_known_are_not_sent_again, comments_of_methods_fields_and_values_are_told,
	                       a_service_that_the_command_line_does_not_know_is_called_and_described,
	                       describe_tells_services_methods_messages_enums_and_events,
	                       list_shows_methods_and_events_with_their_messages, list_as_json_can_be_read_and_called,
	                       an_unknown_method_is_said_with_where_to_look, a_wrong_json_type_names_the_field,
	                       a_request_comes_from_standard_input_too);
}
