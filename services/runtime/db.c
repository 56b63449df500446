/* db.c: the database layer's public face: its connections, one dispatch at the end of each turn, deadlines.
 */
#include "db_internal.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/log.h>

#define SWEEP_EVERY 50000
#define BEFORE_DEADLINE 200000       /* a caller hears UNAVAILABLE before it would give up by itself */

static bool ready(const struct hearth_db *db)
{
	bool all = db->checked && db->writer.connection.state == HEARTH_READY;
	for (size_t i = 0; i < db->lane_count; i++)
		all &= db->readers[i].connection.state == HEARTH_READY;
	return all;
}

/* ---- the turn's end ---- */

static void stop(struct hearth_db *db)
{
	db->failed_due = false;
	if (db->options.failed)
		db->options.failed(db->options.context, &db->failure);
	else
		hearth_log(HEARTH_LOG_ERROR, "database", "failed=\"%s\"", db->failure.message);
}

static void check(struct hearth_db *db)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (db->checked || db->stopped || !db->catalogue.described)
		return;
	if (db->options.checked && db->options.checked(db->options.context, &status)) {
		hearth_db_connection_failed(db, &status);
		return;
	}
	db->checked = true;
}

static bool waiting(const struct hearth_db *db)
{
	bool any = db->writer.waiting.first != NULL;
	for (size_t i = 0; i < db->lane_count; i++)
		any |= db->readers[i].waiting.first != NULL;
	return any;
}

static void on_sweep(void *context)
{
	struct hearth_db *db = context;
	int64_t now = hearth_clock_wall();
	db->sweeping = false;
	hearth_writer_sweep(&db->writer, now);
	for (size_t i = 0; i < db->lane_count; i++)
		hearth_reader_sweep(&db->readers[i], now);
	hearth_db_wake(db);
}

static void dispatch(void *context)
{
	struct hearth_db *db = context;
	check(db);
	if (db->failed_due)
		stop(db);
	if (db->changed_due) {
		db->changed_due = false;
		if (db->options.changed)
			db->options.changed(db->options.context);
	}
	hearth_writer_dispatch(&db->writer);
	for (size_t i = 0; i < db->lane_count; i++)
		hearth_reader_dispatch(&db->readers[i]);
	if (!db->sweeping && waiting(db)) {
		db->sweeping = true;
		hearth_alarm_set(db->sweep, SWEEP_EVERY);
	}
}

void hearth_db_wake(struct hearth_db *db)
{
	hearth_loop_defer(db->loop, &db->deferred);
}

void hearth_db_connection_failed(struct hearth_db *db, const struct hearth_status *status)
{
	/* After the first check a statement that fails is a migration under way: it is waited for. */
	if (db->checked || db->stopped)
		return;
	db->stopped = db->failed_due = true;
	db->failure = *status;
	hearth_db_wake(db);
}

void hearth_db_connection_changed(struct hearth_db *db)
{
	db->changed_due = true;
	hearth_db_wake(db);
}

bool hearth_db_full(const struct hearth_db *db)
{
	return hearth_db_queued_writes(db) + hearth_db_queued_reads(db) >= (size_t)db->options.most_queued;
}

bool hearth_db_overdue(const struct hearth_db *db, int64_t deadline_us, int64_t now, bool uncertain,
                       struct hearth_status *status)
{
	if (!deadline_us)
		return false;
	bool away = !ready(db);
	if (now < deadline_us - (away || uncertain ? BEFORE_DEADLINE : 0))
		return false;
	if (uncertain)
		hearth_fail(status, HEARTH_UNKNOWN, "OUTCOME_UNKNOWN",
		            "the database was lost during the commit; try again with the same request id");
	else if (away)
		hearth_fail(status, HEARTH_UNAVAILABLE, "DATABASE_AWAY", "the database is away; try again");
	else
		hearth_fail(status, HEARTH_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "the deadline passed before the call could start");
	return true;
}

/* ---- the public functions ---- */

