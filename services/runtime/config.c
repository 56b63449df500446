/* config.c: settings by flag, environment and file.
 *
 * Owns copies of every value; the tables of keys belong to the caller and
 * outlive it. Promises: a value is checked where it is read, so that asking
 * later cannot fail; an error names the place (flag, variable, or file and
 * line) and what would be right. Values are not repeated in errors, because a
 * database URL may hold a password.
 */
#include <hearth/config.h>
#include <hearth/arena.h>
#include <hearth/status.h>
#include <hearth/text.h>

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST 4096
#define PLACE_MOST 160

static const struct hearth_key own_keys[] = {
	{ "config", HEARTH_KEY_TEXT, "", "file of settings, lines of key = value; # begins a comment", 0, 0 },
	{ NULL, HEARTH_KEY_TEXT, NULL, NULL, 0, 0 }
};

/* Where a value came from; the stronger one is kept. */
enum strength { FALLBACK, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG };

struct setting {
	const struct hearth_key *key;
	enum strength strength;
	int line;                /* of the file, to find a repeated key */
	char *text;
	int64_t number;          /* INT and BOOL */
};

struct hearth_config {
	char *service;
	size_t count;
	struct setting *settings;
};

static struct setting *find_setting(const struct hearth_config *config, const char *name, size_t length)
{
	for (size_t i = 0; i < config->count; i++) {
		const char *known = config->settings[i].key->name;
		if (strncmp(known, name, length) == 0 && known[length] == '\0')
			return &config->settings[i];
	}
	return NULL;
}

/* ---- values -------------------------------------------------------------------- */

static int parse_bool(const char *text, int64_t *ret_number)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (hearth_text_same(text, words[i])) {
			*ret_number = (int64_t)(i & 1);
			return 0;
		}
	return -1;
}

static int parse_int(const char *text, int64_t *ret_number)
{
	char *end;
	if (!isdigit((unsigned char)text[0]) && text[0] != '-')
		return -1;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return -1;
	*ret_number = number;
	return 0;
}

static int fail_value(const char *place, const char *expected, struct hearth_status *status)
{
	return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_VALUE", "%s: expected %s", place, expected);
}

static int parse_value(const struct hearth_key *key, const char *text, const char *place, int64_t *ret_number,
                       struct hearth_status *status)
{
	char expected[96];
	int64_t number;
	switch (key->type) {
	case HEARTH_KEY_TEXT:
		if (!hearth_utf8_valid(text, strlen(text)))
			return fail_value(place, "UTF-8", status);
		return 0;
	case HEARTH_KEY_BOOL:
		if (parse_bool(text, ret_number) != 0)
			return fail_value(place, "true or false", status);
		return 0;
	case HEARTH_KEY_INT:
		break;
	}
	bool bounded = key->least != 0 || key->most != 0;
	if (bounded)
		snprintf(expected, sizeof(expected), "a whole number from %" PRId64 " to %" PRId64, key->least, key->most);
	if (parse_int(text, &number) != 0)
		return fail_value(place, bounded ? expected : "a whole number", status);
	if (bounded && (number < key->least || number > key->most))
		return fail_value(place, expected, status);
	*ret_number = number;
	return 0;
}

static int set_value(struct setting *setting, enum strength strength, const char *text, const char *place,
                     struct hearth_status *status)
{
	int64_t number = 0;
	if (parse_value(setting->key, text, place, &number, status) != 0)
		return -1;
	if (strength < setting->strength)
		return 0;                /* checked all the same */
	char *copy = hearth_strdup(text);
	free(setting->text);
	setting->text = copy;
	setting->number = number;
	setting->strength = strength;
	return 0;
}

/* ---- making one ------------------------------------------------------------------ */

static void add_table(struct hearth_config *config, const struct hearth_key *table)
{
	for (; table != NULL && table->name != NULL; table++) {
		struct setting *setting = find_setting(config, table->name, strlen(table->name));
		if (setting == NULL) {
			config->settings = hearth_realloc(config->settings, (config->count + 1) * sizeof(*setting));
			setting = &config->settings[config->count++];
			memset(setting, 0, sizeof(*setting));
		}
		setting->key = table;
		setting->strength = FALLBACK;
		struct hearth_status status = HEARTH_STATUS_INIT;
		int good = set_value(setting, FALLBACK, table->fallback, table->name, &status);
		assert(good == 0 && "a key's default is of its type");
		(void)good;
	}
}

