/* test_operations.c: what docs/operations.md tells an operator is so: every metric of running services is in its table and
 * none other, and a start that cannot succeed says why, once, in words that name what would be right. Settings and log
 * lines are compared by contract/test_operations.sh.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "../support/private_pg.h"
#include "../support/suite.h"
#include "run_hearth.h"

#define PAGE "docs/operations.md"
#define NAMES_MOST 200
#define NAME_SIZE 160

/* "name type label,label", sorted. */
struct names { size_t count; char text[NAMES_MOST][NAME_SIZE]; };

static struct support_pg *pg;
static char directory[32], database[64];

static void start_server(void)
{
	snprintf(directory, sizeof directory, "/tmp/hearth-ops-XXXXXX");
	pg = support_pg_start();
	ck_assert_ptr_nonnull(pg);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(database, sizeof database, "operations_%ld", (long)getpid());
	ck_assert_int_eq(support_pg_create_database(pg, database), 0);
}

static void stop_server(void)
{
	char command[64];
	snprintf(command, sizeof command, "rm -rf '%s'", directory);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(support_pg_drop_database(pg, database), 0);
	support_pg_stop(&pg);
}

/* ---- names ---- */

static void add_name(struct names *names, const char *text)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->text[i], text) == 0)
			return;
	ck_assert_uint_lt(names->count, NAMES_MOST);
	snprintf(names->text[names->count++], NAME_SIZE, "%s", text);
}

static bool has_name(const struct names *names, const char *text)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->text[i], text) == 0)
			return true;
	return false;
}

static void missing(const struct names *of, const struct names *in, const char *what)
{
	for (size_t i = 0; i < of->count; i++)
		ck_assert_msg(has_name(in, of->text[i]), "%s: %s", what, of->text[i]);
}

/* Rows `| `name` | type | labels | ...` of the section "## Metrics". */
static void read_page(struct names *names)
{
	char line[4096], name[80], type[20], labels[80];
	bool inside = false;
	FILE *file = fopen(PAGE, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file) != NULL) {
		char text[NAME_SIZE + 64];
		if (strncmp(line, "## ", 3) == 0)
			inside = strcmp(line, "## Metrics\n") == 0;
		labels[0] = '\0';
		if (!inside || sscanf(line, "| `%79[^`]` | %19[a-z] |%79[^|]|", name, type, labels) < 3)
			continue;
		size_t kept = 0;
		for (const char *at = labels; *at; at++)
			if (*at != ' ')
				labels[kept++] = *at;
		labels[kept] = '\0';
		snprintf(text, sizeof text, "%s %s %s", name, type, labels);
		add_name(names, text);
	}
	fclose(file);
}

/* The names of the labels in `{a="x",b="y"} 1`; le is the histogram's own. */
static void label_names(const char *at, const char *end, char ret_labels[80])
{
	size_t used = 0;
	ret_labels[0] = '\0';
	while (at < end) {
		const char *equals = memchr(at, '=', (size_t)(end - at));
		if (equals == NULL)
			break;
		if (strncmp(at, "le=", 3) != 0)
			used += (size_t)snprintf(ret_labels + used, 80 - used, "%s%.*s", used > 0 ? "," : "", (int)(equals - at), at);
		at = strstr(equals, "\",");
		at = at != NULL && at < end ? at + 2 : end;
	}
}

static void read_metrics(const char *text, struct names *names)
{
	for (const char *at = strstr(text, "# TYPE "); at != NULL; at = strstr(at + 1, "# TYPE ")) {
		char name[80], type[20], labels[80] = "", all[NAME_SIZE + 64];
		ck_assert_int_eq(sscanf(at, "# TYPE %79s %19s", name, type), 2);
		const char *sample = strchr(at, '\n') + 1, *end = sample + strcspn(sample, "}\n"), *brace = strchr(sample, '{');
		if (brace != NULL && brace < end)
			label_names(brace + 1, end, labels);
		snprintf(all, sizeof all, "%s %s %s", name, type, labels);
		add_name(names, all);
	}
}

/* ---- a running suite ---- */

