/* trust.c: the known keys of a process and its own, put onto sockets.
 *
 * Owns the own secret (wiped when it is replaced or freed) and the table, sorted by key. A directory that cannot be read
 * any more leaves the table as it is: nobody is let in by that, and nobody is thrown out by a disk that is away.
 */
#include "trust.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>
#include <zmq.h>

#include <hearth/arena.h>
#include <hearth/log.h>
#include <hearth/text.h>

#include "server.h"

#define PATH_MOST 512
/* ZMQ_ZAP_ENFORCE_DOMAIN, which Debian's zmq.h hides as a draft and its libzmq has: without an answer, no entry. */
#define ENFORCE_DOMAIN 93
#define LOOK_US INT64_C(100000)
#define SETTLED_US INT64_C(1000000)      /* a change may share its time with an earlier one that we have seen */

struct table {
	struct hearth_identity *identities;
	size_t count, room;
};

struct hearth_trust {
	char directory[PATH_MOST], secret_file[PATH_MOST];
	struct hearth_secret own;
	struct table table;
	unsigned generation;
	int64_t looked_us, read_us;              /* monotonic; wall */
	struct timespec changed;                 /* the directory, as it was read */
};

/* ---- the table ---- */

static void add_identity(void *context, const struct hearth_identity *identity)
{
	struct table *table = context;

	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 16;
		table->identities = hearth_realloc(table->identities, table->room * sizeof *table->identities);
	}
	table->identities[table->count++] = *identity;
}

static void log_bad(void *context, const struct hearth_status *status)
{
	(void)context;
	hearth_log(HEARTH_LOG_WARN, "keys", "ignored=\"%s\"", status->message);
}

/* The newer of two files with one key comes first, and is found. */
static int compare(const void *a, const void *b)
{
	const struct hearth_identity *one = a, *other = b;
	int by_key = strcmp(one->key, other->key);

	return by_key ? by_key : one->old - other->old;
}

static int read_table(struct hearth_trust *trust, struct hearth_status *status)
{
	struct table table = { .identities = NULL };
	struct stat about = { .st_size = 0 };
	int64_t read_us = hearth_clock_wall();

	(void)stat(trust->directory, &about);
	if (hearth_identities_scan(trust->directory, add_identity, log_bad, &table, status) != 0) {
		free(table.identities);
		return -1;
	}
	if (table.count > 0)
		qsort(table.identities, table.count, sizeof *table.identities, compare);
	free(trust->table.identities);
	trust->table = table;
	trust->changed = about.st_mtim;
	trust->read_us = read_us;
	trust->generation++;
	return 0;
}

void hearth_trust_refresh(struct hearth_trust *trust)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	int64_t now_us = hearth_clock_mono();
	struct stat about;

	if (now_us - trust->looked_us < LOOK_US)
		return;
	trust->looked_us = now_us;
	if (stat(trust->directory, &about) != 0)
		return;
	int64_t changed_us = (int64_t)about.st_mtim.tv_sec * 1000000 + about.st_mtim.tv_nsec / 1000;
	if (about.st_mtim.tv_sec == trust->changed.tv_sec && about.st_mtim.tv_nsec == trust->changed.tv_nsec &&
	    changed_us + SETTLED_US < trust->read_us)
		return;
	if (read_table(trust, &status) != 0)
		hearth_log(HEARTH_LOG_ERROR, "keys", "detail=\"%s\"", status.message);
}

unsigned hearth_trust_generation(const struct hearth_trust *trust)
{
	return trust->generation;
}

