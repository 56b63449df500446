/* describe.c: `hearth describe`: what a service, a method, a message, an enum or an event is, in the contract's own words.
 *
 * All of it comes from the running service: its contracts with their comments and what its tables say. A description is
 * made as JSON; text is that JSON laid out for reading.
 */
#include <string.h>

#include <hearth/v1/common.pb-c.h>

#include "remote.h"

const char cli_describe_help[] =
	"Usage: hearth describe [SERVICE[.METHOD] | MESSAGE | ENUM | EVENT]\n"
	"\n"
	"  hearth describe                               the services that answer\n"
	"  hearth describe referrals                     its methods, events, refusals and bounds\n"
	"  hearth describe referrals.AcceptOffer         who may call it, what it takes and answers\n"
	"  hearth describe hearth.v1.Money               the fields of a message (or referrals.Referral)\n"
	"  hearth describe hearth.placement.started.v1   an event\n"
	"The running services are asked; what is not reachable is said.\n";

/* ---- the parts, as JSON ---- */

static json_t *text(const char *value)
{
	return json_string(value != NULL ? value : "");
}

static json_t *comment_of(const struct cli_remote *remote, const char *scope, const char *name)
{
	char symbol[512];
	snprintf(symbol, sizeof symbol, "%s%s%s", scope, name != NULL ? "." : "", name != NULL ? name : "");
	return text(hearth_descriptors_comment(remote->descriptors, symbol));
}

static const char *type_name(const ProtobufCFieldDescriptor *field)
{
	static const char *const names[] = {"int32", "sint32", "sfixed32", "int64", "sint64", "sfixed64", "uint32", "fixed32",
	                                    "uint64", "fixed64", "float", "double", "bool", "enum", "string", "bytes", "message"};
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return ((const ProtobufCMessageDescriptor *)field->descriptor)->name;
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		return ((const ProtobufCEnumDescriptor *)field->descriptor)->name;
	return names[field->type];
}

static json_t *describe_message(const struct cli_remote *remote, const ProtobufCMessageDescriptor *message)
{
	json_t *fields = json_array();
	for (unsigned i = 0; i < message->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->fields[i];
		json_array_append_new(fields, json_pack("{s:s, s:s, s:b, s:b, s:i, s:o}", "name", field->name, "type",
			type_name(field), "repeated", field->label == PROTOBUF_C_LABEL_REPEATED, "oneof",
			(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0, "number", (int)field->id, "comment",
			comment_of(remote, message->name, field->name)));
	}
	return json_pack("{s:s, s:s, s:o, s:o}", "is", "message", "name", message->name, "comment",
	                 comment_of(remote, message->name, NULL), "fields", fields);
}

static json_t *describe_enum(const struct cli_remote *remote, const ProtobufCEnumDescriptor *enumeration)
{
	json_t *values = json_array();
	for (unsigned i = 0; i < enumeration->n_values; i++)
		json_array_append_new(values, json_pack("{s:s, s:i, s:o}", "name", enumeration->values[i].name, "number",
			enumeration->values[i].value, "comment", comment_of(remote, enumeration->name, enumeration->values[i].name)));
	return json_pack("{s:s, s:s, s:o, s:o}", "is", "enum", "name", enumeration->name, "comment",
	                 comment_of(remote, enumeration->name, NULL), "values", values);
}

static json_t *roles_of(const Hearth__Control__V1__MethodInfo *info)
{
	json_t *roles = json_array();
	if (info->anyone)
		json_array_append_new(roles, text("anyone"));
	for (size_t i = 0; i < info->n_roles; i++) {
		const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(&hearth__v1__role__descriptor, (int)info->roles[i]);
		json_array_append_new(roles, value != NULL ? text(value->name) : json_sprintf("role %d", (int)info->roles[i]));
	}
	return roles;
}

static json_t *method_line(const struct cli_remote *remote, const ProtobufCServiceDescriptor *contract,
                           const ProtobufCMethodDescriptor *method, const Hearth__Control__V1__MethodInfo *info)
{
	return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o}", "is", "method", "name",
	                 json_sprintf("%s/%s", remote->service, method->name), "fullName", info->name, "kind",
	                 cli_kind_name(info->kind), "roles", roles_of(info), "comment",
	                 comment_of(remote, contract->name, method->name));
}

