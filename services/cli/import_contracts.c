/* import_contracts.c: `hearth import contracts`: a council's contracts from CSV: lots, which providers and homes are members,
 * what a place costs.
 *
 * A row is a member of a lot (or the lot alone), with its fee; what it says of the contract stands in each row of it. A
 * contract is sent whole and then its members and fees, by reference and by the keys of the homes file: the same again
 * changes nothing. What providers refuses is said by its row. */
#include "import_table.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/providers/v1/providers.pb-c.h>

#include "import_cell.h"

#define ROWS_MOST 5000
#define ITEMS_MOST 50
#define SYSTEM "homes-csv"
#define CALL(name) "hearth.providers.v1.Providers/" name

const char cli_import_contracts_help[] =
	"Usage: hearth import contracts FILE.csv... --authority CODE [--quiet] [--dry-run]\n"
	"\n"
	"Loads the council's contracts: frameworks, dynamic markets, blocks, preferred providers. A row is a member of a lot with\n"
	"what its place costs; a row without a provider is the lot alone. Providers and homes go by the keys of the homes file\n"
	"(hearth import homes comes first). Importing twice changes nothing. Columns, in any order (an empty field is unknown):\n"
	"\n"
	"  contract kind from_date lot lot_kinds, and these, which may be missing: contract_name basis open_to_entrants\n"
	"  until_date commissioners lot_areas lot_places provider_key home_key tier weekly_fee\n"
	"\n"
	"What each holds: services/cli/README.md.\n"
	"\n"
	"  --quiet       totals only, not each finding\n"
	"  --dry-run     read and check, load nothing\n"
	"\n"
	"Exit code 0: all rows loaded; 3: some rows or files were rejected, the others are loaded;\n"
	"1, 2, 4: see `hearth help`. Of a file that cannot be read to its end nothing is loaded.\n";

enum { CONTRACT, KIND, FROM, LOT, LOT_KINDS, NAME, BASIS, OPEN, UNTIL, COMMISSIONERS, LOT_AREAS, LOT_PLACES, PROVIDER, HOME,
	TIER, FEE };
#define ONE(name) (const char *const[]){ name, NULL }
static const struct import_meaning meanings[] = {
	{ "contract", true, ONE("contract") }, { "kind", true, ONE("kind") }, { "from_date", true, ONE("fromdate") },
	{ "lot", true, ONE("lot") }, { "lot_kinds", true, ONE("lotkinds") }, { "contract_name", false, ONE("contractname") },
	{ "basis", false, ONE("basis") }, { "open_to_entrants", false, ONE("opentoentrants") },
	{ "until_date", false, ONE("untildate") }, { "commissioners", false, ONE("commissioners") },
	{ "lot_areas", false, ONE("lotareas") }, { "lot_places", false, ONE("lotplaces") },
	{ "provider_key", false, ONE("providerkey") }, { "home_key", false, ONE("homekey") }, { "tier", false, ONE("tier") },
	{ "weekly_fee", false, ONE("weeklyfee") }, { NULL, false, NULL },
};

struct contract_row {
	const char *path;
	size_t line;
	char *cells[FEE + 1];          /* days as ISO */
	int kind, basis;
	bool open;
	int64_t places, tier, pence;   /* -1: not known */
	bool left_out;
};

struct contracts {
	size_t count, room;
	struct contract_row *rows;
	int64_t contracts, members, fees;
};

/* ---- a row ---------------------------------------------------------------------------------------------------------- */

static int enum_of(struct import_row *row, size_t meaning, const ProtobufCEnumDescriptor *names, bool required)
{
	const char *text = import_cell(row, meaning);
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(names, text);
	char all[160] = "";
	if (text[0] == '\0' && !required)
		return 0;
	if (value != NULL && value->value != 0)
		return value->value;
	for (unsigned i = 0; i < names->n_values; i++)
		if (names->values[i].value != 0)
			snprintf(all + strlen(all), sizeof(all) - strlen(all), " %s", names->values[i].name);
	import_reject(row, meaning, text, "one of%s", all);
	return 0;
}

/* Pounds with two decimals or none, in pence; TBC and nothing are not known. */
static int64_t pence_of(struct import_row *row)
{
	const char *text = import_cell(row, FEE);
	size_t pounds = strspn(text, "0123456789");
	bool pence = text[pounds] == '.' && strspn(text + pounds + 1, "0123456789") == 2 && text[pounds + 3] == '\0';
	if (import_cell_none(text))
		return -1;
	if (pounds > 0 && pounds <= 6 && (text[pounds] == '\0' || pence))
		return strtoll(text, NULL, 10) * 100 + (pence ? strtoll(text + pounds + 1, NULL, 10) : 0);
	import_reject(row, FEE, text, "pounds a week, such as 4200 or 4200.50, or TBC");
	return -1;
}

