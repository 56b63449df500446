/* run.c: a whole run of journeys: suite, supply, drivers, rounds of killing, days passing, and the wait for the end.
 *
 * A round: one and a half seconds of killing, then everybody is up again and the clock of every process is moved on a day. When all
 * journeys are at their end the killing stops, four days pass (so that every hold has run out), and all consumers catch up.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include <hearth/clock.h>

#include "../support/suite_inside.h"
#include "checker.h"
#include "fault.h"

#define ROUND_MS 1500
#define LONG_ROUND_MS 2500       /* of a run of more journeys than LONG */
#define LONG 200
#define CALM_ROUND_MS 700
#define READY_MS 60000
#define CATCH_UP_MS 60000
#define LAST_DAYS 4
/* Days pass quickly here: what the services would forget after days is kept for the checker. Small partitions. */
static const char *const flags[] = { "--request-retention", "0", "--outbox-retention", "0", "--outbox-partition", "250", NULL };

static int complain(const struct fault_run *run, const char *what)
{
	fprintf(stderr, "fault: seed %u, day %d: %s\n", run->seed, run->days, what);
	return -1;
}

static void pause_ms(int milliseconds)
{
	const struct timespec pause = { .tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
	nanosleep(&pause, NULL);
}

/* ---- the clock ---- */

int fault_clock(struct suite *suite, int32_t day)
{
	char date[HEARTH_DATE_SIZE], time[HEARTH_TIME_SIZE];
	int state = 0;
	hearth_date_format(day, date);
	snprintf(time, sizeof time, "%sT09:00:00Z", date);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		_exit(suite_clock(suite, time) == 0 ? 0 : 1);
	/* A process started from now on begins there. */
	snprintf(suite->clock, sizeof suite->clock, "%s", time);
	return child > 0 && waitpid(child, &state, 0) == child && state == 0 ? 0 : -1;
}

static int next_day(struct fault_run *run, int days)
{
	if (suite_wait_ready(run->suite, READY_MS) != 0)
		return complain(run, "not every process came back");
	run->days += days;
	run->last_day += days;
	if (fault_clock(run->suite, run->last_day) != 0)
		return complain(run, "the clock of some process did not move");
	atomic_store(&run->shared->today, run->last_day);
	return 0;
}

/* ---- driving ---- */

static bool over(struct fault_run *run)
{
	return atomic_load(&run->shared->finished) >= run->begun || atomic_load(&run->shared->broken) != 0;
}

static int round_after_round(struct fault_run *run)
{
	int64_t until_us = hearth_clock_mono() + (int64_t)run->limit_s * 1000000;
	unsigned seed = run->seed;
	while (!over(run)) {
		if (hearth_clock_mono() > until_us)
			return complain(run, "the journeys did not come to their end in time");
		if (run->kill && fault_kill(run, &seed, run->begun > LONG ? LONG_ROUND_MS : ROUND_MS) != 0)
			return complain(run, "what was killed did not start again");
		if (!run->kill)
			pause_ms(CALM_ROUND_MS);
		if (next_day(run, 1) != 0 || (run->morning != NULL && run->morning(run) != 0))
			return -1;
	}
	return atomic_load(&run->shared->broken) ? complain(run, run->shared->why) : 0;
}

int fault_run_more(struct fault_run *run, int count)
{
	pid_t drivers[FAULT_DRIVERS];
	struct fault_drive order = { .first = run->begun, .past = run->begun + count, .most_at_once = run->at_once,
	                             .seed = run->seed };
	run->begun += count;
	fflush(NULL);
	for (int i = 0; i < FAULT_DRIVERS; i++) {
		order.driver = i;
		drivers[i] = fork();
		if (drivers[i] == 0)
			fault_drive(run->suite, run->shared, &order);
	}
	int outcome = round_after_round(run);
	atomic_store(&run->shared->stop, outcome != 0);
	for (int i = 0; i < FAULT_DRIVERS; i++) {
		int state = 0;
		if (drivers[i] < 0 || waitpid(drivers[i], &state, 0) != drivers[i] || state != 0)
			outcome = complain(run, "a driver ended badly");
	}
	return outcome;
}

/* ---- the whole ---- */

/* The first partition of an outbox has room for a million events: go on in the second, which is small. */
static int pass_first_partitions(struct fault_run *run)
{
	PGconn *db = PQconnectdb(suite_admin_url(run->suite));
	int outcome = 0;
	for (const char *const *service = suite_services(run->suite); outcome == 0 && *service != NULL; service++) {
		char sql[200];
		snprintf(sql, sizeof sql, "SELECT setval('%s.outbox_seq', (SELECT p.below_seq - 1 FROM %s.outbox_present p))",
		         *service, *service);
		PGresult *result = PQexec(db, sql);
		outcome = PQresultStatus(result) == PGRES_TUPLES_OK ? 0 : complain(run, PQresultErrorMessage(result));
		PQclear(result);
	}
	PQfinish(db);
	return outcome;
}

int fault_run_settle(struct fault_run *run)
{
	char why[512];
	if (run->spool != NULL && fault_spool_settle(run) != 0)
		return complain(run, "what was left in the spool was not delivered");
	for (int i = 0; i < LAST_DAYS; i++)
		if (next_day(run, 1) != 0)
			return -1;
	int64_t until_us = hearth_clock_mono() + INT64_C(1000) * CATCH_UP_MS;
	for (;;) {
		if (checker_caught_up(suite_admin_url(run->suite), run->last_day, why, sizeof why))
			return 0;
		if (hearth_clock_mono() > until_us)
			return complain(run, why);
		pause_ms(50);
	}
}

int fault_run_start(struct fault_run *run)
{
	int64_t began_us = hearth_clock_mono();
	hearth_date_parse(FAULT_FIRST_DAY, &run->last_day);
	run->shared = fault_shared_new(run->journeys + run->later);
	if (run->shared == NULL)
		return complain(run, "no memory");
	atomic_store(&run->shared->today, run->last_day);
	int homes = run->at_once * FAULT_DRIVERS / 4;
	run->shared->homes = homes < 4 ? 4 : homes < FAULT_HOMES_MOST ? homes : FAULT_HOMES_MOST;
	run->suite = suite_start(&(struct suite_options){ .instances = run->instances > 0 ? run->instances : 2,
	                                                  .fewer = run->fewer, .clock = FAULT_FIRST_DAY "T09:00:00Z",
	                                                  .pg = run->pg, .flags = flags, .dns = run->dns,
	                                                  .network = run->network, .proxy = run->proxy });
	if (run->suite == NULL)
		return complain(run, "the suite did not start");
	if (run->kill && fault_spool_start(run) != 0)
		return complain(run, "the spool did not start");
	if (pass_first_partitions(run) != 0)
		return -1;
	if (fault_setup(run->suite, run->shared) != 0)
		return complain(run, "the homes could not be recorded");
	if (fault_run_more(run, run->journeys) != 0 || fault_run_settle(run) != 0)
		return -1;
	run->seconds = (double)(hearth_clock_mono() - began_us) / 1e6;
	return 0;
}

int fault_run_end(struct fault_run *run)
{
	int outcome = fault_spool_end(run);
	outcome = run->suite != NULL && suite_stop(&run->suite) != 0 ? -1 : outcome;
	fault_shared_free(&run->shared);
	return outcome;
}
