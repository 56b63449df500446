/* matching_candidates.h: the best homes of one referral: a heap with the worst of them first, or in order, the best first. */
#ifndef PROVIDERS_MATCHING_CANDIDATES_H
#define PROVIDERS_MATCHING_CANDIDATES_H

#include "matching_index.h"

struct match_candidate { uint32_t slot; int32_t score, tenths; };

/* By score, miles and id. */
bool match_candidate_better(const struct match_index *index, const struct match_candidate *a, const struct match_candidate *b);
void match_candidate_sink(const struct match_index *index, struct match_candidate *heap, size_t count, size_t at);
void match_candidate_rise(const struct match_index *index, struct match_candidate *heap, size_t at);
/* A heap becomes a list, the best first. */
void match_candidates_sort(const struct match_index *index, struct match_candidate *heap, size_t count);
/* A list, the best first, becomes one with the worst first, which is a heap. */
void match_candidates_turn(struct match_candidate *list, size_t count);

#endif
