/* import_lives.c: what the statement of a bulk request is told beside its rows, because C works it out in a tenth of the
 * time: which codes are used, and for each child the periods of care that the given episodes make. The statement uses
 * the periods of those of whom nothing else is held. */
#include "placements.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/placements/v1/placements.pb-c.h>

#include "care_periods.h"

typedef Hearth__Placements__V1__ImportEpisode episode_row;
typedef Hearth__Placements__V1__ImportEpisodesRequest import_request;

/* ---- codes ---------------------------------------------------------------------------------------------------------- */

struct code_use {
	const char *set, *code;
	int32_t year;
};

/* Each once: a table of twice the room, looked through from the place that the code hashes to. */
struct code_uses {
	size_t mask, count;
	size_t *places;                /* index in items and one; 0: free */
	struct code_use *items;
};

static void use_code(struct code_uses *uses, const char *set, const char *code, int32_t year)
{
	uint32_t hash = (uint32_t)year * 31 + (uint32_t)set[0] * 7 + (uint32_t)strlen(set);
	if (code[0] == '\0')
		return;
	for (const char *at = code; *at != '\0'; at++)
		hash = (hash ^ (uint32_t)(unsigned char)*at) * 16777619;
	for (size_t place = (hash ^ hash >> 15) & uses->mask;; place = (place + 1) & uses->mask) {
		if (uses->places[place] == 0) {
			uses->items[uses->count++] = (struct code_use){ .set = set, .code = code, .year = year };
			uses->places[place] = uses->count;
			return;
		}
		const struct code_use *there = &uses->items[uses->places[place] - 1];
		if (there->year == year && there->set == set && strcmp(there->code, code) == 0)
			return;
	}
}

