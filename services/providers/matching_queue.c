/* matching_queue.c: see matching_queue.h. Pure: values in, values out.
 *
 * For each referral its best homes are kept, at least as many as there are referrals: whoever had a worse one could take one
 * of these that nobody has, so that nothing is lost by leaving out the rest. Homes are columns with as many places as are
 * offerable; who meets in one is then checked together, and where that fails an edge is barred and all is assigned anew.
 */
#include "matching_queue.h"

#include <stdlib.h>
#include <string.h>

#include "matching_candidates.h"
#include "matching_inside.h"
#include "matching_together.h"

#define SPARE 32                         /* homes kept beyond the number of referrals: some may go while it is looked */

static size_t padded(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

static size_t kept_most(size_t count)
{
	return count + SPARE;
}

static size_t columns_most(size_t room, size_t count)
{
	return room < count * kept_most(count) ? room : count * kept_most(count);
}

/* Even, so that every line's bits begin as all memory does. */
static size_t words_of(size_t room)
{
	return (room + 127) / 128 * 2;
}

size_t match_queue_bytes(const struct match_index *index, size_t count)
{
	size_t room = match_run_room(index), edges = count * kept_most(count), columns = columns_most(room, count);
	return padded(count * sizeof(struct match_suggestion)) + padded(count * sizeof(struct match_line)) +
		count * padded(kept_most(count) * sizeof(struct match_candidate)) + 3 * padded(count * sizeof(uint32_t)) +
		padded(room * sizeof(uint32_t)) + 3 * padded(columns * sizeof(uint32_t)) +
		count * words_of(room) * sizeof(uint64_t) + padded((count + 1) * sizeof(size_t)) +
		padded(edges * sizeof(struct match_edge)) + match_assign_bytes(count, columns, edges);
}

static void *take(char **memory, size_t size)
{
	void *taken = *memory;
	*memory += padded(size);
	return taken;
}

/* ---- orders ---- */

static bool id_before(const struct match_queue *queue, uint32_t a, uint32_t b)
{
	const struct match_id *left = &queue->queued[a].question.need->referral, *right = &queue->queued[b].question.need->referral;
	int order = memcmp(left, right, sizeof *left);
	return order ? order < 0 : a < b;
}

static bool time_before(const struct match_queue *queue, uint32_t a, uint32_t b)
{
	int64_t left = queue->queued[a].opened, right = queue->queued[b].opened;
	return left != right ? left < right : id_before(queue, a, b);
}

typedef bool before_fn(const struct match_queue *queue, uint32_t a, uint32_t b);

static void put_in_order(const struct match_queue *queue, uint32_t *list, before_fn *before)
{
	for (uint32_t i = 0; i < queue->count; i++) {
		size_t at = i;
		for (; at && before(queue, i, list[at - 1]); at--)
			list[at] = list[at - 1];
		list[at] = i;
	}
}

static void begin_anew(struct match_queue *queue)
{
	queue->phase = MATCH_QUEUE_LOOK;
	queue->line = queue->next = 0;
	queue->seen_changes = queue->index->changes;
	memset(queue->fitted, 0, queue->count * queue->words * sizeof *queue->fitted);
	for (size_t i = 0; i < queue->count; i++) {
		queue->lines[i].count = queue->lines[i].fits = 0;
		queue->lines[i].more = false;
	}
}

void match_queue_begin(struct match_queue *queue, struct match_index *index, const struct match_queued *queued, size_t count,
                       void *memory)
{
	size_t room = match_run_room(index), edges = count * kept_most(count), columns = columns_most(room, count);
	char *at = memory;
	*queue = (struct match_queue){ .index = index, .count = count, .queued = queued, .room = room, .kept_most = kept_most(count) };
	queue->suggestions = take(&at, count * sizeof *queue->suggestions);
	queue->lines = take(&at, count * sizeof *queue->lines);
	for (size_t i = 0; i < count; i++) {
		queue->lines[i] = (struct match_line){ .candidates = take(&at, queue->kept_most * sizeof *queue->lines[i].candidates) };
		match_prepare(&queued[i].question, &queue->lines[i].prepared);
	}
	queue->by_id = take(&at, count * sizeof *queue->by_id);
	queue->by_time = take(&at, count * sizeof *queue->by_time);
	queue->taken = take(&at, count * sizeof *queue->taken);
	queue->column_of = take(&at, room * sizeof *queue->column_of);
	queue->slot_of = take(&at, columns * sizeof *queue->slot_of);
	queue->capacity = take(&at, columns * sizeof *queue->capacity);
	queue->load = take(&at, columns * sizeof *queue->load);
	queue->words = words_of(room);
	queue->fitted = take(&at, count * queue->words * sizeof *queue->fitted);
	queue->first_edge = take(&at, (count + 1) * sizeof *queue->first_edge);
	queue->edges = take(&at, edges * sizeof *queue->edges);
	queue->assign_memory = take(&at, 0);
	put_in_order(queue, queue->by_id, id_before);
	put_in_order(queue, queue->by_time, time_before);
	begin_anew(queue);
}

/* ---- looking at homes ---- */

static uint64_t *bits_of(const struct match_queue *queue, const struct match_line *line, size_t slot)
{
	return &queue->fitted[(size_t)(line - queue->lines) * queue->words + slot / 64];
}

static void look_at(struct match_queue *queue, struct match_line *line, size_t slot)
{
	const struct match_need *need = line->prepared.question.need;
	const struct match_home *home = &queue->index->homes[slot];
	const struct match_day *day = match_index_day(queue->index, slot, need->day);
	struct match_candidate candidate = { .slot = (uint32_t)slot };
	if (match_is_out(&line->prepared, day))
		return;
	const struct match_offer *offer = match_index_offer(queue->index, slot, need->authority, need->day);
	if (match_check(&line->prepared, home, day, offer, &candidate.tenths))
		return;
	line->fits++;
	*bits_of(queue, line, slot) |= UINT64_C(1) << slot % 64;
	candidate.score = match_score(&line->prepared, home, day, offer, candidate.tenths, NULL);
	if (line->count < queue->kept_most) {
		line->candidates[line->count] = candidate;
		match_candidate_rise(queue->index, line->candidates, line->count++);
		return;
	}
	line->more = true;
	if (match_candidate_better(queue->index, &candidate, &line->candidates[0])) {
		line->candidates[0] = candidate;
		match_candidate_sink(queue->index, line->candidates, line->count, 0);
	}
}

/* ---- what changes meanwhile ---- */

static void forget(struct match_queue *queue, struct match_line *line, size_t slot)
{
	uint64_t *bits = bits_of(queue, line, slot), bit = UINT64_C(1) << slot % 64;
	if (!(*bits & bit))
		return;
	*bits &= ~bit;
	line->fits--;
	for (size_t i = 0; i < line->count; i++)
		if (line->candidates[i].slot == slot) {
			line->candidates[i] = line->candidates[--line->count];
			if (i < line->count) {
				match_candidate_rise(queue->index, line->candidates, i);
				match_candidate_sink(queue->index, line->candidates, line->count, i);
			}
			return;
		}
}

static void look_through_again(struct match_queue *queue, struct match_line *line, size_t until)
{
	line->count = line->fits = 0;
	line->more = false;
	memset(bits_of(queue, line, 0), 0, queue->words * sizeof *queue->fitted);
	for (size_t slot = 0; slot < until; slot++)
		look_at(queue, line, slot);
}

/* How far a line has been looked through. */
static size_t looked_until(const struct match_queue *queue, size_t line)
{
	return line < queue->line ? queue->index->count : line == queue->line ? queue->next : 0;
}

/* Homes that changed are taken out of the lines and looked at again. A line that has lost more than it had to spare is
 * looked through anew. */
static void follow(struct match_queue *queue)
{
	const struct match_index *index = queue->index;
	if (index->changes - queue->seen_changes > MATCH_CHANGES_KEPT) {
		begin_anew(queue);
		return;
	}
	for (size_t i = 0; i < queue->count; i++) {
		struct match_line *line = &queue->lines[i];
		size_t until = looked_until(queue, i);
		for (uint64_t at = queue->seen_changes; at < index->changes; at++)
			forget(queue, line, index->changed[at % MATCH_CHANGES_KEPT]);
		for (uint64_t at = queue->seen_changes; at < index->changes; at++) {
			size_t slot = index->changed[at % MATCH_CHANGES_KEPT];
			if (slot < until && !(*bits_of(queue, line, slot) >> slot % 64 & 1))
				look_at(queue, line, slot);
		}
		if (line->more && line->count < queue->count)
			look_through_again(queue, line, until);
	}
	queue->seen_changes = index->changes;
}

/* Best first becomes worst first again, which is the order of a heap. */
static void unsort_lines(struct match_queue *queue)
{
	size_t sorted = queue->phase == MATCH_QUEUE_EDGES ? queue->line : queue->count;
	for (size_t row = 0; row < sorted; row++) {
		struct match_line *line = &queue->lines[queue->by_id[row]];
		match_candidates_turn(line->candidates, line->count);
	}
}

/* Back to the lines, for homes that changed after all were looked at; at most so often. */
static void look_again(struct match_queue *queue)
{
	if (queue->phase != MATCH_QUEUE_LOOK) {
		queue->restarts++;
		unsort_lines(queue);
		queue->phase = MATCH_QUEUE_LOOK;
		queue->line = queue->count;
		queue->next = 0;
	}
	follow(queue);
}

/* ---- suggesting ---- */

static uint32_t column_for(struct match_queue *queue, uint32_t slot, int32_t day)
{
	uint32_t column = queue->column_of[slot];
	if (column != MATCH_NO_COLUMN)
		return column;
	column = (uint32_t)queue->columns++;
	queue->column_of[slot] = column;
	queue->slot_of[column] = slot;
	/* Of another day it may be other: the most that any line has seen. */
	queue->capacity[column] = (uint32_t)match_index_day(queue->index, slot, day)->offerable;
	return column;
}

static void begin_edges(struct match_queue *queue)
{
	queue->columns = queue->first_edge[0] = 0;
	for (size_t slot = 0; slot < queue->room; slot++)
		queue->column_of[slot] = MATCH_NO_COLUMN;
}

/* Lines in the order of their ids, so that it does not matter in which order they were given. */
static void make_edges(struct match_queue *queue, size_t row)
{
	struct match_line *line = &queue->lines[queue->by_id[row]];
	size_t edges = queue->first_edge[row];
	int32_t day = line->prepared.question.need->day;
	match_candidates_sort(queue->index, line->candidates, line->count);
	for (size_t i = 0; i < line->count; i++) {
		uint32_t slot = line->candidates[i].slot, column = column_for(queue, slot, day);
		uint32_t places = (uint32_t)match_index_day(queue->index, slot, day)->offerable;
		if (places > queue->capacity[column])
			queue->capacity[column] = places;
		queue->edges[edges++] = (struct match_edge){ column, false, line->candidates[i].score };
	}
	queue->first_edge[row + 1] = edges;
}

static void begin_round(struct match_queue *queue)
{
	match_assign_begin(&queue->assign, queue->assign_memory, queue->count, queue->columns, queue->first_edge, queue->edges,
	                   queue->capacity);
}

/* Those (rows by id) whom `taken` has in a column, at most MATCH_COMPANY_MOST. */
static size_t company_of(const struct match_queue *queue, const uint32_t *taken, uint32_t column, uint32_t *ret_rows)
{
	size_t count = 0;
	for (uint32_t row = 0; row < queue->count && count < MATCH_COMPANY_MOST; row++)
		if (taken[row] == column)
			ret_rows[count++] = row;
	return count;
}

static bool fit_together(const struct match_queue *queue, uint32_t column, const uint32_t *rows, size_t count)
{
	const struct match_prepared *needs[MATCH_COMPANY_MOST];
	for (size_t i = 0; i < count; i++)
		needs[i] = &queue->lines[queue->by_id[rows[i]]].prepared;
	return match_fit_together(&queue->index->homes[queue->slot_of[column]], needs, count);
}

static struct match_edge *edge_of(const struct match_queue *queue, uint32_t row, uint32_t column)
{
	for (size_t i = queue->first_edge[row]; i < queue->first_edge[row + 1]; i++)
		if (queue->edges[i].column == column)
			return &queue->edges[i];
	return NULL;
}

/* Of those who meet in a column: who brings most stays, and whoever fits together with them; the others are parted from it.
 * How many had to go. */
static size_t part(struct match_queue *queue, uint32_t *taken, uint32_t column)
{
	uint32_t rows[MATCH_COMPANY_MOST], stay[MATCH_COMPANY_MOST];
	size_t count = company_of(queue, taken, column, rows), staying = 0, parted = 0;
	if (count < 2 || fit_together(queue, column, rows, count))
		return 0;
	for (size_t i = 1; i < count; i++)
		for (size_t at = i; at && edge_of(queue, rows[at], column)->gain > edge_of(queue, rows[at - 1], column)->gain; at--) {
			uint32_t row = rows[at];
			rows[at] = rows[at - 1];
			rows[at - 1] = row;
		}
	for (size_t i = 0; i < count; i++) {
		stay[staying] = rows[i];
		if (fit_together(queue, column, stay, staying + 1)) {
			staying++;
			continue;
		}
		edge_of(queue, rows[i], column)->barred = true;
		taken[rows[i]] = MATCH_NO_COLUMN;
		parted++;
	}
	return parted;
}

static size_t part_all(struct match_queue *queue)
{
	size_t parted = 0;
	memcpy(queue->taken, queue->assign.column_of, queue->count * sizeof *queue->taken);
	for (uint32_t column = 0; column < queue->columns; column++)
		if (queue->assign.load[column] > 1)
			parted += part(queue, queue->taken, column);
	return parted;
}

/* One more in a column, if it fits with those whom `taken` has there. */
static bool joins(const struct match_queue *queue, const uint32_t *taken, uint32_t row, uint32_t column)
{
	uint32_t rows[MATCH_COMPANY_MOST + 1];
	size_t count = queue->load[column] ? company_of(queue, taken, column, rows) : 0;
	if (count == MATCH_COMPANY_MOST)
		return false;
	rows[count] = row;
	return fit_together(queue, column, rows, count + 1);
}

/* The first of its homes that it can join; MATCH_NO_COLUMN: none. */
static uint32_t first_to_join(const struct match_queue *queue, const uint32_t *taken, uint32_t row)
{
	for (size_t i = queue->first_edge[row]; i < queue->first_edge[row + 1]; i++) {
		uint32_t column = queue->edges[i].column;
		if (queue->load[column] < queue->capacity[column] && joins(queue, taken, row, column))
			return column;
	}
	return MATCH_NO_COLUMN;
}

static void count_loads(struct match_queue *queue)
{
	memset(queue->load, 0, queue->columns * sizeof *queue->load);
	for (size_t row = 0; row < queue->count; row++)
		if (queue->taken[row] != MATCH_NO_COLUMN)
			queue->load[queue->taken[row]]++;
}

/* After the last round: whoever was parted may still find room. */
static void find_room(struct match_queue *queue)
{
	count_loads(queue);
	for (uint32_t row = 0; row < queue->count; row++) {
		if (queue->taken[row] != MATCH_NO_COLUMN)
			continue;
		queue->taken[row] = first_to_join(queue, queue->taken, row);
		if (queue->taken[row] != MATCH_NO_COLUMN)
			queue->load[queue->taken[row]]++;
	}
}

/* ---- telling ---- */

static void add_to_plan(const struct match_queue *queue, struct match_plan *plan, uint32_t row, uint32_t column)
{
	const struct match_line *line = &queue->lines[queue->by_id[row]];
	const struct match_candidate *candidate = &line->candidates[edge_of(queue, row, column) - &queue->edges[queue->first_edge[row]]];
	plan->placed++;
	plan->children += (size_t)line->prepared.children;
	plan->score += candidate->score;
	if (candidate->tenths != MATCH_FAR) {
		plan->tenths += candidate->tenths;
		plan->tenths_known++;
	}
}

/* What is suggested, then the best others; whether they are still free is said. */
static void tell_options(struct match_queue *queue, uint32_t row, struct match_suggestion *suggestion)
{
	const struct match_line *line = &queue->lines[queue->by_id[row]];
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < line->count && suggestion->option_count < MATCH_OPTIONS; i++) {
			const struct match_candidate *candidate = &line->candidates[i];
			bool suggested = candidate->slot == suggestion->slot;
			uint32_t column = queue->edges[queue->first_edge[row] + i].column;
			if (suggested != (pass == 0))
				continue;
			suggestion->options[suggestion->option_count++] = (struct match_option){ candidate->slot, candidate->score,
				candidate->tenths, suggested || (queue->load[column] < queue->capacity[column] &&
				                                 joins(queue, queue->taken, row, column)) };
		}
}