static bool yes_of(struct import_row *row)
{
	const char *text = import_cell(row, OPEN);
	bool yes = strcmp(text, "yes") == 0;
	if (!yes && text[0] != '\0' && strcmp(text, "no") != 0)
		import_reject(row, OPEN, text, "yes or no");
	return yes;
}

static void read_cells(struct import_row *row, struct contract_row *item)
{
	static const size_t most[FEE + 1] = { [CONTRACT] = 40, [LOT] = 20, [NAME] = 200, [PROVIDER] = 64, [HOME] = 64 };
	for (size_t i = 0; i <= FEE; i++) {
		const char *text = import_cell(row, i);
		if (strlen(text) > (most[i] > 0 ? most[i] : 400))
			import_reject(row, i, text, "at most %zu bytes", most[i] > 0 ? most[i] : 400);
		if (text[0] == '\0' && meanings[i].required)
			import_reject(row, i, text, "something");
		item->cells[i] = hearth_arena_strdup(row->table->arena, text);
	}
	char from[11], until[11];
	import_day(row, FROM, from);
	import_day(row, UNTIL, until);
	item->cells[FROM] = hearth_arena_strdup(row->table->arena, from);
	item->cells[UNTIL] = hearth_arena_strdup(row->table->arena, until);
}

/* What a contract's rows say of it is the same in all of them. */
static void compare(struct import_row *row, const struct contracts *state, const struct contract_row *item)
{
	static const size_t common[] = { KIND, FROM, NAME, BASIS, OPEN, UNTIL, COMMISSIONERS };
	for (size_t i = 0; i < state->count; i++) {
		const struct contract_row *other = &state->rows[i];
		if (strcmp(other->cells[CONTRACT], item->cells[CONTRACT]) != 0)
			continue;
		for (size_t c = 0; c < sizeof(common) / sizeof(common[0]); c++)
			if (strcmp(other->cells[common[c]], item->cells[common[c]]) != 0)
				import_reject(row, common[c], item->cells[common[c]], "\"%.40s\" as in line %zu: it is the same contract",
				              other->cells[common[c]], other->line);
		return;
	}
}

static int take(struct import_table *table, struct import_row *row)
{
	struct contracts *state = table->state;
	struct contract_row item = { .path = table->findings.path, .line = row->line };
	read_cells(row, &item);
	item.kind = enum_of(row, KIND, &hearth__providers__v1__contract__kind__descriptor, true);
	item.basis = enum_of(row, BASIS, &hearth__providers__v1__contract__basis__descriptor, false);
	item.open = yes_of(row);
	item.places = import_whole(row, LOT_PLACES, 100000);
	item.tier = import_whole(row, TIER, 20);
	item.pence = pence_of(row);
	if (item.cells[HOME][0] != '\0' && item.cells[PROVIDER][0] == '\0')
		import_reject(row, PROVIDER, "", "the key of the home's provider");
	compare(row, state, &item);
	if (!row->rejected && state->count == ROWS_MOST)
		import_reject(row, CONTRACT, item.cells[CONTRACT], "at most %d rows", ROWS_MOST);
	if (row->rejected)
		return 0;
	if (state->count == state->room)
		state->rows = hearth_realloc(state->rows, (state->room = state->room == 0 ? 64 : 2 * state->room) * sizeof(*state->rows));
	state->rows[state->count++] = item;
	return 0;
}

/* ---- sending -------------------------------------------------------------------------------------------------------- */

/* NULL with the row left out when providers refuses it, or with table->status when nobody could be asked. */
static const ProtobufCMessage *ask(struct import_table *table, struct contract_row *row, const char *method,
                                   const ProtobufCMessage *request, const ProtobufCMessageDescriptor *reply)
{
	ProtobufCMessage *message;
	if (cli_call(table->cli, method, request, reply, NULL, table->arena, &message, NULL, &table->status) == 0) {
		table->answered = true;
		return message;
	}
	enum hearth_code code = table->status.code;
	if (code != HEARTH_INVALID_ARGUMENT && code != HEARTH_FAILED_PRECONDITION && code != HEARTH_NOT_FOUND
	    && code != HEARTH_ALREADY_EXISTS)
		return NULL;
	const char *path = table->findings.path;
	table->findings.path = row->path;
	import_find_text(&table->findings, row->line, table->status.field[0] != '\0' ? table->status.field : "the row",
	                 row->cells[CONTRACT], table->status.message);
	table->findings.path = path;
	row->left_out = true;
	table->rejected++;
	table->status = (struct hearth_status)HEARTH_STATUS_INIT;
	return NULL;
}

static Hearth__V1__Count *count_of(struct import_table *table, int64_t value)
{
	if (value < 0)
		return NULL;
	Hearth__V1__Count *count = hearth_arena_alloc(table->arena, sizeof(*count));
	hearth__v1__count__init(count);
	count->value = value;
	return count;
}

