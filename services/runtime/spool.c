/* spool.c: the file of a spool: opening it, adding commands, looking at them, deciding about them.
 *
 * SQLite keeps it (docs/decisions/0021-spool.md): a write-ahead log with full synchronisation, so that what a function
 * reports as done is on disk. A key has a row in `lane` as long as a command of it is open; `held` says that the first of
 * them waits for a person. What has ended keeps no payload.
 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#define APPLICATION_ID 0x48535031        /* "HSP1" */
#define BUSY_MS 10000
#define PAGE_SIZE 4096
#define MOST_BYTES (INT64_C(1) << 30)
#define KEEP_S (INT64_C(7) * 86400)
#define PAYLOAD_MOST ((size_t)64 << 20)

static const char schema[] =
	"CREATE TABLE command ("
	" seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, method TEXT NOT NULL, key TEXT NOT NULL,"
	" actor TEXT NOT NULL, authority TEXT NOT NULL, roles INTEGER NOT NULL, payload BLOB, hash BLOB NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, added_us INTEGER NOT NULL,"
	" uncertain_us INTEGER, ended_us INTEGER, code INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',"
	" field TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', reply BLOB, who TEXT, why TEXT) STRICT;"
	"CREATE INDEX command_open ON command (key, seq) WHERE ended_us IS NULL;"
	"CREATE INDEX command_ended ON command (ended_us) WHERE ended_us IS NOT NULL;"
	"CREATE TABLE lane ("
	" key TEXT PRIMARY KEY, next_us INTEGER NOT NULL, failures INTEGER NOT NULL, held INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX lane_due ON lane (next_us) WHERE held = 0;"
	"PRAGMA user_version = 1;";

#define SHOWN "c.id, c.method, c.key, c.actor, c.authority, c.state, c.state = 0 AND coalesce(l.held, 0)," \
	" c.tries, c.added_us, CASE WHEN c.state = 0 THEN l.next_us END, c.ended_us, c.code, c.reason, c.field, c.message, c.why"

static const char *const texts[SPOOL_STATEMENTS] = {
	[SPOOL_BEGIN] = "BEGIN IMMEDIATE",
	[SPOOL_COMMIT] = "COMMIT",
	[SPOOL_ROLLBACK] = "ROLLBACK",
	[SPOOL_FIND] = "SELECT method = ?2 AND hash = ?3 FROM command WHERE id = ?1",
	[SPOOL_INSERT] = "INSERT INTO command (id, method, key, actor, authority, roles, payload, hash, added_us)"
	                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SPOOL_LANE_OPEN] = "INSERT INTO lane (key, next_us, failures, held) VALUES (?1, 0, 0, 0) ON CONFLICT DO NOTHING",
	[SPOOL_DUE] = "SELECT key, failures FROM lane WHERE held = 0 AND (next_us <= ?1 OR next_us > ?1 + 60000000)"
	              " ORDER BY next_us LIMIT ?2",      /* a minute ahead: the clock was set back */
	[SPOOL_HEAD] = "SELECT seq, id, method, actor, authority, roles, payload, uncertain_us FROM command"
	               " WHERE key = ?1 AND ended_us IS NULL ORDER BY seq LIMIT 1",
	[SPOOL_MARK] = "UPDATE command SET tries = tries + 1, uncertain_us = coalesce(uncertain_us, ?2) WHERE seq = ?1",
	[SPOOL_DONE] = "UPDATE command SET state = 3, ended_us = ?2, code = 0, reason = '', field = '', message = '',"
	               " payload = NULL, reply = ?3 WHERE seq = ?1",
	[SPOOL_STOP] = "UPDATE command SET state = ?2, code = ?3, reason = ?4, field = ?5, message = ?6,"
	               " uncertain_us = CASE WHEN ?7 THEN NULL ELSE uncertain_us END WHERE seq = ?1",
	[SPOOL_AGAIN] = "UPDATE command SET code = ?2, reason = ?3, field = ?4, message = ?5,"
	                " uncertain_us = CASE WHEN ?6 THEN NULL ELSE uncertain_us END WHERE seq = ?1",
	[SPOOL_LANE_NEXT] = "UPDATE lane SET next_us = 0, failures = 0, held = 0 WHERE key = ?1",
	[SPOOL_LANE_CLOSE] = "DELETE FROM lane WHERE key = ?1 AND NOT EXISTS"
	                     " (SELECT 1 FROM command WHERE key = ?1 AND ended_us IS NULL)",
	[SPOOL_LANE_HOLD] = "UPDATE lane SET held = 1 WHERE key = ?1",
	[SPOOL_LANE_LATER] = "UPDATE lane SET next_us = ?2, failures = ?3 WHERE key = ?1",
	[SPOOL_TRIM] = "DELETE FROM command WHERE seq IN (SELECT seq FROM command WHERE ended_us < ?1 LIMIT 1000)",
	[SPOOL_LIST] = "SELECT " SHOWN " FROM command c LEFT JOIN lane l ON l.key = c.key"
	               " WHERE c.ended_us IS NULL OR ?1 ORDER BY c.seq LIMIT ?2",
	[SPOOL_GET] = "SELECT " SHOWN ", c.payload, c.reply FROM command c LEFT JOIN lane l ON l.key = c.key WHERE c.id = ?1",
	[SPOOL_COUNT] = "SELECT count(*) FILTER (WHERE c.state = 0 AND NOT coalesce(l.held, 0)),"
	                " count(*) FILTER (WHERE c.state = 0 AND coalesce(l.held, 0)), count(*) FILTER (WHERE c.state = 1),"
	                " count(*) FILTER (WHERE c.state = 2), coalesce(min(c.added_us), 0)"
	                " FROM command c LEFT JOIN lane l ON l.key = c.key WHERE c.ended_us IS NULL",
	[SPOOL_LEFT] = "SELECT EXISTS (SELECT 1 FROM lane WHERE held = 0)",
	[SPOOL_SOONEST] = "SELECT min(next_us) FROM lane WHERE held = 0",
	[SPOOL_RETRY] = "UPDATE command SET state = 0, uncertain_us = NULL WHERE id = ?1 AND ended_us IS NULL",
	[SPOOL_DROP] = "UPDATE command SET state = 4, ended_us = ?2, payload = NULL, who = ?3, why = ?4"
	               " WHERE id = ?1 AND ended_us IS NULL",
};

