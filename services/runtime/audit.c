/* audit.c: who wrote and who read what: notes of writes for their group, notes of reads that their answers wait for.
 *
 * A write's note goes into its own transaction: group.c sends all of a group's in one statement before its COMMIT. A read
 * of a child's record is answered only when its note is committed: calls that have their reply wait here, and what has
 * come together while the connection was busy becomes one insert. A note that cannot be made is the call's error: nobody
 * sees a record unnoted. A connection lost at the wrong moment may note a read twice, never not at all.
 */
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/text.h>

#define BATCHES 2                    /* one is made while the other is committed */
#define MOST_BATCH 512
#define LOOK_BACK 8                  /* how far a list's same ids are told once */

struct batch {
	struct hearth_audits *audits;
	struct hearth_arena *arena;
	struct hearth_call *calls;
	struct hearth_read read;
	const char *values[HEARTH_AUDIT_COLUMNS];
	bool busy;
};

struct hearth_audits {
	struct hearth_process *process;
	const struct hearth_statement *statement;
	struct hearth_deferred deferred;
	struct hearth_call *first, *last;
	struct batch batches[BATCHES];
};

void hearth_audit_arrays(struct hearth_arena *arena, size_t count, const struct hearth_audit *const *notes, size_t columns,
                         const char **ret_values)
{
	const char **items = hearth_arena_alloc(arena, (count + 1) * sizeof *items);
	for (size_t column = 0; column < columns; column++) {
		for (size_t i = 0; i < count; i++)
			items[i] = notes[i]->columns[column];
		ret_values[column] = hearth_array_literal(arena, count, items);
	}
}

/* ---- what a method's note is about ---- */

static const ProtobufCFieldDescriptor *next_step(const ProtobufCMessageDescriptor **message, const char **path)
{
	char name[64];
	size_t size = strcspn(*path, ".");
	if (!*message || size == 0 || size >= sizeof name)
		return NULL;
	memcpy(name, *path, size);
	name[size] = '\0';
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(*message, name);
	*path += size + ((*path)[size] == '.');
	*message = field && field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
	return field;
}

int hearth_audit_path_init(struct hearth_audit_path *path, const char *text, const ProtobufCMessageDescriptor *request,
                           const ProtobufCMessageDescriptor *reply, struct hearth_status *status)
{
	static const char of_request[] = "request.";
	const char *at = text;
	path->of_request = strncmp(text, of_request, sizeof of_request - 1) == 0;
	const ProtobufCMessageDescriptor *message = path->of_request ? request : reply;
	if (path->of_request)
		at += sizeof of_request - 1;
	while (*at && path->count < HEARTH_AUDIT_STEPS) {
		const ProtobufCMessageDescriptor *holder = message;
		const ProtobufCFieldDescriptor *field = next_step(&message, &at);
		if (!field)
			break;
		path->steps[path->count++] = field;
		path->record = protobuf_c_message_descriptor_get_field_by_name(holder, "id");
	}
	bool ends_well = path->count && !*at && path->steps[path->count - 1]->type == PROTOBUF_C_TYPE_STRING &&
	                 path->steps[path->count - 1]->label != PROTOBUF_C_LABEL_REPEATED;
	if (path->record && path->record->type != PROTOBUF_C_TYPE_STRING)
		path->record = NULL;
	return ends_well ? 0 : hearth_fail(status, HEARTH_INTERNAL, "NO_AUDIT_FIELD", "%s is no text of %s", text, reply->name);
}

struct hearth_gathered {
	struct hearth_arena *arena;
	const char **ids;
	size_t count, room, records;
	const char *record;
	bool copies;                     /* the message will be gone */
};

static void keep_id(struct hearth_gathered *gathered, const char *id)
{
	for (size_t i = 0; i < LOOK_BACK && i < gathered->count; i++)
		if (strcmp(gathered->ids[gathered->count - 1 - i], id) == 0)
			return;
	if (gathered->count == gathered->room) {
		size_t room = gathered->room ? gathered->room * 4 : 4;
		const char **ids = hearth_arena_alloc(gathered->arena, room * sizeof *ids);
		if (gathered->count)
			memcpy(ids, gathered->ids, gathered->count * sizeof *ids);
		gathered->ids = ids;
		gathered->room = room;
	}
	gathered->ids[gathered->count++] = gathered->copies ? hearth_arena_strdup(gathered->arena, id) : id;
}

