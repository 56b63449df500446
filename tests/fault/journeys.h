/* journeys.h: one child's way as a state machine; driver.c carries its calls. */
#ifndef TESTS_FAULT_JOURNEYS_H
#define TESTS_FAULT_JOURNEYS_H

#include <hearth/client.h>

#include "fault.h"

#define MOST_OFFERS 12

enum journey_state {
	CREATING, OPENING, OFFERING, ACCEPTING, AWAITING, LINGERING, CANCELLING, WITHDRAWING, STARTING, LIVING, VARYING, ENDING,
	BREAKING, SEEKING, FINISHED, STATE_COUNT
};

struct driver;

struct journey {
	struct driver *driver;
	int number;
	enum journey_state state;
	unsigned seed;
	const char *authority;
	char child_id[HEARTH_UUID_SIZE], referral_id[HEARTH_UUID_SIZE], placement_id[HEARTH_UUID_SIZE];
	char etag[24];
	char offer_ids[MOST_OFFERS][HEARTH_UUID_SIZE];
	int offers, wanted, accepts, laps;
	int32_t wait_day;                  /* LINGERING, LIVING: go on from this day */
	int32_t started_day;
	bool stays, varied;
	int64_t due_us;                    /* nothing is done before; monotonic */
	bool busy;                         /* a call is under way */
	/* the write under way, kept to be repeated */
	struct fault_write *write;
	const char *method;
	const ProtobufCMessageDescriptor *request;
	uint8_t *packed;
	size_t packed_size;
};

struct journey_row {
	const char *name;
	void (*act)(struct journey *journey);
	void (*answered)(struct journey *journey, const struct hearth_reply *reply);   /* OK, or a refusal of a write */
};
extern const struct journey_row journey_rows[STATE_COUNT];

void journey_begin(struct journey *journey, struct driver *driver, int number, unsigned seed, bool stays);

/* ---- driver.c ---- */

int32_t driver_today(const struct journey *journey);
int driver_homes(const struct journey *journey);
const char *driver_home(const struct journey *journey, int number);
void driver_finished(struct journey *journey);
void driver_break(struct journey *journey, const struct hearth_status *status);
/* Sends a write that makes or changes resource `key`, until it is done or refused; then the state's `answered`. */
void driver_write(struct journey *journey, const char *method, const ProtobufCMessage *request, const char *key);
/* Sends a read; an answer that passes by itself lets the state act again. */
void driver_read(struct journey *journey, const char *method, const ProtobufCMessage *request);
void driver_wait(struct journey *journey, int milliseconds);

#endif
