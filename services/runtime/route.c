/* route.c: a service's tables, and the runtime's own, made ready to be called.
 *
 * hearth_routes_build() resolves names and descriptors; hearth_routes_check() runs when the database has described
 * every statement, and stops the process when a parameter or a column does not fit its contract.
 */
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/audit/v1/audit.pb-c.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/events/v1/events.pb-c.h>

/* By enum hearth_given. */
static const char *const given_names[GIVEN_COUNT] = {
	[GIVEN_AUTHORITY] = "authority",
	[GIVEN_ACTOR] = "actor",
	[GIVEN_REQUEST_ID] = "request_id",
	[GIVEN_METHOD] = "method",
	[GIVEN_PAYLOAD_HASH] = "payload_hash",
	[GIVEN_NOW] = "now",
	[GIVEN_TODAY] = "today",
	[GIVEN_TRACEPARENT] = "traceparent",
	[GIVEN_NEW_ID] = "new_id",
	[GIVEN_RESULT_KEY] = "result_key",
	[GIVEN_PAGE_LIMIT] = "page_limit",
	[GIVEN_PAGE_AFTER] = "page_after",
	[GIVEN_EVENT_ID] = "event_id",
	[GIVEN_EVENT_TYPE] = "event_type",
	[GIVEN_EVENT_TIME] = "event_time",
	[GIVEN_EVENT_VERSION] = "event_version",
	[GIVEN_EVENT_SOURCE] = "event_source",
	[GIVEN_EVENT_HISTORICAL] = "event_historical",
	[GIVEN_EVENT_SNAPSHOT] = "event_snapshot",
	[GIVEN_TIMER_ID] = "timer_id",
	[GIVEN_SUBJECT] = "subject",
	[GIVEN_DUE] = "due",
	[GIVEN_DATA] = "data",
};

/* ---- statements ---- */

int hearth_bound_statement_init(struct hearth_bound_statement *bound, struct hearth_process *process, const char *name,
                                struct hearth_status *status)
{
	bound->statement = hearth_statements_find(process->statements, name);
	if (!bound->statement)
		return hearth_fail(status, HEARTH_INTERNAL, "NO_STATEMENT", "there is no file sql/%s.sql", name);
	for (size_t i = 0; i < bound->statement->parameter_count; i++) {
		bound->given[i] = GIVEN_NONE;
		for (int given = 1; given < GIVEN_COUNT; given++)
			if (strcmp(bound->statement->parameters[i].name, given_names[given]) == 0)
				bound->given[i] = (uint8_t)given;
	}
	return 0;
}

int hearth_bound_statement_check(struct hearth_bound_statement *bound, const ProtobufCMessageDescriptor *request,
                                 bool planned, struct hearth_status *status)
{
	const char *given[GIVEN_COUNT + HEARTH_PARAMETERS_MOST];
	size_t count = 0;
	for (int i = 1; i < GIVEN_COUNT; i++)
		given[count++] = given_names[i];
	for (size_t i = 0; planned && i < bound->statement->parameter_count; i++)
		given[count++] = bound->statement->parameters[i].name;
	given[count] = NULL;
	hearth_binder_free(&bound->binder);
	bound->binder = hearth_binder_new(bound->statement, request, given, status);
	return bound->binder ? 0 : -1;
}

void hearth_bound_statement_done(struct hearth_bound_statement *bound)
{
	hearth_binder_free(&bound->binder);
}

/* ---- methods ---- */

static size_t table_size(const struct hearth_method *methods)
{
	size_t count = 0;
	while (methods && methods[count].name)
		count++;
	return count;
}

static uint32_t name_hash(const char *name, size_t size)
{
	uint32_t hash = UINT32_C(2166136261);
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (uint8_t)name[i]) * UINT32_C(16777619);
	return hash;
}

static void index_route(struct hearth_process *process, size_t at)
{
	const char *name = process->routes[at].full_name;
	size_t slot = name_hash(name, strlen(name)) & process->route_mask;
	while (process->route_index[slot])
		slot = (slot + 1) & process->route_mask;
	process->route_index[slot] = (uint16_t)(at + 1);
}

static bool is_named(const struct hearth_route *route, struct hearth_slice name)
{
	return route->name_size == name.size && memcmp(route->full_name, name.at, name.size) == 0;
}

