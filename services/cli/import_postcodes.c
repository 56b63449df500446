/* import_postcodes.c: `hearth import postcodes`: where postcodes lie: OS Code-Point Open (no header), the ONS Postcode
 * Directory, the National Statistics Postcode Lookup, or any CSV with such columns.
 *
 * A nation's file has 1.7 to 2.7 million rows: it is read as a stream and sent some thousand rows at a time. A postcode is
 * never shown: findings say file, line and column. */
#include "import_table.h"

#include <string.h>

#include <hearth/text.h>
#include <hearth/providers/v1/providers.pb-c.h>

#include "import_cell.h"
#include "import_council.h"

#define ROWS_OF_A_CHUNK 1000
#define SLOTS 4096                     /* over twice the rows */
#define ARENA_MOST (4u << 20)

typedef Hearth__Providers__V1__PostcodeRow postcode_row;

const char cli_import_postcodes_help[] =
	"Usage: hearth import postcodes FILE.csv... --vintage V [--quiet] [--dry-run]\n"
	"\n"
	"Loads where postcodes lie (National Grid metres) and in which council's area, from OS Code-Point Open (its files have no\n"
	"header), the ONS Postcode Directory, the National Statistics Postcode Lookup, or a CSV with such columns; they are found\n"
	"by meaning (pcds, oseast1m or east1m, oslaua or lad25cd, doterm, ...; docs: services/cli/README.md). A postcode without\n"
	"a grid reference, or with one of another grid (Northern Ireland), is loaded without; terminated ones are marked so.\n"
	"\n"
	"Rows that are known of a later vintage stay; so do postcodes that are not in the file. Importing twice changes nothing.\n"
	"\n"
	"  --vintage V   of when the table is: YYYY, YYYY-MM or YYYY-MM-DD\n"
	"  --quiet       totals only, not each finding\n"
	"  --dry-run     read and check, load nothing\n"
	"\n"
	"Exit code 0: all rows loaded; 3: some rows or files were rejected, the others are loaded;\n"
	"1, 2, 4: see `hearth help`. Of a file that cannot be read to its end nothing is loaded.\n";

enum { POSTCODE, EASTING, NORTHING, DISTRICT, COUNTY, QUALITY, COUNTRY, TERMINATED };
static const struct import_meaning meanings[] = {
	{ "postcode", true, (const char *const[]){ "pcds", "pcd8", "pcd7", "pcd2", "pcd", "pc", "postcode", NULL } },
	{ "easting", true, (const char *const[]){ "oseast1m", "east1m", "easting", "eastings", "ea", "oseastings", "oseasting", NULL } },
	{ "northing", true, (const char *const[]){ "osnrth1m", "north1m", "northing", "northings", "no", "osnorthings", "osnorthing",
		NULL } },
	{ "district", false, (const char *const[]){ "oslaua", "laua", "lad##cd", "ladcd", "admindistrictcode", "dc", "council",
		"lacode", "areaauthority", NULL } },
	{ "county", false, (const char *const[]){ "oscty", "cty", "cty##cd", "admincountycode", "cc", NULL } },
	{ "quality", false, (const char *const[]){ "osgrdind", "gridind", "positionalqualityindicator", "pq", NULL } },
	{ "country", false, (const char *const[]){ "ctry", "ctry##cd", "countrycode", "cy", NULL } },
	{ "terminated", false, (const char *const[]){ "doterm", "terminated", NULL } },
	{ NULL, false, NULL },
};

struct postcodes {
	char *vintage;
	size_t waiting;
	postcode_row *rows[ROWS_OF_A_CHUNK];
	unsigned short slots[SLOTS];           /* 1 and more: a row that waits, by its postcode */
	int64_t loaded, without_grid, without_council, terminated;
};

