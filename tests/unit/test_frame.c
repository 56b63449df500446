/* test_frame.c: frames and their headers: round trips, every limit, cut and random bytes. */
#include "../support/check_main.h"

#include <string.h>

#include "../../services/runtime/frame.h"

#define TRACE "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"

static struct hearth_slice slice(const char *text)
{
	return (struct hearth_slice){ text, strlen(text) };
}

static struct hearth_request_header full(void)
{
	struct hearth_request_header header = {
		.call_id = UINT64_C(0x1122334455667788), .method = slice("hearth.referrals.v1.Referrals/GetReferral"),
		.deadline_us = UINT64_C(1700000000000000), .has_request_id = true, .traceparent = slice(TRACE),
		.actor_id = slice("worker-1"), .actor_authority = slice("999"), .roles = 0x1fe,
	};

	for (uint8_t i = 0; i < 16; i++)
		header.request_id.bytes[i] = i;
	return header;
}

static void same_text(struct hearth_slice a, struct hearth_slice b)
{
	ck_assert_uint_eq(a.size, b.size);
	ck_assert(a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static int decode(const uint8_t *bytes, size_t size, struct hearth_request_header *header, struct hearth_status *status)
{
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	return hearth_request_header_decode(bytes, size, header, status);
}

static void expect(const struct hearth_request_header *header, const char *why)
{
	uint8_t bytes[HEARTH_HEADER_MOST];
	size_t size = hearth_request_header_encode(header, bytes);
	struct hearth_request_header back = { .call_id = 42 };
	struct hearth_status status;

	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(decode(bytes, size, &back, &status), why ? -1 : 0);
	if (!why)
		return;
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_msg(strstr(status.message, why) != NULL, "\"%s\" does not say \"%s\"", status.message, why);
	ck_assert_uint_eq(back.call_id, 42);       /* untouched */
}

START_TEST(a_request_header_comes_back_as_it_went)
{
	struct hearth_request_header header = full(), back;
	uint8_t bytes[HEARTH_HEADER_MOST];
	size_t size = hearth_request_header_encode(&header, bytes);
	struct hearth_status status;

	ck_assert_int_eq(decode(bytes, size, &back, &status), 0);
	ck_assert_uint_eq(back.call_id, header.call_id);
	ck_assert_uint_eq(back.deadline_us, header.deadline_us);
	ck_assert(back.has_request_id);
	ck_assert_mem_eq(back.request_id.bytes, header.request_id.bytes, 16);
	same_text(back.method, header.method);
	same_text(back.traceparent, header.traceparent);
	same_text(back.actor_id, header.actor_id);
	same_text(back.actor_authority, header.actor_authority);
	ck_assert_uint_eq(back.roles, header.roles);
}
END_TEST

START_TEST(a_reply_header_comes_back_as_it_went)
{
	struct hearth_reply_header back, header = { .call_id = 1, .code = -7, .message = slice("gr\xc3\xbc\xc3\x9f"),
		.reason = slice("STALE_ETAG"), .field = slice("a.b"), .retry_after_ms = 250, .replayed = true };
	uint8_t bytes[HEARTH_HEADER_MOST];
	size_t size = hearth_reply_header_encode(&header, bytes);

	ck_assert_int_eq(hearth_reply_header_decode(bytes, size, &back), 0);
	ck_assert_uint_eq(back.call_id, 1);
	ck_assert_int_eq(back.code, -7);
	ck_assert_int_eq(back.retry_after_ms, 250);
	ck_assert(back.replayed);
	same_text(back.message, header.message);
	same_text(back.reason, header.reason);
	same_text(back.field, header.field);
}
END_TEST

START_TEST(each_limit_of_a_request_header_is_named)
{
	struct hearth_request_header header = full();
	char method[200];

	memset(method, 'm', sizeof method);
	header.method = (struct hearth_slice){ method, 200 };
	expect(&header, NULL);
	header = full(), header.call_id = 0, expect(&header, "call_id");
	header = full(), header.deadline_us = 0, expect(&header, "deadline_us is missing");
	header = full(), header.deadline_us = UINT64_MAX, expect(&header, "deadline_us is out of range");
	header = full(), header.method.size = 0, expect(&header, "method is missing");
	header = full(), header.method = slice("a b"), expect(&header, "method");
	header = full(), header.method = slice("caf\xc3\xa9"), expect(&header, "method");
	header = full(), header.method = (struct hearth_slice){ "a\0b", 3 }, expect(&header, "method");
	header = full(), header.actor_id = slice("line\nbreak"), expect(&header, "actor.id");
	header = full(), header.actor_authority = slice("99"), expect(&header, "actor.authority");
	header = full(), header.actor_authority = slice("9a9"), expect(&header, "actor.authority");
	header = full(), header.traceparent = slice("00-00"), expect(&header, "traceparent");
	header = full(), header.traceparent = slice("00-0123456789ABCDEF0123456789abcdef-0123456789abcdef-01"),
	expect(&header, "traceparent");
	header = full(), header.has_request_id = false, header.traceparent.size = 0, header.roles = 0, expect(&header, NULL);
}
END_TEST

START_TEST(what_is_over_a_limit_is_not_written)
{
	struct hearth_request_header header = full();
	uint8_t bytes[HEARTH_HEADER_MOST];
	char text[1100];

	memset(text, 'x', sizeof text);
	header.method = (struct hearth_slice){ text, 201 };
	ck_assert_uint_eq(hearth_request_header_encode(&header, bytes), 0);
	header = full(), header.actor_id = (struct hearth_slice){ text, 65 };
	ck_assert_uint_eq(hearth_request_header_encode(&header, bytes), 0);
	header = full(), header.roles = 0x1ff;
	ck_assert_uint_eq(hearth_request_header_encode(&header, bytes), 0);
}
END_TEST

static void expect_bytes(const char *bytes, size_t size, const char *why)
{
	struct hearth_request_header header;
	struct hearth_status status;

	ck_assert_int_eq(decode((const uint8_t *)bytes, size, &header, &status), -1);
	ck_assert_msg(strstr(status.message, why) != NULL, "\"%s\" does not say \"%s\"", status.message, why);
}

#define BYTES(text) text, sizeof(text) - 1

START_TEST(bytes_that_are_no_header_are_refused)
{
	char large[HEARTH_HEADER_MOST + 1] = { 0 };

	expect_bytes(large, sizeof large, "1025 bytes, at most 1024");
	expect_bytes(BYTES("\x09\x01\x02"), "cut short");
	expect_bytes(BYTES("\x12\x7f"), "cut short");
	expect_bytes(BYTES("\x00"), "cut short");                                   /* field 0 */
	expect_bytes(BYTES("\x0b"), "cut short");                                   /* a group */
	expect_bytes(BYTES("\x0f"), "cut short");                                   /* wire type 7 */
	expect_bytes(BYTES("\xf8\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "cut short"); /* varint of 11 bytes */
	expect_bytes(BYTES("\x08\x01"), "wire type");
	expect_bytes(BYTES("\x22\x03" "abc"), "request_id must be 16");
	expect_bytes(BYTES("\x32\x02\x1a\x7f"), "actor is no");
	expect_bytes(BYTES("\x32\x02\x18\x20"), "role that is not known");
	expect_bytes(BYTES("\x32\x0b\x1a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01"), "more than 8 roles");
	expect_bytes(BYTES("\x32\x03\x1a\x01\x80"), "roles is cut short");
	expect_bytes(BYTES("\x32\x05\x1d\x01\x01\x01\x01"), "roles has the wrong wire type");
	expect_bytes(BYTES("\x32\x02\x08\x01"), "text of actor");
	expect_bytes("", 0, "call_id");
}
END_TEST

START_TEST(unknown_fields_are_skipped_and_unpacked_roles_are_read)
{
	struct hearth_request_header header = full(), back;
	uint8_t bytes[HEARTH_HEADER_MOST];
	struct hearth_status status;
	size_t size;

	header.roles = 0;
	size = hearth_request_header_encode(&header, bytes);
	memcpy(bytes + size, "\x78\x05\x7d\x01\x02\x03\x04\x7a\x02hi\x79" "12345678\x32\x04\x18\x02\x18\x07", 26);
	ck_assert_int_eq(decode(bytes, size + 26, &back, &status), 0);
	ck_assert_uint_eq(back.roles, 1u << 2 | 1u << 7);
	same_text(back.actor_id, header.actor_id);
}
END_TEST

START_TEST(a_header_cut_anywhere_never_reads_past_its_end)
{
	struct hearth_request_header header = full(), back;
	uint8_t bytes[HEARTH_HEADER_MOST], cut[HEARTH_HEADER_MOST];
	size_t size = hearth_request_header_encode(&header, bytes);
	struct hearth_reply_header reply;
	struct hearth_status status;
	uint64_t id = 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t *tight = cut + sizeof cut - i;      /* ends where the memory ends */

		memcpy(tight, bytes, i);
		if (decode(tight, i, &back, &status) == 0)
			ck_assert_uint_ge(i, 61);               /* whole but for its last fields */
		(void)hearth_reply_header_decode(tight, i, &reply);
		ck_assert_int_eq(hearth_frame_call_id(tight, i, &id), i >= 9);
	}
	ck_assert_uint_eq(id, header.call_id);
}
END_TEST

START_TEST(random_bytes_are_refused_or_read_within_their_limits)
{
	uint64_t random = 88172645463325252u;
	uint8_t bytes[64];
	struct hearth_request_header header;
	struct hearth_reply_header reply;
	struct hearth_status status;

	for (int round = 0; round < 300000; round++) {
		for (size_t i = 0; i < sizeof bytes; i++) {
			random ^= random << 13, random ^= random >> 7, random ^= random << 17;
			bytes[i] = (uint8_t)random;
		}
		if (round & 1)
			bytes[0] = 0x09;
		if (decode(bytes, random % 64, &header, &status) == 0)
			ck_assert(header.call_id != 0 && header.deadline_us != 0 && header.method.size > 0);
		else
			ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
		if (hearth_reply_header_decode(bytes, random % 64, &reply) == 0)
			ck_assert_uint_ne(reply.call_id, 0);
	}
}
END_TEST

START_TEST(a_long_reply_message_is_cut_between_characters)
{
	char text[2001];
	uint8_t bytes[HEARTH_HEADER_MOST];
	struct hearth_reply_header back, header = { .call_id = 1, .code = 13, .reason = slice("INTERNAL") };

	for (size_t i = 0; i < 2000; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	for (size_t shift = 0; shift < 2; shift++) {
		text[shift] = 'e';
		header.message = (struct hearth_slice){ text + shift, 1998 };
		size_t size = hearth_reply_header_encode(&header, bytes);
		ck_assert_uint_gt(size, 900);
		ck_assert_uint_le(size, HEARTH_HEADER_MOST);
		if (shift == 0)
			continue;        /* begins inside a character: no UTF-8, and a reader says so */
		ck_assert_int_eq(hearth_reply_header_decode(bytes, size, &back), 0);
		ck_assert(hearth_utf8_valid(back.message.at, back.message.size));
	}
}
END_TEST

START_TEST(a_frame_is_the_headers_size_the_header_and_the_payload)
{
	struct hearth_request_header header = full();
	struct hearth_reply_header reply = { .call_id = 1 };
	uint8_t alone[HEARTH_HEADER_MOST], frame[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST + 7];
	size_t size = hearth_request_header_encode(&header, alone), head = hearth_request_frame_begin(&header, frame);
	struct hearth_slice part, payload;

	ck_assert_uint_eq(head, size + 2);
	ck_assert_uint_eq((size_t)frame[0] << 8 | frame[1], size);
	ck_assert_mem_eq(frame + 2, alone, size);
	memcpy(frame + head, "payload", 7);
	ck_assert_ptr_null(hearth_frame_split(frame, head + 7, &part, &payload));
	ck_assert(part.at == (const char *)frame + 2 && part.size == size);
	same_text(payload, slice("payload"));
	ck_assert_uint_eq(hearth_reply_frame_begin(&reply, frame), 11);
	ck_assert_mem_eq(frame, "\0\x09\x09\1\0\0\0\0\0\0\0", 11);
	ck_assert_ptr_null(hearth_frame_split(frame, 11, &part, &payload));
	ck_assert_uint_eq(payload.size, 0);
	header.roles = 0x1ff;
	ck_assert_uint_eq(hearth_request_frame_begin(&header, frame), 0);
}
END_TEST

START_TEST(a_frame_cut_anywhere_keeps_within_its_bytes)
{
	struct hearth_request_header header = full();
	uint8_t frame[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST], cut[sizeof frame];
	size_t head = hearth_request_frame_begin(&header, frame);
	struct hearth_slice part, payload;
	uint64_t id;

	for (size_t i = 0; i < head; i++) {
		uint8_t *tight = cut + sizeof cut - i;
		const char *wrong;

		memcpy(tight, frame, i);
		wrong = hearth_frame_split(tight, i, &part, &payload);
		ck_assert_ptr_nonnull(wrong);
		ck_assert_ptr_nonnull(strstr(wrong, i < 2 ? "two bytes" : "header's size"));
		ck_assert_uint_eq(part.size, i < 2 ? 0 : i - 2);
		ck_assert_uint_eq(payload.size, 0);
		ck_assert_int_eq(hearth_frame_call_id(part.at, part.size, &id), i >= 11);
	}
	ck_assert_ptr_null(hearth_frame_split(frame, head, &part, &payload));
}
END_TEST

int main(void)
{
	return CHECK_MAIN("frame", a_request_header_comes_back_as_it_went, a_reply_header_comes_back_as_it_went,
	                  each_limit_of_a_request_header_is_named, what_is_over_a_limit_is_not_written,
	                  bytes_that_are_no_header_are_refused, unknown_fields_are_skipped_and_unpacked_roles_are_read,
	                  a_header_cut_anywhere_never_reads_past_its_end, random_bytes_are_refused_or_read_within_their_limits,
	                  a_long_reply_message_is_cut_between_characters,
	                  a_frame_is_the_headers_size_the_header_and_the_payload, a_frame_cut_anywhere_keeps_within_its_bytes);
}
