/* test_outbox.c: the owner's side of events: partitions, trimming, who hears. Two processes of placements and of
 * careleavers, which hears them; events are put into the outbox by hand. A test begins where the one before it ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearth/text.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "catalogue.h"
#include "run_hearth.h"
#include "tables.h"
#include "world.h"

static struct suite *suite;
static char directory[64];            /* of the archive: placements is not trimmed without one */

static void start_suite(void)
{
	static const char *const services[] = { "careleavers", "placements", NULL };
	static const char *const flags[] = { "--outbox-partition", "1000", "--archive", directory, NULL };
	snprintf(directory, sizeof directory, "/tmp/hearth-archive-XXXXXX");
	if (!mkdtemp(directory))
		abort();
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .services = services, .instances = 2, .flags = flags });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	const char *const remove[] = { "/bin/rm", "-r", directory, NULL };
	struct outcome outcome = run_program(remove, NULL);
	if (outcome.code != 0 || suite_stop(&suite) != 0)
		abort();
	outcome_done(&outcome);
}

/* ---- helpers ---- */

/* The first value, "" for none, or "error SQLSTATE". Static, of the last eight. */
static const char *ask_on(PGconn *db, const char *sql)
{
	static char answers[8][600];
	static int turn;
	PGresult *result = PQexec(db, sql);
	char *answer = answers[turn++ % 8];
	answer[0] = '\0';
	if (PQresultStatus(result) == PGRES_FATAL_ERROR)
		snprintf(answer, sizeof answers[0], "error %s", PQresultErrorField(result, PG_DIAG_SQLSTATE));
	else if (PQntuples(result) > 0)
		snprintf(answer, sizeof answers[0], "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return answer;
}

static const char *ask(const char *sql)
{
	return ask_on(tables_db(suite), sql);
}

static void in_database(const char *sql)
{
	const char *answer = ask(sql);
	ck_assert_msg(strncmp(answer, "error", 5) != 0, "%s: %s", sql, answer);
}

/* Waits until the number is the one wanted; the last one seen. */
static long comes_to(const char *sql, long wanted, int ms)
{
	long seen = tables_number(suite, sql);
	for (int waited = 0; waited < ms && seen != wanted; waited += 50) {
		usleep(50000);
		seen = tables_number(suite, sql);
	}
	return seen;
}

/* Under the writer lock of placements, as everything that tells. */
static void tell(int count, const char *time)
{
	char sql[600];
	snprintf(sql, sizeof sql, "INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, "
	         "authority, time, payload) SELECT 'hearth.child.recorded.v1', 'child', k.id, 1, k.id, '961', '%s', "
	         "jsonb_build_object('childId', k.id) FROM generate_series(1, %d) n CROSS JOIN LATERAL "
	         "(SELECT '0190b3c2-7d1e-7abc-9def-' || lpad(n::text, 12, '0') AS id) k", time, count);
	in_database(sql);
}

static void applied_by_careleavers(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (tables_number(suite, "SELECT (coalesce((SELECT max(seq) FROM careleavers.cursor WHERE source = 'placements'), 0) "
		                         ">= coalesce((SELECT max(seq) FROM placements.outbox), 0))::int") == 1)
			return;
		usleep(20000);
	}
	ck_abort_msg("careleavers does not catch up");
}

static struct world_answer pull(const char *service, int64_t after)
{
	char request[64];
	snprintf(request, sizeof request, "{\"after\": \"%lld\"}", (long long)after);
	return world_ask(suite, "", catalogue_find(service, "Pull"), request, NULL);
}

/* ---- an outbox that was there before ---- */

static const char *migrate_to(const char *database)
{
	static char url[256];
	snprintf(url, sizeof url, "%s", support_pg_url(suite_pg(suite), "hearth", database));
	struct outcome outcome = run_hearth("migrate", "--admin-url", url, "--service", "placements", NULL);
	ck_assert_msg(outcome.code == 0, "%s", outcome.err);
	outcome_done(&outcome);
	return url;
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	char *text = calloc(1, 100000);
	ck_assert(fread(text, 1, 99999, file) > 0);
	fclose(file);
	return text;
}