/* The files of Code-Point Open: postcode, quality, easting, northing, country, two of the NHS, county, district, ward. */
static bool headless(const struct csv_row *row, size_t ret_places[IMPORT_MEANINGS_MOST])
{
	static const size_t places[] = { [POSTCODE] = 0, [QUALITY] = 1, [EASTING] = 2, [NORTHING] = 3, [COUNTRY] = 4,
		[COUNTY] = 7, [DISTRICT] = 8, [TERMINATED] = IMPORT_NO_COLUMN };
	char postcode[9];
	int64_t number;
	if (row->count != 10 || hearth_postcode_normalise(row->fields[0], postcode) != 0)
		return false;
	for (size_t i = 1; i <= 3; i++)
		if (import_cell_whole(row->fields[i], &number) != 0)
			return false;
	memcpy(ret_places, places, sizeof(places));
	return true;
}

/* ---- a row ---------------------------------------------------------------------------------------------------------- */

static bool same(const char *text, const char *other)
{
	return strcmp(text, other) == 0;
}

/* No position of it is known (90 of Code-Point Open, 9 of the ONS), or it is on the grid of Ireland. */
static bool no_grid(struct import_row *row, const char *postcode, int64_t easting, int64_t northing)
{
	const char *quality = import_cell(row, QUALITY), *country = import_cell(row, COUNTRY);
	return (easting == 0 && northing == 0) || same(quality, "90") || same(quality, "9") || same(country, "N92000002")
		|| strncmp(postcode, "BT", 2) == 0;
}

static Hearth__V1__GridReference *grid_of(struct import_row *row, const char *postcode)
{
	int64_t easting = import_whole(row, EASTING, 9999999), northing = import_whole(row, NORTHING, 9999999);
	if (row->rejected)
		return NULL;
	if ((easting < 0) != (northing < 0)) {
		import_reject(row, easting < 0 ? EASTING : NORTHING, "", "both easting and northing, or neither");
		return NULL;
	}
	if (easting < 0 || no_grid(row, postcode, easting, northing))
		return NULL;
	if (easting > 700000 || northing > 1300000) {
		import_reject(row, easting > 700000 ? EASTING : NORTHING, import_cell(row, easting > 700000 ? EASTING : NORTHING),
		              "metres of the National Grid: easting to 700000, northing to 1300000");
		return NULL;
	}
	Hearth__V1__GridReference *grid = hearth_arena_alloc(row->table->arena, sizeof(*grid));
	hearth__v1__grid_reference__init(grid);
	grid->easting = (int32_t)easting;
	grid->northing = (int32_t)northing;
	return grid;
}

/* The council with children's services: the county where there are two tiers (codes E10...), else the district. */
static char *council_of(struct import_row *row)
{
	const char *county = import_cell(row, COUNTY), *district = import_cell(row, DISTRICT);
	const char *council = import_is_ons_code(county) && strncmp(county, "E10", 3) == 0 ? county : district;
	if (council[0] != '\0' && !import_is_ons_code(council) && !import_is_council_code(council)) {
		import_reject(row, DISTRICT, council, "an ONS code, a DfE code, or nothing");
		return NULL;
	}
	return hearth_arena_strdup(row->table->arena, council);
}

/* The month in which it went out of use: 201906 as the ONS writes it, or 2019-06. */
static char *terminated_of(struct import_row *row)
{
	const char *text = import_cell(row, TERMINATED);
	size_t size = strlen(text), digits = strspn(text, "0123456789");
	if (import_cell_none(text))
		return hearth_arena_strdup(row->table->arena, "");
	bool plain = size == 6 && digits == 6, dashed = size == 7 && digits == 4 && text[4] == '-' && strspn(text + 5, "0123456789") == 2;
	const char *month = text + (plain ? 4 : 5);
	if ((!plain && !dashed) || month[0] > '1' || (month[0] == '1' && month[1] > '2') || same(month, "00")) {
		import_reject(row, TERMINATED, text, "a month such as 201906, or nothing for a postcode in use");
		return NULL;
	}
	return hearth_arena_printf(row->table->arena, "%.4s-%.2s", text, month);
}

/* ---- chunks --------------------------------------------------------------------------------------------------------- */

