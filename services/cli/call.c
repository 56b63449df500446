/* call.c: `hearth call`: one method, JSON in, JSON out.
 *
 * The contract is the running service's own (Reflection), so that any service can be called, also one that this program
 * was not built with. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

#define REQUEST_MOST ((size_t)16 << 20)

const char cli_call_help[] =
	"Usage: hearth call SERVICE/METHOD [JSON|-|@FILE] [--request-id UUID] [--defaults]\n"
	"\n"
	"Calls a method with a proto3 JSON request (without one: {}) and prints the reply.\n"
	"SERVICE/METHOD is as `hearth list` shows it (referrals/GetReferral), or the full name\n"
	"(hearth.referrals.v1.Referrals/GetReferral). - reads standard input.\n"
	"  --request-id UUID  of a write: the same id and request again have one effect, and the\n"
	"                     answer is the present state (\"replayed\" on standard error)\n"
	"  --defaults         print fields that are empty or 0 too\n"
	"Exit code 1 when the request is wrong or the call failed, 4 when nobody answered.\n";

struct method {
	const char *name;                /* as the client wants it */
	const ProtobufCMethodDescriptor *descriptor;
	struct hearth_descriptors *contracts;        /* that it belongs to */
};

/* ---- which method ---- */

/* "referrals/GetReferral", "hearth.referrals.v1.Referrals/GetReferral" or "referrals:hearth.events.v1.Events/Pull". */
struct wanted {
	const char *service, *contract, *method;     /* contract NULL: the one that has the method */
};

static int parse(struct cli *cli, const char *text, struct wanted *ret_wanted)
{
	const char *slash = strchr(text, '/'), *colon = strchr(text, ':');
	if (slash == NULL || slash == text || slash[1] == '\0' || (colon != NULL && colon > slash))
		return cli_usage("call", "\"%s\" is not SERVICE/METHOD", text);
	const char *contract = colon != NULL ? colon + 1 : text;
	struct wanted wanted = {.method = slash + 1};
	wanted.service = hearth_arena_memdup(cli->arena, text, (size_t)((colon != NULL ? colon : slash) - text));
	if (colon != NULL || memchr(text, '.', (size_t)(slash - text)) != NULL)
		wanted.contract = hearth_arena_memdup(cli->arena, contract, (size_t)(slash - contract));
	if (colon == NULL && wanted.contract != NULL) {
		const char *first = strchr(text, '.') + 1;         /* the package's second part */
		wanted.service = hearth_arena_memdup(cli->arena, first, strcspn(first, "./"));
		if (strcmp(wanted.service, "events") == 0 || strcmp(wanted.service, "control") == 0)
			return cli_usage("call", "every service has %s: say which, such as referrals:%s", wanted.contract, text);
	}
	if (wanted.service[0] == '\0' || strspn(wanted.service, CLI_SERVICE_LETTERS) != strlen(wanted.service) ||
	    strlen(wanted.service) > 63)
		return cli_usage("call", "\"%s\" is no service; hearth list shows them", wanted.service);
	*ret_wanted = wanted;
	return CLI_OK;
}

static int find(struct cli *cli, const struct wanted *wanted, struct method *ret_method)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct cli_remote remote;
	if (cli_remote_load(cli, wanted->service, &remote, &status) != 0)
		return cli_fail(&status);
	ret_method->contracts = remote.descriptors;
	const ProtobufCServiceDescriptor *contract = wanted->contract != NULL
		? hearth_descriptors_service(remote.descriptors, wanted->contract)
		: cli_remote_contract(&remote, wanted->method);
	ret_method->descriptor = contract != NULL ? cli_remote_find(contract, wanted->method) : NULL;
	if (ret_method->descriptor == NULL)
		return cli_usage("call", "%s has no method \"%s\"; hearth list %s shows those it has", wanted->service, wanted->method,
		                 wanted->service);
	ret_method->name = hearth_arena_printf(cli->arena, "%s:%s/%s", wanted->service, contract->name, wanted->method);
	return CLI_OK;
}

/* ---- what request ---- */

static int read_stream(struct cli *cli, FILE *in, const char *name, const char **ret_text, size_t *ret_size)
{
	char *text = NULL;
	size_t size = 0, room = 0;
	for (;;) {
		if (size == room) {
			room = room == 0 ? 65536 : room * 2;
			text = hearth_realloc(text, room);
		}
		size_t got = fread(text + size, 1, room - size, in);
		size += got;
		if (got == 0 || size > REQUEST_MOST)
			break;
	}
	int code = CLI_OK;
	if (ferror(in))
		code = cli_usage("call", "%s cannot be read: %s", name, strerror(errno));
	else if (size > REQUEST_MOST)
		code = cli_usage("call", "%s is over %zu MB", name, REQUEST_MOST >> 20);
	else
		*ret_text = hearth_arena_memdup(cli->arena, text, size);
	*ret_size = size;
	free(text);
	return code;
}

static int read_request(struct cli *cli, const char *argument, const char **ret_text, size_t *ret_size)
{
	if (strcmp(argument, "-") == 0)
		return read_stream(cli, stdin, "standard input", ret_text, ret_size);
	if (argument[0] == '@') {
		FILE *file = fopen(argument + 1, "re");
		if (file == NULL)
			return cli_usage("call", "%s cannot be opened: %s", argument + 1, strerror(errno));
		int code = read_stream(cli, file, argument + 1, ret_text, ret_size);
		fclose(file);
		return code;
	}
	*ret_text = argument;
	*ret_size = strlen(argument);
	return CLI_OK;
}

/* ---- the call ---- */

static int call(struct cli *cli, const struct method *method, const char *text, size_t size,
                const struct hearth_uuid *request_id, int flags)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	ProtobufCMessage *request, *reply;
	bool replayed = false;
	if (hearth_json_parse(cli->arena, method->descriptor->input, text, size, 0, &request, &status) != 0)
		return cli_fail(&status);
	if (cli_call(cli, method->name, request, method->descriptor->output, request_id, cli->arena, &reply, &replayed,
	             &status) != 0)
		return cli_fail(&status);
	if (replayed)
		fputs("replayed\n", stderr);
	cli_print_json(hearth_json_encode(reply, flags), false);
	return CLI_OK;
}

int cli_call_command(struct cli *cli, int argc, char **argv)
{
	const char *id_text = NULL, *text;
	bool defaults = false;
	const struct cli_option options[] = {
		{"request-id", CLI_TEXT, &id_text},
		{"defaults", CLI_FLAG, &defaults},
		{0},
	};
	struct hearth_uuid id;
	struct wanted wanted = {0};
	struct method method = {0};
	size_t size;
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	if (argc < 2 || argc > 3)
		return cli_usage("call", "SERVICE/METHOD and at most one request are expected");
	if (id_text != NULL && hearth_uuid_parse(id_text, &id) != 0)
		return cli_usage("call", "--request-id: \"%s\" is not a UUID", id_text);
	code = parse(cli, argv[1], &wanted);
	if (code == CLI_OK)
		code = read_request(cli, argc > 2 ? argv[2] : "{}", &text, &size);
	if (code == CLI_OK)
		code = find(cli, &wanted, &method);
	if (code == CLI_OK)
		code = call(cli, &method, text, size, id_text != NULL ? &id : NULL, defaults ? HEARTH_JSON_DEFAULTS : 0);
	hearth_descriptors_free(&method.contracts);
	return code;
}
