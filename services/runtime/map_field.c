/* map_field.c: which PostgreSQL types fit which fields, and the few members that need their descriptor. */
#include "map_field.h"

#include <string.h>

enum group { NONE, BOOLEAN, INTEGER, REAL, TEXT, TIME, JSON, BINARY, TEXTS, INTEGERS, BOOLEANS, REALS };

static enum group group_of(Oid type)
{
	switch (type) {
	case HEARTH_OID_BOOL: return BOOLEAN;
	case HEARTH_OID_INT2: case HEARTH_OID_INT4: case HEARTH_OID_INT8: return INTEGER;
	case HEARTH_OID_FLOAT4: case HEARTH_OID_FLOAT8: case HEARTH_OID_NUMERIC: return REAL;
	case HEARTH_OID_TEXT: case HEARTH_OID_VARCHAR: case HEARTH_OID_BPCHAR: case HEARTH_OID_NAME: case HEARTH_OID_UUID:
	case HEARTH_OID_DATE: return TEXT;
	case HEARTH_OID_TIMESTAMPTZ: return TIME;
	case HEARTH_OID_JSON: case HEARTH_OID_JSONB: return JSON;
	case HEARTH_OID_BYTEA: return BINARY;
	case HEARTH_OID_TEXTS: case HEARTH_OID_VARCHARS: case HEARTH_OID_UUIDS: case HEARTH_OID_DATES:
	case HEARTH_OID_TIMESTAMPTZS: return TEXTS;
	case HEARTH_OID_INT2S: case HEARTH_OID_INT4S: case HEARTH_OID_INT8S: return INTEGERS;
	case HEARTH_OID_BOOLS: return BOOLEANS;
	case HEARTH_OID_FLOAT8S: return REALS;
	default: return NONE;
	}
}

static enum group group_of_field(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_BOOL: return BOOLEAN;
	case PROTOBUF_C_TYPE_FLOAT: case PROTOBUF_C_TYPE_DOUBLE: return REAL;
	case PROTOBUF_C_TYPE_STRING: case PROTOBUF_C_TYPE_ENUM: return TEXT;
	case PROTOBUF_C_TYPE_BYTES: return BINARY;
	case PROTOBUF_C_TYPE_MESSAGE: return hearth_field_is_timestamp(field) ? TIME : JSON;
	default: return INTEGER;
	}
}

static enum group group_of_array(const ProtobufCFieldDescriptor *field)
{
	switch (group_of_field(field)) {
	case BOOLEAN: return BOOLEANS;
	case INTEGER: return INTEGERS;
	case REAL: return REALS;
	case TEXT: case TIME: return TEXTS;
	default: return NONE;
	}
}

bool hearth_field_takes(const ProtobufCFieldDescriptor *field, Oid type, bool array)
{
	enum group server = group_of(type), ours = array ? group_of_array(field) : group_of_field(field);
	if (server == ours)
		return true;
	/* A text parameter may be cast further by the statement; a string may be a time, a number wider. */
	return (ours == TEXT && server == TIME) || (ours == TIME && server == TEXT) || (ours == INTEGER && server == REAL)
		|| (ours == INTEGERS && server == REALS) || (server == TEXT && ours == INTEGER)
		|| (type == HEARTH_OID_TEXT && ours == JSON);
}

bool hearth_field_fills(const ProtobufCFieldDescriptor *field, Oid type)
{
	enum group server = group_of(type), ours = group_of_field(field);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return server == JSON || (ours != TIME && server == group_of_array(field) && server != NONE);
	if (ours == TEXT && field->type == PROTOBUF_C_TYPE_STRING)
		return server == TEXT || server == INTEGER || server == TIME || type == HEARTH_OID_NUMERIC || server == JSON;
	return (server == ours && server != NONE && server != BINARY) || (ours == REAL && server == INTEGER);
}

size_t hearth_field_width(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32: case PROTOBUF_C_TYPE_SINT32: case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32: case PROTOBUF_C_TYPE_FLOAT:
		return 4;
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING: case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 8;
	}
}

bool hearth_field_is_timestamp(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_MESSAGE
		&& strcmp(((const ProtobufCMessageDescriptor *)field->descriptor)->name, "google.protobuf.Timestamp") == 0;
}

/* seconds is field 1 and nanos field 2, and fields are sorted by number. */
int64_t hearth_timestamp_get(const ProtobufCMessage *message)
{
	const ProtobufCFieldDescriptor *fields = message->descriptor->fields;
	int64_t seconds = *(const int64_t *)hearth_field_at(&fields[0], message);
	int32_t nanos = *(const int32_t *)hearth_field_at(&fields[1], message);
	/* The years 0001 to 9999 of the contract; beyond them the nearest end. */
	if (seconds < INT64_C(-62135596800))
		seconds = INT64_C(-62135596800);
	if (seconds > INT64_C(253402300799))
		seconds = INT64_C(253402300799);
	return seconds * 1000000 + nanos / 1000;
}

void hearth_timestamp_set(ProtobufCMessage *message, int64_t us)
{
	const ProtobufCFieldDescriptor *fields = message->descriptor->fields;
	int64_t seconds = us / 1000000, rest = us % 1000000;
	if (rest < 0) {
		rest += 1000000;
		seconds--;
	}
	*(int64_t *)hearth_field_at(&fields[0], message) = seconds;
	*(int32_t *)hearth_field_at(&fields[1], message) = (int32_t)(rest * 1000);
}
