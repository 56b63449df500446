/* trust.h: keys: who may connect over tcp, and as whom.
 *
 * A trust is a directory of public keys, one file for each process or person that has one, and the own secret key.
 * With it every tcp socket speaks CURVE: a server takes nobody whose key it does not know, a client calls nobody who
 * cannot prove the key it knows for that service. Without one tcp is plain.
 *
 * DIR/<name>.public says who a key is; <name>.secret, wherever its owner keeps it, proves it. While a key is being
 * changed DIR/<name>.old.public stands beside the new one and both are good.
 */
#ifndef HEARTH_TRUST_H
#define HEARTH_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearth/clock.h>
#include <hearth/status.h>

#define HEARTH_CURVE_SIZE 41             /* a key as text (Z85), with its NUL */
#define HEARTH_KEY_NAME_MOST 48
#define HEARTH_FINGERPRINT_SIZE 17

/* What a key may do. */
enum hearth_key_kind {
	HEARTH_KEY_OF_SERVICE,           /* acts as itself: reads with the role SYSTEM, pulls events */
	HEARTH_KEY_OF_GATEWAY,           /* is believed whom it calls for */
	HEARTH_KEY_OF_OPERATOR,          /* the same, and may pull events */
	HEARTH_KEY_OF_SYSTEM             /* acts as itself, with its own authority and roles */
};

/* Who a public key is: what its file says. */
struct hearth_identity {
	char name[HEARTH_KEY_NAME_MOST + 1];
	enum hearth_key_kind kind;
	char authority[4];               /* SYSTEM: its own, or "" */
	uint32_t roles;                  /* SYSTEM: HEARTH_ROLE bits */
	char made[HEARTH_TIME_SIZE];
	char key[HEARTH_CURVE_SIZE];
	bool old;                        /* there is a newer one of this name */
};

/* The other half; wipe it after use (sodium_memzero). */
struct hearth_secret {
	char name[HEARTH_KEY_NAME_MOST + 1];
	char key[HEARTH_CURVE_SIZE], secret[HEARTH_CURVE_SIZE];
};

struct hearth_trust;

/* `directory` of public keys, `secret` file; both must be there, nobody else's to write, the secret nobody else's to
 * read, and its public half in the directory. NULL with a status. One per process. */
struct hearth_trust *hearth_trust_new(const char *directory, const char *secret, struct hearth_status *status);
void hearth_trust_free(struct hearth_trust **trust);
/* Reads the secret and the directory again; on failure the own key stays as it was. `ret_newer`: it is another now. */
int hearth_trust_reload(struct hearth_trust *trust, bool *ret_newer, struct hearth_status *status);
/* The own key's name. */
const char *hearth_trust_name(const struct hearth_trust *trust);

/* ---- files ---- */

const char *hearth_key_kind_name(enum hearth_key_kind kind);                         /* "service" */
int hearth_key_kind_parse(const char *text, enum hearth_key_kind *ret_kind);         /* 0 or -1 */
/* 1 to 48 of a-z, 0-9 and -, beginning with a letter. */
int hearth_key_name_check(const char *name, struct hearth_status *status);
/* Role names with commas; a name that is none fails. */
int hearth_roles_parse(const char *list, uint32_t *ret_roles, struct hearth_status *status);
void hearth_roles_format(uint32_t roles, char *ret_text, size_t size);
void hearth_key_fingerprint(const char *key, char ret_text[HEARTH_FINGERPRINT_SIZE]);

int hearth_identity_read(const char *path, struct hearth_identity *ret_identity, struct hearth_status *status);
int hearth_secret_read(const char *path, struct hearth_secret *ret_secret, struct hearth_status *status);
/* A name given, changed or removed beside `path` outlives a loss of power: its directory is written. */
int hearth_key_name_settle(const char *path, struct hearth_status *status);
/* Written beside and renamed, so that a reader sees all of it or nothing, and durable with its name. `replace` false:
 * never over another file. */
int hearth_identity_write(const char *path, const struct hearth_identity *identity, bool replace,
                          struct hearth_status *status);
int hearth_secret_write(const char *path, const struct hearth_secret *secret, bool replace, struct hearth_status *status);

/* Each readable public key of the directory, in no order; `bad` (may be NULL) is told of the others. -1: no such
 * directory, or one that others may write. */
typedef void hearth_identity_found(void *context, const struct hearth_identity *identity);
typedef void hearth_identity_bad(void *context, const struct hearth_status *status);
int hearth_identities_scan(const char *directory, hearth_identity_found *found, hearth_identity_bad *bad, void *context,
                           struct hearth_status *status);

#endif
