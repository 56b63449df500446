/* fuzz_json.c: any text as JSON of a message, and any bytes as a message to be written as JSON. What was read is written,
 * and what was written reads back to the same text and bytes; what is refused is refused for a reason that can stand in a
 * log. The first byte chooses the message, the second the flags; the rest is tried both as text and as bytes. */
/* links: tests/fuzz/shapes.c */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/status.h>
#include <hearth/text.h>

#include "shapes.h"

#define TEXT_MOST 4096
#define ITEMS_MOST 1000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_refusal(const struct hearth_status *status)
{
	assert(status->code == HEARTH_INVALID_ARGUMENT && status->message[0] != '\0' && status->reason[0] != '\0');
	assert(hearth_utf8_valid(status->message, strlen(status->message)));
	assert(hearth_utf8_valid(status->field, strlen(status->field)));
}

static uint8_t *pack(struct hearth_arena *arena, const ProtobufCMessage *message, size_t *ret_size)
{
	uint8_t *packed;
	*ret_size = protobuf_c_message_get_packed_size(message);
	packed = hearth_arena_alloc(arena, *ret_size + 1);
	assert(protobuf_c_message_pack(message, packed) == *ret_size);
	return packed;
}

/* Twice through JSON and once through bytes: the text that comes of it stays the same. */
static void check_round(struct hearth_arena *arena, const ProtobufCMessage *message, int flags)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	const char *text = hearth_json_print(arena, message, flags);
	ProtobufCMessage *again, *unpacked;
	size_t size, first;
	int result = hearth_json_parse(arena, descriptor, text, strlen(text), 0, &again, &status);
	assert(result == 0);
	assert(strcmp(hearth_json_print(arena, again, flags), text) == 0);
	(void)pack(arena, message, &first);
	const uint8_t *packed = pack(arena, again, &size);
	unpacked = protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), size, packed);
	assert(unpacked != NULL && strcmp(hearth_json_print(arena, unpacked, flags), text) == 0);
	(void)hearth_json_print(arena, message, flags | HEARTH_JSON_PUBLIC);
	hearth_message_make_public(unpacked);
	assert(strcmp(hearth_json_print(arena, unpacked, flags), hearth_json_print(arena, again, flags | HEARTH_JSON_PUBLIC)) == 0);
}

static void try_text(const ProtobufCMessageDescriptor *descriptor, int flags, const char *text, size_t size)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *message = NULL;
	if (hearth_json_parse(arena, descriptor, text, size, flags, &message, &status) != 0)
		check_refusal(&status);
	else if ((flags & HEARTH_JSON_LENIENT) == 0)
		check_round(arena, message, flags);
	hearth_arena_free(&arena);
}

/* A message from the wire may hold what JSON cannot say (NaN, the year 9999); what its own text reads back to is stable. */
static void try_bytes(const ProtobufCMessageDescriptor *descriptor, int flags, const uint8_t *bytes, size_t size)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), size, bytes), *again;
	if (message != NULL) {
		const char *text = hearth_json_print(arena, message, flags);
		bool good = hearth_message_check(message, TEXT_MOST, ITEMS_MOST, &status) == 0;
		if (!good)
			check_refusal(&status);
		status = (struct hearth_status)HEARTH_STATUS_INIT;
		if (hearth_json_parse(arena, descriptor, text, strlen(text), 0, &again, &status) != 0)
			check_refusal(&status);
		else if (good)
			check_round(arena, again, flags);
	}
	hearth_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size < 2)
		return 0;
	const ProtobufCMessageDescriptor *descriptor = shape(bytes[0]);
	int flags = bytes[1] & (HEARTH_JSON_DEFAULTS | HEARTH_JSON_PROTO_NAMES);
	try_text(descriptor, flags | (bytes[1] & HEARTH_JSON_LENIENT), (const char *)bytes + 2, size - 2);
	try_bytes(descriptor, flags, bytes + 2, size - 2);
	return 0;
}
