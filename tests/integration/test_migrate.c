/* test_migrate.c: `hearth migrate`: what it makes, what it refuses, and how consumers follow a renewed history. */
#include <jansson.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "../support/private_pg.h"
#include "run_hearth.h"

#define EPOCH_SIZE 40

static struct support_pg *pg;
static char name[64], copy_name[64];
static PGconn *db;

static void start_server(void)
{
	pg = support_pg_start();
	ck_assert_ptr_nonnull(pg);
}

static void stop_server(void)
{
	support_pg_stop(&pg);
}

static const char *admin_url(void)
{
	return support_pg_url(pg, "hearth", name);
}

/* ---- helpers ---- */

static char *ask_on(PGconn *connection, const char *sql)
{
	static char answers[8][256];
	static int turn;
	PGresult *result = PQexec(connection, sql);
	ExecStatusType type = PQresultStatus(result);
	char *answer = answers[turn++ % 8];
	answer[0] = '\0';
	if (type == PGRES_TUPLES_OK && PQntuples(result) > 0)
		snprintf(answer, sizeof answers[0], "%s", PQgetvalue(result, 0, 0));
	else if (type != PGRES_COMMAND_OK && type != PGRES_TUPLES_OK)
		snprintf(answer, sizeof answers[0], "error %s", PQresultErrorField(result, PG_DIAG_SQLSTATE));
	PQclear(result);
	return answer;
}

/* The first value, "" for none, or "error SQLSTATE". */
static char *ask(const char *sql)
{
	return ask_on(db, sql);
}

static void run_sql(const char *sql)
{
	ck_assert_str_eq(ask(sql), "");
}

static void open_database(void)
{
	snprintf(name, sizeof name, "migrate_%ld", (long)getpid());
	snprintf(copy_name, sizeof copy_name, "migrate_%ld_copy", (long)getpid());
	ck_assert_int_eq(support_pg_create_database(pg, name), 0);
	db = PQconnectdb(admin_url());
	ck_assert_int_eq(PQstatus(db), CONNECTION_OK);
}

static void close_database(void)
{
	PQfinish(db);
	ck_assert_int_eq(support_pg_drop_database(pg, name), 0);
	ck_assert_int_eq(support_pg_drop_database(pg, copy_name), 0);
}

static void migrated(void)
{
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), NULL);
	ck_assert_msg(outcome.code == 0, "migrate: %s", outcome.err);
	outcome_done(&outcome);
}

static void open_migrated(void)
{
	open_database();
	migrated();
}

/* ---- roles and schemas ---- */

START_TEST(each_service_gets_an_owner_without_login_and_a_login_role)
{
	open_migrated();
	ck_assert_str_eq(ask("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'placements_owner'"), "f");
	ck_assert_str_eq(ask("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'hearth_placements'"), "t");
	ck_assert_str_eq(ask("SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = 'hearth_placements'"),
	                 "f");
	ck_assert_str_eq(ask("SELECT count(1) FROM pg_namespace WHERE pg_get_userbyid(nspowner) = nspname || '_owner'"), "5");
	close_database();
}
END_TEST

START_TEST(a_login_role_cannot_read_another_schema)
{
	static const char *const services[] = {"placements", "providers", "referrals", "finance", "careleavers"};
	open_migrated();
	for (int i = 0; i < 5; i++)
		for (int j = 0; j < 5; j++) {
			char sql[256];
			snprintf(sql, sizeof sql, "SET ROLE hearth_%s; SELECT count(1) FROM %s.outbox", services[i], services[j]);
			ck_assert_str_eq(ask(sql), i == j ? "0" : "error 42501");
		}
	run_sql("RESET ROLE");
	ck_assert_str_eq(ask("SELECT count(1) FROM pg_class c, pg_roles r WHERE r.rolname ~ '^hearth_' AND c.relkind IN ('r', 'v') "
	                     "AND c.relnamespace::regnamespace::text IN ('placements', 'providers', 'referrals', 'finance', "
	                     "'careleavers') AND 'hearth_' || c.relnamespace::regnamespace::text <> r.rolname "
	                     "AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')"), "0");
	close_database();
}
END_TEST

