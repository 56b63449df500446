/* consumer_pull.c: pages of events of the source. While a full page is applied the next one is pulled; it is taken only
 * when the cursor stands where it was asked from, and dropped with any failure. */
#include "consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/log.h>

#define STOPPED_US INT64_C(1000000)

/* A source that has trimmed what a new service would begin with is loaded by its state; one that was on its way and fell
 * too far behind is not, for that would start nothing of what it missed: an operator decides (hearth events bootstrap). */
static bool begins_by_snapshot(const struct hearth_consumer *consumer, const struct hearth_status *status)
{
	return strcmp(status->reason, "TRIMMED") == 0 && consumer->known &&
	       (!consumer->has_cursor || consumer->catching_up);
}

void hearth_consumer_source_failed(struct hearth_consumer *consumer, const struct hearth_status *status)
{
	if (begins_by_snapshot(consumer, status)) {
		hearth_consumer_bootstrap(consumer);
		return;
	}
	if (status->code == HEARTH_FAILED_PRECONDITION || status->code == HEARTH_UNIMPLEMENTED) {
		hearth_consumer_stop_with(consumer, status->reason, status->message);
		consumer->known = false;     /* the operator sets the cursor right: read it again */
		hearth_consumer_wait(consumer, STOPPED_US);
		return;
	}
	if (status->code != HEARTH_UNAVAILABLE && status->code != HEARTH_DEADLINE_EXCEEDED)
		hearth_log(HEARTH_LOG_WARN, "pull", "source=%s code=%s reason=%s", consumer->source->service,
		           hearth_code_name(status->code), status->reason);
	hearth_consumer_rest(consumer);
}

static int send_pull(struct hearth_consumer *consumer, const char *epoch, int64_t after, hearth_reply_callback *done)
{
	Hearth__Events__V1__PullRequest request = HEARTH__EVENTS__V1__PULL_REQUEST__INIT;
	request.epoch = (char *)epoch;
	request.after = after;
	request.page_size = HEARTH_CONSUMER_PAGE;
	request.consumer = (char *)consumer->process->service->name;
	request.applied = consumer->seq;
	struct hearth_call_options options = { .timeout_ms = 5000 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	return hearth_client_send(consumer->process->client, consumer->pull_method, &request.base, &options, done, consumer,
	                          &status);
}

/* ---- the page ahead ---- */

/* What is here or on its way was asked from another cursor, or nobody knows. */
void hearth_consumer_forget_ahead(struct hearth_consumer *consumer)
{
	consumer->ahead = NULL;
	consumer->ahead_wanted = false;
	consumer->waits_ahead = false;
}

/* An error says nothing here: the page is then pulled in its turn. */
static void ahead_done(void *context, const struct hearth_reply *reply)
{
	struct hearth_consumer *consumer = context;
	consumer->ahead_asked = false;
	if (!consumer->ahead_wanted)
		return;
	hearth_arena_reset(consumer->ahead_arena);
	if (reply->status.code == HEARTH_OK)
		consumer->ahead = hearth__events__v1__pull_response__unpack(hearth_arena_allocator(consumer->ahead_arena),
		                                                            reply->size, reply->payload);
	if (consumer->waits_ahead)
		hearth_consumer_next_page(consumer);
}

/* Asks for the page after a full one that is about to be applied. */
static void pull_ahead(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	int64_t last = pulled->events[pulled->n_events - 1]->seq;
	if (consumer->ahead_asked || pulled->n_events < HEARTH_CONSUMER_PAGE || last >= pulled->end)
		return;
	hearth_consumer_forget_ahead(consumer);
	consumer->ahead_after = last;
	consumer->ahead_asked = send_pull(consumer, pulled->epoch, last, ahead_done) == 0;
	consumer->ahead_wanted = consumer->ahead_asked;
}

/* ---- a page ---- */

static void page_here(struct hearth_consumer *consumer)
{
	const Hearth__Events__V1__PullResponse *pulled = consumer->pulled;
	consumer->end = pulled->end;
	consumer->heard_us = hearth_clock_mono();
	consumer->applied = 0;
	consumer->passed = NULL;
	if (pulled->n_events > 0) {
		pull_ahead(consumer);
		if (consumer->catching_up)
			hearth_consumer_catch_up(consumer);
		else
			hearth_consumer_apply(consumer);
		return;
	}
	consumer->oldest_us = 0;
	hearth_consumer_go_on(consumer);
	if (consumer->hinted)
		hearth_consumer_step(consumer);
	else
		hearth_consumer_rest(consumer);
}

/* The page that was asked for ahead, when it is of this cursor; else a pull. */
void hearth_consumer_next_page(struct hearth_consumer *consumer)
{
	bool usable = hearth_consumer_may_work(consumer) && consumer->known && consumer->ahead_wanted &&
	              consumer->ahead_after == consumer->seq && !consumer->ordered && !consumer->boot_wanted;
	consumer->waits_ahead = usable && consumer->ahead_asked;
	if (consumer->waits_ahead) {
		consumer->state = CONSUMER_PULLING;
	} else if (usable && consumer->ahead) {
		struct hearth_arena *applied = consumer->page_arena;
		consumer->page_arena = consumer->ahead_arena;
		consumer->ahead_arena = applied;
		consumer->pulled = consumer->ahead;
		hearth_consumer_forget_ahead(consumer);
		hearth_arena_reset(consumer->arena);
		page_here(consumer);
	} else {
		hearth_consumer_step(consumer);
	}
}

static void pull_done(void *context, const struct hearth_reply *reply)
{
	struct hearth_consumer *consumer = context;
	if (!hearth_consumer_may_work(consumer)) {
		consumer->state = CONSUMER_IDLE;
		return;
	}
	if (reply->status.code != HEARTH_OK) {
		hearth_consumer_source_failed(consumer, &reply->status);
		return;
	}
	consumer->pulled = hearth__events__v1__pull_response__unpack(hearth_arena_allocator(consumer->page_arena),
	                                                             reply->size, reply->payload);
	if (consumer->pulled)
		page_here(consumer);
	else
		hearth_consumer_rest(consumer);
}

void hearth_consumer_pull(struct hearth_consumer *consumer)
{
	hearth_alarm_clear(consumer->alarm);
	hearth_arena_reset(consumer->arena);
	hearth_arena_reset(consumer->page_arena);
	hearth_consumer_forget_ahead(consumer);
	consumer->pulled = NULL;
	consumer->hinted = false;
	consumer->state = CONSUMER_PULLING;
	if (send_pull(consumer, consumer->epoch, consumer->seq, pull_done) < 0)
		hearth_consumer_rest(consumer);
}
