/* pg_place.h: where a private PostgreSQL lives and as whom it runs. */
#ifndef TESTS_SUPPORT_PG_PLACE_H
#define TESTS_SUPPORT_PG_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct pg_place {
	char dir[PATH_MAX];        /* ours: absolute; holds the note of where the rest is */
	char home[PATH_MAX];       /* the server's: 0700; holds data and log */
	char socket[80];           /* directory of the socket; with the socket's name under 107 bytes */
	char bindir[512];
	uid_t uid;                 /* the server's user */
	gid_t gid;
	char user[64];
};

/* Finds or makes the place for `dir`; 0, or -1 with the reason on standard error. */
int pg_place_make(const char *dir, struct pg_place *ret_place);
/* Reads the note that pg_place_make left; -1 when there is none (silent). */
int pg_place_read(const char *dir, struct pg_place *ret_place);
/* Removes everything. */
void pg_place_remove(struct pg_place *place);

/* In a child: become the server's user, in "/"; exits 127 on failure. */
void pg_place_become(const struct pg_place *place);
/* Runs a program of PostgreSQL as its user and waits; its output goes to `log` (appended). The exit code, or -1. */
int pg_place_run(const struct pg_place *place, const char *log, const char *const *argv);

#endif