START_TEST(a_login_role_cannot_change_its_schema_its_history_or_its_migrations)
{
	open_migrated();
	run_sql("SET ROLE hearth_placements");
	ck_assert_str_eq(ask("CREATE TABLE placements.own (x int)"), "error 42501");
	ck_assert_str_eq(ask("UPDATE placements.history_kept SET epoch = gen_random_uuid()"), "error 42501");
	ck_assert_str_eq(ask("DELETE FROM placements.migration"), "error 42501");
	ck_assert_str_eq(ask("SELECT count(1) FROM placements.history"), "1");
	close_database();
}
END_TEST

START_TEST(the_ledger_can_only_be_appended_to)
{
	open_migrated();
	run_sql("SET ROLE hearth_finance");
	ck_assert_str_eq(ask("UPDATE finance.ledger SET pence = 0"), "error 42501");
	ck_assert_str_eq(ask("DELETE FROM finance.ledger"), "error 42501");
	ck_assert_str_eq(ask("SELECT count(1) FROM finance.ledger"), "0");
	close_database();
}
END_TEST

START_TEST(tables_of_later_migrations_follow_with_rights)
{
	open_migrated();
	run_sql("SET ROLE placements_owner; CREATE TABLE placements.later (x int); "
	        "CREATE FUNCTION placements.later_sum() RETURNS bigint LANGUAGE sql AS 'SELECT sum(x) FROM placements.later'");
	run_sql("SET ROLE hearth_placements; INSERT INTO placements.later VALUES (1); UPDATE placements.later SET x = 2");
	ck_assert_str_eq(ask("SELECT placements.later_sum()"), "2");
	run_sql("RESET ROLE; SET ROLE hearth_finance");
	ck_assert_str_eq(ask("SELECT placements.later_sum()"), "error 42501");
	close_database();
}
END_TEST

/* ---- again, changed, at once ---- */

START_TEST(a_second_migrate_changes_nothing)
{
	open_migrated();
	char *before = ask("SELECT md5(string_agg(name || hash || applied || who, ',' ORDER BY name)) FROM placements.migration");
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), "--json", NULL);
	ck_assert_int_eq(outcome.code, 0);
	json_t *report = json_loads(outcome.out, 0, NULL);
	size_t i;
	const json_t *service;
	ck_assert_uint_eq(json_array_size(json_object_get(report, "services")), 5);
	json_array_foreach(json_object_get(report, "services"), i, service) {
		ck_assert_uint_eq(json_array_size(json_object_get(service, "made")), 0);
		ck_assert_uint_eq(json_array_size(json_object_get(service, "applied")), 0);
		ck_assert_int_gt(json_integer_value(json_object_get(service, "migrations")), 0);
	}
	json_decref(report);
	outcome_done(&outcome);
	ck_assert_str_eq(ask("SELECT md5(string_agg(name || hash || applied || who, ',' ORDER BY name)) FROM placements.migration"),
	                 before);
	close_database();
}
END_TEST

START_TEST(a_migration_that_has_changed_since_is_refused_by_name)
{
	open_migrated();
	run_sql("UPDATE placements.migration SET hash = 'another' WHERE name = '001_tables'");
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), NULL);
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "MIGRATION_CHANGED"));
	ck_assert_ptr_nonnull(strstr(outcome.err, "placements/001_tables.sql"));
	outcome_done(&outcome);
	close_database();
}
END_TEST

START_TEST(a_migration_before_one_that_is_applied_is_refused)
{
	open_migrated();
	run_sql("DELETE FROM placements.migration WHERE name = '001_tables'");
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), "--service", "placements", NULL);
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "MIGRATION_LATE"));
	outcome_done(&outcome);
	close_database();
}
END_TEST

