/* events_snapshot.c: Events/Snapshot: this service's present state, for services that cannot have its past.
 *
 * The service's own sql/snapshot.sql makes it, with the columns of an outbox row and `page_key`, which is the same for the
 * events of one partition key and rises from key to key. Its rows and the position `as_of` are of one statement, and the
 * writer lock makes seq commit order: so all events of these keys up to `as_of` are in the page, and none after it.
 */
#include "process.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/events/v1/events.pb-c.h>

#define KEYS_DEFAULT 100
#define KEYS_MOST 500
#define MOST_KEY 200

static int keys_asked(const Hearth__Events__V1__SnapshotRequest *request)
{
	return request->page_size ? request->page_size : KEYS_DEFAULT;
}

int hearth_snapshot_plan(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Events__V1__SnapshotRequest *request = hearth_call_request(call);
	if (hearth_check_range(request->page_size, 0, KEYS_MOST, "page_size", status) < 0 ||
	    hearth_check_text(request->after, 0, MOST_KEY, "after", status) < 0)
		return -1;
	hearth_bind_text(call, "after_key", request->after[0] ? request->after : NULL);
	hearth_bind_int(call, "most", keys_asked(request));
	return 0;
}

/* The last row's key when there may be more keys. */
static const char *next_key(struct hearth_call *call, const struct hearth_rows *rows)
{
	size_t count = hearth_rows_count(rows);
	const char *last = "";
	int keys = 0;
	for (size_t i = 0; i < count && !hearth_rows_is_null(rows, i, "seq"); i++) {
		const char *key = hearth_rows_text(rows, i, "page_key");
		keys += strcmp(key, last) != 0;
		last = key;
	}
	return keys < keys_asked(hearth_call_request(call)) ? "" : last;
}

int hearth_snapshot_step(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                         struct hearth_status *status)
{
	Hearth__Events__V1__SnapshotResponse *reply = hearth_call_reply(call);
	int64_t last;
	if (hearth_rows_count(rows) == 0 || hearth_rows_is_null(rows, 0, "epoch"))
		return hearth_fail(status, HEARTH_UNIMPLEMENTED, "NO_SNAPSHOT", "%s tells events, but not its state",
		                   call->process->service->name);
	int outcome = hearth_events_add(call, rows, true, budget, &last, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	reply->epoch = hearth_arena_strdup(call->arena, hearth_rows_text(rows, 0, "epoch"));
	reply->as_of = hearth_rows_int(rows, 0, "as_of");
	reply->next = hearth_arena_strdup(call->arena, next_key(call, rows));
	return HEARTH_STEP_DONE;
}
