/* tasks.h: work that takes longer than a turn of the loop should: done a little each turn.
 *
 * One task runs a turn, after everything that came in during the turn was sent on; those that run take turns. It runs for
 * HEARTH_TASK_US while nobody wants anything else of the process, but looks each HEARTH_TASK_LOOK_US whether somebody does:
 * that is what a reckoning of a second costs a lookup for each turn that it needs.
 */
#ifndef HEARTH_TASKS_H
#define HEARTH_TASKS_H

#include <hearth/service.h>
#include "loop.h"

#define HEARTH_TASK_US INT64_C(1000)
#define HEARTH_TASK_LOOK_US INT64_C(250)

/* Monotonic; over at `until_us`, or when the look that is due at `look_us` finds something for the loop to do. */
struct hearth_budget { int64_t until_us, look_us; const struct hearth_loop *loop; };

struct hearth_task {
	/* True: there is more. False: it is over, and may be gone already. `budget` NULL: the process ends; say so and be
	 * over. */
	bool (*turn)(struct hearth_task *task, struct hearth_budget *budget);
	struct hearth_task *next;
};

struct hearth_tasks;

struct hearth_tasks *hearth_tasks_new(struct hearth_loop *loop);
/* Ends every task. */
void hearth_tasks_free(struct hearth_tasks **tasks);
void hearth_tasks_add(struct hearth_tasks *tasks, struct hearth_task *task);
size_t hearth_tasks_count(const struct hearth_tasks *tasks);
/* How often a task had a turn. */
uint64_t hearth_tasks_turns(const struct hearth_tasks *tasks);
struct hearth_budget hearth_budget_now(const struct hearth_loop *loop);

#endif
