/* import_report.c: what an import found and did: each finding as it comes, totals at the end. */
#include "import.h"

#include <unistd.h>

#define SHOWN_MOST 100000              /* findings; past it they are counted only */

static void show_text(const struct import_place *place, const struct ssda903_finding *finding)
{
	if (finding->kind == SSDA903_UNREADABLE_FILE || finding->kind == SSDA903_UNKNOWN_TABLE) {
		fprintf(stderr, "%s: rejected %s: %s\n", place->path, ssda903_kind_name(finding->kind), finding->advice);
		return;
	}
	fprintf(stderr, "%s:%zu: %s %s: %s%s", place->path, place->line,
	        ssda903_kind_rejects(finding->kind) ? "rejected" : "warned", ssda903_kind_name(finding->kind),
	        finding->column[0] == '\0' ? "the row" : finding->column, finding->value[0] == '\0' ? " is empty" : " is ");
	fprintf(stderr, "%s; right: %s\n", finding->value, finding->advice);
}

static void show_json(struct import *import, const struct import_place *place, const struct ssda903_finding *finding)
{
	json_array_append_new(import->findings,
	                      json_pack("{s:s, s:I, s:s, s:s, s:b, s:s, s:s}", "file", place->path, "line",
	                                (json_int_t)place->line, "column", finding->column, "kind",
	                                ssda903_kind_name(finding->kind), "rejected", ssda903_kind_rejects(finding->kind),
	                                "value", finding->value, "right", finding->advice));
}

void import_report(struct import *import, const struct import_place *place, const struct ssda903_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct ssda903_finding *finding = &findings->items[i];
		import->kinds[finding->kind]++;
		if (import->quiet || import->shown++ >= SHOWN_MOST)
			continue;
		if (import->cli->json)
			show_json(import, place, finding);
		else
			show_text(place, finding);
	}
	if (ssda903_rejected(findings))
		import->rejected_rows++;
}

static json_t *kinds_json(const struct import *import, bool rejects)
{
	json_t *kinds = json_object();
	for (int kind = 0; kind < SSDA903_KINDS; kind++)
		if (ssda903_kind_rejects((enum ssda903_kind)kind) == rejects && import->kinds[kind] > 0)
			json_object_set_new(kinds, ssda903_kind_name((enum ssda903_kind)kind),
			                    json_integer((json_int_t)import->kinds[kind]));
	return kinds;
}

static json_t *returns_json(const struct import *import)
{
	json_t *returns = json_array();
	for (size_t i = 0; i < import->return_count; i++) {
		const struct import_return *one = &import->returns[i];
		json_array_append_new(returns, json_pack("{s:s, s:i, s:I, s:I, s:I}", "folder", one->folder, "year", one->year,
		                                         "rows", (json_int_t)one->rows[IMPORT_EPISODES], "headerRows",
		                                         (json_int_t)one->rows[IMPORT_HEADER], "uascRows",
		                                         (json_int_t)one->rows[IMPORT_UASC]));
	}
	return returns;
}

static size_t rows_read(const struct import *import)
{
	size_t rows = 0;
	for (size_t i = 0; i < import->return_count; i++)
		rows += import->returns[i].rows[IMPORT_EPISODES];
	return rows;
}

static void print_json(const struct import *import)
{
	const struct import_sent *sent = &import->sent;
	json_t *totals = json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:b}", "returns", returns_json(import), "rows",
	                           (json_int_t)rows_read(import), "episodes", (json_int_t)import->episodes_read, "children",
	                           (json_int_t)import->children_read, "rejectedRows", (json_int_t)import->rejected_rows,
	                           "rejected", kinds_json(import, true), "warned", kinds_json(import, false), "dryRun",
	                           import->dry_run);
	json_t *done = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "newChildren", sent->new_children, "changedChildren",
	                         sent->changed_children, "unchangedChildren", sent->unchanged_children, "newEpisodes",
	                         sent->new_episodes, "changedEpisodes", sent->changed_episodes, "unchangedEpisodes",
	                         sent->unchanged_episodes, "keptEpisodes", sent->kept_episodes);
	json_object_update(totals, done);
	json_decref(done);
	json_object_set(totals, "ignored", import->ignored);
	if (!import->quiet)
		json_object_set(totals, "findings", import->findings);
	cli_print_json(totals, false);
}

static void print_kinds(const struct import *import, bool rejects)
{
	for (int kind = 0; kind < SSDA903_KINDS; kind++)
		if (ssda903_kind_rejects((enum ssda903_kind)kind) == rejects && import->kinds[kind] > 0)
			printf("  %-28s %8zu\n", ssda903_kind_name((enum ssda903_kind)kind), import->kinds[kind]);
}

static void print_line(const char *name, int64_t value)
{
	printf("%-30s %8lld\n", name, (long long)value);
}

static size_t findings_of(const struct import *import, bool rejects)
{
	size_t count = 0;
	for (int kind = 0; kind < SSDA903_KINDS; kind++)
		if (ssda903_kind_rejects((enum ssda903_kind)kind) == rejects)
			count += import->kinds[kind];
	return count;
}

void import_print_totals(const struct import *import)
{
	if (import->cli->json) {
		print_json(import);
		return;
	}
	if (import->shown > SHOWN_MOST)
		fprintf(stderr, "and %zu findings more\n", import->shown - SHOWN_MOST);
	for (size_t i = 0; i < import->return_count; i++)
		printf("return %d: %zu episode rows, %zu header rows, %zu unaccompanied (%s)\n", import->returns[i].year,
		       import->returns[i].rows[IMPORT_EPISODES], import->returns[i].rows[IMPORT_HEADER],
		       import->returns[i].rows[IMPORT_UASC], import->returns[i].folder);
	print_line("rows", (int64_t)rows_read(import));
	print_line("episodes", (int64_t)import->episodes_read);
	print_line("children", (int64_t)import->children_read);
	print_line("rejected rows", (int64_t)import->rejected_rows);
	print_kinds(import, true);
	print_line("warned", (int64_t)findings_of(import, false));
	print_kinds(import, false);
	if (import->dry_run) {
		printf("nothing was sent\n");
		return;
	}
	const struct import_sent *sent = &import->sent;
	printf("children: %lld new, %lld changed, %lld unchanged\n", (long long)sent->new_children,
	       (long long)sent->changed_children, (long long)sent->unchanged_children);
	printf("episodes: %lld new, %lld changed, %lld unchanged, %lld kept as recorded live\n",
	       (long long)sent->new_episodes, (long long)sent->changed_episodes, (long long)sent->unchanged_episodes,
	       (long long)sent->kept_episodes);
}

void import_show_progress(const struct import *import, size_t done, size_t all)
{
	static int shown = -1;
	if (shown < 0)
		shown = isatty(STDERR_FILENO) == 1 && !import->cli->json;
	if (shown == 0 || all == 0)
		return;
	size_t percent = (100 * import->pass + 100 * done / all) / import->passes;
	fprintf(stderr, "\r%3zu %%%s", percent, percent == 100 ? "\r     \r" : "");
}
