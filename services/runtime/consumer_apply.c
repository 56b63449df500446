/* consumer_apply.c: a batch: one transaction that moves the cursor by compare-and-set and makes every effect.
 *
 * A passing failure (the database away, a conflict, no room) is tried again with half as many events, as long as it takes.
 * Any other re-runs the batch event by event, so that all before the bad one are applied; the bad one alone is tried
 * `park-after` times, a second apart, and then parked in the transaction that moves the cursor past it.
 */
#include "consumer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hearth/log.h>

#define AGAIN_US INT64_C(1000000)
#define FULL_US INT64_C(5000000)
#define FAILURES_SAID 10

/* ---- effects ---- */

static const struct hearth_effect_route *effect_of(const struct hearth_consumer *consumer, const char *type)
{
	for (size_t i = 0; i < consumer->effect_count; i++)
		if (strcmp(consumer->effects[i].effect->type, type) == 0)
			return &consumer->effects[i];
	return NULL;
}

bool hearth_consumer_hears(const struct hearth_consumer *consumer, const char *type)
{
	return effect_of(consumer, type) != NULL;
}

static int64_t timestamp_us(const Google__Protobuf__Timestamp *time)
{
	return time ? time->seconds * 1000000 + time->nanos / 1000 : 0;
}

static void begin_event(struct hearth_call *call, const Hearth__Events__V1__Event *event, ProtobufCMessage *message,
                        bool historical, bool snapshot)
{
	char time[HEARTH_TIME_SIZE];
	memset(call->givens, 0, sizeof call->givens);
	call->bound_count = 0;
	call->request = message;
	call->authority = event->authority;
	call->actor = event->source;
	hearth_call_begin(call);
	hearth_time_format(timestamp_us(event->time), time);
	call->givens[GIVEN_TRACEPARENT] = event->traceparent;
	call->givens[GIVEN_EVENT_ID] = event->id;
	call->givens[GIVEN_EVENT_TYPE] = event->type;
	call->givens[GIVEN_EVENT_TIME] = hearth_arena_strdup(call->arena, time);
	call->givens[GIVEN_EVENT_VERSION] = hearth_arena_printf(call->arena, "%" PRId64, event->version);
	call->givens[GIVEN_EVENT_SOURCE] = event->source;
	call->givens[GIVEN_EVENT_HISTORICAL] = historical ? "true" : "false";
	call->givens[GIVEN_EVENT_SNAPSHOT] = snapshot ? "true" : "false";
}

/* What a state may start is the effect's own word: nothing, unless it says otherwise. */
static bool is_history(const struct hearth_effect *effect, const Hearth__Events__V1__Event *event, bool snapshot)
{
	if (!snapshot || effect->snapshot == HEARTH_SNAPSHOT_AS_TOLD)
		return event->historical;
	return effect->snapshot != HEARTH_SNAPSHOT_LIVE;
}

int hearth_consumer_add_effect(struct hearth_consumer *consumer, const Hearth__Events__V1__Event *event, bool snapshot,
                               struct hearth_step *steps, size_t *count, struct hearth_status *status)
{
	const struct hearth_effect_route *route = effect_of(consumer, event->type);
	if (!route || (snapshot && route->effect->snapshot == HEARTH_SNAPSHOT_PASS))
		return 0;
	struct hearth_call *call = consumer->call;
	ProtobufCMessage *message = protobuf_c_message_unpack(
		route->effect->message, hearth_arena_allocator(call->arena), event->data.len, event->data.data);
	if (!message)
		return hearth_fail(status, HEARTH_DATA_LOSS, "MALFORMED_EVENT", "event %s is no %s", event->id,
		                   route->effect->message->name);
	begin_event(call, event, message, is_history(route->effect, event, snapshot), snapshot);
	int planned = route->effect->plan ? route->effect->plan(call, status) : 0;
	if (planned != 0)
		return planned < 0 ? -1 : 0;
	const char *const *values = hearth_call_values(call, &route->bound, status);
	if (!values)
		return -1;
	hearth_steps_add(consumer->process, steps, count, route->bound.statement, values);
	return 0;
}

/* ---- the outcome ---- */

static void note_oldest(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	if (consumer->applied < pulled->n_events)
		consumer->oldest_us = timestamp_us(pulled->events[consumer->applied]->time);
	else if (consumer->seq >= pulled->end)
		consumer->oldest_us = 0;
}

static void applied(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	consumer->applied += consumer->batch;
	consumer->parked += consumer->parking;
	consumer->failures = 0;
	consumer->tries = 0;
	consumer->park_next = false;
	consumer->has_cursor = true;
	consumer->seq = pulled->events[consumer->applied - 1]->seq;
	snprintf(consumer->epoch, sizeof consumer->epoch, "%s", pulled->epoch);
	note_oldest(consumer);
	hearth_consumer_go_on(consumer);
	hearth_process_committed(consumer->process);
	if (consumer->applied < pulled->n_events) {
		if (hearth_consumer_may_work(consumer))
			hearth_consumer_apply(consumer);
		else
			consumer->state = CONSUMER_IDLE;
		return;
	}
	consumer->page = HEARTH_CONSUMER_PAGE;
	if (consumer->seq >= pulled->end && !consumer->hinted && !consumer->ordered && !consumer->boot_wanted)
		hearth_consumer_rest(consumer);
	else
		hearth_consumer_next_page(consumer);
}

