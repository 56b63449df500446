/* wire_check.c: NUL inside a text, looked for before unpacking.
 *
 * protobuf-c gives texts as C strings, so a NUL on the wire would silently cut a text short. Payloads without a zero
 * byte (most) cost one memchr; the others are walked by their descriptor. What is malformed is left to the unpacker.
 */
#include <string.h>

#include <hearth/json.h>
#include <hearth/status.h>

#include "wire_check.h"

#define DEPTH_MOST 32

struct cursor {
	const uint8_t *at, *end;
};

/* False at the end or when malformed. */
static bool read_varint(struct cursor *cursor, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7) {
		uint8_t byte = *cursor->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static bool skip(struct cursor *cursor, uint64_t size)
{
	if (size > (uint64_t)(cursor->end - cursor->at))
		return false;
	cursor->at += size;
	return true;
}

static int check_message(const ProtobufCMessageDescriptor *descriptor, struct cursor cursor, int depth,
                         struct hearth_status *status);

static int check_delimited(const ProtobufCFieldDescriptor *field, struct cursor value, int depth,
                           struct hearth_status *status)
{
	size_t size = (size_t)(value.end - value.at);
	if (field->type == PROTOBUF_C_TYPE_MESSAGE && depth < DEPTH_MOST)
		return check_message(field->descriptor, value, depth + 1, status);
	if (field->type == PROTOBUF_C_TYPE_STRING && size > 0 && memchr(value.at, 0, size))
		return hearth_fail_field(status, field->name, "%s holds a NUL character; text without it is wanted", field->name);
	return 0;
}

static int check_message(const ProtobufCMessageDescriptor *descriptor, struct cursor cursor, int depth,
                         struct hearth_status *status)
{
	uint64_t key, value;
	while (read_varint(&cursor, &key)) {
		const ProtobufCFieldDescriptor *field =
			key >> 3 <= UINT32_MAX ? protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(key >> 3)) : NULL;
		bool whole = true;
		switch (key & 7) {
		case 0:
			whole = read_varint(&cursor, &value);
			break;
		case 1:
			whole = skip(&cursor, 8);
			break;
		case 2: {
			whole = read_varint(&cursor, &value);
			const uint8_t *start = cursor.at;
			whole = whole && skip(&cursor, value);
			if (whole && field && check_delimited(field, (struct cursor){ start, cursor.at }, depth, status) < 0)
				return -1;
			break;
		}
		case 5:
			whole = skip(&cursor, 4);
			break;
		default:
			whole = false;
		}
		if (!whole)
			return 0;
	}
	return 0;
}

int hearth_wire_check(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size,
                      struct hearth_status *status)
{
	if (size == 0 || !memchr(bytes, 0, size))
		return 0;
	return check_message(descriptor, (struct cursor){ bytes, (const uint8_t *)bytes + size }, 0, status);
}
