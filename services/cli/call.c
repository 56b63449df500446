/* call.c: `hearth call`: one method, JSON in, JSON out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

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
};

/* ---- which method ---- */

static const ProtobufCMethodDescriptor *find_method(const ProtobufCServiceDescriptor *contract, const char *name)
{
	for (unsigned i = 0; i < contract->n_methods; i++)
		if (strcmp(contract->methods[i].name, name) == 0)
			return &contract->methods[i];
	return NULL;
}

static bool take(struct cli *cli, const struct cli_service *service, const ProtobufCServiceDescriptor *contract,
                 const char *name, struct method *ret_method)
{
	ret_method->descriptor = find_method(contract, name);
	if (ret_method->descriptor == NULL)
		return false;
	ret_method->name = hearth_arena_printf(cli->arena, "%s:%s/%s", service->name, contract->name, name);
	return true;
}

/* "referrals" and "GetReferral". */
static bool find_short(struct cli *cli, const char *service_name, const char *name, struct method *ret_method)
{
	const struct cli_service *service = cli_service_find(service_name);
	if (service == NULL)
		return false;
	if (take(cli, service, service->contract, name, ret_method))
		return true;
	for (size_t i = 0; cli_common_contracts[i] != NULL; i++)
		if (take(cli, service, cli_common_contracts[i], name, ret_method))
			return true;
	return false;
}

/* "hearth.referrals.v1.Referrals" or "referrals:hearth.events.v1.Events", and "GetReferral". */
static bool find_full(struct cli *cli, const char *contract_name, const char *name, struct method *ret_method)
{
	const char *colon = strchr(contract_name, ':');
	const char *bare = colon != NULL ? colon + 1 : contract_name;
	for (const struct cli_service *service = cli_services; service->name != NULL; service++) {
		bool meant = colon != NULL && strlen(service->name) == (size_t)(colon - contract_name) &&
		             strncmp(service->name, contract_name, (size_t)(colon - contract_name)) == 0;
		if ((meant || colon == NULL) && strcmp(service->contract->name, bare) == 0)
			return take(cli, service, service->contract, name, ret_method);
		for (size_t i = 0; meant && cli_common_contracts[i] != NULL; i++)
			if (strcmp(cli_common_contracts[i]->name, bare) == 0)
				return take(cli, service, cli_common_contracts[i], name, ret_method);
	}
	return false;
}

static int find(struct cli *cli, const char *text, struct method *ret_method)
{
	const char *slash = strchr(text, '/');
	if (slash == NULL || slash == text || slash[1] == '\0')
		return cli_usage("call", "\"%s\" is not SERVICE/METHOD", text);
	char *service = hearth_arena_memdup(cli->arena, text, (size_t)(slash - text));
	if (find_short(cli, service, slash + 1, ret_method) || find_full(cli, service, slash + 1, ret_method))
		return CLI_OK;
	bool known = cli_service_find(service) != NULL;
	if (known)
		return cli_usage("call", "%s has no method \"%s\"; hearth list %s shows those it has", service, slash + 1, service);
	return cli_usage("call", "there is no service \"%s\"; hearth list shows them", service);
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
	struct method method;
	size_t size;
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	if (argc < 2 || argc > 3)
		return cli_usage("call", "SERVICE/METHOD and at most one request are expected");
	if (id_text != NULL && hearth_uuid_parse(id_text, &id) != 0)
		return cli_usage("call", "--request-id: \"%s\" is not a UUID", id_text);
	code = find(cli, argv[1], &method);
	if (code == CLI_OK)
		code = read_request(cli, argc > 2 ? argv[2] : "{}", &text, &size);
	if (code != CLI_OK)
		return code;
	return call(cli, &method, text, size, id_text != NULL ? &id : NULL, defaults ? HEARTH_JSON_DEFAULTS : 0);
}
