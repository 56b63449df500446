/* client_health.c: instances that are connected and do not answer: a hung loop, a stopped process, a host just gone.
 *
 * ZeroMQ's heartbeats are answered by its own thread, so they say nothing about the loop behind them. So: an instance that
 * has calls outstanding and has answered nothing for half a second is asked Health/Check, which every loop answers at
 * once whatever its calls wait for; when it has answered nothing for a whole second, the check included, it is ejected.
 * Promises: an ejected instance gets no call; those it has go elsewhere when there is an elsewhere (reads, and writes by
 * their request id), and stay with it otherwise; it is checked again with backoff, and used again with its first answer,
 * whatever it is. Our own pauses are not held against anybody.
 */
#include "client_parts.h"

#include <zmq.h>

#include <hearth/clock.h>

#define TICK_US INT64_C(100000)
#define LATE_US INT64_C(250000)          /* a tick later than this: we slept, not they */
#define CHECK_US INT64_C(500000)
#define EJECT_US INT64_C(1000000)
#define AGAIN_FIRST_US INT64_C(250000)
#define AGAIN_MOST_US INT64_C(4000000)
#define CHECK_ID (UINT64_C(1) << 63)     /* no call has it: slots are counted from 1 in the lower half */

static void check(struct instance *instance, int64_t now)
{
	static const char method[] = "hearth.control.v1.Health/Check";
	struct hearth_request_header header = {
		.call_id = CHECK_ID, .method = { method, sizeof method - 1 },
		.deadline_us = (uint64_t)(hearth_clock_wall() + AGAIN_MOST_US),
	};
	uint8_t bytes[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST];
	size_t size = hearth_request_frame_begin(&header, bytes);

	/* One that cannot be sent is one that is not answered. */
	(void)zmq_send(instance->dealer, bytes, size, ZMQ_DONTWAIT);
	hearth_loop_defer(instance->service->client->loop, &instance->dealer_pump);
	instance->checked_us = now;
}

static bool has_other(const struct instance *instance)
{
	for (const struct instance *other = instance->service->instances; other; other = other->next)
		if (other != instance && client_is_usable(other))
			return true;
	return false;
}

/* Its calls go to others, but for those that may go nowhere else. */
static void give_away(struct instance *instance)
{
	struct call_list moving = { .first = NULL };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct call *call, *next;

	if (instance->calls.count == 0 || !has_other(instance))
		return;
	hearth_fail(&status, HEARTH_UNAVAILABLE, "INSTANCE_SILENT", "the instance of %s that had the call answers nothing",
	            instance->service->name);
	for (call = instance->calls.first; call; call = next) {
		next = call->next;
		if (call->once || call->target[0])
			continue;
		client_list_remove(call);
		client_list_add(&moving, call);
	}
	while ((call = moving.first)) {
		client_list_remove(call);
		client_call_lost(call, &status);
	}
}

static void look_at_ejected(struct instance *instance, int64_t now)
{
	if (now - instance->checked_us >= instance->again_us) {
		check(instance, now);
		instance->again_us = instance->again_us * 2 > AGAIN_MOST_US ? AGAIN_MOST_US : instance->again_us * 2;
	}
	give_away(instance);
}

static void look_at_instance(struct instance *instance, int64_t now)
{
	int64_t silent = instance->calls.count > 0 ? now - instance->heard_us : 0;

	if (!instance->ready)
		return;
	if (instance->ejected) {
		look_at_ejected(instance, now);
		return;
	}
	if (silent >= CHECK_US && instance->checked_us < instance->heard_us)
		check(instance, now);
	if (silent < EJECT_US || instance->checked_us < instance->heard_us)
		return;
	instance->ejected = true;
	instance->again_us = AGAIN_FIRST_US;
	instance->service->client->ejections++;
	give_away(instance);
}

/* A pause of ours: what came meanwhile may not all be read yet. */
static void forgive(struct service *service, int64_t now)
{
	for (struct instance *instance = service->instances; instance; instance = instance->next)
		if (!instance->ejected)
			instance->heard_us = now;
}

/* Callbacks of calls that end may open and close instances: the next one is found by its serial. */
static struct instance *after(struct service *service, uint64_t serial)
{
	struct instance *best = NULL;

	for (struct instance *instance = service->instances; instance; instance = instance->next)
		if (instance->serial > serial && (!best || instance->serial < best->serial))
			best = instance;
	return best;
}

static bool any_ejected(const struct hearth_client *client)
{
	for (const struct service *service = client->services; service; service = service->next)
		for (const struct instance *instance = service->instances; instance; instance = instance->next)
			if (instance->ejected)
				return true;
	return false;
}

static void tick(void *context)
{
	struct hearth_client *client = context;
	int64_t now = hearth_clock_mono();
	bool late = now - client->health_due_us > LATE_US;

	client->watching = false;
	client_enter(client);
	for (struct service *service = client->services; service; service = service->next) {
		if (late)
			forgive(service, now);
		for (struct instance *instance = after(service, 0), *next; instance; instance = next) {
			uint64_t serial = instance->serial;

			look_at_instance(instance, now);
			next = after(service, serial);
		}
	}
	client_leave(client);
	if (client->outstanding > 0 || any_ejected(client))
		client_watch_health(client);
}

void client_watch_health(struct hearth_client *client)
{
	if (client->watching)
		return;
	if (!client->health)
		client->health = hearth_alarm_new(client->loop, tick, client);
	client->watching = true;
	client->health_due_us = hearth_clock_mono() + TICK_US;
	hearth_alarm_set(client->health, TICK_US);
}

uint64_t hearth_client_ejections(const struct hearth_client *client)
{
	return client->ejections;
}

void client_heard_again(struct instance *instance)
{
	instance->ejected = false;
	hearth_loop_defer(instance->service->client->loop, &instance->service->flush);
}
