/* consumer.c: applying another service's events, each exactly once and in order.
 *
 * One process per consuming service applies a source, by turns (consumer_turn.c). It reads its cursor, pulls a page, and
 * runs one transaction: the cursor moved by compare-and-set, then every effect. A pull is sent on a hint, after a full
 * page, and every pull interval. What the source says of its history (FOREIGN_EPOCH, CURSOR_PAST_END, TRIMMED) stops the
 * consumer until the cursor has been set right; it says so in the log, in Control/GetInstance and in the metrics. A
 * service that has no cursor yet, of a source that has trimmed its first events, loads the source's present state.
 *
 * An event that keeps failing is parked, and later ones of its key behind it; all others go on (consumer_park.c).
 */
#include "consumer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/log.h>
#include <hearth/text.h>

#include "peers.h"

/* By enum hearth_consumer_statement. */
static const char *const statement_files[CONSUMER_STATEMENTS] = {
	[CONSUMER_GET_CURSOR] = "get_cursor",
	[CONSUMER_MOVE_CURSOR] = "move_cursor",
	[CONSUMER_LOOK] = "consumer_look",
	[CONSUMER_LEAVE] = "consumer_leave",
	[CONSUMER_PARK] = "park_event",
	[CONSUMER_PARKED_DUE] = "parked_due",
	[CONSUMER_UNPARK] = "unpark_event",
	[CONSUMER_PARK_AGAIN] = "park_again",
	[CONSUMER_BOOTSTRAP_BEGIN] = "bootstrap_begin",
	[CONSUMER_BOOTSTRAP_STEP] = "bootstrap_step",
	[CONSUMER_BOOTSTRAP_KEYS] = "bootstrap_keys",
	[CONSUMER_BOOTSTRAP_END] = "bootstrap_end",
};

/* ---- saying why it does not go on ---- */

void hearth_consumer_stop_with(struct hearth_consumer *consumer, const char *reason, const char *detail)
{
	char text[sizeof consumer->stopped];
	snprintf(text, sizeof text, "%s: %s", reason, detail);
	if (strcmp(text, consumer->stopped) != 0)
		hearth_log(HEARTH_LOG_ERROR, "consumer", "source=%s stopped=%s seq=%" PRId64 " detail=\"%s\"",
		           consumer->source->service, reason, consumer->seq, detail);
	memcpy(consumer->stopped, text, sizeof text);
}

void hearth_consumer_go_on(struct hearth_consumer *consumer)
{
	if (consumer->stopped[0])
		hearth_log(HEARTH_LOG_INFO, "consumer", "source=%s goes_on=yes seq=%" PRId64, consumer->source->service, consumer->seq);
	consumer->stopped[0] = '\0';
}

void hearth_consumer_wait(struct hearth_consumer *consumer, int64_t us)
{
	consumer->state = CONSUMER_WAITING;
	hearth_alarm_set(consumer->alarm, us);
}

void hearth_consumer_rest(struct hearth_consumer *consumer)
{
	hearth_consumer_wait(consumer, hearth_config_int(consumer->process->config, "pull-interval") * 1000);
}

bool hearth_consumer_passing(const char *sqlstate, const struct hearth_status *status, bool *ret_moved)
{
	*ret_moved = strcmp(sqlstate, "HC001") == 0;
	if (sqlstate[0])
		return hearth_sqlstate_passing(sqlstate);
	return hearth_code_retryable(status->code) || status->code == HEARTH_RESOURCE_EXHAUSTED;
}

/* ---- statements of its own ---- */

struct hearth_call *hearth_consumer_bind(struct hearth_consumer *consumer)
{
	struct hearth_call *call = consumer->call;
	memset(call->givens, 0, sizeof call->givens);
	call->bound_count = 0;
	call->request = NULL;
	hearth_call_begin(call);
	hearth_bind_text(call, "source", consumer->source->service);
	return call;
}