static const char *text_at(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const char *text = field ? *(char *const *)((const char *)message + field->offset) : NULL;
	return text ? text : "";
}

/* A path has at most HEARTH_AUDIT_STEPS steps, and that is how deep this goes. */
static void gather(const struct hearth_audit_path *path, size_t step, const ProtobufCMessage *message,
                   struct hearth_gathered *gathered)
{
	const ProtobufCFieldDescriptor *field = path->steps[step];
	const void *at = (const char *)message + field->offset;
	if (step + 1 == path->count) {
		const char *record = text_at(message, path->record), *id = text_at(message, field);
		if (!*id && !*record)
			return;
		if (gathered->records++ == 0)        /* told of a single one alone */
			gathered->record = gathered->copies ? hearth_arena_strdup(gathered->arena, record) : record;
		keep_id(gathered, *id ? id : record);
	} else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		size_t count = *(const size_t *)((const char *)message + field->quantifier_offset);
		for (size_t i = 0; i < count; i++)
			gather(path, step + 1, (*(ProtobufCMessage *const *const *)at)[i], gathered);
	} else if (*(const ProtobufCMessage *const *)at) {
		gather(path, step + 1, *(const ProtobufCMessage *const *)at, gathered);
	}
}

/* ---- notes ---- */

static struct hearth_audit *new_note(struct hearth_call *call)
{
	struct hearth_arena *arena = call->arena;
	const struct hearth_request_header *header = &call->incoming->header;
	struct hearth_audit *note = hearth_arena_alloc(arena, sizeof *note);
	char at[HEARTH_TIME_SIZE];
	hearth_time_format(call->now_us, at);
	note->columns[HEARTH_AUDIT_AT] = hearth_arena_strdup(arena, at);
	note->columns[HEARTH_AUDIT_AUTHORITY] = call->authority;
	note->columns[HEARTH_AUDIT_ACTOR] = call->actor;
	note->columns[HEARTH_AUDIT_ROLES] = hearth_arena_printf(arena, "%u", (unsigned)(call->roles & INT32_MAX));
	note->columns[HEARTH_AUDIT_METHOD] = call->route->method->name;
	note->columns[HEARTH_AUDIT_REQUEST_ID] = call->givens[GIVEN_REQUEST_ID];
	note->columns[HEARTH_AUDIT_TRACEPARENT] =
		header->traceparent.size ? hearth_arena_memdup(arena, header->traceparent.at, header->traceparent.size) : "";
	return note;
}

const struct hearth_audit *hearth_audit_write(struct hearth_call *call)
{
	struct hearth_audit *note = new_note(call);
	const char *child = call->route->audit_child ? text_at(call->request, call->route->audit_child) : "";
	note->columns[HEARTH_AUDIT_SUBJECT] = *child ? child : NULL;
	return note;
}

void hearth_audit_item(struct hearth_call *call, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *item)
{
	const struct hearth_audit_path *path = &call->route->audit;
	if (path->of_request || path->steps[0] != field || path->count < 2)
		return;
	if (!call->gathered) {
		call->gathered = hearth_arena_alloc(call->arena, sizeof *call->gathered);
		*call->gathered = (struct hearth_gathered){ .arena = call->arena, .copies = true };
	}
	gather(path, 1, item, call->gathered);
}

/* NULL: the answer holds no child's record. */
static const struct hearth_audit *note_read(struct hearth_call *call)
{
	const struct hearth_audit_path *path = &call->route->audit;
	struct hearth_gathered gathered = { .arena = call->arena };
	if (call->gathered)
		gathered = *call->gathered;
	gather(path, 0, path->of_request ? call->request : call->reply, &gathered);
	if (gathered.records == 0)
		return NULL;
	struct hearth_audit *note = new_note(call);
	bool one = gathered.count == 1;
	note->columns[HEARTH_AUDIT_SUBJECT] = one ? gathered.ids[0] : "";
	note->columns[HEARTH_AUDIT_RECORD] = gathered.records == 1 ? gathered.record : "";
	note->columns[HEARTH_AUDIT_RECORDS] = hearth_arena_printf(call->arena, "%zu", gathered.records);
	note->columns[HEARTH_AUDIT_IDS] = one ? NULL : hearth_array_literal(call->arena, gathered.count, gathered.ids);
	return note;
}

/* ---- reads that wait for their notes ---- */