/* The schema as its first two migrations left it, with their rows in table `migration`. */
static void apply_old(PGconn *db, const char *path, const char *name)
{
	char *text = read_file(path), sql[300], hex[2 * HEARTH_HASH_SIZE + 1];
	uint8_t hash[HEARTH_HASH_SIZE];
	hearth_hash(text, strlen(text), hash);
	hearth_hex(hash, sizeof hash, hex);
	PQclear(PQexec(db, text));
	snprintf(sql, sizeof sql, "INSERT INTO migration (name, hash) VALUES ('%s', '%s')", name, hex);
	ck_assert_str_eq(ask_on(db, sql), "");
	free(text);
}

#define OLD_ROWS "string_agg(concat_ws(',', seq, id, type, aggregateid, version, partition_key, authority, time, " \
	"traceparent, historical), ';' ORDER BY seq)"

START_TEST(an_outbox_with_rows_keeps_them_with_seq_id_and_order)
{
	char database[64];
	snprintf(database, sizeof database, "outbox_%ld", (long)getpid());
	ck_assert_int_eq(support_pg_create_database(suite_pg(suite), database), 0);
	PGconn *db = PQconnectdb(support_pg_url(suite_pg(suite), "hearth", database));
	ck_assert_str_eq(ask_on(db, "CREATE SCHEMA placements AUTHORIZATION placements_owner; SET ROLE placements_owner; "
	                            "SET search_path = placements; CREATE TABLE migration (name text PRIMARY KEY, hash text NOT "
	                            "NULL, applied timestamptz DEFAULT clock_timestamp(), who text DEFAULT session_user)"), "");
	apply_old(db, "services/runtime/schema/000_runtime.sql", "000_runtime");
	ck_assert_str_eq(ask_on(db, "INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, time, payload) "
	                            "SELECT 'hearth.child.recorded.v1', 'child', n::text, 1, n::text, '2024-01-01', "
	                            "jsonb_build_object('childId', n, 'dateOfBirth', CASE WHEN n > 2 THEN "
	                            "jsonb_build_object('value', '1911-02-0' || n) END) FROM generate_series(1, 5) n; "
	                            "DELETE FROM outbox WHERE seq IN (2, 5); RESET ROLE"), "");
	char before[600];
	snprintf(before, sizeof before, "%s", ask_on(db, "SELECT md5(" OLD_ROWS ") FROM outbox"));
	migrate_to(database);
	ck_assert_str_eq(ask_on(db, "SELECT md5(" OLD_ROWS ") FROM outbox"), before);
	ck_assert_str_eq(ask_on(db, "SELECT string_agg(seq || ':' || coalesce(personal -> 'dateOfBirth' ->> 'value', '-'), ' ' "
	                            "ORDER BY seq) FROM outbox"), "1:- 3:1911-02-03 4:1911-02-04");
	ck_assert_str_eq(ask_on(db, "SELECT count(1) FROM outbox WHERE payload::text LIKE '%1911%' OR payload ? 'dateOfBirth'"), "0");
	ck_assert_str_eq(ask_on(db, "INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, time, payload) "
	                            "VALUES ('t', 'child', '6', 1, '6', '2024-01-01', '{}') RETURNING seq"), "6");
	ck_assert_str_eq(ask_on(db, "SELECT string_agg(DISTINCT tableoid::regclass::text, ' ') FROM outbox"), "outbox_1");
	PQfinish(db);
	ck_assert_int_eq(support_pg_drop_database(suite_pg(suite), database), 0);
}
END_TEST

/* ---- partitions ---- */

START_TEST(two_partitions_are_made_ahead_and_the_login_role_makes_and_drops_none_itself)
{
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part WHERE first_seq > 0", 2, 10000), 2);
	in_database("SET ROLE hearth_placements; SET search_path = placements");
	ck_assert_str_eq(ask("CREATE TABLE outbox_99 (LIKE outbox)"), "error 42501");
	ck_assert_str_eq(ask("DROP TABLE outbox_2"), "error 42501");
	ck_assert_str_eq(ask("ALTER TABLE outbox DETACH PARTITION outbox_2"), "error 42501");
	ck_assert_str_eq(ask("SELECT count(1) FROM outbox_1"), "error 42501");
	ck_assert_str_eq(ask("SELECT outbox_make(7000000, 8000000)"), "error 42501");
	ck_assert_str_eq(ask("UPDATE outbox_part SET dropped = '2024-01-01'"), "error 42501");
	ck_assert_str_eq(ask("UPDATE outbox_trimmed SET through = 7"), "error 42501");
	ck_assert_str_eq(ask("SELECT setval('outbox_seq', 7)"), "error 42501");
	ck_assert_str_eq(ask("SELECT count(1) FROM outbox_drop(1, '2030-01-01', false, '2030-01-01')"), "0");
	in_database("RESET ROLE; RESET search_path");
}
END_TEST

