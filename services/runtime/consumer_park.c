/* consumer_park.c: events that cannot be applied, and those behind them.
 *
 * A parked event stands in table `parked` as it was pulled, with the code of its error, and so do later ones of its key
 * (authority and partition key), each put there in the transaction that moves the cursor past it. Only the process whose
 * turn it is adds to the table or takes from it, so that it knows by heart which keys are parked. What an operator orders
 * (RetryParked, SkipParked) is a mark on a row; that process sees it at its next look and acts on it between two pages:
 * the events of the key are tried in their order, each leaving the table in the transaction of its effect; what fails
 * stays where it is with those behind it. So order within a key holds while new events of it keep coming.
 */
#include "consumer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <hearth/log.h>
#include <hearth/text.h>

struct hearth_parked_row {
	const char *place;
	Hearth__Events__V1__Event *event;       /* NULL: it cannot be read */
};

/* ---- keys by heart ---- */

/* Where `key` is, or where it would be. */
static size_t place_of(const struct hearth_consumer *consumer, const char *key, bool *ret_found)
{
	size_t low = 0, high = consumer->key_count;
	*ret_found = false;
	while (low < high && !*ret_found) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(key, consumer->keys[middle]);
		*ret_found = order == 0;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}

bool hearth_consumer_is_parked(const struct hearth_consumer *consumer, const char *key)
{
	bool found;
	place_of(consumer, key, &found);
	return found;
}

void hearth_consumer_keys_add(struct hearth_consumer *consumer, const char *key)
{
	bool found;
	size_t at = place_of(consumer, key, &found);
	if (found)
		return;
	if (consumer->key_count == consumer->key_room) {
		consumer->key_room = consumer->key_room ? consumer->key_room * 2 : 16;
		consumer->keys = hearth_realloc(consumer->keys, consumer->key_room * sizeof *consumer->keys);
	}
	memmove(&consumer->keys[at + 1], &consumer->keys[at], (consumer->key_count - at) * sizeof *consumer->keys);
	consumer->keys[at] = hearth_strdup(key);
	consumer->key_count++;
}

void hearth_consumer_keys_set(struct hearth_consumer *consumer, const char *lines)
{
	for (size_t i = 0; i < consumer->key_count; i++)
		free(consumer->keys[i]);
	consumer->key_count = 0;
	while (lines && *lines) {
		const char *end = strchrnul(lines, '\n');
		char *key = strndup(lines, (size_t)(end - lines));
		hearth_consumer_keys_add(consumer, key);
		free(key);
		lines = *end ? end + 1 : end;
	}
}

/* ---- parking ---- */

void hearth_consumer_note_error(struct hearth_consumer *consumer, const char *sqlstate, const struct hearth_status *status)
{
	snprintf(consumer->error_code, sizeof consumer->error_code, "%s", hearth_code_name(status->code));
	snprintf(consumer->error_reason, sizeof consumer->error_reason, "%s", status->reason);
	snprintf(consumer->error_sqlstate, sizeof consumer->error_sqlstate, "%s", sqlstate);
}

bool hearth_consumer_room(const struct hearth_consumer *consumer, size_t more)
{
	return consumer->parked + (int64_t)more <= hearth_config_int(consumer->process->config, "parked-most");
}

bool hearth_consumer_full(struct hearth_consumer *consumer, size_t more)
{
	char detail[120];
	if (hearth_consumer_room(consumer, more))
		return false;
	snprintf(detail, sizeof detail, "%" PRId64 " events lie parked, at most %" PRId64 " may; see hearth events list",
	         consumer->parked, hearth_config_int(consumer->process->config, "parked-most"));
	hearth_consumer_stop_with(consumer, "PARKED_FULL", detail);
	return true;
}

static void bind_error(const struct hearth_consumer *consumer, struct hearth_call *call, bool failed)
{
	hearth_bind_text(call, "code", failed ? consumer->error_code : "");
	hearth_bind_text(call, "reason", failed ? consumer->error_reason : "");
	hearth_bind_text(call, "sqlstate", failed ? consumer->error_sqlstate : "");
}

