/* config.h: settings by flag, environment and file, in this order of strength.
 *
 * A key `read-timeout` is the flag --read-timeout=V (or --read-timeout V), the
 * variable HEARTH_READ_TIMEOUT and the line `read-timeout = V` of the file that
 * --config (HEARTH_CONFIG) names. For a service also HEARTH_<SERVICE>_<KEY>,
 * which is stronger than HEARTH_<KEY>. An unknown flag, an unknown key of the
 * file or a value of the wrong type is an error that names it and its place.
 */
#ifndef HEARTH_CONFIG_H
#define HEARTH_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct hearth_status;

enum hearth_key_type { HEARTH_KEY_TEXT, HEARTH_KEY_INT, HEARTH_KEY_BOOL };

struct hearth_key {
	const char *name;                 /* "read-timeout"; NULL ends a table */
	enum hearth_key_type type;
	const char *fallback;             /* default as text; "" is empty */
	const char *help;                 /* one line; units named */
	int64_t least, most;              /* INT only; both 0: any */
};

struct hearth_config;

/* `tables` ends with NULL; a key of a later table with the same name wins. */
struct hearth_config *hearth_config_new(const char *service, const struct hearth_key *const *tables);
void hearth_config_free(struct hearth_config **config);
/* Reads file, environment and flags. On 0, *ret_rest is the index of the first argument that is
 * no flag (argc when none). --help sets *ret_help. Unknown HEARTH_ variables are no error. */
int hearth_config_load(struct hearth_config *config, int argc, char **argv, int *ret_rest,
                       bool *ret_help, struct hearth_status *status);
void hearth_config_print_help(const struct hearth_config *config, FILE *out);
/* Asking for a key that is in no table aborts: our own mistake. */
const char *hearth_config_text(const struct hearth_config *config, const char *name);
int64_t hearth_config_int(const struct hearth_config *config, const char *name);
bool hearth_config_bool(const struct hearth_config *config, const char *name);

#endif
