/* test_trust.c: keys on real sockets: who comes in, who does not, and as whom. */
#include "../support/check_main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <hearth/client.h>
#include <hearth/clock.h>
#include <hearth/service.h>
#include <hearth/v1/common.pb-c.h>

#include "../../services/runtime/server.h"
#include "../../services/runtime/trust.h"

#define STRANGERS 300

/* A server that answers with the name of the caller's key; Hold keeps the call. */
struct place {
	struct hearth_loop *loop;
	struct hearth_server *server;
	struct hearth_trust *trust;
	struct hearth_incoming *held[8];
	size_t held_count;
	char last[64];
};

static char directory[64], keys[80], other_keys[80];
static struct place here;

static void answer(struct hearth_incoming *incoming)
{
	Hearth__V1__ExternalId reply = HEARTH__V1__EXTERNAL_ID__INIT;
	struct hearth_reply_header header = { .code = HEARTH_OK };

	reply.id = incoming->who ? (char *)incoming->who->name : "";
	hearth_server_reply(here.server, &incoming, &header, &reply.base);
}

static void receive(void *context, struct hearth_incoming *incoming)
{
	const struct hearth_slice *method = &incoming->header.method;

	(void)context;
	snprintf(here.last, sizeof here.last, "%s", incoming->who ? incoming->who->name : "");
	if (method->size >= 4 && memcmp(method->at + method->size - 4, "Hold", 4) == 0)
		here.held[here.held_count++] = incoming;
	else
		answer(incoming);
}

/* ---- keys ---- */

static void make_key(const char *place, const char *name, enum hearth_key_kind kind)
{
	struct hearth_identity identity = { .kind = kind, .made = "2026-01-01T00:00:00Z" };
	struct hearth_secret secret = { .name = "" };
	struct hearth_status status = HEARTH_STATUS_INIT;
	char path[160];

	snprintf(identity.name, sizeof identity.name, "%s", name);
	snprintf(secret.name, sizeof secret.name, "%s", name);
	ck_assert_int_eq(zmq_curve_keypair(secret.key, secret.secret), 0);
	memcpy(identity.key, secret.key, sizeof identity.key);
	if (kind == HEARTH_KEY_OF_SYSTEM)
		identity.roles = HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM);
	snprintf(path, sizeof path, "%s/%s.public", place, name);
	ck_assert_msg(hearth_identity_write(path, &identity, true, &status) == 0, "%s", status.message);
	snprintf(path, sizeof path, "%s/%s.secret", place, name);
	ck_assert_msg(hearth_secret_write(path, &secret, true, &status) == 0, "%s", status.message);
}

/* What `hearth keys rotate` does. */
static void rotate_key(const char *place, const char *name, enum hearth_key_kind kind)
{
	char public[160], old[160];

	snprintf(public, sizeof public, "%s/%s.public", place, name);
	snprintf(old, sizeof old, "%s/%s.old.public", place, name);
	ck_assert_int_eq(rename(public, old), 0);
	make_key(place, name, kind);
}

/* What is made durable, in place of libc's: d for a directory, f for a file. */
static char synced[16];
int fsync(int fd);
int fsync(int fd)
{
	struct stat about;
	size_t used = strlen(synced);

	if (used + 1 < sizeof synced && fstat(fd, &about) == 0)
		memcpy(synced + used, S_ISDIR(about.st_mode) ? "d" : "f", 2);
	return (int)syscall(SYS_fsync, fd);
}

START_TEST(a_key_that_is_written_outlives_a_loss_of_power_with_its_name)
{
	synced[0] = '\0';
	make_key(keys, "durable", HEARTH_KEY_OF_SERVICE);
	ck_assert_str_eq(synced, "fdfd");
}
END_TEST

static void copy_public(const char *name, const char *from, const char *to)
{
	struct hearth_identity identity;
	struct hearth_status status = HEARTH_STATUS_INIT;
	char path[160];

	snprintf(path, sizeof path, "%s/%s.public", from, name);
	ck_assert_int_eq(hearth_identity_read(path, &identity, &status), 0);
	snprintf(path, sizeof path, "%s/%s.public", to, name);
	ck_assert_int_eq(hearth_identity_write(path, &identity, true, &status), 0);
}

static void remove_public(const char *place, const char *name)
{
	char path[160];

	snprintf(path, sizeof path, "%s/%s.public", place, name);
	ck_assert_int_eq(unlink(path), 0);
}