struct hearth_db *hearth_db_new(struct hearth_loop *loop, const struct hearth_db_options *options)
{
	struct hearth_db *db = hearth_alloc(sizeof *db);
	size_t count = hearth_statements_count(options->statements) + 1;
	struct hearth_status status = HEARTH_STATUS_INIT;
	memset(db, 0, sizeof *db);
	db->loop = loop;
	db->options = *options;
	db->options.group_most = options->group_most > 0 ? options->group_most : 128;
	db->options.most_queued = options->most_queued > 0 ? options->most_queued : 10000;
	db->options.statement_timeout_ms = options->statement_timeout_ms > 0 ? options->statement_timeout_ms : 250;
	db->options.slow_timeout_ms = options->slow_timeout_ms > 0 ? options->slow_timeout_ms : 30000;
	db->service = hearth_strdup(options->service);
	db->url = hearth_strdup(options->url ? options->url : "");
	db->role = hearth_strdup(options->role ? options->role : "");
	db->resolver = hearth_resolver_new(loop);
	db->catalogue.statements = options->statements;
	db->catalogue.descriptions = hearth_alloc(count * sizeof(PGresult *));
	memset(db->catalogue.descriptions, 0, count * sizeof(PGresult *));
	db->deferred = (struct hearth_deferred){ .callback = dispatch, .context = db };
	db->sweep = hearth_alarm_new(loop, on_sweep, db);
	int failed = hearth_writer_init(&db->writer, db, &status);
	db->lane_count = options->audit_writes ? HEARTH_LANES : HEARTH_LANE_AUDIT;
	for (size_t i = 0; i < db->lane_count; i++)
		failed |= hearth_reader_init(&db->readers[i], db, (enum hearth_lane)i, &status);
	if (failed) {
		hearth_db_connection_failed(db, &status);
		return db;
	}
	hearth_connection_start(&db->writer.connection);
	for (size_t i = 0; i < db->lane_count; i++)
		hearth_connection_start(&db->readers[i].connection);
	return db;
}

void hearth_db_free(struct hearth_db **ret_db)
{
	struct hearth_db *db = *ret_db;
	if (!db)
		return;
	/* Callers that are answered now may look at the db, or queue again, which is answered too. */
	hearth_writer_done(&db->writer);
	for (size_t i = 0; i < db->lane_count; i++)
		hearth_reader_done(&db->readers[i]);
	hearth_loop_undefer(db->loop, &db->deferred);
	hearth_alarm_free(&db->sweep);
	for (size_t i = 0; i < hearth_statements_count(db->catalogue.statements); i++)
		PQclear(db->catalogue.descriptions[i]);
	free(db->catalogue.descriptions);
	hearth_resolver_free(&db->resolver);
	free(db->service);
	free(db->url);
	free(db->role);
	free(db);
	*ret_db = NULL;
}

bool hearth_db_ready(const struct hearth_db *db)
{
	return ready(db);
}

const char *hearth_db_trouble(const struct hearth_db *db)
{
	if (db->stopped)
		return db->failure.message;
	if (db->writer.connection.state != HEARTH_READY)
		return db->writer.connection.trouble;
	for (size_t i = 0; i < db->lane_count; i++)
		if (db->readers[i].connection.state != HEARTH_READY)
			return db->readers[i].connection.trouble;
	return "";
}

size_t hearth_db_queued_writes(const struct hearth_db *db)
{
	return db->writer.waiting.count + db->writer.running.count;
}

size_t hearth_db_queued_reads(const struct hearth_db *db)
{
	size_t count = 0;
	for (size_t i = 0; i < db->lane_count; i++)
		count += db->readers[i].waiting.count + db->readers[i].flying.count;
	return count;
}

bool hearth_db_idle(const struct hearth_db *db)
{
	bool idle = !hearth_db_queued_writes(db) && !hearth_db_queued_reads(db) && !db->writer.refused.first;
	for (size_t i = 0; i < db->lane_count; i++)
		idle &= !db->readers[i].refused.first;
	return idle;
}

void hearth_db_read(struct hearth_db *db, enum hearth_lane lane, struct hearth_read *read)
{
	hearth_reader_add(&db->readers[lane], read);
	hearth_db_wake(db);
}

PGresult *hearth_db_keep(struct hearth_db *db, enum hearth_lane lane)
{
	return hearth_reader_keep(&db->readers[lane]);
}

void hearth_db_give_back(struct hearth_db *db, enum hearth_lane lane, PGresult *result)
{
	hearth_reader_give_back(&db->readers[lane], result);
}

void hearth_db_write(struct hearth_db *db, struct hearth_write *write)
{
	hearth_writer_add(&db->writer, write);
	hearth_db_wake(db);
}

void hearth_db_hold(struct hearth_db *db, const char *name, void (*held)(void *context, bool held), void *context)
{
	hearth_writer_hold(&db->writer, name, held, context);
}

struct hearth_db_counts hearth_db_counts(const struct hearth_db *db)
{
	struct hearth_db_counts counts = db->counts;
	counts.reconnects = db->writer.connection.lost_count;
	for (size_t i = 0; i < db->lane_count; i++)
		counts.reconnects += db->readers[i].connection.lost_count;
	return counts;
}
