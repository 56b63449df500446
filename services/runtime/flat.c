/* flat.c: see flat.h. Fields are expected in the order of their numbers, as protobuf writes them. */
#include "flat.h"

#include <stdbool.h>
#include <string.h>

#define VARINT_MOST 10

enum wire { VARINT = 0, BYTES = 2 };

struct reader {
	const uint8_t *at, *end;
};

static bool is_single(const ProtobufCFieldDescriptor *field)
{
	return field->label == PROTOBUF_C_LABEL_NONE && !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
}

/* ---- reading ---- */

static bool read_varint(struct reader *reader, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
		uint8_t byte = *reader->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static bool store_number(ProtobufCType type, uint64_t value, void *at)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_ENUM:
		*(uint32_t *)at = (uint32_t)value;
		return true;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		*(uint64_t *)at = value;
		return true;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at = value != 0;
		return true;
	default:
		return false;
	}
}

static bool store_bytes(ProtobufCType type, struct hearth_arena *arena, const uint8_t *bytes, size_t size, void *at)
{
	if (type == PROTOBUF_C_TYPE_STRING) {
		*(char **)at = hearth_arena_memdup(arena, bytes, size);
		return true;
	}
	if (type != PROTOBUF_C_TYPE_BYTES)
		return false;
	*(ProtobufCBinaryData *)at = (ProtobufCBinaryData){ size, NULL };
	if (size)
		((ProtobufCBinaryData *)at)->data = (uint8_t *)hearth_arena_memdup(arena, bytes, size);
	return true;
}

static bool read_field(struct reader *reader, const ProtobufCFieldDescriptor *field, unsigned wire,
                       struct hearth_arena *arena, ProtobufCMessage *message)
{
	void *at = (char *)message + field->offset;
	const uint8_t *bytes;
	uint64_t value;

	if (!is_single(field) || !read_varint(reader, &value))
		return false;
	if (wire == VARINT)
		return store_number(field->type, value, at);
	if (wire != BYTES || value > (uint64_t)(reader->end - reader->at))
		return false;
	bytes = reader->at;
	reader->at += value;
	return store_bytes(field->type, arena, bytes, (size_t)value, at);
}

ProtobufCMessage *hearth_flat_unpack(const ProtobufCMessageDescriptor *descriptor, struct hearth_arena *arena, size_t size,
                                     const uint8_t *bytes)
{
	struct reader reader = { bytes, bytes + size };
	ProtobufCMessage *message = hearth_arena_alloc(arena, descriptor->sizeof_message);
	const ProtobufCFieldDescriptor *field = descriptor->fields, *end = field + descriptor->n_fields;

	protobuf_c_message_init(descriptor, message);
	while (reader.at < reader.end) {
		unsigned tag = *reader.at++;

		while (field < end && field->id < tag >> 3)
			field++;
		/* A tag of two bytes has its top bit set, which is no number of a field here. */
		if (tag >= 0x80 || field == end || field->id != tag >> 3 ||
		    !read_field(&reader, field++, tag & 7, arena, message))
			return NULL;
	}
	return message;
}

/* ---- writing ---- */

static uint8_t *write_varint(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

/* False when it is no number. */
static bool number_of(const ProtobufCFieldDescriptor *field, const void *at, uint64_t *ret_value)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_ENUM:
		*ret_value = (uint64_t)(int64_t)*(const int32_t *)at;
		return true;
	case PROTOBUF_C_TYPE_UINT32:
		*ret_value = *(const uint32_t *)at;
		return true;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		*ret_value = *(const uint64_t *)at;
		return true;
	case PROTOBUF_C_TYPE_BOOL:
		*ret_value = *(const protobuf_c_boolean *)at != 0;
		return true;
	default:
		return false;
	}
}

/* False when it is neither text nor bytes. */
static bool bytes_of(const ProtobufCFieldDescriptor *field, const void *at, ProtobufCBinaryData *ret_data)
{
	if (field->type == PROTOBUF_C_TYPE_STRING) {
		const char *text = *(char *const *)at;

		*ret_data = (ProtobufCBinaryData){ text ? strlen(text) : 0, (uint8_t *)(uintptr_t)text };
		return true;
	}
	*ret_data = field->type == PROTOBUF_C_TYPE_BYTES ? *(const ProtobufCBinaryData *)at : (ProtobufCBinaryData){ 0, NULL };
	return field->type == PROTOBUF_C_TYPE_BYTES;
}

size_t hearth_flat_pack(const ProtobufCMessage *message, uint8_t *ret_bytes, size_t room)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	uint8_t *at = ret_bytes, *end = ret_bytes + room;

	if (message->n_unknown_fields > 0)
		return HEARTH_FLAT_OTHER;
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		const void *value = (const char *)message + field->offset;
		ProtobufCBinaryData data;
		uint64_t number;

		if (!is_single(field) || field->id > 15 || end - at < 1 + VARINT_MOST)
			return HEARTH_FLAT_OTHER;
		if (number_of(field, value, &number)) {
			if (number == 0)
				continue;
			*at++ = (uint8_t)(field->id << 3 | VARINT);
			at = write_varint(at, number);
			continue;
		}
		if (!bytes_of(field, value, &data) || data.len > (size_t)(end - at) - 1 - VARINT_MOST)
			return HEARTH_FLAT_OTHER;
		if (data.len == 0)
			continue;
		*at++ = (uint8_t)(field->id << 3 | BYTES);
		at = write_varint(at, data.len);
		memcpy(at, data.data, data.len);
		at += data.len;
	}
	return (size_t)(at - ret_bytes);
}
