/* db_hosts.h: the hosts of a database URL, looked up before libpq is told, which would block on a name.
 *
 * What libpq gets is one host, hostaddr and port for each address: the host stays for TLS and for .pgpass, the address
 * is where it connects. Unix sockets and numeric addresses pass as they are. Several hosts keep their order; after a
 * connect that was never answered the list begins one further on, so that a dead host does not hide the next.
 */
#ifndef HEARTH_DB_HOSTS_H
#define HEARTH_DB_HOSTS_H

#include "resolver.h"

#define HEARTH_DB_HOSTS_MOST 16

struct hearth_db_host;

struct hearth_db_hosts {
	struct hearth_resolver *resolver;
	struct hearth_db_host *entries;
	size_t count, running;           /* running: lookups */
	size_t turn;
	void (*looked)(void *context);
	void *context;
	char trouble[160];               /* of the last look; "" */
	char host[8192], hostaddr[6144], port[1024];
};

/* The lists as in a URL, NULL for what is not given. NULL: libpq may have them as they are. */
struct hearth_db_hosts *hearth_db_hosts_new(struct hearth_resolver *resolver, const char *host, const char *hostaddr,
                                            const char *port);
void hearth_db_hosts_free(struct hearth_db_hosts **hosts);
/* Looks every name up; how many there are. `looked` comes in a later part of the turn, or not at all: when there is none,
 * or after hearth_db_hosts_stop. */
size_t hearth_db_hosts_look(struct hearth_db_hosts *hosts, void (*looked)(void *context), void *context);
void hearth_db_hosts_stop(struct hearth_db_hosts *hosts);
/* Fills host, hostaddr and port from what is known, of this look or an earlier one; -1 when no address is. */
int hearth_db_hosts_fill(struct hearth_db_hosts *hosts);
/* Nobody answered at the first of them. */
void hearth_db_hosts_pass_over(struct hearth_db_hosts *hosts);

#endif