static char **words_of(struct import_table *table, const char *text, size_t *ret_count)
{
	char **words = hearth_arena_alloc(table->arena, ITEMS_MOST * sizeof(*words)), *rest = NULL;
	size_t count = 0;
	char *copy = hearth_arena_strdup(table->arena, text);
	for (char *word = strtok_r(copy, " ;", &rest); word != NULL && count < ITEMS_MOST; word = strtok_r(NULL, " ;", &rest))
		words[count++] = word;
	*ret_count = count;
	return words;
}

/* "999:4 997:2": councils with their shares; without one it is not known. */
static void commissioners_of(struct import_table *table, const char *text, Hearth__Providers__V1__UpsertContractRequest *request)
{
	char **words = words_of(table, text, &request->n_commissioners);
	request->commissioners = hearth_arena_alloc(table->arena, (request->n_commissioners + 1) * sizeof(*request->commissioners));
	for (size_t i = 0; i < request->n_commissioners; i++) {
		Hearth__Providers__V1__ContractCommissioner *one = hearth_arena_alloc(table->arena, sizeof(*one));
		hearth__providers__v1__contract_commissioner__init(one);
		char *colon = strchr(words[i], ':');
		int64_t share = -1;
		if (colon != NULL && import_cell_whole(colon + 1, &share) == 0)
			one->share = count_of(table, share);
		if (colon != NULL)
			*colon = '\0';
		one->authority = words[i];
		request->commissioners[i] = one;
	}
}

static Hearth__Providers__V1__ContractLot *lot_of(struct import_table *table, const struct contract_row *row)
{
	Hearth__Providers__V1__ContractLot *lot = hearth_arena_alloc(table->arena, sizeof(*lot));
	hearth__providers__v1__contract_lot__init(lot);
	lot->code = row->cells[LOT];
	lot->home_kinds = words_of(table, row->cells[LOT_KINDS], &lot->n_home_kinds);
	lot->area_authorities = words_of(table, row->cells[LOT_AREAS], &lot->n_area_authorities);
	lot->places = count_of(table, row->places);
	return lot;
}

static bool has_lot(const Hearth__Providers__V1__UpsertContractRequest *request, const char *code)
{
	for (size_t i = 0; i < request->n_lots; i++)
		if (strcmp(request->lots[i]->code, code) == 0)
			return true;
	return false;
}

/* The contract of this row with all its lots; its id, or NULL. */
static const char *send_contract(struct import_table *table, struct contract_row *row)
{
	const struct contracts *state = table->state;
	Hearth__Providers__V1__UpsertContractRequest request;
	hearth__providers__v1__upsert_contract_request__init(&request);
	request.reference = row->cells[CONTRACT];
	request.name = row->cells[NAME];
	request.kind = (Hearth__Providers__V1__Contract__Kind)row->kind;
	request.basis = (Hearth__Providers__V1__Contract__Basis)row->basis;
	request.open_to_entrants = row->open;
	request.from_date = row->cells[FROM];
	request.until_date = row->cells[UNTIL];
	commissioners_of(table, row->cells[COMMISSIONERS], &request);
	request.lots = hearth_arena_alloc(table->arena, ITEMS_MOST * sizeof(*request.lots));
	for (const struct contract_row *other = row; other < state->rows + state->count; other++)
		if (strcmp(other->cells[CONTRACT], row->cells[CONTRACT]) == 0 && request.n_lots < ITEMS_MOST
		    && !has_lot(&request, other->cells[LOT]))
			request.lots[request.n_lots++] = lot_of(table, other);
	const ProtobufCMessage *message = ask(table, row, CALL("UpsertContract"), &request.base,
	                                      &hearth__providers__v1__upsert_contract_response__descriptor);
	return message != NULL ? ((const Hearth__Providers__V1__UpsertContractResponse *)message)->contract->id : NULL;
}

static Hearth__V1__ExternalId key_of(char *key)
{
	Hearth__V1__ExternalId id = HEARTH__V1__EXTERNAL_ID__INIT;
	id.system = SYSTEM;
	id.id = key;
	return id;
}

