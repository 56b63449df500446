/* events.c: what finance tells and what it hears. */
#include "finance.h"

#include <hearth/finance/v1/events.pb-c.h>
#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/providers/v1/events.pb-c.h>

const struct hearth_told finance_told[] = {
	{ "hearth.agreement.opened.v1", &hearth__finance__v1__agreement_opened__descriptor },
	{ "hearth.agreement.varied.v1", &hearth__finance__v1__agreement_varied__descriptor },
	{ "hearth.agreement.closed.v1", &hearth__finance__v1__agreement_closed__descriptor },
	{ "hearth.agreement.line_recorded.v1", &hearth__finance__v1__agreement_line_recorded__descriptor },
	{ .type = NULL },
};

/* The agreements and the ledger follow from placements alone, over or not, so their state counts as if it were told today.
 * What people priced does not: it is lost with the schema. */
static const struct hearth_effect placements[] = {
	{ "hearth.child.recorded.v1", &hearth__placements__v1__child_recorded__descriptor, "record_child", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.child.history_recorded.v1", &hearth__placements__v1__child_history_recorded__descriptor, "record_child", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.placement.planned_end_set.v1", &hearth__placements__v1__placement_planned_end_set__descriptor, "plan_end", NULL,
	  HEARTH_SNAPSHOT_LIVE },
	{ "hearth.placement.started.v1", &hearth__placements__v1__placement_started__descriptor, "open_agreement", NULL,
	  HEARTH_SNAPSHOT_LIVE },
	{ "hearth.placement.varied.v1", &hearth__placements__v1__placement_varied__descriptor, "vary_agreement", NULL,
	  HEARTH_SNAPSHOT_LIVE },
	{ "hearth.placement.ended.v1", &hearth__placements__v1__placement_ended__descriptor, "close_agreement", NULL,
	  HEARTH_SNAPSHOT_LIVE },
	{ "hearth.placement.broke_down.v1", &hearth__placements__v1__placement_broke_down__descriptor, "close_agreement", NULL,
	  HEARTH_SNAPSHOT_LIVE },
	{ .type = NULL },
};

static const struct hearth_effect providers[] = {
	{ "hearth.home.recorded.v1", &hearth__providers__v1__home_recorded__descriptor, "record_home", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ .type = NULL },
};

const struct hearth_source finance_sources[] = {
	{ "placements", placements }, { "providers", providers }, { .service = NULL },
};

const struct hearth_timer finance_timers[] = {
	{ .kind = "post_ledger", .write = "post_ledger" },
	{ .kind = NULL },
};
