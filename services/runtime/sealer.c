/* sealer.c: the audit's chain: entries are sealed each second, and those that retention no longer keeps are removed.
 *
 * Both are chores on the slow connection: every process looks, and a lock inside the act lets one do it. Sealing needs
 * to know up to which entry none is still to come; see audit_seal() in schema/000_runtime_3_audit.sql.
 */
#include "process.h"

#define MOST_ENTRIES 5000
#define MOST_SEALS 5
#define DAY_US (INT64_C(86400) * 1000000)

static int plan_seal(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	hearth_bind_int(call, "most", MOST_ENTRIES);
	return 0;
}

static int sealed(struct hearth_call *call, const struct hearth_rows *rows)
{
	(void)call;
	return hearth_rows_count(rows) == 1 && hearth_rows_int(rows, 0, "entries") == MOST_ENTRIES;
}

/* 0 days: kept for ever. */
static int plan_trim(struct hearth_call *call, struct hearth_status *status)
{
	char before[HEARTH_TIME_SIZE];
	int64_t days = hearth_config_int(hearth_chore_process(call)->config, "audit-retention");
	(void)status;
	if (days == 0)
		return 1;
	hearth_time_format(hearth_call_now(call) - days * DAY_US, before);
	hearth_bind_text(call, "before", before);
	hearth_bind_int(call, "most", MOST_SEALS);
	return 0;
}

static int trimmed(struct hearth_call *call, const struct hearth_rows *rows)
{
	(void)call;
	return hearth_rows_int(rows, 0, "removed") > 0;
}

const struct hearth_chore hearth_audit_chores[] = {
	{ .name = "audit_seal", .every_ms = 1000, .look = "audit_unsealed", .act = "audit_seal", .lane = HEARTH_CHORE_SLOW,
	  .begin = plan_seal, .done = sealed },
	{ .name = "audit_trim", .every_ms = 10000, .look = "audit_old", .act = "audit_trim", .lane = HEARTH_CHORE_SLOW,
	  .begin = plan_trim, .done = trimmed },
	{ .name = NULL },
};
