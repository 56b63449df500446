/* connection.c: connecting, setting the session up, reading results, coming back. */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/log.h>

#define FIRST_BACKOFF 50000
#define MOST_BACKOFF 2000000
#define CONNECT_WITHIN 5000000
#define LOOK_WITHIN 2000000
#define PREPARE_WITHIN 30000000
#define MOST_KEYWORDS 64
#define NAME_OF_RENEWAL "DEALLOCATE ALL"

static void on_event(void *context, uint32_t events);

const char *hearth_result_sqlstate(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	return sqlstate ? sqlstate : "";
}

static const char *result_message(const PGresult *result)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	return message ? message : "no message";
}

static void set_trouble(struct hearth_connection *connection, const char *text)
{
	int length = snprintf(connection->trouble, sizeof connection->trouble, "%s connection: %s", connection->options.lane, text);
	for (char *at = connection->trouble; *at; at++)
		*at = *at == '\n' || *at == '\r' || *at == '\t' ? ' ' : *at == '"' ? '\'' : *at;
	while (length > 0 && length < (int)sizeof connection->trouble && connection->trouble[length - 1] == ' ')
		connection->trouble[--length] = '\0';
}

/* A process that never gets in says why: once, and again when the reason is another. */
static void say_failure(struct hearth_connection *connection)
{
	if (strcmp(connection->said, connection->trouble) == 0)
		return;
	memcpy(connection->said, connection->trouble, sizeof connection->said);
	hearth_log(HEARTH_LOG_WARN, "database", "connection=%s failed=\"%.300s\"", connection->options.lane,
	           connection->trouble);
}

static void drop_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

/* ---- keywords ---- */

static void set_keyword(struct hearth_connection *connection, const char *keyword, const char *value)
{
	size_t i = 0;
	for (; connection->keywords[i]; i++)
		if (strcmp(connection->keywords[i], keyword) == 0)
			break;
	if (i == MOST_KEYWORDS)
		return;
	if (!connection->keywords[i])
		connection->keywords[i] = hearth_strdup(keyword);
	free(connection->values[i]);
	connection->values[i] = hearth_strdup(value);
}

static const char *keyword_value(const struct hearth_connection *connection, const char *keyword)
{
	for (size_t i = 0; connection->keywords[i]; i++)
		if (strcmp(connection->keywords[i], keyword) == 0)
			return connection->values[i];
	return NULL;
}

/* ---- losing ---- */

static void drop(struct hearth_connection *connection, const char *why)
{
	bool was_up = connection->state == HEARTH_READY || connection->state == HEARTH_PREPARING;
	set_trouble(connection, why);
	if (connection->state == HEARTH_READY)
		hearth_log(HEARTH_LOG_WARN, "database", "connection=%s lost=\"%.300s\"", connection->options.lane,
		           connection->trouble);
	else
		say_failure(connection);
	hearth_watch_free(&connection->watch);
	if (connection->hosts)
		hearth_db_hosts_stop(connection->hosts);
	PQfinish(connection->pg);
	connection->pg = NULL;
	connection->events = 0;
	connection->syncs = connection->unsent = 0;
	connection->broken = false;
	connection->state = HEARTH_AWAY;
	connection->lost_count++;
	if (connection->options.catalogue->describing == connection)
		connection->options.catalogue->describing = NULL;
	hearth_alarm_set(connection->alarm, connection->backoff_us);
	connection->backoff_us = connection->backoff_us * 2 > MOST_BACKOFF ? MOST_BACKOFF : connection->backoff_us * 2;
	if (was_up)
		connection->options.calls->lost(connection->options.context);
}

/* ---- sending ---- */

void hearth_connection_send(struct hearth_connection *connection, const char *name, size_t count,
                            const char *const *values, size_t bytes)
{
	connection->unsent += bytes;
	if (!PQsendQueryPrepared(connection->pg, name, (int)count, values, NULL, NULL, 0))
		connection->broken = true;
}

void hearth_connection_sync(struct hearth_connection *connection)
{
	if (!connection->syncs)
		connection->heard_us = hearth_clock_mono();
	connection->syncs++;
	if (!PQpipelineSync(connection->pg))
		connection->broken = true;
}

