/* reads.c: pipelined reads; those of a turn share a Sync, at most 32 of them (slow reads and notes for the audit
 * have one each).
 *
 * PostgreSQL answers a Sync with a system call of its own, which costs as much as a read by key. When one fails, those
 * behind it in its Sync were not run: they are sent again, and the failed one is answered, so that one's error touches no
 * other. A read whose connection was lost is sent again (it has no effect),
 * within its deadline and at most five times.
 *
 * A Sync can fail by itself, after the results before it: what it commits is refused, or a timeout comes too late for the
 * statement. Who has a Sync of his own is answered when it has come, because only then is what he wrote there; reads that
 * share one have their rows, and its error says nothing about them, nor about those of the next.
 */
#include "db_internal.h"

#include <string.h>

#include <hearth/clock.h>

#define MOST_TRIES 5
#define MOST_FLYING_READ 256
#define MOST_FLYING_SLOW 8
#define LANE_BY_KEY(lane) ((lane) != HEARTH_LANE_SLOW)
#define READS_A_SYNC 32

static void answer_error(struct hearth_reader *reader, struct hearth_read *read, const struct hearth_status *status)
{
	reader->db->counts.read_errors++;
	read->done(read, NULL, status);
}

/* ---- results ---- */

static void on_ready(void *context)
{
	struct hearth_reader *reader = context;
	hearth_db_connection_changed(reader->db);
}

static bool out_of_date(const char *sqlstate)
{
	return strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "26000") == 0;
}

static void finish(struct hearth_reader *reader, PGresult *result)
{
	struct hearth_read *read = hearth_read_take_first(&reader->flying);
	ExecStatusType kind = PQresultStatus(result);
	reader->answered = read->ends_batch;
	if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK) {
		struct hearth_status fine = HEARTH_STATUS_INIT;
		reader->db->counts.reads++;
		reader->giving = result;
		read->done(read, result, &fine);
		PQclear(reader->giving);
		reader->giving = NULL;
		return;
	}
	const char *sqlstate = hearth_result_sqlstate(result);
	struct hearth_status status = HEARTH_STATUS_INIT;
	bool renews = out_of_date(sqlstate) && read->tries < 1;
	if (renews || (hearth_sqlstate_retry(sqlstate) && read->tries < MOST_TRIES)) {
		reader->renew_due |= renews;
		read->tries++;
		hearth_read_append(&reader->waiting, read);
		PQclear(result);
		return;
	}
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	hearth_status_from_sqlstate(&status, *sqlstate ? sqlstate : "XX000", message ? message : "no result");
	hearth_fail_context(&status, "sql/%s.sql", read->statement->name);
	answer_error(reader, read, &status);
	PQclear(result);
}

/* The Sync of a batch: what its error said counts, and those behind it were not run. */
static void on_sync(struct hearth_reader *reader)
{
	PGresult *held = reader->held;
	reader->held = NULL;
	if (held)
		finish(reader, held);
	reader->answered = false;
	for (; reader->aborted > 0; reader->aborted--)
		hearth_read_append(&reader->waiting, hearth_read_take_first(&reader->flying));
}

/* The first error counts; rows that were held make way for it. */
static void hold_error(struct hearth_reader *reader, PGresult *result)
{
	bool first = !reader->held || PQresultStatus(reader->held) != PGRES_FATAL_ERROR;
	PGresult *dropped = first && !reader->answered ? reader->held : result;
	if (dropped != result)
		reader->held = result;
	PQclear(dropped);
}

/* An error may be the last word of a connection that is dying, after which its reads are sent again: it counts only when
 * its Sync has come. */
static void on_result(void *context, PGresult *result)
{
	struct hearth_reader *reader = context;
	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (reader->most_unsynced == 1)
			reader->held = result;
		else
			finish(reader, result);
		return;
	case PGRES_PIPELINE_SYNC:
		on_sync(reader);
		break;
	case PGRES_PIPELINE_ABORTED:
		reader->aborted++;
		break;
	default:
		hold_error(reader, result);
		return;
	}
	PQclear(result);
}

static void on_settled(void *context)
{
	struct hearth_reader *reader = context;
	if (reader->waiting.first || reader->renew_due)
		hearth_db_wake(reader->db);
}

static void on_lost(void *context)
{
	struct hearth_reader *reader = context;
	PQclear(reader->held);
	reader->held = NULL;
	reader->unsynced = reader->aborted = 0;
	reader->renew_due = reader->answered = false;
	for (struct hearth_read *read = reader->flying.first; read; read = read->next)
		read->tries++;
	hearth_read_put_in_front(&reader->waiting, &reader->flying);
	hearth_db_connection_changed(reader->db);
}

static void on_failed(void *context, const struct hearth_status *status)
{
	struct hearth_reader *reader = context;
	hearth_db_connection_failed(reader->db, status);
}

static const struct hearth_connection_calls calls = { on_ready, on_result, on_settled, on_lost, on_failed };

/* ---- requests ---- */

