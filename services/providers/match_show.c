/* match_show.c: one home's answer as a message: why it fits and how well, or by which rules it does not. */
#include "match.h"

#include <inttypes.h>
#include <string.h>

#include <hearth/text.h>

static Hearth__V1__Money *money(struct hearth_arena *arena, int64_t pence)
{
	if (pence == MATCH_UNKNOWN)
		return NULL;
	Hearth__V1__Money *money = hearth_arena_alloc(arena, sizeof *money);
	hearth__v1__money__init(money);
	money->pence = pence;
	return money;
}

static Hearth__V1__Distance *distance(struct hearth_arena *arena, int32_t tenths)
{
	if (tenths == MATCH_UNKNOWN)
		return NULL;
	Hearth__V1__Distance *distance = hearth_arena_alloc(arena, sizeof *distance);
	hearth__v1__distance__init(distance);
	distance->miles = tenths / 10.0;
	return distance;
}

char *match_id_text(struct hearth_arena *arena, const struct match_id *id)
{
	struct hearth_uuid uuid;
	char text[HEARTH_UUID_SIZE];
	memcpy(uuid.bytes, id->bytes, sizeof uuid.bytes);
	hearth_uuid_format(&uuid, text);
	return hearth_arena_strdup(arena, text);
}

/* What bars a home, or limits it, says itself where it is written; a rule of law says its regulation. */
static const char *source_of(const struct match_asked *asked, const struct match_row *line, const struct match_text *reason)
{
	static const struct { enum match_rule rule; enum match_bar_kind bar; } bars[] = {
		{ MATCH_REGISTRATION_LAPSED, MATCH_BAR_REGISTRATION_LAPSED }, { MATCH_SUSPENDED_BAR, MATCH_BAR_SUSPENSION },
		{ MATCH_RESTRICTED, MATCH_BAR_RESTRICTION }, { MATCH_EMBARGOED, MATCH_BAR_EMBARGO },
		{ MATCH_DOCUMENT_EXPIRED, MATCH_BAR_DOCUMENT_EXPIRED }, { MATCH_NAMED_CHILDREN_ONLY, MATCH_BAR_NAMED_CHILDREN_ONLY },
	};
	for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++)
		for (size_t at = 0; reason->number == bars[i].rule && at < line->bar_count; at++) {
			const struct match_bar *bar = &line->home.bars[at];
			if (bar->kind == bars[i].bar && bar->from <= asked->need.day && bar->until > asked->need.day &&
			    (!bar->authority || bar->authority == asked->need.authority))
				return line->bar_sources[at];
		}
	return reason->source;
}

static Hearth__Providers__V1__MatchReason **reasons(struct hearth_arena *arena, const struct match_asked *asked,
                                                    const struct match_row *line, const struct match_text *texts, size_t count)
{
	Hearth__Providers__V1__MatchReason **all = hearth_arena_alloc(arena, (count + 1) * sizeof *all);
	for (size_t i = 0; i < count; i++) {
		all[i] = hearth_arena_alloc(arena, sizeof **all);
		hearth__providers__v1__match_reason__init(all[i]);
		const char *source = line ? source_of(asked, line, &texts[i]) : texts[i].source;
		all[i]->code = hearth_arena_strdup(arena, texts[i].code);
		all[i]->text = hearth_arena_strdup(arena, texts[i].text);
		all[i]->source = hearth_arena_strdup(arena, source ? source : "");
	}
	return all;
}

static void show_parts(struct hearth_arena *arena, const struct match_explained *explained,
                       Hearth__Providers__V1__MatchedHome *shown)
{
	shown->parts = hearth_arena_alloc(arena, (explained->part_count + 1) * sizeof *shown->parts);
	for (size_t i = 0; i < explained->part_count; i++) {
		const struct match_text *text = &explained->part_texts[i];
		Hearth__Providers__V1__ScorePart *part = hearth_arena_alloc(arena, sizeof *part);
		hearth__providers__v1__score_part__init(part);
		part->code = hearth_arena_strdup(arena, text->code);
		part->points = explained->parts[text->number];
		part->text = hearth_arena_strdup(arena, text->text);
		shown->parts[shown->n_parts++] = part;
	}
}

/* Who lives there: of another council's children the age and sex, never which child. */
Hearth__Providers__V1__MatchResident *match_show_resident(struct hearth_arena *arena, const struct match_resident *is,
                                                          const struct match_need *need)
{
	Hearth__Providers__V1__MatchResident *resident = hearth_arena_alloc(arena, sizeof *resident);
	hearth__providers__v1__match_resident__init(resident);
	int age = match_age_on(is->age, is->age_on, need->day);
	if (age != MATCH_UNKNOWN) {
		resident->age = hearth_arena_alloc(arena, sizeof *resident->age);
		hearth__v1__count__init(resident->age);
		resident->age->value = age;
	}
	resident->sex = hearth_arena_printf(arena, "%c", is->sex ? is->sex : 'U');
	resident->own = is->authority == need->authority;
	return resident;
}

