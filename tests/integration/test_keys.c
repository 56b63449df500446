/* test_keys.c: a suite over tcp with keys: who may do what with which key, services that hear each other, and a key that
 * is changed while calls are made. */
#include "../support/check_main.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq-fe.h>

#include <hearth/clock.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/service.h>
#include <hearth/trust.h>
#include <hearth/v1/common.pb-c.h>

#include "../support/metrics_text.h"
#include "../support/spawn.h"
#include "../support/suite.h"
#include "run_hearth.h"

#define FLIGHTS 24
#define OFFICER HEARTH_ROLE(HEARTH__V1__ROLE__PLACEMENT_OFFICER)
#define SYSTEM HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM)
#define OPERATOR HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR)

static struct suite *suite;
static char directory[46], keys[80], address[64], listen_flag[160], services_flag[160];

/* ---- the suite ---- */

static unsigned free_port(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof any;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&any, &size), 0);
	close(fd);
	return ntohs(any.sin_port);
}

#define HEARTH(...) run_hearth("--keys", keys, "--services", services_flag, __VA_ARGS__, NULL)

static void expect_code(struct outcome outcome, int code, const char *said)
{
	ck_assert_msg(outcome.code == code, "%d: %.800s%.800s", outcome.code, outcome.out, outcome.err);
	ck_assert_msg(strstr(outcome.err, said) || strstr(outcome.out, said), "not \"%s\" in: %.800s%.800s", said, outcome.out,
	              outcome.err);
	outcome_done(&outcome);
}

static void set_up(void)
{
	static const char *const services[] = { "placements", NULL };
	static const char *flags[] = { "--listen", listen_flag, "--keys", keys, NULL };
	const char *run = getenv("HEARTH_TEST_DIR");
	snprintf(directory, sizeof directory, "%s/k-XXXXXX", run != NULL && strlen(run) < 36 ? run : P_tmpdir);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(keys, sizeof keys, "%s/keys", directory);
	ck_assert_int_eq(mkdir(keys, 0700), 0);
	snprintf(address, sizeof address, "tcp://127.0.0.1:%u", free_port());
	snprintf(listen_flag, sizeof listen_flag, "ipc://%s,%s", directory, address);
	snprintf(services_flag, sizeof services_flag, "placements=%s", address);
	expect_code(HEARTH("keys", "make", "placements", "--kind", "service"), 0, "placements.public");
	expect_code(HEARTH("keys", "make", "careleavers", "--kind", "service"), 0, "careleavers.public");
	expect_code(HEARTH("keys", "make", "gate", "--kind", "gateway"), 0, "gate.secret");
	expect_code(HEARTH("keys", "make", "olga", "--kind", "operator"), 0, "olga.secret");
	expect_code(HEARTH("keys", "make", "mosaic", "--kind", "system", "--authority", "301", "--roles", "SYSTEM"), 0, "mosaic");
	suite = suite_start(&(struct suite_options){ .services = services, .directory = directory, .flags = flags });
	ck_assert_ptr_nonnull(suite);
}

static void tear_down(void)
{
	char *const remove[] = { "rm", "-rf", directory, NULL };
	ck_assert_int_eq(suite_stop(&suite), 0);
	if (fork() == 0)
		execvp("rm", remove);
}

static struct hearth_trust *trust_of(const char *name)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	char path[160];
	snprintf(path, sizeof path, "%s/%s.secret", keys, name);
	struct hearth_trust *trust = hearth_trust_new(keys, path, &status);
	ck_assert_msg(trust != NULL, "%s", status.message);
	return trust;
}

static struct hearth_client *client_with(struct hearth_trust *trust, const struct hearth_actor *actor)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_client *client = hearth_client_new(NULL, actor);
	hearth_client_trust(client, trust);
	ck_assert_int_eq(hearth_client_locate(client, "placements", address, &status), 0);
	return client;
}

/* ---- for whom ---- */

enum what { GET_CHILD, CREATE_CHILD, PULL, SNAPSHOT, WATCH, GET_INSTANCE };

