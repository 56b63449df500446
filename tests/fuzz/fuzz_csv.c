/* fuzz_csv.c: the CSV reader, the recognition of tables and the row checks of a return, on any bytes. */
/* links: services/cli/import_csv.c services/cli/ssda903.c */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "../../services/cli/import_csv.h"
#include "../../services/cli/ssda903.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ssda903_code items[] = {
	{ "RNE", "S", 2017, 0 }, { "LS", "C2", 2017, 0 }, { "CIN", "N1", 2017, 0 }, { "PLACE", "U6", 2017, 0 },
	{ "PLACE", "K3", 2025, 0 }, { "PLACE_PROVIDER", "PR1", 2017, 0 }, { "REC", "X1", 2017, 0 },
	{ "REASON_PLACE_CHANGE", "CREQB", 2017, 0 },
};

struct state {
	const struct csv_table *table;
	size_t places[CSV_FIELDS_MOST];
	size_t columns, line;
};

static void check_findings(const struct ssda903_findings *findings, bool taken)
{
	assert(taken == !ssda903_rejected(findings));
	for (size_t i = 0; i < findings->count; i++) {
		const struct ssda903_finding *finding = &findings->items[i];
		assert(finding->kind < SSDA903_KINDS && finding->advice[0] != '\0');
		for (const char *at = finding->value; *at != '\0'; at++)
			assert(*at >= 0x20 && *at < 0x7f);
	}
}

static void check_row(const struct state *state, const char *const *fields)
{
	static const struct ssda903_codes codes = { items, sizeof(items) / sizeof(items[0]) };
	struct ssda903_findings findings = { .count = 0 };
	struct ssda903_episode episode;
	struct ssda903_child child;
	bool taken;
	if (state->columns == SSDA903_EPISODE_COLUMNS) {
		taken = ssda903_check_episode(fields, &codes, 2024, &episode, &findings);
		assert(!taken || (episode.child[0] != '\0' && episode.decom != SSDA903_NO_DATE));
		assert(!taken || episode.dec == SSDA903_NO_DATE || episode.dec > episode.decom);
	} else if (state->columns == SSDA903_HEADER_COLUMNS) {
		taken = ssda903_check_header(fields, &child, &findings);
	} else {
		taken = ssda903_check_uasc(fields, &child, &findings);
	}
	check_findings(&findings, taken);
}

static int take_row(void *context, const struct csv_row *row)
{
	static const struct csv_table tables[] = {
		{ "episodes", ssda903_episode_columns }, { "header", ssda903_header_columns },
		{ "uasc", ssda903_uasc_columns }, { NULL, NULL },
	};
	struct state *state = context;
	assert(row->line > state->line || row->line == 1);
	state->line = row->line;
	if (state->table == NULL) {
		char difference[100];
		const struct csv_table *nearest = import_csv_nearest(tables, row);
		if (nearest != NULL)
			import_csv_difference(nearest, NULL, row, sizeof(difference), difference);
		state->table = import_csv_recognise(tables, row, state->places);
		state->columns = row->count;
		return state->table == NULL;
	}
	if (row->count != state->columns)
		return 0;
	const char *fields[CSV_FIELDS_MOST];
	for (size_t i = 0; i < state->columns; i++)
		fields[i] = row->fields[state->places[i]];
	check_row(state, fields);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state state = { .table = NULL };
	struct hearth_status status = HEARTH_STATUS_INIT;
	int result = import_csv_parse(data, size, take_row, &state, &status);
	assert(result != -1 || status.code != HEARTH_OK);
	return 0;
}