START_TEST(a_partition_that_has_been_filled_for_long_enough_is_closed_and_the_next_begins)
{
	tell(5, "2024-06-03T09:00:00Z");
	applied_by_careleavers();
	ck_assert_int_eq(suite_clock(suite, "2024-06-20T09:00:00Z"), 0);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part WHERE closed IS NOT NULL", 1, 10000), 1);
	tell(5, "2024-06-20T09:00:00Z");
	ck_assert_str_eq(ask("SELECT min(seq) || ' ' || max(seq) FROM placements.outbox WHERE time > '2024-06-10'"),
	                 "1000000 1000004");
	applied_by_careleavers();
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part WHERE first_seq > 1000004", 2, 10000), 2);
	ck_assert_str_eq(ask("SELECT below_seq - first_seq FROM placements.outbox_part ORDER BY number DESC LIMIT 1"), "1000");
}
END_TEST

/* The first partition is closed and not archived. A temporary table of the name of one of ours is not taken for it. */
START_TEST(whatever_the_login_role_says_only_what_is_archived_goes)
{
	in_database("SET ROLE hearth_placements; SET search_path = placements");
	in_database("CREATE TEMP TABLE outbox_rule (archived boolean)");
	in_database("INSERT INTO pg_temp.outbox_rule VALUES (false); GRANT ALL ON pg_temp.outbox_rule TO PUBLIC");
	ck_assert_str_eq(ask("SELECT archived IS NULL AND closed IS NOT NULL FROM outbox_part WHERE number = 1"), "t");
	ck_assert_str_eq(ask("SELECT count(1) FROM outbox_drop(1, '2030-01-01', false, '2030-01-01')"), "0");
	ck_assert_str_eq(ask("SELECT count(1) FROM outbox_drop(1, '2030-01-01', NULL, '2030-01-01')"), "0");
	ck_assert_str_eq(ask("UPDATE placements.outbox_rule SET archived = false"), "error 42501");
	/* Nor is an archive believed that has not what the partition has. */
	ck_assert_str_eq(ask("SELECT outbox_archived(1, 5, 4, 'some', repeat('0', 64), '2024-06-20')"), "error 23514");
	ck_assert_str_eq(ask("SELECT outbox_archived(1, 4, 5, 'some', repeat('0', 64), '2024-06-20')"), "error 23514");
	ck_assert_str_eq(ask("SELECT outbox_archived(1, 5, 5, '', '', '2024-06-20')"), "error 23514");
	in_database("DROP TABLE pg_temp.outbox_rule; RESET ROLE; RESET search_path");
	ck_assert_str_eq(ask("SELECT count(1) FROM placements.outbox_part WHERE dropped IS NOT NULL OR archived IS NOT NULL"), "0");
}
END_TEST

/* ---- trimming ---- */

START_TEST(nothing_is_trimmed_that_a_consumer_who_is_heard_has_not_applied_or_that_is_young)
{
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.consumer_seen WHERE consumer = 'careleavers' AND applied = "
	                          "1000004", 1, 15000), 1);
	in_database("INSERT INTO placements.consumer_seen (consumer, epoch, applied, seen) VALUES ('slow', '', 4, "
	            "'2024-09-30T00:00:00Z')");
	ck_assert_int_eq(suite_clock(suite, "2024-08-31T09:00:00Z"), 0);
	usleep(7000000);
	ck_assert_str_eq(ask("SELECT count(1) FROM placements.outbox_part WHERE dropped IS NOT NULL"), "0");
	ck_assert_int_eq(suite_clock(suite, "2024-10-01T09:00:00Z"), 0);
	usleep(12000000);
	ck_assert_str_eq(ask("SELECT count(1) FROM placements.outbox_part WHERE dropped IS NOT NULL"), "0");
	ck_assert_str_eq(ask("SELECT count(1) FROM placements.outbox"), "10");
	in_database("UPDATE placements.consumer_seen SET applied = 5 WHERE consumer = 'slow'");
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox", 5, 15000), 5);
	ck_assert_str_eq(ask("SELECT to_regclass('placements.outbox_1') IS NULL"), "t");
	ck_assert_str_eq(ask("SELECT through FROM placements.outbox_trimmed"), "5");
	ck_assert_str_eq(ask("SELECT events || ' ' || last_seq FROM placements.outbox_part WHERE dropped IS NOT NULL"), "5 5");
}
END_TEST

