/* matching_index.c: see matching_index.h. Pure: values in, values out.
 *
 * Homes and their days are two arrays by slot; a table of slots finds a home by its id; the lists of a home are one block of
 * memory. What changed last is remembered in a ring, for runs that are under way.
 */
#include "matching_index.h"

#include <stdlib.h>
#include <string.h>

#include "matching_inside.h"

#define ROOM_FIRST 1024

/* Memory is the one thing without which nothing goes on. */
static void *memory(void *from, size_t size)
{
	void *to = realloc(from, size ? size : 1);
	if (!to)
		abort();
	return to;
}

struct match_index *match_index_new(size_t most_homes, size_t most_bytes)
{
	struct match_index *index = memory(NULL, sizeof *index);
	*index = (struct match_index){ .most_homes = most_homes < UINT32_MAX / 4 ? most_homes : UINT32_MAX / 4,
		.most_bytes = most_bytes, .bytes = sizeof *index };
	return index;
}

void match_index_reset(struct match_index *index)
{
	for (size_t i = 0; i < index->count; i++)
		free(index->blocks[i].at);
	free(index->homes);
	free(index->days);
	free(index->offers);
	free(index->blocks);
	free(index->table);
	*index = (struct match_index){ .most_homes = index->most_homes, .most_bytes = index->most_bytes, .bytes = sizeof *index,
		.changes = index->changes + MATCH_CHANGES_KEPT + 1 };    /* more than any run could follow: it begins anew */
}

void match_index_free(struct match_index **index)
{
	if (!*index)
		return;
	match_index_reset(*index);
	free(*index);
	*index = NULL;
}

/* ---- finding ---- */

