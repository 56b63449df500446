/* queue.h: a first-in-first-out list through the items' own `next`.
 *
 *	HEARTH_QUEUE(hearth_read)
 *
 * makes, for items `struct hearth_read` and lists `struct hearth_read_list { first, last, count }`:
 * hearth_read_append, hearth_read_take_first (NULL when empty) and hearth_read_put_in_front (empties `front`).
 */
#ifndef HEARTH_QUEUE_H
#define HEARTH_QUEUE_H

#define HEARTH_QUEUE(item) \
	static inline void item##_append(struct item##_list *list, struct item *one) \
	{ \
		one->next = NULL; \
		if (list->last) \
			list->last->next = one; \
		else \
			list->first = one; \
		list->last = one; \
		list->count++; \
	} \
	static inline struct item *item##_take_first(struct item##_list *list) \
	{ \
		struct item *one = list->first; \
		if (!one) \
			return NULL; \
		list->first = one->next; \
		if (!list->first) \
			list->last = NULL; \
		list->count--; \
		one->next = NULL; \
		return one; \
	} \
	static inline void item##_put_in_front(struct item##_list *list, struct item##_list *front) \
	{ \
		if (!front->first) \
			return; \
		front->last->next = list->first; \
		list->first = front->first; \
		if (!list->last) \
			list->last = front->last; \
		list->count += front->count; \
		*front = (struct item##_list){ 0 }; \
	}

#endif
