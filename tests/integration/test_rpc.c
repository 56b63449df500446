/* test_rpc.c: calls over real sockets: the server, the client, their trouble and each other. */
#include "../support/check_main.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <hearth/arena.h>
#include <hearth/client.h>
#include <hearth/clock.h>
#include <hearth/v1/common.pb-c.h>

#include "../../services/runtime/server.h"

#define MOST_MESSAGE 4096

/* A server that answers by the method's verb; Get and Put echo, Hold keeps the call, Busy refuses twice. */
struct place {
	struct hearth_loop *loop;
	struct hearth_server *server;
	struct hearth_uuid instance;
	struct hearth_incoming *held[20000];
	size_t held_count;
	int refusals, seen;
	struct hearth_uuid last_id;
	bool same_id;
};

static char directory[64], address[96];
static struct place here;
static size_t most_message = MOST_MESSAGE;

static void make_directory(void)
{
	const char *run = getenv("HEARTH_TEST_DIR");
	snprintf(directory, sizeof directory, "%s/rpc-XXXXXX", run != NULL && strlen(run) < 40 ? run : P_tmpdir);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(address, sizeof address, "ipc://%s", directory);
}

static size_t count_files(const char *ending)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	size_t count = 0;

	while (stream && (entry = readdir(stream)))
		count += strlen(entry->d_name) > 5 && strcmp(entry->d_name + strlen(entry->d_name) - 5, ending) == 0;
	if (stream)
		closedir(stream);
	return count;
}

static void echo(struct place *place, struct hearth_incoming *incoming)
{
	Hearth__V1__ExternalId *message = hearth__v1__external_id__unpack(NULL, incoming->size, incoming->payload);
	struct hearth_reply_header header = { .code = message ? HEARTH_OK : HEARTH_INVALID_ARGUMENT };

	hearth_server_reply(place->server, &incoming, &header, message ? &message->base : NULL);
	if (message)
		hearth__v1__external_id__free_unpacked(message, NULL);
}

static bool verb_is(const struct hearth_incoming *incoming, const char *verb)
{
	size_t size = strlen(verb);

	return incoming->header.method.size > size &&
	       memcmp(incoming->header.method.at + incoming->header.method.size - size, verb, size) == 0;
}

static void receive(void *context, struct hearth_incoming *incoming)
{
	struct place *place = context;

	place->same_id = place->seen > 0 && memcmp(&place->last_id, &incoming->header.request_id, 16) == 0;
	place->last_id = incoming->header.request_id;
	place->seen++;
	if (verb_is(incoming, "Hold") || verb_is(incoming, "GetLate")) {
		place->held[place->held_count++] = incoming;
	} else if (verb_is(incoming, "Busy") && place->refusals > 0) {
		struct hearth_reply_header header = { .code = HEARTH_UNAVAILABLE, .message = { "busy", 4 } };

		place->refusals--;
		hearth_server_reply(place->server, &incoming, &header, NULL);
	} else {
		echo(place, incoming);
	}
}

static struct hearth_server *serve(struct place *place, const char *listen, struct hearth_status *status)
{
	struct hearth_server_options options = { .service = "echo", .instance = &place->instance, .listen = listen,
	                                         .most_message = most_message, .receive = receive, .context = place };

	hearth_uuid_new(&place->instance);
	return place->server = hearth_server_new(place->loop, &options, status);
}

static struct hearth_client *open_here(const char *listen)
{
	struct hearth_actor actor = { "tester", "999", 1u << HEARTH__V1__ROLE__SYSTEM };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_client *client;

	make_directory();
	here.loop = hearth_loop_new();
	ck_assert_msg(serve(&here, listen ? listen : address, &status) != NULL, "%s", status.message);
	client = hearth_client_new(here.loop, &actor);
	ck_assert_int_eq(hearth_client_locate(client, "echo", listen ? hearth_server_endpoint(here.server) : address, &status), 0);
	return client;
}

