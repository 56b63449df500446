/* demo.c: `make demo`: one child's journey on a PostgreSQL of its own, each step with its time.
 *
 *	hearth-demo [DIR]      DIR is a statutory return, or holds one folder per return
 *
 * The server lives in .run/demo and is removed afterwards. With HEARTH_DATABASE_URL it is a database of its own on that
 * server, dropped afterwards with the roles that were not there before. One private demo at a time runs in a checkout. Exit code 1
 * if any step fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libpq-fe.h>

#include "journey.h"

/* Those of `hearth migrate`. */
static const char *const services[] = { "placements", "providers", "referrals", "finance", "careleavers" };
#define SERVICES (sizeof services / sizeof services[0])
#define ROLES (2 * SERVICES)

static void role_name(size_t role, char ret_name[64])
{
	const char *service = services[role / 2];
	if (role % 2 == 0)
		snprintf(ret_name, 64, "hearth_%s", service);
	else
		snprintf(ret_name, 64, "%s_owner", service);
}

static void find_roles(const char *url, bool ret_there[ROLES])
{
	PGconn *db = PQconnectdb(url);
	for (size_t i = 0; i < ROLES; i++) {
		char name[64];
		const char *values[] = { name };
		role_name(i, name);
		PGresult *result = PQexecParams(db, "SELECT 1 FROM pg_roles WHERE rolname = $1", 1, NULL, values, NULL, NULL, 0);
		/* When it cannot be asked they are taken to be there: then none is dropped. */
		ret_there[i] = PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) > 0;
		PQclear(result);
	}
	PQfinish(db);
}

static int drop_roles(const char *url, const bool there_before[ROLES])
{
	int outcome = 0;
	PGconn *db = PQconnectdb(url);
	for (size_t i = 0; i < ROLES; i++) {
		char name[64], sql[128];
		role_name(i, name);
		snprintf(sql, sizeof sql, "DROP ROLE IF EXISTS %s", name);
		PGresult *result = there_before[i] ? NULL : PQexec(db, sql);
		if (result && PQresultStatus(result) != PGRES_COMMAND_OK) {
			fprintf(stderr, "The role %s could not be dropped: %s", name, PQerrorMessage(db));
			outcome = -1;
		}
		PQclear(result);
	}
	PQfinish(db);
	return outcome;
}

static int run(struct journey_options *options)
{
	char why[512];
	int result = journey_run(options, why);
	if (result < 0)
		fprintf(stderr, "\nThe journey stopped: %s\n", why);
	return result;
}

static int run_at(const char *url, struct journey_options *options)
{
	bool there[ROLES];
	options->pg = support_pg_at(url);
	if (!options->pg)
		return -1;
	find_roles(url, there);
	int result = run(options);
	support_pg_stop(&options->pg);
	return drop_roles(url, there) < 0 ? -1 : result;
}

/* Held until this process ends, by it alone. */
static int lock_checkout(void)
{
	int lock = mkdir(".run", 0755) == 0 || errno == EEXIST ? open(".run/demo.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (lock < 0) {
		fprintf(stderr, "make demo: cannot write .run/demo.lock: %s\n", strerror(errno));
		return -1;
	}
	if (flock(lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	fprintf(stderr, "make demo: another make demo runs in this checkout\n");
	close(lock);
	return -1;
}

static int run_private(struct journey_options *options)
{
	options->pg = support_pg_start_own(".run/demo");
	if (!options->pg)
		return -1;
	int result = run(options);
	support_pg_remove(&options->pg);
	return result;
}

static int check_returns(const char *directory)
{
	struct stat about;
	int32_t last;
	const char *wrong = NULL;
	if (stat(directory, &about) < 0)
		wrong = errno == ENOENT ? "no such directory" : strerror(errno);
	else if (!S_ISDIR(about.st_mode))
		wrong = "is not a directory";
	else if (returns_last_day(directory, &last) < 0)
		wrong = "holds no table of a return (a CSV with a DECOM column)";
	if (wrong)
		fprintf(stderr, "make demo: %s: %s\n", directory, wrong);
	return wrong ? -1 : 0;
}

int main(int argc, char **argv)
{
	/* What somebody has set for a suite of theirs is not for this one. */
	static const char *const others[] = { "SERVICES", "AUTHORITY", "ACTOR", "ROLES", "TIMEOUT", "JSON", "CONFIG" };
	struct journey_options options = { .returns = argc > 1 ? argv[1] : NULL, .out = stdout };
	const char *url = getenv("HEARTH_DATABASE_URL");
	if (argc > 2) {
		fprintf(stderr, "usage: hearth-demo [DIR]\n");
		return 2;
	}
	bool elsewhere = url && *url;
	if ((options.returns && check_returns(options.returns) < 0) || (!elsewhere && lock_checkout() < 0))
		return 1;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		char name[32];
		snprintf(name, sizeof name, "HEARTH_%s", others[i]);
		unsetenv(name);
	}
	printf("One child's journey. %s\n\n", options.returns ? "Returns of your own; homes of a synthetic region."
	                                                      : "All data are synthetic.");
	fflush(stdout);
	int result = elsewhere ? run_at(url, &options) : run_private(&options);
	if (result == 0)
		printf("\nThe journey is complete.\n");
	return result < 0;
}
