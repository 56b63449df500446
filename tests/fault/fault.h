/* fault.h: journeys through a real suite while its programs and its database are killed.
 *
 *	parent   the suite, the killer, the clock, the checker (libpq alone: ZeroMQ does not survive a fork)
 *	drivers  processes of their own: each a client and some journeys at once, every journey a state machine
 *
 * What both know is `struct fault_shared`, in memory that they share: the day, whether to stop, and every write with its
 * request id and its answer. A write is repeated with the same id until it is done or refused.
 */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <hearth/text.h>

#include "../support/suite.h"

#define FAULT_HOMES 4
#define FAULT_DRIVERS 2
#define FAULT_FIRST_DAY "2025-05-01"

enum fault_answer { FAULT_PENDING, FAULT_DONE, FAULT_REFUSED };

struct fault_write {
	char service[16], method[32], authority[4], caller[16];
	char request_id[HEARTH_UUID_SIZE];
	char key[HEARTH_UUID_SIZE];        /* the resource that it makes or changes */
	char reason[48];                   /* of a refusal */
	int answer;                        /* enum fault_answer */
	int tries;
	bool replayed;
};

struct fault_shared {
	atomic_int today;                  /* days since 1970: every process's clock has reached it */
	atomic_bool stop;                  /* drivers leave as they are */
	atomic_int finished;               /* journeys at their end */
	atomic_int broken;                 /* 1: `why` is being written, 2: it stands */
	char why[512];
	char home_ids[FAULT_HOMES][HEARTH_UUID_SIZE];
	size_t bytes, most;
	atomic_size_t count;
	struct fault_write writes[];
};

/* Zeroed; NULL when there is no memory. */
struct fault_shared *fault_shared_new(int journeys);
void fault_shared_free(struct fault_shared **shared);
/* What must never happen has happened; the first one is kept. */
void fault_break(struct fault_shared *shared, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A new write; aborts when there is no room, which the bounds of a journey exclude. */
struct fault_write *fault_write_new(struct fault_shared *shared, const char *method, const char *authority,
                                    const char *caller, const char *key);

/* setup.c: one provider and FAULT_HOMES homes of 2, 3, 3 and 5 places, in a process of its own. 0 or -1. */
int fault_setup(struct suite *suite, struct fault_shared *shared);

/* driver.c: a process that drives journeys first + driver, + FAULT_DRIVERS, ... below `past`, `most_at_once` at a time,
 * until all are at their end. Never returns. */
struct fault_drive {
	int driver, first, past, most_at_once;
	unsigned seed;
};
void fault_drive(struct suite *suite, struct fault_shared *shared, const struct fault_drive *drive)
	__attribute__((noreturn));

/* killer.c */
struct fault_counts {
	int programs, pairs, databases, hangs, cuts;
};
/* Harms at random for `milliseconds`: kill -9 of a program, of both of a service, of PostgreSQL, each started again at
 * once; a program stopped for a second or two and let go on; every other connection cut. -1: something did not start. */
int fault_kill(struct suite *suite, unsigned *seed, int milliseconds, struct fault_counts *counts);

/* run.c: a whole run. */
struct fault_run {
	int journeys, at_once;             /* at_once: of each driver */
	int later;                         /* room for further journeys (fault_run_more) */
	unsigned seed;
	bool kill;
	int limit_s;                       /* of the driving */
	struct support_pg *pg;             /* the caller's, one of its own when `kill`; NULL: the suite's choice */
	/* given back */
	struct fault_shared *shared;
	struct fault_counts counts;
	int days, begun;
	int32_t last_day;
	double seconds;
	struct suite *suite;
};
/* Starts the suite and drives all journeys to their end, then moves the clock past every hold and waits until all
 * consumers have caught up. The suite still runs (run->suite). 0, or -1 with the reason on standard error. */
int fault_run_start(struct fault_run *run);
/* Drives `count` further journeys to their end; waits for nothing after it. */
int fault_run_more(struct fault_run *run, int count);
/* Days pass until every hold has run out, and all consumers catch up. */
int fault_run_settle(struct fault_run *run);
/* Ends the suite; -1 when a process had fallen or ended badly. */
int fault_run_end(struct fault_run *run);
/* Moves every process's clock to nine o'clock on the day; in a process of its own. */
int fault_clock(struct suite *suite, int32_t day);

#endif