START_TEST(a_pull_of_what_has_been_trimmed_is_refused_and_the_position_says_so)
{
	struct world_answer answer = pull("placements", 4);
	ck_assert_int_eq(answer.status.code, HEARTH_FAILED_PRECONDITION);
	ck_assert_str_eq(answer.status.reason, "TRIMMED");
	answer = pull("placements", 0);
	ck_assert_str_eq(answer.status.reason, "TRIMMED");
	answer = pull("placements", 5);
	ck_assert_msg(answer.reply != NULL, "%s", answer.status.message);
	ck_assert_str_eq(json_at(answer.reply, "events.0.seq"), "1000000");
	json_decref(answer.reply);
	answer = world_ask(suite, "961", catalogue_find("placements", "Watch"), "{\"after\": \"0\"}", NULL);
	ck_assert_msg(answer.reply != NULL, "%s", answer.status.message);
	ck_assert_str_eq(json_at(answer.reply, "events.0.seq"), "1000000");
	json_decref(answer.reply);
	answer = world_ask(suite, "", catalogue_find("placements", "GetPosition"), "{}", NULL);
	ck_assert_str_eq(json_at(answer.reply, "trimmed"), "5");
	ck_assert_str_eq(json_at(answer.reply, "end"), "1000004");
	json_decref(answer.reply);
}
END_TEST

START_TEST(status_shows_partitions_what_was_trimmed_and_who_hears)
{
	char *out = NULL;
	bool shown = false;
	for (int tries = 0; tries < 20 && !shown; tries++) {
		free(out);
		suite_hearth(suite, &out, "status", "placements", NULL);
		shown = strstr(out, "careleavers 1000004") && strstr(out, "slow 5");
		usleep(500000);
	}
	ck_assert_msg(shown, "%s", out);
	free(out);
	suite_hearth(suite, &out, "--json", "status", "placements", NULL);
	json_t *value = json_loads(out, 0, NULL);
	ck_assert_str_eq(json_at(value, "services.0.instances.0.outbox.trimmed"), "5");
	ck_assert_str_eq(json_at(value, "services.0.instances.0.outbox.stray"), "0");
	json_decref(value);
	free(out);
}
END_TEST

START_TEST(a_consumer_that_has_been_silent_for_longer_than_the_retention_holds_nothing_back)
{
	in_database("UPDATE placements.consumer_seen SET applied = 5, seen = '2024-09-30T00:00:00Z' WHERE consumer = 'slow'");
	ck_assert_int_eq(suite_clock(suite, "2025-01-02T09:00:00Z"), 0);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox", 0, 20000), 0);
	ck_assert_str_eq(ask("SELECT through FROM placements.outbox_trimmed"), "1000004");
	struct world_answer answer = pull("placements", 1000004);
	ck_assert_msg(answer.reply != NULL, "%s", answer.status.message);
	ck_assert_str_eq(json_at(answer.reply, "end"), "1000004");
	json_decref(answer.reply);
	tell(3, "2025-01-02T09:00:00Z");
	applied_by_careleavers();
}
END_TEST

/* ---- who hears ---- */

static struct world_answer pull_as(const char *consumer, const char *epoch, const char *applied)
{
	char request[256];
	snprintf(request, sizeof request, "{\"after\": \"1000004\", \"consumer\": \"%s\", \"epoch\": \"%s\", \"applied\": "
	         "\"%s\"}", consumer, epoch, applied);
	return world_ask(suite, "", catalogue_find("placements", "Pull"), request, NULL);
}

START_TEST(what_a_consumer_says_it_has_applied_counts_only_within_this_history)
{
	char epoch[64];
	snprintf(epoch, sizeof epoch, "%s", ask("SELECT epoch FROM placements.history"));
	ck_assert_str_eq(pull_as("liar", epoch, "9000000000000000000").status.reason, "APPLIED_PAST_END");
	ck_assert_str_eq(pull_as("liar", "0190b3c2-7d1e-4abc-9def-000000000000", "0").status.reason, "FOREIGN_EPOCH");
	ck_assert_int_eq(pull_as("liar", "", "5").status.code, HEARTH_INVALID_ARGUMENT);
	struct world_answer answer = pull_as("honest", epoch, "5");
	ck_assert_msg(answer.reply != NULL, "%s", answer.status.message);
	json_decref(answer.reply);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.consumer_seen WHERE consumer = 'honest' AND applied = 5", 1,
	                          15000), 1);
	ck_assert_str_eq(ask("SELECT count(1) FROM placements.consumer_seen WHERE consumer = 'liar'"), "0");
}
END_TEST

