/* places_levels.h: how many places a home has on a day, at the first three of four levels, and why.
 *
 * registered: what its registration or approval allows; open: offered by its provider in a home that takes children on
 * that day; offerable: open and neither lived in, held nor kept back. (The fourth, for one child, is matching's.) Each level
 * is at most the one before, and what the reasons of a level take is exactly the difference. Pure: a home is a list of
 * facts, each with the days on which it holds; what is not known is PLACES_UNKNOWN, never 0.
 *
 * Matching, which keeps its own compact record, fills a places_sum and calls places_reckon; calls fill facts.
 */
#ifndef PROVIDERS_PLACES_LEVELS_H
#define PROVIDERS_PLACES_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACES_UNKNOWN (-1)
#define PLACES_NO_DAY INT32_MAX          /* an end that is open */
#define PLACES_LEVELS 3
#define PLACES_REASONS_MOST 24           /* further reasons of a level are one, FURTHER */
#define PLACES_MOST 10000                /* more of anything in one home is taken for this many */

enum places_fact_kind {
	PLACES_REGISTERED = 1,       /* `places` of the registration or approval */
	PLACES_LIMIT,                /* no more than `places`, by a condition or by terms of approval */
	PLACES_UNREGISTERED,         /* the law of the day asks for a registration, and there is none */
	PLACES_OFFERED,              /* `places` of the home as its provider offers them, those in use included */
	PLACES_SHUT,                 /* takes no child: closed, not open yet, barred; `code` says which */
	PLACES_LIVED_IN,             /* a child lives there whose placement is known here */
	PLACES_OTHERS,               /* `places` lived in by children who are not known here */
	PLACES_HELD,                 /* a place kept for a child who is to come */
	PLACES_BLOCKED,              /* `places` kept back, for the reason `code` */
	PLACES_TURNAROUND,           /* the same, for one child's place to be made ready for the next */
	PLACES_TURNAROUND_PLANNED,   /* `places` as they were first meant to be made ready; counts in reports alone */
	PLACES_KEPT_BACK,            /* all that is left, for the reason `code`: a policy about homes without a manager */
	PLACES_SOLO                  /* takes one child, alone */
};

/* Holds on the days from `from` to the day before `until`; days since 1970, PLACES_NO_DAY: no end is known. */
struct places_fact {
	enum places_fact_kind kind;
	const char *code;            /* of UNREGISTERED, LIMIT, SHUT, BLOCKED, TURNAROUND and KEPT_BACK; not owned */
	int32_t places;
	int32_t from, until;
	bool own;                    /* LIVED_IN and HELD: by the council that asks */
};

/* What holds on one day, summed. */
struct places_sum {
	int32_t registered;          /* the least that registration, approval and conditions allow; PLACES_UNKNOWN */
	int32_t offered;
	bool shut;
	int32_t living, held, blocked;
	int32_t own_living, own_held;        /* of those, the asking council's */
	int32_t turnaround;          /* of those blocked */
	int32_t turnaround_planned;
	int32_t others;              /* PLACES_UNKNOWN: nobody has said; then offerable is the most that it can be */
	bool kept_back, solo;
	bool recorded;               /* anything is known of what was offered that day; places_reckon does not ask */
};

struct places_levels {
	int32_t registered;          /* PLACES_UNKNOWN, and then no bound on the rest */
	int32_t open;
	int32_t offerable;
};

/* `places` are taken from the level before by this reason; `count` is how many it concerns in all, which may be more: one
 * of two bars takes nothing that the other has taken. */
struct places_reason {
	int level;                   /* 1 registered, 2 open, 3 offerable */
	const char *code;
	int32_t places, count;
	int32_t until;               /* the first day without it, as far as is known */
};

struct places_explained {
	struct places_sum sum;
	struct places_levels levels;
	struct places_reason reasons[PLACES_REASONS_MOST];
	size_t reason_count;
};

void places_add_up(const struct places_fact *facts, size_t count, int32_t day, struct places_sum *ret_sum);
void places_reckon(const struct places_sum *sum, struct places_levels *ret_levels);
/* Both, with reasons. */
void places_explain(const struct places_fact *facts, size_t count, int32_t day, struct places_explained *ret_explained);

/* Who has the places that are offered: the council that asks, others, kept back (blocks), empty, and what nobody has said.
 * They add up to `places`, which is offered, or more where more children live there. */
struct places_use {
	int32_t places, own, others, kept_back, empty, not_known;
};
void places_used(const struct places_sum *sum, struct places_use *ret_use);

#endif
