/* builtin.c: what every process answers: health, its own state, its clock, its events. */
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/control/v1/control.pb-c.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/json.h>
#include <hearth/log.h>
#include <hearth/v1/common.pb-c.h>

#define PULL_DEFAULT 500
#define PULL_MOST 1000

#ifndef HEARTH_VERSION
#define HEARTH_VERSION "0.1"
#endif

/* ---- health ---- */

static int check_health(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	const struct hearth_process *process = call->process;
	Hearth__Control__V1__CheckResponse *reply = hearth_call_reply(call);
	bool ready = hearth_db_ready(process->db) && !process->draining;
	reply->status = ready ? HEARTH__CONTROL__V1__SERVING_STATUS__SERVING
	                      : HEARTH__CONTROL__V1__SERVING_STATUS__NOT_SERVING;
	if (!ready)
		reply->detail = hearth_arena_strdup(call->arena,
		                                    process->draining ? "draining" : hearth_db_trouble(process->db));
	return 0;
}

const struct hearth_method hearth_health_methods[] = {
	{ .name = "Check", .kind = HEARTH_READ, .roles = HEARTH_ANYONE, .plan = check_health },
	{ 0 },
};

/* ---- control ---- */

static Google__Protobuf__Timestamp *timestamp(struct hearth_arena *arena, int64_t us)
{
	Google__Protobuf__Timestamp *time = hearth_arena_alloc(arena, sizeof *time);
	google__protobuf__timestamp__init(time);
	time->seconds = us / 1000000 - (us % 1000000 < 0);
	time->nanos = (int32_t)((us - time->seconds * 1000000) * 1000);
	return time;
}

static void fill_consumers(struct hearth_call *call, Hearth__Control__V1__GetInstanceResponse *reply)
{
	struct hearth_process *process = call->process;
	reply->n_consumers = process->consumer_count;
	reply->consumers = hearth_arena_alloc(call->arena, (process->consumer_count + 1) * sizeof *reply->consumers);
	for (size_t i = 0; i < process->consumer_count; i++) {
		struct hearth_consumer_state state = hearth_consumer_state(process->consumers[i]);
		Hearth__Control__V1__ConsumerState *out = hearth_arena_alloc(call->arena, sizeof *out);
		hearth__control__v1__consumer_state__init(out);
		out->source = hearth_arena_strdup(call->arena, state.source);
		out->stopped = hearth_arena_strdup(call->arena, state.stopped);
		out->applied = state.applied;
		out->end = state.end;
		out->active = state.active;
		out->behind_seconds = state.behind_known ? state.behind_seconds : 0;
		out->behind_unknown = !state.behind_known;
		out->parked = state.parked > 0 ? state.parked : 0;
		out->parked_unknown = state.parked < 0;
		out->loading = state.loading;
		reply->consumers[i] = out;
	}
}

static void fill_outbox(struct hearth_call *call, Hearth__Control__V1__GetInstanceResponse *reply)
{
	const struct hearth_outbox *outbox = &call->process->outbox;
	Hearth__Control__V1__OutboxState *out = hearth_arena_alloc(call->arena, sizeof *out);
	hearth__control__v1__outbox_state__init(out);
	out->partitions = outbox->partitions;
	out->stray = outbox->stray;
	out->trimmed = outbox->trimmed;
	out->held = hearth_arena_strdup(call->arena, outbox->held);
	out->n_heard = outbox->heard_count;
	out->heard = hearth_arena_alloc(call->arena, (outbox->heard_count + 1) * sizeof *out->heard);
	for (size_t i = 0; i < outbox->heard_count; i++) {
		Hearth__Control__V1__HeardConsumer *heard = hearth_arena_alloc(call->arena, sizeof *heard);
		hearth__control__v1__heard_consumer__init(heard);
		heard->consumer = hearth_arena_strdup(call->arena, outbox->heard[i].consumer);
		heard->applied = outbox->heard[i].applied;
		heard->seen = timestamp(call->arena, outbox->heard[i].seen_us);
		out->heard[i] = heard;
	}
	reply->outbox = out;
}

