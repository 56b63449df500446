/* test_json.c: proto3 JSON both ways, the check at the edge, personal fields. */
#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/status.h>

#include <google/protobuf/timestamp.pb-c.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/providers/v1/events.pb-c.h>
#include <hearth/referrals/v1/events.pb-c.h>
#include <hearth/rpc/v1/rpc.pb-c.h>
#include <hearth/v1/common.pb-c.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../support/check_main.h"

static struct hearth_arena *arena;
static struct hearth_status status;

static ProtobufCMessage *parse(const ProtobufCMessageDescriptor *descriptor, const char *text, int flags)
{
	ProtobufCMessage *message = NULL;
	if (arena == NULL)
		arena = hearth_arena_new();
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	if (hearth_json_parse(arena, descriptor, text, strlen(text), flags, &message, &status) != 0)
		return NULL;
	return message;
}

static void refused(const ProtobufCMessageDescriptor *descriptor, const char *text, const char *field)
{
	ck_assert_msg(parse(descriptor, text, 0) == NULL, "%s was read", text);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_msg(strcmp(status.field, field) == 0, "%s: the field is \"%s\", not \"%s\"", text, status.field, field);
	ck_assert_str_ne(status.message, "");
}

#define EVENT &hearth__events__v1__event__descriptor
#define REFERRAL &hearth__referrals__v1__referral_opened__descriptor
#define MONEY &hearth__v1__money__descriptor
#define GRID &hearth__v1__grid_reference__descriptor
#define DISTANCE &hearth__v1__distance__descriptor
#define ACTOR &hearth__rpc__v1__actor__descriptor
#define HISTORY &hearth__placements__v1__child_history_recorded__descriptor
#define HEADER &hearth__rpc__v1__request_header__descriptor

START_TEST(a_message_survives_both_ways)
{
	static const char text[] = "{\"seq\":\"9007199254740993\",\"id\":\"x\",\"source\":\"placements\",\"type\":\"t\","
	                           "\"time\":\"2022-04-01T09:30:00.123456789Z\",\"partitionKey\":\"caf\xc3\xa9 \\\"q\\\"\","
	                           "\"historical\":true,\"data\":\"AAH/\"}";
	Hearth__Events__V1__Event *event = (void *)parse(EVENT, text, 0);
	ck_assert_ptr_nonnull(event);
	ck_assert_int_eq(event->seq, INT64_C(9007199254740993));
	ck_assert_int_eq(event->time->nanos, 123456789);
	ck_assert_int_eq(event->time->seconds, 1648805400);
	ck_assert_mem_eq(event->data.data, "\x00\x01\xff", 3);
	ck_assert_str_eq(hearth_json_print(arena, &event->base, 0), text);
}
END_TEST

START_TEST(both_spellings_of_names_are_read_and_the_asked_one_is_written)
{
	ProtobufCMessage *message = parse(REFERRAL, "{\"referral_id\":\"a\",\"childId\":\"b\",\"needs\":{\"home_kinds\":[\"F\"]}}", 0);
	ck_assert_ptr_nonnull(message);
	ck_assert_str_eq(hearth_json_print(arena, message, 0),
	                 "{\"referralId\":\"a\",\"childId\":\"b\",\"needs\":{\"homeKinds\":[\"F\"]}}");
	ck_assert_str_eq(hearth_json_print(arena, message, HEARTH_JSON_PROTO_NAMES),
	                 "{\"referral_id\":\"a\",\"child_id\":\"b\",\"needs\":{\"home_kinds\":[\"F\"]}}");
}
END_TEST

START_TEST(defaults_are_written_only_when_asked_and_unset_messages_never)
{
	ProtobufCMessage *message = parse(HISTORY, "{}", 0);
	ck_assert_str_eq(hearth_json_print(arena, message, 0), "{}");
	ck_assert_str_eq(hearth_json_print(arena, message, HEARTH_JSON_DEFAULTS),
	                 "{\"childId\":\"\",\"sex\":\"\",\"unaccompanied\":false,\"carePeriods\":[],\"episodes\":0}");
}
END_TEST

START_TEST(null_is_the_default)
{
	Hearth__Referrals__V1__ReferralOpened *message =
	    (void *)parse(REFERRAL, "{\"referralId\":null,\"needs\":null}", 0);
	ck_assert_ptr_nonnull(message);
	ck_assert_str_eq(message->referral_id, "");
	ck_assert_ptr_null(message->needs);
	refused(REFERRAL, "{\"needs\":{\"homeKinds\":[null]}}", "needs.home_kinds[0]");
	refused(HISTORY, "{\"carePeriods\":[null]}", "care_periods[0]");
}
END_TEST

