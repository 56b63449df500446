/* requests.c: request ids are trimmed in small batches once nobody repeats them any more.
 *
 * A client that is unsure of a write repeats it with the same request id for a day at most, so a week is kept. What is
 * repeated later than that is a new request. The batch runs on the slow connection: no writer touches rows that old.
 */
#include "process.h"

#define DAY_US INT64_C(86400000000)
#define BATCH 500

static int begin(struct hearth_call *call, struct hearth_status *status)
{
	char before[HEARTH_TIME_SIZE];
	int64_t days = hearth_config_int(hearth_call_config(call), "request-retention");
	(void)status;
	if (days == 0)
		return 1;
	hearth_time_format(hearth_call_now(call) - days * DAY_US, before);
	hearth_bind_text(call, "before", before);
	return 0;
}

static int done(struct hearth_call *call, const struct hearth_rows *rows)
{
	(void)call;
	return hearth_rows_count(rows) == BATCH;
}

const struct hearth_chore hearth_request_chores[] = {
	{ .name = "request_ids", .every_ms = 10000, .look = "old_requests", .act = "trim_requests", .lane = HEARTH_CHORE_SLOW,
	  .begin = begin, .done = done },
	{ .name = NULL },
};