struct hearth_route *hearth_route_find(struct hearth_process *process, struct hearth_slice name)
{
	/* Calls come in runs of one method. */
	if (process->last_route && is_named(process->last_route, name))
		return process->last_route;
	size_t slot = name_hash(name.at, name.size) & process->route_mask;
	for (; process->route_index[slot]; slot = (slot + 1) & process->route_mask) {
		struct hearth_route *route = &process->routes[process->route_index[slot] - 1];
		if (is_named(route, name))
			return process->last_route = route;
	}
	return NULL;
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *message, const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(message, name);
}

static int init_row(struct hearth_route *route, struct hearth_status *status)
{
	if (!route->method->row)
		return 0;
	route->row = field_of(route->reply, route->method->row);
	if (!route->row || route->row->type != PROTOBUF_C_TYPE_MESSAGE)
		return hearth_fail(status, HEARTH_INTERNAL, "NO_ROW_FIELD", "%s: %s has no message field %s", route->full_name,
		                   route->reply->name, route->method->row);
	return 0;
}

static int init_route(struct hearth_process *process, struct hearth_route *route,
                      const ProtobufCServiceDescriptor *contract, const struct hearth_method *method,
                      struct hearth_status *status)
{
	const ProtobufCMethodDescriptor *rpc = protobuf_c_service_descriptor_get_method_by_name(contract, method->name);
	if (!rpc)
		return hearth_fail(status, HEARTH_INTERNAL, "NO_RPC", "%s has no rpc %s", contract->name, method->name);
	char name[160];
	snprintf(name, sizeof name, "%s/%s", contract->name, method->name);
	*route = (struct hearth_route){ .method = method, .full_name = hearth_strdup(name), .name_size = strlen(name),
	                                .request = rpc->input, .reply = rpc->output };
	route->common = contract != process->service->contract;
	route->page_size = field_of(route->request, "page_size");
	route->page_token = field_of(route->request, "page_token");
	route->next_page_token = field_of(route->reply, "next_page_token");
	route->wait_etag = field_of(route->request, "wait_etag");
	route->wait_ms = field_of(route->request, "wait_ms");
	route->audit_child = field_of(route->request, "child_id");
	if (route->audit_child && route->audit_child->type != PROTOBUF_C_TYPE_STRING)
		route->audit_child = NULL;
	if (init_row(route, status) < 0)
		return -1;
	if (method->audit && hearth_audit_path_init(&route->audit, method->audit, route->request, route->reply, status) < 0)
		return hearth_fail_context(status, "%s", route->full_name);
	if (method->statement && hearth_bound_statement_init(&route->main, process, method->statement, status) < 0)
		return hearth_fail_context(status, "%s", route->full_name);
	if (method->replay && hearth_bound_statement_init(&route->replay, process, method->replay, status) < 0)
		return hearth_fail_context(status, "%s", route->full_name);
	if (method->keep && hearth_bound_statement_init(&route->keep, process, method->keep, status) < 0)
		return hearth_fail_context(status, "%s", route->full_name);
	if (method->keep && method->kind != HEARTH_COMPUTE)
		return hearth_fail(status, HEARTH_INTERNAL, "NO_STEP", "%s: one that keeps its answer reckons", route->full_name);
	if ((method->kind == HEARTH_COMPUTE && !method->step) || (method->step && (method->reply || method->kind == HEARTH_WRITE)))
		return hearth_fail(status, HEARTH_INTERNAL, "NO_STEP", "%s: one that reckons has a step, and no reply beside it",
		                   route->full_name);
	if (method->kind == HEARTH_WRITE && (!method->statement || !method->replay))
		return hearth_fail(status, HEARTH_INTERNAL, "NO_REPLAY", "%s: a write has a statement and a replay",
		                   route->full_name);
	return 0;
}

