/* driver.c: a client process and its journeys: carries calls, repeats writes with their ids, keeps what was answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "../support/suite_inside.h"
#include "journeys.h"

#define CALL_MS 3000
#define TOLD_MOST 20
#define JOURNEYS_AT_ONCE_MOST 128

struct driver {
	struct suite *suite;
	struct fault_shared *shared;
	struct hearth_client *client;
	char caller[16];
	int64_t waiting_since_us;          /* of writes; 0: none waits. Begins anew with each answer */
	struct journey journeys[JOURNEYS_AT_ONCE_MOST];
	unsigned seed;
};

int32_t driver_today(const struct journey *journey)
{
	return atomic_load(&journey->driver->shared->today);
}

const char *driver_home(const struct journey *journey, int number)
{
	return journey->driver->shared->home_ids[number];
}

int driver_homes(const struct journey *journey)
{
	return journey->driver->shared->homes;
}

void driver_finished(struct journey *journey)
{
	journey->state = FINISHED;
	atomic_fetch_add(&journey->driver->shared->finished, 1);
}

void driver_break(struct journey *journey, const struct hearth_status *status)
{
	fault_break(journey->driver->shared, "journey %d, %s: %s %s %s (referral %s, placement %s)", journey->number,
	            journey_rows[journey->state].name, hearth_code_name(status->code), status->reason, status->message,
	            journey->referral_id, journey->placement_id);
	journey->due_us = INT64_MAX;
}

void driver_wait(struct journey *journey, int milliseconds)
{
	journey->due_us = hearth_clock_mono() + (int64_t)milliseconds * 1000;
}

/* What a caller must take for "ask again": the same write under the same id has one effect. */
static bool passing(enum hearth_code code)
{
	return code == HEARTH_UNAVAILABLE || code == HEARTH_UNKNOWN || code == HEARTH_DEADLINE_EXCEEDED ||
	       code == HEARTH_RESOURCE_EXHAUSTED;
}

static bool refusal(enum hearth_code code)
{
	return code == HEARTH_FAILED_PRECONDITION || code == HEARTH_NOT_FOUND || code == HEARTH_ALREADY_EXISTS;
}

static struct hearth_actor actor_of(const struct journey *journey)
{
	return (struct hearth_actor){ .id = journey->driver->caller, .authority = journey->authority,
		                          .roles = SUITE_ALL_ROLES };
}

/* ---- writes ---- */

static void keep_longest(atomic_llong *longest, int64_t value)
{
	long long known = atomic_load(longest);
	while (known < value && !atomic_compare_exchange_weak(longest, &known, value))
		continue;
}

/* How long nobody was answered though somebody waited, and how long this write has waited. */
static void note_times(struct driver *driver, const struct fault_write *write)
{
	int64_t now_us = hearth_clock_mono();
	bool others = false;
	for (int i = 0; i < JOURNEYS_AT_ONCE_MOST && !others; i++)
		others = driver->journeys[i].packed != NULL;
	keep_longest(&driver->shared->longest_gap_us, now_us - driver->waiting_since_us);
	keep_longest(&driver->shared->longest_write_us, now_us - write->begun_us);
	driver->waiting_since_us = others ? now_us : 0;
}

static void write_over(struct journey *journey, enum fault_answer answer, const struct hearth_reply *reply)
{
	struct fault_write *write = journey->write;
	free(journey->packed);
	journey->packed = NULL;
	note_times(journey->driver, write);
	write->replayed = reply->replayed;
	hearth_text_copy(write->reason, sizeof write->reason, reply->status.reason);
	write->answer = answer;
	journey_rows[journey->state].answered(journey, reply);
}

static void write_answered(void *context, const struct hearth_reply *reply)
{
	struct journey *journey = context;
	journey->busy = false;
	if (reply->status.code == HEARTH_OK)
		write_over(journey, FAULT_DONE, reply);
	else if (refusal(reply->status.code))
		write_over(journey, FAULT_REFUSED, reply);
	else if (passing(reply->status.code))
		driver_wait(journey, 20 + rand_r(&journey->seed) % 100);
	else
		driver_break(journey, &reply->status);
}

static void send_write(struct journey *journey)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_actor actor = actor_of(journey);
	struct hearth_uuid id;
	hearth_uuid_parse(journey->write->request_id, &id);
	const struct hearth_call_options options = { .timeout_ms = CALL_MS, .request_id = &id, .actor = &actor };
	ProtobufCMessage *request = protobuf_c_message_unpack(journey->request, NULL, journey->packed_size, journey->packed);
	journey->write->tries++;
	if (hearth_client_send(journey->driver->client, journey->method, request, &options, write_answered, journey, &status) == 0)
		journey->busy = true;
	else if (passing(status.code))
		driver_wait(journey, 50);
	else
		driver_break(journey, &status);
	protobuf_c_message_free_unpacked(request, NULL);
}

