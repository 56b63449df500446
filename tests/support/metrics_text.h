/* metrics_text.h: what a running process shows at its metrics endpoint, read as Prometheus would. */
#ifndef TESTS_SUPPORT_METRICS_TEXT_H
#define TESTS_SUPPORT_METRICS_TEXT_H

/* The whole answer to GET /metrics with its head, to be freed; fails the test when there is none. */
char *metrics_text(const char *address);                /* "127.0.0.1:1234" */
/* The same of the one process of a service that has announced itself below `directory`, as `--metrics-directory` says. */
char *metrics_text_of(const char *directory, const char *service);
/* The value after a series' name with its labels, as shown: "hearth_calls{kind=\"read\"}"; fails the test when it is not there. */
double metrics_value(const char *text, const char *series);

#endif
