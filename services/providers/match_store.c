/* match_store.c: every home in memory: the process's own index, brought up to date before each answer, and past ones.
 *
 * The store of the process only grows and is only written by match_store_put(). What it replaces is kept in a ring for a
 * while. A past store is made for one call and ends with it: a version of a home is right for it when it is not newer than
 * its revision and was replaced, if at all, after that. Those come from three sides: the rows that the call's own statement
 * read, the ring (what was replaced here since that statement's snapshot), and the process's index. A version is put
 * whichever side has it, and the newest of a home stays.
 */
#include "match.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/text.h>

#define MOST_HOMES 400000
#define MOST_BYTES ((size_t)512 << 20)
#define RING 4096

/* A version of a home that is no longer the newest. */
struct replaced {
	struct match_id id;
	int64_t revision, until;
	char *line;
};

struct match_past {
	struct match_store store;
	int64_t revision, seen;          /* seen: the revision of the snapshot that its rows came from */
	size_t next;                     /* slot of the process's index */
};

static struct match_store *present;
static struct match_reader *reader;
static struct replaced ring[RING];
static size_t ring_next;
static int64_t ring_lost;            /* what was replaced up to this revision may be gone from the ring */

struct match_store *match_store_now(void)
{
	if (!present) {
		present = hearth_alloc(sizeof *present);
		*present = (struct match_store){ .index = match_index_new(MOST_HOMES, MOST_BYTES) };
		reader = match_reader_new();
	}
	return present;
}

static void set_line(struct match_store *store, size_t slot, char *line)
{
	if (slot >= store->room) {
		size_t room = store->room ? store->room * 2 : 1024;
		store->lines = hearth_realloc(store->lines, room * sizeof *store->lines);
		memset(store->lines + store->room, 0, (room - store->room) * sizeof *store->lines);
		store->room = room;
	}
	store->lines[slot] = line;
}

static void remember(const struct match_id *id, int64_t revision, int64_t until, char *line)
{
	struct replaced *at = &ring[ring_next++ % RING];
	if (at->line && at->until > ring_lost)
		ring_lost = at->until;
	free(at->line);
	*at = (struct replaced){ *id, revision, until, line };
}

static int put(struct match_store *store, const struct match_home *home, const char *facts, struct hearth_status *status)
{
	size_t slot;
	bool known = match_index_find(store->index, &home->id, &slot);
	int64_t revision = known ? match_index_home(store->index, slot)->revision : 0;
	switch (match_index_put(store->index, home)) {
	case MATCH_PUT_FULL:
		return hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "MATCH_FULL",
		                   "more homes than one process matches: %zu in %zu bytes", match_index_count(store->index),
		                   match_index_bytes(store->index));
	case MATCH_PUT_NOT_NEWER:
		return 0;
	case MATCH_PUT_NEW:
	case MATCH_PUT_REPLACED:
		break;
	}
	if (known && store == present)
		remember(&home->id, revision, home->revision, store->lines[slot]);
	else if (known)
		free(store->lines[slot]);
	else if (!match_index_find(store->index, &home->id, &slot))
		abort();
	set_line(store, slot, hearth_strdup(facts));
	store->changes++;
	return 0;
}

int match_store_put(struct match_store *store, const char *id, int64_t revision, const char *facts,
                    struct hearth_status *status)
{
	struct match_row line;
	if (match_read_line(reader, id, revision, facts, &line, status) < 0)
		return -1;
	return put(store, &line.home, facts, status);
}

/* ---- the past ---- */

static void end_past(void *context)
{
	struct match_past *past = context;
	for (size_t i = 0; i < past->store.room; i++)
		free(past->store.lines[i]);
	free(past->store.lines);
	match_index_free(&past->store.index);
	free(past);
}

struct match_past *match_past_new(struct hearth_call *call, int64_t revision, int64_t seen)
{
	struct match_past *past = hearth_alloc(sizeof *past);
	(void)match_store_now();
	*past = (struct match_past){ .revision = revision, .seen = seen };
	past->store.index = match_index_new(MOST_HOMES, MOST_BYTES);
	hearth_arena_at_end(hearth_call_arena(call), end_past, past);
	return past;
}

struct match_store *match_past_store(struct match_past *past)
{
	return &past->store;
}

/* What the process replaced while the homes were looked at, and before since the snapshot. */
static int put_replaced(struct match_past *past, struct hearth_status *status)
{
	char id[HEARTH_UUID_SIZE];
	if (ring_lost > past->seen)
		return hearth_fail(status, HEARTH_UNAVAILABLE, "MATCH_BUSY", "more homes changed than are kept while they were read; "
		                   "try again");
	for (size_t i = 0; i < RING; i++) {
		const struct replaced *at = &ring[i];
		struct hearth_uuid uuid;
		if (!at->line || at->revision > past->revision || at->until <= past->revision)
			continue;
		memcpy(uuid.bytes, at->id.bytes, sizeof uuid.bytes);
		hearth_uuid_format(&uuid, id);
		if (match_store_put(&past->store, id, at->revision, at->line, status) < 0)
			return -1;
	}
	return 0;
}

int match_past_step(struct match_past *past, size_t homes, struct hearth_status *status)
{
	size_t count = match_index_count(present->index);
	for (; homes > 0 && past->next < count; homes--, past->next++) {
		const struct match_home *home = match_index_home(present->index, past->next);
		if (home->revision <= past->revision && put(&past->store, home, present->lines[past->next], status) < 0)
			return -1;
	}
	if (past->next < count)
		return HEARTH_STEP_MORE;
	if (put_replaced(past, status) < 0)
		return -1;
	match_index_advance(past->store.index, past->revision);
	return HEARTH_STEP_DONE;
}

/* ---- for showing ---- */

int match_store_read(const struct match_store *store, size_t slot, struct match_row *ret_line, struct hearth_status *status)
{
	const struct match_home *home = match_index_home(store->index, slot);
	struct hearth_uuid uuid;
	char id[HEARTH_UUID_SIZE];
	memcpy(uuid.bytes, home->id.bytes, sizeof uuid.bytes);
	hearth_uuid_format(&uuid, id);
	return match_read_line(reader, id, home->revision, store->lines[slot], ret_line, status);
}
