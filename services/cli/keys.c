/* keys.c: `hearth keys`: making, listing and changing the keys that tcp connections are known by (hearth/trust.h).
 *
 * A change keeps both public keys until it is finished: whoever calls tries the newer and falls back. Its steps are in an
 * order in which a crash leaves either the old key or both, and the next `rotate` goes on from there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <zmq.h>

#include <hearth/clock.h>
#include <hearth/text.h>
#include <hearth/trust.h>

#include "cli.h"

const char cli_keys_help[] =
	"Usage: hearth keys make NAME --kind KIND [--secret FILE]\n"
	"       hearth keys list\n"
	"       hearth keys rotate NAME [--secret FILE]\n"
	"       hearth keys rotate NAME --finish [--force]\n"
	"\n"
	"Keys for calls over tcp. --keys DIR (or HEARTH_KEYS) is the directory of public keys; it is the same on\n"
	"every machine. A secret key stays with its owner.\n"
	"  --kind KIND    service    acts as itself; NAME is the service's\n"
	"                 gateway    is believed whom it calls for\n"
	"                 operator   the same, and may see the events as services do: for people who run the suite\n"
	"                 system     acts as itself, with --authority CODE (none: supply) and --roles LIST of its own\n"
	"  --secret FILE  where the secret is (default DIR/NAME.secret); made 0600, never overwritten\n"
	"\n"
	"rotate makes a newer key and keeps both good. Bring the directory to every machine and the secret to its\n"
	"owner, send each process SIGHUP (it goes on, with the newer key), then finish: the old one is good no more.\n"
	"--finish asks those processes that it can reach (with --key) and refuses while one still has the old key;\n"
	"--force does not ask.\n";

#define PATH_SIZE 512

struct key_paths {
	char public[PATH_SIZE], old[PATH_SIZE], secret[PATH_SIZE], next[PATH_SIZE + 8];
};

struct keys_wish {
	const char *name, *kind, *secret;
	bool finish, force;
};

/* ---- where ---- */

static int keys_directory(struct cli *cli, const char **ret_directory, struct hearth_status *status)
{
	*ret_directory = hearth_config_text(cli->config, "keys");
	if ((*ret_directory)[0] != '\0')
		return 0;
	return hearth_fail_field(status, "keys", "say where the public keys are: --keys DIR or HEARTH_KEYS");
}

static void pass_over(void *context, const struct hearth_identity *identity)
{
	(void)context;
	(void)identity;
}

static int find_paths(struct cli *cli, const struct keys_wish *wish, struct key_paths *ret_paths,
                      struct hearth_status *status)
{
	const char *directory;
	if (hearth_key_name_check(wish->name, status) != 0 || keys_directory(cli, &directory, status) != 0)
		return -1;
	/* One that others may write is worth nothing, however good the key is. */
	if (hearth_identities_scan(directory, pass_over, NULL, NULL, status) != 0)
		return -1;
	if (strlen(directory) + HEARTH_KEY_NAME_MOST + 16 > PATH_SIZE || (wish->secret && strlen(wish->secret) >= PATH_SIZE))
		return hearth_fail_field(status, "keys", "the path is too long");
	snprintf(ret_paths->public, PATH_SIZE, "%s/%s.public", directory, wish->name);
	snprintf(ret_paths->old, PATH_SIZE, "%s/%s.old.public", directory, wish->name);
	if (wish->secret)
		snprintf(ret_paths->secret, PATH_SIZE, "%s", wish->secret);
	else
		snprintf(ret_paths->secret, PATH_SIZE, "%s/%s.secret", directory, wish->name);
	snprintf(ret_paths->next, sizeof ret_paths->next, "%s.next", ret_paths->secret);
	return 0;
}

static int fail_with(struct hearth_status *status, const char *what, const char *path)
{
	return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "KEY_FILE", "%s %.150s: %s", what, path, strerror(errno));
}

/* ---- make ---- */

static void make_pair(const char *name, struct hearth_identity *identity, struct hearth_secret *ret_secret)
{
	memset(ret_secret, 0, sizeof *ret_secret);
	hearth_text_copy(ret_secret->name, sizeof ret_secret->name, name);
	if (zmq_curve_keypair(ret_secret->key, ret_secret->secret) != 0)
		abort();                 /* libzmq without CURVE: nothing of this would work */
	memcpy(identity->key, ret_secret->key, sizeof identity->key);
	hearth_time_format(hearth_clock_wall() / 1000000 * 1000000, identity->made);
}