static void noted(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct batch *batch = read->context;
	struct hearth_audits *audits = batch->audits;
	struct hearth_call *call = batch->calls;
	struct hearth_status fine = HEARTH_STATUS_INIT;
	batch->calls = NULL;
	while (call) {
		struct hearth_call *next = call->next;
		call->next = NULL;
		hearth_call_finish(call, result ? &fine : status);
		call = next;
	}
	hearth_arena_reset(batch->arena);
	batch->busy = false;
	if (audits->first)
		hearth_loop_defer(audits->process->loop, &audits->deferred);
}

static void send_batch(struct hearth_audits *audits, struct batch *batch)
{
	const struct hearth_audit **notes = hearth_arena_alloc(batch->arena, MOST_BATCH * sizeof *notes);
	struct hearth_call *call = audits->first, *last = NULL;
	int64_t deadline_us = 0;
	size_t count = 0;
	batch->calls = call;
	for (; call && count < MOST_BATCH; last = call, call = call->next) {
		notes[count++] = call->audit;
		deadline_us = call->deadline_us > deadline_us ? call->deadline_us : deadline_us;
	}
	last->next = NULL;
	audits->first = call;
	hearth_audit_arrays(batch->arena, count, notes, HEARTH_AUDIT_COLUMNS, batch->values);
	batch->busy = true;
	batch->read = (struct hearth_read){ .statement = audits->statement, .values = batch->values,
	                                    .deadline_us = deadline_us, .done = noted, .context = batch };
	hearth_db_read(audits->process->db, HEARTH_LANE_AUDIT, &batch->read);
}

static void send_what_waits(void *context)
{
	struct hearth_audits *audits = context;
	for (size_t i = 0; i < BATCHES && audits->first; i++)
		if (!audits->batches[i].busy)
			send_batch(audits, &audits->batches[i]);
}

bool hearth_audit_read(struct hearth_call *call)
{
	struct hearth_audits *audits = call->process->audits;
	if (call->route->audit.count == 0 || (call->route->method->kind == HEARTH_WRITE && !call->replayed))
		return false;
	call->audit = note_read(call);
	if (!call->audit)
		return false;
	call->next = NULL;
	if (audits->first)
		audits->last->next = call;
	else
		audits->first = call;
	audits->last = call;
	hearth_loop_defer(audits->process->loop, &audits->deferred);
	return true;
}

/* ---- for the process ---- */

static int check_columns(const struct hearth_statement *statement, size_t columns, struct hearth_status *status)
{
	if (statement && statement->parameter_count == columns)
		return 0;
	return hearth_fail(status, HEARTH_INTERNAL, "AUDIT", "the audit's statements do not have the columns of db.h");
}

struct hearth_audits *hearth_audits_new(struct hearth_process *process, struct hearth_status *status)
{
	const struct hearth_statement *writes = hearth_statements_find(process->statements, "audit_writes");
	const struct hearth_statement *reads = hearth_statements_find(process->statements, "audit_reads");
	if (check_columns(writes, HEARTH_AUDIT_WRITE_COLUMNS, status) < 0 || check_columns(reads, HEARTH_AUDIT_COLUMNS, status) < 0)
		return NULL;
	struct hearth_audits *audits = hearth_alloc(sizeof *audits);
	*audits = (struct hearth_audits){ .process = process, .statement = reads };
	audits->deferred = (struct hearth_deferred){ .callback = send_what_waits, .context = audits };
	for (size_t i = 0; i < BATCHES; i++)
		audits->batches[i] = (struct batch){ .audits = audits, .arena = hearth_arena_new() };
	return audits;
}

void hearth_audits_stop(struct hearth_audits *audits)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (!audits)
		return;
	hearth_fail(&status, HEARTH_UNAVAILABLE, "STOPPING", "this process is stopping; try again");
	while (audits->first) {
		struct hearth_call *call = audits->first;
		audits->first = call->next;
		call->next = NULL;
		hearth_call_finish(call, &status);
	}
}

void hearth_audits_free(struct hearth_audits **ret_audits)
{
	struct hearth_audits *audits = *ret_audits;
	if (!audits)
		return;
	hearth_loop_undefer(audits->process->loop, &audits->deferred);
	for (size_t i = 0; i < BATCHES; i++)
		hearth_arena_free(&audits->batches[i].arena);
	free(audits);
	*ret_audits = NULL;
}
