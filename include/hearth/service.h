/* service.h: what a service is made of: tables, plans and rules.
 *
 * A service is one `struct hearth_service`: its methods, the events it tells
 * and hears, its timers and its refusals, all as tables; main() hands it to
 * hearth_service_main(). The runtime does the rest: decoding, deadlines,
 * authorisation, request ids, pipelines, commit, encoding, metrics, logs.
 *
 * A plan is plain C: it validates the request, decides, and binds values the
 * SQL file names that the request does not hold. It never does I/O, blocks,
 * opens a transaction or frees. See docs/conventions.md for the SQL files.
 */
#ifndef HEARTH_SERVICE_H
#define HEARTH_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/config.h>
#include <hearth/status.h>

struct hearth_call;
struct hearth_rows;

/* ---- calls -------------------------------------------------------------- */

enum hearth_kind {
	HEARTH_READ,     /* read connection, milliseconds; without a statement it is answered at once */
	HEARTH_SLOW,     /* slow-read connection: lists, reports, pulls */
	HEARTH_WRITE,    /* grouped commit */
	HEARTH_COMPUTE   /* `step` reckons over the rows of its statement (slow connection), or without one */
};

/* Bit of a role (hearth.v1.Role) in a method's `roles`. */
#define HEARTH_ROLE(role) (UINT32_C(1) << (role))
#define HEARTH_ANYONE UINT32_MAX
/* Beside a role: it shows everybody's personal data, so where keys tell who calls it wants a service's or an operator's. */
#define HEARTH_BETWEEN_SERVICES (UINT32_C(1) << 31)

/* Validate, decide, bind. */
typedef int hearth_plan_fn(struct hearth_call *call, struct hearth_status *status);
/* Rows to message, where mapping by name is not enough. */
typedef int hearth_reply_fn(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status);

/* What a step may still take of this turn of the loop. */
struct hearth_budget;
/* Asked between pieces of work of well under a quarter of a millisecond; costs a look at the clock, and each quarter of a
 * millisecond one at whether somebody waits. */
bool hearth_budget_left(struct hearth_budget *budget);

/* One step towards the reply: pure, it reckons until the budget is spent and keeps where it is in hearth_call_state. Called
 * again while it answers HEARTH_STEP_MORE, never past the call's deadline. The rows are the same each time; none without a
 * statement. -1: refused, with a status. */
enum {
	HEARTH_STEP_DONE = 0, HEARTH_STEP_MORE = 1,
	HEARTH_STEP_WAIT = 2,       /* the runtime's: a long poll goes on waiting */
	HEARTH_STEP_KEEP = 3        /* done, once the method's `keep` is committed: the answer waits for it */
};
typedef int hearth_step_fn(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                           struct hearth_status *status);

struct hearth_method {
	const char *name;           /* as in the proto service: "CreateReferral"; NULL ends the table */
	enum hearth_kind kind;
	uint32_t roles;             /* who may call it */
	const char *statement;      /* sql/<statement>.sql; NULL: the plan fills the reply itself */
	const char *replay;         /* WRITE: sql/<replay>.sql answers a repeated request from :result_key */
	const char *row;            /* field of the reply that a row fills: a message (one row) or a repeated
	                             * message (each row); NULL: the row fills the reply itself */
	hearth_plan_fn *plan;       /* may be NULL */
	hearth_reply_fn *reply;     /* may be NULL: columns are mapped by name */
	bool wait;                  /* READ with request fields wait_etag, wait_ms: long poll until the etag differs */
	const char *audit;          /* reads of a child's record (also a write's replay): where the reply names the child, or
	                             * the record: "children.id"; "request.referral_id" of the request; NULL: not audited */
	hearth_step_fn *step;       /* COMPUTE, or READ and SLOW in place of `reply`: makes the reply in steps */
	const char *keep;           /* COMPUTE: sql/<keep>.sql keeps what was answered, in a group of the write connection, with
	                             * what the step bound; only when the step says HEARTH_STEP_KEEP; NULL: nothing is kept */
};

/* What a call holds. All pointers live as long as the call. */
const void *hearth_call_request(const struct hearth_call *call);   /* cast to the method's request type */
void *hearth_call_reply(struct hearth_call *call);                 /* initialised reply message */
struct hearth_arena *hearth_call_arena(const struct hearth_call *call);
const char *hearth_call_authority(const struct hearth_call *call); /* "" for supply and operators */
const char *hearth_call_actor(const struct hearth_call *call);
bool hearth_call_has_role(const struct hearth_call *call, int role);
const char *hearth_call_today(const struct hearth_call *call);     /* "YYYY-MM-DD", one value per call */
int64_t hearth_call_now(const struct hearth_call *call);           /* microseconds, one value per call */
const struct hearth_config *hearth_call_config(const struct hearth_call *call);

