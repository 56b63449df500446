/* main.c: hearth-careleavers: who is entitled to what from 16 to 25, computed from dates of birth and of care.
 *
 * Owns the schema `careleavers`: young people, their periods of care and the dated thresholds of the law, all learnt
 * from what placements tells. It has no writes of its own.
 */
#include "careleavers.h"

#include <hearth/careleavers/v1/careleavers.pb-c.h>
#include <hearth/careleavers/v1/events.pb-c.h>
#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/v1/common.pb-c.h>

extern const struct hearth_file careleavers_sql[];
extern const struct hearth_contracts careleavers_contracts;

#define ROLE(name) HEARTH_ROLE(HEARTH__V1__ROLE__##name)
#define READERS                                                                                                    \
	(ROLE(PLACEMENT_OFFICER) | ROLE(COMMISSIONER) | ROLE(FINANCE_OFFICER) | ROLE(SOCIAL_WORKER)                    \
	 | ROLE(PERSONAL_ADVISER) | ROLE(SYSTEM) | ROLE(OPERATOR))

static const struct hearth_method methods[] = {
	{ .name = "GetYoungPerson", .kind = HEARTH_READ, .roles = READERS, .statement = "get_young_person",
	  .row = "young_person", .plan = careleavers_plan_get_young_person, .reply = careleavers_reply_get_young_person },
	{ .name = "ListYoungPeople", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_young_people",
	  .row = "young_people", .plan = careleavers_plan_list_young_people,
	  .reply = careleavers_reply_list_young_people },
	{ .name = NULL },
};

static const struct hearth_refusal refusals[] = { { .reason = NULL } };

static const struct hearth_told tells[] = {
	{ "hearth.young_person.recorded.v1", &hearth__careleavers__v1__young_person_recorded__descriptor },
	{ .type = NULL },
};

/* A breakdown ends no care: the child stays looked after until care.ended or another placement's end says otherwise. */
static const struct hearth_effect placements[] = {
	{ "hearth.child.recorded.v1", &hearth__placements__v1__child_recorded__descriptor, "record_child",
	  careleavers_plan_child },
	{ "hearth.child.history_recorded.v1", &hearth__placements__v1__child_history_recorded__descriptor,
	  "record_history", careleavers_plan_child },
	{ "hearth.placement.started.v1", &hearth__placements__v1__placement_started__descriptor, "begin_care",
	  careleavers_plan_child },
	{ "hearth.placement.ended.v1", &hearth__placements__v1__placement_ended__descriptor, "end_care",
	  careleavers_plan_ended },
	{ "hearth.care.ended.v1", &hearth__placements__v1__care_ended__descriptor, "end_care", careleavers_plan_child },
	{ .type = NULL },
};

static const struct hearth_source hears[] = { { "placements", placements }, { .service = NULL } };

static const struct hearth_timer timers[] = { { .kind = NULL } };

static const struct hearth_key keys[] = { { .name = NULL } };

int main(int argc, char **argv)
{
	const struct hearth_service service = {
		.name = "careleavers",
		.contract = &hearth__careleavers__v1__care_leavers__descriptor,
		.methods = methods,
		.refusals = refusals,
		.tells = tells,
		.hears = hears,
		.timers = timers,
		.keys = keys,
		.sql = careleavers_sql,
	.contracts = &careleavers_contracts,
	};
	return hearth_service_main(argc, argv, &service);
}
