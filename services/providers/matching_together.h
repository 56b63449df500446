/* matching_together.h: may these children, who do not live there yet, all come to one home? */
#ifndef PROVIDERS_MATCHING_TOGETHER_H
#define PROVIDERS_MATCHING_TOGETHER_H

#include "matching_check.h"

#define MATCH_COMPANY_MOST 64            /* places of one home that are thought of at once */

/* Each is checked as if the others had their places already; a need of several children stands for that many. */
bool match_fit_together(const struct match_home *home, const struct match_prepared *const *needs, size_t count);

#endif
