/* mapper.c: columns of a result to fields of a message, by name.
 *
 * Every column is resolved once, at start, to a place in a small tree of messages; filling a row walks two arrays and
 * searches nothing. What a row holds is copied into the call's arena. A value that does not fit is INTERNAL and names
 * statement and column, never the value.
 */
#include "map.h"
#include "map_field.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/json.h>
#include <hearth/status.h>

#define MOST_NODES 32
#define MOST_NAME 64

struct column {
	int index;                        /* in the result */
	unsigned node;                    /* the message that holds the field */
	const ProtobufCFieldDescriptor *field;
	Oid type;
	bool may_be_null;
	bool begins;                      /* a whole sub-message whose fields have columns too: its node takes it */
};

/* Node 0 is the reply; the others are sub-messages, parents first. */
struct node {
	unsigned parent;
	const ProtobufCFieldDescriptor *field;
	const ProtobufCMessageDescriptor *descriptor;
	const struct column *whole;       /* the column that it begins with, or NULL: it begins empty */
};

struct hearth_mapper {
	const struct hearth_statement *statement;
	size_t column_count;
	struct column columns[HEARTH_COLUMNS_MOST];
	unsigned node_count;
	struct node nodes[MOST_NODES];
};

/* ---- at start ---- */

static bool reserved(const char *name)
{
	return strcmp(name, "outcome") == 0 || strcmp(name, "detail") == 0 || strcmp(name, "result_key") == 0
		|| strcmp(name, "page_key") == 0;
}

/* The node of `field` below `parent`; MOST_NODES when there are too many. */
static unsigned node_of(struct hearth_mapper *mapper, unsigned parent, const ProtobufCFieldDescriptor *field)
{
	for (unsigned i = 1; i < mapper->node_count; i++)
		if (mapper->nodes[i].parent == parent && mapper->nodes[i].field == field)
			return i;
	if (mapper->node_count < MOST_NODES)
		mapper->nodes[mapper->node_count] = (struct node){ parent, field, field->descriptor, NULL };
	else
		return MOST_NODES;
	return mapper->node_count++;
}

static int no_column(const struct hearth_mapper *mapper, const char *name, const char *what,
                     struct hearth_status *status)
{
	return hearth_fail(status, HEARTH_INTERNAL, "SQL_COLUMN", "sql/%s.sql: column \"%s\" %s of %s",
	                   mapper->statement->name, name, what, mapper->nodes[0].descriptor->name);
}

static int place(struct hearth_mapper *mapper, const char *name, struct column *column, struct hearth_status *status)
{
	const char *at = name;
	for (;;) {
		char part[MOST_NAME];
		size_t size = strcspn(at, ".");
		if (!size || size >= sizeof part)
			return no_column(mapper, name, "is no path", status);
		memcpy(part, at, size);
		part[size] = '\0';
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field_by_name(mapper->nodes[column->node].descriptor, part);
		if (!field)
			return no_column(mapper, name, "is no field", status);
		column->field = field;
		if (!at[size])
			return 0;
		if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
			return no_column(mapper, name, "goes through what is no message", status);
		column->node = node_of(mapper, column->node, field);
		if (column->node == MOST_NODES)
			return no_column(mapper, name, "is one sub-message too many", status);
		at += size + 1;
	}
}

static int add_column(struct hearth_mapper *mapper, size_t index, struct hearth_status *status)
{
	const struct hearth_column *described = &mapper->statement->columns[index];
	struct column *column = &mapper->columns[mapper->column_count];
	*column = (struct column){ .index = (int)index, .type = described->type };
	if (place(mapper, described->name, column, status))
		return -1;
	for (size_t i = 0; i < mapper->column_count; i++)
		if (mapper->columns[i].node == column->node && mapper->columns[i].field == column->field)
			return no_column(mapper, described->name, "stands twice for a field", status);
	if (!hearth_field_fills(column->field, described->type))
		return hearth_fail(status, HEARTH_INTERNAL, "SQL_COLUMN",
		                   "sql/%s.sql: column \"%s\" is type %u, which the field of %s does not take",
		                   mapper->statement->name, described->name, described->type,
		                   mapper->nodes[0].descriptor->name);
	column->may_be_null = column->field->label == PROTOBUF_C_LABEL_REPEATED
		|| column->field->type == PROTOBUF_C_TYPE_STRING || column->field->type == PROTOBUF_C_TYPE_MESSAGE
		|| column->field->type == PROTOBUF_C_TYPE_ENUM || column->field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
	mapper->column_count++;
	return 0;
}

/* A column of a whole sub-message beside columns of its fields: the sub-message begins as the one, and the others, where
 * they hold something, are stronger. */
