/* import_findings.h: what an import of a file did not understand, said as it is found: file, line, column, value, and what
 * would be right. With --json they are collected, else they go to standard error; past IMPORT_SHOWN_MOST they are counted
 * only. */
#ifndef HEARTH_CLI_IMPORT_FINDINGS_H
#define HEARTH_CLI_IMPORT_FINDINGS_H

#include "cli.h"

#define IMPORT_SHOWN_MOST 10000

struct import_findings {
	struct cli *cli;
	bool quiet;                    /* count only */
	const char *path;              /* of the file being read */
	json_t *items;                 /* with --json; import_findings_done */
	size_t count;
};

void import_findings_init(struct import_findings *findings, struct cli *cli, bool quiet);
void import_findings_done(struct import_findings *findings);
/* Of a row that is left out. The value is shown cut to 40 characters: give "" where it is nobody's to see. */
void import_find(struct import_findings *findings, size_t line, const char *column, const char *value, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void import_find_text(struct import_findings *findings, size_t line, const char *column, const char *value,
                      const char *advice);
/* Of a file that is left out; clears the status. */
void import_find_file(struct import_findings *findings, struct hearth_status *status);
/* Something worth knowing about a file of which nothing is left out for it. */
void import_note(const struct import_findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
