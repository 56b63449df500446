/* dispatch.c: a call from its frames to its reply.
 *
 * Order of the checks: method, deadline, actor and role, request id, decoding, limits, authority, plan. Nothing is
 * started past its deadline. Every call ends in hearth_call_finish(): the one place that answers, counts and logs.
 */
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include <hearth/json.h>
#include <hearth/log.h>
#include <hearth/text.h>
#include <hearth/v1/common.pb-c.h>

#include "flat.h"
#include "wire_check.h"

#define SLOW_CALL_US INT64_C(100000)
#define MOST_WAITING 1000
#define WAIT_ROUND_US INT64_C(100000)
#define PAGE_DEFAULT 50
#define EXPORTERS (HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR) | HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM))

/* ---- the end of a call ---- */

static struct hearth_slice slice(const char *text)
{
	return (struct hearth_slice){ text, strlen(text) };
}

static void log_call(const struct hearth_call *call, const struct hearth_status *status, int64_t took_us)
{
	bool write = call->route && call->route->method->kind == HEARTH_WRITE;
	bool loud = status->code == HEARTH_INTERNAL || status->code == HEARTH_DATA_LOSS;
	enum hearth_level level = loud ? HEARTH_LOG_ERROR
	                          : write || status->code != HEARTH_OK || (took_us > SLOW_CALL_US && !call->waited) ? HEARTH_LOG_INFO
	                                                                                         : HEARTH_LOG_DEBUG;
	if (!hearth_log_enabled(level))
		return;
	const struct hearth_slice *trace = &call->incoming->header.traceparent;
	hearth_log(level, "call", "method=%s code=%s reason=%s field=%s ms=%.2f authority=%s trace=%.*s%s%s",
	           call->route ? call->route->full_name : "unknown", hearth_code_name(status->code),
	           status->reason[0] ? status->reason : "-", status->field[0] ? status->field : "-",
	           (double)took_us / 1000.0, call->authority[0] ? call->authority : "-", (int)trace->size,
	           trace->size ? trace->at : "", loud ? " detail=" : "", loud ? status->message : "");
}

static void count_call(struct hearth_call *call, const struct hearth_status *status, int64_t now_us, int64_t took_us)
{
	struct hearth_process *process = call->process;
	process->calls++;
	process->errors += status->code != HEARTH_OK;
	if (!call->route)
		return;
	call->route->calls++;
	call->route->errors += status->code != HEARTH_OK;
	if (call->waited)
		return;
	hearth_stats_add(&process->stats, now_us, took_us);
	if (call->route->seconds)
		hearth_histogram_observe(call->route->seconds, took_us);
}

void hearth_call_finish(struct hearth_call *call, const struct hearth_status *status)
{
	struct hearth_reply_header header = {
		.code = (int32_t)status->code,
		.message = slice(status->message),
		.reason = slice(status->reason),
		.field = slice(status->field),
		.retry_after_ms = status->retry_after_ms,
		.replayed = call->replayed,
	};
	int64_t now_us = hearth_clock_mono(), took_us = now_us - call->incoming->arrived_us;
	count_call(call, status, now_us, took_us);
	log_call(call, status, took_us);
	if (call->packed.end > 0 && status->code == HEARTH_OK)
		hearth_server_reply_packed(call->process->server, &call->incoming, &header, call->reply, &call->packed);
	else
		hearth_server_reply(call->process->server, &call->incoming, &header,
		                    status->code == HEARTH_OK ? call->reply : NULL);
	if (call->computing || call->packed.bytes)
		hearth_compute_done(call);
	hearth_call_give(call);
}

/* ---- long polls ---- */

static void unlink_waiting(struct hearth_call *call)
{
	if (call->previous)
		call->previous->next = call->next;
	else
		call->process->waiting = call->next;
	if (call->next)
		call->next->previous = call->previous;
	call->next = call->previous = NULL;
	call->process->waiting_count--;
}

static void link_waiting(struct hearth_call *call)
{
	struct hearth_process *process = call->process;
	call->waited = true;
	call->previous = NULL;
	call->next = process->waiting;
	if (call->next)
		call->next->previous = call;
	process->waiting = call;
	if (process->waiting_count++ == 0)
		hearth_alarm_set(process->wait_alarm, WAIT_ROUND_US);
}

bool hearth_dispatch_may_wait(const struct hearth_call *call)
{
	return call->wait_until_us > hearth_clock_mono() && !call->process->draining;
}

static void run_read(struct hearth_call *call);

void hearth_dispatch_wake(struct hearth_process *process)
{
	struct hearth_call *call = process->waiting;
	while (call) {
		struct hearth_call *next = call->next;
		unlink_waiting(call);
		run_read(call);
		call = next;
	}
}

