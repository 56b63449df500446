/* import_authorities.c: `hearth import authorities`: councils, their codes and names, from a published CSV.
 *
 * Any table that has the DfE code of each council beside its ONS code or name will do; rows that repeat a council add what
 * they say, rows without a code (regions, the nation) are passed over. */
#include "import_table.h"

#include <string.h>

#include <hearth/providers/v1/providers.pb-c.h>

#include "import_cell.h"
#include "import_council.h"

const char cli_import_authorities_help[] =
	"Usage: hearth import authorities FILE.csv... --vintage V [--quiet] [--dry-run]\n"
	"\n"
	"Loads councils: the DfE's three-digit code, the name, and the nine-character ONS code by which other tables know them.\n"
	"Columns, found by meaning in any order (old_la_code, new_la_code and la_name of the DfE's published statistics are such\n"
	"spellings; docs: services/cli/README.md). A council may stand in many rows; what they say is added. Importing twice\n"
	"changes nothing; councils that are not in the file stay.\n"
	"\n"
	"  --vintage V   of when the table is: YYYY, YYYY-MM or YYYY-MM-DD\n"
	"  --quiet       totals only, not each finding\n"
	"  --dry-run     read and check, load nothing\n"
	"\n"
	"Exit code 0: all rows loaded; 3: some rows or files were rejected, the others are loaded;\n"
	"1, 2, 4: see `hearth help`. Of a file that cannot be read to its end nothing is loaded.\n";

enum { CODE, NAME, ONS };
static const struct import_meaning meanings[] = {
	{ "code", true, (const char *const[]){ "oldlacode", "dfecode", "dfelacode", "lacode", "localauthoritycode", "leacode",
		"authoritycode", "lanumber", "code", "lea", NULL } },
	{ "name", true, (const char *const[]){ "laname", "lanm", "localauthorityname", "authorityname", "ctyua##nm", "utla##nm",
		"lad##nm", "localauthority", "name", NULL } },
	{ "ons_code", false, (const char *const[]){ "newlacode", "onscode", "gsscode", "onslacode", "gsslacode", "lagsscode",
		"lacodegss", "lacodeons", "ctyua##cd", "utla##cd", "lad##cd", "gss", NULL } },
	{ NULL, false, NULL },
};

struct authorities {
	struct import_councils known, said;
};

/* Another council that has the key already, of what is known or of the file, or NULL. */
static const struct import_council *owner_of(const struct authorities *state, const char *key, const char *code)
{
	const struct import_council *known = import_council_of_key(&state->known, key);
	if (known != NULL && strcmp(known->code, code) != 0)
		return known;
	const struct import_council *said = import_council_of_key(&state->said, key);
	return said != NULL && strcmp(said->code, code) != 0 ? said : NULL;
}

/* Two councils may have one name (a council and its successor do); then it is no key of either. */
static bool keep(struct authorities *state, const char *code, const char *name, const char *ons)
{
	struct import_council *council = import_council_add(&state->said, code, name);
	return (owner_of(state, name, code) != NULL || import_council_add_key(council, name)) &&
		(ons[0] == '\0' || import_council_add_key(council, ons));
}

static int take(struct import_table *table, struct import_row *row)
{
	struct authorities *state = table->state;
	const char *code = import_cell(row, CODE), *name = import_cell(row, NAME), *ons = import_cell(row, ONS);
	if (import_cell_none(code)) {
		table->passed_over++;
		return 0;
	}
	if (!import_is_council_code(code))
		import_reject(row, CODE, code, "the DfE code of a council, three digits");
	if (name[0] == '\0' || strlen(name) > 200)
		import_reject(row, NAME, name, "a name of 1 to 200 characters");
	ons = import_cell_none(ons) ? "" : ons;
	const struct import_council *owner = import_is_ons_code(ons) ? owner_of(state, ons, code) : NULL;
	if (ons[0] != '\0' && !import_is_ons_code(ons))
		import_reject(row, ONS, ons, "an ONS code, a capital letter and eight digits, or nothing");
	if (owner != NULL)
		import_reject(row, ONS, ons, "a code of council %s: council %s has this one", code, owner->code);
	if (!row->rejected && !keep(state, code, name, ons))
		import_reject(row, NAME, name, "at most %d names and ONS codes for a council", IMPORT_COUNCIL_KEYS_MOST);
	return 0;
}

static int begin(struct import_table *table)
{
	struct authorities *state = table->state;
	return table->dry_run ? 0 : import_councils_fetch(&state->known, table->cli, &table->status);
}

static int finish(struct import_table *table)
{
	struct authorities *state = table->state;
	Hearth__Providers__V1__ImportCouncilsRequest request;
	if (table->dry_run || state->said.count == 0)
		return 0;
	hearth__providers__v1__import_councils_request__init(&request);
	request.vintage = hearth_arena_strdup(table->arena, table->vintage);
	request.n_rows = state->said.count;
	request.rows = hearth_arena_alloc(table->arena, request.n_rows * sizeof(*request.rows));
	for (size_t i = 0; i < request.n_rows; i++) {
		struct import_council *council = &state->said.items[i];
		Hearth__Providers__V1__CouncilRow *row = hearth_arena_alloc(table->arena, sizeof(*row));
		hearth__providers__v1__council_row__init(row);
		row->code = council->code;
		row->name = council->name;
		row->keys = council->keys;
		row->n_keys = council->key_count;
		request.rows[i] = row;
	}
	return import_table_send(table, "hearth.providers.v1.Providers/ImportCouncils", &request.base,
	                         &hearth__providers__v1__import_councils_response__descriptor);
}

static void print(struct import_table *table, json_t *totals)
{
	const struct authorities *state = table->state;
	import_print_change(table, totals, "councils");
	if (totals != NULL)
		json_object_set_new(totals, "councils", json_integer((json_int_t)state->said.count));
}

static void done(struct import_table *table)
{
	struct authorities *state = table->state;
	import_councils_done(&state->known);
	import_councils_done(&state->said);
}

static const struct import_kind kind = {
	.command = "import authorities", .what = "a table of councils", .meanings = meanings, .vintage_flag = "vintage",
	.large = true, .begin = begin, .take = take, .finish = finish, .print = print, .done = done,
};

int cli_import_authorities(struct cli *cli, int argc, char **argv)
{
	struct authorities state = { .known = { .count = 0 } };
	return import_table_run(&kind, &state, cli, argc, argv);
}