static void close_here(struct hearth_client **client)
{
	hearth_client_free(client);
	while (here.held_count > 0)
		hearth_server_drop(here.server, &here.held[--here.held_count]);
	hearth_server_free(&here.server);
	hearth_loop_free(&here.loop);
	hearth_zmq_end();
	ck_assert_uint_eq(count_files(".sock") + count_files(".lock") + count_files(".hint"), 0);
	rmdir(directory);
}

static int call(struct hearth_client *client, const char *method, char *id, const struct hearth_call_options *options,
                struct hearth_status *status)
{
	Hearth__V1__ExternalId request = HEARTH__V1__EXTERNAL_ID__INIT;
	ProtobufCMessage *reply = NULL;
	int result;

	request.id = id;
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	result = hearth_client_call(client, method, &request.base, &hearth__v1__external_id__descriptor, options, NULL,
	                            &reply, NULL, status);
	if (result == 0) {
		ck_assert_str_eq(((Hearth__V1__ExternalId *)reply)->id, id);
		protobuf_c_message_free_unpacked(reply, NULL);
	}
	return result;
}

START_TEST(a_call_over_ipc_is_answered)
{
	struct hearth_client *client = open_here(NULL);
	struct hearth_status status;

	for (int i = 0; i < 100; i++)
		ck_assert_msg(call(client, "hearth.echo.v1.Echo/GetIt", "abc", NULL, &status) == 0, "%s", status.message);
	ck_assert_int_eq(call(client, "echo:hearth.events.v1.Events/Pull", "", NULL, &status), 0);
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 101);
	close_here(&client);
}
END_TEST

START_TEST(a_call_over_tcp_is_answered)
{
	struct hearth_client *client = open_here("tcp://127.0.0.1:*");
	struct hearth_status status;

	ck_assert_ptr_nonnull(strstr(hearth_server_hint_endpoint(here.server), "tcp://127.0.0.1:"));
	for (int i = 0; i < 100; i++)
		ck_assert_msg(call(client, "hearth.echo.v1.Echo/GetIt", "abc", NULL, &status) == 0, "%s", status.message);
	close_here(&client);
}
END_TEST

START_TEST(a_read_past_its_deadline_ends_deadline_exceeded_and_a_write_unknown)
{
	struct hearth_client *client = open_here(NULL);
	struct hearth_call_options options = { .timeout_ms = 60 };
	struct hearth_status status;

	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetLate", "a", &options, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_DEADLINE_EXCEEDED);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/Hold", "a", &options, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_UNKNOWN);
	/* Late answers find nobody and do no harm. */
	while (here.held_count > 0)
		echo(&here, here.held[--here.held_count]);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", "b", NULL, &status), 0);
	close_here(&client);
}
END_TEST

START_TEST(without_an_instance_a_call_waits_until_its_deadline)
{
	struct hearth_client *client = hearth_client_new(NULL, NULL);
	struct hearth_call_options options = { .timeout_ms = 80 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	int64_t began = hearth_clock_mono();

	make_directory();
	ck_assert_int_eq(hearth_client_locate(client, "echo", address, &status), 0);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/Put", "a", &options, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(status.message, "no instance of echo at ipc://"));
	ck_assert_int_ge(hearth_clock_mono() - began, 75000);
	hearth_client_free(&client);
	hearth_zmq_end();
	rmdir(directory);
}
END_TEST

START_TEST(a_refused_call_is_tried_again_with_the_same_request_id)
{
	struct hearth_client *client = open_here(NULL);
	struct hearth_call_options once = { .once = true };
	struct hearth_status status;

	here.refusals = 2;
	ck_assert_msg(call(client, "hearth.echo.v1.Echo/PutBusy", "a", NULL, &status) == 0, "%s", status.message);
	ck_assert_int_eq(here.seen, 3);
	ck_assert(here.same_id);
	here.refusals = 1;
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/PutBusy", "a", &once, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_str_eq(status.message, "busy");
	close_here(&client);
}
END_TEST

START_TEST(a_message_over_the_limit_is_refused_by_name)
{
	struct hearth_client *client = open_here(NULL);
	struct hearth_status status;
	char text[MOST_MESSAGE + 1];

	memset(text, 'x', sizeof text);
	text[MOST_MESSAGE] = '\0';
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", text, NULL, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_RESOURCE_EXHAUSTED);
	ck_assert_ptr_nonnull(strstr(status.message, "4099 bytes, at most 4096"));
	ck_assert_uint_eq(hearth_server_counts(here.server).oversized, 1);
	text[MOST_MESSAGE - 10] = '\0';
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", text, NULL, &status), 0);
	close_here(&client);
}
END_TEST

START_TEST(a_message_far_over_the_limit_ends_and_takes_nobody_down)
{
	struct hearth_client *client = open_here(NULL);
	struct hearth_call_options options = { .timeout_ms = 1500 };
	struct hearth_status status;
	char text[5 * MOST_MESSAGE];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", text, &options, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", "a", NULL, &status), 0);
	close_here(&client);
}
END_TEST