static void tell_suggestion(struct match_queue *queue, uint32_t row)
{
	uint32_t column = queue->taken[row];
	struct match_suggestion *suggestion = &queue->suggestions[queue->by_id[row]];
	suggestion->slot = column == MATCH_NO_COLUMN ? MATCH_NO_SLOT : queue->slot_of[column];
	suggestion->fits = queue->lines[queue->by_id[row]].fits;
	suggestion->option_count = 0;
	if (column != MATCH_NO_COLUMN)
		add_to_plan(queue, &queue->suggested, row, column);
	tell_options(queue, row, suggestion);
}

/* What would be without a suggestion: the columns of the assignment, which is copied by now, hold it. */
static void begin_in_turn(struct match_queue *queue)
{
	uint32_t *row_of = queue->assign.next_row, *taken = queue->assign.column_of;
	for (uint32_t row = 0; row < queue->count; row++) {
		row_of[queue->by_id[row]] = row;
		taken[row] = MATCH_NO_COLUMN;
	}
	memset(queue->load, 0, queue->columns * sizeof *queue->load);
	queue->in_turn = (struct match_plan){ 0 };
}

/* First come, first served: each in turn the best home that it can still join. */
static void tell_in_turn(struct match_queue *queue, uint32_t referral)
{
	uint32_t row = queue->assign.next_row[referral], *taken = queue->assign.column_of;
	uint32_t column = first_to_join(queue, taken, row);
	queue->suggestions[referral].slot_in_turn = column == MATCH_NO_COLUMN ? MATCH_NO_SLOT : queue->slot_of[column];
	if (column == MATCH_NO_COLUMN)
		return;
	taken[row] = column;
	queue->load[column]++;
	add_to_plan(queue, &queue->in_turn, row, column);
}