static void join_wholes(struct hearth_mapper *mapper)
{
	for (size_t i = 0; i < mapper->column_count; i++)
		for (unsigned k = 1; k < mapper->node_count; k++)
			if (mapper->nodes[k].parent == mapper->columns[i].node && mapper->nodes[k].field == mapper->columns[i].field &&
			    mapper->columns[i].type != HEARTH_OID_TIMESTAMPTZ) {
				mapper->nodes[k].whole = &mapper->columns[i];
				mapper->columns[i].begins = true;
			}
}

struct hearth_mapper *hearth_mapper_new(const struct hearth_statement *statement,
                                        const ProtobufCMessageDescriptor *reply, struct hearth_status *status)
{
	struct hearth_mapper *mapper = hearth_alloc(sizeof *mapper);
	memset(mapper, 0, sizeof *mapper);
	mapper->statement = statement;
	mapper->nodes[0].descriptor = reply;
	mapper->node_count = 1;
	for (size_t i = 0; i < statement->column_count; i++)
		if (!reserved(statement->columns[i].name) && add_column(mapper, i, status)) {
			hearth_mapper_free(&mapper);
			return NULL;
		}
	join_wholes(mapper);
	return mapper;
}

void hearth_mapper_free(struct hearth_mapper **mapper)
{
	free(*mapper);
	*mapper = NULL;
}

/* ---- for each row ---- */

static int parse_integer(const char *text, int64_t *ret_value)
{
	bool negative = *text == '-';
	uint64_t value = 0, most = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
	text += negative;
	if (!*text)
		return -1;
	for (; *text; text++) {
		unsigned digit = (unsigned)*text - '0';
		if (digit > 9 || value > (most - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}

static int digits(const char *text, int count)
{
	int value = 0;
	for (; count; count--, text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + *text - '0';
	}
	return value;
}

/* "2022-04-02 09:00:00.123+00", as PostgreSQL writes under DateStyle ISO and TimeZone UTC. */
static int parse_time(const char *text, int64_t *ret_us)
{
	if (strnlen(text, 22) < 22 || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':'
	    || text[16] != ':')
		return -1;
	int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
	int hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2);
	if (year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || minute < 0 || second < 0)
		return -1;
	int64_t micro = 0, unit = 100000;
	const char *at = text + 19;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9' && unit; at++, unit /= 10)
			micro += (*at - '0') * unit;
	if (strcmp(at, "+00") != 0)
		return -1;
	int64_t seconds = (int64_t)hearth_date_join(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	*ret_us = seconds * 1000000 + micro;
	return 0;
}

static int parse_real(const char *text, double *ret_value)
{
	char *end;
	*ret_value = strtod(text, &end);
	return end == text || *end || !isfinite(*ret_value) ? -1 : 0;
}

/* Descriptors made at run time have no function that initialises: unpacking nothing does the same. */
static ProtobufCMessage *new_message(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
	if (!descriptor->message_init)
		return protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), 0, NULL);
	ProtobufCMessage *message = hearth_arena_alloc(arena, descriptor->sizeof_message);
	descriptor->message_init(message);
	return message;
}

static int put_integer(const ProtobufCFieldDescriptor *field, const char *text, void *at)
{
	int64_t value;
	if (parse_integer(text, &value))
		return -1;
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32: case PROTOBUF_C_TYPE_SINT32: case PROTOBUF_C_TYPE_SFIXED32:
		if (value < INT32_MIN || value > INT32_MAX)
			return -1;
		*(int32_t *)at = (int32_t)value;
		return 0;
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
		if (value < 0 || value > UINT32_MAX)
			return -1;
		*(uint32_t *)at = (uint32_t)value;
		return 0;
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		if (value < 0)
			return -1;
		*(uint64_t *)at = (uint64_t)value;
		return 0;
	default:
		*(int64_t *)at = value;
		return 0;
	}
}

/* A plain value (no message, not repeated) at `at`. */
static int put_scalar(const ProtobufCFieldDescriptor *field, struct hearth_arena *arena, const char *text, size_t size,
                      void *at)
{
	double real;
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		*(char **)at = hearth_arena_memdup(arena, text, size);
		return 0;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at = *text == 't';
		return *text == 't' || *text == 'f' ? 0 : -1;
	case PROTOBUF_C_TYPE_ENUM: {
		const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, text);
		if (!value)
			return -1;
		*(int *)at = value->value;
		return 0;
	}
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		if (parse_real(text, &real))
			return -1;
		if (field->type == PROTOBUF_C_TYPE_DOUBLE)
			*(double *)at = real;
		else if (fabs(real) <= FLT_MAX)
			*(float *)at = (float)real;
		else
			return -1;
		return 0;
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return -1;
	default:
		return put_integer(field, text, at);
	}
}

