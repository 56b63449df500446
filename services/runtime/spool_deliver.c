/* spool_deliver.c: what waits in a spool, sent in order per key until it is acknowledged or refused.
 *
 * A round is one transaction: the outcomes that came since the last one are written, the keys that are due are looked up
 * and the first command of each is marked as sent; after the commit they are sent, up to `at_once` keys at a time. So a
 * command is never sent without a mark on disk that its outcome may be uncertain, and one synchronisation of the disk
 * serves a whole round. A crash between an answer and its round sends the command again with the same request id.
 *
 * A service without any instance is asked for by one command at a time, so that what waits for it does not keep the
 * others' places.
 */
#include "spool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "client_parts.h"

#define AT_ONCE 64
#define AT_ONCE_MOST 128
#define TIMEOUT_MS 10000
#define MOST_AGE_S INT64_C(86400)
#define LOOK_US INT64_C(200000)          /* for what other processes added */
#define TROUBLE_US INT64_C(1000000)      /* the disk does not take our round: again then */
#define PAUSE_US INT64_C(200000)         /* after a first failure; doubled with each */
#define PAUSE_MOST_US INT64_C(15000000)
#define DOUBLINGS 7
#define TRIM_EVERY_US INT64_C(60000000)
#define SERVICES_MOST 64

enum slot_state { SLOT_FREE, SLOT_CHOSEN, SLOT_SENT, SLOT_ANSWERED, SLOT_STALE };

/* One key in delivery: its first command. */
struct slot {
	struct hearth_delivery *delivery;
	enum slot_state state;
	int64_t seq, failures;
	struct hearth_uuid id;
	uint32_t roles;
	bool was_certain;                /* no earlier try has an unknown outcome */
	char key[HEARTH_SPOOL_KEY_MOST + 1], method[SPOOL_METHOD_MOST], actor[65], authority[4], service[64];
	uint8_t *payload;
	size_t size;
	struct hearth_status status;     /* its answer */
	uint8_t *reply;
	size_t reply_size;
};

/* A service that had no instance: nobody else is sent there before `until_us`, and then one. */
struct absent { char service[64]; int64_t until_us; unsigned failures; bool asked; };

struct hearth_delivery {
	struct hearth_spool *spool;
	struct hearth_client *client;
	struct hearth_delivery_options options;
	int claim;
	struct hearth_alarm *alarm;
	struct hearth_deferred turn;
	struct slot *slots;
	struct absent absent[SERVICES_MOST];
	size_t absent_count;
	int64_t trimmed_us;
	uint32_t random;
};

/* ---- services that are not there ---- */

static struct absent *find_absent(struct hearth_delivery *delivery, const char *service)
{
	for (size_t i = 0; i < delivery->absent_count; i++)
		if (strcmp(delivery->absent[i].service, service) == 0)
			return &delivery->absent[i];
	return NULL;
}

/* Three quarters to five quarters of it, so that many callers do not come back together. */
static int64_t pause_after(struct hearth_delivery *delivery, int64_t failures)
{
	int64_t pause = failures >= DOUBLINGS ? PAUSE_MOST_US : PAUSE_US << failures;
	delivery->random = delivery->random * 1664525u + 1013904223u;
	return pause * 3 / 4 + pause / 2 * (delivery->random >> 16) / 65536;
}

static void note_absent(struct hearth_delivery *delivery, const char *service)
{
	struct absent *absent = find_absent(delivery, service);
	if (!absent && delivery->absent_count == SERVICES_MOST)
		return;
	if (!absent) {
		absent = &delivery->absent[delivery->absent_count++];
		*absent = (struct absent){ .failures = 0 };
		hearth_text_copy(absent->service, sizeof absent->service, service);
	}
	absent->until_us = hearth_clock_wall() + pause_after(delivery, absent->failures++);
	absent->asked = false;
}

static void note_present(struct hearth_delivery *delivery, const char *service)
{
	struct absent *absent = find_absent(delivery, service);
	if (absent)
		*absent = delivery->absent[--delivery->absent_count];
}