/* The one event in the way: tried again, then parked, unless too much is parked already. */
static void failed_alone(struct hearth_consumer *consumer, const char *sqlstate, const struct hearth_status *status)
{
	const Hearth__Events__V1__Event *event = consumer->pulled->events[consumer->applied];
	consumer->tries = consumer->tried_seq == event->seq ? consumer->tries + 1 : 1;
	consumer->tried_seq = event->seq;
	hearth_consumer_note_error(consumer, sqlstate, status);
	if (consumer->tries < hearth_config_int(consumer->process->config, "park-after")) {
		consumer->known = false;
		consumer->page = 1;
		hearth_consumer_wait(consumer, AGAIN_US);
	} else if (hearth_consumer_full(consumer, 1)) {
		consumer->known = false;
		consumer->page = 1;
		hearth_consumer_wait(consumer, FULL_US);
	} else {
		consumer->park_next = true;
		hearth_consumer_apply(consumer);
	}
}

static void failed(struct hearth_consumer *consumer, const char *sqlstate, const struct hearth_status *status)
{
	bool moved, passing = hearth_consumer_passing(sqlstate, status, &moved);
	hearth_log(HEARTH_LOG_WARN, "apply", "source=%s events=%zu code=%s reason=%s sqlstate=%s", consumer->source->service,
	           consumer->batch, hearth_code_name(status->code), status->reason, sqlstate[0] ? sqlstate : "-");
	bool parking = consumer->park_next;
	consumer->park_next = false;
	if (moved || passing) {
		consumer->known = false;     /* somebody else moved it, or it is not known whether we did */
		consumer->page = consumer->batch > 1 ? consumer->batch / 2 : 1;
		if (!moved && ++consumer->failures >= FAILURES_SAID)
			hearth_consumer_stop_with(consumer, "TROUBLE", status->message);
		hearth_consumer_wait(consumer, HEARTH_CONSUMER_RETRY_US);
	} else if (consumer->batch > 1) {
		consumer->page = 1;
		hearth_consumer_apply(consumer);
	} else if (parking) {
		hearth_consumer_stop_with(consumer, "NOT_PARKED", status->message);
		consumer->known = false;
		hearth_consumer_wait(consumer, FULL_US);
	} else {
		failed_alone(consumer, sqlstate, status);
	}
}

static void batch_done(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = write->context;
	if (results)
		applied(consumer);
	else
		failed(consumer, write->sqlstate, status);
}

/* ---- a batch ---- */

static int add_cursor(struct hearth_consumer *consumer, int64_t to, struct hearth_step *steps, size_t *count,
                      struct hearth_status *status)
{
	struct hearth_call *call = hearth_consumer_bind(consumer);
	hearth_bind_text(call, "epoch", consumer->pulled->epoch);
	hearth_bind_int(call, "from_seq", consumer->seq);
	hearth_bind_int(call, "to_seq", to);
	const char *const *values = hearth_consumer_values(consumer, CONSUMER_MOVE_CURSOR, status);
	if (!values)
		return -1;
	steps[(*count)++] = (struct hearth_step){ consumer->statements[CONSUMER_MOVE_CURSOR].statement, values };
	return 0;
}

/* What waits behind a parked key. */
static bool is_behind(struct hearth_consumer *consumer, size_t at)
{
	const Hearth__Events__V1__Event *event = consumer->pulled->events[at];
	if (consumer->key_count == 0 || (consumer->passed && consumer->passed[at]) ||
	    !hearth_consumer_hears(consumer, event->type))
		return false;
	return hearth_consumer_is_parked(consumer, hearth_consumer_key(consumer->arena, event));
}

/* The batch ends before an event that may not be parked any more. False: it would have none; what to do is done. */
static bool find_room(struct hearth_consumer *consumer)
{
	size_t behind = 0;
	for (size_t i = 0; i < consumer->batch; i++) {
		if (!is_behind(consumer, consumer->applied + i) || hearth_consumer_room(consumer, ++behind))
			continue;
		consumer->batch = i;
		if (i > 0)
			return true;
		hearth_consumer_full(consumer, 1);
		consumer->known = false;     /* what was decided about them is read again */
		hearth_consumer_wait(consumer, FULL_US);
		return false;
	}
	return true;
}

/* Its effect, or its place among the parked, or nothing when what was loaded holds it already. */
static int add_event(struct hearth_consumer *consumer, size_t at, struct hearth_step *steps, size_t *count,
                     struct hearth_status *status)
{
	const Hearth__Events__V1__Event *event = consumer->pulled->events[at];
	if ((consumer->passed && consumer->passed[at]) || !hearth_consumer_hears(consumer, event->type))
		return 0;
	if (consumer->park_next)
		return hearth_consumer_add_parking(consumer, event, true, steps, count, status);
	if (is_behind(consumer, at))
		return hearth_consumer_add_parking(consumer, event, false, steps, count, status);
	return hearth_consumer_add_effect(consumer, event, false, steps, count, status);
}

void hearth_consumer_apply(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	struct hearth_status status = HEARTH_STATUS_INIT;
	size_t left = pulled->n_events - consumer->applied, count = 0;
	consumer->batch = left < consumer->page ? left : consumer->page;
	consumer->parking = 0;
	note_oldest(consumer);
	if (!find_room(consumer))
		return;
	consumer->state = CONSUMER_APPLYING;
	struct hearth_step *steps = hearth_arena_alloc(consumer->arena,
	                                               (consumer->batch * HEARTH_STEPS_PER_STATEMENT + 1) * sizeof *steps);
	int result = add_cursor(consumer, pulled->events[consumer->applied + consumer->batch - 1]->seq, steps, &count, &status);
	for (size_t i = 0; i < consumer->batch && result == 0; i++)
		result = add_event(consumer, consumer->applied + i, steps, &count, &status);
	if (result < 0)
		failed(consumer, "", &status);
	else
		hearth_consumer_send_write(consumer, steps, count, batch_done);
}
