/* methods.c: the calls of careleavers. A row holds dates and the law of the day; the rules make the rest (person.c). */
#include "careleavers.h"

#include <string.h>

#define IDS_MOST 64
#define DUE_DAYS_MOST 366
#define TURNING_DAYS 90
#define TURNING_DAYS_MOST 732

int careleavers_plan_get_young_person(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__GetYoungPersonRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0)
		return -1;
	return hearth_check_date_or_empty(request->date, "date", status);
}

int careleavers_plan_list_young_people(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__ListYoungPeopleRequest *request = hearth_call_request(call);
	return hearth_check_date_or_empty(request->date, "date", status);
}

int careleavers_plan_list_due(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__ListDueRequest *request = hearth_call_request(call);
	if (hearth_check_date_or_empty(request->date, "date", status) != 0)
		return -1;
	return hearth_check_range(request->within_days, 0, DUE_DAYS_MOST, "within_days", status);
}

int careleavers_plan_list_turning_18(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__ListTurning18Request *request = hearth_call_request(call);
	if (hearth_check_date_or_empty(request->date, "date", status) != 0
	    || hearth_check_range(request->within_days, 0, TURNING_DAYS_MOST, "within_days", status) != 0)
		return -1;
	hearth_bind_int(call, "within", request->within_days == 0 ? TURNING_DAYS : request->within_days);
	return 0;
}

/* ---- what people record ---- */

/* A half-open span whose ends may be empty. */
static int check_span(const char *from, const char *from_field, const char *to, const char *to_field,
                      struct hearth_status *status)
{
	if (hearth_check_date_or_empty(from, from_field, status) != 0 || hearth_check_date_or_empty(to, to_field, status) != 0)
		return -1;
	if (from[0] != '\0' && to[0] != '\0' && strcmp(to, from) < 0)
		return hearth_fail_field(status, to_field, "%s %s is before %s %s", to_field, to, from_field, from);
	return 0;
}

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

/* Nothing is withdrawn before it was recorded. */
static int check_withdrawn(bool withdrawn, const char *id, struct hearth_status *status)
{
	if (withdrawn && id[0] == '\0')
		return hearth_fail_field(status, "withdrawn", "say which one was recorded in error: withdrawn goes with an id");
	return 0;
}

/* When the suitability was assessed, and by whom: all of it or nothing. */
static int check_assessment(const struct hearth_call *call,
                            const Hearth__Careleavers__V1__RecordAccommodationRequest *request,
                            struct hearth_status *status)
{
	bool assessed = request->suitability != HEARTH__CARELEAVERS__V1__SUITABILITY__SUITABILITY_UNSPECIFIED;
	if (hearth_check_code(request->suitability_reason, 0, 24, "suitability_reason", status) != 0
	    || hearth_check_text(request->assessor, 0, IDS_MOST, "assessor", status) != 0)
		return -1;
	if (assessed)
		return check_past_day(call, request->assessed_on, "assessed_on", status);
	if (hearth_check_date_or_empty(request->assessed_on, "assessed_on", status) != 0)
		return -1;
	if (request->assessed_on[0] != '\0' || request->suitability_reason[0] != '\0')
		return hearth_fail_field(status, "suitability", "suitability is missing: SUITABLE or UNSUITABLE");
	return 0;
}

int careleavers_plan_record_accommodation(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__RecordAccommodationRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0
	    || hearth_check_uuid_or_empty(request->accommodation_id, "accommodation_id", status) != 0
	    || hearth_check_code(request->type, 1, 1, "type", status) != 0
	    || check_past_day(call, request->from_date, "from_date", status) != 0
	    || check_span(request->from_date, "from_date", request->to_date, "to_date", status) != 0
	    || check_withdrawn(request->withdrawn, request->accommodation_id, status) != 0)
		return -1;
	return check_assessment(call, request, status);
}

int careleavers_plan_list_accommodation(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__ListAccommodationRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->child_id, "child_id", status);
}

static int check_pathway_details(const Hearth__Careleavers__V1__RecordPathwayEventRequest *request,
                                 struct hearth_status *status)
{
	bool contact = request->kind == HEARTH__CARELEAVERS__V1__PATHWAY_KIND__CONTACT;
	bool named = request->kind == HEARTH__CARELEAVERS__V1__PATHWAY_KIND__ADVISER_NAMED;
	if (hearth_check_text(request->adviser_id, named ? 1 : 0, IDS_MOST, "adviser_id", status) != 0
	    || hearth_check_code(request->in_touch, 0, 4, "in_touch", status) != 0
	    || hearth_check_code(request->activity, 0, 2, "activity", status) != 0)
		return -1;
	if (contact && request->in_touch[0] == '\0')
		return hearth_fail_field(status, "in_touch", "in_touch is missing: a contact says whether there was one");
	if (!contact && (request->in_touch[0] != '\0' || request->activity[0] != '\0'))
		return hearth_fail_field(status, request->in_touch[0] != '\0' ? "in_touch" : "activity",
		                         "in_touch and activity go with CONTACT");
	return 0;
}

int careleavers_plan_record_pathway_event(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__RecordPathwayEventRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0
	    || hearth_check_uuid_or_empty(request->event_id, "event_id", status) != 0
	    || check_past_day(call, request->date, "date", status) != 0
	    || check_withdrawn(request->withdrawn, request->event_id, status) != 0)
		return -1;
	if (request->kind == HEARTH__CARELEAVERS__V1__PATHWAY_KIND__PATHWAY_KIND_UNSPECIFIED)
		return hearth_fail_field(status, "kind", "kind is missing");
	return check_pathway_details(request, status);
}

