/* client_parts.h: what the files of the client share; nobody else includes it.
 *
 * A client has services; a service has instances (a DEALER and its monitor each); a call is in exactly one list: the
 * instance's it was sent to, its service's waiting list, or none while it backs off. client.c owns calls, client_link.c
 * instances, client_names.c what was looked up; client_route.c brings calls and instances together, client_health.c finds
 * those that hang, client_keys.c says whose key to expect, client_sync.c has the blocking calls.
 */
#ifndef HEARTH_CLIENT_PARTS_H
#define HEARTH_CLIENT_PARTS_H

#include <hearth/client.h>

#include "frame.h"
#include "instances.h"
#include "loop.h"
#include "trust.h"

#define CLIENT_REFUSED_MOST 32          /* methods remembered of an instance that serves some alone */
#define CLIENT_PER_INSTANCE 256
#define CLIENT_WAITING_MOST 10000
#define CLIENT_INSTANCES_MOST 64
#define CLIENT_LOOK_US 500000
#define CLIENT_SILENT_US 200000       /* nothing answered for so long: passed over for new calls while others answer */

struct call;
struct hearth_resolver;
struct located_name;
struct call_list { struct call *first, *last; size_t count; };

struct instance {
	struct instance *next;
	struct service *service;
	uint64_t serial;
	char endpoint[HEARTH_ENDPOINT_SIZE];
	void *dealer, *monitor;
	struct hearth_watch *dealer_watch, *monitor_watch;
	struct hearth_deferred dealer_pump, monitor_pump;
	struct call_list calls;
	int64_t heard_us;             /* its last answer, or when it got work after having none */
	int64_t checked_us, again_us; /* its last health check; while ejected, when after it comes the next */
	uint64_t refused[CLIENT_REFUSED_MOST];   /* methods that it does not serve, hashed */
	size_t refused_count;
	bool ready;                   /* handshake done */
	bool ejected;                 /* connected, and answers nothing: gets no calls until it does */
	bool clogged;                 /* refused a send; tried again in some milliseconds */
	bool seen;                    /* still at the address */
	bool draining;                /* said so */
	int key_turn;                 /* 0: the newest key of the service was tried; 1: the one before it */
	char key[HEARTH_CURVE_SIZE];  /* that proves it; "" on ipc and plain tcp */
	bool dead;                    /* closed, waits to be freed */
};

struct service {
	struct service *next;
	struct hearth_client *client;
	char name[64];
	char text[256];               /* the address as given */
	struct hearth_address addresses[HEARTH_ADDRESSES_MOST];
	size_t address_count;
	struct located_name *names;   /* of its dns addresses */
	size_t name_count;
	struct instance *instances;
	size_t instance_count, turn;  /* where the next search begins, so that equals take turns */
	struct call_list waiting, targeted;   /* for any instance, for a certain one */
	size_t outstanding;
	int64_t looked_us;
	bool unknown_key;             /* an address was left alone, because no key of this service is known */
	bool refused;                 /* the last handshake with one of its instances failed */
	struct hearth_deferred flush;
	struct hearth_alarm *again;   /* clogged instances */
};

struct call {
	struct call *next, *prev;
	struct call_list *list;
	struct hearth_client *client;
	struct service *service;
	struct instance *instance;    /* set while it is sent and not answered */
	uint32_t slot, generation;
	struct hearth_alarm *alarm;   /* deadline, or the end of the backing off */
	int64_t deadline_us;          /* wall */
	bool backing_off, once, write, has_actor;
	bool uncertain;               /* sent somewhere and lost: a write may have happened */
	unsigned losses;
	int backoff_ms;
	uint64_t avoid;               /* serial of the instance that refused it last */
	struct hearth_status last;    /* of the last refusal */
	struct hearth_uuid request_id;
	uint32_t roles;
	char method[208], traceparent[56], actor_id[65], authority[4];
	char target[HEARTH_ENDPOINT_SIZE];
	uint8_t *payload;
	size_t size, room;
	hearth_reply_callback *callback;
	void *context;
};

