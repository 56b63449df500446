/* wire_check.c: what protobuf-c would take and should not, looked for before unpacking.
 *
 * It gives texts as C strings, so a NUL on the wire would silently cut a text short; and it takes a truth value in any
 * encoding, a text "0" as true. Payloads without a zero byte (most) cost one memchr and those of flat.h no walk for the
 * truths; the others are walked by their descriptor. What is malformed is left to the unpacker.
 */
#include <stdio.h>
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

/* Where it is, "episodes[3].child", made from the inside out once one was found; and what. */
struct place {
	char field[64];
	const char *wrong;
};

/* `ret_value` holds bytes (wire type 2) alone. */
static bool read_field(struct cursor *cursor, uint32_t *ret_number, unsigned *ret_wire, struct cursor *ret_value)
{
	uint64_t key, value;
	bool whole = false;
	if (!read_varint(cursor, &key) || key >> 3 > UINT32_MAX)
		return false;
	*ret_number = (uint32_t)(key >> 3);
	*ret_wire = (unsigned)(key & 7);
	*ret_value = (struct cursor){ NULL, NULL };
	switch (key & 7) {
	case 0:
		whole = read_varint(cursor, &value);
		break;
	case 1:
		whole = skip(cursor, 8);
		break;
	case 2:
		whole = read_varint(cursor, &value);
		ret_value->at = cursor->at;
		whole = whole && skip(cursor, value);
		ret_value->end = cursor->at;
		break;
	case 5:
		whole = skip(cursor, 4);
		break;
	}
	return whole;
}

/* Puts a field, with its number in the list, in front of the place; a part that has no room is left out. */
static void name_outer(struct place *place, const ProtobufCFieldDescriptor *field, struct cursor message,
                       const uint8_t *until)
{
	char part[sizeof place->field], whole[2 * sizeof place->field];
	struct cursor value;
	uint32_t number;
	unsigned wire;
	size_t index = 0;
	while (read_field(&message, &number, &wire, &value) && message.at < until)
		index += number == field->id;
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		snprintf(part, sizeof part, "%.40s[%zu]", field->name, index);
	else
		snprintf(part, sizeof part, "%.40s", field->name);
	int size = snprintf(whole, sizeof whole, "%s%s%s", part, place->field[0] != '\0' ? "." : "", place->field);
	if (size < (int)sizeof place->field)
		memcpy(place->field, whole, (size_t)size + 1);
}

static const char *wrong_in(const ProtobufCFieldDescriptor *field, unsigned wire, struct cursor value)
{
	size_t size = (size_t)(value.end - value.at);
	if (field->type == PROTOBUF_C_TYPE_STRING && size > 0 && memchr(value.at, 0, size))
		return "holds a NUL character; text without it is wanted";
	/* Those of a list may lie packed. */
	if (field->type == PROTOBUF_C_TYPE_BOOL && wire != 0 && (wire != 2 || field->label != PROTOBUF_C_LABEL_REPEATED))
		return "is encoded as another type; true or false is wanted";
	return NULL;
}

/* False when something is wrong. */
static bool check_message(const ProtobufCMessageDescriptor *descriptor, struct cursor cursor, int depth,
                          struct place *place)
{
	const struct cursor start = cursor;
	struct cursor value;
	uint32_t number;
	unsigned wire;
	while (read_field(&cursor, &number, &wire, &value)) {
		const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(descriptor, number);
		if (!field)
			continue;
		if (field->type == PROTOBUF_C_TYPE_MESSAGE && value.at && depth < DEPTH_MOST)
			check_message(field->descriptor, value, depth + 1, place);
		else
			place->wrong = wrong_in(field, wire, value);
		if (place->wrong) {
			name_outer(place, field, start, cursor.at);
			return false;
		}
	}
	return true;
}

int hearth_wire_check(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size,
                      struct hearth_status *status)
{
	return size == 0 || !memchr(bytes, 0, size) ? 0 : hearth_wire_walk(descriptor, bytes, size, status);
}

int hearth_wire_walk(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size,
                     struct hearth_status *status)
{
	struct place place = { "", NULL };
	if (size == 0 || check_message(descriptor, (struct cursor){ bytes, (const uint8_t *)bytes + size }, 0, &place))
		return 0;
	return hearth_fail_field(status, place.field, "%s %s", place.field, place.wrong);
}

static bool is_deeper(const ProtobufCMessageDescriptor *descriptor, struct cursor cursor, int left)
{
	struct cursor value;
	uint32_t number;
	unsigned wire;
	while (read_field(&cursor, &number, &wire, &value)) {
		const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(descriptor, number);
		if (field && value.at && field->type == PROTOBUF_C_TYPE_MESSAGE &&
		    (left == 0 || is_deeper(field->descriptor, value, left - 1)))
			return true;
	}
	return false;
}

bool hearth_wire_deeper(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size, int most)
{
	return is_deeper(descriptor, (struct cursor){ bytes, (const uint8_t *)bytes + size }, most);
}