/* Makes room for `count` items and sets the field; the items are zero. */
static char *new_items(const ProtobufCFieldDescriptor *field, struct hearth_arena *arena, size_t count,
                       ProtobufCMessage *message)
{
	char *items = count ? hearth_arena_alloc(arena, count * hearth_field_width(field)) : NULL;
	*(size_t *)hearth_field_quantifier(field, message) = count;
	*(char **)hearth_field_at(field, message) = items;
	return items;
}

/* One item of an array literal at *at into `item` (unescaped in place); moves past its comma or brace. */
static int array_item(const char **at, char *item, size_t *ret_size, bool *ret_null)
{
	const char *from = *at;
	size_t size = 0;
	bool quoted = *from == '"';
	from += quoted;
	while (quoted ? *from != '"' : *from != ',' && *from != '}') {
		if (*from == '\\')
			from++;
		if (!*from || (!quoted && *from == '{'))
			return -1;
		item[size++] = *from++;
	}
	from += quoted;
	item[size] = '\0';
	*ret_null = !quoted && strcmp(item, "NULL") == 0;
	*ret_size = size;
	*at = from + (*from == ',');
	return *from == ',' || *from == '}' ? 0 : -1;
}

static size_t array_count(const char *text)
{
	size_t count = 0;
	bool quoted = false;
	if (text[1] == '}')
		return 0;
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted && *text == ',')
			count++;
	}
	return count + 1;
}

static int put_array(const ProtobufCFieldDescriptor *field, struct hearth_arena *arena, const char *text, size_t size,
                     ProtobufCMessage *message)
{
	if (*text != '{')
		return -1;
	size_t count = array_count(text), width = hearth_field_width(field);
	char *scratch = hearth_arena_alloc(arena, size + 1);
	char *items = new_items(field, arena, count, message);
	const char *at = text + 1;
	for (size_t i = 0; i < count; i++) {
		size_t length;
		bool null;
		if (array_item(&at, scratch, &length, &null) || (null && field->type != PROTOBUF_C_TYPE_STRING))
			return -1;
		if (put_scalar(field, arena, scratch, null ? 0 : length, items + i * width))
			return -1;
	}
	return 0;
}

static int json_scalar(const ProtobufCFieldDescriptor *field, struct hearth_arena *arena, const json_t *value, void *at)
{
	if (json_is_string(value))
		return put_scalar(field, arena, json_string_value(value), json_string_length(value), at);
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	int failed = !text || put_scalar(field, arena, text, strlen(text), at);
	free(text);
	return failed || json_is_null(value) ? -1 : 0;
}

static int put_json_items(const ProtobufCFieldDescriptor *field, struct hearth_arena *arena, const json_t *list,
                          ProtobufCMessage *message, struct hearth_status *status)
{
	if (!json_is_array(list))
		return -1;
	size_t count = json_array_size(list), width = hearth_field_width(field);
	char *items = new_items(field, arena, count, message);
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(list, i);
		void *at = items + i * width;
		int failed = field->type == PROTOBUF_C_TYPE_MESSAGE
			? hearth_json_decode(arena, field->descriptor, value, 0, (ProtobufCMessage **)at, status)
			: json_scalar(field, arena, value, at);
		if (failed)
			return -1;
	}
	return 0;
}

static int put_json(const ProtobufCFieldDescriptor *field, struct hearth_arena *arena, const char *text, size_t size,
                    ProtobufCMessage *message, struct hearth_status *status)
{
	json_t *value = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	int failed = -1;
	if (value && field->label == PROTOBUF_C_LABEL_REPEATED)
		failed = put_json_items(field, arena, value, message, status);
	else if (value)
		failed = hearth_json_decode(arena, field->descriptor, value, 0,
		                            (ProtobufCMessage **)hearth_field_at(field, message), status);
	json_decref(value);
	return failed;
}

/* Members of a oneof share their place: -1 when another one is there. */
static int choose(const ProtobufCFieldDescriptor *field, ProtobufCMessage *message)
{
	uint32_t *which = hearth_field_quantifier(field, message);
	if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
		return 0;
	if (*which && *which != field->id)
		return -1;
	*which = field->id;
	return 0;
}

