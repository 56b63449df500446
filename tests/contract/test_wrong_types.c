/* test_wrong_types.c: JSON of a wrong type, in each field of each message of every contract, at any depth: refused by the
 * field's name, with what would be right and without what was given. What a process does with wrong types on the wire is
 * in integration/test_bad_frames.c. */
/* links: tests/integration/fields.c */
#include <stdio.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/status.h>

#include "../../services/runtime/map_field.h"
#include "../integration/fields.h"
#include "../support/check_main.h"

/* The build writes it. */
extern const ProtobufCMessageDescriptor *const every_message[];

static const char *const no_lists[] = { "\"x\"", "17", "true", "{}", NULL };
static const char *const no_texts[] = { "17", "1.5", "true", "{}", "[]", "\"a\\u0000b\"", NULL };
static const char *const no_truths[] = { "\"yes\"", "\"true\"", "0", "1", "{}", "[]", NULL };
static const char *const no_reals[] = { "\"far\"", "\"\"", "true", "{}", "[]", "\"NaN\"", "\"-Infinity\"", "\"1e999\"", NULL };
static const char *const no_codes[] = { "\"NO SUCH\"", "\"\"", "99999", "-1", "1.5", "true", "{}", "[]", NULL };
static const char *const no_bytes[] = { "\"!\"", "\"a\"", "17", "true", "{}", NULL };
static const char *const no_messages[] = { "\"x\"", "17", "true", "[]", NULL };
static const char *const no_times[] = { "\"yesterday\"", "\"2023-02-30T00:00:00Z\"", "\"2023-02-03\"", "\"2023-02-03T25:00:00Z\"",
	"\"2023-02-03T00:00:00+24:00\"", "17", "true", "{}", "[]", NULL };
static const char *const no_wholes[] = { "\"many\"", "\"\"", "\"0x10\"", "\"01\"", "\" 1\"", "1.5", "true", "{}", "[]",
	"1e300", "99999999999999999999", "\"99999999999999999999\"", "\"-99999999999999999999\"", NULL };
static const char *const no_small_wholes[] = { "\"many\"", "1.5", "true", "{}", "[]", "2147483648", "-2147483649",
	"\"4294967296\"", "99999999999999999999", NULL };
static const char *const no_naturals[] = { "\"many\"", "1.5", "true", "{}", "[]", "-1", "\"-1\"", "1e300",
	"\"99999999999999999999\"", NULL };

static const char *const *wrong_for(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING: return no_texts;
	case PROTOBUF_C_TYPE_BOOL: return no_truths;
	case PROTOBUF_C_TYPE_FLOAT: case PROTOBUF_C_TYPE_DOUBLE: return no_reals;
	case PROTOBUF_C_TYPE_ENUM: return no_codes;
	case PROTOBUF_C_TYPE_BYTES: return no_bytes;
	case PROTOBUF_C_TYPE_MESSAGE: return hearth_field_is_timestamp(field) ? no_times : no_messages;
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32: case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		return no_naturals;
	case PROTOBUF_C_TYPE_INT32: case PROTOBUF_C_TYPE_SINT32: case PROTOBUF_C_TYPE_SFIXED32: return no_small_wholes;
	default: return no_wholes;
	}
}

struct walk {
	const ProtobufCMessageDescriptor *message;
	struct hearth_arena *arena;
	size_t fields, tried;
};

/* {"a":[{"b":VALUE}]}: `item` in its list, if it is of one. */
static const char *json_of(struct hearth_arena *arena, const struct field_path *path, const char *value, bool item)
{
	for (size_t i = path->depth; i-- > 0;) {
		const ProtobufCFieldDescriptor *field = path->fields[i];
		bool list = field->label == PROTOBUF_C_LABEL_REPEATED && (item || i + 1 < path->depth);
		value = hearth_arena_printf(arena, list ? "{\"%s\":[%s]}" : "{\"%s\":%s}", field->name, value);
	}
	return value;
}

static void try_value(struct walk *walk, const struct field_path *path, const char *value, bool item)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	ProtobufCMessage *message = NULL;
	const char *json = json_of(walk->arena, path, value, item), *wanted = field_name(path, item);
	int result = hearth_json_parse(walk->arena, walk->message, json, strlen(json), 0, &message, &status);
	ck_assert_msg(result != 0, "%s takes %s", walk->message->name, json);
	ck_assert_msg(status.code == HEARTH_INVALID_ARGUMENT && status.message[0] != '\0', "%s, %s: %s", walk->message->name, json,
	              status.message);
	/* A text with NUL is refused by the reader, which knows no fields. */
	if (strstr(value, "\\u0000") == NULL)
		ck_assert_msg(strncmp(status.field, wanted, sizeof status.field - 1) == 0, "%s, %s: names \"%s\", not \"%s\": %s",
		              walk->message->name, json, status.field, wanted, status.message);
	walk->tried++;
}

static void try_field(void *context, const struct field_path *path)
{
	struct walk *walk = context;
	const ProtobufCFieldDescriptor *leaf = field_leaf(path);
	for (size_t i = 0; i + 1 < path->depth; i++)
		if (hearth_field_is_timestamp(path->fields[i]))
			return;                        /* a text in JSON: it has no fields there */
	for (const char *const *wrong = wrong_for(leaf); *wrong != NULL; wrong++)
		try_value(walk, path, *wrong, true);
	for (const char *const *wrong = no_lists; leaf->label == PROTOBUF_C_LABEL_REPEATED && *wrong != NULL; wrong++)
		try_value(walk, path, *wrong, false);
	walk->fields++;
	hearth_arena_reset(walk->arena);
}

START_TEST(json_of_a_wrong_type_is_refused_by_its_fields_name_in_every_message)
{
	struct walk walk = { .arena = hearth_arena_new() };
	for (size_t i = 0; every_message[i] != NULL; i++) {
		walk.message = every_message[i];
		fields_walk(walk.message, try_field, &walk);
	}
	ck_assert_uint_gt(walk.fields, 2000);
	ck_assert_uint_gt(walk.tried, 10000);
	hearth_arena_free(&walk.arena);
}
END_TEST

START_TEST(a_name_that_no_message_has_is_refused_in_every_message)
{
	static const char json[] = "{\"noSuchField\":[{\"a\":1}]}";
	struct hearth_arena *arena = hearth_arena_new();
	for (size_t i = 0; every_message[i] != NULL; i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		ProtobufCMessage *message = NULL;
		ck_assert_int_ne(hearth_json_parse(arena, every_message[i], json, strlen(json), 0, &message, &status), 0);
		ck_assert_str_eq(status.field, "noSuchField");
		ck_assert_msg(hearth_json_parse(arena, every_message[i], json, strlen(json), HEARTH_JSON_LENIENT, &message, &status) == 0,
		              "%s: %s", every_message[i]->name, status.message);
	}
	hearth_arena_free(&arena);
}
END_TEST

int main(void)
{
	const struct check_options options = { .timeout = 60 };
	return CHECK_MAIN_WITH(&options, "wrong types", json_of_a_wrong_type_is_refused_by_its_fields_name_in_every_message,
	                       a_name_that_no_message_has_is_refused_in_every_message);
}
