/* methods.c: the calls of careleavers. A row holds dates and the thresholds of the day; the rule makes the status. */
#include "careleavers.h"

#include <string.h>

#include <hearth/careleavers/v1/careleavers.pb-c.h>

#include "eligibility.h"


int careleavers_plan_get_young_person(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__GetYoungPersonRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->child_id, "child_id", status) != 0)
		return -1;
	return request->date[0] == '\0' ? 0 : hearth_check_date(request->date, "date", status);
}

int careleavers_plan_list_young_people(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Careleavers__V1__ListYoungPeopleRequest *request = hearth_call_request(call);
	return request->date[0] == '\0' ? 0 : hearth_check_date(request->date, "date", status);
}

/* ---- a row's texts to the rule's values ---- */

static int32_t read_day(const char *text)
{
	char date[HEARTH_DATE_SIZE] = "";
	int32_t day = 0;
	memcpy(date, text, strnlen(text, HEARTH_DATE_SIZE - 1));
	return hearth_date_parse(date, &day) == 0 ? day : ELIGIBILITY_NO_DAY;
}

/* "2020-01-01/2020-03-01,2021-05-02/" as counted_periods() writes it. */
static size_t read_periods(struct hearth_arena *arena, const char *text, struct eligibility_period **ret_periods)
{
	size_t most = 1, count = 0;
	for (const char *at = text; *at != '\0'; at++)
		most += *at == ',';
	struct eligibility_period *periods = hearth_arena_alloc(arena, most * sizeof *periods);
	while (*text != '\0') {
		const char *slash = strchr(text, '/');
		bool open = slash[1] == '\0' || slash[1] == ',';
		periods[count].start = read_day(text);
		periods[count++].end = open ? ELIGIBILITY_NO_DAY : read_day(slash + 1);
		text = slash + strcspn(slash, ",");
		text += *text == ',';
	}
	*ret_periods = periods;
	return count;
}

static struct eligibility_thresholds read_thresholds(const struct hearth_rows *rows, size_t row)
{
	return (struct eligibility_thresholds){
		.days_in_care = (int)hearth_rows_int(rows, row, "days_in_care"),
		.counted_from_age = (int)hearth_rows_int(rows, row, "counted_from_age"),
		.part_at_age = (int)hearth_rows_int(rows, row, "part_at_age"),
		.adult_age = (int)hearth_rows_int(rows, row, "adult_age"),
		.support_age = (int)hearth_rows_int(rows, row, "support_age"),
		.request_age = (int)hearth_rows_int(rows, row, "request_age"),
	};
}

/* ---- the rule's values to the message ---- */

static char *write_day(struct hearth_arena *arena, int32_t day)
{
	if (day == ELIGIBILITY_NO_DAY)
		return hearth_arena_strdup(arena, "");
	char *text = hearth_arena_alloc(arena, HEARTH_DATE_SIZE);
	hearth_date_format(day, text);
	return text;
}

static Hearth__V1__PersonalDate *write_personal(struct hearth_arena *arena, int32_t day)
{
	Hearth__V1__PersonalDate *date = hearth_arena_alloc(arena, sizeof *date);
	hearth__v1__personal_date__init(date);
	date->value = write_day(arena, day);
	return date;
}

static Hearth__Careleavers__V1__Status write_status(enum eligibility_status status)
{
	switch (status) {
	case ELIGIBILITY_ELIGIBLE:
		return HEARTH__CARELEAVERS__V1__STATUS__ELIGIBLE;
	case ELIGIBILITY_RELEVANT:
		return HEARTH__CARELEAVERS__V1__STATUS__RELEVANT;
	case ELIGIBILITY_FORMER_RELEVANT:
		return HEARTH__CARELEAVERS__V1__STATUS__FORMER_RELEVANT;
	case ELIGIBILITY_QUALIFYING:
		return HEARTH__CARELEAVERS__V1__STATUS__QUALIFYING;
	case ELIGIBILITY_NONE:
		break;
	}
	return HEARTH__CARELEAVERS__V1__STATUS__NONE;
}

static void write_eligibility(struct hearth_arena *arena, const struct eligibility *is,
                              Hearth__Careleavers__V1__YoungPerson *person)
{
	person->status = write_status(is->status);
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
}

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

static int write_person(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                        Hearth__Careleavers__V1__YoungPerson *person, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	const char *born = hearth_rows_text(rows, row, "date_of_birth");
	const char *day = hearth_rows_text(rows, row, "day");
	person->child_id = hearth_arena_strdup(arena, hearth_rows_text(rows, row, "child_id"));
	person->etag = hearth_arena_strdup(arena, hearth_rows_text(rows, row, "etag"));
	person->on = hearth_arena_strdup(arena, day);
	write_periods(arena, hearth_rows_text(rows, row, "shown"), person);
	if (born == NULL)
		return 0;
	struct eligibility_thresholds thresholds = read_thresholds(rows, row);
	struct eligibility_period *periods;
	size_t count = read_periods(arena, hearth_rows_text(rows, row, "counted"), &periods);
	struct eligibility is;
	if (eligibility_on(read_day(born), periods, count, read_day(day), &thresholds, &is) != 0)
		return hearth_fail(status, HEARTH_INTERNAL, "BAD_PERIODS", "care periods of a young person are out of order");
	write_eligibility(arena, &is, person);
	return 0;
}

int careleavers_reply_get_young_person(struct hearth_call *call, const struct hearth_rows *rows,
                                       struct hearth_status *status)
{
	Hearth__Careleavers__V1__GetYoungPersonResponse *reply = hearth_call_reply(call);
	if (hearth_rows_count(rows) == 0)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "nothing is known of such a young person here");
	Hearth__Careleavers__V1__YoungPerson *person = hearth_arena_alloc(hearth_call_arena(call), sizeof *person);
	hearth__careleavers__v1__young_person__init(person);
	if (write_person(call, rows, 0, person, status) != 0)
		return -1;
	reply->young_person = person;
	return 0;
}

static bool is_wanted(const Hearth__Careleavers__V1__YoungPerson *person, Hearth__Careleavers__V1__Status wanted)
{
	if (wanted == HEARTH__CARELEAVERS__V1__STATUS__STATUS_UNSPECIFIED)
		return person->status > HEARTH__CARELEAVERS__V1__STATUS__NONE;
	return person->status == wanted;
}

int careleavers_reply_list_young_people(struct hearth_call *call, const struct hearth_rows *rows,
                                        struct hearth_status *status)
{
	const Hearth__Careleavers__V1__ListYoungPeopleRequest *request = hearth_call_request(call);
	Hearth__Careleavers__V1__ListYoungPeopleResponse *reply = hearth_call_reply(call);
	struct hearth_arena *arena = hearth_call_arena(call);
	reply->young_people = hearth_arena_alloc(arena, (hearth_rows_count(rows) + 1) * sizeof *reply->young_people);
	for (size_t row = 0; row < hearth_rows_count(rows); row++) {
		Hearth__Careleavers__V1__YoungPerson *person = hearth_arena_alloc(arena, sizeof *person);
		hearth__careleavers__v1__young_person__init(person);
		if (write_person(call, rows, row, person, status) != 0)
			return -1;
		if (is_wanted(person, request->status))
			reply->young_people[reply->n_young_people++] = person;
	}
	return 0;
}
