/* match_work.c: one need against every home, in steps: the rows into the process's index, then the engine, then a page.
 *
 * An answer is of one revision: homes that change while it is made are looked at again by the engine, and a page that was
 * begun is begun anew; after a few times it is made in one go.
 */
#include "match.h"

#include <string.h>

#define HOMES_AT_ONCE 256        /* between two looks at the clock */
#define ROWS_AT_ONCE 16
#define SHOWN_AT_ONCE 4
#define PATIENCE 3

int match_check_authority(const struct hearth_call *call, struct hearth_status *status)
{
	const char *authority = hearth_call_authority(call);
	if (strlen(authority) == 3 && strspn(authority, "0123456789") == 3)
		return 0;
	return hearth_fail(status, HEARTH_PERMISSION_DENIED, "NO_AUTHORITY",
	                   "a match is a council's: the actor's authority has to be a three-digit DfE code");
}

void match_bind(struct hearth_call *call, const char *referral_id, const char *run_id)
{
	hearth_bind_text(call, "subject", referral_id && *referral_id ? referral_id : NULL);
	hearth_bind_text(call, "run_id", run_id && *run_id ? run_id : NULL);
	hearth_bind_int(call, "known_revision", match_index_revision(match_store_now()->index));
}

/* ---- the rows ---- */

static int read_head(struct hearth_call *call, const struct hearth_rows *rows, Hearth__Providers__V1__Needs *needs,
                     struct match_work *work, struct hearth_status *status)
{
	size_t row = 0;
	while (row < hearth_rows_count(rows) && hearth_rows_is_null(rows, row, "head"))
		row++;
	const char *head = row < hearth_rows_count(rows) ? hearth_rows_text(rows, row, "head") : NULL;
	if (match_ask(call, head, needs, &work->asked, status) < 0)
		return -1;
	if (work->asked.as_of)
		work->past = match_past_new(call, work->asked.as_of, work->asked.revision);
	work->begun = true;
	return 0;
}

static int put_row(const struct hearth_rows *rows, size_t row, struct match_work *work, struct hearth_status *status)
{
	const char *id = hearth_rows_text(rows, row, "id"), *facts = hearth_rows_text(rows, row, "facts");
	int64_t revision = hearth_rows_int(rows, row, "revision");
	if (!id)
		return 0;                /* the head */
	if (match_store_put(match_store_now(), id, revision, facts, status) < 0)
		return -1;
	if (!work->past || revision > work->asked.as_of)
		return 0;
	return match_store_put(match_past_store(work->past), id, revision, facts, status);
}

static int put_rows(const struct hearth_rows *rows, struct match_work *work, struct hearth_budget *budget,
                    struct hearth_status *status)
{
	struct match_index *index = match_store_now()->index;
	while (work->next_row < hearth_rows_count(rows)) {
		if (put_row(rows, work->next_row++, work, status) < 0)
			return -1;
		if (work->next_row % ROWS_AT_ONCE == 0 && !hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	if (work->asked.revision > match_index_revision(index))
		match_index_advance(index, work->asked.revision);
	work->loaded = true;
	return HEARTH_STEP_DONE;
}

int match_load(struct hearth_call *call, const struct hearth_rows *rows, Hearth__Providers__V1__Needs *needs,
               struct match_work *work, struct hearth_budget *budget, struct hearth_status *status)
{
	int outcome = HEARTH_STEP_DONE;
	if (!work->begun && read_head(call, rows, needs, work, status) < 0)
		return -1;
	if (!work->loaded)
		outcome = put_rows(rows, work, budget, status);
	while (outcome == HEARTH_STEP_DONE && work->past && !work->ready) {
		outcome = match_past_step(work->past, ROWS_AT_ONCE, status);
		work->ready = outcome == HEARTH_STEP_DONE;
		if (outcome == HEARTH_STEP_MORE && hearth_budget_left(budget))
			outcome = HEARTH_STEP_DONE;
	}
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	work->store = work->past ? match_past_store(work->past) : match_store_now();
	return HEARTH_STEP_DONE;
}

/* ---- the engine ---- */

static void begin_run(struct hearth_call *call, struct match_work *work)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	size_t room = match_run_room(work->store->index);
	if (room > work->room) {
		work->answers = hearth_arena_alloc(arena, room * sizeof *work->answers);
		work->order = hearth_arena_alloc(arena, room * sizeof *work->order);
		work->room = room;
	}
	match_run_begin(&work->run, work->store->index, &work->asked.question, work->answers, work->order, work->room);
	work->running = true;
}

static int run_on(struct hearth_call *call, struct match_work *work, struct hearth_budget *budget)
{
	if (!work->running)
		begin_run(call, work);
	for (;;) {
		switch (match_run_step(&work->run, HOMES_AT_ONCE)) {
		case MATCH_DONE:
			return HEARTH_STEP_DONE;
		case MATCH_GROWN:
			begin_run(call, work);
			break;
		case MATCH_MORE:
			break;
		}
		if (!hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
}

/* ---- the page ---- */

static void begin_page(struct hearth_call *call, struct match_work *work, size_t from, size_t until, bool fitting_only)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	size_t most = fitting_only ? work->run.fits : match_index_count(work->store->index);
	if (!work->homes) {
		work->homes = hearth_arena_alloc(arena, (until - from + 1) * sizeof *work->homes);
		work->slots = hearth_arena_alloc(arena, (until - from + 1) * sizeof *work->slots);
	}
	until = until < most ? until : most;
	work->count = from < until ? match_page(&work->run, from, until, work->slots) : 0;
	work->shown = 0;
	work->changes = work->store->changes;
	work->tries++;
}

static int show_page(struct hearth_call *call, struct match_work *work, size_t from, struct hearth_budget *budget,
                     struct hearth_status *status)
{
	while (work->shown < work->count) {
		uint32_t slot = work->slots[work->shown];
		work->homes[work->shown] = match_show(call, &work->asked, work->store, slot, (int32_t)(from + work->shown + 1), status);
		if (!work->homes[work->shown++])
			return -1;
		if (work->tries <= PATIENCE && work->shown % SHOWN_AT_ONCE == 0 && work->shown < work->count &&
		    !hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	return HEARTH_STEP_DONE;
}

int match_find(struct hearth_call *call, struct match_work *work, size_t from, size_t until, bool fitting_only,
               struct hearth_budget *budget, struct hearth_status *status)
{
	if (work->tries == 0 || work->changes != work->store->changes) {
		int outcome = run_on(call, work, budget);
		if (outcome != HEARTH_STEP_DONE)
			return outcome;
		begin_page(call, work, from, until, fitting_only);
	}
	return show_page(call, work, from, budget, status);
}
