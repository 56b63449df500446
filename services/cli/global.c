/* global.c: the global flags, and the client they lead to. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearth/trust.h>
#include <hearth/v1/common.pb-c.h>

#include "global.h"

#define ROLES_MOST 8

const char global_help[] =
	"Global flags (also HEARTH_<FLAG> in the environment, or lines `flag = value` of a file):\n"
	"  --services ADDRESS   where the services are: ipc://DIR, dns://{service}:port\n"
	"                       (every address of the name), or\n"
	"                       referrals=tcp://host:port,host:port,placements=tcp://...\n"
	"                       (HEARTH_<SERVICE>_ADDRESS for one of them;\n"
	"                       default ipc://$XDG_RUNTIME_DIR/hearth, else ipc:///run/hearth)\n"
	"  --dns-servers LIST   address:port,... to ask for dns:// names (default: the system's)\n"
	"  --keys DIR           public keys of everybody: tcp speaks CURVE with them alone\n"
	"  --key FILE           your secret key; with --keys\n"
	"  --authority CODE     placing authority, three digits: whose children and money\n"
	"  --actor ID           who is calling (default cli-<your user number>)\n"
	"  --roles LIST         roles with commas, such as PLACEMENT_OFFICER,OPERATOR (default all)\n"
	"  --timeout SECONDS    of each call (default 5); of watch: stop after so long\n"
	"  --json               JSON instead of tables\n"
	"  --config FILE        settings, lines of `flag = value`\n"
	"\n"
	"Exit codes:\n"
	"  0  done\n"
	"  1  the call failed; standard error says CODE REASON: message (field)\n"
	"  2  the command line is wrong; nothing was done\n"
	"  3  import: some rows were rejected, the good ones are loaded\n"
	"  4  a service could not be reached, or has no instance\n";

static const struct hearth_key keys[] = {
	{"services", HEARTH_KEY_TEXT, "", "where the services are", 0, 0},
	{"dns-servers", HEARTH_KEY_TEXT, "", "whom to ask for dns:// names", 0, 0},
	{"keys", HEARTH_KEY_TEXT, "", "directory of public keys", 0, 0},
	{"key", HEARTH_KEY_TEXT, "", "file of your secret key", 0, 0},
	{"authority", HEARTH_KEY_TEXT, "", "placing authority, three digits", 0, 0},
	{"actor", HEARTH_KEY_TEXT, "", "who is calling", 0, 0},
	{"roles", HEARTH_KEY_TEXT, "all", "roles of the caller, with commas", 0, 0},
	{"timeout", HEARTH_KEY_INT, "0", "seconds", 0, 86400},
	{"json", HEARTH_KEY_BOOL, "false", "JSON instead of tables", 0, 0},
	{NULL, HEARTH_KEY_TEXT, NULL, NULL, 0, 0},
};
static const char *const with_value[] = {"services", "dns-servers", "keys", "key", "authority",
                                         "actor", "roles", "timeout", "config", NULL};

/* ---- taking them out ---- */

/* 0: no global flag; 1: it stands alone; 2: its value is the next argument. */
static int global_size(const char *argument)
{
	if (strncmp(argument, "--", 2) != 0)
		return 0;
	if (strcmp(argument, "--json") == 0 || strncmp(argument, "--json=", 7) == 0)
		return 1;
	for (size_t i = 0; with_value[i] != NULL; i++) {
		size_t size = strlen(with_value[i]);
		if (strncmp(argument + 2, with_value[i], size) == 0 && (argument[2 + size] == '\0' || argument[2 + size] == '='))
			return argument[2 + size] == '=' ? 1 : 2;
	}
	return 0;
}

/* Splits argv into `globals` (program and flags) and the rest, which stays in argv from 0 on. */
static int split(int *argc, char **argv, char **globals, bool *ret_help)
{
	int count = 0, kept = 0;
	bool ended = false;
	globals[count++] = argv[0];
	for (int at = 1; at < *argc; at++) {
		ended = ended || strcmp(argv[at], "--") == 0;
		int size = ended ? 0 : global_size(argv[at]);
		if (!ended && (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0))
			*ret_help = true;
		else if (!ended && kept == 0 && strcmp(argv[at], "--version") == 0)
			argv[kept++] = argv[at] + 2;
		else if (size == 0)
			argv[kept++] = argv[at];
		for (int taken = 0; taken < size && at + taken < *argc; taken++)
			globals[count++] = argv[at + taken];
		at += size == 2;
	}
	*argc = kept;
	return count;
}

