/* search.c: finding homes: the rows of homes_for_need through the finding rule, ranked.
 *
 * FindHomes answers with every home, those that fit first; the timer "find_homes" tells the first ten of them. Both use
 * the same statement and the same rule, so that the call shows what the event told. Both reckon in steps: every home by
 * the rule, the ranking, then the page, for which the rule is asked again rather than kept for all.
 */
#include "providers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/json.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/v1/common.pb-c.h>
#include "finding.h"
#include "ranking.h"

#define PAGE_DEFAULT 50
#define PAGE_MOST 500
#define TOLD_MOST 10
#define CODES_MOST 32
#define HOMES_AT_ONCE 16         /* between two looks at the clock */
#define MOVES_AT_ONCE 512

/* One home with what decides its rank. */
struct candidate {
	size_t row;
	const char *id;
	bool suitable;
	struct finding_rank rank;
};

struct reason_count { const char *code; int64_t homes; };

struct search {
	bool known;                      /* what is needed is known */
	Hearth__Providers__V1__Needs *needs;
	struct finding_need need;
	struct finding_law law;
	bool begun, ranking_begun;
	size_t next_row, next_shown;     /* where the next step goes on */
	struct candidate *candidates;
	size_t count, suitable;
	struct ranking ranking;
	struct reason_count reasons[CODES_MOST];
	size_t reason_count;
};

/* ---- what the statement gives ---- */

static struct finding_number number_at(const struct hearth_rows *rows, size_t row, const char *column)
{
	const char *text = hearth_rows_text(rows, row, column);
	return (struct finding_number){ text != NULL, text ? strtoll(text, NULL, 10) : 0 };
}

static enum finding_kind kind_of(const char *text)
{
	if (strcmp(text, "CHILDRENS_HOME") == 0)
		return FINDING_CHILDRENS_HOME;
	return strcmp(text, "SUPPORTED_ACCOMMODATION") == 0 ? FINDING_SUPPORTED_ACCOMMODATION : FINDING_FOSTERING;
}

static enum finding_registration registration_of(const char *text)
{
	static const char *const names[] = { "", "REGISTERED", "APPLIED", "NOT_REGISTERED", "SUSPENDED" };
	for (int i = 1; text && i < 5; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum finding_registration)i;
	return FINDING_REGISTRATION_UNKNOWN;
}

static void read_home(const struct hearth_rows *rows, size_t row, struct finding_home *ret_home)
{
	struct finding_number easting = number_at(rows, row, "easting"), northing = number_at(rows, row, "northing");
	const char *sex = hearth_rows_text(rows, row, "sex");
	*ret_home = (struct finding_home){
		.kind = kind_of(hearth_rows_text(rows, row, "kind")),
		.open = hearth_rows_text(rows, row, "open")[0] == 't',
		.free = hearth_rows_int(rows, row, "free"),
		.living = hearth_rows_int(rows, row, "living"),
		.least_age = number_at(rows, row, "least_age"),
		.most_age = number_at(rows, row, "most_age"),
		.most_children = number_at(rows, row, "most_children"),
		.sex = sex ? sex[0] : '\0',
		.siblings_only = hearth_rows_text(rows, row, "siblings_only")[0] == 't',
		.grid = { easting.known && northing.known, (int32_t)easting.value, (int32_t)northing.value },
		.pence = number_at(rows, row, "weekly_fee_pence"),
		.has_urn = !hearth_rows_is_null(rows, row, "urn"),
		.registration = registration_of(hearth_rows_text(rows, row, "registration")),
	};
}

static struct finding_number number_of(const Hearth__V1__Count *count)
{
	return (struct finding_number){ count != NULL, count ? count->value : 0 };
}

static void read_need(const Hearth__Providers__V1__Needs *needs, struct finding_need *ret_need)
{
	const Hearth__V1__GridReference *grid = needs->home_grid;
	*ret_need = (struct finding_need){
		.age = number_of(needs->age),
		.sex = needs->sex && *needs->sex ? needs->sex[0] : 'U',
		.grid = { grid != NULL, grid ? grid->easting : 0, grid ? grid->northing : 0 },
		.miles_limited = needs->most_miles != NULL,
		.most_miles = needs->most_miles ? needs->most_miles->miles : 0,
		.most_pence = { needs->most_weekly_fee != NULL, needs->most_weekly_fee ? needs->most_weekly_fee->pence : 0 },
		.children = needs->children > 0 ? needs->children : 1,
	};
	for (size_t i = 0; i < needs->n_home_kinds; i++)
		ret_need->kinds |= 1U << kind_of(needs->home_kinds[i]);
}

