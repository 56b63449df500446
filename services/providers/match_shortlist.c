/* match_shortlist.c: the first homes of each open referral, told when they are first found and whenever they change.
 *
 * Timer "find_homes", one a referral, looks when a need is new or has changed. Timer "shortlists", one of the suite, looks
 * when homes have changed or a day has begun: it goes through the needs that were last looked at before, some a round. A need
 * whose homes did not change is passed over after a look at those that did; another one is matched whole, and its shortlist
 * is told when it is no longer the one that was told last.
 */
#include "match.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/json.h>
#include <hearth/text.h>

#define TOLD_MOST 10
#define CHANGES_MOST 200         /* more changed homes, and a need is matched whole */
#define SLOTS_AT_ONCE 2000

int providers_search_begin(struct hearth_call *call, struct hearth_status *status)
{
	(void)status;
	hearth_bind_int(call, "known_revision", match_index_revision(match_store_now()->index));
	hearth_bind_null(call, "run_id");
	return 0;
}

/* proto3 JSON of a FoundHome; ids are UUIDs, so nothing needs escaping. */
static char *told_home(struct hearth_arena *arena, const Hearth__Providers__V1__MatchedHome *home)
{
	const char *far = "", *fee = "";
	if (home->distance)
		far = hearth_arena_printf(arena, "\"distance\":{\"miles\":%.1f},", home->distance->miles);
	if (home->weekly_fee)
		fee = hearth_arena_printf(arena, "\"weeklyFee\":{\"pence\":\"%" PRId64 "\"},", home->weekly_fee->pence);
	return hearth_arena_printf(arena, "{\"homeId\":\"%s\",%s%s\"freePlaces\":%d}", home->home_id, far, fee,
	                           (int)home->places_offerable);
}

static char *told_homes(struct hearth_arena *arena, const struct match_work *work)
{
	char *homes = hearth_arena_strdup(arena, "");
	for (size_t i = 0; i < work->count; i++)
		homes = hearth_arena_printf(arena, "%s%s%s", homes, i ? "," : "", told_home(arena, work->homes[i]));
	return hearth_arena_printf(arena, "[%s]", homes);
}

