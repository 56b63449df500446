/* main.c: hearth-placements: the child's care history: episodes, placements, moves, breakdowns.
 *
 * Owns the schema `placements`: the child's id and birthdays, episodes of care, placements, the code sets of the SSDA903
 * return. What has really happened is recorded, never refused.
 */
#include "placements.h"

#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/events.pb-c.h>
#include <hearth/v1/common.pb-c.h>

extern const struct hearth_file placements_sql[];
extern const struct hearth_contracts placements_contracts;

#define ROLE(name) HEARTH_ROLE(HEARTH__V1__ROLE__##name)
#define WORKERS (ROLE(PLACEMENT_OFFICER) | ROLE(SOCIAL_WORKER) | ROLE(SYSTEM) | ROLE(OPERATOR))
#define READERS (WORKERS | ROLE(COMMISSIONER) | ROLE(FINANCE_OFFICER) | ROLE(PERSONAL_ADVISER))

/* A write on a placement: statement, replay and row are alike. */
#define PLACEMENT_WRITE(call, file, check)                                                                               \
	{ .name = call, .kind = HEARTH_WRITE, .roles = WORKERS, .statement = file, .replay = "replay_placement",             \
	  .row = "placement", .plan = check, .audit = "placement.child_id" }
#define CHILD_WRITE(call, file, check)                                                                                   \
	{ .name = call, .kind = HEARTH_WRITE, .roles = WORKERS, .statement = file, .replay = "replay_child", .row = "child", \
	  .plan = check, .audit = "child.id" }

static const struct hearth_method methods[] = {
	CHILD_WRITE("CreateChild", "create_child", placements_plan_create_child),
	CHILD_WRITE("UpdateChild", "update_child", placements_plan_update_child),
	CHILD_WRITE("UpsertChild", "upsert_child", placements_plan_upsert_child),
	CHILD_WRITE("UpsertChildExternalId", "upsert_child_external_id", placements_plan_upsert_child_external_id),
	{ .name = "GetChild", .kind = HEARTH_READ, .roles = READERS, .statement = "get_child", .row = "child",
	  .plan = placements_plan_get_child, .audit = "child.id" },
	{ .name = "LookupChild", .kind = HEARTH_READ, .roles = READERS, .statement = "lookup_child", .row = "child",
	  .plan = placements_plan_lookup_child, .audit = "child.id" },
	{ .name = "ListChildren", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_children", .row = "children",
	  .audit = "children.id" },
	{ .name = "GetChildHistory", .kind = HEARTH_SLOW, .roles = READERS, .statement = "child_history",
	  .plan = placements_plan_get_child_history, .audit = "child.id" },
	{ .name = "ListLookedAfter", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_looked_after",
	  .row = "children", .plan = placements_plan_list_looked_after, .audit = "children.child_id" },
	{ .name = "CountLookedAfter", .kind = HEARTH_SLOW, .roles = READERS, .statement = "count_looked_after",
	  .plan = placements_plan_count_looked_after },
	PLACEMENT_WRITE("PlanPlacement", "plan_placement", placements_plan_plan_placement),
	{ .name = "GetPlacement", .kind = HEARTH_READ, .roles = READERS, .statement = "get_placement", .row = "placement",
	  .plan = placements_plan_get_placement, .wait = true, .audit = "placement.child_id" },
	{ .name = "LookupPlacement", .kind = HEARTH_READ, .roles = READERS, .statement = "lookup_placement", .row = "placement",
	  .plan = placements_plan_lookup_placement, .audit = "placement.child_id" },
	PLACEMENT_WRITE("UpsertPlacementExternalId", "upsert_placement_external_id",
	                placements_plan_upsert_placement_external_id),
	{ .name = "ListPlacements", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_placements",
	  .row = "placements", .plan = placements_plan_list_placements, .audit = "placements.child_id" },
	PLACEMENT_WRITE("StartPlacement", "start_placement", placements_plan_start_placement),
	PLACEMENT_WRITE("MovePlacement", "move_placement", placements_plan_move_placement),
	PLACEMENT_WRITE("VaryPlacement", "vary_placement", placements_plan_vary_placement),
	PLACEMENT_WRITE("SetPlannedEnd", "set_planned_end", placements_plan_set_planned_end),
	PLACEMENT_WRITE("EndPlacement", "end_placement", placements_plan_end_placement),
	PLACEMENT_WRITE("BreakDown", "break_down", placements_plan_break_down),
	PLACEMENT_WRITE("CancelPlacement", "cancel_placement", placements_plan_cancel_placement),
	CHILD_WRITE("EndCare", "end_care", placements_plan_end_care),
	{ .name = "ImportEpisodes", .kind = HEARTH_WRITE, .roles = ROLE(SYSTEM) | ROLE(OPERATOR),
	  .statement = "import_episodes", .replay = "replay_import", .plan = placements_plan_import_episodes },
	{ .name = "ListCodes", .kind = HEARTH_SLOW, .roles = READERS | ROLE(PROVIDER), .statement = "list_codes",
	  .row = "codes", .plan = placements_plan_list_codes },
	{ .name = NULL },
};

