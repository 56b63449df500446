/* compute.c: calls that are answered in steps: COMPUTE methods, replies that a method reckons row by row, long lists.
 *
 * The rows stay where libpq put them until the last step; the database layer counts what is kept and sends no more slow
 * reads than it holds. Items of a reply are packed one by one behind room for the frame's header, so that a list of ten
 * thousand is neither held as messages nor copied again. A page ends early rather than passing PAGE_BYTES_MOST.
 */
#include "process.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_AT_ONCE 32          /* mapped where they arrive; more take turns */
#define PAGE_BYTES_MOST ((size_t)8 << 20)
#define ITEM_HEAD_MOST 15        /* a tag and a length */

/* One call that takes steps; in its arena. */
struct hearth_stepping {
	struct hearth_task task;
	struct hearth_call *call;
	PGresult *held;
	enum hearth_lane lane;
	struct hearth_rows rows;
	size_t next_row;
	bool cut;                        /* there is a further page */
};

/* ---- items packed as they come ---- */

static size_t put_varint(uint8_t *at, uint64_t value)
{
	size_t size = 0;
	for (; value >= 0x80; value >>= 7)
		at[size++] = (uint8_t)(value | 0x80);
	at[size++] = (uint8_t)value;
	return size;
}

static void make_room(struct hearth_packed *packed, size_t more)
{
	size_t room = packed->room ? packed->room : HEARTH_PACKED_HEADROOM + 8192;
	while (room - packed->end < more || room < HEARTH_PACKED_HEADROOM + more)
		room *= 2;
	if (room == packed->room)
		return;
	packed->bytes = hearth_realloc(packed->bytes, room);
	packed->room = room;
	if (packed->end == 0)
		packed->end = HEARTH_PACKED_HEADROOM;
}

static void add_item(struct hearth_call *call, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *item)
{
	struct hearth_packed *packed = &call->packed;
	if (call->route->audit.count)
		hearth_audit_item(call, field, item);
	size_t size = protobuf_c_message_get_packed_size(item);
	make_room(packed, size + ITEM_HEAD_MOST);
	packed->end += put_varint(packed->bytes + packed->end, (uint64_t)field->id << 3 | 2);
	packed->end += put_varint(packed->bytes + packed->end, size);
	packed->end += protobuf_c_message_pack(item, packed->bytes + packed->end);
}

void hearth_reply_add(struct hearth_call *call, const char *field, const ProtobufCMessage *item)
{
	const ProtobufCFieldDescriptor *found = protobuf_c_message_descriptor_get_field_by_name(call->route->reply, field);
	if (!found || found->type != PROTOBUF_C_TYPE_MESSAGE || found->label != PROTOBUF_C_LABEL_REPEATED)
		abort();
	add_item(call, found, item);
}

/* ---- the state of a step function ---- */

void *hearth_call_state(struct hearth_call *call, size_t size)
{
	if (!call->state)
		call->state = hearth_arena_alloc(call->arena, size);
	return call->state;
}

/* ---- lists ---- */

/* One row more than the page was asked for says that there is a next page; so does a page that ends by its size. */
static int end_list(struct hearth_stepping *stepping, struct hearth_status *status)
{
	struct hearth_call *call = stepping->call;
	if (!call->route->paged || !stepping->cut)
		return 0;
	return hearth_reply_page(call, &stepping->rows, stepping->next_row, status);
}

