/* matching_day.h: what of a home's dated facts holds on one day, in one line of the processor's cache.
 *
 * Nothing here depends on who asks or on the law: that is matching_check.h's. Bounds are such that a comparison with them
 * is right without asking whether they are known.
 */
#ifndef PROVIDERS_MATCHING_DAY_H
#define PROVIDERS_MATCHING_DAY_H

#include "matching.h"

#define MATCH_NO_GRID INT32_MIN
#define MATCH_NO_LEAST (-1)              /* no age is below it */
#define MATCH_NO_MOST_AGE 127            /* no age is above it; one that is beyond is taken for the last below */
#define MATCH_NO_MOST 32000              /* no number of children is above it */
#define MATCH_SEVERAL UINT16_MAX         /* councils */

/* flags */
#define MATCH_DAY_SIBLINGS_ONLY 1U
#define MATCH_DAY_SOLO 2U
#define MATCH_DAY_OWN_BARS 4U            /* a council's own bar holds */
#define MATCH_DAY_NAMED_ONLY 8U          /* for the children whom an approval names alone */
#define MATCH_DAY_NAMED 16U              /* an exemption or approval names children */
#define MATCH_DAY_NO_MANAGER 32U
#define MATCH_DAY_RESIDENT_SOLO 64U      /* one who lives there is to live alone */
#define MATCH_DAY_FOSTERING 128U

struct match_day {
	int32_t from, until;             /* the days on which this holds: [from, until) */
	int32_t easting, northing;       /* MATCH_NO_GRID */
	uint64_t out;                    /* rules that exclude everybody on these days */
	uint32_t capabilities;
	uint16_t excluded_risks, approved_kinds, area;
	uint8_t setting;                 /* match_setting() */
	uint8_t flags;
	uint16_t barred_by;              /* the council whose own bar holds; MATCH_SEVERAL */
	int8_t least_age, most_age;      /* terms */
	int8_t condition_least_age, condition_most_age;
	uint8_t sexes_out, condition_sexes_out;  /* bits of match_sex_bit(): not taken */
	int16_t most_children, condition_children;
	int16_t living;                  /* there or with a place held, other children with them */
	int16_t free;                    /* by places alone */
	int16_t offerable;               /* by places, registration, terms and conditions */
	int8_t youngest, oldest;         /* of those who live there whose age is known */
	int8_t must_be_above, must_be_below;     /* ages, for those who live there */
};

_Static_assert(sizeof(struct match_day) == 64, "a line of the cache");

#define MATCH_SETTINGS (MATCH_KINDS * MATCH_REGISTRATIONS * 2 * 2)

/* Kind, registration, whether there is a URN, and whether the setting is one that regulations 27A and 27C leave out. */
uint8_t match_setting(const struct match_home *home);
uint8_t match_sex_bit(char sex);
/* An age as a line holds it. */
int8_t match_age(int age);
void match_day_reckon(const struct match_home *home, int32_t day, struct match_day *ret_day);
/* The first three levels; `registered` false: the law of the day asks for a registration that there is not. */
void match_day_levels(const struct match_home *home, int32_t day, bool shut, bool registered, bool kept_back,
                      struct match_levels *ret_levels);

#endif
