/* methods.c: plans of the calls about placements. They check form; whether a code is in force on its day and whether the
 * placement's state allows the act is read by the statements. */
#include "placements.h"

#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/text.h>

#define FEE_MOST INT64_C(10000000)        /* pence a week: 100,000 pounds */
#define NOTICE_HOURS_MOST 8784            /* a leap year */

static int check_fee(const Hearth__V1__Money *fee, struct hearth_status *status)
{
	return fee == NULL ? 0 : hearth_check_range(fee->pence, 0, FEE_MOST, "weekly_fee.pence", status);
}

static int check_count(const Hearth__V1__Count *count, int64_t most, const char *field, struct hearth_status *status)
{
	return count == NULL ? 0 : hearth_check_range(count->value, 0, most, field, status);
}

static int check_notice(const Hearth__V1__Count *hours, struct hearth_status *status)
{
	return check_count(hours, NOTICE_HOURS_MOST, "notice_hours.value", status);
}

/* What every write on a placement begins with. */
static int check_placement(const struct hearth_call *call, const char *id, const char *etag, struct hearth_status *status)
{
	if (placements_check_authority(call, status) != 0 || hearth_check_uuid(id, "placement_id", status) != 0)
		return -1;
	return placements_check_etag(etag, "etag", status);
}

int placements_plan_plan_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__PlanPlacementRequest *request = hearth_call_request(call);
	if (placements_check_authority(call, status) != 0)
		return -1;
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0
	    || placements_check_uuid_or_empty(request->home_id, "home_id", status) != 0
	    || placements_check_date_or_empty(request->planned_start, "planned_start", status) != 0)
		return -1;
	if (check_fee(request->weekly_fee, status) != 0
	    || check_count(request->notice_days, 365, "notice_days.value", status) != 0)
		return -1;
	if (placements_check_code(request->placement_type, 0, "placement_type", status) != 0)
		return -1;
	return placements_check_code(request->legal_status, 0, "legal_status", status);
}

int placements_plan_get_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__GetPlacementRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->placement_id, "placement_id", status) != 0)
		return -1;
	return hearth_check_range(request->wait_ms, 0, 10000, "wait_ms", status);
}

int placements_plan_list_placements(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__ListPlacementsRequest *request = hearth_call_request(call);
	if (placements_check_uuid_or_empty(request->child_id, "child_id", status) != 0)
		return -1;
	return placements_check_uuid_or_empty(request->home_id, "home_id", status);
}

int placements_plan_start_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__StartPlacementRequest *request = hearth_call_request(call);
	if (check_placement(call, request->placement_id, request->etag, status) != 0)
		return -1;
	if (request->start_date[0] != '\0'
	    && placements_check_past_day(call, request->start_date, "start_date", status) != 0)
		return -1;
	if (placements_check_code(request->placement_type, 0, "placement_type", status) != 0
	    || placements_check_code(request->legal_status, 0, "legal_status", status) != 0)
		return -1;
	if (placements_check_code(request->category_of_need, 0, "category_of_need", status) != 0)
		return -1;
	return placements_check_code(request->move_reason, 0, "move_reason", status);
}

/* A move goes to a planned placement or to one made on the spot, not to both. */
static int check_target(const Hearth__Placements__V1__MovePlacementRequest *request, struct hearth_status *status)
{
	if (request->to_placement_id[0] == '\0')
		return placements_check_uuid_or_empty(request->home_id, "home_id", status);
	if (hearth_check_uuid(request->to_placement_id, "to_placement_id", status) != 0)
		return -1;
	if (request->home_id[0] != '\0')
		return hearth_fail_field(status, "home_id", "home_id is that of the planned placement: leave it empty");
	return 0;
}

int placements_plan_move_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__MovePlacementRequest *request = hearth_call_request(call);
	if (check_placement(call, request->placement_id, request->etag, status) != 0)
		return -1;
	if (placements_check_past_day(call, request->date, "date", status) != 0
	    || placements_check_code(request->reason, 1, "reason", status) != 0)
		return -1;
	if (check_notice(request->notice_hours, status) != 0 || check_target(request, status) != 0)
		return -1;
	if (check_fee(request->weekly_fee, status) != 0
	    || check_count(request->notice_days, 365, "notice_days.value", status) != 0)
		return -1;
	if (placements_check_code(request->placement_type, 0, "placement_type", status) != 0)
		return -1;
	return placements_check_code(request->legal_status, 0, "legal_status", status);
}

int placements_plan_vary_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__VaryPlacementRequest *request = hearth_call_request(call);
	if (check_placement(call, request->placement_id, request->etag, status) != 0)
		return -1;
	if (hearth_check_date(request->from_date, "from_date", status) != 0)
		return -1;
	return check_fee(request->weekly_fee, status);
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
	if (check_placement(call, request->placement_id, request->etag, status) != 0)
		return -1;
	if (placements_check_past_day(call, request->end_date, "end_date", status) != 0)
		return -1;
	if (placements_check_code(request->reason, 0, "reason", status) != 0
	    || placements_check_code(request->end_code, 0, "end_code", status) != 0)
		return -1;
	if (check_notice(request->notice_hours, status) != 0)
		return -1;
	return check_leaving(request, status);
}

int placements_plan_break_down(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__BreakDownRequest *request = hearth_call_request(call);
	if (check_placement(call, request->placement_id, request->etag, status) != 0)
		return -1;
	if (placements_check_past_day(call, request->end_date, "end_date", status) != 0
	    || placements_check_code(request->reason, 1, "reason", status) != 0)
		return -1;
	return check_notice(request->notice_hours, status);
}

int placements_plan_cancel_placement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__CancelPlacementRequest *request = hearth_call_request(call);
	return check_placement(call, request->placement_id, request->etag, status);
}
