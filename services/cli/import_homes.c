/* import_homes.c: `hearth import homes`: loads providers and homes from CSV files into providers.
 *
 * A row is one home with its provider. Rows are checked here (which file, line and column), sent some hundred at a time,
 * and matched by their keys: importing the same again changes nothing. Unknown is an empty field.
 */
#include "cli.h"
#include "import_home.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/text.h>

#define ROWS_OF_A_CHUNK 100
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
	"  siblings_only places closed\n"
	"\n"
	"and these, which may be missing:\n"
	"\n"
	"  postcode supported_category register registered_from registered_until capabilities excluded_risks solo annexe_of\n"
	"  planned_open manager, and source, which is not read\n"
	"\n"
	"What each holds: services/providers/README.md. A full postcode gives outward, grid reference and area_authority where\n"
	"the row has none (hearth import postcodes comes first); itself it is not kept.\n"
	"\n"
	"  --quiet       totals only, not each finding\n"
	"  --dry-run     read and check, load nothing\n"
	"\n"
	"Exit code 0: all rows loaded; 3: some rows or files were rejected, the others are loaded;\n"
	"1, 2, 4: see `hearth help`. Of a file that cannot be read to its end nothing is loaded.\n";

/* What a postcode says in a dry run, which asks nobody. */
static const Hearth__Providers__V1__PostcodePlace nowhere = HEARTH__PROVIDERS__V1__POSTCODE_PLACE__INIT;

struct homes {
	struct cli *cli;
	bool quiet, dry_run;
	struct import_findings findings;
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
	struct hearth_status status;   /* why sending failed */
};

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
	const char *column = strchr(homes->status.field, '.');
	import_find_text(&homes->findings, homes->lines[row], column != NULL ? column + 1 : "the row",
	                 homes->rows[row]->home_key, homes->status.message);
	homes->rejected++;
	homes->waiting--;
	memmove(homes->rows + row, homes->rows + row + 1, (homes->waiting - row) * sizeof(*homes->rows));
	memmove(homes->lines + row, homes->lines + row + 1, (homes->waiting - row) * sizeof(*homes->lines));
	homes->status = (struct hearth_status)HEARTH_STATUS_INIT;
	return true;
}

/* The first `count` rows that wait. */
static int send_rows(struct homes *homes, size_t count)
{
	Hearth__Providers__V1__ImportHomesRequest request;
	ProtobufCMessage *message;
	hearth__providers__v1__import_homes_request__init(&request);
	request.system = SYSTEM;
	request.rows = homes->rows;
	request.n_rows = count;
	if (cli_call(homes->cli, "hearth.providers.v1.Providers/ImportHomes", &request.base,
	             &hearth__providers__v1__import_homes_response__descriptor, NULL, homes->arena, &message, NULL,
	             &homes->status) != 0)
		return -1;
	homes->answered = true;
	add_sent(homes, (const Hearth__Providers__V1__ImportHomesResponse *)message);
	homes->waiting -= count;
	memmove(homes->rows, homes->rows + count, homes->waiting * sizeof(*homes->rows));
	memmove(homes->lines, homes->lines + count, homes->waiting * sizeof(*homes->lines));
	return 0;
}

/* Half as many at once when it takes too long: what did not end in time has changed nothing. */
static bool take_fewer(struct homes *homes, size_t *most, size_t count)
{
	if (count < 2 || strcmp(homes->status.reason, "STATEMENT_TIMEOUT") != 0)
		return false;
	*most = count / 2;
	homes->status = (struct hearth_status)HEARTH_STATUS_INIT;
	return true;
}

