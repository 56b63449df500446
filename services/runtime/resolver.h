/* resolver.h: names of hosts to addresses, without blocking: c-ares in the loop.
 *
 * One lookup asks for all IPv4 and IPv6 addresses of a name (files as the system's settings say, then DNS). Its answer
 * comes by callback, always in a later part of the turn than the question, and at the latest after some seconds. A
 * resolver belongs to one loop; it costs nothing until it is first asked.
 */
#ifndef HEARTH_RESOLVER_H
#define HEARTH_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "loop.h"

#define HEARTH_IP_SIZE 46            /* the longest IPv6 address as text, and NUL */
#define HEARTH_IPS_MOST 64           /* of one name; further ones are left out */
#define HEARTH_HOST_MOST 253         /* characters of a name */

struct hearth_resolver;
struct hearth_lookup;

struct hearth_ip { char text[HEARTH_IP_SIZE]; };

/* `trouble` NULL and at least one address, or why there is none. The lookup has ended. */
typedef void hearth_found_fn(void *context, const struct hearth_ip *ips, size_t count, const char *trouble);

struct hearth_resolver *hearth_resolver_new(struct hearth_loop *loop);
/* Lookups that run are forgotten, their callbacks not called. */
void hearth_resolver_free(struct hearth_resolver **resolver);

/* Never NULL; ends with its callback or with hearth_lookup_cancel. */
struct hearth_lookup *hearth_resolver_ask(struct hearth_resolver *resolver, const char *host, hearth_found_fn *found,
                                          void *context);
void hearth_lookup_cancel(struct hearth_lookup **lookup);

/* Whether the text is an address already: nothing to look up. */
bool hearth_is_ip(const char *host);

#endif
