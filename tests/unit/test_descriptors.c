/* test_descriptors.c: contracts read at run time, and what a hostile set of them is refused for. */
#include <stdio.h>
#include <string.h>

#include <google/protobuf/descriptor.pb-c.h>
#include <hearth/arena.h>
#include <hearth/descriptors.h>
#include <hearth/json.h>
#include <hearth/status.h>

#include "../support/check_main.h"

typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__DescriptorProto message_proto;

#define FIELD(field_name, field_number, field_type, of)                                              \
	(field_proto)                                                                                    \
	{                                                                                                \
		.base = PROTOBUF_C_MESSAGE_INIT(&google__protobuf__field_descriptor_proto__descriptor),      \
		.name = (char *)(field_name), .has_number = 1, .number = (field_number), .has_type = 1,      \
		.type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##field_type, .has_label = 1,   \
		.label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL, .type_name = (char *)(of), \
	}

/* A file "p" of the messages, packed and read. */
static struct hearth_descriptors *read_set(size_t count, message_proto **messages, const char *syntax,
                                           struct hearth_status *status)
{
	static uint8_t bytes[1 << 16];
	Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT, *files[] = { &file };
	Google__Protobuf__FileDescriptorSet set = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_SET__INIT;
	file.name = "p.proto";
	file.package = "p";
	file.syntax = (char *)syntax;
	file.n_message_type = count;
	file.message_type = messages;
	set.n_file = 1;
	set.file = files;
	ck_assert_uint_le(google__protobuf__file_descriptor_set__get_packed_size(&set), sizeof bytes);
	return hearth_descriptors_new(bytes, google__protobuf__file_descriptor_set__pack(&set, bytes), status);
}

static message_proto message(const char *name, size_t count, field_proto **fields)
{
	message_proto made = GOOGLE__PROTOBUF__DESCRIPTOR_PROTO__INIT;
	made.name = (char *)name;
	made.n_field = count;
	made.field = fields;
	return made;
}

static void refuses(message_proto *first, message_proto *second, const char *why)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	message_proto *both[] = { first, second };
	struct hearth_descriptors *made = read_set(second != NULL ? 2 : 1, both, "proto3", &status);
	ck_assert_msg(made == NULL, "not refused: %s", why);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_msg(strstr(status.message, why) != NULL, "\"%s\" is not in: %s", why, status.message);
}