static void fetch(const char *host_and_port, struct names *names)
{
	static const char get[] = "GET /metrics HTTP/1.0\r\n\r\n";
	static char text[1 << 20];
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	size_t used = 0;
	ssize_t got;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	where.sin_port = htons((uint16_t)atoi(strrchr(host_and_port, ':') + 1));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
	ck_assert_int_eq(write(fd, get, sizeof get - 1), (ssize_t)sizeof get - 1);
	while (used + 1 < sizeof text && (got = read(fd, text + used, sizeof text - 1 - used)) > 0)
		used += (size_t)got;
	close(fd);
	text[used] = '\0';
	read_metrics(text, names);
}

/* Where each process said that it is (metrics-directory). */
static int fetch_all(struct suite *suite, struct names *names)
{
	char path[600], text[600], address[64];
	int count = 0;
	snprintf(path, sizeof path, "%s/metrics", suite_directory(suite));
	DIR *stream = opendir(path);
	ck_assert_ptr_nonnull(stream);
	for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		snprintf(path, sizeof path, "%s/metrics/%s", suite_directory(suite), entry->d_name);
		FILE *file = fopen(path, "r");
		ck_assert_ptr_nonnull(file);
		ck_assert_ptr_nonnull(fgets(text, sizeof text, file));
		fclose(file);
		ck_assert_int_eq(sscanf(text, "[{\"targets\":[\"%63[^\"]\"", address), 1);
		fetch(address, names);
		count++;
	}
	closedir(stream);
	return count;
}

START_TEST(the_page_has_every_metric_that_running_services_show_and_none_other)
{
	static struct names told, shown;
	struct suite *suite = suite_start(&(struct suite_options){ .instances = 1, .pg = pg });
	ck_assert_ptr_nonnull(suite);
	int count = fetch_all(suite, &shown);
	ck_assert_int_eq(suite_stop(&suite), 0);
	ck_assert_int_eq(count, 5);
	ck_assert_uint_gt(shown.count, 30);
	read_page(&told);
	missing(&shown, &told, "a service shows it, " PAGE " has no such row (name type labels)");
	missing(&told, &shown, PAGE " has it, no service shows it (name type labels)");
}
END_TEST

/* ---- starts that end ---- */

static const char *program(void)
{
	static char path[512];
	const char *folder = getenv("HEARTH_BIN");
	snprintf(path, sizeof path, "%s/hearth-finance", folder != NULL ? folder : "build/bin");
	return path;
}

static const char *address(const char *below)
{
	static char texts[4][128];
	static int turn;
	char *text = texts[turn++ % 4];
	snprintf(text, 128, "ipc://%s%s", directory, below);
	return text;
}

/* Other settings than `flag` are right. */
static void expect_end(const char *flag, const char *value, int code, const char *words)
{
	const char *argv[] = { program(), "--services", address("/run"), "--database-url", support_pg_url(pg, "hearth", database),
		                   flag, value, NULL };
	struct outcome outcome = run_program(argv, NULL);
	ck_assert_msg(outcome.code == code && strstr(outcome.err, words) != NULL, "%s %s: exit code %d, \"%s\"; %d and \"%s\" are "
	              "wanted", flag, value != NULL ? value : "", outcome.code, outcome.err, code, words);
	outcome_done(&outcome);
}

START_TEST(a_wrong_setting_ends_the_start_with_2_and_is_named)
{
	char path[64];
	snprintf(path, sizeof path, "%s/conf", directory);
	FILE *file = fopen(path, "w");
	fputs("# settings\nlog-level = info\ngroup-size = 3\n", file);
	fclose(file);
	expect_end("--config", path, 2, "conf:3: the key group-size is not known");
	expect_end("--config", "/nonexistent", 2, "/nonexistent cannot be opened");
	expect_end("--bogus", NULL, 2, "flag --bogus is not known; --help lists the flags");
	expect_end("--group-most", "0", 2, "a whole number from 1 to 1024");
	expect_end("extra", NULL, 2, "extra is no setting");
	expect_end("--log-level", "loud", 2, "error, warn, info or debug is wanted");
	expect_end("--serve", "some", 2, "all, calls or compute is wanted");
	expect_end("--test-clock", "yesterday", 2, "2024-03-31T09:30:00Z");
	expect_end("--dns-servers", "nonsense", 2, "must be addresses");
}
END_TEST

