/* synth.h: what the parts of `hearth synth` share: made-up returns and the region of homes around them.
 *
 * The same numbers, seed and proportions give the same bytes on any machine: integers only, one small generator of
 * random numbers (SplitMix64), one stream of them for each block of 250 places in care ("seats"). On every day each seat
 * has one child; who leaves is followed by the next on the same day, so that on every day exactly as many children are
 * looked after as there are seats. A block is made whole before the next begins: memory does not grow with the number
 * of children. synth_data.c holds the proportions, synth_child.c the life of a child in care, synth_home.c where
 * children live, synth_region.c the homes' rows, synth_rows.c and synth_modules.c the rows of the tables, synth.c the command.
 */
#ifndef HEARTH_CLI_SYNTH_H
#define HEARTH_CLI_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <hearth/status.h>

#include "synth_data.h"

#define SYNTH_SEATS 250                /* of a block */
#define SYNTH_YEARS_MOST 20
#define SYNTH_NO_DAY INT32_MIN
#define SYNTH_NO_HOME SIZE_MAX

/* ---- random numbers ------------------------------------------------------------------------------------------------- */

struct synth_random { uint64_t state; };

/* Streams of one seed differ from one another by `stream`. */
void synth_random_init(struct synth_random *random, uint64_t seed, uint64_t stream);
uint32_t synth_below(struct synth_random *random, uint32_t limit);           /* 0 to limit - 1; limit > 0 */
bool synth_permille(struct synth_random *random, uint32_t permille);
/* From three tenths below to three tenths above `middle`, at least 1. */
int32_t synth_around(struct synth_random *random, uint32_t middle);
/* A key of the group, by the weights. */
size_t synth_pick(struct synth_random *random, const struct synth_data *data, enum synth_group group);

/* ---- children ------------------------------------------------------------------------------------------------------- */

struct synth_episode {
	int32_t decom, dec;
	const char *rne, *ls, *place, *rec, *reason;   /* codes; "" for none. SUPPORTED stands for H5, since 2025 K3 */
	const char *provider;                          /* set by synth_home.c */
	size_t home;                                   /* of the block, or SYNTH_NO_HOME */
};
#define SYNTH_SUPPORTED "SA"

struct synth_child {
	uint32_t number;                   /* CHILD */
	int32_t born;
	int32_t mother_since;              /* her child's date of birth, or SYNTH_NO_DAY */
	bool female, unaccompanied, adoption;
	const char *ethnic, *need;
	uint32_t own;                      /* stream of what is drawn for single years, and the home's postcode */
	size_t count, room;
	struct synth_episode *episodes;    /* oldest first */
};

/* The age in whole years on a day. */
int synth_age(int32_t born, int32_t day);
/* Somebody who begins to be looked after on `day`, without episodes. */
void synth_child_init(struct synth_child *child, const struct synth_data *data, struct synth_random *random, int32_t day);
void synth_child_done(struct synth_child *child);
/* Adds a period of care from `day`; its last day is the last episode's DEC. */
void synth_child_live(struct synth_child *child, const struct synth_data *data, struct synth_random *random, int32_t day);
/* May this child come back into care? */
bool synth_child_returns(const struct synth_child *child, int32_t day);

/* ---- homes ---------------------------------------------------------------------------------------------------------- */

enum synth_ring { SYNTH_IN_NEAR, SYNTH_IN_FAR, SYNTH_OUT_NEAR, SYNTH_OUT_FAR };
enum synth_kind { SYNTH_FOSTER, SYNTH_RELATIVE, SYNTH_HOME, SYNTH_SECURE, SYNTH_SUPPORTED_HOME };
#define SYNTH_PLACES_MOST 8

struct synth_home {
	enum synth_kind kind;
	enum synth_ring ring;
	const char *provider;              /* PR1 ... */
	uint32_t organisation;             /* number of the provider among those of its code and kind */
	uint32_t number;                   /* of all homes */
	int least_age, most_age;
	char sex;                          /* A for any */
	uint32_t places;
	int32_t taken_until[SYNTH_PLACES_MOST];
};

