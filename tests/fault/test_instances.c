/* test_instances.c: processes of one service are stopped, killed, drained and added while clients write and read.
 *
 * Each client is a process that makes referrals, a fresh child for each, and reads back what was acknowledged. Writes
 * carry no id of the referral: one that was carried out twice would show as a second referral of its child. At each time
 * but in the last act one process is left alone, so nothing may fail before it; in the last act nobody is left for a
 * while. Then every write is looked up in the database.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include <hearth/clock.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

#include "../support/check_main.h"
#include "../support/dns_server.h"
#include "../support/suite.h"

#define CLIENTS 3
#define FLIGHTS 8                 /* calls at once of each */
#define WRITES_MOST 40000         /* of each client */
#define PROCESSES 4
#define ROUNDS 3
#define HANG_MS 2200
#define PATIENT_MS 15000
#define HASTY_MS 1000
#define AUTHORITY "977"

enum fate { NEVER_SENT, SENT, ACKNOWLEDGED, NOT_DONE, MAYBE };

struct write {
	char child[HEARTH_UUID_SIZE], id[HEARTH_UUID_SIZE], reference[24];
	atomic_int fate;
};

/* What clients and parent share. */
struct shared {
	atomic_bool stop, hasty;          /* hasty: nobody may be left, do not wait long */
	atomic_int failed[2];             /* calls, by `hasty` when they began */
	atomic_int wrong;                 /* answers that are not what was written */
	atomic_int reads, replayed;
	char first_failure[300], first_wrong[300];
	struct write writes[CLIENTS][WRITES_MOST];
};

static struct shared *shared;

/* ---- a client ---- */

struct flight {
	struct driver *driver;
	struct write *write;              /* being made, then read back */
	bool hasty;
};

struct driver {
	struct hearth_client *client;
	struct write *writes;
	int count;
	struct flight flights[FLIGHTS];
};

static void send_write(struct flight *flight);

static void note_failure(const struct flight *flight, const char *what, const struct hearth_status *status)
{
	if (atomic_fetch_add(&shared->failed[flight->hasty], 1) == 0 && !flight->hasty)
		snprintf(shared->first_failure, sizeof shared->first_failure, "%s: %s %s %.200s", what,
		         hearth_code_name(status->code), status->reason, status->message);
}

static void send(struct flight *flight, const char *method, const ProtobufCMessage *request, hearth_reply_callback *callback)
{
	struct hearth_status status = HEARTH_STATUS_INIT;

	flight->hasty = atomic_load(&shared->hasty);
	const struct hearth_call_options options = { .timeout_ms = flight->hasty ? HASTY_MS : PATIENT_MS };
	if (hearth_client_send(flight->driver->client, method, request, &options, callback, flight, &status) != 0) {
		fprintf(stderr, "%s cannot be sent: %s\n", method, status.message);
		_exit(1);
	}
}

static void read_back(void *context, const struct hearth_reply *reply)
{
	struct flight *flight = context;
	const struct write *write = flight->write;

	atomic_fetch_add(&shared->reads, 1);
	if (reply->status.code == HEARTH_OK) {
		Hearth__Referrals__V1__GetReferralResponse *got =
			hearth__referrals__v1__get_referral_response__unpack(NULL, reply->size, reply->payload);
		bool right = got && got->referral && strcmp(got->referral->id, write->id) == 0 &&
		             strcmp(got->referral->child_id, write->child) == 0 && strcmp(got->referral->reference, write->reference) == 0;
		if (!right && atomic_fetch_add(&shared->wrong, 1) == 0)
			snprintf(shared->first_wrong, sizeof shared->first_wrong, "referral %s reads otherwise", write->id);
		if (got)
			hearth__referrals__v1__get_referral_response__free_unpacked(got, NULL);
	} else if (reply->status.code == HEARTH_UNAVAILABLE || reply->status.code == HEARTH_DEADLINE_EXCEEDED) {
		note_failure(flight, "GetReferral", &reply->status);
	} else if (atomic_fetch_add(&shared->wrong, 1) == 0) {
		snprintf(shared->first_wrong, sizeof shared->first_wrong, "referral %s: %s %.200s", write->id,
		         hearth_code_name(reply->status.code), reply->status.message);
	}
	send_write(flight);
}