static int get_instance(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	struct hearth_process *process = call->process;
	Hearth__Control__V1__GetInstanceResponse *reply = hearth_call_reply(call);
	int64_t now_us = hearth_clock_mono();
	reply->service = hearth_arena_strdup(call->arena, process->service->name);
	reply->instance_id = hearth_arena_strdup(call->arena, process->instance_text);
	reply->hint_endpoint = hearth_arena_strdup(call->arena, hearth_server_hint_endpoint(process->server));
	reply->now = timestamp(call->arena, hearth_clock_now());
	reply->test_clock = hearth_clock_is_test();
	reply->status = hearth_db_ready(process->db) ? HEARTH__CONTROL__V1__SERVING_STATUS__SERVING
	                                             : HEARTH__CONTROL__V1__SERVING_STATUS__NOT_SERVING;
	reply->calls = (int64_t)process->calls;
	reply->errors = (int64_t)process->errors;
	reply->queued_writes = (int64_t)hearth_db_queued_writes(process->db);
	reply->queued_reads = (int64_t)hearth_db_queued_reads(process->db);
	reply->p50_ms = hearth_stats_quantile(&process->stats, now_us, 0.5);
	reply->p99_ms = hearth_stats_quantile(&process->stats, now_us, 0.99);
	reply->metrics_address = hearth_arena_strdup(call->arena,
	                                             process->metrics ? hearth_metrics_address(process->metrics) : "");
	reply->version = hearth_arena_strdup(call->arena, HEARTH_VERSION);
	reply->timers_due = process->timers_due;
	fill_consumers(call, reply);
	fill_outbox(call, reply);
	return 0;
}

static int set_clock(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Control__V1__SetClockRequest *request = hearth_call_request(call);
	Hearth__Control__V1__SetClockResponse *reply = hearth_call_reply(call);
	if (!hearth_clock_is_test())
		return hearth_fail(status, HEARTH_UNIMPLEMENTED, "NO_TEST_CLOCK", "this process runs without --test-clock");
	if (!request->now)
		return hearth_fail_field(status, "now", "now is missing; a time in UTC is wanted");
	if (request->now->nanos < 0 || request->now->nanos > 999999999 || llabs(request->now->seconds) > INT64_C(9000000000))
		return hearth_fail_field(status, "now", "now is out of range");
	if (hearth_clock_set(request->now->seconds * 1000000 + request->now->nanos / 1000, status) < 0)
		return -1;
	hearth_log(HEARTH_LOG_INFO, "clock", "set=%" PRId64, request->now->seconds);
	reply->now = timestamp(call->arena, hearth_clock_now());
	hearth_timers_poke(call->process->timers);
	return 0;
}

/* Anybody with a role, so that an actor is named, but a provider's staff: events are about an authority's children. */
#define CARE_READERS (UINT32_C(0x1fe) & ~HEARTH_ROLE(HEARTH__V1__ROLE__PROVIDER))
#define RUNS_THE_SUITE (HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR) | HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM))

const struct hearth_method hearth_control_methods[] = {
	{ .name = "GetInstance", .kind = HEARTH_READ, .roles = RUNS_THE_SUITE, .plan = get_instance },
	{ .name = "SetClock", .kind = HEARTH_READ, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR), .plan = set_clock },
	{ 0 },
};

/* ---- events ---- */

static const ProtobufCMessageDescriptor *told_message(const struct hearth_process *process, const char *type)
{
	for (const struct hearth_told *told = process->service->tells; told && told->type; told++)
		if (strcmp(told->type, type) == 0)
			return told->message;
	return NULL;
}

/* The payload's JSON as the message of its type, packed; personal fields cleared unless it is a pull. */
static int pack_data(struct hearth_call *call, struct hearth_arena *arena, const char *type, const char *json,
                     bool personal, ProtobufCBinaryData *ret_data, struct hearth_status *status)
{
	const ProtobufCMessageDescriptor *descriptor = told_message(call->process, type);
	ProtobufCMessage *message;
	if (!descriptor)      /* told by an older version: the envelope alone */
		return 0;
	if (hearth_json_parse(arena, descriptor, json, strlen(json), HEARTH_JSON_LENIENT, &message, status) < 0)
		return hearth_fail_context(status, "event of type %s", type);
	if (!personal)
		hearth_message_make_public(message);
	ret_data->len = protobuf_c_message_get_packed_size(message);
	ret_data->data = hearth_arena_alloc(arena, ret_data->len + 1);
	protobuf_c_message_pack(message, ret_data->data);
	return 0;
}

