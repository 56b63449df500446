/* places_report.c: places added up over homes: by area and kind on a day, by home, provider or kind over a period.
 *
 * Both statements give the facts of all homes that are asked for, those of a line together and those of a home together;
 * a step takes some homes at a time.
 */
#include "places_calls.h"

#include <string.h>

#define HOMES_AT_ONCE 8          /* between two looks at the clock */
#define LINES_DEFAULT 50
#define LINES_MOST 500

/* The first row after `row` that is of another home. */
static size_t end_of_home(const struct hearth_rows *rows, size_t row)
{
	size_t end = row + 1;
	const char *home = hearth_rows_text(rows, row, "home_id");
	while (end < hearth_rows_count(rows) && strcmp(hearth_rows_text(rows, end, "home_id"), home) == 0)
		end++;
	return end;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Room for the facts of one home after another. */
struct room { struct places_fact *facts; size_t size; };

static size_t facts_of_home(struct hearth_call *call, const struct hearth_rows *rows, size_t row, size_t end,
                            struct room *room)
{
	size_t count = 0;
	if (room->size < end - row) {
		room->size = 2 * (end - row);
		room->facts = hearth_arena_alloc(hearth_call_arena(call), room->size * sizeof *room->facts);
	}
	for (; row < end; row++)
		count += providers_place_fact(rows, row, &room->facts[count]);
	return count;
}

static const char *kind_or_null(int kind)
{
	const ProtobufCEnumValue *value =
		protobuf_c_enum_descriptor_get_value(&hearth__providers__v1__home_kind__descriptor, kind);
	return kind && value ? value->name : NULL;
}

static int check_filters(const char *area, const char *kind, const char *provider, struct hearth_status *status)
{
	const char *names[16] = { NULL };
	size_t count = 0;
	for (int number = 1; count < 15 && kind_or_null(number); number++)
		names[count++] = kind_or_null(number);
	if (*kind && hearth_check_one_of(kind, names, "kind", status) < 0)
		return -1;
	if (hearth_check_uuid_or_empty(provider, "provider_id", status) < 0)
		return -1;
	return providers_check_area(area, "", status);
}

/* ---- by area and kind, on a day ---- */

struct supply {
	bool begun, open;                /* a line is begun */
	int32_t day;
	size_t row;
	struct room room;
	Hearth__Providers__V1__SupplyLine line, *total;
};

static const char *supply_by(const Hearth__Providers__V1__ListPlacesRequest *request)
{
	switch (request->by) {
	case HEARTH__PROVIDERS__V1__LIST_PLACES_REQUEST__BY__AREA: return "AREA";
	case HEARTH__PROVIDERS__V1__LIST_PLACES_REQUEST__BY__KIND: return "KIND";
	default: return "AREA_AND_KIND";
	}
}

int providers_list_places(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListPlacesRequest *request = hearth_call_request(call);
	int32_t day;
	if (providers_place_day(call, request->date, "date", &day, status) < 0 ||
	    check_filters(request->area_authority, request->kind, request->provider_id, status) < 0)
		return -1;
	hearth_bind_text(call, "on_date", *request->date ? request->date : hearth_call_today(call));
	hearth_bind_text(call, "line_by", supply_by(request));
	return 0;
}

static void add_line(Hearth__Providers__V1__SupplyLine *total, const Hearth__Providers__V1__SupplyLine *line)
{
	total->homes += line->homes;
	total->registered += line->registered;
	total->registered_unknown_homes += line->registered_unknown_homes;
	total->open += line->open;
	total->offerable += line->offerable;
	total->offerable_at_most += line->offerable_at_most;
	total->others_unknown_homes += line->others_unknown_homes;
	total->own += line->own;
	total->other_councils += line->other_councils;
	total->held += line->held;
	total->kept_back += line->kept_back;
	total->solo_offerable += line->solo_offerable;
	total->sibling_offerable += line->sibling_offerable;
	total->stale_homes += line->stale_homes;
	total->planned_homes += line->planned_homes;
	total->planned_places += line->planned_places;
}

static bool flag_at(const struct hearth_rows *rows, size_t row, const char *column)
{
	return hearth_rows_text(rows, row, column)[0] == 't';
}

/* One home as a line of its own. */
static void read_line(const struct supply *supply, const struct hearth_rows *rows, size_t row, size_t facts,
                      Hearth__Providers__V1__SupplyLine *ret_line)
{
	Hearth__Providers__V1__SupplyLine line = HEARTH__PROVIDERS__V1__SUPPLY_LINE__INIT;
	struct places_sum sum;
	struct places_levels levels;
	struct places_use use;
	places_add_up(supply->room.facts, facts, supply->day, &sum);
	places_reckon(&sum, &levels);
	places_used(&sum, &use);
	bool registered = levels.registered != PLACES_UNKNOWN, others = sum.others != PLACES_UNKNOWN;
	bool planned = !hearth_rows_is_null(rows, row, "planned_day") && hearth_rows_int(rows, row, "planned_day") > supply->day;
	line.homes = 1;
	line.registered = registered ? levels.registered : 0;
	line.registered_unknown_homes = !registered;
	line.open = levels.open;
	line.offerable = others ? levels.offerable : 0;
	line.offerable_at_most = others ? 0 : levels.offerable;
	line.others_unknown_homes = !others;
	line.own = use.own;
	line.other_councils = use.others;
	line.held = sum.held;
	line.kept_back = use.kept_back;
	line.solo_offerable = flag_at(rows, row, "solo") ? levels.offerable : 0;
	line.sibling_offerable = flag_at(rows, row, "siblings_only") ? levels.offerable : 0;
	line.stale_homes = flag_at(rows, row, "stale");
	line.planned_homes = planned;
	line.planned_places = planned ? (int32_t)hearth_rows_int(rows, row, "home_places") : 0;
	*ret_line = line;
}

static void tell_line(struct hearth_call *call, struct supply *supply)
{
	if (!supply->open)
		return;
	hearth_reply_add(call, "lines", &supply->line.base);
	add_line(supply->total, &supply->line);
	supply->open = false;
}

/* The line that a row belongs to: the present one, or a new one. */
static void turn_to_line(struct hearth_call *call, struct supply *supply, const struct hearth_rows *rows)
{
	const char *area = hearth_rows_text(rows, supply->row, "line_area"), *kind = hearth_rows_text(rows, supply->row, "line_kind");
	if (supply->open && same_text(supply->line.area_authority, area) && same_text(supply->line.kind, kind))
		return;
	tell_line(call, supply);
	hearth__providers__v1__supply_line__init(&supply->line);
	supply->line.area_authority = hearth_arena_strdup(hearth_call_arena(call), area ? area : "");
	supply->line.kind = hearth_arena_strdup(hearth_call_arena(call), kind ? kind : "");
	supply->open = true;
}

static int begin_supply(struct hearth_call *call, struct supply *supply, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListPlacesRequest *request = hearth_call_request(call);
	supply->begun = true;
	supply->total = hearth_arena_alloc(hearth_call_arena(call), sizeof *supply->total);
	hearth__providers__v1__supply_line__init(supply->total);
	return providers_place_day(call, request->date, "date", &supply->day, status);
}

int providers_listed_places(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                            struct hearth_status *status)
{
	Hearth__Providers__V1__ListPlacesResponse *reply = hearth_call_reply(call);
	Hearth__Providers__V1__SupplyLine of_home;
	struct supply *supply = hearth_call_state(call, sizeof *supply);
	if (!supply->begun && begin_supply(call, supply, status) < 0)
		return -1;
	for (size_t homes = 1; supply->row < hearth_rows_count(rows); homes++) {
		size_t end = end_of_home(rows, supply->row);
		turn_to_line(call, supply, rows);
		read_line(supply, rows, supply->row, facts_of_home(call, rows, supply->row, end, &supply->room), &of_home);
		add_line(&supply->line, &of_home);
		supply->row = end;
		if (homes % HOMES_AT_ONCE == 0 && !hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	tell_line(call, supply);
	reply->total = supply->total;
	reply->date = providers_day_text(call, supply->day);
	return HEARTH_STEP_DONE;
}

/* ---- by home, provider or kind, over a period ---- */

struct report {
	bool begun, open;
	int32_t from, until;
	size_t row;
	struct room room;
	const char *key, *name;
	int32_t homes;
	struct places_days days;
};

static const char *line_by(const Hearth__Providers__V1__GetOccupancyReportRequest *request)
{
	switch (request->by) {
	case HEARTH__PROVIDERS__V1__GET_OCCUPANCY_REPORT_REQUEST__BY__PROVIDER: return "PROVIDER";
	case HEARTH__PROVIDERS__V1__GET_OCCUPANCY_REPORT_REQUEST__BY__KIND: return "KIND";
	default: return "HOME";
	}
}

/* The token is the last line's key. */
static int check_token(const Hearth__Providers__V1__GetOccupancyReportRequest *request, struct hearth_status *status)
{
	if (!*request->page_token)
		return 0;
	if (strcmp(line_by(request), "KIND") == 0)
		return hearth_check_code(request->page_token, 1, 40, "page_token", status);
	return hearth_check_uuid(request->page_token, "page_token", status);
}

int providers_occupancy_report(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetOccupancyReportRequest *request = hearth_call_request(call);
	int32_t from, until;
	if (providers_place_period(call, request->from_date, request->until_date, &from, &until, status) < 0 ||
	    check_filters(request->area_authority, request->kind, request->provider_id, status) < 0 ||
	    hearth_check_range(request->page_size, 0, LINES_MOST, "page_size", status) < 0 || check_token(request, status) < 0)
		return -1;
	hearth_bind_text(call, "line_by", line_by(request));
	hearth_bind_text(call, "from_date", *request->from_date ? request->from_date : hearth_call_today(call));
	hearth_bind_text(call, "after_key", *request->page_token ? request->page_token : NULL);
	hearth_bind_int(call, "most_lines", request->page_size ? request->page_size : LINES_DEFAULT);
	return 0;
}

static void tell_occupancy(struct hearth_call *call, struct report *report)
{
	Hearth__Providers__V1__OccupancyLine line = HEARTH__PROVIDERS__V1__OCCUPANCY_LINE__INIT;
	struct hearth_arena *arena = hearth_call_arena(call);
	if (!report->open)
		return;
	line.key = hearth_arena_strdup(arena, report->key);
	line.name = hearth_arena_strdup(arena, report->name ? report->name : "");
	line.homes = report->homes;
	line.days = providers_place_days(call, &report->days);
	hearth_reply_add(call, "lines", &line.base);
	report->open = false;
}

static void turn_to_key(struct hearth_call *call, struct report *report, const struct hearth_rows *rows)
{
	const char *key = hearth_rows_text(rows, report->row, "key");
	if (report->open && strcmp(report->key, key) == 0)
		return;
	tell_occupancy(call, report);
	report->open = true;
	report->key = key;
	report->name = hearth_rows_text(rows, report->row, "name");
	report->homes = 0;
	report->days = (struct places_days){ .online = 0 };
}

int providers_occupancy_reported(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                                 struct hearth_status *status)
{
	const Hearth__Providers__V1__GetOccupancyReportRequest *request = hearth_call_request(call);
	Hearth__Providers__V1__GetOccupancyReportResponse *reply = hearth_call_reply(call);
	struct report *report = hearth_call_state(call, sizeof *report);
	if (!report->begun &&
	    providers_place_period(call, request->from_date, request->until_date, &report->from, &report->until, status) < 0)
		return -1;
	report->begun = true;
	for (size_t homes = 1; report->row < hearth_rows_count(rows); homes++) {
		size_t end = end_of_home(rows, report->row);
		turn_to_key(call, report, rows);
		size_t facts = facts_of_home(call, rows, report->row, end, &report->room);
		places_count_days(report->room.facts, facts, report->from, report->until, &report->days);
		report->homes++;
		report->row = end;
		if (homes % HOMES_AT_ONCE == 0 && !hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	tell_occupancy(call, report);
	if (report->key && flag_at(rows, 0, "further"))
		reply->next_page_token = hearth_arena_strdup(hearth_call_arena(call), report->key);
	reply->from_date = providers_day_text(call, report->from);
	reply->until_date = providers_day_text(call, report->until);
	reply->days = report->until - report->from;
	return HEARTH_STEP_DONE;
}