/* A step's own state: zeroed at its first step, of one size, as long as the call. */
void *hearth_call_state(struct hearth_call *call, size_t size);
/* Puts an item at the end of a repeated message field of the reply; it is packed at once and not needed after. The field
 * itself stays empty in hearth_call_reply(). In steps alone. */
void hearth_reply_add(struct hearth_call *call, const char *field, const ProtobufCMessage *item);

/* Give a parameter of the SQL file its value (text as PostgreSQL reads it). A bound value is stronger
 * than the request's field of the same name. NULL binds SQL NULL. */
void hearth_bind_text(struct hearth_call *call, const char *name, const char *value);
void hearth_bind_int(struct hearth_call *call, const char *name, int64_t value);
void hearth_bind_bool(struct hearth_call *call, const char *name, bool value);
void hearth_bind_null(struct hearth_call *call, const char *name);
/* "{...}" array literal of texts; a NULL item is SQL NULL. */
void hearth_bind_texts(struct hearth_call *call, const char *name, size_t count, const char *const *values);

/* Rows of a statement's result (text values; NULL is SQL NULL). Unknown column: aborts. */
size_t hearth_rows_count(const struct hearth_rows *rows);
const char *hearth_rows_text(const struct hearth_rows *rows, size_t row, const char *column);
int64_t hearth_rows_int(const struct hearth_rows *rows, size_t row, const char *column);   /* NULL: 0; ask first */
bool hearth_rows_is_null(const struct hearth_rows *rows, size_t row, const char *column);
/* The row's columns into a message by name, as the runtime does it; `message` must be initialised. */
int hearth_rows_fill(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                     ProtobufCMessage *message, struct hearth_status *status);

/* Checks that plans share; INVALID_ARGUMENT naming `field` and what would be right. Messages may be NULL where absence
 * means unknown. "_or_empty": an empty text is well. */
int hearth_check_uuid(const char *value, const char *field, struct hearth_status *status);
int hearth_check_uuid_or_empty(const char *value, const char *field, struct hearth_status *status);
int hearth_check_date(const char *value, const char *field, struct hearth_status *status);     /* "" fails */
int hearth_check_date_or_empty(const char *value, const char *field, struct hearth_status *status);
int hearth_check_text(const char *value, size_t least, size_t most, const char *field, struct hearth_status *status);
/* `least` to `most` of A-Z 0-9 _; least 0: may be empty. */
int hearth_check_code(const char *value, size_t least, size_t most, const char *field, struct hearth_status *status);
int hearth_check_range(int64_t value, int64_t least, int64_t most, const char *field, struct hearth_status *status);
/* `names` ends with NULL; the message lists what would be right. */
int hearth_check_one_of(const char *value, const char *const *names, const char *field, struct hearth_status *status);

#define HEARTH_WEEKLY_FEE_MOST INT64_C(100000000)    /* pence: a million pounds a week */

struct Hearth__V1__Money;
struct Hearth__V1__Count;
struct Hearth__V1__GridReference;
struct Hearth__V1__ExternalId;

/* 0 to HEARTH_WEEKLY_FEE_MOST; NULL is well. `field` with its ".pence". */
int hearth_check_weekly_fee(const struct Hearth__V1__Money *fee, const char *field, struct hearth_status *status);
/* 0 to `most`; NULL is well. `field` with its ".value". */
int hearth_check_count(const struct Hearth__V1__Count *count, int64_t most, const char *field,
                       struct hearth_status *status);
/* Both parts inside the National Grid; NULL is well. The parts' names are put after `field`. */
int hearth_check_grid(const struct Hearth__V1__GridReference *grid, const char *field, struct hearth_status *status);
/* Another system's name: 1 to 32 of a-z 0-9 - _. */
int hearth_check_system(const char *system, const char *field, struct hearth_status *status);
/* Another system's name and key; NULL is missing. The parts' names are put after `field`. */
int hearth_check_external_id(const struct Hearth__V1__ExternalId *id, const char *field, struct hearth_status *status);

struct Hearth__V1__Distance;
struct Hearth__V1__Requirements;
struct Hearth__V1__AvoidedPlace;

/* What is said of a child's needs (message Needs of referrals and of providers; hearth/v1/needs.proto). Texts are never
 * NULL; NULL messages were not said. */