struct hearth_config *hearth_config_new(const char *service, const struct hearth_key *const *tables)
{
	struct hearth_config *config = hearth_alloc(sizeof(*config));
	memset(config, 0, sizeof(*config));
	config->service = hearth_strdup(service != NULL ? service : "");
	add_table(config, own_keys);
	for (; tables != NULL && *tables != NULL; tables++)
		add_table(config, *tables);
	return config;
}

void hearth_config_free(struct hearth_config **config)
{
	if (*config == NULL)
		return;
	for (size_t i = 0; i < (*config)->count; i++)
		free((*config)->settings[i].text);
	free((*config)->settings);
	free((*config)->service);
	free(*config);
	*config = NULL;
}

/* ---- flags ------------------------------------------------------------------------ */

static int load_flags(struct hearth_config *config, int argc, char **argv, int *ret_rest, bool *ret_help,
                      struct hearth_status *status)
{
	int at = 1;
	while (at < argc) {
		const char *flag = argv[at];
		if (flag[0] != '-' || flag[1] == '\0')
			break;
		at++;
		if (strcmp(flag, "--") == 0)
			break;
		if (strcmp(flag, "--help") == 0 || strcmp(flag, "-h") == 0) {
			*ret_help = true;
			continue;
		}
		size_t length = strcspn(flag, "=");
		char place[PLACE_MOST];
		snprintf(place, sizeof(place), "flag %.*s", (int)(length < 100 ? length : 100), flag);
		struct setting *setting = length > 2 && flag[1] == '-' ? find_setting(config, flag + 2, length - 2) : NULL;
		if (setting == NULL)
			return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_UNKNOWN",
			                   "%s is not known; --help lists the flags", place);
		const char *value = flag[length] == '=' ? flag + length + 1 : NULL;
		if (value == NULL && setting->key->type == HEARTH_KEY_BOOL)
			value = "true";
		if (value == NULL && at >= argc)
			return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_VALUE", "%s needs a value", place);
		if (value == NULL)
			value = argv[at++];
		if (set_value(setting, FROM_FLAG, value, place, status) != 0)
			return -1;
	}
	*ret_rest = at;
	return 0;
}

/* ---- environment -------------------------------------------------------------------- */

static void append_variable(char *ret_name, size_t size, const char *part)
{
	size_t length = strlen(ret_name);
	for (; *part != '\0' && length + 1 < size; part++)
		ret_name[length++] = isalnum((unsigned char)*part) ? (char)toupper((unsigned char)*part) : '_';
	ret_name[length] = '\0';
}

static int load_variable(struct hearth_config *config, struct setting *setting, bool of_service,
                         struct hearth_status *status)
{
	char name[PLACE_MOST] = "HEARTH_";
	if (of_service) {
		append_variable(name, sizeof(name) - 1, config->service);
		append_variable(name, sizeof(name), "_");
	}
	append_variable(name, sizeof(name), setting->key->name);
	const char *value = getenv(name);
	if (value == NULL)
		return 0;
	char place[PLACE_MOST + 16];
	snprintf(place, sizeof(place), "variable %s", name);
	return set_value(setting, FROM_ENVIRONMENT, value, place, status);
}

static int load_environment(struct hearth_config *config, struct hearth_status *status)
{
	for (size_t i = 0; i < config->count; i++) {
		struct setting *setting = &config->settings[i];
		if (load_variable(config, setting, false, status) != 0)
			return -1;
		/* The service's own is read later, so it wins. */
		if (config->service[0] != '\0' && load_variable(config, setting, true, status) != 0)
			return -1;
	}
	return 0;
}

/* ---- the file ------------------------------------------------------------------------ */

