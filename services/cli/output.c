/* output.c: what the command line prints: statuses, JSON and aligned tables. No colours. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define CELL_MOST 4096

int cli_exit_code(const struct hearth_status *status)
{
	if (strcmp(status->reason, "BAD_ADDRESS") == 0)
		return CLI_USAGE;                        /* of --services or its variables: nothing was asked */
	return status->code == HEARTH_UNAVAILABLE ? CLI_UNAVAILABLE : CLI_FAILED;
}

int cli_fail(const struct hearth_status *status)
{
	fprintf(stderr, "%s", hearth_code_name(status->code));
	if (status->reason[0] != '\0')
		fprintf(stderr, " %s", status->reason);
	fprintf(stderr, ": %s", status->message);
	if (status->field[0] != '\0')
		fprintf(stderr, " (%s)", status->field);
	fputc('\n', stderr);
	if (strcmp(status->reason, "NO_AUTHORITY") == 0)
		fputs("hearth: give --authority CODE, or HEARTH_AUTHORITY\n", stderr);
	return cli_exit_code(status);
}

void cli_print_json(json_t *value, bool compact)
{
	size_t flags = JSON_ENCODE_ANY | (compact ? JSON_COMPACT : JSON_INDENT(2)) | JSON_REAL_PRECISION(15);
	char *text = json_dumps(value, flags);
	if (text == NULL)
		abort();
	puts(text);
	free(text);
	json_decref(value);
}

/* ---- tables ---- */

struct cli_table {
	size_t columns;
	const char *names[CLI_COLUMNS_MOST];
	bool right[CLI_COLUMNS_MOST];
	size_t widths[CLI_COLUMNS_MOST];
	size_t rows, room;
	char **cells;
};

/* Characters, not bytes. */
static size_t width_of(const char *text)
{
	size_t width = 0;
	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

struct cli_table *cli_table_new(const char *const *columns)
{
	struct cli_table *table = hearth_alloc(sizeof *table);
	memset(table, 0, sizeof *table);
	for (; columns[table->columns] != NULL && table->columns < CLI_COLUMNS_MOST; table->columns++) {
		const char *name = columns[table->columns];
		table->right[table->columns] = name[0] == '>';
		table->names[table->columns] = name[0] == '>' ? name + 1 : name;
		table->widths[table->columns] = width_of(table->names[table->columns]);
	}
	return table;
}

void cli_table_free(struct cli_table **table)
{
	if (*table == NULL)
		return;
	for (size_t i = 0; i < (*table)->rows * (*table)->columns; i++)
		free((*table)->cells[i]);
	free((*table)->cells);
	free(*table);
	*table = NULL;
}

void cli_table_add(struct cli_table *table, const char *const *cells)
{
	if (table->rows == table->room) {
		table->room = table->room == 0 ? 16 : table->room * 2;
		table->cells = hearth_realloc(table->cells, table->room * table->columns * sizeof *table->cells);
	}
	for (size_t i = 0; i < table->columns; i++) {
		char text[CELL_MOST];
		hearth_text_copy(text, sizeof text, cells[i] != NULL ? cells[i] : "");
		size_t width = width_of(text);
		if (width > table->widths[i])
			table->widths[i] = width;
		table->cells[table->rows * table->columns + i] = hearth_strdup(text);
	}
	table->rows++;
}

static void print_row(const struct cli_table *table, const char *const *cells, FILE *out)
{
	size_t count = table->columns;
	while (count > 1 && cells[count - 1][0] == '\0')
		count--;
	for (size_t i = 0; i < count; i++) {
		size_t width = width_of(cells[i]);
		int gap = width < table->widths[i] ? (int)(table->widths[i] - width) : 0;
		bool last = i + 1 == count;
		if (table->right[i])
			fprintf(out, "%*s%s", gap, "", cells[i]);
		else
			fprintf(out, "%s%*s", cells[i], last ? 0 : gap, "");
		fputs(last ? "\n" : "  ", out);
	}
}

void cli_table_print(const struct cli_table *table, FILE *out)
{
	print_row(table, table->names, out);
	for (size_t row = 0; row < table->rows; row++)
		print_row(table, (const char *const *)(table->cells + row * table->columns), out);
}
