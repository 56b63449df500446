/* person.c: a young person's row becomes the message: the rules make status, reasons, the next change and what is due. */
#include "careleavers.h"

#include <stdlib.h>
#include <string.h>

#include "pathway.h"

#define END_OF_FIELD '\x1f'
#define END_OF_ROW '\x1e'

static char *write_day(struct hearth_arena *arena, int32_t day)
{
	if (day == ELIGIBILITY_NO_DAY)
		return hearth_arena_strdup(arena, "");
	char *text = hearth_arena_alloc(arena, HEARTH_DATE_SIZE);
	hearth_date_format(day, text);
	return text;
}

/* NULL when the day is not known. */
static Hearth__V1__PersonalDate *write_personal(struct hearth_arena *arena, int32_t day)
{
	if (day == ELIGIBILITY_NO_DAY)
		return NULL;
	Hearth__V1__PersonalDate *date = hearth_arena_alloc(arena, sizeof *date);
	hearth__v1__personal_date__init(date);
	date->value = write_day(arena, day);
	return date;
}

static char *write_text(struct hearth_call *call, const struct hearth_rows *rows, size_t row, const char *column)
{
	const char *text = hearth_rows_text(rows, row, column);
	return hearth_arena_strdup(hearth_call_arena(call), text != NULL ? text : "");
}

/* ---- fields and rows of packed texts ---- */

/* The next field, its end put in; NULL at the end of the row. */
static char *next_field(struct hearth_arena *arena, const char **at)
{
	if (**at == END_OF_ROW || **at == '\0')
		return NULL;
	size_t size = 0;
	while ((*at)[size] != END_OF_FIELD && (*at)[size] != END_OF_ROW && (*at)[size] != '\0')
		size++;
	char *field = hearth_arena_memdup(arena, *at, size);
	*at += size + ((*at)[size] == END_OF_FIELD);
	return field;
}

static size_t split_row(struct hearth_arena *arena, const char **at, char **ret_fields, size_t most)
{
	size_t count = 0;
	for (char *field = next_field(arena, at); field != NULL; field = next_field(arena, at))
		if (count < most)
			ret_fields[count++] = field;
	for (size_t i = count; i < most; i++)
		ret_fields[i] = hearth_arena_strdup(arena, "");
	*at += **at == END_OF_ROW;
	return count;
}

enum { WORD_CODE, WORD_RULE, WORD_TEXT, WORD_SOURCE, WORD_UNVERIFIED, WORDS };

/* What the table of explanations says of a code; false: nothing, or it was not asked for. */
static bool explain(struct hearth_arena *arena, const char *explanations, const char *code, char *ret_words[WORDS])
{
	size_t size = strlen(code);
	for (const char *at = explanations; at != NULL && *at != '\0';) {
		bool found = strncmp(at, code, size) == 0 && at[size] == END_OF_FIELD;
		if (found)
			return split_row(arena, &at, ret_words, WORDS) > WORD_SOURCE;
		at = strchr(at, END_OF_ROW);
		at += at != NULL;
	}
	return false;
}

/* ---- status and reasons ---- */

static Hearth__Careleavers__V1__Status write_status(enum eligibility_status status)
{
	static const Hearth__Careleavers__V1__Status of[] = {
		[ELIGIBILITY_NONE] = HEARTH__CARELEAVERS__V1__STATUS__NONE,
		[ELIGIBILITY_ELIGIBLE] = HEARTH__CARELEAVERS__V1__STATUS__ELIGIBLE,
		[ELIGIBILITY_RELEVANT] = HEARTH__CARELEAVERS__V1__STATUS__RELEVANT,
		[ELIGIBILITY_FORMER_RELEVANT] = HEARTH__CARELEAVERS__V1__STATUS__FORMER_RELEVANT,
		[ELIGIBILITY_QUALIFYING] = HEARTH__CARELEAVERS__V1__STATUS__QUALIFYING,
		[ELIGIBILITY_UNKNOWN] = HEARTH__CARELEAVERS__V1__STATUS__STATUS_UNSPECIFIED,
	};
	return of[status];
}

