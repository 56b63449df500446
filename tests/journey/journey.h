/* journey.h: one child's journey through a running suite, step by step, each with its time.
 *
 * The same code is `make demo` and tests/journey. A step does what a person would do with one call, then waits for
 * the event that follows as `hearth watch` shows it (ten seconds at most) and checks what has become of it.
 */
#ifndef TESTS_JOURNEY_JOURNEY_H
#define TESTS_JOURNEY_JOURNEY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <hearth/arena.h>
#include <hearth/client.h>
#include <hearth/text.h>

#include "../support/suite.h"

#define JOURNEY_AUTHORITY "999"

struct watcher;
struct suite;

struct journey_options {
	const char *returns;          /* a return or a folder of returns; NULL: the one the project ships */
	const char *homes;            /* CSV of homes; NULL: the region the project ships */
	struct support_pg *pg;        /* where its database is made; NULL: the suite's choice */
	FILE *out;                    /* where steps are printed; NULL: nowhere */
};

struct journey {
	struct journey_options options;
	struct suite *suite;
	struct hearth_client *client;
	struct hearth_arena *arena;
	struct watcher *watcher;
	int step;
	int64_t began_us, step_began_us;
	char why[512];                /* what went wrong */
	char note[256];               /* what the step shows, behind its time */
	char today[11];               /* of the suite's clock */
	/* what the steps hand on */
	char child_id[HEARTH_UUID_SIZE], referral_id[HEARTH_UUID_SIZE], reference[32];
	char home_ids[2][HEARTH_UUID_SIZE], offer_ids[2][HEARTH_UUID_SIZE], provider_ids[2][HEARTH_UUID_SIZE];
	int64_t fees[2], notice_days;
	char placement_id[HEARTH_UUID_SIZE], agreement_id[HEARTH_UUID_SIZE], emergency_id[HEARTH_UUID_SIZE];
	int32_t easting, northing;
	int free_before;
	char started_on[11], ended_on[11];
};

/* 0 when every step passed; else -1 and the reason printed and in `ret_why`. Leaves nothing running. */
int journey_run(const struct journey_options *options, char ret_why[512]);

/* ---- what the steps use ---- */

/* -1 with the reason kept in journey->why. */
int journey_fail(struct journey *journey, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One call; the reply lives in the journey's arena. */
int journey_call(struct journey *journey, const char *method, const void *request,
                 const ProtobufCMessageDescriptor *reply, void *ret_reply);
/* Waits until `hearth watch` shows an event of this type whose data holds `value` in `field` (NULL: any). */
int journey_await(struct journey *journey, const char *type, const char *field, const char *value);
/* Drives the clock of every process. */
int journey_clock(struct journey *journey, const char *date);

struct journey_step {
	const char *name;
	int (*run)(struct journey *journey);
};
extern const struct journey_step journey_steps[];      /* name NULL ends it */

/* returns.c: the latest DECOM of a return or of a folder of returns, as the last day of its collection year. */
int returns_last_day(const char *directory, int32_t *ret_day);

/* watcher.c: `hearth watch --json` as a child process, its lines read as they come. */
struct watcher *watcher_new(const char *program, const char *services, const char *authority, const char *log);
void watcher_free(struct watcher **watcher);
/* The next event of the type with data field = value, seen since watcher_new; events are kept until asked for, so that
 * order does not matter. Milliseconds waited, or -1. */
int watcher_await(struct watcher *watcher, const char *type, const char *field, const char *value, int timeout_ms);
/* Text of a field in the data of the event that watcher_await found last; "" when absent. */
const char *watcher_field(const struct watcher *watcher, const char *field);

#endif
