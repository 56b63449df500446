/* watch.c: `hearth watch`: events of all services as they happen.
 *
 * One long poll per source is outstanding at any time. An event is printed before its cursor is written, so a watch
 * that is cut off and resumed may print a page again, and never leaves one out.
 */
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include <hearth/clock.h>
#include <hearth/events/v1/events.pb-c.h>

#include "watch.h"

const char cli_watch_help[] =
	"Usage: hearth watch [--service S]... [--type GLOB] [--subject S] [--from-start]\n"
	"                    [--cursor FILE] [--since-cursor FILE] [--count N] [--timeout SECONDS]\n"
	"\n"
	"Events as they happen, one a line: time, type, subject, data; with --json one object a line.\n"
	"Personal data is never in them. People see their own authority's events; an operator without\n"
	"--authority sees all. Events of imports of past years say (past).\n"
	"  --service S          only this source; may be given several times\n"
	"  --type GLOB          such as 'hearth.placement.*'\n"
	"  --subject S          such as placement/<id>, or the id alone\n"
	"  --from-start         all events there are, then new ones\n"
	"  --cursor FILE        go on where FILE says, and keep it up to date\n"
	"  --since-cursor FILE  go on where FILE says, and leave it as it is\n"
	"  --count N            stop after N events\n"
	"  --timeout SECONDS    stop after so long; exit code 1 when --count was not reached\n"
	"A service that is away is waited for. Exit code 4 when none answers at the beginning.\n";

#define WAIT_MS 10000
#define FIRST_TIMEOUT_MS 2000
#define TURN_MS 20
#define RETRY_US INT64_C(500000)

struct watch {
	struct cli *cli;
	struct hearth_client *client;
	struct hearth_arena *arena;      /* of one page */
	struct watch_source sources[WATCH_SOURCES_MOST];
	size_t count;
	struct cli_texts services;
	const char *type, *subject, *cursor, *since;
	bool from_start;
	int64_t most, printed;           /* most 0: no end */
	bool stopped;
	int code;
};

static void stop(struct watch *watch, int code)
{
	watch->stopped = true;
	watch->code = code;
}

/* ---- one page ---- */

static bool wanted(const struct watch *watch, const Hearth__Events__V1__Event *event)
{
	if (watch->type != NULL && fnmatch(watch->type, event->type, 0) != 0)
		return false;
	if (watch->subject == NULL || strcmp(watch->subject, event->subject) == 0)
		return true;
	const char *slash = strchr(event->subject, '/');
	return slash != NULL && strcmp(watch->subject, slash + 1) == 0;
}

static void print_page(struct watch *watch, struct watch_source *source, const Hearth__Events__V1__WatchResponse *page)
{
	for (size_t i = 0; i < page->n_events; i++) {
		source->next = page->events[i]->seq;
		if (!wanted(watch, page->events[i]))
			continue;
		watch_print(page->events[i], watch->cli->json, watch->arena);
		if (++watch->printed == watch->most) {
			stop(watch, CLI_OK);
			return;
		}
	}
	source->next = page->next;
}

static void save(struct watch *watch)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (watch->cursor != NULL && watch_cursor_write(watch->cursor, watch->sources, watch->count, &status) != 0)
		stop(watch, cli_fail(&status));
}

static void take_page(struct watch *watch, struct watch_source *source, const struct hearth_reply *reply)
{
	hearth_arena_reset(watch->arena);
	Hearth__Events__V1__WatchResponse *page = hearth__events__v1__watch_response__unpack(
		hearth_arena_allocator(watch->arena), reply->size, reply->size > 0 ? reply->payload : (const uint8_t *)"");
	if (page == NULL) {
		fprintf(stderr, "hearth: %s answered what cannot be read\n", source->service);
		stop(watch, CLI_FAILED);
		return;
	}
	int64_t before = source->next;
	bool fresh = strcmp(source->epoch, page->epoch) != 0;
	hearth_text_copy(source->epoch, sizeof source->epoch, page->epoch);
	print_page(watch, source, page);
	if (fflush(stdout) != 0)
		stop(watch, CLI_FAILED);
	else if (fresh || source->next != before)
		save(watch);
	if (source->away)
		fprintf(stderr, "hearth: %s is back\n", source->service);
	source->away = false;
	source->answered = true;
}

/* ---- trouble ---- */

static bool passes_by_itself(enum hearth_code code)
{
	return code == HEARTH_UNAVAILABLE || code == HEARTH_UNKNOWN || code == HEARTH_DEADLINE_EXCEEDED ||
	       code == HEARTH_RESOURCE_EXHAUSTED || code == HEARTH_CANCELLED;
}

static bool any_answered(const struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->sources[i].answered)
			return true;
	return false;
}

static bool all_away(const struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (!watch->sources[i].away)
			return false;
	return true;
}

static void nobody_answers(struct watch *watch)
{
	fputs("hearth: no service answers\n", stderr);
	stop(watch, CLI_UNAVAILABLE);
}

static void take_trouble(struct watch *watch, struct watch_source *source, const struct hearth_status *status)
{
	if (!passes_by_itself(status->code)) {
		fprintf(stderr, "%s: ", source->service);
		stop(watch, cli_fail(status));
		return;
	}
	if (!source->away)
		fprintf(stderr, "hearth: %s is away (%s); waiting for it\n", source->service, hearth_code_name(status->code));
	source->away = true;
	source->retry_us = hearth_clock_mono() + RETRY_US;
	if (!any_answered(watch) && all_away(watch))
		nobody_answers(watch);
}

