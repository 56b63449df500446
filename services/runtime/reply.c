/* reply.c: from a statement's rows to the reply message, and from an outcome to a refusal. */
#include "process.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

/* What every service may refuse; a service's own table is asked first. */
static const struct hearth_refusal common_refusals[] = {
	{ "NOT_FOUND", HEARTH_NOT_FOUND, "", "there is no such thing here" },
	{ "STALE_ETAG", HEARTH_ABORTED, "etag", "it has changed since: read it again and decide anew" },
	{ "WRONG_STATE", HEARTH_FAILED_PRECONDITION, "", "its state does not allow this: it is %s" },
	{ "ALREADY_EXISTS", HEARTH_ALREADY_EXISTS, "", "it exists already" },
	{ "MISMATCH", HEARTH_INVALID_ARGUMENT, "request_id",
	  "this request id was used for another call or another payload: make a new one" },
	{ 0 },
};

static const struct hearth_refusal *find_refusal(const struct hearth_refusal *table, const char *reason)
{
	for (; table && table->reason; table++)
		if (strcmp(table->reason, reason) == 0)
			return table;
	return NULL;
}

/* The message with its one %s put in by hand: a table's text is no format to the compiler. */
static void refusal_message(char *ret_text, size_t size, const char *message, const char *detail)
{
	const char *place = strstr(message, "%s");
	if (place)
		snprintf(ret_text, size, "%.*s%s%s", (int)(place - message), message, detail ? detail : "unknown", place + 2);
	else
		snprintf(ret_text, size, "%s", message);
}

void hearth_refusal_status(const struct hearth_process *process, const char *outcome, const char *detail,
                           struct hearth_status *status)
{
	const struct hearth_refusal *refusal = find_refusal(process->service->refusals, outcome);
	if (!refusal)
		refusal = find_refusal(common_refusals, outcome);
	if (!refusal) {
		hearth_fail(status, HEARTH_INTERNAL, "UNKNOWN_OUTCOME", "outcome %s is in no refusal table", outcome);
		return;
	}
	char message[sizeof status->message];
	refusal_message(message, sizeof message, refusal->message, detail);
	hearth_fail(status, refusal->code, strcmp(outcome, "MISMATCH") == 0 ? "REQUEST_ID_REUSED" : outcome, "%s", message);
	snprintf(status->field, sizeof status->field, "%s", refusal->field ? refusal->field : "");
}

/* ---- fields of a reply ---- */

static void *member(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return (char *)message + field->offset;
}

static ProtobufCMessage *new_message(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
	ProtobufCMessage *message = hearth_arena_alloc(arena, descriptor->sizeof_message);
	protobuf_c_message_init(descriptor, message);
	return message;
}

static int fill_repeated(struct hearth_call *call, const struct hearth_rows *rows, const struct hearth_mapper *mapper,
                         struct hearth_status *status)
{
	const ProtobufCFieldDescriptor *field = call->route->row;
	ProtobufCMessage **items = hearth_arena_alloc(call->arena, (rows->count + 1) * sizeof *items);
	for (size_t i = 0; i < rows->count; i++) {
		items[i] = new_message(call->arena, field->descriptor);
		if (hearth_mapper_fill(mapper, call->arena, rows->result, (int)i, items[i], status) < 0)
			return -1;
	}
	*(ProtobufCMessage ***)member(call->reply, field) = items;
	*(size_t *)((char *)call->reply + field->quantifier_offset) = rows->count;
	return 0;
}

static int fill_one(struct hearth_call *call, const struct hearth_rows *rows, const struct hearth_mapper *mapper,
                    struct hearth_status *status)
{
	if (rows->count == 0) {
		hearth_refusal_status(call->process, "NOT_FOUND", NULL, status);
		return -1;
	}
	ProtobufCMessage *target = call->reply;
	if (call->route->row) {
		target = new_message(call->arena, call->route->row->descriptor);
		*(ProtobufCMessage **)member(call->reply, call->route->row) = target;
	}
	return hearth_mapper_fill(mapper, call->arena, rows->result, 0, target, status);
}

/* One row more than the page was asked for: it says that there is a next page. */
static int cut_page(struct hearth_call *call, struct hearth_rows *rows, struct hearth_status *status)
{
	if (rows->count <= call->page_size)
		return 0;
	rows->count = call->page_size;
	return hearth_reply_page(call, rows, rows->count, status);
}

int hearth_reply_page(struct hearth_call *call, const struct hearth_rows *rows, size_t count, struct hearth_status *status)
{
	const ProtobufCFieldDescriptor *field = call->route->next_page_token;
	if (!field)
		return hearth_fail(status, HEARTH_INTERNAL, "NO_PAGE_TOKEN", "%s has no next_page_token",
		                   call->route->reply->name);
	const char *key = hearth_rows_text(rows, count - 1, "page_key");
	size_t size = strlen(key ? key : "");
	size_t room = sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *token = hearth_arena_alloc(call->arena, room);
	sodium_bin2base64(token, room, (const unsigned char *)(key ? key : ""), size,
	                  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	*(char **)member(call->reply, field) = token;
	return 0;
}

/* A long poll answers when the etag is no longer the one that the caller has. */
static bool same_etag(const struct hearth_call *call, const struct hearth_rows *rows)
{
	if (!call->route->method->wait || call->wait_until_us == 0 || rows->count == 0)
		return false;
	const char *had = *(char *const *)((const char *)call->request + call->route->wait_etag->offset);
	const char *has = hearth_rows_text(rows, 0, "etag");
	return had && *had && has && strcmp(had, has) == 0;
}

int hearth_reply_build(struct hearth_call *call, const PGresult *result, const struct hearth_bound_statement *bound,
                       const struct hearth_mapper *mapper, struct hearth_status *status)
{
	const struct hearth_route *route = call->route;
	struct hearth_rows rows = { bound->statement, result, (size_t)PQntuples(result) };
	if (same_etag(call, &rows))
		return 1;
	if (route->paged && cut_page(call, &rows, status) < 0)
		return -1;
	if (route->method->reply)
		return route->method->reply(call, &rows, status);
	if (route->row && route->row->label == PROTOBUF_C_LABEL_REPEATED)
		return fill_repeated(call, &rows, mapper, status);
	return fill_one(call, &rows, mapper, status);
}