static void bind_event(struct hearth_call *call, const Hearth__Events__V1__Event *event)
{
	size_t size = hearth__events__v1__event__get_packed_size(event);
	uint8_t *packed = hearth_arena_alloc(call->arena, size + 1);
	char *hex = hearth_arena_alloc(call->arena, 2 * size + 3);
	hearth__events__v1__event__pack(event, packed);
	memcpy(hex, "\\x", 2);
	hearth_hex(packed, size, hex + 2);
	hearth_bind_int(call, "seq", event->seq);
	hearth_bind_text(call, "id", event->id);
	hearth_bind_text(call, "type", event->type);
	hearth_bind_text(call, "subject", event->subject);
	hearth_bind_text(call, "event_authority", event->authority);
	hearth_bind_text(call, "event", hex);
}

int hearth_consumer_add_parking(struct hearth_consumer *consumer, const Hearth__Events__V1__Event *event, bool failed,
                                struct hearth_step *steps, size_t *count, struct hearth_status *status)
{
	struct hearth_call *call = hearth_consumer_bind(consumer);
	const char *key = hearth_consumer_key(call->arena, event);
	bind_event(call, event);
	bind_error(consumer, call, failed);
	hearth_bind_text(call, "key", key);
	hearth_bind_bool(call, "failed", failed);
	hearth_bind_int(call, "tries", failed ? (int64_t)consumer->tries : 0);
	const char *const *values = hearth_consumer_values(consumer, CONSUMER_PARK, status);
	if (!values)
		return -1;
	steps[(*count)++] = (struct hearth_step){ consumer->statements[CONSUMER_PARK].statement, values };
	/* Should the transaction fail, the keys are read again with the cursor, or the same is parked again. */
	hearth_consumer_keys_add(consumer, key);
	consumer->parking++;
	if (failed)
		hearth_log(HEARTH_LOG_ERROR, "parked", "source=%s seq=%" PRId64 " event=%s type=%s tries=%u code=%s reason=%s "
		           "sqlstate=%s", consumer->source->service, event->seq, event->id, event->type, consumer->tries,
		           consumer->error_code, consumer->error_reason,
		           consumer->error_sqlstate[0] ? consumer->error_sqlstate : "-");
	return 0;
}

/* ---- what operators ordered ---- */

static void try_due(struct hearth_consumer *consumer);

static Hearth__Events__V1__Event *read_event(struct hearth_arena *arena, const char *hex)
{
	size_t size, length = strlen(hex);
	if (length < 2)
		return NULL;
	uint8_t *packed = hearth_arena_alloc(arena, length);
	if (sodium_hex2bin(packed, length, hex + 2, length - 2, NULL, &size, NULL) != 0)
		return NULL;
	return hearth__events__v1__event__unpack(hearth_arena_allocator(arena), size, packed);
}

/* They are read again: what is left of the key is due by its mark. */
static void look_again(struct hearth_consumer *consumer, int64_t us)
{
	consumer->known = false;
	hearth_consumer_wait(consumer, us);
}

static int add_leaving(struct hearth_consumer *consumer, const char *place, struct hearth_step *steps, size_t *count,
                       struct hearth_status *status)
{
	struct hearth_call *call = hearth_consumer_bind(consumer);
	hearth_bind_text(call, "holder", consumer->process->instance_text);
	hearth_bind_text(call, "place", place);
	hearth_bind_text(call, "what", consumer->due_skip ? "SKIPPED" : "APPLIED");
	const char *const *values = hearth_consumer_values(consumer, CONSUMER_UNPARK, status);
	if (!values)
		return -1;
	steps[(*count)++] = (struct hearth_step){ consumer->statements[CONSUMER_UNPARK].statement, values };
	return 0;
}

static void judged(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	(void)results;
	(void)status;
	look_again(write->context, HEARTH_CONSUMER_RETRY_US);
}

