/* call.c: what a plan sees of its call, and the values of a statement's parameters.
 *
 * Calls are pooled with their arenas. A bound value is stronger than a given one, a given one than the request's.
 */
#include "process.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/text.h>

struct hearth_call *hearth_call_take(struct hearth_process *process)
{
	struct hearth_call *call = process->pool;
	if (call) {
		process->pool = call->next;
		process->pool_count--;
		struct hearth_arena *arena = call->arena;
		struct hearth_bound_value *bound = call->bound;
		size_t room = call->bound_room;
		memset(call, 0, sizeof *call);
		call->arena = arena;
		call->bound = bound;
		call->bound_room = room;
	} else {
		call = hearth_alloc(sizeof *call);
		memset(call, 0, sizeof *call);
		call->arena = hearth_arena_new();
	}
	call->process = process;
	call->authority = call->actor = "";
	process->outstanding++;
	return call;
}

static void free_call(struct hearth_call *call)
{
	hearth_arena_free(&call->arena);
	free(call->bound);
	free(call);
}

void hearth_call_give(struct hearth_call *call)
{
	struct hearth_process *process = call->process;
	process->outstanding--;
	if (process->pool_count == HEARTH_POOL_MOST) {
		free_call(call);
		return;
	}
	hearth_arena_reset(call->arena);
	call->next = process->pool;
	process->pool = call;
	process->pool_count++;
}

void hearth_call_pool_free(struct hearth_process *process)
{
	while (process->pool) {
		struct hearth_call *call = process->pool;
		process->pool = call->next;
		free_call(call);
	}
	process->pool_count = 0;
}

void hearth_call_begin(struct hearth_call *call)
{
	call->now_us = hearth_clock_now();
	hearth_clock_today(call->today);
}

/* ---- what a plan reads ---- */

const void *hearth_call_request(const struct hearth_call *call)
{
	return call->request;
}

void *hearth_call_reply(struct hearth_call *call)
{
	return call->reply;
}

struct hearth_arena *hearth_call_arena(const struct hearth_call *call)
{
	return call->arena;
}

const char *hearth_call_authority(const struct hearth_call *call)
{
	return call->authority;
}

const char *hearth_call_actor(const struct hearth_call *call)
{
	return call->actor;
}

bool hearth_call_has_role(const struct hearth_call *call, int role)
{
	return (call->roles & HEARTH_ROLE(role)) != 0;
}

const char *hearth_call_today(const struct hearth_call *call)
{
	return call->today;
}

int64_t hearth_call_now(const struct hearth_call *call)
{
	return call->now_us;
}

const struct hearth_config *hearth_call_config(const struct hearth_call *call)
{
	return call->process->config;
}

const struct hearth_rows *hearth_call_rows(const struct hearth_call *call)
{
	return call->rows;
}

/* ---- binding ---- */

void hearth_bind_text(struct hearth_call *call, const char *name, const char *value)
{
	if (call->bound_count == call->bound_room) {
		call->bound_room = call->bound_room ? call->bound_room * 2 : 16;
		call->bound = hearth_realloc(call->bound, call->bound_room * sizeof *call->bound);
	}
	call->bound[call->bound_count++] = (struct hearth_bound_value){
		name, value ? hearth_arena_strdup(call->arena, value) : NULL
	};
}

void hearth_bind_int(struct hearth_call *call, const char *name, int64_t value)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, value);
	hearth_bind_text(call, name, text);
}

void hearth_bind_bool(struct hearth_call *call, const char *name, bool value)
{
	hearth_bind_text(call, name, value ? "true" : "false");
}

void hearth_bind_null(struct hearth_call *call, const char *name)
{
	hearth_bind_text(call, name, NULL);
}

void hearth_bind_texts(struct hearth_call *call, const char *name, size_t count, const char *const *values)
{
	hearth_bind_text(call, name, hearth_array_literal(call->arena, count, values));
}

static const char *time_text(struct hearth_call *call, int64_t us)
{
	char text[HEARTH_TIME_SIZE];
	hearth_time_format(us, text);
	return hearth_arena_strdup(call->arena, text);
}

static const char *slice_text(struct hearth_call *call, struct hearth_slice from)
{
	return from.size ? hearth_arena_memdup(call->arena, from.at, from.size) : "";
}

