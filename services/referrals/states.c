/* states.c: the state machine of a referral. DRAFT is where it begins, but for the emergency referral that a breakdown
 * opens, which begins OPEN. Pure.
 */
#include "states.h"

#include <string.h>

const struct referrals_transition referrals_transitions[] = {
	{ REFERRALS_CHANGE, "DRAFT", "DRAFT", "it is being written" },
	{ REFERRALS_CHANGE, "OPEN", "OPEN", "needs may become clearer while a home is looked for; homes are found anew" },

	{ REFERRALS_OPEN, "DRAFT", "OPEN", "from now on a home is looked for" },

	{ REFERRALS_WITHDRAW, "DRAFT", "WITHDRAWN", "no home is needed after all" },
	{ REFERRALS_WITHDRAW, "OPEN", "WITHDRAWN", "no home is needed any more" },
	{ REFERRALS_WITHDRAW, "ACCEPTING", "WITHDRAWN", "the place asked for is given back as soon as it is held" },
	{ REFERRALS_WITHDRAW, "PLANNED", "WITHDRAWN", "the held place is given back, the planned placement cancelled" },

	{ REFERRALS_OFFER, "OPEN", "OPEN", "offers come and go" },
	{ REFERRALS_OFFER, "ACCEPTING", "ACCEPTING", "a further offer is a comfort if the accepted one falls through" },
	{ REFERRALS_OFFER, "PLANNED", "PLANNED", "the same" },

	{ REFERRALS_ACCEPT, "OPEN", "ACCEPTING", "one offer at a time; a second accept is refused" },

	{ REFERRALS_HOLD, "ACCEPTING", "ACCEPTING", "until when the place is held is shown" },
	{ REFERRALS_HOLD, "PLANNED", "PLANNED", "the two tidings come from two services, in either order" },

	{ REFERRALS_LOSE, "ACCEPTING", "OPEN", "no place could be held: the other offers stand" },
	{ REFERRALS_LOSE, "PLANNED", "OPEN", "the hold expired or the planned placement was cancelled" },

	/* Not PLANNED: a held place has a time of its own, which ends in providers alone. */
	{ REFERRALS_GIVE_UP, "ACCEPTING", "OPEN", "nobody answered the wish for a place: the other offers stand" },

	{ REFERRALS_PLAN, "ACCEPTING", "PLANNED", "a person may now start the placement" },

	{ REFERRALS_START, "DRAFT", "PLACED", "what has happened wins over what was written" },
	{ REFERRALS_START, "OPEN", "PLACED", "the same; also after the hold expired" },
	{ REFERRALS_START, "ACCEPTING", "PLACED", "begun before its plan was heard of" },
	{ REFERRALS_START, "PLANNED", "PLACED", "the usual way" },
	{ REFERRALS_START, "WITHDRAWN", "PLACED", "withdrawn, and yet the child lives there" },

	{ REFERRALS_END, "PLACED", "CLOSED", "the placement found by it is over" },

	{ REFERRALS_FIND, "OPEN", "OPEN", "the first homes are shown" },
	{ REFERRALS_FIND, "ACCEPTING", "ACCEPTING", "found before the acceptance, told after it" },
	{ REFERRALS_FIND, "PLANNED", "PLANNED", "the same" },
	{ 0, NULL, NULL, NULL },
};

size_t referrals_states_from(enum referrals_event event, const char *ret_states[REFERRALS_STATES_MOST])
{
	size_t count = 0;
	for (const struct referrals_transition *row = referrals_transitions; row->from; row++)
		if (row->event == event && count < REFERRALS_STATES_MOST)
			ret_states[count++] = row->from;
	return count;
}

const char *referrals_state_to(enum referrals_event event)
{
	for (const struct referrals_transition *row = referrals_transitions; row->from; row++)
		if (row->event == event)
			return strcmp(row->from, row->to) == 0 ? NULL : row->to;
	return NULL;
}

bool referrals_state_allows(const char *state, enum referrals_event event)
{
	for (const struct referrals_transition *row = referrals_transitions; row->from; row++)
		if (row->event == event && strcmp(row->from, state) == 0)
			return true;
	return false;
}
