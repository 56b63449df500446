/* places.c: calls about the places of one home: levels with reasons, blocks, vacancies, openings, policies, the calendar. */
#include "places_calls.h"

#include <stdio.h>
#include <string.h>

#define MOST_PLACES 50
#define YEARS_AHEAD_DAYS 3660
#define MICROSECONDS_A_DAY INT64_C(86400000000)

/* ---- what is written ---- */

/* Days at which something begins or ends may be set for some years, not for ever. */
static int check_near(struct hearth_call *call, const char *text, const char *field, int32_t most_before,
                      struct hearth_status *status)
{
	int32_t day, now;
	if (hearth_check_date_or_empty(text, field, status) < 0)
		return -1;
	if (!*text)
		return 0;
	hearth_date_parse(text, &day);
	hearth_date_parse(hearth_call_today(call), &now);
	if (day < now - most_before)
		return hearth_fail_field(status, field, most_before ? "%s is more than a year ago" : "%s is before today", field);
	if (day > now + YEARS_AHEAD_DAYS)
		return hearth_fail_field(status, field, "%s is more than ten years ahead", field);
	return 0;
}

/* An empty day is today. */
static void bind_day(struct hearth_call *call, const char *name, const char *text)
{
	hearth_bind_text(call, name, *text ? text : hearth_call_today(call));
}

int providers_block_places(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const reasons[] = { "STAYING_PUT", "RESPITE", "REPAIRS", "MATCHING", "STAFFING", "MANAGER_VACANCY",
		"CARER_UNAVAILABLE", "ALLEGATION", "TURNAROUND", "OTHER", NULL };
	const Hearth__Providers__V1__BlockPlacesRequest *request = hearth_call_request(call);
	const char *from = *request->from_date ? request->from_date : hearth_call_today(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    hearth_check_range(request->places, 1, MOST_PLACES, "places", status) < 0 ||
	    hearth_check_one_of(request->reason, reasons, "reason", status) < 0 ||
	    check_near(call, request->from_date, "from_date", PLACES_DAYS_MOST, status) < 0 ||
	    check_near(call, request->until_date, "until_date", PLACES_DAYS_MOST, status) < 0)
		return -1;
	if (*request->until_date && strcmp(request->until_date, from) <= 0)
		return hearth_fail_field(status, "until_date", "until_date is not after from_date, %s", from);
	bind_day(call, "from_date", request->from_date);
	return 0;
}

int providers_end_place_block(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__EndPlaceBlockRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->block_id, "block_id", status) < 0 ||
	    check_near(call, request->until_date, "until_date", PLACES_DAYS_MOST, status) < 0)
		return -1;
	bind_day(call, "until_date", request->until_date);
	return 0;
}

int providers_list_place_blocks(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListPlaceBlocksRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->home_id, "home_id", status);
}

int providers_confirm_vacancies(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ConfirmVacanciesRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    hearth_check_range(request->free, 0, MOST_PLACES, "free", status) < 0)
		return -1;
	return hearth_check_count(request->other_children, 500, "other_children.value", status);
}

int providers_plan_opening(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__PlanOpeningRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    hearth_check_date(request->planned_open, "planned_open", status) < 0 ||
	    check_near(call, request->planned_open, "planned_open", 0, status) < 0)
		return -1;
	if (strcmp(request->planned_open, hearth_call_today(call)) == 0)
		return hearth_fail_field(status, "planned_open", "planned_open is today: RecordOpening says that a home opened");
	return hearth_check_code(request->why, 0, 40, "why", status);
}

int providers_record_opening(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__RecordOpeningRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    hearth_check_date(request->opened, "opened", status) < 0)
		return -1;
	if (strcmp(request->opened, hearth_call_today(call)) > 0)
		return hearth_fail_field(status, "opened", "opened is after today: PlanOpening says when a home is to open");
	return 0;
}

int providers_list_openings(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListOpeningsRequest *request = hearth_call_request(call);
	return hearth_check_uuid_or_empty(request->home_id, "home_id", status);
}

