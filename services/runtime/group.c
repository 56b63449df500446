/* group.c: grouped writes: what is queued when the connection is idle becomes one transaction.
 *
 *   [ROLLBACK] BEGIN lock job.. job [audit] COMMIT Sync    one pipeline, sent without waiting
 *
 * Success is a COMMIT result whose tag is COMMIT, followed by the Sync; only then is anybody answered. Otherwise:
 *
 *   a statement failed              its job is answered; the rest runs again in the next group, which begins with the
 *                                   ROLLBACK; a job that has been through three groups runs alone
 *   COMMIT failed                   every job of the group runs alone
 *   40001 40P01 55P03 25P03,        the whole group runs again after a rest; without a deadline at most ten times
 *   or the writer lock not had
 *   0A000 26000                     statements are prepared again, then the whole group runs again
 *   lost before COMMIT was sent     the group waits for the next connection
 *   lost after COMMIT was sent      the same, and each job is `uncertain`: past its deadline it is answered UNKNOWN,
 *                                   not UNAVAILABLE (request ids make running it twice safe)
 *
 * A job marked `alone` is a group of its own, answered by any error of its own statements or its COMMIT.
 */
#include "db_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#define MOST_GROUP_BYTES ((size_t)1 << 20)
#define MOST_GROUP_US 50000.0
#define LEAST_GROUP 16
#define FIXED_US 5000.0              /* a commit's own cost, which more jobs do not add to */
#define TRIES_BEFORE_ALONE 3
#define MOST_TRIES 10
#define MOST_REST_US 100000

/* A job's `tries` hold two counts: failures of its groups (which end with it running alone), and rests. */
#define ONE_REST 0x100

static int failures(const struct hearth_write *write)
{
	return write->tries % ONE_REST;
}

static int rests(const struct hearth_write *write)
{
	return write->tries / ONE_REST;
}

static void count_failure(struct hearth_write *write)
{
	if (failures(write) < TRIES_BEFORE_ALONE)
		write->tries++;
}

/* ---- errors ---- */

static void answer_error(struct hearth_write *write, const struct hearth_status *status)
{
	write->results = NULL;
	write->done(write, NULL, status);
}

/* ---- taking results ---- */

static bool renewable(const char *sqlstate)
{
	return strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "26000") == 0;
}

static bool retried(const char *sqlstate)
{
	return hearth_sqlstate_retry(sqlstate) || strcmp(sqlstate, "25P03") == 0;
}

static void note_error(struct hearth_writer *writer, const PGresult *result)
{
	const char *sqlstate = hearth_result_sqlstate(result);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (writer->errored)
		return;
	writer->errored = true;
	writer->error_part = writer->part;
	writer->error_write = writer->part == HEARTH_PART_JOBS ? writer->take : NULL;
	writer->error = (struct hearth_status)HEARTH_STATUS_INIT;
	snprintf(writer->error_sqlstate, sizeof writer->error_sqlstate, "%s", *sqlstate ? sqlstate : "XX000");
	hearth_status_from_sqlstate(&writer->error, writer->error_sqlstate, message ? message : "unexpected result");
	if (writer->error_write)
		hearth_fail_context(&writer->error, "sql/%s.sql", writer->take->steps[writer->take_step].statement->name);
}

static void keep_result(struct hearth_writer *writer, PGresult *result)
{
	if (writer->result_count == writer->result_room) {
		writer->result_room = writer->result_room ? writer->result_room * 2 : 256;
		writer->results = hearth_realloc(writer->results, writer->result_room * sizeof *writer->results);
	}
	writer->results[writer->result_count++] = result;
	if (++writer->take_step < writer->take->step_count)
		return;
	writer->take_step = 0;
	writer->take = writer->take->next;
	if (!writer->take)
		writer->part = writer->audited ? HEARTH_PART_AUDIT : HEARTH_PART_COMMIT;
}