/* ---- by hand, on a raw socket ---- */

static void *raw_socket(void)
{
	void *socket = zmq_socket(hearth_zmq_context(), ZMQ_DEALER);
	int none = 0;

	zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
	ck_assert_int_eq(zmq_connect(socket, hearth_server_endpoint(here.server)), 0);
	return socket;
}

static bool raw_receive(void *socket, struct hearth_reply_header *header, char *ret_message, size_t size)
{
	static char bytes[MOST_MESSAGE * 2];
	struct hearth_slice part, payload;

	for (int64_t until = hearth_clock_mono() + 2000000; hearth_clock_mono() < until; ) {
		int got = zmq_recv(socket, bytes, sizeof bytes, ZMQ_DONTWAIT);

		if (got < 0) {
			hearth_loop_turn(here.loop, 1000);
			continue;
		}
		ck_assert_int_le(got, (int)sizeof bytes);
		ck_assert_ptr_null(hearth_frame_split(bytes, (size_t)got, &part, &payload));
		ck_assert_int_eq(hearth_reply_header_decode(part.at, part.size, header), 0);
		ck_assert_uint_lt(header->message.size, size);
		memcpy(ret_message, header->message.at ? header->message.at : "", header->message.size);
		ret_message[header->message.size] = '\0';
		return true;
	}
	return false;
}

/* A frame that says of its header that it has `told` bytes. */
static void raw_send(void *socket, size_t told, const void *header, size_t size, int flags)
{
	uint8_t frame[2048] = { (uint8_t)(told >> 8), (uint8_t)told };

	ck_assert_uint_le(size, sizeof frame - HEARTH_FRAME_PREFIX);
	memcpy(frame + HEARTH_FRAME_PREFIX, header, size);
	ck_assert_int_ge(zmq_send(socket, frame, HEARTH_FRAME_PREFIX + size, flags), 0);
}

static size_t good_header(uint8_t *bytes, uint64_t id, const char *method)
{
	struct hearth_request_header header = { .call_id = id, .method = { method, strlen(method) },
	                                        .deadline_us = (uint64_t)hearth_clock_wall() + 5000000 };

	return hearth_request_header_encode(&header, bytes);
}

