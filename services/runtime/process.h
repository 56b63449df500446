/* process.h: one running service: what its parts share.
 *
 * service.c makes and ends it; route.c compiles the tables; dispatch.c runs calls; consumer.c applies events; timers.c
 * acts on due timers; chores.c does what has to be done again and again. Everything belongs to the one application thread.
 */
#ifndef HEARTH_PROCESS_H
#define HEARTH_PROCESS_H

#include <hearth/client.h>
#include <hearth/config.h>
#include <hearth/service.h>
#include <hearth/trust.h>
#include "chores.h"
#include "db.h"
#include "loop.h"
#include "map.h"
#include "metrics.h"
#include "outbox.h"
#include "server.h"
#include "stats.h"
#include "tasks.h"

/* What a call may hold; what is refused by it is said in the answer of Reflection too. */
#define HEARTH_TEXT_MOST 4096
#define HEARTH_ITEMS_MOST 1000
#define HEARTH_WAIT_MS_MOST 10000
#define HEARTH_PAGE_MOST 500
#define HEARTH_EXPORT_MOST 10000         /* a page of those who run the suite, and of other systems */

/* Parameters that the runtime binds. */
enum hearth_given {
	GIVEN_NONE,             /* the request's or the plan's */
	GIVEN_AUTHORITY, GIVEN_ACTOR, GIVEN_REQUEST_ID, GIVEN_METHOD, GIVEN_PAYLOAD_HASH, GIVEN_NOW, GIVEN_TODAY,
	GIVEN_TRACEPARENT, GIVEN_NEW_ID, GIVEN_RESULT_KEY, GIVEN_PAGE_LIMIT, GIVEN_PAGE_AFTER,
	GIVEN_EVENT_ID, GIVEN_EVENT_TYPE, GIVEN_EVENT_TIME, GIVEN_EVENT_VERSION, GIVEN_EVENT_SOURCE,
	GIVEN_EVENT_HISTORICAL, GIVEN_EVENT_SNAPSHOT, GIVEN_TIMER_ID, GIVEN_SUBJECT, GIVEN_DUE, GIVEN_DATA,
	GIVEN_COUNT
};

/* A statement with its parameters' sources known. */
struct hearth_bound_statement {
	struct hearth_statement *statement;
	struct hearth_binder *binder;
	uint8_t given[HEARTH_PARAMETERS_MOST];          /* enum hearth_given per parameter */
};

/* Where an audited method's answer (or request) says which children it is about. */
#define HEARTH_AUDIT_STEPS 4
struct hearth_audit_path {
	const ProtobufCFieldDescriptor *steps[HEARTH_AUDIT_STEPS];
	const ProtobufCFieldDescriptor *record;         /* `id` beside the last step, or NULL */
	size_t count;                                   /* 0: not audited */
	bool of_request;
};

/* A method made ready to be called. */
struct hearth_route {
	const struct hearth_method *method;
	const char *full_name;
	size_t name_size;
	const ProtobufCMessageDescriptor *request, *reply;
	const ProtobufCFieldDescriptor *row;            /* of the reply, or NULL */
	const ProtobufCFieldDescriptor *page_size, *page_token, *next_page_token, *wait_etag, *wait_ms;
	struct hearth_bound_statement main, replay, keep;
	struct hearth_mapper *mapper, *replay_mapper;
	bool paged, has_etag, common;                   /* common: of the runtime, not the service's own */
	struct hearth_audit_path audit;
	const ProtobufCFieldDescriptor *audit_child;    /* child_id of a write's request, or NULL */
	uint64_t calls, errors;
	struct hearth_histogram *seconds;
};

/* A reply's repeated items, packed as they were made; the frame's header goes in front of them. */
#define HEARTH_PACKED_HEADROOM (HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST)

/* A statement with a fresh plan takes three steps: say so, run, take it back. */
#define HEARTH_STEPS_PER_STATEMENT 3

enum hearth_serves { HEARTH_SERVES_ALL, HEARTH_SERVES_CALLS, HEARTH_SERVES_COMPUTE };

/* One call, effect or timer on its way. Pooled; its arena is reset between uses. */
struct hearth_call {
	struct hearth_process *process;
	struct hearth_route *route;                     /* NULL: effect or timer */
	struct hearth_incoming *incoming;               /* NULL: effect or timer */
	struct hearth_arena *arena;
	const char *authority, *actor;
	uint32_t roles;
	bool by_service;                                /* the key of service `actor` makes it */
	const ProtobufCMessage *request;
	ProtobufCMessage *reply;
	const struct hearth_rows *rows;                 /* timers: what `read` found */
	const char *givens[GIVEN_COUNT];
	struct hearth_bound_value { const char *name, *value; } *bound;
	size_t bound_count, bound_room;
	int64_t now_us, started_us, wait_until_us;      /* domain; monotonic; monotonic (0: no waiting) */
	int64_t deadline_us;                            /* wall */
	char today[HEARTH_DATE_SIZE];
	size_t page_size;
	bool replayed, waited;                          /* waited: a long poll that had to; its time says nothing */
	const struct hearth_audit *audit;               /* the note that the answer waits for */
	struct hearth_gathered *gathered;               /* for it: of items that were packed at once */
	struct hearth_read read;
	struct hearth_write write;
	struct hearth_step steps[HEARTH_STEPS_PER_STATEMENT];
	bool computing;                                 /* counted among those that reckon */
	struct hearth_stepping *stepping;               /* while it is answered in steps, else NULL */
	struct hearth_packed packed;
	void *state;                                    /* of its steps */
	size_t main_step;                               /* which of `steps` is the method's statement */
	struct hearth_call *next, *previous;            /* pool, or the list of those that wait */
};

