/* matching_check.c: see matching_check.h. Pure: values in, values out. */
#include "matching_check.h"

#include <math.h>
#include <string.h>

#include "matching_codes.h"

#define METRES_IN_A_MILE 1609.3          /* as the SSDA903 guidance reckons */

static bool same(const struct match_id *a, const struct match_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool holds(int32_t from, int32_t until, int32_t day)
{
	return from <= day && day < until;
}

static int32_t tenths_of(int64_t east, int64_t north)
{
	return (int32_t)(sqrt((double)(east * east + north * north)) * (10 / METRES_IN_A_MILE) + 0.5);
}

int32_t match_tenths(struct match_grid from, struct match_grid to)
{
	if (!from.known || !to.known)
		return MATCH_UNKNOWN;
	return tenths_of((int64_t)from.easting - to.easting, (int64_t)from.northing - to.northing);
}

/* ---- preparing ---- */

static const struct match_rule_of_law *law_of(const struct match_question *question, enum match_law_rule rule)
{
	return &question->law->rules[rule];
}

static bool in_force(const struct match_question *question, enum match_law_rule rule)
{
	return law_of(question, rule)->source != NULL;
}

static bool is_supported(unsigned kind)
{
	return kind == MATCH_SUPPORTED_ACCOMMODATION || kind == MATCH_SUPPORTED_LODGINGS;
}

/* Recommended by its sort: foster care, residential, supported. */
static uint8_t recommended(const struct match_need *need, unsigned kind)
{
	switch (kind) {
	case MATCH_FOSTERING: return need->foster;
	case MATCH_CHILDRENS_HOME:
	case MATCH_SECURE_CHILDRENS_HOME:
	case MATCH_RESIDENTIAL_SPECIAL_SCHOOL: return need->residential;
	case MATCH_SUPPORTED_ACCOMMODATION:
	case MATCH_SUPPORTED_LODGINGS: return need->supported;
	default: return MATCH_NOT_SPECIFIED;
	}
}

/* "Other arrangements" (regulations 27A and 27C): supported settings and those that no register knows. */
static uint64_t check_arrangement(const struct match_question *question, unsigned kind, enum match_registration is, bool excepted)
{
	const struct match_need *need = question->need;
	bool registered = is == MATCH_REGISTERED || is == MATCH_APPLIED;
	uint64_t out = 0;
	if ((!is_supported(kind) && kind != MATCH_OTHER_ARRANGEMENT) || excepted)
		return 0;
	if (in_force(question, MATCH_LAW_OTHER_ARRANGEMENT_LEAST_AGE) && need->age >= 0 &&
	    need->age < law_of(question, MATCH_LAW_OTHER_ARRANGEMENT_LEAST_AGE)->value)
		out |= MATCH_BIT(MATCH_UNDER_16_OTHER_ARRANGEMENT);
	bool adult = in_force(question, MATCH_LAW_ADULT_AGE) && need->age >= law_of(question, MATCH_LAW_ADULT_AGE)->value;
	if (!in_force(question, MATCH_LAW_SUPPORTED_REGISTRATION))
		return out;
	if (is_supported(kind) && !registered)
		out |= MATCH_BIT(MATCH_NOT_REGISTERED_RULE);
	/* 27C is about those of 16 and 17 (and of whoever may be): for the younger ones 27A says all. */
	if (kind == MATCH_OTHER_ARRANGEMENT && !adult && !(out & MATCH_BIT(MATCH_UNDER_16_OTHER_ARRANGEMENT)))
		out |= MATCH_BIT(MATCH_NOT_SUPPORTED_ACCOMMODATION);
	return out;
}

static uint64_t check_secure(const struct match_question *question)
{
	const struct match_need *need = question->need;
	const struct match_rule_of_law *order = law_of(question, MATCH_LAW_SECURE_ORDER);
	const struct match_rule_of_law *age = law_of(question, MATCH_LAW_SECURE_LEAST_AGE);
	uint64_t out = 0;
	if (order->source && !need->secure_order && !(need->legal_status & order->codes))
		out |= MATCH_BIT(MATCH_SECURE_ORDER_MISSING);
	if (age->source && need->age >= 0 && need->age < age->value && !need->secure_approval)
		out |= MATCH_BIT(MATCH_SECURE_TOO_YOUNG);
	return out;
}

static uint64_t check_setting(const struct match_question *question, unsigned setting)
{
	unsigned kind = setting / 4 / MATCH_REGISTRATIONS, registration = setting / 4 % MATCH_REGISTRATIONS;
	bool urn = setting / 2 % 2, excepted = setting % 2;
	const struct match_need *need = question->need;
	const struct match_rule_of_law *breaks = law_of(question, MATCH_LAW_SHORT_BREAK_STATUS);
	uint64_t out = check_arrangement(question, kind, registration, excepted);
	bool home = kind == MATCH_CHILDRENS_HOME || kind == MATCH_SECURE_CHILDRENS_HOME || kind == MATCH_SHORT_BREAKS;
	if (registration == MATCH_SUSPENDED || (home && in_force(question, MATCH_LAW_CHILDRENS_HOME_REGISTRATION) &&
	                                        (!urn || registration != MATCH_REGISTERED)))
		out |= MATCH_BIT(MATCH_NOT_REGISTERED_RULE);
	if (kind == MATCH_SECURE_CHILDRENS_HOME)
		out |= check_secure(question);
	if (kind == MATCH_SHORT_BREAKS && breaks->source && need->legal_status && !(need->legal_status & breaks->codes))
		out |= MATCH_BIT(MATCH_SHORT_BREAK_ONLY);
	if (need->kinds && !(need->kinds & 1U << kind))
		out |= MATCH_BIT(MATCH_KIND_NOT_WANTED);
	if (recommended(need, kind) == MATCH_UNSUITABLE)
		out |= MATCH_BIT(MATCH_UNSUITABLE_KIND);
	return out;
}

/* All but what the table says. */
static void prepare(const struct match_question *question, struct match_prepared *to)
{
	const struct match_need *need = question->need;
	const struct match_rule_of_law *limit = law_of(question, MATCH_LAW_FOSTERING_USUAL_LIMIT);
	*to = (struct match_prepared){
		.question = *question, .age_low = need->age < 0 ? MATCH_NO_MOST_AGE : match_age(need->age),
		.age_high = match_age(need->age), .east = need->home.known ? need->home.easting : MATCH_NO_GRID,
		.north = need->home.northing, .sex = match_sex_bit(need->sex),
		.children = (int16_t)(need->children < 1 ? 1 : need->children > 1000 ? 1000 : need->children),
		.most_tenths = need->most_tenths == MATCH_UNKNOWN ? MATCH_FAR : need->most_tenths,
		.fostering_limit = (int16_t)(limit->source && limit->value < MATCH_NO_MOST ? limit->value : MATCH_NO_MOST),
		.manager_asked = in_force(question, MATCH_LAW_MANAGER_VACANCY), .capabilities = need->capabilities,
		.solo = need->companions == MATCH_SOLO, .liberty = need->deprivation_of_liberty,
		.must_be_above = need->companions == MATCH_ONLY_OLDER ? match_age(need->age) : MATCH_NO_LEAST,
		.must_be_below = need->companions == MATCH_ONLY_YOUNGER && need->age >= 0 ? match_age(need->age) : MATCH_NO_MOST_AGE,
		.capabilities_out = need->pets == MATCH_PETS_NO ? 1U << MATCH_CAN_PETS : 0,
		.placement_kinds = need->placement_kinds ? need->placement_kinds : UINT16_MAX,
	};
	if (need->unaccompanied)
		to->capabilities |= 1U << MATCH_CAN_UNACCOMPANIED;
	if (need->emergency)
		to->capabilities |= 1U << MATCH_CAN_EMERGENCY;
	if (need->pets == MATCH_PETS_MUST)
		to->capabilities |= 1U << MATCH_CAN_PETS;
}

void match_prepare(const struct match_question *question, struct match_prepared *ret_prepared)
{
	prepare(question, ret_prepared);
	for (unsigned setting = 0; setting < MATCH_SETTINGS; setting++)
		ret_prepared->by_setting[setting] = check_setting(question, setting);
}

void match_prepare_for(const struct match_question *question, uint8_t setting, struct match_prepared *ret_prepared)
{
	prepare(question, ret_prepared);
	ret_prepared->by_setting[setting] = check_setting(question, setting);
}

/* ---- what asks for the lists ---- */

static uint64_t check_own_bars(const struct match_need *need, const struct match_home *home)
{
	uint64_t out = 0;
	for (unsigned i = 0; i < home->bar_count; i++) {
		const struct match_bar *bar = &home->bars[i];
		if (bar->authority != need->authority || !bar->authority || bar->kind == MATCH_BAR_NAMED_CHILDREN_ONLY ||
		    !holds(bar->from, bar->until, need->day))
			continue;
		out |= bar->kind == MATCH_BAR_DOCUMENT_EXPIRED ? MATCH_BIT(MATCH_DOCUMENT_EXPIRED)
			: bar->kind == MATCH_BAR_RESTRICTION ? MATCH_BIT(MATCH_RESTRICTED)
			: bar->kind == MATCH_BAR_SUSPENSION ? MATCH_BIT(MATCH_SUSPENDED_BAR)
			: bar->kind == MATCH_BAR_REGISTRATION_LAPSED ? MATCH_BIT(MATCH_REGISTRATION_LAPSED) : MATCH_BIT(MATCH_EMBARGOED);
	}
	return out;
}

static bool is_named(const struct match_home *home, const struct match_id *child, int32_t day, bool siblings)
{
	for (unsigned i = 0; i < home->named_count; i++) {
		const struct match_named *named = &home->named[i];
		if (named->siblings == siblings && holds(named->from, named->until, day) && same(&named->child, child))
			return true;
	}
	return false;
}

bool match_is_sibling(const struct match_need *need, const struct match_resident *resident)
{
	for (unsigned i = 0; i < need->sibling_count; i++)
		if (same(&need->siblings[i], &resident->child))
			return true;
	return false;
}

/* All who live there are brothers and sisters of the child, as far as all of them are known. */
static bool all_siblings(const struct match_need *need, const struct match_home *home)
{
	if (home->other_children > 0)
		return false;
	for (unsigned i = 0; i < home->resident_count; i++)
		if (!match_is_sibling(need, &home->residents[i]))
			return false;
	return true;
}

/* The child and everybody who lives there are named by exemptions of one basis: one who is not makes a children's home of
 * the household as soon as there are more than the limit (Schedule 7, paragraph 5). */
static bool names_all(const struct match_need *need, const struct match_home *home, bool siblings)
{
	if (home->other_children > 0 || !is_named(home, &need->child, need->day, siblings))
		return false;
	for (unsigned i = 0; i < home->resident_count; i++)
		if (!is_named(home, &home->residents[i].child, need->day, siblings))
			return false;
	return true;
}

/* The usual fostering limit may be passed: siblings all, or named in an exemption. More children than the one whose name is
 * known are not named. */
bool match_limit_may_be_passed(const struct match_need *need, const struct match_home *home)
{
	if (all_siblings(need, home))
		return true;
	return need->children <= 1 && (names_all(need, home, false) || names_all(need, home, true));
}

/* Does it disagree that these two live together? By what is recommended for either. Siblings are asked nothing but that
 * neither is to live alone. */
static bool child_disagrees(const struct match_need *need, const struct match_resident *resident)
{
	int age = match_age_on(resident->age, resident->age_on, need->day);
	if (need->companions == MATCH_SOLO)
		return true;
	if (match_is_sibling(need, resident) || age < 0 || need->age < 0)
		return false;
	return (need->companions == MATCH_ONLY_OLDER && age <= need->age) ||
	       (need->companions == MATCH_ONLY_YOUNGER && age >= need->age);
}

static bool resident_disagrees(const struct match_need *need, const struct match_resident *resident)
{
	int age = match_age_on(resident->age, resident->age_on, need->day);
	if (resident->companions == MATCH_SOLO)
		return true;
	if (match_is_sibling(need, resident) || age < 0 || need->age < 0)
		return false;
	return (resident->companions == MATCH_ONLY_OLDER && need->age <= age) ||
	       (resident->companions == MATCH_ONLY_YOUNGER && need->age >= age);
}

int match_blocking_resident(const struct match_need *need, const struct match_home *home)
{
	for (int i = 0; i < home->resident_count; i++)
		if (child_disagrees(need, &home->residents[i]) || resident_disagrees(need, &home->residents[i]))
			return i;
	return MATCH_UNKNOWN;
}

/* The ages of the line speak of all who live there; with siblings among them each is asked. */
static uint64_t without_siblings(const struct match_need *need, const struct match_home *home, uint64_t out)
{
	bool child = false, resident = false;
	for (unsigned i = 0; i < home->resident_count; i++) {
		child = child || child_disagrees(need, &home->residents[i]);
		resident = resident || resident_disagrees(need, &home->residents[i]);
	}
	if (!child)
		out &= ~MATCH_BIT(MATCH_CHILD_COMPANIONS);
	if (!resident)
		out &= ~MATCH_BIT(MATCH_RESIDENT_COMPANIONS);
	return out;
}

static uint64_t check_lists(const struct match_prepared *prepared, const struct match_home *home, const struct match_day *day,
                            uint64_t out)
{
	const struct match_need *need = prepared->question.need;
	if (day->flags & MATCH_DAY_OWN_BARS)
		out |= check_own_bars(need, home);
	if (day->flags & MATCH_DAY_NAMED_ONLY && (need->children > 1 || (!is_named(home, &need->child, need->day, false) &&
	                                                                 !is_named(home, &need->child, need->day, true))))
		out |= MATCH_BIT(MATCH_NAMED_CHILDREN_ONLY);
	if (out & MATCH_BIT(MATCH_FOSTERING_LIMIT) && match_limit_may_be_passed(need, home))
		out &= ~MATCH_BIT(MATCH_FOSTERING_LIMIT);
	if (need->sibling_count)
		out = without_siblings(need, home, out);
	return out;
}

/* ---- the check ---- */

static bool to_be_avoided(const struct match_need *need, const struct match_day *day)
{
	for (unsigned i = 0; i < need->avoid_count; i++) {
		const struct match_avoid *avoid = &need->avoid[i];
		if (avoid->authority) {
			if (avoid->authority == day->area)
				return true;
			continue;
		}
		int64_t east = (int64_t)avoid->easting - day->easting, north = (int64_t)avoid->northing - day->northing;
		if (day->easting != MATCH_NO_GRID &&
		    east * east + north * north <= (int64_t)avoid->metres * avoid->metres)
			return true;
	}
	return false;
}

/* What follows has no branches to be guessed wrong: each of a nation's homes passes through it. */
#define WHEN(is, rule) ((uint64_t)(is) << (rule))
#define FLAG(day, flag) (((day)->flags & (flag)) != 0)

static uint64_t check_companions(const struct match_prepared *prepared, const struct match_day *day)
{
	return WHEN(prepared->solo & (day->living > 0), MATCH_SOLO_CHILD) |
		WHEN((day->youngest <= prepared->must_be_above) | (day->oldest >= prepared->must_be_below), MATCH_CHILD_COMPANIONS) |
		WHEN(FLAG(day, MATCH_DAY_RESIDENT_SOLO) | (prepared->age_low <= day->must_be_above) |
		     (prepared->age_high >= day->must_be_below), MATCH_RESIDENT_COMPANIONS);
}

_Static_assert(MATCH_NO_FREE_PLACE + 1 == MATCH_NOT_ENOUGH_PLACES, "one is the other when some are free");

static uint64_t check_numbers(const struct match_prepared *prepared, const struct match_day *day)
{
	int children = prepared->children, together = day->living + children;
	int too_many = together > day->most_children, for_condition = together > day->condition_children;
	int fewer = day->offerable + (day->free - day->offerable) * (too_many | for_condition);
	int lacking = (day->free < children) | (fewer < children), some = fewer > 0;
	/* Who comes to an empty household comes as brothers and sisters. */
	int beyond = (together > prepared->fostering_limit) & (day->living > 0) & FLAG(day, MATCH_DAY_FOSTERING);
	return WHEN(too_many, MATCH_TOO_MANY_CHILDREN) | WHEN(for_condition, MATCH_TOO_MANY_FOR_CONDITION) |
		WHEN(lacking, MATCH_NO_FREE_PLACE + some) |
		WHEN(beyond, MATCH_FOSTERING_LIMIT) |
		WHEN(FLAG(day, MATCH_DAY_SIBLINGS_ONLY) & (children < 2), MATCH_SIBLINGS_ONLY) |
		WHEN(FLAG(day, MATCH_DAY_SOLO) & (together > 1), MATCH_SOLO_HOME);
}

static uint64_t check_child(const struct match_prepared *prepared, const struct match_day *day)
{
	const struct match_need *need = prepared->question.need;
	bool can = day->capabilities >> MATCH_CAN_DEPRIVATION_OF_LIBERTY & 1;
	return WHEN((prepared->age_low < day->least_age) | (prepared->age_high > day->most_age), MATCH_OUTSIDE_AGE_TERMS) |
		WHEN((prepared->age_low < day->condition_least_age) | (prepared->age_high > day->condition_most_age),
		     MATCH_OUTSIDE_AGE_CONDITION) |
		WHEN((prepared->sex & day->sexes_out) != 0, MATCH_OUTSIDE_SEX_TERMS) |
		WHEN((prepared->sex & day->condition_sexes_out) != 0, MATCH_OUTSIDE_SEX_CONDITION) |
		WHEN((need->risks & day->excluded_risks) != 0, MATCH_RISK_EXCLUDED) |
		WHEN((day->approved_kinds != 0) & ((prepared->placement_kinds & day->approved_kinds) == 0), MATCH_OUTSIDE_KIND_TERMS) |
		WHEN((prepared->capabilities_out & day->capabilities) != 0, MATCH_PETS_THERE) |
		WHEN(prepared->liberty & !can, MATCH_NO_DEPRIVATION_OF_LIBERTY) |
		WHEN(prepared->manager_asked & FLAG(day, MATCH_DAY_NO_MANAGER), MATCH_MANAGER_VACANT);
}

/* Where it lies and what it costs: asked of all homes, or of none. */
static uint64_t check_wishes(const struct match_prepared *prepared, const struct match_day *day,
                             const struct match_offer *offer, int32_t tenths)
{
	const struct match_need *need = prepared->question.need;
	uint64_t out = WHEN((tenths != MATCH_FAR) & (tenths > prepared->most_tenths), MATCH_TOO_FAR);
	if (need->avoid_count && to_be_avoided(need, day))
		out |= MATCH_BIT(MATCH_PLACE_TO_AVOID);
	if (need->most_pence != MATCH_UNKNOWN && offer->pence > need->most_pence)
		out |= MATCH_BIT(MATCH_TOO_DEAR);
	return out;
}

uint64_t match_check(const struct match_prepared *prepared, const struct match_home *home, const struct match_day *day,
                     const struct match_offer *offer, int32_t *ret_tenths)
{
	const struct match_need *need = prepared->question.need;
	int32_t tenths = tenths_of((int64_t)prepared->east - day->easting, (int64_t)prepared->north - day->northing);
	tenths = (day->easting == MATCH_NO_GRID) | (prepared->east == MATCH_NO_GRID) ? MATCH_FAR : tenths;
	uint64_t out = day->out | prepared->by_setting[day->setting] | check_child(prepared, day) |
		check_numbers(prepared, day) | check_companions(prepared, day) | check_wishes(prepared, day, offer, tenths);
	bool barred = day->flags & MATCH_DAY_OWN_BARS && (day->barred_by == need->authority || day->barred_by == MATCH_SEVERAL);
	if (barred || day->flags & MATCH_DAY_NAMED_ONLY || need->sibling_count ||
	    (out & MATCH_BIT(MATCH_FOSTERING_LIMIT) && day->flags & MATCH_DAY_NAMED))
		out = check_lists(prepared, home, day, out);
	*ret_tenths = tenths;
	return out;
}

int match_room_for(const struct match_prepared *prepared, const struct match_home *home, const struct match_day *day)
{
	const struct match_need *need = prepared->question.need;
	int room = day->offerable;
	if (FLAG(day, MATCH_DAY_FOSTERING) && day->living > 0 &&
	    room > prepared->fostering_limit - day->living && !match_limit_may_be_passed(need, home))
		room = prepared->fostering_limit - day->living;
	if (day->flags & MATCH_DAY_SOLO)
		room = day->living > 0 ? 0 : room > 1 ? 1 : room;
	return room < 0 ? 0 : room;
}
