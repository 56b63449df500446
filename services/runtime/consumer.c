/* consumer.c: applying another service's events, each exactly once and in order.
 *
 * One process per consuming service applies a source: it holds a session advisory lock on its write connection. It
 * reads its cursor, pulls a page, and runs one transaction: the cursor moved by compare-and-set, then every effect.
 * A pull is sent on a hint, after a full page, and every pull interval. While a full page is applied the next one is
 * pulled; it is taken only when the cursor stands where it was asked from, and dropped with any failure. What the
 * source says of its history (FOREIGN_EPOCH, CURSOR_PAST_END) stops the consumer until the cursor has been set right;
 * it says so in the log, in Control/GetInstance and in the metrics.
 *
 * A permanent error re-runs the batch event by event, so that all before the bad one are applied; the bad one is then
 * tried again every five seconds and the source waits behind it.
 */
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/events/v1/events.pb-c.h>
#include <hearth/log.h>
#include <hearth/text.h>

#include "peers.h"

#define PAGE 500
#define RETRY_US INT64_C(200000)
#define STOPPED_US INT64_C(1000000)
#define POISON_US INT64_C(5000000)
#define FAILURES_SAID 10

struct effect_route {
	const struct hearth_effect *effect;
	struct hearth_bound_statement bound;
};

enum consumer_state {
	IDLE,               /* not ours, or the database is away */
	LOADING,            /* reading the cursor */
	WAITING,            /* until a hint or the interval */
	PULLING,
	APPLYING
};

struct hearth_consumer {
	struct hearth_process *process;
	const struct hearth_source *source;
	struct effect_route *effects;
	size_t effect_count;
	struct hearth_bound_statement get_cursor, move_cursor;
	enum consumer_state state;
	bool held, hinted, locked_once;
	bool known;                        /* the cursor below is the table's */
	char epoch[HEARTH_UUID_SIZE];      /* "" before the first batch */
	int64_t seq, end;
	int64_t caught_up_us;              /* monotonic: when it was last level with the source */
	char stopped[160];
	size_t page;                       /* events per batch; fewer after a failure, 1 while looking for a poisoned one */
	unsigned failures;                 /* passing ones in a row */
	struct hearth_alarm *alarm;
	struct hearth_peers *peers;
	struct hearth_arena *arena;        /* of the batches of a page */
	struct hearth_arena *page_arena;   /* of `pulled` */
	struct hearth_arena *ahead_arena;  /* of `ahead` */
	struct hearth_call *call;          /* what plans see */
	struct hearth_read read;
	struct hearth_write write;
	Hearth__Events__V1__PullResponse *pulled;
	Hearth__Events__V1__PullResponse *ahead;   /* the page after `pulled`, when it is here */
	int64_t ahead_after;               /* the cursor it was asked from */
	bool ahead_asked, ahead_wanted;    /* on its way; not made worthless since */
	bool waits_ahead;                  /* PULLING it is what remains to be done */
	size_t batch;                      /* events of `pulled` in the present write */
	size_t applied;                    /* events of `pulled` already applied */
	char method[96];
};

static void next_page(struct hearth_consumer *consumer);
static void step(struct hearth_consumer *consumer);
static void load_cursor(struct hearth_consumer *consumer);
static void apply_next(struct hearth_consumer *consumer);

/* ---- saying why it does not go on ---- */

static void stop_with(struct hearth_consumer *consumer, const char *reason, const char *detail)
{
	char text[sizeof consumer->stopped];
	snprintf(text, sizeof text, "%s: %s", reason, detail);
	if (strcmp(text, consumer->stopped) != 0)
		hearth_log(HEARTH_LOG_ERROR, "consumer", "source=%s stopped=%s seq=%" PRId64 " detail=\"%s\"",
		           consumer->source->service, reason, consumer->seq, detail);
	memcpy(consumer->stopped, text, sizeof text);
}

static void go_on(struct hearth_consumer *consumer)
{
	if (consumer->stopped[0])
		hearth_log(HEARTH_LOG_INFO, "consumer", "source=%s goes_on seq=%" PRId64, consumer->source->service, consumer->seq);
	consumer->stopped[0] = '\0';
}

static void wait_for(struct hearth_consumer *consumer, int64_t us)
{
	consumer->state = WAITING;
	hearth_alarm_set(consumer->alarm, us);
}

static void rest(struct hearth_consumer *consumer)
{
	wait_for(consumer, hearth_config_int(consumer->process->config, "pull-interval") * 1000);
}

/* ---- the batch ---- */

