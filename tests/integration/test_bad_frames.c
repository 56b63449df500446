/* test_bad_frames.c: what a stranger may send to the sockets of real processes of all five services: frames, headers,
 * payloads, and each field of each request of each contract spoilt on the wire. Every one is answered with the right
 * status and the field's name, nothing is written, the process lives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include <hearth/clock.h>
#include <hearth/text.h>

#include "../../services/runtime/frame.h"
#include "../support/check_main.h"
#include "catalogue.h"
#include "fields.h"
#include "tables.h"
#include "world.h"

#define MESSAGE_MOST ((size_t)1 << 20)
#define TEXT_MOST 4096
#define CALL_ID 77

static struct suite *suite;

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- by hand, on a raw socket ---- */

struct raw_reply {
	bool came;
	uint64_t call_id;
	int code;
	char reason[64], field[96], message[512];
};

static void *context;

static void *raw_socket(const char *service)
{
	const char *endpoint;
	int none = 0, patience = 5000;
	if (context == NULL)
		context = zmq_ctx_new();
	ck_assert_uint_eq(hearth_client_instances(world_client(suite, "901"), service, &endpoint, 1), 1);
	void *socket = zmq_socket(context, ZMQ_DEALER);
	zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
	zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
	ck_assert_int_eq(zmq_connect(socket, endpoint), 0);
	return socket;
}

static void copy_slice(char *ret_text, size_t size, struct hearth_slice from)
{
	snprintf(ret_text, size, "%.*s", (int)from.size, from.at != NULL ? from.at : "");
}

static struct raw_reply raw_receive(void *socket)
{
	struct raw_reply reply = { .came = false };
	struct hearth_reply_header header;
	struct hearth_slice part, payload;
	zmq_msg_t frame;
	zmq_msg_init(&frame);
	int got = zmq_msg_recv(&frame, socket, 0);
	if (got < 0)
		return reply;
	ck_assert(!zmq_msg_more(&frame));
	ck_assert_ptr_null(hearth_frame_split(zmq_msg_data(&frame), (size_t)got, &part, &payload));
	ck_assert_int_eq(hearth_reply_header_decode(part.at, part.size, &header), 0);
	reply = (struct raw_reply){ .came = true, .call_id = header.call_id, .code = header.code };
	copy_slice(reply.reason, sizeof reply.reason, header.reason);
	copy_slice(reply.field, sizeof reply.field, header.field);
	copy_slice(reply.message, sizeof reply.message, header.message);
	zmq_msg_close(&frame);
	return reply;
}

/* A frame that says of its header that it has `told` bytes. */
static void raw_send(void *socket, size_t told, const void *header, size_t header_size, const void *payload, size_t size,
                     int flags)
{
	zmq_msg_t frame;
	zmq_msg_init_size(&frame, HEARTH_FRAME_PREFIX + header_size + size);
	uint8_t *at = zmq_msg_data(&frame);
	*at++ = (uint8_t)(told >> 8);
	*at++ = (uint8_t)told;
	at = (uint8_t *)mempcpy(at, header, header_size);
	memcpy(at, payload, size);
	ck_assert_int_ge(zmq_msg_send(&frame, socket, flags), 0);
}

static struct hearth_request_header good_header(const char *method, const struct hearth_uuid *id)
{
	return (struct hearth_request_header){ .call_id = CALL_ID, .method = { method, strlen(method) },
		.deadline_us = (uint64_t)hearth_clock_wall() + 10000000, .has_request_id = true, .request_id = *id,
		.actor_id = { "somebody", 8 }, .actor_authority = { "901", 3 }, .roles = SUITE_ALL_ROLES };
}

static struct raw_reply raw_call(void *socket, const char *method, const void *payload, size_t size)
{
	uint8_t bytes[HEARTH_HEADER_MOST];
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	const struct hearth_request_header header = good_header(method, &id);
	size_t header_size = hearth_request_header_encode(&header, bytes);
	raw_send(socket, header_size, bytes, header_size, payload, size, 0);
	return raw_receive(socket);
}

/* The same process as before, and it answers. */
static void check_alive(void *socket, const char *service, pid_t before)
{
	struct raw_reply reply = raw_call(socket, "hearth.control.v1.Health/Check", "", 0);
	ck_assert_msg(reply.came && reply.code == HEARTH_OK, "%s does not answer", service);
	ck_assert_int_eq(suite_pid(suite, service, 0), before);
	ck_assert(suite_runs(suite, service, 0));
}

typedef void on_service(void *socket, const char *service);