static void expect_invalid(void *socket, uint64_t id, const char *why)
{
	struct hearth_reply_header header;
	char message[1024];

	ck_assert(raw_receive(socket, &header, message, sizeof message));
	ck_assert_uint_eq(header.call_id, id);
	ck_assert_int_eq(header.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_msg(strstr(message, why) != NULL, "\"%s\" does not say \"%s\"", message, why);
}

START_TEST(malformed_frames_are_answered_or_counted_and_the_process_lives)
{
	struct hearth_client *client = open_here(NULL);
	void *socket = raw_socket();
	uint8_t bytes[HEARTH_HEADER_MOST], large[1200] = { 0 };
	size_t size = good_header(bytes, 7, "hearth.echo.v1.Echo/GetIt");
	struct hearth_reply_header header = { .call_id = 9, .message = { "x", 1 } };
	struct hearth_status status;

	raw_send(socket, size + 1, bytes, size, 0);
	expect_invalid(socket, 7, "shorter than its header's size says");
	raw_send(socket, UINT16_MAX, bytes, size, 0);
	expect_invalid(socket, 7, "shorter than its header's size says");
	raw_send(socket, size, bytes, size, ZMQ_SNDMORE);
	zmq_send(socket, "", 0, ZMQ_SNDMORE);
	zmq_send(socket, "more", 4, 0);
	expect_invalid(socket, 7, "more frames than one");
	memcpy(large, bytes, size);
	raw_send(socket, sizeof large, large, sizeof large, 0);
	expect_invalid(socket, 7, "at most 1024");
	raw_send(socket, size - 3, bytes, size, 0);                          /* cut short; the rest is taken for payload */
	expect_invalid(socket, 7, "cut short");
	raw_send(socket, 0, bytes, 0, 0);                                    /* no header: nothing to answer */
	size = hearth_reply_header_encode(&header, bytes);                   /* another message: no deadline */
	raw_send(socket, size, bytes, size, 0);
	expect_invalid(socket, 9, "wrong wire type");
	zmq_send(socket, "", 0, 0);                                          /* nothing to answer */
	zmq_send(socket, "\1", 1, 0);
	raw_send(socket, 3, "\377\377\377", 3, 0);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", "abc", NULL, &status), 0);
	for (int i = 0; i < 20; i++)
		hearth_loop_turn(here.loop, 5000);
	ck_assert_uint_eq(hearth_server_counts(here.server).malformed, 10);
	zmq_close(socket);
	close_here(&client);
}
END_TEST

static void keep_code(void *context, const struct hearth_reply *reply)
{
	*(int *)context = (int)reply->status.code;
}

/* A server that answers the next call with what is no reply, then with a reply. */
static void answer_badly_then_well(void *router, const void *identity, size_t identity_size, uint64_t call_id)
{
	struct hearth_reply_header header = { .call_id = call_id };
	uint8_t bytes[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST];
	size_t size = hearth_reply_frame_begin(&header, bytes);
	const struct { const void *bytes; size_t size; } bad[] = {
		{ "", 0 }, { "\0", 1 }, { "\377\377\11", 3 }, { "\0\3\377\377\377", 5 }, { bytes, size - 1 } };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		zmq_send(router, identity, identity_size, ZMQ_SNDMORE);
		ck_assert_int_ge(zmq_send(router, bad[i].bytes, bad[i].size, 0), 0);
	}
	zmq_send(router, identity, identity_size, ZMQ_SNDMORE);      /* a frame too many */
	zmq_send(router, bytes, size, ZMQ_SNDMORE);
	zmq_send(router, "", 0, 0);
	header.code = HEARTH_NOT_FOUND;
	zmq_send(router, identity, identity_size, ZMQ_SNDMORE);
	ck_assert_int_ge(zmq_send(router, bytes, hearth_reply_frame_begin(&header, bytes), 0), 0);
}

START_TEST(what_is_no_reply_is_passed_over)
{
	struct hearth_loop *loop = hearth_loop_new();
	struct hearth_client *client = hearth_client_new(loop, NULL);
	struct hearth_status status = HEARTH_STATUS_INIT;
	Hearth__V1__ExternalId request = HEARTH__V1__EXTERNAL_ID__INIT;
	void *router = zmq_socket(hearth_zmq_context(), ZMQ_ROUTER);
	char endpoint[96], identity[256], bytes[2048];
	struct hearth_request_header header;
	struct hearth_slice part, payload;
	size_t size = sizeof endpoint;
	int code = -1, got = -1, identity_size = 0;

	ck_assert_int_eq(zmq_bind(router, "tcp://127.0.0.1:*"), 0);
	zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
	ck_assert_int_eq(hearth_client_locate(client, "echo", endpoint, &status), 0);
	ck_assert_int_eq(hearth_client_send(client, "hearth.echo.v1.Echo/GetIt", &request.base, NULL, keep_code, &code, &status), 0);
	for (int64_t until = hearth_clock_mono() + 4000000; code < 0 && hearth_clock_mono() < until; hearth_loop_turn(loop, 1000)) {
		if (got >= 0 || (identity_size = zmq_recv(router, identity, sizeof identity, ZMQ_DONTWAIT)) < 0)
			continue;
		got = zmq_recv(router, bytes, sizeof bytes, 0);
		ck_assert_ptr_null(hearth_frame_split(bytes, (size_t)got, &part, &payload));
		ck_assert_int_eq(hearth_request_header_decode(part.at, part.size, &header, &status), 0);
		answer_badly_then_well(router, identity, (size_t)identity_size, header.call_id);
	}
	ck_assert_int_eq(code, HEARTH_NOT_FOUND);
	hearth_client_free(&client);
	zmq_close(router);
	hearth_loop_free(&loop);
	hearth_zmq_end();
}
END_TEST

