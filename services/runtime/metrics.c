/* metrics.c: the registry and the text that Prometheus reads.
 *
 * Owns every metric and copies of the names. Metrics are found only when
 * shown, in the order of their making, those of one name together; counting
 * touches nothing but the metric.
 */
#include "metrics.h"
#include "metrics_http.h"

#include <hearth/arena.h>
#include <hearth/status.h>

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum metric_type { COUNTER, GAUGE, HISTOGRAM };

struct metric {
	enum metric_type type;
	char *name, *help, *labels;
	hearth_metric_fn *read;          /* or NULL: the value below */
	void *context;
	union {
		struct hearth_counter counter;
		struct hearth_gauge gauge;
		struct hearth_histogram histogram;
	};
};

struct hearth_metrics {
	struct metric **metrics;         /* pointers, because callers hold the addresses */
	size_t count;
	struct hearth_metrics_http *http;
};

static const struct { int64_t us; const char *text; } bounds[HEARTH_HISTOGRAM_BOUNDS] = {
	{ 500, "0.0005" }, { 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" }, { 10000, "0.01" },
	{ 25000, "0.025" }, { 50000, "0.05" }, { 100000, "0.1" }, { 250000, "0.25" }, { 500000, "0.5" },
	{ 1000000, "1" }, { 2500000, "2.5" }, { 5000000, "5" }, { 10000000, "10" }
};

struct hearth_metrics *hearth_metrics_new(void)
{
	struct hearth_metrics *metrics = hearth_alloc(sizeof(*metrics));
	memset(metrics, 0, sizeof(*metrics));
	return metrics;
}

void hearth_metrics_free(struct hearth_metrics **metrics)
{
	if (*metrics == NULL)
		return;
	hearth_metrics_http_free(&(*metrics)->http);
	for (size_t i = 0; i < (*metrics)->count; i++) {
		struct metric *metric = (*metrics)->metrics[i];
		free(metric->name);
		free(metric->help);
		free(metric->labels);
		free(metric);
	}
	free((*metrics)->metrics);
	free(*metrics);
	*metrics = NULL;
}

/* ---- making ---------------------------------------------------------------------- */

static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789";
	return name[0] != '\0' && (name[0] < '0' || name[0] > '9') && name[strspn(name, letters)] == '\0';
}

static struct metric *add(struct hearth_metrics *metrics, enum metric_type type, const char *name, const char *help,
                          const char *labels)
{
	assert(is_name(name) && strpbrk(help, "\n\\") == NULL && strchr(labels, '\n') == NULL);
	for (size_t i = 0; i < metrics->count; i++) {
		const struct metric *other = metrics->metrics[i];
		if (strcmp(other->name, name) == 0)
			assert(other->type == type && strcmp(other->labels, labels) != 0);
	}
	struct metric *metric = hearth_alloc(sizeof(*metric));
	memset(metric, 0, sizeof(*metric));
	metric->type = type;
	metric->name = hearth_strdup(name);
	metric->help = hearth_strdup(help);
	metric->labels = hearth_strdup(labels);
	metrics->metrics = hearth_realloc(metrics->metrics, (metrics->count + 1) * sizeof(struct metric *));
	metrics->metrics[metrics->count++] = metric;
	return metric;
}

struct hearth_counter *hearth_metrics_counter(struct hearth_metrics *metrics, const char *name, const char *help,
                                              const char *labels)
{
	return &add(metrics, COUNTER, name, help, labels)->counter;
}

struct hearth_gauge *hearth_metrics_gauge(struct hearth_metrics *metrics, const char *name, const char *help,
                                          const char *labels)
{
	return &add(metrics, GAUGE, name, help, labels)->gauge;
}

struct hearth_histogram *hearth_metrics_histogram(struct hearth_metrics *metrics, const char *name, const char *help,
                                                  const char *labels)
{
	return &add(metrics, HISTOGRAM, name, help, labels)->histogram;
}

void hearth_metrics_counter_of(struct hearth_metrics *metrics, const char *name, const char *help, const char *labels,
                               hearth_metric_fn *read, void *context)
{
	struct metric *metric = add(metrics, COUNTER, name, help, labels);
	metric->read = read;
	metric->context = context;
}