static json_t *refusals_of(const struct cli_remote *remote)
{
	json_t *refusals = json_array();
	for (size_t i = 0; i < remote->told->n_refusals; i++) {
		const Hearth__Control__V1__RefusalInfo *info = remote->told->refusals[i];
		json_array_append_new(refusals, json_pack("{s:s, s:s, s:s, s:s}", "reason", info->reason, "code", info->code, "field",
		                                          info->field, "message", info->message));
	}
	return refusals;
}

static json_t *bounds_of(const struct cli_remote *remote)
{
	return remote->told->bounds != NULL ? hearth_json_encode(&remote->told->bounds->base, 0) : json_object();
}

static json_t *describe_method(const struct cli_remote *remote, const ProtobufCServiceDescriptor *contract,
                               const ProtobufCMethodDescriptor *method)
{
	char full[256];
	snprintf(full, sizeof full, "%s/%s", contract->name, method->name);
	const Hearth__Control__V1__MethodInfo *info = cli_remote_method(remote, full);
	if (info == NULL)
		return NULL;
	json_t *described = method_line(remote, contract, method, info);
	json_object_set_new(described, "request", describe_message(remote, method->input));
	json_object_set_new(described, "reply", describe_message(remote, method->output));
	json_object_set_new(described, "refusals", refusals_of(remote));
	json_object_set_new(described, "bounds", bounds_of(remote));
	return described;
}

static json_t *describe_event(const struct cli_remote *remote, const Hearth__Control__V1__EventInfo *event)
{
	const ProtobufCMessageDescriptor *message = hearth_descriptors_message(remote->descriptors, event->message);
	if (message == NULL)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:o}", "is", "event", "type", event->type, "toldBy", remote->service, "data",
	                 describe_message(remote, message));
}

static void add_methods(const struct cli_remote *remote, const ProtobufCServiceDescriptor *contract, json_t *methods)
{
	for (unsigned i = 0; contract != NULL && i < contract->n_methods; i++) {
		char full[256];
		snprintf(full, sizeof full, "%s/%s", contract->name, contract->methods[i].name);
		const Hearth__Control__V1__MethodInfo *info = cli_remote_method(remote, full);
		if (info != NULL)
			json_array_append_new(methods, method_line(remote, contract, &contract->methods[i], info));
	}
}

static json_t *describe_service(const struct cli_remote *remote)
{
	const ProtobufCServiceDescriptor *own = hearth_descriptors_service(remote->descriptors, remote->told->contract), *other;
	json_t *methods = json_array(), *events = json_array();
	add_methods(remote, own, methods);
	for (size_t i = 0; (other = hearth_descriptors_service_at(remote->descriptors, i)) != NULL; i++)
		if (other != own)
			add_methods(remote, other, methods);
	for (size_t i = 0; i < remote->told->n_events; i++)
		json_array_append_new(events, json_pack("{s:s, s:s, s:o}", "type", remote->told->events[i]->type, "message",
			remote->told->events[i]->message, "comment", comment_of(remote, remote->told->events[i]->message, NULL)));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "is", "service", "name", remote->service, "contract",
	                 remote->told->contract, "comment", comment_of(remote, remote->told->contract, NULL), "methods", methods,
	                 "events", events, "refusals", refusals_of(remote), "bounds", bounds_of(remote));
}

/* ---- which part is meant ---- */

static bool is_called(const char *full, const char *wanted)
{
	const char *dot = strrchr(full, '.');
	return strcmp(full, wanted) == 0 || (dot != NULL && strcmp(dot + 1, wanted) == 0);
}

static json_t *find_type(const struct cli_remote *remote, const char *wanted)
{
	const ProtobufCMessageDescriptor *message;
	const ProtobufCEnumDescriptor *enumeration;
	for (size_t i = 0; (message = hearth_descriptors_message_at(remote->descriptors, i)) != NULL; i++)
		if (is_called(message->name, wanted))
			return describe_message(remote, message);
	for (size_t i = 0; (enumeration = hearth_descriptors_enum_at(remote->descriptors, i)) != NULL; i++)
		if (is_called(enumeration->name, wanted))
			return describe_enum(remote, enumeration);
	return NULL;
}

/* A part of one service by its short name. */
static json_t *find_part(const struct cli_remote *remote, const char *wanted)
{
	const ProtobufCServiceDescriptor *contract = cli_remote_contract(remote, wanted);
	json_t *found = contract != NULL ? describe_method(remote, contract, cli_remote_find(contract, wanted)) : NULL;
	return found != NULL ? found : find_type(remote, wanted);
}

