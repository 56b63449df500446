/* cli.h: what the parts of the command line `hearth` share.
 *
 * main.c reads the global flags, finds the command in its table and calls its function; a command reads its own
 * arguments with cli_parse and returns an exit code of enum cli_exit. Results go to standard output (tables, or JSON
 * with --json), everything else to standard error. `struct cli` belongs to main and outlives the command.
 */
#ifndef HEARTH_CLI_H
#define HEARTH_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include <hearth/arena.h>
#include <hearth/client.h>
#include <hearth/config.h>
#include <hearth/json.h>
#include <hearth/service.h>
#include <hearth/status.h>

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,        /* the call failed; its status is on standard error */
	CLI_USAGE = 2,         /* the command line is wrong; nothing was done */
	CLI_REJECTED = 3,      /* import: some rows were rejected, the good ones are loaded */
	CLI_UNAVAILABLE = 4    /* no service, or none that answers */
};

struct cli {
	struct hearth_config *config;
	struct hearth_actor actor;       /* --actor, --authority, --roles */
	bool json;                       /* --json */
	int timeout_ms;                  /* --timeout; 0: not given */
	struct hearth_arena *arena;      /* lives as long as the process */
	struct hearth_trust *trust;      /* --keys, --key; NULL: none */
	struct hearth_client *client;    /* use cli_client() */
};

struct cli_command {
	const char *name;                /* NULL ends the table */
	const char *summary;             /* one line */
	const char *help;                /* `hearth help NAME`, from "Usage:" on */
	/* argv[0] is the command's name; global flags are already taken out, wherever they stood. */
	int (*run)(struct cli *cli, int argc, char **argv);
};

/* ---- arguments ---------------------------------------------------------- */

enum cli_option_type { CLI_FLAG, CLI_TEXT, CLI_INT, CLI_TEXTS };

#define CLI_TEXTS_MOST 64
struct cli_texts { size_t count; const char *values[CLI_TEXTS_MOST]; };

struct cli_option {
	const char *name;                /* "from-start" is --from-start; NULL ends the table */
	enum cli_option_type type;
	void *value;                     /* bool *, const char **, int64_t * (not negative), struct cli_texts * */
};

/* Takes the options (--name V, --name=V) out of argv and leaves argv[1] to argv[*argc - 1] the other arguments, in
 * order. `--` ends the options. 0, or CLI_USAGE with the reason printed. */
int cli_parse(int *argc, char **argv, const struct cli_option *options);
/* Prints "hearth: ..." and where help is; returns CLI_USAGE. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- calls ---------------------------------------------------------------- */

/* The client, made and told all addresses on first use. NULL with a status for a malformed address. */
struct hearth_client *cli_client(struct cli *cli, struct hearth_status *status);
/* One blocking call as the command line's actor; the reply lives in `arena`. `request_id` NULL: minted;
 * `ret_replayed` may be NULL. 0, or -1 and a status. */
int cli_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
             const ProtobufCMessageDescriptor *reply, const struct hearth_uuid *request_id,
             struct hearth_arena *arena, ProtobufCMessage **ret_reply, bool *ret_replayed,
             struct hearth_status *status);
/* Prints "CODE REASON: message (field)" on standard error; the exit code that goes with it. */
int cli_fail(const struct hearth_status *status);
int cli_exit_code(const struct hearth_status *status);

/* Tells the client where a service is that it was not built with, too. */
#define CLI_SERVICE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"
int cli_locate(struct cli *cli, const char *service, struct hearth_status *status);
/* The address of services that --services does not name, or NULL; those it names go to `each`. */
const char *cli_addresses(struct cli *cli, void (*each)(void *context, const char *name), void *context);

/* ---- output --------------------------------------------------------------- */

/* `value` with two spaces of indent (`compact`: one line) and a newline; takes the reference. */
void cli_print_json(json_t *value, bool compact);

