/* db_internal.h: the database layer's parts: db.c holds together, group.c writes, reads.c reads.
 *
 * Results only change state; statements are sent, and callers answered, from db.c's deferred dispatch at the end of a
 * turn, so that everything that came in during the turn goes out together.
 */
#ifndef HEARTH_DB_INTERNAL_H
#define HEARTH_DB_INTERNAL_H

#include "connection.h"
#include "db.h"
#include "queue.h"

/* A list of jobs or reads through their `next`. */
struct hearth_write_list { struct hearth_write *first, *last; size_t count; };
struct hearth_read_list { struct hearth_read *first, *last; size_t count; };
HEARTH_QUEUE(hearth_write)
HEARTH_QUEUE(hearth_read)

enum hearth_group_state {
	HEARTH_GROUP_IDLE,
	HEARTH_GROUP_RUNNING,     /* results of the parts below are awaited, then the Sync */
	HEARTH_GROUP_HOLDING      /* asking for a session lock */
};

/* The parts of a group in the order of their results. */
enum hearth_group_part { HEARTH_PART_ROLLBACK, HEARTH_PART_BEGIN, HEARTH_PART_LOCK, HEARTH_PART_JOBS,
	HEARTH_PART_AUDIT, HEARTH_PART_COMMIT, HEARTH_PART_SYNC };

struct hearth_hold {
	char *name;               /* what is hashed */
	void (*held)(void *context, bool held);
	void *context;
	bool has, due;
	struct hearth_hold *next;
};

struct hearth_writer {
	struct hearth_db *db;
	struct hearth_connection connection;
	char lock_text[96];
	const char *own[12];
	struct hearth_write_list waiting, running, refused;
	enum hearth_group_state state;
	enum hearth_group_part part;              /* whose result comes next */
	bool rollback_due;                        /* the session stands in a failed transaction */
	bool renew_due;                           /* plans are out of date */
	/* sending: the job and step that go next; a large group waits for the socket */
	struct hearth_write *feed;
	size_t feed_step;
	bool commit_sent;
	bool audited;                             /* a note of its writes goes before COMMIT */
	struct hearth_arena *arena;               /* of that note */
	/* taking: the job and step whose result comes next */
	struct hearth_write *take;
	size_t take_step;
	const PGresult **results;
	size_t result_count, result_room;
	bool committed;
	/* the first error */
	bool errored;
	enum hearth_group_part error_part;
	struct hearth_write *error_write;
	struct hearth_status error;
	char error_sqlstate[6];
	/* pace */
	int64_t started_us;
	double job_us;                            /* moving average of what a job costs */
	bool resting;
	struct hearth_alarm *rest;
	struct hearth_hold *holds, *asking;
	struct hearth_alarm *hold_alarm;
};

struct hearth_reader {
	struct hearth_db *db;
	struct hearth_connection connection;
	struct hearth_read_list waiting, flying, refused;
	size_t most_flying, kept;                 /* kept: results that a caller works on */
	PGresult *giving;                         /* inside `done`; NULL when the caller kept it */
	PGresult *held;                           /* of the first flying read, until its Sync */
	bool answered;                            /* all reads before the next Sync are */
	size_t aborted;                           /* reads behind it that were not run */
	size_t most_unsynced, unsynced;           /* reads that share a Sync; sent since the last one */
	bool renew_due;
};

struct hearth_db {
	struct hearth_loop *loop;
	struct hearth_db_options options;
	char *service, *url, *role;
	struct hearth_resolver *resolver;
	struct hearth_catalogue catalogue;
	bool checked, stopped, was_ready, changed_due, failed_due;
	struct hearth_status failure;
	struct hearth_writer writer;
	struct hearth_reader readers[HEARTH_LANES];   /* by enum hearth_lane */
	size_t lane_count;                        /* without audit there is no lane for it */
	struct hearth_deferred deferred;
	struct hearth_alarm *sweep;               /* looks for passed deadlines while something waits */
	bool sweeping;
	struct hearth_db_counts counts;
};

/* db.c */
void hearth_db_wake(struct hearth_db *db);                       /* dispatch at the end of this turn */
void hearth_db_connection_failed(struct hearth_db *db, const struct hearth_status *status);
void hearth_db_connection_changed(struct hearth_db *db);
bool hearth_db_full(const struct hearth_db *db);
/* Fills status and returns true when a job that waits has to be answered now. */
bool hearth_db_overdue(const struct hearth_db *db, int64_t deadline_us, int64_t now, bool uncertain,
                       struct hearth_status *status);

/* group.c */
int hearth_writer_init(struct hearth_writer *writer, struct hearth_db *db, struct hearth_status *status);
void hearth_writer_done(struct hearth_writer *writer);
void hearth_writer_add(struct hearth_writer *writer, struct hearth_write *write);
void hearth_writer_dispatch(struct hearth_writer *writer);
void hearth_writer_sweep(struct hearth_writer *writer, int64_t now);

/* hold.c */
void hearth_writer_hold(struct hearth_writer *writer, const char *name, void (*held)(void *context, bool held),
                        void *context);
bool hearth_writer_ask(struct hearth_writer *writer);             /* true: asked, the connection is busy */
void hearth_writer_asked(struct hearth_writer *writer, const PGresult *result);
void hearth_writer_lose_holds(struct hearth_writer *writer);
void hearth_writer_free_holds(struct hearth_writer *writer);

/* reads.c */
int hearth_reader_init(struct hearth_reader *reader, struct hearth_db *db, enum hearth_lane lane,
                       struct hearth_status *status);
void hearth_reader_done(struct hearth_reader *reader);
void hearth_reader_add(struct hearth_reader *reader, struct hearth_read *read);
void hearth_reader_dispatch(struct hearth_reader *reader);
PGresult *hearth_reader_keep(struct hearth_reader *reader);
void hearth_reader_give_back(struct hearth_reader *reader, PGresult *result);
void hearth_reader_sweep(struct hearth_reader *reader, int64_t now);

#endif
