/* children.c: plans of the calls about children and about who is looked after. */
#include "placements.h"

#include <string.h>

#include <hearth/placements/v1/placements.pb-c.h>

#define EXTERNAL_IDS_MOST 10

static const char *const sexes[] = { "M", "F", "U", NULL };

static int check_sex(const char *sex, struct hearth_status *status)
{
	return sex[0] == '\0' ? 0 : hearth_check_one_of(sex, sexes, "sex", status);
}

/* The value is never repeated: it is personal. */
static int check_birth(struct hearth_call *call, const Hearth__V1__PersonalDate *date, struct hearth_status *status)
{
	int32_t days;
	if (date == NULL || date->value[0] == '\0')
		return 0;
	if (hearth_date_parse(date->value, &days) != 0)
		return hearth_fail_field(status, "date_of_birth", "date_of_birth is not a date: YYYY-MM-DD, a day of the calendar");
	if (strcmp(date->value, hearth_call_today(call)) > 0)
		return hearth_fail_field(status, "date_of_birth", "date_of_birth is after today");
	return 0;
}

int placements_plan_create_child(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__CreateChildRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->child_id, "child_id", status) != 0)
		return -1;
	if (check_sex(request->sex, status) != 0 || check_birth(call, request->date_of_birth, status) != 0)
		return -1;
	if (request->n_external_ids > EXTERNAL_IDS_MOST)
		return hearth_fail_field(status, "external_ids", "external_ids holds %zu keys; at most %d are wanted",
		                         request->n_external_ids, EXTERNAL_IDS_MOST);
	for (size_t i = 0; i < request->n_external_ids; i++)
		if (hearth_check_external_id(request->external_ids[i], "external_ids", status) != 0)
			return -1;
	return 0;
}

/* Which of the fields the mask names; an empty mask names all. */
static int bind_mask(struct hearth_call *call, size_t count, char *const *mask, struct hearth_status *status)
{
	static const char *const fields[] = { "sex", "date_of_birth", "unaccompanied", NULL };
	static const char *const names[] = { "set_sex", "set_date_of_birth", "set_unaccompanied" };
	bool set[3] = { count == 0, count == 0, count == 0 };
	for (size_t i = 0; i < count; i++) {
		if (hearth_check_one_of(mask[i], fields, "update_mask", status) != 0)
			return -1;
		for (size_t f = 0; f < 3; f++)
			set[f] |= strcmp(mask[i], fields[f]) == 0;
	}
	for (size_t f = 0; f < 3; f++)
		hearth_bind_bool(call, names[f], set[f]);
	return 0;
}

int placements_plan_update_child(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__UpdateChildRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0)
		return -1;
	if (hearth_check_code(request->why, 0, 40, "why", status) != 0)
		return -1;
	if (check_sex(request->sex, status) != 0 || check_birth(call, request->date_of_birth, status) != 0)
		return -1;
	return bind_mask(call, request->n_update_mask, request->update_mask, status);
}

int placements_plan_upsert_child(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__UpsertChildRequest *request = hearth_call_request(call);
	if (hearth_check_external_id(request->external_id, "external_id", status) != 0)
		return -1;
	return check_sex(request->sex, status) != 0 ? -1 : check_birth(call, request->date_of_birth, status);
}

int placements_plan_upsert_child_external_id(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__UpsertChildExternalIdRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0)
		return -1;
	return hearth_check_external_id(request->external_id, "external_id", status);
}

int placements_plan_get_child(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__GetChildRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->child_id, "child_id", status);
}

int placements_plan_lookup_child(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__LookupChildRequest *request = hearth_call_request(call);
	return hearth_check_external_id(request->external_id, "external_id", status);
}

int placements_plan_get_child_history(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__GetChildHistoryRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->child_id, "child_id", status);
}

int placements_plan_list_looked_after(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__ListLookedAfterRequest *request = hearth_call_request(call);
	return hearth_check_date_or_empty(request->date, "date", status);
}

int placements_plan_count_looked_after(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__CountLookedAfterRequest *request = hearth_call_request(call);
	return hearth_check_date_or_empty(request->date, "date", status);
}

int placements_plan_list_codes(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const sets[] = { "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "REC", "REASON_PLACE_CHANGE",
		NULL };
	const Hearth__Placements__V1__ListCodesRequest *request = hearth_call_request(call);
	if (request->set[0] != '\0' && hearth_check_one_of(request->set, sets, "set", status) != 0)
		return -1;
	if (request->return_year == 0)
		return 0;
	return hearth_check_range(request->return_year, 2000, 2199, "return_year", status);
}