static void show_residents(struct hearth_arena *arena, const struct match_asked *asked, const struct match_home *home,
                           Hearth__Providers__V1__MatchedHome *shown)
{
	shown->residents = hearth_arena_alloc(arena, (home->resident_count + 1U) * sizeof *shown->residents);
	for (size_t i = 0; i < home->resident_count; i++)
		shown->residents[shown->n_residents++] = match_show_resident(arena, &home->residents[i], &asked->need);
}

/* ---- what is said of all homes ---- */

char *match_weights_name(struct hearth_arena *arena, const struct match_asked *asked)
{
	const char *authority = asked->weights_authority && *asked->weights_authority ? asked->weights_authority : "default";
	return hearth_arena_printf(arena, "%s/%" PRId64, authority, asked->weights_version);
}

Hearth__Providers__V1__RuleCount **match_rule_counts(struct hearth_arena *arena, const uint32_t *excluded,
                                                     const struct match_law *law, size_t *ret_count)
{
	Hearth__Providers__V1__RuleCount **counts = hearth_arena_alloc(arena, MATCH_RULES * sizeof *counts);
	size_t count = 0;
	for (int rule = 0; rule < MATCH_RULES; rule++) {
		if (!excluded[rule])
			continue;
		const char *source = match_rule_source((enum match_rule)rule, law);
		counts[count] = hearth_arena_alloc(arena, sizeof **counts);
		hearth__providers__v1__rule_count__init(counts[count]);
		counts[count]->code = hearth_arena_strdup(arena, match_rule_code((enum match_rule)rule));
		counts[count]->source = hearth_arena_strdup(arena, source ? source : "");
		counts[count++]->homes = (int32_t)excluded[rule];
	}
	*ret_count = count;
	return counts;
}

/* ---- one home ---- */

static void show_facts(struct hearth_arena *arena, const struct match_row *line, Hearth__Providers__V1__MatchedHome *shown)
{
	shown->home_id = match_id_text(arena, &line->home.id);
	shown->provider_id = hearth_arena_strdup(arena, line->provider);
	shown->name = hearth_arena_strdup(arena, line->name);
	shown->kind = hearth_arena_strdup(arena, match_code_name(MATCH_LIST_KIND, line->home.kind));
	shown->outward = hearth_arena_strdup(arena, line->outward);
}

Hearth__Providers__V1__MatchedHome *match_show(struct hearth_call *call, const struct match_asked *asked,
                                               const struct match_store *store, size_t slot, int32_t rank,
                                               struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	struct match_explained explained;
	struct match_row line;
	if (match_store_read(store, slot, &line, status) < 0)
		return NULL;
	match_explain(&asked->question, match_index_home(store->index, slot), &explained);
	Hearth__Providers__V1__MatchedHome *shown = hearth_arena_alloc(arena, sizeof *shown);
	hearth__providers__v1__matched_home__init(shown);
	show_facts(arena, &line, shown);
	shown->fits = explained.out == 0;
	shown->rank = shown->fits ? rank : 0;
	shown->score = shown->fits ? explained.score : 0;
	shown->reasons = reasons(arena, asked, &line, explained.reasons, explained.reason_count);
	shown->n_reasons = explained.reason_count;
	shown->notes = reasons(arena, asked, NULL, explained.note_texts, explained.note_count);
	shown->n_notes = explained.note_count;
	if (shown->fits)
		show_parts(arena, &explained, shown);
	shown->distance = distance(arena, explained.tenths);
	shown->school_distance = distance(arena, explained.school_tenths);
	/* Its numbers are those of the contract's MatchArea. */
	shown->area = (Hearth__Providers__V1__MatchArea)explained.area;
	shown->weekly_fee = money(arena, explained.pence);
	const char *route = explained.route ? match_code_name(MATCH_LIST_ROUTE, explained.route) : NULL;
	shown->route = hearth_arena_strdup(arena, route ? route : "");
	shown->places_registered = explained.levels.registered;
	shown->places_open = explained.levels.open;
	shown->places_offerable = explained.levels.offerable;
	shown->places_for_child = explained.levels.for_child;
	shown->vacancy_stale = explained.vacancy_stale;
	shown->siblings_together = explained.siblings_together;
	show_residents(arena, asked, &line.home, shown);
	return shown;
}