START_TEST(migrates_at_once_apply_each_file_once)
{
	enum { AT_ONCE = 4 };
	struct running running[AT_ONCE];
	size_t applied = 0, i;
	const json_t *service;
	open_database();
	const char *const argv[] = {run_hearth_path(), "migrate", "--json", "--admin-url", admin_url(), NULL};
	for (int each = 0; each < AT_ONCE; each++)
		running[each] = run_start(argv, NULL);
	for (int each = 0; each < AT_ONCE; each++) {
		struct outcome outcome = run_wait(&running[each]);
		ck_assert_msg(outcome.code == 0, "migrate: %s", outcome.err);
		json_t *report = json_loads(outcome.out, 0, NULL);
		json_array_foreach(json_object_get(report, "services"), i, service)
			applied += json_array_size(json_object_get(service, "applied"));
		json_decref(report);
		outcome_done(&outcome);
	}
	char *recorded = ask("SELECT (SELECT count(1) FROM placements.migration) + (SELECT count(1) FROM providers.migration) + "
	                     "(SELECT count(1) FROM referrals.migration) + (SELECT count(1) FROM finance.migration) + "
	                     "(SELECT count(1) FROM careleavers.migration)");
	ck_assert_uint_eq(applied, (size_t)strtol(recorded, NULL, 10));
	close_database();
}
END_TEST

START_TEST(a_lock_held_for_a_while_is_waited_for)
{
	open_migrated();
	PGconn *other = PQconnectdb(admin_url());
	ck_assert_str_eq(ask_on(other, "BEGIN; LOCK TABLE placements.migration IN ACCESS EXCLUSIVE MODE"), "");
	const char *const argv[] = {run_hearth_path(), "migrate", "--admin-url", admin_url(), "--service", "placements", NULL};
	struct running running = run_start(argv, NULL);
	sleep(3);
	ck_assert_str_eq(ask_on(other, "ROLLBACK"), "");
	struct outcome outcome = run_wait(&running);
	ck_assert_msg(outcome.code == 0, "migrate: %s", outcome.err);
	outcome_done(&outcome);
	PQfinish(other);
	close_database();
}
END_TEST

/* ---- histories ---- */

static void tell_events(int count)
{
	char sql[400];
	snprintf(sql, sizeof sql, "INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, time, "
	         "payload) SELECT 'hearth.child.recorded.v1', 'child', i::text, 1, i::text, '2022-04-01', '{}' "
	         "FROM generate_series(1, %d) i", count);
	run_sql(sql);
}

/* The consumer has applied events up to seq of the present history. */
static void apply_up_to(const char *consumer, int seq)
{
	char sql[256];
	snprintf(sql, sizeof sql, "INSERT INTO %s.cursor (source, epoch, seq) SELECT 'placements', epoch, %d FROM "
	         "placements.history", consumer, seq);
	run_sql(sql);
}

static void open_with_events(int events, int finance_seq, int referrals_seq)
{
	open_migrated();
	tell_events(events);
	apply_up_to("finance", finance_seq);
	apply_up_to("referrals", referrals_seq);
}

START_TEST(a_copy_of_a_schema_shows_another_history)
{
	open_migrated();
	char *before = ask("SELECT epoch FROM placements.history");
	ck_assert_str_eq(ask("SELECT epoch FROM placements.history_kept"), before);
	run_sql("ALTER TABLE placements.history_kept RENAME TO away; "
	        "ALTER SCHEMA placements RENAME TO original; CREATE SCHEMA placements; "
	        "CREATE TABLE placements.history_kept AS SELECT only_row, epoch, place FROM original.away; "
	        "CREATE VIEW placements.history AS SELECT CASE WHEN k.place = original.history_place(k.tableoid) THEN k.epoch "
	        "ELSE md5(k.epoch::text || original.history_place(k.tableoid))::uuid END AS epoch FROM placements.history_kept k");
	ck_assert_str_ne(ask("SELECT epoch FROM placements.history"), before);
	close_database();
}
END_TEST

