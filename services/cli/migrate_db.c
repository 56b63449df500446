/* migrate_db.c: the one door of `hearth migrate` to the database: blocking statements, transactions, retries.
 *
 * Errors carry the server's primary message and the SQLSTATE, never its detail (which can hold values of rows).
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate.h"

#define PARAMETERS_MOST 8
#define TRIES_MOST 25

static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

/* One port, or several with commas; each empty or 1 to 65535. */
static bool ports_good(const char *ports)
{
	for (;;) {
		size_t digits = strspn(ports, "0123456789");
		long port = digits > 5 ? 65536 : strtol(ports, NULL, 10);
		if ((ports[digits] != ',' && ports[digits] != '\0') || (digits > 0 && (port < 1 || port > 65535)))
			return false;
		if (ports[digits] == '\0')
			return true;
		ports += digits + 1;
	}
}

bool migrate_url_good(const char *url)
{
	if (strstr(url, "://") == NULL && strchr(url, '=') == NULL)
		return true;                             /* the name of a database */
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	bool good = options != NULL;
	for (const PQconninfoOption *option = options; good && option->keyword != NULL; option++)
		if (strcmp(option->keyword, "port") == 0 && option->val != NULL)
			good = ports_good(option->val);
	PQconninfoFree(options);
	return good;
}

int migrate_connect(struct migrate *run, const char *url, struct hearth_status *status)
{
	const char *const keys[] = {"dbname", "fallback_application_name", "connect_timeout", NULL};
	const char *const values[] = {url, "hearth migrate", "10", NULL};
	run->db = PQconnectdbParams(keys, values, 1);
	if (PQstatus(run->db) != CONNECTION_OK) {
		const char *text = PQerrorMessage(run->db);
		return hearth_fail(status, HEARTH_UNAVAILABLE, "DATABASE_AWAY", "cannot connect as administrator: %.*s",
		                   (int)strcspn(text, "\n"), text);
	}
	PQsetNoticeReceiver(run->db, ignore_notice, NULL);
	return migrate_exec(run, status, "SET lock_timeout = '2s'; SET timezone = 'UTC'; SET datestyle = 'ISO'");
}

/* Line of the script that the error points at; 0 when it does not say. */
static int error_line(const PGresult *result, const char *text)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	if (position == NULL || text == NULL)
		return 0;
	int line = 1;
	long left = strtol(position, NULL, 10) - 1;
	/* Positions count characters, so the bytes that go on a UTF-8 character are passed over. */
	for (; *text != '\0' && left > 0; text++) {
		if (*text == '\n')
			line++;
		if (((unsigned char)text[1] & 0xc0) != 0x80)
			left--;
	}
	return line;
}

static int check(struct migrate *run, const PGresult *result, const char *text, struct hearth_status *status)
{
	ExecStatusType type = PQresultStatus(result);
	run->sqlstate[0] = '\0';
	if (type == PGRES_COMMAND_OK || type == PGRES_TUPLES_OK || type == PGRES_EMPTY_QUERY)
		return 0;
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (state == NULL || message == NULL)
		return hearth_fail(status, HEARTH_UNAVAILABLE, "DATABASE_AWAY", "the connection to the database was lost");
	hearth_text_copy(run->sqlstate, sizeof run->sqlstate, state);
	hearth_fail(status, HEARTH_INTERNAL, "SQL_ERROR", "%s (SQLSTATE %s)", message, state);
	int line = error_line(result, text);
	if (line > 0)
		hearth_fail_context(status, "line %d", line);
	return -1;
}

int migrate_script(struct migrate *run, const char *text, struct hearth_status *status)
{
	PGresult *result = PQexec(run->db, text);
	int outcome = check(run, result, text, status);
	PQclear(result);
	return outcome;
}

int migrate_exec(struct migrate *run, struct hearth_status *status, const char *format, ...)
{
	char sql[MIGRATE_SQL_MOST];
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(sql, sizeof sql, format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= sizeof sql)
		return hearth_fail(status, HEARTH_INTERNAL, "TOO_LONG", "a statement of migrate does not fit");
	PGresult *result = PQexec(run->db, sql);
	int outcome = check(run, result, NULL, status);
	PQclear(result);
	return outcome;
}

static int query(struct migrate *run, PGresult **ret_result, struct hearth_status *status, const char *sql,
                 va_list arguments)
{
	const char *values[PARAMETERS_MOST];
	int count = 0;
	const char *value;
	while (count < PARAMETERS_MOST && (value = va_arg(arguments, const char *)) != NULL)
		values[count++] = value;
	PGresult *result = PQexecParams(run->db, sql, count, NULL, values, NULL, NULL, 0);
	if (check(run, result, NULL, status) != 0) {
		PQclear(result);
		return -1;
	}
	*ret_result = result;
	return 0;
}

int migrate_query(struct migrate *run, PGresult **ret_result, struct hearth_status *status, const char *sql, ...)
{
	va_list arguments;
	va_start(arguments, sql);
	int outcome = query(run, ret_result, status, sql, arguments);
	va_end(arguments);
	return outcome;
}

int migrate_ask(struct migrate *run, const char **ret_text, struct hearth_status *status, const char *sql, ...)
{
	PGresult *result = NULL;
	va_list arguments;
	va_start(arguments, sql);
	int outcome = query(run, &result, status, sql, arguments);
	va_end(arguments);
	if (outcome != 0)
		return -1;
	*ret_text = hearth_arena_strdup(run->arena, PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return 0;
}

/* Also two migrates of two databases of one cluster at once: they change the same roles. */
static bool passes_by_itself(const struct migrate *run, const struct hearth_status *status)
{
	return hearth_sqlstate_retry(run->sqlstate) ||
	       (strcmp(run->sqlstate, "XX000") == 0 && strstr(status->message, "concurrently") != NULL);
}

int migrate_transaction(struct migrate *run, migrate_body *body, void *context, struct hearth_status *status)
{
	for (int tries = 1;; tries++) {
		if (migrate_exec(run, status, "BEGIN") == 0 && body(run, context, status) == 0 &&
		    migrate_exec(run, status, "COMMIT") == 0)
			return 0;
		bool again = passes_by_itself(run, status) && tries < TRIES_MOST;
		char sqlstate[6];
		memcpy(sqlstate, run->sqlstate, sizeof sqlstate);
		struct hearth_status ignored = HEARTH_STATUS_INIT;
		migrate_exec(run, &ignored, "ROLLBACK");
		memcpy(run->sqlstate, sqlstate, sizeof sqlstate);
		if (!again)
			return -1;
		usleep(300000);
	}
}

int migrate_become(struct migrate *run, const char *service, struct hearth_status *status)
{
	return migrate_exec(run, status, "SET LOCAL ROLE %s_owner; SET LOCAL search_path = %s", service, service);
}

int migrate_lock(struct migrate *run, struct hearth_status *status)
{
	for (int tries = 0; tries < 600; tries++) {
		const char *held;
		if (migrate_ask(run, &held, status, "SELECT pg_try_advisory_lock(hashtext('hearth migrate'))", NULL) != 0)
			return -1;
		if (strcmp(held, "t") == 0)
			return 0;
		usleep(100000);
	}
	return hearth_fail(status, HEARTH_ABORTED, "MIGRATE_RUNS", "another hearth migrate has been at work in this "
	                   "database for a minute; try again when it has ended");
}
