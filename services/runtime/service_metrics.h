/* service_metrics.h: what every service shows of itself on its metrics endpoint. */
#ifndef HEARTH_SERVICE_METRICS_H
#define HEARTH_SERVICE_METRICS_H

#include "process.h"

/* Makes the metrics, serves them where `metrics` says and announces them in `metrics-directory`. */
int hearth_service_metrics_open(struct hearth_process *process, struct hearth_status *status);
/* process_metrics.c: what the process is and takes of its machine. */
void hearth_process_metrics(struct hearth_process *process);
void hearth_service_metrics_close(struct hearth_process *process);

#endif