/* ---- reads ---- */

static void answer_rows(struct hearth_call *call, const PGresult *result, const struct hearth_bound_statement *bound,
                        const struct hearth_mapper *mapper)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	int built = hearth_reply_build(call, result, bound, mapper, &status);
	if (built > 0 && hearth_dispatch_may_wait(call)) {
		hearth_dispatch_wait(call);
		return;
	}
	if (built > 0) {
		call->wait_until_us = 0;     /* time is up: the present state is the answer */
		built = hearth_reply_build(call, result, bound, mapper, &status);
	}
	if (built == 0 && hearth_audit_read(call))
		return;
	hearth_call_finish(call, &status);
}

void hearth_dispatch_wait(struct hearth_call *call)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (call->process->waiting_count < MOST_WAITING) {
		link_waiting(call);
		return;
	}
	hearth_fail(&status, HEARTH_RESOURCE_EXHAUSTED, "TOO_MANY_WAIT", "%d calls wait here already", MOST_WAITING);
	status.retry_after_ms = 1000;
	hearth_call_finish(call, &status);
}

static enum hearth_lane lane_of(const struct hearth_call *call)
{
	return call->route->method->kind == HEARTH_READ ? HEARTH_LANE_READ : HEARTH_LANE_SLOW;
}

static void read_done(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct hearth_call *call = read->context;
	if (result && hearth_compute_takes(call, result)) {
		hearth_compute_rows(call, (PGresult *)result, lane_of(call));
		return;
	}
	if (result) {
		answer_rows(call, result, &call->route->main, call->route->mapper);
		return;
	}
	struct hearth_status why = *status;
	if (why.code == HEARTH_INVALID_ARGUMENT && call->givens[GIVEN_PAGE_AFTER])
		hearth_fail_field(&why, "page_token", "page_token was not made by this call");
	hearth_call_finish(call, &why);
}

static void replay_done(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct hearth_call *call = read->context;
	call->replayed = result != NULL;
	if (result)
		answer_rows(call, result, &call->route->replay, call->route->replay_mapper);
	else
		hearth_call_finish(call, status);
}

static void start_read(struct hearth_call *call, const struct hearth_bound_statement *bound, enum hearth_lane lane,
                       void (*done)(struct hearth_read *, const PGresult *, const struct hearth_status *))
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *const *values = hearth_call_values(call, bound, &status);
	if (!values) {
		hearth_call_finish(call, &status);
		return;
	}
	call->read = (struct hearth_read){ .statement = bound->statement, .values = values,
	                                   .deadline_us = call->deadline_us, .done = done, .context = call };
	hearth_db_read(call->process->db, lane, &call->read);
}

static void run_read(struct hearth_call *call)
{
	hearth_call_begin(call);
	call->givens[GIVEN_NOW] = NULL;
	start_read(call, &call->route->main, lane_of(call), read_done);
}

/* ---- writes ---- */

static const char *row_text(const PGresult *result, const char *column)
{
	int number = PQfnumber(result, column);
	return number < 0 || PQgetisnull(result, 0, number) ? NULL : PQgetvalue(result, 0, number);
}

static void answer_write(struct hearth_call *call, const PGresult *result)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *outcome = PQntuples(result) == 1 ? row_text(result, "outcome") : NULL;
	if (!outcome) {
		hearth_fail(&status, HEARTH_INTERNAL, "NO_OUTCOME", "statement %s gave %d rows and no outcome",
		            call->route->main.statement->name, PQntuples(result));
		hearth_call_finish(call, &status);
	} else if (strcmp(outcome, "OK") == 0) {
		answer_rows(call, result, &call->route->main, call->route->mapper);
		hearth_process_committed(call->process);
	} else if (strcmp(outcome, "REPLAYED") == 0) {
		call->givens[GIVEN_RESULT_KEY] = hearth_arena_strdup(call->arena, row_text(result, "result_key"));
		start_read(call, &call->route->replay, HEARTH_LANE_READ, replay_done);
	} else {
		hearth_refusal_status(call->process, outcome, row_text(result, "detail"), &status);
		hearth_call_finish(call, &status);
	}
}

static void write_done(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_call *call = write->context;
	if (results)
		answer_write(call, results[call->main_step]);
	else
		hearth_call_finish(call, status);
}