static void ask(struct watch *watch, struct watch_source *source);

/* Asks again at once, so that what happens next is not waited for. */
static void answered(void *context, const struct hearth_reply *reply)
{
	struct watch_source *source = context;
	source->asked = false;
	if (source->watch->stopped)
		return;
	if (reply->status.code != HEARTH_OK) {
		take_trouble(source->watch, source, &reply->status);
		return;
	}
	take_page(source->watch, source, reply);
	if (!source->watch->stopped)
		ask(source->watch, source);
}

/* ---- asking ---- */

static void ask(struct watch *watch, struct watch_source *source)
{
	Hearth__Events__V1__WatchRequest request = HEARTH__EVENTS__V1__WATCH_REQUEST__INIT;
	struct hearth_status status = HEARTH_STATUS_INIT;
	char method[96];
	bool first = !source->answered || source->away;
	snprintf(method, sizeof method, "%s:hearth.events.v1.Events/Watch", source->service);
	request.epoch = source->epoch;
	request.after = source->next;
	request.wait_ms = first ? 0 : WAIT_MS;
	const struct hearth_call_options options = {.timeout_ms = first ? FIRST_TIMEOUT_MS : WAIT_MS + 5000};
	source->asked = true;
	if (hearth_client_send(watch->client, method, &request.base, &options, answered, source, &status) != 0) {
		source->asked = false;
		take_trouble(watch, source, &status);
	}
}

/* Ends when stopped, or at `until` (monotonic, 0: never). */
static void run(struct watch *watch, int64_t until)
{
	while (!watch->stopped) {
		int64_t now = hearth_clock_mono();
		if (until != 0 && now >= until) {
			if (any_answered(watch))
				stop(watch, watch->most > 0 ? CLI_FAILED : CLI_OK);
			else
				nobody_answers(watch);
			return;
		}
		for (size_t i = 0; i < watch->count && !watch->stopped; i++)
			if (!watch->sources[i].asked && now >= watch->sources[i].retry_us)
				ask(watch, &watch->sources[i]);
		if (!watch->stopped && hearth_client_run(watch->client, TURN_MS) == 0)
			usleep(TURN_MS * 1000);
	}
}

/* ---- the command ---- */

static int read_options(struct watch *watch, int argc, char **argv)
{
	const struct cli_option options[] = {
		{"service", CLI_TEXTS, &watch->services},
		{"type", CLI_TEXT, &watch->type},
		{"subject", CLI_TEXT, &watch->subject},
		{"from-start", CLI_FLAG, &watch->from_start},
		{"cursor", CLI_TEXT, &watch->cursor},
		{"since-cursor", CLI_TEXT, &watch->since},
		{"count", CLI_INT, &watch->most},
		{0},
	};
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	if (argc > 1)
		return cli_usage("watch", "\"%s\" is not expected", argv[1]);
	if (watch->cursor != NULL && watch->since != NULL)
		return cli_usage("watch", "--cursor or --since-cursor, not both");
	for (size_t i = 0; i < watch->services.count; i++)
		if (cli_service_find(watch->services.values[i]) == NULL)
			return cli_usage("watch", "--service: there is no service \"%s\"", watch->services.values[i]);
	return CLI_OK;
}

static void choose_sources(struct watch *watch)
{
	for (const struct cli_service *service = cli_services; service->name != NULL; service++) {
		bool chosen = watch->services.count == 0;
		for (size_t i = 0; i < watch->services.count; i++)
			chosen = chosen || strcmp(watch->services.values[i], service->name) == 0;
		if (chosen && watch->count < WATCH_SOURCES_MOST)
			watch->sources[watch->count++] = (struct watch_source){
				.watch = watch, .service = service->name, .next = watch->from_start ? 0 : -1};
	}
}

static int prepare(struct watch *watch, struct hearth_status *status)
{
	choose_sources(watch);
	const char *path = watch->since != NULL ? watch->since : watch->cursor;
	if (path != NULL && watch_cursor_read(path, watch->since != NULL, watch->sources, watch->count, status) != 0)
		return -1;
	if (watch->cursor != NULL && watch_cursor_check(watch->cursor, status) != 0)
		return -1;
	watch->client = cli_client(watch->cli, status);
	return watch->client != NULL ? 0 : -1;
}

int cli_watch(struct cli *cli, int argc, char **argv)
{
	struct watch watch = {.cli = cli};
	struct hearth_status status = HEARTH_STATUS_INIT;
	int code = read_options(&watch, argc, argv);
	if (code != CLI_OK)
		return code;
	if (prepare(&watch, &status) != 0)
		return strcmp(status.reason, "CURSOR_FILE") == 0 ? cli_usage("watch", "%s", status.message) : cli_fail(&status);
	watch.arena = hearth_arena_new();
	run(&watch, cli->timeout_ms > 0 ? hearth_clock_mono() + (int64_t)cli->timeout_ms * 1000 : 0);
	watch.stopped = true;
	hearth_client_free(&cli->client);      /* ends what is outstanding while `watch` is still there */
	hearth_arena_free(&watch.arena);
	return watch.code;
}