static void drop_results(struct hearth_writer *writer)
{
	for (size_t i = 0; i < writer->result_count; i++)
		PQclear((PGresult *)writer->results[i]);
	writer->result_count = 0;
}

static void take_result(struct hearth_writer *writer, PGresult *result)
{
	ExecStatusType kind = PQresultStatus(result);
	/* A timeout may come too late for the COMMIT and meet the Sync: what is committed stays so. */
	bool late = writer->part == HEARTH_PART_SYNC && writer->committed;
	if (kind != PGRES_TUPLES_OK && kind != PGRES_COMMAND_OK && kind != PGRES_PIPELINE_ABORTED && !late)
		note_error(writer, result);
	switch (writer->part) {
	case HEARTH_PART_JOBS:
		keep_result(writer, result);
		return;
	case HEARTH_PART_ROLLBACK:
		/* Nothing else follows when only the rollback was due. */
		writer->part = writer->running.first ? HEARTH_PART_BEGIN : HEARTH_PART_SYNC;
		break;
	case HEARTH_PART_BEGIN:
		writer->part = HEARTH_PART_LOCK;
		break;
	case HEARTH_PART_LOCK:
		writer->part = HEARTH_PART_JOBS;
		break;
	case HEARTH_PART_AUDIT:
		writer->part = HEARTH_PART_COMMIT;
		break;
	case HEARTH_PART_COMMIT:
		writer->committed = kind == PGRES_COMMAND_OK && strcmp(PQcmdStatus(result), "COMMIT") == 0;
		writer->part = HEARTH_PART_SYNC;
		break;
	case HEARTH_PART_SYNC:
		break;
	}
	PQclear(result);
}

/* ---- the end of a group ---- */

static void learn_pace(struct hearth_writer *writer)
{
	double took = (double)(hearth_clock_mono() - writer->started_us) - FIXED_US;
	double cost = took > 0 ? took / (double)writer->running.count : 0;
	/* Down at once, up slowly: one slow commit must not make groups small. */
	writer->job_us += (cost - writer->job_us) * (cost < writer->job_us ? 0.5 : 0.125);
}

static void answer_all(struct hearth_writer *writer)
{
	struct hearth_write_list done = writer->running;
	struct hearth_status fine = HEARTH_STATUS_INIT;
	struct hearth_write *write;
	size_t offset = 0;
	learn_pace(writer);
	writer->db->counts.groups++;
	writer->db->counts.grouped += done.count;
	writer->running = (struct hearth_write_list){ 0 };
	while ((write = hearth_write_take_first(&done))) {
		size_t steps = write->step_count;
		write->results = writer->results + offset;
		offset += steps;
		write->done(write, write->results, &fine);
	}
	drop_results(writer);
}

static void again(struct hearth_writer *writer, bool counted)
{
	for (struct hearth_write *write = writer->running.first; write; write = write->next)
		if (counted)
			count_failure(write);
	writer->db->counts.resubmitted += writer->running.count;
	hearth_write_put_in_front(&writer->waiting, &writer->running);
}

/* Answers the jobs of the running group that `which` picks out (NULL: all) with the group's error. */
static void answer_failed(struct hearth_writer *writer, const struct hearth_write *which, int least)
{
	struct hearth_write_list all = writer->running, failed = { 0 };
	struct hearth_status error = writer->error;
	struct hearth_write *write;
	writer->running = (struct hearth_write_list){ 0 };
	while ((write = hearth_write_take_first(&all)))
		hearth_write_append((!which || write == which) && failures(write) >= least ? &failed : &writer->running, write);
	again(writer, true);
	while ((write = hearth_write_take_first(&failed))) {
		memcpy(write->sqlstate, writer->error_sqlstate, sizeof write->sqlstate);
		answer_error(write, &error);
	}
}

static void rest(struct hearth_writer *writer)
{
	int64_t count = writer->waiting.first ? rests(writer->waiting.first) : 1;
	int64_t us = count * count * 2000;
	writer->resting = true;
	hearth_alarm_set(writer->rest, us > MOST_REST_US ? MOST_REST_US : us);
}