/* "hearth.referrals.v1.Referrals/GetReferral", an event's type, a contract, a message or an enum. */
static json_t *find_full(const struct cli_remote *remote, const char *wanted)
{
	const char *slash = strchr(wanted, '/');
	const ProtobufCServiceDescriptor *contract;
	for (size_t i = 0; i < remote->told->n_events; i++)
		if (strcmp(remote->told->events[i]->type, wanted) == 0)
			return describe_event(remote, remote->told->events[i]);
	for (size_t i = 0; (contract = hearth_descriptors_service_at(remote->descriptors, i)) != NULL; i++) {
		const ProtobufCMethodDescriptor *method = NULL;
		size_t size = strlen(contract->name);
		if (slash != NULL && (size_t)(slash - wanted) == size && memcmp(contract->name, wanted, size) == 0)
			method = cli_remote_find(contract, slash + 1);
		if (method != NULL)
			return describe_method(remote, contract, method);
		if (strcmp(contract->name, wanted) == 0 && strcmp(remote->told->contract, wanted) == 0)
			return describe_service(remote);
	}
	return find_type(remote, wanted);
}

struct search {
	const char *wanted;              /* NULL: every service */
	json_t *found;
};

static void look_in(void *context, const struct cli_remote *remote)
{
	struct search *search = context;
	if (search->wanted == NULL)
		json_array_append_new(search->found, json_pack("{s:s, s:s, s:o}", "name", remote->service, "contract",
			remote->told->contract, "comment", comment_of(remote, remote->told->contract, NULL)));
	else if (search->found == NULL)
		search->found = find_full(remote, search->wanted);
}

/* ---- text ---- */

static const char *get(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value != NULL ? value : "";
}

/* `value` with each line after `indent` spaces. */
static void print_lines(int indent, const char *value)
{
	while (*value != '\0') {
		int size = (int)strcspn(value, "\n");
		printf("%*s%.*s\n", indent, "", size, value);
		value += size + (value[size] == '\n');
	}
}

static const char *first_line(struct cli *cli, const char *value)
{
	return hearth_arena_memdup(cli->arena, value, strcspn(value, "\n"));
}

static char *joined(struct cli *cli, const json_t *list)
{
	char *all = hearth_arena_strdup(cli->arena, "");
	for (size_t i = 0; i < json_array_size(list); i++)
		all = hearth_arena_printf(cli->arena, "%s%s%s", all, i > 0 ? ", " : "", json_string_value(json_array_get(list, i)));
	return all;
}

static const char *cell_of(struct cli *cli, const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);
	const char *cell = json_is_array(value) ? joined(cli, value) : first_line(cli, get(row, key));
	if (strcmp(key, "type") == 0 && json_is_true(json_object_get(row, "repeated")))
		return hearth_arena_printf(cli->arena, "repeated %s", cell);
	return cell;
}

/* A table of the rows' texts under these keys, which are its columns too; a comment is cut to its first line. */
static void print_rows(struct cli *cli, const json_t *rows, const char *const *keys)
{
	const char *columns[6] = {NULL}, *cells[6];
	size_t count = 0;
	if (json_array_size(rows) == 0)
		return;
	for (; keys[count] != NULL; count++) {
		char *column = hearth_arena_printf(cli->arena, "%s%s", count == 0 ? "  " : "", keys[count]);
		for (char *at = column; *at != '\0'; at++)
			*at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
		columns[count] = column;
	}
	struct cli_table *table = cli_table_new(columns);
	for (size_t row = 0; row < json_array_size(rows); row++) {
		for (size_t i = 0; i < count; i++)
			cells[i] = hearth_arena_printf(cli->arena, "%s%s", i == 0 ? "  " : "",
			                               cell_of(cli, json_array_get(rows, row), keys[i]));
		cli_table_add(table, cells);
	}
	cli_table_print(table, stdout);
	cli_table_free(&table);
}

static void print_message(struct cli *cli, const char *title, const json_t *message)
{
	static const char *const keys[] = {"name", "type", "comment", NULL};
	printf("%s%s\n", title, get(message, "name"));
	print_lines(2, get(message, "comment"));
	print_rows(cli, json_object_get(message, "fields"), keys);
}

static void print_bounds(const json_t *described)
{
	const char *key;
	json_t *value;
	printf("Bounds:\n ");
	json_object_foreach(json_object_get(described, "bounds"), key, value)
		printf(" %s %s", key, json_string_value(value) != NULL ? json_string_value(value) : "?");
	putchar('\n');
}

