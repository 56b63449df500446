/* list.c: `hearth list`: services, methods and their messages, from the compiled-in contracts. */
#include <string.h>

#include <hearth/v1/common.pb-c.h>

#include "cli.h"

const char cli_list_help[] =
	"Usage: hearth list [SERVICE] [--events]\n"
	"       hearth list roles\n"
	"\n"
	"Methods with their request and reply messages, as `hearth call` takes them.\n"
	"  --events   the types of events and their messages instead\n"
	"Needs no running service.\n";

struct listing {
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

static void add_contract(struct cli *cli, struct listing *listing, const char *service,
                         const ProtobufCServiceDescriptor *contract)
{
	static const char *const names[] = {"method", "request", "reply", "fullName"};
	for (unsigned i = 0; i < contract->n_methods; i++) {
		const ProtobufCMethodDescriptor *method = &contract->methods[i];
		const char *cells[] = {
			hearth_arena_printf(cli->arena, "%s/%s", service, method->name),
			method->input->short_name,
			method->output->short_name,
			hearth_arena_printf(cli->arena, "%s/%s", contract->name, method->name),
		};
		add(listing, names, cells, 4);
	}
}

static void list_methods(struct cli *cli, struct listing *listing, const char *wanted)
{
	for (const struct cli_service *service = cli_services; service->name != NULL; service++)
		if (wanted == NULL || strcmp(wanted, service->name) == 0)
			add_contract(cli, listing, service->name, service->contract);
	for (size_t i = 0; cli_common_contracts[i] != NULL; i++)
		add_contract(cli, listing, wanted != NULL ? wanted : "SERVICE", cli_common_contracts[i]);
}

static void list_events(struct cli *cli, struct listing *listing, const char *wanted)
{
	static const char *const names[] = {"type", "message"};
	const char *package = wanted != NULL ? hearth_arena_printf(cli->arena, "hearth.%s.", wanted) : "";
	for (const struct cli_event *event = cli_events; event->type != NULL; event++) {
		const char *cells[] = {event->type, event->message->name};
		if (strncmp(event->message->name, package, strlen(package)) == 0)
			add(listing, names, cells, 2);
	}
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
	static const char *const methods[] = {"METHOD", "REQUEST", "REPLY", "FULL NAME", NULL};
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
	if (wanted != NULL && !roles && cli_service_find(wanted) == NULL)
		return cli_usage("list", "there is no service \"%s\"", wanted);
	struct listing listing = {table_for(events, roles), json_array()};
	if (events)
		list_events(cli, &listing, wanted);
	else if (roles)
		list_roles(&listing);
	else
		list_methods(cli, &listing, wanted);
	if (cli->json)
		cli_print_json(json_incref(listing.rows), false);
	else
		cli_table_print(listing.table, stdout);
	json_decref(listing.rows);
	cli_table_free(&listing.table);
	return CLI_OK;
}
