/* matching_check.h: the rules and the score, for one question and one home.
 *
 * A question is prepared once, what depends on law, need and kind of setting in a table, so that a nation's homes can be
 * checked in a millisecond. The lists of a home are read only where its day says that they may matter.
 */
#ifndef PROVIDERS_MATCHING_CHECK_H
#define PROVIDERS_MATCHING_CHECK_H

#include "matching.h"
#include "matching_day.h"

#define MATCH_FAR INT32_MAX              /* tenths of a mile that are not known */

struct match_prepared {
	struct match_question question;
	int8_t age_low, age_high;       /* the age; when it is not known, one that no bound excludes: from below, from above */
	int32_t east, north;             /* of the child's home; MATCH_NO_GRID */
	uint8_t sex;
	int16_t children;
	int32_t most_tenths;
	int16_t fostering_limit;         /* MATCH_NO_MOST: none in force */
	bool solo, liberty, manager_asked;
	int8_t must_be_above, must_be_below;     /* ages of who lives there, for this child */
	uint32_t capabilities_out;       /* of homes that the child cannot live in */
	uint16_t placement_kinds;        /* every one when not said */
	uint32_t capabilities;           /* wanted, all of them */
	uint64_t by_setting[MATCH_SETTINGS];
};

void match_prepare(const struct match_question *question, struct match_prepared *ret_prepared);
/* For homes of one setting alone (match_setting()). */
void match_prepare_for(const struct match_question *question, uint8_t setting, struct match_prepared *ret_prepared);
/* How one council can have a place in a home on some days, and what else the score asks of the home: a line that stands
 * beside the day's. */
struct match_offer {
	int32_t from, until;             /* the days on which this holds: [from, until) */
	int64_t pence;                   /* MATCH_UNKNOWN */
	int64_t confirmed;               /* vacancy_confirmed of the home */
	uint16_t authority;
	uint8_t route, tier, outcome;
};
void match_offer_reckon(const struct match_home *home, uint16_t authority, int32_t day, struct match_offer *ret_offer);

/* Which rules exclude it; `day` is that of the question, `offer` the asking council's. */
uint64_t match_check(const struct match_prepared *prepared, const struct match_home *home, const struct match_day *day,
                     const struct match_offer *offer, int32_t *ret_tenths);
/* Excluded, as far as can be told at a glance? False says nothing. */
static inline bool match_is_out(const struct match_prepared *prepared, const struct match_day *day)
{
	return (day->out | prepared->by_setting[day->setting]) != 0 || day->offerable < prepared->children;
}
/* How many such children it could take at once, if nothing but numbers stands against it. */
int match_room_for(const struct match_prepared *prepared, const struct match_home *home, const struct match_day *day);
/* Rules about numbers of children and places alone. */
#define MATCH_NUMBER_RULES (MATCH_BIT(MATCH_NO_FREE_PLACE) | MATCH_BIT(MATCH_NOT_ENOUGH_PLACES) | \
	MATCH_BIT(MATCH_TOO_MANY_CHILDREN) | MATCH_BIT(MATCH_TOO_MANY_FOR_CONDITION) | MATCH_BIT(MATCH_FOSTERING_LIMIT))

/* Of a home that fits; `ret_parts` may be NULL. */
int32_t match_score(const struct match_prepared *prepared, const struct match_home *home, const struct match_day *day,
                    const struct match_offer *offer, int32_t tenths, int32_t *ret_parts);

/* Of a home in this area. */
enum match_area match_area_of(const struct match_question *question, uint16_t area);
bool match_stale(const struct match_question *question, int64_t confirmed);
/* By siblings who live there, or an exemption that names the child. */
bool match_limit_may_be_passed(const struct match_need *need, const struct match_home *home);
bool match_is_sibling(const struct match_need *need, const struct match_resident *resident);
/* The resident whose wish, or with whom the child's, does not agree; MATCH_UNKNOWN: none. */
int match_blocking_resident(const struct match_need *need, const struct match_home *home);

#endif
