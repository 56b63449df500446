/* chores.c: rounds of periodic work; see chores.h. Each chore has an alarm and a call of its own, and one round at a
 * time. */
#include "chores.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/log.h>

#define FIRST_US INT64_C(200000)
#define SOON_US INT64_C(50000)
#define TROUBLE_US INT64_C(5000000)
#define JOB_TIMEOUT_US INT64_C(30000000)
#define SAID_AGAIN 60              /* failures in a row between two log lines of the same reason */

struct round {
	struct hearth_chores *chores;
	const struct hearth_chore *chore;
	struct hearth_bound_statement look, act;
	struct hearth_alarm *alarm;
	struct hearth_call *call;
	bool running, poked;
	unsigned in_a_row;                /* failures */
	char reason[64];                  /* of the last one */
	uint64_t acts, failures;
};

struct hearth_chores {
	struct hearth_process *process;
	struct round *rounds;
	size_t count;
	bool started;
};

static void over(struct round *round, int64_t wait_us)
{
	round->running = false;
	hearth_alarm_set(round->alarm, round->poked ? SOON_US : wait_us);
	round->poked = false;
}

static int64_t interval_us(const struct round *round)
{
	return (int64_t)round->chore->every_ms * 1000;
}

static void went_well(struct round *round, bool more)
{
	if (round->in_a_row)
		hearth_log(HEARTH_LOG_INFO, "chore", "name=%s goes_on=yes after=%u", round->chore->name, round->in_a_row);
	round->in_a_row = 0;
	round->reason[0] = '\0';
	over(round, more ? SOON_US : interval_us(round));
}

/* A lock that was not free in time is no trouble unless it goes on. */
static void went_wrong(struct round *round, const struct hearth_status *status)
{
	bool passing = hearth_code_retryable(status->code) || strcmp(status->reason, "LOCK_TIMEOUT") == 0;
	bool same = strcmp(round->reason, status->reason) == 0;
	round->failures++;
	round->in_a_row++;
	if (!round->chores->process->draining && (passing ? round->in_a_row % SAID_AGAIN == SAID_AGAIN / 6
	                                                  : !same || round->in_a_row % SAID_AGAIN == 0))
		hearth_log(HEARTH_LOG_WARN, "chore", "name=%s code=%s reason=%s failed=%u detail=\"%s\"", round->chore->name,
		           hearth_code_name(status->code), status->reason, round->in_a_row, status->message);
	snprintf(round->reason, sizeof round->reason, "%s", status->reason);
	over(round, interval_us(round) > TROUBLE_US ? interval_us(round) : TROUBLE_US);
}

static void acted(struct round *round, const PGresult *result)
{
	struct hearth_rows rows = { round->act.statement, result, (size_t)PQntuples(result) };
	round->acts++;
	went_well(round, round->chore->done && round->chore->done(round->call, &rows) == 1);
}

static void act_written(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct round *round = write->context;
	if (results)
		acted(round, results[0]);
	else
		went_wrong(round, status);
}

static void act_done(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct round *round = read->context;
	if (result)
		acted(round, result);
	else
		went_wrong(round, status);
}

static void act(struct round *round)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_call *call = round->call;
	struct hearth_db *db = round->chores->process->db;
	const char *const *values = hearth_call_values(call, &round->act, &status);
	if (!values) {
		went_wrong(round, &status);
	} else if (round->chore->lane == HEARTH_CHORE_WRITE) {
		call->steps[0] = (struct hearth_step){ round->act.statement, values };
		call->write = (struct hearth_write){ .step_count = 1, .steps = call->steps, .alone = true,
		                                     .deadline_us = call->deadline_us, .done = act_written, .context = round };
		hearth_db_write(db, &call->write);
	} else {
		call->read = (struct hearth_read){ .statement = round->act.statement, .values = values,
		                                   .deadline_us = call->deadline_us, .done = act_done, .context = round };
		hearth_db_read(db, HEARTH_LANE_SLOW, &call->read);
	}
}

/* 0: on to the act; 1: nothing to do; -1: failed. */
static int plan_act(struct round *round, const struct hearth_rows *rows, struct hearth_status *status)
{
	round->call->rows = rows;
	int planned = round->chore->plan ? round->chore->plan(round->call, status) : 0;
	round->call->rows = NULL;
	return planned;
}

static void go_on(struct round *round, int planned, const struct hearth_status *status)
{
	if (planned < 0)
		went_wrong(round, status);
	else if (planned > 0 || round->chores->process->draining)
		went_well(round, false);
	else
		act(round);
}

static void looked(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct round *round = read->context;
	struct hearth_status failed = HEARTH_STATUS_INIT;
	if (!result) {
		went_wrong(round, status);
		return;
	}
	struct hearth_rows rows = { round->look.statement, result, (size_t)PQntuples(result) };
	int planned = rows.count ? plan_act(round, &rows, &failed) : 1;
	go_on(round, planned, &failed);
}

static void look(struct round *round)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_call *call = round->call;
	const char *const *values = hearth_call_values(call, &round->look, &status);
	if (!values) {
		went_wrong(round, &status);
		return;
	}
	call->read = (struct hearth_read){ .statement = round->look.statement, .values = values,
	                                   .deadline_us = call->deadline_us, .done = looked, .context = round };
	/* Who acts on the slow connection also looks there: a look that waits for a busy disk has its time, not a lookup's. */
	enum hearth_lane lane = round->chore->lane == HEARTH_CHORE_WRITE ? HEARTH_LANE_READ : HEARTH_LANE_SLOW;
	hearth_db_read(round->chores->process->db, lane, &call->read);
}

