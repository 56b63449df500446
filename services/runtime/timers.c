/* timers.c: acting on the due rows of table `timer`.
 *
 * Every process looks each second, and soon after each commit of its own. A round reads what is due; each timer runs
 * its `write`, after its `read` and `plan` when it has them. The write statement deletes or moves the row, so that of
 * two processes that try at once one acts. A round that changed nothing is not repeated before the next second.
 *
 * Timers that reckon (`step`) are for the processes that do, all others for those that do not (--serve).
 */
#include "process.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/log.h>

#define LOOK_US INT64_C(1000000)
#define SOON_US INT64_C(10000)
#define JOB_TIMEOUT_US INT64_C(30000000)

struct timer_route {
	const struct hearth_timer *timer;
	struct hearth_bound_statement read, write;
};

struct hearth_timers {
	struct hearth_process *process;
	struct timer_route *routes;
	size_t count;
	struct hearth_bound_statement due, put_off;
	struct hearth_alarm *alarm;
	struct hearth_read read;
	struct hearth_call *call;          /* of the look itself */
	bool looking, again, acted, soon;
	size_t running;
};

struct job {
	struct hearth_task task;           /* first: the two are cast into each other */
	struct hearth_timers *timers;
	const struct timer_route *route;
	struct hearth_call *call;
	PGresult *held;                    /* what was read, while steps are made over it */
	struct hearth_rows rows;
};

static void look(struct hearth_timers *timers);

static void round_over(struct hearth_timers *timers)
{
	if (timers->looking || timers->running)
		return;
	bool soon = timers->again || timers->acted;
	timers->again = timers->acted = false;
	timers->soon = soon;
	hearth_alarm_set(timers->alarm, soon ? SOON_US : LOOK_US);
}

static void job_end(struct job *job)
{
	struct hearth_timers *timers = job->timers;
	hearth_call_give(job->call);
	timers->running--;
	round_over(timers);
}

static void was_put_off(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	(void)results;
	(void)status;
	job_end(write->context);
}

/* What fails is tried again in a minute: it must not stand in front of the others. */
static void put_off(struct job *job)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_call *call = job->call;
	const struct hearth_bound_statement *bound = &job->timers->put_off;
	const char *const *values = hearth_call_values(call, bound, &status);
	call->steps[0] = (struct hearth_step){ bound->statement, values };
	call->write = (struct hearth_write){ .step_count = 1, .steps = call->steps, .deadline_us = call->deadline_us,
	                                     .done = was_put_off, .context = job };
	hearth_db_write(job->timers->process->db, &call->write);
}

static void job_over(struct job *job, const struct hearth_status *status)
{
	if (!status || status->code == HEARTH_OK) {
		job_end(job);
		return;
	}
	hearth_log(HEARTH_LOG_WARN, "timer", "kind=%s code=%s reason=%s", job->route ? job->route->timer->kind : "unknown",
	           hearth_code_name(status->code), status->reason);
	if (hearth_code_retryable(status->code) || job->timers->process->draining)
		job_end(job);
	else
		put_off(job);
}

static void job_written(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct job *job = write->context;
	struct hearth_timers *timers = job->timers;
	if (results) {
		long rows = strtol(PQcmdTuples((PGresult *)results[job->call->main_step]), NULL, 10);
		timers->acted |= rows > 0;
		hearth_log(HEARTH_LOG_INFO, "timer", "kind=%s rows=%ld", job->route->timer->kind, rows);
		hearth_process_committed(timers->process);
	}
	job_over(job, results ? NULL : status);
}

static void job_write(struct job *job)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_call *call = job->call;
	const char *const *values = hearth_call_values(call, &job->route->write, &status);
	if (!values) {
		job_over(job, &status);
		return;
	}
	size_t count = 0;
	call->main_step = hearth_steps_add(job->timers->process, call->steps, &count, job->route->write.statement, values);
	call->write = (struct hearth_write){ .step_count = count, .steps = call->steps, .deadline_us = call->deadline_us,
	                                     .done = job_written, .context = job };
	hearth_db_write(job->timers->process->db, &call->write);
}

static int job_step(struct job *job, struct hearth_budget *budget, struct hearth_status *status)
{
	if (!budget)
		return hearth_fail(status, HEARTH_UNAVAILABLE, "STOPPING", "this process is stopping");
	if (hearth_clock_wall() >= job->call->deadline_us)
		return hearth_fail(status, HEARTH_DEADLINE_EXCEEDED, "DEADLINE", "the timer's time is over");
	return job->route->timer->step(job->call, &job->rows, budget, status);
}