static struct hearth_trust *trust_of(const char *place, const char *name)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	char path[160];

	snprintf(path, sizeof path, "%s/%s.secret", place, name);
	struct hearth_trust *trust = hearth_trust_new(place, path, &status);
	ck_assert_msg(trust != NULL, "%s", status.message);
	return trust;
}

/* Two directories that know each other's service: `anna` is in the server's, `eve` in her own alone. */
static void make_directories(void)
{
	const char *run = getenv("HEARTH_TEST_DIR");

	snprintf(directory, sizeof directory, "%s/tr-XXXXXX", run != NULL && strlen(run) < 40 ? run : P_tmpdir);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(keys, sizeof keys, "%s/keys", directory);
	snprintf(other_keys, sizeof other_keys, "%s/other", directory);
	ck_assert_int_eq(mkdir(keys, 0700) | mkdir(other_keys, 0700), 0);
	make_key(keys, "echo", HEARTH_KEY_OF_SERVICE);
	make_key(keys, "bench", HEARTH_KEY_OF_SERVICE);
	make_key(keys, "anna", HEARTH_KEY_OF_OPERATOR);
	make_key(other_keys, "eve", HEARTH_KEY_OF_OPERATOR);
	copy_public("echo", keys, other_keys);
}

static void open_server(const char *listen, struct hearth_trust *trust)
{
	struct hearth_uuid instance;
	struct hearth_status status = HEARTH_STATUS_INIT;

	hearth_uuid_new(&instance);
	here = (struct place){ .loop = hearth_loop_new(), .trust = trust };
	struct hearth_server_options options = { .service = "echo", .instance = &instance, .listen = listen, .trust = trust,
		                                     .most_message = 4096, .receive = receive };
	here.server = hearth_server_new(here.loop, &options, &status);
	ck_assert_msg(here.server != NULL, "%s", status.message);
}

static void open_curve(void)
{
	make_directories();
	open_server("tcp://127.0.0.1:*", trust_of(keys, "echo"));
}

static void close_server(void)
{
	while (here.held_count > 0)
		answer(here.held[--here.held_count]);
	hearth_server_free(&here.server);
	hearth_trust_free(&here.trust);
	hearth_loop_free(&here.loop);
	hearth_zmq_end();
}

static void turn_for(int ms)
{
	for (int64_t until = hearth_clock_mono() + ms * 1000; hearth_clock_mono() < until; )
		hearth_loop_turn(here.loop, 5000);
}

/* ---- calls ---- */

static struct hearth_client *client_with(struct hearth_trust *trust)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_client *client = hearth_client_new(here.loop, NULL);

	hearth_client_trust(client, trust);
	ck_assert_int_eq(hearth_client_locate(client, "echo", hearth_server_endpoint(here.server), &status), 0);
	return client;
}

static int call(struct hearth_client *client, const char *method, int timeout_ms, char ret_name[64],
                struct hearth_status *status)
{
	Hearth__V1__ExternalId request = HEARTH__V1__EXTERNAL_ID__INIT;
	struct hearth_call_options options = { .timeout_ms = timeout_ms };
	ProtobufCMessage *reply = NULL;

	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	if (hearth_client_call(client, method, &request.base, &hearth__v1__external_id__descriptor, &options, NULL, &reply, NULL,
	                       status) != 0)
		return -1;
	snprintf(ret_name, 64, "%s", ((Hearth__V1__ExternalId *)reply)->id);
	protobuf_c_message_free_unpacked(reply, NULL);
	return 0;
}

/* One call with a key: the name it was taken for, or "" and why not. */
static const char *ask_as(struct hearth_trust *trust, struct hearth_status *status)
{
	static char name[64];
	struct hearth_client *client = client_with(trust);

	name[0] = '\0';
	call(client, "hearth.echo.v1.Echo/GetIt", 700, name, status);
	hearth_client_free(&client);
	hearth_trust_free(&trust);
	return name;
}

START_TEST(a_known_key_comes_in_and_is_told)
{
	struct hearth_status status;
	open_curve();
	ck_assert_str_eq(ask_as(trust_of(keys, "anna"), &status), "anna");
	ck_assert_str_eq(ask_as(trust_of(keys, "bench"), &status), "bench");
	ck_assert_uint_eq(hearth_server_counts(here.server).keys_taken, 2);
	ck_assert_uint_eq(hearth_server_counts(here.server).keys_refused, 0);
	close_server();
}
END_TEST

