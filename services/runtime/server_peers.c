/* server_peers.c: see server_peers.h. The peers own themselves; those that left are kept for the next. */
#include "server_peers.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>

static bool is_peer(const struct server_peer *peer, const uint8_t *identity, size_t size)
{
	return peer->size == size && memcmp(peer->identity, identity, size) == 0;
}

static size_t bucket_of(const uint8_t *identity, size_t size)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ identity[i]) * 16777619u;
	return (hash ^ hash >> 16) % SERVER_PEER_BUCKETS;
}

struct server_peer *server_peers_find(const struct server_peers *peers, const uint8_t *identity, size_t size)
{
	struct server_peer *peer = peers->last;

	if (peer && is_peer(peer, identity, size))
		return peer;
	peer = peers->buckets[bucket_of(identity, size)];
	while (peer && !is_peer(peer, identity, size))
		peer = peer->next;
	return peer;
}

struct server_peer *server_peers_add(struct server_peers *peers, const uint8_t *identity, size_t size)
{
	struct server_peer **bucket = &peers->buckets[bucket_of(identity, size)], *peer = peers->spare;

	assert(size <= sizeof peer->identity);
	if (peer)
		peers->spare = peer->next;
	else
		peer = hearth_alloc(sizeof *peer);
	peer->next = *bucket;
	peer->outstanding = 0;
	peer->who_of = 0;
	peer->who = NULL;
	peer->size = (uint8_t)size;
	memcpy(peer->identity, identity, size);
	*bucket = peer;
	return peer;
}

static void forget_peer(struct server_peers *peers, struct server_peer *peer)
{
	struct server_peer **at = &peers->buckets[bucket_of(peer->identity, peer->size)];

	while (*at != peer)
		at = &(*at)->next;
	*at = peer->next;
	peer->next = peers->spare;
	peers->spare = peer;
}

void server_peers_enter(struct server_peers *peers, struct server_peer *peer)
{
	struct server_peer *before = peers->last;

	peer->outstanding++;
	peers->last = peer;
	if (before && before != peer && before->outstanding == 0)
		forget_peer(peers, before);
}

void server_peers_leave(struct server_peers *peers, struct server_peer *peer)
{
	if (--peer->outstanding == 0 && peers->last != peer)
		forget_peer(peers, peer);
}

void server_peers_done(struct server_peers *peers)
{
	if (peers->last) {
		assert(peers->last->outstanding == 0);
		forget_peer(peers, peers->last);
		peers->last = NULL;
	}
	while (peers->spare) {
		struct server_peer *peer = peers->spare;

		peers->spare = peer->next;
		free(peer);
	}
}
