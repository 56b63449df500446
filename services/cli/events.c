/* events.c: `hearth events`: what a service could not apply of others' events, and what an operator decides about it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearth/clock.h>
#include <hearth/events/v1/events.pb-c.h>

#include "control.h"
#include "watch.h"

const char cli_events_help[] =
	"Usage: hearth events list SERVICE [--source SOURCE]\n"
	"       hearth events show SERVICE ID\n"
	"       hearth events retry SERVICE ID [--no-wait]\n"
	"       hearth events skip SERVICE ID --why TEXT [--no-wait]\n"
	"       hearth events bootstrap SERVICE SOURCE\n"
	"\n"
	"Events of other services that SERVICE could not apply lie parked, and later ones of the same child or home behind\n"
	"them, in order; all others go on. Role OPERATOR.\n"
	"  list       what lies parked, in the order of waiting\n"
	"  show       one of them, without personal fields, and what was decided about it\n"
	"  retry      try the events of its child or home again, the first one first\n"
	"  skip       never apply it; those behind it are tried. Who, when and why (no names) are kept\n"
	"  bootstrap  load SOURCE's present state anew: what its events no longer tell\n"
	"  --no-wait  do not wait until it is done (at most 15 s)\n";

#define WAIT_MS 15000
#define LOOK_MS 200

typedef Hearth__Events__V1__ParkedEvent parked_event;
typedef Hearth__Events__V1__GetParkedResponse parked_answer;

static int call(struct cli *cli, const char *service, const char *name, const ProtobufCMessage *request,
                const ProtobufCMessageDescriptor *descriptor, void *ret_reply, struct hearth_status *status)
{
	const char *method = hearth_arena_printf(cli->arena, "%s:hearth.events.v1.Events/%s", service, name);
	return cli_call(cli, method, request, descriptor, NULL, cli->arena, ret_reply, NULL, status);
}

static const char *number(struct cli *cli, int64_t value)
{
	return hearth_arena_printf(cli->arena, "%" PRId64, value);
}

/* ---- list ---- */

static void add_row(struct cli *cli, struct cli_table *table, const parked_event *event)
{
	const char *state = event->ordered[0] ? hearth_arena_printf(cli->arena, "%s, %s ordered", event->state, event->ordered)
	                                      : event->state;
	const char *cells[] = {number(cli, event->id), event->source, number(cli, event->seq), event->type, event->subject,
	                       state, number(cli, event->tries), event->reason, event->sqlstate};
	cli_table_add(table, cells);
}

static int list(struct cli *cli, const char *service, const char *source)
{
	static const char *const columns[] = {">ID", "SOURCE", ">SEQ", "TYPE", "SUBJECT", "STATE", ">TRIES", "REASON",
	                                      "SQLSTATE", NULL};
	Hearth__Events__V1__ListParkedRequest request = HEARTH__EVENTS__V1__LIST_PARKED_REQUEST__INIT;
	Hearth__Events__V1__ListParkedResponse *page;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct cli_table *table = cli_table_new(columns);
	json_t *rows = json_array();
	int code = CLI_OK;
	request.source = (char *)(source != NULL ? source : "");
	request.page_size = 500;
	do {
		if (call(cli, service, "ListParked", &request.base, &hearth__events__v1__list_parked_response__descriptor, &page,
		         &status) != 0) {
			code = cli_fail(&status);
			break;
		}
		for (size_t i = 0; i < page->n_parked; i++) {
			add_row(cli, table, page->parked[i]);
			json_array_append_new(rows, hearth_json_encode(&page->parked[i]->base, HEARTH_JSON_DEFAULTS));
		}
		request.page_token = page->next_page_token;
	} while (request.page_token[0] != '\0');
	if (code == CLI_OK && cli->json)
		cli_print_json(json_pack("{s:O}", "parked", rows), false);
	else if (code == CLI_OK)
		cli_table_print(table, stdout);
	json_decref(rows);
	cli_table_free(&table);
	return code;
}

/* ---- one of them ---- */

static int get(struct cli *cli, const char *service, int64_t id, parked_answer **ret_answer, struct hearth_status *status)
{
	Hearth__Events__V1__GetParkedRequest request = HEARTH__EVENTS__V1__GET_PARKED_REQUEST__INIT;
	request.id = id;
	return call(cli, service, "GetParked", &request.base, &hearth__events__v1__get_parked_response__descriptor, ret_answer,
	            status);
}

static json_t *answer_json(struct cli *cli, const parked_answer *answer)
{
	json_t *decisions = json_array();
	for (size_t i = 0; i < answer->n_decisions; i++)
		json_array_append_new(decisions, hearth_json_encode(&answer->decisions[i]->base, HEARTH_JSON_DEFAULTS));
	json_t *all = json_pack("{s:o, s:o}", "parked", hearth_json_encode(&answer->parked->base, HEARTH_JSON_DEFAULTS),
	                        "decisions", decisions);
	if (answer->event != NULL)
		json_object_set_new(all, "event", watch_json(answer->event, cli->arena));
	return all;
}

static int show(struct cli *cli, const char *service, int64_t id)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	parked_answer *answer;
	if (get(cli, service, id, &answer, &status) != 0)
		return cli_fail(&status);
	cli_print_json(answer_json(cli, answer), false);
	return CLI_OK;
}

/* ---- orders ---- */

