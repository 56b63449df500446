/* referrals.h: what the files of this service share: the plans that its tables name, and three binders. */
#ifndef REFERRALS_H
#define REFERRALS_H

#include <hearth/service.h>
#include "states.h"

/* methods.c */
hearth_plan_fn referrals_create, referrals_update, referrals_open, referrals_upsert, referrals_upsert_external_id,
	referrals_lookup, referrals_get, referrals_get_detail, referrals_list, referrals_withdraw, referrals_link_siblings;

/* offers.c */
hearth_plan_fn referrals_record_offer, referrals_decline_offer, referrals_accept_offer;

/* needs.c */
struct Hearth__Referrals__V1__Needs;
int referrals_check_needs(const struct Hearth__Referrals__V1__Needs *needs, struct hearth_status *status);
/* :needs_more: what has no column of its own, NULL when none of it was said. */
void referrals_bind_needs(struct hearth_call *call, const struct Hearth__Referrals__V1__Needs *needs);

/* events.c */
extern const struct hearth_source referrals_sources[];
extern const struct hearth_timer referrals_timers[];
extern const struct hearth_told referrals_told[];

/* plan.c: binds :from_states and :to_state of the event. */
void referrals_bind_states(struct hearth_call *call, enum referrals_event event);
/* :id (`given`, or a new one) and :reference, :reference_second, :reference_long: the first that is free is taken. */
void referrals_bind_identity(struct hearth_call *call, const char *given);

#endif