/* Jobs with a deadline are retried until then, the others ten times. Waiting for the lock is nobody's failure. */
static void run_again_rested(struct hearth_writer *writer)
{
	struct hearth_write_list all = writer->running, tired = { 0 };
	struct hearth_write *culprit = writer->error_write, *write;
	struct hearth_status error = writer->error;
	writer->running = (struct hearth_write_list){ 0 };
	while ((write = hearth_write_take_first(&all))) {
		bool gives_up = !write->deadline_us && rests(write) + 1 >= MOST_TRIES && (!culprit || write == culprit);
		if (rests(write) < MOST_TRIES)
			write->tries += ONE_REST;
		hearth_write_append(gives_up ? &tired : &writer->running, write);
	}
	again(writer, culprit != NULL);
	rest(writer);
	while ((write = hearth_write_take_first(&tired))) {
		memcpy(write->sqlstate, writer->error_sqlstate, sizeof write->sqlstate);
		answer_error(write, &error);
	}
}

static void fail_group(struct hearth_writer *writer)
{
	struct hearth_write *first = writer->running.first;
	bool single = first && !first->next;
	if (!first)
		return;
	writer->db->counts.group_errors++;
	if (renewable(writer->error_sqlstate) && failures(first) < TRIES_BEFORE_ALONE) {
		writer->renew_due = true;
		again(writer, true);
	} else if (writer->errored && writer->error_part <= HEARTH_PART_LOCK) {
		run_again_rested(writer);
	} else if (single && first->alone) {
		answer_failed(writer, NULL, 0);
	} else if (retried(writer->error_sqlstate)) {
		run_again_rested(writer);
	} else if (writer->error_write) {
		answer_failed(writer, writer->error_write, 0);
	} else if (single) {
		answer_failed(writer, NULL, TRIES_BEFORE_ALONE);
	} else {
		for (struct hearth_write *write = first; write; write = write->next)
			write->tries = rests(write) * ONE_REST + TRIES_BEFORE_ALONE;
		again(writer, false);
	}
}

static void finish(struct hearth_writer *writer)
{
	writer->state = HEARTH_GROUP_IDLE;
	if (writer->committed && !writer->errored) {
		answer_all(writer);
	} else {
		/* A COMMIT that answers ROLLBACK without an error before it is one that failed. */
		if (!writer->errored && writer->running.first) {
			memcpy(writer->error_sqlstate, "40000", 6);
			hearth_fail(&writer->error, HEARTH_INTERNAL, "COMMIT_FAILED", "the transaction was rolled back at COMMIT");
		}
		writer->rollback_due = PQtransactionStatus(writer->connection.pg) == PQTRANS_INERROR
			|| PQtransactionStatus(writer->connection.pg) == PQTRANS_INTRANS;
		drop_results(writer);
		fail_group(writer);
	}
	hearth_db_wake(writer->db);
}

/* ---- the connection ---- */

static void on_ready(void *context)
{
	struct hearth_writer *writer = context;
	writer->state = HEARTH_GROUP_IDLE;
	hearth_db_connection_changed(writer->db);
}

static void on_result(void *context, PGresult *result)
{
	struct hearth_writer *writer = context;
	bool sync = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
	if (writer->state == HEARTH_GROUP_RUNNING && !sync) {
		take_result(writer, result);
		return;
	}
	if (writer->state == HEARTH_GROUP_HOLDING && !sync && writer->asking)
		hearth_writer_asked(writer, result);
	PQclear(result);
	if (!sync)
		return;
	if (writer->state == HEARTH_GROUP_RUNNING)
		finish(writer);
	writer->state = HEARTH_GROUP_IDLE;
	hearth_db_wake(writer->db);
}

