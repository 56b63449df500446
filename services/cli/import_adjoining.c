/* import_adjoining.c: `hearth import adjoining`: which councils' areas touch, from a published CSV of pairs.
 *
 * A council is given by DfE code, ONS code or name. What was not understood is left out and said; what the file does not
 * say stays, so that half a file takes nothing away. Only --replace makes the file all there is, and then every row of it
 * must have been understood. */
#include "import_table.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/providers/v1/providers.pb-c.h>

#include "import_council.h"

#define PAIRS_MOST 1000

const char cli_import_adjoining_help[] =
	"Usage: hearth import adjoining FILE.csv... --vintage V [--replace] [--quiet] [--dry-run]\n"
	"\n"
	"Loads which councils' areas touch: rows of pairs, each council by DfE code, ONS code or name (load those first: hearth\n"
	"import authorities). A pair may be said in one direction or in both; a cell may hold several councils, separated by\n"
	"semicolons or |. Columns are found by meaning (authority and adjoining, lad24cd and neighbour, ...; docs:\n"
	"services/cli/README.md). Importing twice changes nothing.\n"
	"\n"
	"Pairs that are known and not in the file stay, so that half a file takes nothing away.\n"
	"\n"
	"  --vintage V   of when the table is: YYYY, YYYY-MM or YYYY-MM-DD\n"
	"  --replace     these files are the whole table: pairs that are not in them go. Nothing is loaded unless every row\n"
	"                was understood, and no pair is said in one direction where most are said in both\n"
	"  --quiet       totals only, not each finding\n"
	"  --dry-run     read and check, load nothing\n"
	"\n"
	"Exit code 0: all rows loaded; 3: some rows or files were rejected, the others are loaded;\n"
	"1, 2, 4: see `hearth help`. Of a file that cannot be read to its end nothing is loaded.\n";

enum { AUTHORITY, ADJOINING };
static const struct import_meaning meanings[] = {
	{ "authority", true, (const char *const[]){ "authority", "authoritycode", "lacode", "oldlacode", "newlacode",
		"localauthoritycode", "ctyua##cd", "utla##cd", "lad##cd", "ladcd", "utlacd", "onscode", "gsscode", "code", "focal",
		"from", "la", "localauthority", "laname", "authorityname", "ctyua##nm", "utla##nm", "lad##nm", NULL } },
	{ "adjoining", true, (const char *const[]){ "adjoining", "adjoiningcode", "adjoiningauthority", "adjoiningauthoritycode",
		"adjoiningauthorities", "adjoininglacode", "adjoiningla", "adjacent*", "neighbour*", "neighbor*", "neighbouring*",
		"bordering*", "borders", "touches", "to", "ctyua##cdneighbour", "utla##cdneighbour", "lad##cdneighbour",
		"ctyua##cd*", "utla##cd*", "lad##cd*", "adjoining*", NULL } },
	{ NULL, false, NULL },
};

struct pair {
	char one[4], other[4];         /* in order */
	bool forward, backward;        /* said so and the other way round */
};

struct adjoining {
	struct import_councils councils;
	size_t count;
	struct pair pairs[PAIRS_MOST];
	size_t one_way;                /* said in one direction where most are said in both */
};

/* The council's code, or NULL with the row rejected. Without any councils known a DfE code is taken as it is. */
static const char *code_of(const struct adjoining *state, struct import_row *row, size_t meaning, const char *text)
{
	bool several;
	const struct import_council *council = import_council_find(&state->councils, text, &several);
	if (council != NULL)
		return council->code;
	if (state->councils.count == 0 && import_is_council_code(text))
		return text;
	if (several)
		import_reject(row, meaning, text, "a code: several councils are called so");
	else if (state->councils.count == 0)
		import_reject(row, meaning, text, "a DfE code, or first hearth import authorities: no council is known yet");
	else
		import_reject(row, meaning, text, "code or name of a council that is known (hearth import authorities)");
	return NULL;
}

static struct pair *pair_of(struct adjoining *state, const char *one, const char *other)
{
	for (size_t i = 0; i < state->count; i++)
		if (strcmp(state->pairs[i].one, one) == 0 && strcmp(state->pairs[i].other, other) == 0)
			return &state->pairs[i];
	if (state->count == PAIRS_MOST)
		return NULL;
	struct pair *pair = &state->pairs[state->count++];
	*pair = (struct pair){ .forward = false };
	memcpy(pair->one, one, 4);
	memcpy(pair->other, other, 4);
	return pair;
}