/* ---- their meaning ---- */

static int read_role(const char *name, uint32_t *roles)
{
	const ProtobufCEnumDescriptor *descriptor = &hearth__v1__role__descriptor;
	if (hearth_text_same(name, "all")) {
		for (unsigned i = 0; i < descriptor->n_values; i++)
			if (descriptor->values[i].value != 0)
				*roles |= HEARTH_ROLE(descriptor->values[i].value);
		return 0;
	}
	for (unsigned i = 0; i < descriptor->n_values; i++)
		if (descriptor->values[i].value != 0 && hearth_text_same(descriptor->values[i].name, name)) {
			*roles |= HEARTH_ROLE(descriptor->values[i].value);
			return 0;
		}
	return -1;
}

static int read_roles(struct cli *cli, const char *list)
{
	char *save = NULL, *text = hearth_arena_strdup(cli->arena, list);
	for (char *name = strtok_r(text, ", ", &save); name != NULL; name = strtok_r(NULL, ", ", &save))
		if (read_role(name, &cli->actor.roles) != 0)
			return cli_usage("", "--roles: there is no role \"%s\"; see hearth list roles", name);
	return CLI_OK;
}

static int read_actor(struct cli *cli)
{
	const char *id = hearth_config_text(cli->config, "actor");
	const char *authority = hearth_config_text(cli->config, "authority");
	cli->actor.id = id[0] != '\0' ? id : hearth_arena_printf(cli->arena, "cli-%u", (unsigned)getuid());
	cli->actor.authority = authority;
	if (strlen(cli->actor.id) > 64 || !hearth_utf8_valid(cli->actor.id, strlen(cli->actor.id)))
		return cli_usage("", "--actor: 1 to 64 characters");
	if (authority[0] != '\0' && (strlen(authority) != 3 || strspn(authority, "0123456789") != 3))
		return cli_usage("", "--authority: \"%s\" is not three digits", authority);
	return read_roles(cli, hearth_config_text(cli->config, "roles"));
}

int global_load(struct cli *cli, int *argc, char **argv, bool *ret_help)
{
	static const struct hearth_key *const tables[] = {keys, NULL};
	struct hearth_status status = HEARTH_STATUS_INIT;
	int rest = 0;
	bool ignored = false;
	cli->arena = hearth_arena_new();
	cli->config = hearth_config_new("cli", tables);
	char **globals = hearth_arena_alloc(cli->arena, ((size_t)*argc + 2) * sizeof *globals);
	int count = split(argc, argv, globals, ret_help);
	if (hearth_config_load(cli->config, count, globals, &rest, &ignored, &status) != 0 ||
	    hearth_dns_servers(hearth_config_text(cli->config, "dns-servers"), &status) != 0)
		return cli_usage("", "%s", status.message);
	cli->json = hearth_config_bool(cli->config, "json");
	cli->timeout_ms = (int)hearth_config_int(cli->config, "timeout") * 1000;
	return read_actor(cli);
}

void global_done(struct cli *cli)
{
	hearth_client_free(&cli->client);
	hearth_trust_free(&cli->trust);
	hearth_config_free(&cli->config);
	hearth_arena_free(&cli->arena);
}

/* ---- the client ---- */

/* HEARTH_<SERVICE>_ADDRESS, or NULL. */
static const char *address_variable(const char *service)
{
	char name[64] = "HEARTH_";
	size_t size = strlen(name);
	for (; *service != '\0' && size < 40; service++)
		name[size++] = *service >= 'a' && *service <= 'z' ? (char)(*service - 'a' + 'A') : *service == '-' ? '_' : *service;
	memcpy(name + size, "_ADDRESS", sizeof "_ADDRESS");
	const char *value = getenv(name);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The service's name when the piece begins with NAME=; its address then begins after the '='. */
static const char *piece_service(struct cli *cli, char *piece, char **ret_address)
{
	size_t size = strcspn(piece, "=");
	if (piece[size] != '=' || size == 0 || strspn(piece, CLI_SERVICE_LETTERS) != size)
		return NULL;
	*ret_address = piece + size + 1;
	return hearth_arena_memdup(cli->arena, piece, size);
}

/* What --services says about `wanted`: pieces after commas belong to the service named last; before any, to all.
 * `wanted` NULL: what is said to all. Those that it names are handed to `each`, which may be NULL. */
static const char *address_of(struct cli *cli, const char *services, const char *wanted,
                              void (*each)(void *context, const char *name), void *context)
{
	const char *all = NULL, *own = NULL, *now = NULL;
	char *save = NULL, *text = hearth_arena_strdup(cli->arena, services);
	for (char *piece = strtok_r(text, ",", &save); piece != NULL; piece = strtok_r(NULL, ",", &save)) {
		char *address = piece;
		const char *named = piece_service(cli, piece, &address);
		if (named != NULL && each != NULL)
			each(context, named);
		now = named != NULL ? named : now;
		const char **target = now == NULL ? &all : &own;
		if (now == NULL || (wanted != NULL && strcmp(now, wanted) == 0))
			*target = *target == NULL ? address : hearth_arena_printf(cli->arena, "%s,%s", *target, address);
	}
	return own != NULL ? own : all;
}

static const char *default_address(struct cli *cli)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	if (runtime == NULL || runtime[0] == '\0')
		return "ipc:///run/hearth";
	return hearth_arena_printf(cli->arena, "ipc://%s/hearth", runtime);
}

