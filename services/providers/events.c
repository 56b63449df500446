/* events.c: what providers tells and what it hears.
 *
 * Holds live by events alone. Referrals and placements are two sources, so that an acceptance may be heard after the
 * placement that came of it, or a withdrawal after its start: each statement acts only on a hold in the state it names.
 */
#include "providers.h"

#include <hearth/json.h>
#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/providers/v1/events.pb-c.h>
#include <hearth/referrals/v1/events.pb-c.h>

#define MOST_HOURS 720

const struct hearth_told providers_told[] = {
	{ "hearth.home.recorded.v1", &hearth__providers__v1__home_recorded__descriptor },
	{ "hearth.home.over_capacity.v1", &hearth__providers__v1__home_over_capacity__descriptor },
	{ "hearth.place.held.v1", &hearth__providers__v1__place_held__descriptor },
	{ "hearth.place.refused.v1", &hearth__providers__v1__place_refused__descriptor },
	{ "hearth.place.confirmed.v1", &hearth__providers__v1__place_confirmed__descriptor },
	{ "hearth.place.released.v1", &hearth__providers__v1__place_released__descriptor },
	{ "hearth.homes.found.v1", &hearth__providers__v1__homes_found__descriptor },
	{ "hearth.contract.recorded.v1", &hearth__providers__v1__contract_recorded__descriptor },
	{ "hearth.contract.joined.v1", &hearth__providers__v1__contract_joined__descriptor },
	{ "hearth.contract.ended.v1", &hearth__providers__v1__contract_ended__descriptor },
	{ "hearth.contract.member_recorded.v1", &hearth__providers__v1__contract_member_recorded__descriptor },
	{ "hearth.contract.fee_set.v1", &hearth__providers__v1__contract_fee_set__descriptor },
	{ "hearth.document.recorded.v1", &hearth__providers__v1__document_recorded__descriptor },
	{ "hearth.document.withdrawn.v1", &hearth__providers__v1__document_withdrawn__descriptor },
	{ "hearth.document.expiring.v1", &hearth__providers__v1__document_expiring__descriptor },
	{ "hearth.carer.approved.v1", &hearth__providers__v1__carer_approved__descriptor },
	{ "hearth.carer.terms_varied.v1", &hearth__providers__v1__carer_terms_varied__descriptor },
	{ "hearth.carer.approval_ended.v1", &hearth__providers__v1__carer_approval_ended__descriptor },
	{ "hearth.carer.exemption_granted.v1", &hearth__providers__v1__carer_exemption_granted__descriptor },
	{ "hearth.carer.exemption_ended.v1", &hearth__providers__v1__carer_exemption_ended__descriptor },
	{ "hearth.carer.over_limit.v1", &hearth__providers__v1__carer_over_limit__descriptor },
	{ "hearth.carer.review_due.v1", &hearth__providers__v1__carer_review_due__descriptor },
	{ "hearth.carer.temporary_approval_set.v1", &hearth__providers__v1__temporary_approval_set__descriptor },
	{ "hearth.carer.temporary_approval_ended.v1", &hearth__providers__v1__temporary_approval_ended__descriptor },
	{ "hearth.places.blocked.v1", &hearth__providers__v1__places_blocked__descriptor },
	{ "hearth.places.unblocked.v1", &hearth__providers__v1__places_unblocked__descriptor },
	{ "hearth.capacity.changed.v1", &hearth__providers__v1__capacity_changed__descriptor },
	{ "hearth.capacity.stale.v1", &hearth__providers__v1__capacity_stale__descriptor },
	/* registration, inspections, embargoes */
	{ "hearth.registration.changed.v1", &hearth__providers__v1__registration_changed__descriptor },
	{ "hearth.inspection.published.v1", &hearth__providers__v1__inspection_published__descriptor },
	{ "hearth.home.barred.v1", &hearth__providers__v1__home_barred__descriptor },
	{ "hearth.home.bar_lifted.v1", &hearth__providers__v1__home_bar_lifted__descriptor },
	{ "hearth.home.ended.v1", &hearth__providers__v1__home_ended__descriptor },
	{ "hearth.home.end_withheld.v1", &hearth__providers__v1__home_end_withheld__descriptor },
	{ "hearth.move.planned.v1", &hearth__providers__v1__move_planned__descriptor },
	{ .type = NULL },
};

/* ---- from referrals ---- */

