/* import_findings.c: see import_findings.h. */
#include "import_findings.h"

#include <stdarg.h>
#include <string.h>

#include <hearth/text.h>

#define VALUE_SIZE 41

void import_findings_init(struct import_findings *findings, struct cli *cli, bool quiet)
{
	*findings = (struct import_findings){ .cli = cli, .quiet = quiet, .items = json_array() };
}

void import_findings_done(struct import_findings *findings)
{
	json_decref(findings->items);
	findings->items = NULL;
}

static bool shown(struct import_findings *findings)
{
	return findings->count++ < IMPORT_SHOWN_MOST && !findings->quiet;
}

static void collect(struct import_findings *findings, size_t line, const char *column, const char *value, const char *advice)
{
	json_array_append_new(findings->items, json_pack("{s:s, s:I, s:s, s:s, s:s}", "file", findings->path, "line",
	                                                 (json_int_t)line, "column", column, "value", value, "right", advice));
}

void import_find_text(struct import_findings *findings, size_t line, const char *column, const char *value,
                      const char *advice)
{
	char cut[VALUE_SIZE];
	hearth_text_copy(cut, sizeof(cut), hearth_utf8_valid(value, strlen(value)) ? value : "no UTF-8 text");
	if (!shown(findings))
		return;
	if (findings->cli->json)
		collect(findings, line, column, cut, advice);
	else
		fprintf(stderr, "%s:%zu: rejected %s \"%s\"; right: %s\n", findings->path, line, column, cut, advice);
}

void import_find(struct import_findings *findings, size_t line, const char *column, const char *value, const char *format, ...)
{
	char advice[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(advice, sizeof(advice), format, arguments);
	va_end(arguments);
	import_find_text(findings, line, column, value, advice);
}

void import_find_file(struct import_findings *findings, struct hearth_status *status)
{
	fprintf(stderr, "%s: rejected %s: %s; nothing of this file was loaded\n", findings->path, status->reason,
	        status->message);
	findings->count++;
	if (findings->cli->json && !findings->quiet)
		collect(findings, 1, "", status->reason, status->message);
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
}

void import_note(const struct import_findings *findings, const char *format, ...)
{
	va_list arguments;
	if (findings->quiet)
		return;
	fprintf(stderr, "%s: ", findings->path);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}