START_TEST(an_address_that_is_no_good_ends_the_start_with_1_and_is_named)
{
	char open[64];
	snprintf(open, sizeof open, "%s/open", directory);
	ck_assert_int_eq(mkdir(open, 0700), 0);
	ck_assert_int_eq(chmod(open, 0777), 0);
	expect_end("--services", "ipc:///nonexistent/run", 1, "cannot make the socket directory /nonexistent/run");
	expect_end("--services", "ipc://run", 1, "services: address \"run\" must be ipc:///an/absolute/directory");
	expect_end("--services", "http://x", 1, "services: address \"http://x\" must begin with");
	expect_end("--placements-address", "x", 1, "placements-address: address \"x\" must begin with");
	expect_end("--services", address("/open"), 1, "can be written by others: make it 0700");
	expect_end("--services", "dns://{service}:7400", 1, "to listen say tcp://host:port");
	expect_end("--listen", "tcp://0.0.0.0:7400", 1, "there are no keys: set keys and key");
	expect_end("--ipc-users", "no-such-user", 1, "there is no user \"no-such-user\"");
	expect_end("--metrics", "nonsense", 1, "expected host:port");
	expect_end("--metrics-directory", "/nonexistent", 1, "cannot be written: No such file");
	expect_end("--database-url", "nonsense", 1, "the database URL cannot be read");
}
END_TEST

START_TEST(a_port_that_is_taken_ends_the_start_and_is_named)
{
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof where;
	char listen_at[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&where, sizeof where), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&where, &size), 0);
	snprintf(listen_at, sizeof listen_at, "tcp://127.0.0.1:%d", ntohs(where.sin_port));
	expect_end("--listen", listen_at, 1, "Address already in use");
	expect_end("--metrics", listen_at + strlen("tcp://"), 1, "Address already in use");
	close(fd);
}
END_TEST

START_TEST(keys_that_cannot_be_used_end_the_start_and_are_named)
{
	char keys[64], own[128], other[128];
	snprintf(keys, sizeof keys, "%s/keys", directory);
	snprintf(own, sizeof own, "%s/finance.secret", keys);
	snprintf(other, sizeof other, "%s/placements.secret", keys);
	expect_end("--keys", "/nonexistent", 1, "there is no directory /nonexistent");
	ck_assert_int_eq(mkdir(keys, 0755), 0);
	expect_end("--keys", keys, 1, "finance.secret: No such file");
	for (int i = 0; i < 2; i++) {
		struct outcome made = run_hearth("--keys", keys, "keys", "make", i ? "placements" : "finance", "--kind", "service", NULL);
		ck_assert_msg(made.code == 0, "%s", made.err);
		outcome_done(&made);
	}
	expect_end("--key", own, 1, "key needs keys");
	ck_assert_int_eq(chmod(own, 0644), 0);
	expect_end("--keys", keys, 1, "others may read it: make it 0600");
	ck_assert_int_eq(chmod(own, 0600), 0);
	ck_assert_int_eq(rename(other, own), 0);
	expect_end("--keys", keys, 1, "the key is placements's; this service is finance");
	ck_assert_int_eq(chmod(keys, 0777), 0);
	expect_end("--keys", keys, 1, "others may write it: make it 0755");
}
END_TEST

/* ---- starts that wait ---- */

/* A process that is ended after `seconds`; what it said. */
static struct running start_for(const char *seconds, const char *url, const char *flag, const char *value)
{
	const char *argv[] = { "/usr/bin/timeout", "-s", "TERM", seconds, program(), "--services", address("/waits"),
		                   "--database-url", url, flag, value, NULL };
	return run_start(argv, NULL);
}

static int lines_with(const char *text, const char *words)
{
	int count = 0;
	for (const char *at = strstr(text, words); at != NULL; at = strstr(at + 1, words))
		count++;
	return count;
}

/* Once for each of the four connections, however often it is tried. */
static void expect_wait(const struct running *running, const char *words)
{
	struct outcome outcome = run_wait(running);
	int count = lines_with(outcome.err, words);
	ck_assert_msg(count >= 1 && count <= 4 && strstr(outcome.err, "ready=yes") == NULL, "\"%s\" stands %d times in:\n%.900s", words,
	              count, outcome.err);
	ck_assert_msg(lines_with(outcome.err, "\n") <= 9, "a process that waits says too much:\n%.900s", outcome.err);
	outcome_done(&outcome);
}

static void run_sql(const char *sql)
{
	PGconn *db = PQconnectdb(support_pg_url(pg, "hearth", database));
	PGresult *result = PQexec(db, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(db));
	PQclear(result);
	PQfinish(db);
}

