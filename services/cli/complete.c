/* complete.c: `hearth completion bash|zsh`, and what its script asks: the words that may stand at a place.
 *
 * Commands come from the table of commands, flags and fixed words from their help texts, so that a new command is
 * completed as soon as its help is written; services, methods and events are asked of the running suite, for at most half
 * a second. When nobody answers nothing is offered, and nothing is said: a prompt is no place for errors.
 */
#include <stdlib.h>
#include <string.h>

#include "global.h"
#include "remote.h"

#define ASK_MS 500
#define WORD_MOST 200

const char cli_completion_help[] =
	"Usage: hearth completion bash|zsh\n"
	"\n"
	"Prints a script that completes commands, flags, services and methods:\n"
	"  source <(hearth completion bash)     in ~/.bashrc, or for this shell\n"
	"  source <(hearth completion zsh)      in ~/.zshrc, after compinit\n"
	"`make install` puts both where the shells look. Methods are asked of the running suite.\n";

static const char script[] =
	"# hearth: completion; made by `hearth completion`.\n"
	"_hearth() {\n"
	"\tlocal word=\"${COMP_WORDS[COMP_CWORD]}\"\n"
	"\tlocal IFS=$'\\n'\n"
	"\tCOMPREPLY=($(\"${COMP_WORDS[0]/#\\~/$HOME}\" __complete -- \"$COMP_CWORD\" \"${COMP_WORDS[@]}\" 2>/dev/null))\n"
	"\tcase \"$word\" in\n"
	"\t@*) COMPREPLY=($(compgen -P @ -f -- \"${word#@}\")) ;;\n"
	"\t*) [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
	"\tesac\n"
	"}\n"
	"complete -o nosort -F _hearth hearth 2>/dev/null || complete -F _hearth hearth\n";

int cli_completion(struct cli *cli, int argc, char **argv)
{
	(void)cli;
	bool zsh = argc == 2 && strcmp(argv[1], "zsh") == 0;
	if (argc != 2 || (!zsh && strcmp(argv[1], "bash") != 0))
		return cli_usage("completion", "bash or zsh is expected");
	if (zsh)
		fputs("#compdef hearth\nautoload -U +X bashcompinit && bashcompinit\n", stdout);
	fputs(script, stdout);
	return CLI_OK;
}

/* ---- what may stand there ---- */

struct words {
	struct cli *cli;
	const char *begun;               /* what is typed of the word */
};

static void offer(const struct words *words, const char *word, size_t size)
{
	size_t begun = strlen(words->begun);
	if (size >= begun && size <= WORD_MOST && memcmp(word, words->begun, begun) == 0)
		printf("%.*s\n", (int)size, word);
}

static void offer_text(const struct words *words, const char *word)
{
	offer(words, word, strlen(word));
}

static void offer_commands(const struct words *words, const struct cli_command *table)
{
	for (; table->name != NULL; table++)
		offer_text(words, table->name);
}

/* Each flag that a help text names. */
static void offer_flags(const struct words *words, const char *help)
{
	const char *seen = help;
	for (const char *at = help; (at = strstr(at, "--")) != NULL;) {
		size_t size = 2 + strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");
		char *flag = hearth_arena_memdup(words->cli->arena, at, size);
		const char *first = strstr(seen, flag);
		/* At its first place alone; "--count" is not found in "--counting". */
		while (first != NULL && first < at && strchr("abcdefghijklmnopqrstuvwxyz-", first[size]) != NULL && first[size] != '\0')
			first = strstr(first + 1, flag);
		if (size > 2 && first == at)
			offer_text(words, flag);
		at += size;
	}
}

/* The small words of a usage line: "hearth import ssda903|homes", "hearth list roles". */
static void offer_fixed(const struct words *words, const char *command, const char *help)
{
	const char *start = hearth_arena_printf(words->cli->arena, "hearth %s ", command);
	for (const char *at = help; (at = strstr(at, start)) != NULL;) {
		at += strlen(start);
		const char *word = at + (*at == '[');
		for (;;) {
			size_t size = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");
			if (size == 0 || word[0] == '-' || strchr("| ]\n", word[size]) == NULL)
				break;
			offer(words, word, size);
			if (word[size] != '|')
				break;
			word += size + 1;
		}
	}
}

static void offer_services(const struct words *words)
{
	const char *names[CLI_SERVICES_MOST];
	size_t count = cli_service_names(words->cli, names);
	for (size_t i = 0; i < count; i++)
		offer_text(words, names[i]);
}

static void offer_methods(const struct words *words, char separator)
{
	const char *names[CLI_SERVICES_MOST];
	size_t count = cli_service_names(words->cli, names), given = strcspn(words->begun, "./");
	for (size_t i = 0; i < count; i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		const char *endpoints[CLI_INSTANCES_MOST];
		struct cli_remote remote;
		if (strncmp(names[i], words->begun, given) != 0 || cli_locate(words->cli, names[i], &status) != 0 ||
		    cli_instances(words->cli, names[i], words->cli->arena, endpoints) == 0 ||
		    cli_remote_load(words->cli, names[i], &remote, &status) != 0)
			continue;
		for (size_t j = 0; j < remote.told->n_methods; j++) {
			const char *slash = strchr(remote.told->methods[j]->name, '/');
			if (slash != NULL)
				offer_text(words, hearth_arena_printf(words->cli->arena, "%s%c%s", names[i], separator, slash + 1));
		}
		hearth_descriptors_free(&remote.descriptors);
	}
}

static const struct cli_command *find(const struct cli_command *table, const char *name)
{
	while (table->name != NULL && strcmp(table->name, name) != 0)
		table++;
	return table->name != NULL ? table : NULL;
}

/* The command's own arguments. */
static void offer_arguments(const struct words *words, const struct cli_command *command)
{
	offer_fixed(words, command->name, command->help);
	if (strcmp(command->name, "help") == 0)
		offer_commands(words, cli_commands);
	else if (strcmp(command->name, "call") == 0)
		offer_methods(words, '/');
	else if (strcmp(command->name, "describe") == 0 && strpbrk(words->begun, "./") != NULL)
		offer_methods(words, words->begun[strcspn(words->begun, "./")]);
	else if (strstr(command->help, "SERVICE") != NULL)
		offer_services(words);
}

/* The words typed so far; argv: "__complete", the place of the word, "hearth", its words. */
int cli_complete(struct cli *cli, int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	if (cli_parse(&argc, argv, options) != CLI_OK || argc < 3)
		return CLI_USAGE;
	size_t place = strspn(argv[1], "0123456789") == strlen(argv[1]) && strlen(argv[1]) < 5 ? strtoul(argv[1], NULL, 10) : 0;
	char **typed = argv + 2;
	size_t count = (size_t)argc - 2;
	struct words words = {cli, place < count ? typed[place] : ""};
	const struct cli_command *command = NULL, *import = NULL;
	cli->timeout_ms = ASK_MS;
	for (size_t i = 1; i < place && i < count; i++) {
		if (command == NULL)
			command = find(cli_commands, typed[i]);
		else if (strcmp(command->name, "import") == 0 && import == NULL)
			import = find(cli_imports, typed[i]);
	}
	if (words.begun[0] == '-') {
		offer_flags(&words, global_help);
		if (command != NULL)
			offer_flags(&words, (import != NULL ? import : command)->help);
	} else if (place > 1 && count >= place && strcmp(typed[place - 1], "--service") == 0) {
		offer_services(&words);
	} else if (command == NULL) {
		offer_commands(&words, cli_commands);
	} else if (import == NULL) {
		offer_arguments(&words, command);
	}
	return CLI_OK;
}
