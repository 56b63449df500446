/* methods.c: plans of the calls about placements. They check form; whether a code is in force on its day and whether the
 * placement's state allows the act is read by the statements. */
#include "placements.h"

#include <string.h>

#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/text.h>

#define CODE_MOST 8
#define NOTICE_DAYS_MOST 365
#define NOTICE_HOURS_MOST 8784            /* a leap year */

/* A code; whether it is in force on its day is for the SQL to say. */
static int check_code(const char *value, size_t least, const char *field, struct hearth_status *status)
{
	return hearth_check_code(value, least, CODE_MOST, field, status);
}

/* A day that has come. */
static int check_past_day(const struct hearth_call *call, const char *value, const char *field,
                          struct hearth_status *status)
{
	if (hearth_check_date(value, field, status) != 0)
		return -1;
	if (strcmp(value, hearth_call_today(call)) <= 0)
		return 0;
	return hearth_fail_field(status, field, "%s %s is after today (%s): record it on the day", field, value,
	                         hearth_call_today(call));
}

static int check_notice(const Hearth__V1__Count *hours, struct hearth_status *status)
{
	return hearth_check_count(hours, NOTICE_HOURS_MOST, "notice_hours.value", status);
}

static int check_terms(const Hearth__V1__Money *fee, const Hearth__V1__Count *notice_days, const char *placement_type,
                       const char *legal_status, struct hearth_status *status)
{
	if (hearth_check_weekly_fee(fee, "weekly_fee.pence", status) != 0
	    || hearth_check_count(notice_days, NOTICE_DAYS_MOST, "notice_days.value", status) != 0)
		return -1;
	if (check_code(placement_type, 0, "placement_type", status) != 0)
		return -1;
	return check_code(legal_status, 0, "legal_status", status);
}

int placements_plan_plan_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__PlanPlacementRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0
	    || hearth_check_uuid_or_empty(request->home_id, "home_id", status) != 0
	    || hearth_check_date_or_empty(request->planned_start, "planned_start", status) != 0
	    || hearth_check_date_or_empty(request->planned_end, "planned_end", status) != 0)
		return -1;
	if (request->planned_end[0] != '\0' && strcmp(request->planned_end, request->planned_start) < 0)
		return hearth_fail_field(status, "planned_end", "planned_end is before planned_start");
	return check_terms(request->weekly_fee, request->notice_days, request->placement_type, request->legal_status, status);
}

int placements_plan_set_planned_end(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__SetPlannedEndRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	return hearth_check_date_or_empty(request->planned_end, "planned_end", status);
}

int placements_plan_get_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__GetPlacementRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	return hearth_check_range(request->wait_ms, 0, 10000, "wait_ms", status);
}

int placements_plan_lookup_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__LookupPlacementRequest *request = hearth_call_request(call);
	return hearth_check_external_id(request->external_id, "external_id", status);
}

int placements_plan_list_placements(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__ListPlacementsRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->child_id, "child_id", status) != 0)
		return -1;
	return hearth_check_uuid_or_empty(request->home_id, "home_id", status);
}

int placements_plan_start_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__StartPlacementRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	if (request->start_date[0] != '\0'
	    && check_past_day(call, request->start_date, "start_date", status) != 0)
		return -1;
	if (check_code(request->placement_type, 0, "placement_type", status) != 0
	    || check_code(request->legal_status, 0, "legal_status", status) != 0)
		return -1;
	if (check_code(request->category_of_need, 0, "category_of_need", status) != 0)
		return -1;
	return check_code(request->move_reason, 0, "move_reason", status);
}

/* A move goes to a planned placement or to one made on the spot, not to both. */
static int check_target(const Hearth__Placements__V1__MovePlacementRequest *request, struct hearth_status *status)
{
	if (request->to_placement_id[0] == '\0')
		return hearth_check_uuid_or_empty(request->home_id, "home_id", status);
	if (hearth_check_uuid(request->to_placement_id, "to_placement_id", status) != 0)
		return -1;
	if (request->home_id[0] != '\0')
		return hearth_fail_field(status, "home_id", "home_id is that of the planned placement: leave it empty");
	return 0;
}

int placements_plan_move_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__MovePlacementRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	if (check_past_day(call, request->date, "date", status) != 0
	    || check_code(request->reason, 1, "reason", status) != 0)
		return -1;
	if (check_notice(request->notice_hours, status) != 0 || check_target(request, status) != 0)
		return -1;
	return check_terms(request->weekly_fee, request->notice_days, request->placement_type, request->legal_status, status);
}

int placements_plan_vary_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__VaryPlacementRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	if (hearth_check_date(request->from_date, "from_date", status) != 0)
		return -1;
	return hearth_check_weekly_fee(request->weekly_fee, "weekly_fee.pence", status);
}

/* Leaving care has a code of its own; otherwise the episode ends because the next begins (X1). */
static int check_leaving(const Hearth__Placements__V1__EndPlacementRequest *request, struct hearth_status *status)
{
	bool goes_on = hearth_text_same(request->end_code, "X1");
	if (request->left_care && (request->end_code[0] == '\0' || goes_on))
		return hearth_fail_field(status, "end_code", "end_code must say why the child left care: a REC code other than X1");
	if (!request->left_care && request->end_code[0] != '\0' && !goes_on)
		return hearth_fail_field(status, "end_code", "end_code %s means that the child left care: set left_care",
		                         request->end_code);
	if (!request->left_care && request->reason[0] == '\0')
		return hearth_fail_field(status, "reason", "reason is missing: a REASON_PLACE_CHANGE code");
	return 0;
}

int placements_plan_end_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__EndPlacementRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	if (check_past_day(call, request->end_date, "end_date", status) != 0)
		return -1;
	if (check_code(request->reason, 0, "reason", status) != 0
	    || check_code(request->end_code, 0, "end_code", status) != 0)
		return -1;
	if (check_notice(request->notice_hours, status) != 0)
		return -1;
	return check_leaving(request, status);
}

int placements_plan_break_down(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__BreakDownRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	if (check_past_day(call, request->end_date, "end_date", status) != 0
	    || check_code(request->reason, 1, "reason", status) != 0)
		return -1;
	return check_notice(request->notice_hours, status);
}

int placements_plan_cancel_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__CancelPlacementRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->placement_id, "placement_id", status);
}

int placements_plan_upsert_placement_external_id(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__UpsertPlacementExternalIdRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	return hearth_check_external_id(request->external_id, "external_id", status);
}

int placements_plan_end_care(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__EndCareRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0)
		return -1;
	if (check_past_day(call, request->end_date, "end_date", status) != 0
	    || check_code(request->end_code, 1, "end_code", status) != 0)
		return -1;
	if (hearth_text_same(request->end_code, "X1"))
		return hearth_fail_field(status, "end_code", "end_code X1 means that care goes on: another REC code says why it ended");
	return 0;
}
