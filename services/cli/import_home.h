/* import_home.h: one row of a homes file, by its columns. Pure but for the findings and the postcode that is asked for. */
#ifndef HEARTH_CLI_IMPORT_HOME_H
#define HEARTH_CLI_IMPORT_HOME_H

#include "import_csv.h"
#include "import_findings.h"

#include <hearth/providers/v1/providers.pb-c.h>

#define IMPORT_HOME_COLUMNS_MOST 40

/* A row being read. */
struct import_home {
	struct import_findings *findings;
	struct hearth_arena *arena;    /* what is read lives in it */
	size_t line;
	const char *fields[IMPORT_HOME_COLUMNS_MOST];
	bool rejected;
};

/* Where a postcode lies, or NULL: nobody knows it. */
typedef const Hearth__Providers__V1__PostcodePlace *import_postcode_fn(void *context, const char *postcode);

/* Whether the header is a homes file's: all columns that must be there, others that may, none besides. */
bool import_home_recognise(const struct csv_row *header, size_t ret_places[CSV_FIELDS_MOST]);
/* What keeps it from being one. */
void import_home_difference(const struct csv_row *header, size_t size, char *ret_text);
/* The row's home; row->rejected says whether it may be used. A full postcode is asked for and goes no further. */
Hearth__Providers__V1__HomeRow *import_home_read(struct import_home *row, const struct csv_row *csv,
                                                 const size_t places[CSV_FIELDS_MOST], import_postcode_fn *lookup,
                                                 void *context);
void import_home_reject_key(struct import_home *row, const char *key);

#endif