struct hearth_rows {
	const struct hearth_statement *statement;
	const PGresult *result;
	size_t count;
};

struct hearth_consumer;
struct hearth_timers;
struct hearth_archive;
struct hearth_audits;
struct Hearth__Events__V1__Event;

struct hearth_process {
	const struct hearth_service *service;
	struct hearth_config *config;
	int argc;
	char **argv;
	struct hearth_loop *loop;
	struct hearth_uuid instance;
	char instance_text[HEARTH_UUID_SIZE];
	struct hearth_statements *statements;
	struct hearth_statement *plan_fresh, *plan_once;
	struct hearth_db *db;
	struct hearth_server *server;
	struct hearth_trust *trust;                     /* NULL: no keys */
	struct hearth_client *client;                   /* for pulls and hints */
	struct hearth_peers *peers;                     /* of this service: what they commit may end a wait here */
	struct hearth_actor self;
	struct hearth_route *routes;
	size_t route_count;
	uint16_t *route_index;                          /* open hash of route + 1 */
	size_t route_mask;
	struct hearth_route *last_route;                /* that was found, or NULL */
	struct hearth_consumer **consumers;
	size_t consumer_count;
	struct hearth_timers *timers;
	struct hearth_chores *chores;
	struct hearth_outbox outbox;
	struct hearth_archive *archive;
	struct hearth_audits *audits;
	struct hearth_call *pool;                       /* free calls, at most HEARTH_POOL_MOST */
	size_t pool_count;
	struct hearth_call *waiting;                    /* long polls */
	struct hearth_alarm *wait_alarm;
	int64_t woken_us;                               /* monotonic: when they were last looked at */
	bool wake_due;
	size_t outstanding, waiting_count;
	struct hearth_tasks *tasks;
	struct hearth_arena *scratch;                   /* of one item of a list */
	size_t computing, compute_most;
	enum hearth_serves serves;
	struct hearth_stats stats;
	uint64_t calls, errors;
	struct hearth_metrics *metrics;
	bool described;                                 /* the statements are known: calls may use the database */
	struct hearth_deferred committed;               /* once a turn: tell subscribers, look at long polls and timers */
	bool draining, failed;
	bool was_ready;                                 /* as the log has it */
	bool alive;                                     /* it holds its session lock: others see that it lives */
	int64_t timers_due;
};

/* Something was committed by this process. */
static inline void hearth_process_committed(struct hearth_process *process)
{
	hearth_loop_defer(process->loop, &process->committed);
}

/* call.c */
#define HEARTH_POOL_MOST 512
/* Adds a statement to the steps of a write, at most HEARTH_STEPS_PER_STATEMENT; the index of the statement's own. */
size_t hearth_steps_add(struct hearth_process *process, struct hearth_step *steps, size_t *count,
                        const struct hearth_statement *statement, const char *const *values);
struct hearth_call *hearth_call_take(struct hearth_process *process);
void hearth_call_give(struct hearth_call *call);
void hearth_call_pool_free(struct hearth_process *process);
/* Common givens: now, today, new id. */
void hearth_call_begin(struct hearth_call *call);
/* Values of a statement's parameters, in the call's arena; NULL and INTERNAL when nobody bound one. */
const char *const *hearth_call_values(struct hearth_call *call, const struct hearth_bound_statement *bound,
                                      struct hearth_status *status);

/* route.c */
int hearth_routes_build(struct hearth_process *process, struct hearth_status *status);      /* names, before the database */
int hearth_routes_check(struct hearth_process *process, struct hearth_status *status);      /* when statements are described */
void hearth_routes_free(struct hearth_process *process);
struct hearth_route *hearth_route_find(struct hearth_process *process, struct hearth_slice name);
/* For effects and timers too. `planned`: a plan may bind what the request lacks. */
int hearth_bound_statement_init(struct hearth_bound_statement *bound, struct hearth_process *process, const char *name,
                                struct hearth_status *status);
int hearth_bound_statement_check(struct hearth_bound_statement *bound, const ProtobufCMessageDescriptor *request,
                                 bool planned, struct hearth_status *status);
void hearth_bound_statement_done(struct hearth_bound_statement *bound);

/* dispatch.c */
void hearth_dispatch(void *process, struct hearth_incoming *incoming);
void hearth_dispatch_wake(struct hearth_process *process);                                 /* look at the long polls again */