START_TEST(consumers_in_the_same_database_go_on_after_the_last_event_they_applied)
{
	open_with_events(5, 3, 5);
	char *before = ask("SELECT epoch FROM placements.history");
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), "--new-history", "placements", NULL);
	ck_assert_msg(outcome.code == 0, "migrate: %s", outcome.err);
	char *after = ask("SELECT epoch FROM placements.history");
	ck_assert_str_ne(before, after);
	ck_assert_ptr_nonnull(strstr(outcome.out, after));
	ck_assert_str_eq(ask("SELECT epoch FROM finance.cursor"), after);
	ck_assert_str_eq(ask("SELECT seq FROM finance.cursor"), "3");
	ck_assert_str_eq(ask("SELECT epoch FROM referrals.cursor"), after);
	ck_assert_str_eq(ask("SELECT seq FROM referrals.cursor"), "5");
	outcome_done(&outcome);
	close_database();
}
END_TEST

START_TEST(a_consumer_past_the_end_of_the_copy_is_refused_and_nothing_changes)
{
	open_with_events(5, 3, 9);
	char *before = ask("SELECT epoch FROM placements.history");
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), "--new-history", "placements", NULL);
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "EVENTS_LOST"));
	ck_assert_ptr_nonnull(strstr(outcome.err, "referrals"));
	ck_assert_ptr_nonnull(strstr(outcome.err, "--accept-loss"));
	outcome_done(&outcome);
	ck_assert_str_eq(ask("SELECT epoch FROM placements.history"), before);
	ck_assert_str_eq(ask("SELECT epoch FROM finance.cursor"), before);
	close_database();
}
END_TEST

START_TEST(with_accept_loss_a_consumer_goes_back_to_the_end)
{
	open_with_events(5, 3, 9);
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), "--new-history", "placements", "--accept-loss",
	                                    NULL);
	ck_assert_msg(outcome.code == 0, "migrate: %s", outcome.err);
	ck_assert_str_eq(ask("SELECT seq FROM referrals.cursor"), "5");
	ck_assert_str_eq(ask("SELECT seq FROM finance.cursor"), "3");
	ck_assert_str_eq(ask("SELECT count(DISTINCT epoch) FROM (SELECT epoch FROM referrals.cursor UNION ALL SELECT epoch FROM "
	                     "placements.history) e"), "1");
	outcome_done(&outcome);
	close_database();
}
END_TEST

/* As an operator does: pg_dump of one schema into another database. */
static void restore_into_copy(void)
{
	ck_assert_int_eq(support_pg_create_database(pg, copy_name), 0);
	char from[512], to[512], dump[] = P_tmpdir "/hearth-dump-XXXXXX";
	int fd = mkstemp(dump);
	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(from, sizeof from, "%s", admin_url());
	snprintf(to, sizeof to, "%s", support_pg_url(pg, "hearth", copy_name));
	const char *const argv[] = {"/bin/sh", "-c", "set -e; bin=$(pg_config --bindir); [ -x \"$bin/pg_dump\" ] || bin=/usr/bin; "
	                            "\"$bin/pg_dump\" -n placements -d \"$1\" > \"$3\"; "
	                            "\"$bin/psql\" -q -v ON_ERROR_STOP=1 -d \"$2\" -f \"$3\" >/dev/null; rm \"$3\"",
	                            "restore", from, to, dump, NULL};
	struct outcome outcome = run_program(argv, NULL);
	ck_assert_msg(outcome.code == 0, "restore: %s", outcome.err);
	outcome_done(&outcome);
}

/* Renews the copy's history; the value for --follow-history. */
static void renew_copy(char *ret_value, size_t size)
{
	struct outcome outcome = run_hearth("migrate", "--admin-url", support_pg_url(pg, "hearth", copy_name), "--service",
	                                    "placements", "--new-history", "placements", "--json", NULL);
	ck_assert_msg(outcome.code == 0, "migrate: %s", outcome.err);
	json_t *report = json_loads(outcome.out, 0, NULL);
	const json_t *history = json_array_get(json_object_get(report, "histories"), 0);
	snprintf(ret_value, size, "%s", json_string_value(json_object_get(history, "follow")));
	json_decref(report);
	outcome_done(&outcome);
}

