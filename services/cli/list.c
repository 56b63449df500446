/* list.c: `hearth list`: services, methods and their messages, as the running services tell them. */
#include <string.h>

#include <hearth/v1/common.pb-c.h>

#include "remote.h"

const char cli_list_help[] =
	"Usage: hearth list [SERVICE] [--events]\n"
	"       hearth list roles\n"
	"\n"
	"Methods with their kind, request and reply messages and who may call them, as `hearth call`\n"
	"takes them; the running services are asked.\n"
	"  --events   the types of events and their messages instead\n"
	"`hearth describe` says what each is.\n";

struct listing {
	struct cli *cli;
	bool events;
	struct cli_table *table;
	json_t *rows;
};

static void add(struct listing *listing, const char *const *names, const char *const *cells, size_t count)
{
	json_t *row = json_object();
	for (size_t i = 0; i < count; i++)
		json_object_set_new(row, names[i], json_string(cells[i]));
	json_array_append_new(listing->rows, row);
	cli_table_add(listing->table, cells);
}

static const char *roles_of(struct cli *cli, const Hearth__Control__V1__MethodInfo *info)
{
	const char *roles = info->anyone ? "anyone" : "";
	for (size_t i = 0; i < info->n_roles; i++) {
		const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(&hearth__v1__role__descriptor, (int)info->roles[i]);
		if (value != NULL)
			roles = hearth_arena_printf(cli->arena, "%s%s%s", roles, roles[0] != '\0' ? "," : "", value->name);
	}
	return roles;
}

static void add_contract(struct listing *listing, const struct cli_remote *remote, const ProtobufCServiceDescriptor *contract)
{
	static const char *const names[] = {"method", "kind", "request", "reply", "fullName", "roles"};
	struct cli *cli = listing->cli;
	for (unsigned i = 0; contract != NULL && i < contract->n_methods; i++) {
		const ProtobufCMethodDescriptor *method = &contract->methods[i];
		const char *full = hearth_arena_printf(cli->arena, "%s/%s", contract->name, method->name);
		const Hearth__Control__V1__MethodInfo *info = cli_remote_method(remote, full);
		if (info == NULL)
			continue;            /* of a contract that this process does not serve */
		const char *cells[] = {
			hearth_arena_printf(cli->arena, "%s/%s", remote->service, method->name),
			cli_kind_name(info->kind),
			method->input->short_name,
			method->output->short_name,
			full,
			roles_of(cli, info),
		};
		add(listing, names, cells, 6);
	}
}

static void list_methods(struct listing *listing, const struct cli_remote *remote)
{
	const ProtobufCServiceDescriptor *own = hearth_descriptors_service(remote->descriptors, remote->told->contract), *other;
	add_contract(listing, remote, own);
	for (size_t i = 0; (other = hearth_descriptors_service_at(remote->descriptors, i)) != NULL; i++)
		if (other != own)
			add_contract(listing, remote, other);
}

static void list_events(struct listing *listing, const struct cli_remote *remote)
{
	static const char *const names[] = {"type", "message"};
	for (size_t i = 0; i < remote->told->n_events; i++) {
		const char *cells[] = {remote->told->events[i]->type, remote->told->events[i]->message};
		add(listing, names, cells, 2);
	}
}

static void list_service(void *context, const struct cli_remote *remote)
{
	struct listing *listing = context;
	if (listing->events)
		list_events(listing, remote);
	else
		list_methods(listing, remote);
}

static int list_one(struct listing *listing, const char *service)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct cli_remote remote;
	if (cli_remote_load(listing->cli, service, &remote, &status) != 0)
		return cli_fail(&status);
	list_service(listing, &remote);
	hearth_descriptors_free(&remote.descriptors);
	return CLI_OK;
}

static void list_roles(struct listing *listing)
{
	static const char *const names[] = {"role"};
	const ProtobufCEnumDescriptor *roles = &hearth__v1__role__descriptor;
	for (unsigned i = 0; i < roles->n_values; i++)
		if (roles->values[i].value != 0)
			add(listing, names, &roles->values[i].name, 1);
}

static struct cli_table *table_for(bool events, bool roles)
{
	static const char *const methods[] = {"METHOD", "KIND", "REQUEST", "REPLY", "FULL NAME", "ROLES", NULL};
	static const char *const types[] = {"TYPE", "MESSAGE", NULL};
	static const char *const names[] = {"ROLE", NULL};
	return cli_table_new(events ? types : roles ? names : methods);
}

int cli_list(struct cli *cli, int argc, char **argv)
{
	bool events = false;
	const struct cli_option options[] = {{"events", CLI_FLAG, &events}, {0}};
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	const char *wanted = argc > 1 ? argv[1] : NULL;
	bool roles = wanted != NULL && strcmp(wanted, "roles") == 0;
	if (argc > 2 || (events && roles))
		return cli_usage("list", "at most one service is expected, and --events with no other than that");
	if (wanted != NULL && strspn(wanted, CLI_SERVICE_LETTERS) != strlen(wanted))
		return cli_usage("list", "\"%s\" is no service", wanted);
	struct listing listing = {cli, events, table_for(events, roles), json_array()};
	if (roles)
		list_roles(&listing);
	else
		code = wanted != NULL ? list_one(&listing, wanted) : cli_remote_each(cli, false, list_service, &listing);
	if (code == CLI_OK && cli->json)
		cli_print_json(json_incref(listing.rows), false);
	else if (code == CLI_OK)
		cli_table_print(listing.table, stdout);
	json_decref(listing.rows);
	cli_table_free(&listing.table);
	return code;
}