/* Runs it on each service; nothing may be written, and each must live. */
static void on_each_service(on_service *run)
{
	for (const char *const *service = catalogue_services; *service != NULL; service++) {
		char *before = tables_print(suite, NULL);
		pid_t pid = suite_pid(suite, *service, 0);
		void *socket = raw_socket(*service);
		run(socket, *service);
		check_alive(socket, *service, pid);
		zmq_close(socket);
		char *after = tables_print(suite, NULL);
		tables_assert_same(before, after, *service);
		free(before);
		free(after);
	}
}

/* ---- frames and headers ---- */

static void expect(struct raw_reply reply, int code, const char *reason, const char *says)
{
	ck_assert_msg(reply.came, "no answer; wanted: %s", says);
	ck_assert_uint_eq(reply.call_id, CALL_ID);
	ck_assert_msg(reply.code == code && strcmp(reply.reason, reason) == 0, "%d %s: %s", reply.code, reply.reason,
	              reply.message);
	ck_assert_msg(strstr(reply.message, says) != NULL, "\"%s\" does not say \"%s\"", reply.message, says);
}

static void send_malformed(void *socket, const char *service)
{
	uint8_t bytes[HEARTH_HEADER_MOST], large[1200] = { 0 };
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	const struct hearth_request_header header = good_header("hearth.control.v1.Control/GetInstance", &id);
	size_t size = hearth_request_header_encode(&header, bytes);
	(void)service;
	raw_send(socket, size + 1, bytes, size, "", 0, 0);
	expect(raw_receive(socket), HEARTH_INVALID_ARGUMENT, "MALFORMED_FRAMES", "shorter than its header's size says");
	raw_send(socket, UINT16_MAX, bytes, size, "payload", 7, 0);
	expect(raw_receive(socket), HEARTH_INVALID_ARGUMENT, "MALFORMED_FRAMES", "shorter than its header's size says");
	raw_send(socket, size, bytes, size, "", 0, ZMQ_SNDMORE);
	zmq_send(socket, "", 0, ZMQ_SNDMORE);
	zmq_send(socket, "more", 4, 0);
	expect(raw_receive(socket), HEARTH_INVALID_ARGUMENT, "MALFORMED_FRAMES", "more frames than one");
	memcpy(large, bytes, size);
	raw_send(socket, sizeof large, large, sizeof large, "", 0, 0);
	expect(raw_receive(socket), HEARTH_INVALID_ARGUMENT, "MALFORMED_HEADER", "at most 1024");
	for (size_t cut = 11; cut < size; cut++) {      /* the call id is in the first nine bytes: each is answered */
		raw_send(socket, cut, bytes, cut, "", 0, 0);
		struct raw_reply reply = raw_receive(socket);
		ck_assert_msg(reply.came && reply.code != HEARTH_OK, "a header of %zu of %zu bytes: code %d", cut, size, reply.code);
		raw_send(socket, size, bytes, cut, "", 0, 0);
		expect(raw_receive(socket), HEARTH_INVALID_ARGUMENT, "MALFORMED_FRAMES", "shorter than its header's size says");
	}
	zmq_send(socket, "", 0, 0);                     /* nothing to answer */
	zmq_send(socket, "\1", 1, 0);
	zmq_send(socket, "\0\0", 2, 0);
	raw_send(socket, 3, "\377\377\377", 3, "", 0, 0);
}

START_TEST(malformed_frames_are_refused_and_write_nothing)
{
	on_each_service(send_malformed);
}
END_TEST

static void send_bad_headers(void *socket, const char *service)
{
	const char *method = "hearth.control.v1.Health/Check";
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	struct { struct hearth_request_header header; const char *says; } tries[12];
	size_t count = 0;
	(void)service;
#define TRY(change, text) \
	do { \
		struct hearth_request_header header = good_header(method, &id); \
		change; \
		tries[count].header = header; \
		tries[count++].says = text; \
	} while (0)
	TRY(header.method = ((struct hearth_slice){ "", 0 }), "method is missing");
	TRY(header.method = ((struct hearth_slice){ "a b", 3 }), "printable ASCII");
	TRY(header.method = ((struct hearth_slice){ "hearth.control.v1.Health/Check\0", 31 }), "printable ASCII");
	TRY(header.method = ((struct hearth_slice){ "\303\244", 2 }), "printable ASCII");
	TRY(header.deadline_us = 0, "deadline_us is missing");
	TRY(header.deadline_us = UINT64_MAX, "deadline_us is out of range");
	TRY(header.traceparent = ((struct hearth_slice){ "00-nonsense", 11 }), "traceparent");
	TRY(header.actor_authority = ((struct hearth_slice){ "90", 2 }), "three digits");
	TRY(header.actor_authority = ((struct hearth_slice){ "9'1", 3 }), "three digits");
	TRY(header.actor_id = ((struct hearth_slice){ "some body", 9 }), "actor.id");
	TRY(header.actor_id = ((struct hearth_slice){ "a\0b", 3 }), "actor.id");
	TRY(header.actor_id = ((struct hearth_slice){ "a\nlevel=info", 12 }), "actor.id");
#undef TRY
	for (size_t i = 0; i < count; i++) {
		uint8_t bytes[HEARTH_HEADER_MOST];
		size_t size = hearth_request_header_encode(&tries[i].header, bytes);
		raw_send(socket, size, bytes, size, "", 0, 0);
		expect(raw_receive(socket), HEARTH_INVALID_ARGUMENT, "MALFORMED_HEADER", tries[i].says);
	}
}

