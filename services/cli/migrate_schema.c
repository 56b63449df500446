/* migrate_schema.c: roles, schema and files of one service, each thing made once.
 *
 * A service <s> has two roles: <s>_owner (no login) owns schema <s> and runs its migrations, hearth_<s> logs in and has
 * rights on that schema alone. Rights come from default privileges set before the files run, so that a file may take
 * some away again (a ledger that is only appended to) and later tables follow by themselves.
 * The files run in order of name, each in a transaction with its row in table `migration`; they are forward only: a
 * file that has been applied must never change.
 */
#include <stdlib.h>
#include <string.h>

#include "migrate.h"

#define FILES_MOST 512

struct job {
	const struct cli_service *service;
	const struct hearth_file *waiting[FILES_MOST];
	size_t waiting_count;
	const struct hearth_file *file;
	char hash[2 * HEARTH_HASH_SIZE + 1];
	json_t *made;                    /* what this transaction made; reported once it is committed */
	long count;                      /* of migrations that are applied */
};

static void note_made(struct job *job, const char *what, const char *name)
{
	char text[128];
	snprintf(text, sizeof text, "%s %s", what, name);
	json_array_append_new(job->made, json_string(text));
}

/* ---- roles and schema ---- */

static int make_role(struct migrate *run, struct job *job, const char *role, const char *kind, struct hearth_status *status)
{
	const char *there;
	if (migrate_ask(run, &there, status, "SELECT 1 FROM pg_roles WHERE rolname = $1", role, NULL) != 0)
		return -1;
	if (there[0] != '\0')
		return 0;
	/* Roles belong to the cluster: a migrate of another of its databases may be making them now. */
	if (migrate_exec(run, status, "DO $$ BEGIN CREATE ROLE %s %s; EXCEPTION WHEN duplicate_object OR unique_violation "
	                 "THEN NULL; END $$", role, kind) != 0)
		return -1;
	note_made(job, "role", role);
	return 0;
}

/* HEARTH_<SERVICE>_PASSWORD, hashed here, so that no server log can hold it. */
static int set_password(struct migrate *run, const char *service, const char *role, struct hearth_status *status)
{
	char variable[64] = "HEARTH_";
	size_t size = strlen(variable);
	for (const char *at = service; *at != '\0' && size < 40; at++)
		variable[size++] = (char)(*at - 'a' + 'A');
	memcpy(variable + size, "_PASSWORD", sizeof "_PASSWORD");
	const char *password = getenv(variable);
	if (password == NULL || password[0] == '\0')
		return 0;
	char *hashed = PQencryptPasswordConn(run->db, password, role, "scram-sha-256");
	if (hashed == NULL)
		return hearth_fail(status, HEARTH_INTERNAL, "PASSWORD", "%s cannot be hashed", variable);
	char *literal = PQescapeLiteral(run->db, hashed, strlen(hashed));
	PQfreemem(hashed);
	if (literal == NULL)
		return hearth_fail(status, HEARTH_INTERNAL, "PASSWORD", "%s cannot be quoted", variable);
	int outcome = migrate_exec(run, status, "ALTER ROLE %s PASSWORD %s", role, literal);
	PQfreemem(literal);
	return outcome;
}

/* An administrator who is no superuser must be a member: of the owner to hand things over, of the service's role so that
 * services may connect as the administrator and take their role (--database-role). */
static int join_role(struct migrate *run, const char *role, struct hearth_status *status)
{
	const char *member;
	if (migrate_ask(run, &member, status, "SELECT pg_has_role(current_user, $1, 'MEMBER')", role, NULL) != 0)
		return -1;
	return strcmp(member, "t") == 0 ? 0 : migrate_exec(run, status, "GRANT %s TO CURRENT_USER", role);
}

static int make_roles(struct migrate *run, void *context, struct hearth_status *status)
{
	struct job *job = context;
	const char *name = job->service->name;
	char owner[64], login[64];
	snprintf(owner, sizeof owner, "%s_owner", name);
	snprintf(login, sizeof login, "hearth_%s", name);
	json_array_clear(job->made);
	if (make_role(run, job, owner, "NOLOGIN", status) != 0 || make_role(run, job, login, "LOGIN", status) != 0 ||
	    set_password(run, name, login, status) != 0)
		return -1;
	return join_role(run, owner, status) != 0 || join_role(run, login, status) != 0 ? -1 : 0;
}

/* As the owner. Every statement may be run again. */
static int grant_rights(struct migrate *run, const char *name, struct hearth_status *status)
{
	static const char *const defaults[] = {
		"SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES", "EXECUTE ON FUNCTIONS",
	};
	if (migrate_exec(run, status, "REVOKE ALL ON SCHEMA %s FROM PUBLIC; GRANT USAGE ON SCHEMA %s TO hearth_%s; "
	                 "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", name, name, name) != 0)
		return -1;
	for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
		if (migrate_exec(run, status, "ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT %s TO hearth_%s", name, defaults[i],
		                 name) != 0)
			return -1;
	return migrate_exec(run, status, "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, hash text NOT NULL, "
	                    "applied timestamptz NOT NULL DEFAULT clock_timestamp(), who text NOT NULL DEFAULT session_user); "
	                    "REVOKE INSERT, UPDATE, DELETE ON migration FROM hearth_%s", name);
}

