/* matching_index.h: all homes in memory, as matching reads them, and one need against all of them in steps.
 *
 * A home is put with its revision; an older one than is held changes nothing. Nothing is removed: a home that closes stays
 * and says so. Beside each home the index keeps, in a line or two of the processor's cache, what holds on one day, and
 * reckons it again when another day is asked for. One thread; the index is the caller's and lives longer than its runs.
 * Bounded: full is said, never dropped in silence.
 */
#ifndef PROVIDERS_MATCHING_INDEX_H
#define PROVIDERS_MATCHING_INDEX_H

#include "matching_check.h"

struct match_index;

enum match_put { MATCH_PUT_NEW, MATCH_PUT_REPLACED, MATCH_PUT_NOT_NEWER, MATCH_PUT_FULL };

struct match_index *match_index_new(size_t most_homes, size_t most_bytes);
void match_index_free(struct match_index **index);
void match_index_reset(struct match_index *index);       /* empty, revision 0 */
/* A home with its lists, copied. After MATCH_PUT_FULL the index lacks a home: no answer may be made of it. */
enum match_put match_index_put(struct match_index *index, const struct match_home *home);
/* The revision up to which everything has been put; also when there was nothing to put. */
void match_index_advance(struct match_index *index, int64_t revision);
int64_t match_index_revision(const struct match_index *index);
size_t match_index_count(const struct match_index *index);
size_t match_index_bytes(const struct match_index *index);
/* Slots are 0 to count - 1, in the order of the first put; a home keeps its slot. */
const struct match_home *match_index_home(const struct match_index *index, size_t slot);
bool match_index_find(const struct match_index *index, const struct match_id *id, size_t *ret_slot);

/* ---- one need against all homes ---- */

/* A home's answer: `out` 0 fits and has a score. */
struct match_answer {
	uint64_t out;
	int32_t score;
	int32_t tenths;                  /* of a mile; INT32_MAX: not known */
};

enum match_step { MATCH_MORE, MATCH_DONE, MATCH_GROWN };

struct match_run {
	struct match_index *index;
	struct match_prepared prepared;
	struct match_answer *answers;    /* by slot; the caller's */
	uint32_t *order;                 /* slots; the caller's; see match_page */
	size_t room, next;               /* next: how many have been looked at */
	uint64_t seen_changes;
	size_t fits;
	uint32_t excluded[MATCH_RULES];  /* how many homes each rule excludes */
	bool parted;                     /* `order` holds all slots, those that fit first */
};

/* How many homes a run needs room for now (a little more than there are). */
size_t match_run_room(const struct match_index *index);
/* `answers` and `order` have `room` items. */
void match_run_begin(struct match_run *run, struct match_index *index, const struct match_question *question,
                     struct match_answer *answers, uint32_t *order, size_t room);
/* At most `homes` homes more. A home put while the run is under way is looked at again, so that MATCH_DONE is an answer of
 * the index's revision at that moment, and again later when called again. MATCH_GROWN: more homes than room, begin anew. */
enum match_step match_run_step(struct match_run *run, size_t homes);
/* The homes ranked [from, until), best first: those that fit by score, miles and id, then the others by how few rules
 * exclude them, miles and id. Slots in ret_slots; how many there are. Cheap for the first page of many homes. */
size_t match_page(struct match_run *run, size_t from, size_t until, uint32_t *ret_slots);

#endif
