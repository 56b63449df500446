/* killer.c: harm at random: SIGKILL of a program, of both programs of a service, of PostgreSQL; a program that hangs;
 * connections cut. All by a seed. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <libpq-fe.h>

#include <hearth/clock.h>

#include "fault.h"

static void pause_ms(int milliseconds)
{
	const struct timespec pause = { .tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
	nanosleep(&pause, NULL);
}

static int pick(unsigned *seed, int count)
{
	return (int)((unsigned)rand_r(seed) % (unsigned)count);
}

static const char *pick_service(struct suite *suite, unsigned *seed)
{
	const char *const *services = suite_services(suite);
	int count = 0;
	while (services[count] != NULL)
		count++;
	return services[pick(seed, count)];
}

static int kill_program(struct suite *suite, unsigned *seed, struct fault_counts *counts)
{
	const char *service = pick_service(suite, seed);
	int index = pick(seed, suite_instances(suite));
	counts->programs++;
	return suite_kill(suite, service, index) != 0 || suite_restart_process(suite, service, index) != 0 ? -1 : 0;
}

static int kill_service(struct suite *suite, unsigned *seed, struct fault_counts *counts)
{
	const char *service = pick_service(suite, seed);
	counts->pairs++;
	for (int i = 0; i < suite_instances(suite); i++)
		if (suite_kill(suite, service, i) != 0)
			return -1;
	pause_ms(pick(seed, 200));
	for (int i = 0; i < suite_instances(suite); i++)
		if (suite_restart_process(suite, service, i) != 0)
			return -1;
	return 0;
}

static int kill_database(struct suite *suite, unsigned *seed, struct fault_counts *counts)
{
	counts->databases++;
	if (support_pg_kill(suite_pg(suite)) != 0)
		return -1;
	pause_ms(pick(seed, 300));
	return support_pg_restart(suite_pg(suite));
}

/* A program that does nothing for a while, and then goes on with what it believed before. */
static int hang_program(struct suite *suite, unsigned *seed, struct fault_counts *counts)
{
	const char *service = pick_service(suite, seed);
	int index = pick(seed, suite_instances(suite));
	counts->hangs++;
	if (suite_signal(suite, service, index, SIGSTOP) != 0)
		return -1;
	pause_ms(600 + pick(seed, 1900));
	return suite_signal(suite, service, index, SIGCONT);
}

/* The server lives on: what was sent on these connections may or may not have been committed. */
static int cut_connections(struct suite *suite, unsigned *seed, struct fault_counts *counts)
{
	const char *sql = pick(seed, 2) == 0
		? "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'hearth\\_%' AND pid % 2 = 0"
		: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'hearth\\_%' AND pid % 2 = 1";
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(db, sql);
	int outcome = PQresultStatus(result) == PGRES_TUPLES_OK ? 0 : -1;
	counts->cuts++;
	PQclear(result);
	PQfinish(db);
	return outcome;
}

int fault_kill(struct suite *suite, unsigned *seed, int milliseconds, struct fault_counts *counts)
{
	int64_t until_us = hearth_clock_mono() + (int64_t)milliseconds * 1000;
	do {
		int chance = pick(seed, 100);
		int outcome = chance < 10   ? kill_database(suite, seed, counts)
		              : chance < 22 ? kill_service(suite, seed, counts)
		              : chance < 28 ? hang_program(suite, seed, counts)
		              : chance < 40 ? cut_connections(suite, seed, counts)
		                            : kill_program(suite, seed, counts);
		if (outcome != 0)
			return -1;
		pause_ms(50 + pick(seed, 400));
	} while (hearth_clock_mono() < until_us);
	return 0;
}
