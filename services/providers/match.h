/* match.h: what the files of matching's calls share: facts of homes as SQL tells them, the process's index of them, and what
 * a question is asked by. The rules and the score are matching.h.
 */
#ifndef PROVIDERS_MATCH_H
#define PROVIDERS_MATCH_H

#include "matching.h"
#include "matching_codes.h"
#include "matching_group.h"
#include "matching_index.h"
#include "matching_queue.h"
#include "providers.h"

/* ---- match_facts.c: a line of table match_home ---- */

/* What a line says. Its lists are the reader's and good until the next line. */
struct match_row {
	struct match_home home;
	const char *provider, *name, *outward;
	size_t bar_count, limit_count;
	const char **bar_sources, **limit_sources;       /* of home.bars and home.limits, in their order */
};
struct match_reader;
struct match_reader *match_reader_new(void);
void match_reader_free(struct match_reader **reader);
/* `id` is the home's UUID as text. */
int match_read_line(struct match_reader *reader, const char *id, int64_t revision, const char *facts,
                    struct match_row *ret_line, struct hearth_status *status);
int32_t match_day(const char *date, int32_t none);   /* of an ISO date; `none` of an empty one */
uint16_t match_authority(const char *code);          /* 0 of an empty one */

/* ---- match_store.c: every home in memory, as of the newest revision that this process has read ---- */

/* The index with the line of each of its slots. */
struct match_store {
	struct match_index *index;
	char **lines;
	size_t room;
	uint64_t changes;                /* how often a home was put */
};

struct match_store *match_store_now(void);           /* the process's */
/* -1: the index is full, or a line cannot be read. */
int match_store_put(struct match_store *store, const char *id, int64_t revision, const char *facts,
                    struct hearth_status *status);
/* What its line says; good until the next line is read. */
int match_store_read(const struct match_store *store, size_t slot, struct match_row *ret_line, struct hearth_status *status);

/* All homes as they were at an earlier revision. The caller puts into its store each row of its statement that is not newer,
 * then steps: HEARTH_STEP_MORE after at most `homes`, HEARTH_STEP_DONE when all are there, -1. `seen`: the revision of the
 * statement's snapshot. It ends with the call. */
struct match_past;
struct match_past *match_past_new(struct hearth_call *call, int64_t revision, int64_t seen);
int match_past_step(struct match_past *past, size_t homes, struct hearth_status *status);
struct match_store *match_past_store(struct match_past *past);

/* ---- match_question.c: need, law, weights and areas, from what the statements give ---- */

struct match_asked {
	struct match_need need;
	struct match_law law;
	struct match_weights weights;
	struct match_adjoining adjoining;
	struct match_question question;                  /* of the four above */
	Hearth__Providers__V1__Needs *needs;             /* as asked; NULL: no such need is known */
	const char *referral, *child, *urgency, *law_json, *adjoining_json, *weights_authority, *actor;
	int64_t weights_version, revision;               /* revision: of the snapshot that the statement read */
	int64_t opened_us;                               /* since when it is open; 0: not known */
	int64_t as_of, created_us;                       /* of an answer that was given; as_of 0: a new one */
	const char *day;
};
/* `head` is the statement's: JSON. `needs` given by the caller, or NULL: those in it. */
int match_ask(struct hearth_call *call, const char *head, Hearth__Providers__V1__Needs *needs, struct match_asked *ret_asked,
              struct hearth_status *status);

/* One more need, of a further row, by the same law, weights and areas. */
int match_ask_further(struct hearth_call *call, const char *head, const struct match_asked *by, struct match_asked *ret_asked,
                      struct hearth_status *status);

/* match_weights.c: one weight by its code; 0, or -1: no such code or out of its bounds. */
int match_weight_set(struct match_weights *weights, const char *code, int64_t value);

/* ---- match_show.c: one home's answer as a message ---- */

char *match_id_text(struct hearth_arena *arena, const struct match_id *id);
Hearth__Providers__V1__MatchResident *match_show_resident(struct hearth_arena *arena, const struct match_resident *resident,
                                                          const struct match_need *need);
/* How many homes each rule excludes, of MATCH_RULES counts; rules that exclude none are left out. */
Hearth__Providers__V1__RuleCount **match_rule_counts(struct hearth_arena *arena, const uint32_t *excluded,
                                                     const struct match_law *law, size_t *ret_count);
char *match_weights_name(struct hearth_arena *arena, const struct match_asked *asked);      /* "901/3", "default/1" */
/* NULL: its line cannot be read. */
Hearth__Providers__V1__MatchedHome *match_show(struct hearth_call *call, const struct match_asked *asked,
                                               const struct match_store *store, size_t slot, int32_t rank,
                                               struct hearth_status *status);

/* ---- match_work.c: one need against every home, in steps ---- */

/* Where the work on one answer is. In the state of a call or a timer. */
struct match_work {
	struct match_asked asked;
	struct match_store *store;                       /* once its rows are put */
	struct match_past *past;
	struct match_run run;
	bool begun, loaded, ready, running;              /* ready: the store is as it was asked for */
	size_t next_row;
	struct match_answer *answers;                    /* room for the run; may be handed on to the next */
	uint32_t *order;
	size_t room;
	/* a page of what was found, from rank `from` on; made anew when a home changes meanwhile */
	Hearth__Providers__V1__MatchedHome **homes;
	uint32_t *slots;
	size_t count, shown, tries;
	uint64_t changes;                                /* of the store when the page was begun */
};

/* Reads the head, puts the rows, makes the past one if an earlier answer is wanted: HEARTH_STEP_MORE until `work->store` is
 * what the question is asked of. work->asked.needs is NULL when no such need or answer is known. */
int match_load(struct hearth_call *call, const struct hearth_rows *rows, Hearth__Providers__V1__Needs *needs,
               struct match_work *work, struct hearth_budget *budget, struct hearth_status *status);
/* Every home by the rules, and the page from `from` to `until` of them (of those that fit alone, if asked):
 * HEARTH_STEP_MORE until work->homes has the page's `count` and work->run the counts, all of one revision. */
int match_find(struct hearth_call *call, struct match_work *work, size_t from, size_t until, bool fitting_only,
               struct hearth_budget *budget, struct hearth_status *status);
/* A match is a council's: -1 without one. */
int match_check_authority(const struct hearth_call *call, struct hearth_status *status);
/* Binds :known_revision, and :run_id and :subject as NULL or the ids. */
void match_bind(struct hearth_call *call, const char *referral_id, const char *run_id);

#endif