struct hearth_client {
	struct hearth_loop *loop;
	bool own_loop, closing;
	bool has_actor;
	struct hearth_actor actor;
	char actor_id[65], authority[4];
	struct service *services;
	struct call **slots;          /* slot number to call; the free ones are chained in `free_calls` */
	uint32_t slot_count, slot_room;
	struct call *free_calls;
	struct hearth_trust *trust;
	size_t outstanding;
	uint64_t serials;
	struct hearth_alarm *look;    /* each 500 ms while anything is outstanding */
	bool looking;
	struct hearth_alarm *health;  /* each 100 ms while anything is outstanding or ejected */
	int64_t health_due_us;
	bool watching;
	uint64_t ejections;
	struct hearth_resolver *resolver;   /* NULL until a name is looked up */
	struct instance *graveyard;
	unsigned depth;               /* instance callbacks that are running */
	struct hearth_deferred bury;
	uint8_t random[512];
	size_t random_left;
};

void client_list_add(struct call_list *list, struct call *call);
void client_list_remove(struct call *call);

/* client_route.c */
/* Sends the call, lets it wait, or fails. With `status` (the first try) -1 and the status instead of the callback. */
int client_dispatch(struct call *call, struct hearth_status *status);
void client_flush(struct service *service);
/* It said that it does not serve the call's method; false when that was known. */
bool client_learn_refusal(struct instance *instance, const struct call *call);
/* May get calls: it is connected, at the address, not leaving, and answers. */
bool client_is_usable(const struct instance *instance);

/* client.c */
/* Ends a call without an answer. What may have happened is said to be so. */
void client_finish_failed(struct call *call, const struct hearth_status *status);
void client_no_instance(const struct call *call, struct hearth_status *status);
/* The parts of a reply's frame; the header was not looked at. */
void client_take_reply(struct instance *instance, struct hearth_slice header, struct hearth_slice payload);
/* The calls of an instance that is gone: elsewhere, or answered. */
void client_calls_lost(struct instance *instance);
/* One of them, taken out of its list. */
void client_call_lost(struct call *call, const struct hearth_status *status);

/* client_link.c */
struct service *client_find_service(struct hearth_client *client, const char *name, size_t size);
struct instance *client_find_instance(struct service *service, const char *endpoint);
void client_look(struct service *service);
/* `key_turn`: 0 for the service's newest key, 1 for the one before. */
void client_open_instance(struct service *service, const char *endpoint, int key_turn);
/* It is gone: what it answered is taken, what it had goes elsewhere. */
void client_instance_lost(struct instance *instance);
/* 0, or -1 when the socket takes nothing now. */
int client_transmit(struct instance *instance, struct call *call);
void client_links_free(struct hearth_client *client);
void client_bury(void *client);
/* Around whatever may call back: instances that are closed meanwhile are freed after it. */
void client_enter(struct hearth_client *client);
void client_leave(struct hearth_client *client);
/* Unless it runs already. */
void client_start_looking(struct hearth_client *client);

/* client_names.c */
void client_names_set(struct service *service, const struct hearth_address *addresses, size_t count);
void client_names_free(struct service *service);
/* Tells the known endpoints (context: the service) and asks again what is due. */
void client_names_look(struct service *service, hearth_instance_found *tell);
/* An instance was lost: what is known may be old. */
void client_names_lost(struct service *service);
bool client_names_pending(const struct service *service);
const char *client_names_trouble(const struct service *service);      /* of the last lookup, or "" */

/* client_keys.c */
/* Which key an instance has to prove; false when none is known and there must be one. */
bool client_choose_key(struct instance *instance, bool ipc);
/* After an instance with which no handshake worked: the service may have the key before its newest still. */
void client_try_older_key(const struct instance *failed);
const char *client_key_trouble(const struct service *service);        /* why there may be none, or "" */

/* client_health.c */
/* Unless it runs already. */
void client_watch_health(struct hearth_client *client);
/* An ejected instance answered. */
void client_heard_again(struct instance *instance);

#endif
