/* spooling.c: see spooling.h. */
#include "spooling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Each folder of the path, for the user alone; those that are there stay as they are. */
static int make_folders(char *path, struct hearth_status *status)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int made = mkdir(path, 0700);
		int why = errno;
		*slash = '/';
		if (made != 0 && why != EEXIST)
			return hearth_fail(status, HEARTH_UNAVAILABLE, "SPOOL", "the folder of %.200s cannot be made: %s", path,
			                   strerror(why));
	}
	return 0;
}

static const char *default_path(struct cli *cli, struct hearth_status *status)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path;
	if (state != NULL && state[0] == '/')
		path = hearth_arena_printf(cli->arena, "%s/hearth/spool.db", state);
	else if (home != NULL && home[0] == '/')
		path = hearth_arena_printf(cli->arena, "%s/.local/state/hearth/spool.db", home);
	else
		path = NULL;
	if (path == NULL)
		hearth_fail(status, HEARTH_FAILED_PRECONDITION, "SPOOL", "there is no HOME to keep a spool in: say --spool FILE");
	return path != NULL && make_folders(path, status) == 0 ? path : NULL;
}

int spooling_open(struct cli *cli, const char *path, struct hearth_spool **ret_spool, struct hearth_status *status)
{
	const char *variable = getenv("HEARTH_SPOOL");
	if (path == NULL && variable != NULL && variable[0] != '\0')
		path = variable;
	if (path == NULL)
		path = default_path(cli, status);
	if (path == NULL)
		return -1;
	return hearth_spool_open(&(struct hearth_spool_options){.path = path}, ret_spool, status);
}

static const ProtobufCMethodDescriptor *find(const ProtobufCServiceDescriptor *contract, const char *name)
{
	for (unsigned i = 0; i < contract->n_methods; i++)
		if (strcmp(contract->methods[i].name, name) == 0)
			return &contract->methods[i];
	return NULL;
}

static const struct cli_service *service_of(const char *text, size_t size)
{
	for (const struct cli_service *service = cli_services; service->name != NULL; service++)
		if ((strlen(service->name) == size && memcmp(service->name, text, size) == 0) ||
		    (strlen(service->contract->name) == size && memcmp(service->contract->name, text, size) == 0))
			return service;
	return NULL;
}

const ProtobufCMethodDescriptor *spooling_method(struct cli *cli, const char *text, const char **ret_full)
{
	const char *colon = strchr(text, ':'), *slash = strchr(text, '/');
	const char *from = colon != NULL ? colon + 1 : text;
	if (slash == NULL || from > slash)
		return NULL;
	const struct cli_service *service = service_of(from, (size_t)(slash - from));
	const ProtobufCMethodDescriptor *method = service != NULL ? find(service->contract, slash + 1) : NULL;
	if (method != NULL)
		*ret_full = hearth_arena_printf(cli->arena, "%s/%s", service->contract->name, method->name);
	return method;
}