static void rang(void *context)
{
	struct round *round = context;
	struct hearth_call *call = round->call;
	struct hearth_status status = HEARTH_STATUS_INIT;
	const struct hearth_process *process = round->chores->process;
	if (round->running)
		return;
	if (process->draining || !hearth_db_ready(process->db)) {
		over(round, interval_us(round));
		return;
	}
	round->running = true;
	hearth_arena_reset(call->arena);
	memset(call->givens, 0, sizeof call->givens);
	call->bound_count = 0;
	hearth_call_begin(call);
	call->actor = "chore";
	call->deadline_us = hearth_clock_wall() + JOB_TIMEOUT_US;
	int begun = round->chore->begin ? round->chore->begin(call, &status) : 0;
	if (begun == 0 && round->chore->look)
		look(round);
	else
		go_on(round, begun ? begun : plan_act(round, NULL, &status), &status);
}

/* ---- from outside ---- */

/* A process that only reckons leaves to its siblings what any of them can do. */
static bool is_ours(const struct round *round)
{
	return round->chore->own || round->chores->process->serves != HEARTH_SERVES_COMPUTE;
}

void hearth_chores_start(struct hearth_chores *chores)
{
	if (chores->started)
		return;
	chores->started = true;
	for (size_t i = 0; i < chores->count; i++)
		if (is_ours(&chores->rounds[i]))
			hearth_alarm_set(chores->rounds[i].alarm, FIRST_US);
}

void hearth_chores_poke(struct hearth_chores *chores, const char *name)
{
	for (size_t i = 0; chores->started && i < chores->count; i++) {
		struct round *round = &chores->rounds[i];
		if (strcmp(round->chore->name, name) != 0 || !is_ours(round))
			continue;
		if (round->running)
			round->poked = true;
		else
			hearth_alarm_set(round->alarm, SOON_US);
	}
}

bool hearth_chores_busy(const struct hearth_chores *chores)
{
	for (size_t i = 0; i < chores->count; i++)
		if (chores->rounds[i].running)
			return true;
	return false;
}

struct hearth_process *hearth_chore_process(struct hearth_call *call)
{
	return call->process;
}

int hearth_chores_check(struct hearth_chores *chores, struct hearth_status *status)
{
	for (size_t i = 0; i < chores->count; i++) {
		struct round *round = &chores->rounds[i];
		if ((round->chore->look && hearth_bound_statement_check(&round->look, NULL, true, status) < 0) ||
		    hearth_bound_statement_check(&round->act, NULL, true, status) < 0)
			return hearth_fail_context(status, "chore %s", round->chore->name);
	}
	return 0;
}

static int init_round(struct round *round, struct hearth_chores *chores, const struct hearth_chore *chore,
                      struct hearth_status *status)
{
	round->chores = chores;
	round->chore = chore;
	round->alarm = hearth_alarm_new(chores->process->loop, rang, round);
	round->call = hearth_call_take(chores->process);
	chores->process->outstanding--;
	if ((chore->look && hearth_bound_statement_init(&round->look, chores->process, chore->look, status) < 0) ||
	    hearth_bound_statement_init(&round->act, chores->process, chore->act, status) < 0)
		return hearth_fail_context(status, "chore %s", chore->name);
	return 0;
}

struct hearth_chores *hearth_chores_new(struct hearth_process *process, const struct hearth_chore *const *tables,
                                        struct hearth_status *status)
{
	struct hearth_chores *chores = hearth_alloc(sizeof *chores);
	size_t most = 0;
	*chores = (struct hearth_chores){ .process = process };
	for (size_t t = 0; tables[t]; t++)
		for (const struct hearth_chore *chore = tables[t]; chore->name; chore++)
			most++;
	chores->rounds = hearth_alloc((most + 1) * sizeof *chores->rounds);
	memset(chores->rounds, 0, (most + 1) * sizeof *chores->rounds);
	for (size_t t = 0; tables[t]; t++)
		for (const struct hearth_chore *chore = tables[t]; chore->name; chore++)
			if (init_round(&chores->rounds[chores->count++], chores, chore, status) < 0) {
				hearth_chores_free(&chores);
				return NULL;
			}
	return chores;
}

void hearth_chores_free(struct hearth_chores **pointer)
{
	struct hearth_chores *chores = *pointer;
	if (!chores)
		return;
	for (size_t i = 0; i < chores->count; i++) {
		struct round *round = &chores->rounds[i];
		hearth_bound_statement_done(&round->look);
		hearth_bound_statement_done(&round->act);
		hearth_alarm_free(&round->alarm);
		chores->process->outstanding++;
		hearth_call_give(round->call);
	}
	free(chores->rounds);
	free(chores);
	*pointer = NULL;
}

/* ---- metrics ---- */

static double read_counter(void *context)
{
	return (double)*(const uint64_t *)context;
}

void hearth_chores_metrics(struct hearth_chores *chores)
{
	for (size_t i = 0; i < chores->count; i++) {
		struct round *round = &chores->rounds[i];
		char labels[96];
		snprintf(labels, sizeof labels, "chore=\"%s\"", round->chore->name);
		hearth_metrics_counter_of(chores->process->metrics, "hearth_chore_acts_total", "rounds in which a chore acted",
		                          labels, read_counter, &round->acts);
		hearth_metrics_counter_of(chores->process->metrics, "hearth_chore_failures_total", "rounds that failed", labels,
		                          read_counter, &round->failures);
	}
}
