/* fuzz_map.c: rows to messages and messages to parameters, without a server.
 *
 * A row: columns of any names, types and values become a message that is whole, or INTERNAL without a word of the value.
 * A message: its bytes, checked as at the edge, become the parameters of a statement that has one for each field; the
 * same values, told by a row with a column for each, become a message that binds to the same parameters again.
 * The first byte chooses the message, the second what is tried. */
/* links: tests/fuzz/shapes.c */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/status.h>
#include <hearth/text.h>

#include "../../services/runtime/map.h"
#include "../../services/runtime/map_field.h"
#include "shapes.h"

#define COLUMNS_TRIED 8
#define NAME_SIZE 96
#define PATHS_MOST 60
#define DEPTH_MOST 3
#define MESSAGE_MOST 8192

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The fields that can be told by a column, at any depth. */
struct paths {
	size_t count;
	char names[PATHS_MOST][NAME_SIZE];
	const ProtobufCFieldDescriptor *leaves[PATHS_MOST];
};

static void walk(const ProtobufCMessageDescriptor *message, const char *before, int depth, struct paths *paths)
{
	for (unsigned i = 0; i < message->n_fields && paths->count < PATHS_MOST; i++) {
		const ProtobufCFieldDescriptor *field = &message->fields[i];
		char name[NAME_SIZE];
		if ((size_t)snprintf(name, sizeof name, "%s%s", before, field->name) + 2 > sizeof name)
			continue;
		if (field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED &&
		    !hearth_field_is_timestamp(field) && depth < DEPTH_MOST) {
			strcat(name, ".");
			walk(field->descriptor, name, depth + 1, paths);
			continue;
		}
		memcpy(paths->names[paths->count], name, sizeof name);
		paths->leaves[paths->count++] = field;
	}
}

static const struct paths *paths_of(const ProtobufCMessageDescriptor *message)
{
	static const ProtobufCMessageDescriptor *known[16];
	static struct paths all[16];
	size_t i = 0;
	for (; known[i] != NULL && known[i] != message; i++)
		assert(i < 15);
	if (known[i] == NULL) {
		known[i] = message;
		walk(message, "", 1, &all[i]);
	}
	return &all[i];
}

static PGresult *new_result(const struct hearth_statement *statement)
{
	PGresAttDesc attributes[PATHS_MOST] = { { 0 } };
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	for (size_t i = 0; i < statement->column_count; i++) {
		attributes[i].name = (char *)statement->columns[i].name;
		attributes[i].typid = statement->columns[i].type;
	}
	assert(statement->column_count == 0 || PQsetResultAttrs(result, (int)statement->column_count, attributes));
	return result;
}

/* Descriptors made at run time have no function that initialises. */
static ProtobufCMessage *new_message(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
	return protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), 0, NULL);
}

static void check_whole(struct hearth_arena *arena, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *packed = hearth_arena_alloc(arena, size + 1);
	ProtobufCMessage *again;
	assert(protobuf_c_message_pack(message, packed) == size);
	again = protobuf_c_message_unpack(message->descriptor, hearth_arena_allocator(arena), size, packed);
	assert(again != NULL && protobuf_c_message_get_packed_size(again) == size);
	assert(hearth_json_print(arena, message, HEARTH_JSON_DEFAULTS)[0] != '\0');
}

/* ---- any row ---- */

struct input { const uint8_t *at, *end; };

