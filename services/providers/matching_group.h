/* matching_group.h: brothers and sisters: all in one home, or else the best split, and what keeps them apart.
 *
 * Together comes first: every home that could take all of them, best first. When there is none: as many children placed as
 * can be, in as few homes as can be, then (among the homes nearest to the children's) nearest to one another, then by score. What stands
 * against being together is said for the homes that came nearest to it: by which rules, and with whom who lives there.
 * It places nobody. Steps: a nation's homes take more than one turn of the loop. Pure.
 */
#ifndef PROVIDERS_MATCHING_GROUP_H
#define PROVIDERS_MATCHING_GROUP_H

#include "matching_index.h"

#define MATCH_TOGETHER_KEPT 20
#define MATCH_NEAR_KEPT 5
#define MATCH_SUBSETS (1 << MATCH_CHILDREN_MOST)
#define MATCH_SUBSET_HOMES 12            /* more than there can be children, so that no split is lost for want of homes */
#define MATCH_GROUP_TRIES 400000         /* of splits; past it the best so far */
#define MATCH_GROUP_RESTARTS 8           /* after so many changes while it was under way it is done in one step */

/* Some of the children in one home. */
struct match_share {
	uint16_t children;               /* bits by their place in the question */
	uint32_t slot;
	int32_t tenths;                  /* of a mile, from home, summed over the children; not known: MATCH_GROUP_FAR each */
	int32_t score;                   /* summed */
};
#define MATCH_GROUP_FAR 10000

struct match_split {
	unsigned share_count;
	struct match_share shares[MATCH_CHILDREN_MOST];
	uint16_t unplaced;               /* bits of children for whom no home is left */
	int32_t tenths;                  /* between each two of the homes, and from home */
	int32_t score;
};

/* A home that lacks little to take all of them. */
struct match_near {
	uint32_t slot;
	uint64_t out;                    /* rules that stand against all together */
	uint16_t fit;                    /* bits of the children who could live there by themselves */
	int32_t tenths;
	int resident;                    /* with whom it does not agree; MATCH_UNKNOWN: with none */
};

struct match_group {
	struct match_index *index;
	unsigned count;
	struct match_need needs[MATCH_CHILDREN_MOST];
	struct match_prepared alone[MATCH_CHILDREN_MOST], together_as[MATCH_CHILDREN_MOST];
	uint16_t solo;                   /* bits of children who are to live alone */
	size_t next;
	uint64_t seen_changes;
	unsigned restarts;
	/* answers */
	size_t together_count;           /* all that there are; the best are kept */
	struct match_share together[MATCH_TOGETHER_KEPT];
	size_t near_count;
	struct match_near near[MATCH_NEAR_KEPT];
	uint32_t excluded[MATCH_RULES];  /* how many homes each rule keeps from taking all */
	struct match_split split;        /* when together_count is 0 */
	bool finished;                   /* fewer unplaced or fewer homes are not possible; false: the best of what was tried */
	/* within: for each set of children the homes nearest to theirs that could take just these */
	uint16_t kept[MATCH_SUBSETS];
	struct match_share homes[MATCH_SUBSETS][MATCH_SUBSET_HOMES];
	unsigned largest;                /* of those sets that have a home */
	unsigned depth;
	size_t tries;
	struct match_attempt { uint16_t remaining, rest, set, at; struct match_split split; } attempts[MATCH_CHILDREN_MOST + 1];
};

/* One question each child, of one law, weights and areas; 1 to MATCH_CHILDREN_MOST. How many children a need speaks of is
 * not asked: it is these. `group` is large (a quarter of a megabyte): the caller's. */
void match_group_begin(struct match_group *group, struct match_index *index, const struct match_question *questions,
                       unsigned count);
/* At most `homes` homes more; a change of the index meanwhile begins anew. */
enum match_step match_group_step(struct match_group *group, size_t homes);

#endif