static int describe(struct cli *cli, const struct keys_wish *wish, struct hearth_identity *ret_identity,
                    struct hearth_status *status)
{
	memset(ret_identity, 0, sizeof *ret_identity);
	hearth_text_copy(ret_identity->name, sizeof ret_identity->name, wish->name);
	if (!wish->kind || hearth_key_kind_parse(wish->kind, &ret_identity->kind) != 0)
		return hearth_fail_field(status, "kind", "--kind is service, gateway, operator or system");
	bool bound = hearth_config_text(cli->config, "authority")[0] != '\0' ||
	             strcmp(hearth_config_text(cli->config, "roles"), "all") != 0;
	if (ret_identity->kind != HEARTH_KEY_OF_SYSTEM && bound)
		return hearth_fail_field(status, "kind", "--authority and --roles are for the key of a system");
	if (ret_identity->kind != HEARTH_KEY_OF_SYSTEM)
		return 0;
	if (strcmp(hearth_config_text(cli->config, "roles"), "all") == 0)
		return hearth_fail_field(status, "roles", "say which roles the system has: --roles LIST");
	hearth_text_copy(ret_identity->authority, sizeof ret_identity->authority, cli->actor.authority);
	ret_identity->roles = cli->actor.roles;
	return 0;
}

static int make(struct cli *cli, const struct keys_wish *wish, struct hearth_status *status)
{
	struct hearth_identity identity;
	struct hearth_secret secret;
	struct key_paths paths;
	if (find_paths(cli, wish, &paths, status) != 0 || describe(cli, wish, &identity, status) != 0)
		return -1;
	if (access(paths.public, F_OK) == 0) {
		errno = EEXIST;
		return fail_with(status, "never overwritten:", paths.public);
	}
	make_pair(wish->name, &identity, &secret);
	int result = hearth_secret_write(paths.secret, &secret, false, status);
	sodium_memzero(&secret, sizeof secret);
	if (result == 0 && (result = hearth_identity_write(paths.public, &identity, false, status)) != 0)
		unlink(paths.secret);
	if (result == 0)
		fprintf(stderr, "hearth: made %s and %s\n", paths.public, paths.secret);
	return result;
}

/* ---- list ---- */

static void add_row(void *context, const struct hearth_identity *identity)
{
	char fingerprint[HEARTH_FINGERPRINT_SIZE], roles[200];
	hearth_key_fingerprint(identity->key, fingerprint);
	hearth_roles_format(identity->roles, roles, sizeof roles);
	json_array_append_new(context, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", identity->name, "kind",
	                                         hearth_key_kind_name(identity->kind), "state",
	                                         identity->old ? "old" : "current", "fingerprint", fingerprint, "made",
	                                         identity->made, "authority", identity->authority, "roles", roles));
}

static void tell_bad(void *context, const struct hearth_status *status)
{
	(void)context;
	fprintf(stderr, "hearth: %s\n", status->message);
}

static int by_name(const void *a, const void *b)
{
	json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
	int names = strcmp(json_string_value(json_object_get(one, "name")), json_string_value(json_object_get(other, "name")));
	return names ? names : strcmp(json_string_value(json_object_get(one, "state")),
	                              json_string_value(json_object_get(other, "state")));
}

static json_t *sorted(const json_t *rows)
{
	size_t count = json_array_size(rows);
	json_t **list = hearth_alloc((count + 1) * sizeof(json_t *)), *out = json_array();
	for (size_t i = 0; i < count; i++)
		list[i] = json_array_get(rows, i);
	qsort(list, count, sizeof(json_t *), by_name);
	for (size_t i = 0; i < count; i++)
		json_array_append(out, list[i]);
	free(list);
	return out;
}

static void print_rows(const json_t *rows)
{
	static const char *const names[] = {"name", "kind", "state", "fingerprint", "made", "authority", "roles", NULL};
	static const char *const columns[] = {"NAME", "KIND", "STATE", "FINGERPRINT", "MADE", "AUTHORITY", "ROLES", NULL};
	struct cli_table *table = cli_table_new(columns);
	size_t index;
	json_t *row;
	json_array_foreach(rows, index, row) {
		const char *cells[7];
		for (size_t i = 0; names[i] != NULL; i++)
			cells[i] = json_string_value(json_object_get(row, names[i]));
		cli_table_add(table, cells);
	}
	cli_table_print(table, stdout);
	cli_table_free(&table);
}

static int list(struct cli *cli, struct hearth_status *status)
{
	const char *directory;
	if (keys_directory(cli, &directory, status) != 0)
		return -1;
	json_t *rows = json_array();
	int result = hearth_identities_scan(directory, add_row, tell_bad, rows, status);
	json_t *ordered = sorted(rows);
	json_decref(rows);
	if (result == 0 && !cli->json)
		print_rows(ordered);
	if (result == 0 && cli->json)
		cli_print_json(ordered, false);
	else
		json_decref(ordered);
	return result;
}

/* ---- rotate ---- */

static int take_next(const struct key_paths *paths, struct hearth_status *status)
{
	if (rename(paths->next, paths->secret) != 0)
		return fail_with(status, "cannot rename", paths->next);
	return hearth_key_name_settle(paths->secret, status);
}

