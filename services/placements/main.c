/* main.c: hearth-placements: the child's care history: episodes, placements, moves, breakdowns.
 *
 * Owns the schema `placements`: the child's id and birthdays, episodes of care, placements, the code sets of the SSDA903
 * return. What has really happened is recorded, never refused.
 */
#include "placements.h"

#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/v1/common.pb-c.h>

extern const struct hearth_file placements_sql[];
extern const struct hearth_contracts placements_contracts;

#define ROLE(name) HEARTH_ROLE(HEARTH__V1__ROLE__##name)
#define WORKERS (ROLE(PLACEMENT_OFFICER) | ROLE(SOCIAL_WORKER) | ROLE(SYSTEM) | ROLE(OPERATOR))
#define READERS (WORKERS | ROLE(COMMISSIONER) | ROLE(FINANCE_OFFICER) | ROLE(PERSONAL_ADVISER))

static const struct hearth_method methods[] = {
	{ .name = "CreateChild", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "create_child",
	  .replay = "replay_child", .row = "child", .plan = placements_plan_create_child, .audit = "child.id" },
	{ .name = "UpdateChild", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "update_child",
	  .replay = "replay_child", .row = "child", .plan = placements_plan_update_child, .audit = "child.id" },
	{ .name = "UpsertChild", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "upsert_child",
	  .replay = "replay_child", .row = "child", .plan = placements_plan_upsert_child, .audit = "child.id" },
	{ .name = "UpsertChildExternalId", .kind = HEARTH_WRITE, .roles = WORKERS,
	  .statement = "upsert_child_external_id", .replay = "replay_child", .row = "child",
	  .plan = placements_plan_upsert_child_external_id, .audit = "child.id" },
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
	{ .name = "PlanPlacement", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "plan_placement",
	  .replay = "replay_placement", .row = "placement", .plan = placements_plan_plan_placement,
	  .audit = "placement.child_id" },
	{ .name = "GetPlacement", .kind = HEARTH_READ, .roles = READERS, .statement = "get_placement", .row = "placement",
	  .plan = placements_plan_get_placement, .wait = true, .audit = "placement.child_id" },
	{ .name = "LookupPlacement", .kind = HEARTH_READ, .roles = READERS, .statement = "lookup_placement", .row = "placement",
	  .plan = placements_plan_lookup_placement, .audit = "placement.child_id" },
	{ .name = "UpsertPlacementExternalId", .kind = HEARTH_WRITE, .roles = WORKERS,
	  .statement = "upsert_placement_external_id", .replay = "replay_placement", .row = "placement",
	  .plan = placements_plan_upsert_placement_external_id, .audit = "placement.child_id" },
	{ .name = "ListPlacements", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_placements",
	  .row = "placements", .plan = placements_plan_list_placements, .audit = "placements.child_id" },
	{ .name = "StartPlacement", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "start_placement",
	  .replay = "replay_placement", .row = "placement", .plan = placements_plan_start_placement,
	  .audit = "placement.child_id" },
	{ .name = "MovePlacement", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "move_placement",
	  .replay = "replay_placement", .row = "placement", .plan = placements_plan_move_placement,
	  .audit = "placement.child_id" },
	{ .name = "VaryPlacement", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "vary_placement",
	  .replay = "replay_placement", .row = "placement", .plan = placements_plan_vary_placement,
	  .audit = "placement.child_id" },
	{ .name = "SetPlannedEnd", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "set_planned_end",
	  .replay = "replay_placement", .row = "placement", .plan = placements_plan_set_planned_end,
	  .audit = "placement.child_id" },
	{ .name = "EndPlacement", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "end_placement",
	  .replay = "replay_placement", .row = "placement", .plan = placements_plan_end_placement,
	  .audit = "placement.child_id" },
	{ .name = "BreakDown", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "break_down",
	  .replay = "replay_placement", .row = "placement", .plan = placements_plan_break_down,
	  .audit = "placement.child_id" },
	{ .name = "CancelPlacement", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "cancel_placement",
	  .replay = "replay_placement", .row = "placement", .plan = placements_plan_cancel_placement,
	  .audit = "placement.child_id" },
	{ .name = "EndCare", .kind = HEARTH_WRITE, .roles = WORKERS, .statement = "end_care",
	  .replay = "replay_child", .row = "child", .plan = placements_plan_end_care, .audit = "child.id" },
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

static const struct hearth_service service = {
	.name = "placements",
	.contract = &hearth__placements__v1__placements__descriptor,
	.methods = methods,
	.refusals = refusals,
	.tells = placements_told,
	.hears = placements_sources,
	.timers = placements_timers,
	.sql = placements_sql,
	.contracts = &placements_contracts,
	.archived = true,
	.most_items = 4000,
};

int main(int argc, char **argv)
{
	return hearth_service_main(argc, argv, &service);
}