void hearth_metrics_gauge_of(struct hearth_metrics *metrics, const char *name, const char *help, const char *labels,
                             hearth_metric_fn *read, void *context)
{
	struct metric *metric = add(metrics, GAUGE, name, help, labels);
	metric->read = read;
	metric->context = context;
}

void hearth_histogram_observe(struct hearth_histogram *histogram, int64_t took_us)
{
	if (took_us < 0)
		took_us = 0;
	size_t bucket = 0;
	while (bucket < HEARTH_HISTOGRAM_BOUNDS && took_us > bounds[bucket].us)
		bucket++;
	histogram->counts[bucket]++;
	histogram->sum_us += (uint64_t)took_us;
}

/* ---- showing ----------------------------------------------------------------------- */

static void render_head(FILE *out, const struct metric *metric)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, types[metric->type]);
}

static void render_name(FILE *out, const struct metric *metric)
{
	fputs(metric->name, out);
	if (metric->labels[0] != '\0')
		fprintf(out, "{%s}", metric->labels);
}

static void render_number(FILE *out, double number)
{
	if (isnan(number))
		fputs(" NaN\n", out);
	else if (isinf(number))
		fputs(number > 0 ? " +Inf\n" : " -Inf\n", out);
	else
		fprintf(out, " %.15g\n", number);
}

static void render_histogram(FILE *out, const struct metric *metric)
{
	const struct hearth_histogram *histogram = &metric->histogram;
	const char *comma = metric->labels[0] != '\0' ? "," : "";
	uint64_t sum = 0;
	for (size_t i = 0; i <= HEARTH_HISTOGRAM_BOUNDS; i++) {
		sum += histogram->counts[i];
		fprintf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", metric->name, metric->labels, comma,
		        i < HEARTH_HISTOGRAM_BOUNDS ? bounds[i].text : "+Inf", sum);
	}
	const char *open = metric->labels[0] != '\0' ? "{" : "", *close = metric->labels[0] != '\0' ? "}" : "";
	fprintf(out, "%s_sum%s%s%s %" PRIu64 ".%06u\n", metric->name, open, metric->labels, close,
	        histogram->sum_us / 1000000, (unsigned)(histogram->sum_us % 1000000));
	fprintf(out, "%s_count%s%s%s %" PRIu64 "\n", metric->name, open, metric->labels, close, sum);
}

static void render_metric(FILE *out, const struct metric *metric)
{
	if (metric->type == HISTOGRAM) {
		render_histogram(out, metric);
		return;
	}
	render_name(out, metric);
	if (metric->read != NULL)
		render_number(out, metric->read(metric->context));
	else if (metric->type == GAUGE)
		render_number(out, metric->gauge.value);
	else
		fprintf(out, " %" PRIu64 "\n", metric->counter.value);
}

static bool is_first_of_name(const struct hearth_metrics *metrics, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(metrics->metrics[i]->name, metrics->metrics[index]->name) == 0)
			return false;
	return true;
}

char *hearth_metrics_render(const struct hearth_metrics *metrics, size_t *ret_size)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		abort();
	for (size_t i = 0; i < metrics->count; i++) {
		if (!is_first_of_name(metrics, i))
			continue;
		render_head(out, metrics->metrics[i]);
		for (size_t k = i; k < metrics->count; k++)
			if (strcmp(metrics->metrics[k]->name, metrics->metrics[i]->name) == 0)
				render_metric(out, metrics->metrics[k]);
	}
	if (fclose(out) != 0)
		abort();
	*ret_size = size;
	return text;
}

/* ---- the endpoint ---------------------------------------------------------------------- */

int hearth_metrics_serve(struct hearth_metrics *metrics, struct hearth_loop *loop, const char *address,
                         hearth_ready_fn *ready, void *context, struct hearth_status *status)
{
	assert(metrics->http == NULL && "a registry is served once");
	metrics->http = hearth_metrics_http_new(metrics, loop, address, ready, context, status);
	return metrics->http != NULL ? 0 : -1;
}

const char *hearth_metrics_address(const struct hearth_metrics *metrics)
{
	return metrics->http != NULL ? hearth_metrics_http_address(metrics->http) : "";
}

int hearth_metrics_announce(struct hearth_metrics *metrics, const char *directory, const char *service,
                            const char *instance, struct hearth_status *status)
{
	assert(metrics->http != NULL && "served before it is announced");
	return hearth_metrics_http_announce(metrics->http, directory, service, instance, status);
}
