/* spool.c: `hearth spool`: what waits and why; delivering it; deciding about what was refused. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <hearth/clock.h>
#include <hearth/trust.h>

#include "spooling.h"

#define LISTED 1000
#define FOREVER_STEP_MS 1000

const char cli_spool_help[] =
	"Usage: hearth spool [list|show|run|retry|drop] [--spool FILE]\n"
	"\n"
	"  hearth spool                 how many commands wait, and for what\n"
	"  hearth spool list [--all]    what waits and why; --all: what has ended too (kept a week)\n"
	"  hearth spool show ID         one command, and its answer; --request: what it says, too\n"
	"  hearth spool run             delivers until nothing is left that can be (--timeout: at\n"
	"                               most so long); --forever: goes on until it is ended; SIGHUP:\n"
	"                               reads its key again\n"
	"  hearth spool retry ID        sends a refused or stale command again\n"
	"  hearth spool drop ID --why TEXT   gives one up; what waited behind it goes on\n"
	"\n"
	"WAITING: for its service, or behind an earlier command of its key. REFUSED: the service\n"
	"said no. STALE: it may have been carried out, over a day ago, and nobody remembers: look,\n"
	"then retry or drop. The later commands of a key wait behind one that is refused or stale.\n"
	"Exit code of run: 0 when nothing is left, 1 when something waits for you, 4 when a service\n"
	"could not be reached in time.\n";

struct task {
	struct cli *cli;
	struct hearth_spool *spool;
	struct cli_table *table;
	json_t *array;
	const char *why;
	bool all, request, forever;
};

static volatile sig_atomic_t ended, reload;

/* ---- showing ---- */

static const char *time_text(struct cli *cli, int64_t us)
{
	char text[HEARTH_TIME_SIZE];
	if (us <= 0)
		return "";
	hearth_time_format(us, text);
	return hearth_arena_printf(cli->arena, "%.19sZ", text);       /* to the second */
}

/* Why it is as it is, for a person. */
static const char *reason(struct cli *cli, const struct hearth_spooled *command)
{
	if (command->behind)
		return "behind an earlier command of its key";
	if (command->state == HEARTH_SPOOL_DROPPED)
		return hearth_arena_strdup(cli->arena, command->why);
	if (command->last.code == HEARTH_OK)
		return "";
	return hearth_arena_printf(cli->arena, "%s %s: %s%s%s%s", hearth_code_name(command->last.code), command->last.reason,
	                           command->last.message, command->last.field[0] ? " (" : "", command->last.field,
	                           command->last.field[0] ? ")" : "");
}

static void set_time(json_t *object, struct cli *cli, const char *name, int64_t us)
{
	if (us > 0)
		json_object_set_new(object, name, json_string(time_text(cli, us)));
}

static json_t *command_json(struct cli *cli, const struct hearth_spooled *command)
{
	char id[HEARTH_UUID_SIZE];
	hearth_uuid_format(&command->id, id);
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "id", id, "method", command->method, "key",
	                           command->key, "state", hearth_spool_state_name(command->state), "tries",
	                           (json_int_t)command->tries, "why", reason(cli, command), "actor", command->actor,
	                           "authority", command->authority);
	set_time(object, cli, "added", command->added_us);
	set_time(object, cli, "next", command->next_us);
	set_time(object, cli, "ended", command->ended_us);
	return object;
}

static void add_row(void *context, const struct hearth_spooled *command)
{
	struct task *task = context;
	char id[HEARTH_UUID_SIZE], tries[24];
	if (task->array != NULL) {
		json_array_append_new(task->array, command_json(task->cli, command));
		return;
	}
	hearth_uuid_format(&command->id, id);
	snprintf(tries, sizeof tries, "%" PRId64, command->tries);
	const char *method = strrchr(command->method, '.');
	cli_table_add(task->table, (const char *const[]){id, method != NULL ? method + 1 : command->method, command->key,
	              hearth_spool_state_name(command->state), tries, time_text(task->cli, command->added_us),
	              reason(task->cli, command)});
}

