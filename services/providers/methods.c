/* methods.c: plans of the calls about providers, homes and holds. */
#include "providers.h"

#include <stdio.h>
#include <string.h>

#include <hearth/text.h>

#define MOST_ROWS 200                   /* what one statement writes well within its limit */

/* By our id, or by another system's key. */
static int check_key(const char *id, const char *field, const Hearth__V1__ExternalId *external, struct hearth_status *status)
{
	if (hearth_check_uuid_or_empty(id, field, status) < 0)
		return -1;
	if (!external && !*id)
		return hearth_fail_field(status, field, "neither %s nor external_id is given", field);
	return external ? hearth_check_external_id(external, "external_id", status) : 0;
}

static const char *sector_name(int sector)
{
	const ProtobufCEnumValue *value =
		protobuf_c_enum_descriptor_get_value(&hearth__providers__v1__sector__descriptor, sector);
	return sector && value ? value->name : NULL;
}

/* A group has at least the one home. */
static int check_group_size(const Hearth__V1__Count *homes, struct hearth_status *status)
{
	return homes ? hearth_check_range(homes->value, 1, 99999, "group_homes.value", status) : 0;
}

void providers_bind_sees_fees(struct hearth_call *call)
{
	static const int buyers[] = { HEARTH__V1__ROLE__PLACEMENT_OFFICER, HEARTH__V1__ROLE__COMMISSIONER,
		HEARTH__V1__ROLE__FINANCE_OFFICER, HEARTH__V1__ROLE__SOCIAL_WORKER, HEARTH__V1__ROLE__PERSONAL_ADVISER,
		HEARTH__V1__ROLE__SYSTEM, HEARTH__V1__ROLE__OPERATOR };
	bool sees = false;
	for (size_t i = 0; i < sizeof buyers / sizeof buyers[0]; i++)
		sees |= hearth_call_has_role(call, buyers[i]);
	hearth_bind_bool(call, "sees_fees", sees);
}

int providers_upsert_provider(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__UpsertProviderRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0 ||
	    (request->external_id && hearth_check_external_id(request->external_id, "external_id", status) < 0) ||
	    providers_check_provider(request->name, request->code, request->own_authority, "", status) < 0 ||
	    hearth_check_text(request->group_name, 0, 200, "group_name", status) < 0 ||
	    check_group_size(request->group_homes, status) < 0 || providers_check_urn(request->urn, "", status) < 0 ||
	    providers_check_registered(request->register_, request->registered_from, request->registered_until, "", status) < 0)
		return -1;
	if (!request->sector)
		hearth_bind_text(call, "sector", sector_name((int)providers_sector_of(request->code)));
	return 0;
}

int providers_get_provider(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetProviderRequest *request = hearth_call_request(call);
	return check_key(request->provider_id, "provider_id", request->external_id, status);
}

int providers_upsert_home(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__UpsertHomeRequest *request = hearth_call_request(call);
	struct providers_home_facts facts = {
		request->name, request->outward, request->area_authority, request->urn, (int)request->kind,
		(int)request->registration, request->places, request->grid, request->weekly_fee, request->notice_days,
		request->registered_places, request->n_purpose, request->purpose, request->terms,
		request->supported_category, request->register_, request->registered_from, request->registered_until,
		request->planned_open, request->manager, request->n_capabilities, request->n_excluded_risks,
		request->capabilities, request->excluded_risks
	};
	providers_bind_sees_fees(call);
	if (hearth_check_uuid_or_empty(request->home_id, "home_id", status) < 0 ||
	    (request->external_id && hearth_check_external_id(request->external_id, "external_id", status) < 0) ||
	    hearth_check_uuid(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_uuid_or_empty(request->annexe_of, "annexe_of", status) < 0)
		return -1;
	return providers_check_home(&facts, "", status);
}

int providers_get_home(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetHomeRequest *request = hearth_call_request(call);
	providers_bind_sees_fees(call);
	return check_key(request->home_id, "home_id", request->external_id, status);
}

int providers_list_homes(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListHomesRequest *request = hearth_call_request(call);
	providers_bind_sees_fees(call);
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0)
		return -1;
	return providers_check_area(request->area_authority, request->outward, status);
}

int providers_close_home(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__CloseHomeRequest *request = hearth_call_request(call);
	hearth_bind_bool(call, "open", false);
	providers_bind_sees_fees(call);
	return hearth_check_uuid(request->home_id, "home_id", status);
}

int providers_open_home(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__OpenHomeRequest *request = hearth_call_request(call);
	hearth_bind_bool(call, "open", true);
	providers_bind_sees_fees(call);
	return hearth_check_uuid(request->home_id, "home_id", status);
}

int providers_get_occupancy(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetOccupancyRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->home_id, "home_id", status);
}

int providers_release_hold(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ReleaseHoldRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->hold_id, "hold_id", status);
}

/* ---- import ---- */

static int check_row(const Hearth__Providers__V1__HomeRow *row, size_t index, struct hearth_status *status)
{
	char prefix[32], field[64];
	struct providers_home_facts facts = {
		row->name, row->outward, row->area_authority, row->urn, (int)row->kind, (int)row->registration, row->places,
		row->grid, row->weekly_fee, row->notice_days, row->registered_places, row->n_purpose, row->purpose, row->terms,
		row->supported_category, row->register_, row->registered_from, row->registered_until, row->planned_open,
		row->manager, row->n_capabilities, row->n_excluded_risks, row->capabilities, row->excluded_risks
	};
	snprintf(prefix, sizeof prefix, "rows[%zu].", index);
	snprintf(field, sizeof field, "%sprovider_key", prefix);
	if (hearth_check_text(row->provider_key, 1, 64, field, status) < 0)
		return -1;
	snprintf(field, sizeof field, "%shome_key", prefix);
	if (hearth_check_text(row->home_key, 1, 64, field, status) < 0)
		return -1;
	snprintf(field, sizeof field, "%sannexe_of", prefix);
	if (hearth_check_text(row->annexe_of, 0, 64, field, status) < 0 ||
	    providers_check_provider(row->provider_name, row->provider_code, row->own_authority, prefix, status) < 0)
		return -1;
	return providers_check_home(&facts, prefix, status);
}

static int check_once(Hearth__Providers__V1__HomeRow *const *rows, size_t index, struct hearth_status *status)
{
	char field[64];
	for (size_t i = 0; i < index; i++) {
		if (strcmp(rows[i]->home_key, rows[index]->home_key) != 0)
			continue;
		snprintf(field, sizeof field, "rows[%zu].home_key", index);
		return hearth_fail_field(status, field, "%s stands in rows[%zu] already", field, i);
	}
	return 0;
}

int providers_import_homes(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ImportHomesRequest *request = hearth_call_request(call);
	if (hearth_check_system(request->system, "system", status) < 0 ||
	    hearth_check_range((int64_t)request->n_rows, 1, MOST_ROWS, "rows", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_rows; i++)
		if (check_row(request->rows[i], i, status) < 0 || check_once(request->rows, i, status) < 0)
			return -1;
	return 0;
}