/* What a crash left between two steps: 1 when that is now finished, 0 when there is nothing to go on with. */
static int go_on(const struct key_paths *paths, const struct hearth_identity *current, struct hearth_status *status)
{
	struct hearth_identity old;
	struct hearth_secret next;
	struct hearth_status ignored = HEARTH_STATUS_INIT;
	if (access(paths->next, F_OK) != 0)
		return 0;
	if (hearth_secret_read(paths->next, &next, status) != 0)
		return -1;
	bool published = strcmp(next.key, current->key) == 0;
	sodium_memzero(&next, sizeof next);
	if (published)
		return take_next(paths, status) == 0 ? 1 : -1;
	if (hearth_identity_read(paths->old, &old, &ignored) == 0 && strcmp(old.key, current->key) == 0)
		unlink(paths->old);
	unlink(paths->next);
	return 0;
}

static int check_present(const struct key_paths *paths, const struct hearth_identity *current, struct hearth_status *status)
{
	struct hearth_secret secret;
	if (access(paths->old, F_OK) == 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "ROTATING",
		                   "the key of %s is being changed already: rotate %s --finish first", current->name, current->name);
	if (hearth_secret_read(paths->secret, &secret, status) != 0)
		return -1;
	bool same = strcmp(secret.key, current->key) == 0;
	sodium_memzero(&secret, sizeof secret);
	if (!same)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "KEY_NOT_PUBLISHED", "%.150s is not the secret of %.150s",
		                   paths->secret, paths->public);
	return 0;
}

static int rotate(const struct key_paths *paths, struct hearth_status *status)
{
	struct hearth_identity current, newer;
	struct hearth_secret secret;
	if (hearth_identity_read(paths->public, &current, status) != 0)
		return -1;
	int gone_on = go_on(paths, &current, status);
	if (gone_on != 0 || check_present(paths, &current, status) != 0)
		return gone_on > 0 ? 0 : -1;
	newer = current;
	make_pair(current.name, &newer, &secret);
	int result = hearth_secret_write(paths->next, &secret, false, status);
	sodium_memzero(&secret, sizeof secret);
	/* Both are published before anybody can have the newer secret. */
	if (result != 0 || hearth_identity_write(paths->old, &current, false, status) != 0 ||
	    hearth_identity_write(paths->public, &newer, true, status) != 0)
		return -1;
	return take_next(paths, status);
}

/* Whether a process that can be reached still proves the old key. */
static int check_taken(struct cli *cli, const struct hearth_identity *old, struct hearth_status *status)
{
	const char *endpoints[CLI_INSTANCES_MOST];
	if (old->kind != HEARTH_KEY_OF_SERVICE || hearth_config_text(cli->config, "key")[0] == '\0')
		return 0;
	size_t count = cli_instances(cli, old->name, cli->arena, endpoints);
	for (size_t i = 0; i < count; i++) {
		const char *key = hearth_client_instance_key(cli->client, old->name, endpoints[i]);
		if (key != NULL && strcmp(key, old->key) == 0)
			return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "OLD_KEY_IN_USE",
			                   "%.150s still has the old key: send it SIGHUP", endpoints[i]);
	}
	return 0;
}

static int finish(struct cli *cli, const struct keys_wish *wish, const struct key_paths *paths, struct hearth_status *status)
{
	struct hearth_identity old;
	if (access(paths->next, F_OK) == 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "ROTATING", "the last rotate was cut short: rotate %s again",
		                   wish->name);
	if (hearth_identity_read(paths->old, &old, status) != 0 || (!wish->force && check_taken(cli, &old, status) != 0))
		return -1;
	if (unlink(paths->old) != 0)
		return fail_with(status, "cannot remove", paths->old);
	return hearth_key_name_settle(paths->old, status);     /* or the old key might be believed again */
}

static int rotate_or_finish(struct cli *cli, const struct keys_wish *wish, struct hearth_status *status)
{
	struct key_paths paths;
	if (find_paths(cli, wish, &paths, status) != 0)
		return -1;
	return wish->finish ? finish(cli, wish, &paths, status) : rotate(&paths, status);
}

/* ---- the command ---- */

int cli_keys(struct cli *cli, int argc, char **argv)
{
	struct keys_wish wish = {.name = ""};
	struct hearth_status status = HEARTH_STATUS_INIT;
	const struct cli_option options[] = {
		{"kind", CLI_TEXT, &wish.kind}, {"secret", CLI_TEXT, &wish.secret}, {"finish", CLI_FLAG, &wish.finish},
		{"force", CLI_FLAG, &wish.force}, {0},
	};
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	const char *verb = argc > 1 ? argv[1] : "";
	bool listing = strcmp(verb, "list") == 0;
	if (!listing && strcmp(verb, "make") != 0 && strcmp(verb, "rotate") != 0)
		return cli_usage("keys", "make, list or rotate is wanted");
	if (argc != (listing ? 2 : 3))
		return cli_usage("keys", listing ? "nothing is expected after list" : "one NAME is wanted after %s", verb);
	wish.name = listing ? "" : argv[2];
	int result = listing ? list(cli, &status) : verb[0] == 'm' ? make(cli, &wish, &status)
	                                                           : rotate_or_finish(cli, &wish, &status);
	if (result == 0)
		return CLI_OK;
	cli_fail(&status);
	return status.code == HEARTH_INVALID_ARGUMENT ? CLI_USAGE : CLI_FAILED;
}
