/* import_homes.c: `hearth import homes`: loads providers and homes from CSV files into providers.
 *
 * A row is one home with its provider. Rows are checked here (which file, line and column), sent some hundred at a time,
 * and matched by their keys: importing the same again changes nothing. Unknown is an empty field.
 */
#include "cli.h"
#include "import_csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/text.h>

#define ROWS_OF_A_CHUNK 200
#define SYSTEM "homes-csv"

typedef Hearth__Providers__V1__HomeRow home_row;

const char cli_import_homes_help[] =
	"Usage: hearth import homes FILE.csv... [--quiet] [--dry-run]\n"
	"\n"
	"Loads providers and homes. A row is a home with its provider; both are found again by their keys, so importing twice\n"
	"changes nothing. Columns, in any order (an empty field is unknown):\n"
	"\n"
	"  provider_key provider_name provider_code own_authority home_key name kind outward easting northing area_authority\n"
	"  weekly_fee notice_days urn registration registered_places purpose least_age most_age sex most_children\n"
	"  siblings_only places closed, and source, which is not read\n"
	"\n"
	"kind is FOSTERING, CHILDRENS_HOME or SUPPORTED_ACCOMMODATION; weekly_fee is pounds (455.00); registration is\n"
	"REGISTERED, APPLIED, NOT_REGISTERED or SUSPENDED; purpose is codes with spaces between; siblings_only and closed are\n"
	"yes or no.\n"
	"\n"
	"  --quiet       totals only, not each finding\n"
	"  --dry-run     read and check, load nothing\n"
	"\n"
	"Exit code 0: all rows loaded; 3: some rows or files were rejected, the others are loaded;\n"
	"1, 2, 4: see `hearth help`. Of a file that cannot be read to its end nothing is loaded.\n";

enum { PROVIDER_KEY, PROVIDER_NAME, PROVIDER_CODE, OWN_AUTHORITY, HOME_KEY, NAME, KIND, OUTWARD, EASTING, NORTHING,
	AREA_AUTHORITY, WEEKLY_FEE, NOTICE_DAYS, URN, REGISTRATION, REGISTERED_PLACES, PURPOSE, LEAST_AGE, MOST_AGE, SEX,
	MOST_CHILDREN, SIBLINGS_ONLY, PLACES, CLOSED, HOME_COLUMNS };

#define COLUMN_NAMES                                                                                                        \
	"provider_key", "provider_name", "provider_code", "own_authority", "home_key", "name", "kind", "outward", "easting", \
	"northing", "area_authority", "weekly_fee", "notice_days", "urn", "registration", "registered_places", "purpose", \
	"least_age", "most_age", "sex", "most_children", "siblings_only", "places", "closed"
static const char *const columns[] = { COLUMN_NAMES, NULL };
static const char *const columns_with_source[] = { COLUMN_NAMES, "source", NULL };
static const struct csv_table tables[] = {
	{ "homes", columns }, { "homes", columns_with_source }, { NULL, NULL },
};

struct homes {
	struct cli *cli;
	bool quiet, dry_run;
	const char *path;              /* being read */
	bool recognised;
	size_t places[CSV_FIELDS_MOST];
	size_t width;
	struct hearth_arena *arena;    /* of the rows that wait */
	size_t waiting;
	home_row *rows[ROWS_OF_A_CHUNK];
	size_t lines[ROWS_OF_A_CHUNK];
	size_t keys_count, keys_room;
	char **keys;                   /* home keys seen, so that each is taken once */
	int64_t read, rejected;
	int files, rejected_files;     /* read through; left out as a whole */
	bool answered;                 /* something was loaded or found to be there */
	Hearth__Providers__V1__ImportHomesResponse sent;
	json_t *findings;
	struct hearth_status status;   /* why sending failed */
};

/* One row being checked. */
struct checking {
	struct homes *homes;
	size_t line;
	const char *fields[HOME_COLUMNS];
	bool rejected;
};

