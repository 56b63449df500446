/* events.c: what placements tells, and what it hears of providers: places held for a child, and given back. */
#include "placements.h"

#include <string.h>

#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/providers/v1/events.pb-c.h>

const struct hearth_told placements_told[] = {
	{ "hearth.child.recorded.v1", &hearth__placements__v1__child_recorded__descriptor },
	{ "hearth.child.history_recorded.v1", &hearth__placements__v1__child_history_recorded__descriptor },
	{ "hearth.child.turned_16.v1", &hearth__placements__v1__child_turned__descriptor },
	{ "hearth.child.turned_18.v1", &hearth__placements__v1__child_turned__descriptor },
	{ "hearth.care.ended.v1", &hearth__placements__v1__care_ended__descriptor },
	{ "hearth.placement.planned.v1", &hearth__placements__v1__placement_planned__descriptor },
	{ "hearth.placement.cancelled.v1", &hearth__placements__v1__placement_cancelled__descriptor },
	{ "hearth.placement.started.v1", &hearth__placements__v1__placement_started__descriptor },
	{ "hearth.placement.varied.v1", &hearth__placements__v1__placement_varied__descriptor },
	{ "hearth.placement.planned_end_set.v1", &hearth__placements__v1__placement_planned_end_set__descriptor },
	{ "hearth.placement.ended.v1", &hearth__placements__v1__placement_ended__descriptor },
	{ "hearth.placement.broke_down.v1", &hearth__placements__v1__placement_broke_down__descriptor },
	{ .type = NULL },
};

/* A hold without a child of an authority cannot be planned for: passed over. */
static int place_held(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__PlaceHeld *event = hearth_call_request(call);
	(void)status;
	return event->child_id[0] == '\0' || event->hold_id[0] == '\0' || hearth_call_authority(call)[0] == '\0';
}

/* Places given back because the child left are our own telling come back: passed over. */
static int place_released(struct hearth_call *call, struct hearth_status *status)
{
	static const struct {
		const char *released, *cancelled;
	} reasons[] = { { "EXPIRED", "HOLD_EXPIRED" }, { "WITHDRAWN", "WITHDRAWN" }, { "CANCELLED", "PERSON" } };
	const Hearth__Providers__V1__PlaceReleased *event = hearth_call_request(call);
	(void)status;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if (strcmp(event->reason, reasons[i].released) != 0)
			continue;
		hearth_bind_text(call, "cancel_reason", reasons[i].cancelled);
		return event->hold_id[0] == '\0';
	}
	return 1;
}

/* Of the state of providers: a place held is planned for once per hold, with terms unknown that a hold does not keep. */
static const struct hearth_effect providers[] = {
	{ "hearth.place.held.v1", &hearth__providers__v1__place_held__descriptor, "plan_held", place_held,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.place.released.v1", &hearth__providers__v1__place_released__descriptor, "cancel_released",
	  place_released, HEARTH_SNAPSHOT_HISTORY },
	{ .type = NULL },
};

const struct hearth_source placements_sources[] = { { "providers", providers }, { .service = NULL } };

const struct hearth_timer placements_timers[] = {
	{ .kind = "birthdays", .write = "tell_birthdays" },
	{ .kind = NULL },
};
