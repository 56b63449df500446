/* status.c: `hearth status`: every instance of every service, and how far each consumer is. */
#include <string.h>

#include <hearth/control/v1/control.pb-c.h>

#include "cli.h"
#include "control.h"

const char cli_status_help[] =
	"Usage: hearth status [SERVICE]\n"
	"\n"
	"Every instance: ready or not, calls, errors, what is queued (writes/reads), latency, timers\n"
	"due; each consumer: how far it has applied its source; and each outbox: its partitions,\n"
	"stray events (no partition was made for them), what was trimmed, who hears it and how far\n"
	"that is, why nothing is trimmed. What is not known, as when the database is away, is shown\n"
	"as -. Role OPERATOR.\n"
	"Exit code 4 when a service has no instance that answers, 1 when an instance is not ready,\n"
	"a consumer has stopped or events are stray.\n";

typedef Hearth__Control__V1__GetInstanceResponse instance_state;
typedef Hearth__Control__V1__ConsumerState consumer_state;

struct view {
	struct cli *cli;
	struct cli_table *instances, *consumers, *outboxes;
	json_t *services;
	int code;
};

static void worse(struct view *view, int code)
{
	if (code > view->code)
		view->code = code;
}

static const char *number(struct cli *cli, int64_t value)
{
	return hearth_arena_printf(cli->arena, "%lld", (long long)value);
}

static void add_instance(struct view *view, const char *service, const instance_state *state)
{
	struct cli *cli = view->cli;
	bool serving = state->status == HEARTH__CONTROL__V1__SERVING_STATUS__SERVING;
	char now[HEARTH_TIME_SIZE];
	hearth_time_format(control_time(state->now), now);
	const char *cells[] = {
		service,
		state->instance_id,
		serving ? "ready" : "not ready",
		number(cli, state->calls),
		number(cli, state->errors),
		hearth_arena_printf(cli->arena, "%lld/%lld", (long long)state->queued_writes, (long long)state->queued_reads),
		hearth_arena_printf(cli->arena, "%.2f", state->p50_ms),
		hearth_arena_printf(cli->arena, "%.2f", state->p99_ms),
		number(cli, state->timers_due),
		hearth_arena_printf(cli->arena, "%.19sZ%s", now, state->test_clock ? " (test)" : ""),
	};
	cli_table_add(view->instances, cells);
	if (!serving)
		worse(view, CLI_FAILED);
}

/* Of the processes of a service one applies a source; the others wait to take over. */
static const consumer_state *applying(instance_state *const *states, size_t count, const char *source)
{
	const consumer_state *best = NULL;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < states[i]->n_consumers; j++) {
			const consumer_state *state = states[i]->consumers[j];
			if (strcmp(state->source, source) == 0 && (best == NULL || state->active))
				best = state;
		}
	return best;
}

/* `ready`: a process of the service is. Without its database none can say how it is with the consumer. */
static void add_consumer(struct view *view, const char *service, bool ready, const consumer_state *state)
{
	struct cli *cli = view->cli;
	const char *how = state->stopped[0] != '\0' ? state->stopped
	                  : state->loading           ? "loads its state"
	                  : state->active            ? "applies"
	                  : ready                    ? "nobody applies it"
	                                             : "-";
	const char *cells[] = {
		service,
		state->source,
		ready ? number(cli, state->applied) : "-",
		ready ? number(cli, state->end) : "-",
		!ready || state->behind_unknown ? "-" : hearth_arena_printf(cli->arena, "%.1f", state->behind_seconds),
		!ready || state->parked_unknown ? "-" : number(cli, state->parked),
		how,
	};
	cli_table_add(view->consumers, cells);
	if (state->stopped[0] != '\0' || !state->active || state->parked > 0)
		worse(view, CLI_FAILED);
}

/* "finance 812, referrals 640": who hears it and how far each has applied it. */
static const char *heard_text(struct cli *cli, const Hearth__Control__V1__OutboxState *outbox)
{
	const char *text = "";
	for (size_t i = 0; i < outbox->n_heard; i++)
		text = hearth_arena_printf(cli->arena, "%s%s%s %lld", text, i > 0 ? ", " : "", outbox->heard[i]->consumer,
		                           (long long)outbox->heard[i]->applied);
	return text;
}