static const char *consumer = "";      /* of PULL */

static int ask(struct hearth_client *client, enum what what, struct hearth_status *status)
{
	Hearth__Placements__V1__GetChildRequest get = HEARTH__PLACEMENTS__V1__GET_CHILD_REQUEST__INIT;
	Hearth__Placements__V1__CreateChildRequest create = HEARTH__PLACEMENTS__V1__CREATE_CHILD_REQUEST__INIT;
	Hearth__Events__V1__PullRequest pull = HEARTH__EVENTS__V1__PULL_REQUEST__INIT;
	Hearth__Events__V1__SnapshotRequest snapshot = HEARTH__EVENTS__V1__SNAPSHOT_REQUEST__INIT;
	Hearth__Events__V1__WatchRequest watch = HEARTH__EVENTS__V1__WATCH_REQUEST__INIT;
	Hearth__Control__V1__GetInstanceRequest instance = HEARTH__CONTROL__V1__GET_INSTANCE_REQUEST__INIT;
	Hearth__V1__PersonalDate born = HEARTH__V1__PERSONAL_DATE__INIT;
	const struct {
		const char *method;
		const ProtobufCMessage *request;
		const ProtobufCMessageDescriptor *reply;
	} calls[] = {
		[GET_CHILD] = { "hearth.placements.v1.Placements/GetChild", &get.base,
		                &hearth__placements__v1__get_child_response__descriptor },
		[CREATE_CHILD] = { "hearth.placements.v1.Placements/CreateChild", &create.base,
		                   &hearth__placements__v1__create_child_response__descriptor },
		[PULL] = { "placements:hearth.events.v1.Events/Pull", &pull.base, &hearth__events__v1__pull_response__descriptor },
		[SNAPSHOT] = { "placements:hearth.events.v1.Events/Snapshot", &snapshot.base,
		               &hearth__events__v1__snapshot_response__descriptor },
		[WATCH] = { "placements:hearth.events.v1.Events/Watch", &watch.base, &hearth__events__v1__watch_response__descriptor },
		[GET_INSTANCE] = { "placements:hearth.control.v1.Control/GetInstance", &instance.base,
		                   &hearth__control__v1__get_instance_response__descriptor },
	};
	const struct hearth_call_options options = { .timeout_ms = 4000 };
	ProtobufCMessage *reply = NULL;
	struct hearth_uuid uuid;
	char id[HEARTH_UUID_SIZE];
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, id);
	pull.consumer = (char *)consumer;
	get.child_id = create.child_id = id;
	create.sex = "F";
	born.value = "2012-05-17";
	create.date_of_birth = &born;
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	int outcome = hearth_client_call(client, calls[what].method, calls[what].request, calls[what].reply, &options, NULL,
	                                 &reply, NULL, status);
	if (reply)
		protobuf_c_message_free_unpacked(reply, NULL);
	return outcome;
}

