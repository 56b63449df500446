/* status.c: errors, and what PostgreSQL's errors mean to a caller.
 *
 * Promises: texts are cut to fit, never through a character; the server's own
 * words reach a caller only for errors that are about the server or the
 * statement, never for errors about data, because "invalid input syntax for
 * type date: ..." quotes what a person typed.
 */
#include <hearth/status.h>
#include <hearth/text.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void set_message(struct hearth_status *status, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void set_message(struct hearth_status *status, const char *format, va_list arguments)
{
	char message[2 * sizeof(status->message)];
	vsnprintf(message, sizeof(message), format, arguments);
	hearth_text_copy(status->message, sizeof(status->message), message);
}

static void start(struct hearth_status *status, enum hearth_code code, const char *reason, const char *field)
{
	status->code = code;
	status->retry_after_ms = 0;
	hearth_text_copy(status->reason, sizeof(status->reason), reason);
	hearth_text_copy(status->field, sizeof(status->field), field);
}

int hearth_fail(struct hearth_status *status, enum hearth_code code, const char *reason, const char *format, ...)
{
	if (status == NULL)
		return -1;
	/* The message first: an argument may be the status's own text. */
	va_list arguments;
	va_start(arguments, format);
	set_message(status, format, arguments);
	va_end(arguments);
	start(status, code, reason, "");
	return -1;
}

