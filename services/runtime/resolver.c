/* resolver.c: see resolver.h.
 *
 * c-ares says which descriptors it wants watched and when it next wants to be called; both go to the loop. It may call
 * back from inside a question (an answer from a file) and it cannot take one question back: so an answer is kept in its
 * lookup and told at the end of the turn, and a cancelled lookup lives on, without a callback, until c-ares lets it go.
 * After a lookup failed, the channel is made anew as soon as nothing is outstanding: the system's settings may have
 * changed.
 */
#include "resolver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <ares.h>

#include <hearth/arena.h>
#include <hearth/client.h>

#define TRY_MS 1000              /* c-ares waits longer with each further try */
#define TRIES 3
#define SERVERS_SIZE 512

struct socket {
	struct hearth_resolver *resolver;
	struct socket *next;
	ares_socket_t fd;
	struct hearth_watch *watch;
};

struct hearth_lookup {
	struct hearth_resolver *resolver;
	struct hearth_lookup *next, **at;
	hearth_found_fn *found;              /* NULL: cancelled */
	void *context;
	struct hearth_deferred tell;
	bool asked;                          /* c-ares holds it */
	size_t count;
	struct hearth_ip *ips;
	const char *trouble;                 /* c-ares's own text */
};

struct hearth_resolver {
	struct hearth_loop *loop;
	ares_channel channel;
	struct hearth_alarm *alarm;
	struct hearth_deferred renew;
	struct socket *sockets;
	struct hearth_lookup *lookups;
	bool open, stale;
	const char *trouble;                 /* why it could not be opened */
};

/* The process's DNS servers; empty: the system's. */
static char servers[SERVERS_SIZE];

int hearth_dns_servers(const char *list, struct hearth_status *status)
{
	ares_channel trial;
	int result;

	if (strlen(list) >= sizeof servers)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "DNS_SERVERS", "the list of DNS servers is too long");
	if (*list) {
		if (ares_library_init(ARES_LIB_INIT_ALL) || ares_init(&trial))
			return hearth_fail(status, HEARTH_INTERNAL, "DNS_SERVERS", "c-ares cannot be used");
		result = ares_set_servers_ports_csv(trial, list);
		ares_destroy(trial);
		if (result != ARES_SUCCESS)
			return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "DNS_SERVERS",
			                   "DNS servers \"%.100s\" must be addresses, with :port where it is not 53, with commas", list);
	}
	hearth_text_copy(servers, sizeof servers, list);
	return 0;
}

bool hearth_is_ip(const char *host)
{
	struct in6_addr any;

	/* A colon is in no name, and in each IPv6 address, with a zone or without. */
	return inet_pton(AF_INET, host, &any) == 1 || strchr(host, ':') != NULL;
}

/* ---- descriptors and time ---- */

static void set_alarm(struct hearth_resolver *resolver)
{
	struct timeval left;

	if (ares_timeout(resolver->channel, NULL, &left))
		hearth_alarm_set(resolver->alarm, (int64_t)left.tv_sec * 1000000 + left.tv_usec);
	else
		hearth_alarm_clear(resolver->alarm);
}

static void socket_ready(void *context, uint32_t events)
{
	struct socket *ready = context;
	struct hearth_resolver *resolver = ready->resolver;
	ares_socket_t fd = ready->fd;

	/* It may close the descriptor, and with it forget `ready`. */
	ares_process_fd(resolver->channel, events & ~(uint32_t)EPOLLOUT ? fd : ARES_SOCKET_BAD,
	                events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
	set_alarm(resolver);
}

static void time_passed(void *context)
{
	struct hearth_resolver *resolver = context;

	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_alarm(resolver);
}

static void socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
	struct hearth_resolver *resolver = context;
	uint32_t events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);
	struct socket **at = &resolver->sockets, *known;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	known = *at;
	if (known && !events) {
		*at = known->next;
		hearth_watch_free(&known->watch);
		free(known);
	} else if (known) {
		hearth_watch_change(known->watch, events);
	} else if (events) {
		known = hearth_alloc(sizeof *known);
		*known = (struct socket){ .resolver = resolver, .next = resolver->sockets, .fd = fd };
		known->watch = hearth_loop_add(resolver->loop, fd, events, socket_ready, known);
		resolver->sockets = known;
	}
}

/* ---- lookups ---- */

static void free_lookup(struct hearth_lookup *lookup)
{
	hearth_loop_undefer(lookup->resolver->loop, &lookup->tell);
	*lookup->at = lookup->next;
	if (lookup->next)
		lookup->next->at = lookup->at;
	free(lookup->ips);
	free(lookup);
}

static void tell(void *context)
{
	struct hearth_lookup *lookup = context, told = *lookup;

	lookup->ips = NULL;
	free_lookup(lookup);
	told.found(told.context, told.ips, told.count, told.count ? NULL : told.trouble);
	free(told.ips);
}