const char *const *hearth_consumer_values(struct hearth_consumer *consumer, enum hearth_consumer_statement which,
                                          struct hearth_status *status)
{
	return hearth_call_values(consumer->call, &consumer->statements[which], status);
}

void hearth_consumer_send_read(struct hearth_consumer *consumer, enum hearth_consumer_statement which,
                               void (*done)(struct hearth_read *, const PGresult *, const struct hearth_status *))
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	consumer->state = CONSUMER_LOADING;
	consumer->read = (struct hearth_read){ .statement = consumer->statements[which].statement,
	                                       .values = hearth_consumer_values(consumer, which, &status),
	                                       .done = done, .context = consumer };
	hearth_db_read(consumer->process->db, HEARTH_LANE_READ, &consumer->read);
}

void hearth_consumer_send_write(struct hearth_consumer *consumer, struct hearth_step *steps, size_t count,
                                void (*done)(struct hearth_write *, const PGresult *const *, const struct hearth_status *))
{
	consumer->state = CONSUMER_APPLYING;
	consumer->write = (struct hearth_write){ .step_count = count, .steps = steps, .alone = true, .done = done,
	                                         .context = consumer };
	hearth_db_write(consumer->process->db, &consumer->write);
}

char *hearth_consumer_key(struct hearth_arena *arena, const Hearth__Events__V1__Event *event)
{
	return hearth_arena_printf(arena, "%s:%s", event->authority, event->partition_key);
}

/* ---- what comes next ---- */

bool hearth_consumer_may_work(const struct hearth_consumer *consumer)
{
	return consumer->mine && hearth_consumer_beats(consumer) && !consumer->process->draining &&
	       hearth_db_ready(consumer->process->db);
}

void hearth_consumer_step(struct hearth_consumer *consumer)
{
	if (!hearth_consumer_may_work(consumer))
		consumer->state = CONSUMER_IDLE;
	else if (!consumer->known)
		hearth_consumer_load(consumer);
	else if (consumer->boot_wanted)
		hearth_consumer_bootstrap(consumer);
	else if (consumer->loading)
		hearth_consumer_snapshot_next(consumer);
	else if (consumer->catching_up && consumer->seq >= consumer->boot_until)
		hearth_consumer_end_bootstrap(consumer);
	else if (consumer->ordered)
		hearth_consumer_follow_orders(consumer);
	else
		hearth_consumer_pull(consumer);
}

static void alarm_rang(void *context)
{
	struct hearth_consumer *consumer = context;
	if (consumer->state == CONSUMER_WAITING || consumer->state == CONSUMER_IDLE)
		hearth_consumer_step(consumer);
}

static void was_hinted(void *context)
{
	struct hearth_consumer *consumer = context;
	consumer->hinted = true;
	if (consumer->state == CONSUMER_WAITING && !consumer->stopped[0] && !consumer->tries)
		hearth_consumer_step(consumer);
}

void hearth_consumer_start(struct hearth_consumer *consumer)
{
	hearth_consumer_turn_start(consumer);
}

/* ---- making and checking ---- */

int hearth_consumer_check(struct hearth_consumer *consumer, struct hearth_status *status)
{
	for (size_t i = 0; i < CONSUMER_STATEMENTS; i++)
		if (hearth_bound_statement_check(&consumer->statements[i], NULL, true, status) < 0)
			return -1;
	for (size_t i = 0; i < consumer->effect_count; i++) {
		struct hearth_effect_route *route = &consumer->effects[i];
		if (hearth_bound_statement_check(&route->bound, route->effect->message, route->effect->plan != NULL, status) < 0)
			return hearth_fail_context(status, "event %s", route->effect->type);
	}
	return 0;
}

