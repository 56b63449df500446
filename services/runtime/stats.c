/* stats.c: see stats.h. Two halves of 30 s each: the older is cleared when they change places. After a silence both are
 * older than they should be, and count no more. */
#include "stats.h"

#include <string.h>

#define HALF_US INT64_C(30000000)

static unsigned bucket_of(int64_t us)
{
	if (us < 4)
		return us < 0 ? 0 : (unsigned)us;
	unsigned power = 63 - (unsigned)__builtin_clzll((unsigned long long)us);
	unsigned quarter = (unsigned)(us >> (power - 2)) & 3;
	unsigned bucket = (power - 1) * 4 + quarter;
	return bucket < HEARTH_STATS_BUCKETS ? bucket : HEARTH_STATS_BUCKETS - 1;
}

/* The middle of a bucket, microseconds. */
static double bucket_us(unsigned bucket)
{
	if (bucket < 4)
		return (double)bucket;
	unsigned power = bucket / 4 + 1;
	return (double)(UINT64_C(1) << (power - 2)) * ((double)(4 + bucket % 4) + 0.5);
}

void hearth_stats_add(struct hearth_stats *stats, int64_t now_us, int64_t took_us)
{
	if (now_us - stats->turned_us > 2 * HALF_US)
		memset(stats->counts, 0, sizeof stats->counts);
	if (now_us - stats->turned_us > HALF_US) {
		stats->present = !stats->present;
		memset(stats->counts[stats->present], 0, sizeof stats->counts[0]);
		stats->turned_us = now_us;
	}
	stats->counts[stats->present][bucket_of(took_us)]++;
}

double hearth_stats_quantile(const struct hearth_stats *stats, int64_t now_us, double quantile)
{
	if (now_us - stats->turned_us > 2 * HALF_US)
		return 0;
	uint64_t total = 0, seen = 0;
	for (unsigned i = 0; i < HEARTH_STATS_BUCKETS; i++)
		total += stats->counts[0][i] + (uint64_t)stats->counts[1][i];
	if (total == 0)
		return 0;
	for (unsigned i = 0; i < HEARTH_STATS_BUCKETS; i++) {
		seen += stats->counts[0][i] + (uint64_t)stats->counts[1][i];
		if ((double)seen >= quantile * (double)total)
			return bucket_us(i) / 1000.0;
	}
	return 0;
}
