/* synth.c: `hearth synth`: writes made-up statutory returns of several years and the region of homes around them.
 * Calls no service. Nothing that is there already is written over. */
#include "cli.h"
#include "synth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearth/clock.h>

#define CHILDREN_LEAST 10              /* fewer, and a year may pass in which nothing begins */
#define CHILDREN_MOST 500000
#define LAST_YEAR 2026                 /* a constant: the same command is the same bytes next year too */
#define YEAR_LEAST 2017                /* of the code lists */
#define FILE_MOST (1u << 20)
#define BUFFER_SIZE (256u << 10)

const char cli_synth_help[] =
	"Usage: hearth synth --children N [--years Y] [--seed S] [--year YYYY] [--proportions FILE] DIR\n"
	"       hearth synth --assumptions [--proportions FILE]\n"
	"\n"
	"Writes made-up SSDA903 returns into DIR/return-YYYY, one folder for each year, and DIR/region.csv, the providers and\n"
	"homes in which the children live, with tables of the made-up councils around (DIR/councils.csv, adjoining.csv,\n"
	"postcodes.csv). Nobody in them is real. On every day of the years exactly N children are looked\n"
	"after; with those who come and go there are more of them in a return. The same command gives the same bytes.\n"
	"\n"
	"  --children N         looked after on any one day: 10 to 500000\n"
	"  --years Y            returns: 1 to 10 (default 5)\n"
	"  --seed S             another number, other children (default 1)\n"
	"  --year YYYY          the last return; it ended on 31 March YYYY (default 2026)\n"
	"  --proportions FILE   another file of proportions: name,value,source,vintage\n"
	"  --assumptions        prints the proportions with their sources; rows without one are marked assumption\n"
	"\n"
	"Load them: hearth import authorities, adjoining and postcodes (--vintage YYYY), hearth import homes DIR/region.csv, and\n"
	"hearth import ssda903 --authority CODE DIR. The council's own provision belongs to --authority (default 999).\n";

extern const struct hearth_file cli_synth[];       /* synth/proportions.csv, embedded by the build */

struct command {
	struct cli *cli;
	int64_t children, years, seed, year;
	const char *file;
	bool assumptions;
	const char *directory;
	char *text;                        /* of the proportions */
};

/* ---- proportions ---------------------------------------------------------------------------------------------------- */

static int read_text(struct command *command, struct hearth_status *status)
{
	if (command->file == NULL) {
		command->text = hearth_strdup(cli_synth[0].text);
		return 0;
	}
	FILE *file = fopen(command->file, "rb");
	if (file == NULL)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NO_FILE", "%s: %s", command->file, strerror(errno));
	command->text = hearth_alloc(FILE_MOST + 1);
	size_t size = fread(command->text, 1, FILE_MOST, file);
	command->text[size] = '\0';
	bool whole = feof(file) && !ferror(file);
	fclose(file);
	if (!whole)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_PROPORTIONS", "%s: not readable, or over 1 MB", command->file);
	return 0;
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

static int make_folder(const char *path, struct hearth_status *status)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return 0;
	return hearth_fail(status, HEARTH_PERMISSION_DENIED, "NO_FOLDER", "%s: %s", path, strerror(errno));
}

static FILE *open_new(struct hearth_arena *arena, const char *path, struct hearth_status *status)
{
	FILE *file = fopen(path, "wx");
	if (file == NULL)
		hearth_fail(status, errno == EEXIST ? HEARTH_ALREADY_EXISTS : HEARTH_PERMISSION_DENIED, "NO_FILE", "%s: %s", path,
		            errno == EEXIST ? "is there already; give an empty folder" : strerror(errno));
	else
		setvbuf(file, hearth_arena_alloc(arena, BUFFER_SIZE), _IOFBF, BUFFER_SIZE);
	return file;
}

static int open_files(struct synth *synth, const struct command *command, struct hearth_status *status)
{
	struct hearth_arena *arena = command->cli->arena;
	if (make_folder(command->directory, status) != 0)
		return -1;
	for (size_t y = 0; y < synth->years; y++) {
		struct synth_year *year = &synth->year[y];
		const char *folder = hearth_arena_printf(arena, "%s/return-%d", command->directory, year->year);
		if (make_folder(folder, status) != 0)
			return -1;
		for (int table = 0; table < SYNTH_TABLES; table++) {
			year->files[table] = open_new(arena, hearth_arena_printf(arena, "%s/%s.csv", folder, synth_table_names[table]),
			                              status);
			if (year->files[table] == NULL)
				return -1;
		}
	}
	const struct { const char *name; FILE **file; } region[] = { { "region", &synth->region },
		{ "councils", &synth->councils }, { "adjoining", &synth->adjoining }, { "postcodes", &synth->postcodes } };
	for (size_t i = 0; i < sizeof(region) / sizeof(region[0]); i++) {
		*region[i].file = open_new(arena, hearth_arena_printf(arena, "%s/%s.csv", command->directory, region[i].name), status);
		if (*region[i].file == NULL)
			return -1;
	}
	return 0;
}

