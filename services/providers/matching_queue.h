/* matching_queue.h: all open referrals against all free places at once, beside first come, first served.
 *
 * It suggests: as many referrals as possible with a home that fits, and of all such ways the one whose scores add up to
 * most. It places nobody, and it ranks no children: no referral counts for more than another; among equal ways the ids
 * decide, so that the answer is always the same. Beside it stands what would come of taking the referrals one after the
 * other by the time they were opened. Every referral has at least two options where there are two.
 *
 * Two who are suggested for the same home are checked with one another as if they lived there. When no pair had to be
 * parted, the suggestion is the best there is (`best`); else it is the best of what was tried. Steps. Pure.
 */
#ifndef PROVIDERS_MATCHING_QUEUE_H
#define PROVIDERS_MATCHING_QUEUE_H

#include "matching_assign.h"
#include "matching_candidates.h"

#define MATCH_QUEUE_MOST 500
#define MATCH_OPTIONS 3
#define MATCH_NO_SLOT UINT32_MAX
#define MATCH_QUEUE_ROUNDS 8             /* of parting and assigning anew */
#define MATCH_QUEUE_RESTARTS 4           /* for homes that changed after all were looked at */

struct match_queued {
	struct match_question question;
	int64_t opened;                  /* microseconds since 1970 */
};

struct match_option {
	uint32_t slot;
	int32_t score, tenths;           /* tenths INT32_MAX: not known */
	bool free;                       /* also when all that is suggested is taken */
};

struct match_suggestion {
	uint32_t slot;                   /* MATCH_NO_SLOT: none is left */
	uint32_t slot_in_turn;           /* first come, first served */
	size_t fits;                     /* homes that fit by themselves */
	unsigned option_count;           /* what is suggested first, then the best others */
	struct match_option options[MATCH_OPTIONS];
};

struct match_plan {
	size_t placed, children;
	int64_t score, tenths;           /* tenths: summed over those whose distance is known */
	size_t tenths_known;
};

/* A referral's line: the best homes for it. */
struct match_line {
	struct match_prepared prepared;
	size_t count, fits;
	bool more;                       /* homes that fit were left out */
	struct match_candidate *candidates;      /* in a heap, the worst first; in order once all homes were looked at */
};

enum match_queue_phase {
	MATCH_QUEUE_LOOK, MATCH_QUEUE_EDGES, MATCH_QUEUE_SUGGEST, MATCH_QUEUE_IN_TURN, MATCH_QUEUE_TELL, MATCH_QUEUE_DONE
};

struct match_queue {
	struct match_index *index;
	size_t count;
	const struct match_queued *queued;
	struct match_suggestion *suggestions;    /* by referral, as they were given */
	struct match_plan suggested, in_turn;
	bool best;
	int64_t revision;                /* of the index, of which the answer is made */
	size_t withdrawn;                /* suggestions of homes that changed too often meanwhile, and no longer fit */
	/* within */
	size_t room, line, next, kept_most;      /* line: how far the phase has come */
	uint64_t seen_changes, *fitted;  /* fitted: a bit each line and slot */
	size_t words;                    /* of fitted, each line */
	enum match_queue_phase phase;
	unsigned rounds, restarts;
	struct match_line *lines;
	uint32_t *by_id, *by_time;       /* referrals in those orders */
	uint32_t *column_of;             /* by slot; MATCH_NO_COLUMN */
	uint32_t *slot_of, *capacity, *load;     /* by column */
	size_t columns;
	size_t *first_edge;
	struct match_edge *edges;
	uint32_t *taken;                 /* by referral: its column */
	struct match_assign assign;
	void *assign_memory;
};

size_t match_queue_bytes(const struct match_index *index, size_t count);
/* `memory` of match_queue_bytes, zeroed or not, aligned for any type; `queued` lives on. At most MATCH_QUEUE_MOST. */
void match_queue_begin(struct match_queue *queue, struct match_index *index, const struct match_queued *queued, size_t count,
                       void *memory);
/* At most about so many looks at a home. MATCH_GROWN: more homes than the memory was for, begin anew. */
enum match_step match_queue_step(struct match_queue *queue, size_t homes);

#endif