static void on_settled(void *context)
{
	struct hearth_writer *writer = context;
	if (writer->feed || (writer->state == HEARTH_GROUP_RUNNING && !writer->commit_sent))
		hearth_db_wake(writer->db);
}

static void on_lost(void *context)
{
	struct hearth_writer *writer = context;
	/* An error before COMMIT tells that the COMMIT, although sent, did not happen. */
	bool uncertain = writer->commit_sent && !(writer->errored && writer->error_part < HEARTH_PART_COMMIT);
	bool was_running = writer->state == HEARTH_GROUP_RUNNING;
	writer->state = HEARTH_GROUP_IDLE;
	writer->rollback_due = writer->renew_due = false;
	writer->feed = NULL;
	drop_results(writer);
	if (was_running) {
		for (struct hearth_write *write = writer->running.first; write; write = write->next)
			write->uncertain |= uncertain;
		again(writer, true);
	}
	hearth_writer_lose_holds(writer);
	hearth_db_connection_changed(writer->db);
}

static void on_failed(void *context, const struct hearth_status *status)
{
	struct hearth_writer *writer = context;
	hearth_db_connection_failed(writer->db, status);
}

static const struct hearth_connection_calls calls = { on_ready, on_result, on_settled, on_lost, on_failed };

/* ---- sending ---- */

static size_t bytes_of(struct hearth_write *write)
{
	if (write->bytes)
		return write->bytes;
	for (size_t s = 0; s < write->step_count; s++) {
		const struct hearth_step *step = &write->steps[s];
		write->bytes += 64;
		for (size_t i = 0; i < step->statement->parameter_count; i++)
			write->bytes += step->values[i] ? strlen(step->values[i]) + 4 : 4;
	}
	return write->bytes;
}

static bool runs_alone(const struct hearth_write *write)
{
	return write->alone || failures(write) >= TRIES_BEFORE_ALONE;
}

/* Moves the next group from waiting to running; what is overdue is answered on the way. */
static void pick(struct hearth_writer *writer)
{
	int64_t now = hearth_clock_wall();
	size_t bytes = 0, most = (size_t)writer->db->options.group_most;
	double fits = MOST_GROUP_US / (writer->job_us > 1 ? writer->job_us : 1);
	if (fits < (double)most)
		most = fits < LEAST_GROUP ? LEAST_GROUP : (size_t)fits;
	while (writer->waiting.first && writer->running.count < most) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		struct hearth_write *write = writer->waiting.first;
		bool overdue = hearth_db_overdue(writer->db, write->deadline_us, now, write->uncertain, &status);
		size_t more = bytes_of(write);
		if (!overdue && writer->running.first && (runs_alone(write) || bytes + more > MOST_GROUP_BYTES))
			break;
		hearth_write_take_first(&writer->waiting);
		if (overdue) {
			answer_error(write, &status);
			continue;
		}
		hearth_write_append(&writer->running, write);
		bytes += more;
		if (runs_alone(write))
			break;
	}
}

static void send_plain(struct hearth_writer *writer, const char *name)
{
	hearth_connection_send(&writer->connection, name, 0, NULL, 64);
}

/* One statement for the whole group: it notes what had an effect. */
static void send_audit(struct hearth_writer *writer)
{
	const struct hearth_statement *statement = writer->db->options.audit_writes;
	const struct hearth_audit **notes = hearth_arena_alloc(writer->arena, writer->running.count * sizeof *notes);
	const char *values[HEARTH_AUDIT_WRITE_COLUMNS];
	size_t count = 0;
	for (struct hearth_write *write = writer->running.first; write; write = write->next)
		if (write->audit)
			notes[count++] = write->audit;
	hearth_audit_arrays(writer->arena, count, notes, HEARTH_AUDIT_WRITE_COLUMNS, values);
	hearth_connection_send(&writer->connection, statement->name, HEARTH_AUDIT_WRITE_COLUMNS, values, count * 256);
	hearth_arena_reset(writer->arena);
}

