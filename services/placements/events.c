/* events.c: what placements hears of providers: places held for a child, and given back. */
#include "placements.h"

#include <string.h>

#include <hearth/providers/v1/events.pb-c.h>

/* A hold without a child of an authority cannot be planned for: passed over. */
int placements_plan_place_held(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__PlaceHeld *event = hearth_call_request(call);
	(void)status;
	return event->child_id[0] == '\0' || event->hold_id[0] == '\0' || hearth_call_authority(call)[0] == '\0';
}

/* Places given back because the child left are our own telling come back: passed over. */
int placements_plan_place_released(struct hearth_call *call, struct hearth_status *status)
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