int providers_search_timer(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                           struct hearth_status *status)
{
	struct match_work *work = hearth_call_state(call, sizeof *work);
	int outcome = match_load(call, rows, NULL, work, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (work->asked.needs) {
		outcome = match_find(call, work, 0, TOLD_MOST, true, budget, status);
		if (outcome != HEARTH_STEP_DONE)
			return outcome;
	}
	hearth_bind_bool(call, "searched", work->asked.needs != NULL);
	hearth_bind_text(call, "homes", told_homes(hearth_call_arena(call), work));
	hearth_bind_int(call, "suitable", (int64_t)work->run.fits);
	hearth_bind_int(call, "left_out", (int64_t)(match_index_count(work->store->index) - work->run.fits));
	hearth_bind_int(call, "revision", match_index_revision(work->store->index));
	return HEARTH_STEP_DONE;
}

/* ---- timer "shortlists" ---- */

/* The first homes of the needs of a round, one need after the other. */
struct round {
	struct match_work load;          /* the rows */
	bool begun;
	size_t row;                      /* of the need that is looked at */
	bool looking;
	json_t *found, *looked;
	bool whole, same;                /* matched whole; nothing to match */
	size_t slot, changed;
	struct match_work work;
};

static void end_round(void *context)
{
	struct round *round = context;
	json_decref(round->looked);
	json_decref(round->found);
}

/* Is this home in the shortlist that was told? */
static bool was_told(const struct round *round, struct hearth_arena *arena, const struct match_id *id)
{
	const char *text = match_id_text(arena, id), *told;
	size_t index;
	const json_t *home;
	json_array_foreach(json_object_get(round->found, "found"), index, home)
		if ((told = json_string_value(json_object_get(home, "homeId"))) && strcmp(told, text) == 0)
			return true;
	return false;
}

/* Looks at the homes that changed since the need was looked at: could its shortlist be another now? HEARTH_STEP_DONE when
 * round->whole or round->same says so. */
static int look_at_changes(struct hearth_call *call, struct round *round, struct hearth_budget *budget)
{
	const struct match_index *index = match_store_now()->index;
	int64_t since = json_integer_value(json_object_get(round->found, "foundRevision"));
	struct match_explained explained;
	while (round->slot < match_index_count(index)) {
		const struct match_home *home = match_index_home(index, round->slot++);
		if (home->revision > since) {
			match_explain(&round->work.asked.question, home, &explained);
			round->whole = explained.out == 0 || was_told(round, hearth_call_arena(call), &home->id) ||
			               ++round->changed > CHANGES_MOST;
			if (round->whole)
				return HEARTH_STEP_DONE;
		}
		if ((home->revision > since || round->slot % SLOTS_AT_ONCE == 0) && !hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	round->same = true;
	return HEARTH_STEP_DONE;
}

static int begin_need(struct hearth_call *call, const struct hearth_rows *rows, struct round *round, struct hearth_status *status)
{
	const char *head = hearth_rows_text(rows, round->row, "head");
	struct match_answer *answers = round->work.answers;
	uint32_t *order = round->work.order;
	size_t room = round->work.room;
	json_decref(round->found);
	round->found = json_loads(head, 0, NULL);
	round->work = (struct match_work){ .answers = answers, .order = order, .room = room, .store = match_store_now() };
	if (match_ask(call, head, NULL, &round->work.asked, status) < 0)
		return -1;
	round->work.asked.need.authority = match_authority(json_string_value(json_object_get(round->found, "authority")));
	round->whole = !json_is_true(json_object_get(round->found, "foundToday"));
	round->same = round->work.asked.needs == NULL;
	round->slot = round->changed = 0;
	round->looking = true;
	return 0;
}

static void end_need(struct hearth_call *call, struct round *round)
{
	json_t *was = json_object_get(round->found, "found"), *is = NULL;
	json_t *one = json_pack("{s:O, s:O, s:O}", "authority", json_object_get(round->found, "authority"), "referral_id",
	                        json_object_get(round->found, "referralId"), "version", json_object_get(round->found, "version"));
	if (!round->same) {
		is = json_loads(told_homes(hearth_call_arena(call), &round->work), 0, NULL);
		json_object_set_new(one, "told", json_boolean(!was || !json_equal(was, is)));
		json_object_set_new(one, "homes", is);
		json_object_set_new(one, "suitable", json_integer((json_int_t)round->work.run.fits));
		json_object_set_new(one, "left_out", json_integer((json_int_t)(match_index_count(round->work.store->index) -
		                                                               round->work.run.fits)));
	} else {
		json_object_set_new(one, "told", json_false());
	}
	json_array_append_new(round->looked, one);
	round->looking = false;
}

static int look_at_need(struct hearth_call *call, const struct hearth_rows *rows, struct round *round,
                        struct hearth_budget *budget, struct hearth_status *status)
{
	int outcome = HEARTH_STEP_DONE;
	if (!round->looking && begin_need(call, rows, round, status) < 0)
		return -1;
	if (!round->whole && !round->same)
		outcome = look_at_changes(call, round, budget);
	if (outcome == HEARTH_STEP_DONE && round->whole)
		outcome = match_find(call, &round->work, 0, TOLD_MOST, true, budget, status);
	if (outcome == HEARTH_STEP_DONE)
		end_need(call, round);
	return outcome;
}

int providers_shortlists_timer(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                               struct hearth_status *status)
{
	struct round *round = hearth_call_state(call, sizeof *round);
	int outcome = match_load(call, rows, NULL, &round->load, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (!round->begun) {
		round->begun = true;
		round->looked = json_array();
		round->row = 1;              /* behind the head */
		hearth_arena_at_end(hearth_call_arena(call), end_round, round);
	}
	for (; round->row < hearth_rows_count(rows) && !hearth_rows_is_null(rows, round->row, "head"); round->row++) {
		outcome = look_at_need(call, rows, round, budget, status);
		if (outcome != HEARTH_STEP_DONE)
			return outcome;
		if (round->row + 1 < hearth_rows_count(rows) && !hearth_budget_left(budget)) {
			round->row++;
			return HEARTH_STEP_MORE;
		}
	}
	char *looked = json_dumps(round->looked, JSON_COMPACT);
	hearth_bind_text(call, "looked", looked);
	free(looked);
	/* What was committed while they were looked at is for the next round. */
	hearth_bind_int(call, "revision", round->load.asked.revision);
	return HEARTH_STEP_DONE;
}

/* ---- timer "match_keep" ---- */

int providers_match_keep(struct hearth_call *call, struct hearth_status *status)
{
	char from[HEARTH_DATE_SIZE];
	int64_t days = hearth_config_int(hearth_call_config(call), "match-days");
	(void)status;
	hearth_date_format(match_day(hearth_call_today(call), 0) - (int32_t)days, from);
	hearth_bind_text(call, "keep_from", from);
	return 0;
}
