/* places_facts.c: rows of the function place_facts as the rules have them, days and numbers as the contract has them. */
#include "places_calls.h"

#include <string.h>

static const struct { const char *name; enum places_fact_kind kind; } kinds[] = {
	{ "OFFERED", PLACES_OFFERED }, { "REGISTERED", PLACES_REGISTERED }, { "LIMIT", PLACES_LIMIT },
	{ "UNREGISTERED", PLACES_UNREGISTERED }, { "SHUT", PLACES_SHUT }, { "LIVED_IN", PLACES_LIVED_IN },
	{ "OTHERS", PLACES_OTHERS }, { "HELD", PLACES_HELD }, { "BLOCKED", PLACES_BLOCKED }, { "TURNAROUND", PLACES_TURNAROUND },
	{ "TURNAROUND_PLANNED", PLACES_TURNAROUND_PLANNED }, { "KEPT_BACK", PLACES_KEPT_BACK }, { "SOLO", PLACES_SOLO },
};

static int32_t day_at(const struct hearth_rows *rows, size_t row, const char *column, int32_t otherwise)
{
	return hearth_rows_is_null(rows, row, column) ? otherwise : (int32_t)hearth_rows_int(rows, row, column);
}

bool providers_place_fact(const struct hearth_rows *rows, size_t row, struct places_fact *ret_fact)
{
	const char *name = hearth_rows_text(rows, row, "fact");
	for (size_t i = 0; name && i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		*ret_fact = (struct places_fact){
			.kind = kinds[i].kind,
			.code = hearth_rows_text(rows, row, "code"),
			.places = (int32_t)hearth_rows_int(rows, row, "places"),
			.from = day_at(rows, row, "from_day", INT32_MIN),
			.until = day_at(rows, row, "until_day", PLACES_NO_DAY),
			.own = hearth_rows_text(rows, row, "own")[0] == 't',
		};
		return true;
	}
	return false;
}

size_t providers_place_facts(struct hearth_call *call, const struct hearth_rows *rows, size_t first, size_t end,
                             struct places_fact **ret_facts)
{
	struct places_fact *facts = hearth_arena_alloc(hearth_call_arena(call), (end - first + 1) * sizeof *facts);
	size_t count = 0;
	for (size_t row = first; row < end; row++)
		count += providers_place_fact(rows, row, &facts[count]);
	*ret_facts = facts;
	return count;
}

static int32_t today(struct hearth_call *call)
{
	int32_t day = 0;
	hearth_date_parse(hearth_call_today(call), &day);
	return day;
}

int providers_place_day(struct hearth_call *call, const char *text, const char *field, int32_t *ret_day,
                        struct hearth_status *status)
{
	int32_t day = today(call), now = day;
	if (hearth_check_date_or_empty(text, field, status) < 0)
		return -1;
	if (*text)
		hearth_date_parse(text, &day);
	if (day < now - PLACES_DAYS_MOST || day > now + PLACES_DAYS_MOST)
		return hearth_fail_field(status, field, "%s is more than %d days from today", field, PLACES_DAYS_MOST);
	*ret_day = day;
	return 0;
}

int providers_place_period(struct hearth_call *call, const char *from, const char *until, int32_t *ret_from,
                           int32_t *ret_until, struct hearth_status *status)
{
	int32_t first = today(call), end;
	if (hearth_check_date_or_empty(from, "from_date", status) < 0 || hearth_check_date(until, "until_date", status) < 0)
		return -1;
	if (*from)
		hearth_date_parse(from, &first);
	hearth_date_parse(until, &end);
	if (end <= first || end - first > PLACES_DAYS_MOST)
		return hearth_fail_field(status, "until_date", "until_date is not 1 to %d days after from_date", PLACES_DAYS_MOST);
	*ret_from = first;
	*ret_until = end;
	return 0;
}

char *providers_day_text(struct hearth_call *call, int32_t day)
{
	char text[HEARTH_DATE_SIZE] = "";
	if (day != PLACES_NO_DAY)
		hearth_date_format(day, text);
	return hearth_arena_strdup(hearth_call_arena(call), text);
}

Hearth__V1__Count *providers_known_count(struct hearth_call *call, int64_t value)
{
	if (value == PLACES_UNKNOWN)
		return NULL;
	Hearth__V1__Count *count = hearth_arena_alloc(hearth_call_arena(call), sizeof *count);
	hearth__v1__count__init(count);
	count->value = value;
	return count;
}

Hearth__Providers__V1__PlaceDays *providers_place_days(struct hearth_call *call, const struct places_days *days)
{
	Hearth__Providers__V1__PlaceDays *shown = hearth_arena_alloc(hearth_call_arena(call), sizeof *shown);
	hearth__providers__v1__place_days__init(shown);
	shown->online = days->online;
	shown->booked = days->booked;
	shown->others = days->others;
	shown->held = days->held;
	shown->turnaround = days->turnaround;
	shown->turnaround_planned = days->turnaround_planned;
	shown->blocked = days->blocked;
	shown->unused = days->unused;
	shown->over = days->over;
	shown->others_unknown = days->others_unknown;
	shown->not_recorded = days->not_recorded;
	shown->rate = providers_known_count(call, places_rate(days->booked + days->others, days->online));
	shown->rate_of = hearth_arena_strdup(hearth_call_arena(call), "ONLINE_DAYS");
	return shown;
}
