/* killer.c: harm at random, by a seed: what is done, how often, and what it needs stand in one table. */
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

/* ---- whom ---- */

static const char *pick_service(struct suite *suite, unsigned *seed)
{
	const char *const *services = suite_services(suite);
	int count = 0;
	while (services[count] != NULL)
		count++;
	return services[pick(seed, count)];
}

static int running(struct suite *suite, const char *service)
{
	int count = 0;
	for (int i = 0; i < suite_instances(suite); i++)
		count += suite_runs(suite, service, i) ? 1 : 0;
	return count;
}

/* One that runs (or not, as asked); -1: there is none. */
static int pick_process(struct suite *suite, unsigned *seed, const char *service, bool runs)
{
	int first = pick(seed, suite_instances(suite));
	for (int i = 0; i < suite_instances(suite); i++) {
		int index = (first + i) % suite_instances(suite);
		if (suite_runs(suite, service, index) == runs)
			return index;
	}
	return -1;
}

/* ---- programs ---- */

static int kill_program(struct fault_run *run, unsigned *seed)
{
	const char *service = pick_service(run->suite, seed);
	int index = pick_process(run->suite, seed, service, true);
	return suite_kill(run->suite, service, index) != 0 || suite_restart_process(run->suite, service, index) != 0 ? -1 : 0;
}

static int kill_service(struct fault_run *run, unsigned *seed)
{
	const char *service = pick_service(run->suite, seed);
	unsigned killed = 0;
	for (int i = 0; i < suite_instances(run->suite); i++)
		if (suite_runs(run->suite, service, i)) {
			if (suite_kill(run->suite, service, i) != 0)
				return -1;
			killed |= 1U << i;
		}
	pause_ms(pick(seed, 200));
	for (int i = 0; i < suite_instances(run->suite); i++)
		if ((killed >> i & 1) != 0 && suite_restart_process(run->suite, service, i) != 0)
			return -1;
	return 0;
}

/* A program that does nothing for a while, and then goes on with what it believed before. */
static int hang_program(struct fault_run *run, unsigned *seed)
{
	const char *service = pick_service(run->suite, seed);
	int index = pick_process(run->suite, seed, service, true);
	if (suite_signal(run->suite, service, index, SIGSTOP) != 0)
		return -1;
	pause_ms(600 + pick(seed, 1900));
	return suite_signal(run->suite, service, index, SIGCONT);
}

static int add_program(struct fault_run *run, unsigned *seed)
{
	const char *service = pick_service(run->suite, seed);
	int index = pick_process(run->suite, seed, service, false);
	if (index < 0)
		return 1;
	return suite_restart_process(run->suite, service, index);
}

/* Leaves in order, though its database may just have been killed; at least one of a service stays. */
static int drain_program(struct fault_run *run, unsigned *seed)
{
	const char *service = pick_service(run->suite, seed);
	if (running(run->suite, service) < 2)
		return 1;
	return suite_end_process(run->suite, service, pick_process(run->suite, seed, service, true));
}

/* ---- PostgreSQL ---- */

static int kill_database(struct fault_run *run, unsigned *seed)
{
	if (support_pg_kill(suite_pg(run->suite)) != 0)
		return -1;
	pause_ms(pick(seed, 300));
	return support_pg_restart(suite_pg(run->suite));
}

static int restart_at_once(struct fault_run *run, unsigned *seed)
{
	if (support_pg_halt(suite_pg(run->suite), SIGQUIT) != 0)
		return -1;
	pause_ms(pick(seed, 200));
	return support_pg_restart(suite_pg(run->suite));
}

static int restart_in_order(struct fault_run *run, unsigned *seed)
{
	if (support_pg_halt(suite_pg(run->suite), SIGINT) != 0)
		return -1;
	pause_ms(pick(seed, 500));
	return support_pg_restart(suite_pg(run->suite));
}

/* The server lives on: what was sent on these connections may or may not have been committed. */
static int cut_connections(struct fault_run *run, unsigned *seed)
{
	const char *sql = pick(seed, 2) == 0
		? "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'hearth\\_%' AND pid % 2 = 0"
		: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'hearth\\_%' AND pid % 2 = 1";
	PGconn *db = PQconnectdb(suite_admin_url(run->suite));
	PGresult *result = PQexec(db, sql);
	int outcome = PQresultStatus(result) == PGRES_TUPLES_OK ? 0 : -1;
	PQclear(result);
	PQfinish(db);
	return outcome;
}

/* Full for a second or three; half of the times the log cannot grow either, which ends the server. */
static int fill_disk(struct fault_run *run, unsigned *seed)
{
	if (run->disk == NULL)
		return 1;
	if (fault_disk_fill(run->disk) != 0)
		return -1;
	if (pick(seed, 2) == 0)
		fault_disk_press(suite_admin_url(run->suite));
	pause_ms(500 + pick(seed, 2000));
	if (fault_disk_free(run->disk) != 0)
		return -1;
	return support_pg_fell(suite_pg(run->suite), NULL) ? support_pg_restart(suite_pg(run->suite)) : 0;
}

