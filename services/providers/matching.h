/* matching.h: does a home fit what a child needs, by which rule not, and how well if it does?
 *
 * Pure: values in, values out. Hard rules come first and a home that one of them excludes has no score at all, so that no
 * weight can buy a rule off. Homes are ranked for one need; needs, that is children, are never ranked. What is not known
 * excludes no home, it is noted; only the registration that the law asks for must be known. Law, weights and which areas
 * touch are given by the caller, as they are on the day: the law and the weights are data with a source.
 *
 * Days are counted from 1970-01-01. Authorities are their three-digit codes as numbers, 0 for none. Money is pence a week,
 * distances are tenths of a mile, points are thousandths.
 */
#ifndef PROVIDERS_MATCHING_H
#define PROVIDERS_MATCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MATCH_UNKNOWN (-1)               /* of a number that is never below 0 */
#define MATCH_EVER INT32_MIN             /* a day: from ever on */
#define MATCH_OPEN_END INT32_MAX         /* a day: no end known */
#define MATCH_CHILDREN_MOST 10           /* placed together */
#define MATCH_AVOIDS_MOST 10
#define MATCH_SIBLINGS_MOST 20

struct match_id { uint8_t bytes[16]; };
struct match_grid { bool known; int32_t easting, northing; };   /* metres */

/* ---- codes; their names are in matching_codes.h ---- */

enum match_kind {                        /* numbers of HomeKind */
	MATCH_FOSTERING = 1, MATCH_CHILDRENS_HOME, MATCH_SUPPORTED_ACCOMMODATION, MATCH_SECURE_CHILDRENS_HOME,
	MATCH_RESIDENTIAL_SPECIAL_SCHOOL, MATCH_SHORT_BREAKS, MATCH_SUPPORTED_LODGINGS, MATCH_OTHER_ARRANGEMENT, MATCH_KINDS
};
enum match_registration {                /* numbers of Registration */
	MATCH_REGISTRATION_UNKNOWN, MATCH_REGISTERED, MATCH_APPLIED, MATCH_NOT_REGISTERED, MATCH_SUSPENDED, MATCH_REGISTRATIONS
};
enum match_supported_category {          /* SI 2023/416, regulation 2 */
	MATCH_CATEGORY_UNKNOWN, MATCH_SELF_CONTAINED, MATCH_SHARED_RING_FENCED, MATCH_SHARED, MATCH_PRIVATE_RESIDENCE
};
/* The outcome of the last inspection. Two scales, that of four grades and that of supported accommodation: never compared. */
enum match_outcome {
	MATCH_OUTCOME_UNKNOWN, MATCH_OUTSTANDING, MATCH_GOOD, MATCH_REQUIRES_IMPROVEMENT, MATCH_INADEQUATE,
	MATCH_SUPPORTED_STRONG, MATCH_SUPPORTED_INCONSISTENT, MATCH_SUPPORTED_WEAK, MATCH_OUTCOMES
};
enum match_bar_kind {
	MATCH_BAR_REGISTRATION_LAPSED, MATCH_BAR_SUSPENSION, MATCH_BAR_RESTRICTION, MATCH_BAR_EMBARGO, MATCH_BAR_DOCUMENT_EXPIRED,
	MATCH_BAR_NAMED_CHILDREN_ONLY, MATCH_BARS
};
enum match_limit_code { MATCH_LEAST_AGE, MATCH_MOST_AGE, MATCH_SEX, MATCH_MOST_CHILDREN };
enum match_block_reason {
	MATCH_BLOCK_STAYING_PUT, MATCH_BLOCK_RESPITE, MATCH_BLOCK_REPAIRS, MATCH_BLOCK_MATCHING, MATCH_BLOCK_STAFFING,
	MATCH_BLOCK_MANAGER_VACANCY, MATCH_BLOCK_CARER_UNAVAILABLE, MATCH_BLOCK_ALLEGATION, MATCH_BLOCK_TURNAROUND,
	MATCH_BLOCK_OTHER, MATCH_BLOCK_REASONS
};
enum match_route_kind {                  /* the order in which a council would use them */
	MATCH_ROUTE_UNKNOWN, MATCH_IN_HOUSE, MATCH_BLOCK, MATCH_PREFERRED_PROVIDER, MATCH_FRAMEWORK, MATCH_DYNAMIC_MARKET,
	MATCH_SPOT, MATCH_ROUTES
};
enum match_companions {                  /* with whom a child can be cared for */
	MATCH_COMPANIONS_NOT_SAID, MATCH_SOLO, MATCH_WITH_OTHERS, MATCH_ONLY_OLDER, MATCH_ONLY_YOUNGER, MATCH_NO_PREFERENCE
};
enum match_recommendation { MATCH_NOT_SPECIFIED, MATCH_PREFERRED, MATCH_SUITABLE, MATCH_UNSUITABLE };
enum match_pets { MATCH_PETS_NOT_KNOWN, MATCH_PETS_MUST, MATCH_PETS_CAN, MATCH_PETS_NO };
enum match_area { MATCH_AREA_UNKNOWN, MATCH_IN_AREA, MATCH_ADJOINING, MATCH_AT_DISTANCE };

