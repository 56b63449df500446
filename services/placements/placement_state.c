/* placement_state.c: the states of a placement as a table. */
#include "placement_state.h"

#include <string.h>

const struct placement_transition placement_transitions[] = {
	/* the child moves in; an episode opens, pay begins */
	{ "PLANNED", "START", "STARTED" },
	/* a person says that it will not come about */
	{ "PLANNED", "CANCEL", "CANCELLED" },
	/* the place is held no longer: the hold expired, or the referral was withdrawn */
	{ "PLANNED", "RELEASE", "CANCELLED" },
	/* the child moved in after all, whatever it had been cancelled for: what has happened is never refused */
	{ "CANCELLED", "START", "STARTED" },
	/* another fee from a day on */
	{ "STARTED", "VARY", "STARTED" },
	/* the child goes to the next home on the same day */
	{ "STARTED", "MOVE", "ENDED" },
	/* a planned end */
	{ "STARTED", "END", "ENDED" },
	/* an unplanned end for a reason of the breakdown set (R49) */
	{ "STARTED", "BREAK_DOWN", "BROKE_DOWN" },
	/* ENDED and BROKE_DOWN are final */
	{ .from = NULL },
};

const char *placement_state_after(const char *state, const char *action)
{
	for (const struct placement_transition *at = placement_transitions; at->from != NULL; at++)
		if (strcmp(at->from, state) == 0 && strcmp(at->action, action) == 0)
			return at->to;
	return NULL;
}