static int list(struct task *task, const char *id)
{
	static const char *const columns[] = {"id", "method", "key", "state", ">tries", "added", "why", NULL};
	struct hearth_status status = HEARTH_STATUS_INIT;
	(void)id;
	task->array = task->cli->json ? json_array() : NULL;
	task->table = cli_table_new(columns);
	int outcome = hearth_spool_list(task->spool, task->all, LISTED, add_row, task, &status);
	if (outcome == 0 && task->array != NULL)
		cli_print_json(json_incref(task->array), false);
	else if (outcome == 0)
		cli_table_print(task->table, stdout);
	cli_table_free(&task->table);
	json_decref(task->array);
	return outcome == 0 ? CLI_OK : cli_fail(&status);
}

/* A message as JSON, or null when its contract is not known here. */
static json_t *message_json(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size)
{
	ProtobufCMessage *message = descriptor != NULL && bytes != NULL
		? protobuf_c_message_unpack(descriptor, NULL, size, bytes) : NULL;
	json_t *value = message != NULL ? hearth_json_encode(message, 0) : json_null();
	if (message != NULL)
		protobuf_c_message_free_unpacked(message, NULL);
	return value;
}

static void print_command(void *context, const struct hearth_spooled *command)
{
	static const uint8_t nothing[1];
	struct task *task = context;
	const char *full;
	const ProtobufCMethodDescriptor *method = spooling_method(task->cli, command->method, &full);
	json_t *object = command_json(task->cli, command);
	bool done = command->state == HEARTH_SPOOL_DONE;
	if (task->request && !done && command->state != HEARTH_SPOOL_DROPPED)
		json_object_set_new(object, "request", message_json(method != NULL ? method->input : NULL,
		                    command->size > 0 ? command->payload : nothing, command->size));
	if (done)
		json_object_set_new(object, "reply", message_json(method != NULL ? method->output : NULL,
		                    command->reply_size > 0 ? command->reply : nothing, command->reply_size));
	cli_print_json(object, false);
}

static int read_id(const char *text, struct hearth_uuid *ret_id)
{
	if (text == NULL)
		return cli_usage("spool", "the command's id is missing; hearth spool list shows them");
	return hearth_uuid_parse(text, ret_id) == 0 ? CLI_OK : cli_usage("spool", "\"%s\" is not a UUID", text);
}

static int show(struct task *task, const char *text)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid id;
	int code = read_id(text, &id);
	if (code != CLI_OK)
		return code;
	return hearth_spool_get(task->spool, &id, print_command, task, &status) == 0 ? CLI_OK : cli_fail(&status);
}

static int summary(struct task *task, const char *id)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_spool_counts counts;
	(void)id;
	if (hearth_spool_count(task->spool, &counts, &status) != 0)
		return cli_fail(&status);
	if (task->cli->json) {
		json_t *object = json_pack("{s:I, s:I, s:I, s:I}", "waiting", (json_int_t)counts.waiting, "behind",
		                           (json_int_t)counts.behind, "refused", (json_int_t)counts.refused, "stale",
		                           (json_int_t)counts.stale);
		set_time(object, task->cli, "oldest", counts.oldest_us);
		cli_print_json(object, false);
		return CLI_OK;
	}
	printf("%" PRId64 " wait, %" PRId64 " refused, %" PRId64 " stale, %" PRId64 " behind these", counts.waiting, counts.refused,
	       counts.stale, counts.behind);
	printf(counts.oldest_us > 0 ? "; the oldest since %s\n" : "%s\n", time_text(task->cli, counts.oldest_us));
	return CLI_OK;
}

/* ---- delivering ---- */

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void read_again(int signal)
{
	(void)signal;
	reload = 1;
}

/* SIGHUP, as for services: the secret key is another now. */
static void reload_keys(struct cli *cli)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	bool newer = false;
	reload = 0;
	if (cli->trust == NULL)
		return;
	if (hearth_trust_reload(cli->trust, &newer, &status) != 0)
		cli_fail(&status);
	else if (newer)
		hearth_client_reconnect(cli->client);
}

