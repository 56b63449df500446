/* match_shortlist.c: the first homes of each open referral, told when they are first found and whenever they change.
 *
 * Timer "find_homes", one a referral, looks when a need is new or has changed. Timer "shortlists", one of the suite, looks
 * when homes have changed or a day has begun: it goes through the needs that were last looked at before, some a round. A need
 * whose homes did not change is passed over after a look at those that did; another one is matched whole, and its shortlist
 * is told when it is no longer the one that was told last.
 */
#include "match.h"

#include <inttypes.h>
#include <string.h>

#define TOLD_MOST 10

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
