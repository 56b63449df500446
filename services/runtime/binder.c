/* binder.c: parameters of a statement from the fields of a request, by name.
 *
 * Every name is resolved once, at start, to a path of member offsets; binding walks the offsets. Values are texts as
 * PostgreSQL reads them and live in the call's arena (or in the request itself).
 *
 * Names that the runtime owns (:authority, :actor, :now and the like) are never taken from a request, whatever fields
 * it has, as long as the caller lists them in `given`.
 */
#include "map.h"
#include "map_field.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/json.h>
#include <hearth/status.h>

#define MOST_DEPTH 8

struct binding {
	size_t index;                     /* parameter */
	size_t depth;
	const ProtobufCFieldDescriptor *path[MOST_DEPTH];
	size_t repeated;                  /* place of the repeated field in the path; depth when there is none */
	bool whole;                       /* the last field is a message: bound as jsonb */
};

struct hearth_binder {
	const struct hearth_statement *statement;
	size_t count;
	struct binding bindings[HEARTH_PARAMETERS_MOST];
};

/* ---- at start ---- */

static bool owned_by_runtime(const char *name)
{
	static const char *const names[] = { "authority", "actor", "request_id", "method", "payload_hash", "now", "today",
		"traceparent", "new_id", "result_key", "page_limit", "page_after", "event_id", "event_type", "event_time",
		"event_version", "event_source", "event_historical", "event_snapshot", "timer_id", "subject", "due", "data", NULL };
	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_given(const char *const *given, const char *name)
{
	for (; given && *given; given++)
		if (strcmp(*given, name) == 0)
			return true;
	return false;
}

/* All ways to split the name at `_`, the exact field first. */
static bool resolve(struct binding *binding, size_t depth, const ProtobufCMessageDescriptor *descriptor,
                    const char *name)
{
	if (depth == MOST_DEPTH)
		return false;
	const ProtobufCFieldDescriptor *exact = protobuf_c_message_descriptor_get_field_by_name(descriptor, name);
	if (exact) {
		binding->path[depth] = exact;
		binding->depth = depth + 1;
		return true;
	}
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		size_t size = strlen(field->name);
		if (field->type != PROTOBUF_C_TYPE_MESSAGE || strncmp(field->name, name, size) != 0 || name[size] != '_')
			continue;
		binding->path[depth] = field;
		if (resolve(binding, depth + 1, field->descriptor, name + size + 1))
			return true;
	}
	return false;
}

static int finish(const struct hearth_statement *statement, struct binding *binding, struct hearth_status *status)
{
	const char *name = statement->parameters[binding->index].name;
	binding->repeated = binding->depth;
	for (size_t i = 0; i < binding->depth; i++) {
		if (binding->path[i]->label != PROTOBUF_C_LABEL_REPEATED)
			continue;
		if (binding->repeated < binding->depth)
			return hearth_fail(status, HEARTH_INTERNAL, "SQL_PARAMETER",
			                   "sql/%s.sql: :%s goes through two repeated fields", statement->name, name);
		binding->repeated = i;
	}
	const ProtobufCFieldDescriptor *leaf = binding->path[binding->depth - 1];
	binding->whole = leaf->type == PROTOBUF_C_TYPE_MESSAGE && !hearth_field_is_timestamp(leaf);
	if (binding->whole && binding->repeated < binding->depth - 1)
		return hearth_fail(status, HEARTH_INTERNAL, "SQL_PARAMETER",
		                   "sql/%s.sql: :%s is a message inside a repeated one", statement->name, name);
	bool array = binding->repeated < binding->depth && !binding->whole;
	Oid type = statement->parameters[binding->index].type;
	if (type && !hearth_field_takes(leaf, type, array))
		return hearth_fail(status, HEARTH_INTERNAL, "SQL_PARAMETER",
		                   "sql/%s.sql: :%s is type %u in SQL, which the request's field does not fit (cast it)",
		                   statement->name, name, type);
	return 0;
}