START_TEST(a_message_goes_to_bytes_and_back_through_json)
{
	field_proto number = FIELD("number", 3, INT64, NULL), text = FIELD("text", 1, STRING, NULL),
	            list = FIELD("list", 200, SINT32, NULL), bytes = FIELD("some_bytes", 7, BYTES, NULL),
	            inner = FIELD("inner", 12, MESSAGE, ".p.Inner"), at = FIELD("at", 13, MESSAGE, ".google.protobuf.Timestamp");
	field_proto flag = FIELD("flag", 1, BOOL, NULL), *of_inner[] = { &flag };
	field_proto *fields[] = { &number, &text, &list, &bytes, &inner, &at };
	message_proto outer_message = message("Outer", 6, fields), inner_message = message("Inner", 1, of_inner);
	message_proto *both[] = { &outer_message, &inner_message };
	static const char json[] = "{\"text\":\"a\",\"number\":\"-5\",\"someBytes\":\"aGVhcnRo\",\"inner\":{\"flag\":true},"
	                           "\"at\":\"2024-06-02T09:00:00Z\",\"list\":[1,-2,300]}";
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	uint8_t packed[256];
	ProtobufCMessage *one, *back;
	list.label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
	struct hearth_descriptors *made = read_set(2, both, "proto3", &status);
	ck_assert_msg(made != NULL, "%s", status.message);
	const ProtobufCMessageDescriptor *outer = hearth_descriptors_message(made, "p.Outer");
	ck_assert_ptr_nonnull(outer);
	ck_assert_msg(hearth_json_parse(arena, outer, json, strlen(json), 0, &one, &status) == 0, "%s", status.message);
	size_t size = protobuf_c_message_pack(one, packed);
	static const uint8_t wanted[] = { 0x0a, 1, 'a', 0x18, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0x3a, 6,
		'h', 'e', 'a', 'r', 't', 'h', 0x62, 2, 0x08, 1, 0x6a, 6, 0x08, 0x90, 0xe9, 0xf0, 0xb2, 0x06, 0xc2, 0x0c, 4, 2, 3, 0xd8, 4 };
	ck_assert_uint_eq(size, sizeof wanted);
	ck_assert_mem_eq(packed, wanted, size);
	back = protobuf_c_message_unpack(outer, hearth_arena_allocator(arena), size, packed);
	ck_assert_ptr_nonnull(back);
	ck_assert_str_eq(hearth_json_print(arena, one, 0), hearth_json_print(arena, back, 0));
	ck_assert_ptr_null(hearth_descriptors_message(made, "p.Nothing"));
	hearth_descriptors_free(&made);
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(members_of_a_oneof_share_a_place_and_the_last_one_counts)
{
	field_proto one = FIELD("one", 1, STRING, NULL), two = FIELD("two", 2, INT32, NULL), *fields[] = { &one, &two };
	Google__Protobuf__OneofDescriptorProto oneof = GOOGLE__PROTOBUF__ONEOF_DESCRIPTOR_PROTO__INIT, *oneofs[] = { &oneof };
	message_proto choice = message("Choice", 2, fields), *all[] = { &choice };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	oneof.name = "which";
	choice.n_oneof_decl = 1;
	choice.oneof_decl = oneofs;
	one.has_oneof_index = two.has_oneof_index = 1;
	struct hearth_descriptors *made = read_set(1, all, "proto3", &status);
	ck_assert_msg(made != NULL, "%s", status.message);
	static const uint8_t bytes[] = { 0x0a, 1, 'a', 0x10, 5 };
	ProtobufCMessage *back = protobuf_c_message_unpack(hearth_descriptors_message(made, "p.Choice"),
	                                                   hearth_arena_allocator(arena), sizeof bytes, bytes);
	ck_assert_ptr_nonnull(back);
	ck_assert_str_eq(hearth_json_print(arena, back, 0), "{\"two\":5}");
	hearth_descriptors_free(&made);
	hearth_arena_free(&arena);
	one.oneof_index = 1;
	refuses(&choice, NULL, "a oneof is none");
}
END_TEST

START_TEST(messages_that_hold_themselves_are_refused)
{
	field_proto to_b = FIELD("b", 1, MESSAGE, ".p.B"), to_a = FIELD("a", 1, MESSAGE, ".p.A");
	field_proto to_self = FIELD("self", 1, MESSAGE, ".p.A");
	field_proto *of_a[] = { &to_b }, *of_b[] = { &to_a }, *of_self[] = { &to_self };
	message_proto a = message("A", 1, of_a), b = message("B", 1, of_b), self = message("A", 1, of_self);
	refuses(&a, &b, "hold themselves");
	refuses(&self, NULL, "hold themselves");
}
END_TEST

START_TEST(messages_too_deep_in_one_another_are_refused)
{
	static message_proto chain[40], *all[40];
	static field_proto to_next[40], *fields[40];
	static char names[40][8], types[40][12];
	struct hearth_status status = HEARTH_STATUS_INIT;
	for (int i = 0; i < 40; i++) {
		snprintf(names[i], sizeof names[i], "M%d", i);
		snprintf(types[i], sizeof types[i], ".p.M%d", i + 1);
		to_next[i] = FIELD("next", 1, MESSAGE, types[i]);
		fields[i] = &to_next[i];
		chain[i] = message(names[i], i < 39, &fields[i]);
		all[i] = &chain[i];
	}
	ck_assert_ptr_null(read_set(40, all, "proto3", &status));
	ck_assert_ptr_nonnull(strstr(status.message, "too deep"));
}
END_TEST

START_TEST(types_in_types_without_end_are_refused_before_they_are_read)
{
	static uint8_t bytes[4096];
	struct hearth_status status = HEARTH_STATUS_INIT;
	/* nested_type (3) in nested_type in the first message (4) of the first file (1): from the inside out. */
	size_t at = sizeof bytes, size = 0;
	for (int i = 0; i < 900; i++) {
		uint8_t key = i == 899 ? 0x0a : i == 898 ? 0x22 : 0x1a;
		if (size < 128) {
			bytes[--at] = (uint8_t)size;
		} else {
			bytes[--at] = (uint8_t)(size >> 7);
			bytes[--at] = (uint8_t)(size | 0x80);
		}
		bytes[--at] = key;
		size = sizeof bytes - at;
	}
	ck_assert_ptr_null(hearth_descriptors_new(bytes + at, size, &status));
	ck_assert_ptr_nonnull(strstr(status.message, "too deep"));
}
END_TEST

START_TEST(names_that_are_none_are_refused)
{
	static const char *const bad[] = { "", "a b", "\033[2J", "1a", "a.b", "a-b" };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		field_proto field = FIELD(bad[i], 1, INT32, NULL), *fields[] = { &field };
		message_proto of_field = message("A", 1, fields), of_name = message(bad[i], 0, NULL);
		refuses(&of_field, NULL, "name is none");
		refuses(&of_name, NULL, "name that is none");
	}
	static char long_name[300];
	memset(long_name, 'a', sizeof long_name - 1);
	message_proto too_long = message(long_name, 0, NULL);
	refuses(&too_long, NULL, "name that is none");
}
END_TEST

