/* events.c: what referrals tells and what it hears.
 *
 * Events of one source come in order, those of two sources in any: an effect acts only on the offer or placement that
 * it names, as far as that is still the one the referral waits for.
 */
#include "referrals.h"

#include <string.h>

#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/providers/v1/events.pb-c.h>
#include <hearth/referrals/v1/events.pb-c.h>

const struct hearth_told referrals_told[] = {
	{ "hearth.referral.created.v1", &hearth__referrals__v1__referral_created__descriptor },
	{ "hearth.referral.opened.v1", &hearth__referrals__v1__referral_opened__descriptor },
	{ "hearth.referral.updated.v1", &hearth__referrals__v1__referral_opened__descriptor },
	{ "hearth.referral.withdrawn.v1", &hearth__referrals__v1__referral_withdrawn__descriptor },
	{ "hearth.referral.reopened.v1", &hearth__referrals__v1__referral_reopened__descriptor },
	{ "hearth.referral.placed.v1", &hearth__referrals__v1__referral_placed__descriptor },
	{ "hearth.offer.recorded.v1", &hearth__referrals__v1__offer_recorded__descriptor },
	{ "hearth.offer.declined.v1", &hearth__referrals__v1__offer_declined__descriptor },
	{ "hearth.offer.accepted.v1", &hearth__referrals__v1__offer_accepted__descriptor },
	{ .type = NULL },
};

/* ---- from placements ---- */

static int planned(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	referrals_bind_states(call, REFERRALS_PLAN);
	return 0;
}

static int cancelled(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__PlacementCancelled *event = hearth_call_request(call);
	(void)status;
	referrals_bind_states(call, REFERRALS_LOSE);
	hearth_bind_text(call, "lost_reason", *event->reason ? event->reason : "CANCELLED");
	return 0;
}

static int started(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	referrals_bind_states(call, REFERRALS_START);
	return 0;
}

static int ended(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	referrals_bind_states(call, REFERRALS_END);
	return 0;
}

static int broke_down(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	referrals_bind_states(call, REFERRALS_END);
	referrals_bind_identity(call, NULL);
	return 0;
}

/* Of the state of placements: what holds brings a referral to where it should be; a breakdown that is over opens none. */
static const struct hearth_effect from_placements[] = {
	{ "hearth.child.recorded.v1", &hearth__placements__v1__child_recorded__descriptor, "keep_child", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.child.history_recorded.v1", &hearth__placements__v1__child_history_recorded__descriptor, "keep_child", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.placement.planned.v1", &hearth__placements__v1__placement_planned__descriptor, "note_planned", planned,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.placement.cancelled.v1", &hearth__placements__v1__placement_cancelled__descriptor, "cancel_planned",
	  cancelled, HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.placement.started.v1", &hearth__placements__v1__placement_started__descriptor, "note_started", started,
	  HEARTH_SNAPSHOT_AS_TOLD },
	{ "hearth.placement.ended.v1", &hearth__placements__v1__placement_ended__descriptor, "note_ended", ended, HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.placement.broke_down.v1", &hearth__placements__v1__placement_broke_down__descriptor, "note_broke_down",
	  broke_down, HEARTH_SNAPSHOT_HISTORY },
	{ .type = NULL },
};

/* ---- from providers ---- */

static int held(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	referrals_bind_states(call, REFERRALS_HOLD);
	return 0;
}

static int refused(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__PlaceRefused *event = hearth_call_request(call);
	(void)status;
	referrals_bind_states(call, REFERRALS_LOSE);
	hearth_bind_text(call, "lost_reason", *event->reason ? event->reason : "REFUSED");
	return 0;
}

/* Only a place that was still to be lived in is lost to the referral. */
static int released(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__PlaceReleased *event = hearth_call_request(call);
	bool expired = strcmp(event->reason, "EXPIRED") == 0;
	(void)status;
	if (!expired && strcmp(event->reason, "CANCELLED") != 0)
		return 1;
	referrals_bind_states(call, REFERRALS_LOSE);
	hearth_bind_text(call, "lost_reason", expired ? "HOLD_EXPIRED" : "CANCELLED");
	return 0;
}

static int found(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	referrals_bind_states(call, REFERRALS_FIND);
	return 0;
}

static const struct hearth_effect from_providers[] = {
	{ "hearth.place.held.v1", &hearth__providers__v1__place_held__descriptor, "note_hold", held, HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.place.refused.v1", &hearth__providers__v1__place_refused__descriptor, "lose_offer", refused, HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.place.released.v1", &hearth__providers__v1__place_released__descriptor, "lose_offer", released,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.homes.found.v1", &hearth__providers__v1__homes_found__descriptor, "keep_shortlist", found, HEARTH_SNAPSHOT_HISTORY },
	{ .type = NULL },
};

const struct hearth_source referrals_sources[] = {
	{ "placements", from_placements },
	{ "providers", from_providers },
	{ .service = NULL },
};

/* ---- timers ---- */

static int gave_up(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	referrals_bind_states(call, REFERRALS_GIVE_UP);
	return 0;
}

const struct hearth_timer referrals_timers[] = {
	{ .kind = "accepting", .plan = gave_up, .write = "give_up_accepting" },
	{ .kind = NULL },
};