static Hearth__Careleavers__V1__Support write_support(enum eligibility_support support)
{
	static const Hearth__Careleavers__V1__Support of[] = {
		[ELIGIBILITY_NO_SUPPORT] = HEARTH__CARELEAVERS__V1__SUPPORT__SUPPORT_UNSPECIFIED,
		[ELIGIBILITY_SUPPORT] = HEARTH__CARELEAVERS__V1__SUPPORT__OWED,
		[ELIGIBILITY_IF_ASKED] = HEARTH__CARELEAVERS__V1__SUPPORT__IF_ASKED,
		[ELIGIBILITY_ASKED] = HEARTH__CARELEAVERS__V1__SUPPORT__ASKED,
		[ELIGIBILITY_IN_EDUCATION] = HEARTH__CARELEAVERS__V1__SUPPORT__IN_EDUCATION,
	};
	return of[support];
}

static Hearth__V1__Count *write_count(struct hearth_arena *arena, int32_t value)
{
	if (value < 0)
		return NULL;
	Hearth__V1__Count *count = hearth_arena_alloc(arena, sizeof *count);
	hearth__v1__count__init(count);
	count->value = value;
	return count;
}

static Hearth__Careleavers__V1__Reason *write_reason(struct hearth_arena *arena, const struct eligibility_reason *why,
                                                     const char *explanations)
{
	char *words[WORDS];
	Hearth__Careleavers__V1__Reason *reason = hearth_arena_alloc(arena, sizeof *reason);
	hearth__careleavers__v1__reason__init(reason);
	reason->code = hearth_arena_strdup(arena, careleavers_code_name(why->code));
	reason->days = write_count(arena, why->days);
	if (why->birthday)
		reason->birthday = write_personal(arena, why->on);
	else
		reason->date = write_day(arena, why->on);
	if (explain(arena, explanations, reason->code, words)) {
		reason->rule = words[WORD_RULE];
		reason->text = words[WORD_TEXT];
		reason->source = words[WORD_SOURCE];
		reason->unverified = words[WORD_UNVERIFIED][0] != '\0';
	}
	return reason;
}

static void write_eligibility(struct hearth_arena *arena, const struct eligibility *is, const char *explanations,
                              Hearth__Careleavers__V1__YoungPerson *person)
{
	person->status = write_status(is->status);
	person->support = write_support(is->support);
	person->began = write_day(arena, is->began);
	person->turned_14 = write_personal(arena, is->turns_counted);
	person->turned_16 = write_personal(arena, is->turns_part);
	person->turned_18 = write_personal(arena, is->turns_adult);
	person->thirteen_weeks_on = write_day(arena, is->reached);
	person->eligible_on = write_day(arena, is->eligible_on);
	person->days_since_14 = is->days;
	person->days_at_16 = is->days_at_part;
	person->looked_after = is->looked_after;
	person->on_request = is->on_request;
	person->reasons = hearth_arena_alloc(arena, ELIGIBILITY_REASONS * sizeof *person->reasons);
	for (size_t i = 0; i < is->reason_count; i++)
		person->reasons[person->n_reasons++] = write_reason(arena, &is->reasons[i], explanations);
}

static void write_next(struct hearth_arena *arena, int32_t day, const struct eligibility *next,
                       Hearth__Careleavers__V1__YoungPerson *person)
{
	if (day == ELIGIBILITY_NO_DAY)
		return;
	Hearth__Careleavers__V1__NextChange *change = hearth_arena_alloc(arena, sizeof *change);
	hearth__careleavers__v1__next_change__init(change);
	change->on = write_personal(arena, day);
	change->status = write_status(next->status);
	change->support = write_support(next->support);
	if (next->reason_count > 0)
		change->because = hearth_arena_strdup(arena, careleavers_code_name(next->reasons[next->reason_count - 1].code));
	person->next_change = change;
}

/* ---- what is known ---- */

/* As shown_periods() writes them: like the counted ones, a tilde before those of short breaks. */
static void write_periods(struct hearth_arena *arena, const char *text,
                          Hearth__Careleavers__V1__YoungPerson *person)
{
	size_t most = 1, count = 0;
	for (const char *at = text; *at != '\0'; at++)
		most += *at == ',';
	person->care_periods = hearth_arena_alloc(arena, most * sizeof *person->care_periods);
	while (*text != '\0') {
		Hearth__Careleavers__V1__CarePeriod *period = hearth_arena_alloc(arena, sizeof *period);
		hearth__careleavers__v1__care_period__init(period);
		size_t size = strcspn(text, ",");
		const char *slash = memchr(text, '/', size);
		period->short_breaks = *text == '~';
		text += period->short_breaks;
		period->start = hearth_arena_memdup(arena, text, (size_t)(slash - text));
		const char *end = text + strcspn(text, ",");
		period->end = hearth_arena_memdup(arena, slash + 1, (size_t)(end - slash - 1));
		person->care_periods[count++] = period;
		text = end + (*end == ',');
	}
	person->n_care_periods = count;
}

