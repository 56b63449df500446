/* finding.h: does a home fit what a child needs? Every home left out says why, by which rule.
 *
 * Hard rules only, and no score: a person decides. What is not known leaves no home out, it is noted; only the
 * registration that the law asks for must be known. The law's limits are given by the caller, as they are on the day.
 */
#ifndef PROVIDERS_FINDING_H
#define PROVIDERS_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum finding_kind { FINDING_FOSTERING = 1, FINDING_CHILDRENS_HOME, FINDING_SUPPORTED_ACCOMMODATION };
enum finding_registration {
	FINDING_REGISTRATION_UNKNOWN, FINDING_REGISTERED, FINDING_APPLIED, FINDING_NOT_REGISTERED, FINDING_SUSPENDED
};

/* A whole number that may be unknown. */
struct finding_number { bool known; int64_t value; };
struct finding_grid { bool known; int32_t easting, northing; };    /* metres */

struct finding_need {
	struct finding_number age;
	char sex;                        /* 'M', 'F', or 'U' (not known) */
	unsigned kinds;                  /* bit 1 << kind of each kind wanted; 0: any */
	struct finding_grid grid;        /* of the child's home */
	bool miles_limited;
	double most_miles;
	struct finding_number most_pence;
	int children;                    /* at least 1 */
};

struct finding_home {
	enum finding_kind kind;
	bool open;
	int64_t free, living;            /* places; children there or with a place held */
	struct finding_number least_age, most_age, most_children;
	char sex;                        /* 'M', 'F', 'A' (any) or 0 (not known) */
	bool siblings_only;
	struct finding_grid grid;
	struct finding_number pence;     /* a week */
	bool has_urn;
	enum finding_registration registration;
};

/* A rule of law: not in force when `source` is NULL. */
struct finding_rule { const char *source; int64_t value; };
struct finding_law {
	struct finding_rule other_arrangement_least_age;   /* R17 */
	struct finding_rule supported_registration;        /* R18 */
	struct finding_rule childrens_home_registration;
	struct finding_rule fostering_usual_limit;         /* R28 */
	struct finding_rule terms_of_approval;             /* R29 */
};

#define FINDING_REASONS_MOST 12
#define FINDING_NOTES_MOST 6
struct finding_reason {
	const char *code;
	char text[120];
	const char *source;
};
struct finding_note { const char *code, *text; };

struct finding_result {
	bool miles_known;
	double miles;
	size_t reason_count;             /* 0: it fits */
	struct finding_reason reasons[FINDING_REASONS_MOST];
	size_t note_count;
	struct finding_note notes[FINDING_NOTES_MOST];
};

void finding_check(const struct finding_need *need, const struct finding_home *home, const struct finding_law *law,
                   struct finding_result *ret_result);
/* Straight-line miles, one decimal, as the SSDA903 guidance reckons them. */
double finding_miles(struct finding_grid from, struct finding_grid to);
/* Below 0 when the first comes before the second: nearer, then cheaper, unknown last. */
struct finding_rank { bool miles_known; double miles; struct finding_number pence; };
int finding_compare(const struct finding_rank *a, const struct finding_rank *b);

#endif