START_TEST(a_database_that_is_not_ready_is_waited_for_and_said_once)
{
	char closed[128];
	const char *url = support_pg_url(pg, "hearth_finance", database);
	struct outcome roles = run_hearth("migrate", "--admin-url", support_pg_url(pg, "hearth", database), "--roles-only", NULL);
	ck_assert_msg(roles.code == 0, "%s", roles.err);
	outcome_done(&roles);
	snprintf(closed, sizeof closed, "postgresql://hearth_finance@127.0.0.1:1/x");
	struct running bare = start_for("3", url, NULL, NULL), away = start_for("3", closed, NULL, NULL);
	struct running nowhere = start_for("3", support_pg_url(pg, "hearth_finance", "no_such_database"), NULL, NULL);
	expect_wait(&bare, "relation 'outbox' does not exist (42P01); run hearth migrate, unless database");
	expect_wait(&away, "Connection refused");
	expect_wait(&nowhere, "database 'no_such_database' does not exist");
}
END_TEST

START_TEST(another_services_role_and_a_server_that_takes_no_writes_are_said)
{
	struct outcome migrated = run_hearth("migrate", "--admin-url", support_pg_url(pg, "hearth", database), NULL);
	ck_assert_msg(migrated.code == 0, "%s", migrated.err);
	outcome_done(&migrated);
	struct running other = start_for("3", support_pg_url(pg, "hearth_placements", database), NULL, NULL);
	expect_wait(&other, "or role hearth_placements is the wrong one");
	char sql[200];
	snprintf(sql, sizeof sql, "ALTER ROLE hearth_finance IN DATABASE %s SET default_transaction_read_only = on", database);
	run_sql(sql);
	struct running standby = start_for("3", support_pg_url(pg, "hearth_finance", database), NULL, NULL);
	expect_wait(&standby, "session is read-only");
}
END_TEST

START_TEST(making_all_statements_ready_may_take_longer_than_one_statement)
{
	struct outcome migrated = run_hearth("migrate", "--admin-url", support_pg_url(pg, "hearth", database), NULL);
	ck_assert_msg(migrated.code == 0, "%s", migrated.err);
	outcome_done(&migrated);
	struct running quick = start_for("5", support_pg_url(pg, "hearth", database), "--statement-timeout", "10");
	struct outcome outcome = run_wait(&quick);
	ck_assert_msg(lines_with(outcome.err, "ready=yes") == 1 && lines_with(outcome.err, "failed=\"") == 0, "%.900s", outcome.err);
	outcome_done(&outcome);
}
END_TEST

START_TEST(what_works_and_is_not_meant_is_said)
{
	struct outcome migrated = run_hearth("migrate", "--admin-url", support_pg_url(pg, "hearth", database), NULL);
	ck_assert_msg(migrated.code == 0, "%s", migrated.err);
	outcome_done(&migrated);
	struct running super = start_for("3", support_pg_url(pg, "hearth", database), "--archive", "/nonexistent");
	struct outcome outcome = run_wait(&super);
	ck_assert_msg(lines_with(outcome.err, "role=superuser") == 1 && lines_with(outcome.err, "ready=yes") == 1 &&
	              lines_with(outcome.err, "ready=no") == 0 && lines_with(outcome.err, "reason=ARCHIVE_UNUSABLE") == 1 &&
	              lines_with(outcome.err, "/nonexistent: No such file") == 1, "%.900s", outcome.err);
	outcome_done(&outcome);
}
END_TEST

int main(void)
{
	struct check_options options = { start_server, stop_server, 60 };
	return CHECK_MAIN_WITH(&options, "operations",
	                       the_page_has_every_metric_that_running_services_show_and_none_other,
	                       a_wrong_setting_ends_the_start_with_2_and_is_named,
	                       an_address_that_is_no_good_ends_the_start_with_1_and_is_named,
	                       a_port_that_is_taken_ends_the_start_and_is_named,
	                       keys_that_cannot_be_used_end_the_start_and_are_named,
	                       a_database_that_is_not_ready_is_waited_for_and_said_once,
	                       another_services_role_and_a_server_that_takes_no_writes_are_said,
	                       making_all_statements_ready_may_take_longer_than_one_statement,
	                       what_works_and_is_not_meant_is_said);
}
