/* remote.c: which services there are, and their contracts as they tell them. See remote.h. */
#include "remote.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET_END (sizeof "-01234567-89ab-cdef-0123-456789abcdef.sock" - 1)
#define LOOKED_AT_MOST 4096

/* ---- one service ---- */

int cli_remote_load(struct cli *cli, const char *service, struct cli_remote *ret_remote, struct hearth_status *status)
{
	Hearth__Control__V1__GetDescriptorsRequest request = HEARTH__CONTROL__V1__GET_DESCRIPTORS_REQUEST__INIT;
	ProtobufCMessage *reply;
	const char *method = hearth_arena_printf(cli->arena, "%s:hearth.control.v1.Reflection/GetDescriptors", service);
	if (cli_locate(cli, service, status) != 0 ||
	    cli_call(cli, method, &request.base, &hearth__control__v1__get_descriptors_response__descriptor, NULL, cli->arena,
	             &reply, NULL, status) != 0)
		return -1;
	const Hearth__Control__V1__GetDescriptorsResponse *told = (Hearth__Control__V1__GetDescriptorsResponse *)reply;
	struct hearth_descriptors *descriptors =
		hearth_descriptors_new(told->file_descriptor_set.data, told->file_descriptor_set.len, status);
	if (descriptors == NULL)
		return -1;
	*ret_remote = (struct cli_remote){service, told, descriptors};
	return 0;
}

const Hearth__Control__V1__MethodInfo *cli_remote_method(const struct cli_remote *remote, const char *full_name)
{
	for (size_t i = 0; i < remote->told->n_methods; i++)
		if (strcmp(remote->told->methods[i]->name, full_name) == 0)
			return remote->told->methods[i];
	return NULL;
}

const ProtobufCMethodDescriptor *cli_remote_find(const ProtobufCServiceDescriptor *contract, const char *name)
{
	return protobuf_c_service_descriptor_get_method_by_name(contract, name);
}

const ProtobufCServiceDescriptor *cli_remote_contract(const struct cli_remote *remote, const char *method)
{
	const ProtobufCServiceDescriptor *contract = hearth_descriptors_service(remote->descriptors, remote->told->contract);
	if (contract != NULL && cli_remote_find(contract, method) != NULL)
		return contract;
	for (size_t i = 0; (contract = hearth_descriptors_service_at(remote->descriptors, i)) != NULL; i++)
		if (cli_remote_find(contract, method) != NULL)
			return contract;
	return NULL;
}

const char *cli_kind_name(Hearth__Control__V1__MethodKind kind)
{
	const ProtobufCEnumValue *value =
		protobuf_c_enum_descriptor_get_value(&hearth__control__v1__method_kind__descriptor, (int)kind);
	return value != NULL && kind != 0 ? value->name : "?";
}

/* ---- which there are ---- */

struct names {
	struct cli *cli;
	size_t count;
	const char **list;
};

static void add_name(void *context, const char *name)
{
	struct names *names = context;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->list[i], name) == 0)
			return;
	if (names->count < CLI_SERVICES_MOST)
		names->list[names->count++] = name;
}

/* DIR/<service>-<uuid>.sock */
static void add_directory(struct names *names, const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	for (int i = 0; directory != NULL && i < LOOKED_AT_MOST && (entry = readdir(directory)) != NULL; i++) {
		size_t size = strlen(entry->d_name);
		size_t name = size > SOCKET_END ? size - SOCKET_END : 0;
		if (name > 0 && name < 64 && strcmp(entry->d_name + size - 5, ".sock") == 0 && entry->d_name[name] == '-' &&
		    strspn(entry->d_name, CLI_SERVICE_LETTERS) >= name)
			add_name(names, hearth_arena_memdup(names->cli->arena, entry->d_name, name));
	}
	if (directory != NULL)
		closedir(directory);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

size_t cli_service_names(struct cli *cli, const char *ret_names[CLI_SERVICES_MOST])
{
	struct names names = {cli, 0, ret_names};
	for (const struct cli_service *service = cli_services; service->name != NULL; service++)
		add_name(&names, service->name);
	const char *rest = cli_addresses(cli, add_name, &names);
	char *save = NULL, *text = hearth_arena_strdup(cli->arena, rest != NULL ? rest : "");
	for (char *piece = strtok_r(text, ",", &save); piece != NULL; piece = strtok_r(NULL, ",", &save))
		if (strncmp(piece, "ipc://", 6) == 0)
			add_directory(&names, piece + 6);
	qsort(ret_names, names.count, sizeof *ret_names, by_text);
	return names.count;
}

int cli_remote_each(struct cli *cli, bool quiet, void (*each)(void *context, const struct cli_remote *remote), void *context)
{
	const char *names[CLI_SERVICES_MOST];
	size_t count = cli_service_names(cli, names), answered = 0;
	for (size_t i = 0; i < count; i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		struct cli_remote remote;
		if (cli_remote_load(cli, names[i], &remote, &status) == 0) {
			each(context, &remote);
			hearth_descriptors_free(&remote.descriptors);
			answered++;
		} else if (strcmp(status.reason, "BAD_ADDRESS") == 0) {
			return cli_fail(&status);
		} else if (!quiet) {
			fprintf(stderr, "hearth: %s is not reachable: %s %s: %s\n", names[i], hearth_code_name(status.code), status.reason,
			        status.message);
		}
	}
	if (answered > 0)
		return CLI_OK;
	if (!quiet)
		fputs("hearth: no service answers\n", stderr);
	return CLI_UNAVAILABLE;
}