/* Sends what the socket takes, at most 1 MB ahead of it; the rest when it has taken more. */
static void feed(struct hearth_writer *writer)
{
	struct hearth_connection *connection = &writer->connection;
	while (writer->feed && connection->unsent < HEARTH_UNSENT_MOST && !connection->broken) {
		const struct hearth_step *step = &writer->feed->steps[writer->feed_step];
		size_t bytes = writer->feed->bytes / writer->feed->step_count;
		hearth_connection_send(connection, step->statement->name, step->statement->parameter_count, step->values, bytes);
		if (++writer->feed_step == writer->feed->step_count) {
			writer->feed = writer->feed->next;
			writer->feed_step = 0;
		}
	}
	if (!writer->feed && !writer->commit_sent) {
		writer->commit_sent = true;
		if (writer->audited)
			send_audit(writer);
		send_plain(writer, "hearth.commit");
		hearth_connection_sync(connection);
	}
	hearth_connection_settle(connection);
	/* When the socket took all at once no event will come for the rest. */
	if (writer->feed && connection->pg && !connection->unsent)
		hearth_db_wake(writer->db);
}

static void start(struct hearth_writer *writer)
{
	writer->state = HEARTH_GROUP_RUNNING;
	writer->part = writer->rollback_due ? HEARTH_PART_ROLLBACK : HEARTH_PART_BEGIN;
	writer->errored = writer->committed = writer->commit_sent = writer->audited = false;
	for (struct hearth_write *write = writer->running.first; write && writer->db->options.audit_writes; write = write->next)
		writer->audited |= write->audit != NULL;
	writer->feed = writer->take = writer->running.first;
	writer->feed_step = writer->take_step = 0;
	writer->started_us = hearth_clock_mono();
	if (writer->rollback_due)
		send_plain(writer, "hearth.rollback");
	writer->rollback_due = false;
	if (!writer->running.first) {
		writer->commit_sent = true;
		hearth_connection_sync(&writer->connection);
		hearth_connection_settle(&writer->connection);
		return;
	}
	send_plain(writer, "hearth.begin");
	send_plain(writer, "hearth.lock");
	feed(writer);
}

static void refuse(struct hearth_writer *writer)
{
	struct hearth_write_list refused = writer->refused;
	struct hearth_status full = HEARTH_STATUS_INIT;
	struct hearth_write *write;
	if (!refused.first)
		return;
	writer->refused = (struct hearth_write_list){ 0 };
	hearth_fail(&full, HEARTH_RESOURCE_EXHAUSTED, "QUEUE_FULL", "%d calls wait for the database already",
	            writer->db->options.most_queued);
	full.retry_after_ms = 100;
	while ((write = hearth_write_take_first(&refused)))
		answer_error(write, &full);
}

void hearth_writer_dispatch(struct hearth_writer *writer)
{
	struct hearth_connection *connection = &writer->connection;
	refuse(writer);
	if (connection->state != HEARTH_READY || !writer->db->checked)
		return;
	if (writer->state == HEARTH_GROUP_RUNNING && !writer->commit_sent)
		feed(writer);
	if (writer->state != HEARTH_GROUP_IDLE || connection->syncs)
		return;
	if (writer->renew_due && !writer->rollback_due) {
		writer->renew_due = false;
		hearth_connection_renew(connection);
		hearth_db_connection_changed(writer->db);
		return;
	}
	if (!writer->rollback_due && hearth_writer_ask(writer))
		return;
	if (!writer->resting && !writer->renew_due)
		pick(writer);
	if (writer->running.first || writer->rollback_due)
		start(writer);
}

/* ---- from outside ---- */

static void on_rest(void *context)
{
	struct hearth_writer *writer = context;
	writer->resting = false;
	hearth_db_wake(writer->db);
}