void hearth_connection_settle(struct hearth_connection *connection)
{
	if (!connection->pg)
		return;
	int left = connection->broken ? -1 : PQflush(connection->pg);
	if (left < 0) {
		/* What the server said before it left is worth more than the error of the write. */
		drop(connection, PQerrorMessage(connection->pg));
		return;
	}
	if (left == 0)
		connection->unsent = 0;
	uint32_t events = EPOLLIN | (left ? (uint32_t)EPOLLOUT : 0);
	if (events != connection->events) {
		hearth_watch_change(connection->watch, events);
		connection->events = events;
	}
}

/* ---- preparing ---- */

static size_t own_count(const struct hearth_connection *connection)
{
	size_t count = 0;
	for (const char *const *own = connection->options.own; own && own[count * 2];)
		count++;
	return count;
}

static void prepare_all(struct hearth_connection *connection, bool renews)
{
	struct hearth_catalogue *catalogue = connection->options.catalogue;
	char timeout[48];
	connection->state = HEARTH_PREPARING;
	connection->renews = renews;
	connection->step = 0;
	connection->sqlstate[0] = '\0';
	connection->error.code = HEARTH_OK;
	connection->describes = !catalogue->described && !catalogue->describing;
	if (connection->describes)
		catalogue->describing = connection;
	/* The server counts a pipeline without an Execute as one statement: all of them would have one statement's time. */
	bool sent = PQsendQueryParams(connection->pg, "SET statement_timeout = 0", 0, NULL, NULL, NULL, NULL, 0);
	sent = sent && (!renews || PQsendQueryParams(connection->pg, NAME_OF_RENEWAL, 0, NULL, NULL, NULL, NULL, 0));
	for (const char *const *own = connection->options.own; sent && own && *own; own += 2)
		sent = PQsendPrepare(connection->pg, own[0], own[1], 0, NULL);
	for (size_t i = 0; sent && i < hearth_statements_count(catalogue->statements); i++) {
		const struct hearth_statement *statement = hearth_statements_at(catalogue->statements, i);
		sent = PQsendPrepare(connection->pg, statement->name, statement->text, 0, NULL)
			&& (!connection->describes || PQsendDescribePrepared(connection->pg, statement->name));
	}
	snprintf(timeout, sizeof timeout, "SET statement_timeout = %d", connection->options.statement_timeout_ms);
	sent = sent && PQsendQueryParams(connection->pg, timeout, 0, NULL, NULL, NULL, NULL, 0);
	if (!sent)
		connection->broken = true;
	hearth_connection_sync(connection);
	hearth_alarm_set(connection->alarm, PREPARE_WITHIN);
	hearth_connection_settle(connection);
}

void hearth_connection_renew(struct hearth_connection *connection)
{
	prepare_all(connection, true);
}

static int learn(struct hearth_connection *connection, size_t index, PGresult *result)
{
	struct hearth_catalogue *catalogue = connection->options.catalogue;
	struct hearth_statement *statement = hearth_statements_at(catalogue->statements, index);
	int columns = PQnfields(result);
	if (columns > HEARTH_COLUMNS_MOST || PQnparams(result) != (int)statement->parameter_count) {
		PQclear(result);
		return hearth_fail(&connection->error, HEARTH_INTERNAL, "SQL_FILE",
		                   "sql/%s.sql: more than %d columns, or parameters that the server does not see",
		                   statement->name, HEARTH_COLUMNS_MOST);
	}
	for (size_t i = 0; i < statement->parameter_count; i++)
		statement->parameters[i].type = PQparamtype(result, (int)i);
	statement->column_count = (size_t)columns;
	for (int i = 0; i < columns; i++)
		statement->columns[i] = (struct hearth_column){ PQfname(result, i), PQftype(result, i) };
	PQclear(catalogue->descriptions[index]);
	catalogue->descriptions[index] = result;
	return 0;
}

/* The place in the catalogue that a step of preparing is about; false for renewal and own statements. */
static bool step_index(const struct hearth_connection *connection, size_t *ret_index, bool *ret_describes)
{
	size_t before = 1 + connection->renews + own_count(connection);
	if (connection->step < before)
		return false;
	size_t step = connection->step - before;
	*ret_index = connection->describes ? step / 2 : step;
	*ret_describes = connection->describes && step % 2;
	return *ret_index < hearth_statements_count(connection->options.catalogue->statements);
}

/* What the program asks for and the schema lacks: a column, a function, a type. */
static bool schema_is_older(const char *sqlstate)
{
	return strcmp(sqlstate, "42703") == 0 || strcmp(sqlstate, "42883") == 0 || strcmp(sqlstate, "42704") == 0;
}

