/* fostering.c: plans of the calls about fostering households: approvals, exemptions, temporary approvals, reviews, the way
 * from an enquiry to an approval, constellations, how places are used. */
#include "providers.h"

#include <string.h>

#include "matching_codes.h"

#define MOST_YEARS 25
#define MOST_CHILDREN 50
#define MOST_NAMED 20
#define MOST_SATELLITES_GIVEN 50
#define MOST_DAYS 3660
#define MOST_RESPITE 50
#define MOST_KINDS 20

static const char *const end_reasons[] = { "RESIGNED", "TERMINATED", "MOVED_AGENCY", "DECEASED", "OTHER", NULL };
static const char *const bases[] = { "EXEMPTION", "SIBLINGS", NULL };
static const char *const temporary_kinds[] = { "CONNECTED_PERSON", "EMERGENCY_OUTSIDE_TERMS", NULL };
static const char *const extensions[] = { "WEEKS", "UNTIL_REVIEW_OUTCOME", NULL };
static const char *const temporary_reasons[] = { "FULLY_APPROVED", "NOT_APPROVED", "CHILD_LEFT", "TERMS_VARIED", "OTHER", NULL };
static const char *const review_results[] = { "CONTINUED", "VARIED", "ENDED", NULL };
static const char *const stages[] = { "ENQUIRY", "INITIAL_VISIT", "APPLICATION", "STAGE_ONE", "STAGE_TWO", "PANEL", NULL };
static const char *const results[] = { "APPROVED", "WITHDRAWN", "REFUSED", NULL };
static const char *const groupings[] = { "PROVIDER", "AREA", NULL };

/* ---- checks ---- */

static int check_source(const char *source, struct hearth_status *status)
{
	return hearth_check_text(source, 1, 200, "source", status);
}

/* What has happened has a day that has come. */
static int check_past(const struct hearth_call *call, const char *date, const char *field, struct hearth_status *status)
{
	if (hearth_check_date(date, field, status) < 0)
		return -1;
	if (strcmp(date, hearth_call_today(call)) <= 0)
		return 0;
	return hearth_fail_field(status, field, "%s %s is after today (%s): record it on the day", field, date,
	                         hearth_call_today(call));
}

/* A day, and the first day after it on which something no longer holds; "": open. */
static int check_span(const char *from, const char *until, struct hearth_status *status)
{
	if (hearth_check_date(from, "from_date", status) < 0 || hearth_check_date_or_empty(until, "until_date", status) < 0)
		return -1;
	if (*until && strcmp(until, from) <= 0)
		return hearth_fail_field(status, "until_date", "until_date %s is not after from_date %s", until, from);
	return 0;
}

static int check_ids(char *const *ids, size_t count, size_t least, size_t most, const char *field, struct hearth_status *status)
{
	if (hearth_check_range((int64_t)count, (int64_t)least, (int64_t)most, field, status) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (hearth_check_uuid(ids[i], field, status) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(ids[i], ids[k]) == 0)
				return hearth_fail_field(status, field, "%s names %s twice", field, ids[i]);
	}
	return 0;
}