static void print_method(struct cli *cli, const json_t *method)
{
	static const char *const refusals[] = {"reason", "code", "field", "message", NULL};
	printf("%s  (%s)\n", get(method, "name"), get(method, "kind"));
	print_lines(2, get(method, "comment"));
	printf("Full name:\n  %s\nRoles:\n  %s\n", get(method, "fullName"), joined(cli, json_object_get(method, "roles")));
	print_message(cli, "\nRequest ", json_object_get(method, "request"));
	print_message(cli, "\nReply ", json_object_get(method, "reply"));
	putchar('\n');
	if (strcmp(get(method, "kind"), "WRITE") == 0) {
		puts("Refusals of this service:");
		print_rows(cli, json_object_get(method, "refusals"), refusals);
	}
	print_bounds(method);
}

static void print_service(struct cli *cli, const json_t *service)
{
	static const char *const methods[] = {"name", "kind", "comment", "roles", NULL};
	static const char *const events[] = {"type", "message", "comment", NULL};
	static const char *const refusals[] = {"reason", "code", "field", "message", NULL};
	printf("%s  (%s)\n", get(service, "name"), get(service, "contract"));
	print_lines(2, get(service, "comment"));
	puts("Methods:");
	print_rows(cli, json_object_get(service, "methods"), methods);
	puts("Events:");
	print_rows(cli, json_object_get(service, "events"), events);
	puts("Refusals:");
	print_rows(cli, json_object_get(service, "refusals"), refusals);
	print_bounds(service);
}

static void print_text(struct cli *cli, const json_t *described)
{
	static const char *const services[] = {"name", "contract", "comment", NULL}, *const values[] = {"name", "comment", NULL};
	const char *is = get(described, "is");
	if (json_is_array(described)) {
		print_rows(cli, described, services);
	} else if (strcmp(is, "service") == 0) {
		print_service(cli, described);
	} else if (strcmp(is, "method") == 0) {
		print_method(cli, described);
	} else if (strcmp(is, "event") == 0) {
		printf("%s  (event of %s)\n", get(described, "type"), get(described, "toldBy"));
		print_message(cli, "Data ", json_object_get(described, "data"));
	} else if (strcmp(is, "enum") == 0) {
		printf("enum %s\n", get(described, "name"));
		print_lines(2, get(described, "comment"));
		print_rows(cli, json_object_get(described, "values"), values);
	} else {
		print_message(cli, "message ", described);
	}
}

/* ---- the command ---- */

/* "referrals", "referrals.AcceptOffer" or "referrals/AcceptOffer": one service is asked. */
static int describe_one(struct cli *cli, const char *service, const char *part, json_t **ret_found)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct cli_remote remote;
	if (cli_remote_load(cli, service, &remote, &status) != 0)
		return cli_fail(&status);
	*ret_found = part[0] == '\0' ? describe_service(&remote) : find_part(&remote, part);
	hearth_descriptors_free(&remote.descriptors);
	return CLI_OK;
}

static int describe(struct cli *cli, const char *name, json_t **ret_found)
{
	size_t first = name != NULL ? strspn(name, CLI_SERVICE_LETTERS) : 0;
	if (name != NULL && first > 0 && first < 64 && (name[first] == '\0' || (strchr("./", name[first]) != NULL &&
	    name[first + 1] >= 'A' && name[first + 1] <= 'Z' && strpbrk(name + first + 1, "./") == NULL))) {
		char *service = hearth_arena_memdup(cli->arena, name, first);
		return describe_one(cli, service, name[first] == '\0' ? "" : name + first + 1, ret_found);
	}
	struct search search = {name, name == NULL ? json_array() : NULL};
	int code = cli_remote_each(cli, false, look_in, &search);
	*ret_found = search.found;
	return code;
}

int cli_describe(struct cli *cli, int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	json_t *found = NULL;
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	if (argc > 2)
		return cli_usage("describe", "one name at most is expected");
	code = describe(cli, argc > 1 ? argv[1] : NULL, &found);
	if (code == CLI_OK && found == NULL)
		return cli_usage("describe", "there is no \"%s\" in the services that answer", argv[1]);
	if (code == CLI_OK && cli->json)
		cli_print_json(json_incref(found), false);
	else if (code == CLI_OK)
		print_text(cli, found);
	json_decref(found);
	return code;
}
