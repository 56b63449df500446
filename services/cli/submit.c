/* submit.c: `hearth submit`: commands of a file into the spool, all of them or none.
 *
 * Every line is checked against its contract before anything is stored, also when its service is away: what waits is
 * well formed. Request ids that the file does not give are minted here, once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearth/clock.h>

#include "spooling.h"

#define LINE_MOST ((size_t)4 << 20)
#define FILE_MOST ((size_t)256 << 20)
#define COMMANDS_MOST 100000
#define SAID_MOST 20
#define WAIT_STEP_MS 200
#define WAIT_MS 60000

const char cli_submit_help[] =
	"Usage: hearth submit FILE|- [--spool FILE] [--partial] [--wait]\n"
	"\n"
	"Stores commands durably and returns; they are sent when their services can be reached, in\n"
	"order per key, until each is acknowledged or refused (hearth spool run; hearth spool shows\n"
	"what waits and why). A line is one command:\n"
	"\n"
	"  {\"method\": \"referrals/WithdrawReferral\", \"key\": \"child-7\",\n"
	"   \"requestId\": \"0192aaaa-0000-7000-8000-000000000001\", \"request\": {...}}\n"
	"\n"
	"key: what must stay in order; without one, everything of the same service. requestId:\n"
	"a UUID; the same id twice has one effect, so a file with ids may be submitted again.\n"
	"Without ids, submitting a file again submits new commands.\n"
	"  --partial     store the good lines although others are wrong (exit code 3)\n"
	"  --wait        deliver, and return when they have ended (--timeout, default 60 seconds):\n"
	"                1 when one was refused, 4 when one still waits\n"
	"  --spool FILE  the spool (HEARTH_SPOOL; default spool.db in the user's state folder);\n"
	"                it holds what the commands say and belongs to its user alone\n";

struct submission {
	struct cli *cli;
	struct hearth_command *commands;
	size_t count, room, bad, bytes;
	struct hearth_actor actor;
};

/* ---- lines ---- */

static int bad_line(struct submission *submission, size_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int bad_line(struct submission *submission, size_t line, const char *format, ...)
{
	va_list arguments;
	submission->bad++;
	if (submission->bad > SAID_MOST)
		return -1;
	va_start(arguments, format);
	fprintf(stderr, "hearth: line %zu: ", line);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	return -1;
}

static const char *known_name(const json_t *object)
{
	static const char *const names[] = {"method", "key", "requestId", "request"};
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)object, name, value) {
		size_t i = 0;
		while (i < 4 && strcmp(names[i], name) != 0)
			i++;
		if (i == 4)
			return name;
	}
	return NULL;
}

static int take_id(struct submission *submission, size_t line, const json_t *object, struct hearth_command *command)
{
	const json_t *value = json_object_get(object, "requestId");
	struct hearth_uuid *id = hearth_arena_alloc(submission->cli->arena, sizeof *id);
	command->request_id = id;
	if (value == NULL)
		hearth_uuid_new(id);
	else if (!json_is_string(value) || hearth_uuid_parse(json_string_value(value), id) != 0)
		return bad_line(submission, line, "requestId is no UUID");
	return 0;
}

static int take_key(struct submission *submission, size_t line, const json_t *object, struct hearth_command *command)
{
	const json_t *value = json_object_get(object, "key");
	if (value == NULL)
		return 0;
	if (!json_is_string(value) || json_string_length(value) > HEARTH_SPOOL_KEY_MOST)
		return bad_line(submission, line, "key is no text of at most %d bytes", HEARTH_SPOOL_KEY_MOST);
	command->key = hearth_arena_strdup(submission->cli->arena, json_string_value(value));
	return 0;
}

