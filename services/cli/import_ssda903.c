/* import_ssda903.c: `hearth import ssda903`: loads statutory returns of past years into placements.
 *
 * Checks every row against the code lists of its year (which placements serves), merges the years in memory, and sends
 * each child once, with all its episodes. Large returns are read in several passes, each over other children, so that the
 * memory it takes does not grow with them. Bad rows are said and left out; the good ones are
 * loaded. Importing the same again changes nothing.
 */
#include "import.h"

#include <stdlib.h>

const char cli_import_ssda903_help[] =
	"Usage: hearth import ssda903 --authority CODE DIR... [--year YYYY] [--quiet] [--dry-run]\n"
	"\n"
	"Loads SSDA903 returns. DIR is one return (CSV files) or holds a folder for each return. Tables are recognised by\n"
	"their columns: header, episodes and uasc are read, the others are passed over. The year of a return is the collection\n"
	"year (ending 31 March) of its latest DECOM, or --year, which needs a single return.\n"
	"\n"
	"Of a child's episodes with the same DECOM the latest year's counts. Importing twice changes nothing. Imported\n"
	"history opens no referral, agreement or alert.\n"
	"\n"
	"  --year YYYY   the year of the return: 2024 ended on 31 March 2024\n"
	"  --quiet       totals only, not each finding\n"
	"  --dry-run     read and check, load nothing\n"
	"\n"
	"Exit code 0: all rows loaded; 3: some were rejected, the others are loaded; 1, 2, 4: see `hearth help`.\n";

static void import_done(struct import *import)
{
	for (size_t r = 0; r < import->return_count; r++) {
		for (size_t f = 0; f < import->returns[r].file_count; f++)
			free(import->returns[r].files[f].path);
		free(import->returns[r].files);
		free(import->returns[r].folder);
	}
	free(import->returns);
	free(import->code_items);
	free(import->episodes);
	free(import->children);
	json_decref(import->ignored);
	json_decref(import->findings);
}

static int run(struct import *import, int year, struct hearth_status *status)
{
	if (import_set_years(import, year, status) != 0 || import_fetch_codes(import, status) != 0)
		return cli_fail(status);
	import_set_passes(import);
	for (import->pass = 0; import->pass < import->passes; import->pass++) {
		import_read_rows(import);
		if (!import->dry_run && import_send(import, status) != 0) {
			import_print_totals(import);
			return cli_fail(status);
		}
	}
	import_print_totals(import);
	return import->rejected_rows > 0 ? CLI_REJECTED : CLI_OK;
}

int cli_import_ssda903(struct cli *cli, int argc, char **argv)
{
	struct import import = { .cli = cli };
	int64_t year = 0;
	const struct cli_option options[] = {
		{ "year", CLI_INT, &year }, { "quiet", CLI_FLAG, &import.quiet }, { "dry-run", CLI_FLAG, &import.dry_run },
		{ NULL, CLI_FLAG, NULL },
	};
	if (cli_parse(&argc, argv, options) != 0)
		return CLI_USAGE;
	if (argc < 2)
		return cli_usage("import ssda903", "which folders? give at least one DIR");
	if (cli->actor.authority == NULL || cli->actor.authority[0] == '\0')
		return cli_usage("import ssda903", "whose children are they? give --authority with three digits");
	if (year != 0 && (year < 2000 || year > 2199))
		return cli_usage("import ssda903", "--year is the year in which the collection year ended, such as 2024");
	import.ignored = json_array();
	import.findings = json_array();
	struct hearth_status status = HEARTH_STATUS_INIT;
	int code = CLI_OK;
	for (int i = 1; i < argc && code == CLI_OK; i++)
		if (import_find_returns(&import, argv[i], &status) != 0)
			code = cli_fail(&status);
	if (code == CLI_OK && year != 0 && import.return_count != 1)
		code = cli_usage("import ssda903", "--year needs a single return; there are %zu", import.return_count);
	if (code == CLI_OK)
		code = run(&import, (int)year, &status);
	import_done(&import);
	return code;
}