START_TEST(the_257th_outstanding_call_of_a_connection_is_refused)
{
	struct hearth_client *client = open_here(NULL);
	void *socket = raw_socket();
	uint8_t bytes[HEARTH_HEADER_MOST];
	struct hearth_reply_header header;
	struct hearth_status status;
	char message[1024];

	for (uint64_t id = 1; id <= 257; id++) {
		size_t size = good_header(bytes, id, "hearth.echo.v1.Echo/Hold");

		raw_send(socket, size, bytes, size, 0);
	}
	ck_assert(raw_receive(socket, &header, message, sizeof message));
	ck_assert_uint_eq(header.call_id, 257);
	ck_assert_int_eq(header.code, HEARTH_RESOURCE_EXHAUSTED);
	ck_assert_ptr_nonnull(strstr(message, "256"));
	ck_assert_uint_eq(hearth_server_counts(here.server).throttled, 1);
	ck_assert_uint_eq(here.held_count, 256);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", "others go on", NULL, &status), 0);
	echo(&here, here.held[--here.held_count]);
	ck_assert(raw_receive(socket, &header, message, sizeof message));
	ck_assert_int_eq(header.code, HEARTH_OK);
	zmq_close(socket);
	close_here(&client);
}
END_TEST

/* ---- many ---- */

struct run {
	struct hearth_client *client;
	int to_send, ok, failed;
	struct hearth_status first_failure;
	const char *method;
};

static void answered(void *context, const struct hearth_reply *reply);

static int send_next(struct run *run, struct hearth_status *status)
{
	Hearth__V1__ExternalId request = HEARTH__V1__EXTERNAL_ID__INIT;
	static const struct hearth_call_options options = { .timeout_ms = 10000 };

	request.id = "an id of some length, so that it is no short text";
	run->to_send--;
	return hearth_client_send(run->client, run->method, &request.base, &options, answered, run, status);
}

static void answered(void *context, const struct hearth_reply *reply)
{
	struct run *run = context;
	struct hearth_status status = HEARTH_STATUS_INIT;

	if (reply->status.code == HEARTH_OK)
		run->ok++;
	else if (run->failed++ == 0)
		run->first_failure = reply->status;
	if (run->to_send > 0)
		ck_assert_msg(send_next(run, &status) == 0, "%s", status.message);
}