int providers_set_place_policy(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const codes[] = { "MANAGER_VACANT_KEEPS_BACK", NULL };
	const Hearth__Providers__V1__SetPlacePolicyRequest *request = hearth_call_request(call);
	if (hearth_check_one_of(request->code, codes, "code", status) < 0 ||
	    check_near(call, request->from_date, "from_date", 0, status) < 0 ||
	    hearth_check_text(request->source, 1, 200, "source", status) < 0)
		return -1;
	bind_day(call, "from_date", request->from_date);
	return 0;
}

/* ---- the places of a home on a day ---- */

int providers_get_places(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetPlacesRequest *request = hearth_call_request(call);
	int32_t day;
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    providers_place_day(call, request->date, "date", &day, status) < 0)
		return -1;
	bind_day(call, "on_date", request->date);
	return 0;
}

static const struct { const char *code, *text; } sentences[] = {
	{ "REGISTERED_PLACES", "The registration names fewer." },
	{ "ANNEXE", "They are of the registration of the home that this is an annexe of." },
	{ "TERMS_OF_APPROVAL", "The terms of approval allow fewer children." },
	{ "STATEMENT_OF_PURPOSE", "The statement of purpose names fewer children." },
	{ "CONDITION", "A condition of registration allows fewer children." },
	{ "NOT_REGISTERED", "The law asks for a registration, and there is none." },
	{ "NOT_REGISTERED_YET", "The registration or approval has not begun." },
	{ "REGISTRATION_NOT_KNOWN", "The law asks for a registration that is known, with its number." },
	{ "NOT_RECORDED", "Of that day nothing is known here of the home." },
	{ "REGISTRATION_ENDED", "The registration or approval has ended." },
	{ "REGISTERED_PLACES_UNKNOWN", "How many places are registered is not known." },
	{ "NOT_OFFERED", "Registered, and not offered by the provider." },
	{ "ABOVE_REGISTRATION", "Offered beyond what is registered: not counted." },
	{ "CLOSED", "The home takes no child now." },
	{ "NOT_OPEN_YET", "The home has not opened yet." },
	{ "ENDS", "It is no home any more." },
	{ "REGISTRATION_SUSPENDED", "The registration or approval is suspended." },
	{ "REGISTRATION_LAPSED", "The registration has lapsed." },
	{ "SUSPENSION", "No further child may come: suspended." },
	{ "RESTRICTION_OF_ACCOMMODATION", "No further child may come: a notice restricts accommodation." },
	{ "EMBARGO", "No further child may come: an embargo." },
	{ "DOCUMENT_EXPIRED", "A document that the home must have has expired." },
	{ "NAMED_CHILDREN_ONLY", "Approved for named children alone." },
	{ "LIVED_IN", "Children live there." },
	{ "OTHER_CHILDREN", "Children live there who are not known here." },
	{ "OTHER_CHILDREN_UNKNOWN", "How many other children live there is not known: there may be fewer places." },
	{ "HELD", "Held for a child who is to come." },
	{ "STAYING_PUT", "A young person stays on after 18." },
	{ "RESPITE", "Kept for short breaks." },
	{ "REPAIRS", "Repairs." },
	{ "MATCHING", "Kept back for who lives there already." },
	{ "STAFFING", "Not enough staff." },
	{ "MANAGER_VACANCY", "There is no manager in post." },
	{ "MANAGER_VACANT", "There is no manager in post, and the council takes no place then." },
	{ "CARER_UNAVAILABLE", "The carers are not available." },
	{ "TURNAROUND", "Being made ready for the next child." },
	{ "OTHER", "Kept back by the provider." },
	{ "SOLO", "The home takes one child alone." },
	{ "FURTHER", "Further reasons." },
};

static const char *sentence(const char *code)
{
	for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
		if (strcmp(sentences[i].code, code) == 0)
			return sentences[i].text;
	return "";
}

