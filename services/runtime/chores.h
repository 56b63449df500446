/* chores.h: what a service does by itself, again and again: partitions made ahead, old rows trimmed, chains sealed.
 *
 * A chore looks (a read by key, in every process) and acts only when there is something to do. No lock is held between
 * rounds, so a process that hangs keeps nobody from the work: what lets one act at a time is inside the act itself.
 * On the write connection that is the writer lock; on the slow connection the statement takes
 * pg_try_advisory_xact_lock, or is right whoever else runs it. Every act must decide again what its look found.
 *
 * An act is small (a batch), so that nobody waits long behind it; with `done` saying 1 the next follows soon. What fails
 * is logged, counted (hearth_chore_failures_total) and tried again at the next round, at the earliest in five seconds.
 */
#ifndef HEARTH_CHORES_H
#define HEARTH_CHORES_H

#include <hearth/service.h>

struct hearth_process;
struct hearth_chores;

enum hearth_chore_lane {
	HEARTH_CHORE_SLOW,      /* the slow connection: a transaction of its own, without the writer lock; may be run twice when
	                         * the connection is lost in between */
	HEARTH_CHORE_WRITE      /* the write connection: a transaction of its own under the writer lock */
};

struct hearth_chore {
	const char *name;             /* in logs and metrics; NULL ends a table */
	int every_ms;
	const char *look;             /* sql/<look>.sql; no row: nothing to do; NULL: always act */
	const char *act;              /* sql/<act>.sql */
	enum hearth_chore_lane lane;  /* of the act */
	hearth_plan_fn *begin;        /* binds what look and act need; 1: not this time; may be NULL */
	hearth_plan_fn *plan;         /* after the look, which it sees by hearth_call_rows: binds for the act; 1: nothing to do */
	/* After the act, its rows: 1: there is more to do, soon. May be NULL. */
	int (*done)(struct hearth_call *call, const struct hearth_rows *rows);
	bool own;                     /* about this process alone: also done by one that only reckons */
};

/* `tables`: ends with NULL. */
struct hearth_chores *hearth_chores_new(struct hearth_process *process, const struct hearth_chore *const *tables,
                                        struct hearth_status *status);
void hearth_chores_free(struct hearth_chores **chores);
int hearth_chores_check(struct hearth_chores *chores, struct hearth_status *status);
/* The database is ready: every chore has its first round soon. */
void hearth_chores_start(struct hearth_chores *chores);
bool hearth_chores_busy(const struct hearth_chores *chores);
/* Runs the chore of that name soon instead of at its time. */
void hearth_chores_poke(struct hearth_chores *chores, const char *name);
void hearth_chores_metrics(struct hearth_chores *chores);

/* The process that a chore's call belongs to, for begin, plan and done of the runtime's own chores. */
struct hearth_process *hearth_chore_process(struct hearth_call *call);

#endif
