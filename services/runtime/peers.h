/* peers.h: hearing at once when any instance of a service has committed something.
 *
 * Keeps subscriptions to the hints of every instance of a service, found by the process's client and asked with
 * Control/GetInstance where they tell theirs. When an instance has gone all subscriptions are made anew, so that no dead
 * address is kept. Hints may be lost: whoever relies on them looks on a timer as well.
 */
#ifndef HEARTH_PEERS_H
#define HEARTH_PEERS_H

struct hearth_peers;
struct hearth_process;

struct hearth_peers *hearth_peers_new(struct hearth_process *process, const char *service,
                                      void (*hinted)(void *context), void *context);
/* Before the process's client is freed. */
void hearth_peers_free(struct hearth_peers **peers);

#endif
