/* archive.c: the oldest partition of the outbox, page by page into a compressed file, before it is trimmed.
 *
 * In the directory `archive` a partition is <service>-<epoch's first eight digits>-<last seq>-<its number>.jsonl.gz (an
 * empty one ends where the one before it did), a line of JSON an event, without personal fields, and beside it a manifest
 * of the same name, .json: what is in it, its SHA-256, and the seq after which it begins, so that files can be seen to
 * follow each other. Both are durable before the partition is marked as archived, and only what is marked is trimmed.
 * Whoever dies on the way is followed by another, which writes the same bytes again.
 *
 * The chore looks what may be trimmed; the job reads pages on the slow connection between the loop's turns; when it has
 * finished, the chore's next round marks the partition.
 */
#include "archive.h"
#include "archive_file.h"
#include "process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <hearth/log.h>

#define PAGE 100

enum job_state { NONE, WRITING, WRITTEN };

struct hearth_archive {
	struct hearth_process *process;
	struct hearth_bound_statement events;
	struct hearth_call *call;
	enum job_state state;
	struct hearth_archive_file *file;
	int64_t number, last_seq, begins_after, after_seq, count;
	char epoch[HEARTH_UUID_SIZE], stem[96], name[112], hash[HEARTH_ARCHIVE_HASH_SIZE];
	char said[64];                     /* reason of the last failure */
};

static const char *directory_of(const struct hearth_process *process)
{
	return hearth_config_text(process->config, "archive");
}

bool hearth_archive_wanted(const struct hearth_process *process)
{
	return process->service->archived || directory_of(process)[0];
}

/* ---- the job ---- */

static void end_job(struct hearth_archive *archive, enum job_state state)
{
	hearth_archive_file_free(&archive->file);
	archive->state = state;
}

/* The next round tries again. */
static void fail_job(struct hearth_archive *archive, const struct hearth_status *status)
{
	struct hearth_outbox *outbox = &archive->process->outbox;
	if (strcmp(status->reason, "ARCHIVE_BUSY") != 0) {
		if (strcmp(archive->said, status->reason) != 0 && !archive->process->draining)
			hearth_log(HEARTH_LOG_ERROR, "archive", "partition=%" PRId64 " reason=%s detail=\"%s\"", archive->number,
			           status->reason, status->message);
		snprintf(archive->said, sizeof archive->said, "%s", status->reason);
		snprintf(outbox->held, sizeof outbox->held, "the archive fails: %s", status->reason);
	}
	end_job(archive, NONE);
}

static char *manifest(const struct hearth_archive *archive)
{
	json_t *value = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "service", archive->process->service->name,
	                          "epoch", archive->epoch, "partition", (json_int_t)archive->number, "after",
	                          (json_int_t)archive->begins_after, "last", (json_int_t)archive->last_seq, "events",
	                          (json_int_t)archive->count, "file", archive->name, "sha256", archive->hash);
	char *text = json_dumps(value, JSON_INDENT(2));
	json_decref(value);
	return text;
}

static int finish_file(struct hearth_archive *archive, struct hearth_status *status)
{
	char name[112];
	snprintf(name, sizeof name, "%s.json", archive->stem);
	if (hearth_archive_file_finish(archive->file, archive->hash, status) < 0)
		return -1;
	char *text = manifest(archive);
	int outcome = hearth_archive_note(directory_of(archive->process), name, text, status);
	free(text);
	return outcome;
}

static void finish(struct hearth_archive *archive)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (finish_file(archive, &status) < 0) {
		fail_job(archive, &status);
		return;
	}
	archive->said[0] = '\0';
	end_job(archive, WRITTEN);
	hearth_chores_poke(archive->process->chores, "outbox_archive");
}

static void read_page(struct hearth_archive *archive);

static void page_here(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct hearth_archive *archive = read->context;
	struct hearth_status failed = HEARTH_STATUS_INIT;
	int outcome = 0;
	if (!result || archive->process->draining) {
		fail_job(archive, status);
		return;
	}
	for (int row = 0; row < PQntuples(result) && outcome == 0; row++) {
		char *line = PQgetvalue(result, row, 1);
		size_t size = (size_t)PQgetlength(result, row, 1);
		line[size] = '\n';              /* libpq's own NUL: the result is ours until the end of this call */
		outcome = hearth_archive_file_add(archive->file, line, size + 1, &failed);
		archive->after_seq = strtoll(PQgetvalue(result, row, 0), NULL, 10);
		archive->count++;
	}
	if (outcome < 0)
		fail_job(archive, &failed);
	else if (PQntuples(result) < PAGE)
		finish(archive);
	else
		read_page(archive);
}