static void say(void *context, const struct hearth_uuid *id, enum hearth_spool_state state, const struct hearth_status *status)
{
	char text[HEARTH_UUID_SIZE];
	(void)context;
	if (state == HEARTH_SPOOL_DONE)
		return;
	hearth_uuid_format(id, text);
	fprintf(stderr, "hearth: %s is %s: %s %s: %s\n", text, hearth_spool_state_name(state), hearth_code_name(status->code),
	        status->reason, status->message);
}

/* What is left, in one exit code. */
static int left(struct task *task, struct hearth_status *status)
{
	struct hearth_spool_counts counts;
	if (hearth_spool_count(task->spool, &counts, status) != 0)
		return cli_fail(status);
	if (counts.waiting + counts.behind + counts.refused + counts.stale > 0)
		summary(task, NULL);
	return counts.waiting > 0 ? CLI_UNAVAILABLE : counts.refused + counts.stale > 0 ? CLI_FAILED : CLI_OK;
}

static int run(struct task *task, const char *id)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_client *client = cli_client(task->cli, &status);
	struct hearth_delivery *delivery = NULL;
	int64_t until_us = hearth_clock_mono() + (int64_t)task->cli->timeout_ms * 1000;
	(void)id;
	if (client != NULL)
		delivery = hearth_delivery_new(task->spool, client, &(struct hearth_delivery_options){.told = say}, &status);
	if (delivery == NULL)
		return cli_fail(&status);
	signal(SIGTERM, end);
	signal(SIGINT, end);
	signal(SIGHUP, read_again);
	int64_t waiting = 1;
	while (!ended && (task->forever || waiting > 0) && (task->cli->timeout_ms == 0 || hearth_clock_mono() < until_us)) {
		if (reload)
			reload_keys(task->cli);
		waiting = hearth_delivery_run(delivery, FOREVER_STEP_MS);
		struct hearth_spool_counts counts = {0};
		if (hearth_spool_count(task->spool, &counts, &status) == 0)
			waiting = counts.waiting;
		if (task->forever && waiting == 0)
			nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	}
	hearth_delivery_free(&delivery);
	return left(task, &status);
}

/* ---- deciding ---- */

static int retry(struct task *task, const char *text)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid id;
	int code = read_id(text, &id);
	if (code != CLI_OK)
		return code;
	return hearth_spool_retry(task->spool, &id, &status) == 0 ? CLI_OK : cli_fail(&status);
}

static int drop(struct task *task, const char *text)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid id;
	int code = read_id(text, &id);
	if (code != CLI_OK)
		return code;
	if (task->why == NULL || task->why[0] == '\0')
		return cli_usage("spool", "drop needs --why: it is kept with the command");
	return hearth_spool_drop(task->spool, &id, task->cli->actor.id, task->why, &status) == 0 ? CLI_OK : cli_fail(&status);
}

/* ---- the command ---- */

static const struct part {
	const char *name;
	bool takes_id;
	int (*run)(struct task *task, const char *id);
} parts[] = {
	{"list", false, list}, {"show", true, show}, {"run", false, run}, {"retry", true, retry}, {"drop", true, drop},
};

int cli_spool(struct cli *cli, int argc, char **argv)
{
	struct task task = {.cli = cli};
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *path = NULL;
	const struct cli_option options[] = {
		{"spool", CLI_TEXT, &path}, {"all", CLI_FLAG, &task.all}, {"request", CLI_FLAG, &task.request},
		{"forever", CLI_FLAG, &task.forever}, {"why", CLI_TEXT, &task.why}, {0},
	};
	struct part part = {.run = summary};
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof parts[0]; i++)
		if (strcmp(argv[1], parts[i].name) == 0)
			part = parts[i];
	if (argc > 1 && part.name == NULL)
		return cli_usage("spool", "\"%s\" is not list, show, run, retry or drop", argv[1]);
	if (argc > (part.takes_id ? 3 : 2))
		return cli_usage("spool", "\"%s\" is too much", argv[argc - 1]);
	if (spooling_open(cli, path, &task.spool, &status) != 0)
		return cli_fail(&status);
	code = part.run(&task, argc > 2 ? argv[2] : NULL);
	hearth_spool_free(&task.spool);
	return code;
}
