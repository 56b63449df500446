/* tasks.c: see tasks.h.
 *
 * An alarm that is due at once rings in each turn while there are tasks, so the loop does not sleep; the slice itself is
 * deferred to the turn's end, behind what the turn's requests had deferred before.
 */
#include "tasks.h"

#include <stdlib.h>

struct hearth_tasks {
	struct hearth_loop *loop;
	struct hearth_task *first, **end;
	size_t count;
	uint64_t turns;
	struct hearth_alarm *alarm;
	struct hearth_deferred slice;
};

bool hearth_budget_left(struct hearth_budget *budget)
{
	int64_t now_us = hearth_clock_mono();
	if (now_us >= budget->until_us)
		return false;
	if (now_us < budget->look_us)
		return true;
	budget->look_us = now_us + HEARTH_TASK_LOOK_US;
	if (hearth_loop_wanted(budget->loop))
		budget->until_us = now_us;
	return now_us < budget->until_us;
}

struct hearth_budget hearth_budget_now(const struct hearth_loop *loop)
{
	int64_t now_us = hearth_clock_mono();
	return (struct hearth_budget){ now_us + HEARTH_TASK_US, now_us + HEARTH_TASK_LOOK_US, loop };
}

static void append(struct hearth_tasks *tasks, struct hearth_task *task)
{
	task->next = NULL;
	*tasks->end = task;
	tasks->end = &task->next;
	tasks->count++;
}

static struct hearth_task *take(struct hearth_tasks *tasks)
{
	struct hearth_task *task = tasks->first;
	tasks->first = task->next;
	if (!tasks->first)
		tasks->end = &tasks->first;
	tasks->count--;
	return task;
}

static void run_slice(void *context)
{
	struct hearth_tasks *tasks = context;
	if (!tasks->first)
		return;
	struct hearth_task *task = take(tasks);
	struct hearth_budget budget = hearth_budget_now(tasks->loop);
	tasks->turns++;
	if (task->turn(task, &budget))
		append(tasks, task);
	if (tasks->first)
		hearth_alarm_set(tasks->alarm, 0);
}

static void rang(void *context)
{
	struct hearth_tasks *tasks = context;
	hearth_loop_defer(tasks->loop, &tasks->slice);
}

void hearth_tasks_add(struct hearth_tasks *tasks, struct hearth_task *task)
{
	append(tasks, task);
	if (tasks->count == 1)
		hearth_alarm_set(tasks->alarm, 0);
}

size_t hearth_tasks_count(const struct hearth_tasks *tasks)
{
	return tasks->count;
}

uint64_t hearth_tasks_turns(const struct hearth_tasks *tasks)
{
	return tasks->turns;
}

struct hearth_tasks *hearth_tasks_new(struct hearth_loop *loop)
{
	struct hearth_tasks *tasks = hearth_alloc(sizeof *tasks);
	*tasks = (struct hearth_tasks){ .loop = loop };
	tasks->end = &tasks->first;
	tasks->alarm = hearth_alarm_new(loop, rang, tasks);
	tasks->slice = (struct hearth_deferred){ .callback = run_slice, .context = tasks };
	return tasks;
}

void hearth_tasks_free(struct hearth_tasks **pointer)
{
	struct hearth_tasks *tasks = *pointer;
	if (!tasks)
		return;
	while (tasks->first) {
		struct hearth_task *task = take(tasks);
		(void)task->turn(task, NULL);
	}
	hearth_loop_undefer(tasks->loop, &tasks->slice);
	hearth_alarm_free(&tasks->alarm);
	free(tasks);
	*pointer = NULL;
}