static void prepare_failed(struct hearth_connection *connection, const PGresult *result)
{
	size_t index = 0;
	bool describes;
	const char *name = "runtime";
	if (step_index(connection, &index, &describes))
		name = hearth_statements_at(connection->options.catalogue->statements, index)->name;
	snprintf(connection->sqlstate, sizeof connection->sqlstate, "%s", hearth_result_sqlstate(result));
	hearth_fail(&connection->error, HEARTH_INTERNAL, "SQL_FILE", "sql/%s.sql: %.160s (%s)%s", name, result_message(result),
	            connection->sqlstate, schema_is_older(connection->sqlstate)
	                ? "; if this program is newer than the schema: run hearth migrate" : "");
}

/* Migrations that have not run yet, and troubles that pass, are waited for; a wrong statement is not. */
static bool may_pass(const char *sqlstate)
{
	return strcmp(sqlstate, "3F000") == 0 || strcmp(sqlstate, "42501") == 0 || strcmp(sqlstate, "42P01") == 0;
}

/* The usual reasons why a statement finds no table: not migrated, another database, another service's role. */
static void wait_for_schema(struct hearth_connection *connection, const struct hearth_status *error)
{
	const char *role = connection->options.role;
	char text[300];
	snprintf(text, sizeof text, "%.150s; run hearth migrate, unless database %.40s or role %.40s is the wrong one",
	         error->message, PQdb(connection->pg), role && *role ? role : PQuser(connection->pg));
	drop(connection, text);
}

/* Nothing that we do is refused to such a role, so nothing else would tell. */
static void look_at_role(const struct hearth_connection *connection)
{
	const char *all = PQparameterStatus(connection->pg, "is_superuser");
	if (strcmp(connection->options.lane, "write") == 0 && connection->lost_count == 0 && all && strcmp(all, "on") == 0)
		hearth_log(HEARTH_LOG_WARN, "database", "connection=%s role=superuser detail=\"the role may use every schema; "
		           "hearth_%s is meant (database-url, database-role)\"", connection->options.lane, connection->options.service);
}

static void prepared(struct hearth_connection *connection)
{
	struct hearth_catalogue *catalogue = connection->options.catalogue;
	if (connection->error.code == HEARTH_OK) {
		if (connection->describes) {
			catalogue->described = true;
			catalogue->describing = NULL;
		}
		connection->state = HEARTH_READY;
		connection->backoff_us = FIRST_BACKOFF;
		connection->trouble[0] = connection->said[0] = '\0';
		look_at_role(connection);
		hearth_alarm_set(connection->alarm, (int64_t)connection->options.silence_ms * 1000);
		connection->options.calls->ready(connection->options.context);
		return;
	}
	struct hearth_status error = connection->error;
	if (may_pass(connection->sqlstate)) {
		wait_for_schema(connection, &error);
		return;
	}
	drop(connection, error.message);
	if (!hearth_sqlstate_passing(connection->sqlstate))
		connection->options.calls->failed(connection->options.context, &error);
}

static void prepare_result(struct hearth_connection *connection, PGresult *result)
{
	size_t index;
	bool describes;
	if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
		PQclear(result);
		prepared(connection);
		return;
	}
	if (PQresultStatus(result) == PGRES_FATAL_ERROR && connection->error.code == HEARTH_OK)
		prepare_failed(connection, result);
	if (PQresultStatus(result) == PGRES_COMMAND_OK && step_index(connection, &index, &describes) && describes)
		learn(connection, index, result);
	else
		PQclear(result);
	connection->step++;
}

/* ---- reading ---- */

static void take_results(struct hearth_connection *connection)
{
	int silent = 0;
	while (connection->pg && connection->syncs && !PQisBusy(connection->pg)) {
		PGresult *result = PQgetResult(connection->pg);
		if (!result) {
			/* One NULL ends each statement's results; several mean that nothing more is there. */
			if (++silent > 2)
				break;
			continue;
		}
		silent = 0;
		connection->syncs -= PQresultStatus(result) == PGRES_PIPELINE_SYNC;
		if (connection->state == HEARTH_PREPARING)
			prepare_result(connection, result);
		else
			connection->options.calls->result(connection->options.context, result);
	}
}

