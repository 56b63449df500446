/* match_calls.c: MatchHomes, ExplainHome, GetMatch, ListMatches, and FindHomes as it was before them.
 *
 * A new answer of MatchHomes is kept (table match_run) before it leaves; its further pages, and GetMatch, are made again from
 * what was kept: the same needs, rules, weights and areas, and every home as it was at that revision.
 */
#include "match.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/json.h>
#include <hearth/text.h>

#define PAGE_DEFAULT 50
#define PAGE_MOST 500
#define PAGES_FROM_MOST 1000000

struct answering {
	struct match_work work;
	char run_id[HEARTH_UUID_SIZE];
};

/* ---- plans ---- */

/* "<id of the answer>.<rank>": `ret_run` is empty without a token. */
static int read_token(const char *token, char ret_run[HEARTH_UUID_SIZE], size_t *ret_from, struct hearth_status *status)
{
	struct hearth_uuid uuid;
	const char *rank = token + HEARTH_UUID_SIZE;
	ret_run[0] = '\0';
	*ret_from = 0;
	if (!*token)
		return 0;
	if (strlen(token) <= HEARTH_UUID_SIZE || token[HEARTH_UUID_SIZE - 1] != '.' || strlen(rank) > 7 ||
	    strspn(rank, "0123456789") != strlen(rank))
		return hearth_fail_field(status, "page_token", "page_token was not made by this call");
	memcpy(ret_run, token, HEARTH_UUID_SIZE - 1);
	ret_run[HEARTH_UUID_SIZE - 1] = '\0';
	*ret_from = (size_t)strtoull(rank, NULL, 10);
	if (hearth_uuid_parse(ret_run, &uuid) < 0 || *ret_from > PAGES_FROM_MOST)
		return hearth_fail_field(status, "page_token", "page_token was not made by this call");
	return 0;
}

static int check_asked(const char *referral_id, const Hearth__Providers__V1__Needs *needs, struct hearth_status *status)
{
	if (*referral_id && needs)
		return hearth_fail_field(status, "needs", "either referral_id or needs is given, not both");
	if (!needs)
		return hearth_check_uuid(referral_id, "referral_id", status);
	return providers_check_needs(needs, status);
}

int providers_match_homes(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__MatchHomesRequest *request = hearth_call_request(call);
	char run[HEARTH_UUID_SIZE];
	size_t from;
	if (match_check_authority(call, status) < 0 || check_asked(request->referral_id, request->needs, status) < 0 ||
	    hearth_check_range(request->page_size, 0, PAGE_MOST, "page_size", status) < 0 ||
	    read_token(request->page_token, run, &from, status) < 0)
		return -1;
	match_bind(call, request->referral_id, run);
	return 0;
}

int providers_explain_home(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ExplainHomeRequest *request = hearth_call_request(call);
	if (match_check_authority(call, status) < 0 || hearth_check_uuid(request->home_id, "home_id", status) < 0 ||
	    hearth_check_uuid_or_empty(request->match_id, "match_id", status) < 0)
		return -1;
	if (*request->match_id && request->needs)
		return hearth_fail_field(status, "needs", "an answer that was given has its own needs");
	if (*request->match_id) {
		if (hearth_check_uuid_or_empty(request->referral_id, "referral_id", status) < 0)
			return -1;
	} else if (check_asked(request->referral_id, request->needs, status) < 0) {
		return -1;
	}
	match_bind(call, request->referral_id, request->match_id);
	return 0;
}

int providers_get_match(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetMatchRequest *request = hearth_call_request(call);
	char run[HEARTH_UUID_SIZE];
	size_t from;
	if (match_check_authority(call, status) < 0 || hearth_check_uuid(request->match_id, "match_id", status) < 0 ||
	    hearth_check_range(request->page_size, 0, PAGE_MOST, "page_size", status) < 0 ||
	    read_token(request->page_token, run, &from, status) < 0)
		return -1;
	if (*run && strcmp(run, request->match_id) != 0)
		return hearth_fail_field(status, "page_token", "page_token was not made by this call");
	match_bind(call, NULL, request->match_id);
	return 0;
}

int providers_list_matches(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListMatchesRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->referral_id, "referral_id", status);
}

/* ---- what is common to the answers ---- */