/* Rules of the day, as the statement lists them. A rule that is not listed is not in force. */
static int read_law(struct hearth_call *call, const char *text, struct finding_law *ret_law, struct hearth_status *status)
{
	struct finding_law *law = ret_law;
	struct { const char *code; struct finding_rule *rule; } const known[] = {
		{ "OTHER_ARRANGEMENT_LEAST_AGE", &law->other_arrangement_least_age },
		{ "SUPPORTED_REGISTRATION", &law->supported_registration },
		{ "CHILDRENS_HOME_REGISTRATION", &law->childrens_home_registration },
		{ "FOSTERING_USUAL_LIMIT", &law->fostering_usual_limit },
		{ "TERMS_OF_APPROVAL", &law->terms_of_approval },
	};
	json_t *rules = json_loads(text ? text : "[]", 0, NULL), *rule;
	size_t index;
	if (!rules)
		return hearth_fail(status, HEARTH_INTERNAL, "RULES", "the rules of the day cannot be read");
	json_array_foreach(rules, index, rule) {
		const char *code = json_string_value(json_object_get(rule, "code"));
		const char *source = json_string_value(json_object_get(rule, "source"));
		for (size_t i = 0; code && source && i < sizeof known / sizeof known[0]; i++)
			if (strcmp(known[i].code, code) == 0)
				*known[i].rule = (struct finding_rule){ hearth_arena_strdup(hearth_call_arena(call), source),
					                                    json_integer_value(json_object_get(rule, "value")) };
	}
	json_decref(rules);
	return 0;
}

/* ---- the search ---- */

static int by_rank(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	if (a->suitable != b->suitable)
		return a->suitable ? -1 : 1;
	int order = finding_compare(&a->rank, &b->rank);
	return order ? order : strcmp(a->id, b->id);
}

static void count_reasons(struct search *search, const struct finding_result *result)
{
	for (size_t i = 0; i < result->reason_count; i++) {
		size_t at = 0;
		while (at < search->reason_count && strcmp(search->reasons[at].code, result->reasons[i].code) != 0)
			at++;
		if (at == CODES_MOST)
			continue;
		if (at == search->reason_count)
			search->reasons[search->reason_count++] = (struct reason_count){ .code = result->reasons[i].code };
		search->reasons[at].homes++;
	}
}

/* `needs` given by the caller, or NULL: those in the rows. */
static int begin_search(struct hearth_call *call, const struct hearth_rows *rows, Hearth__Providers__V1__Needs *needs,
                        struct search *search, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	size_t most = hearth_rows_count(rows) + 1;
	const char *kept = hearth_rows_text(rows, 0, "needs");
	ProtobufCMessage *message = NULL;
	search->begun = true;
	search->needs = needs;
	if (!needs && kept &&
	    hearth_json_parse(arena, &hearth__providers__v1__needs__descriptor, kept, strlen(kept), 0, &message, status) < 0)
		return -1;
	if (message)
		search->needs = (Hearth__Providers__V1__Needs *)message;
	search->known = search->needs != NULL;
	if (read_law(call, hearth_rows_text(rows, 0, "rules"), &search->law, status) < 0)
		return -1;
	if (search->known)
		read_need(search->needs, &search->need);
	search->candidates = hearth_arena_alloc(arena, most * sizeof *search->candidates);
	return 0;
}

static void check_home(struct search *search, const struct hearth_rows *rows, size_t row)
{
	struct candidate *candidate = &search->candidates[search->count];
	struct finding_home home;
	struct finding_result result;
	*candidate = (struct candidate){ .row = row, .id = hearth_rows_text(rows, row, "id") };
	if (!candidate->id)
		return;              /* no home at all: the row that is always there */
	read_home(rows, row, &home);
	finding_check(&search->need, &home, &search->law, &result);
	candidate->suitable = result.reason_count == 0;
	candidate->rank = (struct finding_rank){ result.miles_known, result.miles, home.pence };
	search->suitable += candidate->suitable;
	count_reasons(search, &result);
	search->count++;
}

static void begin_ranking(struct hearth_call *call, struct search *search)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	const void **items = hearth_arena_alloc(arena, (search->count + 1) * sizeof *items);
	const void **spare = hearth_arena_alloc(arena, (search->count + 1) * sizeof *spare);
	for (size_t i = 0; i < search->count; i++)
		items[i] = &search->candidates[i];
	ranking_begin(&search->ranking, items, spare, search->count, by_rank);
	search->ranking_begun = true;
}

