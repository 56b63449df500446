/* test_frame_bytes.c: the hand-written headers and protobuf-c's generated code agree, byte for byte, both ways. */
#include "../support/check_main.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/rpc/v1/rpc.pb-c.h>

#include "../../services/runtime/frame.h"

#define ROUNDS 20000

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return seed;
}

/* Now and then empty, now and then as long as it may be. */
static char *random_text(char *text, size_t most)
{
	size_t size = next_random() % 4 == 0 ? 0 : next_random() % 4 == 0 ? most : next_random() % (most + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (char)(0x21 + next_random() % 0x5e);
	text[size] = '\0';
	return text;
}

static struct hearth_slice slice(const char *text)
{
	return (struct hearth_slice){ text, strlen(text) };
}

static uint64_t random_number(void)
{
	return next_random() % 4 == 0 ? 0 : next_random() >> next_random() % 64;
}

static size_t list_roles(uint32_t roles, Hearth__V1__Role *ret_roles)
{
	size_t count = 0;

	for (int role = 0; role < 32; role++)
		if (roles & UINT32_C(1) << role)
			ret_roles[count++] = (Hearth__V1__Role)role;
	return count;
}

static void same_text(const char *text, struct hearth_slice slice_of)
{
	ck_assert_uint_eq(strlen(text), slice_of.size);
	ck_assert(slice_of.size == 0 || memcmp(text, slice_of.at, slice_of.size) == 0);
}

static uint32_t random_roles(void)
{
	uint32_t roles = 0;

	for (uint64_t count = next_random() % 9; count > 0; count--)
		roles |= UINT32_C(1) << next_random() % 32;
	return roles;
}

static void compare_request(const struct hearth_request_header *header, Hearth__Rpc__V1__RequestHeader *message)
{
	uint8_t ours[HEARTH_HEADER_MOST], theirs[HEARTH_HEADER_MOST * 2];
	size_t size = hearth_request_header_encode(header, ours);
	struct hearth_request_header back;
	struct hearth_status status = HEARTH_STATUS_INIT;
	Hearth__Rpc__V1__RequestHeader *unpacked;

	ck_assert_uint_eq(size, hearth__rpc__v1__request_header__get_packed_size(message));
	hearth__rpc__v1__request_header__pack(message, theirs);
	ck_assert_mem_eq(ours, theirs, size);
	unpacked = hearth__rpc__v1__request_header__unpack(NULL, size, ours);
	ck_assert_ptr_nonnull(unpacked);
	same_text(unpacked->method, header->method);
	ck_assert_uint_eq(unpacked->call_id, header->call_id);
	ck_assert_uint_eq(unpacked->request_id.len, header->has_request_id ? 16 : 0);
	hearth__rpc__v1__request_header__free_unpacked(unpacked, NULL);
	ck_assert_msg(hearth_request_header_decode(theirs, size, &back, &status) == 0, "%s", status.message);
	ck_assert_uint_eq(back.call_id, header->call_id);
	ck_assert_uint_eq(back.deadline_us, header->deadline_us);
	ck_assert_uint_eq(back.roles, header->roles);
	same_text(message->method, back.method);
	same_text(message->traceparent, back.traceparent);
	ck_assert_uint_eq(back.actor_id.size, header->actor_id.size);
	ck_assert_uint_eq(back.actor_authority.size, header->actor_authority.size);
}

START_TEST(request_headers_are_the_bytes_of_protobuf)
{
	static char trace[] = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
	char method[201], id[65], authority[] = "873";
	uint8_t uuid[16] = { 1, 2, 3 };
	Hearth__V1__Role roles[32];

	for (int round = 0; round < ROUNDS; round++) {
		Hearth__Rpc__V1__RequestHeader message = HEARTH__RPC__V1__REQUEST_HEADER__INIT;
		Hearth__Rpc__V1__Actor actor = HEARTH__RPC__V1__ACTOR__INIT;
		struct hearth_request_header header = { .call_id = next_random() | 1, .roles = random_roles() };

		header.deadline_us = (next_random() >> (1 + next_random() % 60)) | 1;
		header.has_request_id = next_random() % 2;
		memcpy(header.request_id.bytes, uuid, 16);
		message.call_id = header.call_id;
		message.deadline_us = header.deadline_us;
		message.request_id = (ProtobufCBinaryData){ header.has_request_id ? 16 : 0, uuid };
		message.method = strcat(random_text(method, 199), "/");
		message.traceparent = next_random() % 2 ? trace : trace + sizeof trace - 1;
		actor.id = random_text(id, 64);
		actor.authority = authority + (next_random() % 2 ? 0 : 3);
		actor.n_roles = list_roles(header.roles, roles);
		actor.roles = roles;
		if (actor.id[0] || actor.authority[0] || actor.n_roles)
			message.actor = &actor;
		header.method = slice(message.method);
		header.traceparent = slice(message.traceparent);
		header.actor_id = slice(actor.id);
		header.actor_authority = slice(actor.authority);
		compare_request(&header, &message);
	}
}
END_TEST

static void compare_reply(const struct hearth_reply_header *header, Hearth__Rpc__V1__ReplyHeader *message)
{
	uint8_t ours[HEARTH_HEADER_MOST], theirs[HEARTH_HEADER_MOST * 2];
	size_t size = hearth_reply_header_encode(header, ours);
	struct hearth_reply_header back;
	Hearth__Rpc__V1__ReplyHeader *unpacked;

	ck_assert_uint_eq(size, hearth__rpc__v1__reply_header__get_packed_size(message));
	hearth__rpc__v1__reply_header__pack(message, theirs);
	ck_assert_mem_eq(ours, theirs, size);
	unpacked = hearth__rpc__v1__reply_header__unpack(NULL, size, ours);
	ck_assert_ptr_nonnull(unpacked);
	ck_assert_int_eq(unpacked->code, header->code);
	same_text(unpacked->message, header->message);
	hearth__rpc__v1__reply_header__free_unpacked(unpacked, NULL);
	ck_assert_int_eq(hearth_reply_header_decode(theirs, size, &back), 0);
	ck_assert_uint_eq(back.call_id, header->call_id);
	ck_assert_int_eq(back.code, header->code);
	ck_assert_int_eq(back.retry_after_ms, header->retry_after_ms);
	ck_assert_int_eq(back.replayed, header->replayed);
	same_text(message->message, back.message);
	same_text(message->reason, back.reason);
	same_text(message->field, back.field);
}

START_TEST(reply_headers_are_the_bytes_of_protobuf)
{
	char text[400], reason[49], field[65];

	for (int round = 0; round < ROUNDS; round++) {
		Hearth__Rpc__V1__ReplyHeader message = HEARTH__RPC__V1__REPLY_HEADER__INIT;
		struct hearth_reply_header header;

		message.call_id = next_random() | 1;
		message.code = (int32_t)(uint32_t)random_number();
		message.retry_after_ms = (int32_t)(uint32_t)random_number();
		message.replayed = next_random() % 2;
		message.message = random_text(text, 319);
		message.reason = random_text(reason, 47);
		message.field = random_text(field, 63);
		header = (struct hearth_reply_header){ .call_id = message.call_id, .code = message.code,
			.message = slice(text), .reason = slice(reason), .field = slice(field),
			.retry_after_ms = message.retry_after_ms, .replayed = message.replayed };
		compare_reply(&header, &message);
	}
}
END_TEST

/* What a client in any language sends: these very bytes. */
START_TEST(a_frame_is_these_bytes)
{
	static const uint8_t golden[] = "\0\x25" "\x09\x07\0\0\0\0\0\0\0" "\x12\x09" "a.b.v1.C/" "\x19\x01\0\0\0\0\0\0\0"
		"\x32\x06\x0a\x01x\x1a\x01\x02" "\x0a\x02hi";
	struct hearth_request_header back, header = { .call_id = 7, .method = slice("a.b.v1.C/"), .deadline_us = 1,
		.actor_id = slice("x"), .roles = 1u << 2 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	uint8_t ours[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST + 4];
	size_t head = hearth_request_frame_begin(&header, ours);
	struct hearth_slice part, payload;

	memcpy(ours + head, "\x0a\x02hi", 4);
	ck_assert_uint_eq(head + 4, sizeof golden - 1);
	ck_assert_mem_eq(ours, golden, sizeof golden - 1);
	ck_assert_ptr_null(hearth_frame_split(golden, sizeof golden - 1, &part, &payload));
	ck_assert_msg(hearth_request_header_decode(part.at, part.size, &back, &status) == 0, "%s", status.message);
	ck_assert_uint_eq(back.call_id, 7);
	ck_assert_uint_eq(payload.size, 4);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("frame_bytes", request_headers_are_the_bytes_of_protobuf, reply_headers_are_the_bytes_of_protobuf,
	                  a_frame_is_these_bytes);
}