static void keep_address(struct hearth_lookup *lookup, const struct ares_addrinfo_node *node)
{
	char text[HEARTH_IP_SIZE] = "";

	if (node->ai_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)node->ai_addr)->sin_addr, text, sizeof text);
	else if (node->ai_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)node->ai_addr)->sin6_addr, text, sizeof text);
	for (size_t i = 0; i < lookup->count; i++)
		if (strcmp(lookup->ips[i].text, text) == 0)
			return;
	if (*text)
		memcpy(lookup->ips[lookup->count++].text, text, sizeof text);
}

static void answered(void *context, int result, int timeouts, struct ares_addrinfo *answer)
{
	struct hearth_lookup *lookup = context;
	struct hearth_resolver *resolver = lookup->resolver;

	(void)timeouts;
	lookup->asked = false;
	lookup->trouble = result == ARES_SUCCESS ? "the name has no address" : ares_strerror(result);
	lookup->ips = hearth_alloc(HEARTH_IPS_MOST * sizeof *lookup->ips);
	if (result == ARES_SUCCESS)
		for (const struct ares_addrinfo_node *node = answer->nodes; node && lookup->count < HEARTH_IPS_MOST; node = node->ai_next)
			keep_address(lookup, node);
	if (answer)
		ares_freeaddrinfo(answer);
	if (result != ARES_SUCCESS && result != ARES_EDESTRUCTION) {
		resolver->stale = true;
		hearth_loop_defer(resolver->loop, &resolver->renew);
	}
	if (lookup->found)
		hearth_loop_defer(resolver->loop, &lookup->tell);
	else
		free_lookup(lookup);
}

static void close_channel(struct hearth_resolver *resolver)
{
	if (resolver->open)
		ares_destroy(resolver->channel);
	resolver->open = resolver->stale = false;
	hearth_alarm_clear(resolver->alarm);
}

static void renew(void *context)
{
	struct hearth_resolver *resolver = context;

	for (const struct hearth_lookup *lookup = resolver->lookups; lookup; lookup = lookup->next)
		if (lookup->asked)
			return;
	if (resolver->stale)
		close_channel(resolver);
}

static int open_channel(struct hearth_resolver *resolver)
{
	struct ares_options options = { .timeout = TRY_MS, .tries = TRIES, .sock_state_cb = socket_state,
	                                .sock_state_cb_data = resolver };
	int result = ares_library_init(ARES_LIB_INIT_ALL);

	if (result == ARES_SUCCESS)
		result = ares_init_options(&resolver->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
	resolver->open = result == ARES_SUCCESS;
	if (resolver->open && *servers)
		result = ares_set_servers_ports_csv(resolver->channel, servers);
	if (result == ARES_SUCCESS)
		return 0;
	resolver->trouble = ares_strerror(result);
	close_channel(resolver);
	return -1;
}

struct hearth_lookup *hearth_resolver_ask(struct hearth_resolver *resolver, const char *host, hearth_found_fn *found,
                                          void *context)
{
	static const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
	                                                  .ai_flags = ARES_AI_NOSORT };
	struct hearth_lookup *lookup = hearth_alloc(sizeof *lookup);

	*lookup = (struct hearth_lookup){ .resolver = resolver, .next = resolver->lookups, .at = &resolver->lookups,
	                                  .found = found, .context = context,
	                                  .tell = { .callback = tell, .context = lookup } };
	if (resolver->lookups)
		resolver->lookups->at = &lookup->next;
	resolver->lookups = lookup;
	if (!resolver->open && open_channel(resolver)) {
		lookup->trouble = resolver->trouble;
		hearth_loop_defer(resolver->loop, &lookup->tell);
		return lookup;
	}
	lookup->asked = true;
	ares_getaddrinfo(resolver->channel, host, NULL, &hints, answered, lookup);
	set_alarm(resolver);
	return lookup;
}

void hearth_lookup_cancel(struct hearth_lookup **pointer)
{
	struct hearth_lookup *lookup = *pointer;

	if (!lookup)
		return;
	*pointer = NULL;
	lookup->found = NULL;
	if (!lookup->asked)
		free_lookup(lookup);
}

/* ---- the resolver ---- */

struct hearth_resolver *hearth_resolver_new(struct hearth_loop *loop)
{
	struct hearth_resolver *resolver = hearth_alloc(sizeof *resolver);

	memset(resolver, 0, sizeof *resolver);
	resolver->loop = loop;
	resolver->alarm = hearth_alarm_new(loop, time_passed, resolver);
	resolver->renew = (struct hearth_deferred){ .callback = renew, .context = resolver };
	return resolver;
}

void hearth_resolver_free(struct hearth_resolver **pointer)
{
	struct hearth_resolver *resolver = *pointer;

	if (!resolver)
		return;
	*pointer = NULL;
	for (struct hearth_lookup *lookup = resolver->lookups, *next; lookup; lookup = next) {
		struct hearth_lookup *one = lookup;

		next = lookup->next;
		hearth_lookup_cancel(&one);
	}
	close_channel(resolver);
	assert(!resolver->lookups && !resolver->sockets);
	hearth_loop_undefer(resolver->loop, &resolver->renew);
	hearth_alarm_free(&resolver->alarm);
	free(resolver);
}