static int not_known(const struct match_work *work, const char *run, struct hearth_status *status)
{
	if (work->asked.needs)
		return 0;
	return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", *run ? "no answer of this id is kept"
	                   : "no open referral of this id is known here (yet)");
}

static size_t left_out(const struct match_work *work)
{
	return match_index_count(work->store->index) - work->run.fits;
}

/* The token of the page behind `until`, or NULL when there is none. */
static char *token_behind(struct hearth_arena *arena, const struct match_work *work, const char *run, size_t until, bool fitting_only)
{
	size_t most = fitting_only ? work->run.fits : match_index_count(work->store->index);
	return until < most ? hearth_arena_printf(arena, "%s.%zu", run, until) : NULL;
}

static void add_homes(struct hearth_call *call, const struct match_work *work)
{
	for (size_t i = 0; i < work->count; i++)
		hearth_reply_add(call, "homes", &work->homes[i]->base);
}

/* ---- MatchHomes ---- */

/* What the kept answer is made from, for sql/keep_match.sql. */
static void bind_kept(struct hearth_call *call, const struct answering *answering)
{
	const struct match_work *work = &answering->work;
	const struct match_asked *asked = &work->asked;
	hearth_bind_text(call, "run_id", answering->run_id);
	hearth_bind_text(call, "run_referral", asked->referral);
	hearth_bind_text(call, "run_child", asked->child);
	hearth_bind_text(call, "run_needs", hearth_json_print(hearth_call_arena(call), &asked->needs->base, 0));
	hearth_bind_text(call, "run_urgency", asked->urgency);
	hearth_bind_int(call, "run_revision", match_index_revision(work->store->index));
	hearth_bind_text(call, "run_weights_authority", asked->weights_authority);
	hearth_bind_int(call, "run_weights_version", asked->weights_version);
	hearth_bind_text(call, "run_law", asked->law_json ? asked->law_json : "[]");
	hearth_bind_text(call, "run_adjoining", asked->adjoining_json);
	hearth_bind_int(call, "run_fitting", (int64_t)work->run.fits);
	hearth_bind_int(call, "run_left_out", (int64_t)left_out(work));
}

static void fill_match_homes(struct hearth_call *call, const struct answering *answering, size_t until, bool fitting_only)
{
	Hearth__Providers__V1__MatchHomesResponse *reply = hearth_call_reply(call);
	const struct match_work *work = &answering->work;
	struct hearth_arena *arena = hearth_call_arena(call);
	char *token = token_behind(arena, work, answering->run_id, until, fitting_only);
	add_homes(call, work);
	reply->match_id = hearth_arena_strdup(arena, answering->run_id);
	if (token)
		reply->next_page_token = token;
	reply->fitting = (int32_t)work->run.fits;
	reply->left_out = (int32_t)left_out(work);
	reply->rule_counts = match_rule_counts(arena, work->run.excluded, &work->asked.law, &reply->n_rule_counts);
	reply->revision = match_index_revision(work->store->index);
	reply->weights_version = match_weights_name(arena, &work->asked);
	reply->rules_of = hearth_arena_strdup(arena, work->asked.day);
	reply->needs = work->asked.needs;
}