int hearth_reader_init(struct hearth_reader *reader, struct hearth_db *db, enum hearth_lane lane,
                       struct hearth_status *status)
{
	static const char *const names[HEARTH_LANES] = { "read", "slow", "audit" };
	int timeout = LANE_BY_KEY(lane) ? db->options.statement_timeout_ms : db->options.slow_timeout_ms;
	reader->db = db;
	reader->most_flying = lane == HEARTH_LANE_READ ? MOST_FLYING_READ : MOST_FLYING_SLOW;
	reader->most_unsynced = lane == HEARTH_LANE_READ ? READS_A_SYNC : 1;
	const struct hearth_connection_options options = {
		.service = db->service, .url = db->url, .role = db->role, .resolver = db->resolver,
		.lane = names[lane],
		.statement_timeout_ms = timeout, .by_key = LANE_BY_KEY(lane), .silence_ms = timeout + 15000,
		.catalogue = &db->catalogue, .calls = &calls, .context = reader };
	return hearth_connection_init(&reader->connection, db->loop, &options, status);
}

void hearth_reader_done(struct hearth_reader *reader)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_read *read;
	hearth_connection_done(&reader->connection);
	hearth_fail(&status, HEARTH_UNAVAILABLE, "STOPPING", "this process is stopping; try again");
	PQclear(reader->held);
	reader->held = NULL;
	hearth_read_put_in_front(&reader->waiting, &reader->flying);
	hearth_read_put_in_front(&reader->waiting, &reader->refused);
	while ((read = hearth_read_take_first(&reader->waiting)))
		answer_error(reader, read, &status);
}

void hearth_reader_add(struct hearth_reader *reader, struct hearth_read *read)
{
	read->tries = 0;
	hearth_read_append(hearth_db_full(reader->db) ? &reader->refused : &reader->waiting, read);
}

static size_t bytes_of(const struct hearth_statement *statement, const char *const *values)
{
	size_t bytes = 64;
	for (size_t i = 0; i < statement->parameter_count; i++)
		bytes += values[i] ? strlen(values[i]) + 4 : 4;
	return bytes;
}

static void refuse(struct hearth_reader *reader)
{
	struct hearth_status full = HEARTH_STATUS_INIT;
	struct hearth_read_list refused = reader->refused;
	struct hearth_read *read;
	if (!refused.first)
		return;
	reader->refused = (struct hearth_read_list){ 0 };
	hearth_fail(&full, HEARTH_RESOURCE_EXHAUSTED, "QUEUE_FULL", "%d calls wait for the database already",
	            reader->db->options.most_queued);
	full.retry_after_ms = 100;
	while ((read = hearth_read_take_first(&refused)))
		answer_error(reader, read, &full);
}

static void end_batch(struct hearth_reader *reader)
{
	if (!reader->unsynced)
		return;
	reader->flying.last->ends_batch = true;
	hearth_connection_sync(&reader->connection);
	reader->unsynced = 0;
}

static void launch(struct hearth_reader *reader, struct hearth_read *read, int64_t now)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const struct hearth_statement *statement = read->statement;
	if (read->tries > MOST_TRIES)
		hearth_fail(&status, HEARTH_UNAVAILABLE, "DATABASE_AWAY", "the database was lost %d times during this call",
		            read->tries);
	if (status.code || hearth_db_overdue(reader->db, read->deadline_us, now, false, &status)) {
		answer_error(reader, read, &status);
		return;
	}
	read->ends_batch = false;
	hearth_read_append(&reader->flying, read);
	hearth_connection_send(&reader->connection, statement->name, statement->parameter_count, read->values,
	                       bytes_of(statement, read->values));
	if (++reader->unsynced == reader->most_unsynced)
		end_batch(reader);
}

void hearth_reader_dispatch(struct hearth_reader *reader)
{
	struct hearth_connection *connection = &reader->connection;
	refuse(reader);
	if (connection->state != HEARTH_READY || !reader->db->checked)
		return;
	if (reader->renew_due) {
		if (connection->syncs)
			return;
		reader->renew_due = false;
		hearth_connection_renew(connection);
		hearth_db_connection_changed(reader->db);
		return;
	}
	int64_t now = reader->waiting.first ? hearth_clock_wall() : 0;
	bool sent = reader->waiting.first != NULL;
	while (reader->waiting.first && reader->flying.count + reader->kept < reader->most_flying && !connection->broken
	       && connection->unsent < HEARTH_UNSENT_MOST)
		launch(reader, hearth_read_take_first(&reader->waiting), now);
	end_batch(reader);
	if (sent)
		hearth_connection_settle(connection);
	/* When the socket took all at once no event will come for the rest. */
	if (reader->waiting.first && connection->pg && !connection->unsent && reader->flying.count + reader->kept < reader->most_flying)
		hearth_db_wake(reader->db);
}

PGresult *hearth_reader_keep(struct hearth_reader *reader)
{
	PGresult *kept = reader->giving;
	reader->giving = NULL;
	reader->kept++;
	return kept;
}

void hearth_reader_give_back(struct hearth_reader *reader, PGresult *result)
{
	PQclear(result);
	reader->kept--;
	if (reader->waiting.first)
		hearth_db_wake(reader->db);
}

void hearth_reader_sweep(struct hearth_reader *reader, int64_t now)
{
	struct hearth_read_list all = reader->waiting;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_read *read;
	reader->waiting = (struct hearth_read_list){ 0 };
	while ((read = hearth_read_take_first(&all))) {
		if (hearth_db_overdue(reader->db, read->deadline_us, now, false, &status))
			answer_error(reader, read, &status);
		else
			hearth_read_append(&reader->waiting, read);
	}
}