static void reject(struct checking *row, const char *column, const char *value, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void reject(struct checking *row, const char *column, const char *value, const char *format, ...)
{
	char advice[200], shown[41];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(advice, sizeof(advice), format, arguments);
	va_end(arguments);
	hearth_text_copy(shown, sizeof(shown), hearth_utf8_valid(value, strlen(value)) ? value : "no UTF-8 text");
	row->rejected = true;
	if (row->homes->quiet)
		return;
	if (row->homes->cli->json)
		json_array_append_new(row->homes->findings,
		                      json_pack("{s:s, s:I, s:s, s:s, s:s}", "file", row->homes->path, "line",
		                                (json_int_t)row->line, "column", column, "value", shown, "right", advice));
	else
		fprintf(stderr, "%s:%zu: rejected %s \"%s\"; right: %s\n", row->homes->path, row->line, column, shown, advice);
}

/* ---- fields --------------------------------------------------------------------------------------------------------- */

static char *text_of(struct checking *row, int column, size_t least, size_t most)
{
	const char *value = row->fields[column];
	size_t size = strlen(value);
	if (size < least || size > most || !hearth_utf8_valid(value, size))
		reject(row, columns[column], value, "%zu to %zu characters of UTF-8", least, most);
	return hearth_arena_strdup(row->homes->arena, value);
}

static int64_t whole_of(struct checking *row, int column, int64_t least, int64_t most)
{
	const char *value = row->fields[column];
	char *end;
	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || number < least || number > most) {
		reject(row, columns[column], value, "a whole number, %lld to %lld", (long long)least, (long long)most);
		return least;
	}
	return number;
}

static Hearth__V1__Count *count_of(struct checking *row, int column, int64_t most)
{
	if (row->fields[column][0] == '\0')
		return NULL;
	Hearth__V1__Count *count = hearth_arena_alloc(row->homes->arena, sizeof(*count));
	hearth__v1__count__init(count);
	count->value = whole_of(row, column, 0, most);
	return count;
}

/* Pounds, with two decimals or none. */
static Hearth__V1__Money *money_of(struct checking *row, int column)
{
	const char *value = row->fields[column];
	if (value[0] == '\0')
		return NULL;
	size_t pounds = strspn(value, "0123456789");
	bool pence = value[pounds] == '.' && strspn(value + pounds + 1, "0123456789") == 2 && value[pounds + 3] == '\0';
	Hearth__V1__Money *money = hearth_arena_alloc(row->homes->arena, sizeof(*money));
	hearth__v1__money__init(money);
	if (pounds == 0 || pounds > 7 || (value[pounds] != '\0' && !pence))
		reject(row, columns[column], value, "pounds a week, such as 455 or 455.00, not negative");
	else
		money->pence = strtoll(value, NULL, 10) * 100 + (pence ? strtoll(value + pounds + 1, NULL, 10) : 0);
	return money;
}

static int name_of(struct checking *row, int column, const ProtobufCEnumDescriptor *names, bool required)
{
	const char *value = row->fields[column];
	if (value[0] == '\0' && !required)
		return 0;
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(names, value);
	if (found != NULL && found->value != 0)
		return found->value;
	char all[160] = "";
	for (unsigned i = 0; i < names->n_values; i++)
		if (names->values[i].value != 0)
			snprintf(all + strlen(all), sizeof(all) - strlen(all), " %s", names->values[i].name);
	reject(row, columns[column], value, "one of%s", all);
	return 0;
}

static bool yes_of(struct checking *row, int column)
{
	const char *value = row->fields[column];
	bool yes = hearth_text_same(value, "yes"), no = hearth_text_same(value, "no") || value[0] == '\0';
	if (!yes && !no)
		reject(row, columns[column], value, "yes or no");
	return yes;
}

static char *authority_of(struct checking *row, int column)
{
	const char *value = row->fields[column];
	if (value[0] != '\0' && (strlen(value) != 3 || strspn(value, "0123456789") != 3))
		reject(row, columns[column], value, "a DfE code of three digits, or nothing");
	return hearth_arena_strdup(row->homes->arena, value);
}

static char *outward_of(struct checking *row)
{
	char outward[5] = "";
	const char *value = row->fields[OUTWARD];
	if (value[0] != '\0' && hearth_postcode_outward(value, outward) != 0)
		reject(row, columns[OUTWARD], "a postcode", "the outward part of a postcode such as B12, or nothing");
	return hearth_arena_strdup(row->homes->arena, outward);
}

static Hearth__V1__GridReference *grid_of(struct checking *row)
{
	if (row->fields[EASTING][0] == '\0' && row->fields[NORTHING][0] == '\0')
		return NULL;
	Hearth__V1__GridReference *grid = hearth_arena_alloc(row->homes->arena, sizeof(*grid));
	hearth__v1__grid_reference__init(grid);
	grid->easting = (int32_t)whole_of(row, EASTING, 0, 700000);
	grid->northing = (int32_t)whole_of(row, NORTHING, 0, 1300000);
	return grid;
}