static void show_reasons(struct hearth_call *call, const struct places_explained *explained, int level, size_t *ret_count,
                         Hearth__Providers__V1__PlaceReason ***ret_reasons)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	*ret_reasons = hearth_arena_alloc(arena, (explained->reason_count + 1) * sizeof **ret_reasons);
	*ret_count = 0;
	for (size_t i = 0; i < explained->reason_count; i++) {
		const struct places_reason *reason = &explained->reasons[i];
		if (reason->level != level)
			continue;
		Hearth__Providers__V1__PlaceReason *shown = hearth_arena_alloc(arena, sizeof *shown);
		hearth__providers__v1__place_reason__init(shown);
		shown->code = hearth_arena_strdup(arena, reason->code);
		shown->text = hearth_arena_strdup(arena, sentence(reason->code));
		shown->places = reason->places;
		shown->count = reason->count;
		shown->until = providers_day_text(call, reason->until);
		(*ret_reasons)[(*ret_count)++] = shown;
	}
}

static Hearth__Providers__V1__PlaceUse *show_use(struct hearth_call *call, const struct places_sum *sum)
{
	Hearth__Providers__V1__PlaceUse *shown = hearth_arena_alloc(hearth_call_arena(call), sizeof *shown);
	struct places_use use;
	bool known = sum->others != PLACES_UNKNOWN;
	places_used(sum, &use);
	hearth__providers__v1__place_use__init(shown);
	shown->places = use.places;
	shown->own = use.own;
	shown->others = use.others;
	shown->kept_back = use.kept_back;
	shown->empty = known ? providers_known_count(call, use.empty) : NULL;
	shown->not_known = known ? NULL : providers_known_count(call, use.not_known);
	shown->own_share = providers_known_count(call, places_rate(use.own, use.places));
	return shown;
}

static char *text_at(struct hearth_call *call, const struct hearth_rows *rows, const char *column)
{
	const char *text = hearth_rows_text(rows, 0, column);
	return hearth_arena_strdup(hearth_call_arena(call), text ? text : "");
}

static bool flag_at(const struct hearth_rows *rows, const char *column)
{
	return hearth_rows_text(rows, 0, column)[0] == 't';
}

static void show_vacancy(struct hearth_call *call, const struct hearth_rows *rows, Hearth__Providers__V1__Places *places)
{
	bool ever = !hearth_rows_is_null(rows, 0, "confirmed_us");
	int64_t since = hearth_rows_int(rows, 0, ever ? "confirmed_us" : "created_us");
	places->stale_after_days = (int32_t)hearth_rows_int(rows, 0, "stale_days");
	places->stale_source = text_at(call, rows, "stale_source");
	places->vacancy_stale = places->stale_after_days > 0 &&
	                        since < hearth_call_now(call) - places->stale_after_days * MICROSECONDS_A_DAY;
	if (!hearth_rows_is_null(rows, 0, "other_children"))
		places->other_children = providers_known_count(call, hearth_rows_int(rows, 0, "other_children"));
	places->other_children_on = text_at(call, rows, "other_children_on");
	if (!ever)
		return;
	places->vacancy_confirmed = hearth_arena_alloc(hearth_call_arena(call), sizeof *places->vacancy_confirmed);
	google__protobuf__timestamp__init(places->vacancy_confirmed);
	places->vacancy_confirmed->seconds = since / 1000000;
	places->vacancy_confirmed->nanos = (int32_t)(since % 1000000) * 1000;
}

static void show_annexes(struct hearth_call *call, const struct hearth_rows *rows, Hearth__Providers__V1__Places *places)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	const char *at = hearth_rows_text(rows, 0, "annexes");
	size_t size = strlen(at) / 36 + 1;
	places->annexes = hearth_arena_alloc(arena, size * sizeof *places->annexes);
	for (; *at; at += strspn(at, " ")) {
		places->annexes[places->n_annexes++] = hearth_arena_memdup(arena, at, strcspn(at, " "));
		at += strcspn(at, " ");
	}
}

