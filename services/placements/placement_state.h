/* placement_state.h: what may be done with a placement in which state. Pure: no I/O, no clock.
 *
 * The same table stands in schema/002_codes.sql (table `transition`), where every statement reads it; a test holds the
 * two together.
 */
#ifndef PLACEMENTS_PLACEMENT_STATE_H
#define PLACEMENTS_PLACEMENT_STATE_H

#include <stddef.h>

struct placement_transition {
	const char *from;            /* NULL ends the table */
	const char *action;
	const char *to;
};

extern const struct placement_transition placement_transitions[];

/* The state after `action`, or NULL when it may not be done. */
const char *placement_state_after(const char *state, const char *action);

#endif
