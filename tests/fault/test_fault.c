/* test_fault.c: journeys while every program and PostgreSQL are killed with kill -9 at random; then the tables must tell
 * one true story (checker.h).
 *
 * JOURNEYS: how many (50); FAULT_SEED: the killer's seed, else the time; printed when anything is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

static void tell(const struct fault_run *run)
{
	size_t repeated = 0, replayed = 0, refused = 0, writes = atomic_load(&run->shared->count);
	for (size_t i = 0; i < writes; i++) {
		repeated += run->shared->writes[i].tries > 1;
		replayed += run->shared->writes[i].replayed;
		refused += run->shared->writes[i].answer == FAULT_REFUSED;
	}
	printf("fault: seed %u: %d journeys, %zu writes (%zu repeated, %zu replayed, %zu refused), %d days, killed %d programs,"
	       " %d pairs, PostgreSQL %d times, in %.0f s\n", run->seed, run->journeys, writes, repeated, replayed, refused,
	       run->days, run->counts.programs, run->counts.pairs, run->counts.databases, run->seconds);
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