START_TEST(an_unknown_name_is_refused_unless_lenient)
{
	refused(REFERRAL, "{\"surprise\":1}", "surprise");
	refused(REFERRAL, "{\"needs\":{\"surprise\":1}}", "needs.surprise");
	refused(REFERRAL, "{\"ChildId\":\"a\"}", "ChildId");
	refused(REFERRAL, "{\"child_Id\":\"a\"}", "child_Id");
	refused(REFERRAL, "{\"\":\"a\"}", "");
	ck_assert_ptr_nonnull(parse(REFERRAL, "{\"surprise\":[{\"deep\":1}],\"needs\":{\"more\":2}}", HEARTH_JSON_LENIENT));
}
END_TEST

START_TEST(a_repeated_key_is_refused_in_any_spelling)
{
	refused(REFERRAL, "{\"childId\":\"a\",\"childId\":\"b\"}", "");
	refused(REFERRAL, "{\"childId\":\"a\",\"child_id\":\"b\"}", "child_id");
	refused(REFERRAL, "{\"childId\":null,\"child_id\":\"b\"}", "child_id");
}
END_TEST

START_TEST(wrong_types_are_refused_by_name)
{
	refused(REFERRAL, "{\"childId\":5}", "child_id");
	refused(REFERRAL, "{\"childId\":{}}", "child_id");
	refused(REFERRAL, "{\"needs\":[]}", "needs");
	refused(REFERRAL, "{\"needs\":\"x\"}", "needs");
	refused(REFERRAL, "{\"needs\":{\"homeKinds\":\"FOSTERING\"}}", "needs.home_kinds");
	refused(REFERRAL, "{\"needs\":{\"homeKinds\":[\"A\",7]}}", "needs.home_kinds[1]");
	refused(REFERRAL, "{\"needs\":{\"unaccompanied\":\"true\"}}", "needs.unaccompanied");
	refused(REFERRAL, "{\"needs\":{\"unaccompanied\":1}}", "needs.unaccompanied");
	refused(REFERRAL, "{\"needs\":{\"children\":true}}", "needs.children");
	refused(HISTORY, "{\"carePeriods\":[{},{\"start\":1}]}", "care_periods[1].start");
	refused(EVENT, "{\"time\":5}", "time");
	refused(EVENT, "{\"data\":5}", "data");
}
END_TEST

START_TEST(whole_numbers_are_read_from_numbers_and_texts_and_kept_in_range)
{
	static const struct { const char *text; int64_t pence; } good[] = {
		{ "{\"pence\":9223372036854775807}", INT64_MAX }, { "{\"pence\":\"-9223372036854775808\"}", INT64_MIN },
		{ "{\"pence\":-9223372036854775808}", INT64_MIN }, { "{\"pence\":1e3}", 1000 }, { "{\"pence\":-5.0}", -5 },
		{ "{\"pence\":\"0\"}", 0 }, { "{\"pence\":\"-0\"}", 0 }
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		Hearth__V1__Money *money = (void *)parse(MONEY, good[i].text, 0);
		ck_assert_msg(money != NULL && money->pence == good[i].pence, "%s", good[i].text);
	}
	static const char *const bad[] = {
		"9223372036854775808", "\"9223372036854775808\"", "\"-9223372036854775809\"", "-9223372036854775809", "1e300",
		"18446744073709551616", "1.5", "\"1.5\"", "\"\"", "\" 1\"", "\"1 \"", "\"0x10\"", "\"01\"", "\"+1\"", "\"-\"",
		"\"NaN\"", "\"99999999999999999999999999999999\""
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[80];
		snprintf(text, sizeof(text), "{\"pence\":%s}", bad[i]);
		refused(MONEY, text, "pence");
	}
	refused(GRID, "{\"easting\":2147483648}", "easting");
	refused(GRID, "{\"easting\":\"-2147483649\"}", "easting");
	ck_assert_ptr_nonnull(parse(GRID, "{\"easting\":2147483647,\"northing\":-2147483648}", 0));
	Hearth__Rpc__V1__RequestHeader *header = (void *)parse(HEADER, "{\"callId\":\"18446744073709551615\"}", 0);
	ck_assert_ptr_nonnull(header);
	ck_assert_uint_eq(header->call_id, UINT64_MAX);
	refused(HEADER, "{\"callId\":\"18446744073709551616\"}", "call_id");
	refused(HEADER, "{\"callId\":-1}", "call_id");
}
END_TEST