/* As the first process says that knows; -1 is not known. */
static void add_outbox(struct view *view, const char *service, instance_state *const *states, size_t count)
{
	const Hearth__Control__V1__OutboxState *outbox = NULL;
	for (size_t i = 0; i < count; i++)
		if (states[i]->outbox != NULL && (outbox == NULL || outbox->partitions < 0))
			outbox = states[i]->outbox;
	if (outbox == NULL)
		return;
	bool known = outbox->partitions >= 0;
	const char *cells[] = {
		service,
		known ? number(view->cli, outbox->partitions) : "-",
		known ? number(view->cli, outbox->stray) : "-",
		known ? number(view->cli, outbox->trimmed) : "-",
		heard_text(view->cli, outbox),
		outbox->held[0] != '\0' ? hearth_arena_printf(view->cli->arena, "not trimmed: %s", outbox->held) : "",
	};
	cli_table_add(view->outboxes, cells);
	if (outbox->stray > 0)
		worse(view, CLI_FAILED);
}

static bool any_ready(instance_state *const *states, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (states[i]->status == HEARTH__CONTROL__V1__SERVING_STATUS__SERVING)
			return true;
	return false;
}

static void add_service(struct view *view, const char *service, instance_state *const *states, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		add_instance(view, service, states[i]);
		json_array_append_new(list, hearth_json_encode(&states[i]->base, HEARTH_JSON_DEFAULTS));
	}
	json_array_append_new(view->services, json_pack("{s:s, s:o}", "service", service, "instances", list));
	for (size_t i = 0; count > 0 && i < states[0]->n_consumers; i++)
		add_consumer(view, service, any_ready(states, count), applying(states, count, states[0]->consumers[i]->source));
	add_outbox(view, service, states, count);
	if (count == 0) {
		const char *cells[] = {service, "", "no instance", "", "", "", "", "", "", ""};
		cli_table_add(view->instances, cells);
		worse(view, CLI_UNAVAILABLE);
	}
}

static int look_at(struct view *view, const char *service, struct hearth_status *status)
{
	const char *endpoints[CLI_INSTANCES_MOST];
	instance_state *states[CLI_INSTANCES_MOST];
	size_t found = cli_instances(view->cli, service, view->cli->arena, endpoints), count = 0;
	for (size_t i = 0; i < found; i++) {
		struct hearth_status failure = HEARTH_STATUS_INIT;
		if (control_get(view->cli, service, endpoints[i], &states[count], &failure) == 0) {
			count++;
		} else if (failure.code == HEARTH_PERMISSION_DENIED) {
			*status = failure;
			return -1;
		}
	}
	add_service(view, service, states, count);
	return 0;
}

static void print_tables(const struct view *view)
{
	cli_table_print(view->instances, stdout);
	fputs("\n", stdout);
	cli_table_print(view->consumers, stdout);
	fputs("\n", stdout);
	cli_table_print(view->outboxes, stdout);
}

int cli_status(struct cli *cli, int argc, char **argv)
{
	static const char *const instances[] = {"SERVICE", "INSTANCE", "STATE", ">CALLS", ">ERRORS", ">QUEUED", ">P50 MS",
	                                        ">P99 MS", ">TIMERS DUE", "CLOCK", NULL};
	static const char *const consumers[] = {"CONSUMER", "SOURCE", ">APPLIED", ">END", ">BEHIND S", ">PARKED", "STATE", NULL};
	static const char *const outboxes[] = {"OUTBOX", ">PARTITIONS", ">STRAY", ">TRIMMED", "HEARD BY", "STATE", NULL};
	const struct cli_option options[] = {{0}};
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	if (argc > 2 || (argc == 2 && cli_service_find(argv[1]) == NULL))
		return cli_usage("status", argc > 2 ? "at most one service" : "there is no service \"%s\"", argv[1]);
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (cli_client(cli, &status) == NULL)
		return cli_fail(&status);
	struct view view = {.cli = cli, .instances = cli_table_new(instances),
	                    .consumers = cli_table_new(consumers), .outboxes = cli_table_new(outboxes),
	                    .services = json_array()};
	for (const struct cli_service *service = cli_services; service->name != NULL && code == CLI_OK; service++)
		if ((argc < 2 || strcmp(argv[1], service->name) == 0) && look_at(&view, service->name, &status) != 0)
			code = cli_fail(&status);
	if (code == CLI_OK && cli->json)
		cli_print_json(json_pack("{s:O}", "services", view.services), false);
	else if (code == CLI_OK)
		print_tables(&view);
	json_decref(view.services);
	cli_table_free(&view.instances);
	cli_table_free(&view.consumers);
	cli_table_free(&view.outboxes);
	return code == CLI_OK ? view.code : code;
}
