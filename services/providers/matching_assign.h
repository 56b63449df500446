/* matching_assign.h: as many rows as possible each to one of its columns, and of all such ways the one of the highest sum.
 *
 * A column takes as many rows as its capacity says. Rows are taken in one after the other, each by the cheapest chain of
 * changes among those before (shortest augmenting paths with prices), so that after every row the answer is the best for the
 * rows so far. Always the same for the same input. Pure.
 */
#ifndef PROVIDERS_MATCHING_ASSIGN_H
#define PROVIDERS_MATCHING_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MATCH_NO_COLUMN UINT32_MAX
#define MATCH_GAIN_MOST (INT64_C(1) << 32)

struct match_edge { uint32_t column; bool barred; int64_t gain; };     /* gain: 0 to MATCH_GAIN_MOST */

struct match_assign {
	size_t rows, columns;
	const size_t *first_edge;        /* rows + 1 */
	const struct match_edge *edges;
	const uint32_t *capacity;
	uint32_t *column_of;             /* the answer: by row; MATCH_NO_COLUMN */
	uint32_t *load;                  /* rows of a column */
	size_t next;                     /* the next row to be taken in */
	/* within */
	uint32_t *first_row, *next_row, *from_row, *reached;
	int64_t *row_price, *column_price, *distance;
	uint8_t *state;
	struct match_reach { int64_t distance; uint32_t column; } *heap;
	size_t heap_count, reached_count;
	int64_t unplaced;                /* what a row that stays without a column costs */
};

size_t match_assign_bytes(size_t rows, size_t columns, size_t edges);
/* `memory` of match_assign_bytes, aligned for any type. The edges may be barred between two beginnings. */
void match_assign_begin(struct match_assign *assign, void *memory, size_t rows, size_t columns, const size_t *first_edge,
                        const struct match_edge *edges, const uint32_t *capacity);
/* Takes in one row; how many edges that took, 0 when all rows are in. */
size_t match_assign_step(struct match_assign *assign);

#endif