static int fill_event(struct hearth_call *call, struct hearth_arena *arena, const struct hearth_rows *rows, size_t row,
                      bool personal, Hearth__Events__V1__Event **ret_event, struct hearth_status *status)
{
	Hearth__Events__V1__Event *event = hearth_arena_alloc(arena, sizeof *event);
	hearth__events__v1__event__init(event);
	event->seq = hearth_rows_int(rows, row, "seq");
	event->id = hearth_arena_strdup(arena, hearth_rows_text(rows, row, "id"));
	event->source = hearth_arena_strdup(arena, call->process->service->name);
	event->type = hearth_arena_strdup(arena, hearth_rows_text(rows, row, "type"));
	event->subject = hearth_arena_printf(arena, "%s/%s", hearth_rows_text(rows, row, "aggregatetype"),
	                                     hearth_rows_text(rows, row, "aggregateid"));
	event->time = timestamp(arena, hearth_rows_int(rows, row, "time_us"));
	event->traceparent = hearth_arena_strdup(arena, hearth_rows_text(rows, row, "traceparent"));
	event->version = hearth_rows_int(rows, row, "version");
	event->partition_key = hearth_arena_strdup(arena, hearth_rows_text(rows, row, "partition_key"));
	event->authority = hearth_arena_strdup(arena, hearth_rows_text(rows, row, "authority"));
	event->historical = hearth_rows_text(rows, row, "historical")[0] == 't';
	*ret_event = event;
	return pack_data(call, arena, event->type, hearth_rows_text(rows, row, "payload"), personal, &event->data, status);
}

struct pulling { size_t row; int64_t last; };

int hearth_events_add(struct hearth_call *call, const struct hearth_rows *rows, bool personal, struct hearth_budget *budget,
                      int64_t *ret_last, struct hearth_status *status)
{
	struct pulling *pulling = hearth_call_state(call, sizeof *pulling);
	size_t count = hearth_rows_is_null(rows, 0, "seq") ? 0 : hearth_rows_count(rows);
	while (pulling->row < count) {
		Hearth__Events__V1__Event *event;
		if (fill_event(call, call->process->scratch, rows, pulling->row, personal, &event, status) < 0)
			return -1;
		hearth_reply_add(call, "events", &event->base);
		pulling->last = event->seq;
		pulling->row++;
		hearth_arena_reset(call->process->scratch);
		if (pulling->row < count && !hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	*ret_last = pulling->last;
	return HEARTH_STEP_DONE;
}

static int plan_page(struct hearth_call *call, const char *epoch, int64_t after, int page_size, const char *authority,
                     bool personal, struct hearth_status *status)
{
	if (epoch[0] && hearth_check_uuid(epoch, "epoch", status) < 0)
		return -1;
	if (hearth_check_range(page_size, 0, PULL_MOST, "page_size", status) < 0)
		return -1;
	hearth_bind_int(call, "after_seq", after < 0 ? INT64_MAX : after);
	hearth_bind_text(call, "only_authority", authority);
	hearth_bind_bool(call, "personal", personal);
	hearth_bind_int(call, "most", page_size ? page_size : PULL_DEFAULT);
	return 0;
}

static int plan_pull(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Events__V1__PullRequest *request = hearth_call_request(call);
	if (hearth_check_range(request->after, 0, INT64_MAX, "after", status) < 0 ||
	    hearth_check_range(request->applied, 0, INT64_MAX, "applied", status) < 0)
		return -1;
	if (plan_page(call, request->epoch, request->after, request->page_size, NULL, true, status) < 0)
		return -1;
	return request->consumer[0] ? hearth_outbox_check_consumer(call, request->consumer, status) : 0;
}

static int plan_position(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Events__V1__GetPositionRequest *request = hearth_call_request(call);
	return hearth_check_range(request->after, 0, INT64_MAX, "after", status);
}

/* People see their own authority's events and those of supply; an operator without one sees all. */
static int plan_watch(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Events__V1__WatchRequest *request = hearth_call_request(call);
	bool operator = hearth_call_has_role(call, HEARTH__V1__ROLE__OPERATOR);
	const char *authority = operator && (request->authority[0] || !call->authority[0]) ? request->authority : call->authority;
	if (!operator && !authority[0])
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "NO_AUTHORITY", "the actor's authority is empty");
	if (hearth_check_range(request->after, -1, INT64_MAX, "after", status) < 0)
		return -1;
	return plan_page(call, request->epoch, request->after, request->page_size, authority[0] ? authority : NULL, false,
	                 status);
}

static int check_history(const char *asked, int64_t after, const struct hearth_rows *rows, struct hearth_status *status)
{
	const char *epoch = hearth_rows_text(rows, 0, "epoch");
	int64_t end = hearth_rows_int(rows, 0, "end_seq");
	if (asked[0] && strcmp(asked, epoch) != 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "FOREIGN_EPOCH",
		                   "the cursor is of another history; see hearth migrate --new-history");
	if (after > end)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "CURSOR_PAST_END",
		                   "the cursor is at %" PRId64 ", past the history's end at %" PRId64, after, end);
	return 0;
}