static const struct effect_route *effect_of(const struct hearth_consumer *consumer, const char *type)
{
	for (size_t i = 0; i < consumer->effect_count; i++)
		if (strcmp(consumer->effects[i].effect->type, type) == 0)
			return &consumer->effects[i];
	return NULL;
}

static int64_t timestamp_us(const Google__Protobuf__Timestamp *time)
{
	return time ? time->seconds * 1000000 + time->nanos / 1000 : 0;
}

static void begin_event(struct hearth_call *call, const Hearth__Events__V1__Event *event, ProtobufCMessage *message)
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
	call->givens[GIVEN_EVENT_HISTORICAL] = event->historical ? "true" : "false";
}

/* Adds the event's effect to the steps; 0 also when it has none here. */
static int add_effect(struct hearth_consumer *consumer, const Hearth__Events__V1__Event *event, struct hearth_step *steps,
                      size_t *count, struct hearth_status *status)
{
	const struct effect_route *route = effect_of(consumer, event->type);
	if (!route)
		return 0;
	struct hearth_call *call = consumer->call;
	ProtobufCMessage *message = protobuf_c_message_unpack(
		route->effect->message, hearth_arena_allocator(call->arena), event->data.len, event->data.data);
	if (!message)
		return hearth_fail(status, HEARTH_DATA_LOSS, "MALFORMED_EVENT", "event %s is no %s", event->id,
		                   route->effect->message->name);
	begin_event(call, event, message);
	int planned = route->effect->plan ? route->effect->plan(call, status) : 0;
	if (planned != 0)
		return planned < 0 ? -1 : 0;
	const char *const *values = hearth_call_values(call, &route->bound, status);
	if (!values)
		return -1;
	hearth_steps_add(consumer->process, steps, count, route->bound.statement, values);
	return 0;
}

static const char *const *cursor_values(struct hearth_consumer *consumer, int64_t to, struct hearth_status *status)
{
	struct hearth_call *call = consumer->call;
	memset(call->givens, 0, sizeof call->givens);
	call->bound_count = 0;
	call->request = NULL;
	hearth_call_begin(call);
	hearth_bind_text(call, "source", consumer->source->service);
	hearth_bind_text(call, "epoch", consumer->pulled->epoch);
	hearth_bind_int(call, "from_seq", consumer->seq);
	hearth_bind_int(call, "to_seq", to);
	return hearth_call_values(call, &consumer->move_cursor, status);
}

/* The event that is in the way: said with its id and type, tried again later. */
static void poisoned(struct hearth_consumer *consumer, const struct hearth_status *status)
{
	const Hearth__Events__V1__Event *event = consumer->pulled->events[consumer->applied];
	char detail[sizeof consumer->stopped];
	snprintf(detail, sizeof detail, "%s seq %" PRId64 ": %s %s", event->type, event->seq, hearth_code_name(status->code),
	         status->reason);
	stop_with(consumer, "POISON", detail);
	consumer->page = 1;
	consumer->known = false;
	wait_for(consumer, POISON_US);
}

static void applied(struct hearth_consumer *consumer)
{
	consumer->applied += consumer->batch;
	consumer->failures = 0;
	consumer->seq = consumer->pulled->events[consumer->applied - 1]->seq;
	snprintf(consumer->epoch, sizeof consumer->epoch, "%s", consumer->pulled->epoch);
	go_on(consumer);
	hearth_process_committed(consumer->process);
	if (consumer->applied < consumer->pulled->n_events) {
		apply_next(consumer);
		return;
	}
	consumer->page = PAGE;
	if (consumer->seq >= consumer->pulled->end) {
		consumer->caught_up_us = hearth_clock_mono();
		if (!consumer->hinted) {
			rest(consumer);
			return;
		}
	}
	next_page(consumer);
}

