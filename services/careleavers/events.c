/* events.c: what careleavers hears of placements, and what it tells when a status has changed.
 *
 * Birthdays need not be heard: the status of any day follows from dates, and each young person's row says on which day
 * it may be another one. One standing timer looks at those whose day has come.
 */
#include "careleavers.h"

#include <string.h>

#include <hearth/careleavers/v1/events.pb-c.h>
#include <hearth/placements/v1/events.pb-c.h>

const struct hearth_told careleavers_told[] = {
	{ "hearth.young_person.recorded.v1", &hearth__careleavers__v1__young_person_recorded__descriptor },
	{ "hearth.young_person.status_changed.v1", &hearth__careleavers__v1__young_person_status_changed__descriptor },
	{ .type = NULL },
};

/* Young people belong to an authority; an event without one is passed over. */
static int child_told(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	return hearth_call_authority(call)[0] == '\0';
}

/* A placement that ends while the child stays in care ends no period of care. */
static int placement_ended(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__PlacementEnded *event = hearth_call_request(call);
	(void)status;
	return !event->left_care || hearth_call_authority(call)[0] == '\0';
}

/* The state of placements has each child's periods of care whole, so what began and ended them is passed over in it.
 * A breakdown ends no care: the child stays looked after until care.ended or another placement's end says otherwise. */
static const struct hearth_effect placements[] = {
	{ "hearth.child.recorded.v1", &hearth__placements__v1__child_recorded__descriptor, "record_child",
	  child_told, HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.child.history_recorded.v1", &hearth__placements__v1__child_history_recorded__descriptor,
	  "record_history", child_told, HEARTH_SNAPSHOT_HISTORY },
	{ "hearth.placement.started.v1", &hearth__placements__v1__placement_started__descriptor, "begin_care",
	  child_told, HEARTH_SNAPSHOT_PASS },
	{ "hearth.placement.ended.v1", &hearth__placements__v1__placement_ended__descriptor, "end_care",
	  placement_ended, HEARTH_SNAPSHOT_PASS },
	{ "hearth.care.ended.v1", &hearth__placements__v1__care_ended__descriptor, "end_care", child_told,
	  HEARTH_SNAPSHOT_PASS },
	{ .type = NULL },
};

const struct hearth_source careleavers_sources[] = { { "placements", placements }, { .service = NULL } };

/* ---- the timer ---- */

enum column { AUTHORITY, CHILD, VERSION, STATUS, SUPPORT, BEGAN, LOOK, TELL, COLUMNS };

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What follows an import is kept and not told; nor is it news that nothing is known, or that there is no status yet. */
static bool is_news(const struct hearth_rows *rows, size_t row, const struct eligibility *is)
{
	const char *told = hearth_rows_text(rows, row, "told_status");
	bool unknown = is->status == ELIGIBILITY_UNKNOWN;
	if (strcmp(hearth_rows_text(rows, row, "quiet"), "t") == 0 || (told == NULL && unknown))
		return false;
	return !same(told == NULL ? "NONE" : told, careleavers_status_name(is->status))
	       || !same(hearth_rows_text(rows, row, "told_support"), careleavers_support_name(is->support));
}

static const char *day_text(struct hearth_arena *arena, int32_t day)
{
	if (day == ELIGIBILITY_NO_DAY)
		return NULL;
	char *text = hearth_arena_alloc(arena, HEARTH_DATE_SIZE);
	hearth_date_format(day, text);
	return text;
}

static int judge_row(struct hearth_call *call, const struct hearth_rows *rows, size_t row, const char **columns[COLUMNS],
                     struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	const struct eligibility_history history = careleavers_read_history(arena, rows, row);
	const struct eligibility_thresholds law = careleavers_read_law(rows, row);
	int32_t on = careleavers_read_day(hearth_rows_text(rows, row, "day")), next;
	struct eligibility is;
	if (eligibility_on(&history, on, &law, &is) != 0 || eligibility_next(&history, on, &law, &next, NULL) != 0)
		return hearth_fail(status, HEARTH_INTERNAL, "BAD_PERIODS", "care periods of a young person are out of order");
	columns[AUTHORITY][row] = hearth_rows_text(rows, row, "authority");
	columns[CHILD][row] = hearth_rows_text(rows, row, "child_id");
	columns[VERSION][row] = hearth_rows_text(rows, row, "version");
	columns[STATUS][row] = careleavers_status_name(is.status);
	columns[SUPPORT][row] = careleavers_support_name(is.support);
	columns[BEGAN][row] = day_text(arena, is.began);
	columns[LOOK][row] = day_text(arena, next);
	columns[TELL][row] = is_news(rows, row, &is) ? "true" : "false";
	return 0;
}

/* The timer's rows to the arrays of tell_statuses.sql. */
static int statuses_due(struct hearth_call *call, struct hearth_status *status)
{
	static const char *const names[COLUMNS] = {
		[AUTHORITY] = "authorities", [CHILD] = "children", [VERSION] = "versions", [STATUS] = "statuses",
		[SUPPORT] = "supports",      [BEGAN] = "begans",   [LOOK] = "looks",       [TELL] = "tells",
	};
	const struct hearth_rows *rows = hearth_call_rows(call);
	size_t count = hearth_rows_count(rows);
	const char **columns[COLUMNS];
	for (size_t i = 0; i < COLUMNS; i++)
		columns[i] = hearth_arena_alloc(hearth_call_arena(call), (count + 1) * sizeof *columns[i]);
	for (size_t row = 0; row < count; row++)
		if (judge_row(call, rows, row, columns, status) != 0)
			return -1;
	for (size_t i = 0; i < COLUMNS; i++)
		hearth_bind_texts(call, names[i], count, columns[i]);
	return 0;
}

const struct hearth_timer careleavers_timers[] = {
	{ .kind = "status_changes", .read = "due_statuses", .plan = statuses_due, .write = "tell_statuses" },
	{ .kind = NULL },
};