int careleavers_plan_list_pathway_events(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__ListPathwayEventsRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->child_id, "child_id", status);
}

int careleavers_plan_record_circumstance(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__RecordCircumstanceRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0
	    || hearth_check_uuid_or_empty(request->circumstance_id, "circumstance_id", status) != 0
	    || check_span(request->start_date, "start_date", request->end_date, "end_date", status) != 0
	    || check_withdrawn(request->withdrawn, request->circumstance_id, status) != 0)
		return -1;
	if (request->kind == HEARTH__CARELEAVERS__V1__CIRCUMSTANCE_KIND__CIRCUMSTANCE_KIND_UNSPECIFIED)
		return hearth_fail_field(status, "kind", "kind is missing");
	return 0;
}

int careleavers_plan_list_codes(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const sets[] = { "", "ACCOM", "IN_TOUCH", "ACTIV", "SUITABILITY_REASON", NULL };
	const Hearth__Careleavers__V1__ListCodesRequest *request = hearth_call_request(call);
	if (hearth_check_one_of(request->set, sets, "set", status) != 0)
		return -1;
	return hearth_check_range(request->return_year, 2000, 2199, "return_year", status);
}

/* ---- replies ---- */

int careleavers_reply_get_young_person(struct hearth_call *call, const struct hearth_rows *rows,
                                       struct hearth_status *status)
{
	Hearth__Careleavers__V1__GetYoungPersonResponse *reply = hearth_call_reply(call);
	if (hearth_rows_count(rows) == 0)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "nothing is known of such a young person here");
	Hearth__Careleavers__V1__YoungPerson *person = hearth_arena_alloc(hearth_call_arena(call), sizeof *person);
	if (careleavers_write_person(call, rows, 0, person, status) != 0)
		return -1;
	reply->young_person = person;
	return 0;
}

/* Whether somebody belongs into the list; may take away what of them does not. */
typedef bool wanted_fn(const struct hearth_call *call, Hearth__Careleavers__V1__YoungPerson *person);

static int write_people(struct hearth_call *call, const struct hearth_rows *rows, wanted_fn *wanted,
                        Hearth__Careleavers__V1__YoungPerson ***ret_people, size_t *ret_count, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	Hearth__Careleavers__V1__YoungPerson **people = hearth_arena_alloc(arena, (hearth_rows_count(rows) + 1) * sizeof *people);
	size_t count = 0;
	for (size_t row = 0; row < hearth_rows_count(rows); row++) {
		Hearth__Careleavers__V1__YoungPerson *person = hearth_arena_alloc(arena, sizeof *person);
		if (careleavers_write_person(call, rows, row, person, status) != 0)
			return -1;
		if (wanted(call, person))
			people[count++] = person;
	}
	*ret_people = people;
	*ret_count = count;
	return 0;
}

static bool has_status(const struct hearth_call *call, Hearth__Careleavers__V1__YoungPerson *person)
{
	const Hearth__Careleavers__V1__ListYoungPeopleRequest *request = hearth_call_request(call);
	person->n_dues = 0;
	if (request->unknown)
		return person->status == HEARTH__CARELEAVERS__V1__STATUS__STATUS_UNSPECIFIED;
	if (request->status == HEARTH__CARELEAVERS__V1__STATUS__STATUS_UNSPECIFIED)
		return person->status > HEARTH__CARELEAVERS__V1__STATUS__NONE;
	return person->status == request->status;
}

int careleavers_reply_list_young_people(struct hearth_call *call, const struct hearth_rows *rows,
                                        struct hearth_status *status)
{
	Hearth__Careleavers__V1__ListYoungPeopleResponse *reply = hearth_call_reply(call);
	return write_people(call, rows, has_status, &reply->young_people, &reply->n_young_people, status);
}

static bool is_due(const Hearth__Careleavers__V1__Due *due, Hearth__Careleavers__V1__PathwayKind kind, int32_t until)
{
	if (kind != HEARTH__CARELEAVERS__V1__PATHWAY_KIND__PATHWAY_KIND_UNSPECIFIED && kind != due->kind)
		return false;
	return due->due != NULL && careleavers_read_day(due->due->value) <= until;
}

/* Keeps of the dues those that the request asks for. */
static bool has_due(const struct hearth_call *call, Hearth__Careleavers__V1__YoungPerson *person)
{
	const Hearth__Careleavers__V1__ListDueRequest *request = hearth_call_request(call);
	int32_t until = careleavers_read_day(person->on) + request->within_days;
	size_t count = 0;
	for (size_t i = 0; i < person->n_dues; i++)
		if (is_due(person->dues[i], request->kind, until))
			person->dues[count++] = person->dues[i];
	person->n_dues = count;
	return count > 0;
}

int careleavers_reply_list_due(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	Hearth__Careleavers__V1__ListDueResponse *reply = hearth_call_reply(call);
	return write_people(call, rows, has_due, &reply->young_people, &reply->n_young_people, status);
}

static bool is_anybody(const struct hearth_call *call, Hearth__Careleavers__V1__YoungPerson *person)
{
	(void)call;
	person->n_dues = 0;
	return true;
}

int careleavers_reply_list_turning_18(struct hearth_call *call, const struct hearth_rows *rows,
                                      struct hearth_status *status)
{
	Hearth__Careleavers__V1__ListTurning18Response *reply = hearth_call_reply(call);
	return write_people(call, rows, is_anybody, &reply->young_people, &reply->n_young_people, status);
}