/* Ids of the row's provider and home, empty where it names none. False: not found, or nobody could be asked. */
static bool find_ids(struct import_table *table, struct contract_row *row, char **ret_provider, char **ret_home)
{
	Hearth__V1__ExternalId provider_key = key_of(row->cells[PROVIDER]), home_key = key_of(row->cells[HOME]);
	Hearth__Providers__V1__GetProviderRequest provider = HEARTH__PROVIDERS__V1__GET_PROVIDER_REQUEST__INIT;
	Hearth__Providers__V1__GetHomeRequest home = HEARTH__PROVIDERS__V1__GET_HOME_REQUEST__INIT;
	provider.external_id = &provider_key;
	home.external_id = &home_key;
	*ret_provider = *ret_home = (char *)protobuf_c_empty_string;
	if (row->cells[PROVIDER][0] != '\0') {
		const ProtobufCMessage *found = ask(table, row, CALL("GetProvider"), &provider.base,
		                                    &hearth__providers__v1__get_provider_response__descriptor);
		if (found == NULL)
			return false;
		*ret_provider = ((const Hearth__Providers__V1__GetProviderResponse *)found)->provider->id;
	}
	if (row->cells[HOME][0] != '\0') {
		const ProtobufCMessage *found = ask(table, row, CALL("GetHome"), &home.base,
		                                    &hearth__providers__v1__get_home_response__descriptor);
		if (found == NULL)
			return false;
		*ret_home = ((const Hearth__Providers__V1__GetHomeResponse *)found)->home->id;
	}
	return true;
}

static void send_member(struct import_table *table, struct contract_row *row, const char *contract)
{
	struct contracts *state = table->state;
	Hearth__Providers__V1__UpsertContractMemberRequest member = HEARTH__PROVIDERS__V1__UPSERT_CONTRACT_MEMBER_REQUEST__INIT;
	Hearth__Providers__V1__SetFeeRequest fee = HEARTH__PROVIDERS__V1__SET_FEE_REQUEST__INIT;
	if (!find_ids(table, row, &member.provider_id, &member.home_id))
		return;
	member.contract_id = fee.contract_id = (char *)contract;
	member.lot = fee.lot = row->cells[LOT];
	member.from_date = fee.from_date = row->cells[FROM];
	member.tier = count_of(table, row->tier);
	fee.provider_id = member.provider_id;
	fee.home_id = member.home_id;
	if (row->cells[PROVIDER][0] != '\0') {
		if (ask(table, row, CALL("UpsertContractMember"), &member.base,
		        &hearth__providers__v1__upsert_contract_member_response__descriptor) == NULL)
			return;
		state->members++;
	}
	if (row->pence < 0)
		return;
	Hearth__V1__Money money = HEARTH__V1__MONEY__INIT;
	money.pence = row->pence;
	fee.weekly_fee = &money;
	state->fees += ask(table, row, CALL("SetFee"), &fee.base, &hearth__providers__v1__set_fee_response__descriptor) != NULL;
}

/* Rows of a contract that was refused are left out with it. */
static void leave_out(struct contracts *state, const struct contract_row *first)
{
	for (size_t i = 0; i < state->count; i++)
		if (strcmp(state->rows[i].cells[CONTRACT], first->cells[CONTRACT]) == 0)
			state->rows[i].left_out = true;
}

static int send_all_of(struct import_table *table, struct contract_row *first)
{
	struct contracts *state = table->state;
	char *contract = NULL;
	const char *id = send_contract(table, first);
	if (id == NULL) {
		leave_out(state, first);
		return table->status.code == HEARTH_OK ? 0 : -1;
	}
	contract = hearth_arena_strdup(table->cli->arena, id);
	state->contracts++;
	for (struct contract_row *row = first; row < state->rows + state->count; row++) {
		if (row->left_out || strcmp(row->cells[CONTRACT], first->cells[CONTRACT]) != 0)
			continue;
		send_member(table, row, contract);
		row->left_out = true;          /* done with */
		if (table->status.code != HEARTH_OK)
			return -1;
	}
	return 0;
}

static int finish(struct import_table *table)
{
	struct contracts *state = table->state;
	for (size_t i = 0; i < state->count && !table->dry_run; i++)
		if (!state->rows[i].left_out && send_all_of(table, &state->rows[i]) != 0)
			return -1;
	return 0;
}

static void print(struct import_table *table, json_t *totals)
{
	const struct contracts *state = table->state;
	if (totals == NULL) {
		printf("contracts: %lld, members: %lld, fees: %lld; what was there already is unchanged\n", (long long)state->contracts,
		       (long long)state->members, (long long)state->fees);
		return;
	}
	json_object_set_new(totals, "contracts", json_integer((json_int_t)state->contracts));
	json_object_set_new(totals, "members", json_integer((json_int_t)state->members));
	json_object_set_new(totals, "fees", json_integer((json_int_t)state->fees));
}

static void done(struct import_table *table)
{
	struct contracts *state = table->state;
	free(state->rows);
}

static const struct import_kind kind = {
	.command = "import contracts", .what = "a table of contracts", .meanings = meanings, .take = take, .finish = finish,
	.print = print, .done = done,
};

int cli_import_contracts(struct cli *cli, int argc, char **argv)
{
	struct contracts state = { .count = 0 };
	return import_table_run(&kind, &state, cli, argc, argv);
}