START_TEST(what_stands_twice_is_missing_or_not_used_here_is_refused)
{
	field_proto one = FIELD("one", 1, INT32, NULL), other = FIELD("other", 1, INT32, NULL), again = FIELD("one", 2, INT32, NULL);
	field_proto lost = FIELD("lost", 1, MESSAGE, ".p.Nothing"), group = FIELD("group", 1, GROUP, NULL);
	field_proto zero = FIELD("zero", 0, INT32, NULL);
	field_proto *numbers[] = { &one, &other }, *names[] = { &one, &again }, *of_lost[] = { &lost };
	field_proto *of_group[] = { &group }, *of_zero[] = { &zero };
	message_proto same_number = message("A", 2, numbers), same_name = message("A", 2, names), a = message("A", 0, NULL);
	message_proto without = message("A", 1, of_lost), grouped = message("A", 1, of_group), from_zero = message("A", 1, of_zero);
	Google__Protobuf__MessageOptions options = GOOGLE__PROTOBUF__MESSAGE_OPTIONS__INIT;
	message_proto map = message("A", 0, NULL);
	options.has_map_entry = options.map_entry = 1;
	map.options = &options;
	refuses(&same_number, NULL, "a number stands twice");
	refuses(&same_name, NULL, "two fields have one name");
	refuses(&a, &a, "the name stands twice");
	refuses(&without, NULL, "not in the set");
	refuses(&grouped, NULL, "not used here");
	refuses(&from_zero, NULL, "not used here");
	refuses(&map, NULL, "maps are not used here");
}
END_TEST

START_TEST(bytes_that_are_no_set_are_refused_and_nothing_is_a_set)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	message_proto a = message("A", 0, NULL), *all[] = { &a };
	static uint8_t large[HEARTH_DESCRIPTORS_BYTES_MOST + 1];
	ck_assert_ptr_null(hearth_descriptors_new("\x0a\xff", 2, &status));
	ck_assert_ptr_null(hearth_descriptors_new(large, sizeof large, &status));
	ck_assert_ptr_nonnull(strstr(status.message, "over 1 MB"));
	struct hearth_descriptors *made = hearth_descriptors_new("", 0, &status);
	ck_assert_ptr_nonnull(made);
	ck_assert_ptr_null(hearth_descriptors_service_at(made, 0));
	ck_assert_str_eq(hearth_descriptors_comment(made, "p.A"), "");
	hearth_descriptors_free(&made);
	made = read_set(1, all, "proto2", &status);       /* passed over */
	ck_assert_ptr_nonnull(made);
	ck_assert_ptr_null(hearth_descriptors_message(made, "p.A"));
	hearth_descriptors_free(&made);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("descriptors", a_message_goes_to_bytes_and_back_through_json,
	                  members_of_a_oneof_share_a_place_and_the_last_one_counts, messages_that_hold_themselves_are_refused,
	                  messages_too_deep_in_one_another_are_refused, types_in_types_without_end_are_refused_before_they_are_read,
	                  names_that_are_none_are_refused, what_stands_twice_is_missing_or_not_used_here_is_refused,
	                  bytes_that_are_no_set_are_refused_and_nothing_is_a_set);
}
