/* test_spool.c: commands that wait: the client library's spool, `hearth submit` and `hearth spool`, with a suite whose
 * processes come and go.
 *
 * A command creates a child under an id that says its key and its place in it, so that the outbox tells in what order
 * and how often each took effect.
 */
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearth/clock.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/spool.h>

#include "../support/check_main.h"
#include "run_hearth.h"
#include "tables.h"

#define METHOD "hearth.placements.v1.Placements/CreateChild"
#define IDS "%08x-0000-7000-8000-%012x"
#define CLOCK "2024-06-03T09:00:00Z"

static struct suite *suite, *shared;
static char folder[] = P_tmpdir "/hearth-spool-XXXXXX";
static char path[sizeof folder + 64];
static struct hearth_status status;

static struct suite *new_suite(void)
{
	static const char *const services[] = { "placements", NULL };
	return suite_start(&(struct suite_options){ .services = services, .clock = CLOCK });
}

static void start_suite(void)
{
	suite = new_suite();
	if (!suite || !mkdtemp(folder))
		abort();
}

/* A test that starts processes again needs a suite of its own: they end with whoever started them. */
static void begin_own_suite(void)
{
	shared = suite;
	suite = new_suite();
	ck_assert_ptr_nonnull(suite);
}

static void end_own_suite(void)
{
	ck_assert_int_eq(suite_stop(&suite), 0);
	suite = shared;
}

static void stop_suite(void)
{
	char command[sizeof folder + 16];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	if (suite_stop(&suite) != 0 || system(command) != 0)
		abort();
}

/* ---- spools and commands ---- */

static const char *new_path(const char *name)
{
	snprintf(path, sizeof path, "%s/%s.db", folder, name);
	return path;
}

static struct hearth_spool *open_spool(const char *at)
{
	struct hearth_spool *spool = NULL;
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	ck_assert_msg(hearth_spool_open(&(struct hearth_spool_options){ .path = at }, &spool, &status) == 0, "%s", status.message);
	return spool;
}

struct made {
	struct hearth_command command;
	struct hearth_uuid id;
	char key[32];
	uint8_t payload[256];
};

static struct hearth_actor worker(const char *authority)
{
	return (struct hearth_actor){ "spool-test", authority, SUITE_ALL_ROLES };
}

/* Creates child `place` of `key`; `sex` "?" is refused by the service. */
static void make_command(struct made *made, const struct hearth_actor *actor, unsigned key, unsigned place, const char *sex)
{
	Hearth__Placements__V1__CreateChildRequest request = HEARTH__PLACEMENTS__V1__CREATE_CHILD_REQUEST__INIT;
	char id[HEARTH_UUID_SIZE];
	snprintf(id, sizeof id, IDS, key, place);
	snprintf(made->key, sizeof made->key, "key-%u", key);
	request.child_id = id;
	request.sex = (char *)(uintptr_t)sex;
	hearth_uuid_new(&made->id);
	made->command = (struct hearth_command){
		.method = METHOD, .key = made->key, .request_id = &made->id, .actor = actor, .payload = made->payload,
		.size = hearth__placements__v1__create_child_request__pack(&request, made->payload) };
}

static void add(struct hearth_spool *spool, const char *authority, unsigned key, unsigned place, const char *sex,
                struct hearth_uuid *ret_id)
{
	struct hearth_actor actor = worker(authority);
	struct made made;
	make_command(&made, &actor, key, place, sex);
	ck_assert_msg(hearth_spool_add(spool, &made.command, 1, NULL, &status) == 0, "%s", status.message);
	if (ret_id)
		*ret_id = made.id;
}

/* Places 0 to `places` - 1 of each of ten keys, a hundred commands at once at most. */
static void add_many(struct hearth_spool *spool, const char *authority, unsigned places)
{
	static struct made made[100];
	struct hearth_command commands[100];
	struct hearth_actor actor = worker(authority);
	for (unsigned first = 0; first < 10 * places; first += 100) {
		unsigned count = 10 * places - first < 100 ? 10 * places - first : 100;
		for (unsigned i = 0; i < count; i++) {
			make_command(&made[i], &actor, (first + i) % 10, (first + i) / 10, "F");
			commands[i] = made[i].command;
		}
		ck_assert_msg(hearth_spool_add(spool, commands, count, NULL, &status) == 0, "%s", status.message);
	}
}