/* Codes with spaces (or semicolons) between. */
static void purpose_of(struct checking *row, home_row *home)
{
	char *text = hearth_arena_strdup(row->homes->arena, row->fields[PURPOSE]);
	home->purpose = hearth_arena_alloc(row->homes->arena, 20 * sizeof(*home->purpose));
	char *rest = NULL;
	for (char *code = strtok_r(text, " ;", &rest); code != NULL; code = strtok_r(NULL, " ;", &rest)) {
		if (home->n_purpose == 20) {
			reject(row, columns[PURPOSE], row->fields[PURPOSE], "at most 20 codes");
			return;
		}
		home->purpose[home->n_purpose++] = code;
	}
}

static Hearth__Providers__V1__Terms *terms_of(struct checking *row)
{
	Hearth__Providers__V1__Terms *terms = hearth_arena_alloc(row->homes->arena, sizeof(*terms));
	hearth__providers__v1__terms__init(terms);
	terms->least_age = count_of(row, LEAST_AGE, 25);
	terms->most_age = count_of(row, MOST_AGE, 25);
	const char *sex = row->fields[SEX];
	if (sex[0] != '\0' && strcmp(sex, "ANY") != 0 && strcmp(sex, "M") != 0 && strcmp(sex, "F") != 0)
		reject(row, columns[SEX], sex, "ANY, M, F or nothing");
	terms->sex = hearth_arena_strdup(row->homes->arena, sex);
	terms->most_children = count_of(row, MOST_CHILDREN, 100);
	terms->siblings_only = yes_of(row, SIBLINGS_ONLY);
	return terms;
}