const char *hearth_spool_state_name(enum hearth_spool_state state)
{
	static const char *const names[] = { "WAITING", "REFUSED", "STALE", "DONE", "DROPPED" };
	return state >= HEARTH_SPOOL_WAITING && state <= HEARTH_SPOOL_DROPPED ? names[state] : "UNKNOWN";
}

/* ---- statements ---- */

static int fail(const struct hearth_spool *spool, struct hearth_status *status)
{
	int code = sqlite3_errcode(spool->db);
	switch (code & 0xff) {
	case SQLITE_FULL:
		return hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "SPOOL_FULL",
		                   "the spool %.150s, or its disk, is full; nothing of this was stored", spool->path);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NO_SPOOL", "%.150s is no spool, or is damaged: %s",
		                   spool->path, sqlite3_errmsg(spool->db));
	default:
		return hearth_fail(status, HEARTH_UNAVAILABLE, "SPOOL", "the spool %.150s cannot be used: %s", spool->path,
		                   sqlite3_errmsg(spool->db));
	}
}

sqlite3_stmt *spool_use(struct hearth_spool *spool, enum spool_statement which)
{
	sqlite3_stmt **statement = &spool->statements[which];
	if (!*statement)
		sqlite3_prepare_v3(spool->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
	if (*statement) {
		sqlite3_reset(*statement);
		sqlite3_clear_bindings(*statement);
	}
	return *statement;
}

int spool_row(struct hearth_spool *spool, sqlite3_stmt *statement, struct hearth_status *status)
{
	int result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
	if (result == SQLITE_ROW)
		return 1;
	int outcome = result == SQLITE_DONE ? 0 : fail(spool, status);
	sqlite3_reset(statement);
	return outcome;
}

int spool_run(struct hearth_spool *spool, sqlite3_stmt *statement, struct hearth_status *status)
{
	int row = spool_row(spool, statement, status);
	if (row > 0)
		sqlite3_reset(statement);
	return row < 0 ? -1 : 0;
}

int spool_begin(struct hearth_spool *spool, struct hearth_status *status)
{
	return spool_run(spool, spool_use(spool, SPOOL_BEGIN), status);
}

int spool_end(struct hearth_spool *spool, int outcome, struct hearth_status *status)
{
	struct hearth_status ignored;
	if (outcome == 0 && spool_run(spool, spool_use(spool, SPOOL_COMMIT), status) == 0)
		return 0;
	if (!sqlite3_get_autocommit(spool->db))
		spool_run(spool, spool_use(spool, SPOOL_ROLLBACK), &ignored);
	return -1;
}

/* ---- opening ---- */

/* Made with the right mode; one that others may read or that is another's is refused. */
static int check_file(const char *path, struct hearth_status *status)
{
	struct stat about;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return hearth_fail(status, HEARTH_UNAVAILABLE, "SPOOL", "the spool %.200s cannot be opened: %s", path, strerror(errno));
	int outcome = fstat(fd, &about);
	close(fd);
	if (outcome < 0 || !S_ISREG(about.st_mode))
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NO_SPOOL", "%.200s is no file", path);
	if ((about.st_mode & 077) != 0 || about.st_uid != geteuid())
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "SPOOL_MODE",
		                   "the spool %.200s must belong to its user alone (mode 0600): it holds what commands say", path);
	return 0;
}