static void send_read(struct flight *flight)
{
	Hearth__Referrals__V1__GetReferralRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;

	request.referral_id = flight->write->id;
	send(flight, "hearth.referrals.v1.Referrals/GetReferral", &request.base, read_back);
}

static void acknowledge(struct write *write, const struct hearth_reply *reply)
{
	Hearth__Referrals__V1__CreateReferralResponse *made =
		hearth__referrals__v1__create_referral_response__unpack(NULL, reply->size, reply->payload);

	if (made && made->referral) {
		hearth_text_copy(write->id, sizeof write->id, made->referral->id);
		hearth_text_copy(write->reference, sizeof write->reference, made->referral->reference);
	}
	if ((!made || !made->referral || strcmp(made->referral->child_id, write->child) != 0) && atomic_fetch_add(&shared->wrong, 1) == 0)
		snprintf(shared->first_wrong, sizeof shared->first_wrong, "the answer of a write is of another child");
	if (made)
		hearth__referrals__v1__create_referral_response__free_unpacked(made, NULL);
	atomic_fetch_add(&shared->replayed, reply->replayed);
	atomic_store(&write->fate, ACKNOWLEDGED);
}

static void written(void *context, const struct hearth_reply *reply)
{
	struct flight *flight = context;

	switch (reply->status.code) {
	case HEARTH_OK:
		acknowledge(flight->write, reply);
		send_read(flight);
		return;
	case HEARTH_UNKNOWN:
		atomic_store(&flight->write->fate, MAYBE);
		break;
	case HEARTH_UNAVAILABLE:
	case HEARTH_DEADLINE_EXCEEDED:
		atomic_store(&flight->write->fate, NOT_DONE);
		break;
	case HEARTH_CANCELLED:             /* the client was closed */
		return;
	default:
		if (atomic_fetch_add(&shared->wrong, 1) == 0)
			snprintf(shared->first_wrong, sizeof shared->first_wrong, "a write: %s %.200s",
			         hearth_code_name(reply->status.code), reply->status.message);
	}
	note_failure(flight, "CreateReferral", &reply->status);
	send_write(flight);
}

static void send_write(struct flight *flight)
{
	struct driver *driver = flight->driver;
	Hearth__Referrals__V1__CreateReferralRequest request = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	struct hearth_uuid child;

	if (atomic_load(&shared->stop) || driver->count == WRITES_MOST)
		return;
	flight->write = &driver->writes[driver->count++];
	hearth_uuid_new(&child);
	hearth_uuid_format(&child, flight->write->child);
	atomic_store(&flight->write->fate, SENT);
	request.child_id = flight->write->child;
	request.urgency = HEARTH__REFERRALS__V1__URGENCY__URGENT;
	send(flight, "hearth.referrals.v1.Referrals/CreateReferral", &request.base, written);
}

static void drive(struct suite *suite, int number, pid_t parent)
{
	struct driver driver = { .writes = shared->writes[number] };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	driver.client = suite_client(suite, AUTHORITY, SUITE_ALL_ROLES);
	for (int i = 0; i < FLIGHTS; i++) {
		driver.flights[i].driver = &driver;
		send_write(&driver.flights[i]);
	}
	while (hearth_client_run(driver.client, 100) > 0)
		continue;
	_exit(0);
}

/* ---- what happens to the processes ---- */

static struct suite *suite;
static unsigned named;               /* what DNS says */

static void pause_ms(int milliseconds)
{
	nanosleep(&(struct timespec){ .tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000 }, NULL);
}

static void name(int index, bool there)
{
	named = there ? named | 1u << index : named & ~(1u << index);
	suite_name(suite, "referrals", named);
}

static void add(int index)
{
	ck_assert_int_eq(suite_restart_process(suite, "referrals", index), 0);
	name(index, true);
}