/* 0: it may be sent now; else when to look again. */
static int64_t not_before(struct hearth_delivery *delivery, const char *service, int64_t now_us)
{
	struct absent *absent = find_absent(delivery, service);
	if (!absent || (absent->until_us <= now_us && !absent->asked))
		return 0;
	return absent->until_us > now_us ? absent->until_us : now_us + PAUSE_US;
}

/* ---- outcomes ---- */

/* It was certainly not carried out, and may be by a later try. */
static bool never_began(const struct hearth_status *status)
{
	return status->code == HEARTH_UNAVAILABLE || strcmp(status->reason, "NOT_LOCATED") == 0 ||
	       strcmp(status->reason, "KEY_REMOVED") == 0;
}

static bool passes(const struct hearth_status *status)
{
	switch (status->code) {
	case HEARTH_UNAVAILABLE: case HEARTH_UNKNOWN: case HEARTH_DEADLINE_EXCEEDED: case HEARTH_CANCELLED:
		return true;
	case HEARTH_RESOURCE_EXHAUSTED:
		return strcmp(status->reason, "MESSAGE_TOO_LARGE") != 0;
	case HEARTH_UNAUTHENTICATED:
		return strcmp(status->reason, "KEY_REMOVED") == 0;       /* our newer key is not loaded yet */
	default:
		return strcmp(status->reason, "NOT_LOCATED") == 0;
	}
}

static int bind_status(sqlite3_stmt *statement, int at, const struct hearth_status *status)
{
	sqlite3_bind_int(statement, at, (int)status->code);
	sqlite3_bind_text(statement, at + 1, status->reason, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, at + 2, status->field, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, at + 3, status->message, -1, SQLITE_STATIC);
	return at + 4;
}

static int write_done(struct slot *slot, struct hearth_status *status)
{
	struct hearth_spool *spool = slot->delivery->spool;
	sqlite3_stmt *done = spool_use(spool, SPOOL_DONE);
	sqlite3_bind_int64(done, 1, slot->seq);
	sqlite3_bind_int64(done, 2, hearth_clock_wall());
	sqlite3_bind_blob(done, 3, slot->reply_size ? (const void *)slot->reply : "", (int)slot->reply_size, SQLITE_STATIC);
	return spool_run(spool, done, status) < 0 ? -1 : spool_lane_goes_on(spool, slot->key, status);
}

/* Waits for a person, and its key with it. */
static int write_stopped(struct slot *slot, enum hearth_spool_state state, const struct hearth_status *why,
                         struct hearth_status *status)
{
	struct hearth_spool *spool = slot->delivery->spool;
	sqlite3_stmt *stop = spool_use(spool, SPOOL_STOP);
	sqlite3_bind_int64(stop, 1, slot->seq);
	sqlite3_bind_int(stop, 2, (int)state);
	sqlite3_bind_int(stop, bind_status(stop, 3, why), state == HEARTH_SPOOL_REFUSED);
	if (spool_run(spool, stop, status) < 0)
		return -1;
	sqlite3_stmt *hold = spool_use(spool, SPOOL_LANE_HOLD);
	sqlite3_bind_text(hold, 1, slot->key, -1, SQLITE_STATIC);
	return spool_run(spool, hold, status);
}

