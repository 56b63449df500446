/* spool.h: commands that wait: writes kept on disk until a service has acknowledged or refused them.
 *
 * A spool is one file (SQLite; mode 0600: it holds what the commands say). hearth_spool_add returns when the commands
 * are on disk with their request ids; a delivery sends them whenever their services can be reached, for as long as it
 * takes. Commands with the same key are sent in the order in which they were added, one after the other; keys are
 * independent of each other, and a key may run through several services.
 *
 *	struct hearth_spool *spool;
 *	hearth_spool_open(&(struct hearth_spool_options){ .path = "/var/lib/x/spool.db" }, &spool, &status);
 *	hearth_spool_add(spool, &command, 1, &status);                     -- durable from here on
 *	struct hearth_delivery *delivery = hearth_delivery_new(spool, client, NULL, &status);
 *	hearth_delivery_run(delivery, 60000);                              -- or let the client's own loop run
 *
 * A command ends DONE (acknowledged), or it waits for a person: REFUSED (the service said why) or STALE (it may have
 * been carried out, too long ago for the service to know its request id again). Commands of the same key then wait
 * behind it until it is tried again or dropped. Whatever is killed when: nothing added is lost, and nothing has two
 * effects, because each try of a command carries its one request id.
 *
 * Any number of processes may add to a spool; one delivers. A spool belongs to one thread.
 */
#ifndef HEARTH_SPOOL_H
#define HEARTH_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearth/client.h>
#include <hearth/status.h>
#include <hearth/text.h>

struct hearth_spool;
struct hearth_delivery;

#define HEARTH_SPOOL_KEY_MOST 128        /* bytes of a key */

struct hearth_spool_options {
	const char *path;                /* made when it is not there; its directory must be */
	int64_t most_bytes;              /* of the file; 0: 1 GiB. Past it adding is RESOURCE_EXHAUSTED */
	int64_t keep_s;                  /* how long an ended command is remembered; 0: seven days */
};

/* FAILED_PRECONDITION: not a spool, or readable by others; UNAVAILABLE: the disk. */
int hearth_spool_open(const struct hearth_spool_options *options, struct hearth_spool **ret_spool,
                      struct hearth_status *status);
void hearth_spool_free(struct hearth_spool **spool);

/* ---- adding --------------------------------------------------------------- */

struct hearth_command {
	const char *method;              /* as for hearth_client_send */
	const char *key;                 /* what must stay in order; NULL or "": the method's service */
	const struct hearth_uuid *request_id;    /* also the command's name */
	const struct hearth_actor *actor;        /* who will be said to have called */
	const uint8_t *payload;          /* the packed request */
	size_t size;
};

/* All of them or none, in this order, on disk when it returns 0. A command with a request id that is there already is
 * passed over when it is the same, else INVALID_ARGUMENT. `ret_new` (may be NULL): how many were not there yet. */
int hearth_spool_add(struct hearth_spool *spool, const struct hearth_command *commands, size_t count, size_t *ret_new,
                     struct hearth_status *status);

/* ---- delivering ------------------------------------------------------------- */

enum hearth_spool_state {
	HEARTH_SPOOL_WAITING,
	HEARTH_SPOOL_REFUSED,            /* by the service; waits for a person */
	HEARTH_SPOOL_STALE,              /* too old to be sent again unasked; waits for a person */
	HEARTH_SPOOL_DONE,
	HEARTH_SPOOL_DROPPED             /* by a person */
};

const char *hearth_spool_state_name(enum hearth_spool_state state);      /* "WAITING" */

struct hearth_delivery_options {
	int at_once;                     /* keys in delivery at a time, 1 to 128; 0: 64 */
	int timeout_ms;                  /* of one try; 0: 10,000 */
	int64_t most_age_s;              /* after a try of unknown outcome; 0: a day. Less than services keep request ids */
	/* Told of each command that ends or comes to wait for a person. */
	void (*told)(void *context, const struct hearth_uuid *id, enum hearth_spool_state state,
	             const struct hearth_status *status);
	void *context;
};

/* Delivers in the client's loop until it is freed. FAILED_PRECONDITION reason DELIVERED_ELSEWHERE while another process
 * does. Free it before the client and the spool. */
struct hearth_delivery *hearth_delivery_new(struct hearth_spool *spool, struct hearth_client *client,
                                            const struct hearth_delivery_options *options, struct hearth_status *status);
void hearth_delivery_free(struct hearth_delivery **delivery);
/* Blocking: until no command is WAITING that does not wait behind one of a person's, or `timeout_ms` passed (-1: never);
 * how many are WAITING then. For a client without a loop of its own program. */
int64_t hearth_delivery_run(struct hearth_delivery *delivery, int timeout_ms);

/* ---- looking ------------------------------------------------------------------ */

struct hearth_spooled {
	struct hearth_uuid id;
	const char *method, *key, *actor, *authority;
	enum hearth_spool_state state;
	bool behind;                     /* WAITING behind a command of its key that waits for a person */
	int64_t tries, added_us, next_us, ended_us;      /* wall clock; 0: none */
	struct hearth_status last;       /* of the last try; code OK: none yet, or DONE */
	const char *why;                 /* DROPPED: a person's reason */
	const uint8_t *payload;          /* the packed request while it waits */
	size_t size;
	const uint8_t *reply;            /* DONE: the packed reply */
	size_t reply_size;
};

typedef void hearth_spool_fn(void *context, const struct hearth_spooled *command);

/* In the order of adding; ended ones too when `ended`. At most `most`; payloads and replies are left out. */
int hearth_spool_list(struct hearth_spool *spool, bool ended, size_t most, hearth_spool_fn *each, void *context,
                      struct hearth_status *status);
/* NOT_FOUND. */
int hearth_spool_get(struct hearth_spool *spool, const struct hearth_uuid *id, hearth_spool_fn *each, void *context,
                     struct hearth_status *status);

struct hearth_spool_counts { int64_t waiting, behind, refused, stale, oldest_us; };
int hearth_spool_count(struct hearth_spool *spool, struct hearth_spool_counts *ret_counts, struct hearth_status *status);

/* ---- deciding ------------------------------------------------------------------- */

/* A REFUSED or STALE command is sent again; a WAITING one at once. FAILED_PRECONDITION when it has ended. */
int hearth_spool_retry(struct hearth_spool *spool, const struct hearth_uuid *id, struct hearth_status *status);
/* Gives a command up; those behind it go on. Kept with who and why. FAILED_PRECONDITION when it has ended, or is WAITING
 * while a process delivers. */
int hearth_spool_drop(struct hearth_spool *spool, const struct hearth_uuid *id, const char *who, const char *why,
                      struct hearth_status *status);

#endif
