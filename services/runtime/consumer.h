/* consumer.h: what the parts of a consumer share. A consumer applies one source's events in one process.
 *
 *   consumer.c           making, checking, ending; what it shows
 *   consumer_turn.c      whose turn it is, how far behind the service is, what operators ordered
 *   consumer_cursor.c    reading where the service stands
 *   consumer_pull.c      pages of events, one ahead
 *   consumer_apply.c     a batch: cursor, effects, what to do when it fails
 *   consumer_park.c      events that cannot be applied, and those behind them
 *   consumer_snapshot.c  the present state of a source instead of its past
 *
 * Everything belongs to the one application thread; at most one read, write or call of a consumer is on its way (beside
 * the page ahead and the look), and `state` says which.
 */
#ifndef HEARTH_CONSUMER_H
#define HEARTH_CONSUMER_H

#include "process.h"

#include <hearth/events/v1/events.pb-c.h>

#define HEARTH_CONSUMER_PAGE 500
#define HEARTH_CONSUMER_RETRY_US INT64_C(200000)

struct hearth_effect_route {
	const struct hearth_effect *effect;
	struct hearth_bound_statement bound;
};

enum hearth_consumer_stage {
	CONSUMER_IDLE,               /* not our turn, or the database is away */
	CONSUMER_LOADING,            /* reading the cursor, or what lies parked */
	CONSUMER_WAITING,            /* until a hint or the interval */
	CONSUMER_PULLING,            /* a page of events or of the snapshot is on its way */
	CONSUMER_APPLYING
};

/* Statements of its own, by name of their file. */
enum hearth_consumer_statement {
	CONSUMER_GET_CURSOR, CONSUMER_MOVE_CURSOR, CONSUMER_LOOK, CONSUMER_LEAVE, CONSUMER_PARK, CONSUMER_PARKED_DUE, CONSUMER_UNPARK,
	CONSUMER_PARK_AGAIN, CONSUMER_BOOTSTRAP_BEGIN, CONSUMER_BOOTSTRAP_STEP, CONSUMER_BOOTSTRAP_KEYS,
	CONSUMER_BOOTSTRAP_END, CONSUMER_STATEMENTS
};

struct hearth_consumer {
	struct hearth_process *process;
	const struct hearth_source *source;
	struct hearth_effect_route *effects;
	size_t effect_count;
	struct hearth_bound_statement statements[CONSUMER_STATEMENTS];
	enum hearth_consumer_stage state;
	bool mine, hinted;
	char stopped[160];
	struct hearth_alarm *alarm;
	struct hearth_peers *peers;
	struct hearth_call *call;          /* what plans see; its arena is that of batches */
	struct hearth_arena *arena;
	struct hearth_read read;
	struct hearth_write write;

	/* the cursor */
	bool known;                        /* what follows is the tables' */
	char epoch[HEARTH_UUID_SIZE];      /* "" before the first batch */
	int64_t seq, end;

	/* pages */
	struct hearth_arena *page_arena;   /* of `pulled` */
	struct hearth_arena *ahead_arena;  /* of `ahead` */
	Hearth__Events__V1__PullResponse *pulled;
	Hearth__Events__V1__PullResponse *ahead;   /* the page after `pulled`, when it is here */
	int64_t ahead_after;               /* the cursor it was asked from */
	bool ahead_asked, ahead_wanted;    /* on its way; not made worthless since */
	bool waits_ahead;                  /* PULLING it is what remains to be done */
	bool *passed;                      /* events of `pulled` that the snapshot holds already; NULL: none */
	size_t batch;                      /* events of `pulled` in the present write */
	size_t applied;                    /* events of `pulled` already applied */
	size_t page;                       /* events per batch; fewer after a failure, 1 while looking for a poisoned one */
	unsigned failures;                 /* passing ones in a row */

	/* parking */
	char **keys;                       /* of what lies parked, in order of strcmp */
	size_t key_count, key_room;
	int64_t tried_seq;                 /* the event that failed alone, and how often */
	unsigned tries;
	bool park_next;                    /* the next batch parks its one event */
	char error_code[32], error_reason[64], error_sqlstate[6];
	struct hearth_parked_row *due;     /* what an operator ordered to be tried again, of one key */
	size_t due_count, due_batch;
	bool due_skip, due_single;

	/* bootstrap */
	bool loading, catching_up;         /* pages of the snapshot; then events that it may hold already */
	bool has_cursor;                   /* there is a row of it */
	char boot_epoch[HEARTH_UUID_SIZE], *boot_after;
	int64_t boot_seq, boot_until;
	int boot_page;                     /* keys a page */
	Hearth__Events__V1__SnapshotResponse *snapshot;   /* in page_arena */

