/* pg_main.c: hearth-private-pg: a private PostgreSQL for scripts.
 *
 *	hearth-private-pg serve DIR              in the foreground until a signal, or until its parent dies; a server that ends
 *	                                         by itself is said and started again on the same data
 *	hearth-private-pg start DIR              in the background; `stop` ends it
 *	hearth-private-pg stop DIR
 *	hearth-private-pg socket DIR             prints the directory of its socket
 *	hearth-private-pg url DIR [USER [DB]]    prints a URL; USER hearth is the superuser, "" leaves it to the program
 *	hearth-private-pg create DIR DB          makes a database unless it is there
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <libpq-fe.h>

#include "private_pg.h"

#define PAUSE_LEAST_MS 200
#define PAUSE_MOST_MS 5000
#define STEADY_SECONDS 10      /* one that has run so long is started again shortly */

static int usage(void)
{
	fputs("usage: hearth-private-pg serve|start|stop|socket|url|create DIR [USER|DB [DB]]\n", stderr);
	return 2;
}

/* A pause; false: one of `ends` came. */
static bool pause_unless(const sigset_t *ends, long ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	return sigtimedwait(ends, NULL, &time) < 0;
}

static void say_end(int state)
{
	if (WIFSIGNALED(state))
		fprintf(stderr, "private PostgreSQL: the server was ended by signal %d (%s); starting it again\n", WTERMSIG(state),
		        strsignal(WTERMSIG(state)));
	else
		fprintf(stderr, "private PostgreSQL: the server ended with exit code %d; starting it again\n", WEXITSTATUS(state));
}

/* Starts a server that ended again and again, until a signal of `ends`. */
static int keep(struct support_pg *pg, const sigset_t *ends)
{
	sigset_t all = *ends;
	int state, got = 0;
	long pause_ms = PAUSE_LEAST_MS;
	time_t began = time(NULL);
	sigaddset(&all, SIGCHLD);
	for (;;) {
		if (!support_pg_fell(pg, &state)) {
			sigwait(&all, &got);
			if (got != SIGCHLD)
				return 0;
			continue;
		}
		say_end(state);
		if (time(NULL) - began >= STEADY_SECONDS)
			pause_ms = PAUSE_LEAST_MS;
		if (!pause_unless(ends, pause_ms))
			return 0;
		pause_ms = pause_ms * 2 < PAUSE_MOST_MS ? pause_ms * 2 : PAUSE_MOST_MS;
		if (support_pg_restart(pg) != 0)
			return 1;
		began = time(NULL);
		fputs("private PostgreSQL: started again on the same data\n", stderr);
	}
}

static int serve(const char *dir)
{
	sigset_t ends, child;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	pid_t parent = getppid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return 1;
	struct support_pg *pg = support_pg_start_own(dir);
	if (pg == NULL)
		return 1;
	puts(support_pg_socket(pg));
	fflush(stdout);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	int code = keep(pg, &ends);
	support_pg_stop(&pg);
	return code;
}

static int start(const char *dir)
{
	struct support_pg *pg = support_pg_start_detached(dir);
	if (pg == NULL)
		return 1;
	support_pg_stop(&pg);
	return 0;
}

static struct support_pg *find(const char *dir)
{
	struct support_pg *pg = support_pg_find(dir);
	if (pg == NULL)
		fprintf(stderr, "hearth-private-pg: none runs in %s\n", dir);
	return pg;
}

static int stop(struct support_pg *pg)
{
	return support_pg_end(pg) == 0 ? 0 : 1;
}

static int create(struct support_pg *pg, const char *name)
{
	PGconn *db = PQconnectdb(support_pg_url(pg, "hearth", name));
	ConnStatusType there = PQstatus(db);
	PQfinish(db);
	return there == CONNECTION_OK || support_pg_create_database(pg, name) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc < 3 || argc > 5)
		return usage();
	const char *command = argv[1];
	if (strcmp(command, "serve") == 0)
		return serve(argv[2]);
	if (strcmp(command, "start") == 0)
		return start(argv[2]);
	struct support_pg *pg = find(argv[2]);
	int code = 0;
	if (pg == NULL)
		return 1;
	if (strcmp(command, "stop") == 0)
		code = stop(pg);
	else if (strcmp(command, "socket") == 0)
		puts(support_pg_socket(pg));
	else if (strcmp(command, "url") == 0)
		puts(support_pg_url(pg, argc > 3 && argv[3][0] != '\0' ? argv[3] : NULL, argc > 4 ? argv[4] : "hearth"));
	else if (strcmp(command, "create") == 0 && argc == 4)
		code = create(pg, argv[3]);
	else
		code = usage();
	support_pg_stop(&pg);
	return code;
}