/* ---- the network ---- */

/* Mostly shorter than what makes anybody give a connection up, sometimes longer. */
static int moment(unsigned *seed)
{
	return 200 + pick(seed, 1000) + (pick(seed, 5) == 0 ? 3000 : 0);
}

static int cut_link(struct fault_run *run, unsigned *seed)
{
	if (run->network == NULL)
		return 1;
	if (support_network_link(run->network, false) != 0)
		return -1;
	pause_ms(moment(seed));
	return support_network_link(run->network, true);
}

static int lose_packets(struct fault_run *run, unsigned *seed)
{
	if (run->network == NULL)
		return 1;
	if (support_network_lose(run->network, 10 + pick(seed, 40)) != 0)
		return -1;
	pause_ms(500 + pick(seed, 2000));
	return support_network_lose(run->network, 0);
}

static int lose_all_packets(struct fault_run *run, unsigned *seed)
{
	if (run->network == NULL)
		return 1;
	if (support_network_lose(run->network, 100) != 0)
		return -1;
	pause_ms(moment(seed));
	return support_network_lose(run->network, 0);
}

static int proxy_for(struct fault_run *run, enum tcp_proxy_mode mode, int milliseconds)
{
	if (run->proxy == NULL)
		return 1;
	tcp_proxy_set(run->proxy, mode);
	pause_ms(milliseconds);
	tcp_proxy_set(run->proxy, TCP_PROXY_PASS);
	return 0;
}

static int delay_database(struct fault_run *run, unsigned *seed)
{
	return proxy_for(run, TCP_PROXY_DELAY, moment(seed));
}

static int stall_database(struct fault_run *run, unsigned *seed)
{
	return proxy_for(run, TCP_PROXY_STALL, moment(seed));
}

static int half_open_database(struct fault_run *run, unsigned *seed)
{
	return proxy_for(run, TCP_PROXY_HALF_OPEN, moment(seed));
}

static int drop_database(struct fault_run *run, unsigned *seed)
{
	return proxy_for(run, TCP_PROXY_REFUSE, pick(seed, 500));
}

static int kill_deliverer(struct fault_run *run, unsigned *seed)
{
	(void)seed;
	return fault_spool_kill(run);
}

/* ---- what, how often ---- */

static const struct {
	const char *name;
	int weight;
	int (*act)(struct fault_run *run, unsigned *seed);      /* 1: not possible just now */
} harms[FAULT_KINDS] = {
	[FAULT_KILL] = { "a program killed", 40, kill_program },
	[FAULT_KILL_SERVICE] = { "all programs of a service killed", 8, kill_service },
	[FAULT_HANG] = { "a program stopped and let go on", 6, hang_program },
	[FAULT_DRAIN] = { "a program drained", 8, drain_program },
	[FAULT_ADD] = { "a program added", 8, add_program },
	[FAULT_CUT] = { "half of the database connections cut", 8, cut_connections },
	[FAULT_PG_KILL] = { "PostgreSQL killed", 5, kill_database },
	[FAULT_PG_IMMEDIATE] = { "PostgreSQL restarted, immediate", 3, restart_at_once },
	[FAULT_PG_FAST] = { "PostgreSQL restarted, fast", 3, restart_in_order },
	[FAULT_DISK] = { "PostgreSQL's disk filled", 4, fill_disk },
	[FAULT_LINK] = { "network link down", 12, cut_link },
	[FAULT_LOSS] = { "packets lost at random", 10, lose_packets },
	[FAULT_LOSS_ALL] = { "all packets lost", 10, lose_all_packets },
	[FAULT_DELAY] = { "database answers delayed", 6, delay_database },
	[FAULT_STALL] = { "database connections stalled", 6, stall_database },
	[FAULT_HALF_OPEN] = { "database connections half-open", 6, half_open_database },
	[FAULT_REFUSE] = { "database connections closed and refused", 6, drop_database },
	[FAULT_SPOOL] = { "the spool's deliverer killed", 6, kill_deliverer },
};

const char *fault_kind_name(enum fault_kind kind)
{
	return harms[kind].name;
}

static enum fault_kind pick_harm(unsigned *seed)
{
	int total = 0;
	for (int i = 0; i < FAULT_KINDS; i++)
		total += harms[i].weight;
	int left = pick(seed, total);
	for (int i = 0; i < FAULT_KINDS; i++)
		if ((left -= harms[i].weight) < 0)
			return (enum fault_kind)i;
	return FAULT_KILL;
}

int fault_kill(struct fault_run *run, unsigned *seed, int milliseconds)
{
	int64_t until_us = hearth_clock_mono() + (int64_t)milliseconds * 1000;
	do {
		enum fault_kind kind = pick_harm(seed);
		int outcome = harms[kind].act(run, seed);
		if (outcome < 0)
			return -1;
		if (outcome > 0)
			continue;
		if (fault_spool_add(run) != 0)
			return -1;
		run->counts[kind]++;
		pause_ms(50 + pick(seed, 400));
	} while (hearth_clock_mono() < until_us);
	return 0;
}
