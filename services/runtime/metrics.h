/* metrics.h: figures for Prometheus, and the small HTTP endpoint that shows them.
 *
 * A registry belongs to the loop's thread. Metrics are made at start and live as long as the registry; counting is an
 * addition in memory. `labels` is fixed text as Prometheus reads it, without braces: `method="GetReferral",kind="read"`
 * or "". Metrics of one name must be of one type; they are shown together, with the help of the first. Names and labels
 * never hold anything about a child.
 *
 * The endpoint answers GET only: /metrics, /healthz (200: alive) and /readyz (200, or 503 and why). At most 32
 * connections at once; a connection that is silent for 10 s is closed. It runs inside the loop, without threads.
 */
#ifndef HEARTH_METRICS_H
#define HEARTH_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_loop;
struct hearth_metrics;
struct hearth_status;

struct hearth_counter { uint64_t value; };
struct hearth_gauge { double value; };

/* Bounds of the buckets in seconds: 0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10, and above. */
#define HEARTH_HISTOGRAM_BOUNDS 14
struct hearth_histogram {
	uint64_t counts[HEARTH_HISTOGRAM_BOUNDS + 1];    /* each bucket's own, not the running sum */
	uint64_t sum_us;
};

struct hearth_metrics *hearth_metrics_new(void);
/* Closes the endpoint, removes the target file, frees every metric. */
void hearth_metrics_free(struct hearth_metrics **metrics);

struct hearth_counter *hearth_metrics_counter(struct hearth_metrics *metrics, const char *name, const char *help,
                                              const char *labels);
struct hearth_gauge *hearth_metrics_gauge(struct hearth_metrics *metrics, const char *name, const char *help,
                                          const char *labels);
struct hearth_histogram *hearth_metrics_histogram(struct hearth_metrics *metrics, const char *name, const char *help,
                                                  const char *labels);
/* Read when shown: for what is counted elsewhere. */
typedef double hearth_metric_fn(void *context);
void hearth_metrics_counter_of(struct hearth_metrics *metrics, const char *name, const char *help, const char *labels,
                               hearth_metric_fn *read, void *context);
void hearth_metrics_gauge_of(struct hearth_metrics *metrics, const char *name, const char *help, const char *labels,
                             hearth_metric_fn *read, void *context);

static inline void hearth_counter_add(struct hearth_counter *counter, uint64_t more)
{
	counter->value += more;
}

static inline void hearth_gauge_set(struct hearth_gauge *gauge, double value)
{
	gauge->value = value;
}

/* A duration in microseconds (hearth_clock_mono); below 0 counts as 0. */
void hearth_histogram_observe(struct hearth_histogram *histogram, int64_t took_us);

/* The text exposition format, version 0.0.4; free() it. */
char *hearth_metrics_render(const struct hearth_metrics *metrics, size_t *ret_size);

/* `ready` true: /readyz answers 200; false: 503 and *ret_why (no secrets, may be left alone), read at once. */
typedef bool hearth_ready_fn(void *context, const char **ret_why);

/* Serves at "host:port" (numeric host, "[::1]:9100", or localhost; port 0 is chosen by the system). Once per registry. */
int hearth_metrics_serve(struct hearth_metrics *metrics, struct hearth_loop *loop, const char *address,
                         hearth_ready_fn *ready, void *context, struct hearth_status *status);
/* Where it is bound, "127.0.0.1:41234"; "" when it is not served. */
const char *hearth_metrics_address(const struct hearth_metrics *metrics);

/* Writes DIRECTORY/<service>-<instance>.json, a Prometheus file_sd target for the bound address, in one step (a reader
 * sees all of it or nothing). The directory must exist. Removed by hearth_metrics_free. Call after
 * hearth_metrics_serve. `service` and `instance` are letters, digits, "-" and "_". */
int hearth_metrics_announce(struct hearth_metrics *metrics, const char *directory, const char *service,
                            const char *instance, struct hearth_status *status);

#endif