/* One hangs all the while; another is killed and comes back, a third leaves in order and comes back; the fourth lives. */
static void one_round(int round)
{
	int hangs = round % PROCESSES, killed = (round + 1) % PROCESSES, leaves = (round + 2) % PROCESSES;
	int64_t from = hearth_clock_mono();

	ck_assert_int_eq(suite_signal(suite, "referrals", hangs, SIGSTOP), 0);
	pause_ms(100);
	ck_assert_int_eq(suite_kill(suite, "referrals", killed), 0);
	name(killed, false);
	pause_ms(300);
	add(killed);
	pause_ms(300);
	ck_assert_int_eq(suite_end_process(suite, "referrals", leaves), 0);
	name(leaves, false);
	pause_ms(300);
	add(leaves);
	pause_ms(HANG_MS - (int)((hearth_clock_mono() - from) / 1000));
	ck_assert_int_eq(suite_signal(suite, "referrals", hangs, SIGCONT), 0);
	pause_ms(500);
}

/* All hang, then all die, then one comes: only now may calls fail, and none that begins after it. */
static void nobody_left(void)
{
	atomic_store(&shared->hasty, true);
	pause_ms(100);
	for (int i = 0; i < PROCESSES; i++)
		ck_assert_int_eq(suite_signal(suite, "referrals", i, SIGSTOP), 0);
	pause_ms(1500);
	for (int i = 0; i < PROCESSES; i++) {
		ck_assert_int_eq(suite_kill(suite, "referrals", i), 0);
		name(i, false);
	}
	pause_ms(500);
	add(0);
	ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
	atomic_store(&shared->hasty, false);
	pause_ms(700);
}

/* ---- looking it up ---- */

struct found { int made, lost, doubled, other, done_all_the_same, events; };

static PGresult *ask(PGconn *db, const char *sql)
{
	PGresult *result = PQexec(db, sql);

	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(db));
	return result;
}

/* Every write that was sent goes into a table, beside what the service says of it. */
static void copy_writes(PGconn *db)
{
	char line[160];

	PQclear(ask(db, "CREATE TEMPORARY TABLE sent (child uuid PRIMARY KEY, id text, fate int)"));
	PGresult *copying = PQexec(db, "COPY sent FROM STDIN (FORMAT csv)");
	ck_assert_int_eq(PQresultStatus(copying), PGRES_COPY_IN);
	PQclear(copying);
	for (int i = 0; i < CLIENTS; i++)
		for (int k = 0; k < WRITES_MOST && atomic_load(&shared->writes[i][k].fate) != NEVER_SENT; k++) {
			const struct write *write = &shared->writes[i][k];
			int size = snprintf(line, sizeof line, "%s,%s,%d\n", write->child, write->id, atomic_load(&write->fate));
			ck_assert_int_eq(PQputCopyData(db, line, size), 1);
		}
	ck_assert_int_eq(PQputCopyEnd(db, NULL), 1);
	copying = PQgetResult(db);
	ck_assert_msg(PQresultStatus(copying) == PGRES_COMMAND_OK, "%s", PQerrorMessage(db));
	PQclear(copying);
	ck_assert_ptr_null(PQgetResult(db));
}

static struct found look_up(void)
{
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	struct found found;

	copy_writes(db);
	PQclear(ask(db, "ANALYZE sent"));
	PGresult *result = ask(db, "WITH told AS MATERIALIZED ("
		" SELECT o.partition_key::uuid AS child, count(*) AS events FROM referrals.outbox o GROUP BY o.partition_key"
		"), kept AS MATERIALIZED ("
		" SELECT r.child_id AS child, count(*) AS rows, min(r.id::text) AS id FROM referrals.referral r"
		" WHERE r.authority = '" AUTHORITY "' GROUP BY r.child_id"
		"), made AS ("
		" SELECT s.id, s.fate, coalesce(k.rows, 0) AS rows, k.id AS made_id, coalesce(t.events, 0) AS events"
		" FROM sent s LEFT JOIN kept k ON k.child = s.child LEFT JOIN told t ON t.child = s.child"
		") SELECT count(*) FILTER (WHERE fate = 2), count(*) FILTER (WHERE fate = 2 AND rows = 0),"
		"  count(*) FILTER (WHERE rows > 1 OR events > 1), count(*) FILTER (WHERE fate = 2 AND made_id <> id),"
		"  count(*) FILTER (WHERE fate = 3 AND rows > 0), count(*) FILTER (WHERE rows <> events) FROM made");
	int *const numbers[] = { &found.made, &found.lost, &found.doubled, &found.other, &found.done_all_the_same, &found.events };
	for (int i = 0; i < 6; i++)
		*numbers[i] = atoi(PQgetvalue(result, 0, i));
	PQclear(result);
	PQfinish(db);
	return found;
}