/* Aligned columns; text cut to 4,096 bytes a cell. A column name that begins with '>' is right aligned. */
#define CLI_COLUMNS_MOST 16
struct cli_table;
struct cli_table *cli_table_new(const char *const *columns);     /* ends with NULL */
void cli_table_free(struct cli_table **table);
void cli_table_add(struct cli_table *table, const char *const *cells);   /* as many as columns; NULL is empty */
void cli_table_print(const struct cli_table *table, FILE *out);

/* ---- contracts ------------------------------------------------------------ */

/* Every service of the suite and what it speaks. */
struct cli_service {
	const char *name;                /* "referrals"; NULL ends the table */
	const ProtobufCServiceDescriptor *contract;
	const struct hearth_file *schema;
};
extern const struct cli_service cli_services[];
const struct cli_service *cli_service_find(const char *name);    /* or NULL */

struct cli_event {
	const char *type;                /* "hearth.placement.broke_down.v1"; NULL ends the table */
	const ProtobufCMessageDescriptor *message;
};
extern const struct cli_event cli_events[];
const struct cli_event *cli_event_find(const char *type);        /* or NULL: from a newer source */

/* The table of commands (main.c); `cli_imports` are the kinds of import. */
extern const struct cli_command cli_commands[], cli_imports[];

/* ---- instances ------------------------------------------------------------ */

#define CLI_INSTANCES_MOST 64
/* Endpoints of a service's instances, waiting a moment for those that connect; the number. Texts in `arena`. */
size_t cli_instances(struct cli *cli, const char *service, struct hearth_arena *arena,
                     const char *ret_endpoints[CLI_INSTANCES_MOST]);

/* ---- commands ------------------------------------------------------------- */

int cli_complete(struct cli *cli, int argc, char **argv);
int cli_completion(struct cli *cli, int argc, char **argv);
int cli_describe(struct cli *cli, int argc, char **argv);
int cli_list(struct cli *cli, int argc, char **argv);
int cli_call_command(struct cli *cli, int argc, char **argv);
int cli_watch(struct cli *cli, int argc, char **argv);
/* `hearth events`; cli_events is the table of event types. */
int cli_events_command(struct cli *cli, int argc, char **argv);
int cli_status(struct cli *cli, int argc, char **argv);
int cli_archive(struct cli *cli, int argc, char **argv);
int cli_clock(struct cli *cli, int argc, char **argv);
/* `hearth audit verify|export` (audit.c). */
int cli_audit(struct cli *cli, int argc, char **argv);
const struct cli_command *cli_audit_find(const char *name);      /* or NULL */
int cli_migrate(struct cli *cli, int argc, char **argv);
int cli_keys(struct cli *cli, int argc, char **argv);
int cli_submit(struct cli *cli, int argc, char **argv);
int cli_spool(struct cli *cli, int argc, char **argv);
/* `hearth import KIND ...`; argv[0] is "import ssda903" or "import homes". */
int cli_import_ssda903(struct cli *cli, int argc, char **argv);
int cli_import_homes(struct cli *cli, int argc, char **argv);
int cli_import_contracts(struct cli *cli, int argc, char **argv);
int cli_import_authorities(struct cli *cli, int argc, char **argv);
int cli_import_adjoining(struct cli *cli, int argc, char **argv);
int cli_import_postcodes(struct cli *cli, int argc, char **argv);
int cli_import_ofsted(struct cli *cli, int argc, char **argv);
int cli_synth_command(struct cli *cli, int argc, char **argv);

extern const char cli_archive_help[];
extern const char cli_audit_help[];
extern const char cli_completion_help[];
extern const char cli_describe_help[];
extern const char cli_list_help[];
extern const char cli_call_help[];
extern const char cli_watch_help[];
extern const char cli_status_help[];
extern const char cli_clock_help[];
extern const char cli_migrate_help[];
extern const char cli_import_ssda903_help[];
extern const char cli_import_homes_help[];
extern const char cli_import_authorities_help[], cli_import_adjoining_help[], cli_import_postcodes_help[];
extern const char cli_import_ofsted_help[], cli_import_contracts_help[];
extern const char cli_synth_help[];
extern const char cli_keys_help[];
extern const char cli_spool_help[];
extern const char cli_submit_help[];
extern const char cli_events_help[];

#endif