static int check_trimmed(int64_t after, const struct hearth_rows *rows, struct hearth_status *status)
{
	int64_t trimmed = hearth_rows_int(rows, 0, "trimmed");
	if (after >= 0 && after < trimmed)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "TRIMMED",
		                   "the cursor is at %" PRId64 ", but events up to %" PRId64 " have been trimmed", after, trimmed);
	return 0;
}

/* What a consumer says of itself counts only for the history it is of. One that has been trimmed past is heard too: while
 * it takes the state instead, no more goes. */
static int hear_consumer(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	const Hearth__Events__V1__PullRequest *request = hearth_call_request(call);
	int64_t end = hearth_rows_int(rows, 0, "end_seq");
	if (request->applied > end)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "APPLIED_PAST_END",
		                   "applied is %" PRId64 ", past the history's end at %" PRId64, request->applied, end);
	if (request->applied > 0 && !request->epoch[0])
		return hearth_fail_field(status, "epoch", "applied is of a history: say of which");
	if (request->consumer[0])
		hearth_outbox_hear(call->process, request, call->by_service);
	return 0;
}

static int step_pull(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                     struct hearth_status *status)
{
	const Hearth__Events__V1__PullRequest *request = hearth_call_request(call);
	Hearth__Events__V1__PullResponse *reply = hearth_call_reply(call);
	int64_t last = 0;
	reply->epoch = hearth_arena_strdup(call->arena, hearth_rows_text(rows, 0, "epoch"));
	reply->end = hearth_rows_int(rows, 0, "end_seq");
	if (check_history(request->epoch, request->after, rows, status) < 0 || hear_consumer(call, rows, status) < 0 ||
	    check_trimmed(request->after, rows, status) < 0)
		return -1;
	int outcome = hearth_events_add(call, rows, true, budget, &last, status);
	reply->next = last ? last : request->after;
	return outcome;
}

static int step_watch(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                      struct hearth_status *status)
{
	const Hearth__Events__V1__WatchRequest *request = hearth_call_request(call);
	Hearth__Events__V1__WatchResponse *reply = hearth_call_reply(call);
	int64_t end = hearth_rows_int(rows, 0, "end_seq"), after = request->after ? request->after : -1, last = 0;
	reply->epoch = hearth_arena_strdup(call->arena, hearth_rows_text(rows, 0, "epoch"));
	if (check_history(request->epoch, after, rows, status) < 0 || check_trimmed(after, rows, status) < 0)
		return -1;
	int outcome = hearth_events_add(call, rows, false, budget, &last, status);
	if (outcome == HEARTH_STEP_DONE && last == 0 && request->after >= 0 && hearth_dispatch_may_wait(call))
		return HEARTH_STEP_WAIT;
	reply->next = last ? last : end;
	return outcome;
}

const struct hearth_method hearth_events_methods[] = {
	{ .name = "Pull", .kind = HEARTH_SLOW, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM) | HEARTH_BETWEEN_SERVICES,
	  .statement = "pull_events", .plan = plan_pull, .step = step_pull },
	{ .name = "Watch", .kind = HEARTH_READ, .roles = CARE_READERS, .statement = "pull_events", .plan = plan_watch,
	  .step = step_watch },
	{ .name = "GetPosition", .kind = HEARTH_READ, .roles = RUNS_THE_SUITE, .statement = "get_position", .plan = plan_position },
	{ .name = "Snapshot", .kind = HEARTH_SLOW, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM) | HEARTH_BETWEEN_SERVICES,
	  .statement = "snapshot", .plan = hearth_snapshot_plan, .step = hearth_snapshot_step },
	{ .name = "ListParked", .kind = HEARTH_SLOW, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR), .row = "parked",
	  .statement = "list_parked" },
	{ .name = "GetParked", .kind = HEARTH_READ, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR),
	  .statement = "get_parked", .plan = hearth_parked_plan_get, .reply = hearth_parked_reply_get },
	{ .name = "RetryParked", .kind = HEARTH_WRITE, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR), .row = "parked",
	  .statement = "order_parked", .replay = "replay_parked", .plan = hearth_parked_plan_get },
	{ .name = "SkipParked", .kind = HEARTH_WRITE, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR), .row = "parked",
	  .statement = "order_parked", .replay = "replay_parked", .plan = hearth_parked_plan_skip },
	{ .name = "Bootstrap", .kind = HEARTH_WRITE, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR),
	  .statement = "order_bootstrap", .replay = "replay_bootstrap", .plan = hearth_bootstrap_plan },
	{ 0 },
};