static int put_value(const struct column *column, struct hearth_arena *arena, const char *text, size_t size,
                     ProtobufCMessage *message, struct hearth_status *status)
{
	const ProtobufCFieldDescriptor *field = column->field;
	void *at = hearth_field_at(field, message);
	int64_t us;
	if (choose(field, message))
		return -1;
	if (field->label == PROTOBUF_C_LABEL_REPEATED && column->type != HEARTH_OID_JSONB
	    && column->type != HEARTH_OID_JSON)
		return put_array(field, arena, text, size, message);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return put_json(field, arena, text, size, message, status);
	if (field->type != PROTOBUF_C_TYPE_MESSAGE && column->type == HEARTH_OID_TIMESTAMPTZ) {
		char *formatted = hearth_arena_alloc(arena, HEARTH_TIME_SIZE);
		if (parse_time(text, &us))
			return -1;
		hearth_time_format(us, formatted);
		*(char **)at = formatted;
		return 0;
	}
	if (field->type != PROTOBUF_C_TYPE_MESSAGE)
		return put_scalar(field, arena, text, size, at);
	if (column->type != HEARTH_OID_TIMESTAMPTZ)
		return put_json(field, arena, text, size, message, status);
	ProtobufCMessage *timestamp = new_message(arena, field->descriptor);
	if (parse_time(text, &us))
		return -1;
	hearth_timestamp_set(timestamp, us);
	*(ProtobufCMessage **)at = timestamp;
	return 0;
}

static int bad_value(const struct hearth_mapper *mapper, const struct column *column, const char *what,
                     struct hearth_status *status)
{
	return hearth_fail(status, HEARTH_INTERNAL, "SQL_COLUMN", "sql/%s.sql: column \"%s\" %s", mapper->statement->name,
	                   mapper->statement->columns[column->index].name, what);
}

/* The messages that hold at least one value, and those around them. */
static uint32_t active_nodes(const struct hearth_mapper *mapper, const PGresult *result, int row)
{
	uint32_t active = 1;
	for (size_t i = 0; i < mapper->column_count && mapper->node_count > 1; i++) {
		const struct column *column = &mapper->columns[i];
		if (column->node && !PQgetisnull(result, row, column->index))
			active |= UINT32_C(1) << column->node;
	}
	for (unsigned i = mapper->node_count; i-- > 1;) {
		const struct column *whole = mapper->nodes[i].whole;
		if (whole && !PQgetisnull(result, row, whole->index))
			active |= UINT32_C(1) << i;
		if (active & UINT32_C(1) << i)
			active |= UINT32_C(1) << mapper->nodes[i].parent;
	}
	return active;
}

static int put_column(const struct hearth_mapper *mapper, const struct column *column, struct hearth_arena *arena,
                      const PGresult *result, int row, ProtobufCMessage *message, struct hearth_status *status)
{
	struct hearth_status inner = HEARTH_STATUS_INIT;
	if (put_value(column, arena, PQgetvalue(result, row, column->index), (size_t)PQgetlength(result, row, column->index),
	              message, &inner))
		return bad_value(mapper, column, "holds a value that its field cannot take", status);
	return 0;
}

static int make_nodes(const struct hearth_mapper *mapper, struct hearth_arena *arena, uint32_t active,
                      const PGresult *result, int row, ProtobufCMessage **messages, struct hearth_status *status)
{
	for (unsigned i = 1; i < mapper->node_count; i++) {
		if (!(active & UINT32_C(1) << i))
			continue;
		const struct node *node = &mapper->nodes[i];
		ProtobufCMessage *parent = messages[node->parent];
		ProtobufCMessage **at = hearth_field_at(node->field, parent);
		if (choose(node->field, parent))
			return hearth_fail(status, HEARTH_INTERNAL, "SQL_COLUMN", "sql/%s.sql: two members of one oneof, \"%s\" is one",
			                   mapper->statement->name, node->field->name);
		if (node->whole && !PQgetisnull(result, row, node->whole->index)) {
			if (put_column(mapper, node->whole, arena, result, row, parent, status))
				return -1;
		} else if (!*at) {
			*at = new_message(arena, node->descriptor);
		}
		messages[i] = *at;
	}
	return 0;
}

int hearth_mapper_fill(const struct hearth_mapper *mapper, struct hearth_arena *arena, const PGresult *result, int row,
                       ProtobufCMessage *message, struct hearth_status *status)
{
	ProtobufCMessage *messages[MOST_NODES] = { message };
	if (PQnfields(result) != (int)mapper->statement->column_count)
		return hearth_fail(status, HEARTH_INTERNAL, "SQL_COLUMN", "sql/%s.sql: the result has other columns than at start",
		                   mapper->statement->name);
	uint32_t active = active_nodes(mapper, result, row);
	if (make_nodes(mapper, arena, active, result, row, messages, status))
		return -1;
	for (size_t i = 0; i < mapper->column_count; i++) {
		const struct column *column = &mapper->columns[i];
		if (PQgetisnull(result, row, column->index)) {
			if (!column->may_be_null && active & UINT32_C(1) << column->node)
				return bad_value(mapper, column, "is NULL, and its field cannot say unknown", status);
			continue;
		}
		if (!column->begins && put_column(mapper, column, arena, result, row, messages[column->node], status))
			return -1;
	}
	return 0;
}