static struct hearth_delivery *deliver(struct hearth_spool *spool, struct hearth_client *client)
{
	struct hearth_delivery *delivery = hearth_delivery_new(spool, client, NULL, &status);
	ck_assert_msg(delivery != NULL, "%s", status.message);
	return delivery;
}

static struct hearth_spool_counts counts_of(struct hearth_spool *spool)
{
	struct hearth_spool_counts counts;
	ck_assert_int_eq(hearth_spool_count(spool, &counts, &status), 0);
	return counts;
}

static struct hearth_client *client_of(const char *authority)
{
	return suite_client(suite, authority, SUITE_ALL_ROLES);
}

/* Every command of the authority took effect once, and each key in order. */
static void assert_in_order(const char *authority, long expected)
{
	char sql[512];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM placements.outbox WHERE authority = '%s'", authority);
	ck_assert_int_eq(tables_number(suite, sql), expected);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT aggregateid, lag(aggregateid) OVER (PARTITION BY "
	         "left(aggregateid, 8) ORDER BY seq) AS before FROM placements.outbox WHERE authority = '%s') o "
	         "WHERE before >= aggregateid", authority);
	ck_assert_int_eq(tables_number(suite, sql), 0);
}

/* ---- waiting and order ---- */

START_TEST(what_waits_for_a_service_is_delivered_in_order_when_it_is_back)
{
	begin_own_suite();
	struct hearth_spool *spool = open_spool(new_path("order"));
	struct hearth_client *client = client_of("801");
	ck_assert_int_eq(suite_kill(suite, "placements", 0), 0);
	add_many(spool, "801", 20);
	struct hearth_delivery *delivery = deliver(spool, client);
	ck_assert_int_eq(hearth_delivery_run(delivery, 500), 200);
	ck_assert_int_eq(suite_restart_process(suite, "placements", 0), 0);
	ck_assert_int_eq(hearth_delivery_run(delivery, 30000), 0);
	hearth_delivery_free(&delivery);
	assert_in_order("801", 200);
	hearth_spool_free(&spool);
	end_own_suite();
}
END_TEST

START_TEST(a_service_that_is_killed_again_and_again_gets_each_command_once)
{
	begin_own_suite();
	struct hearth_spool *spool = open_spool(new_path("killed"));
	struct hearth_client *client = client_of("802");
	add_many(spool, "802", 100);
	struct hearth_delivery *delivery = deliver(spool, client);
	int64_t left = 1000;
	for (int round = 0; round < 60 && left > 0; round++) {
		left = hearth_delivery_run(delivery, 250);
		if (round < 6 && left > 0) {
			suite_kill(suite, "placements", 0);
			ck_assert_int_eq(suite_restart_process(suite, "placements", 0), 0);
		}
	}
	ck_assert_int_eq(left, 0);
	hearth_delivery_free(&delivery);
	assert_in_order("802", 1000);
	hearth_spool_free(&spool);
	end_own_suite();
}
END_TEST

/* A process of its own that delivers until it is killed. */
static pid_t fork_deliverer(const char *at, const char *authority)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	struct hearth_spool *spool = open_spool(at);
	struct hearth_delivery *delivery = hearth_delivery_new(spool, client_of(authority), NULL, &status);
	while (delivery && hearth_delivery_run(delivery, 1000) > 0)
		continue;
	_exit(delivery ? 0 : 1);
}