static int send_waiting(struct homes *homes)
{
	int result = 0;
	size_t most = ROWS_OF_A_CHUNK;
	while (result == 0 && homes->waiting > 0 && !homes->dry_run) {
		size_t count = homes->waiting < most ? homes->waiting : most;
		result = send_rows(homes, count);
		if (result != 0 && (drop_named_row(homes) || take_fewer(homes, &most, count)))
			result = 0;
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
	homes->recognised = import_home_recognise(row, homes->places);
	homes->width = row->count;
	if (homes->recognised)
		return 0;
	char difference[200];
	import_home_difference(row, sizeof(difference), difference);
	return hearth_fail(&homes->status, HEARTH_INVALID_ARGUMENT, "UNKNOWN_TABLE", "no homes table: %s", difference);
}

/* NULL with homes->status: nobody could be asked. */
static const Hearth__Providers__V1__PostcodePlace *look_up(void *context, const char *postcode)
{
	struct homes *homes = context;
	Hearth__Providers__V1__LookupPostcodeRequest request;
	ProtobufCMessage *message;
	hearth__providers__v1__lookup_postcode_request__init(&request);
	request.postcode = hearth_arena_strdup(homes->arena, postcode);
	if (homes->dry_run)
		return &nowhere;
	if (cli_call(homes->cli, "hearth.providers.v1.Providers/LookupPostcode", &request.base,
	             &hearth__providers__v1__lookup_postcode_response__descriptor, NULL, homes->arena, &message, NULL,
	             &homes->status) == 0)
		return ((const Hearth__Providers__V1__LookupPostcodeResponse *)message)->place;
	if (homes->status.code == HEARTH_NOT_FOUND)
		homes->status = (struct hearth_status)HEARTH_STATUS_INIT;
	return NULL;
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
	if (row->count != homes->width) {
		import_find(&homes->findings, row->line, "the row", "", "%zu columns as in the header, not %zu", homes->width,
		            row->count);
		homes->rejected++;
		return 0;
	}
	struct import_home one = { .findings = &homes->findings, .arena = homes->arena, .line = row->line };
	home_row *home = import_home_read(&one, row, homes->places, look_up, homes);
	if (homes->status.code != HEARTH_OK)
		return -1;
	if (!one.rejected && !add_key(homes, home->home_key))
		import_home_reject_key(&one, home->home_key);
	if (one.rejected) {
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
		                         "findings", homes->findings.items), false);
		return;
	}
	printf("rows: %lld, rejected: %lld\n", (long long)homes->read, (long long)homes->rejected);
	if (homes->rejected_files > 0)
		printf("files rejected: %d\n", homes->rejected_files);
	printf("providers: %d new, %d changed, %d unchanged\n", sent->providers_created, sent->providers_changed,
	       sent->providers_unchanged);
	printf("homes: %d new, %d changed, %d unchanged\n", sent->homes_created, sent->homes_changed, sent->homes_unchanged);
}

/* Read twice: a file that breaks off is found before any of its rows is sent. */
static int read_file(struct homes *homes)
{
	homes->recognised = false;
	int result = import_csv_read(homes->findings.path, look_at_row, homes, &homes->status);
	if (result == 0 && !homes->recognised)
		result = hearth_fail(&homes->status, HEARTH_INVALID_ARGUMENT, "UNKNOWN_TABLE", "the file is empty");
	if (result != 0) {
		homes->rejected_files++;
		import_find_file(&homes->findings, &homes->status);
		return 0;
	}
	homes->recognised = false;
	if (import_csv_read(homes->findings.path, take_row, homes, &homes->status) != 0) {
		if (strcmp(homes->status.reason, "UNREADABLE_FILE") == 0)          /* changed meanwhile */
			hearth_fail_context(&homes->status, "%s", homes->findings.path);
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
		homes->findings.path = paths[i];
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
	import_findings_init(&homes.findings, cli, homes.quiet);
	hearth__providers__v1__import_homes_response__init(&homes.sent);
	int result = read_files(&homes, argc - 1, argv + 1);
	result = finish(&homes, result);
	for (size_t i = 0; i < homes.keys_count; i++)
		free(homes.keys[i]);
	free(homes.keys);
	import_findings_done(&homes.findings);
	hearth_arena_free(&homes.arena);
	return result;
}
