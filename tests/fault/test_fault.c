/* test_fault.c: journeys while every program and PostgreSQL are killed with kill -9 at random, programs hang and
 * connections are cut; then the tables must tell one true story (checker.h).
 *
 * JOURNEYS: how many (50); FAULT_SEED: the killer's seed, else the time; printed when anything is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libpq-fe.h>

#include "../support/check_main.h"
#include "checker.h"
#include "fault.h"

#define JOURNEYS 50
#define AT_ONCE 8
#define LIMIT_S 200

static int setting(const char *name, int fallback)
{
	const char *text = getenv(name);
	long value = text != NULL ? strtol(text, NULL, 10) : 0;
	return value > 0 && value <= 1000000 ? (int)value : fallback;
}

/* Says what happened, so that a run that tests nothing shows; a long enough one must have met refusals and excess. */
static void tell(const struct fault_run *run)
{
	size_t repeated = 0, replayed = 0, writes = atomic_load(&run->shared->count);
	for (size_t i = 0; i < writes; i++) {
		repeated += run->shared->writes[i].tries > 1;
		replayed += run->shared->writes[i].replayed;
	}
	printf("fault: seed %u: %d journeys in %.0f s and %d days; %zu writes, %zu repeated by the caller, %zu replayed\n",
	       run->seed, run->journeys, run->seconds, run->days, writes, repeated, replayed);
	printf("fault: killed %d programs, %d pairs, PostgreSQL %d times; %d hangs, %d times connections cut\n",
	       run->counts.programs, run->counts.pairs, run->counts.databases, run->counts.hangs, run->counts.cuts);
}

static long events(const struct fault_run *run, const char *type)
{
	const char *const values[] = { type };
	PGconn *db = PQconnectdb(suite_admin_url(run->suite));
	PGresult *result = PQexecParams(
		db,
		"SELECT count(1) FROM (SELECT type FROM providers.outbox UNION ALL SELECT type FROM referrals.outbox"
		" UNION ALL SELECT type FROM placements.outbox) o WHERE o.type = $1",
		1, NULL, values, NULL, NULL, 0);
	long count = PQntuples(result) == 1 ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : -1;
	PQclear(result);
	PQfinish(db);
	return count;
}

static void tell_events(const struct fault_run *run)
{
	long accepted = events(run, "hearth.offer.accepted.v1"), refused = events(run, "hearth.place.refused.v1");
	long excess = events(run, "hearth.home.over_capacity.v1"), broken = events(run, "hearth.placement.broke_down.v1");
	printf("fault: %ld offers accepted, %ld of them refused a place; %ld children beyond the places; %ld breakdowns\n",
	       accepted, refused, excess, broken);
	if (run->journeys < JOURNEYS)
		return;
	ck_assert_int_gt(refused, 0);
	ck_assert_int_gt(broken, 0);
	ck_assert_int_gt(run->counts.databases, 0);
}

START_TEST(whatever_is_killed_the_tables_tell_one_true_story)
{
	struct checker_report report;
	struct fault_run run = { .journeys = setting("JOURNEYS", JOURNEYS), .at_once = AT_ONCE, .kill = true };
	run.seed = (unsigned)setting("FAULT_SEED", (int)(time(NULL) % 1000000) + 1);
	run.limit_s = LIMIT_S * (1 + run.journeys / 100);
	run.pg = support_pg_start_own(NULL);
	ck_assert_ptr_nonnull(run.pg);
	int driven = fault_run_start(&run);
	ck_assert_msg(driven == 0, "seed %u: the run did not come to its end", run.seed);
	ck_assert_int_eq(checker_run(suite_admin_url(run.suite), run.shared, run.last_day, &report), 0);
	tell(&run);
	tell_events(&run);
	ck_assert_msg(report.count == 0, "seed %u: %zu violations\n%s", run.seed, report.count, report.text);
	ck_assert_int_eq(fault_run_end(&run), 0);
	support_pg_stop(&run.pg);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 100000 };
	return CHECK_MAIN_WITH(&options, "fault", whatever_is_killed_the_tables_tell_one_true_story);
}