struct synth_homes {
	size_t count, room;
	struct synth_home *items;
	uint32_t next_number, organisations;   /* of the whole region */
};

/* Finds every stay of the children that reaches into [from, to] a home with a place free all the time, making homes when
 * there is none, and sets the provider codes of all episodes. */
void synth_homes_house(struct synth_homes *homes, const struct synth_data *data, struct synth_random *random,
                       struct synth_child *children, size_t count, int32_t from, int32_t to);
/* "ZZ12 3AB". */
#define SYNTH_POSTCODE_SIZE 10
void synth_home_postcode(const struct synth_home *home, char ret_postcode[SYNTH_POSTCODE_SIZE]);
/* As an episode gives it: the home's own or, of fostering, the agency's. */
#define SYNTH_URN_SIZE 12
void synth_home_urn(const struct synth_home *home, char ret_urn[SYNTH_URN_SIZE]);
/* The number of its outward part within the area; the number of its agency, 0 for the council. */
uint32_t synth_home_district(const struct synth_home *home);
uint32_t synth_home_agency(const struct synth_home *home);

/* The councils around: homes of SYNTH_OUT_NEAR lie in the area of the first, whose area touches ours, others further off. */
#define SYNTH_NEAR "997"
#define SYNTH_FAR "998"
extern const char synth_region_header[];
#define SYNTH_POSTCODES_HEADER "source,postcode,easting,northing,area_authority\n"
/* A row of homes, and where its postcode lies. */
void synth_home_print(FILE *file, FILE *postcodes, const struct synth_home *home, const struct synth_data *data,
                      struct synth_random *random, const char *authority, int32_t to);
/* Tables of the councils and of the areas that touch. */
void synth_councils_print(FILE *councils, FILE *adjoining, const char *authority);

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

enum synth_table { SYNTH_HEADER, SYNTH_EPISODES, SYNTH_UASC, SYNTH_REVIEWS, SYNTH_MISSING, SYNTH_OC2, SYNTH_OC3,
	SYNTH_PREVIOUS, SYNTH_TABLES };

struct synth_year {
	int year;                          /* collection year, ending 31 March */
	int32_t from, to;                  /* its days */
	FILE *files[SYNTH_TABLES];
};

struct synth {
	const struct synth_data *data;
	const char *authority;
	uint64_t seed;
	uint32_t children;                 /* seats */
	size_t years;
	struct synth_year year[SYNTH_YEARS_MOST];
	FILE *region, *councils, *adjoining, *postcodes;
	struct synth_homes homes;
	uint32_t next_child;
	uint64_t rows[SYNTH_TABLES], home_rows, child_count;
};

extern const char *const synth_table_names[SYNTH_TABLES], *const synth_table_columns[SYNTH_TABLES];
/* A day as 31/03/2024. */
#define SYNTH_DATE_SIZE 16
const char *synth_date(int32_t day, char ret_text[SYNTH_DATE_SIZE]);
/* Does the child have a row in the header of this year: was it looked after in it, or is it a care leaver of it? */
bool synth_in_year(const struct synth_child *child, const struct synth_year *year);
bool synth_care_leaver(const struct synth_child *child, const struct synth_year *year);
/* All rows of a child in all years; gives it its number when it has any. */
void synth_child_print(struct synth *synth, struct synth_child *child);
/* Those of the tables that this project does not read: reviews, missing, oc2, oc3, previous permanence. */
void synth_modules_print(struct synth *synth, const struct synth_child *child, struct synth_year *year);

/* Everything; files are open. `progress` is called with blocks done and to do. */
void synth_make(struct synth *synth, void (*progress)(void *context, uint32_t done, uint32_t all), void *context);

#endif
