/* search.c: FindHomes, the call that was before MatchHomes, and the timer that tells the first homes of a referral.
 *
 * Both answer from the same engine as MatchHomes, so that all of them show the same homes in the same order.
 */
#include "match.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT 50
#define PAGE_MOST 500

/* ---- FindHomes ---- */

static int read_token(const char *token, size_t *ret_from, struct hearth_status *status)
{
	size_t size = strlen(token);
	if (size > 7 || strspn(token, "0123456789") != size)
		return hearth_fail_field(status, "page_token", "page_token was not made by this service");
	*ret_from = (size_t)strtoull(token, NULL, 10);
	return 0;
}

int providers_find_homes(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__FindHomesRequest *request = hearth_call_request(call);
	size_t from;
	if (*request->referral_id && request->needs)
		return hearth_fail_field(status, "needs", "either referral_id or needs is given, not both");
	if (!request->needs && hearth_check_uuid(request->referral_id, "referral_id", status) < 0)
		return -1;
	if (request->needs && providers_check_needs(request->needs, status) < 0)
		return -1;
	if (hearth_check_range(request->page_size, 0, PAGE_MOST, "page_size", status) < 0 ||
	    read_token(request->page_token, &from, status) < 0)
		return -1;
	match_bind(call, request->referral_id, NULL);
	return 0;
}

static void show_reasons(struct hearth_arena *arena, const Hearth__Providers__V1__MatchedHome *home,
                         Hearth__Providers__V1__FindingResult *shown)
{
	shown->reasons = hearth_arena_alloc(arena, (home->n_reasons + 1) * sizeof *shown->reasons);
	for (size_t i = 0; i < home->n_reasons; i++) {
		Hearth__Providers__V1__LeftOutReason *reason = hearth_arena_alloc(arena, sizeof *reason);
		hearth__providers__v1__left_out_reason__init(reason);
		reason->code = home->reasons[i]->code;
		reason->text = home->reasons[i]->text;
		reason->source = home->reasons[i]->source;
		shown->reasons[shown->n_reasons++] = reason;
	}
	shown->notes = hearth_arena_alloc(arena, (home->n_notes + 1) * sizeof *shown->notes);
	for (size_t i = 0; i < home->n_notes; i++) {
		Hearth__Providers__V1__FindingNote *note = hearth_arena_alloc(arena, sizeof *note);
		hearth__providers__v1__finding_note__init(note);
		note->code = home->notes[i]->code;
		note->text = home->notes[i]->text;
		shown->notes[shown->n_notes++] = note;
	}
}

static void add_home(struct hearth_call *call, const Hearth__Providers__V1__MatchedHome *home)
{
	Hearth__Providers__V1__FindingResult shown;
	hearth__providers__v1__finding_result__init(&shown);
	shown.home_id = home->home_id;
	shown.provider_id = home->provider_id;
	shown.name = home->name;
	shown.kind = (Hearth__Providers__V1__HomeKind)match_code(MATCH_LIST_KIND, home->kind);
	shown.outward = home->outward;
	shown.suitable = home->fits;
	shown.distance = home->distance;
	shown.weekly_fee = home->weekly_fee;
	shown.free_places = home->places_offerable;
	show_reasons(hearth_call_arena(call), home, &shown);
	hearth_reply_add(call, "homes", &shown.base);
}

static void show_counts(const struct match_work *work, struct hearth_arena *arena,
                        Hearth__Providers__V1__FindHomesResponse *reply)
{
	reply->reason_counts = hearth_arena_alloc(arena, MATCH_RULES * sizeof *reply->reason_counts);
	for (int rule = 0; rule < MATCH_RULES; rule++) {
		if (!work->run.excluded[rule])
			continue;
		Hearth__Providers__V1__ReasonCount *count = hearth_arena_alloc(arena, sizeof *count);
		hearth__providers__v1__reason_count__init(count);
		count->code = hearth_arena_strdup(arena, match_rule_code((enum match_rule)rule));
		count->homes = (int32_t)work->run.excluded[rule];
		reply->reason_counts[reply->n_reason_counts++] = count;
	}
}

int providers_found_homes(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                          struct hearth_status *status)
{
	const Hearth__Providers__V1__FindHomesRequest *request = hearth_call_request(call);
	Hearth__Providers__V1__FindHomesResponse *reply = hearth_call_reply(call);
	struct match_work *work = hearth_call_state(call, sizeof *work);
	struct hearth_arena *arena = hearth_call_arena(call);
	size_t from = 0, size = request->page_size ? (size_t)request->page_size : PAGE_DEFAULT;
	if (read_token(request->page_token, &from, status) < 0)
		return -1;
	int outcome = match_load(call, rows, request->needs, work, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (!work->asked.needs)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "no open referral of this id is known here (yet)");
	outcome = match_find(call, work, from, from + size, request->suitable_only, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	size_t count = match_index_count(work->store->index), most = request->suitable_only ? work->run.fits : count;
	for (size_t i = 0; i < work->count; i++)
		add_home(call, work->homes[i]);
	if (from + size < most)
		reply->next_page_token = hearth_arena_printf(arena, "%zu", from + size);
	reply->suitable = (int32_t)work->run.fits;
	reply->left_out = (int32_t)(count - work->run.fits);
	show_counts(work, arena, reply);
	reply->rules_of = hearth_arena_strdup(arena, work->asked.day);
	reply->needs = work->asked.needs;
	return HEARTH_STEP_DONE;
}