START_TEST(a_key_calls_for_those_whom_it_may)
{
	static const struct row {
		const char *key;
		struct hearth_actor actor;      /* id NULL: none named */
		enum what what;
		enum hearth_code code;
		const char *reason;
	} rows[] = {
		/* A gateway and an operator are believed. */
		{ "gate", { "u-17", "301", OFFICER }, CREATE_CHILD, HEARTH_OK, "" },
		{ "gate", { "u-17", "302", OFFICER }, GET_CHILD, HEARTH_NOT_FOUND, NULL },
		{ "gate", { "u-18", "", OPERATOR }, GET_INSTANCE, HEARTH_OK, "" },
		{ "gate", { "placements", "", SYSTEM }, PULL, HEARTH_PERMISSION_DENIED, "KEY_KIND" },
		{ "gate", { NULL, NULL, 0 }, GET_CHILD, HEARTH_UNAUTHENTICATED, "NO_ACTOR" },
		{ "olga", { "u-19", "301", OFFICER }, CREATE_CHILD, HEARTH_OK, "" },
		{ "olga", { "olga", "", SYSTEM | OPERATOR }, PULL, HEARTH_OK, "" },
		{ "olga", { "olga", "", OPERATOR }, PULL, HEARTH_PERMISSION_DENIED, "ROLE" },
		/* A service is itself. */
		{ "careleavers", { "careleavers", "", SYSTEM }, PULL, HEARTH_OK, "" },
		{ "careleavers", { NULL, NULL, 0 }, GET_INSTANCE, HEARTH_OK, "" },
		{ "careleavers", { "u-17", "301", OFFICER }, GET_CHILD, HEARTH_PERMISSION_DENIED, "KEY_ACTOR" },
		{ "careleavers", { "careleavers", "301", SYSTEM }, GET_CHILD, HEARTH_PERMISSION_DENIED, "KEY_AUTHORITY" },
		{ "careleavers", { "careleavers", "", OPERATOR }, GET_INSTANCE, HEARTH_PERMISSION_DENIED, "KEY_ROLE" },
		{ "careleavers", { "careleavers", "", SYSTEM }, CREATE_CHILD, HEARTH_PERMISSION_DENIED, "KEY_KIND" },
		{ "careleavers", { "placements", "", SYSTEM }, PULL, HEARTH_PERMISSION_DENIED, "KEY_ACTOR" },
		/* A system is itself, with its own authority and roles. */
		{ "mosaic", { NULL, NULL, 0 }, CREATE_CHILD, HEARTH_OK, "" },
		{ "mosaic", { "mosaic", "301", SYSTEM }, GET_CHILD, HEARTH_NOT_FOUND, NULL },
		{ "mosaic", { "mosaic", "301", SYSTEM }, WATCH, HEARTH_OK, "" },
		{ "mosaic", { "mosaic", "302", SYSTEM }, GET_CHILD, HEARTH_PERMISSION_DENIED, "KEY_AUTHORITY" },
		{ "mosaic", { "mosaic", "301", SYSTEM | OFFICER }, GET_CHILD, HEARTH_PERMISSION_DENIED, "KEY_ROLE" },
		{ "mosaic", { "u-17", "301", SYSTEM }, GET_CHILD, HEARTH_PERMISSION_DENIED, "KEY_ACTOR" },
		{ "mosaic", { "mosaic", "301", SYSTEM }, PULL, HEARTH_PERMISSION_DENIED, "KEY_KIND" },
		{ "mosaic", { "mosaic", "301", SYSTEM }, SNAPSHOT, HEARTH_PERMISSION_DENIED, "KEY_KIND" },
		{ "gate", { "mosaic", "", SYSTEM }, SNAPSHOT, HEARTH_PERMISSION_DENIED, "KEY_KIND" },
		{ "careleavers", { "careleavers", "", SYSTEM }, SNAPSHOT, HEARTH_OK, "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct hearth_status status;
		struct hearth_trust *trust = trust_of(rows[i].key);
		struct hearth_client *client = client_with(trust, rows[i].actor.id ? &rows[i].actor : NULL);
		ask(client, rows[i].what, &status);
		ck_assert_msg(status.code == rows[i].code && (!rows[i].reason || strcmp(status.reason, rows[i].reason) == 0),
		              "row %zu (%s): %s %s: %s", i, rows[i].key, hearth_code_name(status.code), status.reason, status.message);
		hearth_client_free(&client);
		hearth_trust_free(&trust);
	}
}
END_TEST

static enum hearth_code pull_as(const char *key, const char *name, const char *reason)
{
	struct hearth_actor actor = { key, "", SYSTEM };
	struct hearth_trust *trust = trust_of(key);
	struct hearth_client *client = client_with(trust, &actor);
	struct hearth_status status;
	consumer = name;
	ask(client, PULL, &status);
	consumer = "";
	ck_assert_str_eq(status.reason, reason);
	hearth_client_free(&client);
	hearth_trust_free(&trust);
	return status.code;
}

/* The value that stands there within ten seconds. */
static bool database_says(const char *sql)
{
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	bool said = false;
	for (int tries = 0; tries < 100 && !said; tries++) {
		PGresult *result = PQexec(db, sql);
		said = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "t") == 0;
		PQclear(result);
		usleep(said ? 0 : 100000);
	}
	PQfinish(db);
	return said;
}

