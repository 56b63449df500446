/* outbox.c: chores of the outbox: see outbox.h for the rule of trimming.
 *
 * What is decided here is decided again in the owner's functions (schema/000_runtime_1_outbox.sql), under the writer
 * lock: the look of a chore only saves a transaction that would do nothing.
 */
#include "archive.h"
#include "outbox.h"
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hearth/events/v1/events.pb-c.h>
#include <hearth/log.h>

#define DAY_US INT64_C(86400000000)
#define AHEAD 2
/* A partition is closed when it has been filled for an eighth of the retention, so that at most an eighth more than that
 * is kept and there are some ten of them. */
#define CLOSE_SHARE 8
#define WRITE_AGAIN_US INT64_C(60000000)

void hearth_outbox_init(struct hearth_outbox *outbox)
{
	*outbox = (struct hearth_outbox){ .partitions = -1, .ahead = -1, .stray = -1, .trimmed = -1 };
}

static void bind_time(struct hearth_call *call, const char *name, int64_t us)
{
	char text[HEARTH_TIME_SIZE];
	hearth_time_format(us, text);
	hearth_bind_text(call, name, text);
}

static int64_t retention_us(struct hearth_call *call)
{
	return hearth_config_int(hearth_call_config(call), "outbox-retention") * DAY_US;
}

/* ---- partitions ---- */

static int begin_keep(struct hearth_call *call, struct hearth_status *status)
{
	int64_t kept_us = retention_us(call);
	(void)status;
	hearth_bind_int(call, "ahead", AHEAD);
	hearth_bind_int(call, "size", hearth_config_int(hearth_call_config(call), "outbox-partition"));
	if (kept_us)
		bind_time(call, "close_before", hearth_call_now(call) - kept_us / CLOSE_SHARE);
	else
		hearth_bind_null(call, "close_before");
	return 0;
}

static int plan_keep(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_rows *rows = hearth_call_rows(call);
	struct hearth_outbox *outbox = &hearth_chore_process(call)->outbox;
	int64_t stray = hearth_rows_int(rows, 0, "stray");
	(void)status;
	if (stray > 0 && outbox->stray <= 0)
		hearth_log(HEARTH_LOG_ERROR, "outbox", "stray=%" PRId64 " detail=\"no partition was made for these events\"", stray);
	outbox->stray = stray;
	outbox->ahead = hearth_rows_int(rows, 0, "ahead");
	outbox->partitions = hearth_rows_int(rows, 0, "partitions");
	outbox->trimmed = hearth_rows_int(rows, 0, "trimmed");
	return hearth_rows_text(rows, 0, "due")[0] == 't' ? 0 : 1;
}

static int kept(struct hearth_call *call, const struct hearth_rows *rows)
{
	(void)call;
	hearth_log(HEARTH_LOG_INFO, "outbox", "made=%" PRId64 " closed=%" PRId64 " folded=%s",
	           hearth_rows_int(rows, 0, "made"), hearth_rows_int(rows, 0, "closed"),
	           hearth_rows_text(rows, 0, "folded")[0] == 't' ? "yes" : "no");
	return 1;
}

/* ---- trimming ---- */

int hearth_outbox_bind_before(struct hearth_call *call, struct hearth_status *status)
{
	int64_t kept_us = retention_us(call);
	(void)status;
	if (!kept_us)
		return 1;
	bind_time(call, "before", hearth_call_now(call) - kept_us);
	return 0;
}

static int begin_trim(struct hearth_call *call, struct hearth_status *status)
{
	hearth_bind_bool(call, "archived", hearth_archive_wanted(hearth_chore_process(call)));
	return hearth_outbox_bind_before(call, status);
}

/* Said once; what is wrong with an archive that there is, the archive says itself. */
static int plan_trim(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_rows *rows = hearth_call_rows(call);
	struct hearth_process *process = hearth_chore_process(call);
	struct hearth_outbox *outbox = &process->outbox;
	(void)status;
	hearth_bind_int(call, "number", hearth_rows_int(rows, 0, "number"));
	if (!hearth_archive_wanted(process) || hearth_rows_text(rows, 0, "archived")[0] == 't') {
		outbox->held[0] = '\0';
		return 0;
	}
	if (!hearth_config_text(process->config, "archive")[0] && !outbox->held[0]) {
		snprintf(outbox->held, sizeof outbox->held, "its events are needed for audit, and no archive is set");
		hearth_log(HEARTH_LOG_WARN, "outbox", "trimmed=no detail=\"%s\"", outbox->held);
	}
	return 1;
}

