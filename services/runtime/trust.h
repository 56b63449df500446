/* trust.h: what the runtime's sockets need of <hearth/trust.h>.
 *
 * The table of known keys is replaced as a whole when the directory has changed; pointers into it are good while the
 * generation stays the same. Everywhere `trust` may be NULL: then nothing is encrypted.
 */
#ifndef HEARTH_RUNTIME_TRUST_H
#define HEARTH_RUNTIME_TRUST_H

#include <hearth/trust.h>

#include "loop.h"

/* Grows with each reading of the directory; never 0. */
unsigned hearth_trust_generation(const struct hearth_trust *trust);
/* Whose key this is, or NULL. */
const struct hearth_identity *hearth_trust_find(const struct hearth_trust *trust, const char *key);
/* The key that proves a service: with `turn` 0 its newest, with 1 the one before it while both are good; or NULL. */
const char *hearth_trust_service_key(const struct hearth_trust *trust, const char *service, int turn);
/* Reads the directory again if it has changed: at most ten times a second. */
void hearth_trust_refresh(struct hearth_trust *trust);

/* Before a bind to tcp: CURVE, and known keys alone. There is no way back: a socket that also binds to ipc is another. */
void hearth_trust_listen(const struct hearth_trust *trust, void *socket);
/* Before a connect: to prove ourselves to whoever proves `key`; NULL for ipc. */
void hearth_trust_dial(const struct hearth_trust *trust, void *socket, const char *key);

/* zap.c: answers libzmq's question, who may connect. One per process; NULL and a status when there is another. */
struct hearth_zap;
struct hearth_zap_counts { uint64_t taken, refused; };
struct hearth_zap *hearth_zap_new(struct hearth_loop *loop, struct hearth_trust *trust, struct hearth_status *status);
void hearth_zap_free(struct hearth_zap **zap);
struct hearth_zap_counts hearth_zap_counts(const struct hearth_zap *zap);

#endif
