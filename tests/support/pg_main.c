/* pg_main.c: hearth-private-pg: a private PostgreSQL for scripts.
 *
 *	hearth-private-pg serve DIR              in the foreground until a signal, or until its parent dies
 *	hearth-private-pg start DIR              in the background; `stop` ends it
 *	hearth-private-pg stop DIR
 *	hearth-private-pg socket DIR             prints the directory of its socket
 *	hearth-private-pg url DIR [USER [DB]]    prints a URL; USER hearth is the superuser, "" leaves it to the program
 *	hearth-private-pg create DIR DB          makes a database unless it is there
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <libpq-fe.h>

#include "private_pg.h"

static int usage(void)
{
	fputs("usage: hearth-private-pg serve|start|stop|socket|url|create DIR [USER|DB [DB]]\n", stderr);
	return 2;
}

static int serve(const char *dir)
{
	sigset_t ends;
	int got = 0;
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
	sigwait(&ends, &got);
	support_pg_stop(&pg);
	return 0;
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