/* 32 calls of 8 MB are 256 MB. */
START_TEST(a_process_holds_at_most_256_mb_of_payloads)
{
	const size_t payload = (size_t)8 << 20;
	uint8_t bytes[HEARTH_HEADER_MOST], *frame = calloc(1, HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST + payload);
	struct hearth_reply_header header;
	char message[1024];
	bool came = false;
	most_message = payload;
	struct hearth_client *client = open_here(NULL);
	void *socket = raw_socket(), *second = raw_socket();

	for (uint64_t id = 1; id <= 33; id++) {
		size_t size = good_header(bytes, id, "hearth.echo.v1.Echo/Hold"), sent = id < 33 ? payload : 1;

		frame[0] = (uint8_t)(size >> 8), frame[1] = (uint8_t)size;
		memcpy(frame + HEARTH_FRAME_PREFIX, bytes, size);
		ck_assert_int_ge(zmq_send(socket, frame, HEARTH_FRAME_PREFIX + size + sent, 0), 0);
	}
	for (int patience = 0; !came && patience < 15; patience++)
		came = raw_receive(socket, &header, message, sizeof message);
	ck_assert(came);
	ck_assert_uint_eq(header.call_id, 33);
	ck_assert_int_eq(header.code, HEARTH_RESOURCE_EXHAUSTED);
	ck_assert_msg(strstr(message, "256 MB") != NULL, "%s", message);
	ck_assert_uint_eq(here.held_count, 32);
	/* Of another connection too, until one has been answered. */
	size_t size = good_header(bytes, 34, "hearth.echo.v1.Echo/Hold");
	frame[0] = (uint8_t)(size >> 8), frame[1] = (uint8_t)size;
	memcpy(frame + HEARTH_FRAME_PREFIX, bytes, size);
	ck_assert_int_ge(zmq_send(second, frame, HEARTH_FRAME_PREFIX + size + 1, 0), 0);
	ck_assert(raw_receive(second, &header, message, sizeof message));
	ck_assert_int_eq(header.code, HEARTH_RESOURCE_EXHAUSTED);
	hearth_server_drop(here.server, &here.held[--here.held_count]);
	ck_assert_int_ge(zmq_send(second, frame, HEARTH_FRAME_PREFIX + size + 1, 0), 0);
	for (int turns = 0; here.held_count < 32 && turns < 2000; turns++)
		hearth_loop_turn(here.loop, 1000);
	ck_assert_uint_eq(here.held_count, 32);
	free(frame);
	zmq_close(socket);
	zmq_close(second);
	close_here(&client);
}
END_TEST