struct hearth_binder *hearth_binder_new(const struct hearth_statement *statement,
                                        const ProtobufCMessageDescriptor *request, const char *const *given,
                                        struct hearth_status *status)
{
	struct hearth_binder *binder = hearth_alloc(sizeof *binder);
	memset(binder, 0, sizeof *binder);
	binder->statement = statement;
	for (size_t i = 0; i < statement->parameter_count; i++) {
		const char *name = statement->parameters[i].name;
		struct binding *binding = &binder->bindings[binder->count];
		bool held = is_given(given, name);
		if (held && owned_by_runtime(name))
			continue;
		if (request && resolve(binding, 0, request, name)) {
			binding->index = i;
			if (finish(statement, binding, status))
				goto failed;
			binder->count++;
		} else if (!held) {
			hearth_fail(status, HEARTH_INTERNAL, "SQL_PARAMETER", "sql/%s.sql: :%s is no field of %s, and nobody binds it",
			            statement->name, name, request ? request->name : "a request");
			goto failed;
		}
	}
	return binder;
failed:
	hearth_binder_free(&binder);
	return NULL;
}

void hearth_binder_free(struct hearth_binder **binder)
{
	free(*binder);
	*binder = NULL;
}

/* ---- for each call ---- */

static int enum_text(const ProtobufCFieldDescriptor *field, int value, const char **ret_text,
                     struct hearth_status *status)
{
	const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(field->descriptor, value);
	if (!known)
		return hearth_fail_field(status, field->name, "%d is no value of %s", value, field->name);
	*ret_text = value ? known->name : NULL;
	return 0;
}

static const char *bytes_text(struct hearth_arena *arena, const ProtobufCBinaryData *data)
{
	static const char digits[] = "0123456789abcdef";
	char *text = hearth_arena_alloc(arena, data->len * 2 + 3);
	text[0] = '\\';
	text[1] = 'x';
	for (size_t i = 0; i < data->len; i++) {
		text[2 + i * 2] = digits[data->data[i] >> 4];
		text[3 + i * 2] = digits[data->data[i] & 15];
	}
	return text;
}

static const char *timestamp_text(struct hearth_arena *arena, const ProtobufCMessage *message)
{
	char *text = hearth_arena_alloc(arena, HEARTH_TIME_SIZE);
	hearth_time_format(hearth_timestamp_get(message), text);
	return text;
}

static const char *integer_text(struct hearth_arena *arena, int64_t value)
{
	char digits[24], *at = digits + sizeof digits;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	*--at = '\0';
	do {
		*--at = (char)('0' + rest % 10);
	} while (rest /= 10);
	if (value < 0)
		*--at = '-';
	return hearth_arena_memdup(arena, at, (size_t)(digits + sizeof digits - at));
}

/* One value at `at`, which is of the field's C type. */
static int value_text(const ProtobufCFieldDescriptor *field, const void *at, struct hearth_arena *arena,
                      const char **ret_text, struct hearth_status *status)
{
	const char *string;
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		string = *(char *const *)at;
		*ret_text = string && *string ? string : NULL;
		return 0;
	case PROTOBUF_C_TYPE_BOOL:
		*ret_text = *(const protobuf_c_boolean *)at ? "true" : "false";
		return 0;
	case PROTOBUF_C_TYPE_ENUM:
		return enum_text(field, *(const int *)at, ret_text, status);
	case PROTOBUF_C_TYPE_INT32: case PROTOBUF_C_TYPE_SINT32: case PROTOBUF_C_TYPE_SFIXED32:
		*ret_text = integer_text(arena, *(const int32_t *)at);
		return 0;
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
		*ret_text = integer_text(arena, *(const int64_t *)at);
		return 0;
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
		*ret_text = integer_text(arena, *(const uint32_t *)at);
		return 0;
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		*ret_text = hearth_arena_printf(arena, "%" PRIu64, *(const uint64_t *)at);
		return 0;
	case PROTOBUF_C_TYPE_FLOAT:
		*ret_text = hearth_arena_printf(arena, "%.9g", (double)*(const float *)at);
		return 0;
	case PROTOBUF_C_TYPE_DOUBLE:
		*ret_text = hearth_arena_printf(arena, "%.17g", *(const double *)at);
		return 0;
	case PROTOBUF_C_TYPE_BYTES:
		*ret_text = bytes_text(arena, at);
		return 0;
	case PROTOBUF_C_TYPE_MESSAGE: {
		const ProtobufCMessage *message = *(ProtobufCMessage *const *)at;
		if (!message)
			*ret_text = NULL;
		else if (hearth_field_is_timestamp(field))
			*ret_text = timestamp_text(arena, message);
		else
			*ret_text = hearth_json_print(arena, message, HEARTH_JSON_PROTO_NAMES);
		return 0;
	}
	}
	return hearth_fail(status, HEARTH_INTERNAL, "SQL_PARAMETER", "%s has a type that cannot be bound", field->name);
}