START_TEST(real_numbers_are_finite)
{
	Hearth__V1__Distance *distance = (void *)parse(DISTANCE, "{\"miles\":3.2}", 0);
	ck_assert_ptr_nonnull(distance);
	ck_assert_str_eq(hearth_json_print(arena, &distance->base, 0), "{\"miles\":3.2}");
	distance->miles = NAN;
	ck_assert_str_eq(hearth_json_print(arena, &distance->base, 0), "{\"miles\":\"NaN\"}");
	ck_assert_ptr_nonnull(parse(DISTANCE, "{\"miles\":\"1.5e2\"}", 0));
	static const char *const bad[] = { "\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "\"\"", "\"x\"", "true", "\"0x1\"", "\"1e999\"" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "{\"miles\":%s}", bad[i]);
		refused(DISTANCE, text, "miles");
	}
	refused(DISTANCE, "{\"miles\":NaN}", "");
	refused(DISTANCE, "{\"miles\":1e999}", "");
}
END_TEST

START_TEST(enums_are_written_by_name_and_unknown_ones_refused)
{
	Hearth__Rpc__V1__Actor *actor = (void *)parse(ACTOR, "{\"roles\":[\"OPERATOR\",7]}", 0);
	ck_assert_ptr_nonnull(actor);
	ck_assert_str_eq(hearth_json_print(arena, &actor->base, 0), "{\"roles\":[\"OPERATOR\",\"SYSTEM\"]}");
	refused(ACTOR, "{\"roles\":[\"operator\"]}", "roles[0]");
	ck_assert_ptr_nonnull(strstr(status.message, "PLACEMENT_OFFICER"));
	refused(ACTOR, "{\"roles\":[1,99]}", "roles[1]");
	refused(ACTOR, "{\"roles\":[{}]}", "roles[0]");
}
END_TEST

START_TEST(bytes_are_base64_in_both_alphabets)
{
	static const char *const good[] = { "+/8=", "+/8", "-_8=", "-_8" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "{\"data\":\"%s\"}", good[i]);
		Hearth__Events__V1__Event *event = (void *)parse(EVENT, text, 0);
		ck_assert_msg(event != NULL && event->data.len == 2 && memcmp(event->data.data, "\xfb\xff", 2) == 0, "%s", text);
	}
	refused(EVENT, "{\"data\":\"A\"}", "data");
	refused(EVENT, "{\"data\":\"AA==A\"}", "data");
	refused(EVENT, "{\"data\":\"A A=\"}", "data");
	refused(EVENT, "{\"data\":\"!!!!\"}", "data");
	refused(EVENT, "{\"data\":\"+_8=\"}", "data");
}
END_TEST

START_TEST(times_are_rfc_3339)
{
	Hearth__Events__V1__Event *event = (void *)parse(EVENT, "{\"time\":\"2022-07-01T01:30:00.5+01:00\"}", 0);
	ck_assert_ptr_nonnull(event);
	ck_assert_str_eq(hearth_json_print(arena, &event->base, 0), "{\"time\":\"2022-07-01T00:30:00.500Z\"}");
	event = (void *)parse(EVENT, "{\"time\":\"1969-12-31T23:59:59.5Z\"}", 0);
	ck_assert_int_eq(event->time->seconds, -1);
	ck_assert_int_eq(event->time->nanos, 500000000);
	static const char *const bad[] = {
		"", "now", "2023-02-30T00:00:00Z", "2023-01-01", "2023-01-01T25:00:00Z", "2023-01-01T00:00:00",
		"2023-01-01T00:00:00+1:00", "2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00Z+01:00", "2023-01-01T00:00:00.Z",
		"2023-01-01T00:00:00.1234567891Z", "2023-01-01T00:00:00.12345678912345678912345Z"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[100];
		snprintf(text, sizeof(text), "{\"time\":\"%s\"}", bad[i]);
		refused(EVENT, text, "time");
	}
}
END_TEST

