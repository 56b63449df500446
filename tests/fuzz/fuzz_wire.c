/* fuzz_wire.c: any bytes as the payload of a call, as a process takes them: looked through for NUL, read by the quick
 * reader or by protobuf-c, checked. The quick reader and writer agree with protobuf-c; what passes the checks is written
 * and passes them again; what is refused names its field. The first byte chooses the request. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/audit/v1/audit.pb-c.h>
#include <hearth/bench/v1/bench.pb-c.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/json.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>
#include <hearth/status.h>
#include <hearth/text.h>

#include "../../services/runtime/flat.h"
#include "../../services/runtime/wire_check.h"

#define TEXT_MOST 4096
#define ITEMS_MOST 1000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const ProtobufCMessageDescriptor *const requests[] = {
	&hearth__bench__v1__echo_request__descriptor, &hearth__events__v1__pull_request__descriptor,
	&hearth__audit__v1__list_entries_request__descriptor, &hearth__placements__v1__get_child_request__descriptor,
	&hearth__referrals__v1__accept_offer_request__descriptor, &hearth__placements__v1__create_child_request__descriptor,
	&hearth__placements__v1__import_episodes_request__descriptor, &hearth__providers__v1__upsert_home_request__descriptor,
};

static void check_refusal(const struct hearth_status *status)
{
	assert(status->code == HEARTH_INVALID_ARGUMENT && status->message[0] != '\0');
	assert(hearth_utf8_valid(status->message, strlen(status->message)));
}

static uint8_t *pack(struct hearth_arena *arena, const ProtobufCMessage *message, size_t *ret_size)
{
	*ret_size = protobuf_c_message_get_packed_size(message);
	uint8_t *packed = hearth_arena_alloc(arena, *ret_size + 1);
	assert(protobuf_c_message_pack(message, packed) == *ret_size);
	return packed;
}

/* With all the room there is, and with a byte too little: never past it. */
static void check_flat_pack(struct hearth_arena *arena, const ProtobufCMessage *message, const uint8_t *packed, size_t size)
{
	size_t room = size + 32, wrote;
	uint8_t *ours = malloc(room);
	(void)arena;
	wrote = hearth_flat_pack(message, ours, room);
	assert(wrote == HEARTH_FLAT_OTHER || (wrote == size && memcmp(ours, packed, size) == 0));
	free(ours);
	for (size_t less = size < 40 ? size : 40; less > 0; less--) {
		ours = malloc(size - less + 1);
		wrote = hearth_flat_pack(message, ours, size - less);
		assert(wrote == HEARTH_FLAT_OTHER);
		free(ours);
	}
}

static void check_again(struct hearth_arena *arena, const ProtobufCMessage *message)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	size_t size, again_size;
	const uint8_t *packed = pack(arena, message, &size), *again;
	assert(hearth_wire_walk(descriptor, packed, size, &status) == 0);
	ProtobufCMessage *back = hearth_flat_unpack(descriptor, arena, size, packed);
	if (back == NULL)
		back = protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), size, packed);
	assert(back != NULL && hearth_message_check(back, TEXT_MOST, ITEMS_MOST, &status) == 0);
	again = pack(arena, back, &again_size);
	assert(again_size == size && memcmp(again, packed, size) == 0);
	check_flat_pack(arena, back, packed, size);
}

static void try_payload(const ProtobufCMessageDescriptor *descriptor, struct hearth_arena *arena, const uint8_t *bytes,
                        size_t size)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	bool clean = hearth_wire_check(descriptor, bytes, size, &status) == 0 && hearth_wire_walk(descriptor, bytes, size, &status) == 0;
	ProtobufCMessage *flat = hearth_flat_unpack(descriptor, arena, size, bytes);
	ProtobufCMessage *whole = protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), size, bytes);
	(void)hearth_wire_deeper(descriptor, bytes, size, 32);
	if (!clean)
		check_refusal(&status);
	if (flat != NULL) {
		size_t flat_size, whole_size;
		assert(whole != NULL);
		const uint8_t *packed = pack(arena, flat, &flat_size), *other = pack(arena, whole, &whole_size);
		assert(flat_size == whole_size && memcmp(packed, other, flat_size) == 0);
	}
	if (whole == NULL || !clean)
		return;
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	if (hearth_message_check(whole, TEXT_MOST, ITEMS_MOST, &status) == 0)
		check_again(arena, whole);
	else
		check_refusal(&status);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size < 1)
		return 0;
	struct hearth_arena *arena = hearth_arena_new();
	try_payload(requests[bytes[0] % (sizeof requests / sizeof requests[0])], arena, bytes + 1, size - 1);
	hearth_arena_free(&arena);
	return 0;
}