/* False: something could not be written. */
static bool close_file(FILE *file)
{
	if (file == NULL)
		return true;
	bool good = !ferror(file);
	return fclose(file) == 0 && good;
}

static bool close_files(struct synth *synth)
{
	bool good = close_file(synth->region);
	good = close_file(synth->councils) && good;
	good = close_file(synth->adjoining) && good;
	good = close_file(synth->postcodes) && good;
	for (size_t y = 0; y < synth->years; y++)
		for (int table = 0; table < SYNTH_TABLES; table++)
			good = close_file(synth->year[y].files[table]) && good;
	return good;
}

/* ---- the command ---------------------------------------------------------------------------------------------------- */

static void show_progress(void *context, uint32_t done, uint32_t all)
{
	const bool *shown = context;
	if (*shown)
		fprintf(stderr, "\r%3u %%%s", (unsigned)((uint64_t)done * 100 / all), done == all ? "\r     \r" : "");
}

static void print_totals(const struct synth *synth, const struct command *command)
{
	if (command->cli->json) {
		json_t *rows = json_object();
		for (int table = 0; table < SYNTH_TABLES; table++)
			json_object_set_new(rows, synth_table_names[table], json_integer((json_int_t)synth->rows[table]));
		cli_print_json(json_pack("{s:I, s:I, s:I, s:I, s:o}", "lookedAfter", (json_int_t)synth->children, "children",
		                         (json_int_t)synth->child_count, "returns", (json_int_t)synth->years, "homes",
		                         (json_int_t)synth->home_rows, "rows", rows), false);
		return;
	}
	printf("%u looked after on any day, %llu children in %zu returns, %llu homes\n", (unsigned)synth->children,
	       (unsigned long long)synth->child_count, synth->years, (unsigned long long)synth->home_rows);
	for (int table = 0; table < SYNTH_TABLES; table++)
		printf("  %-20s %9llu rows\n", synth_table_names[table], (unsigned long long)synth->rows[table]);
}

static int make(const struct command *command, const struct synth_data *data, struct hearth_status *status)
{
	struct synth synth = { .data = data, .seed = (uint64_t)command->seed, .children = (uint32_t)command->children,
		.years = (size_t)command->years, .authority = command->cli->actor.authority };
	if (synth.authority == NULL || synth.authority[0] == '\0')
		synth.authority = "999";
	for (size_t y = 0; y < synth.years; y++) {
		int year = (int)(command->year - command->years + 1) + (int)y;
		synth.year[y] = (struct synth_year){ .year = year, .from = hearth_date_join(year - 1, 4, 1),
			.to = hearth_date_join(year, 3, 31) };
	}
	bool shown = isatty(STDERR_FILENO) == 1;
	int result = open_files(&synth, command, status);
	if (result == 0)
		synth_make(&synth, show_progress, &shown);
	if (!close_files(&synth) && result == 0)
		result = hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "NOT_WRITTEN", "%s: not everything could be written",
		                     command->directory);
	if (result == 0)
		print_totals(&synth, command);
	return result;
}

static int run(struct command *command)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct synth_data data;
	if (read_text(command, &status) != 0)
		return cli_fail(&status);
	if (synth_data_read(&data, command->text, strlen(command->text), &status) != 0) {
		hearth_fail_context(&status, "%s", command->file != NULL ? command->file : "proportions");
		return cli_fail(&status);
	}
	if (command->assumptions) {
		fputs(command->text, stdout);
		return CLI_OK;
	}
	return make(command, &data, &status) == 0 ? CLI_OK : cli_fail(&status);
}

int cli_synth_command(struct cli *cli, int argc, char **argv)
{
	struct command command = { .cli = cli, .years = 5, .seed = 1, .year = LAST_YEAR };
	const struct cli_option options[] = {
		{ "children", CLI_INT, &command.children }, { "years", CLI_INT, &command.years }, { "seed", CLI_INT, &command.seed },
		{ "year", CLI_INT, &command.year }, { "proportions", CLI_TEXT, &command.file },
		{ "assumptions", CLI_FLAG, &command.assumptions }, { NULL, CLI_FLAG, NULL },
	};
	if (cli_parse(&argc, argv, options) != 0)
		return CLI_USAGE;
	if (argc != (command.assumptions ? 1 : 2))
		return cli_usage("synth", command.assumptions ? "--assumptions takes no folder" : "where to? give one DIR");
	if (!command.assumptions && (command.children < CHILDREN_LEAST || command.children > CHILDREN_MOST))
		return cli_usage("synth", "--children is %d to %d", CHILDREN_LEAST, CHILDREN_MOST);
	if (command.years < 1 || command.years > 10)
		return cli_usage("synth", "--years is 1 to 10");
	if (command.year - command.years + 1 < YEAR_LEAST || command.year > 2199)
		return cli_usage("synth", "the first return would be of %lld; there are code lists since %d",
		                 (long long)(command.year - command.years + 1), YEAR_LEAST);
	command.directory = argv[1];
	int code = run(&command);
	free(command.text);
	return code;
}