static int take_request(struct submission *submission, size_t line, const json_t *object, struct hearth_command *command)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *method = json_string_value(json_object_get(object, "method"));
	const json_t *request = json_object_get(object, "request");
	ProtobufCMessage *message;
	if (method == NULL)
		return bad_line(submission, line, "method is missing: SERVICE/METHOD as hearth list shows it");
	const ProtobufCMethodDescriptor *descriptor = spooling_method(submission->cli, method, &command->method);
	if (descriptor == NULL)
		return bad_line(submission, line, "there is no method \"%.100s\"; hearth list shows them", method);
	if (!hearth_method_is_write(command->method))
		return bad_line(submission, line, "%.100s changes nothing: only writes are kept until they are done", method);
	struct hearth_arena *arena = hearth_arena_new();
	int outcome = request != NULL ? hearth_json_decode(arena, descriptor->input, request, 0, &message, &status)
	                              : hearth_json_parse(arena, descriptor->input, "{}", 2, 0, &message, &status);
	if (outcome == 0) {
		command->size = protobuf_c_message_get_packed_size(message);
		uint8_t *packed = hearth_arena_alloc(submission->cli->arena, command->size + 1);
		protobuf_c_message_pack(message, packed);
		command->payload = packed;
	} else {
		bad_line(submission, line, "%s%s%s%s", status.message, status.field[0] ? " (" : "", status.field,
		         status.field[0] ? ")" : "");
	}
	hearth_arena_free(&arena);
	return outcome;
}

static void keep(struct submission *submission, const struct hearth_command *command)
{
	if (submission->count == submission->room) {
		submission->room = submission->room == 0 ? 1024 : 2 * submission->room;
		submission->commands = hearth_realloc(submission->commands, submission->room * sizeof *submission->commands);
	}
	submission->commands[submission->count++] = *command;
}

static void take_line(struct submission *submission, size_t line, const char *text, size_t size)
{
	json_error_t error;
	struct hearth_command command = {.actor = &submission->actor};
	if (strspn(text, " \t\r\n") == size)
		return;
	json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (object == NULL || !json_is_object(object))
		bad_line(submission, line, "no JSON object: %s", object == NULL ? error.text : "another value");
	else if (known_name(object) != NULL)
		bad_line(submission, line, "\"%.60s\" is not known; method, key, requestId and request are", known_name(object));
	else if (take_id(submission, line, object, &command) == 0 && take_key(submission, line, object, &command) == 0 &&
	         take_request(submission, line, object, &command) == 0)
		keep(submission, &command);
	json_decref(object);
}

static int read_lines(struct submission *submission, FILE *in, const char *name)
{
	char *text = NULL;
	size_t room = 0, line = 0;
	ssize_t size;
	int code = CLI_OK;
	while (code == CLI_OK && (size = getline(&text, &room, in)) >= 0) {
		submission->bytes += (size_t)size;
		line++;
		if ((size_t)size > LINE_MOST || submission->bytes > FILE_MOST || submission->count == COMMANDS_MOST)
			code = cli_usage("submit", "%s has more than %d commands, %zu MB, or %zu MB in a line: split it", name,
			                 COMMANDS_MOST, FILE_MOST >> 20, LINE_MOST >> 20);
		else
			take_line(submission, line, text, (size_t)size);
	}
	if (code == CLI_OK && ferror(in))
		code = cli_usage("submit", "%s cannot be read: %s", name, strerror(errno));
	free(text);
	return code;
}

static int read_file(struct submission *submission, const char *name)
{
	if (strcmp(name, "-") == 0)
		return read_lines(submission, stdin, "standard input");
	FILE *file = fopen(name, "re");
	if (file == NULL)
		return cli_usage("submit", "%s cannot be opened: %s", name, strerror(errno));
	int code = read_lines(submission, file, name);
	fclose(file);
	return code;
}

/* ---- waiting ---- */

struct outcome { size_t waiting, refused; };

static void note_outcome(void *context, const struct hearth_spooled *command)
{
	struct outcome *outcome = context;
	outcome->waiting += command->state == HEARTH_SPOOL_WAITING && !command->behind;
	outcome->refused += command->state == HEARTH_SPOOL_REFUSED || command->state == HEARTH_SPOOL_STALE || command->behind;
}