static Google__Protobuf__Timestamp *write_time(struct hearth_arena *arena, int64_t seconds)
{
	Google__Protobuf__Timestamp *time = hearth_arena_alloc(arena, sizeof *time);
	google__protobuf__timestamp__init(time);
	time->seconds = seconds;
	return time;
}

static int enum_value(const ProtobufCEnumDescriptor *descriptor, const char *name)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(descriptor, name);
	return value != NULL ? value->value : 0;
}

enum { FACT_ID, FACT_KIND, FACT_START, FACT_END, FACT_ACTOR, FACT_RECORDED, FACT_REVISION, FACT_FIELDS };

/* As circumstances_shown() writes them; NULL in lists. */
static void write_circumstances(struct hearth_arena *arena, const char *text,
                                Hearth__Careleavers__V1__YoungPerson *person)
{
	size_t most = 1;
	for (const char *at = text; at != NULL && *at != '\0'; at++)
		most += *at == END_OF_ROW;
	person->circumstances = hearth_arena_alloc(arena, most * sizeof *person->circumstances);
	while (text != NULL && *text != '\0') {
		char *fields[FACT_FIELDS];
		split_row(arena, &text, fields, FACT_FIELDS);
		Hearth__Careleavers__V1__Circumstance *fact = hearth_arena_alloc(arena, sizeof *fact);
		hearth__careleavers__v1__circumstance__init(fact);
		fact->id = fields[FACT_ID];
		fact->kind = (Hearth__Careleavers__V1__CircumstanceKind)enum_value(
			&hearth__careleavers__v1__circumstance_kind__descriptor, fields[FACT_KIND]);
		fact->start = fields[FACT_START];
		fact->end = fields[FACT_END];
		fact->recorded_by = fields[FACT_ACTOR];
		fact->recorded_at = write_time(arena, strtoll(fields[FACT_RECORDED], NULL, 10));
		fact->revision = (int32_t)strtol(fields[FACT_REVISION], NULL, 10);
		person->circumstances[person->n_circumstances++] = fact;
	}
}

static void write_accommodation(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                                Hearth__Careleavers__V1__YoungPerson *person)
{
	if (hearth_rows_is_null(rows, row, "accommodation_id"))
		return;
	const char *suitability = hearth_rows_text(rows, row, "suitability");
	struct hearth_arena *arena = hearth_call_arena(call);
	Hearth__Careleavers__V1__Accommodation *home = hearth_arena_alloc(arena, sizeof *home);
	hearth__careleavers__v1__accommodation__init(home);
	home->id = write_text(call, rows, row, "accommodation_id");
	home->type = write_text(call, rows, row, "type");
	home->from_date = write_text(call, rows, row, "moved_in");
	home->to_date = write_text(call, rows, row, "until");
	home->suitability = (Hearth__Careleavers__V1__Suitability)enum_value(
		&hearth__careleavers__v1__suitability__descriptor, suitability != NULL ? suitability : "SUITABILITY_UNSPECIFIED");
	home->suitability_reason = write_text(call, rows, row, "suitability_reason");
	home->assessed_on = write_text(call, rows, row, "assessed_on");
	home->assessor = write_text(call, rows, row, "assessor");
	home->return_code = write_text(call, rows, row, "return_code");
	home->recorded_by = write_text(call, rows, row, "recorded_by");
	home->recorded_at = write_time(arena, hearth_rows_int(rows, row, "recorded_at"));
	home->revision = (int32_t)hearth_rows_int(rows, row, "revision");
	person->accommodation = home;
}

/* ---- what is due ---- */

