/* service_metrics.c: see service_metrics.h. Everything is counted elsewhere and read when it is shown. */
#include "service_metrics.h"

#include <math.h>
#include <stdio.h>

/* ---- calls ---- */

static double read_counter(void *context)
{
	return (double)*(const uint64_t *)context;
}

static const char *kind_name(enum hearth_kind kind)
{
	static const char *const names[] = { [HEARTH_READ] = "read", [HEARTH_SLOW] = "slow", [HEARTH_WRITE] = "write",
		                                 [HEARTH_COMPUTE] = "compute" };
	return names[kind];
}

static void add_routes(struct hearth_process *process)
{
	struct hearth_metrics *metrics = process->metrics;
	for (size_t i = 0; i < process->route_count; i++) {
		struct hearth_route *route = &process->routes[i];
		char labels[160];
		snprintf(labels, sizeof labels, "method=\"%s\",kind=\"%s\"", route->method->name, kind_name(route->method->kind));
		hearth_metrics_counter_of(metrics, "hearth_calls_total", "calls answered", labels, read_counter, &route->calls);
		hearth_metrics_counter_of(metrics, "hearth_call_errors_total", "calls answered with an error", labels,
		                          read_counter, &route->errors);
		route->seconds = hearth_metrics_histogram(metrics, "hearth_call_seconds", "from arrival to reply", labels);
	}
}

/* ---- queues and the database ---- */

static double read_outstanding(void *context)
{
	return (double)((struct hearth_process *)context)->outstanding;
}

static double read_queued_writes(void *context)
{
	return (double)hearth_db_queued_writes(((struct hearth_process *)context)->db);
}

static double read_queued_reads(void *context)
{
	return (double)hearth_db_queued_reads(((struct hearth_process *)context)->db);
}

static double read_ready(void *context)
{
	return hearth_db_ready(((struct hearth_process *)context)->db) ? 1 : 0;
}

static double read_longest_turn(void *context)
{
	return (double)hearth_loop_longest_us(((struct hearth_process *)context)->loop) / 1e6;
}

static double read_computing(void *context)
{
	return (double)((struct hearth_process *)context)->computing;
}

static double read_task_turns(void *context)
{
	return (double)hearth_tasks_turns(((struct hearth_process *)context)->tasks);
}

static double read_timers_due(void *context)
{
	return (double)((struct hearth_process *)context)->timers_due;
}

#define DB_COUNTER(field) \
	static double read_##field(void *context) \
	{ \
		return (double)hearth_db_counts(((struct hearth_process *)context)->db).field; \
	}
DB_COUNTER(groups)
DB_COUNTER(grouped)
DB_COUNTER(group_errors)
DB_COUNTER(resubmitted)
DB_COUNTER(read_errors)
DB_COUNTER(reconnects)

#define SERVER_COUNTER(field) \
	static double read_##field(void *context) \
	{ \
		return (double)hearth_server_counts(((struct hearth_process *)context)->server).field; \
	}
SERVER_COUNTER(malformed)
SERVER_COUNTER(oversized)
SERVER_COUNTER(throttled)
SERVER_COUNTER(dropped_replies)
SERVER_COUNTER(keys_taken)
SERVER_COUNTER(keys_refused)

static double read_ejections(void *context)
{
	return (double)hearth_client_ejections(((struct hearth_process *)context)->client);
}

struct figure {
	const char *name, *help;
	hearth_metric_fn *read;
};

static const struct figure gauges[] = {
	{ "hearth_ready", "1 when the database is there", read_ready },
	{ "hearth_outstanding_calls", "calls taken and not yet answered", read_outstanding },
	{ "hearth_queued_writes", "writes that wait for the write connection", read_queued_writes },
	{ "hearth_queued_reads", "reads that wait for a read connection", read_queued_reads },
	{ "hearth_loop_longest_turn_seconds", "the longest turn of the loop since the process began", read_longest_turn },
	{ "hearth_computing_calls", "calls that reckon now", read_computing },
	{ "hearth_timers_due", "timers found due at the last look", read_timers_due },
};