static void add_pair(struct adjoining *state, struct import_row *row, const char *from, const char *to)
{
	int order = strcmp(from, to);
	if (order == 0) {
		import_reject(row, ADJOINING, to, "another council than the row's own");
		return;
	}
	struct pair *pair = order < 0 ? pair_of(state, from, to) : pair_of(state, to, from);
	if (pair == NULL) {
		import_reject(row, ADJOINING, to, "at most %d pairs", PAIRS_MOST);
		return;
	}
	pair->forward = pair->forward || order < 0;
	pair->backward = pair->backward || order > 0;
}

/* All councils of the cell are understood before any pair of the row is kept. */
static int take(struct import_table *table, struct import_row *row)
{
	struct adjoining *state = table->state;
	const char *codes[CSV_FIELDS_MOST];
	size_t count = 0;
	const char *from = code_of(state, row, AUTHORITY, import_cell(row, AUTHORITY));
	char *rest = NULL, *text = hearth_arena_strdup(table->arena, import_cell(row, ADJOINING));
	if (text[strspn(text, " ;|")] == '\0')
		import_reject(row, ADJOINING, text, "a council");
	for (char *piece = strtok_r(text, ";|", &rest); piece != NULL && count < CSV_FIELDS_MOST; piece = strtok_r(NULL, ";|", &rest)) {
		piece += strspn(piece, " ");
		size_t size = strlen(piece);
		while (size > 0 && piece[size - 1] == ' ')
			piece[--size] = '\0';
		const char *code = size > 0 ? code_of(state, row, ADJOINING, piece) : NULL;
		if (code != NULL)
			codes[count++] = code;
	}
	for (size_t i = 0; i < count && !row->rejected; i++)
		add_pair(state, row, from, codes[i]);
	return 0;
}

static int begin(struct import_table *table)
{
	struct adjoining *state = table->state;
	return import_councils_fetch(&state->councils, table->cli, &table->status);
}

/* A published list says each pair in both directions or in one. Where most stand in both, those that do not are the end of
 * a file that was cut off. */
static void count_one_way(struct import_table *table)
{
	struct adjoining *state = table->state;
	size_t both = 0;
	for (size_t i = 0; i < state->count; i++)
		both += state->pairs[i].forward && state->pairs[i].backward;
	if (2 * both <= state->count)
		return;
	state->one_way = state->count - both;
	if (state->one_way > 0)
		import_note(&table->findings, "%zu of %zu pairs are said in one direction only, though most are said in both; is the "
		            "file cut off?", state->one_way, state->count);
}

static int finish(struct import_table *table)
{
	struct adjoining *state = table->state;
	Hearth__Providers__V1__ImportAdjoiningRequest request;
	count_one_way(table);
	if (table->replace && (table->rejected > 0 || table->rejected_files > 0 || state->one_way > 0))
		return hearth_fail(&table->status, HEARTH_FAILED_PRECONDITION, "NOT_THE_WHOLE_TABLE",
		                   "nothing was replaced: %lld rows and %d files were not understood, %zu pairs are said in one "
		                   "direction only; --replace wants the whole table", (long long)table->rejected,
		                   table->rejected_files, state->one_way);
	if (table->dry_run || state->count == 0)
		return 0;
	hearth__providers__v1__import_adjoining_request__init(&request);
	request.vintage = hearth_arena_strdup(table->arena, table->vintage);
	request.replace = table->replace;
	request.n_pairs = state->count;
	request.pairs = hearth_arena_alloc(table->arena, state->count * sizeof(*request.pairs));
	for (size_t i = 0; i < state->count; i++) {
		Hearth__Providers__V1__AdjoiningPair *pair = hearth_arena_alloc(table->arena, sizeof(*pair));
		hearth__providers__v1__adjoining_pair__init(pair);
		pair->authority = state->pairs[i].one;
		pair->adjoining = state->pairs[i].other;
		request.pairs[i] = pair;
	}
	return import_table_send(table, "hearth.providers.v1.Providers/ImportAdjoining", &request.base,
	                         &hearth__providers__v1__import_adjoining_response__descriptor);
}

static void print(struct import_table *table, json_t *totals)
{
	const struct adjoining *state = table->state;
	import_print_change(table, totals, "pairs");
	if (totals == NULL)
		return;
	json_object_set_new(totals, "pairs", json_integer((json_int_t)state->count));
	json_object_set_new(totals, "oneWay", json_integer((json_int_t)state->one_way));
}

static void done(struct import_table *table)
{
	struct adjoining *state = table->state;
	import_councils_done(&state->councils);
}

static const struct import_kind kind = {
	.command = "import adjoining", .what = "a table of adjoining councils", .meanings = meanings, .vintage_flag = "vintage",
	.may_replace = true, .begin = begin, .take = take, .finish = finish, .print = print, .done = done,
};

int cli_import_adjoining(struct cli *cli, int argc, char **argv)
{
	struct adjoining *state = hearth_arena_alloc(cli->arena, sizeof(*state));
	return import_table_run(&kind, state, cli, argc, argv);
}
