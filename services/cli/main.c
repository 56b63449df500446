/* main.c: the command line `hearth`: global flags, the table of commands, help.
 *
 * Global flags may stand anywhere before `--`. What they hold lives in struct cli until the process ends.
 */
#include <string.h>

#include <hearth/log.h>

#include "cli.h"
#include "global.h"

static int help_command(struct cli *cli, int argc, char **argv);
static int version_command(struct cli *cli, int argc, char **argv);
static int import_command(struct cli *cli, int argc, char **argv);

static const char help_help[] = "Usage: hearth help [COMMAND]\n";
static const char version_help[] = "Usage: hearth version\n";
static const char import_help[] =
	"Usage: hearth import ssda903|homes|contracts|authorities|adjoining|postcodes|ofsted ...\n"
	"\n"
	"  hearth help import ssda903       statutory returns of children looked after\n"
	"  hearth help import homes         providers and homes\n"
	"  hearth help import contracts     a council's contracts: lots, members, fees\n"
	"  hearth help import authorities   councils: their codes and names\n"
	"  hearth help import adjoining     which councils' areas touch\n"
	"  hearth help import postcodes     where postcodes lie\n"
	"  hearth help import ofsted        the regulator's published lists of settings\n";

const struct cli_command cli_commands[] = {
	{"list", "services and their methods", cli_list_help, cli_list},
	{"describe", "what a service, a method, a message or an event is", cli_describe_help, cli_describe},
	{"call", "call a method with JSON", cli_call_help, cli_call_command},
	{"watch", "events as they happen", cli_watch_help, cli_watch},
	{"status", "instances, queues, latency, lag of each consumer", cli_status_help, cli_status},
	{"events", "events that could not be applied; loading a source anew", cli_events_help, cli_events_command},
	{"synth", "make up returns and a region of homes", cli_synth_help, cli_synth_command},
	{"import", "load returns, homes and published tables", import_help, import_command},
	{"audit", "who wrote and who read what, and that nobody changed it", cli_audit_help, cli_audit},
	{"submit", "commands that wait on disk until they are done", cli_submit_help, cli_submit},
	{"spool", "what waits and why; deliver it", cli_spool_help, cli_spool},
	{"migrate", "roles, schemas and histories in PostgreSQL", cli_migrate_help, cli_migrate},
	{"keys", "keys for calls over tcp: make, list, rotate", cli_keys_help, cli_keys},
	{"archive", "events that were trimmed", cli_archive_help, cli_archive},
	{"clock", "the test clock of every instance", cli_clock_help, cli_clock},
	{"completion", "a script that completes command lines", cli_completion_help, cli_completion},
	{"help", "this, or more about a command", help_help, help_command},
	{"version", "the version", version_help, version_command},
	{0},
};

const struct cli_command cli_imports[] = {
	{"ssda903", "statutory returns of children looked after", cli_import_ssda903_help, cli_import_ssda903},
	{"homes", "providers and homes", cli_import_homes_help, cli_import_homes},
	{"contracts", "a council's contracts: lots, members, fees", cli_import_contracts_help, cli_import_contracts},
	{"authorities", "councils: their codes and names", cli_import_authorities_help, cli_import_authorities},
	{"adjoining", "which councils' areas touch", cli_import_adjoining_help, cli_import_adjoining},
	{"postcodes", "where postcodes lie", cli_import_postcodes_help, cli_import_postcodes},
	{"ofsted", "the regulator's published lists of settings", cli_import_ofsted_help, cli_import_ofsted},
	{0},
};

static const struct cli_command *find(const struct cli_command *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static void print_commands(FILE *out)
{
	fputs("Usage: hearth [GLOBAL FLAGS] COMMAND [ARGUMENTS]\n\nCommands:\n", out);
	for (const struct cli_command *command = cli_commands; command->name != NULL; command++)
		fprintf(out, "  %-10s %s\n", command->name, command->summary);
	fputs("\n", out);
	fputs(global_help, out);
}

/* Text of `hearth help NAMES...`, or NULL. */
static const char *help_text(int argc, char **names)
{
	const struct cli_command *command = find(cli_commands, names[0]);
	if (command == NULL || (argc > 1 && command->run != import_command && command->run != cli_audit) || argc > 2)
		return NULL;
	if (argc < 2)
		return command->help;
	command = command->run == cli_audit ? cli_audit_find(names[1]) : find(cli_imports, names[1]);
	return command != NULL ? command->help : NULL;
}

static int help_command(struct cli *cli, int argc, char **argv)
{
	(void)cli;
	if (argc < 2) {
		print_commands(stdout);
		return CLI_OK;
	}
	const char *text = help_text(argc - 1, argv + 1);
	if (text == NULL)
		return cli_usage("", "there is no help on \"%s\"", argv[argc - 1]);
	fputs(text, stdout);
	return CLI_OK;
}

static int version_command(struct cli *cli, int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return cli_usage("version", "nothing is expected after it");
	if (cli->json)
		cli_print_json(json_pack("{s:s}", "version", HEARTH_VERSION), false);
	else
		puts("hearth " HEARTH_VERSION);
	return CLI_OK;
}

static int import_command(struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return cli_usage("import", "what shall be imported is missing; hearth help import lists it");
	const struct cli_command *import = find(cli_imports, argv[1]);
	if (import == NULL)
		return cli_usage("import", "\"%s\" cannot be imported; hearth help import lists what can", argv[1]);
	argv[1] = hearth_arena_printf(cli->arena, "import %s", import->name);     /* as help knows it */
	return import->run(cli, argc - 1, argv + 1);
}

static int run(struct cli *cli, int argc, char **argv)
{
	if (argc < 1) {
		print_commands(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[0], "__complete") == 0)          /* the script's question, no command for people */
		return cli_complete(cli, argc, argv);
	const struct cli_command *command = find(cli_commands, argv[0]);
	if (command == NULL)
		return cli_usage("", strncmp(argv[0], "--", 2) == 0 ? "there is no flag %s" : "there is no command \"%s\"", argv[0]);
	return command->run(cli, argc, argv);
}

/* `hearth COMMAND --help`: what follows the names does not matter. */
static int help_on(int argc, char **argv)
{
	char *names[3] = {"help"};
	int count = 1;
	for (int i = 0; i < argc && count < 3 && argv[i][0] != '-'; i++) {
		names[count] = argv[i];
		if (help_text(count, names + 1) == NULL)
			break;
		count++;
	}
	return help_command(NULL, count, names);
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	bool help = false;
	hearth_log_init("hearth");
	hearth_log_set_level(HEARTH_LOG_ERROR);
	int code = global_load(&cli, &argc, argv, &help);
	if (code == CLI_OK)
		code = help ? help_on(argc, argv) : run(&cli, argc, argv);
	if (fflush(stdout) != 0 && code == CLI_OK) {
		fputs("hearth: standard output cannot be written\n", stderr);
		code = CLI_FAILED;
	}
	global_done(&cli);
	return code;
}