static Hearth__Careleavers__V1__Due *write_due(struct hearth_arena *arena, const struct pathway_due *from,
                                               const char *explanations)
{
	static const Hearth__Careleavers__V1__PathwayKind kinds[] = {
		[PATHWAY_ASSESSMENT] = HEARTH__CARELEAVERS__V1__PATHWAY_KIND__NEEDS_ASSESSMENT,
		[PATHWAY_PLAN] = HEARTH__CARELEAVERS__V1__PATHWAY_KIND__PATHWAY_PLAN,
		[PATHWAY_REVIEW] = HEARTH__CARELEAVERS__V1__PATHWAY_KIND__PATHWAY_REVIEW,
		[PATHWAY_VISIT] = HEARTH__CARELEAVERS__V1__PATHWAY_KIND__ADVISER_VISIT,
	};
	static const Hearth__Careleavers__V1__DueState states[] = {
		[PATHWAY_DUE] = HEARTH__CARELEAVERS__V1__DUE_STATE__DUE,
		[PATHWAY_OVERDUE] = HEARTH__CARELEAVERS__V1__DUE_STATE__OVERDUE,
		[PATHWAY_WAITS] = HEARTH__CARELEAVERS__V1__DUE_STATE__WAITS,
		[PATHWAY_UNKNOWN] = HEARTH__CARELEAVERS__V1__DUE_STATE__UNKNOWN,
		[PATHWAY_DONE] = HEARTH__CARELEAVERS__V1__DUE_STATE__DONE,
	};
	static const char *const codes[] = { "NEEDS_ASSESSMENT", "PATHWAY_PLAN", "PATHWAY_REVIEW", "ADVISER_VISIT" };
	char *words[WORDS];
	Hearth__Careleavers__V1__Due *due = hearth_arena_alloc(arena, sizeof *due);
	hearth__careleavers__v1__due__init(due);
	due->kind = kinds[from->kind];
	due->state = states[from->state];
	due->due = write_personal(arena, from->due);
	due->done = write_day(arena, from->done);
	due->counted_from = hearth_arena_strdup(arena, from->counted_from);
	if (explain(arena, explanations, codes[from->kind], words)) {
		due->rule = words[WORD_RULE];
		due->text = words[WORD_TEXT];
		due->source = words[WORD_SOURCE];
	}
	return due;
}

static void write_dues(struct hearth_arena *arena, const struct hearth_rows *rows, size_t row,
                       const struct eligibility *is, int32_t on, Hearth__Careleavers__V1__YoungPerson *person)
{
	const struct pathway_law law = {
		.assessment_months = (int)hearth_rows_int(rows, row, "assessment_months"),
		.review_months = (int)hearth_rows_int(rows, row, "review_months"),
		.first_visit_days = (int)hearth_rows_int(rows, row, "first_visit_days"),
		.visit_months = (int)hearth_rows_int(rows, row, "visit_months"),
	};
	const struct pathway_done done = {
		.assessed = careleavers_read_day(hearth_rows_text(rows, row, "assessed")),
		.planned = careleavers_read_day(hearth_rows_text(rows, row, "planned")),
		.reviewed = careleavers_read_day(hearth_rows_text(rows, row, "reviewed")),
		.visited = careleavers_read_day(hearth_rows_text(rows, row, "visited")),
		.moved_in = careleavers_read_day(hearth_rows_text(rows, row, "moved_in")),
	};
	struct pathway_due dues[PATHWAY_DUES];
	size_t count = pathway_on(is, &done, on, &law, dues);
	person->dues = hearth_arena_alloc(arena, PATHWAY_DUES * sizeof *person->dues);
	for (size_t i = 0; i < count; i++)
		person->dues[person->n_dues++] = write_due(arena, &dues[i], hearth_rows_text(rows, row, "explanations"));
}

int careleavers_write_person(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                             Hearth__Careleavers__V1__YoungPerson *person, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	const struct eligibility_history history = careleavers_read_history(arena, rows, row);
	const struct eligibility_thresholds law = careleavers_read_law(rows, row);
	int32_t on = careleavers_read_day(hearth_rows_text(rows, row, "day")), next_day;
	struct eligibility is, next;
	hearth__careleavers__v1__young_person__init(person);
	if (eligibility_on(&history, on, &law, &is) != 0 || eligibility_next(&history, on, &law, &next_day, &next) != 0)
		return hearth_fail(status, HEARTH_INTERNAL, "BAD_PERIODS", "care periods of a young person are out of order");
	person->child_id = write_text(call, rows, row, "child_id");
	person->etag = write_text(call, rows, row, "etag");
	person->on = write_text(call, rows, row, "day");
	person->unaccompanied = strcmp(hearth_rows_text(rows, row, "unaccompanied"), "t") == 0;
	person->adviser_id = write_text(call, rows, row, "adviser");
	write_periods(arena, hearth_rows_text(rows, row, "shown"), person);
	write_circumstances(arena, hearth_rows_text(rows, row, "circumstances"), person);
	write_accommodation(call, rows, row, person);
	write_eligibility(arena, &is, hearth_rows_text(rows, row, "explanations"), person);
	write_next(arena, next_day, &next, person);
	write_dues(arena, rows, row, &is, on, person);
	return 0;
}