/* ---- the test ---- */

static void start(struct dns_server *dns)
{
	static const char *const services[] = { "referrals", NULL };
	void *memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert(memory != MAP_FAILED);
	shared = memory;
	suite = suite_start(&(struct suite_options){ .services = services, .instances = PROCESSES, .dns = dns });
	ck_assert_ptr_nonnull(suite);
	named = (1u << PROCESSES) - 1;
}

static void finish(pid_t *clients)
{
	int state = 0;

	atomic_store(&shared->stop, true);
	for (int i = 0; i < CLIENTS; i++) {
		ck_assert_int_eq(waitpid(clients[i], &state, 0), clients[i]);
		ck_assert_int_eq(state, 0);
	}
}

static void nothing_is_lost(struct dns_server *dns)
{
	pid_t clients[CLIENTS], parent = getpid();

	start(dns);
	fflush(NULL);
	for (int i = 0; i < CLIENTS; i++)
		if ((clients[i] = fork()) == 0)
			drive(suite, i, parent);
	pause_ms(500);
	for (int round = 0; round < ROUNDS; round++)
		one_round(round);
	int in_good_time = atomic_load(&shared->failed[0]);
	nobody_left();
	finish(clients);
	struct found found = look_up();
	printf("%s: %d writes acknowledged (%d of them by a repetition), %d read back, %d failed while nobody was left\n",
	       dns ? "dns" : "ipc", found.made, atomic_load(&shared->replayed), atomic_load(&shared->reads),
	       atomic_load(&shared->failed[1]));
	ck_assert_msg(in_good_time + atomic_load(&shared->failed[0]) == 0, "%d calls failed though somebody was left: %s",
	              atomic_load(&shared->failed[0]), shared->first_failure);
	ck_assert_msg(atomic_load(&shared->wrong) == 0, "%d wrong answers: %s", atomic_load(&shared->wrong), shared->first_wrong);
	ck_assert_int_gt(found.made, 500);
	ck_assert_int_gt(atomic_load(&shared->failed[1]), 0);
	ck_assert_msg(found.lost == 0, "%d acknowledged writes are not there", found.lost);
	ck_assert_msg(found.doubled == 0, "%d writes were carried out twice", found.doubled);
	ck_assert_msg(found.other == 0, "%d acknowledged writes have another id", found.other);
	ck_assert_msg(found.done_all_the_same == 0, "%d writes were said not to be done and were", found.done_all_the_same);
	ck_assert_msg(found.events == 0, "%d writes without their event", found.events);
	ck_assert_int_eq(suite_stop(&suite), 0);
	munmap(shared, sizeof *shared);
}

START_TEST(processes_stopped_killed_drained_and_added_lose_nothing_over_ipc)
{
	nothing_is_lost(NULL);
}
END_TEST

START_TEST(processes_stopped_killed_drained_and_added_lose_nothing_over_tcp_and_dns)
{
	struct dns_server *dns = dns_server_start();

	ck_assert_ptr_nonnull(dns);
	nothing_is_lost(dns);
	dns_server_stop(&dns);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 90 };

	return CHECK_MAIN_WITH(&options, "instances", processes_stopped_killed_drained_and_added_lose_nothing_over_ipc,
	                       processes_stopped_killed_drained_and_added_lose_nothing_over_tcp_and_dns);
}