/* The need is kept whole, too: matching reads it as providers' own message Needs, which has the same shape. */
static int opened(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__ReferralOpened *event = hearth_call_request(call);
	(void)status;
	if (event->needs)
		hearth_bind_text(call, "needs_whole", hearth_json_print(hearth_call_arena(call), &event->needs->base, 0));
	else
		hearth_bind_null(call, "needs_whole");
	return 0;
}

static int accepted(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__OfferAccepted *event = hearth_call_request(call);
	int64_t hours = event->hold_hours;
	(void)status;
	if (hours < 1 || hours > MOST_HOURS)
		hours = hearth_config_int(hearth_call_config(call), "hold-hours");
	hearth_bind_int(call, "hold_hours", hours);
	return 0;
}

/* Of the state of referrals: open needs are kept and looked for; an acceptance holds no place, for it may be long ago. */
static const struct hearth_effect from_referrals[] = {
	{ "hearth.referral.opened.v1", &hearth__referrals__v1__referral_opened__descriptor, "keep_need", opened,
	  HEARTH_SNAPSHOT_AS_TOLD },
	{ "hearth.referral.updated.v1", &hearth__referrals__v1__referral_opened__descriptor, "keep_need", opened,
	  HEARTH_SNAPSHOT_AS_TOLD },
	{ "hearth.referral.reopened.v1", &hearth__referrals__v1__referral_reopened__descriptor, "reopen_need", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.referral.withdrawn.v1", &hearth__referrals__v1__referral_withdrawn__descriptor, "forget_need", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.referral.placed.v1", &hearth__referrals__v1__referral_placed__descriptor, "close_need", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.offer.accepted.v1", &hearth__referrals__v1__offer_accepted__descriptor, "hold_place", accepted,
	  HEARTH_SNAPSHOT_HISTORY },
	{ .type = NULL },
};

/* ---- from placements ---- */

static int ended(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	hearth_bind_text(call, "released_reason", "ENDED");
	return 0;
}

static int broke_down(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	hearth_bind_text(call, "released_reason", "BROKE_DOWN");
	return 0;
}

/* Of the state of placements: who lives in a home now has its place; who has left takes none. */
static const struct hearth_effect from_placements[] = {
	{ "hearth.placement.started.v1", &hearth__placements__v1__placement_started__descriptor, "confirm_place", NULL,
	  HEARTH_SNAPSHOT_AS_TOLD },
	{ "hearth.placement.cancelled.v1", &hearth__placements__v1__placement_cancelled__descriptor, "cancel_hold", NULL,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.placement.ended.v1", &hearth__placements__v1__placement_ended__descriptor, "free_place", ended,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.placement.broke_down.v1", &hearth__placements__v1__placement_broke_down__descriptor, "free_place",
	  broke_down, HEARTH_SNAPSHOT_HISTORY },
	{ .type = NULL },
};

const struct hearth_source providers_sources[] = {
	{ "referrals", from_referrals },
	{ "placements", from_placements },
	{ .service = NULL },
};

const struct hearth_timer providers_timers[] = {
	{ .kind = "hold_expiry", .write = "expire_hold" },
	{ .kind = "document_expiring", .write = "tell_document_expiring" },
	{ .kind = "contract_routes", .write = "keep_contract_routes" },
	{ .kind = "carer_terms", .write = "begin_terms" },
	{ .kind = "carer_limit", .write = "tell_over_limit" },
	{ .kind = "carer_review", .read = "review_clock", .plan = providers_review_due, .write = "tell_review_due" },
	{ .kind = "carer_temporary", .read = "temporary_clock", .plan = providers_temporary_due, .write = "keep_temporary" },
	{ .kind = "shortlists", .begin = providers_search_begin, .read = "open_shortlists", .step = providers_shortlists_timer,
	  .write = "keep_shortlists" },
	{ .kind = "match_keep", .plan = providers_match_keep, .write = "trim_matches" },
	{ .kind = "find_homes", .begin = providers_search_begin, .read = "match_homes", .step = providers_search_timer,
	  .write = "tell_homes_found" },
	{ .kind = "capacity", .write = "change_capacity" },
	{ .kind = "stale_vacancies", .write = "tell_stale_vacancies" },
	{ .kind = "registration_day", .write = "settle_registration" },
	{ .kind = "registration_changed", .write = "tell_registration" },
	{ .kind = "inspection_published", .write = "tell_inspection" },
	{ .kind = "bar_begins", .write = "tell_barred" },
	{ .kind = "bar_ends", .write = "tell_bar_lifted" },
	{ .kind = "home_ends", .write = "end_home_day" },
	{ .kind = NULL },
};
