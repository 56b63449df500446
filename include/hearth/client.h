/* client.h: calling Hearth services.
 *
 * A client finds the instances of services at an address, keeps one DEALER per
 * instance and sends each call to the one with the fewest outstanding.
 * Addresses: "ipc://DIR" (a directory of sockets on this machine, each
 * <service>-<uuid>.sock), "tcp://host:port,host:port", or "dns://name:port":
 * every address of the name, looked up again while it is in use. {service} in
 * an address stands for the service's name. A client belongs to one thread. At
 * most 256 calls are outstanding per instance; past that RESOURCE_EXHAUSTED at
 * once. An instance that is connected and answers nothing for a second, a
 * health check included, gets no calls until it answers; those that it had go
 * to others.
 */
#ifndef HEARTH_CLIENT_H
#define HEARTH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

#include <hearth/status.h>
#include <hearth/text.h>

struct hearth_client;
struct hearth_loop;
struct hearth_trust;

struct hearth_actor {
	const char *id;              /* 1 to 64 characters */
	const char *authority;       /* "" or three digits */
	uint32_t roles;              /* HEARTH_ROLE bits */
};

struct hearth_call_options {
	int timeout_ms;              /* 0: 5,000 */
	const struct hearth_uuid *request_id;   /* NULL: minted for this call */
	const char *traceparent;     /* NULL: minted */
	const struct hearth_actor *actor;       /* NULL: the client's */
	const char *instance;        /* NULL: any; else the instance's address (hearth_client_instances) */
	bool once;                   /* no second try on UNAVAILABLE or UNKNOWN */
};

struct hearth_reply {
	struct hearth_status status;
	bool replayed;
	const uint8_t *payload;      /* packed reply message; valid until the callback returns or the next call */
	size_t size;
};

/* `loop` NULL: the client runs a loop of its own inside the blocking calls and hearth_client_run. */
struct hearth_client *hearth_client_new(struct hearth_loop *loop, const struct hearth_actor *actor);
void hearth_client_free(struct hearth_client **client);

/* Keys for every tcp connection (hearth/trust.h): then none is made to an instance that cannot prove its service's key.
 * The caller's; before anything is located. */
void hearth_client_trust(struct hearth_client *client, struct hearth_trust *trust);
/* Makes every connection that has a key anew: after hearth_trust_reload has changed the own one. Calls that are
 * outstanding there are sent again. */
void hearth_client_reconnect(struct hearth_client *client);
/* The key that the instance at this endpoint proves; NULL when it needs none or is not there. */
const char *hearth_client_instance_key(struct hearth_client *client, const char *service, const char *endpoint);

/* Where a service is; may be called again. -1 for a malformed address. */
int hearth_client_locate(struct hearth_client *client, const char *service, const char *address,
                         struct hearth_status *status);

/* Whom dns:// asks, for the whole process: "address:port,...", empty: as the system does. Before the first lookup. */
int hearth_dns_servers(const char *list, struct hearth_status *status);

typedef void hearth_reply_callback(void *context, const struct hearth_reply *reply);

/* Asynchronous. `method` is the full name; the service is its package's second part ("referrals").
 * For hearth.events / hearth.control methods give "referrals:hearth.events.v1.Events/Pull".
 * -1 when it could not be queued (status says why; the callback is not called). The message is packed at once.
 * Each call is tried again on another instance within its deadline after UNAVAILABLE (never sent, refused,
 * or its instance lost) unless `once`; writes keep their request id. */
int hearth_client_send(struct hearth_client *client, const char *method, const ProtobufCMessage *request,
                       const struct hearth_call_options *options, hearth_reply_callback *callback,
                       void *context, struct hearth_status *status);
/* The same with a request that is packed already. */
int hearth_client_send_packed(struct hearth_client *client, const char *method, const void *request, size_t size,
                              const struct hearth_call_options *options, hearth_reply_callback *callback,
                              void *context, struct hearth_status *status);
/* Whether a method changes something, by its verb: all do but Get, List, Find, Lookup, Check, Count, Search, ... */
bool hearth_method_is_write(const char *method);
/* Runs the client's own loop until nothing is outstanding or `timeout_ms` passed; the number outstanding. */
size_t hearth_client_run(struct hearth_client *client, int timeout_ms);

/* Blocking: send, wait, unpack into `allocator`'s memory (NULL: malloc, free with
 * protobuf_c_message_free_unpacked). On error -1 and the status of the call. */
int hearth_client_call(struct hearth_client *client, const char *method, const ProtobufCMessage *request,
                       const ProtobufCMessageDescriptor *reply_descriptor, const struct hearth_call_options *options,
                       ProtobufCAllocator *allocator, ProtobufCMessage **ret_reply, bool *ret_replayed,
                       struct hearth_status *status);

/* Endpoints of the connected instances of a service, as zmq endpoints; at most `most`; the number. The texts live
 * until the client next runs. Looks again at the address first. */
size_t hearth_client_instances(struct hearth_client *client, const char *service, const char **ret_endpoints, size_t most);
/* How often an instance was left out because it was connected and did not answer. */
uint64_t hearth_client_ejections(const struct hearth_client *client);

#endif
