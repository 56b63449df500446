/* consumer_snapshot.c: the present state of a source instead of its past.
 *
 * A service that has no cursor, of a source that has trimmed its first events, or that an operator told to
 * (Events/Bootstrap), asks the source where it stands, and then for its state, page by page; a page holds some partition
 * keys whole, as events of the contract's own types. The effects of a page, the keys in it with the source's position when
 * they were read, and the place of the next page are one transaction, so that a process that dies in between is followed
 * by one that goes on there. With the last page the cursor stands where the source stood before the first; from there on
 * events are pulled, and those of a key up to the position at which it was loaded are passed over, for they are in it.
 *
 * A page is as wide as its keys: order within a key is all that events promise, and a key is loaded at one position. An
 * effect says itself what a state may start (struct hearth_effect, `snapshot`).
 */
#include "consumer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/log.h>
#include <hearth/text.h>

#define KEYS_A_PAGE 100
#define AGAIN_US INT64_C(1000000)
#define THE_SNAPSHOT INT64_C(-1)     /* tried_seq of a page */

static void read_anew(struct hearth_consumer *consumer, int64_t us)
{
	consumer->known = false;
	hearth_consumer_wait(consumer, us);
}

static bool send(struct hearth_consumer *consumer, const char *method, const ProtobufCMessage *request,
                 hearth_reply_callback *done)
{
	struct hearth_call_options options = { .timeout_ms = 30000 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	hearth_alarm_clear(consumer->alarm);
	hearth_arena_reset(consumer->arena);
	hearth_arena_reset(consumer->page_arena);
	hearth_consumer_forget_ahead(consumer);
	consumer->pulled = NULL;
	consumer->snapshot = NULL;
	consumer->state = CONSUMER_PULLING;
	if (hearth_client_send(consumer->process->client, method, request, &options, done, consumer, &status) == 0)
		return true;
	hearth_consumer_rest(consumer);
	return false;
}

/* False: the answer is of no use; what to do about it is done. */
static bool answered(struct hearth_consumer *consumer, const struct hearth_reply *reply)
{
	if (!hearth_consumer_may_work(consumer)) {
		consumer->state = CONSUMER_IDLE;
		return false;
	}
	if (reply->status.code == HEARTH_OK)
		return true;
	hearth_consumer_source_failed(consumer, &reply->status);
	return false;
}

static struct hearth_step *one_step(struct hearth_consumer *consumer, enum hearth_consumer_statement which)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_step *step = hearth_arena_alloc(consumer->arena, sizeof *step);
	*step = (struct hearth_step){ consumer->statements[which].statement, hearth_consumer_values(consumer, which, &status) };
	return step;
}

/* ---- beginning ---- */

static void begun(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = write->context;
	(void)status;
	if (results)
		hearth_log(HEARTH_LOG_INFO, "bootstrap", "source=%s begun=yes", consumer->source->service);
	read_anew(consumer, results ? 1 : HEARTH_CONSUMER_RETRY_US);
}

static void position_here(void *context, const struct hearth_reply *reply)
{
	struct hearth_consumer *consumer = context;
	if (!answered(consumer, reply))
		return;
	Hearth__Events__V1__GetPositionResponse *position = hearth__events__v1__get_position_response__unpack(
		hearth_arena_allocator(consumer->page_arena), reply->size, reply->payload);
	if (!position) {
		hearth_consumer_rest(consumer);
		return;
	}
	struct hearth_call *call = hearth_consumer_bind(consumer);
	hearth_bind_text(call, "holder", consumer->process->instance_text);
	hearth_bind_text(call, "epoch", position->epoch);
	hearth_bind_int(call, "seq", position->end);
	hearth_consumer_send_write(consumer, one_step(consumer, CONSUMER_BOOTSTRAP_BEGIN), 1, begun);
}

void hearth_consumer_bootstrap(struct hearth_consumer *consumer)
{
	Hearth__Events__V1__GetPositionRequest request = HEARTH__EVENTS__V1__GET_POSITION_REQUEST__INIT;
	send(consumer, consumer->position_method, &request.base, position_here);
}

/* ---- a page ---- */