/* The first of them failed alone again: it keeps its place with the new error. */
static void judge(struct hearth_consumer *consumer, const char *sqlstate, const struct hearth_status *error)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	hearth_consumer_note_error(consumer, sqlstate, error);
	struct hearth_call *call = hearth_consumer_bind(consumer);
	hearth_bind_text(call, "holder", consumer->process->instance_text);
	hearth_bind_text(call, "place", consumer->due[0].place);
	bind_error(consumer, call, true);
	struct hearth_step *step = hearth_arena_alloc(consumer->arena, sizeof *step);
	*step = (struct hearth_step){ consumer->statements[CONSUMER_PARK_AGAIN].statement,
	                              hearth_consumer_values(consumer, CONSUMER_PARK_AGAIN, &status) };
	hearth_log(HEARTH_LOG_ERROR, "parked", "source=%s place=%s again=yes code=%s reason=%s sqlstate=%s",
	           consumer->source->service, consumer->due[0].place, consumer->error_code, consumer->error_reason,
	           consumer->error_sqlstate[0] ? consumer->error_sqlstate : "-");
	hearth_consumer_send_write(consumer, step, 1, judged);
}

static void due_failed(struct hearth_consumer *consumer, const char *sqlstate, const struct hearth_status *status)
{
	bool moved, passing = hearth_consumer_passing(sqlstate, status, &moved);
	if (moved || passing) {
		look_again(consumer, HEARTH_CONSUMER_RETRY_US);
	} else if (consumer->due_batch > 1) {
		consumer->due_single = true;
		try_due(consumer);
	} else {
		consumer->due_single = false;
		judge(consumer, sqlstate, status);
	}
}

static void due_done(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = write->context;
	if (!results) {
		due_failed(consumer, write->sqlstate, status);
		return;
	}
	hearth_log(HEARTH_LOG_INFO, "unparked", "source=%s events=%zu how=%s", consumer->source->service,
	           consumer->due_batch, consumer->due_skip ? "skipped" : "applied");
	hearth_process_committed(consumer->process);
	consumer->due += consumer->due_batch;
	consumer->due_count -= consumer->due_batch;
	if (consumer->due_count > 0 && hearth_consumer_may_work(consumer)) {
		try_due(consumer);
		return;
	}
	consumer->due_single = false;
	look_again(consumer, 1);
}

/* All that were read in one transaction; after a failure one by one. */
static void try_due(struct hearth_consumer *consumer)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	size_t count = 0;
	int result = 0;
	consumer->due_batch = consumer->due_single ? 1 : consumer->due_count;
	struct hearth_step *steps = hearth_arena_alloc(
		consumer->arena, consumer->due_batch * (HEARTH_STEPS_PER_STATEMENT + 1) * sizeof *steps);
	for (size_t i = 0; i < consumer->due_batch && result == 0; i++) {
		const struct hearth_parked_row *row = &consumer->due[i];
		result = add_leaving(consumer, row->place, steps, &count, &status);
		if (result == 0 && !consumer->due_skip)
			result = row->event ? hearth_consumer_add_effect(consumer, row->event, row->event->seq == 0, steps, &count, &status)
			                    : hearth_fail(&status, HEARTH_DATA_LOSS, "MALFORMED_EVENT", "it cannot be read");
	}
	if (result < 0)
		due_failed(consumer, "", &status);
	else
		hearth_consumer_send_write(consumer, steps, count, due_done);
}

static void due_loaded(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = read->context;
	(void)status;
	size_t rows = result ? (size_t)PQntuples(result) : 0;
	if (!result) {
		look_again(consumer, HEARTH_CONSUMER_RETRY_US);
		return;
	}
	if (rows == 0) {
		consumer->ordered = false;
		hearth_consumer_step(consumer);
		return;
	}
	consumer->due = hearth_arena_alloc(consumer->arena, rows * sizeof *consumer->due);
	consumer->due_count = rows;
	consumer->due_skip = *PQgetvalue(result, 0, PQfnumber(result, "skip")) == 't';
	for (size_t i = 0; i < rows; i++)
		consumer->due[i] = (struct hearth_parked_row){
			hearth_arena_strdup(consumer->arena, PQgetvalue(result, (int)i, PQfnumber(result, "place"))),
			read_event(consumer->arena, PQgetvalue(result, (int)i, PQfnumber(result, "event"))),
		};
	try_due(consumer);
}

void hearth_consumer_follow_orders(struct hearth_consumer *consumer)
{
	hearth_alarm_clear(consumer->alarm);
	hearth_arena_reset(consumer->arena);
	hearth_consumer_forget_ahead(consumer);
	hearth_consumer_bind(consumer);
	hearth_consumer_send_read(consumer, CONSUMER_PARKED_DUE, due_loaded);
}