/* actor.c: completes and checks the header's actor by the key of its connection. */
int hearth_actor_settle(const struct hearth_identity *who, const struct hearth_method *method,
                        struct hearth_request_header *header, struct hearth_status *status);

/* The end of a call: answers, counts, logs. */
void hearth_call_finish(struct hearth_call *call, const struct hearth_status *status);

/* audit.c */
/* -1: `text` ("children.id", "request.referral_id") is no text field. */
int hearth_audit_path_init(struct hearth_audit_path *path, const char *text, const ProtobufCMessageDescriptor *request,
                           const ProtobufCMessageDescriptor *reply, struct hearth_status *status);
const struct hearth_audit *hearth_audit_write(struct hearth_call *call);       /* the note of a write, in its arena */
/* An item of the reply that is packed at once, and so not seen by hearth_audit_read. */
void hearth_audit_item(struct hearth_call *call, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *item);
bool hearth_audit_read(struct hearth_call *call);       /* true: the call ends when its note is committed */
struct hearth_audits *hearth_audits_new(struct hearth_process *process, struct hearth_status *status);
void hearth_audits_stop(struct hearth_audits *audits);  /* answers what waits; before the database goes */
void hearth_audits_free(struct hearth_audits **audits);

/* sealer.c */
extern const struct hearth_chore hearth_audit_chores[];

/* A long poll that has nothing to tell yet. */
void hearth_dispatch_wait(struct hearth_call *call);
bool hearth_dispatch_may_wait(const struct hearth_call *call);

/* compute.c */
/* Whether the rows are answered in steps, and doing so; inside the `done` of their read. */
bool hearth_compute_takes(const struct hearth_call *call, const PGresult *result);
void hearth_compute_rows(struct hearth_call *call, PGresult *result, enum hearth_lane lane);
void hearth_compute_start(struct hearth_call *call);                                      /* without a statement */
int hearth_compute_admit(struct hearth_call *call, struct hearth_status *status);
void hearth_compute_done(struct hearth_call *call);                                       /* gives back what steps took */

/* reply.c */
/* The token of the page behind `count` rows. */
int hearth_reply_page(struct hearth_call *call, const struct hearth_rows *rows, size_t count, struct hearth_status *status);
int hearth_reply_build(struct hearth_call *call, const PGresult *result, const struct hearth_bound_statement *bound,
                       const struct hearth_mapper *mapper, struct hearth_status *status);  /* 1: not yet, wait */
void hearth_refusal_status(const struct hearth_process *process, const char *outcome, const char *detail,
                           struct hearth_status *status);

/* builtin.c: Health, Control, Events; audit_methods.c: Audit */
extern const struct hearth_method hearth_health_methods[], hearth_control_methods[], hearth_events_methods[],
	hearth_audit_methods[];
/* Rows of an outbox, or of its shape, put into the reply's field `events` one by one, a slice at a time, as a step's answer;
 * without `personal` what is marked personal is left out. `ret_last` is the last one's seq, 0 for none, once it is DONE. */
int hearth_events_add(struct hearth_call *call, const struct hearth_rows *rows, bool personal, struct hearth_budget *budget,
                      int64_t *ret_last, struct hearth_status *status);

/* reflection.c */
extern const struct hearth_method hearth_reflection_methods[];

/* events_snapshot.c, events_parked.c: of the Events methods */
hearth_plan_fn hearth_snapshot_plan, hearth_parked_plan_list, hearth_parked_plan_get, hearth_parked_plan_skip,
	hearth_bootstrap_plan;
hearth_step_fn hearth_snapshot_step;
hearth_reply_fn hearth_parked_reply_get;

/* consumer*.c */
struct hearth_consumer *hearth_consumer_new(struct hearth_process *process, const struct hearth_source *source,
                                            struct hearth_status *status);
void hearth_consumer_free(struct hearth_consumer **consumer);
int hearth_consumer_check(struct hearth_consumer *consumer, struct hearth_status *status);
void hearth_consumer_start(struct hearth_consumer *consumer);        /* database ready, session lock had or lost */
void hearth_consumer_leave(struct hearth_consumer *consumer);        /* the process drains */
struct hearth_consumer_state {
	const char *source, *stopped;
	int64_t applied, end;
	bool active, loading;                            /* loading: the source's state, not its events */
	bool behind_known;
	double behind_seconds;                           /* NAN when not known */
	int64_t parked;                                  /* -1: not known yet */
};
struct hearth_consumer_state hearth_consumer_state(const struct hearth_consumer *consumer);
bool hearth_consumer_busy(const struct hearth_consumer *consumer);

/* timers.c */
struct hearth_timers *hearth_timers_new(struct hearth_process *process, struct hearth_status *status);
void hearth_timers_free(struct hearth_timers **timers);
int hearth_timers_check(struct hearth_timers *timers, struct hearth_status *status);
void hearth_timers_poke(struct hearth_timers *timers);
bool hearth_timers_busy(const struct hearth_timers *timers);

/* requests.c */
extern const struct hearth_chore hearth_request_chores[];

#endif