static int follow(const char *value)
{
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), "--follow-history", value, NULL);
	int code = outcome.code;
	outcome_done(&outcome);
	return code;
}

START_TEST(consumers_elsewhere_follow_a_restored_schema)
{
	char value[256];
	open_with_events(5, 3, 5);
	restore_into_copy();
	PGconn *copy = PQconnectdb(support_pg_url(pg, "hearth", copy_name));
	char *old = ask("SELECT epoch FROM placements.history");
	ck_assert_str_eq(ask_on(copy, "SELECT count(1) FROM placements.outbox"), "5");
	ck_assert_str_ne(ask_on(copy, "SELECT epoch FROM placements.history"), old);
	renew_copy(value, sizeof value);
	char *fresh = ask_on(copy, "SELECT epoch FROM placements.history");
	ck_assert_str_eq(ask("SELECT epoch FROM finance.cursor"), old);
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(follow(value), 0);
		ck_assert_str_eq(ask("SELECT epoch FROM finance.cursor"), fresh);
		ck_assert_str_eq(ask("SELECT seq FROM finance.cursor"), "3");
		ck_assert_str_eq(ask("SELECT seq FROM referrals.cursor"), "5");
	}
	PQfinish(copy);
	close_database();
}
END_TEST

START_TEST(a_consumer_elsewhere_that_missed_a_renewal_is_refused)
{
	char missed[256], value[256];
	open_with_events(5, 3, 5);
	restore_into_copy();
	renew_copy(missed, sizeof missed);
	renew_copy(value, sizeof value);
	ck_assert_int_eq(follow(value), 1);
	ck_assert_int_eq(follow(missed), 0);
	ck_assert_int_eq(follow(value), 0);
	ck_assert_str_eq(ask("SELECT seq FROM finance.cursor"), "3");
	close_database();
}
END_TEST

START_TEST(what_is_no_history_is_a_usage_of_its_own)
{
	open_migrated();
	ck_assert_int_eq(follow("placements=1"), 1);
	struct outcome outcome = run_hearth("migrate", "--admin-url", admin_url(), "--new-history", "nothing", NULL);
	ck_assert_int_eq(outcome.code, 2);
	outcome_done(&outcome);
	outcome = run_hearth("migrate", NULL);
	ck_assert_int_eq(outcome.code, 2);
	outcome_done(&outcome);
	outcome = run_hearth("migrate", "--admin-url", "host=/nonexistent dbname=none", NULL);
	ck_assert_int_eq(outcome.code, 4);
	outcome_done(&outcome);
	close_database();
}
END_TEST

int main(void)
{
	const struct check_options options = {.setup = start_server, .teardown = stop_server, .timeout = 60};
	return CHECK_MAIN_WITH(&options, "migrate", each_service_gets_an_owner_without_login_and_a_login_role,
	                       a_login_role_cannot_read_another_schema,
	                       a_login_role_cannot_change_its_schema_its_history_or_its_migrations,
	                       the_ledger_can_only_be_appended_to, tables_of_later_migrations_follow_with_rights,
	                       a_second_migrate_changes_nothing, a_migration_that_has_changed_since_is_refused_by_name,
	                       a_migration_before_one_that_is_applied_is_refused, migrates_at_once_apply_each_file_once,
	                       a_lock_held_for_a_while_is_waited_for, a_copy_of_a_schema_shows_another_history,
	                       consumers_in_the_same_database_go_on_after_the_last_event_they_applied,
	                       a_consumer_past_the_end_of_the_copy_is_refused_and_nothing_changes,
	                       with_accept_loss_a_consumer_goes_back_to_the_end, consumers_elsewhere_follow_a_restored_schema,
	                       a_consumer_elsewhere_that_missed_a_renewal_is_refused, what_is_no_history_is_a_usage_of_its_own);
}