/* Ids may be drawn at random, begin with a time or end with a number: every bit counts for every other. */
static uint64_t hash_of(const struct match_id *id)
{
	uint64_t parts[2];
	memcpy(parts, id->bytes, sizeof parts);
	uint64_t hash = parts[0] ^ (parts[1] << 32 | parts[1] >> 32);
	hash = (hash ^ hash >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
	hash = (hash ^ hash >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
	return hash ^ hash >> 33;
}

/* Where the id stands in the table, or would. */
static size_t place_of(const struct match_index *index, const struct match_id *id)
{
	size_t at = (size_t)hash_of(id) & index->table_mask;
	while (index->table[at] && memcmp(&index->homes[index->table[at] - 1].id, id, sizeof *id) != 0)
		at = (at + 1) & index->table_mask;
	return at;
}

bool match_index_find(const struct match_index *index, const struct match_id *id, size_t *ret_slot)
{
	if (!index->count)
		return false;
	uint32_t found = index->table[place_of(index, id)];
	if (found)
		*ret_slot = found - 1;
	return found != 0;
}

/* ---- growing ---- */

static size_t room_bytes(size_t room)
{
	return room * (sizeof *((struct match_index *)0)->homes + sizeof *((struct match_index *)0)->days +
	               sizeof *((struct match_index *)0)->offers +
	               sizeof *((struct match_index *)0)->blocks + 2 * sizeof *((struct match_index *)0)->table);
}

/* Lines of the cache, beginning with one. */
static void *lines(void *from, size_t size, size_t room_size)
{
	void *to;
	if (posix_memalign(&to, 64, room_size) != 0)
		abort();
	if (size)
		memcpy(to, from, size);
	free(from);
	return to;
}

static void grow(struct match_index *index)
{
	size_t room = index->room ? index->room * 2 : ROOM_FIRST;
	index->days = lines(index->days, index->count * sizeof *index->days, room * sizeof *index->days);
	index->offers = lines(index->offers, index->count * sizeof *index->offers, room * sizeof *index->offers);
	index->homes = memory(index->homes, room * sizeof *index->homes);
	index->blocks = memory(index->blocks, room * sizeof *index->blocks);
	index->table = memory(index->table, 2 * room * sizeof *index->table);
	memset(index->table, 0, 2 * room * sizeof *index->table);
	index->bytes += room_bytes(room) - room_bytes(index->room);
	index->room = room;
	index->table_mask = 2 * room - 1;
	for (size_t i = 0; i < index->count; i++)
		index->table[place_of(index, &index->homes[i].id)] = (uint32_t)(i + 1);
}

/* ---- lists ---- */

static size_t padded(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

static size_t lists_size(const struct match_home *home)
{
	return padded(home->bar_count * sizeof *home->bars) + padded(home->limit_count * sizeof *home->limits) +
		padded(home->block_count * sizeof *home->blocks) + padded(home->resident_count * sizeof *home->residents) +
		padded(home->named_count * sizeof *home->named) + padded(home->route_count * sizeof *home->routes);
}

static const void *copy_list(char **at, const void *from, size_t size)
{
	void *to = *at;
	if (size)
		memcpy(to, from, size);
	*at += padded(size);
	return to;
}

/* By authority, otherwise as given: a few, so by insertion. */
static void sort_routes(struct match_route *routes, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct match_route route = routes[i];
		size_t at = i;
		for (; at && routes[at - 1].authority > route.authority; at--)
			routes[at] = routes[at - 1];
		routes[at] = route;
	}
}

static void copy_lists(struct match_home *to, char *at)
{
	to->bars = copy_list(&at, to->bars, to->bar_count * sizeof *to->bars);
	to->limits = copy_list(&at, to->limits, to->limit_count * sizeof *to->limits);
	to->blocks = copy_list(&at, to->blocks, to->block_count * sizeof *to->blocks);
	to->residents = copy_list(&at, to->residents, to->resident_count * sizeof *to->residents);
	to->named = copy_list(&at, to->named, to->named_count * sizeof *to->named);
	struct match_route *routes = (struct match_route *)(void *)at;
	to->routes = copy_list(&at, to->routes, to->route_count * sizeof *to->routes);
	sort_routes(routes, to->route_count);
}

/* ---- putting ---- */

static void note_change(struct match_index *index, size_t slot)
{
	index->changed[index->changes++ % MATCH_CHANGES_KEPT] = (uint32_t)slot;
}

static void put_at(struct match_index *index, size_t slot, const struct match_home *home, size_t size)
{
	struct match_home copy = *home;
	static char nothing[16];
	char *lists = size ? memory(NULL, size) : NULL;
	copy_lists(&copy, lists ? lists : nothing);
	index->homes[slot] = copy;
	index->blocks[slot] = (struct match_lists){ lists, size };
	index->days[slot].from = MATCH_OPEN_END;         /* on no day: to be reckoned */
	index->days[slot].until = MATCH_EVER;
	index->offers[slot].from = MATCH_OPEN_END;
	index->offers[slot].until = MATCH_EVER;
	index->bytes += size;
	note_change(index, slot);
	if (home->revision > index->revision)
		index->revision = home->revision;
}

static bool has_room(const struct match_index *index, bool further, size_t size)
{
	size_t grown = further && index->count == index->room
		? room_bytes(index->room ? index->room * 2 : ROOM_FIRST) - room_bytes(index->room) : 0;
	return (!further || index->count < index->most_homes) && index->bytes + grown + size <= index->most_bytes;
}

enum match_put match_index_put(struct match_index *index, const struct match_home *home)
{
	size_t slot, size = lists_size(home);
	if (match_index_find(index, &home->id, &slot)) {
		if (home->revision <= index->homes[slot].revision)
			return MATCH_PUT_NOT_NEWER;
		if (!has_room(index, false, size))
			return MATCH_PUT_FULL;
		index->bytes -= index->blocks[slot].size;
		free(index->blocks[slot].at);
		put_at(index, slot, home, size);
		return MATCH_PUT_REPLACED;
	}
	if (!has_room(index, true, size))
		return MATCH_PUT_FULL;
	if (index->count == index->room)
		grow(index);
	slot = index->count;
	put_at(index, slot, home, size);
	index->table[place_of(index, &home->id)] = (uint32_t)(slot + 1);
	index->count++;
	return MATCH_PUT_NEW;
}

void match_index_advance(struct match_index *index, int64_t revision)
{
	if (revision > index->revision)
		index->revision = revision;
}

int64_t match_index_revision(const struct match_index *index)
{
	return index->revision;
}

size_t match_index_count(const struct match_index *index)
{
	return index->count;
}

size_t match_index_bytes(const struct match_index *index)
{
	return index->bytes;
}

const struct match_home *match_index_home(const struct match_index *index, size_t slot)
{
	return &index->homes[slot];
}