static const struct figure counters[] = {
	{ "hearth_write_groups_total", "transactions of grouped writes committed", read_groups },
	{ "hearth_grouped_writes_total", "writes committed in groups", read_grouped },
	{ "hearth_write_group_errors_total", "groups that were rolled back", read_group_errors },
	{ "hearth_writes_resubmitted_total", "writes run again after another one's error or a lost connection", read_resubmitted },
	{ "hearth_read_errors_total", "reads that the database refused", read_read_errors },
	{ "hearth_database_reconnects_total", "connections made again", read_reconnects },
	{ "hearth_task_turns_total", "slices of what is reckoned in steps", read_task_turns },
	{ "hearth_malformed_requests_total", "requests whose frames could not be read", read_malformed },
	{ "hearth_oversized_requests_total", "requests over the size limit", read_oversized },
	{ "hearth_throttled_requests_total", "requests over a connection's or the process's limit", read_throttled },
	{ "hearth_dropped_replies_total", "replies whose caller had gone", read_dropped_replies },
	{ "hearth_keys_taken_total", "tcp connections of known keys", read_keys_taken },
	{ "hearth_instances_ejected_total", "instances left out because they were connected and did not answer", read_ejections },
	{ "hearth_keys_refused_total", "tcp connections refused because their key is not known", read_keys_refused },
};

/* ---- consumers ---- */

static double read_behind(void *context)
{
	return hearth_consumer_state(context).behind_seconds;
}

static double read_active(void *context)
{
	return hearth_consumer_state(context).active ? 1 : 0;
}

static double read_stopped(void *context)
{
	return hearth_consumer_state(context).stopped[0] ? 1 : 0;
}

static double read_parked(void *context)
{
	int64_t parked = hearth_consumer_state(context).parked;
	return parked < 0 ? NAN : (double)parked;
}

static void add_consumers(struct hearth_process *process)
{
	for (size_t i = 0; i < process->consumer_count; i++) {
		struct hearth_consumer *consumer = process->consumers[i];
		char labels[96];
		snprintf(labels, sizeof labels, "source=\"%s\"", hearth_consumer_state(consumer).source);
		hearth_metrics_gauge_of(process->metrics, "hearth_events_behind_seconds",
		                        "age of the oldest event that this service has not applied; 0: none, NaN: not known", labels,
		                        read_behind, consumer);
		hearth_metrics_gauge_of(process->metrics, "hearth_events_parked",
		                        "events that could not be applied, and those that wait behind them", labels, read_parked,
		                        consumer);
		hearth_metrics_gauge_of(process->metrics, "hearth_events_active", "1 where this process applies the source",
		                        labels, read_active, consumer);
		hearth_metrics_gauge_of(process->metrics, "hearth_events_stopped", "1 when the consumer cannot go on", labels,
		                        read_stopped, consumer);
	}
}

/* ---- the endpoint ---- */

static bool ready(void *context, const char **ret_why)
{
	const struct hearth_process *process = context;
	if (process->draining) {
		*ret_why = "draining";
		return false;
	}
	if (hearth_db_ready(process->db))
		return true;
	*ret_why = hearth_db_trouble(process->db);
	return false;
}

int hearth_service_metrics_open(struct hearth_process *process, struct hearth_status *status)
{
	const char *address = hearth_config_text(process->config, "metrics");
	const char *directory = hearth_config_text(process->config, "metrics-directory");
	process->metrics = hearth_metrics_new();
	hearth_process_metrics(process);
	add_routes(process);
	for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++)
		hearth_metrics_gauge_of(process->metrics, gauges[i].name, gauges[i].help, "", gauges[i].read, process);
	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
		hearth_metrics_counter_of(process->metrics, counters[i].name, counters[i].help, "", counters[i].read, process);
	hearth_loop_measure(process->loop, hearth_metrics_histogram(process->metrics, "hearth_loop_turn_seconds",
	                                                            "turns of the loop, from waking to sleeping again", ""));
	add_consumers(process);
	hearth_outbox_metrics(process);
	hearth_chores_metrics(process->chores);
	if (!*address)
		return 0;
	if (hearth_metrics_serve(process->metrics, process->loop, address, ready, process, status) < 0)
		return -1;
	return *directory ? hearth_metrics_announce(process->metrics, directory, process->service->name,
	                                            process->instance_text, status)
	                  : 0;
}

void hearth_service_metrics_close(struct hearth_process *process)
{
	hearth_loop_measure(process->loop, NULL);
	hearth_metrics_free(&process->metrics);
}
