/* fostering_timers.c: dates of fostering are reckoned here, by the rules of fostering_clocks.h, for answers and for timers.
 * What an answer says of a temporary approval is what its timer does. */
#include "providers.h"

#include <stdio.h>
#include <string.h>

#include "fostering_clocks.h"

typedef Hearth__Providers__V1__TemporaryApproval Temporary;

static int32_t day_of(const char *text)
{
	int32_t day;
	return text != NULL && hearth_date_parse(text, &day) == 0 ? day : FOSTERING_NO_DAY;
}

static char *day_text(struct hearth_arena *arena, int32_t day)
{
	if (day == FOSTERING_NO_DAY)
		return hearth_arena_strdup(arena, "");
	char *text = hearth_arena_alloc(arena, HEARTH_DATE_SIZE);
	hearth_date_format(day, text);
	return text;
}

static int number_of(const Hearth__V1__Count *count)
{
	return count ? (int)count->value : 0;
}

/* ---- temporary approvals ---- */

/* The rule's own words, from a message that a row has filled. */
static struct fostering_temporary read_temporary(struct hearth_arena *arena, const Temporary *temporary)
{
	int32_t *holidays = hearth_arena_alloc(arena, (temporary->n_bank_holidays + 1) * sizeof *holidays);
	for (size_t i = 0; i < temporary->n_bank_holidays; i++)
		holidays[i] = day_of(temporary->bank_holidays[i]);
	return (struct fostering_temporary){
		.from = day_of(temporary->from_date), .extended = *temporary->extended_on != '\0',
		.awaits_outcome = *temporary->review_sought_on != '\0', .weeks = number_of(temporary->weeks),
		.extension_weeks = number_of(temporary->extension_weeks), .working_days = number_of(temporary->working_days),
		.holidays = holidays, .holiday_count = temporary->n_bank_holidays,
	};
}

static Hearth__V1__Count *write_count(struct hearth_arena *arena, int64_t value)
{
	Hearth__V1__Count *count = hearth_arena_alloc(arena, sizeof *count);
	hearth__v1__count__init(count);
	count->value = value;
	return count;
}

/* Last day, state and days left, as of today. */
static void reckon(struct hearth_call *call, Temporary *temporary)
{
	static const char *const states[] = { "RUNNING", "EXTENDED", "AWAITING_OUTCOME", "EXPIRED" };
	struct hearth_arena *arena = hearth_call_arena(call);
	const struct fostering_temporary rule = read_temporary(arena, temporary);
	int32_t today = day_of(hearth_call_today(call)), last = fostering_last_day(&rule);
	enum fostering_state state = fostering_state_on(&rule, today);
	bool over = *temporary->ended_on != '\0';
	temporary->last_day = day_text(arena, last);
	if (over)
		state = strcmp(temporary->ended_reason, "EXPIRED") == 0 ? FOSTERING_EXPIRED : state;
	temporary->state = hearth_arena_strdup(arena, over && state != FOSTERING_EXPIRED ? "ENDED" : states[state]);
	if (!over && last != FOSTERING_NO_DAY && today <= last)
		temporary->days_left = write_count(arena, last - today);
}

static int fill_temporary(struct hearth_call *call, const struct hearth_rows *rows, size_t row, Temporary **ret_temporary,
                          struct hearth_status *status)
{
	Temporary *temporary = hearth_arena_alloc(hearth_call_arena(call), sizeof *temporary);
	hearth__providers__v1__temporary_approval__init(temporary);
	if (hearth_rows_fill(call, rows, row, &temporary->base, status) < 0)
		return -1;
	reckon(call, temporary);
	*ret_temporary = temporary;
	return 0;
}

/* Replies of the three writes look alike: one message, temporary_approval. */
int providers_reply_temporary(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	Hearth__Providers__V1__StartTemporaryApprovalResponse *reply = hearth_call_reply(call);
	_Static_assert(offsetof(Hearth__Providers__V1__StartTemporaryApprovalResponse, temporary_approval) ==
	                   offsetof(Hearth__Providers__V1__ExtendTemporaryApprovalResponse, temporary_approval) &&
	               offsetof(Hearth__Providers__V1__StartTemporaryApprovalResponse, temporary_approval) ==
	                   offsetof(Hearth__Providers__V1__EndTemporaryApprovalResponse, temporary_approval),
	               "the three replies hold the same field");
	return fill_temporary(call, rows, 0, &reply->temporary_approval, status);
}

