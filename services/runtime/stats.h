/* stats.h: latency of the last minute or so, in about 1 kB: buckets a quarter of a power of two wide, two halves. */
#ifndef HEARTH_STATS_H
#define HEARTH_STATS_H

#include <stdint.h>

#define HEARTH_STATS_BUCKETS 128

struct hearth_stats {
	uint32_t counts[2][HEARTH_STATS_BUCKETS];
	int64_t turned_us;                /* when the halves last changed places */
	int present;
};

void hearth_stats_add(struct hearth_stats *stats, int64_t now_us, int64_t took_us);
/* Milliseconds at a quantile (0.5, 0.99); 0 without calls. Times are of the monotonic clock. */
double hearth_stats_quantile(const struct hearth_stats *stats, int64_t now_us, double quantile);

#endif