static void bind_codes(struct hearth_call *call, const import_request *request)
{
	static const char *const sets[] = { "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "REC", "REASON_PLACE_CHANGE" };
	struct hearth_arena *arena = hearth_call_arena(call);
	struct code_uses uses = { .mask = 63 };
	while (uses.mask < 14 * request->n_episodes)
		uses.mask = 2 * uses.mask + 1;
	uses.places = hearth_arena_alloc(arena, (uses.mask + 1) * sizeof *uses.places);
	memset(uses.places, 0, (uses.mask + 1) * sizeof *uses.places);
	uses.items = hearth_arena_alloc(arena, (7 * request->n_episodes + 1) * sizeof *uses.items);
	for (size_t i = 0; i < request->n_episodes; i++) {
		const episode_row *row = request->episodes[i];
		const char *const codes[] = { row->rne, row->ls, row->cin, row->place, row->place_provider, row->rec,
			row->reason_place_change };
		for (size_t k = 0; k < 7; k++)
			use_code(&uses, sets[k], codes[k], row->return_year);
	}
	const char **columns = hearth_arena_alloc(arena, 3 * (uses.count + 1) * sizeof *columns);
	for (size_t i = 0; i < uses.count; i++) {
		columns[i] = uses.items[i].set;
		columns[uses.count + i] = uses.items[i].code;
		columns[2 * uses.count + i] = hearth_arena_printf(arena, "%d", (int)uses.items[i].year);
	}
	hearth_bind_texts(call, "used_set", uses.count, columns);
	hearth_bind_texts(call, "used_code", uses.count, columns + uses.count);
	hearth_bind_texts(call, "used_year", uses.count, columns + 2 * uses.count);
}

/* ---- periods -------------------------------------------------------------------------------------------------------- */

struct given {
	const episode_row *row;
	size_t number;
};

/* Of rows with one child and DECOM the one that counts is last: the latest return's, of one return the last. */
static int by_child_and_decom(const void *a, const void *b)
{
	const struct given *x = a, *y = b;
	int order = strcmp(x->row->child, y->row->child);
	if (order == 0)
		order = strcmp(x->row->decom, y->row->decom);
	if (order == 0)
		order = (x->row->return_year > y->row->return_year) - (x->row->return_year < y->row->return_year);
	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

static struct given *sorted_rows(struct hearth_arena *arena, const import_request *request)
{
	struct given *rows = hearth_arena_alloc(arena, (request->n_episodes + 1) * sizeof *rows);
	bool sorted = true;
	for (size_t i = 0; i < request->n_episodes; i++) {
		rows[i] = (struct given){ .row = request->episodes[i], .number = i };
		sorted = sorted && (i == 0 || by_child_and_decom(&rows[i - 1], &rows[i]) < 0);
	}
	if (!sorted)
		qsort(rows, request->n_episodes, sizeof *rows, by_child_and_decom);
	return rows;
}

/* Dates are checked: they are days of the calendar. X1 says that another episode follows, not why care ended. */
static struct care_span span_of(const episode_row *row)
{
	struct care_span span = { .to = CARE_GOES_ON };
	(void)hearth_date_parse(row->decom, &span.from);
	if (row->dec[0] != '\0')
		(void)hearth_date_parse(row->dec, &span.to);
	if (row->dec[0] != '\0' && row->rec[0] != '\0' && strcmp(row->rec, "X1") != 0)
		span.end_code = row->rec;
	return span;
}

#define CODE_MOST 8                /* as import.c checks, with nothing in it that JSON escapes */

/* [{"start": "2020-05-01", "end": "2021-07-01", "endCode": "E4A", "shortBreaks": false}] */
static const char *periods_json(struct hearth_arena *arena, const struct care_span *periods, size_t count)
{
	static const char opening[] = "{\"shortBreaks\":false,\"start\":\"", ending[] = "\",\"end\":\"",
	                  why[] = "\",\"endCode\":\"";
	size_t each = sizeof opening + sizeof ending + sizeof why + 2 * HEARTH_DATE_SIZE + CODE_MOST + 4;
	char *text = hearth_arena_alloc(arena, count * each + 3), *at = text;
	for (size_t i = 0; i < count; i++) {
		*at++ = i == 0 ? '[' : ',';
		at = stpcpy(at, opening);
		hearth_date_format(periods[i].from, at);
		at += strlen(at);
		if (periods[i].to != CARE_GOES_ON) {
			at = stpcpy(at, ending);
			hearth_date_format(periods[i].to, at);
			at += strlen(at);
		}
		if (periods[i].end_code != NULL)
			at = stpcpy(stpcpy(at, why), periods[i].end_code);
		at = stpcpy(at, "\"}");
	}
	stpcpy(at, "]");
	return text;
}

static void bind_lives(struct hearth_call *call, const import_request *request)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	size_t count = request->n_episodes, children = 0;
	const struct given *rows = sorted_rows(arena, request);
	struct care_span *spans = hearth_arena_alloc(arena, (count + 1) * sizeof *spans);
	const char **columns = hearth_arena_alloc(arena, 3 * (count + 1) * sizeof *columns);
	for (size_t first = 0, end; first < count; first = end, children++) {
		const char *child = rows[first].row->child;
		size_t episodes = 0;
		for (end = first; end < count && strcmp(rows[end].row->child, child) == 0; end++) {
			bool again = end > first && strcmp(rows[end].row->decom, rows[end - 1].row->decom) == 0;
			spans[again ? episodes - 1 : episodes++] = span_of(rows[end].row);
		}
		columns[children] = child;
		columns[count + children] = periods_json(arena, spans, care_periods_merge(spans, episodes));
		columns[2 * count + children] = hearth_arena_printf(arena, "%zu", episodes);
	}
	hearth_bind_texts(call, "life_child", children, columns);
	hearth_bind_texts(call, "life_periods", children, columns + count);
	hearth_bind_texts(call, "life_episodes", children, columns + 2 * count);
}

void placements_bind_lives(struct hearth_call *call)
{
	const import_request *request = hearth_call_request(call);
	bind_codes(call, request);
	bind_lives(call, request);
}