int providers_reply_list_temporary(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	Hearth__Providers__V1__ListTemporaryApprovalsResponse *reply = hearth_call_reply(call);
	size_t count = hearth_rows_count(rows);
	reply->temporary_approvals = hearth_arena_alloc(hearth_call_arena(call), (count + 1) * sizeof *reply->temporary_approvals);
	for (size_t i = 0; i < count; i++, reply->n_temporary_approvals++)
		if (fill_temporary(call, rows, i, &reply->temporary_approvals[i], status) < 0)
			return -1;
	return 0;
}

static void bind_day(struct hearth_call *call, const char *name, int32_t day)
{
	if (day == FOSTERING_NO_DAY)
		hearth_bind_null(call, name);
	else
		hearth_bind_text(call, name, day_text(hearth_call_arena(call), day));
}

/* Timer "carer_temporary". No row: it has been ended. */
int providers_temporary_due(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_rows *rows = hearth_call_rows(call);
	Temporary *temporary;
	hearth_bind_bool(call, "reckoned", hearth_rows_count(rows) > 0);
	hearth_bind_null(call, "last_day");
	if (hearth_rows_count(rows) == 0)
		return 0;
	if (fill_temporary(call, rows, 0, &temporary, status) < 0)
		return -1;
	bind_day(call, "last_day", day_of(temporary->last_day));
	return 0;
}

/* ---- reviews ---- */

static int rule_number(const struct hearth_rows *rows, const char *column)
{
	return hearth_rows_is_null(rows, 0, column) ? -1 : (int)hearth_rows_int(rows, 0, column);
}

/* Whether "2025-06-01 60,2025-06-01 30" has this notice of this review. */
static bool was_told(const char *told, int32_t due, int days)
{
	char wanted[HEARTH_DATE_SIZE + 16], date[HEARTH_DATE_SIZE];
	if (told == NULL || due == FOSTERING_NO_DAY)
		return false;
	hearth_date_format(due, date);
	snprintf(wanted, sizeof wanted, "%s %d", date, days);
	size_t size = strlen(wanted);
	for (const char *at = told; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, wanted, size) == 0 && (at[size] == ',' || at[size] == '\0'))
			return true;
	}
	return false;
}

static void bind_passed(struct hearth_call *call, const struct fostering_review *review,
                        const struct fostering_review_step *step)
{
	const char *passed[FOSTERING_NOTICES];
	size_t count = 0;
	for (size_t i = 0; i < FOSTERING_NOTICES; i++)
		if (step->passed[i])
			passed[count++] = hearth_arena_printf(hearth_call_arena(call), "%d", review->notices[i]);
	hearth_bind_texts(call, "passed", count, passed);
}

/* Timer "carer_review". No row: the home is gone from the table. */
int providers_review_due(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const columns[FOSTERING_NOTICES] = { "notice_1", "notice_2", "notice_3" };
	const struct hearth_rows *rows = hearth_call_rows(call);
	struct fostering_review review = { .approved = FOSTERING_NO_DAY, .reviewed = FOSTERING_NO_DAY };
	struct fostering_review_step step;
	(void)status;
	if (hearth_rows_count(rows) > 0) {
		review.approved = day_of(hearth_rows_text(rows, 0, "approved"));
		review.reviewed = day_of(hearth_rows_text(rows, 0, "reviewed"));
		review.months = rule_number(rows, "months");
		for (size_t i = 0; i < FOSTERING_NOTICES; i++) {
			review.notices[i] = rule_number(rows, columns[i]);
			review.told[i] = was_told(hearth_rows_text(rows, 0, "told"), fostering_review_due(&review), review.notices[i]);
		}
	}
	fostering_review_on(&review, day_of(hearth_call_today(call)), &step);
	bind_day(call, "review_due", step.due);
	bind_day(call, "look_on", step.next);
	bind_passed(call, &review, &step);
	if (step.tell >= 0)
		hearth_bind_int(call, "tell", step.tell);
	else
		hearth_bind_null(call, "tell");
	return 0;
}