/* An operator is believed whom it names, also when nobody is called that; but no such name keeps a service out. */
START_TEST(a_services_key_pulls_for_itself_alone_and_has_a_place_among_any_number_of_names)
{
	char name[32];
	ck_assert_int_eq(pull_as("careleavers", "finance", "KEY_CONSUMER"), HEARTH_PERMISSION_DENIED);
	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof name, "invented-%d", i);
		ck_assert_int_eq(pull_as("olga", name, ""), HEARTH_OK);
	}
	ck_assert(database_says("SELECT count(1) = 64 FROM placements.consumer_seen WHERE NOT proven"));
	ck_assert_int_eq(pull_as("careleavers", "careleavers", ""), HEARTH_OK);
	ck_assert(database_says("SELECT proven FROM placements.consumer_seen WHERE consumer = 'careleavers'"));
	ck_assert(database_says("SELECT count(1) = 64 FROM placements.consumer_seen"));
}
END_TEST

START_TEST(a_process_without_keys_is_told_nothing_over_tcp)
{
	const struct hearth_actor actor = { "u-17", "301", OFFICER };
	struct hearth_client *client = client_with(NULL, &actor);
	struct hearth_status status;
	ck_assert_int_eq(ask(client, GET_CHILD, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	hearth_client_free(&client);
}
END_TEST

/* ---- the command line ---- */

START_TEST(the_command_line_calls_with_its_key)
{
	char secret[160], loose[160];
	snprintf(secret, sizeof secret, "%s/olga.secret", keys);
	expect_code(HEARTH("--key", secret, "--roles", "OPERATOR", "call", "placements:hearth.control.v1.Control/GetInstance"), 0,
	            "\"placements\"");
	expect_code(HEARTH("--timeout", "1", "--roles", "OPERATOR", "call", "placements:hearth.control.v1.Control/GetInstance"), 4,
	            "does it want a key?");
	expect_code(HEARTH("keys", "make", "olga", "--kind", "operator"), 1, "never overwritten");
	expect_code(HEARTH("keys", "make", "Olga", "--kind", "operator"), 2, "begins with a letter");
	expect_code(HEARTH("keys", "make", "x", "--kind", "king"), 2, "--kind is");
	expect_code(HEARTH("keys", "make", "x", "--kind", "system"), 2, "which roles");
	expect_code(HEARTH("keys", "make", "x", "--kind", "service", "--authority", "301"), 2, "for the key of a system");
	expect_code(HEARTH("keys", "list"), 0, "mosaic       system    current");
	snprintf(loose, sizeof loose, "%s/loose", directory);
	ck_assert_int_eq(mkdir(loose, 0700) | chmod(loose, 0777), 0);
	expect_code(run_hearth("--keys", loose, "keys", "list", NULL), 1, "others may write it");
	expect_code(run_hearth("--keys", loose, "keys", "make", "x", "--kind", "service", NULL), 1, "others may write it");
	ck_assert_int_eq(rmdir(loose), 0);
}
END_TEST

/* ---- a key that is changed ---- */

struct load {
	struct hearth_client *client;
	long sent, answered, failed, flying;
	int64_t last_us, gap_us;
	char complaint[400];
};

static void answered(void *context, const struct hearth_reply *reply)
{
	struct load *load = context;
	int64_t now_us = hearth_clock_mono();
	load->flying--;
	load->answered++;
	if (reply->status.code != HEARTH_OK && load->failed++ == 0)
		snprintf(load->complaint, sizeof load->complaint, "%s %.300s", reply->status.reason, reply->status.message);
	if (load->last_us && now_us - load->last_us > load->gap_us)
		load->gap_us = now_us - load->last_us;
	load->last_us = now_us;
}

static void send_one(struct load *load)
{
	Hearth__Placements__V1__CreateChildRequest request = HEARTH__PLACEMENTS__V1__CREATE_CHILD_REQUEST__INIT;
	Hearth__V1__PersonalDate born = HEARTH__V1__PERSONAL_DATE__INIT;
	const struct hearth_call_options options = { .timeout_ms = 10000 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid uuid;
	char id[HEARTH_UUID_SIZE];
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, id);
	request.child_id = id;
	request.sex = "M";
	born.value = "2012-05-17";
	request.date_of_birth = &born;
	int sent = hearth_client_send(load->client, "hearth.placements.v1.Placements/CreateChild", &request.base, &options,
	                              answered, load, &status);
	ck_assert_msg(sent == 0, "%s", status.message);
	load->sent++;
	load->flying++;
}

/* Calls for so long, at most 400 a second. */
static void run_load(struct load *load, int ms)
{
	for (int64_t until = hearth_clock_mono() + ms * 1000; hearth_clock_mono() < until; ) {
		for (int i = 0; i < 8 && load->flying < FLIGHTS; i++)
			send_one(load);
		hearth_client_run(load->client, 20);
		usleep(20000);
	}
}

static long count(const char *question)
{
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(db, question);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(db));
	long number = PQntuples(result) ? atol(PQgetvalue(result, 0, 0)) : 0;
	PQclear(result);
	PQfinish(db);
	return number;
}

/* A service in another place, which hears of children over tcp alone. */
static pid_t start_careleavers(void)
{
	char program[256], place[80], log[120];
	snprintf(program, sizeof program, "%s/hearth-careleavers", getenv("HEARTH_BIN") ? getenv("HEARTH_BIN") : "build/bin");
	snprintf(place, sizeof place, "ipc://%s/other", directory);
	snprintf(log, sizeof log, "%s/careleavers.log", directory);
	const char *const argv[] = { program, "--listen", place, "--services", place, "--placements-address", address, "--keys",
		                         keys, "--metrics", "", "--database-url",
		                         support_pg_url(suite_pg(suite), NULL, suite_database(suite)), "--database-role",
		                         "hearth_careleavers", NULL };
	pid_t pid = spawn_program(argv, log, -1);
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void wait_until_heard(void)
{
	for (int i = 0; i < 200; i++) {
		if (count("SELECT ((SELECT max(c.seq) FROM careleavers.cursor c WHERE c.source = 'placements') = "
		          "(SELECT max(o.seq) FROM placements.outbox o))::int") == 1)
			return;
		usleep(50000);
	}
	ck_abort_msg("careleavers did not hear of everything");
}

static void current_key(const char *ending, char ret_key[HEARTH_CURVE_SIZE])
{
	struct hearth_identity identity;
	struct hearth_status status = HEARTH_STATUS_INIT;
	char path[160];
	snprintf(path, sizeof path, "%s/placements%s", keys, ending);
	ck_assert_msg(hearth_identity_read(path, &identity, &status) == 0, "%s", status.message);
	memcpy(ret_key, identity.key, HEARTH_CURVE_SIZE);
}

START_TEST(a_key_is_changed_under_load_and_no_call_is_lost)
{
	const struct hearth_actor actor = { "u-20", "303", OFFICER };
	char secret[160], old[HEARTH_CURVE_SIZE], newer[HEARTH_CURVE_SIZE];
	struct load load = { .sent = 0 };
	struct hearth_trust *trust = trust_of("gate");
	pid_t careleavers = start_careleavers();
	load.client = client_with(trust, &actor);
	snprintf(secret, sizeof secret, "%s/olga.secret", keys);
	current_key(".public", old);
	run_load(&load, 700);
	expect_code(HEARTH("keys", "rotate", "placements"), 0, "");
	expect_code(HEARTH("keys", "rotate", "placements"), 1, "being changed already");
	current_key(".public", newer);
	ck_assert_str_ne(old, newer);
	run_load(&load, 500);
	/* The server has the old one still: whoever comes now falls back, and finishing is refused. */
	expect_code(HEARTH("--key", secret, "keys", "rotate", "placements", "--finish"), 1, "still has the old key");
	ck_assert_int_eq(suite_signal(suite, "placements", 0, SIGHUP), 0);
	run_load(&load, 1500);
	expect_code(HEARTH("--key", secret, "keys", "rotate", "placements", "--finish"), 0, "");
	run_load(&load, 1000);
	hearth_client_run(load.client, 15000);
	ck_assert_msg(load.failed == 0, "%ld failed, the first: %s", load.failed, load.complaint);
	ck_assert_int_eq(load.answered, load.sent);
	ck_assert_int_gt(load.sent, 200);
	ck_assert_int_eq(count("SELECT count(1) FROM placements.child WHERE authority = '303'"), load.sent);
	ck_assert_str_eq(hearth_client_instance_key(load.client, "placements", address), newer);
	ck_assert_int_lt(load.gap_us, 2000000);
	wait_until_heard();
	ck_assert_int_eq(kill(careleavers, SIGTERM), 0);
	ck_assert_int_eq(spawn_wait(careleavers, 15000, NULL), 0);
	fprintf(stderr, "longest time without an answer while the key was changed: %.0f ms of %ld calls\n",
	        (double)load.gap_us / 1000, load.sent);
	hearth_client_free(&load.client);
	hearth_trust_free(&trust);
}
END_TEST

static void path_of(char ret_path[160], const char *ending)
{
	snprintf(ret_path, 160, "%s/cut%s", keys, ending);
}

/* As if `rotate` had ended between two of its steps. */
START_TEST(a_change_that_was_cut_short_goes_on)
{
	char public[160], old[160], secret[160], next[160], kept[160];
	path_of(public, ".public");
	path_of(old, ".old.public");
	path_of(secret, ".secret");
	path_of(next, ".secret.next");
	path_of(kept, ".kept");
	expect_code(HEARTH("keys", "make", "cut", "--kind", "operator"), 0, "");
	/* A newer secret was written and nothing published: it is forgotten. */
	ck_assert_int_eq(link(secret, kept), 0);
	expect_code(HEARTH("keys", "rotate", "cut"), 0, "");
	ck_assert_int_eq(rename(secret, next), 0);
	ck_assert_int_eq(link(kept, secret), 0);
	ck_assert_int_eq(rename(old, public), 0);
	expect_code(HEARTH("keys", "rotate", "cut"), 0, "");
	ck_assert_int_ne(access(next, F_OK), 0);
	struct hearth_trust *trust = trust_of("cut");
	hearth_trust_free(&trust);
	expect_code(HEARTH("keys", "rotate", "cut", "--finish"), 0, "");
	/* Both were published and the secret not put in its place: that is done now. */
	ck_assert_int_eq(unlink(kept) | link(secret, kept), 0);
	expect_code(HEARTH("keys", "rotate", "cut"), 0, "");
	ck_assert_int_eq(rename(secret, next) | rename(kept, secret), 0);
	expect_code(HEARTH("keys", "rotate", "cut", "--finish"), 1, "cut short");
	expect_code(HEARTH("keys", "rotate", "cut"), 0, "");
	trust = trust_of("cut");
	hearth_trust_free(&trust);
	expect_code(HEARTH("keys", "rotate", "cut", "--finish"), 0, "");
	expect_code(HEARTH("keys", "rotate", "cut", "--finish"), 1, "No such file");
}
END_TEST

/* ---- what is not shown ---- */

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 4 << 20);
	if (file) {
		size_t size = fread(text, 1, (4 << 20) - 1, file);
		text[size] = '\0';
		fclose(file);
	}
	return text;
}