static const char *page_keys(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__SnapshotResponse *page = consumer->snapshot;
	const char **keys = hearth_arena_alloc(consumer->arena, (page->n_events + 1) * sizeof *keys);
	size_t count = 0;
	for (size_t i = 0; i < page->n_events; i++) {
		const char *key = hearth_consumer_key(consumer->arena, page->events[i]);
		if (count == 0 || strcmp(keys[count - 1], key) != 0)
			keys[count++] = key;
	}
	return hearth_array_literal(consumer->arena, count, keys);
}

static int add_page(struct hearth_consumer *consumer, struct hearth_step *steps, size_t *count, struct hearth_status *status)
{
	const Hearth__Events__V1__SnapshotResponse *page = consumer->snapshot;
	struct hearth_call *call = hearth_consumer_bind(consumer);
	hearth_bind_text(call, "epoch", page->epoch);
	hearth_bind_int(call, "seq", consumer->boot_seq);
	hearth_bind_text(call, "from_after", consumer->boot_after);
	hearth_bind_text(call, "to_after", page->next);
	hearth_bind_int(call, "as_of", page->as_of);
	hearth_bind_text(call, "keys", page_keys(consumer));
	const char *const *values = hearth_consumer_values(consumer, CONSUMER_BOOTSTRAP_STEP, status);
	if (!values)
		return -1;
	steps[(*count)++] = (struct hearth_step){ consumer->statements[CONSUMER_BOOTSTRAP_STEP].statement, values };
	return 0;
}

/* All of a key that cannot be loaded is parked: its first event stands for what failed. */
static int add_parking(struct hearth_consumer *consumer, struct hearth_step *steps, size_t *count,
                       struct hearth_status *status)
{
	const Hearth__Events__V1__SnapshotResponse *page = consumer->snapshot;
	bool first = true;
	int result = 0;
	for (size_t i = 0; i < page->n_events && result == 0; i++) {
		if (!hearth_consumer_hears(consumer, page->events[i]->type))
			continue;
		result = hearth_consumer_add_parking(consumer, page->events[i], first, steps, count, status);
		first = false;
	}
	return result;
}

static size_t heard_count(const struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__SnapshotResponse *page = consumer->snapshot;
	size_t count = 0;
	for (size_t i = 0; i < page->n_events; i++)
		count += hearth_consumer_hears(consumer, page->events[i]->type);
	return count;
}

static void apply_page(struct hearth_consumer *consumer);

static void page_failed(struct hearth_consumer *consumer, const char *sqlstate, const struct hearth_status *status)
{
	bool moved, passing = hearth_consumer_passing(sqlstate, status, &moved);
	hearth_log(HEARTH_LOG_WARN, "bootstrap", "source=%s code=%s reason=%s sqlstate=%s", consumer->source->service,
	           hearth_code_name(status->code), status->reason, sqlstate[0] ? sqlstate : "-");
	if (moved || passing || consumer->park_next) {
		consumer->park_next = false;
		read_anew(consumer, HEARTH_CONSUMER_RETRY_US);
		return;
	}
	if (consumer->boot_page > 1) {
		consumer->boot_page = 1;
		consumer->tries = 0;
		hearth_consumer_snapshot_next(consumer);
		return;
	}
	consumer->tries = consumer->tried_seq == THE_SNAPSHOT ? consumer->tries + 1 : 1;
	consumer->tried_seq = THE_SNAPSHOT;
	hearth_consumer_note_error(consumer, sqlstate, status);
	if (consumer->tries < hearth_config_int(consumer->process->config, "park-after") ||
	    hearth_consumer_full(consumer, heard_count(consumer))) {
		read_anew(consumer, AGAIN_US);
		return;
	}
	consumer->park_next = true;
	apply_page(consumer);
}

static void page_applied(struct hearth_consumer *consumer)
{
	bool last = consumer->snapshot->next[0] == '\0';
	consumer->parked += consumer->parking;
	consumer->tries = 0;
	consumer->park_next = false;
	consumer->boot_page = KEYS_A_PAGE;
	free(consumer->boot_after);
	consumer->boot_after = hearth_strdup(consumer->snapshot->next);
	hearth_consumer_go_on(consumer);
	hearth_process_committed(consumer->process);
	if (!last && hearth_consumer_may_work(consumer)) {
		hearth_consumer_step(consumer);
		return;
	}
	if (last)
		hearth_log(HEARTH_LOG_INFO, "bootstrap", "source=%s loaded=yes seq=%" PRId64, consumer->source->service,
		           consumer->boot_seq);
	read_anew(consumer, 1);
}

