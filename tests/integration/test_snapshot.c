/* test_snapshot.c: a service whose schema was lost, of a source that has trimmed its events, loads the source's present
 * state and comes to know what it knew when it had lived through everything; under load, with processes killed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "catalogue.h"
#include "heard.h"
#include "tables.h"
#include "world.h"

/* What a service knows, without what tells only when it learnt it. Agreements that people priced are left out, and of the
 * others the lines of further costs that people added, with what was posted of them: that is in no event of placements. */
#define YOUNG "SELECT authority::text, child_id, date_of_birth FROM careleavers.young_person"
#define CARE "SELECT authority, child_id, short_breaks, start, until, end_code FROM careleavers.care_period"
/* Circumstances as they stand that came of events alone. */
#define LEFT_FOR "SELECT k.authority::text, k.child_id, k.kind, k.start, k.until, k.withdrawn FROM careleavers.circumstance k WHERE " \
	"NOT EXISTS (SELECT FROM careleavers.circumstance n WHERE n.authority = k.authority AND n.child_id = k.child_id AND " \
	"n.id = k.id AND (n.revision > k.revision OR n.actor <> 'event')) AND k.actor = 'event'"
#define AGREED "SELECT a.authority, a.placement_id, a.child_id, a.home_id, a.state, a.start_date, a.end_date, a.notice_days, " \
	"a.notice_paid_days, (SELECT sum(l.pence) FROM finance.ledger l WHERE l.agreement_id = a.id AND " \
	"l.authority = a.authority AND l.line_id IS NULL) AS pence, " \
	"(SELECT array_agg((r.from_date, r.weekly_fee_pence)::text ORDER BY r.from_date) " \
	"FROM finance.rate_in_force r WHERE r.agreement_id = a.id AND r.authority = a.authority) AS rates " \
	"FROM finance.agreement a WHERE NOT EXISTS (SELECT FROM finance.agreement_rate k WHERE k.agreement_id = a.id " \
	"AND k.reason NOT IN ('OPENED', 'VARIED'))"
#define OF_LINES "SELECT count(*) FROM finance.ledger WHERE line_id IS NOT NULL"

static struct suite *begin(void)
{
	struct suite *suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .instances = 2 });
	ck_assert_ptr_nonnull(suite);
	return suite;
}

static void build(struct suite *suite, const char *authority)
{
	struct world *world = calloc(1, sizeof *world);
	world_build(world, suite, authority, NULL, false);
	free(world);
}

static json_t *by_hand(struct suite *suite, const char *method, const char *request)
{
	char *out = NULL;
	if (suite_hearth(suite, &out, "--json", "--authority", "943", "--roles", "PLACEMENT_OFFICER", "call", method, request, NULL) != 0)
		_exit(1);
	json_t *reply = json_loads(out, 0, NULL);
	free(out);
	return reply;
}

/* Children who come, live somewhere and leave, by the command line: a process of its own that has no ZeroMQ yet. */
static void load_by_hand(struct suite *suite)
{
	for (int i = 0; i < 12; i++) {
		char request[400];
		json_t *child = by_hand(suite, "placements/CreateChild", "{\"sex\":\"F\",\"dateOfBirth\":{\"value\":\"2009-05-05\"}}");
		snprintf(request, sizeof request, "{\"childId\":\"%s\",\"homeId\":\"0190b3c2-7d1e-7abc-8def-0123456789ab\","
		         "\"plannedStart\":\"2024-06-01\",\"placementType\":\"U6\",\"legalStatus\":\"C2\"}", json_at(child, "child.id"));
		json_t *placement = by_hand(suite, "placements/PlanPlacement", request);
		snprintf(request, sizeof request, "{\"placementId\":\"%s\",\"startDate\":\"2024-06-01\"}",
		         json_at(placement, "placement.id"));
		json_decref(by_hand(suite, "placements/StartPlacement", request));
		json_decref(child);
		json_decref(placement);
	}
	_exit(0);
}

