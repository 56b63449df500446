/* story.c: what the tests of whole runs share: how many journeys, and the look at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libpq-fe.h>

#include <check.h>

#include "checker.h"
#include "fault.h"
#include "story.h"

#define JOURNEYS 200
#define AT_ONCE 100
#define LIMIT_S 300

static int setting(const char *name, int fallback)
{
	const char *text = getenv(name);
	long value = text != NULL ? strtol(text, NULL, 10) : 0;
	return value > 0 && value <= 1000000 ? (int)value : fallback;
}

int story_journeys(void)
{
	return setting("JOURNEYS", JOURNEYS);
}

struct fault_run story_new(int journeys)
{
	struct fault_run run = { .journeys = journeys, .instances = 3, .fewer = 1, .kill = true };
	run.at_once = (journeys + FAULT_DRIVERS - 1) / FAULT_DRIVERS;
	if (run.at_once > AT_ONCE)
		run.at_once = AT_ONCE;
	run.seed = (unsigned)setting("FAULT_SEED", (int)(time(NULL) % 1000000) + 1);
	run.limit_s = LIMIT_S * (1 + journeys / 200);
	return run;
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

/* A run that tests nothing must show: one that is long enough has met refusals and excess. */
static void assert_contended(const struct fault_run *run)
{
	long accepted = events(run, "hearth.offer.accepted.v1"), refused = events(run, "hearth.place.refused.v1");
	long excess = events(run, "hearth.home.over_capacity.v1"), broken = events(run, "hearth.placement.broke_down.v1");
	printf("fault: %ld offers accepted, %ld of them refused a place; %ld children beyond the places; %ld breakdowns\n",
	       accepted, refused, excess, broken);
	if (run->journeys < 50)
		return;
	ck_assert_int_gt(refused, 0);
	ck_assert_int_gt(broken, 0);
}

void story_drive_and_look(struct fault_run *run)
{
	struct checker_report report;
	int driven = fault_run_start(run);
	/* A run that broke says what the tables say: was it lost, or only not found? What is under way shows too. */
	if (driven != 0 && run->suite != NULL && checker_run(suite_admin_url(run->suite), run->shared, run->last_day, &report) == 0) {
		fault_run_tell(run, &report);
		checker_quiet(&report);
	}
	ck_assert_msg(driven == 0, "seed %u: the run did not come to its end", run->seed);
	ck_assert_int_eq(checker_run(suite_admin_url(run->suite), run->shared, run->last_day, &report), 0);
	int asked = fault_run_ask(run, &report);
	fault_run_tell(run, &report);
	ck_assert_msg(asked == 0, "seed %u: the services could not be asked", run->seed);
	ck_assert_msg(checker_quiet(&report), "seed %u: %zu differences", run->seed, report.count);
	assert_contended(run);
	checker_report_free(&report);
	ck_assert_int_eq(fault_run_end(run), 0);
}