struct hearth_needs {
	const struct Hearth__V1__Count *age, *siblings;
	const char *sex, *legal_status;
	size_t home_kind_count, placement_kind_count;
	char *const *home_kinds, *const *placement_kinds;
	const struct Hearth__V1__GridReference *home_grid, *school_grid;
	const struct Hearth__V1__Distance *most_miles;
	const struct Hearth__V1__Money *most_weekly_fee;
	int64_t children;
	int prefers_local, out_of_area_reason;           /* hearth.v1.Answer, hearth.v1.OutOfAreaReason */
	const struct Hearth__V1__Requirements *requirements;
	size_t avoid_count;
	struct Hearth__V1__AvoidedPlace *const *avoid;
};
/* The pointers of a contract's message Needs, for hearth_check_needs. */
#define HEARTH_NEEDS(n) \
	((struct hearth_needs){ .age = (n)->age, .siblings = (n)->siblings, .sex = (n)->sex, .legal_status = (n)->legal_status, \
	  .home_kind_count = (n)->n_home_kinds, .home_kinds = (n)->home_kinds, .home_grid = (n)->home_grid, \
	  .school_grid = (n)->school_grid, .most_miles = (n)->most_miles, .most_weekly_fee = (n)->most_weekly_fee, \
	  .children = (n)->children, .prefers_local = (int)(n)->prefers_local, \
	  .out_of_area_reason = (int)(n)->out_of_area_reason, .requirements = (n)->requirements, \
	  .avoid_count = (n)->n_avoid, .avoid = (n)->avoid, .placement_kind_count = (n)->n_placement_kinds, \
	  .placement_kinds = (n)->placement_kinds })
/* INVALID_ARGUMENT naming the field under "needs.". Recommendation, risks and wishes are answers out of lists: any is well. */
int hearth_check_needs(const struct hearth_needs *needs, struct hearth_status *status);

/* ---- refusals ------------------------------------------------------------ */

/* A domain refusal is a result row: column `outcome` holds the reason. */
struct hearth_refusal {
	const char *reason;         /* "NO_PLACE"; NULL ends the table */
	enum hearth_code code;
	const char *field;          /* or "" */
	const char *message;        /* "%s" once at most: column `detail` */
};

/* ---- events --------------------------------------------------------------- */

/* An event that the service tells (its SQL inserts it into outbox). */
struct hearth_told {
	const char *type;                               /* NULL ends the table */
	const ProtobufCMessageDescriptor *message;
};

/* What an event does that is no news but part of the source's state, loaded by a service that cannot have its past
 * (sql/snapshot.sql of the source). */
enum hearth_snapshot {
	HEARTH_SNAPSHOT_HISTORY,    /* as an event of an import: it updates what is known and begins nothing */
	HEARTH_SNAPSHOT_AS_TOLD,    /* what still holds is as live, what is over is history, as the source marks it */
	HEARTH_SNAPSHOT_LIVE,       /* as if it were told today, what is over too */
	HEARTH_SNAPSHOT_PASS        /* nothing: another event of the state says the same */
};

/* What an event heard does. The plan may bind (the event's message is hearth_call_request()). A plan may be
 * asked not to act by returning 1: the event is passed over. */
struct hearth_effect {
	const char *type;                               /* NULL ends the table */
	const ProtobufCMessageDescriptor *message;
	const char *statement;                          /* sql/<statement>.sql */
	hearth_plan_fn *plan;
	enum hearth_snapshot snapshot;
};

struct hearth_source {
	const char *service;                            /* "placements"; NULL ends the table */
	const struct hearth_effect *effects;
};

/* ---- durable timers --------------------------------------------------------- */

/* A due row of table `timer` of this kind. Without `read`: `write` runs with the row (:timer_id, :subject, :due,
 * :authority, :data). With `read`: first that statement on the slow connection, then `plan` sees its rows
 * (hearth_call_rows) and binds, then `write`; with `step` in place of `plan` it does so in steps. `write` deletes or
 * moves the timer row in the same statement and does nothing when it is gone, so that two processes may try at once. */
struct hearth_timer {
	const char *kind;                               /* NULL ends the table */
	hearth_plan_fn *begin;                          /* binds what `read` lacks; may be NULL */
	const char *read;
	hearth_plan_fn *plan;
	const char *write;
	hearth_step_fn *step;
};

const struct hearth_rows *hearth_call_rows(const struct hearth_call *call);

/* ---- the service -------------------------------------------------------------- */

/* Files that the build embeds: sql/ and schema/ of the service. */
struct hearth_file {
	const char *name;           /* "get_referral" or "001_tables"; NULL ends the table */
	const char *text;
};

/* The service's contracts with their comments: a google.protobuf.FileDescriptorSet. */
struct hearth_contracts {
	const uint8_t *bytes;
	size_t size;
};

struct hearth_service {
	const char *name;                               /* "referrals": schema, roles, sockets */
	const ProtobufCServiceDescriptor *contract;     /* hearth.referrals.v1.Referrals */
	const struct hearth_method *methods;
	const struct hearth_refusal *refusals;
	const struct hearth_told *tells;
	const struct hearth_source *hears;
	const struct hearth_timer *timers;
	const struct hearth_key *keys;                  /* settings of its own */
	const struct hearth_file *sql;                  /* <name>_sql, generated */
	bool archived;                                  /* its events are needed for audit: in the archive before trimmed */
	const struct hearth_contracts *contracts;       /* <name>_contracts, generated; NULL: no reflection */
	size_t most_items;                              /* repeated items a request may hold; 0: 1000 */
};

/* Runs the service until SIGTERM; the exit code. */
int hearth_service_main(int argc, char **argv, const struct hearth_service *service);

#endif