static void start_write(struct hearth_call *call)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *const *values = hearth_call_values(call, &call->route->main, &status);
	if (!values) {
		hearth_call_finish(call, &status);
		return;
	}
	size_t count = 0;
	call->main_step = hearth_steps_add(call->process, call->steps, &count, call->route->main.statement, values);
	call->write = (struct hearth_write){ .step_count = count, .steps = call->steps, .deadline_us = call->deadline_us,
	                                     .audit = hearth_audit_write(call), .bytes = call->incoming->size + 256,
	                                     .done = write_done, .context = call };
	hearth_db_write(call->process->db, &call->write);
}

/* ---- before anything is started ---- */

static char *copy_slice(struct hearth_arena *arena, struct hearth_slice from)
{
	return hearth_arena_memdup(arena, from.at, from.size);
}

static int check_actor(struct hearth_call *call, struct hearth_status *status)
{
	struct hearth_request_header *header = &call->incoming->header;
	uint32_t roles = call->route->method->roles;
	if (call->incoming->who && hearth_actor_settle(call->incoming->who, call->route->method, header, status) < 0)
		return -1;
	call->roles = header->roles;
	call->by_service = call->incoming->who && call->incoming->who->kind == HEARTH_KEY_OF_SERVICE;
	if (header->actor_authority.size)
		call->authority = copy_slice(call->arena, header->actor_authority);
	if (header->actor_id.size)
		call->actor = copy_slice(call->arena, header->actor_id);
	if (roles == HEARTH_ANYONE)
		return 0;
	if (header->actor_id.size == 0)
		return hearth_fail(status, HEARTH_UNAUTHENTICATED, "NO_ACTOR", "the call names no actor");
	if ((roles & header->roles & ~HEARTH_BETWEEN_SERVICES) == 0)
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "ROLE", "none of the actor's roles may call %s",
		                   call->route->full_name);
	return 0;
}

static int check_authority(const struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_statement *statement = call->route->main.statement;
	if (!statement || statement->supply)
		return 0;
	const char *authority = call->authority;
	if (strlen(authority) == 3 && strspn(authority, "0123456789") == 3)
		return 0;
	return hearth_fail(status, HEARTH_PERMISSION_DENIED, "NO_AUTHORITY",
	                   "the actor's authority is %s; the three-digit DfE code of a council is wanted",
	                   *authority ? "malformed" : "empty");
}

static int check_write(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_request_header *header = &call->incoming->header;
	if (call->route->method->kind != HEARTH_WRITE)
		return 0;
	if (!header->has_request_id || hearth_uuid_is_nil(&header->request_id))
		return hearth_fail_field(status, "request_id", "a write needs a request id (a UUID that is new to each call)");
	char id[HEARTH_UUID_SIZE], hex[2 * HEARTH_HASH_SIZE + 1];
	uint8_t hash[HEARTH_HASH_SIZE];
	hearth_uuid_format(&header->request_id, id);
	hearth_hash(call->incoming->payload, call->incoming->size, hash);
	hearth_hex(hash, sizeof hash, hex);
	call->givens[GIVEN_REQUEST_ID] = hearth_arena_strdup(call->arena, id);
	call->givens[GIVEN_PAYLOAD_HASH] = hearth_arena_strdup(call->arena, hex);
	call->givens[GIVEN_METHOD] = call->route->method->name;
	return 0;
}

static int decode(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_incoming *incoming = call->incoming;
	size_t most = call->process->service->most_items;
	if (hearth_wire_check(call->route->request, incoming->payload, incoming->size, status) < 0)
		return -1;
	call->request = hearth_flat_unpack(call->route->request, call->arena, incoming->size, incoming->payload);
	if (!call->request && hearth_wire_walk(call->route->request, incoming->payload, incoming->size, status) < 0)
		return -1;
	if (!call->request)
		call->request = protobuf_c_message_unpack(call->route->request, hearth_arena_allocator(call->arena),
		                                          incoming->size, incoming->payload);
	if (!call->request)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "MALFORMED", "the payload is no %s", call->route->request->name);
	call->reply = hearth_arena_alloc(call->arena, call->route->reply->sizeof_message);
	protobuf_c_message_init(call->route->reply, call->reply);
	return hearth_message_check(call->request, HEARTH_TEXT_MOST, most ? most : HEARTH_ITEMS_MOST, status);
}

static int read_int(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return field ? *(const int32_t *)((const char *)message + field->offset) : 0;
}