/* Kinds of placement by the names that matching has for them. */
static int check_kinds(char *const *kinds, size_t count, struct hearth_status *status)
{
	const char *names[MOST_KINDS + 1];
	size_t known = 0;
	while (known < MOST_KINDS && (names[known] = match_code_name(MATCH_LIST_PLACEMENT_KIND, (int)known)) != NULL)
		known++;
	names[known] = NULL;
	if (hearth_check_range((int64_t)count, 0, (int64_t)known, "terms.kinds", status) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (hearth_check_one_of(kinds[i], names, "terms.kinds", status) < 0)
			return -1;
	return 0;
}

static int check_terms(const Hearth__Providers__V1__FosteringTerms *terms, struct hearth_status *status)
{
	static const char *const sexes[] = { "ANY", "M", "F", NULL };
	if (!terms)
		return hearth_fail_field(status, "terms", "terms is missing: for whom the household is approved");
	if (hearth_check_count(terms->least_age, MOST_YEARS, "terms.least_age.value", status) < 0 ||
	    hearth_check_count(terms->most_age, MOST_YEARS, "terms.most_age.value", status) < 0 ||
	    hearth_check_count(terms->most_children, MOST_CHILDREN, "terms.most_children.value", status) < 0)
		return -1;
	if (terms->least_age && terms->most_age && terms->least_age->value > terms->most_age->value)
		return hearth_fail_field(status, "terms.most_age.value", "terms.most_age.value is below terms.least_age");
	if (*terms->sex && hearth_check_one_of(terms->sex, sexes, "terms.sex", status) < 0)
		return -1;
	return check_kinds(terms->kinds, terms->n_kinds, status);
}

/* ---- approvals ---- */

int providers_record_approval(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__RecordApprovalRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 || check_terms(request->terms, status) < 0 ||
	    check_span(request->from_date, request->until_date, status) < 0 ||
	    hearth_check_date_or_empty(request->decided_on, "decided_on", status) < 0 ||
	    hearth_check_code(request->decided_by, 0, 40, "decided_by", status) < 0)
		return -1;
	return check_source(request->source, status);
}

int providers_end_approval(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__EndApprovalRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 || hearth_check_date(request->date, "date", status) < 0 ||
	    hearth_check_one_of(request->reason, end_reasons, "reason", status) < 0)
		return -1;
	return check_source(request->source, status);
}

int providers_list_approvals(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListApprovalsRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->home_id, "home_id", status);
}

int providers_get_household(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetFosteringHouseholdRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->home_id, "home_id", status);
}

int providers_list_households(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListFosteringHouseholdsRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0)
		return -1;
	return providers_check_area(request->area_authority, "", status);
}

/* ---- exemptions ---- */

int providers_grant_exemption(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GrantExemptionRequest *request = hearth_call_request(call);
	const char *basis = *request->basis ? request->basis : "EXEMPTION";
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    hearth_check_one_of(basis, bases, "basis", status) < 0 ||
	    check_ids(request->child_ids, request->n_child_ids, 1, MOST_NAMED, "child_ids", status) < 0 ||
	    check_span(request->from_date, request->until_date, status) < 0)
		return -1;
	hearth_bind_text(call, "basis", basis);
	return check_source(request->source, status);
}

int providers_end_exemption(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__EndExemptionRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->exemption_id, "exemption_id", status) < 0)
		return -1;
	return hearth_check_date(request->date, "date", status);
}

int providers_list_exemptions(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListExemptionsRequest *request = hearth_call_request(call);
	return hearth_check_uuid_or_empty(request->home_id, "home_id", status);
}

/* ---- temporary approvals ---- */

int providers_start_temporary(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__StartTemporaryApprovalRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    hearth_check_uuid(request->child_id, "child_id", status) < 0 ||
	    hearth_check_one_of(request->kind, temporary_kinds, "kind", status) < 0 ||
	    check_past(call, request->from_date, "from_date", status) < 0 ||
	    hearth_check_code(request->decided_by, 0, 40, "decided_by", status) < 0)
		return -1;
	return check_source(request->source, status);
}

int providers_extend_temporary(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ExtendTemporaryApprovalRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->temporary_approval_id, "temporary_approval_id", status) < 0 ||
	    hearth_check_one_of(request->extension, extensions, "extension", status) < 0)
		return -1;
	return check_past(call, request->date, "date", status);
}

int providers_end_temporary(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__EndTemporaryApprovalRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->temporary_approval_id, "temporary_approval_id", status) < 0 ||
	    hearth_check_one_of(request->reason, temporary_reasons, "reason", status) < 0)
		return -1;
	return check_past(call, request->date, "date", status);
}

int providers_list_temporary(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListTemporaryApprovalsRequest *request = hearth_call_request(call);
	return hearth_check_uuid_or_empty(request->home_id, "home_id", status);
}

/* ---- reviews ---- */

int providers_record_review(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__RecordReviewRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    check_past(call, request->held_on, "held_on", status) < 0 ||
	    hearth_check_one_of(request->result, review_results, "result", status) < 0 ||
	    hearth_check_code(request->decided_by, 0, 40, "decided_by", status) < 0)
		return -1;
	return check_source(request->source, status);
}