const struct hearth_identity *hearth_trust_find(const struct hearth_trust *trust, const char *key)
{
	size_t low = 0, high = trust->table.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(trust->table.identities[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < trust->table.count && strcmp(trust->table.identities[low].key, key) == 0
	           ? &trust->table.identities[low] : NULL;
}

const char *hearth_trust_service_key(const struct hearth_trust *trust, const char *service, int turn)
{
	for (size_t i = 0; i < trust->table.count; i++) {
		const struct hearth_identity *identity = &trust->table.identities[i];

		if (identity->kind == HEARTH_KEY_OF_SERVICE && identity->old == (turn != 0) && strcmp(identity->name, service) == 0)
			return identity->key;
	}
	return NULL;
}

/* ---- the whole ---- */

const char *hearth_trust_name(const struct hearth_trust *trust)
{
	return trust->own.name;
}

int hearth_trust_reload(struct hearth_trust *trust, bool *ret_newer, struct hearth_status *status)
{
	struct hearth_secret own;
	const struct hearth_identity *published;
	int result = -1;

	if (hearth_secret_read(trust->secret_file, &own, status) != 0)
		return -1;
	if (read_table(trust, status) == 0) {
		published = hearth_trust_find(trust, own.key);
		if (published && strcmp(published->name, own.name) == 0)
			result = 0;
		else
			hearth_fail(status, HEARTH_FAILED_PRECONDITION, "KEY_NOT_PUBLISHED",
			            "the secret key of %s is not the one whose public half is in %.100s", own.name, trust->directory);
	}
	if (result == 0) {
		*ret_newer = strcmp(trust->own.key, own.key) != 0;
		trust->own = own;
	}
	sodium_memzero(&own, sizeof own);
	return result;
}

struct hearth_trust *hearth_trust_new(const char *directory, const char *secret, struct hearth_status *status)
{
	struct hearth_trust *trust;
	struct stat about;
	bool newer;

	if (strlen(directory) >= sizeof trust->directory || strlen(secret) >= sizeof trust->secret_file) {
		hearth_fail(status, HEARTH_INVALID_ARGUMENT, "KEY_FILE", "the path of keys or key has more than %d bytes", PATH_MOST);
		return NULL;
	}
	if (stat(directory, &about) != 0 || !S_ISDIR(about.st_mode)) {
		hearth_fail(status, HEARTH_FAILED_PRECONDITION, "KEY_FILE", "keys: there is no directory %.120s; hearth keys make makes it",
		            directory);
		return NULL;
	}
	trust = hearth_alloc(sizeof *trust);
	memset(trust, 0, sizeof *trust);
	hearth_text_copy(trust->directory, sizeof trust->directory, directory);
	hearth_text_copy(trust->secret_file, sizeof trust->secret_file, secret);
	if (hearth_trust_reload(trust, &newer, status) != 0)
		hearth_trust_free(&trust);
	return trust;
}

void hearth_trust_free(struct hearth_trust **trust)
{
	if (!*trust)
		return;
	free((*trust)->table.identities);
	sodium_memzero(*trust, sizeof **trust);
	free(*trust);
	*trust = NULL;
}

/* ---- sockets ---- */

static void set_text(void *socket, int option, const char *text, size_t size)
{
	int result = zmq_setsockopt(socket, option, text, size);

	assert(result == 0);
	(void)result;
}

void hearth_trust_listen(const struct hearth_trust *trust, void *socket)
{
	if (!trust)
		return;
	/* With a domain every connection is asked about, and without an answer refused. */
	set_text(socket, ZMQ_ZAP_DOMAIN, "hearth", strlen("hearth"));
	hearth_zmq_set(socket, ENFORCE_DOMAIN, 1);
	hearth_zmq_set(socket, ZMQ_CURVE_SERVER, 1);
	set_text(socket, ZMQ_CURVE_SECRETKEY, trust->own.secret, HEARTH_CURVE_SIZE);
}

void hearth_trust_dial(const struct hearth_trust *trust, void *socket, const char *key)
{
	if (!trust || !key) {
		hearth_zmq_set(socket, ZMQ_CURVE_SERVER, 0);      /* which is libzmq's way to say: no CURVE */
		return;
	}
	set_text(socket, ZMQ_CURVE_PUBLICKEY, trust->own.key, HEARTH_CURVE_SIZE);
	set_text(socket, ZMQ_CURVE_SECRETKEY, trust->own.secret, HEARTH_CURVE_SIZE);
	set_text(socket, ZMQ_CURVE_SERVERKEY, key, HEARTH_CURVE_SIZE);
}
