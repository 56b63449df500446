/* events.c: what careleavers hears of placements. Birthdays need not be heard: the status of any
 * day follows from dates. */
#include "careleavers.h"

#include <hearth/placements/v1/events.pb-c.h>

/* Young people belong to an authority; an event without one is passed over. */
int careleavers_plan_child(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	return hearth_call_authority(call)[0] == '\0';
}

/* A placement that ends while the child stays in care ends no period of care. */
int careleavers_plan_ended(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__PlacementEnded *event = hearth_call_request(call);
	(void)status;
	return !event->left_care || hearth_call_authority(call)[0] == '\0';
}