int providers_matched_homes(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                            struct hearth_status *status)
{
	const Hearth__Providers__V1__MatchHomesRequest *request = hearth_call_request(call);
	struct answering *answering = hearth_call_state(call, sizeof *answering);
	struct match_work *work = &answering->work;
	char run[HEARTH_UUID_SIZE];
	size_t from, size = request->page_size ? (size_t)request->page_size : PAGE_DEFAULT;
	if (read_token(request->page_token, run, &from, status) < 0)
		return -1;
	int outcome = match_load(call, rows, *run ? NULL : request->needs, work, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (not_known(work, run, status) < 0)
		return -1;
	if (*run && strcmp(work->asked.referral ? work->asked.referral : "", request->referral_id) != 0)
		return hearth_fail_field(status, "page_token", "page_token is of an answer to something else that was asked");
	outcome = match_find(call, work, from, from + size, request->fitting_only, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (*run) {
		memcpy(answering->run_id, run, sizeof run);
	} else {
		struct hearth_uuid uuid;
		hearth_uuid_new(&uuid);
		hearth_uuid_format(&uuid, answering->run_id);
		bind_kept(call, answering);
	}
	fill_match_homes(call, answering, from + size, request->fitting_only);
	return *run ? HEARTH_STEP_DONE : HEARTH_STEP_KEEP;
}

/* ---- GetMatch ---- */

static Hearth__Providers__V1__Match *match_of(struct hearth_arena *arena, const struct match_work *work, const char *id)
{
	const struct match_asked *asked = &work->asked;
	Hearth__Providers__V1__Match *match = hearth_arena_alloc(arena, sizeof *match);
	hearth__providers__v1__match__init(match);
	match->id = hearth_arena_strdup(arena, id);
	match->referral_id = hearth_arena_strdup(arena, asked->referral ? asked->referral : "");
	match->child_id = hearth_arena_strdup(arena, asked->child ? asked->child : "");
	match->revision = asked->as_of;
	match->weights_version = match_weights_name(arena, asked);
	match->rules_of = hearth_arena_strdup(arena, asked->day);
	match->fitting = (int32_t)work->run.fits;
	match->left_out = (int32_t)left_out(work);
	match->actor = hearth_arena_strdup(arena, asked->actor ? asked->actor : "");
	match->created = hearth_arena_alloc(arena, sizeof *match->created);
	google__protobuf__timestamp__init(match->created);
	match->created->seconds = asked->created_us / 1000000;
	match->created->nanos = (int32_t)(asked->created_us % 1000000 * 1000);
	return match;
}

int providers_got_match(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                        struct hearth_status *status)
{
	const Hearth__Providers__V1__GetMatchRequest *request = hearth_call_request(call);
	Hearth__Providers__V1__GetMatchResponse *reply = hearth_call_reply(call);
	struct match_work *work = hearth_call_state(call, sizeof *work);
	struct hearth_arena *arena = hearth_call_arena(call);
	char run[HEARTH_UUID_SIZE];
	size_t from, size = request->page_size ? (size_t)request->page_size : PAGE_DEFAULT;
	if (read_token(request->page_token, run, &from, status) < 0)
		return -1;
	int outcome = match_load(call, rows, NULL, work, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (not_known(work, request->match_id, status) < 0)
		return -1;
	outcome = match_find(call, work, from, from + size, request->fitting_only, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	char *token = token_behind(arena, work, request->match_id, from + size, request->fitting_only);
	add_homes(call, work);
	reply->match = match_of(arena, work, request->match_id);
	if (token)
		reply->next_page_token = token;
	reply->rule_counts = match_rule_counts(arena, work->run.excluded, &work->asked.law, &reply->n_rule_counts);
	return HEARTH_STEP_DONE;
}

/* ---- ExplainHome ---- */

int providers_explained_home(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                             struct hearth_status *status)
{
	const Hearth__Providers__V1__ExplainHomeRequest *request = hearth_call_request(call);
	Hearth__Providers__V1__ExplainHomeResponse *reply = hearth_call_reply(call);
	struct match_work *work = hearth_call_state(call, sizeof *work);
	struct hearth_arena *arena = hearth_call_arena(call);
	struct hearth_uuid uuid;
	struct match_id id;
	size_t slot;
	int outcome = match_load(call, rows, request->needs, work, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (not_known(work, request->match_id, status) < 0)
		return -1;
	const char *referral = work->asked.referral ? work->asked.referral : "";
	if (*request->match_id && *request->referral_id && strcmp(referral, request->referral_id) != 0)
		return hearth_fail_field(status, "match_id", "this answer is not of that referral");
	if (hearth_uuid_parse(request->home_id, &uuid) < 0)
		return hearth_check_uuid(request->home_id, "home_id", status);
	memcpy(id.bytes, uuid.bytes, sizeof id.bytes);
	if (!match_index_find(work->store->index, &id, &slot))
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "there is no such home, or there was none then");
	reply->home = match_show(call, &work->asked, work->store, slot, 0, status);
	if (!reply->home)
		return -1;
	reply->revision = work->asked.as_of ? work->asked.as_of : match_index_revision(work->store->index);
	reply->weights_version = match_weights_name(arena, &work->asked);
	reply->rules_of = hearth_arena_strdup(arena, work->asked.day);
	reply->child_id = hearth_arena_strdup(arena, work->asked.child ? work->asked.child : "");
	return HEARTH_STEP_DONE;
}