int hearth_fail_field(struct hearth_status *status, const char *field, const char *format, ...)
{
	if (status == NULL)
		return -1;
	va_list arguments;
	va_start(arguments, format);
	set_message(status, format, arguments);
	va_end(arguments);
	start(status, HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", field);
	return -1;
}

int hearth_fail_context(struct hearth_status *status, const char *format, ...)
{
	if (status == NULL)
		return -1;
	char inner[sizeof(status->message)];
	char whole[2 * sizeof(status->message) + 2];
	memcpy(inner, status->message, sizeof(inner));
	va_list arguments;
	va_start(arguments, format);
	set_message(status, format, arguments);      /* cut to whole characters */
	va_end(arguments);
	snprintf(whole, sizeof(whole), "%s: %s", status->message, inner);
	hearth_text_copy(status->message, sizeof(status->message), whole);
	return -1;
}

static const char *const code_names[] = {
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"
};

const char *hearth_code_name(enum hearth_code code)
{
	size_t index = (size_t)code;
	return index < sizeof(code_names) / sizeof(code_names[0]) ? code_names[index] : "UNKNOWN_CODE";
}

bool hearth_code_retryable(enum hearth_code code)
{
	return code == HEARTH_UNAVAILABLE || code == HEARTH_UNKNOWN;
}

/* ---- SQLSTATE ---------------------------------------------------------------- */

enum words {
	OWN,            /* our general text alone */
	CONSTRAINT,     /* our text and the constraint's name, which the server's message ends with */
	SERVERS         /* our text and the server's message: it is about the server or the statement, never data */
};

/* The longest prefix wins: exact states and classes (their first two characters). */
static const struct sqlstate_row {
	const char *prefix;
	enum hearth_code code;
	const char *reason;
	enum words words;
	int retry_after_ms;
	const char *text;
} sqlstate_rows[] = {
	{ "08",    HEARTH_UNAVAILABLE,         "DATABASE_AWAY",       SERVERS,    200, "the database cannot be reached" },
	{ "22",    HEARTH_INVALID_ARGUMENT,    "INVALID_VALUE",       OWN,        0,   "a value is not of the right form or out of range" },
	{ "22003", HEARTH_INVALID_ARGUMENT,    "OUT_OF_RANGE",        OWN,        0,   "a number is out of range" },
	{ "22007", HEARTH_INVALID_ARGUMENT,    "INVALID_DATE",        OWN,        0,   "a date or time is not of the right form" },
	{ "22008", HEARTH_INVALID_ARGUMENT,    "INVALID_DATE",        OWN,        0,   "a date or time does not exist" },
	{ "22P02", HEARTH_INVALID_ARGUMENT,    "INVALID_VALUE",       OWN,        0,   "a value is not of the right form" },
	{ "23",    HEARTH_INVALID_ARGUMENT,    "CONSTRAINT",          CONSTRAINT, 0,   "a rule of the data would be broken" },
	{ "23001", HEARTH_FAILED_PRECONDITION, "STILL_IN_USE",        CONSTRAINT, 0,   "something else still needs this" },
	{ "23502", HEARTH_INVALID_ARGUMENT,    "MISSING_VALUE",       CONSTRAINT, 0,   "a value that is needed is missing" },
	{ "23503", HEARTH_FAILED_PRECONDITION, "REFERENCE_NOT_FOUND", CONSTRAINT, 0,
	  "something this refers to does not exist, or is still needed" },
	{ "23505", HEARTH_ALREADY_EXISTS,      "ALREADY_EXISTS",      CONSTRAINT, 0,   "the same thing is already recorded" },
	{ "23P01", HEARTH_FAILED_PRECONDITION, "OVERLAP",             CONSTRAINT, 0,   "this overlaps something already recorded" },
	{ "25006", HEARTH_UNAVAILABLE,         "DATABASE_READ_ONLY",  OWN,        500, "the database takes no writes at present" },
	{ "25P03", HEARTH_UNAVAILABLE,         "DATABASE_AWAY",       OWN,        200, "the database ended an idle transaction" },
	{ "28",    HEARTH_UNAVAILABLE,         "DATABASE_REFUSES",    OWN,        2000, "the database does not let this service in" },
	{ "40",    HEARTH_ABORTED,             "CONFLICT",            OWN,        50,  "another change came between" },
	{ "40003", HEARTH_UNKNOWN,             "OUTCOME_UNKNOWN",     OWN,        200, "the write may or may not have happened" },
	{ "42",    HEARTH_INTERNAL,            "STATEMENT",           SERVERS,    0,   "a statement is wrong" },
	{ "0A",    HEARTH_INTERNAL,            "STATEMENT",           SERVERS,    0,   "a statement is not supported" },
	{ "26",    HEARTH_INTERNAL,            "STATEMENT",           SERVERS,    0,   "a statement is not prepared" },
	{ "3D",    HEARTH_UNAVAILABLE,         "DATABASE_AWAY",       SERVERS,    2000, "the database does not exist" },
	{ "3F",    HEARTH_UNAVAILABLE,         "DATABASE_AWAY",       SERVERS,    2000, "the schema does not exist" },
	{ "53",    HEARTH_UNAVAILABLE,         "DATABASE_BUSY",       SERVERS,    500, "the database has no room" },
	{ "54",    HEARTH_INTERNAL,            "STATEMENT",           SERVERS,    0,   "a statement is over a limit of the database" },
	{ "55P03", HEARTH_UNAVAILABLE,         "LOCK_TIMEOUT",        OWN,        100, "a lock was not free in time" },
	{ "57",    HEARTH_UNAVAILABLE,         "DATABASE_AWAY",       SERVERS,    200, "the database was interrupted" },
	{ "57014", HEARTH_DEADLINE_EXCEEDED,   "STATEMENT_TIMEOUT",   OWN,        0,   "the database did not answer in time" },
	{ "58",    HEARTH_INTERNAL,            "DATABASE_SYSTEM",     SERVERS,    0,   "the database's system failed" },
};

static const struct sqlstate_row *find_row(const char *sqlstate)
{
	const struct sqlstate_row *found = NULL;
	for (size_t i = 0; i < sizeof(sqlstate_rows) / sizeof(sqlstate_rows[0]); i++) {
		const struct sqlstate_row *row = &sqlstate_rows[i];
		size_t length = strlen(row->prefix);
		if (strncmp(sqlstate, row->prefix, length) != 0)
			continue;
		if (found == NULL || length > strlen(found->prefix))
			found = row;
	}
	return found;
}

/* The last "quoted_name" of the server's message, when it is a plain identifier of ours. */
static int last_name(const char *message, char ret_name[64])
{
	const char *end = strrchr(message, '"');
	if (end == NULL)
		return -1;
	const char *at = end;
	while (at > message && at[-1] != '"')
		at--;
	size_t length = (size_t)(end - at);
	if (at == message || length == 0 || length > 63)
		return -1;
	if (strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_") != length)
		return -1;
	memcpy(ret_name, at, length);
	ret_name[length] = '\0';
	return 0;
}

static int first_line(const char *message)
{
	size_t length = strcspn(message, "\r\n");
	return length < 200 ? (int)length : 200;
}

void hearth_status_from_sqlstate(struct hearth_status *status, const char *sqlstate, const char *message)
{
	if (sqlstate == NULL || sqlstate[0] == '\0')
		sqlstate = "08000";      /* libpq gives none when the connection is gone */
	if (message == NULL)
		message = "";
	const struct sqlstate_row *row = find_row(sqlstate);
	if (row == NULL) {
		hearth_fail(status, HEARTH_INTERNAL, "DATABASE", "the database reported an error (SQLSTATE %.5s)", sqlstate);
		return;
	}
	char name[64];
	if (row->words == CONSTRAINT && last_name(message, name) == 0)
		hearth_fail(status, row->code, row->reason, "%s: \"%s\" (SQLSTATE %.5s)", row->text, name, sqlstate);
	else if (row->words == SERVERS && message[0] != '\0')
		hearth_fail(status, row->code, row->reason, "%s (SQLSTATE %.5s): %.*s", row->text, sqlstate,
		            first_line(message), message);
	else
		hearth_fail(status, row->code, row->reason, "%s (SQLSTATE %.5s)", row->text, sqlstate);
	if (status != NULL)
		status->retry_after_ms = row->retry_after_ms;
}

bool hearth_sqlstate_retry(const char *sqlstate)
{
	return sqlstate != NULL && (strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0 ||
	                            strcmp(sqlstate, "55P03") == 0);
}

bool hearth_sqlstate_passing(const char *sqlstate)
{
	static const char *const classes[] = { "08", "40", "53", "55", "57" };
	if (sqlstate == NULL || sqlstate[0] == '\0')
		return true;             /* the connection is gone */
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strncmp(sqlstate, classes[i], 2) == 0)
			return true;
	return false;
}