static bool job_turn(struct hearth_task *task, struct hearth_budget *budget)
{
	struct job *job = (struct job *)task;
	struct hearth_status status = HEARTH_STATUS_INIT;
	int outcome = job_step(job, budget, &status);
	if (outcome == HEARTH_STEP_MORE)
		return true;
	hearth_db_give_back(job->timers->process->db, HEARTH_LANE_SLOW, job->held);
	if (outcome < 0)
		job_over(job, &status);
	else
		job_write(job);
	return false;
}

static void job_read(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct job *job = read->context;
	struct hearth_status failed = HEARTH_STATUS_INIT;
	if (!result) {
		job_over(job, status);
		return;
	}
	if (job->route->timer->step) {
		job->rows = (struct hearth_rows){ job->route->read.statement, result, (size_t)PQntuples(result) };
		job->held = hearth_db_keep(job->timers->process->db, HEARTH_LANE_SLOW);
		job->task.turn = job_turn;
		hearth_tasks_add(job->timers->process->tasks, &job->task);
		return;
	}
	struct hearth_rows rows = { job->route->read.statement, result, (size_t)PQntuples(result) };
	job->call->rows = &rows;
	int planned = job->route->timer->plan ? job->route->timer->plan(job->call, &failed) : 0;
	job->call->rows = NULL;
	if (planned < 0)
		job_over(job, &failed);
	else
		job_write(job);
}

static void start_job(struct hearth_timers *timers, const struct timer_route *route, const PGresult *result, int row)
{
	static const enum hearth_given columns[] = { GIVEN_TIMER_ID, GIVEN_NONE, GIVEN_AUTHORITY, GIVEN_SUBJECT, GIVEN_DUE,
		                                         GIVEN_DATA };
	struct hearth_call *call = hearth_call_take(timers->process);
	struct job *job = hearth_arena_alloc(call->arena, sizeof *job);
	struct hearth_status status = HEARTH_STATUS_INIT;
	*job = (struct job){ .timers = timers, .route = route, .call = call };
	timers->running++;
	hearth_call_begin(call);
	call->actor = "timer";
	call->deadline_us = hearth_clock_wall() + JOB_TIMEOUT_US;
	for (int i = 0; i < 6; i++)
		if (columns[i] != GIVEN_NONE)
			call->givens[columns[i]] = hearth_arena_strdup(call->arena, PQgetvalue(result, row, i));
	call->authority = call->givens[GIVEN_AUTHORITY];
	if (!route) {
		hearth_fail(&status, HEARTH_UNIMPLEMENTED, "UNKNOWN_TIMER", "no table of this service names this kind");
		job_over(job, &status);
		return;
	}
	if (!route->timer->read) {
		if (route->timer->plan && route->timer->plan(call, &status) < 0)
			job_over(job, &status);
		else
			job_write(job);
		return;
	}
	const char *const *values = route->timer->begin && route->timer->begin(call, &status) < 0
		? NULL : hearth_call_values(call, &route->read, &status);
	if (!values) {
		job_over(job, &status);
		return;
	}
	call->read = (struct hearth_read){ .statement = route->read.statement, .values = values,
	                                   .deadline_us = call->deadline_us, .done = job_read, .context = job };
	hearth_db_read(timers->process->db, HEARTH_LANE_SLOW, &call->read);
}

static const struct timer_route *route_of(const struct hearth_timers *timers, const char *kind)
{
	for (size_t i = 0; i < timers->count; i++)
		if (strcmp(timers->routes[i].timer->kind, kind) == 0)
			return &timers->routes[i];
	return NULL;
}

static void looked(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct hearth_timers *timers = read->context;
	(void)status;
	timers->process->timers_due = result ? PQntuples(result) : 0;
	for (int row = 0; result && row < PQntuples(result) && !timers->process->draining; row++)
		start_job(timers, route_of(timers, PQgetvalue(result, row, 1)), result, row);
	timers->looking = false;
	round_over(timers);
}

static void bind_kinds(struct hearth_timers *timers, struct hearth_call *call)
{
	const char **kinds = hearth_arena_alloc(call->arena, (timers->count + 1) * sizeof *kinds);
	enum hearth_serves serves = timers->process->serves;
	size_t count = 0;
	for (size_t i = 0; i < timers->count && serves != HEARTH_SERVES_ALL; i++)
		if (timers->routes[i].timer->step)
			kinds[count++] = timers->routes[i].timer->kind;
	hearth_bind_texts(call, "kinds", count, kinds);
	hearth_bind_bool(call, "among", serves == HEARTH_SERVES_COMPUTE);
}