/* In halves, and those again, when it takes too long. */
static int send_rows(struct import_table *table, size_t from, size_t count)
{
	struct postcodes *state = table->state;
	Hearth__Providers__V1__ImportPostcodesRequest request;
	hearth__providers__v1__import_postcodes_request__init(&request);
	request.vintage = state->vintage;
	request.rows = state->rows + from;
	request.n_rows = count;
	if (import_table_send(table, "hearth.providers.v1.Providers/ImportPostcodes", &request.base,
	                      &hearth__providers__v1__import_postcodes_response__descriptor) == 0) {
		state->loaded += (int64_t)count;
		return 0;
	}
	if (count < 2 || !import_table_too_much(table))
		return -1;
	return send_rows(table, from, count / 2) != 0 ? -1 : send_rows(table, from + count / 2, count - count / 2);
}

static int send_waiting(struct import_table *table)
{
	struct postcodes *state = table->state;
	if (state->waiting > 0 && !table->dry_run && send_rows(table, 0, state->waiting) != 0)
		return hearth_fail_context(&table->status, "%lld postcodes were loaded; the same import again loads the rest",
		                           (long long)state->loaded);
	state->waiting = 0;
	memset(state->slots, 0, sizeof(state->slots));
	hearth_arena_reset(table->arena);
	return 0;
}

/* False: it waits already. */
static bool keep(struct postcodes *state, postcode_row *row)
{
	uint32_t hash = 2166136261u;
	for (const char *at = row->postcode; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619u;
	size_t slot = hash % SLOTS;
	for (; state->slots[slot] != 0; slot = (slot + 1) % SLOTS)
		if (same(state->rows[state->slots[slot] - 1]->postcode, row->postcode))
			return false;
	state->rows[state->waiting++] = row;
	state->slots[slot] = (unsigned short)state->waiting;
	return true;
}

static int take(struct import_table *table, struct import_row *row)
{
	struct postcodes *state = table->state;
	char postcode[9];
	/* Rows that were left out stand in the arena too. */
	if (hearth_arena_used(table->arena) > ARENA_MOST && send_waiting(table) != 0)
		return -1;
	if (hearth_postcode_normalise(import_cell(row, POSTCODE), postcode) != 0) {
		import_reject(row, POSTCODE, "", "a full postcode");
		return 0;
	}
	postcode_row *item = hearth_arena_alloc(table->arena, sizeof(*item));
	hearth__providers__v1__postcode_row__init(item);
	item->postcode = hearth_arena_strdup(table->arena, postcode);
	item->grid = grid_of(row, postcode);
	item->council = council_of(row);
	item->terminated = terminated_of(row);
	if (row->rejected)
		return 0;
	if (!keep(state, item)) {
		import_reject(row, POSTCODE, "", "a postcode that stands in one row");
		return 0;
	}
	state->without_grid += item->grid == NULL;
	state->without_council += item->council[0] == '\0';
	state->terminated += item->terminated[0] != '\0';
	return state->waiting == ROWS_OF_A_CHUNK ? send_waiting(table) : 0;
}

static int begin(struct import_table *table)
{
	struct postcodes *state = table->state;
	state->vintage = hearth_arena_strdup(table->cli->arena, table->vintage);
	return 0;
}

static void print(struct import_table *table, json_t *totals)
{
	const struct postcodes *state = table->state;
	import_print_change(table, totals, "postcodes");
	if (totals == NULL) {
		printf("without a grid reference: %lld, without a council: %lld, terminated: %lld\n", (long long)state->without_grid,
		       (long long)state->without_council, (long long)state->terminated);
		return;
	}
	json_object_set_new(totals, "withoutGrid", json_integer((json_int_t)state->without_grid));
	json_object_set_new(totals, "withoutCouncil", json_integer((json_int_t)state->without_council));
	json_object_set_new(totals, "terminated", json_integer((json_int_t)state->terminated));
}

static const struct import_kind kind = {
	.command = "import postcodes", .what = "a table of postcodes", .meanings = meanings, .vintage_flag = "vintage",
	.large = true, .headless = headless, .begin = begin, .take = take, .finish = send_waiting, .print = print,
};

int cli_import_postcodes(struct cli *cli, int argc, char **argv)
{
	struct postcodes *state = hearth_arena_alloc(cli->arena, sizeof(*state));
	return import_table_run(&kind, state, cli, argc, argv);
}