START_TEST(any_number_of_names_locks_nobody_out_and_puts_nobody_out)
{
	char name[32];
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof name, "invented-%d", i);
		struct world_answer answer = pull_as(name, "", "0");
		ck_assert_msg(answer.reply != NULL, "%s", answer.status.message);
		json_decref(answer.reply);
	}
	usleep(7000000);
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM placements.consumer_seen"), 64);
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM placements.consumer_seen WHERE consumer IN ('careleavers', "
	                                      "'honest')"), 2);
}
END_TEST

/* ---- when something is late, or dies ---- */

START_TEST(events_that_no_partition_was_made_for_are_kept_in_order_and_folded_in)
{
	in_database("SELECT setval('placements.outbox_seq', (SELECT max(below_seq) + 5 FROM placements.outbox_part))");
	tell(7, "2025-01-02T09:00:00Z");
	applied_by_careleavers();
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_default", 0, 10000), 0);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part p, placements.outbox_seq s WHERE p.first_seq > "
	                          "s.last_value", 2, 10000), 2);
	ck_assert_str_eq(ask("SELECT count(DISTINCT tableoid) || ' ' || count(1) FROM placements.outbox"), "2 10");
	tell(3, "2025-01-02T09:00:00Z");
	applied_by_careleavers();
	ck_assert_str_eq(ask("SELECT count(1) FROM placements.outbox_default"), "0");
}
END_TEST

/* 12,000 events through twelve partitions that are made on the way, while the two processes that make them are killed
 * in turn; whoever hears comes to their end. */
START_TEST(processes_killed_while_they_make_partitions_lose_and_double_nothing)
{
	struct suite *shared = suite;
	start_suite();
	long before = tables_number(suite, "SELECT count(1) FROM placements.outbox");
	for (int round = 0; round < 12; round++) {
		tell(1000, "2025-01-02T09:00:00Z");
		ck_assert_int_eq(suite_restart_process(suite, "placements", round % 2), 0);
		usleep(300000);
	}
	ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
	applied_by_careleavers();
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM placements.outbox"), before + 12000);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_default", 0, 10000), 0);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part p, placements.outbox_seq s WHERE p.first_seq > "
	                          "s.last_value", 2, 10000), 2);
	ck_assert_str_eq(ask("SELECT count(1) FROM (SELECT p.first_seq <> lag(p.below_seq) OVER (ORDER BY p.number) AS torn FROM "
	                     "placements.outbox_part p) x WHERE x.torn"), "0");
	ck_assert_str_eq(ask("SELECT count(1) FROM pg_inherits i WHERE i.inhparent = 'placements.outbox'::regclass"),
	                 ask("SELECT count(1) + 1 FROM placements.outbox_part WHERE dropped IS NULL"));
	stop_suite();
	suite = shared;
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "outbox", an_outbox_with_rows_keeps_them_with_seq_id_and_order,
	                       two_partitions_are_made_ahead_and_the_login_role_makes_and_drops_none_itself,
	                       a_partition_that_has_been_filled_for_long_enough_is_closed_and_the_next_begins,
	                       whatever_the_login_role_says_only_what_is_archived_goes,
	                       nothing_is_trimmed_that_a_consumer_who_is_heard_has_not_applied_or_that_is_young,
	                       a_pull_of_what_has_been_trimmed_is_refused_and_the_position_says_so,
	                       status_shows_partitions_what_was_trimmed_and_who_hears,
	                       a_consumer_that_has_been_silent_for_longer_than_the_retention_holds_nothing_back,
	                       what_a_consumer_says_it_has_applied_counts_only_within_this_history,
	                       any_number_of_names_locks_nobody_out_and_puts_nobody_out,
	                       events_that_no_partition_was_made_for_are_kept_in_order_and_folded_in,
	                       processes_killed_while_they_make_partitions_lose_and_double_nothing);
}
