/* ranking.h: the order of what was found, made a little at a time.
 *
 * A merge sort from the bottom up that can stop after any comparison and go on later, so that ranking a nation's homes
 * holds nobody up. Pure. Equals cannot be: the last word is the id.
 */
#ifndef PROVIDERS_RANKING_H
#define PROVIDERS_RANKING_H

#include <stdbool.h>
#include <stddef.h>

typedef int ranking_compare(const void *left, const void *right);

struct ranking {
	const void **items, **spare;     /* both of `count`; the caller's */
	size_t count;
	ranking_compare *compare;
	size_t width, from, left, right, to;
};

/* `items` are pointers to what is ranked. */
void ranking_begin(struct ranking *ranking, const void **items, const void **spare, size_t count, ranking_compare *compare);
/* At most `most` moves of an item; true when all are in order, in ranking->items (which may be `spare` of the beginning). */
bool ranking_step(struct ranking *ranking, size_t most);

#endif
