/* import_ofsted.c: `hearth import ofsted`: the regulator's published lists of settings: who is registered, for how many
 * places, who owns it, what the last inspection found.
 *
 * The reading of the file is here: columns by meaning, days, numbers, text that is no UTF-8. What a provision type or an
 * outcome means is providers' to say, row by row. Settings that are known and not in the file are not closed: they are
 * said. */
#include "import_table.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/text.h>

#include "import_cell.h"
#include "import_council.h"

#define ROWS_OF_A_CHUNK 100
#define PAGE 500
#define SHOWN_MOST 100                 /* settings that are not in the file */
#define TEXT_MOST 200

typedef Hearth__Providers__V1__OfstedRow ofsted_row;

const char cli_import_ofsted_help[] =
	"Usage: hearth import ofsted FILE.csv... --as-of DAY [--quiet] [--dry-run]\n"
	"\n"
	"Loads the regulator's published lists: settings with their registration, places, owner, council and inspections.\n"
	"Columns, found by meaning in any order; all but the first may be missing (docs: services/cli/README.md):\n"
	"\n"
	"  URN, provision type, sector, registration date, registration status, date closed, places, organisation which owns the\n"
	"  provider, local authority, inspection date, inspection event type, overall experiences and progress\n"
	"\n"
	"Text may be UTF-8 or Windows-1252. An empty cell is not known. Rows that were not understood are said with line, column,\n"
	"value and what would be right, and change nothing. Importing twice changes nothing. Settings that are known and not in\n"
	"the files are listed and left as they are.\n"
	"\n"
	"  --as-of DAY   the day of which the list tells: YYYY-MM-DD\n"
	"  --quiet       totals only, not each finding\n"
	"  --dry-run     read and check, here and in providers; load nothing\n"
	"\n"
	"Exit code 0: all rows loaded; 3: some rows or files were rejected, the others are loaded;\n"
	"1, 2, 4: see `hearth help`. Of a file that cannot be read to its end nothing is loaded.\n";

enum { URN, PROVISION, SECTOR, REGISTERED, STATUS, CLOSED, PLACES, ORGANISATION, AUTHORITY, INSPECTED, EVENT, OUTCOME };
static const struct import_meaning meanings[] = {
	{ "urn", true, (const char *const[]){ "urn", "uniquereferencenumber", "ofstedurn", "settingurn", "providerurn", NULL } },
	{ "provision_type", false, (const char *const[]){ "provisiontype", "providertype", "typeofprovision", "typeofprovider",
		"provision", NULL } },
	{ "sector", false, (const char *const[]){ "sector", "sectorofprovider", "ownershipsector", NULL } },
	{ "registration_date", false, (const char *const[]){ "registrationdate", "dateregistered", "dateofregistration", NULL } },
	{ "registration_status", false, (const char *const[]){ "registrationstatus", "providerstatus", "status", NULL } },
	{ "date_closed", false, (const char *const[]){ "dateclosed", "closeddate", "closuredate", "dateofclosure", NULL } },
	{ "places", false, (const char *const[]){ "places", "maxusers", "maximumusers", "numberofplaces", "registeredplaces",
		"maximumnumberofplaces", NULL } },
	{ "organisation", false, (const char *const[]){ "organisationwhichownstheprovider", "organisationwhichowns*",
		"organisationname", "organisation", "ownername", "owner", NULL } },
	{ "local_authority", false, (const char *const[]){ "localauthority", "localauthorityname", "laname", "la", NULL } },
	{ "inspection_date", false, (const char *const[]){ "inspectiondate", "latestfullinspectiondate", "latestinspectiondate",
		"dateoflatestfullinspection", "dateofinspection", "inspectionstartdate", NULL } },
	{ "event_type", false, (const char *const[]){ "inspectioneventtype", "latestfullinspectioneventtype", "inspectiontype",
		"eventtype", NULL } },
	{ "overall_outcome", false, (const char *const[]){ "overallexperiencesandprogressofchildrenandyoungpeople*",
		"overallexperiencesandprogress*", "overalleffectiveness", "overalloutcome", "overalljudgement", "inspectionoutcome",
		"latestfullinspectionoverall*", NULL } },
	{ NULL, false, NULL },
};

struct ofsted {
	struct import_councils councils;
	size_t waiting;
	ofsted_row *rows[ROWS_OF_A_CHUNK];
	const char *paths[ROWS_OF_A_CHUNK];
	size_t urn_count, urn_room;
	char (*urns)[12];              /* of all rows, for what is known and not there; sorted at the end */
	int64_t created, changed, unchanged, not_understood, not_kept;
	int64_t not_in_file;
	json_t *missing;
};

/* ---- sending -------------------------------------------------------------------------------------------------------- */

static const char *path_of(const struct ofsted *state, const ofsted_row *const *rows, int32_t line, const char *urn)
{
	for (size_t i = 0; i < state->waiting; i++)
		if (rows[i]->line == line && strcmp(rows[i]->urn, urn) == 0)
			return state->paths[i];
	return "";
}

