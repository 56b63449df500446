/* contracts.c: what the suite speaks, compiled in: services, their contracts and schemas, events and their messages. */
#include <string.h>

#include <hearth/careleavers/v1/careleavers.pb-c.h>
#include <hearth/careleavers/v1/events.pb-c.h>
#include <hearth/finance/v1/events.pb-c.h>
#include <hearth/finance/v1/finance.pb-c.h>
#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/events.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/events.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

#include "cli.h"

extern const struct hearth_file placements_schema[], providers_schema[], referrals_schema[], finance_schema[],
    careleavers_schema[];

const struct cli_service cli_services[] = {
	{"placements", &hearth__placements__v1__placements__descriptor, placements_schema},
	{"providers", &hearth__providers__v1__providers__descriptor, providers_schema},
	{"referrals", &hearth__referrals__v1__referrals__descriptor, referrals_schema},
	{"finance", &hearth__finance__v1__finance__descriptor, finance_schema},
	{"careleavers", &hearth__careleavers__v1__care_leavers__descriptor, careleavers_schema},
	{0},
};

const struct cli_event cli_events[] = {
	{"hearth.child.recorded.v1", &hearth__placements__v1__child_recorded__descriptor},
	{"hearth.child.history_recorded.v1", &hearth__placements__v1__child_history_recorded__descriptor},
	{"hearth.child.turned_16.v1", &hearth__placements__v1__child_turned__descriptor},
	{"hearth.child.turned_18.v1", &hearth__placements__v1__child_turned__descriptor},
	{"hearth.care.ended.v1", &hearth__placements__v1__care_ended__descriptor},
	{"hearth.placement.planned.v1", &hearth__placements__v1__placement_planned__descriptor},
	{"hearth.placement.cancelled.v1", &hearth__placements__v1__placement_cancelled__descriptor},
	{"hearth.placement.started.v1", &hearth__placements__v1__placement_started__descriptor},
	{"hearth.placement.varied.v1", &hearth__placements__v1__placement_varied__descriptor},
	{"hearth.placement.planned_end_set.v1", &hearth__placements__v1__placement_planned_end_set__descriptor},
	{"hearth.placement.ended.v1", &hearth__placements__v1__placement_ended__descriptor},
	{"hearth.placement.broke_down.v1", &hearth__placements__v1__placement_broke_down__descriptor},
	{"hearth.home.recorded.v1", &hearth__providers__v1__home_recorded__descriptor},
	{"hearth.home.over_capacity.v1", &hearth__providers__v1__home_over_capacity__descriptor},
	{"hearth.place.held.v1", &hearth__providers__v1__place_held__descriptor},
	{"hearth.place.refused.v1", &hearth__providers__v1__place_refused__descriptor},
	{"hearth.place.confirmed.v1", &hearth__providers__v1__place_confirmed__descriptor},
	{"hearth.place.released.v1", &hearth__providers__v1__place_released__descriptor},
	{"hearth.homes.found.v1", &hearth__providers__v1__homes_found__descriptor},
	{"hearth.contract.recorded.v1", &hearth__providers__v1__contract_recorded__descriptor},
	{"hearth.contract.joined.v1", &hearth__providers__v1__contract_joined__descriptor},
	{"hearth.contract.ended.v1", &hearth__providers__v1__contract_ended__descriptor},
	{"hearth.contract.member_recorded.v1", &hearth__providers__v1__contract_member_recorded__descriptor},
	{"hearth.contract.fee_set.v1", &hearth__providers__v1__contract_fee_set__descriptor},
	{"hearth.document.recorded.v1", &hearth__providers__v1__document_recorded__descriptor},
	{"hearth.document.withdrawn.v1", &hearth__providers__v1__document_withdrawn__descriptor},
	{"hearth.document.expiring.v1", &hearth__providers__v1__document_expiring__descriptor},
	{"hearth.carer.approved.v1", &hearth__providers__v1__carer_approved__descriptor},
	{"hearth.carer.terms_varied.v1", &hearth__providers__v1__carer_terms_varied__descriptor},
	{"hearth.carer.approval_ended.v1", &hearth__providers__v1__carer_approval_ended__descriptor},
	{"hearth.carer.exemption_granted.v1", &hearth__providers__v1__carer_exemption_granted__descriptor},
	{"hearth.carer.exemption_ended.v1", &hearth__providers__v1__carer_exemption_ended__descriptor},
	{"hearth.carer.over_limit.v1", &hearth__providers__v1__carer_over_limit__descriptor},
	{"hearth.carer.review_due.v1", &hearth__providers__v1__carer_review_due__descriptor},
	{"hearth.carer.temporary_approval_set.v1", &hearth__providers__v1__temporary_approval_set__descriptor},
	{"hearth.carer.temporary_approval_ended.v1", &hearth__providers__v1__temporary_approval_ended__descriptor},
	{"hearth.places.blocked.v1", &hearth__providers__v1__places_blocked__descriptor},
	{"hearth.places.unblocked.v1", &hearth__providers__v1__places_unblocked__descriptor},
	{"hearth.capacity.changed.v1", &hearth__providers__v1__capacity_changed__descriptor},
	{"hearth.capacity.stale.v1", &hearth__providers__v1__capacity_stale__descriptor},
	{"hearth.registration.changed.v1", &hearth__providers__v1__registration_changed__descriptor},
	{"hearth.inspection.published.v1", &hearth__providers__v1__inspection_published__descriptor},
	{"hearth.home.barred.v1", &hearth__providers__v1__home_barred__descriptor},
	{"hearth.home.bar_lifted.v1", &hearth__providers__v1__home_bar_lifted__descriptor},
	{"hearth.home.ended.v1", &hearth__providers__v1__home_ended__descriptor},
	{"hearth.home.end_withheld.v1", &hearth__providers__v1__home_end_withheld__descriptor},
	{"hearth.move.planned.v1", &hearth__providers__v1__move_planned__descriptor},
	{"hearth.referral.created.v1", &hearth__referrals__v1__referral_created__descriptor},
	{"hearth.referral.opened.v1", &hearth__referrals__v1__referral_opened__descriptor},
	{"hearth.referral.updated.v1", &hearth__referrals__v1__referral_opened__descriptor},
	{"hearth.referral.withdrawn.v1", &hearth__referrals__v1__referral_withdrawn__descriptor},
	{"hearth.referral.reopened.v1", &hearth__referrals__v1__referral_reopened__descriptor},
	{"hearth.referral.placed.v1", &hearth__referrals__v1__referral_placed__descriptor},
	{"hearth.offer.recorded.v1", &hearth__referrals__v1__offer_recorded__descriptor},
	{"hearth.offer.declined.v1", &hearth__referrals__v1__offer_declined__descriptor},
	{"hearth.offer.accepted.v1", &hearth__referrals__v1__offer_accepted__descriptor},
	{"hearth.agreement.opened.v1", &hearth__finance__v1__agreement_opened__descriptor},
	{"hearth.agreement.varied.v1", &hearth__finance__v1__agreement_varied__descriptor},
	{"hearth.agreement.closed.v1", &hearth__finance__v1__agreement_closed__descriptor},
	{"hearth.agreement.line_recorded.v1", &hearth__finance__v1__agreement_line_recorded__descriptor},
	{"hearth.young_person.recorded.v1", &hearth__careleavers__v1__young_person_recorded__descriptor},
	{"hearth.young_person.status_changed.v1", &hearth__careleavers__v1__young_person_status_changed__descriptor},
	{0},
};

const struct cli_service *cli_service_find(const char *name)
{
	for (const struct cli_service *service = cli_services; service->name != NULL; service++)
		if (strcmp(service->name, name) == 0)
			return service;
	return NULL;
}

const struct cli_event *cli_event_find(const char *type)
{
	for (const struct cli_event *event = cli_events; event->type != NULL; event++)
		if (strcmp(event->type, type) == 0)
			return event;
	return NULL;
}