static int trimmed(struct hearth_call *call, const struct hearth_rows *rows)
{
	(void)call;
	if (hearth_rows_count(rows) == 0)
		return 0;
	hearth_log(HEARTH_LOG_INFO, "outbox", "trimmed_through=%" PRId64 " events=%" PRId64,
	           hearth_rows_int(rows, 0, "through"), hearth_rows_int(rows, 0, "events"));
	return 1;
}

/* ---- consumers ---- */

static struct hearth_heard *find_heard(struct hearth_outbox *outbox, const char *consumer)
{
	for (size_t i = 0; i < outbox->heard_count; i++)
		if (strcmp(outbox->heard[i].consumer, consumer) == 0)
			return &outbox->heard[i];
	return NULL;
}

/* The one not proven that has been silent for longest; NULL: there is none. */
static struct hearth_heard *least_heard(struct hearth_outbox *outbox)
{
	struct hearth_heard *least = NULL;
	for (size_t i = 0; i < outbox->heard_count; i++)
		if (!outbox->heard[i].proven && (!least || outbox->heard[i].seen_us < least->seen_us))
			least = &outbox->heard[i];
	return least;
}

static struct hearth_heard *add_heard(struct hearth_outbox *outbox, const char *consumer, bool proven)
{
	struct hearth_heard *heard = NULL;
	if (outbox->heard_count < HEARTH_HEARD_MOST)
		heard = &outbox->heard[outbox->heard_count++];
	else if (proven)
		heard = least_heard(outbox);
	if (!heard)
		return NULL;
	*heard = (struct hearth_heard){ .written_applied = -1, .proven = proven };
	snprintf(heard->consumer, sizeof heard->consumer, "%s", consumer);
	return heard;
}

int hearth_outbox_check_consumer(const struct hearth_call *call, const char *consumer, struct hearth_status *status)
{
	if (hearth_check_system(consumer, "consumer", status) < 0)
		return -1;
	if (call->by_service && strcmp(call->actor, consumer) != 0)
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "KEY_CONSUMER", "the key of %s pulls for no other consumer",
		                   call->actor);
	return 0;
}

void hearth_outbox_hear(struct hearth_process *process, const Hearth__Events__V1__PullRequest *request, bool proven)
{
	struct hearth_outbox *outbox = &process->outbox;
	struct hearth_heard *heard = find_heard(outbox, request->consumer);
	if (!heard)
		heard = add_heard(outbox, request->consumer, proven);
	if (!heard) {
		if (!outbox->full_said)
			hearth_log(HEARTH_LOG_WARN, "outbox", "detail=\"%s is not remembered, so events may be trimmed before it has "
			           "applied them: %d others are\"", request->consumer, HEARTH_HEARD_MOST);
		outbox->full_said = true;
		return;
	}
	snprintf(heard->epoch, sizeof heard->epoch, "%s", request->epoch);
	heard->applied = request->applied;
	heard->seen_us = hearth_clock_now();
	heard->proven = heard->proven || proven;
}

/* What other processes have heard later than this one. */
static void take_row(struct hearth_outbox *outbox, const struct hearth_rows *rows, size_t row)
{
	const char *consumer = hearth_rows_text(rows, row, "consumer");
	struct hearth_heard *heard = find_heard(outbox, consumer);
	if (!heard)
		heard = add_heard(outbox, consumer, hearth_rows_text(rows, row, "proven")[0] == 't');
	if (!heard)
		return;
	heard->proven = heard->proven || hearth_rows_text(rows, row, "proven")[0] == 't';
	heard->written_us = hearth_rows_int(rows, row, "seen_us");
	heard->written_applied = hearth_rows_int(rows, row, "applied");
	if (heard->written_us < heard->seen_us)
		return;
	snprintf(heard->epoch, sizeof heard->epoch, "%s", hearth_rows_text(rows, row, "epoch"));
	heard->seen_us = heard->written_us;
	heard->applied = heard->written_applied;
}

static bool in_rows(const struct hearth_rows *rows, const char *consumer)
{
	for (size_t row = 0; row < hearth_rows_count(rows); row++)
		if (!hearth_rows_is_null(rows, row, "consumer") && strcmp(hearth_rows_text(rows, row, "consumer"), consumer) == 0)
			return true;
	return false;
}

