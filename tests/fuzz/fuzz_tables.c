/* fuzz_tables.c: published tables of any bytes: columns by meaning, cells, councils' names. */
/* links: services/cli/import_csv.c services/cli/import_columns.c services/cli/import_cell.c services/cli/import_council.c */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/text.h>

#include "../../services/cli/import_cell.h"
#include "../../services/cli/import_columns.h"
#include "../../services/cli/import_council.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct import_meaning meanings[] = {
	{ "postcode", true, (const char *const[]){ "pcds", "pcd", "postcode", NULL } },
	{ "district", false, (const char *const[]){ "oslaua", "lad##cd", NULL } },
	{ "outcome", false, (const char *const[]){ "overallexperiences*", NULL } },
	{ NULL, false, NULL },
};

struct state {
	bool header;
	struct import_councils councils;
};

static void check_header(const struct csv_row *row)
{
	size_t places[IMPORT_MEANINGS_MOST];
	char text[40];
	bool whole = import_columns_find(meanings, row, places);
	assert(whole == (places[0] != IMPORT_NO_COLUMN));
	for (size_t m = 0; m < 3; m++)
		assert(places[m] == IMPORT_NO_COLUMN || (places[m] < row->count && places[m] < CSV_FIELDS_MOST));
	import_columns_missing(meanings, places, true, sizeof text, text);
	assert(whole == (text[0] == '\0') && strlen(text) < sizeof text);
	import_columns_unread(row, places, 3, sizeof text, text);
	assert(strlen(text) < sizeof text && hearth_utf8_valid(text, strlen(text)));
}

/* A day is one, a number has no sign, and what was no UTF-8 is. */
static void check_cell(const char *text)
{
	char day[11] = "";
	int32_t days;
	int64_t number = -1;
	char *utf8 = hearth_alloc(3 * strlen(text) + 1);
	assert(import_cell_day(text, day) != 0 || hearth_date_parse(day, &days) == 0);
	assert(import_cell_whole(text, &number) != 0 || number >= 0);
	import_cell_utf8(text, utf8);
	assert(hearth_utf8_valid(utf8, strlen(utf8)));
	free(utf8);
}

static void check_council(struct import_councils *councils, const char *code, const char *text)
{
	bool several;
	if (councils->count < 50 && import_is_council_code(code))
		import_council_add_key(import_council_add(councils, code, text), text);
	const struct import_council *found = import_council_find(councils, text, &several);
	assert(found == NULL || !several);
	assert(found == NULL || import_is_council_code(found->code));
}

static int take_row(void *context, const struct csv_row *row)
{
	struct state *state = context;
	if (!state->header)
		check_header(row);
	state->header = true;
	for (size_t i = 0; i < row->count && i < CSV_FIELDS_MOST; i++) {
		check_cell(row->fields[i]);
		check_council(&state->councils, row->fields[0], row->fields[i]);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state state = { .header = false };
	struct hearth_status status = HEARTH_STATUS_INIT;
	int result = import_csv_parse(data, size, take_row, &state, &status);
	assert(result == 0 || (result == -1 && status.code != HEARTH_OK));
	import_councils_done(&state.councils);
	return 0;
}