START_TEST(the_257th_call_of_a_client_to_one_instance_fails_at_once)
{
	struct run run = { .client = open_here(NULL), .to_send = 257, .method = "hearth.echo.v1.Echo/Hold" };
	struct hearth_status status = HEARTH_STATUS_INIT;

	ck_assert_int_eq(call(run.client, "hearth.echo.v1.Echo/GetIt", "connected", NULL, &status), 0);
	for (int i = 0; i < 256; i++)
		ck_assert_int_eq(send_next(&run, &status), 0);
	ck_assert_int_eq(send_next(&run, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_RESOURCE_EXHAUSTED);
	while (here.held_count < 256)
		hearth_loop_turn(here.loop, 100000);
	close_here(&run.client);
	ck_assert_int_eq(run.failed, 256);          /* each callback once: CANCELLED */
	ck_assert_int_eq(run.first_failure.code, HEARTH_CANCELLED);
}
END_TEST

static void serve_until_killed(int ready, bool drain)
{
	static struct place place;
	struct hearth_status status = HEARTH_STATUS_INIT;

	place.loop = hearth_loop_new();
	if (!serve(&place, address, &status) || write(ready, "x", 1) != 1)
		_exit(1);
	while (!drain || place.seen < 500)
		hearth_loop_turn(place.loop, -1);
	hearth_server_drain(place.server);
	for (int i = 0; i < 50; i++)
		hearth_loop_turn(place.loop, 20000);
	hearth_server_free(&place.server);
	hearth_zmq_end();
	_exit(0);
}

static pid_t fork_server(bool drain)
{
	int ends[2];
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		serve_until_killed(ends[1], drain);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return child;
}

static void run_calls(struct run *run, int count, int in_flight)
{
	struct hearth_status status = HEARTH_STATUS_INIT;

	run->client = hearth_client_new(NULL, NULL);
	run->to_send = count;
	run->method = "hearth.echo.v1.Echo/Put";
	ck_assert_int_eq(hearth_client_locate(run->client, "echo", address, &status), 0);
	for (int i = 0; i < in_flight; i++)
		ck_assert_int_eq(send_next(run, &status), 0);
}

START_TEST(no_call_is_lost_when_one_of_two_servers_is_killed)
{
	struct run run = { .ok = 0 };
	pid_t first, second;
	const char *endpoints[4];

	make_directory();
	first = fork_server(false);
	second = fork_server(false);
	run_calls(&run, 20000, 64);
	while (run.ok < 2000)
		hearth_client_run(run.client, 10);
	ck_assert_uint_eq(hearth_client_instances(run.client, "echo", endpoints, 4), 2);
	ck_assert_int_gt(run.to_send, 0);
	kill(first, SIGKILL);
	waitpid(first, NULL, 0);
	ck_assert_uint_eq(hearth_client_run(run.client, 20000), 0);
	ck_assert_msg(run.failed == 0, "%d failed, first: %s", run.failed, run.first_failure.message);
	ck_assert_int_eq(run.ok, 20000);
	ck_assert_uint_eq(hearth_client_instances(run.client, "echo", endpoints, 4), 1);
	ck_assert_uint_eq(count_files(".sock"), 1);      /* the dead one's were removed */
	ck_assert_uint_eq(count_files(".lock"), 1);
	hearth_client_free(&run.client);
	kill(second, SIGKILL);
	waitpid(second, NULL, 0);
}
END_TEST

START_TEST(a_draining_server_loses_no_call)
{
	struct run run = { .ok = 0 };
	pid_t draining, staying;
	int result;

	make_directory();
	draining = fork_server(true);
	staying = fork_server(false);
	run_calls(&run, 5000, 64);
	ck_assert_uint_eq(hearth_client_run(run.client, 20000), 0);
	ck_assert_msg(run.failed == 0, "%d failed, first: %s", run.failed, run.first_failure.message);
	ck_assert_int_eq(run.ok, 5000);
	waitpid(draining, &result, 0);
	ck_assert(WIFEXITED(result) && WEXITSTATUS(result) == 0);
	ck_assert_uint_eq(count_files(".sock"), 1);
	hearth_client_free(&run.client);
	kill(staying, SIGKILL);
	waitpid(staying, NULL, 0);
}
END_TEST

START_TEST(a_draining_server_answers_what_it_has)
{
	static const char *const listens[] = { NULL, "tcp://127.0.0.1:*" };
	const struct hearth_call_options once = { .timeout_ms = 3000, .once = true };

	for (size_t i = 0; i < 2; i++) {
		struct hearth_client *client = open_here(listens[i]);
		Hearth__V1__ExternalId request = HEARTH__V1__EXTERNAL_ID__INIT;
		struct hearth_status status = HEARTH_STATUS_INIT;
		int code = -1;

		request.id = "abc";
		ck_assert_int_eq(hearth_client_send(client, "hearth.echo.v1.Echo/Hold", &request.base, &once, keep_code, &code,
		                                    &status), 0);
		for (int turn = 0; turn < 400 && here.held_count == 0; turn++)
			hearth_loop_turn(here.loop, 5000);
		ck_assert_uint_eq(here.held_count, 1);
		hearth_server_drain(here.server);
		ck_assert_uint_eq(count_files(".sock") + count_files(".lock"), 0);
		for (int turn = 0; turn < 20; turn++)
			hearth_loop_turn(here.loop, 5000);
		echo(&here, here.held[--here.held_count]);
		for (int turn = 0; turn < 400 && code < 0; turn++)
			hearth_loop_turn(here.loop, 5000);
		ck_assert_int_eq(code, HEARTH_OK);
		ck_assert_uint_eq(hearth_server_counts(here.server).dropped_replies, 0);
		close_here(&client);
	}
}
END_TEST

START_TEST(calls_wait_for_a_server_that_starts_later)
{
	struct run run = { .ok = 0 };
	pid_t child;

	make_directory();
	run_calls(&run, 600, 600);
	ck_assert_uint_eq(hearth_client_run(run.client, 50), 600);
	child = fork_server(false);
	ck_assert_uint_eq(hearth_client_run(run.client, 10000), 0);
	ck_assert_int_eq(run.ok, 600);
	hearth_client_free(&run.client);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}
END_TEST

START_TEST(a_targeted_call_goes_to_its_instance_or_nowhere)
{
	struct hearth_client *client = open_here(NULL);
	struct hearth_call_options options = { .instance = hearth_server_endpoint(here.server) };
	struct hearth_status status;

	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", "a", &options, &status), 0);
	options.instance = "ipc:///nowhere/echo.sock";
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", "a", &options, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	close_here(&client);
}
END_TEST

static void count_hint(void *context)
{
	++*(int *)context;
}

START_TEST(a_hint_reaches_whoever_listens)
{
	static const char *const listens[] = { NULL, "tcp://127.0.0.1:*" };

	for (size_t i = 0; i < 2; i++) {
		struct hearth_client *client = open_here(listens[i]);
		int hinted = 0;
		struct hearth_hints *hints = hearth_hints_new(here.loop, count_hint, &hinted);

		hearth_hints_connect(hints, hearth_server_hint_endpoint(here.server), NULL, NULL);
		hearth_hints_connect(hints, hearth_server_hint_endpoint(here.server), NULL, NULL);
		for (int turns = 0; turns < 200 && hinted == 0; turns++) {
			hearth_server_hint(here.server);
			hearth_server_hint(here.server);
			hearth_loop_turn(here.loop, 10000);
		}
		ck_assert_int_gt(hinted, 0);
		hearth_hints_free(&hints);
		close_here(&client);
	}
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused_by_name)
{
	struct place place = { .loop = hearth_loop_new() };
	struct hearth_status status = HEARTH_STATUS_INIT;

	ck_assert_ptr_null(serve(&place, "ipc:///a/rather/long/directory/whose/name/goes/on/and/on/until/nothing/fits", &status));
	ck_assert_ptr_nonnull(strstr(status.message, "/a/rather/long"));
	ck_assert_ptr_nonnull(strstr(status.message, "107"));
	hearth_loop_free(&place.loop);
}
END_TEST

START_TEST(malformed_addresses_are_refused)
{
	static const char *const bad[] = { "", "http://x", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:65536",
	                                   "tcp://host:12x", "tcp://ho st:1", "tcp://host:*", "ipc://", "ipc://a,b" };
	struct hearth_client *client = hearth_client_new(NULL, NULL);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;

		ck_assert_msg(hearth_client_locate(client, "echo", bad[i], &status) == -1, "%s", bad[i]);
		ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	}
	hearth_client_free(&client);
	hearth_zmq_end();
}
END_TEST

