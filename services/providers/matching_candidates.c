/* matching_candidates.c: see matching_candidates.h. Pure: values in, values out. */
#include "matching_candidates.h"

#include <string.h>

#include "matching_inside.h"

bool match_candidate_better(const struct match_index *index, const struct match_candidate *a, const struct match_candidate *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (a->tenths != b->tenths)
		return a->tenths < b->tenths;
	return memcmp(&index->homes[a->slot].id, &index->homes[b->slot].id, sizeof(struct match_id)) < 0;
}

/* From `at` downwards the worst of all comes first. */
void match_candidate_sink(const struct match_index *index, struct match_candidate *heap, size_t count, size_t at)
{
	struct match_candidate moved = heap[at];
	for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
		if (child + 1 < count && match_candidate_better(index, &heap[child], &heap[child + 1]))
			child++;
		if (!match_candidate_better(index, &moved, &heap[child]))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

void match_candidate_rise(const struct match_index *index, struct match_candidate *heap, size_t at)
{
	struct match_candidate moved = heap[at];
	for (; at && match_candidate_better(index, &heap[(at - 1) / 2], &moved); at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = moved;
}

void match_candidates_sort(const struct match_index *index, struct match_candidate *heap, size_t count)
{
	for (size_t left = count; left > 1; left--) {
		struct match_candidate worst = heap[0];
		heap[0] = heap[left - 1];
		match_candidate_sink(index, heap, left - 1, 0);
		heap[left - 1] = worst;
	}
}

void match_candidates_turn(struct match_candidate *list, size_t count)
{
	for (size_t low = 0, high = count; low + 1 < high; low++) {
		struct match_candidate was = list[low];
		list[low] = list[--high];
		list[high] = was;
	}
}
