/* consumer_turn.c: whose turn it is to apply a source, and how far behind the service is.
 *
 * Each process looks once a second, by one statement on its write connection that is also its beat. The turn is taken
 * when nobody has it, when its holder's session lock is gone (killed, cut off: at the next look), or when its holder has
 * not beaten for three seconds (hangs: its session lives on). A holder that comes back learns at its next look that the
 * turn has passed; until that look it does nothing, and also when the turn has come back to it by then, it reads anew
 * what it knew by heart. A process that drains
 * gives its turn up by itself, after the batch in work; one that only reckons looks, so that it shows the same as its
 * siblings, and never takes the turn. Where two believe that it is theirs, both
 * may try: the cursor, what is parked and the snapshot's pages each move by compare-and-set, so that every effect is made
 * once, by one of them.
 *
 * How far behind: the age, by event time, of the oldest event not yet applied. Who applies knows it from the pages; all
 * others ask the source once a second, so that the figure is there also when nobody applies. Not known (NAN) when
 * neither the database nor the source has answered for ten seconds.
 */
#include "consumer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/log.h>

#define LOOK_US INT64_C(1000000)
#define LEAVE_AGAIN_US INT64_C(5000)
#define STALE_MS 3000
#define SILENT_US INT64_C(10000000)

static bool may_look(const struct hearth_consumer *consumer)
{
	return consumer->process->db && hearth_db_ready(consumer->process->db) && !consumer->looking;
}

/* ---- how far behind ---- */

double hearth_consumer_behind(const struct hearth_consumer *consumer)
{
	if (!consumer->heard_us || hearth_clock_mono() - consumer->heard_us > SILENT_US)
		return NAN;
	double age = consumer->oldest_us ? (double)(hearth_clock_now() - consumer->oldest_us) / 1e6 : 0;
	return age > 0 ? age : 0;
}

static void position_done(void *context, const struct hearth_reply *reply)
{
	struct hearth_consumer *consumer = context;
	consumer->asking_position = false;
	if (reply->status.code != HEARTH_OK)
		return;
	Hearth__Events__V1__GetPositionResponse *position = hearth__events__v1__get_position_response__unpack(
		hearth_arena_allocator(consumer->look_arena), reply->size, reply->payload);
	if (!position)
		return;
	consumer->heard_us = hearth_clock_mono();
	consumer->end = position->end;
	consumer->oldest_us = position->oldest ? position->oldest->seconds * 1000000 + position->oldest->nanos / 1000 : 0;
}

/* Who is at work hears it from the pages. */
static void ask_position(struct hearth_consumer *consumer)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	bool working = consumer->mine && !consumer->stopped[0] && !consumer->loading && !consumer->tries;
	if (consumer->asking_position || consumer->process->draining || (working && consumer->state != CONSUMER_IDLE))
		return;
	Hearth__Events__V1__GetPositionRequest request = HEARTH__EVENTS__V1__GET_POSITION_REQUEST__INIT;
	struct hearth_call_options options = { .timeout_ms = 2000, .once = true };
	request.after = consumer->looked_seq;
	consumer->asking_position = hearth_client_send(consumer->process->client, consumer->position_method, &request.base,
	                                               &options, position_done, consumer, &status) == 0;
}

/* ---- the turn ---- */

static void set_mine(struct hearth_consumer *consumer, bool mine)
{
	if (consumer->mine == mine)
		return;
	consumer->mine = mine;
	hearth_log(HEARTH_LOG_INFO, "consumer", "source=%s active=%s", consumer->source->service, mine ? "yes" : "no");
	consumer->known = false;
	consumer->tries = 0;
	consumer->park_next = false;
	consumer->page = HEARTH_CONSUMER_PAGE;
	consumer->stopped[0] = '\0';
}

/* After so long without a beat somebody else may have had the turn and given it back. */
bool hearth_consumer_beats(const struct hearth_consumer *consumer)
{
	return hearth_clock_mono() - consumer->beat_us <= STALE_MS * INT64_C(1000);
}

static void looked(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = write->context;
	(void)status;
	consumer->looking = false;
	if (results && PQntuples(results[0]) == 1) {
		if (!hearth_consumer_beats(consumer))
			set_mine(consumer, false);
		consumer->beat_us = consumer->look_us;
		set_mine(consumer, *PQgetvalue(results[0], 0, 0) == 't' && consumer->process->alive);
		consumer->looked_seq = strtoll(PQgetvalue(results[0], 0, 1), NULL, 10);
		consumer->parked = strtoll(PQgetvalue(results[0], 0, 2), NULL, 10);
		consumer->ordered = *PQgetvalue(results[0], 0, 3) == 't';
		consumer->boot_wanted |= *PQgetvalue(results[0], 0, 4) == 't';
		ask_position(consumer);
	}
	bool due = consumer->ordered || consumer->boot_wanted;
	if (consumer->mine && (consumer->state == CONSUMER_IDLE || (consumer->state == CONSUMER_WAITING && due)))
		hearth_consumer_step(consumer);
}