static void failed(struct hearth_consumer *consumer, const char *sqlstate, const struct hearth_status *status)
{
	hearth_log(HEARTH_LOG_WARN, "apply", "source=%s events=%zu code=%s reason=%s sqlstate=%s", consumer->source->service,
	           consumer->batch, hearth_code_name(status->code), status->reason, sqlstate[0] ? sqlstate : "-");
	bool moved = strcmp(sqlstate, "HC001") == 0;
	bool passing = sqlstate[0] ? hearth_sqlstate_passing(sqlstate)
	                           : hearth_code_retryable(status->code) || status->code == HEARTH_RESOURCE_EXHAUSTED;
	if (moved || passing) {
		consumer->known = false;     /* somebody else moved it, or it is not known whether we did */
		consumer->page = consumer->batch > 1 ? consumer->batch / 2 : 1;
		if (!moved && ++consumer->failures >= FAILURES_SAID)
			stop_with(consumer, "TROUBLE", status->message);
		wait_for(consumer, RETRY_US);
	} else if (consumer->batch > 1) {
		consumer->page = 1;
		apply_next(consumer);
	} else {
		poisoned(consumer, status);
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

static void apply_next(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	struct hearth_status status = HEARTH_STATUS_INIT;
	size_t left = pulled->n_events - consumer->applied, count = 0;
	consumer->batch = left < consumer->page ? left : consumer->page;
	consumer->state = APPLYING;
	struct hearth_step *steps = hearth_arena_alloc(consumer->arena,
	                                               (consumer->batch * HEARTH_STEPS_PER_STATEMENT + 1) * sizeof *steps);
	const char *const *values = cursor_values(consumer, pulled->events[consumer->applied + consumer->batch - 1]->seq, &status);
	int result = values ? 0 : -1;
	if (values)
		steps[count++] = (struct hearth_step){ consumer->move_cursor.statement, values };
	for (size_t i = 0; i < consumer->batch && result == 0; i++)
		result = add_effect(consumer, pulled->events[consumer->applied + i], steps, &count, &status);
	if (result < 0) {
		failed(consumer, "", &status);
		return;
	}
	consumer->write = (struct hearth_write){ .step_count = count, .steps = steps, .alone = true, .done = batch_done,
	                                         .context = consumer };
	hearth_db_write(consumer->process->db, &consumer->write);
}

/* ---- pulling ---- */

static bool may_work(const struct hearth_consumer *consumer)
{
	return consumer->held && !consumer->process->draining && hearth_db_ready(consumer->process->db);
}

static void pull_failed(struct hearth_consumer *consumer, const struct hearth_status *status)
{
	if (status->code == HEARTH_FAILED_PRECONDITION) {
		stop_with(consumer, status->reason, status->message);
		consumer->known = false;     /* the operator sets the cursor right: read it again */
		wait_for(consumer, STOPPED_US);
		return;
	}
	if (status->code != HEARTH_UNAVAILABLE && status->code != HEARTH_DEADLINE_EXCEEDED)
		hearth_log(HEARTH_LOG_WARN, "pull", "source=%s code=%s reason=%s", consumer->source->service,
		           hearth_code_name(status->code), status->reason);
	rest(consumer);
}

static int send_pull(struct hearth_consumer *consumer, const char *epoch, int64_t after, hearth_reply_callback *done)
{
	Hearth__Events__V1__PullRequest request = HEARTH__EVENTS__V1__PULL_REQUEST__INIT;
	request.epoch = (char *)epoch;
	request.after = after;
	request.page_size = PAGE;
	request.consumer = (char *)consumer->process->service->name;
	request.applied = consumer->seq;
	struct hearth_call_options options = { .timeout_ms = 5000 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	return hearth_client_send(consumer->process->client, consumer->method, &request.base, &options, done, consumer,
	                          &status);
}

/* What is here or on its way was asked from another cursor, or nobody knows. */
static void forget_ahead(struct hearth_consumer *consumer)
{
	consumer->ahead = NULL;
	consumer->ahead_wanted = false;
	consumer->waits_ahead = false;
}

/* An error says nothing here: the page is then pulled in its turn. */
static void ahead_done(void *context, const struct hearth_reply *reply)
{
	struct hearth_consumer *consumer = context;
	consumer->ahead_asked = false;
	if (!consumer->ahead_wanted)
		return;
	hearth_arena_reset(consumer->ahead_arena);
	if (reply->status.code == HEARTH_OK)
		consumer->ahead = hearth__events__v1__pull_response__unpack(hearth_arena_allocator(consumer->ahead_arena),
		                                                            reply->size, reply->payload);
	if (consumer->waits_ahead)
		next_page(consumer);
}

/* Asks for the page after a full one that is about to be applied. */
static void pull_ahead(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	if (consumer->ahead_asked || pulled->n_events < PAGE || pulled->events[pulled->n_events - 1]->seq >= pulled->end)
		return;
	forget_ahead(consumer);
	consumer->ahead_after = pulled->events[pulled->n_events - 1]->seq;
	consumer->ahead_asked = send_pull(consumer, pulled->epoch, consumer->ahead_after, ahead_done) == 0;
	consumer->ahead_wanted = consumer->ahead_asked;
}

static void page_here(struct hearth_consumer *consumer)
{
	consumer->end = consumer->pulled->end;
	consumer->applied = 0;
	if (consumer->pulled->n_events > 0) {
		pull_ahead(consumer);
		apply_next(consumer);
		return;
	}
	consumer->caught_up_us = hearth_clock_mono();
	go_on(consumer);
	if (consumer->hinted)
		step(consumer);
	else
		rest(consumer);
}

/* The page that was asked for ahead, when it is of this cursor; else a pull. */
static void next_page(struct hearth_consumer *consumer)
{
	bool usable = may_work(consumer) && consumer->known && consumer->ahead_wanted &&
	              consumer->ahead_after == consumer->seq;
	consumer->waits_ahead = usable && consumer->ahead_asked;
	if (consumer->waits_ahead) {
		consumer->state = PULLING;
	} else if (usable && consumer->ahead) {
		struct hearth_arena *applied = consumer->page_arena;
		consumer->page_arena = consumer->ahead_arena;
		consumer->ahead_arena = applied;
		consumer->pulled = consumer->ahead;
		forget_ahead(consumer);
		hearth_arena_reset(consumer->arena);
		page_here(consumer);
	} else {
		step(consumer);
	}
}

static void pull_done(void *context, const struct hearth_reply *reply)
{
	struct hearth_consumer *consumer = context;
	if (!may_work(consumer)) {
		consumer->state = IDLE;
		return;
	}
	if (reply->status.code != HEARTH_OK) {
		pull_failed(consumer, &reply->status);
		return;
	}
	consumer->pulled = hearth__events__v1__pull_response__unpack(hearth_arena_allocator(consumer->page_arena),
	                                                             reply->size, reply->payload);
	if (consumer->pulled)
		page_here(consumer);
	else
		rest(consumer);
}

static void pull(struct hearth_consumer *consumer)
{
	if (!may_work(consumer)) {
		consumer->state = IDLE;
		return;
	}
	hearth_alarm_clear(consumer->alarm);
	hearth_arena_reset(consumer->arena);
	hearth_arena_reset(consumer->page_arena);
	forget_ahead(consumer);
	consumer->pulled = NULL;
	consumer->hinted = false;
	consumer->state = PULLING;
	if (send_pull(consumer, consumer->epoch, consumer->seq, pull_done) < 0)
		rest(consumer);
}

/* ---- the cursor ---- */

static void cursor_loaded(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = read->context;
	(void)status;
	if (!result) {
		wait_for(consumer, RETRY_US);
		return;
	}
	bool found = PQntuples(result) == 1;
	snprintf(consumer->epoch, sizeof consumer->epoch, "%s", found ? PQgetvalue(result, 0, 0) : "");
	consumer->seq = found ? strtoll(PQgetvalue(result, 0, 1), NULL, 10) : 0;
	consumer->known = true;
	pull(consumer);
}

static void load_cursor(struct hearth_consumer *consumer)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_call *call = consumer->call;
	forget_ahead(consumer);
	hearth_arena_reset(consumer->arena);
	memset(call->givens, 0, sizeof call->givens);
	call->bound_count = 0;
	call->request = NULL;
	hearth_bind_text(call, "source", consumer->source->service);
	consumer->state = LOADING;
	const char *const *values = hearth_call_values(call, &consumer->get_cursor, &status);
	consumer->read = (struct hearth_read){ .statement = consumer->get_cursor.statement, .values = values,
	                                       .done = cursor_loaded, .context = consumer };
	hearth_db_read(consumer->process->db, HEARTH_LANE_READ, &consumer->read);
}

static void step(struct hearth_consumer *consumer)
{
	if (!may_work(consumer))
		consumer->state = IDLE;
	else if (!consumer->known)
		load_cursor(consumer);
	else
		pull(consumer);
}

static void alarm_rang(void *context)
{
	struct hearth_consumer *consumer = context;
	if (consumer->state == WAITING || consumer->state == IDLE)
		step(consumer);
}

static void was_hinted(void *context)
{
	struct hearth_consumer *consumer = context;
	consumer->hinted = true;
	if (consumer->state == WAITING && !consumer->stopped[0])
		step(consumer);
}

static void lock_changed(void *context, bool held)
{
	struct hearth_consumer *consumer = context;
	consumer->held = held;
	hearth_log(HEARTH_LOG_INFO, "consumer", "source=%s active=%s", consumer->source->service, held ? "yes" : "no");
	consumer->known = false;
	consumer->stopped[0] = '\0';
	consumer->caught_up_us = hearth_clock_mono();
	if (held && (consumer->state == IDLE || consumer->state == WAITING))
		step(consumer);
}

void hearth_consumer_start(struct hearth_consumer *consumer)
{
	if (!consumer->locked_once) {
		char name[128];
		snprintf(name, sizeof name, "hearth:consumer:%s:%s", consumer->process->service->name, consumer->source->service);
		consumer->locked_once = true;
		consumer->caught_up_us = hearth_clock_mono();
		hearth_db_hold(consumer->process->db, name, lock_changed, consumer);
	} else if (consumer->state == IDLE) {
		step(consumer);
	}
}

/* ---- making and checking ---- */

int hearth_consumer_check(struct hearth_consumer *consumer, struct hearth_status *status)
{
	if (hearth_bound_statement_check(&consumer->get_cursor, NULL, true, status) < 0 ||
	    hearth_bound_statement_check(&consumer->move_cursor, NULL, true, status) < 0)
		return -1;
	for (size_t i = 0; i < consumer->effect_count; i++) {
		struct effect_route *route = &consumer->effects[i];
		if (hearth_bound_statement_check(&route->bound, route->effect->message, route->effect->plan != NULL, status) < 0)
			return hearth_fail_context(status, "event %s", route->effect->type);
	}
	return 0;
}

struct hearth_consumer *hearth_consumer_new(struct hearth_process *process, const struct hearth_source *source,
                                            struct hearth_status *status)
{
	struct hearth_consumer *consumer = hearth_alloc(sizeof *consumer);
	*consumer = (struct hearth_consumer){ .process = process, .source = source, .page = PAGE };
	consumer->call = hearth_call_take(process);
	process->outstanding--;
	consumer->arena = consumer->call->arena;
	consumer->page_arena = hearth_arena_new();
	consumer->ahead_arena = hearth_arena_new();
	consumer->alarm = hearth_alarm_new(process->loop, alarm_rang, consumer);
	consumer->peers = hearth_peers_new(process, source->service, was_hinted, consumer);
	snprintf(consumer->method, sizeof consumer->method, "%s:hearth.events.v1.Events/Pull", source->service);
	while (source->effects && source->effects[consumer->effect_count].type)
		consumer->effect_count++;
	consumer->effects = hearth_alloc((consumer->effect_count + 1) * sizeof *consumer->effects);
	memset(consumer->effects, 0, (consumer->effect_count + 1) * sizeof *consumer->effects);
	int result = hearth_bound_statement_init(&consumer->get_cursor, process, "get_cursor", status);
	if (result == 0)
		result = hearth_bound_statement_init(&consumer->move_cursor, process, "move_cursor", status);
	for (size_t i = 0; i < consumer->effect_count && result == 0; i++) {
		consumer->effects[i].effect = &source->effects[i];
		result = hearth_bound_statement_init(&consumer->effects[i].bound, process, source->effects[i].statement, status);
	}
	if (result < 0)
		hearth_consumer_free(&consumer);
	return consumer;
}

void hearth_consumer_free(struct hearth_consumer **pointer)
{
	struct hearth_consumer *consumer = *pointer;
	if (!consumer)
		return;
	hearth_bound_statement_done(&consumer->get_cursor);
	hearth_bound_statement_done(&consumer->move_cursor);
	for (size_t i = 0; i < consumer->effect_count; i++)
		hearth_bound_statement_done(&consumer->effects[i].bound);
	hearth_alarm_free(&consumer->alarm);
	hearth_peers_free(&consumer->peers);
	consumer->process->outstanding++;
	hearth_call_give(consumer->call);
	hearth_arena_free(&consumer->page_arena);
	hearth_arena_free(&consumer->ahead_arena);
	free(consumer->effects);
	free(consumer);
	*pointer = NULL;
}

bool hearth_consumer_busy(const struct hearth_consumer *consumer)
{
	return consumer->state == APPLYING || consumer->state == LOADING;
}

struct hearth_consumer_state hearth_consumer_state(const struct hearth_consumer *consumer)
{
	bool level = consumer->held && consumer->known && consumer->seq >= consumer->end && !consumer->stopped[0];
	return (struct hearth_consumer_state){
		.source = consumer->source->service,
		.stopped = consumer->stopped,
		.applied = consumer->seq,
		.end = consumer->end,
		.active = consumer->held,
		.behind_seconds = !consumer->held || level ? 0 : (double)(hearth_clock_mono() - consumer->caught_up_us) / 1e6,
	};
}
