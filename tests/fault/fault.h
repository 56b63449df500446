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

#include "../support/network.h"
#include "../support/suite.h"
#include "../support/tcp_proxy.h"

#define FAULT_HOMES_MOST 64
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
	int64_t begun_us;                  /* monotonic */
	bool replayed;
};

struct fault_shared {
	atomic_int today;                  /* days since 1970: every process's clock has reached it */
	atomic_bool stop;                  /* drivers leave as they are */
	atomic_int finished;               /* journeys at their end */
	atomic_int broken;                 /* 1: `why` is being written, 2: it stands */
	char why[512];
	atomic_llong longest_gap_us;       /* nobody was answered though somebody waited */
	atomic_llong longest_write_us;     /* from the first try to the answer */
	int homes;
	char home_ids[FAULT_HOMES_MOST][HEARTH_UUID_SIZE];
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

/* setup.c: one provider and shared->homes homes of 2, 3, 3, 5, ... places, in a process of its own. 0 or -1. */
int fault_setup(struct suite *suite, struct fault_shared *shared);

/* driver.c: a process that drives journeys first + driver, + FAULT_DRIVERS, ... below `past`, `most_at_once` at a time,
 * until all are at their end. Never returns. */
struct fault_drive {
	int driver, first, past, most_at_once;
	unsigned seed;
};
void fault_drive(struct suite *suite, struct fault_shared *shared, const struct fault_drive *drive)
	__attribute__((noreturn));

/* disk.c: a small file system below which PostgreSQL lives; NULL and why, when there can be none. */
struct fault_disk;
struct fault_disk *fault_disk_new(int megabytes, const char **ret_why);
const char *fault_disk_directory(const struct fault_disk *disk);       /* for support_pg_start_own */
int fault_disk_fill(struct fault_disk *disk);
int fault_disk_free(struct fault_disk *disk);
/* Makes PostgreSQL want new segments of its log, which a full disk does not have. */
void fault_disk_press(const char *admin_url);
void fault_disk_done(struct fault_disk **disk);

enum fault_kind {
	FAULT_KILL, FAULT_KILL_SERVICE, FAULT_HANG, FAULT_DRAIN, FAULT_ADD, FAULT_CUT, FAULT_PG_KILL, FAULT_PG_IMMEDIATE,
	FAULT_PG_FAST, FAULT_DISK, FAULT_LINK, FAULT_LOSS, FAULT_LOSS_ALL, FAULT_DELAY, FAULT_STALL, FAULT_HALF_OPEN,
	FAULT_REFUSE, FAULT_SPOOL, FAULT_KINDS
};
const char *fault_kind_name(enum fault_kind kind);

/* run.c: a whole run. */
struct fault_run {
	int journeys, at_once;             /* at_once: of each driver */
	int later;                         /* room for further journeys (fault_run_more) */
	int instances, fewer;              /* of each service (0: 2); every other service begins with `fewer` less */
	unsigned seed;
	bool kill;
	int limit_s;                       /* of the driving */
	struct support_pg *pg;             /* the caller's, one of its own when `kill`; NULL: the suite's choice */
	/* What can be harmed besides, the caller's; NULL: it is not. */
	struct fault_disk *disk;
	struct support_network *network;
	struct tcp_proxy *proxy;
	struct dns_server *dns;
	/* Called each morning while journeys run, everybody ready; NULL: nothing. -1 ends the run. */
	int (*morning)(struct fault_run *run);
	/* given back */
	struct fault_shared *shared;
	struct fault_spool *spool;
	int counts[FAULT_KINDS];
	int days, begun;
	int32_t last_day;
	double seconds;
	struct suite *suite;
};

/* spooled.c: callers with a spool, and the process that delivers it; of a run that is harmed. */
int fault_spool_start(struct fault_run *run);
int fault_spool_add(struct fault_run *run);        /* three commands of a key */
int fault_spool_kill(struct fault_run *run);
/* Waits until all is delivered and takes over what became of it; -1 when something is left. */
int fault_spool_settle(struct fault_run *run);
size_t fault_spool_count(const struct fault_run *run);
int fault_spool_end(struct fault_run *run);

/* killer.c: harms at random for `milliseconds`; what was ended is started again. -1: something did not start, or did not
 * leave in order. */
int fault_kill(struct fault_run *run, unsigned *seed, int milliseconds);

/* Starts the suite and drives all journeys to their end, then moves the clock past every hold and waits until all
 * consumers have caught up. The suite still runs (run->suite). 0, or -1 with the reason on standard error. */
int fault_run_start(struct fault_run *run);
/* Drives `count` further journeys to their end; waits for nothing after it. */
int fault_run_more(struct fault_run *run, int count);
/* Days pass until every hold has run out, and all consumers catch up. */
int fault_run_settle(struct fault_run *run);
/* report.c: what happened, in lines that can be pasted. */
struct checker_report;
void fault_run_tell(const struct fault_run *run, const struct checker_report *report);
/* What the running services say of themselves: the audit's chain, the ledger made again, what the year costs. Adds to the
 * report. 0, or -1 when they could not be asked. */
int fault_run_ask(struct fault_run *run, struct checker_report *report);
/* Ends the suite; -1 when a process had fallen or ended badly. */
int fault_run_end(struct fault_run *run);
/* Moves every process's clock to nine o'clock on the day; in a process of its own. */
int fault_clock(struct suite *suite, int32_t day);

#endif