/* ---- steps ---- */

/* Homes may go on changing: what then no longer fits is not suggested. */
static void withdraw(struct match_queue *queue)
{
	queue->withdrawn = 0;
	if (queue->index->changes == queue->seen_changes)
		return;
	for (uint32_t row = 0; row < queue->count; row++) {
		uint32_t rows[1] = { row };
		if (queue->taken[row] == MATCH_NO_COLUMN || fit_together(queue, queue->taken[row], rows, 1))
			continue;
		queue->taken[row] = MATCH_NO_COLUMN;
		queue->withdrawn++;
		queue->best = false;
	}
}

static bool look(struct match_queue *queue, size_t homes)
{
	while (queue->line < queue->count) {
		struct match_line *line = &queue->lines[queue->line];
		for (; queue->next < queue->index->count; queue->next++) {
			if (homes-- == 0)
				return false;
			look_at(queue, line, queue->next);
		}
		queue->next = 0;
		queue->line++;
	}
	return true;
}

static bool suggest(struct match_queue *queue, size_t homes)
{
	for (size_t used = 0; used < homes; ) {
		size_t took = match_assign_step(&queue->assign);
		used += took;
		if (took)
			continue;
		size_t parted = part_all(queue);
		queue->best = queue->best && parted == 0;
		if (parted == 0)
			return true;
		if (++queue->rounds > MATCH_QUEUE_ROUNDS) {
			find_room(queue);
			return true;
		}
		begin_round(queue);
	}
	return false;
}

