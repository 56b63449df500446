/* global.h: the global flags of the command line. */
#ifndef HEARTH_CLI_GLOBAL_H
#define HEARTH_CLI_GLOBAL_H

#include "cli.h"

extern const char global_help[];

/* Takes the global flags out of argv (argc and argv then begin with the command) and fills `cli`. CLI_OK, or CLI_USAGE
 * with the reason printed. `ret_help`: --help was among them. */
int global_load(struct cli *cli, int *argc, char **argv, bool *ret_help);
void global_done(struct cli *cli);

#endif