START_TEST(a_header_with_a_bad_value_is_refused_by_its_name)
{
	on_each_service(send_bad_headers);
}
END_TEST

static void send_unknown_methods(void *socket, const char *service)
{
	static const char *const methods[] = { "GetEverything", "/", "hearth.control.v1.Health", "hearth.control.v1.Health/",
		"hearth.control.v1.Health/check", "hearth.control.v1.Health/Check2", "hearth.control.v1.Health/Chec",
		"hearth.bench.v1.Bench/Echo", "../../etc/passwd", "%s%s%s%n" };
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		expect(raw_call(socket, methods[i], "", 0), HEARTH_UNIMPLEMENTED, "UNKNOWN_METHOD", "has no method of this name");
	/* Methods of the other services are none of this one's. */
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		if (strcmp(row->service, service) != 0 && strstr(row->contract->name, row->service) != NULL)
			expect(raw_call(socket, catalogue_wire_name(row), "", 0), HEARTH_UNIMPLEMENTED, "UNKNOWN_METHOD", service);
}

START_TEST(unknown_methods_are_unimplemented)
{
	on_each_service(send_unknown_methods);
}
END_TEST

static void send_oversized(void *socket, const char *service)
{
	char *payload = calloc(1, MESSAGE_MOST + 1);
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		if (strcmp(row->service, service) == 0)
			expect(raw_call(socket, catalogue_wire_name(row), payload, MESSAGE_MOST + 1), HEARTH_RESOURCE_EXHAUSTED,
			       "MESSAGE_TOO_LARGE", "at most 1048576");
	free(payload);
}

START_TEST(a_payload_over_the_limit_is_refused_with_the_limit)
{
	on_each_service(send_oversized);
}
END_TEST

/* Far over the limit: libzmq cuts the connection itself, and the process never holds it. */
START_TEST(a_message_far_over_the_limit_costs_the_sender_its_connection)
{
	for (const char *const *service = catalogue_services; *service != NULL; service++) {
		void *socket = raw_socket(*service), *second = raw_socket(*service);
		size_t size = MESSAGE_MOST * 4 + 1;
		char *payload = calloc(1, size);
		int patience = 300;
		zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
		ck_assert(!raw_call(socket, "hearth.control.v1.Health/Check", payload, size).came);
		check_alive(second, *service, suite_pid(suite, *service, 0));
		free(payload);
		zmq_close(socket);
		zmq_close(second);
	}
}
END_TEST

/* ---- each field of each request ---- */

struct spoil {
	void *socket;
	const struct catalogue_row *row;
	size_t most_items, fields;
};

static void send_field(const struct spoil *spoil, const struct field_path *path, const void *value, size_t size,
                       size_t times, bool item, const char *says)
{
	static uint8_t bytes[65536];
	size_t used = field_payload(path, value, size, times, bytes, sizeof bytes);
	ck_assert_uint_gt(used, 0);
	struct raw_reply reply = raw_call(spoil->socket, catalogue_wire_name(spoil->row), bytes, used);
	const char *wanted = field_name(path, item), *method = catalogue_call_name(spoil->row);
	ck_assert_msg(reply.came, "%s: no answer", method);
	ck_assert_msg(reply.code == HEARTH_INVALID_ARGUMENT, "%s: %s that %s: code %d %s", method, wanted, says, reply.code,
	              reply.message);
	ck_assert_msg(strcmp(reply.field, wanted) == 0, "%s: field is %s, not %s: %s", method, reply.field, wanted,
	              reply.message);
	ck_assert_msg(strstr(reply.message, wanted) != NULL && strstr(reply.message, says) != NULL,
	              "%s: \"%s\" does not say %s %s", method, reply.message, wanted, says);
}

