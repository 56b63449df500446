/* spooling.h: what `hearth submit` and `hearth spool` share: where the spool is, and the contracts of what it holds. */
#ifndef HEARTH_CLI_SPOOLING_H
#define HEARTH_CLI_SPOOLING_H

#include <hearth/spool.h>

#include "cli.h"

/* `path` NULL: HEARTH_SPOOL, else spool.db in $XDG_STATE_HOME/hearth or ~/.local/state/hearth, whose folders are made
 * (0700). 0, or -1 and a status. */
int spooling_open(struct cli *cli, const char *path, struct hearth_spool **ret_spool, struct hearth_status *status);

/* "referrals/CreateReferral" or "hearth.referrals.v1.Referrals/CreateReferral". The contracts are those that this program
 * was built with: the service need not be there. `ret_full` is as the client wants it. NULL: there is none. */
const ProtobufCMethodDescriptor *spooling_method(struct cli *cli, const char *text, const char **ret_full);

#endif