static int64_t pragma(struct hearth_spool *spool, const char *text)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = -1;
	if (sqlite3_prepare_v2(spool->db, text, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static int run_text(struct hearth_spool *spool, const char *text, struct hearth_status *status)
{
	return sqlite3_exec(spool->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(spool, status);
}

/* Two processes may make it at the same time: the one that comes second finds it made. */
static int make_tables(struct hearth_spool *spool, struct hearth_status *status)
{
	char text[64];
	if (spool_begin(spool, status) < 0)
		return -1;
	int outcome = 0;
	if (pragma(spool, "SELECT count(*) FROM sqlite_master") == 0) {
		snprintf(text, sizeof text, "PRAGMA application_id = %d", APPLICATION_ID);
		outcome = run_text(spool, text, status) < 0 || run_text(spool, schema, status) < 0 ? -1 : 0;
	}
	return spool_end(spool, outcome, status);
}

static int set_up(struct hearth_spool *spool, int64_t most_bytes, struct hearth_status *status)
{
	char text[96];
	snprintf(text, sizeof text, "PRAGMA max_page_count = %lld", (long long)(most_bytes / PAGE_SIZE));
	sqlite3_busy_timeout(spool->db, BUSY_MS);
	if (run_text(spool, "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	             "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF", status) < 0 ||
	    run_text(spool, text, status) < 0)
		return -1;
	if (pragma(spool, "SELECT count(*) FROM sqlite_master") == 0 && make_tables(spool, status) < 0)
		return -1;
	if (pragma(spool, "PRAGMA application_id") != APPLICATION_ID || pragma(spool, "PRAGMA user_version") != 1)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NO_SPOOL", "%.200s is no spool of this version", spool->path);
	return 0;
}

int hearth_spool_open(const struct hearth_spool_options *options, struct hearth_spool **ret_spool,
                      struct hearth_status *status)
{
	if (check_file(options->path, status) < 0)
		return -1;
	struct hearth_spool *spool = hearth_alloc(sizeof *spool);
	memset(spool, 0, sizeof *spool);
	spool->path = hearth_alloc(strlen(options->path) + 1);
	memcpy(spool->path, options->path, strlen(options->path) + 1);
	spool->keep_us = (options->keep_s > 0 ? options->keep_s : KEEP_S) * 1000000;
	int outcome = 0;
	if (sqlite3_open_v2(options->path, &spool->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		outcome = fail(spool, status);
	if (outcome == 0)
		outcome = set_up(spool, options->most_bytes > 0 ? options->most_bytes : MOST_BYTES, status);
	if (outcome < 0)
		hearth_spool_free(&spool);
	else
		*ret_spool = spool;
	return outcome;
}

void hearth_spool_free(struct hearth_spool **pointer)
{
	struct hearth_spool *spool = *pointer;
	if (!spool)
		return;
	for (size_t i = 0; i < SPOOL_STATEMENTS; i++)
		sqlite3_finalize(spool->statements[i]);
	sqlite3_close(spool->db);
	free(spool->path);
	free(spool);
	*pointer = NULL;
}

int spool_claim(const struct hearth_spool *spool, struct hearth_status *status)
{
	size_t size = strlen(spool->path) + sizeof ".deliver";
	char *path = hearth_alloc(size);
	snprintf(path, size, "%s.deliver", spool->path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), why = errno;
	free(path);
	if (fd < 0)
		return hearth_fail(status, HEARTH_UNAVAILABLE, "SPOOL", "the lock beside %.150s cannot be made: %s", spool->path,
		                   strerror(why));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "DELIVERED_ELSEWHERE",
	                   "another process delivers what waits in %.150s", spool->path);
}

/* ---- adding ---- */

const char *spool_service_of(const char *method, size_t *ret_size)
{
	const char *colon = strchr(method, ':'), *from = colon ? method : strchr(method, '.');
	const char *to = colon ? colon : from ? strchr(from + 1, '.') : NULL;
	if (!colon && from)
		from++;
	if (!from || !to || to == from || !strchr(method, '/') || strlen(method) >= SPOOL_METHOD_MOST)
		return NULL;
	*ret_size = (size_t)(to - from);
	return from;
}

static int check_command(const struct hearth_command *command, struct hearth_status *status)
{
	size_t size;
	const struct hearth_actor *actor = command->actor;
	if (!spool_service_of(command->method, &size))
		return hearth_fail_field(status, "method", "\"%.100s\" must be [service:]package.Service/Method, under %d characters",
		                         command->method, SPOOL_METHOD_MOST);
	if (command->key && strlen(command->key) > HEARTH_SPOOL_KEY_MOST)
		return hearth_fail_field(status, "key", "the key has %zu bytes; at most %d are allowed", strlen(command->key),
		                         HEARTH_SPOOL_KEY_MOST);
	if (!actor || !actor->id || !*actor->id || strlen(actor->id) > 64 || (actor->authority && strlen(actor->authority) > 3))
		return hearth_fail_field(status, "actor", "the actor needs an id of 1 to 64 characters and a code of three digits");
	if (!command->request_id || hearth_uuid_is_nil(command->request_id))
		return hearth_fail_field(status, "request_id", "a command needs a request id, a UUID that is new to each");
	if (command->size > PAYLOAD_MOST)
		return hearth_fail_field(status, "request", "the request has %zu bytes; at most %zu are allowed", command->size,
		                         PAYLOAD_MOST);
	return 0;
}

/* 1: it is there already; 0: not; -1: another one of its id is, or an error. */
static int is_there(struct hearth_spool *spool, const struct hearth_command *command, const uint8_t *hash,
                    struct hearth_status *status)
{
	sqlite3_stmt *find = spool_use(spool, SPOOL_FIND);
	sqlite3_bind_blob(find, 1, command->request_id->bytes, 16, SQLITE_STATIC);
	sqlite3_bind_text(find, 2, command->method, -1, SQLITE_STATIC);
	sqlite3_bind_blob(find, 3, hash, HEARTH_HASH_SIZE, SQLITE_STATIC);
	int row = spool_row(spool, find, status);
	bool same = row > 0 && sqlite3_column_int(find, 0);
	if (row > 0)
		sqlite3_reset(find);
	if (row > 0 && !same)
		return hearth_fail_field(status, "request_id", "another command with this request id is in the spool");
	return row;
}

static int insert(struct hearth_spool *spool, const struct hearth_command *command, const uint8_t *hash,
                  struct hearth_status *status)
{
	size_t size;
	const char *service = spool_service_of(command->method, &size);
	bool keyed = command->key && *command->key;
	const char *key = keyed ? command->key : service;
	int key_size = keyed ? (int)strlen(key) : (int)size;
	sqlite3_stmt *add = spool_use(spool, SPOOL_INSERT);
	sqlite3_bind_blob(add, 1, command->request_id->bytes, 16, SQLITE_STATIC);
	sqlite3_bind_text(add, 2, command->method, -1, SQLITE_STATIC);
	sqlite3_bind_text(add, 3, key, key_size, SQLITE_STATIC);
	sqlite3_bind_text(add, 4, command->actor->id, -1, SQLITE_STATIC);
	sqlite3_bind_text(add, 5, command->actor->authority ? command->actor->authority : "", -1, SQLITE_STATIC);
	sqlite3_bind_int64(add, 6, command->actor->roles);
	sqlite3_bind_blob(add, 7, command->size ? (const void *)command->payload : "", (int)command->size, SQLITE_STATIC);
	sqlite3_bind_blob(add, 8, hash, HEARTH_HASH_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(add, 9, hearth_clock_wall());
	if (spool_run(spool, add, status) < 0)
		return -1;
	sqlite3_stmt *lane = spool_use(spool, SPOOL_LANE_OPEN);
	sqlite3_bind_text(lane, 1, key, key_size, SQLITE_STATIC);
	return spool_run(spool, lane, status);
}

/* 1: stored; 0: there already; -1. */
static int add_one(struct hearth_spool *spool, const struct hearth_command *command, struct hearth_status *status)
{
	uint8_t hash[HEARTH_HASH_SIZE];
	if (check_command(command, status) < 0)
		return -1;
	hearth_hash(command->payload, command->size, hash);
	int there = is_there(spool, command, hash, status);
	if (there != 0)
		return there < 0 ? -1 : 0;
	return insert(spool, command, hash, status) < 0 ? -1 : 1;
}

int hearth_spool_add(struct hearth_spool *spool, const struct hearth_command *commands, size_t count, size_t *ret_new,
                     struct hearth_status *status)
{
	size_t fresh = 0;
	int outcome = 0;
	if (spool_begin(spool, status) < 0)
		return -1;
	for (size_t i = 0; i < count && outcome == 0; i++) {
		int added = add_one(spool, &commands[i], status);
		outcome = added < 0 ? -1 : 0;
		fresh += added > 0;
	}
	if (spool_end(spool, outcome, status) < 0)
		return -1;
	if (ret_new)
		*ret_new = fresh;
	return 0;
}

/* ---- looking ---- */

static const char *column_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return text ? text : "";
}

static void read_command(sqlite3_stmt *row, bool whole, struct hearth_spooled *ret_command)
{
	struct hearth_spooled command = {
		.method = column_text(row, 1), .key = column_text(row, 2), .actor = column_text(row, 3),
		.authority = column_text(row, 4), .state = (enum hearth_spool_state)sqlite3_column_int(row, 5),
		.behind = sqlite3_column_int(row, 6), .tries = sqlite3_column_int64(row, 7),
		.added_us = sqlite3_column_int64(row, 8), .next_us = sqlite3_column_int64(row, 9),
		.ended_us = sqlite3_column_int64(row, 10), .why = column_text(row, 15),
	};
	if (sqlite3_column_bytes(row, 0) == 16)
		memcpy(command.id.bytes, sqlite3_column_blob(row, 0), 16);
	command.last.code = (enum hearth_code)sqlite3_column_int(row, 11);
	hearth_text_copy(command.last.reason, sizeof command.last.reason, column_text(row, 12));
	hearth_text_copy(command.last.field, sizeof command.last.field, column_text(row, 13));
	hearth_text_copy(command.last.message, sizeof command.last.message, column_text(row, 14));
	if (whole) {
		command.payload = sqlite3_column_blob(row, 16);
		command.size = (size_t)sqlite3_column_bytes(row, 16);
		command.reply = sqlite3_column_blob(row, 17);
		command.reply_size = (size_t)sqlite3_column_bytes(row, 17);
	}
	*ret_command = command;
}

int hearth_spool_list(struct hearth_spool *spool, bool ended, size_t most, hearth_spool_fn *each, void *context,
                      struct hearth_status *status)
{
	struct hearth_spooled command;
	sqlite3_stmt *list = spool_use(spool, SPOOL_LIST);
	sqlite3_bind_int(list, 1, ended);
	sqlite3_bind_int64(list, 2, (int64_t)most);
	int row;
	while ((row = spool_row(spool, list, status)) > 0) {
		read_command(list, false, &command);
		each(context, &command);
	}
	return row;
}

static int not_found(struct hearth_status *status)
{
	return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "no command with this id is in the spool");
}

int hearth_spool_get(struct hearth_spool *spool, const struct hearth_uuid *id, hearth_spool_fn *each, void *context,
                     struct hearth_status *status)
{
	struct hearth_spooled command;
	sqlite3_stmt *get = spool_use(spool, SPOOL_GET);
	sqlite3_bind_blob(get, 1, id->bytes, 16, SQLITE_STATIC);
	int row = spool_row(spool, get, status);
	if (row <= 0)
		return row < 0 ? -1 : not_found(status);
	read_command(get, true, &command);
	each(context, &command);
	sqlite3_reset(get);
	return 0;
}

int hearth_spool_count(struct hearth_spool *spool, struct hearth_spool_counts *ret_counts, struct hearth_status *status)
{
	sqlite3_stmt *count = spool_use(spool, SPOOL_COUNT);
	int row = spool_row(spool, count, status);
	if (row <= 0)
		return -1;
	*ret_counts = (struct hearth_spool_counts){
		.waiting = sqlite3_column_int64(count, 0), .behind = sqlite3_column_int64(count, 1),
		.refused = sqlite3_column_int64(count, 2), .stale = sqlite3_column_int64(count, 3),
		.oldest_us = sqlite3_column_int64(count, 4),
	};
	sqlite3_reset(count);
	return 0;
}

/* ---- deciding ---- */

int spool_lane_goes_on(struct hearth_spool *spool, const char *key, struct hearth_status *status)
{
	sqlite3_stmt *next = spool_use(spool, SPOOL_LANE_NEXT);
	sqlite3_bind_text(next, 1, key, -1, SQLITE_STATIC);
	if (spool_run(spool, next, status) < 0)
		return -1;
	sqlite3_stmt *end = spool_use(spool, SPOOL_LANE_CLOSE);
	sqlite3_bind_text(end, 1, key, -1, SQLITE_STATIC);
	return spool_run(spool, end, status);
}

struct found {
	enum hearth_spool_state state;
	bool behind;
	char key[HEARTH_SPOOL_KEY_MOST + 1];
};

static void note_state(void *context, const struct hearth_spooled *command)
{
	struct found *found = context;
	found->state = command->state;
	found->behind = command->behind;
	hearth_text_copy(found->key, sizeof found->key, command->key);
}

/* What it is now; -1 when it is not there or has ended. Inside a transaction. */
static int find_open(struct hearth_spool *spool, const struct hearth_uuid *id, struct found *ret_found,
                     struct hearth_status *status)
{
	if (hearth_spool_get(spool, id, note_state, ret_found, status) < 0)
		return -1;
	if (ret_found->state != HEARTH_SPOOL_DONE && ret_found->state != HEARTH_SPOOL_DROPPED)
		return 0;
	return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "ENDED", "the command has ended: it is %s",
	                   hearth_spool_state_name(ret_found->state));
}

int hearth_spool_retry(struct hearth_spool *spool, const struct hearth_uuid *id, struct hearth_status *status)
{
	struct found found;
	if (spool_begin(spool, status) < 0)
		return -1;
	int outcome = find_open(spool, id, &found, status);
	/* One that waits keeps what is known of its tries. */
	if (outcome == 0 && found.state != HEARTH_SPOOL_WAITING) {
		sqlite3_stmt *retry = spool_use(spool, SPOOL_RETRY);
		sqlite3_bind_blob(retry, 1, id->bytes, 16, SQLITE_STATIC);
		outcome = spool_run(spool, retry, status);
	}
	if (outcome == 0 && !found.behind)
		outcome = spool_lane_goes_on(spool, found.key, status);
	return spool_end(spool, outcome, status);
}

static int drop(struct hearth_spool *spool, const struct hearth_uuid *id, const char *who, const char *why,
                struct hearth_status *status)
{
	struct found found;
	if (find_open(spool, id, &found, status) < 0)
		return -1;
	int claim = found.state == HEARTH_SPOOL_WAITING && !found.behind ? spool_claim(spool, status) : 0;
	if (claim < 0)
		return hearth_fail_context(status, "a command that waits may be on its way");
	sqlite3_stmt *end = spool_use(spool, SPOOL_DROP);
	sqlite3_bind_blob(end, 1, id->bytes, 16, SQLITE_STATIC);
	sqlite3_bind_int64(end, 2, hearth_clock_wall());
	sqlite3_bind_text(end, 3, who, -1, SQLITE_STATIC);
	sqlite3_bind_text(end, 4, why, -1, SQLITE_STATIC);
	int outcome = spool_run(spool, end, status);
	if (outcome == 0 && !found.behind)
		outcome = spool_lane_goes_on(spool, found.key, status);
	if (claim > 0)
		close(claim);
	return outcome;
}

int hearth_spool_drop(struct hearth_spool *spool, const struct hearth_uuid *id, const char *who, const char *why,
                      struct hearth_status *status)
{
	if (!why || !*why)
		return hearth_fail_field(status, "why", "a command is given up for a reason: say it");
	if (spool_begin(spool, status) < 0)
		return -1;
	return spool_end(spool, drop(spool, id, who, why, status), status);
}