static int step_list(struct hearth_stepping *stepping, struct hearth_budget *budget, struct hearth_status *status)
{
	struct hearth_call *call = stepping->call;
	const ProtobufCFieldDescriptor *field = call->route->row;
	const ProtobufCMessageDescriptor *kind = field->descriptor;
	struct hearth_arena *scratch = call->process->scratch;
	bool paged = call->route->paged;
	size_t most = paged && stepping->rows.count > call->page_size ? call->page_size : stepping->rows.count;
	while (stepping->next_row < most) {
		ProtobufCMessage *item = hearth_arena_alloc(scratch, kind->sizeof_message);
		protobuf_c_message_init(kind, item);
		int filled = hearth_mapper_fill(call->route->mapper, scratch, stepping->rows.result, (int)stepping->next_row, item,
		                                status);
		if (filled == 0)
			add_item(call, field, item);
		hearth_arena_reset(scratch);
		if (filled < 0)
			return -1;
		stepping->next_row++;
		if (paged && call->packed.end > PAGE_BYTES_MOST)
			break;
		if (stepping->next_row < most && !hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	stepping->cut = stepping->next_row < stepping->rows.count;
	return end_list(stepping, status);
}

/* ---- turns ---- */

static void give_back(struct hearth_stepping *stepping)
{
	if (stepping->held)
		hearth_db_give_back(stepping->call->process->db, stepping->lane, stepping->held);
	stepping->held = NULL;
}

static int step(struct hearth_stepping *stepping, struct hearth_budget *budget, struct hearth_status *status)
{
	struct hearth_call *call = stepping->call;
	if (!budget)
		return hearth_fail(status, HEARTH_UNAVAILABLE, "STOPPING", "this process is stopping; try again");
	if (hearth_clock_wall() >= call->deadline_us)
		return hearth_fail(status, HEARTH_DEADLINE_EXCEEDED, "DEADLINE", "the deadline passed while the answer was made");
	if (call->route->method->step)
		return call->route->method->step(call, &stepping->rows, budget, status);
	return step_list(stepping, budget, status);
}

/* ---- answers that are kept ---- */

static void kept(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_call *call = write->context;
	struct hearth_status fine = HEARTH_STATUS_INIT;
	if (results)
		hearth_process_committed(call->process);
	if (!results || !hearth_audit_read(call))
		hearth_call_finish(call, results ? &fine : status);
}

/* The answer leaves when what is kept of it is committed: nobody has an answer that cannot be made again. */
static void keep(struct hearth_call *call)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *const *values = hearth_call_values(call, &call->route->keep, &status);
	size_t count = 0;
	if (!values) {
		hearth_call_finish(call, &status);
		return;
	}
	call->main_step = hearth_steps_add(call->process, call->steps, &count, call->route->keep.statement, values);
	call->write = (struct hearth_write){ .step_count = count, .steps = call->steps, .deadline_us = call->deadline_us,
	                                     .done = kept, .context = call };
	hearth_db_write(call->process->db, &call->write);
}

static bool take_turn(struct hearth_task *task, struct hearth_budget *budget)
{
	struct hearth_stepping *stepping = (struct hearth_stepping *)task;
	struct hearth_call *call = stepping->call;
	struct hearth_status status = HEARTH_STATUS_INIT;
	int outcome = step(stepping, budget, &status);
	if (outcome == HEARTH_STEP_MORE)
		return true;
	give_back(stepping);
	call->stepping = NULL;
	if (outcome == HEARTH_STEP_WAIT) {
		call->state = NULL;
		hearth_dispatch_wait(call);
	} else if (outcome == HEARTH_STEP_KEEP) {
		keep(call);
	} else if (outcome < 0 || !hearth_audit_read(call)) {
		hearth_call_finish(call, &status);
	}
	return false;
}

static struct hearth_stepping *begin(struct hearth_call *call)
{
	struct hearth_stepping *stepping = hearth_arena_alloc(call->arena, sizeof *stepping);
	*stepping = (struct hearth_stepping){ .task.turn = take_turn, .call = call };
	call->stepping = stepping;
	return stepping;
}

bool hearth_compute_takes(const struct hearth_call *call, const PGresult *result)
{
	const struct hearth_route *route = call->route;
	if (route->method->step)
		return true;
	return route->row && route->row->label == PROTOBUF_C_LABEL_REPEATED && !route->method->reply &&
	       PQntuples(result) > ROWS_AT_ONCE;
}

void hearth_compute_rows(struct hearth_call *call, PGresult *result, enum hearth_lane lane)
{
	struct hearth_stepping *stepping = begin(call);
	stepping->rows = (struct hearth_rows){ call->route->main.statement, result, (size_t)PQntuples(result) };
	stepping->lane = lane;
	if (stepping->rows.count <= ROWS_AT_ONCE) {
		/* Few rows are worth no further turn, unless the step says so. */
		struct hearth_budget budget = hearth_budget_now(call->process->loop);
		if (!take_turn(&stepping->task, &budget))
			return;
	}
	stepping->held = hearth_db_keep(call->process->db, lane);
	hearth_tasks_add(call->process->tasks, &stepping->task);
}

void hearth_compute_start(struct hearth_call *call)
{
	hearth_tasks_add(call->process->tasks, &begin(call)->task);
}

/* ---- how many at once ---- */

int hearth_compute_admit(struct hearth_call *call, struct hearth_status *status)
{
	struct hearth_process *process = call->process;
	if (process->computing >= process->compute_most) {
		hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "TOO_MANY_COMPUTE", "%zu calls are reckoned here already: try again",
		            process->computing);
		status->retry_after_ms = 100;
		return -1;
	}
	process->computing++;
	call->computing = true;
	return 0;
}

void hearth_compute_done(struct hearth_call *call)
{
	if (call->computing)
		call->process->computing--;
	free(call->packed.bytes);
	call->packed = (struct hearth_packed){ 0 };
	call->computing = false;
}