int hearth_routes_build(struct hearth_process *process, struct hearth_status *status)
{
	const struct {
		const ProtobufCServiceDescriptor *contract;
		const struct hearth_method *methods;
	} tables[] = {
		{ process->service->contract, process->service->methods },
		{ &hearth__control__v1__health__descriptor, hearth_health_methods },
		{ &hearth__control__v1__control__descriptor, hearth_control_methods },
		{ &hearth__control__v1__reflection__descriptor, hearth_reflection_methods },
		{ &hearth__events__v1__events__descriptor, hearth_events_methods },
		{ &hearth__audit__v1__audit__descriptor, hearth_audit_methods },
	};
	size_t count = 0, slots = 64;
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		count += table_size(tables[i].methods);
	while (slots < count * 4)
		slots *= 2;
	process->routes = hearth_alloc(count * sizeof *process->routes);
	process->route_index = hearth_alloc(slots * sizeof *process->route_index);
	memset(process->route_index, 0, slots * sizeof *process->route_index);
	process->route_mask = slots - 1;
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		for (const struct hearth_method *method = tables[i].methods; method && method->name; method++) {
			struct hearth_route *route = &process->routes[process->route_count];
			if (init_route(process, route, tables[i].contract, method, status) < 0)
				return -1;
			index_route(process, process->route_count++);
		}
	return 0;
}

static bool has_column(const struct hearth_statement *statement, const char *name)
{
	for (size_t i = 0; i < statement->column_count; i++)
		if (strcmp(statement->columns[i].name, name) == 0)
			return true;
	return false;
}

static bool has_parameter(const struct hearth_statement *statement, const char *name)
{
	for (size_t i = 0; i < statement->parameter_count; i++)
		if (strcmp(statement->parameters[i].name, name) == 0)
			return true;
	return false;
}

/* A reply function of the service's own reads the rows by itself: nothing is mapped for it. */
static int check_mappers(struct hearth_route *route, struct hearth_status *status)
{
	const ProtobufCMessageDescriptor *target = route->row ? route->row->descriptor : route->reply;
	hearth_mapper_free(&route->mapper);
	hearth_mapper_free(&route->replay_mapper);
	if (route->method->reply || route->method->step)
		return 0;
	route->mapper = hearth_mapper_new(route->main.statement, target, status);
	if (!route->mapper)
		return -1;
	if (route->method->replay) {
		route->replay_mapper = hearth_mapper_new(route->replay.statement, target, status);
		if (!route->replay_mapper)
			return -1;
	}
	return 0;
}

static int check_route(struct hearth_route *route, struct hearth_status *status)
{
	const struct hearth_method *method = route->method;
	if (!method->statement)
		return 0;
	if (hearth_bound_statement_check(&route->main, route->request, method->plan != NULL, status) < 0)
		return -1;
	if (method->replay &&
	    hearth_bound_statement_check(&route->replay, route->request, method->plan != NULL, status) < 0)
		return -1;
	if (method->keep && hearth_bound_statement_check(&route->keep, route->request, true, status) < 0)
		return -1;
	if (method->kind == HEARTH_WRITE &&
	    (!has_column(route->main.statement, "outcome") || !has_column(route->main.statement, "result_key")))
		return hearth_fail(status, HEARTH_INTERNAL, "NO_OUTCOME", "statement %s of a write needs columns outcome and "
		                   "result_key", method->statement);
	route->paged = has_parameter(route->main.statement, "page_limit");
	route->has_etag = has_column(route->main.statement, "etag");
	if (method->wait && (!route->has_etag || !route->wait_etag || !route->wait_ms))
		return hearth_fail(status, HEARTH_INTERNAL, "NO_ETAG", "waiting needs request fields wait_etag and wait_ms and "
		                   "a column etag in statement %s", method->statement);
	return check_mappers(route, status);
}

int hearth_routes_check(struct hearth_process *process, struct hearth_status *status)
{
	for (size_t i = 0; i < process->route_count; i++)
		if (check_route(&process->routes[i], status) < 0)
			return hearth_fail_context(status, "%s", process->routes[i].full_name);
	return 0;
}

void hearth_routes_free(struct hearth_process *process)
{
	for (size_t i = 0; i < process->route_count; i++) {
		struct hearth_route *route = &process->routes[i];
		hearth_bound_statement_done(&route->main);
		hearth_bound_statement_done(&route->replay);
		hearth_bound_statement_done(&route->keep);
		hearth_mapper_free(&route->mapper);
		hearth_mapper_free(&route->replay_mapper);
		free((char *)route->full_name);
	}
	free(process->routes);
	free(process->route_index);
	process->routes = NULL;
	process->route_index = NULL;
	process->route_count = 0;
}