static home_row *home_of(struct checking *row)
{
	home_row *home = hearth_arena_alloc(row->homes->arena, sizeof(*home));
	hearth__providers__v1__home_row__init(home);
	home->provider_key = text_of(row, PROVIDER_KEY, 1, 64);
	home->provider_name = text_of(row, PROVIDER_NAME, 1, 200);
	home->provider_code = text_of(row, PROVIDER_CODE, 0, 3);
	home->own_authority = authority_of(row, OWN_AUTHORITY);
	home->home_key = text_of(row, HOME_KEY, 1, 64);
	home->name = text_of(row, NAME, 0, 200);
	home->kind = (Hearth__Providers__V1__HomeKind)name_of(row, KIND, &hearth__providers__v1__home_kind__descriptor, true);
	home->outward = outward_of(row);
	home->grid = grid_of(row);
	home->area_authority = authority_of(row, AREA_AUTHORITY);
	home->weekly_fee = money_of(row, WEEKLY_FEE);
	home->notice_days = count_of(row, NOTICE_DAYS, 365);
	home->urn = text_of(row, URN, 0, 10);
	home->registration = (Hearth__Providers__V1__Registration)name_of(
		row, REGISTRATION, &hearth__providers__v1__registration__descriptor, false);
	home->registered_places = count_of(row, REGISTERED_PLACES, 1000);
	purpose_of(row, home);
	home->terms = terms_of(row);
	home->places = (int32_t)whole_of(row, PLACES, 0, 1000);
	home->closed = yes_of(row, CLOSED);
	return home;
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

static void add_sent(struct homes *homes, const Hearth__Providers__V1__ImportHomesResponse *reply)
{
	homes->sent.providers_created += reply->providers_created;
	homes->sent.providers_changed += reply->providers_changed;
	homes->sent.providers_unchanged += reply->providers_unchanged;
	homes->sent.homes_created += reply->homes_created;
	homes->sent.homes_changed += reply->homes_changed;
	homes->sent.homes_unchanged += reply->homes_unchanged;
}

/* Providers knows rules that are not here: the row that it names ("rows[17].urn") is left out. */
static bool drop_named_row(struct homes *homes)
{
	size_t row;
	if (homes->status.code != HEARTH_INVALID_ARGUMENT || sscanf(homes->status.field, "rows[%zu]", &row) != 1
	    || row >= homes->waiting)
		return false;
	struct checking checking = { .homes = homes, .line = homes->lines[row] };
	const char *column = strchr(homes->status.field, '.');
	reject(&checking, column != NULL ? column + 1 : "the row", homes->rows[row]->home_key, "%.180s", homes->status.message);
	homes->rejected++;
	homes->waiting--;
	memmove(homes->rows + row, homes->rows + row + 1, (homes->waiting - row) * sizeof(*homes->rows));
	memmove(homes->lines + row, homes->lines + row + 1, (homes->waiting - row) * sizeof(*homes->lines));
	homes->status = (struct hearth_status)HEARTH_STATUS_INIT;
	return true;
}

static int send_waiting(struct homes *homes)
{
	int result = 0;
	bool again = homes->waiting > 0 && !homes->dry_run;
	while (again) {
		Hearth__Providers__V1__ImportHomesRequest request;
		hearth__providers__v1__import_homes_request__init(&request);
		request.system = SYSTEM;
		request.rows = homes->rows;
		request.n_rows = homes->waiting;
		ProtobufCMessage *message;
		result = cli_call(homes->cli, "hearth.providers.v1.Providers/ImportHomes", &request.base,
		                  &hearth__providers__v1__import_homes_response__descriptor, NULL, homes->arena, &message, NULL,
		                  &homes->status);
		homes->answered = homes->answered || result == 0;
		if (result == 0)
			add_sent(homes, (const Hearth__Providers__V1__ImportHomesResponse *)message);
		again = result != 0 && drop_named_row(homes);
		if (again)
			result = 0;
		again = again && homes->waiting > 0;
	}
	homes->waiting = 0;
	hearth_arena_reset(homes->arena);
	return result;
}

/* Kept sorted: where `key` is or would be. */
static size_t key_place(const struct homes *homes, const char *key, bool *ret_there)
{
	size_t from = 0, to = homes->keys_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(homes->keys[middle], key);
		if (order == 0) {
			*ret_there = true;
			return middle;
		}
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	*ret_there = false;
	return from;
}

static bool add_key(struct homes *homes, const char *key)
{
	bool there;
	size_t place = key_place(homes, key, &there);
	if (there)
		return false;
	if (homes->keys_count == homes->keys_room) {
		homes->keys_room = homes->keys_room == 0 ? 256 : 2 * homes->keys_room;
		homes->keys = hearth_realloc(homes->keys, homes->keys_room * sizeof(*homes->keys));
	}
	memmove(homes->keys + place + 1, homes->keys + place, (homes->keys_count - place) * sizeof(*homes->keys));
	homes->keys[place] = hearth_strdup(key);
	homes->keys_count++;
	return true;
}

static int take_header(struct homes *homes, const struct csv_row *row)
{
	homes->recognised = import_csv_recognise(tables, row, homes->places) != NULL;
	homes->width = row->count;
	if (homes->recognised)
		return 0;
	char difference[200];
	const struct csv_table *nearest = import_csv_nearest(tables, row);
	import_csv_difference(nearest != NULL ? nearest : &tables[0], row, sizeof(difference), difference);
	return hearth_fail(&homes->status, HEARTH_INVALID_ARGUMENT, "UNKNOWN_TABLE", "no homes table: %s", difference);
}

/* The first time through a file, in which nothing is sent. */
static int look_at_row(void *context, const struct csv_row *row)
{
	struct homes *homes = context;
	return homes->recognised ? 0 : take_header(homes, row);
}

static int take_row(void *context, const struct csv_row *row)
{
	struct homes *homes = context;
	if (!homes->recognised)
		return take_header(homes, row);
	homes->read++;
	struct checking checking = { .homes = homes, .line = row->line };
	if (row->count != homes->width) {
		reject(&checking, "the row", "", "%zu columns as in the header, not %zu", homes->width, row->count);
		homes->rejected++;
		return 0;
	}
	for (size_t i = 0; i < HOME_COLUMNS; i++)
		checking.fields[i] = row->fields[homes->places[i]];
	home_row *home = home_of(&checking);
	if (!checking.rejected && !add_key(homes, home->home_key))
		reject(&checking, columns[HOME_KEY], home->home_key, "a key that no other row has");
	if (checking.rejected) {
		homes->rejected++;
		return 0;
	}
	homes->lines[homes->waiting] = row->line;
	homes->rows[homes->waiting++] = home;
	return homes->waiting == ROWS_OF_A_CHUNK ? send_waiting(homes) : 0;
}

static void print_totals(const struct homes *homes)
{
	const Hearth__Providers__V1__ImportHomesResponse *sent = &homes->sent;
	if (homes->cli->json) {
		cli_print_json(json_pack("{s:I, s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:O}", "rows", (json_int_t)homes->read,
		                         "rejectedRows", (json_int_t)homes->rejected, "providersCreated", sent->providers_created,
		                         "providersChanged", sent->providers_changed, "providersUnchanged",
		                         sent->providers_unchanged, "homesCreated", sent->homes_created, "homesChanged",
		                         sent->homes_changed, "homesUnchanged", sent->homes_unchanged, "dryRun", homes->dry_run,
		                         "findings", homes->findings), false);
		return;
	}
	printf("rows: %lld, rejected: %lld\n", (long long)homes->read, (long long)homes->rejected);
	if (homes->rejected_files > 0)
		printf("files rejected: %d\n", homes->rejected_files);
	printf("providers: %d new, %d changed, %d unchanged\n", sent->providers_created, sent->providers_changed,
	       sent->providers_unchanged);
	printf("homes: %d new, %d changed, %d unchanged\n", sent->homes_created, sent->homes_changed, sent->homes_unchanged);
}

/* Says why a file is left out; the others are gone on with. */
static void reject_file(struct homes *homes)
{
	homes->rejected_files++;
	fprintf(stderr, "%s: rejected %s: %s; nothing of this file was loaded\n", homes->path, homes->status.reason,
	        homes->status.message);
	if (homes->cli->json && !homes->quiet)
		json_array_append_new(homes->findings,
		                      json_pack("{s:s, s:i, s:s, s:s, s:s}", "file", homes->path, "line", 1, "column", "",
		                                "value", homes->status.reason, "right", homes->status.message));
	homes->status = (struct hearth_status)HEARTH_STATUS_INIT;
}

/* Read twice: a file that breaks off is found before any of its rows is sent. */
static int read_file(struct homes *homes)
{
	homes->recognised = false;
	int result = import_csv_read(homes->path, look_at_row, homes, &homes->status);
	if (result == 0 && !homes->recognised)
		result = hearth_fail(&homes->status, HEARTH_INVALID_ARGUMENT, "UNKNOWN_TABLE", "the file is empty");
	if (result != 0) {
		reject_file(homes);
		return 0;
	}
	homes->recognised = false;
	if (import_csv_read(homes->path, take_row, homes, &homes->status) != 0) {
		if (strcmp(homes->status.reason, "UNREADABLE_FILE") == 0)          /* changed meanwhile */
			hearth_fail_context(&homes->status, "%s", homes->path);
		return -1;
	}
	if (send_waiting(homes) != 0)
		return -1;
	homes->files++;
	return 0;
}

static int read_files(struct homes *homes, int count, char **paths)
{
	for (int i = 0; i < count; i++) {
		homes->path = paths[i];
		if (read_file(homes) != 0)
			return -1;
	}
	return 0;
}

/* Totals where there is something to count. */
static int finish(struct homes *homes, int result)
{
	if (homes->files > 0 || homes->answered)
		print_totals(homes);
	if (result != 0)
		return cli_fail(&homes->status);
	if (homes->files == 0)
		return CLI_FAILED;
	return homes->rejected > 0 || homes->rejected_files > 0 ? CLI_REJECTED : CLI_OK;
}

int cli_import_homes(struct cli *cli, int argc, char **argv)
{
	struct homes homes = { .cli = cli, .status = HEARTH_STATUS_INIT };
	const struct cli_option options[] = {
		{ "quiet", CLI_FLAG, &homes.quiet }, { "dry-run", CLI_FLAG, &homes.dry_run }, { NULL, CLI_FLAG, NULL },
	};
	if (cli_parse(&argc, argv, options) != 0)
		return CLI_USAGE;
	if (argc < 2)
		return cli_usage("import homes", "which files? give at least one FILE.csv");
	homes.arena = hearth_arena_new();
	homes.findings = json_array();
	hearth__providers__v1__import_homes_response__init(&homes.sent);
	int result = read_files(&homes, argc - 1, argv + 1);
	result = finish(&homes, result);
	for (size_t i = 0; i < homes.keys_count; i++)
		free(homes.keys[i]);
	free(homes.keys);
	json_decref(homes.findings);
	hearth_arena_free(&homes.arena);
	return result;
}