/* Bits of risks, capabilities, kinds of placement and legal statuses: matching_codes.h. */

/* ---- what is needed ---- */

/* A place to keep away from: a circle round a point, or the area of a council. */
struct match_avoid {
	uint16_t authority;              /* 0: by grid */
	int32_t easting, northing, metres;
};

struct match_need {
	struct match_id referral, child;
	uint16_t authority;              /* that asks */
	int32_t day;                     /* for which a place is looked for; the day of the law */
	int64_t now;                     /* seconds since 1970: how old a vacancy is */
	int16_t age;                     /* whole years; MATCH_UNKNOWN */
	char sex;                        /* 'M', 'F', 'U' (not known) */
	bool unaccompanied;
	uint16_t children;               /* to be placed together; at least 1 */
	uint16_t kinds;                  /* bit 1 << kind of each kind wanted; 0: any */
	struct match_grid home, school;
	int32_t most_tenths;             /* of a mile; MATCH_UNKNOWN: no limit */
	int64_t most_pence;              /* MATCH_UNKNOWN: no limit */
	uint8_t companions;              /* enum match_companions */
	uint8_t foster, residential, supported;  /* enum match_recommendation */
	uint8_t pets;                    /* enum match_pets */
	bool emergency;                  /* needed today */
	bool deprivation_of_liberty;
	bool secure_order;               /* an order allows a secure children's home */
	bool secure_approval;            /* and, for the youngest, the Secretary of State's approval */
	uint32_t legal_status;           /* bit; 0: not known */
	uint32_t capabilities;           /* bits: what the child needs of a home */
	uint16_t risks, risks_known;     /* bits: present; said one way or the other */
	uint16_t placement_kinds;        /* bits: long term, emergency, ...: any of; 0: not said */
	unsigned avoid_count;
	struct match_avoid avoid[MATCH_AVOIDS_MOST];
	unsigned sibling_count;          /* brothers and sisters whose child ids are known, wherever they live */
	struct match_id siblings[MATCH_SIBLINGS_MOST];
};

/* ---- a home, as matching reads it ---- */

struct match_bar { uint16_t authority; uint8_t kind; int32_t from, until; };          /* authority 0: for everybody */
struct match_limit { uint8_t code; int16_t value; char sex; int32_t from, until; };   /* a condition of registration */
struct match_block { uint16_t places; uint8_t reason; int32_t from, until; };
struct match_resident {
	struct match_id child;
	uint16_t authority;
	int16_t age;                     /* on age_on; MATCH_UNKNOWN */
	int32_t age_on;
	char sex;                        /* 'M', 'F', 'U' */
	uint8_t companions;
	uint16_t risks;                  /* present; only those to others are kept of who lives there */
	bool held;                       /* a place is held; does not live there yet */
};
/* One named child of an exemption from the usual fostering limit, or of a temporary approval. An exemption counts while all
 * who live there are named. */
struct match_named {
	struct match_id child;
	bool siblings;                   /* by its basis SIBLINGS */
	int32_t from, until;
};
struct match_route {
	uint16_t authority;              /* 0: any */
	uint8_t route, tier;             /* tier 0: none */
	int32_t from, until;
	int64_t pence;                   /* MATCH_UNKNOWN */
};

