/* states.h: the states of a referral and what moves it from one to the next, as a table.
 *
 * The table is the only place where this is said: the statements take the states that an event may start from
 * (:from_states) and the state it leads to (:to_state) from here.
 */
#ifndef REFERRALS_STATES_H
#define REFERRALS_STATES_H

#include <stdbool.h>
#include <stddef.h>

enum referrals_event {
	REFERRALS_CHANGE,        /* a person changes what is written */
	REFERRALS_OPEN,
	REFERRALS_WITHDRAW,
	REFERRALS_OFFER,         /* an offer is recorded or declined */
	REFERRALS_ACCEPT,
	REFERRALS_HOLD,          /* a place is held */
	REFERRALS_LOSE,          /* no place, or it was lost */
	REFERRALS_GIVE_UP,       /* nobody answered the wish for a place */
	REFERRALS_PLAN,          /* the placement is planned */
	REFERRALS_START,         /* the child lives there */
	REFERRALS_END,           /* the placement is over */
	REFERRALS_FIND           /* homes were found */
};

struct referrals_transition {
	enum referrals_event event;
	const char *from, *to;   /* from NULL ends the table */
	const char *why;
};

extern const struct referrals_transition referrals_transitions[];

#define REFERRALS_STATES_MOST 8
/* The states that the event may start from; the number. */
size_t referrals_states_from(enum referrals_event event, const char *ret_states[REFERRALS_STATES_MOST]);
/* The state it leads to, or NULL when the event leaves the state as it is. */
const char *referrals_state_to(enum referrals_event event);
bool referrals_state_allows(const char *state, enum referrals_event event);

#endif
