/* fuzz_frame.c: any bytes as a header, and as a frame with one: never outside them, and what is read is written and read
 * again the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../services/runtime/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void assert_same(struct hearth_slice a, struct hearth_slice b)
{
	assert(a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0));
}

static void try_request(const uint8_t *bytes, size_t size)
{
	struct hearth_request_header header, back;
	struct hearth_status status = HEARTH_STATUS_INIT;
	uint8_t again[HEARTH_HEADER_MOST];
	size_t written;
	uint64_t id;

	(void)hearth_frame_call_id(bytes, size, &id);
	if (hearth_request_header_decode(bytes, size, &header, &status)) {
		assert(status.code == HEARTH_INVALID_ARGUMENT && status.message[0]);
		return;
	}
	assert(header.call_id != 0 && header.deadline_us != 0 && header.method.size > 0);
	written = hearth_request_header_encode(&header, again);
	assert(written > 0 && written <= sizeof again);
	assert(hearth_request_header_decode(again, written, &back, &status) == 0);
	assert(back.call_id == header.call_id && back.deadline_us == header.deadline_us && back.roles == header.roles);
	assert(back.has_request_id == header.has_request_id);
	assert(memcmp(&back.request_id, &header.request_id, sizeof back.request_id) == 0 || !header.has_request_id);
	assert_same(back.method, header.method);
	assert_same(back.traceparent, header.traceparent);
	assert_same(back.actor_id, header.actor_id);
	assert_same(back.actor_authority, header.actor_authority);
}

static void try_reply(const uint8_t *bytes, size_t size)
{
	struct hearth_reply_header header, back;
	uint8_t again[HEARTH_HEADER_MOST];
	size_t written;

	if (hearth_reply_header_decode(bytes, size, &header))
		return;
	written = hearth_reply_header_encode(&header, again);
	assert(written <= sizeof again);
	if (written == 0)
		return;          /* reason and field alone fill the frame */
	assert(hearth_reply_header_decode(again, written, &back) == 0);
	assert(back.call_id == header.call_id && back.code == header.code && back.replayed == header.replayed);
	assert(back.retry_after_ms == header.retry_after_ms && back.message.size <= header.message.size);
	assert_same(back.reason, header.reason);
	assert_same(back.field, header.field);
}

static void try_frame(const uint8_t *bytes, size_t size)
{
	struct hearth_slice header = { NULL, SIZE_MAX }, payload = { NULL, SIZE_MAX };
	const char *wrong = hearth_frame_split(bytes, size, &header, &payload);

	if (size < HEARTH_FRAME_PREFIX) {
		assert(wrong && header.size == 0 && payload.size == 0);
		return;
	}
	assert(header.at == (const char *)bytes + HEARTH_FRAME_PREFIX || header.size == 0);
	assert(header.size + payload.size == size - HEARTH_FRAME_PREFIX);
	assert(wrong ? payload.size == 0 : header.size == ((size_t)bytes[0] << 8 | bytes[1]));
	assert(wrong || payload.at == header.at + header.size);
	try_request((const uint8_t *)header.at, header.size);
	try_reply((const uint8_t *)header.at, header.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	try_request(bytes, size);
	try_reply(bytes, size);
	try_frame(bytes, size);
	return 0;
}