static void converse(struct hearth_connection *connection, uint32_t events)
{
	bool alive = true;
	if (events & ~(uint32_t)EPOLLOUT) {
		alive = PQconsumeInput(connection->pg);
		connection->heard_us = hearth_clock_mono();
	}
	(void)PQisBusy(connection->pg);
	take_results(connection);
	if (!connection->pg)
		return;
	if (!alive || PQstatus(connection->pg) == CONNECTION_BAD) {
		drop(connection, PQerrorMessage(connection->pg));
		return;
	}
	hearth_connection_settle(connection);
	if (connection->state == HEARTH_READY)
		connection->options.calls->settled(connection->options.context);
}

/* ---- connecting ---- */

static void connect_step(struct hearth_connection *connection, PostgresPollingStatusType polled)
{
	if (polled == PGRES_POLLING_FAILED) {
		drop(connection, PQerrorMessage(connection->pg));
		return;
	}
	connection->events = polled == PGRES_POLLING_WRITING ? EPOLLOUT : EPOLLIN;
	connection->watch = hearth_loop_add(connection->loop, PQsocket(connection->pg), connection->events, on_event,
	                                    connection);
	if (polled != PGRES_POLLING_OK)
		return;
	PQsetNoticeReceiver(connection->pg, drop_notice, NULL);
	if (PQsetnonblocking(connection->pg, 1) || !PQenterPipelineMode(connection->pg)) {
		drop(connection, PQerrorMessage(connection->pg));
		return;
	}
	prepare_all(connection, false);
}

static void on_event(void *context, uint32_t events)
{
	struct hearth_connection *connection = context;
	if (connection->state != HEARTH_CONNECTING) {
		converse(connection, events);
		return;
	}
	/* The next address may be another socket, so the old one is forgotten first. */
	hearth_watch_free(&connection->watch);
	connect_step(connection, PQconnectPoll(connection->pg));
}

static void connect_now(struct hearth_connection *connection)
{
	connection->state = HEARTH_CONNECTING;
	connection->pg = PQconnectStartParams((const char *const *)connection->keywords,
	                                      (const char *const *)connection->values, 0);
	if (!connection->pg || PQstatus(connection->pg) == CONNECTION_BAD) {
		drop(connection, connection->pg ? PQerrorMessage(connection->pg) : "no memory");
		return;
	}
	hearth_alarm_set(connection->alarm, CONNECT_WITHIN);
	connect_step(connection, PGRES_POLLING_WRITING);
}

/* The names were looked up, or took too long: what is known has to do. */
static void connect_known(void *context)
{
	struct hearth_connection *connection = context;
	struct hearth_db_hosts *hosts = connection->hosts;
	hearth_db_hosts_stop(hosts);
	if (hearth_db_hosts_fill(hosts)) {
		drop(connection, hosts->trouble);
		return;
	}
	set_keyword(connection, "host", hosts->host);
	set_keyword(connection, "hostaddr", hosts->hostaddr);
	if (keyword_value(connection, "port"))
		set_keyword(connection, "port", hosts->port);
	connect_now(connection);
}

void hearth_connection_start(struct hearth_connection *connection)
{
	if (!connection->hosts) {
		connect_now(connection);
		return;
	}
	connection->state = HEARTH_LOOKING;
	hearth_alarm_set(connection->alarm, LOOK_WITHIN);
	if (hearth_db_hosts_look(connection->hosts, connect_known, connection) == 0)
		connect_known(connection);
}

static void on_alarm(void *context)
{
	struct hearth_connection *connection = context;
	int64_t silence = (int64_t)connection->options.silence_ms * 1000;
	switch (connection->state) {
	case HEARTH_AWAY:
		hearth_connection_start(connection);
		break;
	case HEARTH_LOOKING:
		connect_known(connection);
		break;
	case HEARTH_CONNECTING:
		if (connection->hosts)
			hearth_db_hosts_pass_over(connection->hosts);
		drop(connection, "no answer to a connect within 5 s");
		break;
	case HEARTH_PREPARING:
		drop(connection, "statements were not prepared within 30 s");
		break;
	case HEARTH_READY:
		if (connection->syncs && hearth_clock_mono() - connection->heard_us > silence)
			drop(connection, "no answer for too long");
		else
			hearth_alarm_set(connection->alarm, silence);
		break;
	}
}

/* ---- options ---- */

