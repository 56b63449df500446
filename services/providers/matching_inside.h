/* matching_inside.h: what the index of homes is made of, for those that walk through all of it. */
#ifndef PROVIDERS_MATCHING_INSIDE_H
#define PROVIDERS_MATCHING_INSIDE_H

#include "matching_day.h"
#include "matching_index.h"

#define MATCH_CHANGES_KEPT 4096

struct match_lists { void *at; size_t size; };

struct match_index {
	struct match_home *homes;
	struct match_day *days;          /* by slot, each for some days */
	struct match_offer *offers;      /* and each for the council that asked last */
	struct match_lists *blocks;
	uint32_t *table;                 /* slot + 1, by id; twice the room */
	size_t table_mask, count, room;
	size_t most_homes, most_bytes, bytes;
	int64_t revision;
	uint64_t changes;                /* how many there have been */
	uint32_t changed[MATCH_CHANGES_KEPT];
};

/* The day's line of a home, reckoned if it was another's. */
static inline const struct match_day *match_index_day(struct match_index *index, size_t slot, int32_t day)
{
	struct match_day *line = &index->days[slot];
	if (day < line->from || day >= line->until)
		match_day_reckon(&index->homes[slot], day, line);
	return line;
}

/* The same for the council that asks. */
static inline const struct match_offer *match_index_offer(struct match_index *index, size_t slot, uint16_t authority, int32_t day)
{
	struct match_offer *line = &index->offers[slot];
	if (authority != line->authority || day < line->from || day >= line->until)
		match_offer_reckon(&index->homes[slot], authority, day, line);
	return line;
}

#endif
