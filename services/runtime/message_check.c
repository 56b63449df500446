/* message_check.c: what is checked of every message at the edge, and fields.
 *
 * hearth_message_check is on the path of every call: one pass over the
 * descriptor, no allocation, and the path of a field is written only when it
 * is wrong. Strings' values are never repeated in an error.
 */
#include <hearth/json.h>
#include <hearth/status.h>
#include <hearth/text.h>

#include <hearth/v1/common.pb-c.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_field.h"

#define DEPTH_MOST 32

/* ---- fields ---------------------------------------------------------------------- */

size_t hearth_field_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return 4;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	}
	abort();
}

static bool is_scalar_set(ProtobufCType type, const void *at)
{
	switch (type) {
	case PROTOBUF_C_TYPE_FLOAT:
		return *(const float *)at != 0;
	case PROTOBUF_C_TYPE_DOUBLE:
		return *(const double *)at != 0;
	case PROTOBUF_C_TYPE_STRING:
		return *(char *const *)at != NULL && **(char *const *)at != '\0';
	case PROTOBUF_C_TYPE_MESSAGE:
		return *(void *const *)at != NULL;
	case PROTOBUF_C_TYPE_BYTES:
		return ((const ProtobufCBinaryData *)at)->len > 0;
	default:
		return hearth_field_size(type) == 8 ? *(const uint64_t *)at != 0 : *(const uint32_t *)at != 0;
	}
}

bool hearth_field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const void *at = hearth_field_at(message, field);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return hearth_field_count(message, field) > 0;
	if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
		return *(const uint32_t *)hearth_field_quantifier(message, field) == field->id &&
		    (field->type != PROTOBUF_C_TYPE_MESSAGE || *(void *const *)at != NULL);
	return is_scalar_set(field->type, at);
}

bool hearth_field_is_personal(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_MESSAGE && field->descriptor == &hearth__v1__personal_date__descriptor;
}

void hearth_field_camel(const char *name, char ret_camel[HEARTH_FIELD_NAME_MOST])
{
	size_t at = 0;
	bool upper = false;
	for (; *name != '\0' && at < HEARTH_FIELD_NAME_MOST - 1; name++) {
		if (*name == '_') {
			upper = true;
			continue;
		}
		ret_camel[at++] = upper && *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
		upper = false;
	}
	ret_camel[at] = '\0';
}

void hearth_path_write(const struct hearth_path *path, char *ret_text, size_t size)
{
	/* From the inside out, so that a long path loses its outer part. */
	char *text = ret_text;
	size_t end = size - 1;
	char part[HEARTH_FIELD_NAME_MOST + 24];
	text[end] = '\0';
	for (; path != NULL; path = path->up) {
		if (path->name == NULL)
			continue;
		int length = path->index < 0
		    ? snprintf(part, sizeof(part), "%.100s", path->name)
		    : snprintf(part, sizeof(part), "%.100s[%ld]", path->name, path->index);
		size_t dot = end < size - 1 ? 1 : 0;
		if ((size_t)length + dot > end)
			break;
		if (dot != 0)
			text[--end] = '.';
		end -= (size_t)length;
		memcpy(text + end, part, (size_t)length);
	}
	memmove(text, text + end, size - end);
}

/* ---- the check ----------------------------------------------------------------------- */

struct check {
	size_t most_text;
	size_t most_items;
	struct hearth_status *status;
};

static int check_message(const struct check *check, const ProtobufCMessage *message, const struct hearth_path *up,
                         int depth);

static __attribute__((noinline, cold)) int fail_at(const struct check *check, const struct hearth_path *path,
                                                   const char *what, size_t most)
{
	char field[64];
	hearth_path_write(path, field, sizeof(field));
	const char *named = field[0] != '\0' ? field : "the message";
	if (most > 0)
		return hearth_fail_field(check->status, field, "%s %s %zu", named, what, most);
	return hearth_fail_field(check->status, field, "%s %s", named, what);
}

static inline int check_text(const struct check *check, const char *text, const struct hearth_path *up,
                             const char *name, long index)
{
	if (text == NULL || text[0] == '\0')
		return 0;
	size_t length = strlen(text);
	if (__builtin_expect(length <= check->most_text && hearth_utf8_valid(text, length), 1))
		return 0;
	struct hearth_path path = { up, name, index };
	if (length > check->most_text)
		return fail_at(check, &path, "is too long: the most bytes are", check->most_text);
	return fail_at(check, &path, "must be valid UTF-8", 0);
}