START_TEST(text_that_is_no_json_is_refused)
{
	static const char *const bad[] = {
		"", " ", "{", "}", "{\"id\":}", "{\"id\":\"a\"", "{\"id\":\"a\"}x", "{'id':'a'}", "{\"id\":\"\\u0000\"}",
		"{\"id\":\"\xff\"}", "{\"id\":\"\xed\xa0\x80\"}", "{\"id\":\"\\ud800\"}", "{\"id\":\"a\nb\"}", "[]", "5", "null", "\"x\"",
		"{\"a\\u0000b\":1}"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(EVENT, bad[i], "");
}
END_TEST

START_TEST(deep_nesting_is_bounded)
{
	const size_t depth = 1000000;
	char *text = malloc(depth + 32);
	for (int shape = 0; shape < 2; shape++) {
		strcpy(text, "{\"x\":");
		memset(text + 5, '[', depth);
		text[depth + 5] = '\0';
		ck_assert_ptr_null(parse(EVENT, text, shape == 0 ? 0 : HEARTH_JSON_LENIENT));
		ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	}
	memset(text + 5, '[', 1000);
	memset(text + 1005, ']', 1000);
	strcpy(text + 2005, "}");
	ck_assert_ptr_nonnull(parse(EVENT, text, HEARTH_JSON_LENIENT));
	free(text);
}
END_TEST

START_TEST(a_given_value_is_never_repeated_in_an_error)
{
	refused(EVENT, "{\"time\":\"Secret\"}", "time");
	ck_assert_ptr_null(strstr(status.message, "Secret"));
	refused(ACTOR, "{\"roles\":[\"Secret\"]}", "roles[0]");
	ck_assert_ptr_null(strstr(status.message, "Secret"));
	refused(MONEY, "{\"pence\":\"Secret\"}", "pence");
	ck_assert_ptr_null(strstr(status.message, "Secret"));
	refused(MONEY, "{\"pence\": Secret}", "");
	ck_assert_ptr_null(strstr(status.message, "Secret"));
}
END_TEST

static const char history[] =
    "{\"childId\":\"c\",\"dateOfBirth\":{\"value\":\"2008-01-01\"},\"carePeriods\":[{\"start\":\"2020-01-01\"}]}";

START_TEST(personal_fields_are_left_out_of_public_json)
{
	ProtobufCMessage *message = parse(HISTORY, history, 0);
	ck_assert_str_eq(hearth_json_print(arena, message, 0), history);
	ck_assert_str_eq(hearth_json_print(arena, message, HEARTH_JSON_PUBLIC),
	                 "{\"childId\":\"c\",\"carePeriods\":[{\"start\":\"2020-01-01\"}]}");
}
END_TEST

START_TEST(personal_fields_are_cleared_in_place_and_unknown_ones_go_too)
{
	ProtobufCMessage *message = parse(HISTORY, history, 0);
	ProtobufCMessageUnknownField unknown = { 99, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, 2, (uint8_t *)"\x01x" };
	message->n_unknown_fields = 1;
	message->unknown_fields = &unknown;
	hearth_message_make_public(message);
	ck_assert_ptr_null(((Hearth__Placements__V1__ChildHistoryRecorded *)message)->date_of_birth);
	ck_assert_uint_eq(message->n_unknown_fields, 0);
	uint8_t bytes[256];
	size_t size = protobuf_c_message_pack(message, bytes);
	ck_assert_ptr_null(memmem(bytes, size, "2008", 4));
	ck_assert_ptr_nonnull(memmem(bytes, size, "2020-01-01", 10));
}
END_TEST

static int check(const ProtobufCMessage *message, size_t most_text, size_t most_items)
{
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	return hearth_message_check(message, most_text, most_items, &status);
}

START_TEST(a_good_message_passes_the_check)
{
	ck_assert_int_eq(check(parse(HISTORY, history, 0), 10, 1), 0);
	ck_assert_int_eq(check(parse(ACTOR, "{\"roles\":[1,2,3]}", 0), 10, 3), 0);
}
END_TEST

START_TEST(a_text_too_long_is_named)
{
	ck_assert_int_eq(check(parse(HISTORY, history, 0), 9, 1), -1);
	ck_assert_str_eq(status.field, "date_of_birth.value");
	Hearth__Placements__V1__ChildHistoryRecorded *message = (void *)parse(HISTORY, history, 0);
	message->date_of_birth = NULL;
	ck_assert_int_eq(check(&message->base, 9, 1), -1);
	ck_assert_str_eq(status.field, "care_periods[0].start");
	ck_assert_ptr_nonnull(strstr(status.message, "9"));
}
END_TEST

START_TEST(too_many_items_are_named)
{
	ck_assert_int_eq(check(parse(ACTOR, "{\"roles\":[1,2,3,4]}", 0), 10, 3), -1);
	ck_assert_str_eq(status.field, "roles");
	ck_assert_int_eq(check(parse(HISTORY, "{\"carePeriods\":[{},{}]}", 0), 10, 1), -1);
	ck_assert_str_eq(status.field, "care_periods");
}
END_TEST

START_TEST(bad_utf8_is_named)
{
	Hearth__Referrals__V1__ReferralOpened *message =
	    (void *)parse(REFERRAL, "{\"childId\":\"c\",\"needs\":{\"homeKinds\":[\"A\",\"B\"]}}", 0);
	message->needs->home_kinds[1] = (char *)"\xc0\x80";
	ck_assert_int_eq(check(&message->base, 100, 10), -1);
	ck_assert_str_eq(status.field, "needs.home_kinds[1]");
	message->child_id = (char *)"\xff";
	ck_assert_int_eq(check(&message->base, 100, 10), -1);
	ck_assert_str_eq(status.field, "child_id");
}
END_TEST

START_TEST(an_enum_value_that_is_not_in_the_contract_is_named)
{
	Hearth__Rpc__V1__Actor *message = (void *)parse(ACTOR, "{\"roles\":[1,2,3]}", 0);
	message->roles[1] = 99;
	ck_assert_int_eq(check(&message->base, 100, 10), -1);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_str_eq(status.field, "roles[1]");
	message->roles[1] = -1;
	ck_assert_int_eq(check(&message->base, 100, 10), -1);
	message->roles[1] = 0;
	ck_assert_int_eq(check(&message->base, 100, 10), 0);
}
END_TEST

START_TEST(too_many_unknown_fields_are_refused)
{
	ProtobufCMessage *message = parse(MONEY, "{}", 0);
	message->n_unknown_fields = 11;
	ck_assert_int_eq(check(message, 100, 10), -1);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_field_without_a_number_is_refused)
{
	ProtobufCMessageUnknownField unknown = { .tag = 0 };
	ProtobufCMessage *message = parse(MONEY, "{}", 0);
	message->n_unknown_fields = 1;
	message->unknown_fields = &unknown;
	ck_assert_int_eq(check(message, 100, 10), -1);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	unknown.tag = 1000;
	ck_assert_int_eq(check(message, 100, 10), 0);
}
END_TEST

START_TEST(the_largest_real_number_reads_back)
{
	ProtobufCMessage *message = parse(DISTANCE, "{\"miles\":1.7976931348623157e308}", 0), *least;
	ck_assert_ptr_nonnull(message);
	ck_assert_ptr_nonnull(parse(DISTANCE, hearth_json_print(arena, message, 0), 0));
	least = parse(DISTANCE, "{\"miles\":-1.7976931348623157e308}", 0);
	ck_assert_ptr_nonnull(least);
	ck_assert_ptr_nonnull(parse(DISTANCE, hearth_json_print(arena, least, 0), 0));
}
END_TEST

int main(void)
{
	return CHECK_MAIN("json", a_field_without_a_number_is_refused, the_largest_real_number_reads_back, a_message_survives_both_ways,
	                  both_spellings_of_names_are_read_and_the_asked_one_is_written,
	                  defaults_are_written_only_when_asked_and_unset_messages_never, null_is_the_default,
	                  an_unknown_name_is_refused_unless_lenient, a_repeated_key_is_refused_in_any_spelling,
	                  wrong_types_are_refused_by_name,
	                  whole_numbers_are_read_from_numbers_and_texts_and_kept_in_range, real_numbers_are_finite,
	                  enums_are_written_by_name_and_unknown_ones_refused, bytes_are_base64_in_both_alphabets,
	                  times_are_rfc_3339, text_that_is_no_json_is_refused, deep_nesting_is_bounded,
	                  a_given_value_is_never_repeated_in_an_error, personal_fields_are_left_out_of_public_json,
	                  personal_fields_are_cleared_in_place_and_unknown_ones_go_too, a_good_message_passes_the_check,
	                  a_text_too_long_is_named, too_many_items_are_named, bad_utf8_is_named,
	                  an_enum_value_that_is_not_in_the_contract_is_named, too_many_unknown_fields_are_refused);
}