static int begin_page(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_route *route = call->route;
	int size = read_int(call->request, route->page_size);
	int most = call->roles & EXPORTERS ? HEARTH_EXPORT_MOST : HEARTH_PAGE_MOST;
	if (size < 0 || size > most)
		return hearth_fail_field(status, "page_size", "page_size is %d; 0 (%d) to %d is wanted", size, PAGE_DEFAULT, most);
	call->page_size = size ? (size_t)size : PAGE_DEFAULT;
	call->givens[GIVEN_PAGE_LIMIT] = hearth_arena_printf(call->arena, "%zu", call->page_size + 1);
	const char *token = route->page_token ? *(char *const *)((const char *)call->request + route->page_token->offset) : "";
	size_t room = strlen(token), size_out = 0;
	if (room == 0)
		return 0;
	char *key = hearth_arena_alloc(call->arena, room + 1);
	if (sodium_base642bin((unsigned char *)key, room, token, room, NULL, &size_out, NULL,
	                      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 || !hearth_utf8_valid(key, size_out))
		return hearth_fail_field(status, "page_token", "page_token was not made by this service");
	call->givens[GIVEN_PAGE_AFTER] = key;
	return 0;
}

static int begin_wait(struct hearth_call *call, struct hearth_status *status)
{
	int wait_ms = read_int(call->request, call->route->wait_ms);
	if (wait_ms < 0 || wait_ms > HEARTH_WAIT_MS_MOST)
		return hearth_fail_field(status, "wait_ms", "wait_ms is %d; 0 to %d is wanted", wait_ms, HEARTH_WAIT_MS_MOST);
	int64_t left_us = call->deadline_us - hearth_clock_wall() - 50000;
	int64_t wait_us = (int64_t)wait_ms * 1000;
	if (wait_us > left_us)
		wait_us = left_us;
	call->wait_until_us = wait_us > 0 ? hearth_clock_mono() + wait_us : 0;
	return 0;
}

static int prepare(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_request_header *header = &call->incoming->header;
	const struct hearth_route *route = call->route;
	call->deadline_us = (int64_t)header->deadline_us;
	if (header->deadline_us > INT64_MAX || call->deadline_us <= hearth_clock_wall())
		return hearth_fail(status, HEARTH_DEADLINE_EXCEEDED, "DEADLINE", "the deadline had passed before work began");
	if (route->method->kind == HEARTH_COMPUTE && hearth_compute_admit(call, status) < 0)
		return -1;
	if (check_actor(call, status) < 0 || check_write(call, status) < 0 || decode(call, status) < 0 ||
	    check_authority(call, status) < 0)
		return -1;
	hearth_call_begin(call);
	if (route->paged && begin_page(call, status) < 0)
		return -1;
	if (route->wait_ms && begin_wait(call, status) < 0)
		return -1;
	return route->method->plan ? route->method->plan(call, status) : 0;
}

/* A process may be told to leave COMPUTE methods, or all others, to its siblings. What the runtime answers is every
 * process's. */
static int check_serves(const struct hearth_call *call, struct hearth_status *status)
{
	bool reckons = call->route->method->kind == HEARTH_COMPUTE;
	if (call->route->common || reckons == (call->process->serves == HEARTH_SERVES_COMPUTE))
		return 0;
	return hearth_fail(status, HEARTH_UNAVAILABLE, "NOT_SERVED_HERE", "this process serves %s alone: call another",
	                   reckons ? "calls that do not reckon" : "calls that reckon");
}

void hearth_dispatch(void *context, struct hearth_incoming *incoming)
{
	struct hearth_process *process = context;
	struct hearth_call *call = hearth_call_take(process);
	struct hearth_status status;
	/* Not all of its 440 bytes: this is on every call's path. */
	status.code = HEARTH_OK;
	status.retry_after_ms = 0;
	status.reason[0] = status.field[0] = status.message[0] = '\0';
	call->incoming = incoming;
	call->route = hearth_route_find(process, incoming->header.method);
	if (!call->route) {
		hearth_fail(&status, HEARTH_UNIMPLEMENTED, "UNKNOWN_METHOD", "%s has no method of this name",
		            process->service->name);
		hearth_call_finish(call, &status);
	} else if (process->serves != HEARTH_SERVES_ALL && check_serves(call, &status) < 0) {
		hearth_call_finish(call, &status);
	} else if (prepare(call, &status) < 0) {
		hearth_call_finish(call, &status);
	} else if (!call->route->method->statement) {
		if (call->route->method->step)
			hearth_compute_start(call);
		else
			hearth_call_finish(call, &status);
	} else if (!process->described) {
		/* Its statements' parameters are not known before the database has been met once. */
		hearth_fail(&status, HEARTH_UNAVAILABLE, "STARTING", "%s has not met its database yet; try again",
		            process->service->name);
		status.retry_after_ms = 50;
		hearth_call_finish(call, &status);
	} else if (call->route->method->kind == HEARTH_WRITE) {
		start_write(call);
	} else {
		start_read(call, &call->route->main, lane_of(call), read_done);
	}
}