static void read_page(struct hearth_archive *archive)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_call *call = archive->call;
	hearth_arena_reset(call->arena);
	memset(call->givens, 0, sizeof call->givens);
	call->bound_count = 0;
	hearth_call_begin(call);
	hearth_bind_int(call, "after_seq", archive->after_seq);
	hearth_bind_int(call, "last_seq", archive->last_seq);
	const char *const *values = hearth_call_values(call, &archive->events, &status);
	if (!values) {
		fail_job(archive, &status);
		return;
	}
	call->read = (struct hearth_read){ .statement = archive->events.statement, .values = values, .done = page_here,
	                                   .context = archive };
	hearth_db_read(archive->process->db, HEARTH_LANE_SLOW, &call->read);
}

static void start_job(struct hearth_archive *archive, const struct hearth_rows *rows)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *service = archive->process->service->name;
	archive->number = hearth_rows_int(rows, 0, "number");
	archive->begins_after = archive->after_seq = hearth_rows_int(rows, 0, "after_seq");
	archive->last_seq = hearth_rows_is_null(rows, 0, "last_seq") ? archive->after_seq : hearth_rows_int(rows, 0, "last_seq");
	archive->count = 0;
	snprintf(archive->epoch, sizeof archive->epoch, "%s", hearth_rows_text(rows, 0, "epoch"));
	snprintf(archive->stem, sizeof archive->stem, "%.32s-%.8s-%015" PRId64 "-%06" PRId64, service, archive->epoch,
	         archive->last_seq, archive->number);
	snprintf(archive->name, sizeof archive->name, "%s.jsonl.gz", archive->stem);
	archive->file = hearth_archive_file_new(directory_of(archive->process), archive->name, &status);
	archive->state = WRITING;
	if (archive->file)
		read_page(archive);
	else
		fail_job(archive, &status);
}

/* ---- the chore ---- */

static int begin(struct hearth_call *call, struct hearth_status *status)
{
	struct hearth_process *process = hearth_chore_process(call);
	if (!directory_of(process)[0] || process->archive->state == WRITING)
		return 1;
	return hearth_outbox_bind_before(call, status);
}

static int plan(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_rows *rows = hearth_call_rows(call);
	struct hearth_archive *archive = hearth_chore_process(call)->archive;
	(void)status;
	if (hearth_rows_text(rows, 0, "archived")[0] == 't') {
		archive->state = NONE;
		return 1;
	}
	if (archive->state != WRITTEN || archive->number != hearth_rows_int(rows, 0, "number")) {
		start_job(archive, rows);
		return 1;
	}
	hearth_bind_int(call, "number", archive->number);
	hearth_bind_int(call, "last_seq", archive->last_seq);
	hearth_bind_int(call, "events", archive->count);
	hearth_bind_text(call, "file", archive->name);
	hearth_bind_text(call, "hash", archive->hash);
	return 0;
}

static int done(struct hearth_call *call, const struct hearth_rows *rows)
{
	struct hearth_process *process = hearth_chore_process(call);
	struct hearth_archive *archive = process->archive;
	(void)rows;
	hearth_log(HEARTH_LOG_INFO, "archive", "partition=%" PRId64 " events=%" PRId64 " file=%s", archive->number,
	           archive->count, archive->name);
	archive->state = NONE;
	hearth_chores_poke(process->chores, "outbox_trim");
	return 0;
}

const struct hearth_chore hearth_archive_chores[] = {
	{ .name = "outbox_archive", .every_ms = 5000, .look = "outbox_oldest", .act = "outbox_archived",
	  .lane = HEARTH_CHORE_SLOW, .begin = begin, .plan = plan, .done = done },
	{ .name = NULL },
};

/* ---- from outside ---- */

/* Said at start: the first partition may be trimmed months later. It may come, so nothing stops. */
static void look_at_directory(struct hearth_archive *archive)
{
	const char *directory = directory_of(archive->process);
	if (!directory[0] || access(directory, W_OK | X_OK) == 0)
		return;
	hearth_log(HEARTH_LOG_ERROR, "archive", "reason=ARCHIVE_UNUSABLE detail=\"%.200s: %s\"", directory, strerror(errno));
	snprintf(archive->said, sizeof archive->said, "ARCHIVE_UNUSABLE");
}

struct hearth_archive *hearth_archive_new(struct hearth_process *process, struct hearth_status *status)
{
	struct hearth_archive *archive = hearth_alloc(sizeof *archive);
	*archive = (struct hearth_archive){ .process = process };
	archive->call = hearth_call_take(process);
	process->outstanding--;
	look_at_directory(archive);
	if (hearth_bound_statement_init(&archive->events, process, "archive_events", status) < 0)
		hearth_archive_free(&archive);
	return archive;
}

int hearth_archive_check(struct hearth_archive *archive, struct hearth_status *status)
{
	return hearth_bound_statement_check(&archive->events, NULL, true, status);
}

void hearth_archive_free(struct hearth_archive **pointer)
{
	struct hearth_archive *archive = *pointer;
	if (!archive)
		return;
	hearth_archive_file_free(&archive->file);
	hearth_bound_statement_done(&archive->events);
	archive->process->outstanding++;
	hearth_call_give(archive->call);
	free(archive);
	*pointer = NULL;
}
