/* frame.c: the frames of calls and their headers (hearth.rpc.v1), read and written by hand.
 *
 * Promises: what is written are the bytes that protobuf writes (fields in order, defaults left out, roles packed);
 * what is read is any protobuf encoding of these messages within their limits. Decoding never reads outside its bytes
 * and never allocates; the texts it gives point into the frame. A result is written only on success.
 */
#include "frame.h"

#include <endian.h>
#include <string.h>

#define METHOD_MOST 200
#define ACTOR_MOST 64
#define ROLES_MOST 8
#define TRACEPARENT_SIZE 55
#define TEXT_MOST HEARTH_HEADER_MOST

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct reader {
	const uint8_t *at, *end;
};

/* One field: its number, its wire type and its value, of whichever shape. */
struct field {
	uint32_t number;
	enum wire wire;
	uint64_t value;
	struct hearth_slice bytes;
};

/* ---- reading ---- */

static inline bool read_varint(struct reader *reader, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (reader->at < reader->end && *reader->at < 0x80) {
		*ret_value = *reader->at++;
		return true;
	}
	for (unsigned shift = 0; shift < 70 && reader->at < reader->end; shift += 7) {
		uint8_t byte = *reader->at++;

		if (shift == 63 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static bool read_fixed(struct reader *reader, size_t size, uint64_t *ret_value)
{
	uint64_t value = 0;

	if ((size_t)(reader->end - reader->at) < size)
		return false;
	for (size_t i = size; i > 0; i--)
		value = value << 8 | reader->at[i - 1];
	reader->at += size;
	*ret_value = value;
	return true;
}

static bool read_bytes(struct reader *reader, struct hearth_slice *ret_bytes)
{
	uint64_t size;

	if (!read_varint(reader, &size) || size > (uint64_t)(reader->end - reader->at))
		return false;
	*ret_bytes = (struct hearth_slice){ (const char *)reader->at, (size_t)size };
	reader->at += size;
	return true;
}

static inline bool read_field(struct reader *reader, struct field *field)
{
	uint64_t tag;

	if (!read_varint(reader, &tag) || tag >> 3 == 0 || tag >> 32 != 0)
		return false;
	field->number = (uint32_t)(tag >> 3);
	field->wire = (enum wire)(tag & 7);
	switch (field->wire) {
	case VARINT:
		return read_varint(reader, &field->value);
	case FIXED64:
		return read_fixed(reader, 8, &field->value);
	case BYTES:
		return read_bytes(reader, &field->bytes);
	case FIXED32:
		return read_fixed(reader, 4, &field->value);
	default:
		return false;      /* groups, and wire types that do not exist */
	}
}

/* Sixteen characters at once: these checks are on every call's path. */
typedef uint8_t sixteen __attribute__((vector_size(16)));

static inline sixteen load(const char *at)
{
	sixteen word;

	memcpy(&word, at, sizeof word);
	return word;
}

/* `mask`: 0xff where a character is right. */
static inline bool all_right(sixteen mask)
{
	uint64_t halves[2];

	memcpy(halves, &mask, sizeof halves);
	return (halves[0] & halves[1]) == UINT64_MAX;
}

static inline sixteen plain_mask(sixteen word)
{
	return (sixteen)(word - 0x21 < 0x7f - 0x21);
}

static inline sixteen hex_mask(sixteen word)
{
	return (sixteen)(word - '0' < 10) | (sixteen)(word - 'a' < 6);
}

/* Printable ASCII without spaces: what may stand in a log line as it is. */
static inline bool plain_text(struct hearth_slice text)
{
	char rest[16] = "xxxxxxxxxxxxxxx";
	size_t i = 0;

	for (; i + 16 <= text.size; i += 16)
		if (!all_right(plain_mask(load(text.at + i))))
			return false;
	rest[15] = 'x';
	if (text.size > i)
		memcpy(rest, text.at + i, text.size - i);
	return all_right(plain_mask(load(rest)));
}

static inline bool is_hex(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

/* 00-<32 hex>-<16 hex>-<2 hex> */
static bool good_traceparent(struct hearth_slice text)
{
	const char *at = text.at;

	if (text.size == 0)
		return true;
	return text.size == TRACEPARENT_SIZE && memcmp(at, "00-", 3) == 0 && at[35] == '-' && at[52] == '-' &&
	       all_right(hex_mask(load(at + 3)) & hex_mask(load(at + 19)) & hex_mask(load(at + 36))) &&
	       is_hex((uint8_t)at[53]) && is_hex((uint8_t)at[54]);
}

static bool good_authority(struct hearth_slice text)
{
	if (text.size != 0 && text.size != 3)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return true;
}

static int bad_header(struct hearth_status *status, const char *what)
{
	return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "MALFORMED_HEADER", "request header: %s", what);
}

static int add_role(uint64_t role, unsigned *count, uint32_t *roles, struct hearth_status *status)
{
	if (++*count > ROLES_MOST)
		return bad_header(status, "actor has more than 8 roles");
	if (role > 31)
		return bad_header(status, "actor has a role that is not known");
	*roles |= UINT32_C(1) << role;
	return 0;
}

static int decode_roles(const struct field *field, unsigned *count, uint32_t *roles, struct hearth_status *status)
{
	struct reader reader = { (const uint8_t *)field->bytes.at, NULL };
	uint64_t role;

	if (field->wire == VARINT)
		return add_role(field->value, count, roles, status);
	if (field->wire != BYTES)
		return bad_header(status, "actor.roles has the wrong wire type");
	reader.end = reader.at + field->bytes.size;
	while (reader.at < reader.end) {
		if (!read_varint(&reader, &role))
			return bad_header(status, "actor.roles is cut short");
		if (add_role(role, count, roles, status))
			return -1;
	}
	return 0;
}

static int decode_actor(struct hearth_slice bytes, struct hearth_request_header *header, unsigned *roles,
                        struct hearth_status *status)
{
	struct reader reader = { (const uint8_t *)bytes.at, (const uint8_t *)bytes.at + bytes.size };
	struct field field;

	while (reader.at < reader.end) {
		if (!read_field(&reader, &field))
			return bad_header(status, "actor is no protobuf message");
		if (field.number == 3) {
			if (decode_roles(&field, roles, &header->roles, status))
				return -1;
			continue;
		}
		if (field.number > 3)
			continue;
		if (field.wire != BYTES)
			return bad_header(status, "a text of actor has the wrong wire type");
		*(field.number == 1 ? &header->actor_id : &header->actor_authority) = field.bytes;
	}
	if (header->actor_id.size > ACTOR_MOST || !plain_text(header->actor_id))
		return bad_header(status, "actor.id must be 1 to 64 printable ASCII characters without spaces");
	if (!good_authority(header->actor_authority))
		return bad_header(status, "actor.authority must be empty or three digits");
	return 0;
}

static int decode_request_id(struct hearth_slice bytes, struct hearth_request_header *header,
                             struct hearth_status *status)
{
	if (bytes.size != 0 && bytes.size != sizeof header->request_id.bytes)
		return bad_header(status, "request_id must be 16 bytes");
	header->has_request_id = bytes.size != 0;
	if (bytes.size != 0)
		memcpy(header->request_id.bytes, bytes.at, bytes.size);
	return 0;
}

static inline int decode_request_field(const struct field *field, struct hearth_request_header *header, unsigned *roles,
                                struct hearth_status *status)
{
	static const enum wire wires[] = { 0, FIXED64, BYTES, FIXED64, BYTES, BYTES, BYTES };

	if (field->number >= sizeof wires / sizeof wires[0])
		return 0;
	if (field->wire != wires[field->number])
		return bad_header(status, "a field has the wrong wire type");
	switch (field->number) {
	case 1:
		header->call_id = field->value;
		return 0;
	case 2:
		header->method = field->bytes;
		return 0;
	case 3:
		header->deadline_us = field->value;
		return 0;
	case 4:
		return decode_request_id(field->bytes, header, status);
	case 5:
		header->traceparent = field->bytes;
		return 0;
	default:
		return decode_actor(field->bytes, header, roles, status);
	}
}

static int check_request_header(const struct hearth_request_header *header, struct hearth_status *status)
{
	if (header->call_id == 0)
		return bad_header(status, "call_id is missing");
	if (header->method.size == 0)
		return bad_header(status, "method is missing");
	if (header->method.size > METHOD_MOST || !plain_text(header->method))
		return bad_header(status, "method must be 1 to 200 printable ASCII characters without spaces");
	if (header->deadline_us == 0)
		return bad_header(status, "deadline_us is missing: every call has a deadline");
	if (header->deadline_us > INT64_MAX)
		return bad_header(status, "deadline_us is out of range");
	if (!good_traceparent(header->traceparent))
		return bad_header(status, "traceparent must be empty or 00-<32 hex>-<16 hex>-<2 hex>");
	return 0;
}

/* Fields in the order in which Hearth itself writes them, their lengths in one byte: taken at a glance as far as that
 * goes. What follows is read field by field, and all is checked after. */
static int take_usual(struct reader *reader, struct hearth_request_header *header, unsigned *roles,
                      struct hearth_status *status)
{
	static const struct usual {
		uint8_t tag, fixed;
	} usual[] = { { 1 << 3 | FIXED64, 8 }, { 2 << 3 | BYTES, 0 }, { 3 << 3 | FIXED64, 8 }, { 4 << 3 | BYTES, 0 },
		          { 5 << 3 | BYTES, 0 }, { 6 << 3 | BYTES, 0 } };

	for (size_t i = 0; i < sizeof usual / sizeof usual[0] && reader->end - reader->at > 9; i++) {
		struct field field = { .number = (uint32_t)i + 1, .wire = usual[i].tag & 7 };

		if (reader->at[0] != usual[i].tag)
			continue;
		size_t size = usual[i].fixed ? 8 : reader->at[1], head = usual[i].fixed ? 1 : 2;
		if (size > 0x7f || size + head > (size_t)(reader->end - reader->at))
			return 0;
		field.bytes = (struct hearth_slice){ (const char *)reader->at + head, size };
		if (usual[i].fixed) {
			memcpy(&field.value, reader->at + 1, 8);
			field.value = le64toh(field.value);
		}
		reader->at += head + size;
		if (decode_request_field(&field, header, roles, status))
			return -1;
	}
	return 0;
}

int hearth_request_header_decode(const void *bytes, size_t size, struct hearth_request_header *ret_header,
                                 struct hearth_status *status)
{
	struct hearth_request_header header = { .call_id = 0 };
	struct reader reader = { bytes, (const uint8_t *)bytes + size };
	struct field field;
	unsigned roles = 0;

	if (size > HEARTH_HEADER_MOST)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "MALFORMED_HEADER",
		                   "request header: %zu bytes, at most %d are allowed", size, HEARTH_HEADER_MOST);
	if (take_usual(&reader, &header, &roles, status))
		return -1;
	while (reader.at < reader.end) {
		if (!read_field(&reader, &field))
			return bad_header(status, "no protobuf message, or cut short");
		if (decode_request_field(&field, &header, &roles, status))
			return -1;
	}
	if (check_request_header(&header, status))
		return -1;
	*ret_header = header;
	return 0;
}

static bool decode_reply_text(const struct field *field, struct hearth_slice *text)
{
	if (field->wire != BYTES || !hearth_utf8_valid(field->bytes.at, field->bytes.size))
		return false;
	*text = field->bytes;
	return true;
}

static bool decode_reply_field(const struct field *field, struct hearth_reply_header *header)
{
	switch (field->number) {
	case 1:
		header->call_id = field->value;
		return field->wire == FIXED64;
	case 2:
		header->code = (int32_t)(uint32_t)field->value;
		return field->wire == VARINT;
	case 3:
		return decode_reply_text(field, &header->message);
	case 4:
		return decode_reply_text(field, &header->reason);
	case 5:
		return decode_reply_text(field, &header->field);
	case 6:
		header->retry_after_ms = (int32_t)(uint32_t)field->value;
		return field->wire == VARINT;
	case 7:
		header->replayed = field->value != 0;
		return field->wire == VARINT;
	default:
		return true;
	}
}

int hearth_reply_header_decode(const void *bytes, size_t size, struct hearth_reply_header *ret_header)
{
	struct hearth_reply_header header = { .call_id = 0 };
	struct reader reader = { bytes, (const uint8_t *)bytes + size };
	struct field field;

	if (size > HEARTH_HEADER_MOST)
		return -1;
	while (reader.at < reader.end)
		if (!read_field(&reader, &field) || !decode_reply_field(&field, &header))
			return -1;
	if (header.call_id == 0)
		return -1;
	*ret_header = header;
	return 0;
}

bool hearth_frame_call_id(const void *bytes, size_t size, uint64_t *ret_call_id)
{
	struct reader reader = { bytes, (const uint8_t *)bytes + (size < HEARTH_HEADER_MOST ? size : HEARTH_HEADER_MOST) };
	struct field field;

	while (reader.at < reader.end && read_field(&reader, &field)) {
		if (field.number != 1)
			continue;
		if (field.wire != FIXED64 || field.value == 0)
			return false;
		*ret_call_id = field.value;
		return true;
	}
	return false;
}

/* ---- writing: room is counted before, so that these never check ---- */

static size_t varint_size(uint64_t value)
{
	size_t size = 1;

	for (; value >= 0x80; value >>= 7)
		size++;
	return size;
}

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*at++ = (uint8_t)(value | 0x80);
	*at++ = (uint8_t)value;
	return at;
}

static uint8_t *put_fixed64(uint8_t *at, uint8_t tag, uint64_t value)
{
	if (value == 0)
		return at;
	*at++ = tag;
	for (int i = 0; i < 8; i++)
		*at++ = (uint8_t)(value >> (8 * i));
	return at;
}

static uint8_t *put_bytes(uint8_t *at, uint8_t tag, struct hearth_slice bytes)
{
	if (bytes.size == 0)
		return at;
	*at++ = tag;
	at = put_varint(at, bytes.size);
	memcpy(at, bytes.at, bytes.size);
	return at + bytes.size;
}

static uint8_t *put_int(uint8_t *at, uint8_t tag, int32_t value)
{
	if (value == 0)
		return at;
	*at++ = tag;
	return put_varint(at, (uint64_t)(int64_t)value);
}

static size_t bytes_size(size_t size)
{
	return size == 0 ? 0 : 1 + varint_size(size) + size;
}

static size_t roles_size(uint32_t roles)
{
	return bytes_size((size_t)__builtin_popcount(roles));
}

static uint8_t *put_roles(uint8_t *at, uint32_t roles)
{
	if (roles == 0)
		return at;
	*at++ = 0x1a;
	*at++ = (uint8_t)__builtin_popcount(roles);
	for (uint8_t role = 0; role < 32; role++)
		if (roles & UINT32_C(1) << role)
			*at++ = role;
	return at;
}

size_t hearth_request_header_encode(const struct hearth_request_header *header, uint8_t *ret_bytes)
{
	struct hearth_slice request_id = { (const char *)header->request_id.bytes, header->has_request_id ? 16 : 0 };
	size_t actor = bytes_size(header->actor_id.size) + bytes_size(header->actor_authority.size) + roles_size(header->roles);
	size_t texts = header->method.size + header->traceparent.size + actor;
	uint8_t *at = ret_bytes;

	if (header->method.size > METHOD_MOST || header->traceparent.size > TRACEPARENT_SIZE ||
	    header->actor_id.size > ACTOR_MOST || header->actor_authority.size > 3 ||
	    __builtin_popcount(header->roles) > ROLES_MOST || texts > HEARTH_HEADER_MOST - 64)
		return 0;
	at = put_fixed64(at, 0x09, header->call_id);
	at = put_bytes(at, 0x12, header->method);
	at = put_fixed64(at, 0x19, header->deadline_us);
	at = put_bytes(at, 0x22, request_id);
	at = put_bytes(at, 0x2a, header->traceparent);
	if (actor != 0) {
		*at++ = 0x32;
		at = put_varint(at, actor);
		at = put_bytes(at, 0x0a, header->actor_id);
		at = put_bytes(at, 0x12, header->actor_authority);
		at = put_roles(at, header->roles);
	}
	return (size_t)(at - ret_bytes);
}

/* The longest beginning that fits and does not end inside a UTF-8 character. */
static struct hearth_slice cut_text(struct hearth_slice text, size_t room)
{
	size_t overhead = 3;

	if (text.size + overhead <= room)
		return text;
	text.size = room > overhead ? room - overhead : 0;
	while (text.size > 0 && ((uint8_t)text.at[text.size] & 0xc0) == 0x80)
		text.size--;
	return text;
}

size_t hearth_reply_header_encode(const struct hearth_reply_header *header, uint8_t *ret_bytes)
{
	size_t rest = 9 + 11 + 11 + 2 + bytes_size(header->reason.size) + bytes_size(header->field.size);
	uint8_t *at = ret_bytes;

	if (header->reason.size > TEXT_MOST || header->field.size > TEXT_MOST || rest > HEARTH_HEADER_MOST)
		return 0;
	at = put_fixed64(at, 0x09, header->call_id);
	at = put_int(at, 0x10, header->code);
	at = put_bytes(at, 0x1a, cut_text(header->message, HEARTH_HEADER_MOST - rest));
	at = put_bytes(at, 0x22, header->reason);
	at = put_bytes(at, 0x2a, header->field);
	at = put_int(at, 0x30, header->retry_after_ms);
	at = put_int(at, 0x38, header->replayed);
	return (size_t)(at - ret_bytes);
}

/* ---- frames: header and payload in one ---- */

const char *hearth_frame_split(const void *bytes, size_t size, struct hearth_slice *header, struct hearth_slice *payload)
{
	const uint8_t *at = bytes;
	size_t rest = size < HEARTH_FRAME_PREFIX ? 0 : size - HEARTH_FRAME_PREFIX;
	size_t told = size < HEARTH_FRAME_PREFIX ? 0 : (size_t)at[0] << 8 | at[1];

	if (size < HEARTH_FRAME_PREFIX || told > rest) {
		*header = (struct hearth_slice){ rest ? (const char *)at + HEARTH_FRAME_PREFIX : "", rest };
		*payload = (struct hearth_slice){ "", 0 };
		return size < HEARTH_FRAME_PREFIX ? "it is shorter than two bytes" : "it is shorter than its header's size says";
	}
	*header = (struct hearth_slice){ (const char *)at + HEARTH_FRAME_PREFIX, told };
	*payload = (struct hearth_slice){ header->at + told, rest - told };
	return NULL;
}

static size_t put_prefix(uint8_t *bytes, size_t size)
{
	bytes[0] = (uint8_t)(size >> 8);
	bytes[1] = (uint8_t)size;
	return size ? size + HEARTH_FRAME_PREFIX : 0;
}

size_t hearth_request_frame_begin(const struct hearth_request_header *header, uint8_t *ret_bytes)
{
	return put_prefix(ret_bytes, hearth_request_header_encode(header, ret_bytes + HEARTH_FRAME_PREFIX));
}

size_t hearth_reply_frame_begin(const struct hearth_reply_header *header, uint8_t *ret_bytes)
{
	return put_prefix(ret_bytes, hearth_reply_header_encode(header, ret_bytes + HEARTH_FRAME_PREFIX));
}