/* The secrets, each once. */
static size_t read_secrets(char secrets[16][HEARTH_CURVE_SIZE])
{
	DIR *stream = opendir(keys);
	struct dirent *entry;
	size_t found = 0;
	while ((entry = readdir(stream)) && found < 16) {
		struct hearth_secret secret;
		struct hearth_status status = HEARTH_STATUS_INIT;
		char path[400];
		snprintf(path, sizeof path, "%s/%s", keys, entry->d_name);
		if (strstr(entry->d_name, ".secret") && hearth_secret_read(path, &secret, &status) == 0)
			memcpy(secrets[found++], secret.secret, HEARTH_CURVE_SIZE);
	}
	closedir(stream);
	return found;
}

/* Frees the text. */
static void assert_no_secret(char *text, char secrets[][HEARTH_CURVE_SIZE], size_t count, const char *where)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(strstr(text, secrets[i]) == NULL, "a secret is in %s", where);
	free(text);
}

static char *live_metrics(void)
{
	char path[160];
	snprintf(path, sizeof path, "%s/metrics", directory);
	return metrics_text_of(path, "placements");
}

START_TEST(no_secret_is_in_logs_help_or_metrics)
{
	char secrets[16][HEARTH_CURVE_SIZE], path[400], program[256], secret[160];
	size_t secret_count = read_secrets(secrets), files = 0;
	snprintf(secret, sizeof secret, "%s/olga.secret", keys);
	ck_assert_uint_ge(secret_count, 5);
	DIR *stream = opendir(directory);
	struct dirent *entry;
	while ((entry = readdir(stream))) {
		snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		char *text = read_whole(path);
		files += strstr(entry->d_name, ".log") != NULL && *text;
		assert_no_secret(text, secrets, secret_count, entry->d_name);
	}
	closedir(stream);
	ck_assert_uint_ge(files, 1);
	/* The process has these keys in use: a call with one of them has just been answered. */
	expect_code(HEARTH("--key", secret, "call", "placements:hearth.control.v1.Control/GetInstance"), 0, "SERVING");
	assert_no_secret(live_metrics(), secrets, secret_count, "metrics");
	snprintf(program, sizeof program, "%s/hearth-placements", getenv("HEARTH_BIN") ? getenv("HEARTH_BIN") : "build/bin");
	const char *const help[] = { program, "--keys", keys, "--help", NULL };
	struct outcome outcome = run_program(help, NULL);
	ck_assert_ptr_nonnull(strstr(outcome.out, "--keys"));
	assert_no_secret(strdup(outcome.out), secrets, secret_count, "help");
	outcome_done(&outcome);
}
END_TEST

