/* matching_assign.c: see matching_assign.h. Pure: values in, values out. */
#include "matching_assign.h"

#include <string.h>

#define NO_ROW UINT32_MAX
enum { UNSEEN, REACHED, DONE };

static size_t padded(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

size_t match_assign_bytes(size_t rows, size_t columns, size_t edges)
{
	return 2 * padded(rows * sizeof(uint32_t)) + padded(rows * sizeof(int64_t)) + 4 * padded(columns * sizeof(uint32_t)) +
		2 * padded(columns * sizeof(int64_t)) + padded(columns) + padded((edges + 1) * sizeof(struct match_reach));
}

static void *take(char **memory, size_t size)
{
	void *taken = *memory;
	*memory += padded(size);
	return taken;
}

void match_assign_begin(struct match_assign *assign, void *memory, size_t rows, size_t columns, const size_t *first_edge,
                        const struct match_edge *edges, const uint32_t *capacity)
{
	char *at = memory;
	*assign = (struct match_assign){ .rows = rows, .columns = columns, .first_edge = first_edge, .edges = edges,
		.capacity = capacity, .unplaced = MATCH_GAIN_MOST * ((int64_t)rows + 1) };
	assign->column_of = take(&at, rows * sizeof *assign->column_of);
	assign->next_row = take(&at, rows * sizeof *assign->next_row);
	assign->row_price = take(&at, rows * sizeof *assign->row_price);
	assign->load = take(&at, columns * sizeof *assign->load);
	assign->first_row = take(&at, columns * sizeof *assign->first_row);
	assign->from_row = take(&at, columns * sizeof *assign->from_row);
	assign->reached = take(&at, columns * sizeof *assign->reached);
	assign->column_price = take(&at, columns * sizeof *assign->column_price);
	assign->distance = take(&at, columns * sizeof *assign->distance);
	assign->state = take(&at, columns);
	assign->heap = take(&at, 0);
	memset(assign->row_price, 0, rows * sizeof *assign->row_price);
	memset(assign->column_price, 0, columns * sizeof *assign->column_price);
	memset(assign->load, 0, columns * sizeof *assign->load);
	memset(assign->state, UNSEEN, columns);
	for (size_t i = 0; i < rows; i++)
		assign->column_of[i] = MATCH_NO_COLUMN;
	for (size_t i = 0; i < columns; i++)
		assign->first_row[i] = NO_ROW;
}

/* ---- the nearest column first; of equals the first ---- */

static bool before(const struct match_reach *a, const struct match_reach *b)
{
	return a->distance != b->distance ? a->distance < b->distance : a->column < b->column;
}

static void push(struct match_assign *assign, struct match_reach reach)
{
	struct match_reach *heap = assign->heap;
	size_t at = assign->heap_count++;
	for (; at && before(&reach, &heap[(at - 1) / 2]); at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = reach;
}

static struct match_reach pop(struct match_assign *assign)
{
	struct match_reach *heap = assign->heap, first = heap[0], last = heap[--assign->heap_count];
	size_t at = 0, count = assign->heap_count;
	for (size_t child = 1; child < count; child = 2 * at + 1) {
		if (child + 1 < count && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &last))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
	return first;
}

/* ---- one row ---- */

/* Where the cheapest chain ends: at a column with room, or with a row that is left without one. */
struct end { int64_t distance; uint32_t column, row; };

static size_t look_from(struct match_assign *assign, uint32_t row, int64_t distance, struct end *end)
{
	int64_t left_out = distance + assign->unplaced - assign->row_price[row];
	if (left_out < end->distance)
		*end = (struct end){ left_out, MATCH_NO_COLUMN, row };
	for (size_t i = assign->first_edge[row]; i < assign->first_edge[row + 1]; i++) {
		const struct match_edge *edge = &assign->edges[i];
		uint32_t column = edge->column;
		if (edge->barred || assign->state[column] == DONE)
			continue;
		int64_t to = distance + MATCH_GAIN_MOST - edge->gain - assign->row_price[row] - assign->column_price[column];
		if (to >= end->distance || (assign->state[column] == REACHED && to >= assign->distance[column]))
			continue;
		if (assign->state[column] == UNSEEN)
			assign->reached[assign->reached_count++] = column;
		assign->state[column] = REACHED;
		assign->distance[column] = to;
		assign->from_row[column] = row;
		push(assign, (struct match_reach){ to, column });
	}
	return assign->first_edge[row + 1] - assign->first_edge[row] + 1;
}

static void leave(struct match_assign *assign, uint32_t row)
{
	uint32_t column = assign->column_of[row];
	uint32_t *at = &assign->first_row[column];
	while (*at != row)
		at = &assign->next_row[*at];
	*at = assign->next_row[row];
	assign->load[column]--;
	assign->column_of[row] = MATCH_NO_COLUMN;
}

static void enter(struct match_assign *assign, uint32_t row, uint32_t column)
{
	uint32_t *at = &assign->first_row[column];
	while (*at != NO_ROW && *at < row)
		at = &assign->next_row[*at];
	assign->next_row[row] = *at;
	*at = row;
	assign->load[column]++;
	assign->column_of[row] = column;
}

/* Every row of the chain moves on; the last one to be named is the new one. */
static void move_along(struct match_assign *assign, uint32_t new_row, const struct end *end)
{
	uint32_t column = end->column;
	if (column == MATCH_NO_COLUMN) {
		if (end->row == new_row)
			return;
		column = assign->column_of[end->row];
		leave(assign, end->row);
	}
	for (;;) {
		uint32_t row = assign->from_row[column], was = assign->column_of[row];
		if (was != MATCH_NO_COLUMN)
			leave(assign, row);
		enter(assign, row, column);
		if (row == new_row)
			return;
		column = was;
	}
}

static void change_prices(struct match_assign *assign, uint32_t new_row, int64_t distance)
{
	assign->row_price[new_row] += distance;
	for (size_t i = 0; i < assign->reached_count; i++) {
		uint32_t column = assign->reached[i];
		if (assign->state[column] == DONE && assign->distance[column] < distance) {
			assign->column_price[column] += assign->distance[column] - distance;
			for (uint32_t row = assign->first_row[column]; row != NO_ROW; row = assign->next_row[row])
				assign->row_price[row] += distance - assign->distance[column];
		}
		assign->state[column] = UNSEEN;
	}
}

size_t match_assign_step(struct match_assign *assign)
{
	struct end end = { INT64_MAX, MATCH_NO_COLUMN, NO_ROW };
	if (assign->next == assign->rows)
		return 0;
	uint32_t row = (uint32_t)assign->next++;
	assign->heap_count = assign->reached_count = 0;
	size_t looked = look_from(assign, row, 0, &end);
	while (assign->heap_count && assign->heap[0].distance < end.distance) {
		struct match_reach reach = pop(assign);
		if (assign->state[reach.column] == DONE || reach.distance > assign->distance[reach.column])
			continue;
		assign->state[reach.column] = DONE;
		if (assign->load[reach.column] < assign->capacity[reach.column]) {
			end = (struct end){ reach.distance, reach.column, NO_ROW };
			break;
		}
		for (uint32_t there = assign->first_row[reach.column]; there != NO_ROW; there = assign->next_row[there])
			looked += look_from(assign, there, reach.distance, &end);
	}
	change_prices(assign, row, end.distance);
	move_along(assign, row, &end);
	return looked;
}