START_TEST(an_unknown_key_is_refused_and_counted_until_it_is_published)
{
	struct hearth_status status;
	open_curve();
	ck_assert_str_eq(ask_as(trust_of(other_keys, "eve"), &status), "");
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_msg(strstr(status.message, "not known to the other side") != NULL, "%s", status.message);
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 0);
	ck_assert_uint_ge(hearth_server_counts(here.server).keys_refused, 1);
	copy_public("eve", other_keys, keys);
	ck_assert_str_eq(ask_as(trust_of(other_keys, "eve"), &status), "eve");
	close_server();
}
END_TEST

START_TEST(a_server_with_another_key_is_told_nothing)
{
	struct hearth_status status;
	open_curve();
	copy_public("anna", keys, other_keys);
	make_key(other_keys, "echo", HEARTH_KEY_OF_SERVICE);      /* not the one that the server has */
	copy_public("eve", other_keys, keys);
	ck_assert_str_eq(ask_as(trust_of(other_keys, "eve"), &status), "");
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 0);
	remove_public(other_keys, "echo");
	ck_assert_str_eq(ask_as(trust_of(other_keys, "eve"), &status), "");
	ck_assert_msg(strstr(status.message, "no key of this service is known") != NULL, "%s", status.message);
	close_server();
}
END_TEST

START_TEST(plain_and_curve_do_not_meet)
{
	struct hearth_status status;
	open_curve();
	ck_assert_str_eq(ask_as(NULL, &status), "");
	ck_assert_msg(strstr(status.message, "does it want a key") != NULL, "%s", status.message);
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 0);
	close_server();
	open_server("tcp://127.0.0.1:*", NULL);
	ck_assert_str_eq(ask_as(trust_of(keys, "anna"), &status), "");
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 0);
	close_server();
}
END_TEST

START_TEST(a_key_that_is_taken_back_is_no_good_on_a_living_connection)
{
	struct hearth_status status;
	char name[64] = "";
	open_curve();
	struct hearth_trust *trust = trust_of(keys, "anna");
	struct hearth_client *client = client_with(trust);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", 2000, name, &status), 0);
	remove_public(keys, "anna");
	turn_for(1300);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", 2000, name, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_UNAUTHENTICATED);
	ck_assert_str_eq(status.reason, "KEY_REMOVED");
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 2);
	hearth_client_free(&client);
	hearth_trust_free(&trust);
	close_server();
}
END_TEST

/* ---- a peer that takes another's ROUTER identity ---- */

static void *dealer_with(struct hearth_trust *trust, const char *method)
{
	void *dealer = zmq_socket(hearth_zmq_context(), ZMQ_DEALER);
	struct hearth_request_header header = { .call_id = 7, .method = { method, strlen(method) }, .deadline_us = UINT64_C(1) << 60 };
	uint8_t frame[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST];
	size_t size = hearth_request_frame_begin(&header, frame);

	hearth_zmq_set(dealer, ZMQ_LINGER, 0);
	zmq_setsockopt(dealer, ZMQ_ROUTING_ID, "same", 4);
	hearth_trust_dial(trust, dealer, hearth_trust_service_key(trust, "echo", 0));
	ck_assert_int_eq(zmq_connect(dealer, hearth_server_endpoint(here.server)), 0);
	ck_assert_int_eq(zmq_send(dealer, frame, size, 0), (int)size);
	return dealer;
}

START_TEST(nobody_inherits_the_key_of_a_connection_that_went)
{
	open_curve();
	struct hearth_trust *anna = trust_of(keys, "anna"), *bench = trust_of(keys, "bench");
	void *first = dealer_with(anna, "hearth.echo.v1.Echo/Hold");
	turn_for(300);
	ck_assert_str_eq(here.last, "anna");
	ck_assert_uint_eq(here.held_count, 1);
	zmq_close(first);
	turn_for(200);
	void *second = dealer_with(bench, "hearth.echo.v1.Echo/GetIt");
	turn_for(300);
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 2);
	ck_assert_str_eq(here.last, "bench");
	zmq_close(second);
	hearth_trust_free(&anna);
	hearth_trust_free(&bench);
	close_server();
}
END_TEST

/* ---- a new secret ---- */

