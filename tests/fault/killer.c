/* killer.c: SIGKILL at random: a program, both programs of a service, PostgreSQL. All by a seed. */
#include <stdlib.h>
#include <time.h>

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

int fault_kill(struct suite *suite, unsigned *seed, int milliseconds, struct fault_counts *counts)
{
	int64_t until_us = hearth_clock_mono() + (int64_t)milliseconds * 1000;
	do {
		int chance = pick(seed, 100);
		int outcome = chance < 12   ? kill_database(suite, seed, counts)
		              : chance < 26 ? kill_service(suite, seed, counts)
		                            : kill_program(suite, seed, counts);
		if (outcome != 0)
			return -1;
		pause_ms(50 + pick(seed, 400));
	} while (hearth_clock_mono() < until_us);
	return 0;
}
