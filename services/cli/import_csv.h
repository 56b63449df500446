/* import_csv.h: reading a CSV file row by row, within bounds.
 *
 * UTF-8 with or without a byte order mark, lines ending in LF, CRLF or CR, quotes as in RFC 4180, spaces around fields
 * dropped, blank lines passed over. Tables are recognised by their columns alone: the exact set of names, in any order
 * and case. The reader holds one row at a time; texts belong to it and live until the callback returns.
 */
#ifndef HEARTH_CLI_IMPORT_CSV_H
#define HEARTH_CLI_IMPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <hearth/status.h>

#define CSV_FIELDS_MOST 64         /* columns of a row; more are counted, not kept */
#define CSV_FIELD_MOST 4096        /* bytes of a field */
#define CSV_ROWS_MOST 2000000
#define CSV_BYTES_MOST (256u << 20)
#define CSV_LARGE_ROWS_MOST 10000000
#define CSV_LARGE_BYTES_MOST ((off_t)4 << 30)

struct csv_row {
	size_t line;                   /* where it begins, from 1 */
	size_t count;                  /* columns it has; fields holds at most CSV_FIELDS_MOST */
	const char *const *fields;     /* never NULL */
};

/* 0 to go on; anything else stops and is handed back. */
typedef int csv_row_fn(void *context, const struct csv_row *row);

/* Calls `row` for each row, the header included. 0; -1 with a status that names the line (not the file) when the text
 * cannot be read or is over a limit; or what the callback gave. */
int import_csv_parse(const void *bytes, size_t size, csv_row_fn *row, void *context, struct hearth_status *status);
int import_csv_read(const char *path, csv_row_fn *row, void *context, struct hearth_status *status);

/* The same within the bounds of a nation's table; at no time more of the file than a buffer is held. */
int import_csv_read_large(const char *path, csv_row_fn *row, void *context, struct hearth_status *status);

/* Fails with what errno says: PERMISSION_DENIED or NOT_FOUND; -1. */
int import_fail_open(struct hearth_status *status, const char *what);

struct csv_table {
	const char *name;              /* NULL ends a list of tables */
	const char *const *columns;    /* ends with NULL */
};

/* The table whose columns the header has, or NULL. ret_places[i] is where column i of the table stands in a row. */
const struct csv_table *import_csv_recognise(const struct csv_table *tables, const struct csv_row *header,
                                             size_t ret_places[CSV_FIELDS_MOST]);
/* The table that the header most likely means, when at least half of its columns are there, or NULL. */
const struct csv_table *import_csv_nearest(const struct csv_table *tables, const struct csv_row *header);
/* Whether the header has the table's columns, perhaps some of `more` (ends with NULL) and none besides. Places of `more`
 * follow those of the table; CSV_FIELDS_MOST: not there. */
bool import_csv_recognise_more(const struct csv_table *table, const char *const *more, const struct csv_row *header,
                               size_t ret_places[CSV_FIELDS_MOST]);
/* What keeps the header from being `table`, with or without some of `more` (may be NULL): "missing: URN; unknown or twice:
 * REGION". */
void import_csv_difference(const struct csv_table *table, const char *const *more, const struct csv_row *header, size_t size,
                           char *ret_text);

#endif