void driver_write(struct journey *journey, const char *method, const ProtobufCMessage *request, const char *key)
{
	struct driver *driver = journey->driver;
	journey->write = fault_write_new(driver->shared, method, journey->authority, driver->caller, key);
	journey->write->begun_us = hearth_clock_mono();
	if (driver->waiting_since_us == 0)
		driver->waiting_since_us = journey->write->begun_us;
	journey->method = method;
	journey->request = request->descriptor;
	journey->packed_size = protobuf_c_message_get_packed_size(request);
	journey->packed = hearth_alloc(journey->packed_size + 1);
	protobuf_c_message_pack(request, journey->packed);
	send_write(journey);
}

/* ---- reads ---- */

static void read_answered(void *context, const struct hearth_reply *reply)
{
	struct journey *journey = context;
	journey->busy = false;
	if (reply->status.code == HEARTH_OK)
		journey_rows[journey->state].answered(journey, reply);
	else if (passing(reply->status.code))
		driver_wait(journey, 20 + rand_r(&journey->seed) % 100);
	else
		driver_break(journey, &reply->status);
}

void driver_read(struct journey *journey, const char *method, const ProtobufCMessage *request)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_actor actor = actor_of(journey);
	const struct hearth_call_options options = { .timeout_ms = CALL_MS, .actor = &actor };
	if (hearth_client_send(journey->driver->client, method, request, &options, read_answered, journey, &status) == 0)
		journey->busy = true;
	else if (passing(status.code))
		driver_wait(journey, 50);
	else
		driver_break(journey, &status);
}

/* ---- the process ---- */

static void step(struct journey *journey)
{
	if (journey->state == FINISHED || journey->busy || journey->due_us > hearth_clock_mono())
		return;
	if (journey->packed != NULL)
		send_write(journey);
	else
		journey_rows[journey->state].act(journey);
}

/* Where everybody stands, for a run that did not come to its end. */
static void tell(const struct driver *driver, int at_once)
{
	for (int i = 0, told = 0; i < at_once && told < TOLD_MOST; i++) {
		const struct journey *journey = &driver->journeys[i];
		if (journey->driver != NULL && journey->state != FINISHED && ++told)
			fprintf(stderr, "fault: journey %d is at %s%s, referral %s, placement %s, write %s %s, %d tries\n",
			        journey->number, journey_rows[journey->state].name, journey->busy ? " (a call is under way)" : "",
			        journey->referral_id, journey->placement_id, journey->packed ? journey->write->method : "none",
			        journey->packed ? journey->write->request_id : "", journey->packed ? journey->write->tries : 0);
	}
}

static void drive(struct driver *driver, int number, int past, int at_once)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	for (;;) {
		int running = 0;
		for (int i = 0; i < at_once; i++) {
			struct journey *journey = &driver->journeys[i];
			if ((journey->driver == NULL || journey->state == FINISHED) && number < past) {
				journey_begin(journey, driver, number, driver->seed + (unsigned)number * 7919U,
				              number + 2 * FAULT_DRIVERS >= past);
				number += FAULT_DRIVERS;
			}
			if (journey->driver == NULL || journey->state == FINISHED)
				continue;
			running++;
			step(journey);
		}
		if (running == 0 || atomic_load(&driver->shared->stop))
			return;
		hearth_client_run(driver->client, 5);
		nanosleep(&pause, NULL);
	}
}

void fault_drive(struct suite *suite, struct fault_shared *shared, const struct fault_drive *order)
{
	struct driver *driver = hearth_alloc(sizeof *driver);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(driver, 0, sizeof *driver);
	if (suite->network != NULL && order->driver % 2 == 1 && support_network_go_far(suite->network) != 0)
		_exit(1);
	driver->suite = suite;
	driver->shared = shared;
	driver->seed = order->seed;
	snprintf(driver->caller, sizeof driver->caller, "driver-%d", order->driver);
	driver->client = suite_client(suite, "999", SUITE_ALL_ROLES);
	int at_once = order->most_at_once < JOURNEYS_AT_ONCE_MOST ? order->most_at_once : JOURNEYS_AT_ONCE_MOST;
	drive(driver, order->first + order->driver, order->past, at_once);
	tell(driver, at_once);
	_exit(0);
}
