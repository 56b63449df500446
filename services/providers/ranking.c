/* ranking.c: see ranking.h. Pure: values in, values out. */
#include "ranking.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Runs of `width` items are in order; the two from `from` on are merged next. */
static void begin_pair(struct ranking *ranking, size_t from)
{
	ranking->from = ranking->to = ranking->left = from;
	ranking->right = least(from + ranking->width, ranking->count);
}

void ranking_begin(struct ranking *ranking, const void **items, const void **spare, size_t count, ranking_compare *compare)
{
	*ranking = (struct ranking){ .items = items, .spare = spare, .count = count, .compare = compare, .width = 1 };
	begin_pair(ranking, 0);
}

/* One item to its place. */
static void move_one(struct ranking *ranking)
{
	size_t middle = least(ranking->from + ranking->width, ranking->count);
	size_t end = least(ranking->from + 2 * ranking->width, ranking->count);
	bool left = ranking->left < middle;
	if (left && ranking->right < end)
		left = ranking->compare(ranking->items[ranking->left], ranking->items[ranking->right]) <= 0;
	ranking->spare[ranking->to++] = ranking->items[left ? ranking->left++ : ranking->right++];
	if (ranking->to == end)
		begin_pair(ranking, end);
}

bool ranking_step(struct ranking *ranking, size_t most)
{
	while (ranking->width < ranking->count) {
		if (ranking->from >= ranking->count) {
			const void **sorted = ranking->spare;
			ranking->spare = ranking->items;
			ranking->items = sorted;
			ranking->width *= 2;
			begin_pair(ranking, 0);
			continue;
		}
		if (most-- == 0)
			return false;
		move_one(ranking);
	}
	return true;
}