START_TEST(a_caller_tries_the_newer_key_and_falls_back)
{
	struct hearth_status status;
	char name[64], before[HEARTH_CURVE_SIZE];
	bool newer = false;
	open_curve();
	struct hearth_trust *trust = trust_of(keys, "anna");
	struct hearth_client *client = client_with(trust);
	ck_assert_int_eq(call(client, "hearth.echo.v1.Echo/GetIt", 2000, name, &status), 0);
	snprintf(before, sizeof before, "%s", hearth_trust_service_key(trust, "echo", 0));
	rotate_key(keys, "echo", HEARTH_KEY_OF_SERVICE);
	/* The server has its old secret still: a new caller has to fall back. */
	struct hearth_trust *second_trust = trust_of(keys, "bench");
	struct hearth_client *second = client_with(second_trust);
	ck_assert_msg(call(second, "hearth.echo.v1.Echo/GetIt", 2000, name, &status) == 0, "%s", status.message);
	ck_assert_str_eq(hearth_client_instance_key(second, "echo", hearth_server_endpoint(here.server)), before);
	/* Then it takes the new one; both callers come back with it. */
	ck_assert_int_eq(hearth_trust_reload(here.trust, &newer, &status), 0);
	ck_assert(newer);
	hearth_server_rekey(here.server);
	ck_assert_msg(call(client, "hearth.echo.v1.Echo/GetIt", 3000, name, &status) == 0, "%s", status.message);
	ck_assert_msg(call(second, "hearth.echo.v1.Echo/GetIt", 3000, name, &status) == 0, "%s", status.message);
	ck_assert_str_ne(hearth_client_instance_key(client, "echo", hearth_server_endpoint(here.server)), before);
	ck_assert_str_ne(hearth_client_instance_key(second, "echo", hearth_server_endpoint(here.server)), before);
	hearth_client_free(&client);
	hearth_client_free(&second);
	hearth_trust_free(&trust);
	hearth_trust_free(&second_trust);
	close_server();
}
END_TEST

/* ---- hints ---- */

static void hinted(void *context)
{
	++*(int *)context;
}

START_TEST(hints_reach_those_with_a_key_alone)
{
	int known = 0, unknown = 0, plain = 0;
	open_curve();
	struct hearth_trust *trust = trust_of(keys, "bench"), *stranger = trust_of(other_keys, "eve");
	struct hearth_hints *hints[3] = { hearth_hints_new(here.loop, hinted, &known), hearth_hints_new(here.loop, hinted, &unknown),
		                              hearth_hints_new(here.loop, hinted, &plain) };
	const char *endpoint = hearth_server_hint_endpoint(here.server);
	hearth_hints_connect(hints[0], endpoint, trust, hearth_trust_service_key(trust, "echo", 0));
	hearth_hints_connect(hints[1], endpoint, stranger, hearth_trust_service_key(stranger, "echo", 0));
	hearth_hints_connect(hints[2], endpoint, NULL, NULL);
	for (int i = 0; i < 40 && known == 0; i++) {
		hearth_server_hint(here.server);
		turn_for(50);
	}
	turn_for(200);
	ck_assert_int_gt(known, 0);
	ck_assert_int_eq(unknown, 0);
	ck_assert_int_eq(plain, 0);
	for (size_t i = 0; i < 3; i++)
		hearth_hints_free(&hints[i]);
	hearth_trust_free(&trust);
	hearth_trust_free(&stranger);
	close_server();
}
END_TEST

/* ---- strangers ---- */

static int stranger(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };

	address.sin_port = htons((uint16_t)atoi(strrchr(hearth_server_endpoint(here.server), ':') + 1));
	ck_assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS);
	return fd;
}

static int count_closed(const int *fds)
{
	char bytes[256];
	int closed = 0;

	for (int i = 0; i < STRANGERS; i++) {
		ssize_t got;
		while ((got = recv(fds[i], bytes, sizeof bytes, 0)) > 0)
			continue;
		closed += got == 0 || errno != EAGAIN;
	}
	return closed;
}

START_TEST(connections_that_never_shake_hands_are_closed_and_hold_up_nobody)
{
	struct hearth_status status;
	int fds[STRANGERS];
	open_curve();
	for (int i = 0; i < STRANGERS; i++)
		fds[i] = stranger();
	for (int i = 0; i < 20; i++)
		ck_assert_str_eq(ask_as(trust_of(keys, "anna"), &status), "anna");
	ck_assert_int_lt(count_closed(fds), STRANGERS);
	for (int64_t until = hearth_clock_mono() + (HEARTH_HANDSHAKE_MS + 10000) * 1000;
	     hearth_clock_mono() < until && count_closed(fds) < STRANGERS; )
		turn_for(200);
	ck_assert_int_eq(count_closed(fds), STRANGERS);
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 20);
	for (int i = 0; i < STRANGERS; i++)
		close(fds[i]);
	close_server();
}
END_TEST

