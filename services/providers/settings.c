/* settings.c: plans of the calls about registrations, inspections, bars and the end of a home. They check form; what is
 * recorded already is read by the statements, and what follows from it on which day is in the schema (007_settings). */
#include "providers.h"

#include <string.h>

#include <hearth/providers/v1/settings.pb-c.h>

#define MOST_CONDITIONS 10
#define MOST_REGISTERED 500

static const char *const registers[] = { "OFSTED", "CQC", "CARE_INSPECTORATE_WALES", "CARE_INSPECTORATE_SCOTLAND", NULL };

/* A home, or an agency: one of the two. */
static int check_whose(const char *home_id, const char *provider_id, struct hearth_status *status)
{
	if (hearth_check_uuid_or_empty(home_id, "home_id", status) < 0 ||
	    hearth_check_uuid_or_empty(provider_id, "provider_id", status) < 0)
		return -1;
	if (*home_id && *provider_id)
		return hearth_fail_field(status, "provider_id", "provider_id and home_id are both given; one of them is right");
	return *home_id || *provider_id ? 0 : hearth_fail_field(status, "home_id", "neither home_id nor provider_id is given");
}

static int check_period(const char *from, const char *until, struct hearth_status *status)
{
	if (hearth_check_date_or_empty(until, "until_date", status) < 0)
		return -1;
	if (*until && strcmp(until, from) <= 0)
		return hearth_fail_field(status, "until_date", "until_date %s is not after from_date %s: it is the first day on which "
		                         "it no longer holds", until, from);
	return 0;
}

/* ---- registrations ---- */

static int check_condition(const Hearth__Providers__V1__Condition *condition, struct hearth_status *status)
{
	static const char *const codes[] = { "LEAST_AGE", "MOST_AGE", "SEX", "MOST_CHILDREN", NULL };
	static const char *const sexes[] = { "M", "F", NULL };
	if (hearth_check_one_of(condition->code, codes, "conditions.code", status) < 0)
		return -1;
	if (strcmp(condition->code, "SEX") == 0)
		return condition->value ? hearth_fail_field(status, "conditions.value", "conditions.value is not for SEX")
		                        : hearth_check_one_of(condition->sex, sexes, "conditions.sex", status);
	if (*condition->sex)
		return hearth_fail_field(status, "conditions.sex", "conditions.sex is for SEX alone");
	if (!condition->value)
		return hearth_fail_field(status, "conditions.value", "conditions.value is missing: years, or children");
	return hearth_check_count(condition->value, strcmp(condition->code, "MOST_CHILDREN") == 0 ? MOST_REGISTERED : 25,
	                          "conditions.value", status);
}