static const char *services_text(struct cli *cli)
{
	const char *services = hearth_config_text(cli->config, "services");
	return services[0] != '\0' ? services : default_address(cli);
}

static int locate(struct cli *cli, const char *service, struct hearth_status *status)
{
	const char *address = address_variable(service);
	if (address == NULL)
		address = address_of(cli, services_text(cli), service, NULL, NULL);
	if (address != NULL && hearth_client_locate(cli->client, service, address, status) != 0)
		return hearth_fail_context(status, "address of %s", service);
	return 0;
}

static int locate_known(struct cli *cli, struct hearth_status *status)
{
	for (const struct cli_service *service = cli_services; service->name != NULL; service++)
		if (locate(cli, service->name, status) != 0)
			return -1;
	return 0;
}

int cli_locate(struct cli *cli, const char *service, struct hearth_status *status)
{
	if (cli_client(cli, status) == NULL)
		return -1;
	return cli_service_find(service) != NULL ? 0 : locate(cli, service, status);
}

const char *cli_addresses(struct cli *cli, void (*each)(void *context, const char *name), void *context)
{
	return address_of(cli, services_text(cli), NULL, each, context);
}

/* With --key every call over tcp is encrypted and made with it. The directory alone is for `hearth keys`. */
static int open_trust(struct cli *cli, struct hearth_status *status)
{
	const char *directory = hearth_config_text(cli->config, "keys"), *key = hearth_config_text(cli->config, "key");
	if (key[0] == '\0')
		return 0;
	if (directory[0] == '\0')
		return hearth_fail_field(status, "keys", "--key needs --keys, the directory of public keys");
	cli->trust = hearth_trust_new(directory, key, status);
	return cli->trust != NULL ? 0 : -1;
}

struct hearth_client *cli_client(struct cli *cli, struct hearth_status *status)
{
	if (cli->client != NULL)
		return cli->client;
	if (open_trust(cli, status) != 0)
		return NULL;
	cli->client = hearth_client_new(NULL, &cli->actor);
	hearth_client_trust(cli->client, cli->trust);
	if (locate_known(cli, status) != 0)
		hearth_client_free(&cli->client);
	return cli->client;
}

int cli_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
             const ProtobufCMessageDescriptor *reply, const struct hearth_uuid *request_id,
             struct hearth_arena *arena, ProtobufCMessage **ret_reply, bool *ret_replayed,
             struct hearth_status *status)
{
	struct hearth_client *client = cli_client(cli, status);
	if (client == NULL)
		return -1;
	const struct hearth_call_options options = {.timeout_ms = cli->timeout_ms, .request_id = request_id};
	bool replayed = false;
	int outcome = hearth_client_call(client, method, request, reply, &options, hearth_arena_allocator(arena), ret_reply,
	                                 &replayed, status);
	if (ret_replayed != NULL)
		*ret_replayed = replayed;
	return outcome;
}

size_t cli_instances(struct cli *cli, const char *service, struct hearth_arena *arena,
                     const char *ret_endpoints[CLI_INSTANCES_MOST])
{
	struct hearth_status ignored = HEARTH_STATUS_INIT;
	struct hearth_client *client = cli_client(cli, &ignored);
	const char *endpoints[CLI_INSTANCES_MOST];
	if (client == NULL)
		return 0;
	size_t count = hearth_client_instances(client, service, endpoints, CLI_INSTANCES_MOST);
	for (size_t i = 0; i < count; i++)
		ret_endpoints[i] = hearth_arena_strdup(arena, endpoints[i]);
	return count;
}