static const struct candidate *ranked(const struct search *search, size_t rank)
{
	return search->ranking.items[rank];
}

/* Every home by the rule, then the ranking: HEARTH_STEP_MORE until both are done. */
static int search_step(struct hearth_call *call, const struct hearth_rows *rows, Hearth__Providers__V1__Needs *needs,
                       struct search *search, struct hearth_budget *budget, struct hearth_status *status)
{
	if (!search->begun && begin_search(call, rows, needs, search, status) < 0)
		return -1;
	while (search->known && search->next_row < hearth_rows_count(rows)) {
		check_home(search, rows, search->next_row++);
		if (search->next_row % HOMES_AT_ONCE == 0 && !hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	if (!search->ranking_begun)
		begin_ranking(call, search);
	while (!ranking_step(&search->ranking, MOVES_AT_ONCE))
		if (!hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	return HEARTH_STEP_DONE;
}

/* ---- FindHomes ---- */

static int read_token(const char *token, size_t *ret_from, struct hearth_status *status)
{
	size_t size = strlen(token);
	if (size > 9 || strspn(token, "0123456789") != size)
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
	if (hearth_check_range(request->page_size, 0, PAGE_MOST, "page_size", status) < 0)
		return -1;
	hearth_bind_text(call, "subject", *request->referral_id ? request->referral_id : NULL);
	return read_token(request->page_token, &from, status);
}

static Hearth__V1__Money *money(struct hearth_arena *arena, struct finding_number pence)
{
	if (!pence.known)
		return NULL;
	Hearth__V1__Money *money = hearth_arena_alloc(arena, sizeof *money);
	hearth__v1__money__init(money);
	money->pence = pence.value;
	return money;
}

static Hearth__V1__Distance *distance(struct hearth_arena *arena, const struct finding_result *result)
{
	if (!result->miles_known)
		return NULL;
	Hearth__V1__Distance *distance = hearth_arena_alloc(arena, sizeof *distance);
	hearth__v1__distance__init(distance);
	distance->miles = result->miles;
	return distance;
}

static void show_reasons(struct hearth_arena *arena, const struct finding_result *result,
                         Hearth__Providers__V1__FindingResult *shown)
{
	shown->reasons = hearth_arena_alloc(arena, (result->reason_count + 1) * sizeof *shown->reasons);
	for (size_t i = 0; i < result->reason_count; i++) {
		Hearth__Providers__V1__LeftOutReason *reason = hearth_arena_alloc(arena, sizeof *reason);
		hearth__providers__v1__left_out_reason__init(reason);
		reason->code = hearth_arena_strdup(arena, result->reasons[i].code);
		reason->text = hearth_arena_strdup(arena, result->reasons[i].text);
		reason->source = hearth_arena_strdup(arena, result->reasons[i].source);
		shown->reasons[shown->n_reasons++] = reason;
	}
	shown->notes = hearth_arena_alloc(arena, (result->note_count + 1) * sizeof *shown->notes);
	for (size_t i = 0; i < result->note_count; i++) {
		Hearth__Providers__V1__FindingNote *note = hearth_arena_alloc(arena, sizeof *note);
		hearth__providers__v1__finding_note__init(note);
		note->code = hearth_arena_strdup(arena, result->notes[i].code);
		note->text = hearth_arena_strdup(arena, result->notes[i].text);
		shown->notes[shown->n_notes++] = note;
	}
}

static char *text_at(struct hearth_arena *arena, const struct hearth_rows *rows, size_t row, const char *column)
{
	const char *text = hearth_rows_text(rows, row, column);
	return hearth_arena_strdup(arena, text ? text : "");
}

static Hearth__Providers__V1__FindingResult *show(struct hearth_arena *arena, const struct search *search,
                                                  const struct hearth_rows *rows, size_t row)
{
	Hearth__Providers__V1__FindingResult *shown = hearth_arena_alloc(arena, sizeof *shown);
	struct finding_home home;
	struct finding_result result;
	read_home(rows, row, &home);
	finding_check(&search->need, &home, &search->law, &result);
	hearth__providers__v1__finding_result__init(shown);
	shown->home_id = text_at(arena, rows, row, "id");
	shown->provider_id = text_at(arena, rows, row, "provider_id");
	shown->name = text_at(arena, rows, row, "name");
	shown->kind = (Hearth__Providers__V1__HomeKind)home.kind;
	shown->outward = text_at(arena, rows, row, "outward");
	shown->suitable = result.reason_count == 0;
	shown->distance = distance(arena, &result);
	shown->weekly_fee = money(arena, home.pence);
	shown->free_places = (int32_t)home.free;
	show_reasons(arena, &result, shown);
	return shown;
}

static void show_counts(const struct search *search, struct hearth_arena *arena,
                        Hearth__Providers__V1__FindHomesResponse *reply)
{
	reply->reason_counts = hearth_arena_alloc(arena, CODES_MOST * sizeof *reply->reason_counts);
	for (size_t i = 0; i < search->reason_count; i++) {
		Hearth__Providers__V1__ReasonCount *count = hearth_arena_alloc(arena, sizeof *count);
		hearth__providers__v1__reason_count__init(count);
		count->code = hearth_arena_strdup(arena, search->reasons[i].code);
		count->homes = (int32_t)search->reasons[i].homes;
		reply->reason_counts[reply->n_reason_counts++] = count;
	}
}

/* The page's homes, one by one; true when all are shown. */
static bool show_page(struct hearth_call *call, struct search *search, const struct hearth_rows *rows, size_t from,
                      size_t until, struct hearth_budget *budget)
{
	if (search->next_shown < from)
		search->next_shown = from;
	while (search->next_shown < until) {
		size_t row = ranked(search, search->next_shown++)->row;
		hearth_reply_add(call, "homes", &show(hearth_call_arena(call), search, rows, row)->base);
		if (search->next_shown < until && !hearth_budget_left(budget))
			return false;
	}
	return true;
}

int providers_found_homes(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                          struct hearth_status *status)
{
	const Hearth__Providers__V1__FindHomesRequest *request = hearth_call_request(call);
	Hearth__Providers__V1__FindHomesResponse *reply = hearth_call_reply(call);
	struct hearth_arena *arena = hearth_call_arena(call);
	struct search *search = hearth_call_state(call, sizeof *search);
	size_t from = 0, size = request->page_size ? (size_t)request->page_size : PAGE_DEFAULT;
	if (read_token(request->page_token, &from, status) < 0)
		return -1;
	int outcome = search_step(call, rows, request->needs, search, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	if (!search->known)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "no open referral of this id is known here (yet)");
	size_t most = request->suitable_only ? search->suitable : search->count;
	bool further = from < most && most - from > size;
	if (!show_page(call, search, rows, from, further ? from + size : most, budget))
		return HEARTH_STEP_MORE;
	if (further)
		reply->next_page_token = hearth_arena_printf(arena, "%zu", from + size);
	reply->suitable = (int32_t)search->suitable;
	reply->left_out = (int32_t)(search->count - search->suitable);
	show_counts(search, arena, reply);
	reply->rules_of = hearth_arena_strdup(arena, hearth_call_today(call));
	reply->needs = search->needs;
	return HEARTH_STEP_DONE;
}

/* ---- timer "find_homes" ---- */

/* proto3 JSON of a FoundHome; ids are PostgreSQL's own texts of UUIDs, so nothing needs escaping. */
static char *told_home(struct hearth_arena *arena, const struct hearth_rows *rows, const struct candidate *candidate)
{
	const char *far = "", *fee = "";
	if (candidate->rank.miles_known)
		far = hearth_arena_printf(arena, "\"distance\":{\"miles\":%.1f},", candidate->rank.miles);
	if (candidate->rank.pence.known)
		fee = hearth_arena_printf(arena, "\"weeklyFee\":{\"pence\":\"%" PRId64 "\"},", candidate->rank.pence.value);
	return hearth_arena_printf(arena, "{\"homeId\":\"%s\",%s%s\"freePlaces\":%" PRId64 "}", candidate->id, far, fee,
	                           hearth_rows_int(rows, candidate->row, "free"));
}

int providers_search_timer(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                           struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	struct search *search = hearth_call_state(call, sizeof *search);
	int outcome = search_step(call, rows, NULL, search, budget, status);
	if (outcome != HEARTH_STEP_DONE)
		return outcome;
	char *homes = hearth_arena_strdup(arena, "");
	for (size_t i = 0; i < search->suitable && i < TOLD_MOST; i++)
		homes = hearth_arena_printf(arena, "%s%s%s", homes, i ? "," : "", told_home(arena, rows, ranked(search, i)));
	hearth_bind_text(call, "homes", hearth_arena_printf(arena, "[%s]", homes));
	hearth_bind_int(call, "suitable", (int64_t)search->suitable);
	hearth_bind_int(call, "left_out", (int64_t)(search->count - search->suitable));
	hearth_bind_bool(call, "searched", search->known);
	return HEARTH_STEP_DONE;
}
