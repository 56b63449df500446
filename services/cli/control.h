/* control.h: asking one instance about itself. */
#ifndef HEARTH_CLI_CONTROL_H
#define HEARTH_CLI_CONTROL_H

#include <hearth/control/v1/control.pb-c.h>

#include "cli.h"

/* Microseconds since 1970 UTC; 0 when absent. */
int64_t control_time(const Google__Protobuf__Timestamp *time);
/* The reply lives in cli's arena. */
int control_get(struct cli *cli, const char *service, const char *endpoint,
                Hearth__Control__V1__GetInstanceResponse **ret_state, struct hearth_status *status);
int control_set_clock(struct cli *cli, const char *service, const char *endpoint, int64_t now_us,
                      struct hearth_status *status);

#endif