/* Waits until the order has been followed; how it is then. */
static int await(struct cli *cli, const char *service, int64_t id, parked_answer **ret_answer, struct hearth_status *status)
{
	int64_t until_us = hearth_clock_mono() + WAIT_MS * INT64_C(1000);
	do {
		if (get(cli, service, id, ret_answer, status) != 0)
			return -1;
		if ((*ret_answer)->parked->ordered[0] == '\0')
			return 0;
		usleep(LOOK_MS * 1000);
	} while (hearth_clock_mono() < until_us);
	return hearth_fail(status, HEARTH_DEADLINE_EXCEEDED, "NOT_DONE_YET", "it is ordered, and nobody has done it in %d s: "
	                   "does a process of %s apply %s (hearth status)?", WAIT_MS / 1000, service,
	                   (*ret_answer)->parked->source);
}

static int finish(struct cli *cli, const char *service, int64_t id, bool waits)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	parked_answer *answer;
	if ((waits ? await(cli, service, id, &answer, &status) : get(cli, service, id, &answer, &status)) != 0)
		return cli_fail(&status);
	const parked_event *event = answer->parked;
	if (cli->json)
		cli_print_json(answer_json(cli, answer), false);
	else
		printf("%" PRId64 "  %s  %s%s%s%s%s\n", event->id, event->type, event->state, event->ordered[0] ? ", " : "",
		       event->ordered, event->ordered[0] ? " ordered" : "",
		       strcmp(event->state, "FAILED") == 0 ? hearth_arena_printf(cli->arena, ": %s %s", event->reason, event->sqlstate)
		                                           : "");
	return waits && (strcmp(event->state, "FAILED") == 0 || strcmp(event->state, "BEHIND") == 0) ? CLI_FAILED : CLI_OK;
}

static int retry(struct cli *cli, const char *service, int64_t id, bool waits)
{
	Hearth__Events__V1__RetryParkedRequest request = HEARTH__EVENTS__V1__RETRY_PARKED_REQUEST__INIT;
	Hearth__Events__V1__RetryParkedResponse *reply;
	struct hearth_status status = HEARTH_STATUS_INIT;
	request.id = id;
	if (call(cli, service, "RetryParked", &request.base, &hearth__events__v1__retry_parked_response__descriptor, &reply,
	         &status) != 0)
		return cli_fail(&status);
	return finish(cli, service, reply->parked->id, waits);
}

static int skip(struct cli *cli, const char *service, int64_t id, const char *why, bool waits)
{
	Hearth__Events__V1__SkipParkedRequest request = HEARTH__EVENTS__V1__SKIP_PARKED_REQUEST__INIT;
	Hearth__Events__V1__SkipParkedResponse *reply;
	struct hearth_status status = HEARTH_STATUS_INIT;
	request.id = id;
	request.why = (char *)why;
	if (call(cli, service, "SkipParked", &request.base, &hearth__events__v1__skip_parked_response__descriptor, &reply,
	         &status) != 0)
		return cli_fail(&status);
	return finish(cli, service, id, waits);
}

static int bootstrap(struct cli *cli, const char *service, const char *source)
{
	Hearth__Events__V1__BootstrapRequest request = HEARTH__EVENTS__V1__BOOTSTRAP_REQUEST__INIT;
	Hearth__Events__V1__BootstrapResponse *reply;
	struct hearth_status status = HEARTH_STATUS_INIT;
	request.source = (char *)source;
	if (call(cli, service, "Bootstrap", &request.base, &hearth__events__v1__bootstrap_response__descriptor, &reply,
	         &status) != 0)
		return cli_fail(&status);
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s}", "service", service, "source", source), false);
	else
		printf("%s loads the state of %s; hearth status shows when it is done\n", service, source);
	return CLI_OK;
}

/* ---- the command ---- */

/* A number from 1 on; 0 when it is none. */
static int64_t read_id(const char *text)
{
	char *end;
	int64_t id = strtoll(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && strlen(text) < 19 ? id : 0;
}

static int run_one(struct cli *cli, const char *verb, const char *service, int64_t id, const char *why, bool waits)
{
	if (strcmp(verb, "show") == 0)
		return show(cli, service, id);
	if (strcmp(verb, "retry") == 0)
		return retry(cli, service, id, waits);
	return why != NULL ? skip(cli, service, id, why, waits) : cli_usage("events", "skip wants --why TEXT");
}

int cli_events_command(struct cli *cli, int argc, char **argv)
{
	const char *source = NULL, *why = NULL;
	bool no_wait = false;
	const struct cli_option options[] = {
		{"source", CLI_TEXT, &source}, {"why", CLI_TEXT, &why}, {"no-wait", CLI_FLAG, &no_wait}, {0}};
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	const char *verb = argc > 1 ? argv[1] : "";
	bool one = strcmp(verb, "show") == 0 || strcmp(verb, "retry") == 0 || strcmp(verb, "skip") == 0;
	bool lists = strcmp(verb, "list") == 0;
	if (!one && !lists && strcmp(verb, "bootstrap") != 0)
		return cli_usage("events", "list, show, retry, skip or bootstrap is expected");
	if (argc != (lists ? 3 : 4))
		return cli_usage("events", lists ? "a service is expected" : "a service and %s are expected",
		                 one ? "an id" : "a source");
	if (cli_service_find(argv[2]) == NULL)
		return cli_usage("events", "there is no service \"%s\"", argv[2]);
	if (lists)
		return list(cli, argv[2], source);
	if (!one)
		return bootstrap(cli, argv[2], argv[3]);
	int64_t id = read_id(argv[3]);
	return id > 0 ? run_one(cli, verb, argv[2], id, why, !no_wait)
	              : cli_usage("events", "\"%s\" is no id; hearth events list shows them", argv[3]);
}
