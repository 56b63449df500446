/* history.c: from a row's texts to the values of the rules, and the rules' values by name. */
#include "careleavers.h"

#include <string.h>

int32_t careleavers_read_day(const char *text)
{
	char date[HEARTH_DATE_SIZE] = "";
	int32_t day = 0;
	if (text == NULL)
		return ELIGIBILITY_NO_DAY;
	memcpy(date, text, strnlen(text, HEARTH_DATE_SIZE - 1));
	return hearth_date_parse(date, &day) == 0 ? day : ELIGIBILITY_NO_DAY;
}

static size_t count_items(const char *text)
{
	size_t items = *text != '\0';
	for (; *text != '\0'; text++)
		items += *text == ',';
	return items;
}

/* "2020-01-01/2020-03-01", "2021-05-02/" or "/": to the start of the next item. */
static const char *read_span(const char *text, int32_t *ret_start, int32_t *ret_end)
{
	const char *slash = strchr(text, '/');
	size_t rest = strcspn(slash, ",");
	*ret_start = slash == text ? ELIGIBILITY_NO_DAY : careleavers_read_day(text);
	*ret_end = rest == 1 ? ELIGIBILITY_NO_DAY : careleavers_read_day(slash + 1);
	return slash + rest + (slash[rest] == ',');
}

/* As counted_periods() writes them. */
static void read_periods(struct hearth_arena *arena, const char *text, struct eligibility_history *history)
{
	struct eligibility_period *periods = hearth_arena_alloc(arena, (count_items(text) + 1) * sizeof *periods);
	while (*text != '\0') {
		struct eligibility_period *period = &periods[history->period_count++];
		text = read_span(text, &period->start, &period->end);
	}
	history->periods = periods;
}

static enum eligibility_fact_kind read_kind(const char *text, size_t size)
{
	static const struct {
		const char *name;
		enum eligibility_fact_kind kind;
	} kinds[] = {
		{ "DETAINED", ELIGIBILITY_DETAINED },         { "HOSPITAL", ELIGIBILITY_HOSPITAL },
		{ "RETURNED_HOME", ELIGIBILITY_HOME },        { "SPECIAL_GUARDIANSHIP", ELIGIBILITY_GUARDIANSHIP },
		{ "AGE_DISPUTED", ELIGIBILITY_DISPUTED },     { "EDUCATION", ELIGIBILITY_EDUCATION },
		{ "SUPPORT_REQUEST", ELIGIBILITY_REQUEST },   { "END_UNKNOWN", ELIGIBILITY_END_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strlen(kinds[i].name) == size && memcmp(kinds[i].name, text, size) == 0)
			return kinds[i].kind;
	return ELIGIBILITY_REQUEST;                    /* the table's CHECK lets no other in */
}

/* As circumstances_of() writes them. */
static void read_facts(struct hearth_arena *arena, const char *text, struct eligibility_history *history)
{
	struct eligibility_fact *facts = hearth_arena_alloc(arena, (count_items(text) + 1) * sizeof *facts);
	while (*text != '\0') {
		struct eligibility_fact *fact = &facts[history->fact_count++];
		size_t size = strcspn(text, ":");
		fact->kind = read_kind(text, size);
		text = read_span(text + size + 1, &fact->start, &fact->end);
	}
	history->facts = facts;
}

struct eligibility_history careleavers_read_history(struct hearth_arena *arena, const struct hearth_rows *rows, size_t row)
{
	struct eligibility_history history = { .born = careleavers_read_day(hearth_rows_text(rows, row, "date_of_birth")) };
	read_periods(arena, hearth_rows_text(rows, row, "counted"), &history);
	read_facts(arena, hearth_rows_text(rows, row, "facts"), &history);
	return history;
}

struct eligibility_thresholds careleavers_read_law(const struct hearth_rows *rows, size_t row)
{
	return (struct eligibility_thresholds){
		.days_in_care = (int)hearth_rows_int(rows, row, "days_in_care"),
		.counted_from_age = (int)hearth_rows_int(rows, row, "counted_from_age"),
		.part_at_age = (int)hearth_rows_int(rows, row, "part_at_age"),
		.adult_age = (int)hearth_rows_int(rows, row, "adult_age"),
		.support_age = (int)hearth_rows_int(rows, row, "support_age"),
		.request_age = (int)hearth_rows_int(rows, row, "request_age"),
		.return_home_months = (int)hearth_rows_int(rows, row, "return_home_months"),
	};
}

const char *careleavers_status_name(enum eligibility_status status)
{
	static const char *const names[] = {
		[ELIGIBILITY_NONE] = "NONE",
		[ELIGIBILITY_ELIGIBLE] = "ELIGIBLE",
		[ELIGIBILITY_RELEVANT] = "RELEVANT",
		[ELIGIBILITY_FORMER_RELEVANT] = "FORMER_RELEVANT",
		[ELIGIBILITY_QUALIFYING] = "QUALIFYING",
		[ELIGIBILITY_UNKNOWN] = "UNKNOWN",
	};
	return names[status];
}

const char *careleavers_support_name(enum eligibility_support support)
{
	static const char *const names[] = {
		[ELIGIBILITY_NO_SUPPORT] = NULL,
		[ELIGIBILITY_SUPPORT] = "OWED",
		[ELIGIBILITY_IF_ASKED] = "IF_ASKED",
		[ELIGIBILITY_ASKED] = "ASKED",
		[ELIGIBILITY_IN_EDUCATION] = "IN_EDUCATION",
	};
	return names[support];
}

const char *careleavers_code_name(enum eligibility_code code)
{
#define NAME(code) [ELIGIBILITY_WHY_##code] = #code
	static const char *const names[] = {
		NAME(NOTHING), NAME(BORN_UNKNOWN), NAME(AGE_DISPUTED), NAME(TOO_YOUNG), NAME(TOO_OLD), NAME(NO_CARE),
		NAME(LOOKED_AFTER), NAME(LEFT_CARE), NAME(WEEKS_REACHED), NAME(WEEKS_MISSING), NAME(DETAINED), NAME(HOSPITAL),
		NAME(CONFINED_UNKNOWN), NAME(END_UNKNOWN), NAME(HOME_HELD), NAME(HOME_ENDED), NAME(HOME_UNKNOWN), NAME(GUARDIANSHIP),
		NAME(GUARDIANSHIP_UNKNOWN), NAME(ADULT), NAME(IF_ASKED), NAME(ASKED), NAME(EDUCATION),
	};
#undef NAME
	return names[code];
}
