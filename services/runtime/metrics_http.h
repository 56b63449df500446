/* metrics_http.h: the endpoint of metrics.h and its target file; metrics.c owns one of it. */
#ifndef HEARTH_METRICS_HTTP_H
#define HEARTH_METRICS_HTTP_H

#include "metrics.h"

struct hearth_metrics_http;

struct hearth_metrics_http *hearth_metrics_http_new(const struct hearth_metrics *metrics, struct hearth_loop *loop,
                                                    const char *address, hearth_ready_fn *ready, void *context,
                                                    struct hearth_status *status);
/* Removes the target file too. */
void hearth_metrics_http_free(struct hearth_metrics_http **http);
const char *hearth_metrics_http_address(const struct hearth_metrics_http *http);
int hearth_metrics_http_announce(struct hearth_metrics_http *http, const char *directory, const char *service,
                                 const char *instance, struct hearth_status *status);

#endif
