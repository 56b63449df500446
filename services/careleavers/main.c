/* main.c: hearth-careleavers: who is entitled to what from 16 to 25, where they live, and what has to be done when.
 *
 * Owns the schema `careleavers`: young people, their periods of care as placements tells them, what people record of
 * them, and the dated numbers, codes and reasons of the law. A status is never kept but to tell that it has changed.
 */
#include "careleavers.h"

#include <hearth/careleavers/v1/careleavers.pb-c.h>
#include <hearth/v1/common.pb-c.h>

extern const struct hearth_file careleavers_sql[];
extern const struct hearth_contracts careleavers_contracts;

#define ROLE(name) HEARTH_ROLE(HEARTH__V1__ROLE__##name)
#define READERS                                                                                                    \
	(ROLE(PLACEMENT_OFFICER) | ROLE(COMMISSIONER) | ROLE(FINANCE_OFFICER) | ROLE(SOCIAL_WORKER)                    \
	 | ROLE(PERSONAL_ADVISER) | ROLE(SYSTEM) | ROLE(OPERATOR))

#define WRITERS (ROLE(PLACEMENT_OFFICER) | ROLE(SOCIAL_WORKER) | ROLE(PERSONAL_ADVISER) | ROLE(SYSTEM))

static const struct hearth_method methods[] = {
	{ .name = "GetYoungPerson", .kind = HEARTH_READ, .roles = READERS, .statement = "get_young_person",
	  .row = "young_person", .plan = careleavers_plan_get_young_person, .reply = careleavers_reply_get_young_person,
	  .audit = "young_person.child_id" },
	{ .name = "ListYoungPeople", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_young_people",
	  .row = "young_people", .plan = careleavers_plan_list_young_people,
	  .reply = careleavers_reply_list_young_people, .audit = "young_people.child_id" },
	{ .name = "ListDue", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_due", .row = "young_people",
	  .plan = careleavers_plan_list_due, .reply = careleavers_reply_list_due,
	  .audit = "young_people.child_id" },
	{ .name = "ListTurning18", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_turning_18",
	  .row = "young_people", .plan = careleavers_plan_list_turning_18, .reply = careleavers_reply_list_turning_18,
	  .audit = "young_people.child_id" },
	{ .name = "RecordAccommodation", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "record_accommodation",
	  .replay = "replay_accommodation", .row = "accommodation", .plan = careleavers_plan_record_accommodation,
	  .audit = "request.child_id" },
	{ .name = "ListAccommodation", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_accommodation",
	  .row = "accommodation", .plan = careleavers_plan_list_accommodation,
	  .audit = "request.child_id" },
	{ .name = "RecordPathwayEvent", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "record_pathway_event",
	  .replay = "replay_pathway_event", .row = "event", .plan = careleavers_plan_record_pathway_event,
	  .audit = "request.child_id" },
	{ .name = "ListPathwayEvents", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_pathway_event",
	  .row = "events", .plan = careleavers_plan_list_pathway_events,
	  .audit = "request.child_id" },
	{ .name = "RecordCircumstance", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "record_circumstance",
	  .replay = "replay_circumstance", .row = "circumstance", .plan = careleavers_plan_record_circumstance,
	  .audit = "request.child_id" },
	{ .name = "ListCodes", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_codes", .row = "codes",
	  .plan = careleavers_plan_list_codes },
	{ .name = NULL },
};

static const struct hearth_refusal refusals[] = {
	{ "RECORD_NOT_FOUND", HEARTH_NOT_FOUND, "", "nothing of that id is recorded of this young person" },
	{ "TOO_MANY_RECORDS", HEARTH_FAILED_PRECONDITION, "child_id", "at most 500 rows of a kind are kept of a young person" },
	{ "UNKNOWN_TYPE", HEARTH_INVALID_ARGUMENT, "type",
	  "type is not an ACCOM code of the return year of that day (ListCodes)" },
	{ "UNKNOWN_SUITABILITY_REASON", HEARTH_INVALID_ARGUMENT, "suitability_reason",
	  "suitability_reason is not a SUITABILITY_REASON code of the return year of that day (ListCodes)" },
	{ "NEVER_SUITABLE", HEARTH_INVALID_ARGUMENT, "suitability", "this type is never suitable (ListCodes)" },
	{ "REASON_MISSING", HEARTH_INVALID_ARGUMENT, "suitability_reason",
	  "suitability_reason is missing: what is unsuitable, or suitable of a type that by default is not, has one" },
	{ "UNKNOWN_IN_TOUCH", HEARTH_INVALID_ARGUMENT, "in_touch",
	  "in_touch is not an IN_TOUCH code of the return year of that day (ListCodes)" },
	{ "UNKNOWN_ACTIVITY", HEARTH_INVALID_ARGUMENT, "activity",
	  "activity is not an ACTIV code of the return year of that day (ListCodes)" },
	{ .reason = NULL },
};

static const struct hearth_service service = {
	.name = "careleavers",
	.contract = &hearth__careleavers__v1__care_leavers__descriptor,
	.methods = methods,
	.refusals = refusals,
	.tells = careleavers_told,
	.hears = careleavers_sources,
	.timers = careleavers_timers,
	.sql = careleavers_sql,
	.contracts = &careleavers_contracts,
};

int main(int argc, char **argv)
{
	return hearth_service_main(argc, argv, &service);
}