static unsigned next(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static Oid some_type(const ProtobufCFieldDescriptor *field, unsigned choice)
{
	static const Oid types[] = { HEARTH_OID_BOOL, HEARTH_OID_BYTEA, HEARTH_OID_INT8, HEARTH_OID_INT4, HEARTH_OID_TEXT,
		HEARTH_OID_JSON, HEARTH_OID_FLOAT8, HEARTH_OID_BOOLS, HEARTH_OID_INT4S, HEARTH_OID_TEXTS, HEARTH_OID_INT8S,
		HEARTH_OID_FLOAT8S, HEARTH_OID_DATE, HEARTH_OID_DATES, HEARTH_OID_TIMESTAMPTZ, HEARTH_OID_TIMESTAMPTZS,
		HEARTH_OID_NUMERIC, HEARTH_OID_UUID, HEARTH_OID_UUIDS, HEARTH_OID_JSONB, 0, 4000000000u };
	const size_t count = sizeof types / sizeof types[0];
	/* Mostly one that fits, so that values are tried at all. */
	for (size_t i = 0; field != NULL && choice >= 16 && i < count; i++)
		if (hearth_field_fills(field, types[(choice + i) % count]))
			return types[(choice + i) % count];
	return types[choice % count];
}

/* A value as the server tells it has no NUL; invalid UTF-8 it cannot have, and must do no harm. */
static size_t some_value(struct input *input, char *ret_value, size_t room)
{
	size_t length = next(input) % room, at = 0;
	for (; at < length && input->at < input->end && *input->at != 0; at++)
		ret_value[at] = (char)*input->at++;
	ret_value[at] = '\0';
	return at;
}

static bool telling(const char *value)
{
	return strlen(value) >= 6 && strpbrk(value, "0123456789") != NULL;
}

static void try_row(const ProtobufCMessageDescriptor *descriptor, struct input *input)
{
	static char names[COLUMNS_TRIED][NAME_SIZE], values[COLUMNS_TRIED][256];
	const struct paths *paths = paths_of(descriptor);
	struct hearth_statement statement = { .name = "a_file" };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	int lengths[COLUMNS_TRIED];
	for (; statement.column_count < COLUMNS_TRIED && input->at < input->end; statement.column_count++) {
		size_t i = statement.column_count;
		unsigned which = next(input), type = next(input), null = next(input);
		const ProtobufCFieldDescriptor *leaf = which < 224 ? paths->leaves[which % paths->count] : NULL;
		if (leaf != NULL)
			memcpy(names[i], paths->names[which % paths->count], NAME_SIZE);
		else
			some_value(input, names[i], NAME_SIZE);
		statement.columns[i] = (struct hearth_column){ names[i], some_type(leaf, type) };
		lengths[i] = (int)some_value(input, values[i], sizeof values[i]);
		lengths[i] = null % 8 == 0 ? -1 : lengths[i];
	}
	struct hearth_mapper *mapper = hearth_mapper_new(&statement, descriptor, &status);
	ProtobufCMessage *message = new_message(arena, descriptor);
	PGresult *result = new_result(&statement);
	for (size_t i = 0; i < statement.column_count; i++)
		assert(PQsetvalue(result, 0, (int)i, lengths[i] < 0 ? NULL : values[i], lengths[i]));
	if (mapper != NULL && statement.column_count > 0 && hearth_mapper_fill(mapper, arena, result, 0, message, &status) == 0) {
		check_whole(arena, message);
	} else if (statement.column_count > 0) {
		assert(status.code == HEARTH_INTERNAL && strcmp(status.reason, "SQL_COLUMN") == 0);
		for (size_t i = 0; mapper != NULL && i < statement.column_count; i++)
			assert(!telling(values[i]) || strstr(status.message, values[i]) == NULL);
	}
	hearth_mapper_free(&mapper);
	PQclear(result);
	hearth_arena_free(&arena);
}

/* ---- any message ---- */

/* The type of column and parameter that a field has by nature; 0: none that both know. */
static Oid natural_type(const ProtobufCFieldDescriptor *field)
{
	bool list = field->label == PROTOBUF_C_LABEL_REPEATED;
	switch (field->type) {
	case PROTOBUF_C_TYPE_BOOL: return list ? HEARTH_OID_BOOLS : HEARTH_OID_BOOL;
	case PROTOBUF_C_TYPE_FLOAT: case PROTOBUF_C_TYPE_DOUBLE: return list ? HEARTH_OID_FLOAT8S : HEARTH_OID_FLOAT8;
	case PROTOBUF_C_TYPE_STRING: case PROTOBUF_C_TYPE_ENUM: return list ? HEARTH_OID_TEXTS : HEARTH_OID_TEXT;
	case PROTOBUF_C_TYPE_BYTES: return 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		if (hearth_field_is_timestamp(field))
			return list ? 0 : HEARTH_OID_TIMESTAMPTZ;
		return HEARTH_OID_JSONB;
	default: return list ? HEARTH_OID_INT8S : HEARTH_OID_INT8;
	}
}

/* A statement with a parameter and a column for each field. Names live in `names`. */
static void statement_of(const ProtobufCMessageDescriptor *descriptor, char (*names)[NAME_SIZE],
                         struct hearth_statement *ret_statement)
{
	const struct paths *paths = paths_of(descriptor);
	for (size_t i = 0; i < paths->count; i++) {
		size_t count = ret_statement->column_count;
		Oid type = natural_type(paths->leaves[i]);
		if (type == 0)
			continue;
		for (size_t k = 0; k < NAME_SIZE; k++)
			names[count][k] = paths->names[i][k] == '.' ? '_' : paths->names[i][k];
		/* Another field that is called so would be bound in its place. */
		if (strchr(paths->names[i], '.') != NULL &&
		    protobuf_c_message_descriptor_get_field_by_name(descriptor, names[count]) != NULL)
			continue;
		ret_statement->columns[count] = (struct hearth_column){ paths->names[i], type };
		ret_statement->parameters[count] = (struct hearth_parameter){ names[count], type };
		ret_statement->parameter_count = ++ret_statement->column_count;
	}
}

/* As the server would tell again what it was told: truth values by a letter, times with a space and an offset. */
static const char *retold(struct hearth_arena *arena, Oid type, const char *value)
{
	char *copy = hearth_arena_alloc(arena, strlen(value) + 4);
	strcpy(copy, value);
	if (type == HEARTH_OID_BOOL)
		copy[1] = '\0';
	if (type == HEARTH_OID_TIMESTAMPTZ) {
		assert(copy[10] == 'T' && copy[strlen(copy) - 1] == 'Z');
		copy[10] = ' ';
		strcpy(copy + strlen(copy) - 1, "+00");
	}
	return copy;
}

/* What no int8 or JSON can say is not tried: the server would refuse it. */
static bool tellable(const struct hearth_statement *statement, const char **values)
{
	for (size_t i = 0; i < statement->column_count; i++) {
		const char *value = values[i];
		Oid type = statement->columns[i].type;
		if (value == NULL)
			continue;
		bool integers = type == HEARTH_OID_INT8 || type == HEARTH_OID_INT8S;
		bool reals = type == HEARTH_OID_FLOAT8 || type == HEARTH_OID_FLOAT8S;
		if (integers && value[0] != '-' && strspn(value, "0123456789") > 18)
			return false;
		if (integers && value[0] == '{')
			for (const char *at = value; *at != '\0'; at += strcspn(at + 1, ",") + 1)
				if (strspn(at + 1 + (at[1] == '"'), "0123456789") > 18)
					return false;
		if (reals && strpbrk(value, "nN") != NULL)
			return false;
		if (type == HEARTH_OID_JSONB && (strstr(value, "NaN") != NULL || strstr(value, "Infinity") != NULL))
			return false;
	}
	return true;
}

static void check_values(const struct hearth_statement *statement, const char **values)
{
	for (size_t i = 0; i < statement->parameter_count; i++)
		assert(values[i] == NULL || hearth_utf8_valid(values[i], strlen(values[i])));
}

static void try_message(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size)
{
	static char names[PATHS_MOST][NAME_SIZE];
	const char *first[PATHS_MOST] = { NULL }, *second[PATHS_MOST] = { NULL };
	struct hearth_statement statement = { .name = "a_file" };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), size, bytes);
	struct hearth_binder *binder = NULL;
	struct hearth_mapper *mapper = NULL;
	PGresult *result = NULL;
	if (message == NULL || hearth_message_check(message, 1024, 100, &status) != 0)
		goto end;
	statement_of(descriptor, names, &statement);
	binder = hearth_binder_new(&statement, descriptor, NULL, &status);
	mapper = hearth_mapper_new(&statement, descriptor, &status);
	if (binder == NULL || mapper == NULL)
		fprintf(stderr, "%s\n", status.message);
	assert(binder != NULL && mapper != NULL);
	int failed = hearth_binder_bind(binder, arena, message, first, &status);
	assert(failed == 0);
	check_values(&statement, first);
	if (!tellable(&statement, first))
		goto end;
	result = new_result(&statement);
	for (size_t i = 0; i < statement.column_count; i++) {
		const char *value = first[i] != NULL ? retold(arena, statement.columns[i].type, first[i]) : NULL;
		assert(PQsetvalue(result, 0, (int)i, (char *)value, value != NULL ? (int)strlen(value) : -1));
	}
	ProtobufCMessage *again = new_message(arena, descriptor);
	if (hearth_mapper_fill(mapper, arena, result, 0, again, &status) != 0) {
		/* Of what JSON cannot say, times outside its years alone are left. */
		assert(strstr(hearth_json_print(arena, message, 0), "T") != NULL);
		goto end;
	}
	check_whole(arena, again);
	assert(hearth_binder_bind(binder, arena, again, second, &status) == 0);
	for (size_t i = 0; i < statement.column_count; i++)
		assert((first[i] == NULL) == (second[i] == NULL) && (first[i] == NULL || strcmp(first[i], second[i]) == 0));
end:
	hearth_binder_free(&binder);
	hearth_mapper_free(&mapper);
	PQclear(result);
	hearth_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size < 2 || size > MESSAGE_MOST)
		return 0;
	const ProtobufCMessageDescriptor *descriptor = shape(bytes[0]);
	struct input input = { bytes + 2, bytes + size };
	if (bytes[1] % 2 == 0)
		try_row(descriptor, &input);
	else
		try_message(descriptor, bytes + 2, size - 2);
	return 0;
}
