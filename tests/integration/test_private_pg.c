/* test_private_pg.c: the private PostgreSQL: its faults, its odd paths, its sure end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <libpq-fe.h>

#include "../support/check_main.h"
#include "../support/private_pg.h"

static void pause_ms(long ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&time, NULL);
}

/* The first value of a query; "" when it failed. */
static void ask(struct support_pg *pg, const char *user, const char *dbname, const char *sql, char ret_text[256])
{
	PGconn *db = PQconnectdb(support_pg_url(pg, user, dbname));
	PGresult *result = PQstatus(db) == CONNECTION_OK ? PQexec(db, sql) : NULL;
	snprintf(ret_text, 256, "%s", result != NULL && PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(db);
}

static void remove_directory(const char *path)
{
	pid_t child = fork();
	if (child == 0) {
		execl("/bin/rm", "rm", "-rf", path, (char *)NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

static void fresh_directory(char ret_path[64])
{
	const char *run = getenv("HEARTH_TEST_DIR");
	snprintf(ret_path, 64, "%s/t-XXXXXX", run != NULL && strlen(run) < 40 ? run : "/var/tmp");
	ck_assert_ptr_nonnull(mkdtemp(ret_path));
	ck_assert_int_eq(chmod(ret_path, 0711), 0);
}

START_TEST(a_database_can_be_made_used_and_dropped)
{
	char text[256];
	struct support_pg *pg = support_pg_start();
	ck_assert_ptr_nonnull(pg);
	ck_assert_int_eq(support_pg_create_database(pg, "odd \"name'"), 0);
	ask(pg, "hearth", "odd \"name'", "SELECT current_database()", text);
	ck_assert_str_eq(text, "odd \"name'");
	ck_assert_int_eq(support_pg_drop_database(pg, "odd \"name'"), 0);
	ask(pg, "hearth", "odd \"name'", "SELECT 1", text);
	ck_assert_str_eq(text, "");
	support_pg_stop(&pg);
	ck_assert_ptr_null(pg);
}
END_TEST

START_TEST(it_is_durable_and_only_on_its_socket)
{
	char text[256];
	struct support_pg *pg = support_pg_start();
	ck_assert_ptr_nonnull(pg);
	ask(pg, "hearth", "postgres", "SHOW fsync", text);
	ck_assert_str_eq(text, "on");
	ask(pg, "hearth", "postgres", "SHOW listen_addresses", text);
	ck_assert_str_eq(text, "");
	ask(pg, "hearth", "postgres", "SELECT count(*)::text FROM pg_hba_file_rules WHERE auth_method <> 'peer'", text);
	ck_assert_str_eq(text, "0");
	support_pg_stop(&pg);
}
END_TEST

START_TEST(any_role_can_be_taken_by_who_owns_it)
{
	char text[256];
	struct support_pg *pg = support_pg_start();
	ck_assert_ptr_nonnull(pg);
	ask(pg, "hearth", "postgres", "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'passing_role') THEN "
	    "CREATE ROLE passing_role LOGIN; END IF; END $$", text);
	ask(pg, "passing_role", "postgres", "SELECT current_user", text);
	ck_assert_str_eq(text, "passing_role");
	support_pg_stop(&pg);
}
END_TEST

START_TEST(what_was_committed_survives_kill_9)
{
	char text[256], parent[64], dir[128];
	fresh_directory(parent);
	snprintf(dir, sizeof dir, "%s/killed", parent);
	struct support_pg *pg = support_pg_start_own(dir);
	ck_assert_ptr_nonnull(pg);
	ask(pg, "hearth", "postgres", "CREATE TABLE kept (n int)", text);
	ask(pg, "hearth", "postgres", "INSERT INTO kept VALUES (1) RETURNING n", text);
	ck_assert_str_eq(text, "1");
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(support_pg_kill(pg), 0);
		ck_assert_int_eq(support_pg_restart(pg), 0);
	}
	ask(pg, "hearth", "postgres", "SELECT count(*)::text FROM kept", text);
	ck_assert_str_eq(text, "1");
	support_pg_stop(&pg);
	/* And a later start finds the same data. */
	pg = support_pg_start_own(dir);
	ck_assert_ptr_nonnull(pg);
	ck_assert_ptr_null(support_pg_start_own(dir));
	ask(pg, "hearth", "postgres", "SELECT count(*)::text FROM kept", text);
	ck_assert_str_eq(text, "1");
	support_pg_remove(&pg);
	ck_assert_int_eq(rmdir(parent), 0);
}
END_TEST

START_TEST(a_path_may_be_long_and_hold_spaces_and_quotes)
{
	char text[256], parent[64], dir[512], socket[128];
	fresh_directory(parent);
	int length = snprintf(dir, sizeof dir, "%s/it's a \"place\", with spaces/", parent);
	memset(dir + length, 'x', 200);
	dir[length + 200] = '\0';
	struct support_pg *pg = support_pg_start_own(dir);
	ck_assert_ptr_nonnull(pg);
	ck_assert_uint_lt(strlen(support_pg_socket(pg)), 90);
	ask(pg, "hearth", "postgres", "SELECT 'there'", text);
	ck_assert_str_eq(text, "there");
	snprintf(socket, sizeof socket, "%s", support_pg_socket(pg));
	support_pg_remove(&pg);
	ck_assert_int_ne(access(socket, F_OK), 0);
	ck_assert_int_ne(access(dir, F_OK), 0);
	remove_directory(parent);
}
END_TEST

START_TEST(a_directory_that_its_user_cannot_reach_is_no_obstacle)
{
	char text[256], parent[64], dir[128], line[512] = "", socket[512] = "";
	fresh_directory(parent);
	ck_assert_int_eq(chmod(parent, 0700), 0);
	snprintf(dir, sizeof dir, "%s/checkout", parent);
	struct support_pg *pg = support_pg_start_own(dir);
	ck_assert_ptr_nonnull(pg);
	ask(pg, "hearth", "postgres", "SELECT 'there'", text);
	ck_assert_str_eq(text, "there");
	snprintf(text, sizeof text, "%s/postgres-is-at", dir);
	FILE *note = fopen(text, "r");
	ck_assert_ptr_nonnull(note);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, note));
	ck_assert_ptr_nonnull(fgets(socket, sizeof socket, note));
	fclose(note);
	line[strcspn(line, "\n")] = '\0';
	/* Root's server runs as somebody else, who is kept out; ours is not. */
	if (geteuid() == 0)
		ck_assert_int_eq(strncmp(line, "/var/tmp/hearth-pg-", 19), 0);
	ck_assert_int_eq(access(line, F_OK), 0);
	/* Nothing of it stays, wherever it lay. */
	support_pg_remove(&pg);
	ck_assert_int_ne(access(line, F_OK), 0);
	ck_assert_int_eq(rmdir(parent), 0);
}
END_TEST

/* The pid of its file; 0 when there is none. */
static pid_t server_pid(const char *dir)
{
	char path[256], line[32] = "";
	snprintf(path, sizeof path, "%s/postgres/data/postmaster.pid", dir);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return 0;
	long pid = fgets(line, sizeof line, file) != NULL ? strtol(line, NULL, 10) : 0;
	fclose(file);
	return (pid_t)pid;
}

START_TEST(it_ends_with_the_process_that_started_it)
{
	char parent[64], dir[128], byte = 0;
	int ready[2];
	fresh_directory(parent);
	snprintf(dir, sizeof dir, "%s/left", parent);
	ck_assert_int_eq(pipe(ready), 0);
	pid_t starter = fork();
	if (starter == 0) {
		struct support_pg *pg = support_pg_start_own(dir);
		if (pg == NULL || write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	pid_t server = server_pid(dir);
	ck_assert_int_gt(server, 1);
	ck_assert_int_eq(kill(server, 0), 0);
	/* Its new parent is us, so that its end can be awaited. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	kill(starter, SIGKILL);
	waitpid(starter, NULL, 0);
	int waited = 0;
	while (waitpid(server, NULL, WNOHANG) == 0 && waited++ < 300)
		pause_ms(50);
	ck_assert_int_eq(kill(server, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
	close(ready[0]);
	remove_directory(parent);
}
END_TEST

int main(void)
{
	const struct check_options options = { .timeout = 60 };
	return CHECK_MAIN_WITH(&options, "private_pg", a_database_can_be_made_used_and_dropped,
	                       it_is_durable_and_only_on_its_socket, any_role_can_be_taken_by_who_owns_it,
	                       what_was_committed_survives_kill_9, a_path_may_be_long_and_hold_spaces_and_quotes,
	                       a_directory_that_its_user_cannot_reach_is_no_obstacle,
	                       it_ends_with_the_process_that_started_it);
}