/* Days: [from, until). The lists are the caller's; the index keeps its own copy of all of it. */
struct match_home {
	struct match_id id, provider;
	int64_t revision;
	uint8_t kind, registration, supported_category, outcome;
	uint16_t area;                   /* council of the area; 0: not known */
	uint16_t own_authority;          /* council to which the provider belongs; 0: none */
	struct match_grid grid;
	bool open, has_urn, siblings_only, solo, manager_vacant;
	int32_t planned_open;            /* takes no child before; MATCH_EVER: is there */
	int32_t registered_from, registered_until;
	int16_t least_age, most_age;     /* terms; MATCH_UNKNOWN: no limit known */
	char sex;                        /* 'M', 'F', 'A' (any), 0 (not known) */
	int16_t most_children;           /* MATCH_UNKNOWN */
	int16_t registered_places;       /* MATCH_UNKNOWN */
	int16_t places;                  /* offered */
	int16_t other_children;          /* who live there and are no child of Hearth; MATCH_UNKNOWN */
	uint32_t capabilities;           /* bits; 0: none recorded */
	uint16_t excluded_risks;         /* bits */
	uint16_t approved_kinds;         /* bits of kinds of placement that the terms allow; 0: not said */
	int64_t pence;                   /* weekly fee; MATCH_UNKNOWN */
	int64_t vacancy_confirmed;       /* seconds since 1970; 0: never */
	uint16_t bar_count, limit_count, block_count, resident_count, named_count, route_count;
	const struct match_bar *bars;
	const struct match_limit *limits;
	const struct match_block *blocks;
	const struct match_resident *residents;
	const struct match_named *named;
	const struct match_route *routes;        /* in the index by authority, then as given */
};

/* ---- law, weights, areas: data ---- */

enum match_law_rule {                    /* names: matching_codes.h; numbers of table rule */
	MATCH_LAW_OTHER_ARRANGEMENT_LEAST_AGE,   /* regulation 27A: value is the age */
	MATCH_LAW_SUPPORTED_REGISTRATION,        /* regulation 27C */
	MATCH_LAW_ADULT_AGE,                     /* from which 27C no longer asks */
	MATCH_LAW_CHILDRENS_HOME_REGISTRATION,
	MATCH_LAW_FOSTERING_USUAL_LIMIT,         /* value: children */
	MATCH_LAW_TERMS_OF_APPROVAL,
	MATCH_LAW_CONDITIONS_OF_REGISTRATION,
	MATCH_LAW_RESTRICTION_OF_ACCOMMODATION,
	MATCH_LAW_SECURE_ORDER,                  /* codes: legal statuses that stand for an order */
	MATCH_LAW_SECURE_LEAST_AGE,              /* value: below it only with approval */
	MATCH_LAW_SHORT_BREAK_STATUS,            /* codes: legal statuses of a short-break home */
	MATCH_LAW_MANAGER_VACANCY,               /* policy: no new child while there is no manager */
	MATCH_LAW_VACANCY_STALE_DAYS,            /* policy: value is after how many days */
	MATCH_LAW_RULES
};
struct match_rule_of_law {
	const char *source;              /* NULL: not in force */
	int32_t value;
	uint32_t codes;                  /* bits, where the rule has a list */
};
struct match_law { struct match_rule_of_law rules[MATCH_LAW_RULES]; };

/* Thousandths of a point, each 0 to MATCH_WEIGHT_MOST, and the distances and fee at which a part has come to nothing. */
#define MATCH_WEIGHT_MOST 1000000
struct match_weights {
	int64_t version;
	int32_t distance, distance_none_tenths;              /* whole at 0 miles, nothing from here on */
	int32_t education, education_full_tenths, education_none_tenths;
	int32_t in_area, adjoining, at_distance;
	int32_t preferred, suitable;
	int32_t siblings;                                    /* all together; a part when one lives there already */
	int32_t companions;
	int32_t capabilities;                                /* all that are needed; in proportion */
	int32_t route[MATCH_ROUTES], tier;                   /* tier: taken off for each below the first */
	int32_t fee; int64_t fee_none_pence;
	int32_t outcome[MATCH_OUTCOMES];                     /* each scale for itself */
	int32_t confirmed;                                   /* its provider confirmed its vacancies lately */
};

/* Which areas touch the asking council's. */
struct match_adjoining { bool known; uint64_t bits[16]; };

/* ---- rules and notes, as bits ---- */