START_TEST(only_the_dead_have_their_files_removed)
{
	struct hearth_client *client = open_here(NULL);
	struct hearth_status status = HEARTH_STATUS_INIT;
	char dead[160];
	FILE *file;

	for (int i = 0; i < 3; i++) {
		static const char *const endings[] = { "sock", "lock", "hint" };

		snprintf(dead, sizeof dead, "%s/echo-01234567-89ab-7def-8123-456789abcdef.%s", directory, endings[i]);
		file = fopen(dead, "w");
		ck_assert_ptr_nonnull(file);
		fclose(file);
	}
	ck_assert_int_eq(hearth_client_locate(client, "echo", address, &status), 0);
	ck_assert_uint_eq(count_files(".sock") + count_files(".lock") + count_files(".hint"), 3);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", "abc", NULL, &status), 0);
	close_here(&client);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 60 };

	return CHECK_MAIN_WITH(&options, "rpc", a_call_over_ipc_is_answered, a_call_over_tcp_is_answered,
	                       a_read_past_its_deadline_ends_deadline_exceeded_and_a_write_unknown,
	                       without_an_instance_a_call_waits_until_its_deadline,
	                       a_refused_call_is_tried_again_with_the_same_request_id,
	                       a_message_over_the_limit_is_refused_by_name,
	                       a_message_far_over_the_limit_ends_and_takes_nobody_down,
	                       malformed_frames_are_answered_or_counted_and_the_process_lives,
	                       what_is_no_reply_is_passed_over, the_257th_outstanding_call_of_a_connection_is_refused,
	                       a_process_holds_at_most_256_mb_of_payloads,
	                       the_257th_call_of_a_client_to_one_instance_fails_at_once,
	                       no_call_is_lost_when_one_of_two_servers_is_killed, a_draining_server_loses_no_call,
	                       a_draining_server_answers_what_it_has,
	                       calls_wait_for_a_server_that_starts_later, a_targeted_call_goes_to_its_instance_or_nowhere,
	                       a_hint_reaches_whoever_listens, a_path_that_is_too_long_is_refused_by_name,
	                       malformed_addresses_are_refused, only_the_dead_have_their_files_removed);
}
