/* ssda903.h: what a row of a statutory SSDA903 return may hold. Pure: texts in, values and findings out.
 *
 * A row is checked column by column. A finding says which column, what it holds and what would be right; a rejecting
 * finding keeps the row out, a warning does not. The value of a personal column (birth dates, postcodes, pupil number)
 * is never repeated. Codes are those of the return's year; the lists are given (placements owns them).
 */
#ifndef HEARTH_CLI_SSDA903_H
#define HEARTH_CLI_SSDA903_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSDA903_CHILD_SIZE 65      /* CHILD: 1 to 64 characters */
#define SSDA903_CODE_SIZE 12
#define SSDA903_NO_DATE INT32_MIN  /* days since 1970 otherwise */

/* ---- tables: columns in the order in which the checks expect the fields ------------------------------------------- */

enum { SSDA903_EPISODE_COLUMNS = 13, SSDA903_HEADER_COLUMNS = 7, SSDA903_UASC_COLUMNS = 4 };
extern const char *const ssda903_episode_columns[], *const ssda903_header_columns[], *const ssda903_uasc_columns[];
/* Tables of the return that are not read, with their columns; ends with a NULL name. */
struct ssda903_other { const char *name; const char *const *columns; };
extern const struct ssda903_other ssda903_others[];

/* ---- codes ------------------------------------------------------------------------------------------------------ */

struct ssda903_code {
	char set[24];                  /* RNE, LS, CIN, PLACE, PLACE_PROVIDER, REC, REASON_PLACE_CHANGE */
	char code[SSDA903_CODE_SIZE];
	int from, to;                  /* return years; to 0: still in force */
};

struct ssda903_codes {
	const struct ssda903_code *items;
	size_t count;
};

bool ssda903_code_known(const struct ssda903_codes *codes, const char *set, const char *code, int year);

/* ---- findings ----------------------------------------------------------------------------------------------------- */

enum ssda903_kind {
	/* rejected */
	SSDA903_UNREADABLE_DATE,
	SSDA903_UNKNOWN_CODE,
	SSDA903_MISSING_KEY,           /* CHILD or DECOM is empty, or CHILD is no key */
	SSDA903_END_NOT_AFTER_START,   /* DEC <= DECOM */
	SSDA903_WRONG_WIDTH,           /* more or fewer columns than the header */
	SSDA903_UNKNOWN_TABLE,         /* a file that is nearly one of the tables */
	SSDA903_UNREADABLE_FILE,
	/* warned */
	SSDA903_REC_ON_OPEN,           /* REC without DEC: ignored until DEC comes */
	SSDA903_OVERLAP,               /* begins before the child's episode before it has ended */
	SSDA903_NO_REC,                /* DEC without REC */
	SSDA903_UNREADABLE_POSTCODE,   /* stays unknown */
	SSDA903_UNREADABLE_URN,        /* stays unknown */
	SSDA903_AFTER_YEAR,            /* begins after the return's year */
	SSDA903_NO_HEADER,             /* a child with episodes and no header row */
	SSDA903_KINDS
};

/* "unreadable date" and whether it keeps the row out. */
const char *ssda903_kind_name(enum ssda903_kind kind);       /* "UNREADABLE_DATE" */
bool ssda903_kind_rejects(enum ssda903_kind kind);

struct ssda903_finding {
	enum ssda903_kind kind;
	const char *column;            /* a column of the table, or "" for the row */
	char value[48];                /* what it holds, or what it is ("a date of birth") when that is personal */
	char advice[200];              /* what would be right */
};

#define SSDA903_FINDINGS_MOST 16   /* of one row */
struct ssda903_findings {
	size_t count;
	struct ssda903_finding items[SSDA903_FINDINGS_MOST];
};

void ssda903_find(struct ssda903_findings *findings, enum ssda903_kind kind, const char *column, const char *value,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
bool ssda903_rejected(const struct ssda903_findings *findings);

/* ---- rows ------------------------------------------------------------------------------------------------------- */

struct ssda903_episode {
	char child[SSDA903_CHILD_SIZE];
	int32_t decom, dec;            /* dec: SSDA903_NO_DATE while it goes on */
	char rne[SSDA903_CODE_SIZE], ls[SSDA903_CODE_SIZE], cin[SSDA903_CODE_SIZE], place[SSDA903_CODE_SIZE];
	char place_provider[SSDA903_CODE_SIZE], rec[SSDA903_CODE_SIZE], reason[SSDA903_CODE_SIZE];
	char home_outward[5], place_outward[5], urn[12];
};

struct ssda903_child {
	char child[SSDA903_CHILD_SIZE];
	char sex[2];                   /* M, F, U */
	int32_t born;                  /* SSDA903_NO_DATE: not known */
	bool unaccompanied;
};

/* `fields` in the order of the table's columns. True: the row is good and *ret is filled; findings are added. */
bool ssda903_check_episode(const char *const *fields, const struct ssda903_codes *codes, int year,
                           struct ssda903_episode *ret, struct ssda903_findings *findings);
bool ssda903_check_header(const char *const *fields, struct ssda903_child *ret, struct ssda903_findings *findings);
bool ssda903_check_uasc(const char *const *fields, struct ssda903_child *ret, struct ssda903_findings *findings);

/* dd/mm/yyyy, a real day of 1900 to 2199; 0 or -1. */
int ssda903_date(const char *text, int32_t *ret_days);
/* The collection year that a day belongs to: 1 April 2021 to 31 March 2022 is 2022. */
int ssda903_year_of(int32_t days);
/* `b` begins on or after `a`; do they overlap? (a open, or ending after b begins) */
bool ssda903_overlap(const struct ssda903_episode *a, const struct ssda903_episode *b);

#endif