enum match_rule {
	MATCH_CLOSED, MATCH_NOT_YET_OPEN, MATCH_REGISTRATION_LAPSED, MATCH_SUSPENDED_BAR, MATCH_RESTRICTED, MATCH_EMBARGOED,
	MATCH_DOCUMENT_EXPIRED, MATCH_NAMED_CHILDREN_ONLY, MATCH_NOT_REGISTERED_RULE, MATCH_UNDER_16_OTHER_ARRANGEMENT,
	MATCH_NOT_SUPPORTED_ACCOMMODATION, MATCH_SECURE_ORDER_MISSING, MATCH_SECURE_TOO_YOUNG, MATCH_SHORT_BREAK_ONLY,
	MATCH_OUTSIDE_AGE_TERMS, MATCH_OUTSIDE_SEX_TERMS, MATCH_OUTSIDE_KIND_TERMS, MATCH_OUTSIDE_AGE_CONDITION,
	MATCH_OUTSIDE_SEX_CONDITION, MATCH_TOO_MANY_FOR_CONDITION, MATCH_TOO_MANY_CHILDREN, MATCH_FOSTERING_LIMIT,
	MATCH_SIBLINGS_ONLY, MATCH_SOLO_HOME, MATCH_SOLO_CHILD, MATCH_CHILD_COMPANIONS, MATCH_RESIDENT_COMPANIONS,
	MATCH_RISK_EXCLUDED, MATCH_PETS_THERE, MATCH_NO_DEPRIVATION_OF_LIBERTY, MATCH_PLACE_TO_AVOID, MATCH_MANAGER_VACANT,
	MATCH_NO_FREE_PLACE, MATCH_NOT_ENOUGH_PLACES, MATCH_UNSUITABLE_KIND, MATCH_KIND_NOT_WANTED, MATCH_TOO_FAR,
	MATCH_TOO_DEAR, MATCH_RULES
};
enum match_note {
	MATCH_AGE_NOT_KNOWN, MATCH_SEX_NOT_KNOWN, MATCH_DISTANCE_NOT_KNOWN, MATCH_FEE_NOT_KNOWN, MATCH_RESIDENTS_NOT_KNOWN,
	MATCH_RESIDENT_AGE_NOT_KNOWN, MATCH_AVOID_NOT_CHECKED, MATCH_STATUS_NOT_KNOWN, MATCH_RISKS_NOT_SAID,
	MATCH_CAPABILITY_NOT_RECORDED, MATCH_VACANCY_STALE, MATCH_NO_MANAGER, MATCH_RISKS_TO_CONSIDER, MATCH_MIXED_AGES,
	MATCH_ADJOINING_NOT_KNOWN, MATCH_AT_A_DISTANCE, MATCH_NOTES
};
#define MATCH_BIT(n) (UINT64_C(1) << (n))

const char *match_rule_code(enum match_rule rule);
/* Under this law; a text that lives as long as the law. */
const char *match_rule_source(enum match_rule rule, const struct match_law *law);
const char *match_note_code(enum match_note note);

/* ---- one home in full ---- */

enum match_part {
	MATCH_PART_DISTANCE, MATCH_PART_EDUCATION, MATCH_PART_AREA, MATCH_PART_RECOMMENDATION, MATCH_PART_SIBLINGS,
	MATCH_PART_COMPANIONS, MATCH_PART_CAPABILITIES, MATCH_PART_ROUTE, MATCH_PART_FEE, MATCH_PART_INSPECTION,
	MATCH_PART_CONFIRMED, MATCH_PARTS
};
const char *match_part_code(enum match_part part);

struct match_levels { int16_t registered, open, offerable, for_child; };   /* registered MATCH_UNKNOWN: not known */
struct match_text { uint8_t number; const char *code, *source; char text[160]; };

struct match_explained {
	uint64_t out;                    /* bits of enum match_rule; 0: it fits */
	uint32_t notes;                  /* bits of enum match_note */
	int32_t score;                   /* of one that fits; the sum of the parts */
	int32_t parts[MATCH_PARTS];
	struct match_levels levels;
	int32_t tenths, school_tenths;   /* MATCH_UNKNOWN */
	enum match_area area;
	enum match_route_kind route;
	uint8_t tier;
	int64_t pence;                   /* MATCH_UNKNOWN */
	bool vacancy_stale;
	bool siblings_together;
	int blocking_resident;           /* whose or with whom companions do not agree; MATCH_UNKNOWN: none */
	size_t reason_count, note_count, part_count;
	struct match_text reasons[MATCH_RULES], note_texts[MATCH_NOTES], part_texts[MATCH_PARTS];
};

/* What is asked, with what it is asked by. All of it lives as long as what is made of it. */
struct match_question {
	const struct match_need *need;
	const struct match_law *law;
	const struct match_weights *weights;
	const struct match_adjoining *adjoining;
};

/* With texts. Any home, in an index or not. */
void match_explain(const struct match_question *question, const struct match_home *home, struct match_explained *ret_explained);
/* Straight-line tenths of a mile, as the SSDA903 guidance reckons them. */
int32_t match_tenths(struct match_grid from, struct match_grid to);
/* Whole years on `day` of who had `age` on `age_on`, as far as that tells; MATCH_UNKNOWN stays so. */
int match_age_on(int age, int32_t age_on, int32_t day);

#endif
