/* match_many.c: MatchGroup and MatchQueue: several needs against all homes at once. They suggest; they place nobody. */
#include "match.h"

#include <stdio.h>
#include <string.h>

#define GROUP_LEAST 2
#define HOMES_AT_ONCE 64         /* each is looked at for each child */

/* The needs of the rows, and one of the engine's two over them. */
struct many {
	struct match_work work;
	struct match_asked *asked;
	size_t count;
	bool begun;
	struct match_group *group;
	struct match_queue queue;
	struct match_queued *queued;
	size_t room;
};

/* ---- plans ---- */

static void bind_several(struct hearth_call *call, size_t most)
{
	match_bind(call, NULL, NULL);
	hearth_bind_int(call, "most", (int64_t)most);
}

int providers_match_group(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__MatchGroupRequest *request = hearth_call_request(call);
	char field[40];
	if (match_check_authority(call, status) < 0 ||
	    hearth_check_range((int64_t)request->n_referral_ids, GROUP_LEAST, MATCH_CHILDREN_MOST, "referral_ids", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_referral_ids; i++) {
		snprintf(field, sizeof field, "referral_ids[%zu]", i);
		if (hearth_check_uuid(request->referral_ids[i], field, status) < 0)
			return -1;
		for (size_t other = 0; other < i; other++)
			if (strcmp(request->referral_ids[i], request->referral_ids[other]) == 0)
				return hearth_fail_field(status, field, "%s stands in referral_ids[%zu] already", request->referral_ids[i],
				                         other);
	}
	bind_several(call, MATCH_CHILDREN_MOST);
	return 0;
}

int providers_match_queue(struct hearth_call *call, struct hearth_status *status)
{
	if (match_check_authority(call, status) < 0)
		return -1;
	bind_several(call, MATCH_QUEUE_MOST);
	hearth_bind_null(call, "referral_ids");
	return 0;
}

/* ---- what is common ---- */

static int read_needs(struct hearth_call *call, const struct hearth_rows *rows, struct many *many, struct hearth_status *status)
{
	size_t most = 0;
	for (size_t row = 0; row < hearth_rows_count(rows); row++)
		most += !hearth_rows_is_null(rows, row, "head");
	many->asked = hearth_arena_alloc(hearth_call_arena(call), (most + 1) * sizeof *many->asked);
	bool first = true;
	for (size_t row = 0; row < hearth_rows_count(rows); row++) {
		if (hearth_rows_is_null(rows, row, "head"))
			continue;
		if (!first && match_ask_further(call, hearth_rows_text(rows, row, "head"), &many->work.asked,
		                                &many->asked[many->count++], status) < 0)
			return -1;
		first = false;
	}
	return 0;
}

/* HEARTH_STEP_DONE once the index is up to date and the needs are read. */
static int begin(struct hearth_call *call, const struct hearth_rows *rows, struct many *many, struct hearth_budget *budget,
                 struct hearth_status *status)
{
	if (many->begun)
		return HEARTH_STEP_DONE;
	int outcome = match_load(call, rows, NULL, &many->work, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	many->begun = true;
	return read_needs(call, rows, many, status) < 0 ? -1 : HEARTH_STEP_DONE;
}

static Hearth__V1__Distance *distance(struct hearth_arena *arena, double miles)
{
	Hearth__V1__Distance *distance = hearth_arena_alloc(arena, sizeof *distance);
	hearth__v1__distance__init(distance);
	distance->miles = miles;
	return distance;
}

/* ---- MatchGroup ---- */

static struct match_store *store_of(const struct many *many)
{
	return many->work.store;
}

static char **referrals_of(struct hearth_arena *arena, const struct many *many, unsigned bits, size_t *ret_count)
{
	char **ids = hearth_arena_alloc(arena, (many->count + 1) * sizeof *ids);
	size_t count = 0;
	for (size_t i = 0; i < many->count; i++)
		if (bits >> i & 1)
			ids[count++] = hearth_arena_strdup(arena, many->asked[i].referral);
	*ret_count = count;
	return ids;
}

static Hearth__Providers__V1__GroupShare *show_share(struct hearth_call *call, const struct many *many,
                                                     const struct match_share *share, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	struct match_row row;
	if (match_store_read(store_of(many), share->slot, &row, status) < 0)
		return NULL;
	Hearth__Providers__V1__GroupShare *shown = hearth_arena_alloc(arena, sizeof *shown);
	hearth__providers__v1__group_share__init(shown);
	shown->home_id = match_id_text(arena, &row.home.id);
	shown->provider_id = hearth_arena_strdup(arena, row.provider);
	shown->name = hearth_arena_strdup(arena, row.name);
	shown->kind = hearth_arena_strdup(arena, match_code_name(MATCH_LIST_KIND, row.home.kind));
	shown->outward = hearth_arena_strdup(arena, row.outward);
	shown->referral_ids = referrals_of(arena, many, share->children, &shown->n_referral_ids);
	shown->score = share->score;
	if (share->tenths < MATCH_GROUP_FAR && shown->n_referral_ids)
		shown->distance = distance(arena, share->tenths / 10.0 / (double)shown->n_referral_ids);
	return shown;
}

static int show_shares(struct hearth_call *call, const struct many *many, const struct match_share *shares, size_t count,
                       Hearth__Providers__V1__GroupShare ***ret_shown, size_t *ret_count, struct hearth_status *status)
{
	*ret_shown = hearth_arena_alloc(hearth_call_arena(call), (count + 1) * sizeof **ret_shown);
	for (size_t i = 0; i < count; i++)
		if (!((*ret_shown)[(*ret_count)++] = show_share(call, many, &shares[i], status)))
			return -1;
	return 0;
}

static Hearth__Providers__V1__MatchReason **rules_against(struct hearth_arena *arena, const struct many *many, uint64_t out,
                                                          size_t *ret_count)
{
	Hearth__Providers__V1__MatchReason **reasons = hearth_arena_alloc(arena, MATCH_RULES * sizeof *reasons);
	for (int rule = 0; rule < MATCH_RULES; rule++) {
		if (!(out & MATCH_BIT(rule)))
			continue;
		const char *source = match_rule_source((enum match_rule)rule, &many->work.asked.law);
		Hearth__Providers__V1__MatchReason *reason = hearth_arena_alloc(arena, sizeof *reason);
		hearth__providers__v1__match_reason__init(reason);
		reason->code = hearth_arena_strdup(arena, match_rule_code((enum match_rule)rule));
		reason->source = hearth_arena_strdup(arena, source ? source : "");
		reason->text = hearth_arena_strdup(arena, "This rule stands against all of them together here.");
		reasons[(*ret_count)++] = reason;
	}
	return reasons;
}

static Hearth__Providers__V1__GroupObstacle *show_near(struct hearth_call *call, const struct many *many,
                                                       const struct match_near *near, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	struct match_row row;
	if (match_store_read(store_of(many), near->slot, &row, status) < 0)
		return NULL;
	Hearth__Providers__V1__GroupObstacle *shown = hearth_arena_alloc(arena, sizeof *shown);
	hearth__providers__v1__group_obstacle__init(shown);
	shown->home_id = match_id_text(arena, &row.home.id);
	shown->name = hearth_arena_strdup(arena, row.name);
	shown->kind = hearth_arena_strdup(arena, match_code_name(MATCH_LIST_KIND, row.home.kind));
	shown->referral_ids = referrals_of(arena, many, near->fit, &shown->n_referral_ids);
	shown->reasons = rules_against(arena, many, near->out, &shown->n_reasons);
	if (near->resident >= 0 && near->resident < row.home.resident_count)
		shown->resident = match_show_resident(arena, &row.home.residents[near->resident], &many->asked[0].need);
	return shown;
}

static int fill_group(struct hearth_call *call, const struct many *many, struct hearth_status *status)
{
	Hearth__Providers__V1__MatchGroupResponse *reply = hearth_call_reply(call);
	const struct match_group *group = many->group;
	struct hearth_arena *arena = hearth_call_arena(call);
	reply->children = hearth_arena_alloc(arena, (many->count + 1) * sizeof *reply->children);
	for (size_t i = 0; i < many->count; i++) {
		Hearth__Providers__V1__MatchChild *child = hearth_arena_alloc(arena, sizeof *child);
		hearth__providers__v1__match_child__init(child);
		child->referral_id = hearth_arena_strdup(arena, many->asked[i].referral);
		child->child_id = hearth_arena_strdup(arena, many->asked[i].child);
		reply->children[reply->n_children++] = child;
	}
	reply->together_homes = (int32_t)group->together_count;
	size_t kept = group->together_count < MATCH_TOGETHER_KEPT ? group->together_count : MATCH_TOGETHER_KEPT;
	if (show_shares(call, many, group->together, kept, &reply->together, &reply->n_together, status) < 0)
		return -1;
	if (group->together_count == 0) {
		if (show_shares(call, many, group->split.shares, group->split.share_count, &reply->split, &reply->n_split, status) < 0)
			return -1;
		reply->unplaced = referrals_of(arena, many, group->split.unplaced, &reply->n_unplaced);
	}
	reply->finished = group->together_count > 0 || group->finished;
	reply->obstacles = hearth_arena_alloc(arena, MATCH_NEAR_KEPT * sizeof *reply->obstacles);
	for (size_t i = 0; i < group->near_count; i++)
		if (!(reply->obstacles[reply->n_obstacles++] = show_near(call, many, &group->near[i], status)))
			return -1;
	reply->rule_counts = match_rule_counts(arena, group->excluded, &many->work.asked.law, &reply->n_rule_counts);
	reply->revision = match_index_revision(store_of(many)->index);
	reply->weights_version = match_weights_name(arena, &many->work.asked);
	reply->rules_of = hearth_arena_strdup(arena, many->work.asked.day);
	return 0;
}

static int begin_group(struct hearth_call *call, struct many *many, struct hearth_status *status)
{
	const Hearth__Providers__V1__MatchGroupRequest *request = hearth_call_request(call);
	struct match_question questions[MATCH_CHILDREN_MOST];
	if (many->count < request->n_referral_ids)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "%zu of these %zu referrals are open and known here (yet)",
		                   many->count, request->n_referral_ids);
	for (size_t i = 0; i < many->count; i++) {
		struct match_need *need = &many->asked[i].need;
		for (size_t other = 0; other < many->count; other++)
			if (other != i && need->sibling_count < MATCH_SIBLINGS_MOST)
				need->siblings[need->sibling_count++] = many->asked[other].need.child;
		questions[i] = many->asked[i].question;
	}
	many->group = hearth_arena_alloc(hearth_call_arena(call), sizeof *many->group);
	match_group_begin(many->group, store_of(many)->index, questions, (unsigned)many->count);
	return 0;
}

int providers_matched_group(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                            struct hearth_status *status)
{
	struct many *many = hearth_call_state(call, sizeof *many);
	int outcome = begin(call, rows, many, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (!many->group && begin_group(call, many, status) < 0)
		return -1;
	while (match_group_step(many->group, HOMES_AT_ONCE) != MATCH_DONE)
		if (!hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	return fill_group(call, many, status) < 0 ? -1 : HEARTH_STEP_DONE;
}

/* ---- MatchQueue ---- */

static char *home_of(struct hearth_arena *arena, const struct many *many, uint32_t slot)
{
	if (slot == MATCH_NO_SLOT)
		return hearth_arena_strdup(arena, "");
	return match_id_text(arena, &match_index_home(store_of(many)->index, slot)->id);
}

static Hearth__Providers__V1__QueueTotal *show_total(struct hearth_arena *arena, const struct match_plan *plan)
{
	Hearth__Providers__V1__QueueTotal *total = hearth_arena_alloc(arena, sizeof *total);
	hearth__providers__v1__queue_total__init(total);
	total->placed = (int32_t)plan->placed;
	total->children = (int32_t)plan->children;
	total->score = plan->score;
	if (plan->tenths_known)
		total->mean_distance = distance(arena, (double)((plan->tenths + (int64_t)plan->tenths_known / 2) /
		                                                (int64_t)plan->tenths_known) / 10.0);
	return total;
}

static int add_suggestion(struct hearth_call *call, const struct many *many, size_t at, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	const struct match_suggestion *is = &many->queue.suggestions[at];
	Hearth__Providers__V1__QueueOption options[MATCH_OPTIONS], *listed[MATCH_OPTIONS];
	Hearth__Providers__V1__QueueSuggestion shown;
	hearth__providers__v1__queue_suggestion__init(&shown);
	shown.referral_id = hearth_arena_strdup(arena, many->asked[at].referral);
	shown.child_id = hearth_arena_strdup(arena, many->asked[at].child);
	shown.home_id = home_of(arena, many, is->slot);
	shown.home_id_in_turn = home_of(arena, many, is->slot_in_turn);
	shown.fitting = (int32_t)is->fits;
	shown.options = listed;
	for (unsigned i = 0; i < is->option_count; i++) {
		struct match_row row;
		if (match_store_read(store_of(many), is->options[i].slot, &row, status) < 0)
			return -1;
		hearth__providers__v1__queue_option__init(&options[i]);
		options[i].home_id = match_id_text(arena, &row.home.id);
		options[i].name = hearth_arena_strdup(arena, row.name);
		options[i].score = is->options[i].score;
		options[i].free = is->options[i].free;
		if (is->options[i].tenths != INT32_MAX)
			options[i].distance = distance(arena, is->options[i].tenths / 10.0);
		listed[shown.n_options++] = &options[i];
	}
	hearth_reply_add(call, "suggestions", &shown.base);
	return 0;
}

static int fill_queue(struct hearth_call *call, const struct many *many, struct hearth_status *status)
{
	Hearth__Providers__V1__MatchQueueResponse *reply = hearth_call_reply(call);
	struct hearth_arena *arena = hearth_call_arena(call);
	for (size_t i = 0; i < many->count; i++)
		if (add_suggestion(call, many, i, status) < 0)
			return -1;
	reply->suggested = show_total(arena, &many->queue.suggested);
	reply->in_turn = show_total(arena, &many->queue.in_turn);
	reply->best = many->queue.best;
	reply->withdrawn = (int32_t)many->queue.withdrawn;
	reply->revision = many->queue.revision;
	reply->weights_version = match_weights_name(arena, &many->work.asked);
	reply->rules_of = hearth_arena_strdup(arena, many->work.asked.day);
	return 0;
}

static void begin_queue(struct hearth_call *call, struct many *many)
{
	struct match_index *index = store_of(many)->index;
	struct hearth_arena *arena = hearth_call_arena(call);
	many->queued = hearth_arena_alloc(arena, (many->count + 1) * sizeof *many->queued);
	for (size_t i = 0; i < many->count; i++)
		many->queued[i] = (struct match_queued){ many->asked[i].question, many->asked[i].opened_us };
	match_queue_begin(&many->queue, index, many->queued, many->count,
	                  hearth_arena_alloc(arena, match_queue_bytes(index, many->count)));
}

int providers_matched_queue(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                            struct hearth_status *status)
{
	struct many *many = hearth_call_state(call, sizeof *many);
	int outcome = begin(call, rows, many, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (many->count > MATCH_QUEUE_MOST)
		return hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "TOO_MANY_OPEN", "more than %d referrals are open: too many to be "
		                   "shared out at once", MATCH_QUEUE_MOST);
	if (!many->queued)
		begin_queue(call, many);
	for (;;) {
		enum match_step step = match_queue_step(&many->queue, HOMES_AT_ONCE * 4);
		if (step == MATCH_DONE)
			break;
		if (step == MATCH_GROWN)
			begin_queue(call, many);
		if (!hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	return fill_queue(call, many, status) < 0 ? -1 : HEARTH_STEP_DONE;
}
