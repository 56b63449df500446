/* import_columns.h: columns of published tables, recognised by what their names mean. Pure.
 *
 * Publishers spell a column differently from year to year ("oslaua", "laua", "lad25cd"). Names are compared plain: lower
 * case letters and digits alone, so that "Local authority (code)" is "localauthoritycode".
 */
#ifndef HEARTH_CLI_IMPORT_COLUMNS_H
#define HEARTH_CLI_IMPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "import_csv.h"

#define IMPORT_NO_COLUMN ((size_t)-1)
#define IMPORT_MEANINGS_MOST 16

struct import_meaning {
	const char *name;              /* as the docs call it; NULL ends a list */
	bool required;
	const char *const *spellings;  /* plain, the best first, ends with NULL; '#' is a digit, a '*' at the end anything */
};

/* Where each meaning stands in the header, or IMPORT_NO_COLUMN; a column has one meaning. False: a required one is missing. */
bool import_columns_find(const struct import_meaning *meanings, const struct csv_row *header,
                         size_t ret_places[IMPORT_MEANINGS_MOST]);
/* Names of the meanings that were not found, with spaces between; `required`: of those that must be there. */
void import_columns_missing(const struct import_meaning *meanings, const size_t places[IMPORT_MEANINGS_MOST], bool required,
                            size_t size, char *ret_text);
/* Names of the header's columns that no meaning has. */
void import_columns_unread(const struct csv_row *header, const size_t places[IMPORT_MEANINGS_MOST], size_t meanings,
                           size_t size, char *ret_text);
/* The plain form of a text, cut to size - 1. */
void import_columns_plain(const char *text, size_t size, char *ret_plain);

#endif