/* Values that are only made when a statement asks for them. */
static const char *given_value(struct hearth_call *call, enum hearth_given given)
{
	if (call->givens[given])
		return call->givens[given];
	switch (given) {
	case GIVEN_AUTHORITY:
		return call->authority;
	case GIVEN_ACTOR:
		return call->actor;
	case GIVEN_TODAY:
		return call->today;
	case GIVEN_NOW:
		return call->givens[given] = time_text(call, call->now_us);
	case GIVEN_TRACEPARENT:
		return call->givens[given] = call->incoming ? slice_text(call, call->incoming->header.traceparent) : "";
	case GIVEN_NEW_ID: {
		struct hearth_uuid uuid;
		char text[HEARTH_UUID_SIZE];
		hearth_uuid_new(&uuid);
		hearth_uuid_format(&uuid, text);
		return call->givens[given] = hearth_arena_strdup(call->arena, text);
	}
	default:
		return NULL;
	}
}

static const struct hearth_bound_value *find_bound(const struct hearth_call *call, const char *name)
{
	/* Each parameter of each call asks each bound name, and nearly all differ in their first letter. */
	for (size_t i = call->bound_count; i > 0; i--) {
		const char *is = call->bound[i - 1].name;
		if (*is == *name && strcmp(is, name) == 0)
			return &call->bound[i - 1];
	}
	return NULL;
}

const char *const *hearth_call_values(struct hearth_call *call, const struct hearth_bound_statement *bound,
                                      struct hearth_status *status)
{
	static const char unbound[] = "";
	const struct hearth_statement *statement = bound->statement;
	const char **values = hearth_arena_alloc(call->arena, (statement->parameter_count + 1) * sizeof *values);
	for (size_t i = 0; i < statement->parameter_count; i++)
		values[i] = bound->given[i] == GIVEN_NONE ? unbound : given_value(call, bound->given[i]);
	if (bound->binder && call->request &&
	    hearth_binder_bind(bound->binder, call->arena, call->request, values, status) < 0)
		return NULL;
	for (size_t i = 0; i < statement->parameter_count; i++) {
		const struct hearth_bound_value *value =
			call->bound_count ? find_bound(call, statement->parameters[i].name) : NULL;
		if (value)
			values[i] = value->value;
		if (values[i] == unbound) {
			hearth_fail(status, HEARTH_INTERNAL, "UNBOUND_PARAMETER", "statement %s: nobody bound :%s",
			            statement->name, statement->parameters[i].name);
			return NULL;
		}
	}
	return values;
}

size_t hearth_steps_add(struct hearth_process *process, struct hearth_step *steps, size_t *count,
                        const struct hearth_statement *statement, const char *const *values)
{
	if (statement->fresh_plan)
		steps[(*count)++] = (struct hearth_step){ process->plan_fresh, NULL };
	size_t own = *count;
	steps[(*count)++] = (struct hearth_step){ statement, values };
	if (statement->fresh_plan)
		steps[(*count)++] = (struct hearth_step){ process->plan_once, NULL };
	return own;
}

/* ---- rows ---- */

static int column_of(const struct hearth_rows *rows, const char *column)
{
	int number = -1;
	for (int i = 0; i < PQnfields(rows->result) && number < 0; i++)
		if (strcmp(PQfname(rows->result, i), column) == 0)
			number = i;
	if (number < 0) {
		fprintf(stderr, "statement %s has no column %s\n", rows->statement->name, column);
		abort();
	}
	return number;
}

size_t hearth_rows_count(const struct hearth_rows *rows)
{
	return rows->count;
}

const char *hearth_rows_text(const struct hearth_rows *rows, size_t row, const char *column)
{
	int number = column_of(rows, column);
	assert(row < rows->count);
	return PQgetisnull(rows->result, (int)row, number) ? NULL : PQgetvalue(rows->result, (int)row, number);
}

int64_t hearth_rows_int(const struct hearth_rows *rows, size_t row, const char *column)
{
	const char *text = hearth_rows_text(rows, row, column);
	return text ? strtoll(text, NULL, 10) : 0;
}

bool hearth_rows_is_null(const struct hearth_rows *rows, size_t row, const char *column)
{
	return hearth_rows_text(rows, row, column) == NULL;
}

int hearth_rows_fill(struct hearth_call *call, const struct hearth_rows *rows, size_t row, ProtobufCMessage *message,
                     struct hearth_status *status)
{
	struct hearth_mapper *mapper = hearth_mapper_new(rows->statement, message->descriptor, status);
	if (!mapper)
		return -1;
	int result = hearth_mapper_fill(mapper, call->arena, rows->result, (int)row, message, status);
	hearth_mapper_free(&mapper);
	return result;
}