static void look(struct hearth_timers *timers)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_call *call = timers->call;
	if (timers->process->draining || !hearth_db_ready(timers->process->db)) {
		hearth_alarm_set(timers->alarm, LOOK_US);
		return;
	}
	hearth_arena_reset(call->arena);
	memset(call->givens, 0, sizeof call->givens);
	call->bound_count = 0;
	hearth_call_begin(call);
	bind_kinds(timers, call);
	timers->looking = true;
	const char *const *values = hearth_call_values(call, &timers->due, &status);
	timers->read = (struct hearth_read){ .statement = timers->due.statement, .values = values,
	                                     .deadline_us = hearth_clock_wall() + JOB_TIMEOUT_US, .done = looked,
	                                     .context = timers };
	hearth_db_read(timers->process->db, HEARTH_LANE_READ, &timers->read);
}

static void rang(void *context)
{
	struct hearth_timers *timers = context;
	timers->soon = false;
	if (!timers->looking && !timers->running)
		look(timers);
}

void hearth_timers_poke(struct hearth_timers *timers)
{
	if (timers->looking || timers->running)
		timers->again = true;
	else if (!timers->soon) {
		timers->soon = true;
		hearth_alarm_set(timers->alarm, SOON_US);
	}
}

bool hearth_timers_busy(const struct hearth_timers *timers)
{
	return timers->running > 0;
}

int hearth_timers_check(struct hearth_timers *timers, struct hearth_status *status)
{
	if (hearth_bound_statement_check(&timers->due, NULL, true, status) < 0 ||
	    hearth_bound_statement_check(&timers->put_off, NULL, false, status) < 0)
		return -1;
	for (size_t i = 0; i < timers->count; i++) {
		struct timer_route *route = &timers->routes[i];
		bool planned = route->timer->plan != NULL || route->timer->step != NULL;
		if ((route->timer->read && hearth_bound_statement_check(&route->read, NULL, route->timer->begin != NULL, status) < 0) ||
		    hearth_bound_statement_check(&route->write, NULL, planned, status) < 0)
			return hearth_fail_context(status, "timer %s", route->timer->kind);
	}
	return 0;
}

static int init_routes(struct hearth_timers *timers, struct hearth_status *status)
{
	for (size_t i = 0; i < timers->count; i++) {
		struct timer_route *route = &timers->routes[i];
		route->timer = &timers->process->service->timers[i];
		if ((route->timer->read &&
		     hearth_bound_statement_init(&route->read, timers->process, route->timer->read, status) < 0) ||
		    hearth_bound_statement_init(&route->write, timers->process, route->timer->write, status) < 0)
			return hearth_fail_context(status, "timer %s", route->timer->kind);
	}
	if (hearth_bound_statement_init(&timers->put_off, timers->process, "put_off_timer", status) < 0)
		return -1;
	return hearth_bound_statement_init(&timers->due, timers->process, "due_timers", status);
}

struct hearth_timers *hearth_timers_new(struct hearth_process *process, struct hearth_status *status)
{
	struct hearth_timers *timers = hearth_alloc(sizeof *timers);
	*timers = (struct hearth_timers){ .process = process };
	while (process->service->timers && process->service->timers[timers->count].kind)
		timers->count++;
	timers->routes = hearth_alloc((timers->count + 1) * sizeof *timers->routes);
	memset(timers->routes, 0, (timers->count + 1) * sizeof *timers->routes);
	timers->call = hearth_call_take(process);
	process->outstanding--;
	timers->alarm = hearth_alarm_new(process->loop, rang, timers);
	if (init_routes(timers, status) < 0)
		hearth_timers_free(&timers);
	else
		hearth_alarm_set(timers->alarm, SOON_US);
	return timers;
}

void hearth_timers_free(struct hearth_timers **pointer)
{
	struct hearth_timers *timers = *pointer;
	if (!timers)
		return;
	for (size_t i = 0; i < timers->count; i++) {
		hearth_bound_statement_done(&timers->routes[i].read);
		hearth_bound_statement_done(&timers->routes[i].write);
	}
	hearth_bound_statement_done(&timers->due);
	hearth_bound_statement_done(&timers->put_off);
	hearth_alarm_free(&timers->alarm);
	timers->process->outstanding++;
	hearth_call_give(timers->call);
	free(timers->routes);
	free(timers);
	*pointer = NULL;
}