static int make_schema(struct migrate *run, void *context, struct hearth_status *status)
{
	struct job *job = context;
	const char *name = job->service->name, *owner;
	json_array_clear(job->made);
	if (migrate_ask(run, &owner, status, "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1", name,
	                NULL) != 0)
		return -1;
	char wanted[64];
	snprintf(wanted, sizeof wanted, "%s_owner", name);
	if (owner[0] != '\0' && strcmp(owner, wanted) != 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "OTHER_OWNER",
		                   "schema %s belongs to %s, not to %s; nothing was changed", name, owner, wanted);
	if (owner[0] == '\0') {
		if (migrate_exec(run, status, "CREATE SCHEMA %s AUTHORIZATION %s_owner", name, name) != 0)
			return -1;
		note_made(job, "schema", name);
	}
	return migrate_become(run, name, status) != 0 ? -1 : grant_rights(run, name, status);
}

/* ---- files ---- */

static void hash_file(const struct hearth_file *file, char ret_hash[2 * HEARTH_HASH_SIZE + 1])
{
	uint8_t hash[HEARTH_HASH_SIZE];
	hearth_hash(file->text, strlen(file->text), hash);
	hearth_hex(hash, sizeof hash, ret_hash);
}

/* 1: applied as it is; 0: not yet; -1: applied with another text. */
static int is_applied(struct migrate *run, const char *service, const struct hearth_file *file,
                      struct hearth_status *status)
{
	char sql[160], hash[2 * HEARTH_HASH_SIZE + 1];
	snprintf(sql, sizeof sql, "SELECT hash FROM %s.migration WHERE name = $1", service);
	const char *recorded;
	if (migrate_ask(run, &recorded, status, sql, file->name, NULL) != 0)
		return -1;
	if (recorded[0] == '\0')
		return 0;
	hash_file(file, hash);
	if (strcmp(recorded, hash) == 0)
		return 1;
	return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "MIGRATION_CHANGED",
	                   "%s/%s.sql has changed since it was applied; migrations are forward only: restore it and add "
	                   "a new file", service, file->name);
}

static int apply_file(struct migrate *run, void *context, struct hearth_status *status)
{
	struct job *job = context;
	PGresult *result;
	if (migrate_become(run, job->service->name, status) != 0 || migrate_script(run, job->file->text, status) != 0)
		return -1;
	/* A service reads its history; only the administrator renews it. */
	if (strcmp(job->file->name, "000_runtime") == 0 &&
	    migrate_exec(run, status, "REVOKE ALL ON history_kept FROM hearth_%s", job->service->name) != 0)
		return -1;
	if (migrate_query(run, &result, status, "INSERT INTO migration (name, hash) VALUES ($1, $2)", job->file->name,
	                  job->hash, NULL) != 0)
		return -1;
	PQclear(result);
	return 0;
}

static int compare_files(struct migrate *run, struct job *job, const struct hearth_file *files,
                         struct hearth_status *status)
{
	const char *late = NULL, *service = job->service->name;
	for (const struct hearth_file *file = files; file->name != NULL; file++) {
		int applied = is_applied(run, service, file, status);
		if (applied < 0)
			return -1;
		if (applied > 0 && late != NULL)
			return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "MIGRATION_LATE",
			                   "%s/%s.sql comes before %s.sql, which is already applied; give it a higher number",
			                   service, late, file->name);
		job->count += applied;
		if (applied > 0)
			continue;
		late = late != NULL ? late : file->name;
		if (job->waiting_count == FILES_MOST)
			return hearth_fail(status, HEARTH_INTERNAL, "TOO_MANY", "more than %d migrations wait", FILES_MOST);
		job->waiting[job->waiting_count++] = file;
	}
	return 0;
}

/* Everything is compared before anything is applied, so that a changed file stops the whole. */
static int compare(struct migrate *run, void *context, struct hearth_status *status)
{
	struct job *job = context;
	job->waiting_count = 0;
	job->count = 0;
	return compare_files(run, job, runtime_schema, status) != 0 ? -1 : compare_files(run, job, job->service->schema, status);
}

static int apply_files(struct migrate *run, struct job *job, json_t *applied, struct hearth_status *status)
{
	if (migrate_transaction(run, compare, job, status) != 0)
		return -1;
	for (size_t i = 0; i < job->waiting_count; i++) {
		job->file = job->waiting[i];
		hash_file(job->file, job->hash);
		if (migrate_transaction(run, apply_file, job, status) != 0)
			return hearth_fail_context(status, "%s/%s.sql", job->service->name, job->file->name);
		json_array_append_new(applied, json_string(job->file->name));
		job->count++;
	}
	return 0;
}

int migrate_service(struct migrate *run, const struct cli_service *service, struct hearth_status *status)
{
	struct job job = {.service = service, .made = json_array()};
	json_t *made = json_array(), *applied = json_array();
	json_t *report = json_pack("{s:s, s:o, s:o}", "service", service->name, "made", made, "applied", applied);
	json_array_append_new(run->services, report);
	int outcome = migrate_transaction(run, make_roles, &job, status);
	if (outcome == 0)
		json_array_extend(made, job.made);
	if (outcome == 0 && !run->roles_only) {
		outcome = migrate_transaction(run, make_schema, &job, status);
		if (outcome == 0)
			json_array_extend(made, job.made);
		if (outcome == 0)
			outcome = apply_files(run, &job, applied, status);
		json_object_set_new(report, "migrations", json_integer(job.count));
	}
	json_decref(job.made);
	return outcome == 0 ? 0 : hearth_fail_context(status, "%s", service->name);
}
