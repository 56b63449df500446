/* server_peers.h: how many requests each connection of a listener has outstanding.
 *
 * A peer is known by ROUTER's identity while it has anything outstanding; the last one is kept until another comes,
 * because requests come in runs of one peer. The caller decides how much is too much.
 */
#ifndef HEARTH_SERVER_PEERS_H
#define HEARTH_SERVER_PEERS_H

#include <stddef.h>
#include <stdint.h>

#define SERVER_PEER_BUCKETS 1024

struct hearth_identity;

struct server_peer {
	struct server_peer *next;
	unsigned outstanding;
	unsigned who_of;               /* generation of the trust that `who` is of; 0: not looked up */
	const struct hearth_identity *who;
	uint8_t size;
	uint8_t identity[255];
};

/* Begins as zeros. */
struct server_peers {
	struct server_peer *buckets[SERVER_PEER_BUCKETS];
	struct server_peer *last;      /* of the last request, or NULL */
	struct server_peer *spare;
};

/* NULL when it is not known. */
struct server_peer *server_peers_find(const struct server_peers *peers, const uint8_t *identity, size_t size);
/* One that is not known; to be entered at once. */
struct server_peer *server_peers_add(struct server_peers *peers, const uint8_t *identity, size_t size);
/* One more request of the peer; server_peers_leave ends it. */
void server_peers_enter(struct server_peers *peers, struct server_peer *peer);
void server_peers_leave(struct server_peers *peers, struct server_peer *peer);
/* Nothing may be outstanding. */
void server_peers_done(struct server_peers *peers);

#endif