static int put_off(struct hearth_spool *spool, const char *key, int64_t next_us, int64_t failures,
                   struct hearth_status *status)
{
	sqlite3_stmt *later = spool_use(spool, SPOOL_LANE_LATER);
	sqlite3_bind_text(later, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(later, 2, next_us);
	sqlite3_bind_int64(later, 3, failures);
	return spool_run(spool, later, status);
}

static int write_again(struct slot *slot, struct hearth_status *status)
{
	struct hearth_delivery *delivery = slot->delivery;
	sqlite3_stmt *again = spool_use(delivery->spool, SPOOL_AGAIN);
	sqlite3_bind_int64(again, 1, slot->seq);
	sqlite3_bind_int(again, bind_status(again, 2, &slot->status), slot->was_certain && never_began(&slot->status));
	if (spool_run(delivery->spool, again, status) < 0)
		return -1;
	struct absent *absent = find_absent(delivery, slot->service);
	int64_t next_us = absent ? absent->until_us : hearth_clock_wall() + pause_after(delivery, slot->failures);
	return put_off(delivery->spool, slot->key, next_us, slot->failures + 1, status);
}

static int write_outcome(struct slot *slot, struct hearth_status *status)
{
	if (slot->status.code == HEARTH_OK)
		return write_done(slot, status);
	if (!passes(&slot->status))
		return write_stopped(slot, HEARTH_SPOOL_REFUSED, &slot->status, status);
	return write_again(slot, status);
}

static void free_slot(struct slot *slot)
{
	free(slot->payload);
	free(slot->reply);
	*slot = (struct slot){ .delivery = slot->delivery };
}

static void tell(struct hearth_delivery *delivery, const struct hearth_uuid *id, enum hearth_spool_state state,
                 const struct hearth_status *status)
{
	if (delivery->options.told)
		delivery->options.told(delivery->options.context, id, state, status);
}

/* ---- choosing ---- */

static bool in_delivery(const struct hearth_delivery *delivery, const char *key)
{
	for (int i = 0; i < delivery->options.at_once; i++)
		if (delivery->slots[i].state != SLOT_FREE && delivery->slots[i].state != SLOT_ANSWERED &&
		    strcmp(delivery->slots[i].key, key) == 0)
			return true;
	return false;
}

static void name_service(const char *method, char ret_service[64])
{
	size_t size = 0;
	const char *service = spool_service_of(method, &size);
	if (size > 63)
		size = 63;
	if (service)
		memcpy(ret_service, service, size);
	ret_service[size] = '\0';
}

/* The row of SPOOL_HEAD into the slot. */
static void read_head(struct slot *slot, sqlite3_stmt *row)
{
	int size = sqlite3_column_bytes(row, 6);
	slot->seq = sqlite3_column_int64(row, 0);
	memcpy(slot->id.bytes, sqlite3_column_blob(row, 1), 16);
	hearth_text_copy(slot->method, sizeof slot->method, (const char *)sqlite3_column_text(row, 2));
	hearth_text_copy(slot->actor, sizeof slot->actor, (const char *)sqlite3_column_text(row, 3));
	hearth_text_copy(slot->authority, sizeof slot->authority, (const char *)sqlite3_column_text(row, 4));
	slot->roles = (uint32_t)sqlite3_column_int64(row, 5);
	slot->was_certain = sqlite3_column_type(row, 7) == SQLITE_NULL;
	name_service(slot->method, slot->service);
	slot->payload = hearth_alloc((size_t)size + 1);
	slot->size = (size_t)size;
	if (size > 0)
		memcpy(slot->payload, sqlite3_column_blob(row, 6), (size_t)size);
}

static int stop_stale(struct slot *slot, struct hearth_status *status)
{
	hearth_fail(&slot->status, HEARTH_FAILED_PRECONDITION, "STALE", "it was sent over %lld hours ago and may have been "
	            "carried out; look first, then retry it or drop it",
	            (long long)(slot->delivery->options.most_age_s / 3600));
	if (write_stopped(slot, HEARTH_SPOOL_STALE, &slot->status, status) < 0)
		return -1;
	slot->state = SLOT_STALE;
	return 0;
}

static int mark(struct slot *slot, int64_t now_us, struct hearth_status *status)
{
	struct hearth_delivery *delivery = slot->delivery;
	struct absent *absent = find_absent(delivery, slot->service);
	sqlite3_stmt *sent = spool_use(delivery->spool, SPOOL_MARK);
	sqlite3_bind_int64(sent, 1, slot->seq);
	sqlite3_bind_int64(sent, 2, now_us);
	if (spool_run(delivery->spool, sent, status) < 0)
		return -1;
	if (absent)
		absent->asked = true;
	slot->state = SLOT_CHOSEN;
	return 0;
}

/* The first command of a key into a free slot: chosen, put off, or stopped. */
static int take_head(struct slot *slot, const char *key, int64_t failures, int64_t now_us, struct hearth_status *status)
{
	struct hearth_spool *spool = slot->delivery->spool;
	sqlite3_stmt *head = spool_use(spool, SPOOL_HEAD);
	sqlite3_bind_text(head, 1, key, -1, SQLITE_STATIC);
	int row = spool_row(spool, head, status);
	if (row < 0)
		return -1;
	if (row == 0)
		return spool_lane_goes_on(spool, key, status);
	int64_t uncertain_us = sqlite3_column_int64(head, 7);
	hearth_text_copy(slot->key, sizeof slot->key, key);
	slot->failures = failures;
	read_head(slot, head);
	sqlite3_reset(head);
	int64_t later_us = not_before(slot->delivery, slot->service, now_us);
	int outcome;
	if (uncertain_us > 0 && now_us - uncertain_us > slot->delivery->options.most_age_s * 1000000)
		outcome = stop_stale(slot, status);
	else if (later_us > 0)
		outcome = put_off(spool, key, later_us, failures, status);
	else
		outcome = mark(slot, now_us, status);
	if (slot->state == SLOT_FREE)
		free_slot(slot);
	return outcome;
}

static struct slot *free_slot_of(struct hearth_delivery *delivery)
{
	for (int i = 0; i < delivery->options.at_once; i++)
		if (delivery->slots[i].state == SLOT_FREE)
			return &delivery->slots[i];
	return NULL;
}

struct due { size_t count; struct { char key[HEARTH_SPOOL_KEY_MOST + 1]; int64_t failures; } keys[AT_ONCE_MOST]; };

/* Keys that are due and not in delivery, read before any of them is changed. */
static int find_due(struct hearth_delivery *delivery, int64_t now_us, struct due *ret_due, struct hearth_status *status)
{
	sqlite3_stmt *due = spool_use(delivery->spool, SPOOL_DUE);
	sqlite3_bind_int64(due, 1, now_us);
	sqlite3_bind_int(due, 2, 2 * delivery->options.at_once);
	int row;
	ret_due->count = 0;
	while ((row = spool_row(delivery->spool, due, status)) > 0) {
		const char *key = (const char *)sqlite3_column_text(due, 0);
		if (ret_due->count == (size_t)delivery->options.at_once || in_delivery(delivery, key))
			continue;
		hearth_text_copy(ret_due->keys[ret_due->count].key, HEARTH_SPOOL_KEY_MOST + 1, key);
		ret_due->keys[ret_due->count++].failures = sqlite3_column_int64(due, 1);
	}
	return row;
}

static int choose(struct hearth_delivery *delivery, struct hearth_status *status)
{
	struct due due;
	struct slot *slot;
	int64_t now_us = hearth_clock_wall();
	int outcome = find_due(delivery, now_us, &due, status);
	for (size_t i = 0; i < due.count && outcome == 0 && (slot = free_slot_of(delivery)); i++)
		outcome = take_head(slot, due.keys[i].key, due.keys[i].failures, now_us, status);
	return outcome;
}

/* ---- a round ---- */

static void answered(void *context, const struct hearth_reply *reply)
{
	struct slot *slot = context;
	struct hearth_delivery *delivery = slot->delivery;
	slot->state = SLOT_ANSWERED;
	slot->status = reply->status;
	if (reply->status.code == HEARTH_OK && reply->size > 0) {
		slot->reply = hearth_alloc(reply->size);
		slot->reply_size = reply->size;
		memcpy(slot->reply, reply->payload, reply->size);
	}
	if (strcmp(reply->status.reason, "NO_INSTANCE") == 0 || strcmp(reply->status.reason, "NOT_LOCATED") == 0)
		note_absent(delivery, slot->service);
	else
		note_present(delivery, slot->service);
	if (delivery->claim >= 0)
		hearth_loop_defer(delivery->client->loop, &delivery->turn);
}

static void send_slot(struct slot *slot)
{
	struct hearth_delivery *delivery = slot->delivery;
	struct hearth_reply failed = { .size = 0 };
	const struct hearth_actor actor = { slot->actor, slot->authority, slot->roles };
	const struct hearth_call_options options = {
		.timeout_ms = delivery->options.timeout_ms, .request_id = &slot->id, .actor = &actor };
	slot->state = SLOT_SENT;
	if (hearth_client_send_packed(delivery->client, slot->method, slot->payload, slot->size, &options, answered, slot,
	                              &failed.status) < 0)
		answered(slot, &failed);
}

static bool anything_to_write(const struct hearth_delivery *delivery)
{
	for (int i = 0; i < delivery->options.at_once; i++)
		if (delivery->slots[i].state == SLOT_ANSWERED)
			return true;
	return false;
}

static int write_outcomes(struct hearth_delivery *delivery, struct hearth_status *status)
{
	int outcome = 0;
	for (int i = 0; i < delivery->options.at_once && outcome == 0; i++)
		if (delivery->slots[i].state == SLOT_ANSWERED)
			outcome = write_outcome(&delivery->slots[i], status);
	return outcome;
}

static int trim(struct hearth_delivery *delivery, struct hearth_status *status)
{
	int64_t now_us = hearth_clock_mono();
	if (delivery->trimmed_us && now_us - delivery->trimmed_us < TRIM_EVERY_US)
		return 0;
	delivery->trimmed_us = now_us;
	sqlite3_stmt *old = spool_use(delivery->spool, SPOOL_TRIM);
	sqlite3_bind_int64(old, 1, hearth_clock_wall() - delivery->spool->keep_us);
	return spool_run(delivery->spool, old, status);
}

/* Written down: answered ones give their places to the next, chosen ones go. */
static void after_commit(struct hearth_delivery *delivery)
{
	for (int i = 0; i < delivery->options.at_once; i++) {
		struct slot *slot = &delivery->slots[i];
		if (slot->state == SLOT_ANSWERED) {
			if (slot->status.code == HEARTH_OK || !passes(&slot->status))
				tell(delivery, &slot->id, slot->status.code == HEARTH_OK ? HEARTH_SPOOL_DONE : HEARTH_SPOOL_REFUSED,
				     &slot->status);
			free_slot(slot);
		} else if (slot->state == SLOT_STALE) {
			tell(delivery, &slot->id, HEARTH_SPOOL_STALE, &slot->status);
			free_slot(slot);
		} else if (slot->state == SLOT_CHOSEN) {
			send_slot(slot);
		}
	}
}

/* Nothing was written: what was answered waits for the next round, what was chosen is not sent. */
static void after_failure(struct hearth_delivery *delivery)
{
	for (int i = 0; i < delivery->options.at_once; i++)
		if (delivery->slots[i].state == SLOT_CHOSEN || delivery->slots[i].state == SLOT_STALE)
			free_slot(&delivery->slots[i]);
	for (size_t i = 0; i < delivery->absent_count; i++)
		delivery->absent[i].asked = false;
}

/* Whether a key is due: asked without the right to write, so that an idle delivery locks nobody out. */
static bool anything_due(struct hearth_delivery *delivery)
{
	struct hearth_status ignored;
	struct due due;
	return find_due(delivery, hearth_clock_wall(), &due, &ignored) == 0 && due.count > 0;
}

/* When the next key is due, at the latest when it is time to look for what others added. */
static void rest(struct hearth_delivery *delivery)
{
	struct hearth_status ignored;
	sqlite3_stmt *soonest = spool_use(delivery->spool, SPOOL_SOONEST);
	int64_t after_us = LOOK_US;
	if (spool_row(delivery->spool, soonest, &ignored) > 0) {
		if (sqlite3_column_type(soonest, 0) != SQLITE_NULL)
			after_us = sqlite3_column_int64(soonest, 0) - hearth_clock_wall();
		sqlite3_reset(soonest);
	}
	hearth_alarm_set(delivery->alarm, after_us < 1000 ? 1000 : after_us > LOOK_US ? LOOK_US : after_us);
}

static void run_round(void *context)
{
	struct hearth_delivery *delivery = context;
	struct hearth_status status = HEARTH_STATUS_INIT;
	bool places = free_slot_of(delivery) != NULL;
	if (!anything_to_write(delivery) && !(places && anything_due(delivery))) {
		rest(delivery);
		return;
	}
	int outcome = spool_begin(delivery->spool, &status);
	if (outcome == 0) {
		outcome = write_outcomes(delivery, &status);
		/* The places of those that were answered are free after this round; the next follows at once. */
		if (outcome == 0)
			outcome = choose(delivery, &status);
		if (outcome == 0)
			outcome = trim(delivery, &status);
		outcome = spool_end(delivery->spool, outcome, &status);
	}
	if (outcome < 0) {
		after_failure(delivery);
		hearth_alarm_set(delivery->alarm, TROUBLE_US);
		return;
	}
	after_commit(delivery);
	rest(delivery);
}

/* ---- a delivery ---- */

static void set_options(struct hearth_delivery *delivery, const struct hearth_delivery_options *options)
{
	struct hearth_delivery_options *set = &delivery->options;
	if (options)
		*set = *options;
	if (set->at_once <= 0 || set->at_once > AT_ONCE_MOST)
		set->at_once = set->at_once > 0 ? AT_ONCE_MOST : AT_ONCE;
	if (set->timeout_ms <= 0)
		set->timeout_ms = TIMEOUT_MS;
	if (set->most_age_s <= 0)
		set->most_age_s = MOST_AGE_S;
}

struct hearth_delivery *hearth_delivery_new(struct hearth_spool *spool, struct hearth_client *client,
                                            const struct hearth_delivery_options *options, struct hearth_status *status)
{
	int claim = spool_claim(spool, status);
	if (claim < 0)
		return NULL;
	struct hearth_delivery *delivery = hearth_alloc(sizeof *delivery);
	*delivery = (struct hearth_delivery){ .spool = spool, .client = client, .claim = claim,
	                                      .random = (uint32_t)hearth_clock_wall() ^ (uint32_t)getpid() };
	set_options(delivery, options);
	delivery->turn = (struct hearth_deferred){ .callback = run_round, .context = delivery };
	delivery->alarm = hearth_alarm_new(client->loop, run_round, delivery);
	delivery->slots = hearth_alloc((size_t)delivery->options.at_once * sizeof *delivery->slots);
	for (int i = 0; i < delivery->options.at_once; i++)
		delivery->slots[i] = (struct slot){ .delivery = delivery };
	hearth_alarm_set(delivery->alarm, 0);
	return delivery;
}

static bool any_sent(const struct hearth_delivery *delivery)
{
	for (int i = 0; i < delivery->options.at_once; i++)
		if (delivery->slots[i].state == SLOT_SENT)
			return true;
	return false;
}

/* What is on its way is waited for: its answer is known then, and its memory is not called back into. */
void hearth_delivery_free(struct hearth_delivery **pointer)
{
	struct hearth_delivery *delivery = *pointer;
	struct hearth_status ignored = HEARTH_STATUS_INIT;
	if (!delivery)
		return;
	int claim = delivery->claim;
	delivery->claim = -1;
	hearth_loop_undefer(delivery->client->loop, &delivery->turn);
	hearth_alarm_free(&delivery->alarm);
	while (any_sent(delivery))
		hearth_loop_turn(delivery->client->loop, -1);
	if (anything_to_write(delivery) && spool_begin(delivery->spool, &ignored) == 0)
		spool_end(delivery->spool, write_outcomes(delivery, &ignored), &ignored);
	for (int i = 0; i < delivery->options.at_once; i++)
		free_slot(&delivery->slots[i]);
	free(delivery->slots);
	close(claim);
	free(delivery);
	*pointer = NULL;
}

/* Whether a key is neither held nor empty. */
static bool anything_left(struct hearth_delivery *delivery)
{
	struct hearth_status ignored;
	sqlite3_stmt *left = spool_use(delivery->spool, SPOOL_LEFT);
	bool any = spool_row(delivery->spool, left, &ignored) > 0 && sqlite3_column_int(left, 0);
	sqlite3_reset(left);
	return any || any_sent(delivery) || anything_to_write(delivery);
}

int64_t hearth_delivery_run(struct hearth_delivery *delivery, int timeout_ms)
{
	struct hearth_spool_counts counts = { .waiting = -1 };
	struct hearth_status ignored;
	int64_t until_us = hearth_clock_mono() + (int64_t)timeout_ms * 1000, left_us = LOOK_US;
	while (anything_left(delivery) && left_us > 0) {
		hearth_loop_turn(delivery->client->loop, left_us < LOOK_US ? left_us : LOOK_US);
		left_us = timeout_ms < 0 ? LOOK_US : until_us - hearth_clock_mono();
	}
	return hearth_spool_count(delivery->spool, &counts, &ignored) == 0 ? counts.waiting + counts.behind : -1;
}