static void begin_phase(struct match_queue *queue, enum match_queue_phase phase)
{
	queue->phase = phase;
	queue->line = 0;
	switch (phase) {
	case MATCH_QUEUE_EDGES: begin_edges(queue); break;
	case MATCH_QUEUE_SUGGEST:
		queue->revision = queue->index->revision;
		queue->best = true;
		queue->rounds = 0;
		begin_round(queue);
		break;
	case MATCH_QUEUE_IN_TURN: begin_in_turn(queue); break;
	default: break;
	}
}

/* One referral after the other, each worth some looks at a home; true when all are done. */
static bool each(struct match_queue *queue, size_t homes)
{
	for (size_t used = 0; queue->line < queue->count; used += queue->kept_most) {
		if (used >= homes)
			return false;
		uint32_t row = (uint32_t)queue->line++;
		if (queue->phase == MATCH_QUEUE_EDGES)
			make_edges(queue, row);
		else
			tell_in_turn(queue, queue->by_time[row]);
	}
	return true;
}

/* In one step, so that what is suggested fits as the homes are at that moment. */
static void tell_all(struct match_queue *queue)
{
	queue->suggested = (struct match_plan){ 0 };
	withdraw(queue);
	count_loads(queue);
	for (uint32_t row = 0; row < queue->count; row++)
		tell_suggestion(queue, row);
}

enum match_step match_queue_step(struct match_queue *queue, size_t homes)
{
	bool done = true;
	if (queue->index->changes != queue->seen_changes && queue->phase < MATCH_QUEUE_DONE &&
	    queue->restarts < MATCH_QUEUE_RESTARTS) {
		if (queue->index->count > queue->room)
			return MATCH_GROWN;
		look_again(queue);
	}
	switch (queue->phase) {
	case MATCH_QUEUE_LOOK: done = look(queue, homes); break;
	case MATCH_QUEUE_SUGGEST: done = suggest(queue, homes); break;
	case MATCH_QUEUE_TELL: tell_all(queue); break;
	case MATCH_QUEUE_DONE: return MATCH_DONE;
	default: done = each(queue, homes); break;
	}
	if (done)
		begin_phase(queue, queue->phase + 1);
	return queue->phase == MATCH_QUEUE_DONE ? MATCH_DONE : MATCH_MORE;
}