int providers_show_places(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetPlacesRequest *request = hearth_call_request(call);
	Hearth__Providers__V1__GetPlacesResponse *reply = hearth_call_reply(call);
	if (hearth_rows_count(rows) == 0)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "there is no such home");
	Hearth__Providers__V1__Places *places = hearth_arena_alloc(hearth_call_arena(call), sizeof *places);
	struct places_explained explained;
	struct places_fact *facts;
	int32_t day;
	if (providers_place_day(call, request->date, "date", &day, status) < 0)
		return -1;
	size_t count = providers_place_facts(call, rows, 0, hearth_rows_count(rows), &facts);
	places_explain(facts, count, day, &explained);
	hearth__providers__v1__places__init(places);
	places->home_id = text_at(call, rows, "id");
	places->etag = text_at(call, rows, "etag");
	places->date = providers_day_text(call, day);
	places->registered = providers_known_count(call, explained.levels.registered);
	places->open = explained.levels.open;
	places->offerable = explained.levels.offerable;
	places->offerable_at_most = explained.sum.others == PLACES_UNKNOWN;
	show_reasons(call, &explained, 1, &places->n_registered_reasons, &places->registered_reasons);
	show_reasons(call, &explained, 2, &places->n_open_reasons, &places->open_reasons);
	show_reasons(call, &explained, 3, &places->n_offerable_reasons, &places->offerable_reasons);
	places->use = show_use(call, &explained.sum);
	show_vacancy(call, rows, places);
	places->solo = flag_at(rows, "solo");
	places->siblings_only = flag_at(rows, "siblings_only");
	places->annexe_of = text_at(call, rows, "annexe_of");
	show_annexes(call, rows, places);
	places->planned_open = text_at(call, rows, "planned_open");
	places->opening_not_confirmed = *places->planned_open && strcmp(places->planned_open, places->date) <= 0 &&
	                                !flag_at(rows, "opened");
	reply->places = places;
	return 0;
}

/* ---- the calendar ---- */

int providers_get_calendar(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetCapacityCalendarRequest *request = hearth_call_request(call);
	int32_t from, until;
	if (hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    providers_place_period(call, request->from_date, request->until_date, &from, &until, status) < 0)
		return -1;
	bind_day(call, "from_date", request->from_date);
	return 0;
}

static Hearth__Providers__V1__CapacityDay *show_day(struct hearth_call *call, const struct places_span *span, int32_t day)
{
	Hearth__Providers__V1__CapacityDay *shown = hearth_arena_alloc(hearth_call_arena(call), sizeof *shown);
	hearth__providers__v1__capacity_day__init(shown);
	shown->date = providers_day_text(call, day);
	shown->own_booked = span->sum.own_living;
	shown->offered = span->sum.offered;
	shown->online = span->online;
	shown->booked = span->booked;
	shown->others = span->others;
	shown->held = span->held;
	shown->turnaround = span->turnaround;
	shown->blocked = span->blocked;
	shown->unused = span->unused;
	shown->offerable = span->levels.offerable;
	shown->over = span->over;
	shown->others_known = span->sum.others != PLACES_UNKNOWN;
	return shown;
}

int providers_show_calendar(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetCapacityCalendarRequest *request = hearth_call_request(call);
	Hearth__Providers__V1__GetCapacityCalendarResponse *reply = hearth_call_reply(call);
	struct places_days days = { .online = 0 };
	struct places_fact *facts;
	struct places_span span;
	int32_t from, until;
	if (hearth_rows_count(rows) == 0)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "there is no such home");
	if (providers_place_period(call, request->from_date, request->until_date, &from, &until, status) < 0)
		return -1;
	size_t count = providers_place_facts(call, rows, 0, hearth_rows_count(rows), &facts);
	reply->home_id = text_at(call, rows, "id");
	reply->days = hearth_arena_alloc(hearth_call_arena(call), (size_t)(until - from) * sizeof *reply->days);
	for (int32_t day = from; day < until;) {
		int32_t end = places_span_on(facts, count, day, until, &span);
		for (; day < end; day++)
			reply->days[reply->n_days++] = show_day(call, &span, day);
	}
	places_count_days(facts, count, from, until, &days);
	reply->total = providers_place_days(call, &days);
	return 0;
}