/* The path from `message` to its end; an unset message or oneof on the way is NULL. */
static int path_text(const struct binding *binding, size_t from, const ProtobufCMessage *message,
                     struct hearth_arena *arena, const char **ret_text, struct hearth_status *status)
{
	for (size_t i = from; i < binding->depth; i++) {
		const ProtobufCFieldDescriptor *field = binding->path[i];
		if (!message || !hearth_field_is_set(field, message)) {
			*ret_text = NULL;
			return 0;
		}
		const void *at = hearth_field_at(field, message);
		if (i + 1 == binding->depth)
			return value_text(field, at, arena, ret_text, status);
		message = *(ProtobufCMessage *const *)at;
	}
	*ret_text = NULL;
	return 0;
}

static const char *json_list(struct hearth_arena *arena, size_t count, const char *const *items)
{
	size_t size = 3, used = 1;
	for (size_t i = 0; i < count; i++)
		size += strlen(items[i]) + 1;
	char *text = hearth_arena_alloc(arena, size);
	text[0] = '[';
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(items[i]);
		memcpy(text + used, items[i], length);
		used += length;
		if (i + 1 < count)
			text[used++] = ',';
	}
	text[used] = ']';
	return text;
}

static int repeated_text(const struct binding *binding, const ProtobufCMessage *message, struct hearth_arena *arena,
                         const char **ret_text, struct hearth_status *status)
{
	for (size_t i = 0; i < binding->repeated; i++) {
		message = hearth_field_is_set(binding->path[i], message)
			? *(ProtobufCMessage *const *)hearth_field_at(binding->path[i], message) : NULL;
		if (!message) {
			*ret_text = NULL;
			return 0;
		}
	}
	const ProtobufCFieldDescriptor *field = binding->path[binding->repeated];
	size_t count = hearth_field_count(field, message), width = hearth_field_width(field);
	const char *base = *(char *const *)hearth_field_at(field, message);
	const char **items = hearth_arena_alloc(arena, (count + 1) * sizeof *items);
	for (size_t i = 0; i < count; i++) {
		const void *at = base + i * width;
		int failed = binding->repeated + 1 == binding->depth
			? value_text(field, at, arena, &items[i], status)
			: path_text(binding, binding->repeated + 1, *(ProtobufCMessage *const *)at, arena, &items[i], status);
		if (failed)
			return -1;
	}
	*ret_text = binding->whole ? json_list(arena, count, items) : hearth_array_literal(arena, count, items);
	return 0;
}

int hearth_binder_bind(const struct hearth_binder *binder, struct hearth_arena *arena, const ProtobufCMessage *request,
                       const char **values, struct hearth_status *status)
{
	for (size_t i = 0; i < binder->count; i++) {
		const struct binding *binding = &binder->bindings[i];
		const char **value = &values[binding->index];
		int failed = binding->repeated < binding->depth
			? repeated_text(binding, request, arena, value, status)
			: path_text(binding, 0, request, arena, value, status);
		if (failed)
			return -1;
	}
	return 0;
}

char *hearth_array_literal(struct hearth_arena *arena, size_t count, const char *const *values)
{
	size_t size = 3, used = 1;
	for (size_t i = 0; i < count; i++)
		size += values[i] ? strlen(values[i]) * 2 + 3 : 5;
	char *text = hearth_arena_alloc(arena, size);
	text[0] = '{';
	for (size_t i = 0; i < count; i++) {
		if (i)
			text[used++] = ',';
		if (!values[i]) {
			memcpy(text + used, "NULL", 4);
			used += 4;
			continue;
		}
		text[used++] = '"';
		for (const char *at = values[i]; *at; at++) {
			if (*at == '"' || *at == '\\')
				text[used++] = '\\';
			text[used++] = *at;
		}
		text[used++] = '"';
	}
	text[used] = '}';
	return text;
}
