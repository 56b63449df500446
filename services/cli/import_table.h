/* import_table.h: the frame of `hearth import authorities|adjoining|postcodes|ofsted|contracts`.
 *
 * A kind says which columns it reads and what it does with a row; the frame reads the files, finds the columns by meaning,
 * rejects what is no row, counts, and ends with totals and an exit code. Each file is read twice: one that breaks off or
 * has no header of the kind is found before anything of it is taken.
 */
#ifndef HEARTH_CLI_IMPORT_TABLE_H
#define HEARTH_CLI_IMPORT_TABLE_H

#include "cli.h"
#include "import_columns.h"
#include "import_council.h"
#include "import_findings.h"

struct import_table;

/* One row being taken. */
struct import_row {
	struct import_table *table;
	size_t line;
	const char *const *fields;
	bool rejected;
};

struct import_kind {
	const char *command;           /* "import postcodes", as help knows it */
	const char *what;              /* "a table of postcodes", for what is said of a file that is none */
	const struct import_meaning *meanings;
	const char *vintage_flag;      /* "vintage" or "as-of"; NULL: it has none */
	bool may_replace;              /* takes --replace */
	bool large;
	/* A file without a header, known by its first row: sets the places. NULL: there is always a header. */
	bool (*headless)(const struct csv_row *row, size_t ret_places[IMPORT_MEANINGS_MOST]);
	/* Before the first file; 0 or -1 with table->status. NULL: nothing. */
	int (*begin)(struct import_table *table);
	/* Keeps or sends the row, or rejects it. -1 with table->status: no more is taken. */
	int (*take)(struct import_table *table, struct import_row *row);
	/* After the last file. 0 or -1 with table->status. */
	int (*finish)(struct import_table *table);
	/* Adds what it did to the totals; with --json to `totals`, else NULL and it prints lines. */
	void (*print)(struct import_table *table, json_t *totals);
	void (*done)(struct import_table *table);
};

struct import_table {
	struct cli *cli;
	const struct import_kind *kind;
	void *state;                   /* the kind's */
	const char *vintage;
	bool quiet, dry_run, replace;
	struct import_findings findings;
	struct hearth_arena *arena;    /* of the rows that wait; the kind resets it */
	bool recognised;
	bool header;                   /* the file's first row is one */
	size_t places[IMPORT_MEANINGS_MOST];
	size_t width;
	int64_t read, rejected;
	int64_t passed_over;           /* rows that say nothing of the table's subject */
	int files, rejected_files;
	int64_t changed[5];            /* new, changed, unchanged, removed, kept: of what was sent */
	bool answered;
	struct hearth_status status;
};

int import_table_run(const struct import_kind *kind, void *state, struct cli *cli, int argc, char **argv);

/* The row's text under a meaning, "" when the file has no such column or the cell is empty. Text that is no UTF-8 is read
 * as Windows-1252, which spreadsheets still write. */
const char *import_cell(struct import_row *row, size_t meaning);
/* Leaves the row out: its column by its meaning, the value and what would be right. */
void import_reject(struct import_row *row, size_t meaning, const char *value, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A whole number of at most `most`, or -1 with the row rejected; -1 also for an empty cell, not rejected. */
int64_t import_whole(struct import_row *row, size_t meaning, int64_t most);
/* An ISO day in ret_day, "" for an empty cell. dd/mm/yyyy, yyyy-mm-dd, 1 March 2024; anything else rejects the row. */
void import_day(struct import_row *row, size_t meaning, char ret_day[11]);

/* What was sent did: "pairs: 3 new, ..."; in `totals` rowsNew and so on. */
void import_print_change(const struct import_table *table, json_t *totals, const char *what);

/* Adds all councils that providers knows. */
int import_councils_fetch(struct import_councils *councils, struct cli *cli, struct hearth_status *status);

/* Whether providers took too long over so many rows: fewer may be tried, the others did not come in. Clears the status. */
bool import_table_too_much(struct import_table *table);
/* Sends a request whose answer has a `change` (hearth.providers.v1.TableChange) and adds it to the totals. */
int import_table_send(struct import_table *table, const char *method, const ProtobufCMessage *request,
                      const ProtobufCMessageDescriptor *reply);

#endif
