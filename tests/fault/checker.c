/* checker.c: reads the tables in one snapshot and lets every check speak. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include <hearth/clock.h>

#include "checker.h"
#include "checker_parts.h"
#include "checker_sql.h"
#include "fault.h"

#define MOST_TOLD 100

/* ---- the report ---- */

void checker_say(struct checker_report *report, const char *format, ...)
{
	char line[600];
	va_list rest;
	va_start(rest, format);
	int length = vsnprintf(line, sizeof line, format, rest);
	va_end(rest);
	if (++report->count > MOST_TOLD || length < 0)
		return;
	size_t used = strlen(line);
	report->text = realloc(report->text, report->size + used + 2);
	if (report->text == NULL)
		abort();
	memcpy(report->text + report->size, line, used);
	report->size += used;
	report->text[report->size++] = '\n';
	report->text[report->size] = '\0';
}

bool checker_quiet(const struct checker_report *report)
{
	if (report->count > 0)
		fprintf(stderr, "checker: %zu violations\n%s", report->count, report->text);
	return report->count == 0;
}

void checker_report_free(struct checker_report *report)
{
	free(report->text);
	*report = (struct checker_report){ 0 };
}

/* ---- the connection ---- */

PGresult *checker_read(PGconn *db, const char *sql)
{
	PGresult *result = PQexec(db, sql);
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		return result;
	fprintf(stderr, "checker: %s%s\n", PQresultErrorMessage(result), sql);
	PQclear(result);
	return NULL;
}

static int run(PGconn *db, const char *sql)
{
	PGresult *result = PQexec(db, sql);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fprintf(stderr, "checker: %s", PQresultErrorMessage(result));
	PQclear(result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : -1;
}

static PGconn *open_snapshot(const char *url)
{
	PGconn *db = PQconnectdb(url);
	if (PQstatus(db) == CONNECTION_OK && run(db, "BEGIN ISOLATION LEVEL REPEATABLE READ") == 0)
		return db;
	PQfinish(db);
	return NULL;
}

static int make_all(PGconn *db, const char *const *statements)
{
	int outcome = 0;
	for (; outcome == 0 && *statements != NULL; statements++)
		outcome = run(db, *statements);
	return outcome;
}

static int make_views(PGconn *db)
{
	int outcome = run(db, "SET LOCAL client_min_messages = warning; SET LOCAL jit = off; SET LOCAL TimeZone = 'UTC'");
	return outcome == 0 ? make_all(db, checker_views) : -1;
}

/* ---- what was acknowledged ---- */

static int copy_row(PGconn *db, const struct fault_write *write)
{
	static const char *const answers[] = { "PENDING", "DONE", "REFUSED" };
	char row[256];
	int length = snprintf(row, sizeof row, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", write->service, write->method, write->authority,
	                      write->caller, write->request_id, write->key, answers[write->answer]);
	return PQputCopyData(db, row, length) == 1 ? 0 : -1;
}

static int keep_acknowledged(PGconn *db, const struct fault_shared *shared)
{
	if (run(db, "CREATE TEMP TABLE acknowledged (service text, method text, authority text, caller text, id uuid, key text,"
	            " answer text)") != 0)
		return -1;
	PGresult *begun = PQexec(db, "COPY acknowledged FROM STDIN");
	bool copying = PQresultStatus(begun) == PGRES_COPY_IN;
	PQclear(begun);
	for (size_t i = 0; copying && i < atomic_load(&shared->count); i++)
		if (copy_row(db, &shared->writes[i]) != 0)
			return -1;
	if (!copying || PQputCopyEnd(db, NULL) != 1)
		return -1;
	PGresult *ended = PQgetResult(db);
	bool kept = PQresultStatus(ended) == PGRES_COMMAND_OK;
	while (ended != NULL) {
		PQclear(ended);
		ended = PQgetResult(db);
	}
	return kept ? run(db, "CREATE INDEX ON acknowledged (id); ANALYZE acknowledged") : -1;
}

/* ---- the checks ---- */

static int check_queries(PGconn *db, const struct checker_query *queries, struct checker_report *report)
{
	for (; queries->name != NULL; queries++) {
		PGresult *result = checker_read(db, queries->sql);
		if (result == NULL)
			return -1;
		report->checks++;
		for (int i = 0; i < PQntuples(result); i++)
			checker_say(report, "%s: %s", queries->name, PQgetvalue(result, i, 0));
		PQclear(result);
	}
	return 0;
}

int checker_look(struct pg_conn *db, const struct fault_shared *shared, int32_t today, struct checker_report *report)
{
	*report = (struct checker_report){ 0 };
	if (make_views(db) != 0 || make_all(db, checker_tables) != 0)
		return -1;
	if (shared != NULL && (keep_acknowledged(db, shared) != 0 || check_queries(db, checker_writes, report) != 0))
		return -1;
	if (check_queries(db, checker_events, report) != 0 || checker_places(db, report) != 0)
		return -1;
	report->checks += 2;               /* places over time, the ledger */
	return checker_ledger(db, today, report);
}

int checker_run(const char *admin_url, const struct fault_shared *shared, int32_t today, struct checker_report *report)
{
	PGconn *db = open_snapshot(admin_url);
	if (db == NULL)
		return -1;
	int outcome = checker_look(db, shared, today, report);
	PQfinish(db);
	return outcome;
}

/* ---- the end of all work ---- */

bool checker_caught_up(const char *admin_url, int32_t today, char *ret_why, size_t size)
{
	char sql[1024], date[HEARTH_DATE_SIZE];
	bool caught = false;
	hearth_date_format(today, date);
	snprintf(sql, sizeof sql,
	         "SELECT format('%%s has applied %%s up to %%s of %%s', r.consumer, r.source, coalesce(r.seq, 0), r.source_end)"
	         " FROM reached r WHERE coalesce(r.seq, 0) < r.source_end"
	         " UNION ALL SELECT format('timer %%s of %%s is due for %%s', d.kind, d.service, d.subject) FROM due d"
	         " WHERE d.due <= TIMESTAMPTZ '%s 09:00:00Z' UNION ALL SELECT b.what FROM behind b LIMIT 1",
	         date);
	snprintf(ret_why, size, "the database is away");
	PGconn *db = open_snapshot(admin_url);
	PGresult *result = db != NULL && make_views(db) == 0 ? checker_read(db, sql) : NULL;
	if (result != NULL) {
		caught = PQntuples(result) == 0;
		snprintf(ret_why, size, "%s", caught ? "" : PQgetvalue(result, 0, 0));
	}
	PQclear(result);
	PQfinish(db);
	return caught;
}