static void spoil_text(void *data, const struct field_path *path)
{
	static const char *const broken[] = { "\377", "a\300\200b", "\355\240\200", "\340\237\277", "ab\303", "\364\220\200\200" };
	struct spoil *spoil = data;
	char *long_text;
	if (field_leaf(path)->type != PROTOBUF_C_TYPE_STRING)
		return;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		send_field(spoil, path, broken[i], strlen(broken[i]), 1, true, "UTF-8");
	send_field(spoil, path, "a\0b", 3, 1, true, "NUL");
	send_field(spoil, path, "\0", 1, 1, true, "NUL");
	long_text = malloc(TEXT_MOST + 1);
	memset(long_text, 'A', TEXT_MOST + 1);
	send_field(spoil, path, long_text, TEXT_MOST + 1, 1, true, "too long");
	free(long_text);
	spoil->fields++;
}

static void spoil_count(void *data, const struct field_path *path)
{
	struct spoil *spoil = data;
	const ProtobufCFieldDescriptor *leaf = field_leaf(path);
	if (leaf->label != PROTOBUF_C_LABEL_REPEATED)
		return;
	/* An empty message, the text "A", the number or name 1. */
	send_field(spoil, path, leaf->type == PROTOBUF_C_TYPE_STRING ? "A" : "\001", leaf->type != PROTOBUF_C_TYPE_MESSAGE,
	           spoil->most_items + 1, false, "too many items");
	spoil->fields++;
}

static void spoil_enum(void *data, const struct field_path *path)
{
	struct spoil *spoil = data;
	if (field_leaf(path)->type != PROTOBUF_C_TYPE_ENUM)
		return;
	send_field(spoil, path, "\143", 1, 1, true, "99");
	send_field(spoil, path, "\377\377\377\377\377\377\377\377\377\001", 10, 1, true, "-1");
	spoil->fields++;
}

/* The field with each encoding that is another type's: a number where a text is, a text where a number is. */
static void spoil_encoding(void *data, const struct field_path *path)
{
	static const struct { ProtobufCType type; unsigned wire; const char *value; size_t size; } encodings[] = {
		{ PROTOBUF_C_TYPE_INT64, 0, "\001", 1 }, { PROTOBUF_C_TYPE_FIXED64, 1, "12345678", 8 },
		{ PROTOBUF_C_TYPE_BYTES, 2, "\001", 1 }, { PROTOBUF_C_TYPE_FIXED32, 5, "1234", 4 },
	};
	struct spoil *spoil = data;
	struct field_path other = *path;
	ProtobufCFieldDescriptor leaf = *field_leaf(path);
	unsigned own = field_wire_type(leaf.type);
	other.fields[other.depth - 1] = &leaf;
	for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
		uint8_t bytes[256];
		/* Numbers of a list may lie packed in one text. */
		if (encodings[i].wire == own || (encodings[i].wire == 2 && leaf.label == PROTOBUF_C_LABEL_REPEATED))
			continue;
		leaf.type = encodings[i].type;
		size_t used = field_payload(&other, encodings[i].value, encodings[i].size, 1, bytes, sizeof bytes);
		ck_assert_uint_gt(used, 0);
		struct raw_reply reply = raw_call(spoil->socket, catalogue_wire_name(spoil->row), bytes, used);
		ck_assert_msg(reply.came && reply.code == HEARTH_INVALID_ARGUMENT && reply.message[0] != '\0',
		              "%s: %s with wire type %u: code %d %s", catalogue_call_name(spoil->row), field_name(path, true),
		              encodings[i].wire, reply.code, reply.message);
	}
	spoil->fields++;
}

static void spoil_each(void *socket, const char *service, field_visit *visit)
{
	struct spoil spoil = { .socket = socket };
	for (spoil.row = catalogue; spoil.row->method != NULL; spoil.row++) {
		if (strcmp(spoil.row->service, service) != 0)
			continue;
		spoil.most_items = strcmp(service, "placements") == 0 ? 4000 : 1000;
		fields_walk(catalogue_method(spoil.row)->input, visit, &spoil);
	}
}

static void spoil_texts(void *socket, const char *service)
{
	spoil_each(socket, service, spoil_text);
}

static void spoil_counts(void *socket, const char *service)
{
	spoil_each(socket, service, spoil_count);
}

static void spoil_enums(void *socket, const char *service)
{
	spoil_each(socket, service, spoil_enum);
}

static void spoil_encodings(void *socket, const char *service)
{
	spoil_each(socket, service, spoil_encoding);
}

START_TEST(a_field_in_another_types_encoding_is_refused)
{
	on_each_service(spoil_encodings);
}
END_TEST