int providers_list_reviews(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListReviewsRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->home_id, "home_id", status);
}

/* ---- from an enquiry to an approval ---- */

int providers_record_enquiry(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__RecordFosteringEnquiryRequest *request = hearth_call_request(call);
	if (hearth_check_external_id(request->external_id, "external_id", status) < 0 ||
	    hearth_check_uuid(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_code(request->enquiry_source, 0, 40, "enquiry_source", status) < 0)
		return -1;
	return check_past(call, request->enquired_on, "enquired_on", status);
}

int providers_move_stage(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__MoveFosteringStageRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->enquiry_id, "enquiry_id", status) < 0 ||
	    (*request->stage && hearth_check_one_of(request->stage, stages, "stage", status) < 0) ||
	    (*request->result && hearth_check_one_of(request->result, results, "result", status) < 0) ||
	    check_past(call, request->date, "date", status) < 0 ||
	    hearth_check_uuid_or_empty(request->home_id, "home_id", status) < 0)
		return -1;
	if ((*request->stage != '\0') == (*request->result != '\0'))
		return hearth_fail_field(status, "stage", "stage or result is wanted, one of the two");
	if (*request->home_id && strcmp(request->result, "APPROVED") != 0)
		return hearth_fail_field(status, "home_id", "home_id goes with result APPROVED alone");
	return 0;
}

int providers_list_pipeline(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListPipelineRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0)
		return -1;
	return *request->stage ? hearth_check_one_of(request->stage, stages, "stage", status) : 0;
}

int providers_pipeline_report(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetPipelineReportRequest *request = hearth_call_request(call);
	int32_t from, until;
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_date(request->until_date, "until_date", status) < 0 ||
	    check_span(request->from_date, request->until_date, status) < 0)
		return -1;
	if (hearth_date_parse(request->from_date, &from) < 0 || hearth_date_parse(request->until_date, &until) < 0 ||
	    until - from > MOST_DAYS)
		return hearth_fail_field(status, "until_date", "until_date is more than %d days after from_date", MOST_DAYS);
	return 0;
}

int providers_declare_kept(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__DeclareApprovalsKeptRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_date(request->from_date, "from_date", status) < 0)
		return -1;
	return check_source(request->source, status);
}

/* ---- constellations ---- */

int providers_upsert_constellation(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__UpsertConstellationRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->constellation_id, "constellation_id", status) < 0 ||
	    (request->external_id && hearth_check_external_id(request->external_id, "external_id", status) < 0) ||
	    hearth_check_uuid(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_text(request->label, 1, 200, "label", status) < 0 ||
	    hearth_check_uuid(request->hub_home_id, "hub_home_id", status) < 0 ||
	    check_ids(request->satellite_home_ids, request->n_satellite_home_ids, 0, MOST_SATELLITES_GIVEN, "satellite_home_ids",
	              status) < 0 ||
	    hearth_check_count(request->respite_places, MOST_RESPITE, "respite_places.value", status) < 0 ||
	    check_span(request->from_date, request->until_date, status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_satellite_home_ids; i++)
		if (strcmp(request->satellite_home_ids[i], request->hub_home_id) == 0)
			return hearth_fail_field(status, "satellite_home_ids", "satellite_home_ids holds the hub itself");
	return 0;
}

int providers_list_constellations(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListConstellationsRequest *request = hearth_call_request(call);
	return hearth_check_uuid_or_empty(request->provider_id, "provider_id", status);
}

int providers_constellation_totals(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetConstellationTotalsRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0)
		return -1;
	return hearth_check_date_or_empty(request->date, "date", status);
}

/* ---- how places are used ---- */

int providers_utilisation(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetFosteringUtilisationRequest *request = hearth_call_request(call);
	if ((*request->by && hearth_check_one_of(request->by, groupings, "by", status) < 0) ||
	    hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0)
		return -1;
	return providers_check_area(request->area_authority, "", status);
}