static inline int check_enum(const struct check *check, int value, const struct hearth_path *up,
                             const ProtobufCFieldDescriptor *field, long index)
{
	if (value == 0 || protobuf_c_enum_descriptor_get_value(field->descriptor, value) != NULL)
		return 0;
	char name[64];
	const ProtobufCEnumDescriptor *known = field->descriptor;
	struct hearth_path path = { up, field->name, index };
	hearth_path_write(&path, name, sizeof(name));
	return hearth_fail_field(check->status, name, "%s: %d is no value of %s", name, value, known->short_name);
}

static int check_repeated(const struct check *check, const ProtobufCMessage *message,
                          const ProtobufCFieldDescriptor *field, const struct hearth_path *up, int depth)
{
	size_t count = hearth_field_count(message, field);
	struct hearth_path path = { up, field->name, -1 };
	if (count > check->most_items)
		return fail_at(check, &path, "has too many items: the most are", check->most_items);
	const void *items = *(void *const *)hearth_field_at(message, field);
	for (size_t i = 0; i < count; i++) {
		path.index = (long)i;
		if (field->type == PROTOBUF_C_TYPE_STRING) {
			if (check_text(check, ((char *const *)items)[i], up, field->name, (long)i) != 0)
				return -1;
		} else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
			if (check_message(check, ((ProtobufCMessage *const *)items)[i], &path, depth + 1) != 0)
				return -1;
		} else if (field->type == PROTOBUF_C_TYPE_ENUM) {
			if (check_enum(check, ((const int *)items)[i], up, field, (long)i) != 0)
				return -1;
		} else {
			break;
		}
	}
	return 0;
}

static int check_single(const struct check *check, const ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field, const struct hearth_path *up, int depth)
{
	/* A oneof's members share their memory: only the one that is set is of this type. */
	if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 && !hearth_field_is_set(message, field))
		return 0;
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		return check_enum(check, *(const int *)hearth_field_at(message, field), up, field, -1);
	void *value = *(void *const *)hearth_field_at(message, field);
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return check_text(check, value, up, field->name, -1);
	if (value == NULL)
		return 0;
	struct hearth_path path = { up, field->name, -1 };
	return check_message(check, value, &path, depth + 1);
}

static int check_message(const struct check *check, const ProtobufCMessage *message, const struct hearth_path *up,
                         int depth)
{
	if (depth > DEPTH_MOST)
		return fail_at(check, up, "is nested too deeply: the most levels are", DEPTH_MOST);
	if (message->n_unknown_fields > check->most_items)
		return fail_at(check, up, "has too many unknown fields: the most are", check->most_items);
	/* protobuf-c takes a number 0 that is written longer than it need be; nobody else does, nor it itself once packed. */
	for (unsigned i = 0; i < message->n_unknown_fields; i++)
		if (message->unknown_fields[i].tag == 0)
			return fail_at(check, up, "has a field whose number is 0", 0);
	const ProtobufCFieldDescriptor *field = message->descriptor->fields;
	for (const ProtobufCFieldDescriptor *end = field + message->descriptor->n_fields; field < end; field++) {
		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			if (hearth_field_count(message, field) > 0 && check_repeated(check, message, field, up, depth) != 0)
				return -1;
		} else if (field->type >= PROTOBUF_C_TYPE_ENUM && field->type != PROTOBUF_C_TYPE_BYTES) {
			if (check_single(check, message, field, up, depth) != 0)
				return -1;
		}
	}
	return 0;
}

int hearth_message_check(const ProtobufCMessage *message, size_t most_text, size_t most_items,
                         struct hearth_status *status)
{
	struct check check = { most_text, most_items, status };
	return check_message(&check, message, NULL, 0);
}

/* ---- personal fields -------------------------------------------------------------------- */

static void clear_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		*(size_t *)hearth_field_quantifier(message, field) = 0;
	else if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
		*(uint32_t *)hearth_field_quantifier(message, field) = 0;
	*(void **)hearth_field_at(message, field) = NULL;
}

/* The message lives in an arena, so nothing that is cut off leaks. Fields that this build does not know go too: a
 * newer source may have personal ones among them. */
void hearth_message_make_public(ProtobufCMessage *message)
{
	message->n_unknown_fields = 0;
	message->unknown_fields = NULL;
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		if (field->type != PROTOBUF_C_TYPE_MESSAGE || !hearth_field_is_set(message, field))
			continue;
		void *at = hearth_field_at(message, field);
		if (hearth_field_is_personal(field)) {
			clear_field(message, field);
		} else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			ProtobufCMessage *const *items = *(ProtobufCMessage ***)at;
			for (size_t k = 0; k < hearth_field_count(message, field); k++)
				hearth_message_make_public(items[k]);
		} else {
			hearth_message_make_public(*(ProtobufCMessage **)at);
		}
	}
}