static const struct hearth_refusal refusals[] = {
	{ "EXTERNAL_ID_TAKEN", HEARTH_ALREADY_EXISTS, "external_id", "another one has this key of that system" },
	{ "TOO_MANY_EXTERNAL_IDS", HEARTH_FAILED_PRECONDITION, "external_id", "at most 10 keys of other systems are kept" },
	{ "CHILD_NOT_FOUND", HEARTH_NOT_FOUND, "child_id", "there is no such child in this authority" },
	{ "UNKNOWN_PLACE", HEARTH_INVALID_ARGUMENT, "placement_type",
	  "placement_type is not a PLACE code of the return year of that day (ListCodes)" },
	{ "UNKNOWN_LEGAL_STATUS", HEARTH_INVALID_ARGUMENT, "legal_status",
	  "legal_status is not an LS code of the return year of that day (ListCodes)" },
	{ "UNKNOWN_NEED", HEARTH_INVALID_ARGUMENT, "category_of_need",
	  "category_of_need is not a CIN code of the return year of that day (ListCodes)" },
	{ "UNKNOWN_REASON", HEARTH_INVALID_ARGUMENT, "reason",
	  "reason is not a REASON_PLACE_CHANGE code of the return year of that day (ListCodes)" },
	{ "UNKNOWN_MOVE_REASON", HEARTH_INVALID_ARGUMENT, "move_reason",
	  "move_reason is not a REASON_PLACE_CHANGE code of the return year of that day (ListCodes)" },
	{ "UNKNOWN_END_CODE", HEARTH_INVALID_ARGUMENT, "end_code",
	  "end_code is not a REC code of the return year of that day (ListCodes)" },
	{ "NO_START_DATE", HEARTH_INVALID_ARGUMENT, "start_date", "start_date is missing, and none was planned" },
	{ "FUTURE_START", HEARTH_INVALID_ARGUMENT, "start_date",
	  "the planned start is after today: give the day on which the child moved in, or wait for it" },
	{ "ALREADY_PLACED", HEARTH_FAILED_PRECONDITION, "placement_id",
	  "the child lives in another placement: use MovePlacement, or end that one first" },
	{ "LATER_EPISODE", HEARTH_FAILED_PRECONDITION, "start_date",
	  "the child has an episode that begins on or after that day: correct the history first" },
	{ "END_BEFORE_START", HEARTH_INVALID_ARGUMENT, "end_date", "end_date is before the placement started (%s)" },
	{ "MOVE_BEFORE_START", HEARTH_INVALID_ARGUMENT, "date", "date is before the placement started (%s)" },
	{ "BEFORE_START", HEARTH_INVALID_ARGUMENT, "from_date", "from_date is before the placement started (%s)" },
	{ "TOO_MANY_FEES", HEARTH_FAILED_PRECONDITION, "placement_id", "a placement has at most 500 changes of fee" },
	{ "PLANNED_BEFORE_START", HEARTH_INVALID_ARGUMENT, "planned_end", "planned_end is before the placement started (%s)" },
	{ "TOO_MANY_PLANS", HEARTH_FAILED_PRECONDITION, "placement_id", "a placement has at most 500 changes of its planned end" },
	{ "NOT_A_BREAKDOWN", HEARTH_INVALID_ARGUMENT, "reason",
	  "reason is not in the breakdown set of that day: use EndPlacement" },
	{ "TO_NOT_FOUND", HEARTH_NOT_FOUND, "to_placement_id", "there is no such placement of this child" },
	{ "TO_WRONG_STATE", HEARTH_FAILED_PRECONDITION, "to_placement_id", "the placement to move to is %s" },
	{ "LIVES_IN_PLACEMENT", HEARTH_FAILED_PRECONDITION, "child_id",
	  "the child lives in a placement: use EndPlacement with left_care" },
	{ "NOT_IN_CARE", HEARTH_FAILED_PRECONDITION, "child_id", "no care of this child goes on" },
	{ "CARE_WENT_ON", HEARTH_INVALID_ARGUMENT, "end_date", "the child was looked after until then: end_date is %s or later" },
	{ "UNKNOWN_CHILD", HEARTH_INVALID_ARGUMENT, "episodes",
	  "an episode names a child that is neither in this request nor known" },
	{ "UNKNOWN_CODE", HEARTH_INVALID_ARGUMENT, "episodes", "code %s (ListCodes)" },
	{ .reason = NULL },
};