static void on_hold_alarm(void *context)
{
	struct hearth_writer *writer = context;
	for (struct hearth_hold *hold = writer->holds; hold; hold = hold->next)
		hold->due = !hold->has;
	hearth_db_wake(writer->db);
}

/* FNV-1a: the same in every process and version, for it names the lock between them. */
static int64_t lock_key(const char *service)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	const char *const parts[] = { "hearth:writer:", service };
	for (size_t i = 0; i < 2; i++)
		for (const char *at = parts[i]; *at; at++)
			hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
	return (int64_t)hash;
}

int hearth_writer_init(struct hearth_writer *writer, struct hearth_db *db, struct hearth_status *status)
{
	writer->db = db;
	writer->job_us = 50;
	snprintf(writer->lock_text, sizeof writer->lock_text, "SELECT pg_advisory_xact_lock('%" PRId64 "'::bigint)",
	         lock_key(db->service));
	const char *const own[] = { "hearth.begin", "BEGIN", "hearth.commit", "COMMIT", "hearth.rollback", "ROLLBACK",
		"hearth.lock", writer->lock_text, "hearth.hold",
		"SELECT pg_try_advisory_lock(hashtextextended($1::text, 0))", NULL };
	memcpy(writer->own, own, sizeof own);
	writer->arena = hearth_arena_new();
	writer->rest = hearth_alarm_new(db->loop, on_rest, writer);
	writer->hold_alarm = hearth_alarm_new(db->loop, on_hold_alarm, writer);
	const struct hearth_connection_options options = {
		.service = db->service, .url = db->url, .role = db->role, .resolver = db->resolver,
		.lane = "write",
		.statement_timeout_ms = db->options.statement_timeout_ms, .by_key = true, .silence_ms = 20000, .own = writer->own,
		.catalogue = &db->catalogue, .calls = &calls, .context = writer };
	return hearth_connection_init(&writer->connection, db->loop, &options, status);
}

void hearth_writer_done(struct hearth_writer *writer)
{
	struct hearth_status away = HEARTH_STATUS_INIT, unknown = HEARTH_STATUS_INIT;
	struct hearth_write *write;
	bool sent = writer->state == HEARTH_GROUP_RUNNING && writer->commit_sent;
	hearth_connection_done(&writer->connection);
	hearth_alarm_free(&writer->rest);
	hearth_alarm_free(&writer->hold_alarm);
	hearth_fail(&away, HEARTH_UNAVAILABLE, "STOPPING", "this process is stopping; try again");
	hearth_fail(&unknown, HEARTH_UNKNOWN, "OUTCOME_UNKNOWN",
	            "this process is stopping; try again with the same request id");
	for (write = writer->running.first; write; write = write->next)
		write->uncertain |= sent;
	drop_results(writer);
	hearth_write_put_in_front(&writer->waiting, &writer->running);
	hearth_write_put_in_front(&writer->waiting, &writer->refused);
	while ((write = hearth_write_take_first(&writer->waiting)))
		answer_error(write, write->uncertain ? &unknown : &away);
	hearth_writer_free_holds(writer);
	hearth_arena_free(&writer->arena);
	free(writer->results);
}

void hearth_writer_add(struct hearth_writer *writer, struct hearth_write *write)
{
	write->tries = 0;
	write->uncertain = false;
	write->sqlstate[0] = '\0';
	/* A batch of events is our own and relieves the queue: it is never refused. */
	bool refused = !write->alone && hearth_db_full(writer->db);
	hearth_write_append(refused ? &writer->refused : &writer->waiting, write);
}

void hearth_writer_sweep(struct hearth_writer *writer, int64_t now)
{
	struct hearth_write_list all = writer->waiting;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_write *write;
	writer->waiting = (struct hearth_write_list){ 0 };
	while ((write = hearth_write_take_first(&all))) {
		if (hearth_db_overdue(writer->db, write->deadline_us, now, write->uncertain, &status))
			answer_error(write, &status);
		else
			hearth_write_append(&writer->waiting, write);
	}
}