	/* the look: each second, whoever's turn it is */
	struct hearth_alarm *look_alarm;
	struct hearth_arena *look_arena;
	struct hearth_call *look_call;
	struct hearth_write look;
	struct hearth_step look_step[1];
	bool looking, asking_position, ordered, boot_wanted;
	bool leaving;                      /* the turn is to be given up, when what is in work has ended */
	int64_t parked;                    /* events that lie parked; -1: not known yet */
	int64_t parking;                   /* and that the present write parks */
	int64_t looked_seq;                /* the service's cursor then */
	int64_t look_us, beat_us;          /* monotonic: when the last look was begun, and the last that was answered */
	int64_t oldest_us;                 /* domain time of the oldest event not yet applied; 0: none */
	int64_t heard_us;                  /* monotonic: when the source last told; 0: never */

	char pull_method[96], position_method[96], snapshot_method[96];
};

/* consumer.c */
bool hearth_consumer_may_work(const struct hearth_consumer *consumer);
void hearth_consumer_stop_with(struct hearth_consumer *consumer, const char *reason, const char *detail);
void hearth_consumer_go_on(struct hearth_consumer *consumer);
void hearth_consumer_wait(struct hearth_consumer *consumer, int64_t us);
void hearth_consumer_rest(struct hearth_consumer *consumer);                    /* for the pull interval */
/* Does what comes next: reads the cursor, sees to what is parked or to the snapshot, or pulls. */
void hearth_consumer_step(struct hearth_consumer *consumer);
/* The call emptied for a statement of the runtime's own, with :source bound; then hearth_bind_... and the values. */
struct hearth_call *hearth_consumer_bind(struct hearth_consumer *consumer);
const char *const *hearth_consumer_values(struct hearth_consumer *consumer, enum hearth_consumer_statement which,
                                          struct hearth_status *status);
void hearth_consumer_send_read(struct hearth_consumer *consumer, enum hearth_consumer_statement which,
                               void (*done)(struct hearth_read *, const PGresult *, const struct hearth_status *));
void hearth_consumer_send_write(struct hearth_consumer *consumer, struct hearth_step *steps, size_t count,
                                void (*done)(struct hearth_write *, const PGresult *const *, const struct hearth_status *));
/* Whether a failure says nothing about the event: it is tried again as often as it takes. `ret_moved`: somebody else
 * was faster. */
bool hearth_consumer_passing(const char *sqlstate, const struct hearth_status *status, bool *ret_moved);
/* "authority:partition key" of an event; in the arena. */
char *hearth_consumer_key(struct hearth_arena *arena, const Hearth__Events__V1__Event *event);

/* consumer_cursor.c */
void hearth_consumer_load(struct hearth_consumer *consumer);

/* consumer_turn.c */
int hearth_consumer_turn_init(struct hearth_consumer *consumer);
void hearth_consumer_turn_start(struct hearth_consumer *consumer);
void hearth_consumer_turn_done(struct hearth_consumer *consumer);
bool hearth_consumer_beats(const struct hearth_consumer *consumer);             /* it has looked within three seconds */
double hearth_consumer_behind(const struct hearth_consumer *consumer);          /* NAN: not known */

/* consumer_pull.c */
void hearth_consumer_pull(struct hearth_consumer *consumer);
void hearth_consumer_forget_ahead(struct hearth_consumer *consumer);
void hearth_consumer_next_page(struct hearth_consumer *consumer);
void hearth_consumer_source_failed(struct hearth_consumer *consumer, const struct hearth_status *status);

/* consumer_apply.c */
void hearth_consumer_apply(struct hearth_consumer *consumer);
/* Adds the event's effect to the steps; 0 also when it has none here. `snapshot`: it is part of a source's state. */
int hearth_consumer_add_effect(struct hearth_consumer *consumer, const Hearth__Events__V1__Event *event, bool snapshot,
                               struct hearth_step *steps, size_t *count, struct hearth_status *status);
bool hearth_consumer_hears(const struct hearth_consumer *consumer, const char *type);

/* consumer_park.c */
void hearth_consumer_keys_set(struct hearth_consumer *consumer, const char *lines);
bool hearth_consumer_is_parked(const struct hearth_consumer *consumer, const char *key);
void hearth_consumer_keys_add(struct hearth_consumer *consumer, const char *key);
int hearth_consumer_add_parking(struct hearth_consumer *consumer, const Hearth__Events__V1__Event *event, bool failed,
                                struct hearth_step *steps, size_t *count, struct hearth_status *status);
void hearth_consumer_note_error(struct hearth_consumer *consumer, const char *sqlstate, const struct hearth_status *status);
void hearth_consumer_follow_orders(struct hearth_consumer *consumer);
/* Whether `more` events may be parked; `full` stops the consumer when they may not, and says so. */
bool hearth_consumer_room(const struct hearth_consumer *consumer, size_t more);
bool hearth_consumer_full(struct hearth_consumer *consumer, size_t more);

/* consumer_snapshot.c */
void hearth_consumer_bootstrap(struct hearth_consumer *consumer);               /* from the beginning */
void hearth_consumer_snapshot_next(struct hearth_consumer *consumer);
/* Finds out which events of the page the snapshot holds, then applies. */
void hearth_consumer_catch_up(struct hearth_consumer *consumer);
/* The cursor has passed all that the snapshot may hold. */
void hearth_consumer_end_bootstrap(struct hearth_consumer *consumer);

#endif