static void page_done(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = write->context;
	if (results)
		page_applied(consumer);
	else
		page_failed(consumer, write->sqlstate, status);
}

static void apply_page(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__SnapshotResponse *page = consumer->snapshot;
	struct hearth_status status = HEARTH_STATUS_INIT;
	size_t count = 0;
	struct hearth_step *steps = hearth_arena_alloc(consumer->arena,
	                                               (page->n_events * HEARTH_STEPS_PER_STATEMENT + 1) * sizeof *steps);
	consumer->parking = 0;
	int result = add_page(consumer, steps, &count, &status);
	if (result == 0 && consumer->park_next)
		result = add_parking(consumer, steps, &count, &status);
	for (size_t i = 0; i < page->n_events && result == 0 && !consumer->park_next; i++)
		result = hearth_consumer_add_effect(consumer, page->events[i], true, steps, &count, &status);
	if (result < 0)
		page_failed(consumer, "", &status);
	else
		hearth_consumer_send_write(consumer, steps, count, page_done);
}

static void page_here(void *context, const struct hearth_reply *reply)
{
	struct hearth_consumer *consumer = context;
	if (!answered(consumer, reply))
		return;
	consumer->snapshot = hearth__events__v1__snapshot_response__unpack(hearth_arena_allocator(consumer->page_arena),
	                                                                   reply->size, reply->payload);
	consumer->heard_us = hearth_clock_mono();
	if (!consumer->snapshot)
		hearth_consumer_rest(consumer);
	else if (strcmp(consumer->snapshot->epoch, consumer->boot_epoch) != 0)
		hearth_consumer_bootstrap(consumer);     /* another history since: what was loaded is not of it */
	else
		apply_page(consumer);
}

void hearth_consumer_snapshot_next(struct hearth_consumer *consumer)
{
	Hearth__Events__V1__SnapshotRequest request = HEARTH__EVENTS__V1__SNAPSHOT_REQUEST__INIT;
	if (consumer->boot_page == 0)
		consumer->boot_page = KEYS_A_PAGE;
	request.after = consumer->boot_after;
	request.page_size = consumer->boot_page;
	send(consumer, consumer->snapshot_method, &request.base, page_here);
}

/* ---- catching up ---- */

static void ended(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = write->context;
	(void)status;
	if (!results) {
		read_anew(consumer, HEARTH_CONSUMER_RETRY_US);
		return;
	}
	consumer->catching_up = false;
	hearth_consumer_step(consumer);
}

void hearth_consumer_end_bootstrap(struct hearth_consumer *consumer)
{
	hearth_arena_reset(consumer->arena);
	hearth_consumer_forget_ahead(consumer);
	hearth_consumer_bind(consumer);
	hearth_consumer_send_write(consumer, one_step(consumer, CONSUMER_BOOTSTRAP_END), 1, ended);
}

static int64_t loaded_at(const PGresult *result, const char *key)
{
	for (int i = 0; i < PQntuples(result); i++)
		if (strcmp(PQgetvalue(result, i, 0), key) == 0)
			return strtoll(PQgetvalue(result, i, 1), NULL, 10);
	return 0;
}

static void keys_here(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = read->context;
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	(void)status;
	if (!result) {
		read_anew(consumer, HEARTH_CONSUMER_RETRY_US);
		return;
	}
	consumer->passed = hearth_arena_alloc(consumer->arena, pulled->n_events * sizeof *consumer->passed);
	for (size_t i = 0; i < pulled->n_events; i++)
		consumer->passed[i] = pulled->events[i]->seq <=
		                      loaded_at(result, hearth_consumer_key(consumer->arena, pulled->events[i]));
	hearth_consumer_apply(consumer);
}

void hearth_consumer_catch_up(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	const char **keys = hearth_arena_alloc(consumer->arena, pulled->n_events * sizeof *keys);
	for (size_t i = 0; i < pulled->n_events; i++)
		keys[i] = hearth_consumer_key(consumer->arena, pulled->events[i]);
	struct hearth_call *call = hearth_consumer_bind(consumer);
	hearth_bind_texts(call, "keys", pulled->n_events, keys);
	hearth_consumer_send_read(consumer, CONSUMER_BOOTSTRAP_KEYS, keys_here);
}