START_TEST(without_keys_only_loopback_is_listened_on)
{
	static const char *const refused[] = { "tcp://*:*", "tcp://0.0.0.0:*", "tcp://10.1.2.3:7400", "tcp://127.example.org:7400",
		                                   "tcp://localhost.example.org:7400" };
	static const char *const taken[] = { "tcp://127.0.0.1:*", "tcp://127.0.0.2:*" };
	struct hearth_uuid instance;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_loop *loop = hearth_loop_new();

	hearth_uuid_new(&instance);
	struct hearth_server_options options = { .service = "echo", .instance = &instance, .most_message = 4096, .receive = receive };
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		options.listen = refused[i];
		ck_assert_ptr_null(hearth_server_new(loop, &options, &status));
		ck_assert_msg(strcmp(status.reason, "PLAIN_TCP") == 0, "%s: %s", refused[i], status.message);
	}
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
		options.listen = taken[i];
		struct hearth_server *server = hearth_server_new(loop, &options, &status);
		ck_assert_msg(server != NULL, "%s: %s", taken[i], status.message);
		hearth_server_free(&server);
	}
	options.listen = "tcp://*:*";
	options.allow_plain_tcp = true;
	struct hearth_server *server = hearth_server_new(loop, &options, &status);
	ck_assert_ptr_nonnull(server);
	hearth_server_free(&server);
	hearth_loop_free(&loop);
	hearth_zmq_end();
}
END_TEST

/* ---- ipc ---- */

/* Whether a process of this user gets an answer over ipc. The child does the asking, the parent the answering. */
static bool is_answered(uid_t user, const char *endpoint)
{
	int state = 0;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		/* Nothing of the parent's context: a fresh one. */
		void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
		struct hearth_request_header header = { .call_id = 1, .method = { "Get/GetIt", 9 }, .deadline_us = UINT64_C(1) << 60 };
		uint8_t frame[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST];
		size_t size = hearth_request_frame_begin(&header, frame);
		int wait_ms = 800;
		if (user != geteuid() && setuid(user) != 0)
			_exit(2);
		zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
		zmq_connect(dealer, endpoint);
		zmq_send(dealer, frame, size, 0);
		_exit(zmq_recv(dealer, frame, sizeof frame, 0) > 0 ? 0 : 1);
	}
	while (waitpid(child, &state, WNOHANG) == 0)
		hearth_loop_turn(here.loop, 5000);
	ck_assert_int_ne(WEXITSTATUS(state), 2);
	return WEXITSTATUS(state) == 0;
}

static void listen_to_all(const char *users)
{
	struct hearth_uuid instance;
	struct hearth_status status = HEARTH_STATUS_INIT;
	char listen[100];

	hearth_uuid_new(&instance);
	here = (struct place){ .loop = hearth_loop_new() };
	snprintf(listen, sizeof listen, "ipc://%s/s", directory);
	struct hearth_server_options options = { .service = "echo", .instance = &instance, .listen = listen, .ipc_users = users,
		                                     .most_message = 4096, .receive = receive };
	here.server = hearth_server_new(here.loop, &options, &status);
	ck_assert_msg(here.server != NULL, "%s", status.message);
	/* What somebody might do to a directory: then only the question who connects is left. */
	ck_assert_int_eq(chmod(directory, 0755) | chmod(listen + 6, 0755), 0);
	ck_assert_int_eq(chmod(hearth_server_endpoint(here.server) + 6, 0777), 0);
}

START_TEST(over_ipc_only_the_suites_users_are_answered)
{
	if (geteuid() != 0) {
		fprintf(stderr, "not root: another user cannot be tried\n");
		return;
	}
	make_directories();
	listen_to_all("");
	ck_assert(is_answered(0, hearth_server_endpoint(here.server)));
	ck_assert(!is_answered(65534, hearth_server_endpoint(here.server)));
	ck_assert_uint_eq(hearth_server_counts(here.server).received, 1);
	close_server();
	listen_to_all("4711,65534");
	ck_assert(is_answered(65534, hearth_server_endpoint(here.server)));
	ck_assert(!is_answered(65533, hearth_server_endpoint(here.server)));
	close_server();
}
END_TEST