static void report(struct import_table *table, const Hearth__Providers__V1__OfstedOutcome *outcome)
{
	const struct ofsted *state = table->state;
	const char *path = table->findings.path;
	table->findings.path = path_of(state, (const ofsted_row *const *)state->rows, outcome->line, outcome->urn);
	bool left_out = strcmp(outcome->outcome, "NOT_UNDERSTOOD") == 0;
	for (size_t i = 0; i < outcome->n_issues; i++) {
		const Hearth__Providers__V1__OfstedIssue *issue = outcome->issues[i];
		if (left_out)
			import_find_text(&table->findings, (size_t)outcome->line, issue->column, issue->value, issue->text);
		else
			import_note(&table->findings, "line %d, %s \"%s\": %s", outcome->line, issue->column, issue->value, issue->text);
	}
	table->findings.path = path;
}

static void add_reply(struct import_table *table, const Hearth__Providers__V1__ImportOfstedResponse *reply)
{
	struct ofsted *state = table->state;
	table->answered = true;
	state->created += reply->created;
	state->changed += reply->changed;
	state->unchanged += reply->unchanged;
	state->not_understood += reply->not_understood;
	state->not_kept += reply->not_kept;
	table->rejected += reply->not_understood;
	for (size_t i = 0; i < reply->n_rows; i++)
		report(table, reply->rows[i]);
}

/* In halves, and those again, when it takes too long. */
static int send_rows(struct import_table *table, size_t from, size_t count)
{
	struct ofsted *state = table->state;
	Hearth__Providers__V1__ImportOfstedRequest request;
	ProtobufCMessage *message;
	hearth__providers__v1__import_ofsted_request__init(&request);
	request.vintage = hearth_arena_strdup(table->arena, table->vintage);
	request.rows = state->rows + from;
	request.n_rows = count;
	request.check = table->dry_run;
	if (cli_call(table->cli, "hearth.providers.v1.Providers/ImportOfsted", &request.base,
	             &hearth__providers__v1__import_ofsted_response__descriptor, NULL, table->arena, &message, NULL,
	             &table->status) == 0) {
		add_reply(table, (const Hearth__Providers__V1__ImportOfstedResponse *)message);
		return 0;
	}
	if (count < 2 || !import_table_too_much(table))
		return -1;
	return send_rows(table, from, count / 2) != 0 ? -1 : send_rows(table, from + count / 2, count - count / 2);
}

static int send_waiting(struct import_table *table)
{
	struct ofsted *state = table->state;
	if (state->waiting > 0 && send_rows(table, 0, state->waiting) != 0)
		return -1;
	state->waiting = 0;
	hearth_arena_reset(table->arena);
	return 0;
}

/* ---- a row ---------------------------------------------------------------------------------------------------------- */

static char *text_of(struct import_row *row, size_t meaning)
{
	const char *text = import_cell(row, meaning);
	if (strlen(text) > TEXT_MOST)
		import_reject(row, meaning, text, "at most %d bytes", TEXT_MOST);
	return hearth_arena_strdup(row->table->arena, text);
}

static char *day_of(struct import_row *row, size_t meaning)
{
	char day[11];
	import_day(row, meaning, day);
	return hearth_arena_strdup(row->table->arena, day);
}

/* The council's code where it is known, else the text as it stands: providers says whether that is understood. */
static char *authority_of(struct import_row *row)
{
	const struct ofsted *state = row->table->state;
	bool several;
	const char *text = import_cell(row, AUTHORITY);
	const struct import_council *council = text[0] != '\0' ? import_council_find(&state->councils, text, &several) : NULL;
	return council != NULL ? hearth_arena_strdup(row->table->arena, council->code) : text_of(row, AUTHORITY);
}

static void remember(struct ofsted *state, const char *urn)
{
	if (strlen(urn) >= sizeof(state->urns[0]))
		return;
	if (state->urn_count == state->urn_room)
		state->urns = hearth_realloc(state->urns, (state->urn_room = state->urn_room == 0 ? 1024 : 2 * state->urn_room)
		                             * sizeof(*state->urns));
	hearth_text_copy(state->urns[state->urn_count++], sizeof(state->urns[0]), urn);
}

static ofsted_row *row_of(struct import_row *row)
{
	ofsted_row *item = hearth_arena_alloc(row->table->arena, sizeof(*item));
	hearth__providers__v1__ofsted_row__init(item);
	item->line = (int32_t)row->line;
	item->urn = text_of(row, URN);
	item->provision_type = text_of(row, PROVISION);
	item->sector = text_of(row, SECTOR);
	item->registration_date = day_of(row, REGISTERED);
	item->registration_status = text_of(row, STATUS);
	item->date_closed = day_of(row, CLOSED);
	item->organisation = text_of(row, ORGANISATION);
	item->local_authority = authority_of(row);
	item->inspection_date = day_of(row, INSPECTED);
	item->event_type = text_of(row, EVENT);
	item->overall_outcome = text_of(row, OUTCOME);
	int64_t places = import_whole(row, PLACES, 10000);
	if (places >= 0) {
		item->places = hearth_arena_alloc(row->table->arena, sizeof(*item->places));
		hearth__v1__count__init(item->places);
		item->places->value = places;
	}
	if (item->urn[0] == '\0')
		import_reject(row, URN, "", "the URN of a setting");
	return item;
}