static const struct hearth_told tells[] = {
	{ "hearth.child.recorded.v1", &hearth__placements__v1__child_recorded__descriptor },
	{ "hearth.child.history_recorded.v1", &hearth__placements__v1__child_history_recorded__descriptor },
	{ "hearth.child.turned_16.v1", &hearth__placements__v1__child_turned__descriptor },
	{ "hearth.child.turned_18.v1", &hearth__placements__v1__child_turned__descriptor },
	{ "hearth.care.ended.v1", &hearth__placements__v1__care_ended__descriptor },
	{ "hearth.placement.planned.v1", &hearth__placements__v1__placement_planned__descriptor },
	{ "hearth.placement.cancelled.v1", &hearth__placements__v1__placement_cancelled__descriptor },
	{ "hearth.placement.started.v1", &hearth__placements__v1__placement_started__descriptor },
	{ "hearth.placement.varied.v1", &hearth__placements__v1__placement_varied__descriptor },
	{ "hearth.placement.planned_end_set.v1", &hearth__placements__v1__placement_planned_end_set__descriptor },
	{ "hearth.placement.ended.v1", &hearth__placements__v1__placement_ended__descriptor },
	{ "hearth.placement.broke_down.v1", &hearth__placements__v1__placement_broke_down__descriptor },
	{ .type = NULL },
};

/* Of the state of providers: a place held is planned for once per hold, with terms unknown that a hold does not keep. */
static const struct hearth_effect providers[] = {
	{ "hearth.place.held.v1", &hearth__providers__v1__place_held__descriptor, "plan_held", placements_plan_place_held,
	  HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.place.released.v1", &hearth__providers__v1__place_released__descriptor, "cancel_released",
	  placements_plan_place_released, HEARTH_SNAPSHOT_HISTORY },
	{ .type = NULL },
};

static const struct hearth_source hears[] = { { "providers", providers }, { .service = NULL } };

static const struct hearth_timer timers[] = {
	{ .kind = "birthdays", .write = "tell_birthdays" },
	{ .kind = NULL },
};

static const struct hearth_key keys[] = { { .name = NULL } };

int main(int argc, char **argv)
{
	const struct hearth_service service = {
		.name = "placements",
		.contract = &hearth__placements__v1__placements__descriptor,
		.methods = methods,
		.refusals = refusals,
		.tells = tells,
		.hears = hears,
		.timers = timers,
		.keys = keys,
		.sql = placements_sql,
		.archived = true,
	.contracts = &placements_contracts,
		.most_items = 4000,
	};
	return hearth_service_main(argc, argv, &service);
}
