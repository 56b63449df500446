/* test_flat.c: plain messages are read and written as protobuf-c does it, and what is not plain is left to it. */
#include <stdlib.h>
#include <string.h>

#include <hearth/bench/v1/bench.pb-c.h>
#include <hearth/finance/v1/finance.pb-c.h>
#include <hearth/v1/common.pb-c.h>

#include "../../services/runtime/flat.h"
#include "../support/check_main.h"

static struct hearth_arena *arena;
static uint8_t bytes[4096], again[4096];

static void setup(void)
{
	arena = hearth_arena_new();
	srand(7);
}

static void teardown(void)
{
	hearth_arena_free(&arena);
}

static uint64_t any_number(void)
{
	static const int shifts[] = { 0, 6, 7, 8, 14, 31, 32, 33, 62, 63 };
	uint64_t number = UINT64_C(1) << shifts[rand() % 10];
	return rand() % 3 == 0 ? 0 : number + (uint64_t)(rand() % 3) - 1;
}

static void fill(Hearth__Bench__V1__EchoRequest *request, char *text, uint8_t *data)
{
	hearth__bench__v1__echo_request__init(request);
	request->id = (int64_t)any_number();
	request->time = (int64_t)(0 - any_number());
	memset(text, 'a' + rand() % 26, 300);
	text[rand() % 300] = '\0';
	request->subject = rand() % 4 ? text : "";
	request->key = rand() % 4 ? "0190b3c2-7d1e-7abc-8def-0123456789ab" : "";
	for (size_t i = 0; i < 200; i++)
		data[i] = (uint8_t)rand();
	request->payload = (ProtobufCBinaryData){ (size_t)(rand() % 200), data };
}

START_TEST(writes_the_bytes_of_protobuf_c_and_reads_them_back)
{
	for (int i = 0; i < 2000; i++) {
		Hearth__Bench__V1__EchoRequest request;
		char text[301] = "";
		uint8_t data[200];
		fill(&request, text, data);
		size_t size = hearth__bench__v1__echo_request__pack(&request, bytes);
		ck_assert_uint_eq(hearth_flat_pack(&request.base, again, sizeof again), size);
		ck_assert_mem_eq(bytes, again, size);
		ProtobufCMessage *read = hearth_flat_unpack(&hearth__bench__v1__echo_request__descriptor, arena, size, bytes);
		ck_assert_ptr_nonnull(read);
		ck_assert_uint_eq(protobuf_c_message_pack(read, again), size);
		ck_assert_mem_eq(bytes, again, size);
		hearth_arena_reset(arena);
	}
}
END_TEST

START_TEST(reads_nothing_that_protobuf_c_refuses_and_the_same_of_the_rest)
{
	const ProtobufCMessageDescriptor *descriptor = &hearth__bench__v1__echo_request__descriptor;
	int taken = 0;
	for (int i = 0; i < 20000; i++) {
		Hearth__Bench__V1__EchoRequest request;
		char text[301] = "";
		uint8_t data[200];
		fill(&request, text, data);
		size_t size = hearth__bench__v1__echo_request__pack(&request, bytes);
		for (int changes = rand() % 3; size > 0 && changes > 0; changes--)
			bytes[(size_t)rand() % size] = (uint8_t)rand();
		size -= size > 0 && rand() % 4 == 0;
		ProtobufCMessage *flat = hearth_flat_unpack(descriptor, arena, size, bytes);
		ProtobufCMessage *whole = protobuf_c_message_unpack(descriptor, NULL, size, bytes);
		if (flat) {
			taken++;
			ck_assert_ptr_nonnull(whole);
			size_t packed = protobuf_c_message_pack(whole, again);
			ck_assert_uint_eq(protobuf_c_message_get_packed_size(flat), packed);
			uint8_t other[4096];
			protobuf_c_message_pack(flat, other);
			ck_assert_mem_eq(again, other, packed);
		}
		if (whole)
			protobuf_c_message_free_unpacked(whole, NULL);
		hearth_arena_reset(arena);
	}
	ck_assert_int_gt(taken, 1000);
}
END_TEST

START_TEST(leaves_messages_inside_messages_to_protobuf_c)
{
	Hearth__V1__ExternalId id = HEARTH__V1__EXTERNAL_ID__INIT;
	Hearth__Finance__V1__Agreement agreement = HEARTH__FINANCE__V1__AGREEMENT__INIT;
	id.system = "case-system";
	id.id = "17";
	ck_assert_uint_ne(hearth_flat_pack(&id.base, bytes, sizeof bytes), HEARTH_FLAT_OTHER);
	ck_assert_uint_eq(hearth_flat_pack(&agreement.base, bytes, sizeof bytes), HEARTH_FLAT_OTHER);
}
END_TEST

START_TEST(leaves_what_finds_no_room_to_protobuf_c)
{
	Hearth__V1__ExternalId id = HEARTH__V1__EXTERNAL_ID__INIT;
	id.system = "case-system";
	id.id = "17";
	size_t size = hearth_flat_pack(&id.base, bytes, sizeof bytes);
	for (size_t room = 0; room < size; room++) {
		again[room] = 0x5a;
		ck_assert_uint_eq(hearth_flat_pack(&id.base, again, room), HEARTH_FLAT_OTHER);
		ck_assert_uint_eq(again[room], 0x5a);
	}
}
END_TEST

int main(void)
{
	struct check_options options = { .setup = setup, .teardown = teardown };
	return CHECK_MAIN_WITH(&options, "flat", writes_the_bytes_of_protobuf_c_and_reads_them_back,
	                       reads_nothing_that_protobuf_c_refuses_and_the_same_of_the_rest,
	                       leaves_messages_inside_messages_to_protobuf_c, leaves_what_finds_no_room_to_protobuf_c);
}
