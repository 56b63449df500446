/* network.h: two hosts on one machine: network namespaces joined by a veth pair that can be cut or made to lose packets.
 *
 *	struct support_network *network = support_network_new(&why);      the calling process is now in the near one
 *	support_network_link(network, false);                             near and far no longer reach each other
 *
 * Every address of 10.113.0.0/16 is near, of 10.114.0.0/16 far; within each host they work whatever becomes of the link.
 * Root alone may make it; all of it goes with the process. Nothing outside of it is touched.
 */
#ifndef TESTS_SUPPORT_NETWORK_H
#define TESTS_SUPPORT_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#define SUPPORT_NETWORK_NEAR "10.113"
#define SUPPORT_NETWORK_FAR "10.114"

struct support_network;

/* NULL, and why, when it cannot be made here. Not for a process with threads. */
struct support_network *support_network_new(const char **ret_why);
void support_network_free(struct support_network **network);

/* In a child, before it has threads: be on the far host from now on. 0 or -1. */
int support_network_go_far(const struct support_network *network);
/* The far host's namespace, for `nsenter --net=`. */
const char *support_network_far_path(const struct support_network *network);

/* The cable: in or out. */
int support_network_link(struct support_network *network, bool up);
/* Packets that are lost at random, in percent, in both directions; 0: none. */
int support_network_lose(struct support_network *network, int percent);

#endif