static bool waits(const struct ofsted *state, const char *urn)
{
	for (size_t i = 0; i < state->waiting; i++)
		if (strcmp(state->rows[i]->urn, urn) == 0)
			return true;
	return false;
}

/* A list of inspections has a row for each inspection: those of one setting go one after the other. */
static int take(struct import_table *table, struct import_row *row)
{
	struct ofsted *state = table->state;
	if (state->waiting > 0 && (state->waiting == ROWS_OF_A_CHUNK || waits(state, import_cell(row, URN))) && send_waiting(table) != 0)
		return -1;
	ofsted_row *item = row_of(row);
	if (row->rejected)
		return 0;
	remember(state, item->urn);
	state->paths[state->waiting] = table->findings.path;
	state->rows[state->waiting++] = item;
	return 0;
}

/* ---- what is known and not there -------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void look_for(struct import_table *table, const char *urn, const char *id, const char *what)
{
	struct ofsted *state = table->state;
	char key[sizeof(state->urns[0])];
	if (urn[0] == '\0' || strlen(urn) >= sizeof(key))
		return;
	hearth_text_copy(key, sizeof(key), urn);
	if (state->urn_count > 0 && bsearch(key, state->urns, state->urn_count, sizeof(*state->urns), by_text) != NULL)
		return;
	if (state->not_in_file++ >= SHOWN_MOST)
		return;
	json_array_append_new(state->missing, json_pack("{s:s, s:s, s:s}", "urn", urn, "id", id, "what", what));
	if (!table->quiet && !table->cli->json)
		fprintf(stderr, "%s %s (%s) is known and not in the files; it is left as it is\n", what, urn, id);
}

static int look_through_homes(struct import_table *table)
{
	Hearth__Providers__V1__ListHomesRequest request;
	hearth__providers__v1__list_homes_request__init(&request);
	request.page_size = PAGE;
	char *token = NULL;
	int result;
	do {
		ProtobufCMessage *message;
		request.page_token = token != NULL ? token : (char *)protobuf_c_empty_string;
		result = cli_call(table->cli, "hearth.providers.v1.Providers/ListHomes", &request.base,
		                  &hearth__providers__v1__list_homes_response__descriptor, NULL, table->arena, &message, NULL,
		                  &table->status);
		free(token);
		token = NULL;
		if (result != 0)
			return -1;
		const Hearth__Providers__V1__ListHomesResponse *reply = (const Hearth__Providers__V1__ListHomesResponse *)message;
		for (size_t i = 0; i < reply->n_homes; i++)
			if (strcmp(reply->homes[i]->register_, "OFSTED") == 0)
				look_for(table, reply->homes[i]->urn, reply->homes[i]->id, "home");
		token = reply->next_page_token[0] != '\0' ? hearth_strdup(reply->next_page_token) : NULL;
		hearth_arena_reset(table->arena);
	} while (token != NULL);
	return 0;
}

static int finish(struct import_table *table)
{
	struct ofsted *state = table->state;
	if (send_waiting(table) != 0)
		return -1;
	if (state->urn_count > 0)
		qsort(state->urns, state->urn_count, sizeof(*state->urns), by_text);
	return look_through_homes(table);
}

static int begin(struct import_table *table)
{
	struct ofsted *state = table->state;
	state->missing = json_array();
	return import_councils_fetch(&state->councils, table->cli, &table->status);
}

static void print(struct import_table *table, json_t *totals)
{
	const struct ofsted *state = table->state;
	if (totals != NULL) {
		json_t *more = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "created", (json_int_t)state->created, "changed",
		                         (json_int_t)state->changed, "unchanged", (json_int_t)state->unchanged, "notUnderstood",
		                         (json_int_t)state->not_understood, "notKept", (json_int_t)state->not_kept, "notInFiles",
		                         (json_int_t)state->not_in_file, "known", state->missing);
		json_object_update(totals, more);
		json_decref(more);
		return;
	}
	printf("settings: %lld new, %lld changed, %lld unchanged, %lld not understood, %lld of kinds that are not kept\n",
	       (long long)state->created, (long long)state->changed, (long long)state->unchanged, (long long)state->not_understood,
	       (long long)state->not_kept);
	if (state->not_in_file > 0)
		printf("known and not in the files, left as they are: %lld\n", (long long)state->not_in_file);
}

static void done(struct import_table *table)
{
	struct ofsted *state = table->state;
	import_councils_done(&state->councils);
	json_decref(state->missing);
	free(state->urns);
}

static const struct import_kind kind = {
	.command = "import ofsted", .what = "a list of settings", .meanings = meanings, .vintage_flag = "as-of",
	.begin = begin, .take = take, .finish = finish, .print = print, .done = done,
};

int cli_import_ofsted(struct cli *cli, int argc, char **argv)
{
	struct ofsted *state = hearth_arena_alloc(cli->arena, sizeof(*state));
	return import_table_run(&kind, state, cli, argc, argv);
}
