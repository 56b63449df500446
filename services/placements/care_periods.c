/* care_periods.c: see care_periods.h. */
#include "care_periods.h"

size_t care_periods_merge(struct care_span *spans, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || spans[i].from > spans[kept - 1].to)
			spans[kept++] = spans[i];
		else if (spans[i].to >= spans[kept - 1].to) {
			spans[kept - 1].to = spans[i].to;
			spans[kept - 1].end_code = spans[i].end_code;
		}
	}
	return kept;
}