START_TEST(a_socket_directory_of_another_user_is_not_used)
{
	struct hearth_uuid instance;
	struct hearth_status status = HEARTH_STATUS_INIT;
	char listen[100];

	if (geteuid() != 0) {
		fprintf(stderr, "not root: another user's directory cannot be made\n");
		return;
	}
	make_directories();
	hearth_uuid_new(&instance);
	snprintf(listen, sizeof listen, "ipc://%s/theirs", directory);
	ck_assert_int_eq(mkdir(listen + 6, 0700), 0);
	ck_assert_int_eq(chown(listen + 6, 65534, 65534), 0);
	struct hearth_loop *loop = hearth_loop_new();
	struct hearth_server_options options = { .service = "echo", .instance = &instance, .listen = listen, .most_message = 4096,
		                                     .receive = receive };
	ck_assert_ptr_null(hearth_server_new(loop, &options, &status));
	ck_assert_msg(strstr(status.message, "belongs to another user") != NULL, "%s", status.message);
	hearth_loop_free(&loop);
	hearth_zmq_end();
}
END_TEST

/* ---- files ---- */

static void expect_no_trust(const char *what, const char *secret)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert_ptr_null(hearth_trust_new(keys, secret, &status));
	ck_assert_msg(strstr(status.message, what) != NULL, "%s", status.message);
}

START_TEST(a_secret_that_others_may_read_or_that_is_not_published_is_not_used)
{
	char secret[160];
	make_directories();
	snprintf(secret, sizeof secret, "%s/anna.secret", keys);
	ck_assert_int_eq(chmod(secret, 0640), 0);
	expect_no_trust("others may read it", secret);
	ck_assert_int_eq(chmod(secret, 0600), 0);
	ck_assert_int_eq(chmod(keys, 0777), 0);
	expect_no_trust("others may write it", secret);
	ck_assert_int_eq(chmod(keys, 0700), 0);
	remove_public(keys, "anna");
	expect_no_trust("is not the one whose public half", secret);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(secret, 65534, 65534), 0);
		expect_no_trust("belongs to another user", secret);
	}
	ck_assert_int_eq(unlink(secret), 0);
	expect_no_trust("No such file", secret);
}
END_TEST

static void count_identity(void *context, const struct hearth_identity *identity)
{
	(void)identity;
	++*(int *)context;
}

static void expect_refused(const char *file, const char *text)
{
	char path[160];
	int count = 0, before = 0;
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert_int_eq(hearth_identities_scan(keys, count_identity, NULL, &before, &status), 0);
	snprintf(path, sizeof path, "%s/%s", keys, file);
	FILE *out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
	ck_assert_int_eq(hearth_identities_scan(keys, count_identity, NULL, &count, &status), 0);
	ck_assert_msg(count == before, "%s was taken", text);
	unlink(path);
}

#define KEY "key = e2P3#nVR+F}gy=23zq3GvZf%]oCp6LV>KPNG4L6j\n"

START_TEST(a_public_key_that_says_not_who_it_is_is_passed_over)
{
	make_directories();
	expect_refused("a.public", "");
	expect_refused("a.public", "name = a\n" KEY);
	expect_refused("a.public", "name = a\nkind = king\n" KEY);
	expect_refused("a.public", "name = b\nkind = operator\n" KEY);
	expect_refused("a.public", "name = a\nkind = operator\nkey = short\n");
	expect_refused("a.public", "name = a\nkind = system\n" KEY);
	expect_refused("a.public", "name = a\nkind = system\nroles = KING\n" KEY);
	expect_refused("a.public", "name = a\nkind = system\nroles = SYSTEM\nauthority = 3011\n" KEY);
	expect_refused("a.public", "name = a\nkind = service\nroles = OPERATOR\n" KEY);
	expect_refused("A.public", "name = A\nkind = operator\n" KEY);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 60 };

	return CHECK_MAIN_WITH(&options, "trust", a_known_key_comes_in_and_is_told,
	                  an_unknown_key_is_refused_and_counted_until_it_is_published,
	                  a_server_with_another_key_is_told_nothing, plain_and_curve_do_not_meet,
	                  a_key_that_is_taken_back_is_no_good_on_a_living_connection,
	                  nobody_inherits_the_key_of_a_connection_that_went, a_caller_tries_the_newer_key_and_falls_back,
	                  hints_reach_those_with_a_key_alone,
	                  connections_that_never_shake_hands_are_closed_and_hold_up_nobody,
	                  without_keys_only_loopback_is_listened_on, over_ipc_only_the_suites_users_are_answered,
	                  a_socket_directory_of_another_user_is_not_used,
	                  a_secret_that_others_may_read_or_that_is_not_published_is_not_used,
	                  a_public_key_that_says_not_who_it_is_is_passed_over,
	                  a_key_that_is_written_outlives_a_loss_of_power_with_its_name);
}