START_TEST(a_service_does_not_start_with_anothers_key_or_open_to_other_machines_without_one)
{
	char program[256], secret[160], place[100];
	snprintf(program, sizeof program, "%s/hearth-placements", getenv("HEARTH_BIN") ? getenv("HEARTH_BIN") : "build/bin");
	snprintf(secret, sizeof secret, "%s/careleavers.secret", keys);
	snprintf(place, sizeof place, "ipc://%s/none", directory);
	const char *const other[] = { program, "--listen", place, "--keys", keys, "--key", secret, NULL };
	expect_code(run_program(other, NULL), 1, "the key is careleavers's; this service is placements");
	const char *const open[] = { program, "--listen", "tcp://0.0.0.0:*", "--services", place, NULL };
	expect_code(run_program(open, NULL), 1, "can be reached from other machines");
}
END_TEST

int main(void)
{
	const struct check_options options = { .setup = set_up, .teardown = tear_down, .timeout = 90 };
	return CHECK_MAIN_WITH(&options, "keys", a_key_calls_for_those_whom_it_may,
	                       a_services_key_pulls_for_itself_alone_and_has_a_place_among_any_number_of_names,
	                       a_process_without_keys_is_told_nothing_over_tcp, the_command_line_calls_with_its_key,
	                       a_key_is_changed_under_load_and_no_call_is_lost, a_change_that_was_cut_short_goes_on,
	                       no_secret_is_in_logs_help_or_metrics,
	                       a_service_does_not_start_with_anothers_key_or_open_to_other_machines_without_one);
}