static struct hearth_call *bind_look(struct hearth_consumer *consumer)
{
	struct hearth_call *call = consumer->look_call;
	hearth_arena_reset(call->arena);
	memset(call->givens, 0, sizeof call->givens);
	call->bound_count = 0;
	hearth_bind_text(call, "source", consumer->source->service);
	hearth_bind_text(call, "holder", consumer->process->instance_text);
	return call;
}

static void send_look(struct hearth_consumer *consumer, enum hearth_consumer_statement which,
                      void (*done)(struct hearth_write *, const PGresult *const *, const struct hearth_status *))
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	consumer->look_step[0] = (struct hearth_step){ consumer->statements[which].statement,
		hearth_call_values(consumer->look_call, &consumer->statements[which], &status) };
	consumer->look = (struct hearth_write){ .step_count = 1, .steps = consumer->look_step, .done = done,
	                                        .context = consumer,
	                                        .deadline_us = hearth_clock_wall() + 10 * LOOK_US };
	consumer->look_us = hearth_clock_mono();
	consumer->looking = true;
	hearth_db_write(consumer->process->db, &consumer->look);
}

static void look(struct hearth_consumer *consumer)
{
	const struct hearth_process *process = consumer->process;
	struct hearth_call *call = bind_look(consumer);
	if (!consumer->asking_position)
		hearth_arena_reset(consumer->look_arena);
	hearth_bind_text(call, "service", process->service->name);
	hearth_bind_bool(call, "may", process->alive && !process->draining && process->serves != HEARTH_SERVES_COMPUTE);
	hearth_bind_int(call, "stale_ms", STALE_MS);
	send_look(consumer, CONSUMER_LOOK, looked);
}

static void left(struct hearth_write *write, const PGresult *const *results, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = write->context;
	(void)results;
	(void)status;
	consumer->looking = consumer->leaving = false;
	set_mine(consumer, false);
}

/* A look that is on its way may still bring the turn. */
static void leave(struct hearth_consumer *consumer)
{
	bool working = consumer->state == CONSUMER_APPLYING || consumer->state == CONSUMER_LOADING;
	bool ready = consumer->process->db && hearth_db_ready(consumer->process->db);
	consumer->leaving = ready && (consumer->mine || consumer->looking);
	if (!consumer->leaving)
		return;
	if (working || consumer->looking) {
		hearth_alarm_set(consumer->look_alarm, LEAVE_AGAIN_US);
		return;
	}
	bind_look(consumer);
	send_look(consumer, CONSUMER_LEAVE, left);
}

void hearth_consumer_leave(struct hearth_consumer *consumer)
{
	consumer->leaving = true;
	hearth_alarm_set(consumer->look_alarm, 1);
}

static void look_rang(void *context)
{
	struct hearth_consumer *consumer = context;
	if (consumer->leaving) {
		leave(consumer);
		return;
	}
	hearth_alarm_set(consumer->look_alarm, LOOK_US);
	if (may_look(consumer) && !consumer->process->draining)
		look(consumer);
}

/* The database is ready, or the session lock came or went. */
void hearth_consumer_turn_start(struct hearth_consumer *consumer)
{
	if (!consumer->process->alive)
		set_mine(consumer, false);
	if (consumer->state == CONSUMER_IDLE && consumer->mine)
		hearth_consumer_step(consumer);
	hearth_alarm_set(consumer->look_alarm, consumer->process->alive ? 1 : LOOK_US);
}

int hearth_consumer_turn_init(struct hearth_consumer *consumer)
{
	consumer->look_arena = hearth_arena_new();
	consumer->look_call = hearth_call_take(consumer->process);
	consumer->process->outstanding--;
	consumer->look_alarm = hearth_alarm_new(consumer->process->loop, look_rang, consumer);
	return 0;
}

void hearth_consumer_turn_done(struct hearth_consumer *consumer)
{
	hearth_alarm_free(&consumer->look_alarm);
	consumer->process->outstanding++;
	hearth_call_give(consumer->look_call);
	hearth_arena_free(&consumer->look_arena);
}