START_TEST(a_broken_text_is_refused_by_its_fields_name)
{
	on_each_service(spoil_texts);
}
END_TEST

START_TEST(too_many_items_are_refused_by_their_fields_name)
{
	on_each_service(spoil_counts);
}
END_TEST

START_TEST(an_enum_value_that_the_contract_does_not_have_is_refused_by_its_fields_name)
{
	on_each_service(spoil_enums);
}
END_TEST

/* ---- payloads ---- */

/* A field of another wire type, a payload cut short, groups, endless lengths: no message of this type. */
static void send_bad_payloads(void *socket, const char *service)
{
	static const struct { const char *bytes; size_t size; } payloads[] = {
		{ "\010", 1 }, { "\377", 1 }, { "\012\005ab", 4 }, { "\013", 1 }, { "\014", 1 }, { "\016\001", 2 }, { "\017\001", 2 },
		{ "\012\377\377\377\377\377\377\377\377\377\001", 11 }, { "\377\377\377\377\377\377\377\377\377\377\377\377", 12 },
		{ "\000\001", 2 }, { "\012\377\377\377\377\017a", 7 }, { "\011abc", 4 }, { "\015ab", 3 },
	};
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		if (strcmp(row->service, service) != 0)
			continue;
		for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
			struct raw_reply reply = raw_call(socket, catalogue_wire_name(row), payloads[i].bytes, payloads[i].size);
			ck_assert_msg(reply.came && reply.code == HEARTH_INVALID_ARGUMENT, "%s, payload %zu: code %d %s",
			              catalogue_call_name(row), i, reply.code, reply.message);
			ck_assert_str_ne(reply.message, "");
		}
	}
}

START_TEST(a_payload_that_is_no_message_is_refused)
{
	on_each_service(send_bad_payloads);
}
END_TEST

/* Fields of a newer contract are passed over, but not without end. */
static void send_unknown_fields(void *socket, const char *service)
{
	uint8_t *payload = malloc(20000), *at = payload;
	(void)service;
	for (int i = 0; i < 900; i++)
		at = (uint8_t *)mempcpy(at, "\302\076\001x", 4);      /* field 1000 */
	struct raw_reply reply = raw_call(socket, "hearth.control.v1.Health/Check", payload, (size_t)(at - payload));
	ck_assert_int_eq(reply.code, HEARTH_OK);
	for (int i = 0; i < 3600; i++)
		at = (uint8_t *)mempcpy(at, "\302\076\001x", 4);
	expect(raw_call(socket, "hearth.control.v1.Health/Check", payload, (size_t)(at - payload)), HEARTH_INVALID_ARGUMENT,
	       "INVALID_FIELD", "too many unknown fields");
	free(payload);
}

START_TEST(unknown_fields_are_passed_over_up_to_a_limit)
{
	on_each_service(send_unknown_fields);
}
END_TEST

/* Random bytes as payload of each method: refused or harmless reads; no write can come of it without a valid request. */
static void send_noise(void *socket, const char *service)
{
	uint8_t noise[64];
	srand(11);
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		if (strcmp(row->service, service) != 0 || strcmp(row->method, "SetClock") == 0 || row->foreign == FOREIGN_OWN)
			continue;
		for (int i = 0; i < 60; i++) {
			size_t size = (size_t)rand() % sizeof noise;
			for (size_t k = 0; k < size; k++)
				noise[k] = (uint8_t)rand();
			struct raw_reply reply = raw_call(socket, catalogue_wire_name(row), noise, size);
			ck_assert_msg(reply.came && reply.code != HEARTH_INTERNAL && reply.code != HEARTH_UNKNOWN, "%s: %d %s",
			              catalogue_call_name(row), reply.code, reply.message);
		}
	}
}

START_TEST(random_payloads_do_no_harm)
{
	on_each_service(send_noise);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "bad frames", malformed_frames_are_refused_and_write_nothing,
	                       a_header_with_a_bad_value_is_refused_by_its_name, unknown_methods_are_unimplemented,
	                       a_payload_over_the_limit_is_refused_with_the_limit,
	                       a_message_far_over_the_limit_costs_the_sender_its_connection,
	                       a_field_in_another_types_encoding_is_refused, a_broken_text_is_refused_by_its_fields_name,
	                       too_many_items_are_refused_by_their_fields_name,
	                       an_enum_value_that_the_contract_does_not_have_is_refused_by_its_fields_name,
	                       a_payload_that_is_no_message_is_refused, unknown_fields_are_passed_over_up_to_a_limit,
	                       random_payloads_do_no_harm);
}