START_TEST(a_deliverer_that_is_killed_loses_and_doubles_nothing)
{
	char at[sizeof path];
	snprintf(at, sizeof at, "%s", new_path("deliverer"));
	struct hearth_spool *spool = open_spool(at);
	add_many(spool, "803", 200);
	for (int round = 0; round < 8; round++) {
		pid_t pid = fork_deliverer(at, "803");
		usleep(60000 + 25000 * (unsigned)round);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	struct hearth_delivery *delivery = deliver(spool, client_of("803"));
	ck_assert_int_eq(hearth_delivery_run(delivery, 30000), 0);
	hearth_delivery_free(&delivery);
	assert_in_order("803", 2000);
	hearth_spool_free(&spool);
}
END_TEST

START_TEST(whoever_adds_is_killed_and_what_was_told_as_stored_is_there)
{
	char at[sizeof path];
	int told[2], stored = 0;
	snprintf(at, sizeof at, "%s", new_path("adder"));
	struct hearth_spool *spool = open_spool(at);
	ck_assert_int_eq(pipe(told), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct hearth_spool *own = open_spool(at);
		for (unsigned place = 0; place < 100000; place++) {
			add(own, "804", 1, place, "F", NULL);
			if (write(told[1], "x", 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(told[1]);
	usleep(300000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	char buffer[4096];
	ssize_t got;
	while ((got = read(told[0], buffer, sizeof buffer)) > 0)
		stored += (int)got;
	close(told[0]);
	ck_assert_int_gt(stored, 10);
	int64_t waiting = counts_of(spool).waiting;
	ck_assert_int_ge(waiting, stored);
	ck_assert_int_le(waiting, stored + 1);
	hearth_spool_free(&spool);
}
END_TEST

START_TEST(one_process_delivers_and_the_other_is_told)
{
	struct hearth_spool *spool = open_spool(new_path("two")), *second = open_spool(path);
	struct hearth_client *client = client_of("805");
	struct hearth_delivery *delivery = deliver(spool, client);
	ck_assert_ptr_null(hearth_delivery_new(second, client, NULL, &status));
	ck_assert_str_eq(status.reason, "DELIVERED_ELSEWHERE");
	/* What the other adds is delivered all the same. */
	add(second, "805", 1, 1, "F", NULL);
	hearth_delivery_run(delivery, 5000);
	ck_assert_int_eq(counts_of(spool).waiting, 0);
	hearth_delivery_free(&delivery);
	delivery = hearth_delivery_new(second, client, NULL, &status);
	ck_assert_ptr_nonnull(delivery);
	hearth_delivery_free(&delivery);
	hearth_spool_free(&second);
	hearth_spool_free(&spool);
}
END_TEST

/* ---- refusals ---- */

START_TEST(a_refusal_holds_its_key_and_no_other_until_a_person_decides)
{
	struct hearth_spool *spool = open_spool(new_path("refused"));
	struct hearth_client *client = client_of("806");
	struct hearth_uuid refused, behind;
	add(spool, "806", 1, 1, "F", NULL);
	add(spool, "806", 1, 2, "?", &refused);
	add(spool, "806", 1, 3, "F", &behind);
	add(spool, "806", 2, 1, "F", NULL);
	struct hearth_delivery *delivery = deliver(spool, client);
	ck_assert_int_eq(hearth_delivery_run(delivery, 20000), 1);
	struct hearth_spool_counts counts = counts_of(spool);
	ck_assert(counts.refused == 1 && counts.behind == 1 && counts.waiting == 0);
	assert_in_order("806", 2);
	/* Again: refused again. What is behind it waits on, also when it is asked for. */
	ck_assert_int_eq(hearth_spool_retry(spool, &refused, &status), 0);
	ck_assert_int_eq(hearth_spool_retry(spool, &behind, &status), 0);
	ck_assert_int_eq(hearth_delivery_run(delivery, 20000), 1);
	ck_assert_int_eq(counts_of(spool).refused, 1);
	ck_assert_int_ne(hearth_spool_drop(spool, &refused, "spool-test", "", &status), 0);
	ck_assert_int_eq(hearth_spool_drop(spool, &refused, "spool-test", "written by hand", &status), 0);
	ck_assert_int_eq(hearth_delivery_run(delivery, 20000), 0);
	assert_in_order("806", 3);
	ck_assert_int_ne(hearth_spool_retry(spool, &refused, &status), 0);
	ck_assert_str_eq(status.reason, "ENDED");
	hearth_delivery_free(&delivery);
	hearth_spool_free(&spool);
}
END_TEST

static void note(void *context, const struct hearth_spooled *command)
{
	struct hearth_spooled *noted = context;
	*noted = *command;
	noted->payload = command->payload ? (const uint8_t *)"" : NULL;
	noted->reply = command->reply ? (const uint8_t *)"" : NULL;
}

START_TEST(an_acknowledged_command_keeps_its_answer_and_not_what_it_said)
{
	struct hearth_spool *spool = open_spool(new_path("answer"));
	struct hearth_spooled found;
	struct hearth_uuid id;
	add(spool, "807", 1, 1, "F", &id);
	ck_assert_int_eq(hearth_spool_get(spool, &id, note, &found, &status), 0);
	ck_assert(found.state == HEARTH_SPOOL_WAITING && found.payload && !found.reply && found.tries == 0);
	struct hearth_delivery *delivery = deliver(spool, client_of("807"));
	ck_assert_int_eq(hearth_delivery_run(delivery, 20000), 0);
	ck_assert_int_eq(hearth_spool_get(spool, &id, note, &found, &status), 0);
	ck_assert(found.state == HEARTH_SPOOL_DONE && !found.payload && found.reply && found.reply_size > 0 && found.tries == 1);
	hearth_delivery_free(&delivery);
	hearth_spool_free(&spool);
}
END_TEST

/* As the file would be after a long time away. */
static void age(const char *at, int64_t hours)
{
	sqlite3 *db = NULL;
	char sql[160];
	snprintf(sql, sizeof sql, "UPDATE command SET uncertain_us = uncertain_us - %" PRId64 "; UPDATE lane SET next_us = 0",
	         hours * INT64_C(3600000000));
	ck_assert_int_eq(sqlite3_open(at, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

START_TEST(what_may_have_happened_long_ago_is_not_sent_again_unasked)
{
	begin_own_suite();
	char at[sizeof path];
	snprintf(at, sizeof at, "%s", new_path("stale"));
	struct hearth_spool *spool = open_spool(at);
	struct hearth_uuid id;
	struct hearth_client *client = client_of("808");
	const struct hearth_delivery_options options = { .timeout_ms = 700 };
	struct hearth_delivery *delivery = hearth_delivery_new(spool, client, &options, &status);
	add(spool, "808", 1, 1, "F", NULL);
	ck_assert_int_eq(hearth_delivery_run(delivery, 20000), 0);
	/* Hangs with the second command in its hands: nobody knows. */
	ck_assert_int_eq(suite_signal(suite, "placements", 0, SIGSTOP), 0);
	add(spool, "808", 1, 2, "F", &id);
	hearth_delivery_run(delivery, 1500);
	hearth_delivery_free(&delivery);
	ck_assert_int_eq(suite_kill(suite, "placements", 0), 0);
	ck_assert_int_eq(suite_restart_process(suite, "placements", 0), 0);
	struct hearth_spooled found;
	ck_assert_int_eq(hearth_spool_get(spool, &id, note, &found, &status), 0);
	ck_assert_msg(found.state == HEARTH_SPOOL_WAITING && found.tries > 0, "%d %s", (int)found.tries, found.last.reason);
	age(at, 25);
	delivery = deliver(spool, client);
	hearth_delivery_run(delivery, 3000);
	ck_assert_int_eq(counts_of(spool).stale, 1);
	ck_assert_int_eq(hearth_spool_retry(spool, &id, &status), 0);
	ck_assert_int_eq(hearth_delivery_run(delivery, 20000), 0);
	assert_in_order("808", 2);
	hearth_delivery_free(&delivery);
	hearth_spool_free(&spool);
	end_own_suite();
}
END_TEST

/* ---- bad files, bad commands, full disks ---- */

START_TEST(the_same_command_twice_is_one_and_another_with_its_id_is_refused)
{
	struct hearth_spool *spool = open_spool(new_path("same"));
	struct hearth_actor actor = worker("809");
	struct made made[3];
	size_t fresh;
	make_command(&made[0], &actor, 1, 1, "F");
	ck_assert_int_eq(hearth_spool_add(spool, &made[0].command, 1, &fresh, &status), 0);
	ck_assert_uint_eq(fresh, 1);
	ck_assert_int_eq(hearth_spool_add(spool, &made[0].command, 1, &fresh, &status), 0);
	ck_assert_uint_eq(fresh, 0);
	make_command(&made[1], &actor, 1, 2, "F");
	make_command(&made[2], &actor, 1, 3, "F");
	made[2].command.request_id = &made[0].id;
	const struct hearth_command both[] = { made[1].command, made[2].command };
	ck_assert_int_ne(hearth_spool_add(spool, both, 2, &fresh, &status), 0);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_int_eq(counts_of(spool).waiting, 1);
	hearth_spool_free(&spool);
}
END_TEST

static void expect_no_spool(const char *at, const char *reason)
{
	struct hearth_spool *spool = NULL;
	ck_assert_int_ne(hearth_spool_open(&(struct hearth_spool_options){ .path = at }, &spool, &status), 0);
	ck_assert_msg(strcmp(status.reason, reason) == 0, "%s: %s", status.reason, status.message);
}

START_TEST(files_that_are_no_spools_or_open_to_others_are_refused)
{
	FILE *file = fopen(new_path("text"), "w");
	for (int i = 0; i < 500; i++)
		fputs("this is no database at all, it is a text\n", file);
	fclose(file);
	chmod(path, 0600);
	expect_no_spool(path, "NO_SPOOL");
	sqlite3 *db = NULL;
	ck_assert_int_eq(sqlite3_open(new_path("other"), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE x (y)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	chmod(path, 0600);
	expect_no_spool(path, "NO_SPOOL");
	struct hearth_spool *spool = open_spool(new_path("loose"));
	hearth_spool_free(&spool);
	chmod(path, 0640);
	expect_no_spool(path, "SPOOL_MODE");
	expect_no_spool(folder, "SPOOL");
}
END_TEST

START_TEST(a_full_spool_says_so_and_keeps_what_it_has)
{
	struct hearth_spool *spool = NULL;
	struct hearth_actor actor = worker("810");
	struct made made;
	int stored = 0, outcome = 0;
	const struct hearth_spool_options options = { .path = new_path("full"), .most_bytes = 1 << 18 };
	ck_assert_int_eq(hearth_spool_open(&options, &spool, &status), 0);
	for (; stored < 20000 && outcome == 0; stored += outcome == 0) {
		make_command(&made, &actor, (unsigned)stored % 7, (unsigned)stored, "F");
		outcome = hearth_spool_add(spool, &made.command, 1, NULL, &status);
	}
	ck_assert_int_ne(outcome, 0);
	ck_assert_str_eq(status.reason, "SPOOL_FULL");
	ck_assert_int_gt(stored, 100);
	ck_assert_int_eq(counts_of(spool).waiting, stored);
	hearth_spool_free(&spool);
}
END_TEST

START_TEST(a_full_disk_loses_nothing_and_delivery_goes_on_when_there_is_room)
{
	char disk[sizeof folder + 8], filler[sizeof disk + 8], at[sizeof disk + 16];
	snprintf(disk, sizeof disk, "%s/disk", folder);
	snprintf(filler, sizeof filler, "%s/filler", disk);
	snprintf(at, sizeof at, "%s/spool.db", disk);
	ck_assert_int_eq(mkdir(disk, 0700), 0);
	if (mount("tmpfs", disk, "tmpfs", 0, "size=4m,mode=0700") != 0) {
		fprintf(stderr, "skipped: mounting a small disk needs root\n");
		return;
	}
	struct hearth_spool *spool = open_spool(at);
	for (unsigned place = 0; place < 50; place++)
		add(spool, "811", 1, place, "F", NULL);
	FILE *file = fopen(filler, "w");
	while (fputc('x', file) != EOF && fflush(file) == 0)
		for (int i = 0; i < 4096; i++)
			fputc('x', file);
	fclose(file);
	struct hearth_actor actor = worker("811");
	struct made made;
	int outcome = 0;
	for (unsigned place = 50; place < 5000 && outcome == 0; place++) {
		make_command(&made, &actor, 2, place, "F");
		outcome = hearth_spool_add(spool, &made.command, 1, NULL, &status);
	}
	ck_assert_int_ne(outcome, 0);
	int64_t waiting = counts_of(spool).waiting;
	struct hearth_delivery *delivery = deliver(spool, client_of("811"));
	hearth_delivery_run(delivery, 1500);
	ck_assert_int_eq(unlink(filler), 0);
	ck_assert_int_eq(hearth_delivery_run(delivery, 30000), 0);
	hearth_delivery_free(&delivery);
	hearth_spool_free(&spool);
	umount2(disk, MNT_DETACH);
	assert_in_order("811", waiting);
}
END_TEST

/* ---- the command line ---- */

static struct outcome hearth(const char *input, const char *const *arguments)
{
	const char *argv[24] = { run_hearth_path(), "--services", suite_address(suite), "--authority", "812" };
	size_t size = 5;
	while (*arguments != NULL && size < 23)
		argv[size++] = *arguments++;
	return run_program(argv, input);
}

#define HEARTH(input, ...) hearth(input, (const char *const[]){ __VA_ARGS__, NULL })

START_TEST(submit_stores_a_file_whole_or_not_at_all)
{
	new_path("submit");
	static const char lines[] =
		"{\"method\":\"placements/CreateChild\",\"key\":\"a\",\"request\":{\"sex\":\"F\"}}\n\n"
		"{\"method\":\"placements/CreateChild\",\"request\":{\"sexx\":\"F\"}}\n"
		"{\"method\":\"placements/GetChild\",\"request\":{}}\n"
		"{\"method\":\"nowhere/CreateChild\",\"request\":{}}\n"
		"{\"method\":\"placements/CreateChild\",\"requestId\":\"7\",\"request\":{}}\n"
		"no json\n";
	struct outcome outcome = HEARTH(lines, "submit", "-", "--spool", path);
	ck_assert_int_eq(outcome.code, 2);
	for (int line = 3; line <= 7; line++) {
		char said[16];
		snprintf(said, sizeof said, "line %d:", line);
		ck_assert_msg(strstr(outcome.err, said) != NULL, "%s: %s", said, outcome.err);
	}
	ck_assert_ptr_null(strstr(outcome.err, "line 1:"));
	outcome_done(&outcome);
	ck_assert_int_ne(access(path, F_OK), 0);
	outcome = HEARTH(lines, "submit", "-", "--spool", path, "--partial");
	ck_assert_int_eq(outcome.code, 3);
	ck_assert_str_eq(outcome.out, "1 commands stored\n");
	outcome_done(&outcome);
	outcome = HEARTH(NULL, "spool", "--spool", path, "--json");
	ck_assert_msg(strstr(outcome.out, "\"waiting\": 1") != NULL, "%s", outcome.out);
	outcome_done(&outcome);
}
END_TEST

START_TEST(submit_and_wait_answers_when_all_is_done_and_show_gives_the_answer)
{
	static const char id[] = "0192aaaa-0000-7000-8000-00000000000b";
	char line[512];
	new_path("wait");
	snprintf(line, sizeof line, "{\"method\":\"placements/CreateChild\",\"requestId\":\"%s\",\"request\":{\"sex\":\"F\"}}\n", id);
	struct outcome outcome = HEARTH(line, "submit", "-", "--spool", path, "--wait", "--timeout", "20");
	ck_assert_msg(outcome.code == 0, "%s%s", outcome.out, outcome.err);
	outcome_done(&outcome);
	outcome = HEARTH(line, "submit", "-", "--spool", path);
	ck_assert_str_eq(outcome.out, "0 commands stored, 1 were there already\n");
	outcome_done(&outcome);
	outcome = HEARTH(NULL, "spool", "show", id, "--spool", path);
	ck_assert_msg(outcome.code == 0 && strstr(outcome.out, "\"state\": \"DONE\"") && strstr(outcome.out, "\"sex\": \"F\""), "%s",
	              outcome.out);
	outcome_done(&outcome);
}
END_TEST

START_TEST(spool_says_what_waits_and_why_and_run_delivers_it)
{
	new_path("run");
	static const char lines[] =
		"{\"method\":\"placements/CreateChild\",\"key\":\"a\",\"requestId\":\"0192aaaa-0000-7000-8000-0000000000a1\","
		"\"request\":{\"dateOfBirth\":{\"value\":\"2011-13-01\"}}}\n"
		"{\"method\":\"placements/CreateChild\",\"key\":\"a\",\"request\":{\"dateOfBirth\":{\"value\":\"2011-12-01\"}}}\n";
	struct outcome outcome = HEARTH(lines, "submit", "-", "--spool", path);
	ck_assert_int_eq(outcome.code, 0);
	outcome_done(&outcome);
	outcome = HEARTH(NULL, "spool", "run", "--spool", path, "--timeout", "20");
	ck_assert_msg(outcome.code == 1, "%d %s%s", outcome.code, outcome.out, outcome.err);
	outcome_done(&outcome);
	outcome = HEARTH(NULL, "spool", "list", "--spool", path);
	ck_assert_msg(strstr(outcome.out, "REFUSED") && strstr(outcome.out, "date_of_birth") &&
	              strstr(outcome.out, "behind an earlier command"), "%s", outcome.out);
	ck_assert_ptr_null(strstr(outcome.out, "2011-12-01"));
	outcome_done(&outcome);
	outcome = HEARTH(NULL, "spool", "drop", "0192aaaa-0000-7000-8000-0000000000a1", "--spool", path);
	ck_assert_int_eq(outcome.code, 2);
	outcome_done(&outcome);
	outcome = HEARTH(NULL, "spool", "drop", "0192aaaa-0000-7000-8000-0000000000a1", "--why", "wrong date", "--spool", path);
	ck_assert_msg(outcome.code == 0, "%s", outcome.err);
	outcome_done(&outcome);
	outcome = HEARTH(NULL, "spool", "run", "--spool", path, "--timeout", "20");
	ck_assert_msg(outcome.code == 0, "%s%s", outcome.out, outcome.err);
	outcome_done(&outcome);
	outcome = HEARTH(NULL, "spool", "list", "--all", "--spool", path);
	ck_assert_msg(strstr(outcome.out, "DROPPED") && strstr(outcome.out, "wrong date") && strstr(outcome.out, "DONE"), "%s",
	              outcome.out);
	outcome_done(&outcome);
}
END_TEST

START_TEST(a_deliverer_in_the_background_delivers_what_comes_and_survives_a_hangup)
{
	new_path("forever");
	const char *argv[] = { run_hearth_path(), "--services", suite_address(suite), "--authority", "813", "spool", "run",
		"--forever", "--spool", path, NULL };
	struct running running = run_start(argv, NULL);
	usleep(500000);
	kill(running.pid, SIGHUP);
	struct hearth_spool *spool = open_spool(path);
	add(spool, "813", 1, 1, "F", NULL);
	for (int i = 0; i < 100 && counts_of(spool).waiting > 0; i++)
		usleep(100000);
	ck_assert_int_eq(counts_of(spool).waiting, 0);
	kill(running.pid, SIGTERM);
	struct outcome outcome = run_wait(&running);
	ck_assert_msg(outcome.code == 0, "%d %s", outcome.code, outcome.err);
	outcome_done(&outcome);
	hearth_spool_free(&spool);
	assert_in_order("813", 1);
}
END_TEST

int main(void)
{
	const struct check_options options = { .setup = start_suite, .teardown = stop_suite, .timeout = 90 };
	return CHECK_MAIN_WITH(&options, "spool", what_waits_for_a_service_is_delivered_in_order_when_it_is_back,
	                       a_service_that_is_killed_again_and_again_gets_each_command_once,
	                       a_deliverer_that_is_killed_loses_and_doubles_nothing,
	                       whoever_adds_is_killed_and_what_was_told_as_stored_is_there,
	                       one_process_delivers_and_the_other_is_told,
	                       a_refusal_holds_its_key_and_no_other_until_a_person_decides,
	                       an_acknowledged_command_keeps_its_answer_and_not_what_it_said,
	                       what_may_have_happened_long_ago_is_not_sent_again_unasked,
	                       the_same_command_twice_is_one_and_another_with_its_id_is_refused,
	                       files_that_are_no_spools_or_open_to_others_are_refused,
	                       a_full_spool_says_so_and_keeps_what_it_has,
	                       a_full_disk_loses_nothing_and_delivery_goes_on_when_there_is_room,
	                       submit_stores_a_file_whole_or_not_at_all,
	                       submit_and_wait_answers_when_all_is_done_and_show_gives_the_answer,
	                       spool_says_what_waits_and_why_and_run_delivers_it,
	                       a_deliverer_in_the_background_delivers_what_comes_and_survives_a_hangup);
}