static int find_statements(struct hearth_consumer *consumer, struct hearth_status *status)
{
	struct hearth_process *process = consumer->process;
	const struct hearth_effect *effects = consumer->source->effects;
	while (effects && effects[consumer->effect_count].type)
		consumer->effect_count++;
	consumer->effects = hearth_alloc((consumer->effect_count + 1) * sizeof *consumer->effects);
	memset(consumer->effects, 0, (consumer->effect_count + 1) * sizeof *consumer->effects);
	for (size_t i = 0; i < CONSUMER_STATEMENTS; i++)
		if (hearth_bound_statement_init(&consumer->statements[i], process, statement_files[i], status) < 0)
			return -1;
	for (size_t i = 0; i < consumer->effect_count; i++) {
		consumer->effects[i].effect = &effects[i];
		if (hearth_bound_statement_init(&consumer->effects[i].bound, process, effects[i].statement, status) < 0)
			return -1;
	}
	return 0;
}

static void name_methods(struct hearth_consumer *consumer)
{
	const char *service = consumer->source->service;
	snprintf(consumer->pull_method, sizeof consumer->pull_method, "%s:hearth.events.v1.Events/Pull", service);
	snprintf(consumer->position_method, sizeof consumer->position_method, "%s:hearth.events.v1.Events/GetPosition", service);
	snprintf(consumer->snapshot_method, sizeof consumer->snapshot_method, "%s:hearth.events.v1.Events/Snapshot", service);
}

struct hearth_consumer *hearth_consumer_new(struct hearth_process *process, const struct hearth_source *source,
                                            struct hearth_status *status)
{
	struct hearth_consumer *consumer = hearth_alloc(sizeof *consumer);
	*consumer = (struct hearth_consumer){ .process = process, .source = source, .page = HEARTH_CONSUMER_PAGE,
	                                      .parked = -1 };
	consumer->call = hearth_call_take(process);
	process->outstanding--;
	consumer->arena = consumer->call->arena;
	consumer->page_arena = hearth_arena_new();
	consumer->ahead_arena = hearth_arena_new();
	consumer->alarm = hearth_alarm_new(process->loop, alarm_rang, consumer);
	consumer->peers = hearth_peers_new(process, source->service, was_hinted, consumer);
	name_methods(consumer);
	hearth_consumer_turn_init(consumer);
	if (find_statements(consumer, status) < 0)
		hearth_consumer_free(&consumer);
	return consumer;
}

void hearth_consumer_free(struct hearth_consumer **pointer)
{
	struct hearth_consumer *consumer = *pointer;
	if (!consumer)
		return;
	for (size_t i = 0; i < CONSUMER_STATEMENTS; i++)
		hearth_bound_statement_done(&consumer->statements[i]);
	for (size_t i = 0; i < consumer->effect_count; i++)
		hearth_bound_statement_done(&consumer->effects[i].bound);
	hearth_consumer_turn_done(consumer);
	hearth_alarm_free(&consumer->alarm);
	hearth_peers_free(&consumer->peers);
	consumer->process->outstanding++;
	hearth_call_give(consumer->call);
	hearth_arena_free(&consumer->page_arena);
	hearth_arena_free(&consumer->ahead_arena);
	hearth_consumer_keys_set(consumer, NULL);
	free(consumer->keys);
	free(consumer->boot_after);
	free(consumer->effects);
	free(consumer);
	*pointer = NULL;
}

bool hearth_consumer_busy(const struct hearth_consumer *consumer)
{
	return consumer->state == CONSUMER_APPLYING || consumer->state == CONSUMER_LOADING || consumer->looking ||
	       consumer->leaving;
}

struct hearth_consumer_state hearth_consumer_state(const struct hearth_consumer *consumer)
{
	double behind = hearth_consumer_behind(consumer);
	return (struct hearth_consumer_state){
		.source = consumer->source->service,
		.stopped = consumer->stopped,
		.applied = consumer->mine && consumer->known ? consumer->seq : consumer->looked_seq,
		.end = consumer->end,
		.active = consumer->mine,
		.behind_known = !isnan(behind),
		.behind_seconds = behind,
		.parked = consumer->parked,
		.loading = consumer->loading || consumer->boot_wanted,
	};
}