/* All of placements' events but the last ones are gone. */
static void trim(struct suite *suite)
{
	heard_sql(suite, "BEGIN; UPDATE placements.outbox_trimmed SET through = (SELECT max(seq) - 3 FROM placements.outbox); "
	          "DELETE FROM placements.outbox WHERE seq <= (SELECT through FROM placements.outbox_trimmed); COMMIT");
	ck_assert_int_gt(tables_number(suite, "SELECT through FROM placements.outbox_trimmed"), 30);
}

static void end_both(struct suite *suite, const char *service)
{
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_end_process(suite, service, i), 0);
}

static void lose(struct suite *suite, const char *service)
{
	char sql[80];
	snprintf(sql, sizeof sql, "SET client_min_messages = warning; DROP SCHEMA %s CASCADE", service);
	heard_sql(suite, sql);
}

static void start_both(struct suite *suite, const char *service)
{
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_restart_process(suite, service, i), 0);
}

static bool loaded(struct suite *suite, const char *service, int ms)
{
	char sql[300];
	snprintf(sql, sizeof sql, "SELECT (EXISTS (SELECT FROM %s.cursor WHERE source = 'placements') AND NOT EXISTS "
	         "(SELECT FROM %s.bootstrap))::int", service, service);
	return heard_comes(suite, sql, 1, ms);
}

/* What differs, into the test's output: ids, days and pence. */
static void tell_difference(struct suite *suite, const char *table, const char *query)
{
	char sql[4000];
	snprintf(sql, sizeof sql, "SELECT 'was ' || d::text FROM (SELECT * FROM public.%s EXCEPT ALL %s) d UNION ALL "
	         "SELECT 'is ' || d::text FROM (%s EXCEPT ALL SELECT * FROM public.%s) d WHERE authority <> '943'", table, query,
	         query, table);
	PGresult *rows = PQexec(tables_db(suite), sql);
	for (int i = 0; i < PQntuples(rows); i++)
		fprintf(stderr, "%s\n", PQgetvalue(rows, i, 0));
	if (PQresultStatus(rows) != PGRES_TUPLES_OK)
		fprintf(stderr, "%s", PQresultErrorMessage(rows));
	PQclear(rows);
}

static void check_same(struct suite *suite, const char *table, const char *query)
{
	char sql[1600];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT * FROM public.%s EXCEPT ALL %s) d", table, query);
	long missing = tables_number(suite, sql);
	if (missing != 0)
		tell_difference(suite, table, query);
	ck_assert_msg(missing == 0, "%ld rows of %s are missing or differ", missing, table);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM (%s EXCEPT ALL SELECT * FROM public.%s) d "
	         "WHERE authority IN ('941', '942')", query, table);
	if (strcmp(table, "lived_agreed") != 0)
		ck_assert_int_eq(tables_number(suite, sql), 0);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM public.%s", table);
	ck_assert_int_ge(tables_number(suite, sql), strcmp(table, "lived_left") == 0 ? 1 : 4);
}

/* What careleavers knows of an authority is what placements holds: by its events, by the state, or by both. */
static void check_against_source(struct suite *suite, const char *authority)
{
	char sql[900];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM placements.child c LEFT JOIN careleavers.young_person y ON "
	         "y.authority = c.authority AND y.child_id = c.id WHERE c.authority = '%s' AND (y.child_id IS NULL OR "
	         "y.date_of_birth IS DISTINCT FROM c.date_of_birth)", authority);
	ck_assert_int_eq(tables_number(suite, sql), 0);
	heard_sql(suite, "SET search_path = placements");
	snprintf(sql, sizeof sql, "SELECT count(*) FROM placements.child c WHERE c.authority = '%s' AND "
	         "placements.care_periods(c.authority, c.id) <> (SELECT coalesce(jsonb_agg(jsonb_strip_nulls("
	         "jsonb_build_object('start', p.start, 'end', p.until, 'shortBreaks', p.short_breaks, 'endCode', p.end_code)) "
	         "ORDER BY p.start, p.short_breaks), '[]') FROM careleavers.care_period p WHERE p.authority = c.authority "
	         "AND p.child_id = c.id)", authority);
	ck_assert_int_eq(tables_number(suite, sql), 0);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM placements.child WHERE authority = '%s'", authority);
	ck_assert_int_ge(tables_number(suite, sql), 4);
}

