/* matching_oracle.h: the hard rules once more, written from the lists of a home and nothing prepared: slow, and different. */
#ifndef TESTS_MATCHING_ORACLE_H
#define TESTS_MATCHING_ORACLE_H

#include <math.h>

#include "matching_setup.h"

static inline bool oracle_same(struct match_id a, struct match_id b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static inline bool oracle_on(const struct match_need *need, int32_t from, int32_t until)
{
	return need->day >= from && need->day < until;
}

static inline int oracle_age(const struct match_need *need, const struct match_resident *resident)
{
	int age = resident->age;
	for (int32_t day = resident->age_on + 1; age >= 0 && day <= need->day; day++) {
		int64_t before = (int64_t)(day - 1 - resident->age_on) * 10000 / 3652425;
		age += (int64_t)(day - resident->age_on) * 10000 / 3652425 != before;
	}
	return age;
}

static inline bool oracle_sibling(const struct match_need *need, struct match_id child)
{
	for (unsigned i = 0; i < need->sibling_count; i++)
		if (oracle_same(need->siblings[i], child))
			return true;
	return false;
}

static inline bool oracle_named(const struct match_need *need, const struct match_home *home, struct match_id child, bool siblings)
{
	for (unsigned i = 0; i < home->named_count; i++)
		if (home->named[i].siblings == siblings && oracle_same(home->named[i].child, child) &&
		    oracle_on(need, home->named[i].from, home->named[i].until))
			return true;
	return false;
}

static inline void oracle_bars(const struct match_need *need, const struct match_home *home, uint64_t *out)
{
	for (unsigned i = 0; i < home->bar_count; i++) {
		const struct match_bar *bar = &home->bars[i];
		if (!oracle_on(need, bar->from, bar->until))
			continue;
		if (bar->kind == MATCH_BAR_NAMED_CHILDREN_ONLY) {
			if (need->children > 1 ||
			    (!oracle_named(need, home, need->child, true) && !oracle_named(need, home, need->child, false)))
				*out |= MATCH_BIT(MATCH_NAMED_CHILDREN_ONLY);
			continue;
		}
		if (bar->authority && bar->authority != need->authority)
			continue;
		switch (bar->kind) {
		case MATCH_BAR_REGISTRATION_LAPSED: *out |= MATCH_BIT(MATCH_REGISTRATION_LAPSED); break;
		case MATCH_BAR_SUSPENSION: *out |= MATCH_BIT(MATCH_SUSPENDED_BAR); break;
		case MATCH_BAR_RESTRICTION: *out |= MATCH_BIT(MATCH_RESTRICTED); break;
		case MATCH_BAR_EMBARGO: *out |= MATCH_BIT(MATCH_EMBARGOED); break;
		default: *out |= MATCH_BIT(MATCH_DOCUMENT_EXPIRED); break;
		}
	}
}

static inline void oracle_setting(const struct match_need *need, const struct match_home *home, const struct match_law *law,
                                  uint64_t *out)
{
	bool supported = home->kind == MATCH_SUPPORTED_ACCOMMODATION || home->kind == MATCH_SUPPORTED_LODGINGS;
	bool other = supported || home->kind == MATCH_OTHER_ARRANGEMENT;
	bool left_out = home->capabilities & (CODE(MATCH_IS_CARE_HOME) | CODE(MATCH_IS_HOSPITAL) |
		CODE(MATCH_IS_RESIDENTIAL_FAMILY_CENTRE) | CODE(MATCH_IS_SCHOOL_OR_COLLEGE) | CODE(MATCH_IS_HOLIDAY_SCHEME));
	if (other && !left_out) {
		if (law->rules[MATCH_LAW_OTHER_ARRANGEMENT_LEAST_AGE].source && need->age >= 0 && need->age < 16)
			*out |= MATCH_BIT(MATCH_UNDER_16_OTHER_ARRANGEMENT);
		else if (law->rules[MATCH_LAW_SUPPORTED_REGISTRATION].source && !supported && need->age < 18)
			*out |= MATCH_BIT(MATCH_NOT_SUPPORTED_ACCOMMODATION);
		if (law->rules[MATCH_LAW_SUPPORTED_REGISTRATION].source && supported && home->registration != MATCH_REGISTERED &&
		    home->registration != MATCH_APPLIED)
			*out |= MATCH_BIT(MATCH_NOT_REGISTERED_RULE);
	}
	if (home->registration == MATCH_SUSPENDED || need->day < home->registered_from)
		*out |= MATCH_BIT(MATCH_NOT_REGISTERED_RULE);
	if ((home->kind == MATCH_CHILDRENS_HOME || home->kind == MATCH_SECURE_CHILDRENS_HOME || home->kind == MATCH_SHORT_BREAKS) &&
	    law->rules[MATCH_LAW_CHILDRENS_HOME_REGISTRATION].source && (home->registration != MATCH_REGISTERED || !home->has_urn))
		*out |= MATCH_BIT(MATCH_NOT_REGISTERED_RULE);
	if (home->kind == MATCH_SECURE_CHILDRENS_HOME && law->rules[MATCH_LAW_SECURE_ORDER].source) {
		if (!need->secure_order && need->legal_status != status_bit("J1"))
			*out |= MATCH_BIT(MATCH_SECURE_ORDER_MISSING);
		if (need->age >= 0 && need->age < 13 && !need->secure_approval)
			*out |= MATCH_BIT(MATCH_SECURE_TOO_YOUNG);
	}
	if (home->kind == MATCH_SHORT_BREAKS && law->rules[MATCH_LAW_SHORT_BREAK_STATUS].source && need->legal_status &&
	    need->legal_status != status_bit("V3") && need->legal_status != status_bit("V4"))
		*out |= MATCH_BIT(MATCH_SHORT_BREAK_ONLY);
}

static inline void oracle_limits(const struct match_need *need, const struct match_home *home, int together, int *least_children,
                                 uint64_t *out)
{
	if (need->age >= 0 && ((home->least_age >= 0 && need->age < home->least_age) ||
	                       (home->most_age >= 0 && need->age > home->most_age)))
		*out |= MATCH_BIT(MATCH_OUTSIDE_AGE_TERMS);
	if ((home->sex == 'M' && need->sex == 'F') || (home->sex == 'F' && need->sex == 'M'))
		*out |= MATCH_BIT(MATCH_OUTSIDE_SEX_TERMS);
	if (home->most_children != MATCH_UNKNOWN && together > home->most_children)
		*out |= MATCH_BIT(MATCH_TOO_MANY_CHILDREN);
	if (home->most_children != MATCH_UNKNOWN && home->most_children < *least_children)
		*least_children = home->most_children;
	for (unsigned i = 0; i < home->limit_count; i++) {
		const struct match_limit *limit = &home->limits[i];
		if (!oracle_on(need, limit->from, limit->until))
			continue;
		if (limit->code == MATCH_LEAST_AGE && need->age >= 0 && need->age < limit->value)
			*out |= MATCH_BIT(MATCH_OUTSIDE_AGE_CONDITION);
		if (limit->code == MATCH_MOST_AGE && need->age >= 0 && need->age > limit->value)
			*out |= MATCH_BIT(MATCH_OUTSIDE_AGE_CONDITION);
		if (limit->code == MATCH_SEX && ((limit->sex == 'M' && need->sex == 'F') || (limit->sex == 'F' && need->sex == 'M')))
			*out |= MATCH_BIT(MATCH_OUTSIDE_SEX_CONDITION);
		if (limit->code == MATCH_MOST_CHILDREN && together > limit->value)
			*out |= MATCH_BIT(MATCH_TOO_MANY_FOR_CONDITION);
		if (limit->code == MATCH_MOST_CHILDREN && limit->value < *least_children)
			*least_children = limit->value;
	}
	if (home->approved_kinds && need->placement_kinds && !(home->approved_kinds & need->placement_kinds))
		*out |= MATCH_BIT(MATCH_OUTSIDE_KIND_TERMS);
}

static inline bool oracle_may_pass(const struct match_need *need, const struct match_home *home)
{
	bool siblings = home->other_children <= 0, named[2] = { siblings, siblings };
	for (unsigned i = 0; i < home->resident_count; i++) {
		siblings = siblings && oracle_sibling(need, home->residents[i].child);
		for (int basis = 0; basis < 2; basis++)
			named[basis] = named[basis] && oracle_named(need, home, home->residents[i].child, basis);
	}
	return siblings || (need->children == 1 && ((named[0] && oracle_named(need, home, need->child, false)) ||
	                                            (named[1] && oracle_named(need, home, need->child, true))));
}

static inline void oracle_places(const struct match_need *need, const struct match_home *home, const struct match_law *law, int living,
                                 int least_children, uint64_t *out)
{
	int blocked = 0, places = home->places, together = living + need->children;
	for (unsigned i = 0; i < home->block_count; i++)
		blocked += oracle_on(need, home->blocks[i].from, home->blocks[i].until) ? home->blocks[i].places : 0;
	if (home->registered_places >= 0 && home->registered_places < places)
		places = home->registered_places;
	int free = places - living - blocked;
	int offerable = (least_children < places ? least_children : places) - living - blocked;
	bool too_many = *out & (MATCH_BIT(MATCH_TOO_MANY_CHILDREN) | MATCH_BIT(MATCH_TOO_MANY_FOR_CONDITION));
	if (free < need->children || (!too_many && offerable < need->children))
		*out |= MATCH_BIT((too_many ? free : offerable) > 0 ? MATCH_NOT_ENOUGH_PLACES : MATCH_NO_FREE_PLACE);
	if (home->kind == MATCH_FOSTERING && law->rules[MATCH_LAW_FOSTERING_USUAL_LIMIT].source && living > 0 && together > 3 &&
	    !oracle_may_pass(need, home))
		*out |= MATCH_BIT(MATCH_FOSTERING_LIMIT);
	if (home->siblings_only && need->children < 2)
		*out |= MATCH_BIT(MATCH_SIBLINGS_ONLY);
	if (home->solo && together > 1)
		*out |= MATCH_BIT(MATCH_SOLO_HOME);
	if (need->companions == MATCH_SOLO && living > 0)
		*out |= MATCH_BIT(MATCH_SOLO_CHILD);
}

static inline void oracle_residents(const struct match_need *need, const struct match_home *home, uint64_t *out)
{
	for (unsigned i = 0; i < home->resident_count; i++) {
		const struct match_resident *resident = &home->residents[i];
		int age = oracle_age(need, resident);
		if (resident->companions == MATCH_SOLO)
			*out |= MATCH_BIT(MATCH_RESIDENT_COMPANIONS);
		if (age < 0 || need->age < 0 || oracle_sibling(need, resident->child))
			continue;
		if ((need->companions == MATCH_ONLY_OLDER && age <= need->age) ||
		    (need->companions == MATCH_ONLY_YOUNGER && age >= need->age))
			*out |= MATCH_BIT(MATCH_CHILD_COMPANIONS);
		if ((resident->companions == MATCH_ONLY_OLDER && need->age <= age) ||
		    (resident->companions == MATCH_ONLY_YOUNGER && need->age >= age))
			*out |= MATCH_BIT(MATCH_RESIDENT_COMPANIONS);
	}
}

static inline double oracle_metres(const struct match_need *need, const struct match_home *home)
{
	return hypot((double)need->home.easting - home->grid.easting, (double)need->home.northing - home->grid.northing);
}

/* `pence` is the fee by the route that applies (tested by itself). */
static inline void oracle_wishes(const struct match_need *need, const struct match_home *home, int64_t pence, uint64_t *out)
{
	uint8_t is = home->kind == MATCH_FOSTERING ? need->foster
		: home->kind == MATCH_SUPPORTED_ACCOMMODATION || home->kind == MATCH_SUPPORTED_LODGINGS ? need->supported
		: home->kind == MATCH_SHORT_BREAKS || home->kind == MATCH_OTHER_ARRANGEMENT ? MATCH_NOT_SPECIFIED : need->residential;
	if (is == MATCH_UNSUITABLE)
		*out |= MATCH_BIT(MATCH_UNSUITABLE_KIND);
	if (need->kinds && !(need->kinds >> home->kind & 1))
		*out |= MATCH_BIT(MATCH_KIND_NOT_WANTED);
	if (need->risks & home->excluded_risks)
		*out |= MATCH_BIT(MATCH_RISK_EXCLUDED);
	if (need->pets == MATCH_PETS_NO && home->capabilities >> MATCH_CAN_PETS & 1)
		*out |= MATCH_BIT(MATCH_PETS_THERE);
	if (need->deprivation_of_liberty && !(home->capabilities >> MATCH_CAN_DEPRIVATION_OF_LIBERTY & 1))
		*out |= MATCH_BIT(MATCH_NO_DEPRIVATION_OF_LIBERTY);
	for (unsigned i = 0; i < need->avoid_count; i++)
		if (need->avoid[i].authority ? need->avoid[i].authority == home->area
		    : home->grid.known && hypot((double)need->avoid[i].easting - home->grid.easting,
		                                (double)need->avoid[i].northing - home->grid.northing) <= need->avoid[i].metres)
			*out |= MATCH_BIT(MATCH_PLACE_TO_AVOID);
	if (need->most_tenths != MATCH_UNKNOWN && need->home.known && home->grid.known &&
	    round(oracle_metres(need, home) / 1000 / 1.6093 * 10) > need->most_tenths)
		*out |= MATCH_BIT(MATCH_TOO_FAR);
	if (need->most_pence != MATCH_UNKNOWN && pence != MATCH_UNKNOWN && pence > need->most_pence)
		*out |= MATCH_BIT(MATCH_TOO_DEAR);
}

static inline uint64_t oracle_out(const struct match_need *need, const struct match_home *home, const struct match_law *law,
                                  int64_t pence)
{
	uint64_t out = 0;
	int least_children = 32000, living = home->resident_count + (home->other_children > 0 ? home->other_children : 0);
	if (!home->open)
		out |= MATCH_BIT(MATCH_CLOSED);
	if (need->day < home->planned_open)
		out |= MATCH_BIT(MATCH_NOT_YET_OPEN);
	if (need->day >= home->registered_until)
		out |= MATCH_BIT(MATCH_REGISTRATION_LAPSED);
	if (home->manager_vacant && law->rules[MATCH_LAW_MANAGER_VACANCY].source)
		out |= MATCH_BIT(MATCH_MANAGER_VACANT);
	oracle_bars(need, home, &out);
	oracle_setting(need, home, law, &out);
	oracle_limits(need, home, living + need->children, &least_children, &out);
	oracle_places(need, home, law, living, least_children, &out);
	oracle_residents(need, home, &out);
	oracle_wishes(need, home, pence, &out);
	return out;
}

#endif