static struct outcome look(struct hearth_spool *spool, const struct submission *submission)
{
	struct outcome outcome = {0};
	struct hearth_status ignored;
	for (size_t i = 0; i < submission->count; i++)
		hearth_spool_get(spool, submission->commands[i].request_id, note_outcome, &outcome, &ignored);
	return outcome;
}

/* Delivers, or looks on while another process does. */
static int wait_for(struct submission *submission, struct hearth_spool *spool)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_client *client = cli_client(submission->cli, &status);
	int timeout_ms = submission->cli->timeout_ms > 0 ? submission->cli->timeout_ms : WAIT_MS;
	int64_t until_us = hearth_clock_mono() + (int64_t)timeout_ms * 1000;
	struct hearth_delivery *delivery = NULL;
	struct outcome outcome;
	if (client == NULL)
		return cli_fail(&status);
	while ((outcome = look(spool, submission)).waiting > 0 && hearth_clock_mono() < until_us) {
		if (delivery == NULL)
			delivery = hearth_delivery_new(spool, client, NULL, &status);
		if (delivery != NULL)
			hearth_delivery_run(delivery, WAIT_STEP_MS);
		else
			usleep(WAIT_STEP_MS * 1000);
	}
	hearth_delivery_free(&delivery);
	outcome = look(spool, submission);
	if (outcome.waiting == 0 && outcome.refused == 0)
		return CLI_OK;
	fprintf(stderr, "hearth: %zu wait, %zu refused or behind one that is; hearth spool list shows why\n", outcome.waiting,
	        outcome.refused);
	return outcome.refused > 0 ? CLI_FAILED : CLI_UNAVAILABLE;
}

/* ---- the command ---- */

static void report(const struct submission *submission, size_t fresh)
{
	char id[HEARTH_UUID_SIZE];
	if (!submission->cli->json) {
		printf("%zu commands stored", fresh);
		if (fresh < submission->count)
			printf(", %zu were there already", submission->count - fresh);
		putchar('\n');
		return;
	}
	json_t *ids = json_array();
	for (size_t i = 0; i < submission->count; i++) {
		hearth_uuid_format(submission->commands[i].request_id, id);
		json_array_append_new(ids, json_string(id));
	}
	cli_print_json(json_pack("{s:I, s:I, s:o}", "stored", (json_int_t)fresh, "wrong", (json_int_t)submission->bad, "ids", ids),
	               false);
}

static int store(struct submission *submission, const char *path, bool wait)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_spool *spool = NULL;
	size_t fresh = 0;
	if (spooling_open(submission->cli, path, &spool, &status) != 0 ||
	    hearth_spool_add(spool, submission->commands, submission->count, &fresh, &status) != 0) {
		hearth_spool_free(&spool);
		return cli_fail(&status);
	}
	report(submission, fresh);
	int code = wait ? wait_for(submission, spool) : CLI_OK;
	hearth_spool_free(&spool);
	return code;
}

int cli_submit(struct cli *cli, int argc, char **argv)
{
	struct submission submission = {.cli = cli, .actor = cli->actor};
	const char *path = NULL;
	bool partial = false, wait = false;
	const struct cli_option options[] = {
		{"spool", CLI_TEXT, &path},
		{"partial", CLI_FLAG, &partial},
		{"wait", CLI_FLAG, &wait},
		{0},
	};
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	if (argc != 2)
		return cli_usage("submit", "one file is expected, or - for standard input");
	code = read_file(&submission, argv[1]);
	if (code == CLI_OK && submission.bad > SAID_MOST)
		fprintf(stderr, "hearth: and %zu more lines\n", submission.bad - SAID_MOST);
	if (code == CLI_OK && submission.bad > 0 && !partial)
		code = cli_usage("submit", "%zu lines are wrong: nothing was stored", submission.bad);
	else if (code == CLI_OK)
		code = store(&submission, path, wait);
	free(submission.commands);
	return code == CLI_OK && submission.bad > 0 ? CLI_REJECTED : code;
}