START_TEST(a_lost_schema_is_what_it_was_from_its_sources_state_under_load_and_with_kills)
{
	struct suite *suite = begin();
	build(suite, "941");
	build(suite, "942");
	tables_settle(suite);
	heard_sql(suite, "CREATE TABLE public.lived_young AS " YOUNG "; CREATE TABLE public.lived_care AS " CARE
	          "; CREATE TABLE public.lived_left AS " LEFT_FOR
	          "; CREATE TABLE public.lived_agreed AS " AGREED);
	ck_assert_int_ge(tables_number(suite, OF_LINES), 2);
	end_both(suite, "careleavers");
	end_both(suite, "finance");
	trim(suite);
	lose(suite, "careleavers");
	lose(suite, "finance");
	ck_assert_int_eq(suite_hearth(suite, NULL, "migrate", "--admin-url", suite_admin_url(suite), NULL), 0);
	pid_t load = fork();
	if (load == 0)
		load_by_hand(suite);
	start_both(suite, "careleavers");
	start_both(suite, "finance");
	for (int round = 0; round < 6; round++) {
		usleep(250000);
		ck_assert_int_eq(suite_kill(suite, "careleavers", round % 2), 0);
		ck_assert_int_eq(suite_kill(suite, "finance", round % 2), 0);
		ck_assert_int_eq(suite_restart_process(suite, "careleavers", round % 2), 0);
		ck_assert_int_eq(suite_restart_process(suite, "finance", round % 2), 0);
	}
	int status;
	ck_assert(waitpid(load, &status, 0) == load);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the load failed");
	ck_assert(loaded(suite, "careleavers", 20000));
	ck_assert(loaded(suite, "finance", 20000));
	tables_settle(suite);
	check_same(suite, "lived_young", YOUNG);
	check_same(suite, "lived_care", CARE);
	check_same(suite, "lived_left", LEFT_FOR);
	check_same(suite, "lived_agreed", AGREED);
	ck_assert_int_eq(tables_number(suite, OF_LINES), 0);
	check_against_source(suite, "943");
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked"), 0);
	ck_assert_int_eq(suite_stop(&suite), 0);
}
END_TEST

START_TEST(a_consumer_told_to_loads_the_state_anew_and_changes_nothing_that_it_knew)
{
	struct suite *suite = begin();
	build(suite, "941");
	tables_settle(suite);
	char *before = tables_print(suite, "941");
	static const char *const pairs[][2] = { { "careleavers", "placements" }, { "finance", "placements" },
		{ "referrals", "placements" }, { "referrals", "providers" }, { "providers", "placements" },
		{ "placements", "providers" } };     /* of referrals, providers look for homes anew */
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		char sql[160];
		ck_assert_int_eq(suite_hearth(suite, NULL, "events", "bootstrap", pairs[i][0], pairs[i][1], NULL), 0);
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s.bootstrap", pairs[i][0]);
		ck_assert_msg(heard_comes(suite, sql, 0, 15000), "%s of %s", pairs[i][0], pairs[i][1]);
	}
	tables_settle(suite);
	char *after = tables_print(suite, "941");
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		char sql[120];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s.parked", pairs[i][0]);
		ck_assert_int_eq(tables_number(suite, sql), 0);
	}
	tables_assert_same(before, after, "loading what is known");
	free(before);
	free(after);
	ck_assert_int_eq(suite_stop(&suite), 0);
}
END_TEST

int main(void)
{
	struct check_options options = { NULL, NULL, 150 };
	return CHECK_MAIN_WITH(&options, "snapshot",
	                       a_lost_schema_is_what_it_was_from_its_sources_state_under_load_and_with_kills,
	                       a_consumer_told_to_loads_the_state_anew_and_changes_nothing_that_it_knew);
}