/* A plan made once, while a table was still empty, would read all of it for ever after. */
static const char by_key[] = " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off";

static void set_session(struct hearth_connection *connection)
{
	const struct hearth_connection_options *options = &connection->options;
	const char *theirs = keyword_value(connection, "options");
	char session[1024], name[80];
	snprintf(session, sizeof session, "%s%s-c search_path=%s -c statement_timeout=%d -c lock_timeout=2000"
	         " -c idle_in_transaction_session_timeout=2000 -c client_connection_check_interval=1000"
	         " -c TimeZone=UTC -c DateStyle=ISO -c jit=off%s%s%s", theirs ? theirs : "", theirs ? " " : "",
	         options->service, options->statement_timeout_ms, options->by_key ? by_key : "",
	         options->role && *options->role ? " -c role=" : "",
	         options->role && *options->role ? options->role : "");
	set_keyword(connection, "options", session);
	snprintf(name, sizeof name, "hearth-%s", options->service);
	set_keyword(connection, "application_name", name);
	set_keyword(connection, "client_encoding", "UTF8");
	set_keyword(connection, "tcp_user_timeout", "5000");
	set_keyword(connection, "keepalives", "1");
	set_keyword(connection, "keepalives_idle", "5");
	set_keyword(connection, "keepalives_interval", "2");
	set_keyword(connection, "keepalives_count", "3");
	snprintf(name, sizeof name, "hearth_%s", options->service);
	if (!keyword_value(connection, "user"))
		set_keyword(connection, "user", name);
	/* A standby answers and takes no writes: who means one says so in the URL. */
	if (!keyword_value(connection, "target_session_attrs") && !getenv("PGTARGETSESSIONATTRS"))
		set_keyword(connection, "target_session_attrs", "read-write");
}

/* The environment says what the URL does not, as libpq has it. */
static void find_hosts(struct hearth_connection *connection)
{
	static const struct { const char *keyword, *variable; } all[] = {
		{ "host", "PGHOST" }, { "hostaddr", "PGHOSTADDR" }, { "port", "PGPORT" } };
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		const char *value = keyword_value(connection, all[i].keyword) ? NULL : getenv(all[i].variable);
		if (value && *value)
			set_keyword(connection, all[i].keyword, value);
	}
	connection->hosts = hearth_db_hosts_new(connection->options.resolver, keyword_value(connection, "host"),
	                                        keyword_value(connection, "hostaddr"), keyword_value(connection, "port"));
}

int hearth_connection_init(struct hearth_connection *connection, struct hearth_loop *loop,
                           const struct hearth_connection_options *options, struct hearth_status *status)
{
	memset(connection, 0, sizeof *connection);
	connection->loop = loop;
	connection->options = *options;
	connection->backoff_us = FIRST_BACKOFF;
	connection->keywords = hearth_alloc((MOST_KEYWORDS + 1) * sizeof(char *));
	connection->values = hearth_alloc((MOST_KEYWORDS + 1) * sizeof(char *));
	memset(connection->keywords, 0, (MOST_KEYWORDS + 1) * sizeof(char *));
	memset(connection->values, 0, (MOST_KEYWORDS + 1) * sizeof(char *));
	connection->alarm = hearth_alarm_new(loop, on_alarm, connection);
	set_trouble(connection, "not connected yet");
	/* The parser's message may quote a password, so it is not shown. */
	PQconninfoOption *parsed = PQconninfoParse(options->url ? options->url : "", NULL);
	if (!parsed)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "DATABASE_URL",
		                   "the database URL cannot be read: postgresql://user@host/name or host=... dbname=...");
	for (PQconninfoOption *option = parsed; option->keyword; option++)
		if (option->val && *option->val)
			set_keyword(connection, option->keyword, option->val);
	PQconninfoFree(parsed);
	set_session(connection);
	find_hosts(connection);
	return 0;
}

void hearth_connection_done(struct hearth_connection *connection)
{
	hearth_watch_free(&connection->watch);
	hearth_alarm_free(&connection->alarm);
	hearth_db_hosts_free(&connection->hosts);
	PQfinish(connection->pg);
	for (size_t i = 0; connection->keywords && i < MOST_KEYWORDS; i++) {
		free(connection->keywords[i]);
		free(connection->values[i]);
	}
	free(connection->keywords);
	free(connection->values);
	memset(connection, 0, sizeof *connection);
}
