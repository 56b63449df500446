/* map_field.h: what binder.c and mapper.c share: members of protobuf-c messages by descriptor, and PostgreSQL's types.
 */
#ifndef HEARTH_MAP_FIELD_H
#define HEARTH_MAP_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libpq-fe.h>
#include <protobuf-c/protobuf-c.h>

/* Fixed numbers of pg_type; they never change. */
enum {
	HEARTH_OID_BOOL = 16, HEARTH_OID_BYTEA = 17, HEARTH_OID_NAME = 19, HEARTH_OID_INT8 = 20, HEARTH_OID_INT2 = 21,
	HEARTH_OID_INT4 = 23, HEARTH_OID_TEXT = 25, HEARTH_OID_JSON = 114, HEARTH_OID_FLOAT4 = 700, HEARTH_OID_FLOAT8 = 701,
	HEARTH_OID_BOOLS = 1000, HEARTH_OID_INT2S = 1005, HEARTH_OID_INT4S = 1007, HEARTH_OID_TEXTS = 1009,
	HEARTH_OID_VARCHARS = 1015, HEARTH_OID_INT8S = 1016, HEARTH_OID_FLOAT8S = 1022, HEARTH_OID_BPCHAR = 1042,
	HEARTH_OID_VARCHAR = 1043, HEARTH_OID_DATE = 1082, HEARTH_OID_DATES = 1182, HEARTH_OID_TIMESTAMPTZ = 1184,
	HEARTH_OID_TIMESTAMPTZS = 1185, HEARTH_OID_NUMERIC = 1700, HEARTH_OID_UUID = 2950, HEARTH_OID_UUIDS = 2951,
	HEARTH_OID_JSONB = 3802
};

static inline void *hearth_field_at(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
	return (void *)((uintptr_t)message + field->offset);
}

static inline void *hearth_field_quantifier(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
	return (void *)((uintptr_t)message + field->quantifier_offset);
}

/* False only for a member of a oneof that holds another. */
static inline bool hearth_field_is_set(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
	return !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		|| *(const uint32_t *)hearth_field_quantifier(field, message) == field->id;
}

static inline size_t hearth_field_count(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
	return *(const size_t *)hearth_field_quantifier(field, message);
}

size_t hearth_field_width(const ProtobufCFieldDescriptor *field);      /* bytes of one item of a repeated field */
bool hearth_field_is_timestamp(const ProtobufCFieldDescriptor *field); /* google.protobuf.Timestamp */
int64_t hearth_timestamp_get(const ProtobufCMessage *message);         /* microseconds */
void hearth_timestamp_set(ProtobufCMessage *message, int64_t us);
/* May a parameter (or a column) of this type stand for the field? `array`: as one array of all items. */
bool hearth_field_takes(const ProtobufCFieldDescriptor *field, Oid type, bool array);
bool hearth_field_fills(const ProtobufCFieldDescriptor *field, Oid type);

#endif
