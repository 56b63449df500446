/* remote.h: contracts as the running services tell them (hearth.control.v1.Reflection). */
#ifndef HEARTH_CLI_REMOTE_H
#define HEARTH_CLI_REMOTE_H

#include <hearth/control/v1/control.pb-c.h>
#include <hearth/descriptors.h>

#include "cli.h"

struct cli_remote {
	const char *service;
	const Hearth__Control__V1__GetDescriptorsResponse *told;
	struct hearth_descriptors *descriptors;
};

/* Asks any instance of the service; lives as long as the process. 0, or -1 and a status. */
int cli_remote_load(struct cli *cli, const char *service, struct cli_remote *ret_remote, struct hearth_status *status);
/* What the service's own tables say of a method, or NULL. */
const Hearth__Control__V1__MethodInfo *cli_remote_method(const struct cli_remote *remote, const char *full_name);
const ProtobufCMethodDescriptor *cli_remote_find(const ProtobufCServiceDescriptor *contract, const char *name);
/* The service's contract that has this method: its own first; NULL when none has. */
const ProtobufCServiceDescriptor *cli_remote_contract(const struct cli_remote *remote, const char *method);
const char *cli_kind_name(Hearth__Control__V1__MethodKind kind);

#define CLI_SERVICES_MOST 64
/* Services that may be there: those of the suite, those that --services names, those with a socket in its directories. In
 * the order of their names; the number. */
size_t cli_service_names(struct cli *cli, const char *ret_names[CLI_SERVICES_MOST]);

/* Calls `each` for every service that answers; says on standard error which do not (`quiet`: not). CLI_OK when one
 * answered. */
int cli_remote_each(struct cli *cli, bool quiet, void (*each)(void *context, const struct cli_remote *remote), void *context);

#endif
