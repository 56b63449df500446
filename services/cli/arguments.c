/* arguments.c: the arguments of a command: options in any order, then the rest. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

int cli_usage(const char *command, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("hearth: ", stderr);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nSee: hearth help%s%s\n", command[0] != '\0' ? " " : "", command);
	return CLI_USAGE;
}

static const struct cli_option *find(const struct cli_option *options, const char *name, size_t size)
{
	for (; options->name != NULL; options++)
		if (strlen(options->name) == size && memcmp(options->name, name, size) == 0)
			return options;
	return NULL;
}

static int set_value(const char *command, const struct cli_option *option, const char *text)
{
	struct cli_texts *texts = option->value;
	char *end;
	switch (option->type) {
	case CLI_FLAG:
		*(bool *)option->value = true;
		break;
	case CLI_TEXT:
		*(const char **)option->value = text;
		break;
	case CLI_TEXTS:
		if (texts->count == CLI_TEXTS_MOST)
			return cli_usage(command, "--%s: at most %d times", option->name, CLI_TEXTS_MOST);
		texts->values[texts->count++] = text;
		break;
	case CLI_INT:
		errno = 0;
		*(int64_t *)option->value = strtoll(text, &end, 10);
		if (errno != 0 || end == text || *end != '\0' || text[0] < '0' || text[0] > '9')
			return cli_usage(command, "--%s: \"%s\" is not a whole number", option->name, text);
		break;
	}
	return CLI_OK;
}

/* argv[*at] begins with "--". */
static int take_option(int argc, char **argv, int *at, const struct cli_option *options)
{
	const char *command = argv[0], *name = argv[*at] + 2;
	size_t size = strcspn(name, "=");
	const struct cli_option *option = find(options, name, size);
	if (option == NULL)
		return cli_usage(command, "there is no flag --%.*s", (int)size, name);
	if (option->type == CLI_FLAG && name[size] == '=')
		return cli_usage(command, "--%s takes no value", option->name);
	if (option->type == CLI_FLAG)
		return set_value(command, option, "");
	if (name[size] == '=')
		return set_value(command, option, name + size + 1);
	if (*at + 1 >= argc)
		return cli_usage(command, "--%s needs a value", option->name);
	return set_value(command, option, argv[++*at]);
}

int cli_parse(int *argc, char **argv, const struct cli_option *options)
{
	int kept = 1;
	bool ended = false;
	for (int at = 1; at < *argc; at++) {
		if (!ended && strcmp(argv[at], "--") == 0) {
			ended = true;
		} else if (ended || strncmp(argv[at], "--", 2) != 0) {
			argv[kept++] = argv[at];
		} else {
			int code = take_option(*argc, argv, &at, options);
			if (code != CLI_OK)
				return code;
		}
	}
	*argc = kept;
	return CLI_OK;
}