/* Those that were written once and are no longer in the table have been forgotten. */
static void drop_forgotten(struct hearth_outbox *outbox, const struct hearth_rows *rows)
{
	for (size_t i = outbox->heard_count; i > 0; i--) {
		struct hearth_heard *heard = &outbox->heard[i - 1];
		if (in_rows(rows, heard->consumer))
			continue;
		if (heard->written_applied >= 0 && heard->seen_us == heard->written_us)
			*heard = outbox->heard[--outbox->heard_count];
		else
			heard->written_applied = -1;
	}
}

static const char *number_text(struct hearth_call *call, int64_t value)
{
	return hearth_arena_printf(hearth_call_arena(call), "%" PRId64, value);
}

/* Written when it has moved on; when it stands, once a minute. */
static int plan_heard(struct hearth_call *call, struct hearth_status *status)
{
	const struct hearth_rows *rows = hearth_call_rows(call);
	struct hearth_outbox *outbox = &hearth_chore_process(call)->outbox;
	const char *consumers[HEARTH_HEARD_MOST], *epochs[HEARTH_HEARD_MOST], *applied[HEARTH_HEARD_MOST];
	const char *seen[HEARTH_HEARD_MOST], *proven[HEARTH_HEARD_MOST];
	size_t count = 0;
	(void)status;
	for (size_t row = 0; row < hearth_rows_count(rows); row++)
		if (!hearth_rows_is_null(rows, row, "consumer"))
			take_row(outbox, rows, row);
	drop_forgotten(outbox, rows);
	for (size_t i = 0; i < outbox->heard_count; i++) {
		const struct hearth_heard *heard = &outbox->heard[i];
		if (heard->applied == heard->written_applied && heard->seen_us - heard->written_us < WRITE_AGAIN_US)
			continue;
		char time[HEARTH_TIME_SIZE];
		hearth_time_format(heard->seen_us, time);
		consumers[count] = heard->consumer;
		epochs[count] = heard->epoch;
		proven[count] = heard->proven ? "t" : "f";
		applied[count] = number_text(call, heard->applied);
		seen[count++] = hearth_arena_strdup(hearth_call_arena(call), time);
	}
	hearth_bind_texts(call, "consumers", count, consumers);
	hearth_bind_texts(call, "epochs", count, epochs);
	hearth_bind_texts(call, "applied", count, applied);
	hearth_bind_texts(call, "seen", count, seen);
	hearth_bind_texts(call, "proven", count, proven);
	return count ? 0 : 1;
}

const struct hearth_chore hearth_outbox_chores[] = {
	{ .name = "outbox_partitions", .every_ms = 1000, .look = "outbox_state", .act = "outbox_keep",
	  .lane = HEARTH_CHORE_WRITE, .begin = begin_keep, .plan = plan_keep, .done = kept },
	{ .name = "outbox_trim", .every_ms = 5000, .look = "outbox_oldest", .act = "outbox_drop", .lane = HEARTH_CHORE_WRITE,
	  .begin = begin_trim, .plan = plan_trim, .done = trimmed },
	{ .name = "consumers_seen", .every_ms = 5000, .look = "consumers_seen", .act = "see_consumers",
	  .lane = HEARTH_CHORE_SLOW, .plan = plan_heard, .own = true },
	{ .name = NULL },
};

/* ---- metrics ---- */

static double read_number(void *context)
{
	return (double)*(const int64_t *)context;
}

static double read_held(void *context)
{
	return ((const struct hearth_outbox *)context)->held[0] ? 1 : 0;
}

void hearth_outbox_metrics(struct hearth_process *process)
{
	struct hearth_outbox *outbox = &process->outbox;
	struct hearth_metrics *metrics = process->metrics;
	hearth_metrics_gauge_of(metrics, "hearth_outbox_partitions", "partitions that are kept; -1: not known", "",
	                        read_number, &outbox->partitions);
	hearth_metrics_gauge_of(metrics, "hearth_outbox_partitions_ahead", "empty partitions made ahead; -1: not known", "",
	                        read_number, &outbox->ahead);
	hearth_metrics_gauge_of(metrics, "hearth_outbox_stray_events", "events that no partition was made for; -1: not known",
	                        "", read_number, &outbox->stray);
	hearth_metrics_gauge_of(metrics, "hearth_outbox_trimmed_through", "events up to this seq have been trimmed; -1: not known",
	                        "", read_number, &outbox->trimmed);
	hearth_metrics_gauge_of(metrics, "hearth_outbox_held", "1 when nothing is trimmed because the archive is missing", "",
	                        read_held, outbox);
}