static int check_conditions(const Hearth__Providers__V1__RecordRegistrationRequest *request, struct hearth_status *status)
{
	if (request->n_conditions > 0 && *request->provider_id)
		return hearth_fail_field(status, "conditions", "conditions are of homes alone: an agency's are its households'");
	if (hearth_check_range((int64_t)request->n_conditions, 0, MOST_CONDITIONS, "conditions", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_conditions; i++)
		if (check_condition(request->conditions[i], status) < 0)
			return -1;
	return 0;
}

int providers_record_registration(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const states[] = { "REGISTERED", "APPLIED", "NOT_REGISTERED", "SUSPENDED", NULL };
	const Hearth__Providers__V1__RecordRegistrationRequest *request = hearth_call_request(call);
	if (check_whose(request->home_id, request->provider_id, status) < 0 ||
	    hearth_check_one_of(request->register_, registers, "register", status) < 0 ||
	    providers_check_urn(request->urn, "", status) < 0 ||
	    hearth_check_one_of(request->status, states, "status", status) < 0 ||
	    hearth_check_date(request->from_date, "from_date", status) < 0)
		return -1;
	if (check_period(request->from_date, request->until_date, status) < 0 ||
	    hearth_check_count(request->registered_places, MOST_REGISTERED, "registered_places.value", status) < 0 ||
	    check_conditions(request, status) < 0 || hearth_check_text(request->source, 1, 200, "source", status) < 0)
		return -1;
	return hearth_check_uuid_or_empty(request->corrects_id, "corrects_id", status);
}

int providers_list_registrations(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListRegistrationsRequest *request = hearth_call_request(call);
	return check_whose(request->home_id, request->provider_id, status);
}

/* ---- inspections ---- */

int providers_record_inspection(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const types[] = { "FULL", "INTERIM", "ASSURANCE", "MONITORING", "OTHER", NULL };
	const Hearth__Providers__V1__RecordInspectionRequest *request = hearth_call_request(call);
	if (check_whose(request->home_id, request->provider_id, status) < 0 ||
	    hearth_check_one_of(request->register_, registers, "register", status) < 0 ||
	    hearth_check_one_of(request->inspection_type, types, "inspection_type", status) < 0 ||
	    hearth_check_date(request->inspected, "inspected", status) < 0 ||
	    hearth_check_date_or_empty(request->published, "published", status) < 0)
		return -1;
	if (strcmp(request->inspected, hearth_call_today(call)) > 0)
		return hearth_fail_field(status, "inspected", "inspected %s is after today (%s): record it when it has been",
		                         request->inspected, hearth_call_today(call));
	if (*request->published && strcmp(request->published, request->inspected) < 0)
		return hearth_fail_field(status, "published", "published %s is before inspected %s", request->published,
		                         request->inspected);
	if (hearth_check_code(request->overall_outcome, 0, 40, "overall_outcome", status) < 0 ||
	    hearth_check_text(request->source, 1, 200, "source", status) < 0)
		return -1;
	return hearth_check_uuid_or_empty(request->corrects_id, "corrects_id", status);
}

int providers_list_inspections(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListInspectionsRequest *request = hearth_call_request(call);
	return check_whose(request->home_id, request->provider_id, status);
}

/* ---- bars ---- */

int providers_set_bar(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const kinds[] = { "SUSPENSION", "RESTRICTION_OF_ACCOMMODATION", "EMBARGO", NULL };
	const Hearth__Providers__V1__SetBarRequest *request = hearth_call_request(call);
	const char *from = *request->from_date ? request->from_date : hearth_call_today(call);
	if (check_whose(request->home_id, request->provider_id, status) < 0 ||
	    hearth_check_one_of(request->kind, kinds, "kind", status) < 0 ||
	    hearth_check_date_or_empty(request->from_date, "from_date", status) < 0 ||
	    check_period(from, request->until_date, status) < 0 ||
	    hearth_check_code(request->reason, 0, 40, "reason", status) < 0)
		return -1;
	if (strcmp(request->kind, "EMBARGO") == 0 && !*hearth_call_authority(call))
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NO_AUTHORITY",
		                   "an embargo is a council's own: who calls acts for none");
	return hearth_check_text(request->source, 1, 200, "source", status);
}

int providers_lift_bar(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__LiftBarRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->bar_id, "bar_id", status) < 0 ||
	    hearth_check_date_or_empty(request->on_date, "on_date", status) < 0)
		return -1;
	if (*request->on_date && strcmp(request->on_date, hearth_call_today(call)) < 0)
		return hearth_fail_field(status, "on_date", "on_date %s is before today (%s): who came in between was barred",
		                         request->on_date, hearth_call_today(call));
	return 0;
}

int providers_list_bars(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListBarsRequest *request = hearth_call_request(call);
	return check_whose(request->home_id, request->provider_id, status);
}

/* ---- the end of a home ---- */

int providers_end_home(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__EndHomeRequest *request = hearth_call_request(call);
	providers_bind_sees_fees(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    hearth_check_date_or_empty(request->on_date, "on_date", status) < 0)
		return -1;
	if (*request->on_date && strcmp(request->on_date, hearth_call_today(call)) < 0)
		return hearth_fail_field(status, "on_date", "on_date %s is before today (%s)", request->on_date,
		                         hearth_call_today(call));
	return hearth_check_code(request->reason, 0, 40, "reason", status);
}

int providers_record_move_plan(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__RecordMovePlanRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->hold_id, "hold_id", status) < 0 ||
	    hearth_check_date(request->by_date, "by_date", status) < 0)
		return -1;
	if (strcmp(request->by_date, hearth_call_today(call)) < 0)
		return hearth_fail_field(status, "by_date", "by_date %s is before today (%s)", request->by_date,
		                         hearth_call_today(call));
	return hearth_check_uuid_or_empty(request->referral_id, "referral_id", status);
}

int providers_list_move_plans(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListMovePlansRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->home_id, "home_id", status);
}
