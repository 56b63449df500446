/* import_table.c: see import_table.h. */
#include "import_table.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/text.h>
#include <hearth/providers/v1/providers.pb-c.h>

#include "import_cell.h"

#define PAGE 500

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

const char *import_cell(struct import_row *row, size_t meaning)
{
	size_t place = row->table->places[meaning];
	if (place == IMPORT_NO_COLUMN)
		return "";
	const char *text = row->fields[place];
	if (hearth_utf8_valid(text, strlen(text)))
		return text;
	char *utf8 = hearth_arena_alloc(row->table->arena, 3 * strlen(text) + 1);
	import_cell_utf8(text, utf8);
	return utf8;
}

void import_reject(struct import_row *row, size_t meaning, const char *value, const char *format, ...)
{
	char advice[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(advice, sizeof(advice), format, arguments);
	va_end(arguments);
	row->rejected = true;
	import_find_text(&row->table->findings, row->line, row->table->kind->meanings[meaning].name, value, advice);
}

int64_t import_whole(struct import_row *row, size_t meaning, int64_t most)
{
	int64_t number;
	const char *text = import_cell(row, meaning);
	if (import_cell_none(text))
		return -1;
	if (import_cell_whole(text, &number) == 0 && number <= most)
		return number;
	import_reject(row, meaning, text, "a whole number, 0 to %lld, or nothing", (long long)most);
	return -1;
}

void import_day(struct import_row *row, size_t meaning, char ret_day[11])
{
	const char *text = import_cell(row, meaning);
	ret_day[0] = '\0';
	if (!import_cell_none(text) && import_cell_day(text, ret_day) != 0)
		import_reject(row, meaning, text, "a day such as 31/03/2024 or 2024-03-31, or nothing");
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

static const char *delimiter_hint(const struct csv_row *row)
{
	if (row->count > 1 || row->count == 0)
		return "";
	return strchr(row->fields[0], ';') != NULL ? "; it is separated by semicolons, commas are wanted"
		: strchr(row->fields[0], '\t') != NULL ? "; it is separated by tabs, commas are wanted"
		: strchr(row->fields[0], '|') != NULL ? "; it is separated by |, commas are wanted" : "";
}

static int take_header(struct import_table *table, const struct csv_row *row)
{
	const struct import_kind *kind = table->kind;
	table->width = row->count;
	table->header = true;
	table->recognised = import_columns_find(kind->meanings, row, table->places);
	if (table->recognised)
		return 0;
	if (kind->headless != NULL && kind->headless(row, table->places)) {
		table->header = false;
		table->recognised = true;
		return 0;
	}
	char missing[160];
	import_columns_missing(kind->meanings, table->places, true, sizeof(missing), missing);
	return hearth_fail(&table->status, HEARTH_INVALID_ARGUMENT, "UNKNOWN_TABLE", "not %s: no column for %s%s", kind->what,
	                   missing, delimiter_hint(row));
}

static void note_columns(const struct import_table *table, const struct csv_row *row)
{
	char text[400];
	size_t meanings = 0;
	while (table->kind->meanings[meanings].name != NULL)
		meanings++;
	if (!table->header)
		return;
	import_columns_missing(table->kind->meanings, table->places, false, sizeof(text), text);
	if (text[0] != '\0')
		import_note(&table->findings, "columns not found, so not known: %s", text);
	import_columns_unread(row, table->places, meanings, sizeof(text), text);
	if (text[0] != '\0')
		import_note(&table->findings, "columns not read: %s", text);
}

/* The first time through a file, in which nothing is taken. */
static int look_at_row(void *context, const struct csv_row *row)
{
	struct import_table *table = context;
	if (table->recognised)
		return 0;
	int result = take_header(table, row);
	if (result == 0)
		note_columns(table, row);
	return result;
}

static bool says_nothing(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count && i < CSV_FIELDS_MOST; i++)
		if (row->fields[i][0] != '\0')
			return false;
	return true;
}

static int take_row(void *context, const struct csv_row *csv)
{
	struct import_table *table = context;
	if (!table->recognised) {
		int result = take_header(table, csv);
		if (result != 0 || table->header)
			return result;
	}
	table->read++;
	struct import_row row = { .table = table, .line = csv->line, .fields = csv->fields };
	if (says_nothing(csv)) {
		table->passed_over++;
		return 0;
	}
	if (csv->count != table->width || csv->count > CSV_FIELDS_MOST) {
		import_find(&table->findings, csv->line, "the row", "", "%zu columns as in the first row, not %zu", table->width,
		            csv->count);
		row.rejected = true;
	}
	int result = row.rejected ? 0 : table->kind->take(table, &row);
	table->rejected += row.rejected;
	return result;
}

static int read_through(struct import_table *table, csv_row_fn *row)
{
	table->recognised = false;
	return table->kind->large ? import_csv_read_large(table->findings.path, row, table, &table->status)
		: import_csv_read(table->findings.path, row, table, &table->status);
}

static int read_file(struct import_table *table)
{
	int result = read_through(table, look_at_row);
	if (result == 0 && !table->recognised)
		result = hearth_fail(&table->status, HEARTH_INVALID_ARGUMENT, "UNKNOWN_TABLE", "the file is empty");
	if (result != 0) {
		table->rejected_files++;
		import_find_file(&table->findings, &table->status);
		return 0;
	}
	if (read_through(table, take_row) != 0) {
		if (strcmp(table->status.reason, "UNREADABLE_FILE") == 0)          /* changed meanwhile */
			hearth_fail_context(&table->status, "%s", table->findings.path);
		return -1;
	}
	table->files++;
	return 0;
}

static int read_files(struct import_table *table, int count, char **paths)
{
	if (table->kind->begin != NULL && table->kind->begin(table) != 0)
		return -1;
	for (int i = 0; i < count; i++) {
		table->findings.path = paths[i];
		if (read_file(table) != 0)
			return -1;
	}
	return table->files > 0 ? table->kind->finish(table) : 0;
}

/* ---- what is known -------------------------------------------------------------------------------------------------- */

static void add_told(struct import_councils *councils, const Hearth__Providers__V1__Council *told)
{
	struct import_council *council = import_council_add(councils, told->code, told->name);
	for (size_t i = 0; i < told->n_keys; i++)
		import_council_add_key(council, told->keys[i]);
}

int import_councils_fetch(struct import_councils *councils, struct cli *cli, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__Providers__V1__ListCouncilsRequest request;
	hearth__providers__v1__list_councils_request__init(&request);
	request.page_size = PAGE;
	int result;
	do {
		ProtobufCMessage *message;
		result = cli_call(cli, "hearth.providers.v1.Providers/ListCouncils", &request.base,
		                  &hearth__providers__v1__list_councils_response__descriptor, NULL, arena, &message, NULL, status);
		if (result != 0)
			break;
		const Hearth__Providers__V1__ListCouncilsResponse *reply = (const Hearth__Providers__V1__ListCouncilsResponse *)message;
		for (size_t i = 0; i < reply->n_councils; i++)
			add_told(councils, reply->councils[i]);
		request.page_token = reply->next_page_token;
	} while (request.page_token[0] != '\0');
	hearth_arena_free(&arena);
	return result;
}

/* ---- sending -------------------------------------------------------------------------------------------------------- */

int import_table_send(struct import_table *table, const char *method, const ProtobufCMessage *request,
                      const ProtobufCMessageDescriptor *reply)
{
	ProtobufCMessage *message;
	if (cli_call(table->cli, method, request, reply, NULL, table->arena, &message, NULL, &table->status) != 0)
		return -1;
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(reply, "change");
	const Hearth__Providers__V1__TableChange *change =
		*(Hearth__Providers__V1__TableChange *const *)(const void *)((const char *)message + field->offset);
	table->answered = true;
	if (change != NULL) {
		table->changed[0] += change->rows_new;
		table->changed[1] += change->rows_changed;
		table->changed[2] += change->rows_unchanged;
		table->changed[3] += change->rows_removed;
		table->changed[4] = change->rows_kept;
	}
	return 0;
}

void import_print_change(const struct import_table *table, json_t *totals, const char *what)
{
	static const char *const names[] = { "rowsNew", "rowsChanged", "rowsUnchanged", "rowsRemoved", "rowsKept" };
	const int64_t *changed = table->changed;
	for (size_t i = 0; i < 5 && totals != NULL; i++)
		json_object_set_new(totals, names[i], json_integer((json_int_t)changed[i]));
	if (totals != NULL)
		return;
	printf("%s: %lld new, %lld changed, %lld unchanged", what, (long long)changed[0], (long long)changed[1],
	       (long long)changed[2]);
	if (changed[3] > 0)
		printf(", %lld removed", (long long)changed[3]);
	if (changed[4] > 0)
		printf(", %lld known and not in the file, kept", (long long)changed[4]);
	putchar('\n');
}

bool import_table_too_much(struct import_table *table)
{
	if (strcmp(table->status.reason, "STATEMENT_TIMEOUT") != 0)
		return false;
	table->status = (struct hearth_status)HEARTH_STATUS_INIT;
	return true;
}

/* ---- the command ---------------------------------------------------------------------------------------------------- */

static void print_totals(struct import_table *table)
{
	if (table->cli->json) {
		json_t *totals = json_pack("{s:s*, s:I, s:I, s:I, s:b}", "vintage", table->vintage, "rows", (json_int_t)table->read,
		                           "rejectedRows", (json_int_t)table->rejected, "passedOverRows",
		                           (json_int_t)table->passed_over, "dryRun", table->dry_run);
		table->kind->print(table, totals);
		json_object_set(totals, "findings", table->findings.items);
		cli_print_json(totals, false);
		return;
	}
	printf("rows: %lld, rejected: %lld, passed over: %lld\n", (long long)table->read, (long long)table->rejected,
	       (long long)table->passed_over);
	if (table->rejected_files > 0)
		printf("files rejected: %d\n", table->rejected_files);
	if (table->dry_run)
		puts("nothing was loaded");
	table->kind->print(table, NULL);
}

static int end(struct import_table *table, int result)
{
	if (table->files > 0 || table->answered)
		print_totals(table);
	if (result != 0)
		return cli_fail(&table->status);
	if (table->files == 0)
		return CLI_FAILED;
	return table->rejected > 0 || table->rejected_files > 0 ? CLI_REJECTED : CLI_OK;
}

/* YYYY, YYYY-MM or YYYY-MM-DD. */
static bool is_vintage(const char *text)
{
	char day[11] = "YYYY-01-01";
	int32_t days;
	size_t size = strlen(text);
	if (size != 4 && size != 7 && size != 10)
		return false;
	memcpy(day, text, size);
	return hearth_date_parse(day, &days) == 0;
}

static int check_arguments(const struct import_table *table, int argc)
{
	const struct import_kind *kind = table->kind;
	if (argc < 2)
		return cli_usage(kind->command, "which files? give at least one FILE.csv");
	if (kind->vintage_flag == NULL)
		return CLI_OK;
	bool day = strcmp(kind->vintage_flag, "as-of") == 0;
	if (table->vintage == NULL)
		return cli_usage(kind->command, "of when is the table? give --%s", kind->vintage_flag);
	if (!is_vintage(table->vintage) || (day && strlen(table->vintage) != 10))
		return cli_usage(kind->command, "--%s is %s", kind->vintage_flag, day ? "YYYY-MM-DD" : "YYYY, YYYY-MM or YYYY-MM-DD");
	return CLI_OK;
}

int import_table_run(const struct import_kind *kind, void *state, struct cli *cli, int argc, char **argv)
{
	struct import_table table = { .cli = cli, .kind = kind, .state = state, .status = HEARTH_STATUS_INIT };
	const struct cli_option options[] = {
		{ "quiet", CLI_FLAG, &table.quiet }, { "dry-run", CLI_FLAG, &table.dry_run },
		{ kind->vintage_flag, CLI_TEXT, &table.vintage }, { kind->may_replace ? "replace" : NULL, CLI_FLAG, &table.replace },
		{ NULL, CLI_FLAG, NULL },
	};
	if (cli_parse(&argc, argv, options) != 0)
		return CLI_USAGE;
	int code = check_arguments(&table, argc);
	if (code != CLI_OK)
		return code;
	table.arena = hearth_arena_new();
	import_findings_init(&table.findings, cli, table.quiet);
	code = end(&table, read_files(&table, argc - 1, argv + 1));
	if (kind->done != NULL)
		kind->done(&table);
	import_findings_done(&table.findings);
	hearth_arena_free(&table.arena);
	return code;
}