static char *trim(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	size_t length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

static int load_line(struct hearth_config *config, char *line, int number, const char *place,
                     struct hearth_status *status)
{
	char *name = trim(line);
	if (*name == '\0' || *name == '#')
		return 0;
	char *equals = strchr(name, '=');
	if (equals == NULL)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_SYNTAX", "%s: expected key = value", place);
	*equals = '\0';
	name = trim(name);
	struct setting *setting = find_setting(config, name, strlen(name));
	if (setting == NULL || setting->key == &own_keys[0])
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_UNKNOWN",
		                   "%s: the key %.64s is not known; --help lists the keys", place, name);
	if (setting->line != 0)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_REPEATED",
		                   "%s: the key %.64s stands on line %d already", place, name, setting->line);
	setting->line = number;
	return set_value(setting, FROM_FILE, trim(equals + 1), place, status);
}

static int read_lines(struct hearth_config *config, const char *path, FILE *file, struct hearth_status *status)
{
	char line[LINE_MOST];
	for (int number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
		char place[PLACE_MOST];
		size_t length = strlen(path);
		snprintf(place, sizeof(place), "%s:%d", path + (length > 100 ? length - 100 : 0), number);
		if (strchr(line, '\n') == NULL && !feof(file))
			return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_SYNTAX",
			                   "%s: a line has at most %d bytes, none of them NUL", place, LINE_MOST - 2);
		if (load_line(config, line, number, place, status) != 0)
			return -1;
	}
	if (ferror(file))
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_FILE", "%s cannot be read: %s", path,
		                   strerror(errno));
	return 0;
}

static int load_file(struct hearth_config *config, struct hearth_status *status)
{
	const char *path = hearth_config_text(config, "config");
	if (path[0] == '\0')
		return 0;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CONFIG_FILE", "%s cannot be opened: %s", path,
		                   strerror(errno));
	for (size_t i = 0; i < config->count; i++)
		config->settings[i].line = 0;
	int result = read_lines(config, path, file, status);
	fclose(file);
	return result;
}

int hearth_config_load(struct hearth_config *config, int argc, char **argv, int *ret_rest, bool *ret_help,
                       struct hearth_status *status)
{
	int rest = argc;
	bool help = false;
	if (load_flags(config, argc, argv, &rest, &help, status) != 0)
		return -1;
	if (!help) {
		/* --help answers even where the environment is wrong. The file comes last: the others name it. */
		if (load_environment(config, status) != 0 || load_file(config, status) != 0)
			return -1;
	}
	if (ret_rest != NULL)
		*ret_rest = rest;
	if (ret_help != NULL)
		*ret_help = help;
	return 0;
}

/* ---- asking --------------------------------------------------------------------------- */

void hearth_config_print_help(const struct hearth_config *config, FILE *out)
{
	static const char *const types[] = { "TEXT", "N", "true|false" };
	for (size_t i = 0; i < config->count; i++) {
		const struct hearth_key *key = config->settings[i].key;
		fprintf(out, "  --%s=%s\n      %s", key->name, types[key->type], key->help);
		if (key->type == HEARTH_KEY_INT && (key->least != 0 || key->most != 0))
			fprintf(out, " (%" PRId64 " to %" PRId64 ")", key->least, key->most);
		fprintf(out, " [%s]\n", key->fallback[0] != '\0' ? key->fallback : "none");
	}
	fprintf(out, "  --help\n      this text\n");
	fprintf(out, "Every flag is also a variable (--a-key is HEARTH_A_KEY");
	if (config->service[0] != '\0') {
		char name[PLACE_MOST] = "HEARTH_";
		append_variable(name, sizeof(name), config->service);
		fprintf(out, ", or %s_A_KEY, which is stronger", name);
	}
	fprintf(out, ") and a line a-key = value of the file; flags are stronger than variables, variables than the file.\n");
}

static const struct setting *ask(const struct hearth_config *config, const char *name, enum hearth_key_type type)
{
	const struct setting *setting = find_setting(config, name, strlen(name));
	if (setting == NULL || setting->key->type != type) {
		fprintf(stderr, "no setting --%s of this type\n", name);
		abort();
	}
	return setting;
}

const char *hearth_config_text(const struct hearth_config *config, const char *name)
{
	return ask(config, name, HEARTH_KEY_TEXT)->text;
}

int64_t hearth_config_int(const struct hearth_config *config, const char *name)
{
	return ask(config, name, HEARTH_KEY_INT)->number;
}

bool hearth_config_bool(const struct hearth_config *config, const char *name)
{
	return ask(config, name, HEARTH_KEY_BOOL)->number != 0;
}
